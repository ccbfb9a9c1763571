"""`cstool mask`: makes training examples of a corpus, with the published strategies.

Each part of the corpus gives a part of the examples with the same name. Character spans are
converted to token spans with the tokenizer's offsets (`masking.tokens`). The masked tokens are
drawn by hashes (`masking.draw`), so they do not depend on the workers. Paragraphs and pages are cut
into windows (`document_windows`). Pairs of sentences: `pairs`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays import Array
from cstool.arrays.arrow import booleans, flat, list_of, numbers, slices_of
from cstool.arrays.hashing import U64, mix
from cstool.errors import InputError, WrongCallError
from cstool.execution.options import RunOptions
from cstool.masking.clusters import Clusters, read_clusters
from cstool.masking.draw import KEPT, MASKED, RANDOM, MaskedTokens, sentence_keys
from cstool.masking.draw import mask as mask_tokens
from cstool.masking.examples import RowLayout, entity_numbers, of_sentences, one_a_row, packed
from cstool.masking.strategies import STRATEGIES, RuleSource, Strategy, strategy_of
from cstool.masking.tokens import Spans, Tokenized, Tokens, tokenize
from cstool.masking.vocabulary import Vocabulary, need_library, one_thread, read_tokenizer
from cstool.stages.mask.document_windows import COLUMNS, windows_of
from cstool.stages.mask.pairs import PAIRINGS, make_pairs
from cstool.storage.checksums import open_part
from cstool.storage.counts import Counts, Tally, total
from cstool.storage.file_hashes import hash_file
from cstool.storage.manifest import PARAGRAPHS, Manifest, describe_file, describe_folder, need_stage
from cstool.storage.older_folders import wikis_by_language, with_wikis
from cstool.storage.parts import Batches, PartSpec
from cstool.storage.run import Run, open_run
from cstool.storage.schemas import EXAMPLES, TALLIES, Unit
from cstool.storage.segments import batches_by_group
from cstool.storage.tasks import Task

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["NAMES", "MaskOptions", "mask_corpus"]


NAMES = (*STRATEGIES, *PAIRINGS)
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
    if work.unit != "sentence":
        passes = ["pass"] if "pass" in part.schema_arrow.names else []
        columns = [*COLUMNS, "sentences", *passes]
        for batch in batches_by_group(part, _SENTENCES_AT_ONCE, columns):
            yield from _rows_of_documents(batch, work, tools, counts)
        return counts
    for batch in part.iter_batches(_SENTENCES_AT_ONCE, columns=[*COLUMNS], use_threads=False):
        rows = with_wikis(batch, work.wikis)
        keys = _keys(rows, work.options)
        yield _rows(rows, keys, tools, work.options, counts)
    return counts


def _rows_of_documents(
    batch: pa.RecordBatch, work: _Work, tools: _Tools, counts: Counts
) -> Iterator[pa.RecordBatch]:
    """Yield the examples of some paragraphs or pages, which are cut into windows."""
    longest = work.options.max_length - tools.tokenizer.num_special_tokens_to_add(False)
    ends = np.cumsum(pc.binary_length(batch.column("text")).to_numpy(), dtype=np.int64)
    for start, end in slices_of(ends, _BYTES_AT_ONCE):
        windows = windows_of(batch.slice(start, end - start), tools.tokenizer, longest)
        keys = _keys(windows.rows, work.options)
        keys = np.where(windows.draw > 0, mix(keys ^ windows.draw), keys)
        counts.tally(TALLIES[work.unit]).keep(end - start)
        counts.tally("entities").drop("cut at --max-length", windows.cut)
        yield _rows(windows.rows, keys, tools, work.options, counts, "windows")


def _keys(rows: pa.RecordBatch, options: MaskOptions) -> U64:
    """Return uint64[n]: the random key of each row."""
    languages = rows.column("language").to_pylist()
    return sentence_keys(rows.column("id").to_numpy(), languages, options.seed, epoch=0)


def _rows(
    batch: pa.RecordBatch,
    keys: U64,
    tools: _Tools,
    options: MaskOptions,
    counts: Counts,
    unit: str = "sentences",
) -> pa.RecordBatch:
    """Return the examples of some sentences or windows; `keys`: their random keys."""
    firsts, entities = flat(batch.column("entities"))
    spans = Spans(
        np.repeat(np.arange(batch.num_rows), np.diff(firsts)),
        entities.field("start").to_numpy().astype(np.int64),
        entities.field("end").to_numpy().astype(np.int64),
    )
    texts = batch.column("text").to_pylist()
    tokenized = tokenize(tools.tokenizer, tools.vocabulary, texts, spans, options.max_length)
    of_sentence = np.bincount(spans.sentence[tokenized.kept], minlength=batch.num_rows)
    used = np.ones(batch.num_rows, bool)
    if tools.strategy.outside is None:
        used = of_sentence > 0
    _count_read(counts.tally(unit), used, counts.tally("entities"), tokenized)
    if unit == "windows" and tokenized.shortened.any():
        counts.add(unit, {"shortened": int(tokenized.shortened.sum())})
    tokens = of_sentences(tokenized.tokens, used)
    batch = batch.filter(booleans(used)) if not used.all() else batch
    ids = batch.column("id").to_numpy()
    languages, wikis = batch.column("language").to_pylist(), batch.column("wiki")
    masked = mask_tokens(tokens, keys[used], tools.strategy, tools.vocabulary, tools.clusters)
    rows = packed(tokens, options.max_length) if options.packed else one_a_row(tokens)
    qids = entities.field("qid").to_numpy()[tokenized.kept]
    examples = _table(rows, (ids, wikis), languages, tokens, masked, qids, of_sentence[used])
    _count_written(examples, tokens, masked, tools.vocabulary, counts)
    return examples


def _table(
    rows: RowLayout,
    sentences: tuple[Array, pa.Array],
    languages: Sequence[str],
    tokens: Tokens,
    masked: MaskedTokens,
    qids: Array,
    of_sentence: Array,
) -> pa.RecordBatch:
    """Return the examples; `sentences`: the id and the wiki of each sentence."""
    sentence_ends = np.cumsum(rows.sentences)
    in_row = np.concatenate([[0], np.cumsum(of_sentence)])[np.concatenate([[0], sentence_ends])]
    sizes = np.diff(rows.tokens)
    ids, wikis = sentences
    lists = (
        (rows.sentences, numbers(ids)),
        None,
        (sizes, numbers(masked.input_ids)),
        (sizes, numbers(masked.labels)),
        (sizes, numbers(np.ones(len(tokens.ids), np.int8))),
        (sizes, numbers(entity_numbers(tokens, rows, of_sentence))),
        (np.diff(in_row), numbers(qids)),
        (rows.sentences, wikis),
    )
    first = sentence_ends - rows.sentences
    columns = [
        pa.array([languages[i] for i in first], pa.string())
        if one is None
        else list_of(one[0], one[1], field.type)
        for one, field in zip(lists, EXAMPLES, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=EXAMPLES)


def _count_read(sentences: Tally, used: Array, entities: Tally, tokenized: Tokenized) -> None:
    kept, cut = tokenized.kept, tokenized.cut
    sentences.keep(int(used.sum()))
    sentences.drop("no entity to predict", int((~used).sum()))
    entities.keep(int(kept.sum()))
    entities.drop("cut at --max-length", int(cut.sum()))
    entities.drop("no token of its own", int((~kept & ~cut).sum()))


def _count_written(
    examples: pa.RecordBatch,
    tokens: Tokens,
    masked: MaskedTokens,
    vocabulary: Vocabulary,
    counts: Counts,
) -> None:
    special = int(vocabulary.special[tokens.ids].sum())
    fates = np.bincount(masked.fates, minlength=4)
    counts.add(
        "tokens",
        {
            "special": special,
            "masked": int(fates[MASKED]),
            "replaced": int(fates[RANDOM]),
            "kept and predicted": int(fates[KEPT]),
            "left alone": len(tokens.ids) - special - int(fates[1:].sum()),
        },
    )
    inside = tokens.entities > 0
    counts.add(
        "tokens of entities",
        {"all": int(inside.sum()), "drawn": int((masked.fates[inside] > 0).sum())},
    )
    for code, number in zip(*examples.column("language").value_counts().flatten(), strict=True):
        counts.add("rows", {code.as_py(): number.as_py()})
