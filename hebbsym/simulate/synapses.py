r"""Networks of bounded synapses: every synapse walks through its levels, pattern by pattern.

Main names
----------
SynapseNetwork
    What one simulated network of bounded synapses is: everything but the seed.
Heard, Walking
    Its engine and its learner: compiled steps through a table.
walked_weights
    The slow readable twin, of the same coins.

Conventions
-----------
A table gives, for the values u and v that a pattern has at the two units and for a level, the levels
that may follow with their probabilities, added up in order. A coin is a whole number below 2**32: the
first of the levels is taken whose added probability, in units of 2**-32 and rounded, exceeds it. Where
no move is left to chance, no coin is tossed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from hebbsym.errors import InvalidValue
from hebbsym.simulate.memory import CueLaw, Engine, Law, Memory, Number, Sums, fraction
from hebbsym.simulate.rows import Learner, Rows
from hebbsym.simulate.workspace import Workspace

Array: TypeAlias = NDArray[Any]
Moves: TypeAlias = Mapping[tuple[int, int, int], Sequence[tuple[int, Number]]]
"""For numbers of (post value, pre value, level): pairs (next level, probability)."""

_COINS = 2**32
UPDATES = 2**26
"""Steps of single synapses in one network up to which all rows are simulated by default."""
FEWEST_ROWS = 64


@final
@dataclass(frozen=True)
class SynapseNetwork(Memory):
    """One associative memory of bounded synapses, without its seed.

    Parameters
    ----------
    units, patterns : int
        D and K.
    weights : tuple of number
        The weight of every level.
    start : int
        The level before learning.
    moves : mapping of (u, v, level) to pairs (next level, probability)
        u and v number the post- and presynaptic values in ascending order.
    law, cue
        As for :class:`hebbsym.simulate.memory.Memory`; the options are those of all memories.
    share : number
        Where the threshold follows the cue: what is subtracted from every weight that is heard.

    Examples
    --------
    >>> from hebbsym.families.cues import Exact
    >>> from hebbsym.families.ensembles import Binary
    >>> moves = {(u, v, k): [(max(k, u * v), 1)] for u in (0, 1) for v in (0, 1) for k in (0, 1)}
    >>> willshaw = SynapseNetwork(50, 5, (0, 1), 0, moves, Binary(), Exact())
    >>> willshaw.certain, willshaw.width
    (True, 50)
    """

    units: int
    patterns: int
    weights: tuple[Number, ...]
    start: int
    moves: Moves
    law: Law
    cue: CueLaw
    share: Number = field(default=0)

    def __post_init__(self) -> None:
        self.check_sizes()
        if not (self.values and self.sources):
            raise InvalidValue("bounded synapses are simulated for patterns of a finite alphabet")
        if not 0 <= self.start < len(self.weights):
            raise InvalidValue(f"there is no level {self.start} among {len(self.weights)}")
        for key, moves in self.moves.items():
            if abs(float(sum(fraction(p) for _, p in moves)) - 1) > 1e-12:
                raise InvalidValue(f"the probabilities of the moves at {key} do not add up to 1")

    def engine(self) -> Engine:
        """Blocks of W, stepped through all patterns."""
        return Heard(self)

    @property
    def certain(self) -> bool:
        """Whether no move is left to chance."""
        return all(len(moves) == 1 for moves in self.moves.values())

    @property
    def default_rows(self) -> int:
        if self.inhibition:
            return self.posts
        fitting = UPDATES // (self.units * self.patterns)
        return min(self.posts, max(FEWEST_ROWS, fitting - fitting % FEWEST_ROWS))

    @cached_property
    def table(self) -> tuple[Array, Array]:
        """Next levels and added probabilities times 2**32, shape (posts, pres, levels, branches)."""
        branches = max(len(moves) for moves in self.moves.values())
        shape = (len(self.values), len(self.sources), len(self.weights), branches)
        reached = np.zeros(shape, dtype=np.int16)
        bounds = np.full(shape, _COINS, dtype=np.int64)
        for key, moves in self.moves.items():
            total = fraction(0)
            for n, (to, p) in enumerate(moves):
                total += fraction(p)
                reached[(*key, n)], bounds[(*key, n)] = to, round(total * _COINS)
            reached[(*key, slice(len(moves), None))] = moves[-1][0]
        return reached, bounds


@final
class Heard(Engine):
    """The engine of rows, for weights less the share of a threshold that follows the cue.

    Examples
    --------
    >>> weights = np.array([2.0, 1.0, 1.0, 2.0, 0.0, 2.0, 0.0, 2.0, 0.0])  # of two weights 0 and 1
    >>> Heard.moved(weights, 1.0)[:3].tolist()  # of 1 and 2
    [2.0, 3.0, 5.0]
    """

    def __init__(self, network: SynapseNetwork) -> None:
        self.rows = Rows(network, Walking(network))
        self.share = float(network.share)

    @property
    def batch(self) -> int:
        return self.rows.batch

    @property
    def demand(self) -> int:
        return self.rows.demand

    def sums(
        self, numbers: range, seed: int, moments: int, weights: bool, scratch: Workspace
    ) -> Sums:
        made = self.rows.sums(numbers, seed, moments, weights, scratch)
        if weights and self.share:
            made.columns["weights"] = self.moved(made.columns["weights"][0], self.share)[None]
        return made

    @staticmethod
    def moved(sums: Array, by: float) -> Array:
        """The sums of :func:`hebbsym.simulate.weights.weight_sums` with a number added to each weight."""
        count, total, squares = sums[:3]
        moved = [count, total + by * count, squares + 2 * by * total + by**2 * count]
        for pairs, products in sums[3:].reshape(3, 2):
            # every weight occurs in as many pairs as another
            moved += [pairs, products + 2 * by * total * pairs / count + by**2 * pairs]
        return np.array(moved)


@final
class Walking(Learner):
    """The learner of bounded synapses; their weights are returned less the network's share.

    Examples
    --------
    >>> from hebbsym.families.cues import Exact
    >>> from hebbsym.families.ensembles import Binary
    >>> moves = {(u, v, k): [(max(k, u * v), 1)] for u in (0, 1) for v in (0, 1) for k in (0, 1)}
    >>> learner = Walking(SynapseNetwork(3, 2, (0, 1), 0, moves, Binary(), Exact()))
    >>> x = np.array([[1, 0, 1], [0, 1, 1]], dtype=np.int8)
    >>> learner.weights(x, learner.prepared(x), np.random.default_rng(0))
    array([[1., 0., 1.],
           [0., 1., 1.],
           [1., 1., 1.]])
    """

    def __init__(self, network: SynapseNetwork) -> None:
        self.network = network
        self.levels = np.array(
            [float(fraction(w) - fraction(network.share)) for w in network.weights]
        )

    def prepared(self, pre: Array) -> Array:
        return numbered(self.network.sources, pre)

    def weights(self, post: Array, pre: Array, rng: np.random.Generator) -> Array:
        from hebbsym.simulate.walks import certain, tossed

        reached, bounds = self.network.table
        history = numbered(self.network.values, post)
        level = np.full((post.shape[1], pre.shape[1]), self.network.start, dtype=np.int16)
        if self.network.certain:
            certain(level, history, pre, np.ascontiguousarray(reached[..., 0]))
        else:
            for u, v in zip(history, pre, strict=True):
                coins = rng.integers(_COINS, size=level.shape, dtype=np.uint32)
                tossed(level, u, v, reached, bounds, coins)
        made: Array = self.levels[level]
        return made

    def demand(self, rows: int, patterns: int, units: int) -> int:
        reached, _ = self.network.table
        return 10 * int(reached.size) + patterns * (units + 2 * rows) + 16 * rows * units


def numbered(values: Sequence[float], entries: Array) -> Array:
    """Entries as numbers of their values.

    Examples
    --------
    >>> numbered((-1.0, 1.0), np.array([[1, -1]]))
    array([[1, 0]], dtype=int8)
    """
    made: Array = np.searchsorted(np.array(values), entries).astype(np.int8)
    return made


def walked_weights(
    network: SynapseNetwork, post: Array, pre: Array, rng: np.random.Generator
) -> Array:
    """W after all patterns, synapse by synapse, in plain Python; the diagonal is not left out.

    Examples
    --------
    >>> from hebbsym.families.cues import Exact
    >>> from hebbsym.families.ensembles import Binary
    >>> moves = {(u, v, k): [(max(k, u * v), 1)] for u in (0, 1) for v in (0, 1) for k in (0, 1)}
    >>> network = SynapseNetwork(2, 1, (0, 1), 0, moves, Binary(), Exact())
    >>> walked_weights(network, np.array([[1, 0]]), np.array([[1, 0]]), np.random.default_rng(0))
    array([[1., 0.],
           [0., 0.]])
    """
    levels = [[network.start] * pre.shape[1] for _ in range(post.shape[1])]
    for x, y in zip(post, pre, strict=True):
        shape = (post.shape[1], pre.shape[1])
        coins = None if network.certain else rng.integers(_COINS, size=shape, dtype=np.uint32)
        for i, u in enumerate(x):
            for j, v in enumerate(y):
                key = (network.values.index(u), network.sources.index(v), levels[i][j])
                total = fraction(0)
                for to, p in network.moves[key]:
                    total += fraction(p)
                    if coins is None or int(coins[i, j]) < round(total * _COINS):
                        levels[i][j] = to
                        break
    return np.array([[float(network.weights[k]) for k in row] for row in levels])
