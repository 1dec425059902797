r"""Oja's rule on bipolar patterns is a palimpsest (Corollary 2.8.2): Hebb's rule with a decay of rate eta.

The expansion of Delta w = eta x_i (x_j - w x_i) about (0, 0) has two terms: $c_2^{\mathrm{corr}} = \eta$, and
$c_2^{\mathrm{post}}(w) = -\eta w$, of order 2 in the activities and affine in the weight. With x_i clamped to a
stored sign, x_i^2 = 1, whatever the bias of the patterns: the rule is then $w \to (1-\eta) w + \eta x_i x_j$, so that
weights stay bounded by themselves, $|w_{ij}| \le 1 - (1-\eta)^K < 1$, and what a pattern left fades with every
pattern shown after it.

On unbiased patterns the field of a pattern of age g is, with n = D - 1, exactly
$h_i = \eta n (1-\eta)^g x + \eta \sum_{k \ne g} (1-\eta)^k Y_k$, the Y_k independent of each other and of x, each
a sum of n independent signs: the products $\xi_i^\mu \xi_j^\mu s_j$ of the other patterns are n (K - 1)
independent signs, since the factor $\xi_j^\mu$ of each is a sign of its own. M, V and rho follow. As K grows it drops
out of them: old patterns are lost one by one instead of all at once. As eta goes to 0 rho goes to n/(K - 1), that of
plain Hebb, at every age.

On print: the corollary lists c_2^post among coefficients that are "set" beside constants. It is a function
of the weight, so that Oja's rule is affine and not additive, and a capacity theorem with constant coefficients
does not cover it. "Weights are naturally normalized" is here the bound on each weight; the norm 1 of all
weights of a unit belongs to the rule with its own output (theorem ``oja_own_output``).
"""

from collections import Counter
from itertools import product
from math import comb

import sympy as sp

import hebbsym as hs
from hebbsym.notation import D, K, age, coefficient, eta, i, j, lam, mu, rho, w, x, x_i, x_j, xi

n, q = D - 1, 1 - eta
k, t = sp.Symbol("k", integer=True, nonnegative=True), sp.Symbol("t", real=True)
OJA = hs.rules["oja"]
MEAN = eta * n * q**age * x
VARIANCE = n * (eta * (1 - q ** (2 * K)) / (2 - eta) - eta**2 * q ** (2 * age))
TRACE = eta * (2 - eta) * q ** (2 * age)
RATIO = n * TRACE / (1 - q ** (2 * K) - TRACE)
SETTLED = n * TRACE / (1 - TRACE)
SPREAD = eta * (1 - q ** (2 * K)) / (2 - eta)
SIZES = ((3, 2), (3, 3), (4, 3))


def _ages() -> list[tuple[int, int, int]]:
    return [(units, load, old) for units, load in SIZES for old in range(load)]


def _at(expression: sp.Expr, units: int, load: int, old: int = 0) -> sp.Expr:
    return expression.xreplace(
        {D: sp.Integer(units), K: sp.Integer(load), age: sp.Integer(old)}
    ).doit()


# ---- evidence ------------------------------------------------------------------------------


def _expansion() -> bool:
    """Derivatives of the printed rule at (0, 0), to total order 4, against the registry."""
    printed = eta * x_i * (x_j - w * x_i)
    origin = {x_i: sp.S.Zero, x_j: sp.S.Zero}
    found = {}
    for p, r in product(range(5), repeat=2):
        if p + r <= 4:
            slope = sp.diff(printed, x_i, p, x_j, r).xreplace(origin)
            found[p, r] = sp.expand(slope / (sp.factorial(p) * sp.factorial(r)))
    kept = {pq: c for pq, c in found.items() if c != 0}
    return kept == {(1, 1): eta, (2, 0): -eta * w} == OJA.terms


