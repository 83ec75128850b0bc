"""Writing HDF5 so that a flipped bit is found and a killed writer leaves no wreck.

File format 1.10 checksums all structure; arrays are chunked with a checksum each or lie inside
the checksummed header; strings have fixed lengths because the heap of variable ones has none.
No times are stored: equal content gives equal bytes.
"""

import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from fitting.errors import ArchiveError

ROWS_PER_CHUNK = 64
_VALUES_PER_COLUMN_CHUNK = 8192
_CHUNK_BYTES = 4 * 2**20
_COMPACT_BYTES = 4096
_GZIP_LEVEL = 4
_LIBRARY_VERSIONS = ("v110", "v110")


@contextmanager
def new_file(path: Path) -> Iterator[Any]:
    """An HDF5 file that appears under its name only when it is complete and on the disk.

    Raises
    ------
    ArchiveError
        The folder is missing or full or not writable.
    """
    import h5py

    temporary = path.with_name(f".{path.name[:80]}.{secrets.token_hex(6)}.part")
    failures: list[OSError] = []
    try:
        try:
            with (
                closing(_Draft(temporary, failures)) as draft,
                h5py.File(draft, "w", libver=_LIBRARY_VERSIONS) as file,
            ):
                yield file
                file.flush()
            if failures:
                raise failures[0]
            _sync(temporary)
            os.replace(temporary, path)
            _sync_folder(path.parent)
        finally:
            temporary.unlink(missing_ok=True)
    except (OSError, RuntimeError) as error:
        first = failures[0] if failures else error
        reason = getattr(first, "strerror", None) or str(first)
        raise ArchiveError(path, "", f"cannot be written: {reason}") from error


class _Draft:
    """The bytes below an HDF5 file. HDF5 shows tracebacks and then crashes the program when it
    closes a file on a full disk; so it hears nothing of it, and the failure is kept.
    """

    def __init__(self, path: Path, failures: list[OSError]) -> None:
        self._file = path.open("x+b", buffering=0)
        self._failures = failures

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def readinto(self, buffer: Any) -> int:
        rest = memoryview(buffer).cast("B")
        while rest and (count := self._file.readinto(rest)):
            rest = rest[count:]
        rest[:] = bytes(len(rest))
        return memoryview(buffer).nbytes

    def read(self, size: int = -1) -> bytes:
        return self._file.read(size) or b""

    def write(self, data: Any) -> int:
        rest = memoryview(data).cast("B")
        size = len(rest)
        try:
            while rest and not self._failures:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            self._failures.append(error)
        return size

    def truncate(self, size: int) -> int:
        try:
            if not self._failures:
                self._file.truncate(size)
        except OSError as error:
            self._failures.append(error)
        return size

    def flush(self) -> None:
        pass

    def close(self) -> None:
        self._file.close()


def new_group(parent: Any, name: str, nx_class: str) -> Any:
    """Create a group of a NeXus class."""
    group = parent.create_group(name)
    set_text(group, "NX_class", nx_class)
    return group


def set_text(thing: Any, name: str, text: str | Sequence[str]) -> None:
    """Set an attribute to one text or a list of texts."""
    values = stored_texts(text)
    thing.attrs.create(name, values, shape=values.shape, dtype=values.dtype)


def set_integers(thing: Any, name: str, value: int | Sequence[int]) -> None:
    """Set an attribute to one integer or a list of integers."""
    thing.attrs.create(name, np.asarray(value, "<i8"))


def put_text(group: Any, name: str, text: str | Sequence[str], **attributes: str) -> None:
    """Write one text, or a list of texts, as a field."""
    _finish(put_array(group, name, stored_texts(text)), attributes)


def put_long_text(group: Any, name: str, text: str, **attributes: str) -> None:
    """Write a text of any length as a compressed field of one element."""
    _finish(put_array(group, name, stored_texts([text])), attributes)


def put_numbers(group: Any, name: str, values: Any, **attributes: str) -> Any:
    """Write integers or floats of any shape as a field; give the dataset back."""
    return _finish(put_array(group, name, stored_numbers(values)), attributes)


def stored_numbers(values: Any) -> Any:
    """Integers and truth values as 64-bit integers, all else as 64-bit floats."""
    array = np.asarray(values)
    return np.asarray(array, dtype="<i8" if array.dtype.kind in "biu" else "<f8")


def _finish(dataset: Any, attributes: dict[str, str]) -> Any:
    for name, text in attributes.items():
        set_text(dataset, name, text)
    return dataset


def stored_texts(text: Any, shortest: int = 1) -> Any:
    """Fixed-length UTF-8: a 0-d array for one text, else of the shape of the nested lists.

    Parameters
    ----------
    shortest : least number of bytes of an element

    Raises
    ------
    ValueError
        A NUL or a lone surrogate, which no HDF5 string can hold.
    """
    import h5py

    texts = np.asarray(text, dtype=object)
    for item in texts.flat:
        if "\0" in item:
            raise ValueError(f"the text {item!r} contains a NUL character")
    coded = [item.encode("utf-8") for item in texts.flat]
    length = max([shortest, *(len(item) for item in coded)])
    return np.array(coded, dtype=h5py.string_dtype("utf-8", length)).reshape(texts.shape)


def put_array(group: Any, name: str, array: Any) -> Any:
    """Write an array as it is: small ones into the header, others packed and checksummed."""
    if array.ndim == 0 or array.size == 0 or array.nbytes <= _COMPACT_BYTES:
        return _put_compact(group, name, array)
    return group.create_dataset(
        name,
        data=array,
        **packing(array.shape, array.dtype),
    )


def packing(shape: tuple[int, ...], kind: Any) -> dict[str, Any]:
    """How a dataset is chunked, packed and checksummed."""
    return {
        "chunks": chunk_shape(shape, kind.itemsize),
        "compression": "gzip",
        "compression_opts": _GZIP_LEVEL,
        "shuffle": kind.kind in "if",
        "fletcher32": True,
        "track_times": False,
    }


def _put_compact(group: Any, name: str, array: Any) -> Any:
    """Inside the object header, which is checksummed; h5py has no short word for it."""
    from h5py import h5d, h5p, h5s, h5t

    creation = h5p.create(h5p.DATASET_CREATE)
    creation.set_layout(h5d.COMPACT)
    creation.set_obj_track_times(False)
    space = h5s.create_simple(array.shape) if array.ndim else h5s.create(h5s.SCALAR)
    kind = h5t.py_create(array.dtype, logical=True)
    dataset = h5d.create(group.id, name.encode("utf-8"), kind, space, creation)
    if array.size:
        dataset.write(h5s.ALL, h5s.ALL, np.ascontiguousarray(array))
    return group[name]


def chunk_shape(shape: tuple[int, ...], itemsize: int) -> tuple[int, ...]:
    """Chunks of 64 rows, or long pieces of a column; never more than 4 MiB if avoidable."""
    if len(shape) == 1:
        return (min(shape[0], _VALUES_PER_COLUMN_CHUNK),)
    rows = min(shape[0], ROWS_PER_CHUNK)
    chunk = [rows]
    room = max(1, _CHUNK_BYTES // (rows * itemsize))
    for length in reversed(shape[1:]):
        part = min(length, room)
        room = max(1, room // part)
        chunk.insert(1, part)
    return tuple(chunk)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
