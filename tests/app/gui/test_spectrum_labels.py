"""Labels in rows: none over another, all inside, each at its line."""

from hypothesis import given
from hypothesis import strategies as st

from app.gui.spectrum.labels import Label, in_rows, neighbours

ROOM = 500.0
LABELS = st.lists(
    st.tuples(st.floats(0.0, ROOM), st.floats(10.0, 200.0)), min_size=1, max_size=12
).map(lambda found: [Label("", x, width, (k,)) for k, (x, width) in enumerate(found)])


@given(LABELS, st.integers(1, 6), st.booleans())
def test_no_label_lies_over_another_or_outside(labels: list[Label], most: int, dense: bool) -> None:
    placed = in_rows(labels, ROOM, most, dense=dense)
    for k, one in enumerate(placed):
        assert 0.0 <= one.start <= ROOM - one.label.width + 1e-9
        assert 0 <= one.row < most
        assert one.start - 1e-9 <= one.label.place <= one.start + one.label.width + 1e-9
        for other in placed[k + 1 :]:
            apart = (
                one.start + one.label.width <= other.start + 1e-9
                or other.start + other.label.width <= one.start + 1e-9
            )
            assert one.row != other.row or apart


@given(LABELS)
def test_with_a_row_each_nothing_is_left_out(labels: list[Label]) -> None:
    placed = in_rows(labels, ROOM, len(labels), dense=False)
    assert sorted(one.label.members for one in placed) == [one.members for one in labels]


def test_two_labels_of_one_place_share_a_row_only_where_it_is_dense() -> None:
    labels = [Label("", 250.0, 80.0, (0,)), Label("", 250.0, 80.0, (1,))]
    assert [one.row for one in in_rows(labels, ROOM, 2, dense=False)] == [0, 1]
    assert [(one.start, one.row) for one in in_rows(labels, ROOM, 2, dense=True)] == [
        (170.0, 0),
        (250.0, 0),
    ]


def test_lines_that_stand_close_are_one_group() -> None:
    assert neighbours([30.0, 10.0, 14.0, 50.0], 5.0) == [(1, 2), (0,), (3,)]
    assert neighbours([1.0, 1.0], 0.0) == [(0,), (1,)]
