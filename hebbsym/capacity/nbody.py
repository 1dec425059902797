r"""Capacities of n-body memories, each under its criterion, and what no rule on these synapses exceeds.

Main names
----------
QUANTITIES
    capacity:snr, capacity:bit, capacity:pattern, capacity:all, capacity:cover, capacity:cover:errors.

Conventions
-----------
K_max is the real number at which the criterion holds with equality. ``capacity:cover`` and
``capacity:cover:errors`` are upper bounds for any way of choosing the weights, learned locally or not, from
:mod:`hebbsym.capacity.cover`.

References
----------
cover1965 (function-counting theorem).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import sympy as sp

from hebbsym.capacity import cover
from hebbsym.capacity.claims import K_MAX, ratio_capacity
from hebbsym.capacity.criteria import Criterion, Load, criteria
from hebbsym.capacity.probing import agrees
from hebbsym.claim import Claim, Derivation, Evidence, Method, Regime, Remainder, Requirement, Step
from hebbsym.errors import NotDerivable
from hebbsym.notation import K, epsilon, equation, rho, tail
from hebbsym.theory.nbody.bench import NBodyBench, assumed
from hebbsym.theory.nbody.errors import (
    degrees,
    error_at_load,
    pairs_of_units,
    remainder_of_bit,
    require_decoupled,
)
from hebbsym.theory.workbench import Quantity

_P = sp.Symbol(r"\operatorname{P}_{\mathrm{err}}")
_W = sp.Symbol("W", integer=True, positive=True)


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
    return ratio_capacity(
        load_of(bench),
        bench.moments.rho,
        assumed(bench),
        "a polynomial in the number of other patterns",
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
        symbol=K_MAX,
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
        equation(K_MAX, formula),
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


_SUBSETS = (
    "given the presynaptic values, the products over subsets are fixed features of each pattern, points of W "
    "dimensions, and all labellings by the stored values are equally probable"
)


def _bounded(bench: NBodyBench, claim: Claim, last: Step) -> Claim:
    """A bound for each weight of a unit, times the number of synapses."""
    law = bench.setting.post
    if law.moment(1) != sum(v for v, _ in law.alphabet) / 2:
        raise NotDerivable(
            "the bound of Cover is for stored values that are equally frequent at a unit; for biased "
            "ones more patterns fit (Gardner)"
        )
    return replace(
        claim,
        assumptions=(
            "the stored values of a unit are equally frequent and independent of those at its inputs",
            "exact cues, threshold zero",
            *claim.assumptions,
            "any weights on these synapses, learned locally or not",
        ),
        derivation=Derivation(
            (Step(equation(_W, bench.synapses), _SUBSETS), *claim.derivation.steps, last)
        ),
        symbol=K_MAX,
    )


def _cover(bench: NBodyBench) -> Claim:
    claim = Claim(
        "capacity:cover",
        "number of patterns that a unit stores with probability 1/2 at most, however its weights are found",
        2 * bench.synapses,
        Regime.EXACT,
        ("every pattern on its side of the threshold",),
        Derivation(cover.steps_of_count(K, _W)),
        source="cover1965",
    )
    last = Step(
        equation(K_MAX, claim.formula),
        "half of the labellings at most at K = 2 W; above, the share falls to zero as W grows",
    )
    return _bounded(bench, claim, last)


def _cover_errors(bench: NBodyBench) -> Claim:
    claim = Claim(
        "capacity:cover:errors",
        "number of patterns that is not exceeded where a share epsilon of them may be wrong at a unit, "
        "however its weights are found",
        cover.load_with_errors(epsilon) * bench.synapses,
        Regime.LEADING_ORDER,
        ("0 < epsilon < 1/2: all patterns but a share epsilon on their side of the threshold",),
        Derivation((*cover.steps_of_count(K, _W), *cover.steps_with_errors(K, _W))),
        source="derived here from the count of cover1965",
        dropped="sizes at which the probability of more patterns, exponentially small in W, is not small yet",
        requirements=(Requirement("2 epsilon", 2 * epsilon),),
    )
    return _bounded(
        bench, claim, Step(equation(K_MAX, claim.formula), "that load times the number of weights")
    )


QUANTITIES: dict[str, Quantity[NBodyBench]] = {
    "capacity:snr": Quantity(_snr),
    "capacity:bit": Quantity(_by_criterion("bit")),
    "capacity:pattern": Quantity(_by_criterion("pattern")),
    "capacity:all": Quantity(_by_criterion("all")),
    "capacity:cover": Quantity(_cover),
    "capacity:cover:errors": Quantity(_cover_errors),
}
