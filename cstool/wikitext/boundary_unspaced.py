"""Sentence boundaries in Japanese and Chinese, whose stops have no white space behind them."""

import re

UNSPACED = frozenset({"ja", "zh", "yue", "wuu", "gan", "lzh", "zh-yue", "zh-classical"})
_CLOSING = "\"'”’“」』）)〉》】"
# A stop, what closes behind it, and white space.
UNSPACED_STOP = re.compile(rf"([。！？｡!?]+)([{_CLOSING}]*)\s*(?=[^\s{_CLOSING}。！？｡!?.])")
# What continues a sentence behind a quotation or a title: particles.
_CONTINUES = re.compile(
    "[のをがはへや、，・]|に(?!も)|と(?![くこり])|で(?![もは])|も(?!っと)|な(?!お)|だ(?!が)"
    "|から|まで|より|って|ら[のがはをに]|さん|など|および|及び|並び|における|ほか"
)
_CONTINUES_BARE = re.compile("を|の(?![ちみ])")
_CONTINUES_CHINESE = re.compile("[的等、，,；]")


def unspaced_verdict(text: str, match: re.Match[str], language: str) -> bool | None:
    """Return whether a sentence begins behind a stop (UNSPACED_STOP); None if no rule knows."""
    at = match.end()
    stop, closing = match[1], match[2]
    full = "。" in stop or "｡" in stop
    if language == "ja":
        if (closing or not full) and _CONTINUES.match(text, at):
            return False
        if full and not closing and _CONTINUES_BARE.match(text, at):
            return False
        if closing[-1:] == "』" and not full:
            return False
    else:
        if closing and (_CONTINUES_CHINESE.match(text, at) or closing[-1] in "》〉" and not full):
            return False
    after = text[at]
    if full and (after.isdigit() or after.isascii()) and after not in _CLOSING:
        return True
    return None
