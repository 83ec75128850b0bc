"""What a system needs to show the program in its menus."""

import configparser
import shutil
import subprocess
import tomllib
from pathlib import Path
from xml.etree import ElementTree

import pytest

PROJECT = Path(__file__).resolve().parents[1]
PACKAGING = PROJECT / "packaging"
DESKTOP = PACKAGING / "deconvolyte.desktop"
(METAINFO,) = PACKAGING.glob("*.metainfo.xml")
MIME = PACKAGING / "deconvolyte-mime.xml"
ICON = PROJECT / "app" / "gui" / "deconvolyte.svg"


def entry() -> configparser.SectionProxy:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(DESKTOP, "utf-8")
    return parser["Desktop Entry"]


def test_the_entry_starts_the_window_with_files() -> None:
    found = entry()
    assert found["Exec"] == "deconvolyte gui %F"
    assert found["Icon"] == ICON.stem
    assert found["MimeType"] == "application/x-deconvolyte;"


def test_all_speak_of_the_same_program() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    about = ElementTree.parse(METAINFO).getroot()
    assert about.findtext("id") == METAINFO.name.removesuffix(".metainfo.xml")
    assert about.findtext("launchable") == DESKTOP.name
    assert about.findtext("project_license") == project["license"]
    assert about.findtext("provides/binary") in project["scripts"]
    releases = [release.get("version") for release in about.iterfind("releases/release")]
    assert releases[0] == project["version"]
    kind = ElementTree.parse(MIME).getroot()[0]
    assert kind.get("type") == about.findtext("provides/mediatype")
    ElementTree.parse(ICON)


@pytest.mark.parametrize(
    "command",
    [
        ["desktop-file-validate", str(DESKTOP)],
        ["appstreamcli", "validate", "--no-net", str(METAINFO)],
    ],
    ids=lambda command: command[0],
)
def test_the_validators_agree(command: list[str]) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
