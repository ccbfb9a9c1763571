"""Messages of `cstool switch` about what it has written, and what it has not."""

from collections.abc import Iterator

from cstool.cli.options import dropped
from cstool.storage.counts import largest
from cstool.storage.manifest import Manifest
from cstool.storage.reason_phrases import counts_text
from cstool.storage.schemas import TALLIES

_MARKS = ("open", "close")
# Language codes named in a message; the manifest has all.
_CODES_SHOWN = 9


def notes(manifest: Manifest, without: list[str]) -> Iterator[str]:
    """Yield messages about names, unswitched text, rejected labels, languages without sentences."""
    counts = manifest.counts
    if origins := {
        o: n for o, n in counts.details.get("names by origin", {}).items() if o != "anchor"
    }:
        yield f"names by origin: {counts_text(largest(origins, len(origins)).items())}"
    rows = TALLIES[manifest.row_unit]
    if words := counts.tallies.get("words"):
        left = f"; not switched: {dropped(manifest, 'words')}" if words.dropped else ""
        yield f"{words.written:,} words switched{left}"
    for unit in (f"source {rows}", "mentions"):
        if unit in counts.tallies and counts.tallies[unit].dropped:
            yield f"{unit} not switched: {dropped(manifest, unit)}"
    if "labels" in counts.tallies and counts.tallies["labels"].dropped:
        kept, rejected = counts.tallies["labels"].written, dropped(manifest, "labels")
        yield f"{kept:,} labels selected; rejected: {rejected}"
    # With `--languages all`, the target languages include codes that cstool does not know.
    present = counts.details.get("labels in unknown languages", {})
    targets = {*manifest.parameters["languages"]}
    if unknown := {code: number for code, number in present.items() if code in targets}:
        shown = largest(unknown, _CODES_SHOWN)
        codes = counts_text(shown.items())
        yield f"labels in {len(unknown):,} unknown language codes: {codes}"
    if without:
        yield f"languages without switched {rows}: {', '.join(without)}"
    if number := counts.details.get("texts with marks", {}).get("kept"):
        marks = " or ".join(filter(None, (manifest.parameters[m].strip() for m in _MARKS)))
        yield f"{number:,} {rows} already contained {marks} (--marks-in-text drop drops such rows)"
    if left_out := counts.details.get("names left out"):
        yield f"names left out: {counts_text(left_out.items())}"
