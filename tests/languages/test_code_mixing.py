"""Code-mixing measures, compared with formulas computed by hand and with a plain loop."""

from itertools import pairwise
from math import log2

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstool.languages.code_mixing import MixingMeasures, MixingSums, sums_by_language

SPANS = pa.list_(pa.struct([("start", pa.uint32()), ("end", pa.uint32())]))


def marked(pattern: str) -> tuple[str, list[dict[str, int]]]:
    """Return a text with a word for each letter, and a span for each run of `T`."""
    words = [f"{'switched' if letter == 'T' else 'plain'}{i}x" for i, letter in enumerate(pattern)]
    text = " ".join(words)
    spans: list[dict[str, int]] = []
    at = 0
    for i, word in enumerate(words):
        if pattern[i] == "T":
            if i and pattern[i - 1] == "T":
                spans[-1]["end"] = at + len(word)
            else:
                spans.append({"start": at, "end": at + len(word)})
        at += len(word) + 1
    return text, spans


def sums(*patterns: str) -> MixingSums:
    texts, spans = zip(*(marked(p) for p in patterns), strict=True)
    languages = pa.array(["de"] * len(texts)).dictionary_encode()
    return sums_by_language(languages, pa.array(texts), pa.array(spans, SPANS))["de"]


def measures(*patterns: str) -> MixingMeasures:
    return sums(*patterns).measures()


def test_cmi_is_the_share_of_words_outside_the_main_language() -> None:
    # Das and Gambäck 2014: 100 · (1 − max/n); all words of one language: 0.
    assert measures("SSSSSSSTTT").cmi == pytest.approx(30)
    assert measures("SSSS").cmi == 0
    assert measures("TTTS").cmi == pytest.approx(25)


def test_cmi_with_switches_tells_alternation_from_one_turn() -> None:
    # Gambäck and Das 2016: 100 · (N − max + P) / 2N, of ten words half and half.
    assert measures("SSSSSTTTTT").cmi_switches == pytest.approx(100 * (5 + 1) / 20)
    assert measures("STSTSTSTST").cmi_switches == pytest.approx(100 * (5 + 9) / 20)
    assert measures("SSSSSTTTTT").cmi == measures("STSTSTSTST").cmi == 50


def test_m_index_is_one_for_halves_and_nought_for_one_language() -> None:
    # Barnett et al. 2000: (1 − Σp²) / ((k − 1) Σp²), k = 2.
    assert measures("SSTT", "TTSS").m_index == pytest.approx(1)
    assert measures("SSSS").m_index == 0
    assert measures("SSST").m_index == pytest.approx((1 - 10 / 16) / (10 / 16))


def test_entropy_is_of_the_languages_shares() -> None:
    assert measures("ST").entropy == pytest.approx(1)
    assert measures("SSST").entropy == pytest.approx(-(0.75 * log2(0.75) + 0.25 * log2(0.25)))
    assert measures("SS").entropy == 0


def test_i_index_is_of_the_whole_and_switch_fraction_a_mean_of_sentences() -> None:
    # Guzmán et al. 2017; Pratapa et al. 2018. 1 of 1 and 2 of 9 neighbours are of two languages.
    found = measures("ST", "SSSSTSSSSS")
    assert found.i_index == pytest.approx(3 / 10)
    assert found.switch_fraction == pytest.approx((1 / 1 + 2 / 9) / 2)


def test_burstiness_is_minus_one_for_regular_runs_and_grows_with_their_spread() -> None:
    # Goh and Barabási 2008: (σ − μ) / (σ + μ) of the lengths of runs.
    assert measures("STSTST").burstiness == pytest.approx(-1)
    mean, deviation = 10 / 2, 4.0
    assert measures("SSSSSSSSST").burstiness == pytest.approx(
        (deviation - mean) / (deviation + mean)
    )
    spread, even = measures("S" * 50 + "TSTSTSTS").burstiness, measures("SSSTTSSTTT").burstiness
    assert spread is not None
    assert even is not None
    assert spread > even


def test_numbers_and_punctuation_are_of_no_language() -> None:
    text = "12 – X (1982) und . Y"
    spans = [{"start": 5, "end": 6}, {"start": 20, "end": 21}]
    languages = pa.array(["de"]).dictionary_encode()
    found = sums_by_language(languages, pa.array([text]), pa.array([spans], SPANS))["de"]
    assert (found.source_words, found.switched_words, found.switches) == (1, 2, 2)


def test_neighbouring_names_are_one_run() -> None:
    spans = [{"start": 0, "end": 1}, {"start": 2, "end": 3}]
    languages = pa.array(["de"]).dictionary_encode()
    found = sums_by_language(languages, pa.array(["X Y z"]), pa.array([spans], SPANS))["de"]
    assert (found.runs, found.run_words, found.run_squares, found.switches) == (2, 3, 5, 1)


