"""Roman and Hebrew numerals, as `#time` writes them.

After Language::romanNumeral and hebrewNumeral (MediaWiki REL1_39).
"""

from cstool.wikitext.expansion.functions.php_values import integer

# The unit of a decimal place, and its letters for ten, five and one.
_ROMAN = ((100, "M", "D", "C"), (10, "C", "L", "X"), (1, "X", "V", "I"))
_UNITS = ("", "א", "ב", "ג", "ד", "ה", "ו", "ז", "ח", "ט")
_TENS = ("", "י", "כ", "ל", "מ", "נ", "ס", "ע", "פ", "צ")
_HUNDREDS = ("", "ק", "ר", "ש", "ת", "תק", "תר", "תש", "תת", "תתק")
_FINAL = str.maketrans("כמנפצ", "ךםןףץ")


def roman_numeral(text: str) -> str:
    """Return a number up to 10000 in Roman numerals, other numbers as they are."""
    number = integer(text)
    if not 0 < number <= 10000:
        return str(number)
    out = ["M" * (number // 1000)]
    for unit, ten, five, one in _ROMAN:
        digit = number // unit % 10
        out.append(
            {4: one + five, 9: one + ten}.get(digit) or five * (digit >= 5) + one * (digit % 5)
        )
    return "".join(out)


def hebrew_numeral(text: str) -> str:
    """Return a number up to 9999 in Hebrew numerals, other numbers as they are."""
    number = integer(text)
    if not 0 < number <= 9999:
        return str(number)
    if number == 1000:
        return "א' אלף"
    thousands, rest = divmod(number, 1000)
    if not rest:
        return f"{_UNITS[thousands]}' אלפים"
    tens = rest % 100
    ending = (
        _UNITS[9] + _UNITS[tens - 9] if tens in (15, 16) else _TENS[tens // 10] + _UNITS[tens % 10]
    )
    letters = _HUNDREDS[rest // 100] + ending
    start = f"{_UNITS[thousands]}'" if thousands else ""
    if len(letters) == 1:
        return f"{start}{letters.translate(_FINAL) if start else letters}'"
    return f'{start}{letters[:-1]}"{letters[-1].translate(_FINAL)}'
