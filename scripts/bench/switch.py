"""Compare `switch` with a loop of single lookups, on synthetic sentences and entities.

    python -m scripts.bench.switch [--sentences 1000000] [--items 2000000] [--keep DIR]
        [--against CSTOOL] [--annotate-only]

Entities as in `labels.py`; a sentence has one to four mentions of random entities among 22 words,
as in the published corpus. One anchor in twelve is inflected, one in six follows an article, one in
five the first word of its sentence. Prints for each recipe the rows written per CPU second once the
store is built (the cost that grows with the number of rows), and the peak memory of the process, of
which the memory map of the store is shared with other processes.

The options of both recipes are fixed here, so that versions can be compared. `--against`: another
cstool, with a store of labels that it makes itself; both run in turns. An option that one of them
does not have is left out; then it writes other rows.

Then names are put beside the anchors, in sentences and in pages of thirty sentences: in five of the
languages, and in English beside half of them as in LEIA; printed are the mentions written per CPU
second.

Then words are switched by a dictionary that has all words of the text but the names, in all
languages: a tenth of them beside the entities, all, only words, and as in CoSDA-ML. The words of
real text that have an entry are fewer.

The peer does what the published pipeline does: for each mention a row of SQLite (title → QID) and
an entry of a shelve (QID → labels), an intersection of language sets, five draws, string
replacements, a line of JSON. It only looks up the entities of `--peer` sentences, in files that
contain no others.
"""

import argparse
import hashlib
import json
import random
import shelve
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cstool.arrays.arrow import flat
from cstool.dictionaries.dictionary_store import write_dictionary
from cstool.languages.codes import entitycs
from cstool.storage.manifest import MANIFEST
from scripts.bench.labels import write_entities
from scripts.bench.linked_rows import WORDS, parts_of, write_linked, write_manifest, write_pages
from scripts.bench.measure import add_against, cstool, run, working_folder

