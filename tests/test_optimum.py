"""The coefficient theorem: s and N by hand and by enumeration, c* by elimination and by moving it."""

import itertools
from fractions import Fraction

import mpmath
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from hebbsym.errors import NotDerivable
from hebbsym.families.cues import Exact, Flip, Mask
from hebbsym.families.ensembles import Binary, Bipolar, Gaussian, Pair, Ternary
from hebbsym.families.named import rules
from hebbsym.families.rules import ExpandedRule
from hebbsym.families.thresholds import Inhibition, Optimal, Zero
from hebbsym.notation import D, K, M, a, coefficient, delta, f, x_i, x_j
from hebbsym.theories import derive
from hebbsym.theory.enumeration import enumerate_fields
from hebbsym.theory.optimum import CoefficientTheorem
from hebbsym.theory.setting import Setting

R = sp.Rational
GENERAL = ExpandedRule(2)
POWERS = ((0, 0), (1, 0), (0, 1), (1, 1))
C0, P, Q, C = (coefficient(*pq) for pq in POWERS)
BILINEAR = ExpandedRule(2, {pq: coefficient(*pq) for pq in POWERS})


def vector_and_matrix(setting):
    theory = derive(setting.rule, setting.patterns, cue=setting.cue, threshold=setting.threshold)
    return theory["signal_vector"].formula, theory["noise_matrix"].formula


# ---- s and N ------------------------------------------------------------------------------


def test_fair_signs_by_hand():
    # 2 (V(+) + V(-)) = 4 n (K^2 c_0^2 + K p^2 + (K - 1)(q^2 + k^2)) and M(+) - M(-) = 2 n k
    n = D - 1
    s, noise = vector_and_matrix(Setting(GENERAL))
    assert s == sp.Matrix([0, 0, 0, 2 * n])
    expected = 4 * n * sp.diag(K**2, K, K - 1, K - 1)
    assert (noise - expected).applyfunc(sp.expand) == sp.zeros(4)


def test_signal_of_biased_signs_by_hand():
    # without the other patterns M(+) - M(-) = 2 n (p E[s] + k E[y s])
    s, _ = vector_and_matrix(Setting(GENERAL, Bipolar(a), Flip(delta)))
    gain = 1 - 2 * delta
    expected = sp.Matrix([0, 2 * (D - 1) * gain * a, 0, 2 * (D - 1) * gain])
    assert (s - expected).applyfunc(sp.expand) == sp.zeros(4, 1)


SETTINGS = [
    (Bipolar(R(1, 3)), Exact(), Zero(), (3, 2, 1)),
    (Bipolar(R(1, 3)), Flip(R(1, 5), sp.S.One), Zero(), (3, 3, 1)),
    (Binary(R(2, 5)), Mask(R(1, 5)), Optimal(), (4, 2, 1)),
    (Binary(R(2, 5)), Exact(), Inhibition(), (3, 2, 1)),
    (Bipolar(R(1, 3)), Flip(R(1, 5)), Inhibition(), (3, 2, 1)),
    (Pair(Bipolar(R(1, 3)), Binary(R(2, 5))), Exact(), Zero(), (3, 2, 1)),
    (Pair(Binary(R(2, 5)), Bipolar(R(1, 3))), Exact(), Inhibition(), (2, 2, 2)),
]


@pytest.mark.parametrize(("patterns", "cue", "threshold", "size"), SETTINGS, ids=str)
def test_s_and_n_are_the_enumeration(patterns, cue, threshold, size):
    d, k, m = size
    setting = Setting(BILINEAR, patterns, cue, threshold)
    s, noise = vector_and_matrix(setting)
    at = {D: sp.Integer(d), K: sp.Integer(k), M: sp.Integer(m)}
    c = sp.Matrix([C0, P, Q, C])
    exact = enumerate_fields(setting, D=d, K=k, M=m)
    low, high = (v for v, _ in setting.post.alphabet)
    gap = exact.field_mean(high) - exact.field_mean(low)
    spread = 2 * (exact.field_variance(high) + exact.field_variance(low))
    assert sp.expand((s.T * c)[0].xreplace(at) - gap) == 0
    assert sp.expand((c.T * noise * c)[0].xreplace(at) - spread) == 0
    assert noise == noise.T


