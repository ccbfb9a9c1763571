"""The options of `switch`, and the recipes, which are named sets of option values."""

import math
import unicodedata
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from cstool.errors import WrongCallError
from cstool.languages.entity_types import EntityTypes, for_manifest
from cstool.languages.labels import Fallback, NameKind
from cstool.romanization.romanizers import RomanizerName
from cstool.storage.schemas import Unit

Policy = Literal["sample", "all", "round-robin"]
Inflected = Literal["keep", "skip-mention", "skip-sentence"]
Anchors = Literal["named", "all"]
Recipe = Literal[
    "default", "entitycs", "leia", "syncs-annotate", "syncs-replace", "cosda", "prealign"
]
# Which source sentences are rows: those that are switched into some language, those that are not,
# all, or none.
SourceRows = Literal["switched", "unswitched", "all", "none"]
# What is done with a mention: a name takes the place of the anchor, or is put beside it.
Style = Literal["replace", "annotate"]
Side = Literal["right", "left"]
# What is done with a row of text that contains a mark.
MarksInText = Literal["drop", "keep"]

# Options that only annotated names have.
_OF_ANNOTATE = ("side", "repeat")
# The marks around an annotated name, by its side: `Rom (Rome)`, `(Rome) Rom`.
MARKS: dict[Side, tuple[str, str]] = {"right": (" (", ")"), "left": ("(", ") ")}


@dataclass(frozen=True)
class RowFilter:
    """The bounds of rows of text to process; None: no bound.

    The defaults are the published ones, for sentences. `longest_anchor`: maximum length of a row's
    only mention, as a fraction of the row.
    """

    fewest_mentions: int | None = 1
    most_mentions: int | None = 10
    more_than_characters: int | None = 20
    most_words: int | None = 128
    longest_anchor: float | None = 0.5


UNBOUNDED = RowFilter(None, None, None, None, None)
# The bounds of mentions where only words are switched: none.
_OF_MENTIONS: dict[str, Any] = {
    "fewest_mentions": None,
    "most_mentions": None,
    "longest_anchor": None,
}

# Values of the pipelines that switch words by a dictionary and do not know entities.
_WORDS_ONLY: dict[str, Any] = {
    "languages": "all",
    "mix": True,
    "switch_rate": 0.0,
    "words_in_mentions": True,
    "fit": False,
    "prose": False,
    "min_changed": 0,
    "source_rows": "unswitched",
    "filter": UNBOUNDED,
}
# Values of the published pipelines that differ from ours.
RECIPES: dict[str, dict[str, Any]] = {
    "default": {},
    # Whitehouse et al. 2022, and its code
    "entitycs": {
        "fallback": "none",
        "fit": False,
        "inflected": "keep",
        "anchors": "all",
        "prose": False,
        "min_changed": 0,
        "source_rows": "all",
    },
    # Yamada and Ri 2024, and its code (leia-llm/leia: scripts/build_wikipedia_dataset.py,
    # leia/data.py, train.py)
    "leia": {
        "languages": "en",
        "labels": "title",
        "fallback": "none",
        "style": "annotate",
        "side": "right",
        "open": "<translate>",
        "close": "</translate>",
        "repeat": True,
        "switch_rate": 0.5,
        "fit": False,
        "inflected": "keep",
        "anchors": "all",
        "prose": False,
        "min_changed": 0,
        "require_all": False,
        "source_rows": "unswitched",
        "filter": UNBOUNDED,
    },
    # Wang et al. 2025, and its code (zjwang21/SynCS: select_sents.py, data/)
    "syncs-annotate": {
        "style": "annotate",
        "sentence_rate": 0.05,
        "source_rows": "unswitched",
    },
    "syncs-replace": {
        "style": "replace",
        "sentence_rate": 0.05,
        "source_rows": "unswitched",
    },
    # Qin et al. 2020, and its code (kodenii/CoSDA-ML: model/*/all.py, configure/DST_bert.cfg)
    "cosda": _WORDS_ONLY | {"word_rate": 0.9},
    # Li et al. 2024, and its code (Saltychtao/PreAlign: src/data/lm_dataset.py)
    "prealign": _WORDS_ONLY | {"word_rate": 0.05},
}


