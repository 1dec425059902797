r"""Proved bounds on the error of one bit of a dense memory, at finite D and K.

Times the stored value the field is S + C_2 + ... + C_K with S = g(R_1), C = u g(R), u a fair sign and R a sum of
D - 1 fair signs, all independent. For every level c and every tilt t >= 0

.. math:: P(S + \sum C \le 0 \mid R_1) \le (K - 1) P(|g(R)| > c)
          + e^{-t S} \left( P(|g(R)| > c) + E[\cosh(t g(R)); |g(R)| \le c] \right)^{K-1},

the probability that a pattern is near, and Chernoff's bound on the sum of the others. Conversely, given all
|C|, the sum is one of fair signs with second moment v and fourth at most 3 v^2, so that |sum C| > S has
probability (1 - S^2/v)^2/3 at least (Paley and Zygmund), and half of that is an error; v is at least c^2 n/2 with
n = (K - 1) P(|g(R)| >= c), but with probability 4/n (Chebyshev).

Main names
----------
OneStep
    What patterns add to the field of one unit, and how probable it is.

Conventions
-----------
Numbers have 25 digits; probabilities of overlaps are made of whole numbers. Bounds hold for every level and
tilt: those that are tried are no approximation, only a choice.

References
----------
Paley and Zygmund's inequality is that for squares; derived as in textbooks.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, final

import mpmath
import sympy as sp

from hebbsym.errors import InvalidValue, NotDerivable
from hebbsym.families.profiles import R
from hebbsym.notation import D
from hebbsym.numeric import evaluate
from hebbsym.theory.dense.bench import DenseBench

DIGITS = 25
TILTS = tuple(mpmath.mpf(2) ** k for k in range(-4, 8))
"""Tilts times the largest |g| that is kept."""
RARE = mpmath.mpf(10) ** -4
"""Overlaps of the cue's own pattern that a bound from below leaves out."""
RARITIES = tuple(mpmath.mpf(2) ** -k for k in (5, 10, 40))
"""Expected numbers of patterns beyond a level that is tried."""


