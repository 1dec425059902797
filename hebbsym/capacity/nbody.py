r"""Capacities of n-body memories, each under its criterion, and what no rule on these synapses exceeds.

Main names
----------
QUANTITIES
    capacity:snr, capacity:bit, capacity:pattern, capacity:all, capacity:cover.
stored_by_chance
    Cover's count: the share of labellings of K patterns that W weights can store.

Conventions
-----------
K_max is the real number at which the criterion holds with equality. ``capacity:cover`` is an upper bound
for any way of choosing the weights, learned locally or not.

References
----------
cover1965 (function-counting theorem).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import sympy as sp

from hebbsym.capacity.criteria import Criterion, Load, criteria
from hebbsym.capacity.probing import agrees
from hebbsym.claim import Claim, Derivation, Evidence, Method, Regime, Remainder, Step
from hebbsym.errors import NotDerivable
from hebbsym.notation import K, epsilon, equation, rho, tail, z
from hebbsym.theory.nbody.bench import NBodyBench, assumed
from hebbsym.theory.nbody.errors import (
    degrees,
    error_at_load,
    pairs_of_units,
    remainder_of_bit,
    require_decoupled,
)
from hebbsym.theory.workbench import Quantity

_K_MAX = sp.Symbol(r"K_{\max}")
_P = sp.Symbol(r"\operatorname{P}_{\mathrm{err}}")
_W = sp.Symbol("W", integer=True, positive=True)
_C = sp.Function("C")


def load_of(bench: NBodyBench) -> Load:
    """rho as a function of K."""
    moments = bench.moments
    moments.rho  # raises where there is no signal or no noise  # noqa: B018
    parts = [moments.expression(part) for part in moments.by_load]
    load = Load((moments.expression(moments.signal**2), sp.S.Zero, sp.S.Zero), tuple(parts))
    if K in moments.signal.as_expr().free_symbols or not load.noisy:
        raise NotDerivable(
            f"the noise does not grow with K in this setting ({bench.setting.text}): every number "
            "of patterns meets the criterion or none does"
        )
    return load


def _snr(bench: NBodyBench) -> Claim:
    load = load_of(bench)
    formula = load.at_ratio(z**2)
    step = Step(
        equation(_K_MAX, formula),
        "root of rho(K) = z^2: the signal does not depend on K, the noise is a polynomial in K - 1",
        Evidence(
            Method.SUBSTITUTION,
            "rho(K_max) = z^2 by the claim about rho, at rational values, 30 digits",
            lambda: agrees(bench.moments.rho.xreplace({K: formula}), z**2),
        ),
    )
    return Claim(
        "capacity:snr",
        "number of patterns at which the signal-to-noise ratio is z^2",
        formula,
        Regime.EXACT,
        (*assumed(bench), "criterion: rho >= z^2; K_max is real"),
        Derivation((step,)),
        symbol=_K_MAX,
    )


def _by_criterion(name: str) -> Callable[[NBodyBench], Claim]:
    criterion = criteria[name]

    def build(bench: NBodyBench) -> Claim:
        return _capacity(bench, criterion)

    return build


def _capacity(bench: NBodyBench, criterion: Criterion) -> Claim:
    """The capacity under a criterion; closed where the error is Q(sqrt(rho))."""
    require_decoupled(bench)
    whole = criterion.bits(bench.setting.units, K) != 1
    exact, units = bench.agreement == 1 and bench.theta == 0, bench.setting.units
    if whole and bench.agreement != 1:
        raise NotDerivable(
            "with a flipped cue all units hear the same number of flips, and do not err "
            "independently; capacity:bit is derived, and exact cues have this capacity"
        )
    error, ratio = error_at_load(bench), criterion.ratio(epsilon, units)
    if bench.theta != 0:
        error = (error + error_at_load(bench, high=False)) / 2
    failure = criterion.failure(error, units, K)
    shape = Step(equation(criterion.failure(_P, units, K), epsilon), "the criterion at equality")
    closed = ratio is not None and exact
    if closed:
        formula: sp.Basic = load_of(bench).at_ratio(ratio)
        steps: tuple[Step, ...] = (shape, _root(bench, criterion, ratio, formula))
    else:
        formula, steps = equation(failure, epsilon), (shape,)
    return Claim(
        f"capacity:{criterion.name}",
        f"capacity: {criterion.statement}",
        formula,
        Regime.LEADING_ORDER,
        (
            *assumed(bench),
            *_upright(bench),
            f"criterion: {criterion.statement}",
            "K_max is real; the number of patterns is its integer part",
        ),
        Derivation(steps),
        symbol=_K_MAX,
        unknown=None if closed else K,
        dropped="the distance of a sum of K - 1 independent terms from the Gaussian"
        + ("; the errors of different units are taken as independent" if whole else ""),
        observable={"bit": "bit_error", "pattern": "pattern_error"}.get(criterion.name),
        remainder=_remainder(bench, criterion, error),
        load=formula if closed else None,
        prediction=failure,
    )


def _upright(bench: NBodyBench) -> tuple[str, ...]:
    """The condition that the stored pattern is recalled and not its inverse, where it is open."""
    weights = degrees(bench).values()
    if all(c.is_nonpositive for c in weights):
        raise NotDerivable(
            f"rule {bench.setting.rule.name!r} stores no patterns here: it recalls the inverted "
            "pattern (capacity:snr is blind to the sign)"
        )
    sure = all(c.is_nonnegative for c in weights) and bench.agreement.is_number
    return () if sure else ("M(x+) > M(x-): with the other sign the inverted pattern is recalled",)


def _root(bench: NBodyBench, criterion: Criterion, ratio: sp.Expr, formula: sp.Basic) -> Step:
    failure = criterion.failure(tail(sp.sqrt(rho)), bench.setting.units, K)
    return Step(
        equation(_K_MAX, formula),
        "the error of a bit is Q(sqrt(rho)); root of rho(K) at the ratio that the criterion demands",
        Evidence(
            Method.SUBSTITUTION,
            "the failure probability at that ratio is epsilon, and rho(K_max) is that ratio, 25 digits",
            lambda: (
                agrees(failure.xreplace({rho: ratio}), epsilon)
                and agrees(bench.moments.rho.xreplace({K: formula}), ratio)
            ),
        ),
    )


def _remainder(bench: NBodyBench, criterion: Criterion, error: sp.Expr) -> Remainder:
    """What the failure probability drops: that of a bit, and pairs of units that err together."""
    units, one = bench.setting.units, remainder_of_bit(bench)

    def size(values: Mapping[sp.Symbol, sp.Expr]) -> sp.Expr:
        here = error.xreplace(dict(values))
        claimed, bound = (criterion.failure(p, units, K) for p in (here, here + one(values)))
        law = bound - claimed
        if criterion.bits(units, K) == 1:
            return law
        r, t = pairs_of_units(bench), sp.sqrt(bench.moments.rho)
        joint = sp.exp(-(t**2) / (1 + r)) / (2 * sp.pi * sp.sqrt(1 - r**2))
        return law + units * (units - 1) / 2 * r * joint

    return lambda values: size(values).xreplace(dict(values))


def stored_by_chance(weights: sp.Expr, patterns: sp.Expr) -> sp.Expr:
    """The share of the 2^K labellings of K patterns that W weights can realise, at most.

    Examples
    --------
    >>> [stored_by_chance(sp.Integer(3), sp.Integer(k)).doit() for k in (3, 6)]
    [1, 1/2]
    """
    n = sp.Symbol("n", integer=True, nonnegative=True)
    return 2 ** (1 - patterns) * sp.Sum(sp.binomial(patterns - 1, n), (n, 0, weights - 1))


def _recursion() -> bool:
    """C(K + 1, W) = C(K, W) + C(K, W - 1) with C = 2^K times the share, and the half at K = 2 W."""

    def count(patterns: int, weights: int) -> sp.Expr:
        share = stored_by_chance(sp.Integer(weights), sp.Integer(patterns)).doit()
        return share * 2**patterns

    steps = all(
        count(k + 1, w) == count(k, w) + count(k, w - 1) for k in range(1, 9) for w in range(2, 9)
    )
    return steps and all(2 * count(2 * w, w) == 2 ** (2 * w) for w in range(1, 9))


def _cover(bench: NBodyBench) -> Claim:
    formula = 2 * bench.synapses
    laws = (bench.setting.post, bench.setting.pre)
    if laws[0].moment(1) != sum(v for v, _ in laws[0].alphabet) / 2:
        raise NotDerivable(
            "the bound of Cover is for stored values that are equally frequent at a unit; for biased "
            "ones more patterns fit (Gardner)"
        )
    share = stored_by_chance(_W, K)
    steps = (
        Step(
            equation(_C(K + 1, _W), _C(K, _W) + _C(K, _W - 1)),
            "a further pattern splits those labellings whose weight vectors can be moved onto its "
            "hyperplane, where one weight less is free; points that are not in general position "
            "have fewer labellings",
            Evidence(Method.SUBSTITUTION, "the sum of binomials at K, W <= 9", _recursion),
        ),
        Step(
            equation(sp.Symbol("P"), share),
            "given the presynaptic values, the products over subsets are fixed features of each "
            "pattern, and all labellings by the stored values are equally probable",
        ),
        Step(
            equation(_K_MAX, formula),
            "at K = 2 W one half of the labellings at most can be stored, by symmetry of the "
            "binomial; above, the share falls to zero as W grows",
            Evidence(
                Method.SUBSTITUTION,
                "the share at K = 2 W for W up to 12",
                lambda: all(
                    stored_by_chance(sp.Integer(w), sp.Integer(2 * w)).doit() == sp.S.Half
                    for w in range(1, 13)
                ),
            ),
        ),
    )
    return Claim(
        "capacity:cover",
        "number of patterns that a unit stores with probability 1/2 at most, however its weights are found",
        formula,
        Regime.EXACT,
        (
            "the stored values of a unit are equally frequent and independent of those at its inputs",
            "exact cues, threshold zero, every pattern on its side of the threshold",
            "any weights on these synapses, learned locally or not",
        ),
        Derivation(steps),
        "cover1965",
        symbol=_K_MAX,
    )


QUANTITIES: dict[str, Quantity[NBodyBench]] = {
    "capacity:snr": Quantity(_snr),
    "capacity:bit": Quantity(_by_criterion("bit")),
    "capacity:pattern": Quantity(_by_criterion("pattern")),
    "capacity:all": Quantity(_by_criterion("all")),
    "capacity:cover": Quantity(_cover),
}
