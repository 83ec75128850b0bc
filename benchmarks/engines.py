"""The compiled engine against what else one could write, in one process, interleaved.

One thread, one BLAS thread for all. Every peer starts each spectrum from the answer of the one
before; the compiled engine finds its starts itself, packing of the spectra and covariances
included. ``own`` is chi-square of the compiled engine over that of MINPACK at 1e-12 from there;
``peer`` the same of the peer.

Run from the project root: ``.venv/bin/python -m benchmarks.engines [ROUNDS]``
"""

import sys
import time
from collections.abc import Callable
from statistics import median

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks import peers
from benchmarks.cases import REGION, Case, cases, order, series, table_of
from fitting.arrays import FloatArray
from fitting.engines.compiled import BlockFits, fit_block, lay_out_block
from fitting.monitor import SilentMonitor

SPECTRA = 400
GOALS = {
    "lmfit, numerical": 150.0,
    "lmfit, analytic": 60.0,
    "scipy trf, analytic": 40.0,
    "scipy leastsq, analytic": 20.0,
    "lmfit per component": 1500.0,
}
SPENT = {
    "lmfit, numerical": 2,
    "lmfit, analytic": 4,
    "scipy trf, analytic": 4,
    "scipy leastsq, analytic": 8,
    "lmfit per component": 1,
}
LIMIT_CYCLES = 28e-6 * 50.8e9 / 16.0
"""PERFORMANCE.md, section 4: 28 us a fit of S 2p at 50.8 GFLOP/s, 16 operations a cycle."""


def peak_loop() -> Callable[[int], float]:
    """A loop of multiply-adds that fills the registers and nothing else."""
    from fitting.engines import jit

    @jit.numba.njit(fastmath=True)
    def loop(n: int) -> float:
        sums = np.zeros(96)
        for _ in range(n):
            for i in range(96):
                sums[i] = sums[i] * 0.999999 + 1e-9
        return sums.sum()

    return loop


def peers_of(case: Case) -> dict[str, peers.Fit]:
    """Who takes part."""
    if case.name == "S2pV":
        return {"lmfit per component": peers.lmfit_composite(case)}
    return {
        "lmfit, numerical": peers.lmfit_vectorised(case, analytic=False),
        "lmfit, analytic": peers.lmfit_vectorised(case, analytic=True),
        "scipy trf, analytic": peers.scipy_trf(case),
        "scipy leastsq, analytic": peers.scipy_leastsq(case),
    }


class Contest:
    """One case: the compiled engine over the series, the peers over some of its spectra."""

    def __init__(self, case: Case) -> None:
        self.case, self.table = case, table_of(case)
        self.spectra = series(case, self.table, SPECTRA)
        size = len(self.table.free)
        self.layout = lay_out_block(self.table, [0], np.arange(size))
        assert not isinstance(self.layout, str), self.layout
        self.nothing = np.full((SPECTRA, size), np.nan)
        self.own = self.compiled()
        self.peers = peers_of(case)
        self.place = order(case, self.table)
        self.spent: dict[str, list[float]] = {name: [] for name in ("compiled", *self.peers)}
        self.above: dict[str, list[float]] = {name: [] for name in ("compiled", *self.peers)}
        self.judge = peers.scipy_leastsq(case, 1e-12)
        self.next = 1

    def compiled(self) -> BlockFits:
        """The whole series, each step from the one before it."""
        assert not isinstance(self.layout, str)
        nothing = self.nothing
        return fit_block(self.layout, self.spectra, nothing, nothing, "chain", SilentMonitor())

    def round(self) -> None:
        """Everybody once."""
        parts = []
        for _ in range(3):
            begun = time.perf_counter()
            self.compiled()
            parts.append((time.perf_counter() - begun) / SPECTRA)
        self.spent["compiled"].append(median(parts))
        for name, fit in self.peers.items():
            spent = 0.0
            for _ in range(SPENT[name]):
                k = self._turn()
                y, sigma, start = self._points(k)
                begun = time.perf_counter()
                chi_square = fit(y, sigma, start)
                spent += time.perf_counter() - begun
                best = min(self.judge(y, sigma, self._answer(k)), chi_square)
                self.above[name].append(chi_square / best - 1.0)
                self.above["compiled"].append(self._chi_square(k) / best - 1.0)
            self.spent[name].append(spent / SPENT[name])

    def _turn(self) -> int:
        self.next = (self.next + 37) % SPECTRA or 1
        return self.next

    def _points(self, k: int) -> tuple[FloatArray, FloatArray, FloatArray]:
        spectrum = self.spectra[k][REGION]
        assert spectrum.sigma is not None
        return spectrum.intensity, spectrum.sigma, self._answer(k - 1)

    def _answer(self, k: int) -> FloatArray:
        return self.own.moving[k][self.place]

    def _chi_square(self, k: int) -> float:
        return float(self.own.misfit[k, 0]) * int(self.own.points[k, 0])

    def report(self) -> None:
        """Print the table of the case."""
        own = median(self.spent["compiled"])
        converged = float(np.mean(self.own.status == 0))
        print(f"\n{self.case.name}: {1.0 / own:.0f} spectra/s ({own * 1e6:.1f} us), ", end="")
        print(f"{self.own.evaluations.mean():.2f} evaluations, converged {converged:.3f}")
        above = np.array(self.above["compiled"])
        print(f"  own: within 1e-6 {np.mean(above < 1e-6):.3f}, worst {above.max():.1e}")
        for name in self.peers:
            ratio = median(
                [p / c for p, c in zip(self.spent[name], self.spent["compiled"], strict=True)]
            )
            high = np.array(self.above[name])
            verdict = "reached" if ratio >= GOALS[name] else "MISSED"
            print(
                f"  {name:26s} {1.0 / median(self.spent[name]):7.1f} spectra/s  x {ratio:7.0f} "
                f"(goal {GOALS[name]:.0f}: {verdict}); within 1e-6 {np.mean(high < 1e-6):.2f}, "
                f"worst {high.max():.1e}, n = {len(high)}"
            )


def main() -> None:
    """Rounds over all cases, then the tables."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    loop = peak_loop()
    loop(10)
    with threadpool_limits(limits=1):
        contests = [Contest(case) for case in cases()]
        peaks = []
        for _ in range(rounds):
            begun = time.perf_counter()
            loop(200_000)
            peaks.append(96 * 2 * 200_000 / (time.perf_counter() - begun))
            for contest in contests:
                contest.round()
    for contest in contests:
        contest.report()
    peak = median(peaks)
    limit = LIMIT_CYCLES / (peak / 16.0)
    ratio = median(
        [
            t / (LIMIT_CYCLES / (p / 16.0))
            for t, p in zip(contests[0].spent["compiled"], peaks, strict=True)
        ]
    )
    print(f"\nmultiply-add peak {peak / 1e9:.1f} GFLOP/s; limit of S2p {limit * 1e6:.1f} us a fit")
    print(
        f"S2p over its limit: x {ratio:.2f} (goal 2.5: {'reached' if ratio <= 2.5 else 'MISSED'})"
    )


if __name__ == "__main__":
    main()
