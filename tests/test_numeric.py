"""The bridge from expressions to numbers, against identities that it does not use."""

import mpmath
import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from hebbsym.claim import Claim, Regime
from hebbsym.errors import InvalidValue, NotDerivable, SizeLimit
from hebbsym.notation import D, K, epsilon
from hebbsym.numeric import evaluate, numeric_function, value
from hebbsym.roots import root

R = sp.Rational
n = sp.Symbol("n", integer=True)
x, y = sp.symbols("x y", real=True)


def close(first, second, digits=29):
    with mpmath.workdps(60):
        return abs(first - second) <= abs(second) * mpmath.mpf(10) ** -digits


# ---- values -------------------------------------------------------------------------------


def test_binomial_tail_is_the_incomplete_beta_function():
    p = R(1, 7)
    upper = sp.Sum(sp.binomial(K, n) * p**n * (1 - p) ** (K - n), (n, 40, K))
    with mpmath.workdps(60):
        beta = mpmath.betainc(40, 161, 0, mpmath.mpf(1) / 7, regularized=True)
    assert close(evaluate(upper, {K: 200}), beta)


def test_gaussian_average_of_an_error_function():
    # E[Q(a + b z)] = Q(a / sqrt(1 + b**2)) for standard normal z
    density = sp.exp(-(x**2) / 2) / sp.sqrt(2 * sp.pi)
    average = sp.Integral(density * sp.erfc((1 + x * y) / sp.sqrt(2)) / 2, (x, -sp.oo, sp.oo))
    with mpmath.workdps(60):
        expected = mpmath.erfc(1 / mpmath.sqrt(2 * (1 + mpmath.mpf(1) / 9))) / 2
    assert close(evaluate(average, {y: R(1, 3)}), expected)


def test_lambert_w_solves_its_equation_on_both_branches():
    for branch in (0, -1):
        number = evaluate(sp.LambertW(-R(1, 10), branch), digits=40)
        with mpmath.workdps(50):
            assert close(number * mpmath.exp(number), -mpmath.mpf(1) / 10, 38)


@pytest.mark.parametrize("exponent", [1, 3, 10, 60, 300])
def test_inverse_error_function_inverts(exponent):
    tiny = R(3, 10**exponent)
    number = evaluate(sp.erfcinv(tiny), digits=40)
    with mpmath.workdps(60):
        assert close(mpmath.erfc(number), mpmath.mpf(3) / mpmath.mpf(10) ** exponent, 30)


def test_cancellation_is_paid_for():
    # sqrt(N**2 + 1) - N = 1/(2 N) - 1/(8 N**3) + ...
    N = 10**25
    number = evaluate(sp.sqrt(x**2 + 1) - x, {x: N})
    with mpmath.workdps(60):
        assert close(number, mpmath.mpf(1) / (2 * N), 29)


def test_far_tail_keeps_its_digits():
    number = evaluate(sp.erfc(x), {x: 100})
    with mpmath.workdps(50):
        assert close(number, mpmath.erfc(100))


@pytest.mark.parametrize(
    ("expr", "at", "message"),
    [
        (sp.sqrt(x), {x: -1}, "not real at x=-1"),
        (1 / (x - 1), {x: 1}, "not finite at x=1"),
        (x + y, {x: 1}, "y has no value"),
        (x, {x: 0.5}, "float"),
        (sp.LambertW(x), {x: -1}, "not real"),
        (sp.erfcinv(x), {x: 3}, "not finite"),
        (sp.Sum(n, (n, 1, x)), {x: R(1, 2)}, "not integers"),
        (sp.Integral(1 / x, (x, 0, 1)), {}, "does not converge|not finite"),
    ],
)
def test_what_is_no_number_is_an_error(expr, at, message):
    with pytest.raises(InvalidValue, match=message) as caught:
        evaluate(expr, at)
    assert "\n" not in str(caught.value)


def test_what_cannot_be_evaluated_is_named():
    with pytest.raises(NotDerivable, match="zeta"):
        evaluate(sp.zeta(x), {x: 2})
    with pytest.raises(SizeLimit, match="terms"):
        evaluate(sp.Sum(n, (n, 1, x)), {x: 10**7})


_LEAVES = st.one_of(
    st.fractions(-4, 4, max_denominator=9).map(lambda q: R(q.numerator, q.denominator)),
    st.sampled_from([x, y]),
)


def _grown(parts):
    pairs = st.tuples(parts, parts)
    return st.one_of(
        pairs.map(lambda p: p[0] + p[1]),
        pairs.map(lambda p: p[0] * p[1]),
        parts.map(lambda p: sp.sqrt(p**2 + 1)),
        parts.map(sp.tanh),
        parts.map(sp.erfc),
        pairs.map(lambda p: sp.Piecewise((p[0], x > y), (p[1], True))),
    )


@settings(max_examples=60, deadline=None)
@given(st.recursive(_LEAVES, _grown, max_leaves=12))
def test_both_bridges_agree(expr):
    at = {x: R(3, 7), y: R(-5, 4)}
    doubles = float(numeric_function(sp.sympify(expr), [x, y])(3 / 7, -5 / 4))
    assert np.isclose(doubles, float(evaluate(expr, at, 20)), rtol=1e-9, atol=1e-9)


