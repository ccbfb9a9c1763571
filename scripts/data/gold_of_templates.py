"""Render the pages of `data/gold/templates` with MediaWiki and their own templates, as a reference.

Usage: python -m scripts.data.gold_of_templates ORACLE MEDIAWIKI [LANGUAGE...]

ORACLE and MEDIAWIKI are as for gold_of_sample.py; ORACLE also contains `with_templates.sh`, which
makes a second MediaWiki with the templates and Lua modules of a dump. For each `LANGUAGE.xml`
writes `LANGUAGE.gold.jsonl`. Left out: pages whose title ends in "(unknown)", since their text
depends on the date or the site; what styles hide, which `gold.py` does not know; and marks for
editors (`[citation needed]`), since cstool reads sentences without them.
"""

import json
import re
import sys
import tempfile
from pathlib import Path

from scripts.data.gold_of_sample import GOLD, make_gold, output, settings

TEMPLATES = GOLD / "templates"
UNKNOWN = "(unknown)"
_MARK = re.compile(r'<sup class="[^"]*\bInline-Template\b.*?</sup>', re.DOTALL)
_HIDDEN = re.compile(
    r'<span (?:[^<>]* )?style="(?:display:none|visibility:hidden)[^<>]*>'
    r"(?:[^<>]|<span[^<>]*>[^<>]*</span>)*</span>"
)
# Styles show nothing.
STYLES = """
$wgHooks['ParserFirstCallInit'][] = function ($parser) {
    $parser->setHook('templatestyles', function () { return ''; });
};
"""


def gold_of(dump: Path, oracle: Path, mediawiki: Path) -> str:
    """Return the gold of a dump's pages, as JSON Lines."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        make = [oracle / "with_templates.sh", folder / "wiki", dump.stem, dump]
        output(["bash", *map(str, make)], {"MW": str(mediawiki)})
        config, rendered = folder / "settings.php", folder / "rendered.ndjson"
        changed = settings(folder / "wiki/LocalSettings.php", dump) + STYLES
        config.write_text(changed, encoding="utf-8")
        environment = {"ORACLE_LANG": dump.stem, "MW_CONFIG_FILE": str(config)}
        read = output([sys.executable, str(oracle / "dump2ndjson.py"), str(dump)])
        pages = [line for line in read.splitlines(keepends=True) if _is_known(line)]
        html = output(["php", str(mediawiki / "render.php")], environment, "".join(pages))
        rendered.write_text("".join(map(_as_read, html.splitlines())), encoding="utf-8")
        return output([sys.executable, str(oracle / "gold.py"), str(rendered)])


def _is_known(page: str) -> bool:
    title: str = json.loads(page)["title"]
    return not title.endswith(UNKNOWN)


def _as_read(rendered: str) -> str:
    page = json.loads(rendered)
    shown = _HIDDEN.sub("", _MARK.sub("", page["html"]))
    return json.dumps(page | {"html": shown}, ensure_ascii=False) + "\n"


def main() -> None:
    """Make the gold of some languages, or of all."""
    make_gold(TEMPLATES, gold_of, __doc__)


if __name__ == "__main__":
    main()
