"""Where the real files of other people lie, beside the project."""

from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def shared_file(name: str) -> Path:
    """Path of a real data file; the test is skipped with the reason where it is missing."""
    path = SHARED_DATA / name
    if not path.exists():
        pytest.skip(f"real data not here: shared/data/{name}")
    return path
