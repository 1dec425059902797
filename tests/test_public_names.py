"""The public names are frozen: adding or removing one is a decision, made here and in the changelog."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import hebbsym as hs

PUBLIC = [
    "Active",
    "Bayes",
    "Binary",
    "Bipolar",
    "Claim",
    "Derivation",
    "Equality",
    "Evidence",
    "Exact",
    "ExpandedRule",
    "Finite",
    "Fixed",
    "Flip",
    "FormulaError",
    "Gaussian",
    "Grid",
    "HebbsymError",
    "Inhibition",
    "InvalidValue",
    "Mask",
    "Method",
    "Moments",
    "NBodyRule",
    "NotDerivable",
    "Optimal",
    "Outcome",
    "OutsideClass",
    "Pair",
    "Range",
    "Regime",
    "RuleClass",
    "Setting",
    "Size",
    "SizeLimit",
    "Space",
    "Step",
    "Sweep",
    "Ternary",
    "Theorem",
    "Theory",
    "UniversalRule",
    "UnknownName",
    "UnwritableOutput",
    "Verdict",
    "Verdicts",
    "Verified",
    "Witness",
    "Zero",
    "atlas",
    "bound",
    "certified",
    "check",
    "claim_latex",
    "confirm",
    "cues",
    "dense",
    "derive",
    "energy_claim",
    "ensembles",
    "enumerate_fields",
    "enumerate_universal",
    "equalities",
    "equivalent",
    "evaluate",
    "explore",
    "front",
    "front_figure",
    "invariants",
    "meanfield",
    "nbody_power",
    "nbody_products",
    "optimise",
    "page",
    "phase_diagram",
    "phase_figure",
    "price_figure",
    "prices",
    "projections",
    "rare_error",
    "reduced",
    "report",
    "robustness",
    "rule",
    "rules",
    "separations",
    "separators",
    "similarities",
    "synapse_exhibits",
    "synapse_table",
    "thresholds",
    "universal",
    "universal_classes",
    "universal_table",
    "walsh",
    "witness",
]


def test_the_public_names_are_these() -> None:
    assert hs.__all__ == sorted(PUBLIC)
    assert dir(hs) == sorted(PUBLIC)


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_name_is_there_and_has_a_docstring(name: str) -> None:
    value = getattr(hs, name)
    assert value is getattr(import_module(hs._MODULE[name]), name)
    assert value.__doc__


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse(Path(hs.__file__).read_text(encoding="utf-8"))
    (guarded,) = (node for node in tree.body if isinstance(node, ast.If))
    seen = {
        alias.name: node.module
        for node in guarded.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == hs._MODULE


def test_no_submodule_has_the_name_of_a_public_function() -> None:
    """Importing such a module would replace the function under its name."""
    folder = Path(hs.__file__).parent
    assert not {path.stem for path in folder.iterdir()} & set(hs.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="covarience"):
        _ = hs.covarience


def test_importing_the_package_imports_no_mathematics() -> None:
    code = "import hebbsym, sys; sys.exit(bool({'sympy', 'numpy'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
