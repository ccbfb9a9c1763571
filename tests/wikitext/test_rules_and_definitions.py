"""The rules for templates against definitions of the same names (scripts/check/template_rules.py).

The definitions are ours, and simpler than those of the wikis.
"""

import pytest

from scripts.check.template_rules import compare, differs, read_wiki, table
from tests.wikitext.test_gold_of_templates import LANGUAGES, TEMPLATES

# Templates whose definitions here show something else than the rules, which are for the wiki's.
DIFFER = {
    "ar": {"إنج", "تحويل قديم"},
    "de": {"aut", "bruch"},
    "en": {"as of", "circa", "frac", "ill", "langx", "ship"},
    "ja": {"リンク仮", "仮リンク"},
    "ru": {"не переведено", "нп"},
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_rules_show_what_definitions_show(language: str) -> None:
    found = list(compare(read_wiki(TEMPLATES / f"{language}.xml"), 20))
    assert {compared.name for compared in found if differs(compared)} == DIFFER.get(language, set())
    assert len(found) > (10 if language in ("de", "en", "ja", "ru") else -1)


def test_a_difference_is_told_with_text_and_links() -> None:
    wiki = read_wiki(TEMPLATES / "ru.xml")
    told = list(table(compare(wiki, 20)))
    assert told[2:] == [
        "| не переведено | 1 | 1 | `{{Не переведено\\|Анна Вяз\\|Анной\\|de\\|Anna Elm}}` "
        "| Анной → Анна Вяз | Анной[de] → Анна Вяз |",
        "| нп | 1 | 1 | `{{Нп\\|Отто Вяз}}` | Отто Вяз → Отто Вяз | Отто Вяз[en] → Отто Вяз |",
    ]
