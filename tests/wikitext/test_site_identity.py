"""Whose text an export is: its header, the user's options, and tables of wikis."""

import pytest
from msgspec.structs import replace

from cstool.dumps.xml import NO_NAMESPACE, Page, Site
from cstool.errors import InputError
from cstool.wikitext.redirects import whole_page
from cstool.wikitext.site_identity import identity_note, whole_site
from cstool.wikitext.titles import namespaces_of
from cstool.wikitext.wikis import text_language

NAMES = ((0, ""), (14, "Jamii"))
SWAHILI = Site("swwiki", "sw", "first-letter", NAMES)
NOTHING = Site("", "", "", ())


@pytest.mark.parametrize(
    ("wiki", "told", "language"),
    [
        ("swwiki", "sw", "sw"),
        ("swwiki", "en", "sw"),
        ("swwiki", "", "sw"),
        ("swwiktionary", "en", "sw"),
        ("nowiki", "no", "nb"),
        ("nowiki", "nb", "nb"),
        ("alswiki", "als", "gsw"),
        ("be_x_oldwiki", "be-x-old", "be-tarask"),
        ("be_x_oldwiki", "en", "be-tarask"),
        ("simplewiki", "simple", "en"),
        ("crhwiki", "crh-latn", "crh-latn"),
        ("zhwiki", "zh-hans", "zh-hans"),
        ("commonswiki", "en", "en"),
        ("commonswiki", "commons", "en"),
        ("wikidatawiki", "wikidata", "en"),
        ("sourceswiki", "sources", "en"),
        ("incubatorwiki", "en", "en"),
        ("wikimania2018wiki", "wikimania2018", "en"),
        ("fandom_x", "pt-br", "pt-br"),
    ],
)
def test_the_database_of_a_wiki_tells_its_language(wiki: str, told: str, language: str) -> None:
    site = whole_site(Site(wiki, told, "first-letter", NAMES), "d.xml")
    assert site == Site(wiki, language, "first-letter", NAMES)


def test_a_whole_header_stays_as_it_is() -> None:
    assert whole_site(SWAHILI, "d.xml") == SWAHILI
    assert whole_site(SWAHILI, "d.xml", wiki="swwiki") == SWAHILI
    assert whole_site(SWAHILI, "d.xml", language="de") == SWAHILI  # applied by `in_language`


def test_the_wiki_given_wins_and_the_language_given_wins_over_both() -> None:
    german = replace(SWAHILI, wiki="dewiki", language="de")
    assert whole_site(german, "d.xml", wiki="swwiki") == SWAHILI
    both = whole_site(german, "d.xml", wiki="swwiki", language="fr")
    assert (both.wiki, both.language) == ("swwiki", "fr")
    site = whole_site(NOTHING, "d.xml", wiki="jbowiki")
    assert (site.language, site.case) == ("jbo", "case-sensitive")


def test_what_the_header_lacks_comes_from_tables() -> None:
    site = whole_site(NOTHING, "d.xml", wiki="swwiki")
    assert (site.wiki, site.language, site.case) == ("swwiki", "sw", "first-letter")
    names = namespaces_of(site)
    for title, number in {
        "Lango:Sanaa": 100,
        "Jamii:Sanaa": 14,
        "Category:Art": 14,
        "Module:X": 828,
        "WP:X": 4,
        "Kitu: filamu": 0,
    }.items():
        assert names.number(title) == number
    assert whole_site(NOTHING, "d.xml", wiki="enwiktionary").case == "case-sensitive"


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (NOTHING, ["no <siteinfo> element", "--wiki swwiki"]),
        (Site("", "sw", "", ()), ["no <siteinfo> element", "--wiki swwiki"]),
        (replace(SWAHILI, wiki=""), ["no dbname in <siteinfo>", "--wiki swwiki"]),
        (Site("fandom_x", "", "", NAMES), ["no xml:lang", "fandom_x", "--language"]),
    ],
)
def test_what_is_missing_is_named_with_what_to_give(header: Site, words: list[str]) -> None:
    name = "dumps/swwiki-2026-10-01-p1p9.xml"
    with pytest.raises(InputError, match=rf"^{name}: ") as fault:
        whole_site(header, name)
    assert all(word in str(fault.value) for word in words)


def test_a_language_given_is_enough_for_an_unknown_wiki() -> None:
    header = Site("fandom_x", "", "", NAMES)
    assert whole_site(header, "d.xml", language="de").language == "de"


@pytest.mark.parametrize(
    ("wiki", "hint"),
    [("swwik", "swwiki"), ("sw", "swwiki"), ("be-x-oldwiki", "be_x_oldwiki"), ("?", "swwiki")],
)
def test_an_unknown_wiki_is_reported_with_the_nearest_names(wiki: str, hint: str) -> None:
    for header in (NOTHING, SWAHILI, Site("fandom_x", "en", "first-letter", ())):
        with pytest.raises(InputError, match=f"--wiki: .*{hint}"):
            whole_site(header, "d.xml", wiki=wiki)


def test_an_unknown_wiki_is_accepted_if_the_header_has_the_rest() -> None:
    for named in ("", "fandom_x", "other_x"):
        header = Site(named, "de", "first-letter", NAMES)
        assert whole_site(header, "d.xml", wiki="fandom_x") == replace(header, wiki="fandom_x")


@pytest.mark.parametrize(
    ("header", "site", "words"),
    [
        (SWAHILI, SWAHILI, []),
        (NOTHING, SWAHILI, []),
        (Site("nowiki", "no", "", ()), Site("nowiki", "nb", "", ()), []),
        (Site("simplewiki", "simple", "", ()), Site("simplewiki", "en", "", ()), []),
        (replace(SWAHILI, language="en"), SWAHILI, ["xml:lang is 'en'", "'sw'"]),
        (replace(SWAHILI, wiki="dewiki"), SWAHILI, ["dewiki", "swwiki"]),
    ],
)
def test_a_note_says_what_is_not_as_in_the_header(
    header: Site, site: Site, words: list[str]
) -> None:
    note = identity_note(header, site, "d.xml")
    assert bool(note) == bool(words)
    assert all(word in note for word in words)


def test_a_page_without_ns_has_the_namespace_of_its_title() -> None:
    names = namespaces_of(SWAHILI)
    for title, namespace in {
        "Sanaa": 0,
        "Jamii:Sanaa": 14,
        "jamii : Sanaa": 14,
        "Talk:Sanaa": 1,
        "Filamu: jina": 0,
        "fr:Sanaa": 0,
    }.items():
        page = Page(1, NO_NAMESPACE, title, 1, None, "wikitext", "#REDIRECT [[X]]")
        found = whole_page(page, names)
        assert (found.namespace, found.redirect) == (namespace, "X")
        assert whole_page(replace(page, namespace=5), names).namespace == 5


def test_wikis_that_are_not_named_after_a_language_have_none() -> None:
    for wiki in ("commonswiki", "metawiki", "wikidatawiki", "mediawikiwiki", "specieswiki", "x"):
        assert text_language(wiki) is None
