r"""The capacity of the plain Hebb rule on unbiased bipolar patterns, under three criteria.

The field at a unit, times the stored value, is n + S with n = D - 1 and S a sum of n k independent fair
signs, k = K - 1: exactly, for every D and K. So a bit is wrong with probability

    P = P(S < -n) + P(S = -n)/2 = Q(sqrt(rho)),  rho = (D - 1)/(K - 1),

the second up to a relative error of order 1/(n k) at fixed rho. Always under a named criterion:

bit      P <= epsilon:                 K_max = 1 + (D - 1)/z^2 with Q(z) = epsilon
pattern  all D bits of one pattern are right with probability 1 - epsilon; to leading order
         K_max = 1 + (D - 1)/W(D^2/(2 pi epsilon^2)) ~ D/(2 ln D)
all      all bits of all K patterns are right with probability 1 - epsilon; to leading order
         K_max = 1 + (D - 1)/rho, rho = 3 W((D^2 (D - 1)^2/(2 pi epsilon^2))^(1/3)/3) ~ D/(4 ln D)

with Lambert's W. What the last two need of the joint law of the bits is this. From below, nothing: by
Hoeffding's inequality and the union bound K <= 1 + (D - 1)/(2 ln(D/epsilon)) is enough for a pattern, and
K <= 1 + (D - 1)/(2 ln(D K/epsilon)) for all, for every D and K. From above, that two bits err almost
independently: given the two units' values in the other patterns, S_i and S_l have the correlation R/k, R a
sum of k fair signs, which multiplies the joint tail by exp(rho R/k) -> 1. Then the second moment of the number
of wrong bits proves that some bit is wrong as soon as D P -> infinity; for `all` see mceliece1987.

The leading terms D/(2 ln D) and D/(4 ln D) drop terms of relative order ln ln D / ln D: they are tens of per
cent off at D = 1000, in one direction or the other.

Assumptions: bipolar patterns, all entries independent and fair; Delta w_ij = x_i x_j; no diagonal; complete cue;
one step of recall, threshold zero, a tie counts as half an error; epsilon fixed as D grows.

References: mceliece1987 (both limits); corless1996 (Lambert's W).
"""

import math
from fractions import Fraction
from itertools import pairwise, product

import mpmath
import sympy as sp

import hebbsym as hs
from hebbsym.notation import D, K, epsilon, rho, tail, z

HEBB = hs.rules["hebb"]
n, k = D - 1, K - 1
HALF, ONE_PER_CENT = sp.S.Half, sp.Rational(1, 100)
SIZES = tuple(sp.Integer(10) ** power for power in (2, 3, 4, 5, 6))
HUGE = tuple(sp.Integer(10) ** power for power in (10, 100, 1000, 10000, 100000))
THEORY = hs.derive(HEBB)
Q = sp.Function("Q")
P = sp.Symbol("P")


# ---- the exact law of one field ------------------------------------------------------------


def _exact_error(units: int, load: int) -> Fraction:
    """P(S < -n) + P(S = -n)/2 for a sum of (units - 1)(load - 1) fair signs, exactly."""
    inputs, signs = units - 1, (units - 1) * (load - 1)
    total = Fraction(0)
    for plus in range(signs + 1):
        if 2 * plus - signs <= -inputs:
            share = 1 if 2 * plus - signs < -inputs else Fraction(1, 2)
            total += share * math.comb(signs, plus)
    return total / 2**signs


def _sum_of_signs() -> bool:
    """The law of the field of enumeration is that of n + S, value by value, and so is the error."""
    for units, load in ((2, 2), (3, 2), (4, 2), (3, 3), (4, 3)):
        truth = hs.enumerate_fields(hs.Setting(HEBB), units, load)
        inputs, signs = units - 1, (units - 1) * (load - 1)
        law = {
            sp.Integer(inputs + 2 * plus - signs): sp.Rational(math.comb(signs, plus), 2**signs)
            for plus in range(signs + 1)
        }
        if truth.field_law(1) != law:
            return False
        found = _exact_error(units, load)
        if truth.bit_error(1).wrong != sp.Rational(found.numerator, found.denominator):
            return False
    return True


