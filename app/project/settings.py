"""Where the user's own settings and tables live."""

import os
from pathlib import Path

import platformdirs

HOME_VARIABLE = "DECONVOLYTE_HOME"


def settings_folder() -> Path:
    """Folder of the user's settings; it need not exist.

    The environment variable DECONVOLYTE_HOME overrides the system's usual place.
    """
    home = os.environ.get(HOME_VARIABLE, "")
    if home:
        return Path(home).expanduser()
    return platformdirs.user_config_path("deconvolyte", appauthor=False)
