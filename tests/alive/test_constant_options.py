"""Every option of the equilibrium constants moves one of them, a total concentration or a scale."""

import numpy as np
import pytest

from shanhai.seawater.constants import CHOICES, ConstantOptions, equilibrium_constants, scale_factors, totals


def everything(options):
    """All that depends on the options, in brackish to salty water at depth."""
    t, s = 12.0, 35.0
    k, amounts = equilibrium_constants(t, s, 3e7, options), totals(s, options)
    return np.array([*k, *amounts, *scale_factors(t, s, k, amounts, options)])


SAME = {("carbonic", "mehrbach_1973_peng_1987"), ("carbonic", "blend")}  # K1, K2 of another name; Lueker at S = 35
BASE = everything(ConstantOptions())


@pytest.mark.parametrize(
    ("field", "name"),
    [(f, n) for f, names in CHOICES.items() for n in names if n != getattr(ConstantOptions(), f)],
)
def test_option_moves_something(field, name):
    base = BASE if (field, name) not in SAME else everything(ConstantOptions(carbonic="millero_2010"))
    assert np.any(everything(ConstantOptions(**{field: name})) != base)


@pytest.mark.parametrize("field", CHOICES)
def test_names_within_a_choice_all_differ(field):
    found = [
        tuple(everything(ConstantOptions(**{field: name}))) for name in CHOICES[field] if (field, name) not in SAME
    ]
    assert len(set(map(str, found))) == len(found)
