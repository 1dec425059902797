r"""Verdicts of a simulation on claims, with everything needed to have them again.

Main names
----------
Verdict
    What the simulation says of one claim.
Verdicts
    Those of one check, as a table and as JSON.
verdict_of, verdicts_of
    A prediction, what was measured, and the judgement as a verdict; those of one family.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, overload

import numpy as np
import scipy
import sympy as sp

from hebbsym import __version__
from hebbsym.judgement import Finding, Judged, Outcome, judge
from hebbsym.measurement import Measured, Plan
from hebbsym.predictions import Prediction

__all__ = ["Outcome", "Verdict", "Verdicts", "texts", "verdict_of", "versions"]


@dataclass(frozen=True)
class Verdict:
    """What the simulation says of one claim.

    Parameters
    ----------
    claim : str
        The quantity.
    at : mapping of str to str
        Every symbol's value, the stored value x among them.
    predicted, estimate, stderr, z : float
        The standard error is clustered by network; z is their deviation in units of it. Of a square, such as rho, z
        is that of its root, which is judged: the estimate of a square has no normal law near 0.
    outcome : Outcome
    detectable : float
        The smallest relative error of the claim that would have been caught with 90 % power;
        of a claim that is zero, in units of the observable's spread.
    samples : int
        Number of networks, or of rates where an order was judged.
    note : str
        Allowances, ties, and what it would take to decide.
    p : float
        Probability of so large a deviation, corrected for the number of verdicts.

    Examples
    --------
    >>> Verdict("field_mean", {"D": "9", "x": "-1"}, -8.0, -8.1, 0.1, -1.0, Outcome.AGREES,
    ...         0.04, 64).label
    'field_mean (x=-1)'
    """

    claim: str
    at: Mapping[str, str]
    predicted: float
    estimate: float
    stderr: float
    z: float
    outcome: Outcome
    detectable: float
    samples: int
    note: str = ""
    p: float = math.nan

    @property
    def label(self) -> str:
        """The claim, with the value and age that it is about and the load if it is its own."""
        given = [f"{name}={self.at[name]}" for name in ("x", "age") if name in self.at]
        if self.claim.startswith("capacity:"):
            given.append(f"K={self.at.get('K', '?')}")
        return f"{self.claim} ({', '.join(given)})" if given else self.claim

    def to_json(self) -> dict[str, Any]:
        """The verdict as JSON data; a number that does not exist is null."""
        return {
            "claim": self.claim,
            "at": dict(self.at),
            "predicted": _finite(self.predicted),
            "estimate": _finite(self.estimate),
            "stderr": _finite(self.stderr),
            "z": _finite(self.z),
            "p": _finite(self.p),
            "verdict": self.outcome.name,
            "detectable": _finite(self.detectable),
            "samples": self.samples,
            "note": self.note,
        }


@dataclass(frozen=True)
class Verdicts(Sequence[Verdict]):
    """The verdicts of one check, and what is needed to have them again bit by bit.

    Examples
    --------
    >>> good = Verdict("snr", {"D": "9"}, 4.0, 4.01, 0.02, 0.5, Outcome.AGREES, 0.02, 64)
    >>> all_good = Verdicts((good,))
    >>> all_good.outcome.name, all_good.exit_status
    ('AGREES', 0)
    """

    verdicts: tuple[Verdict, ...]
    setting: Mapping[str, str] = field(default_factory=dict)
    at: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0
    resolution: float = 0.05
    significance: float = 0.01
    unchecked: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)

    @overload
    def __getitem__(self, index: int) -> Verdict: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Verdict, ...]: ...
    def __getitem__(self, index: int | slice) -> Verdict | tuple[Verdict, ...]:
        return self.verdicts[index]

    def __len__(self) -> int:
        return len(self.verdicts)

    def __iter__(self) -> Iterator[Verdict]:
        return iter(self.verdicts)

    @property
    def outcome(self) -> Outcome:
        """DISAGREES if one does, else UNDECIDED if one is, else AGREES."""
        outcomes = {verdict.outcome for verdict in self.verdicts}
        for outcome in (Outcome.DISAGREES, Outcome.UNDECIDED):
            if outcome in outcomes:
                return outcome
        return Outcome.AGREES if outcomes else Outcome.UNDECIDED

    @property
    def exit_status(self) -> int:
        """0 when all agree, 1 when one disagrees, 3 when one is undecided and none disagrees."""
        return {Outcome.AGREES: 0, Outcome.DISAGREES: 1, Outcome.UNDECIDED: 3}[self.outcome]

    def table(self) -> list[tuple[str, ...]]:
        """Rows of text, the first of them the headings."""
        rows = [
            (
                v.label,
                _number(v.predicted, ".6g"),
                _number(v.estimate, ".6g", f" ± {v.stderr:.2g}"),
                _number(v.z, "+.2f"),
                f"{v.detectable:.2%}",
                str(v.samples),
                v.outcome.name,
            )
            for v in self.verdicts
        ]
        heads = ("claim", "predicted", "estimate", "z", "detectable", "networks", "verdict")
        return [heads, *rows]

    def to_json(self) -> dict[str, Any]:
        """JSON data of schema ``hebbsym/verdicts/1``."""
        return {
            "schema": "hebbsym/verdicts/1",
            **self.setting,
            "at": dict(self.at),
            "seed": self.seed,
            "resolution": self.resolution,
            "significance": self.significance,
            "versions": dict(self.versions),
            "verdicts": [verdict.to_json() for verdict in self.verdicts],
            "unchecked": [{"claim": c, "reason": r} for c, r in self.unchecked.items()],
        }


def _number(value: float, style: str, after: str = "") -> str:
    """A number as text, or a dash where there is none."""
    return format(value, style) + after if value == value else "-"


def verdict_of(
    prediction: Prediction, measured: Measured, judged: Judged, resolution: float, level: float
) -> Verdict:
    """The verdict on one prediction, with what a reader must know of it.

    Parameters
    ----------
    prediction : Prediction
    measured : Measured
        The estimate beside it.
    judged : Judged
        The judgement, in its family.
    resolution, level : float
        The relative error that was tested for, and the level of one test of the family.

    Examples
    --------
    >>> from hebbsym.judgement import judge
    >>> from hebbsym.notation import D
    >>> one = Prediction("snr", "snr", {D: sp.Integer(9)}, None, 4.0)
    >>> found = Measured(Finding(4.0, 4.01, 0.02, 64))
    >>> verdict_of(one, found, judge([found.finding])[0], 0.05, 0.01).outcome.name
    'AGREES'
    """
    finding, shown = measured.finding, measured.shown or measured.finding
    notes = [prediction.note, measured.note]
    if judged.outcome is Outcome.UNDECIDED:
        notes.append(_wanting(finding, judged, resolution, level))
    return Verdict(
        prediction.claim,
        texts(prediction.at),
        shown.predicted,
        shown.estimate,
        shown.stderr,
        finding.z,
        judged.outcome,
        judged.detectable,
        finding.networks,
        "; ".join(note for note in notes if note),
        judged.p,
    )


def verdicts_of(
    expected: Sequence[Prediction],
    found: Sequence[Measured],
    plan: Plan,
    significance: sp.Rational,
) -> tuple[Verdict, ...]:
    """The verdicts on the predictions of one family, beside what was measured of each.

    Examples
    --------
    >>> from hebbsym.notation import D
    >>> one = Prediction("snr", "snr", {D: sp.Integer(9)}, None, 4.0)
    >>> wrong = Measured(Finding(4.0, 5.01, 0.02, 64))
    >>> verdicts_of([one], [wrong], Plan(1, 0.05, 0.01), sp.Rational(1, 100))[0].outcome.name
    'DISAGREES'
    """
    judged = judge([m.finding for m in found], plan.resolution, float(significance))
    return tuple(
        verdict_of(prediction, one, verdict, plan.resolution, plan.level)
        for prediction, one, verdict in zip(expected, found, judged, strict=True)
    )


MOST_TO_NAME = 10**9
"""Networks beyond which a number of them is no advice."""


def _wanting(finding: Finding, judged: Judged, resolution: float, level: float) -> str:
    """What it would take to decide."""
    if not finding.valid:
        return ""
    needed = finding.needed(resolution, level)
    if math.isinf(needed):
        return (
            f"what was dropped exceeds the resolution of {resolution:.3g}: larger sizes, or a smaller rate, "
            "are needed"
        )
    if needed > MOST_TO_NAME:
        return "no number of networks that can be drawn would decide: the value is too small to be seen"
    if needed > finding.networks:
        return f"about {needed:.0f} networks would decide (networks={needed:.0f})"
    return (
        f"{2 - judged.refuted_controls} of 2 controls (the claim off by {resolution:.3g}) not refuted: "
        f"more networks would decide (networks={2 * finding.networks})"
    )


def texts(values: Mapping[sp.Symbol, sp.Expr]) -> dict[str, str]:
    """Symbols and their values as text."""
    return {symbol.name: str(number) for symbol, number in values.items()}


def versions() -> dict[str, str]:
    """The versions that a result depends on."""
    return {
        "hebbsym": __version__,
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "sympy": sp.__version__,
    }


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None
