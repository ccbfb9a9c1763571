"""Measure the throughput of `cstool mix` and its memory, on synthetic pages.

Usage: python -m scripts.bench.mix [--megabytes N] [--shares 4,2,1] [--jobs N] [--tokenizer FILE]
                                   [--keep DIR] [--peers] [--datasets PYTHON]
                                   [--against CSTOOL] [OPTION…]

Writes two corpora of annotated pages (English-like words; the same in Cyrillic letters) and a
folder of `pair` with windows of 12,000 characters, of about `--megabytes` of text together, with
`cstool shard` and `cstool pair`. Then runs `cstool mix` with the given options on a recipe that
uses all of their text in two stages, for 1/4, 1/2 and all of it, and prints MB of text (the column
`text` of the mixture) per CPU second and per second, and the memory of the largest process. With
--tokenizer, sizes are counted in its tokens, else in words.

--peers shows what the libraries need for the least that the stage does: PyArrow holds all rows in
memory, shuffles and writes them as Parquet with the options of the stage; with --datasets (a Python
that has Hugging Face's datasets), `interleave_datasets` mixes the corpora by probabilities and
writes Parquet. They count, compare and verify nothing.
"""

import argparse
import json
import shutil
import sys
from pathlib import Path

import pyarrow.parquet as pq

from cstool.formats.corpus_formats import FORMATS
from cstool.storage.manifest import Source
from cstool.storage.mixture import read_mixture
from scripts.bench.measure import Taken, add_against, cstool, measured, run, working_folder
from scripts.bench.pair import make_wikis
from scripts.bench.switched_pages import make_switched_pages, text_bytes

# Bytes of text of a page in both of its rows, and of a page in a folder of pairs.
ENGLISH, RUSSIAN, PAIRED = 5_400, 9_900, 4_600
RECIPE = """
[[stage]]
name = "annotated"
  [[stage.source]]
  folder = "en"
  [[stage.source]]
  folder = "ru"
[[stage]]
name = "pairs"
  [[stage.source]]
  folder = "pairs"
"""
PYARROW = """
import json, sys
from pathlib import Path
import numpy as np, pyarrow as pa, pyarrow.parquet as pq
options = json.loads(sys.argv[1])
for stage, folders in enumerate((("en", "ru"), ("pairs",))):
    files = [path for folder in folders for path in sorted(Path(folder).rglob("*.parquet"))]
    rows = pa.concat_tables(
        pq.ParquetFile(path).read(use_threads=False) for path in files).combine_chunks()
    order = np.random.default_rng(0).permutation(len(rows))
    with pq.ParquetWriter(f"peer/{stage}.parquet", rows.schema, write_page_checksum=True,
                          **({**options, "use_dictionary": True})) as writer:
        for start in range(0, len(rows), 5_000):
            writer.write_table(rows.take(pa.array(order[start : start + 5_000])))
"""
DATASETS = """
import datasets
datasets.disable_progress_bars()
def read(folder):
    files = f"{folder}/data/*/train-*.parquet" if folder != "pairs" else "pairs/part-*.parquet"
    return datasets.load_dataset("parquet", data_files=files, split="train", cache_dir="cache")
for stage, folders in enumerate((("en", "ru"), ("pairs",))):
    sources = [read(folder).shuffle(seed=0) for folder in folders]
    sizes = [len(source) for source in sources]
    mixed = datasets.interleave_datasets(
        sources, probabilities=[size / sum(sizes) for size in sizes], seed=0,
        stopping_strategy="first_exhausted")
    mixed.to_parquet(f"peer/{stage}.parquet", batch_size=5_000)
"""


def make_inputs(folder: Path, megabytes: int, jobs: int) -> None:
    """Write the corpora, the folder of pairs and the recipe, if they are not there."""
    if (folder / "mix.toml").exists():
        return
    third = megabytes * 1_000_000 // 3
    quietly = ["--quiet", "-j", str(jobs)]
    for code, size in (("en", ENGLISH), ("ru", RUSSIAN)):
        switched = folder / "switched"
        switched.mkdir(parents=True)
        make_switched_pages(switched, Source(f"{code}wiki", code), third // size)
        run([cstool(), "shard", "switched", "-o", code, *quietly], folder)
        shutil.rmtree(switched)
    # The pages about an item of both wikis, half of them, are paired: two for each page of a wiki.
    wikis = folder / "wikis"
    pages = third // PAIRED
    make_wikis(wikis, pages, pages)
    command = ["pair", "en-pages", "ru-pages", "--titles", "en-titles", "--titles", "ru-titles"]
    run([cstool(), *command, "--window", "12000", "-o", "../pairs", *quietly], wikis)
    shutil.rmtree(wikis)
    (folder / "mix.toml").write_text(RECIPE)


def peers(folder: Path, ours: float, python: str | None) -> None:
    """Run the peers on the same text; `ours`: CPU seconds of the stage."""
    layout = {key: value for key, value in FORMATS["cstool"].layout.items() if key != "schema"}
    commands = {"PyArrow alone": [sys.executable, "-c", PYARROW, json.dumps(layout)]}
    if python:
        commands["datasets"] = [python, "-c", DATASETS]
    for name, command in commands.items():
        (folder / "peer").mkdir()
        taken = run(command, folder)
        size = sum(text_of(path) for path in (folder / "peer").iterdir())
        print(line(name, size, taken) + f"; the stage takes {ours / taken.cpu:.2f} times as long")
        shutil.rmtree(folder / "peer")
        shutil.rmtree(folder / "cache", ignore_errors=True)


def text_of(path: Path) -> int:
    """Return the bytes of text in a Parquet file."""
    file = pq.ParquetFile(path)
    return sum(text_bytes(file.read_row_group(i, ["text"])) for i in range(file.num_row_groups))


def line(name: str, size: int, taken: Taken) -> str:
    """Return a row of the output; `size`: bytes of text."""
    return (
        f"{name:24} {size / 1e6:6.0f} MB of text  CPU {taken.cpu:6.1f} s  wall {taken.wall:6.1f} s "
        f" peak {taken.memory:5.0f} MB  {size / 1e6 / taken.cpu:4.0f} MB/CPU s  "
        f"{size / 1e6 / taken.wall:4.0f} MB/s"
    )


def main() -> None:
    """Make the input, run the stage, print a row for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--shares", default="4,2,1")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--tokenizer", type=Path)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--datasets")
    add_against(parser)
    arguments, options = parser.parse_known_args()
    with working_folder(arguments.keep) as folder:
        for share in map(int, arguments.shares.split(",")):
            where = folder / f"of-{share}"
            make_inputs(where, arguments.megabytes // share, arguments.jobs)
            recipe = "mix.toml"
            if arguments.tokenizer:
                recipe = "tokens.toml"
                given = f'count = "tokens"\ntokenizer = "{arguments.tokenizer.absolute()}"\n'
                (where / recipe).write_text(given + RECIPE)
            command = ["mix", recipe, "-o", "mixture", "--overwrite", "--quiet"]
            command += ["-j", str(arguments.jobs), *options]
            taken = measured(lambda program: run([program, *command], where), arguments)  # noqa: B023
            size = sum(numbers.bytes for numbers in read_mixture(where / "mixture").numbers)
            print(f"1/{share} {line(' '.join(options) or 'plain', size, taken)}", flush=True)
            shutil.rmtree(where / "mixture")
            if arguments.peers:
                peers(where, taken.cpu, arguments.datasets)


if __name__ == "__main__":
    main()