def test_s_and_n_of_three_values_are_those_of_the_regression():
    setting = Setting(GENERAL, Ternary(R(2, 5)), Flip(R(1, 5)))
    s, noise = vector_and_matrix(setting)
    theorem = CoefficientTheorem(setting)
    assert len(theorem.basis) == 6
    c = sp.Matrix([coefficient(*pq) for pq in theorem.basis])
    at = {D: sp.Integer(3), K: sp.Integer(2)}
    truth = enumerate_fields(setting, D=3, K=2).snr()
    found = (s.T * c)[0].xreplace(at) ** 2 / (c.T * noise * c)[0].xreplace(at)
    assert sp.cancel(found - truth) == 0


@pytest.mark.parametrize("patterns", [Bipolar(R(1, 3)), Binary(R(2, 5))], ids=lambda p: p.text)
def test_n_is_positive_definite_in_the_reduced_basis_and_singular_outside_it(patterns):
    _, noise = vector_and_matrix(Setting(GENERAL, patterns))
    for d, k in ((2, 2), (5, 3), (100, 7)):
        numeric = noise.xreplace({D: sp.Integer(d), K: sp.Integer(k)})
        assert all(numeric[:m, :m].det() > 0 for m in range(1, 5))
    # x^2 = 1 (or x): the six coefficients have a null direction, seen by the enumeration
    exact = enumerate_fields(Setting(GENERAL, patterns), D=3, K=2)
    low, high = (v for v, _ in patterns.alphabet)
    total = exact.field_variance(high) + exact.field_variance(low)
    null = {coefficient(2, 0): 1, coefficient(0, 0) if low == -1 else coefficient(1, 0): -1}
    zero = {coefficient(*pq): 0 for pq in itertools.product(range(3), repeat=2)}
    assert sp.expand(total.subs({**zero, **null})) == 0


# ---- c* -----------------------------------------------------------------------------------


def solved(matrix, vector):
    """Gaussian elimination on fractions."""
    rows = [
        [Fraction(int(e.p), int(e.q)) for e in [*matrix.row(n), vector[n]]]
        for n in range(len(vector))
    ]
    size = len(rows)
    for n in range(size):
        pivot = next(m for m in range(n, size) if rows[m][n])
        rows[n], rows[pivot] = rows[pivot], rows[n]
        rows[n] = [e / rows[n][n] for e in rows[n]]
        for m in range(size):
            if m != n:
                rows[m] = [e - rows[m][n] * p for e, p in zip(rows[m], rows[n], strict=True)]
    return [R(row[-1].numerator, row[-1].denominator) for row in rows]  # fmt: skip


def coefficients_of(formula):
    polynomial = sp.Poly(sp.expand(formula), x_i, x_j)
    return [polynomial.coeff_monomial(x_i**p * x_j**q) for p, q in POWERS]


CASES = [
    (Bipolar(a), Exact()),
    (Bipolar(a), Exact(centred=sp.S.One)),
    (Bipolar(a), Flip(delta)),
    (Binary(a), Exact()),
    (Pair(Bipolar(a), Binary(f)), Exact()),
]
NUMBERS = {a: R(1, 3), f: R(1, 4), delta: R(1, 10), M: sp.Integer(5)}


@pytest.mark.parametrize(("patterns", "cue"), CASES, ids=str)
def test_best_rule_is_the_solution_of_the_linear_system(patterns, cue):
    theory = derive(GENERAL, patterns, cue=cue)
    s, noise, best, rho = (
        theory[n].formula for n in ("signal_vector", "noise_matrix", "optimal_rule", "optimal_snr")
    )
    for d, k in ((2, 2), (7, 3), (50, 11)):
        at = {**NUMBERS, D: sp.Integer(d), K: sp.Integer(k)}
        solution = solved(noise.xreplace(at), s.xreplace(at))
        found = coefficients_of(best.xreplace(at))
        assert found == [c / solution[-1] for c in solution]
        reached = sum(c * e for c, e in zip(solution, s.xreplace(at), strict=True))
        assert sp.nsimplify(rho.xreplace(at)) == reached