def _not_additive() -> bool:
    """Its class, and an equal increment of two patterns in two orders that leaves two weights."""

    def after(pairs: tuple[tuple[int, int], ...]) -> sp.Expr:
        weight = sp.S.Zero
        for u, v in pairs:
            weight += OJA.update.xreplace({x_i: sp.Integer(u), x_j: sp.Integer(v), w: weight})
        return sp.expand(weight)

    orders = after(((1, 1), (1, -1))), after(((1, -1), (1, 1)))
    return OJA.rule_class is hs.RuleClass.AFFINE and orders[0] - orders[1] == -2 * eta**2


def _reduced() -> bool:
    """The table on signs, the reduction, and the equalities that are found without being asked for."""
    decay = hs.rules.entries["decay"].rule(lam=eta, eta=eta)
    gap = OJA.update - decay.update
    signs = (sp.S.One, sp.S.NegativeOne)
    table = {sp.expand(gap.xreplace({x_i: u, x_j: v})) for u, v in product(signs, repeat=2)}
    listed = {
        (e.first, e.second): dict(e.values) for e in hs.equalities((-1, 1)) if not e.everywhere
    }
    return (
        table == {0}
        and hs.reduced(OJA, (-1, 1)).terms == decay.terms
        and listed["oja", "decay"] == {"lam": eta, "eta": eta}
        and listed["decay", "oja"] == {"eta": lam}
        and ("oja", "decay") not in {(e.first, e.second) for e in hs.equalities((0, 1))}
    )


def _weights() -> bool:
    """Oja's own update, four patterns, every assignment of signs: against the sum, and its bound."""
    load = 4
    for signs in product((-1, 1), repeat=2 * load):
        weight, closed = sp.S.Zero, sp.S.Zero
        for m, (u, v) in enumerate(zip(signs[::2], signs[1::2], strict=True), 1):
            here = {x_i: sp.Integer(u), x_j: sp.Integer(v), w: weight}
            weight += OJA.update.xreplace(here)
            closed += eta * q ** (load - m) * u * v
        if sp.expand(weight - closed) != 0:
            return False
    geometric = sp.Sum(eta * q**k, (k, 0, load - 1)).doit()
    return bool(sp.expand(geometric - (1 - q**load)) == 0)


def _laws() -> bool:
    """The whole law of the field at D = 3, K = 3, every age, symbolic eta, against independent signs."""
    units, load = 3, 3
    inputs = units - 1
    sums = {inputs - 2 * down: sp.Rational(comb(inputs, down), 2**inputs) for down in range(3)}
    for old in range(load):
        others = [m for m in range(load) if m != old]
        mine: Counter[sp.Expr] = Counter()
        for values in product(sums, repeat=len(others)):
            field = eta * inputs * q**old
            field += sp.Add(*(eta * q**m * y for m, y in zip(others, values, strict=True)))
            mine[sp.expand(field)] += sp.Mul(*(sums[y] for y in values))
        truth = hs.enumerate_fields(hs.Setting(OJA), units, load, age=old).field_law(1)
        if dict(mine) != truth:
            return False
    return True


def _moments_from_the_law() -> bool:
    """Derivatives of ln E[exp(i t (h - M))] at 0, the sum over ages done symbolically."""
    one = n * sp.log(sp.cos(eta * q**k * t))
    spread = -sp.diff(one, t, 2).xreplace({t: sp.S.Zero})
    total = sp.Sum(spread, (k, 0, K - 1)) - spread.xreplace({k: age})
    return all(
        sp.cancel(_at(total - VARIANCE, units, load, old)) == 0 for units, load, old in _ages()
    ) and not sp.diff(one, t).xreplace({t: sp.S.Zero})


def _enumerated() -> bool:
    """M, V, rho over all patterns at three sizes and every age, and the claims at symbolic sizes."""
    theory = hs.derive(OJA)
    for units, load, old in _ages():
        truth = hs.enumerate_fields(hs.Setting(OJA), units, load, age=old)
        for stored in (sp.S.One, sp.S.NegativeOne):
            mean = MEAN.xreplace({x: stored})
            if sp.expand(_at(mean, units, load, old) - truth.field_mean(stored)) != 0:
                return False
            gap = _at(VARIANCE, units, load, old) - truth.field_variance(stored)
            if sp.cancel(gap) != 0:
                return False
        if sp.cancel(sp.together(_at(RATIO, units, load, old) - truth.snr())) != 0:
            return False
    pairs = (("field_mean", MEAN), ("field_variance", VARIANCE), ("snr", RATIO))
    return all(_same_in_powers(theory[name].formula, mine) for name, mine in pairs)


