"""Who waits for the compiler sees how far it is."""

import pytest

numba = pytest.importorskip("numba")


class Seen:
    def __init__(self) -> None:
        self.reports: list[tuple[int, int]] = []

    def report(self, done: int, total: int) -> None:
        self.reports.append((done, total))

    def cancelled(self) -> bool:
        return False


def test_compiled_functions_are_counted_and_the_end_is_the_end() -> None:
    from fitting.engines import kernels_steps
    from fitting.engines.compile_progress import reported

    seen = Seen()
    assert kernels_steps.fit_steps is not None
    with reported(seen):
        numba.njit(lambda: 1)()
        numba.njit(lambda: 2)()
    (first, total), *_, last = seen.reports
    assert first == 1
    assert total > 50
    assert last == (total, total)


@pytest.mark.timeout(900)  # on a busy machine that is new to us
def test_the_kernels_are_ready_after_compiling() -> None:
    from fitting.chunkfit import compile_ahead, needs_compiler
    from tests.contracts.engine import two_lines

    table, seen = two_lines("gaussian", "linear"), Seen()
    compile_ahead(table, seen)
    assert all(done <= total for done, total in seen.reports)
    assert not needs_compiler(table)
