r"""Gas exchange of boxes with the air as reactions: invasion and evasion, for CO2, its isotopes and oxygen.

Alkalinity takes no part by its stoichiometry.
"""

from functools import partial
from typing import Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from shanhai.airsea.one_way import OneWay, co2_evasion, co2_invasion, oxygen_one_way
from shanhai.core.constants import STANDARD_ATMOSPHERE
from shanhai.core.errors import InputError
from shanhai.core.reactions import Law, Reaction
from shanhai.ocean.boxes import Amounts, Boxes, Given, value
from shanhai.seawater.co2system.acids import Solutes, Water
from shanhai.seawater.co2system.given import solve_in
from shanhai.seawater.co2system.system import CarbonateSystem, Conditions, water
from shanhai.seawater.constants import ConstantOptions
from shanhai.seawater.isotopes import (
    ExchangeFractionation,
    dic_fractionation_zhang1995,
    exchange_fractionation,
    radiocarbon_fractionation,
)


class Surface(eqx.Module):
    """The surface of a box: numbers, or functions of the environment.

    Args:
        boxes: the boxes, of which only this one is kept.
        box: which of them.
        area: [m2].
        temperature: [degC].
        salinity: practical [1].
        velocity: transfer velocity of CO2 at the Schmidt number of the water [m s-1].
        open_water: part without ice [1].
        air_pressure: of moist air [Pa].
        nutrients: whether the box carries phosphate that counts in its alkalinity.
        options: fits of the chemistry.
        water: its constants, from `settled`; None where they follow the environment.
    """

    boxes: Boxes
    box: str = eqx.field(static=True)
    area: Given
    temperature: Given
    salinity: Given
    velocity: Given
    open_water: Given = 1.0
    air_pressure: Given = STANDARD_ATMOSPHERE
    nutrients: bool = eqx.field(static=True, default=False)
    options: ConstantOptions = eqx.field(static=True, default=ConstantOptions())
    water: Water | None = None

    def __post_init__(self) -> None:
        self.boxes = self.boxes.only(self.box)

    def settled(self) -> "Surface":
        """The same surface with its constants computed once, for numbers that no environment changes.

        Raises:
            InputError: where temperature, salinity or pressure follow the environment.
        """
        given = (self.temperature, self.salinity, self.air_pressure)
        if any(callable(g) for g in given):
            raise InputError(
                "its conditions follow the environment", where=f"surface of {self.box}", do="leave it as it is"
            )
        made = _water(self.conditions(None), self.options)
        return eqx.tree_at(lambda s: s.water, self, made, is_leaf=lambda leaf: leaf is None)

    def conditions(self, environment: Any) -> Conditions:
        """Temperature, salinity and pressure of the air."""
        given = (self.temperature, self.salinity, self.air_pressure)
        temperature, salinity, pressure = (jnp.asarray(value(g, environment)) for g in given)
        return Conditions(temperature, salinity, None, pressure)

    def system(self, x: Amounts, environment: Any) -> CarbonateSystem:
        """Carbonate system of the water."""
        dic, alkalinity = (self.boxes.content(x, name, self.box) for name in ("dic", "alkalinity"))
        phosphate = self.boxes.content(x, "phosphate", self.box) if self.nutrients else None
        return _solved(dic, alkalinity, phosphate, self.conditions(environment), self.water, self.options)

    def invasion(self, environment: Any, xco2: Array) -> Array:
        """CO2 into the water over the whole surface [mol s-1]."""
        area, velocity, water = (value(g, environment) for g in (self.area, self.velocity, self.open_water))
        return area * co2_invasion(self.conditions(environment), xco2, velocity, water)

    def evasion(self, x: Amounts, environment: Any) -> Array:
        """CO2 out of the water over the whole surface [mol s-1]."""
        area, velocity, water = (value(g, environment) for g in (self.area, self.velocity, self.open_water))
        return area * co2_evasion(self.system(x, environment), velocity, water)

    def oxygen(self, x: Amounts, environment: Any) -> OneWay:
        """Oxygen over the whole surface [mol s-1]."""
        given = (self.temperature, self.salinity, self.velocity, self.open_water, self.air_pressure)
        flux = oxygen_one_way(
            self.boxes.content(x, "oxygen", self.box), *(jnp.asarray(value(g, environment)) for g in given)
        )
        return OneWay(*(value(self.area, environment) * f for f in flux))

    def fractionation(self, x: Amounts, environment: Any, isotope: "Isotope") -> ExchangeFractionation:
        """Fractionation of an isotope on its way in and out; that of 14C is the square of that of 13C."""
        system = self.system(x, environment)
        t = system.conditions.temperature
        of_dic = dic_fractionation_zhang1995(t, system.carbonate / system.dic)
        both = exchange_fractionation(t, of_dic)
        return both if isotope == "dic13" else ExchangeFractionation(*(radiocarbon_fractionation(a) for a in both))


