"""``python -m fitting.engines.warm_up kernels_steps``: compile a module into the cache, and end.

Writes a line ``DONE TOTAL`` for every kernel; see ``compile_apart``. Of several such processes one
compiles, and the others wait for it.
"""

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import get_args

import numpy as np

from fitting.build import build_model
from fitting.chunkfit import layout_of
from fitting.engines import compiled
from fitting.engines.compile_apart import Module, is_warm
from fitting.engines.compile_progress import reported
from fitting.engines.kernel_cache import cache_folder
from fitting.monitor import SilentMonitor
from fitting.plan import Plan
from fitting.spectrum import Spectrum

_PLAN = {
    "regions": [
        {
            "name": "any",
            "window": [0.0, 1.0],
            "background": {"kind": "constant"},
            "components": [{"id": "a", "shape": "gaussian", "center": 0.5, "fwhm": {"value": 0.5}}],
        }
    ]
}


class _Lines(SilentMonitor):
    """Reports to the process that waits."""

    def report(self, done: int, total: int) -> None:
        os.write(1, f"{done} {total}\n".encode())


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait for others that hold this folder; a process that dies lets go."""
    try:
        import fcntl
    except ImportError:  # Windows: two may compile the same, to no harm
        yield
        return
    with (folder / "compiling").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def main(module: Module) -> None:
    """Compile a module unless somebody has done so by now."""
    with _alone(cache_folder(module)):
        if not is_warm(module):
            _compile(module)


def _compile(module: Module) -> None:
    """Call every kernel that others call, with a spectrum of no points."""
    table = build_model(Plan.from_data(_PLAN))
    block = layout_of(table, (0,))
    assert not isinstance(block, str), block
    steps = [{"any": Spectrum(np.zeros(0), np.zeros(0))}]
    start = np.full((1, len(table.free)), 0.5)
    importlib.import_module(f"fitting.engines.{module}")
    with reported(_Lines()):
        if module == "kernels_steps":
            compiled.fit_block(block, steps, start, start, "each", SilentMonitor())
            return
        from fitting.engines.shared_runs import CompiledRun

        run = CompiledRun(block, np.array([1]), steps, start, start, None)
        run.advance(1.0)
        run.finish(np.zeros((1, 1, 1)))


if __name__ == "__main__":
    for wanted in get_args(Module):
        if wanted in sys.argv:
            main(wanted)