def _tail_of_signs(signs: int, inputs: int) -> mpmath.mpf:
    """P(S < -inputs) + P(S = -inputs)/2 by the terms of the binomial, from the largest downwards."""
    plus, odd = divmod(signs - inputs, 2)
    with mpmath.workdps(30):
        logarithm = (
            mpmath.loggamma(signs + 1)
            - mpmath.loggamma(plus + 1)
            - mpmath.loggamma(signs - plus + 1)
            - signs * mpmath.log(2)
        )
        term = mpmath.exp(logarithm)
        total = term if odd else term / 2
        while plus > 0 and term > total * mpmath.mpf(10) ** -25:
            term *= mpmath.mpf(plus) / (signs - plus + 1)
            total += term
            plus -= 1
        return total


def _gaussian_error_converges() -> bool:
    """The relative distance of Q(sqrt(rho)) from the exact error at rho = 9, over five sizes: like 1/n^2."""
    formula = THEORY["bit_error"].formula
    distances = []
    for inputs in (90, 180, 360, 720, 1440):
        load = 1 + inputs // 9
        claimed = hs.evaluate(formula, {D: sp.Integer(inputs + 1), K: sp.Integer(load)})
        distances.append(abs(claimed / _tail_of_signs(inputs * (load - 1), inputs) - 1))
    ratios = [earlier / later for earlier, later in pairwise(distances)]
    return distances[-1] < 1e-4 and all(abs(ratio - 4) < 0.5 for ratio in ratios)


# ---- criteria ------------------------------------------------------------------------------


def _bisected(failure: sp.Expr, low: int, high: int) -> mpmath.mpf:
    """The load at which a failure probability, increasing in K, passes 0, by bisection alone."""
    ends = [sp.Rational(low), sp.Rational(high)]
    for _ in range(70):
        middle = sum(ends) / 2
        ends[hs.evaluate(failure, {K: middle}) > 0] = middle
    return hs.evaluate(ends[0])


def _root(name: str, units: sp.Integer, share: sp.Rational) -> mpmath.mpf:
    """K_max of a criterion by bisection on the error Q(sqrt((D - 1)/(K - 1)))."""
    error = tail(sp.sqrt((units - 1) / (K - 1)))
    bits = {"bit": sp.S.One, "pattern": units, "all": units * K}[name]
    # ln(1 - epsilon) - bits ln(1 - P), which keeps its digits where P is tiny
    failure = sp.log(1 - share) - bits * sp.log(1 - error)
    return _bisected(failure, 2, int(units))


def _closed_forms_are_roots() -> bool:
    """The closed forms for a bit and a pattern against bisection, 15 digits."""
    for name, units, share in product(
        ("bit", "pattern"), (sp.Integer(100), sp.Integer(1000)), (ONE_PER_CENT,)
    ):
        formula = THEORY[f"capacity:{name}"].formula
        closed = hs.evaluate(
            formula, {s: {D: units, epsilon: share}[s] for s in formula.free_symbols}
        )
        if abs(_root(name, units, share) / closed - 1) > 1e-15:
            return False
    return True


LAMBERT = {
    "pattern": sp.LambertW(D**2 / (2 * sp.pi * epsilon**2)),
    "all": 3 * sp.LambertW((D**2 * n**2 / (2 * sp.pi * epsilon**2)) ** sp.Rational(1, 3) / 3),
}
BITS = {"pattern": D, "all": D * n / rho}
LOGARITHMS = {"pattern": 2, "all": 4}


def _lambert_solves() -> bool:
    """The Mills bound times the number of bits is epsilon at the stated ratio; and the package's forms."""
    mills = sp.exp(-rho / 2) / sp.sqrt(2 * sp.pi * rho)
    for name, ratio in LAMBERT.items():
        for units, share in product((100, 10**6), (2, 100)):
            at = {D: sp.Integer(units), epsilon: sp.Rational(1, share)}
            bound = (BITS[name] * mills).xreplace({rho: ratio})
            if abs(hs.evaluate(bound, at) * share - 1) > 1e-25:
                return False
            claim = THEORY[f"capacity:{name}:lambert"].formula
            if abs(hs.evaluate(claim, at) / hs.evaluate(1 + n / ratio, at) - 1) > 1e-25:
                return False
    return True


def _lambert_is_close() -> bool:
    """Distance of the Lambert form from the root by bisection, five sizes: within what was dropped."""
    for name, ratio in LAMBERT.items():
        for units in SIZES:
            at = {D: units, epsilon: ONE_PER_CENT}
            demanded, closed = (hs.evaluate(e, at) for e in (ratio, 1 + n / ratio))
            found = _root(name, units, ONE_PER_CENT)
            # Mills ratio 1/rho, union bound epsilon/2, K for K - 1: each shifts rho by twice as much
            dropped = (2 / demanded + ONE_PER_CENT + 2 / found) / demanded
            if abs(closed / found - 1) > dropped:
                return False
    return True


