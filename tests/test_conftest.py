"""The closing line on real data, tried on small test files in runs of their own."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]

RAN = "@pytest.mark.real_data\ndef test_ran(): pass\n"
XFAILED = "@pytest.mark.real_data\n@pytest.mark.xfail\ndef test_xfailed(): assert False\n"
MISSING = "@pytest.mark.real_data\ndef test_missing(): pytest.skip('real data not here: a')\n"
EMPTY = "@pytest.mark.real_data\n@pytest.mark.parametrize('n', [])\ndef test_empty(n): pass\n"
UNMARKED = "def test_unmarked(): pytest.skip('real data not here: a')\n"
OTHER = "def test_other(): pytest.skip('not on this system')\n"
FAILED = "@pytest.mark.real_data\ndef test_failed(): assert False\n"
WHOLE = "pytest.skip('all of it', allow_module_level=True)\n"


Run = Callable[..., tuple[int, str]]
QUIET = (
    "cacheprovider",
    "faulthandler",
    "timeout",
    "hypothesispytest",
    "unraisableexception",  # would collect garbage five times at its end
    "threadexception",
)


def write(folder: Path, body: str) -> list[str]:
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = real_data: as in the project\n")
    # a name of its own: modules stay in sys.modules from one run to the next
    (folder / f"test_in_{folder.name}.py").write_text("import pytest\n" + body)
    return [f"--rootdir={folder}", "-c", str(folder / "pytest.ini"), str(folder)]


@pytest.fixture
def run(tmp_path: Path, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run test code with the counting plugin; gives exit status and output."""
    counter = type(request.config.pluginmanager.get_plugin("real-data-count"))

    def run(body: str, required: bool = False) -> tuple[int, str]:
        options = ["--import-mode=importlib", "--color=no", "--capture=no"]
        options += [word for name in QUIET for word in ("-p", f"no:{name}")]
        status = pytest.main([*options, *write(tmp_path, body)], plugins=[counter(required)])
        return int(status), capsys.readouterr().out

    return run


def test_the_end_names_how_many_ran_and_each_reason_once(run: Run) -> None:
    twice = MISSING + MISSING.replace("test_missing", "test_missing_too")
    status, out = run(RAN + XFAILED + FAILED + twice + UNMARKED + OTHER + EMPTY)
    end = out.splitlines()[-5:-1]
    assert end[1] == "real-data tests: 3 ran, 4 skipped"
    assert sum("real data not here: a" in line for line in end) == 1
    assert end[3] == "  3 x real data not here: a"
    assert "on this system" not in "".join(end)
    assert status == 1


@pytest.mark.parametrize(
    ("body", "plain", "required"),
    [
        (RAN, 0, 0),
        (RAN + OTHER, 0, 0),
        (RAN + MISSING, 0, 1),
        (RAN + UNMARKED, 0, 1),
        (RAN + EMPTY, 0, 1),
        (OTHER, 0, 1),
        (WHOLE, 5, 1),
    ],
    ids=["ran", "other skip", "missing", "unmarked", "empty", "none ran", "whole module"],
)
def test_require_data_fails_on_what_did_not_run(
    run: Run, body: str, plain: int, required: int
) -> None:
    assert run(body)[0] == plain
    status, out = run(body, required=True)
    assert status == required
    assert ("--require-data: " in out) == bool(required)


@pytest.mark.parametrize("workers", [[], ["-n2"]], ids=["alone", "two workers"])
def test_the_option_reaches_the_count(tmp_path: Path, workers: list[str]) -> None:
    if workers:
        pytest.importorskip("xdist")  # a developer may run pytest from elsewhere
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, *workers, "--require-data", *write(tmp_path, RAN + MISSING + UNMARKED)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert "--require-data: a test on real data was skipped" in done.stdout
    assert "real-data tests: 1 ran, 2 skipped" in done.stdout


def test_the_environment_of_tests_is_settled() -> None:
    home = Path(os.environ["DECONVOLYTE_HOME"])
    assert home.is_dir()
    assert home != Path.home()
    assert home not in Path.home().parents
    assert os.environ["OPENBLAS_NUM_THREADS"] == os.environ["OMP_NUM_THREADS"] == "1"
    assert os.environ["MPLBACKEND"] == "Agg"
