"""The network that doubles a panorama, and the sizes for which a model uses it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

import ldm3d
from ldm3d.errors import Ldm3dError, ModelError, RequestError
from ldm3d.hub.folder import missing_parts
from ldm3d.hub.listing import Listing, RemoteFile
from ldm3d.hub.plan import needed
from ldm3d.memory import MemoryNeed
from ldm3d.model import Model
from ldm3d.seamless import set_seamless
from ldm3d.upsampler import Upsampler, read_upsampler
from tests.ldm3d.tiny import tiny_model, tiny_upsampler


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Upsampler:
    network = read_upsampler(tiny_upsampler(tmp_path_factory.mktemp("upsampler")))
    set_seamless(network)
    return network


@pytest.fixture
def planes() -> torch.Tensor:
    return torch.rand((1, 4, 32, 64), generator=torch.Generator().manual_seed(1))


def test_it_doubles_planes_and_keeps_them_in_range(
    network: Upsampler, planes: torch.Tensor
) -> None:
    double = network.enlarge(planes.expand(2, -1, -1, -1))
    assert double.shape == (2, 4, 64, 128) and double.dtype == torch.float32
    assert double.min() >= 0 and double.max() <= 1
    assert torch.equal(double[0], double[1])
    assert (double - network.enlarge(planes).mean()).abs().mean() > 0.1


def test_a_new_one_interpolates_and_a_flat_picture_stays_flat() -> None:
    new = Upsampler(channels=16, blocks=1, tail_channels=8)
    set_seamless(new)
    flat = torch.full((1, 4, 8, 16), 0.25)
    torch.testing.assert_close(new.enlarge(flat), torch.full((1, 4, 16, 32), 0.25))
    ramp = torch.linspace(0.2, 0.8, 16).expand(1, 4, 8, 16)
    slopes = new.interpolated(ramp)[..., 8:-8].diff(dim=-1)
    torch.testing.assert_close(slopes, torch.full_like(slopes, 0.02), atol=1e-5, rtol=0)


def test_a_turned_picture_gives_the_turned_result(network: Upsampler, planes: torch.Tensor) -> None:
    turned = network.enlarge(planes.roll(6, -1)).roll(-12, -1)
    torch.testing.assert_close(turned, network.enlarge(planes), atol=2e-6, rtol=0)


def test_without_seamless_the_edges_do_not_meet(tmp_path: Path, planes: torch.Tensor) -> None:
    plain = read_upsampler(tiny_upsampler(tmp_path))
    turned = plain.enlarge(planes.roll(6, -1)).roll(-12, -1)
    assert (turned - plain.enlarge(planes)).abs().max() > 1e-2


@pytest.mark.parametrize("rows", [2, 6, 10, 32])
def test_bands_of_rows_give_what_one_piece_gives(
    network: Upsampler, planes: torch.Tensor, rows: int
) -> None:
    bands = network.enlarge(planes, band_px=rows * planes.shape[-1])
    torch.testing.assert_close(bands, network.enlarge(planes), atol=2e-6, rtol=0)


def test_a_halo_that_is_too_small_would_show(
    network: Upsampler, planes: torch.Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = network.enlarge(planes)
    monkeypatch.setattr(Upsampler, "halo_px", 4)
    assert (network.enlarge(planes, band_px=8 * 64) - whole).abs().max() > 1e-4


def test_means_of_four_pixels_stay_nearer_than_by_bicubic_alone(planes: torch.Tensor) -> None:
    new = Upsampler(channels=16, blocks=1, tail_channels=8)
    errors = [
        (F.avg_pool2d(double, 2) - planes).abs().mean()
        for double in (new.interpolated(planes), new.bicubic(planes))
    ]
    assert errors[0] < 0.5 * errors[1] and errors[1] > 0.01


def test_what_cannot_be_enlarged_is_told(network: Upsampler) -> None:
    for shape in ((1, 3, 8, 8), (1, 4, 7, 8)):
        with pytest.raises(RequestError, match="even sides"):
            network.enlarge(torch.zeros(shape))
    with pytest.raises(Ldm3dError, match="finite"):
        network.enlarge(torch.full((1, 4, 8, 8), float("nan")))


def sizes(native: tuple[int, int] | None, levels: int = 3) -> Model:
    unet = SimpleNamespace(config=SimpleNamespace(block_out_channels=(1,) * levels))
    config = {"patch_size": 4, "block_out_channels": (1, 1, 1)}
    vae = SimpleNamespace(config=config | {"latent_channels": 4})
    vae.config = _Config(vae.config)
    return Model(
        id="", folder=Path(), unet=unet, vae=vae, text_encoder=None, tokenizer=None,
        scheduler_config={}, layout=None, device=torch.device("cpu"),  # type: ignore[arg-type]
        dtype=torch.float32, fingerprint="", native=native, upsampler=object(),
    )  # fmt: skip


class _Config(dict[str, object]):
    def __getattr__(self, name: str) -> object:
        return self[name]


@pytest.mark.parametrize(
    ("width", "passes"),
    [
        (512, 0), (1024, 1), (2048, 2), (4096, 3), (256, 0), (128, 0),
        (640, 0), (768, 1), (1280, 1), (1536, 2),
        (1152, 0),  # 576x288 is no whole number of cells
    ],
)  # fmt: skip
def test_what_is_sampled_is_nearest_to_the_native_size(width: int, passes: int) -> None:
    model = sizes((512, 256))
    assert model.cell_px == 64
    assert model.passes(width, width // 2) == passes


def test_without_upsampler_or_native_size_nothing_is_doubled() -> None:
    assert sizes(None).passes(2048, 1024) == 0
    model = sizes((512, 256))
    model.upsampler = None
    assert model.passes(2048, 1024) == 0


def test_a_model_brings_its_upsampler(tmp_path: Path) -> None:
    folder = tiny_model(tmp_path / "model", native=(128, 64), info={"near_m": 0.6})
    model = ldm3d.load(folder, device="cpu", dtype="bfloat16")
    assert model.native == (128, 64) and model.passes(256, 128) == 1
    assert model.upsampler.dtype == torch.bfloat16 and not model.upsampler.training
    weights = folder / "upsampler" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-8])
    with pytest.raises(ModelError, match="cut off"):
        ldm3d.load(folder, device="cpu", dtype="float32")
    shutil.rmtree(folder / "upsampler")
    again = ldm3d.load(folder, device="cpu", dtype="float32")
    assert again.upsampler is None and again.fingerprint != model.fingerprint


@pytest.mark.parametrize(
    ("name", "changes", "says"),
    [
        ("ldm3d.json", {"native": None}, "beside an upsampler"),
        ("ldm3d.json", {"native": {"width": "wide"}}, "native width and height"),
        ("upsampler/config.json", {"planes": 6}, "has 6"),
        ("upsampler/config.json", {"channels": 24}, "upsampler"),
    ],
)
def test_an_upsampler_that_does_not_fit_is_told(
    tmp_path: Path, name: str, changes: dict[str, object], says: str
) -> None:
    folder = tiny_model(tmp_path / "model", native=(128, 64))
    path = folder / name
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    with pytest.raises(ModelError, match=says):
        ldm3d.load(folder, device="cpu", dtype="float32")


def test_a_size_that_is_doubled_needs_less_memory_than_one_that_is_sampled(tmp_path: Path) -> None:
    model = ldm3d.load(tiny_model(tmp_path, native=(128, 64)), device="cpu", dtype="float32")
    doubled = MemoryNeed.of(model, 2048, 1024, 1)
    assert doubled.enlarging_bytes > 2048 * 1024 * 4 * 4
    model.upsampler = None
    sampled = MemoryNeed.of(model, 2048, 1024, 1)
    assert doubled.unet_bytes * 16**2 == sampled.unet_bytes
    assert doubled.at_once(None) < sampled.at_once(None)


def test_the_hub_is_asked_for_an_upsampler_where_there_is_one(tmp_path: Path) -> None:
    folder = tiny_model(tmp_path, native=(128, 64))
    names = [str(p.relative_to(folder).as_posix()) for p in folder.rglob("*") if p.is_file()]
    files = tuple(RemoteFile(name, 10, "0" * 40) for name in [*names, "upsampler/old.ckpt"])
    chosen = {file.name for file in needed(Listing("a/b", "0" * 40, files, None))}
    both = {"upsampler/config.json", "upsampler/diffusion_pytorch_model.safetensors"}
    assert {name for name in chosen if name.startswith("upsampler/")} == both
    assert missing_parts(folder) == []
    (folder / "upsampler" / "diffusion_pytorch_model.safetensors").unlink()
    assert missing_parts(folder) == ["upsampler/diffusion_pytorch_model.safetensors"]
