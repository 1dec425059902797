"""The exact judge against results by hand and against the definition, computed literally."""

import itertools
from fractions import Fraction

import pytest
import sympy as sp

from hebbsym.errors import InvalidValue, NotDerivable, OutsideClass, SizeLimit
from hebbsym.families.cues import Exact, Flip, Mask
from hebbsym.families.ensembles import Binary, Bipolar, Gaussian, Pair, Ternary
from hebbsym.families.rules import ExpandedRule
from hebbsym.families.thresholds import Fixed, Inhibition, Optimal, Zero
from hebbsym.notation import a, coefficient, delta, f, w
from hebbsym.theory.enumeration import enumerate_fields
from hebbsym.theory.setting import Setting

C0, P, Q, K11 = (coefficient(*pq) for pq in ((0, 0), (1, 0), (0, 1), (1, 1)))
BILINEAR = ExpandedRule(2, {(0, 0): C0, (1, 0): P, (0, 1): Q, (1, 1): K11})
HEBB = ExpandedRule(2, {(1, 1): sp.S.One})


def same(first, second):
    return sp.expand(first - second) == 0


# ---- by hand ------------------------------------------------------------------------------


def test_one_pattern_on_two_units():
    # h = g(x, y) y; with x = 1 and y**2 = 1 it is A y + B, A = c0 + p, B = q + k
    exact = enumerate_fields(Setting(BILINEAR, Bipolar(a)), D=2, K=1)
    A, B = C0 + P, Q + K11
    assert same(exact.field_mean(1), A * a + B)
    assert same(exact.field_moment(2, 1), A**2 + 2 * A * B * a + B**2)
    assert same(exact.field_variance(1), A**2 * (1 - a**2))
    # third central moment of A y: A**3 E[(y - a)**3] = A**3 (-2 a)(1 - a**2)
    assert same(exact.field_cumulant(3, 1), A**3 * (-2 * a) * (1 - a**2))
    # fourth: central moment (1 - a**2)(1 + 3 a**2), less 3 (1 - a**2)**2
    assert same(exact.field_cumulant(4, 1), A**4 * (1 - a**2) * (6 * a**2 - 2))
    assert same(exact.field_mean(-1), (C0 - P) * a + Q - K11)


def test_one_pattern_with_a_flipped_cue():
    # s = y with probability 1 - delta, else -y: the mean shrinks by 1 - 2 delta, h**2 stays
    exact = enumerate_fields(Setting(BILINEAR, Bipolar(a), Flip(delta)), D=2, K=1)
    A, B = C0 + P, Q + K11
    assert same(exact.field_mean(1), (1 - 2 * delta) * (A * a + B))
    assert same(exact.field_moment(2, 1), A**2 + 2 * A * B * a + B**2)


def test_two_patterns_on_two_units():
    # h = (A + R) y + B with R = g(u, v) of the other pattern
    exact = enumerate_fields(Setting(BILINEAR, Bipolar(a)), D=2, K=2)
    A, B = C0 + P, Q + K11
    assert same(exact.field_mean(1), A * a + B + a * (C0 + (P + Q) * a + K11 * a**2))
    unbiased = enumerate_fields(Setting(BILINEAR), D=2, K=2)
    assert same(unbiased.field_variance(1), (A + C0) ** 2 + P**2 + Q**2 + K11**2)


def test_inhibition_of_two_units():
    # (h_0 - h_1)/2 with h_0 = A y + B, h_1 = c0 + p y + q + k y is (k - c0)(1 - y)/2
    exact = enumerate_fields(Setting(BILINEAR, Bipolar(a), threshold=Inhibition()), D=2, K=1)
    assert same(exact.field_mean(1), (K11 - C0) * (1 - a) / 2)
    assert same(exact.field_variance(1), (K11 - C0) ** 2 * (1 - a**2) / 4)
    assert same(exact.field_mean(1, inhibited=False), (C0 + P) * a + Q + K11)


def test_hetero_association_has_no_excluded_unit():
    # y in {0, 1}: h = sum over both units of g(x, 1) y
    exact = enumerate_fields(Setting(BILINEAR, Pair(Bipolar(a), Binary(f))), D=2, K=1, M=1)
    g = C0 + P + Q + K11
    assert same(exact.field_mean(1), 2 * f * g)
    assert same(exact.field_variance(1), 2 * f * (1 - f) * g**2)
    with pytest.raises(NotDerivable):
        exact.weight_covariance("reciprocal")