@dataclass(frozen=True)
class SwitchOptions:
    """The options of `cstool switch`; the defaults are those of the default recipe.

    `languages`: codes, "entitycs" or "all"; at most `max_languages` of them per row. `labels`:
    Wikidata's labels or the titles of Wikipedia's pages. `fallback`: the fallback languages of a
    missing label; "none" (published): labels of the target language only, in any script. `fit`:
    whether to adapt labels to their context. `inflected`: treatment of an inflected anchor, None:
    skip-mention, with `style` annotate keep. `anchors`: which anchors are switched, all or only
    names of their entity that are not part of a compound. `prose`: whether rows that are not
    sentences are dropped, None: only if the rows are sentences. `min_changed`: minimum number of
    anchors that must differ from the source row. `require_all`: whether a language needs a label
    for every entity to be switched, None: only if the rows are sentences. `weights`: sampling
    weights of languages, None: uniform; `smoothing`: weights are numbers of labels to this power.
    `switch_rate`: probability of switching an entity; 0: no entity is switched, only words.
    `sentence_rate`: probability that the entities and words of a sentence are switched; `row_rate`:
    those of a row. `mix`: each entity in a different language. `passes`: number of independent
    draws. `source_rows`: which source sentences are written as rows.

    `romanize_names`: the romanizer of names in other scripts, None: they stay as they are.

    `words`: dictionaries of words to switch, as in `dictionaries`; `word_rate`: probability of
    switching a word; `words_in_mentions`: also words in linked mentions.

    `style`: whether names replace anchors, or are put beside them, at the `side`, between the marks
    `open` and `close` (None: `MARKS`); `repeat`: also names that equal their anchors.
    `marks_in_text`: what is done with rows that contain a mark, None: drop them if the marks
    contain a letter or digit. `filter`: bounds of rows, None: the published ones for sentences,
    `UNBOUNDED` for longer rows; `bounds`: single bounds that differ from these.
    """

    languages: str = "entitycs"
    max_languages: int = 5
    seed: int = 0
    labels: NameKind = "label"
    fallback: Fallback = "variants"
    recipe: Recipe = "default"
    fit: bool = True
    inflected: Inflected | None = None
    anchors: Anchors = "named"
    prose: bool | None = None
    min_changed: int = 1
    require_all: bool | None = None
    policy: Policy = "sample"
    weights: tuple[tuple[str, float], ...] | None = None
    smoothing: float | None = None
    switch_rate: float = 1.0
    sentence_rate: float = 1.0
    row_rate: float = 1.0
    words: tuple[str, ...] = ()
    word_rate: float = 1.0
    words_in_mentions: bool = False
    mix: bool = False
    passes: int = 1
    source_rows: SourceRows = "switched"
    style: Style = "replace"
    side: Side = "right"
    open: str | None = None
    close: str | None = None
    repeat: bool = False
    marks_in_text: MarksInText | None = None
    types: EntityTypes = field(default_factory=EntityTypes)
    filter: RowFilter | None = None
    bounds: tuple[tuple[str, float], ...] = ()
    romanize_names: RomanizerName | None = None

    @staticmethod
    def of(recipe: Recipe, **given: Any) -> "SwitchOptions":
        """Return the options of a recipe, overridden by those in `given` that are not None.

        Raises WrongCallError for options that exclude each other.
        """
        given = {name: value for name, value in given.items() if value is not None}
        named = RECIPES[recipe]
        if given.get("style", "annotate") != "annotate":
            named = {name: value for name, value in named.items() if name not in _OF_ANNOTATE}
        options = SwitchOptions(**(named | given), recipe=recipe)
        _refuse(options, given)
        _refuse_marks(options, given)
        _refuse_words(options, given)
        return options

    def resolved(self, unit: Unit) -> "SwitchOptions":
        """Return the options for rows of a unit: None is replaced where it stands for a default."""
        sentences = unit == "sentence"
        annotate = self.style == "annotate"
        first, last = MARKS[self.side] if annotate else ("", "")
        first = first if self.open is None else self.open
        last = last if self.close is None else self.close
        rows = self.filter or (RowFilter() if sentences else UNBOUNDED)
        if self.filter is None and not self.switches_entities:
            rows = replace(rows, **_OF_MENTIONS)
        bounds: dict[str, Any] = dict(self.bounds)
        return replace(
            self,
            inflected=self.inflected or ("keep" if annotate else "skip-mention"),
            prose=sentences if self.prose is None else self.prose,
            require_all=sentences if self.require_all is None else self.require_all,
            open=first,
            close=last,
            marks_in_text=self.marks_in_text or _default_for_texts(first + last),
            filter=replace(rows, **bounds),
            bounds=(),
        )

    def parameters(self) -> dict[str, Any]:
        """Return the options for the manifest; they must be resolved."""
        parameters = asdict(self)
        types = self.types
        for name in ("asked", "excluded", "dates"):
            parameters["types"][name] = for_manifest(getattr(types, name))
        parameters["weights"] = None if self.weights is None else dict(self.weights)
        del parameters["bounds"]
        # The inputs of the run identify them; their paths do not belong in the output.
        parameters["words"] = [one.replace("\\", "/").rpartition("/")[2] for one in self.words]
        if not self.words:
            for name in ("words", "word_rate", "words_in_mentions"):
                del parameters[name]
        if self.romanize_names is None:
            del parameters["romanize_names"]
        if self.row_rate == 1:
            del parameters["row_rate"]
        return parameters

    @property
    def switches_entities(self) -> bool:
        """Whether entities are switched; otherwise only words are."""
        return self.switch_rate > 0

    @property
    def marks(self) -> tuple[str, ...]:
        """The marks without spaces around them; empty ones are left out."""
        stripped = ((mark or "").strip() for mark in (self.open, self.close))
        return tuple(dict.fromkeys(filter(None, stripped)))

    @property
    def need_known(self) -> bool:
        """Whether the names of entities in the source language are needed."""
        return self.fits_context or self.compare_names

    @property
    def fits_context(self) -> bool:
        """Whether names are adapted to the text around their anchors, which they replace."""
        return self.fit and self.style == "replace"

    @property
    def compare_names(self) -> bool:
        """Whether anchors are compared with the names of their entities."""
        return self.inflected != "keep" or self.anchors != "all"


