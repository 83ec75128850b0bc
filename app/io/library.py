"""The border to libraries that parse vendor files: their warnings caught, their failures named."""

import logging
import math
import struct
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from fitting.errors import ReadError

# What parsers of foreign bytes are known to end in when a file is damaged.
_PARSER_FAILURES = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    NotImplementedError,
    OSError,
    RuntimeError,
    StopIteration,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
)


class _Collector(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(" ".join(record.getMessage().split()))


@contextmanager
def parsing(path: Path, what: str, logger_name: str) -> Iterator[list[str]]:
    """Run a library on a file; yields the list in which its warnings are collected.

    Raises
    ------
    ReadError
        The library failed, whatever it raised.
    """
    logger = logging.getLogger(logger_name)
    collector = _Collector()
    handlers, propagate = logger.handlers, logger.propagate
    logger.handlers, logger.propagate = [collector], False
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield collector.messages
        collector.messages.extend(" ".join(str(w.message).split()) for w in caught)
    except ReadError:
        raise
    except _PARSER_FAILURES as error:
        reason = " ".join("".join(c if c.isprintable() else " " for c in str(error)).split())[:160]
        raise ReadError(
            path, "", f"is damaged or cut short: {what} gave {type(error).__name__} ({reason})"
        ) from error
    finally:
        logger.handlers, logger.propagate = handlers, propagate


def json_like(value: object, longest: int = 256) -> object:
    """The same as dict, list, str, int, float, bool or None; arrays over ``longest`` are named.

    Numbers that are not finite become None: JSON has none.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool | int | str) or value is None:
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if hasattr(value, "as_dictionary"):
        value = value.as_dictionary()
    if isinstance(value, Mapping):
        return {str(key): json_like(item, longest) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        if value.size > longest or value.dtype.names:
            return f"array of shape {list(value.shape)} left out"
        return json_like(value.tolist(), longest)
    if isinstance(value, Sequence):
        return [json_like(item, longest) for item in value]
    return str(value)
