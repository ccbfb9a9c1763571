"""Mixtures of corpora and pairs."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import zstandard

from cstool.errors import Stopped, Unfinished
from cstool.execution.options import RunOptions
from cstool.formats.corpus_formats import FormatName
from cstool.formats.encode_texts import TextEncoder, TokenLists
from cstool.formats.format_options import FormatOptions
from cstool.stages.mix.recipe import MixRecipe, StageRecipe
from cstool.stages.mix.stage import MixOptions, mix
from cstool.storage.mixture import Mixture, read_mixture
from cstool.storage.row_kinds import RowKind
from tests.stages.mix.mixtures import (
    QUIET,
    corpus,
    make,
    page_corpus,
    pairs,
    recipe,
    rows_of,
    sentences,
    source,
)
from tests.stages.shard.documents import Document
from tests.stages.shard.switched import Sentence
from tests.support import files_of


def words(rows: pl.DataFrame) -> int:
    """Return the number of words: of Latin letters, with spaces between them."""
    return int(rows["text"].str.count_matches(r"\S*[A-Za-z]\S*").sum())


def documents(first: int, number: int, **of: Any) -> list[Document]:
    """Return pages of two paragraphs."""
    return [
        Document(i, [[f"page {i} is short."], [f"It has {i} words."]], **of)
        for i in range(first, first + number)
    ]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two corpora of sentences, which share 30 of them; tests only read them."""
    folder = tmp_path_factory.mktemp("corpora")
    corpus(folder / "one", sentences(90))
    corpus(folder / "two", sentences(90, first=60), wiki="simplewiki")
    return folder