@pytest.mark.parametrize(("patterns", "cue"), CASES[:4], ids=str)
def test_the_best_rule_reaches_the_best_ratio_and_no_neighbour_does(patterns, cue):
    """By deriving rho of the rule itself, moved along each coefficient and along random ones."""
    at = {**NUMBERS, D: sp.Integer(30), K: sp.Integer(5)}
    theory = derive(GENERAL, patterns, cue=cue)
    best = coefficients_of(theory["optimal_rule"].formula.xreplace(at))
    top = theory["optimal_snr"].formula.xreplace(at)
    rho = derive(BILINEAR, patterns, cue=cue)["snr"].formula.xreplace(at)

    def ratio(c):
        return sp.nsimplify(rho.xreplace(dict(zip((C0, P, Q, C), c, strict=True))))

    assert ratio(best) == sp.nsimplify(top)
    assert ratio([3 * c for c in best]) == sp.nsimplify(top)  # unique up to a factor
    for place in range(4):
        for step in (R(1, 50), R(-1, 50)):
            moved = [c + step * int(n == place) for n, c in enumerate(best)]
            assert ratio(moved) < top
    for name in ("hebb", "covariance", "pre-centred", "post-centred"):
        rule = rules[name].at({a: patterns.moment(1)})
        terms = [rule.terms.get(pq, sp.S.Zero).xreplace(at) for pq in POWERS]
        assert ratio(terms) <= top


@settings(max_examples=30)
@given(st.lists(st.fractions(-3, 3, max_denominator=5), min_size=4, max_size=4))
def test_no_rule_beats_the_best(numbers):
    at = {**NUMBERS, D: sp.Integer(40), K: sp.Integer(6)}
    s, noise = (m.xreplace(at) for m in BIASED)
    c = sp.Matrix([R(n.numerator, n.denominator) for n in numbers])
    spread = (c.T * noise * c)[0]
    assert spread > 0 or c == sp.zeros(4, 1)
    assert (s.T * c)[0] ** 2 <= spread * (s.T * noise.inv() * s)[0]


BIASED = vector_and_matrix(Setting(GENERAL, Bipolar(a)))


def test_centring_the_cue_buys_a_higher_optimum():
    """With the cue's mean removed the best ratio on biased signs is higher, at finite D and K."""
    at = {a: R(1, 2), D: sp.Integer(100), K: sp.Integer(10)}
    plain, centred = (
        derive(GENERAL, Bipolar(a), cue=Exact(centred=sp.Integer(c)))["optimal_snr"].formula.xreplace(at)
        for c in (0, 1)
    )  # fmt: skip
    assert plain < centred
    # both near the covariance rule's leading n/(K - 1)
    assert all(abs(v / 11 - 1) < R(1, 6) for v in (plain, centred))


@pytest.mark.parametrize("patterns", [Bipolar(R(1, 2)), Binary(R(1, 4))], ids=lambda p: p.text)
@pytest.mark.parametrize("order", [2, 3])
def test_the_limit_is_the_covariance_rule_at_any_order(patterns, order):
    """c* less (x_i - a)(x_j - a) falls like 1/D over five sizes with K = D/10."""
    theory = derive(ExpandedRule(order), patterns)
    mean = patterns.moment(1)
    target = coefficients_of((x_i - mean) * (x_j - mean))
    distances = []
    for d in (10, 100, 1000, 10**4, 10**5):
        at = {D: sp.Integer(10 * d), K: sp.Integer(d)}
        found = coefficients_of(theory["optimal_rule"].formula.xreplace(at))
        distances.append(max(abs(u - v) for u, v in zip(found, target, strict=True)))
    slopes = [
        mpmath.log(mpmath.mpf(int(v.p)) / int(v.q)) - mpmath.log(mpmath.mpf(int(u.p)) / int(u.q))
        for u, v in itertools.pairwise(distances[1:])
    ]
    assert all(-1.1 < slope / mpmath.log(10) < -0.9 for slope in slopes)


