"""Chunks in this process or in several; a worker that dies takes nothing finished with it."""

import logging
import multiprocessing
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool

from app.batch.chunk import run_chunk, write_failed
from app.batch.job import ChunkTask
from fitting.monitor import CancelOnly, Monitor, SilentMonitor, stop_if_cancelled

log = logging.getLogger(__name__)

ATTEMPTS_ALONE = 2
"""How often a chunk is tried alone after it was in the hands of workers that died."""

_WAIT_S = 0.2


def run_tasks(tasks: Sequence[ChunkTask], workers: int, monitor: Monitor) -> Iterator[ChunkTask]:
    """Run chunks, yielding each as it is finished (in any order).

    Raises
    ------
    FitCancelled
        Finished chunks stay.
    """
    if workers == 1:
        for task in tasks:
            run_chunk(task, CancelOnly(monitor))
            yield task
        return
    suspects: list[ChunkTask] = []
    yield from _run_pool(list(tasks), workers, monitor, suspects)
    for task in suspects:
        yield from _run_alone(task, monitor)


def _run_pool(
    tasks: list[ChunkTask], workers: int, monitor: Monitor, suspects: list[ChunkTask]
) -> Iterator[ChunkTask]:
    """Run tasks; when a worker dies, those in hand become suspects and a new pool goes on."""
    waiting = tasks
    while waiting:
        pool = _pool(workers)
        running: dict[Future[None], ChunkTask] = {}
        try:
            while waiting or running:
                while waiting and len(running) < 2 * workers:
                    task = waiting[0]
                    running[pool.submit(_work, task)] = task
                    waiting = waiting[1:]
                stop_if_cancelled(monitor)
                yield from _collect(running)
        except BrokenProcessPool:
            log.warning("a worker died; its chunks are tried again one by one")
            suspects += [task for task in running.values() if not task.output.exists()]
        finally:
            _stop(pool)


def _collect(running: dict[Future[None], ChunkTask]) -> Iterator[ChunkTask]:
    done, _ = wait(running, timeout=_WAIT_S, return_when=FIRST_COMPLETED)
    for future in done:
        future.result()
        yield running.pop(future)


def _run_alone(task: ChunkTask, monitor: Monitor) -> Iterator[ChunkTask]:
    for _ in range(ATTEMPTS_ALONE):
        again: list[ChunkTask] = []
        yield from _run_pool([task], 1, monitor, again)
        if not again:
            return
    log.error("chunk %s of %s kills its worker", task.output.name, task.sample)
    write_failed(task, f"the worker process died {ATTEMPTS_ALONE + 1} times on this chunk")
    yield task


def _pool(workers: int) -> ProcessPoolExecutor:
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_start_worker)


def _start_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _work(task: ChunkTask) -> None:
    run_chunk(task, SilentMonitor())


def _stop(pool: ProcessPoolExecutor) -> None:
    processes = list((pool._processes or {}).values())
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.terminate()
    for process in processes:
        process.join()
