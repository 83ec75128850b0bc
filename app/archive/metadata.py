"""What a source file said, as JSON text: data only, never pickled objects."""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import PurePath
from typing import Any

import numpy as np


def to_json(metadata: Mapping[str, object]) -> str:
    """JSON text of metadata.

    JSON-like values come back equal. Tuples and arrays become lists, numpy numbers plain ones,
    dates and paths text; nan and infinities keep Python's spelling of them.

    Raises
    ------
    TypeError
        A value of a kind that JSON has no word for.
    """
    text = json.dumps(metadata, default=_plain, ensure_ascii=False)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        # lone surrogates (undecodable bytes in an old header) survive only as escapes
        return json.dumps(metadata, default=_plain)
    return text


def from_json(text: str) -> dict[str, object]:
    """Metadata from JSON text.

    Raises
    ------
    ValueError
        Not JSON, or not an object.
    """
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError(f"metadata are {type(found).__name__}, need a JSON object")
    return found


def _plain(value: object) -> Any:
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, bytes):
        return value.decode("latin-1")
    raise TypeError(f"a value of type {type(value).__name__} cannot be kept as JSON")
