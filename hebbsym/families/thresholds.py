r"""Thresholds: what the field of a unit is compared with before the state is decided.

Main names
----------
Threshold
    The contract: the value of theta given the laws of the field under the two stored values.
Zero, Fixed, Optimal, Bayes, Inhibition, Active
    The thresholds.

Conventions
-----------
The decision is the higher of the two values when h > theta and the lower one when
h < theta (sgn on {-1, +1}, step on {0, 1}). A tie, h = theta, is counted as half an error
and reported apart.

``optimal`` makes the two conditional errors equal, which minimises the larger of them:
theta = (M+ s- + M- s+)/(s+ + s-) with s the standard deviations, and both errors are
Q((M+ - M-)/(s+ + s-)). It needs no knowledge of how frequent the values are. ``bayes``
minimises the probability that a bit is wrong, which for rare values means to miss more of
them. They coincide when both values are equally frequent and the variances equal.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, final

import sympy as sp

from hebbsym.errors import InvalidValue, NotDerivable
from hebbsym.families.parameters import Parametric
from hebbsym.registry import Registry


@dataclass(frozen=True)
class FieldLaw:
    """Mean and variance of the field given one stored value, and the probability of that value."""

    mean: sp.Expr
    variance: sp.Expr
    probability: sp.Expr


class Threshold(Parametric, ABC):
    """What is subtracted from the field before its sign is taken."""

    inhibits: ClassVar[bool] = False
    """Whether the mean field of the population is subtracted from every field first."""
    depends_on_load: ClassVar[bool] = False
    """Whether the value follows from the laws of the field."""
    balances: ClassVar[bool] = False
    """Whether both conditional errors are made equal."""
    share: sp.Expr = sp.S.Zero
    """What theta grows by with every unit of activity in the cue, sum_j s_j."""
    offset: sp.Expr = sp.S.Zero
    """Where theta follows the cue: what is added to share * sum_j s_j."""

    observable: ClassVar[str | None] = None
    """What the value can be compared with in a simulation; nothing where it is given, not derived."""

    reason: ClassVar[str]
    """Why theta has this value, in the words of a derivation."""

    @abstractmethod
    def value(self, low: FieldLaw, high: FieldLaw) -> sp.Expr:
        """Theta, given the laws of the field under the lower and the higher stored value."""


@final
@dataclass(frozen=True)
class Zero(Threshold):
    """theta = 0.

    Examples
    --------
    >>> Zero().text
    'zero'
    """

    name: ClassVar[str] = "zero"
    reason: ClassVar[str] = "the threshold is zero"

    def value(self, low: FieldLaw, high: FieldLaw) -> sp.Expr:
        return sp.S.Zero


@final
@dataclass(frozen=True)
class Fixed(Threshold):
    """theta as given.

    Examples
    --------
    >>> Fixed(theta=sp.Rational(1, 2)).text
    'fixed(theta=1/2)'
    """

    theta: sp.Expr
    name: ClassVar[str] = "fixed"
    reason: ClassVar[str] = "the threshold is given"

    def _require_domain(self) -> None:
        if self.theta.is_number and not self.theta.is_real:
            raise InvalidValue(f"theta is {self.theta}, and a threshold is a real number")

    def value(self, low: FieldLaw, high: FieldLaw) -> sp.Expr:
        return self.theta


@final
@dataclass(frozen=True)
class Optimal(Threshold):
    """The threshold at which both conditional errors are equal (least maximum).

    Examples
    --------
    >>> law = lambda m: FieldLaw(sp.Integer(m), sp.S.One, sp.S.Half)
    >>> Optimal().value(law(-2), law(6))
    2
    """

    name: ClassVar[str] = "optimal"
    reason: ClassVar[str] = (
        "both conditional errors are made equal, which minimises the larger of them"
    )
    depends_on_load: ClassVar[bool] = True
    balances: ClassVar[bool] = True
    observable: ClassVar[str | None] = "threshold:balanced"

    def value(self, low: FieldLaw, high: FieldLaw) -> sp.Expr:
        if low.variance == high.variance:
            return (low.mean + high.mean) / 2
        below, above = sp.sqrt(low.variance), sp.sqrt(high.variance)
        return (high.mean * below + low.mean * above) / (below + above)


@final
@dataclass(frozen=True)
class Bayes(Threshold):
    """The threshold at which the probability of a wrong bit is least, for Gaussian fields.

    There the two densities, weighted by the probabilities of the values, are equal; of the
    quadratic's two roots the one between the means is taken, in the form that stays
    regular when the variances are equal.

    Examples
    --------
    >>> low = FieldLaw(sp.Integer(-2), sp.S.One, sp.Rational(3, 4))
    >>> high = FieldLaw(sp.Integer(2), sp.S.One, sp.Rational(1, 4))
    >>> Bayes().value(low, high)  # the rarer value must clear a higher threshold
    log(3)/4
    """

    name: ClassVar[str] = "bayes"
    reason: ClassVar[str] = (
        "the two densities, weighted by the probabilities of the values, are equal there"
    )
    depends_on_load: ClassVar[bool] = True

    def value(self, low: FieldLaw, high: FieldLaw) -> sp.Expr:
        gap, u, v = high.mean - low.mean, high.variance, low.variance
        odds = sp.log(low.probability / high.probability) + sp.log(u / v) / 2
        if u == v:
            return low.mean + gap / 2 + u * odds / gap
        # t = theta - low.mean where the weighted densities are equal:
        # -t^2/(2v) + odds = -(t - gap)^2/(2u)
        quadratic, linear, constant = u - v, 2 * v * gap, -v * gap**2 - 2 * u * v * odds
        root = sp.sqrt(linear**2 - 4 * quadratic * constant)
        return low.mean - 2 * constant / (linear + root)


@final
@dataclass(frozen=True)
class Inhibition(Threshold):
    """theta is the mean field of the whole population, (1/D) sum_k h_k, in the same network.

    Examples
    --------
    >>> Inhibition().inhibits
    True
    """

    name: ClassVar[str] = "inhibition"
    reason: ClassVar[str] = "the mean field of the population is subtracted instead"
    inhibits: ClassVar[bool] = True

    def value(self, low: FieldLaw, high: FieldLaw) -> sp.Expr:
        return sp.S.Zero


@final
@dataclass(frozen=True)
class Active(Threshold):
    """theta = share * (sum of the cue over the unit's inputs) + offset: it follows the cue.

    With the defaults a unit of a memory with weights 0 and 1 is active exactly when all active
    units of the cue reach it (Willshaw's threshold, half a unit below their number).

    Examples
    --------
    >>> Active().text
    'active(share=1, offset=-1/2)'
    """

    share: sp.Expr = sp.S.One
    offset: sp.Expr = -sp.S.Half
    name: ClassVar[str] = "active"
    reason: ClassVar[str] = "the threshold follows the activity of the cue"

    def value(self, low: FieldLaw, high: FieldLaw) -> sp.Expr:
        raise NotDerivable(
            "threshold 'active' has no single value, for it follows the cue; it is derived for "
            "the exact errors of bounded rules (willshaw, ...)"
        )


thresholds: Registry[type[Any]] = Registry("threshold")
"""The thresholds by the name that a user types."""
for _threshold in (Zero, Fixed, Optimal, Bayes, Inhibition, Active):
    thresholds.add(_threshold.name, _threshold)
