"""The rows of the recipe entitycs are those of cstool 0.1, in the columns of 0.1."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from cstool.execution.options import RunOptions
from cstool.stages.shard.stage import ShardOptions, shard
from tests.stages.switch.switching import Entity, Row, sentence, switched, write

COLUMNS = (
    "id", "language", "source_language", "source_text", "text", "entities", "page_id", "title",
)  # fmt: skip
SPANS = ("qid", "source_start", "source_end", "start", "end")
LANGUAGES = "ar,de,fr,he,ja,ru,sr,ta,tr,zh"
NAMES = {
    "en": "Alder Birk Cole Danzig Elm Firth", "de": "Erle Birke Kohl Danzig Ulme Förde",
    "ja": "ハンノキ 樺 Cole グダニスク ニレ フィヨルド", "ru": "Ольха Берёза Коул Гданьск Вяз Фёрт",
    "ar": "حور بتولا كول دانزيغ دردار مصب", "fr": "Aulne Birk Cole Dantzig Orme Firth",
    "ta": "Alder பிர்ச் Cole டான்சிக் எல்ம் Firth", "sr": "Jova Бреза Cole Гдањск Брест Firth",
    "mul": "Alder Birk Cole Danzig Elm Firth", "zh": "桤木 桦 科尔 但泽 榆 峡湾",
}  # fmt: skip
# Made with cstool 0.1.0.
SWITCHED = 1366, "56e28c82bfe54bb9"
CORPUS = 1366, "d324b46a00249080"


def made_of(folder: Path) -> Path:
    """Write 300 linked sentences of 6 items, with labels in some of the languages."""
    draw = np.random.Generator(np.random.PCG64(7))
    items = {
        number + 1: Entity({c: names.split()[number] for c, names in NAMES.items()
                            if c == "en" or draw.random() < 0.8})
        for number in range(6)
    }  # fmt: skip
    rows: list[Row] = []
    for number in range(300):
        pieces: list[Any] = ["It says that 日本 "]
        for _ in range(draw.integers(0, 5)):
            qid = int(draw.integers(1, 8))
            anchor = NAMES["en"].split()[qid - 1] if qid < 7 else "unknown"
            pieces += [(anchor, qid if qid < 7 else None), " beside "]
        row = sentence(number, *pieces, "a river. " * int(draw.integers(0, 3)))
        rows.append(row | {"page_id": 1 + number // 9, "id": (1 + number // 9) * 2**20 + number})
    return write(folder, [rows[:120], rows[120:]], items)


def digest(rows: list[Row]) -> str:
    told = [[row[name] for name in COLUMNS if name in row] for row in rows]
    for row in told:
        row[5] = [[span[name] for name in SPANS] for span in row[5]]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()[:16]


def test_the_switched_rows_are_those_of_0_1(tmp_path: Path) -> None:
    rows, _ = switched(made_of(tmp_path / "in"), tmp_path / "out", "entitycs", languages=LANGUAGES)
    assert (len(rows), digest(rows)) == SWITCHED


def test_the_corpus_has_the_rows_and_the_order_of_0_1(tmp_path: Path) -> None:
    switched(made_of(tmp_path / "in"), tmp_path / "out", "entitycs", languages=LANGUAGES)
    options = ShardOptions(rows_per_shard=50, validation=5)
    shard([tmp_path / "out"], tmp_path / "corpus", options, RunOptions(jobs=1, quiet=True))
    files = sorted((tmp_path / "corpus/data").rglob("*.parquet"))
    rows = [row for path in files for row in pl.read_parquet(path).to_dicts()]
    assert (len(rows), digest(rows)) == CORPUS
