"""All figures of a result, written into a folder."""

from pathlib import Path

import numpy as np

from app.archive.names import item_name
from app.archive.results import ResultHandle, read_results
from app.batch.figures.collect import NO_TRUTH, FractionCurves, Truth, fraction_curves
from app.batch.figures.consistency import consistency_curves, draw_consistency
from app.batch.figures.fits import fit_pages
from app.batch.figures.fractions import draw_comparison, draw_fractions
from app.batch.figures.maps import draw_map
from app.batch.figures.style import colours, pages, save, styled
from app.batch.figures.trends import draw_trends
from app.batch.figures.witness import draw_witness, witnesses_of
from app.batch.trends_table import TrendsTable
from fitting.build import build_model
from fitting.model import ModelTable
from fitting.monitor import Monitor, checkpoint
from fitting.quantify import quantify
from fitting.seriesfit import CHUNK
from fitting.trends import Curve, described


def write_figures(
    result: Path, folder: Path, monitor: Monitor, truth: Truth = NO_TRUTH
) -> list[Path]:
    """Draw fractions along the series, and every step's fit with its residual.

    For each sample and region ``fractions_SAMPLE_REGION`` and ``fits_SAMPLE_REGION.pdf``; for
    several samples of a region also ``fractions_REGION``; where the steps are points of a map,
    ``map_SAMPLE_REGION`` instead; ``trends_SAMPLE_REGION``, what trends.csv says; of joint fits
    ``consistency_SAMPLE``; ``witness_SAMPLE``, what the data hold by themselves. Bases beyond the
    first of the plan end in their name. All but the fits come as PDF, PNG and SVG.

    Parameters
    ----------
    result : ``result.h5``
    folder : made if missing; files of these names are replaced
    monitor : counts drawn steps
    truth : of a simulation, drawn as thin lines

    Returns
    -------
    The files.

    Raises
    ------
    ArchiveError
        The result cannot be read.
    FitCancelled
        Files finished so far stay.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    handles = read_results(result)
    table = build_model(handles[0].plan)
    with styled():
        work = _Work(folder, table, monitor, _panels(handles), truth)
        work.fractions(handles)
        work.trends(handles)
        for handle in handles:
            work.consistency(handle)
            work.witness(handle)
            work.fits(handle)
    return work.paths


def _panels(handles: list[ResultHandle]) -> int:
    return sum(len(one.steps) for handle in handles for one in handle.spectra.values())


class _Work:
    """The files written so far, and how far the work is."""

    def __init__(
        self, folder: Path, table: ModelTable, monitor: Monitor, total: int, truth: Truth
    ) -> None:
        self.paths: list[Path] = []
        self._folder = folder
        self._table = table
        self._colours = colours(table.plan)
        self._monitor = monitor
        self._total = total
        self._truth = truth
        self._done = 0
        self._names: set[str] = set()

    def fractions(self, handles: list[ResultHandle]) -> None:
        together: dict[tuple[str, str], list[FractionCurves]] = {}
        for handle in handles:
            checkpoint(self._monitor, self._done, self._total)
            for curves in fraction_curves(handle, self._table, self._truth):
                if not curves.names:
                    continue
                if curves.places is not None:
                    stem = self._stem("map", curves.sample, curves.region, curves.basis)
                    self.paths += save(draw_map(curves), stem)
                    continue
                together.setdefault((curves.region, curves.basis), []).append(curves)
                stem = self._stem("fractions", curves.sample, curves.region, curves.basis)
                self.paths += save(draw_fractions(curves, self._colours), stem)
        for (region, basis), members in together.items():
            if len(members) > 1 and len({one.column for one in members}) == 1:
                checkpoint(self._monitor, self._done, self._total)
                stem = self._stem("fractions", "", region, basis)
                self.paths += save(draw_comparison(members, self._colours), stem)

    def trends(self, handles: list[ResultHandle]) -> None:
        """One figure for each region, basis and sample that has enough steps."""
        gathered = TrendsTable(self._table.plan)
        for handle in handles:
            for first in range(0, handle.n_steps, CHUNK):
                result = handle.rows(first, first + CHUNK)
                for fractions in quantify(result, self._table):
                    gathered.add(result, fractions)
        figures: dict[tuple[str, str, str], dict[str, Curve]] = {}
        for sample, (region, basis, name), curve in gathered.curves():
            panels = figures.setdefault((sample, region, basis), {})
            drawn = any(
                np.array_equal(curve.value, one.value, equal_nan=True) for one in panels.values()
            )
            if region and not drawn and described(curve) is not None:
                panels[name] = curve
        axis = self._table.plan.series.axis
        for place, curves in figures.items():
            if not curves:
                continue
            checkpoint(self._monitor, self._done, self._total)
            stem = self._stem("trends", *place)
            self.paths += save(draw_trends(place, axis, curves, self._colours), stem)

    def consistency(self, handle: ResultHandle) -> None:
        curves = consistency_curves(handle, self._table)
        if curves is not None:
            stem = self._stem("consistency", handle.sample, "", "")
            self.paths += save(draw_consistency(curves, self._colours), stem)

    def witness(self, handle: ResultHandle) -> None:
        found = witnesses_of(handle, self._table)
        if found:
            stem = self._stem("witness", handle.sample, "", "")
            self.paths += save(draw_witness(handle, found, self._colours), stem)

    def fits(self, handle: ResultHandle) -> None:
        for info in handle.regions:
            if not len(handle.spectra[info.name].steps):
                continue
            path = self._stem("fits", handle.sample, info.name, "").with_suffix(".pdf")
            draft = path.with_name(f".{path.name}.part")
            try:
                with pages(draft) as file:
                    for figure, count in fit_pages(handle, info.name, self._table, self._colours):
                        checkpoint(self._monitor, self._done, self._total)
                        file.savefig(figure)
                        self._done += count
                draft.replace(path)
            finally:
                draft.unlink(missing_ok=True)
            self.paths.append(path)
        checkpoint(self._monitor, self._done, self._total)

    def _stem(self, kind: str, sample: str, region: str, basis: str) -> Path:
        """A name that no other file of this result has."""
        first = self._table.plan.fit.basis[0] if self._table.plan.fit.basis else ""
        words = [kind, sample, region, "" if basis == first else basis]
        name = item_name(" ".join(word for word in words if word), self._names)
        self._names.add(name)
        return self._folder / name