def _same_in_powers(first: sp.Expr, second: sp.Expr) -> bool:
    """Equal as rational functions in eta, D and the powers q^age and q^K."""
    fading, left = sp.symbols("y Y")

    def free(e: sp.Expr) -> sp.Expr:
        for factor in (1, 2):
            e = e.subs({q ** (factor * age): fading**factor, q ** (factor * K): left**factor})
        return e

    gap = free(first) - free(second)
    return not gap.has(age, K) and sp.cancel(sp.together(gap)) == 0


def _settles() -> bool:
    """The limit K to infinity at rational rates, and the claim of the stationary ratio."""
    claim = hs.derive(OJA)["snr:stationary"].formula
    for rate, old in product((sp.Rational(1, 9), sp.Rational(2, 3)), (0, 3)):
        at = {eta: rate, age: sp.Integer(old)}
        if sp.cancel(sp.limit(RATIO.xreplace(at), K, sp.oo) - SETTLED.xreplace(at)) != 0:
            return False
    return _same_in_powers(claim, SETTLED)


def _slow_learning() -> bool:
    """eta to 0 at K = 2 .. 6 and every age: n/(K - 1)."""
    return all(
        sp.cancel(
            sp.limit(sp.cancel(RATIO.xreplace({K: sp.Integer(m), age: sp.Integer(g)})), eta, 0)
            - n / sp.Integer(m - 1)
        )
        == 0
        for m in range(2, 7)
        for g in range(m)
    )


def _spread_of_weights() -> bool:
    """Var(w) over all patterns at K = 1 .. 4, and on biased patterns the mean a^2 (1 - q^K)."""
    bias = sp.Rational(1, 3)
    for load in range(1, 5):
        fair = hs.enumerate_fields(hs.Setting(OJA), 2, load)
        biased = hs.enumerate_fields(hs.Setting(OJA, hs.Bipolar(bias)), 2, load)
        if sp.cancel(fair.weight_variance() - _at(SPREAD, 2, load)) != 0:
            return False
        if sp.expand(biased.weight_mean() - bias**2 * (1 - q**load)) != 0:
            return False
    return True


# ---- the derivation ------------------------------------------------------------------------

_M, _V, _E = (sp.Function(name) for name in ("M", "V", r"\operatorname{E}"))
_corr = coefficient(1, 1)
_W, _Y = sp.IndexedBase("w", real=True), sp.IndexedBase("Y")
_h = sp.Symbol("h_i")
_limit = sp.Symbol(r"\rho_{\infty}")
WEIGHTS = sp.Eq(_W[i, j], eta * sp.Sum(q ** (K - mu) * xi[mu, i] * xi[mu, j], (mu, 1, K)))
CORRELATED = sp.Eq(_corr, eta)
POST = sp.Eq(sp.Function(r"c_2^{\mathrm{post}}")(w), -eta * w)


