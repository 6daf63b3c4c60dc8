"""Numbers, time spans and verdicts of a report in words of either language."""

import calendar
import math
import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from shanhai.monitoring.areas import WHOLE_REGION
from shanhai.monitoring.net_flux import coverage
from shanhai.plot import style
from shanhai.plot.bars import carbon_unit

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_SEASONS_ZH = {"DJF": "冬季", "MAM": "春季", "JJA": "夏季", "SON": "秋季"}
_MONTHS_TO_AUGUST = ("January", "February", "March", "April", "May", "June", "July", "August")
_MONTHS = (*_MONTHS_TO_AUGUST, "September", "October", "November", "December")


def number(value: Any, digits: int = 3) -> str:
    """Number with so many significant digits, a real minus sign, and powers of ten only where they help.

    >>> number(-2.93461), number(2.934e8), number(0.0), number(float("nan")), number(101325.0, 6)
    ('−2.93', '2.93×10⁸', '0', '–', '101325')
    """
    x = float(value)
    if not math.isfinite(x):
        return "–"
    if x == 0:
        return "0"
    exponent = int(f"{x:.{digits - 1}e}".split("e")[1])
    if -3 <= exponent < max(digits, 5):
        text = f"{x:.{max(digits - 1 - exponent, 0)}f}"
    else:
        text = f"{x / 10.0**exponent:.{digits - 1}f}×10{str(exponent).translate(_SUPERSCRIPTS)}"
    return text.replace("-", "−")


def integer(value: Any) -> str:
    """Count with thin spaces between thousands.

    >>> integer(1234567)
    '1\u202f234\u202f567'
    """
    return "–" if pd.isna(value) else f"{int(value):,}".replace(",", "\u202f").replace("-", "−")


def percent(share: Any, digits: int = 0) -> str:
    """Share as per cent.

    >>> percent(0.8249)
    '82%'
    """
    return "–" if pd.isna(share) else f"{100 * float(share):.{digits}f}%"


def mass(kilograms: float, spread: float = math.nan) -> str:
    """Mass of carbon with its standard uncertainty, in kg and in a prefixed gram.

    >>> mass(-2.93e8)
    '−2.93×10⁸ kg C (−293 Gg C)'
    >>> mass(2.93e9, 4.1e8)
    '(2.93 ± 0.41)×10⁹ kg C (2.93 ± 0.41 Tg C)'
    """
    if not math.isfinite(kilograms) or carbon_unit([kilograms])[0] == 1.0:
        return mass_in_kg(kilograms, spread)
    return f"{mass_in_kg(kilograms, spread)} ({mass_in_grams(kilograms, spread)})"


def mass_in_kg(kilograms: float, spread: float = math.nan) -> str:
    """Mass of carbon in kilograms with its standard uncertainty."""
    if not math.isfinite(kilograms):
        return "–"
    exponent = int(f"{kilograms:.2e}".split("e")[1])
    if abs(exponent) < 4:
        return f"{_pair(kilograms, spread)} kg C"
    both = _pair(kilograms / 10.0**exponent, spread / 10.0**exponent)
    bracketed = f"({both})" if "±" in both else both
    return f"{bracketed}×10{str(exponent).translate(_SUPERSCRIPTS)} kg C"


def mass_in_grams(kilograms: float, spread: float = math.nan) -> str:
    """Mass of carbon in the prefixed gram that suits it, with its standard uncertainty.

    >>> mass_in_grams(-2.934e8, 4.1e7)
    '−293 ± 41 Gg C'
    """
    if not math.isfinite(kilograms):
        return "–"
    size, unit = carbon_unit([kilograms])
    return f"{_pair(kilograms / size, spread / size)} {unit} C"


def _pair(value: float, spread: float) -> str:
    """Value ± spread, both to the second digit of the spread, with three digits where there is none."""
    if not (math.isfinite(spread) and spread > 0):
        return number(value)
    decimals = min(1 - int(f"{spread:.1e}".split("e")[1]), 6)
    both = (round(value, decimals), round(spread, decimals))
    return " ± ".join(f"{x:.{max(decimals, 0)}f}" for x in both).replace("-", "−")


