r"""Check a theory by simulation: each claim agrees, disagrees, or is undecided.

Main names
----------
check
    Simulates what a theory predicts and judges it.
Verdicts, Verdict
    The outcome, with everything needed to repeat it.

Conventions
-----------
See :mod:`hebbsym.predictions` for what is tested, :mod:`hebbsym.measurement` for how long is
sampled, :mod:`hebbsym.orders` for expansions, and :mod:`hebbsym.judgement` for the three outcomes.

Limits
------
A rate is not resolved before it was seen: an error far below one in the number of simulated
bits or patterns stays undecided, with the number of networks that it would take. A bit's error of an
additive rule is then sampled from the tilted law of a unit's field instead.
"""

from __future__ import annotations

import math
import numbers
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import scipy
import sympy as sp

from hebbsym import __version__, notation
from hebbsym.errors import InvalidValue
from hebbsym.families.parameters import exact
from hebbsym.judgement import Finding, Judged, Outcome, judge
from hebbsym.measurement import Measured, Plan, measure
from hebbsym.orders import orders
from hebbsym.predictions import Prediction, predictions
from hebbsym.simulate import Memory, pool
from hebbsym.simulate.runs import require_memory

if TYPE_CHECKING:
    from hebbsym.theories import Theory

__all__ = ["Outcome", "Verdict", "Verdicts", "check"]

RESOLUTION = sp.Rational(1, 20)
"""The relative error that every agreeing claim was tested for, by default."""

SIGNIFICANCE = sp.Rational(1, 100)
"""The probability of a false alarm in a whole theory, by default."""


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
        The standard error is clustered by network; z is their deviation in units of it.
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


