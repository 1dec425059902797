"""Rare errors: a probability of 1e-9, by the exact law, and to 10 % by importance sampling without it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping
from typing import Any

import sympy as sp

import hebbsym as hs
from benchmarks import Case
from hebbsym.laws import probabilities
from hebbsym.notation import D, K

SECOND = 1.0
SETTINGS = {
    "plain Hebb rule, fair signs": (
        hs.rules["hebb"],
        hs.Bipolar(),
        hs.Exact(),
        hs.Zero(),
        1000,
        28,
    ),
    "covariance rule, biased signs, flipped cues, balanced threshold": (
        hs.rules["covariance"],
        hs.Bipolar(sp.Rational(1, 2)),
        hs.Flip(sp.Rational(1, 20)),
        hs.Optimal(),
        1000,
        16,
    ),
}


def _binomial(units: int, load: int) -> float:
    """The plain Hebb rule's error from SciPy's binomial law: another route to the same number."""
    from scipy.stats import binom

    count = (units - 1) * (load - 1)
    heads = binom(count, 0.5)
    edge = (count - (units - 1)) / 2
    return float(heads.cdf(-(-edge // 1) - 1) + (heads.pmf(edge) / 2 if edge % 1 == 0 else 0.0))


def rare(name: str) -> Mapping[str, Any]:
    """One second over the time from sizes to the number, the formula being derived already."""
    rule, patterns, cue, threshold, units, load = SETTINGS[name]
    formula = hs.derive(rule, patterns, cue=cue, threshold=threshold)["bit_error:exact"].formula
    at = {D: sp.Integer(units), K: sp.Integer(load)}
    seconds, values = [], []
    for _ in range(5):
        probabilities.cache_clear()
        start = time.perf_counter()
        values.append(float(hs.evaluate(formula, at)))
        seconds.append(time.perf_counter() - start)
    if not 1e-11 < values[0] < 1e-8:
        raise AssertionError(f"the error is {values[0]:.2e}, not of the order of 1e-9")
    if rule is hs.rules["hebb"] and abs(values[0] / _binomial(units, load) - 1) > 1e-9:
        raise AssertionError("the exact law is not the binomial one")
    median = statistics.median(seconds)
    return {
        "ratio": SECOND / median,
        "probability": values[0],
        "rounds": len(seconds),
        "seconds": {"median": median, "first": seconds[0]},
    }


SAMPLED = {
    "incommensurable coefficients": (
        hs.ExpandedRule(2, {(1, 0): sp.sqrt(2) / 9, (1, 1): 1}),
        hs.Bipolar(),
        1000,
        27,
    ),
    "normal addresses": (
        hs.ExpandedRule(2, {(1, 1): 1}),
        hs.Pair(hs.Bipolar(), hs.Gaussian()),
        1000,
        28,
    ),
}


def sampled(name: str) -> Mapping[str, Any]:
    """One second over the time from sizes to an estimate that is right to 10 %, the refusal included."""
    rule, patterns, units, load = SAMPLED[name]
    theory = hs.derive(rule, patterns)
    seconds, found = [], []
    for seed in range(5):
        start = time.perf_counter()
        found.append(hs.rare_error(theory, seed=seed, relative=0.1, D=units, K=load))
        seconds.append(time.perf_counter() - start)
    for one in found:
        if not (one.stderr <= 0.1 * one.probability and 1e-11 < one.probability < 1e-8):
            raise AssertionError(f"the error is {one}, not about 1e-9 to 10 %")
    if name == "normal addresses":
        from scipy.special import stdtr

        wanted = float(stdtr(units, -((units / (load - 1)) ** 0.5)))
        if max(abs(one.probability - wanted) / one.stderr for one in found) > 4:
            raise AssertionError("the estimates are not Student's law")
    median = statistics.median(seconds)
    return {
        "ratio": SECOND / median,
        "probability": found[0].probability,
        "relative error": found[0].stderr / found[0].probability,
        "method": found[0].method.value,
        "rounds": len(seconds),
        "seconds": {"median": median, "first": seconds[0]},
    }


CASES = [
    *(
        Case(
            f"rare error sampled, {name}",
            f"1 s over the time for an error near 1e-9 to 10 %: {name}, D = {units}, K = {load}",
            1.0,
            lambda name=name: sampled(name),
        )
        for name, (*_, units, load) in SAMPLED.items()
    ),
    *(
        Case(
            f"rare error, {name.partition(',')[0]}",
            f"1 s over the time for an exact error near 1e-9: {name}, D = {units}, K = {load}",
            1.0,
            lambda name=name: rare(name),
        )
        for name, (*_, units, load) in SETTINGS.items()
    ),
]
