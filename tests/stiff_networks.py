"""Published stiff problems as networks, Robertson and POLLU of the IVP test set, with their reference solutions.

Source: Mazzia & Magherini (2008), Test Set for Initial Value Problem Solvers, release 2.4, University of Bari.
"""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import Array

from shanhai.core.reactions import Network, Reaction, Species


class MassAction(eqx.Module):
    """Rate k times the amounts of the reactants."""

    k: Array
    reactants: tuple[str, ...] = eqx.field(static=True)

    def __call__(self, x, environment):
        rate = self.k if environment is None else self.k * environment
        for name in self.reactants:
            rate = rate * x[name]
        return rate


def reaction(name: str, k: float, equation: str) -> Reaction:
    """A mass-action reaction written as "A + 2 B -> C"."""
    left, right = (dict(_sides(side)) for side in equation.split("->"))
    taken = tuple(n for n, count in left.items() for _ in range(int(count)))
    nu = {n: right.get(n, 0.0) - left.get(n, 0.0) for n in left | right}
    return Reaction(name, MassAction(jnp.asarray(k), taken), nu)


def _sides(side: str):
    for term in filter(None, (t.strip() for t in side.split("+"))):
        count, _, name = term.rpartition(" ")
        yield name, float(count or 1)


def network(species: list[Species], table: list[tuple[float, str]]) -> Network:
    return Network(tuple(species), tuple(reaction(f"r{n}", k, e) for n, (k, e) in enumerate(table, 1)))


def robertson() -> Network:
    """Three species; kinetics of an autocatalytic reaction, Robertson (1966)."""
    table = [(0.04, "A -> B"), (3e7, "2 B -> B + C"), (1e4, "B + C -> A + C")]
    return network([Species(n, {"M": 1.0}) for n in "ABC"], table)


ROBERTSON_START = np.array([1.0, 0.0, 0.0])
ROBERTSON_END = (1e11, np.array([0.2083340149701255e-7, 0.8333360770334713e-13, 0.9999999791665050]))

# species: carbon, nitrogen and sulfur atoms; the published mechanism leaves hydrogen and oxygen open
POLLU_CONTENTS = {
    "NO2": "N", "NO": "N", "O3P": "", "O3": "", "HO2": "", "OH": "", "HCHO": "C", "CO": "C", "ALD": "CC",
    "MEO2": "C", "C2O3": "CC", "CO2": "C", "PAN": "CCN", "CH3O": "C", "HNO3": "N", "O1D": "", "SO2": "S",
    "SO4": "S", "NO3": "N", "N2O5": "NN",
}  # fmt: skip
POLLU_TABLE = [  # ppm and minutes; Verwer (1994), SIAM J. Sci. Comput. 15, 1243
    (0.35, "NO2 -> NO + O3P"),
    (26.6, "NO + O3 -> NO2"),
    (1.23e4, "HO2 + NO -> NO2 + OH"),
    (8.6e-4, "HCHO -> 2 HO2 + CO"),
    (8.2e-4, "HCHO -> CO"),
    (1.5e4, "HCHO + OH -> HO2 + CO"),
    (1.3e-4, "ALD -> MEO2 + HO2 + CO"),
    (2.4e4, "ALD + OH -> C2O3"),
    (1.65e4, "C2O3 + NO -> NO2 + MEO2 + CO2"),
    (9e3, "C2O3 + NO2 -> PAN"),
    (0.022, "PAN -> C2O3 + NO2"),
    (1.2e4, "MEO2 + NO -> CH3O + NO2"),
    (1.88, "CH3O -> HCHO + HO2"),
    (1.63e4, "NO2 + OH -> HNO3"),
    (4.8e6, "O3P -> O3"),
    (3.5e-4, "O3 -> O1D"),
    (0.0175, "O3 -> O3P"),
    (1e8, "O1D -> 2 OH"),
    (4.44e11, "O1D -> O3P"),
    (1.24e3, "SO2 + OH -> SO4 + HO2"),
    (2.1, "NO3 -> NO"),
    (5.78, "NO3 -> NO2 + O3P"),
    (0.0474, "NO2 + O3 -> NO3"),
    (1.78e3, "NO3 + NO2 -> N2O5"),
    (3.12, "N2O5 -> NO3 + NO2"),
]


def pollu() -> Network:
    """Twenty species and 25 reactions of the air of a town."""
    atoms = {n: {q: float(s.count(q)) for q in "CNS" if q in s} for n, s in POLLU_CONTENTS.items()}
    return network([Species(n, c) for n, c in atoms.items()], POLLU_TABLE)


POLLU_START = np.zeros(20)
POLLU_START[[1, 3, 6, 7, 8, 16]] = 0.2, 0.04, 0.1, 0.3, 0.01, 0.007
POLLU_END = (
    60.0,
    np.array([
        0.5646255480022769e-1, 0.1342484130422339, 0.4139734331099427e-8, 0.5523140207484359e-2,
        0.2018977262302196e-6, 0.1464541863493966e-6, 0.7784249118997964e-1, 0.3245075353396018,
        0.7494013383880406e-2, 0.1622293157301561e-7, 0.1135863833257075e-7, 0.2230505975721359e-2,
        0.2087162882798630e-3, 0.1396921016840158e-4, 0.8964884856898295e-2, 0.4352846369330103e-17,
        0.6899219696263405e-2, 0.1007803037365946e-3, 0.1772146513969984e-5, 0.5682943292316392e-4,
    ]),
)  # fmt: skip


ENZYME = [
    Species("E", {"E": 1.0}),
    Species("S", {"C": 1.0}),
    Species("ES", {"C": 1.0, "E": 1.0}),
    Species("P", {"C": 1.0}),
]


def exchange() -> Network:
    """Carbon and nitrogen in five species and six reactions, rate constants from the environment (reaction, ...)."""
    species = [Species(n, c) for n, c in (
        ("C", {"C": 1.0}), ("N", {"N": 1.0}), ("C2", {"C": 2.0}), ("CN", {"C": 1.0, "N": 1.0}),
        ("C2N", {"C": 2.0, "N": 1.0}),
    )]  # fmt: skip
    equations = ("C + N -> CN", "CN -> C + N", "2 C -> C2", "C2 -> 2 C", "C + CN -> C2N", "C2N -> C2 + N")
    made = [reaction(f"r{n}", 1.0, e) for n, e in enumerate(equations)]
    given = [Reaction(r.name, Given(n, r.law), r.stoichiometry) for n, r in enumerate(made)]
    return Network(tuple(species), tuple(given), sample=jnp.ones(len(equations)))


class Given(eqx.Module):
    """A law times a number of the environment."""

    number: int = eqx.field(static=True)
    law: MassAction

    def __call__(self, x, environment):
        return environment[self.number] * self.law(x, None)
