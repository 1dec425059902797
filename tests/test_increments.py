"""n-body rules as text: what text means, what is refused and why, and that every command takes it."""

from __future__ import annotations

import itertools
import json
import sys
from pathlib import Path

import pytest
import sympy as sp

import hebbsym as hs
from hebbsym import cli
from hebbsym.errors import FormulaError, HebbsymError, InvalidValue, OutsideClass, SizeLimit
from hebbsym.families.increments import nbody_increments
from hebbsym.families.named import rule
from hebbsym.families.nbody import NBodyRule, elementary
from hebbsym.families.rules import ExpandedRule
from hebbsym.formula import parse
from hebbsym.notation import PRESYNAPTIC, D, K, elementary_symmetric, x_i
from hebbsym.theory.nbody.enumeration import NBodyEnumeration
from hebbsym.theory.setting import Setting

SIGNS = (sp.S.One, sp.S.NegativeOne)
TEXTS = (
    ("x_i*x_j*x_k + c*x_i", 3),
    ("(x_i - b)*(x_j - b)*(x_k - b)", 3),
    ("c*(x_j + x_k + x_l) + x_i*(x_j*x_k + x_j*x_l + x_k*x_l)/2 - 3", 4),
    ("3: x_i*e_2 + c*e_1 + b", 3),
    ("1: c*x_i + b", 1),
    ("2: x_i", 2),
)


@pytest.mark.parametrize(("text", "n"), TEXTS)
def test_a_text_is_the_increment_that_it_spells(text: str, n: int) -> None:
    """At all values of the units, three each, against the formula itself; with all coefficients open."""
    made, units = rule(text), PRESYNAPTIC[: n - 1]
    assert isinstance(made, NBodyRule)
    assert made.bodies == (n,)
    spelled = parse(text.rpartition(":")[2])
    for post, *pres in itertools.product((sp.S.Zero, *SIGNS), repeat=n):
        sums = {elementary_symmetric(k): elementary(tuple(pres), k) for k in range(1, n)}
        value = spelled.xreplace({x_i: post, **dict(zip(units, pres, strict=True)), **sums})
        assert sp.expand(made.increment(n, post, pres) - value) == 0


def test_kinds_are_told_apart_by_letters_or_by_number() -> None:
    mixed = rule("x_i*x_j - b; x_i*x_j*x_k + c*x_i; 1: x_i")
    b, c = sp.symbols("b c", real=True)
    assert mixed.terms == {  # type: ignore[attr-defined]
        (1, 1, 0): 1, (2, 0, 0): -b, (2, 1, 1): 1, (3, 1, 0): c, (3, 1, 2): 1,
    }  # fmt: skip
    assert mixed.name == "x_i*x_j - b; x_i*x_j*x_k + c*x_i; 1: x_i"
    product = hs.nbody_products((3,))
    assert rule("x_i*x_j*x_k").terms == rule("3: e_2*x_i").terms == product.terms  # type: ignore[attr-defined]
    # pairs stay what they were
    assert isinstance(rule("x_i*x_j + x_i"), ExpandedRule)
    assert rule(x_i * PRESYNAPTIC[0] * PRESYNAPTIC[1], name="t").name == "t"


def test_a_text_is_enumerated_like_any_other_rule() -> None:
    setting = Setting(rule("x_i*x_j*x_k + c*x_i + b*(x_j + x_k); d*x_j"))
    every = NBodyEnumeration(setting, 4, 2)
    sizes = {D: sp.Integer(4), K: sp.Integer(2)}
    claimed = hs.derive(setting.rule)["field_variance"].formula
    for value in SIGNS:
        here = claimed.xreplace({**sizes, hs.notation.x: value})
        assert sp.expand(here - every.field_variance(value)) == 0


REFUSED: tuple[tuple[str, type[HebbsymError], str], ...] = (
    ("x_i*x_k", InvalidValue, r"not symmetric in x_j, x_k: .* x_i\*x_k is 1, that of x_i\*x_j is 0"),
    ("x_i*x_j*x_k + x_j - x_k", InvalidValue, "no order among its presynaptic units"),
    ("x_i**2*x_j*x_k", InvalidValue, "every power is linear"),
    ("3: x_i*e_1**2", InvalidValue, "every power is linear"),
    ("3: x_j*e_1", InvalidValue, "it stands alone"),
    ("3: e_1*e_2", InvalidValue, "it stands alone"),
    ("3: x_i*x_l", InvalidValue, "has x_l, and a synapse of 3 bodies joins x_i, x_j, x_k only"),
    ("3: x_i*e_3", InvalidValue, "has e_3"),
    ("1: x_j", InvalidValue, "joins x_i only"),
    ("w*x_i*x_j*x_k", OutsideClass, "depends on w"),
    ("exp(x_i)*x_j*x_k", InvalidValue, "not a polynomial"),
    ("x_i*x_j; 2: x_i", InvalidValue, "two increments"),
    ("9: x_i", SizeLimit, "bound of 8"),
    ("0: x_i", InvalidValue, "at least 1"),
    ("x_i*x_j*x_k;", FormulaError, "empty"),
    ("three: x_i", FormulaError, "':' does not belong"),
)  # fmt: skip


@pytest.mark.parametrize(("text", "error", "hint"), REFUSED)
def test_what_no_synapse_has_is_refused_with_the_reason(
    text: str, error: type[HebbsymError], hint: str
) -> None:
    with pytest.raises(error, match=hint):
        rule(text)


def test_foreign_symbols_and_orders_are_refused() -> None:
    with pytest.raises(InvalidValue, match=r"x_k is not the x_k of hebbsym\.notation"):
        rule(x_i * PRESYNAPTIC[0] * sp.Symbol("x_k"))
    with pytest.raises(OutsideClass, match="by its bodies"):
        rule("x_i*x_j*x_k", order=2)
    with pytest.raises(InvalidValue, match="at least 1"):
        nbody_increments({}, "nothing")


def test_derive_check_and_report_take_text(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def ran(*words: str) -> str:
        monkeypatch.setattr(sys, "argv", ["hebbsym", *words])
        with pytest.raises(SystemExit) as left:
            cli.main()
        assert left.value.code == 0
        return capsys.readouterr().out

    text, at = "x_i*x_j*x_k + c*x_i", "D=12,K=9,c=1/2"
    record = json.loads(ran("derive", text, "-q", "snr", "--at", at, "--format", "json"))
    # M = C(11, 2) = 55; the 8 other patterns add 8 * 55 to V, and c x_i adds c^2 (1 + 8) 55: a sum of 55 products
    # of the cue times x_i and 8 further signs
    assert record["claims"][0]["value"] == pytest.approx(55**2 / (8 * 55 + 9 * 55 / 4))
    assert "AGREES" in ran("check", text, "-q", "field_mean", "--at", at, "--networks", "300")
    ran("report", f"{text}; x_i*x_j", "-q", "snr", "--no-pdf", "-o", str(tmp_path))
    source = (tmp_path / "report.tex").read_text()
    assert r"\Delta w_{i j_{1} j_{2}}" in source
    assert "a weight for each subset" in source
    assert "no diagonal" not in source
