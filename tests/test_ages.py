"""Rules affine in the weight against all patterns, laws by hand, limits and other routes."""

from __future__ import annotations

import itertools
import json
import sys
from functools import cache

import mpmath
import pytest
import sympy as sp
from sympy.polys.rings import PolyElement, ring

import hebbsym as hs
from hebbsym import cli
from hebbsym.averages import cumulants_of
from hebbsym.notation import D, K, M, S, a, age, delta, eta, f, lam, w, x, z
from hebbsym.numeric import evaluate, value
from hebbsym.recurrences import chains, complete, divided_power
from hebbsym.theory.ages.bench import AgedBench
from hebbsym.theory.ages.fields import AgedField
from hebbsym.theory.ages.forms import Assembled
from hebbsym.theory.ages.fractions import Fractions
from hebbsym.theory.ages.moments import AgedMoments
from hebbsym.theory.enumeration import Enumeration, enumerate_fields
from hebbsym.theory.fields import FieldMoments

R = sp.Rational
AFFINE = [name for name, rule in hs.rules.items() if rule.rule_class is hs.RuleClass.AFFINE]
ADDITIVE = [name for name, rule in hs.rules.items() if rule.rule_class is hs.RuleClass.ADDITIVE]
FEW = [name for name in AFFINE if len(hs.rules[name].free_symbols) <= 2]
ENSEMBLES = {
    "signs": hs.Bipolar(),
    "biased signs": hs.Bipolar(a),
    "binary": hs.Binary(f),
    "ternary": hs.Ternary(f),
    "pair": hs.Pair(hs.Bipolar(a), hs.Binary(f)),
}
CUES = {
    "exact": hs.Exact(),
    "flipped": hs.Flip(delta),
    "masked": hs.Mask(delta),
    "centred": hs.Flip(delta, centred=sp.S.One),
}
AT = {a: R(1, 3), f: R(2, 7), delta: R(1, 5)}
SHARED = ("post", "pre", "reciprocal")


def zero(expression: sp.Expr) -> bool:
    """Whether a rational expression vanishes identically."""
    if not all(power.exp.is_nonnegative for power in expression.atoms(sp.Pow)):
        expression, _ = sp.fraction(sp.together(expression))
    return sp.expand(expression) == 0


def numbers(*parts: object) -> dict[sp.Symbol, sp.Rational]:
    """Values, all different, for the symbols of rules; the fixed ones for those of patterns."""
    free = sorted(set().union(*(part.free_symbols for part in parts)) - AT.keys(), key=str)
    return {**AT, **{s: R((-1) ** n * (n + 2), 2 * n + 7) for n, s in enumerate(free)}}


@cache
def theory_of(rule: str, ensemble: str) -> hs.Theory:
    """Derived once for all tests."""
    return hs.derive(hs.rules[rule], ENSEMBLES[ensemble])


def numeric(rule: str, ensemble: str, cue: str = "exact") -> hs.Setting:
    setting = hs.Setting(hs.rules[rule], ENSEMBLES[ensemble], CUES[cue])
    return setting.at(numbers(setting))


def counted(setting: hs.Setting, old: int, patterns: int, units: int = 3) -> Enumeration:
    pair = None if setting.auto else 2
    return enumerate_fields(setting, D=units, K=patterns, M=pair, age=old, limit=2**22)


# ---- by hand ------------------------------------------------------------------------------


def test_oja_on_unbiased_signs_is_the_law_by_hand():
    # x_i**2 = 1: w <- q w + eta x_i x_j with q = 1 - eta, so that w is the sum over ages g of
    # eta q**g x_i x_j; signs of different patterns are uncorrelated
    theory, n, q = hs.derive(hs.rules["oja"]), D - 1, 1 - eta
    others = (1 - q ** (2 * K)) / (1 - q**2) - q ** (2 * age)
    power = eta**2 * (1 - q ** (2 * K)) / (1 - q**2)
    expected = {
        "weight_mean": 0,
        "weight_variance": power,
        "weight_covariance:post": 0,
        "weight_covariance:pre": 0,
        "weight_covariance:reciprocal": power,
        "retention": q,
        "retention:power": q**2,
        "field_mean": n * eta * q**age * x,
        "field_variance": n * eta**2 * others,
        "snr": n * q ** (2 * age) / others,
        "snr:stationary": n * q ** (2 * age) * (1 - q**2) / (1 - q ** (2 * age) * (1 - q**2)),
    }
    for name, law in expected.items():
        for patterns in (1, 2, 5):
            for old in range(patterns if name != "snr" or patterns > 1 else 0):
                at = {K: sp.Integer(patterns), age: sp.Integer(old)}
                assert zero((theory[name].formula - law).xreplace(at)), name


