"""Everything that ``fit`` and a plan can say can be said in the window, or is named here."""

import argparse
from pathlib import Path

import numpy as np
import pytest

from app.cli.fit import add_parser
from app.session.plan_document import document_text, with_text
from app.session.plan_forms import TABLES
from app.session.preview import FIELDS
from app.session.project import Project, View
from fitting.errors import PlanError
from fitting.plan import Plan
from tests.app.program import PLAN, spectra, write_matrix
from tests.app.session.window import opened

ELSEWHERE = {
    "--help": "F1",
    "--plan": "Plan, Open plan...",
    "--output": "Results, Export...",
    "--resume": "Fit all and Export go on by themselves",
    "--strategy": "Options: strategy",
}
MISSING = {"--workers", "--cluster"}
"""Change no number; docs/window.md says so."""

SECTIONS = {
    *TABLES,
    *("phases", "groups", "regions"),  # phases, sums and components have tables of their own
    *("overlayer", "templates"),  # Plan, Edit as text...
    *("format", "library"),
}


def test_every_option_of_the_command_has_its_place() -> None:
    subparsers = argparse.ArgumentParser().add_subparsers()
    add_parser(subparsers)
    options = {
        option
        for action in subparsers.choices["fit"]._actions
        for option in action.option_strings
        if option.startswith("--")
    }
    assert options - set(FIELDS) - set(ELSEWHERE) == MISSING


def test_every_section_of_a_plan_has_its_place() -> None:
    assert set(Plan.model_fields) == SECTIONS


def test_a_template_can_be_written_as_text(tmp_path: Path) -> None:
    project = opened([spectra(tmp_path)], Plan.from_toml(PLAN))
    write_matrix(tmp_path / "pellet__S 2p.csv", np.ones((41, 1)))
    text = PLAN.replace("[[regions]]", '[templates]\np = {file = "pellet__S 2p.csv"}\n[[regions]]')
    line = ' {id="b", phase="B", shape="measured", template="p", center=0.0},'
    text = text.replace(' {id="b", phase="B", center="a.center + 2.0"},', line)
    after = with_text(project, text)
    assert after.plan is not None
    assert after.plan.templates["p"].intensity == (1.0,) * 41
    assert with_text(after, document_text(after)) is after
    with pytest.raises(PlanError, match="elsewhere"):
        with_text(Project(view=View()), text.replace("pellet__S 2p", "elsewhere"))
