"""Where compiled kernels are kept between runs, one folder a kernel module.

numba is not imported here: whether a machine has compiled before is asked before it is needed.
"""

import ast
import hashlib
import os
import shutil
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

_UNUSED_S = 30 * 86400.0


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
def cache_folder(module: str) -> Path:
    """Where the kernels of a module are kept, under a hash of all sources they are made from.

    numba itself does not see a change in a function that is called.
    """
    digest = hashlib.sha256()
    for name in sorted(_builds_on(module)):
        digest.update(_source(name).read_bytes())
    folder = _writable_place() / f"{module}-{digest.hexdigest()[:12]}"
    _mark_used(folder, module)
    return folder


def _mark_used(folder: Path, module: str) -> None:
    """Note that a folder is in use; others of the module that nobody used for long are removed."""
    with suppress(OSError):
        folder.mkdir(exist_ok=True)
        os.utime(folder)
        for other in folder.parent.glob(f"{module}-*"):
            if folder.stat().st_mtime - other.stat().st_mtime > _UNUSED_S:
                shutil.rmtree(other, ignore_errors=True)


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
    new = tempfile.mkdtemp(prefix="deconvolyte-kernels-")
    # processes that we start shall find it
    os.environ["NUMBA_CACHE_DIR"] = new
    folder = Path(new, "kernels")
    folder.mkdir()
    return folder


def cache_is_warm(module: str, name: str) -> bool:
    """Whether a kernel of these sources has been compiled on this machine before."""
    return any(cache_folder(module).rglob(f"*.{name}-*.nbc"))
