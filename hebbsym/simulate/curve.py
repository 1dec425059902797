r"""Many loads from one draw: the first K_1 < K_2 < ... patterns of the same network.

Main names
----------
simulate_loads
    Statistics at every load.

Conventions
-----------
The overlaps of a pair of patterns are computed once for the whole curve, and the fields of a cue grow
by the patterns that a load adds. At each load the numbers are those that :func:`simulate` gives at
that load from the same seed (common random numbers): differences between loads, and between rules,
are then much less noisy than from fresh draws.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import ClassVar

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
    block,
    pattern_blocks,
    powers,
    row_bound,
)
from hebbsym.simulate.estimates import Statistics
from hebbsym.simulate.fields import Fields
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
from hebbsym.simulate.statistics import Columns, add
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
    whole = block(network, [draw(network, seed, number)], scratch)
    nested = [_fields_at(load, whole, scratch) for load in loads]
    total: list[Columns] = [{} for _ in loads]
    for part in tiles(network):
        tile = _Grown if network.patterns > _RESUMMED else _Resummed
        grown = tile(Products(network.kernel, whole, False, scratch), part)
        for k, made in enumerate(nested):
            active = slice(part.start, min(part.stop, made.network.cues))
            if active.start < active.stop:
                grown.grow(made.network.patterns, active.stop - active.start)
                made.products = grown.products_of(made)
                stored = made.block.post[:, active]
                add(total[k], tally_of(made, moments).of(made.rows(active), stored))
    for columns, made in zip(total, nested, strict=True):
        unscale(columns, made.scale)
    return total


def _at_load(network: Network, load: int) -> Network:
    """The network that stores the first ``load`` patterns only."""
    probes = None if network.probes is None else min(network.probes, load)
    return replace(network, patterns=load, probes=probes)


def _fields_at(network: Network, whole: Block, scratch: Workspace) -> Fields:
    """The fields of the network at one load, on views of the whole block."""
    pre = whole.pre[:, : network.patterns]
    post = pre if whole.post is whole.pre else whole.post[:, : network.patterns]
    part = replace(whole, post=post, pre=pre, cues=whole.cues[:, : network.cues])
    return Fields(network, Products(network.kernel, part, False, scratch))


_RESUMMED = 192
"""Patterns up to which sums over all of them cost less than to keep and correct running sums."""


class _Tile:
    """The overlaps of the cues of one tile with all patterns, computed once for the whole curve."""

    def __init__(self, products: Products, part: slice) -> None:
        self.products = products
        self.part = part
        self.patterns = 0
        self.active = 0
        cues = products.scratch.cast("cue floats", products.block.cues[:, part], np.float32)
        self.overlaps: dict[int, Array] = {}
        for p in products.kernel.posts:
            overlaps = products.overlaps(cues, products.combination(p)[0])
            limit = EXACT_IN_FLOAT32 / products.block.largest_post**p
            wide = products.block.exact and row_bound(overlaps) >= limit
            made = products.scratch.take(
                f"overlaps{p}", overlaps.shape, np.float64 if wide else np.float32
            )
            np.copyto(made, overlaps)
            self.overlaps[p] = made


class _Resummed(_Tile):
    """Fields are summed anew at every load, the excluded diagonal being folded into the overlaps."""

    def grow(self, patterns: int, active: int) -> None:
        """Go on to a load with so many patterns and rows of active cues."""
        if self.products.folds_diagonal:
            added = patterns - self.patterns
            self.products.fold_diagonal(self.overlaps[1], self.part.start, added)
        self.patterns, self.active = patterns, active

    def products_of(self, made: Fields) -> Products:
        """What takes the place of the products of one load."""
        some = {
            p: overlaps[:, : self.active, : self.patterns] for p, overlaps in self.overlaps.items()
        }
        return _FromOverlaps(self.products.kernel, made.block, False, self.products.scratch, some)


@dataclass
class _FromOverlaps(Products):
    """Products of the cues of a tile from overlaps that are known."""

    given: Mapping[int, Array] = field(default_factory=dict)

    def of(self, cues: Array, part: slice | None) -> Iterator[tuple[float, Array]]:
        if part is None:
            yield from super().of(cues, part)
            return
        for p, overlaps in self.given.items():
            yield self.combination(p)[1], self.expand(overlaps, p)


class _Grown(_Tile):
    """Running sums P_p of the cues of one tile, with as many patterns as have been added so far."""

    def __init__(self, products: Products, part: slice) -> None:
        super().__init__(products, part)
        length = products.block.post.shape[2]
        self.sums = {
            p: products.scratch.take(f"sums{p}", (*overlaps.shape[:2], length), overlaps.dtype)
            for p, overlaps in self.overlaps.items()
        }

    def grow(self, patterns: int, active: int) -> None:
        """Add patterns up to a number, and cues up to a number of rows."""
        for p, sums in self.sums.items():
            if self.active:
                self._accumulate(p, slice(0, self.active), self.patterns, patterns)
            if active > self.active:
                sums[:, self.active : active] = 0
                self._accumulate(p, slice(self.active, active), 0, patterns)
        self.patterns, self.active = patterns, active

    def _accumulate(self, p: int, rows: slice, start: int, stop: int) -> None:
        """Add the patterns from ``start`` to ``stop`` to some rows of P_p, in place."""
        total, overlaps = self.sums[p][0, rows], self.overlaps[p][0, rows]
        gemm = dgemm if total.dtype == np.float64 else sgemm
        post = self.products.block.post[:, start:stop]
        for part in pattern_blocks(post):
            u = powers(as_floats(post[0, part], total.dtype), p)
            o = overlaps[:, start + part.start : start + part.stop]
            made = gemm(1.0, u.T, o.T, 1.0, total.T, overwrite_c=1)
            if made.ctypes.data != total.ctypes.data:  # BLAS was handed a copy
                total[:] = made.T

    def products_of(self, made: Fields) -> Products:
        """What takes the place of the products of one load."""
        sums = {p: sums[:, : self.active] for p, sums in self.sums.items()}
        return _FromSums(self.products.kernel, made.block, False, self.products.scratch, sums)


@dataclass
class _FromSums(Products):
    """Products of the cues of a tile that were accumulated load by load."""

    given: Mapping[int, Array] = field(default_factory=dict)
    disposable: ClassVar[bool] = False

    def of(self, cues: Array, part: slice | None) -> Iterator[tuple[float, Array]]:
        if part is None:
            yield from super().of(cues, part)
            return
        for p, product in self.given.items():
            yield self.combination(p)[1], product

    @property
    def folds_diagonal(self) -> bool:
        return False
