"""How much the autoencoder keeps of pictures it never saw (paper, table 3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from ldm3d.data.world_set import WorldSet
from ldm3d.depth_codec import Layout, depth_from_planes, planes_from_depth
from ldm3d.errors import ModelError
from ldm3d.evaluation.findings import Findings, Table
from ldm3d.evaluation.frechet import frechet_distance, moments
from ldm3d.evaluation.inception import Inception, seen_by_inception
from ldm3d.evaluation.measures import DepthErrors, depth_errors, psnr
from ldm3d.evaluation.pictures_of import divided, row_weights, spread

NO_INCEPTION = "no Inception weights were given (--inception FILE)"


@dataclass(frozen=True, eq=False)
class Autoencoder:
    """The part of a model that is judged."""

    vae: Any
    layout: Layout
    name: str
    device: torch.device

    @torch.no_grad()
    def there_and_back(
        self, color: NDArray[np.uint8], depth: NDArray[np.float32]
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """Encode and decode one picture, color (H, W, 3) and depth (H, W)."""
        from ldm3d.decode import decode_latents, encode_planes

        colored = color.transpose(2, 0, 1).astype(np.float32) / np.float32(255)
        planes = np.concatenate([colored, planes_from_depth(depth, self.layout)])
        batch = torch.from_numpy(planes)[None].to(self.device)
        if hasattr(self.vae, "decode_planes"):  # of our own kind, alone: from planes to planes
            decoded = self.vae.decode_planes(self.vae.encode_planes(batch))
        else:
            decoded = decode_latents(self.vae, encode_planes(self.vae, batch))
        back = decoded[0].float().cpu().numpy()
        pixels = (back[:3].transpose(1, 2, 0) * 255 + 0.5).astype(np.uint8)
        return pixels, depth_from_planes(back[3:], self.layout)


def load_autoencoder(model: str | Path, device: str | None = None) -> Autoencoder:
    """Load a model's autoencoder, or a folder that holds nothing else.

    Raises:
        ModelError: if there is neither.
        ModelNotFoundError: if there is no such folder or model.
    """
    import ldm3d
    from ldm3d.seamless import set_seamless

    if (Path(model) / "config.json").is_file():
        found = _alone(Path(model), device)
    else:
        whole = ldm3d.load(model, device=device, dtype="float32")
        found = Autoencoder(whole.vae, whole.layout, whole.id, whole.device)
    set_seamless(found.vae, True)
    return found


def _alone(folder: Path, device: str | None) -> Autoencoder:
    from ldm3d.device import choose_device
    from ldm3d.training.vae import read_autoencoder

    vae = read_autoencoder(folder)
    planes = int(vae.config.in_channels) // (vae.config.get("patch_size") or 1) ** 2
    layout = {4: Layout.FOUR, 6: Layout.SIX}.get(planes)
    if layout is None:
        raise ModelError(
            f"want an autoencoder of color and depth, 4 or 6 channels, {folder} has {planes}"
        )
    place = choose_device(device)
    return Autoencoder(vae.to(place).eval(), layout, folder.name, place)


def evaluate_reconstruction(
    autoencoder: Autoencoder,
    worlds: WorldSet,
    report: Path,
    *,
    count: int = 128,
    inception: Inception | None = None,
    on_picture: Callable[[int, int], None] | None = None,
) -> Findings:
    """Measure color and depth after encoding and decoding; write example pictures.

    Args:
        autoencoder: from `load_autoencoder`.
        worlds: of which the unseen ones are measured.
        report: folder for pictures.
        count: pictures at most.
        inception: FID's network for rFID; None: skipped, and said so.
        on_picture: called with how many are done and how many there are.
    """
    from ldm3d.seamless import set_seamless

    _, unseen, remark = divided(worlds)
    numbers = spread(worlds, unseen, count)
    set_seamless(autoencoder.vae, worlds.info.seamless)
    found = _Found(worlds, inception)
    examples: list[Image.Image] = []
    for done, number in enumerate(numbers, 1):
        color, depth = worlds.color(number), worlds.depth(number)
        pixels, back = autoencoder.there_and_back(color, depth)
        found.add(number, pixels, back)
        if len(examples) < 6:
            examples.append(_example(color, depth, pixels, back))
        if on_picture is not None:
            on_picture(done, len(numbers))
    findings = Findings(
        "Reconstruction",
        {
            "autoencoder": short_name(autoencoder.name),
            "pictures": f"{len(numbers)} of {worlds.info.width}x{worlds.info.height}, not trained "
            "on" if remark is None else str(len(numbers)),
        },
        notes=[remark] if remark else [],
    )  # fmt: skip
    found.tell(findings)
    _stacked(examples).save(_made(report / "reconstruction.jpg"), quality=90)
    findings.pictures.append(
        ("reconstruction.jpg", "Rendered (left) and after the autoencoder (right), with depth")
    )
    return findings


class _Found:
    """Collects the measures of one picture after the other."""

    def __init__(self, worlds: WorldSet, inception: Inception | None) -> None:
        self.worlds, self.inception = worlds, inception
        self.weights, self.weighing = row_weights(worlds.info)
        self.near_m = worlds.info.near_m
        self.color_db: list[float] = []
        self.plain_db: list[float] = []
        self.depth: list[DepthErrors] = []
        self.aligned: list[DepthErrors] = []
        self.families: list[str] = []
        self.features: tuple[list[NDArray[np.float32]], list[NDArray[np.float32]]] = ([], [])

    def add(self, number: int, pixels: NDArray[np.uint8], back: NDArray[np.float32]) -> None:
        color, depth = self.worlds.color(number), self.worlds.depth(number)
        self.families.append(self.worlds.facts[number].family)
        self.color_db.append(psnr(pixels, color, self.weights))
        self.plain_db.append(psnr(pixels, color))
        for align, kept in ((False, self.depth), (True, self.aligned)):
            kept.append(depth_errors(back, depth, near_m=self.near_m or 1.0, align=align,
                                     weights=self.weights))  # fmt: skip
        if self.inception is not None:
            for picture, rows in zip((color, pixels), self.features, strict=True):
                rows.append(seen_by_inception(self.inception, picture)[0])

    def tell(self, findings: Findings) -> None:
        """Add the tables."""
        unit = "RMSE, m" if self.near_m else "RMSE"
        header = ("AbsRel", unit, "δ < 1.25", "MARE")
        mean, aligned = mean_errors(self.depth), mean_errors(self.aligned)
        rows: list[tuple[str | float, ...]] = [
            (f"color PSNR, {self.weighing}", float(np.mean(self.color_db)), "dB")
        ]
        if self.worlds.info.seamless:
            rows.append(("color PSNR, all pixels alike", float(np.mean(self.plain_db)), "dB"))
        if self.inception is None:
            findings.notes.append(f"rFID was skipped: {NO_INCEPTION}")
        elif len(self.families) > 1:
            real, made = (moments(np.stack(rows_)) for rows_ in self.features)
            rows.append((f"rFID over {real.count} pictures", frechet_distance(real, made), ""))
            findings.figures["rfid"] = float(rows[-1][1])
        findings.tables += [
            Table("Color", ("measure", "value", "unit"), rows),
            Table(
                f"Depth, {self.weighing}",
                ("", *header),
                [
                    ("as it is", *mean.to_dict().values()),
                    ("after scale and shift", *aligned.to_dict().values()),
                ],
            ),
            self._by_family(),
        ]
        findings.figures |= {
            "color_db": float(np.mean(self.color_db)), **mean.to_dict(),
        }  # fmt: skip

    def _by_family(self) -> Table:
        rows = []
        for family in sorted(set(self.families)):
            own = [i for i, name in enumerate(self.families) if name == family]
            rows.append((
                family or "all", len(own),
                float(np.mean([self.color_db[i] for i in own])),
                float(np.mean([self.depth[i].abs_rel for i in own])),
            ))  # fmt: skip
        return Table("By family", ("family", "pictures", "color, dB", "depth AbsRel"), rows)


def short_name(model: str) -> str:
    """Return a folder's last name, or a model's id."""
    return Path(model).resolve().name if Path(model).is_dir() else model


def mean_errors(errors: Sequence[DepthErrors]) -> DepthErrors:
    """Return the mean of each measure over pictures."""
    values = np.array([list(error.to_dict().values()) for error in errors]).mean(axis=0)
    return DepthErrors(*(float(value) for value in values))


def depth_picture(depth: NDArray[np.floating]) -> Image.Image:
    """Return depth as a gray picture, its square root, so that the far can be told apart."""
    return Image.fromarray((np.sqrt(np.clip(depth, 0, 1)) * 255).astype(np.uint8)).convert("RGB")


def _example(
    color: NDArray[np.uint8],
    depth: NDArray[np.float32],
    pixels: NDArray[np.uint8],
    back: NDArray[np.float32],
) -> Image.Image:
    height, width = depth.shape
    picture = Image.new("RGB", (4 * width, height))
    parts = (
        Image.fromarray(np.ascontiguousarray(color)), Image.fromarray(pixels),
        depth_picture(depth), depth_picture(back),
    )  # fmt: skip
    for place, part in enumerate(parts):
        picture.paste(part, (place * width, 0))
    return picture.resize((1600, round(1600 * height / (4 * width))), Image.Resampling.LANCZOS)


def _stacked(pictures: Sequence[Image.Image]) -> Image.Image:
    height = sum(picture.height + 4 for picture in pictures)
    sheet = Image.new("RGB", (max(p.width for p in pictures), height), "white")
    top = 0
    for picture in pictures:
        sheet.paste(picture, (0, top))
        top += picture.height + 4
    return sheet


def _made(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