def test_the_optimum_is_no_memory_under_inhibition():
    """On fair signs it is a drift alone: h_i less the mean is -c_0 K (s_i - mean of s), rho = n."""
    theory = derive(GENERAL, threshold=Inhibition())
    best = theory["optimal_rule"]
    assert best.formula == 1
    assert theory["optimal_snr"].formula == D - 1
    assert any("no memory" in text for text in best.assumptions)
    drift = derive(ExpandedRule(0, {(0, 0): 1}), threshold=Inhibition())
    assert sp.cancel(drift["snr"].formula - (D - 1)) == 0
    assert all(v.holds is not False for v in best.derivation.verify())


def test_gaussian_patterns_have_an_optimum_too():
    theory = derive(GENERAL, Gaussian())
    best = theory["optimal_rule"].formula
    rho = derive(GENERAL, Gaussian())["snr"].formula
    polynomial = sp.Poly(sp.expand(best), x_i, x_j)
    at = {D: sp.Integer(30), K: sp.Integer(5)}
    values = {
        s: polynomial.coeff_monomial(x_i**p * x_j**q).xreplace(at)
        for p, q in CoefficientTheorem(Setting(GENERAL, Gaussian())).basis
        for s in [coefficient(p, q)]
    }
    reached = sp.nsimplify(rho.xreplace({**at, **values}))
    assert reached == sp.nsimplify(theory["optimal_snr"].formula.xreplace(at))
    hebb = derive(rules["hebb"], Gaussian())["snr"].formula.xreplace(at)
    assert reached >= hebb


# ---- prices -------------------------------------------------------------------------------


def load_at(rho, at, ratio):
    """The K at which a quotient falls to a ratio, to 40 digits, by bisection on its own."""
    function = sp.lambdify(K, rho.xreplace(at) - ratio, modules="mpmath")
    low, high = mpmath.mpf(1.5), mpmath.mpf(10) ** 6
    for _ in range(220):
        middle = (low + high) / 2
        low, high = (middle, high) if function(middle) > 0 else (low, middle)
    return low


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize(
    ("patterns", "threshold"),
    [(Bipolar(R(1, 3)), Zero()), (Binary(R(1, 4)), Zero()), (Bipolar(R(1, 3)), Inhibition())],
    ids=str,
)
def test_prices_are_the_derivatives_of_the_capacity(patterns, threshold, place):
    point = dict(zip((C0, P, Q, C), (R(1, 20), R(1, 10), R(-1, 3), sp.S.One), strict=True))
    here = BILINEAR.at(point)
    name = str(coefficient(*POWERS[place]))
    price = derive(here, patterns, threshold=threshold)[f"price:{name}"].formula
    rho = derive(BILINEAR, patterns, threshold=threshold)["snr"].formula
    at = {D: sp.Integer(200)}
    with mpmath.workdps(50):
        load = sp.Integer(9)
        ratio = rho.xreplace({**at, **point, K: load})
        loads = []
        step = R(1, 10**12)
        for sign in (-1, 1):
            symbol = (C0, P, Q, C)[place]
            moved = {**point, symbol: point[symbol] + sign * step}
            loads.append(load_at(rho.xreplace(moved), at, ratio))
        slope = (mpmath.log(loads[1]) - mpmath.log(loads[0])) / (2 * mpmath.mpf(10) ** -12)
        value = price.xreplace({**at, K: load})
        found = mpmath.mpf(int(value.p)) / int(value.q)
        assert abs(found - slope) < mpmath.mpf(10) ** -15 * (1 + abs(slope))
    assert found != 0


@pytest.mark.parametrize("threshold", [Zero(), Inhibition()], ids=str)
def test_prices_vanish_along_the_rule_itself(threshold):
    """rho does not see the scale of a rule: the prices weighted by the coefficients add up to 0."""
    point = dict(zip((C0, P, Q, C), (R(1, 20), R(1, 10), R(-1, 3), sp.S.One), strict=True))
    theory = derive(BILINEAR.at(point), Bipolar(R(1, 3)), threshold=threshold)
    total = sum(value * theory[f"price:{symbol}"].formula for symbol, value in point.items())
    assert sp.cancel(sp.together(total)) == 0


def test_rules_without_a_capacity_have_no_prices():
    with pytest.raises(NotDerivable, match="no capacity to price"):
        derive(ExpandedRule(2, {(0, 1): 1}))["price:c_2_corr"]
