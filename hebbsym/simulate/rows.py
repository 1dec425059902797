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
never held as a whole. Blocks depend on the sizes alone. A field within 1e-10 of the largest one of its cue from the
threshold is a tie: sums of K D products in float64 are off by less, and a field that is not a tie
falls there once in 1e9 times or so.
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
from hebbsym.simulate.weights import weight_sums, weight_units
from hebbsym.simulate.workspace import Workspace

BLOCK = 64
"""Rows of W that are made at a time."""

TIE = 1e-10
"""Relative to the largest field of a cue: what is nearer to the threshold is a tie."""


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
        self, numbers: range, seed: int, moments: bool, weights: bool, scratch: Workspace
    ) -> Sums:
        (number,) = numbers
        memory, drawn = self.memory, draw(self.memory, seed, number)
        rng = generator(seed, number, Stream.SYNAPSE)
        pre, cues = self.learner.prepared(drawn.pre), centred(memory, drawn)
        h = np.empty((memory.cues, memory.width))
        few = weight_units(memory)
        first: list[Array] = []
        for start in range(0, memory.width, BLOCK):
            units = slice(start, min(start + BLOCK, memory.width))
            w = self.learner.weights(drawn.post[:, units], pre, rng)
            if memory.auto:
                w[np.arange(len(w)), np.arange(units.start, units.stop)] = 0.0
            np.matmul(cues, w.T, out=h[:, units])
            if start < few:
                first.append(w[: few - start, :few])
        sums = counted(memory, drawn, inhibited(memory, h), moments, scratch)
        if weights:
            sums.columns["weights"] = weight_sums(np.concatenate(first), auto=memory.auto)[None]
        return sums


def held(memory: Memory) -> int:
    """Bytes for patterns, cues and fields of one network, from above."""
    entries = memory.patterns * (memory.units + (0 if memory.auto else memory.posts))
    return 24 * entries + 26 * memory.cues * memory.units + 48 * memory.cues * memory.width


def centred(memory: Memory, drawn: Draw, kind: Any = np.float64) -> Array:
    """Cues as they act, in a floating type."""
    cues = drawn.cues.astype(kind)
    if memory.shift:
        cues -= kind(memory.shift)
    return cues


def counted(memory: Memory, drawn: Draw, h: Array, moments: bool, scratch: Workspace) -> Sums:
    """Sums over the fields of one network, shape (cues, width), in which ties are exact."""
    recalls = Recalls(memory, Tally(memory.values, float(memory.threshold), moments, scratch))
    stored = drawn.post[memory.recalled, : memory.width]
    recalls.add(h[None], stored[None], slice(0, memory.cues))
    return recalls.sums()


def inhibited(memory: Memory, h: Array) -> Array:
    """Fields less the population's mean where it is subtracted, ties through rounding made exact."""
    if memory.inhibition:
        h = h - h.mean(axis=1, keepdims=True)
    if len(memory.values) == 2:
        theta = float(memory.threshold)
        size = np.maximum(h.max(axis=1), -h.min(axis=1))[:, None]
        h[np.abs(h - theta) <= TIE * size] = theta
    return h
