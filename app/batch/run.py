"""Run a job: every round, every chunk, resuming where an earlier run stopped."""

from app.batch.cluster import ClusterWorkers
from app.batch.job import Job
from app.batch.pool import Workers
from app.batch.shared import end_round, is_done, tasks_of
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
        tasks = [task for task in tasks_of(job, number) if task.number not in lost]
        missing = [task for task in tasks if not is_done(job, task, number)]
        done += sum(len(task.steps) for task in tasks) - sum(len(t.steps) for t in missing)
        checkpoint(monitor, done, total)
        for task, error in workers.run(missing, monitor):
            if error is not None:
                lost.setdefault(task.number, error)
                continue
            done += len(task.steps)
            checkpoint(monitor, done, total)
        end_round(job, number, lost)
        done = job.spectra_steps * (number + 1)
    return lost


def finished_chunks(job: Job) -> tuple[int, int]:
    """How many chunks of all rounds are there, and how many there are to be."""
    done = [is_done(job, t, n) for n in range(len(job.rounds)) for t in tasks_of(job, n)]
    return sum(done), len(done)
