from pathlib import Path

import platformdirs
import pytest

from app.project.settings import settings_folder


def test_the_variable_overrides_the_systems_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DECONVOLYTE_HOME", str(tmp_path))
    assert settings_folder() == tmp_path


@pytest.mark.parametrize("empty", [True, False])
def test_without_it_the_system_decides(monkeypatch: pytest.MonkeyPatch, empty: bool) -> None:
    monkeypatch.delenv("DECONVOLYTE_HOME", raising=False)
    if empty:
        monkeypatch.setenv("DECONVOLYTE_HOME", "")
    expected = platformdirs.user_config_path("deconvolyte", appauthor=False)
    assert settings_folder() == expected
    assert settings_folder().name == "deconvolyte"
