"""Generate cstool/languages/data/languages.tsv (needs Debian's mediawiki and `pip install babel`).

    python -m scripts.data.make_languages [NAMES_PHP] > cstool/languages/data/languages.tsv

The codes of labels in Wikidata: those of MediaWiki's Names.php, and those that Wikibase adds.
Autonyms are from Names.php, English names from CLDR, else from the comments in Names.php; BCP 47
tags and former codes from LanguageCode.php, further ones from Wikidata's history (`RENAMED`).
"""

import io
import re
import sys
from pathlib import Path

import babel
from babel.localedata import exists, load

NAMES_PHP = "/usr/share/mediawiki/includes/languages/data/Names.php"
LANGUAGE_CODE_PHP = "/usr/share/mediawiki/includes/language/LanguageCode.php"

# Other codes of languages that Wikidata has under one: beyond LanguageCode.php.
RENAMED = {
    "no": "nb",  # the wiki's language; Wikidata's labels are nb
    "tokipona": "tok",
    "sr-cyrl": "sr-ec",  # the names of MediaWiki 1.43
    "sr-latn": "sr-el",
}
# A wiki, no language (https://meta.wikimedia.org/wiki/Special_language_codes).
NO_LANGUAGE = ["simple"]

# Wikipedias whose database is not named for their language.
WIKIS = {
    "be-tarask": "be_x_old",
    "bho": "bh",
    "en": "en simple",
    "gsw": "als",
    "lzh": "zh_classical",
    "nan": "zh_min_nan",
    "nb": "no",
    "rup": "roa_rup",
    "sgs": "bat_smg",
    "vro": "fiu_vro",
    "yue": "zh_yue",
}

# Term languages of Wikibase beyond Names.php, and languages of Wikipedias younger than
# MediaWiki 1.39 (the last ones of 2026): English name and autonym where CLDR has none.
MORE = {
    "agq": "", "ann": "Obolo|Obolo", "bag": "Tuki", "bas": "", "bax": "", "bbj": "",
    "bdr": "West Coast Bajau|Bajau Sama", "bew": "|Betawi", "bfd": "", "bkc": "Baka",
    "bkh": "Bakoko", "bkm": "", "bol": "Bole|bòo pìkkà", "bqz": "Bakaka", "byv": "",
    "cak": "Kaqchikel|Kaqchikel",
    "cnh": "Hakha Chin|Lai holh", "dga": "Southern Dagaare|Dagaare", "dua": "", "en-us": "",
    "eto": "Eton", "etu": "Ejagham", "ewo": "", "fkv": "Kven|kvääni", "fmp": "Fe'fe'",
    "gya": "Northwest Gbaya", "iba": "|Jaku Iban", "igl": "Igala|Igala", "isu": "Isu",
    "isv": "Interslavic|medžuslovjansky",
    "isv-cyrl": "Interslavic (Cyrillic script)|меджусловјанскы",
    "isv-latn": "Interslavic (Latin script)|medžuslovjansky", "kai": "Karekare|Karai-karai",
    "kaj": "Jju|Jju",
    "ker": "Kera", "kge": "Komering|Kumoring", "knc": "Central Kanuri|Yerwa Kanuri", "ksf": "",
    "kus": "Kusaal|Kusaal", "lem": "Nomaande", "lns": "Lamnso'", "mag": "Magahi|मगही",
    "mcn": "Masana",
    "mcp": "Makaa", "mua": "", "mul": "", "nan-hani": "Min Nan Chinese (Han script)|閩南語",
    "nge": "Ngemba", "nla": "Ngombale", "nmg": "", "nnh": "", "nnz": "Nda'nda'",
    "nr": "|isiNdebele", "nup": "Nupe|Nupe", "osa-latn": "Osage (Latin script)",
    "ota": "|لسان عثمانى", "pap-aw": "Papiamento (Aruba)|Papiamento", "ppl": "Nawat|Nawat",
    "quc": "|Kʼicheʼ",
    "rki": "Arakanese|ရခိုင်", "rmf": "Finnish Kalo|Kaalengo tšimb", "rwr": "Marwari (India)|मारवाड़ी",
    "nrf": "Guernésiais and Jèrriais|Jèrriais", "tok": "Toki Pona|toki pona",
    "sju": "Ume Sámi|ubmejesámiengiälla", "smj": "|julevsámegiella", "srq": "Sirionó",
    "tig": "|ትግሬ", "tvu": "Tunen", "vut": "Vute", "wes": "Cameroonian Pidgin",
    "wya": "Wyandot", "yas": "Nugunu", "yat": "Yambeta", "yav": "", "ybb": "",
}  # fmt: skip

# Where the remark in Names.php is no name.
NAMES = {
    "bcl": "Central Bikol",
    "be-tarask": "Belarusian (Taraškievica orthography)",
    "bh": "Bihari",
    "bxr": "Russia Buriat",
    "cbk-zam": "Chavacano (Zamboanga)",
    "cdo": "Min Dong Chinese",
    "de-formal": "German (formal address)",
    "eml": "Emiliano-Romagnolo",
    "es-formal": "Spanish (formal address)",
    "hu-formal": "Hungarian (formal address)",
    "ike-cans": "Eastern Canadian Inuktitut (Unified Canadian Aboriginal Syllabics)",
    "ike-latn": "Eastern Canadian Inuktitut (Latin script)",
    "ku-arab": "Kurdish (Arabic script)",
    "map-bms": "Banyumasan",
    "mo": "Moldovan",
    "nah": "Nahuatl",
    "nl-informal": "Dutch (informal address)",
    "nrm": "Norman",
    "pih": "Pitcairn-Norfolk",
    "roa-tara": "Tarantino",
    "sr-ec": "Serbian (Cyrillic script)",
    "sr-el": "Serbian (Latin script)",
    "tay": "Atayal",
    "xsy": "Saisiyat",
    "zh-hk": "Chinese (Hong Kong)",
    "zh-mo": "Chinese (Macao)",
}