@pytest.fixture(scope="module")
def documents_and_pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of pages, some of them held out, and pairs of the same pages; only read."""
    folder = tmp_path_factory.mktemp("documents")
    page_corpus(folder / "pages", documents(1, 40), validation=5)
    pairs(folder, 30, window=20)
    return folder


def test_a_stage_without_budgets_has_all_rows_with_their_corpus_and_stage(folders: Path) -> None:
    out = folders / "all"
    manifest, rows = make(recipe([source(folders / "one")], dedup="none"), out)
    whole = pl.read_parquet(folders / "one/data/*/*.parquet")
    key = ["id", "language"]
    assert rows.drop("corpus", "stage").sort(key).equals(whole.sort(key))
    assert rows.columns[-2:] == ["corpus", "stage"]
    assert rows.select("corpus", "stage").unique().rows() == [("one", 1)]
    assert manifest.counts.tallies["rows"].dropped == {}
    assert manifest.counts.details["words by corpus"] == {"one": words(whole)}
    assert rows["id"].to_list() != whole["id"].to_list()


def test_files_of_a_stage_are_in_a_folder_of_its_number_and_name(folders: Path) -> None:
    of = recipe([source(folders / "one")], [source(folders / "two")])
    manifest, rows = make(of, folders / "files", rows_per_shard=100)
    files = [part.file for part in manifest.parts if part.file.startswith("data/")]
    assert files[0] == "data/1-s1/train-00000-of-00003.parquet"
    assert [stage.files for stage in read_mixture(folders / "files").stages] == [3, 2]
    assert rows["stage"].is_sorted()
    for path in (folders / "files/data").iterdir():
        assert len(pl.read_parquet(path / "*.parquet")["stage"].unique()) == 1


def test_shares_are_kept_within_a_row_of_each_language(folders: Path) -> None:
    of = recipe([source(folders / "one", share=0.75), source(folders / "two", share=0.25)])
    _, rows = make(replace(of, dedup="none"), folders / "shares")
    by_corpus = {str(name): words(rows) for (name,), rows in rows.group_by("corpus")}
    longest = max(len(text.split()) for text in rows["text"])
    assert abs(by_corpus["one"] - 3 * by_corpus["two"]) <= 3 * 3 * longest
    # All of the first one is used, and a third of that of the second one.
    assert by_corpus["one"] == words(pl.read_parquet(folders / "one/data/*/*.parquet"))


def test_a_budget_is_not_exceeded_and_a_larger_one_selects_more_of_the_same(folders: Path) -> None:
    kept: set[tuple[int, str]] = set()
    for budget in (50, 200, 400):
        of = recipe([source(folders / "one", budget=budget)])
        manifest, rows = make(of, folders / f"budget-{budget}")
        assert budget - 3 * 8 < words(rows) <= budget
        now = set(rows.select("id", "language").rows())
        assert kept < now
        kept = now
        tally = manifest.counts.tallies["rows"]
        assert tally.dropped == {"over the budget": 270 - len(rows)}


def test_another_seed_selects_and_orders_other_rows(folders: Path) -> None:
    of = recipe([source(folders / "one", budget=300)])
    seen = [
        make(replace(of, seed=seed), folders / f"seed-{seed}")[1]["id"].to_list() for seed in (0, 1)
    ]
    assert set(seen[0]) != set(seen[1])


def test_a_text_is_used_once_by_the_first_source(folders: Path) -> None:
    of = recipe([source(folders / "one"), source(folders / "two")])
    manifest, rows = make(of, folders / "once")
    assert rows["text"].is_unique().all()
    assert Counter(rows["corpus"]) == {"one": 270, "two": 180}
    assert manifest.counts.tallies["rows"].dropped == {"duplicate text": 90}
    both, _ = make(replace(of, dedup="none"), folders / "twice")
    assert both.counts.tallies["rows"].written == 540


def test_a_later_stage_may_use_what_a_budget_left_out(folders: Path) -> None:
    first = StageRecipe("first", (source(folders / "one"),), 300, line=2)
    of = recipe(first, [source(folders / "one")])
    manifest, rows = make(of, folders / "left")
    assert sorted(rows["text"]) == sorted(pl.read_parquet(folders / "one/data/*/*")["text"])
    used = rows.filter(pl.col("stage") == 1).height
    assert manifest.counts.tallies["rows"].read == 540
    assert manifest.counts.tallies["rows"].dropped == {
        "over the budget": 270 - used,
        "duplicate text": used,
    }


def test_languages_and_kinds_of_rows_can_be_chosen(folders: Path) -> None:
    one = folders / "one"
    of = recipe([source(one, rows="source"), source(one, "switched", rows="switched",
                 languages=("de",))])  # fmt: skip
    manifest, rows = make(of, folders / "chosen")
    assert Counter(rows.select("corpus", "language").rows()) == {
        ("one", "en"): 90,
        ("switched", "de"): 90,
    }
    assert manifest.counts.tallies["rows"].dropped == {"not chosen by language or rows": 360}


def test_smoothing_gives_each_language_as_much_of_a_budget(tmp_path: Path) -> None:
    rows = [Sentence(i, f"text {i}", ("de", "fr") if i % 4 == 0 else ("de",)) for i in range(1, 80)]
    one = corpus(tmp_path / "one", rows)
    _, made = make(recipe([source(one, budget=90, smoothing=0.0)]), tmp_path / "out")
    sizes = {code: words(its) for (code,), its in made.group_by("language")}
    assert sizes == {"en": 30, "de": 30, "fr": 30}


def test_pages_held_out_by_a_corpus_are_not_in_the_mixture_nor_in_pairs(
    documents_and_pairs: Path,
) -> None:
    folder = documents_and_pairs
    held = set(pl.read_parquet(folder / "pages/data/*/validation-*")["page_id"])
    assert held
    of = recipe([source(folder / "pages")], [source(folder / "pairs")])
    manifest, rows = make(of, folder / "held")
    assert not held & set(rows.filter(pl.col("corpus") == "pages")["page_id"])
    assert not {f"en {page} " for page in held} & {text[:5] for text in rows["text"]}
    whole, both = make(recipe([source(folder / "pairs")]), folder / "pairs-only")
    dropped = manifest.counts.tallies["rows"].dropped
    assert dropped == {"page held out for validation": len(both) - rows["stage"].value_counts()
                       .filter(pl.col("stage") == 2)["count"].item()}  # fmt: skip
    assert whole.counts.tallies["rows"].dropped == {}


def test_a_corpus_of_one_pass_has_pass_0_beside_others(tmp_path: Path) -> None:
    one = page_corpus(tmp_path / "one", documents(1, 6))
    many = page_corpus(tmp_path / "many", documents(10, 6), kind=RowKind("page", passes=2))
    _, rows = make(recipe([source(one), source(many)]), tmp_path / "out")
    assert rows.columns[9:] == ["pass", "sentences", "gaps", "corpus", "stage"]
    assert set(rows.filter(pl.col("corpus") == "one")["pass"]) == {0}
    assert set(rows.filter(pl.col("corpus") == "many")["pass"]) == {0, 1}


def test_the_numbers_of_a_mixture_are_those_of_its_rows(folders: Path) -> None:
    of = recipe([source(folders / "one", share=0.5), source(folders / "two", share=0.5)],
                [source(folders / "two")])  # fmt: skip
    manifest, rows = make(of, folders / "numbers")
    mixture = read_mixture(folders / "numbers")
    key = ["stage", "corpus", "language"]
    by_key = dict(rows.group_by(key))
    for one in mixture.numbers:
        its = by_key.get((one.stage, one.corpus, one.language), rows.clear())
        switched = its.filter(pl.col("language") != pl.col("source_language"))
        assert (one.rows, one.size, one.bytes) == (
            len(its),
            words(its),
            int(its["text"].str.len_bytes().sum()),
        )
        assert (one.switched_rows, one.switched_size) == (len(switched), words(switched))
    assert sum(one.rows for one in mixture.numbers) == len(rows)
    details = manifest.counts.details
    assert details["words by stage"] == {
        f"{number}-s{number}": words(rows.filter(pl.col("stage") == number)) for number in (1, 2)
    }
    assert sum(details["rows by corpus"].values()) == len(rows)
    assert _read(mixture) == manifest.counts.tallies["rows"].read == 810


def _read(mixture: Mixture) -> int:
    return sum(one.rows + sum(one.dropped.values()) for one in mixture.numbers)


def test_attribution_has_the_pages_of_all_folders_once(
    folders: Path, documents_and_pairs: Path
) -> None:
    make(recipe([source(folders / "one"), source(folders / "two")]), folders / "pages")
    lines = _attribution(folders / "pages")
    assert lines[0] == "wiki\tpage_id\trevision_id\ttitle"
    assert len(set(lines)) == len(lines) == 1 + 30 + 30
    folder = documents_and_pairs
    make(recipe([source(folder / "pages"), source(folder / "pairs")]), folder / "attributed")
    found = _attribution(folder / "attributed")
    # The revisions of enwiki's pages are the same, and so are its lines.
    assert len(found) == 1 + 40 + 30
    assert found[-1].startswith("jawiki\t")


def _attribution(out: Path) -> list[str]:
    with zstandard.open(out / "attribution.tsv.zst", "rb") as file:
        return str(file.read(), "utf-8").splitlines()


def mixed(folder: Path) -> MixRecipe:
    """Return a recipe of three stages, with budgets, shares and duplicates."""
    one, two = folder / "one", folder / "two"
    return recipe(
        StageRecipe("first", (source(one, share=0.6), source(two, share=0.4)), 500, line=2),
        [source(one, budget=200, smoothing=0.3), source(two, rows="source")],
        [source(one), source(two)],
        seed=7,
    )


@pytest.mark.parametrize(
    "running",
    [RunOptions(jobs=2, quiet=True), RunOptions(jobs=2, quiet=True, scheduler="local")],
    ids=["workers", "dask"],
)
def test_the_number_of_workers_does_not_change_a_byte(
    folders: Path, tmp_path: Path, running: RunOptions
) -> None:
    for name, its in (("one", QUIET), ("other", running)):
        make(mixed(folders), tmp_path / name, running=its, rows_per_shard=50)
    assert files_of(tmp_path / "one") == files_of(tmp_path / "other")


def test_array_tasks_make_the_same_bytes(folders: Path, tmp_path: Path) -> None:
    make(mixed(folders), tmp_path / "whole", rows_per_shard=50)
    for _ in range(12):  # at least as many as there are steps
        for task in (1, 2):
            with pytest.raises(Unfinished):
                make(mixed(folders), tmp_path / "tasks", rows_per_shard=50,
                     running=replace(QUIET, array_task=(task, 2)))  # fmt: skip
    make(mixed(folders), tmp_path / "tasks", rows_per_shard=50)
    assert files_of(tmp_path / "tasks") == files_of(tmp_path / "whole")


@pytest.mark.parametrize(
    ("function", "call"),
    [
        ("count.groups_of", 5),
        ("choose.kinds_of", 3),
        ("choose._ranges", 1),
        ("choose._sums", 2),
        ("shuffle.groups_of", 2),
        ("shuffle.merge_segments", 1),
        ("shuffle.merge_segments", 4),
    ],
)
def test_a_stopped_run_is_resumed_with_the_same_bytes(
    folders: Path, tmp_path: Path, function: str, call: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = iter(range(1000))
    module, name = function.split(".")
    original = getattr(import_module(f"cstool.stages.mix.{module}"), name)

    def stopping(*args: Any) -> Any:
        if next(calls) == call:
            raise KeyboardInterrupt
        return original(*args)

    monkeypatch.setattr(f"cstool.stages.mix.{function}", stopping)
    with pytest.raises(Stopped, match="run the same command again"):
        make(mixed(folders), tmp_path / "resumed", rows_per_shard=50)
    monkeypatch.undo()
    make(mixed(folders), tmp_path / "resumed", rows_per_shard=50)
    make(mixed(folders), tmp_path / "whole", rows_per_shard=50)
    assert files_of(tmp_path / "resumed") == files_of(tmp_path / "whole")


def test_many_buckets_choose_the_same_rows_as_one(
    folders: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, one = make(mixed(folders), tmp_path / "one")
    monkeypatch.setattr("cstool.stages.mix.select_rows._ROWS_A_BUCKET", 25)
    _, many = make(mixed(folders), tmp_path / "many")
    assert many.equals(one)


def test_the_parts_of_a_corpus_do_not_change_the_mixture(tmp_path: Path) -> None:
    made = []
    for name, rows in (("few", 1000), ("many", 10)):
        one = corpus(tmp_path / name, sentences(60), rows_per_shard=rows)
        of = recipe([source(one, "c", budget=300, smoothing=0.5)])
        made.append(make(of, tmp_path / f"out-{name}")[1])
    assert made[0].equals(made[1])


def test_the_same_command_again_does_nothing(folders: Path, tmp_path: Path) -> None:
    first, _ = make(mixed(folders), tmp_path / "out")
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.parquet")}
    again, _ = make(mixed(folders), tmp_path / "out")
    assert again == first
    assert times == {p: p.stat().st_mtime_ns for p in (tmp_path / "out").rglob("*.parquet")}


def test_json_lines_have_the_same_rows_in_the_same_order(folders: Path, tmp_path: Path) -> None:
    _, rows = make(mixed(folders), tmp_path / "parquet", rows_per_shard=50)
    mix(mixed(folders), tmp_path / "lines", MixOptions(50, "jsonl"), QUIET)
    files = sorted((tmp_path / "lines/data").rglob("*-of-*"))
    texts = [t for path in files for t in pl.read_ndjson(path.read_bytes())["text"]]
    assert texts == rows["text"].to_list()
    assert rows_of(tmp_path / "parquet").equals(rows)


def tokenizer(path: Path) -> Path:
    """Write a tokenizer whose tokens are words; return its path."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    made = Tokenizer(models.WordLevel({"[UNK]": 0, "</s>": 1}, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    made.save(str(path))
    return path


