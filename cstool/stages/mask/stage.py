"""`cstool mask`: a corpus → training examples, by the published strategies.

A part of the corpus makes a part of the examples, of the same name. Character spans become token
spans through the tokenizer's offsets (`masking.tokens`); what is masked is drawn by hashes
(`masking.draw`), so that it does not depend on workers. Pairs of sentences: `mask_pairs`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.arrays.arrow import flat, numbers, offsets_of
from cstool.errors import InputError, WrongCallError
from cstool.execution.options import RunOptions
from cstool.masking.clusters import Clusters, read_clusters
from cstool.masking.draw import KEPT, MASKED, RANDOM, MaskedTokens, mask, sentence_keys
from cstool.masking.examples import RowLayout, entity_numbers, of_sentences, one_a_row, packed
from cstool.masking.strategies import STRATEGIES, RuleSource, Strategy, strategy_of
from cstool.masking.tokens import Spans, Tokens, tokenize
from cstool.masking.vocabulary import Vocabulary, need_library, one_thread, read_tokenizer
from cstool.stages.mask.pairs import PAIRINGS, make_pairs
from cstool.storage.checksums import open_part
from cstool.storage.counts import Counts, total
from cstool.storage.manifest import (
    PARAGRAPHS,
    Manifest,
    describe_file,
    describe_folder,
    hash_file,
    need_stage,
)
from cstool.storage.parts import Batches, PartSpec
from cstool.storage.run import Run, open_run
from cstool.storage.schemas import EXAMPLES
from cstool.storage.tasks import Task

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["NAMES", "MaskOptions", "mask_corpus"]


NAMES = (*STRATEGIES, *PAIRINGS)
_SENTENCES_AT_ONCE = 4096


@dataclass(frozen=True)
class MaskOptions:
    """`strategy`: one of NAMES. `rules`: where EntityCS's paper and code differ, which holds.

    `max_length`: tokens of a row at most. `packed`: as many sentences in a row as it holds.
    `clusters`: a file with each token's cluster, for c-rts. `mask_token`: its name, where the
    tokenizer's own is none of the usual.
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
    """What a worker needs to know; `print` tells one run's files from another's."""

    corpus: str
    tokenizer: str
    print: str
    options: MaskOptions


@dataclass(frozen=True)
class _Tools:
    """What a worker makes of the files that it is told of."""

    tokenizer: "Tokenizer"
    vocabulary: Vocabulary
    strategy: Strategy
    clusters: Clusters | None


def mask_corpus(
    corpus: Path, tokenizer: Path, out: Path, options: MaskOptions, running: RunOptions
) -> Manifest:
    """Make training examples of a corpus; return the manifest.

    Raises InputError for what is no corpus with spans, no tokenizer, or no file of clusters;
    WrongCallError for options that do not go together; CstoolError when tokenizers is missing.
    """
    read = need_stage(corpus, "shard")
    form = read.parameters.get("format", "cstool")
    if form != "cstool":
        raise InputError(
            f"{corpus}: is a corpus in the format {form}, which has no spans to read; make one "
            "with `cstool shard --format cstool`"
        )
    if options.strategy in PAIRINGS and not read.beside(PARAGRAPHS):
        raise InputError(
            f"{corpus}: tells no paragraphs, which {options.strategy} needs: an older cstool made "
            "it; make it again with --overwrite, from `cstool extract` on"
        )
    version = need_library()
    if options.clusters is not None:  # a worker on a cluster may stand elsewhere
        options = replace(options, clusters=options.clusters.absolute())
    files = [tokenizer.absolute(), *([options.clusters] if options.clusters else [])]
    inputs = [describe_folder(corpus, read), *map(describe_file, files)]
    prints = " ".join(str(one.identity) for one in inputs)
    corpus = corpus.absolute()
    work = _Work(str(corpus), str(files[0]), prints, options)
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


