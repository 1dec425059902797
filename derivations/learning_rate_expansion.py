r"""Rules polynomial in the weight: the moments close at every order in the learning rate.

For Delta w = eta f(w; x_i, x_j), f = f_0 + f_1 w + ... + f_d w^d and W = 0 at the start, omega = w/eta obeys

    omega -> omega + sum over r of eta^r f_r(u, v) omega^r.

The mean of omega^k calls for that of omega^(k + r - 1), but with the factor eta^r: k plus the order still
to be had falls by at least one, so that the coefficient of each power of eta is a finite sum, and a polynomial
in K. With A_r = E[f_r] and S = E[f_0^2]

    E[w] = eta K A_0 + eta^2 (K over 2) A_1 A_0
           + eta^3 ((K over 3) (A_1^2 A_0 + 2 A_2 A_0^2) + (K over 2) A_2 S) + O(eta^4).

Of a pattern of age g, with t = K - 1 - g before it, the field at a unit that stores x has the mean

    M(x)/n = eta (E[s f_0(x, y)] + (K - 1) A_0 E[s])
             + eta^2 (g A_1 E[s f_0(x, y)] + t A_0 E[s f_1(x, y)] + ((K - 1 over 2)) A_1 A_0 E[s]) + O(eta^3),

the palimpsest effect to first order: what came later changes the trace by the factor 1 + eta g A_1.

The expansion is the Taylor polynomial of an exact polynomial in eta: at fixed K its error is of the first
order that was dropped, and small when eta K is. Summed over all orders at fixed tau = eta K its leading
part is the flow dm/dtau = F(m), F = E[f], and the next one the first fluctuation correction,

    E[w] = m + eta m_1 + O(eta^2),    dm_1/dtau = F' m_1 + F'' sigma^2 / 2 - F' F / 2,
    Var(w) = eta sigma^2 + O(eta^2),  dsigma^2/dtau = 2 F' sigma^2 + G,     G = Var(f) at m.

Near a stable fixed point the weights settle with mean w* + eta F'' G / (4 F'^2) and variance -eta G/(2 F').

Assumptions: entries independent over units and patterns; W = 0 at the start; f free of eta.
"""

from itertools import pairwise

import sympy as sp

import hebbsym as hs
from hebbsym.notation import D, K, a, age, eta, w, x, x_i, x_j

LETTERS = {
    pq: sp.symbols(f"b_{pq[0]}{pq[1]} d_{pq[0]}{pq[1]} e_{pq[0]}{pq[1]}")
    for pq in ((0, 0), (1, 0), (0, 1), (1, 1))
}
QUADRATIC = hs.ExpandedRule(
    2, {pq: eta * (b + d * w + e * w**2) for pq, (b, d, e) in LETTERS.items()}, "quadratic in w"
)
"""Bilinear in the activities and quadratic in w, all twelve coefficients symbolic."""
PATTERNS = hs.Bipolar(a)
THIRD = sp.Rational(1, 3)
CUBIC = hs.ExpandedRule(
    2,
    {(1, 1): eta * (1 - w / 2), (1, 0): eta * w**2 / 3, (0, 0): eta * (THIRD - w**3)},
    "cubic in w",
)
"""Numbers for the tests of orders and limits."""
RATES = tuple(sp.Rational(1, 10 * 2**n) for n in range(5))


def _part(power: int, u: sp.Expr, v: sp.Expr) -> sp.Expr:
    """f_r(u, v) of the general rule."""
    return sp.Add(*(c[power] * u**p * v**q for (p, q), c in LETTERS.items()))


def _average(expression: sp.Expr) -> sp.Expr:
    """The average over x_i and x_j, signs of mean a."""
    return sp.expand(
        sp.Add(
            *(
                (1 + a * u) / 2 * (1 + a * v) / 2 * expression.xreplace({x_i: u, x_j: v})
                for u in (sp.S.One, sp.S.NegativeOne)
                for v in (sp.S.One, sp.S.NegativeOne)
            )
        )
    )


def _given(expression: sp.Expr) -> sp.Expr:
    """The average over x_j, the value x at the unit."""
    fixed = expression.xreplace({x_i: x})
    return sp.Add(*((1 + a * v) / 2 * fixed.xreplace({x_j: v}) for v in (sp.S.One, -sp.S.One)))


