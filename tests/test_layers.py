"""The architecture as a test: imports point to earlier layers, and each room keeps its tools."""

from __future__ import annotations

import ast
import enum
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

import hebbsym

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "hebbsym"
FILES = sorted(PACKAGE.rglob("*.py"))
THEOREMS = sorted((ROOT / "derivations").glob("*.py"))

LAYERS = (
    ("errors", "notation", "claim"),
    (
        *("registry", "functions", "formula", "coincidences", "averages", "recurrences"),
        *("files", "messages"),
        *("exactfunctions", "lattice", "fieldlaw", "histories", "laws", "solutions", "arrays"),
        *("evaluation", "precision", "roots", "numeric"),
        *("convolution", "probability", "noise", "clusters"),
    ),
    ("families",),
    ("theory",),
    ("capacity", "tables", "theories"),
    (
        "simulate",
        "judgement",
        "networks",
        *("observables", "predictions"),
        "orders",
        "measurement",
        *("verdicts", "checking"),
        "rare",
        "synapsecount",
        *("crossings", "comparison"),
        "trials",
    ),
    (
        "publish",
        "exploration",
        "theorems",
        "specs",
        "terminal",
        "tour",
        "commands",
        "cli",
        "__main__",
    ),
)
LAYER = {room: number for number, rooms in enumerate(LAYERS) for room in rooms}
FORBIDDEN_CALLS = {
    "eval",
    "exec",
    "compile",
    "sympify",
    "S",
    "parse_expr",
    "parse_latex",
    "simplify",
    "nsimplify",
    "__import__",
}


def name_of(path: Path) -> str:
    """The dotted name of a module of the package, without ``hebbsym``."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(p for p in parts if p != "__init__")


def room(name: str) -> str:
    return name.split(".")[0]


def imports(tree: ast.Module) -> Iterator[tuple[ast.stmt, str]]:
    """Every import of a module, also those inside functions: the statement and the dotted name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            if node.module == "hebbsym":
                yield from ((node, home(alias.name)) for alias in node.names)
            else:
                yield node, str(node.module)


def home(name: str) -> str:
    """The module that ``from hebbsym import name`` reads from."""
    if (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").is_file():
        return f"hebbsym.{name}"
    return hebbsym._MODULE.get(name, "hebbsym")


def for_types_only(tree: ast.Module) -> set[int]:
    """The statements under ``if TYPE_CHECKING``, which never run."""
    return {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }


def at_module_level(tree: ast.Module) -> set[int]:
    """The statements that run when the module is imported."""
    inside = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for inner in ast.walk(node)
    }
    return {id(node) for node in ast.walk(tree)} - inside


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


modules = pytest.mark.parametrize("path", FILES, ids=lambda p: name_of(p) or "__init__")


def test_every_module_has_a_layer() -> None:
    rooms = {room(name_of(p)) for p in FILES} - {""}
    assert rooms == set(LAYER)


@modules
def test_imports_point_to_earlier_layers(path: Path) -> None:
    here = room(name_of(path))
    if here == "":
        return  # the package file is the table of contents: it names every layer, lazily
    tree = parsed(path)
    types = for_types_only(tree)
    for node, imported in imports(tree):
        if not imported.startswith("hebbsym.") or id(node) in types:
            continue
        there = room(imported.removeprefix("hebbsym."))
        assert there in LAYER, f"{imported} is no module of the package"
        assert LAYER[there] <= LAYER[here], f"{here} imports {imported} of a later layer"


def test_simulation_knows_no_theory_and_theory_no_simulation() -> None:
    pairs = {
        (room(name_of(path)), room(imported.removeprefix("hebbsym.")))
        for path in FILES
        for _, imported in imports(parsed(path))
        if imported.startswith("hebbsym.")
    }
    assert {there for here, there in pairs if here == "simulate"} <= {"errors", "simulate"}
    users = {here for here, there in pairs if there == "simulate"}
    assert users <= {"simulate", *LAYERS[5], *LAYERS[6]}
    assert not {here for here, there in pairs if there == "cli"} - {"__main__"}


