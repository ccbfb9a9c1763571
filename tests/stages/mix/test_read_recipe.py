"""Recipes in TOML files, and the messages about those that are not valid."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstool.errors import InputError
from cstool.stages.mix.check_recipe import need_valid
from cstool.stages.mix.read_recipe import read_recipe
from cstool.stages.mix.recipe import MixRecipe, SourceRecipe, StageRecipe

RECIPE = """
seed = 7
count = "tokens"
tokenizer = "t/tokenizer.json"
document_end = "</s>"
dedup = "none"

[[stage]]
name = "annotated"
budget = 200_000_000

  [[stage.source]]
  folder = "jawiki/leia/"
  name = "leia"
  share = 0.7
  languages = ["EN", "en+ja", "mul", "en"]
  rows = "switched"
  smoothing = 0.3

  [[stage.source]]
  folder = "/pairs"
  share = 3

[[stage]]
name = "plain-2"

  [[stage.source]]
  folder = "a/b"
  budget = 5
"""
SHORT = '[[stage]]\nname = "a"\n[[stage.source]]\nfolder = "x"\n'
SECOND = '[[stage.source]]\nfolder = "y"\n'


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "mix.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_a_recipe_has_what_the_file_says(tmp_path: Path) -> None:
    path = write(tmp_path, RECIPE)
    leia = SourceRecipe(
        tmp_path / "jawiki/leia", "leia", 0.7, None, ("en", "en+ja", "mul"), "switched", 0.3
    )
    pairs = SourceRecipe(Path("/pairs"), "/pairs", 3)
    plain = SourceRecipe(tmp_path / "a/b", "a/b", budget=5)
    stages = (
        StageRecipe("annotated", (leia, pairs), 200_000_000),
        StageRecipe("plain-2", (plain,)),
    )
    recipe = read_recipe(path)
    wanted = MixRecipe(path, stages, 7, "tokens", tmp_path / "t/tokenizer.json", "</s>", "none")
    assert recipe == wanted
    assert [stage.line for stage in recipe.stages] == [8, 24]
    assert [source.line for stage in recipe.stages for source in stage.sources] == [12, 20, 27]


def test_keys_that_are_left_out_have_defaults_and_paths_begin_at_the_root(tmp_path: Path) -> None:
    recipe = read_recipe(write(tmp_path, SHORT), Path("root"))
    source = SourceRecipe(Path("root/x"), "x")
    assert recipe == MixRecipe(tmp_path / "mix.toml", (StageRecipe("a", (source,)),))


def test_the_mark_and_the_line_breaks_of_windows_are_read(tmp_path: Path) -> None:
    text = SHORT.replace("\n", "\r\n").encode("utf-8-sig")
    assert read_recipe(write(tmp_path, text)).stages[0].name == "a"


WRONG = {
    "no stage": ("seed = 1\n", None, "stage: there is none; add a [[stage]]"),
    "nothing": ("", None, "stage: there is none"),
    "syntax": ("\nseed = \n", 2, "not valid TOML: invalid value"),
    "twice": ("seed = 1\nseed = 2\n", 2, "not valid TOML: a key is written twice; correct"),
    "open string": ('\n[[stage]]\nname = "a', 3, "not valid TOML: unterminated string"),
    "deep": (f"a = {'[' * 20000}", None, "nested too deeply"),
    "unknown at the top": ("sed = 1\n" + SHORT, 1, 'has no key "sed"; did you mean "seed"?'),
    "unknown": (SHORT + "\nshar = 1", 6, '[[stage.source]] has no key "shar"; did you mean "share'),
    "nothing like it": (SHORT + "x = 1", 5, "its keys are folder, name, share, budget, languages"),
    "too low": (SHORT + "seed = 1", 5, 'has no key "seed"; write it above the first [[stage]]'),
    "of another table": ("budget = 1\n" + SHORT, 1, "a key of [[stage]] and [[stage.source]]"),
    "inline": (
        'stage = [{ name = "a", source = [\n{ folder = "x" },\n{ folder = "y", shar = 1 }] }]',
        3,
        '[[stage.source]] has no key "shar"',
    ),
    "single brackets": (
        SHORT.replace("[[stage]]", "[stage]"),
        1,
        "stage: a single table; write its header as [[stage]]",
    ),
    "no header above": (SECOND, 1, "stage: a single table; write its header as [[stage]]"),
    "no table": ("stage = 3", 1, "stage: 3 is not a table; write it below [[stage]]"),
    "no tables": ('stage = ["a"]', 1, "stage: an array is not a table"),
    "no name": ('[[stage]]\nsource = [{folder = "x"}]', 1, "[[stage]] has no name; add one"),
    "no folder": (
        '[[stage]]\nname = "a"\n[[stage.source]]\nname = "x"',
        3,
        "[[stage.source]] has no folder; add one",
    ),
    "no source": ('[[stage]]\nname = "a"\n', 1, "[[stage]] has no source; add a [[stage.source]]"),
    "no sources": ('[[stage]]\nname = "a"\nsource = []', 1, "[[stage]] has no source"),
    "name": ('[[stage]]\nname = "A b"\n' + SECOND, 2, '"A b" cannot be the name of a folder'),
    "long name": (f'[[stage]]\nname = "{"a" * 101}"\n' + SECOND, 2, "use 1 to 100 of"),
    "stage named twice": (SHORT + SHORT, 6, '[[stage]] name: another stage is named "a"'),
    "source twice": (
        SHORT + '[[stage.source]]\nfolder = "x"',
        5,
        '[[stage.source]] name: another source of the stage is named "x"',
    ),
    "name of two folders": (
        SHORT + '[[stage]]\nname = "b"\n[[stage.source]]\nname = "x"\nfolder = "y"',
        8,
        '"x" is also the name of ',
    ),
    "share and budget": (SHORT + "share = 1\nbudget = 2", 5, "together with budget; give one"),
    "a share is missing": (SHORT + "share = 1\n" + SECOND, 6, "has no share, but another source"),
    "negative share": (SHORT + "share = -0.5", 5, "share: -0.5 is not above 0; give a number"),
    "no share at all": (SHORT + "share = nan", 5, "share: nan is not above 0"),
    "infinite": (SHORT + "share = inf", 5, "share: inf is not above 0"),
    "share in words": (SHORT + 'share = "70%"', 5, 'share: "70%" is not a number; write one'),
    "true": (SHORT + "share = true", 5, "share: true is not a number"),
    "no budget": (SHORT + "budget = 0", 5, "budget: 0 is not a size; give a number from 1"),
    "unit": (SHORT + 'budget = "10B"', 5, 'budget: "10B" is not a whole number; write one without'),
    "point": (SHORT + "budget = 2e9", 5, "without units or a point, 2_000_000_000"),
    "too large": (f"{SHORT}budget = {2**63}", 5, "has more than 64 bits"),
    "nothing to smooth": (SHORT + "smoothing = 0.5", 5, "smoothing: no effect on a source that"),
    "smoothing": (SHORT + "smoothing = 1.5", 5, "smoothing: 1.5 is not from 0 to 1; 0 gives all"),
    "rows": (SHORT + 'rows = "some"', 5, '"all" or "switched" or "source"'),
    "count": ('count = "bytes"\n' + SHORT, 1, 'count: "bytes" is not valid; write "words" or'),
    "language": (
        SHORT + 'languages = [\n  "en", # English\n  "German",\n]',
        7,
        "languages: 'German' is not a language code; did you mean de?",
    ),
    "no language": (SHORT + "languages = []", 5, "languages: empty list; give codes such as en"),
    "one language": (SHORT + 'languages = "en"', 5, 'not a list of codes; write ["en", "ja"]'),
    "empty": ('tokenizer = ""\n' + SHORT, 1, "tokenizer: empty string; write a name, or leave"),
    "control character": (SHORT + 'name = "a\\u0000"', 5, 'name: "a\\u0000" has a character'),
    "long": (SHORT + f'name = "{"a" * 251}"', 5, "name: 'aaa"),
    "not UTF-8": (b"# a\n# \xe9\n", 2, "not UTF-8; save the file as UTF-8"),
    "large": (b"#" * ((1 << 20) + 1), None, "more than 1 MB, so not a recipe; give a TOML file"),
}


@pytest.mark.parametrize(("text", "line", "told"), WRONG.values(), ids=WRONG)
def test_the_message_has_the_line_and_what_to_do(
    tmp_path: Path, text: str | bytes, line: int | None, told: str
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(InputError) as caught:
        read_recipe(path)
    message = str(caught.value)
    assert message.startswith(f"{path}, line {line}" if line else f"{path}: ")
    assert told in message
    assert "\n" not in message


def test_a_folder_or_a_missing_file_is_no_recipe(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="mix: is a folder; give the recipe, a TOML file"):
        (tmp_path / "mix").mkdir()
        read_recipe(tmp_path / "mix")
    with pytest.raises(InputError, match=r"none.toml: no such file; give the recipe"):
        read_recipe(tmp_path / "none.toml")


def test_a_recipe_made_in_python_is_checked_too() -> None:
    source = SourceRecipe(Path("x"), "x", share=-1)
    recipe = MixRecipe(Path("my recipe"), (StageRecipe("a", (source,)),))
    with pytest.raises(InputError, match=r"^my recipe: \[\[stage.source\]\] share: -1 is not ab"):
        need_valid(recipe)
    need_valid(replace(recipe, stages=(StageRecipe("a", (replace(source, share=1),)),)))
    with pytest.raises(InputError, match=r"^my recipe: \[\[stage\]\] is one too many; .* 255$"):
        stages = (StageRecipe(str(n), (SourceRecipe(Path("x"), "x"),)) for n in range(256))
        need_valid(replace(recipe, stages=tuple(stages)))


LINES = RECIPE.split("\n")
BROKEN = st.sampled_from([*LINES, "=", "[", '"""', "[[stage.source]]", "x = 1", "name = 3"])


@given(st.lists(BROKEN, max_size=30).map("\n".join) | st.text() | st.binary(max_size=30))
def test_any_file_is_a_recipe_or_an_error_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, text: str | bytes
) -> None:
    path = write(tmp_path_factory.getbasetemp(), text)
    try:
        need_valid(read_recipe(path))
    except InputError as fault:
        assert str(fault).startswith(str(path))
        assert "\n" not in str(fault)


@given(st.integers(0, len(LINES) - 1))
def test_an_unknown_key_is_found_in_any_line(
    tmp_path_factory: pytest.TempPathFactory, place: int
) -> None:
    lines = [*LINES[: place + 1], "unknown = 1", *LINES[place + 1 :]]
    path = write(tmp_path_factory.getbasetemp(), "\n".join(lines))
    with pytest.raises(InputError) as caught:
        read_recipe(path)
    assert str(caught.value).startswith(f"{path}, line {place + 2}: ")
