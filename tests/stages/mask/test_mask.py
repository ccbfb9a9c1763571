"""Training examples of a corpus."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tokenizers import Tokenizer

from cstool.errors import InputError, OutputError, Unfinished, WrongCallError
from cstool.execution.options import RunOptions
from cstool.masking.pairs import KINDS, OTHERS
from cstool.masking.strategies import STRATEGIES
from cstool.masking.vocabulary import Vocabulary
from cstool.report.stats.folder import folder_stats
from cstool.stages.mask.stage import MaskOptions, mask_corpus
from cstool.storage.manifest import Manifest, need_stage
from cstool.storage.schemas import PAIRS, POSITIONS_A_PAGE
from tests.masking.fixtures import Trained
from tests.stages.shard.switched import Sentence, make_corpus, write_switched
from tests.support import files_of


@pytest.fixture
def unigram(all_trained: dict[str, Trained]) -> Trained:
    return all_trained["unigram"]


def make(
    corpus: Path,
    trained: Trained,
    out: Path,
    strategy: str = "wep+mlm",
    jobs: int = 1,
    **options: Any,
) -> tuple[pl.DataFrame, Manifest]:
    running = RunOptions(jobs=jobs, quiet=True)
    manifest = mask_corpus(corpus, trained.path, out, MaskOptions(strategy, **options), running)
    parts = [pl.read_parquet(out / part.file) for part in manifest.tables]
    return pl.concat(parts), manifest


def examples(rows: pl.DataFrame) -> Iterator[dict[str, Any]]:
    return rows.iter_rows(named=True)


def clusters_file(folder: Path, trained: Trained) -> Path:
    path = folder / "clusters.txt"
    path.write_text("".join(f"{n % 50}\n" for n in range(len(trained.vocabulary.special))))
    return path


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_examples_hold_the_corpus_and_counts_add_up(
    corpus: Path, unigram: Trained, tmp_path: Path, strategy: str
) -> None:
    clusters = clusters_file(tmp_path, unigram) if strategy == "c-rts" else None
    rows, manifest = make(corpus, unigram, tmp_path / "m", strategy, clusters=clusters)
    sentences = {
        (row["id"], row["language"]): row
        for row in pl.read_parquet(corpus / "data/*/*.parquet").iter_rows(named=True)
    }
    tally = manifest.counts.tallies["sentences"]
    assert tally.read == len(sentences)
    assert tally.written == len(rows) == sum(manifest.counts.details["rows"].values())
    entities = manifest.counts.tallies["entities"]
    assert entities.read == sum(len(row["entities"]) for row in sentences.values())
    assert entities.written == sum(len(qids) for qids in rows["qids"])
    special = unigram.vocabulary.special
    for row in examples(rows):
        [number] = row["ids"]
        text = sentences[number, row["language"]]["text"]
        ids = unigram.tokenizer.encode(text).ids[: len(row["input_ids"])]
        labels, shown = row["labels"], row["input_ids"]
        assert row["attention_mask"] == [1] * len(shown)
        if strategy in ("rts", "c-rts"):
            wanted = [
                int(a != b) if not special[b] else -100 for a, b in zip(shown, ids, strict=True)
            ]
            assert labels == wanted
        else:
            restored = [a if b == -100 else b for a, b in zip(shown, labels, strict=True)]
            assert len(ids) == 128 or restored == ids
        assert max(row["entity_ids"]) == len(row["qids"])


def test_an_entity_s_tokens_spell_it_and_have_its_qid(
    corpus: Path, all_trained: dict[str, Trained], tmp_path: Path
) -> None:
    trained = all_trained["byte-level"]
    rows, _ = make(corpus, trained, tmp_path / "m", "wep")
    spelled = {
        (row["id"], row["language"], e["qid"]): row["text"][e["start"] : e["end"]]
        for row in pl.read_parquet(corpus / "data/*/*.parquet").iter_rows(named=True)
        for e in row["entities"]
    }
    same = number_of_all = 0
    for row in examples(rows):
        ids = [a if b == -100 else b for a, b in zip(row["input_ids"], row["labels"], strict=True)]
        for number, qid in enumerate(row["qids"], 1):
            places = [i for i, e in enumerate(row["entity_ids"]) if e == number]
            text = trained.tokenizer.decode([ids[i] for i in places]).strip()
            number_of_all += 1
            same += text == spelled[row["ids"][0], row["language"], qid]
            assert all(row["labels"][i] != -100 for i in places)
    assert same > 0.95 * number_of_all  # Japanese has no spaces: tokens run over edges


@pytest.mark.parametrize(("strategy", "packed"), [("pep-mrs+mlm", True), ("pairs-page", False)])
def test_workers_and_array_tasks_change_no_byte(
    corpus: Path, unigram: Trained, tmp_path: Path, strategy: str, packed: bool
) -> None:
    for jobs in (1, 2):
        make(corpus, unigram, tmp_path / f"{jobs}", strategy, jobs=jobs, packed=packed)
    assert files_of(tmp_path / "1") == files_of(tmp_path / "2")
    options = MaskOptions(strategy, packed=packed)
    for share in (1, 2):
        running = RunOptions(jobs=1, quiet=True, array_task=(share, 3))
        with pytest.raises(Unfinished):
            mask_corpus(corpus, unigram.path, tmp_path / "shares", options, running)
    make(corpus, unigram, tmp_path / "shares", strategy, packed=packed)
    assert files_of(tmp_path / "shares") == files_of(tmp_path / "1")


def test_another_strategy_over_old_output_is_refused(
    corpus: Path, unigram: Trained, tmp_path: Path
) -> None:
    make(corpus, unigram, tmp_path / "m", "wep")
    with pytest.raises(OutputError, match="strategy"):
        make(corpus, unigram, tmp_path / "m", "mlm")


def test_packed_rows_hold_the_same_tokens_and_labels(
    corpus: Path, unigram: Trained, tmp_path: Path
) -> None:
    single, _ = make(corpus, unigram, tmp_path / "s")
    packed, manifest = make(corpus, unigram, tmp_path / "p", packed=True)
    assert len(packed) < len(single) / 2
    assert packed["input_ids"].list.len().max() <= 128  # type: ignore[operator]
    for column in ("ids", "input_ids", "labels", "attention_mask", "qids"):
        # Empty lists explode to nulls in Polars 1, to nothing in Polars 2.
        one, other = (frame[column].explode().drop_nulls() for frame in (packed, single))
        assert one.to_list() == other.to_list()
    assert manifest.counts.tallies["sentences"].written == len(single)
    for row in examples(packed):
        assert sorted({*row["entity_ids"]} - {0}) == [*range(1, len(row["qids"]) + 1)]


def test_a_short_length_cuts_entities_and_counts_them(
    corpus: Path, unigram: Trained, tmp_path: Path
) -> None:
    rows, manifest = make(corpus, unigram, tmp_path / "m", "wep", max_length=12)
    entities, sentences = (manifest.counts.tallies[n] for n in ("entities", "sentences"))
    assert rows["input_ids"].list.len().max() == 12
    assert entities.dropped["cut at --max-length"] > 50
    assert sentences.dropped["no entity to predict"] > 20
    assert all(max(row["labels"]) >= 0 for row in examples(rows))
    last = unigram.tokenizer.token_to_id("</s>")
    assert {row["input_ids"][-1] for row in examples(rows)} == {last}


def test_stats_counts_rows_of_examples(corpus: Path, unigram: Trained, tmp_path: Path) -> None:
    rows, manifest = make(corpus, unigram, tmp_path / "m")
    stats = folder_stats(tmp_path / "m")
    assert stats.stage == "mask"
    assert sum(one.rows for one in stats.languages) == len(rows)
    assert {one.language: one.rows for one in stats.languages} == manifest.counts.details["rows"]


def test_incompatible_options_are_refused(corpus: Path, unigram: Trained, tmp_path: Path) -> None:
    out = tmp_path / "m"
    cases: list[tuple[type[Exception], str, dict[str, Any]]] = [
        (WrongCallError, "c-rts require each other", {"strategy": "c-rts"}),
        (WrongCallError, "too small for text", {"max_length": 2}),
        (WrongCallError, "4 special tokens", {"strategy": "pairs-page", "max_length": 5}),
        (WrongCallError, "not available for pairs", {"strategy": "pairs-page", "packed": True}),
        (InputError, "no token '<x>'", {"mask_token": "<x>"}),
    ]
    for kind, words, options in cases:
        with pytest.raises(kind, match=words):
            make(corpus, unigram, out, **options)
    with pytest.raises(InputError, match="contains output of `cstool switch`"):
        make(corpus.parent / "switched", unigram, out)
    broken = tmp_path / "tokenizer.json"
    broken.write_text(json.dumps({"model": 1}))
    with pytest.raises(InputError, match=r"not a valid tokenizer.json"):
        make(corpus, Trained(unigram.tokenizer, unigram.vocabulary, broken), out)
    assert not out.exists()


def test_a_corpus_without_spans_is_refused(unigram: Trained, tmp_path: Path) -> None:
    folder = write_switched(tmp_path / "w", [Sentence(n, "is a town.") for n in range(20)])
    make_corpus(folder, tmp_path / "c", format="entitycs")
    with pytest.raises(InputError, match="format entitycs, and only --format cstool can be read"):
        make(tmp_path / "c", unigram, tmp_path / "m")


def test_a_mask_token_can_be_given(corpus: Path, unigram: Trained, tmp_path: Path) -> None:
    renamed = tmp_path / "t.json"
    renamed.write_text(unigram.path.read_text().replace('"<mask>"', '"<blank>"'))
    tokenizer = Tokenizer.from_file(str(renamed))
    other = Trained(tokenizer, Vocabulary.of(tokenizer, "<blank>"), renamed)
    with pytest.raises(InputError, match="--mask-token"):
        make(corpus, other, tmp_path / "m")
    rows, _ = make(corpus, other, tmp_path / "m", mask_token="<blank>")
    plain, _ = make(corpus, unigram, tmp_path / "p")
    assert rows.equals(plain)
    make(corpus, other, tmp_path / "r", "rts")  # masks nothing


# ---- pairs ----

TEXT = "is a town in the north of the country by the sea"


def paged(tmp_path: Path, pages: int, each: int) -> Path:
    """A corpus with the given numbers of pages and sentences per page, three per paragraph."""
    sentences = [
        Sentence(p, f"{TEXT} {p} {i}", paragraph=i // 3)
        for p in range(1, pages + 1)
        for i in range(each)
    ]
    folder = write_switched(tmp_path / "w", sentences)
    make_corpus(folder, tmp_path / "c", rows_per_shard=70)
    return tmp_path / "c"


@pytest.mark.parametrize("strategy", ["pairs-paragraph", "pairs-page"])
def test_pairs_are_of_the_kind_in_their_column(
    unigram: Trained, tmp_path: Path, strategy: str
) -> None:
    made_of = paged(tmp_path, 12, 24)
    rows, manifest = make(made_of, unigram, tmp_path / "m", strategy)
    assert [*rows.schema] == PAIRS.names
    texts = {
        row["id"]: row["text"]
        for row in pl.read_parquet(made_of / "data/en/*.parquet").iter_rows(named=True)
    }
    paragraphs = {
        row["id"]: (row["id"] // POSITIONS_A_PAGE, row["paragraph"])
        for row in pl.read_parquet(made_of / "_paragraphs/*.pq").iter_rows(named=True)
    }
    for row in examples(rows.filter(pl.col("language") == "en")):
        a, b = row["ids"]
        assert row["label"] == (row["kind"] == "same")
        one, other = paragraphs[a], paragraphs[b]
        assert (one[0] == other[0]) == (row["kind"] != "easy")
        if row["kind"] != "easy":
            assert (one == other) == (strategy == "pairs-paragraph" and row["kind"] == "same")
        encoded = unigram.tokenizer.encode(texts[a], texts[b])
        assert row["input_ids"] == encoded.ids
        assert row["token_type_ids"] == encoded.type_ids
    tally = manifest.counts.tallies["sentences"]
    read = need_stage(made_of, "shard").counts.tallies["rows"].written
    assert tally.read == read == tally.written + sum(tally.dropped.values())
    assert tally.written * (1 + OTHERS) == len(rows)
    kinds = dict(rows["kind"].value_counts().iter_rows())
    expected = [1, 2, 2] if strategy == "pairs-paragraph" else [1, 0, 4]
    assert [kinds.get(kind, 0) / tally.written for kind in KINDS] == expected


def test_pairs_do_not_mix_splits_or_languages(unigram: Trained, tmp_path: Path) -> None:
    made_of = paged(tmp_path, 30, 24)
    make(made_of, unigram, tmp_path / "m", "pairs-page")
    for language in ("de", "en"):
        for split in ("train", "validation"):
            files = f"data/{language}/{split}-*.parquet"
            there = {*pl.read_parquet(made_of / files)["id"]}
            used = {*pl.read_parquet(tmp_path / "m" / files)["ids"].explode()}
            assert used
            assert used <= there


def test_long_pairs_are_cut_to_length(unigram: Trained, tmp_path: Path) -> None:
    made_of = paged(tmp_path, 12, 24)
    rows, _ = make(made_of, unigram, tmp_path / "m", "pairs-page", max_length=16)
    assert set(rows["input_ids"].list.len()) == {16}


def test_a_corpus_without_paragraphs_is_refused(
    corpus: Path, unigram: Trained, tmp_path: Path
) -> None:
    older = tmp_path / "older"
    shutil.copytree(corpus, older)
    shutil.rmtree(older / "_paragraphs")
    manifest = json.loads((older / "_manifest.json").read_bytes())
    kept = [part for part in manifest["parts"] if not part["file"].startswith("_paragraphs/")]
    (older / "_manifest.json").write_text(json.dumps(manifest | {"parts": kept, "checksum": ""}))
    with pytest.raises(InputError, match="again with --overwrite, starting with `cstool extract`"):
        make(older, unigram, tmp_path / "m", "pairs-paragraph")
    rows, _ = make(older, unigram, tmp_path / "w", "wep")
    assert len(rows)
