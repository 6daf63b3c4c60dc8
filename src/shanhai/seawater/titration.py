r"""Titration of sea water with hydrochloric acid: the curve a sample gives, and the alkalinity a curve gives back.

The acid is made up with sodium chloride to the ionic strength of the sample, so that constants stay what they are in
the sample, as constants of the free scale; what the sample brings is diluted by the acid, by mass.

Source: Dickson (1981), Deep-Sea Res. 28, 609; Dickson, Sabine & Christian (2007), Guide to best practices, SOP 3a
and 3b.
"""

from collections.abc import Callable
from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.constants import FARADAY_CONSTANT, GAS_CONSTANT, ZERO_CELSIUS
from shanhai.core.errors import InputError
from shanhai.seawater.co2system.acids import OrganicAcid, Water, other_alkalinity
from shanhai.seawater.co2system.given import solve_in
from shanhai.seawater.co2system.solver import carbonate_alkalinity
from shanhai.seawater.co2system.system import CarbonateSystem

Cell = Literal["closed", "open"]

GRAN_RANGE = (3.0, 3.5)
"""pH between which nothing but the strong acid, bisulfate and HF takes protons: SOP 3b."""

_STEPS = 12
_WITH_PROTON = ("k1", "k2", "kb", "kw", "kp1", "kp2", "kp3", "ksi", "knh3", "kh2s", "kno2")


class Curve(NamedTuple):
    """A titration curve.

    Args:
        acid_mass: of acid added [kg].
        ph: on the total scale of the undiluted sample [1].
        emf: of the cell [V].
        dic: carbon left in the cell [mol kg-1 of the mixture].
        alkalinity: left, negative beyond the end point [mol kg-1 of the mixture].
    """

    acid_mass: Array
    ph: Array
    emf: Array
    dic: Array
    alkalinity: Array


class Titrated(NamedTuple):
    """What a titration curve says.

    Args:
        alkalinity: of the sample [mol kg-1].
        standard_emf: E0 of the cell [V].
        dic: of the sample; zero for an open cell [mol kg-1].
        gran_alkalinity: by Gran's straight line, the first guess [mol kg-1].
        misfit: root mean square of what is left of the balance of protons [mol kg-1].
    """

    alkalinity: Array
    standard_emf: Array
    dic: Array
    gran_alkalinity: Array
    misfit: Array


def nernst_slope(temperature: ArrayLike) -> Array:
    r"""Slope of an ideal glass electrode by ln [H], RT/F.

    Args:
        temperature: [degC].

    Returns:
        slope [V].

    >>> round(float(nernst_slope(25.0)) * 2.302585 * 1e3, 3)  # mV per pH
    59.159
    """
    return GAS_CONSTANT * (jnp.asarray(temperature) + ZERO_CELSIUS) / FARADAY_CONSTANT


def titration_curve(
    sample: CarbonateSystem,
    acid_mass: ArrayLike,
    sample_mass: ArrayLike,
    acid: ArrayLike,
    cell: Cell = "closed",
    standard_emf: ArrayLike = 0.4,
) -> Curve:
    r"""Curve that a sample gives in a closed cell, or in an open cell from which all CO2 has been driven.

    $$c' = \frac{m_0}{m_0 + m}\,c, \qquad A' = \frac{m_0 A_T - m\,C}{m_0 + m}, \qquad E = E_0 + \frac{RT}{F}\ln[H]$$

    Source: Dickson (1981); Dickson et al. (2007), SOP 3b. [H] is [H]_F (1 + S_T/K_S) with the sulfate of the sample
    before dilution, as there.

    Args:
        sample: solved at the temperature of the titration, shape () or that of acid_mass.
        acid_mass: m added [kg], any shape.
        sample_mass: m0 [kg].
        acid: C, HCl in the acid [mol kg-1].
        cell: "closed" keeps all carbon; "open" has none left, at any point.
        standard_emf: E0 [V].

    Returns:
        `Curve`, of the shape of acid_mass.

    Raises:
        InputError: for another cell.

    Valid: acid of the ionic strength of the sample; at the surface.

    >>> from shanhai.seawater import Conditions, solve_system
    >>> pair = {"dic": jnp.array(2000e-6), "alkalinity": jnp.array(2300e-6)}
    >>> sample = solve_system(pair, Conditions(jnp.array(25.0), jnp.array(35.0)))
    >>> curve = titration_curve(sample, jnp.array([0.0, 2e-3, 4e-3]), 0.14, 0.1)
    >>> [round(float(ph), 3) for ph in curve.ph]
    [8.046, 5.735, 3.268]
    """
    if cell not in ("closed", "open"):
        raise InputError(f"there is no {cell!r} cell", where="titration_curve", do='say "closed" or "open"')
    m, m0, c = jnp.asarray(acid_mass), jnp.asarray(sample_mass), jnp.asarray(acid)
    dilution = m0 / (m0 + m)
    alkalinity = dilution * sample.alkalinity - (1.0 - dilution) * c
    dic = dilution * sample.dic if cell == "closed" else jnp.zeros_like(alkalinity)
    of = diluted(sample.water, dilution)
    found = solve_in(of, {"dic": dic, "alkalinity": alkalinity}, sample.conditions, sample.options)
    h = found.h / of.total_to_free * sample.water.total_to_free
    emf = jnp.asarray(standard_emf) + nernst_slope(sample.conditions.temperature) * jnp.log(h)
    return Curve(m, -jnp.log10(h), emf, dic, alkalinity)