def span_text(label: str, language: str, words: Mapping[str, str]) -> str:
    """Label of a time span as a reader would say it.

    >>> span_text("2010-03", "en", {}), span_text("2010-03", "zh", {}), span_text("2010-DJF", "zh", {})
    ('March 2010', '2010年3月', '2010年冬季')
    """
    text = str(label)
    if text == "all":
        return words["whole_span"]
    if match := re.fullmatch(r"(\d{4})-(\d{2})(?:-(\d{2}))?", text):
        return _date_text(int(match[1]), int(match[2]), match[3], language)
    if language == "zh" and re.fullmatch(r"\d{4}", text):
        return f"{text}年"
    season = re.search(r"DJF|MAM|JJA|SON", text)
    year = re.search(r"\d{4}", text)
    if season and year:
        return f"{year[0]}年{_SEASONS_ZH[season[0]]}" if language == "zh" else f"{season[0]} {year[0]}"
    return text


def _date_text(year: int, month: int, day: str | None, language: str) -> str:
    if language == "zh":
        return f"{year}年{month}月" + (f"{int(day)}日" if day else "")
    return (f"{int(day)} " if day else "") + f"{month_text(month, language)} {year}"


def month_text(month: int, language: str) -> str:
    """Name of a calendar month.

    >>> month_text(3, "en"), month_text(3, "zh")
    ('March', '3月')
    """
    return f"{month}月" if language == "zh" else _MONTHS[month - 1]


def sign_class(net: float, spread: float) -> str:
    """Class of a net flux: sink, source, neutral (within two standard uncertainties of zero) or none.

    >>> sign_class(-2.9e8, 1e8), sign_class(1e7, 1e7), sign_class(float("nan"), 1.0)
    ('sink', 'neutral', 'none')
    """
    if not math.isfinite(net):
        return "none"
    if net == 0 or (math.isfinite(spread) and abs(net) < 2 * spread):
        return "neutral"
    return "sink" if net < 0 else "source"


def area_text(name: str, words: Mapping[str, str]) -> str:
    """Name of a sea area; that of the whole region in words.

    >>> area_text("region", {"whole_region": "the monitored region"}), area_text("Bohai", {})
    ('the monitored region', 'Bohai')
    """
    return words["whole_region"] if name == WHOLE_REGION else name


def net_flux_sentences(area: str, span: str, net: float, spread: float, share: float, language: str) -> list[str]:
    """What the net flux of one sea area and time span says, and how well the area is covered.

    Args:
        area: name of the sea area.
        span: time span as a reader says it.
        net: net flux [kg C], positive to the air.
        spread: its standard uncertainty [kg C], NaN when unknown.
        share: valid part of the area [1].
        language: "en" or "zh".
    """
    words = style.texts(language, "words")
    if not math.isfinite(net):
        key = "none_sentence"
    else:
        key = "sink_sentence" if net < 0 else "source_sentence" if net > 0 else "zero_sentence"
    first = words[key].format(span=span, area=area, mass=mass(abs(net), spread).replace(" ± ", "\u00a0±\u00a0"))
    doubt = [words["uncertain_sentence"]] if sign_class(net, spread) == "neutral" and net != 0 else []
    kind = coverage(share) if math.isfinite(share) else "unknown"
    return [first, *doubt, words[f"coverage_{kind}"].format(share=percent(share))]


def period_text(first: str, last: str, language: str) -> str:
    """From the first to the last month or day, as short as it can be said.

    >>> [period_text("2010-01", end, "en") for end in ("2010-12", "2010-03", "2012-12", "2011-02", "2010-01")]
    ['2010', 'January to March 2010', '2010 to 2012', 'January 2010 to February 2011', 'January 2010']
    >>> period_text("2009-08-01", "2009-08-31", "en"), period_text("2009-08-01", "2009-08-30", "en")
    ('August 2009', '1 August 2009 to 30 August 2009')
    """
    words = style.texts(language, "words")
    if first.endswith("-01") and len(first) == len(last) == 10 and _ends_a_month(last):
        first, last = first[:7], last[:7]
    if len(first) == len(last) == 7 and first != last:
        if first.endswith("-01") and last.endswith("-12"):
            first, last = first[:4], last[:4]
        elif first[:4] == last[:4]:
            months = (month_text(int(label[5:]), language) for label in (first, last))
            return words["months_of_year"].format(year=first[:4], months=words["to"].join(months))
    begin, end = (span_text(label, language, words) for label in (first, last))
    return begin if begin == end else f"{begin}{words['to']}{end}"


def _ends_a_month(day: str) -> bool:
    return calendar.monthrange(int(day[:4]), int(day[5:7]))[1] == int(day[8:])
