"""witness.csv: what the spectra of each region hold, and how the phases of the plan stand in it."""

from collections.abc import Iterator, Mapping

from app.batch.csv_file import Cell
from fitting.result import SeriesResult
from fitting.witness import Witness

WITNESS_COLUMNS = (
    "source,sample,region,spectra,components_data,components_model,components_residual,"
    "residual_highest,residual_share,phase,in_data,in_resolved"
).split(",")


def witness_rows(result: SeriesResult, found: Mapping[str, Witness]) -> Iterator[list[Cell]]:
    """One row for each phase that a region shows.

    Parameters
    ----------
    result : any steps of the sample
    found : region -> what its spectra hold
    """
    sources = {info.name: info.source for info in result.regions}
    for region, own in found.items():
        for phase in own.phases:
            yield [
                *(sources[region], result.sample, region, own.spectra),
                *(own.of_data, own.of_model, own.of_residual, own.place, own.share),
                *(phase.phase, phase.in_data, phase.in_resolved),
            ]
