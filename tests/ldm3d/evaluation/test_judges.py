"""Networks that look at pictures: the classifier, FID's Inception, CLIP."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from ldm3d.data.world_set import Facts, WorldSet
from ldm3d.errors import InputError
from ldm3d.evaluation.classifier import (
    FEATURES,
    Classifier,
    load_classifier,
    planes_of_set,
    rates,
    small_planes,
    train_classifier,
)
from ldm3d.evaluation.clip_similarity import ClipSimilarity
from ldm3d.evaluation.inception import Inception, load_inception, seen_by_inception
from ldm3d.evaluation.labels import UNKNOWN, Classes, shown_in
from ldm3d.evaluation.pictures_of import divided, spread
from tests.ldm3d.evaluation.small_set import FAMILIES, HOURS, small_set
from tests.ldm3d.tiny import tiny_model


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> WorldSet:
    return small_set(tmp_path_factory.mktemp("worlds"))


@pytest.fixture(scope="module")
def classifier(worlds: WorldSet) -> Classifier:
    seen, _, _ = divided(worlds)
    return train_classifier(worlds, seen, passes=25)


def test_what_cannot_be_seen_is_no_label() -> None:
    tags = {"hour": "noon", "weather": "rainy", "season": "winter"}
    room = shown_in(Facts((), "reading_hall", tags=tags))
    assert "weather" not in room and room["family"] == "reading_hall"
    assert shown_in(Facts((), "pine_forest", tags=tags)) == {**tags, "family": "pine_forest"}
    assert shown_in(Facts((), "", tags=tags)) == tags
    classes = Classes({"family": ("a", "b"), "hour": ("noon",), "weather": ()})
    assert classes.row({"family": "b", "hour": "dusk"}) == [1, UNKNOWN, UNKNOWN]


def test_unseen_worlds_are_measured_and_the_others_trained_on(worlds: WorldSet) -> None:
    seen, unseen, remark = divided(worlds)
    assert not set(seen) & set(unseen) and len(seen) + len(unseen) == len(worlds)
    assert set(range(32, 48)) <= set(unseen) and remark is None
    chosen = spread(worlds, unseen, 8)
    assert len(set(chosen)) == 8 and chosen == spread(worlds, unseen, 12)[:8]
    assert [worlds.facts[n].family for n in chosen].count("beach") == 4


@pytest.mark.slow
def test_the_classifier_recognises_worlds_it_never_saw(
    worlds: WorldSet, classifier: Classifier
) -> None:
    _, unseen, _ = divided(worlds)
    labels = classifier.classes.rows([shown_in(worlds.facts[n]) for n in unseen])
    features, found = classifier.look(planes_of_set(worlds, unseen))
    assert features.shape == (len(unseen), FEATURES)
    assert rates(classifier, found, labels)["family"] >= 0.9
    assert rates(classifier, found, labels)["hour"] >= 0.9
    assert set(classifier.classes.values["family"]) == set(FAMILIES)
    assert set(classifier.classes.values["hour"]) == set(HOURS)


def test_wrong_labels_are_told_by_the_rate(worlds: WorldSet, classifier: Classifier) -> None:
    _, unseen, _ = divided(worlds)
    labels = classifier.classes.rows([shown_in(worlds.facts[n]) for n in unseen])
    labels[:, 0] = 1 - labels[:, 0]
    found = classifier.look(planes_of_set(worlds, unseen))[1]
    assert rates(classifier, found, labels)["family"] <= 0.1
    labels[:, 1] = UNKNOWN
    assert np.isnan(rates(classifier, found, labels)["hour"])


def test_a_turned_picture_is_seen_alike(worlds: WorldSet, classifier: Classifier) -> None:
    planes = planes_of_set(worlds, [0])
    turned = np.roll(planes, 16, axis=3)  # a whole number of cells
    first, second = classifier.look(planes)[0], classifier.look(turned)[0]
    assert np.abs(first - second).max() < 1e-3 * np.abs(first).max()


def test_a_classifier_comes_back_from_its_folder(
    worlds: WorldSet, classifier: Classifier, tmp_path: Path
) -> None:
    classifier.save(tmp_path)
    again = load_classifier(tmp_path)
    planes = planes_of_set(worlds, [0, 1, 2])
    assert np.array_equal(again.look(planes)[0], classifier.look(planes)[0])
    (tmp_path / "classifier.json").write_text("{}")
    with pytest.raises(InputError, match="delete it to train anew"):
        load_classifier(tmp_path)


def test_the_classifier_sees_far_depth_as_well_as_near() -> None:
    color = np.zeros((128, 256, 3), np.uint8)
    depth = np.full((128, 256), 0.008)
    planes = small_planes(color, depth)
    assert planes.shape == (4, 64, 128)
    assert planes[3] == pytest.approx(2 * 0.2 - 1, abs=1e-5)
    assert planes[0] == pytest.approx(-1)


def test_fids_inception_has_the_published_number_of_parameters() -> None:
    with torch.device("meta"):
        network = Inception()
    own = sum(p.numel() for p in network.parameters()) - (2048 + 1) * 1008
    assert own == 21_785_568  # Inception-v3 without its last layer and without its side branch


@pytest.mark.slow
def test_inception_takes_its_file_and_refuses_another(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = Inception().eval()
    torch.save(network.state_dict(), tmp_path / "weights.pth")
    again = load_inception(tmp_path / "weights.pth")
    picture = np.random.default_rng(0).integers(0, 255, (64, 128, 3)).astype(np.uint8)
    features, probabilities = seen_by_inception(again, picture)
    assert features.shape == (2048,) and probabilities.shape == (1008,)
    assert probabilities.sum() == pytest.approx(1, abs=1e-4)
    assert np.array_equal(features, seen_by_inception(network, picture)[0])
    torch.save({"fc.weight": torch.zeros(1000, 2048)}, tmp_path / "other.pth")
    for wrong in ("other.pth", "absent.pth"):
        with pytest.raises(InputError, match="FID's Inception weights"):
            load_inception(tmp_path / wrong)


@pytest.fixture
def clip_folder(tmp_path: Path) -> Path:
    from transformers import CLIPConfig, CLIPModel

    folder = tiny_model(tmp_path / "model") / "tokenizer"
    side: dict[str, int] = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1,
                            "num_attention_heads": 4}  # fmt: skip
    ids = {"bos_token_id": 512, "eos_token_id": 513, "pad_token_id": 513}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        CLIPModel(CLIPConfig(
            text_config={**side, **ids, "vocab_size": 514, "max_position_embeddings": 77},
            vision_config={**side, "image_size": 32, "patch_size": 16}, projection_dim=16,
        )).save_pretrained(folder)  # fmt: skip
    values = {"size": {"shortest_edge": 32}, "crop_size": {"height": 32, "width": 32},
              "image_mean": [0.5, 0.4, 0.3], "image_std": [0.2, 0.3, 0.4]}  # fmt: skip
    (folder / "preprocessor_config.json").write_text(json.dumps(values))
    return folder


def test_clip_similarity_is_a_hundred_times_a_cosine(clip_folder: Path) -> None:
    clip = ClipSimilarity(clip_folder)
    picture = np.random.default_rng(0).integers(0, 255, (48, 96, 3)).astype(np.uint8)
    found = clip(picture, "a lake")
    assert -100 <= found <= 100 and found == clip(picture, "a lake")
    assert found != clip(picture, "a cave")
    assert found != clip(255 - picture, "a lake")
    edge = picture.copy()
    edge[:, :20] = 0  # only the middle is looked at, as CLIP itself does
    assert clip(edge, "a lake") == pytest.approx(found, abs=1e-4)


def test_a_folder_without_clip_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has no config\.json"):
        ClipSimilarity(tmp_path)
