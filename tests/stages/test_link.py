"""Mentions → QIDs."""

from pathlib import Path

import polars as pl
import pytest

from cstool.parts.manifest import need_stage
from cstool.running.errors import InputError
from cstool.running.options import RunOptions
from cstool.stages.link import link
from tests.support import rows_of


def test_each_mention_has_the_qid_of_its_title_or_null(pipeline: Path) -> None:
    table = dict(rows_of(pipeline / "titles").select("title", "qid").iter_rows())
    for row in rows_of(pipeline / "linked").to_dicts():
        for mention in row["mentions"]:
            assert mention["qid"] == table.get(mention["target"])


def test_nothing_else_is_changed(pipeline: Path) -> None:
    before, after = rows_of(pipeline / "sentences"), rows_of(pipeline / "linked")
    without_qid = pl.col("mentions").list.eval(
        pl.struct(*(pl.element().struct.field(f) for f in ("start", "end", "target")))
    )
    assert after.with_columns(without_qid).equals(before)


def test_linked_and_unlinked_mentions_are_counted(pipeline: Path) -> None:
    counts = need_stage(pipeline / "linked", "link").counts
    numbers = counts.details["mentions by link"]
    assert sum(numbers.values()) == counts.tallies["mentions"].read
    assert numbers["linked"] > 900


def test_redirects_are_followed(pipeline: Path) -> None:
    mentions = rows_of(pipeline / "linked").explode("mentions").unnest("mentions")
    qids = dict(mentions.select("target", "qid").iter_rows())
    assert qids["Donau"] == qids["Danube"] == 1653


@pytest.mark.parametrize(
    ("sentences", "titles"),
    [("linked", "titles"), ("sentences", "entities"), ("nothing", "titles")],
)
def test_other_folders_are_refused(
    pipeline: Path, tmp_path: Path, sentences: str, titles: str
) -> None:
    with pytest.raises(InputError, match="cstool"):
        link(pipeline / sentences, pipeline / titles, tmp_path / "out", RunOptions(jobs=1))
    assert not (tmp_path / "out").exists()
