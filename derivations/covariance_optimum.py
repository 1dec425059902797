r"""The covariance rule is the best rule of any order on two-valued patterns, as D and K grow.

On two values every rule is A + b (x_i - a) + c (x_j - a) + d (x_i - a)(x_j - a), whatever its order. On
bipolar patterns of mean a, with v = 1 - a^2, n = D - 1, k = K - 1 and a complete cue, the best rule is

    b* / d* = a (1 + k v) / (1 + k v + (n - 1) a^2 k v),   c* = 0,   A* = a (b* - a d*) / K,

and no rule of any order exceeds

    rho* = n (1 + k v + (n - 1) a^2 k v^2) / (k v (v + (1 + (n - 1) a^2)(a^2 + k v))).

As D and K grow, b*/d* falls like 1/(a D) and A*/d* like 1/K: the limit of c* is (x_i - a)(x_j - a), and
the covariance rule itself has rho = n v / (k v + a^2 (1 + a^2)), short of rho* by a relative amount of
order 1/D + 1/K. On binary patterns of activity f the post part is f/(1 + (n - 1) f), whatever K is.

A centred cue, s = xi - a, makes the best rule b*/d* = 2 a/(1 + k v), c* = 0, A* = a (b* - 2 a d*)/K, with

    rho* = n / (k (v + 4 a^2/(1 + k v))).

For K fixed and D to infinity centring the cue multiplies rho* by

    1 + a^2 (1 - k v)^2 / (k v (v (1 + k v) + 4 a^2)) >= 1,

which tends to 1/v as K grows: 1/(1 - a^2) times as many patterns, 1/(1 - f) times on binary ones. At small
D it may lose. With a centred cue bipolar and binary patterns with a = 2 f - 1 are one and the same problem.

Under inhibition the statement is false: the best ratio belongs to a rule with a large negative drift,
which copies the cue through the missing diagonal (see scaling_theorem).

Assumptions: entries independent over units and patterns; complete cue; auto-association, no diagonal; zero,
fixed or optimal threshold; K > 1 and 0 < |a| < 1 (at a = 0 the best rule is x_i x_j at every D and K).

References: dayan1991 finds the covariance rule in the limit; the exact optimum is derived here.
"""

from functools import lru_cache

import sympy as sp

import hebbsym as hs
from derivations.coefficient_theorem import signal_and_noise
from derivations.field_moments import BASIS, k, n
from hebbsym.notation import D, K, a, alpha, f, x_i, x_j

A, b, c, d = sp.symbols("A b c d", real=True)
PARTS = (A, b, c, d)
v, w = 1 - a**2, f * (1 - f)
CENTRED = hs.Exact(centred=sp.S.One)
HIGHEST = 5
D_K = {n: D - 1, k: K - 1}

NOISE = (
    4
    * n
    * v
    * (
        (A * (1 + k) - a * (b + c) + a**2 * d) ** 2
        + (b - a * d) ** 2
        + k * ((1 + (n - 1) * a**2) * b**2 + c**2 + v * d**2)
    )
)
SIGNAL = 2 * n * (a * b + v * d)
CENTRED_NOISE = (
    4
    * n
    * v
    * (
        (A * (1 + k) - 2 * a * c - a * (b - 2 * a * d)) ** 2
        + (b - 2 * a * d) ** 2
        + k * v * (b**2 + c**2 + v * d**2)
    )
)
CENTRED_SIGNAL = 2 * n * v * d
BINARY_NOISE = (
    2
    * n
    * w
    * (
        (A * (1 + k) - f * b + (1 - f) * (c - f * d)) ** 2
        + (A * (1 + k) + (1 - f) * (b + c - f * d) + (1 - f) * d) ** 2
        + 2 * k * f * ((1 + (n - 1) * f) * b**2 + c**2 + w * d**2)
    )
)
BINARY_SIGNAL = n * f * (b + (1 - f) * d)

