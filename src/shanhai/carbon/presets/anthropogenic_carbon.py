"""Every method of anthropogenic carbon on a synthetic section, against the truth that it was made from."""

from typing import Any, Literal, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jax import Array
from numpy.typing import NDArray

from shanhai.carbon.anthropogenic import estimate
from shanhai.carbon.anthropogenic.estimates import Estimate
from shanhai.carbon.anthropogenic.synthetic import DEPTHS, LATITUDES, Cruise, section
from shanhai.core.ledger import BAR, Row
from shanhai.core.params import par
from shanhai.models.box.result import Number, Result, Series
from shanhai.seawater.remineralisation import stoichiometry

Numbers = NDArray[np.float64]
Ratios = Literal[
    "redfield_1963", "takahashi_1985", "anderson_sarmiento_1994", "anderson_1995", "gruber_1996", "kortzinger_2001"
]
Tracer = Literal["cfc11", "cfc12", "sf6"]

FROM = 100.0  # dbar; above, water is still in touch with the air and methods of the interior do not speak
UNIT = "umol kg-1"


def _cruise(year: float, heave: float, respiration: float) -> Cruise:
    return Cruise(jnp.asarray(year), jnp.asarray(heave), jnp.asarray(respiration))


class Settings(eqx.Module):
    """Two cruises along one section, and what the methods are told.

    Args:
        earlier: first cruise, used by eMLR only.
        later: second cruise.
        width_ratio: Δ/Γ that TTD assumes with one tracer.
        saturation: share of equilibrium at which TTD takes tracers to sink.
        followed: share of the rise of CO2 that TTD takes surface water to have followed.
        stoichiometry: ratios of ΔC* and C*; those of the truth are anderson_sarmiento_1994.
        tracer: of the ages of ΔC*, and the first of TTD.
        second_tracer: that TTD finds the width with.
        seed: of the noise.
    """

    earlier: Cruise = eqx.field(default_factory=lambda: _cruise(1995.0, 0.0, 1.0))
    later: Cruise = eqx.field(default_factory=lambda: _cruise(2010.0, 30.0, 1.04))
    width_ratio: Array = par(
        1.0, "1", source="Waugh et al. (2006), Tellus 58B, 376", bounds=(0.05, 3.0), meaning="Δ/Γ assumed by TTD"
    )
    saturation: Array = par(
        1.0, "1", source="Waugh et al. (2006)", bounds=(0.1, 1.2), meaning="saturation of tracers assumed by TTD"
    )
    followed: Array = par(
        1.0, "1", source="Waugh et al. (2006)", bounds=(0.0, 1.5), meaning="share of the rise of CO2 followed, in TTD"
    )
    stoichiometry: Ratios = eqx.field(static=True, default="gruber_1996")
    tracer: Tracer = eqx.field(static=True, default="cfc12")
    second_tracer: Tracer = eqx.field(static=True, default="sf6")
    seed: int = eqx.field(static=True, default=1)


class Compared(NamedTuple):
    """An estimate beside its truth.

    Args:
        name: of the method, as in figures.
        key: of the method, in names of numbers.
        found: the estimate.
        truth: (sample,).
    """

    name: str
    key: str
    found: Estimate
    truth: Numbers


def run(settings: Settings) -> Result:
    """Make the section, estimate, compare.

    Args:
        settings: see `Settings`.

    Returns:
        sections of truth and estimates over latitude and pressure, bias and error of every method.
    """
    earlier = section(settings.earlier, seed=settings.seed)
    later = section(settings.later, seed=settings.seed + 1)
    at_first = eqx.tree_at(lambda cruise: cruise.year, settings.later, settings.earlier.year)
    change = (later["true_c_ant"] - section(at_first, seed=0)["true_c_ant"]).to_numpy()
    whole = _since_industry(later, settings)
    parts = _between(earlier, later, change, settings)
    return Result(
        _coordinates(whole, parts),
        _series(later, change, whole, parts),
        _numbers([*whole, *parts], later),
        (_ledger(later),),
        tuple(f"{each.name}: {note}" for each in [*whole, *parts] for note in each.found.notes),
    )


def _since_industry(table: pd.DataFrame, s: Settings) -> list[Compared]:
    ratios = stoichiometry(s.stoichiometry)
    ttd: dict[str, Any] = {name: float(getattr(s, name)) for name in ("width_ratio", "saturation", "followed")}
    star: dict[str, Any] = {"tracer": s.tracer, "ratios": ratios}
    asked: list[tuple[str, str, str, dict[str, Any]]] = [
        ("ΔC*", "cstar", "cstar", star),
        ("TTD, one tracer", "ttd", "ttd", {"tracers": (s.tracer,), **ttd}),
        ("TTD, two tracers", "ttd_two", "ttd", {"tracers": (s.tracer, s.second_tracer), **ttd}),
        ("φCT° form", "phi_ct", "phi_ct", star),
        ("TrOCA", "troca", "troca", {}),
    ]
    truth = table["true_c_ant"].to_numpy()
    return [Compared(name, key, estimate(table, method, **options), truth) for name, key, method, options in asked]