def test_families_are_blind_to_each_other() -> None:
    """Rules, ensembles, cues and thresholds never import one another."""
    kinds = {"ensembles", "cues", "thresholds", "rules"}
    for path in sorted((PACKAGE / "families").glob("*.py")):
        for _, imported in imports(parsed(path)):
            last = imported.rpartition(".")[2]
            if imported.startswith("hebbsym.families.") and path.stem in kinds:
                assert last not in kinds - {path.stem}, f"{path.stem} imports {last}"


@modules
def test_numpy_and_sympy_stay_in_their_rooms(path: Path) -> None:
    tree = parsed(path)
    types, top, here = for_types_only(tree), at_module_level(tree), room(name_of(path))
    for node, imported in imports(tree):
        library = imported.split(".")[0]
        if id(node) in types:
            continue
        if here == "simulate":
            assert library != "sympy", "a simulation has no SymPy"
        if library in {"numpy", "numba", "scipy", "matplotlib"}:
            bridge = here in {"numeric", "convolution", "probability", "arrays", "trials"} | {
                *("clusters", "noise"),
                *("simulate", "judgement", "verdicts", "publish", "exploration"),
            }
            sampler = here == "families" and id(node) not in top
            assert bridge or sampler, f"{here} imports {library}"


def test_theory_runs_without_numpy() -> None:
    """The rooms of theory do not use NumPy even inside functions."""
    for path in FILES:
        if LAYER.get(room(name_of(path)), 9) in {0, 3, 4} or room(name_of(path)) == "averages":
            libraries = {imported.split(".")[0] for _, imported in imports(parsed(path))}
            assert not libraries & {"numpy", "numba", "scipy", "matplotlib"}, path


@modules
def test_no_call_executes_text_or_guesses(path: Path) -> None:
    """No ``eval``, ``sympify``, ``parse_expr``; no bare ``simplify``; no broad ``except``."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Call):
            called = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
            regular = ast.unparse(node.func).startswith("re.")
            assert called not in FORBIDDEN_CALLS or regular, f"line {node.lineno} calls {called}"
        if isinstance(node, ast.ExceptHandler):
            caught = "everything" if node.type is None else ast.unparse(node.type)
            assert caught not in {"everything", "Exception", "BaseException"}, node.lineno


@modules
def test_modules_functions_and_classes_say_what_they_are(path: Path) -> None:
    tree = parsed(path)
    assert ast.get_docstring(tree), "a module opens with what it is"
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{node.name} has no docstring"


@pytest.mark.parametrize("name", hebbsym.__all__)
def test_public_functions_and_classes_have_an_example(name: str) -> None:
    """Every public name that can be called, except errors and enumerations; doctest runs it."""
    value = getattr(hebbsym, name)
    if not callable(value) or isinstance(value, enum.EnumMeta):
        return
    if isinstance(value, type) and issubclass(value, Exception):
        return
    own = inspect.getdoc(value) or ""
    inside = (
        [inspect.getdoc(member) or "" for member in vars(value).values()]
        if isinstance(value, type)
        else []
    )
    assert any(">>> " in text for text in [own, *inside])


@pytest.mark.parametrize("path", THEOREMS, ids=lambda p: p.stem)
def test_theorems_use_public_names_only(path: Path) -> None:
    """Outside the package, names come from ``hebbsym`` itself, symbols from its notation."""
    for node, _ in imports(parsed(path)):
        module = node.module if isinstance(node, ast.ImportFrom) else None
        names = {alias.name for alias in getattr(node, "names", [])}
        if module == "hebbsym":
            assert names <= {*hebbsym.__all__, "notation"}
        elif str(module).startswith("hebbsym") or any(n.startswith("hebbsym.") for n in names):
            assert module == "hebbsym.notation", f"{module} is not public"


def test_constraints_pin_versions_and_name_no_address() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="ascii").split("\n")
    pins = [line for line in lines if line and not line.startswith("#")]
    assert len(pins) > 20
    for line in pins:
        assert "==" in line, line
        assert "://" not in line, line
        assert " @ " not in line, line