def test_no_word_makes_no_measure() -> None:
    empty = MixingSums().measures()
    assert empty == MixingMeasures(None, None, None, None, None, None, None)
    assert measures("").cmi is None
    assert measures("S").i_index is None


patterns = st.lists(st.text(alphabet="ST", max_size=15), min_size=1, max_size=6)


@given(patterns)
def test_measures_keep_their_bounds(drawn: list[str]) -> None:
    found = measures(*drawn)
    bounds = {
        "cmi": (0, 50), "cmi_switches": (0, 100), "m_index": (0, 1), "i_index": (0, 1),
        "entropy": (0, 1), "burstiness": (-1, 1), "switch_fraction": (0, 1),
    }  # fmt: skip
    for name, (low, high) in bounds.items():
        value = getattr(found, name)
        assert value is None or low <= value <= high + 1e-12


@given(patterns, patterns)
def test_sums_of_two_halves_are_those_of_the_whole(one: list[str], two: list[str]) -> None:
    added, whole = sums(*one) + sums(*two), sums(*one, *two)
    for name, value in vars(whole).items():
        assert getattr(added, name) == pytest.approx(value)


@given(patterns)
def test_sums_are_what_a_plain_loop_counts(drawn: list[str]) -> None:
    found = sums(*drawn)
    runs = [len(run) for p in drawn for run in p.replace("ST", "S T").replace("TS", "T S").split()]
    assert found.runs == len(runs)
    assert found.run_squares == sum(n * n for n in runs)
    assert found.switched_words == sum(p.count("T") for p in drawn)
    assert found.switches == sum(a != b for p in drawn for a, b in pairwise(p))
    full = [p for p in drawn if p]
    cmi = sum(100 * (1 - max(p.count("S"), p.count("T")) / len(p)) for p in full)
    assert found.cmi == pytest.approx(cmi)


def test_counts_read_from_json_are_integers() -> None:
    stored = MixingSums.stored({"source_words": 3.0, "switched_words": 2.0, "cmi": 1})
    assert [type(n) for n in (stored.words, stored.sentences, stored.cmi)] == [int, int, float]


# ---- paragraphs and pages, and names beside their anchors ----

STARTS = pa.list_(pa.uint32())


def of_row(
    text: str,
    spans: list[tuple[int, int]],
    marks: tuple[str, str] = ("", ""),
    sentences: list[int] | None = None,
) -> MixingSums:
    column = pa.array([[{"start": a, "end": b} for a, b in spans]], SPANS)
    starts = None if sentences is None else pa.array([sentences], STARTS)
    codes = pa.array(["de"]).dictionary_encode()
    return sums_by_language(codes, pa.array([text]), column, marks, starts)["de"]


@given(patterns)
def test_a_page_is_measured_as_its_sentences_are(drawn: list[str]) -> None:
    text, spans, starts = "", [], []
    for pattern in drawn:
        starts.append(len(text))
        its_text, its_spans = marked(pattern)
        spans += [(len(text) + span["start"], len(text) + span["end"]) for span in its_spans]
        text += f"{its_text}\n\n"
    whole = of_row(text, spans, sentences=starts)
    for name, value in vars(sums(*drawn)).items():
        assert getattr(whole, name) == pytest.approx(value)


@given(patterns, st.sampled_from([("<t>", "</t>"), (" (", ")"), ("", ""), ("[de ", " de]")]))
def test_marks_around_names_are_no_words(drawn: list[str], marks: tuple[str, str]) -> None:
    text, spans = "", []
    for pattern in drawn:
        text += " ".join(f"plain{i}" for i in range(len(pattern)))
        text += marks[0] or " "
        spans.append((len(text), len(text) + 4))
        text += f"Name{marks[1]} "
    found = of_row(text, spans, marks)
    assert found.switched_words == len(drawn)
    assert found.source_words == sum(map(len, drawn))


def test_a_name_is_added_to_the_words_of_the_text() -> None:
    text = "Munich<t>München</t> is large. It is old."
    found = of_row(text, [(9, 16)], ("<t>", "</t>"), [0, 31])
    assert (found.sentences, found.source_words, found.switched_words) == (2, 6, 1)
    assert found.cmi == pytest.approx(100 * 1 / 4)
    assert found.switches == 2


def test_text_before_the_first_sentence_counts_to_it() -> None:
    found = of_row("# Title\n\nX is. Y is.", [(9, 10)], sentences=[9, 15])
    assert (found.sentences, found.source_words, found.switched_words) == (2, 4, 1)
