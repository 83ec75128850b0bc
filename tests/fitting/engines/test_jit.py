"""Which sources a compiled kernel depends on: a stale kernel would give yesterday's numbers."""

import pytest

pytest.importorskip("numba")

from fitting.engines.jit import _builds_on, _cache_folder


def test_a_kernel_depends_on_all_it_is_made_from() -> None:
    assert {"jit", "kernels_math", "kernels_lines", "kernels_curve", "kernels_fit"} <= _builds_on(
        "kernels_steps"
    )


def test_a_kernel_does_not_depend_on_who_uses_it() -> None:
    assert _builds_on("kernels_math") == {"jit", "kernels_math"}


def test_every_module_has_a_folder_of_its_own() -> None:
    assert _cache_folder("kernels_fit") != _cache_folder("kernels_steps")
