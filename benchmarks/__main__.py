"""Which benchmark runs: ``python3 start.py bench [NAME | --statistics] [options]``.

Without a name all of them run, one after the other, but selection and statistics, which take long.
"""

import argparse
import importlib
import importlib.util
import subprocess
import sys
from collections.abc import Sequence

from threadpoolctl import threadpool_limits

from benchmarks.machine import describe
from benchmarks.report import Report, Settings
from benchmarks.write import write

ALL = (
    "engines",
    "minima",
    "shared",
    "joint",
    "scale",
    "single_fits",
    "gui_start",
    "gui_frames",
    "gui_series",
    "gui_recovery",
    "gui_plans",
    "experiments",
    "shifts",
    "selection",
    "twins",
    "experiment_statistics",
    "statistics",
)
LONG = ("selection", "experiment_statistics", "statistics")


def names() -> tuple[str, ...]:
    """The benchmarks that are there."""
    return tuple(n for n in ALL if importlib.util.find_spec(f"benchmarks.{n}") is not None)


def main(words: Sequence[str]) -> int:
    """Run what the words ask for; 0 if it ran, whether the goals were reached or not."""
    given = _parser().parse_args(words)
    name = "statistics" if given.statistics else given.name
    if name is not None:
        _run(name, Settings(given.rounds, given.size), given.write)
        return 0
    options = [word for word in words if word != name]
    failed = [n for n in names() if n not in LONG and _own_process(n, options) != 0]
    if failed:
        print(f"did not finish: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="start.py bench", description=__doc__)
    parser.add_argument("name", nargs="?", choices=names(), help="only this one")
    parser.add_argument("--statistics", action="store_true", help="the same as the name")
    parser.add_argument("--rounds", type=int, help="repetitions, instead of what is asked for")
    parser.add_argument("--size", type=int, help="spectra or replicas, instead")
    parser.add_argument("--write", action="store_true", help="put it into docs/benchmarks.md")
    return parser


def _own_process(name: str, options: Sequence[str]) -> int:
    return subprocess.call([sys.executable, "-m", "benchmarks", name, *options])


def _run(name: str, settings: Settings, into_docs: bool) -> None:
    machine = describe()
    print(f"{name} on {machine}", flush=True)
    with threadpool_limits(limits=1):
        report: Report = importlib.import_module(f"benchmarks.{name}").run(settings)
    if into_docs:
        write(name, report, machine)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
