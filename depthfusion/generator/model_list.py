"""The models there are, here and on the hub, one row each: for the command and for the window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from depthfusion.generator.models import STARTER, starter_folder

if TYPE_CHECKING:
    from ldm3d.hub import Installed, Offer


@dataclass(frozen=True)
class ModelRow:
    """One model."""

    name: str
    is_here: bool = False
    """Complete, to be used at once."""
    folder: str | None = None
    size_bytes: int = 0
    """On the disk; 0: nothing of it."""
    commit: str | None = None
    is_pinned: bool = False
    """Whether commit and checksums were recorded."""
    is_added: bool = False
    """Whether it is a folder of the person's own."""
    missing: tuple[str, ...] = ()
    licence: str | None = None
    purpose: str = ""

    @property
    def is_begun(self) -> bool:
        """Whether a download stopped on the way."""
        return bool(self.missing) and not self.is_added

    @property
    def can_be_removed(self) -> bool:
        """Whether there is something to delete or forget; the starter model stays."""
        return self.name != STARTER and (self.is_here or bool(self.missing))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ModelRow:
        """Read what `asdict` gave, also after a way through JSON."""
        known = {f.name: values[f.name] for f in fields(cls) if f.name in values}
        known["missing"] = tuple(known.get("missing", ()))
        return cls(**known)


def model_rows() -> list[ModelRow]:
    """Return the starter, the models of this machine, and those that could be had.

    Reads folders and the hub's cache: not for a thread that must not wait.
    """
    from ldm3d.hub import installed

    rows = [_row(model) for model in installed()]
    folder = starter_folder()
    if folder is not None:
        amount = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        starter = ModelRow(STARTER, is_here=True, folder=str(folder), size_bytes=amount)
        rows.insert(0, replace(starter, purpose="comes with DepthFusion"))
    here = {row.name for row in rows}
    rows += [row for row in known_rows() if row.name not in here]
    return [_with_purpose(row) for row in rows]


def known_rows() -> list[ModelRow]:
    """Return the models known by name, as if none were here; asks nobody and nothing."""
    from ldm3d.hub import KNOWN_MODELS

    known = KNOWN_MODELS.values()
    return [_with_purpose(ModelRow(model.model_id, licence=model.licence)) for model in known]


def _row(model: Installed) -> ModelRow:
    values = asdict(model)
    values["folder"] = None if model.folder is None else str(model.folder)
    return ModelRow.from_dict(values | {"is_here": not model.missing})


def _with_purpose(row: ModelRow) -> ModelRow:
    from ldm3d.hub import KNOWN_MODELS

    known = KNOWN_MODELS.get(row.name)
    return row if known is None else replace(row, purpose=f"{known.purpose}, {known.size}")


@dataclass(frozen=True)
class ModelOffer:
    """What getting a model costs and asks; `ldm3d.hub.Offer` in plain values."""

    model: str
    commit: str
    size_bytes: int
    missing_bytes: int
    """Still to come over the line."""
    free_bytes: int
    folder: str
    """The hub's cache, where it will lie."""
    licence: str
    """Empty: none is named."""
    licence_link: str
    licence_summary: str
    licence_text: str
    is_accepted: bool
    notes: tuple[str, ...] = ()

    @classmethod
    def from_offer(cls, offer: Offer) -> ModelOffer:
        """Return the plain values of an offer."""
        from ldm3d.hub.client import cache_folder
        from ldm3d.hub.licence import summary

        return cls(
            model=offer.model_id,
            commit=offer.commit,
            size_bytes=offer.total_bytes,
            missing_bytes=offer.missing_bytes,
            free_bytes=offer.free_bytes,
            folder=str(cache_folder()),
            licence=offer.licence,
            licence_link=offer.licence_link,
            licence_summary=summary(offer.licence or None),
            licence_text=offer.licence_text,
            is_accepted=offer.is_accepted,
            notes=offer.notes,
        )

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ModelOffer:
        """Read what `asdict` gave, also after a way through JSON."""
        return cls(**{**values, "notes": tuple(values["notes"])})
