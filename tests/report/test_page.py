"""The report's page: its content, its safety and its size."""

import base64
import hashlib
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
from msgspec import structs

from cstool.distribution import install_hint
from cstool.errors import InputError
from cstool.execution.options import RunOptions
from cstool.report.html.facts import ReportData, facts_of
from cstool.report.html.names import ReportEntity, name_of
from cstool.report.html.page import page_of
from cstool.report.html.sections import title_of
from cstool.report.html.timings import StageCost
from cstool.stages.entities.stage import EntitiesOptions, entities
from cstool.storage.counts import Counts
from cstool.storage.manifest import MANIFEST, Ancestor, Manifest, Queried, Source, with_checksum
from cstool.storage.timings import Timing
from tests.report.corpora import ROWS, SENTENCES, large, small, write_corpus
from tests.support import item, wikidata_json

EVIL = "</script></style><img src=x onerror=alert(1)><svg onload=alert(2)>&quot;\u2028'\""


class Elements(HTMLParser):
    """The elements of a page, and the text of each script, style and table cell."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._open.append(tag)
        self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._open:
            self.texts[self._open[-1]][-1] += data


def page(folder: Path, entities: Path | None = None, work: Path | None = None) -> str:
    return page_of(facts_of(folder, entities, work))


@pytest.fixture(scope="module")
def large_page(tmp_path_factory: pytest.TempPathFactory) -> str:
    return page(write_corpus(tmp_path_factory.mktemp("large"), large()))


def test_it_shows_the_statistics_numbers(large_page: str) -> None:
    rows = 92 * (ROWS // 92) + SENTENCES
    for number in (rows, 2 * rows, 93, 11_100_000, 110_000_000, 5_530_786):
        assert f"{number:,}" in large_page
    assert f">{2:.2f}<" in large_page  # entities per sentence
    assert "5.0%" in large_page  # unswitched
    for words in ("Cyrillic", "Xhosa", "Q200", "convert", "no mention", "Code-mixing"):
        assert words in large_page


def test_a_corpus_of_93_languages_and_231_million_rows_is_below_5_mb(tmp_path: Path) -> None:
    known = tmp_path / "entities"
    codes = [*large().languages]
    labels = {code: f"Wort in {code}, Nummer" for code in codes}
    items = [item(qid, labels, types=[5]) for qid in range(1, 10_000, 3)]
    (tmp_path / "d.json").write_text(wikidata_json(items))
    running = RunOptions(jobs=1, quiet=True)
    entities(str(tmp_path / "d.json"), known, EntitiesOptions(), running)
    size = len(page(write_corpus(tmp_path / "c", large()), known).encode())
    assert 1_000_000 < size < 5_000_000


def test_text_of_the_corpus_cannot_become_markup(tmp_path: Path) -> None:
    statistics = small(f"{EVIL} is large.", EVIL, EVIL)
    statistics.languages[EVIL] = statistics.languages["ar"]
    statistics.sentences[0].forms[EVIL] = statistics.sentences[0].forms["ar"]
    statistics.sources = [EVIL]
    corpus = write_corpus(tmp_path, statistics, {EVIL: 7})
    whole = msgspec.json.decode((corpus / MANIFEST).read_bytes())
    whole["parameters"] = {EVIL: EVIL}
    whole["inputs"][0]["name"] = EVIL
    whole["lineage"][2]["source"] = {"wiki": EVIL, "language": EVIL}
    (corpus / MANIFEST).write_bytes(msgspec.json.encode(whole))
    shown = page(corpus)
    elements = Elements(shown)
    names = [tag for tag, _ in elements.tags]
    assert "img" not in names
    assert names.count("script") == 2
    assert names.count("style") == 1
    assert not [a for _, its in elements.tags for a in its if a.startswith("on") or a == "style"]
    assert all("chart" in str(its.get("class")) for tag, its in elements.tags if tag == "svg")
    data = msgspec.json.decode(elements.texts["script"][0])
    shown_as = EVIL.replace("\u2028", "\ufffd")
    assert data["sentences"][0]["title"] == shown_as
    assert shown_as in elements.texts["bdi"]


def test_the_page_has_no_control_characters_or_overrides(tmp_path: Path) -> None:
    bad = "x\x1b[31m\x9b\x00\u202e\u2066\u2069\u2028y"
    mark = "a\u200fb\u200d"  # right-to-left text is written with marks, Indic text with joiners
    statistics = small(f"{bad}{mark} is large.", bad, f"{bad}{mark}")
    statistics.languages[bad] = statistics.languages["ar"]
    statistics.sentences[0].forms[bad] = statistics.sentences[0].forms["ar"]
    statistics.entities[0] = msgspec.structs.replace(statistics.entities[0], name=bad)
    corpus = write_corpus(tmp_path, statistics, {bad: 7})
    whole = msgspec.json.decode((corpus / MANIFEST).read_bytes())
    whole["parameters"] = {bad: [bad]}
    whole["inputs"][0]["name"] = bad
    whole["lineage"][2]["source"] = {"wiki": bad, "language": bad}
    (corpus / MANIFEST).write_bytes(msgspec.json.encode(whole))
    shown = page(corpus)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u206f]", shown)
    assert mark in shown
    elements = Elements(shown)
    data = msgspec.json.decode(elements.texts["script"][0])
    # One character for one: entities stay where they are.
    assert len(data["sentences"][0]["text"]) == len(f"{bad}{mark} is large.")
    assert "\\u202e" not in elements.texts["script"][0]


def test_the_policy_allows_only_the_own_style_and_script(tmp_path: Path) -> None:
    elements = Elements(page(write_corpus(tmp_path, small())))
    [policy] = [
        its["content"] or ""
        for tag, its in elements.tags
        if tag == "meta" and its.get("http-equiv") == "Content-Security-Policy"
    ]
    hashes = {
        kind: base64.b64encode(hashlib.sha256(elements.texts[kind][-1].encode()).digest()).decode()
        for kind in ("script", "style")
    }
    assert f"script-src 'sha256-{hashes['script']}';" in policy
    assert f"style-src 'sha256-{hashes['style']}';" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    loads = [its for tag, its in elements.tags if "src" in its or (tag == "link")]
    assert [its["href"] for its in loads] == ["data:,"]


def test_each_chart_has_a_title_and_a_table(large_page: str) -> None:
    figures = re.findall(r"<figure>.*?</figure>", large_page, re.DOTALL)
    assert len(figures) == 10
    for figure in figures:
        charts = [its for tag, its in Elements(figure).tags if tag == "svg"]
        assert len(charts) == 2
        for chart in charts:
            assert chart["role"] == "img"
            for name in (chart["aria-labelledby"] or "").split():
                assert f'id="{name}"' in figure
        assert "<table>" in figure
    ids = [its["id"] for _, its in Elements(large_page).tags if "id" in its]
    assert len(ids) == len(set(ids))


def test_the_same_corpus_gives_the_same_bytes(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path, small())
    assert page(corpus) == page(corpus)


def test_names_are_in_the_languages_of_the_reader_then_in_english(pipeline: Path) -> None:
    known = {
        1: ReportEntity({"ar": "كون", "de": "Weltall", "en": "universe"}, (), ()),
        2: ReportEntity({"ar": "أرض", "mul": "Terra"}, (), ()),
        3: ReportEntity({"ar": "حياة"}, (), ()),
        515: ReportEntity({"ar": "مدينة"}, (), ()),
    }
    anchors = {1: {"de": "Alls"}, 3: {"de": "Leben", "en": "lives"}, 4: {"en": "death"}}

    def names(*languages: str) -> list[str]:
        return [name_of(qid, languages, known, anchors) for qid in (1, 2, 3, 4, 5, 515, 777)]

    assert names() == ["universe", "Terra", "lives", "death", "human", "city", ""]
    assert names("de") == ["Weltall", "Terra", "Leben", "death", "human", "city", ""]
    assert names("ja", "ar") == ["كون", "أرض", "حياة", "death", "human", "مدينة", ""]
    shown = page_of(facts_of(pipeline / "corpus", pipeline / "entities", None, ["ja"]))
    assert "フランス (Q142)" in shown
    assert "France (Q142)" not in shown


def test_without_entities_names_come_from_sentences_in_the_language(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path, small())
    assert "Berlin (Q64)" in page(corpus)
    assert "برلين (Q64)" in page_of(facts_of(corpus, languages=["ar"]))


def test_a_frequent_type_that_the_entities_lack_has_its_english_name(tmp_path: Path) -> None:
    (tmp_path / "d.json").write_text(wikidata_json([item(64, {"ar": "برلين"}, types=[515, 7])]))
    running = RunOptions(jobs=1, quiet=True)
    entities(str(tmp_path / "d.json"), tmp_path / "e", EntitiesOptions(), running)
    shown = page(write_corpus(tmp_path / "c", small()), tmp_path / "e")
    assert "city (Q515)" in shown
    assert ">Q7<" in shown
    assert "? (Q7)" not in shown


def test_without_unchanged_sentences_there_is_no_chart_of_zeros(tmp_path: Path) -> None:
    statistics = large()
    for number, code in enumerate(sorted(statistics.languages)):
        statistics.languages[code].unswitched = 0 if number > 2 else 1
    some = page(write_corpus(tmp_path / "some", statistics))
    figure = re.search(
        r"<figure>\s*<figcaption><h3>Unchanged sentences.*?</figure>", some, re.DOTALL
    )
    assert figure is not None
    assert "The chart omits languages without such sentences" in figure[0]
    assert figure[0].count("0.00004 %") == 2 * 3  # in two widths; a small share is not 0.0 %
    for numbers in statistics.languages.values():
        numbers.unswitched = 0
    none = page(write_corpus(tmp_path / "none", statistics))
    figure = re.search(
        r"<figure>\s*<figcaption><h3>Unchanged sentences.*?</figure>", none, re.DOTALL
    )
    assert figure is not None
    assert "No switched sentence is equal to its source sentence." in figure[0]
    assert "<svg" not in figure[0]
    assert "<summary>Table" in figure[0]


def test_each_run_of_a_stage_has_a_bar(tmp_path: Path) -> None:
    def cost(stage: str, wiki: str, seconds: float) -> StageCost:
        timing = Timing(stage, "1", "2026-10-01T00:00:00Z", seconds, seconds, 1, 1, None, [])
        return StageCost(stage, wiki, [timing], 1)

    costs = [cost("switch", "enwiki", 1.5), cost("switch", "enwiki", 2.5),
             cost("switch", "dewiki", 3.5), cost("entities", "", 4.5)]  # fmt: skip
    facts = replace(facts_of(write_corpus(tmp_path, small())), costs=costs)
    figure = re.search(
        r"<figure>\s*<figcaption><h3>Seconds per run.*?</figure>", page_of(facts), re.DOTALL
    )
    assert figure is not None
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", figure[0].split("</svg>")[0])
    names = ["switch (enwiki) 1", "switch (enwiki) 2", "switch (dewiki)", "entities"]
    assert texts == [*names, "1.5", "2.5", "3.5", "4.5"]


def test_names_and_types_come_from_the_entities(pipeline: Path) -> None:
    facts = facts_of(pipeline / "corpus", pipeline / "entities")
    assert facts.statistics is not None
    asked = {one.qid for one in facts.statistics.entities}
    assert asked <= facts.entities.keys()
    shown = page_of(facts)
    assert "Types of the" in shown
    france = facts.entities[142]
    assert (france.labels["de"], france.labels["ja"]) == ("Frankreich", "フランス")
    assert all(qid in facts.entities or qid not in asked for qid in france.types)


@pytest.mark.parametrize(
    ("folder", "words"),
    [
        ("sentences", ["Dropped sentences by template", "redirect"]),
        ("linked", ["Mentions linked to a Wikidata item"]),
        ("switched", ["Sentences by language", "own label copied from English"]),
        ("entities", ["Labels by language", "lexeme"]),
        ("titles", ["redirects"]),
    ],
)
def test_an_earlier_stage_has_fewer_sections(pipeline: Path, folder: str, words: list[str]) -> None:
    shown = page(pipeline / folder)
    assert "Provenance" in shown
    for word in words:
        assert word in shown


def test_run_times_are_found_below_the_work_folder(pipeline: Path) -> None:
    facts = facts_of(pipeline / "corpus", work=pipeline)
    stages = ["extract", "entities", "titles", "link", "switch", "shard"]
    assert [cost.stage for cost in facts.costs] == stages
    assert all(cost.wall_s > 0 and cost.peak_bytes > 1 << 20 for cost in facts.costs)
    assert "throughput" in page_of(facts)
    alone = facts_of(pipeline / "corpus")
    assert [cost.stage for cost in alone.costs] == ["shard"]


def test_times_of_another_run_are_not_shown(pipeline: Path, tmp_path: Path) -> None:
    shutil.copytree(pipeline / "linked", tmp_path / "linked")
    manifest = tmp_path / "linked" / MANIFEST
    whole = msgspec.json.decode(manifest.read_bytes(), type=Manifest)
    whole = msgspec.structs.replace(whole, parameters={**whole.parameters, "propagate": True})
    manifest.write_bytes(msgspec.json.encode(with_checksum(whole)))
    assert [c.stage for c in facts_of(pipeline / "corpus", work=tmp_path).costs] == ["shard"]


def test_a_foreign_folder_is_reported(tmp_path: Path, pipeline: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        facts_of(tmp_path / "none")
    with pytest.raises(InputError, match="give a folder written by `cstool entities`"):
        facts_of(pipeline / "corpus", pipeline / "linked")


def test_statistics_of_an_earlier_version_are_shown(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path, small())
    old = {"languages": {"de": {"rows": {"train": 12_345}, "words": 9, "entities": 24_690}}}
    (corpus / "stats.json").write_bytes(msgspec.json.encode(old))
    shown = page(corpus)
    assert "12,345" in shown
    assert "Sentences by language" in shown
    assert "Code-mixing" not in shown


def report(*arguments: object, without: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command; `without`: a library to hide, as if it were not installed."""
    code = "import sys; from cstool.cli.main import main; main()"
    if without:
        code = f"import sys; sys.modules[{without!r}] = None; {code}"
    command = [sys.executable, "-c", code, "report", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("library", ["vl_convert", "jinja2"])
def test_missing_libraries_are_reported_with_the_install_command(
    tmp_path: Path, library: str
) -> None:
    corpus = write_corpus(tmp_path / "c", small())
    done = report(corpus, "-o", tmp_path / "r.html", without=library)
    assert done.returncode == 1
    assert f"report needs {library}; run {install_hint('report')}" in done.stderr
    assert not (tmp_path / "r.html").exists()


def test_the_command_replaces_its_own_pages_and_no_other_file(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "c", small())
    for _ in range(2):
        done = report(corpus, "-o", tmp_path / "r.html")
        assert (done.returncode, done.stderr.count("\n")) == (0, 1)
    assert "برلين" in (tmp_path / "r.html").read_text()
    (tmp_path / "mine.html").write_text("<p>mine")
    done = report(corpus, "-o", tmp_path / "mine.html")
    assert done.returncode == 1
    assert "exists and is not a cstool report" in done.stderr
    assert (tmp_path / "mine.html").read_text() == "<p>mine"


def test_data_of_a_server_is_not_promised_again() -> None:
    stage = Ancestor("entities", "1", {}, [], Counts())
    queried = Queried("2026-10-01T00:00:00Z", "2026-10-01T01:00:00Z")
    asked = structs.replace(stage, queried=queried)
    for one, wanted in ((stage, "byte for byte.</p>"), (asked, "byte for byte; a server may")):
        assert wanted in page_of(ReportData("shard", [one], 1, None, {}, []))


def test_the_title_names_the_languages_of_the_text_not_of_a_wrong_siteinfo() -> None:
    def stage(name: str, wiki: str, language: str) -> Ancestor:
        return Ancestor(name, "1", {}, [], Counts(), Source(wiki, language))

    told = [("extract", "dewiki", "de"), ("titles", "dewiki", "en"), ("extract", "frwiki", "fr"),
            ("titles", "frwiki", "en"), ("extract", "jawiki", "ja")]  # fmt: skip
    facts = ReportData("shard", [stage(*one) for one in told], 1, None, {}, [])
    assert title_of(facts) == "Code-switched German, French and Japanese sentences"
