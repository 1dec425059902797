r"""How each coefficient sets the capacity, why no pairwise rule matches dense memories, what does, and at what price.

The question of the prospectus: how does each choice of coefficients of the expanded Hebbian rule affect the
capacity of the memory that it trains, and can any such rule match the dense associative memories?

Let D units store K independent patterns of fair signs, and recall a stored pattern in one step. $K_{\max}$ is
the number of patterns at which the signal-to-noise ratio rho has fallen to $z^2$.

(a) The coefficients. A rule of any order acts on signs through four sums of its coefficients, by the parities of their
two exponents: $c_0$ (even, even), $c_{\mathrm{post}}$ (odd, even), $c_{\mathrm{pre}}$ (even, odd) and
$c_{\mathrm{corr}}$ (odd, odd). Only $c_{\mathrm{corr}}$ carries signal: each of the others lowers the capacity,
whatever its sign, and $c_0$ lowers it most, from a multiple of D to a multiple of $\sqrt{D}$. The activity
product alone is the best rule at every D and K. On patterns of mean $a$, and on any two values, rho is a quotient
of quadratic forms, every coefficient has a price, and $c^{*}=N^{-1}s$ is the best rule; the capacity grows like D
if and only if the drift and the post part vanish, and as D grows the best rule is the covariance rule.

(b) Pairs. No additive local rule on pairwise synapses stores more than $1+(D-1)/z^2$ patterns. No pairwise
weights whatever change that power of D, however they were found, by local rules or not, in one shot or in many, with or
without dependence on the weights: with a share epsilon < 1/2 of a unit's patterns wrong, more than $\alpha_\epsilon(D-1)$
patterns are stored with a probability that falls exponentially in D, where $\alpha_0=2$. A dense memory of degree n
stores $K_{\max}\propto D^{n-1}$. For n > 2 no pairwise rule matches it at large D, and errors that
are allowed change a factor and no power of D.

(c) What does. The same local rule, the product of the values at the units that a synapse joins, on synapses of n bodies: with W
plastic synapses at a unit it stores $1+W/z^2$ patterns, $W=\binom{D-1}{n-1}$, and every dense memory whose update
leaves the unit out of the overlap is such a rule. The price is the synapses: $z^2$ for each pattern and unit, at every n,
and no weights on them store more than $\alpha_\epsilon W$, so that the share of the bound that local
learning attains does not depend on n either. Or a pairwise rule with hidden units, a fresh one for every pattern: one
synapse for each pattern and unit, and one unit more.

So the line between Hebbian and dense memories is not locality. It is the number of synapses of a unit, and both
sides obey one law: capacity is synapses over $z^2$.

Where it fails: rho and the errors are those of one step; recall that runs to its end has other constants (theorem
mean_field). Correlated patterns, masked cues and thresholds that adapt change constants. The bound is a union bound
and need not be reached. Rules whose weights forget store less than the additive ones (theorem palimpsest_capacity), and obey the same bound.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from types import ModuleType

import sympy as sp

import hebbsym as hs
from derivations import (
    coefficient_theorem,
    covariance_optimum,
    general_theorem,
    hidden_units,
    interaction_order,
    reduction,
    scaling_theorem,
)
from derivations.coefficient_theorem import prices
from derivations.field_moments import GENERAL
from derivations.general_theorem import K_MAX, eq, n
from hebbsym.notation import D, K, coefficient, epsilon, rho, tail, z

SUMS = sp.symbols(r"c_{0} c_{\mathrm{post}} c_{\mathrm{pre}} c_{\mathrm{corr}}", real=True)
c_0, c_post, c_pre, c_corr = SUMS
W, LIMIT_LOAD = sp.symbols(r"W \alpha_{\epsilon}", positive=True)
NOISE = K**2 * c_0**2 + K * c_post**2 + (K - 1) * (c_pre**2 + c_corr**2)
RHO = eq(rho, (D - 1) * c_corr**2 / NOISE)
SLOPE = sp.diff(NOISE, K)
PRICES = (
    -2 * K * c_0 / SLOPE,
    -2 * c_post / SLOPE,
    -2 * c_pre * (K - 1) / (K * SLOPE),
    2 / (K * c_corr * SLOPE) * (K**2 * c_0**2 + K * c_post**2 + (K - 1) * c_pre**2),
)
POWER = sp.Function(r"K_{\max}")(n)
GROWTH = eq(sp.Limit(POWER / D ** (n - 1), D, sp.oo), 1 / (z**2 * sp.factorial2(2 * n - 3)))
PAIRWISE = hs.derive(hs.nbody_products((2,)), quantities=["capacity:cover:errors"])[
    "capacity:cover:errors"
]
ANY = sp.Le(K_MAX, LIMIT_LOAD * (D - 1), evaluate=False)
OUTRUN = eq(sp.Limit(LIMIT_LOAD * (D - 1) / POWER, D, sp.oo), sp.S.Zero)
CROSSING = sp.Gt(D, 2 + 2 * z**2 * LIMIT_LOAD, evaluate=False)
SHARE = eq((K_MAX - 1) / (LIMIT_LOAD * W), 1 / (z**2 * LIMIT_LOAD))


def quoted(theorem: ModuleType, equation: sp.Basic) -> hs.Step:
    """The step of another theorem that derives an equation, with its evidence."""
    (step,) = (s for s in theorem.derivation().steps if s.equation == equation)
    return replace(step, reason=f"theorem {theorem.THEOREM.name}: {step.reason}")


def price_of(place: sp.Symbol, value: sp.Expr) -> sp.Eq:
    """d ln K_max / d c as an equation."""
    return eq(sp.Symbol(rf"\frac{{\partial \ln K_{{\max}}}}{{\partial {place.name}}}"), value)


# ---- evidence ------------------------------------------------------------------------------


def _four_sums() -> bool:
    """rho of the general rules of order 2, 3 and 4 with all coefficients symbolic, against the four sums."""
    for order in (2, 3, 4):
        sums = dict.fromkeys(SUMS, sp.S.Zero)
        for p in range(order + 1):
            for q in range(order + 1 - p):
                sums[SUMS[p % 2 + 2 * (q % 2)]] += coefficient(p, q)
        found = hs.derive(hs.ExpandedRule(order))["snr"].formula
        if sp.cancel(found - RHO.rhs.xreplace(sums)) != 0:
            return False
    return True


@lru_cache(maxsize=1)
def _prices_by_two_routes() -> bool:
    """The matrices of coefficient_theorem at symbolic coefficients; and the derivative of the exact root."""
    setting = hs.Setting(GENERAL, hs.Bipolar())
    named = dict(zip(SUMS, map(coefficient, (0, 1, 0, 1), (0, 0, 1, 1)), strict=True))
    general = prices(setting, sp.Matrix([named[c] for c in SUMS]))
    if any(
        sp.cancel(found - one.xreplace(named)) != 0
        for found, one in zip(general, PRICES, strict=True)
    ):
        return False
    root = hs.derive(GENERAL)["capacity:snr"].formula
    at = {coefficient(*pq): sp.Rational(v, 7) for pq, v in POINT.items()} | {D: sp.Integer(60)}
    at |= {z: sp.Rational(3, 2)}
    at_root = {**at, K: root.xreplace(at)}
    for place, one in zip(POINT, PRICES, strict=True):
        slope = hs.evaluate(sp.diff(sp.log(root), coefficient(*place)), at)
        claimed = hs.evaluate(one.xreplace(named).xreplace(at_root))
        if abs(slope - claimed) > 1e-20 * abs(claimed):
            return False
    return True


POINT = {(0, 0): 1, (1, 0): 3, (0, 1): -2, (1, 1): 5}


def _each_other_coefficient_costs() -> bool:
    """c d ln K_max / d c of the three is minus a square over a sum of squares, and all four add to zero."""
    shares = [sp.cancel(c * one) for c, one in zip(SUMS, PRICES, strict=True)]
    squares = (2 * K * c_0**2, 2 * c_post**2, 2 * (K - 1) * c_pre**2 / K)
    each = all(
        sp.cancel(share + square / SLOPE) == 0
        for share, square in zip(shares, squares, strict=False)
    )
    return each and sp.cancel(sum(shares)) == 0 and SLOPE.subs(c_corr, 1).is_positive


def _drift_costs_a_root() -> bool:
    """K_max with c_0 = c_corr over sqrt(D), and with c_post = c_pre = c_corr over D, as D grows."""
    drifting, mixed = (
        sp.solve(RHO.rhs.subs(values) - z**2, K)
        for values in (
            {c_0: 1, c_post: 0, c_pre: 0, c_corr: 1},
            dict.fromkeys(SUMS[1:], 1) | {c_0: 0},
        )
    )
    root = max(drifting, key=lambda e: e.subs({D: 10**6, z: 1}).evalf())
    return sp.limit(root / sp.sqrt(D), D, sp.oo) == 1 / z and sp.limit(
        mixed[0] / D, D, sp.oo
    ) == 1 / (3 * z**2)


def _powers_grow() -> bool:
    """The exact capacities of the plain powers, n = 2 .. 5."""
    for bodies in range(2, 6):
        found = hs.derive(hs.nbody_power(bodies), quantities=["capacity:snr"])["capacity:snr"]
        wanted = GROWTH.rhs.xreplace({n: sp.Integer(bodies)})
        if sp.limit(sp.cancel(found.formula / D ** (bodies - 1)), D, sp.oo) != wanted:
            return False
    return True


def _pairs_are_outrun() -> bool:
    """Quotient of the two for n = 3 .. 5, powers and products; at n = 2 it stays."""
    for bodies, make in ((b, r) for b in range(2, 6) for r in (hs.nbody_power, _product)):
        found = hs.derive(make(bodies), quantities=["capacity:snr"])["capacity:snr"].formula
        quotient = sp.limit(sp.cancel(sp.expand_func((D - 1) / found)), D, sp.oo)
        if (quotient == 0) != (bodies > 2):
            return False
    return True


def _product(bodies: int) -> hs.NBodyRule:
    return hs.nbody_products((bodies,))


def _crossing_at_one_in_fifty() -> bool:
    """epsilon = 1/50, n = 3: D = 32 is past the crossing and 31 is not, by the claims themselves."""
    share = sp.Rational(1, 50)
    dense = hs.derive(_product(3), quantities=["capacity:bit"])["capacity:bit"].formula
    past = [
        bool(
            hs.evaluate(dense, {D: sp.Integer(size), epsilon: share}) - 1
            > hs.evaluate(PAIRWISE.formula, {D: sp.Integer(size), epsilon: share})
        )
        for size in (31, 32, 60)
    ]
    z_squared = 2 * sp.erfcinv(2 * share) ** 2
    load = hs.evaluate(hs.bound("cover:errors").formula, {epsilon: share})
    edge = 2 + 2 * hs.evaluate(z_squared) * load
    exact = abs(hs.evaluate(tail(sp.sqrt(z_squared))) - hs.evaluate(share)) < 1e-20
    return past == [False, True, True] and bool(31 < edge < 32) and bool(exact)


def _same_share_at_every_order() -> bool:
    """Claims of n = 2 .. 5: K_max - 1 over the bound is one number, symbolic in D and z."""
    shares = set()
    for bodies in range(2, 6):
        theory = hs.derive(_product(bodies), quantities=["capacity:snr", "synapses"])
        stored, count = (
            sp.expand_func(theory[name].formula) for name in ("capacity:snr", "synapses")
        )
        shares.add(sp.cancel((stored - 1) / count))
    return shares == {1 / z**2}


# ---- the derivation ------------------------------------------------------------------------


def _coefficient_steps() -> tuple[hs.Step, ...]:
    evidence, method = hs.Evidence, hs.Method
    by_parity = reduction.derivation().steps[2].equation
    return (
        quoted(reduction, by_parity),
        hs.Step(
            RHO,
            "M and V of the rule with four coefficients, the sums over the parities of the exponents",
            evidence(
                method.SECOND_ROUTE,
                "the engine on the rules of order 2, 3 and 4 with 6, 10 and 15 symbolic coefficients",
                _four_sums,
            ),
        ),
        *(
            hs.Step(
                price_of(place, value),
                "implicit differentiation of rho(c, K) = z^2 at K = K_max",
                evidence(
                    method.SECOND_ROUTE,
                    "the matrices s and N at symbolic coefficients, and the derivative of the exact root, 20 digits",
                    _prices_by_two_routes,
                ),
            )
            for place, value in zip(SUMS, PRICES, strict=True)
        ),
        hs.Step(
            sp.Le(sp.Symbol(r"c\,\partial \ln K_{\max}/\partial c"), 0, evaluate=False),
            "for c_0, c_post and c_pre: minus a square over a sum of squares; for c_corr their sum, so that "
            "the capacity does not depend on the scale",
            evidence(method.SUBSTITUTION, "symbolic coefficients", _each_other_coefficient_costs),
        ),
        hs.Step(
            eq(
                sp.Symbol(r"\lim K_{\max}/\sqrt{D}"), sp.Symbol(r"|c_{\mathrm{corr}}|/(z\,|c_{0}|)")
            ),
            "c_0 is a drift: its noise grows with K^2; the other two leave K_max proportional to D",
            evidence(method.LIMIT, "exact roots at equal coefficients", _drift_costs_a_root),
        ),
        quoted(coefficient_theorem, coefficient_theorem.PRICE),
        quoted(coefficient_theorem, coefficient_theorem.BEST),
        quoted(scaling_theorem, scaling_theorem.EXPONENTS),
        quoted(covariance_optimum, covariance_optimum.LIMIT),
    )


def _pair_steps() -> tuple[hs.Step, ...]:
    evidence, method = hs.Evidence, hs.Method
    order = interaction_order.derivation().steps[1].equation
    return (
        quoted(general_theorem, general_theorem.PAIRS),
        *PAIRWISE.derivation.steps,
        hs.Step(
            GROWTH,
            "the rule of products whose separation function is the plain power; its exact K_max is "
            "$1+(D-1)^{2n-2}/(z^2\\,\\mathrm{E}q^{2n-2})$",
            evidence(method.LIMIT, "exact capacities, n = 2 .. 5", _powers_grow),
        ),
        hs.Step(
            OUTRUN,
            "a bound of order D against a capacity of order $D^{n-1}$, n > 2",
            evidence(
                method.LIMIT,
                "exact capacities of powers and products, n = 3 .. 5; at n = 2 the limit is not zero",
                _pairs_are_outrun,
            ),
        ),
        hs.Step(
            CROSSING,
            "the best rule on synapses of three bodies is past the bound on all pairwise weights: "
            "$(D-1)(D-2)/(2z^2)$ against $\\alpha_\\epsilon(D-1)$",
            evidence(
                method.NUMERIC,
                "epsilon = 1/50, $z=Q^{-1}(\\epsilon)$: from D = 32 on",
                _crossing_at_one_in_fifty,
            ),
        ),
        quoted(interaction_order, order),
    )


def _synapse_steps() -> tuple[hs.Step, ...]:
    evidence, method = hs.Evidence, hs.Method
    return (
        quoted(general_theorem, general_theorem.BEST),
        quoted(general_theorem, general_theorem.LOAD),
        quoted(general_theorem, general_theorem.SHARE_OF_POWER),
        quoted(general_theorem, general_theorem.BOUND),
        hs.Step(
            SHARE,
            "both are multiples of the number of synapses",
            evidence(
                method.SUBSTITUTION, "claims of n = 2 .. 5, symbolic", _same_share_at_every_order
            ),
        ),
        quoted(hidden_units, hidden_units.RULE),
        quoted(hidden_units, eq(hidden_units.BEST, hidden_units.DENSE)),
        quoted(hidden_units, eq(hidden_units.W, K)),
    )


def derivation() -> hs.Derivation:
    """Coefficients; pairs; synapses of many bodies and hidden units."""
    return hs.Derivation((*_coefficient_steps(), *_pair_steps(), *_synapse_steps()))


THEOREM = hs.Theorem(
    name="answer",
    title="Capacity counts synapses: Hebbian and dense memories under one law",
    statement=(
        RHO,
        *(price_of(place, value) for place, value in zip(SUMS, PRICES, strict=True)),
        coefficient_theorem.BEST,
        general_theorem.PAIRS,
        ANY,
        GROWTH,
        general_theorem.LOAD,
        SHARE,
    ),
    derive=derivation,
    prose=__doc__,
    assumptions=(
        "patterns are independent, their entries fair and independent signs (biased, with mean $a$, where a mean is named); "
        "K > 1; no self-coupling; weights zero at the start",
        "the cue is a stored pattern; one step of recall, h_i compared with zero",
        "rules of (a) are additive: the increment of a synapse depends on the values at the units that it joins, "
        "and not on the weight; c_corr is not zero",
        "criterion: rho >= z^2 with z fixed; $z=Q^{-1}(\\epsilon)$ for a share epsilon of wrong bits, as the crosstalk becomes "
        "Gaussian",
        "bound of (b) and (c): any weights on these synapses, at any unit; the share of the unit's patterns that are "
        "wrong is at most epsilon < 1/2; the labels are fair and independent of the other units' values; one weight "
        "more where the threshold is free",
    ),
    source="derived here; cover1965 (the count), dayan1991 (the covariance rule), krotov2016 (powers), krotov2021 (hidden units)",
    exhibits=hs.synapse_exhibits,
)
