"""Levels of the hierarchy are equal: a column is the boxes that it is cut into, and well mixed it is one box."""

from itertools import pairwise

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from shanhai.core.constants import STANDARD_ATMOSPHERE
from shanhai.core.first_order import FirstOrder
from shanhai.core.ledger import JULIAN_YEAR
from shanhai.core.reactions import Network, Reaction, Species
from shanhai.models.column.radiocarbon import Air, Carbon, Forcing, Sea, exchange, natural, through_time
from shanhai.numerics.explicit import RungeKutta
from shanhai.numerics.forced import forced
from shanhai.numerics.steady import CONVERGED, steady_state
from shanhai.ocean.air_exchange import Surface, co2_exchange
from shanhai.ocean.boxes import Boxes, Flow, mixing, transport
from shanhai.ocean.water_column import EddyDiffusivity

AREA = 3.62e14
NAMES = ("mixed", "upper", "middle", "lower")
SEA = Sea(levels=4, mixed_layer=100.0)
AIR = Air(jnp.array(280e-6), jnp.array(0.99))


def box_flows(sea: Sea) -> list[Flow]:
    """The currents of a column as flows between boxes: eddies, upwelling, sinking water."""
    column, rising = sea.column, float(sea.upwelling) / JULIAN_YEAR
    half = np.asarray(column.thickness) / 2.0
    distance = half[1:] + np.concatenate([[0.0], half[1:-1]])
    peclet = rising * distance / np.asarray(column.diffusivity)
    eddies = AREA * np.asarray(column.diffusivity) / distance * peclet / np.expm1(peclet)
    flows = [f for pair, g in zip(pairwise(NAMES), eddies) for f in mixing(*pair, g)]
    flows += [Flow(b, a, AREA * rising, "upwelling") for a, b in pairwise(NAMES)]
    return [*flows, Flow("mixed", "lower", AREA * rising, "sinking")]


class Invading(eqx.Module):
    rate: float

    def __call__(self, x, environment):
        return self.rate + 0.0 * x["dic14.mixed"]


def radiocarbon_boxes(sea: Sea, dic: float) -> Network:
    """14C of boxes as first-order reactions, with invasion and decay as accounts."""
    boxes = Boxes(NAMES, AREA * sea.column.thickness)
    through = AREA * float(sea.invasion(AIR.xco2))
    held = float(boxes.volume[0]) * dic
    outside = (Species("air", {"14C": 1.0}, external=True), Species("decayed", {"14C": 1.0}, external=True))
    air = (
        Reaction("in", Invading(through * float(AIR.ratio)), {"air": -1.0, "dic14.mixed": 1.0}),
        Reaction("out", FirstOrder("dic14.mixed", through / held), {"dic14.mixed": -1.0, "air": 1.0}),
    )
    decay = tuple(
        Reaction(f"decay {n}", FirstOrder(f"dic14.{n}", sea.decay), {f"dic14.{n}": -1.0, "decayed": 1.0}) for n in NAMES
    )
    return Network(
        (*boxes.species(("dic14",)), *outside), (*transport(boxes, ("dic14",), box_flows(sea)), *air, *decay)
    )


def test_a_column_of_four_levels_at_rest_is_four_boxes_at_rest():
    rest = natural(SEA, AIR)
    network = radiocarbon_boxes(SEA, float(rest.dic[0]))
    volume = AREA * SEA.column.thickness
    begin = jnp.concatenate([volume * rest.dic[0], jnp.zeros(2)])
    boxes = jax.jit(lambda x: steady_state(network, x))(begin)
    assert int(boxes.status) == CONVERGED
    np.testing.assert_allclose(boxes.x[:4] / volume, rest.dic14, rtol=1e-11)


def test_a_well_mixed_column_takes_up_carbon_as_one_box_does():
    """The same gas exchange and chemistry, as a boundary of the column and as reactions of a box."""
    sea = Sea(levels=4, upwelling=0.0, depth=1000.0, eddies=EddyDiffusivity(deep=1e3))
    forcing = Forcing(jnp.array([0.0, 1.0]), jnp.array([400e-6, 400e-6]), jnp.zeros(2))
    begin = natural(sea, Air(jnp.array(280e-6), jnp.array(1.0)))
    column = through_time(sea, forcing, begin, jnp.array(0.0), jnp.array(0.1), 20, 5).water.dic

    boxes = Boxes(("sea",), jnp.array([AREA * 1000.0]))
    surface = Surface(boxes, "sea", AREA, 18.0, 34.7, sea.velocity, 1.0, STANDARD_ATMOSPHERE)
    species = (*boxes.species(("dic", "alkalinity")), Species("co2.air", {"C": 1.0}, external=True))
    network = Network(species, co2_exchange(surface, lambda x, e: jnp.array(400e-6)))
    amounts = jnp.append(boxes.amounts({"dic": begin.dic[0] / 1025.0, "alkalinity": 2300e-6}), 0.0)
    course = jax.jit(lambda x: forced(RungeKutta(4), network, x, jnp.zeros(20), 0.5 * JULIAN_YEAR))(amounts)
    box = course.x[:, 0] / boxes.volume[0]
    gained = float(box[-1] - begin.dic[0])
    assert gained > 1e-3
    np.testing.assert_allclose((column[1:, 0] - box) / gained, 0.0, atol=5e-6)
    assert float(course.end[1]) == float(amounts[1])  # alkalinity takes no part


def test_the_exchange_of_the_column_is_the_flux_of_the_box():
    water = Carbon(jnp.array(2.1), jnp.array(2.0))
    into = jax.jit(exchange(SEA, AIR))(water)
    boxes = Boxes(("sea",), jnp.array([AREA]))
    surface = Surface(boxes, "sea", AREA, 18.0, 34.7, SEA.velocity, 1.0, STANDARD_ATMOSPHERE)
    x = {"dic.sea": water.dic * AREA, "alkalinity.sea": jnp.array(2300e-6 * 1025.0 * AREA)}
    enters, leaves = jax.jit(lambda x: (surface.invasion(None, AIR.xco2), surface.evasion(x, None)))(x)
    np.testing.assert_allclose(into.dic, (enters - leaves) / AREA, rtol=1e-12)
    isotope = (enters * AIR.ratio - leaves * water.dic14 / water.dic) / AREA
    np.testing.assert_allclose(into.dic14, isotope, rtol=1e-12)
