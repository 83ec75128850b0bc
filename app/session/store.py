"""Projects on the disk: one file of JSON and plain arrays; nothing in it is ever executed."""

import json
import os
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from pydantic import TypeAdapter, ValidationError

from app.batch.parts import pack_steps, unpack_steps
from app.project.whole import whole_file
from app.session.data import Loaded, kept, load
from app.session.names import ABOUT, SUFFIX
from app.session.project import Fits, Logs, Project, Source, StepFit, View
from app.session.titration import logs_of
from fitting.build import build_model
from fitting.errors import DeconvolyteError, PlanError, ReadError
from fitting.monitor import Monitor
from fitting.plan import Plan
from fitting.titration_plan import TitrationPlan

FORMAT = 1
MOST_BYTES = 4 << 30
"""A file that unpacks to more than this was not made by us."""

_sources = TypeAdapter(tuple[Source, ...])
_view = TypeAdapter(View)
_left_out = TypeAdapter(tuple[tuple[str, str], ...])


__all__ = ["FORMAT", "MOST_BYTES", "SUFFIX", "Opened", "open_project", "save"]


@dataclass(frozen=True, eq=False)
class Opened:
    """A project from the disk, and what the user should know about it.

    Parameters
    ----------
    origin : where the user keeps it, if it was a copy for recovery
    """

    project: Project
    notices: tuple[str, ...]
    origin: Path | None = None


def save(project: Project, path: Path, origin: Path | None = None) -> None:
    """Write a project whole or not at all. Data stay where they are, only their places are kept.

    Parameters
    ----------
    origin : where the user keeps it, if this is a copy for recovery

    Raises
    ------
    OSError
        It cannot be written; what was there before is untouched.
    """
    with whole_file(path) as draft, draft.open("wb") as file:
        _write(project, file, path.parent, origin)
        file.flush()
        os.fsync(file.fileno())


def open_project(path: Path, monitor: Monitor) -> Opened:
    """Read a project and the data it points to.

    Raises
    ------
    ReadError
        It is no project, or damaged, or of a newer version.
    FitCancelled
    """
    try:
        with zipfile.ZipFile(path) as file:
            _refuse_absurd(path, file)
            about = json.loads(file.read(ABOUT))
            packed = {name: file.read(name) for name in file.namelist() if name != ABOUT}
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError) as error:
        raise ReadError(path, "", "no Deconvolyte project, or damaged") from error
    except OSError as error:
        raise ReadError(path, "", f"cannot be read: {error.strerror}") from error
    try:
        return _restored(path, about, packed, monitor)
    except (ValidationError, PlanError, KeyError, TypeError, ValueError, EOFError) as error:
        raise ReadError(path, ABOUT, f"damaged: {' '.join(str(error).split())[:200]}") from error


def _write(project: Project, target: IO[bytes], folder: Path, origin: Path | None) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as file:
        fits = []
        for number, (sample, own) in enumerate(_by_plan(project.fits)):
            name, first = f"fits-{number}", next(iter(own.values()))
            file.writestr(name, pack_steps([fit.result for fit in own.values()]))
            told = {"sample": sample, "plan": _data(first.plan), "asked": _data(first.asked)}
            fits.append({**told, "file": name, "steps": list(own)})
        about = {
            "format": FORMAT,
            "folder": str(folder.absolute()),
            "origin": None if origin is None else str(origin),
            "sources": _sources.dump_python(project.sources, mode="json"),
            "plan": _data(project.plan),
            "view": _view.dump_python(project.view, mode="json"),
            "titration": project.logs and project.logs.plan.model_dump(mode="json"),
            "left_out": _left_out.dump_python(project.left_out, mode="json"),
            "fits": fits,
        }
        file.writestr(ABOUT, json.dumps(about, indent=1))


def _data(plan: Plan | None) -> object:
    return None if plan is None else plan.model_dump(mode="json")


