"""What holds for every test run: a settled environment, settled chance, an honest last line.

The environment is set while this file is imported, before anything imports numpy.
"""

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

MISSING = "real data not here"  # how tests.shared_data begins its reason

SETTINGS_FOLDER = Path(tempfile.mkdtemp(prefix="deconvolyte-tests-"))
os.environ.update(
    DECONVOLYTE_HOME=str(SETTINGS_FOLDER),
    MPLBACKEND="Agg",
    OMP_NUM_THREADS="1",
    OPENBLAS_NUM_THREADS="1",
    MKL_NUM_THREADS="1",
)
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

# The default finds the same examples every time; ``--hypothesis-profile=explore`` looks further.
# Contracts are inherited by many classes on purpose, and a busy machine is no error.
UNCHECKED = (HealthCheck.differing_executors, HealthCheck.too_slow)
for profile, settled in {"ci": True, "explore": False}.items():
    settings.register_profile(
        profile,
        derandomize=settled,
        deadline=None,
        print_blob=True,
        suppress_health_check=UNCHECKED,
    )
settings.load_profile("ci")


class RealDataCount:
    """Counts the tests on real data and, if asked to, fails the run when one was skipped."""

    def __init__(self, required: bool) -> None:
        self.required = required
        self.ran: set[str] = set()
        self.skipped: dict[str, str] = {}

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        # Nobody can tell what a module that skips itself whole would have read.
        if report.skipped and self.required:
            self.skipped[report.nodeid] = reason_of(report)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        marked = "real_data" in report.keywords  # workers send reports, not tests
        skipped = report.skipped and not hasattr(report, "wasxfail")
        if skipped and (marked or reason_of(report).startswith(MISSING)):
            self.skipped[report.nodeid] = reason_of(report)
        elif report.when == "call" and not skipped and marked:
            self.ran.add(report.nodeid)

    def problem(self) -> str | None:
        """Why ``--require-data`` is not satisfied, if it was asked for."""
        if not self.required:
            return None
        if self.skipped:
            return "--require-data: a test on real data was skipped"
        if not self.ran:
            return "--require-data: no test on real data ran"
        return None

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        nothing_ran = session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED
        if self.problem() and (session.exitstatus == pytest.ExitCode.OK or nothing_ran):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter
    ) -> Generator[None, None, None]:
        yield  # first everything else that sums up: this is the last word
        reporter = terminalreporter
        reporter.section("real data")
        reporter.line(f"real-data tests: {len(self.ran)} ran, {len(self.skipped)} skipped")
        for reason, times in sorted(Counter(self.skipped.values()).items()):
            reporter.line(f"  {times} x {reason}")
        if problem := self.problem():
            reporter.line(problem, red=True)


def reason_of(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Why a test was skipped, without the place."""
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return reason.removeprefix("Skipped: ")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--require-data",
        action="store_true",
        help="fail if a test on real data (../shared/data) is skipped",
    )


def pytest_configure(config: pytest.Config) -> None:
    worker = hasattr(config, "workerinput")  # what started the workers sees all reports and judges
    required = config.getoption("--require-data") and not worker
    config.pluginmanager.register(RealDataCount(required), "real-data-count")


def pytest_unconfigure() -> None:
    shutil.rmtree(SETTINGS_FOLDER, ignore_errors=True)
