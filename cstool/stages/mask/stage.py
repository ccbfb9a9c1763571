"""`cstool mask`: makes training examples of a corpus, with the published strategies.

Each part of the corpus gives a part of the examples with the same name. Character spans are
converted to token spans with the tokenizer's offsets (`masking.tokens`). The masked tokens are
drawn by hashes (`masking.draw`), so they do not depend on the workers. Paragraphs and pages are cut
into windows (`document_windows`). Pairs of sentences: `pairs`. The labels of input-only are tokens
of the source texts (`masking.original_tokens`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays import Array
from cstool.arrays.arrow import booleans, flat, slices_of
from cstool.arrays.hashing import U64, mix
from cstool.errors import InputError, WrongCallError
from cstool.execution.options import RunOptions
from cstool.masking.clusters import Clusters, read_clusters
from cstool.masking.draw import MaskedTokens, sentence_keys
from cstool.masking.draw import mask as mask_tokens
from cstool.masking.examples import of_sentences, one_a_row, packed
from cstool.masking.original_tokens import (
    OriginalTokens,
    SwitchedTexts,
    original_tokens,
    unmasked,
)
from cstool.masking.strategies import INPUT_ONLY, STRATEGIES, RuleSource, Strategy, strategy_of
from cstool.masking.tokens import Spans, Tokenized, tokenize_encoded
from cstool.masking.vocabulary import Vocabulary, need_library, one_thread, read_tokenizer
from cstool.stages.mask.document_windows import COLUMNS, windows_of
from cstool.stages.mask.example_rows import count_read, count_written, table_of
from cstool.stages.mask.pairs import PAIRINGS, make_pairs
from cstool.stages.mask.source_texts import SOURCE_TEXT, in_windows, switched_texts
from cstool.storage.checksums import open_part
from cstool.storage.counts import Counts, total
from cstool.storage.file_hashes import hash_file
from cstool.storage.manifest import PARAGRAPHS, Manifest, describe_file, describe_folder, need_stage
from cstool.storage.older_folders import wikis_by_language, with_wikis
from cstool.storage.parts import Batches, PartSpec
from cstool.storage.row_kinds import kind_of
from cstool.storage.run import Run, open_run
from cstool.storage.schemas import EXAMPLES, TALLIES, Unit
from cstool.storage.segments import batches_by_group
from cstool.storage.tasks import Task

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["NAMES", "MaskOptions", "mask_corpus"]


NAMES = (*STRATEGIES, INPUT_ONLY, *PAIRINGS)
_SENTENCES_AT_ONCE = 4096
# The same in bytes, of paragraphs and pages.
_BYTES_AT_ONCE = 1 << 20


@dataclass(frozen=True)
class MaskOptions:
    """The options of `cstool mask`.

    `strategy`: one of NAMES. `rules`: whether to follow EntityCS's paper or its code where they
    differ. `max_length`: maximum tokens of a row. `packed`: several sentences per row. `clusters`:
    a file with the cluster of each token, for c-rts. `mask_token`: the tokenizer's mask token, if
    it is not one of the usual ones.
    """

    strategy: str
    rules: RuleSource = "paper"
    max_length: int = 128
    packed: bool = False
    seed: int = 0
    clusters: Path | None = None
    mask_token: str | None = None


@dataclass(frozen=True)
class _Work:
    """The parameters of the workers; `fingerprints` make cached files of another run unequal."""

    corpus: str
    wikis: dict[str, str] = field(hash=False)
    tokenizer: str
    fingerprints: str
    unit: Unit
    options: MaskOptions


@dataclass(frozen=True)
class _Tools:
    """The objects that a worker makes from the files."""

    tokenizer: "Tokenizer"
    vocabulary: Vocabulary
    strategy: Strategy
    clusters: Clusters | None


def mask_corpus(
    corpus: Path, tokenizer: Path, out: Path, options: MaskOptions, running: RunOptions
) -> Manifest:
    """Make training examples of a corpus; return the manifest.

    Raises InputError for an invalid corpus, tokenizer or file of clusters, WrongCallError for
    options that exclude each other, CstoolError if the library tokenizers is missing.
    """
    read = need_stage(corpus, "shard", "mix")
    _need_spans(corpus, read, options)
    version = need_library()
    if options.clusters is not None:  # a Dask worker may have another working directory
        options = replace(options, clusters=options.clusters.absolute())
    files = [tokenizer.absolute(), *([options.clusters] if options.clusters else [])]
    inputs = [describe_folder(corpus, read), *map(describe_file, files)]
    fingerprints = " ".join(str(one.identity) for one in inputs)
    corpus = corpus.absolute()
    wikis = wikis_by_language(corpus, read)
    work = _Work(str(corpus), wikis, str(files[0]), fingerprints, read.row_unit, options)
    _check(tokenizer, work)
    parameters: dict[str, Any] = {
        "strategy": options.strategy,
        "rules": options.rules,
        "max_length": options.max_length,
        "packed": options.packed,
        "seed": options.seed,
        "clusters": options.clusters is not None,
        "mask_token": options.mask_token,
        "tokenizers": version,
    }
    with open_run(
        out, stage="mask", parameters=parameters, inputs=inputs, options=running, reads=[corpus]
    ) as run:
        if run.finished:
            return run.finished
        run.read |= {i: hash_file(Path(file)) for i, file in enumerate(files, 1)}
        if options.strategy in PAIRINGS:
            return make_pairs(run, corpus, read, files[0], options.strategy, options.max_length)
        return _examples(run, read, work)


def _need_spans(corpus: Path, read: Manifest, options: MaskOptions) -> None:
    """Raise InputError or WrongCallError for a corpus whose rows the options cannot take."""
    form = read.parameters.get("format", "cstool")
    if form != "cstool":
        raise InputError(
            f"{corpus}: corpus in the format {form}, and only --format cstool can be read; make "
            f"one with `cstool {read.stage} --format cstool`"
        )
    if any(given.name == "pair" for given in read.inputs):
        raise InputError(
            f"{corpus}: contains pages of several wikis side by side, which have no entity spans; "
            "mix corpora of `cstool shard` only"
        )
    if read.stage == "mix" and options.packed:
        raise WrongCallError(
            "--packed: rows of a mixture are in several languages, and a packed row has one; omit "
            "the option, or give a corpus of `cstool shard`"
        )
    if read.stage == "mix" and options.strategy in PAIRINGS:
        raise InputError(
            f"{corpus}: a mixture, which has no paragraphs, and {options.strategy} takes pairs of "
            "sentences of a paragraph or page; give a corpus of `cstool shard`"
        )
    if options.strategy == INPUT_ONLY and kind_of(read).annotated:
        raise InputError(
            f"{corpus}: names stand beside their anchors, and {INPUT_ONLY} takes names in place of "
            "them; make a corpus with `cstool switch --style replace`"
        )
    unit = read.row_unit
    if options.strategy in PAIRINGS and unit != "sentence":
        raise InputError(
            f"{corpus}: contains {TALLIES[unit]}, and {options.strategy} takes sentences; make a "
            "corpus of sentences, starting with `cstool extract --unit sentence`"
        )
    if options.strategy in PAIRINGS and not read.beside(PARAGRAPHS):
        raise InputError(
            f"{corpus}: no paragraphs, which {options.strategy} requires, because an older version "
            "of cstool made the corpus; make it again with --overwrite, starting with "
            "`cstool extract`"
        )


def _check(tokenizer: Path, work: _Work) -> None:
    """Check the options and files, so that errors are raised before a worker starts."""
    options = work.options
    if options.strategy not in NAMES:
        raise WrongCallError(
            f"--strategy: {options.strategy!r} is unknown; give one of {', '.join(NAMES)}"
        )
    if (options.strategy == "c-rts") != (options.clusters is not None):
        raise WrongCallError("--clusters and --strategy c-rts require each other; give both")
    if options.packed and options.strategy in PAIRINGS:
        raise WrongCallError("--packed: not available for pairs; omit the option")
    try:
        read, vocabulary = _read(work)
    except InputError as error:
        if str(error).startswith((f"{tokenizer}: ", f"{work.tokenizer}: ")):
            raise
        raise InputError(f"{tokenizer}: {error}") from error
    pairs = options.strategy in PAIRINGS
    special = len(read.encode("", "" if pairs else None).ids)
    if options.max_length < special + 1 + pairs:  # at least one token of each text
        raise WrongCallError(
            f"--max-length {options.max_length}: too small for text in addition to the "
            f"tokenizer's {special} special tokens; give a larger value"
        )
    if options.strategy in PAIRINGS:
        return
    if strategy_of(options.strategy).masks and vocabulary.mask is None:
        raise InputError(
            f"{tokenizer}: no [MASK] or <mask> among the special tokens; give the tokenizer's mask "
            "token with --mask-token"
        )
    if options.clusters is not None:
        read_clusters(options.clusters, vocabulary)


def _examples(run: Run, read: Manifest, work: _Work) -> Manifest:
    parts = read.tables
    made = run.map(
        mask_part,
        work,
        [Task(p.file, p.file, p.checksum, p.bytes) for p in parts],
        PartSpec(EXAMPLES, label="mask"),
    )
    return run.finish(made, total(m.counts for m in made), source=read.source)


@lru_cache(maxsize=1)
def _read(work: _Work) -> tuple["Tokenizer", Vocabulary]:
    """Read the tokenizer, once per run in each worker."""
    one_thread()
    tokenizer = read_tokenizer(Path(work.tokenizer))
    tokenizer.no_padding()
    tokenizer.no_truncation()  # tokenize() truncates and reports the entities that it cuts
    return tokenizer, Vocabulary.of(tokenizer, work.options.mask_token)


@lru_cache(maxsize=1)
def _tools(work: _Work) -> _Tools:
    """Read all files that a worker needs, once per run."""
    options = work.options
    tokenizer, vocabulary = _read(work)
    clusters = read_clusters(options.clusters, vocabulary) if options.clusters else None
    strategy = strategy_of(options.strategy, options.rules)
    return _Tools(tokenizer, vocabulary, strategy, clusters)


def mask_part(file: str, work: _Work) -> Batches:
    """Yield the training examples of a part of the corpus."""
    counts = Counts()
    tools = _tools(work)
    part = open_part(Path(work.corpus) / file)
    with_source = [SOURCE_TEXT] if work.options.strategy == INPUT_ONLY else []
    if work.unit != "sentence":
        passes = ["pass"] if "pass" in part.schema_arrow.names else []
        columns = [*COLUMNS, "sentences", *passes, *with_source]
        for batch in batches_by_group(part, _SENTENCES_AT_ONCE, columns):
            yield from _rows_of_documents(batch, work, tools, counts)
        return counts
    columns = [*COLUMNS, *with_source]
    for batch in part.iter_batches(_SENTENCES_AT_ONCE, columns=columns, use_threads=False):
        rows = with_wikis(batch, work.wikis)
        keys = _keys(rows, work.options)
        switched = switched_texts(rows, work.corpus) if with_source else None
        texts = _Texts(rows, keys, "sentences", switched, np.ones(rows.num_rows, bool))
        yield _rows(texts, tools, work.options, counts)
    return counts


class _Texts(NamedTuple):
    """Sentences or windows.

    `rows`: the columns of a corpus; `keys`: uint64[n], random keys; `unit`: their tally.
    `switched`: the texts, their source texts and spans, if they are needed; `at_end`: bool[n],
    whether the text of a row ends with it.
    """

    rows: pa.RecordBatch
    keys: U64
    unit: str
    switched: SwitchedTexts | None
    at_end: Array


def _rows_of_documents(
    batch: pa.RecordBatch, work: _Work, tools: _Tools, counts: Counts
) -> Iterator[pa.RecordBatch]:
    """Yield the examples of some paragraphs or pages, which are cut into windows."""
    longest = work.options.max_length - tools.tokenizer.num_special_tokens_to_add(False)
    ends = np.cumsum(pc.binary_length(batch.column("text")).to_numpy(), dtype=np.int64)
    for start, end in slices_of(ends, _BYTES_AT_ONCE):
        some = batch.slice(start, end - start)
        windows = windows_of(some, tools.tokenizer, longest)
        keys = _keys(windows.rows, work.options)
        keys = np.where(windows.draw > 0, mix(keys ^ windows.draw), keys)
        counts.tally(TALLIES[work.unit]).keep(end - start)
        counts.tally("entities").drop("cut at --max-length", windows.cut)
        switched = None
        if work.options.strategy == INPUT_ONLY:
            switched = in_windows(switched_texts(some, work.corpus), windows.places)
        texts = _Texts(windows.rows, keys, "windows", switched, windows.last)
        yield _rows(texts, tools, work.options, counts)


def _keys(rows: pa.RecordBatch, options: MaskOptions) -> U64:
    """Return uint64[n]: the random key of each row."""
    languages = rows.column("language").to_pylist()
    return sentence_keys(rows.column("id").to_numpy(), languages, options.seed, epoch=0)


def _rows(texts: _Texts, tools: _Tools, options: MaskOptions, counts: Counts) -> pa.RecordBatch:
    """Return the examples of some sentences or windows."""
    batch = texts.rows
    firsts, entities = flat(batch.column("entities"))
    spans = Spans(
        np.repeat(np.arange(batch.num_rows), np.diff(firsts)),
        entities.field("start").to_numpy().astype(np.int64),
        entities.field("end").to_numpy().astype(np.int64),
    )
    encodings = tools.tokenizer.encode_batch(batch.column("text").to_pylist())
    tokenized = tokenize_encoded(encodings, tools.vocabulary, spans, options.max_length)
    of_sentence = np.bincount(spans.sentence[tokenized.kept], minlength=batch.num_rows)
    used = np.ones(batch.num_rows, bool)
    if tools.strategy.inside is not None and tools.strategy.outside is None:
        used = of_sentence > 0
    count_read(counts.tally(texts.unit), used, counts.tally("entities"), tokenized)
    if texts.unit == "windows" and tokenized.shortened.any():
        counts.add(texts.unit, {"shortened": int(tokenized.shortened.sum())})
    tokens = of_sentences(tokenized.tokens, used)
    batch = batch.filter(booleans(used)) if not used.all() else batch
    ids = batch.column("id").to_numpy()
    languages, wikis = batch.column("language").to_pylist(), batch.column("wiki")
    if texts.switched is not None:
        masked = _predicted(texts, encodings, tokenized, tools)
    else:
        keys = texts.keys[used]
        masked = mask_tokens(tokens, keys, tools.strategy, tools.vocabulary, tools.clusters)
    rows = packed(tokens, options.max_length) if options.packed else one_a_row(tokens)
    qids = entities.field("qid").filter(booleans(tokenized.kept))
    examples = table_of(rows, (ids, wikis), languages, tokens, masked, qids, of_sentence[used])
    count_written(examples, tokens, masked, tools.vocabulary, counts)
    return examples


def _predicted(
    texts: _Texts, encodings: list[Any], tokenized: Tokenized, tools: _Tools
) -> MaskedTokens:
    """Return all tokens of texts, with those of their source texts as labels."""
    assert texts.switched is not None
    original = original_tokens(tools.tokenizer, encodings, texts.switched)
    left = OriginalTokens(*(part[tokenized.uncut] for part in original))
    at_end = texts.at_end & ~tokenized.shortened
    return unmasked(tokenized.tokens, left, tools.vocabulary, at_end)