def _check(tokenizer: Path, work: _Work) -> None:
    """Raise the faults that the first worker would, before there are any."""
    options = work.options
    if options.strategy not in NAMES:
        raise WrongCallError(f"--strategy: no {options.strategy!r}; there are {', '.join(NAMES)}")
    if (options.strategy == "c-rts") != (options.clusters is not None):
        raise WrongCallError("--clusters FILE and --strategy c-rts go together; give both")
    if options.packed and options.strategy in PAIRINGS:
        raise WrongCallError("--packed: pairs are not packed; leave it out")
    read, vocabulary = _read(work)
    pairs = options.strategy in PAIRINGS
    special = len(read.encode("", "" if pairs else None).ids)
    if options.max_length < special + 1 + pairs:  # a token of each text, at least
        raise WrongCallError(
            f"--max-length {options.max_length}: leaves no room beside the tokenizer's "
            f"{special} special tokens; give more"
        )
    if options.strategy in PAIRINGS:
        return
    if strategy_of(options.strategy).masks and vocabulary.mask is None:
        raise InputError(
            f"{tokenizer}: has no [MASK] or <mask> among its special tokens; name its own with "
            "--mask-token"
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
    """Read the tokenizer: once a run in each worker."""
    one_thread()
    tokenizer = read_tokenizer(Path(work.tokenizer))
    tokenizer.no_padding()
    tokenizer.no_truncation()  # ours knows what it cuts
    return tokenizer, Vocabulary.of(tokenizer, work.options.mask_token)


@lru_cache(maxsize=1)
def _tools(work: _Work) -> _Tools:
    """Read all that a worker needs: once a run."""
    options = work.options
    tokenizer, vocabulary = _read(work)
    clusters = read_clusters(options.clusters, vocabulary) if options.clusters else None
    strategy = strategy_of(options.strategy, options.rules)
    return _Tools(tokenizer, vocabulary, strategy, clusters)


def mask_part(file: str, work: _Work) -> Batches:
    """Yield the training examples of a part of the corpus."""
    counts = Counts()
    tools = _tools(work)
    columns = ["id", "language", "text", "entities"]
    part = open_part(Path(work.corpus) / file)
    for batch in part.iter_batches(_SENTENCES_AT_ONCE, columns=columns, use_threads=False):
        yield _rows(batch, tools, work.options, counts)
    return counts


def _rows(
    batch: pa.RecordBatch, tools: _Tools, options: MaskOptions, counts: Counts
) -> pa.RecordBatch:
    """Return the examples of some sentences."""
    firsts, entities = flat(batch.column("entities"))
    spans = Spans(
        np.repeat(np.arange(batch.num_rows), np.diff(firsts)),
        entities.field("start").to_numpy().astype(np.int64),
        entities.field("end").to_numpy().astype(np.int64),
    )
    texts = batch.column("text").to_pylist()
    found = tokenize(tools.tokenizer, tools.vocabulary, texts, spans, options.max_length)
    of_sentence = np.bincount(spans.sentence[found.kept], minlength=batch.num_rows)
    used = np.ones(batch.num_rows, bool)
    if tools.strategy.outside is None:
        used = of_sentence > 0
    _count_read(used, found.kept, found.cut, counts)
    tokens = of_sentences(found.tokens, used)
    batch = batch.filter(pa.array(used)) if not used.all() else batch
    ids = batch.column("id").to_numpy()
    languages = batch.column("language").to_pylist()
    keys = sentence_keys(ids, languages, options.seed, epoch=0)
    masked = mask(tokens, keys, tools.strategy, tools.vocabulary, tools.clusters)
    rows = packed(tokens, options.max_length) if options.packed else one_a_row(tokens)
    qids = entities.field("qid").to_numpy()[found.kept]
    made = _table(rows, ids, languages, tokens, masked, qids, of_sentence[used])
    _count_written(made, tokens, masked, tools.vocabulary, counts)
    return made


def _table(
    rows: RowLayout,
    ids: Array,
    languages: Sequence[str],
    tokens: Tokens,
    masked: MaskedTokens,
    qids: Array,
    of_sentence: Array,
) -> pa.RecordBatch:
    sentence_ends = np.cumsum(rows.sentences)
    in_row = np.concatenate([[0], np.cumsum(of_sentence)])[np.concatenate([[0], sentence_ends])]
    sizes = np.diff(rows.tokens)
    lists = (
        (rows.sentences, ids),
        None,
        (sizes, masked.input_ids),
        (sizes, masked.labels),
        (sizes, np.ones(len(tokens.ids), np.int8)),
        (sizes, entity_numbers(tokens, rows, of_sentence)),
        (np.diff(in_row), qids),
    )
    first = sentence_ends - rows.sentences
    columns = [
        pa.array([languages[i] for i in first], pa.string())
        if one is None
        else pa.ListArray.from_arrays(offsets_of(one[0]), numbers(one[1]), type=field.type)
        for one, field in zip(lists, EXAMPLES, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=EXAMPLES)


def _count_read(used: Array, kept: Array, cut: Array, counts: Counts) -> None:
    sentences, entities = counts.tally("sentences"), counts.tally("entities")
    sentences.keep(int(used.sum()))
    sentences.drop("no entity to predict", int((~used).sum()))
    entities.keep(int(kept.sum()))
    entities.drop("cut at --max-length", int(cut.sum()))
    entities.drop("no token of its own", int((~kept & ~cut).sum()))


def _count_written(
    made: pa.RecordBatch,
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
    for code, number in zip(*made.column("language").value_counts().flatten(), strict=True):
        counts.add("rows", {code.as_py(): number.as_py()})
