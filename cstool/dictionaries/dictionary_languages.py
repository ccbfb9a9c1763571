"""The target languages of the dictionaries that a user gives, as far as they are known unread."""

from collections.abc import Sequence
from pathlib import Path

from cstool.dictionaries.dictionary_files import OPTION, STAGE
from cstool.dictionaries.pair_columns import languages_of_name
from cstool.errors import InputError, WrongCallError
from cstool.languages.codes import need_language
from cstool.storage.manifest import MANIFEST, need_stage


def target_languages(values: Sequence[str]) -> list[str]:
    """Return the languages that the values of the option name, `[LANG=]PATH`.

    Those of names of files (`en-de.txt`), of the files in a folder, and of a folder of `lexicon`.
    Raises InputError for a missing file, WrongCallError for a file whose languages are in its
    lines, and for an unknown language.
    """
    codes: set[str] = set()
    for value in values:
        language, equals, _ = value.partition("=")
        path = Path(value)
        if equals and not path.exists():
            codes.add(need_language(language, OPTION))
        elif (path / MANIFEST).exists():
            codes.update(need_stage(path, STAGE).parameters.get("languages") or ())
        else:
            if not path.exists():
                raise InputError(f"{path}: no such file; give a dictionary with {OPTION}")
            files = sorted(path.iterdir()) if path.is_dir() else [path]
            named = [pair[1] for file in files if (pair := languages_of_name(file.name))]
            codes.update(named)
            if not named:
                raise WrongCallError(
                    f"--languages: 'all' needs the languages of {path}, which are not in its name; "
                    "give the codes, such as de,fr"
                )
    return sorted(codes)
