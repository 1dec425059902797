"""Exploration: rho of many rules, compiled against lambdify with NumPy; a sweep to disk."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import sympy as sp

from benchmarks import Case, in_turns, quotient
from hebbsym.exploration.kernels import kernels
from hebbsym.exploration.space import Size, Space
from hebbsym.exploration.sweeping import explore
from hebbsym.exploration.values import Grid
from hebbsym.families.ensembles import Bipolar
from hebbsym.notation import D, K, a
from hebbsym.theories import derive

NAMES = ("c_0", "c_1_post", "c_1_pre", "c_2_post", "c_2_pre", "c_2_corr")
TOGETHER, RULES = 1 << 14, 1 << 20
RATE = 1e8
SWEPT, WORKERS = 20, 2


def space(points: int) -> Space:
    """All second-order rules of a grid, on biased signs."""
    coefficients = {name: Grid(-1, 1, points) for name in NAMES}
    return Space(coefficients, ensembles=("bipolar(mean=1/5)",), sizes=(Size(1000, 100),))


def ratio() -> Mapping[str, Any]:
    """The claim of rho by lambdify, as one writes it first, on the same million rules."""
    asked = space(15)
    block = asked.block(0, RULES)
    (condition,) = asked.conditions
    patterns, threshold = Bipolar(a), condition.parts[2]
    formula = derive(asked.general, patterns, threshold=threshold)["snr"].formula
    sizes = {**condition.size.values, a: sp.Rational(1, 5)}
    others = [symbol for symbol in (a, D, K) if symbol in formula.free_symbols]
    function = sp.lambdify([*asked.symbols, *others], formula, modules="numpy")
    numbers = [float(sizes[symbol]) for symbol in others]
    columns = list(np.ascontiguousarray(block.T))
    (kernel,) = kernels(asked, ["snr"])
    pieces = [asked.block(first, first + TOGETHER) for first in range(0, RULES, TOGETHER)]

    def plain() -> np.ndarray[Any, Any]:
        return np.asarray(function(*columns, *numbers))

    def compiled() -> None:
        for piece in pieces:
            kernel(piece)

    with np.errstate(all="ignore"):
        expected = plain()
        found = np.concatenate([kernel(piece)["snr"] for piece in pieces])
        regular = np.isfinite(expected)
        assert np.allclose(found[regular], expected[regular], rtol=1e-9)
        works = {"lambdify": plain, "compiled": compiled}
        return quotient(in_turns(works, 7, {"compiled": 5}), "lambdify", "compiled")


def rate() -> Mapping[str, Any]:
    """Evaluations of the exact rho from six coefficients, in pieces that fit into the cache."""
    asked = space(15)
    (kernel,) = kernels(asked, ["snr"])
    piece = asked.block(RULES, RULES + TOGETHER)
    kernel(piece)
    repeats = 400
    seconds = in_turns({"piece": lambda: [kernel(piece) for _ in range(repeats)]}, 9)["piece"]
    rates = [repeats * TOGETHER / second / RATE for second in seconds]
    return {
        "ratio": statistics.median(rates),
        "lowest": min(rates),
        "highest": max(rates),
        "rounds": len(rates),
        "seconds": {"rule": statistics.median(seconds) / repeats / TOGETHER},
    }


def sweep() -> Mapping[str, Any]:
    """Rules per minute of a whole sweep, with the start of the processes and the files."""
    asked = space(SWEPT)
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        made = explore(asked, to=folder, columns=["snr"], workers=WORKERS, yes=True)
        seconds = time.perf_counter() - start
        size = sum(file.stat().st_size for file in made.files)
    return {
        "ratio": made.rows / seconds * 60 / RATE,
        "rounds": 1,
        "seconds": {"sweep": seconds},
        "rows": made.rows,
        "bytes": size,
    }


CASES = [
    Case(
        "explore, against lambdify",
        f"the claim of rho, in c, a, D and K, by lambdify with NumPy over compiled forms, {RULES} rules",
        10,
        ratio,
    ),
    Case(
        "explore, rate", "evaluations of the exact rho per second on one core over 1e8", 1.0, rate
    ),
    Case(
        "explore, sweep",
        f"rules per minute with {WORKERS} workers, written to disk, over 1e8; {SWEPT**6} rules",
        1.0,
        sweep,
    ),
]
