"""``deconvolyte demo``: simulate, fit, and show the fractions beside the truth."""

import argparse
import csv
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.fit import report
from app.cli.progress import ConsoleMonitor
from app.project.ready import ready_plan
from fitting.errors import PlanError

if TYPE_CHECKING:
    from fitting.simulate import Simulation

_SHOWN_STEPS = (0, 1, 5, 12, 25)
_SHOWN = (
    ("S 2p", "Li2S"),
    ("P 2p", "LixP"),
    ("P 2p", "Li3P"),
    ("Li 1s", "Li0"),
)


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the ``demo`` command."""
    parser = subparsers.add_parser(
        "demo",
        help="make an experiment with known truth, fit it, show fractions beside the truth",
        description="Lithium plated onto Li6PS5Cl at two current densities, simulated: writes "
        "the archive, the plan, the tables and the figures.",
        epilog="example:\n  deconvolyte demo -o demo",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("-o", "--output", type=Path, default=Path("demo"), metavar="DIR")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the demo; the exit status is that of the fit."""
    from app.archive.gather import Reading
    from app.archive.write import write_archive
    from app.batch.figures import write_figures
    from app.batch.fit import Running, fit_files
    from app.batch.folder import make_folder
    from app.batch.plan_file import load_plan
    from app.cli.output import refuse_archive_path, writing
    from fitting.simulate import simulate

    folder: Path = args.output
    make_folder(folder)
    made = simulate("E1")
    archive, plan_path, fitted = folder / "E1.h5", folder / "E1.toml", folder / "fitted"
    refuse_archive_path(archive)
    with writing(folder):
        write_plan(plan_path)
        write_archive(archive, made.series, made.truth)
    plan = load_plan(plan_path)
    with ConsoleMonitor("reading") as monitor:
        outcome = fit_files([archive], plan, fitted, Reading(), Running(), monitor)
    with ConsoleMonitor("drawing") as monitor:
        figures = write_figures(fitted / "result.h5", folder / "figures", monitor, made.truth)
    print(comparison(fitted / "phase_fractions.csv", made))
    report(outcome, fitted)
    print(
        f"{len(figures)} figure files in {folder / 'figures'}; spectra {archive}; plan {plan_path}"
    )
    return 0 if outcome.complete else 1


def write_plan(path: Path) -> None:
    """Put the plan of the demo there, unless somebody has been working on it.

    Raises
    ------
    PlanError
        A changed plan is there.
    """
    text = ready_plan("E1")
    if path.exists() and path.read_text("utf-8", "replace") != text:
        raise PlanError(f"-o {path.parent}", f"{path} has been changed; choose another folder")
    path.write_text(text, "utf-8", newline="\n")


def comparison(table: Path, made: "Simulation") -> str:
    """Fractions against charge beside the truth, as text."""
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    lines = ["", "share of the area of a region, with standard error, and the simulated truth"]
    for sample, truth in made.truth.items():
        lines += [
            "",
            sample,
            f"{'charge':>12}" + "".join(f"{p + ' in ' + r:>28}" for r, p in _SHOWN),
        ]
        lines.append(f"{'uAh/cm2':>12}" + f"{'fitted       truth':>28}" * len(_SHOWN))
        found = {
            (row["region"], row["phase"], int(row["step"])): row
            for row in rows
            if row["sample"] == sample and row["basis"] == "area"
        }
        charges = truth["charge_uAh_cm2"]
        for step in (step for step in _SHOWN_STEPS if step < len(charges)):
            charge = charges[step]
            cells = [
                f"{_cell(found[region, phase, step]):>18} "
                f"{truth[f'area_fraction/{region}/{phase}'][step]:9.3f}"
                for region, phase in _SHOWN
            ]
            lines.append(f"{charge:12.1f}" + "".join(cells))
    return "\n".join([*lines, ""])


def _cell(row: dict[str, str]) -> str:
    if not row["fraction"]:
        return row["status"]
    if row["detected"] == "false":
        return f"< {float(row['upper_limit95']):.3f}" if row["upper_limit95"] else "not detected"
    error = f"{float(row['fraction_stderr']):.3f}" if row["fraction_stderr"] else "not estimated"
    return f"{float(row['fraction']):.3f} ± {error}"
