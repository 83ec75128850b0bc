import logging
import warnings
from pathlib import Path

import numpy as np
import pytest

from app.io.library import json_like, parsing
from fitting.errors import ReadError


def test_warnings_are_collected_and_do_not_leak(capfd: pytest.CaptureFixture[str]) -> None:
    logger, parent = logging.getLogger("some.library"), logging.getLogger("some")
    parent.addHandler(logging.StreamHandler())
    before = list(parent.handlers)
    with parsing(Path("a.wdf"), "Library", "some") as notes:
        logger.warning("odd\nblock")
        warnings.warn("old format", stacklevel=1)
    assert notes == ["odd block", "old format"]
    assert capfd.readouterr() == ("", "")
    assert parent.handlers == before
    parent.handlers.clear()


@pytest.mark.parametrize("failure", [ValueError("two\nlines\x07"), KeyError("x"), StopIteration()])
def test_failures_become_one_sentence(failure: Exception) -> None:
    with pytest.raises(ReadError) as caught, parsing(Path("a.wdf"), "Library", "some"):
        raise failure
    assert "Library gave" in str(caught.value)
    assert str(caught.value).isprintable()
    assert caught.value.__cause__ is failure


def test_own_errors_pass_unchanged() -> None:
    error = ReadError("a.wdf", "block", "is cut short")
    with pytest.raises(ReadError) as caught, parsing(Path("a.wdf"), "Library", "some"):
        raise error
    assert caught.value is error


def test_json_like() -> None:
    value = {
        1: np.float32(1.5),
        "nan": float("nan"),
        "short": np.arange(3),
        "long": np.arange(1000),
        "bytes": b"\xb5m",
        "nested": [(np.int64(2), None, True)],
    }
    assert json_like(value) == {
        "1": 1.5,
        "nan": None,
        "short": [0, 1, 2],
        "long": "array of shape [1000] left out",
        "bytes": "µm",
        "nested": [[2, None, True]],
    }
