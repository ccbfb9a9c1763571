"""Places of labels beside points."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from cstool.report.html.placement import Box, place_labels

PLOT = (200.0, 100.0)
POINTS = st.lists(st.tuples(st.floats(0, PLOT[0]), st.floats(0, PLOT[1])), max_size=25)


@given(POINTS)
def test_labels_overlap_neither_each_other_nor_points_and_stay_in_the_plot(
    points: list[tuple[float, float]],
) -> None:
    places = place_labels(points, [(20, 12)] * len(points), PLOT, 2)
    assert len(places) == len(points)
    boxes = [place for place in places if place]
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))
    for box in boxes:
        assert not any(box.overlaps(Box(x - 2, y - 2, x + 2, y + 2)) for x, y in points)
        assert 0 <= box.left < box.right <= PLOT[0]
        assert 0 <= box.top < box.bottom <= PLOT[1]


def test_a_label_is_on_the_right_if_there_is_room() -> None:
    points = [(100.0, 50.0), (199.0, 50.0), (90.0, 50.0)]
    right, left, third = place_labels(points, [(20, 12)] * 3, PLOT, 2)
    assert right == Box(103, 44, 123, 56)
    assert left == Box(176, 44, 196, 56)
    assert third is not None
    assert third.right < 90
