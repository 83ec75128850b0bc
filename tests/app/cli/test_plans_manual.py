"""Every example of docs/plans.md is a plan."""

import re
from pathlib import Path

import pytest

from app.project.user_lines import read_lines
from fitting.plan import Plan
from fitting.plan_check import check_plan
from fitting.plan_text import plan_text

PROJECT = Path(__file__).resolve().parents[3]
MANUAL = (PROJECT / "docs" / "plans.md").read_text("utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", MANUAL, re.DOTALL)


def test_all_examples_are_found() -> None:
    assert len(EXAMPLES) == MANUAL.count("```toml") == 12


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_example(number: int) -> None:
    plan = Plan.from_toml(EXAMPLES[number])
    assert Plan.from_toml(plan_text(plan)) == plan
    problems = [str(problem) for problem in check_plan(plan).problems]
    unread = [f"templates.{name}" for name, t in plan.templates.items() if t.file]
    assert [p for p in problems if not any(p.startswith(place) for place in unread)] == []
    assert len(problems) == len(unread)


def test_sentences_quoted_are_those_of_the_program() -> None:
    text = EXAMPLES[2].replace("center = 160.2", 'center = "ps4.center - 1"')
    (problem,) = check_plan(Plan.from_toml(text)).problems
    assert f"deconvolyte: sei.toml: {problem}" in MANUAL


def test_own_lines_as_the_manual_of_the_library_shows_them(tmp_path: Path) -> None:
    text = (PROJECT / "docs" / "reference_lines.md").read_text("utf-8")
    for ending in ("csv", "toml"):
        (example,) = re.findall(rf"```{ending}\n(.*?)```", text, re.DOTALL)
        path = tmp_path / f"lines.{ending}"
        path.write_text(example, "utf-8")
        assert read_lines(path)
