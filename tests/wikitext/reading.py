"""What a page's source reads like, in as few words as a test needs."""

from cstool.dumps.xml import Site
from cstool.wikitext.page import PageReader, reader
from cstool.wikitext.pending import PageText, ParagraphText
from cstool.wikitext.sentences import Sentence

NAMESPACES = ((0, ""), (1, "Talk"), (6, "File"), (10, "Template"), (14, "Category"))


def site(language: str = "en", case: str = "first-letter") -> Site:
    return Site(f"{language}wiki", language, case, NAMESPACES)


def reader_of(language: str = "en", *, render: bool = False) -> PageReader:
    return reader(site(language), render=render)


def read(source: str, language: str = "en", *, title: str = "Page") -> list[Sentence]:
    return reader_of(language).sentences(source, title)


def text_of(source: str, language: str = "en") -> str:
    """Return the text of a page, a line a line; a hole reads as ▢."""
    lines = reader_of(language).lines(source, "Page")
    return "\n".join(line.text.replace("\n", " ").replace("\ufffc", "▢") for line in lines)


def links_of(source: str, language: str = "en", *, title: str = "Page") -> list[tuple[str, str]]:
    """Return the anchors and targets of a page's links."""
    return [
        (text[start:end], target)
        for text, mentions, _ in read(source, language, title=title)
        for start, end, target in mentions
    ]


def whole(reading: PageText, late: list[ParagraphText]) -> list[tuple[int, int, Sentence]]:
    """Return the sentences of a page with those of its pending paragraphs inserted."""
    found = []
    pending = zip(reading.waiting, late, strict=True)
    begun = [
        (paragraph.paragraph, i, [s for *_, s in text.sentences], text)
        for i, (paragraph, text) in enumerate(pending)
    ]
    moved = sentences = paragraphs = 0
    for position, paragraph, sentence in [
        *reading.sentences,
        (reading.sentences.number, reading.paragraphs, None),
    ]:
        while moved < len(begun) and begun[moved][0] <= paragraph:
            text, first = begun[moved][3], reading.waiting[moved].first
            found += [
                (first + sentences + i, begun[moved][0] + paragraphs + j, s)
                for i, j, s in text.sentences
            ]
            sentences += text.sentences.number
            paragraphs += text.paragraphs
            moved += 1
        if sentence:
            found.append((position + sentences, paragraph + paragraphs, sentence))
    return found
