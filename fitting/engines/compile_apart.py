"""Kernels are compiled by a process of their own, once on a machine, and then loaded.

A kernel that a process compiled itself runs on copies of inner functions that were made machine
code at another moment than those a loaded kernel brings along: other last bits, and with them
another choice between minima that are as good. So nobody fits with kernels of its own making.
"""

import importlib.util
import logging
import subprocess
import sys
from typing import Literal

from fitting.monitor import Monitor, SilentMonitor, stop_if_cancelled

log = logging.getLogger(__name__)

Module = Literal["kernels_steps", "kernels_shared"]

_LAST: dict[Module, str] = {"kernels_steps": "fit_steps", "kernels_shared": "finish"}
"""The kernel of a module that is compiled after all others."""


def available() -> bool:
    """Whether the compiler is installed."""
    return importlib.util.find_spec("numba") is not None


def is_warm(module: Module = "kernels_steps") -> bool:
    """Whether nothing has to be compiled before the first fit: no compiler has nothing to do."""
    if not available():
        return True
    from fitting.engines.kernel_cache import cache_is_warm

    return cache_is_warm(module, _LAST[module])


def make_ready(module: Module) -> None:
    """Compile a module that is about to be imported, and say why that takes a minute."""
    if f"fitting.engines.{module}" in sys.modules or is_warm(module):
        return
    log.warning("compiling the numerics for this machine: about a minute, once")
    compile_kernels(module, SilentMonitor())


def compile_kernels(module: Module, monitor: Monitor) -> None:
    """Fill the cache, reporting how many of the kernels are done.

    Where no process can be started the kernels are compiled at their first call.

    Raises
    ------
    FitCancelled
    """
    command = [sys.executable, "-P", "-m", "fitting.engines.warm_up", module]
    try:
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    except OSError as error:
        log.info("no process to compile in: %s", error)
        return
    try:
        with child:
            _follow(child, monitor)
    finally:
        child.kill()
    if child.returncode:
        log.info("the compiler's process ended with %d", child.returncode)


def _follow(child: "subprocess.Popen[str]", monitor: Monitor) -> None:
    assert child.stdout is not None
    for line in child.stdout:
        done, _, total = line.partition(" ")
        monitor.report(int(done), int(total))
        if monitor.cancelled():
            child.kill()
            stop_if_cancelled(monitor)
