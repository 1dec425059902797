r"""Capacities of dense memories: closed where the crosstalk has no mean, and how they grow with D.

Main names
----------
QUANTITIES
    capacity:snr, capacity:bit, capacity:pattern, capacity:all; capacity:pattern:asymptotic and
    capacity:all:asymptotic (error-free recall); scaling.

Conventions
-----------
For a power, S^2 / Var C tends to D^(n-1) / c_n: c_n = (2n-3)!! for the plain power, (n-1)! for distinct
indices, (2n-3)!!/2 for rectified ones.

References
----------
krotov2016, eq. 6 (D^(n-1)/(2 (2n-3)!! ln D)).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import sympy as sp

from hebbsym.capacity import together
from hebbsym.capacity.claims import INDEPENDENT_BITS, K_MAX, ratio_capacity
from hebbsym.capacity.criteria import Criterion, Load, criteria
from hebbsym.capacity.probing import agrees, probe
from hebbsym.claim import Claim, Derivation, Evidence, Method, Regime, Remainder, Step
from hebbsym.errors import NotDerivable
from hebbsym.notation import D, K, epsilon, equation, rho, z
from hebbsym.numeric import evaluate
from hebbsym.theory.dense.bench import DenseBench
from hebbsym.theory.dense.claims import assumed, rule_of
from hebbsym.theory.dense.errors import edgeworth_size, error_of_bit, mixed_by_flips
from hebbsym.theory.setting import Setting
from hebbsym.theory.workbench import Quantity

_SWAMPED = (
    "the crosstalk has a mean that grows with K and holds up the cue's own entry, whether or not the "
    "pattern is stored; leave the unit out of the overlap (update 'gradient' or 'difference')"
)

_TOGETHER = "here they are not: all units hear the same wrong or missing entries of the cue, and err together"
_OBSERVABLES = {"bit": "bit_error", "pattern": "pattern_error"}


def load_of(bench: DenseBench) -> Load:
    """rho as a function of K.

    Examples
    --------
    >>> from hebbsym.families.dense import dense_rule
    >>> from hebbsym.families.separations import Power
    >>> hopfield = DenseBench(Setting(dense_rule(Power(2), "gradient", "power")))
    >>> load_of(hopfield).at_ratio(z**2)
    1 + (D - 1)/z**2
    """
    if bench.crosstalk(1) != 0:
        raise NotDerivable(_SWAMPED)
    return Load(*bench.by_load)


def _snr(bench: DenseBench) -> Claim:
    return ratio_capacity(
        load_of(bench), bench.rho, assumed(bench.setting), "linear in the number of other patterns"
    )


def _by_criterion(name: str) -> Callable[[DenseBench], Claim]:
    criterion = criteria[name]

    def build(bench: DenseBench) -> Claim:
        load, error = load_of(bench), error_of_bit(bench)
        several = criterion.bits(D, K) != 1
        if several and together.applies(bench):
            return _given_flips(bench, criterion)
        closed = bench.square == 1 and not mixed_by_flips(bench)  # the error is Q(sqrt(rho))
        ratio = criterion.ratio(epsilon, D) if closed else None
        # entries of the cue that are missing are so for all units at once
        correlated = several and bench.mean != 1
        failure = criterion.failure(error, D, K)
        formula: sp.Basic = equation(failure, epsilon) if ratio is None else load.at_ratio(ratio)
        return Claim(
            f"capacity:{name}",
            f"number of patterns: {criterion.statement}",
            formula,
            Regime.HEURISTIC if correlated else Regime.LEADING_ORDER,
            (
                *assumed(bench.setting),
                f"criterion: {criterion.statement}",
                "the field is taken as Gaussian with its exact mean and variance",
                *((INDEPENDENT_BITS,) if several else ()),
                *((_TOGETHER,) if correlated else ()),
            ),
            Derivation((_criterion_step(formula, ratio, load),)),
            symbol=K_MAX,
            unknown=K if ratio is None else None,
            dropped="Edgeworth's terms of the error"
            + (", and the correlation of the units" if several else ""),
            remainder=_remainder(bench, criterion),
            observable=None if correlated else _OBSERVABLES.get(name),
            load=None if ratio is None else formula,
            prediction=failure,
        )

    return build


def _given_flips(bench: DenseBench, criterion: Criterion) -> Claim:
    """The capacity for whole patterns from cues whose flips all units hear."""
    failure = together.failure(bench, criterion)
    return Claim(
        f"capacity:{criterion.name}",
        f"number of patterns: {criterion.statement}",
        equation(failure, epsilon),
        Regime.LEADING_ORDER,
        (
            *assumed(bench.setting),
            f"criterion: {criterion.statement}",
            "given the flips the field is taken as Gaussian with its exact mean and variance",
            together.GIVEN_FLIPS,
        ),
        Derivation(
            (
                Step(
                    equation(failure, epsilon),
                    "the criterion at equality, an equation for K: j flips leave the overlap D - 2 j - 1 outside a unit "
                    "whose entry is right, D - 2 j + 1 outside a flipped one",
                    together.splits(bench),
                ),
            )
        ),
        symbol=K_MAX,
        unknown=K,
        dropped="Edgeworth's terms of the error, and the correlation of the units given the flips",
        remainder=together.failure_remainder(bench, criterion),
        observable=_OBSERVABLES.get(criterion.name),
        prediction=failure,
    )


def _criterion_step(formula: sp.Basic, ratio: sp.Expr | None, load: Load) -> Step:
    if ratio is None:
        return Step(formula, "the criterion at equality, an equation for K")
    return Step(
        equation(K_MAX, formula),
        "the error of a bit is Q(sqrt(rho)): the criterion demands a ratio",
        Evidence(
            Method.SUBSTITUTION,
            "rho(K_max) against the ratio demanded, 25 digits",
            lambda: agrees(load.ratio_at(formula), ratio),
        ),
    )


def _remainder(bench: DenseBench, criterion: Criterion) -> Remainder:
    """What the failure probability of a criterion drops: Edgeworth's terms of every bit, and what units share."""
    size = edgeworth_size(bench)

    def of(values: dict[sp.Symbol, sp.Expr]) -> sp.Expr:
        gaussian = error_of_bit(DenseBench(bench.setting.at(values))).xreplace(values)
        off = size(values)
        more, less = (
            criterion.failure(p, D, K).xreplace(values) for p in (gaussian + off, gaussian)
        )
        if criterion.bits(D, K) == 1 or bench.square != 1:
            return more - less
        numeric, at = DenseBench(bench.setting.at(values)), {s: values[s] for s in (D, K)}
        mean = numeric.field_mean.xreplace(at)
        return more - less + together.shared(numeric, at, mean, 1 - less)

    return of  # type: ignore[return-value]


