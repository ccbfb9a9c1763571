"""`cstool entities --live`: asks a Wikibase's API for the linked items only.

Each call is an intermediate part, so an interrupted run repeats no call that was answered. From the
JSON of an item on, and in the order and the parts of the output, it is the same as the dump's way.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import xxhash
from tqdm import tqdm

from cstool.download.client import HttpClient, open_session
from cstool.dumps.item_columns import ItemColumns
from cstool.errors import InputError, WrongCallError
from cstool.execution.gc import seldom_collecting
from cstool.execution.log import log_stage
from cstool.execution.options import RunOptions
from cstool.execution.progress import duration_in_words
from cstool.stages.entities.api import MOST_VALUES, ItemQuery
from cstool.stages.entities.asking import ApiPolicy, ItemClient
from cstool.stages.entities.finish import sort_items
from cstool.stages.entities.live_options import LiveOptions
from cstool.stages.entities.rows import EntityFilter, item_table
from cstool.stages.entities.selection import EntitySelection, find_wanted
from cstool.stages.entities.sort import RUN_LAYOUT
from cstool.storage.counts import Counts, total
from cstool.storage.file_hashes import hash_file
from cstool.storage.manifest import (
    Input,
    Manifest,
    Queried,
    describe_file,
    describe_folder,
    need_stage,
)
from cstool.storage.parts import Batches, PartSpec
from cstool.storage.qid_lists import Qids
from cstool.storage.run import Run, open_run
from cstool.storage.schemas import ENTITIES
from cstool.storage.sorted_runs import in_groups
from cstool.storage.tasks import Task, part_name

DEFAULT_PART_SIZE = 64 << 20
NO_ITEM = "no such item"
# A detail in the counts of the intermediate parts: the times of replies.
_TIMES = "times"
# Details with the QIDs of items, and how many of them the manifest contains.
_MISSING, _REDIRECTED = "missing items", "redirected items"
_MOST_NAMED = 100
_ANSWERED = "answered"


def entities_live(
    sources: Sequence[Path],
    out: Path,
    options: LiveOptions,
    running: RunOptions,
    *,
    http: HttpClient | None = None,
    policy: ApiPolicy | None = None,
) -> Manifest:
    """Ask for the items of `sources`, write them into the folder `out`; return the manifest.

    `sources`: output folders of `cstool link`, and files with one QID per line. `http`, `policy`:
    None for those that the options describe. Raises InputError for invalid options and sources and
    for too many items, ServerError if the server refuses or does not reply, OutputError if `out`
    cannot be used.
    """
    if running.array_task or running.scheduler:
        raise WrongCallError(
            "--task and --scheduler: not possible with --live, which makes one call at a time; "
            "leave them out"
        )
    wanted = find_wanted(options.languages, options.sites, sources)
    part_size = running.part_size or DEFAULT_PART_SIZE
    policy = policy or ApiPolicy()
    say = _silent if running.quiet else _say
    http = replace(http or HttpClient(open_session(options.contact), say), server_option="--api")
    query = ItemQuery(options.api, wanted.languages, wanted.sites)
    client = ItemClient(http, query, policy.pause_for(options.api, options.contact), policy)
    assert wanted.qids is not None
    if len(wanted.qids) > options.max_items:
        raise InputError(
            f"{', '.join(map(str, sources))}: {len(wanted.qids):,} items are more than "
            f"{options.max_items:,}, so reading the dump is faster: cstool entities DUMP --only …; "
            f"to ask for them anyway, give --max-items {len(wanted.qids)}"
        )
    with open_run(
        out,
        stage="entities",
        parameters={"part_size": part_size, "api": options.api, **wanted.parameters()},
        inputs=[_describe(source) for source in sources],
        options=replace(running, jobs=1),
        reads=[source for source in sources if source.is_dir()],
        forecast=False,
    ) as run:
        return run.finished or _fill(run, client, sources, wanted, part_size)


def _fill(
    run: Run,
    client: ItemClient,
    sources: Sequence[Path],
    wanted: EntitySelection,
    part_size: int,
) -> Manifest:
    assert wanted.qids is not None
    calls = list(_calls(wanted.qids))
    if not run.options.quiet:
        _say(_forecast(run, client, len(wanted.qids), len(calls)))
    choice = EntityFilter(wanted.languages, wanted.sites)
    made = run.map(
        _ask,
        (client, choice),
        calls,
        PartSpec(ENTITIES, label="entities: ask", phase=_ANSWERED, unit="item", layout=RUN_LAYOUT),
    )
    counts = total(m.counts for m in made)
    times = counts.details.pop(_TIMES)
    for kind in (_MISSING, _REDIRECTED):
        named = counts.details.pop(kind, {})
        counts.details[kind] = dict(sorted(named.items(), key=_by_qid)[:_MOST_NAMED])
    parts, counts = sort_items(run, _ANSWERED, made, counts, wanted, part_size)
    for index, source in enumerate(sources):
        if source.is_file():
            run.read[index] = hash_file(source)
    return run.finish(parts, counts, queried=Queried(min(times), max(times)))


def _calls(qids: Qids) -> Iterator[Task[tuple[int, ...]]]:
    for index, first in enumerate(range(0, len(qids), MOST_VALUES)):
        asked = qids[first : first + MOST_VALUES]
        fingerprint = xxhash.xxh3_128_hexdigest(asked.astype("<u4").tobytes())
        yield Task(part_name(index), tuple(asked.tolist()), fingerprint, len(asked))


def _ask(qids: tuple[int, ...], client_and_choice: tuple[ItemClient, EntityFilter]) -> Batches:
    """Yield the items with these QIDs, sorted by QID; return counts of all of them.

    A redirect is written under the QID that was asked for, with the data of its target: a mention
    has the former QID, and means the same entity.
    """
    client, choice = client_and_choice
    answer = client.ask(qids)
    counts = Counts()
    tally = counts.tally("entities")
    columns = ItemColumns()
    with seldom_collecting():
        for qid, entity in sorted(answer.found.items()):
            columns.append(qid, entity)
        table = item_table(columns.take(), choice, counts)
    tally.keep(len(answer.found))
    tally.drop(NO_ITEM, len(answer.missing))
    counts.add(
        "asked for",
        {
            "found": len(answer.found),
            "redirected": len(answer.targets),
            "not on the server": len(answer.missing),
        },
    )
    counts.add(_MISSING, {f"Q{qid}": 1 for qid in answer.missing})
    counts.add(_REDIRECTED, {f"Q{qid} → Q{to}": 1 for qid, to in answer.targets.items()})
    now = datetime.fromtimestamp(client.http.now(), UTC)
    counts.add(_TIMES, {now.strftime("%Y-%m-%dT%H:%M:%SZ"): 1})
    yield from in_groups(table)
    return counts


def _by_qid(named: tuple[str, int]) -> int:
    return int(named[0].split(" ")[0].removeprefix("Q"))


def _describe(source: Path) -> Input:
    if source.is_dir():
        return describe_folder(source, need_stage(source, "link"))
    return describe_file(source)


def _forecast(run: Run, client: ItemClient, items: int, calls: int) -> str:
    """Return how many items and calls there are, and about how long they take."""
    done = sum(1 for _ in run.work(_ANSWERED).glob("*.parquet"))
    answered = f", {done:,} of them answered before" if done else ""
    seconds = client.policy.estimate(calls - done, client.pause)
    slow = client.policy.anonymous_pause <= client.pause
    hint = "; faster with --contact, which the operators ask for" if slow else ""
    item, call = "item" if items == 1 else "items", "call" if calls == 1 else "calls"
    return (
        f"asks {client.query.api} for {items:,} {item} in {calls:,} {call}{answered}, one at a "
        f"time: about {duration_in_words(seconds)}{hint}"
    )


def _say(text: str) -> None:
    with tqdm.external_write_mode(file=sys.stderr):  # above the progress bar
        log_stage("entities", text)


def _silent(_: str) -> None:
    pass
