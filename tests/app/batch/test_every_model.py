"""Every line shape and background by its name in a plan: table in, fractions out."""

import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from app.archive.gather import Reading
from app.batch.fit import Running, fit_files
from app.batch.plan_file import load_plan
from fitting.arrays import FloatArray
from fitting.backgrounds.baselines import BASELINES
from fitting.backgrounds.catalogue import NAMES, NONE
from fitting.lineshapes.catalogue import LINE_SHAPES, SHAPE_NAMES
from fitting.monitor import SilentMonitor

X = np.round(np.arange(156.0, 171.0, 0.1), 3)
SHIFTS = np.arange(300.0, 1000.0, 2.0)
SHARE = 0.25
"""Of phase B in the area of every region here."""

SHAPES: dict[str, dict[str, float]] = {
    "gaussian": {"fwhm": 1.2},
    "lorentzian": {"fwhm": 1.0},
    "voigt": {"gaussian_fwhm": 1.0, "lorentzian_fwhm": 0.5},
    "pseudo_voigt": {"fwhm": 1.2, "lorentz_fraction": 0.3},
    "gl": {"fwhm": 1.2, "mix": 0.3},
    "sgl": {"fwhm": 1.2, "mix": 0.3},
    "la": {"fwhm": 1.0, "alpha": 1.3, "beta": 1.6, "m": 30.0},
    "doniach_sunjic": {"lorentzian_fwhm": 1.0, "asymmetry": 0.1},
    "doniach_sunjic_gauss": {"lorentzian_fwhm": 0.5, "asymmetry": 0.1, "gaussian_fwhm": 1.0},
    "measured": {"broadening": 0.0},
}


def peaks() -> FloatArray:
    """Two Gaussians, 3 : 1."""
    line = LINE_SHAPES["gaussian"].value
    return line(X, 6000.0, 161.1, 1.2) + line(X, 2000.0, 164.5, 1.2)


def losses(energy_lost: FloatArray, shape: str) -> FloatArray:
    """Tougaard's two- and three-parameter loss functions."""
    if shape == "u2":
        return 2866.0 * energy_lost / (1643.0 + energy_lost**2) ** 2
    return 434.0 * energy_lost / ((551.0 - energy_lost**2) ** 2 + 436.0 * energy_lost**2)


def under_the_peaks() -> dict[str, tuple[str, FloatArray]]:
    """Region -> background of its plan, and what truly lies under the peaks."""
    u2, u3 = (
        300.0 + 0.1 * np.tril(losses(X[:, np.newaxis] - X, shape)) @ peaks()
        for shape in ("u2", "u3")
    )
    step = 300.0 + 0.05 * 0.1 * np.cumsum(peaks())
    slope = 300.0 + 10.0 * (X - 160.0)
    return {
        "none": ('kind = "none"', 0.0 * X),
        "constant": ('kind = "constant"', 300.0 + 0.0 * X),
        "linear": ('kind = "linear"', slope),
        "linear, static": ('kind = "linear", active = false', slope),
        "polynomial": ('kind = "polynomial", degree = 2', slope + 0.5 * (X - 160.0) ** 2),
        "exponential": (
            'kind = "exponential", decay = {value = 0.1, min = 0.0, max = 1.0}',
            600.0 * np.exp(-0.15 * (X - 155.0)),
        ),
        "shirley": ('kind = "shirley", active = true', step),
        "shirley, sloping": ('kind = "shirley", active = true, degree = 1', step + slope),
        "shirley, static": ('kind = "shirley", active = false', step),
        "tougaard_u2": ('kind = "tougaard_u2", active = true', u2),
        "tougaard_u2, static": ('kind = "tougaard_u2", active = false', u2),
        "tougaard_u3": ('kind = "tougaard_u3", active = true', u3),
        "tougaard_u3, static": ('kind = "tougaard_u3", active = false', u3),
    }


def write(folder: Path, region: str, y: FloatArray, axis: str = "binding_energy_eV") -> Path:
    """A matrix CSV of one spectrum."""
    path = folder / f"cell__{region}.csv"
    x = X if axis == "binding_energy_eV" else SHIFTS
    rows = [f"{a:.10g},{b:.10g}" for a, b in zip(x, y, strict=True)]
    path.write_text("\n".join([f"{axis}\\step,0", *rows, ""]), "utf-8")
    return path


def two_lines(region: str, background: str, first: str, second: str) -> str:
    """One region of a plan with a component of phase A and one of phase B."""
    mark = "".join(c if c.isalnum() else "_" for c in region)
    return (
        f'[[regions]]\nname = "{region}"\nwindow = [100.0, 1000.0]\n'
        f"background = {{{background}}}\ncomponents = [\n"
        f' {{id = "a_{mark}", phase = "A", {first}}},\n'
        f' {{id = "b_{mark}", phase = "B", {second}}},\n]\n'
    )


