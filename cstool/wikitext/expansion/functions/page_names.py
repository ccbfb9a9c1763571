"""Magic words for parts of a page's title: `{{PAGENAME}}`, `{{PAGENAME:Talk:X}}`.

After MediaWiki's CoreMagicVariables::expand and CoreParserFunctions (REL1_39).
"""

from collections.abc import Callable, Mapping

from cstool.dumps.xml import Site
from cstool.wikitext.expansion.frames import Frame, Function, Variable
from cstool.wikitext.expansion.full_titles import (
    FullTitle,
    made_title,
    namespace_name,
    parsed_title,
)
from cstool.wikitext.expansion.functions.escapes import escape_wikitext, title_in_url
from cstool.wikitext.expansion.functions.outcomes import of_texts

_Form = Callable[[FullTitle, Site], str]


def _talk(title: FullTitle, site: Site) -> FullTitle | None:
    return made_title(title.namespace | 1, title.text, site) if title.has_talk else None


def _subject(title: FullTitle, site: Site) -> FullTitle:
    if title.namespace < 0 or title.interwiki:
        return title
    return made_title(title.namespace & ~1, title.text, site)


def _root(title: FullTitle, _: Site) -> str:
    return title.parts[0]


def _base(title: FullTitle, _: Site) -> str:
    return "/".join(title.parts[:-1]) or title.parts[0]


def _full_talk(title: FullTitle, site: Site) -> str:
    talk = _talk(title, site)
    return talk.full if talk else ""


def _talk_space(title: FullTitle, site: Site) -> str:
    return namespace_name(title.namespace | 1, site) if title.has_talk else ""


_NAMES: Mapping[str, _Form] = {
    "pagename": lambda title, _: title.text,
    "fullpagename": lambda title, _: title.full,
    "subpagename": lambda title, _: title.parts[-1],
    "rootpagename": _root,
    "basepagename": _base,
    "talkpagename": _full_talk,
    "subjectpagename": lambda title, site: _subject(title, site).full,
}
_SPACES: Mapping[str, _Form] = {
    "namespace": lambda title, _: title.prefix,
    "talkspace": _talk_space,
    "subjectspace": lambda title, site: _subject(title, site).prefix,
}


def _escaped(form: _Form) -> _Form:
    return lambda title, site: escape_wikitext(form(title, site))


def _in_url(form: _Form) -> _Form:
    return lambda title, site: title_in_url(form(title, site))


_FORMS: Mapping[str, _Form] = {
    "namespacenumber": lambda title, _: str(title.namespace),
    **{id_: _escaped(form) for id_, form in _NAMES.items()},
    **{f"{id_}e": _escaped(_in_url(form)) for id_, form in _NAMES.items()},
    **_SPACES,
    **{f"{id_}e": _in_url(form) for id_, form in _SPACES.items()},
}


def _variable(form: _Form) -> Variable:
    def value(frame: Frame) -> str:
        title = parsed_title(frame.page, frame.site)
        return form(title, frame.site) if title else ""

    return value


def _function(id_: str, form: _Form) -> Function:
    # MediaWiki gives no full name for pages without a talk page, which other words do not need.
    needs_talk = id_.startswith("fullpagename")

    def value(frame: Frame, text: str = "") -> str:
        title = parsed_title(text, frame.site)
        if title is None or (needs_talk and not title.has_talk):
            return ""
        return form(title, frame.site)

    return of_texts(value, 1, "read")


VARIABLES: Mapping[str, Variable] = {id_: _variable(form) for id_, form in _FORMS.items()}
FUNCTIONS: Mapping[str, Function] = {id_: _function(id_, form) for id_, form in _FORMS.items()}
