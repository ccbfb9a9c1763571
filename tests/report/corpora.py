"""Manifests and statistics of corpora without the corpora, as the input of a report."""

import random
from pathlib import Path

import msgspec

from cstool.languages.codes import entitycs
from cstool.storage.counts import Counts, Tally
from cstool.storage.manifest import MANIFEST, Ancestor, Input, Manifest, Source
from cstool.storage.statistics import (
    STATISTICS,
    LanguageNumbers,
    SampleSentence,
    SampleStats,
    Statistics,
    SwitchedForm,
    TopEntity,
)

ENGLISH = Source("enwiki", "en")
SENTENCES = 54_469_214  # of the published corpus, as are the other large numbers
ROWS = 231_124_422
MIXING = {"sentences": 9, "source_words": 180, "switched_words": 20, "cmi": 99.5, "pairs": 150}


def stages(languages: list[str], holes: dict[str, int]) -> list[Ancestor]:
    """Return the lineage of a corpus as large as the published one."""

    def stage(name: str, tallies: dict[str, Tally], **details: dict[str, int]) -> Ancestor:
        counts = Counts(tallies, {kind.replace("_", " "): n for kind, n in details.items()})
        return Ancestor(name, "1", {"seed": 0}, [Input("d", 9, "xxh3:1")], counts, ENGLISH)

    labels = {code: 10**7 // (n + 1) for n, code in enumerate(languages)}
    return [
        stage("entities", {"entities": Tally(115_000_000, 115_000_000)}, languages=labels),
        stage("titles", {"pages": Tally(18_000_000, 18_000_000)}),
        stage(
            "extract",
            {
                "pages": Tally(18_000_000, 6_900_000, {"redirect": 11_100_000}),
                "sentences": Tally(90_000_000, 60_000_000, {"no mention": 30_000_000}),
            },
            holes=holes,
        ),
        stage("link", {}, mentions_by_link={"linked": 110_000_000, "no page of that title": 9}),
        stage("switch", {"sentences": Tally(60_000_000, SENTENCES, {"too short": 5_530_786})}),
    ]


def write_corpus(folder: Path, statistics: Statistics, holes: dict[str, int] | None = None) -> Path:
    """Write the files of a corpus that a report reads; return the folder."""
    rows = sum(sum(numbers.rows.values()) for numbers in statistics.languages.values())
    manifest = Manifest(
        "shard", "1", {"format": "cstool", "seed": 0}, [Input("switch", 9, "sha256:1")], [],
        Counts({"rows": Tally(rows, rows)}), None,
        stages([*statistics.languages], {"convert": 7} if holes is None else holes),
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).write_bytes(msgspec.json.encode(manifest))
    (folder / STATISTICS).write_bytes(msgspec.json.encode(statistics))
    return folder


def numbers_of(rows: int, *, source: bool = False) -> LanguageNumbers:
    """Return consistent counts of a language."""
    looked = SampleStats(9, 20, 2, MIXING)
    return LanguageNumbers(
        {"train": rows - 100, "validation": 100},
        rows * 23,
        rows * 2,
        0 if source else rows // 20,
        [rows // 61 + (rows % 61 if n == 9 else 0) for n in range(61)],
        [0, 0, rows, *[0] * 14],
        looked,
    )


def large(seed: int = 0) -> Statistics:
    """Return statistics as large as any: 93 languages, 231 million rows, all samples full."""
    lots = random.Random(seed)
    codes = [code for code in entitycs() if code != "en"]
    numbers = {code: numbers_of(ROWS // len(codes)) for code in codes}
    numbers["en"] = numbers_of(SENTENCES, source=True)
    sentences = []
    for number in range(20 * len(codes) // 5 + 20):
        words = ["".join(lots.choices("abcdefghij", k=7)) for _ in range(24)]
        text = " ".join(words)
        here = [codes[(5 * number + n) % len(codes)] for n in range(5)]
        spans: list[tuple[int | None, int, int, int, int]] = [
            (lots.randrange(1, 9999), 8 * n, 8 * n + 7, 8 * n, 8 * n + 7) for n in (0, 9)
        ]
        forms = {code: SwitchedForm(text, spans) for code in ["en", *here]}
        sentences.append(SampleSentence(number, number, f"Page {number}", "en", text, forms))
    top = [TopEntity(n + 1, f"Entity {n}", 10**7 // (n + 1), 10**7) for n in range(200)]
    return Statistics(numbers, ["enwiki"], {}, top, sentences)


def small(text: str = "Berlin is large.", title: str = "Berlin", name: str = "برلين") -> Statistics:
    """Return the statistics of one sentence, switched into Arabic; the entity comes first."""
    end = text.find(" ")
    source = SwitchedForm(text, [(64, 0, end, 0, end)])
    form = SwitchedForm(name + text[end:], [(64, 0, end, 0, len(name))])
    sentence = SampleSentence(1, 1, title, "en", text, {"ar": form, "en": source})
    numbers = {"ar": numbers_of(1000), "en": numbers_of(2000, source=True)}
    return Statistics(numbers, ["enwiki"], {}, [TopEntity(64, name, 9, 9)], [sentence])
