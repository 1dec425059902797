r"""Averages over the history of a unit: the mixture that a conditional error is.

Main names
----------
history_matters
    Whether the law of the field given the unit's history depends on it.
has_gaussian_limit
    Whether the mixture tends to one Gaussian as K grows.
over_history
    The average of a function of the conditional mean and variance.
edgeworth
    The size of the leading terms that a Gaussian law given the history drops, those of the lattice among them.

Conventions
-----------
r, binomial in K - 1 with the probability of the higher value, says how many of the other
patterns hold it at the unit. Under inhibition the cue's entry at the unit counts as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import sympy as sp
from sympy.polys.rings import PolyElement

from hebbsym import notation
from hebbsym.claim import Remainder
from hebbsym.lattice import Middle, OnLattice
from hebbsym.notation import K, tail
from hebbsym.numeric import evaluate
from hebbsym.theory.exact_errors import lattice
from hebbsym.theory.fields import FieldMoments
from hebbsym.theory.relative import HistoryLaw, laws_given_history
from hebbsym.theory.setting import Setting
from hebbsym.theory.workbench import Workbench

_r = notation.r
_DIGITS = 30
Values = Mapping[sp.Symbol, sp.Expr]
Function = Callable[..., sp.Expr]


def history_matters(bench: Workbench) -> bool:
    """Whether the law of the field given the unit's history, or its cue's entry, depends on it."""
    fields = bench.fields
    place = fields.ring.gens.index(fields.history)
    for value in fields.values:
        first, *others = laws_given_history(fields, value, 2)
        for number, cumulant in enumerate(first.cumulants):
            cleared = fields.cleared(cumulant, fields.shares(cumulant))
            if any(powers[place] for powers in cleared.itermonoms()):
                return True
            if not all(fields.equal(cumulant, law.cumulants[number]) for law in others):
                return True
    return False


def has_gaussian_limit(bench: Workbench) -> bool:
    """Whether the mean of the field given the history is the same for all, to leading order.

    The post part makes it depend on the history. Under inhibition a drift makes it depend
    on the cue's entry at the unit, by K times the drift, which matters where cues are uncertain.
    """
    if bench.post_part:
        return False
    if not bench.setting.threshold.inhibits or not bench.fields.anatomy.drift:
        return True
    return all(len(laws_given_history(bench.fields, v, 2)) == 1 for v in bench.fields.values)


def expressions(fields: FieldMoments, law: HistoryLaw) -> list[sp.Expr]:
    """The cumulants of a law as expressions in D, K and r."""
    return [fields.expression(c).xreplace({fields.history_name: _r}) for c in law.cumulants]


def over_history(
    setting: Setting,
    fields: FieldMoments,
    high: bool,
    function: Function,
    certain: Function,
    order: int = 2,
) -> sp.Expr:
    """The average of ``function(*cumulants)`` over the history and the cue's entry.

    ``certain`` stands for ``function`` where the field has no variance given r: at r = 0 if the
    rule leaves the weights of a silent unit alone, as the plain Hebb rule does on {0, 1}.
    """
    value = fields.values[1 if high else 0]
    p = setting.post.alphabet[1][1]
    total = sp.S.Zero
    for law in laws_given_history(fields, value, order):
        cumulants = expressions(fields, law)
        ends = _certain(fields, law.cumulants[1])
        total += law.probability * _binomial(
            p, function(*cumulants), certain(*cumulants) if any(ends) else sp.S.Zero, ends
        )
    return total


def _binomial(p: sp.Expr, term: sp.Expr, certain: sp.Expr, ends: tuple[bool, bool]) -> sp.Expr:
    """The average over r of ``term``, with ``certain`` in its place at the ends that are marked."""
    weight = sp.binomial(K - 1, _r) * p**_r * (1 - p) ** (K - 1 - _r)
    none, every = (
        (weight * certain).xreplace({_r: end}) if sure else None
        for end, sure in zip((sp.S.Zero, K - 1), ends, strict=True)
    )
    total = sp.Sum(weight * term, (_r, int(none is not None), K - 1 - int(every is not None)))
    if none is not None and every is not None:  # one and the same for a single pattern
        every = sp.Piecewise((every, K > 1), (0, True))
    return sp.Add(total, *(end for end in (none, every) if end is not None))


def _certain(fields: FieldMoments, variance: PolyElement) -> tuple[bool, bool]:
    """Whether the field has no variance when none, and when all, of the others hold the higher value."""
    cleared = fields.cleared(variance, fields.shares(variance))
    k, j = fields.sizes[1], fields.history
    return not cleared.compose(j, fields.ring.zero), not cleared.compose(j, k)


def distance(mean: sp.Expr, variance: sp.Expr, theta: sp.Expr, high: bool) -> sp.Expr:
    """How far the mean field is from the threshold on the right side, in standard deviations."""
    return (mean - theta if high else theta - mean) / sp.sqrt(variance)


def edgeworth(setting: Setting, sides: tuple[bool, ...]) -> Remainder:
    """The size of the leading Edgeworth terms and of the lattice's that are dropped, at values of the symbols.

    The values are put into the setting first, so that the polynomials stay small.
    """

    def size(values: Values) -> sp.Expr:
        bench = Workbench(setting.at(values))
        total = sp.S.Zero
        for high in sides:
            weight = bench.setting.post.alphabet[1 if high else 0][1] if len(sides) > 1 else 1
            total += weight * _edgeworth_of(bench, high, values)
        return total

    return size


def _edgeworth_of(bench: Workbench, high: bool, values: Values) -> sp.Expr:
    fields, at = bench.higher, dict(values)
    theta = _rational(bench.theta.xreplace(at))

    def dropped(history: sp.Expr, *cumulants: sp.Expr) -> sp.Expr:
        numbers = tuple(c.xreplace(at) for c in cumulants)
        terms = dropped_terms(numbers, theta, high)
        if (
            bench.setting.threshold.inhibits
        ):  # the population's mean makes the lattice D times finer
            return terms
        span, origin = (part.xreplace(at) for part in lattice(bench, high, history))
        return terms + _dropped_by_lattice(numbers, theta, high, (span, origin))

    if history_matters(bench):
        given = partial(dropped, _r)
        return over_history(bench.setting, fields, high, given, lambda *_: sp.S.Zero, order=4)
    value = fields.values[1 if high else 0]
    if bench.setting.threshold.inhibits:
        laws = laws_given_history(fields, value, 4)[0]
        return dropped(sp.S.Zero, *expressions(fields, laws))
    return dropped(
        sp.S.Zero,
        *(
            fields.expression(fields.at_value(fields.cumulant(order), value))
            for order in (1, 2, 3, 4)
        ),
    )


def _rational(theta: sp.Expr) -> sp.Expr:
    """A threshold as a fraction, near to it where it is irrational: its place on a lattice is told quickly then."""
    theta = sp.radsimp(theta)
    if theta.is_Rational or not theta.is_number:
        return theta
    return sp.Rational(str(evaluate(theta, {}, _DIGITS)))


def _dropped_by_lattice(
    cumulants: tuple[sp.Expr, ...],
    theta: sp.Expr,
    high: bool,
    lattice_: tuple[sp.Expr, sp.Expr],
) -> sp.Expr:
    """What a field on a lattice adds: the way from the threshold to the middle of its cell, and the cell's width.

    The first is of the order of the span over the standard deviation, as the skewness is.
    """
    mean, variance, *_ = cumulants
    span, origin = lattice_
    if span == 0:
        return sp.S.Zero
    point = sp.expand(theta - origin)
    t, moved = (distance(mean, variance, th, high) for th in (theta, theta + Middle(point, span)))
    density = sp.exp(-(moved**2) / 2) / sp.sqrt(2 * sp.pi)
    cell = span**2 * (3 * OnLattice(point, span) - 1) / (24 * variance)
    return sp.Abs(tail(moved) - tail(t)) + density * sp.Abs(cell * moved)


def dropped_terms(cumulants: tuple[sp.Expr, ...], theta: sp.Expr, high: bool) -> sp.Expr:
    """Sizes of the first Edgeworth terms of a field with these cumulants, added."""
    mean, variance, third, fourth = cumulants
    t = distance(mean, variance, theta, high)
    density = sp.exp(-(t**2) / 2) / sp.sqrt(2 * sp.pi)
    skew, excess = third / variance ** sp.Rational(3, 2), fourth / variance**2
    terms = (
        skew / 6 * (t**2 - 1),
        excess / 24 * (t**3 - 3 * t),
        skew**2 / 72 * (t**5 - 10 * t**3 + 15 * t),
    )
    return density * sp.Add(*(sp.Abs(term) for term in terms))
