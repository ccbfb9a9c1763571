"""Sentence boundaries in Japanese and Chinese (no white space after a stop) and in Armenian."""

import re
from itertools import pairwise

from cstool.wikitext.doubtful_stops import CLOSED, OPENED

UNSPACED = frozenset({"ja", "zh", "yue", "wuu", "gan", "lzh", "zh-yue", "zh-classical"})
ARMENIAN_STOP = re.compile(r"([։:]+)([»”\")\]]*)(?:\s+(?=\S)|(?=[Ա-Ֆ])|(?<=»։)(?=[ա-ֆ]))")
_FULL = re.compile("[。｡]")
_FULL_CHINESE = re.compile("[。｡…]")
_WORD_BEFORE = re.compile("[A-Za-z]{4}$")
_ARMENIAN = re.compile("[Ա-և]")
# What continues a sentence after a quotation or a title: particles, and what is no word's start.
_JOINS = re.compile(
    "[のをがはへや、，・]|に(?!も)|と(?![くこり])|で(?![もは])|も(?!っと)|な(?!お)|だ(?!が)|か[「『とをの]"
    "|から|まで|より|って|ら[のがはをに]|さん|など|および|及び|並び|における|ほか|[等的]"
)
_JOINS_BARE = re.compile("を|[はがのにでとも](?=[一-龥ァ-ヶA-Za-z0-9])")
# Characters that may continue a sentence after "。", by language.
JOINS = {"ja": "をはがのにでとも"}
JOINS_CHINESE = "的是却等"
_QUOTES = re.compile("(?:[「『“][^「」『』“”]*[」』”][、・や]?)+")
_SPEECH = re.compile(
    "[^。！？，、：；]{0,12}?(?:[说說道问問喊叫答嚷叹嘆]|宣布|写道|回应|喃喃|自语|低语|嘀咕)"
)
_JOINS_CHINESE = re.compile("[的等、，,；时時]")
_JOINS_BARE_CHINESE = re.compile("[的]|是(?![年役次夜月]|日[，,])|却|等")


def unspaced_verdict(text: str, match: re.Match[str], last: int, language: str) -> bool | None:
    """Return whether a sentence begins after a stop; None if no rule knows.

    `last`: where the current sentence begins.
    """
    at = match.end()
    stop, closing = match[1], match[2]
    if stop[-1] in ".．" and not closing:
        return _behind_dot(text, match)
    if _is_within(text, last, at):
        return False
    full = bool((_FULL if language == "ja" else _FULL_CHINESE).search(stop))
    if closing[-1:] in ("）", ")"):
        opened = max(text.rfind("（", last, at), text.rfind("(", last, at))
        return full and opened >= 0 and not text[last:opened].strip()
    if language == "ja":
        verdict = _japanese(text, at, full, closing)
    else:
        verdict = _chinese(text, match, last, full, closing)
    if verdict is None and full and (text[at].isalnum() or text[at] in "「『《“(（"):
        return True
    return verdict


def _behind_dot(text: str, match: re.Match[str]) -> bool | None:
    before = text[match.start() - 1 : match.start()]
    if before.isdigit() or (before.isascii() and before.isalpha()):
        word = _WORD_BEFORE.search(text, max(0, match.start() - 4), match.start())
        return None if word and match[0][-1] == " " else False
    return None


def _japanese(text: str, at: int, full: bool, closing: str) -> bool | None:
    if (quotes := _QUOTES.match(text, at)) and closing and _JOINS.match(text, quotes.end()):
        return False
    if (closing or not full) and _JOINS.match(text, at):
        return False
    if closing:
        return None if full and closing[-1] != "』" else False
    return False if full and _JOINS_BARE.match(text, at) else None


def _chinese(text: str, match: re.Match[str], last: int, full: bool, closing: str) -> bool | None:
    at = match.end()
    if not closing:
        return False if _JOINS_BARE_CHINESE.match(text, at) else None
    if _JOINS_CHINESE.match(text, at) or (closing[-1] in "》〉" and not full):
        return False
    if (quotes := _QUOTES.match(text, at)) and _JOINS_CHINESE.match(text, quotes.end()):
        return False
    if _SPEECH.match(text, at):
        return False
    opened = max(text.rfind(mark, last, match.start()) for mark in "“「『")
    before = text[last:opened].rstrip() if opened >= 0 else ""
    if before[-1:] in ("：", ":"):
        return True
    return full and (not before or before[-1] in "，,。！？”」")


def _is_within(text: str, last: int, at: int) -> bool:
    """Return whether a bracket or quotation is open that closes later."""
    sentence = text[max(last, at - 1000) : at]
    return any(
        sentence.count(one) > sentence.count(other) and text.find(other, at) >= 0
        for one, other in zip(OPENED, CLOSED, strict=True)
        if one in sentence
    )


def armenian_verdict(text: str, match: re.Match[str], last: int) -> bool:
    """Return whether a sentence begins after "։" or ":"; "․" does not end one.

    `last`: where the current sentence begins.
    """
    before = text[match.start() - 1 : match.start()]
    after = text[match.end()].upper() if match[1][-1] == "։" else text[match.end()]
    if "Ա" <= after <= "Ֆ" or (before in "%»)" and "ա" <= after <= "ֆ"):
        return True
    if before.isascii() and before.isalpha():
        around = text[match.start() - 40 : match.start()], text[match.end() : match.end() + 12]
        return all(map(_ARMENIAN.search, around))
    alone = " " not in text[last : match.start()].strip()
    return not alone and (after in "«(" or after.isdigit() or match[1][-1] == "։")


def doubtful_armenian(text: str, pieces: list[str]) -> list[int] | None:
    """Return an empty list if the rules would find what sentencex has found, None if they may not.

    That is: each stop is "։" with a space and a letter or a digit after it.
    """
    number = text.count("։") + text.count(":")
    if number != len(pieces) and (number != len(pieces) - 1 or pieces[-1][-1:] in ("։", ":")):
        return None
    for piece in pieces[:-1]:
        if piece[-2:] != "։ ":
            return None
    for before, piece in pairwise(pieces):
        first = piece[0]
        if not "Ա" <= first <= "ֆ" and not (first.isdigit() and " " in before[:-1]):
            return None
    return []
