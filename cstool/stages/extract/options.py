"""The options of `cstool extract`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import xxhash

from cstool.dumps.bounds import LARGEST_TEXT
from cstool.errors import WrongCallError
from cstool.storage.schemas import Unit
from cstool.wikitext.sentences import segmenter

Templates = Literal["dump", "rules", "none"]
Formulas = Literal["holes", "tex"]
Headings = Literal["none", "markdown"]
# The largest number of gaps in a row of the output.
LARGEST_GAPS = 2**16 - 1


@dataclass(frozen=True)
class ExtractOptions:
    """The options of `cstool extract`.

    `templates`: "dump" renders templates by the rules and by the definitions in the dump, "rules"
    only those that have a rule, "none" none. `template_pages`: page dumps with further definitions.
    `formulas`: "tex" writes their source, "holes" none.
    `all_sentences` also keeps sentences without a mention. `wiki` and `language` override those in
    the dump. Pages with more than `largest_page` bytes of text are dropped. `keep_going` keeps the
    readable part of a truncated dump. `rules`: content of a file of template rules; `rules_name`:
    its name, for messages. `entities`: a folder of `cstool entities`, for modules. `limit`: read
    only this number of pages, without redirects and those of other namespaces. `unit`: what a row
    contains; `all_sentences` then keeps units without a mention. `headings`: "markdown" keeps the
    headings of pages. `max_gaps`: drop units with more missing sentences; None for the default.
    Raises WrongCallError for options that need another unit.
    """

    templates: Templates = "dump"
    all_sentences: bool = False
    language: str | None = None
    largest_page: int = LARGEST_TEXT
    keep_going: bool = False
    rules: str = ""
    rules_name: str = ""
    wiki: str | None = None
    limit: int | None = None
    template_pages: tuple[str, ...] = ()
    formulas: Formulas = "holes"
    entities: Path | None = None
    unit: Unit = "sentence"
    headings: Headings = "none"
    max_gaps: int | None = None

    def __post_init__(self) -> None:
        if self.unit != "page" and self.headings != "none":
            raise WrongCallError("--headings: needs --unit page; give it, or omit the option")
        if self.unit == "sentence" and self.max_gaps is not None:
            raise WrongCallError(
                "--max-gaps: needs --unit paragraph or page; give one, or omit the option"
            )

    @property
    def every(self) -> bool:
        """Whether sentences without a mention are read: a larger unit has all of its sentences."""
        return self.all_sentences or self.unit != "sentence"

    @property
    def most_gaps(self) -> int:
        """The largest number of missing sentences in a unit that is kept."""
        return self._usual_gaps if self.max_gaps is None else self.max_gaps

    @property
    def _usual_gaps(self) -> int:
        return LARGEST_GAPS if self.unit == "page" else 0

    @property
    def render(self) -> bool:
        """Whether templates are rendered."""
        return self.templates != "none"

    @property
    def by_definition(self) -> bool:
        """Whether templates are rendered by the definitions in the dump."""
        return self.templates == "dump"

    def parameters(self, part_size: int | None, lua: str | None) -> dict[str, Any]:
        """Return what identifies a run; `lua`: the version of the interpreter of modules."""
        parameters: dict[str, Any] = {
            "templates": self.templates,
            "all_sentences": self.all_sentences,
            "language": self.language,
            "largest_page": self.largest_page,
            "rules": xxhash.xxh3_128_hexdigest(self.rules.encode()) if self.rules else None,
            "segmenter": segmenter(),
            "part_size": part_size,
        }
        if self.by_definition:
            parameters["lua"] = lua
        if self.formulas != "holes":
            parameters["formulas"] = self.formulas
        if self.template_pages:
            parameters["template_pages"] = [Path(path).name for path in self.template_pages]
        if self.unit != "sentence":
            parameters["unit"] = self.unit
        if self.headings != "none":
            parameters["headings"] = self.headings
        if self.most_gaps != self._usual_gaps:
            parameters["max_gaps"] = self.most_gaps
        given = {"wiki": self.wiki, "limit": self.limit}
        return parameters | {name: value for name, value in given.items() if value is not None}
