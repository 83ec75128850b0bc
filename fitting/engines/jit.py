"""The compiler: the flags every kernel is compiled with.

Only kernel modules import this, and they are imported when the first fit asks for them.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

from fitting.engines.kernel_cache import cache_folder

Function = TypeVar("Function", bound=Callable[..., Any])

_FAST = {"contract", "reassoc", "nsz", "arcp"}
"""Never nnan or ninf: tests for nan would vanish."""

_EXACT = {"contract", "nsz", "arcp"}
"""Without reassoc: it folds the rounding by a magic number away."""


def kernel(function: Function) -> Function:
    """Compile a function that runs without the interpreter lock.

    Division by zero gives inf as in numpy: the default raises, and no loop that can raise is
    turned into vector instructions.
    """
    numba.config.CACHE_DIR = str(cache_folder(function.__module__.rpartition(".")[2]))
    made = numba.njit(nogil=True, cache=True, error_model="numpy", fastmath=_FAST, _nrt=False)(
        function
    )
    return cast(Function, made)


def exact_kernel(function: Function) -> Function:
    """Compile a small function whose order of operations matters, put in where it is called."""
    made = numba.njit(
        nogil=True, error_model="numpy", fastmath=_EXACT, forceinline=True, _nrt=False
    )(function)
    return cast(Function, made)


def inlined(function: Function) -> Function:
    """Compile a function that must be put in where it is called, for loops to be vectorised."""
    made = numba.njit(
        nogil=True, error_model="numpy", fastmath=_FAST, forceinline=True, _nrt=False
    )(function)
    return cast(Function, made)
