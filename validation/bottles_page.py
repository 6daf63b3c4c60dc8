"""Tables of docs/validation_bottles.md, made from the numbers: text between a pair of comments is theirs."""

from collections.abc import Callable
from math import sqrt
from pathlib import Path
from typing import Any

from validation.bottles_depth import CARBON_OXYGEN, NITROGEN_OXYGEN
from validation.page import BLOCK, number, table


def fill(path: Path, numbers: dict[str, Any]) -> None:
    """Bring the tables of the page up to date."""
    path.write_text(filled(path.read_text(encoding="utf8"), numbers), encoding="utf8")


def filled(text: str, numbers: dict[str, Any]) -> str:
    """The page with every table made anew."""
    return BLOCK.sub(lambda found: f"{found[1]}\n{TABLES[found[2]](numbers)}\n\n{found[3]}", text)


def _samples(numbers: dict[str, Any]) -> str:
    s = numbers["samples"]
    return f"{s['rows']} bottles at {s['stations']} stations; {s['pairs']} of them have DIC, alkalinity and salinity."


def _mean(row: dict[str, Any], digits: int = 1) -> str:
    return f"{number(row['mean'], digits)} ± {row['sd']:.{digits}f}"


def _against_map(numbers: dict[str, Any], name: str) -> str:
    head = ("stations", "n", "mean ± standard deviation", "standard error", "median", "expected", "with constants")
    head = (*head, "within two of it")
    rows = [
        (
            r["where"],
            f"{r['n']}",
            _mean(r),
            f"{r['sd'] / sqrt(r['n']):.1f}",
            number(r["median"], 1),
            f"{r['scatter']:.1f}",
            f"{r['expected']:.1f}",
            f"{100 * r['within_two']:.0f} %",
        )
        for r in numbers["surface"][name]
    ]
    return table(head, rows)


def _dic(numbers: dict[str, Any]) -> str:
    further = numbers["surface"]["as_measured"]
    last = (
        "With the temperature of the bottle in place of that of the map, offshore:"
        f" {_mean(further)} (n = {further['n']})."
        f" {numbers['surface']['without_map']} stations lie where the map has no value."
    )
    return f"{_against_map(numbers, 'dic')}\n\n{last}"


def _alkalinity(numbers: dict[str, Any]) -> str:
    west = numbers["surface"]["alkalinity_west"]
    rows = [(r["part"], f"{r['n']}", _mean(r)) for r in numbers["surface"]["alkalinity"]]
    rows.append(("30° N and north, were longitude counted to the west", f"{west['n']}", _mean(west)))
    return table(("offshore, upper 20 dbar", "n", "computed − measured, µmol kg-1"), rows)


def _oxygen(numbers: dict[str, Any]) -> str:
    o = numbers["depth"]["oxygen"]
    rows = [(f"saturation, {r['where']}, upper 10 dbar, %", f"{r['n']}", _mean(r)) for r in o["saturation"]]
    rows.append(("sensor of the CTD − titration, all depths, µmol kg-1", f"{o['sensor']['n']}", _mean(o["sensor"])))
    rows.append(("the same, median of the size", f"{o['sensor']['n']}", f"{o['sensor_median']:.1f}"))
    return table(("oxygen", "n", "mean ± standard deviation"), rows)


def _slopes(numbers: dict[str, Any]) -> str:
    rows = [
        (
            f"{r['low']:.1f} to {r['high']:.1f}",
            f"{r['n']}",
            *(number(r[q], 3) for q in ("dic", "soft", "nitrate")),
        )
        for r in numbers["depth"]["oxygen"]["along"]
    ]
    for who, ratio in CARBON_OXYGEN.items():
        rows.append((who, "", "", f"{ratio:.3f}", f"{NITROGEN_OXYGEN[who]:.3f}"))
    return table(("σθ, kg m-3", "n", "DIC", "DIC − ½(TA + NO3)", "NO3"), rows)


