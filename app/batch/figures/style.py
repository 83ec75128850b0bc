"""Sizes, fonts, colours; the same file from the same result, on every machine."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fitting.plan import Plan

COLUMN_MM = 85.0
"""Width of one column of a journal."""

PAGE_MM = 170.0
"""Width of two columns."""

_HANDLE_MM, _LETTER_MM, _BOLD_LETTER_MM = 9.0, 1.35, 2.0
LEGEND_ROW_MM = 3.5
"""Height of a row of a legend."""

INK = "#222222"
FAINT = "#9a9a9a"
NO_PHASE = "#8c8c8c"

SERIES_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Colours of samples, where curves are of no phase."""

# Okabe and Ito, https://jfly.uni-koeln.de/color/, then Tol, https://sronpersonalpages.nl/~pault/:
# told apart with any colour vision; yellow is left out, it vanishes on paper
_COUNTED = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#882255",
    "#999933",
    "#332288",
    "#DDCC77",
    "#117733",
    "#AA4499",
)
_NOT_COUNTED = ("#7f7f7f", "#a9a9a9", "#5c5c5c", "#c4c4c4", "#929292")
_MARKERS = "os^Dv<>Ph8"

_STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 7.0,
    "axes.labelsize": 8.0,
    "axes.titlesize": 7.0,
    "axes.linewidth": 0.6,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 7.0,
    "ytick.labelsize": 7.0,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "legend.fontsize": 7.0,
    "legend.frameon": False,
    "legend.handlelength": 1.6,
    "legend.columnspacing": 1.2,
    "legend.labelspacing": 0.35,
    "lines.linewidth": 1.0,
    "savefig.dpi": 300,
    "pdf.fonttype": 42,
    "svg.fonttype": "none",
    "svg.hashsalt": "deconvolyte",
}

_NO_DATES = {
    "pdf": {"CreationDate": None, "Producer": None, "Creator": "Deconvolyte"},
    "svg": {"Date": None, "Creator": "Deconvolyte"},
    "png": {"Software": "Deconvolyte"},
}


def styled() -> Any:
    """Context in which figures look alike whatever the user's settings of matplotlib are."""
    import matplotlib as mpl

    return mpl.rc_context({**_known_defaults(mpl), **_STYLE})


def _known_defaults(mpl: Any) -> dict[str, Any]:
    return {
        key: value
        for key, value in mpl.rcParamsDefault.items()
        if key.split(".")[0] in _PLAIN_FAMILIES
    }


_PLAIN_FAMILIES = frozenset(
    "axes font legend lines patch path pdf savefig svg text xtick ytick mathtext hatch".split()
)


def inches(width_mm: float, height_mm: float) -> tuple[float, float]:
    """A size as matplotlib wants it."""
    return width_mm / 25.4, height_mm / 25.4


def save(figure: Any, stem: Path) -> list[Path]:
    """Write a figure as PDF, PNG and SVG; without dates, texts as text."""
    paths = []
    for kind in ("pdf", "png", "svg"):
        path = stem.with_name(f"{stem.name}.{kind}")
        save_one(figure, path)
        paths.append(path)
    return paths


def save_one(figure: Any, path: Path) -> None:
    """Write a figure as its file ending says: pdf, png or svg."""
    kind = path.suffix.removeprefix(".")
    figure.savefig(path, format=kind, metadata=_NO_DATES[kind])


def pages(path: Path) -> Any:
    """A PDF of many pages."""
    from matplotlib.backends.backend_pdf import PdfPages

    return PdfPages(path, metadata=_NO_DATES["pdf"])


def legend_columns(labels: Sequence[str], width_mm: float) -> int:
    """How many columns of a legend fit side by side."""
    widths = [_HANDLE_MM + _LETTER_MM * len(label) for label in labels]
    for count in range(min(5, len(labels)), 1, -1):
        if sum(max(widths[c::count]) for c in range(count)) <= width_mm:
            return count
    return 1


def shortened(text: str, width_mm: float) -> str:
    """A bold title that stays on its page."""
    most = int(width_mm / _BOLD_LETTER_MM)
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def by_rows(handles: Sequence[Any], columns: int) -> list[Any]:
    """The order in which a legend, filled column by column, reads row by row."""
    return [handle for c in range(columns) for handle in handles[c::columns]]


def colours(plan: Plan) -> Mapping[str, str]:
    """Phase -> colour, the same in every figure of a plan; greys for what is not counted."""
    counted = [name for name, phase in plan.phases.items() if phase.counted]
    others = [name for name, phase in plan.phases.items() if not phase.counted]
    return {**_cycled(counted, _COUNTED), **_cycled(others, _NOT_COUNTED)}


def hues(names: Sequence[str]) -> Mapping[str, str]:
    """Name -> colour, of curves that are no phases."""
    return _cycled(names, _COUNTED)


def markers(names: Sequence[str]) -> Mapping[str, str]:
    """Name -> marker, so that curves differ in print without colours too."""
    return _cycled(names, _MARKERS)


def _cycled(names: Sequence[str], choices: Sequence[str]) -> dict[str, str]:
    return {name: choices[i % len(choices)] for i, name in enumerate(names)}
