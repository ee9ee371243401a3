"""Families, meshes and files, without drawing."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ldm3d.__main__ import main
from ldm3d.data.bundle import BUNDLED
from ldm3d.data.command import depth_path
from ldm3d.data.families import Streams, build_scene, family_names
from ldm3d.data.families.alpine_lake import ground_height
from ldm3d.data.files import calmed, depth_levels, save_color, save_depth, world_facts
from ldm3d.data.mesh import box, icosphere, merged, tube
from ldm3d.data.noise import fbm, ridged, spectral_field
from ldm3d.data.scene import placed
from ldm3d.data.shader_files import shader_source
from ldm3d.data.world import NEAR_M, World, depth_from_distance

BUNDLE = Path(__file__).resolve().parents[3] / "resources" / "worlds"


def small_world() -> World:
    distance = np.full((32, 64), 2.4, np.float32)
    distance[:16] = np.inf
    color = np.zeros((32, 64, 3), np.uint8)
    return World(color, distance, "a room", "Room", ("room",), "test", 7, 1.6)


def test_depth_is_near_over_distance_and_the_sky_is_zero() -> None:
    found = depth_from_distance(np.array([0.3, 0.6, 1.2, 60.0, np.inf], np.float32))
    assert found == pytest.approx([1, 1, 0.5, 0.01, 0])


@pytest.mark.parametrize("bits", [10, 13, 16])
def test_fewer_kept_bits_cost_the_promised_relative_error(bits: int) -> None:
    distance = np.geomspace(0.61, 50, 4000)
    level = depth_levels(distance, bits).astype(np.float64)
    true = 65535 * NEAR_M / distance
    assert (np.abs(level - true) <= true * 2.0**-bits + 0.5 + 1e-6).all()


def test_calming_removes_far_specks_but_keeps_edges_and_near_things() -> None:
    distance = np.full((40, 80), 20.0, np.float32)
    distance[:, 40:] = 3.0
    distance[10, 10] = 7.0
    distance[30, 60] = 2.0
    found = calmed(distance)
    assert found[10, 10] == 20.0
    assert found[30, 60] == 2.0
    assert set(np.unique(found)) == {2.0, 3.0, 20.0}
    assert (found[:, 40:] <= 3.0).all()
    assert (found[:, 5:40] == 20.0).all()


def test_the_depth_file_says_what_it_means(tmp_path: Path) -> None:
    save_depth(small_world(), tmp_path / "room_depth.png")
    with Image.open(tmp_path / "room_depth.png") as image:
        note = json.loads(image.info["depthfusion"])
        levels = np.array(image)
    assert note["depth"] == {"meaning": "relative", "near_m": 0.6, "far_m": "inf"}
    assert levels.max() == round(65535 * 0.25)
    assert levels.min() == 0


def test_color_goes_to_every_kind_of_file(tmp_path: Path) -> None:
    for name in ("a.png", "a.jpg", "a.webp"):
        save_color(small_world(), tmp_path / name)
        with Image.open(tmp_path / name) as image:
            assert image.size == (64, 32)


def test_the_depth_file_stands_beside_the_color_file() -> None:
    assert depth_path(Path("x/lake.jpg")) == Path("x/lake_depth.png")


def test_facts_name_the_scale() -> None:
    facts = world_facts(small_world())
    assert (facts["near_m"], facts["far_m"], facts["seed"]) == (0.6, "inf", 7)


def test_an_unknown_family_is_refused_with_the_names() -> None:
    with pytest.raises(ValueError, match="alpine_lake"):
        build_scene("atlantis", 1)


def test_the_command_refuses_an_unknown_family(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "render", "--family", "atlantis"]) == 2
    assert "alpine_lake" in capsys.readouterr().err


def test_the_command_lists_the_families(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "render", "--family", "list"]) == 0
    assert capsys.readouterr().out.split() == list(family_names())


def test_every_bundled_world_has_a_family() -> None:
    assert {entry.family for entry in BUNDLED} <= set(family_names())


def test_streams_are_independent() -> None:
    streams = Streams(*(np.random.default_rng([1, 0, part]) for part in range(3)), 16)
    assert (
        len({streams.layout.random(), streams.look_numbers.random(), streams.words.random()}) == 3
    )


def test_the_lake_lies_below_the_jetty_and_mountains_rise_behind() -> None:
    height = ground_height(16)
    angle = np.linspace(0, 6.28, 200, dtype=np.float32)
    assert float(height(np.float32([0]), np.float32([-20]))[0]) < -0.5
    assert float(height(3000 * np.cos(angle), 3000 * np.sin(angle)).max()) > 300


def test_noise_tiles_have_zero_mean_and_wrap() -> None:
    field = spectral_field(64, 2, 1, 8, 1.0, 3)
    assert abs(field.mean()) < 1e-9
    assert np.abs(field[0] - field[-1]).mean() < 2 * np.abs(np.diff(field, axis=0)).mean()


def test_noise_keeps_its_range() -> None:
    x = np.linspace(-900, 900, 5000, dtype=np.float32)
    assert 0.15 < fbm(x, x * 0.3, 50, 4, 2).std() < 0.8
    crest = ridged(x, x * 0.3, 50, 5, 2)
    assert crest.min() >= 0
    assert crest.max() <= 1


def test_normals_point_outwards() -> None:
    for mesh in (icosphere(2), box((1, 2, 3)), box((1, 2, 3), bevel=0.1)):
        assert (np.einsum("ij,ij->i", mesh.position, mesh.normal) > 0).all()


def test_merging_keeps_every_face() -> None:
    parts = [box((1, 1, 1)), icosphere(1), tube([[0, 0, 0], [0, 1, 0]], 0.1)]
    whole = merged(parts)
    assert len(whole.faces) == sum(len(part.faces) for part in parts)
    assert whole.faces.max() == len(whole.position) - 1


def test_an_instance_puts_the_origin_at_its_position() -> None:
    rows = placed(np.array([[1.0, 2.0, 3.0]]), 2.0, 0.7)
    matrix = rows[0, :12].reshape(3, 4)
    assert matrix[:, 3] == pytest.approx([1, 2, 3])
    assert abs(np.linalg.det(matrix[:, :3])) == pytest.approx(8, rel=1e-5)


def test_includes_are_pasted_into_the_shaders() -> None:
    text = shader_source("compose.frag")
    assert "#include" not in text
    assert "vec3 sky_gradient" in text


@pytest.mark.skipif(not (BUNDLE / "index.json").is_file(), reason="no bundled worlds")
def test_bundled_worlds_are_complete_and_small() -> None:
    slugs = json.loads((BUNDLE / "index.json").read_text(encoding="utf-8"))
    assert len(slugs) >= 2
    total = sum(path.stat().st_size for path in BUNDLE.iterdir())
    assert total < 12e6
    for slug in slugs:
        facts = json.loads((BUNDLE / f"{slug}.json").read_text(encoding="utf-8"))
        assert facts["licence"] == "CC0-1.0"
        with Image.open(BUNDLE / f"{slug}.jpg") as color:
            assert color.size == (4096, 2048)
        with Image.open(BUNDLE / f"{slug}_depth.png") as depth:
            assert json.loads(depth.info["depthfusion"])["depth"]["near_m"] == 0.6
            assert depth.size == (4096, 2048)
