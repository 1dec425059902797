r"""Two weights that share a unit, about a fixed point of the flow: their moments as numbers.

With w = w* + delta one pattern turns the moments of two weights into

.. math:: E[(\delta + \eta f)^j (\delta' + \eta f')^k]

combinations of moments. A power r of delta in f raises their order, so that the moments of a polynomial
rule do not close: those of an order above ``cut`` are dropped. Near the fixed point E[delta**k] is of
order eta**(k/2), so that means are right but for the order eta**((cut + 2)/2) or so.

This is a number, for the size of remainders and for tests. It is worked out in doubles from the
coefficients of the rule and from the moments of single entries, and shares nothing with the closed forms.

Main names
----------
Pair
    Two weights onto one unit, or from one: one pattern as a sparse matrix on their moments.
one_weight, field_law
    Mean and variance of a settled weight, and of the field of a pattern of some age.

Where it fails
--------------
Far from the fixed point, and where the linearised second moment does not settle.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import sympy as sp

from hebbsym.theory.drives import drive
from hebbsym.theory.fields import law_of
from hebbsym.theory.flow import Flow

Powers: TypeAlias = "tuple[int, ...]"
Terms: TypeAlias = "dict[Powers, float]"
"""A polynomial: exponents and coefficients."""

Matrix: TypeAlias = "dict[Powers, dict[Powers, float]]"
"""What each moment becomes: a combination of moments."""

CUT = 6
"""The highest order of a moment that is kept."""

_PLACE = {"post": 0, "pre": 1}
"""Which of the two activities the weights have in common."""


@dataclass(frozen=True)
class Pair:
    """Two weights that share a unit, about the fixed point that they reach from W = 0.

    Parameters
    ----------
    flow : Flow
        Free of symbols but for the rate.
    rate : float
        What each f is multiplied by.
    shared : {"post", "pre"}
        The unit that they have in common.
    cut : int
        The highest order of a moment that is kept.

    Examples
    --------
    Oja's rule on biased signs, affine, so that nothing is dropped: the variance (1 - a^4) eta/(2 - eta)
    for a = 1/2, and the covariance of two weights onto one unit (a^2 - a^4) eta/(2 - eta).

    >>> from hebbsym.families.ensembles import Bipolar
    >>> from hebbsym.families.named import rules
    >>> from hebbsym.theory.setting import Setting
    >>> pair = Pair(Flow(Setting(rules["oja"], Bipolar(sp.Rational(1, 2)))), 0.1)
    >>> moments = pair.settled
    >>> round(moments[2, 0] - moments[1, 0] ** 2, 9), round(0.1 / 1.9 * 15 / 16, 9)
    (0.049342105, 0.049342105)
    >>> round(moments[1, 1] - moments[1, 0] ** 2, 9), round(0.1 / 1.9 * 3 / 16, 9)
    (0.009868421, 0.009868421)
    """

    flow: Flow
    rate: float
    shared: str = "post"
    cut: int = CUT

    @cached_property
    def fixed(self) -> float:
        """w*."""
        return float(self.flow.destination.value)

    @cached_property
    def _force(self) -> Terms:
        """f(w* + delta) by powers of the shared activity, of the other one, and of delta."""
        place = _PLACE[self.shared]
        found: Terms = {}
        for r, part in enumerate(drive(self.flow.setting).parts):
            for pq, c in part.terms.items():
                for k in range(r + 1):
                    key = (pq[place], pq[1 - place], k)
                    shift = math.comb(r, k) * float(c) * self.fixed ** (r - k)
                    found[key] = found.get(key, 0.0) + shift
        return found

    @cached_property
    def _powers(self) -> list[Terms]:
        """f**0, f**1, ..., f**cut, without powers of delta that are dropped."""
        made: list[Terms] = [{(0, 0, 0): 1.0}]
        for _ in range(self.cut):
            made.append(_product(made[-1], self._force, self.cut))
        return made

    def _given_shared(self, cue: int) -> list[Terms]:
        """E[s**cue f**n] over the activity that is not shared: by powers of the shared one and of delta."""
        setting = self.flow.setting
        law = law_of(setting.pre, setting.cue) if self.shared == "post" else None
        found = []
        for power in self._powers:
            average: Terms = {}
            for (own, other, k), c in power.items():
                mean = law.moment(other, cue) if law else setting.post.moment(other)
                average[own, k] = average.get((own, k), 0.0) + c * float(mean)
            found.append(average)
        return found

    def _shown(self, cues: tuple[int, int], moment: Callable[[int], float]) -> Matrix:
        """One pattern, times cue entries, as rows of a sparse matrix: what each moment is made of."""
        first, second = map(self._given_shared, cues)
        together = {
            (p, q): _joined(first[p], second[q], moment)
            for p, q in itertools.product(range(self.cut + 1), repeat=2)
            if p + q <= self.cut
        }
        rows: Matrix = {}
        for j, k in _orders(self.cut):
            row: dict[Powers, float] = {}
            for p, q in itertools.product(range(j + 1), range(k + 1)):
                ways = math.comb(j, p) * math.comb(k, q) * self.rate ** (p + q)
                for (a, b), c in together[p, q].items():
                    into = (j - p + a, k - q + b)
                    if sum(into) <= self.cut:
                        row[into] = row.get(into, 0.0) + ways * c
            rows[j, k] = row
        return rows

    @cached_property
    def step(self) -> Matrix:
        """One pattern that is not recalled."""
        setting = self.flow.setting
        law = setting.post if self.shared == "post" else setting.pre
        return self._shown((0, 0), lambda k: float(law.moment(k)))

    def recalled(self, cues: tuple[int, int], x: sp.Expr) -> Matrix:
        """The pattern that is recalled, the shared unit storing x, times powers of the cues' entries."""
        value = float(x)
        return self._shown(cues, lambda k: value**k)

    @cached_property
    def settled(self) -> dict[Powers, float]:
        """The moments that a further pattern does not change."""
        states = [state for state in _orders(self.cut) if sum(state)]
        rows = [
            [float(a == b) - self.step[a].get(b, 0.0) for b in states]
            + [self.step[a].get((0, 0), 0.0)]
            for a in states
        ]
        return {(0, 0): 1.0, **dict(zip(states, _solved(rows), strict=True))}

    @cached_property
    def start(self) -> dict[Powers, float]:
        """The moments at W = 0."""
        return {state: (-self.fixed) ** sum(state) for state in _orders(self.cut)}

    @property
    def covariance(self) -> float:
        """The covariance of the two weights once they have settled."""
        return self.settled[1, 1] - self.settled[1, 0] ** 2

    def after(self, patterns: int) -> float:
        """The covariance after a number of patterns, from W = 0."""
        moments = _after(self.step, self.start, patterns)
        return moments[1, 1] - moments[1, 0] ** 2


