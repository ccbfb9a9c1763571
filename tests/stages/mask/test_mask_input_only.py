"""Examples for causal language models: switched words in the input, the source text as labels."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cstool.errors import InputError
from cstool.execution.options import RunOptions
from cstool.stages.mask.stage import MaskOptions, mask_corpus
from cstool.storage.manifest import Manifest
from cstool.storage.row_kinds import RowKind
from tests.masking.fixtures import Trained
from tests.masking.tokenizers import KINDS
from tests.stages.shard.documents import ANNOTATED, Document, write_documents
from tests.stages.shard.switched import Sentence, make_corpus, write_switched
from tests.support import files_of


def make(
    corpus: Path, trained: Trained, out: Path, strategy: str = "input-only", **options: Any
) -> tuple[list[dict[str, Any]], Manifest]:
    running = RunOptions(jobs=1, quiet=True)
    manifest = mask_corpus(corpus, trained.path, out, MaskOptions(strategy, **options), running)
    parts = [pl.read_parquet(out / part.file) for part in manifest.tables]
    return pl.concat(parts).to_dicts(), manifest


@pytest.mark.parametrize("kind", KINDS)
def test_a_sample_is_predicted_as_in_its_source(
    corpus: Path, all_trained: dict[str, Trained], tmp_path: Path, kind: str
) -> None:
    trained = all_trained[kind]
    rows, manifest = make(corpus, trained, tmp_path / "m", max_length=999)
    sentences = {
        (row["id"], row["language"]): row
        for row in pl.read_parquet(corpus / "data/*/*.parquet").to_dicts()
    }
    assert len(rows) == len(sentences) == manifest.counts.tallies["sentences"].written
    outside = alike = 0
    for row in rows:
        sentence = sentences[row["ids"][0], row["language"]]
        original = trained.tokenizer.encode(sentence["source_text"]).ids
        shown, labels = row["input_ids"], row["labels"]
        assert shown == trained.tokenizer.encode(sentence["text"]).ids
        assert labels[0] == -100
        assert labels[-1] == shown[-1]  # the token after a text
        predicted = iter(original)
        assert all(label in predicted for label in labels if label != -100)
        if sentence["text"] == sentence["source_text"]:
            special = trained.vocabulary.special[shown[1:-1]]
            wanted = [-100 if s else n for s, n in zip(special, shown[1:-1], strict=True)]
            assert labels[1:-1] == wanted
        for number, label, entity in zip(shown, labels, row["entity_ids"], strict=True):
            if not entity and not trained.vocabulary.special[number]:
                outside += 1
                alike += number == label
    assert alike > 0.99 * outside  # Japanese has no spaces: tokens run over edges
    tokens = manifest.counts.details["tokens"]
    assert tokens["replaced"] > 0
    assert tokens["masked"] == 0
    assert sum(tokens.values()) == sum(len(row["input_ids"]) for row in rows)


def test_a_truncated_text_does_not_predict_its_end(
    corpus: Path, all_trained: dict[str, Trained], tmp_path: Path
) -> None:
    trained = all_trained["unigram"]
    whole = make(corpus, trained, tmp_path / "w", max_length=999)[0]
    short, _ = make(corpus, trained, tmp_path / "s", max_length=12)
    for one, other in zip(whole, short, strict=True):
        cut = len(one["labels"]) > 12
        assert other["labels"][:-1] == one["labels"][: len(other["labels"]) - 1]
        assert (other["labels"][-1] == -100) == cut


def test_packed_rows_have_the_same_labels(
    corpus: Path, all_trained: dict[str, Trained], tmp_path: Path
) -> None:
    trained = all_trained["byte-level"]
    single, packed = (
        make(corpus, trained, tmp_path / f"{packed}", packed=packed)[0] for packed in (False, True)
    )
    for column in ("input_ids", "labels", "qids"):
        joined = [[n for row in rows for n in row[column]] for rows in (single, packed)]
        assert joined[0] == joined[1]


def test_workers_change_no_byte(
    corpus: Path, all_trained: dict[str, Trained], tmp_path: Path
) -> None:
    for jobs in (1, 2):
        mask_corpus(corpus, all_trained["unigram"].path, tmp_path / f"{jobs}",
                    MaskOptions("input-only"), RunOptions(jobs=jobs, quiet=True))  # fmt: skip
    assert files_of(tmp_path / "1") == files_of(tmp_path / "2")


@pytest.mark.parametrize("strategy", ["input-only", "wep", "pep-ms+mlm", "rts"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_word_is_an_entity_without_a_qid(
    all_trained: dict[str, Trained], tmp_path: Path, strategy: str, packed: bool
) -> None:
    sentences = [Sentence(n, f"is a town {n}.", word=n % 2 == 0) for n in range(40)]
    make_corpus(write_switched(tmp_path / "w", sentences), tmp_path / "c")
    options = {"clusters": None, "packed": packed}
    rows, manifest = make(tmp_path / "c", all_trained["unigram"], tmp_path / "m", strategy,
                          **options)  # fmt: skip
    for row in rows:
        pages = [number >> 20 for number in row["ids"]]
        assert row["qids"] == [None if page % 2 == 0 else 1 for page in pages]
        assert sorted({*row["entity_ids"]} - {0}) == [*range(1, len(pages) + 1)]
    assert manifest.counts.tallies["entities"].written == 80


@pytest.mark.parametrize("unit", ["page", "paragraph"])
@pytest.mark.parametrize("longest", [12, 40])
def test_windows_of_pages_are_predicted_as_in_their_source(
    all_trained: dict[str, Trained], tmp_path: Path, unit: str, longest: int
) -> None:
    trained = all_trained["wordpiece"]
    documents = [
        Document(n, [[f"is in the film of {i} and {n}." for i in range(6)] for _ in range(2)],
                 words=True)
        for n in range(1, 7)
    ]  # fmt: skip
    kind = RowKind(unit, passes=2)  # type: ignore[arg-type]
    make_corpus(write_documents(tmp_path / "s", documents, kind), tmp_path / "c")
    rows, manifest = make(tmp_path / "c", trained, tmp_path / "m", max_length=longest)
    corpus = pl.read_parquet(tmp_path / "c/data/*/*.parquet").sort("id", "language", "pass")

    def ids(text: str) -> list[int]:
        return list(trained.tokenizer.encode(text, add_special_tokens=False).ids)

    windows: dict[tuple[int, str], list[dict[str, Any]]] = {}
    for row in rows:
        windows.setdefault((row["ids"][0], row["language"]), []).append(row)
    first = ids("X")[0]
    tail: list[list[int]] = []
    for page in corpus.to_dicts():
        there = windows[page["id"], page["language"]]
        tail = []
        predicted, shown = [], []
        while sum(map(len, tail)) < len(ids(page["text"])):
            row = there.pop(0)
            tail.append(row["input_ids"][1:-1])
            predicted += row["labels"][1:-1]
            shown += row["input_ids"][1:-1]
            ends = sum(map(len, tail)) == len(ids(page["text"]))
            assert row["labels"][-1] == (row["input_ids"][-1] if ends else -100)
        assert shown == ids(page["text"])
        left = [label for label in predicted if label != -100]
        original = ids(page["source_text"])
        if longest == 40:  # no name is cut
            assert left == original
            assert left.count(first) == 12
        else:
            known = iter(original)
            assert all(label in known for label in left)
    names = {name for row in rows for name in row["qids"]}
    assert None in names
    assert manifest.counts.tallies["entities"].dropped == {} or longest == 12


def test_names_beside_their_anchors_are_refused(
    all_trained: dict[str, Trained], tmp_path: Path
) -> None:
    document = Document(1, [["is in the film."] * 4])
    make_corpus(write_documents(tmp_path / "s", [document], ANNOTATED), tmp_path / "c")
    with pytest.raises(InputError, match="names stand beside their anchors"):
        make(tmp_path / "c", all_trained["unigram"], tmp_path / "m")
