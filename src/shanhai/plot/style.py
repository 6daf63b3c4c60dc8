"""The look of every figure: fonts that exist, colours that all can tell apart, labels of quantities."""

import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font

from shanhai import data
from shanhai.core.notation import quantity

SINK, SOURCE, NEUTRAL = "#2166ac", "#b2182b", "#4d4d4d"
"""Blue is uptake by the sea, red is release to the air, in maps and bars alike."""
MISSING = "#c4c7cb"
CHINESE_FONTS = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Noto Sans SC",
    "Microsoft YaHei",
    "PingFang SC",
    "Hiragino Sans GB",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "SimHei",
    "Heiti SC",
    "STHeiti",
    "Noto Sans CJK JP",
    "Arial Unicode MS",
    "Droid Sans Fallback",
    "Noto Serif CJK SC",
    "SimSun",
)
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_UNIT_WORDS = {"degC": "°C", "umol": "µmol", "uatm": "µatm", "degree": "°"}
_CHEMICAL = re.compile(r"(?<![\\A-Za-z])(CO_2|H_2O|[A-Za-z]{2,})")
_LOOK = {
    "font.size": 9.0,
    "axes.titlesize": 10.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 9.0,
    "axes.linewidth": 0.7,
    "axes.edgecolor": "#333333",
    "axes.unicode_minus": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.labelsize": 8.0,
    "ytick.labelsize": 8.0,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "xtick.major.size": 3.0,
    "ytick.major.size": 3.0,
    "legend.fontsize": 8.0,
    "legend.frameon": False,
    "mathtext.fontset": "dejavusans",
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}


@cache
def chinese_font() -> str | None:
    """Name of a font with Chinese characters that matplotlib can use, or None.

    matplotlib brings none itself. Without one, figures are labelled in English, also in Chinese reports, and
    nothing is drawn as empty boxes; see `figure_language` and `drawable`.
    """
    known = {entry.name for entry in font_manager.fontManager.ttflist}
    return next((name for name in CHINESE_FONTS if name in known), None)


def figure_language(wanted: str) -> str:
    """Language that figures can really be labelled in: "zh" only where a Chinese font exists.

    >>> figure_language("en")
    'en'
    """
    return "zh" if wanted == "zh" and chinese_font() else "en"


def families() -> list[str]:
    """Font families in order; a later one serves the characters that an earlier one lacks."""
    font = chinese_font()
    return ["DejaVu Sans", font] if font else ["DejaVu Sans"]


@cache
def _characters(family: str) -> frozenset[int]:
    path = font_manager.findfont(font_manager.FontProperties(family=[family]))
    index = getattr(path, "face_index", 0)
    return frozenset(FT2Font(path, face_index=index).get_charmap() if index else FT2Font(path).get_charmap())


def drawable(text: str) -> bool:
    """Whether every character of a text has a glyph.

    >>> drawable("East China Sea, −3.7 mmol m⁻² d⁻¹")
    True
    """
    return all(any(ord(c) in _characters(f) for f in families()) for c in text if c.isprintable())


def plain(text: str, instead: str = "") -> str:
    r"""Text of a user made safe to draw: no markup, and `instead` where a glyph is missing.

    >>> plain("cost in $")
    'cost in \\$'
    """
    one_line = " ".join(text.split())
    return (one_line if drawable(one_line) else instead).replace("$", r"\$")


def unit_text(unit: str) -> str:
    """UDUNITS string as printed; empty for a pure number.

    >>> unit_text("mmol m-2 d-1"), unit_text("umol mol-1"), unit_text("km2"), unit_text("1")
    ('mmol m⁻² d⁻¹', 'µmol mol⁻¹', 'km²', '')
    """
    return " ".join(_unit_factor(word) for word in unit.split() if word != "1")


def _unit_factor(word: str) -> str:
    match = re.fullmatch(r"([A-Za-z%°µ]+)(-?\d+)?", word)
    if match is None:
        return word
    name, power = match.groups()
    return _UNIT_WORDS.get(name, name) + (power or "").translate(_SUPERSCRIPTS)


def symbol_text(symbol: str) -> str:
    r"""LaTeX symbol as mathtext with words and chemical formulas upright.

    >>> symbol_text("F_{CO_2}")
    '$F_{\\mathrm{CO_2}}$'
    """
    upright = _CHEMICAL.sub(lambda m: rf"\mathrm{{{m.group()}}}", symbol)
    return f"${upright}$"


