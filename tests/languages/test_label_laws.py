"""Label selection on generated entities, compared with the rules written as a simple loop."""

import re
import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from cstool.languages.codes import languages
from cstool.languages.data_tables import rows
from cstool.languages.fallbacks import chain, same_language
from cstool.languages.labels import Fallback
from cstool.storage.counts import Counts, imbalances
from tests.languages.test_labels import FALLBACKS, Labels, chosen

CODES = ["de", "en", "ja", "sr", "sr-el", "ta", "zh", "zh-hant", "zh-hk", "nb", "no", "mul", "fr",
         "mg", "uz", "xx", "kk", "kk-latn"]  # fmt: skip
TARGETS = ["de", "ja", "kk-latn", "mg", "nb", "sr", "sr-el", "ta", "uz", "xx", "zh", "zh-hk"]
words = st.sampled_from(
    [
        "Berlin",
        "Берлин",
        "ベルリン",
        "伯林",
        "漢",
        "汉",
        "பெர்லின்",
        "IBM",
        "1984",
        "Tシャツ",
        "Бerlin",
        "",
        "!",
    ]
)
entities = st.lists(
    st.tuples(
        st.dictionaries(st.sampled_from(CODES), words),
        st.dictionaries(st.sampled_from(["jawiki", "tawiki", "nowiki", "dewiki"]), words),
    ),
    max_size=6,
)

SCRIPTS = {code: (main.split(), further.split()) for code, main, further in
           rows("cstool.languages", "scripts.tsv")}  # fmt: skip
NAMED = {"LATIN": "Latn", "CYRILLIC": "Cyrl", "KATAKANA": "Kana", "CJK": "Hani", "TAMIL": "Taml"}


def scripts(text: str) -> set[str]:
    found = (unicodedata.name(c).split()[0] for c in text if unicodedata.category(c)[0] in "LM")
    return {NAMED[word] for word in found}


def told_again(labels: Labels, titles: Labels, target: str, fallback: Fallback) -> str | None:
    """The rules for labels, one entity and language at a time."""
    labels = {code: text for code, text in labels.items() if text}
    if fallback == "none":
        return labels.get(target)
    code_scripts, further = SCRIPTS.get(target, ([], []))
    main = ["Hani" if script in {"Hans", "Hant"} else script for script in code_scripts]
    english = labels.get("en", labels.get("mul"))
    wiki = languages()[target].wikis[0] if target in languages() else ""

    def fits(text: str) -> bool:
        letters = scripts(text)
        permitted = {*main, *further, "Latn", "Grek"}
        return not other_han(text) and (
            not letters or bool(letters & set(main) and letters <= permitted)
        )

    def other_han(text: str) -> bool:
        other = "漢" if "Hans" in code_scripts else "汉" if "Hant" in code_scripts else None
        return other is not None and other in text

    for code in [target, *(["no"] if target == "nb" else [])]:
        if text := labels.get(code):
            title = re.sub(r"(.) \([^()]*\)$", r"\1", titles.get(wiki, ""))
            vouched = text == title or (scripts(text) == {"Latn"} and text == "IBM")
            beside = main and scripts(text) and not scripts(text) & set(main)
            repeats = text == english and beside
            if beside and not repeats and scripts(text) & set(further):
                vouched = False
            fitting = not main or fits(text)
            if (vouched and not other_han(text)) or (fitting and not repeats):
                return text
    for code in chain(target):
        if fallback == "variants" and not same_language(code, target):
            continue
        text = labels.get(code)
        if text and (not main or fits(text)):
            return text
    text = labels.get("mul")
    return text if text and fits(text) else None


@settings(max_examples=150)
@given(entities, st.sampled_from(FALLBACKS))
def test_a_batch_is_as_each_entity_alone(
    many: list[tuple[Labels, Labels]], fallback: Fallback
) -> None:
    counts = Counts()
    found = chosen(many, TARGETS, fallback, counts=counts)
    for (labels, titles), mine in zip(many, found, strict=True):
        told = {code: told_again(labels, titles, code, fallback) for code in TARGETS}
        assert mine == {code: text for code, text in told.items() if text}
    assert not imbalances(counts)
    assert counts.tallies["labels"].written == sum(map(len, found))


@given(entities, st.sampled_from(FALLBACKS))
def test_a_name_is_one_of_the_entitys_own(
    many: list[tuple[Labels, Labels]], fallback: Fallback
) -> None:
    for (labels, _), mine in zip(many, chosen(many, TARGETS, fallback), strict=True):
        assert set(mine.values()) <= set(labels.values())


@given(entities)
def test_fewer_fallbacks_give_fewer_names_and_never_another_own_one(
    many: list[tuple[Labels, Labels]],
) -> None:
    everything, variants, published = (chosen(many, TARGETS, how) for how in FALLBACKS)
    for (labels, _), all_, some, own in zip(many, everything, variants, published, strict=True):
        assert set(some) <= set(all_)
        assert own == {code: labels[code] for code in TARGETS if labels.get(code)}


@given(entities)
def test_what_was_chosen_is_chosen_again(many: list[tuple[Labels, Labels]]) -> None:
    once = chosen(many, TARGETS)
    english = [{c: t for c, t in labels.items() if c == "en"} for labels, _ in many]
    own = [
        ({**en, **mine}, titles) for (_, titles), en, mine in zip(many, english, once, strict=True)
    ]
    again = chosen(own, TARGETS)
    for first, second in zip(once, again, strict=True):
        for code, text in first.items():
            # A fallback's name becomes the own one: only a copy of the English may go.
            assert second.get(code) in {text, None}
