"""The machine a figure was measured on, in one line, and how fast it multiplies and adds."""

import os
import platform
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

import numpy as np

LANES = 96
"""Independent sums of the loop: enough to keep the arithmetic units full."""

_LIBRARIES = ("numpy", "scipy", "lmfit", "numba")
_SIMD = ("avx512f", "avx2", "avx", "sse4.2", "neon")


def describe() -> str:
    """Processor, cores, vector instructions, multiply-add peak, versions, date; never a path."""
    peak = multiply_add_peak()
    speed = f"multiply-add peak {peak / 1e9:.0f} GFLOP/s a core" if peak else "no numba"
    return ", ".join(
        [
            _processor(),
            f"{os.cpu_count()} cores",
            *_vectors(),
            speed,
            f"{platform.system()}; Python {platform.python_version()}",
            *(f"{name} {_version(name)}" for name in _LIBRARIES),
            f"{datetime.now(UTC):%Y-%m-%d}",
        ]
    )


def multiply_add_peak() -> float:
    """Operations per second of one core, median of five short runs; 0 without numba."""
    try:
        loop = peak_loop()
    except ImportError:
        return 0.0
    loop(10)
    return median(measured_peak(loop) for _ in range(5))


def measured_peak(loop: Callable[[int], float], turns: int = 200_000) -> float:
    """Operations per second of ``peak_loop`` now."""
    begun = time.perf_counter()
    loop(turns)
    return LANES * 2 * turns / (time.perf_counter() - begun)


def peak_loop() -> Callable[[int], float]:
    """A loop of multiply-adds that fills the registers and nothing else."""
    import numba

    def loop(turns: int) -> float:
        sums = np.zeros(LANES)
        for _ in range(turns):
            for i in range(LANES):
                sums[i] = sums[i] * 0.999999 + 1e-9
        return float(sums.sum())

    compiled: Callable[[int], float] = numba.njit(fastmath=True, nogil=True)(loop)
    return compiled


def _processor() -> str:
    """Model name as the system has it, with the compiler's name of the family."""
    named = platform.processor() or platform.machine()
    listing = Path("/proc/cpuinfo")
    if listing.exists():
        lines = listing.read_text("utf-8", "replace").splitlines()
        models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
        named = models[0] if models else named
    try:
        from llvmlite import binding
    except ImportError:
        return named
    return f"{named} ({binding.get_host_cpu_name()})"


def _vectors() -> list[str]:
    """The widest vector instructions, if the compiler can tell."""
    try:
        from llvmlite import binding
    except ImportError:
        return []
    features = binding.get_host_cpu_features()
    return [name.upper() for name in _SIMD if features.get(name)][:1]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"
