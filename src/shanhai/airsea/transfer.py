"""Gas transfer velocity as a function of wind speed: the laws of HY/T 0343.5 Table C.1 and later ones.

A law gives k at a reference Schmidt number in the published unit, cm h-1; `transfer_velocity` scales it to the
Schmidt number of the water. Winds vary inside a period, and k is not linear in the wind: each law also gives
its mean over a period from the mean, mean square and mean cube of the winds.
"""

from collections.abc import Callable
from typing import Any, Protocol

import equinox as eqx
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.params import par
from shanhai.numerics import safe


class TransferLaw(Protocol):
    """What a law offers: k of one wind, its mean over winds, and how it scales with the Schmidt number."""

    reference_schmidt: float
    name: str
    source: str
    valid_wind: tuple[float, float]

    def k(self, wind: ArrayLike) -> Array:
        """Transfer velocity at the reference Schmidt number [cm h-1] for one wind [m s-1]."""
        ...

    def mean_k(self, mean: ArrayLike, mean_square: ArrayLike, mean_cube: ArrayLike) -> Array:
        """Mean transfer velocity over winds with the given moments."""
        ...

    def schmidt_exponent(self, wind: ArrayLike) -> ArrayLike:
        """Exponent n of (Sc/Sc_ref)**-n."""
        ...


class PolynomialLaw(eqx.Module):
    r"""Third-degree law $k = a_0 + a_1 U + a_2 U^2 + a_3 U^3$ with Schmidt exponent 1/2."""

    a0: Array = par(0.0, "cm h-1", source="the law's own source", meaning="constant part", bounds=(0, 20))
    a1: Array = par(0.0, "cm h-1 (m s-1)-1", source="the law's own source", meaning="linear part", bounds=(0, 10))
    a2: Array = par(0.0, "cm h-1 (m s-1)-2", source="the law's own source", meaning="quadratic part", bounds=(0, 1))
    a3: Array = par(0.0, "cm h-1 (m s-1)-3", source="the law's own source", meaning="cubic part", bounds=(0, 0.1))
    reference_schmidt: float = eqx.field(static=True, default=660.0)
    name: str = eqx.field(static=True, default="polynomial")
    source: str = eqx.field(static=True, default="user")
    valid_wind: tuple[float, float] = eqx.field(static=True, default=(0.0, float("inf")))

    def k(self, wind: ArrayLike) -> Array:
        """Transfer velocity at the reference Schmidt number [cm h-1] for one wind [m s-1]."""
        u = jnp.asarray(wind)
        return self.a0 + u * (self.a1 + u * (self.a2 + u * self.a3))

    def mean_k(self, mean: ArrayLike, mean_square: ArrayLike, mean_cube: ArrayLike) -> Array:
        """Mean transfer velocity, exact for any distribution of winds with these moments."""
        return self.a0 + self.a1 * mean + self.a2 * mean_square + self.a3 * mean_cube

    def schmidt_exponent(self, wind: ArrayLike) -> float:
        """One half: a free, wavy surface."""
        return 0.5


