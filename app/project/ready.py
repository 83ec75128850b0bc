"""Plans that come with the program, one for each experiment that can be simulated."""

from importlib.resources import files

from fitting.errors import PlanError


def ready_plans() -> tuple[str, ...]:
    """Keys of the experiments that have a plan, in order: ``("E1", "E2", ...)``."""
    names = (item.name for item in (files("app.project") / "plans").iterdir())
    keys = [name.removesuffix(".toml") for name in names if name.endswith(".toml")]
    return tuple(sorted(keys, key=lambda key: (len(key), key)))


def ready_plan(key: str) -> str:
    """Text of the plan of an experiment, ``"E1"``.

    Raises
    ------
    PlanError
        There is none of that name; says which there are.
    """
    known = ready_plans()
    if key not in known:
        raise PlanError("--experiment", f"no plan for {key!r}; there is {', '.join(known)}")
    return (files("app.project") / "plans" / f"{key}.toml").read_text("utf-8")
