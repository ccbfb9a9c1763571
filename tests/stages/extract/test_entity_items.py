"""Modules that ask for items of Wikidata, with a folder of `entities`."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("lupa.lua51")

from cstool.dumps.xml import Site
from cstool.errors import InputError, OutputError
from cstool.execution.options import RunOptions
from cstool.stages.entities import sort
from cstool.stages.entities.stage import EntitiesOptions, entities
from cstool.stages.extract import entity_items, stage, template_sources
from cstool.stages.extract.entity_items import entity_folder, index_items
from cstool.stages.extract.item_lookup import ItemLookup
from cstool.stages.extract.options import ExtractOptions
from cstool.stages.extract.stage import extract
from cstool.storage.manifest import Manifest
from cstool.storage.run import open_run
from tests.support import Source, item, rows_of, wikidata_json, write_multistream

ITEMS = [
    item(1, {"en": "universe", "de": "Universum"}, {"enwiki": "Universe", "dewiki": "Universum"}),
    item(2, {"mul": "Anna Berg", "de": "Anna B."}, {"enwiki": "Anna Berg"}),
    item(3, {"de": "Nur Deutsch"}),
    item(64, {"en": "Berlin", "mul": "Berlin (mul)"}, {"enwiki": "Berlin", "dewiki": "Berlin"}),
    *(item(100 + n, {"en": f"village {n}"}, {"enwiki": f"Village {n}"}) for n in range(40)),
]


def call(function: str, *arguments: str) -> str:
    return "{{#invoke:Ask|f|" + "|".join([function, *arguments]) + "}}"


CODE = """
return { f = function(frame)
  local args = frame.args
  return tostring(mw.wikibase[args[1]](args[2], args[3]))
end }
"""
MODULE = {"de": "Modul", "gsw": "Modul", "zh": "模组"}


def made(folder: Path, items: list[dict[str, Any]] = ITEMS, **options: Any) -> Path:
    """Write a folder of entities."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    dump = folder.with_suffix(".json")
    dump.write_text(wikidata_json(items))
    if "only" in options:
        listed = folder.with_suffix(".txt")
        listed.write_text("".join(f"Q{qid}\n" for qid in options["only"]))
        options["only"] = listed
    entities(str(dump), folder, EntitiesOptions(**options), RunOptions(jobs=1, quiet=True))
    return folder


def run(
    dump: Path, out: Path, folder: Path | None, jobs: int = 1, messages: Any = None
) -> Manifest:
    running = RunOptions(jobs=jobs, quiet=True, part_size=300)
    on_message = (lambda message: None) if messages is None else messages.append
    return extract([str(dump)], out, ExtractOptions(entities=folder), running, on_message)


def dump_of(path: Path, pages: dict[str, str], **site: Any) -> Path:
    sources = [Source(title, text) for title, text in pages.items()]
    name = MODULE.get(site.get("language", "en"), "Module") + ":Ask"
    module = Source(name, CODE, namespace=828, model="Scribunto")
    return write_multistream(path, [*sources, module], **site)


def answers(tmp_path: Path, folder: Path | None, title: str, *calls: str, **site: str) -> list[str]:
    """Return what each call of a page shows; "hole" if its sentence is dropped."""
    text = "\n\n".join(f"The [[Answer {i}]] is: {one}." for i, one in enumerate(calls))
    path = tmp_path / "out"
    while path.exists():
        path = path.with_name(path.name + "x")
    dump = dump_of(path.with_suffix(".xml.bz2"), {title: text}, **site)
    run(dump, path, folder)
    rows = {t.partition(" is: ")[0]: t.partition(" is: ")[2][:-1] for t in rows_of(path)["text"]}
    return [rows.get(f"The Answer {i}", "hole") for i in range(len(calls))]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("whole") / "entities")


