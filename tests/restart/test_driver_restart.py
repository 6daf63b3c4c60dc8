"""Restart: two runs of a day are one of two days, bit for bit, also cut inside an accumulation; and what is refused."""

import json
import shutil

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr
from tests import coupled_toys as toys

from shanhai.core.clock import written
from shanhai.core.errors import InputError
from shanhai.coupling.books import rows
from shanhai.coupling.driver import advance
from shanhai.io.restart import KEPT, Keeper, latest, load, save
from shanhai.io.run_log import LedgerLog

IDENTITY = {"configuration": "abc", "grid": "def", "calendar": "standard"}


@pytest.fixture(scope="module")
def system():
    """A window of ten minutes, land that steps every third and sea that steps every sixth of them."""
    return toys.three(window=600)


@pytest.fixture(scope="module")
def half(system):
    coupler, begin = system
    return advance(coupler, begin, jnp.asarray(139))  # no multiple of 3: mail and means are half gathered


@pytest.fixture
def store(half, tmp_path):
    save(tmp_path / "restart.zarr", half, IDENTITY, written(half.time))
    return tmp_path / "restart.zarr"


def same(one, other):
    pairs = zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)
    return all(np.asarray(x).tobytes() == np.asarray(y).tobytes() for x, y in pairs)


def test_a_run_cut_inside_an_accumulation_goes_on_bit_by_bit(system, half, store):
    coupler, begin = system
    box = half.mail["air.to_land_water_to_land.from_air_water"]
    assert float(box.held.value[0]) > 0  # amounts of one of three air steps lie in the mail
    assert int(half.mail["land.temperature_to_air.land_temperature"].count) == 0
    assert int(half.window) % 6 == 1
    resumed = load(store, begin, IDENTITY)
    assert same(resumed, half)
    whole = advance(coupler, begin, jnp.asarray(288))
    assert same(advance(coupler, resumed, jnp.asarray(149)), whole)
    assert written(whole.time) == "2000-01-02T00:00:00"
    assert all(r.closes for r in rows(coupler, whole))


def test_a_restart_is_read_by_xarray_under_its_own_names(half, store):
    opened = xr.open_zarr(store, consolidated=False)
    np.testing.assert_array_equal(opened["components.sea.water"], half.components["sea"]["water"])
    assert opened.attrs["time"] == "1999-12-31T23:10:00"


def test_random_keys_come_back(tmp_path):
    state = {"key": jax.random.key(3), "other": jax.random.key(4, impl="rbg")}
    save(tmp_path / "k.zarr", state, {})
    back = load(tmp_path / "k.zarr", {"key": jax.random.key(0), "other": jax.random.key(0, impl="rbg")}, {})
    assert float(jax.random.normal(back["key"])) == float(jax.random.normal(state["key"]))
    assert str(jax.random.key_impl(back["other"])) == "rbg"


def test_single_precision_and_integers_come_back_as_they_were(tmp_path):
    state = {"a": jnp.float32(0.1), "b": jnp.asarray([1, 2], jnp.int32), "c": jnp.array([True, False])}
    save(tmp_path / "s.zarr", state, {})
    back = load(tmp_path / "s.zarr", jax.tree.map(jnp.zeros_like, state), {})
    assert same(back, state)
    assert [x.dtype for x in jax.tree.leaves(back)] == [x.dtype for x in jax.tree.leaves(state)]


def test_the_keeper_leaves_the_last_two(tmp_path):
    keep = Keeper(tmp_path, {})
    for number in (1, 20, 3000):
        keep({"x": jnp.asarray(float(number))}, number, "")
    assert len(list(tmp_path.iterdir())) == KEPT
    assert float(load(latest(tmp_path), {"x": jnp.zeros(())}, {})["x"]) == 3000.0


def test_a_writer_that_fails_leaves_the_old_restart(half, store, monkeypatch):
    before = load(store, half, IDENTITY)
    import shanhai.io.restart as restart

    monkeypatch.setattr(restart, "_hash", lambda data: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        save(store, half, IDENTITY)
    monkeypatch.undo()
    assert same(load(store, half, IDENTITY), before)
    assert not list(store.parent.glob(".*partial"))


def refusal(store, like, identity=IDENTITY):
    with pytest.raises(InputError) as refused:
        load(store, like, identity)
    return str(refused.value)


def test_refused_of_another_configuration(half, store):
    said = refusal(store, half, IDENTITY | {"configuration": "xyz"})
    assert "it is of another run: its configuration is abc, and here it is xyz" in said


def test_refused_of_another_version(half, store):
    about = store / "zarr.json"
    text = json.loads(about.read_text())
    text["attributes"]["schema"] = 99
    about.write_text(json.dumps(text))
    assert "its schema version is 99, and this shanhai reads version 1" in refusal(store, half)


def test_refused_where_it_was_cut_off(half, store):
    shutil.rmtree(store / "components.sea.carbon" / "c")
    assert "components.sea.carbon is not what was written: the store is damaged or was cut off" in refusal(store, half)
    shutil.rmtree(store / "components.sea.carbon")
    assert "components.sea.carbon cannot be read" in refusal(store, half)


def test_refused_where_bytes_are_wrong(half, store):
    chunk = next(p for p in (store / "components.sea.heat" / "c").rglob("*") if p.is_file())
    chunk.write_bytes(chunk.read_bytes()[:-4])
    assert "components.sea.heat" in refusal(store, half)


def test_refused_with_other_components_or_cells(half, store):
    assert "it lacks components.fog" in refusal(store, {"components": {"fog": jnp.zeros(1)}})
    other = jax.tree.map(lambda x: x, half)
    other.components["sea"]["ice"] = jnp.zeros(5)
    assert "components.sea.ice is float64[4], and this run has float64[5]" in refusal(store, other)


def test_refused_where_nothing_is(half, tmp_path):
    assert "this is no restart that can be read" in refusal(tmp_path / "nowhere.zarr", half)
    with pytest.raises(InputError, match="there is no restart in this folder"):
        latest(tmp_path)


def test_the_ledger_in_a_file_goes_on_where_the_run_does(system, half, tmp_path):
    coupler, _ = system
    log = LedgerLog(tmp_path / "ledger.csv", area=1e3)
    for time in ("1999-12-31T06:00:00", "1999-12-31T12:00:00", "1999-12-31T18:00:00"):
        log.append(time, 3600.0, rows(coupler, half))
    log.cut_after("1999-12-31T12:00:00")
    LedgerLog(tmp_path / "ledger.csv", area=1e3).append("1999-12-31T13:00:00", 3600.0, rows(coupler, half))
    lines = log.path.read_text().splitlines()
    assert len(lines) == 1 + 3 * len(rows(coupler, half))
    assert lines[-1].startswith("1999-12-31T13:00:00,total,")
    assert lines[1].endswith(",yes")
    (tmp_path / "other.csv").write_text("a,b\n")
    with pytest.raises(InputError, match="the file is there and is no ledger"):
        LedgerLog(tmp_path / "other.csv", area=1.0)
