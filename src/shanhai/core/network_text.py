"""A network to read: its equations in a table, and diagrams as text for Mermaid and Graphviz."""

from collections.abc import Iterable

from shanhai.core.reactions import Network, Reaction

FROZEN = "f"
"""Stands for a coefficient that is a function of the state."""


def equation(reaction: Reaction) -> str:
    """What a reaction takes and makes; f stands for a coefficient that depends on the state.

    >>> equation(Reaction("growth", lambda x, e: x["a"], {"a": -1.0, "n": -0.1, "b": 0.4, "co2": lambda x, e: 0.6}))
    'a + 0.1 n -> 0.4 b + f co2'
    """
    taken: list[str] = []
    made: list[str] = []
    for name, c in reaction.stoichiometry.items():
        if callable(c):
            (taken if name in _source(reaction) else made).append(f"{FROZEN} {name}")
        elif c:
            (taken if c < 0 else made).append(_term(abs(c), name))
    return f"{' + '.join(taken) or 'nothing'} -> {' + '.join(made) or 'nothing'}"


def table(network: Network) -> str:
    """Reactions and species as two Markdown tables.

    >>> from shanhai.core.reactions import Species
    >>> decay = Reaction("decay", lambda x, k: k * x["litter"], {"litter": -1.0, "co2": 1.0}, "first order")
    >>> species = (Species("litter", {"C": 1.0}), Species("co2", {"C": 1.0}, external=True))
    >>> network = Network(species, (decay,), sample=1.0)
    >>> print(table(network))
    | reaction | takes and makes | rate reads | meaning |
    |---|---|---|---|
    | decay | litter -> co2 | litter | first order |
    <BLANKLINE>
    | species | contains | unit | kind | meaning |
    |---|---|---|---|---|
    | litter | C | mol | pool |  |
    | co2 | C | mol | account |  |
    """
    reactions = [
        (r.name, equation(r), ", ".join(network.names[i] for i in reads), r.meaning)
        for r, reads in zip(network.reactions, network.reads)
    ]
    species = [
        (s.name, ", ".join(_term(n, q) for q, n in s.content.items()), s.unit, _kind(s.external), s.meaning)
        for s in network.species
    ]
    return "\n\n".join(
        (
            _markdown(("reaction", "takes and makes", "rate reads", "meaning"), reactions),
            _markdown(("species", "contains", "unit", "kind", "meaning"), species),
        )
    )


def mermaid(network: Network) -> str:
    """Diagram as Mermaid text: pools are boxes, accounts rounded, reactions small; arrows show what moves.

    >>> from shanhai.core.reactions import Species
    >>> decay = Reaction("decay", lambda x, k: k * x["litter"], {"litter": -1.0, "co2": 1.0})
    >>> species = (Species("litter", {"C": 1.0}), Species("co2", {"C": 1.0}, external=True))
    >>> network = Network(species, (decay,), sample=1.0)
    >>> print(mermaid(network))
    flowchart LR
      s0["litter"]
      s1(["co2"])
      r0{{"decay"}}
      s0 --> r0
      r0 --> s1
    """
    lines = ["flowchart LR"]
    for i, s in enumerate(network.species):
        lines.append(f'  s{i}(["{s.name}"])' if s.external else f'  s{i}["{s.name}"]')
    for j, r in enumerate(network.reactions):
        lines.append(f'  r{j}{{{{"{r.name}"}}}}')
    for start, end, label, both in _arrows(network):
        head = "<-->" if both else "-->"
        lines.append(f"  {start} {head}|{label}| {end}" if label else f"  {start} {head} {end}")
    return "\n".join(lines)


def graphviz(network: Network) -> str:
    """Diagram as Graphviz text, for the program dot.

    >>> from shanhai.core.reactions import Species
    >>> decay = Reaction("decay", lambda x, k: k * x["litter"], {"litter": -1.0, "co2": 1.0})
    >>> species = (Species("litter", {"C": 1.0}), Species("co2", {"C": 1.0}, external=True))
    >>> network = Network(species, (decay,), sample=1.0)
    >>> print(graphviz(network))
    digraph network {
      rankdir=LR;
      s0 [label="litter", shape=box];
      s1 [label="co2", shape=ellipse];
      r0 [label="decay", shape=hexagon];
      s0 -> r0;
      r0 -> s1;
    }
    """
    lines = ["digraph network {", "  rankdir=LR;"]
    for i, s in enumerate(network.species):
        lines.append(f'  s{i} [label="{s.name}", shape={"ellipse" if s.external else "box"}];')
    for j, r in enumerate(network.reactions):
        lines.append(f'  r{j} [label="{r.name}", shape=hexagon];')
    for start, end, label, both in _arrows(network):
        about = ", ".join([f'label="{label}"'] * bool(label) + ["dir=both"] * both)
        lines.append(f"  {start} -> {end} [{about}];" if about else f"  {start} -> {end};")
    return "\n".join([*lines, "}"])


def _arrows(network: Network) -> Iterable[tuple[str, str, str, bool]]:
    """(from, to, label, both ways) of every coefficient; one that depends on the state may go both ways."""
    for j, reaction in enumerate(network.reactions):
        for name, c in reaction.stoichiometry.items():
            s = f"s{network.index(name)}"
            if callable(c) and name in _source(reaction):
                yield s, f"r{j}", FROZEN, False
            elif callable(c):
                yield f"r{j}", s, FROZEN, True
            elif c < 0:
                yield s, f"r{j}", "" if c == -1.0 else f"{-c:g}", False
            elif c > 0:
                yield f"r{j}", s, "" if c == 1.0 else f"{c:g}", False


def _source(reaction: Reaction) -> tuple[str, ...]:
    """Species that a routed reaction takes in a proportion that depends on the state."""
    return tuple(s.name for s in getattr(reaction.stoichiometry, "source", ()))


def _term(amount: float, name: str) -> str:
    return name if amount == 1.0 else f"{amount:g} {name}"


def _kind(external: bool) -> str:
    return "account" if external else "pool"


def _markdown(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    first, rule, *rest = lines
    return "\n".join([f"| {' | '.join(first)} |", f"|{'|'.join(rule)}|", *(f"| {' | '.join(row)} |" for row in rest)])