A_0, A_1, A_2, S = sp.symbols("A_0 A_1 A_2 S")
THREE = (
    K * A_0,
    sp.binomial(K, 2) * A_1 * A_0,
    sp.binomial(K, 3) * (A_1**2 * A_0 + 2 * A_2 * A_0**2) + sp.binomial(K, 2) * A_2 * S,
)
MEANING = {
    **{s: _average(_part(r, x_i, x_j)) for r, s in enumerate((A_0, A_1, A_2))},
    S: _average(_part(0, x_i, x_j) ** 2),
}


def _same(first: sp.Expr, second: sp.Expr) -> bool:
    return sp.expand(sp.expand_func(first - second)) == 0


# ---- evidence ------------------------------------------------------------------------------


def _three_orders() -> bool:
    """The claim's three orders against the formula above, all coefficients symbolic."""
    claim = hs.derive(QUADRATIC, PATTERNS)["weight_mean"].formula
    in_rate = sp.Poly(claim, eta)
    return all(
        _same(in_rate.coeff_monomial(eta ** (m + 1)), one.xreplace(MEANING))
        for m, one in enumerate(THREE)
    ) and sp.degree(claim, eta) == len(THREE)


def _two_orders_by_age() -> bool:
    """The claim's two orders of M(x) against the formula above, at three points of large primes."""
    claim = hs.derive(QUADRATIC, PATTERNS)["field_mean"].formula
    return all(_two_orders_at(claim, _primes(shift)) for shift in (0, 3, 7))


def _primes(shift: int) -> dict[sp.Symbol, sp.Expr]:
    """A large prime for each of the twelve coefficients, and for the bias."""
    return {
        c: sp.Integer(sp.prime(1000 + 17 * n + shift))
        for n, c in enumerate((a, *sum(LETTERS.values(), ())))
    }


def _two_orders_at(claim: sp.Expr, at: dict[sp.Symbol, sp.Expr]) -> bool:
    in_rate = sp.Poly(sp.expand(claim.xreplace(at)), eta)
    shown = [_given(x_j * _part(r, x_i, x_j)) for r in (0, 1)]
    before = K - 1 - age
    drift, decay = MEANING[A_0], MEANING[A_1]
    first = shown[0] + (K - 1) * drift * a
    second = (
        age * decay * shown[0]
        + before * drift * shown[1]
        + (K - 1) * (K - 2) / 2 * decay * drift * a
    )
    return all(
        sp.rem(sp.expand(in_rate.coeff_monomial(eta**m) - (D - 1) * one.xreplace(at)), x**2 - 1, x)
        == 0
        for m, one in ((1, first), (2, second))
    )


def _against_all_patterns() -> bool:
    """Every kept order, M and V, every age, at D = 3: K = 2 symbolic, K = 3 with numbers."""
    few = {c: sp.Rational(n, 7) for n, c in enumerate(sum(LETTERS.values(), ()), -5)}
    numbers = QUADRATIC.at(few)
    for rule, patterns, load in ((QUADRATIC, hs.Bipolar(), 2), (numbers, hs.Bipolar(THIRD), 3)):
        theory = hs.derive(rule, patterns)
        for name, lowest in (("field_mean", 1), ("field_variance", 2)):
            claim = theory[name].formula
            for shown in range(load):
                at = {D: sp.Integer(3), K: sp.Integer(load), age: sp.Integer(shown), x: sp.S.One}
                mine = sp.Poly(sp.expand(claim.xreplace(at)), eta)
                truth = hs.enumerate_fields(theory.setting, 3, load, age=shown)
                exact = sp.Poly(getattr(truth, name)(1), eta)
                for m in range(lowest + 3):
                    gap = mine.coeff_monomial(eta**m) - exact.coeff_monomial(eta**m)
                    if sp.expand(gap) != 0:
                        return False
    return True


def error_orders(rule: hs.ExpandedRule, name: str, load: int = 3, shown: int = 1) -> list[sp.Expr]:
    """Errors of a claim at five rates, each half of the one before, against all patterns."""
    biased = hs.Bipolar(THIRD)
    claim = hs.derive(rule, biased)[name].formula
    truth = hs.enumerate_fields(hs.Setting(rule, biased), 3, load, age=shown)
    exact = getattr(truth, name)(1)
    at = {D: sp.Integer(3), K: sp.Integer(load), age: sp.Integer(shown), x: sp.S.One}
    gap = sp.expand(claim.xreplace(at) - exact)
    return [abs(gap.xreplace({eta: rate})) for rate in RATES]


