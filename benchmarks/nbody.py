"""Synapses of many bodies: fields from overlaps against stored weights; exact moments; mean field."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping
from typing import Any

import mpmath
import numpy as np

from benchmarks import Case, in_turns, quotient
from hebbsym.capacity.meanfield import meanfield
from hebbsym.families.cues import Exact
from hebbsym.families.ensembles import Bipolar
from hebbsym.families.nbody import nbody_power, nbody_products
from hebbsym.numeric import value
from hebbsym.simulate.nbody import NBodyNetwork, fields
from hebbsym.theory.nbody.bench import NBodyBench
from hebbsym.theory.setting import Setting

D, K, N = 48, 300, 4
MOMENTS_BOUND, LOAD_BOUND = 1.0, 1.0


class Recall:
    """The same recall with every weight stored, and from overlaps."""

    def __init__(self) -> None:
        self.network = NBodyNetwork(D, K, {(N, 1, N - 1): 1}, Bipolar(), Exact())
        self.patterns = np.random.default_rng(0).choice([-1.0, 1.0], (K, D))

    def unit(self, i: int = 0) -> np.ndarray[Any, Any]:
        """Fields of one unit under all cues: a feature for each subset of its inputs, and their weights."""
        inputs = np.delete(self.patterns, i, axis=1)
        subsets = np.array(list(itertools.combinations(range(D - 1), N - 1)))
        features = inputs[:, subsets].prod(axis=2)
        return features @ (self.patterns[:, i] @ features)

    def overlaps(self) -> np.ndarray[Any, Any]:
        """Fields of all units under all cues."""
        return fields(self.network, self.patterns, self.patterns, self.patterns)


def recall() -> Mapping[str, Any]:
    made = Recall()
    if not np.array_equal(made.unit(), made.overlaps()[:, 0]):
        raise AssertionError("the fields disagree")
    seconds = in_turns({"stored": made.unit, "overlaps": made.overlaps}, 7, {"overlaps": 5})
    return quotient(seconds, "stored", "overlaps", {"overlaps": D})


def _within(bound: float, what: str, work: Callable[[], object], times: int) -> Mapping[str, Any]:
    work()
    taken = []
    for _ in range(times):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    seconds = sorted(taken)[len(taken) // 2]
    return {"ratio": bound / seconds, "rounds": times, "seconds": {what: seconds}}


def moments() -> Mapping[str, Any]:
    """M, V and rho of the products of one order, and of the plain power of the same degree."""

    def work() -> None:
        for n in range(2, 6):
            for rule in (nbody_products((n,)), nbody_power(n)):
                assert NBodyBench(Setting(rule)).moments.rho != 0

    return _within(MOMENTS_BOUND, "n = 2..5", work, 5)


def loads() -> Mapping[str, Any]:
    """alpha_c of n-body memories, 30 certified digits."""

    def work() -> None:
        for n in range(2, 7):
            assert value(meanfield(f"nbody(n={n})"), digits=30) > mpmath.mpf(1) / 10

    return _within(LOAD_BOUND, "n = 2..6", work, 5)


CASES = [
    Case(
        "nbody fields",
        f"a unit with all its weights stored against overlaps, n = {N}, D = {D}, K = {K}, per unit, {K} cues",
        300,
        recall,
    ),
    Case(
        "nbody moments",
        f"{MOMENTS_BOUND} s over exact M, V and rho of the product and of the plain power of n bodies, n = 2 .. 5",
        1.0,
        moments,
    ),
    Case(
        "nbody loads",
        f"{LOAD_BOUND} s over alpha_c of n-body memories to 30 certified digits, n = 2 .. 6",
        1.0,
        loads,
    ),
]
