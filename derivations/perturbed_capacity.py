r"""C_delta: how many patterns are restored in one step from a cue with a fraction delta of flipped bits.

The capacity C_delta is the largest number K of patterns for which a cue that is stored pattern nu with each
bit flipped with probability delta is mapped onto that pattern in one step with P(sigma^(1) != xi^nu) < epsilon.

Plain Hebb rule, unbiased bipolar patterns, n = D - 1. The field times the stored value is n - 2 F + S, with
F binomial(n, delta) and S an independent sum of n (K - 1) fair signs: exactly, for every D and K. Hence

    rho = (1 - 2 delta)^2 (D - 1)/(K - 1 + 4 delta (1 - delta)),
    C_delta = 1 - 4 delta (1 - delta) + (1 - 2 delta)^2 (D - 1)/z^2,    Q(z) = 1 - (1 - epsilon)^(1/D):

to leading order (1 - 2 delta)^2 times the capacity from the complete pattern, D/(2 ln D). From below, for every
D and K and without any assumption on the joint law of the bits, K <= (1 - 2 delta)^2 (D - 1)/(2 ln(D/epsilon))
is enough, by Hoeffding's inequality.

Covariance rule, bipolar patterns of mean a, v = 1 - a^2, threshold at which both errors are equal:

    rho = (1 - 2 delta)^2 n v / ((K - 1) v + (1 + a^2)(1 - (1 - 2 delta)^2 v)),
    C_delta = 1 - (1 + a^2)(1 - (1 - 2 delta)^2 v)/v + (1 - 2 delta)^2 (D - 1)/z^2,

the same leading term for every bias; the centred cue multiplies it by 1/(1 - (1 - 2 delta)^2 a^2). With
threshold zero the two errors differ, and on biased patterns the worse one bounds the capacity.

C_delta is a statement about one step: neither the basin of attraction nor the load at which repeated steps
converge.

Assumptions: entries independent over units and patterns; flips independent of one another and of the patterns;
no diagonal; a tie counts as half an error; D P small and the bits' errors nearly independent for the closed
forms (classical_capacities), which rest on the Gaussian law with the exact mean and variance.

References: the prospectus defines C_delta; mceliece1987 for one step from a perturbed probe.
"""

import math
from fractions import Fraction
from itertools import pairwise, product

import mpmath
import sympy as sp

import hebbsym as hs
from derivations.coefficient_theorem import signal_and_noise
from derivations.field_moments import k, n
from hebbsym.notation import D, K, a, delta, epsilon, tail, z

HEBB, COVARIANCE = hs.rules["hebb"], hs.rules["covariance"]
FLIPPED, CENTRED = hs.Flip(delta), hs.Flip(delta, centred=sp.S.One)
THREE_PER_CENT, ONE_PER_CENT = sp.Rational(3, 100), sp.Rational(1, 100)
v, overlap = 1 - a**2, 1 - 2 * delta
Q = sp.Function("Q")
SIZES = tuple(sp.Integer(10) ** power for power in (2, 3, 4, 5, 6))

HEBB_RHO = overlap**2 * (D - 1) / (K - 1 + 4 * delta * (1 - delta))
OWN = (1 + a**2) * (1 - overlap**2 * v)
COVARIANCE_RHO = overlap**2 * (D - 1) * v / ((K - 1) * v + OWN)
HEBB_CAPACITY = 1 - 4 * delta * (1 - delta) + overlap**2 * (D - 1) / z**2
COVARIANCE_CAPACITY = 1 - OWN / v + overlap**2 * (D - 1) / z**2
RATIO = sp.Eq(Q(z), 1 - (1 - epsilon) ** (1 / D))
DEMANDED = 2 * sp.erfcinv(2 * (1 - (1 - epsilon) ** (1 / D))) ** 2
SMALL = ((2, 2), (3, 2), (3, 3), (4, 2))


def _zero(expression: sp.Expr) -> bool:
    """Whether a rational expression vanishes identically."""
    return bool(sp.expand(sp.fraction(sp.together(expression))[0]) == 0)


# ---- the exact law of one field ------------------------------------------------------------


