"""The compiler: where its cache lies, and the flags every kernel is compiled with.

Only kernel modules import this, and they are imported when the first fit asks for them.
"""

import ast
import hashlib
import os
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


@cache
def _builds_on(module: str) -> frozenset[str]:
    """Modules of this folder that go into the kernels of one, itself included."""
    found = {module}
    for node in ast.walk(ast.parse(_source(module).read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            path = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            own = {name.rpartition(".")[2] for name in path if name.startswith(f"{__package__}.")}
            for other in own - found:
                if _source(other).exists():
                    found |= _builds_on(other)
    return frozenset(found)


def _source(module: str) -> Path:
    return Path(__file__).with_name(f"{module}.py")


@cache
def _cache_folder(module: str) -> Path:
    """Where the kernels of a module are kept, under a hash of all sources they are made from.

    numba itself does not see a change in a function that is called.
    """
    digest = hashlib.sha256()
    for name in sorted(_builds_on(module)):
        digest.update(_source(name).read_bytes())
    return _writable_place() / f"{module}-{digest.hexdigest()[:12]}"


@cache
def _writable_place() -> Path:
    """Beside the package, in the user's cache, or in a new folder."""
    import platformdirs

    given = os.environ.get("NUMBA_CACHE_DIR")
    places = (
        Path(given) if given else Path(__file__).parent / "__pycache__",
        platformdirs.user_cache_path("deconvolyte", appauthor=False),
    )
    for place in places:
        folder = place / "kernels"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                return folder
        except OSError:
            continue
    return Path(tempfile.mkdtemp(prefix="deconvolyte-kernels-"))


_FAST = {"contract", "reassoc", "nsz", "arcp"}
"""Never nnan or ninf: tests for nan would vanish."""

_EXACT = {"contract", "nsz", "arcp"}
"""Without reassoc: it folds the rounding by a magic number away."""


def kernel(function: Function) -> Function:
    """Compile a function that runs without the interpreter lock.

    Division by zero gives inf as in numpy: the default raises, and no loop that can raise is
    turned into vector instructions.
    """
    numba.config.CACHE_DIR = str(_cache_folder(function.__module__.rpartition(".")[2]))
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


def cache_is_warm(module: str, name: str) -> bool:
    """Whether a kernel of these sources has been compiled on this machine before."""
    return any(_cache_folder(module).rglob(f"*.{name}-*.nbc"))