# the best rules, d = 1
POST = a * (1 + k * v) / (1 + k * v + (n - 1) * a**2 * k * v)
BEST = {A: a * (POST - a) / (1 + k), b: POST, c: sp.S.Zero, d: sp.S.One}
CENTRED_POST = 2 * a / (1 + k * v)
CENTRED_BEST = {A: a * (CENTRED_POST - 2 * a) / (1 + k), b: CENTRED_POST, c: sp.S.Zero, d: sp.S.One}
BINARY_POST = f / (1 + (n - 1) * f)
BINARY_BEST = {
    A: -(1 - 2 * f) * (BINARY_POST + 1 - f) / (2 * (1 + k)),
    b: BINARY_POST,
    c: sp.S.Zero,
    d: sp.S.One,
}
HIGHEST_RHO = (
    n
    * (1 + k * v + (n - 1) * a**2 * k * v**2)
    / (k * v * (v + (1 + (n - 1) * a**2) * (a**2 + k * v)))
)
CENTRED_RHO = n / (k * (v + 4 * a**2 / (1 + k * v)))
BINARY_RHO = (
    n * f * (1 + (n - 1) * w) / ((1 - f) * (1 + (n - 1) * w + 4 * k * f**2 * (1 + (n - 1) * f)))
)
COVARIANCE_RHO = n * v / (k * v + a**2 * (1 + a**2))
GAIN = 1 + a**2 * (1 - k * v) ** 2 / (k * v * (v * (1 + k * v) + 4 * a**2))
PROBLEMS = (
    # patterns, cue, mean, noise, signal, best rule, highest rho
    (hs.Bipolar(a), hs.Exact(), a, NOISE, SIGNAL, BEST, HIGHEST_RHO),
    (hs.Bipolar(a), CENTRED, a, CENTRED_NOISE, CENTRED_SIGNAL, CENTRED_BEST, CENTRED_RHO),
    (hs.Binary(f), hs.Exact(), f, BINARY_NOISE, BINARY_SIGNAL, BINARY_BEST, BINARY_RHO),
)


# ---- evidence ------------------------------------------------------------------------------


def _rule(mean: sp.Expr) -> hs.ExpandedRule:
    """A + b (x_i - m) + c (x_j - m) + d (x_i - m)(x_j - m) as coefficients."""
    update = sp.expand(A + b * (x_i - mean) + c * (x_j - mean) + d * (x_i - mean) * (x_j - mean))
    by_power = sp.Poly(update, x_i, x_j)
    return hs.ExpandedRule(2, {(p, q): by_power.coeff_monomial(x_i**p * x_j**q) for p, q in BASIS})


def _zero(expression: sp.Expr) -> bool:
    """Whether a rational expression vanishes identically."""
    return bool(sp.expand(sp.fraction(sp.together(expression))[0]) == 0)


def _four_parts_suffice() -> bool:
    """Rules of order 2 to HIGHEST, symbolic, have the increments of four parts on bipolar and binary values."""
    for values, mean in (((-1, 1), a), ((0, 1), f)):
        target = _rule(mean).terms
        for order in range(2, HIGHEST + 1):
            low = hs.reduced(hs.ExpandedRule(order), values).terms
            if set(low) != set(BASIS):
                return False
            equations = [target[pq] - low[pq] for pq in BASIS]
            solution = sp.linsolve(equations, PARTS)
            if len(solution) != 1 or any(s.has(*PARTS) for s in next(iter(solution))):
                return False
    return True


def _parts_agree() -> bool:
    """Signal and noise in the four parts: against the averages of the definition, and all patterns."""
    for patterns, cue, mean, noise, signal, _, _ in PROBLEMS:
        setting = hs.Setting(_rule(mean), patterns, cue)
        found = signal_and_noise(setting)
        if sp.expand(found[0] - signal) != 0 or sp.expand(found[1] - noise) != 0:
            return False
        for units, load in ((3, 2), (4, 3)):
            truth = hs.enumerate_fields(setting, units, load)
            low, high = (value for value, _ in setting.post.alphabet)
            at = {n: sp.Integer(units - 1), k: sp.Integer(load - 1)}
            gap = truth.field_mean(high) - truth.field_mean(low)
            spread = 2 * truth.field_variance(low) + 2 * truth.field_variance(high)
            if sp.expand(signal.xreplace(at) - gap) != 0:
                return False
            if sp.expand(noise.xreplace(at) - spread) != 0:
                return False
    return True