def label(name: str, language: str = "en", *, with_name: bool = True) -> str:
    r"""Axis label of a quantity: name, symbol and unit of the notation table.

    Chinese labels are name and unit: beside a formula matplotlib draws text with one font only, and no font
    that comes with it has Chinese characters.

    >>> label("delta_pco2", with_name=False)
    '$\\Delta p_{\\mathrm{CO_2}}$ (Pa)'
    """
    about = quantity(name)
    unit = f"({text})" if (text := unit_text(about.unit)) else ""
    if figure_language(language) == "zh":
        return f"{about.zh} {unit}".rstrip()
    words = capital(spoken(about.meaning)) if with_name else ""
    return " ".join(part for part in (words, symbol_text(about.symbol), unit) if part)


def spoken(meaning: str) -> str:
    """Meaning of the notation table as a reader says it: formulas set, remarks after a comma left out.

    >>> spoken("air-sea CO2 flux, positive from the sea to the air")
    'air–sea CO₂ flux'
    """
    return meaning.split(",")[0].replace("CO2", "CO₂").replace("air-sea", "air–sea")


def capital(text: str) -> str:
    """Text with its first letter in upper case."""
    return text[:1].upper() + text[1:]


@contextmanager
def look() -> Iterator[None]:
    """Settings of matplotlib while a figure is built or saved, put back afterwards."""
    settings: Any = {**_LOOK, "font.family": families()}
    with mpl.rc_context(settings):
        yield


def new_figure(width: float, height: float, *, fixed_shape: bool = False) -> Figure:
    """Empty figure that lays itself out; sizes in inches; `fixed_shape` for maps. Call inside `look`."""
    figure = Figure(figsize=(width, height), layout="compressed" if fixed_shape else "constrained")
    FigureCanvasAgg(figure)
    return figure


def titles(figure: Figure, title: str, *foot: str) -> None:
    """Title above that says what and when; in grey below, lines on mode, law and colours."""
    width = float(figure.get_figwidth())
    figure.suptitle(wrapped(plain(title), int(width * 11)), fontsize=10, fontweight="bold", x=0.012, ha="left")
    lines = [wrapped(plain(line), int(width * 15)) for line in foot if line]
    if lines:
        figure.supxlabel("\n".join(lines), fontsize=7.5, color="#555555", x=0.012, ha="left", linespacing=1.5)


def wrapped(text: str, most: int) -> str:
    r"""Break a text into lines of so many half-width characters; Chinese ones count twice and break anywhere.

    >>> wrapped("Mean flux of the year", 12)
    'Mean flux of\nthe year'
    """
    lines, used = [""], 0
    for piece in re.findall(r"[⺀-鿿＀-￯]|[^\s⺀-鿿＀-￯]+\s*|\s+", text):
        length = sum(2 if ord(c) >= 0x2E80 else 1 for c in piece.rstrip())
        if used and used + length > most:
            lines.append("")
            used = 0
        lines[-1] += piece
        used += length + len(piece) - len(piece.rstrip())
    return "\n".join(line.rstrip() for line in lines)


def save(figure: Figure, path: Path, dots_per_inch: int = 200) -> Path:
    """Write a PNG; the same figure gives the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with look():
        figure.savefig(
            path,
            dpi=dots_per_inch,
            format="png",
            bbox_inches="tight",
            pad_inches=0.06,
            metadata={"Software": None},
        )
    return path


def round_limit(value: float) -> float:
    """Smallest handsome number not below a positive value; 1 for nothing.

    >>> round_limit(13.2), round_limit(0.071), round_limit(0.0)
    (15.0, 0.08, 1.0)
    """
    if not 0 < value < float("inf"):
        return 1.0
    power = 10.0 ** _floor_log10(value)
    step = next(s for s in (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if s * power >= value * (1 - 1e-9))
    return float(f"{step * power:.6g}")


def _floor_log10(value: float) -> int:
    return int(f"{value:e}".split("e")[1])


def texts(language: str, section: str = "figures", *, drawn: bool = True) -> dict[str, str]:
    """Words of a section of `report.toml` in one language.

    Args:
        language: "en" or "zh".
        section: "figures" and others.
        drawn: words of figures come in the language that can be drawn; False for words that go into HTML.
    """
    chosen = figure_language(language) if section == "figures" and drawn else language
    return {key: row[chosen] for key, row in _all_texts()[section].items()}


@cache
def _all_texts() -> dict[str, Any]:
    return tomllib.loads(data.path("report.toml").read_text(encoding="utf8"))
