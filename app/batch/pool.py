"""Chunks in this process or in several; a worker that dies takes nothing finished with it."""

import logging
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from app.batch.chunk import run_chunk, write_failed
from app.batch.job import ChunkTask
from app.batch.log import configure_log, is_verbose
from app.batch.parts import read_whole
from fitting.errors import FitCancelled, ReadError
from fitting.monitor import CancelOnly, Monitor, SilentMonitor, stop_if_cancelled

log = logging.getLogger(__name__)

ATTEMPTS_ALONE = 2
"""How often a chunk is tried alone after it was in the hands of workers that died."""

KEPT = "finished chunks are kept, --resume goes on from them"

_WAIT_S = 0.2

Ended = tuple[ChunkTask, ReadError | None]
"""A chunk that is finished, or why its input cannot be read any more."""


class Workers:
    """Whatever runs the chunks of a job: this process, or several that live as long as this.

    Parameters
    ----------
    count : processes; 1 means this one
    apart : even one is a process of its own, so that this one stays free
    """

    def __init__(self, count: int, *, apart: bool = False) -> None:
        self._count, self._here = count, count == 1 and not apart
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def run(self, tasks: Sequence[ChunkTask], monitor: Monitor) -> Iterator[Ended]:
        """Run chunks, yielding each as it ends (in any order).

        Raises
        ------
        FitCancelled
            Finished chunks stay.
        OSError
            A chunk cannot be written.
        """
        if self._here:
            for task in tasks:
                yield task, work(task, CancelOnly(monitor))
            return
        suspects: list[ChunkTask] = []
        yield from self._run_many(tasks, self._count, monitor, suspects)
        for task in suspects:
            yield from self._run_alone(task, monitor)

    def _run_many(
        self, tasks: Sequence[ChunkTask], count: int, monitor: Monitor, suspects: list[ChunkTask]
    ) -> Iterator[Ended]:
        """Run tasks; when a worker dies, those in hand become suspects and new ones go on."""
        waiting = deque(tasks)
        while waiting:
            running: dict[Future[ReadError | None], ChunkTask] = {}
            try:
                while waiting or running:
                    while waiting and len(running) < 2 * count:
                        future = self._submit(waiting[0])
                        running[future] = waiting.popleft()
                    stop_if_cancelled(monitor)
                    yield from _collect(running)
            except BrokenProcessPool:
                self._stop()
                log.warning("a worker process died; the chunks it had are tried again one by one")
                for task in running.values():
                    if read_whole(task.output) is not None:
                        yield task, None
                    else:
                        suspects.append(task)

    def _run_alone(self, task: ChunkTask, monitor: Monitor) -> Iterator[Ended]:
        for _ in range(ATTEMPTS_ALONE):
            again: list[ChunkTask] = []
            yield from self._run_many([task], 1, monitor, again)
            if not again:
                return
        died_on(task, f"the worker process died {ATTEMPTS_ALONE + 1} times on this chunk")
        yield task, None

    def _submit(self, task: ChunkTask) -> "Future[ReadError | None]":
        if self._pool is None:
            self._pool = start_pool(self._count)
        with interrupts_held():
            return self._pool.submit(_work, task)

    def _stop(self) -> None:
        if self._pool is not None:
            stop_pool(self._pool)
            self._pool = None


def start_pool(count: int) -> ProcessPoolExecutor:
    """Processes that end with this one, and leave Ctrl-C to it; see ``interrupts_held``."""
    return ProcessPoolExecutor(
        count,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start_worker,
        initargs=(is_verbose(),),
    )


def stop_pool(pool: ProcessPoolExecutor) -> None:
    """End processes at once, whatever they are doing."""
    processes = list((pool._processes or {}).values())
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.terminate()
    for process in processes:
        process.join()


def work(task: ChunkTask, monitor: Monitor) -> ReadError | None:
    """Run one chunk; what cannot be fitted is put down as failed and others go on.

    Returns
    -------
    Why the input cannot be read any more; None if the chunk is finished.

    Raises
    ------
    FitCancelled
    OSError
        The chunk cannot be written.
    """
    try:
        run_chunk(task, monitor)
    except ReadError as error:
        return error
    except (FitCancelled, OSError):
        raise
    except Exception as error:
        first = f"{task.sample}, steps {task.steps[0]} .. {task.steps[-1]}"
        log.exception("%s: the fit broke down (%s)", first, type(error).__name__)
        write_failed(task, f"the fit broke down: {type(error).__name__}: {error}")
    return None


def died_on(task: ChunkTask, message: str) -> None:
    """Put down as failed a chunk that always kills its worker."""
    place = f"{task.sample}, steps {task.steps[0]} .. {task.steps[-1]}"
    log.error("%s: the fit kills its worker process", place)
    write_failed(task, message)


def _collect(running: dict[Future[ReadError | None], ChunkTask]) -> Iterator[Ended]:
    done, _ = wait(running, timeout=_WAIT_S, return_when=FIRST_COMPLETED)
    for future in done:
        error = future.result()
        yield running.pop(future), error


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Workers begin here and inherit this, so that Ctrl-C on a terminal reaches only us."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start_worker(verbose: bool) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    configure_log(verbose=verbose)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A worker whose parent was killed would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work(task: ChunkTask) -> ReadError | None:
    return work(task, SilentMonitor())
