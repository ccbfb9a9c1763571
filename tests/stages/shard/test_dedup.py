"""Duplicates and texts of test sets are dropped with all their rows."""

import sys
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cstool.errors import CstoolError, InputError, Unfinished
from cstool.execution.options import RunOptions
from cstool.stages.shard import dedup as dropping
from cstool.stages.shard.minhash import BANDS
from cstool.stages.shard.stage import ShardOptions, shard
from cstool.storage.manifest import need_stage
from cstool.storage.timings import read_timings
from tests.stages.shard.switched import Sentence, make_corpus, write_switched
from tests.support import files_of

LONG = "is a town in the north of the country with a river, a church and an old mill nearby."


@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(0, 6)), min_size=1, max_size=40),
    st.integers(1, 9),
    st.integers(1, 9),
)
@settings(max_examples=15, deadline=None)
def test_exact_keeps_the_first_of_each_class_and_all_its_rows(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[tuple[int, int]], a_part: int, bucket: int
) -> None:
    folder = tmp_path_factory.mktemp("exact")
    sentences = [Sentence(page, f"has number {n}.", ("de", "fr")) for page, n in drawn]
    write_switched(folder / "switched", sentences, a_part=a_part)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dropping, "_MARKS_A_BUCKET", bucket)
        rows = make_corpus(folder / "switched", folder / "corpus", dedup="exact", validation=2)
    first: dict[int, int] = {}
    for position, (page, n) in enumerate(drawn):
        id_ = page * 2**20 + position
        first[n] = min(first.get(n, id_), id_)
    assert sorted(rows["id"]) == sorted([*first.values()] * 3)
    assert set(rows["language"]) == {"en", "de", "fr"}
    tally = need_stage(folder / "corpus", "shard").counts.tally("rows")
    again = 3 * (len(drawn) - len(first))
    assert tally.dropped == ({"source sentence is there already": again} if again else {})


def test_of_two_wikis_the_one_given_first_keeps_its_sentence(tmp_path: Path) -> None:
    one = write_switched(tmp_path / "one", [Sentence(5, LONG)])
    two = write_switched(tmp_path / "two", [Sentence(2, LONG), Sentence(3, "b")], wiki="simplewiki")
    rows = make_corpus([one, two], tmp_path / "corpus", dedup="exact")
    assert set(rows["page_id"]) == {5, 3}


def test_minhash_drops_what_differs_by_a_word(tmp_path: Path) -> None:
    sentences = [Sentence(1, LONG), Sentence(2, LONG.replace("mill", "bell")), Sentence(3, LONG)]
    sentences.append(Sentence(4, "was written by somebody else about quite another thing."))
    write_switched(tmp_path / "switched", sentences, a_part=1)
    rows = make_corpus(tmp_path / "switched", tmp_path / "corpus", dedup="minhash")
    assert set(rows["page_id"]) == {1, 4}
    manifest = need_stage(tmp_path / "corpus", "shard")
    assert manifest.counts.tally("rows").dropped == {"source sentence is nearly there already": 4}
    assert manifest.parameters["minhash"]["library"] == "rensa"


def test_minhash_gives_the_same_for_any_parts_and_buckets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = LONG.split()
    sentences = [
        Sentence(i + 1, " ".join([*words[: i % 17], f"n{i % 23}", *words[i % 17 + 1 :]]))
        for i in range(120)
    ]
    kept = []
    for a_part, bucket in ((1000, 2_000_000), (7, 100)):
        monkeypatch.setattr(dropping, "_MARKS_A_BUCKET", bucket)
        switched = write_switched(tmp_path / f"s{a_part}", sentences, a_part=a_part)
        rows = make_corpus(switched, tmp_path / f"c{a_part}", dedup="minhash", jobs=1)
        kept.append(rows.to_dicts())
    assert kept[0] == kept[1]
    assert 2 <= len(kept[0]) < 240


