"""A random forest: HY/T 0343.5 clause B.1.3."""

from collections.abc import Mapping
from typing import Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike
from numpy.typing import NDArray
from pydantic import Field

from shanhai.monitoring.pco2_models.model import Inputs, ModelSpec, PCO2Model, training_arrays


class RandomForest(PCO2Model):
    """Mean of regression trees; piecewise constant, so its derivative is zero wherever it exists.

    Source: HY/T 0343.5 clause B.1.3, which names random forests without an equation.

    The nodes of all trees lie in one vector, the two children of a node beside each other: a sample at a node
    goes to `child` if its predictor is at most the threshold, else to `child + 1`. A leaf is its own child
    and has an infinite threshold, so that a walk of `depth` steps ends in a leaf whatever its length.

    Args:
        inputs: predictors; trees need no standardisation.
        roots: first node of each tree.
        feature: number of the predictor asked for at a node; 0 at leaves.
        threshold: as scikit-learn compares it with a predictor in single precision.
        child: first child of a node.
        value: mean partial pressure [Pa] of a node's training data.
        depth: steps of the longest walk.
    """

    inputs: Inputs
    roots: Array
    feature: Array
    threshold: Array
    child: Array
    value: Array
    depth: int = eqx.field(static=True)

    def evaluate(self, columns: Array) -> Array:
        """Partial pressure [Pa] of samples."""
        x = self.inputs.transformed(columns).astype(jnp.float32).astype(self.threshold.dtype)
        sample = jnp.arange(x.shape[1])

        def down(_: Any, node: Array) -> Array:
            return self.child[node] + (x[self.feature[node], sample] > self.threshold[node])

        def add_tree(total: Array, root: Array) -> tuple[Array, None]:
            start = jnp.full(x.shape[1], root, dtype=self.child.dtype)
            return total + self.value[jax.lax.fori_loop(0, self.depth, down, start)], None

        total, _ = jax.lax.scan(add_tree, jnp.zeros(x.shape[1], dtype=self.value.dtype), self.roots)
        return total / self.roots.shape[0]

    def describe(self) -> str:
        """Say how many trees and leaves there are."""
        leaves = int((self.child == jnp.arange(self.child.size)).sum())
        names = ", ".join(self.inputs.names)
        return (
            f"random forest (B.1.3) of {self.roots.size} trees, {leaves} leaves, depth at most {self.depth}; of {names}"
        )


class ForestSpec(ModelSpec):
    """A random forest to be trained by scikit-learn.

    Args:
        trees: number of trees.
        depth: of the longest walk.
        smallest_leaf: match-ups that a leaf holds at least.
        seed: of the bootstrap.
    """

    kind: Literal["forest"] = "forest"
    trees: int = Field(100, ge=1, le=2000)
    depth: int = Field(12, ge=1, le=40)
    smallest_leaf: int = Field(5, ge=1)
    seed: int = Field(0, ge=0)

    @property
    def label(self) -> str:
        """Short name that tells candidates apart."""
        return f"forest({', '.join(self.predictors)}; {self.trees} trees)"

    def fit(self, columns: Mapping[str, ArrayLike], pco2: ArrayLike) -> RandomForest:
        """Train the forest.

        Raises:
            InputError: if there are gaps or too few match-ups for two leaves.
        """
        from sklearn.ensemble import RandomForestRegressor

        arrays, target = training_arrays(columns, pco2, self.predictors, 2 * self.smallest_leaf)
        inputs = Inputs.of(self.predictors, self.log10, arrays)
        x = inputs.training_rows(arrays)
        forest = RandomForestRegressor(
            n_estimators=self.trees,
            max_depth=self.depth,
            min_samples_leaf=self.smallest_leaf,
            random_state=self.seed,
        )
        forest.fit(x.T, target)
        return from_sklearn(forest, inputs)


def from_sklearn(forest: Any, inputs: Inputs) -> RandomForest:
    """Take the trees out of a trained `RandomForestRegressor`."""
    trees = [_laid_out(estimator.tree_) for estimator in forest.estimators_]
    sizes = [len(tree["child"]) for tree in trees]
    roots = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int32)
    for tree, root in zip(trees, roots, strict=True):
        tree["child"] = tree["child"] + root
    arrays = {key: jnp.asarray(np.concatenate([tree[key] for tree in trees])) for key in trees[0]}
    depth = max(estimator.get_depth() for estimator in forest.estimators_)
    return RandomForest(inputs, roots=jnp.asarray(roots), depth=int(depth), **arrays)


def _laid_out(tree: Any) -> dict[str, NDArray[Any]]:
    """Renumber the nodes of a tree level by level, so that children are neighbours."""
    order = _level_order(tree.children_left, tree.children_right)
    number = np.empty(order.size, dtype=np.int32)
    number[order] = np.arange(order.size, dtype=np.int32)
    left = tree.children_left[order]
    leaf = left < 0
    return {
        "feature": np.where(leaf, 0, tree.feature[order]).astype(np.int32),
        "threshold": np.where(leaf, np.inf, tree.threshold[order]),
        "child": np.where(leaf, np.arange(order.size), number[left]).astype(np.int32),
        "value": tree.value[order, 0, 0].astype(float),
    }


def _level_order(left: NDArray[Any], right: NDArray[Any]) -> NDArray[Any]:
    """Nodes of a tree level by level from its root."""
    levels = [np.zeros(1, dtype=left.dtype)]
    while levels[-1].size:
        inner = levels[-1][left[levels[-1]] >= 0]
        levels.append(np.stack([left[inner], right[inner]], axis=1).ravel())
    return np.concatenate(levels)
