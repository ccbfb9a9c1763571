"""The recipe `cosda`: the published rules, and the distribution of its draws."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.stages.switch.cosda_rules import cosda
from tests.stages.switch.switching import names, sentence, switched, write, write_words

WORDS = ["a", "ab", "dog", "été", "x1"]
LANGUAGES = ("de", "es", "fr")
text = st.lists(st.sampled_from([*WORDS, "rare", "word"]), max_size=12).map(" ".join)
translations = st.lists(
    st.text("xyéü", min_size=1, max_size=3) | st.sampled_from(WORDS),
    min_size=1, max_size=4, unique=True,
)  # fmt: skip
dictionaries = st.fixed_dictionaries(
    {code: st.dictionaries(st.sampled_from(WORDS), translations, min_size=1) for code in LANGUAGES}
)


@settings(max_examples=40)
@given(st.lists(text, min_size=1, max_size=5), dictionaries, st.integers(0, 3), st.integers(1, 3))
def test_the_rows_are_those_of_the_published_loop(
    tmp_path_factory: pytest.TempPathFactory,
    texts: list[str],
    words: dict[str, dict[str, list[str]]],
    seed: int,
    passes: int,
) -> None:
    words = {code: {w: [n for n in many if n != w] or ["z"] for w, many in own.items()}
             for code, own in words.items()}  # fmt: skip
    folder = write(
        tmp_path_factory.mktemp("cosda"), [[sentence(i, t) for i, t in enumerate(texts)]], {}
    )
    given = write_words(folder, words)
    rows, _ = switched(
        folder,
        folder / "out",
        "cosda",
        languages=",".join(LANGUAGES),
        words=given,
        seed=seed,
        passes=passes,
    )
    made = {(row["id"], row.get("pass", 0)): row for row in rows if row["language"] == "mul"}
    sources = {row["id"] for row in rows if row["language"] == "en"}
    for source in (sentence(i, t) for i, t in enumerate(texts)):
        changed = False
        for number in range(passes):
            expected, spans = cosda(source, [words[code] for code in LANGUAGES], seed, number)
            row = made.get((source["id"], number))
            assert (row["text"] if row else source["text"]) == expected
            found = [
                (e["source_start"], LANGUAGES.index(e["name_language"]), name)
                for e, name in zip(row["entities"], names(row), strict=True)
            ] if row else []  # fmt: skip
            assert found == spans
            changed |= bool(spans)
        assert (source["id"] in sources) == (not changed)


def is_uniform(numbers: Iterable[int], expected: list[float]) -> bool:
    """Whether numbers agree with those expected: chi-square, at most two degrees of freedom."""
    deviation = sum((n - e) ** 2 / e for n, e in zip(numbers, expected, strict=True))
    return deviation < 13.8  # exceeded by one of 1,000 draws with two degrees of freedom


def test_words_languages_and_translations_are_drawn_as_often_as_published(tmp_path: Path) -> None:
    number = 300
    rows = [sentence(i, " ".join(["dog"] * 30)) for i in range(number)]
    words = {"de": {"dog": ["A", "B"]}, "fr": {"dog": ["C", "D", "E"]}, "es": {"cat": ["F"]}}
    folder = write(tmp_path, [rows], {})
    made, manifest = switched(
        folder, folder / "out", "cosda", languages="de,es,fr", words=write_words(folder, words)
    )
    drawn: Counter[str] = Counter()
    for row in made:
        drawn.update(names(row))
    # Every third drawn word is left, because its language has no translation.
    drawn_words = 0.9 * 30 * number
    total = sum(drawn.values())
    assert is_uniform(
        [total, 30 * number - total], [drawn_words * 2 / 3, 30 * number - drawn_words * 2 / 3]
    )
    by_language = drawn["A"] + drawn["B"], drawn["C"] + drawn["D"] + drawn["E"]
    assert is_uniform(by_language, [total / 2] * 2)
    assert is_uniform([drawn["A"], drawn["B"]], [by_language[0] / 2] * 2)
    assert is_uniform([drawn[name] for name in "CDE"], [by_language[1] / 3] * 3)
    left = manifest.counts.tallies["words"].dropped
    undrawn = left["left by --word-rate"]
    assert is_uniform([undrawn, 30 * number - undrawn], [30 * number - drawn_words, drawn_words])


def test_each_pass_draws_anew(tmp_path: Path) -> None:
    rows = [sentence(0, " ".join(["dog"] * 200))]
    folder = write(tmp_path, [rows], {})
    words = write_words(folder, {"de": {"dog": ["A", "B"]}})
    made, _ = switched(folder, folder / "out", "cosda", languages="de", words=words, passes=2)
    both = [row["text"].split() for row in made if row["language"] == "mul"]
    pairs = Counter(zip(*both, strict=True))
    assert min(pairs[a, b] for a in "AB" for b in "AB") > 20
