"""Small numbers in English words."""

_SMALL = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def spelled(number: str) -> str | None:
    """Return a whole number up to 100 in words, None for other text."""
    if not (number.isascii() and number.isdecimal()) or len(number) > 3 or int(number) > 100:
        return None
    value = int(number)
    if value == 100:
        return "one hundred"
    if value < len(_SMALL):
        return _SMALL[value]
    tens, ones = divmod(value, 10)
    return _TENS[tens - 2] + (f"-{_SMALL[ones]}" if ones else "")
