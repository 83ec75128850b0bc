"""Undo takes back exactly what was done, one gesture at a time."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from app.session.project import Project, View
from app.session.session import DEPTH, Session
from fitting.plan import Plan


def a_plan(position: float) -> Plan:
    component = {
        "id": "a",
        "shape": "gaussian",
        "center": {"value": position, "min": 0.0, "max": 1000.0},
        "fwhm": 1.0,
    }
    region = {
        "name": "S 2p",
        "window": [0.0, 1000.0],
        "background": {"kind": "constant"},
        "components": [component],
    }
    return Plan.from_data({"regions": [region]})


def with_plan(session: Session, position: float) -> Project:
    return replace(session.project, plan=a_plan(position))


def position(session: Session) -> float | None:
    plan = session.project.plan
    if plan is None:
        return None
    center = plan.components["a"][1].parameters["center"]
    return center.value  # type: ignore[union-attr]


def test_undo_and_redo_name_what_they_do() -> None:
    session = Session()
    session.apply("Move a", with_plan(session, 10.0))
    assert session.undo_label == "Move a"
    session.undo()
    assert position(session) is None
    assert (session.undo_label, session.redo_label) == ("", "Move a")
    session.redo()
    assert position(session) == 10.0


def test_one_drag_is_one_step() -> None:
    session = Session()
    session.apply("Move a", with_plan(session, 10.0))
    for x in (11.0, 12.0, 13.0):
        session.apply("Move a", with_plan(session, x), gesture="drag 1")
    session.undo()
    assert position(session) == 10.0
    session.redo()
    assert position(session) == 13.0


def test_two_drags_are_two_steps() -> None:
    session = Session()
    session.apply("Move a", with_plan(session, 10.0), gesture="drag 1")
    session.apply("Move a", with_plan(session, 20.0), gesture="drag 2")
    session.undo()
    assert position(session) == 10.0


def test_looking_elsewhere_is_no_edit_and_survives_undo() -> None:
    session = Session()
    session.apply("Move a", with_plan(session, 10.0))
    session.look(View(step=7))
    assert session.undo_label == "Move a"
    session.undo()
    assert session.project.view.step == 7


def test_what_comes_back_from_a_fit_goes_with_the_edit_before_it() -> None:
    session = Session()
    session.apply("Move a", with_plan(session, 10.0))
    session.amend(replace(session.project, fits={"cell": {}}))
    session.undo()
    assert not session.project.fits


def test_an_edit_after_undo_forgets_what_was_undone() -> None:
    session = Session()
    session.apply("Move a", with_plan(session, 10.0))
    session.undo()
    session.apply("Move a", with_plan(session, 20.0))
    assert session.redo_label == ""


def test_nothing_is_an_edit_that_changes_nothing() -> None:
    session = Session()
    session.apply("Nothing", session.project)
    assert session.undo_label == ""


def test_saved_until_something_but_the_view_changes() -> None:
    session = Session()
    session.mark_saved()
    session.look(View(step=3))
    assert session.is_saved
    session.apply("Move a", with_plan(session, 10.0))
    assert not session.is_saved
    session.undo()
    assert session.is_saved


def test_listeners_hear_before_and_after_until_they_leave() -> None:
    session, heard = Session(), []
    leave = session.subscribe(lambda before, after: heard.append((before.plan, after.plan)))
    session.apply("Move a", with_plan(session, 10.0))
    leave()
    session.undo()
    assert [(b, a is not None) for b, a in heard] == [(None, True)]


def test_history_has_an_end() -> None:
    session = Session()
    for k in range(DEPTH + 5):
        session.apply("Move a", with_plan(session, float(k)))
    for _ in range(DEPTH + 5):
        session.undo()
    assert position(session) == 4.0


@settings(deadline=None, max_examples=50)
@given(st.lists(st.sampled_from(["edit", "undo", "redo"]), max_size=30))
def test_history_is_what_a_list_with_a_cursor_would_be(moves: list[str]) -> None:
    session = Session()
    past: list[float | None] = [None]
    cursor = 0
    for number, move in enumerate(moves):
        if move == "edit":
            session.apply("Move a", with_plan(session, float(number)))
            past = [*past[: cursor + 1], float(number)]
            cursor += 1
        elif move == "undo":
            session.undo()
            cursor = max(cursor - 1, 0)
        else:
            session.redo()
            cursor = min(cursor + 1, len(past) - 1)
        assert position(session) == past[cursor]
