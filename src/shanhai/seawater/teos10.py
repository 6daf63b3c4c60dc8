"""Density of sea water by TEOS-10: Absolute Salinity, Conservative Temperature, specific volume.

The chain from what a sensor gives, in-situ temperature and practical salinity, is `absolute_salinity`, then
`conservative_temperature`, then `specific_volume`; `density_teos10` does it whole. Temperatures are in ITS-90.

Source: IOC, SCOR and IAPSO (2010), The international thermodynamic equation of seawater - 2010, Manuals and
Guides 56; Feistel (2008), Deep-Sea Res. I 55, 1639, for the Gibbs function of sea water.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.numerics import safe
from shanhai.numerics.horner import horner

STANDARD_OCEAN_SALINITY = 35.16504  # g kg-1, Absolute Salinity of sea water of practical salinity 35
SALINITY_PER_PRACTICAL = STANDARD_OCEAN_SALINITY / 35.0  # g kg-1
HEAT_CAPACITY = 3991.86795711963  # J kg-1 K-1, by definition of Conservative Temperature
_REDUCED_SALINITY = 0.0248826675584615  # kg g-1, 1/(40 g/kg * 35.16504/35) as the fits were made with
_SALINITY_OFFSET = 5.971840214030754e-1  # 24 g/kg, keeps the root in the specific volume from zero
_PRESSURE_UNIT = 1e8  # Pa
_TEMPERATURE_UNIT = 40.0  # K

# Roquet et al. (2015): [power of pressure][power of temperature] -> by powers of root salinity, in m3 kg-1.
_SPECIFIC_VOLUME = (
    (
        (
            1.0769995862e-3,
            -3.1038981976e-4,
            6.6928067038e-4,
            -8.5047933937e-4,
            5.8086069943e-4,
            -2.1092370507e-4,
            3.1932457305e-5,
        ),
        (-1.5649734675e-5, 3.5009599764e-5, -4.3592678561e-5, 3.4532461828e-5, -1.1959409788e-5, 1.3864594581e-6),
        (2.7762106484e-5, -3.7435842344e-5, 3.5907822760e-5, -1.8698584187e-5, 3.8595339244e-6),
        (-1.6521159259e-5, 2.4141479483e-5, -1.4353633048e-5, 2.2863324556e-6),
        (6.9111322702e-6, -8.7595873154e-6, 4.3703680598e-6),
        (-8.0539615540e-7, -3.3052758900e-7),
        (2.0543094268e-7,),
    ),
    (
        (-6.0799143809e-5, 2.4262468747e-5, -3.4792460974e-5, 3.7470777305e-5, -1.7322218612e-5, 3.0927427253e-6),
        (1.8505765429e-5, -9.5677088156e-6, 1.1100834765e-5, -9.8447117844e-6, 2.5909225260e-6),
        (-1.1716606853e-5, -2.3678308361e-7, 2.9283346295e-6, -4.8826139200e-7),
        (7.9279656173e-6, -3.4558773655e-6, 3.1655306078e-7),
        (-3.4102187482e-6, 1.2956717783e-6),
        (5.0736766814e-7,),
    ),
    (
        (9.9856169219e-6, -5.8484432984e-7, -4.8122251597e-6, 4.9263106998e-6, -1.7811974727e-6),
        (-1.1736386731e-6, -5.5699154557e-6, 5.4620748834e-6, -1.3544185627e-6),
        (2.1305028740e-6, 3.9137387080e-7, -6.5731104067e-7),
        (-4.6132540037e-7, 7.7618888092e-9),
        (-6.3352916514e-8,),
    ),
    (
        (-1.1309361437e-6, 3.6310188515e-7, 1.6746303780e-8),
        (-3.6527006553e-7, -2.7295696237e-7),
        (2.8695905159e-7,),
    ),
    ((1.0531153080e-7, -1.1147125423e-7), (3.1454099902e-7,)),
    ((-1.2647261286e-8,),),
    ((1.9613503930e-9,),),
)

# Potential enthalpy: constant, then the powers 2 to 7 of root salinity -> by powers of temperature, in J kg-1.
_ENTHALPY_FRESH = (
    61.01362420681071,
    168776.46138048015,
    -2735.2785605119625,
    2574.2164453821433,
    -1536.6644434977543,
    545.7340497931629,
    -50.91091728474331,
    -18.30489878927802,
)
_ENTHALPY_SALT = (
    (
        268.5520265845071,
        -12019.028203559312,
        3734.858026725145,
        -2046.7671145057618,
        465.28655623826234,
        -0.6370820302376359,
        -10.650848542359153,
    ),
    (937.2099110620707, 588.1802812170108, 248.39476522971285, -3.871557904936333, -2.6268019854268356),
    (
        -1687.914374187449,
        936.3206544460336,
        -942.7827304544439,
        369.4389437509002,
        -33.83664947895248,
        -9.987880382780322,
    ),
    (246.9598888781377,),
    (123.59576582457964,),
    (-48.5891069025409,),
)

# Temperature derivative of the Gibbs function without its part in salinity alone, J kg-1 per 40 K:
# the fresh part, then the powers 2 to 4 of root salinity -> [power of temperature] -> by powers of pressure.
_ENTROPY_FRESH: Sequence[Sequence[float]] = (
    (0.0, -270.983805184062, 776.153611613101, -196.51255088122, 28.9796526294175, -2.13290083518327),
    (
        -24715.571866078,
        2910.0729080936,
        -1513.116771538718,
        546.959324647056,
        -111.1208127634436,
        8.68841343834394,
    ),
    (
        2210.2236124548363,
        -2017.52334943521,
        1498.081172457456,
        -718.6359919632359,
        146.4037555781616,
        -4.9892131862671505,
    ),
    (-592.743745734632, 1591.873781627888, -1207.261522487504, 608.785486935364, -105.4993508931208),
    (290.12956292128547, -973.091553087975, 602.603274510125, -276.361526170076, 32.40953340386105),
    (-113.90630790850321, 381.06836198507096, -133.7383902842754, 49.023632509086724),
    (21.35571525415769, -67.41756835751434),
)
_ENTROPY_SALT: Sequence[Sequence[Sequence[float]]] = (
    (
        (0.0, 729.116529735046, -343.956902961561, 124.687671116248, -31.656964386073, 7.04658803315449),
        (
            1760.062705994408,
            -1721.528607567954,
            674.819060538734,
            -356.629112415276,
            88.4080716616,
            -15.84003094423364,
        ),
        (-675.802947790203, 2082.7344423998043, -614.668925894709, 340.685093521782, -33.3848202979239),
        (365.7041791005036, -1190.914967948748, 298.904564555024, -145.9491676006352),
        (-108.30162043765552,),
        (12.78101825083098,),
    ),
    (
        (0.0, -175.292041186547, 83.1923927801819, -29.483064349429),
        (-86.1329351956084, 766.116132004952, -108.3834525034224, 51.2796974779828),
        (-30.0682112585625, -1380.9597954037708),
        (3.50240264723578, 938.26075044542),
    ),
    (
        (0.0, -22.6683558512829),
        (-137.1145018408982,),
        (148.10030845687618,),
        (-68.5590309679152,),
        (12.4848504784754,),
    ),
)


def absolute_salinity(practical_salinity: ArrayLike) -> Array:
    r"""Mass fraction of dissolved matter in sea water of the reference composition.

    $$S_A = \frac{35.16504}{35}\,S_P$$

    The composition is taken as that of standard sea water. Silicate, nutrients and carbon added since the surface
    make the true salinity larger, by up to 0.03 g/kg in the open ocean (the deep North Pacific, 0.02 kg/m3 in
    density) and by up to 0.09 g/kg in the Baltic; the atlas of these anomalies is not in this package.

    Source: Millero et al. (2008), Deep-Sea Res. I 55, 50; McDougall et al. (2012), Ocean Sci. 8, 1123, for the anomaly.

    Args:
        practical_salinity: practical salinity S_P [1], any shape.

    Returns:
        Absolute Salinity (reference salinity) [g kg-1].

    >>> float(absolute_salinity(35.0))
    35.16504
    """
    return SALINITY_PER_PRACTICAL * jnp.asarray(practical_salinity)


def potential_temperature(
    temperature: ArrayLike, absolute_salinity: ArrayLike, pressure: ArrayLike | None = None
) -> Array:
    r"""Temperature that sea water takes when brought to the surface without exchange of heat or salt.

    $$\eta(S_A, \theta, 0) = \eta(S_A, t, p)$$

    with the entropy η of the Gibbs function, by three Newton steps from the start of TEOS-10; more change nothing.

    Source: McDougall & Barker (2011), Getting started with TEOS-10; Feistel (2008).

    Args:
        temperature: in-situ temperature t [degC], any shape.
        absolute_salinity: S_A [g kg-1], broadcastable.
        pressure: sea pressure p [Pa], broadcastable; None at the surface, where nothing changes.

    Returns:
        potential temperature θ [degC], referred to zero sea pressure.

    Valid: -6 <= t <= 40 degC, 0 <= S_A <= 42 g/kg, 0 <= p <= 1e8 Pa.

    >>> round(float(potential_temperature(28.7856, 34.7118, 10e4)), 12)  # check value of TEOS-10
    28.783196819671
    """
    t, salinity = jnp.asarray(temperature), jnp.asarray(absolute_salinity)
    if pressure is None:
        return t
    z = jnp.asarray(pressure) / _PRESSURE_UNIT
    target = _entropy(t / _TEMPERATURE_UNIT, salinity, z)

    def newton(y: Array) -> Array:
        entropy, slope = jax.jvp(lambda y: _entropy(y, salinity, None), (y,), (jnp.ones_like(y),))
        return y - (entropy - target) / slope

    y = _potential_temperature_start(t, salinity, z * 1e4) / _TEMPERATURE_UNIT
    y = y + jnp.zeros_like(target)  # the full shape, before derivatives are taken along it
    return _TEMPERATURE_UNIT * newton(newton(newton(y)))


def conservative_temperature(
    temperature: ArrayLike, absolute_salinity: ArrayLike, pressure: ArrayLike | None = None
) -> Array:
    r"""Potential enthalpy of sea water as a temperature, from in-situ temperature.

    $$\Theta = \frac{h(S_A, \theta, 0)}{c_p^0}, \qquad c_p^0 = 3991.86795711963\ \mathrm{J\,kg^{-1}\,K^{-1}}$$

    Source: McDougall (2003), J. Phys. Oceanogr. 33, 945; IOC et al. (2010), eq. 3.3.1.

    Args:
        temperature: in-situ temperature t [degC], any shape.
        absolute_salinity: S_A [g kg-1], broadcastable.
        pressure: sea pressure p [Pa], broadcastable; None at the surface, where t is the potential temperature.

    Returns:
        Conservative Temperature Θ [degC].

    Valid: -6 <= t <= 40 degC, 0 <= S_A <= 42 g/kg, 0 <= p <= 1e8 Pa.

    >>> round(float(conservative_temperature(28.7856, 34.7118, 10e4)), 12)  # check value of TEOS-10
    28.8099198267
    """
    y = potential_temperature(temperature, absolute_salinity, pressure) / _TEMPERATURE_UNIT
    reduced = _REDUCED_SALINITY * jnp.asarray(absolute_salinity)
    root = safe.square_root(reduced)
    salt = horner(root, [horner(y, row) for row in _ENTHALPY_SALT])
    return (horner(y, _ENTHALPY_FRESH) + reduced * salt) / HEAT_CAPACITY


def specific_volume(
    conservative_temperature: ArrayLike, absolute_salinity: ArrayLike, pressure: ArrayLike | None = None
) -> Array:
    r"""Volume of a kilogram of sea water, polynomial of 75 terms.

    $$v = \sum_{ijk} v_{ijk}\,\tau^i s^j z^k, \qquad
      \tau = \frac{\Theta}{40}, \quad s = \sqrt{\frac{S_A + 24}{40 \cdot 35.16504/35}}, \quad
      z = \frac{p}{10^8\,\mathrm{Pa}}$$

    Source: Roquet et al. (2015), Ocean Modelling 90, 29, eq. and coefficients for specific volume.

    Args:
        conservative_temperature: Θ [degC], any shape.
        absolute_salinity: S_A [g kg-1], broadcastable.
        pressure: sea pressure p [Pa], broadcastable; None at the surface, for a third of the work.

    Returns:
        specific volume [m3 kg-1].

    Valid: the oceanographic funnel, which is -2 <= Θ <= 40 degC, 0 <= S_A <= 42 g/kg at the surface and narrows to
    about 0-5 degC, 33-37 g/kg at 1e8 Pa. Density differs there from the full Gibbs function by 1.4e-6 of itself at
    most at the surface and 6e-7 below; out of the funnel, in warm or fresh water under high pressure, by up to 2.2e-4.

    >>> round(float(specific_volume(28.8099, 34.7118, 10e4)), 15)  # check value of TEOS-10
    0.000978626852431
    """
    theta = jnp.asarray(conservative_temperature) / _TEMPERATURE_UNIT
    root = jnp.sqrt(_REDUCED_SALINITY * jnp.asarray(absolute_salinity) + _SALINITY_OFFSET)
    layers = _SPECIFIC_VOLUME if pressure is not None else _SPECIFIC_VOLUME[:1]
    by_pressure = [horner(theta, [horner(root, row) for row in layer]) for layer in layers]
    return by_pressure[0] if pressure is None else horner(jnp.asarray(pressure) / _PRESSURE_UNIT, by_pressure)


def thermal_expansion(
    conservative_temperature: ArrayLike, absolute_salinity: ArrayLike, pressure: ArrayLike | None = None
) -> Array:
    r"""Thermal expansion of sea water with respect to Conservative Temperature, by automatic differentiation.

    $$\alpha = \frac{1}{v}\left.\frac{\partial v}{\partial\Theta}\right|_{S_A, p}$$

    Args:
        conservative_temperature: Θ [degC], any shape.
        absolute_salinity: S_A [g kg-1], broadcastable.
        pressure: sea pressure [Pa], broadcastable; None at the surface.

    Returns:
        thermal expansion coefficient [K-1]; negative in cold fresh water.

    >>> round(float(thermal_expansion(28.8099, 34.7118, 10e4)) * 1e3, 9)
    0.324638935
    """
    theta, salinity = jnp.broadcast_arrays(*map(jnp.asarray, (conservative_temperature, absolute_salinity)))
    one = jnp.ones_like(theta)
    volume, slope = jax.jvp(lambda x: specific_volume(x, salinity, pressure), (theta,), (one,))
    return slope / volume


def haline_contraction(
    conservative_temperature: ArrayLike, absolute_salinity: ArrayLike, pressure: ArrayLike | None = None
) -> Array:
    r"""Contraction of sea water with Absolute Salinity, by automatic differentiation.

    $$\beta = -\frac{1}{v}\left.\frac{\partial v}{\partial S_A}\right|_{\Theta, p}$$

    Args:
        conservative_temperature: Θ [degC], any shape.
        absolute_salinity: S_A [g kg-1], broadcastable.
        pressure: sea pressure [Pa], broadcastable; None at the surface.

    Returns:
        haline contraction coefficient [kg g-1].

    >>> round(float(haline_contraction(28.8099, 34.7118, 10e4)) * 1e3, 9)
    0.717483988
    """
    theta, salinity = jnp.broadcast_arrays(*map(jnp.asarray, (conservative_temperature, absolute_salinity)))
    one = jnp.ones_like(salinity)
    volume, slope = jax.jvp(lambda x: specific_volume(theta, x, pressure), (salinity,), (one,))
    return -slope / volume


def density_teos10(temperature: ArrayLike, salinity: ArrayLike, pressure: ArrayLike | None = None) -> Array:
    r"""Density of sea water of the reference composition from in-situ temperature and practical salinity.

    $$\rho = \frac{1}{v\left(\Theta(S_A, t, p),\ S_A,\ p\right)}, \qquad S_A = \frac{35.16504}{35} S_P$$

    Source: Roquet et al. (2015) after the conversions of this module; without the regional salinity anomaly, see
    `absolute_salinity`.

    Args:
        temperature: in-situ temperature t [degC], any shape.
        salinity: practical salinity S_P [1], broadcastable.
        pressure: sea pressure p [Pa], broadcastable; None at the surface.

    Returns:
        density [kg m-3].

    Valid: as `specific_volume`.

    >>> round(float(density_teos10(25.0, 35.0)), 4)
    1023.3431
    """
    s = absolute_salinity(salinity)
    return 1.0 / specific_volume(conservative_temperature(temperature, s, pressure), s, pressure)


# Powers (root of S_A/100, p/1e8 Pa) -> coefficient of the freezing temperature, degC.
_FREEZING = {
    (0, 0): 0.002519,
    (2, 0): -5.946302841607319,
    (3, 0): 4.136051661346983,
    (4, 0): -1.115150523403847e1,
    (5, 0): 1.476878746184548e1,
    (6, 0): -1.088873263630961e1,
    (7, 0): 2.961018839640730,
    (0, 1): -7.433320943962606,
    (0, 2): -1.561578562479883,
    (0, 3): 4.073774363480365e-2,
    (2, 1): 1.158414435887717e-2,
    (3, 1): -4.122639292422863e-1,
    (2, 2): -1.123186915628260e-1,
    (4, 1): 5.715012685553502e-1,
    (3, 2): 2.021682115652684e-1,
    (2, 3): 4.140574258089767e-2,
    (5, 1): -6.034228641903586e-1,
    (4, 2): -1.205825928146808e-2,
    (3, 3): -2.812172968619369e-1,
    (6, 1): 1.877244474023750e-2,
    (5, 2): -1.204395563789007e-1,
    (4, 3): 2.349147739749606e-1,
    (7, 1): 2.748444541144219e-3,
}


def freezing_temperature_teos10(
    absolute_salinity: ArrayLike, pressure: ArrayLike | None = None, saturation: ArrayLike = 0.0
) -> Array:
    r"""In-situ temperature at which sea water freezes, polynomial of 23 terms.

    Dissolved air lowers it by $10^{-3}\,(2.4 - S_A/70.33)$ K where the water is saturated with it.

    Source: McDougall et al. (2014), J. Atmos. Oceanic Technol. 31, 1751; polynomial of the GSW toolbox, within 5e-4 K
    of the equality of chemical potentials in water and ice.

    Args:
        absolute_salinity: S_A [g kg-1], any shape.
        pressure: sea pressure [Pa], broadcastable; None at the surface.
        saturation: part of its saturation with air that the water holds [1], from 0 to 1.

    Returns:
        freezing temperature [degC].

    Valid: 0 <= S_A <= 50 g/kg at the surface, 0 <= p <= 1e8 Pa.

    >>> round(float(freezing_temperature_teos10(35.16504)), 3)
    -1.919
    """
    s = jnp.asarray(absolute_salinity)
    fresh, salt = _freezing_row(0, pressure), [_freezing_row(n, pressure) for n in range(2, 8)]
    reduced = s / 100.0
    freezing = fresh + reduced * horner(safe.square_root(reduced), salt)
    return freezing - saturation * 1e-3 * (2.4 - s / (2.0 * STANDARD_OCEAN_SALINITY))


def _freezing_row(power: int, pressure: ArrayLike | None) -> Array:
    row = [_FREEZING[power, k] for k in range(4) if (power, k) in _FREEZING]
    return jnp.asarray(row[0]) if pressure is None else horner(jnp.asarray(pressure) / _PRESSURE_UNIT, row)


def _entropy(y: Array, absolute_salinity: Array, z: Array | None) -> Array:
    """Temperature derivative of the Gibbs function, without the part that salinity alone makes."""

    def by_temperature(rows: Sequence[Sequence[float]]) -> Array:
        return horner(y, [row[0] if z is None else horner(z, row) for row in rows])

    reduced = _REDUCED_SALINITY * absolute_salinity
    salt = horner(safe.square_root(reduced), [by_temperature(rows) for rows in _ENTROPY_SALT])
    return by_temperature(_ENTROPY_FRESH) + reduced * salt


def _potential_temperature_start(t: Array, absolute_salinity: Array, decibar: Array) -> Array:
    """First guess of TEOS-10, good to 0.02 K."""
    s = absolute_salinity / SALINITY_PER_PRACTICAL
    warm = -8.38241357039698e-6 + s * 2.83933368585534e-8 + t * 1.77803965218656e-8 + decibar * 1.71155619208233e-10
    return t + decibar * (8.65483913395442e-6 - s * 1.41636299744881e-6 - decibar * 7.38286467135737e-9 + t * warm)
