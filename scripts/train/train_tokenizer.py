"""Train a small tokenizer on a corpus, for the demo, which has no model's tokenizer.

Usage: python -m scripts.train.train_tokenizer CORPUS FILE [--size N] [--special TOKEN…]

A Unigram model with the special tokens of XLM-R, as in SentencePiece. `--special`: further special
tokens, such as LEIA's marks <translate> and </translate>. For a published model, use the
tokenizer.json that comes with it.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

SPECIAL = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]


def texts(corpus: Path) -> Iterator[list[str]]:
    """Yield the texts of the corpus's training parts, some at a time."""
    for path in sorted(corpus.glob("data/*/train-*.parquet")):
        for batch in pq.ParquetFile(path).iter_batches(10_000, columns=["text"]):
            yield batch.column("text").to_pylist()


def trained(corpus: Path, size: int, special: list[str]) -> Tokenizer:
    """Return a tokenizer of `size` tokens; `special`: further special ones."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    # Text after a mark within a word is not the beginning of a word.
    prepend = "first" if special else "always"
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=prepend)
    trainer = trainers.UnigramTrainer(
        vocab_size=size,
        special_tokens=[*SPECIAL, *special],
        unk_token="<unk>",
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts(corpus), trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", 0), ("</s>", 2)],
    )
    return tokenizer


def main() -> None:
    """Train and save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("file", type=Path)
    parser.add_argument("--size", type=int, default=6000)
    parser.add_argument("--special", nargs="*", default=[], metavar="TOKEN")
    arguments = parser.parse_args()
    arguments.file.parent.mkdir(parents=True, exist_ok=True)
    trained(arguments.corpus, arguments.size, arguments.special).save(str(arguments.file))


if __name__ == "__main__":
    main()
