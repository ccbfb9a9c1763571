"""`cstool init`: the Makefile that it writes, and what it refuses."""

import itertools
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cstool.cli.init import command as init
from tests.cli.test_commands import Done, cstool

OWN = Path(sys.executable).parent / "cstool"
ASKED = ("--wiki", "swwiki", "--languages", "en,fr")


def make(folder: Path, *arguments: str) -> Done:
    if shutil.which("make") is None or not OWN.exists():
        pytest.skip("there is no make, or cstool is not installed")
    command = ["make", "-C", str(folder), "--no-print-directory", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def settings(folder: Path) -> dict[str, str]:
    """Return the variables that the Makefile of a folder sets."""
    lines = (folder / "Makefile").read_text("utf-8").splitlines()
    found = (line.split(" =", 1) for line in lines if " =" in line and line[0] not in "#\t")
    return {name: value.strip() for name, value in found}


def test_the_makefile_has_the_settings_and_a_comment_for_each(tmp_path: Path) -> None:
    folder = tmp_path / "new/sw"
    done = cstool("init", folder, *ASKED, "--entities", "live", "--date", "20261001")
    assert done.returncode == 0, done.stderr
    assert settings(folder) == {
        "WIKI": "swwiki", "LANGUAGES": "en,fr", "ENTITIES": "live", "SOURCE": "auto",
        "DATE": "20261001", "WIKIDATA_DATE": "", "TITLES_FROM": "sql", "DUMPS": "dumps",
        "WORK": "work/$(DATE)", "CONTACT": "",
        "CSTOOL": settings(folder)["CSTOOL"],
    }  # fmt: skip
    lines = (folder / "Makefile").read_text("utf-8").splitlines()
    for before, line in itertools.pairwise(lines):
        assert " = " not in line or line[0] in "#\t " or before.startswith("#"), line
    assert all(len(line) <= 100 for line in lines)
    assert [path.name for path in folder.iterdir()] == ["Makefile"]
    plan = make(folder, "-n", "corpus").stdout
    assert "entities --live work/20261001/swwiki/linked --languages en,fr" in plan
    assert "--wikidata" not in plan
    assert make(folder).stdout == make(folder, "help").stdout


def test_wikis_and_languages_are_written_as_the_stages_read_them(tmp_path: Path) -> None:
    cstool("init", tmp_path, "--wiki", "enwiki,JAwiki", "--wiki", "enwiki", "--languages", "fr, de")
    assert settings(tmp_path)["WIKI"] == "enwiki jawiki"
    assert settings(tmp_path)["LANGUAGES"] == "fr,de"
    assert settings(tmp_path)["DATE"] == "latest"
    assert settings(tmp_path)["TITLES_FROM"] == "pages"


def test_a_program_that_is_not_on_path_is_written_as_a_command_of_the_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "my programs"
    folder.mkdir()
    monkeypatch.setattr(sys, "executable", str(folder / "python"))
    monkeypatch.setattr(shutil, "which", lambda _: None)
    for words in ([folder / "python", "-m", "cstool"], [folder / "cstool"]):
        init.main([str(tmp_path), *ASKED, "--overwrite", "--quiet"], standalone_mode=False)
        assert shlex.split(settings(tmp_path)["CSTOOL"]) == [*map(str, words)]
        (folder / "cstool").touch()


def test_batch_files_lie_beside_the_makefile_that_has_their_settings(tmp_path: Path) -> None:
    assert cstool("init", tmp_path, *ASKED, "--slurm").returncode == 0
    assert settings(tmp_path)["SLURM_JOBS"] == "slurm"
    stages = {"entities", "titles", "extract", "link", "lexicon", "switch", "shard"}
    assert {path.stem for path in (tmp_path / "slurm").glob("*.sbatch")} == stages


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("d",), "--wiki swwiki"),
        (("d", "--wiki", "swwiki"), "--languages, such as en,fr"),
        (("d", "--wiki", "", "--languages", "en"), "--wiki"),
        (("d", "--wiki", "swwiki", "--languages", ""), "--languages"),
        (("d", "--wiki", "swwiki", "--languages", "qqq"), "'qqq' is not a language code"),
        (("d", "--wiki", "$(HOME)", "--languages", "en"), "is not a wiki's database name"),
        (("d", *ASKED, "--date", "soon"), "is not a date"),
        (("d", *ASKED, "--wikidata-date", "2026"), "is not a date"),
        (("d", *ASKED, "--source", "web"), "auto"),
        (("d", *ASKED, "--entities", "some"), "live"),
        (("d", *ASKED, "--entities", "live", "--wikidata-date", "20261001"), "reads no dump"),
        (ASKED, "DIR"),
    ],
)
def test_a_wrong_call_writes_nothing(tmp_path: Path, arguments: tuple[str, ...], word: str) -> None:
    done = cstool("init", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert word in done.stderr
    assert not (tmp_path / "d").exists()


@pytest.mark.parametrize("existing", ["Makefile", "slurm/link.sbatch"])
def test_a_file_is_replaced_only_with_overwrite(tmp_path: Path, existing: str) -> None:
    path = tmp_path / existing
    path.parent.mkdir(exist_ok=True)
    path.write_text("own")
    done = cstool("init", tmp_path, *ASKED, "--slurm")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and f"{path}: exists" in done.stderr
    assert path.read_text() == "own"
    assert {p for p in tmp_path.rglob("*") if p.is_file()} == {path}
    assert cstool("init", tmp_path, *ASKED, "--slurm", "--overwrite").returncode == 0
    assert path.read_text() != "own"


def test_a_folder_where_make_reads_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "GNUmakefile").touch()
    done = cstool("init", tmp_path, *ASKED, "--overwrite")
    assert done.returncode == 1 and "GNUmakefile" in done.stderr