def _between(earlier: pd.DataFrame, later: pd.DataFrame, change: Numbers, s: Settings) -> list[Compared]:
    ratios = stoichiometry(s.stoichiometry)
    plain = estimate(later, "emlr", earlier=earlier, response="dic")
    star = estimate(later, "emlr", earlier=earlier, response="c_star", ratios=ratios)
    return [Compared("eMLR", "emlr", plain, change), Compared("eMLR(C*)", "emlr_cstar", star, change)]


def _coordinates(whole: list[Compared], parts: list[Compared]) -> dict[str, Series]:
    return {
        "method": Series(np.array([each.name for each in whole]), ("method",), "1", "method, since industry"),
        "change_method": Series(np.array([e.name for e in parts]), ("change_method",), "1", "method, between cruises"),
        "latitude": Series(np.array(LATITUDES, dtype=float), ("latitude",), "degree", "latitude"),
        "pressure": Series(1.012 * np.array(DEPTHS, dtype=float), ("pressure",), "dbar", "sea pressure"),
    }


def _grid(values: Any) -> Numbers:
    return np.asarray(values, dtype=float).reshape(len(LATITUDES), len(DEPTHS))


def _series(table: pd.DataFrame, change: Numbers, whole: list[Compared], parts: list[Compared]) -> dict[str, Series]:
    place = ("latitude", "pressure")
    told = {
        "c_ant": (whole, "method", "anthropogenic carbon since industry"),
        "c_ant_change": (parts, "change_method", "anthropogenic carbon between the cruises"),
    }
    found = {
        "true_c_ant": Series(_grid(table["true_c_ant"]), place, UNIT, "true anthropogenic carbon since industry"),
        "true_c_ant_change": Series(_grid(change), place, UNIT, "true anthropogenic carbon between the cruises"),
        "true_mean_age": Series(_grid(table["true_mean_age"]), place, "yr", "true mean age"),
    }
    for name, (each, dim, meaning) in told.items():
        values = np.stack([_grid(e.found.c_ant) for e in each])
        errors = np.stack([_grid(e.found.uncertainty) for e in each])
        found[name] = Series(values, (dim, *place), UNIT, f"estimated {meaning}")
        found[f"{name}_uncertainty"] = Series(errors, (dim, *place), UNIT, f"standard deviation of {meaning}")
    ages = next(e for e in whole if e.key == "ttd").found.details
    if ages is not None:
        found["ttd_mean_age"] = Series(_grid(ages["mean_age"]), place, "yr", "mean age by TTD, one tracer")
    return found


def weights(table: pd.DataFrame) -> Numbers:
    """Share of each sample in the section below 100 dbar: thickness of its layer and cosine of latitude, (sample,)."""
    thickness = np.tile(np.gradient(np.array(DEPTHS, dtype=float)), len(LATITUDES))
    weight = thickness * np.cos(np.radians(table["latitude"].to_numpy())) * (table["pressure"].to_numpy() > FROM)
    return weight / weight.sum()


def _numbers(each: list[Compared], table: pd.DataFrame) -> tuple[Number, ...]:
    share, deep = weights(table), table["pressure"].to_numpy() > FROM
    numbers = [
        Number(f"{name}_truth", float(share @ truth), UNIT, f"true section mean {when}")
        for name, truth, when in (("whole", each[0].truth, "since industry"), ("change", each[-1].truth, "of change"))
    ]
    for one in each:
        off = one.found.c_ant.to_numpy() - one.truth
        known = deep & np.isfinite(off)
        mean = float(share[known] @ off[known] / share[known].sum())
        within = np.abs(off[known]) <= 2.0 * one.found.uncertainty.to_numpy()[known]
        numbers += [
            Number(f"{one.key}_bias", mean, UNIT, f"{one.name} minus truth, section mean below {FROM:g} dbar"),
            Number(f"{one.key}_rms", float(np.sqrt(np.mean(off[known] ** 2))), UNIT, f"{one.name}, root mean square"),
            Number(f"{one.key}_covered", float(within.mean()), "1", f"{one.name}, share within two of its uncertainty"),
        ]
    return tuple(numbers)


def _ledger(table: pd.DataFrame) -> Row:
    """DIC of the section is the sum of what it was made of."""
    made = {
        name: float(table[f"true_{name}"].sum())
        for name in ("preformed", "remineralised", "calcium_carbonate", "c_ant")
    }
    total = float(table["true_dic"].sum())
    left = (table["true_dic"] - sum(table[f"true_{name}"] for name in made)).to_numpy()
    scale = 2.0 * total
    worst = float(np.max(np.abs(left) / (2.0 * table["true_dic"].to_numpy()))) / BAR
    return Row("section", "C", 1e-6 * total, 0.0, 0.0, 1e-6 * float(left.sum()), 1e-6 * scale, worst, {
        name: 1e-6 * amount for name, amount in made.items()
    })  # fmt: skip
