"""Mixtures of corpora of which all, or some, are romanized."""

from pathlib import Path

import polars as pl
import pytest

from cstool.execution.options import RunOptions
from cstool.stages.mix.read_recipe import read_recipe
from cstool.stages.mix.stage import MixOptions, mix
from cstool.stages.romanize.stage import RomanizeOptions, romanize
from cstool.stages.shard.stage import ShardOptions, shard
from cstool.storage.manifest import need_stage
from cstool.storage.row_kinds import kind_of

ALONE = RunOptions(jobs=1, quiet=True)


@pytest.mark.parametrize("both", [True, False])
def test_a_mixture_is_romanized_if_all_corpora_are(
    pipeline: Path, tmp_path: Path, both: bool
) -> None:
    romanize(pipeline / "switched", tmp_path / "latin", RomanizeOptions(), ALONE)
    shard([tmp_path / "latin"], tmp_path / "one", ShardOptions(), ALONE)
    second = tmp_path / "latin" if both else pipeline / "switched"
    shard([second], tmp_path / "two", ShardOptions(validation=0), ALONE)
    recipe = '[[stage]]\nname = "all"\n'
    for name, rows in (("one", "switched"), ("two", "source")):
        recipe += f'[[stage.source]]\nfolder = "{name}"\nrows = "{rows}"\n'
    (tmp_path / "recipe.toml").write_text(recipe)
    out = tmp_path / "mixed"
    mix(read_recipe(tmp_path / "recipe.toml"), out, MixOptions(), ALONE)
    for card in (out / "README.md", tmp_path / "one/README.md"):
        assert "written by Ulf Hermjakob" in card.read_text()
    assert kind_of(need_stage(out, "mix")).romanized == both
    columns = pl.scan_parquet(out / "data/*/*.parquet").collect_schema().names()
    assert ("romanized" in columns) == both
    assert columns == kind_of(need_stage(out, "mix")).schema.names
