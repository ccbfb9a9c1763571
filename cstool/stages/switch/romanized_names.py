"""Names of other scripts in Latin letters, for text that is written in Latin letters."""

from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays import Array
from cstool.arrays.arrow import distinct, numbers
from cstool.errors import InputError
from cstool.languages.labels import ChosenLabels
from cstool.languages.scripts import main_scripts, mask, scripts_of
from cstool.romanization.romanized_texts import LanguagesOfText, TextSpans, romanize_texts
from cstool.romanization.romanizers import RomanizerName, romanizer
from cstool.romanization.words_in_context import WordRomanizer
from cstool.storage.counts import Counts

_LATIN = "Latn"


def need_latin(language: str) -> None:
    """Raise InputError for text that is not written in Latin letters."""
    if _LATIN not in main_scripts(language):
        raise InputError(
            f"--romanize-names: the text is in {language}, which is not written in Latin letters; "
            "omit the option"
        )


def romanized_names(
    chosen: ChosenLabels, languages: tuple[str, ...], name: RomanizerName, counts: Counts
) -> ChosenLabels:
    """Return labels of which those with letters of another script than Latin are in Latin letters.

    `languages`: of the columns of `chosen.places`. Each label is romanized once for the rules of
    its column's language; one of which nothing is left is removed.
    """
    words = _words(name)
    other = np.append(scripts_of(chosen.texts) & ~mask(_LATIN) != 0, False)
    todo = other[chosen.places]
    if not todo.any():
        return chosen
    lcodes = [words.romanizer.lcode(code) for code in languages]
    rules = sorted({*lcodes})
    rule = np.array([rules.index(code) for code in lcodes], np.int64)
    keys = (chosen.places * len(rules) + rule)[todo]
    different = distinct(keys)
    label, rule_of_label = np.divmod(different, len(rules))
    made = _romanized(chosen.texts.take(numbers(label)), tuple(rules), rule_of_label, words)
    coded = pa.concat_arrays([chosen.texts.cast(pa.string()), made]).dictionary_encode()
    index = np.append(coded.indices.to_numpy().astype(np.int64), -1)
    places: Array = index[chosen.places]
    places[todo] = index[len(chosen.texts) + np.searchsorted(different, keys)]
    empty = np.append(pc.equal(coded.dictionary, "").to_numpy(zero_copy_only=False), False)
    removed = todo & empty[places]
    places[removed] = -1
    counts.add("names romanized", {"all": int(todo.sum()), "nothing left": int(removed.sum())})
    return ChosenLabels(places, coded.dictionary, chosen.steps)


def _romanized(
    labels: pa.StringArray, rules: tuple[str, ...], of_label: Array, words: WordRomanizer
) -> pa.StringArray:
    none = np.zeros(0, np.int64)
    spans = TextSpans(np.zeros(len(labels) + 1, np.int64), none, none)
    languages = LanguagesOfText(rules, of_label, none)
    made = romanize_texts(labels.cast(pa.string()), spans, languages, words)
    return pc.utf8_trim_whitespace(made.text)


@lru_cache(maxsize=1)
def _words(name: RomanizerName) -> WordRomanizer:
    """Return the romanizer, loaded once per process."""
    return WordRomanizer(romanizer(name))
