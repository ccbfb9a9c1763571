"""The report's page in a real browser: no errors, no overflow, working controls."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from cstool.report.html.facts import facts_of
from cstool.report.html.page import page_of
from tests.report.browser import Scheme, chromium, opened
from tests.report.corpora import large, small, write_corpus
from tests.report.test_page import EVIL


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def file(pipeline: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the sample's corpus."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(page_of(facts_of(pipeline / "corpus", pipeline / "entities", pipeline)))
    return path


# What sticks out of the window, but for what lies in a box that scrolls.
OVERFLOWING = """() => [...document.querySelectorAll("body *")].filter((element) => {
  const box = element.getBoundingClientRect();
  const scrolls = element.parentElement.closest(".scroll, #tip");
  return box.width && !scrolls && (box.right > innerWidth + 1 || box.left < -1);
}).map((element) => `${element.tagName}.${element.getAttribute("class")}`)"""


@pytest.mark.parametrize("width", [375, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_there_are_no_errors_and_nothing_overflows(
    browser: Browser, file: Path, width: int, scheme: Scheme
) -> None:
    with opened(browser, file, width=width, scheme=scheme) as shown:
        for details in shown.page.locator("details").all():
            details.evaluate("element => { element.open = true; }")
        assert shown.page.evaluate("document.documentElement.scrollWidth") <= width
        assert shown.page.evaluate(OVERFLOWING) == []
        assert shown.requests == [file.as_uri()]
        assert shown.complaints == []


def test_a_page_with_large_numbers_and_long_names_does_not_overflow(
    browser: Browser, tmp_path: Path
) -> None:
    statistics = large()
    statistics.entities[0].name = "W" * 300
    statistics.sentences[0].title = "W" * 300
    holes = {"template with a name that is as long as names of templates may be " * 3: 10**9}
    path = tmp_path / "report.html"
    path.write_text(page_of(facts_of(write_corpus(tmp_path / "c", statistics, holes))))
    for width in (375, 1440):
        with opened(browser, path, width=width) as shown:
            assert shown.page.evaluate("document.documentElement.scrollWidth") <= width
            assert shown.page.evaluate(OVERFLOWING) == []


def test_the_filter_finds_by_language_and_by_text(browser: Browser, file: Path) -> None:
    with opened(browser, file) as shown:
        page = shown.page
        cards = page.locator("#cards .card")
        before = cards.count()
        page.get_by_role("button", name="Show more").click()
        assert cards.count() > before
        page.get_by_label("Language", exact=True).select_option("de")
        codes = {code.inner_text() for code in page.locator("#cards .code").all()}
        assert codes == {"en", "de"}
        number = int(page.locator("#found").inner_text().split()[0])
        assert number >= 20
        word = page.locator("#cards .card").first.locator(".entity").last.inner_text()
        page.get_by_label("Text", exact=True).fill(word.upper())
        assert 1 <= int(page.locator("#found").inner_text().split()[0]) < number
        for card in cards.all():
            assert word.lower() in card.inner_text().lower()
        page.get_by_label("Text", exact=True).fill("no such text anywhere")
        expect(page.locator("#found")).to_have_text("0 sentences")
        assert cards.count() == 0
        assert shown.complaints == []


def test_an_entity_shows_its_item_and_its_other_names(browser: Browser, file: Path) -> None:
    with opened(browser, file) as shown:
        page = shown.page
        page.get_by_label("Text", exact=True).fill("france")
        name = page.locator('.entity[data-qid="142"][data-language="en"]').first
        tip = page.get_by_role("tooltip")
        name.hover()
        expect(tip).to_contain_text("Q142")
        expect(tip).to_contain_text("Frankreich")
        expect(tip).to_contain_text("フランス")
        assert tip.locator("a").get_attribute("href") == "https://www.wikidata.org/wiki/Q142"
        page.mouse.move(0, 0)
        expect(tip).to_be_hidden()
        name.focus()
        expect(tip).to_be_visible()
        assert name.get_attribute("aria-describedby") == "tip"
        page.keyboard.press("Escape")
        expect(tip).to_be_hidden()
        assert shown.requests == [file.as_uri()]


def test_the_switch_turns_light_to_dark(browser: Browser, file: Path) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    with (
        opened(browser, file, scheme="light") as light,
        opened(browser, file, scheme="dark") as dark,
    ):
        assert light.page.evaluate(ground) != dark.page.evaluate(ground)
        light.page.get_by_role("button", name="Dark").click()
        assert light.page.evaluate(ground) == dark.page.evaluate(ground)
        bar = light.page.locator("svg.wide path[fill^='var(--accent)']").first
        there = dark.page.locator("svg.wide path[fill^='var(--accent)']").first
        fill = "element => getComputedStyle(element).fill"
        assert bar.evaluate(fill) == there.evaluate(fill) == "rgb(86, 189, 180)"


def test_a_name_written_from_right_to_left_keeps_the_sentence_in_its_order(
    browser: Browser, tmp_path: Path
) -> None:
    path = tmp_path / "report.html"
    path.write_text(page_of(facts_of(write_corpus(tmp_path / "c", small()))))
    with opened(browser, path) as shown:
        name = shown.page.locator(".entity[lang=ar]")
        line = name.locator("xpath=..")
        assert line.get_attribute("dir") == "ltr"
        assert name.evaluate("element => getComputedStyle(element).direction") == "rtl"
        left, whole = name.bounding_box(), line.bounding_box()
        assert left is not None
        assert whole is not None
        assert left["x"] == pytest.approx(whole["x"], abs=6)


def test_hostile_text_is_not_executed(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(page_of(facts_of(write_corpus(tmp_path / "c", small(EVIL, EVIL, EVIL)))))
    with opened(browser, path) as shown:
        page = shown.page
        page.get_by_label("Text", exact=True).fill("alert")
        expect(page.locator("#found")).to_have_text("1 sentence")
        page.locator("#cards .entity").first.hover()
        expect(page.get_by_role("tooltip")).to_contain_text("<img src=x onerror=alert(1)>")
        assert page.locator("img").count() == 0
        assert shown.requests == [path.as_uri()]
        assert shown.complaints == []
        # What stands in the page all the same, however it came there, is stopped by the policy.
        evil = "<img src=x onerror=alert(3)>"
        page.evaluate("evil => document.body.insertAdjacentHTML('beforeend', evil)", evil)
        page.wait_for_timeout(100)
        assert all("Content Security Policy" in told for told in shown.complaints)
        assert len(shown.complaints) == 2  # the picture, and its handler


def test_controls_are_not_printed(browser: Browser, file: Path) -> None:
    with opened(browser, file, scheme="dark") as shown:
        shown.page.emulate_media(media="print")
        ground = shown.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ground == "rgb(253, 252, 250)"
        for hidden in ("#theme", "#filter", "nav", "#more"):
            expect(shown.page.locator(hidden)).to_be_hidden()
        expect(shown.page.locator("svg.wide").first).to_be_visible()
        assert shown.page.pdf().startswith(b"%PDF")


@pytest.mark.parametrize("javascript", [True, False])
def test_tables_and_stages_are_printed_although_they_are_closed_on_the_screen(
    browser: Browser, file: Path, javascript: bool
) -> None:
    hidden = """() => [...document.querySelectorAll("table, .stage dl")]
        .filter((element) => !element.checkVisibility()).length"""
    context = browser.new_context(java_script_enabled=javascript)
    page = context.new_page()
    page.goto(file.as_uri())
    assert page.evaluate(hidden) == page.locator("details").count() > 10
    page.emulate_media(media="print")
    assert page.evaluate(hidden) == 0
    page.emulate_media(media="screen")
    if javascript:  # for browsers that do not know ::details-content
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.evaluate(hidden) == 0
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert page.locator("details[open]").count() == 0
    context.close()


@pytest.mark.parametrize("width", [375, 1440])
def test_names_in_the_scatter_plot_do_not_overlap(browser: Browser, file: Path, width: int) -> None:
    with opened(browser, file, width=width) as shown:
        chart = shown.page.get_by_role("img", name="Sentences and labels by language")
        boxes = [box for text in chart.locator("text").all() if (box := text.bounding_box())]
        assert len(boxes) > 30
        for i, one in enumerate(boxes):
            for other in boxes[i + 1 :]:
                wide = min(one["x"] + one["width"], other["x"] + other["width"])
                high = min(one["y"] + one["height"], other["y"] + other["height"])
                # Boxes of text are higher than its letters.
                assert (
                    wide <= max(one["x"], other["x"]) + 1 or high <= max(one["y"], other["y"]) + 4
                )


def test_names_of_an_entity_are_listed_in_the_language_of_the_reader_first(
    browser: Browser, pipeline: Path, tmp_path: Path
) -> None:
    path = tmp_path / "report.html"
    facts = facts_of(pipeline / "corpus", pipeline / "entities", None, ["uk", "de"])
    path.write_text(page_of(facts))
    with opened(browser, path) as shown:
        shown.page.get_by_label("Text", exact=True).fill("france")
        shown.page.locator('.entity[data-qid="142"][data-language="en"]').first.hover()
        codes = shown.page.locator("#tip dt").all_inner_texts()
        assert codes[:2] == ["uk", "de"]
        assert codes[2:] == sorted(codes[2:])
        assert shown.complaints == []
