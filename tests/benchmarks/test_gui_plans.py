"""The window and the command on kinds of experiments that no other test takes through both."""

from pathlib import Path

import pytest

from benchmarks.gui_plans import compared


@pytest.mark.parametrize("key", ["E4", "E6", "E9"])
def test_the_window_gives_the_bytes_and_numbers_of_the_command(key: str, tmp_path: Path) -> None:
    """Two electrical groups and a missing region; Raman with estimated errors; a map."""
    found = compared(key, 4, tmp_path)
    assert found.files == ()
    assert found.shown == ()
    assert found.written == 11
