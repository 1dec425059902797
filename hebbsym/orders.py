r"""Whether the error of an expansion in a rate shrinks at the stated order, over five rates.

A claim that was cut from a series drops the power p of the rate, so that

.. math:: \ln |\mathrm{formula} - \mathrm{exact}| = p \ln \eta + \mathrm{const} + O(\eta)

The exact value comes from the claim (:class:`~hebbsym.claim.Cut`): all patterns of a small network, or
moments followed pattern by pattern. A wrong coefficient of a power that was kept leaves a gap of that
power, and a slope that falls short of p.

Main names
----------
Shrinking, shrinking
    The gaps of a claim at five rates, each half of the one before, with their slopes.
orders
    One prediction, and what was found, for each claim of a theory that was cut.

Conventions
-----------
The slopes between neighbouring rates differ from p by a term of order eta, which halves from one to the next:
what is judged is the slope at rate zero that the last two of them point to. It may fall short of p by twice
the last change, which is the size of the next order. A wrong coefficient makes the slopes fall by steps that
grow until they have reached its power, and the slope so extrapolated misses by three of the last step, once
its part of the gap at the smallest rates exceeds that of the next order. A first order that vanishes, by
symmetry or at the sizes that are compared, makes the error shrink faster than stated, which refutes nothing:
the next whole number is then expected. Where slopes still change by more than a quarter, or the error exceeds
the value itself, nothing is decided.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import sympy as sp

from hebbsym import notation
from hebbsym.claim import Claim, Cut
from hebbsym.errors import HebbsymError, NotDerivable
from hebbsym.judgement import Finding
from hebbsym.numeric import admit, evaluate
from hebbsym.predictions import Prediction, letters_of

if TYPE_CHECKING:
    from hebbsym.theories import Theory

Values = Mapping[sp.Symbol, sp.Expr]

HALVES = 5
"""How many rates there are."""

_DIGITS = 20
_SMALL = 0.25  # a change of the slopes beyond which they are not on their way to a whole number
_OLD = sp.Integer(2)  # the age at the largest rate, where none is given


@dataclass(frozen=True)
class Shrinking:
    """The gaps between a claim and what it was cut from.

    Parameters
    ----------
    claim : str
    first : int
        The power of the rate that they should fall with.
    rates : tuple of exact numbers
        Each half of the one before.
    gaps : tuple of float
        Their sizes, none of them zero.
    at : mapping of symbol to number
        Values that hold at the largest rate.
    against : str
        What the claim is compared with.
    far : bool
        Whether the gap exceeds the value itself at half the largest rate, though not at the smallest: the
        series says nothing there.

    Examples
    --------
    >>> rates = tuple(sp.Rational(1, 2**n) for n in range(5))
    >>> right = Shrinking("", 2, rates, tuple(float(r) ** 2 * (1 + float(r) / 9) for r in rates), {}, "")
    >>> [round(slope, 2) for slope in right.slopes], round(right.slope, 3), round(right.allowance, 3)
    ([2.07, 2.04, 2.02, 2.01], 2.0, 0.01)

    A coefficient of the first order that is off by 0.02:

    >>> gaps = tuple(gap + 0.02 * float(r) for r, gap in zip(rates, right.gaps))
    >>> wrong = Shrinking("", 2, rates, gaps, {}, "")
    >>> round(wrong.slope, 3), round(wrong.allowance, 3)
    (1.73, 0.093)
    """

    claim: str
    first: int
    rates: tuple[sp.Rational, ...]
    gaps: tuple[float, ...]
    at: Values
    against: str
    far: bool = False

    @property
    def slopes(self) -> tuple[float, ...]:
        """d ln gap / d ln rate between neighbouring rates, the last one the nearest to the limit."""
        return tuple(math.log2(above / below) for above, below in pairwise(self.gaps))

    @property
    def slope(self) -> float:
        """The slope at rate zero: what differs from it halves with the rate."""
        *_, before, last = self.slopes
        return 2 * last - before

    @property
    def curvature(self) -> float:
        """The size of the next order: the last change of the slopes, or half the one before it if that is more."""
        *_, first, before, last = self.slopes
        return max(abs(last - before), abs(before - first) / 2)

    @property
    def undecidable(self) -> bool:
        """Whether the rates are too large for the slopes to tend to anything."""
        return self.far or self.curvature > _SMALL

    @property
    def expected(self) -> int:
        """The first power, or a higher one where it vanishes."""
        return max(self.first, round(self.slope))

    @property
    def allowance(self) -> float:
        """By how much the slope may miss.

        Faster than stated refutes nothing; nor does a slope that falls short by no more than twice the
        next order; nor do rates so large that the next order is not small, which decide nothing at all.
        """
        miss = abs(self.slope - self.expected)
        if self.undecidable:
            return max(1.0, self.curvature, miss)
        if self.slope < self.first - 2 * self.curvature:
            return self.curvature
        return max(self.curvature, miss)

    @property
    def finding(self) -> Finding:
        """The order that is expected beside the one that was found."""
        return Finding(float(self.expected), self.slope, 0.0, len(self.rates), self.allowance)

    @property
    def note(self) -> str:
        """What was compared, and the slopes."""
        slopes = ", ".join(f"{slope:.3f}" for slope in self.slopes)
        faster = ""
        if self.undecidable:
            faster = "; the error is not small, and smaller rates would decide"
        elif self.expected > self.first:
            faster = f"; order {self.first} vanishes here, and the error shrinks faster than stated"
        return (
            f"d ln(error)/d ln({notation.eta}) against {self.against}, from {self.rates[0]} to "
            f"{self.rates[-1]}: {slopes}; allowed for the next order: {self.curvature:.2g}{faster}"
        )


def shrinking(claim: Claim, values: Values) -> Shrinking:
    """The gaps of a claim at the rate that is given, at half of it, and so on.

    Parameters
    ----------
    claim : Claim
        One that was cut from a series.
    values : mapping of symbol to exact number
        A value for every symbol, the largest rate and the stored value x among them.

    Raises
    ------
    NotDerivable
        When there is no gap to speak of, or no exact value to compare with.

    Examples
    --------
    >>> from hebbsym.families.rules import ExpandedRule
    >>> from hebbsym.notation import D, K, eta, w
    >>> from hebbsym.theories import derive
    >>> squared = ExpandedRule(2, {(1, 1): eta, (0, 0): -eta * w**2 - eta * w}, "squared decay")
    >>> claim = derive(squared)["weight_variance"]
    >>> found = shrinking(claim, {eta: sp.Rational(1, 20), D: sp.Integer(50), K: sp.Integer(9)})
    >>> [round(slope, 2) for slope in found.slopes], found.first
    ([4.89, 4.94, 4.97, 4.99], 5)
    """
    if claim.cut is None:
        raise NotDerivable(f"{claim.name} is no expansion in a rate")
    cut = claim.cut
    aged = notation.age in {*claim.free_symbols, *cut.scaled}
    at = {**({notation.age: _OLD} if aged else {}), **values, **cut.at}
    if not at[cut.rate] > 0:
        raise NotDerivable(
            f"orders are judged at positive rates, not at {cut.rate} = {at[cut.rate]}"
        )
    rates, gaps, sizes = [], [], []
    for n in range(HALVES):
        grown = {s: at[s] * 2**n for s in cut.scaled if s in at}
        here = {**at, **grown, cut.rate: at[cut.rate] / 2**n}
        admit(claim, here)
        gap, size = _gap(claim, cut, here)
        rates.append(here[cut.rate])
        gaps.append(gap)
        sizes.append(1.0 if cut.relative else size)
    if max(gaps) == 0:
        raise NotDerivable(f"it equals {cut.against}: no error is left that could shrink")
    if min(gaps) <= cut.noise * max(sizes):
        raise NotDerivable(
            f"its error against {cut.against} is {min(gaps):.2g} at the smallest of {HALVES} rates, which may be "
            "rounding: a larger rate is needed, if there is an error"
        )
    far = gaps[1] > sizes[1] and 10 * gaps[-1] < sizes[-1]  # a gross error stays as large
    return Shrinking(claim.name, cut.first, tuple(rates), tuple(gaps), at, cut.against, far)


def _gap(claim: Claim, cut: Cut, here: Values) -> tuple[float, float]:
    """The size of the gap at values, and of the exact value; of rational numbers without rounding."""
    exact = cut.exactly(here)
    gap = abs(evaluate(claim.at(here) - exact, here, _DIGITS))
    size = abs(evaluate(exact, here, _DIGITS))
    return float(gap / size if cut.relative else gap), float(size)


def orders(theory: Theory, values: Values) -> tuple[list[Prediction], dict[str, str]]:
    """The order of every claim of a theory that was cut, with what was found, and the reason for each that has none.

    Examples
    --------
    >>> from hebbsym.families.rules import ExpandedRule
    >>> from hebbsym.notation import eta, w
    >>> from hebbsym.theories import derive
    >>> squared = ExpandedRule(2, {(1, 1): eta, (0, 0): -eta * w**2 - eta * w}, "squared decay")
    >>> theory = derive(squared, quantities=["weight_mean", "weight_variance"])
    >>> made, left = orders(theory, {eta: sp.Rational(1, 20)})
    >>> [(one.claim, one.number) for one in made]
    [('weight_mean:order', 4.0), ('weight_variance:order', 5.0)]
    """
    made: list[Prediction] = []
    left: dict[str, str] = {}
    for name, claim in theory.items():
        if claim.cut is None or claim.cut.rate not in values:
            continue
        try:
            for letter in _letters(claim, theory, values):
                made.append(_prediction(claim, {**values, **letter}))
        except HebbsymError as error:
            left[f"{name}:order"] = str(error)
    return made, left


def _letters(claim: Claim, theory: Theory, values: Values) -> list[dict[sp.Symbol, sp.Expr]]:
    """The stored values that are looked at: none where the claim does not depend on it, 1 of real ones."""
    letters, reason = letters_of(claim, theory.setting.at(values), values)
    if reason:
        letters = [values.get(notation.x, sp.S.One)]
    return [{} if letter is None else {notation.x: letter} for letter in letters]


def _prediction(claim: Claim, values: Values) -> Prediction:
    found = shrinking(claim, values)
    finding = found.finding
    return Prediction(
        f"{claim.name}:order", "order", found.at, None, finding.predicted, finding.allowance,
        values.get(notation.x), note=found.note, found=finding,
    )  # fmt: skip
