"""Where a plan is written: never over an input, nor over a plan that somebody may have edited."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from fitting.errors import OutputError, PlanError


def add_plan_output(parser: argparse.ArgumentParser, name: str, *, required: bool) -> None:
    """Add where the plan goes, and whether it may replace one.

    Parameters
    ----------
    name : how the help calls it
    """
    parser.add_argument("-o", "--output", type=Path, required=required, metavar=name)
    parser.add_argument("--force", action="store_true", help=f"replace {name} if it exists")


def refuse_overwriting(path: Path, inputs: Sequence[Path], force: bool) -> None:
    """Refuse a place for a plan before any work is done. Raises PlanError."""
    if any(path.resolve() == file.resolve() for file in inputs):
        raise PlanError("-o", f"{path} is an input; inputs are never written to")
    if path.is_dir():
        raise PlanError("-o", f"{path} is a folder; name the plan, such as sei.toml")
    if not path.parent.is_dir():
        raise PlanError("-o", f"there is no folder {path.parent}; make it first")
    if path.exists() and not force:
        raise PlanError("-o", f"{path} exists; choose another name, or say --force to replace it")


def write_plan(path: Path, text: str, force: bool) -> None:
    """Write a plan; one that is there only by force. Raises OutputError."""
    try:
        with path.open("w" if force else "x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from error