CALLS = {
    call("getEntityIdForCurrentPage"): "Q64",
    call("getEntityIdForTitle", "universe"): "Q1",
    call("getEntityIdForTitle", "Universe#Age"): "Q1",
    call("getEntityIdForTitle", "Nowhere"): "nil",
    call("getLabel"): "Berlin",
    call("getLabel", "Q2"): "Anna Berg",
    call("getLabel", "q1"): "universe",
    call("getLabel", "Q3"): "nil",
    call("getLabel", "no identifier"): "nil",
    call("getLabelByLang", "Q1", "de"): "Universum",
    call("getLabelByLang", "Q2", "en"): "nil",
    call("getLabelByLang", "Q2", "mul"): "Anna Berg",
    call("getSitelink", "Q1"): "Universe",
    call("getSitelink", "Q1", "dewiki"): "Universum",
    call("getSitelink", "Q3"): "nil",
    call("getSitelink", "P31"): "nil",
    call("entityExists", "Q3"): "true",
    call("getGlobalSiteId"): "enwiki",
    call("getEntityUrl"): "https://www.wikidata.org/wiki/Special:EntityPage/Q64",
    call("isValidEntityId", "Q2147483648"): "false",
}
UNKNOWN = [
    call("getEntityIdForTitle", "Universum", "dewiki"),  # of another wiki
    call("getLabel", "Q99"),  # may be a redirect
    call("getSitelink", "Q99"),
    call("entityExists", "Q99"),
    call("entityExists", "P31"),
    call("entityExists", "no identifier"),  # an error of the module
    call("getLabel", "P31"),
    call("getDescription"),
    call("getDescriptionByLang", "Q1", "en"),
    call("getEntity"),
    call("getBestStatements", "Q1", "P31"),
    call("getBadges", "Q1"),
]


def test_a_folder_of_all_items_answers_what_it_knows(tmp_path: Path, whole: Path) -> None:
    assert answers(tmp_path, whole, "Berlin", *CALLS) == list(CALLS.values())


def test_what_the_folder_does_not_know_leaves_holes(tmp_path: Path, whole: Path) -> None:
    assert answers(tmp_path, whole, "Berlin", *UNKNOWN) == ["hole"] * len(UNKNOWN)


def test_without_a_folder_nothing_is_known(tmp_path: Path) -> None:
    asked = [c for c in CALLS if "Valid" not in c and "Global" not in c and "no id" not in c]
    asked.remove(call("getSitelink", "P31"))
    assert answers(tmp_path, None, "Berlin", *asked) == ["hole"] * len(asked)


def test_a_page_without_an_item_has_neither_label_nor_entity(tmp_path: Path, whole: Path) -> None:
    asked = ["getEntityIdForCurrentPage", "getLabel", "getDescription", "getEntity", "getEntityUrl"]
    assert answers(tmp_path, whole, "Itemless", *map(call, asked)) == ["nil"] * len(asked)


def test_labels_are_taken_from_fallback_languages_in_the_order_of_wikibase(tmp_path: Path) -> None:
    items = [
        item(1, {"als": "x", "de": "deutsch", "mul": "alle", "en": "English"}),
        item(2, {"mul": "alle", "en": "English"}),
        item(3, {"en": "English"}),
        item(4, {"zh": "中文", "zh-hant": "傳統"}),
        item(5, {"zh-hant": "傳統", "en": "English"}),
    ]
    folder = made(tmp_path / "entities", items)
    asked = [call("getLabel", f"Q{n}") for n in range(1, 6)]
    swiss = answers(tmp_path, folder, "X", *asked[:3], wiki="alswiki", language="gsw")
    assert swiss == ["deutsch", "alle", "English"]
    # The name in another script would be converted.
    chinese = answers(tmp_path, folder, "X", *asked[1:], wiki="zhwiki", language="zh")
    assert chinese == ["alle", "English", "中文", "hole"]
    # Scots falls back to English itself, before `mul`.
    scots = answers(tmp_path, folder, "X", *asked[:2], wiki="scowiki", language="sco")
    assert scots == ["English", "English"]


