"""Template:Convert: examples of its documentation, options, and unsupported arguments."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstool.wikitext.builtins.convert import convert
from cstool.wikitext.builtins.quantities import RANGES
from cstool.wikitext.builtins.units import SUBUNITS, unit_of
from cstool.wikitext.tables import rows
from cstool.wikitext.templates import arguments


def converted(call: str, language: str = "en") -> str | None:
    source = "{{convert|" + call + "}}"
    text = convert({name: value.strip() for name, value in arguments(source)}, language)
    return text.replace("\u00a0", " ") if text is not None else None


@pytest.mark.parametrize(
    ("call", "shown"),
    [
        ("2|km|mi", "2 kilometres (1.2 mi)"),
        ("7|mi|km", "7 miles (11 km)"),
        ("7.0|mi|km", "7.0 miles (11.3 km)"),
        ("5,500.5|mi|km", "5,500.5 miles (8,852.2 km)"),
        ("1|lb|kg", "1 pound (0.45 kg)"),
        ("123|lb|kg", "123 pounds (56 kg)"),
        ("1|lb|kg|abbr=on", "1 lb (0.45 kg)"),
        ("1|lb|kg|abbr=off", "1 pound (0.45 kilograms)"),
        ("1|lb|kg|abbr=in", "1 lb (0.45 kilograms)"),
        ("10|mi|km|adj=on", "10-mile (16 km)"),
        ("9|in|cm|adj=on|abbr=on", "9 in (23 cm)"),
        ("123|ft|m|-1", "123 feet (40 m)"),
        ("123|ft|m", "123 feet (37 m)"),
        ("123|ft|m|1", "123 feet (37.5 m)"),
        ("123|ft|m|2", "123 feet (37.49 m)"),
        ("550|ft|m", "550 feet (170 m)"),
        ("500|ft|m|0", "500 feet (152 m)"),
        ("1200|ft|m|sigfig=4", "1,200 feet (365.8 m)"),
        ("1200|ft|m|sigfig=3", "1,200 feet (366 m)"),
        ("1200|ft|m|sigfig=1", "1,200 feet (400 m)"),
        ("10|m|ft|round=5", "10 metres (35 ft)"),
        ("10|C|F K", "10 °C (50 °F; 283 K)"),
        ("6|to|17|kg|lb", "6 to 17 kilograms (13 to 37 lb)"),
        ("2|-|5|km|mi|2|abbr=on", "2–5 km (1.24–3.11 mi)"),
        ("2|and|5|km|mi|sigfig=3|abbr=off", "2 and 5 kilometres (1.24 and 3.11 miles)"),
        ("6|x|12|m|ft|abbr=on", "6 m × 12 m (20 ft × 39 ft)"),
        ("6|x|12|m|ft", "6 by 12 metres (20 ft × 39 ft)"),
        ("6|by|12|m|ft", "6 by 12 metres (20 by 39 ft)"),
        ("10|mi|km|spell=in", "ten miles (16 km)"),
    ],
)
def test_the_documentation_has_it_so(call: str, shown: str) -> None:
    assert converted(call) == shown


@pytest.mark.parametrize(
    ("call", "shown"),
    [
        ("8611|m", "8,611 metres (28,251 ft)"),
        ("1500|m|ft", "1,500 metres (4,900 ft)"),
        ("1.8|m", "1.8 metres (5 ft 11 in)"),
        ("0.2|m", "0.2 metres (7.9 in)"),
        ("6|ft|1|in|m", "6 feet 1 inch (1.85 m)"),
        ("6|ft|1|in|cm|abbr=on", "6 ft 1 in (185 cm)"),
        ("6|ft|4|in|adj=on", "6-foot-4-inch (1.93 m)"),
        ("-40|C", "−40 °C (−40 °F)"),
        ("−2|to|0|C", "−2 to 0 °C (28 to 32 °F)"),
        ("-2|-|-1|C", "−2 – −1 °C (28–30 °F)"),
        ("20|C-change", "20 °C (36 °F)"),
        ("891.1|km2|abbr=on", "891.1 km2 (344.1 sq mi)"),
        ("640|acre", "640 acres (260 ha)"),
        ("1|acre", "1 acre (0.40 ha)"),
        ("100|nmi", "100 nautical miles (190 km; 120 mi)"),
        ("0.5|mi|m", "0.5 miles (800 m)"),
        ("1+1/2|in|mm", "1 1⁄2 inches (38 mm)"),
        ("1/2|in|mm", "1⁄2 inch (13 mm)"),
        ("93000|sqft|m2|abbr=on|order=flip", "8,600 m2 (93,000 sq ft)"),
        ("10|mi|km|order=flip", "16 kilometres (10 mi)"),
        ("204|m|ft|adj=mid|sp=us|-high", "204-meter-high (669 ft)"),
        ("4|mi|km|adj=pre|round-trip", "4 round-trip miles (6.4 km)"),
        ("120.1|m|disp=or", "120.1 metres or 394 feet"),
        ("5|km|mi|disp=out", "3.1 mi"),
        ("5|km|mi|disp=number", "3.1"),
        ("5|km|mi|disp=sqbr", "5 kilometres [3.1 mi]"),
        ("5|km|disp=comma|abbr=on", "5 km, 3.1 mi"),
        ("1000|hp|kW", "1,000 horsepower (750 kW)"),
        ("40|L", "40 litres (8.8 imp gal; 11 US gal)"),
        ("40|USgal|L|sp=us", "40 U.S. gallons (150 L)"),
        ("1234.5|PD/sqmi|PD/km2|1", "1,234.5 inhabitants per square mile (476.6/km2)"),
        ("100|/km2", "100 per square kilometre (260/sq mi)"),
        ("5|km|mi|lk=on", "5 [[Kilometre|kilometres]] (3.1 [[Mile|mi]])"),
        ("5|km|mi|lk=out|adj=on", "5-kilometre (3.1 [[Mile|mi]])"),
        ("5-10|km|mi", "5–10 kilometres (3.1–6.2 mi)"),
        ("5 to 10|km|mi", "5 to 10 kilometres (3.1 to 6.2 mi)"),
        ("3|to|5|mi|km|adj=on", "3-to-5-mile (4.8 to 8.0 km)"),
        ("10000|m|ft|comma=off", "10000 metres (33000 ft)"),
        ("8376|m||abbr=", "8,376 metres (27,480 ft)"),
        ("two|mi", None),
        ("10|mi|km|spell=On", "Ten miles (sixteen kilometres)"),
        ("2|mi|km|spell=on", None),
        ("0|C", "0 °C (32 °F)"),
        ("0|m|ft", "0 metres (0 ft)"),
    ],
)
def test_pages_have_it_so(call: str, shown: str | None) -> None:
    assert converted(call) == shown


@pytest.mark.parametrize(
    "call",
    [
        "",
        "5",
        "km|mi",
        "5|parrot",
        "5|km|parrot",
        "5|km|kg",
        "5e6|km",
        "5|km|mi|frac=8",
        "5|km|mi|disp=table",
        "5|km|mi|what=on",
        "5|km|mi|abbr=unit",
        "5|km|mi|1.5",
        "5|km|mi|1|more",
        "5|to||km",
        "1/0|in",
        "5|lbft|Nm",
        "5|lb.ft|abbr=in",
        "1|ly|m",
        "5|mm|mi",
        "5|C|K C|lk=what",
        "5|±|1|C",
        "1|bhp|lk=on",
    ],
)
def test_what_is_not_certain_is_not_shown(call: str) -> None:
    assert converted(call) is None


def test_other_wikis_write_it_in_other_words() -> None:
    assert converted("5|km|mi", "de") is None
    assert converted("5|km|mi", "simple") == "5 kilometres (3.1 mi)"


def test_units_refer_to_units() -> None:
    for codes, *_, default, _, _ in rows("units.tsv"):
        kind = unit_of(codes.split(",")[0])
        assert kind is not None
        for code in default.replace("ftin<3<", "").split():
            other = unit_of(code)
            assert other is not None, code
            assert other.kind == kind.kind, code
    assert all(unit_of(code) for pair in SUBUNITS for code in pair)


_GIVEN = ",5,1.50,0,-3,1+1/2,10000,99999999999999,km,mi,C,F,K,ft,in,ftin,m,lb,kg lb,m2,acre,2,-1"
_WORDS = st.sampled_from([*_GIVEN.split(","), *RANGES])
_OPTIONS = st.dictionaries(
    st.sampled_from(["abbr", "adj", "disp", "order", "lk", "sigfig", "round", "spell", "sp", "x"]),
    st.sampled_from(["on", "off", "in", "out", "mid", "flip", "or", "5", "us", "", "number"]),
)


@given(st.lists(_WORDS | st.text(max_size=4), max_size=7), _OPTIONS)
def test_no_arguments_make_it_fail(words: list[str], options: dict[str, str]) -> None:
    args = {str(number + 1): word for number, word in enumerate(words)}
    shown = convert(args | options, "en")
    assert shown is None or shown
