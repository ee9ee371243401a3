"""The pictures and figures of docs/seams.md.

    python -m bench.seams                 # the pictures, three minutes
    python -m bench.seams --memory        # time and memory of decoding at 1024x512, full size

No trained model is needed: the wrap is shown by convolutions that smooth, the poles by worlds that
were made wrong there on purpose, the bands by a tiny autoencoder that is taught one picture.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

ROOT = Path(__file__).parents[1]
WORLDS, IMAGES = ROOT / "resources" / "worlds", ROOT / "docs" / "images"
POLE_CROP = 0.14
"""Share of the rows cut off above and below: what is left, stretched, pinches at the poles."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.seams", description=__doc__)
    parser.add_argument("--memory", action="store_true", help="measure decoding instead")
    parser.add_argument("--dtype", choices=("float32", "bfloat16"), default="float32")
    parser.add_argument("--out", type=Path, default=IMAGES, metavar="FOLDER")
    options = parser.parse_args(arguments)
    if options.memory:
        return measure_decoding(options.dtype)
    for name, picture in (("wrap", wrap()), ("poles", poles()), ("bands", tiles())):
        path = options.out / f"seams-{name}.jpg"
        picture.save(path, quality=88)
        print(f"{path.name}: {picture.width}x{picture.height}")
    return 0


