"""Running the program as a user does, and small files for it to run on."""

import contextlib
import io
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from app.main import main

PLAN = """
format = 1
[series]
strategy = "chained"
[phases]
A = {}
B = {}
[[regions]]
name = "S 2p"
window = [158.5, 165.5]
background = {kind="constant"}
defaults = {shape="gaussian", fwhm=1.2}
components = [
 {id="a", phase="A", center=161.5},
 {id="b", phase="B", center="a.center + 2.0"},
]
"""

TABLES = (
    "phase_fractions.csv",
    "phase_fractions_wide.csv",
    "parameters.csv",
    "shifts.csv",
    "checks.csv",
    "systematics.csv",
    "trends.csv",
    "consistency.csv",
    "progress.csv",
    "witness.csv",
)

ENERGIES = np.round(np.linspace(158.0, 166.0, 41), 3)


_PROGRESS = re.compile(r"\w+: \d+ of \d+")


@dataclass(frozen=True)
class Said:
    """How a run of the program ended, and what it said."""

    status: int
    out: str
    err: str

    @property
    def complaints(self) -> list[str]:
        """Lines on stderr that are not progress."""
        return [line for line in self.err.splitlines() if not _PROGRESS.fullmatch(line)]

    def sentence(self) -> str:
        """The one sentence on stderr."""
        assert len(self.complaints) == 1, self.err
        assert self.complaints[0].startswith("deconvolyte")
        return self.complaints[0]


def call(capsys: pytest.CaptureFixture[str], *arguments: object) -> Said:
    """Run the program in this process."""
    capsys.readouterr()
    try:
        status = main([str(argument) for argument in arguments])
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return Said(status, out, err)


def command(*arguments: object) -> list[str]:
    """The program as a process of its own."""
    return [sys.executable, "-m", "app.main", *map(str, arguments)]


def start(folder: Path, *arguments: object, **more: str) -> subprocess.Popen[str]:
    """Start the program in a folder; it leads a process group of its own."""
    return subprocess.Popen(
        command(*arguments),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **more},
        start_new_session=True,
    )


def run(folder: Path, *arguments: object) -> Said:
    """Run the program in a folder to its end, in this process: quicker by its imports."""
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(folder),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        status = main([str(argument) for argument in arguments])
    return Said(status, out.getvalue(), err.getvalue())


def run_apart(folder: Path, *arguments: object, **more: str) -> Said:
    """Run the program in a folder to its end, in a process of its own."""
    process = start(folder, *arguments, **more)
    out, err = process.communicate(timeout=600)
    return Said(process.returncode, out, err)


def counts(steps: int, seed: int = 0) -> np.ndarray:
    """(41, steps) counts on ENERGIES: A at 161.5 eV falls while B at 163.5 eV grows."""
    share = np.linspace(0.0, 1.0, steps)
    y = np.full((len(ENERGIES), steps), 50.0)
    for center, amount in ((161.5, 1000.0 - 700.0 * share), (163.5, 700.0 * share)):
        line = np.exp(-4.0 * np.log(2.0) * ((ENERGIES - center) / 1.2) ** 2)
        y += amount * line[:, None]
    return np.random.default_rng(seed).poisson(y).astype(float)


def write_matrix(path: Path, y: np.ndarray, step: str = "charge_uAh_cm2") -> Path:
    """A matrix CSV; nan becomes an empty cell."""
    lines = [f"binding_energy_eV\\{step}," + ",".join(f"{0.25 * k:g}" for k in range(y.shape[1]))]
    lines += [
        f"{energy:g}," + ",".join("" if np.isnan(value) else f"{value:.6g}" for value in row)
        for energy, row in zip(ENERGIES, y, strict=True)
    ]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def spectra(folder: Path, sample: str = "cellA", steps: int = 3, seed: int = 0) -> Path:
    """A good matrix CSV of S 2p."""
    return write_matrix(folder / f"{sample}__S 2p.csv", counts(steps, seed))


def plan_file(folder: Path, text: str = PLAN) -> Path:
    """A plan on the disk."""
    path = folder / "plan.toml"
    path.write_text(text, "utf-8")
    return path


def tables(folder: Path) -> dict[str, bytes]:
    """Bytes of all tables of a run."""
    return {name: (folder / name).read_bytes() for name in TABLES}
