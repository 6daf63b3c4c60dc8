r"""Effects of causes that come together: each alone, and what only several at once bring.

With the outcome $y_S$ of a run that has the causes S, the effect of S beyond all its parts is

$$e_S = \sum_{T \subseteq S} (-1)^{|S| - |T|}\,y_T, \qquad y_{all} - y_\emptyset = \sum_{S \ne \emptyset} e_S$$

Source: Stein & Alpert (1993), J. Atmos. Sci. 50, 2107, separation of factors.
"""

from collections.abc import Mapping, Sequence
from itertools import chain, combinations

from jax import Array

from shanhai.core.errors import InputError

Causes = frozenset[str]


def subsets(causes: Sequence[str]) -> tuple[Causes, ...]:
    """Every set of causes, the empty one first, then by number.

    >>> [sorted(s) for s in subsets(("a", "b"))]
    [[], ['a'], ['b'], ['a', 'b']]
    """
    return tuple(map(frozenset, chain.from_iterable(combinations(causes, n) for n in range(len(causes) + 1))))


def effects(outcomes: Mapping[Causes, Array]) -> dict[Causes, Array]:
    """Effect of every set of causes, without those of its parts; the empty set's is the run without any.

    Args:
        outcomes: set of causes -> outcome of the run that has them, any shape.

    Raises:
        InputError: where a run is missing.

    >>> runs = {frozenset(): 1.0, frozenset("a"): 3.0, frozenset("b"): 2.0, frozenset("ab"): 5.0}
    >>> {"".join(sorted(s)): e for s, e in effects(runs).items()}
    {'': 1.0, 'a': 2.0, 'b': 1.0, 'ab': 1.0}
    """
    causes = sorted(frozenset(chain.from_iterable(outcomes)))
    found = {}
    for together in subsets(causes):
        if together not in outcomes:
            words = " and ".join(sorted(together)) or "none"
            raise InputError(f"there is no run with {words}", where="factorial", do="run every combination of causes")
        parts = subsets(sorted(together))
        found[together] = sum((-1.0) ** (len(together) - len(p)) * outcomes[p] for p in parts)
    return found  # type: ignore[return-value]