def diluted(water: Water, dilution: ArrayLike) -> Water:
    """A water diluted by acid of its own ionic strength: totals fall, and constants of the free scale stay.

    Args:
        water: constants and totals of the sample.
        dilution: mass of sample in the mixture [1].
    """
    x = jnp.asarray(dilution)
    totals = type(water.totals)(*(x * amount for amount in water.totals))
    given = {k: x * v for k, v in water.solutes._asdict().items() if v is not None and k != "organic"}
    after = water._replace(totals=totals)
    scale = after.total_to_free / water.total_to_free
    acids = tuple(OrganicAcid(x * acid.total, acid.k * scale) for acid in water.solutes.organic)
    moved = {name: getattr(water.constants, name) * scale for name in _WITH_PROTON}
    return after._replace(
        constants=water.constants._replace(**moved), solutes=water.solutes._replace(**given, organic=acids)
    )


def gran_alkalinity(
    acid_mass: ArrayLike, emf: ArrayLike, weight: ArrayLike, sample_mass: ArrayLike, acid: ArrayLike, slope: ArrayLike
) -> tuple[Array, Array]:
    r"""First guess of alkalinity and E0 from the straight line of Gran's function beyond the end point.

    $$F_1 = (m_0 + m)\,e^{E/(RT/F)} \propto m - m_{eq}, \qquad A_T = \frac{m_{eq} C}{m_0}$$

    Source: Dickson et al. (2007), SOP 3b, section 8.1.

    Args:
        acid_mass: m [kg], shape (points,).
        emf: E [V], same shape.
        weight: of each point, zero where it is not used, same shape.
        sample_mass: m0 [kg].
        acid: C [mol kg-1].
        slope: RT/F [V], scalar or shape (points,).

    Returns:
        alkalinity [mol kg-1] and E0 [V].
    """
    m, w, m0, c = (jnp.asarray(x) for x in (acid_mass, weight, sample_mass, acid))
    reference = jnp.max(jnp.where(w > 0, emf, -jnp.inf))
    gran = (m0 + m) * jnp.exp(jnp.where(w > 0, (emf - reference) / slope, 0.0))
    total = jnp.sum(w)
    mean_m, mean_f = jnp.sum(w * m) / total, jnp.sum(w * gran) / total
    by_gran = jnp.sum(w * (gran - mean_f) * (m - mean_m)) / jnp.sum(w * (gran - mean_f) ** 2)
    equivalence = mean_m - by_gran * mean_f
    h = jnp.where(w > 0, (m - equivalence) * c / (m0 + m), 1.0)
    standard = jnp.sum(w * (emf - slope * jnp.log(jnp.abs(h)))) / total
    return equivalence * c / m0, standard


