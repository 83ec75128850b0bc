"""Chunks on the workers of a Dask scheduler that is already there.

The workers read the inputs and write the parts themselves: they must see the same files. What
they do is what a local worker does, so a run may begin on a cluster and go on without one.
"""

import logging
import os
import secrets
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from app.batch.job import ChunkTask, Job
from app.batch.pool import KEPT, Ended, died_on, work
from app.batch.prepare import versions
from fitting.errors import OutputError, PlanError, ReadError
from fitting.monitor import Monitor, SilentMonitor, stop_if_cancelled

_KEY = "--cluster"
_CONNECT_S = 10
_WORKERS_S = 30
_ANSWER_S = 60
_WAIT_S = 0.2
_ASK_S = 2.0
_PATIENCE_S = 60.0
"""Without any worker for so long, nobody will come back."""
_QUEUED = 4
"""Chunks sent ahead for each worker."""

_ONE_CHUNK = threading.Lock()
"""The fit is made for one thread of a process; workers of more threads take turns."""


class ClusterWorkers:
    """The workers of a scheduler, for as long as this.

    Parameters
    ----------
    address : of the scheduler, such as tcp://host:8786
    job : what they will work on

    Raises
    ------
    PlanError
        No scheduler or no worker there, other versions than here, or other files.
    """

    def __init__(self, address: str, job: Job) -> None:
        self._address = address
        self._client = _connected(address)
        self._workers, self._seen, self._asked = 1, time.monotonic(), -np.inf
        try:
            _refuse_strangers(self._client, address, job)
        except BaseException:
            self._client.close(timeout=_WAIT_S)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # lets go of whatever was sent and not begun
        self._client.close(timeout=_CONNECT_S if self._client.status == "running" else _WAIT_S)

    def run(self, tasks: Sequence[ChunkTask], monitor: Monitor) -> Iterator[Ended]:
        """Run chunks, yielding each as it ends (in any order).

        Raises
        ------
        FitCancelled
            Finished chunks stay.
        OutputError
            The scheduler or all its workers are gone. Finished chunks stay.
        OSError
            A chunk cannot be written.
        """
        from distributed import CancelledError

        suspects: list[ChunkTask] = []
        try:
            yield from self._run_many(tasks, monitor, suspects)
            for task in suspects:
                # a worker takes the chunks that wait in it along: only alone it is this one's doing
                again: list[ChunkTask] = []
                yield from self._run_many([task], monitor, again)
                if again:
                    died_on(task, "cluster workers died on this chunk, which was tried alone")
                    yield task, None
        except (OSError, CancelledError) as error:
            if getattr(error, "errno", None) is not None:
                raise
            raise self._gone() from error

    def _run_many(
        self, tasks: Sequence[ChunkTask], monitor: Monitor, suspects: list[ChunkTask]
    ) -> Iterator[Ended]:
        from distributed import KilledWorker

        waiting = deque(tasks)
        running: dict[Any, ChunkTask] = {}
        while waiting or running:
            while waiting and len(running) < _QUEUED * self._strength():
                task = waiting.popleft()
                running[self._client.submit(_work, _absolute(task), pure=False)] = task
            stop_if_cancelled(monitor)
            for future in self._ended(running):
                task = running.pop(future)
                try:
                    error = future.result(timeout=_ANSWER_S)
                except KilledWorker:
                    suspects.append(task)
                else:
                    yield task, error

    def _ended(self, running: Mapping[Any, ChunkTask]) -> list[Any]:
        from distributed import wait

        with suppress(TimeoutError), self._client.as_current():
            wait(list(running), timeout=_WAIT_S, return_when="FIRST_COMPLETED")
        self._strength()
        return [future for future in running if future.done()]

    def _strength(self) -> int:
        """How many workers there are, or were when last asked; they come and go."""
        if self._client.status != "running":
            raise self._gone()
        now = time.monotonic()
        if now - self._asked > _ASK_S:
            self._asked, count = now, len(self._client.nthreads())
            if count:
                self._workers, self._seen = count, now
            elif now - self._seen > _PATIENCE_S:
                raise OutputError(f"{_KEY} {self._address}: no worker is left; {KEPT}")
        return self._workers

    def _gone(self) -> OutputError:
        return OutputError(f"{_KEY} {self._address}: the scheduler is gone; {KEPT}")


def _connected(address: str) -> Any:
    """A client of a scheduler that has workers."""
    try:
        from distributed import Client
    except ImportError as error:
        raise PlanError(
            _KEY, 'needs Dask, which is not installed: pip install "deconvolyte[cluster]"'
        ) from error
    _log_as_others_do()
    key = f"{_KEY} {address}"
    try:
        client = Client(address, timeout=_CONNECT_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise PlanError(
            key, "no Dask scheduler answers there; start one with: dask scheduler"
        ) from error
    try:
        client.wait_for_workers(1, timeout=_WORKERS_S)
    except TimeoutError as error:
        client.close()
        raise PlanError(
            key, f"the scheduler has no workers; start some with: dask worker {address}"
        ) from error
    return client


def _log_as_others_do() -> None:
    """Its loggers write to stderr on their own; what a user sees is for our log to say."""
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] in ("distributed", "tornado"):
            logger = logging.getLogger(name)
            logger.handlers.clear()
            logger.propagate = True


def _refuse_strangers(client: Any, address: str, job: Job) -> None:
    """Every worker must compute with what we have, and see what we see."""
    token = secrets.token_hex(8)
    probe = job.folder.absolute() / f".{token}.probe"
    sizes = {
        str(handle.path.absolute()): handle.path.stat().st_size
        for sample in job.samples
        for handle in sample.handles.values()
    }
    probe.write_text(token, "utf-8")
    try:
        answers = client.run(
            _problem_here, str(probe), sizes, dict(job.versions), on_error="return"
        )
    finally:
        probe.unlink()
    for worker, answer in sorted(answers.items()):
        if isinstance(answer, ImportError):
            answer = f"has not the same Deconvolyte as we have ({answer})"
        elif isinstance(answer, BaseException):
            answer = f"cannot look at our files ({type(answer).__name__}: {answer})"
        if answer:
            raise PlanError(f"{_KEY} {address}", f"worker {worker} {answer}")


def _problem_here(probe: str, sizes: Mapping[str, int], wanted: Mapping[str, str]) -> str:
    """Run by each worker: why it cannot take part, or nothing."""
    own = versions()
    other = [
        f"{name} {own.get(name, 'missing')} instead of {wanted.get(name, 'none')}"
        for name in sorted({*own, *wanted})
        if own.get(name) != wanted.get(name)
    ]
    if other:
        return f"would compute with {', '.join(other)}"
    folder = Path(probe).parent
    if not Path(probe).exists() or not os.access(folder, os.W_OK):
        return f"cannot write to {folder}; workers need the same files as we have"
    for name, size in sizes.items():
        path = Path(name)
        if not path.exists() or path.stat().st_size != size:
            return f"does not see {path}; workers need the same files as we have"
    return ""


def _absolute(task: ChunkTask) -> ChunkTask:
    """A task whose files are found from any folder."""
    found: dict[str, Any] = {}
    for field in fields(task):
        value = getattr(task, field.name)
        if isinstance(value, Path):
            found[field.name] = value.absolute()
    handles = {r: replace(h, path=h.path.absolute()) for r, h in task.handles.items()}
    return replace(task, **found, handles=handles)


def _work(task: ChunkTask) -> ReadError | None:
    """Run by a worker."""
    with _ONE_CHUNK:
        return work(task, SilentMonitor())
