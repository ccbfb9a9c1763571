"""The sample sentences of a page, as data for its script."""

from collections.abc import Sequence
from typing import Any

from cstool.languages.codes import bcp47, codes_in, language_name
from cstool.report.html.names import ReportEntity
from cstool.report.html.tables import direction
from cstool.storage.statistics import SampleSentence

# Maximum number of labels of an entity, in addition to those in the sentences.
_NAMES_SHOWN = 24


def sample_data(
    sentences: Sequence[SampleSentence], entities: dict[int, ReportEntity], languages: Sequence[str]
) -> dict[str, Any]:
    """Return the sentences with data on their languages and entities.

    `languages`: of the entity labels, in order of preference. Sentences with most languages come
    first.
    """
    sentences = sorted(sentences, key=lambda s: -len(s.forms))
    codes = {s.language for s in sentences} | {code for s in sentences for code in s.forms}
    spans = (span for s in sentences for form in s.forms.values() for span in form.entities)
    qids = {qid for qid, *_ in spans if qid in entities}
    names = {qid: _names(entities[qid], languages) for qid in sorted(filter(None, qids))}
    shown = codes | {code for entity in names.values() for code in entity["names"]}
    return {
        "languages": {
            code: {"name": language_name(code), "tag": _tag(code), "dir": direction(code)}
            for code in sorted(shown)
        },
        "entities": names,
        "sentences": [
            {
                "language": s.language,
                "title": s.title,
                "page": s.page_id,
                "text": _text(s, s.text),
                "spans": _source_spans(s),
                "forms": [
                    {
                        "language": code,
                        "text": _text(s, form.text),
                        "spans": [(qid, start, end) for qid, _, _, start, end in form.entities],
                    }
                    for code, form in s.forms.items()
                    if code != s.language
                ],
            }
            for s in sentences
        ],
    }


def _tag(code: str) -> str:
    """Return the BCP 47 tag of a language, or that of text in several languages."""
    return bcp47(code) if len(codes_in(code)) == 1 else "mul"


def _text(sentence: SampleSentence, text: str) -> str:
    """Return a text of a sample, with an ellipsis if it is only a beginning."""
    return f"{text} …" if sentence.whole else text


def _source_spans(sentence: SampleSentence) -> list[tuple[int, int, int]]:
    """Return the spans of entities in the source text: words are not the same in all languages."""
    form = next(iter(sentence.forms.values()))
    return [(qid, start, end) for qid, start, end, _, _ in form.entities if qid is not None]


def _names(entity: ReportEntity, languages: Sequence[str]) -> dict[str, Any]:
    names = {code: entity.labels[code] for code in languages if code in entity.labels}
    return {
        "names": dict([*names.items()][:_NAMES_SHOWN]),
        "aliases": entity.aliases,
    }
