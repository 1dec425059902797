r"""The sign-clipped Hebb rule: its exact one-step error, and the price of clipping, a factor 2/pi.

Unbiased signs xi are stored in w_ij = sgn(sum over mu of xi_i^mu xi_j^mu), with sgn 0 = 0. Seen from a
stored pattern, w_ij xi_i xi_j is the sign of 1 + S, where S is a symmetric walk of K - 1 steps, and

    m = E[w_ij xi_i xi_j] = P(S = 0 or S = -1) = C(K - 1, floor(K/2)) / 2^(K - 1).

The increments xi_i^mu xi_j^mu are fair signs whatever the unit's own history is, so the weights onto one
unit are independent: the field of an exact cue is exactly a sum of n = D - 1 independent terms, +1, 0, -1
with probabilities p, z, q, and the error is a trinomial tail. Nothing is hidden in a product form here;
on biased patterns the weights onto a unit share its history, and the claim bit_error averages over it.

The signal-to-noise ratio is rho = n m^2 / (1 - z - m^2). As K grows m^2 K tends to 2/pi, so that
rho K / D tends to 2/pi, where the plain Hebb rule has 1: at any demanded rho the clipped memory holds
2/pi = 0.637 of the patterns. The limit is approached like 1/K at odd K, and like 1/sqrt(K) at even K,
where weights vanish with probability z.

Assumptions: unbiased bipolar patterns; exact cue; threshold zero; no diagonal; ties count half.
References: sompolinsky1986 (the factor 2/pi, equation number unverified).
"""

from itertools import pairwise, product

import sympy as sp

import hebbsym as hs
from hebbsym.notation import D, K, rho

n = D - 1
m, p, q, z = sp.symbols("m p q z", positive=True)
c, k = sp.symbols("c k", integer=True, nonnegative=True)
error = sp.Symbol(r"\operatorname{P}_{\mathrm{err}}")
SIGNAL = sp.binomial(K - 1, sp.floor(K / 2)) / 2 ** (K - 1)
ZERO = (1 + (-1) ** K) / 2 * sp.binomial(K, sp.floor(K / 2)) / 2**K
RHO = n * SIGNAL**2 / (1 - ZERO - SIGNAL**2)
LAW = {m: SIGNAL, z: ZERO, p: (1 - ZERO + SIGNAL) / 2, q: (1 - ZERO - SIGNAL) / 2}
HALF = sp.floor(k / 2)
MORE_WRONG = sp.Sum(sp.binomial(k, c) * q**c * p ** (k - c), (c, HALF + 1, k))
TIE = (1 + (-1) ** k) / 2 * sp.binomial(k, HALF) * (p * q) ** HALF
ERROR = sp.Sum(sp.binomial(n, k) * z ** (n - k) * (MORE_WRONG + TIE / 2), (k, 0, n))
ROOT = sp.sqrt(2 / (sp.pi * K))


def _theory() -> hs.Theory:
    return hs.derive(hs.rule("sign-clipped"))


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)


def _added(expression: sp.Expr) -> sp.Expr:
    """Finite sums term by term: SymPy's own summation leaves hypergeometric functions."""
    if not expression.has(sp.Sum):
        return expression
    if not isinstance(expression, sp.Sum):
        return expression.func(*map(_added, expression.args))
    ((index, first, last),) = expression.limits
    terms = range(int(first), int(last) + 1)
    return sp.Add(*(_added(expression.function.xreplace({index: sp.Integer(t)})) for t in terms))


def _brute_force(units: int, patterns: int) -> tuple[sp.Expr, sp.Expr, sp.Expr, sp.Expr]:
    """m, z, rho and the error over all sets of patterns, weights by the rule itself."""
    count, signal, zeros, wrong = 0, 0, 0, sp.S.Zero
    fields = []
    for bits in product((-1, 1), repeat=units * patterns):
        shown = [bits[k * units : (k + 1) * units] for k in range(patterns)]
        first = shown[0]
        weights = [_sign(sum(x[0] * x[j] for x in shown)) for j in range(1, units)]
        heard = first[0] * sum(w * s for w, s in zip(weights, first[1:], strict=True))
        count, signal = count + 1, signal + first[0] * first[1] * weights[0]
        zeros += weights[0] == 0
        wrong += 1 if heard < 0 else sp.S.Half if heard == 0 else 0
        fields.append(heard)
    mean = sp.Rational(sum(fields), count)
    variance = sp.Rational(sum(h * h for h in fields), count) - mean**2
    return sp.Rational(signal, count), sp.Rational(zeros, count), mean**2 / variance, wrong / count


def _enumerated() -> bool:
    """m, z, rho and the error at K = 2 .. 5 with D = 3, and D = 4, K = 3."""
    for units, patterns in ((3, 2), (3, 3), (3, 4), (3, 5), (4, 3)):
        at = {D: sp.Integer(units), K: sp.Integer(patterns)}
        found = [_added(e.xreplace(LAW).xreplace(at)) for e in (m, z, RHO, ERROR)]
        truth = _brute_force(units, patterns)
        if any(sp.expand(one - other) != 0 for one, other in zip(found, truth, strict=True)):
            return False
    return True


def _walk() -> bool:
    """E[sgn(1 + S)] over all walks S of K - 1 steps, K = 1 .. 8."""
    for load in range(1, 9):
        steps = product((-1, 1), repeat=load - 1)
        mean = sp.Rational(sum(_sign(1 + sum(s)) for s in steps), 2 ** (load - 1))
        if mean != SIGNAL.xreplace({K: sp.Integer(load)}).doit():
            return False
    return True


