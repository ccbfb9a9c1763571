"""Our reading of real items against qwikidata's."""

from pathlib import Path

from qwikidata.entity import WikidataItem
from qwikidata.json_dump import WikidataJsonDump

from cstool.execution.options import RunOptions
from cstool.stages.entities.stage import EntitiesOptions, entities
from tests.support import rows_of

PARTS = ("labels", "descriptions", "aliases", "claims", "sitelinks")


def test_all_real_items_read_as_qwikidata_reads_them(shared: Path, tmp_path: Path) -> None:
    dump = shared / "realdata/wikidata/wikidata-sample-all.json.gz"
    running = RunOptions(jobs=1, part_size=1 << 20, quiet=True)
    entities(str(dump), tmp_path / "out", EntitiesOptions(), running)
    rows = {row["qid"]: row for row in rows_of(tmp_path / "out").to_dicts()}
    read = 0
    for raw in WikidataJsonDump(str(dump)):
        theirs = WikidataItem(raw | {part: raw.get(part) or {} for part in PARTS})
        row = rows[int(theirs.entity_id[1:])]
        raw = theirs._entity_dict  # noqa: PLW2901
        assert row["labels"] == [
            {"language": code, "value": theirs.get_label(code)} for code in sorted(raw["labels"])
        ]
        assert row["aliases"] == [
            {"language": code, "value": value}
            for code in sorted(raw["aliases"])
            for value in theirs.get_aliases(code)
        ]
        titles = {site: link["title"] for site, link in theirs.get_sitelinks("").items()}
        assert row["sitelinks"] == [{"site": s, "title": t} for s, t in sorted(titles.items())]
        values = [claim.mainsnak.datavalue for claim in theirs.get_truthy_claim_group("P31")]
        assert row["types"] == [int(value.value["id"][1:]) for value in values if value]
        read += 1
    assert read == len(rows) > 2000
