"""Measure the throughput of `cstool mask`, compared with the tokenizer alone.

Usage: python -m scripts.bench.mask [--rows N] [--vocabulary N] [--keep DIR]

Synthetic sentences with the lengths of Wikipedia's, as in `shard.py`, in one language; a byte-level
BPE, a WordPiece and a Unigram model trained on them. For each model CPU seconds, all in one run:

    tokenizer   reading the sentences and `encode_batch`, without keeping the result
    mask        the whole stage with one worker, including writing

and the sentences per second of the difference.
"""

import argparse
import sys
from pathlib import Path

import pyarrow.parquet as pq

from scripts.bench.measure import cstool, run, working_folder
from scripts.bench.shard import make_switched
from tests.masking.tokenizers import KINDS, train

STRATEGIES = ("wep+mlm", "mlm", "rts", "input-only")
ALONE = """
import os, sys
os.environ["TOKENIZERS_PARALLELISM"] = "false"
import pyarrow.parquet as pq
from tokenizers import Tokenizer
tokenizer = Tokenizer.from_file(sys.argv[1])
for file in sys.argv[2:]:
    for batch in pq.ParquetFile(file).iter_batches(4096, columns=["text"], use_threads=False):
        tokenizer.encode_batch(batch.column("text").to_pylist())
"""


def main() -> None:
    """Make the corpus and the tokenizers, run each, print a row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=600_000)
    parser.add_argument("--vocabulary", type=int, default=30_000)
    parser.add_argument("--keep", type=Path)
    arguments, options = parser.parse_known_args()
    with working_folder(arguments.keep) as folder:
        make_switched(folder / "switched", arguments.rows, languages=5)
        if not (folder / "corpus/_manifest.json").exists():
            run([cstool(), "shard", "switched", "-o", "corpus", "--quiet"], folder)
        files = sorted((folder / "corpus/data").glob("*/*.parquet"))
        rows = sum(pq.read_metadata(path).num_rows for path in files)
        texts = pq.read_table(files[0], columns=["text"])["text"].to_pylist()[:20_000]
        for kind in KINDS:
            path = folder / f"{kind}.json"
            if not path.exists():
                train(kind, texts, arguments.vocabulary).save(str(path))
            alone = run([sys.executable, "-c", ALONE, str(path), *map(str, files)], folder)
            for strategy in STRATEGIES:
                command = [cstool(), "mask", "corpus", "--tokenizer", str(path), "-o", "examples"]
                command += ["--strategy", strategy, "-j", "1", "--overwrite", "--quiet", *options]
                taken = run(command, folder)
                made = list((folder / "examples/data").glob("*/*.parquet"))
                size = sum(p.stat().st_size for p in made) / rows
                beside = taken.cpu - alone.cpu
                print(
                    f"{kind:10} {strategy:11} {rows:,} sentences  tokenizer {alone.cpu:5.1f} s  "
                    f"mask {taken.cpu:5.1f} s = {taken.cpu / alone.cpu:.2f} ×  "
                    f"beside it {rows / beside:8,.0f} sentences/s  "
                    f"peak {taken.memory:4.0f} MB  {size:4.0f} B a sentence"
                )


if __name__ == "__main__":
    main()
