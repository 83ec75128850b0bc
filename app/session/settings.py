"""What the window remembers from one day to the next: a small file of plain data."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from app.io.options import NOTHING_SAID, ReadOptions
from app.project.settings import settings_folder

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
    usual : kind of file -> what was said about it
    tour_done : whether the four steps of the beginning were seen or skipped
    text_percent : size of all text
    geometry, splitters : how the window stood, base64
    """

    recent: tuple[Path, ...] = ()
    usual: Mapping[str, Usual] = field(default_factory=dict)
    tour_done: bool = False
    text_percent: int = 100
    geometry: str = ""
    splitters: Mapping[str, str] = field(default_factory=dict)

    def with_recent(self, path: Path) -> "Settings":
        """With a file in front of the list."""
        path = path.absolute()
        others = tuple(old for old in self.recent if old != path)
        return replace(self, recent=(path, *others)[:MOST_RECENT])

    def with_usual(self, kind: str, usual: Usual) -> "Settings":
        """With what was said about a kind of file."""
        return replace(self, usual={**self.usual, kind: usual})


_settings = TypeAdapter(Settings)


def settings_file() -> Path:
    """Where the settings lie."""
    return settings_folder() / "window.json"


def load_settings(path: Path) -> Settings:
    """What is remembered; a file that is missing or makes no sense is nothing remembered."""
    try:
        return _settings.validate_python(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, ValidationError):
        return Settings()


def save_settings(settings: Settings, path: Path) -> None:
    """Remember, whole or not at all.

    Raises
    ------
    OSError
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        draft.write_text(json.dumps(_settings.dump_python(settings, mode="json")), "utf-8")
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
