"""`cstool mix` on the command line."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from cstool.storage.manifest import need_stage
from tests.cli.test_commands import cstool, fails
from tests.masking.tokenizers import train
from tests.stages.pair.pages import Page, Wiki, pair_wikis
from tests.stages.shard.switched import Sentence, make_corpus, write_switched
from tests.support import files_of

RECIPE = """seed = 1

[[stage]]
name = "names"
  [[stage.source]]
  folder = "corpus"
  rows = "switched"

[[stage]]
name = "plain"
  [[stage.source]]
  folder = "corpus"
  rows = "source"
"""
SOURCE = '[[stage]]\nname = "a"\n[[stage.source]]\n'
PAGES = [
    Wiki("en", [Page(1, "Sea", ["The sea.", "It is blue."])], {"Sea": 5}),
    Wiki("sw", [Page(1, "Bahari", ["Bahari.", "Ni samawati."])], {"Bahari": 5}),
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with corpora, pairs and tokenizers; tests add only recipes and outputs."""
    folder = tmp_path_factory.mktemp("mix")
    sentences = [Sentence(n, f"is number {n} of the towns in the north.") for n in range(1, 41)]
    switched = write_switched(folder / "switched", sentences)
    make_corpus(switched, folder / "corpus", validation=4, rows_per_shard=5)
    make_corpus(switched, folder / "lines", format="jsonl")
    pair_wikis(folder, PAGES)
    for name, size in (("small", 300), ("large", 400)):
        texts = [f"X {sentence.text}" for sentence in sentences]
        train("byte-level", texts, size).save(f"{folder / name}.json")
    return folder


def write(place: Path, recipe: str, name: str = "mix.toml") -> str:
    (place / name).write_text(recipe)
    return name


def test_the_summary_has_rows_size_stages_and_what_was_left_out(
    place: Path, tmp_path: Path
) -> None:
    done = cstool("mix", write(place, RECIPE), "-o", tmp_path / "m", cwd=place)
    assert done.returncode == 0, done.stderr
    manifest = need_stage(tmp_path / "m", "mix")
    rows = manifest.counts.tallies["rows"]
    size = sum(manifest.counts.details["words by stage"].values())
    assert (
        f"mix: {rows.written:,} rows with {size:,} words in 2 stages, 2 files (rows dropped: "
        in done.stderr
    )
    assert f" → {tmp_path / 'm'} (" in done.stderr


def test_the_summary_of_a_format_of_tokens_has_their_number(place: Path, tmp_path: Path) -> None:
    form = ["--format", "tokens", "--tokenizer", "small.json", "--pack", "64"]
    done = cstool("mix", write(place, RECIPE), "-o", tmp_path / "m", *form, cwd=place)
    details = need_stage(tmp_path / "m", "mix").counts.details
    tokens, sequences = sum(details["tokens"].values()), details["packing"]["sequences"]
    assert f"2 files, {tokens:,} tokens in {sequences:,} sequences (" in done.stderr


