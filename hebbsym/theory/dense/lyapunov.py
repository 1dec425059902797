r"""Whether the update of a dense memory can raise the energy that is printed beside it.

A pattern enters by R, its overlap with the state outside the unit, and u = xi_i sigma_i. When the unit flips,

.. math:: E(\sigma') - E(\sigma) = \sum_\mu u_\mu \left( F(R_\mu + 1) - F(R_\mu - 1) \right),

and it flips where the sum of what the patterns add to sigma_i h_i is negative. The first sum is minus the second
one for the energy difference, a positive multiple of that for some gradients, and at most twice that where F
is convex and the unit is in the overlap, for F(m') >= F(m) + F'(m) (m' - m). Else a search finds patterns for
which the energy rises.

Main names
----------
descent_step
    The step of a derivation that says so, with its evidence.
descends
    Whether it is proved that the energy never rises.
Rise, rise
    Patterns for which the energy rises, and the search for the fewest.

Neglects
--------
The search is over at most two kinds of patterns, which is enough: a sum of vectors in the plane leaves a
cone through one of its edges. Of a given F that is no polynomial it is not decided whether it is convex: where no such
patterns are found, nothing is said.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, final

import sympy as sp

from hebbsym.claim import Evidence, Method, Step
from hebbsym.errors import InvalidValue, NotDerivable
from hebbsym.families.dense import DenseRule
from hebbsym.families.profiles import General, R
from hebbsym.notation import D, equation, m
from hebbsym.numeric import evaluate
from hebbsym.theory.dense.bench import DenseBench

MOST_UNITS = 6
MOST_PATTERNS = 24
_CONVEX_UP_TO = 12
_DIGITS = 30
_NOTHING = 10.0**-20  # a float: fractions compare with it, and exactly
_LOOKED_AT = (sp.Integer(3), sp.Integer(4), sp.Integer(7))
_E, _after, _before = sp.Function("E"), sp.Symbol("sigma'"), sp.Symbol("sigma")
_h = sp.Symbol("h_i")

Kind = tuple[int, int]
"""R and u of a pattern."""
Pairs = dict[Kind, tuple[sp.Expr, sp.Expr]]


@final
@dataclass(frozen=True)
class Rise:
    """Patterns that make a unit flip and the energy rise.

    Parameters
    ----------
    units : int
    counts : tuple of pairs
        (R, u) of a pattern, and how many patterns are like it.
    field : sympy.Expr
        sigma_i h_i before the flip: negative.
    gained : sympy.Expr
        E after less E before: positive.
    """

    units: int
    counts: tuple[tuple[Kind, int], ...]
    field: sp.Expr
    gained: sp.Expr

    def replay(self, rule: DenseRule) -> bool:
        """Whether whole patterns, seen from the state (1, ..., 1), say the same; unit 0 flips."""
        patterns = [x for kind, n in self.counts for x in [whole_pattern(kind, self.units)] * n]
        overlaps = [[x[0] * s + sum(x[1:]) for x in patterns] for s in (1, -1)]
        before, after = (
            -sp.Add(*(_value(rule.separation.energy, o, self.units) for o in row))
            for row in overlaps
        )
        field = sp.Add(*(_heard(rule, (sum(x[1:]), x[0]), self.units) for x in patterns))
        agree = _zero(after - before - self.gained) and _zero(field - self.field)
        return agree and bool(evaluate(self.gained) > 0 > evaluate(self.field))


def _zero(number: sp.Expr) -> bool:
    """Whether no digit is left of a number; one that is zero would not settle by itself."""
    return bool(number == 0 or abs(evaluate(number + 1) - 1) < _NOTHING)


def whole_pattern(kind: Kind, units: int) -> tuple[int, ...]:
    """A pattern of a kind, seen from the state (1, ..., 1) and unit 0.

    Examples
    --------
    >>> whole_pattern((1, -1), 4)
    (-1, -1, 1, 1)
    """
    outside, own = kind
    minus = (units - 1 - outside) // 2
    return (own, *[-1] * minus, *[1] * (units - 1 - minus))


def _value(function: sp.Expr, overlap: int, units: int) -> sp.Expr:
    return function.subs({m: sp.Integer(overlap), D: sp.Integer(units)})


def _heard(rule: DenseRule, kind: Kind, units: int) -> sp.Expr:
    """What a pattern adds to sigma_i h_i, from F."""
    outside, u = kind
    energy = rule.separation.energy
    if rule.step.by_energy or not rule.separation.sees_itself:
        whole = _value(energy, outside + 1, units) - _value(energy, outside - 1, units)
        return u * whole / (1 if rule.step.by_energy else 2)
    inside = u if rule.step.includes_self else 0
    return u * _value(sp.diff(energy, m), outside + inside, units)


def _lost(rule: DenseRule, kind: Kind, units: int) -> sp.Expr:
    """What a pattern adds to E after less E before the flip."""
    outside, u = kind
    energy = rule.separation.energy
    return _value(energy, outside + u, units) - _value(energy, outside - u, units)


def _kinds(units: int) -> Iterator[Kind]:
    yield from itertools.product(range(1 - units, units, 2), (-1, 1))


def rise(rule: DenseRule) -> Rise | None:
    """The fewest patterns for which the energy rises, at most 24 of at most 6 units.

    Examples
    --------
    >>> from hebbsym.families.dense import updates
    >>> from hebbsym.families.separations import Power
    >>> found = rise(DenseRule(Power(3), updates["gradient"]))
    >>> found.units, found.counts
    (3, (((-2, -1), 1), ((0, 1), 14)))
    >>> rise(DenseRule(Power(2), updates["gradient"])) is None
    True
    """
    for units in filter(rule.admits, range(1, MOST_UNITS + 1)):
        exact = {
            kind: (_heard(rule, kind, units), _lost(rule, kind, units)) for kind in _kinds(units)
        }
        of = _comparable(exact)
        down = {kind: v for kind, v in of.items() if v[0] < -_NOTHING}
        up = {kind: v for kind, v in of.items() if v[1] > _NOTHING}
        for size in range(1, MOST_PATTERNS + 1):
            for n in range(1, size + 1):
                for (one, v), (two, w) in itertools.product(down.items(), up.items()):
                    field, gained = (n * a + (size - n) * b for a, b in zip(v, w, strict=True))
                    if field < -_NOTHING and gained > _NOTHING:
                        counts = ((one, n), (two, size - n))
                        field, gained = (
                            n * a + (size - n) * b
                            for a, b in zip(exact[one], exact[two], strict=True)
                        )
                        return Rise(units, tuple(c for c in counts if c[1]), field, gained)
    return None


def _comparable(exact: Pairs) -> dict[Kind, tuple[Any, Any]]:
    """Fractions where all numbers are rational, else so many digits that what is far from zero is seen to be."""

    def number(value: sp.Expr) -> Any:
        return Fraction(int(value.p), int(value.q)) if rational else evaluate(value, {}, _DIGITS)

    rational = all(value.is_Rational for pair in exact.values() for value in pair)
    return {kind: (number(heard), number(lost)) for kind, (heard, lost) in exact.items()}


def descent_step(bench: DenseBench) -> tuple[Step, ...]:
    """The step that says how the energy moves when a unit changes; none where that is not decided.

    Examples
    --------
    >>> from hebbsym.families.dense import dense_rule
    >>> from hebbsym.families.separations import Power
    >>> from hebbsym.theory.setting import Setting
    >>> (step,) = descent_step(DenseBench(Setting(dense_rule(Power(4), "difference", "power"))))
    >>> step.equation, step.evidence.holds()
    (Eq(-E(sigma) + E(sigma'), -Abs(h_i)), True)
    """
    rule = bench.rule
    change, falls = _E(_after) - _E(_before), sp.Le(_E(_after) - _E(_before), 0)
    if rule.step.by_energy:
        reason = "h_i is the energy of sigma_i = -1 less that of sigma_i = 1, and the unit takes the lower one"
        return (Step(equation(change, -sp.Abs(_h)), reason, _bounded(rule, sp.S.One)),)
    ratio = _ratio(rule)
    if ratio is not None and not rule.coupled:
        reason = f"the energy difference is h_i times a positive number, {ratio}"
        return (Step(equation(change, -ratio * sp.Abs(_h)), reason, _bounded(rule, ratio)),)
    if rule.free_symbols - (rule.separation.rate or sp.S.Zero).free_symbols:
        return ()
    if rule.coupled and descends(rule):
        reason = "F is convex, F(m') >= F(m) + F'(m)(m' - m), and h_i is the derivative with the unit in it"
        return (Step(falls, reason, _bounded(rule, sp.Integer(2), False)),)
    found = rise(rule)
    return () if found is None else (_rising(rule, found, change),)


def descends(rule: DenseRule) -> bool:
    """Whether it is proved that the update never raises the energy.

    Examples
    --------
    >>> from hebbsym.families.dense import updates
    >>> from hebbsym.families.separations import Power
    >>> [descends(DenseRule(Power(3), update)) for update in updates.values()]
    [True, False, False]
    """
    if rule.coupled:
        return rule.separation.convex is True
    return rule.step.by_energy or _ratio(rule) is not None


@lru_cache(maxsize=64)
def _ratio(rule: DenseRule) -> sp.Expr | None:
    """The energy difference over the gradient without the unit, where it does not depend on the overlap."""
    difference, slope = rule.separation.difference(), rule.separation.slope()
    if isinstance(slope, General):
        return _constant(difference.expression, slope.expression)
    ratio = sp.powsimp(sp.cancel(difference.expression / slope.expression))
    return None if ratio.has(R, sp.Piecewise, sp.Max) else ratio


def _constant(difference: sp.Expr, slope: sp.Expr) -> sp.Expr | None:
    """A positive ratio of two functions of R, from one overlap, that is proved by exponentials for all."""
    above, below = (part.xreplace({R: _LOOKED_AT[0]}) for part in (difference, slope))
    gap = difference * below - slope * above  # without denominators, which would not expand
    if not (above.is_number and below.is_number) or below == 0:
        return None
    try:
        if not evaluate(above / below) > 0 or not all(
            _zero(gap.xreplace({R: o})) for o in _LOOKED_AT
        ):
            return None
    except (InvalidValue, NotDerivable):
        return None
    return above / below if sp.expand(gap.rewrite(sp.exp)) == 0 else None


def _bounded(rule: DenseRule, ratio: sp.Expr, equal: bool = True) -> Evidence:
    """E' - E against ratio sigma_i h_i, pattern by pattern: equal, or not above it."""
    pinned = {s: sp.Integer(3 if rule.separation.rate is None else 1) for s in rule.free_symbols}
    where = "".join(f", {s} = {v}" for s, v in pinned.items())

    def holds() -> bool:
        numeric = rule.at(pinned)
        above, below = sp.fraction(ratio.xreplace(pinned))
        for units in filter(rule.admits, range(1, _CONVEX_UP_TO + 1)):
            for kind in _kinds(units):
                gap = above * _heard(numeric, kind, units) - below * _lost(numeric, kind, units)
                gap = sp.expand(gap.rewrite(sp.exp))
                if gap != 0 and (equal or not evaluate(gap) > 0):
                    return False
        return True

    return Evidence(
        Method.ENUMERATION,
        f"what a pattern of every overlap adds to both sides, from F, D = 1 .. {_CONVEX_UP_TO}{where}",
        holds,
    )


def _rising(rule: DenseRule, found: Rise, change: sp.Expr) -> Step:
    kinds = " and ".join(
        f"{n} with xi_i sigma_i = {u} and overlap {outside} outside the unit"
        for (outside, u), n in found.counts
    )
    return Step(
        equation(change, found.gained),
        f"this update can raise the energy: {found.units} units, patterns: {kinds}; the unit flips, for "
        f"sigma_i h_i = {found.field}",
        Evidence(
            Method.ENUMERATION,
            "field and energies of both states from whole patterns",
            lambda: found.replay(rule),
        ),
    )
