"""The section of a dataset card on the dumps, the commands and the counts of the stages."""

import re
from collections.abc import Iterable, Iterator, Sequence

from cstool.cards.card_origins import published_at
from cstool.storage.counts import largest
from cstool.storage.manifest import Ancestor, Input
from cstool.storage.reason_phrases import reasons_text

_REPRODUCED = """\
The following commands reproduce the {} byte for byte, with any number
of workers:"""
_DICTIONARIES = """\
Words were switched with these dictionaries{}:

| dictionary | bytes | fingerprint |
|---|---:|---|
{}

"""
# A server gives an item as it is when it is asked for.
_ASKED = """\
The {} was created with the following
commands. `cstool entities --live` reads the items as they are when it is run, so a later run can
give other labels; from the same items and dumps, the other commands give the same bytes, with any
number of workers:"""


def lineage_section(
    lineage: Sequence[Ancestor], commands: Iterable[str], what: str = "corpus"
) -> str:
    """Return the section on how a corpus was created.

    `commands`: those that made it from the dumps; `what`: a word for it.
    """
    versions = ", ".join(dict.fromkeys(one.version for one in lineage))
    lines = "\n".join(commands)
    asked = any(one.queried for one in lineage)
    return f"""\
## How the {what} was created

The {what} was created with cstool {versions} from these {"sources" if asked else "dumps"}:

| {"source" if asked else "dump"} | date | bytes | fingerprint |
|---|---|---:|---|
{_dumps(lineage)}

{_published(lineage)}{_dictionaries(lineage)}\
A fingerprint is an xxh3 hash: `xxh3-128:` of the whole file as it was read, `xxh3:` of its size and
of a sample of its bytes. {(_ASKED if asked else _REPRODUCED).format(what)}

```
{lines}
```

Counts of each stage:

| stage | unit | read | kept | reasons for drops |
|---|---|---:|---:|---|
{_funnel(lineage)}

"""


def _dumps(lineage: Sequence[Ancestor]) -> str:
    """Return one table row for each distinct input file, and for each server that was asked."""
    files = [
        f"| {'standard input' if given.name == '-' else given.name} | {_date(given.name)} | "
        f"{'' if given.bytes is None else f'{given.bytes:,}'} | "
        f"{f'`{given.fingerprint}`' if given.fingerprint else ''} |"
        for given in _inputs(lineage)
    ]
    servers = [
        f"| {one.parameters['api']} | {' to '.join(dict.fromkeys((first[:10], last[:10])))} | | |"
        for one in lineage
        if one.queried
        for first, last in [(one.queried.first, one.queried.last)]
    ]
    return "\n".join([*files, *servers])


def _inputs(lineage: Sequence[Ancestor], *, dictionaries: bool = False) -> list[Input]:
    """Return the distinct input files; or the dictionaries, which may be folders of `lexicon`."""
    stages = {one.stage for one in lineage} - ({"lexicon"} if dictionaries else set())
    inputs: dict[tuple[str, str | None], Input] = {}
    for one in lineage:
        for given in one.inputs:
            if given.name not in stages and (one.stage == "switch") == dictionaries:
                inputs.setdefault((given.name, given.fingerprint), given)
    return list(inputs.values())


def _dictionaries(lineage: Sequence[Ancestor]) -> str:
    """Return the dictionaries with which words were switched, "" without any."""
    read = _inputs(lineage, dictionaries=True)
    lines = "\n".join(
        f"| {one.name} | {'' if one.bytes is None else f'{one.bytes:,}'} | `{one.fingerprint}` |"
        for one in read
    )
    made = any(one.name == "lexicon" for one in read)
    where = " (`lexicon`: a folder that a command below makes)" if made else ""
    return _DICTIONARIES.format(where, lines) if read else ""


def _published(lineage: Sequence[Ancestor]) -> str:
    """Return where the input files were published, "" if their names do not contain it."""
    where = published_at(given.name for given in _inputs(lineage))
    return f"Wikimedia publishes files of these names at:\n\n{where}\n" if where else ""


def _date(name: str) -> str:
    match = re.search(r"\b(\d{4})-?(\d{2})-?(\d{2})\b", name)
    return "-".join(match.groups()) if match else ""


# The units to list for each stage.
_STEPS = {
    "entities": ("entities",),
    "titles": ("redirects",),
    "extract": ("pages", "paragraphs", "sentences"),
    "lexicon": ("entities", "pairs"),
    "switch": ("labels", "pages", "paragraphs", "sentences", "words"),
    "pair": ("entities",),
    "shard": ("rows",),
}
_REASONS = 4


def _funnel(lineage: Sequence[Ancestor]) -> str:
    return "\n".join(line for one in lineage for line in _steps(one))


def _steps(one: Ancestor) -> Iterator[str]:
    """Yield one table row for each listed unit of a stage."""
    stage = f"{one.stage} {one.source.wiki}" if one.source else one.stage
    for unit in _STEPS.get(one.stage, ()):
        if unit in one.counts.tallies:
            tally = one.counts.tallies[unit]
            reasons = reasons_text(largest(tally.dropped, _REASONS))
            yield f"| {stage} | {unit} | {tally.read:,} | {tally.written:,} | {reasons} |"
    if linked := one.counts.details.get("mentions by link"):
        read = sum(linked.values())
        unlinked = {reason: n for reason, n in linked.items() if n and reason != "linked"}
        reasons = reasons_text(largest(unlinked, _REASONS))
        yield f"| {stage} | mentions | {read:,} | {linked.get('linked', 0):,} | {reasons} |"
