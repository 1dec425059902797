"""Dense memories: recall and descent against plain loops and the processor's own speed; exact moments to n = 8."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import sympy as sp

from benchmarks import Case, in_turns, quotient
from hebbsym import notation
from hebbsym.families.dense import dense_rule
from hebbsym.families.separations import Power
from hebbsym.networks import dense_network, landscape
from hebbsym.simulate.dense import dense_fields
from hebbsym.simulate.lowering import Descents, descend
from hebbsym.simulate.sampling import draw
from hebbsym.theory.dense.bench import DenseBench
from hebbsym.theory.dense.overlaps import cumulants
from hebbsym.theory.setting import Setting

D, K, CUES, N = 200, 20_000, 256, 3
SLOW_D, SLOW_K, DESCENTS, FLIPPED, FOURTH = 1000, 100, 200, 0.1, 4
MOMENTS_BOUND = 0.05


def setting(power: int, update: str = "difference") -> Setting:
    """A dense memory of exact cues."""
    return Setting(dense_rule(Power(power), update, "power"))


class Recall:
    """The same one-step recall as one writes it first, and as two matrix products."""

    def __init__(self) -> None:
        sizes = {notation.D: sp.Integer(D), notation.K: sp.Integer(K)}
        self.network = dense_network(setting(N), sizes)
        self.patterns = draw(self.network, 0, 0).pre.astype(np.float32)
        self.cues = self.patterns[:CUES]

    def plain(self, cue: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """The energies of both states of every unit, pattern by pattern."""
        gain = np.zeros(D)
        for pattern in self.patterns:
            rest = pattern @ cue - pattern * cue
            gain += ((rest + pattern) ** N - (rest - pattern) ** N) / N
        return gain

    def fast(self) -> np.ndarray[Any, Any]:
        """Fields of all cues."""
        return dense_fields(self.patterns, self.cues, self.network.tables)


def recall() -> Mapping[str, Any]:
    made = Recall()
    fields = made.fast()
    for cue in (0, CUES - 1):
        assert np.allclose(made.plain(made.cues[cue]), fields[cue], rtol=1e-4, atol=1.0)
    works = {"plain": lambda: made.plain(made.cues[0]), "products": made.fast}
    seconds = in_turns(works, 7, {"products": 3})
    return quotient(seconds, "plain", "products", {"products": CUES})


def matrix_rate() -> Mapping[str, Any]:
    made, size = Recall(), 2048
    a = np.random.default_rng(0).standard_normal((size, size)).astype(np.float32)
    b = a.T.copy()
    made.fast()
    works = {"sgemm": lambda: a @ b, "recall": made.fast}
    # a rate is a capability: on both sides the best of a round's repeats counts
    seconds = in_turns(works, 9, {"sgemm": 4, "recall": 8}, of_repeats=min)
    result = quotient(seconds, "sgemm", "recall")
    operations = {"sgemm": 2 * size**3, "recall": 4 * CUES * K * D}
    for name in ("ratio", "lowest", "highest"):
        result[name] *= operations["recall"] / operations["sgemm"]
    return {**result, "operations": operations}


class Descent:
    """Units updated one at a time to a fixed point, as one writes it first and in machine code."""

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        self.patterns = rng.choice(np.array([-1, 1]), (SLOW_K, SLOW_D))
        flips = rng.random((DESCENTS, SLOW_D)) < FLIPPED
        self.cues = np.where(flips, -1, 1) * self.patterns[np.arange(DESCENTS) % SLOW_K]
        self.landscape = landscape(setting(FOURTH), SLOW_D)

    def plain(self, cue: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Overlaps are kept and corrected when a unit flips; the energies of both its states are compared."""
        rng, state, patterns = np.random.default_rng(1), cue.copy(), self.patterns
        overlaps = patterns @ state
        quiet = False
        while not quiet:
            quiet = True
            for i in rng.permutation(SLOW_D):
                entries = patterns[:, i]
                rest = overlaps - entries * state[i]
                gain = ((rest + entries) ** FOURTH - (rest - entries) ** FOURTH).sum()
                if gain * state[i] < 0:
                    state[i], quiet = -state[i], False
                    overlaps = rest + entries * state[i]
        return state

    def fast(self) -> Descents:
        """All cues."""
        return descend(self.landscape, self.patterns, self.cues, np.random.default_rng(1))


def descent() -> Mapping[str, Any]:
    made = Descent()
    found = made.fast()
    assert found.settled.all()
    for cue in range(2):
        assert np.array_equal(made.plain(made.cues[cue]), found.states[cue])
    works = {"plain": lambda: made.plain(made.cues[0]), "compiled": made.fast}
    seconds = in_turns(works, 7, {"plain": 3, "compiled": 3})
    return quotient(seconds, "plain", "compiled", {"compiled": DESCENTS})


def moments() -> Mapping[str, Any]:
    def work() -> list[tuple[sp.Expr, ...]]:
        benches = [DenseBench(setting(n)) for n in range(2, 9)]
        return [cumulants([bench.crosstalk(r) for r in (1, 2)]) for bench in benches]

    work()
    times = []
    for _ in range(9):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    seconds = sorted(times)[len(times) // 2]
    return {
        "ratio": MOMENTS_BOUND / seconds,
        "rounds": len(times),
        "seconds": {"n = 2..8": seconds},
    }


CASES = [
    Case(
        "dense recall",
        f"plain loop over patterns against two products, one step of F_{N}, D = {D}, K = {K}, per cue",
        1200,
        recall,
    ),
    Case(
        "dense share of sgemm",
        f"rate of {CUES} cues at D = {D}, K = {K} over that of a large sgemm",
        0.5,
        matrix_rate,
    ),
    Case(
        "dense descent",
        f"plain loop over units that keeps the overlaps against machine code, to a fixed point of F_{FOURTH}, "
        f"D = {SLOW_D}, K = {SLOW_K}, {DESCENTS} cues, per cue",
        150,
        descent,
    ),
    Case(
        "dense moments",
        f"{MOMENTS_BOUND} s over the exact mean and variance of the crosstalk, n = 2 .. 8, anew each time",
        1.0,
        moments,
    ),
]
