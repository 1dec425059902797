"""Simulation of networks: numbers in, numbers out.

Contents
--------
memory
    :class:`Memory` and :class:`Engine`, the contracts of a kind of network and of what runs it.
network
    :class:`Network`, its update in integer features.
sampling
    Seeds, streams and draws.
online
    The slow readable twin: the rule applied pattern by pattern.
additive
    The engine of rules that do not depend on the weight.
decaying
    The engine of affine rules whose decay is a product of a post- and a presynaptic factor.
rows, transitions, compiled
    The engine of all others: blocks of W, updated pattern by pattern in compiled loops.
dense, separating
    Dense memories: two matrix products with a separation in between.
universal
    Universal networks: two matrix products with similarity and separation in between.
tensor
    Dense memories whose weights are stored.
lowering, flipping
    Dense memories run to a fixed point.
dual, fields
    Fields from matrix products, through overlaps or weights.
nbody
    Networks of n-body synapses: fields from overlaps, or from power sums.
recalls, statistics, weights, estimates
    Per-network sums, and estimates whose standard errors are clustered by network.
compiled
    Loops in machine code.
runs, pools
    :func:`simulate` over many networks and processes.
curve
    Many loads from one nested draw.
bank, grams
    Many rules on the same fields.
descent
    Asynchronous and synchronous recall.
"""

from hebbsym.simulate.bank import Bank, simulate_bank
from hebbsym.simulate.curve import simulate_loads
from hebbsym.simulate.descent import Trajectory, asynchronous, synchronous
from hebbsym.simulate.estimates import ESTIMATORS, Estimate, Statistics
from hebbsym.simulate.memory import CueLaw, Engine, Law, Memory
from hebbsym.simulate.nbody import NBodyNetwork
from hebbsym.simulate.network import Network
from hebbsym.simulate.pools import pool
from hebbsym.simulate.runs import simulate

__all__ = [
    "ESTIMATORS",
    "Bank",
    "CueLaw",
    "Engine",
    "Estimate",
    "Law",
    "Memory",
    "NBodyNetwork",
    "Network",
    "Statistics",
    "Trajectory",
    "asynchronous",
    "pool",
    "simulate",
    "simulate_bank",
    "simulate_loads",
    "synchronous",
]