# ---- roots --------------------------------------------------------------------------------


def test_root_of_an_error_is_its_closed_form():
    error = sp.erfc(sp.sqrt((D - 1) / (2 * (K - 1)))) / 2
    number = root(sp.Eq(error, epsilon), K, {D: 1000, epsilon: R(1, 100)})
    closed = 1 + (D - 1) / (2 * sp.erfcinv(2 * epsilon) ** 2)
    assert close(number, evaluate(closed, {D: 1000, epsilon: R(1, 100)}, 40))


def test_root_just_above_its_lowest_value():
    number = root(K**3 - R(13, 10), K)
    assert close(number**3, mpmath.mpf(13) / 10, 14)
    assert 1 < number < 2


def test_root_at_integers_is_the_last_before_the_sign_changes():
    # the largest K with at most 1 % probability of more than ten heads in K tosses
    tail = sp.Sum(sp.binomial(K, n) / 2**K, (n, 11, K))
    number = int(root(sp.Eq(tail, R(1, 100)), K, start=11))
    exact = {k: evaluate(tail, {K: k}) for k in (number, number + 1)}
    assert exact[number] <= mpmath.mpf("0.01") < exact[number + 1]


def test_negative_roots_of_a_real_unknown():
    number = root(sp.Eq(x**3, -2), x, digits=40)
    with mpmath.workdps(60):
        assert close(number**3, -2, 39)


@pytest.mark.parametrize(
    ("equation", "unknown", "message"),
    [
        (1 / (D - R(29, 3)), D, "pole|not finite"),
        (sp.exp(x) + 1, x, "no change of sign"),
        (sp.Eq(sp.exp(x), -1), x, "for no value"),
        (sp.Eq(y, 1), x, "y has no value"),
    ],
)
def test_what_is_no_root_is_an_error(equation, unknown, message):
    with pytest.raises(InvalidValue, match=message):
        root(equation, unknown)


def test_value_of_a_claim_solves_its_equation():
    claim = Claim("load", "load", sp.Eq((D - 1) / (K - 1), 4), Regime.EXACT, unknown=K)
    assert value(claim, {D: 101}) == 26
    assert value(Claim("snr", "snr", (D - 1) / (K - 1), Regime.EXACT), {D: 101, K: 26}) == 4


# ---- functions of arrays ------------------------------------------------------------------


def test_numeric_function_broadcasts_and_refuses():
    assert numeric_function(sp.Integer(3), [x])(np.zeros((2, 2))).shape == (2, 2)
    outer = numeric_function(x * y, [x, y])(np.arange(3)[:, None], np.arange(2)[None, :])
    assert np.array_equal(outer, [[0, 0], [0, 1], [0, 2]])
    lambert = numeric_function(sp.LambertW(x), [x])(np.array([1.0, 2.0]))
    assert lambert.dtype == float
    assert np.allclose(lambert * np.exp(lambert), [1, 2])
    with pytest.raises(InvalidValue, match="y is not among"):
        numeric_function(x * y, [x])


def test_sums_over_several_indices_are_evaluated_from_the_inside():
    """The limits of an inner index may depend on an outer one; the last limit is the outermost."""
    j, k, n = sp.symbols("j k n", integer=True, positive=True)
    triangle = sp.Sum(j * k, (j, 1, k), (k, 1, n))
    assert evaluate(triangle, {n: 4}) == sum(b * c for c in range(1, 5) for b in range(1, c + 1))
    area = sp.Integral(j, (j, 0, k + 1), (k, 0, n))
    assert abs(evaluate(area, {n: 3}) - sp.Rational(21, 2)) < 1e-25


@pytest.mark.parametrize(("den", "power"), [(3, 3), (5, 3), (5, 4), (7, 4), (13, 2)])
def test_a_zero_over_a_hidden_zero_is_refused(den, power):
    """The numerator is exactly 0 and the denominator 0 but for rounding: 0/0 must not be read as 0."""
    p, q, r = *sp.symbols("p q"), sp.Rational(1, den)
    quotient = (2 - q) / ((2 - q) * p + p**power * (1 - p) - r**power + r ** (power + 1))
    with pytest.raises(InvalidValue, match="0/0"):
        evaluate(quotient, {p: r, q: sp.Integer(2)})
    assert evaluate(quotient, {p: r + 1, q: sp.Integer(2)}) == 0


def test_what_is_left_of_one_minus_nearly_one_is_no_zero() -> None:
    """At 42 and at 84 digits 1 - erfc(-16)/2 is zero; more digits tell that it is not."""
    u = sp.Symbol("u")
    found = evaluate(1 - sp.erfc(u) / 2, {u: sp.Integer(-16)})
    with mpmath.workdps(30):
        assert abs(found / (mpmath.erfc(16) / 2) - 1) < 1e-25
    assert evaluate(sp.sqrt(u**2) - u, {u: sp.Integer(3)}) == 0