def _stationary(place: int) -> bool:
    """All derivatives of rho vanish at the stated rule, and rho is the stated one there."""
    _, _, _, noise, signal, best, rho = PROBLEMS[place]
    slopes = (2 * sp.diff(signal, p) * noise - signal * sp.diff(noise, p) for p in PARTS)
    return all(_zero(slope.xreplace(best)) for slope in slopes) and _zero(
        (signal**2 - rho * noise).xreplace(best)
    )


@lru_cache(maxsize=16)
def _claims(place: int, order: int) -> hs.Theory:
    patterns, cue, *_ = PROBLEMS[place]
    return hs.derive(hs.ExpandedRule(order), patterns, cue=cue)


def _package_agrees() -> bool:
    """The claimed optimum of the package, by elimination on N, at orders 2, 3 and 4."""
    for place, (_, _, mean, _, _, best, rho) in enumerate(PROBLEMS):
        stated = (
            (b * (x_i - mean) + d * (x_i - mean) * (x_j - mean) + A).xreplace(best).xreplace(D_K)
        )
        for order in (2, 3, 4):
            claims = _claims(place, order)
            if not _zero(claims["optimal_rule"].formula - stated):
                return False
        if not _zero(_claims(place, 2)["optimal_snr"].formula - rho.xreplace(D_K)):
            return False
    return True


def _limit_is_covariance() -> bool:
    """At K = alpha D: D b*/d* and D A*/d* have finite limits, so that the parts but d vanish like 1/D."""
    crowd = {k: alpha * n}
    limits = (
        (n * POST, 1 / a),
        (n * BEST[A], -(a**2) / alpha),
        (n * CENTRED_POST, 2 * a / (alpha * v)),
        (n * CENTRED_BEST[A], -2 * a**2 / alpha),
        (n * BINARY_POST, sp.S.One),
        (n * BINARY_BEST[A], -(1 - 2 * f) * (1 - f) / (2 * alpha)),
    )
    return all(
        _zero(sp.limit(sp.cancel(sp.together(e.xreplace(crowd))), n, sp.oo) - limit)
        for e, limit in limits
    )


def _covariance_is_close() -> bool:
    """rho of the covariance rule; its relative distance from rho* is positive and of order 1/n at k = alpha n."""
    claim = hs.derive(hs.rules["covariance"], hs.Bipolar(a))["snr"].formula
    point = {A: sp.S.Zero, b: sp.S.Zero, c: sp.S.Zero, d: sp.S.One}
    quotient = (SIGNAL**2 - COVARIANCE_RHO * NOISE).xreplace(point)
    short = sp.cancel(sp.together((HIGHEST_RHO / COVARIANCE_RHO - 1).xreplace({k: alpha * n})))
    limit = sp.limit(n * short, n, sp.oo)
    positive = all(
        (HIGHEST_RHO / COVARIANCE_RHO).xreplace({n: units, k: load, a: sp.Rational(1, size)}) > 1
        for units in (1, 5, 100)
        for load in (1, 3, 50)
        for size in (2, 3, 10)
    )
    return (
        _zero(claim - COVARIANCE_RHO.xreplace(D_K))
        and _zero(quotient)
        and positive
        and bool(limit.is_finite is not False and not limit.has(sp.oo, n))
        and _zero(limit - (1 / v + a**4 / (alpha * v)))
    )


