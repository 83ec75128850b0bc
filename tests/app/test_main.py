"""The program as a whole: help, exit statuses, what reaches the screen when all goes wrong."""

import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from app.cli import simulate
from fitting.errors import DataError, FitCancelled, OutputError, PlanError, ReadError
from tests.app.program import Said, call, command, plan_file, run, run_apart, spectra, tables

Capsys = pytest.CaptureFixture[str]
COMMANDS = ("gui", "demo", "info", "import", "plan", "fit", "export", "lines", "simulate")
HEAVY = "h5py lmfit matplotlib pandas pybaselines rich rsciio galvani xraylib numpy scipy pydantic"


def test_alone_it_opens_the_window(monkeypatch: pytest.MonkeyPatch) -> None:
    from app.gui import command
    from app.main import main

    opened = []
    monkeypatch.setattr(command, "run", lambda args: opened.append(args.files) or 0)
    monkeypatch.setattr(sys, "argv", ["deconvolyte"])
    assert main() == 0
    assert main(["gui", "a.h5", "b"]) == 0
    assert opened == [[], [Path("a.h5"), Path("b")]]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only there is no display")
def test_without_a_display_it_is_a_sentence_and_status_69(
    capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    said = call(capsys)
    assert (said.status, said.out) == (69, "")
    assert "no display" in said.sentence() or "sudo apt-get install" in said.sentence()


def test_help_says_all_there_is(capsys: Capsys) -> None:
    alone = call(capsys, "--help").out
    for name in COMMANDS:
        assert f"\n    {name} " in alone
    for status in ("0 ", "1 ", "2 ", "3 ", "69 ", "130 "):
        assert f"\n  {status}" in alone


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_each_command_has_an_example(name: str, capsys: Capsys) -> None:
    said = call(capsys, name, "--help")
    assert (said.status, said.err) == (0, "")
    assert re.search(r"\nexamples?:\n", said.out)
    assert f"\n  deconvolyte {name} " in said.out


def test_the_version(capsys: Capsys) -> None:
    assert call(capsys, "--version") == Said(0, f"deconvolyte {version('deconvolyte')}\n", "")


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["fit", "--help"], ["fit"]])
def test_help_is_quick(words: list[str]) -> None:
    code = (
        "import sys\nfrom app.main import main\n"
        f"try:\n    main({words!r})\nexcept SystemExit:\n    pass\n"
        f"print(sorted(set({HEAVY.split()!r}) & set(sys.modules)), file=sys.stderr)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stderr.splitlines()[-1] == "[]"


WRONG = {
    "unknown command": (["fti"], "'fti'"),
    "unknown option": (["--colour"], "--colour"),
    "no file": (["info"], "FILE"),
    "no plan": (["fit", "a.h5", "-o", "out"], "--plan"),
    "no output": (["simulate", "E1"], "-o"),
    "half an option": (["fit", "a", "--plan", "b", "-o", "c", "--work", "2"], "--work"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_command(name: str, capsys: Capsys) -> None:
    words, reason = WRONG[name]
    said = call(capsys, *words)
    assert (said.status, said.out) == (2, "")
    assert reason in said.sentence()
    assert "--help" in said.sentence()


ENDS = {
    PlanError("regions", "is missing"): (2, "regions: is missing"),
    DataError("two of one\n  name"): (3, "two of one name"),
    ReadError("a.vms", "line 3", "is cut"): (3, "a.vms, line 3: is cut"),
    OutputError("a.h5: cannot be written"): (1, "a.h5: cannot be written"),
    FitCancelled(): (130, "interrupted"),
    FitCancelled("nothing is kept"): (130, "interrupted; nothing is kept"),
    KeyboardInterrupt(): (130, "interrupted"),
    OSError(28, "No space left on device", "a.csv"): (1, "a.csv: No space left on device"),
    RuntimeError("of ours"): (1, "stopped by an error of its own (RuntimeError: of ours)"),
    MemoryError(): (1, "stopped by an error of its own (MemoryError: )"),
}


@pytest.mark.parametrize("error", ENDS, ids=lambda error: type(error).__name__)
def test_how_errors_end(
    error: BaseException, capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(args: object) -> int:
        raise error

    monkeypatch.setattr(simulate, "run", fail)
    said = call(capsys, "simulate", "E1", "-o", "a.h5")
    status, sentence = ENDS[error]
    assert (said.status, said.out) == (status, "")
    assert said.sentence().startswith(f"deconvolyte: {sentence}")


BREAK = """
import sys
import warnings
import app.cli.simulate
from app.main import main

def fail(args):
    warnings.warn("of a library")
    sys.stderr.flush()
    raise RuntimeError("of ours")

app.cli.simulate.run = fail
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("place", [None, 0, 2])
def test_a_traceback_comes_only_with_verbose(place: int | None) -> None:
    words = ["simulate", "E1", "-o", "a.h5"]
    if place is not None:
        words.insert(place, "--verbose")
    ended = subprocess.run(
        [sys.executable, "-c", BREAK, *words], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    shown = place is not None
    assert ("Traceback" in ended.stderr) == shown
    assert ("UserWarning: of a library" in ended.stderr) == shown
    last = ended.stderr.splitlines()[-1]
    assert last.startswith("deconvolyte: stopped by an error of its own")
    assert shown or len(ended.stderr.splitlines()) == 1


@pytest.mark.skipif(os.name != "posix", reason="pipes of POSIX")
def test_nobody_reads_to_the_end() -> None:
    process = subprocess.Popen(
        command("lines", "S 2p"), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(timeout=300) == 0


@pytest.mark.skipif(os.name != "posix", reason="pipes of POSIX")
def test_nobody_reads_the_progress(tmp_path: Path) -> None:
    """Then the work still has to be done."""
    words = ("fit", spectra(tmp_path), "--plan", plan_file(tmp_path), "-o")
    assert run(tmp_path, *words, "one").status == 0
    process = subprocess.Popen(
        command(*words, "two"), cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stderr.close()
    said = process.stdout.read()
    process.stdout.close()
    assert process.wait(timeout=300) == 0
    assert b"3 fits" in said
    assert tables(tmp_path / "two") == tables(tmp_path / "one")


def test_a_screen_that_knows_only_ascii(tmp_path: Path) -> None:
    plain = run_apart(tmp_path, "lines", "S 2p", PYTHONIOENCODING="ascii")
    assert (plain.status, plain.err) == (0, "")
    path = spectra(tmp_path, "céllå")
    said = run_apart(tmp_path, "info", path, PYTHONIOENCODING="ascii")
    assert (said.status, said.err) == (0, "")
    assert r"c\xe9ll\xe5 / S 2p" in said.out
