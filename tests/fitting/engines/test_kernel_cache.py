"""Which sources a compiled kernel depends on: a stale kernel would give yesterday's numbers."""

import os
from pathlib import Path

from fitting.engines.kernel_cache import _UNUSED_S, _builds_on, _mark_used, cache_folder


def test_a_kernel_depends_on_all_it_is_made_from() -> None:
    assert {"jit", "kernels_math", "kernels_lines", "kernels_curve", "kernels_fit"} <= _builds_on(
        "kernels_steps"
    )


def test_a_kernel_does_not_depend_on_who_uses_it() -> None:
    assert _builds_on("kernels_math") == {"jit", "kernel_cache", "kernels_math"}


def test_every_module_has_a_folder_of_its_own() -> None:
    assert cache_folder("kernels_fit") != cache_folder("kernels_steps")


def test_only_what_nobody_used_for_long_is_removed(tmp_path: Path) -> None:
    now, own = 1.8e9, tmp_path / "kernels_fit-new"
    ages = {"kernels_fit-old": 1.1, "kernels_fit-other": 0.9, "kernels_fitting-old": 9.0}
    own.mkdir()
    for name, age in ages.items():
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (now, own.stat().st_mtime - age * _UNUSED_S))
    _mark_used(own, "kernels_fit")
    left = {place.name for place in tmp_path.iterdir()}
    assert left == {"kernels_fit-new", "kernels_fit-other", "kernels_fitting-old"}