ENGLISH: dict[str, dict[str, str]] = load("en")


def autonyms_and_remarks(path: str) -> dict[str, tuple[str, str]]:
    """What Names.php has: code -> autonym, remark."""
    entry = r"""^\t\t'([a-z-]+)' => (?:'((?:[^'\\]|\\.)*)'|"([^"\\]*)"),?(?:[ \t]*#[ \t]*(.*))?$"""
    text = Path(path).read_text("utf-8")
    found = {
        code: (re.sub(r"\\(.)", r"\1", single) or double, remark)
        for code, single, double, remark in re.findall(entry, text, re.MULTILINE)
    }
    missing = set(re.findall(r"^\t\t'([a-z-]+)' =>", text, re.MULTILINE)) - set(found)
    if missing:
        raise SystemExit(f"{path}: cannot read {sorted(missing)}")
    return found


def php_map(text: str, name: str) -> dict[str, str]:
    """A constant array of LanguageCode.php: code -> code or tag."""
    block = re.search(rf"const {name} = \[(.*?)^\t\];", text, re.DOTALL | re.MULTILINE)
    if block is None:
        raise SystemExit(f"LanguageCode.php has no {name}")
    return dict(re.findall(r"^\t\t'([\w-]+)' => '([\w-]+)'", block[1], re.MULTILINE))


def bcp47(code: str, special: dict[str, str]) -> str:
    """The tag of a code, as LanguageCode::bcp47 writes it: zh-Hant-TW, sr-Cyrl, de-x-formal."""
    first, *rest = special.get(code, code).split("-")
    if rest and rest[0] == "x":
        return "-".join([first, *rest])
    case = {2: str.upper, 4: str.title}
    return "-".join([first, *(case.get(len(part), str.lower)(part) for part in rest)])


def cldr_code(code: str) -> str:
    """A code as CLDR writes it: zh-hans is zh_Hans, pt-br is pt_BR."""
    first, *rest = code.split("-")
    return "_".join([first, *(part.title() if len(part) == 4 else part.upper() for part in rest)])


def english_name(code: str, remarks: dict[str, str]) -> str:
    """The name in CLDR, or one put together from CLDR, or the remark."""
    if code in NAMES:
        return NAMES[code]
    if name := ENGLISH["languages"].get(cldr_code(code)):
        return name
    first, _, rest = code.partition("-")
    base = (
        english_name(first, remarks)
        if rest and (first in remarks or first in ENGLISH["languages"])
        else ""
    )
    if base and (script := ENGLISH["scripts"].get(rest.title())):
        return f"{base} ({script} script)"
    if base and (territory := ENGLISH["territories"].get(rest.upper())):
        return f"{base} ({territory})"
    remark = re.sub(r"\s*(,|-|--)\s*(\(see )?T\d+.*", "", remarks.get(code, ""))
    return re.sub(
        r"\s*\((multiple scripts|falls back).*?\)", "", remark, flags=re.IGNORECASE
    ).strip()


def main() -> None:
    """Writes the table."""
    names = autonyms_and_remarks(sys.argv[1] if len(sys.argv) > 1 else NAMES_PHP)
    remarks = {code: remark for code, (_, remark) in names.items()}
    php = Path(LANGUAGE_CODE_PHP).read_text("utf-8")
    old = php_map(php, "DEPRECATED_LANGUAGE_CODE_MAPPING") | RENAMED
    special = php_map(php, "NON_STANDARD_LANGUAGE_CODE_MAPPING")
    rows = {}
    for code in sorted((set(names) | set(MORE)) - set(old) - set(NO_LANGUAGE)):
        mine, _, my_autonym = MORE.get(code, "").partition("|")
        autonym = names[code][0] if code in names else my_autonym
        if not autonym and exists(cldr_code(code)):
            autonym = load(cldr_code(code))["languages"].get(cldr_code(code), "")
        name = english_name(code, remarks) or mine
        if not name:
            raise SystemExit(f"{code}: no English name")
        tag = bcp47(code, special)
        olds = " ".join(sorted(was for was, now in old.items() if now == code))
        rows[code] = (
            code, name, autonym, WIKIS.get(code, ""), tag if tag != code else "", olds
        )  # fmt: skip
    out = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="\n")
    print(
        "# source: MediaWiki 1.39's Names.php, Wikibase's term languages, English names from CLDR"
        f" (babel {babel.__version__}), made by scripts/data/make_languages.py;"
        " wikis: Wikipedias' databases (less wiki) if not the code with _ for -; bcp47, if not the"
        " code, and old codes: MediaWiki's LanguageCode.php",
        file=out,
    )
    for row in [("code", "name", "autonym", "wikis", "bcp47", "old"), *rows.values()]:
        print("\t".join(row), file=out)


if __name__ == "__main__":
    main()
