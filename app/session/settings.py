"""What the window remembers from one day to the next: a small file of plain data."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from app.io.options import NOTHING_SAID, ReadOptions
from app.project.settings import settings_folder
from app.project.whole import whole_file
from fitting.errors import DeconvolyteError

T = TypeVar("T")

MOST_RECENT = 10


@dataclass(frozen=True)
class Usual:
    """What was said last about files of one kind; names of samples and logs are not kept.

    Parameters
    ----------
    options : without sample and region
    area_cm2, charge_sign, clock_offset_s, beam_current_uA : as in ``Reading``
    """

    options: ReadOptions = NOTHING_SAID
    area_cm2: float | None = None
    charge_sign: str | None = None
    clock_offset_s: float = 0.0
    beam_current_uA: float | None = None


@dataclass(frozen=True)
class Settings:
    """Everything that is remembered.

    Parameters
    ----------
    recent : projects and files, the newest first
    usual : kind of file -> what was said about it, as plain data; see ``usual_for``
    tour_done : whether the four steps of the beginning were seen or skipped
    text_percent : size of all text
    live_fit : whether a spectrum is fitted again whenever the plan changes
    geometry, splitters : how the window stood, base64
    """

    recent: tuple[Path, ...] = ()
    usual: Mapping[str, Any] = field(default_factory=dict)
    tour_done: bool = False
    text_percent: int = 100
    live_fit: bool = True
    geometry: str = ""
    splitters: Mapping[str, str] = field(default_factory=dict)

    def with_recent(self, path: Path) -> "Settings":
        """With a file in front of the list."""
        path = path.absolute()
        others = tuple(old for old in self.recent if old != path)
        return replace(self, recent=(path, *others)[:MOST_RECENT])

    def with_usual(self, kind: str, usual: Usual) -> "Settings":
        """With what was said about a kind of file."""
        from pydantic import TypeAdapter

        plain = TypeAdapter(Usual).dump_python(usual, mode="json")
        return replace(self, usual={**self.usual, kind: plain})

    def usual_for(self, kind: str) -> Usual | None:
        """What was said about a kind of file; None if nothing, or nothing that makes sense."""
        from pydantic import TypeAdapter, ValidationError

        try:
            return (
                None
                if kind not in self.usual
                else TypeAdapter(Usual).validate_python(self.usual[kind])
            )
        except (ValidationError, DeconvolyteError):
            return None


def settings_file() -> Path:
    """Where the settings lie."""
    return settings_folder() / "window.json"


def load_settings(path: Path) -> Settings:
    """What is remembered; what is missing or makes no sense is as on the first day."""
    try:
        told = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return Settings()
    if not isinstance(told, dict):
        return Settings()
    recent = [entry for entry in _typed(told, "recent", list, []) if isinstance(entry, str)]
    splitters = _typed(told, "splitters", dict, {})
    return Settings(
        tuple(map(Path, recent[:MOST_RECENT])),
        _typed(told, "usual", dict, {}),
        _typed(told, "tour_done", bool, False),
        _typed(told, "text_percent", int, 100),
        _typed(told, "live_fit", bool, True),
        _typed(told, "geometry", str, ""),
        {name: text for name, text in splitters.items() if isinstance(text, str)},
    )


def save_settings(settings: Settings, path: Path) -> None:
    """Remember, whole or not at all.

    Raises
    ------
    OSError
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    told = {**vars(settings), "recent": [str(entry) for entry in settings.recent]}
    with whole_file(path) as draft:
        draft.write_text(json.dumps(told, indent=1), "utf-8")


def _typed(told: dict[str, Any], name: str, kind: type[T], otherwise: T) -> T:
    value = told.get(name, otherwise)
    return value if isinstance(value, kind) else otherwise
