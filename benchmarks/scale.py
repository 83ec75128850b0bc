"""Memory and time of the real command from 1,000 to 100,000 spectra.

``deconvolyte fit ARCHIVE --plan P -o DIR --workers 1`` on six doublets in S 2p, 281 points: from
the archive to tables and result.h5. The same 1,000 simulated spectra come again and again, so
that a spectrum of a long series is neither harder nor easier than one of a short one. All sizes
run one after the other in every round, kernels are compiled before.
"""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
import psutil

from app.archive.entry import EntryWriter
from app.archive.store import new_file
from app.archive.write import write_root_attributes
from benchmarks.cases import REGION, Case, cases, series, table_of
from benchmarks.report import Figure, Report, Settings
from fitting.arrays import FloatArray, IntArray
from fitting.plan import Plan
from fitting.plan_text import plan_text
from fitting.series import AxisKind, Series, Technique

SIZES = (1_000, 10_000, 100_000)
PERIOD = 1_000
ROUNDS = 3
MOST_MB = 600.0
MOST_GROWTH = 1.1
STEADY = 1.1
ONE_CHUNK = 64
_EVERY_S = 0.02
_ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Run:
    """What one run of the command took: seconds, those of the processor, and peak MB."""

    seconds: float
    processor: float
    megabytes: float


def run(settings: Settings) -> Report:
    """Run all sizes in turn; ``size`` is the largest."""
    rounds = settings.rounds or ROUNDS
    sizes = [n for n in SIZES if n <= (settings.size or SIZES[-1])]
    report = Report("Long series", __doc__ or "")
    with tempfile.TemporaryDirectory(prefix="deconvolyte-scale-") as name:
        folder = Path(name)
        _write_inputs(folder, [ONE_CHUNK, *sizes])
        measured(folder, ONE_CHUNK)
        runs: dict[int, list[Run]] = {n: [] for n in (ONE_CHUNK, *sizes)}
        for _ in range(rounds):
            for n, found in runs.items():
                found.append(measured(folder, n))
                print(f"  {n} spectra: {found[-1].seconds:.2f} s, {found[-1].megabytes:.0f} MB")
    _add_memory(report, runs)
    _add_time(report, runs)
    return report


def measured(folder: Path, size: int) -> Run:
    """One run of the command as a user has it, its memory looked at all the time."""
    output = folder / f"out{size}"
    command = [sys.executable, "-m", "app.main", "fit", f"{size}.h5", "--plan", "plan.toml"]
    command += ["-o", output.name, "--workers", "1"]
    paths = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
    environment = {**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"}
    begun, before = time.perf_counter(), _processor_seconds()
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=said, stderr=said)
        peak = 0
        while process.poll() is None:
            peak = max(peak, _resident(process.pid))
            time.sleep(_EVERY_S)
    seconds = time.perf_counter() - begun
    if process.returncode != 0:
        raise RuntimeError((folder / "said").read_text("utf-8"))
    for path in sorted(output.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    return Run(seconds, _processor_seconds() - before, peak / 1e6)


def _processor_seconds() -> float:
    """Of all processes that we have waited for."""
    spent = os.times()
    return spent.children_user + spent.children_system


def _resident(pid: int) -> int:
    """Bytes of a process and all below it; one that has just ended has none."""
    total = 0
    try:
        parent = psutil.Process(pid)
        for process in (parent, *parent.children(recursive=True)):
            total += process.memory_info().rss
    except psutil.NoSuchProcess:
        return total
    return total


def _write_inputs(folder: Path, sizes: list[int]) -> None:
    case = cases()[0]
    table = table_of(case)
    (folder / "plan.toml").write_text(plan_text(_plan(table.plan)), "utf-8")
    period = np.array([s[REGION].intensity for s in series(case, table, PERIOD)])
    for size in sizes:
        path = folder / f"{size}.h5"
        with new_file(path) as file:
            write_root_attributes(file, "cell")
            writer = EntryWriter(path, file, "cell", [(0, _rows(case, period, np.arange(0)))])
            for first in range(0, size, PERIOD):
                writer.append(_rows(case, period, np.arange(first, min(first + PERIOD, size))))
            writer.finish()


def _plan(plan: Plan) -> Plan:
    """The case as a user would have it: phases, a group, weights from the counts."""
    data = plan.model_dump(mode="json", exclude_none=True)
    data["fit"]["weights"] = "poisson"
    components = data["regions"][0]["components"]
    for component in components:
        component["phase"] = component["id"].upper()
    data["phases"] = {component["phase"]: {} for component in components}
    data["groups"] = {"sulfides": ["C0", "C1"]}
    return Plan.from_data(data)


def _rows(case: Case, period: FloatArray, steps: IntArray) -> Series:
    return Series(
        sample="cell",
        region=REGION,
        technique=Technique.XPS,
        axis_kind=AxisKind.BINDING_ENERGY,
        x=case.x,
        intensity=period[steps % PERIOD],
        steps=steps,
        columns={"charge_uAh_cm2": 0.1 * steps},
    )


def _add_memory(report: Report, runs: dict[int, list[Run]]) -> None:
    peaks = {n: max(one.megabytes for one in found) for n, found in runs.items()}
    for n, peak in peaks.items():
        largest = n == SIZES[-1]
        report.add(
            Figure(
                f"peak memory, {n:,} spectra",
                f"{peak:.0f} MB",
                f"at most {MOST_MB:.0f} MB" if largest else "",
                peak <= MOST_MB if largest else None,
                share=MOST_MB / peak if largest else None,
            )
        )
    if SIZES[-1] in peaks:
        growth = peaks[SIZES[-1]] / peaks[SIZES[-2]]
        report.add(
            Figure(
                "memory of 100,000 over that of 10,000",
                f"{growth:.3f}",
                f"at most {MOST_GROWTH}",
                growth <= MOST_GROWTH,
                share=MOST_GROWTH / growth,
            )
        )


def _add_time(report: Report, runs: dict[int, list[Run]]) -> None:
    """Time a spectrum, with and without what a run of one chunk takes before and after."""
    whole = {n: median(one.seconds for one in found) for n, found in runs.items()}
    spent = {n: median(one.processor for one in found) for n, found in runs.items()}
    start, own_start = whole.pop(ONE_CHUNK), spent.pop(ONE_CHUNK)
    words = f"{start:.2f} s"
    report.add(Figure("one chunk (64 spectra), program started and ended", words))
    each = {n: (seconds - start) / (n - ONE_CHUNK) for n, seconds in whole.items()}
    own = {n: (seconds - own_start) / (n - ONE_CHUNK) for n, seconds in spent.items()}
    for n, seconds in whole.items():
        words = f"{1e3 * each[n]:.3f} ms"
        note = f"{1e3 * seconds / n:.3f} ms with the first 64; processor {1e3 * own[n]:.3f} ms"
        report.add(Figure(f"time a spectrum, {n:,} spectra", words, note=note))
    first = min(each)
    for n in sorted(each)[1:]:
        ratio, plain = each[n] / each[first], whole[n] / n / (whole[first] / first)
        off = max(ratio, 1.0 / ratio)
        report.add(
            Figure(
                f"time a spectrum, {n:,} over {first:,}",
                f"{ratio:.3f}",
                "1 within 10 %",
                off <= STEADY,
                "what the first 64 spectra take, start of the program included, is left out of "
                f"both: {plain:.3f} with it; processor time {own[n] / own[first]:.3f}",
                share=STEADY / off,
            )
        )
