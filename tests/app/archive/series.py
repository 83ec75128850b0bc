"""Series of every make, for the tests of the archive."""

import dataclasses
import math

import numpy as np
from hypothesis import strategies as st

from fitting.series import STEP_COLUMNS, AxisKind, IntensityUnit, Series, Technique


def example(
    region="S 2p", sample="cell A", k=5, n=40, technique=Technique.XPS, **changes
) -> Series:
    """A plain series with everything filled in."""
    rng = np.random.default_rng(len(region) + k + n)
    raman = technique is Technique.RAMAN
    fields = {
        "axis_kind": AxisKind.RAMAN_SHIFT if raman else AxisKind.BINDING_ENERGY,
        "x": np.linspace(172.0, 157.0, n),
        "intensity": rng.poisson(400.0, (k, n)),
        "steps": np.arange(k),
        "columns": {
            "charge_uAh_cm2": np.linspace(0.0, 50.0, k),
            "time_s": 60.0 * np.arange(k),
            "resistance_ohm_cm2": rng.random(k),
        },
        "sigma": np.full((k, n), 20.0),
        "counts_per_unit": np.full(k, 2.0),
        "photon_energy_eV": 1486.6,
        "work_function_eV": 4.3,
        "acquisition_start": 1.7e9 + 60.0 * np.arange(k),
        "acquisition_s": np.full(k, 30.0),
        "source": "data/run 1.vms",
        "metadata": {"vamas": {"comment": ["Li₆PS₅Cl", 1, 2.5, None, True]}},
    }
    return Series(sample=sample, region=region, technique=technique, **{**fields, **changes})


def assert_same(first: Series, second: Series) -> None:
    """Every field equal, arrays to the last bit of their nans."""
    for field in dataclasses.fields(Series):
        a, b = getattr(first, field.name), getattr(second, field.name)
        if field.name == "columns":
            assert list(a) == list(b)
            for name in a:
                assert _bits(a[name]) == _bits(b[name]), name
        elif isinstance(a, np.ndarray):
            assert _bits(a) == _bits(b), field.name
        elif isinstance(a, float):
            assert _bits(np.array(a)) == _bits(np.array(b)), field.name
        else:
            assert type(a) is type(b), field.name
            assert a == b, field.name


def _bits(array: np.ndarray | None) -> tuple | None:
    return None if array is None else (array.shape, str(array.dtype), array.tobytes())


_names = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12
) | st.sampled_from(["S 2p", "S/2p", "S_2p", "200-600 cm⁻¹", "..", "/", "instrument", "data", ""])
_numbers = st.floats(allow_nan=True, allow_infinity=True, width=64)
_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@st.composite
def _array(draw, *shape):
    count = math.prod(shape)
    values = draw(st.lists(_numbers, min_size=count, max_size=count))
    return np.array(values, dtype=float).reshape(shape)


@st.composite
def any_series(draw, sample=None, region=None) -> Series:
    """Series of any shape (also empty), with any optional part missing, nan anywhere."""
    k, n = draw(st.integers(0, 4)), draw(st.integers(0, 5))
    technique = draw(st.sampled_from(Technique))
    columns = draw(st.lists(_names | st.sampled_from(STEP_COLUMNS), unique=True, max_size=4))
    maybe = st.booleans()
    energy = st.none() | st.floats(1.0, 1e5)
    return Series(
        sample=draw(_names) if sample is None else sample,
        region=draw(_names) if region is None else region,
        technique=technique,
        axis_kind=draw(st.sampled_from(AxisKind)),
        x=draw(_array(k, n) if draw(maybe) else _array(n)),
        intensity=draw(_array(k, n)),
        steps=np.cumsum(draw(st.lists(st.integers(1, 2**40), min_size=k, max_size=k))),
        columns={name: draw(_array(k)) for name in columns},
        sigma=draw(_array(k, n)) if draw(maybe) else None,
        intensity_unit=draw(st.sampled_from(IntensityUnit)),
        counts_per_unit=draw(_array(k)) if draw(maybe) else None,
        photon_energy_eV=draw(energy),
        work_function_eV=draw(energy),
        acquisition_start=draw(_array(k)) if draw(maybe) else None,
        acquisition_s=draw(_array(k)) if draw(maybe) else None,
        source=draw(_names),
        metadata=draw(st.dictionaries(st.text(max_size=6), _json, max_size=3)),
    )


@st.composite
def experiments(draw) -> list[Series]:
    """One to four series; names of samples and regions differ from one another as a pair."""
    pairs = draw(st.lists(st.tuples(_names, _names), min_size=1, max_size=4, unique=True))
    return [draw(any_series(sample, region)) for sample, region in pairs]