def test_weights_of_unbiased_patterns():
    exact = enumerate_fields(Setting(BILINEAR), D=2, K=2)
    assert same(exact.weight_mean(), 2 * C0)
    assert same(exact.weight_variance(), 2 * (P**2 + Q**2 + K11**2))
    assert same(exact.weight_covariance("post"), 2 * P**2)
    assert same(exact.weight_covariance("pre"), 2 * Q**2)
    assert same(exact.weight_covariance("reciprocal"), 2 * (2 * P * Q + K11**2))
    biased = enumerate_fields(Setting(BILINEAR, Bipolar(a)), D=2, K=3)
    assert same(biased.weight_mean(), 3 * (C0 + (P + Q) * a + K11 * a**2))


@pytest.mark.parametrize(("D", "K"), [(2, 1), (3, 2), (4, 3), (5, 2)])
def test_plain_hebb(D, K):
    exact = enumerate_fields(Setting(HEBB), D=D, K=K)
    assert exact.field_mean(1) == D - 1
    assert exact.field_variance(-1) == (D - 1) * (K - 1)
    if K > 1:
        assert exact.snr() == sp.Rational(D - 1, K - 1)


def test_errors_of_three_units_and_two_patterns():
    # with the cued pattern gauged to +++, h_i = 2 + p_i (p_j + p_k) for the other pattern p:
    # 4 when p is constant (1/4), else one unit ties (h = 0) and two have h = 2
    exact = enumerate_fields(Setting(HEBB), D=3, K=2)
    quarter = sp.Rational(1, 4)
    assert exact.field_law(1) == {
        sp.S.Zero: quarter,
        sp.Integer(2): 2 * quarter,
        sp.Integer(4): quarter,
    }
    assert exact.bit_error(1) == (sp.Rational(1, 8), quarter)
    assert exact.total_bit_error() == (sp.Rational(1, 8), quarter)
    assert exact.pattern_error() == sp.Rational(3, 8)


# ---- the definition, literally ------------------------------------------------------------


def flips(name, probability):
    """Cue values and probabilities by definition, for values y of {-1, 0, 1} or {0, 1}."""
    one = Fraction(1)
    return {
        "exact": lambda y: [(y, one)],
        "sign": lambda y: [(y, one - probability), (-y, probability)],
        "exchange": lambda y: [(y, one - probability), (1 - y, probability)],
        "mask": lambda y: [(y, one - probability), (Fraction(0), probability)],
    }[name]


def literal(rule, posts, pres, cue, D, K, x, *, auto, inhibit=False, centred=False, M=1):
    """Law of h_0 given x: W by the rule pattern by pattern, h = W s, everything a fraction."""
    mean = sum(p * q * s for y, p in pres for s, q in cue(y)) if centred else Fraction(0)
    law = {}
    contents = itertools.product(posts, repeat=K * M) if not auto else [()]
    for content in contents:
        for address in itertools.product(pres, repeat=K * D):
            pre = [address[m * D : (m + 1) * D] for m in range(K)]
            post = pre if auto else [content[m * M : (m + 1) * M] for m in range(K)]
            if post[0][0][0] != x:
                continue
            units = D if auto else M
            weights = [[Fraction(0)] * D for _ in range(units)]
            for m in range(K):
                for i in range(units):
                    for j in range(D):
                        if not auto or i != j:
                            weights[i][j] += sum(
                                c * post[m][i][0] ** p * pre[m][j][0] ** q
                                for (p, q), c in rule.items()
                            )
            chance = Fraction(1)
            for _, p in itertools.chain(address, content):
                chance *= p
            chance /= post[0][0][1]
            for branch in itertools.product(*(cue(y) for y, _ in pre[0])):
                probability = chance
                for _, p in branch:
                    probability *= p
                s = [value - mean for value, _ in branch]
                h = [sum(map(lambda u, v: u * v, row, s)) for row in weights]
                field = h[0] - sum(h) / len(h) if inhibit else h[0]
                law[field] = law.get(field, Fraction(0)) + probability
    return {h: p for h, p in law.items() if p}


RULE = {(0, 0): Fraction(1, 2), (1, 0): Fraction(-1), (0, 1): Fraction(2, 3), (1, 1): Fraction(3), (2, 1): Fraction(1, 5), (0, 2): Fraction(-2)}  # fmt: skip
EIGHTH, THIRD, FIFTH = Fraction(1, 8), Fraction(1, 3), Fraction(1, 5)
BIPOLAR = [(Fraction(-1), Fraction(3, 8)), (Fraction(1), Fraction(5, 8))]  # mean 1/4
BINARY = [(Fraction(0), 1 - THIRD), (Fraction(1), THIRD)]
TERNARY = [(Fraction(-1), THIRD / 2), (Fraction(0), 1 - THIRD), (Fraction(1), THIRD / 2)]
R = sp.Rational


