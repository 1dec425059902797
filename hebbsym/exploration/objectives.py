r"""What can be made best, and the way to it: in closed form, by a search, or by a search for the largest load.

Main names
----------
Objective
    The contract: what must have a value, and the best coefficients.
AtRatio
    A criterion that is a function of rho: c* is best, in closed form.
AtLoad
    An error at a number of patterns: a search.
Largest
    The capacity under a criterion of errors: the largest number of patterns at which some rule meets it.

Conventions
-----------
Over all rules the lowest error of a bit grows with K. So the capacity of the best rule is the last K at which that lowest
error is admissible: it is doubled, then halved in, each search beginning where the last one ended, and at K + 1 no start finds
an admissible rule any more. Of the rules that store K patterns that of the lowest error is taken. Its capacity is then read off
its own claim.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import numpy as np
import sympy as sp

from hebbsym.capacity.claims import closed
from hebbsym.capacity.criteria import Criterion
from hebbsym.claim import Claim
from hebbsym.errors import InvalidValue, NotDerivable
from hebbsym.exploration.ascent import Array, climb, derivatives, search
from hebbsym.exploration.certificates import Certificate, Passage, Powers
from hebbsym.exploration.heights import Height
from hebbsym.exploration.landscape import Landscape, Values
from hebbsym.families.rules import ExpandedRule
from hebbsym.notation import D, K, epsilon, equation, z
from hebbsym.numeric import evaluate, value
from hebbsym.roots import root
from hebbsym.theories import Theory
from hebbsym.theory.workbench import Workbench

LARGEST_LOAD = 10_000
"""Bound on the patterns at which an error is optimised: each adds a term to it."""

_BIT = sp.Symbol("p", positive=True)
_PROBED = 10  # patterns at which it is seen whether an error depends on the scale of a rule
_HIGH_RATIO = 60  # its error of a bit is 5e-15
_AS_HIGH = 1e-9  # difference of two logarithms that are one


@dataclass(frozen=True)
class Effort:
    """The starts of a search, and the seed that they are drawn from."""

    starts: int
    seed: int


@dataclass(frozen=True)
class Answer:
    """The best coefficients, the criterion there, how they were found, and why they are best."""

    coefficients: dict[Powers, sp.Expr]
    value: float
    method: str
    certificate: Certificate


class Objective(ABC):
    """A criterion as something to be made best."""

    needs: tuple[sp.Symbol, ...]
    """What has to have a value besides the parameters of the setting."""

    def require(self, values: Values) -> None:  # noqa: B027 - nothing is required of most
        """Refuse sizes past a bound."""

    @abstractmethod
    def best(self, land: Landscape, name: str, values: Values, effort: Effort) -> Answer:
        """The best coefficients under the criterion of a name."""


@final
@dataclass(frozen=True)
class AtRatio(Objective):
    """A function of rho alone: c* is the best rule, at the load that ``load`` gives."""

    load: Callable[[Landscape, Values], sp.Expr]
    needs: tuple[sp.Symbol, ...]

    def best(self, land: Landscape, name: str, values: Values, effort: Effort) -> Answer:
        load = self.load(land, values)
        height, frame, best = land.height(name, 1, load), land.frame(load), land.closed(load)
        function = height.at(load)
        found, agreeing = search(function, frame, effort.starts, effort.seed)
        point = frame.to_sphere(land.numbers(best))
        certificate = Certificate(
            *derivatives(function, frame, point),
            *frame.compared(point),
            height.value(function(frame.to_coefficients(found))),
            effort.starts,
            agreeing,
            land.is_closed(best, load),
        )
        top = height.value(function(frame.to_coefficients(point)))
        return Answer(best, top, "closed form", certificate)


@final
@dataclass(frozen=True)
class AtLoad(Objective):
    """An error at a number of patterns, made small."""

    needs: tuple[sp.Symbol, ...] = (D, K)

    def require(self, values: Values) -> None:
        if values[K] > LARGEST_LOAD:
            raise InvalidValue(f"K is {values[K]}; an error is optimised up to K = {LARGEST_LOAD}")

    def best(self, land: Landscape, name: str, values: Values, effort: Effort) -> Answer:
        load = values[K]
        frame, height = land.frame(load), land.height(name, -1, load)
        function = height.at(load)
        found, agreeing = search(function, frame, effort.starts, effort.seed)
        lowest = height.value(function(frame.to_coefficients(found)))
        certificate = Certificate(
            *derivatives(function, frame, found), *frame.compared(found), lowest, effort.starts,
            agreeing, False,
        )  # fmt: skip
        best = land.decimals(frame.to_coefficients(found), load)
        return Answer(best, lowest, "search", certificate)


@dataclass(frozen=True)
class Peak:
    """The best rule that was found at a number of patterns, and how many starts ended there."""

    load: int
    coefficients: Array
    height: float
    agreeing: int = 0


@final
@dataclass(frozen=True)
class Largest(Objective):
    """The capacity under a criterion of errors."""

    criterion: Criterion
    needs: tuple[sp.Symbol, ...] = (D, epsilon)

    def best(self, land: Landscape, name: str, values: Values, effort: Effort) -> Answer:
        height = land.height("bit_error", -1, _PROBED)
        passing = _Passing(land, height, self.criterion, effort)
        last, beyond = passing.last()
        frame, function = land.frame(last.load), height.at(last.load)
        best, point = (
            land.decimals(last.coefficients, last.load),
            frame.to_sphere(last.coefficients),
        )
        method = "search"
        gaussian = land.closed(last.load)
        at_gaussian = frame.to_sphere(land.numbers(gaussian))
        as_high = function(frame.to_coefficients(at_gaussian)) >= last.height - _AS_HIGH
        if as_high and closed(Workbench(land.setting.with_rule(_rule(gaussian)))):
            best, point, method = gaussian, at_gaussian, "closed form"
        certificate = Certificate(
            *derivatives(function, frame, point),
            *frame.compared(point),
            float(last.load),
            effort.starts,
            last.agreeing,
            method != "search" and land.is_closed(best, last.load),
            Passage(
                last.load, passing.failure(last), passing.failure(beyond), float(passing.level)
            ),
        )
        claim = Theory(land.setting.with_rule(_rule(best)))[name]
        return Answer(best, _claimed(claim, land, passing, last), method, certificate)


@final
class _Passing:
    """The search for the last number of patterns at which some rule meets a criterion."""

    def __init__(
        self, land: Landscape, height: Height, criterion: Criterion, effort: Effort
    ) -> None:
        self.land, self.height, self.effort = land, height, effort
        self.level = land.values[epsilon]
        self._failure = criterion.failure(_BIT, land.setting.units, K).xreplace(land.values)

    def failure(self, peak: Peak) -> float:
        """The probability that the criterion bounds."""
        bit = sp.Rational(self.height.value(peak.height)) if np.isfinite(peak.height) else sp.S.Half
        return float(evaluate(self._failure, {_BIT: bit, K: sp.Integer(peak.load)}, 20))

    def meets(self, peak: Peak) -> bool:
        """Whether the criterion is met."""
        return self.failure(peak) <= float(self.level)

    def last(self) -> tuple[Peak, Peak]:
        """The best rule at the last load that some rule meets the criterion at, and that at the next one."""
        peak = self.climbed(first := self._first(), self.land.numbers(self.land.closed(first)))
        if not self.meets(peak):
            peak = self.searched(2)
        if not self.meets(peak):
            raise NotDerivable(
                f"no rule was found that stores two patterns under this criterion (the best fails with probability "
                f"{self.failure(peak):.3g}); take a larger D or epsilon"
            )
        while True:
            peak = self._bisected(peak)
            beyond = self.searched(peak.load + 1, peak.coefficients)
            if not self.meets(beyond):
                return self.searched(peak.load, peak.coefficients), beyond
            peak = beyond

    def _first(self) -> int:
        """A load at which the lowest error is small, and still a double."""
        best = self.land.theory["optimal_snr"].formula.xreplace(self.land.values)
        try:
            found = root(equation(best, sp.Integer(_HIGH_RATIO)), K, {}, 6)
        except InvalidValue:  # the ratio does not fall so far, or has no bound
            return 2
        return min(max(2, int(found)), LARGEST_LOAD)

    def _bisected(self, peak: Peak) -> Peak:
        """From a load that is met: doubled steps, then halved ones, each from the last rule that met it."""
        step = 1
        while self.meets(ahead := self._ahead(peak, step)):
            peak, step = ahead, 2 * step
        high = ahead.load
        while high - peak.load > 1:
            middle = self.climbed((peak.load + high) // 2, peak.coefficients)
            if self.meets(middle):
                peak = middle
            else:
                high = middle.load
        return peak

    def _ahead(self, peak: Peak, step: int) -> Peak:
        if peak.load + step > LARGEST_LOAD:
            raise InvalidValue(
                f"the best rule that was found stores {peak.load} patterns, and may store any number; an error is "
                f"optimised up to K = {LARGEST_LOAD}"
            )
        return self.climbed(peak.load + step, peak.coefficients)

    def climbed(self, load: int, coefficients: Array) -> Peak:
        """The local maximum at a load from a rule that was best at another."""
        frame, function = self.land.frame(load), self.height.at(load)
        found = frame.to_coefficients(climb(function, frame, frame.to_sphere(coefficients)))
        return Peak(load, found, function(found))

    def searched(self, load: int, coefficients: Array | None = None) -> Peak:
        """The highest of many maxima at a load."""
        frame, function = self.land.frame(load), self.height.at(load)
        known = frame.best if coefficients is None else frame.to_sphere(coefficients)
        y, agreeing = search(function, frame, self.effort.starts, self.effort.seed, known)
        found = frame.to_coefficients(y)
        return Peak(load, found, function(found), agreeing)


def _rule(coefficients: dict[Powers, sp.Expr]) -> ExpandedRule:
    given = {pq: c for pq, c in coefficients.items() if c != 0}
    return ExpandedRule(max(p + q for p, q in given), given, "optimum")


def _claimed(claim: Claim, land: Landscape, passing: _Passing, last: Peak) -> float:
    """The value of a claim about a capacity that is known to lie between a load and the next.

    An equation in K is solved from that load on, unless its first solution lies before it.
    """
    unknown = claim.unknown
    if unknown is None:
        return float(value(claim, land.values, 20))
    powers = range((last.load - 1).bit_length())
    before = [
        1 + 2**n for n in powers if 1 + 2**n < last.load
    ]  # the loads that a root is looked for at
    heights = ((load, passing.height.at(load)(last.coefficients)) for load in before)
    early = any(
        np.isfinite(h) and not passing.meets(Peak(load, last.coefficients, h))
        for load, h in heights
    )
    assert claim.prediction is not None
    within, beyond = (
        evaluate(claim.prediction, {**land.values, K: sp.Integer(n)}, 12)
        for n in (last.load, last.load + 1)
    )
    there = within <= passing.level < beyond and not early
    return float(root(claim.formula, unknown, land.values, 12, start=last.load if there else None))


def at_ratio(land: Landscape, values: Values) -> sp.Expr:
    """The load at which the best ratio has fallen to z^2: no rule of this order stores more."""
    best = land.theory["optimal_snr"].formula.xreplace(land.values)
    found = root(equation(best, values[z] ** 2), K, {}, 20)
    return sp.Rational(str(found))
