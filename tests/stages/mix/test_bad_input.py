"""What `mix` refuses: one line that names the file, the place and what to do."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from cstool.errors import CstoolError, InputError
from cstool.stages.mix.recipe import MixRecipe, StageRecipe
from tests.stages.mix.mixtures import corpus, make, page_corpus, pairs, recipe, sentences, source
from tests.stages.mix.test_mix import documents


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bad")
    corpus(folder / "one", sentences(30))
    corpus(folder / "lines", sentences(30), format="jsonl")
    page_corpus(folder / "pages", documents(1, 6))
    pairs(folder, 6)
    shutil.copytree(folder / "one", folder / "copy")
    return folder


CASES: dict[str, tuple[Callable[[Path], MixRecipe], str]] = {
    "no folder": (lambda f: recipe([source(f / "none")]), "none: no such folder"),
    "a stage that cannot be mixed": (
        lambda f: recipe([source(f / "one-switched")]),
        "contains output of `cstool switch`; give a folder written by `cstool shard` or",
    ),
    "a format": (
        lambda f: recipe([source(f / "lines")]),
        "lines: corpus in the format jsonl, which cannot be mixed; make one with",
    ),
    "a copy of a folder": (
        lambda f: recipe([source(f / "one")], [source(f / "copy")]),
        r"recipe.toml, line 3: .*copy has the same content as .*one \(line 3\); give one of them",
    ),
    "units": (
        lambda f: recipe([source(f / "one"), source(f / "pairs")]),
        "pairs contains pages, but .*one contains sentences; mix folders of one unit",
    ),
    "the same rows twice": (
        lambda f: recipe([source(f / "one"), source(f / "one", "other", rows="source")]),
        r"recipe.toml, line 3: .*one is a source of stage 's1' already \(line 3\), with rows of",
    ),
    "a language that is not there": (
        lambda f: recipe([source(f / "one", languages=("ja",))]),
        r"recipe.toml, line 3: no row of .*one is chosen \(its languages: de, en, fr\); give other",
    ),
    "pairs without source rows": (
        lambda f: recipe([source(f / "pairs", rows="source")]),
        r"recipe.toml, line 3: no row of .*pairs is chosen \(its languages: en\+ja\)",
    ),
    "a budget that no text can have": (
        lambda f: recipe([source(f / "one", budget=10**9)]),
        "recipe.toml, line 3: a budget of 1,000,000,000 words, but the text of .*one can have at "
        "most ",
    ),
    "a stage's budget that no text can have": (
        lambda f: recipe(StageRecipe("s", (source(f / "one"),), 10**9, line=2)),
        "recipe.toml, line 2: stage 's' has a budget of 1,000,000,000 words, but the text of its "
        "sources can have at most ",
    ),
    "a budget beyond what there is": (
        lambda f: recipe([source(f / "one", budget=600)]),
        r"recipe.toml, line 3: the budget of 'one' in stage 's1' is 600 words, but .*one has only "
        r"\d+ that the stage can use; give it a smaller budget",
    ),
    "a stage's budget beyond what there is": (
        lambda f: recipe(StageRecipe("s", (source(f / "one"),), 600, line=2)),
        r"recipe.toml, line 2: stage 's' has a budget of 600 words, but its sources have only \d+; "
        "change",
    ),
    "a budget smaller than each row": (
        lambda f: recipe([source(f / "pages", budget=1)]),
        "recipe.toml, line 2: stage 's1' would be empty, because its rows are duplicates or",
    ),
    "a stage whose rows are all used": (
        lambda f: recipe([source(f / "one")], [source(f / "one")]),
        "recipe.toml, line 2: stage 's2' would be empty, because its rows are duplicates or",
    ),
    "no tokenizer": (
        lambda f: recipe([source(f / "one")], count="tokens"),
        'recipe.toml: count: "tokens" needs a tokenizer; give its tokenizer.json with --tokenizer',
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_it_is_refused_in_one_line(case: str, folders: Path, tmp_path: Path) -> None:
    made, message = CASES[case]
    with pytest.raises(CstoolError, match=message) as raised:
        make(made(folders), tmp_path / "out")
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "out/data").exists()


@pytest.mark.parametrize("file", ["data/de/train-00000-of-00001.parquet", "attribution.tsv.zst"])
def test_a_damaged_file_is_reported(file: str, folders: Path, tmp_path: Path) -> None:
    shutil.copytree(folders / "one", tmp_path / "one")
    path = tmp_path / "one" / file
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(InputError, match=f"{path.name}: is damaged"):
        make(recipe([source(tmp_path / "one")]), tmp_path / "out")


def test_a_folder_of_an_older_version_is_refused(folders: Path, tmp_path: Path) -> None:
    import polars as pl

    shutil.copytree(folders / "one", tmp_path / "one")
    manifest = tmp_path / "one/_manifest.json"
    for path in (tmp_path / "one/data").rglob("*.parquet"):
        size = path.stat().st_size
        pl.read_parquet(path).drop("wiki").write_parquet(path)
        text = manifest.read_text().replace(f'"bytes": {size}', f'"bytes": {path.stat().st_size}')
        manifest.write_text(text.replace('"checksum": "xxh3', '"checksum": "", "_": "xxh3'))
    with pytest.raises(
        InputError, match=r"one: made by an older cstool \(.*\), without wiki; make"
    ):
        make(recipe([source(tmp_path / "one")]), tmp_path / "out")
