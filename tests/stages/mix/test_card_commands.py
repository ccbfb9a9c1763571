"""The commands on the card of a mixture, which make it again from the dumps."""

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from cstool.cards.card_commands import made_folders, mix_command
from cstool.cli.main import cstool
from cstool.storage.counts import Counts
from cstool.storage.manifest import Ancestor, Input, Source
from tests.conftest import Sample
from tests.support import files_of

RECIPE = """
seed = 5
[[stage]]
name = "annotated"
budget = 2000
  [[stage.source]]
  folder = "annotated"
  rows = "switched"
[[stage]]
name = "side-by-side"
  [[stage.source]]
  folder = "pairs"
  name = "pages"
"""


def run(*arguments: object) -> None:
    words = [*map(str, arguments), "-j", "1", "--quiet"]
    assert CliRunner().invoke(cstool, words, catch_exceptions=False).exit_code == 0, words


def test_they_make_the_mixture_again(
    sample: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = tmp_path / "first"
    first.mkdir()
    monkeypatch.chdir(first)
    run("entities", sample.wikidata, "-o", "entities")
    for wiki, dump in (("swwiki", sample.swahili), ("jawiki", sample.japanese)):
        run("titles", "--wiki", wiki, "--entities", "entities", "--pages", dump, "-o", f"t/{wiki}")
        run("extract", dump, "--unit", "page", "--all-sentences", "-o", f"p/{wiki}")
    run("link", "p/swwiki", "--titles", "t/swwiki", "-o", "linked")
    run("switch", "linked", "--entities", "entities", "--recipe", "leia", "-o", "switched")
    run("shard", "switched", "--validation", "5", "-o", "annotated")
    run("pair", "p/swwiki", "p/jawiki", "--titles", "t/swwiki", "--titles", "t/jawiki",
        "--order", "ja", "--window", "400", "-o", "pairs")  # fmt: skip
    Path("recipe.toml").write_text(RECIPE)
    run("mix", "recipe.toml", "-o", "mixture")
    card = Path("mixture/README.md").read_text()

    again = tmp_path / "again"
    again.mkdir()
    monkeypatch.chdir(again)
    for path in (sample.wikidata, sample.swahili, sample.japanese):
        Path(path.name).symlink_to(path)
    [recipe] = re.findall(r"```toml\n(.*?)```", card, re.DOTALL)
    Path("recipe.toml").write_text(recipe)
    lines = card.split("commands reproduce")[1].split("```")[1].strip().split("\n")
    assert lines[-1] == "cstool mix recipe.toml -o mixture"
    for line in lines:
        run(*shlex.split(line)[1:])
    assert files_of(again / "mixture") == files_of(first / "mixture")


def ancestor(stage: str, *inputs: str, wiki: str = "", **parameters: object) -> Ancestor:
    given = [Input(name, 12, "xxh3:0") for name in inputs]
    source = Source(wiki, wiki[:2]) if wiki else None
    return Ancestor(stage, "1", parameters, given, Counts(), source)


def test_a_corpus_and_pairs_read_the_folders_before_them() -> None:
    lineage = [
        ancestor("extract", "en.xml", wiki="enwiki", unit="page"),
        ancestor("titles", "entities", "en.xml", wiki="enwiki"),
        ancestor("extract", "ja.xml", wiki="jawiki"),
        ancestor("titles", "entities", "ja.xml", wiki="jawiki"),
        ancestor("pair", "extract", "extract", "titles", "titles", order=["ja", "en"], window=99),
        ancestor("switch", "link", "entities", wiki="jawiki", languages=["de"]),
        ancestor("shard", "switch", "xnli.jsonl", dedup="exact"),
        ancestor("switch", "link", "entities", wiki="enwiki", languages=["de"]),
        ancestor("shard", "switch"),
    ]
    for one in (lineage[1], lineage[3]):
        one.parameters["wiki"] = one.source.wiki if one.source else ""
    made = made_folders(lineage)
    assert [one.command for one in made if one.stage.stage in ("pair", "shard")] == [
        "cstool pair work/enwiki/sentences work/jawiki/sentences --titles work/enwiki/titles "
        "--titles work/jawiki/titles --order ja,en --window 99 -o work/pairs",
        "cstool shard work/jawiki/switched --dedup exact --decontaminate xnli.jsonl -o work/corpus",
        "cstool shard work/enwiki/switched -o work/corpus-2",
    ]


def test_the_command_has_the_tokenizer_only_if_the_recipe_lacks_it() -> None:
    tokens = {"format": "tokens", "pack": 64, "tokenizers": "1", "document_end": "</s>"}
    assert mix_command({"count": "words", **tokens}) == (
        "cstool mix recipe.toml --format tokens --pack 64 --tokenizer tokenizer.json "
        "--document-end '</s>' -o mixture"
    )
    assert mix_command({"count": "tokens", **tokens}) == (
        "cstool mix recipe.toml --format tokens --pack 64 -o mixture"
    )