def _errors_shrink_at_the_stated_order() -> bool:
    """Slope of ln error against ln eta between five rates: it tends to the first order dropped."""
    for name, first in (("field_mean", 5), ("field_variance", 6)):
        errors = error_orders(CUBIC, name)
        slopes = [
            hs.evaluate(sp.log(above / below) / sp.log(2)) for above, below in pairwise(errors)
        ]
        misses = [abs(slope - first) for slope in slopes]
        if misses[-1] > sp.Rational(1, 4) or any(n > m for m, n in pairwise(misses)):
            return False
    return True


tau = sp.Symbol("tau")


def _flow_is_the_sum_of_leading_powers() -> bool:
    """K^m eta^m and K^(m-1) eta^m of the three orders, against Taylor series of m and m_1."""
    F = A_0 + A_1 * w + A_2 * w**2
    noise = S - A_0**2
    flow, shift, spread = sp.S.Zero, sp.S.Zero, sp.S.Zero
    for _ in range(3):  # Picard: each round has one more power of tau right
        at = {w: flow}
        slope, bend = sp.diff(F, w).xreplace(at), 2 * A_2
        right = (
            F.xreplace(at),
            slope * shift + bend * spread / 2 - slope * F.xreplace(at) / 2,
            2 * slope * spread + noise,  # G at w = 0: enough for the powers that are compared
        )
        flow, shift, spread = (sp.expand(sp.integrate(sp.expand(e), tau)) for e in right)
    for m, one in enumerate(THREE, 1):
        in_load = sp.Poly(sp.expand(sp.expand_func(one)), K)
        if _same(in_load.coeff_monomial(K**m), flow.coeff(tau, m)) is False:
            return False
        if m > 1 and not _same(in_load.coeff_monomial(K ** (m - 1)), shift.coeff(tau, m - 1)):
            return False
    return True


def _settled_weights() -> bool:
    """w*, and the first orders of mean and variance, against F'' G/(4 F'^2) and -G/(2 F')."""
    rule, patterns = (
        hs.rules.entries["power-bounds"].rule(lam=sp.Rational(1, 2)),
        hs.Binary(sp.Rational(1, 4)),
    )
    theory = hs.derive(rule, patterns)
    F = theory["flow"].formula
    start = max(p for p in theory["fixed_points"].formula)
    up, down = sp.Rational(1, 16), sp.Rational(3, 16)  # x_i = x_j = 1, and x_j alone
    noise = up * (1 - w) ** 4 + down * w**4 / 4 - F**2
    at = {w: start}
    slope, bend, spread = (e.xreplace(at) for e in (sp.diff(F, w), sp.diff(F, w, 2), noise))
    mean, variance = (theory[f"weight_{name}:stationary"].formula for name in ("mean", "variance"))
    gaps = (
        mean.coeff(eta, 0) - start,
        mean.coeff(eta, 1) - bend * spread / (4 * slope**2),
        variance.coeff(eta, 1) + spread / (2 * slope),
    )
    return all(sp.radsimp(sp.expand(gap)) == 0 for gap in gaps)


def _affine_case() -> bool:
    """Decay c(w) = -w beside x_i x_j and its settled law: the exact variance eta/(2 - eta) of the limit."""
    nearly = hs.ExpandedRule(
        2, {(1, 1): eta, (0, 0): -eta * w - eta * w**3 / 10**9}, "nearly affine"
    )
    law = hs.derive(nearly)["weight_variance:stationary"].formula
    exact = sp.series(eta / (2 - eta), eta, 0, 3).removeO()
    return all(
        abs(hs.evaluate(law.coeff(eta, m) - exact.coeff(eta, m))) < sp.Rational(1, 10**8)
        for m in (1, 2)
    )


# ---- the derivation ------------------------------------------------------------------------

