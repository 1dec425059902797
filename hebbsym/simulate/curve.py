r"""Many loads from one draw: the first K_1 < K_2 < ... patterns of the same network.

Main names
----------
simulate_loads
    Statistics at every load.
Grown
    Fields to which patterns are added.

Conventions
-----------
The overlaps of a pair of patterns are computed once for the whole curve, and the fields of a cue grow
by the patterns that a load adds: by matrix products, or in one compiled pass that counts as it goes.
At each load the numbers are those that :func:`simulate` gives at that load from the same seed (common
random numbers; up to rounding where patterns or coefficients are real): differences between loads,
and between rules, are then much less noisy than from fresh draws.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.linalg.blas import dgemm, sgemm

from hebbsym.errors import InvalidValue
from hebbsym.simulate.additive import tally_of, tiles, unscale
from hebbsym.simulate.dual import (
    EXACT_IN_FLOAT32,
    Array,
    Block,
    Products,
    as_floats,
    pattern_blocks,
    power_sums,
    powers,
    row_bound,
)
from hebbsym.simulate.estimates import Statistics
from hebbsym.simulate.fields import Fields, inhibited
from hebbsym.simulate.memory import at_least
from hebbsym.simulate.network import Network
from hebbsym.simulate.pools import pool
from hebbsym.simulate.runs import (
    MEMORY,
    joined,
    one_thread,
    ranges,
    require_memory,
    simulate,
)
from hebbsym.simulate.sampling import draw
from hebbsym.simulate.statistics import Columns, Tally, add
from hebbsym.simulate.workspace import Workspace


def simulate_loads(
    network: Network,
    loads: Sequence[int],
    networks: int | range = 20,
    *,
    seed: int = 0,
    workers: int = 1,
    memory: int = MEMORY,
    executor: Executor | None = None,
    moments: bool = True,
) -> list[Statistics]:
    """Statistics at each of several loads, from one nested draw for each network.

    Parameters
    ----------
    network : Network
        Its number of patterns is not used; its probes, where given, are recalled at every load.
    loads : sequence of int
        Numbers of patterns, ascending.
    networks, seed, workers, memory, executor, moments
        As in :func:`hebbsym.simulate.simulate`.

    Returns
    -------
    list of Statistics
        One for each load.

    Examples
    --------
    >>> from hebbsym.families.cues import Exact
    >>> from hebbsym.families.ensembles import Bipolar
    >>> network = Network(50, 5, {(1, 1): 1}, Bipolar(), Exact())
    >>> curve = simulate_loads(network, [2, 10, 30], 10, seed=1)
    >>> errors = [s.estimate("bit_error").value for s in curve]
    >>> errors == sorted(errors)
    True
    """
    numbers = range(networks) if isinstance(networks, int) else networks
    at_least("workers", workers, 1)
    for load in loads:
        at_least("K", load, 1)
    if not loads or any(b <= a for a, b in pairwise(loads)):
        raise InvalidValue(f"loads are {list(loads)}; give ascending numbers of patterns")
    if network.ages is not None or network.rows is not None or not network.nested:
        # nothing is nested, but the draws: the numbers are the same
        return [
            simulate(
                _at_load(network, int(load)), numbers,
                seed=seed, workers=workers, memory=memory, executor=executor, moments=moments,
            )
            for load in loads
        ]  # fmt: skip
    largest = replace(network, patterns=int(loads[-1]))
    require_memory(largest, memory // workers)
    tasks = [
        (largest, tuple(map(int, loads)), part, seed, moments)
        for part in ranges(largest, numbers, workers)
    ]
    if executor is None and workers == 1:
        parts = [_task(t) for t in tasks]
    else:
        own: AbstractContextManager[Executor] = nullcontext(executor) if executor else pool(workers)
        with own as running:
            parts = list(running.map(_task, tasks))
    return [joined([p[k] for p in parts]) for k in range(len(loads))]


def _task(task: tuple[Network, tuple[int, ...], range, int, bool]) -> list[Statistics]:
    network, loads, numbers, seed, moments = task
    scratch = Workspace()
    with one_thread():
        nested = [_at_load(network, load) for load in loads]
        rows = [_one_network(network, nested, seed, n, moments, scratch) for n in numbers]
    return [
        Statistics(
            network.values,
            {name: np.concatenate([r[k][name] for r in rows]) for name in rows[0][k]},
            len(numbers),
        )
        for k in range(len(loads))
    ]


def _one_network(
    network: Network,
    loads: Sequence[Network],
    seed: int,
    number: int,
    moments: bool,
    scratch: Workspace,
) -> list[Columns]:
    """Sums at every load of one network."""
    drawn = draw(network, seed, number)
    whole = Fields.of(network, [drawn], primal=False, scratch=scratch)
    tally = tally_of(whole, moments)
    total: list[Columns] = [{} for _ in loads]
    for part in tiles(network):
        cues = [min(part.stop, load.cues) - part.start for load in loads]
        found = Grown(whole, part).sums([load.patterns for load in loads], cues, tally)
        for columns, more in zip(total, found, strict=True):
            add(columns, more)
    for columns in total:
        unscale(columns, whole.scale)
    return total


def _at_load(network: Network, load: int) -> Network:
    """The network that stores the first ``load`` patterns only."""
    probes = None if network.probes is None else min(network.probes, load)
    return replace(network, patterns=load, probes=probes)


_FEW = 20
"""Patterns from load to load up to which one compiled pass costs less than matrix products."""


class Grown:
    r"""The fields of the cues of one tile, in which patterns are added one load after the other.

    .. math:: h_i(s) = \sum_{\mu \le K} \Big(\sum_p A_p^\mu (x_i^\mu)^p - s_i g(x_i^\mu, x_i^\mu)\Big),
              \qquad A_p^\mu = \sum_q c_{pq} \sum_j (x_j^\mu)^q s_j

    Parameters
    ----------
    whole : Fields
        Those of the network with all patterns of the curve.
    part : slice
        The tile.

    Examples
    --------
    >>> from hebbsym.families.cues import Exact
    >>> from hebbsym.families.ensembles import Bipolar
    >>> from hebbsym.simulate.sampling import Draw
    >>> x = np.array([[1, -1, 1], [1, 1, -1]], dtype=np.int8)
    >>> whole = Fields.of(Network(3, 2, {(1, 1): 1}, Bipolar(), Exact()), [Draw(x, x, x)])
    >>> grown = Grown(whole, slice(0, 2))
    >>> grown.up_to(1, 1).tolist(), grown.up_to(2, 2).tolist()
    ([[[2.0, -2.0, 2.0]]], [[[0.0, -2.0, 2.0], [0.0, 2.0, -2.0]]])
    """

    def __init__(self, whole: Fields, part: slice) -> None:
        self.network, self.kernel, self.block = whole.network, whole.kernel, whole.block
        self.scratch, self.part = whole.scratch, part
        shift, cues = self.network.shift, self.block.cues[:, part]
        if shift:  # centred, over the denominator
            cues = shift.denominator * cues.astype(np.float64) - shift.numerator
        largest = float(np.abs(cues).max()) if self.block.exact else np.inf
        coefficients = self._coefficients(replace(self.block, cues=cues, largest_cue=largest))
        bound = self._bound(coefficients, largest)
        self.kind: Any = np.float32 if bound < EXACT_IN_FLOAT32 else np.float64
        self.coefficients = {p: a.astype(self.kind, copy=False) for p, a in coefficients.items()}
        self.cues = self.scratch.cast("cue floats", cues[0], self.kind)
        self.patterns = 0
        shape = (len(self.cues), self.network.posts)
        self.total = self.scratch.take("total", shape, self.kind)
        self.total[:] = 0

    def sums(self, loads: Sequence[int], cues: Sequence[int], tally: Tally) -> list[Columns]:
        """Sums over the fields of the first ``cues`` of the tile (none where negative), by load."""
        steps = [b - a for a, b in pairwise((0, *loads))]
        if self.block.signs and not self.network.inhibition and max(steps) <= _FEW:
            return self._at_once(loads, cues, tally)
        stored = self.block.post[:, self.part]
        return [
            tally.of(self.up_to(load, n), stored[:, :n]) if n > 0 else {}
            for load, n in zip(loads, cues, strict=True)
        ]

    def up_to(self, patterns: int, cues: int) -> Array:
        """Scaled fields of the first cues with so many patterns, shape (1, cues, M).

        Patterns are more than in the call before, which gave the same array.
        """
        post = self.block.post[:, self.patterns : patterns]
        for p, coefficients in self.coefficients.items():
            a = coefficients[:, self.patterns : patterns]
            if not p:
                self.total += a.sum(axis=1, keepdims=True)
                continue
            for part in pattern_blocks(post):
                u = powers(as_floats(post[0, part], self.kind), p)
                add_product(self.total, a[:, part], u)
        if self.network.auto:
            self.total -= self.scratch.multiply("own", self.cues, self._own(post))
        self.patterns = patterns
        return inhibited(self.network, self.total[None, :cues])

    def _at_once(self, loads: Sequence[int], cues: Sequence[int], tally: Tally) -> list[Columns]:
        """The same in one compiled pass, for signs and few patterns at a time."""
        from hebbsym.simulate.counting import grow_and_tally  # numba is slow to import

        (rows, k), posts = self.coefficients[max(self.coefficients)].shape, self.network.posts
        a = self.coefficients.get(1, np.zeros((rows, k), dtype=self.kind))
        levels = np.zeros((len(loads), rows), dtype=self.kind)
        if 0 in self.coefficients:
            levels += self.coefficients[0].cumsum(axis=1).T[np.array(loads) - 1]
        own, s = np.zeros((len(loads), posts), dtype=self.kind), self.total
        if self.network.auto:
            steps = pairwise((0, *loads))
            parts = [self._own(self.block.post[:, start:stop]) for start, stop in steps]
            own, s = np.cumsum(parts, axis=0, dtype=self.kind), self.cues
        made = tally.room(len(loads))
        active = np.maximum(cues, 0)
        stored = self.block.post[0, self.part]
        grow_and_tally(
            np.array(loads), active, a, self.block.post[0], levels, own, s, stored,
            tally.cuts(self.kind), self.total, self.scratch.take("h", (posts,), self.kind), *made,
        )  # fmt: skip
        columns = tally.columns(active, *made)
        return [{name: c[n : n + 1] for name, c in columns.items()} for n in range(len(loads))]

    def _coefficients(self, tile: Block) -> dict[int, Array]:
        """The coefficients A_p of the powers of the postsynaptic values, shape (rows, K)."""
        products = Products(self.kernel, tile, False, self.scratch)
        made = {}
        for p in {p for p, _ in self.kernel.terms}:
            inside = {q: float(c) for (r, q), c in self.kernel.terms.items() if r == p and q}
            a = np.zeros((tile.cues.shape[1], tile.pre.shape[1]), dtype=np.float32)
            if inside:
                a = products.overlaps(tile.cues, inside)[0].copy()
            if (p, 0) in self.kernel.terms:
                total = tile.cues[0].sum(axis=1, keepdims=True, dtype=np.float64)
                a = a + self.kernel.terms[p, 0] * total
            made[p] = a
        return made

    def _bound(self, coefficients: Mapping[int, Array], largest_cue: float) -> float:
        """An upper bound on the scaled fields and all their parts; infinite for real values."""
        if not self.block.exact:
            return float("inf")
        size = self.block.largest_post
        own = sum(abs(c) * size**m for m, c in self.kernel.diagonal.items())
        return largest_cue * own * self.network.patterns + sum(
            row_bound(a) * size**p for p, a in coefficients.items()
        )

    def _own(self, post: Array) -> Array:
        """Sum of g(x_i, x_i) over some patterns, shape (M,)."""
        own = np.zeros(self.network.posts)
        for m, c in self.kernel.diagonal.items():
            own += c * power_sums(post, m, self.block.signs)[0]
        return own.astype(self.kind)


def add_product(total: Array, x: Array, y: Array) -> None:
    """Add ``x @ y`` to ``total`` in place, all three of one floating type.

    Examples
    --------
    >>> total = np.ones((2, 2))
    >>> add_product(total, np.array([[1.0], [2.0]]), np.array([[3.0, 4.0]]))
    >>> total.tolist()
    [[4.0, 5.0], [7.0, 9.0]]
    """
    gemm = dgemm if total.dtype == np.float64 else sgemm
    made = gemm(1.0, y.T, x.T, 1.0, total.T, overwrite_c=1)
    if made.ctypes.data != total.ctypes.data:  # BLAS was handed a copy
        total[:] = made.T