def shares(folder: Path, text: str, files: Mapping[str, Path]) -> dict[str, tuple[float, float]]:
    """Region -> fraction of B and its error; everything must have converged."""
    (folder / "plan.toml").write_text(f"{text}\n", "utf-8")
    plan = load_plan(folder / "plan.toml")
    paths = list(files.values())
    outcome = fit_files(paths, plan, folder / "out", Reading(), Running(), SilentMonitor())
    assert outcome.summary.problems == ()
    assert dict(outcome.summary.counts) == {"converged": len(files)}
    with (folder / "out" / "phase_fractions.csv").open(encoding="utf-8", newline="") as table:
        rows = [row for row in csv.DictReader(table) if row["phase"] == "B"]
    found = {row["region"]: (float(row["fraction"]), float(row["fraction_stderr"])) for row in rows}
    assert found.keys() == files.keys()
    return found


def free(start: float, reach: float) -> str:
    return f"{{value = {start}, min = {start - reach}, max = {start + reach}}}"


def test_every_line_shape(tmp_path: Path) -> None:
    assert set(SHAPES) == set(SHAPE_NAMES)
    random = np.random.default_rng(1)
    template = LINE_SHAPES["gaussian"].value(X, 5000.0, 161.0, 1.2)
    write(tmp_path, "pure", template).rename(tmp_path / "template__pure.csv")
    text, files = (
        '[phases]\nA = {}\nB = {}\n[templates]\npure = {file = "template__pure.csv"}\n',
        {},
    )
    for name, numbers in SHAPES.items():
        if name == "measured":
            y = peaks()
            first = f'shape = "measured", template = "pure", center = {free(0.0, 0.5)}'
            second = f'shape = "measured", template = "pure", center = {free(3.4, 0.5)}'
        else:
            value = LINE_SHAPES[name].value
            y = value(X, 6000.0, 161.1, *numbers.values())
            y = y + value(X, 2000.0, 164.5, *numbers.values())
            width, *others = numbers
            said = ", ".join(f"{other} = {numbers[other]}" for other in others)
            said = f'shape = "{name}", {width} = {free(numbers[width] + 0.1, 0.4)}, {said}'
            first = f"center = {free(161.0, 0.5)}, {said.rstrip(', ')}"
            second = f"center = {free(164.4, 0.5)}, {said.rstrip(', ')}"
        files[name] = write(tmp_path, name, random.poisson(300.0 + y))
        text += two_lines(name, 'kind = "constant"', first, second)
    for name, (fraction, stderr) in shares(tmp_path, text, files).items():
        assert 0.0 < stderr < 0.01, name
        assert abs(fraction - SHARE) < 4.0 * stderr, name


def test_every_background_of_photoelectrons(tmp_path: Path) -> None:
    cases = under_the_peaks()
    tried = {name.partition(",")[0] for name in cases}
    assert tried == {NONE, *NAMES} - set(BASELINES)
    random = np.random.default_rng(2)
    text, files = "[phases]\nA = {}\nB = {}\n", {}
    width = f'shape = "gaussian", fwhm = {free(1.3, 0.5)}'
    lines = [f"center = {free(center, 0.5)}, {width}" for center in (161.0, 164.4)]
    for name, (background, curve) in cases.items():
        files[name] = write(tmp_path, name, random.poisson(curve + peaks()))
        text += two_lines(name, background, *lines)
    for name, (fraction, stderr) in shares(tmp_path, text, files).items():
        assert 0.0 < stderr < 0.01, name
        assert abs(fraction - SHARE) < 4.0 * stderr, name


def test_every_baseline_of_raman(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    line = LINE_SHAPES["lorentzian"].value
    y = line(SHIFTS, 60000.0, 450.0, 12.0) + line(SHIFTS, 20000.0, 700.0, 12.0)
    y += 2000.0 - 0.5 * (SHIFTS - 300.0)
    text, files = '[fit]\nweights = "estimated"\n[phases]\nA = {}\nB = {}\n', {}
    width = f'shape = "lorentzian", fwhm = {free(11.0, 8.0)}'
    lines = [f"center = {free(center, 10.0)}, {width}" for center in (449.0, 701.0)]
    for name in BASELINES:
        noisy = y + random.normal(0.0, 10.0, len(SHIFTS))
        files[name] = write(tmp_path, name, noisy, "raman_shift_cm-1")
        text += two_lines(name, f'kind = "{name}"', *lines)
    for name, (fraction, stderr) in shares(tmp_path, text, files).items():
        assert 0.0 < stderr < 0.02, name
        assert abs(fraction - SHARE) < 0.04, name
