r"""Whether measured numbers refute predicted ones, and whether they could have.

Main names
----------
Finding
    A prediction beside its estimate.
Judged
    What a finding amounts to, with the error that would have been caught.
judge
    The judgement of a family of findings.
holm
    P values corrected for the size of the family.

Conventions
-----------
A finding is compared by Student's t over networks, two-sided. A family of m findings is
corrected by Holm's procedure; what a run could have caught is stated at the level of the
procedure's first step, significance/m, which every finding meets. A claim that dropped
something is allowed exactly the size of what it dropped. A capacity is a claim about K: its
relative error is that of the error rate divided by d ln(error) / d ln K.

AGREES needs more than the absence of a refutation: the run must have been able to catch a
relative error of ``resolution`` with 90 % power, and its controls, the claim times
(1 + resolution) and divided by it, must be refuted by the same test. A claim that is zero has
the additive controls +- resolution times the observable's own spread. Without them the
finding is UNDECIDED, which never counts as agreement.

References
----------
holm1979.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Sequence
from dataclasses import dataclass

POWER = 0.9
"""The probability with which an error of the stated size is caught."""

ROUNDING = 1e-9
"""Relative size of what floating-point sums may be off by."""

HEAVY = 100.0
"""Kurtosis over networks past which a standard error says little of what was not drawn."""

_RANGE = 700.0  # of exponents of doubles
_FAR = 1e100  # standard errors beyond which no number of networks is one
_AIM = 0.999  # sampling goes on until the controls are refuted with this probability


class Outcome(enum.Enum):
    """What a simulation says of a claim."""

    AGREES = "agrees"
    DISAGREES = "disagrees"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Finding:
    """A predicted and an estimated number.

    Parameters
    ----------
    predicted, estimate, stderr : float
        The standard error is that of the estimate, over networks.
    networks : int
        Independent networks behind the estimate.
    allowance : float
        The size of what the claim says that it dropped; 0 for an exact claim.
    spread : float
        The observable's own scale, for the controls of a prediction of zero.
    sensitivity : float
        Relative change of the observable for a small relative change of what is claimed: 1, except for a
        capacity, which is tested through the error at that load, and for a square, through its root.
    heavy : bool
        Whether few networks make up the estimate: then nothing is refuted by it.
    """

    predicted: float
    estimate: float
    stderr: float
    networks: int
    allowance: float = 0.0
    spread: float = 1.0
    sensitivity: float = 1.0
    heavy: bool = False

    @property
    def valid(self) -> bool:
        """Whether there is something to compare."""
        numbers = (self.predicted, self.estimate, self.stderr, self.allowance)
        return self.networks > 1 and all(map(math.isfinite, numbers))

    @property
    def scale(self) -> float:
        """What errors are relative to: the prediction, or the spread where it is zero."""
        return abs(self.predicted) if self.predicted != 0 else (self.spread or 1.0)

    @property
    def error(self) -> float:
        """The standard error, at least that of rounding."""
        return max(self.stderr, ROUNDING * max(self.scale, abs(self.estimate)))

    @property
    def z(self) -> float:
        """Deviation of the estimate from the prediction in standard errors.

        An estimate that has none, beside a prediction that dropped something, is measured by the allowance.
        """
        unit = self.error if self.stderr or not self.allowance else self.allowance
        return (self.estimate - self.predicted) / unit if self.valid else math.nan

    def probability(self, predicted: float | None = None) -> float:
        """Two-sided probability of so large a deviation beyond the allowance, by Student's t."""
        from scipy.special import stdtr

        centre = self.predicted if predicted is None else predicted
        excess = max(0.0, abs(self.estimate - centre) - self.allowance)
        return float(2 * stdtr(self.networks - 1, -excess / self.error))

    def controls(self, resolution: float) -> tuple[float, float]:
        """Wrong claims that the run must refute."""
        if self.predicted == 0:
            return -resolution * self.scale, resolution * self.scale
        factor = self._grown(resolution)
        return self.predicted * factor, self.predicted / factor

    def _grown(self, share: float) -> float:
        """What the observable grows by, at least, when what is claimed grows by a share.

        A line and a power have the sensitivity as their slope; the flatter of them is taken.
        """
        return float(min(1 + share * self.sensitivity, (1 + share) ** self.sensitivity))

    def detectable(self, level: float, power: float = POWER) -> float:
        """The smallest relative error that is caught with the given power at a level.

        The prediction divided by 1 + e is the nearer of the two that are off by e.
        """
        distance = self.allowance + _reach(self.networks, level, power) * self.error
        if self.predicted == 0:
            return distance / self.scale
        if distance >= self.scale:
            return math.inf
        growth = math.log1p(distance / (self.scale - distance))
        if growth / self.sensitivity > _RANGE:
            return math.inf
        return max(math.expm1(growth) / self.sensitivity, math.expm1(growth / self.sensitivity))

    def suffices(self, resolution: float, level: float) -> bool:
        """Whether the standard error is small enough for the controls to be refuted."""
        return self.valid and self.detectable(level, _AIM) <= resolution

    def needed(self, resolution: float, level: float) -> float:
        """About how many networks would do; infinite when the allowance alone is too large."""
        if not self.valid:
            return math.inf
        distance = resolution * self.scale
        if self.predicted != 0:
            distance = self.scale * (1 - 1 / self._grown(resolution))
        room = distance - self.allowance
        if room <= 0:
            return math.inf
        reach = _reach(self.networks, level, _AIM) * self.error
        return math.inf if reach / room > _FAR else math.ceil(self.networks * (reach / room) ** 2)


