"""Measure the throughput of `cstool shard` per core, on synthetic sentences.

Usage: python -m scripts.bench.shard [--rows N] [--languages N] [--jobs N] [--keep DIR]
                                     [--against CSTOOL] [OPTION…]

Writes a folder as `switch` does (words by Zipf's law from the bundled sample, 23 per sentence as
in Wikipedia, two entities, five languages per sentence of N), runs `cstool shard` with the given
options on it, and prints MB of text (`source_text` and `text`) per CPU second, and the memory of
the largest process. Run it twice on the same folder (`--keep`) to compare options.

The peers show what the libraries need for the least that the stage does: they hold all rows in
memory, shuffle those of each language, and write them as Parquet with zstd, PyArrow with the
options of the stage. They verify, count and describe nothing. --no-peers leaves them out.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from cstool.formats.corpus_formats import FORMATS
from cstool.languages.codes import entitycs
from cstool.storage.checksums import layout_of
from cstool.storage.counts import Counts, Tally
from cstool.storage.manifest import ATTRIBUTION, Source, beside_part
from cstool.storage.ownership import Claim
from cstool.storage.parts import Batches, PartFolder, PartSpec, write_part
from cstool.storage.schemas import ATTRIBUTION as PAGES
from cstool.storage.schemas import POSITIONS_A_PAGE, SWITCHED
from scripts.bench.measure import add_against, measured, run, working_folder

SAMPLE = Path(__file__).parents[2] / "data/sample"
LANGUAGES_A_SENTENCE = 5
PYARROW = """
import json, sys
from pathlib import Path
import numpy as np, pyarrow as pa, pyarrow.parquet as pq
parts = sorted(Path("switched").glob("part-*.parquet"))
rows = pa.concat_tables(
    pq.ParquetFile(path).read(use_threads=False) for path in parts).combine_chunks()
codes = rows.column("language").combine_chunks().dictionary_encode()
for number, code in enumerate(codes.dictionary.to_pylist()):
    own = np.flatnonzero(codes.indices.to_numpy() == number)
    np.random.default_rng(0).shuffle(own)
    with pq.ParquetWriter(f"peer/{code}.parquet", rows.schema, write_page_checksum=True,
                          **json.loads(sys.argv[1])) as writer:
        for start in range(0, len(own), 100_000):
            writer.write_table(rows.take(pa.array(own[start : start + 100_000])))
"""
POLARS = """
import os
os.environ["POLARS_MAX_THREADS"] = "1"
import polars as pl
rows = pl.read_parquet("switched/part-*.parquet").sample(fraction=1, shuffle=True, seed=0)
for (code,), own in rows.partition_by("language", as_dict=True).items():
    own.write_parquet(f"peer/{code}.parquet", compression_level=3, row_group_size=100_000)
"""
SENTENCES_A_PART = 40_000
SENTENCES_A_PAGE = 12


def vocabulary() -> list[str]:
    """Return words of the sample's pages."""
    import bz2
    import re

    dump = SAMPLE / "enwiki-20261001-pages-articles-multistream.xml.bz2"
    return sorted(set(re.findall(r"[a-z]{2,}", bz2.decompress(dump.read_bytes()).decode())))


def rows_of(
    first: int, number: int, words: list[str], codes: list[str], lots: np.random.Generator
) -> pa.Table:
    """Return sentences with that many first numbers, each in itself and in five languages."""
    ranks = (lots.zipf(1.3, number * 23) - 1) % len(words)
    # A tail of rare words keeps the text from being compressed better than a real one.
    rare = lots.random(len(ranks)) < 0.35
    ranks[rare] = lots.integers(0, len(words), int(rare.sum()))
    columns: dict[str, list[Any]] = {name: [] for name in SWITCHED.names}
    for i in range(number):
        page, position = divmod(first + i, SENTENCES_A_PAGE)
        page += 1
        anchors = [words[r].title() for r in ranks[i * 23 : i * 23 + 2]]
        rest = " ".join(words[r] for r in ranks[i * 23 + 2 : i * 23 + 23])
        targets = [codes[j] for j in lots.choice(len(codes), LANGUAGES_A_SENTENCE, replace=False)]
        source = f"{anchors[0]} {rest} {anchors[1]}."
        for code in ["en", *targets]:
            names = anchors if code == "en" else [f"{name}-{code}" for name in anchors]
            ends = [len(names[0]), len(names[0]) + len(rest) + 2 + len(names[1])]
            source_ends = [len(anchors[0]), len(source) - 1]
            columns["id"].append(page * POSITIONS_A_PAGE + position)
            columns["language"].append(code)
            columns["source_language"].append("en")
            columns["source_text"].append(source)
            columns["text"].append(f"{names[0]} {rest} {names[1]}.")
            columns["entities"].append(
                [
                    {
                        "qid": int(ranks[i * 23 + j]) + 1,
                        "source_start": source_ends[j] - len(anchors[j]),
                        "source_end": source_ends[j],
                        "start": ends[j] - len(names[j]),
                        "end": ends[j],
                        "name_language": code,
                        "origin": "anchor" if code == "en" else "label",
                    }
                    for j in range(2)
                ]
            )
            columns["page_id"].append(page)
            columns["title"].append(f"Page {page}")
            columns["wiki"].append("enwiki")
    return pa.table(columns, schema=SWITCHED)


