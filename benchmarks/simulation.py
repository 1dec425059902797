"""Simulation against the plain NumPy loop, against the processor's own speed, and in bounded memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from benchmarks import Case, in_turns, quotient
from hebbsym.families.cues import Exact
from hebbsym.families.ensembles import Bipolar
from hebbsym.simulate import Network, pool, simulate, simulate_loads
from hebbsym.simulate.additive import tally_of
from hebbsym.simulate.fields import Fields
from hebbsym.simulate.sampling import draw
from hebbsym.simulate.workspace import Workspace

D, K = 1000, 138
LOADS = tuple(range(7, 141, 7))
HEBB = {(1, 1): 1}


def network(patterns: int = K) -> Network:
    """The plain Hebb rule on unbiased bipolar patterns, recalled from exact cues."""
    return Network(D, patterns, HEBB, Bipolar(), Exact())


def plain_errors(x: np.ndarray[Any, Any]) -> int:
    """One-step errors as one writes them first: add K outer products, multiply, count."""
    w = np.zeros((x.shape[1], x.shape[1]))
    for pattern in x:
        w += np.outer(pattern, pattern)
    np.fill_diagonal(w, 0.0)
    return int(np.count_nonzero(x * (x @ w) < 0))


def plain_draw(rng: np.random.Generator, patterns: int) -> np.ndarray[Any, Any]:
    """Random signs as one draws them first."""
    return rng.choice([-1.0, 1.0], size=(patterns, D))


class Recall:
    """The fast path on given patterns: fields from overlaps, errors counted."""

    def __init__(self) -> None:
        self.network = network()
        self.drawn = draw(self.network, 0, 0)
        self.scratch = Workspace()

    def errors(self) -> int:
        """Wrong bits of all cues."""
        fields = Fields.of(self.network, [self.drawn], scratch=self.scratch)
        sums = tally_of(fields, moments=False).of(fields.rows(slice(0, K)), fields.block.post)
        return int(sums["errors"].sum())


def one_step() -> Mapping[str, Any]:
    fast = Recall()
    x = fast.drawn.pre.astype(float)
    assert plain_errors(x) == fast.errors()
    seconds = in_turns(
        {"plain": lambda: plain_errors(x), "overlaps": fast.errors}, 9, {"overlaps": 20}
    )
    return quotient(seconds, "plain", "overlaps")


def with_draws() -> Mapping[str, Any]:
    count = 20
    rng = np.random.default_rng(0)

    def plain() -> None:
        for _ in range(count):
            plain_errors(plain_draw(rng, K))

    def fast() -> None:
        simulate(network(), count, moments=False)

    def fast_with_moments() -> None:
        simulate(network(), count)

    works = {"plain": plain, "overlaps": fast, "overlaps, with moments": fast_with_moments}
    seconds = in_turns(works, 3, {"overlaps": 5, "overlaps, with moments": 5})
    return quotient(seconds, "plain", "overlaps")


def matrix_rate() -> Mapping[str, Any]:
    size = 2048
    a = np.random.default_rng(0).standard_normal((size, size)).astype(np.float32)
    b = a.T.copy()
    fast = Recall()
    # a rate is a capability: on both sides the best of a round's repeats counts
    seconds = in_turns(
        {"sgemm": lambda: a @ b, "recall": fast.errors},
        15,
        {"sgemm": 4, "recall": 200},
        of_repeats=min,
    )
    result = quotient(seconds, "sgemm", "recall")
    operations = {"sgemm": 2 * size**3, "recall": 4 * K * K * D}
    for name in ("ratio", "lowest", "highest"):
        result[name] *= operations["recall"] / operations["sgemm"]
    return {**result, "operations": operations}


_FIRST = """
import time
from benchmarks.simulation import network
from hebbsym.simulate import simulate
start = time.perf_counter()
simulate(network(), 1, moments=False)
print(time.perf_counter() - start)
"""


def first_call() -> Mapping[str, float]:
    """Seconds of the first network of a process: machine code made anew, and read from disk."""
    with tempfile.TemporaryDirectory() as folder:
        found = {
            name: subprocess.run(
                [sys.executable, "-c", _FIRST],
                capture_output=True,
                text=True,
                check=True,
                env={**os.environ, "NUMBA_CACHE_DIR": folder},
            )
            for name in ("compiled", "from disk")
        }
    return {name: float(done.stdout) for name, done in found.items()}


def curve() -> Mapping[str, Any]:
    rng = np.random.default_rng(0)
    count = 20

    def plain() -> None:
        for load in LOADS:
            plain_errors(plain_draw(rng, load))

    def fast() -> None:
        simulate_loads(network(), LOADS, count, moments=False)

    def fast_with_moments() -> None:
        simulate_loads(network(), LOADS, count)

    works = {"plain": plain, "nested": fast, "nested, with moments": fast_with_moments}
    seconds = in_turns(works, 5, {"nested": 3, "nested, with moments": 3})
    items = dict.fromkeys(("nested", "nested, with moments"), count)
    return {**quotient(seconds, "plain", "nested", items), "first_call": first_call()}


def two_workers() -> Mapping[str, Any]:
    count = 600
    with pool(1) as one, pool(2) as two:
        works = {
            "one": lambda: simulate(network(), count, workers=1, executor=one),
            "two": lambda: simulate(network(), count, workers=2, executor=two),
        }
        for work in works.values():
            work()
        seconds = in_turns(works, 3, clock=time.perf_counter)
    return quotient(seconds, "one", "two")


_LARGE = """
import json, resource, sys
from hebbsym.families.cues import Exact
from hebbsym.families.ensembles import Bipolar
from hebbsym.simulate import Network, simulate
network = Network(50_000, 5_000, {(1, 1): 1}, Bipolar(), Exact(), probes=64)
run = simulate(network, 1, seed=0, memory=4 * 2**30)
error = run.estimate("bit_error").value
print(json.dumps([resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, error]))
"""


def large() -> Mapping[str, Any]:
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _LARGE], capture_output=True, text=True, check=True, env=os.environ
    )
    peak, error = json.loads(done.stdout)
    return {
        "ratio": 4 * 2**30 / peak,
        "peak_bytes": peak,
        "bit_error": error,
        "seconds": {"whole process": time.perf_counter() - start},
    }


CASES = [
    Case(
        "one-step error",
        f"plain loop over overlaps, D = {D}, K = {K}, patterns given",
        150,
        one_step,
    ),
    Case(
        "one-step error with draws",
        f"plain loop over overlaps, D = {D}, K = {K}, 20 networks, draws included",
        100,
        with_draws,
    ),
    Case(
        "share of sgemm",
        f"rate of fields and counting, D = {D}, K = {K}, over that of a large sgemm",
        0.6,
        matrix_rate,
    ),
    Case(
        "capacity curve",
        f"fresh plain loops over a nested draw, {len(LOADS)} loads up to K = {LOADS[-1]}, each network",
        400,
        curve,
    ),
    Case(
        "two workers",
        "one worker process over two, the same networks",
        1.7,
        two_workers,
    ),
    Case(
        "large network",
        "4 GiB over the peak memory at D = 50000, K = 5000 (all units of 64 recalled patterns)",
        1.0,
        large,
    ),
]