# The options of the recipes, as far as they change the work.
RECIPES: dict[str, dict[str, Any]] = {
    "default": {
        "fallback": "variants",
        "fit": True,
        "inflected": "skip-mention",
        "anchors": "named",
        "prose": True,
        "min_changed": 1,
        "source_rows": "switched",
    },
    "entitycs": {
        "fallback": "none",
        "fit": False,
        "inflected": "keep",
        "anchors": "all",
        "prose": False,
        "min_changed": 0,
        "source_rows": "all",
    },
}
# Names beside their anchors.
ANNOTATE: dict[str, Any] = {
    "fallback": "variants",
    "fit": False,
    "anchors": "all",
    "prose": False,
    "require_all": False,
    "style": "annotate",
    "open": "<translate>",
    "close": "</translate>",
    "source_rows": "none",
    "bounds": [["longest_anchor", 1.0]],
}
# English labels, which half of the items have, are the anchors. The source is called sw then.
AS_IN_LEIA: dict[str, Any] = {"repeat": True, "min_changed": 0, "switch_rate": 0.5}
# Words beside entities, and only words.
WORD_OPTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "a tenth of the words": ("default", {"word_rate": 0.1}),
    "all words": ("default", {}),
    "only words": ("default", {"switch_rate": 0.0}),
    "cosda": ("cosda", {}),
}
# What both scripts begin with; they run with any version of cstool that has these names.
OPTIONS = """
import dataclasses, json, resource, sys, time
from pathlib import Path
from cstool.languages.labels import LabelRules
from cstool.stages.switch.options import SwitchOptions
folder, store, recipe, codes, given = sys.argv[1:]
folder, store, codes = Path(folder), Path(store), tuple(codes.split(","))
has = {field.name for field in dataclasses.fields(SwitchOptions)}
given = {name: value for name, value in json.loads(given).items() if name in has}
given["words"] = tuple(given.get("words", ()))
options = SwitchOptions.of(recipe, **{name: given[name] for name in given if name in has})
source = "sw" if "en" in codes else "en"
unit = "page" if (folder / "linked/pages").exists() else "sentence"
if hasattr(options, "resolved"):
    options = options.resolved(unit)
"""
STORE = (
    OPTIONS
    + """
from cstool.stages.switch.gather_labels import LabelNeeds, label_rows
from cstool.storage.label_store import write_store
has = {field.name for field in dataclasses.fields(LabelNeeds)}
persons = {"persons": given.get("anchors") == "named"} if "persons" in has else {}
rules = LabelRules.of(codes, options.fallback)
needs = LabelNeeds(rules, options.fit, source if options.need_known else None, **persons)
parts = sorted((folder / "entities").glob("part-*.parquet"))
wanted = str(folder / "wanted.npy")
write_store(store, (t for p in parts for t in label_rows(str(p), (wanted, needs))), codes)
"""
)
SWITCH = (
    OPTIONS
    + """
import pyarrow
from cstool.stages.switch import stage
from cstool.stages.switch.sampling import LanguageSampling
from cstool.storage.parts import PartFolder, write_part
linked = sorted((folder / "linked").glob("part-*.parquet"))
sampling = LanguageSampling(codes, 0, 5)
paths = str(folder / "linked"), str(store), ""
if hasattr(stage, "SwitchWork"):
    words = [str(folder / "dictionary")] if getattr(options, "words", ()) else []
    work = stage.SwitchWork(*paths, "enwiki", source, 0, sampling, options, unit, *words)
    spec = stage.rows_spec(work.schema)
else:  # before annotated names
    work = stage._Work(*paths, "enwiki", source, 0, sampling, options)
    if hasattr(stage, "rows_spec"):
        spec = stage.rows_spec()
    else:
        from cstool.storage.checksums import layout_of
        from cstool.storage.parts import PartSpec
        from cstool.storage.schemas import SWITCHED
        spec = PartSpec(SWITCHED, layout=layout_of(SWITCHED, stage.UNIQUE))
pyarrow.array([0]).to_numpy()  # imports pandas if it is there
begun, rows, mentions = time.process_time(), 0, 0
for part in linked:
    made = write_part(PartFolder(folder / "out", folder, ""), part.name, "", spec,
                      stage.switch_part(part.name, work))
    rows += made.part.rows
    own = made.counts.details["entities by language"]
    mentions += sum(number for code, number in own.items() if code != source)
taken = time.process_time() - begun
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
own, shared = (int(status[name].split()[0]) / 1024 for name in ("RssAnon", "RssFile"))
print(rows, mentions, taken, peak, own, shared)
"""
)


def some_sentences(folder: Path, number: int) -> list[dict[str, Any]]:
    """Return the first linked sentences."""
    table = pq.read_table(folder / "linked/part-000000.parquet")
    rows: list[dict[str, Any]] = table.slice(0, number).to_pylist()
    return rows


