"""start.py, tried in a folder of its own where a stand-in for uv installs nothing."""

import ast
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "start.py"
LOCKS = ("requirements-build.lock", "requirements.lock", "requirements-dev.lock", "pyproject.toml")
posix = pytest.mark.skipif(os.name == "nt", reason="the stand-ins are shell scripts")

# Notes each call; `venv` makes what an installation would leave behind.
FAKE_UV = """#!/bin/sh
here="{project}"
echo "$*" >> "$here/calls"
echo "noise of the installer"
while [ -e "$here/hold" ]; do sleep 0.02; done
[ -e "$here/fail" ] && exit 4
case "$1" in venv)
    mkdir -p "$here/.venv/bin"
    cp "$here/program" "$here/.venv/bin/python"
    cp "$here/program" "$here/.venv/bin/deconvolyte"
esac
exit 0
"""
PROGRAM = """#!/bin/sh
echo "$$"
pwd
for word in "$@"; do echo "<$word>"; done
exit 7
"""


def hears_ctrl_c() -> None:
    """Shells let what they run in the background ignore it, and so would our children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Project:
    """A clone with start.py and its inputs, and uv replaced."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "clone of it"
        self.tools = folder / "tools"
        self.caller = folder / "caller"
        for new in (self.folder, self.tools, self.caller):
            new.mkdir()
        shutil.copy(SCRIPT, self.folder)
        for name in LOCKS:
            (self.folder / name).write_text(name)
        self._script(self.folder / "program", PROGRAM)
        self._script(self.tools / "uv", FAKE_UV.format(project=self.folder))

    def _script(self, path: Path, text: str) -> None:
        path.write_text(text)
        path.chmod(0o755)

    @property
    def venv(self) -> Path:
        return self.folder / ".venv"

    @property
    def hold(self) -> Path:
        """While this file is there, the installer does not end."""
        return self.folder / "hold"

    def begin(self, *words: str) -> "subprocess.Popen[str]":
        path = f"{self.tools}{os.pathsep}{os.environ['PATH']}"
        return subprocess.Popen(
            [sys.executable, str(self.folder / "start.py"), *words],
            cwd=self.caller,
            env={**os.environ, "PATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=hears_ctrl_c if os.name != "nt" else None,
        )

    def start(self, *words: str) -> tuple[int, str, str]:
        process = self.begin(*words)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    def calls(self) -> list[str]:
        """What the installer was asked for since the last time this was asked, in short."""
        log = self.folder / "calls"
        lines = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return [self._short(line) for line in lines]

    def _short(self, line: str) -> str:
        if line.startswith("venv "):
            return "venv"
        if "--editable" in line:
            assert "--no-deps --no-build-isolation" in line
            return "project"
        assert "--require-hashes" in line
        return line.rsplit("/", 1)[1]

    def module(self) -> ModuleType:
        """start.py of this folder, imported."""
        spec = importlib.util.spec_from_file_location("start_tried", self.folder / "start.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


COLD = ["venv", "requirements-build.lock", "requirements.lock", "project"]


# --- passing on ----------------------------------------------------------------------------


@posix
def test_arguments_status_folder_and_process_are_the_programs(project: Project) -> None:
    project.start()
    process = project.begin("fit", "two words", "", "--plan=P.toml", "--help", "ä")
    out, err = process.communicate(timeout=60)
    words = ["<fit>", "<two words>", "<>", "<--plan=P.toml>", "<--help>", "<ä>"]
    assert out.splitlines() == [str(process.pid), str(project.caller), *words]
    assert err == ""
    assert process.returncode == 7


@posix
@pytest.mark.parametrize("words", [(), ("--help",), ("demo", "test"), ("--", "bench")])
def test_all_but_its_own_words_go_to_the_program(project: Project, words: tuple[str, ...]) -> None:
    status, out, _ = project.start(*words)
    assert out.splitlines()[1:] == [str(project.caller), *(f"<{word}>" for word in words)]
    assert status == 7
    assert project.calls() == COLD


@posix
def test_set_up_talks_on_stderr_only(project: Project) -> None:
    _, out, err = project.start()
    assert len(out.splitlines()) == 2
    assert err.count("noise of the installer") == len(COLD)
    assert "start.py: making .venv" in err


@posix
def test_the_word_test_runs_pytest_in_the_project(project: Project) -> None:
    status, out, _ = project.start("test", "-k", "a b")
    folder, *words = out.splitlines()[1:]
    assert folder == str(project.folder)
    assert words[:3] == ["<-m>", "<pytest>", "<-n>"]
    assert words[-2:] == ["<-k>", "<a b>"]  # the last word on anything is the caller's
    assert status == 7
    assert project.calls() == [*COLD, "requirements-dev.lock"]


@posix
def test_the_word_bench_runs_the_benchmarks_in_the_project(project: Project) -> None:
    status, out, _ = project.start("bench", "engines", "--write")
    words = ["<-m>", "<benchmarks>", "<engines>", "<--write>"]
    assert out.splitlines()[1:] == [str(project.folder), *words]
    assert status == 7


# --- when the environment is made, and when not --------------------------------------------


@posix
def test_the_second_start_does_nothing(project: Project) -> None:
    project.start()
    assert project.calls() == COLD
    _, _, err = project.start()
    assert project.calls() == []
    assert err == ""


@posix
def test_tools_are_added_once_and_stay(project: Project) -> None:
    project.start()
    project.calls()
    project.start("test")
    assert project.calls() == ["requirements-dev.lock"]
    project.start()
    project.start("test")
    assert project.calls() == []


@posix
@pytest.mark.parametrize(
    ("changed", "word", "needed"),
    [
        ("pyproject.toml", "demo", ["project"]),
        ("pyproject.toml", "test", ["project"]),
        ("requirements.lock", "demo", COLD),
        ("requirements.lock", "test", [*COLD, "requirements-dev.lock"]),
        ("requirements-dev.lock", "demo", []),
        ("requirements-dev.lock", "test", ["requirements-dev.lock"]),
    ],
)
def test_what_a_changed_file_brings_about(
    project: Project, changed: str, word: str, needed: list[str]
) -> None:
    project.start("test")
    project.calls()
    (project.folder / changed).write_text("changed")
    project.start(word)
    assert project.calls() == needed
    project.start(word)
    assert project.calls() == []


@posix
def test_an_update_without_the_tools_keeps_them(project: Project) -> None:
    project.start("test")
    (project.folder / "pyproject.toml").write_text("changed")
    project.start()
    project.calls()
    project.start("test")
    assert project.calls() == []


@posix
def test_a_lock_changed_under_the_tools_brings_them_anew_when_they_are_needed(
    project: Project,
) -> None:
    project.start("test")
    (project.folder / "requirements.lock").write_text("changed")
    project.start()
    project.calls()
    project.start("test")
    assert project.calls() == ["requirements-dev.lock"]


@posix
@pytest.mark.parametrize("broken", ["start.stamp", "bin/python", "bin/deconvolyte", "bin"])
def test_a_damaged_environment_is_made_anew(project: Project, broken: str) -> None:
    project.start()
    project.calls()
    victim = project.venv / broken
    if victim.is_dir():
        shutil.rmtree(victim)
    else:
        victim.unlink()
    (project.venv / "lib" / "stale").mkdir(parents=True)
    status, _, _ = project.start()
    assert status == 7
    assert project.calls() == COLD
    assert not (project.venv / "lib").exists()


@posix
@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"base": 1}', "\x00"])
def test_a_stamp_that_makes_no_sense_is_not_believed(project: Project, text: str) -> None:
    project.start()
    project.calls()
    (project.venv / "start.stamp").write_text(text)
    assert project.start()[0] == 7
    assert project.calls() == COLD


@posix
def test_a_moved_clone_is_set_up_again(project: Project) -> None:
    project.start()
    project.calls()
    project.folder = project.folder.rename(project.folder.with_name("moved"))
    project._script(project.tools / "uv", FAKE_UV.format(project=project.folder))
    project.start()
    assert project.calls() == COLD


@posix
def test_removing_the_environment_follows_no_link_out_of_it(project: Project) -> None:
    project.venv.mkdir()
    precious = project.caller / "precious"
    precious.touch()
    (project.venv / "lib64").symlink_to(project.caller)
    project.start()
    assert precious.exists()
    assert not (project.venv / "lib64").exists()


# --- failures ------------------------------------------------------------------------------


@posix
def test_a_failed_step_is_a_sentence_and_status_69_and_is_mended_next_time(
    project: Project,
) -> None:
    (project.folder / "fail").touch()
    status, out, err = project.start()
    assert (status, out) == (69, "")
    assert "start.py: this step failed with status 4" in err
    assert "Traceback" not in err
    (project.folder / "fail").unlink()
    project.calls()
    assert project.start()[0] == 7
    assert project.calls() == COLD


@posix
def test_an_environment_that_a_failed_step_touched_is_not_trusted(project: Project) -> None:
    project.start()
    (project.folder / "fail").touch()
    assert project.start("test")[0] == 69
    (project.folder / "fail").unlink()
    project.calls()
    assert project.start()[0] == 7
    assert project.calls() == COLD


@posix
def test_a_missing_lock_is_a_sentence_and_status_69(project: Project) -> None:
    (project.folder / "requirements.lock").unlink()
    status, _, err = project.start()
    assert status == 69
    assert "requirements.lock" in err
    assert "Traceback" not in err


@posix
def test_a_file_in_the_place_of_the_environment_is_a_sentence(project: Project) -> None:
    project.venv.touch()
    status, _, err = project.start()
    assert status == 69
    assert ".venv" in err
    assert "Traceback" not in err


def test_an_old_python_is_refused_in_one_sentence(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    start = project.module()
    with pytest.raises(SystemExit) as stop:
        start.refuse_old_python((3, 10))
    assert stop.value.code == 69
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert "needs Python 3.11 or newer, this is 3.10" in lines[0]
    start.refuse_old_python((3, 11))
    start.refuse_old_python((4, 0))


def test_an_old_python_can_read_the_script() -> None:
    script = ast.parse(SCRIPT.read_text("utf-8"), feature_version=(3, 6))
    assert any(isinstance(node, ast.FunctionDef) and node.name == "main" for node in script.body)


# --- two at once ---------------------------------------------------------------------------


@posix
def test_starts_at_the_same_time_set_up_once(project: Project) -> None:
    project.hold.touch()
    processes = [project.begin(f"run{n}") for n in range(3)]
    wait_until(lambda: (project.folder / "calls").exists())
    project.hold.unlink()
    ends = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [7, 7, 7]
    assert [out.splitlines()[-1] for out, _ in ends] == ["<run0>", "<run1>", "<run2>"]
    assert project.calls() == COLD


@posix
def test_the_lock_outlives_a_killed_start_until_its_installer_ends(project: Project) -> None:
    project.hold.touch()
    first = project.begin()
    wait_until(lambda: (project.folder / "calls").exists())
    first.send_signal(signal.SIGKILL)
    first.wait(timeout=60)
    second = project.begin()
    assert second.stderr is not None
    assert "waiting" in second.stderr.readline()
    time.sleep(0.2)
    assert project.calls() == ["venv"]
    project.hold.unlink()
    second.communicate(timeout=60)
    assert second.returncode == 7
    assert project.calls() == COLD
    first.communicate(timeout=60)


@posix
def test_ctrl_c_during_set_up_is_130_and_mended_next_time(project: Project) -> None:
    project.hold.touch()
    process = project.begin()
    wait_until(lambda: (project.folder / "calls").exists())
    process.send_signal(signal.SIGINT)
    project.hold.unlink()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert project.start()[0] == 7


def test_a_lock_is_held_by_one_at_a_time(project: Project) -> None:
    start = project.module()
    path = project.folder / "lock"
    order = []

    def second() -> None:
        with start.locked(path):
            order.append("second")

    with start.locked(path):
        thread = threading.Thread(target=second)
        thread.start()
        time.sleep(0.1)
        order.append("first")
    thread.join(timeout=20)
    assert order == ["first", "second"]


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


# --- what the system must have -------------------------------------------------------------


@pytest.fixture
def bare(project: Project, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """start.py on a Python without ensurepip and a system with apt-get, without uv."""
    start = project.module()
    monkeypatch.setattr(start, "has_module", lambda name: name != "ensurepip")
    monkeypatch.setattr(start, "venv_package", lambda: "python3-venv")
    monkeypatch.setattr(
        start.shutil, "which", lambda name: "/usr/bin/apt-get" if name == "apt-get" else None
    )
    return start


def refuse_to_run(command: list[str], *_: object, **__: object) -> int:
    raise AssertionError(command)


def test_a_user_is_told_one_apt_line(
    bare: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bare.os, "geteuid", lambda: 1000, raising=False)
    monkeypatch.setattr(bare.subprocess, "call", refuse_to_run)
    with pytest.raises(SystemExit) as stop:
        bare.main(["demo"])
    assert stop.value.code == 69
    told = capsys.readouterr()
    apt = [line for line in told.err.splitlines() if "apt-get install" in line]
    assert apt == ["sudo apt-get update && sudo apt-get install -y python3-venv"]
    assert told.out == ""
    assert not bare.VENV.exists()


def test_root_installs_it_and_goes_on(bare: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def note(command: list[str], **settings: object) -> int:
        seen.append(command)
        assert settings["stdout"] == 2
        if "venv" in command:
            for path in (bare.PYTHON, bare.PROGRAM):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch()
        return 0

    monkeypatch.setattr(bare.os, "geteuid", lambda: 0, raising=False)
    monkeypatch.setattr(bare.subprocess, "call", note)
    bare.set_up(tools=False)
    apt = [command for command in seen if command[0] == "apt-get"]
    assert [command[1] for command in apt] == ["update", "install"]
    assert apt[1][-1] == "python3-venv"
    pip = [command for command in seen if "pip" in command]
    assert all(command[:3] == [str(bare.PYTHON), "-m", "pip"] for command in pip)
    assert "--require-hashes" in pip[0]
    assert bare.is_ready(json.loads(bare.STAMP.read_text()), bare.wanted_stamp(tools=False))


def test_a_system_without_apt_is_told_what_is_missing(
    bare: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bare.shutil, "which", lambda name: None)
    with pytest.raises(bare.SetupError, match="python3-venv"):
        bare.set_up(tools=False)


def test_uv_or_ensurepip_is_all_it_needs(bare: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not all(present for present, _ in bare.system_needs(None))
    assert all(present for present, _ in bare.system_needs("uv"))
    monkeypatch.setattr(bare, "has_module", lambda name: True)
    assert all(present for present, _ in bare.system_needs(None))


def test_the_package_is_that_of_the_python_in_use(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = project.module()
    monkeypatch.setattr(start.sys, "executable", "/opt/elsewhere/bin/python3")
    assert start.venv_package() == "python{}.{}-venv".format(*sys.version_info[:2])


def test_settings_that_lead_an_installer_astray_are_dropped(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PIP_TARGET", "PYTHONPATH", "VIRTUAL_ENV", "PIP_INDEX_URL"):
        monkeypatch.setenv(name, "x")
    passed = project.module().installer_environment()
    assert passed["PIP_USER"] == "0"
    assert passed["PIP_INDEX_URL"] == "x"
    assert not {"PIP_TARGET", "PYTHONPATH", "VIRTUAL_ENV"} & set(passed)


def test_a_fingerprint_tells_its_parts_apart(project: Project) -> None:
    start = project.module()
    assert start.digest("ab", "c") != start.digest("a", "bc")
    assert start.digest("ab", "c") == start.digest("ab", "c")


# --- what a window needs -------------------------------------------------------------------


def test_the_libraries_of_the_window_are_those_that_the_program_asks_for(project: Project) -> None:
    from app.gui import system

    start = project.module()
    assert start.QT_LIBRARIES == dict(system.QT_LIBRARIES)
    assert start.X11_LIBRARIES == dict(system.X11_LIBRARIES)


@pytest.fixture
def windowless(project: Project, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """start.py on Linux without one of Qt's libraries, with uv and apt-get."""
    start = project.module()
    monkeypatch.setattr(start.sys, "platform", "linux")
    monkeypatch.setattr(start, "loads", lambda name: name != "libEGL.so.1")
    monkeypatch.setattr(start.shutil, "which", lambda name: f"/usr/bin/{name}")
    return start


def installed(start: ModuleType, calls: list[list[str]]) -> Callable[..., int]:
    """Stand-in for subprocess.call that leaves what an installation would."""

    def note(command: list[str], **_: object) -> int:
        calls.append(command)
        if "venv" in command:
            for path in (start.PYTHON, start.PROGRAM):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch()
        return 4 if command[0] == "apt-get" and start.no_network else 0

    return note


@pytest.mark.parametrize("network", [True, False])
def test_root_brings_the_libraries_of_the_window_and_goes_on_without(
    windowless: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    network: bool,
) -> None:
    calls: list[list[str]] = []
    windowless.no_network = not network
    monkeypatch.setattr(windowless.os, "geteuid", lambda: 0, raising=False)
    monkeypatch.setattr(windowless.subprocess, "call", installed(windowless, calls))
    windowless.set_up(tools=False)
    assert [command for command in calls if command[0] == "apt-get"] == []
    windowless.set_up(tools=False, window=True)
    assert "apt-get" in [command[0] for command in calls]
    assert ("everything but the window works" in capsys.readouterr().err) is not network
    calls.clear()
    windowless.set_up(tools=False, window=True)
    assert calls == []


def test_a_user_is_told_once_what_the_window_needs(
    windowless: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    windowless.no_network = False
    monkeypatch.setattr(windowless.os, "geteuid", lambda: 1000, raising=False)
    monkeypatch.setattr(windowless.subprocess, "call", installed(windowless, []))
    windowless.set_up(tools=False, window=True)
    told = capsys.readouterr().err
    assert "sudo apt-get update && sudo apt-get install -y libegl1" in told
    windowless.set_up(tools=False, window=True)
    assert capsys.readouterr().err == ""


@posix
def test_the_word_screenshots_runs_in_the_folder_of_the_caller(project: Project) -> None:
    status, out, _ = project.start("screenshots", "-o", "pictures")
    script = project.folder / "docs" / "screenshots.py"
    words = ["<-P>", f"<{script}>", "<-o>", "<pictures>"]
    assert out.splitlines()[1:] == [str(project.caller), *words]
    assert status == 7