def test_of_a_folder_with_some_languages_others_are_unknown(tmp_path: Path) -> None:
    folder = made(tmp_path / "entities", languages="en", sites="enwiki")
    assert answers(
        tmp_path,
        folder,
        "Universe",
        call("getLabel"),
        call("getLabel", "Q3"),
        call("getLabelByLang", "Q1", "de"),
        call("getSitelink", "Q1", "dewiki"),
        call("getEntityIdForTitle", "Nowhere"),
    ) == ["universe", "nil", "hole", "hole", "nil"]


def test_a_folder_without_the_languages_and_the_wiki_is_reported(tmp_path: Path) -> None:
    folder = made(tmp_path / "entities", languages="en", sites="enwiki")
    messages: list[str] = []
    pages = {"Universum": f"Die [[Antwort]]: {call('getLabel', 'Q1')}."}
    dump = dump_of(tmp_path / "de.xml.bz2", pages, wiki="dewiki", language="de")
    run(dump, tmp_path / "out", folder, messages=messages)
    assert "made without sitelinks to dewiki" in messages[0]
    assert "made without labels in de" in messages[1]
    asked = [call("getEntityIdForCurrentPage"), call("getLabel", "Q1")]
    found = answers(tmp_path, folder, "Universum", *asked, wiki="dewiki", language="de")
    assert found == ["hole", "hole"]


@pytest.mark.parametrize("restricted", [{"only": [1, 2]}, {"limit": 2}])
def test_of_a_folder_with_some_items_others_are_unknown(
    tmp_path: Path, restricted: dict[str, Any]
) -> None:
    folder = made(tmp_path / "entities", **restricted)
    asked = [call("getEntityIdForTitle", title) for title in ("Universe", "Berlin", "Nowhere")]
    assert answers(tmp_path, folder, "X", *asked) == ["Q1", "hole", "hole"]


def test_a_folder_without_items_knows_nothing(tmp_path: Path) -> None:
    found = lookup(tmp_path, made(tmp_path / "entities", only=[5]))
    with pytest.raises(LookupError):
        found.exists("Q5")
    with pytest.raises(LookupError):
        found.entity("Berlin", "enwiki")


def test_every_item_is_found_in_many_parts_and_row_groups(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sort, "_ROWS_A_GROUP", 5)
    monkeypatch.setattr(entity_items, "_ROWS_A_GROUP", 3)
    (tmp_path / "items.json").write_text(wikidata_json(ITEMS))
    running = RunOptions(jobs=1, part_size=700, quiet=True)
    folder = tmp_path / "entities"
    entities(str(tmp_path / "items.json"), folder, EntitiesOptions(), running)
    found = lookup(tmp_path, folder)
    assert len(list(folder.glob("part-*.parquet"))) > 1
    qids = {int(one["id"][1:]) for one in ITEMS}
    for qid in range(200):
        if qid not in qids:
            with pytest.raises(LookupError):
                found.exists(f"Q{qid}")
    for one in ITEMS:
        for language in ("en", "de"):
            label = one["labels"].get(language)
            assert found.term("label", one["id"], language) == (label and label["value"])
        if link := one["sitelinks"].get("enwiki"):
            assert found.entity(link["title"], "enwiki") == one["id"]
            assert found.sitelink(one["id"], "enwiki") == link["title"]


def lookup(tmp_path: Path, folder: Path) -> ItemLookup:
    """Return the items of a folder for enwiki, without a run of `extract`."""
    running = RunOptions(jobs=1, quiet=True)
    with open_run(
        tmp_path / "index", stage="extract", parameters={}, inputs=[], options=running
    ) as a_run:
        site = Site("enwiki", "en", "first-letter", ())
        return ItemLookup(index_items(a_run, entity_folder(folder), site, print))


VILLAGES = {
    f"Village {n}": f"So [[Place {n}]] is {call('getLabel')}." for n in range(40)
}  # fmt: skip


