"""The compiler: where its cache lies, and the flags every kernel is compiled with.

Only kernel modules import this, and they are imported when the first fit asks for them.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

Function = TypeVar("Function", bound=Callable[..., Any])


def _fingerprint() -> str:
    """Of all kernel sources: numba itself does not see a change in a function that is called."""
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:12]


def _cache_folder() -> str:
    """First place that can be written to: beside the package, the user's cache, a new folder."""
    import platformdirs

    name = f"kernels-{_fingerprint()}"
    places = (
        Path(__file__).parent / "__pycache__",
        platformdirs.user_cache_path("deconvolyte", appauthor=False),
    )
    for place in places:
        folder = place / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                return str(folder)
        except OSError:
            continue
    return tempfile.mkdtemp(prefix="deconvolyte-kernels-")


os.environ.setdefault("NUMBA_CACHE_DIR", _cache_folder())

import numba  # noqa: E402  the folder must be known before

if not numba.config.CACHE_DIR:
    numba.config.CACHE_DIR = os.environ["NUMBA_CACHE_DIR"]

_FAST = {"contract", "reassoc", "nsz", "arcp"}
"""Never nnan or ninf: tests for nan would vanish."""

_EXACT = {"contract", "nsz", "arcp"}
"""Without reassoc: it folds the rounding by a magic number away."""


def kernel(function: Function) -> Function:
    """Compile a function that runs without the interpreter lock.

    Division by zero gives inf as in numpy: the default raises, and no loop that can raise is
    turned into vector instructions.
    """
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


def cache_is_warm(name: str) -> bool:
    """Whether a kernel of these sources has been compiled on this machine before."""
    folder = Path(os.environ["NUMBA_CACHE_DIR"])
    return any(folder.rglob(f"*.{name}-*.nbc"))