class LissMerlivatLaw(eqx.Module):
    r"""Three straight pieces in wind speed.

    $$k_{600} = 0.17U\ (U \le 3.6);\quad 2.85U - 9.65\ (\le 13);\quad 5.9U - 49.3$$

    The paper scales the smooth regime (U <= 3.6) with exponent 2/3; HY/T 0343.5 uses 1/2 throughout.
    Being linear inside a regime, its mean over winds is taken at the mean wind (C1 = 1, HY/T 0343.5 C.2.2), which
    is exact only when all winds of the period lie in one regime.
    """

    smooth: Array = par(
        0.17, "cm h-1 (m s-1)-1", source="Liss & Merlivat (1986)", meaning="smooth slope", bounds=(0, 1)
    )
    rough: Array = par(2.85, "cm h-1 (m s-1)-1", source="Liss & Merlivat (1986)", meaning="rough slope", bounds=(0, 10))
    rough_offset: Array = par(-9.65, "cm h-1", source="Liss & Merlivat (1986)", meaning="rough offset", bounds=(-50, 0))
    breaking: Array = par(
        5.9, "cm h-1 (m s-1)-1", source="Liss & Merlivat (1986)", meaning="breaking slope", bounds=(0, 20)
    )
    breaking_offset: Array = par(
        -49.3, "cm h-1", source="Liss & Merlivat (1986)", meaning="breaking offset", bounds=(-200, 0)
    )
    smooth_exponent: float = eqx.field(static=True, default=0.5)
    reference_schmidt: float = eqx.field(static=True, default=600.0)
    name: str = eqx.field(static=True, default="liss_merlivat_1986")
    source: str = eqx.field(static=True, default="Liss & Merlivat (1986)")
    valid_wind: tuple[float, float] = eqx.field(static=True, default=(0.0, float("inf")))

    def k(self, wind: ArrayLike) -> Array:
        """Transfer velocity at Schmidt number 600 [cm h-1] for one wind [m s-1]."""
        u = jnp.asarray(wind)
        rough = self.rough * u + self.rough_offset
        breaking = self.breaking * u + self.breaking_offset
        return jnp.where(u <= 3.6, self.smooth * u, jnp.where(u <= 13.0, rough, breaking))

    def mean_k(self, mean: ArrayLike, mean_square: ArrayLike, mean_cube: ArrayLike) -> Array:
        """Transfer velocity at the mean wind."""
        return self.k(mean)

    def schmidt_exponent(self, wind: ArrayLike) -> ArrayLike:
        """Exponent by regime; the same everywhere in the standard's form."""
        if self.smooth_exponent == 0.5:
            return 0.5
        return jnp.where(jnp.asarray(wind) <= 3.6, self.smooth_exponent, 0.5)


def _law(name: str, source: str, sc: float, valid: tuple[float, float], **a: Any) -> Callable[[], PolynomialLaw]:
    def make() -> PolynomialLaw:
        return PolynomialLaw(**a, reference_schmidt=sc, name=name, source=source, valid_wind=valid)

    return make


_ANY = (0.0, float("inf"))
_UNVERIFIED_RANGE = "range of winds unverified"

LAWS: dict[str, Callable[[], TransferLaw]] = {
    law_name: _law(law_name, source, sc, valid, **a)
    for law_name, source, sc, valid, a in [
        ("ho_2006", "Ho et al. (2006) GRL 33 L16611; Table C.1 no. 1", 600.0, _ANY, {"a2": 0.266}),
        ("sweeney_2007", "Sweeney et al. (2007) GBC 21 GB2015; Table C.1 no. 2", 660.0, _ANY, {"a2": 0.27}),
        (
            "wanninkhof_2009_quadratic",
            "Wanninkhof et al. (2009) Annu. Rev. Mar. Sci. 1, 213, quadratic form; Table C.1 no. 3",
            660.0,
            _ANY,
            {"a2": 0.24},
        ),
        (
            "wanninkhof_2014",
            "Wanninkhof (2014) Limnol. Oceanogr. Methods 12, 351; Table C.1 no. 4",
            660.0,
            (3.0, 15.0),
            {"a2": 0.251},
        ),
        (
            "wanninkhof_mcgillis_1999",
            "Wanninkhof & McGillis (1999) GRL 26, 1889; Table C.1 no. 6",
            660.0,
            _ANY,
            {"a3": 0.0283},
        ),
        ("wanninkhof_1992", "Wanninkhof (1992) JGR 97, 7373, steady winds", 660.0, _ANY, {"a2": 0.31}),
        (
            "nightingale_2000",
            f"Nightingale et al. (2000) GBC 14, 373; {_UNVERIFIED_RANGE}",
            600.0,
            _ANY,
            {"a1": 0.333, "a2": 0.222},
        ),
        (
            "mcgillis_2001",
            f"McGillis et al. (2001) Mar. Chem. 75, 267; {_UNVERIFIED_RANGE}",
            660.0,
            _ANY,
            {"a0": 3.3, "a3": 0.026},
        ),
        (
            "wanninkhof_2009",
            "Wanninkhof et al. (2009) Annu. Rev. Mar. Sci. 1, 213, hybrid form",
            660.0,
            _ANY,
            {"a0": 3.0, "a1": 0.1, "a2": 0.064, "a3": 0.011},
        ),
        (
            "takahashi_2009",
            "Takahashi et al. (2009) Deep-Sea Res. II 56, 554: Γ = 0.26",
            660.0,
            _ANY,
            {"a2": 0.26},
        ),
    ]
}
LAWS["liss_merlivat_1986"] = LissMerlivatLaw
LAWS["liss_merlivat_1986_original"] = lambda: LissMerlivatLaw(
    smooth_exponent=2.0 / 3.0, name="liss_merlivat_1986_original"
)