def _independent() -> bool:
    """Given the history of unit 0, the two weights onto it are independent (K = 3, every history)."""
    signs = list(product((-1, 1), repeat=3))
    for history in signs:
        weight = [_sign(sum(u * v for u, v in zip(history, x, strict=True))) for x in signs]
        if sum(weight) != 0 or sorted(weight) != sorted(
            _sign(sum(x)) for x in signs
        ):  # the same law for every history
            return False
    return True


def _engine() -> bool:
    """The engine's claims at sizes that no enumeration reaches, to 25 digits."""
    theory = _theory()
    for units, load in ((100, 11), (100, 20), (31, 64)):
        at = {D: sp.Integer(units), K: sp.Integer(load)}
        laws = {s: e.xreplace(at).doit() for s, e in LAW.items()}
        pairs = (
            (RHO, theory["snr"].formula),
            (ERROR.xreplace(laws), theory["bit_error:exact"].formula),
        )
        for one, other in pairs:
            first = hs.evaluate(one, {s: at[s] for s in one.free_symbols})
            if abs(first / hs.evaluate(other, at) - 1) > sp.Float(10) ** -25:
                return False
    return True


def _stirling() -> bool:
    """m sqrt(K) at even and at odd K."""
    half = sp.Symbol("half", positive=True, integer=True)
    loads = (2 * half, 2 * half + 1)
    return all(
        _tends(SIGNAL.xreplace({K: load}) * sp.sqrt(load), half, sp.sqrt(2 / sp.pi))
        for load in loads
    )


def _tends(sequence: sp.Expr, index: sp.Symbol, limit: sp.Expr) -> bool:
    """Distances at 10, 100, 1000, 10000 fall tenfold each: convergence of order 1/k."""
    gaps = [abs(hs.evaluate(sequence - limit, {index: sp.Integer(10**e)})) for e in (1, 2, 3, 4)]
    return all(8 * later < earlier < 12 * later for earlier, later in pairwise(gaps))


def _price() -> bool:
    """rho over that of the plain Hebb rule at D = 10^6: off by 1/K at odd, by 1/sqrt(K) at even K."""
    hebb = hs.derive(hs.rules["hebb"], quantities=["snr"])["snr"].formula
    ratio = (RHO / hebb).xreplace({D: sp.Integer(10**6)})
    for loads, falls in (((11, 101, 1001), 9), ((10, 100, 1000), 3)):
        gaps = [abs(hs.evaluate(ratio - 2 / sp.pi, {K: sp.Integer(load)})) for load in loads]
        if not gaps[0] > falls * gaps[1] > falls**2 * gaps[2]:
            return False
    return True


def derivation() -> hs.Derivation:
    """Signal; independence; the trinomial error; the limit."""
    evidence, method = hs.Evidence, hs.Method
    return hs.Derivation(
        (
            hs.Step(
                sp.Eq(m, SIGNAL, evaluate=False),
                "E[sgn(1 + S)] = P(S >= 0) - P(S <= -2) = P(S = 0) + P(S = -1) by the symmetry of "
                "the walk; one of the two is possible, by the parity of K",
                evidence(method.ENUMERATION, "all walks at K = 1 .. 8", _walk),
            ),
            hs.Step(
                sp.Eq(z, ZERO, evaluate=False),
                "a weight vanishes when the walk of K steps returns to 0",
            ),
            hs.Step(
                sp.Eq(p - q, m, evaluate=False),
                "the increments are fair signs for every history of the unit, so that the weights "
                "onto it are independent and identically distributed",
                evidence(method.ENUMERATION, "every history at K = 3", _independent),
            ),
            hs.Step(
                sp.Eq(error, ERROR, evaluate=False),
                "n independent terms, k of which are not zero: more than half of them are wrong, or half of "
                "them, which is a tie and counts half",
                evidence(
                    method.ENUMERATION,
                    "m, z, rho and the error over all sets of patterns at D = 3, K = 2 .. 5 and "
                    "D = 4, K = 3, zero tolerance",
                    _enumerated,
                ),
            ),
            hs.Step(
                sp.Eq(rho, RHO, evaluate=False),
                "mean n m and variance n (1 - z - m^2) of that sum",
                evidence(
                    method.SECOND_ROUTE,
                    "rho and the error against the engine's claims at three sizes, 25 digits",
                    _engine,
                ),
            ),
            hs.Step(
                sp.Eq(m, ROOT, evaluate=False),
                "K to infinity: the central binomial coefficient, even and odd K",
                evidence(method.LIMIT, "distance at four sizes, of order 1/K", _stirling),
            ),
            hs.Step(
                sp.Eq(rho * K / D, 2 / sp.pi, evaluate=False),
                "K to infinity; the plain Hebb rule has rho = (D - 1)/(K - 1)",
                evidence(
                    method.LIMIT,
                    "ratio of both at D = 10^6: the distance falls like 1/K at K = 11, 101, 1001 and like "
                    "1/sqrt(K) at K = 10, 100, 1000, where some weights vanish",
                    _price,
                ),
            ),
        )
    )


THEOREM = hs.Theorem(
    name="sign_clipped",
    title="The sign-clipped Hebb rule: exact one-step error, and the price 2/pi",
    statement=(
        sp.Eq(m, SIGNAL, evaluate=False),
        sp.Eq(error, ERROR, evaluate=False),
        sp.Eq(sp.Symbol(r"\lim \rho K / D"), 2 / sp.pi, evaluate=False),
    ),
    derive=derivation,
    prose=__doc__,
    assumptions=(
        "unbiased bipolar patterns, exact cue, threshold zero, no diagonal",
        "sgn 0 = 0 in the weights; a tie of the field counts as half an error",
    ),
    source="sompolinsky1986 (the factor 2/pi, equation number unverified)",
)
