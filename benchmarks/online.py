"""Rules that depend on the weight: compiled updates and weighted overlaps against the plain NumPy loop."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from benchmarks import Case, in_turns, quotient
from hebbsym.families.cues import Exact
from hebbsym.families.ensembles import Bipolar, Gaussian
from hebbsym.simulate import Network, simulate
from hebbsym.simulate.rows import BLOCK
from hebbsym.simulate.sampling import draw
from hebbsym.simulate.transitions import learner

Array = np.ndarray[Any, Any]

D, K = 1000, 500
RATE = 5e9
"""Updates of single weights per second that one core should reach."""

POWERS = [(0, 0), (1, 0), (0, 1), (2, 0), (1, 1), (0, 2)]
ADDED = {pq: Fraction(n + 1, 50) for n, pq in enumerate(POWERS)}
LEFT = {pq: Fraction(-(n + 1), 2000) for n, pq in enumerate(POWERS)}
ETA = Fraction(1, 20)
AGES = tuple(range(50))
"""Of the patterns that a palimpsest of this rate still holds."""


def general(law: Any) -> Network:
    """All 12 coefficients of an affine rule of second order; every row of W is simulated."""
    return Network(
        D, K, ADDED, law, Exact(), on_weight={(*pq, 1): c for pq, c in LEFT.items()}, rows=D
    )


def decaying(ages: tuple[int, ...] | None) -> Network:
    """w_ij becomes (1 - eta) w_ij + eta x_i x_j."""
    return Network(D, K, {(1, 1): ETA}, Bipolar(), Exact(), on_weight={(0, 0, 1): -ETA}, ages=ages)


def plain_sum(x: Array, update: Callable[[Array, Array, Array], Array], recalled: Any) -> float:
    """The loop as one writes it first; the sum of h x over the recalled patterns and all units."""
    w = np.zeros((D, D))
    for pattern in x:
        w += update(w, pattern[:, None], pattern[None, :])
    np.fill_diagonal(w, 0.0)
    cues = x[recalled]
    return float((cues * (cues @ w.T)).sum())


def general_update(w: Array, x: Array, y: Array) -> Array:
    """(A(x, y)) w + B(x, y) with six coefficients each."""
    a0, a1, a2, a3, a4, a5 = (float(LEFT[pq]) for pq in POWERS)
    b0, b1, b2, b3, b4, b5 = (float(ADDED[pq]) for pq in POWERS)
    a = a0 + a1 * x + a2 * y + a3 * x**2 + a4 * x * y + a5 * y**2
    b = b0 + b1 * x + b2 * y + b3 * x**2 + b4 * x * y + b5 * y**2
    return np.asarray(a * w + b)


def decaying_update(w: Array, x: Array, y: Array) -> Array:
    """eta (x y - w)."""
    return np.asarray(float(ETA) * (x * y - w))


def against_the_loop(
    network: Network, update: Callable[[Array, Array, Array], Array], count: int
) -> Mapping[str, Any]:
    """Whole runs, draws, fields and counting included, against the loop and its fields."""
    x = draw(network, 0, 0).pre.astype(float)
    run = simulate(network, 1)
    if network.values:
        found = float((run.columns["sum"] * np.array(network.values)).sum())
    else:
        found = float(run.columns["regression"][0, 5])
    expected = plain_sum(x, update, network.recalled)
    assert abs(found - expected) < 1e-5 * abs(expected)
    works = {
        "plain": lambda: plain_sum(x, update, network.recalled),
        "fast": lambda: simulate(network, count, moments=False),
        "fast, with moments": lambda: simulate(network, count),
    }
    seconds = in_turns(works, 3, {"fast": 3, "fast, with moments": 3})
    return quotient(seconds, "plain", "fast", {"fast": count, "fast, with moments": count})


def rate(network: Network) -> Mapping[str, Any]:
    """Updates of weights alone: each weight by each pattern is one, blocks and coefficients included."""
    made = learner(network)
    drawn = draw(network, 0, 0)
    prepared, rng = made.prepared(drawn.pre), np.random.default_rng(0)

    def learn() -> None:
        for start in range(0, D, BLOCK):
            made.weights(drawn.post[:, start : start + BLOCK], prepared, rng)

    learn()
    seconds = in_turns({"all weights, all patterns": learn}, 9, {"all weights, all patterns": 3})
    rates = sorted(D * D * K / s for s in seconds["all weights, all patterns"])
    middle = rates[len(rates) // 2]
    return {
        "ratio": middle / RATE,
        "updates_per_second": middle,
        "lowest": rates[0] / RATE,
        "highest": rates[-1] / RATE,
        "rounds": len(rates),
        "seconds": {"all weights, all patterns": D * D * K / middle},
    }


_FIRST = """
import time, numba
from benchmarks.online import general
from hebbsym.families.ensembles import Bipolar
from hebbsym.simulate import Network, simulate
from dataclasses import replace
start = time.perf_counter()
simulate(replace(general(Bipolar()), units=16, patterns=4, rows=16), 1)
print(time.perf_counter() - start)
"""


def compilation() -> Mapping[str, Any]:
    """The first network of a fresh process, without and with compiled code on disk."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "NUMBA_CACHE_DIR": folder}
        command = [sys.executable, "-c", _FIRST]
        first, second = (
            float(
                subprocess.run(
                    command, capture_output=True, text=True, check=True, env=environment
                ).stdout
            )
            for _ in range(2)
        )
    return {"ratio": first / second, "seconds": {"compiled": first, "from disk": second}}


CASES = [
    Case(
        "online, general affine rule",
        f"plain loop over compiled updates, 12 coefficients, signs, D = {D}, K = {K}, all rows, whole run",
        100,
        lambda: against_the_loop(general(Bipolar()), general_update, 1),
    ),
    Case(
        "online, real patterns",
        f"the same on Gaussian patterns, where no two of the 12 coefficients merge, D = {D}, K = {K}",
        50,
        lambda: against_the_loop(general(Gaussian()), general_update, 1),
    ),
    Case(
        "online, rate on signs",
        "updates of single weights per second on one core over 5e9, 12 coefficients that merge to 8",
        1.0,
        lambda: rate(general(Bipolar())),
    ),
    Case(
        "online, rate on real patterns",
        "updates of single weights per second on one core over 5e9, 12 coefficients",
        0.5,
        lambda: rate(general(Gaussian())),
    ),
    Case(
        "online, separable decay",
        f"plain loop over weighted overlaps, plain decay, D = {D}, K = {K}, the last {len(AGES)} "
        "patterns recalled, by age, whole run",
        200,
        lambda: against_the_loop(decaying(AGES), decaying_update, 20),
    ),
    Case(
        "online, separable decay, all recalled",
        f"the same with all K = {K} patterns recalled: two products of 2 K^2 D operations bound it",
        60,
        lambda: against_the_loop(decaying(None), decaying_update, 10),
    ),
    Case(
        "online, compilation",
        "first network of a process without compiled code on disk over the same with it",
        2.0,
        compilation,
    ),
]
