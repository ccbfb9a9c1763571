"""Converts rows of any stage to texts with spans, under a heading."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from cstool.languages.codes import codes_in
from cstool.storage.beginnings import beginning, first_paragraphs
from cstool.storage.schemas import BLANK_LINE, POSITIONS_A_PAGE

JsonRow = dict[str, Any]

# The stages whose rows can be shown.
STAGES = (
    "entities",
    "titles",
    "extract",
    "link",
    "lexicon",
    "switch",
    "romanize",
    "pair",
    "shard",
    "mix",
)
# Characters to show of a paragraph or page, unless all of it is asked for.
BEGINNING = 800


class TextSpan(NamedTuple):
    """The span of an entity in a text: character offsets, end exclusive.

    `word`: whether it is a word that was switched with a dictionary, and no entity.
    """

    start: int
    end: int
    word: bool = False


@dataclass(frozen=True)
class AnnotatedText:
    """A text in a language; `spans` of its entities, in order."""

    language: str
    text: str
    spans: tuple[TextSpan, ...] = ()


@dataclass(frozen=True)
class ShownRow:
    """A row to show: `head` describes it; `pieces` are its texts, such as source and switched.

    `more`: the characters that are left out. `alike`: whether the pieces are forms of one text.
    `below`: the last of them in Latin letters. `pairs`: cells that are shown in columns.
    """

    head: str
    pieces: tuple[AnnotatedText, ...]
    more: int = 0
    alike: bool = True
    below: AnnotatedText | None = None
    pairs: tuple[tuple[str, ...], ...] = ()


def shown(
    form: str,
    row: JsonRow,
    language: str,
    labels: Sequence[str] = (),
    *,
    full: bool = True,
    annotated: bool = False,
) -> ShownRow:
    """Return a row to show. `form`: see `query.form_of`; `language`: of the source sentences.

    `labels`: if given, the languages of the labels to show of an entity. `full`: whether long
    paragraphs and pages are shown in full; `annotated`: whether names stand beside their anchors.
    """
    made = _shown(form, row, language, labels, full=full, annotated=annotated)
    changed = row.get("romanized") not in (None, row.get("text"))
    if form == "pair" or not changed or not made.pieces:
        return made
    return replace(made, below=_romanized(row, made.pieces[-1]))


def _shown(
    form: str, row: JsonRow, language: str, labels: Sequence[str], *, full: bool, annotated: bool
) -> ShownRow:
    if form in ("extract", "link"):
        return _sentence(row if full else _mentions_cut(row), language)
    if form == "switch" and len(codes_in(row["language"])) > 1:
        return _window(row if full else first_paragraphs(row, BEGINNING))
    if form == "switch" and "corpus" in row:  # rows of several styles
        return _switched(row if full else first_paragraphs(row, BEGINNING))
    if form == "switch":
        cut = full or "sentences" not in row
        return _switched(row if cut else beginning(row, BEGINNING, annotated=annotated))
    if form == "pair":
        return _paired(row, full=full)
    if form == "entitycs":
        sides = _marked(language, row["en_sentence"]), _marked(row["language"], row["cs_sentence"])
        return ShownRow(_number(row["id"]), _two(*sides))
    if form == "mt":
        pieces = (
            AnnotatedText(row["language"], row["source"]),
            AnnotatedText(row["target_language"], row["target"]),
        )
        return ShownRow(_number(row["id"]), pieces)
    if form == "lexicon":
        return shown_pairs([row])
    if form == "titles":
        redirect = "  (redirect)" if row["redirect"] else ""
        return ShownRow(f"Q{row['qid']}", (AnnotatedText("", f"{row['title']}{redirect}"),))
    return _entity(row, labels)


def shown_pairs(rows: Sequence[JsonRow]) -> ShownRow:
    """Return the pairs of names of an entity, or of one word in a lexicon, as one row to show."""
    first = rows[0]
    linked = f" · {first['links']:,} link{'s' * (first['links'] != 1)}" if first["links"] else ""
    head = "words" if first["qid"] is None else f"Q{first['qid']}"
    columns = ("source_language", "source", "target_language", "target", "origin")
    cells = tuple(tuple(row[name] or "" for name in columns) for row in rows)
    return ShownRow(f"{head}{linked}", (), pairs=cells)


def _sentence(row: JsonRow, language: str) -> ShownRow:
    mentions = row["mentions"]
    spans = tuple(TextSpan(m["start"], m["end"]) for m in mentions)
    links = [_target(m) for m in mentions]
    head = " · ".join([row["title"], _number(row["id"]), *links])
    return ShownRow(head, (AnnotatedText(language, row["text"], spans),), _left_out(row))


def _mentions_cut(row: JsonRow) -> JsonRow:
    """Return the beginning of a row with mentions."""
    if "sentences" not in row:
        return row
    places = [m | {"source_start": m["start"], "source_end": m["end"]} for m in row["mentions"]]
    both = row | {"source_text": row["text"], "entities": places}
    cut = beginning(both, BEGINNING, annotated=False)
    return cut | {"mentions": cut["entities"]}


def _left_out(row: JsonRow) -> int:
    """Return the characters that `beginning` has left out."""
    return row["whole"] - len(row["source_text"]) if "whole" in row else 0


def _paired(row: JsonRow, *, full: bool) -> ShownRow:
    """Return the pages about an entity, each below its title and its wiki."""
    pieces, more = [], 0
    places = row.get("romanized_entities") or [None] * len(row["segments"])
    for segment, place in zip(row["segments"], places, strict=True):
        text = row["text"][segment["start"] : segment["end"]]
        end = len(text) if full else _first_part(text)
        more += len(text) - end
        heading = f"{segment['title']} ({segment['wiki']})"
        span = TextSpan(0, len(heading))
        language = segment["language"]
        pieces.append(AnnotatedText(language, f"{heading}\n{text[:end].rstrip()}", (span,)))
        latin = row["romanized"][place["start"] : place["end"]] if place else text
        if latin != text:
            shown_of_it = latin if full else latin[: _first_part(latin)].rstrip()
            pieces.append(AnnotatedText(f"{language}-latn", shown_of_it))
    languages = "+".join(dict.fromkeys(row["languages"]))
    return ShownRow(f"Q{row['qid']} · {languages}", tuple(pieces), more, alike=False)


def _first_part(text: str) -> int:
    """Return where the first paragraphs of a page end: all of a short one."""
    if len(text) <= BEGINNING:
        return len(text)
    end = text.rfind(BLANK_LINE, 0, BEGINNING)
    return end if end > 0 else BEGINNING


def _window(row: JsonRow) -> ShownRow:
    """Return a window of pages in several languages, which has no spans."""
    head = " · ".join([row["title"], f"Q{_number(row['id'])}", *_place(row)])
    return ShownRow(head, (AnnotatedText(row["language"], row["text"]),), _left_out(row))


def _place(row: JsonRow) -> list[str]:
    """Return the stage and the corpus of a row of a mixture."""
    return [f"stage {row['stage']}", row["corpus"]] if "corpus" in row else []


def _target(mention: JsonRow) -> str:
    if "qid" not in mention:
        return f"→ {mention['target']}"
    return f"Q{mention['qid']}" if mention["qid"] is not None else f"({mention['target']})"


def _switched(row: JsonRow) -> ShownRow:
    entities = row["entities"]
    draw = [f"pass {row['pass']}"] if "pass" in row else []
    qids = [f"Q{e['qid']}" for e in entities if e["qid"] is not None]
    words = len(entities) - len(qids)
    counted = [f"{words:,} word{'s' * (words > 1)}"] if words else []
    head = " · ".join([row["title"], _number(row["id"]), *_place(row), *draw, *qids, *counted])
    source = tuple(TextSpan(e["source_start"], e["source_end"], e["qid"] is None) for e in entities)
    switched = tuple(TextSpan(e["start"], e["end"], e["qid"] is None) for e in entities)
    plain = AnnotatedText(row["source_language"], row["source_text"], source)
    pieces = _two(plain, AnnotatedText(row["language"], row["text"], switched))
    return ShownRow(head, pieces, _left_out(row))


def _romanized(row: JsonRow, text: AnnotatedText) -> AnnotatedText:
    """Return a row's text in Latin letters; of a text that was cut, about the same beginning."""
    romanized, whole = row["romanized"], len(row["text"])
    end = len(romanized)
    if len(text.text) < whole:
        end = max(0, romanized.rfind(" ", 0, round(len(text.text) / whole * end) + 1))
    spans = tuple(
        TextSpan(span["start"], span["end"], word)
        for span, word in zip(row["romanized_entities"], _words_of(row), strict=False)
        if span["end"] <= end
    )
    return AnnotatedText(f"{text.language}-latn", romanized[:end], spans)


