"""What the fits say together does not depend on how the series is cut while it is put together."""

from dataclasses import replace

import numpy as np
import pytest

from app.session.project import Project, with_fits
from app.session.results import FractionSeries, Results, results_of
from fitting.model import ModelTable
from fitting.plan import Plan
from fitting.quantify import FractionTable, quantify
from fitting.result import SeriesResult
from tests.app.batch.test_prepare import BOTH
from tests.app.program import counts, write_matrix
from tests.app.session.window import fitted, opened


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Nine steps of S 2p, the first four of P 2p too, fitted."""
    folder = tmp_path_factory.mktemp("cut")
    write_matrix(folder / "cellA__S 2p.csv", counts(9, 0))
    write_matrix(folder / "cellA__P 2p.csv", counts(4, 1))
    return fitted(opened(sorted(folder.glob("*.csv")), Plan.from_toml(BOTH)), folder / "cache")


def numbers(one: FractionSeries) -> list[np.ndarray]:
    curves = one.curves
    own = (curves.x, curves.fraction, curves.low95, curves.high95, curves.upper_limit95)
    return [*own, curves.detected, one.stderr, one.steps, one.current]


def same(first: Results, second: Results) -> None:
    assert len(first.fractions) == len(second.fractions) > 1
    for one, other in zip(first.fractions, second.fractions, strict=True):
        assert (one.curves.region, one.curves.basis) == (other.curves.region, other.curves.basis)
        for a, b in zip(numbers(one), numbers(other), strict=True):
            np.testing.assert_array_equal(a, b)
    assert [(v.step, v.verdict, v.words) for v in first.verdicts] == [
        (v.step, v.verdict, v.words) for v in second.verdicts
    ]


def test_cut_or_whole(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []

    def counted(result: SeriesResult, table: ModelTable) -> list[FractionTable]:
        made.append(len(result))
        return quantify(result, table)

    monkeypatch.setattr("app.session.parts.quantify", counted)
    found = []
    for chunk in (64, 2):
        monkeypatch.setattr("app.session.parts.CHUNK", chunk)
        fresh = tuple(replace(sample) for sample in project.samples)  # nothing of it is known yet
        found.append(results_of(replace(project, samples=fresh)))
    assert made == [9, 2, 2, 2, 2, 1]
    same(*found)


def test_steps_that_come_later_change_only_their_own_block(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.session.parts.CHUNK", 3)
    sample = project.samples[0].name
    own = project.fits[sample]
    made = 0

    def counted(result: SeriesResult, table: ModelTable) -> list[FractionTable]:
        nonlocal made
        made += 1
        return quantify(result, table)

    monkeypatch.setattr("app.session.parts.quantify", counted)
    results_of(replace(project, fits={sample: {s: own[s] for s in range(3)}}))
    assert made == 1
    results_of(replace(project, fits={sample: {s: own[s] for s in range(6)}}))
    assert made == 2
    results_of(with_fits(project, sample, {8: replace(own[8])}))
    assert made == 3
