"""Plans that come with the program, one for each experiment that can be simulated."""

from importlib.resources import files


def ready_plan(key: str) -> str:
    """Text of the plan of an experiment, ``"E1"``."""
    return (files("app.project") / "plans" / f"{key}.toml").read_text("utf-8")