def _respired(numbers: dict[str, Any]) -> str:
    o = numbers["depth"]["oxygen"]
    deep = o["deep"]
    rows = [
        ("samples below 1000 dbar", f"{deep['n']}"),
        ("slope against AOU ± standard error", f"{deep['slope']:.3f} ± {deep['error']:.3f}"),
        *((f"ratio of {who}", f"{ratio:.3f}") for who, ratio in CARBON_OXYGEN.items()),
        ("correlation", f"{deep['r']:.3f}"),
        ("standard deviation about the line, µmol kg-1", f"{deep['residual']:.1f}"),
        ("excess over (117/170) AOU, µmol kg-1", _mean(deep["excess"])),
    ]
    layers = [(f"{r['from']} to {r['to']}", f"{r['n']}", _mean(r)) for r in o["layers"]]
    last = f"Equilibrium with 375 in place of 280 µatm adds {_mean(o['air'])} µmol kg-1 to surface water offshore."
    first = table(("DIC less preformed DIC and dissolved carbonate", ""), rows)
    return f"{first}\n\n{table(('dbar', 'n', 'excess, µmol kg-1'), layers)}\n\n{last}"


def _horizon(numbers: dict[str, Any]) -> str:
    head = ("transect", "latitude, °N", "stations", "with Ω < 1", "shallowest, dbar", "median", "deepest")
    rows = [
        (
            f"{r['transect']}",
            f"{r['latitude']:.1f}",
            f"{r['stations']}",
            f"{r['horizons']}",
            *(f"{r[q]:.0f}" for q in ("shallowest", "median", "deepest")),
        )
        for r in numbers["depth"]["aragonite"]["transects"]
    ]
    return table(head, rows)


def _at_horizon(numbers: dict[str, Any]) -> str:
    at = numbers["depth"]["aragonite"]["at_horizon"]
    published = {"pH": "7.75", "pCO2": "850", "dic": "2190", "sigma": "26.2"}
    label = {"pH": "pH, total scale", "pCO2": "pCO2, µatm", "dic": "DIC, µmol kg-1", "sigma": "σθ, kg m-3"}
    digits = {"pH": 3, "pCO2": 0, "dic": 0, "sigma": 2}
    rows = [(label[q], f"{at[q]['n']}", _mean(at[q], digits[q]), published[q]) for q in published]
    return table(("where Ω falls to one", "profiles", "computed", "from memory of the paper, unverified"), rows)


def _outcrop(numbers: dict[str, Any]) -> str:
    a = numbers["depth"]["aragonite"]
    bottles = {b["station"]: b for b in [*a["transect_5"][-4:], *a["outcrops"]]}
    head = ("transect, station", "°N, °W", "water, m", "dbar", "σθ", "DIC", "TA", "pH", "pCO2, µatm", "Ω of aragonite")
    rows = [
        (
            f"{b['transect']:.0f}, {b['station']:g}",
            f"{b['latitude']:.2f}, {-b['longitude']:.2f}",
            f"{b['bottom']:.0f}",
            f"{b['pressure']:.1f}",
            f"{b['sigma']:.2f}",
            f"{b['dic']:.1f}",
            f"{b['alkalinity']:.1f}",
            f"{b['pH']:.3f} ± {b['u_pH']:.3f}",
            f"{b['pCO2']:.0f} ± {b['u_pCO2']:.0f}",
            f"{b['omega_aragonite']:.2f} ± {b['u_omega_aragonite']:.2f}",
        )
        for b in bottles.values()
    ]
    return table(head, rows)


def _other_code(numbers: dict[str, Any]) -> str:
    code = numbers["depth"]["other_code"]
    if code is None:
        return "PyCO2SYS was not installed when these numbers were made."
    rows = [
        (name, f"{code['n']}", f"{code['below'][key]:.0e}".replace("-", "−"), f"{code['default'][key]:.1g}")
        for key, name in (("pH", "pH"), ("pCO2", "pCO2, µatm"), ("omega_aragonite", "Ω of aragonite"))
    ]
    head = (f"PyCO2SYS {code['version']}", "bottles", "differs by less than", "differs with its own defaults by up to")
    return table(head, rows)


TABLES: dict[str, Callable[[dict[str, Any]], str]] = {
    "samples": _samples,
    "dic": _dic,
    "pco2": lambda numbers: _against_map(numbers, "pco2"),
    "alkalinity": _alkalinity,
    "oxygen": _oxygen,
    "slopes": _slopes,
    "respired": _respired,
    "horizon": _horizon,
    "at_horizon": _at_horizon,
    "outcrop": _outcrop,
    "other_code": _other_code,
}
