"""Makes the dictionary of a run in its work folder, from the dictionaries that a user gives."""

from pathlib import Path

import msgspec

from cstool.dictionaries.dictionary_files import Dictionaries, need_entries
from cstool.dictionaries.dictionary_store import is_dictionary, write_dictionary
from cstool.dictionaries.read_dictionary import UNIT, read_pairs
from cstool.storage.atomic import write_bytes
from cstool.storage.counts import Counts, total
from cstool.storage.run import Run

BY_LANGUAGE = "translations by language"
DUPLICATE = "duplicate pair"
_COUNTS = "counts.json"


def make_dictionary(run: Run, dictionaries: Dictionaries) -> tuple[Path, Counts]:
    """Read the dictionaries, unless an array task of the run has; return their store and counts.

    It is opened with `DictionaryStore(folder, dictionaries.languages)`. Raises InputError for a
    file that is no dictionary, and for a language without an entry.
    """
    folder = run.work("dictionary")
    counts = _counted(folder)
    if counts is None:
        counts = Counts()
        pairs = read_pairs(dictionaries, counts)
        number = write_dictionary(folder, pairs, dictionaries.languages, run.scratch)
        need_entries(dictionaries, [code for code, n in number.items() if n])
        tally = counts.tally(UNIT)
        repeated = tally.written - sum(number.values())
        tally.written -= repeated
        tally.dropped[DUPLICATE] = repeated
        counts.add(BY_LANGUAGE, number)
        counts = total([counts])
        write_bytes(folder / _COUNTS, msgspec.json.encode(counts))
    return folder, counts


def _counted(folder: Path) -> Counts | None:
    """Return the counts of a complete store; None if there is none."""
    try:
        counts = msgspec.json.decode((folder / _COUNTS).read_bytes(), type=Counts)
    except (OSError, msgspec.DecodeError):
        return None
    return counts if is_dictionary(folder) else None
