"""`depthfusion settings`: look at settings, change them, take them back."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from depthfusion.settings import Spec, Store


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the actions and their arguments."""
    parser.add_argument("--json", action="store_true", help="print JSON")
    actions = parser.add_subparsers(dest="action", metavar="ACTION")

    def action(name: str, text: str) -> argparse.ArgumentParser:
        added = actions.add_parser(name, help=text, description=f"{text.capitalize()}.")
        added.add_argument(
            "--json", action="store_true", default=argparse.SUPPRESS, help="print JSON"
        )
        return added

    action("list", "all settings, what they are and what they mean (without ACTION: this)")
    action("get", "print one").add_argument("name", metavar="NAME", help="such as theme")
    change = action("set", "change one")
    change.add_argument("name", metavar="NAME", help="such as theme")
    change.add_argument("value", metavar="VALUE", help="such as dark; none: no choice of yours")
    action("unset", "take one or more back to their defaults").add_argument(
        "names", metavar="NAME", nargs="+", help="such as theme"
    )
    action("path", "print where the file is, whether it exists or not")


def run(options: argparse.Namespace) -> int:
    """Run one action and return 0.

    Raises:
        UsageError: if there is no such setting, or it cannot be this.
        SaveError: if the file cannot be written.
    """
    from depthfusion.settings import Store

    store = Store()
    actions = {"get": _get, "set": _set, "unset": _unset, "path": _path}
    actions.get(options.action, _list)(store, options)
    for line in store.complaints():
        print(f"note: {line}", file=sys.stderr)
    return 0


def _list(store: Store, options: argparse.Namespace) -> None:
    from depthfusion.settings import SPECS

    if options.json:
        print(json.dumps([_row(store, known) for known in SPECS.values()], indent=2))
        return
    width = max(map(len, SPECS))
    for name, known in SPECS.items():
        source = store.source(name)
        mark = {"default": " ", "file": "*", "environment": "!"}[source]
        value = known.shown(getattr(store.settings, name))
        print(f"{mark} {name:<{width}}  {value:<12}  {known.meaning} ({known.wanted})")
    print(f"\n* from {store.path}   ! from the environment", file=sys.stderr)


def _row(store: Store, known: Spec) -> dict[str, Any]:
    return {
        "name": known.name,
        "value": known.plain(getattr(store.settings, known.name)),
        "default": known.plain(known.default),
        "source": store.source(known.name),
        "variable": known.variable,
        "wanted": known.wanted,
        "meaning": known.meaning,
    }


def _get(store: Store, options: argparse.Namespace) -> None:
    from depthfusion.settings import spec

    known = spec(options.name)
    if options.json:
        print(json.dumps(_row(store, known), indent=2))
    else:
        print(known.shown(getattr(store.settings, known.name)))


def _set(store: Store, options: argparse.Namespace) -> None:
    from depthfusion.settings import spec

    known = spec(options.name)
    store.change(**{known.name: known.from_text(options.value)})
    _warn_overridden(store, known)
    if options.json:
        print(json.dumps(_row(store, known), indent=2))


def _unset(store: Store, options: argparse.Namespace) -> None:
    from depthfusion.settings import spec

    known = [spec(name) for name in options.names]
    store.unset(*(one.name for one in known))
    for one in known:
        _warn_overridden(store, one)
    if options.json:
        print(json.dumps([_row(store, one) for one in known], indent=2))


def _warn_overridden(store: Store, known: Spec) -> None:
    if store.source(known.name) == "environment":
        print(f"note: {known.variable} overrides {known.name} here", file=sys.stderr)


def _path(store: Store, options: argparse.Namespace) -> None:
    print(json.dumps({"path": str(store.path)}) if options.json else store.path)
