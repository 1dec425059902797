"""Measured ratios, each from one run on one machine: ``python -m benchmarks --json``.

A module of this package has ``CASES``, a list of :class:`Case`. A case's ``run`` measures what it
compares side by side, in turns, and returns its ratio (the larger, the better) and the seconds behind
it; the ratio holds when it reaches the bound.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Case:
    """One ratio.

    Parameters
    ----------
    name : str
    description : str
        What is divided by what.
    bound : float
        What the ratio should reach.
    run : callable
        Gives ``{"ratio": ..., "seconds": {...}}`` and what else is worth printing.
    """

    name: str
    description: str
    bound: float
    run: Callable[[], Mapping[str, Any]]


def in_turns(
    works: Mapping[str, Callable[[], object]],
    rounds: int,
    repeats: Mapping[str, int] | None = None,
    clock: Callable[[], float] = time.process_time,
    of_repeats: Callable[[list[float]], float] = statistics.median,
) -> dict[str, list[float]]:
    """Seconds of each work in each round; the works take turns, so that a busy spell hits them all.

    ``repeats`` says how often a short work is done in one round; their median counts unless
    ``of_repeats`` says otherwise. The clock is that of the process (its processor time) unless work is
    done by other processes.
    """
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            inner = []
            for _ in range((repeats or {}).get(name, 1)):
                start = clock()
                work()
                inner.append(clock() - start)
            seconds[name].append(of_repeats(inner))
    return seconds


def quotient(
    seconds: Mapping[str, list[float]], slow: str, fast: str, items: Mapping[str, int] | None = None
) -> dict[str, Any]:
    """The median over rounds of the quotient of two works, with the median seconds of all.

    ``items`` says how many items of the same kind a work does, where it is more than one.
    """
    each = {name: [v / (items or {}).get(name, 1) for v in seconds[name]] for name in seconds}
    ratios = [a / b for a, b in zip(each[slow], each[fast], strict=True)]
    medians = {name: statistics.median(values) for name, values in each.items()}
    return {
        "ratio": statistics.median(ratios),
        "lowest": min(ratios),
        "highest": max(ratios),
        "rounds": len(ratios),
        "seconds": medians,
    }
