"""Energy: the closed form, its existence, its descent, and limit cycles where there is none."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import product

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from hebbsym.claim import Regime
from hebbsym.errors import InvalidValue, NotDerivable, OutsideClass, SizeLimit
from hebbsym.families.ensembles import Binary, Bipolar, Gaussian, Ternary
from hebbsym.families.named import rules
from hebbsym.families.rules import ExpandedRule, RuleClass
from hebbsym.notation import D, K, a, coefficient, sigma, theta, w, xi
from hebbsym.theory.cycles import Witness, witness
from hebbsym.theory.energy import energy_claim
from hebbsym.theory.lyapunov import Network, descends, two_step_descends

BIPOLAR = (sp.Integer(-1), sp.Integer(1))
BINARY = (sp.Integer(0), sp.Integer(1))
TERNARY = (sp.Integer(-1), sp.Integer(0), sp.Integer(1))
ADDITIVE = [n for n, e in rules.items() if e.rule_class is RuleClass.ADDITIVE]
ALPHABETS = {
    e.name: tuple(v for v, _ in e.alphabet)
    for e in (Bipolar(), Binary(sp.Rational(1, 4)), Ternary(sp.Rational(1, 4)), Gaussian())
}
small = st.integers(-3, 3)


def two(c_0: int, c_post: int, c_pre: int, c_corr: int) -> ExpandedRule:
    given = {(0, 0): c_0, (1, 0): c_post, (0, 1): c_pre, (1, 1): c_corr}
    return ExpandedRule(2, {pq: sp.Integer(c) for pq, c in given.items()})


def literal_energy(
    rule: ExpandedRule, patterns: list[tuple[int, ...]], state: tuple[int, ...], level: Fraction
) -> Fraction:
    """-1/2 sum_{i != j} w_ij s_i s_j + theta sum s_i from the coefficients, by hand."""
    total = level * sum(state)
    for pattern in patterns:
        for m, u in enumerate(pattern):
            for n, v in enumerate(pattern):
                if m != n:
                    for (p, q), c in rule.terms.items():
                        term = Fraction(int(c.p), int(c.q)) * u**p * v**q
                        total -= term * state[m] * state[n] / 2
    return total


def at_numbers(
    formula: sp.Expr, patterns: list[tuple[int, ...]], state: tuple[int, ...], level: Fraction
) -> Fraction:
    size, load = len(state), len(patterns)
    written = formula.xreplace({D: sp.Integer(size), K: sp.Integer(load)}).doit()
    numbers = {sigma[n]: sp.Integer(s) for n, s in enumerate(state, 1)}
    for k, pattern in enumerate(patterns, 1):
        numbers |= {xi[k, n]: sp.Integer(v) for n, v in enumerate(pattern, 1)}
    value = sp.expand(written.xreplace({**numbers, theta: sp.Rational(level)}))
    return Fraction(int(value.p), int(value.q))


# --- the closed form --------------------------------------------------------------------------


@pytest.mark.parametrize("values", ALPHABETS.values(), ids=ALPHABETS.keys())
@pytest.mark.parametrize("order", [0, 1, 2, 3, 4])
def test_closed_form_equals_the_definition(values: tuple[sp.Expr, ...], order: int) -> None:
    """Random symmetric rules of each order against the literal double sum."""
    draw = random.Random(order)
    coefficients = {}
    for p in range(order + 1):
        for q in range(p + 1):
            if p + q <= order:
                coefficients[p, q] = coefficients[q, p] = sp.Rational(draw.randint(-5, 5), 3)
    rule = ExpandedRule(order, coefficients)
    claim = energy_claim(rule, values or None, theta)
    entries = [int(v) for v in values] or [-2, 1, 3]
    states = (0, 1) if values == BINARY else (-1, 1)
    for _ in range(8):
        patterns = [tuple(draw.choices(entries, k=4)) for _ in range(3)]
        state = tuple(draw.choices(states, k=4))
        level = Fraction(draw.randint(-3, 3), 2)
        direct = literal_energy(rule, patterns, state, level)
        assert at_numbers(claim.formula, patterns, state, level) == direct


def test_hopfield_energy_is_recovered() -> None:
    """-1/2 sum_mu m_mu^2 + D K/2, as in hopfield1982 with the self terms taken out."""
    m = {k: sum(sigma[n] * xi[k, n] for n in (1, 2, 3)) for k in (1, 2)}
    expected = -(m[1] ** 2 + m[2] ** 2) / 2 + sp.Rational(3 * 2, 2)
    formula = energy_claim(rules["hebb"], BIPOLAR).formula
    written = formula.xreplace({D: sp.Integer(3), K: sp.Integer(2)}).doit()
    assert sp.expand(written - expected) == 0


def test_first_order_terms_are_a_common_field() -> None:
    """c_1 (x_i + x_j) adds -c_1 S sum_mu m_mu: at D = 2, K = 1, -c_1 (xi_1 + xi_2) s_1 s_2."""
    c = sp.Symbol("c", real=True)
    formula = energy_claim(ExpandedRule(1, {(1, 0): c, (0, 1): c}), BIPOLAR).formula
    written = sp.expand(formula.xreplace({D: sp.Integer(2), K: sp.Integer(1)}).doit())
    written = written.xreplace({sigma[1] ** 2: sp.Integer(1), sigma[2] ** 2: sp.Integer(1)})
    assert sp.expand(written + c * (xi[1, 1] + xi[1, 2]) * sigma[1] * sigma[2]) == 0


@pytest.mark.parametrize("values", ALPHABETS.values(), ids=ALPHABETS.keys())
@pytest.mark.parametrize("name", ADDITIVE)
def test_every_additive_rule_has_a_verified_energy_or_a_reason(
    name: str, values: tuple[sp.Expr, ...]
) -> None:
    claim = energy_claim(rules[name], values or None, theta)
    assert claim.regime is Regime.EXACT
    steps = claim.derivation.verify()
    assert sum(s.holds is True for s in steps) >= 3
    assert not any(s.holds is False for s in steps)
    assert "\n" not in " ".join(claim.assumptions)


# --- existence --------------------------------------------------------------------------------


def test_symbolic_rule_states_its_condition() -> None:
    claim = energy_claim(ExpandedRule(2), BIPOLAR)
    assert claim.assumptions[0].startswith("c_1_post = c_1_pre:")
    binary = energy_claim(ExpandedRule(2), BINARY)
    assert binary.assumptions[0].startswith("c_1_post + c_2_post = c_1_pre + c_2_pre:")
    assert (
        len([s for s in energy_claim(ExpandedRule(2), TERNARY).assumptions if "W is sym" in s]) == 2
    )


def test_condition_of_the_centred_rules_is_zero_mean() -> None:
    assert energy_claim(rules["post-centred"], BIPOLAR).assumptions[0].startswith("a = 0:")
    numeric = rules["post-centred"].at({a: sp.Rational(1, 2)})
    with pytest.raises(NotDerivable, match=r"x_i\*\*1\*x_j\*\*0 .* differ by 1/2.*witness"):
        energy_claim(numeric, BIPOLAR)
    assert not any("= 0: W" in s for s in energy_claim(rules["covariance"], BIPOLAR).assumptions)


def test_rule_that_depends_on_the_weight_is_refused() -> None:
    with pytest.raises(OutsideClass, match="affine"):
        energy_claim(ExpandedRule(2, {(1, 1): sp.Integer(1), (0, 0): -w}), BIPOLAR)


@given(small, small, small, small)
@settings(max_examples=60, deadline=None)
def test_energy_exists_exactly_when_symmetrisable(c_0: int, post: int, pre: int, corr: int) -> None:
    """Against the literal condition d_i w_ij = d_j w_ji around every triangle and pair of units.

    A matrix has such d_i > 0 exactly when paired entries have equal signs and each triangle's two
    products agree (three units).
    """
    rule = two(c_0, post, pre, corr)
    try:
        energy_claim(rule, BIPOLAR)
    except NotDerivable:
        exists = False
    else:
        exists = True
    symmetrisable = True
    for patterns in product(product((-1, 1), repeat=3), repeat=2):
        weights = Network.trained(rule, patterns).weights
        if corr == 0 and 0 in (post, pre) and abs(c_0) == abs(post + pre):
            break  # rows of zeros: outside the claim's assumption R_i != 0
        cycle = weights[0][1] * weights[1][2] * weights[2][0]
        if cycle != weights[1][0] * weights[2][1] * weights[0][2]:
            symmetrisable = False
        for m, n in ((0, 1), (0, 2), (1, 2)):
            forth, back = weights[m][n], weights[n][m]
            if (forth > 0) != (back > 0) or (forth < 0) != (back < 0):
                symmetrisable = False
    assert exists == symmetrisable


@pytest.mark.parametrize("units", [BIPOLAR, BINARY])
@pytest.mark.parametrize("side", [(1, 0), (0, 1)])
@pytest.mark.parametrize("sign", [1, -1])
def test_one_sided_rule_has_an_energy_with_site_factors(
    side: tuple[int, int], sign: int, units: tuple[sp.Expr, ...]
) -> None:
    rule = ExpandedRule(1, {(0, 0): sp.Integer(2 * sign), side: sp.Integer(1)})
    claim = energy_claim(rule, BIPOLAR, theta, units)
    assert [s.holds for s in claim.derivation.verify()] == [True, None, True, True]
    patterns, level = [(1, -1, 1), (1, 1, -1)], Fraction(1, 3)
    low, high = int(units[0]), int(units[1])
    network = Network.trained(rule, patterns, (low, high), level)
    for state in product((low, high), repeat=3):
        before = at_numbers(claim.formula, patterns, state, level)
        for n in range(3):
            new = int(network.updated(state, n))
            after = (*state[:n], new, *state[n + 1 :])
            change = at_numbers(claim.formula, patterns, after, level) - before
            assert (change < 0) == (new != state[n])


def test_one_sided_rule_of_both_signs_has_none() -> None:
    with pytest.raises(NotDerivable):
        energy_claim(two(1, 2, 0, 0), BIPOLAR)
    symbolic = ExpandedRule(1, {(0, 0): coefficient(0, 0), (1, 0): sp.Integer(1)})
    assert "have one sign" in energy_claim(symbolic, BIPOLAR).assumptions[0]


# --- limit cycles -----------------------------------------------------------------------------


def replayed_by_hand(found: Witness) -> bool:
    """The cycle again, from the coefficients and with no code of the package."""
    terms = {pq: Fraction(int(c.p), int(c.q)) for pq, c in found.rule.terms.items()}
    low, high = found.network.units
    size = len(found.states[0])
    for t, state in enumerate(found.states):
        following = found.states[(t + 1) % len(found.states)]
        changed = [n for n in range(size) if state[n] != following[n]]
        if changed != [found.moves[t]]:
            return False
        n = changed[0]
        drive = -found.network.threshold
        for pattern in found.patterns:
            for m in range(size):
                if m != n:
                    for (p, q), c in terms.items():
                        drive += c * pattern[n] ** p * pattern[m] ** q * state[m]
        if following[n] != (high if drive > 0 else low) or drive == 0:
            return False
    return len(found.states) >= 2


@given(small, small, small, small, st.integers(-2, 2))
@settings(max_examples=60, deadline=None)
def test_asymmetric_rule_of_both_signs_always_has_a_witness(
    c_0: int, post: int, pre: int, corr: int, level: int
) -> None:
    rule = two(c_0, post, pre, corr)
    table = [c_0 + post * u + pre * v + corr * u * v for u, v in product((-1, 1), repeat=2)]
    if post == pre or min(table) >= 0 or max(table) <= 0:
        return
    found = witness(rule, tries=0, threshold=level)
    assert found is not None
    assert len(found.states[0]) == 2
    assert found.replay()
    assert replayed_by_hand(found)


@pytest.mark.parametrize("name", ["pre-centred", "post-centred"])
def test_centred_rules_have_a_witness_for_both_kinds_of_units(name: str) -> None:
    rule = rules[name].at({a: sp.Rational(1, 2)})
    for values in ((-1, 1), (0, 1)):
        found = witness(rule, values, units=values)
        assert found is not None
        assert found.replay()
        assert replayed_by_hand(found)


def test_ternary_patterns_have_a_witness() -> None:
    found = witness(rules["post-centred"].at({a: sp.Rational(1, 2)}), (-1, 0, 1))
    assert found is not None
    assert replayed_by_hand(found)


@pytest.mark.parametrize("values", [(-1, 1), (0, 1)])
def test_no_witness_where_an_energy_exists(values: tuple[int, int]) -> None:
    """The search is run on given patterns, so that no shortcut answers for it."""
    draw = random.Random(7)
    for _ in range(40):
        rule = two(draw.randint(-3, 3), 0, 0, draw.randint(-3, 3))
        patterns = [draw.choices(values, k=5) for _ in range(draw.randint(1, 4))]
        found = witness(rule, patterns=patterns, units=values, threshold=Fraction(1, 2))
        assert found is None
    one_sided = two(2, -1, 0, 0)
    for patterns in product(product((-1, 1), repeat=3), repeat=2):
        assert witness(one_sided, patterns=patterns) is None


def test_cycle_search_finds_what_is_known_by_hand() -> None:
    """Delta w = x_i: w_12 = 1, w_21 = -1 from (1, -1); unit 1 copies unit 2, which flees."""
    found = witness(ExpandedRule(1, {(1, 0): sp.Integer(1)}), patterns=[(1, -1)])
    assert found is not None
    assert found.network.weights == ((0, 1), (-1, 0))
    assert len(found.states) == 4
    assert set(found.states) == set(product((-1, 1), repeat=2))


def test_forged_witness_is_refused() -> None:
    found = witness(ExpandedRule(1, {(1, 0): sp.Integer(1)}))
    assert found is not None
    backwards = Witness(
        found.rule, found.patterns, found.network, found.states[::-1], found.moves[::-1]
    )
    assert not backwards.replay()
    other = Witness(rules["hebb"], found.patterns, found.network, found.states, found.moves)
    assert not other.replay()
    short = Witness(found.rule, found.patterns, found.network, found.states[:2], found.moves[:2])
    assert not short.replay()
    rest = Network.trained(rules["hebb"], [(1, -1)])
    assert not Witness(rules["hebb"], ((1, -1),), rest, ((1, -1),), (0,)).replay()


def test_search_is_deterministic() -> None:
    rule = rules["pre-centred"].at({a: sp.Rational(1, 3)})
    first, second = (witness(rule, (0, 1), units=(0, 1), seed=3) for _ in range(2))
    assert first is not None
    assert first == second


def test_witness_refuses_what_it_cannot_run() -> None:
    with pytest.raises(InvalidValue, match="rational"):
        witness(ExpandedRule(2))
    with pytest.raises(OutsideClass):
        witness(ExpandedRule(2, {(1, 1): sp.Integer(1), (0, 0): -w}))
    with pytest.raises(SizeLimit, match="12"):
        witness(rules["hebb"], patterns=[(1,) * 13])


# --- descent ----------------------------------------------------------------------------------


@pytest.mark.parametrize("units", [(-1, 1), (0, 1)])
def test_update_that_is_run_lowers_the_energy(units: tuple[int, int]) -> None:
    draw = random.Random(1982)
    for _ in range(15):
        shared = draw.randint(-4, 4)
        rule = two(draw.randint(-4, 4), shared, shared, draw.randint(-4, 4))
        patterns = [draw.choices(units, k=4) for _ in range(draw.randint(1, 4))]
        network = Network.trained(rule, patterns, units, Fraction(draw.randint(-6, 6), 5))
        assert descends(network)
        assert two_step_descends(network)


def test_asymmetric_weights_fail_the_descent_test() -> None:
    """Controls: the tests of descent can fail."""
    ring = ((0, 1, 0), (0, 0, 1), (1, 0, 0))
    network = Network(tuple(tuple(map(Fraction, row)) for row in ring))
    assert not descends(network)
    assert not two_step_descends(network)  # the ring has period 3


def test_symmetric_two_cycle_is_within_the_theorem() -> None:
    """Two units that flee each other blink with period 2 when updated at once."""
    network = Network(((Fraction(0), Fraction(-1)), (Fraction(-1), Fraction(0))))
    start = (Fraction(1), Fraction(1))
    assert network.synchronous(start) == (-1, -1)
    assert network.synchronous(network.synchronous(start)) == start
    assert two_step_descends(network)
