r"""Averages over a bounded synapse in closed form: sums of geometric terms in K and age, or binomials.

Main names
----------
TwoLevelMoments
    For two levels: an affine recurrence, whatever the symbols.
GeometricMoments
    For more levels whose transition matrix has eigenvalues that are rational in the symbols.
WalkMoments
    For the sign of a Hebb sum over fair signs.
moments_of
    The averages of a setting in the first form that exists, else stepped.

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
from sympy.polys.matrices import DomainMatrix

from hebbsym.errors import NotDerivable
from hebbsym.families.bounded import MappedRule
from hebbsym.notation import K, w, x_i, x_j
from hebbsym.theory.bounded.chains import Chain, Operator
from hebbsym.theory.bounded.spectrum import LARGEST, Spectrum, geometric_sum, spectrum
from hebbsym.theory.bounded.synapse import SteppedMoments, SynapseMoments
from hebbsym.theory.setting import Setting

Matrix = Any


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
class GeometricMoments(SynapseMoments):
    """Sums of geometric terms in K and age, from the eigenvalues of one and of two chains."""

    closed = "powers of the transition matrix by its eigenvalues, which are rational in the symbols"

    def __init__(self, setting: Setting, chain: Chain) -> None:
        super().__init__(setting)
        self.chain = chain

    @cached_property
    def single(self) -> Spectrum | None:
        """The spectrum of one chain."""
        return spectrum(self._matrix(self.chain.mean_step))

    @cached_property
    def pair(self) -> Spectrum | None:
        """The spectrum of two chains that share the unit's history."""
        return self._pair(0)

    def _pair(self, side: int) -> Spectrum | None:
        chain = self.chain
        steps = [chain.side_step(side, n) for n in range(len(chain.letters[side]))]
        return spectrum(self._mixed_pairs(list(zip(chain.chances[side], steps, strict=True))))

    @property
    def exists(self) -> bool:
        """Whether all eigenvalues are rational in the symbols."""
        count = len(self.chain.levels)
        if count * (count + 1) // 2 > LARGEST or self.single is None:
            return False
        return self.chain.history_free or self.pair is not None

    # ---- matrices over the chain's ring -----------------------------------------------------

    @cached_property
    def _pairs(self) -> list[tuple[int, int]]:
        """Unordered pairs of levels."""
        size = len(self.chain.levels)
        return [(k, m) for k in range(size) for m in range(k, size)]

    def _matrix(self, operator: Operator) -> Matrix:
        size, domain = len(self.chain.levels), self.chain.domain
        rows = [[domain.zero] * size for _ in range(size)]
        for k, reached in operator.items():
            for to, p in reached:
                rows[k][to] = p
        return DomainMatrix(rows, (size, size), domain)

    def _paired(self, operator: Operator) -> Matrix:
        return self._mixed_pairs([(self.chain.one, operator)])

    def _mixed_pairs(self, parts: list[tuple[Any, Operator]]) -> Matrix:
        """The step of two levels, as unordered pairs: both chains have the same law."""
        domain, place = self.chain.domain, {pair: n for n, pair in enumerate(self._pairs)}
        size = len(place)
        rows = [[domain.zero] * size for _ in range(size)]
        for chance, operator in parts:
            for (k, m), row in place.items():
                for to, p in operator[k]:
                    for other, q in operator[m]:
                        column = place[min(to, other), max(to, other)]
                        rows[row][column] = rows[row][column] + chance * p * q
        return DomainMatrix(rows, (size, size), domain)

    def _row(self, size: int, place: int) -> Matrix:
        domain = self.chain.domain
        entries = [domain.one if n == place else domain.zero for n in range(size)]
        return DomainMatrix([entries], (1, size), domain)

    def _column(self, values: list[Any], power: int) -> Matrix:
        column = [[v**power] for v in values]
        return DomainMatrix(column, (len(column), 1), self.chain.domain)

    def _products(self, values: list[Any]) -> Matrix:
        column = [[values[k] * values[m]] for k, m in self._pairs]
        return DomainMatrix(column, (len(column), 1), self.chain.domain)

    # ---- averages ---------------------------------------------------------------------------

    def _term(self, letter: int, power: int) -> sp.Expr:
        assert self.single is not None
        start = self._row(len(self.chain.levels), self.chain.start)
        cued = self._matrix(self.chain.cued(letter, power))
        return geometric_sum(
            self.single,
            start,
            self._column(self.chain.heard, power),
            K - 1 - self.age,
            cued,
            self.age,
        )

    def _product(self, letter: int) -> sp.Expr:
        if self.chain.history_free:
            return self._term(letter, 1) ** 2
        assert self.pair is not None
        start = self._row(len(self._pairs), self._pairs.index((self.chain.start,) * 2))
        cued = self._paired(self.chain.cued(letter, 1))
        return geometric_sum(
            self.pair, start, self._products(self.chain.heard), K - 1 - self.age, cued, self.age
        )

    def weight(self, power: int) -> sp.Expr:
        assert self.single is not None
        start = self._row(len(self.chain.levels), self.chain.start)
        return geometric_sum(self.single, start, self._column(self.chain.weights, power), K)

    def shared(self, kind: str) -> sp.Expr:
        parts = (
            self._reciprocal if kind == "reciprocal" else self._pair(("post", "pre").index(kind))
        )
        if parts is None:
            return SteppedMoments(self.setting).shared(kind)
        start = self._row(len(self._pairs), self._pairs.index((self.chain.start,) * 2))
        return geometric_sum(parts, start, self._products(self.chain.weights), K)

    @cached_property
    def _reciprocal(self) -> Spectrum | None:
        """Two weights between the same units: the values change places."""
        return spectrum(self._mixed_reciprocal())

    def _mixed_reciprocal(self) -> Matrix:
        chain, domain = self.chain, self.chain.domain
        place = {pair: n for n, pair in enumerate(self._pairs)}
        size = len(place)
        rows = [[domain.zero] * size for _ in range(size)]
        for (u, v), step in chain.steps.items():
            chance, other_step = chain.chances[0][u] * chain.chances[1][v], chain.steps[v, u]
            for (k, m), row in place.items():
                for to, p in step[k]:
                    for other, q in other_step[m]:
                        column = place[min(to, other), max(to, other)]
                        rows[row][column] = rows[row][column] + chance * p * q
        return DomainMatrix(rows, (size, size), domain)


