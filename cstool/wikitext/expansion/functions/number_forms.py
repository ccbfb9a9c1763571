"""Numbers in the form of a language, and back: `formatnum`.

After Language::formatNum, formatNumNoSeparators and parseFormattedNumber (MediaWiki REL1_39), which
group digits with ICU. Data: language_forms.tsv.
"""

import re
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation

from cstool.wikitext.expansion.functions.language_forms import LanguageForms
from cstool.wikitext.expansion.functions.php_values import numeric

MINUS = "−"
_LATIN = "0123456789"
_INFINITE = {"INF": "∞", "-INF": f"{MINUS}∞"}
_NOT_A_NUMBER = "NAN"
_NUMBER = re.compile(r"(?:-(?=[0-9.]))?(?:[0-9]+|(?=\.[0-9]))(?:\.[0-9]*)?(?:[Ee][-+]?[0-9]+)?")
_PLAIN = re.compile(r"(-?)([0-9]*)(?:(\.)([0-9]*))?")
# ICU's pattern for numbers in other forms: three decimal places at most.
_PLACES = 3
_CONTEXT = Context(prec=400, rounding=ROUND_HALF_EVEN)


def formatted_number(text: str, forms: LanguageForms, *, separators: bool = True) -> str | None:
    """Return a text with its numbers in a language's form, None if that is unknown."""
    if text == _NOT_A_NUMBER:
        return None
    if text in _INFINITE:
        return _INFINITE[text]
    form = _grouped if separators else plain_digits
    try:
        if numeric(text) is not None:
            return form(text, forms)
        return _NUMBER.sub(lambda match: form(match[0], forms), text)
    except InvalidOperation:  # more than a float can be
        return None


def plain_digits(number: str, forms: LanguageForms) -> str:
    """Return a number in a language's digits, without separators."""
    return number.translate(_digits(forms.plain_digits)).replace("-", MINUS)


def _grouped(number: str, forms: LanguageForms) -> str:
    if number == "-0" or (forms.keeps_exponent and _is_short(number, forms)):
        signs = str.maketrans({".": forms.decimal, ",": forms.group})
        return plain_digits(number.translate(signs), forms)
    sign, whole, point, fraction = _as_written(number)
    whole = _in_groups(whole, forms) if len(whole) >= forms.minimum else whole
    text = f"{sign}{whole}{forms.decimal if point else ''}{fraction}"
    return text.translate(_digits(forms.digits)).replace("-", MINUS)


def _is_short(number: str, forms: LanguageForms) -> bool:
    """Return whether a number has too few digits before its point or exponent to be grouped."""
    match = re.match("-?([0-9]*)", number)
    return match is None or not forms.first or len(match[1]) < forms.minimum


def _as_written(number: str) -> tuple[str, str, str, str]:
    """Return the sign, the digits, the point and the decimals of a number, as ICU writes it."""
    value = numeric(number) or 0
    match = _PLAIN.fullmatch(number)
    exact = _CONTEXT.create_decimal(repr(float(value)))
    places = len(match[4] or "") if match else _PLACES
    rounded = exact.quantize(Decimal(1).scaleb(-places), context=_CONTEXT)
    sign = "-" if rounded.is_signed() else ""
    whole, _, fraction = f"{abs(rounded):f}".partition(".")
    if match:
        # As many digits before the point as there were.
        whole = whole.lstrip("0").rjust(len(match[2]), "0")
        return sign, whole, match[3] or "", fraction
    fraction = fraction.rstrip("0")
    return sign, whole, "." if fraction else "", fraction


def _in_groups(digits: str, forms: LanguageForms) -> str:
    groups = [digits[-forms.first :]]
    rest = digits[: -forms.first]
    while rest:
        groups.append(rest[-forms.others :])
        rest = rest[: -forms.others]
    return forms.group.join(reversed(groups))


def _digits(digits: str) -> dict[int, int]:
    return str.maketrans(_LATIN, digits)


def read_number(text: str, forms: LanguageForms) -> str:
    """Return a formatted number as a plain one, as far as it is a number of the language."""
    if text == "∞":
        return "INF"
    text = text.replace(MINUS, "-")
    if text == "-∞":
        return "-INF"
    text = text.translate(str.maketrans(forms.plain_digits, _LATIN))
    point, comma = forms.read
    signs = {ord(sign): plain for sign, plain in ((point, "."), (comma, ",")) if sign}
    return text.translate(signs).replace(",", "")
