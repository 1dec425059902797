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
what is judged is the slope at rate zero that the last two of them point to, and it is allowed their
difference, the size of the next order. A wrong coefficient makes the slopes fall ever further, by steps that
grow until they have reached its power, and the slope so extrapolated misses by more than the last
step, once its part of the gap at the smallest rates exceeds that of the next order. A first order that vanishes, by symmetry or at the sizes that are compared, makes the error shrink faster
than stated, which refutes nothing: the next whole number is then expected.
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

    Examples
    --------
    >>> rates = tuple(sp.Rational(1, 2**n) for n in range(5))
    >>> right = Shrinking("", 2, rates, tuple(float(r) ** 2 * (1 + float(r) / 9) for r in rates), {}, "")
    >>> [round(slope, 2) for slope in right.slopes], round(right.slope, 3), round(right.allowance, 3)
    ([2.07, 2.04, 2.02, 2.01], 2.0, 0.01)

    A coefficient of the first order that is off by 0.002:

    >>> gaps = tuple(gap + 0.002 * float(r) for r, gap in zip(rates, right.gaps))
    >>> wrong = Shrinking("", 2, rates, gaps, {}, "")
    >>> round(wrong.slope, 3), round(wrong.allowance, 3)
    (1.967, 0.021)
    """

    claim: str
    first: int
    rates: tuple[sp.Rational, ...]
    gaps: tuple[float, ...]
    at: Values
    against: str

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
    def allowance(self) -> float:
        """The size of the next order: what the slope changes by between the smallest rates."""
        *_, before, last = self.slopes
        return abs(last - before)

    @property
    def expected(self) -> int:
        """The first power, or a higher one where it vanishes."""
        return max(self.first, round(self.slope))

    @property
    def finding(self) -> Finding:
        """The order that is expected beside the one that was found."""
        return Finding(float(self.expected), self.slope, 0.0, len(self.rates), self.allowance)

    @property
    def note(self) -> str:
        """What was compared, and the slopes."""
        slopes = ", ".join(f"{slope:.3f}" for slope in self.slopes)
        faster = (
            f"; order {self.first} vanishes here, and the error shrinks faster than stated"
            if self.expected > self.first
            else ""
        )
        return (
            f"d ln(error)/d ln({notation.eta}) against {self.against}, from {self.rates[0]} to "
            f"{self.rates[-1]}: {slopes}; allowed for the next order: {self.allowance:.2g}{faster}"
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
    rates, gaps, scale = [], [], 0.0
    for n in range(HALVES):
        grown = {s: at[s] * 2**n for s in cut.scaled}
        here = {**at, **grown, cut.rate: at[cut.rate] / 2**n}
        admit(claim, here)
        gap, exact = _gap(claim, cut, here)
        rates.append(here[cut.rate])
        gaps.append(gap)
        scale = max(scale, exact)
    if max(gaps) == 0:
        raise NotDerivable(f"it equals {cut.against}: no error is left that could shrink")
    if min(gaps) <= cut.noise * (1.0 if cut.relative else scale):
        raise NotDerivable(
            f"its error against {cut.against} is {min(gaps):.2g} at the smallest of {HALVES} rates, which may be "
            "rounding: a larger rate is needed, if there is an error"
        )
    return Shrinking(claim.name, cut.first, tuple(rates), tuple(gaps), at, cut.against)


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
