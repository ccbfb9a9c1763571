"""The store of a dump's templates and modules."""

from pathlib import Path

import pyarrow as pa

from cstool.dumps.xml import Page, Site
from cstool.stages.extract.definition_store import (
    DEFINITIONS_FOLDER,
    DefinitionLog,
    DefinitionStore,
    StoredDefinitions,
    store_definitions,
)
from cstool.storage.checksums import write_table
from cstool.wikitext.expansion.definitions import Definition

SITE = Site("enwiki", "en", "first-letter", ((1, "Talk"), (10, "Template"), (828, "Module")))


def page(title: str, text: str = "", namespace: int = 10, **other: object) -> Page:
    given = {"id": 1, "revision_id": 1, "redirect": None, "model": "wikitext", **other}
    return Page(namespace=namespace, title=title, text=text, **given)  # type: ignore[arg-type]


def store(folder: Path, *slices: list[Page]) -> tuple[StoredDefinitions, DefinitionStore]:
    """Return the store of these slices, written to `folder`."""
    files: dict[str, list[Path]] = {}
    folder.mkdir(exist_ok=True)
    for number, pages in enumerate(slices):
        log = DefinitionLog()
        for one in pages:
            log.add(one)
        for name, rows in log.beside():
            files.setdefault(name, []).append(write(folder / f"{name}-{number}", rows))
    definitions = [*files.get(DEFINITIONS_FOLDER, []), folder / "missing"]
    stored = store_definitions(folder / "store", definitions, files.get("page_titles", []))
    return stored, DefinitionStore(stored.folder, SITE)


def write(path: Path, rows: pa.Table) -> Path:
    write_table(path, rows)
    return path


def test_definitions_are_found_by_title(tmp_path: Path) -> None:
    lua = page("Module:M", "return {}", 828, model="Scribunto")
    pages = [page("Template:A", "a {{{1}}} é"), lua], [page("Template:B", redirect="Template:A")]
    stored, opened = store(tmp_path, *pages)
    assert opened.find("Template:A") == Definition("Template:A", "a {{{1}}} é", None, "wikitext")
    assert opened.find("Module:M") == Definition("Module:M", "return {}", None, "Scribunto")
    assert opened.find("Template:B") == Definition("Template:B", "", "Template:A", "wikitext")
    assert opened.find("Template:C") is None
    assert (stored.number, stored.modules) == (3, 1)
    assert stored.redirects == [("Template:B", "Template:A")]


def test_the_latest_revision_of_a_page_is_kept(tmp_path: Path) -> None:
    old = page("Template:A", "old")
    new, other = page("Template:A", "new", revision_id=5), page("Template:B", "b")
    for slices in ([[new], [old, other]], [[old, other, new]], [[old], [other], [new]]):
        folder = tmp_path / str(len(slices))
        stored, opened = store(folder, *slices)
        found = opened.find("Template:A"), opened.find("Template:B")
        assert [one and one.text for one in found] == ["new", "b"]
        assert stored.number == 2


def test_titles_of_articles_are_known_and_those_of_other_namespaces_are_not(
    tmp_path: Path,
) -> None:
    pages = [page("Article", "x", 0), page("Talk:Article", "x", 1), page("Template:A", "a")]
    _, opened = store(tmp_path, pages)
    assert opened.exists("Article")
    assert opened.exists("Template:A")
    assert opened.exists("Nothing") is False
    assert opened.exists("Alien: a film") is False
    assert opened.exists("Module:A") is False
    assert opened.exists("Talk:Article") is None


def test_a_dump_without_definitions_has_an_empty_store(tmp_path: Path) -> None:
    stored, opened = store(tmp_path, [])
    assert stored.number == 0
    assert opened.find("Template:A") is None
    assert opened.exists("A") is False


def test_the_digest_changes_with_a_definition(tmp_path: Path) -> None:
    digests = [
        store(tmp_path / text, [page("Template:A", text)])[0].digest for text in ("a", "b", "a")
    ]
    assert digests[0] == digests[2] != digests[1]