# ---- growth ---------------------------------------------------------------------------------


def _leading(bench: DenseBench) -> tuple[sp.Expr, sp.Expr]:
    """(n, K_max z^2) to leading order in D."""
    load_of(bench)
    growth = bench.rule.separation.growth
    if growth is None:
        raise NotDerivable(bench.rule.separation.grows)
    n, constant = growth
    if n == 1:
        raise NotDerivable(
            "the capacity does not grow with D for n = 1: every overlap counts alike"
        )
    kept = (bench.mean**2 / bench.square) ** (n - 1)
    return n, kept * D ** (n - 1) / constant


def _needs_power(setting: Setting) -> str:
    separation = rule_of(setting).separation
    return "" if separation.growth is not None else separation.grows


def _scaling(bench: DenseBench) -> Claim:
    n, constant = _leading(bench)
    formula = constant / z**2
    exact = load_of(bench).at_ratio(z**2)
    checked = n.is_Integer and not exact.has(sp.Sum)
    step = Step(
        equation(K_MAX, formula),
        "leading order of the moments: R^2/D is a squared normal variable, so that Var C grows like "
        "c_n D^(n-1), S^2 like D^(2n-2), with one common factor",
        Evidence(
            Method.LIMIT,
            "ratio to the exact root at D = 10^3 ... 10^9: the distance from 1 falls by 30 at least",
            lambda: _converges(formula, exact),
        )
        if checked
        else None,
    )
    return Claim(
        "scaling",
        "how the capacity grows with the number of units",
        formula,
        Regime.LEADING_ORDER,
        (*assumed(bench.setting), "criterion: rho >= z^2"),
        Derivation((step,)),
        "derived here; krotov2016 for the plain power, below eq. 4",
        symbol=K_MAX,
        dropped="terms of relative order 1/D (and a constant 1)",
    )


def _converges(leading: sp.Expr, exact: sp.Expr) -> bool:
    point = probe(leading, exact)
    gaps = []
    for power in (3, 5, 7, 9):
        values = {**point, D: sp.Integer(10) ** power}
        one, other = (evaluate(e, {s: values[s] for s in e.free_symbols}) for e in (leading, exact))
        gaps.append(abs(one / other - 1))
    return all(later == 0 or 30 * later < earlier for earlier, later in itertools.pairwise(gaps))


def _asymptotic(name: str) -> Callable[[DenseBench], Claim]:
    criterion = criteria[name]

    def build(bench: DenseBench) -> Claim:
        n, constant = _leading(bench)
        logs = 2 * (1 + criterion.patterns_power * (n - 1))
        formula = constant / (logs * sp.log(D))
        return Claim(
            f"capacity:{name}:asymptotic",
            f"error-free recall, leading asymptotics: {criterion.statement}",
            formula,
            Regime.LEADING_ORDER,
            (*assumed(bench.setting), f"criterion: {criterion.statement}", "D to infinity"),
            Derivation(
                (
                    Step(
                        equation(rho, logs * sp.log(D)),
                        "Q(sqrt(rho)) times the number of bits tends to 0 for rho above twice its "
                        "logarithm; there are D bits of a pattern, D K of all, and K grows like D^(n-1)",
                    ),
                    Step(equation(K_MAX, formula), "leading term of K(rho) for large D"),
                )
            ),
            "derived here; krotov2016, eq. 6, for one pattern",
            symbol=K_MAX,
            dropped="relative corrections of order ln ln D / ln D: tens of per cent at D = 1000",
        )

    return build


QUANTITIES: dict[str, Quantity[DenseBench]] = {
    "capacity:snr": Quantity(_snr),
    "capacity:bit": Quantity(_by_criterion("bit")),
    "capacity:pattern": Quantity(_by_criterion("pattern")),
    "capacity:all": Quantity(_by_criterion("all")),
    "capacity:pattern:asymptotic": Quantity(_asymptotic("pattern"), _needs_power),
    "capacity:all:asymptotic": Quantity(_asymptotic("all"), _needs_power),
    "scaling": Quantity(_scaling, _needs_power),
}
