"""``deconvolyte info``: what is in a file, and what is missing."""

import argparse
import math
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.numbers import counted
from app.cli.progress import ConsoleMonitor
from app.cli.reading import add_reading_options, read_series, reading_of, settled

if TYPE_CHECKING:
    from app.archive.gather import Gathered
    from fitting.monitor import Monitor
    from fitting.series import Series


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the ``info`` command."""
    parser = subparsers.add_parser(
        "info",
        help="show what is in a file: regions, steps, axes, units, what is missing",
        epilog="example:\n  deconvolyte info depth_profile.pro",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    add_reading_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print a paragraph for each region; 1 if some files could not be read."""
    args.files = [file for file in args.files if not _is_log(file)]
    if not args.files:
        return 0
    together = args.steps is not None or args.charge_log is not None
    with ConsoleMonitor("reading") as monitor:
        if together:
            gathered = read_series(args, args.files, monitor)
        else:
            gathered = settled(read_each(args, monitor))
    for series in gathered.series:
        print("\n".join(describe(series)))
    return 1 if gathered.errors else 0


def _is_log(file: Path) -> bool:
    """Whether a file is an archive of logs alone; then it is described."""
    from app.archive.charge_record import read_records
    from app.archive.read import is_archive

    records = read_records(file) if is_archive(file) else []
    for record in records:
        print(f"{record.sample}  (charge log, {record.source})")
        print(f"  {counted(len(record.time_s), 'record')}, no spectra")
        print(f"  time_s: {_range(record.time_s)}")
        print(f"  charge_mAh: {_range(record.charge_mAh)}, sign {record.charge_sign or 'unknown'}")
        if record.potential_V is not None:
            print(f"  potential_V: {_range(record.potential_V)}")
        area = "unknown (--area)" if record.area_cm2 is None else f"{record.area_cm2:g} cm2"
        print(f"  area: {area}")
    return bool(records)


def read_each(args: argparse.Namespace, monitor: "Monitor") -> "Gathered":
    """Every file for itself: many runs of one region may be looked at together."""
    from app.archive.gather import Gathered, gather
    from app.batch.fit import listed
    from fitting.monitor import CancelOnly, checkpoint

    files, errors = listed(args.files)
    reading = reading_of(args)
    series: list[Series] = []
    warnings: list[str] = []
    for done, file in enumerate(files):
        checkpoint(monitor, done, len(files))
        one = gather([file], reading, CancelOnly(monitor))
        series += one.series
        errors += one.errors
        warnings += one.warnings
    return Gathered(tuple(series), tuple(errors), tuple(dict.fromkeys(warnings)))


def describe(series: "Series") -> Iterable[str]:
    """Lines about one series."""
    yield f"{series.sample} / {series.region}  ({series.technique.value}, {series.source})"
    points = series.intensity.shape[1]
    unit = series.intensity_unit.value.replace("_per_s", "/s")
    spectra = counted(len(series), "spectrum", "spectra")
    yield f"  {spectra} of {counted(points, 'point')}, intensity in {unit}"
    yield f"  {_axis(series)}"
    yield from _stated_work_function(series)
    for name, values in series.columns.items():
        yield f"  {name}: {_range(values)}"
    for missing in what_is_missing(series):
        yield f"  missing: {missing}"


def _axis(series: "Series") -> str:
    kind = series.axis_kind.value.replace("_", " ")
    words = f"{kind} {_range(series.x)} {series.axis_kind.unit}"
    if series.photon_energy_eV is not None:
        words += f", photon energy {series.photon_energy_eV:g} eV"
    if series.axis_kind is not series.fit_axis_kind and series.photon_energy_eV is not None:
        work_function = series.work_function_eV or 0.0
        binding = _range(series.photon_energy_eV - series.x - work_function)
        words += f" -> binding energy {binding} eV (work function subtracted: {work_function:g} eV)"
    return words


def _stated_work_function(series: "Series") -> Iterable[str]:
    """A work function among the metadata of kinetic energies, as VAMAS has it."""
    kinetic = series.axis_kind is not series.fit_axis_kind
    blocks = series.metadata.get("vamas")
    if not kinetic or series.work_function_eV or not isinstance(blocks, list):
        return
    stated = [b.get("analyser_work_function_eV") for b in blocks if isinstance(b, dict)]
    values = [v for v in stated if isinstance(v, float) and math.isfinite(v)]
    if any(values):
        yield (
            f"  the file states a work function of {_range(values)} eV; "
            "not subtracted, --work-function does"
        )


def _range(values: object) -> str:
    import numpy as np

    finite = np.asarray(values, float)
    finite = finite[np.isfinite(finite)]
    if not len(finite):
        return "unknown"
    low, high = float(finite.min()), float(finite.max())
    nothing = 1e-12 * max(abs(low), abs(high))  # what rounding leaves of 0 eV
    low, high = (0.0 if abs(end) < nothing else end for end in (low, high))
    first, last = f"{low:.7g}", f"{high:.7g}"
    return first if first == last else f"{first} .. {last}"


def what_is_missing(series: "Series") -> Iterable[str]:
    """What a fit or its errors would need, and who could say it."""
    import numpy as np

    from fitting.series import AxisKind, Technique

    if series.axis_kind is AxisKind.KINETIC_ENERGY and series.photon_energy_eV is None:
        yield "photon energy, so no binding energies (--photon-energy)"
    elif series.technique is not Technique.RAMAN and series.photon_energy_eV is None:
        yield "photon energy, so no atomic fractions (--photon-energy)"
    if series.counts_per_unit is None or not np.isfinite(series.counts_per_unit).all():
        yield "dwell time and sweeps, so counting errors have to be estimated from the data"
    charge = series.columns.get("charge_uAh_cm2")
    if charge is None or not np.isfinite(charge).any():
        yield "charge passed (--charge-log, --beam-current or --steps)"
    elif not np.isfinite(charge).all():
        unknown = int((~np.isfinite(charge)).sum())
        yield f"charge of {unknown} of {counted(len(series), 'spectrum', 'spectra')}"
