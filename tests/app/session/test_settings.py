"""What is remembered comes back; a file that makes no sense is nothing remembered."""

import json
from pathlib import Path

import pytest

from app.io.options import ReadOptions
from app.session.settings import MOST_RECENT, Settings, Usual, load_settings, save_settings
from fitting.series import IntensityUnit


def test_it_comes_back(tmp_path: Path) -> None:
    options = ReadOptions(photon_energy_eV=1486.6, intensity_unit=IntensityUnit.COUNTS)
    usual = Usual(options, 0.785, "-", 12.0)
    settings = Settings(tour_done=True, text_percent=150, splitters={"across": "AAA="})
    settings = settings.with_recent(tmp_path / "a.vms").with_usual("VAMAS", usual)
    path = tmp_path / "home" / "window.json"
    save_settings(settings, path)
    again = load_settings(path)
    assert again == settings
    assert again.usual_for("VAMAS") == usual
    assert again.usual_for("PHI") is None
    assert [entry.name for entry in path.parent.iterdir()] == ["window.json"]


def test_the_newest_file_is_first_and_stands_once(tmp_path: Path) -> None:
    settings = Settings()
    for number in (*range(MOST_RECENT + 2), 3):
        settings = settings.with_recent(tmp_path / f"{number}")
    assert settings.recent[0].name == "3"
    assert len(settings.recent) == len(set(settings.recent)) == MOST_RECENT


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '"a"', '{"recent": 3, "text_percent": "x"}']
)
def test_nonsense_is_nothing_remembered(tmp_path: Path, text: str) -> None:
    path = tmp_path / "window.json"
    assert load_settings(path) == Settings()
    path.write_text(text, "utf-8")
    assert load_settings(path) == Settings()


@pytest.mark.parametrize(
    "usual", [3, {"options": 4}, {"options": {"photon_energy_eV": -1.0}}, {"area_cm2": "much"}]
)
def test_nonsense_about_a_kind_of_file_is_let_be(tmp_path: Path, usual: object) -> None:
    path = tmp_path / "window.json"
    path.write_text(json.dumps({"usual": {"VAMAS": usual}}), "utf-8")
    assert load_settings(path).usual_for("VAMAS") is None
