"""Files of named arrays beside the finished chunks: written whole or not at all, and checked."""

import io
from collections.abc import Mapping
from dataclasses import fields
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from app.batch.parts import read_whole, write_whole

Record = TypeVar("Record")


def save_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    """Write arrays and numbers by name; a reader sees all of it or nothing.

    Raises
    ------
    OSError
    """
    packed = io.BytesIO()
    np.savez(packed, allow_pickle=False, **{name: np.asarray(a) for name, a in arrays.items()})
    write_whole(path, packed.getvalue())


def load_arrays(path: Path) -> dict[str, np.ndarray] | None:
    """The arrays of a file, or None if there is no usable one."""
    data = read_whole(path)
    if data is None:
        return None
    with np.load(io.BytesIO(data), allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def flat(record: Any, prefix: str) -> dict[str, Any]:
    """The fields of a dataclass of arrays and numbers, under a prefix."""
    values = ((field.name, getattr(record, field.name)) for field in fields(record))
    return {
        f"{prefix}.{name}": value.value if isinstance(value, Enum) else value
        for name, value in values
    }


def unflat(kind: type[Record], arrays: Mapping[str, np.ndarray], prefix: str) -> Record:
    """The dataclass back; zero-dimensional arrays are plain values."""
    own = {}
    for field in fields(kind):  # type: ignore[arg-type]
        value = arrays[f"{prefix}.{field.name}"]
        own[field.name] = value if value.ndim else value.item()
    return kind(**own)
