"""What is done with the tokens of a text, by their tags, as in work on Maltese.

Micallef et al. (2024, https://aclanthology.org/2024.eacl-long.61; MLRS/malti, src/process.py) tag
each token by its etymology, and keep, transliterate or translate it by its tag.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import numpy as np
import pyarrow as pa

from cstool.arrays.arrow import strings
from cstool.dictionaries.dictionary_store import DictionaryStore
from cstool.dictionaries.folding import folded
from cstool.errors import InputError
from cstool.languages.capital_letters import in_capitals, with_capital
from cstool.languages.codes import is_known
from cstool.romanization.changed_pieces import Side, WordOffset
from cstool.romanization.words_in_context import WordContext, WordRomanizer

ActionName = Literal["keep", "romanize", "translate"]
_ACTIONS: tuple[ActionName, ...] = get_args(ActionName)
NO_TRANSLATION = "without a translation"
# How an offset within a token was found, of tokens that are not romanized.
BY_TOKEN = "edge of the token"


class TokenAction(NamedTuple):
    """What is done with a token; `language`: to translate into, "" for other actions."""

    name: ActionName
    language: str = ""


@dataclass(frozen=True)
class ActionTable:
    """The actions, by tag. `file`: for messages."""

    file: str
    actions: tuple[tuple[str, TokenAction], ...]

    @property
    def by_tag(self) -> dict[str, TokenAction]:
        """The actions by tag."""
        return dict(self.actions)

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages to translate into, each once."""
        return tuple(dict.fromkeys(one.language for _, one in self.actions if one.language))


def read_actions(path: Path) -> ActionTable:
    """Read a table of actions: lines of a tag, an action and, for `translate`, a language.

    The columns are separated by tabs; empty lines and those that begin with # are skipped. Raises
    InputError for a line that is none of these.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path}: cannot be read as a table of actions ({error}); give a text file in UTF-8"
        ) from error
    found: dict[str, TokenAction] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        tag, action = _action(line, f"{path}, line {number}")
        if tag in found:
            raise InputError(f"{path}, line {number}: tag {tag!r} again; give each tag once")
        found[tag] = action
    if not found:
        raise InputError(f"{path}: no actions; write lines of a tag, a tab and an action")
    return ActionTable(str(path), tuple(found.items()))


def _action(line: str, where: str) -> tuple[str, TokenAction]:
    tag, *rest = line.split("\t")
    name, language = (*(cell.strip() for cell in rest), "", "")[:2]
    for known in _ACTIONS:
        if known == name and (known == "translate") == bool(language) and len(rest) < 3:
            if language and not is_known(language):
                raise InputError(f"{where}: {language!r} is not a language code; give one")
            return tag, TokenAction(known, language)
    if name == "translate":
        raise InputError(f"{where}: no language to translate into; add its code after a tab")
    raise InputError(
        f"{where}: {line[:60]!r} is not a tag, a tab and an action; give keep, romanize, or "
        "translate with a tab and a language"
    )


class TokenContext(NamedTuple):
    """A token, what is done with it, and the code of the rules for its language."""

    token: str
    action: TokenAction
    lcode: str


class TokenWriter:
    """Writes tokens as their actions say, each distinct one once per batch."""

    def __init__(self, words: WordRomanizer, dictionary: DictionaryStore | None) -> None:
        self.words = words
        self._dictionary = dictionary

    def written(self, tokens: Sequence[TokenContext]) -> list[str]:
        """Return what tokens become; one without a translation stays as it is."""
        made = [
            self.words.romanize(_word(one)) if one.action.name == "romanize" else one.token
            for one in tokens
        ]
        for index, translation in self._translations(tokens).items():
            made[index] = _cased(translation, tokens[index])
        return made

    def untranslated(self, tokens: Sequence[TokenContext], number: Sequence[int]) -> Counter[str]:
        """Return how many tokens have no translation; `number`: how often each occurs."""
        found = self._translations(tokens)
        lacking = (
            times
            for index, (one, times) in enumerate(zip(tokens, number, strict=True))
            if one.action.name == "translate" and index not in found
        )
        return Counter({NO_TRANSLATION: sum(lacking)})

    def offset(self, token: TokenContext, cut: int, side: Side) -> WordOffset:
        """Return where a span that starts or ends within a token does so in what it becomes."""
        if token.action.name == "romanize":
            return self.words.offset(_word(token), cut, side)
        if token.action.name == "keep":
            return WordOffset(cut, BY_TOKEN)
        (text,) = self.written([token])
        return WordOffset(0 if side == "start" else len(text), BY_TOKEN)

    def _translations(self, tokens: Sequence[TokenContext]) -> dict[int, str]:
        """Return the first translation of each token that has one, by its index."""
        todo = [i for i, one in enumerate(tokens) if one.action.name == "translate"]
        if not todo or self._dictionary is None:
            return {}
        store = self._dictionary
        entries = store.find(folded(strings([tokens[i].token for i in todo])))
        codes = [store.languages.index(tokens[i].action.language) for i in todo]
        found = store.translations(entries, np.array(codes, np.int64))
        some = np.flatnonzero(found.number > 0)
        texts: pa.StringArray = store.texts(found.first[some])
        return dict(zip((todo[i] for i in some.tolist()), texts.to_pylist(), strict=True))


def _word(token: TokenContext) -> WordContext:
    return WordContext(token.token, token.lcode, 0, 0)


def _cased(translation: str, token: TokenContext) -> str:
    """Return a translation with the capitals of the token."""
    word, language = token.token, token.action.language
    if word.isupper() and len(word) > 1:
        return in_capitals(translation, language)
    return with_capital(translation, language) if word[:1].isupper() else translation
