"""Rare errors: a probability of 1e-9, exact to 12 digits where 10 % are asked for, without simulation."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping
from typing import Any

import sympy as sp

import hebbsym as hs
from benchmarks import Case
from hebbsym.evaluation import _probabilities
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
        _probabilities.cache_clear()
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


CASES = [
    Case(
        f"rare error, {name.partition(',')[0]}",
        f"1 s over the time for an exact error near 1e-9: {name}, D = {units}, K = {load}",
        1.0,
        lambda name=name: rare(name),
    )
    for name, (*_, units, load) in SETTINGS.items()
]