@pytest.mark.parametrize("program", ["no-such-cstool", "/bin/false", "echo"])
def test_a_program_that_is_not_cstool_is_reported_in_one_line(tmp_path: Path, program: str) -> None:
    cstool("init", tmp_path, *ASKED)
    done = make(tmp_path, "corpus", f"CSTOOL={program}")
    assert done.returncode != 0
    assert done.stderr.count("\n") == 1
    assert f"CSTOOL={program} cannot be run" in done.stderr
    assert "make CSTOOL=PATH" in done.stderr


def test_the_next_command_can_be_copied_and_an_unknown_wiki_is_reported(tmp_path: Path) -> None:
    done = cstool("init", "my corpus", "--wiki", "sw,frwiki", "--languages", "en", cwd=tmp_path)
    assert done.returncode == 0
    assert "next: make -C 'my corpus' corpus\n" in done.stderr
    assert "'sw' is not a known wiki; did you mean swwiki?" in done.stderr
    assert "frwiki" not in done.stderr
    assert "extract" in make(tmp_path / "my corpus", "-n", "corpus").stdout


def test_without_a_program_no_other_one_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    init = tmp_path / "init"  # what the command would be called without cstool
    init.write_text(f"#!/bin/sh\ntouch {tmp_path}/was-run\n")
    init.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    cstool("init", tmp_path / "project", *ASKED)
    assert "CSTOOL= cannot be run" in make(tmp_path / "project", "corpus", "CSTOOL=").stderr
    assert not (tmp_path / "was-run").exists()


def test_another_environment_is_used_without_changing_the_makefile(tmp_path: Path) -> None:
    cstool("init", tmp_path, *ASKED)
    other = tmp_path / "other"
    other.write_text(f'#!/bin/sh\nexec {OWN} "$@"\n')
    other.chmod(0o755)
    assert f"{other} extract" in make(tmp_path, "-n", "corpus", f"CSTOOL={other}").stdout
    by_module = f"CSTOOL={sys.executable} -m cstool"
    assert f"{sys.executable} -m cstool extract" in make(tmp_path, "-n", "corpus", by_module).stdout


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("WIKI=", "WIKI is empty: give the database name of a wiki"),
        ("LANGUAGES=", "LANGUAGES=: give codes and commas without spaces"),
        ("LANGUAGES=en, fr", "LANGUAGES=en, fr: give codes"),
        ("DATE=", "DATE=: give a date"),
        ("SOURCE=", "SOURCE=: give auto, dumps or content"),
        ("SOURCE=html", "SOURCE=html: give auto, dumps or content"),
        ("SOURCE=auto dumps", "SOURCE=auto dumps: give auto, dumps or content"),
        ("ENTITIES=api", "ENTITIES=api: give dump or live"),
        ("TITLES_FROM=tables", "TITLES_FROM=tables: give pages or sql"),
        ("TITLES_FROM=pages", "ENTITIES=live needs TITLES_FROM=sql"),
        ("DUMPS=my dumps", "DUMPS=my dumps: give a path without spaces"),
        ("WORK=", "WORK=: give a path without spaces"),
    ],
)
def test_values_that_cannot_be_used_are_refused_before_anything_runs(
    tmp_path: Path, setting: str, words: str
) -> None:
    cstool("init", tmp_path, *ASKED, "--entities", "live")
    done = make(tmp_path, "corpus", setting)
    assert done.returncode != 0
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert words in done.stderr
    assert make(tmp_path, "help", setting).returncode == 0


def test_variables_of_the_environment_do_not_replace_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("WORK", "DUMPS", "SOURCE", "DATE", "WIKI"):  # WORK is common on clusters
        monkeypatch.setenv(name, "/other")
    cstool("init", tmp_path, *ASKED)
    assert "/other" not in make(tmp_path, "-n", "corpus").stdout


def test_an_empty_mirror_is_the_default(tmp_path: Path) -> None:
    cstool("init", tmp_path, *ASKED)
    download = make(tmp_path, "-n", "corpus", "MIRROR=").stdout.split("cstool extract")[0]
    assert "--if-missing" in download and "--mirror" not in download


def test_own_targets_can_need_the_corpus(tmp_path: Path) -> None:
    cstool("init", tmp_path, *ASKED)
    with (tmp_path / "Makefile").open("a") as makefile:
        makefile.write("\nstats: corpus\n\t$(CSTOOL) stats $(CORPUS)\n")
    plan = make(tmp_path, "-n", "stats").stdout.splitlines()
    assert any(" extract " in line for line in plan)
    assert plan[-1].endswith("stats work/latest/corpus")


def test_a_list_without_files_is_reported(tmp_path: Path) -> None:
    cstool("init", tmp_path, *ASKED)
    done = make(tmp_path, "corpus", "WIKI=SWwiki", "DOWNLOAD=; echo dumps/swwiki-1.xml.bz2")
    assert done.returncode != 0
    assert "has no file of SWwiki.pages; check that WIKI is a database name" in done.stderr
    assert not [*(tmp_path / "work/latest/inputs").glob("*.pages*")]
