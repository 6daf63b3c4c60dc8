"""Methods of anthropogenic carbon on a synthetic section: each finds the truth as well as its literature says.

The bounds are those that the authors of the methods or of their tests state, not measured here: ΔC* ± 9 umol kg-1
(Gruber et al. 1996), TTD 20 % of the inventory and 6 umol kg-1 (Waugh et al. 2006), eMLR(C*) 10 % of the section
inventory at best and 20 % in a basin (Clement & Gruber 2018), TrOCA beyond its ± 6.25 umol kg-1 (Yool et al. 2010).
"""

import numpy as np
import pytest

from shanhai.carbon.anthropogenic import estimate
from shanhai.carbon.anthropogenic.synthetic import Air, Cruise, section, usual_air
from shanhai.carbon.presets import anthropogenic_carbon as preset
from shanhai.ocean.ventilation import History

pytestmark = pytest.mark.slow  # compiling takes long

FROM = 100.0


@pytest.fixture(scope="module")
def result():
    return preset.run(preset.Settings())


def share(result, name):
    return abs(result.number(f"{name}_bias")) / result.number("whole_truth")


def test_the_section_is_the_sum_of_its_parts(result):
    assert all(row.closes for row in result.ledger)


def test_transit_times_find_the_inventory_within_a_fifth(result):
    for name in ("ttd", "ttd_two"):
        assert share(result, name) < 0.2
        assert result.number(f"{name}_rms") < 6.0
        assert result.number(f"{name}_covered") > 0.68


def test_excess_carbon_finds_samples_within_nine(result):
    assert result.number("cstar_rms") < 9.0
    assert share(result, "cstar") < 0.2
    assert result.number("cstar_covered") > 0.68


def test_a_growing_disequilibrium_finds_samples_within_nine_and_too_little_of_them(result):
    assert result.number("phi_ct_rms") < 9.0
    assert result.number("phi_ct_bias") < 0.0


def test_regressions_find_the_change_between_cruises(result):
    for name in ("emlr", "emlr_cstar"):
        assert abs(result.number(f"{name}_bias")) < 0.25 * result.number("change_truth")
        assert result.number(f"{name}_rms") < 3.0
        assert result.number(f"{name}_covered") > 0.68


def test_troca_misses_waters_it_was_not_fitted_to_by_more_than_it_claims(result):
    assert 6.25 < result.number("troca_rms") < 20.0


def test_no_rise_of_the_air_gives_none_within_the_noise():
    usual = usual_air()
    still = History(usual.co2.years, usual.co2.values[0] * np.ones_like(usual.co2.values))
    air = Air(still, usual.tracers)
    earlier, later = (section(Cruise(year=y), air, seed) for y, seed in ((1995.0, 5), (2010.0, 6)))
    assert np.all(later["true_c_ant"] == 0.0)
    deep = later["pressure"] > FROM
    assert np.all(estimate(later, "ttd", co2=still).c_ant == 0.0)
    change = estimate(later, "emlr", earlier=earlier).c_ant[deep]
    assert abs(change.mean()) < 1.0
    star = estimate(later, "cstar", co2=still).c_ant[deep]
    assert abs(star.mean()) < 2.0


def test_an_error_of_all_dic_goes_into_emlr_and_not_into_transit_times():
    earlier = section(Cruise(year=1995.0), seed=1)
    right, wrong = (section(Cruise(year=2010.0, dic_bias=bias), seed=2) for bias in (0.0, 3.0))
    off = estimate(wrong, "emlr", earlier=earlier).c_ant - estimate(right, "emlr", earlier=earlier).c_ant
    assert np.nanmax(np.abs(off - 3.0)) < 1e-6
    assert np.all(estimate(wrong, "ttd").c_ant == estimate(right, "ttd").c_ant)


def test_an_error_of_all_dic_drops_out_of_excess_carbon_into_the_disequilibrium():
    right, wrong = (section(Cruise(year=2010.0, dic_bias=bias), seed=2) for bias in (0.0, 3.0))
    off = estimate(wrong, "cstar").c_ant - estimate(right, "cstar").c_ant
    assert np.nanmax(np.abs(off)) < 1e-6