def test_span_and_best_rate_of_oja_are_those_by_hand():
    # rho >= z^2 where q**(2 g) (1 - q**2) >= kappa = z^2/(n + z^2); S = g + 1 is kept with the
    # largest margin where q**2 = 1 - 1/S, and then (1 - 1/S)**(S - 1) = S kappa
    theory, n, q = hs.derive(hs.rules["oja"]), D - 1, 1 - eta
    kappa = z**2 / (n + z**2)
    at = {D: sp.Integer(1001), eta: R(1, 100), z: sp.Integer(3)}
    span = 1 + sp.log(kappa / (1 - q**2)) / sp.log(q**2)
    assert abs(value(theory["span"], at) - evaluate(span, at)) < 1e-25
    assert evaluate(theory["rate:best"].formula - 1 + sp.sqrt(1 - 1 / S), {S: sp.Integer(9)}) == 0
    most = theory["capacity:span"].formula
    assert zero(most.rhs - kappa)
    assert most.lhs == (1 - 1 / S) ** (S - 1) / S
    exact = value(theory["capacity:span"], at)
    asymptotic = value(theory["capacity:span:asymptotic"], at)
    dropped = evaluate(sp.E * kappa / 24, at)
    assert 0.99 < (exact - asymptotic) / dropped < 1.01
    kept = int(exact)  # with the best rate: kept are S patterns, and not S + 1
    rate = evaluate(theory["rate:best"].formula, {S: sp.Integer(kept)}, 20)
    exactly = sp.Rational(str(rate))
    rho = theory["snr:stationary"].formula.xreplace({D: at[D], eta: exactly})
    ratios = [evaluate(rho, {age: sp.Integer(g)}) for g in (kept - 1, kept)]
    assert ratios[0] >= 9 > ratios[1]
    edges = [value(theory[f"rate:{side}"], {**at, S: sp.Integer(kept // 2)}) for side in ("lowest", "highest")]  # fmt: skip
    assert edges[0] < evaluate(theory["rate:best"].formula, {S: sp.Integer(kept // 2)}) < edges[1]


def test_decay_on_biased_signs_with_flipped_cues_is_the_law_by_hand():
    # h = sum_j e_j q**g x + s_j sum_k q**k u_k v_kj: e_j = x_j s_j has mean c = 1 - 2 delta
    theory = hs.derive(hs.rules["decay"], hs.Bipolar(a), cue=hs.Flip(delta))
    n, c, q = D - 1, 1 - 2 * delta, 1 - lam
    for patterns in (1, 2, 4):
        for old in range(patterns):
            at = {K: sp.Integer(patterns), age: sp.Integer(old)}
            one = sum(q**k for k in range(patterns) if k != old)
            two = sum(q ** (2 * k) for k in range(patterns) if k != old)
            mean = n * c * (q**old * x + a**3 * one)
            shared = (n - 1) * c**2 * a**4 * (1 - a**2) * two
            own = (1 - c**2) * (q ** (2 * old) + 2 * q**old * x * a**3 * one)
            rest = two * (1 - a**4) + a**4 * one**2 * (1 - a**2 * c**2)
            variance = n * (own + rest + shared)
            assert zero(theory["field_mean"].formula.xreplace(at) - mean)
            assert zero(theory["field_variance"].formula.xreplace(at) - variance)
            rho = (n * c * q**old) ** 2 / variance.xreplace({x: sp.S.Zero})
            assert zero(theory["snr"].formula.xreplace(at) - rho)
    assert zero(
        theory["weight_variance"].formula.xreplace({K: sp.Integer(3)})
        - (1 - a**4) * sum(q ** (2 * k) for k in range(3))
    )


# ---- every affine rule, every age, against all patterns -----------------------------------


def agree(setting: hs.Setting, units: int, patterns: int, orders: tuple[int, ...] = (1, 2)) -> None:
    """Moments of the field at every age and stored value, identically in what is left open."""
    moments = AgedMoments(setting, order=max(orders))
    sizes = {D: sp.Integer(units), M: sp.Integer(2)}
    for old in range(patterns):
        truth = counted(setting, old, patterns, units)
        for order in orders:
            found = moments.named(moments.field_at(order, old, patterns).as_expr())
            for stored, _ in setting.post.alphabet:
                expected = truth.field_moment(order, stored)
                assert zero(found.xreplace({x: stored, **sizes}) - expected), (old, order, stored)


@pytest.mark.parametrize("cue", CUES)
@pytest.mark.parametrize("ensemble", ENSEMBLES)
@pytest.mark.parametrize("rule", FEW)
def test_moments_are_those_of_all_patterns(rule, ensemble, cue):
    """Rule, patterns and cue symbolic, D = 3, K = 2."""
    agree(hs.Setting(hs.rules[rule], ENSEMBLES[ensemble], CUES[cue]), 3, 2)


@pytest.mark.parametrize("ensemble", ENSEMBLES)
@pytest.mark.parametrize("rule", FEW)
def test_moments_of_three_patterns_are_those_of_all_patterns(rule, ensemble):
    """The rule's symbols open, D = K = 3: a pattern between two others."""
    given = hs.Setting(hs.rules[rule], ENSEMBLES[ensemble].at(AT), CUES["flipped"].at(AT))
    agree(given, 3, 3)


@pytest.mark.parametrize("cue", ["exact", "flipped", "masked"])
@pytest.mark.parametrize("ensemble", ["signs", "binary", "ternary"])
def test_general_affine_rule_with_twelve_symbols(ensemble, cue):
    setting = hs.Setting(hs.rules["affine"], ENSEMBLES[ensemble].at(AT), CUES[cue].at(AT))
    assert len(setting.rule.free_symbols) == 12
    agree(setting, 3, 2)


@pytest.mark.parametrize("ensemble", ["biased signs", "pair"])
def test_mean_under_the_general_affine_rule_with_twelve_symbols(ensemble):
    agree(hs.Setting(hs.rules["affine"], ENSEMBLES[ensemble], CUES["centred"]), 3, 2, (1,))


@pytest.mark.parametrize("cue", CUES)
@pytest.mark.parametrize("ensemble", ENSEMBLES)
@pytest.mark.parametrize("size", [(3, 3), (4, 2)], ids=str)
def test_general_affine_rule_at_numbers(ensemble, cue, size):
    agree(numeric("affine", ensemble, cue), *size)


@pytest.mark.parametrize(
    ("rule", "ensemble"),
    [
        *itertools.product(AFFINE, ["biased signs", "pair"]),
        *(("affine", e) for e in ("signs", "binary", "ternary")),
    ],
)
def test_third_and_fourth_cumulants_are_those_of_all_patterns(rule, ensemble):
    setting = numeric(rule, ensemble, "flipped")
    moments = AgedMoments(setting, order=4)
    for old in range(3):
        truth = counted(setting, old, 3)
        raw = [moments.field_at(r, old, 3) for r in range(1, 5)]
        found = [moments.named(moments.lowered(c).as_expr()) for c in cumulants_of(raw)]
        for (stored, _), order in itertools.product(setting.post.alphabet, (3, 4)):
            at = {x: stored, D: sp.Integer(3)}
            assert found[order - 1].xreplace(at) == truth.field_cumulant(order, stored)


@pytest.mark.parametrize("ensemble", ENSEMBLES)
@pytest.mark.parametrize("rule", AFFINE)
def test_weights_are_those_of_all_patterns(rule, ensemble):
    """Closed forms with the rule's symbols open, after one, two and three patterns."""
    setting = hs.Setting(hs.rules[rule], ENSEMBLES[ensemble])
    most = 3
    if len(setting.free_symbols) > 2:
        setting, most = numeric(rule, ensemble), 4
    bench = AgedBench(setting)
    moments, forms = bench.moments, bench.forms
    mean = forms.expression(forms.weights(moments.weight_moment("", 1)))
    for patterns in range(1, most):
        at, truth = {K: sp.Integer(patterns)}, counted(setting, 0, patterns)
        assert zero(mean.xreplace(at) - truth.weight_mean())
        for shared in ("", *SHARED[: 3 if setting.auto else 2]):
            second = forms.expression(forms.weights(moments.weight_moment(shared, 2)))
            expected = truth.weight_covariance(shared)
            assert zero((second - mean**2).xreplace(at) - expected), shared


# ---- what is printed ----------------------------------------------------------------------

PRINTED = ("field_mean", "field_variance", "snr")


@pytest.mark.parametrize("ensemble", ["signs", "biased signs", "binary"])
@pytest.mark.parametrize("rule", AFFINE)
def test_printed_closed_form_is_the_enumeration(rule, ensemble):
    """M, V, rho as a reader gets them, at numbers of all symbols, every age of three patterns."""
    symbolic = hs.Setting(hs.rules[rule], ENSEMBLES[ensemble])
    at = numbers(symbolic)
    theory = theory_of(rule, ensemble)
    setting = symbolic.at(at)
    for old in range(3):
        law = counted(setting, old, 3)
        sizes = {D: sp.Integer(3), K: sp.Integer(3), age: sp.Integer(old)}
        for stored, _ in setting.post.alphabet:
            here = {**at, **sizes, x: stored}
            for name, truth in (
                ("field_mean", law.field_mean(stored)),
                ("field_variance", law.field_variance(stored)),
            ):
                assert abs(value(theory[name], here) - evaluate(truth)) < 1e-25, name
        assert abs(value(theory["snr"], {**at, **sizes}) - evaluate(law.snr())) < 1e-25


@pytest.mark.parametrize(
    ("rule", "ensemble"), [("outstar", "binary"), ("instar", "ternary"), ("decay", "pair")]
)
def test_lowest_terms_and_assembled_expressions_agree(rule, ensemble):
    setting = hs.Setting(hs.rules[rule], ENSEMBLES[ensemble])
    moments = AgedMoments(setting)
    at = {**numbers(setting), D: sp.Integer(7), x: sp.S.One}
    made = [AgedField(forms, forms.of) for forms in (Fractions(moments), Assembled(moments))]
    for patterns in (1, 2, 5):
        for old in range(patterns):
            here = {**at, K: sp.Integer(patterns), age: sp.Integer(old)}
            for name in ("mean", "variance", "snr"):
                first, second = (getattr(field, name).xreplace(here) for field in made)
                assert first == second, name


@pytest.mark.parametrize(
    ("rule", "ensemble"),
    [*((rule, "binary") for rule in AFFINE), ("affine", "signs")],
)
def test_every_step_that_has_evidence_holds(rule, ensemble):
    theory = hs.derive(hs.rules[rule], ENSEMBLES[ensemble].at(AT))
    absent = {}
    # long for rules of many symbols; test_third_and_fourth_cumulants_are_those_of_all_patterns has the general one
    slow = {"decay": set(), "affine": {"field_cumulant:3", "field_cumulant:4"}}
    for name in theory.names:
        if name in slow.get(rule, {"field_cumulant:4"}):
            continue
        try:
            claim = theory[name]
        except hs.NotDerivable as reason:
            absent[name] = str(reason)
            continue
        verified = [step.holds for step in claim.derivation.verify()]
        assert False not in verified, (name, verified)
    assert not set(absent) & {"weight_variance", "field_mean", "field_variance", "snr"}


@pytest.mark.parametrize("rule", AFFINE)
def test_evidence_holds_where_the_patterns_stay_open(rule):
    """Biased signs and flipped cues as symbols: the values that evidence takes are admissible ones."""
    theory = hs.derive(hs.rules[rule], hs.Bipolar(a), cue=hs.Flip(delta))
    for name in ("weight_variance", "field_mean", "field_variance", "snr", "snr:stationary"):
        verified = [step.holds for step in theory[name].derivation.verify()]
        assert False not in verified, (name, verified)
        assert True in verified, (name, verified)


# ---- without enumeration ------------------------------------------------------------------


@pytest.mark.parametrize("patterns", [hs.Gaussian(), hs.Moments()], ids=["gaussian", "moments"])
@pytest.mark.parametrize("rule", ["oja", "decay", "outstar"])
def test_the_recurrence_and_the_closed_form_agree_on_real_values(rule, patterns):
    setting = hs.Setting(hs.rules[rule], patterns)
    bench = AgedBench(setting)
    free = setting.free_symbols | {
        s for s in bench.moments.engine.ring.symbols if not s.name.endswith("_")
    }
    at = {s: R(2 * n + 3, 3 * n + 7) for n, s in enumerate(sorted(free - {x}, key=str))}
    n = sp.Integer(6)
    at |= {D: n + 1, x: R(3, 2)}
    seen = bench.moments.numbers(at)

    def average(*powers: int) -> sp.Expr:
        parts = bench.moments.iterated(powers, old, patterns_shown, seen)
        return sum(at[x] ** k * part for k, part in enumerate(parts))

    for patterns_shown in (1, 2, 4):
        for old in range(patterns_shown):
            here = {**at, K: sp.Integer(patterns_shown), age: sp.Integer(old)}
            mean = n * average(1)
            variance = n * average(2) + n * (n - 1) * average(1, 1) - mean**2
            assert bench.field.mean.xreplace(here) == mean
            assert bench.field.variance.xreplace(here) == variance


def test_decay_on_gaussian_patterns_by_hand():
    # as on signs, but E[x**4] = 3: own term q**g x sum y**2 has mean n, variance 2 n
    theory, n, q = hs.derive(hs.rules["decay"], hs.Gaussian()), D - 1, 1 - lam
    two = (1 - q ** (2 * K)) / (1 - q**2) - q ** (2 * age)
    for patterns, old in ((1, 0), (3, 0), (3, 1), (3, 2)):
        at = {K: sp.Integer(patterns), age: sp.Integer(old)}
        mean, variance = n * q**age * x, n * (2 * q ** (2 * age) * x**2 + two)
        assert zero((theory["field_mean"].formula - mean).xreplace(at))
        assert zero((theory["field_variance"].formula - variance).xreplace(at))
        rho = n**2 * q ** (2 * age) / (n * (2 * q ** (2 * age) + two))
        assert zero((theory["snr"].formula - rho).xreplace(at))


# ---- limits -------------------------------------------------------------------------------


@pytest.mark.parametrize("ensemble", ["biased signs", "binary", "ternary", "pair"])
@pytest.mark.parametrize("rule", ADDITIVE)
def test_additive_rules_by_age_are_the_additive_engine(rule, ensemble):
    """All rates are 1: M and V as polynomials in D and K, the same at every age."""
    setting = hs.Setting(hs.rules[rule], ENSEMBLES[ensemble], CUES["flipped"])
    moments, fields = AgedMoments(setting), FieldMoments(setting)
    field = AgedField(Fractions(moments), Fractions(moments).of) if len(setting.free_symbols) < 4 else None  # fmt: skip
    truth = [fields.expression(part) for part in (fields.mean, fields.variance)]
    for old, patterns in ((0, 1), (0, 4), (2, 4), (3, 4)):
        first, second = (moments.field_at(r, old, patterns) for r in (1, 2))
        found = [moments.lowered(e).as_expr() for e in (first, second - first**2)]
        for expected, derived in zip(truth, found, strict=True):
            at = {K: sp.Integer(patterns)}
            assert zero(moments.named(derived) - expected.xreplace(at))
    if field is not None:
        assert zero(field.mean - truth[0])
        assert zero(field.variance - truth[1])


@pytest.mark.parametrize(
    ("rule", "still", "plain"),
    [
        ("decay", {lam: 0}, "x_i*x_j"),
        ("presynaptic-decay", {lam: 0}, "x_i*x_j"),
        ("affine", None, "expanded"),
    ],
)
@pytest.mark.parametrize("ensemble", ["biased signs", "binary"])
def test_rate_to_zero_gives_the_additive_result(rule, still, plain, ensemble):
    patterns = ENSEMBLES[ensemble]
    slopes = [s for s in hs.rules[rule].free_symbols if str(s).startswith("d_")]
    values = {s: sp.S.Zero for s in (still or slopes)}
    theory = hs.derive(hs.rules[rule], patterns, cue=hs.Flip(delta))
    additive = hs.derive(hs.rule(plain), patterns, cue=hs.Flip(delta))
    for name in ("field_mean", "field_variance", "weight_variance", "weight_covariance:post"):
        again = theory[name].anew(values)
        for patterns, old in ((1, 0), (3, 1), (4, 0)):
            at = {K: sp.Integer(patterns), age: sp.Integer(old)}
            assert zero((again - additive[name].formula).xreplace(at)), name


def test_small_rates_come_closer_to_the_additive_result_in_proportion():
    theory = hs.derive(hs.rules["decay"], hs.Bipolar(a), cue=hs.Flip(delta))
    plain = hs.derive(hs.rules["hebb"], hs.Bipolar(a), cue=hs.Flip(delta))
    at = {**AT, D: sp.Integer(20), K: sp.Integer(9), x: sp.S.One}
    truth = value(plain["field_variance"], at)
    gaps = [
        value(theory["field_variance"], {**at, age: sp.Integer(4), lam: R(1, 10**k)}) - truth
        for k in (6, 7)
    ]
    assert abs(gaps[0] / gaps[1] - 10) < 1e-3


@pytest.mark.parametrize("ensemble", ["signs", "biased signs", "ternary"])
@pytest.mark.parametrize("rule", AFFINE)
def test_many_patterns_give_the_stationary_ratio(rule, ensemble):
    setting = hs.Setting(hs.rules[rule], ENSEMBLES[ensemble])
    slopes = {s for s in setting.free_symbols if str(s)[0] == "d"}
    at = {s: -abs(v) / 2 if s in slopes else abs(v) for s, v in numbers(setting).items()}
    at |= {D: sp.Integer(30)}
    bench = AgedBench(setting)
    retention = bench.retention(2).xreplace(at)
    if retention >= 1:
        with pytest.raises(hs.HebbsymError):
            value(theory_of(rule, ensemble)["snr:stationary"], {**at, age: sp.S.Zero, K: sp.S.One})
        return
    many = sp.Integer(int(sp.ceiling(-80 / sp.log(retention))))
    theory = theory_of(rule, ensemble)
    for old in (0, 1, 4):
        here = {**at, age: sp.Integer(old)}
        finite = value(theory["snr"], {**here, K: many}, 40)
        assert abs(finite / value(theory["snr:stationary"], {**here, K: many}, 40) - 1) < 1e-28


def test_the_stationary_variance_of_a_weight_is_the_fixed_point():
    for name, retained, added in (("oja", 1 - eta, eta), ("decay", 1 - lam, 1)):
        fixed = added**2 / (1 - retained**2)
        at = {eta: R(1, 3), lam: R(1, 3)}
        late = value(hs.derive(hs.rules[name])["weight_variance"], {**at, K: sp.Integer(200)})
        assert abs(late - evaluate(fixed, at)) < 1e-28


# ---- values at which general formulas are 0/0 ---------------------------------------------

DEGENERATE = [
    ("decay", "biased signs", {lam: 0}),
    ("decay", "biased signs", {lam: 1}),
    ("decay", "biased signs", {lam: 2}),
    ("decay", "biased signs", {a: 0}),
    ("decay", "biased signs", {a: 1, lam: R(1, 3)}),
    ("decay", "biased signs", {a: 0, lam: 0}),
    ("oja", "biased signs", {eta: 1}),
    ("oja", "biased signs", {eta: 2}),
    ("oja", "biased signs", {eta: 0}),
    ("oja", "binary", {eta: 1}),
    ("oja", "ternary", {f: 1}),
    ("instar", "binary", {eta: 0}),
    ("instar", "binary", {eta: 1}),
    ("instar", "biased signs", {a: 0}),
    ("outstar", "binary", {eta: 1}),
    ("outstar", "pair", {eta: 1, a: 0}),
    ("presynaptic-decay", "binary", {lam: 1}),
    ("presynaptic-decay", "binary", {lam: 0}),
    ("soft-bounds", "binary", {f: R(1, 2), lam: 1, eta: 1}),
    ("affine", "binary", dict.fromkeys([s for s in sorted(hs.rules["affine"].free_symbols, key=str) if str(s)[0] == "d"], 0)),
    ("affine", "biased signs", dict.fromkeys([s for s in sorted(hs.rules["affine"].free_symbols, key=str) if str(s) in {"d_1_post", "d_1_pre", "d_2_corr"}], 0)),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "ensemble", "special"), DEGENERATE, ids=str)
def test_degenerate_values_are_those_of_the_enumeration(rule, ensemble, special):
    setting = hs.Setting(hs.rules[rule], ENSEMBLES[ensemble])
    at = {**numbers(setting), **{s: sp.Integer(v) if isinstance(v, int) else v for s, v in special.items()}}  # fmt: skip
    theory, given = theory_of(rule, ensemble), setting.at(at)
    for old in range(3):
        truth = counted(given, old, 3)
        here = {**at, D: sp.Integer(3), K: sp.Integer(3), M: sp.Integer(2), age: sp.Integer(old)}
        for name, expected in (
            ("weight_mean", truth.weight_mean()),
            ("weight_variance", truth.weight_variance()),
            ("weight_covariance:post", truth.weight_covariance("post")),
        ):
            assert abs(value(theory[name], here) - evaluate(expected)) < 1e-25, name
        for stored, _ in given.post.alphabet:
            found = value(theory["field_mean"], {**here, x: stored})
            assert abs(found - evaluate(truth.field_mean(stored))) < 1e-25
            found = value(theory["field_variance"], {**here, x: stored})
            assert abs(found - evaluate(truth.field_variance(stored))) < 1e-25
        ratio = truth.snr()
        if ratio.is_finite:
            assert abs(value(theory["snr"], here) - evaluate(ratio)) < 1e-25


def test_plain_hebb_is_reached_through_oja_without_a_rate():
    """eta = 0 stores nothing: rho is 0/0, and is refused, not guessed."""
    theory = hs.derive(hs.rules["oja"])
    at = {D: sp.Integer(9), K: sp.Integer(3), age: sp.S.Zero, eta: sp.S.Zero}
    assert value(theory["field_variance"], {**at, x: sp.S.One}) == 0
    with pytest.raises(hs.HebbsymError):
        value(hs.derive(hs.rules["oja"], hs.Bipolar(a))["snr"], {**at, a: R(1, 3)})


# ---- errors -------------------------------------------------------------------------------


def test_unstable_rates_say_by_how_much():
    theory = hs.derive(hs.rules["oja"])
    at = {D: sp.Integer(9), K: sp.Integer(5), age: sp.S.Zero, eta: R(5, 2), z: sp.S.One}
    with pytest.raises(hs.InvalidValue, match=r"snr:stationary needs E\[\(1 \+ A\)\^2\] < 1: it is 2.25, too large by 1.25"):  # fmt: skip
        value(theory["snr:stationary"], at)
    with pytest.raises(hs.InvalidValue, match=r"too large by 1\.25"):
        value(theory["span"], at)
    assert value(theory["snr"], at) > 0  # a finite number of patterns has no stability to fail


@pytest.mark.parametrize(
    ("rule", "patterns"), [("oja", hs.Bipolar()), ("instar", hs.Binary(R(1, 10)))]
)
def test_a_span_below_one_pattern_is_none(rule, patterns):
    """In closed form and solved for: the ratio of the last pattern against what is demanded."""
    theory = hs.derive(hs.rules[rule], patterns)
    at = {D: sp.Integer(1000), eta: R(1, 20), age: sp.S.Zero}
    last = R(str(evaluate(theory["snr:stationary"].formula, at)))
    for share, recalled in ((R(101, 100), False), (R(99, 100), True)):
        span = value(theory["span"], {**at, z: sp.sqrt(share * last)})
        assert (span >= 1) == recalled
        assert recalled or span == 0


def test_a_span_beyond_the_largest_says_so():
    theory = hs.derive(hs.rules["oja"])
    at = {D: sp.Integer(1000), z: sp.Integer(2)}
    most = int(value(theory["capacity:span"], at))
    assert value(theory["rate:lowest"], {**at, S: sp.Integer(most)}) > 0
    with pytest.raises(hs.InvalidValue, match="S exceeds capacity:span"):
        value(theory["rate:lowest"], {**at, S: sp.Integer(most + 2)})


def test_a_pattern_is_not_older_than_the_memory():
    theory = hs.derive(hs.rules["decay"])
    at = {D: sp.Integer(9), K: sp.Integer(5), age: sp.Integer(7), lam: R(1, 4), x: sp.S.One}
    for name in PRINTED:
        with pytest.raises(hs.InvalidValue, match="it is 7, too large by 3"):
            value(theory[name], at)


def test_settings_without_a_derivation_name_the_condition():
    with pytest.raises(hs.NotDerivable, match="inhibition couples the fields"):
        hs.derive(hs.rules["oja"], threshold=hs.Inhibition())["field_mean"]
    with pytest.raises(hs.OutsideClass, match="only rules affine in w have exact ages"):
        AgedMoments(hs.Setting(hs.rules["power-bounds"]))
    with pytest.raises(hs.NotDerivable, match="no stationary law"):
        hs.derive(hs.rule("x_i*x_j + w"))["snr:stationary"]
    with pytest.raises(hs.NotDerivable, match="no signal"):
        hs.derive(hs.rule("x_j - w/4"))["snr"]
    with pytest.raises(hs.NotDerivable, match="two-valued"):
        hs.derive(hs.rules["oja"], hs.Gaussian())["span:bit"]
    with pytest.raises(hs.InvalidValue, match="an age lies between 0 and K - 1 = 1, not at 2"):
        enumerate_fields(hs.Setting(hs.rules["oja"]), age=2)
    with pytest.raises(hs.InvalidValue, match="age is a whole number from 0 to K - 1 = 4, not 5"):
        hs.check(hs.derive(hs.rules["oja"]), D=9, K=5, age=5, eta=R(1, 4), z=1)


# ---- simulation ---------------------------------------------------------------------------


def twelve() -> hs.ExpandedRule:
    """Twelve numbers, among them a decay: without it the weights would not settle."""
    free = sorted(hs.rules["affine"].free_symbols, key=str)
    values = {s: R((-1) ** n * (n % 5 + 1), 9) for n, s in enumerate(free)}
    values |= {s: v / 8 for s, v in values.items() if str(s)[0] == "d"}
    return hs.rules["affine"].at({s: -R(1, 4) if str(s) == "d_0" else v for s, v in values.items()})


CHECKED = {
    "oja": (hs.rule("oja(eta=1/10)"), hs.Bipolar(), {}, {"D": 30, "K": 10, "age": 3}),
    "decay": (
        hs.rule("decay(lam=1/8)"),
        hs.Bipolar(R(1, 4)),
        {"cue": hs.Flip(R(1, 10)), "threshold": hs.Optimal()},
        {"D": 20, "K": 8, "age": 2},
    ),
    "instar": (hs.rule("instar(eta=1/4)"), hs.Binary(R(1, 2)), {}, {"D": 20, "K": 8, "age": 2}),
    "affine": (twelve(), hs.Bipolar(), {}, {"D": 20, "K": 8, "age": 2, "x": -1}),
    "pair": (
        hs.rule("outstar(eta=1/5)"),
        hs.Pair(hs.Bipolar(R(1, 5)), hs.Binary(R(1, 2))),
        {"cue": hs.Mask(R(1, 5))},
        {"D": 20, "K": 8, "M": 12, "age": 2},
    ),
}


@pytest.mark.parametrize("name", CHECKED)
def test_simulated_networks_agree_by_age(name):
    rule, patterns, options, at = CHECKED[name]
    wanted = ["field_mean", "field_variance"]
    theory = hs.derive(rule, patterns, quantities=wanted, **options)
    verdicts = hs.check(theory, seed=3, resolution=R(1, 10), **at)
    assert {verdict.outcome.name for verdict in verdicts} == {"AGREES"}
    assert len({verdict.claim for verdict in verdicts}) == len(wanted)


def test_simulated_networks_agree_with_the_span():
    theory = hs.derive(hs.rule("oja(eta=1/10)"), quantities=["span"])
    (verdict,) = hs.check(theory, seed=5, D=100, K=40, z=2)
    assert verdict.outcome is hs.Outcome.AGREES


# ---- command line -------------------------------------------------------------------------


@pytest.fixture
def run(monkeypatch, capsys):
    def ran(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["hebbsym", *arguments])
        with pytest.raises(SystemExit) as left:
            cli.main()
        return int(left.value.code or 0), capsys.readouterr().out

    return ran


def test_command_line_gives_the_value_by_hand(run):
    options = ["--at", "D=60,K=12,age=3,eta=1/10", "--format", "json"]
    status, out = run("derive", "oja", "--quantity", "snr", *options)
    (claim,) = json.loads(out)["claims"]
    q = 0.9
    expected = 59 * q**6 / ((1 - q**24) / (1 - q**2) - q**6)
    assert status == 0
    assert abs(claim["value"] / expected - 1) < 1e-12


def test_command_line_check_tells_agreement_from_doubt(run):
    asked = ["check", "oja", "--quantity", "field_mean", "--seed", "1", "--format", "json"]
    status, out = run(*asked, "--at", "D=20,K=4,eta=1/5,age=1,x=1")
    assert status == 0
    assert {v["verdict"] for v in json.loads(out)["verdicts"]} == {"AGREES"}
    assert run(*asked, "--at", "D=40,K=8,eta=1/5,age=8")[0] == 2


# ---- recurrences --------------------------------------------------------------------------

RING, P, Q = ring("p q", sp.QQ)
ONE, NONE = RING.one, RING.zero
RATES = [
    (P,),
    (P, Q),
    (P, P),
    (ONE, P, Q),
    (P, P, Q),
    (ONE, ONE, P),
    (P, P, Q, Q),
    (ONE, ONE, ONE, ONE),
    (NONE, P),
    (NONE, NONE, P),
    (NONE, NONE),
    (ONE, NONE, NONE, P, P),
]


@pytest.mark.parametrize("rates", RATES, ids=str)
def test_divided_power_is_the_divided_difference(rates):
    """Against the corner of the power of a bidiagonal matrix, at whole times."""
    size = len(rates)
    step = sp.Matrix(size, size, lambda i, j: rates[i].as_expr() if i == j else int(j == i + 1))
    t = sp.Symbol("t", integer=True, nonnegative=True)
    formula = divided_power(t, rates, PolyElement.as_expr)
    for time in range(6):
        expected = sp.expand((step**time)[0, size - 1])
        assert sp.expand(complete(time, rates).as_expr() - expected) == 0
        assert zero(formula.xreplace({t: sp.Integer(time)}) - expected), time


def test_chains_are_rows_of_a_matrix_power():
    """A triangular matrix with equal and zero rates, all states below all others."""
    diagonal = [ONE, P, P, NONE, Q]
    entries = {
        (i, j): diagonal[i] if i == j else RING.ground_new(2 * i + 1) * P + j * Q + 1
        for i in range(5)
        for j in range(i + 1)
    }
    matrix = sp.Matrix(5, 5, lambda i, j: entries[i, j].as_expr() if j <= i else 0)
    row = chains(4, range, lambda s, t: entries[s, t], lambda rates: tuple(sorted(rates, key=str)))
    for time in range(5):
        power = matrix**time
        for state in range(5):
            found = sum(c * complete(time, rates) for rates, c in row[state].items())
            assert sp.expand((NONE + found).as_expr() - power[4, state]) == 0


def test_one_pattern_does_what_the_rule_says():
    """E[(1 + A) s | x], E[B s | x] and a pair of weights, as sums over the alphabet by hand."""
    setting = hs.Setting(hs.rule("x_i*x_j + w*(x_i - 2*x_j)"), hs.Binary(f), hs.Flip(delta))
    engine = AgedMoments(setting).engine

    def by_hand(kept: tuple[int, ...], cues: tuple[int, ...]) -> sp.Expr:
        total = sp.S.Zero
        for values in itertools.product((0, 1), repeat=len(kept)):
            for flips in itertools.product((0, 1), repeat=len(kept)):
                term = sp.S.One
                for v, flip, keep, power in zip(values, flips, kept, cues, strict=True):
                    probability = (f if v else 1 - f) * (delta if flip else 1 - delta)
                    factor = 1 + x - 2 * v if keep else x * v
                    term *= probability * factor * abs(v - flip) ** power
                total += term
        return total

    for kept, cues in (((1,), (1,)), ((0,), (1,)), ((1, 0), (1, 1)), ((1, 1), (0, 2))):
        factors = [(0, unit, keep) for unit, keep in enumerate(kept, 1)]
        found = engine.of_one_pattern(factors, dict(enumerate(cues, 1)), conditioned=True)
        difference = sp.expand(engine.expression(found) - by_hand(kept, cues))
        assert sp.rem(difference, x**2 - x, x) == 0
    assert w not in engine.ring.symbols


def test_a_rate_that_is_a_number_stays_exact():
    """9/10 has a negative power of a prime in it: no float may come of that."""
    theory = hs.derive(hs.rule("decay(lam=1/10)"), hs.Bipolar(R(1, 3)))
    for name in ("weight_variance", "field_variance", "snr"):
        formula = theory[name].formula
        assert not formula.has(sp.Float)
        assert all(n.q < 10**9 for n in formula.atoms(sp.Rational))
    assert zero(
        theory["field_mean"]
        .formula.xreplace({D: sp.Integer(2), K: sp.Integer(1)})
        .xreplace({age: sp.Integer(0)})
        - x
    )


def test_bit_error_by_hand():
    """Oja on signs: the error is Q(sqrt(rho)), with rho as derived on paper."""
    rate, units, patterns, old = R(1, 10), 200, 60, 15
    q, share = (1 - rate) ** 2, rate * (2 - rate)
    ratio = share * q**old * (units - 1) / (1 - q**patterns - share * q**old)
    expected = mpmath.erfc(mpmath.sqrt(mpmath.mpf(ratio.p) / ratio.q / 2)) / 2
    theory = hs.derive(hs.rules["oja"])
    at = {eta: rate, D: sp.Integer(units), K: sp.Integer(patterns), age: sp.Integer(old)}
    for name in ("bit_error", "bit_error:high", "bit_error:low"):
        assert abs(value(theory[name], at) / expected - 1) < 1e-12


@pytest.mark.parametrize(
    ("rule", "patterns", "threshold", "at"),
    [
        ("oja(eta=1/10)", hs.Bipolar(), hs.Zero(), {"D": 100, "K": 30, "age": 12}),
        ("decay(lam=1/8)", hs.Bipolar(R(1, 4)), hs.Optimal(), {"D": 100, "K": 30, "age": 8}),
        ("decay(lam=1/8)", hs.Bipolar(R(1, 4)), hs.Fixed(R(5)), {"D": 100, "K": 30, "age": 6}),
    ],
    ids=["zero", "optimal", "fixed"],
)
def test_simulated_bits_agree_by_age(rule, patterns, threshold, at):
    theory = hs.derive(hs.rule(rule), patterns, threshold=threshold, quantities=["bit_error"])
    (verdict,) = hs.check(theory, seed=8, resolution=R(1, 5), **at)
    assert verdict.outcome.name == "AGREES"


def test_variance_of_the_general_rule_at_both_stored_values():
    rule, patterns, options, at = CHECKED["affine"]
    theory = hs.derive(rule, patterns, quantities=["field_variance"], **options)
    both = {name: number for name, number in at.items() if name != "x"}
    verdicts = hs.check(theory, seed=101, resolution=R(1, 10), **both)
    assert [verdict.outcome.name for verdict in verdicts] == ["AGREES", "AGREES"]
