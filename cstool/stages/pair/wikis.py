"""Finds out which folder and which titles belong to each wiki, and puts the wikis in order."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cstool.errors import InputError, WrongCallError
from cstool.stages.pair.options import PairOptions
from cstool.storage.manifest import Manifest, Source, need_stage
from cstool.storage.title_items import ENTITY_FILES, need_title_files

_FIRST_LANGUAGE = "en"


@dataclass(frozen=True)
class WikiInput:
    """The input of one wiki: its pages and its titles, each a folder and its manifest."""

    source: Source
    pages: Path
    read: Manifest
    titles: Path
    table: Manifest


def wikis_of(
    folders: Sequence[Path], titles: Sequence[Path], options: PairOptions
) -> list[WikiInput]:
    """Return the wikis in the order of their pages in a row.

    Raises InputError if a folder is of another stage or unit, if two are of the same wiki, or if
    the titles of a wiki are missing; WrongCallError if the options do not match the wikis.
    """
    read = [(folder, need_stage(folder, "extract", "link")) for folder in folders]
    tables = [(folder, need_stage(folder, "titles")) for folder in titles]
    by_wiki = _by_wiki(read)
    titles_of = _by_wiki(tables)
    for folder, manifest in by_wiki.values():
        _need_pages(folder, manifest)
    for wiki, (folder, _) in by_wiki.items():
        if wiki not in titles_of:
            raise InputError(
                f"{folder}: contains pages of {wiki}, but no --titles contains its titles; add "
                f"--titles with a folder written by `cstool titles --wiki {wiki}`"
            )
    for wiki, (folder, table) in titles_of.items():
        if wiki not in by_wiki:
            raise InputError(
                f"{folder}: contains titles of {wiki}, but no folder contains its pages; add the "
                "folder, or leave out these titles"
            )
        need_title_files(folder, table, ENTITY_FILES)
    if len(by_wiki) < options.min_wikis:
        raise WrongCallError(
            f"--min-wikis: is {options.min_wikis}, but folders of {len(by_wiki)} "
            f"wiki{'s' * (len(by_wiki) > 1)} are given; give more folders, or a smaller number"
        )
    wikis = [
        WikiInput(_source(folder, manifest), folder.absolute(), manifest,
                  titles_of[wiki][0].absolute(), titles_of[wiki][1])
        for wiki, (folder, manifest) in by_wiki.items()
    ]  # fmt: skip
    return _in_order(wikis, options.order)


def _source(folder: Path, manifest: Manifest) -> Source:
    if manifest.source is None:
        raise InputError(
            f"{folder}: its manifest names no wiki; make the folder again with --overwrite"
        )
    return manifest.source


def _by_wiki(folders: list[tuple[Path, Manifest]]) -> dict[str, tuple[Path, Manifest]]:
    """Return the folders by wiki. Raises InputError if two are of the same wiki."""
    by_wiki: dict[str, tuple[Path, Manifest]] = {}
    for folder, manifest in folders:
        wiki = _source(folder, manifest).wiki
        if wiki in by_wiki:
            other, _ = by_wiki[wiki]
            if other.resolve() == folder.resolve():
                raise InputError(f"{folder}: given twice; give each folder once")
            raise InputError(
                f"{folder}: is of {wiki}, as is {other}; give one folder for each wiki (if a dump "
                "has a wrong name, make its folder again with `--wiki`)"
            )
        by_wiki[wiki] = folder, manifest
    return by_wiki


def _need_pages(folder: Path, manifest: Manifest) -> None:
    unit = manifest.row_unit
    if unit != "page":
        raise InputError(
            f"{folder}: contains {unit}s, but `cstool pair` needs whole pages; make them with "
            "`cstool extract --unit page`"
        )


def _in_order(wikis: list[WikiInput], order: tuple[str, ...]) -> list[WikiInput]:
    """Return the wikis in the order of their languages; equal ones keep their order."""
    present = {wiki.source.language for wiki in wikis}
    unknown = [code for code in order if code not in present]
    if unknown:
        raise WrongCallError(
            f"--order: no folder is in {', '.join(unknown)}; give languages of the folders "
            f"({', '.join(sorted(present))})"
        )
    ranks = {code: rank for rank, code in enumerate(order)}

    def key(wiki: WikiInput) -> tuple[int, bool]:
        code = wiki.source.language
        return ranks.get(code, len(ranks)), code != _FIRST_LANGUAGE

    return sorted(wikis, key=key)