def check(
    theory: Theory,
    *,
    seed: int = 0,
    budget: float | None = None,
    resolution: sp.Rational = RESOLUTION,
    workers: int = 1,
    memory: int = 2**30,
    networks: int | None = None,
    significance: sp.Rational = SIGNIFICANCE,
    **at: Any,
) -> Verdicts:
    """Simulate what a theory predicts and judge every claim that has an observable.

    Of an expansion in a rate it is judged, besides, whether its error shrinks at the stated order: the verdict
    ``NAME:order`` (see :mod:`hebbsym.orders`).

    Parameters
    ----------
    theory : Theory
    seed : int
        Literal seed; networks 0, 1, 2, ... of a seed are always the same.
    budget : float, optional
        Seconds after which no further block is begun. A run that was stopped by it is had
        again with ``networks`` set to the largest number that it reports.
    resolution : exact number
        The relative error that every agreeing claim must have been tested for.
    workers : int
        Processes; they change nothing but the time.
    memory : int
        Bytes that the simulation may use.
    networks : int, optional
        The largest number of networks; by default what a fixed amount of work allows.
    significance : exact number
        The probability that a theory whose claims are all true has one that disagrees.
    **at : exact numbers
        A value for each symbol: ``D=400, K=60``.

    Raises
    ------
    InvalidValue
        When a symbol is left free, or a value is out of its domain or not exact.
    SizeLimit
        When one network does not fit into ``memory``.

    Examples
    --------
    >>> from hebbsym.families.rules import ExpandedRule
    >>> from hebbsym.theories import derive
    >>> hebb = derive(ExpandedRule(2, {(1, 1): 1}), quantities=["snr"])
    >>> check(hebb, D=50, K=10, seed=1)[0].outcome.name
    'AGREES'
    """
    _require(seed, workers, resolution, significance, networks, budget)
    values = {notation.named(name): _exact(name, number) for name, number in at.items()}
    _require_known(theory, values)
    expected, unchecked = predictions(theory, values)
    shrinking, unseen = orders(theory, values)
    expected, unchecked = [*expected, *shrinking], {**unchecked, **unseen}
    level = float(significance) / len(expected)
    ends = None if budget is None else time.monotonic() + budget
    running: AbstractContextManager[Executor | None] = (
        nullcontext(None) if workers == 1 else pool(workers)
    )
    plan = Plan(seed, float(resolution), level, networks, workers, memory)
    measured: dict[int, Measured] = {}
    with running as executor:
        groups = _grouped(expected)
        _require_memory(groups, values, memory // workers)
        for number, (network, places) in enumerate(groups):
            share = None if ends is None else (ends - time.monotonic()) / (len(groups) - number)
            wanted = [expected[n] for n in places]
            measured |= zip(places, measure(network, wanted, plan, executor, share), strict=True)
    found = [measured[n] for n in range(len(expected))]
    judged = judge([m.finding for m in found], float(resolution), float(significance))
    return Verdicts(
        tuple(
            verdict_of(prediction, one, verdict, float(resolution), level)
            for prediction, one, verdict in zip(expected, found, judged, strict=True)
        ),
        _described(theory), texts(values), seed, float(resolution), float(significance),
        unchecked, versions(),
    )  # fmt: skip


# ---- what is asked for --------------------------------------------------------------------


def _require(
    seed: int, workers: int, resolution: Any, significance: Any, networks: int | None,
    budget: float | None,
) -> None:  # fmt: skip
    for name, number, least in (
        ("seed", seed, 0),
        ("workers", workers, 1),
        ("networks", networks, 2),
    ):
        if number is not None and (not isinstance(number, int) or number < least):
            raise InvalidValue(f"{name} is an integer of at least {least}, not {number}")
    for name, share in (("resolution", resolution), ("significance", significance)):
        if not 0 < share < 1:
            raise InvalidValue(f"{name} lies between 0 and 1, not at {share}")
    if budget is not None and not budget > 0:
        raise InvalidValue(f"budget is a positive number of seconds, not {budget}")


def _exact(name: str, number: Any) -> sp.Expr:
    if isinstance(number, numbers.Rational):
        return sp.Rational(int(number.numerator), int(number.denominator))
    value: sp.Expr = exact(number)
    if not (value.is_number and value.is_real):
        raise InvalidValue(f"{name}={value} is not a real number")
    return value


def _require_known(theory: Theory, values: Mapping[sp.Symbol, sp.Expr]) -> None:
    known = {notation.D, notation.K, *theory.setting.free_symbols}
    known = known.union(*(claim.free_symbols for claim in theory.values()))
    for symbol in values:
        if symbol not in known and symbol not in notation.STANDARD:
            names = ", ".join(sorted(map(str, known)))
            raise InvalidValue(f"{symbol} does not occur; the symbols are {names}")


def _grouped(expected: Sequence[Prediction]) -> list[tuple[Memory | None, list[int]]]:
    """The networks to simulate, each with the places of its predictions in the family."""
    groups: list[tuple[Memory | None, list[int]]] = []
    for place, prediction in enumerate(expected):
        for network, places in groups:
            if network == prediction.network:
                places.append(place)
                break
        else:
            groups.append((prediction.network, [place]))
    return groups


def _require_memory(
    groups: Sequence[tuple[Memory | None, list[int]]],
    values: Mapping[sp.Symbol, sp.Expr],
    memory: int,
) -> None:
    """Refuse the given sizes before any work; a capacity's own load may turn out too large later."""
    for network, _ in groups:
        if network is not None and values.get(notation.K) == network.patterns:
            require_memory(network, memory)


# ---- verdicts -----------------------------------------------------------------------------


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
    >>> one = Prediction("snr", "snr", {notation.D: sp.Integer(9)}, None, 4.0)
    >>> found = Measured(Finding(4.0, 4.01, 0.02, 64))
    >>> verdict_of(one, found, judge([found.finding])[0], 0.05, 0.01).outcome.name
    'AGREES'
    """
    finding = measured.finding
    notes = [prediction.note, measured.note]
    if judged.outcome is Outcome.UNDECIDED:
        notes.append(_wanting(finding, judged, resolution, level))
    return Verdict(
        prediction.claim,
        texts(prediction.at),
        finding.predicted,
        finding.estimate,
        finding.stderr,
        finding.z,
        judged.outcome,
        judged.detectable,
        finding.networks,
        "; ".join(note for note in notes if note),
        judged.p,
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


def _described(theory: Theory) -> dict[str, str]:
    setting = theory.setting
    return {
        "rule": setting.rule.name,
        "patterns": setting.patterns.text,
        "cue": setting.cue.text,
        "threshold": setting.threshold.text,
    }


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