def _centring_gains() -> bool:
    """The gain as D grows at fixed K; its limit in K; and a size at which centring loses."""
    gain = CENTRED_RHO / HIGHEST_RHO
    many = sp.limit(sp.cancel(sp.together(gain)), n, sp.oo)
    small = gain.xreplace({n: sp.Integer(3), k: sp.S.One, a: sp.S.Half})
    return (
        _zero(many - GAIN)
        and _zero(sp.limit(sp.cancel(sp.together(GAIN)), k, sp.oo) - 1 / v)
        and bool(small < 1)
    )


def _one_problem_when_centred() -> bool:
    """With a centred cue rho* of binary patterns is that of bipolar ones at a = 2 f - 1; without, it is not."""
    binary = hs.derive(hs.ExpandedRule(2), hs.Binary(f), cue=CENTRED)["optimal_snr"].formula
    twice = {a: 2 * f - 1}
    gain = sp.limit(sp.cancel(sp.together(binary / BINARY_RHO.xreplace(D_K))), D, sp.oo)
    return (
        _zero(binary - CENTRED_RHO.xreplace(D_K).xreplace(twice))
        and not _zero(BINARY_RHO - HIGHEST_RHO.xreplace(twice))
        and _zero(sp.limit(sp.cancel(sp.together(gain)), K, sp.oo) - 1 / (1 - f))
    )


def _not_under_inhibition() -> bool:
    """Under inhibition the drift alone, rho = n/v, beats the covariance rule, rho about n/k."""
    drift = hs.derive(hs.ExpandedRule(0), hs.Bipolar(a), threshold=hs.Inhibition())["snr"].formula
    rule = hs.derive(hs.rules["covariance"], hs.Bipolar(a), threshold=hs.Inhibition())[
        "snr"
    ].formula
    at = {D: sp.Integer(1001), K: sp.Integer(101), a: sp.Rational(1, 3)}
    best = hs.derive(hs.ExpandedRule(2), hs.Bipolar(sp.Rational(1, 3)), threshold=hs.Inhibition())
    star = best["optimal_snr"].formula.xreplace(at)
    return bool(rule.xreplace(at) < 12 and drift.xreplace(at) > 1000 and star >= drift.xreplace(at))


# ---- the derivation ------------------------------------------------------------------------

_g = sp.Function("g")(x_i, x_j)
SHAPE = A + b * (x_i - a) + c * (x_j - a) + d * (x_i - a) * (x_j - a)
_noise, _signal, _rho = sp.symbols(r"c^{\mathsf{T}}Nc s\cdot{}c \rho^{*}")
_post, _drift = sp.symbols(r"b^{*}/d^{*} A^{*}/d^{*}")
_limit = sp.Symbol(r"\lim\,\Delta w^{*}_{ij}/d^{*}")
HIGHEST_CLAIM = sp.Eq(_rho, HIGHEST_RHO)
LIMIT = sp.Eq(_limit, (x_i - a) * (x_j - a))


def _optimum_steps() -> tuple[hs.Step, ...]:
    evidence, method = hs.Evidence, hs.Method
    return (
        hs.Step(
            sp.Eq(_g, SHAPE, evaluate=False),
            "theorem reduction: four coefficients on two values, at any order; the parts are centred and "
            "uncorrelated with one another",
            evidence(
                method.SUBSTITUTION,
                f"general rules of order 2 to {HIGHEST}, bipolar and binary, one solution each",
                _four_parts_suffice,
            ),
        ),
        hs.Step(
            sp.Eq(_noise, NOISE, evaluate=False),
            "theorem coefficient_theorem, in the four parts; the signal is 2 n (a b + v d)",
            evidence(
                method.ENUMERATION,
                "symbolic parts, (D, K) = (3, 2), (4, 3), three problems; and the averages",
                _parts_agree,
            ),
        ),
        hs.Step(
            sp.Eq(_drift, BEST[A]),
            "A stands in the first square only, and not in the signal: that square is made zero; c then "
            "stands in k c^2 only, and is zero",
        ),
        hs.Step(
            sp.Eq(_post, POST),
            "two parts are left: b and d are the solution of two linear equations, N c* parallel to s",
            evidence(
                method.SUBSTITUTION, "all four derivatives of rho, symbolic", lambda: _stationary(0)
            ),
        ),
        hs.Step(
            HIGHEST_CLAIM,
            "rho at this rule; it is the maximum, since N is positive definite for K > 1",
            evidence(
                method.SECOND_ROUTE,
                "elimination on N, rules of order 2, 3 and 4, bipolar, centred and binary",
                _package_agrees,
            ),
        ),
        hs.Step(
            LIMIT,
            "K = alpha D: the other parts vanish like 1/D, b* as 1/(a D) and A* as -a^2/K",
            evidence(
                method.LIMIT, "leading term of each part, three problems", _limit_is_covariance
            ),
        ),
        hs.Step(
            sp.Eq(sp.Symbol(r"\rho_{\mathrm{cov}}"), COVARIANCE_RHO),
            "b = c = A = 0: at K = alpha D short of rho* by the relative amount (1/v + a^4/(alpha v))/D",
            evidence(
                method.LIMIT, "exact distance, its leading term and its sign", _covariance_is_close
            ),
        ),
    )


