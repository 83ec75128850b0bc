"""Run a job: every round, every chunk, resuming where an earlier run stopped."""

from app.batch.cluster import ClusterWorkers
from app.batch.job import Job, tasks_of_round
from app.batch.parts import load_part
from app.batch.pool import Workers
from fitting.errors import ReadError
from fitting.monitor import Monitor, checkpoint

AnyWorkers = Workers | ClusterWorkers


def workers_for(job: Job, count: int, cluster: str | None) -> AnyWorkers:
    """Whatever runs the chunks, to be entered as a context.

    Parameters
    ----------
    count : processes on this machine
    cluster : address of a Dask scheduler whose workers are to be taken instead

    Raises
    ------
    PlanError
        See ``ClusterWorkers``.
    """
    return Workers(count) if cluster is None else ClusterWorkers(cluster, job)


def run_job(job: Job, workers: AnyWorkers, monitor: Monitor) -> dict[int, ReadError]:
    """Run all rounds; chunks that are there already are not run again.

    Returns
    -------
    Number of a sample -> why its input can no longer be read; the other samples are complete.

    Raises
    ------
    FitCancelled
        Finished chunks stay and ``--resume`` goes on from them.
    OutputError
        A cluster is gone. Finished chunks stay.
    OSError
        A chunk cannot be written.
    """
    total = job.spectra_steps * len(job.rounds)
    done = 0
    lost: dict[int, ReadError] = {}
    for number in range(len(job.rounds)):
        tasks = [task for task in tasks_of_round(job, number) if task.number not in lost]
        missing = [task for task in tasks if load_part(task.output) is None]
        done += sum(len(task.steps) for task in tasks) - sum(len(t.steps) for t in missing)
        checkpoint(monitor, done, total)
        for task, error in workers.run(missing, monitor):
            if error is not None:
                lost.setdefault(task.number, error)
                continue
            done += len(task.steps)
            checkpoint(monitor, done, total)
    return lost


def finished_chunks(job: Job) -> tuple[int, int]:
    """How many chunks of all rounds are there, and how many there are to be."""
    parts = [task.output for n in range(len(job.rounds)) for task in tasks_of_round(job, n)]
    return sum(part.exists() for part in parts), len(parts)
