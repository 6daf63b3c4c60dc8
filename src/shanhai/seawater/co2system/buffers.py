r"""How much sea water resists: derivatives of the carbonate system at constant alkalinity, DIC or CO2, in closed form.

With n = A_C/DIC, the mean charge of a carbonate ion, and $S = \partial A_T/\partial\ln[H]$ at constant DIC (negative,
every acid of the water in it),

$$\frac{\partial\ln[CO_2]}{\partial\ln[H]} = n, \qquad
  \frac{\partial\ln[CO_3]}{\partial\ln[H]} = n - 2, \qquad
  \frac{\partial\ln[H]}{\partial DIC}\Big|_{A_T} = -\frac{n}{S}, \qquad
  \frac{\partial\ln[H]}{\partial A_T} = \frac1S .$$

Source of the factors: Egleston, Sabine & Morel (2010), Glob. Biogeochem. Cycles 24, GB1002; here exact for any acids,
where their Table 1 has borate and water only. Isocapnic quotient: Humphreys, Daniels, Wolf-Gladrow, Tyrrell &
Achterberg (2018), Mar. Chem. 199, 1.
"""

from typing import NamedTuple

from jax import Array

from shanhai.seawater.co2system.acids import Water, other_alkalinity
from shanhai.seawater.co2system.solver import carbonate_alkalinity


class Response(NamedTuple):
    """What the factors are made of."""

    dic: Array  # mol kg-1
    charge: Array  # n, mean charge of a carbonate ion [1]
    slope: Array  # S, derivative of alkalinity by ln [H] [mol kg-1]


def response(h: Array, dic: Array, water: Water) -> Response:
    """Mean charge and slope of alkalinity of a solved system."""
    k1, k2 = water.constants.k1, water.constants.k2
    charge = k1 * (h + 2.0 * k2) / (h * (h + k1) + k1 * k2)
    slope = carbonate_alkalinity("dic", dic, h, water).slope + other_alkalinity(h, water).slope
    return Response(dic, charge, slope)


def revelle_factor(r: Response) -> Array:
    r"""Revelle factor $\partial\ln[CO_2]/\partial\ln DIC$ at constant alkalinity [1]."""
    return 1.0 - r.dic * r.charge * r.charge / r.slope


def gamma_dic(r: Response) -> Array:
    r"""$(\partial\ln[CO_2]/\partial DIC)^{-1}$ at constant alkalinity [mol kg-1]."""
    return r.dic / revelle_factor(r)


def beta_dic(r: Response) -> Array:
    r"""$(\partial\ln[H]/\partial DIC)^{-1}$ at constant alkalinity [mol kg-1]."""
    return -r.slope / r.charge


def omega_dic(r: Response) -> Array:
    r"""$(\partial\ln\Omega/\partial DIC)^{-1}$ at constant alkalinity [mol kg-1]."""
    return r.dic / (1.0 - r.dic * r.charge * (r.charge - 2.0) / r.slope)


def gamma_alkalinity(r: Response) -> Array:
    r"""$(\partial\ln[CO_2]/\partial A_T)^{-1}$ at constant DIC [mol kg-1]."""
    return r.slope / r.charge


def beta_alkalinity(r: Response) -> Array:
    r"""$(\partial\ln[H]/\partial A_T)^{-1}$ at constant DIC [mol kg-1]."""
    return r.slope


def omega_alkalinity(r: Response) -> Array:
    r"""$(\partial\ln\Omega/\partial A_T)^{-1}$ at constant DIC [mol kg-1]."""
    return r.slope / (r.charge - 2.0)


def isocapnic_quotient(r: Response) -> Array:
    r"""$\partial A_T/\partial DIC$ at constant [CO2] [1]; infinite without any DIC."""
    return r.charge - r.slope / (r.charge * r.dic)