def _law(units: int, load: int) -> dict[sp.Integer, sp.Expr]:
    """The law of n - 2 F + S by convolution, polynomials in delta."""
    inputs, signs = units - 1, (units - 1) * (load - 1)
    law: dict[sp.Integer, sp.Expr] = {}
    for flips, plus in product(range(inputs + 1), range(signs + 1)):
        value = sp.Integer(inputs - 2 * flips + 2 * plus - signs)
        share = math.comb(inputs, flips) * delta**flips * (1 - delta) ** (inputs - flips)
        chance = sp.Rational(math.comb(signs, plus), 2**signs)
        law[value] = law.get(value, sp.S.Zero) + share * chance
    return {value: sp.expand(p) for value, p in law.items() if sp.expand(p) != 0}


def _law_is_convolution() -> bool:
    """The law of the field over all patterns and cues, value by value, symbolic delta."""
    setting = hs.Setting(HEBB, hs.Bipolar(), FLIPPED)
    return all(
        hs.enumerate_fields(setting, units, load).field_law(1) == _law(units, load)
        for units, load in SMALL
    )


def _failures_agree() -> bool:
    """P <= P(sigma^(1) != xi) <= D P over all patterns and cues, at delta = 0, 1/10, 1/3; P from the law."""
    for flip, (units, load) in product((0, sp.Rational(1, 10), sp.Rational(1, 3)), SMALL):
        setting = hs.Setting(HEBB, hs.Bipolar(), hs.Flip(sp.sympify(flip)))
        truth = hs.enumerate_fields(setting, units, load)
        wrong = sp.Add(*(p for value, p in _law(units, load).items() if value < 0))
        wrong = (wrong + _law(units, load).get(sp.S.Zero, sp.S.Zero) / 2).subs(delta, flip)
        failure = truth.pattern_error()
        if truth.bit_error(1).wrong != wrong or not wrong <= failure <= units * wrong:
            return False
    return True


