"""Renders the page: one file whose Content-Security-Policy allows only its own style and script."""

import base64
import hashlib
from collections.abc import Iterable
from importlib.resources import files
from typing import Any

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from cstool import __version__
from cstool.report.class_names import LAST_LANGUAGES
from cstool.report.html.charts import Drawer
from cstool.report.html.facts import ReportData
from cstool.report.html.safe import safe
from cstool.report.html.samples import sample_data
from cstool.report.html.sections import headline, sections, title_of
from cstool.report.html.tables import in_bytes
from cstool.storage.manifest import Ancestor
from cstool.storage.mixture_sums import by_language

GENERATOR = '<meta name="generator" content="cstool report'
# Number of sample sentences in the HTML itself, for readers without JavaScript.
_STATIC = 4


def page_of(facts: ReportData) -> str:
    """Return the HTML page for these data. All text in it is escaped."""
    environment = Environment(
        loader=PackageLoader("cstool.report.html", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=safe,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style, script = _own("style.css"), _own("script.js")
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    samples = safe(_samples(facts))
    page: str = environment.get_template("page.html.j2").render(
        title=title_of(facts),
        stage=facts.stage,
        sources=facts.sources,
        version=__version__,
        policy=policy,
        style=style,
        script=script,
        headline=headline(facts),
        sections=sections(facts, Drawer()),
        stages=[_stage(one) for one in facts.stages],
        queried=any(one.queried for one in facts.stages),
        samples=samples,
        about_samples=_about_samples(facts),
        unit=facts.unit,
        units=facts.units,
        words=any(facts.dictionary_words.values()),
        static_sentences=[_static_sentence(one) for one in samples["sentences"][:_STATIC]],
        data=_as_data(samples),
    )
    return page


def _own(name: str) -> Markup:
    """Return the content of a file of this package, which needs no escaping."""
    return Markup((files("cstool.report.html") / "pages" / name).read_text(encoding="utf-8"))


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _as_data(value: Any) -> Markup:
    """Return JSON for a <script> element, escaped so that no text can close the element."""
    text = msgspec.json.encode(value).decode()
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


def _samples(facts: ReportData) -> dict[str, Any]:
    if not facts.samples:
        return {"languages": {}, "entities": {}, "sentences": [], "first": []}
    known = facts.statistics.languages if facts.statistics else {}
    by_size = sorted(known, key=lambda code: (-sum(known[code].rows.values()), code))
    by_size += [*by_language(facts.mixture)] if facts.mixture else []
    first = [code for code in facts.languages if code not in LAST_LANGUAGES[1:]]
    order = [*dict.fromkeys([*first, *by_size])]
    data = sample_data(facts.samples, facts.entities, order)
    return data | {"first": first, "unit": facts.unit, "units": facts.units}


def _about_samples(facts: ReportData) -> str:
    if facts.mixture:
        return (
            "Some rows from the beginning of each stage, whose rows are in random order, with "
            "their stage and corpus."
        )
    return (
        f"A random sample of {len(facts.samples)} source {facts.units}, with some of their "
        f"switched {facts.units}."
    )


def _static_sentence(sentence: dict[str, Any]) -> dict[str, Any]:
    """Return a sentence for the template, with its texts split at entities and words."""
    forms = [sentence, *sentence["forms"]]
    return {
        "title": sentence["title"],
        "language": sentence["language"],
        "forms": [
            {"language": form["language"], "pieces": [*_pieces(form["text"], form["spans"])]}
            for form in forms
        ],
    }


def _pieces(text: str, spans: Iterable[tuple[int | None, int, int]]) -> Iterable[tuple[str, str]]:
    """Yield the text in pieces, each with its class: `entity`, `word`, or none."""
    at = 0
    for qid, start, end in spans:
        yield text[at:start], ""
        yield text[start:end], "word" if qid is None else "entity"
        at = end
    yield text[at:], ""


def _stage(one: Ancestor) -> dict[str, Any]:
    """Return the version, parameters and inputs of a stage as text."""
    return {
        "stage": one.stage,
        "wiki": one.source.wiki if one.source else "",
        "version": one.version,
        "parameters": [
            *((name, _in_words(value)) for name, value in one.parameters.items()),
            *([("queried", f"{one.queried.first} – {one.queried.last}")] if one.queried else []),
        ],
        "inputs": [
            (given.name, in_bytes(given.bytes) if given.bytes is not None else "standard input",
             given.fingerprint or "")
            for given in one.inputs
        ],
    }  # fmt: skip


def _in_words(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_in_words, value))
    if isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()