def _rule_steps() -> tuple[hs.Step, ...]:
    evidence, method = hs.Evidence, hs.Method
    return (
        hs.Step(
            sp.Eq(sp.Symbol(r"{\Delta w_{ij}}"), OJA.update, evaluate=False),
            "Taylor expansion about (0, 0): the second derivatives are eta and -2 eta w, all others vanish",
            evidence(method.SUBSTITUTION, "derivatives to order 4, and the registry", _expansion),
        ),
        hs.Step(
            POST,
            "of order 2 in the activities and affine in the weight, so the order of the patterns matters",
            evidence(method.SUBSTITUTION, "two patterns in two orders", _not_additive),
        ),
        hs.Step(
            sp.Eq(sp.Symbol("{w'_{ij}}"), q * w + eta * x_i * x_j, evaluate=False),
            "x_i^2 = 1 on signs: Hebb's rule with decay, and the other way round up to the scale of W",
            evidence(method.ENUMERATION, "the table on signs; hs.equalities", _reduced),
        ),
        hs.Step(
            WEIGHTS,
            "each later pattern multiplies by 1 - eta; the sizes add up to 1 - (1 - eta)^K < 1",
            evidence(method.ENUMERATION, "all signs, four patterns, symbolic eta", _weights),
        ),
        hs.Step(
            sp.Eq(sp.Function(r"\operatorname{Var}")(_W[i, j]), SPREAD),
            "unbiased: the K products of signs are independent, and eta^2/(1 - (1 - eta)^2) = eta/(2 - eta)",
            evidence(
                method.ENUMERATION, "K = 1 .. 4; with a bias also the mean", _spread_of_weights
            ),
        ),
    )


def _field_steps() -> tuple[hs.Step, ...]:
    evidence, method = hs.Evidence, hs.Method
    others = sp.Sum(q**k * _Y[k], (k, 0, K - 1)) - q**age * _Y[age]
    product_of_cosines = (
        sp.Product(sp.cos(eta * q**k * t) ** n, (k, 0, K - 1)) / sp.cos(eta * q**age * t) ** n
    )
    return (
        hs.Step(
            sp.Eq(_h, eta * n * q**age * x + eta * others, evaluate=False),
            "W inserted; the recalled pattern gives n times x, and each other one n independent signs",
            evidence(method.ENUMERATION, "whole law, D = K = 3, every age, symbolic eta", _laws),
        ),
        hs.Step(
            sp.Eq(_E(sp.exp(sp.I * t * (_h - _M(x)))), product_of_cosines, evaluate=False),
            "the average of exp(i t y) over a sign y is cos t",
            evidence(
                method.SECOND_ROUTE,
                "second derivative of its logarithm, summed over ages, is V",
                _moments_from_the_law,
            ),
        ),
        hs.Step(sp.Eq(_M(x), MEAN), "the mean of a sign is 0"),
        hs.Step(
            sp.Eq(_V(x), VARIANCE),
            "the geometric series over all ages, less that of the recalled pattern",
            evidence(
                method.ENUMERATION,
                f"M, V, rho, every age, (D, K) in {SIZES}; the claims at symbolic D, K, age",
                _enumerated,
            ),
        ),
        hs.Step(
            sp.Eq(rho, RATIO), "definition: rho = M(1)^2/V on two opposite values with equal V"
        ),
        hs.Step(
            sp.Eq(_limit, SETTLED),
            "K to infinity at a fixed age",
            evidence(method.LIMIT, "two rates, two ages; the claim at symbolic age", _settles),
        ),
        hs.Step(
            sp.Eq(sp.Limit(rho, eta, 0), n / (K - 1), evaluate=False),
            "all patterns then weigh alike",
            evidence(method.LIMIT, "K = 2 .. 6, every age", _slow_learning),
        ),
    )


def derivation() -> hs.Derivation:
    """The coefficients, the reduction on signs, the weights; the law of the field and its moments."""
    return hs.Derivation((*_rule_steps(), *_field_steps()))


THEOREM = hs.Theorem(
    name="oja_palimpsest",
    title="Oja's rule on bipolar patterns is Hebb's rule with decay: a palimpsest",
    statement=(
        CORRELATED,
        POST,
        WEIGHTS,
        sp.Eq(_M(x), MEAN),
        sp.Eq(_V(x), VARIANCE),
        sp.Eq(rho, RATIO),
    ),
    derive=derivation,
    prose=__doc__,
    assumptions=(
        "the postsynaptic activity is clamped to the stored sign",
        "for the field: patterns independent and unbiased, the cue is the stored pattern, no diagonal",
        "W = 0 before learning, patterns shown once each, 0 < eta < 1",
        "the recalled pattern has the age of as many patterns as were shown after it",
    ),
    source="oja1982 (equation unverified); Corollary 2.8.2 of the prospectus; derived here",
)
