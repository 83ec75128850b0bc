"""What a simulated experiment is: spectra as measured, and what is true of them."""

from collections.abc import Mapping
from dataclasses import dataclass

from fitting.arrays import FloatArray, frozen
from fitting.sensitivity import Sensitivity
from fitting.series import Series
from fitting.titration import ChargeRecord


@dataclass(frozen=True, eq=False)
class Simulation:
    """Simulated series and their truth.

    Parameters
    ----------
    key : of the experiment, e.g. ``"E1"``
    series : every region of every sample
    truth : sample -> slash path -> (K,) values by step; the module of the experiment lists
        the paths
    sensitivities : region -> what areas were made with, and atomic fractions of the truth
        are divided by
    records : logs of experiments without spectra
    """

    key: str
    series: tuple[Series, ...]
    truth: Mapping[str, Mapping[str, FloatArray]]
    sensitivities: Mapping[str, Sensitivity]
    records: tuple[ChargeRecord, ...] = ()

    def __post_init__(self) -> None:
        truth = {
            sample: {path: frozen(values) for path, values in paths.items()}
            for sample, paths in self.truth.items()
        }
        object.__setattr__(self, "truth", truth)
