r"""Rules that change W pattern by pattern: a block of its rows at a time, then the fields.

Main names
----------
Learner
    The contract: the weights of a few postsynaptic units after all patterns were shown.
Rows
    The engine of a memory with a learner.
counted
    Fields of one network, with ties seen through rounding, added to sums.

Conventions
-----------
Rows of W do not act upon each other, so a block of them is made, read by all cues and dropped: W is
never held as a whole. Blocks depend on the sizes alone. Weights are float64; fields are products in float32,
made again in float64 near the threshold, except where weights are integers.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, final

import numpy as np

from hebbsym.simulate.dual import Array
from hebbsym.simulate.memory import Engine, Memory, Sums
from hebbsym.simulate.recalls import Recalls
from hebbsym.simulate.sampling import Draw, Stream, draw, generator
from hebbsym.simulate.statistics import Tally
from hebbsym.simulate.ties import field_kind, finished, largest, near, settled
from hebbsym.simulate.weights import weight_sums, weight_units
from hebbsym.simulate.workspace import Workspace

BLOCK = 64
"""Rows of W that are made at a time."""

_LARGEST = 1e30
"""Of a weight in float32."""


class Learner(ABC):
    """What makes W from patterns, a few rows at a time."""

    @abstractmethod
    def prepared(self, pre: Array) -> Array:
        """The presynaptic patterns, shape (K, D), as :meth:`weights` takes them for every block."""

    @abstractmethod
    def weights(self, post: Array, pre: Array, rng: np.random.Generator) -> Array:
        """W from W = 0, shape (rows, D), in float64, after all patterns in order.

        Parameters
        ----------
        post : array, shape (K, rows)
            Stored values at the units of this block.
        pre : array
            What :meth:`prepared` gave.
        rng : numpy.random.Generator
            For synapses that change by chance; one for each network, used block after block.
        """

    @property
    def exact(self) -> bool:
        """Whether fields are made in float64 because weights are numbers without rounding."""
        return True

    @abstractmethod
    def demand(self, rows: int, patterns: int, units: int) -> int:
        """Bytes that :meth:`weights` and :meth:`prepared` hold, from above."""


@final
class Rows(Engine):
    """The engine of a memory whose learner makes rows of W.

    Examples
    --------
    >>> from hebbsym.families.cues import Exact
    >>> from hebbsym.families.ensembles import Bipolar
    >>> from hebbsym.simulate.network import Network
    >>> rule = Network(9, 2, {(1, 1): 1}, Bipolar(), Exact(), on_weight={(1, 1, 1): 0.5})
    >>> rule.engine().sums(range(1), 0, True, False, Workspace()).columns["count"].sum(axis=1)
    array([18])
    """

    def __init__(self, memory: Memory, learner: Learner) -> None:
        self.memory = memory
        self.learner = learner

    @property
    def batch(self) -> int:
        return 1

    @property
    def demand(self) -> int:
        memory = self.memory
        block = self.learner.demand(min(BLOCK, memory.width), memory.patterns, memory.units)
        return block + held(memory)

    def sums(
        self, numbers: range, seed: int, moments: int, weights: bool, scratch: Workspace
    ) -> Sums:
        (number,) = numbers
        memory, drawn = self.memory, draw(self.memory, seed, number)
        rng = generator(seed, number, Stream.SYNAPSE)
        pre, cues = self.learner.prepared(drawn.pre), centred(memory, drawn)
        single = not self.learner.exact and not memory.inhibition
        rounded = cues.astype(np.float32) if single else cues
        h = np.empty(
            (memory.cues, memory.width),
            dtype=field_kind(float(memory.threshold)) if single else np.float64,
        )
        few = weight_units(memory)
        first: list[Array] = []
        for start in range(0, memory.width, BLOCK):
            units = slice(start, min(start + BLOCK, memory.width))
            w = self.learner.weights(drawn.post[:, units], pre, rng)
            if memory.auto:
                w[np.arange(len(w)), np.arange(units.start, units.stop)] = 0.0
            h[:, units] = self._in_float32(w, cues, rounded) if single else cues @ w.T
            if start < few:
                first.append(w[: few - start, :few])
        if not single:
            h = finished(memory, h)
        sums = counted(memory, drawn, h, moments, scratch)
        if weights:
            sums.columns["weights"] = weight_sums(np.concatenate(first), auto=memory.auto)[None]
        return sums

    def _in_float32(self, w: Array, cues: Array, rounded: Array) -> Array:
        """Fields of a block of rows, shape (cues, rows); those near the threshold from float64."""
        memory, theta = self.memory, float(self.memory.threshold)
        if max(w.max(), -w.min()) > _LARGEST:
            return np.asarray(cues @ w.T)
        part = rounded @ w.astype(np.float32).T
        if len(memory.values) != 2:
            return np.asarray(part)
        size = largest(part)
        rows, units = near(part, size, theta)
        again = settled(np.vecdot(cues[rows], w[units]), size[rows, 0], theta)
        part = part.astype(field_kind(theta), copy=False)
        part[rows, units] = again
        return np.asarray(part)


def held(memory: Memory) -> int:
    """Bytes for patterns, cues and fields of one network, from above."""
    entries = memory.patterns * (memory.units + (0 if memory.auto else memory.posts))
    entry = 1 if memory.values and memory.sources else 8
    cues = memory.cues * memory.units * (entry + 12)
    return 3 * entry * entries + cues + 28 * memory.cues * memory.width


def centred(memory: Memory, drawn: Draw, kind: Any = np.float64) -> Array:
    """Cues as they act, in a floating type."""
    cues = drawn.cues.astype(kind)
    if memory.shift:
        cues -= kind(memory.shift)
    return cues


def counted(memory: Memory, drawn: Draw, h: Array, moments: int, scratch: Workspace) -> Sums:
    """Sums over the fields of one network, shape (cues, width), in which ties are exact."""
    recalls = Recalls(memory, Tally(memory.values, float(memory.threshold), moments, scratch))
    stored = drawn.post[memory.recalled, : memory.width]
    recalls.add(h[None], stored[None], slice(0, memory.cues))
    return recalls.sums()
