"""Finished chunks on the disk: arrays only, written whole or not at all."""

import io
import os
from collections.abc import Sequence
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from fitting.result import StepResult

_NUMBERS = (
    "values",
    "covariance",
    "upper_limit",
    "at_bound",
    "status",
    "reduced_chi_square",
    "misfit",
)
_WORDS = ("sigma_source", "message")


def save_part(path: Path, steps: Sequence[StepResult]) -> None:
    """Write the steps of a chunk; a reader sees all of it or nothing.

    Raises
    ------
    OSError
        The disk is full, or the folder cannot be written to; no half file stays.
    """
    arrays = {name: np.stack([getattr(step, name) for step in steps]) for name in _NUMBERS}
    words = {name: np.array([getattr(step, name) for step in steps]) for name in _WORDS}
    packed = io.BytesIO()
    np.savez(packed, allow_pickle=False, **arrays, **words)
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with draft.open("wb") as file:
            file.write(packed.getbuffer())
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def load_part(path: Path) -> list[StepResult] | None:
    """The steps of a finished chunk, or None if there is no usable file."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in (*_NUMBERS, *_WORDS)}
    except (OSError, KeyError, ValueError, EOFError, BadZipFile):
        return None
    count = len(arrays["values"])
    words = {name: arrays.pop(name) for name in _WORDS}
    return [
        StepResult(
            sigma_source=tuple(map(str, words["sigma_source"][k])),
            message=tuple(map(str, words["message"][k])),
            **{name: array[k] for name, array in arrays.items()},
        )
        for k in range(count)
    ]