def _words_of(row: JsonRow) -> list[bool]:
    """Return which spans of a row are words that were switched."""
    if "mentions" in row:
        return [False] * len(row["mentions"])
    return [span["qid"] is None for span in row.get("entities", [])]


def _two(source: AnnotatedText, switched: AnnotatedText) -> tuple[AnnotatedText, ...]:
    """Return both texts, or one if the row is a source sentence."""
    return (source,) if source == switched else (source, switched)


def _number(id_: int) -> str:
    """Return a sentence's id as page id and position on the page."""
    return f"{id_ // POSITIONS_A_PAGE}:{id_ % POSITIONS_A_PAGE}"


def _marked(language: str, text: str) -> AnnotatedText:
    """Return a text with spans instead of `<e>…</e>`."""
    out, spans, at = "", [], 0
    for match in re.finditer(r"<e>(.*?)</e>", text, re.DOTALL):
        out += text[at : match.start()]
        spans.append(TextSpan(len(out), len(out) + len(match[1])))
        out += match[1]
        at = match.end()
    return AnnotatedText(language, out + text[at:], tuple(spans))


def _entity(row: JsonRow, labels: Sequence[str]) -> ShownRow:
    types = ", ".join(f"Q{qid}" for qid in row["types"])
    wanted = [t for t in row["labels"] if not labels or t["language"] in labels]
    head = f"Q{row['qid']}" + (f" · type {types}" if types else "")
    head += f" · {len(row['labels'])} labels, {len(row['sitelinks'])} sitelinks"
    return ShownRow(head, tuple(AnnotatedText(t["language"], t["value"]) for t in wanted))
