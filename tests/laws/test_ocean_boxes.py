"""Laws of boxes of sea water: elements close, water balances, gas finds its equilibrium, isotopes keep their ratio."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.airsea import FluxOptions, co2_flux
from shanhai.core.errors import InputError
from shanhai.core.reactions import Network, Species
from shanhai.numerics.forced import forced
from shanhai.numerics.rosenbrock import Rosenbrock
from shanhai.ocean.air_exchange import Surface, co2_exchange, isotope_exchange, oxygen_exchange
from shanhai.ocean.boxes import Boxes, Flow, mixing, transport
from shanhai.ocean.isotope_riders import Ways, decay, riders
from shanhai.ocean.pumps import ACCEPTORS, NutrientLimited, Respiration, Sinking, Sustained, export

YEAR = 3.15576e7
TRACERS = ("dic", "alkalinity", "phosphate", "oxygen")
SEA = Boxes(("low", "high", "deep"), jnp.array([3e16, 1.3e16, 1.25e18]))
FLOWS = (
    Flow("deep", "low", 2e7, "overturning"),
    Flow("low", "high", 2e7, "overturning"),
    Flow("high", "deep", 2e7, "overturning"),
    *mixing("high", "deep", 6e7),
)
CONTENTS = {"dic": 2.2e-3, "alkalinity": 2.36e-3, "phosphate": 2.1e-6, "oxygen": 1.7e-4}


def surface(box: str, temperature: float) -> Surface:
    return Surface(SEA, box, 3e14, temperature, 35.0, 4e-5, nutrients=True).settled()


@cache
def ocean(fast: float = 3.0) -> Network:
    reactions = list(transport(SEA, TRACERS, FLOWS))
    sinking = Sinking()
    growing = (
        NutrientLimited(SEA, "low", fast / YEAR, 2e-8, sinking.organic.phosphorus),
        Sustained(SEA, "high", 1e6, 2e-8),
    )
    for (box, temperature), law in zip((("low", 21.5), ("high", 2.5)), growing):
        at = surface(box, temperature)
        reactions += [*co2_exchange(at, lambda x, _: x["co2.air"] / 1.773e20), *oxygen_exchange(at)]
        reactions += export(SEA, box, {"deep": 1.0}, law, sinking, TRACERS, Respiration())
    air = (Species("co2.air", {"C": 1.0}), Species("oxygen.air", {"O2": 1.0}, external=True))
    return Network((*SEA.species(TRACERS), *air, ACCEPTORS), tuple(reactions))


def start(oxygen: float = 1.7e-4):
    return jnp.concatenate([SEA.amounts(CONTENTS | {"oxygen": oxygen}), jnp.array([5e16, 0.0, 0.0])])


@jax.jit
def run(x):
    return forced(Rosenbrock("ros2"), ocean(), x, jnp.zeros(40), 5.0 * YEAR)


def test_gas_exchange_leaves_alkalinity_alone():
    for reaction in ocean().reactions:
        if "invasion" in reaction.name or "evasion" in reaction.name or "oxygen" in reaction.name.split(":")[0]:
            assert not any(name.startswith("alkalinity") for name in reaction.stoichiometry)


def test_every_element_closes():
    network, end = ocean(), run(start()).end
    before, after = (network.contents @ np.asarray(x) for x in (start(), end))
    scale = np.abs(network.contents) @ np.abs(np.asarray(end))
    np.testing.assert_array_less(np.abs(after - before), 1e-13 * scale)


def test_oxygen_of_nearly_anoxic_deep_water_never_falls_below_zero():
    got = np.asarray(run(start(2e-6)).x)
    assert got[:, 9:12].min() >= 0.0
    assert got[-1, -1] < 0.0  # other acceptors gave what oxygen could not


def test_uniform_tracers_stay_uniform_in_moving_water():
    network = Network(SEA.species(("dic",)), transport(SEA, ("dic",), FLOWS))
    amounts = SEA.amounts({"dic": 2e-3})
    tendency = np.asarray(network.tendency(amounts))
    np.testing.assert_allclose(tendency / np.asarray(amounts), 0.0, atol=1e-22)  # s-1


def test_boxes_that_fill_are_refused():
    with pytest.raises(InputError, match=r"box low.*does not balance"):
        transport(SEA, ("dic",), (Flow("deep", "low", 2e7), Flow("low", "high", 1e7), Flow("high", "deep", 1e7)))


def test_boxes_that_are_not_there_are_refused():
    with pytest.raises(InputError, match="no box 'depp'"):
        transport(SEA, ("dic",), mixing("low", "depp", 1e7))


def test_settled_conditions_give_the_same_and_refuse_an_environment():
    x = ocean().view(start())
    at = surface("low", 21.5)
    free = Surface(SEA, "low", 3e14, 21.5, 35.0, 4e-5, nutrients=True)
    np.testing.assert_allclose(at.evasion(x, None), free.evasion(x, None), rtol=1e-14)
    with pytest.raises(InputError, match="follow the environment"):
        Surface(SEA, "low", 3e14, lambda e: e, 35.0, 4e-5).settled()


def test_net_exchange_is_the_flux_by_fugacity():
    system = surface("low", 21.5).system(ocean().view(start()), None)
    options = FluxOptions(fugacity=True)
    air = {"temperature": 21.5, "salinity": 35.0, "wind": 7.0, "air_pressure": 101325.0}
    flux = co2_flux(pco2_sea=system.pco2, xco2=400e-6, options=options, **air)
    velocity = float(flux.transfer_velocity)
    at = Surface(SEA, "low", 3e14, 21.5, 35.0, velocity, nutrients=True)
    net = at.evasion(ocean().view(start()), None) - at.invasion(None, jnp.asarray(400e-6))
    np.testing.assert_allclose(net / 3e14, flux.flux, rtol=1e-9)


def test_gas_exchange_ends_at_equilibrium():
    at = surface("low", 21.5)
    network = Network(
        (*SEA.species(("dic", "alkalinity", "phosphate")), Species("co2.air", {"C": 1.0}, external=True)),
        co2_exchange(at, lambda x, _: jnp.asarray(300e-6)),
    )
    x = jnp.concatenate([SEA.amounts({k: CONTENTS[k] for k in ("dic", "alkalinity", "phosphate")}), jnp.zeros(1)])
    exchanged = jax.jit(lambda x: forced(Rosenbrock("ros2"), network, x, jnp.zeros(60), 1.0 * YEAR).end)
    end = network.view(exchanged(x))
    np.testing.assert_allclose(float(at.system(end, None).xco2), 300e-6, rtol=1e-9)


def test_export_returns_below_what_it_takes_above():
    law = Sustained(SEA, "high", 1e6, 2e-8)
    for reaction in export(SEA, "high", {"deep": 1.0}, law, Sinking(), TRACERS, Respiration()):
        for tracer in ("dic", "alkalinity", "phosphate"):
            up, down = (float(reaction.stoichiometry[f"{tracer}.{b}"](None, None)) for b in ("high", "deep"))
            assert up == -down != 0.0


def test_an_isotope_without_fractionation_keeps_its_ratio():
    reactions = [*transport(SEA, ("dic13",), FLOWS)]
    sinks = {"low": {"deep": 1.0}, "high": {"deep": 1.0}}
    reactions += riders(SEA, sinks, "dic13", "air", lambda x, e: jnp.asarray(0.99))
    dic = SEA.amounts({"dic": 2.1e-3})
    carbon = dict(zip(("low", "high", "deep"), dic))
    exchange, sunk = 3e6, 2e6
    environment = {f"dic13.{b}": Ways(jnp.asarray(exchange), exchange / carbon[b], sunk / carbon[b]) for b in sinks}
    outside = Species("air", {"13C": 1.0}, external=True)
    network = Network((*SEA.species(("dic13",)), outside), tuple(reactions), environment)
    tendency = np.asarray(network.tendency(jnp.append(0.99 * dic, 0.0), environment))
    np.testing.assert_allclose(tendency[:2], -0.99 * sunk, rtol=1e-12)  # what sinks leaves, with the ratio of all
    np.testing.assert_allclose(tendency[2], 2 * 0.99 * sunk, rtol=1e-12)
    assert abs(tendency[3]) < 1e-6  # exchange at equal ratios moves nothing


def test_gas_exchange_of_isotopes_stops_at_the_fractionation_of_dissolved_carbon():
    at = surface("low", 21.5)
    x = dict(zip(("dic.low", "alkalinity.low", "phosphate.low"), (SEA.mass("low") * v for v in (2e-3, 2.3e-3, 1e-6))))
    system = at.system(x, None)
    f = at.fractionation(x, None, "dic13")
    ratio = f.invasion / f.evasion * 0.9935  # ratio of dissolved carbon in equilibrium with air at -6.5 per mil
    x["dic13.low"] = ratio * x["dic.low"]
    into, out = isotope_exchange(at, lambda x, _: system.xco2, lambda x, _: jnp.asarray(0.9935), "dic13", "air")
    np.testing.assert_allclose(into.law(x, None), out.law(x, None), rtol=2e-3)  # fugacity of vapour, 0.1 percent
    assert 1.005 < float(ratio / 0.9935) < 1.012


def test_radiocarbon_decays_with_its_half_life():
    network = Network((*SEA.species(("dic14",)), Species("decayed", {"14C": 1.0}, external=True)), decay(SEA))
    x = jnp.append(SEA.amounts({"dic14": 1e-3}), 0.0)
    rate = np.asarray(network.tendency(x))[:3] / np.asarray(x)[:3]
    np.testing.assert_allclose(np.log(2.0) / -rate / YEAR, 5700.0, rtol=1e-12)


def test_oxygen_is_carried_with_its_respiration_or_not_at_all():
    def law(x, _):
        return x["phosphate.low"]

    for tracers, respiration in ((("dic", "alkalinity"), Respiration()), (TRACERS, None)):
        with pytest.raises(InputError, match="go together"):
            export(SEA, "low", {"deep": 1.0}, law, Sinking(), tracers, respiration)