def _by_plan(fits: Fits) -> list[tuple[str, dict[int, StepFit]]]:
    found: list[tuple[str, dict[int, StepFit]]] = []
    for sample, steps in fits.items():
        own: dict[int, dict[int, StepFit]] = {}
        for step, fit in sorted(steps.items()):
            own.setdefault(id(fit.plan), {})[step] = fit
        found += [(sample, fits_of_one) for fits_of_one in own.values()]
    return found


def _refuse_absurd(path: Path, file: zipfile.ZipFile) -> None:
    if sum(entry.file_size for entry in file.infolist()) > MOST_BYTES:
        raise ReadError(path, "", "unpacks to an absurd size; it was not made by this program")


def _restored(
    path: Path, about: dict[str, Any], packed: dict[str, bytes], monitor: Monitor
) -> Opened:
    if about["format"] != FORMAT:
        raise ReadError(
            path, "format", f"is {about['format']!r}, this version reads {FORMAT}; a newer one may"
        )
    plan = None if about["plan"] is None else Plan.from_data(about["plan"])
    fits: dict[str, dict[int, StepFit]] = {}
    for told in about["fits"]:
        _restore_fits(told, packed[told["file"]], plan, fits)
    sources = _found(_sources.validate_python(about["sources"]), about.get("folder"), path.parent)
    if about.get("titration") is not None:
        return _restored_logs(about, sources)
    loaded = _loaded(sources, monitor)
    notices = (*map(str, loaded.errors), *loaded.warnings)
    view = _view.validate_python(about["view"])
    left_out = _left_out.validate_python(about.get("left_out", []))
    origin = None if about["origin"] is None else Path(about["origin"])
    samples = kept(loaded.samples, left_out)
    return Opened(Project(sources, samples, plan, fits, view, left_out), notices, origin)


def _restored_logs(about: dict[str, Any], sources: tuple[Source, ...]) -> Opened:
    plan = TitrationPlan.model_validate(about["titration"])
    origin = None if about["origin"] is None else Path(about["origin"])
    notices: tuple[str, ...] = ()
    logs = None
    try:
        logs, errors = logs_of(sources, plan)
        notices = tuple(map(str, errors))
    except DeconvolyteError as error:
        notices = (f"the logs could not be read, their plan is here: {error}",)
    return Opened(Project(sources, logs=logs or Logs((), plan)), notices, origin)


def _loaded(sources: tuple[Source, ...], monitor: Monitor) -> Loaded:
    """The data; where they cannot be read, plan and fits are shown without them."""
    try:
        return load(sources, monitor)
    except DeconvolyteError as error:
        problem = f"the data could not be read, plan and fits are here: {error}"
        return Loaded((), (), (problem,))


def _found(sources: tuple[Source, ...], old: str | None, new: Path) -> tuple[Source, ...]:
    """Sources where they are now: files that went along with the project are taken from there."""
    if old is None or Path(old) == new.absolute():
        return sources

    def place(path: Path) -> Path:
        if path.exists() or not path.is_relative_to(old):
            return path
        moved = new.absolute() / path.relative_to(old)
        return moved if moved.exists() else path

    return tuple(
        replace(source, paths=tuple(place(path) for path in source.paths)) for source in sources
    )


def _restore_fits(
    told: dict[str, Any], packed: bytes, current: Plan | None, fits: dict[str, dict[int, StepFit]]
) -> None:
    plan, asked = (_same(told.get(name), current) for name in ("plan", "asked"))
    if plan is None:
        raise ValueError("fits have no plan")
    steps: Sequence[int] = [int(step) for step in told["steps"]]
    results = unpack_steps(packed)
    if results is None:
        raise ValueError("fits are damaged")
    table = build_model(plan)
    for step, result in zip(steps, results, strict=True):
        if len(result.values) != len(table.parameters):
            raise ValueError("fits do not belong to their plan")
        fits.setdefault(str(told["sample"]), {})[step] = StepFit(plan, result, asked)


def _same(data: dict[str, Any] | None, current: Plan | None) -> Plan | None:
    """The plan of the project itself where it is that one; comparing costs time later."""
    plan = None if data is None else Plan.from_data(data)
    return current if plan == current else plan
