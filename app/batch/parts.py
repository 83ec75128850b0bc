"""Finished chunks on the disk: arrays only, written whole or not at all."""

import io
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from app.project.whole import whole_file
from fitting.result import StepResult

_CHECKSUM_BYTES = 4
_NAMES = tuple(field.name for field in fields(StepResult))


def save_part(path: Path, steps: Sequence[StepResult]) -> None:
    """Write the steps of a chunk; a reader sees all of it or nothing.

    One record a step as ``.npy``, and a checksum: what a power cut tears is found by the reader
    and fitted again, so nothing waits for the disk.

    Raises
    ------
    OSError
        The disk is full, or the folder cannot be written to; no half file stays.
    """
    write_whole(path, pack_steps(steps))


def write_whole(path: Path, data: bytes) -> None:
    """Write bytes and their checksum; a reader sees all of it or nothing.

    Raises
    ------
    OSError
    """
    with whole_file(path) as draft:
        draft.write_bytes(data + _checksum(data))


def read_whole(path: Path) -> bytes | None:
    """The bytes of a finished file, or None if there is none that is whole."""
    try:
        stored = path.read_bytes()
    except OSError:
        return None
    data = stored[:-_CHECKSUM_BYTES]
    return data if data and stored[-_CHECKSUM_BYTES:] == _checksum(data) else None


def load_part(path: Path) -> list[StepResult] | None:
    """The steps of a finished chunk, or None if there is no usable file."""
    data = read_whole(path)
    return None if data is None else unpack_steps(data)


def pack_steps(steps: Sequence[StepResult]) -> bytes:
    """Steps as bytes, one record a step."""
    columns = {name: np.array([getattr(step, name) for step in steps]) for name in _NAMES}
    records = np.empty(len(steps), [(n, c.dtype, c.shape[1:]) for n, c in columns.items()])
    for name, column in columns.items():
        records[name] = column
    packed = io.BytesIO()
    np.save(packed, records, allow_pickle=False)
    return packed.getvalue()


def unpack_steps(data: bytes) -> list[StepResult] | None:
    """What ``pack_steps`` packed, or None if it was of another version.

    Raises
    ------
    ValueError, EOFError
        It was not packed by it.
    """
    records = np.load(io.BytesIO(data), allow_pickle=False)
    if records.dtype.names != _NAMES:
        return None
    rows = zip(*(_rows(np.ascontiguousarray(records[name])) for name in _NAMES), strict=True)
    return [StepResult(*row) for row in rows]


def _rows(column: np.ndarray) -> Iterable[Any]:
    """Numbers as arrays, words as tuples of texts."""
    return list(map(tuple, column.tolist())) if column.dtype.kind == "U" else column


def _checksum(data: bytes) -> bytes:
    return zlib.crc32(data).to_bytes(_CHECKSUM_BYTES, "big")
