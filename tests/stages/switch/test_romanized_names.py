"""Names of other scripts in Latin letters (`--romanize-names`)."""

from pathlib import Path

import pytest

from cstool.errors import InputError
from tests.stages.switch.switching import Entity, names, sentence, switched, write

KYIV = Entity({"en": "Kyiv", "de": "Kiew", "fr": "Kiëv", "ja": "キーウ", "uk": "Гай", "ru": "Гай"})
CODES = "de,fr,ja,uk,ru"


def city(before: str, name: str, after: str) -> list[list[dict[str, object]]]:
    return [[sentence(1, before, (name, 1), after)]]


def test_names_in_other_scripts_are_romanized_by_the_rules_of_their_language(
    tmp_path: Path,
) -> None:
    text = city("They left the city of ", "Kyiv", " in the spring of that year.")
    folder = write(tmp_path, text, {1: KYIV})
    rows, manifest = switched(
        folder, tmp_path / "out", languages=CODES, romanize_names="uroman", source_rows="none"
    )
    found = {row["language"]: names(row)[0] for row in rows}
    assert found == {"de": "Kiew", "fr": "Kiëv", "ja": "kiiu", "uk": "Hai", "ru": "Gay"}
    origins = {entity["origin"] for row in rows for entity in row["entities"]}
    assert origins == {"label"}
    assert manifest.counts.details["names romanized"] == {"all": 3, "nothing left": 0}
    assert manifest.parameters["romanize_names"] == "uroman"


def test_a_name_that_becomes_its_anchor_is_no_change(tmp_path: Path) -> None:
    text = city("They left the city of ", "Nepal", " in the spring of that year.")
    folder = write(tmp_path, text, {1: Entity({"en": "Nepal", "el": "Νεπάλ"})})
    rows, _ = switched(folder, tmp_path / "plain", languages="el", source_rows="none")
    assert [row["language"] for row in rows] == ["el"]
    rows, _ = switched(
        folder, tmp_path / "out", languages="el", romanize_names="uroman", source_rows="none"
    )
    assert rows == []


def test_text_in_another_script_is_refused(tmp_path: Path) -> None:
    text = city("Они покинули город ", "Киев", " весной того года.")
    folder = write(tmp_path, text, {1: KYIV}, source="ru")
    with pytest.raises(InputError, match=r"^--romanize-names: the text is in ru, which is not"):
        switched(folder, tmp_path / "out", languages="ja", romanize_names="uroman")
