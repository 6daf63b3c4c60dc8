"""Laws of the house itself: arrows go down, classes are abstract or final, names come from the notation table."""

import ast
import inspect
import sys
from pathlib import Path

import pytest

import shanhai
from shanhai.core import notation

SOURCE = Path(shanhai.__file__).parent
ROOMS = {  # room -> height; a file may import rooms that lie lower, and its own room
    "data": 0,
    "core": 1,
    "numerics": 2,
    "grids": 3,
    "seawater": 3,
    "airsea": 4,
    "ocean": 5,
    "land": 5,
    "soil": 5,
    "atmosphere": 5,
    "coupling": 6,
    "models": 7,
    "io": 8,
    "plot": 8,
    "carbon": 9,
    "monitoring": 9,
    "site": 9,
    "cli": 10,
}
ABOVE_XARRAY = {"io", "plot", "carbon", "monitoring", "site", "cli"}
FILES = sorted(SOURCE.rglob("*.py"))


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def room_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0]


@pytest.mark.parametrize("path", [f for f in FILES if f.parent != SOURCE], ids=lambda p: str(p.relative_to(SOURCE)))
def test_arrows_go_down_only(path):
    here = room_of(path)
    for name in imported(path):
        parts = name.split(".")
        if parts[0] != "shanhai" or len(parts) < 2 or parts[1] not in ROOMS:
            continue
        allowed = parts[1] == here or ROOMS[parts[1]] < ROOMS[here]
        assert allowed, f"{path.name} in {here} imports {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_no_labels_below_the_edge_and_no_private_doors(path):
    names = imported(path)
    if path.parent != SOURCE and room_of(path) not in ABOVE_XARRAY:
        assert not {n for n in names if n.split(".")[0] in {"xarray", "pandas", "pint"}}
    assert not {n for n in names if n.startswith("jax._src")}
    assert not names & {"pickle", "joblib", "cloudpickle", "dill"}


def test_every_room_is_known():
    folders = {p.name for p in SOURCE.iterdir() if (p / "__init__.py").exists()}
    assert folders == set(ROOMS)


def functions(path: Path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            doc = ast.get_docstring(node)
            yield node, node.end_lineno - node.lineno + 1 - (doc.count("\n") + 1 if doc else 0)


def test_functions_are_short_and_files_small():
    lengths = sorted(length for path in FILES for _, length in functions(path))
    assert lengths[len(lengths) // 2] <= 10
    assert lengths[-1] <= 60
    assert max(path.read_text(encoding="utf8").count("\n") for path in FILES) <= 520


def test_public_functions_have_docstrings():
    bare = [
        f"{path.name}:{node.name}"
        for path in FILES
        for node, _ in functions(path)
        if not node.name.startswith("_") and not ast.get_docstring(node) and not _inner(path, node)
    ]
    assert not bare


def _inner(path: Path, node: ast.AST) -> bool:
    """Functions inside functions speak through their owner."""
    tree = ast.parse(path.read_text(encoding="utf8"))
    return any(
        inner.lineno == node.lineno
        for outer in ast.walk(tree)
        if isinstance(outer, ast.FunctionDef)
        for inner in ast.walk(outer)
        if isinstance(inner, ast.FunctionDef) and inner is not outer
    )


def test_no_concrete_method_is_overridden():
    import equinox as eqx

    for module in [m for n, m in sys.modules.items() if n.startswith("shanhai")]:
        for _, cls in inspect.getmembers(module, inspect.isclass):
            if not (issubclass(cls, eqx.Module) and cls.__module__.startswith("shanhai")):
                continue
            for base in cls.__mro__[1:]:
                if base.__module__.startswith("shanhai"):
                    shared = set(vars(cls)) & set(vars(base))
                    concrete = {n for n in shared if inspect.isfunction(vars(base)[n])}
                    concrete -= getattr(base, "__abstractmethods__", frozenset())
                    assert not {n for n in concrete if not n.startswith("__")}


def test_notation_table_is_complete():
    for name, row in notation.table().items():
        assert row.symbol, name
        assert row.unit, name
        assert row.meaning, name
        assert row.zh, name
        assert row.low < row.high


def test_config_inputs_and_flux_outputs_are_in_the_notation_table():
    from shanhai.monitoring.config import INPUTS
    from shanhai.monitoring.flux import ALL_OUTPUTS

    assert set(INPUTS) | set(ALL_OUTPUTS) <= set(notation.table())
