"""Compares rules of templates with definitions in the dump, which have precedence over them.

Rules are faster than definitions, which may call modules, so a rule is used if a sample of the
dump's calls gives the same text and links with both.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from cstool.execution.gc import seldom_collecting
from cstool.stages.extract.renderers import TemplateSources
from cstool.stages.extract.waiting import waiting_in
from cstool.storage.checksums import content_digest, read_part
from cstool.storage.counts import Counts
from cstool.storage.parts import Batches, FinishedPart, PartSpec
from cstool.storage.run import Run
from cstool.storage.tasks import Task
from cstool.wikitext.scan import calls
from cstool.wikitext.templates import arguments, call_name

_COMPARED_FOLDER = "compared"
COMPARED = pa.schema([("name", pa.string()), ("differs", pa.bool_())])
# Slices that are compared; in each, different calls of a template: with the same arguments given,
# and at all.
_MOST_SLICES = 64
_CALLS_ALIKE = 3
_CALLS_A_NAME = 12


def disagreeing_rules(
    run: Run, made: Sequence[FinishedPart], sources: TemplateSources, waiting: Path
) -> frozenset[str]:
    """Return the names of the templates whose rule disagrees with the definition.

    `made`: the parts of the first phase; `waiting`: the folder of their side tables.
    """
    files = [waiting / m.part.file for m in made]
    files = [file for file in files if file.is_file()]
    step = max(1, -(-len(files) // _MOST_SLICES))
    identity = f"{sources.identity()}"
    tasks = [Task(f.name, f, f"{content_digest(f)} {identity}") for f in files[::step]]
    spec = PartSpec(COMPARED, label="extract: compare", phase=_COMPARED_FOLDER, unit="part")
    compared = run.map(compare_calls, sources, tasks, spec)
    differ: set[str] = set()
    for part in compared:
        rows = read_part(run.work(_COMPARED_FOLDER) / part.part.file).to_pylist()
        differ |= {row["name"] for row in rows if row["differs"]}
    return frozenset(differ)


def compare_calls(waiting: Path, sources: TemplateSources) -> Batches:
    """Yield for each template of a side table that has a rule whether a call differs."""
    with seldom_collecting():
        found = _compared(waiting, sources)
    rows = [{"name": name, "differs": differs} for name, differs in sorted(found.items())]
    yield pa.Table.from_pylist(rows, COMPARED)
    return Counts()


def _compared(waiting: Path, sources: TemplateSources) -> dict[str, bool]:
    reader, expander = sources.reader(), sources.expander()
    assert expander is not None
    seen: dict[str, dict[str, frozenset[str]]] = {}  # the calls of a name, and what they give
    differs: dict[str, bool] = {}
    for title, call in _calls_in(waiting):
        name = call_name(call)
        of_name = seen.setdefault(name, {})
        if call in of_name or len(of_name) >= _CALLS_A_NAME or not reader.has_rule(name):
            continue
        given = frozenset(argument for argument, _ in arguments(call))
        if list(of_name.values()).count(given) >= _CALLS_ALIKE:
            continue
        of_name[call] = given
        by_rule = reader.rendered(call, title)
        defined = reader.rendered(call, title, expander, overridden=frozenset({name}))
        if any(line.holes for line in (*by_rule, *defined)):
            continue  # unknown to one of the two
        differs[name] = differs.get(name, False) or by_rule != defined
    return differs


def _calls_in(waiting: Path) -> Iterator[tuple[str, str]]:
    """Yield the title of the page and the wikitext of each call that begins in a side table."""
    for _, page, paragraph in waiting_in(waiting):
        for start, end, braces in calls(paragraph.source):
            if braces == 2:
                yield page.title, paragraph.source[start:end]
