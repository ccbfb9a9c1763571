"""Positions of the labels of points, so that no label covers another label or a point."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple


class Box(NamedTuple):
    """A rectangle in pixels; y increases downwards."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: "Box") -> bool:
        """Whether the rectangles have a common area."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )

    @property
    def center(self) -> tuple[float, float]:
        """The center (x, y)."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2


def place_labels(
    points: Sequence[tuple[float, float]],
    sizes: Sequence[tuple[float, float]],
    plot: tuple[float, float],
    radius: float,
) -> list[Box | None]:
    """Return a place beside each point for its label, or None where all places are taken.

    `points`: (x, y) of their centers, in order of preference; `sizes`: (width, height) of the
    labels; `plot`: width and height of the plot, which contains all labels; `radius`: of a point.
    All are in pixels.
    """
    dots = [Box(x - radius, y - radius, x + radius, y + radius) for x, y in points]
    whole = Box(0, 0, *plot)
    taken: list[Box] = []
    places: list[Box | None] = []
    for point, size in zip(points, sizes, strict=True):
        free = (
            box
            for box in _beside(point, size, radius + 1)
            if _within(box, whole) and not any(map(box.overlaps, taken + dots))
        )
        places.append(place := next(free, None))
        taken += [place] if place else []
    return places


def _beside(point: tuple[float, float], size: tuple[float, float], gap: float) -> Iterator[Box]:
    """Yield places around a point: right, left, above, below, then the corners."""
    (x, y), (width, height) = point, size
    lefts = x + gap, x - gap - width, x - width / 2
    tops = y - height / 2, y - gap - height, y + gap
    for left, top in ((0, 0), (1, 0), (2, 1), (2, 2), (0, 1), (0, 2), (1, 1), (1, 2)):
        yield Box(lefts[left], tops[top], lefts[left] + width, tops[top] + height)


def _within(box: Box, whole: Box) -> bool:
    return (
        box.left >= whole.left
        and box.top >= whole.top
        and box.right <= whole.right
        and box.bottom <= whole.bottom
    )
