"""Figures of the experiments: they show what is there, and the manual shows them all."""

import re
from pathlib import Path

import pytest

from app.batch.figures.style import styled
from app.project.ready import ready_plan, ready_plans
from benchmarks.experiment_plot import draw_experiment
from benchmarks.experiments import EXPERIMENTS, fitted
from fitting.plan import Plan
from fitting.simulate import experiments, simulate

DOCS = Path(__file__).resolve().parents[2] / "docs"
LARGEST = 160_000


def test_rows_name_what_is_there():
    for shown in EXPERIMENTS:
        assert shown.key in experiments()
        assert shown.key in ready_plans()
        assert Plan.from_toml(ready_plan(shown.plan or shown.key)).region(shown.region) is not None


def test_the_manual_shows_every_picture_and_none_is_large():
    text = (DOCS / "experiments.md").read_text("utf-8")
    pictures = re.findall(r"!\[[^\]]*\]\((images/[^)]+)\)", text)
    keys = {"E10", *(shown.key for shown in EXPERIMENTS)}
    assert {f"images/experiment_{key}.png" for key in keys} <= set(pictures)
    for picture in pictures:
        assert 0 < (DOCS / picture).stat().st_size < LARGEST, picture


@pytest.mark.parametrize(("key", "steps"), [("E7", 2), ("E9", 14)])
def test_spectra_beside_what_came_out(key, steps, tmp_path):
    (shown,) = (one for one in EXPERIMENTS if one.key == key)
    samples = fitted(simulate(key, steps=steps), tmp_path)
    with styled():
        figure = draw_experiment(shown, samples[: shown.samples])
        figure.draw_without_rendering()
    spectra, fractions = figure.axes[:2]
    assert spectra.get_xlabel() == "Raman shift / cm⁻¹"
    assert spectra.get_title(loc="left").endswith(samples[0].handle.sample)
    assert fractions.get_xlabel() == {"E7": "Potential / V", "E9": "x / µm"}[key]
    labels = [text.get_text() for text in spectra.texts]
    assert labels == {"E7": ["2.6 V", "4.4 V"]}.get(key, labels)
    assert len(labels) == min(steps, 4)