@final
@dataclass(frozen=True)
class OneStep:
    """One unit of a dense memory at given D, without the unit in the overlap.

    Parameters
    ----------
    worth : tuple of mpmath number
        g(R) for R = -(D-1), -(D-3), ..., D - 1.
    other : tuple of mpmath number
        The probability of R for another pattern.
    own : tuple of mpmath number
        That for the cued pattern.

    Examples
    --------
    >>> from hebbsym.families.dense import dense_rule
    >>> from hebbsym.families.separations import Exponent
    >>> from hebbsym.theory.setting import Setting
    >>> one = OneStep.of(DenseBench(Setting(dense_rule(Exponent(), "difference", "power"))), 40)
    >>> bool(one.ceiling(10**6) < 1e-5), bool(one.floor(10**14) > 0.1)
    (True, True)
    """

    worth: tuple[Any, ...]
    other: tuple[Any, ...]
    own: tuple[Any, ...]
    _made: dict[Any, tuple[tuple[Any, Any], ...]] = field(default_factory=dict, compare=False)

    @classmethod
    def of(cls, bench: DenseBench, units: int) -> OneStep:
        """From the profile and the cue of a bench that has no symbol left.

        Raises
        ------
        NotDerivable
            With the unit in the overlap, or a masked cue.
        InvalidValue
            When a symbol has no value.
        """
        if bench.rule.coupled or bench.square != 1:
            raise NotDerivable(
                "the bounds are proved for cues of signs and without the unit in the overlap"
            )
        n = units - 1
        g = bench.profile.expression.xreplace({D: sp.Integer(units)})
        free = (g.free_symbols | bench.mean.free_symbols) - {R}
        if free:
            raise InvalidValue(f"{min(map(str, free))} has no value, and the bounds are numbers")
        with mpmath.workdps(DIGITS):
            worth = tuple(
                mpmath.mpf(evaluate(g.xreplace({R: sp.Integer(o)}), {}, DIGITS))
                for o in range(-n, n + 1, 2)
            )
            up = mpmath.mpf(evaluate((1 + bench.mean) / 2, {}, DIGITS))
            ways = [math.comb(n, k) for k in range(n + 1)]
            other = tuple(mpmath.mpf(w) / 2**n for w in ways)
            own = tuple(w * up**k * (1 - up) ** (n - k) for k, w in enumerate(ways))
        return cls(worth, other, own)

    @cached_property
    def levels(self) -> tuple[tuple[Any, Any, Any], ...]:
        """Values c of |g| from the largest down, with P(|g| > c) and P(|g| >= c)."""
        law: dict[Any, Any] = {}
        for value, p in zip(self.worth, self.other, strict=True):
            law[abs(value)] = law.get(abs(value), 0) + p
        made, above = [], mpmath.mpf(0)
        for value in sorted(law, reverse=True):
            made.append((value, above, above + law[value]))
            above = made[-1][2]
        return tuple(made)

    def ceiling(self, patterns: int, bits: int = 1) -> Any:
        """At least the probability that one of so many bits is wrong, by the union bound; a tie is wrong."""
        with mpmath.workdps(DIGITS):
            others = patterns - 1
            best = mpmath.mpf(1)
            for level, near, _ in self._cut(others * bits):
                total = mpmath.mpf(0)
                logs = self._logs(level)
                for signal, p in zip(self.worth, self.own, strict=True):
                    if p:
                        far = min(
                            mpmath.exp(min(0, others * log - tilt * signal)) for tilt, log in logs
                        )
                        total += p * min(1, others * near + far)
                best = min(best, bits * total)
            return best

    def _logs(self, level: Any) -> tuple[tuple[Any, Any], ...]:
        """Pairs (t, ln(P(|g| > c) + E[cosh(t g); |g| <= c]))."""
        if level not in self._made:
            kept = [(w, p) for w, p in zip(self.worth, self.other, strict=True) if abs(w) <= level]
            made = [(mpmath.mpf(0), mpmath.mpf(0))]
            for times in TILTS if level else ():
                tilt = times / level
                more = mpmath.fsum(p * (mpmath.cosh(tilt * w) - 1) for w, p in kept)
                made.append((tilt, mpmath.log1p(more)))
            self._made[level] = tuple(made)
        return self._made[level]

    def _cut(self, times: int) -> tuple[tuple[Any, Any, Any], ...]:
        """The levels that are tried: at which patterns beyond are rare, more or less so."""
        made = []
        for rare in RARITIES:
            made += [row for row in self.levels if times * row[1] <= rare][-2:]
        return tuple(made)

    def floor(self, patterns: int) -> Any:
        """At most the probability that a bit is wrong; ties do not count."""
        with mpmath.workdps(DIGITS):
            total = mpmath.mpf(0)
            seen = [((patterns - 1) * beyond, level) for level, _, beyond in self.levels]
            crowds = [(n, n * level**2) for n, level in seen if n > 4]
            for signal, p in zip(self.worth, self.own, strict=True):
                if p < RARE:  # a bound from below may leave out what it likes
                    continue
                square = 2 * max(signal, 0) ** 2
                total += p * max(
                    (
                        (1 - 4 / n) * (1 - square / second) ** 2 / 6
                        for n, second in crowds
                        if second > square
                    ),
                    default=mpmath.mpf(0),
                )
            return total


def largest(holds: Callable[[int], bool]) -> int:
    """A whole number for which a monotone statement holds, within 2^-10 of the largest one.

    Examples
    --------
    >>> largest(lambda k: k * k < 50)
    7
    """
    if not holds(1):
        return 0
    bits = 1
    while holds(1 << bits):
        bits *= 2
    least, upper = 1 << (bits // 2), 1 << bits
    while upper - least > max(1, least >> 10):
        middle = math.isqrt(least * upper) if upper > 4 * least else (least + upper) // 2
        least, upper = (middle, upper) if holds(middle) else (least, middle)
    return least
