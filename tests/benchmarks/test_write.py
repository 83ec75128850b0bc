from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure as MatplotlibFigure

from benchmarks.__main__ import main, names
from benchmarks.report import Figure, Report
from benchmarks.write import drawing, replaced, section, write

DOCS = Path(__file__).resolve().parents[2] / "docs"


def report() -> Report:
    made = Report("Title", "About.")
    made.add(Figure("speed", "143x", "150x", False, "a | b"))
    made.add(Figure("rate", "7 a second"))
    return made


def test_figures_are_printed_as_they_come(capsys: pytest.CaptureFixture[str]) -> None:
    report()
    out = capsys.readouterr().out
    assert "  speed: 143x (goal 150x) MISSED; a | b\n  rate: 7 a second\n" in out


def test_a_section_says_what_was_missed_and_where_it_was_measured() -> None:
    text = section(report(), "a machine", "images/plot.png")
    assert "Measured on: a machine." in text
    assert "| speed | **143x** | 150x | missed | a \\| b |" in text
    assert "| rate | 7 a second |  |  |  |" in text
    assert text.endswith("![Title](images/plot.png)")


def test_only_what_is_between_the_marks_is_replaced() -> None:
    page = replaced("# Prose\n", "engines", "first")
    page = replaced(page + "more prose\n", "scale", "other")
    again = replaced(page, "engines", r"second \1")
    assert again == page.replace("first", r"second \1")
    assert "more prose" in again
    assert replaced(again, "engines", r"second \1") == again


def test_the_plot_of_the_same_figures_is_the_same_file(tmp_path: Path) -> None:
    def draw(plot: Any) -> None:
        plot.subplots().plot([0, 1], [1, 0])

    made = report()
    made.draw = draw
    (tmp_path / "images").mkdir()
    (tmp_path / "benchmarks.md").write_text("# Benchmarks\n")
    write("engines", made, "a machine", tmp_path)
    first = (tmp_path / "images" / "bench_engines.png").read_bytes()
    write("engines", made, "a machine", tmp_path)
    assert (tmp_path / "images" / "bench_engines.png").read_bytes() == first
    page = (tmp_path / "benchmarks.md").read_text()
    assert page.count("images/bench_engines.png") == 1
    assert page.startswith("# Benchmarks\n")


def test_without_a_plot_of_its_own_a_report_shows_what_has_a_goal(tmp_path: Path) -> None:
    made = report()
    assert drawing(made) is None
    made.add(Figure("speed", "143x", "150x", False, share=143 / 150))
    made.add(Figure("rate", "80", "50", True, share=1.6))
    draw = drawing(made)
    assert draw is not None
    plot = MatplotlibFigure()
    draw(plot)
    (panel,) = plot.axes
    assert [text.get_text() for text in panel.get_yticklabels()] == ["speed", "rate"]
    assert [bar.get_width() > 0.0 for bar in panel.patches] == [False, True]


def test_the_marks_of_the_document_are_whole() -> None:
    page = (DOCS / "benchmarks.md").read_text("utf-8")
    assert page.count("<!-- bench ") == page.count("<!-- end of ")


def test_a_benchmark_that_is_not_there_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert "single_fits" in names()
    with pytest.raises(SystemExit) as stop:
        main(["nothing"])
    assert stop.value.code == 2
    assert "single_fits" in capsys.readouterr().err
