"""Polynomials in one or several predictors: HY/T 0343.5 formulas (B.1) and (B.2)."""

import math
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any, Literal

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike
from numpy.typing import NDArray
from pydantic import Field, model_validator

from shanhai.core.errors import InputError
from shanhai.core.notation import quantity
from shanhai.monitoring.pco2_models.model import Inputs, ModelSpec, PCO2Model, training_arrays
from shanhai.numerics.horner import horner

MAX_DEGREE = 6  # beyond it the powers of real predictors are one and the same curve to round-off


class Polynomial(PCO2Model):
    r"""Sum of powers of the predictors, by default without products of different ones.

    $$p_{CO_2} = a_0 + \sum_i \sum_{k=1}^{d_i} a_{ik} X_i^k \;\left( + \sum_{i<j} b_{ij} X_i X_j \right)$$

    Source: HY/T 0343.5 formulas (B.1), one predictor, and (B.2), several. Its note gives the unit of salinity
    as ug/L: a misprint, salinity is practical [1] here; chlorophyll is in mg m-3, which is the ug/L of the
    note.

    Args:
        inputs: predictors.
        degrees: highest power of each predictor.
        interactions: whether products of pairs of predictors follow the powers.
        coefficients: of the *standardised* predictors [Pa], constant first, then the powers predictor by
            predictor, then the products; `original_coefficients` gives those of the formula.
    """

    inputs: Inputs
    degrees: tuple[int, ...] = eqx.field(static=True)
    interactions: bool = eqx.field(static=True)
    coefficients: Array

    def evaluate(self, columns: Array) -> Array:
        """Partial pressure [Pa] of samples."""
        z = self.inputs.standardised(columns)
        total, at = self.coefficients[0] + jnp.zeros_like(z[0]), 1
        for i, degree in enumerate(self.degrees):
            total = total + z[i] * horner(z[i], self.coefficients[at : at + degree])
            at += degree
        if self.interactions:
            for number, (i, j) in enumerate(combinations(range(len(self.degrees)), 2), start=at):
                total = total + self.coefficients[number] * z[i] * z[j]
        return total

    def describe(self) -> str:
        """List the coefficients of the formula, in Pa per units of the predictors."""
        rows = [f"{value:.8g} {unit}  {term}" for term, value, unit in self._rows()]
        return "\n".join(["polynomial (B.1, B.2), pCO2 [Pa] =", *(f"  {row}" for row in rows)])

    def original_coefficients(self) -> dict[str, float]:
        """Coefficients a of the formula by term, for predictors in units of the notation table.

        >>> model = from_coefficients(60.0, {"sea_surface_temperature": (-1.5, 0.02)})
        >>> model.original_coefficients()
        {'1': 60.0, 'sea_surface_temperature': -1.5, 'sea_surface_temperature^2': 0.02}
        """
        return {term: value for term, value, _ in self._rows()}

    def _rows(self) -> list[tuple[str, float, str]]:
        """Term, coefficient and unit of the formula in the original predictors."""
        rows = _multiplied_out(self)
        return [(_term(self.inputs, powers), float(a), _unit(self.inputs, powers)) for powers, a in rows.items()]


class PolynomialSpec(ModelSpec):
    """A polynomial to be fitted by least squares.

    Args:
        degree: highest power, one for all predictors or one for each.
        interactions: also take the products of pairs of predictors.
    """

    kind: Literal["polynomial"] = "polynomial"
    degree: int | tuple[int, ...] = Field(2)
    interactions: bool = False

    @model_validator(mode="after")
    def _degrees(self) -> "PolynomialSpec":
        if len(self.degrees) != len(self.predictors):
            raise ValueError(f"{len(self.degrees)} degrees are given for {len(self.predictors)} predictors")
        if not all(1 <= d <= MAX_DEGREE for d in self.degrees):
            raise ValueError(f"a degree must be between 1 and {MAX_DEGREE}")
        if self.interactions and len(self.predictors) < 2:
            raise ValueError("interactions need at least two predictors")
        return self

    @property
    def degrees(self) -> tuple[int, ...]:
        """Highest power of each predictor."""
        return (self.degree,) * len(self.predictors) if isinstance(self.degree, int) else self.degree

    @property
    def label(self) -> str:
        """Short name that tells candidates apart."""
        terms = [f"{n}^{d}" if d > 1 else n for n, d in zip(self.predictors, self.degrees, strict=True)]
        return f"polynomial({', '.join(terms)}{', interactions' if self.interactions else ''})"

    def fit(self, columns: Mapping[str, ArrayLike], pco2: ArrayLike) -> Polynomial:
        """Fit by least squares on standardised predictors.

        Raises:
            InputError: if there are gaps, too few match-ups, or predictors that say the same thing.
        """
        pairs = math.comb(len(self.predictors), 2) if self.interactions else 0
        unknowns = 1 + sum(self.degrees) + pairs
        arrays, target = training_arrays(columns, pco2, self.predictors, unknowns)
        inputs = Inputs.of(self.predictors, self.log10, arrays)
        z = inputs.standardised_rows(arrays)
        design = _design(z, self.degrees, self.interactions)
        coefficients, _, rank, _ = np.linalg.lstsq(design, target, rcond=1e-10)
        if rank < unknowns:
            raise InputError(
                f"{', '.join(self.predictors)} are not independent of each other in the training data",
                where=self.label,
                do="leave one out or lower the degree",
            )
        return Polynomial(inputs, self.degrees, self.interactions, jnp.asarray(coefficients))