def field_law(
    pair: Pair, inputs: int, x: sp.Expr, age: int, before: int | None = None
) -> tuple[float, float]:
    """Mean and variance of the field at a unit that stores x.

    Parameters
    ----------
    pair : Pair
        Two weights onto the unit.
    inputs : int
        Number of presynaptic units.
    x : exact number
        The stored value.
    age : int
        How many patterns were shown after the recalled one.
    before : int, optional
        How many were shown before it, from W = 0; without it the weights had settled.

    Examples
    --------
    >>> from hebbsym.families.named import rules
    >>> from hebbsym.theory.setting import Setting
    >>> pair = Pair(Flow(Setting(rules["oja"])), 0.1)
    >>> mean, variance = field_law(pair, 20, sp.S.One, 3)
    >>> round(mean, 9), round(20 * 0.1 * 0.9**3, 9)
    (1.458, 1.458)
    """
    moments = pair.settled if before is None else _after(pair.step, pair.start, before)
    found = []
    for cues in ((1, 0), (2, 0), (1, 1)):
        shown = _after(pair.recalled(cues, x), moments, 1)
        found.append(_after(pair.step, shown, age))
    w, (one, square, both) = pair.fixed, found
    mean = w * one[0, 0] + one[1, 0]
    own = w**2 * square[0, 0] + 2 * w * square[1, 0] + square[2, 0]
    common = w**2 * both[0, 0] + w * (both[1, 0] + both[0, 1]) + both[1, 1]
    variance = inputs * (own - mean**2) + inputs * (inputs - 1) * (common - mean**2)
    return inputs * mean, variance


def one_weight(pair: Pair) -> tuple[float, float]:
    """Mean and variance of a weight that has settled.

    Examples
    --------
    >>> from hebbsym.families.named import rules
    >>> from hebbsym.theory.setting import Setting
    >>> mean, variance = one_weight(Pair(Flow(Setting(rules["oja"])), 0.1))
    >>> round(mean, 9), round(variance * 1.9, 9)
    (0.0, 0.1)
    """
    first, second = pair.settled[1, 0], pair.settled[2, 0]
    return pair.fixed + first, second - first**2


def _orders(cut: int) -> list[Powers]:
    return [(j, k) for j in range(cut + 1) for k in range(cut + 1 - j)]


def _product(first: Terms, second: Terms, most: int) -> Terms:
    """The product of two polynomials, the last exponent bounded."""
    made: Terms = {}
    for (p, q, j), c in first.items():
        for (r, s, k), d in second.items():
            if j + k <= most:
                key = (p + r, q + s, j + k)
                made[key] = made.get(key, 0.0) + c * d
    return made


def _joined(first: Terms, second: Terms, moment: Callable[[int], float]) -> Terms:
    """The average of a product over the activity that both share: by powers of delta and delta'."""
    made: Terms = {}
    for (p, j), c in first.items():
        for (q, k), d in second.items():
            made[j, k] = made.get((j, k), 0.0) + c * d * moment(p + q)
    return made


def _after(step: Matrix, moments: Mapping[Powers, float], times: int) -> dict[Powers, float]:
    """Moments after a pattern that acts so was shown a number of times."""
    now = dict(moments)
    rows = [(state, list(row.items())) for state, row in step.items()]
    for _ in range(times):
        now = {state: sum(c * now[into] for into, c in row) for state, row in rows}
    return now


def _solved(rows: Sequence[list[float]]) -> list[float]:
    """The solution of linear equations, right-hand sides in the last column (Gauss, with pivots)."""
    table = [list(row) for row in rows]
    for n in range(len(table)):
        best = max(range(n, len(table)), key=lambda m: abs(table[m][n]))
        table[n], table[best] = table[best], table[n]
        for m in range(len(table)):
            if m != n and table[m][n]:
                factor = table[m][n] / table[n][n]
                table[m] = [a - factor * b for a, b in zip(table[m], table[n], strict=True)]
    return [row[-1] / row[n] for n, row in enumerate(table)]
