"""Meshes that depend on a kind and not on a world's seed are made once a process.

    @prototype
    def pine(rng, height_m, ...) -> Mesh: ...

    pine(np.random.default_rng(3), 14.0)   # the second time: the same mesh, at once

The generator is part of what a mesh depends on, and is left as if the mesh had been made anew, so
nothing changes but time. A mesh is kept from its second making on: one that draws from a world's
own stream is never asked for twice.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

import numpy as np

from ldm3d.data.mesh import Mesh

P = ParamSpec("P")

_KEPT_BYTES = 400_000_000
_SEEN = 20_000


class _Store:
    """The meshes that are kept, the last used last."""

    def __init__(self) -> None:
        self.kept: OrderedDict[Any, tuple[Mesh, tuple[Any, ...]]] = OrderedDict()
        self._seen: OrderedDict[int, None] = OrderedDict()
        self._bytes = 0

    def asked_before(self, key: int) -> bool:
        """Say whether a key was asked for, and remember it."""
        if key in self._seen:
            return True
        self._seen[key] = None
        if len(self._seen) > _SEEN:
            self._seen.popitem(last=False)
        return False

    def keep(self, key: Any, mesh: Mesh, after: tuple[Any, ...]) -> None:
        """Keep a mesh and the generators' states after its making."""
        for array in vars(mesh).values():
            array.setflags(write=False)
        self.kept[key] = (mesh, after)
        self._bytes += _size(mesh)
        while self._bytes > _KEPT_BYTES and len(self.kept) > 1:
            _, (old, _) = self.kept.popitem(last=False)
            self._bytes -= _size(old)


_store = _Store()


def _size(mesh: Mesh) -> int:
    return sum(array.nbytes for array in vars(mesh).values())


def _key_of(value: Any) -> Any:
    if isinstance(value, np.random.Generator):
        return repr(value.bit_generator.state)
    if isinstance(value, np.ndarray | list):
        array = np.asarray(value)
        return (array.shape, str(array.dtype), array.tobytes())
    return repr(value)


def _generators(args: tuple[Any, ...], named: dict[str, Any]) -> list[np.random.Generator]:
    return [v for v in (*args, *named.values()) if isinstance(v, np.random.Generator)]


def prototype(make: Callable[P, Mesh]) -> Callable[P, Mesh]:
    """Keep the meshes that a function makes; they cannot be written to."""

    @wraps(make)
    def kept(*args: P.args, **named: P.kwargs) -> Mesh:
        key = (
            make.__module__,
            make.__qualname__,
            tuple(_key_of(value) for value in args),
            tuple((name, _key_of(value)) for name, value in sorted(named.items())),
        )
        generators = _generators(args, named)
        if key in _store.kept:
            _store.kept.move_to_end(key)
            mesh, after = _store.kept[key]
            for generator, state in zip(generators, after, strict=True):
                generator.bit_generator.state = state
            return mesh
        mesh = make(*args, **named)
        if _store.asked_before(hash(key)):
            _store.keep(key, mesh, tuple(g.bit_generator.state for g in generators))
        return mesh

    return kept