def test_tokens_are_counted_with_one_for_the_end_of_each_row(folders: Path, tmp_path: Path) -> None:
    of = recipe([source(folders / "one", budget=300)], count="tokens",
                tokenizer=tokenizer(tmp_path / "tokenizer.json"))  # fmt: skip
    manifest, rows = make(of, tmp_path / "out")
    tokens = int(rows["text"].str.count_matches(r"\S+").sum()) + len(rows)
    assert 300 - 3 * 9 < tokens <= 300
    assert manifest.counts.details["tokens by corpus"] == {"one": tokens}
    assert read_mixture(tmp_path / "out").tokenizer == "tokenizer.json"


@pytest.mark.parametrize("form", ["tokens", "megatron"])
def test_texts_whose_tokens_are_counted_are_encoded_only_once(
    folders: Path, tmp_path: Path, form: FormatName, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = recipe([source(folders / "one")], [source(folders / "two", languages=("de",))],
                tokenizer=tokenizer(tmp_path / "tokenizer.json"))  # fmt: skip
    encoded: list[str] = []
    original = TextEncoder.encode

    def encode(self: TextEncoder, texts: Iterable[str]) -> TokenLists:
        encoded.extend(texts := [*texts])
        return original(self, texts)

    monkeypatch.setattr(TextEncoder, "encode", encode)
    options = MixOptions(50, form, FormatOptions(pack=16))
    made = {}
    for unit in ("words", "tokens"):
        encoded.clear()
        manifest = mix(replace(of, count=unit), tmp_path / unit, options, QUIET)
        made[unit] = {part.file: part for part in manifest.parts if "data/" in part.file}
        assert sum(manifest.counts.details["tokens"].values()) > 1000
        # In both cases, of 360 rows, 30 have the text of another one.
        assert len(encoded) == (330 if unit == "words" else 360)
    for file in made["words"]:
        one, other = (tmp_path / unit / file for unit in ("words", "tokens"))
        if file.endswith(".parquet"):
            assert pl.read_parquet(one).equals(pl.read_parquet(other))
        else:
            assert one.read_bytes() == other.read_bytes()
