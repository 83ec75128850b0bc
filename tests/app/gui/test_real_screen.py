"""The stories of the window once more, on an X server instead of Qt's own memory."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.gui.system import X11_LIBRARIES, missing_packages

HERE = Path(__file__).parent
STORIES = (
    "test_opening.py::test_two_clicks_open_a_file_that_says_everything",
    "test_export.py::test_few_steps_from_a_file_to_its_fractions",
    "test_spectrum.py::test_dragging_the_top_moves_and_is_one_undo_step",
    "test_plan_panel.py::test_a_number_is_typed_into_its_cell_and_undone",
    "test_window.py::test_arrows_step_unless_a_text_field_has_the_keyboard",
    "test_results.py::test_a_click_on_a_point_goes_to_its_step",
)

_MISSING = missing_packages(X11_LIBRARIES) if sys.platform.startswith("linux") else ["Linux"]


@pytest.fixture
def display() -> Iterator[str]:
    """An X server of our own; its name."""
    server = shutil.which("Xvfb")
    if server is None:
        pytest.skip("there is no X server to test on: install xvfb")
    if _MISSING:
        pytest.skip(f"Qt on X11 needs {' '.join(_MISSING)}")
    read, write = os.pipe()
    command = [server, "-displayfd", str(write), "-screen", "0", "1600x1000x24", "-nolisten", "tcp"]
    running = subprocess.Popen(
        command, pass_fds=(write,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    os.close(write)
    with os.fdopen(read) as answer:
        number = answer.readline().strip()
    yield f":{number}"
    running.terminate()
    running.wait()


@pytest.mark.timeout(900)
def test_the_stories_hold_on_a_real_screen(display: str) -> None:
    environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
    stories = [str(HERE / story) for story in STORIES]
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *stories],
        env=environment,
        cwd=HERE.parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert f"{len(STORIES)} passed" in ended.stdout, ended.stdout
