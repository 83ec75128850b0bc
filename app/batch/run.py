"""Run a job: every round, every chunk, resuming where an earlier run stopped."""

import json
import logging
import os
import shutil
from pathlib import Path

from app.batch.job import Job, tasks_of_round
from app.batch.parts import load_part
from app.batch.pool import run_tasks
from fitting.errors import PlanError
from fitting.monitor import Monitor, checkpoint

log = logging.getLogger(__name__)

JOB_FILE = "job.json"


def prepare_folder(job: Job, *, resume: bool) -> None:
    """Claim the output folder for a job.

    Parameters
    ----------
    resume : keep the finished chunks of an earlier run of the same job

    Raises
    ------
    PlanError
        The folder belongs to another job.
    """
    owner = job_in(job.folder)
    if owner is not None and owner != job.hash:
        raise PlanError(
            f"-o {job.folder}",
            "holds the results of another job (other inputs, plan or versions); "
            "choose another folder",
        )
    if owner is not None and not resume:
        for part in job.parts.glob("*.npz"):
            part.unlink()
    (job.folder / "run.json").unlink(missing_ok=True)
    job.parts.mkdir(parents=True, exist_ok=True)
    write_json(job.parts / JOB_FILE, {"hash": job.hash})


def job_in(folder: Path) -> str | None:
    """Hash of the job that owns a folder, or None."""
    try:
        stored = json.loads((folder / ".parts" / JOB_FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return str(stored.get("hash")) if isinstance(stored, dict) else None


def finished_counts(job: Job) -> dict[str, int] | None:
    """Status counts of a job whose results stand complete in its folder, else None."""
    if job_in(job.folder) != job.hash or not (job.folder / "result.h5").exists():
        return None
    try:
        record = json.loads((job.folder / "run.json").read_text("utf-8"))
        if record["job"] != job.hash:
            return None
        return {str(name): int(number) for name, number in record["status_counts"].items()}
    except (OSError, ValueError, KeyError, AttributeError):
        return None


def run_job(job: Job, workers: int, monitor: Monitor) -> None:
    """Run all rounds; chunks that are there already are not run again.

    Raises
    ------
    FitCancelled
        Finished chunks stay and ``--resume`` goes on from them.
    """
    total = job.spectra_steps * len(job.rounds)
    done = 0
    for number in range(len(job.rounds)):
        tasks = tasks_of_round(job, number)
        missing = [task for task in tasks if load_part(task.output) is None]
        done += sum(len(task.steps) for task in tasks) - sum(len(t.steps) for t in missing)
        checkpoint(monitor, done, total)
        for task in run_tasks(missing, workers, monitor):
            done += len(task.steps)
            checkpoint(monitor, done, total)


def clear_parts(job: Job) -> None:
    """Remove the finished chunks once the result is assembled; the claim on the folder stays."""
    for part in job.parts.glob("*.npz"):
        part.unlink()
    shutil.rmtree(job.parts / "inputs", ignore_errors=True)


def write_json(path: Path, content: object) -> None:
    """Write JSON whole or not at all."""
    draft = path.with_name(f".{path.name}.part")
    text = json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True)
    draft.write_text(f"{text}\n", "utf-8", newline="\n")
    os.replace(draft, path)
