"""Label selection, case by case."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest

from cstool.languages.labels import Fallback, LabelRules, LabelTable, NameKind, choose
from cstool.storage.counts import Counts

Labels = dict[str, str]
FALLBACKS: list[Fallback] = ["all", "variants", "none"]


def names(many: Sequence[Labels], tags: Sequence[str]) -> LabelTable:
    offsets = np.cumsum([0, *map(len, many)])
    flat = [(tag, text) for of in many for tag, text in of.items()]
    return LabelTable.of(
        offsets,
        pa.array([tag for tag, _ in flat], pa.string()),
        pa.array([text for _, text in flat], pa.string()),
        pa.array(tags, pa.string()),
    )


def chosen(
    many: Sequence[tuple[Labels, Labels]],
    targets: Sequence[str],
    fallback: Fallback = "all",
    kind: NameKind = "label",
    counts: Counts | None = None,
) -> list[Labels]:
    """The names of entities, given as their labels and their titles, by language."""
    rules = LabelRules.of(targets, fallback, kind)
    labels = names([labels for labels, _ in many], rules.codes)
    titles = names([titles for _, titles in many], rules.wikis())
    found = choose(rules, len(many), labels, titles, counts or Counts())
    texts = found.texts.to_pylist()
    return [
        {code: texts[place] for code, place in zip(targets, row, strict=True) if place >= 0}
        for row in found.places.tolist()
    ]


def name(
    labels: Labels, target: str, titles: Labels | None = None, *, fallback: Fallback = "all"
) -> str | None:
    return chosen([(labels, titles or {})], [target], fallback)[0].get(target)


# ---- the chain, then mul ----


@pytest.mark.parametrize(
    ("labels", "target", "expected"),
    [
        ({"de": "Köln", "de-at": "Köln am Rhein"}, "de-at", "Köln am Rhein"),
        ({"de": "Köln", "mul": "Cologne"}, "de-at", "Köln"),
        ({"de": "Köln"}, "gsw", "Köln"),
        ({"zh": "河", "zh-tw": "江"}, "zh-hk", "江"),
        ({"zh-hans": "汉"}, "zh-hk", None),
        ({"zh-hans": "汉"}, "zh", "汉"),
        ({"no": "Sverige"}, "nb", "Sverige"),
        ({"mul": "Ada Lovelace", "en": "Lovelace"}, "sw", "Ada Lovelace"),
        ({"mul": "Ada Lovelace"}, "en", "Ada Lovelace"),
        ({"en": "Cologne"}, "en-gb", "Cologne"),
        ({"en": "Cologne"}, "de", None),
        ({"de": "", "mul": "Rhein"}, "de", "Rhein"),
        ({}, "de", None),
    ],
)
def test_a_missing_label_is_taken_from_the_chain_then_from_mul(
    labels: Labels, target: str, expected: str | None
) -> None:
    assert name(labels, target) == expected


def test_variants_are_of_the_same_language_only() -> None:
    assert name({"fr": "Allemagne"}, "mg") == "Allemagne"
    assert name({"fr": "Allemagne"}, "mg", fallback="variants") is None
    assert name({"zh-tw": "江"}, "zh-hk", fallback="variants") == "江"
    assert name({"mul": "Ada"}, "mg", fallback="variants") == "Ada"


@pytest.mark.parametrize(
    ("labels", "target", "told"),
    [
        ({"de": "Köln"}, "de", ("de", "label")),
        ({"no": "Sverige"}, "nb", ("no", "label")),
        ({"als": "Köln"}, "gsw", ("als", "label")),
        ({"de": "Köln"}, "de-at", ("de", "variant")),
        ({"zh-tw": "江"}, "zh-hk", ("zh-tw", "variant")),
        ({"de": "Köln"}, "gsw", ("de", "fallback")),
        ({"fr": "Allemagne"}, "mg", ("fr", "fallback")),
        ({"no": "Sverige"}, "nn", ("no", "fallback")),
        ({"mul": "Ada Lovelace", "en": "Lovelace"}, "sw", ("mul", "mul")),
        ({"ta": "Berlin", "en": "Berlin", "mul": "1984"}, "ta", ("mul", "mul")),
    ],
)
def test_the_origin_of_a_label_is_known(labels: Labels, target: str, told: tuple[str, str]) -> None:
    assert origin(labels, {}, target) == told


@pytest.mark.parametrize(
    ("titles", "target", "told"),
    [
        ({"dewiki": "Köln"}, "de", ("de", "sitelink")),
        ({"frwiki": "Allemagne"}, "mg", ("fr", "sitelink")),
    ],
)
def test_the_origin_of_a_title_is_its_wiki(
    titles: Labels, target: str, told: tuple[str, str]
) -> None:
    assert origin({}, titles, target, "sitelink") == told


def origin(
    labels: Labels, titles: Labels, target: str, kind: NameKind = "label"
) -> tuple[str, str]:
    """The code that a name is taken from, and its origin."""
    rules = LabelRules.of(["ja", target], "all", kind)
    given_titles = names([titles], rules.wikis())
    found = choose(rules, 1, names([labels], rules.codes), given_titles, Counts())
    assert found.places[0, 1] >= 0
    return rules.origins()[1][int(found.steps[0, 1])]


def test_without_fallback_the_label_of_just_that_code_is_taken() -> None:
    labels = {"de": "Köln", "mul": "Cologne", "ta": "Cologne", "en": "Cologne", "no": "Köln"}
    for code in ["de-at", "nb", "sw"]:
        assert name(labels, code, fallback="none") is None
    assert name(labels, "ta", fallback="none") == "Cologne"


# ---- scripts ----


@pytest.mark.parametrize(
    ("labels", "target", "expected"),
    [
        ({"mul": "Berlin"}, "ja", None),
        ({"mul": "Berlin"}, "ar", None),
        ({"mul": "IBM"}, "ja", None),
        ({"mul": "1984"}, "ja", "1984"),
        ({"mul": "Berlin"}, "sr", None),
        ({"mul": "Берлин"}, "sr", "Берлин"),
        ({"mul": "Berlin"}, "sr-el", "Berlin"),
        ({"mul": "Berlin"}, "uz", "Berlin"),
        ({"mul": "Берлин"}, "de", None),
        ({"ta": "Berlin", "en": "Berlin"}, "ta", None),
        ({"ta": "Berlin", "mul": "Berlin"}, "ta", None),
        ({"ta": "Berlino"}, "ta", None),
        ({"sr": "Beč", "en": "Vienna"}, "sr", None),
        ({"sr": "Beč", "sr-ec": "Беч", "en": "Vienna"}, "sr", "Беч"),
        ({"sr": "Beč", "en": "Vienna"}, "sr-el", "Beč"),
        ({"ku": "ڤیەننا", "en": "Vienna"}, "ku", None),
        ({"ku": "Viyana", "ku-arab": "ڤیەننا"}, "ku", "Viyana"),
        ({"ku": "Viyana", "ku-arab": "ڤیەننا"}, "ku-arab", "ڤیەننا"),
        ({"tt": "Vena", "tt-cyrl": "Вена"}, "tt", "Вена"),
        ({"sr": "SAD", "en": "USA"}, "sr", None),
        ({"sr": "Vienna", "en": "Vienna"}, "sr", None),
        ({"uz": "Вена", "en": "Vienna"}, "uz", None),
        ({"kk": "Вена", "kk-latn": "Vena"}, "kk-latn", "Vena"),
        ({"kk": "Вена"}, "kk-latn", None),
        ({"ko": "李白"}, "ko", None),
        ({"ko": "李白의 시"}, "ko", "李白의 시"),
        ({"mul": "李白"}, "ko", None),
        ({"mul": "李白"}, "ja", "李白"),
        ({"ja": "Tシャツ"}, "ja", "Tシャツ"),
        ({"de": "α-Linolensäure"}, "de", "α-Linolensäure"),
        ({"crh-latn": "Pоznan"}, "crh-latn", None),  # a Cyrillic о
        ({"de": "Москва"}, "de", None),
        ({"xx": "Köln"}, "xx", "Köln"),
        ({"mul": "Köln"}, "xx", None),
    ],
)
def test_a_name_is_written_as_its_language_is(
    labels: Labels, target: str, expected: str | None
) -> None:
    assert name(labels, target) == expected


@pytest.mark.parametrize(
    ("labels", "target", "expected"),
    [
        ({"zh": "漢堡"}, "zh", None),
        ({"zh": "漢堡", "zh-hans": "汉堡"}, "zh", "汉堡"),
        ({"zh": "漢堡", "zh-tw": "漢堡", "zh-cn": "汉堡"}, "zh", "汉堡"),
        ({"zh": "漢堡"}, "zh-hant", "漢堡"),
        ({"zh": "汉堡"}, "zh-hant", None),
        ({"zh-hant": "漢堡"}, "zh", None),
        ({"zh-hant": "北京"}, "zh", "北京"),  # the same in both
        ({"zh": "汉堡", "zh-hant": "漢堡"}, "lzh", "漢堡"),
        ({"yue": "汉堡"}, "yue", None),
        ({"lzh": "漢堡"}, "lzh", "漢堡"),
        ({"wuu": "漢堡"}, "wuu", None),
        ({"zh": "汉漢"}, "zh", None),
        ({"mul": "漢堡"}, "zh", None),
        ({"ja": "漢国"}, "ja", "漢国"),  # kinds of Chinese characters, not of Japanese ones
    ],
)
def test_chinese_names_are_simplified_or_traditional(
    labels: Labels, target: str, expected: str | None
) -> None:
    assert name(labels, target) == expected
    page = {"zhwiki": labels.get("zh", ""), "zh_yuewiki": labels.get("yue", "")}
    assert name(labels, target, page) == expected


def test_titles_in_the_other_chinese_characters_are_no_names() -> None:
    titles = {"zhwiki": "漢堡 (德國)"}
    assert chosen([({}, titles)], ["zh", "zh-tw"], kind="sitelink") == [{"zh-tw": "漢堡"}]


def test_the_title_of_the_page_confirms_no_other_orthography() -> None:
    assert name({"en": "Vienna", "sr": "Beč"}, "sr", {"srwiki": "Beč"}) is None
    assert name({"en": "YouTube", "sr": "YouTube"}, "sr", {"srwiki": "YouTube"}) == "YouTube"
    assert name({"en": "IBM", "sr": "IBM"}, "sr") == "IBM"


def test_a_foreign_name_that_the_language_uses_itself_stays() -> None:
    labels = {"en": "YouTube", "ja": "YouTube"}
    assert name(labels, "ja") is None
    assert name(labels, "ja", {"enwiki": "YouTube"}) is None
    assert name(labels, "ja", {"jawiki": "YouTube"}) == "YouTube"
    assert name(labels, "ja", {"jawiki": "YouTube (会社)"}) == "YouTube"


@pytest.mark.parametrize(
    ("text", "stays"),
    [("IBM", True), ("B-52", True), ("AC/DC", True), ("BERLIN", False), ("iPhone", False)],
)
def test_an_abbreviation_is_a_name_in_any_script(text: str, *, stays: bool) -> None:
    assert (name({"en": text, "ja": text}, "ja") == text) == stays


def test_a_refused_label_leaves_its_place_to_the_next() -> None:
    assert name({"zh": "Taipei", "zh-tw": "北投", "en": "Taipei"}, "zh") == "北投"


def test_each_refusal_is_counted_under_its_reason() -> None:
    counts = Counts()
    many: list[tuple[Labels, Labels]] = [
        ({"ta": "Berlin", "en": "Berlin", "mul": "Berlin"}, {}),
        ({"ta": "Berlino", "en": "Berlin"}, {}),
        ({"ta": "பெர்லின்"}, {}),
    ]
    assert chosen(many, ["ta"], counts=counts)[2] == {"ta": "பெர்லின்"}
    assert counts.tallies["labels"].written == 1
    assert counts.tallies["labels"].dropped == {
        "own: repeats the English one in another script": 1,
        "own: in another script": 1,
        "mul: in another script": 1,
    }
    assert counts.details["labels refused"] == {"ta": 2}
    assert counts.details["labels by origin"] == {"label": 1}
    assert counts.details["labels"] == {"ta": 1}


# ---- titles ----


def test_titles_are_names_less_what_tells_pages_apart() -> None:
    titles = {
        "dewiki": "Berlin (Maryland)",
        "jawiki": "ベルリン（メリーランド州）",
        "nowiki": "Berlin",
    }
    found = chosen([({"mul": "Berlin"}, titles)], ["de", "ja", "nb", "sw"], kind="sitelink")
    assert found == [{"de": "Berlin", "ja": "ベルリン", "nb": "Berlin"}]


def test_brackets_that_the_label_has_belong_to_the_name() -> None:
    song = "Yesterday (When I Was Young)"
    assert chosen([({"en": song}, {"enwiki": song})], ["en"], kind="sitelink") == [{"en": song}]
    assert chosen([({}, {"enwiki": song})], ["en"], kind="sitelink") == [{"en": "Yesterday"}]


def test_a_small_first_letter_that_the_label_has_belongs_to_the_name() -> None:
    labels, titles = {"fr": "informatique", "ja": "iPhone"}, {"frwiki": "Informatique"}
    assert chosen([(labels, titles)], ["fr"], kind="sitelink") == [{"fr": "informatique"}]
    assert chosen([({}, titles)], ["fr"], kind="sitelink") == [{"fr": "Informatique"}]
    assert name(labels, "ja", {"jawiki": "IPhone"}) == "iPhone"


def test_titles_fall_back_along_the_chain() -> None:
    titles = {"dewiki": "Köln", "frwiki": "Cologne"}
    assert chosen([({}, titles)], ["gsw", "mg", "ta"], kind="sitelink") == [
        {"gsw": "Köln", "mg": "Cologne"}
    ]
    assert chosen([({}, titles)], ["gsw"], "none", "sitelink") == [{}]


# ---- laws ----