@final
class WalkMoments(SynapseMoments):
    """The sign of a Hebb sum over fair signs: a symmetric walk, read off by its sign."""

    closed = "the Hebb sum is a symmetric walk, whose law is binomial"

    @property
    def exists(self) -> bool:
        """Whether the rule is the sign of the sum of x_i x_j, and all patterns are fair signs."""
        rule = self.setting.rule
        fair = ((-1, sp.S.Half), (1, sp.S.Half))
        return (
            isinstance(rule, MappedRule)
            and self.setting.threshold.share == 0
            and rule.following == w + x_i * x_j
            and rule.read == sp.sign(w)
            and all(law.alphabet == fair for law in (self.setting.post, self.setting.pre))
        )

    @property
    def signal(self) -> sp.Expr:
        """E[w x_i x_j] of a stored pattern: the walk of the others is at 0 or at -1."""
        return sp.binomial(K - 1, sp.floor(K / 2)) / 2 ** (K - 1)

    def _term(self, letter: int, power: int) -> sp.Expr:
        if power == 2:
            return self.setting.cue.moment(self.setting.pre, 0, 2) * self.weight(2)
        value = self.setting.post.alphabet[letter][0]
        return value * self.setting.cue.moment(self.setting.pre, 1, 1) * self.signal

    def _product(self, letter: int) -> sp.Expr:
        return self._term(letter, 1) ** 2

    def weight(self, power: int) -> sp.Expr:
        even = (1 + (-1) ** K) / 2
        return sp.S.Zero if power % 2 else 1 - even * sp.binomial(K, sp.floor(K / 2)) / 2**K

    def shared(self, kind: str) -> sp.Expr:
        return self.weight(2) if kind == "reciprocal" else sp.S.Zero


def moments_of(setting: Setting) -> SynapseMoments:
    """The averages of a setting in the first form that exists.

    Examples
    --------
    >>> from hebbsym.families.named import rule
    >>> moments_of(Setting(rule("sign-clipped"))).term(1)
    2**(1 - K)*x*binomial(K - 1, floor(K/2))
    >>> stepped = moments_of(Setting(rule("clipped(bound=3)"))).weight(2)
    >>> stepped, stepped.xreplace({K: sp.Integer(3)})
    (E_w(2, K), 3)
    """
    walk = WalkMoments(setting)
    if walk.exists:
        return walk
    try:
        chain = Chain(setting)
    except NotDerivable:  # levels that never close
        return SteppedMoments(setting)
    for form in (TwoLevelMoments(setting, chain), GeometricMoments(setting, chain)):
        if form.exists:
            return form
    return SteppedMoments(setting)
