r"""Averages over a bounded synapse in closed form: sums of geometric terms in K and age, or binomials.

Main names
----------
GeometricMoments
    For levels whose transition matrix has eigenvalues that are rational in the symbols.
WalkMoments
    For the sign of a Hebb sum over fair signs.
moments_of
    The averages of a setting in the first form that exists (two levels have one of their own, see
    :mod:`hebbsym.theory.bounded.twolevels`), else stepped.

Limits
------
A geometric form has a pole where two rates that differ as expressions agree at numbers (a synapse
that is always switched, on some patterns): give those numbers to the rule, and the next form is taken.
"""

from __future__ import annotations

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
from hebbsym.theory.bounded.twolevels import TwoLevelMoments
from hebbsym.theory.setting import Setting

Matrix = Any


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
        parts = list(zip(chain.chances[side], steps, steps, strict=True))
        return spectrum(self._mixed_pairs(parts))

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
        return self._mixed_pairs([(self.chain.one, operator, operator)])

    def _mixed_pairs(self, parts: list[tuple[Any, Operator, Operator]]) -> Matrix:
        """The step of two levels, each by its operator, as unordered pairs: both chains have the same law."""
        domain, place = self.chain.domain, {pair: n for n, pair in enumerate(self._pairs)}
        size = len(place)
        rows = [[domain.zero] * size for _ in range(size)]
        for chance, one, another in parts:
            for (k, m), row in place.items():
                for to, p in one[k]:
                    for other, q in another[m]:
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
        chain = self.chain
        parts = [
            (chain.chances[0][u] * chain.chances[1][v], step, chain.steps[v, u])
            for (u, v), step in chain.steps.items()
        ]
        return spectrum(self._mixed_pairs(parts))


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