def test_the_same_bytes_for_any_number_of_workers_and_after_a_stop(
    tmp_path: Path, whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dump = dump_of(tmp_path / "dump.xml.bz2", VILLAGES)
    one = run(dump, tmp_path / "one", whole)
    assert rows_of(tmp_path / "one")["text"][7] == "So Place 7 is village 7."
    assert run(dump, tmp_path / "two", whole, jobs=2).parts == one.parts
    with monkeypatch.context() as patched:
        patched.setattr(stage, "gather", stopping)
        with pytest.raises(KeyboardInterrupt):
            run(dump, tmp_path / "three", whole)
    assert run(dump, tmp_path / "three", whole).parts == one.parts


def test_data_of_modules_that_depends_on_the_page_is_loaded_for_each_page(
    tmp_path: Path, whole: Path
) -> None:
    data = "return { id = mw.wikibase.getEntityIdForCurrentPage() }"
    outer = "return { id = mw.loadData('Module:Data').id }"
    code = """
    return { f = function()
      return mw.loadData('Module:Data').id .. ' ' .. mw.loadData('Module:Outer').id
    end }
    """
    modules = {"Data": data, "Outer": outer, "Id": code}
    pages = [Source(f"Village {n}", "The [[item]] is {{#invoke:Id|f}}.") for n in range(3)]
    pages += [
        Source(f"Module:{name}", text, namespace=828, model="Scribunto")
        for name, text in modules.items()
    ]
    run(write_multistream(tmp_path / "dump.xml.bz2", pages), tmp_path / "out", whole)
    expected = [f"The item is Q{100 + n} Q{100 + n}." for n in range(3)]
    assert rows_of(tmp_path / "out")["text"].to_list() == expected


def stopping(*_: object) -> None:
    raise KeyboardInterrupt


def test_the_folder_is_an_input_and_identifies_the_run(tmp_path: Path, whole: Path) -> None:
    dump = dump_of(tmp_path / "dump.xml.bz2", {"Berlin": f"It is [[x]] {call('getLabel')}."})
    manifest = run(dump, tmp_path / "out", whole)
    assert [given.name for given in manifest.inputs] == ["dump.xml.bz2", "entities"]
    assert manifest.inputs[0].fingerprint is not None
    assert [ancestor.stage for ancestor in manifest.lineage] == ["entities"]
    assert run(dump, tmp_path / "out", whole) == manifest
    other = made(tmp_path / "other", ITEMS[:2])
    for folder in (other, None):
        with pytest.raises(OutputError, match=r"was made from .*entities"):
            run(dump, tmp_path / "out", folder)


def test_a_folder_that_cannot_be_used_is_refused(tmp_path: Path, whole: Path) -> None:
    dump = dump_of(tmp_path / "dump.xml.bz2", {"Berlin": f"It is [[x]] {call('getLabel')}."})
    with pytest.raises(InputError, match="no such folder"):
        run(dump, tmp_path / "out", tmp_path / "missing")
    run(dump, tmp_path / "sentences", None)
    with pytest.raises(InputError, match="contains output of `cstool extract`"):
        run(dump, tmp_path / "out", tmp_path / "sentences")


def test_a_damaged_part_is_reported(tmp_path: Path) -> None:
    folder = made(tmp_path / "entities")
    found = lookup(tmp_path, folder)
    _damaging(folder)
    with pytest.raises(InputError, match=r"part-.*\.parquet: is damaged"):
        found.term("label", "Q1", "de")
    dump = dump_of(tmp_path / "dump.xml.bz2", {"Berlin": f"It is [[x]] {call('getLabel')}."})
    with pytest.raises(InputError, match=r"part-.*\.parquet: is damaged"):
        run(dump, tmp_path / "out", folder)


def test_damage_that_a_module_meets_ends_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = made(tmp_path / "entities")
    text = f"It is [[x]] {call('getLabelByLang', 'Q1', 'de')}."
    dump = dump_of(tmp_path / "dump.xml.bz2", {"Berlin": text})
    monkeypatch.setattr(template_sources, "disagreeing_rules", partial(_damaging, folder))
    with pytest.raises(InputError, match=r"part-.*\.parquet: is damaged"):
        run(dump, tmp_path / "out", folder)


def _damaging(folder: Path, *_: object) -> frozenset[str]:
    part = next(folder.glob("part-*.parquet"))
    content = bytearray(part.read_bytes())
    content[100] ^= 255
    part.write_bytes(content)
    return frozenset()
