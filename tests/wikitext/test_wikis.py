"""What a wiki knows: its own names of namespaces, its own prefixes, the prefixes of other wikis."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstool.dumps.xml import Site
from cstool.languages.codes import wiki_language
from cstool.wikitext.tables import of_language, rows
from cstool.wikitext.titles import CATEGORY, FILE, Namespaces, namespaces_of, upper_first
from cstool.wikitext.wikis import in_language, settings_of
from tests.wikitext.reading import NAMESPACES, links_of, text_of

WIKIS = [wiki for wiki, *_ in rows("wikis.tsv")]
ENGLISH = ((0, ""), (6, "File"), (14, "Category"))


def site_of(wiki: str) -> Site:
    return Site(wiki, wiki_language(wiki) or "en", settings_of(wiki).case, NAMESPACES)


def wiki(name: str) -> Namespaces:
    return Namespaces(site_of(name))


@pytest.mark.parametrize("name", WIKIS)
def test_each_wiki_knows_all_its_names(name: str) -> None:
    known = wiki(name)
    for _, number, alias in (row for row in rows("wiki_namespaces.tsv") if row[0] in ("*", name)):
        written = alias[:1].swapcase() + alias[1:].replace(" ", "_")
        kind = {FILE: "file", CATEGORY: "category"}.get(int(number), "other")
        assert known.target(f"{written} :X") == (kind, "X"), (name, alias)
        assert known.target(f":{alias}:X").kind == "other"
        assert known.number(f"{alias}:X") == int(number)


@pytest.mark.parametrize("name", WIKIS)
def test_each_wiki_leads_to_itself_by_its_own_prefixes_only(name: str) -> None:
    known, local = wiki(name), settings_of(name).local
    title = known.normalised("x y")
    assert local
    for prefix in local:
        assert known.target(f"{prefix}:x y") == ("page", title)
        assert known.target(f":{prefix.upper()}: x_y") == ("page", title)
        assert known.target(f"{prefix}:{prefix}:x y") == ("page", title)
        assert known.target(f"{prefix}:Category:X").kind == "other"
    for prefix in {"en", "de", "zh", "no", "w"} - local:
        assert known.target(f"{prefix}:x").kind == ("project" if prefix == "w" else "language")


@pytest.mark.parametrize(
    ("name", "prefixes"),
    [
        ("enwiki", {"en", "w"}),
        ("simplewiki", {"simple"}),
        ("nowiki", {"no", "nb"}),
        ("dawiki", {"da", "dk"}),
        ("alswiki", {"als"}),
        ("zh_yuewiki", {"zh-yue"}),
        ("be_x_oldwiki", {"be-x-old"}),
        ("zhwiki", {"zh", "zh-cn", "zh-tw"}),
        ("dewiktionary", {"de"}),  # not in the table
        ("database", set()),
    ],
)
def test_the_prefixes_of_a_wiki_come_from_its_database(name: str, prefixes: set[str]) -> None:
    assert settings_of(name).local == prefixes


@pytest.mark.parametrize("raw", ["en:", "w:", "en: ", ":en:"])
def test_a_link_to_the_main_page_is_no_mention(raw: str) -> None:
    assert namespaces_of(site_of("enwiki")).target(raw).kind == "other"


def test_a_colon_after_the_own_prefix_is_invalid() -> None:
    assert namespaces_of(site_of("enwiki")).target("en::X").kind == "invalid"


def test_the_link_to_a_language_by_way_of_the_wiki_itself_is_shown() -> None:
    assert text_of("A [[w:de:Ente|duck]].") == "A duck."


FOREIGN = sorted(
    {(name, int(number)) for _, number, name in rows("namespaces.tsv") if int(number) in (6, 14)}
)


@pytest.mark.parametrize("name", ["enwiki", "dewiki", "jawiki", "ruwiki", "cuwiki"])
def test_names_of_other_languages_are_titles(name: str) -> None:
    known = wiki(name)
    language = known.site.language
    own = {foreign.lower() for _, foreign in of_language("namespaces.tsv", language)}
    own |= {*settings_of(name).namespaces, *settings_of(name).interwiki}
    others = [foreign for foreign, _ in FOREIGN if foreign.lower() not in own]
    assert len(others) > 400
    for foreign in others:
        title = known.normalised(f"{foreign}: Life")
        assert known.target(f"{foreign}: Life") == ("page", title)
        assert known.number(title) == 0


def test_a_title_like_a_file_of_another_language_is_a_mention() -> None:
    text = "''[[Imagine: A Life]]'' and [[Class: A Guide|Class]]."
    assert text_of(text) == "Imagine: A Life and Class."
    assert links_of(text) == [("Imagine: A Life", "Imagine: A Life"), ("Class", "Class: A Guide")]


def test_a_sister_project_has_one_prefix_on_all_wikis_but_one() -> None:
    assert {settings_of(name).interwiki.get("s") for name in WIKIS} == {"project", None}
    assert wiki("svwiki").target("s:t Eriks bro") == ("page", "S:t Eriks bro")
    assert wiki("svwiki").target("src:X").kind == "project"
    assert wiki("dewiki").target("src:X").kind == "page"


@pytest.mark.parametrize("prefix", ["unreal", "scramble", "tvtropes", "dictionary"])
def test_a_former_prefix_begins_a_title(prefix: str) -> None:
    assert wiki("enwiki").target(f"{prefix}: X").kind == "page"


@pytest.mark.parametrize("name", [n for n in WIKIS if not n.startswith(("ten", "test"))])
def test_each_wikipedia_has_a_language_and_its_prefix_is_a_language(name: str) -> None:
    assert wiki_language(name) is not None
    prefix = name.removesuffix("wiki").replace("_", "-")
    assert settings_of("jbowiki" if name != "jbowiki" else "enwiki").interwiki[prefix] == "language"


@pytest.mark.parametrize(
    ("head", "language", "expected"),
    [
        (("enwiki", "en"), "de", "dewiki"),  # the header of another wiki
        (("enwiki", "en"), "nb", "nowiki"),
        (("simplewiki", "en"), "en", "simplewiki"),
        (("simplewiki", "en"), None, "simplewiki"),
        (("srwiki", "sr"), "sr-el", "srwiki"),  # a variant
        (("nowiki", "no"), "nb", "nowiki"),
        (("mywiki", "en"), "xx", "mywiki"),
    ],
)
def test_another_language_has_the_settings_of_its_own_wiki(
    head: tuple[str, str], language: str | None, expected: str
) -> None:
    site = in_language(Site(*head, "first-letter", ENGLISH), language)
    assert site.wiki == expected
    assert site.language == (language or head[1])


LETTERS = st.one_of(st.characters(), st.sampled_from("ßŉǆǅǄﬁᾳᾠևაiıİſΐ"))


@given(LETTERS, st.text(max_size=3), st.sampled_from(["en", "de", "el", "ka", "hy"]))
def test_the_first_letter_is_in_title_case(letter: str, rest: str, language: str) -> None:
    expected = letter if letter == "ß" else letter.title()
    assert upper_first(letter + rest, language) == expected + rest
    assert upper_first(expected + rest, language) == expected + rest


def test_title_case_differs_from_upper_case() -> None:
    given = ["ᾠδή", "ᾅδης", "ὕμνος", "և", "ǉ", "ﬁ", "ŉ", "ß", "ქ", "", "1a"]
    expected = ["ᾨδή", "ᾍδης", "Ὕμνος", "Եւ", "ǈ", "Fi", "ʼN", "ß", "ქ", "", "1a"]
    assert [upper_first(text, "en") for text in given] == expected
    assert [upper_first("i", language) for language in ("tr", "az", "en")] == ["İ", "İ", "I"]
