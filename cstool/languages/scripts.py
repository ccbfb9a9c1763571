"""Scripts of names and of languages, to reject names in a script that a language does not use.

A set of scripts is a 64-bit mask: one bit for each script that a language of the table is written
in, and one for all others. Characters without a script (digits, punctuation, marks) have no bit.
Simplified and traditional Chinese characters (`han.tsv`) have the bit of Hans or Hant beside that
of Hani. A language with Hani in the table uses both kinds.
"""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays import Array
from cstool.errors import WrongCallError
from cstool.languages.codes import current
from cstool.languages.data_tables import rows

_OTHERS = np.uint64(1) << np.uint64(63)
_ALL = ~np.uint64(0)


class LanguageScripts(NamedTuple):
    """The scripts of a language, as masks: those that a name needs (`main`), and may have (`all`).

    Japanese: Han, Hiragana, Katakana; Serbian: Cyrillic, and also Latin. Text in Simplified
    Chinese has Hani and Hans, not Hant.
    """

    main: np.uint64
    all: np.uint64


@cache
def _bits() -> dict[str, np.uint64]:
    """Return the bit of each script that a language is written in."""
    scripts = sorted({s for row in _languages().values() for part in row for s in part} | {"Hani"})
    if len(scripts) > 63:
        raise ValueError(f"{len(scripts)} scripts do not fit a mask of 64 bits")
    return {script: np.uint64(1) << np.uint64(i) for i, script in enumerate(scripts)}


@cache
def _languages() -> dict[str, tuple[list[str], list[str]]]:
    table = rows("cstool.languages", "scripts.tsv")
    return {code: (main.split(), further.split()) for code, main, further in table}


def mask(*scripts: str) -> np.uint64:
    """Return the mask of these scripts (ISO 15924: "Latn")."""
    found = np.uint64(0)
    for script in scripts:
        found |= _bits()[script]
    return found


def known_scripts(spec: str) -> tuple[str, ...]:
    """Return the scripts in a comma-separated list, sorted, of ISO 15924 codes in any case.

    Raises WrongCallError for one that no language of the table is written in, or an empty list.
    """
    given = {word.capitalize() for word in map(str.strip, spec.split(",")) if word}
    unknown = sorted(given - {*_bits()})
    if unknown or not given:
        raise WrongCallError(
            f"--scripts: {repr(unknown[0]) + ' is unknown' if unknown else 'empty list'}; give "
            f"codes of ISO 15924, of these: {', '.join(_bits())}"
        )
    return tuple(sorted(given))


def codes_of(scripts: np.uint64) -> list[str]:
    """Return the scripts of a mask: those of the table, `Zyyy` for others, none for no letter."""
    found = [code for code, bit in _bits().items() if scripts & bit and code not in _OF_HANI]
    return [*found, *(["Zyyy"] if scripts & _OTHERS else [])]


_OF_HANI = ("Hans", "Hant")


def _of_language(code: str) -> tuple[list[str], list[str]] | None:
    table = _languages()
    code = current(code)
    return table.get(code) or table.get(code.split("-", maxsplit=1)[0])


def main_scripts(code: str) -> list[str]:
    """Return the main scripts of a language; an empty list if they are unknown."""
    known = _of_language(code)
    return known[0] if known else []


def written(code: str) -> LanguageScripts:
    """Return the scripts of a language; an unknown one allows all scripts and has no main one."""
    known = _of_language(code)
    if known is None:
        return LanguageScripts(np.uint64(0), _ALL)
    main, further = known
    return LanguageScripts(written_in(main), written_in([*main, *further]))


def written_in(scripts: Sequence[str]) -> np.uint64:
    """Return the mask of scripts of the table, in which Hans and Hant include Hani."""
    han = {"Hani": ["Hani", "Hans", "Hant"], "Hans": ["Hani", "Hans"], "Hant": ["Hani", "Hant"]}
    return mask(*(part for script in scripts for part in han.get(script, [script])))


@cache
def _characters() -> tuple[Array, Array]:
    """Return uint8[0x110000]: the index of each character's mask; and the masks."""
    numbers = {script: i for i, script in enumerate(_bits(), 1)}
    table = np.zeros(0x110000, np.uint8)
    for first, last, script in rows("cstool.languages", "characters.tsv"):
        table[int(first, 16) : int(last, 16) + 1] = numbers.get(script, len(numbers) + 1)
    for script, characters in rows("cstool.languages", "han.tsv"):
        table[[*map(ord, characters)]] = numbers[script]
    masks = {**_bits(), "Hans": mask("Hani", "Hans"), "Hant": mask("Hani", "Hant")}
    return table, np.array([0, *(masks[script] for script in numbers), _OTHERS], np.uint64)


def scripts_of(texts: pa.Array) -> Array:
    """Return uint64[n]: the mask of the scripts of each text."""
    found = np.zeros(len(texts), np.uint64)
    lengths = pc.utf8_length(texts).to_numpy(zero_copy_only=False)
    if not lengths.any():
        return found
    offsets = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset :][: len(texts) + 1]
    data = memoryview(texts.buffers()[2])[int(offsets[0]) : int(offsets[-1])]
    points = np.frombuffer(str(data, "utf-8").encode("utf-32-le"), np.uint32)
    table, sets = _characters()
    some = lengths > 0
    firsts = (np.cumsum(lengths) - lengths)[some]
    found[some] = np.bitwise_or.reduceat(sets[table[points]], firsts)
    return found
