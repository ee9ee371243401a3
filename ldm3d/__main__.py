"""`python -m ldm3d`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from ldm3d.data.command import add_parser as add_data
from ldm3d.evaluation.command import add_parser as add_evaluate
from ldm3d.training.command import add_parser as add_train


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code."""
    parser = argparse.ArgumentParser(prog="ldm3d", description="LDM3D: data, training, evaluation.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    add_data(commands)
    add_train(commands)
    add_evaluate(commands)
    options = parser.parse_args(arguments)
    return int(options.run(options))


if __name__ == "__main__":
    sys.exit(main())