def alkalinity_from_titration(
    acid_mass: ArrayLike,
    emf: ArrayLike,
    sample_mass: ArrayLike,
    acid: ArrayLike,
    water: Water,
    temperature: ArrayLike,
    cell: Cell = "open",
    ph_range: tuple[float, float] | None = None,
) -> Titrated:
    r"""Alkalinity and E0, and DIC in a closed cell, by non-linear least squares on the balance of protons.

    $$r = A(h; DIC, \text{totals}) - \frac{m_0 A_T - m\,C}{m_0 + m}, \qquad h = \exp\frac{E - E_0}{RT/F}$$

    per kilogram of sample, over the points of the pH range, from the guess of `gran_alkalinity`; every acid of the
    water counts at every point. Twelve Gauss-Newton steps, more than needed; their derivative is that of the result.

    Source: Dickson et al. (2007), SOP 3b (open cell, pH 3 to 3.5) and SOP 3a (closed cell, all points); Dickson (1981).
    There K1 is fitted too, and the weak acids are left out of the open cell.

    Args:
        acid_mass: m added [kg], shape (points,).
        emf: E measured [V], same shape.
        sample_mass: m0 [kg].
        acid: C, HCl in the acid [mol kg-1].
        water: constants and totals of the sample, at its temperature, as `solve_system(...).water` has them.
        temperature: [degC], scalar or (points,); the constants are those of `water` all the same.
        cell: "open", no carbon left at the points used, or "closed", carbon kept and fitted.
        ph_range: of the points used; 3 to 3.5 when absent in an open cell, all points in a closed one.

    Returns:
        `Titrated`; `jax.vmap` takes it over many titrations.

    Raises:
        InputError: for another cell, or arrays that are not of one dimension.

    Valid: acid of the ionic strength of the sample; at least three points beyond pH 3.5.

    >>> from shanhai.seawater import Conditions, solve_system
    >>> pair = {"dic": jnp.array(2000e-6), "alkalinity": jnp.array(2300e-6)}
    >>> sample = solve_system(pair, Conditions(jnp.array(25.0), jnp.array(35.0)))
    >>> curve = titration_curve(sample, jnp.linspace(0.0, 4.2e-3, 30), 0.14, 0.1)
    >>> found = alkalinity_from_titration(curve.acid_mass, curve.emf, 0.14, 0.1, sample.water, 25.0, "closed")
    >>> round(float(found.alkalinity) * 1e6, 4), round(float(found.dic) * 1e6, 4)
    (2300.0, 2000.0)
    """
    m, e = jnp.asarray(acid_mass), jnp.asarray(emf)
    _check(m, e, cell)
    m0, c, slope = jnp.asarray(sample_mass), jnp.asarray(acid), nernst_slope(temperature)
    middle = jnp.mean(slope)
    guess, standard = _guess(m, e, m0, c, slope)
    low, high = ph_range or (GRAN_RANGE if cell == "open" else (-jnp.inf, jnp.inf))
    weight = _between(e, standard, slope, low, high)
    dilution = m0 / (m0 + m)
    of = diluted(water, dilution)

    def balance(x: Array) -> Array:
        h = jnp.exp((e - standard + middle * x[1]) / slope) / water.total_to_free * of.total_to_free
        parts = other_alkalinity(h, of).value
        if cell == "closed":
            parts = parts + carbonate_alkalinity("dic", dilution * guess * x[2], h, of).value
        left = dilution * guess * x[0] - (1.0 - dilution) * c
        return weight * (parts - left) / (dilution * guess)

    x = _least_squares(balance, jnp.ones(3 if cell == "closed" else 2).at[1].set(0.0))
    misfit = guess * jnp.sqrt(jnp.sum(balance(x) ** 2) / jnp.sum(weight))
    dic = guess * x[2] if cell == "closed" else jnp.zeros_like(guess)
    return Titrated(guess * x[0], standard - middle * x[1], dic, guess, misfit)


def _check(m: Array, e: Array, cell: str) -> None:
    if cell not in ("closed", "open"):
        raise InputError(f"there is no {cell!r} cell", where="alkalinity_from_titration", do='say "closed" or "open"')
    if m.ndim != 1 or m.shape != jnp.shape(e):
        raise InputError(
            f"acid_mass {m.shape} and emf {jnp.shape(e)} are not the points of one titration",
            where="alkalinity_from_titration",
            do="give two arrays of one dimension and length, and use jax.vmap for many titrations",
        )


def _between(emf: Array, standard: Array, slope: Array, low: float, high: float) -> Array:
    """Weight one for the points of a pH range, zero for others."""
    ph = -(emf - standard) / slope / jnp.log(10.0)
    return jnp.where((ph >= low) & (ph <= high), 1.0, 0.0)


def _guess(m: Array, emf: Array, m0: Array, acid: Array, slope: Array) -> tuple[Array, Array]:
    """Alkalinity and E0 by Gran: from the last half unit of pH, then from the range of SOP 3b if points lie there."""
    width = (GRAN_RANGE[1] - GRAN_RANGE[0]) * jnp.log(10.0)
    last = jnp.where(emf / slope >= jnp.max(emf / slope) - width, 1.0, 0.0)
    _, standard = gran_alkalinity(m, emf, last, m0, acid, slope)
    inside = _between(emf, standard, slope, *GRAN_RANGE)
    enough = jnp.sum(inside) >= 3
    return gran_alkalinity(m, emf, jnp.where(enough, inside, last), m0, acid, slope)


def _least_squares(residual: Callable[[Array], Array], start: Array) -> Array:
    """Gauss-Newton from a guess near the minimum."""

    def step(x: Array, _: None) -> tuple[Array, None]:
        slopes = jax.jacfwd(residual)(x)
        return x - jnp.linalg.solve(slopes.T @ slopes, slopes.T @ residual(x)), None

    return jax.lax.scan(step, start, None, length=_STEPS)[0]
