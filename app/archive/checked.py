"""Reading HDF5 that may be damaged, foreign or hostile: every access is checked first."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from app.archive.layout import FORMAT, FORMAT_ATTRIBUTE
from fitting.arrays import FloatArray, IntArray
from fitting.errors import ArchiveError, DataError

SIGNATURE = b"\x89HDF\r\n\x1a\n"
# deflate cannot pack tighter than about 1032 : 1, so more than this has no bytes behind it
_TIGHTEST_PACKING = 1100
_FREE_BYTES = 2**20
_LARGE_BYTES = 2**31
_USUAL_PACKING = 100
_LARGEST_CHUNK = 2**28
_FILTERS = {1: "gzip", 2: "shuffle", 3: "fletcher32"}
_MOST_OBJECTS = 200_000
# what h5py raises on broken structure; HDF5 has one error for everything
_DAMAGE = (OSError, RuntimeError, LookupError, ValueError, TypeError, ArithmeticError, MemoryError)


def is_hdf5(path: Path) -> bool:
    """Whether a file starts as HDF5 does, possibly behind a user block; never raises."""
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            offset = 0
            while offset < min(size, 2**20):
                file.seek(offset)
                if file.read(len(SIGNATURE)) == SIGNATURE:
                    return True
                offset = max(512, 2 * offset)
    except OSError:
        return False
    return False


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """The file, open for reading, for as short as possible; everything broken is one sentence.

    Raises
    ------
    ArchiveError
        Missing, not HDF5, held by a writer, damaged.
    """
    import h5py

    _refuse_other_files(path)
    try:
        with h5py.File(path, "r", locking="best-effort") as file:
            yield file
    except BlockingIOError as error:
        raise ArchiveError(
            path, "", "is open for writing in another program; close it there and try again"
        ) from error
    except DataError as error:
        raise ArchiveError(path, "", f"does not hold a consistent series: {error}") from error
    except _DAMAGE as error:
        reason = re.sub(r"\s+", " ", str(error))[:200]
        raise ArchiveError(
            path,
            "",
            f"is damaged or cut short; copy it again or import it anew ({reason})",
        ) from error


def _refuse_other_files(path: Path) -> None:
    try:
        with path.open("rb") as file:
            empty = not file.read(1)
    except FileNotFoundError as error:
        raise ArchiveError(path, "", "no such file; check the name and the folder") from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ArchiveError(path, "", f"cannot be opened: {reason}") from error
    if empty:
        raise ArchiveError(path, "", "is empty (0 bytes); an archive (HDF5) was expected")
    if not is_hdf5(path):
        raise ArchiveError(path, "", "is not an HDF5 file; an archive was expected")


def check_ours(path: Path, file: Any) -> None:
    """Refuse files of other programs, of newer versions, and with links to other files.

    Raises
    ------
    ArchiveError
    """
    if FORMAT_ATTRIBUTE not in file.attrs:
        raise ArchiveError(
            path,
            "",
            f"is {describe_foreign(file)}, not an archive of Deconvolyte; give the file of the "
            "spectrometer that it was made from, or a table as CSV",
        )
    version = integer_attribute(path, file, FORMAT_ATTRIBUTE)
    if version > FORMAT:
        raise ArchiveError(
            path,
            FORMAT_ATTRIBUTE,
            f"was made by a newer version (archive format {version}, this one reads up to "
            f"{FORMAT}); update Deconvolyte",
        )
    if version < 1:
        raise ArchiveError(path, FORMAT_ATTRIBUTE, f"is {version}; formats count from 1")
    _refuse_external_links(path, file)


def describe_foreign(file: Any) -> str:
    """What an HDF5 file of another program says it is."""
    for name in _hard_names(file):
        item = file[name]
        if _is_group(item) and "definition" in fields_of(item):
            found = _short_text(item["definition"])
            if found:
                return f"a NeXus file ({found}) of another program"
    if "NX_class" in file.attrs or any("NX_class" in file[n].attrs for n in _hard_names(file)):
        return "a NeXus file of another program"
    return "an HDF5 file of another program"


def groups_of(group: Any) -> list[str]:
    """Names of the groups that lie directly in a group; links to elsewhere are left out."""
    return [name for name in _hard_names(group) if _is_group(group[name])]


def has(group: Any, name: str) -> bool:
    """Whether a group has an item; unlike ``in``, an unreadable group raises."""
    return bool(group.id.links.exists(name.encode("utf-8")))


def address(group: Any) -> int:
    """Where a group lies in its file: the same for all its names."""
    import h5py

    return int(h5py.h5o.get_info(group.id).addr)


def fields_of(group: Any) -> list[str]:
    """Names of what lies directly in a group and is no group."""
    return [name for name in _hard_names(group) if not _is_group(group[name])]


def subgroup(path: Path, group: Any, name: str) -> Any:
    """A group that lies in a group.

    Raises
    ------
    ArchiveError
        Missing, or a link, or not a group.
    """
    item = _item(path, group, name)
    if not _is_group(item):
        raise ArchiveError(path, item.name, "is not a group; the archive is damaged")
    return item


def numbers(path: Path, group: Any, name: str, rows: slice | None = None) -> FloatArray:
    """A float field, or some of its rows.

    Raises
    ------
    ArchiveError
        Missing, of another kind, stored outside the file, or of an absurd size.
    """
    dataset = checked_dataset(path, group, name, "f")
    array: FloatArray = dataset[() if rows is None else rows]
    return np.asarray(array, dtype=np.float64)


def integers(path: Path, group: Any, name: str, rows: slice | None = None) -> IntArray:
    """An integer field, or some of its rows; raises as ``numbers`` does."""
    dataset = checked_dataset(path, group, name, "i")
    array: IntArray = dataset[() if rows is None else rows]
    return np.asarray(array, dtype=np.int64)


def text(path: Path, group: Any, name: str) -> str:
    """A text field of one element; raises as ``numbers`` does."""
    dataset = checked_dataset(path, group, name, "S")
    if dataset.size != 1:
        raise ArchiveError(path, dataset.name, f"holds {dataset.size} texts, need one")
    value = dataset[()]
    return bytes(value if dataset.ndim == 0 else value.flat[0]).decode("utf-8")


def texts(path: Path, group: Any, name: str, rows: slice | None = None) -> list[Any]:
    """Texts of any shape, or some of their rows, as nested lists; raises as ``numbers`` does."""
    dataset = checked_dataset(path, group, name, "S")
    array = np.asarray(dataset[() if rows is None else rows])
    decoded = [bytes(item).decode("utf-8") for item in array.flat]
    found: list[Any] = np.array(decoded, dtype=object).reshape(array.shape).tolist()
    return found


def text_attribute(path: Path, thing: Any, name: str) -> str:
    """An attribute that is one text, of fixed or variable length."""
    if name not in thing.attrs:
        raise ArchiveError(path, f"{thing.name}@{name}", "is missing; the archive is damaged")
    value = thing.attrs[name]
    if isinstance(value, bytes):
        return value.decode("utf-8")
    if isinstance(value, str):
        return value
    raise ArchiveError(path, f"{thing.name}@{name}", f"is {type(value).__name__}, need text")


def integer_attribute(path: Path, thing: Any, name: str) -> int:
    """An attribute that is one integer."""
    value = thing.attrs.get(name)
    if isinstance(value, np.integer):
        return int(value)
    raise ArchiveError(path, f"{thing.name}@{name}", f"is {value!r:.60}, need one integer")


def checked_dataset(path: Path, group: Any, name: str, kind: str) -> Any:
    """A dataset that is safe to read: data inside this file, of a plain kind and a sane size.

    Parameters
    ----------
    kind : ``f`` floats, ``i`` integers, ``S`` texts of fixed length
    """
    dataset = _item(path, group, name)
    if _is_group(dataset) or not hasattr(dataset, "shape"):
        raise ArchiveError(path, f"{group.name}/{name}", "is not a field; the archive is damaged")
    _refuse_outside_storage(path, dataset)
    if dataset.dtype.kind != kind or dataset.dtype.itemsize == 0 or dataset.shape is None:
        words = {"f": "floats", "i": "integers", "S": "texts of fixed length"}
        raise ArchiveError(path, dataset.name, f"holds {dataset.dtype}, need {words[kind]}")
    _refuse_absurd_size(path, dataset)
    return dataset


def _refuse_outside_storage(path: Path, dataset: Any) -> None:
    if dataset.is_virtual:
        raise ArchiveError(path, dataset.name, "is a virtual dataset of other files; refused")
    if dataset.external:
        raise ArchiveError(path, dataset.name, "keeps its data in another file; refused")
    creation = dataset.id.get_create_plist()
    for index in range(creation.get_nfilters()):
        code = creation.get_filter(index)[0]
        if code not in _FILTERS:
            known = ", ".join(_FILTERS.values())
            raise ArchiveError(
                path, dataset.name, f"is packed with HDF5 filter {code}; only {known} are read"
            )


def _refuse_absurd_size(path: Path, dataset: Any) -> None:
    declared = int(np.prod([int(n) for n in dataset.shape], dtype=object)) * dataset.dtype.itemsize
    file_bytes = path.stat().st_size
    stored = min(int(dataset.id.get_storage_size()), file_bytes)
    chunk = dataset.chunks or ()
    chunk_bytes = int(np.prod([int(n) for n in chunk], dtype=object)) * dataset.dtype.itemsize
    too_large = (
        (declared > _FREE_BYTES and declared > _TIGHTEST_PACKING * stored)
        or (declared > _LARGE_BYTES and declared > _USUAL_PACKING * file_bytes)
        or (chunk and chunk_bytes > max(_LARGEST_CHUNK, declared))
    )
    if too_large:
        raise ArchiveError(
            path,
            dataset.name,
            f"declares {max(declared, chunk_bytes):,} bytes but the file stores {stored:,}; "
            "refused as absurd",
        )


def _refuse_external_links(path: Path, file: Any) -> None:
    """Walk all groups without following links; soft links inside the file are left alone."""
    import h5py

    seen: set[int] = set()
    todo = [file["/"]]
    count = 0
    while todo:
        group = todo.pop()
        for name in group:
            count += 1
            if count > _MOST_OBJECTS:
                raise ArchiveError(path, "", f"has more than {_MOST_OBJECTS:,} objects; refused")
            link = group.get(name, getlink=True)
            if isinstance(link, h5py.ExternalLink):
                raise ArchiveError(
                    path,
                    f"{group.name}/{name}",
                    f'is a link to another file ("{link.filename}"); refused',
                )
            if not isinstance(link, h5py.HardLink):
                continue
            info = h5py.h5o.get_info(group.id, name.encode("utf-8", "surrogateescape"))
            if info.type == h5py.h5o.TYPE_GROUP and info.addr not in seen:
                seen.add(info.addr)
                todo.append(group[name])


def _item(path: Path, group: Any, name: str) -> Any:
    import h5py

    link = group.get(name, getlink=True)
    place = f"{group.name.rstrip('/')}/{name}"
    if link is None:
        raise ArchiveError(path, place, "is missing; the archive is damaged or incomplete")
    if not isinstance(link, h5py.HardLink):
        raise ArchiveError(path, place, "is a link; an archive keeps its data in place; refused")
    return group[name]


def _hard_names(group: Any) -> list[str]:
    import h5py

    return [n for n in group if isinstance(group.get(n, getlink=True), h5py.HardLink)]


def _is_group(item: Any) -> bool:
    import h5py

    return isinstance(item, h5py.Group)


def _short_text(item: Any) -> str:
    """Text of a scalar field of a foreign file; empty if it is anything else."""
    import h5py

    if not isinstance(item, h5py.Dataset) or item.shape not in ((), (1,)):
        return ""
    if item.is_virtual or item.external or h5py.check_string_dtype(item.dtype) is None:
        return ""
    value = item[()] if item.shape == () else item[0]
    decoded = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return decoded[:60]