TABLE_C1: dict[int, str] = {
    1: "ho_2006",
    2: "sweeney_2007",
    3: "wanninkhof_2009_quadratic",
    4: "wanninkhof_2014",
    5: "liss_merlivat_1986",
    6: "wanninkhof_mcgillis_1999",
    7: "liss_merlivat_1986",
    8: "liss_merlivat_1986",
}
"""Row of Table C.1 of HY/T 0343.5 -> law; rows 5, 7 and 8 are the three pieces of one law."""


def transfer_velocity(law: TransferLaw, wind: ArrayLike, schmidt: ArrayLike) -> Array:
    r"""Transfer velocity of a gas at the Schmidt number of the water.

    $$k = k_{ref}(U)\left(\frac{Sc}{Sc_{ref}}\right)^{-n}$$

    Source: HY/T 0343.5 formulas (2), (C.1) and (C.2).

    Args:
        law: one of `LAWS`, or any object with the same methods.
        wind: wind speed at 10 m [m s-1], any shape.
        schmidt: Schmidt number [1], broadcastable.

    Returns:
        transfer velocity [m s-1].

    >>> k = transfer_velocity(LAWS["ho_2006"](), 6.37, 535.44)
    >>> round(float(k) * 3.6e5, 2)
    11.43
    """
    return law.k(wind) * _schmidt_scaling(law, wind, schmidt) / CM_PER_HOUR


def _schmidt_scaling(law: TransferLaw, wind: ArrayLike, schmidt: ArrayLike) -> Array:
    exponent = law.schmidt_exponent(wind)
    relative = jnp.asarray(schmidt) / law.reference_schmidt
    if isinstance(exponent, float) and exponent == 0.5:
        return 1.0 / jnp.sqrt(relative)  # several times cheaper than a general power
    return relative ** -jnp.asarray(exponent)


CM_PER_HOUR = 3.6e5
"""Transfer velocities in cm h-1 per m s-1."""


def wind_compensation(law: TransferLaw, mean: ArrayLike, mean_square: ArrayLike, mean_cube: ArrayLike) -> Array:
    r"""Factor by which variable winds transfer more than their mean.

    $$C = \frac{\overline{k(U)}}{k(\overline U)}$$

    This is C2 for quadratic, C3 for cubic and 1 for linear laws (HY/T 0343.5 formulas (4), (C.3), clause C.2.2),
    and their exact generalisation for laws of mixed degree. One where the mean wind is zero.

    Args:
        law: one of `LAWS`.
        mean: mean wind speed [m s-1], any shape.
        mean_square: mean square wind speed [m2 s-2].
        mean_cube: mean cube wind speed [m3 s-3].

    Returns:
        compensation factor [1].

    >>> float(wind_compensation(LAWS["ho_2006"](), 5.0, 30.0, 0.0))
    1.2
    """
    return safe.ratio(law.mean_k(mean, mean_square, mean_cube), law.k(mean), 1.0)
