r"""Rules of a sweep confirmed by simulation: one bank of fields, one family of verdicts.

Main names
----------
confirm
    Simulate some rules of a sweep and judge what a theory says of each: :class:`Confirmation`.
share
    Which rules to confirm: the front, the borders, a random sample.

Conventions
-----------
All rules are judged together, as :func:`hebbsym.check` judges the claims of one theory: the probability that
one true claim of the whole sweep disagrees is at most ``significance`` (Holm), and what a run could have caught is
stated at the level significance / (number of findings). Rules share patterns and cues, so their findings depend
on one another; Holm's procedure holds whatever the dependence.

Networks are drawn in blocks that double until every finding that can be resolved is, or the largest number is
reached; only standard errors are looked at.

A ratio is judged by its root, as in a check: that of a rule with little or no signal has a normal law as well.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import sympy as sp

from hebbsym import notation
from hebbsym.errors import InvalidValue, NotDerivable
from hebbsym.families.rules import ExpandedRule
from hebbsym.judgement import Outcome
from hebbsym.measurement import (
    FIRST_BLOCK,
    Measured,
    Plan,
    estimated,
    most_networks,
    rarely_seen,
)
from hebbsym.observables import OBSERVABLES
from hebbsym.predictions import Prediction, predictions
from hebbsym.simulate import Bank, Network, pool, simulate_bank
from hebbsym.theories import Theory, derive
from hebbsym.theory.setting import Setting
from hebbsym.verdicts import Verdict, Verdicts, texts, verdicts_of, versions

QUANTITIES = ("field_mean", "field_variance", "snr")
"""What is confirmed of a rule by default: exact claims."""

ERRORS = ("bit_error", "bit_error:high", "bit_error:low")
"""What is confirmed besides of a sweep that has these columns."""

RESOLUTION = sp.Rational(1, 10)
"""The relative error that every agreeing claim of a sweep was tested for, by default."""

SIGNIFICANCE = sp.Rational(1, 100)
"""The probability of a false alarm in a whole sweep, by default."""


@dataclass(frozen=True)
class Confirmation:
    """The rules that were simulated and the verdicts on each.

    Parameters
    ----------
    rules : tuple of ExpandedRule
    verdicts : Verdicts
        Of all rules, one after the other; ``at`` of each has the coefficients.
    places : tuple of slice
        Which verdicts are about each rule.
    ratios : tuple of (float, float)
        The simulated signal-to-noise ratio of each rule and its standard error.

    Examples
    --------
    >>> hebb = ExpandedRule(2, {(1, 1): 1})
    >>> found = confirm(Setting(hebb), [hebb], at={notation.D: 50, notation.K: 10}, seed=1)
    >>> [outcome.name for outcome in found.outcomes], len(found.verdicts)
    (['AGREES'], 5)
    """

    rules: tuple[ExpandedRule, ...]
    verdicts: Verdicts
    places: tuple[slice, ...]
    ratios: tuple[tuple[float, float], ...]

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """One outcome a rule: DISAGREES if one verdict does, else UNDECIDED if one is, else AGREES."""
        return tuple(
            replace(self.verdicts, verdicts=self.of(n)).outcome for n in range(len(self.rules))
        )

    def of(self, number: int) -> tuple[Verdict, ...]:
        """The verdicts on one rule."""
        return self.verdicts.verdicts[self.places[number]]

    def table(self) -> list[tuple[str, ...]]:
        """Rows of text, the first of them the headings: one rule a row."""
        heads = ("rule", "rho, simulated", "largest |z|", "detectable", "networks", "verdict")
        rows: list[tuple[str, ...]] = [heads]
        for number, (rule, (ratio, stderr)) in enumerate(zip(self.rules, self.ratios, strict=True)):
            some = self.of(number)
            rows.append(
                (
                    str(rule.update),
                    f"{ratio:.4g} ± {stderr:.2g}",
                    f"{max((abs(v.z) for v in some), default=np.nan):.2f}",
                    f"{max((v.detectable for v in some), default=np.nan):.2%}",
                    str(max((v.samples for v in some), default=0)),
                    self.outcomes[number].name,
                )
            )
        return rows


def confirm(
    setting: Setting,
    rules: Iterable[ExpandedRule],
    *,
    at: Mapping[sp.Symbol, Any],
    quantities: Sequence[str] = QUANTITIES,
    seed: int = 0,
    networks: int | None = None,
    resolution: sp.Rational = RESOLUTION,
    significance: sp.Rational = SIGNIFICANCE,
    workers: int = 1,
) -> Confirmation:
    """Simulate additive rules on one bank of fields and judge the claims about each.

    Parameters
    ----------
    setting : Setting
        Patterns, cue and threshold; its rule is not used.
    rules : iterable of ExpandedRule
        With exact numbers for coefficients.
    at : mapping of symbol to exact number
        D, K and the parameters of the setting.
    quantities : sequence of str
        Claims about the field or about errors of bits and patterns.
    seed : int
    networks : int, optional
        The largest number of networks; by default what a fixed amount of work allows.
    resolution, significance : exact number
        As in :func:`hebbsym.check`, for the whole sweep.
    workers : int
        Processes; they change nothing but the time.

    Raises
    ------
    InvalidValue
        When there is no rule, a symbol has no value, or a quantity is none of the field.

    Examples
    --------
    >>> hebb, post = ExpandedRule(2, {(1, 1): 1}), ExpandedRule(2, {(1, 1): 1, (1, 0): 1})
    >>> found = confirm(Setting(hebb), [hebb, post], at={notation.D: 60, notation.K: 8},
    ...                 quantities=["snr"], networks=512, seed=1)
    >>> found.ratios[0][0] > found.ratios[1][0], found.verdicts.exit_status
    (True, 0)
    """
    chosen = tuple(rules)
    if not chosen:
        raise InvalidValue("no rule was chosen, and there is nothing to confirm")
    values = {symbol: _exact(v) for symbol, v in at.items()}
    theory, expected = _expected(setting, chosen, values, quantities)
    flat = [prediction for some in expected for prediction in some]
    level = float(significance) / len(flat)
    bank, measured = _measured(expected, seed, networks, float(resolution), level, workers)
    plan = Plan(seed, float(resolution), level, networks, workers)
    verdicts = verdicts_of(flat, [one for some in measured for one in some], plan, significance)
    ends = np.cumsum([0, *(len(some) for some in expected)])
    with np.errstate(all="ignore"):  # a rule without noise has an infinite ratio
        ratios = [bank.estimate(_network_of(some), "snr") for some in expected]
    return Confirmation(
        chosen,
        Verdicts(
            verdicts,
            {
                "rule": theory.setting.rule.name,
                "patterns": setting.patterns.text,
                "cue": setting.cue.text,
                "threshold": setting.threshold.text,
            },
            texts(values), seed, float(resolution), float(significance), {}, versions(),
        ),
        tuple(slice(int(a), int(b)) for a, b in itertools.pairwise(ends)),
        tuple((one.value, one.stderr) for one in ratios),
    )  # fmt: skip


def share(
    ratio: Any,
    growth: Any,
    front: Sequence[int] = (),
    sample: int = 50,
    seed: int = 0,
) -> list[int]:
    """The rules of a sweep that are to be confirmed: the front, the borders, a random sample.

    Parameters
    ----------
    ratio : array
        The signal-to-noise ratio (or another merit) of each rule; rules without a finite one are left out.
    growth : array
        The exponent of each rule's capacity, or another label. The border of a label are its best and its worst rule.
    front : sequence of int
        Indices of the front, see :func:`hebbsym.exploration.ranking.front`.
    sample : int
        How many of the other rules are drawn.
    seed : int

    Returns
    -------
    list of int
        Indices, ascending, without repetition.

    Examples
    --------
    >>> share([1.0, 2.0, 3.0, 4.0, 5.0], [0, 0, 0, 1, 1], front=[4], sample=0)
    [0, 2, 3, 4]
    """
    merit, labels = np.asarray(ratio, dtype=np.float64), np.asarray(growth)
    usable = np.flatnonzero(np.isfinite(merit))
    chosen = {int(n) for n in front}
    for label in np.unique(labels[usable]):
        alike = usable[labels[usable] == label]
        chosen |= {int(alike[np.argmin(merit[alike])]), int(alike[np.argmax(merit[alike])])}
    others = np.array([n for n in usable if int(n) not in chosen], dtype=np.int64)
    drawn = np.random.default_rng(seed).permutation(others)[:sample]
    return sorted(chosen | {int(n) for n in drawn})


# ---- what is expected ---------------------------------------------------------------------


def _exact(value: Any) -> sp.Expr:
    return sp.Integer(value) if isinstance(value, int) else value


def _expected(
    setting: Setting,
    rules: Sequence[ExpandedRule],
    values: Mapping[sp.Symbol, sp.Expr],
    quantities: Sequence[str],
) -> tuple[Theory, list[list[Prediction]]]:
    """The predictions about each rule, from one theory with symbols for the coefficients."""
    powers = sorted({pq for rule in rules for pq in rule.require_additive().terms})
    if not powers:
        raise InvalidValue("every rule that was chosen is zero, and there is nothing to confirm")
    powers = sorted(
        {*powers, (1, 1)}
    )  # without x_i x_j no rule may carry a signal, and none has a claim
    symbols = {pq: notation.coefficient(*pq) for pq in powers}
    general = ExpandedRule(max(p + q for p, q in powers), symbols, "general")
    theory = derive(
        general, setting.patterns, cue=setting.cue, threshold=setting.threshold,
        quantities=quantities,
    )  # fmt: skip
    expected = []
    for rule in rules:
        point = {symbols[pq]: rule.terms.get(pq, sp.S.Zero) for pq in powers}
        made, _ = predictions(theory, {**values, **point})
        for one in made:
            _require_of_the_field(one)
        expected.append([_by_itself(one, rule, setting, values) for one in made])
    return theory, expected


def _by_itself(
    one: Prediction, rule: ExpandedRule, setting: Setting, values: Mapping[sp.Symbol, sp.Expr]
) -> Prediction:
    """An error from the claim of the rule itself where the general one has no value: its field may be certain there."""
    if not math.isnan(one.number) or OBSERVABLES[one.observable].side is None:
        return one
    own = {pq: c for pq, c in rule.terms.items() if c != 0}
    try:
        theory = derive(
            ExpandedRule(rule.order, own, rule.name), setting.patterns, cue=setting.cue,
            threshold=setting.threshold, quantities=[one.claim],
        )  # fmt: skip
        (found,), _ = predictions(theory, values)
    except NotDerivable as reason:
        return replace(one, note=str(reason))
    return replace(found, at=one.at)


def _require_of_the_field(prediction: Prediction) -> None:
    observable = OBSERVABLES[prediction.observable]
    others = observable.weights or observable.cumulants or observable.trial is not None
    if others or prediction.claim.startswith("capacity:"):
        raise InvalidValue(
            f"{prediction.claim} is not confirmed on a bank of fields; ask for field_mean, field_variance, snr or "
            "an error of bits or patterns, or check the rule by itself"
        )


def _network_of(some: Sequence[Prediction]) -> Network:
    """The network of a rule; of its first prediction that has a number."""
    network = next((one.network for one in some if one.network is not None), None)
    if not isinstance(network, Network):
        reason = next((one.note for one in some if one.note), "it has no network")
        raise InvalidValue(f"a rule that was chosen cannot be simulated: {reason}")
    return network


# ---- what is measured ---------------------------------------------------------------------


def _measured(
    expected: Sequence[Sequence[Prediction]],
    seed: int,
    networks: int | None,
    resolution: float,
    level: float,
    workers: int,
) -> tuple[Bank, list[list[Measured]]]:
    """The bank, and every prediction beside its estimate."""
    rules = [_network_of(some) for some in expected]
    plan = Plan(seed, resolution, level, networks)
    rare = [rarely_seen(rule, some, plan) for rule, some in zip(rules, expected, strict=True)]
    counts = any(
        OBSERVABLES[one.observable].trials and n not in sampled
        for some, sampled in zip(expected, rare, strict=True)
        for n, one in enumerate(some)
    )
    order = max((p + q for rule in rules for p, q in rule.update), default=0)
    most = networks or most_networks(rules[0])
    running: AbstractContextManager[Executor | None] = (
        nullcontext(None) if workers == 1 else pool(workers)
    )
    total: Bank | None = None
    with running as executor:
        while True:
            done = 0 if total is None else len(total)
            drawn = simulate_bank(
                rules[0], range(done, min(most, max(FIRST_BLOCK, 2 * done))),
                counted=rules if counts else (), order=order, seed=seed, workers=workers,
                executor=executor,
            )  # fmt: skip
            total = drawn if total is None else total.joined(drawn)
            measured = _beside(expected, rules, rare, total, counts)
            if len(total) >= most or _settled(measured, most, len(total), resolution, level):
                return total, measured


def _beside(
    expected: Sequence[Sequence[Prediction]], rules: Sequence[Network],
    rare: Sequence[Mapping[int, Measured]], bank: Bank, counts: bool,
) -> list[list[Measured]]:  # fmt: skip
    measured = []
    for number, (some, rule) in enumerate(zip(expected, rules, strict=True)):
        sums = bank.counted(number) if counts else bank.statistics(rule.update)
        with np.errstate(all="ignore"):  # a rule without noise has an infinite ratio
            measured.append(
                [rare[number].get(n) or estimated(one, sums) for n, one in enumerate(some)]
            )
    return measured


def _settled(
    measured: Sequence[Sequence[Measured]], most: int, done: int, resolution: float, level: float
) -> bool:
    """Whether no further network would decide anything."""
    findings = [one.finding for some in measured for one in some]
    missing = [f.needed(resolution, level) for f in findings if not f.suffices(resolution, level)]
    hopeless = not any(number <= 2 * most for number in missing)
    return not missing or (hopeless and 16 * done >= most)
