"""`make mix-leia`, `mix-crossic-pt`, `mix-cscl`: training sets by the recipes of the pipeline."""

import re
from pathlib import Path

import polars as pl
import pytest

from scripts.train.train_tokenizer import trained
from tests.conftest import ROOT
from tests.support import files_of
from tests.test_make import project, refused, run, stages
from tests.test_make_documents import dumps, goals

__all__ = ["dumps"]

RECIPES = ROOT / "cstool/pipeline/recipes"
ALL = ["mix-leia", "mix-crossic-pt", "mix-crossic-pt-control", "mix-cscl"]
NAMES = [goal.removeprefix("mix-") for goal in ALL]


def rows(mixture: Path) -> pl.DataFrame:
    """Return the rows of a mixture, stage by stage."""
    return pl.concat([pl.read_parquet(file) for file in sorted(mixture.glob("data/*/*.parquet"))])


def plan_of(command: list[str]) -> list[str]:
    """Return the stages that make would run; of `mix`, the names of the recipes."""
    words = [line.split() for line in run([*command, "-n"]).splitlines() if "/cstool " in line]
    return [Path(line[2]).stem if line[1] == "mix" else line[1] for line in words]


def test_mixtures_are_made_once_and_again_if_their_options_change(tmp_path: Path) -> None:
    every = goals(tmp_path, *ALL, "-j2")
    plan = plan_of(every)
    assert sorted(plan) == sorted([
        "download", "entities", "extract", "extract", "link", "pair", "pair", "pair", "shard",
        "shard", "switch", "switch", "titles", "titles", *NAMES,
    ])  # fmt: skip
    assert len(stages(run(every))) == len(plan)
    assert stages(run(every)) == []
    work = tmp_path / "work"
    leia = rows(work / "mixtures/leia")
    assert {*leia["corpus"]} == {"annotated"} and {*leia["source_language"]} == {"sw"}
    assert leia["text"].str.contains("<translate>").any()
    paired = rows(work / "mixtures/crossic-pt")
    assert {*paired["language"]} == {"en+sw"}
    apart = rows(work / "mixtures/crossic-pt-control")
    assert {*apart["language"]} == {"en", "sw"}
    staged = rows(work / "mixtures/cscl")
    assert [*dict.fromkeys(staged["stage"])] == sorted({*staged["stage"]})
    # Only what depends on changed options is made again, and not without being told.
    assert plan_of([*every, "WINDOW=50"]) == ["pair", "crossic-pt", "pair", "crossic-pt-control"]
    assert plan_of([*every, "SHORT_WINDOW=50"]) == ["pair", "cscl"]
    assert plan_of([*every, "REPLACE=--no-fit"]) == ["switch", "shard", "cscl"]
    assert plan_of([*every, "LEIA=--seed 7"]) == ["switch", "shard", "leia"]
    # The dumps may be removed.
    for path in (tmp_path / "dumps").iterdir():
        path.unlink()
    assert plan_of([*every, "FORMAT=jsonl"]) == NAMES
    assert "--overwrite" in refused([*every, "REPLACE=--seed 7"])


def test_a_goal_makes_only_what_its_recipe_reads(tmp_path: Path) -> None:
    plan = run(goals(tmp_path, "mix-leia", "-n"))
    assert "swwiki/pages" in plan and "enwiki" not in plan and " pair " not in plan
    plan = run(goals(tmp_path, "mix-crossic-pt", "TITLES_FROM=sql", "-n"))
    assert "cstool entities" not in plan and "--wikidata" not in plan
    assert plan_of(goals(tmp_path, "mix-crossic-pt"))[-2:] == ["pair", "crossic-pt"]
    wanted = "mix-cscl needs a wiki in another language than English"
    assert wanted in refused(goals(tmp_path, "mix-cscl", "WIKI=enwiki"))
    wanted = "mix-crossic-pt needs two or more wikis"
    assert wanted in refused(goals(tmp_path, "mix-crossic-pt", "WIKI=swwiki"))


def test_formats_with_tokens_have_a_tokenizer_sequences_and_folders_of_their_own(
    tmp_path: Path,
) -> None:
    every = goals(tmp_path, *ALL)
    assert "TOKENIZER=: give the path" in refused([*every, "FORMAT=tokens"])
    assert "FORMAT=parquet: give cstool, jsonl" in refused([*every, "FORMAT=parquet"])
    packs = {
        "tokens": ["--pack 4096 --whole-samples"] * 2 + ["--pack 4096", "--pack 2048"],
        # Megatron-LM joins and cuts documents.
        "megatron": ["--pack 4096 --whole-samples"] * 2,
    }
    for form, expected in packs.items():
        told = run([*every, "-n", f"FORMAT={form}", "TOKENIZER=t.json"])
        mixed = re.findall(r"recipes/(\S+)\.toml .*/mixtures/(\S+) ", told)
        assert sorted(mixed) == sorted((name, f"{name}-{form}") for name in NAMES)
        found = re.findall(r"recipes/(\S+)\.toml .*(--pack.*\S) +--quiet", told)
        assert [options for _, options in sorted(found)] == expected
    run([*every, "mix-leia"])
    tokenizer = tmp_path / "tokenizer.json"
    marks = ["<translate>", "</translate>"]
    trained(tmp_path / "work/mixtures/leia", 200, marks).save(str(tokenizer))
    tokens = goals(tmp_path, "mix-leia", "FORMAT=tokens", f"TOKENIZER={tokenizer}", "PACK=64")
    assert plan_of(tokens) == ["leia"]
    run(tokens)
    assert rows(tmp_path / "work/mixtures/leia-tokens")["input_ids"].list.len().max() == 64
    assert stages(run(tokens)) == []
    assert plan_of([*tokens, "PACK=32"]) == ["leia"]


def test_a_folder_of_cstool_init_gives_the_mixtures_of_a_clone_and_takes_other_recipes(
    tmp_path: Path,
) -> None:
    run(goals(tmp_path, "mix-leia"))
    folder = tmp_path / "project"
    command = project(folder, "--wiki", "swwiki", "--date", "20261001")
    (folder / "dumps").symlink_to(tmp_path / "dumps")
    run(command("mix-leia"))
    mixture = folder / "work/20261001/mixtures/leia"
    assert files_of(mixture) == files_of(tmp_path / "work/mixtures/leia")
    (folder / "own").mkdir()
    recipe = (RECIPES / "leia.toml").read_text("utf-8").replace("seed = 0", "seed = 1")
    (folder / "own/leia.toml").write_text(recipe, "utf-8")
    assert plan_of(command("mix-leia", "RECIPES=own")) == ["leia"]


@pytest.mark.parametrize("name", ["leia", "crossic-pt", "cscl"])
def test_the_documentation_shows_the_recipes(name: str) -> None:
    page = (ROOT / "docs/recipes.md").read_text("utf-8")
    recipe = (RECIPES / f"{name}.toml").read_text("utf-8")
    # Their comments are the text of the section.
    assert f"```toml\n{recipe[recipe.index('seed = ') :]}```\n" in page
