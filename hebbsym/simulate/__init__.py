"""Simulation of additive networks: numbers in, numbers out.

Contents
--------
network
    :class:`Network`, its samplers' contracts, its update in integer features.
sampling
    Seeds, streams and draws.
online
    The slow readable twin: the rule applied pattern by pattern.
dual, fields
    Fields from matrix products, through overlaps or weights.
statistics, weights, estimates
    Per-network sums, and estimates whose standard errors are clustered by network.
compiled
    Loops in machine code.
runs, pools
    :func:`simulate` over many networks and processes.
curve
    Many loads from one nested draw.
descent
    Asynchronous and synchronous recall.
"""

from hebbsym.simulate.curve import simulate_loads
from hebbsym.simulate.descent import Trajectory, asynchronous, synchronous
from hebbsym.simulate.estimates import ESTIMATORS, Estimate, Statistics
from hebbsym.simulate.network import CueLaw, Law, Network
from hebbsym.simulate.pools import pool
from hebbsym.simulate.runs import simulate

__all__ = [
    "ESTIMATORS",
    "CueLaw",
    "Estimate",
    "Law",
    "Network",
    "Statistics",
    "Trajectory",
    "asynchronous",
    "pool",
    "simulate",
    "simulate_loads",
    "synchronous",
]
