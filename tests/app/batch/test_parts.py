import errno
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.batch import parts
from app.batch.parts import load_part, save_part
from fitting.result import StepResult

NUMBERS = st.floats(allow_nan=True, allow_infinity=False, width=64)


def step(values: list[float], words: tuple[str, str]) -> StepResult:
    size = len(values)
    return StepResult(
        np.array(values),
        np.full((size, size), np.nan),
        *(np.array(values[::-1]) + i for i in range(4)),
        np.arange(size) % 2 == 0,
        np.array([0, 3]),
        np.array([1.0, np.nan]),
        np.array([np.nan, 2.0]),
        ("poisson", words[0]),
        (words[1], ""),
        ("step +1", words[0]),
        np.array([12, 0]),
        np.array([np.nan, 3.5]),
    )


@given(
    st.lists(
        st.tuples(
            st.lists(NUMBERS, min_size=3, max_size=3),
            st.tuples(*2 * [st.text(st.characters(exclude_characters="\0", codec="utf-8"))]),
        ),
        min_size=1,
        max_size=4,
    )
)
@settings(max_examples=30)
def test_what_is_saved_is_loaded(
    tmp_path_factory: pytest.TempPathFactory, chunk: list[tuple[list[float], tuple[str, str]]]
) -> None:
    path = tmp_path_factory.mktemp("parts") / "part.npy"
    steps = [step(values, words) for values, words in chunk]
    save_part(path, steps)
    loaded = load_part(path)
    assert loaded is not None
    for one, other in zip(steps, loaded, strict=True):
        for name, value in vars(one).items():
            np.testing.assert_array_equal(getattr(other, name), value)
        assert other.message == one.message
    assert [p.name for p in path.parent.iterdir()] == ["part.npy"]


@given(cut=st.integers(0, 2000))
@settings(max_examples=30)
def test_half_a_part_is_none(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    path = tmp_path_factory.mktemp("parts") / "part.npy"
    save_part(path, [step([1.0, 2.0], ("a", "b"))])
    whole = path.read_bytes()
    path.write_bytes(whole[: min(cut, len(whole) - 1)])
    assert load_part(path) is None


def test_other_files_are_none(tmp_path: Path) -> None:
    path = tmp_path / "part.npy"
    assert load_part(path) is None
    for other in (b"", bytes(4), b"words"):
        path.write_bytes(other)
        assert load_part(path) is None
    for array in (np.zeros(3), np.zeros(3, [("values", float)]), np.array([{}], dtype=object)):
        np.save(path, array)
        assert load_part(path) is None


@given(byte=st.integers(0, 10_000), bit=st.integers(0, 7))
@settings(max_examples=30)
def test_a_flipped_bit_is_found(
    tmp_path_factory: pytest.TempPathFactory, byte: int, bit: int
) -> None:
    path = tmp_path_factory.mktemp("parts") / "part.npy"
    save_part(path, [step([1.0, 2.0], ("a", "b"))])
    data = bytearray(path.read_bytes())
    data[byte % len(data)] ^= 1 << bit
    path.write_bytes(data)
    assert load_part(path) is None


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, data: bytes) -> None:
        with path.open("wb") as file:
            file.write(data[:10])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(parts.Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        save_part(tmp_path / "part.npy", [step([1.0], ("", ""))])
    assert list(tmp_path.iterdir()) == []