def _leading_terms() -> bool:
    """K_max over D/(2 ln D), D/(4 ln D) at five huge sizes: the distance from 1 falls, within 8 ln ln D/ln D."""
    for name, ratio in LAMBERT.items():
        distances = []
        for units in HUGE:
            at = {D: units, epsilon: ONE_PER_CENT}
            exact = hs.evaluate((1 + n / ratio) * LOGARITHMS[name] * sp.log(D) / D, at)
            logarithm = mpmath.log(10) * sp.log(units, 10)
            distances.append(abs(exact - 1))
            if distances[-1] > 8 * mpmath.log(logarithm) / logarithm:
                return False
        if any(later > earlier for earlier, later in pairwise(distances)):
            return False
    return True


def _corrections_at_a_thousand() -> bool:
    """At D = 1000, epsilon = 1/100: D/(2 ln D) is 29 % above the root, D/(4 ln D) 11 % below."""
    units = sp.Integer(1000)
    off = {}
    for name, logs in LOGARITHMS.items():
        leading = hs.evaluate(units / (logs * sp.log(units)))
        off[name] = mpmath.nint(100 * (leading / _root(name, units, ONE_PER_CENT) - 1))
    return off == {"pattern": 29, "all": -11}


# ---- bounds, and the joint law of two bits ---------------------------------------------------


def _hoeffding_bounds() -> bool:
    """P <= exp(-n/(2k)) against the exact error, as a rational number, at 36 sizes."""
    for units, load in product((2, 3, 5, 9, 17, 33), (2, 3, 5, 9, 17, 33)):
        found = _exact_error(units, load)
        bound = hs.evaluate(sp.exp(-n / (2 * k)), {D: sp.Integer(units), K: sp.Integer(load)})
        if mpmath.mpf(found.numerator) / found.denominator > bound:
            return False
    return True


def _union_bounds() -> bool:
    """The exact failure probability of a pattern is at most D P, and at least P, over all patterns."""
    for units, load in ((2, 2), (3, 2), (4, 2), (3, 3), (4, 3)):
        truth = hs.enumerate_fields(hs.Setting(HEBB), units, load)
        wrong = truth.bit_error(1).wrong
        if not wrong <= truth.pattern_error() <= units * wrong:
            return False
    return True


def _guaranteed_loads() -> bool:
    """At the loads that the bound allows, D P and D K P of the exact error stay below epsilon."""
    for units in (100, 1000, 10000):
        for share, crowd in product((0.5, 0.01), (False, True)):
            load = 2
            while load + 1 <= 1 + (units - 1) / (
                2 * math.log(units * (load + 1 if crowd else 1) / share)
            ):
                load += 1
            error = _tail_of_signs((units - 1) * (load - 1), units - 1)
            if units * (load if crowd else 1) * error > share:
                return False
    return True


def _pair_of_fields() -> bool:
    """Cov(S_i, S_l) = k, Var = n k, and given both histories n - 1 iid terms: all patterns of signs."""
    for units, others in ((3, 1), (3, 2), (4, 1), (4, 2)):
        cross = square = first = 0
        for signs in product((-1, 1), repeat=units * others):
            rows = [signs[m * units : (m + 1) * units] for m in range(others)]
            s_i = sum(row[0] * (sum(row) - row[0]) for row in rows)
            s_l = sum(row[1] * (sum(row) - row[1]) for row in rows)
            common = sum(row[0] * row[1] for row in rows)
            cross, square = cross + s_i * s_l, square + s_i**2
            # given the histories of both units the covariance is (n - 1) R: tested by its moment with R
            first += ((s_i - common) * (s_l - common) - (units - 2) * common) * common
        total = 2 ** (units * others)
        if (cross, square, first) != (others * total, (units - 1) * others * total, 0):
            return False
    return True


def _joint_excess(units: int, load: mpmath.mpf) -> mpmath.mpf:
    """P(both wrong)/P^2 - 1 for two units, given r = R/k Gaussian fields with correlation r."""
    inputs, others = units - 1, load - 1

    def upper(t: mpmath.mpf) -> mpmath.mpf:
        return mpmath.erfc(t / mpmath.sqrt(2)) / 2

    both = single = weight = mpmath.mpf(0)
    for step in range(-60, 61):
        deviation = mpmath.mpf(step) / 8
        r = deviation / mpmath.sqrt(others)
        t = (inputs + others * r) / mpmath.sqrt((inputs - 1) * others)
        share = mpmath.exp(-(deviation**2) / 2)
        # Plackett's identity: the derivative of the joint tail in the correlation is the density
        joint = mpmath.quad(
            lambda s, t=t: mpmath.exp(-(t**2) / (1 + s)) / (2 * mpmath.pi * mpmath.sqrt(1 - s**2)),
            [0, r],
        )
        both += share * (upper(t) ** 2 + joint)
        single += share * upper(t)
        weight += share
    return both * weight / single**2 - 1


