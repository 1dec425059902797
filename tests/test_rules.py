"""Named rules, rules from what a user has, and their reduction and equivalence on alphabets."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from hebbsym.claim import Evidence, Method
from hebbsym.errors import (
    FormulaError,
    HebbsymError,
    InvalidValue,
    OutsideClass,
    SizeLimit,
    UnknownName,
)
from hebbsym.families.alphabet import equivalent, invariants, reduced
from hebbsym.families.entries import Bounded, Inside, Outside
from hebbsym.families.expansion import taylor
from hebbsym.families.named import rule, rules
from hebbsym.families.rules import ExpandedRule, RuleClass
from hebbsym.notation import a, coefficient, eta, f, lam, theta, w, x_i, x_j

HALF = sp.Rational(1, 2)
NAMES = """
hebb covariance pre-centred post-centred anti-hebb oja decay presynaptic-decay instar outstar
homeostatic bcm willshaw sign-clipped storkey pseudo-inverse expanded
"""


# ---------------------------------------------------------------------------- the registry


def test_the_registry_has_the_rules_of_the_contract() -> None:
    assert set(NAMES.split()) <= set(rules.entries)


@pytest.mark.parametrize("name", list(rules.entries))
def test_every_entry_is_proved(name: str) -> None:
    proof = rules.entries[name].proof()
    assert isinstance(proof, Evidence)
    assert proof.method in (Method.SUBSTITUTION, Method.ENUMERATION)
    assert proof.holds()


@pytest.mark.parametrize("name", list(rules.entries))
def test_every_entry_has_a_source_in_the_bibliography(name: str) -> None:
    bibliography = _bibliography()
    keys = rules.entries[name].source.split("; ")
    assert keys
    assert set(keys) <= bibliography


def test_a_wrong_coefficient_is_not_proved() -> None:
    oja = rules.entries["oja"]
    assert isinstance(oja, Inside)
    wrong = Inside(
        "oja", "", "", oja.parameters, lambda v: {(1, 1): v["eta"], (2, 0): w}, oja.printed
    )
    assert not wrong.proof().holds()


@pytest.mark.parametrize(
    ("name", "update", "rule_class"),
    [
        ("hebb", x_i * x_j, RuleClass.ADDITIVE),
        ("anti-hebb", -x_i * x_j, RuleClass.ADDITIVE),
        ("covariance", (x_i - a) * (x_j - a), RuleClass.ADDITIVE),
        ("pre-centred", x_i * (x_j - a), RuleClass.ADDITIVE),
        ("post-centred", (x_i - a) * x_j, RuleClass.ADDITIVE),
        ("oja", eta * x_i * (x_j - w * x_i), RuleClass.AFFINE),
        ("decay", x_i * x_j - lam * w, RuleClass.AFFINE),
        ("decay(lam=1/10, eta=2)", 2 * x_i * x_j - w / 10, RuleClass.AFFINE),
        ("presynaptic-decay", x_i * x_j - lam * w * x_j**2, RuleClass.AFFINE),
        ("instar", eta * x_i * (x_j - w), RuleClass.AFFINE),
        ("outstar", eta * x_j * (x_i - w), RuleClass.AFFINE),
        ("covariance(mean=f)", (x_i - f) * (x_j - f), RuleClass.ADDITIVE),
        ("covariance(post=a, pre=f)", (x_i - a) * (x_j - f), RuleClass.ADDITIVE),
        ("pre-centred( mean = 1/2 )", x_i * (x_j - HALF), RuleClass.ADDITIVE),
        ("bcm(theta=1/2)", x_i * (x_i - HALF) * x_j, RuleClass.ADDITIVE),
        ("bcm(theta=theta)", x_i * (x_i - theta) * x_j, RuleClass.ADDITIVE),
        ("homeostatic(post=-1/5, pre=1/3)", x_i * x_j + x_j / 3 - x_i / 5, RuleClass.ADDITIVE),
    ],
)
def test_named_rules_have_the_updates_of_print(
    name: str, update: sp.Expr, rule_class: RuleClass
) -> None:
    found = rule(name)
    assert sp.expand(found.update - update) == 0
    assert found.rule_class is rule_class


def test_the_general_rule_has_all_coefficients() -> None:
    assert rules["expanded"].terms == ExpandedRule(2).terms
    third = rule("expanded(order=3)").terms
    assert len(third) == 10
    assert third[2, 1] == coefficient(2, 1)


def test_a_plain_look_up_is_the_rule_of_that_name() -> None:
    for name in rules:
        assert rules[name].name == name
        assert rule(name).terms == rules[name].terms
    assert len(rules) == len(list(rules)) == len(dict(rules.items()))


@pytest.mark.parametrize("name", ["storkey", "pseudo-inverse", "bcm"])
def test_rules_outside_the_class_say_why(name: str) -> None:
    reasons = {
        "storkey": "not local",
        "pseudo-inverse": "not local",
        "bcm": "third factor",
    }
    for ask in (lambda: rules[name], lambda: rule(name), lambda: rules.entries[name].rule()):
        with pytest.raises(OutsideClass, match=reasons[name]) as caught:
            ask()
        assert repr(name) in str(caught.value)
        assert "\n" not in str(caught.value)
    assert name not in rules
    assert name in rules.entries


def test_bcm_needs_its_threshold_whatever_else_is_given() -> None:
    with pytest.raises(OutsideClass, match="third factor"):
        rule("bcm(eta=2)")


@pytest.mark.parametrize("name", [n for n, e in rules.entries.items() if isinstance(e, Bounded)])
def test_bounded_rules_are_rules_but_no_expanded_ones(name: str) -> None:
    bounded = rule(name)
    assert bounded.rule_class is RuleClass.BOUNDED
    assert bounded.name == name
    assert name not in rules
    for ask in (lambda: rules[name], bounded.require_expanded, bounded.require_additive):
        with pytest.raises(OutsideClass, match="bounded"):
            ask()
    with pytest.raises(OutsideClass, match="no order"):
        rule(name, order=2)


def test_the_remark_on_the_willshaw_rule_holds() -> None:
    assert "x_i*x_j*(1 - w)" in rules.entries["willshaw"].reason
    for weight, u, v in itertools.product((0, 1), repeat=3):
        assert max(weight, u * v) - weight == u * v * (1 - weight)


def test_every_entry_outside_the_class_is_refused() -> None:
    outside = [n for n, e in rules.entries.items() if isinstance(e, Outside)]
    assert len(outside) >= 2
    for name in outside:
        with pytest.raises(OutsideClass):
            rule(name)


@pytest.mark.parametrize(
    ("text", "error", "hint"),
    [
        ("covarience", UnknownName, "did you mean 'covariance'"),
        ("covarience(mean=f)", UnknownName, "did you mean 'covariance'"),
        ("pre-centered", UnknownName, "did you mean 'pre-centred'"),
        ("pre_centred", UnknownName, "did you mean 'pre-centred'"),
        ("hebbb", UnknownName, "did you mean 'hebb'"),
        ("c_0", UnknownName, "no rule 'c_0'"),
        ("Oja", UnknownName, "did you mean 'oja'"),
        ("decay(lambda=1)", UnknownName, "did you mean 'lam'"),
        ("decay(lam=0.1)", FormulaError, "write 1/10"),
        ("decay(lam=x_i)", InvalidValue, "depends on x_i"),
        ("decay(lam)", InvalidValue, "key=value"),
        ("decay(lam=1,lam=2)", InvalidValue, "twice"),
        ("expanded(order=1/2)", InvalidValue, "whole number"),
        ("expanded(order=-1)", InvalidValue, "whole number"),
        ("expanded(order=n)", InvalidValue, "whole number"),
        ("expanded(order=13)", SizeLimit, "12"),
        ("x_i**13*x_j", SizeLimit, "12"),
        ("tanh(x_i)*x_j", InvalidValue, "give an order"),
        ("x_i +", FormulaError, "ends too early"),
    ],
)
def test_errors_name_the_trouble(text: str, error: type[HebbsymError], hint: str) -> None:
    with pytest.raises(error, match=hint.replace("(", r"\(")):
        rule(text)


# ---------------------------------------------------------------------------- other sources


def test_one_rule_from_text_expression_coefficients_and_function() -> None:
    terms = {(1, 1): eta, (2, 0): -eta * w}
    sources = [
        "eta*x_i*(x_j - w*x_i)",
        "eta * x_i * x_j - eta*w*x_i^2",
        eta * x_i * (x_j - w * x_i),
        terms,
        sp.Lambda((w, x_i, x_j), eta * x_i * (x_j - w * x_i)),
        rules["oja"],
        rules.entries["oja"],
    ]
    for source in sources:
        assert rule(source).terms == terms


def test_names_of_rules() -> None:
    assert rule("x_i * x_j").name == "x_i * x_j"
    assert rule("x_i*x_j", name="mine").name == "mine"
    assert rule("covariance(mean=f)").name == "covariance(mean=f)"
    assert rule("tanh(x_i*x_j)", order=2).name == "tanh(x_i*x_j) to order 2"
    assert rule("x_i*x_j + x_i**3", order=2).name == "x_i*x_j + x_i**3 to order 2"
    assert rule("x_i*x_j", order=4).name == "x_i*x_j"


@pytest.mark.parametrize(
    "source", [3.5, None, ["x_i"], {"a": 1}, {(1,): 1}, {(1, 1): 0.5}, 0.5 * x_i, {(1, 1): "x_i"}]
)
def test_other_things_are_refused(source: object) -> None:
    with pytest.raises(InvalidValue):
        rule(source)


def test_a_symbol_of_the_same_name_but_other_assumptions_is_refused() -> None:
    with pytest.raises(InvalidValue, match="assumptions differ"):
        rule(sp.Symbol("x_i") * x_j)


# ---------------------------------------------------------------------------- Taylor expansion


@pytest.mark.parametrize(
    ("expression", "order", "by_hand"),
    [
        # tanh t = t - t^3/3 + 2 t^5/15
        (
            sp.tanh(x_i) * sp.tanh(x_j),
            6,
            {
                (1, 1): 1,
                (3, 1): -sp.Rational(1, 3),
                (1, 3): -sp.Rational(1, 3),
                (3, 3): sp.Rational(1, 9),
                (5, 1): sp.Rational(2, 15),
                (1, 5): sp.Rational(2, 15),
            },
        ),
        # exp(x_i x_j) - 1 = x_i x_j + (x_i x_j)^2/2
        (sp.exp(x_i * x_j) - 1, 5, {(1, 1): 1, (2, 2): HALF}),
        # log(1 + x_i + x_j) = s - s^2/2 with s = x_i + x_j
        (
            sp.log(1 + x_i + x_j),
            2,
            {(1, 0): 1, (0, 1): 1, (2, 0): -HALF, (1, 1): -1, (0, 2): -HALF},
        ),
        # 1/(1 - x_i) = 1 + x_i + x_i^2 + ...
        (x_j / (1 - x_i), 4, {(0, 1): 1, (1, 1): 1, (2, 1): 1, (3, 1): 1}),
        # sqrt(1 + t) = 1 + t/2 - t^2/8
        (sp.sqrt(1 + x_j), 2, {(0, 0): 1, (0, 1): HALF, (0, 2): -sp.Rational(1, 8)}),
        # cos t = 1 - t^2/2 + t^4/24
        (sp.cos(x_i), 5, {(0, 0): 1, (2, 0): -HALF, (4, 0): sp.Rational(1, 24)}),
        # 2^t = 1 + t log 2
        (2**x_i, 1, {(0, 0): 1, (1, 0): sp.log(2)}),
        # tanh(b + t) = tanh b + (1 - tanh^2 b) t
        (sp.tanh(a + x_i), 1, {(0, 0): sp.tanh(a), (1, 0): 1 - sp.tanh(a) ** 2}),
        # exp(w x_i) = 1 + w x_i + w^2 x_i^2/2: the coefficients depend on w
        (sp.exp(w * x_i) * x_j, 3, {(0, 1): 1, (1, 1): w, (2, 1): w**2 / 2}),
    ],
)
def test_expansion_against_series_by_hand(
    expression: sp.Expr, order: int, by_hand: dict[tuple[int, int], sp.Expr]
) -> None:
    found = rule(expression, order=order).terms
    assert set(found) == set(by_hand)
    assert all(sp.expand(found[pq] - by_hand[pq]) == 0 for pq in by_hand)


@pytest.mark.parametrize(
    "expression",
    [
        sp.exp(sp.sin(x_i) + w * x_j) / (2 + x_j * x_i),
        sp.log(3 + x_i) * sp.tanh(x_j + a * x_i),
        (1 + x_i * x_j + x_j**2) ** sp.Rational(-3, 2),
        sp.cos(x_i + x_j) ** 3,
    ],
)
def test_coefficients_are_derivatives_at_the_origin(expression: sp.Expr) -> None:
    found = taylor(expression, 3)
    for p, q in itertools.product(range(4), repeat=2):
        if p + q <= 3:
            derivative = expression.diff(x_i, p).diff(x_j, q).subs({x_i: 0, x_j: 0})
            slope = derivative / sp.factorial(p) / sp.factorial(q)
            assert sp.expand(found.get((p, q), sp.S.Zero) - slope) == 0


@pytest.mark.parametrize("text", ["log(x_i)", "1/x_j", "sqrt(x_i)", "x_i**(3/2)", "log(x_i - 1)"])
def test_an_update_singular_at_the_origin_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue, match="singular"):
        rule(text, order=3)


@pytest.mark.parametrize("expression", [sp.Abs(x_i), sp.sign(x_i) * x_j, sp.Max(x_i, x_j)])
def test_an_update_without_an_expansion_is_refused(expression: sp.Expr) -> None:
    with pytest.raises(OutsideClass, match="Taylor"):
        rule(expression, order=2)


def test_order_twelve_of_nested_functions_is_found_soon() -> None:
    found = rule("exp(sin(x_i + x_j*tanh(x_i)))*tanh(x_j)", order=12)
    assert found.terms[0, 1] == 1
    assert found.order == 12


# ---------------------------------------------------------------------------- reduction

_SMALL = st.fractions(min_value=-3, max_value=3, max_denominator=3).map(
    lambda q: sp.Rational(q.numerator, q.denominator)
)
_POWERS = [(p, q) for p in range(7) for q in range(7 - p)]
_RULES = st.dictionaries(st.sampled_from(_POWERS), _SMALL, min_size=1, max_size=8).map(
    lambda c: ExpandedRule(6, c)
)
_ALPHABETS = st.sampled_from(
    [(-1, 1), (0, 1), (-1, 0, 1), (sp.Rational(-1, 2), 2), (0, 1, sp.Rational(5, 2))]
)


def _table(rule: ExpandedRule, post: tuple[sp.Expr, ...], pre: tuple[sp.Expr, ...]) -> sp.Matrix:
    """The values of the update: one row a postsynaptic value, one column a presynaptic one."""
    return sp.Matrix([[sp.expand(rule.update.subs({x_i: u, x_j: v})) for v in pre] for u in post])


@settings(deadline=None, max_examples=60)
@given(_RULES, _ALPHABETS, _ALPHABETS)
def test_the_reduced_rule_takes_the_same_values(rule_: ExpandedRule, post, pre) -> None:
    small = reduced(rule_, post, pre)
    assert _table(small, post, pre) == _table(rule_, post, pre)
    assert all(p < len(post) and q < len(pre) for p, q in small.terms)


@pytest.mark.parametrize(
    "values", [(-1, 1), (0, 1), (-1, 0, 1), (sp.Symbol("low"), sp.Symbol("high"))]
)
@pytest.mark.parametrize("order", [2, 4, 6])
def test_the_general_rule_reduces_to_a_square(order: int, values: tuple[sp.Expr, ...]) -> None:
    general = ExpandedRule(order)
    small = reduced(general, values)
    r = len(values)
    assert len(small.terms) == len([1 for p in range(r) for q in range(r) if p + q <= order])
    for u, v in itertools.product(values, repeat=2):
        difference = (small.update - general.update).subs({x_i: u, x_j: v}, simultaneous=True)
        assert sp.expand(difference) == 0


def test_reduction_by_hand() -> None:
    # on {-1, 1}: u^2 = 1, u^3 = u; on {0, 1}: u^n = u; on {-1, 0, 1}: u^3 = u, u^4 = u^2
    cubic = ExpandedRule(4, {(3, 1): 5, (2, 0): 7, (2, 2): 11, (0, 4): 13})
    assert reduced(cubic, (-1, 1)).terms == {(0, 0): 31, (1, 1): 5}
    assert reduced(cubic, (0, 1)).terms == {(1, 0): 7, (0, 1): 13, (1, 1): 16}
    assert reduced(cubic, (-1, 0, 1)).terms == {(2, 0): 7, (1, 1): 5, (0, 2): 13, (2, 2): 11}
    assert reduced(rules["oja"], (-1, 1)).terms == {(0, 0): -eta * w, (1, 1): eta}


def test_no_alphabet_with_equal_or_inexact_values() -> None:
    for values in ((1, 1), (), (0.5, 1), (a, a)):
        with pytest.raises(InvalidValue):
            reduced(rules["hebb"], values)


# ---------------------------------------------------------------------------- equivalence


def test_equivalences_that_are_known() -> None:
    signs = (-1, 1)
    found = equivalent(rules["pre-centred"], rules["covariance"], signs)
    assert found is not None
    # (u - a)(v - a) - u (v - a) = -a (v - a)
    assert (found.scale, sp.expand(found.gauge - (a**2 - a * x_j))) == (1, 0)
    assert not found.same
    assert "threshold" in found.text
    assert equivalent(rules["post-centred"], rules["hebb"], signs) is not None
    assert equivalent(rules["hebb"], rules["covariance"], signs) is None
    anti = equivalent(rules["hebb"], rules["anti-hebb"], signs)
    assert anti is not None
    assert (anti.scale, anti.gauge, anti.positive) == (-1, 0, False)
    # on {-1, 1} squares are constants, so these are one rule
    same = equivalent(rule("x_i*x_j + x_i^2 - x_j^2"), rules["hebb"], signs)
    assert same is not None
    assert same.same
    scaled = equivalent(rules["hebb"], rule("eta*x_i*x_j"), signs)
    assert scaled is not None
    assert scaled.positive is None
    assert "eta > 0" in scaled.text


def test_equivalence_is_for_additive_rules() -> None:
    for ask in (equivalent, lambda one, two, values: invariants(one, values)):
        with pytest.raises(OutsideClass):
            ask(rules["oja"], rules["hebb"], (-1, 1))


def test_the_invariant_of_a_two_valued_rule_is_one_ratio() -> None:
    """For symbolic c_pq on {-1, 1}: c_post over c_corr, and the sign of c_corr."""
    found = invariants(ExpandedRule(2), (-1, 1))
    post, corr = coefficient(1, 0), coefficient(1, 1)
    assert found.ratios == (((1, 1), 1), ((1, 0), post / corr))
    assert found.sign == sp.sign(corr)


@settings(deadline=None, max_examples=60)
@given(
    _RULES,
    _ALPHABETS,
    _ALPHABETS,
    st.fractions(min_value="1/5", max_value=5, max_denominator=5),
    st.lists(_SMALL, min_size=7, max_size=7),
)
def test_scale_and_gauge_leave_the_invariants(rule_: ExpandedRule, post, pre, scale, gauge) -> None:
    factor = sp.Rational(scale.numerator, scale.denominator)
    moved = rule(
        sp.expand(factor * rule_.update + sum(c * x_j**q for q, c in enumerate(gauge))), order=6
    )
    assert invariants(moved, post, pre) == invariants(rule_, post, pre)
    found = equivalent(rule_, moved, post, pre)
    assert found is not None
    assert found.positive
    left = found.scale * _table(rule_, post, pre)
    shift = sp.Matrix([[found.gauge.subs(x_j, v) for v in pre] for _ in post])
    assert sp.expand(left + shift - _table(moved, post, pre)) == sp.zeros(len(post), len(pre))
    opposite = rule(sp.expand(-moved.update), order=6)
    known = invariants(rule_, post, pre)
    assert invariants(opposite, post, pre).ratios == known.ratios
    assert invariants(opposite, post, pre).sign == -known.sign


_FEW = st.dictionaries(
    st.sampled_from([(0, 0), (1, 0), (0, 1), (1, 1), (2, 0), (2, 1)]),
    st.integers(-1, 1).map(sp.Integer),
    min_size=1,
).map(lambda c: ExpandedRule(3, c))


@settings(deadline=None, max_examples=60)
@given(_FEW, _FEW, st.sampled_from([(-1, 1), (0, 1), (-1, 0, 1)]))
def test_invariants_are_equal_exactly_for_equivalent_rules(one, two, values) -> None:
    """The judge is the table: rows minus the first row, compared as directions."""
    rows = [
        [entry for u in range(1, len(values)) for entry in table.row(u) - table.row(0)]
        for table in (_table(one, values, values), _table(two, values, values))
    ]
    parallel = sp.Matrix(rows).rank() < 2 and any(rows[0]) == any(rows[1])
    along = sum(p * q for p, q in zip(*rows, strict=True)) > 0 or not any(rows[0])
    found = equivalent(one, two, values)
    assert (invariants(one, values) == invariants(two, values)) == (parallel and along)
    assert (found is not None) == parallel
    assert found is None or found.positive == along


_BIBLIOGRAPHY = (Path(__file__).parent.parent / "references.bib").read_text(encoding="utf-8")


def _bibliography() -> set[str]:
    """The keys of references.bib."""
    return set(re.findall(r"^@\w+\{([a-z]+\d{4}[a-z]?),", _BIBLIOGRAPHY, flags=re.MULTILINE))


def test_the_bibliography_is_well_formed() -> None:
    keys = re.findall(r"^@\w+\{([^,]+),", _BIBLIOGRAPHY, flags=re.MULTILINE)
    assert keys == sorted(set(keys))
    assert set(keys) == _bibliography()
    for entry in re.split(r"^@", _BIBLIOGRAPHY, flags=re.MULTILINE)[1:]:
        assert entry.count("{") == entry.count("}")
        for field in ("author", "title", "year"):
            assert re.search(rf"^  {field} = ", entry, flags=re.MULTILINE)
