"""A multi-layer perceptron: HY/T 0343.5 clause B.1.3."""

import warnings
from collections.abc import Mapping
from typing import Any, Literal

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike
from pydantic import Field, field_validator

from shanhai.monitoring.pco2_models.model import Inputs, ModelSpec, PCO2Model, training_arrays


class NeuralNetwork(PCO2Model):
    r"""Layers of tanh units over standardised predictors z.

    $$h_0 = z, \quad h_l = \tanh(W_l^T h_{l-1} + b_l), \quad
      p_{CO_2} = \mu + \sigma\,(w^T h_L + b)$$

    Source: HY/T 0343.5 clause B.1.3, which names neural networks without an equation.

    Args:
        inputs: predictors.
        weights: of each layer, (units before, units after).
        biases: of each layer, (units after,).
        mean, scale: of the partial pressure in the training data [Pa].
    """

    inputs: Inputs
    weights: tuple[Array, ...]
    biases: tuple[Array, ...]
    mean: Array
    scale: Array

    def evaluate(self, columns: Array) -> Array:
        """Partial pressure [Pa] of samples."""
        h = self.inputs.standardised(columns)
        for w, b in zip(self.weights[:-1], self.biases[:-1], strict=True):
            h = jnp.tanh(w.T @ h + b[:, None])
        last = self.weights[-1].T @ h + self.biases[-1][:, None]
        return self.mean + self.scale * last[0]

    def describe(self) -> str:
        """Say how many units and weights there are."""
        units = " -> ".join(str(w.shape[0]) for w in self.weights)
        count = sum(w.size for w in self.weights) + sum(b.size for b in self.biases)
        return f"neural network (B.1.3) of tanh units {units} -> 1, {count} weights; of {_listed(self.inputs)}"


class NeuralSpec(ModelSpec):
    """A neural network to be trained by scikit-learn (L-BFGS on the squared error).

    Args:
        hidden: units of the hidden layers.
        penalty: weight of the squared weights in the loss, for standardised predictors and target.
        iterations: at most so many.
        seed: of the first weights.
    """

    kind: Literal["neural"] = "neural"
    hidden: tuple[int, ...] = (16, 16)
    penalty: float = Field(1e-2, ge=0)
    iterations: int = Field(500, ge=1)
    seed: int = Field(0, ge=0)

    @field_validator("hidden")
    @classmethod
    def _layers(cls, hidden: tuple[int, ...]) -> tuple[int, ...]:
        if not hidden or not all(1 <= units <= 512 for units in hidden):
            raise ValueError("hidden layers need 1 to 512 units each, and at least one layer")
        return hidden

    @property
    def label(self) -> str:
        """Short name that tells candidates apart."""
        return f"neural({', '.join(self.predictors)}; {'x'.join(map(str, self.hidden))})"

    def fit(self, columns: Mapping[str, ArrayLike], pco2: ArrayLike) -> NeuralNetwork:
        """Train the network.

        Raises:
            InputError: if there are gaps or fewer match-ups than units.
        """
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.neural_network import MLPRegressor
        from threadpoolctl import threadpool_limits

        arrays, target = training_arrays(columns, pco2, self.predictors, sum(self.hidden))
        inputs = Inputs.of(self.predictors, self.log10, arrays)
        z = inputs.standardised_rows(arrays)
        mean, scale = target.mean(), max(target.std(), 1e-12)
        network = MLPRegressor(
            hidden_layer_sizes=self.hidden,
            activation="tanh",
            solver="lbfgs",
            alpha=self.penalty,
            max_iter=self.iterations,
            max_fun=20 * self.iterations,
            random_state=self.seed,
        )
        # Several threads make products as small as these about seven times slower.
        with warnings.catch_warnings(), threadpool_limits(1, user_api="blas"):
            # Stopping early is the usual regularisation of a network; validation judges the result.
            warnings.simplefilter("ignore", ConvergenceWarning)
            network.fit(z.T, (target - mean) / scale)
        return from_sklearn(network, inputs, mean, scale)


def from_sklearn(network: Any, inputs: Inputs, mean: float, scale: float) -> NeuralNetwork:
    """Take the weights out of an `MLPRegressor` of tanh units with standardised predictors and target."""
    weights = tuple(jnp.asarray(w) for w in network.coefs_)
    biases = tuple(jnp.asarray(b) for b in network.intercepts_)
    return NeuralNetwork(inputs, weights, biases, jnp.asarray(mean, dtype=float), jnp.asarray(scale, dtype=float))


def _listed(inputs: Inputs) -> str:
    return ", ".join(f"log10({n})" if n in inputs.logarithmic else n for n in inputs.names)