def make_switched(folder: Path, rows: int, languages: int) -> int:
    """Fill a folder as `switch` does, if it is not there; return its bytes of text."""
    from cstool.execution.executors import InlineExecutor
    from cstool.execution.options import RunOptions
    from cstool.storage.run import Run
    from cstool.storage.tasks import part_name

    if not (folder / "_manifest.json").exists():
        words, codes = vocabulary(), [c for c in entitycs() if c != "en"][:languages]
        claim = Claim("switch", "bench", {}, [])
        into = PartFolder(folder, folder, "r")
        made = []
        sentences = rows // (LANGUAGES_A_SENTENCE + 1)
        for part, first in enumerate(range(0, sentences, SENTENCES_A_PART)):
            lots = np.random.default_rng(part)
            table = rows_of(first, min(SENTENCES_A_PART, sentences - first), words, codes, lots)
            pages = table.select(["page_id", "title"]).group_by(["page_id", "title"]).aggregate([])
            credit = pages.append_column("revision_id", pages["page_id"].cast(pa.int64()))
            for name, kind, content in (
                (part_name(part), SWITCHED, table),
                (beside_part(ATTRIBUTION, part_name(part)), PAGES, credit.select(PAGES.names)),
            ):
                made.append(
                    write_part(
                        into,
                        name,
                        name,
                        PartSpec(kind, layout=layout_of(kind, ("id", "text"))),
                        batches(content),
                    )
                )
        total = sum(m.part.rows for m in made if m.part.file.startswith("part-"))
        counts = Counts({"rows": Tally(total, total)})
        run_ = Run(folder, claim, RunOptions(jobs=1), InlineExecutor())
        run_.finish(made, counts, source=Source("enwiki", "en"))
    lengths = pl.scan_parquet(folder / "part-*.parquet").select(
        pl.col("text").str.len_bytes().sum() + pl.col("source_text").str.len_bytes().sum()
    )
    return int(lengths.collect().item())


def batches(table: pa.Table) -> Batches:
    """Yield a table's rows as `switch` does: some thousands a row group."""
    for start in range(0, table.num_rows, 20_000):
        yield table.slice(start, 20_000)
    return Counts()


def peers(folder: Path, size: int, ours: float) -> None:
    """Run the peers on the same rows; `size`: bytes of text; `ours`: CPU seconds of the stage."""
    (folder / "peer").mkdir(exist_ok=True)
    layout = json.dumps(FORMATS["cstool"].layout)
    for name, script in (("PyArrow alone", PYARROW), ("Polars alone", POLARS)):
        taken = run([sys.executable, "-c", script, layout], folder)
        written = sum(path.stat().st_size for path in (folder / "peer").iterdir())
        print(
            f"{name}: CPU {taken.cpu:.1f} s  peak {taken.memory:.0f} MB  "
            f"{size / 1e6 / taken.cpu:.0f} MB/s  written {written / 1e6:.0f} MB; "
            f"the stage takes {ours / taken.cpu:.2f} times as long"
        )


def main() -> None:
    """Make the input, run the stage, print the row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--languages", type=int, default=92)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--no-peers", action="store_true")
    add_against(parser)
    arguments, options = parser.parse_known_args()
    with working_folder(arguments.keep) as folder:
        size = make_switched(folder / "switched", arguments.rows, arguments.languages)
        command = ["shard", "switched", "-o", "corpus", "--overwrite", "--quiet"]
        command += ["-j", str(arguments.jobs), *options]
        taken = measured(lambda program: run([program, *command], folder), arguments)
        parts = [p for p in (folder / "corpus").rglob("*-of-*") if p.is_file()]
        written = sum(p.stat().st_size for p in parts)
        rows = sum(pq.read_metadata(p).num_rows for p in parts if p.suffix == ".parquet")
        print(
            f"{' '.join(options) or 'plain':24} {size / 1e6:6.0f} MB of text  "
            f"CPU {taken.cpu:6.1f} s  wall {taken.wall:6.1f} s  peak {taken.memory:5.0f} MB  "
            f"{size / 1e6 / taken.cpu:5.0f} MB/s  {rows / taken.cpu:9,.0f} rows/s  "
            f"written {written / 1e6:.0f} MB in {len(parts)} files",
            file=sys.stdout,
        )
        if not arguments.no_peers:
            peers(folder, size, taken.cpu)


if __name__ == "__main__":
    main()