def world(name: str, crop: float = 0.0) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return colour and depth of a bundled world at 1024x512, rows cut off and stretched."""
    color = Image.open(WORLDS / f"{name}.jpg").convert("RGB")
    values = np.asarray(Image.open(WORLDS / f"{name}_depth.png"), np.float32) / 65535
    pictures = []
    for picture in (color, Image.fromarray(values)):
        rows = round(picture.height * crop)
        box = (0, rows, picture.width, picture.height - rows)
        pictures.append(np.asarray(picture.resize((1024, 512), Image.Resampling.BOX, box)))
    return pictures[0].astype(np.float32) / np.float32(255), pictures[1]


def wrap() -> Image.Image:
    """Draw one world after smoothing convolutions, turned by half: the wrap is in the middle."""
    import torch
    from torch import nn

    from ldm3d.seam import measure_seam
    from ldm3d.seamless import set_seamless

    color, depth = world("northern-lights")
    x = torch.from_numpy(color).permute(2, 0, 1)[None]
    conv = nn.Conv2d(3, 3, 5, padding=2, groups=3, bias=False)
    binomial = torch.tensor([1.0, 4, 6, 4, 1])
    conv.weight.data[:] = torch.outer(binomial, binomial) / 256
    strips = []
    for on in (False, True):
        set_seamless(conv, on)
        smooth = x
        with torch.no_grad():
            for _ in range(10):
                smooth = conv(smooth)
        result = to_bytes(smooth[0].permute(1, 2, 0).numpy())
        print(f"wrap: seamless {on}, seam measure {measure_seam(result, depth).color:.2f}")
        strips.append(np.roll(result, 512, axis=1)[96:352])
    return stacked(strips)


def poles() -> Image.Image:
    """Draw straight up and down in two worlds that pinch, before and after the treatment."""
    from depthfusion.panorama import Panorama
    from depthfusion.renderer.offscreen import render_image
    from depthfusion.view import View
    from ldm3d.poles import treat_poles

    rows = []
    for name, pitch_deg in (("mountain-lake", 90), ("great-library", -90)):
        pair = world(name, POLE_CROP)
        views = [
            render_image(
                Panorama(to_bytes(color), depth), View(pitch_deg=pitch_deg, fov_deg=70), (400, 400)
            )
            for color, depth in (pair, treat_poles(*pair))
        ]
        rows.append(np.hstack(views))
    return Image.fromarray(np.hstack(rows))


def tiles() -> Image.Image:
    """Draw how far usual tiles and bands are from decoding in one piece, five times enlarged."""
    import torch

    from ldm3d.decode import decode_latents, encode_planes

    color, depth = world("great-library")
    planes = torch.from_numpy(np.dstack([color, depth])).permute(2, 0, 1)[None]
    vae = taught_autoencoder(planes)
    latents = encode_planes(vae, planes)
    whole = decode_latents(vae, latents)
    vae.tile_latent_min_size, vae.tile_sample_min_size = 32, 256
    vae.enable_tiling()
    with torch.no_grad():
        usual = (vae.decode(latents / vae.config.scaling_factor).sample / 2 + 0.5).clamp(0, 1)
    vae.disable_tiling()
    strips = [whole[0, :3].permute(1, 2, 0).numpy()]
    for name, other in (("tiles", usual), ("bands", decode_latents(vae, latents, tile=8))):
        error = (other - whole).abs()
        print(f"{name}: error mean {float(error.mean()):.1e}, largest {float(error.max()):.1e}")
        strips.append(5 * error[0, :3].permute(1, 2, 0).numpy())
    return stacked([to_bytes(strip)[100:400:2, ::2] for strip in strips])


def taught_autoencoder(planes: Any, steps: int = 400) -> Any:
    """Return a very small autoencoder, taught for two minutes to repeat crops of one picture."""
    import torch

    vae = random_autoencoder((16, 24, 32, 32), norm_num_groups=8, latent_channels=8).train()
    optimizer = torch.optim.Adam(vae.parameters())
    plan = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, steps)
    side = 128
    for _ in range(steps):
        crops = []
        for _ in range(3):
            turn, top = int(torch.randint(1024, ())), int(torch.randint(513 - side, ()))
            crops.append(planes.roll(turn, -1)[..., top : top + side, :side])
        batch = torch.cat(crops) * 2 - 1
        loss = (vae(batch).sample - batch).abs().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        plan.step()
    return vae.eval()


def random_autoencoder(channels: tuple[int, ...], layers: int = 1, **changes: Any) -> Any:
    """Return an RGBD autoencoder with random weights whose convolutions wrap."""
    import torch
    from diffusers import AutoencoderKL

    from ldm3d.seamless import set_seamless

    torch.manual_seed(0)
    vae = AutoencoderKL(**{
        "in_channels": 4, "out_channels": 4, "block_out_channels": channels,
        "layers_per_block": layers, "down_block_types": ("DownEncoderBlock2D",) * 4,
        "up_block_types": ("UpDecoderBlock2D",) * 4, "sample_size": 512, **changes,
    }).eval()  # fmt: skip
    set_seamless(vae)
    return vae


def measure_decoding(dtype: str) -> int:
    """Print CPU time, peak memory and error of decoding 1024x512 in one piece and in bands."""
    import torch

    from ldm3d.decode import decode_bytes, decode_latents

    vae = random_autoencoder((128, 256, 512, 512), layers=2).to(getattr(torch, dtype))
    latents = torch.randn(1, 4, 64, 128)
    whole = None
    print(f"{dtype}, {torch.get_num_threads()} threads; tile, CPU s, peak MB, estimate, error")
    for tile in (None, 8):
        resting = _memory_mb("VmRSS", reset=True)
        start = time.process_time()
        planes = decode_latents(vae, latents, tile=tile)
        seconds, peak = time.process_time() - start, _memory_mb("VmHWM") - resting
        whole = planes if whole is None else whole
        estimate = decode_bytes(vae, 1024, 512, tile) / 1e6
        error = float((planes - whole).abs().max())
        print(f"{tile or 'all'!s:>5} {seconds:7.1f} {peak:7.0f} {estimate:7.0f} {error:9.1e}")
    return 0


def _memory_mb(field: str, reset: bool = False) -> float:
    """Return one figure of this process in megabytes (Linux); `reset` starts a new peak."""
    if reset:
        gc.collect()
        ctypes.CDLL("libc.so.6").malloc_trim(0)
        Path("/proc/self/clear_refs").write_text("5")
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024 / 1e6
    raise KeyError(field)


def to_bytes(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    return (np.clip(values, 0, 1) * 255 + 0.5).astype(np.uint8)


def stacked(strips: Sequence[NDArray[np.uint8]]) -> Image.Image:
    """Return pictures of equal width below each other, a white line between them."""
    line = np.full((4, *strips[0].shape[1:]), 255, np.uint8)
    rows = [part for strip in strips for part in (strip, line)][:-1]
    return Image.fromarray(np.vstack(rows))


if __name__ == "__main__":
    sys.exit(main())