@dataclass(frozen=True)
class Judged:
    """The judgement of one finding; ``p`` is corrected for the size of the family."""

    outcome: Outcome
    p: float
    detectable: float
    refuted_controls: int


def judge(
    findings: Sequence[Finding], resolution: float = 0.05, significance: float = 0.01
) -> list[Judged]:
    """Judge a family of findings.

    Parameters
    ----------
    findings : sequence of Finding
    resolution : float
        The relative error that must have been caught for a claim to agree.
    significance : float
        The probability that a family of true claims has one that disagrees.

    Examples
    --------
    >>> sharp, blunt, wrong = (
    ...     Finding(1.0, 1.001, 0.002, 500), Finding(1.0, 1.2, 0.2, 500), Finding(1.0, 1.5, 0.02, 500)
    ... )
    >>> [judged.outcome.name for judged in judge([sharp, blunt, wrong])]
    ['AGREES', 'UNDECIDED', 'DISAGREES']
    """
    level = significance / max(1, len(findings))
    corrected = holm([f.probability() if f.valid else 1.0 for f in findings])
    return [
        _judged(finding, p, resolution, significance, level)
        for finding, p in zip(findings, corrected, strict=True)
    ]


def _judged(
    finding: Finding, p: float, resolution: float, significance: float, level: float
) -> Judged:
    if not finding.valid:
        return Judged(Outcome.UNDECIDED, math.nan, math.inf, 0)
    refuted = sum(finding.probability(c) <= level for c in finding.controls(resolution))
    detectable = finding.detectable(level)
    if p <= significance:
        outcome = Outcome.UNDECIDED if finding.heavy else Outcome.DISAGREES
    elif refuted == 2 and detectable <= resolution:
        outcome = Outcome.AGREES
    else:
        outcome = Outcome.UNDECIDED
    return Judged(outcome, p, detectable, refuted)


def holm(probabilities: Sequence[float]) -> list[float]:
    """P values corrected by Holm's procedure, in the order given.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(probabilities)), key=lambda n: probabilities[n])
    corrected, largest = [0.0] * len(order), 0.0
    for rank, n in enumerate(order):
        largest = max(largest, min(1.0, (len(order) - rank) * probabilities[n]))
        corrected[n] = largest
    return corrected


def _reach(networks: int, level: float, power: float) -> float:
    """Standard errors between a claim and a deviation that is caught with the given power."""
    from scipy.special import stdtrit

    freedom = max(1, networks - 1)
    return float(stdtrit(freedom, 1 - level / 2) + stdtrit(freedom, power))
