r"""Averages over a synapse of two levels in closed form: affine recurrences, whatever the symbols.

Main names
----------
TwoLevelMoments
    The averages, as geometric terms in K and age.

Conventions
-----------
b is 0 at the lower and 1 at the higher level.

Limits
------
A geometric form has a pole where two rates that differ as expressions agree at numbers (a synapse
that is always switched, on some patterns): give those numbers to the rule, and the next form is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import sympy as sp

from hebbsym.notation import K
from hebbsym.theory.bounded.chains import Chain, Operator
from hebbsym.theory.bounded.synapse import SteppedMoments, SynapseMoments
from hebbsym.theory.setting import Setting


@dataclass(frozen=True)
class _Single:
    """m -> rate m + gain, from a start."""

    rate: sp.Expr
    gain: sp.Expr
    start: sp.Expr

    @property
    def fixed(self) -> sp.Expr:
        """The stationary value."""
        return sp.factor(self.gain / (1 - self.rate))

    def power(self, time: sp.Expr) -> sp.Expr:
        """rate**time."""
        return sp.Pow(self.rate, time)

    def after(self, time: sp.Expr) -> sp.Expr:
        """The value after a number of patterns."""
        return self.fixed + sp.factor(self.start - self.fixed) * self.power(time)


@dataclass(frozen=True)
class _Double:
    """m2 -> rate m2 + 2 cross m + level, for two levels of mean m each."""

    single: _Single
    rate: sp.Expr
    cross: sp.Expr
    level: sp.Expr

    @property
    def fixed(self) -> sp.Expr:
        """The stationary value."""
        return sp.factor((2 * self.cross * self.single.fixed + self.level) / (1 - self.rate))

    def power(self, time: sp.Expr) -> sp.Expr:
        """rate**time."""
        return sp.Pow(self.rate, time)

    def mixing(self, time: sp.Expr) -> sp.Expr:
        """What a level at the beginning adds: cross (rate1**time - rate**time)/(rate1 - rate)."""
        share = sp.factor(self.cross / (self.single.rate - self.rate))
        return share * (self.single.power(time) - self.power(time))

    def _from(self, start: sp.Expr, time: sp.Expr) -> sp.Expr:
        distance = sp.factor(
            2 * self.cross * (start - self.single.fixed) / (self.single.rate - self.rate)
        )
        rest = sp.factor(start - self.fixed - distance)  # b b' = b at the start, where b = b'
        return self.fixed + distance * self.single.power(time) + rest * self.power(time)

    def after(self, time: sp.Expr) -> sp.Expr:
        """The value after a number of patterns."""
        return self._from(self.single.start, time)

    def from_zero(self, time: sp.Expr) -> sp.Expr:
        """The value after a number of patterns from the lower level."""
        return self._from(sp.S.Zero, time)


@final
class TwoLevelMoments(SynapseMoments):
    r"""Geometric terms in K and age, from the recurrences of a chain of two levels.

    With b = 0 or 1 for the lower and the higher level, a pattern makes E[b] into lambda b + c, where
    lambda = 1 - P(up) - P(down) and c = P(up) depend on its values: a two-valued synapse has the mean,
    and with a second synapse the covariance, of a rule that is affine in the weight.
    """

    closed = "a chain of two levels obeys an affine recurrence"

    def __init__(self, setting: Setting, chain: Chain) -> None:
        super().__init__(setting)
        self.chain = chain

    @property
    def exists(self) -> bool:
        """Whether there are two levels, and rates that differ."""
        if len(self.chain.levels) != 2:
            return False
        rate = self._mean.rate
        return rate != 1 and all(pair.rate not in (1, rate) for pair in (self._post, self._pre))

    # ---- the recurrences --------------------------------------------------------------------

    def _affine(self, operator: Operator) -> tuple[Any, Any]:
        """lambda and c of a step (of any total weight)."""
        zero = self.chain.domain.zero
        up, stay = (dict(operator[k]).get(1, zero) for k in (0, 1))
        return stay - up, up

    def _spelled(self, element: Any) -> sp.Expr:
        """The shorter of the factored and the expanded expression."""
        expanded = self.chain.expression(element)
        return min((expanded, sp.factor(expanded)), key=sp.count_ops)

    @cached_property
    def _mean(self) -> _Single:
        rate, gain = self._affine(self.chain.mean_step)
        start = self.chain.one * self.chain.start
        return _Single(self._spelled(rate), self._spelled(gain), self._spelled(start))

    def _pairs(self, parts: list[tuple[Any, Operator, Operator]]) -> _Double:
        zero = self.chain.domain.zero
        rate = cross = level = zero
        for chance, one, other in parts:
            (a, b), (c, d) = self._affine(one), self._affine(other)
            rate, cross = rate + chance * a * c, cross + chance * (a * d + b * c) / 2
            level = level + chance * b * d
        return _Double(self._mean, *map(self._spelled, (rate, cross, level)))

    def _side(self, side: int) -> _Double:
        chain = self.chain
        steps = [chain.side_step(side, n) for n in range(len(chain.letters[side]))]
        return self._pairs(list(zip(chain.chances[side], steps, steps, strict=True)))

    @cached_property
    def _post(self) -> _Double:
        return self._side(0)

    @cached_property
    def _pre(self) -> _Double:
        return self._side(1)

    @cached_property
    def _reciprocal(self) -> _Double:
        chain = self.chain
        return self._pairs(
            [
                (chain.chances[0][u] * chain.chances[1][v], step, chain.steps[v, u])
                for (u, v), step in chain.steps.items()
                if (v, u) in chain.steps
            ]
        )

    @property
    def _one_weight(self) -> bool:
        """Whether reciprocal weights are equal: certain steps that do not ask which unit is which."""
        steps = self.chain.steps
        certain = all(len(row) == 1 for step in steps.values() for row in step.values())
        return certain and all(steps.get((v, u)) == step for (u, v), step in steps.items())

    # ---- averages ---------------------------------------------------------------------------

    def _read(self, weights: list[Any], power: int) -> tuple[sp.Expr, sp.Expr]:
        """weight**power = offset + slope * b."""
        low, high = (self._spelled(v**power) for v in weights)
        return low, high - low

    def _cued(self, letter: int, power: int) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
        """E[s**power], and lambda and c of the cued pattern's step weighted by s**power."""
        operator = self.chain.cued(letter, power)
        total = sum((p for _, p in operator[0]), start=self.chain.domain.zero)
        rate, gain = map(self._spelled, self._affine(operator))
        return self._spelled(total), rate, gain

    def _term(self, letter: int, power: int) -> sp.Expr:
        offset, slope = self._read(self.chain.heard, power)
        total, rate, gain = self._cued(letter, power)
        mean, before = self._mean, self._mean.after(K - 1 - self.age)
        now = rate * before + gain
        kept = mean.power(self.age)
        return total * offset + slope * (kept * now + total * mean.fixed * (1 - kept))

    def _product(self, letter: int) -> sp.Expr:
        if self.chain.history_free:
            return self._term(letter, 1) ** 2
        offset, slope = self._read(self.chain.heard, 1)
        total, rate, gain = self._cued(letter, 1)
        mean, pair = self._mean, self._post
        one, two = mean.after(K - 1 - self.age), pair.after(K - 1 - self.age)
        now = total * (rate * one + gain)
        both = rate**2 * two + 2 * rate * gain * one + gain**2
        kept, fixed = mean.power(self.age), mean.fixed * (1 - mean.power(self.age))
        later = kept * now + total**2 * fixed
        double = (
            pair.power(self.age) * both
            + 2 * pair.mixing(self.age) * now
            + total**2 * pair.from_zero(self.age)
        )
        return total**2 * offset**2 + 2 * offset * slope * later + slope**2 * double

    def weight(self, power: int) -> sp.Expr:
        offset, slope = self._read(self.chain.weights, power)
        return offset + slope * self._mean.after(K)

    def shared(self, kind: str) -> sp.Expr:
        pair = {"post": self._post, "pre": self._pre, "reciprocal": self._reciprocal}[kind]
        if pair.rate in (1, self._mean.rate):
            return self.weight(2) if self._one_weight else SteppedMoments(self.setting).shared(kind)
        offset, slope = self._read(self.chain.weights, 1)
        return offset**2 + 2 * offset * slope * self._mean.after(K) + slope**2 * pair.after(K)
