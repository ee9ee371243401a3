"""Captions say what is there, in many ways, and nothing that is not."""

import re
from collections import Counter

import numpy as np
import pytest

from ldm3d.data import look as looks
from ldm3d.data.captions import captions, is_held_out
from ldm3d.data.families import build_scene, family_names
from ldm3d.data.look import look_from
from ldm3d.data.nouns import head, is_plural, listed, preposition, with_article
from ldm3d.data.scene import Air, Scene
from ldm3d.data.told import INDOOR, family_looks, family_names_of, seen_look, told
from ldm3d.data.unseen import prompt_for, random_look, unseen_prompts
from ldm3d.data.words import fits, says

OPEN = "pine_forest"
DETAILS = ("a wooden bench", "brown mushrooms", "an old well")


def scene(details: tuple[str, ...] = DETAILS) -> Scene:
    return Scene(eye=(0, 1.6, 0), air=Air(), details=details, tags=("forest", "moss"))


def many(hour: str, weather: str, season: str, count: int = 300) -> list[str]:
    rng = np.random.default_rng(5)
    look = look_from(hour, weather, season, rng)
    return [t for _ in range(count // 5) for t in captions(OPEN, scene(), look, rng)]


@pytest.mark.parametrize(
    ("noun", "said"),
    [
        ("pine forest", "a pine forest"),
        ("old town", "an old town"),
        ("hour glass", "an hour glass"),
        ("university hall", "a university hall"),
        ("sand dunes", "sand dunes"),
        ("field of flowers", "a field of flowers"),
        ("islands in the sea", "islands in the sea"),
        ("woodland", "woodland"),
        ("oasis", "an oasis"),
        ("abyss", "an abyss"),
        ("under the sea", "under the sea"),
        ("the open sea", "the open sea"),
        ("alpine glacier", "an alpine glacier"),
        ("diving at a reef", "diving at a reef"),
    ],
)
def test_nouns_get_the_article_people_give_them(noun: str, said: str) -> None:
    assert with_article(noun) == said


def test_the_noun_of_a_phrase_is_found_before_its_links() -> None:
    assert head("a lake below snowy mountains") == "lake"
    assert (
        is_plural("ferns")
        and is_plural("high mountains far away")
        and is_plural("cherry trees in blossom")
    )
    assert not is_plural("a field of flowers") and not is_plural("a glass")
    assert preposition("a tropical beach") == "on" and preposition("deep under the sea") == ""
    assert listed(["a", "b", "c"]) == "a, b and c"


def test_the_same_generator_gives_the_same_captions() -> None:
    look = look_from("dawn", "foggy", "autumn", np.random.default_rng(1))
    first, again, other = (
        captions(OPEN, scene(), look, np.random.default_rng(seed)) for seed in (3, 3, 4)
    )
    assert first == again != other
    assert len(set(first)) == 5


def test_kinds_lengths_and_wordings_vary() -> None:
    texts = many("golden hour", "clear", "summer")
    words = Counter(len(text.split()) for text in texts)
    assert sum(words[n] for n in range(1, 4)) > 30
    assert sum(words[n] for n in words if n > 12) > 40
    assert len(set(texts)) > 250
    assert 0.1 < sum("panorama" in t or "360" in t for t in texts) / len(texts) < 0.4
    assert sum(text == text.lower() for text in texts) / len(texts) > 0.85
    told_hour = sum(any(w in t for w in ("golden", "afternoon", "sunset", "evening light", "low s"))
                    for t in texts)  # fmt: skip
    assert 0.3 < told_hour / len(texts) < 0.75


CONTRADICTIONS = [
    ("night", "clear", "summer", r"sunny|daylight|blue sky|morning|noon|fog|rain|snow|winter"),
    ("noon", "rainy", "summer", r"sunny|sunshine|blue sky|midday sun|star|moon|night|snow|clear"),
    ("golden hour", "overcast", "autumn", r"golden|sunlight|\bsun\b|blue|spring|summer|snow|fog"),
    ("dawn", "foggy", "spring", r"sunrise|sun comes|clear|star|rain|autumn|snow|midnight"),
    ("sunset", "cloudy", "autumn", r"cloudless|clear sky|noon|rain|fog|mist|snow|spring"),
    ("noon", "snowy", "winter", r"\bsun\b|sunny|summer|rain|\bfog|night|clear|autumn|fall colors"),
]


@pytest.mark.parametrize(("hour", "weather", "season", "wrong"), CONTRADICTIONS)
def test_no_word_contradicts_the_look(hour: str, weather: str, season: str, wrong: str) -> None:
    texts = many(hour, weather, season)
    bad = [text for text in texts if re.search(wrong, text, re.IGNORECASE)]
    assert not bad


def test_snow_is_told_only_where_it_lies() -> None:
    rng = np.random.default_rng(0)
    looked = [look_from("noon", "clear", "winter", rng) for _ in range(12)]
    assert {look.snow > 0 for look in looked} == {True, False}
    for look in looked:
        texts = [t for _ in range(12) for t in captions(OPEN, scene(), look, rng)]
        assert any("snow" in t for t in texts) == (look.snow > 0)


def test_articles_and_commas_are_right_in_all_captions() -> None:
    for family in family_names():
        rng = np.random.default_rng(2)
        for _ in range(6):
            look = random_look(family, rng)
            for text in captions(family, scene(), look, rng, 8):
                assert not re.search(r"\b[Aa] [aeio]\w", text.replace("a one", "")), text
                assert not re.search(r"\b[Aa]n [b-df-gj-np-tv-z]", text), text
                assert not re.search(r"\b(an?) (an?)\b|,,| ,|  |\.\.|,\.", text), text
                assert not re.search(r"\b(\w{3,}) \1\b", text), text
                assert text == text.strip(" ,") and text, text


def test_rooms_and_caves_have_no_weather_and_no_season() -> None:
    shown = {family: family_looks(family) for family in family_names()}
    assert shown["reading_hall"].keys() == {"hour"}
    for family in INDOOR & set(family_names()):
        assert not {"weather", "season"} & set(shown[family])
        rng = np.random.default_rng(1)
        texts = [t for _ in range(9) for t in captions(family, scene(), random_look(family, rng),
                                                       rng)]  # fmt: skip
        assert not [t for t in texts if re.search(r"rain|fog|overcast|summer|winter|cloud", t)]


def test_names_that_say_another_season_or_hour_are_left_out() -> None:
    assert says("snowy forest at night") == {
        "hour": frozenset({"night"}),
        "season": frozenset({"winter"}),
    }
    look = look_from("noon", "clear", "summer", np.random.default_rng(0))
    assert all("snow" not in name for name in told(OPEN, look).names)
    white = look_from("noon", "snowy", "winter", np.random.default_rng(0))
    assert fits("meadow", white) and not fits("field of wildflowers", white)
    assert fits("snowy forest", white) and not fits("snowy forest", look)
    assert fits("lake below snowy mountains", look_from("noon", "clear", "winter",
                                                        np.random.default_rng(0)))  # fmt: skip


def test_every_family_has_names_and_says_what_shows() -> None:
    for family in family_names():
        assert 6 <= len(family_names_of(family)) <= 14, family
        for axis, values in family_looks(family).items():
            known = {"hour": looks.HOURS, "weather": looks.WEATHERS, "season": looks.SEASONS}[axis]
            assert set(values) <= set(known), family
        look = random_look(family, np.random.default_rng(0))
        assert seen_look(family, look).keys() == family_looks(family).keys()


@pytest.mark.slow
@pytest.mark.parametrize("family", family_names())
def test_real_scenes_give_captions_that_name_their_things(family: str) -> None:
    rng = np.random.default_rng(3)
    look = random_look(family, rng)
    built = build_scene(family, 3, detail=0.02, look=look)
    assert family in INDOOR or not built.air.indoor
    texts = captions(family, built, look, rng, 40)
    facts = told(family, look, built)
    assert facts.details
    named = sum(any(t.split(" ", 1)[-1] in text for t in facts.details) for text in texts)
    assert named > 10, texts


def test_held_out_pairs_of_name_and_time_are_in_no_caption() -> None:
    rng = np.random.default_rng(8)
    hours = 0
    for hour in looks.HOURS:
        look = look_from(hour, "clear", "summer", rng)
        names = told(OPEN, look).names
        for _ in range(60):
            for text in captions(OPEN, scene(), look, rng):
                assert not any(is_held_out(name, text) for name in names)
                hours += 1
    assert hours == 7 * 60 * 5


def test_every_family_can_be_asked_for_at_each_of_its_looks() -> None:
    rng = np.random.default_rng(6)
    for family in family_names():
        shown = family_looks(family)
        for hour in shown.get("hour", ("noon",)):
            for weather in shown.get("weather", ("clear",)):
                assert prompt_for(family, {"hour": hour, "weather": weather}, rng)


def test_unseen_prompts_cover_all_families_and_differ_from_captions() -> None:
    prompts = unseen_prompts(64, 1)
    assert len({p.prompt for p in prompts}) > 50
    assert {p.family for p in prompts} == set(family_names())
    assert prompts == unseen_prompts(64, 1) != unseen_prompts(64, 2)
    seen = set(many("dusk", "rainy", "autumn"))
    assert not seen & {p.prompt for p in prompts}
    held = [p for p in prompts if any(is_held_out(n, p.prompt) for n in family_names_of(p.family))]
    assert held


def test_prompts_for_given_tags_say_each_of_them() -> None:
    rng = np.random.default_rng(4)
    for _ in range(20):
        text = prompt_for(OPEN, {"hour": "night", "weather": "rainy", "season": "autumn"}, rng)
        assert re.search(r"night", text) and re.search(r"rain", text)
        assert re.search(r"autumn|fall", text)
