"""What the page is made of: sections, and in them figures."""

from collections.abc import Sequence
from dataclasses import dataclass

from cstool.report.html.charts import Chart
from cstool.report.html.tables import HtmlTable


@dataclass(frozen=True)
class Figure:
    """Something to look at: a chart, and the table behind it; or a table alone."""

    title: str
    text: str
    table: HtmlTable
    chart: Chart | None = None


@dataclass(frozen=True)
class Section:
    """A part of the page. `id` is its place in it."""

    id: str
    title: str
    text: str
    figures: Sequence[Figure]
