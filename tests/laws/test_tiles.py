"""Laws of tiles: any length and shape, two compilations, the same bits whatever the tile."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.numerics import tiles
from shanhai.numerics.tiles import PER_CALL, TILE, in_tiles, mapped
from shanhai.seawater.co2system.given import solve_system
from shanhai.seawater.co2system.system import Conditions

TRACES = []


def shifted(arguments):
    TRACES.append(arguments["x"].shape)
    return {"y": jnp.exp(arguments["x"]) + arguments["c"], "twice": 2 * arguments["x"]}


COMPILED = jax.jit(mapped(shifted))


SIZES = [0, 1, 2, TILE - 1, TILE, TILE + 1, PER_CALL - 1, PER_CALL, PER_CALL + 1, 2 * PER_CALL + 7]


@pytest.mark.parametrize("size", SIZES)
def test_any_length_is_computed_point_by_point(size):
    x = np.linspace(-3.0, 3.0, size)
    found = in_tiles(COMPILED, {"x": x, "c": np.array(2.0)})
    np.testing.assert_allclose(found["y"], np.exp(x) + 2.0, rtol=1e-15)
    assert np.array_equal(found["twice"], 2 * x)


def test_lengths_compile_twice_and_no_more():
    for size in (1, 5, TILE + 5, PER_CALL + 5):
        in_tiles(COMPILED, {"x": np.ones(size), "c": np.array(2.0)})
    TRACES.clear()
    for size in (2, 999, TILE, TILE + 1, 3 * TILE, PER_CALL + 1):
        in_tiles(COMPILED, {"x": np.full(size, 0.1), "c": np.array(-1.0)})
    assert TRACES == []


@pytest.mark.parametrize("shape", [(), (1,), (0,), (3, 4), (2, 0, 3), (2, 3, 4, 5)], ids=str)
def test_shape_comes_back(shape):
    x = np.arange(np.prod(shape), dtype=float).reshape(shape)
    found = in_tiles(COMPILED, {"x": x, "c": np.array(0.0)})
    assert found["y"].shape == shape
    assert np.array_equal(found["twice"], 2 * x)


def test_type_comes_back():
    single = in_tiles(COMPILED, {"x": np.ones(3, np.float32), "c": np.float32(1.0)})
    assert single["y"].dtype == np.float32


def test_inputs_are_left_alone_and_results_are_writable():
    x = np.ones(5)
    x.flags.writeable = False
    found = in_tiles(COMPILED, {"x": x, "c": np.array(1.0)})
    found["y"][0] = 7.0
    assert np.all(x == 1.0)


def test_tile_length_changes_no_bit_of_the_carbonate_system(monkeypatch):
    rng = np.random.default_rng(0)
    size = 3 * TILE + 11
    samples = {"dic": rng.uniform(1e-3, 3e-3, size), "alkalinity": rng.uniform(-1e-3, 4e-3, size)}
    samples |= {"temperature": rng.uniform(-2.0, 45.0, size), "salinity": rng.uniform(0.0, 50.0, size)}

    def one(a):
        where = Conditions(a["temperature"], a["salinity"])
        system = solve_system({"dic": a["dic"], "alkalinity": a["alkalinity"]}, where)
        return {"h": system.h, "co2": system.co2, "reason": system.reason}

    expected = in_tiles(jax.jit(mapped(one)), samples)
    assert not np.any(expected["reason"])
    monkeypatch.setattr(tiles, "TILE", 512)
    found = in_tiles(jax.jit(mapped(one)), samples)
    for name in expected:
        assert np.array_equal(found[name], expected[name]), name
