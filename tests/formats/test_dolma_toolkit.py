"""The Dolma toolkit itself tags, deduplicates, mixes and tokenizes a corpus of ours."""

import csv
import gzip
import json
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from tests.masking.tokenizers import train
from tests.peers import command_of
from tests.stages.shard.documents import Document, write_documents
from tests.stages.shard.switched import make_corpus

pytestmark = pytest.mark.peer

Row = dict[str, Any]
# The text of a page is that of nine others; a paragraph is in all of them.
PAGES = [
    Document(
        number,
        [[f"has “{number % 10}” of 東京.", "is 𝒳."], ["is in all pages."]],
        ("de", "zh-hant"),
    )
    for number in range(1, 101)
]
Dolma = Callable[[str, Row], None]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pl.DataFrame]:
    """Return a corpus, with many members in each file, and its rows; tests copy it."""
    folder = tmp_path_factory.mktemp("dolma")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cstool.formats.format_dolma._MEMBER", 1000)
        switched = write_documents(folder / "switched", PAGES)
        rows = make_corpus(switched, folder / "corpus", format="dolma", rows_per_shard=40)
    return folder / "corpus", rows


@pytest.fixture
def corpus(made: tuple[Path, pl.DataFrame], tmp_path: Path) -> Path:
    return Path(shutil.copytree(made[0], tmp_path / "corpus"))


@pytest.fixture
def rows(made: tuple[Path, pl.DataFrame]) -> dict[str, Row]:
    """The rows by the id that a document has."""
    return {f"enwiki/{row['language']}/{row['id']}": row for row in made[1].to_dicts()}


@pytest.fixture
def dolma(tmp_path: Path) -> Dolma:
    """A function that runs a command of the toolkit with a configuration."""
    program = command_of("dolma", "dolma")

    def run(command: str, configuration: Row) -> None:
        path = tmp_path / f"{command}.json"
        path.write_text(json.dumps(configuration))
        done = subprocess.run(
            [program, "-c", path, command],
            env={**os.environ, "PYTHONWARNINGS": "ignore", "NLTK_DATA": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    return run


def lines(paths: Iterable[Path]) -> list[Row]:
    found = [gzip.decompress(path.read_bytes()).splitlines() for path in sorted(paths)]
    return [json.loads(line) for some in found for line in some]


def attributes(corpus: Path, name: str) -> list[tuple[Row, Row]]:
    """Return each document and its attributes of a name, in the order of both files."""
    documents = lines(corpus.glob("documents/*/*"))
    found = lines(corpus.glob(f"attributes/{name}/*/*"))
    assert [one["id"] for one in found] == [one["id"] for one in documents]
    return [(d, one["attributes"]) for d, one in zip(documents, found, strict=True)]


def test_its_tagger_reads_each_document(corpus: Path, rows: dict[str, Row], dolma: Dolma) -> None:
    files = [f"{corpus}/documents/*/*.jsonl.gz"]
    dolma("tag", {"documents": files, "taggers": ["char_length_v1"], "experiment": "lengths"})
    tagged = attributes(corpus, "lengths")
    assert {document["id"] for document, _ in tagged} == set(rows)
    for document, found in tagged:
        length = len(rows[document["id"]]["text"])
        assert found == {"lengths__char_length_v1__length": [[0, length, length]]}


def deduped(corpus: Path, dolma: Dolma, **what: Row) -> list[tuple[Row, Row]]:
    bloom = {
        "file": str(corpus / "bloom.bin"),
        "read_only": False,
        "estimated_doc_count": 10_000,
        "desired_false_positive_rate": 1e-9,
    }
    files = [f"{corpus}/documents/*/*.jsonl.gz"]
    options = {"name": "same", "skip_empty": True, **what}
    dolma("dedupe", {"documents": files, "dedupe": options, "bloom_filter": bloom})
    return attributes(corpus, "same")


def test_its_deduper_keeps_one_document_of_each_text(corpus: Path, dolma: Dolma) -> None:
    found = deduped(corpus, dolma, documents={"attribute_name": "text", "key": "$.text"})
    kept = Counter(document["text"] for document, its in found if not its.get("text"))
    assert kept == dict.fromkeys({document["text"] for document, _ in found}, 1)
    assert len(kept) == 30


def test_its_deduper_keeps_one_of_each_paragraph(corpus: Path, dolma: Dolma) -> None:
    found = deduped(corpus, dolma, paragraphs={"attribute_name": "paragraph"})
    paragraphs = Counter(part for d, _ in found for part in d["text"].split("\n") if part)
    dropped = Counter(
        document["text"][start:end].strip("\n")
        for document, its in found
        for start, end, _ in its["paragraph"]
    )
    assert paragraphs - dropped == dict.fromkeys(paragraphs, 1)


def test_its_mixer_filters_by_our_spans_and_replaces_them(
    corpus: Path, rows: dict[str, Row], dolma: Dolma, tmp_path: Path
) -> None:
    names = "entities__cstool__name"
    stream = {
        "name": "switched",
        "documents": [f"{corpus}/documents/*/train-*.jsonl.gz"],
        "attributes": ["entities"],
        "output": {"path": str(tmp_path / "mixed")},
        "filter": {"include": [f"$.attributes[?(@.{names}[0] && @.{names}[0][2] > 0.5)]"]},
        "span_replacement": [
            {"span": f"$.attributes.{names}", "min_score": 0.5, "replacement": "<e>{}</e>"}
        ],
    }
    dolma("mix", {"streams": [stream]})
    mixed = {one["id"]: one for one in lines((tmp_path / "mixed").iterdir())}
    trained = {one["id"] for one in lines(corpus.glob("documents/*/train-*"))}
    assert set(mixed) == {i for i in trained if rows[i]["language"] != "en"}
    for number, one in mixed.items():
        row = rows[number]
        assert one["text"] == with_marks(row)
        del one["metadata"]["provenance"]  # the mixer adds the file and the line
        assert one["metadata"] == {name: row[name] for name in row if name != "text"}


def with_marks(row: Row) -> str:
    text: str = row["text"]
    for span in reversed(row["entities"]):
        start, end = span["start"], span["end"]
        text = f"{text[:start]}<e>{text[start:end]}</e>{text[end:]}"
    return text


def test_its_tokenizer_reads_each_document(
    corpus: Path, rows: dict[str, Row], dolma: Dolma, tmp_path: Path
) -> None:
    tokenizer = train("wordpiece", [row["text"] for row in rows.values()])
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    end = tokenizer.token_to_id("[SEP]")
    options = {"name_or_path": str(tmp_path / "tokenizer.json"), "eos_token_id": end}
    type_ = "uint8"  # the smallest type for the vocabulary; no other one is accepted
    dolma(
        "tokens",
        {
            "documents": [f"{corpus}/documents/*/*.jsonl.gz"],
            "destination": str(tmp_path / "tokens"),
            "tokenizer": options,
            "dtype": type_,
        },
    )
    found: dict[str, list[int]] = {}
    for path in (tmp_path / "tokens").glob("*.npy"):
        tokens = np.memmap(path, type_, "r")
        with gzip.open(path.with_suffix(".csv.gz"), "rt") as table:
            for start, stop, number, *_ in csv.reader(table):
                found[number] = tokens[int(start) : int(stop)].tolist()
    encoded = {
        number: [*tokenizer.encode(row["text"], add_special_tokens=False).ids, end]
        for number, row in rows.items()
    }
    assert found == encoded
