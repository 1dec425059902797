r"""Sampling until the standard errors are small enough, whatever the deviations are.

Main names
----------
Plan
    What holds for all runs of a check.
measure
    The predictions about one network beside their estimates.
rarely_seen
    Those of errors that are too rare to be counted.

Conventions
-----------
Networks are drawn in blocks whose number doubles. After each block only standard errors are
looked at, and drawing goes on until every prediction that can be resolved within the largest
number of networks is. Where none of the rest can be, it ends at a sixteenth of that number.

An error of a bit that the largest number of networks would show too seldom is not counted but sampled
from the tilted law of a unit's field (:mod:`hebbsym.simulate.rare`), where the memory has one. Which
way is taken follows from the prediction and the sizes, before anything is drawn.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace

from hebbsym.errors import NotDerivable, SizeLimit
from hebbsym.judgement import HEAVY, Finding
from hebbsym.observables import OBSERVABLES
from hebbsym.predictions import Prediction
from hebbsym.simulate import Estimate, Memory, Statistics, simulate

FIRST_BLOCK = 64
"""Networks of the first block; every block doubles their number."""

WORK = 10**11
"""Operations of one run, from which the largest number of networks follows by default."""

_OVERHEAD = 2 * 10**6  # operations that any network costs, and that any entry of a pattern costs
_ENTRY = 500

TRIED = 16
"""Networks on which a formula in patterns and states is tried."""

_SEEN = 4.0
"""Errors that have to be expected: the square of this over the resolution, for them to be counted."""

_FINE = 10.0  # the resolution over the relative standard error that is aimed at

MOST_NETWORKS = 2**16
FEWEST_NETWORKS = 8


@dataclass(frozen=True)
class Plan:
    """What holds for all runs of a check; ``level`` is that of one test of the family."""

    seed: int
    resolution: float
    level: float
    networks: int | None = None
    workers: int = 1
    memory: int = 2**30


@dataclass(frozen=True)
class Measured:
    """A finding, and what a reader must know of it.

    Parameters
    ----------
    finding : Finding
        What is judged.
    note : str
    shown : Finding, optional
        What it is said of, where its square root is judged.
    """

    finding: Finding
    note: str = ""
    shown: Finding | None = None


def measure(
    network: Memory | None,
    wanted: Sequence[Prediction],
    plan: Plan,
    executor: Executor | None,
    seconds: float | None,
) -> list[Measured]:
    """The predictions about one network beside their estimates.

    Parameters
    ----------
    network : Network or None
        None gives what was found without one, or findings without an estimate.
    wanted : sequence of Prediction
    plan : Plan
    executor : concurrent.futures.Executor, optional
    seconds : float, optional
        No block is begun that would probably end later.

    Examples
    --------
    >>> from hebbsym.families.cues import Exact
    >>> from hebbsym.families.ensembles import Bipolar
    >>> from hebbsym.simulate import Network
    >>> hebb = Network(50, 10, {(1, 1): 1}, Bipolar(), Exact())
    >>> prediction = Prediction("snr", "snr", {}, hebb, 49 / 9)
    >>> found = measure(hebb, [prediction], Plan(1, 0.05, 0.01, 128), None, None)[0].finding
    >>> found.networks, abs(found.z) < 4
    (64, True)
    """
    if network is None:
        return _nothing(wanted)
    sampled = rarely_seen(network, wanted, plan)
    sampled |= {n: _tried(one, plan) for n, one in enumerate(wanted) if one.trial is not None}
    counted = [n for n in range(len(wanted)) if n not in sampled]
    found = dict(
        zip(
            counted,
            _counted(network, [wanted[n] for n in counted], plan, executor, seconds),
            strict=True,
        )
    )
    return [sampled[n] if n in sampled else found[n] for n in range(len(wanted))]


def rarely_seen(network: Memory, wanted: Sequence[Prediction], plan: Plan) -> dict[int, Measured]:
    """Errors that are too rare to be counted, from the tilted law: by their places among what is wanted.

    Examples
    --------
    >>> from hebbsym.families.cues import Exact
    >>> from hebbsym.families.ensembles import Bipolar
    >>> from hebbsym.simulate import Network
    >>> hebb = Network(50, 2, {(1, 1): 1}, Bipolar(), Exact())
    >>> seldom, often = (Prediction("bit_error", "bit_error", {}, hebb, p) for p in (1e-13, 0.4))
    >>> list(rarely_seen(hebb, [seldom, often], Plan(1, 0.1, 0.01, 256)))
    [0]
    """
    most = plan.networks or most_networks(network)
    rare = [n for n, one in enumerate(wanted) if _too_rare(one, network, most, plan.resolution)]
    errors = {
        side: _tilted(network, side, plan)
        for side in dict.fromkeys(OBSERVABLES[wanted[n].observable].side for n in rare)
    }
    found = {n: _sampled(wanted[n], errors[OBSERVABLES[wanted[n].observable].side]) for n in rare}
    return {n: one for n, one in found.items() if one is not None}


def _nothing(wanted: Sequence[Prediction]) -> list[Measured]:
    """Predictions without an estimate from networks."""
    return [
        Measured(one.found or Finding(one.number, math.nan, math.nan, 0, one.allowance))
        for one in wanted
    ]


def _too_rare(one: Prediction, network: Memory, most: int, resolution: float) -> bool:
    """Whether so few errors are expected in all that counting them cannot decide."""
    if OBSERVABLES[one.observable].side is None or one.number <= 0:
        return False
    return one.number * most * network.width * network.cues < (_SEEN / resolution) ** 2


def _tilted(network: Memory, side: str | None, plan: Plan) -> Estimate | None:
    """The error of a bit by importance sampling; nothing where the memory has no such scheme."""
    try:
        return network.rare_errors(
            seed=plan.seed, relative=plan.resolution / _FINE, side=side or ""
        )
    except NotDerivable:
        return None


def _sampled(one: Prediction, found: Estimate | None) -> Measured | None:
    if found is None:
        return None
    numbers = (one.number, found.value, found.stderr, found.networks, one.allowance)
    finding = Finding(*numbers, sensitivity=one.sensitivity)
    return Measured(finding, "too rare to be counted: fields drawn from the tilted law")


def _tried(one: Prediction, plan: Plan) -> Measured:
    """What single networks give; each of them must be as predicted, so that a few are enough."""
    assert one.trial is not None
    assert one.network is not None
    try:
        found = [one.trial(one.network, plan.seed, number) for number in range(TRIED)]
    except NotDerivable as error:
        return Measured(_nothing([one])[0].finding, str(error))
    stderr = statistics.stdev(found) / math.sqrt(TRIED)
    return Measured(Finding(one.number, statistics.fmean(found), stderr, TRIED, one.allowance))


def _counted(
    network: Memory,
    wanted: Sequence[Prediction],
    plan: Plan,
    executor: Executor | None,
    seconds: float | None,
) -> list[Measured]:
    """The predictions beside their estimates from simulated networks."""
    if not wanted:
        return []
    begun, total, measured = time.monotonic(), None, _nothing(wanted)
    most = plan.networks or most_networks(network)
    observed = [OBSERVABLES[one.observable] for one in wanted]
    weights, cumulants = any(o.weights for o in observed), any(o.cumulants for o in observed)
    while total is None or total.networks < most:
        done = 0 if total is None else total.networks
        block = range(done, min(most, max(FIRST_BLOCK, 2 * done)))
        try:
            drawn = simulate(
                network, block, seed=plan.seed, workers=plan.workers, memory=plan.memory,
                executor=executor, weights=weights, moments=4 if cumulants else 2,
            )  # fmt: skip
        except SizeLimit as error:
            return [Measured(one.finding, str(error)) for one in _nothing(wanted)]
        total = drawn if total is None else total.joined(drawn)
        measured = [estimated(one, total) for one in wanted]
        missing = [
            m.finding.needed(plan.resolution, plan.level)
            for m in measured
            if not m.finding.suffices(plan.resolution, plan.level)
        ]
        # the first blocks tell only roughly how many are needed
        hopeless = not any(number <= 2 * most for number in missing)
        if not missing or (hopeless and 16 * total.networks >= most):
            break
        # the next block takes about as long as all before it
        if seconds is not None and 2 * (time.monotonic() - begun) > seconds:
            break
    return measured


def estimated(prediction: Prediction, sums: Statistics) -> Measured:
    """The estimate beside the prediction; a rate's standard error is at least the binomial one.

    Examples
    --------
    >>> import numpy as np
    >>> sums = Statistics((-1.0, 1.0), {"count": np.ones((2, 2)), "sum": np.array([[0.0, 3], [0, 5]])}, 2)
    >>> estimated(Prediction("field_mean", "field_mean", {}, None, 4.0, x=1), sums).finding.estimate
    4.0
    """
    observable = OBSERVABLES[prediction.observable]
    if prediction.age is not None:
        sums = sums.at_age(prediction.age)
    x = None if prediction.x is None else float(prediction.x)
    try:
        estimate = sums.estimate(prediction.observable, x)
    except NotDerivable as error:
        missing = Finding(prediction.number, math.nan, math.nan, 0, prediction.allowance)
        return Measured(missing, str(error))
    stderr, note = estimate.stderr, ""
    # counts and cumulants are made up by few networks whatever the memory is
    few = observable.trials is not None or observable.cumulants
    heavy = not few and estimate.kurtosis > HEAVY
    if observable.trials is not None:
        p = min(1.0, max(0.0, prediction.number))
        stderr = max(stderr, math.sqrt(p * (1 - p) / max(1.0, observable.trials(sums))))
        ties = sums.estimate(observable.ties).value if observable.ties else 0.0
        note = f"{ties:.3g} of the bits are ties, counted half" if ties else ""
    elif math.isnan(estimate.value):
        note = "the noise is lost in rounding beside the signal: its ratio is past double precision"
    elif heavy:
        note = (
            "heavy tails: few networks make up the estimate, and rarer ones, which would move it, may not have "
            "been drawn"
        )
    spread = observable.spread(sums, x) if prediction.number == 0 else 1.0
    found = Finding(
        prediction.number,
        estimate.value,
        stderr,
        estimate.networks,
        prediction.allowance,
        spread,
        prediction.sensitivity,
        heavy,
    )
    if not observable.root:
        return Measured(found, note)
    return Measured(_by_root(found, sums.estimate(observable.root, x)), note, found)


def _by_root(square: Finding, root: Estimate) -> Finding:
    """The finding about a square as one about its root, whose sign nothing is said of.

    The estimated root has a normal law wherever it lies, and is no nearer to the root that is claimed without its sign
    than with it, so that a true claim disagrees no more often than is promised. A claim of 0 is judged in units
    of the noise.
    """
    claimed = math.sqrt(square.predicted) if square.predicted >= 0 else math.nan
    return replace(
        square,
        predicted=claimed,
        estimate=abs(root.value),
        stderr=root.stderr,
        allowance=claimed - math.sqrt(max(0.0, square.predicted - square.allowance)),
        spread=1.0,
        sensitivity=square.sensitivity / 2,
        heavy=root.kurtosis > HEAVY,
    )


def most_networks(network: Memory) -> int:
    """The largest number of networks by default: a fixed amount of work, whatever the machine.

    Examples
    --------
    >>> from hebbsym.families.cues import Exact
    >>> from hebbsym.families.ensembles import Bipolar
    >>> from hebbsym.simulate import Network
    >>> most_networks(Network(1000, 138, {(1, 1): 1}, Bipolar(), Exact()))
    1110
    """
    entries = network.patterns * max(network.units, network.posts)
    products = entries * min(network.patterns, network.units)
    cost = _OVERHEAD + _ENTRY * entries + products
    return max(FEWEST_NETWORKS, min(MOST_NETWORKS, WORK // cost))
