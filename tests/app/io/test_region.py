"""Region names have one spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.io.region import region_name


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("S2p", "S 2p"),
        ("S 2p", "S 2p"),
        ("Sn3d5", "Sn 3d"),
        ("Zn 2p3", "Zn 2p"),
        ("S 2p3/2", "S 2p"),
        ("2 C1s", "C 1s"),
        ("Pt4f PE20", "Pt 4f"),
        ("Li1s high res", "Li 1s"),
        ("P_2p", "P 2p"),
        ("Mo3d S2s", "Mo 3d + S 2s"),
        ("Su1s", "survey"),
        ("Sur1", "survey"),
        ("1 Survey", "survey"),
        ("wide", "survey"),
        ("VB", "valence band"),
        ("O KLL", "O KLL"),
        ("Xx 2p", "Xx 2p"),
        ("  my  region ", "my region"),
        ("1s\x00", "1s"),
        ("", ""),
    ],
)
def test_spellings(written: str, name: str) -> None:
    assert region_name(written) == name


@given(st.text(max_size=30))
def test_naming_twice_changes_nothing(text: str) -> None:
    assert region_name(region_name(text)) == region_name(text)