def _bits_err_independently() -> bool:
    """At K = 1 + n/(2 ln D) the excess falls over five sizes, about like exp(rho^2/(2k)) - 1."""
    with mpmath.workdps(25):
        excess = []
        for power in (3, 5, 7, 9, 11):
            units = 10**power
            load = 1 + (units - 1) / (2 * mpmath.log(units))
            excess.append(abs(_joint_excess(units, load)))
        return excess[-1] < 1e-5 and all(later < earlier / 3 for earlier, later in pairwise(excess))


def _threshold_is_sharp() -> bool:
    """ln(D P)/ln D at K = (1 + s) D/(2 ln D) tends to s/(1 + s) for s = +-1/10: D P to infinity or 0."""
    for share in (sp.Rational(1, 10), -sp.Rational(1, 10)):
        misses = []
        for units in HUGE:
            ratio = 2 * sp.log(D) / (1 + share)
            error = D * sp.exp(-ratio / 2) / sp.sqrt(2 * sp.pi * ratio)  # Q up to 1 - 1/rho
            exponent = hs.evaluate(sp.expand_log(sp.log(error), force=True) / sp.log(D), {D: units})
            misses.append(abs(exponent - hs.evaluate(share / (1 + share))))
        if misses[-1] > 1e-4 or any(later > earlier for earlier, later in pairwise(misses)):
            return False
    return True


# ---- the derivation ------------------------------------------------------------------------

_S, _big, _bits = sp.symbols(r"S K_{\max} m")
_h = sp.Symbol(r"{\xi_i h_i}")
_mills = sp.exp(-rho / 2) / sp.sqrt(2 * sp.pi * rho)
BIT = sp.Eq(_big, 1 + n / z**2)
PATTERN, ALL = (sp.Eq(_big, 1 + n / LAMBERT[name], evaluate=False) for name in ("pattern", "all"))


def _law_steps() -> tuple[hs.Step, ...]:
    evidence, method = hs.Evidence, hs.Method
    return (
        hs.Step(
            sp.Eq(_h, n + _S),
            "each of the n presynaptic units gives 1 from the cued pattern; the n k products "
            "xi_i^mu xi_i xi_j^mu xi_j over the other patterns are independent fair signs",
            evidence(
                method.ENUMERATION,
                "the whole law of the field and the error, five sizes, D <= 4, K <= 3",
                _sum_of_signs,
            ),
        ),
        hs.Step(
            sp.Eq(P, Q(sp.sqrt(n / k))),
            "central limit theorem for n k signs; with a tie counted half the lattice error is of relative "
            "order 1/(n k) at fixed rho",
            evidence(
                method.LIMIT,
                "against the exact binomial tail at rho = 9, five sizes, falling like 1/n^2",
                _gaussian_error_converges,
            ),
        ),
        hs.Step(BIT, "criterion bit: Q(z) = epsilon"),
        hs.Step(
            sp.Eq(1 - (1 - P) ** D, epsilon),
            "criterion pattern, bits taken as independent (proved asymptotically below); all: D K for D",
            evidence(
                method.SECOND_ROUTE,
                "closed forms for a bit and a pattern against bisection, two sizes, 15 digits",
                _closed_forms_are_roots,
            ),
        ),
    )


