"""Real, tiny depth networks of each kind: loaded from folders, fed, read; and what goes wrong."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from ldm3d import depth
from ldm3d.depth import DepthResult, DepthStep, Gives, depth_steps, estimate_depth, load_depth_model
from ldm3d.depth.output import Frame, frame_from, gives_from
from ldm3d.errors import (
    ModelError,
    ModelNotFoundError,
    OutOfMemoryError,
    RequestError,
)
from tests.ldm3d.depth.tiny_networks import KINDS, SIDE_PX, tiny_network
from tests.ldm3d.tiny import tiny_model


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {kind: tiny_network(kind, tmp_path_factory.mktemp(kind)) for kind in KINDS}


@pytest.fixture(scope="module")
def networks(folders: dict[str, Path]) -> dict[str, depth.DepthNetwork]:
    return {kind: load_depth_model(folder) for kind, folder in folders.items()}


def picture(height: int = 64, width: int = 128) -> np.ndarray:
    blocks = np.random.default_rng(5).integers(0, 256, (height // 8, width // 8, 3))
    return np.kron(blocks, np.ones((8, 8, 1))).astype(np.uint8)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_gives_depth_of_the_pictures_size(
    kind: str, networks: dict[str, depth.DepthNetwork]
) -> None:
    for size, panorama in (((64, 128), True), ((72, 96), None), ((64, 128), False)):
        found = estimate_depth(picture(*size), networks[kind], panorama=panorama)
        assert found.shape == size and found.dtype == np.float32
        assert found.min() >= 0 and found.max() <= 1 and np.ptp(found) > 0.5
        again = estimate_depth(picture(*size), networks[kind], panorama=panorama)
        assert np.array_equal(found, again)


def test_a_picture_reaches_the_network_as_it_is_meant_to(
    networks: dict[str, depth.DepthNetwork],
) -> None:
    color = picture(64, 64)
    dpt = networks["dpt"]
    pixels = torch.from_numpy(color).permute(2, 0, 1)[None] / 255 * 2 - 1
    with torch.inference_mode():
        plain = dpt.network(pixel_values=pixels).predicted_depth[0].numpy()
    assert np.allclose(dpt.inverse_depth(color), plain, atol=1e-6)
    color = picture(56, 112)
    other = networks["depth_anything"]
    mean, deviation = torch.tensor([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]])
    pixels = torch.from_numpy(color) / 255
    pixels = ((pixels - mean) / deviation).permute(2, 0, 1)[None]
    with torch.inference_mode():
        plain = other.network(pixel_values=pixels).predicted_depth[0].numpy()
    assert np.allclose(other.inverse_depth(color), plain, atol=1e-5)


def test_metres_become_inverse_and_the_mirrored_border_is_taken_off(
    networks: dict[str, depth.DepthNetwork],
) -> None:
    zoe = networks["zoedepth"]
    assert zoe.gives is Gives.DISTANCE and not zoe.has_shift
    found = zoe.inverse_depth(picture(64, 128))
    assert found.min() > 0.1  # 1 / metres, of at most 10
    # A border of 16 on 64 and of 24 on 128 is a third of the height and 27 % of the width.
    rows, columns = found.shape
    assert 1.5 < columns / rows < 2.5
    given = zoe.frame.input_size(64 + 2 * 16, 128 + 2 * 24)
    assert (rows, columns) == (round(given[0] * 64 / 96), round(given[1] * 128 / 176))


def test_what_the_numbers_mean_can_be_said(folders: dict[str, Path]) -> None:
    near = load_depth_model(folders["dpt"])
    far = load_depth_model(folders["dpt"], gives=Gives.DISTANCE)
    assert near.has_shift and not far.has_shift
    color = picture(64, 64)
    assert np.allclose(far.inverse_depth(color), 1 / near.inverse_depth(color), rtol=1e-5)


def test_steps_count_up_and_closing_cancels(networks: dict[str, depth.DepthNetwork]) -> None:
    events = list(depth_steps(picture(), networks["dpt"]))
    assert [e.index for e in events if isinstance(e, DepthStep)] == list(range(1, 18))
    result = events[-1]
    assert isinstance(result, DepthResult) and result.is_panorama and result.tiles == 16
    assert result.disagreement is not None and result.seam is not None
    asked = 0

    class Counting:
        name, has_shift, tile_px = "counting", True, 64

        def inverse_depth(self, color: np.ndarray) -> np.ndarray:
            nonlocal asked
            asked += 1
            return networks["dpt"].inverse_depth(color)

    cancelled = depth_steps(picture(), Counting())
    for _ in range(3):
        next(cancelled)
    cancelled.close()
    assert asked == 3
    with pytest.raises(StopIteration):
        next(cancelled)


def test_only_a_2_to_1_picture_is_taken_as_a_panorama_unless_said(
    networks: dict[str, depth.DepthNetwork],
) -> None:
    def tiles(height: int, width: int, panorama: bool | None = None) -> int:
        *_, last = depth_steps(picture(height, width), networks["dpt"], panorama=panorama)
        assert isinstance(last, DepthResult)
        return last.tiles

    assert tiles(64, 128) == 16
    assert tiles(64, 96) == 1
    assert tiles(64, 128, panorama=False) == 1


def test_a_network_that_sees_nothing_is_told(networks: dict[str, depth.DepthNetwork]) -> None:
    *_, last = depth_steps(np.full((64, 128, 3), 90, np.uint8), _Constant(2.0))
    assert isinstance(last, DepthResult)
    assert (last.depth == 0.5).all() and "no relief" in last.notes[0]
    with pytest.raises(ModelError, match="not finite"):
        list(depth_steps(picture(), _Constant(float("nan"))))


class _Constant:
    has_shift, tile_px = True, 32
    name = "constant"

    def __init__(self, value: float) -> None:
        self.value = value

    def inverse_depth(self, color: np.ndarray) -> np.ndarray:
        return np.full(color.shape[:2], self.value, np.float32)


def test_too_little_memory_is_one_sentence() -> None:
    class Hungry(_Constant):
        def inverse_depth(self, color: np.ndarray) -> np.ndarray:
            raise torch.OutOfMemoryError("Tried to allocate 20.00 GiB")

    for panorama in (True, False):
        with pytest.raises(OutOfMemoryError, match="a depth map of 128x64 with constant"):
            list(depth_steps(picture(), Hungry(1.0), panorama=panorama))


@pytest.mark.parametrize(
    ("color", "words"),
    [
        (np.zeros((64, 128), np.uint8), r"want a picture \(H, W, 3\) uint8"),
        (np.zeros((64, 128, 3), np.float32), "float32"),
        (np.zeros((4, 8, 3), np.uint8), "16x16 pixels or more, got 8x4"),
    ],
)
def test_what_is_no_picture_is_refused(color: np.ndarray, words: str) -> None:
    with pytest.raises(RequestError, match=words):
        estimate_depth(color, _Constant(1.0))


def test_sizes_follow_the_preprocessors_rules() -> None:
    square = Frame(384, 384)
    assert square.input_size(1080, 1920) == (384, 384)
    kept = Frame(518, 518, True, 14)
    assert kept.input_size(1080, 1920) == (518, 924)  # scaled as little as possible
    assert kept.input_size(518, 518) == (518, 518)
    height, width = kept.input_size(300, 9000)  # a strip would need a giant input
    assert height * width < 4.5 * 518 * 518 and width / height > 20
    assert frame_from({"model_type": "dpt"}, {"size": 512}).height_px == 512
    said = {"size": {"height": 192, "width": 256}, "image_mean": [0, 0, 0], "image_std": [1, 1, 1]}
    assert frame_from({"model_type": "dpt"}, said) == Frame(
        192, 256, mean=(0, 0, 0), deviation=(1, 1, 1)
    )
    with pytest.raises(ModelError, match="usable preprocessor_config"):
        frame_from({"model_type": "dpt"}, {"size": {"height": -3, "width": 9}})


@pytest.mark.parametrize(
    ("config", "meaning"),
    [
        ({"model_type": "dpt"}, Gives.INVERSE_DEPTH),
        ({"model_type": "dpt", "backbone_config": {"model_type": "dinov2"}}, Gives.DISTANCE),
        ({"model_type": "depth_anything"}, Gives.INVERSE_DEPTH),
        ({"model_type": "depth_anything", "depth_estimation_type": "metric"}, Gives.DISTANCE),
        ({"model_type": "zoedepth"}, Gives.DISTANCE),
        ({"model_type": "depth_pro"}, Gives.UNSHIFTED),
    ],
)
def test_the_kind_says_what_the_numbers_mean(config: dict[str, object], meaning: Gives) -> None:
    assert gives_from(config) is meaning


def test_a_pickle_is_read_without_running_it(folders: dict[str, Path], tmp_path: Path) -> None:
    from safetensors.torch import load_file

    folder = tmp_path / "old"
    shutil.copytree(folders["dpt"], folder)
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    torch.save(weights, folder / "pytorch_model.bin")
    old, new = load_depth_model(folder), load_depth_model(folders["dpt"])
    color = picture(64, 64)
    assert np.array_equal(old.inverse_depth(color), new.inverse_depth(color))

    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (_explode, (str(tmp_path / "ran"),))

    torch.save(weights | {"bomb": Bomb()}, folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match="cannot load"):
        load_depth_model(folder)
    assert not (tmp_path / "ran").exists()


def _explode(path: str) -> None:
    Path(path).write_text("ran")


def test_weights_that_no_file_has_may_be_missing_and_others_not(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    from safetensors.torch import load_file, save_file

    folder = tmp_path / "dpt"
    shutil.copytree(folders["dpt"], folder)
    weights = load_file(folder / "model.safetensors")
    unused = [k for k in weights if "fusion_stage.layers.0.residual_layer1" in k]
    assert unused  # as in Intel/dpt-large, whose file lacks them
    kept = {k: v for k, v in weights.items() if k not in unused}
    save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})
    load_depth_model(folder)
    del kept["head.head.4.weight"]
    save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match=r"1 are missing .* head\.head\.4\.weight"):
        load_depth_model(folder)


def _damaged(folder: Path, how: str) -> None:
    if how == "half":
        weights = folder / "model.safetensors"
        weights.write_bytes(weights.read_bytes()[:5000])
    elif how == "no weights":
        (folder / "model.safetensors").unlink()
    elif how == "no config":
        (folder / "config.json").unlink()
    elif how == "torn config":
        (folder / "config.json").write_text("{")
    else:
        values = json.loads((folder / "config.json").read_text())
        values |= {"kind": {"model_type": "clip"}, "head": {"architectures": ["DPTModel"]}}[how]
        (folder / "config.json").write_text(json.dumps(values))


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("half", "cannot load"),
        ("no weights", r"want weights \(model.safetensors\)"),
        ("no config", "want the folder of a depth network"),
        ("torn config", "cannot read"),
        ("kind", "is of the kind clip"),
        ("head", "holds DPTModel"),
    ],
)
def test_a_damaged_or_other_folder_is_one_line(
    how: str, words: str, folders: dict[str, Path], tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(folders["dpt"], folder)
    _damaged(folder, how)
    with pytest.raises(ModelError, match=words) as caught:
        load_depth_model(folder)
    assert "\n" not in str(caught.value)


def test_the_folder_of_an_ldm3d_is_told_apart(tmp_path: Path) -> None:
    folder = tiny_model(tmp_path / "pano", "4-channel")
    with pytest.raises(ModelError, match="makes pictures from text"):
        load_depth_model(folder)


def test_without_any_network_the_line_says_how_to_get_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ModelNotFoundError, match=" download Intel/dpt-large`"):
        load_depth_model()
    with pytest.raises(ModelNotFoundError, match="download someone/else`"):
        load_depth_model("someone/else")
    with pytest.raises(ModelNotFoundError, match="no model nothing"):
        load_depth_model("nothing")


def test_a_hub_id_is_found_in_the_hubs_cache(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folders: dict[str, Path]
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    repository = tmp_path / "models--Intel--dpt-large"
    commit = "a" * 40
    shutil.copytree(folders["dpt"], repository / "snapshots" / commit)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(commit)
    assert load_depth_model().name == "Intel/dpt-large"
    assert load_depth_model(f"Intel/dpt-large@{commit}").tile_px == 64
    with pytest.raises(ModelNotFoundError):
        load_depth_model("Intel/dpt-large@" + "b" * 40)
    (repository / "snapshots" / commit / "model.safetensors").unlink()  # a download cut short
    with pytest.raises(ModelNotFoundError, match="download Intel/dpt-large"):
        load_depth_model()


def test_an_unknown_device_or_number_format_is_refused(folders: dict[str, Path]) -> None:
    with pytest.raises(RequestError, match="toaster"):
        load_depth_model(folders["dpt"], device="toaster")
    with pytest.raises(RequestError, match="want dtype"):
        load_depth_model(folders["dpt"], dtype="int8")


@pytest.mark.parametrize("kind", KINDS)
def test_the_tile_side_is_what_the_network_takes(
    kind: str, networks: dict[str, depth.DepthNetwork]
) -> None:
    side = networks[kind].tile_px
    assert side == SIDE_PX[kind]
    if kind != "zoedepth":  # whose border is added first
        assert networks[kind].frame.input_size(side, side) == (side, side)
