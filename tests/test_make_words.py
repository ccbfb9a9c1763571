"""`make … WORDS=…`, `make lexicon`, `make romanized` and `make translico`."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import rows_of
from tests.test_make import make, refused, run, stages
from tests.test_make_documents import goals
from tests.test_slurm import Job, slurm, submitted, ways

__all__ = ["submitted"]


def command_of(told: str, stage: str) -> str:
    """Return the command of a stage that make has told, on one line."""
    joined = re.sub(r"\\\n\s*", "", told)
    [line] = [line for line in joined.splitlines() if f"/cstool {stage} " in line]
    return line.split(" && ")[0].split(f"/cstool {stage} ")[1]


def goal(folder: Path, name: str, *settings: str) -> list[str]:
    command = make(folder, *settings)
    command[command.index("corpus")] = name
    return command


def test_words_are_options_of_switch(tmp_path: Path) -> None:
    work = tmp_path / "work"
    plain = command_of(run(make(tmp_path, "-n")), "switch")
    assert "--words" not in plain and f"--entities {work}/entities" in plain
    told = command_of(run(make(tmp_path, "-n", "WORDS=lexicon de=a.tsv")), "switch")
    assert f"--entities {work}/entities --words {work}/lexicon --words de=a.tsv" in told


@pytest.mark.parametrize("only", ["--switch-rate 0", "--recipe cosda", "--recipe prealign --mix"])
def test_no_entities_are_read_if_only_words_are_switched(tmp_path: Path, only: str) -> None:
    told = run(make(tmp_path, "-n", "WORDS=muse", f"SWITCH={only}"))
    assert "--entities" not in command_of(told, "switch")
    some = run(make(tmp_path, "-n", "WORDS=muse", "SWITCH=--switch-rate 0.5"))
    assert "--entities" in command_of(some, "switch")


def test_a_lexicon_is_made_only_if_it_is_asked_for(tmp_path: Path) -> None:
    assert "lexicon" not in stages(run(make(tmp_path, "-n")))
    plan = stages(run(make(tmp_path, "-n", "WORDS=lexicon")))
    assert plan.index("link") < plan.index("lexicon") < plan.index("switch")
    told = run(goal(tmp_path, "lexicon", "-n", "LANGUAGES=de,fr"))
    assert stages(told)[-1] == "lexicon" and "switch" not in stages(told)
    work = tmp_path / "work"
    made = command_of(told, "lexicon")
    assert made.startswith(f"--entities {work}/entities --linked {work}/enwiki/linked ")
    assert "--languages en,de,fr --source en " in made
    many = command_of(run(goal(tmp_path, "lexicon", "-n", "LANGUAGES=entitycs")), "lexicon")
    assert "--languages entitycs --source en " in many


def test_rows_in_latin_letters_are_made_of_the_switched_ones(tmp_path: Path) -> None:
    told = run(goal(tmp_path, "translico", "-n", "ROMANIZE=--romanizer icu"))
    assert stages(told)[-3:] == ["switch", "romanize", "shard"]
    assert "--romanizer icu" in command_of(told, "romanize")
    assert "--format translico" in command_of(told, "shard")
    assert stages(run(goal(tmp_path, "romanized", "-n")))[-1] == "romanize"


def test_the_first_stage_of_cscl_switches_words_if_there_is_a_dictionary(tmp_path: Path) -> None:
    told = run(goals(tmp_path, "mix-cscl", "-n", "WORDS=muse"))
    words = command_of(told, "switch")
    pages = tmp_path / "work" / "swwiki" / "pages"
    assert words.startswith(f"{pages} --words muse --switch-rate 0 ")
    assert "--languages en --source-rows all" in words and "--entities" not in words
    told = run(goals(tmp_path, "mix-cscl", "-n", "WORDS=lexicon"))
    assert "--languages sw,en --source sw -o" in command_of(told, "lexicon")
    assert "page-lexicon" in command_of(told, "switch")
    assert "--entities" in command_of(run(goals(tmp_path, "mix-cscl", "-n")), "switch")


def test_jobs_wait_for_the_lexicon(
    tmp_path: Path, submitted: Callable[[list[str]], list[Job]]
) -> None:
    found = ways(submitted(slurm(tmp_path, "WORDS=lexicon")))
    both = "aawiki bbwiki"
    assert {(f"{both}/lexicon", f"{wiki}/switch") for wiki in both.split()} <= found
    assert (f"{both}/entities", f"{both}/lexicon") in found
    assert ("aawiki/link", f"{both}/lexicon") in found
    files = {job.file.stem for job in submitted(slurm(tmp_path, "WORDS=words.tsv"))}
    assert "lexicon" not in files


def test_words_of_a_dictionary_and_of_the_lexicon_are_switched_once(tmp_path: Path) -> None:
    (tmp_path / "en-de.tsv").write_text("said\tgesagt\nhere\thier\n")
    both = make(tmp_path, f"WORDS=lexicon {tmp_path}/en-de.tsv")
    assert "lexicon" in stages(run(both))
    assert stages(run(both)) == []
    spans = rows_of(tmp_path / "work/enwiki/switched").explode("entities")["entities"].to_list()
    assert {span["origin"] for span in spans if span["qid"] is None} == {"dictionary"}
    assert {span["qid"] for span in spans} >= {None, 1, 2}
    # Other words are other options.
    assert stages(run([*make(tmp_path, "-n")])) == ["switch", "shard"]
    assert "--overwrite" in refused(make(tmp_path))
    (tmp_path / "en-de.tsv").write_text("said\tgesagt\n")
    assert stages(run([*both, "-n"])) == ["switch", "shard"]