@partial(jax.jit, static_argnames="options")
def _water(conditions: Conditions, options: ConstantOptions) -> Water:
    """Compiled by itself, as the next."""
    return water(conditions, Solutes(), options)


@partial(jax.jit, static_argnames="options")
def _solved(
    dic: Array,
    alkalinity: Array,
    phosphate: Array | None,
    conditions: Conditions,
    of: Water | None,
    options: ConstantOptions,
) -> CarbonateSystem:
    """Compiled by itself, so that a network that asks for it many times traces it once."""
    pair = {"dic": dic, "alkalinity": alkalinity}
    known = _water(conditions, options) if of is None else of
    return solve_in(known._replace(solutes=Solutes(phosphate=phosphate)), pair, conditions, options, steps=0)


Isotope = Literal["dic13", "dic14"]


class _Invasion(eqx.Module):
    surface: Surface
    xco2: Law

    def __call__(self, x: Amounts, environment: Any) -> Array:
        return self.surface.invasion(environment, self.xco2(x, environment))


class _Evasion(eqx.Module):
    surface: Surface

    def __call__(self, x: Amounts, environment: Any) -> Array:
        return self.surface.evasion(x, environment)


def co2_exchange(surface: Surface, xco2: Law, air: str = "co2.air") -> tuple[Reaction, Reaction]:
    """Invasion and evasion of CO2.

    Args:
        surface: of a box that carries `dic` and `alkalinity`.
        xco2: mole fraction in dry air as a function of amounts and environment [mol mol-1].
        air: species of the CO2 of the air, a pool or an account.
    """
    dic = surface.boxes.named("dic", surface.box)
    return (
        Reaction(f"invasion: {surface.box}", _Invasion(surface, xco2), {air: -1.0, dic: 1.0}, "CO2 from the air"),
        Reaction(f"evasion: {surface.box}", _Evasion(surface), {dic: -1.0, air: 1.0}, "CO2 to the air"),
    )


class _IsotopeIn(eqx.Module):
    surface: Surface
    xco2: Law
    ratio: Law
    isotope: Isotope = eqx.field(static=True)

    def __call__(self, x: Amounts, environment: Any) -> Array:
        moved = self.surface.invasion(environment, self.xco2(x, environment))
        return moved * self.ratio(x, environment) * self.surface.fractionation(x, environment, self.isotope).invasion


class _IsotopeOut(eqx.Module):
    surface: Surface
    isotope: Isotope = eqx.field(static=True)

    def __call__(self, x: Amounts, environment: Any) -> Array:
        moved = self.surface.evasion(x, environment)
        boxes, box = self.surface.boxes, self.surface.box
        ratio = x[boxes.named(self.isotope, box)] / x[boxes.named("dic", box)]
        return moved * ratio * self.surface.fractionation(x, environment, self.isotope).evasion


def isotope_exchange(surface: Surface, xco2: Law, ratio: Law, isotope: Isotope, air: str) -> tuple[Reaction, Reaction]:
    r"""Invasion and evasion of an isotope of carbon, each with the fractionation of its way.

    Args:
        surface: of a box that carries `dic`, `alkalinity` and the isotope.
        xco2: mole fraction of CO2 in dry air [mol mol-1].
        ratio: of the isotope in the air over the standard [1].
        isotope: "dic13" or "dic14".
        air: species of the isotope in the air.
    """
    held = surface.boxes.named(isotope, surface.box)
    into, out = _IsotopeIn(surface, xco2, ratio, isotope), _IsotopeOut(surface, isotope)
    return (
        Reaction(f"{isotope} invasion: {surface.box}", into, {air: -1.0, held: 1.0}, f"{isotope} from the air"),
        Reaction(f"{isotope} evasion: {surface.box}", out, {held: -1.0, air: 1.0}, f"{isotope} to the air"),
    )


class _OxygenIn(eqx.Module):
    surface: Surface

    def __call__(self, x: Amounts, environment: Any) -> Array:
        return self.surface.oxygen(x, environment).into_sea


class _OxygenOut(eqx.Module):
    surface: Surface

    def __call__(self, x: Amounts, environment: Any) -> Array:
        return self.surface.oxygen(x, environment).out_of_sea


def oxygen_exchange(surface: Surface, air: str = "oxygen.air") -> tuple[Reaction, Reaction]:
    """Invasion and evasion of oxygen; the air holds so much that it is an account."""
    held = surface.boxes.named("oxygen", surface.box)
    return (
        Reaction(f"oxygen in: {surface.box}", _OxygenIn(surface), {air: -1.0, held: 1.0}, "O2 from the air"),
        Reaction(f"oxygen out: {surface.box}", _OxygenOut(surface), {held: -1.0, air: 1.0}, "O2 to the air"),
    )
