"""Measure `cstool shard` with tokens beside the tokenizer alone, per core.

Usage: python -m scripts.bench.tokens [--switched DIR …] [--tokenizer FILE] [--rows N] [--size N]
                                      [--format NAME] [--pairs N] [--keep DIR] [OPTION…]

Encodes the column `text` of folders of `switch` (by default, sentences as those of
scripts.bench.shard) with the library tokenizers alone, one thread, in lists of 16,000 characters,
which is faster than longer ones, and runs `cstool shard --format megatron -j 1` on the same
folders, in turns. The tokenizer is a byte-level BPE trained on the first 20 MB of the texts, if
none is given. Prints the CPU seconds of both, medians of N runs, and the median ratios. The time of
the tokenizer excludes reading the rows and the start; that of the stage is that of the whole
command.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import polars as pl
import pyarrow.parquet as pq
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from scripts.bench.measure import cstool, run, working_folder
from scripts.bench.shard import make_switched

CHARACTERS_TO_TRAIN = 20_000_000
END = "<|endoftext|>"
MARKS = ["<translate>", "</translate>"]
# Prints the CPU seconds that each method takes for all texts, and the number of tokens.
ALONE = """
import json, os, resource, sys
os.environ["TOKENIZERS_PARALLELISM"] = "false"
import pyarrow.parquet as pq
from tokenizers import Tokenizer
file, *parts = sys.argv[1:]
tokenizer = Tokenizer.from_file(file)
def cpu():
    taken = resource.getrusage(resource.RUSAGE_SELF)
    return taken.ru_utime + taken.ru_stime
taken, tokens = {}, 0
for part in parts:
    texts = pq.read_table(part, columns=["text"], use_threads=False).column("text").to_pylist()
    lists, characters = [[]], 0
    for text in texts:
        if characters > 16_000:
            lists.append([])
            characters = 0
        lists[-1].append(text)
        characters += len(text)
    for name in ("encode_batch", "encode_batch_fast"):
        encode = getattr(tokenizer, name)
        begun = cpu()
        for some in lists:
            encoded = encode(some, add_special_tokens=False)
            if name == "encode_batch":
                tokens += sum(map(len, encoded))
        taken[name] = taken.get(name, 0) + cpu() - begun
print(json.dumps({**taken, "tokens": tokens}))
"""


def trained(parts: list[Path], size: int) -> Tokenizer:
    """Return a byte-level tokenizer of at most `size` tokens."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=[END, *MARKS],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_texts(parts), trainer)
    return tokenizer


def _texts(parts: list[Path]) -> Iterator[list[str]]:
    """Yield the first texts, some at a time."""
    left = CHARACTERS_TO_TRAIN
    for part in parts:
        for batch in pq.ParquetFile(part).iter_batches(1000, columns=["text"]):
            texts = batch.column("text").to_pylist()
            yield texts
            left -= sum(map(len, texts))
            if left < 0:
                return


def main() -> None:
    """Make the input, run both in turns, print the row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--switched", type=Path, nargs="*", default=[])
    parser.add_argument("--tokenizer", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--size", type=int, default=32_000)
    parser.add_argument("--format", default="megatron")
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--keep", type=Path)
    arguments, options = parser.parse_known_args()
    with working_folder(arguments.keep) as folder:
        folders = [path.absolute() for path in arguments.switched]
        if not folders:
            folders = [folder / "switched"]
            make_switched(folders[0], arguments.rows, 12)
        parts = [part for one in folders for part in sorted(one.glob("part-*.parquet"))]
        tokenizer = (arguments.tokenizer or folder / "tokenizer.json").absolute()
        if not tokenizer.exists():
            trained(parts, arguments.size).save(str(tokenizer))
        size = pl.scan_parquet(parts).select(pl.col("text").str.len_bytes().sum()).collect().item()
        alone = [sys.executable, "-c", ALONE, str(tokenizer), *map(str, parts)]
        whole = [cstool(), "shard", *map(str, folders), "-o", "corpus", "--overwrite", "--quiet"]
        whole += ["--format", arguments.format, "--tokenizer", str(tokenizer), "-j1", *options]
        theirs, ours = [], []
        for _ in range(arguments.pairs):
            theirs.append(json.loads(_output(alone, folder)))
            ours.append(run(whole, folder))
        ratios = {
            name: median(one[name] / its.cpu for one, its in zip(theirs, ours, strict=True))
            for name in ("encode_batch", "encode_batch_fast")
        }
        cpu = {name: median(one[name] for one in theirs) for name in theirs[0]}
        taken = median(its.cpu for its in ours)
        print(
            f"{size / 1e6:.0f} MB of text, {cpu['tokens']:,} tokens; CPU s: encode_batch "
            f"{cpu['encode_batch']:.1f} ({size / 1e6 / cpu['encode_batch']:.2f} MB/s), "
            f"encode_batch_fast {cpu['encode_batch_fast']:.1f}, shard {taken:.1f} "
            f"({size / 1e6 / taken:.2f} MB/s); peak {max(its.memory for its in ours):.0f} MB; "
            f"median ratios of rates: {ratios['encode_batch']:.2f} of encode_batch, "
            f"{ratios['encode_batch_fast']:.2f} of encode_batch_fast"
        )


def _output(command: list[str], folder: Path) -> str:
    """Return what a command prints."""
    file = folder / "alone.txt"
    run(["bash", "-c", 'exec "$@" > alone.txt', "bash", *command], folder)
    return file.read_text()


if __name__ == "__main__":
    main()
