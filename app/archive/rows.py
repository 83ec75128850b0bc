"""Fields that grow row by row; never more than about one chunk of each is held in memory."""

from typing import Any

import numpy as np

from app.archive.store import (
    chunk_shape,
    packing,
    put_array,
    set_text,
    stored_numbers,
    stored_texts,
)

_TEXT_BYTES = 32
_ANY_LENGTH = 2**40


class GrowingField:
    """Integers or floats; rows go to the file in whole chunks, however they come in.

    A field that fits into one chunk is stored as if it had been written at once.

    Parameters
    ----------
    group, name : where it will lie
    attributes : texts, set when it is finished
    """

    def __init__(self, group: Any, name: str, **attributes: str) -> None:
        self._group = group
        self._name = name
        self._attributes = attributes
        self._waiting: list[Any] = []
        self._count = 0
        self._exists = False

    @property
    def name(self) -> str:
        """Name of the dataset in its group."""
        return self._name

    def append(self, rows: Any) -> None:
        """Add rows; the first call, which may bring none, says what shape they have."""
        array = self._taken(rows)
        if self._waiting and not len(array):
            return
        if not self._count:
            self._waiting.clear()
        self._waiting.append(array)
        self._count += len(array)
        if 0 in array.shape[1:]:
            return
        batch = _batch(array)
        if self._count < batch:
            return
        joined = array if len(self._waiting) == 1 else np.concatenate(self._waiting)
        whole = self._count - self._count % batch
        self._write(self._stored(joined[:whole]))
        self._waiting = [joined[whole:].copy()]
        self._count -= whole

    def finish(self) -> Any:
        """Write what is left and give the dataset back."""
        rest = self._stored(np.concatenate(self._waiting))
        if not self._exists:
            put_array(self._group, self._name, rest)
        elif len(rest):
            self._write(rest)
        dataset = self._group[self._name]
        for name, text in self._attributes.items():
            set_text(dataset, name, text)
        return dataset

    def _taken(self, rows: Any) -> Any:
        return stored_numbers(rows)

    def _stored(self, array: Any) -> Any:
        return array

    def _write(self, array: Any) -> None:
        """Opened anew each time: an open dataset keeps a cache of its own."""
        if not self._exists:
            self._create(self._name, array)
            self._exists = True
        dataset = self._group[self._name]
        begin = dataset.shape[0]
        dataset.resize(begin + len(array), axis=0)
        dataset[begin:] = array

    def _create(self, name: str, array: Any) -> Any:
        tail = array.shape[1:]
        return self._group.create_dataset(
            name,
            shape=(0, *tail),
            maxshape=(None, *tail),
            dtype=array.dtype,
            **packing((_ANY_LENGTH, *tail), array.dtype),
        )


class GrowingTexts(GrowingField):
    """Texts of fixed length; a longer one that comes later makes all of them longer."""

    def _taken(self, rows: Any) -> Any:
        return np.array(rows, dtype=object)

    def _stored(self, array: Any) -> Any:
        return stored_texts(array, _TEXT_BYTES)

    def _write(self, array: Any) -> None:
        if self._exists:
            length = self._group[self._name].dtype.itemsize
            if array.dtype.itemsize > length:
                self._widen(array)
            else:
                array = array.astype(self._group[self._name].dtype)
        super()._write(array)

    def _widen(self, array: Any) -> None:
        """Copy, a chunk at a time, what is there into a field of longer texts."""
        old = self._group[self._name]
        wide = self._create(f"{self._name}_wider", array)
        wide.resize(old.shape[0], axis=0)
        step = _batch(array)
        for begin in range(0, old.shape[0], step):
            wide[begin : begin + step] = old[begin : begin + step].astype(wide.dtype)
        del self._group[self._name]
        self._group.move(f"{self._name}_wider", self._name)


def _batch(array: Any) -> int:
    """Rows that are written at once."""
    return chunk_shape((_ANY_LENGTH, *array.shape[1:]), array.itemsize)[0]
