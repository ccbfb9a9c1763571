"""The structure of the page: sections that contain figures."""

from collections.abc import Sequence
from dataclasses import dataclass

from cstool.report.html.charts import Chart
from cstool.report.html.tables import HtmlTable


@dataclass(frozen=True)
class Figure:
    """A chart with the table of its data, or a table only. `folded`: the table is closed at first.

    A table below a chart always is.
    """

    title: str
    text: str
    table: HtmlTable
    chart: Chart | None = None
    folded: bool = False


@dataclass(frozen=True)
class Section:
    """A section of the page. `id`: the id of its HTML element."""

    id: str
    title: str
    text: str
    figures: Sequence[Figure]