def from_coefficients(
    constant: float,
    powers: Mapping[str, Sequence[float]],
    *,
    ranges: Mapping[str, tuple[float, float]] | None = None,
    log10: Sequence[str] = (),
) -> Polynomial:
    """Make a polynomial of published regional coefficients.

    Args:
        constant: a0 [Pa].
        powers: predictor -> coefficients of its powers 1, 2, ... [Pa per power of its unit].
        ranges: predictor -> range of validity; the believable range of the notation table where absent.
        log10: predictors of which the decimal logarithm is meant.

    >>> model = from_coefficients(60.0, {"sea_surface_temperature": (-1.5, 0.02)})
    >>> float(model.predict({"sea_surface_temperature": 20.0}))
    38.0
    """
    names = PolynomialSpec(predictors=tuple(powers), log10=tuple(log10), degree=1).predictors
    low, high = np.array([(ranges or {}).get(n, (quantity(n).low, quantity(n).high)) for n in names]).T
    inputs = Inputs(names, log10, low=low, high=high)
    flat = [constant, *(a for name in names for a in powers[name])]
    return Polynomial(inputs, tuple(len(powers[n]) for n in names), False, jnp.asarray(flat, dtype=float))


def _design(z: NDArray[Any], degrees: Sequence[int], interactions: bool) -> NDArray[np.float64]:
    powers = [z[i] ** k for i, degree in enumerate(degrees) for k in range(1, degree + 1)]
    pairs = [z[i] * z[j] for i, j in combinations(range(len(degrees)), 2)] if interactions else []
    return np.stack([np.ones_like(z[0]), *powers, *pairs], axis=1)


Powers = tuple[tuple[int, int], ...]  # (predictor, power), ...; empty for the constant


def _multiplied_out(model: Polynomial) -> dict[Powers, float]:
    """Coefficients of the original predictors: each ((x - mean) / scale)^k by the binomial theorem."""
    mean, scale = np.asarray(model.inputs.mean), np.asarray(model.inputs.scale)
    values = np.asarray(model.coefficients, dtype=float)
    out: dict[Powers, float] = {(): float(values[0])}
    at = 1
    for i, degree in enumerate(model.degrees):
        out |= {((i, k),): 0.0 for k in range(1, degree + 1)}
        for k in range(1, degree + 1):
            for j in range(k + 1):
                term = math.comb(k, j) * (-mean[i]) ** (k - j) / scale[i] ** k
                key: Powers = ((i, j),) if j else ()
                out[key] += values[at] * term
            at += 1
    if model.interactions:
        for i, j in combinations(range(len(model.degrees)), 2):
            b = values[at] / (scale[i] * scale[j])
            out[((i, 1), (j, 1))] = b
            out[((i, 1),)] -= b * mean[j]
            out[((j, 1),)] -= b * mean[i]
            out[()] += b * mean[i] * mean[j]
            at += 1
    return out


def _term(inputs: Inputs, powers: Powers) -> str:
    words = []
    for i, k in powers:
        name = inputs.names[i]
        word = f"log10({name})" if name in inputs.logarithmic else name
        words.append(word if k == 1 else f"{word}^{k}")
    return " * ".join(words) or "1"


def _unit(inputs: Inputs, powers: Powers) -> str:
    parts = ["Pa"]
    for i, k in powers:
        unit = quantity(inputs.names[i]).unit
        if inputs.names[i] not in inputs.logarithmic and unit != "1":
            parts.append(f"({unit})-{k}" if " " in unit else f"{unit}-{k}")
    return " ".join(parts)