def _asymptotic_steps() -> tuple[hs.Step, ...]:
    evidence, method = hs.Evidence, hs.Method
    return (
        hs.Step(
            sp.Eq(_bits * _mills, epsilon),
            "union bound over the m bits concerned, m = D or D K = D (D - 1)/rho, and the Mills ratio "
            "Q(t) = exp(-t^2/2)/(t sqrt(2 pi)) (1 - 1/t^2 + ...)",
        ),
        hs.Step(
            PATTERN,
            "rho e^rho = D^2/(2 pi epsilon^2), solved by Lambert's W",
            evidence(
                method.SUBSTITUTION,
                "the bound at this ratio is epsilon, 25 digits",
                _lambert_solves,
            ),
        ),
        hs.Step(
            ALL,
            "rho^3 e^rho = D^2 (D - 1)^2/(2 pi epsilon^2), solved by Lambert's W; dropped in both: relative "
            "corrections 2/rho^2 (Mills), epsilon/rho (union bound) and, for all, 2/(K rho)",
            evidence(
                method.SECOND_ROUTE,
                "root by bisection, five sizes, within what was dropped",
                _lambert_is_close,
            ),
        ),
        hs.Step(
            sp.Eq(sp.Symbol(r"{\lim K_{\max}\,2\ln D/D}"), 1),
            "pattern: W(x) = ln x - ln ln x + ..., rho = 2 ln D; dropped: relative order ln ln D / ln D",
            evidence(
                method.LIMIT,
                "both criteria, five sizes from 1e10 to 1e100000, within 8 ln ln D / ln D",
                _leading_terms,
            ),
        ),
        hs.Step(
            sp.Eq(sp.Symbol(r"{\lim K_{\max}\,4\ln D/D}"), 1),
            "all: rho = 3 W ~ 4 ln D; at D = 1000 and epsilon = 1/100 the first leading term is 29 % too "
            "high and the second 11 % too low",
            evidence(method.NUMERIC, "roots by bisection at D = 1000", _corrections_at_a_thousand),
        ),
    )


def _bound_steps() -> tuple[hs.Step, ...]:
    evidence, method = hs.Evidence, hs.Method
    share = sp.Symbol("s", real=True)
    return (
        hs.Step(
            sp.Le(P, sp.exp(-n / (2 * k))),
            "Hoeffding's inequality for n k fair signs: no limit, no Gaussian",
            evidence(method.ENUMERATION, "exact rational errors, 36 sizes", _hoeffding_bounds),
        ),
        hs.Step(
            sp.Ge(_big, 1 + n / (2 * sp.log(D / epsilon))),
            "union bound: the pattern fails with probability at most D P, however the bits depend on one "
            "another; all: D K for D",
            evidence(method.ENUMERATION, "P <= P(pattern fails) <= D P, five sizes", _union_bounds),
        ),
        hs.Step(
            sp.Le(D * P, epsilon),
            "the loads so allowed, for both criteria",
            evidence(
                method.NUMERIC,
                "exact binomial tail, D = 100, 1000, 10000, two epsilons",
                _guaranteed_loads,
            ),
        ),
        hs.Step(
            sp.Eq(sp.Symbol(r"\operatorname{Cov}(S_i, S_l)"), k),
            "two units share the synapses between them; given both units' values the covariance is (n - 1) R, "
            "so the correlation is R/k, R a sum of k fair signs",
            evidence(method.ENUMERATION, "all patterns of signs, four sizes", _pair_of_fields),
        ),
        hs.Step(
            sp.Eq(sp.Symbol(r"\operatorname{P}(i, l) / P^2"), 1 + sp.Function("o")(1)),
            "correlation R/k of order 1/sqrt(k) multiplies the joint tail by about exp(rho R/k), and "
            "rho^2/k vanishes as D grows",
            evidence(
                method.LIMIT,
                "joint tail by Plackett's identity at K = 1 + n/(2 ln D), five sizes",
                _bits_err_independently,
            ),
        ),
        hs.Step(
            sp.Eq(sp.Symbol(r"\lim\ln(DP)/\ln D"), share / (1 + share)),
            "K = (1 + s) D/(2 ln D): for s < 0 no bit is wrong, by the union bound; for s > 0 the number of "
            "wrong bits has mean D P -> infinity and, by the step before, a vanishing relative variance, so "
            "that some bit is wrong (Chebyshev): the threshold D/(2 ln D) is sharp",
            evidence(method.LIMIT, "s = +-1/10, five sizes", _threshold_is_sharp),
        ),
    )


def derivation() -> hs.Derivation:
    """The exact law of a bit; the three criteria; Lambert's W and its leading term; bounds."""
    return hs.Derivation((*_law_steps(), *_asymptotic_steps(), *_bound_steps()))


THEOREM = hs.Theorem(
    name="classical_capacities",
    title="Capacity of the plain Hebb rule for a bit, a pattern and all patterns",
    statement=(BIT, PATTERN, ALL),
    derive=derivation,
    prose=__doc__,
    assumptions=(
        "bipolar patterns, all entries independent and fair",
        "Delta w_ij = x_i x_j, no diagonal; weights zero at the start",
        "complete cue, one step of recall, threshold zero, a tie counts as half an error",
        "epsilon fixed as D grows; pattern and all: to leading order in 1/rho",
    ),
    source="mceliece1987; corless1996",
)
