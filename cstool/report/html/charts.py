"""Draws charts as SVG with Vega-Lite (vl-convert, which needs neither browser nor network).

Colors are CSS variables of the page, so charts also have a dark theme. Each chart is drawn in two
widths, because the text of a wide chart would be too small on a phone.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import vl_convert
from markupsafe import Markup, escape

from cstool.report.html.placement import place_labels
from cstool.report.html.safe import safe

Spec = dict[str, Any]
ChartRow = dict[str, Any]

WIDE, NARROW = 760, 343
_COLORS = ("var(--accent)", "var(--second)")
_GREY = "var(--bar-rest)"
_CONFIG: Spec = {
    "aria": False,  # the chart as a whole has a title and a description
    "background": None,
    "font": "system-ui, sans-serif",
    "padding": 2,
    "autosize": {"type": "fit-x", "contains": "padding"},
    "view": {"stroke": None},
    "bar": {"color": _COLORS[0]},
    "text": {"color": "var(--ink)", "fontSize": 11},
    "point": {"color": _COLORS[0]},
    "axis": {
        "labelColor": "var(--soft)",
        "labelFontSize": 11,
        "titleColor": "var(--soft)",
        "titleFontSize": 11,
        "titleFontWeight": "normal",
        "gridColor": "var(--line)",
        "domain": False,
        "ticks": False,
        "labelPadding": 6,
    },
    "legend": {"labelColor": "var(--soft)", "titleColor": "var(--soft)", "labelFontSize": 11},
}
_WHOLE = "datum.value >= 1e4 ? format(datum.value, '.3~s') : format(datum.value, ',')"
_FRACTION = "datum.value >= 1e4 ? format(datum.value, '.3~s') : format(datum.value, ',.1f')"
# Below one percent, with one significant digit, so that only zero is shown as zero.
_SHARE = (
    "datum.value >= 0.01 || !datum.value ? format(100 * datum.value, '.1f') + ' %' : "
    "format(100 * datum.value, '.1r') + ' %'"
)
# Pixels of a label and of a point in a scatter plot; a character is at most this wide on average.
_CHARACTER, _LINE, _RADIUS = 6.6, 12.0, 2.0


@dataclass(frozen=True)
class Chart:
    """A chart as SVG, for wide and for narrow pages."""

    wide: Markup
    narrow: Markup


def _round_numbers(low: float, high: float) -> list[float]:
    """Return the powers of ten in a range; if it is small, also 2 and 5 times these."""
    steps = (1,) if high > 1000 * low else (1, 2, 5)
    some = [step * 10.0**power for power in range(-3, 13) for step in steps]
    return [number for number in some if low <= number <= high]


@dataclass(frozen=True)
class LogScale:
    """A logarithmic scale from `low` to `high`, both above 0."""

    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "LogScale":
        """Return a scale with room around these values."""
        return cls(min(values) * 0.75, max(values) * 1.33)

    def at(self, value: float) -> float:
        """Return the position of a value: 0 to 1."""
        return math.log(value / self.low) / math.log(self.high / self.low)

    def value(self, at: float) -> float:
        """Return the value at a position."""
        return self.low * math.exp(at * math.log(self.high / self.low))

    def axis(self, field: str, title: str) -> Spec:
        """Return the encoding of a field."""
        domain = [self.low, self.high]
        return {
            "field": field,
            "type": "quantitative",
            "title": title,
            "scale": {"type": "log", "nice": False, "domain": domain},
            "axis": {"format": "~s", "values": _round_numbers(*domain)},
        }


class Drawer:
    """Draws charts; the ids of their elements are the same whenever the same page is drawn."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def bars(
        self, rows: Sequence[ChartRow], texts: tuple[str, str], *, share: bool = False
    ) -> Chart:
        """Draw a labeled bar for each row (`name`, `value`), also for rows with the same name.

        `share`: values are 0 to 1. `texts`: title and description.
        """
        fractions = any(row["value"] % 1 for row in rows)
        label = _SHARE if share else _FRACTION if fractions else _WHOLE
        names_of = [safe(row["name"]) for row in rows]
        rows = [{"row": number, "value": row["value"]} for number, row in enumerate(rows)]
        most = max((row["value"] for row in rows), default=0) or 1

        def of(width: int, names: int, room: float) -> Spec:
            x = {"field": "value", "type": "quantitative", "axis": None}
            y = {
                "field": "row",
                "type": "ordinal",
                "title": None,
                "axis": {
                    "labelLimit": names,
                    "labelColor": "var(--ink)",
                    "labelExpr": "names[datum.value]",
                },
            }
            scale = {"domain": [0, most * room]}
            return {
                "width": width,
                "height": {"step": 20},
                # Fonts of browsers can be wider than the one that vl-convert measures.
                "padding": {"left": 12, "right": 2, "top": 2, "bottom": 2},
                "params": [{"name": "names", "value": names_of}],
                "data": {"values": rows},
                "encoding": {"x": {**x, "scale": scale}, "y": y},
                "layer": [
                    {"mark": {"type": "bar", "height": 13}},
                    {
                        "mark": {"type": "text", "align": "left", "dx": 5},
                        "transform": [{"calculate": label, "as": "label"}],
                        "encoding": {"text": {"field": "label"}},
                    },
                ],
            }

        return self._both(of(WIDE, 220, 1.1), of(NARROW, 130, 1.3), texts)

    def columns(
        self, rows: Sequence[ChartRow], axis: str, texts: tuple[str, str], *, every: int = 1
    ) -> Chart:
        """Draw a column for each row (`name`, `value`), in order; label one in `every`."""

        def of(width: int, every: int) -> Spec:
            shown = [row["name"] for row in rows[::every]]
            return {
                "width": width,
                "height": 200,
                "data": {"values": [*rows]},
                "mark": {"type": "bar"},
                "encoding": {
                    "x": {
                        "field": "name",
                        "type": "ordinal",
                        "sort": None,
                        "title": axis,
                        "scale": {"paddingInner": 0.15},
                        "axis": {"labelAngle": 0, "values": shown, "grid": False},
                    },
                    "y": {
                        "field": "value",
                        "type": "quantitative",
                        "title": None,
                        "axis": {"format": "~s", "tickCount": 5},
                    },
                },
            }

        return self._both(of(WIDE, every), of(NARROW, every * 2), texts)

    def scatter(
        self, rows: Sequence[ChartRow], axes: tuple[str, str], texts: tuple[str, str]
    ) -> Chart:
        """Draw a point for each row at `x` and `y` on logarithmic scales; both are positive.

        The `name` is written beside the point where it covers no other name and no point; names
        of the first rows are placed first.
        """

        def of(width: int, height: int) -> Spec:
            x, y = (LogScale.of([row[field] for row in rows]) for field in ("x", "y"))
            points = [(width * x.at(row["x"]), height * (1 - y.at(row["y"]))) for row in rows]
            sizes = [(_CHARACTER * len(row["name"]) + 2, _LINE) for row in rows]
            places = place_labels(points, sizes, (width, height), _RADIUS)
            names = [
                {
                    "name": row["name"],
                    "x": x.value(place.center[0] / width),
                    "y": y.value(1 - place.center[1] / height),
                }
                for row, place in zip(rows, places, strict=True)
                if place
            ]
            point = {"type": "point", "filled": True, "opacity": 1, "size": _RADIUS**2 * 4}
            text = {"type": "text", "align": "center", "baseline": "middle", "fontSize": 11}
            return {
                "width": width,
                "height": height,
                "autosize": "pad",
                "encoding": {"x": x.axis("x", axes[0]), "y": y.axis("y", axes[1])},
                "layer": [
                    {"data": {"values": [*rows]}, "mark": point},
                    {
                        "data": {"values": names},
                        "mark": text,
                        "encoding": {"text": {"field": "name"}},
                    },
                ],
            }

        # The rest of the width is that of the axis.
        return self._both(of(WIDE - 56, 340), of(NARROW - 56, 300), texts)

    def kept(self, rows: Sequence[ChartRow], texts: tuple[str, str]) -> Chart:
        """Draw the kept `share` (0 to 1) of each step `name`, with `label` on the right.

        `why`: text below the bar.
        """

        def of(width: int) -> Spec:
            y = {"field": "name", "type": "nominal", "sort": None, "axis": None}
            x = {"type": "quantitative", "axis": None, "scale": {"domain": [0, 1]}}
            bar = {"type": "bar", "height": 12, "yOffset": 1}
            words = {"type": "text", "yOffset": -14, "baseline": "middle", "fontSize": 12}
            below = {"yOffset": 16, "color": "var(--soft)", "fontSize": 11, "limit": 0.85 * width}
            return {
                "width": width - 8,
                "height": {"step": 60},
                "data": {"values": [*rows]},
                "encoding": {"y": y},
                "layer": [
                    {
                        "mark": {**bar, "color": _GREY},
                        "encoding": {"x": {**x, "field": "whole"}},
                    },
                    {"mark": bar, "encoding": {"x": {**x, "field": "share"}}},
                    {
                        "mark": {**words, "align": "left", "x": 0},
                        "encoding": {"text": {"field": "name"}},
                    },
                    {
                        "mark": {**words, "align": "right", "x": "width"},
                        "encoding": {"text": {"field": "label"}},
                    },
                    {
                        "mark": {**words, **below, "align": "left", "x": 0},
                        "encoding": {"text": {"field": "why"}},
                    },
                ],
            }

        rows = [{**row, "whole": 1} for row in rows]
        return self._both(of(WIDE), of(NARROW), texts)

    def _both(self, wide: Spec, narrow: Spec, texts: tuple[str, str]) -> Chart:
        return Chart(self._svg(wide, texts, "wide"), self._svg(narrow, texts, "narrow"))

    def _svg(self, spec: Spec, texts: tuple[str, str], width: str) -> Markup:
        """Return a chart as an HTML element with a title and a description."""
        whole = {"$schema": "https://vega.github.io/schema/vega-lite/v5.json", "config": _CONFIG}
        drawn = vl_convert.vegalite_to_svg({**whole, **safe(spec)}, allowed_base_urls=[])
        number = next(self._numbers)
        # Vega numbers clips and gradients over all charts of the process. Renumbering them by chart
        # makes the page independent of charts drawn before.
        names: dict[str, str] = {}

        def named(match: re.Match[str]) -> str:
            name = names.setdefault(match[2], f"chart{number}-{len(names)}")
            return f"{match[1]}{name}"

        drawn = re.sub(r'(\bid="|url\(#)((?:clip|gradient)[\w]+)', named, drawn)
        head, _, rest = drawn.partition(">")
        box = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', head)
        assert box is not None
        title, description = map(safe, texts)
        label = f"chart{number}-title"
        return Markup(
            f'<svg class="chart {width}" role="img" aria-labelledby="{label} {label}-d" '
            f'viewBox="0 0 {box[1]} {box[2]}" width="{box[1]}" height="{box[2]}">'
            f'<title id="{label}">{escape(title)}</title>'
            f'<desc id="{label}-d">{escape(description)}</desc>{rest}'
        )