def labels_of(folder: Path, wanted: set[int]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield items and their labels by language."""
    for path in sorted((folder / "entities").glob("part-*.parquet")):
        table = pq.read_table(path, columns=["qid", "labels"])
        offsets, terms = flat(table.column("labels").combine_chunks())
        for row, qid in enumerate(table.column("qid").to_pylist()):
            if qid in wanted:
                own = terms.slice(offsets[row], offsets[row + 1] - offsets[row]).to_pylist()
                yield qid, {term["language"]: term["value"] for term in own}


def peer(folder: Path, number: int, languages: list[str]) -> dict[str, float]:
    """Return how many rows a second the loop with single look-ups writes."""
    rows = some_sentences(folder, number)
    wanted = {m["qid"] for row in rows for m in row["mentions"]}
    (folder / "titles.db").unlink(missing_ok=True)
    with shelve.open(str(folder / "labels"), "n") as known:
        for qid, labels in labels_of(folder, wanted):
            known[str(qid)] = labels
    titles = sqlite3.connect(folder / "titles.db")
    titles.execute("CREATE TABLE mapping (title TEXT PRIMARY KEY, qid INTEGER)")
    titles.executemany("INSERT INTO mapping VALUES (?, ?)", [(f"Title {q}", q) for q in wanted])
    titles.commit()
    rates = {}
    for with_titles in (True, False):
        begun = time.process_time()
        made = _loop(folder, rows, titles if with_titles else None, {*languages})
        name = "SQLite and shelve" if with_titles else "shelve"
        rates[name] = made / (time.process_time() - begun)
    return rates


def _loop(
    folder: Path, rows: list[dict[str, Any]], titles: sqlite3.Connection | None, codes: set[str]
) -> int:
    rng = random.Random(0)
    made = 0
    with shelve.open(str(folder / "labels"), "r") as known, (folder / "o.jsonl").open("w") as out:
        for row in rows:
            text, mentions = row["text"], row["mentions"]
            names = []
            for mention in mentions:
                qid = mention["qid"]
                if titles:
                    asked = "SELECT qid FROM mapping WHERE title = ?"
                    qid = titles.execute(asked, (mention["target"],)).fetchone()[0]
                names.append(known.get(str(qid), {}))
            common = sorted(codes.intersection(*names))
            for code in [None, *rng.sample(common, min(5, len(common)))]:
                pieces, at = [], 0
                for mention, labels in zip(mentions, names, strict=True):
                    anchor = text[mention["start"] : mention["end"]]
                    pieces += [text[at : mention["start"]], "<e>", labels[code] if code else anchor]
                    pieces.append("</e>")
                    at = mention["end"]
                switched = "".join(pieces) + text[at:]
                line = {"id": row["id"], "language": code, "en_sentence": text}
                out.write(json.dumps(line | {"cs_sentence": switched}, ensure_ascii=False) + "\n")
                made += 1
    return made


def main() -> None:
    """Make what is read, switch it, run the peer; print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sentences", type=int, default=1_000_000)
    parser.add_argument("--items", type=int, default=2_000_000)
    parser.add_argument("--labels", type=float, default=20)
    parser.add_argument("--peer", type=int, default=20_000)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--annotate-only", action="store_true")
    add_against(parser)
    given = parser.parse_args()
    with working_folder(given.keep) as folder:
        if not (folder / "linked" / MANIFEST).exists():
            write_entities(folder, given.items, given.labels)
            write_manifest(
                folder / "entities", "entities", parts_of(folder / "entities"), languages={"de": 1}
            )
            write_linked(folder, given.sentences, given.items)
        if not given.annotate_only:
            bench(folder, given)
        bench_annotated(folder)
        bench_words(folder)


def bench(folder: Path, given: argparse.Namespace) -> None:
    """Run both recipes, whole and with the store there, then the peer."""
    languages = [code for code in entitycs() if code != "en"]
    print(f"{given.sentences:,} linked sentences, {given.items:,} items")
    rates = peer(folder, given.peer, languages)
    for name, rate in rates.items():
        print(f"peer      {name}: {rate:,.0f} rows a CPU second")
    for recipe in RECIPES:
        own = Switching(Path(cstool()), folder, f"store-{recipe}", recipe, languages)
        if given.against is None:
            speed = own.run()
        else:
            there = f"store-{recipe}-of-{short_name_of(given.against)}"
            other = Switching(given.against.absolute(), folder, there, recipe, languages)
            speed = _in_turns(own, other, given.pairs)
        print(f"{recipe:9} {speed}; {speed.rate / rates['SQLite and shelve']:.1f} times the peer")
    taken = run([cstool(), "switch", "linked", "--entities", "entities", "-o", "whole", "-j", "1",
                 "--overwrite", "--quiet"], folder)  # fmt: skip
    print(f"whole     {taken.cpu:.1f} CPU s, {taken.memory:,.0f} MB: labels gathered, rows written")


def bench_annotated(folder: Path) -> None:
    """Annotate sentences and pages, into five languages of all and into one."""
    pages = folder / "as-pages"
    if not (pages / "linked/pages").exists():
        write_pages(folder, pages)
    several = [code for code in entitycs() if code != "en"]
    for where, unit in ((folder, "sentences"), (pages, "pages")):
        for languages, options in ((several, ANNOTATE), (["en"], ANNOTATE | AS_IN_LEIA)):
            store = f"store-annotate-{len(languages)}"
            own = Switching(Path(cstool()), where, store, "default", languages, options)
            made = own.run()
            print(
                f"annotate  {unit}, {len(languages)} languages: {made.mentions:,.0f} mentions, "
                f"{made.mentions / made.cpu:,.0f} a CPU second; {made}"
            )


def bench_words(folder: Path) -> None:
    """Switch words of sentences, beside entities and alone."""
    languages = [code for code in entitycs() if code != "en"]
    if not (folder / "dictionary").exists():
        write_words(folder / "dictionary", languages)
    for name, (recipe, options) in WORD_OPTIONS.items():
        given = options | {"words": ["words"]}
        own = Switching(Path(cstool()), folder, "store-default", recipe, languages, given)
        print(f"words     {name}: {own.run()}")


def write_words(folder: Path, languages: list[str]) -> None:
    """Write a dictionary with one to three translations of each word in each language."""
    pairs = [
        (word, code, f"{word[::-1]}{number}")
        for word in sorted({*WORDS, "in", "the"})
        for code in languages
        for number in range(len(word) % 3 + 1)
    ]
    columns = dict(
        zip(("source", "language", "target"), map(list, zip(*pairs, strict=True)), strict=True)
    )
    write_dictionary(folder, pa.table(columns), languages)


def short_name_of(path: Path) -> str:
    """Return a short name of a path that differs from those of others."""
    return hashlib.sha256(str(path.absolute()).encode()).hexdigest()[:8]


@dataclass(frozen=True)
class Written:
    """The rows that a run wrote, its CPU seconds, and its memory in MB."""

    rows: float
    mentions: float
    cpu: float
    peak: float
    own: float
    mapped: float
    store: float

    @property
    def rate(self) -> float:
        """Rows per CPU second."""
        return self.rows / self.cpu

    def __str__(self) -> str:
        return (
            f"{self.rows:,.0f} rows in {self.cpu:.1f} CPU s: {self.rate:,.0f} a CPU second; peak "
            f"{self.peak:,.0f} MB; at the end {self.own:,.0f} MB of its own, {self.mapped:,.0f} MB "
            f"of files (the store: {self.store:,.0f} MB)"
        )


@dataclass(frozen=True)
class Switching:
    """A cstool (its executable), a recipe, and the folder with what it reads."""

    executable: Path
    folder: Path
    store: str
    recipe: str
    languages: list[str]
    options: dict[str, Any] | None = None

    def run(self) -> Written:
        """Write all rows, after making the store if it is not there."""
        store = self.folder / self.store
        if not store.exists():
            self._output_of(STORE, store)
        size = sum(file.stat().st_size for file in store.iterdir()) / 1e6
        rows, mentions, *others = map(float, self._output_of(SWITCH, store).split())
        cpu, peak, own, mapped = others
        return Written(rows, mentions, cpu, peak, own, mapped, size)

    def _output_of(self, script: str, store: Path) -> str:
        python = self.executable.parent / "python"
        options = json.dumps(self.options or RECIPES[self.recipe])
        arguments = [self.folder, store, self.recipe, ",".join(self.languages), options]
        command = [str(python), "-c", script, *map(str, arguments)]
        # Not in the checkout, whose cstool would be imported instead.
        done = subprocess.run(
            command, check=True, stdout=subprocess.PIPE, text=True, cwd=self.folder
        )
        return done.stdout


def _rate(written: Written) -> float:
    return written.rate


def _in_turns(own: Switching, other: Switching, pairs: int) -> Written:
    """Run two versions in turns; print the median of their ratios, return the median run."""
    others: list[Written] = []
    owns: list[Written] = []
    for _ in range(pairs):
        others.append(other.run())
        owns.append(own.run())
    ratio = median(its.rate / there.rate for there, its in zip(others, owns, strict=True))
    there = sorted(others, key=_rate)[pairs // 2]
    print(f"{own.recipe:9} against {other.executable}: {there}; median of the ratios: {ratio:.2f}")
    return sorted(owns, key=_rate)[pairs // 2]


if __name__ == "__main__":
    main()