def test_marks_of_a_bucket_are_one_segment_for_any_batch_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dropping, "_SENTENCES_AT_ONCE", 5)
    sentences = [Sentence(i + 1, f"has number {i} of these.") for i in range(100)]
    folder = write_switched(tmp_path / "switched", sentences)
    part = dropping.PartToRead("part-000000.parquet", str(folder / "part-000000.parquet"), 0)
    work = dropping._Screening(str(tmp_path / "marks"), "minhash", 4, None)
    [index] = dropping.screen(part, work)
    assert isinstance(index, pa.Table)
    assert sorted(index["destination"].to_pylist()) == [0, 1, 2, 3]
    assert sum(index["rows"].to_pylist()) == 100 * BANDS


def test_buckets_are_for_sentences_not_for_their_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dropping, "_MARKS_A_BUCKET", 50)
    sentences = [Sentence(i + 1, f"is {i}.", ("de", "fr", "it")) for i in range(100)]
    make_corpus(write_switched(tmp_path / "s", sentences), tmp_path / "c", dedup="exact")
    [timing] = read_timings(tmp_path / "c")
    assert [p.tasks for p in timing.phases if p.name == "shard: compare"] == [2]


@pytest.mark.parametrize("dedup", ["none", "exact", "minhash"])
def test_sentences_of_a_test_set_are_dropped_in_all_languages(tmp_path: Path, dedup: str) -> None:
    (tmp_path / "test.txt").write_text(f"They say that it {LONG}\n")
    sentences = [Sentence(1, LONG, ("de", "fr")), Sentence(2, "is another one.", ("de",))]
    write_switched(tmp_path / "switched", [*sentences, Sentence(3, LONG)])
    tests = (tmp_path / "test.txt",)
    rows = make_corpus(tmp_path / "switched", tmp_path / "c", dedup=dedup, decontaminate=tests)
    assert set(rows["page_id"]) == {2}
    manifest = need_stage(tmp_path / "c", "shard")
    assert manifest.counts.tally("rows").dropped == {"source sentence holds a test set's text": 5}
    assert [i.name for i in manifest.inputs] == ["switch", "test.txt"]
    assert "share 13 consecutive words with `test.txt`" in (tmp_path / "c/README.md").read_text()


def test_a_batch_array_ends_with_the_bytes_of_one_run(tmp_path: Path) -> None:
    (tmp_path / "test.txt").write_text(f"They say that it {LONG}\n")
    sentences = [Sentence(i % 9 + 1, f"is {i % 20} of all these.", ("de", "fr")) for i in range(60)]
    write_switched(tmp_path / "w", [*sentences, Sentence(3, LONG)], a_part=10)
    options = ShardOptions(
        rows_per_shard=20, dedup="minhash", decontaminate=(tmp_path / "test.txt",)
    )
    shard([tmp_path / "w"], tmp_path / "one", options, RunOptions(jobs=1, quiet=True))
    for share in ((1, 2), (2, 2), (1, 2)):
        with pytest.raises(Unfinished):
            running = RunOptions(jobs=1, quiet=True, array_task=share)
            shard([tmp_path / "w"], tmp_path / "many", options, running)
    shard([tmp_path / "w"], tmp_path / "many", options, RunOptions(jobs=1, quiet=True))
    assert files_of(tmp_path / "many") == files_of(tmp_path / "one")


def test_a_test_set_without_a_text_of_some_length_is_refused(tmp_path: Path) -> None:
    (tmp_path / "test.txt").write_text("too short\n")
    switched = write_switched(tmp_path / "switched", [Sentence(1, LONG)])
    with pytest.raises(InputError, match=r"test\.txt: no text has 8 or more words"):
        make_corpus(switched, tmp_path / "c", decontaminate=(tmp_path / "test.txt",))
    with pytest.raises(InputError, match=r"none\.txt: no such file"):
        make_corpus(switched, tmp_path / "d", decontaminate=(tmp_path / "none.txt",))


def test_minhash_without_its_library_reports_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    switched = write_switched(tmp_path / "switched", [Sentence(1, LONG)])
    monkeypatch.setitem(sys.modules, "rensa", None)
    with pytest.raises(CstoolError, match=r"run pip install '.*\[dedup\]'"):
        make_corpus(switched, tmp_path / "c", dedup="minhash")