def _cue_steps() -> tuple[hs.Step, ...]:
    evidence, method = hs.Evidence, hs.Method
    return (
        hs.Step(
            sp.Eq(_rho, CENTRED_RHO),
            "the same with s = xi - a: signal 2 n v d, and b no longer meets the cue's mean; "
            "b*/d* = 2 a/(1 + k v)",
            evidence(
                method.SUBSTITUTION, "all four derivatives of rho, symbolic", lambda: _stationary(1)
            ),
        ),
        hs.Step(
            sp.Eq(sp.Symbol(r"\lim\rho^{*}_{\mathrm{centred}}/\rho^{*}"), GAIN),
            "quotient of the two as D grows at fixed K, at least 1 and 1/v as K grows: a centred cue has "
            "the power v where the complete one has 1, and the same signal; at D = 4, K = 2, a = 1/2 it loses",
            evidence(
                method.LIMIT, "limit in D, then in K; the losing size, exact", _centring_gains
            ),
        ),
        hs.Step(
            sp.Eq(_rho, BINARY_RHO),
            "binary patterns, complete cue: b*/d* = f/(1 + (n - 1) f)",
            evidence(
                method.SUBSTITUTION, "all four derivatives of rho, symbolic", lambda: _stationary(2)
            ),
        ),
        hs.Step(
            sp.Eq(f, (1 + a) / 2),
            "with a centred cue an affine change of the values changes cue and parts by a factor only; "
            "without, the cue's mean changes too",
            evidence(
                method.SECOND_ROUTE,
                "rho* of both, symbolic; gain 1/(1 - f)",
                _one_problem_when_centred,
            ),
        ),
        hs.Step(
            sp.Gt((D - 1) / v, (D - 1) / (K - 1)),
            "under inhibition a drift copies the cue (scaling_theorem) at a ratio beyond that of any memory: "
            "the statement needs a threshold that is a number",
            evidence(method.NUMERIC, "D = 1001, K = 101, a = 1/3, exact", _not_under_inhibition),
        ),
    )


def derivation() -> hs.Derivation:
    """Four parts; the exact optimum; its limit; what centring the cue buys; binary patterns."""
    return hs.Derivation((*_optimum_steps(), *_cue_steps()))


THEOREM = hs.Theorem(
    name="covariance_optimum",
    title="The best rule of any order on two-valued patterns, and its limit, the covariance rule",
    statement=(sp.Eq(_post, POST), sp.Eq(_drift, BEST[A]), HIGHEST_CLAIM, LIMIT),
    derive=derivation,
    prose=__doc__,
    assumptions=(
        "entries independent over units and patterns, with the same law for each; two stored values",
        "auto-association without diagonal; additive rule of any order",
        "complete cue, centred where said; zero, fixed or optimal threshold",
        "K > 1; 0 < |a| < 1, 0 < f < 1",
    ),
    source="dayan1991 (the limit); the exact optimum is derived here",
)
