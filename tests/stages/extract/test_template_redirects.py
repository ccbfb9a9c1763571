"""Templates that are called through redirects, and the sentences that wait for these."""

from pathlib import Path
from typing import Any

import pytest

from cstool.errors import InputError
from cstool.execution.options import RunOptions
from cstool.stages.extract.options import ExtractOptions
from cstool.stages.extract.stage import extract
from cstool.storage.manifest import Manifest
from tests.support import Source, rows_of, write_multistream


def redirect(name: str, target: str) -> Source:
    return Source(f"Template:{name}", redirect=f"Template:{target}", namespace=10)


PAGES = [
    Source(
        "A",
        "It is {{Cw|a ''[[bay]]''}}. It has {{odd}} [[cows]]. "
        "Here {{x}} is [[Denver]].{{src}} [[Erie]] too.",
    ),
    redirect("Cw", "Keep"),
    redirect("Src", "Citation needed"),
    redirect("Keep", "Nowrap"),
    Source("Template:Nowrap", "{{{1}}}", namespace=10),
    redirect("Odd", "Strange"),
    Source("B", "So it is ({{cw|[[fog]]}}).\nAll {{x}} [[Ghent]]."),
]


def run(dump: Path, out: Path, jobs: int = 1, **options: Any) -> Manifest:
    running = RunOptions(jobs=jobs, quiet=True, part_size=300)
    return extract([str(dump)], out, ExtractOptions(**options), running)


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    return write_multistream(tmp_path / "dump.xml.bz2", PAGES)


def texts(folder: Path) -> list[str]:
    return rows_of(folder).sort("id")["text"].to_list()


def test_the_dumps_redirects_are_followed(tmp_path: Path, dump: Path) -> None:
    manifest = run(dump, tmp_path / "out")
    assert texts(tmp_path / "out") == ["It is a bay.", "Erie too.", "So it is (fog)."]
    assert rows_of(tmp_path / "out").sort("id")["position"].to_list() == [0, 3, 0]
    sentences = manifest.counts.tallies["sentences"]
    assert (sentences.read, sentences.written) == (6, 3)
    assert sentences.dropped == {"hole": 3}
    assert manifest.counts.details["holes"] == {"odd": 1, "x": 2}
    mentions = manifest.counts.tallies["mentions"]
    assert (mentions.read, mentions.written) == (6, 3)


def test_every_sentence_is_counted_once(tmp_path: Path, dump: Path) -> None:
    manifest = run(dump, tmp_path / "out", all_sentences=True)
    assert texts(tmp_path / "out") == ["It is a bay.", "Erie too.", "So it is (fog)."]
    assert manifest.counts.tallies["sentences"].dropped == {"hole": 3}


def test_the_same_bytes_for_any_number_of_workers(tmp_path: Path, dump: Path) -> None:
    one = run(dump, tmp_path / "one")
    two = run(dump, tmp_path / "two", jobs=2)
    assert one.parts == two.parts
    assert len(one.parts) > 2


def test_silent_templates_are_found_without_rendering(tmp_path: Path) -> None:
    pages = [*PAGES, Source("C", "Yes{{src}}, it is [[hot]].")]
    run(write_multistream(tmp_path / "d.xml.bz2", pages), tmp_path / "out", templates="none")
    assert texts(tmp_path / "out") == ["Erie too.", "Yes, it is hot."]


def test_the_users_rules_are_used(tmp_path: Path, dump: Path) -> None:
    rules = '[text]\nstrange = "quite a"\nx = "{1|}so"\n'
    run(dump, tmp_path / "out", rules=rules)
    assert texts(tmp_path / "out") == [
        "It is a bay.", "It has quite a cows.", "Here so is Denver.", "Erie too.",
        "So it is (fog).", "All so Ghent.",
    ]  # fmt: skip


def test_an_error_in_the_users_rules_is_reported_first(tmp_path: Path, dump: Path) -> None:
    with pytest.raises(InputError, match=r"^my\.toml: .*'x'"):
        run(dump, tmp_path / "out", rules="[text]\nx = 3", rules_name="my.toml")
    assert not list((tmp_path / "out").glob("*.parquet"))


def test_redirects_without_an_element_and_aliases_of_the_namespace(tmp_path: Path) -> None:
    pages = [
        Source("A", "It is {{Cw|[[bay]]}}. It has {{TM:nowrap|[[cows]]}}."),
        Source("Template:Cw", "#REDIRECT [[Template:Nowrap]]", namespace=10),
    ]
    run(write_multistream(tmp_path / "dump.xml.bz2", pages), tmp_path / "out")
    assert texts(tmp_path / "out") == ["It is bay.", "It has cows."]
