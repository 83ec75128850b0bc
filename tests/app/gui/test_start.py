"""How the window comes up: quickly, with its files, or with one sentence."""

import subprocess
import sys

import pytest

from app.gui import system

HEAVY = (
    "h5py",
    "lmfit",
    "matplotlib",
    "numba",
    "pandas",
    "pybaselines",
    "scipy.signal",
    "scipy.stats",
)


@pytest.mark.parametrize("module", ["app.gui.main_window", "app.gui.panels"])
def test_importing_the_window_imports_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}\nprint(sorted(name for name in {HEAVY!r} if name in sys.modules))"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"


def test_the_first_window_needs_neither_plots_nor_plans() -> None:
    code = (
        "import sys, app.gui.main_window\n"
        "print([n for n in ('pydantic', 'pyqtgraph', 'scipy') if n in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"


def test_help_and_version_import_no_qt() -> None:
    code = (
        "import sys\nfrom app.main import main\n"
        "try:\n    main(['gui', '--help'])\nexcept SystemExit:\n    pass\n"
        "print([name for name in sys.modules if name.startswith(('PySide6', 'pyqtgraph'))])"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1] == "[]"


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Linux without any setting of a display, with all libraries."""
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(system, "_loads", lambda name: True)
    return monkeypatch


def test_a_missing_library_is_named_with_its_line(bare: pytest.MonkeyPatch) -> None:
    bare.setattr(system, "_loads", lambda name: name not in ("libEGL.so.1", "libxcb-cursor.so.0"))
    assert system.why_no_window() == (
        "the window needs libegl1 libxcb-cursor0; install with: "
        "sudo apt-get update && sudo apt-get install -y libegl1 libxcb-cursor0"
    )


def test_offscreen_needs_no_x11(bare: pytest.MonkeyPatch) -> None:
    bare.setenv("QT_QPA_PLATFORM", "offscreen")
    bare.setattr(system, "_loads", lambda name: name not in system.X11_LIBRARIES)
    assert system.why_no_window() == ""


def test_no_display_and_a_dead_one_are_sentences(bare: pytest.MonkeyPatch) -> None:
    assert "DISPLAY is not set" in system.why_no_window()
    bare.setenv("DISPLAY", ":987")
    assert "DISPLAY=:987 does not answer" in system.why_no_window()


def test_other_systems_bring_all_that_qt_needs(bare: pytest.MonkeyPatch) -> None:
    bare.setattr(sys, "platform", "darwin")
    bare.setattr(system, "_loads", lambda name: False)
    assert system.why_no_window() == ""


def test_the_window_is_no_larger_than_the_screen() -> None:
    from PySide6.QtCore import QSize

    from app.gui.start import fitting_size

    wanted = QSize(1440, 900)
    assert fitting_size(wanted, QSize(2560, 1400)) == wanted
    small = fitting_size(wanted, QSize(1440, 900))
    assert small.width() < 1440
    assert small.height() < 880
