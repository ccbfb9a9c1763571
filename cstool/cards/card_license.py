"""The section of a dataset card on the license of the text."""

from collections.abc import Iterable

from cstool.storage.manifest import Ancestor
from cstool.storage.schemas import TALLIES, Unit


def license_section(wikis: str, unit: Unit, *, names: bool = True, words: bool = False) -> str:
    """Return the section; `wikis`: names of the wikis of the text; `unit`: what a row contains.

    `names`, `words`: whether names of entities were switched, and words with a dictionary.
    """
    units = TALLIES[unit]
    put_in = (_LABELS if names else "") + (_DICTIONARIES if words else "")
    return f"""\
## License

The {units} are from Wikipedia ({wikis}). They were written by its contributors and are licensed
under [CC BY-SA 4.0](https://creativecommons.org/licenses/by-sa/4.0/). `attribution.tsv.zst` lists
the wiki, page and revision of each {unit}; the address of a revision is
`https://<code>.wikipedia.org/?oldid=<revision_id>`, where the code of `enwiki` is `en`, and the
authors of a page are in its history. In a title, a backslash precedes special characters (`\\t` is
a tab). Adaptations must be shared under the same license.{put_in}

"""


def acknowledgement(lineage: Iterable[Ancestor]) -> str:
    """Return what the license of uroman asks publications to say, "" if it was not used."""
    given = {
        one.parameters.get(name)
        for one in lineage
        for name in ("romanizer", "romanize_names")
        if one.stage in ("romanize", "switch")
    }
    return _UROMAN if given & {"uroman", "uroman-fast"} else ""


_UROMAN = """\
Text in Latin letters: this project uses the universal romanizer software
[uroman](https://github.com/isi-nlp/uroman) written by Ulf Hermjakob, USC Information Sciences
Institute (2015-2020).

"""
_LABELS = """ Entity labels are from Wikidata
([CC0](https://creativecommons.org/publicdomain/zero/1.0/))."""
_DICTIONARIES = """

The translations of words are from the dictionaries above. Each of them has a license of its own,
which cstool does not know: add it here before you publish the text."""