def as_sympy(law):
    return {R(h.numerator, h.denominator): R(p.numerator, p.denominator) for h, p in law.items()}


@pytest.mark.parametrize(
    ("ensemble", "values", "cue", "definition", "options"),
    [
        (Bipolar(R(1, 4)), BIPOLAR, Exact(), "exact", {}),
        (Bipolar(R(1, 4)), BIPOLAR, Flip(R(1, 5)), "sign", {}),
        (Bipolar(R(1, 4)), BIPOLAR, Mask(R(1, 5), centred=sp.S.One), "mask", {"centred": True}),
        (Binary(R(1, 3)), BINARY, Flip(R(1, 5)), "exchange", {}),
        (Binary(R(1, 3)), BINARY, Flip(R(1, 5)), "exchange", {"inhibit": True}),
        (Binary(R(1, 3)), BINARY, Exact(sp.S.One), "exact", {"centred": True, "inhibit": True}),
        (Ternary(R(1, 3)), TERNARY, Mask(R(1, 5)), "mask", {}),
    ],
    ids=str,
)
@pytest.mark.parametrize(("D", "K"), [(3, 2), (2, 3)])
def test_law_of_the_field_is_the_definition(ensemble, values, cue, definition, options, D, K):
    rule = ExpandedRule(3, {pq: R(c.numerator, c.denominator) for pq, c in RULE.items()})
    threshold = Inhibition() if options.get("inhibit") else Zero()
    exact = enumerate_fields(Setting(rule, ensemble, cue, threshold), D=D, K=K)
    expected = literal(
        RULE, values, values, flips(definition, FIFTH), D, K, Fraction(1), auto=True, **options
    )
    assert exact.field_law(1) == as_sympy(expected)


@pytest.mark.parametrize("inhibit", [False, True])
def test_law_of_the_field_of_a_pair_is_the_definition(inhibit):
    rule = ExpandedRule(3, {pq: R(c.numerator, c.denominator) for pq, c in RULE.items()})
    threshold = Inhibition() if inhibit else Zero()
    pair = Pair(Bipolar(R(1, 4)), Binary(R(1, 3)))
    exact = enumerate_fields(Setting(rule, pair, Flip(R(1, 5)), threshold), D=2, K=2, M=2)
    expected = literal(
        RULE, BIPOLAR, BINARY, flips("exchange", FIFTH), 2, 2, Fraction(1),
        auto=False, inhibit=inhibit, M=2,
    )  # fmt: skip
    assert exact.field_law(1) == as_sympy(expected)


@pytest.mark.parametrize("r", [1, 2, 3, 4])
@pytest.mark.parametrize("centred", [0, 1])
def test_symbolic_moments_are_those_of_the_law(r, centred):
    """All six coefficients, the ensemble and the cue symbolic, then given numbers."""
    numbers = {coefficient(p, q): R(n + 1, 3 - q) for n, (p, q) in enumerate(itertools.product(range(3), repeat=2))}  # fmt: skip
    at = {**numbers, a: R(1, 4), delta: R(1, 5)}
    general = Setting(ExpandedRule(2), Bipolar(a), Flip(delta, centred=sp.Integer(centred)))
    symbolic = enumerate_fields(general, D=3, K=2).field_moment(r, -1)
    law = enumerate_fields(general.at(at), D=3, K=2).field_law(-1)
    assert symbolic.free_symbols >= {a, coefficient(1, 1)}
    assert sp.expand(symbolic.xreplace(at)) == sum(p * h**r for h, p in law.items())


def test_probabilities_sum_to_one():
    exact = enumerate_fields(Setting(ExpandedRule(2), Ternary(f), Mask(delta)), D=3, K=2)
    assert exact.field_moment(0, 0) == 1
    assert sp.expand(sum(exact.field_law(1).values())) == 1


def test_the_merged_law_is_that_of_every_configuration():
    setting = Setting(BILINEAR, Bipolar(a), Flip(delta))
    exact = enumerate_fields(setting, D=3, K=2)
    everything = sp.S.Zero
    for network in exact._all.networks(3, 3, 2, letter=1):
        h = exact._all.element(network.fields[0], exact._all.basis)
        everything += (exact._all.probability(network.exponents) * h**3).as_expr()
    assert same(everything, exact.field_moment(3, 1))


