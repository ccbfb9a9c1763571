"""Bar charts of named numbers, with a text of the first ones."""

from collections.abc import Sequence

from cstool.report.html.charts import Chart, Drawer
from cstool.report.html.tables import percent

_SHOWN = 30
_SAID = 5


def bar_chart(
    title: str, values: Sequence[tuple[str, int | float]], draw: Drawer, *, share: bool = False
) -> Chart:
    """Return a chart of the first 30 values; `share`: they are shares, shown as percentages."""
    rows = [{"name": name, "value": value} for name, value in values[:_SHOWN]]
    said = (
        f"{name}: {percent(value) if share else f'{value:,}'}" for name, value in values[:_SAID]
    )
    return draw.bars(rows, (title, ", ".join(said)), share=share)
