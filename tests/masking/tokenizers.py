"""Small real tokenizers, trained on the spot: byte-level BPE, WordPiece, Unigram."""

from collections.abc import Sequence
from typing import Any

from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

KINDS = ("byte-level", "wordpiece", "unigram")
_ROBERTA = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
_BERT = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def train(kind: str, texts: Sequence[str], size: int = 4000) -> Tokenizer:
    """Train a tokenizer of that kind, with the special tokens and the frame of its family."""
    trainer: Any
    common: dict[str, Any] = {"vocab_size": size, "show_progress": False}
    if kind == "byte-level":
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
        alphabet = pre_tokenizers.ByteLevel.alphabet()
        trainer = trainers.BpeTrainer(special_tokens=_ROBERTA, initial_alphabet=alphabet, **common)
    elif kind == "wordpiece":
        tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        trainer = trainers.WordPieceTrainer(special_tokens=_BERT, **common)
    else:
        tokenizer = Tokenizer(models.Unigram())
        tokenizer.normalizer = normalizers.NFKC()
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
        trainer = trainers.UnigramTrainer(special_tokens=_ROBERTA, unk_token="<unk>", **common)
    tokenizer.train_from_iterator(texts, trainer)
    first, last = ("[CLS]", "[SEP]") if kind == "wordpiece" else ("<s>", "</s>")
    if kind == "byte-level":  # its offsets leave spaces out
        start, end = ((name, _ROBERTA.index(name)) for name in (first, last))
        tokenizer.post_processor = processors.RobertaProcessing(end, start, add_prefix_space=False)
        return tokenizer
    pair = (
        f"{first} $A {last} $B:1 {last}:1"
        if kind == "wordpiece"
        else f"{first} $A {last} {last} $B {last}"
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{first} $A {last}",
        pair=pair,
        special_tokens=[(name, tokenizer.token_to_id(name)) for name in (first, last)],
    )
    return tokenizer