def _tail(units: int, load: int, flip: mpmath.mpf) -> mpmath.mpf:
    """P(n - 2 F + S < 0), ties half, for large sizes: sum over F of the exact binomial tail of S."""
    inputs, signs = units - 1, (units - 1) * (load - 1)
    with mpmath.workdps(25):
        half = mpmath.mpf(2) ** -signs
        term, below = half, [mpmath.mpf(0)]  # below[m] = P(number of + signs < m)
        chances = []
        for plus in range(signs // 2 + inputs + 1):
            chances.append(term)
            below.append(below[-1] + term)
            term = term * (signs - plus) / (plus + 1)
        total = mpmath.mpf(0)
        for flips in range(inputs + 1):
            share = mpmath.binomial(inputs, flips) * flip**flips * (1 - flip) ** (inputs - flips)
            edge, odd = divmod(signs - inputs + 2 * flips, 2)
            edge += odd
            inside = below[max(edge, 0)]
            if not odd and 0 <= edge < len(chances):
                inside += chances[edge] / 2
            total += share * inside
        return total


def _gaussian_error_converges() -> bool:
    """Q(sqrt(rho)) against the exact error at delta = 1/10 and K - 1 = n/12, over five sizes."""
    flip = sp.Rational(1, 10)
    distances = []
    for inputs in (24, 48, 96, 192, 384):
        at = {D: sp.Integer(inputs + 1), K: sp.Integer(1 + inputs // 12), delta: flip}
        claimed = hs.evaluate(tail(sp.sqrt(HEBB_RHO)), at)
        exact = _tail(inputs + 1, 1 + inputs // 12, mpmath.mpf(1) / 10)
        distances.append(abs(claimed / exact - 1))
    return distances[-1] < 0.01 and all(
        later < 0.7 * earlier for earlier, later in pairwise(distances)
    )


def _hoeffding_bounds() -> bool:
    """P <= exp(-n (1 - 2 delta)^2/(2 K)) against the exact error, as a rational, and at larger sizes."""
    for flip, (units, load) in product((Fraction(1, 10), Fraction(1, 3)), SMALL):
        at = {delta: sp.Rational(flip.numerator, flip.denominator)}
        error = sum(p.xreplace(at) for value, p in _law(units, load).items() if value <= 0)
        bound = sp.exp(-(units - 1) * overlap**2 / (2 * load)).xreplace(at)
        if hs.evaluate(error) > hs.evaluate(bound):
            return False
    for units, load in ((50, 4), (200, 20)):
        bound = hs.evaluate(
            sp.exp(-(units - 1) * overlap**2 / (2 * load)), {delta: sp.Rational(1, 10)}
        )
        if _tail(units, load, mpmath.mpf(1) / 10) > bound:
            return False
    return True


# ---- capacities ----------------------------------------------------------------------------


def _ratios_agree() -> bool:
    """rho of both rules: the averages of the definition, all patterns and cues, and the claims."""
    problems = (
        (HEBB, hs.Bipolar(), HEBB_RHO),
        (COVARIANCE, hs.Bipolar(a), COVARIANCE_RHO),
    )
    for rule, patterns, closed in problems:
        setting = hs.Setting(rule, patterns, FLIPPED)
        signal, noise = signal_and_noise(setting)
        at = {n: D - 1, k: K - 1}
        if not _zero((signal**2 / noise).xreplace(at) - closed):
            return False
        if not _zero(hs.derive(rule, patterns, cue=FLIPPED)["snr"].formula - closed):
            return False
        for units, load in ((2, 2), (3, 2), (3, 3)):
            truth = hs.enumerate_fields(setting, units, load).snr()
            if not _zero(truth - closed.xreplace({D: sp.Integer(units), K: sp.Integer(load)})):
                return False
    return True


def _no_post_part_and_no_drift() -> bool:
    """rho under a complete cue, and the noise linear in K: neither rule has a drift or a post part."""
    for rule, patterns in ((HEBB, hs.Bipolar()), (COVARIANCE, hs.Bipolar(a))):
        noise = signal_and_noise(hs.Setting(rule, patterns, FLIPPED))[1]
        if sp.degree(noise, k) != 1 or sp.degree(noise, n) != 1:
            return False
    return True


def _bisected(function: sp.Expr, low: sp.Expr, high: sp.Expr) -> sp.Rational:
    """Where an expression, increasing in K, passes 0, by bisection alone."""
    ends = [low, high]
    for _ in range(70):
        middle = sum(ends) / 2
        ends[hs.evaluate(function, {K: middle}) > 0] = middle
    return ends[0]


def _capacities_are_roots() -> bool:
    """Closed forms against bisection on 1 - (1 - P)^D = epsilon, and against the claims (15, 25 digits)."""
    ratio = {z: sp.sqrt(DEMANDED)}
    problems = (
        (HEBB, hs.Bipolar(), hs.Zero(), HEBB_RHO, HEBB_CAPACITY),
        (COVARIANCE, hs.Bipolar(a), hs.Optimal(), COVARIANCE_RHO, COVARIANCE_CAPACITY),
    )
    for rule, patterns, threshold, closed, capacity in problems:
        claim = hs.derive(rule, patterns, threshold=threshold)["capacity:perturbed"].formula
        for units in (sp.Integer(100), sp.Integer(1000)):
            at = {D: units, delta: THREE_PER_CENT, a: sp.Rational(1, 4), epsilon: ONE_PER_CENT}
            found = hs.evaluate(capacity.xreplace(ratio), at)
            if abs(hs.evaluate(claim, at) / found - 1) > 1e-25:
                return False
            error = tail(sp.sqrt(closed)).xreplace(at)
            failure = sp.log(1 - ONE_PER_CENT) - units * sp.log(1 - error)
            root = _bisected(failure, sp.Integer(2), units)
            if abs(hs.evaluate(root) / found - 1) > 1e-15:
                return False
    return True


def _errors_approach() -> bool:
    """Covariance rule, balanced threshold, D - 1 = 12 K: both errors, averaged over the unit's history.

    Their relative distance from Q(sqrt(rho)) is halved when K is doubled, five sizes.
    """
    bias = sp.Rational(1, 4)
    theory = hs.derive(
        COVARIANCE, hs.Bipolar(bias), cue=hs.Flip(THREE_PER_CENT), threshold=hs.Optimal()
    )
    closed = tail(sp.sqrt(COVARIANCE_RHO)).xreplace({a: bias, delta: THREE_PER_CENT})
    for side in ("low", "high"):
        distances = []
        for load in (8, 16, 32, 64, 128):
            at = {D: sp.Integer(1 + 12 * load), K: sp.Integer(load)}
            exact = hs.evaluate(theory[f"bit_error:{side}"].formula, at)
            distances.append(abs(hs.evaluate(closed, at) / exact - 1))
        if distances[-1] > 0.03:
            return False
        if any(abs(earlier / later - 2) > 0.2 for earlier, later in pairwise(distances)):
            return False
    return True


def _threshold_zero_is_worse() -> bool:
    """Covariance rule at a = 1/4, D = 1000, K = 50: the larger error at threshold zero, the balanced one."""
    at = {D: sp.Integer(1000), K: sp.Integer(50)}
    patterns, one = hs.Bipolar(sp.Rational(1, 4)), hs.Flip(THREE_PER_CENT)
    zero = hs.derive(COVARIANCE, patterns, cue=one)
    best = hs.derive(COVARIANCE, patterns, cue=one, threshold=hs.Optimal())
    errors = [hs.evaluate(zero[f"bit_error:{side}"].formula, at) for side in ("low", "high")]
    balanced = hs.evaluate(best["bit_error"].formula, at)
    return bool(min(errors) < balanced < max(errors) / 10)


def _limits() -> bool:
    """delta = 0 is the complete cue, a = 0 plain Hebb, delta = 1/2 nothing; leading term, five sizes."""
    demanded = HEBB_CAPACITY.xreplace({z: sp.sqrt(DEMANDED)})
    complete = hs.derive(HEBB)["capacity:pattern"].formula
    at = {D: sp.Integer(500), epsilon: ONE_PER_CENT, delta: sp.S.Zero}
    if abs(hs.evaluate(demanded, at) / hs.evaluate(complete, at) - 1) > 1e-25:
        return False
    if not _zero(COVARIANCE_CAPACITY.xreplace({a: sp.S.Zero}) - HEBB_CAPACITY):
        return False
    if HEBB_CAPACITY.subs(delta, sp.S.Half) != 0:
        return False
    values = {delta: THREE_PER_CENT, epsilon: ONE_PER_CENT}
    for units in SIZES:
        ratio = hs.evaluate(demanded * DEMANDED / (overlap**2 * D), {**values, D: units})
        if abs(ratio - 1) * units > 50:
            return False
    return True


def _centred_cue() -> bool:
    """The leading term with a centred cue over that without, symbolic."""
    loads = [
        hs.derive(COVARIANCE, hs.Bipolar(a), cue=cue)["capacity:snr"].formula
        for cue in (CENTRED, FLIPPED)
    ]
    leading = [sp.limit(sp.cancel(sp.together(load / D)), D, sp.oo) for load in loads]
    return _zero(leading[0] / leading[1] - 1 / (1 - overlap**2 * a**2))


# ---- the derivation ------------------------------------------------------------------------

_C, _rho, _P = sp.symbols(r"C_{\delta} rho P")
_F, _S, _h = sp.symbols(r"F S \xi_{i}h_{i}")
FIRST = sp.Eq(_C, HEBB_CAPACITY)
SECOND = sp.Eq(_C, COVARIANCE_CAPACITY)


def _hebb_steps() -> tuple[hs.Step, ...]:
    evidence, method = hs.Evidence, hs.Method
    return (
        hs.Step(
            sp.Eq(_h, D - 1 - 2 * _F + _S),
            "a flipped input turns the sign of its term; the crosstalk signs stay fair and independent "
            "whatever the flips are",
            evidence(
                method.ENUMERATION,
                f"the whole law of the field, symbolic delta, (D, K) in {SMALL}",
                _law_is_convolution,
            ),
        ),
        hs.Step(
            sp.Eq(_rho, HEBB_RHO),
            "mean n (1 - 2 delta), variance n (K - 1) + 4 n delta (1 - delta)",
            evidence(
                method.ENUMERATION,
                "both rules: three sizes, symbolic delta and a; the averages; the claims",
                _ratios_agree,
            ),
        ),
        hs.Step(
            sp.Eq(_P, Q(sp.sqrt(_rho))),
            "central limit theorem for n K independent terms",
            evidence(
                method.LIMIT,
                "exact convolution at delta = 1/10, rho near 7, five sizes",
                _gaussian_error_converges,
            ),
        ),
        hs.Step(
            sp.Eq(1 - (1 - _P) ** D, epsilon),
            "the criterion at equality, the errors of the bits taken as independent (classical_capacities; "
            "no drift and no post part, so that no noise is common to the units)",
            evidence(
                method.ENUMERATION,
                "P <= P(sigma^(1) != xi) <= D P, all patterns and cues, three deltas",
                _failures_agree,
            ),
        ),
        hs.Step(
            FIRST,
            "rho = z^2 with Q(z) = 1 - (1 - epsilon)^(1/D), solved for K",
            evidence(
                method.SECOND_ROUTE,
                "both rules: bisection on the criterion, 15 digits; the claims, 25 digits",
                _capacities_are_roots,
            ),
        ),
        hs.Step(
            sp.Eq(sp.Symbol(r"{\lim C_{\delta}\,2\ln D/D}"), overlap**2),
            "z^2 ~ 2 ln D; dropped: relative order ln ln D / ln D; delta = 0 is the complete cue, delta = 1/2 "
            "leaves nothing",
            evidence(
                method.LIMIT,
                "C_delta z^2/((1 - 2 delta)^2 D) within 50/D of 1 over five sizes; delta = 0, 1/2; a = 0",
                _limits,
            ),
        ),
        hs.Step(
            sp.Ge(_C, overlap**2 * (D - 1) / (2 * sp.log(D / epsilon))),
            "Hoeffding: n terms in {-1, 1} of mean 1 - 2 delta and n (K - 1) fair signs, "
            "P <= exp(-n (1 - 2 delta)^2/(2 K)); union bound, for every D and K",
            evidence(method.NUMERIC, "exact errors, ten cases", _hoeffding_bounds),
        ),
    )


def _covariance_steps() -> tuple[hs.Step, ...]:
    evidence, method = hs.Evidence, hs.Method
    return (
        hs.Step(
            sp.Eq(_rho, COVARIANCE_RHO),
            "signal 2 n v (1 - 2 delta); the other patterns add (K - 1) v^2 for each input, the cued one "
            "(x - a)^2 v (1 - (1 - 2 delta)^2 v), averaged over x = +-1; A = B = 0",
            evidence(
                method.SUBSTITUTION,
                "the noise is linear in n and in K: no drift, no post part",
                _no_post_part_and_no_drift,
            ),
        ),
        hs.Step(
            sp.Eq(sp.Symbol("P_+"), sp.Symbol("P_-")),
            "at the balanced threshold both are Q((M+ - M-)/(s+ + s-)) for Gaussian fields, s the standard "
            "deviations, and Q(sqrt(rho)) up to (s+ - s-)^2; given the unit's history the variance of the "
            "field fluctuates: all that is dropped is of relative order 1/K",
            evidence(
                method.LIMIT, "errors averaged over the history, five sizes", _errors_approach
            ),
        ),
        hs.Step(
            SECOND,
            "rho = z^2 solved for K; plain Hebb at a = 0 (bisection and claim as above)",
        ),
        hs.Step(
            sp.Ne(sp.Symbol("P_+"), sp.Symbol("P_-")),
            "at threshold zero M+ and -M- differ by 2 n a v (1 - 2 delta): the larger error is then more than "
            "ten times the balanced one at a = 1/4, D = 1000, K = 50",
            evidence(method.NUMERIC, "the three errors", _threshold_zero_is_worse),
        ),
        hs.Step(
            sp.Eq(
                sp.Symbol(r"\lim C_{\delta}^{\mathrm{centred}}/C_{\delta}"),
                1 / (1 - overlap**2 * a**2),
            ),
            "centring the cue leaves the signal and lowers E[s^2] from 1 to 1 - (1 - 2 delta)^2 a^2",
            evidence(method.LIMIT, "leading terms of the exact roots, symbolic", _centred_cue),
        ),
    )


def derivation() -> hs.Derivation:
    """The exact law, rho, the criterion and its root; a bound; the covariance rule on biased patterns."""
    return hs.Derivation((*_hebb_steps(), *_covariance_steps()))


THEOREM = hs.Theorem(
    name="perturbed_capacity",
    title="C_delta: patterns restored in one step from a cue with flipped bits",
    statement=(FIRST, SECOND, RATIO),
    derive=derivation,
    prose=__doc__,
    assumptions=(
        "entries independent over units and patterns: unbiased bipolar (Hebb), bipolar of mean a (covariance)",
        "each bit of the cue flipped with probability delta < 1/2, independently",
        "no diagonal; one step of recall; a tie counts as half an error",
        "threshold zero (Hebb), balanced (covariance)",
        "Gaussian law with the exact mean and variance; errors of the bits independent to leading order",
    ),
    source="the prospectus defines C_delta; derived here",
)
