r"""Every set of patterns and every cue of a small dense memory: the judge of its closed forms.

Nothing is shared with the closed forms: the update is worked out from the energy as it is defined, by
putting sigma_i = -1 and +1 into it, or by differentiating F.

Main names
----------
DenseEnumeration
    Moments of signal, crosstalk and field at given D and K, exact, with symbols for delta and beta.
unrolled
    Finite sums term by term.
"""

from __future__ import annotations

import itertools
from collections import Counter
from functools import cached_property
from typing import final

import sympy as sp

from hebbsym.errors import SizeLimit
from hebbsym.families.dense import DenseRule
from hebbsym.notation import D, m
from hebbsym.theory.setting import Setting

MOST = 2**18
"""Largest number of combinations of patterns and cues."""

Heard = tuple[int, int]
"""A pattern seen from unit 0: its overlap outside the unit, its own entry."""


@final
class DenseEnumeration:
    """All patterns and cues at given sizes, seen from unit 0 and pattern 0.

    Parameters
    ----------
    setting : Setting
    units, patterns : int

    Raises
    ------
    SizeLimit
        When there are more than 2**18 combinations.

    Examples
    --------
    >>> from hebbsym.families.dense import dense_rule
    >>> from hebbsym.families.separations import Power
    >>> hopfield = Setting(dense_rule(Power(2), "difference", "power"))
    >>> DenseEnumeration(hopfield, 3, 2).field(2)  # 4 (D - 1)^2 + 4 (D - 1)
    24
    """

    def __init__(self, setting: Setting, units: int, patterns: int) -> None:
        assert isinstance(setting.rule, DenseRule)
        self.setting, self.rule, self.units = setting, setting.rule, units
        self.entries = setting.cue.transitions(setting.post, sp.S.One)
        count = 2 ** (units * patterns) * len(self.entries) ** units
        if count > MOST:
            raise SizeLimit(f"{count} combinations of patterns and cues are more than {MOST}")
        self.patterns = patterns

    @cached_property
    def cases(self) -> Counter[tuple[tuple[int, ...], int, Heard, tuple[Heard, ...]]]:
        """How often: branches of the cue, cue at the unit, cued pattern, other patterns."""
        found: Counter[tuple[tuple[int, ...], int, Heard, tuple[Heard, ...]]] = Counter()
        values = [int(v) for v, _ in self.entries]
        for bits in itertools.product((-1, 1), repeat=self.units * self.patterns):
            shown = [bits[k * self.units : (k + 1) * self.units] for k in range(self.patterns)]
            for chosen in itertools.product(range(len(values)), repeat=self.units):
                cue = [values[c] * x for c, x in zip(chosen, shown[0], strict=True)]
                heard = [
                    (sum(x * s for x, s in zip(one[1:], cue[1:], strict=True)), one[0])
                    for one in shown
                ]
                counts = tuple(chosen.count(c) for c in range(len(values)))
                found[counts, cue[0], heard[0], tuple(sorted(heard[1:]))] += 1
        return found

    def signal(self, power: int) -> sp.Expr:
        """E[S**power]."""
        return self._average(lambda s, own, others: (own[1] * self.heard(own, s)) ** power)

    def crosstalk(self, power: int) -> sp.Expr:
        """E[C**power], of the first of the other patterns and all its likes."""
        return self._average(
            lambda s, own, others: (
                sp.Add(*((own[1] * self.heard(one, s)) ** power for one in others)) / len(others)
            )
        )

    def field(self, power: int) -> sp.Expr:
        """E of a power of the field times the stored value."""
        return self._average(
            lambda s, own, others: (
                (own[1] * sp.Add(*(self.heard(one, s) for one in (own, *others)))) ** power
            )
        )

    def _average(self, of: object) -> sp.Expr:
        assert callable(of)
        total = sp.S.Zero
        for (counts, s, own, others), times in self.cases.items():
            weight = sp.Mul(*(p**n for (_, p), n in zip(self.entries, counts, strict=True)))
            total += times * weight * of(s, own, others)
        return sp.expand(total / 2 ** (self.units * self.patterns))

    def heard(self, pattern: Heard, s: int) -> sp.Expr:
        """What a pattern adds to the field, from the energy."""
        overlap, entry = pattern
        rule = self.rule
        if rule.step.by_energy:
            return self._energy(overlap + entry) - self._energy(overlap - entry)
        if not rule.separation.sees_itself:  # linear in sigma_i
            return (self._energy(overlap + entry) - self._energy(overlap - entry)) / 2
        return entry * self._slope(overlap + (entry * s if rule.step.includes_self else 0))

    def _energy(self, overlap: int) -> sp.Expr:
        if overlap not in self._energies:
            at = {m: sp.Integer(overlap), D: sp.Integer(self.units)}
            self._energies[overlap] = self.rule.separation.energy.subs(at)
        return self._energies[overlap]

    def _slope(self, overlap: int) -> sp.Expr:
        if overlap not in self._slopes:
            slope = sp.diff(self.rule.separation.energy, m)
            self._slopes[overlap] = slope.subs({m: sp.Integer(overlap)})
        return self._slopes[overlap]

    @cached_property
    def _energies(self) -> dict[int, sp.Expr]:
        return {}

    @cached_property
    def _slopes(self) -> dict[int, sp.Expr]:
        return {}


def unrolled(expression: sp.Expr) -> sp.Expr:
    """Finite sums over one index term by term; SymPy's own summation leaves special functions.

    Examples
    --------
    >>> k = sp.Symbol("k")
    >>> unrolled(sp.Sum(k**2, (k, 0, 3)))
    14
    """
    if not expression.has(sp.Sum):
        return expression
    if not isinstance(expression, sp.Sum):
        return expression.func(*map(unrolled, expression.args))
    ((index, first, last),) = expression.limits
    terms = range(int(first), int(last) + 1)
    return sp.Add(*(unrolled(expression.function.subs(index, t)) for t in terms))
