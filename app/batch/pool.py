"""Chunks in this process or in several; a worker that dies takes nothing finished with it."""

import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

from app.batch.chunk import run_chunk, write_failed
from app.batch.job import ChunkTask
from app.batch.log import configure_log, is_verbose
from app.batch.parts import load_part
from fitting.errors import FitCancelled, ReadError
from fitting.monitor import CancelOnly, Monitor, SilentMonitor, stop_if_cancelled

log = logging.getLogger(__name__)

ATTEMPTS_ALONE = 2
"""How often a chunk is tried alone after it was in the hands of workers that died."""

_WAIT_S = 0.2

Ended = tuple[ChunkTask, ReadError | None]
"""A chunk that is finished, or why its input cannot be read any more."""


def run_tasks(tasks: Sequence[ChunkTask], workers: int, monitor: Monitor) -> Iterator[Ended]:
    """Run chunks, yielding each as it ends (in any order).

    Raises
    ------
    FitCancelled
        Finished chunks stay.
    OSError
        A chunk cannot be written.
    """
    if workers == 1:
        for task in tasks:
            yield task, work(task, CancelOnly(monitor))
        return
    suspects: list[ChunkTask] = []
    yield from _run_pool(list(tasks), workers, monitor, suspects)
    for task in suspects:
        yield from _run_alone(task, monitor)


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


def _run_pool(
    tasks: list[ChunkTask], workers: int, monitor: Monitor, suspects: list[ChunkTask]
) -> Iterator[Ended]:
    """Run tasks; when a worker dies, those in hand become suspects and a new pool goes on."""
    waiting = tasks
    while waiting:
        pool = _pool(min(workers, len(waiting)))
        running: dict[Future[ReadError | None], ChunkTask] = {}
        try:
            while waiting or running:
                while waiting and len(running) < 2 * workers:
                    with _interrupts_held():
                        running[pool.submit(_work, waiting[0])] = waiting[0]
                    waiting = waiting[1:]
                stop_if_cancelled(monitor)
                yield from _collect(running)
        except BrokenProcessPool:
            log.warning("a worker process died; the chunks it had are tried again one by one")
            for task in running.values():
                if load_part(task.output) is not None:
                    yield task, None
                else:
                    suspects.append(task)
        finally:
            _stop(pool)


def _collect(running: dict[Future[ReadError | None], ChunkTask]) -> Iterator[Ended]:
    done, _ = wait(running, timeout=_WAIT_S, return_when=FIRST_COMPLETED)
    for future in done:
        error = future.result()
        yield running.pop(future), error


def _run_alone(task: ChunkTask, monitor: Monitor) -> Iterator[Ended]:
    for _ in range(ATTEMPTS_ALONE):
        again: list[ChunkTask] = []
        yield from _run_pool([task], 1, monitor, again)
        if not again:
            return
    log.error("%s, steps %s .. %s: kills its worker", task.sample, task.steps[0], task.steps[-1])
    write_failed(task, f"the worker process died {ATTEMPTS_ALONE + 1} times on this chunk")
    yield task, None


def _pool(workers: int) -> ProcessPoolExecutor:
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(
        workers, mp_context=context, initializer=_start_worker, initargs=(is_verbose(),)
    )


@contextmanager
def _interrupts_held() -> Iterator[None]:
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


def _stop(pool: ProcessPoolExecutor) -> None:
    processes = list((pool._processes or {}).values())
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.terminate()
    for process in processes:
        process.join()