def test_general_rule_of_second_order_at_fourth_order():
    """D = K = 3 with six coefficients: at one point of coefficient space equal to the definition."""
    setting = Setting(ExpandedRule(2), Bipolar(a), Flip(delta))
    moment = enumerate_fields(setting, D=3, K=3).field_moment(4, 1)
    at = {coefficient(*pq): R(RULE.get(pq, Fraction(0)).numerator, RULE.get(pq, Fraction(1)).denominator) for pq in ((0, 0), (1, 0), (0, 1), (1, 1), (2, 0), (0, 2))}  # fmt: skip
    rule = {pq: c for pq, c in RULE.items() if sum(pq) <= 2}
    law = literal(rule, BIPOLAR, BIPOLAR, flips("sign", FIFTH), 3, 3, Fraction(1), auto=True)
    expected = sum(p * h**4 for h, p in law.items())
    value = sp.expand(moment.xreplace({**at, a: R(1, 4), delta: R(1, 5)}))
    assert value == R(expected.numerator, expected.denominator)


# ---- thresholds and errors ----------------------------------------------------------------


def test_load_dependent_threshold_uses_the_exact_laws():
    low = Setting(HEBB, Binary(R(1, 2)), threshold=Optimal())
    exact = enumerate_fields(low, D=3, K=2)
    below, above = sp.sqrt(exact.field_variance(0)), sp.sqrt(exact.field_variance(1))
    means = exact.field_mean(0), exact.field_mean(1)
    assert same(exact.threshold() * (below + above), means[1] * below + means[0] * above)
    assert 0 < exact.total_bit_error().wrong < R(1, 2)


def test_ensemble_parameter_stays_a_symbol_in_the_error():
    exact = enumerate_fields(Setting(HEBB, Bipolar(a)), D=3, K=2)
    error = exact.total_bit_error().wrong
    at_numbers = enumerate_fields(Setting(HEBB, Bipolar(R(1, 4))), D=3, K=2).total_bit_error().wrong
    assert error.free_symbols == {a}
    assert error.subs(a, R(1, 4)) == at_numbers


def test_fixed_threshold_moves_the_errors():
    exact = enumerate_fields(Setting(HEBB, threshold=Fixed(sp.Integer(3))), D=3, K=2)
    assert exact.bit_error(1) == (R(3, 4), 0)
    assert exact.bit_error(1, theta=sp.Integer(2)) == (R(1, 4) + R(1, 4), R(1, 2))


# ---- what is refused ----------------------------------------------------------------------


def test_refusals():
    setting = Setting(HEBB)
    with pytest.raises(InvalidValue, match="D is at least 2"):
        enumerate_fields(setting, D=1)
    with pytest.raises(InvalidValue, match="K is at least 1"):
        enumerate_fields(setting, K=0)
    with pytest.raises(NotDerivable, match="finite alphabet"):
        enumerate_fields(Setting(HEBB, Gaussian()))
    with pytest.raises(OutsideClass, match="no polynomial in w"):
        enumerate_fields(Setting(ExpandedRule(2, {(1, 1): sp.exp(w)}))).field_mean(1)
    with pytest.raises(InvalidValue, match="an age lies between 0 and K - 1 = 1"):
        enumerate_fields(setting, age=2)
    with pytest.raises(InvalidValue, match="stored values"):
        enumerate_fields(setting).field_mean(0)
    with pytest.raises(InvalidValue, match="c_0"):
        enumerate_fields(Setting(BILINEAR)).bit_error(1)
    with pytest.raises(NotDerivable, match="two-valued"):
        enumerate_fields(Setting(HEBB, Ternary())).bit_error(1)
    with pytest.raises(InvalidValue, match="reciprocal"):
        enumerate_fields(setting).weight_covariance("both")


@pytest.mark.parametrize(
    "ask",
    [
        lambda exact: exact.field_mean(1),
        lambda exact: exact.field_mean(1, inhibited=True),
        lambda exact: exact.weight_mean(),
        lambda exact: exact.pattern_error(),
    ],
)
def test_size_is_bounded_before_work(ask):
    with pytest.raises(SizeLimit, match="limit="):
        ask(enumerate_fields(Setting(HEBB), D=30, K=30))
    with pytest.raises(SizeLimit, match="limit="):
        ask(enumerate_fields(Setting(HEBB), D=3, K=3, limit=10))
