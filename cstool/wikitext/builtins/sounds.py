"""Pronunciations: English `{{IPAc-en}}`, after its documentation and Help:IPA/English."""

from collections.abc import Mapping

_WRITTEN_SO = """
p t k b d ɡ m n ŋ f v θ ð s z ʃ ʒ h w j hw l r tʃ dʒ x ɑː ɒ æ aɪ aʊ ɛ eɪ ɪ oʊ ɔː ɔɪ ʊ uː ʌ iː i u ə
ɜː ər ɑːr ɒr ær aɪər aʊər ɛr ɛər ɪr ɪər ɔːr ɔɪər ʊr ʊər ɜːr ʌr ən əl əm ju juː ˈ ˌ . -
"""
_SOUNDS = frozenset(_WRITTEN_SO.split())
_KEYBOARD = {"'": "ˈ", ",": "ˌ", "g": "ɡ", "_": " "}


def ipac_en(args: Mapping[str, str], language: str) -> str | None:
    """Return `{{IPAc-en|b|ɜːr|ˈ|l|ɪ|n}}` as /bɜːrˈlɪn/; None for labels and other spellings."""
    numbered = sum(name.isdecimal() for name in args)
    given = [args.get(str(number + 1), "") for number in range(numbered)]
    sounds = [_KEYBOARD.get(sound, sound) for sound in given]
    others = {name for name in args if not name.isdecimal() and args[name]}
    if language != "en" or not others <= {"audio"}:
        return None
    if not sounds or not all(sound in _SOUNDS or sound == " " for sound in sounds):
        return None
    return f"/{''.join(sounds)}/"
