"""The options of the stages that write a corpus: its format, and what only some formats take."""

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from cstool.cli.options import Command
from cstool.formats.corpus_formats import FORMATS
from cstool.formats.format_options import FormatOptions
from cstool.formats.token_sequences import PACKING, TOKENS
from cstool.storage.counts import Counts

# What --help says about each format, in this order.
_HELP = {
    "cstool": "Parquet with entity spans",
    "jsonl": "Zstandard-compressed JSON lines with the fields text and meta (the other columns)",
    "dolma": "documents, and attributes with entity spans, in the form of the Dolma toolkit",
    "megatron": "token files with an index (.bin, .idx), for Megatron-LM and NeMo",
    "tokens": "Parquet with input_ids",
    "entitycs": "the columns of the published EntityCS corpus, with entities in <e>…</e>",
    "mt": "sentence pairs for training translation models: the column source contains a language "
    "tag (<2en>) and the switched sentence; the column target contains the source sentence",
    "translico": "CSV with the columns text and transliteration, for TransliCo; needs a folder of "
    "`cstool romanize`",
}


def corpus_files(formats: Sequence[str]) -> Callable[[Command], Command]:
    """Add the options of a corpus's files; `formats`: the names that --format takes.

    The command receives the format as `format_` and the others as one `FormatOptions`, named
    `files`. The stage checks them (`check_options`).
    """
    known = [name for name in _HELP if name in formats and name in FORMATS]
    described = [f"{name}: {_HELP[name]}" for name in known]
    options = [
        click.option(
            "--format",
            "format_",
            type=click.Choice(known),
            default="cstool",
            show_default=True,
            help=f"Output format. {'; '.join(described)}.",
        ),
        click.option(
            "--tokenizer",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            metavar="FILE",
            help="The tokenizer.json of the model, for formats that contain tokens.",
        ),
        click.option(
            "--document-end",
            metavar="TOKEN",
            help="The token at the end of each row's tokens. Default: the tokenizer's token of a "
            "usual name, such as <|endoftext|> or </s>.",
        ),
        click.option(
            "--pack",
            type=click.IntRange(2),
            metavar="N",
            help="Join the tokens of rows to sequences of N tokens. Default: a sequence for each "
            "row.",
        ),
        click.option(
            "--whole-samples",
            is_flag=True,
            help="With --pack: end a sequence before a row that does not fit into it. Only rows of "
            "more than N tokens are cut.",
        ),
    ]

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def wrapped(
            *,
            tokenizer: Path | None,
            document_end: str | None,
            pack: int | None,
            whole_samples: bool,
            **others: Any,
        ) -> None:
            files = FormatOptions(tokenizer, document_end, pack, whole_samples)
            command(files=files, **others)

        for option in reversed(options):
            wrapped = option(wrapped)
        return wrapped

    return decorate


def tokens(counts: Counts) -> str:
    """Return the number of tokens that a stage wrote and, of packing, of sequences."""
    text = f"{sum(counts.details.get(TOKENS, {}).values()):,} tokens"
    packing = counts.details.get(PACKING)
    if packing is None:
        return text
    cut = packing.get("samples cut", 0)
    return f"{text} in {packing['sequences']:,} sequences ({cut:,} samples cut)"