_E = sp.Function(r"\operatorname{E}")
_O = sp.Function("O")
_omega, _r, _d = sp.Symbol("omega"), sp.Symbol("r", integer=True), sp.Symbol("d", integer=True)
_f = sp.IndexedBase("f")
_G = sp.Symbol("G")
EXPANSION = sp.Eq(_E(w), sp.Add(*(eta ** (m + 1) * c for m, c in enumerate(THREE))) + _O(eta**4))
FLOW = sp.Eq(sp.Derivative(sp.Function("m")(tau), tau), sp.Function("F")(sp.Function("m")(tau)))
SETTLED = sp.Eq(
    sp.Symbol(r"{\operatorname{E}[w]_\infty}"),
    sp.Symbol("w^*") + eta * sp.Symbol("F''") * _G / (4 * sp.Symbol("F'") ** 2) + _O(eta**2),
)


def derivation() -> hs.Derivation:
    """The scaled weight, three orders by hand, two orders by age, the error, the flow, the law around it."""
    evidence, method = hs.Evidence, hs.Method
    return hs.Derivation(
        (
            hs.Step(
                sp.Eq(
                    sp.Symbol("omega'"), _omega + sp.Sum(eta**_r * _f[_r] * _omega**_r, (_r, 0, _d))
                ),
                "definition omega = w/eta; W = 0 at the start, so omega has a limit as eta goes to zero",
            ),
            hs.Step(
                EXPANSION,
                "one power of omega more comes with one power of eta: the recurrence of the moments is "
                "triangular and its rates are 1, so its powers are binomial coefficients of K",
                evidence(method.SUBSTITUTION, "twelve symbols, bias a, the claim", _three_orders),
            ),
            hs.Step(
                sp.Eq(
                    sp.Symbol("{M(x)/n}"),
                    eta * (sp.Symbol("{E[s f_0]}") + (K - 1) * A_0 * _E(sp.Symbol("s")))
                    + _O(eta**2),
                ),
                "the patterns before, the recalled one with its cue, and those after act one by one",
                evidence(
                    method.SUBSTITUTION,
                    "two orders, symbolic D, K, age and x, three points of twelve primes",
                    _two_orders_by_age,
                ),
            ),
            hs.Step(
                sp.Eq(sp.Symbol("error"), _O(eta ** sp.Symbol("m", integer=True))),
                "the kept orders are those of the exact polynomial in eta, whatever K and age",
                evidence(
                    method.ENUMERATION,
                    "M and V, all ages, D = 3, K = 2 symbolic, K = 3 with numbers",
                    _against_all_patterns,
                ),
            ),
            hs.Step(
                sp.Eq(sp.Symbol(r"d\ln\mathrm{error}/d\ln\eta"), sp.Symbol("m", integer=True)),
                "what is left is dominated by the first order that was dropped",
                evidence(
                    method.ENUMERATION,
                    "slopes between five rates, cubic rule, M and V",
                    _errors_shrink_at_the_stated_order,
                ),
            ),
            hs.Step(
                FLOW,
                "at fixed tau = eta K the highest power of K at each order is left",
                evidence(
                    method.LIMIT,
                    "three orders of m, two of m_1, symbolic",
                    _flow_is_the_sum_of_leading_powers,
                ),
            ),
            hs.Step(
                SETTLED,
                "the two equations at rest, F = 0 and F' < 0",
                evidence(method.SUBSTITUTION, "soft bounds with a power", _settled_weights),
            ),
            hs.Step(
                sp.Eq(sp.Symbol(r"{\operatorname{Var}(w)_\infty}"), eta / (2 - eta)),
                "the affine case, whose law is known for every rate",
                evidence(method.LIMIT, "a cubic part that vanishes", _affine_case),
            ),
        )
    )


THEOREM = hs.Theorem(
    name="learning_rate_expansion",
    title="For rules polynomial in the weight moments close at every order in the learning rate",
    statement=(EXPANSION, FLOW, SETTLED),
    derive=derivation,
    prose=__doc__,
    assumptions=(
        "entries independent over units and patterns, with the same law for each",
        "W = 0 at the start, patterns shown once each",
        "Delta w = eta f with f polynomial in w and free of eta",
        "for the flow: eta small at fixed eta K; for the settled law: F' < 0 at the fixed point",
    ),
    source="derived here; kampen2007 for the linear noise approximation (unverified)",
)
