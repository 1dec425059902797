"""Every theorem file: found by looking, verified by running, each step with its reason."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from pathlib import Path

import pytest
import sympy as sp

from hebbsym import notation
from hebbsym.claim import Derivation, Evidence, Method, Step
from hebbsym.errors import InvalidValue
from hebbsym.theorems import Theorem, load, verify

FOLDER = Path(__file__).parents[1] / "derivations"
THEOREMS = load()


def test_every_file_is_a_theorem() -> None:
    files = {path.stem for path in FOLDER.glob("*.py")} - {"__init__"}
    assert set(THEOREMS) == files
    expected = (
        "activity_product reduction energy field_moments coefficient_theorem scaling_theorem "
        "covariance_optimum classical_capacities perturbed_capacity edgeworth lattice_law "
        "learning_rate_expansion bcm_moving_threshold oja_own_output oja_palimpsest affine_rules palimpsest_capacity instar "
        "mean_field cover_gardner hidden_units interaction_order general_theorem answer"
    )
    assert set(expected.split()) <= files


@pytest.mark.parametrize("name", THEOREMS)
def test_every_step_holds(name: str) -> None:
    steps = verify(THEOREMS[name])
    tested = [s for s in steps if s.holds is not None]
    assert tested, "a theorem without evidence"
    failed = [s.step.reason for s in tested if not s.holds]
    assert failed == []


@pytest.mark.parametrize("name", THEOREMS)
def test_every_step_has_an_equation_and_a_reason(name: str) -> None:
    for step in THEOREMS[name].derive().steps:
        assert isinstance(step.equation, sp.Basic)
        assert len(step.reason.split()) >= 2
        assert notation.latex(step.equation)


@pytest.mark.parametrize("name", THEOREMS)
def test_statement_is_exact_and_said_in_words(name: str) -> None:
    theorem = THEOREMS[name]
    assert theorem.statement
    assert not any(s.has(sp.Float) for s in theorem.statement)
    words = ast.get_docstring(ast.parse((FOLDER / f"{name}.py").read_text(encoding="utf-8")))
    assert words, "a theorem file says its statement in words"
    assert theorem.assumptions


@pytest.mark.parametrize("name", THEOREMS)
def test_symbols_are_typeset_as_they_are_written(name: str) -> None:
    """SymPy cuts a name at _ and ^ unless it has a brace: only one index may stand without."""
    theorem = THEOREMS[name]
    formulas = (*theorem.statement, *(step.equation for step in theorem.derive().steps))
    for symbol in {s.name for formula in formulas for s in formula.atoms(sp.Symbol)}:
        cut = "\\" in symbol and "{" not in symbol and re.search(r"[_^]", symbol)
        assert not cut or re.fullmatch(r"\\?\w+_\\?\w+", symbol), symbol


def test_exhibits_are_shown_and_a_lone_theorem_gives_its_title(tmp_path: Path) -> None:
    from hebbsym.publish.document import Paragraph
    from hebbsym.publish.theorems import theorem_report

    energy = THEOREMS["energy"]
    shown = replace(energy, exhibits=lambda counts: (Paragraph((f"Exhibit {counts.table()}.",)),))
    page = theorem_report([(shown, ())], tmp_path, pdf=False).html.read_text(encoding="utf-8")
    assert "Exhibit 1." in page
    assert f"<h1>{energy.title}</h1>" in page
    both = theorem_report([(shown, ()), (energy, ())], tmp_path, pdf=False).html
    assert "<h1>Theorems</h1>" in both.read_text(encoding="utf-8")
    assert THEOREMS["answer"].exhibits is not None


def test_a_false_step_is_found() -> None:
    false = Step(sp.Eq(sp.Symbol("n"), 1), "wrong", Evidence(Method.NUMERIC, "", lambda: 1 == 2))
    theorem = Theorem("false", "false", (), lambda: Derivation((false,)))
    assert [s.holds for s in verify(theorem)] == [False]


def test_a_file_without_a_theorem_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import derivations

    (tmp_path / "zz_empty.py").write_text('"""Nothing."""\n', encoding="utf-8")
    monkeypatch.setattr(derivations, "__path__", [str(tmp_path)])
    with pytest.raises(InvalidValue, match="zz_empty"):
        load()
