"""One measured curve."""

import numpy as np

from fitting.spectrum import Spectrum


def test_a_spectrum_is_sorted_and_keeps_its_errors_in_step() -> None:
    spectrum = Spectrum.from_points(
        np.array([3.0, 1.0, np.nan, 2.0, 1.0]),
        np.array([30.0, 10.0, 99.0, np.nan, 11.0]),
        sigma=np.array([0.3, 0.1, 9.0, 9.0, 0.11]),
        counts_per_unit=2.0,
    )
    assert spectrum.x.tolist() == [1.0, 1.0, 3.0]
    assert spectrum.intensity.tolist() == [10.0, 11.0, 30.0]
    assert spectrum.sigma is not None
    assert spectrum.sigma.tolist() == [0.1, 0.11, 0.3]
    assert spectrum.counts_per_unit == 2.0


def test_a_window_holds_its_ends() -> None:
    spectrum = Spectrum(np.arange(5.0), 10.0 * np.arange(5.0), np.arange(5.0), 3.0)
    part = spectrum.window(1.0, 3.0)
    assert part.x.tolist() == [1.0, 2.0, 3.0]
    assert part.sigma is not None
    assert part.sigma.tolist() == [1.0, 2.0, 3.0]
    assert part.counts_per_unit == 3.0
    assert len(spectrum.window(9.0, 10.0)) == 0
