"""Render the pages of real dumps with MediaWiki, as a reference: one block per paragraph.

Usage: python -m scripts.data.gold_of_dumps ORACLE MEDIAWIKI REALDATA OUT

ORACLE and MEDIAWIKI are as for gold_of_sample.py. REALDATA contains `wikipedia/LANGUAGE.xml.bz2`.
Writes `gold/LANGUAGE.gold.jsonl.gz` and a link to `wikipedia` into OUT, which fidelity.py takes as
REALDATA.
"""

import gzip
import sys
import tempfile
from pathlib import Path

from scripts.data.gold_of_sample import joined, output


def gold_of(dump: Path, oracle: Path, mediawiki: Path) -> str:
    """Return the gold of a dump's pages, as JSON Lines."""
    language = dump.name.split(".")[0]
    told = {"ORACLE_LANG": language, "MW_CONFIG_FILE": str(mediawiki / "LocalSettings.php")}
    pages = output([sys.executable, str(oracle / "dump2ndjson.py"), str(dump)])
    html = output(["php", str(mediawiki / "render.php")], told, pages)
    with tempfile.NamedTemporaryFile("w", suffix=".ndjson", encoding="utf-8") as rendered:
        rendered.writelines(map(joined, html.splitlines(keepends=True)))
        rendered.flush()
        return output([sys.executable, str(oracle / "gold.py"), rendered.name])


def main(oracle: Path, mediawiki: Path, realdata: Path, out: Path) -> None:
    """Make the gold of all dumps."""
    (out / "gold").mkdir(parents=True, exist_ok=True)
    if not (out / "wikipedia").exists():
        (out / "wikipedia").symlink_to((realdata / "wikipedia").resolve())
    for dump in sorted(realdata.glob("wikipedia/*.xml.bz2")):
        gold = gold_of(dump, oracle, mediawiki)
        path = out / "gold" / dump.name.replace(".xml.bz2", ".gold.jsonl.gz")
        path.write_bytes(gzip.compress(gold.encode(), mtime=0))
        print(f"{dump.name}: {len(gold.splitlines())} pages")


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    main(*(Path(argument).resolve() for argument in sys.argv[1:]))
