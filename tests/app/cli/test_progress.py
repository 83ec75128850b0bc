"""Bars on a terminal, plain lines in a pipe, results alone on stdout."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from app.cli import progress
from app.cli.progress import ConsoleMonitor
from tests.app.program import command, counts, plan_file, write_matrix


def test_plain_lines_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr(progress.time, "monotonic", lambda: now)
    with ConsoleMonitor("reading") as monitor:
        monitor.report(1, 1)
        monitor.stage("fitting")
        for step in range(13):
            now = float(step)
            monitor.report(step, 12)
        monitor.report(12, 12)
        monitor.stage("writing")
        monitor.report(0, 12)
        now += 0.5
        monitor.report(12, 12)
    assert capsys.readouterr().err.splitlines() == [
        "fitting: 6 of 12",
        "fitting: 12 of 12",
    ]


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_the_first_interrupt_asks_and_the_second_stops() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with ConsoleMonitor("fitting") as monitor:
        assert not monitor.cancelled()
        os.kill(os.getpid(), signal.SIGTERM)
        assert monitor.cancelled()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


@pytest.mark.skipif(os.name != "posix", reason="terminals of POSIX")
def test_a_bar_on_a_terminal(tmp_path: Path) -> None:
    import pty

    write_matrix(tmp_path / "cellA__S 2p.csv", counts(20))
    plan_file(tmp_path)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        command("fit", "cellA__S 2p.csv", "--plan", "plan.toml", "-o", "out"),
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "80"},
    )
    os.close(theirs)
    shown = b""
    end = time.monotonic() + 300.0
    while time.monotonic() < end:
        try:
            shown += os.read(ours, 4096)
        except OSError:  # the other side is closed
            break
    os.close(ours)
    out, _ = process.communicate(timeout=300)
    assert process.returncode == 0
    text = shown.decode("utf-8")
    assert "━" in text
    assert "fitting" in text
    assert "writing" in text
    assert "20/20" in text
    assert "Traceback" not in text
    assert out.startswith("20 fits: ")
    assert out.count("\n") == 1
    assert "\x1b" not in out
