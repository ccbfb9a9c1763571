"""The dataset card: its YAML, and the commands that made the corpus."""

import os
import re
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from msgspec import structs

from cstool.cards import card_metadata
from cstool.cards.card_citation import citation, methods_section
from cstool.cards.card_commands import commands
from cstool.cards.card_lineage import lineage_section
from cstool.cards.card_metadata import SplitSize
from cstool.cli.main import cstool
from cstool.execution.options import RunOptions
from cstool.formats.corpus_formats import FORMATS
from cstool.stages.shard.dataset_card import CardData, dataset_card
from cstool.stages.switch.options import RECIPES, Recipe, SwitchOptions
from cstool.stages.switch.stage import switch
from cstool.storage.counts import Counts, Tally
from cstool.storage.manifest import Ancestor, Input, Queried, Source, lineage_of, need_stage
from cstool.storage.row_kinds import RowKind
from cstool.storage.statistics import LanguageNumbers
from tests.conftest import Sample
from tests.support import files_of

ENGLISH = Source("enwiki", "en")
QUERIED = Queried("2026-10-01T00:00:00Z", "2026-10-01T01:00:00Z")


def head(card: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(card.split("---\n")[1])
    return found


def ancestor(stage: str, *inputs: str, source: Source | None = ENGLISH, **parameters: Any) -> Any:
    given = [Input(name, 12, "xxh3:0") for name in inputs]
    return Ancestor(stage, "1", parameters, given, Counts(), source)


# ---- YAML ----


def test_the_yaml_has_the_fields_of_the_hub(pipeline: Path) -> None:
    fields = head((pipeline / "corpus/README.md").read_text())
    manifest = need_stage(pipeline / "corpus", "shard")
    folders = sorted(path.name for path in (pipeline / "corpus/data").iterdir())
    assert [one["config_name"] for one in fields["configs"]] == ["all", *folders]
    assert [one["config_name"] for one in fields["dataset_info"]] == ["all", *folders]
    assert fields["license"] == "cc-by-sa-4.0"
    assert fields["size_categories"] == ["1K<n<10K"]
    for info in fields["dataset_info"]:
        folder = f"data/{info['config_name']}/" if info["config_name"] != "all" else "data/"
        parts = [p for p in manifest.parts if p.file.startswith(folder)]
        assert info["download_size"] == sum(p.bytes for p in parts)
        assert sum(s["num_examples"] for s in info["splits"]) == sum(p.rows for p in parts)
        assert info["dataset_size"] == sum(s["num_bytes"] for s in info["splits"])


def test_the_size_in_memory_is_what_datasets_finds(
    pipeline: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    import datasets

    folder = os.fspath(pipeline / "corpus")
    # Told to look anew: what the card says is not taken for granted.
    loaded = datasets.load_dataset(
        "parquet",
        data_files={"train": f"{folder}/data/en/train-*.parquet"},
        cache_dir=os.fspath(tmp_path),
    )
    fields = head((pipeline / "corpus/README.md").read_text())["dataset_info"]
    english = next(one for one in fields if one["config_name"] == "en")["splits"][0]
    assert english["num_examples"] == loaded["train"].num_rows
    found = loaded["train"].info.splits["train"].num_bytes
    assert english["num_bytes"] == pytest.approx(found, rel=0.02)


@pytest.mark.parametrize(
    ("rows", "category"),
    [(999, "n<1K"), (1000, "1K<n<10K"), (10**6, "1M<n<10M"), (231 * 10**6, "100M<n<1B"),
     (2 * 10**9, "1B<n<10B"), (10**11, "n>10B")],
)  # fmt: skip
def test_the_size_s_category_is_one_of_the_hub_s(rows: int, category: str) -> None:
    card = dataset_card({"de": {"train": SplitSize(rows)}}, CardData(FORMATS["cstool"], (ENGLISH,)))
    assert head(card)["size_categories"] == [category]


def test_a_code_that_yaml_reads_as_a_boolean_stays_a_string() -> None:
    splits = {"no": {"train": SplitSize(1)}, "de": {"train": SplitSize(1)}}
    found = head(dataset_card(splits, CardData(FORMATS["cstool"], (ENGLISH,))))
    assert found["language"] == ["nb", "de", "en"]
    assert [one["config_name"] for one in found["configs"]] == ["all", "no", "de"]


def test_the_yaml_does_not_depend_on_libyaml(
    pipeline: Path,
) -> None:
    card = (pipeline / "corpus/README.md").read_text().split("---\n")[1]
    fields = {**head(f"---\n{card}"), "odd": ["no", "a: b", "- c", "", "1e3", "' \" #", "x" * 200]}
    texts = {
        yaml.dump(
            fields, Dumper=dumper, sort_keys=False, allow_unicode=True, width=card_metadata.WIDTH
        )
        for dumper in (yaml.SafeDumper, card_metadata.DUMPER)
    }
    assert len(texts) == 1
    assert texts.pop().startswith(card)


def test_a_language_named_like_the_configuration_of_all_languages_takes_its_place() -> None:
    splits = {"all": {"train": SplitSize(1)}, "de": {"train": SplitSize(1)}}
    card = dataset_card(splits, CardData(FORMATS["cstool"], (ENGLISH,)))
    assert [one["config_name"] for one in head(card)["configs"]] == ["all", "de"]
    assert head(card)["configs"][0]["data_files"][0]["path"] == "data/all/train-*.parquet"
    assert "Without a name" not in card


def test_a_name_with_yaml_syntax_stays_one_line() -> None:
    sources = tuple(Source(f"a: [b] #{number}", "en") for number in range(20))
    card = dataset_card({"de": {"train": SplitSize(1)}}, CardData(FORMATS["cstool"], sources))
    assert (
        head(card)["pretty_name"]
        == f"Code-switched sentences from {', '.join(s.wiki for s in sources)}"
    )
    lines = card.split("\n")
    (name,) = [i for i, line in enumerate(lines) if line.startswith("pretty_name: ")]
    assert lines[name + 1] == "annotations_creators:"


def test_sentence_pairs_are_for_translation() -> None:
    card = dataset_card({"nb": {"train": SplitSize(1)}}, CardData(FORMATS["mt"], (ENGLISH,)))
    assert head(card)["task_categories"] == ["translation"]


# ---- how it was made ----


def test_the_commands_on_the_card_make_the_corpus_again(
    pipeline: Path, sample: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = (pipeline / "corpus/README.md").read_text()
    lines = card.split("The following commands reproduce")[1].split("```")[1].strip().split("\n")
    assert [line.split()[1] for line in lines][-1] == "shard"
    for dump in (sample.pages, sample.wikidata):
        (tmp_path / dump.name).symlink_to(dump)
    monkeypatch.chdir(tmp_path)
    for line in lines:
        arguments = [*shlex.split(line)[1:], "-j", "1", "--quiet"]
        result = CliRunner().invoke(cstool, arguments, catch_exceptions=False)
        assert result.exit_code == 0, line
    assert files_of(tmp_path / "corpus") == files_of(pipeline / "corpus")


def test_commands_have_every_given_option() -> None:
    entities = ancestor("entities", "w.json.gz", source=None, part_size=7,
                        languages=["de"], sites=["enwiki"], only="3 items, xxh3:0")  # fmt: skip
    lines = commands(
        [
            entities,
            ancestor("titles", "entities", "enwiki-20261001-page.sql.gz",
                     "enwiki-20261001-page_props.sql.gz", "enwiki-20261001-redirect.sql.gz",
                     wiki="enwiki"),
            ancestor("extract", "a b.xml", "t.xml", "entities", templates="none",
                     all_sentences=True, rules="0", template_pages=["t.xml"]),
            ancestor("link", "extract", "titles", propagate=True),
            ancestor("switch", "link", "entities", languages=["de", "fr"], seed=3,
                     recipe="entitycs", fit=False, weights={"de": 2.5}, mix=True,
                     types={"asked": ["Q5", "Q515"], "excluded": [], "dates": ["Q577"]}),
        ],
        {"format": "mt", "dedup": "exact"},
        ["xnli.jsonl"],
    )  # fmt: skip
    assert lines == [
        "cstool entities w.json.gz --part-size 7 --languages de --sites enwiki --only QIDS.txt "
        "-o work/entities",
        "cstool titles --wiki enwiki --entities work/entities "
        "--sql-page enwiki-20261001-page.sql.gz --sql-props enwiki-20261001-page_props.sql.gz "
        "--sql-redirect enwiki-20261001-redirect.sql.gz -o work/enwiki/titles",
        "cstool extract 'a b.xml' --template-pages t.xml --entities work/entities --templates none "
        "--all-sentences --templates-file RULES.toml -o work/enwiki/sentences",
        "cstool link work/enwiki/sentences --titles work/enwiki/titles --propagate "
        "-o work/enwiki/linked",
        "cstool switch work/enwiki/linked --entities work/entities --languages de,fr "
        "--language-weights de=2.5 --types Q5,Q515 --exclude-dates --recipe entitycs --seed 3 "
        "--no-fit --mix -o work/enwiki/switched",
        "cstool shard work/enwiki/switched --format mt --dedup exact --decontaminate xnli.jsonl "
        "-o corpus",
    ]


def test_dictionaries_are_in_the_commands_and_have_fingerprints() -> None:
    lineage = [
        ancestor("entities", "wikidata.json.gz", source=None),
        ancestor("extract", "pages.xml.bz2"),
        ancestor("lexicon", "entities", source=None, languages=["de", "en"]),
        ancestor(
            "switch", "extract", "lexicon", "en-de.txt", "words.tsv",
            recipe="cosda", words=["my-lexicon", "en-de.txt", "fr=words.tsv"], word_rate=0.9,
            switch_rate=0.0, words_in_mentions=True, languages=["de", "fr"],
        ),
    ]  # fmt: skip
    made = commands(lineage, {})
    assert made[2] == ("cstool lexicon --entities work/entities --languages de,en -o work/lexicon")
    assert made[3] == (
        "cstool switch work/enwiki/sentences --words work/lexicon --words en-de.txt --words "
        "fr=words.tsv --languages de,fr --recipe cosda --switch-rate 0.0 --word-rate 0.9 "
        "--words-in-mentions -o work/enwiki/switched"
    )
    section = lineage_section(lineage, made)
    for name in ("lexicon", "en-de.txt", "words.tsv"):
        assert f"| {name} | 12 | `xxh3:0` |" in section
    assert "| en-de.txt |  |" not in section  # it is no dump
    assert "CoSDA-ML" in citation({"cosda"}) and "EntityCS" not in citation({"cosda"})
    assert "EntityCS" not in citation({"default"}, names=False)


def test_two_folders_of_one_wiki_have_different_names() -> None:
    one = [ancestor("extract", "a.xml"), ancestor("switch", "link", languages=["de"])]
    lines = commands([*one, *one], {})
    assert lines[2].endswith("-o work/enwiki/sentences-2")
    assert lines[-1] == "cstool shard work/enwiki/switched work/enwiki/switched-2 -o corpus"


def test_the_commands_of_two_wikis_read_the_folders_of_each() -> None:
    lineage = [
        ancestor(stage, *inputs, source=Source(wiki, wiki[:2]))
        for wiki in ("swwiki", "frwiki")
        for stage, *inputs in (["extract", f"{wiki}.xml"], ["link", "extract", "titles"])
    ]
    asked = ancestor("entities", "link", "link", source=None, languages=["de"])
    lineage.append(structs.replace(asked, queried=QUERIED))
    switched = {"languages": ["de"]}
    for wiki in ("swwiki", "frwiki"):
        source = Source(wiki, wiki[:2])
        lineage.append(ancestor("switch", "link", "entities", source=source, **switched))
    lines = commands(lineage, {})
    linked = [f"work/{wiki}/linked" for wiki in ("swwiki", "frwiki")]
    assert lines[4] == f"cstool entities --live {' '.join(linked)} --languages de -o work/entities"
    assert [line.split()[2] for line in lines[5:7]] == linked


def test_the_card_promises_the_same_bytes_only_if_no_server_was_asked() -> None:
    extract = ancestor("extract", "enwiki-20261001-pages.xml.bz2")
    entities = ancestor("entities", "link", source=None, api="https://x.y/w/api.php")
    asked = structs.replace(entities, queried=QUERIED)
    splits = {"de": {"train": SplitSize(1)}}
    for lineage, promised in (((extract,), True), ((extract, asked), False)):
        facts = replace(CardData(FORMATS["cstool"], (ENGLISH,)), lineage=lineage)
        card = dataset_card(splits, facts)
        assert ("commands reproduce the corpus byte for byte" in card) == promised
        assert ("a later run can\ngive other labels" in card) != promised


def test_the_card_has_dropped_counts_and_dates_of_dumps() -> None:
    extract = ancestor("extract", "enwiki-20261001-pages.xml.bz2")
    extract.counts.tallies["sentences"] = Tally(1500, 1400, {"hole": 60, "no mention": 40})
    facts = replace(CardData(FORMATS["cstool"], (ENGLISH,)), lineage=(extract,))
    card = dataset_card({"de": {"train": SplitSize(1)}}, facts)
    assert "| enwiki-20261001-pages.xml.bz2 | 2026-10-01 | 12 | `xxh3:0` |" in card
    wanted = "| extract enwiki | sentences | 1,500 | 1,400 | hole (60), no mention (40) |"
    assert wanted in card


def test_the_card_has_the_kind_the_date_and_the_address_of_each_edition() -> None:
    names = ["swwiki-2026-10-01-p1p99.xml.bz2", "swwiki-2026-10-01-p100p200.xml.bz2", "mine.xml"]
    lineage = (
        ancestor("entities", "wikidata-20260922-all.json.bz2"),
        ancestor("titles", "swwiki-20261001-page.sql.gz", wiki="swwiki"),
        ancestor("extract", *names),
        ancestor("extract", "enwiki-20261001-pages-articles-multistream1.xml-p1p41242.bz2"),
    )
    facts = replace(CardData(FORMATS["cstool"], (ENGLISH,)), lineage=lineage)
    card = dataset_card({"de": {"train": SplitSize(1)}}, facts)
    assert f"| {names[0]} | 2026-10-01 | 12 |" in card
    server = "https://dumps.wikimedia.org"
    content = f"{server}/other/mediawiki_content_current/swwiki/2026-10-01/"
    wanted = [
        f"- wikidata, 2026-09-22: entity dump, <{server}/wikidatawiki/entities/>",
        f"- swwiki, 2026-10-01: SQL tables, <{server}/swwiki/20261001/>",
        f"- swwiki, 2026-10-01: MediaWiki Content File Export, <{content}>",
        f"- enwiki, 2026-10-01: XML dump, <{server}/enwiki/20261001/>",
    ]
    assert "\n".join(["names at:", "", *wanted, "", "A fingerprint"]) in card


def test_the_card_has_the_origins_of_the_names_of_a_language() -> None:
    numbers = {
        "mg": LanguageNumbers({"train": 3}, origins={"fallback": 3, "label": 1}),
        "en": LanguageNumbers({"train": 2}, source_rows=2),
    }
    splits = {"mg": {"train": SplitSize(3)}, "en": {"train": SplitSize(2)}}
    card = dataset_card(splits, CardData(FORMATS["cstool"], (ENGLISH,), numbers=numbers))
    assert "| language | label | fallback |\n|---|---:|---:|\n| mg | 25.0% | 75.0% |\n\n" in card
    assert "contains 3 switched + 2 source sentences in 2\nlanguages" in card


@pytest.mark.parametrize(
    ("recipe", "given"),
    [
        ("entitycs", {}),
        ("leia", {"passes": 2}),
        ("syncs-annotate", {}),
        ("default", {"style": "annotate", "side": "left", "anchors": "all", "prose": False}),
        ("default", {"open": "<x>", "close": " ", "bounds": (("more_than_characters", 9),)}),
    ],
)
def test_the_commands_of_a_recipe_make_its_rows_again(
    pipeline: Path, tmp_path: Path, recipe: Recipe, given: dict[str, Any]
) -> None:
    quiet = RunOptions(jobs=1, quiet=True)
    options = SwitchOptions.of(recipe, languages="de,fr,ja", **given)
    first = switch(pipeline / "linked", pipeline / "entities", tmp_path / "1", options, quiet)
    [line] = [c for c in commands(lineage_of([tmp_path / "1"]), {}) if " switch " in c]
    words = shlex.split(line)
    others = words[words.index("--languages") :]
    others[-1] = str(tmp_path / "2")
    arguments = [pipeline / "linked", "--entities", pipeline / "entities", *others, "--quiet"]
    result = CliRunner().invoke(cstool, ["switch", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0
    assert need_stage(tmp_path / "2", "switch") == first


def test_a_corpus_in_one_language_is_in_one_language() -> None:
    card = dataset_card({"de": {"train": SplitSize(2)}}, CardData(FORMATS["cstool"], (ENGLISH,)))
    assert " in 1\nlanguage. " in card


def test_the_card_names_the_paper_of_each_recipe() -> None:
    assert "Yamada and Ri 2024" in methods_section({"leia"}, RowKind("page", "annotate"))
    assert methods_section({"default"}, RowKind("page", "annotate")) == ""
    assert "EntityCS" in methods_section({"entitycs"}, RowKind())
    papers = [*re.findall(r"@inproceedings\{([^,]*)", citation({"leia", "syncs-replace"}))]
    assert papers == ["yamada-ri-2024-leia", "wang-etal-2025-investigating-scaling"]


def test_every_recipe_has_a_paper() -> None:
    for recipe in RECIPES:
        assert "@inproceedings" in citation({recipe})
