"""The `depthfusion` command. Each subcommand is one file here, imported only when it is called."""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import sys
from collections.abc import Sequence
from types import ModuleType

from depthfusion._version import __version__
from depthfusion.errors import DepthFusionError
from depthfusion.generator.child import WORKER_FLAG
from depthfusion.vr.child import HEADSET_FLAG

PROBE_FLAG = "--probe-headset"
"""As `headset.probe` has it, which would bring numpy into every command."""
COMMANDS = {
    "app": "the window: type a sentence, step inside, keep it (also without a command)",
    "view": "stand inside a panorama: a window with the picture all around you",
    "render": "the same picture into a file, without a window",
    "generate": "a sentence becomes a world: colour and depth, in a folder of its own",
    "library": "the kept worlds: list, search, mark, rename, delete, restore, import, check",
    "models": "the models of this machine: list, download, verify, add, remove",
    "depth": "a depth map for a picture that has none, by a depth network",
    "info": "what a picture and its depth map are, and what was assumed",
    "settings": "your settings: list, get, set, unset, path",
    "vr-register": "make DepthFusion known to SteamVR, with its name and its bindings",
    "doctor": "what this machine has and lacks: Python, Qt, OpenGL, extras, headset",
    "desktop-install": "put DepthFusion into the desktop's menu, with icon and file types",
    "completion": "print a completion script for bash, zsh or fish",
}
"""Name -> one line of help. Each has a module of that name with `configure` and `run`."""


def module_of(command: str) -> ModuleType:
    """Return the module of a command; its name has "_" where the command's has "-"."""
    return importlib.import_module(f"depthfusion.cli.{command.replace('-', '_')}")


EXIT_CANCELLED = 130


def build_parser(command: str | None) -> argparse.ArgumentParser:
    """Return the parser; only the module of `command` is imported, for its arguments."""
    parser = argparse.ArgumentParser(
        prog="depthfusion",
        description="Step inside RGBD 360° panoramas.",
        epilog="depthfusion COMMAND --help tells more. "
        "Exit codes: 0 ok, 1 failed, 2 usage, 66 no such input, "
        "69 missing extra, library, display or headset, 130 cancelled.",
    )
    parser.add_argument("--version", action="version", version=f"depthfusion {__version__}")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for name, summary in COMMANDS.items():
        sub = commands.add_parser(name, help=summary, description=summary.capitalize() + ".")
        if name == command:
            module_of(name).configure(sub)
    return parser


def with_command(arguments: Sequence[str]) -> list[str]:
    """Return the arguments with the command that is meant: `app` where none is named.

    `depthfusion`, `depthfusion forest.png` and `depthfusion --new-window` open the app window; a
    word that is neither a command nor looks like a file is left for the parser to refuse.
    """
    own = 0
    while own < len(arguments) and arguments[own] == "--debug":
        own += 1
    first = arguments[own] if own < len(arguments) else None
    if first is not None:
        is_known = first in COMMANDS or first in {"-h", "--help", "--version"}
        is_file = os.sep in first or "." in first or os.path.exists(first)  # noqa: PTH110 - cheap
        if is_known or not (is_file or first.startswith("-")):
            return list(arguments)
    return [*arguments[:own], "app", *arguments[own:]]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return the process's exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments == [WORKER_FLAG]:  # how a frozen program, which has no -m, becomes the worker
        from depthfusion.generator.worker import main as work

        work()
    if arguments == [HEADSET_FLAG]:
        from depthfusion.vr.process import main as wear

        wear()
    if arguments == [PROBE_FLAG]:
        from depthfusion.headset.probe_child import main as look

        look()
        return 0
    arguments = with_command(arguments)
    command = next((a for a in arguments if not a.startswith("-")), None)
    parser = build_parser(command)
    options = parser.parse_args(arguments)
    try:
        return int(module_of(options.command).run(options))
    except DepthFusionError as error:
        return _explain(error, options.debug, error.exit_code)
    except KeyboardInterrupt:
        print("cancelled", file=sys.stderr)
        return EXIT_CANCELLED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # nobody reads on: not an error of ours
        return 0
    except Exception as error:  # the one place of this process
        print(f"depthfusion: unexpected {type(error).__name__}; please report it", file=sys.stderr)
        return _explain(error, options.debug, 1)


def _explain(error: Exception, debug: bool, code: int) -> int:
    logging.getLogger("depthfusion").debug("the traceback", exc_info=error)
    if debug:
        import traceback

        traceback.print_exception(error)
    print(f"depthfusion: {' '.join(str(error).split())}", file=sys.stderr)
    return code