def _default_for_texts(marks: str) -> MarksInText:
    """Return what is done with rows that contain a mark: brackets alone are ordinary text."""
    return "drop" if any(map(str.isalnum, marks)) else "keep"


def _refuse_marks(options: SwitchOptions, given: dict[str, Any]) -> None:
    """Raise WrongCallError for marks that cannot be used, and options of the other style."""
    if options.style == "replace":
        for name in _OF_ANNOTATE:
            if name in given:
                raise WrongCallError(
                    f"--{name}: an anchor that is replaced has no name beside it; give --style "
                    "annotate"
                )
    elif options.open == "" and options.close == "":
        raise WrongCallError(
            "--open and --close: both empty, so a name would be joined to its anchor; give at "
            "least one, such as --open ' '"
        )
    for name in ("open", "close"):
        mark = getattr(options, name) or ""
        if bad := [c for c in mark if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")]:
            raise WrongCallError(
                f"--{name}: contains the control character U+{ord(bad[0]):04X}; give text of one "
                "line"
            )
    if options.marks_in_text and options.style == "replace" and not options.marks:
        raise WrongCallError("--marks-in-text: there are no marks; give --open or --close")


def _refuse(options: SwitchOptions, given: dict[str, Any]) -> None:
    """Raise WrongCallError for options that exclude each other."""
    for name in ("smoothing", "switch_rate", "sentence_rate", "row_rate", "word_rate"):
        if math.isnan(given.get(name, 0)):
            raise WrongCallError(f"--{name.replace('_', '-')}: nan is not a number; give a number")
    weighing = [
        option
        for option, there in (
            ("--policy round-robin", options.policy == "round-robin"),
            ("--language-weights", options.weights is not None),
            ("--smoothing", options.smoothing is not None),
        )
        if there
    ]
    if len(weighing) > 1:
        raise WrongCallError(
            f"{weighing[0]} and {weighing[1]}: both set weights of languages; give one of them"
        )
    if options.policy == "all":
        if weighing:
            raise WrongCallError(
                f"--policy all and {weighing[0]}: no language is sampled; give one of them"
            )
        if "max_languages" in given:
            raise WrongCallError(
                "--policy all and --max-languages: all languages are used; give one of them"
            )
    if options.mix:
        for name in ("max_languages", "policy"):
            if name in given:
                option = f"--{name.replace('_', '-')}"
                raise WrongCallError(
                    f"--mix and {option}: a sentence has a single mixed row; give one of them"
                )
    rates = options.switch_rate or 1, options.sentence_rate, options.row_rate, options.word_rate
    if options.passes > 1 and options.policy == "all" and not options.mix and min(rates) == 1:
        raise WrongCallError(
            "--passes and --policy all: nothing is drawn, so all passes would be equal; give "
            "--switch-rate or --sentence-rate"
        )


# Options that have no effect if no entity is switched.
_OF_ENTITIES = ("labels", "fallback", "inflected", "anchors", "require_all", "smoothing")


def _refuse_words(options: SwitchOptions, given: dict[str, Any]) -> None:
    """Raise WrongCallError for options that need a dictionary, or an entity to be switched."""
    if not options.words:
        for name in ("word_rate", "words_in_mentions"):
            if given.get(name):
                raise WrongCallError(
                    f"--{name.replace('_', '-')}: there is no dictionary; give --words"
                )
        if not options.switches_entities:
            option = "--switch-rate 0" if "switch_rate" in given else f"--recipe {options.recipe}"
            raise WrongCallError(f"{option}: only words are switched; give --words")
    if options.switches_entities:
        if options.words_in_mentions:
            raise WrongCallError(
                "--words-in-mentions: mentions are switched themselves; give --switch-rate 0, or "
                "leave it out"
            )
        return
    for name in _OF_ENTITIES:
        if name in given:
            raise WrongCallError(
                f"--{name.replace('_', '-')}: with --switch-rate 0, no entity is switched; give "
                "one of them"
            )
    if options.types.any:
        raise WrongCallError(
            "--types, --exclude-types, --exclude-dates: with --switch-rate 0, no entity is "
            "switched; leave them out"
        )