def test_paths_begin_at_the_root(place: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "mix.toml"
    recipe.write_text(RECIPE)
    out = tmp_path / "m"
    fails(cstool("mix", recipe, "-o", out), f"{tmp_path / 'corpus'}")
    assert not out.exists()
    assert cstool("mix", recipe, "-o", out, "--root", place, "--quiet").returncode == 0
    at_home = tmp_path / "home"
    assert cstool("mix", write(place, RECIPE), "-o", at_home, "--quiet", cwd=place).returncode == 0
    assert files_of(out) == files_of(at_home)


def test_the_number_of_rows_of_a_file_can_be_given(place: Path, tmp_path: Path) -> None:
    out = tmp_path / "m"
    taken = ["--rows-per-shard", 10, "--quiet"]
    assert cstool("mix", place / write(place, RECIPE), "-o", out, *taken).returncode == 0
    files = sorted(path.relative_to(out).as_posix() for path in out.glob("data/*/*"))
    assert len(files) > 4
    assert {file.split("/")[1] for file in files} == {"1-names", "2-plain"}
    rows = pl.read_parquet(out / "data/1-names/*.parquet")
    assert rows["corpus"].unique().to_list() == ["corpus"]


def test_the_same_command_again_does_nothing_and_another_recipe_is_refused(
    place: Path, tmp_path: Path
) -> None:
    out = tmp_path / "m"
    command = ["mix", place / write(place, RECIPE, "again.toml"), "-o", out]
    assert cstool(*command).returncode == 0
    before = files_of(out)
    again = cstool(*command)
    assert again.returncode == 0
    assert "nothing to do" in again.stderr
    write(place, RECIPE.replace("seed = 1", "seed = 2"), "again.toml")
    fails(cstool(*command), "seed", "--overwrite")
    assert files_of(out) == before
    assert cstool(*command, "--overwrite").returncode == 0
    assert files_of(out) != before


WRONG_CALLS = [
    ([], "Missing argument 'RECIPE'"),
    (["mix.toml"], "--output"),
    (["mix.toml", "-o", "m", "--format", "entitycs"], "--format"),
    (["mix.toml", "-o", "m", "--root", "none"], "--root"),
    (["mix.toml", "-o", "m", "--tokenizer", "none.json"], "--tokenizer"),
    (["mix.toml", "-o", "m", "--rows-per-shard", "0"], "--rows-per-shard"),
    (["mix.toml", "-o", "m", "--tokenizer", "small.json"], "--tokenizer: --format cstool has no"),
    (["mix.toml", "-o", "m", "--pack", "8"], "--pack: --format cstool has no tokens"),
    (["tokens.toml", "-o", "m"], 'tokens.toml: count: "tokens" needs a tokenizer; give its token'),
    (["tokens.toml", "-o", "m"], "with --tokenizer, or as tokenizer in the recipe"),
]


@pytest.mark.parametrize(("arguments", "told"), WRONG_CALLS)
def test_a_wrong_call_exits_with_2_and_writes_nothing(
    place: Path, arguments: list[str], told: str
) -> None:
    write(place, RECIPE)
    write(place, 'count = "tokens"\n' + RECIPE, "tokens.toml")
    done = cstool("mix", *arguments, cwd=place)
    assert done.returncode == 2
    assert told in done.stderr
    assert not (place / "m").exists()


WRONG_RECIPES = {
    "unknown key": (RECIPE + "shar = 1", "line 14: [[stage.source]] has no key", "share"),
    "syntax": ("[[stage]", "line 1, column 8: not valid TOML: ", "correct the line"),
    "no folder": (SOURCE + 'folder = "none"', "none", "cstool shard"),
    "a folder of another stage": (SOURCE + 'folder = "switched"', "switched", "cstool switch"),
    "a corpus of JSON lines": (SOURCE + 'folder = "lines"', "lines", "--format cstool"),
    "other units": (
        SOURCE + 'folder = "corpus"\n[[stage.source]]\nfolder = "pairs"',
        "pairs contains pages, but",
        "corpus contains sentences",
    ),
    "a large budget": (
        SOURCE + 'folder = "corpus"\nbudget = 9_000_000_000_000',
        "line 3: ",
        "9,000,000,000,000 words",
    ),
    "a budget above the number of words": (
        SOURCE + 'folder = "corpus"\nbudget = 3_000',
        "3,000 words",
        "give it a smaller budget",
    ),
    "no rows": (SOURCE + 'folder = "corpus"\nlanguages = ["sw"]', "no row of corpus", "de, en"),
    "source rows of pairs": (SOURCE + 'folder = "pairs"\nrows = "source"', "line ", "pairs"),
}


@pytest.mark.parametrize(("recipe", "first", "second"), WRONG_RECIPES.values(), ids=WRONG_RECIPES)
def test_a_wrong_recipe_is_an_error_in_one_line(
    place: Path, tmp_path: Path, recipe: str, first: str, second: str
) -> None:
    name = write(place, recipe)
    done = cstool("mix", name, "-o", tmp_path / "m", "-j", 1, "--quiet", cwd=place)
    fails(done, first, second)
    assert not list((tmp_path / "m").glob("data/**/*.parquet"))


def test_tokens_are_those_of_the_option_or_else_of_the_recipe(place: Path, tmp_path: Path) -> None:
    head = 'count = "tokens"\ntokenizer = "small.json"\ndocument_end = "<pad>"\n'
    recipe = write(place, head + RECIPE, "small.toml")
    sizes = {}
    for name, options in (("own", []), ("other", ["--tokenizer", "large.json"])):
        done = cstool("mix", recipe, "-o", tmp_path / name, *options, cwd=place)
        assert done.returncode == 0, done.stderr
        assert ("--tokenizer: used instead of that of small.toml" in done.stderr) == bool(options)
        details = need_stage(tmp_path / name, "mix").counts.details
        sizes[name] = sum(details["tokens by stage"].values())
        assert f"{sizes[name]:,} tokens in 2 stages, 2 files" in done.stderr
    assert sizes["own"] > sizes["other"] > 0


@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_ends_at_once_and_the_same_command_resumes(
    place: Path, tmp_path: Path, jobs: int
) -> None:
    write(place, RECIPE)
    command = ["mix", "mix.toml", "-o", f"{tmp_path / 'm'}", "-j", f"{jobs}"]
    program = [sys.executable, "-m", "cstool", *command]
    with subprocess.Popen(
        program, cwd=place, stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        deadline = time.monotonic() + 60
        while not list((tmp_path / "m").glob("_work/**/*.*")) and time.monotonic() < deadline:
            time.sleep(0.002)
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=30)
    assert process.returncode in (0, 130)
    assert len(error.decode().strip().split("\n")) == 1
    assert cstool(*command, cwd=place).returncode == 0
    assert cstool("mix", "mix.toml", "-o", tmp_path / "whole", cwd=place).returncode == 0
    assert files_of(tmp_path / "m") == files_of(tmp_path / "whole")
