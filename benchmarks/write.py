"""Reports into docs/benchmarks.md: what is between the marks is written, the rest is left."""

import re
from pathlib import Path

from benchmarks.bars import draw_bars
from benchmarks.report import Draw, Figure, Report

DOCS = Path(__file__).resolve().parents[1] / "docs"


def write(name: str, report: Report, machine: str, docs: Path = DOCS) -> None:
    """Replace what the document says of a benchmark, and its plot and pictures.

    Parameters
    ----------
    name : of the benchmark
    machine : what it ran on
    docs : folder with benchmarks.md
    """
    image = ""
    draw = drawing(report)
    if draw is not None:
        image = f"images/bench_{name}.png"
        save_plot(draw, docs / image)
    for picture, save in report.pictures.items():
        save(docs / "images" / f"{picture}.png")
    page = docs / "benchmarks.md"
    text = replaced(page.read_text("utf-8"), name, section(report, machine, image))
    page.write_text(text, "utf-8")


def section(report: Report, machine: str, image: str) -> str:
    """Markdown of one report."""
    parts = [f"## {report.title}", report.about, f"Measured on: {machine}.", table(report.figures)]
    if image:
        parts.append(f"![{report.title}]({image})")
    if report.details:
        parts.append("<details><summary>One by one</summary>")
        parts += [table(report.details), "</details>"]
    return "\n\n".join(parts)


def table(figures: list[Figure]) -> str:
    """Markdown table; what falls short is bold."""
    rows = ["| what | measured | goal | | |", "|---|---|---|---|---|"]
    for f in figures:
        value = f"**{f.value}**" if f.reached is False else f.value
        cells = (f.what, value, f.goal, f.verdict, f.note)
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows)


def replaced(page: str, name: str, text: str) -> str:
    """The page with new text between the marks of a benchmark, at its end if it has none."""
    begin, end = f"<!-- bench {name}: written by start.py -->", f"<!-- end of {name} -->"
    marked = f"{begin}\n\n{text}\n\n{end}"
    own = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    if own.search(page):
        return own.sub(lambda _: marked, page, count=1)
    return f"{page.rstrip()}\n\n{marked}\n"


def drawing(report: Report) -> Draw | None:
    """The plot of a report: its own, else bars of what can be set against a goal."""
    if report.draw is not None:
        return report.draw
    shown = [figure for figure in report.figures if figure.share is not None]
    return (lambda plot: draw_bars(plot, shown)) if shown else None


def save_plot(draw: Draw, path: Path) -> None:
    """Draw a plot; nothing in the file tells when or where."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Plot

    plot = Plot(figsize=(9.0, 5.0), layout="constrained")
    FigureCanvasAgg(plot)
    draw(plot)
    plot.savefig(path, dpi=100, metadata={"Software": None})
