r"""Dense memories: recall as two matrix products with a separation in between.

The unit itself is left out of the overlap R = m - xi_i s_i, which differs from unit to unit; but
xi_i s_i is a sign, so that

.. math:: \xi_i\, g(m - \xi_i s_i) = \xi_i\, \frac{g(m-1) + g(m+1)}{2} + s_i\, \frac{g(m-1) - g(m+1)}{2},

and only the whole overlaps m of cues and patterns are needed: one product gives them, a table separates
them, a second product projects them.

Main names
----------
DenseNetwork
    What one simulated dense memory is: everything but the seed.
Tables
    What a pattern adds, by its whole overlap.
dense_fields
    The fast path, blocked over patterns.
demanded
    How much memory it takes.
Dense
    The engine.
plain_field
    The slow readable twin: the energies of both states of every unit.

Limits
------
Fields beyond 1e150 are refused, for their squares would overflow; float32 is used where every sum is a
whole number that it holds exactly, unless it is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from hebbsym.errors import InvalidValue, NotDerivable, SizeLimit
from hebbsym.simulate.memory import CueLaw, Engine, Law, Memory, Number, Sums
from hebbsym.simulate.recalls import Recalls
from hebbsym.simulate.sampling import draw
from hebbsym.simulate.statistics import Columns, Tally, concatenated
from hebbsym.simulate.workspace import Workspace

Array: TypeAlias = NDArray[Any]

LARGEST_FIELD = 1e150
"""Bound on the fields: their squares are summed in doubles."""
EXACT_IN_FLOAT32 = 2**24
_BLOCK = 2**10
"""Patterns of one block: with a tile of cues its overlaps stay in a processor's cache."""
_TILE = 2**8
"""Cues of one tile."""


@final
@dataclass(frozen=True)
class DenseNetwork(Memory):
    """One dense associative memory of bipolar patterns, without its seed.

    Parameters
    ----------
    units, patterns : int
        D and K.
    energy : tuple of number
        F at the overlaps -D, ..., D.
    law, cue
        As for :class:`hebbsym.simulate.memory.Memory`; the options are those of all memories.
    slope : tuple of number, optional
        F' at the same overlaps: the update follows the gradient; without it, both energies are compared.
    inside : bool
        Whether the unit is in the overlap whose slope is taken.

    Raises
    ------
    InvalidValue
        When the patterns are not bipolar or a table has another length than 2D + 1.
    SizeLimit
        When a field could exceed 1e150.

    Examples
    --------
    >>> from hebbsym.families.cues import Exact
    >>> from hebbsym.families.ensembles import Bipolar
    >>> hopfield = DenseNetwork(3, 2, tuple(m * m / 2 for m in range(-3, 4)), Bipolar(), Exact())
    >>> hopfield.tables.masked.tolist()  # 2 R, for the overlaps R that occur without the unit
    [0.0, -4.0, -2.0, 0.0, 2.0, 4.0, 0.0]
    """

    units: int
    patterns: int
    energy: tuple[Number, ...]
    law: Law
    cue: CueLaw
    slope: tuple[Number, ...] | None = None
    inside: bool = False

    def __post_init__(self) -> None:
        self.check_sizes()
        if self.values != (-1.0, 1.0):
            raise InvalidValue(f"a dense memory stores signs, and the patterns have {self.values}")
        for name, table in (("energy", self.energy), ("slope", self.slope)):
            if table is not None and len(table) != 2 * self.units + 1:
                raise InvalidValue(
                    f"the {name} has {len(table)} entries; the overlaps -D, ..., D are {2 * self.units + 1}"
                )
        if not self._largest * self.patterns < LARGEST_FIELD:
            raise SizeLimit(
                f"one pattern adds up to {self._largest:.3g} to a field, and fields are bounded by "
                f"{LARGEST_FIELD:g}: take a smaller D, power or beta"
            )

    def engine(self) -> Engine:
        """Two matrix products and a table."""
        return Dense(self)

    @property
    def _largest(self) -> float:
        return float(np.abs(self.tables.mean).max() + np.abs(self.tables.half).max())

    @cached_property
    def tables(self) -> Tables:
        """What a pattern adds, by its whole overlap."""
        if self.slope is not None and self.inside:
            g = np.array([float(v) for v in self.slope])
            return Tables(g, np.zeros_like(g), g)
        if self.slope is not None:
            outside = [float(v) for v in self.slope]
        else:
            # R + 1 and R - 1 are overlaps of patterns for R = -(D-1), ..., D-1 only
            f = self.energy
            steps = [float(b - a) for a, b in zip(f[:-2], f[2:], strict=True)]
            outside = [0.0, *steps, 0.0]
        g = np.array(outside)
        below, above = np.concatenate(([0.0], g[:-1])), np.concatenate((g[1:], [0.0]))
        return Tables((below + above) / 2, (below - above) / 2, g)

    @property
    def exact(self) -> bool:
        """Whether float32 holds every sum exactly, whatever the patterns are."""
        halves = all(np.all(np.mod(2 * t, 1) == 0) for t in (self.tables.mean, self.tables.half))
        return bool(halves and 2 * self._largest * self.patterns < EXACT_IN_FLOAT32)


@final
@dataclass(frozen=True)
class Tables:
    """What a pattern adds to the field of a unit, by its whole overlap m = -D, ..., D.

    Parameters
    ----------
    mean, half : array of float64
        xi_i mean(m) + s_i half(m) where the cue has a sign at the unit.
    masked : array of float64
        xi_i masked(m) where the cue is 0 there.
    """

    mean: Array
    half: Array
    masked: Array


def dense_fields(
    patterns: Array, cues: Array, tables: Tables, kind: Any = np.float32, block: int = _BLOCK
) -> Array:
    """Fields of cues, shape (cues, D), in a floating type.

    Parameters
    ----------
    patterns : array of ``kind``, shape (K, D)
        Entries -1 and 1.
    cues : array of ``kind``, shape (cues, D)
        Entries -1, 0 and 1.
    tables : Tables
    kind : numpy floating type
    block : int
        How many patterns are worked on at a time.

    Examples
    --------
    >>> square = np.array([0.0, -4.0, -2.0, 0.0, 2.0, 4.0, 0.0])  # 2 R, for D = 3
    >>> x = np.array([[1, -1, 1], [1, 1, -1]], dtype=np.float32)
    >>> tables = Tables(np.array([-6.0, -4.0, -2.0, 0.0, 2.0, 4.0, 6.0]), -2 * np.ones(7), square)
    >>> dense_fields(x, x, tables).tolist()
    [[0.0, -4.0, 4.0], [0.0, 4.0, -4.0]]
    """
    from hebbsym.simulate.separating import separated

    mean, half, masked = (t.astype(kind) for t in (tables.mean, tables.half, tables.masked))
    nothing = np.zeros_like(half)
    h = np.empty(cues.shape, dtype=kind)
    for start in range(0, len(cues), _TILE):
        s = cues[start : start + _TILE]
        made, owed, silent = h[start : start + _TILE], np.zeros(len(s)), s == 0
        hidden = np.zeros(s.shape, dtype=kind) if silent.any() else None
        for first in range(0, len(patterns), block):
            x = patterns[first : first + block]
            overlaps = s @ x.T
            other = None if hidden is None else overlaps.copy()
            separated(overlaps, mean, half, owed)
            if first:
                made += overlaps @ x
            else:
                np.matmul(overlaps, x, out=made)
            if other is not None and hidden is not None:
                separated(other, masked, nothing, np.zeros(len(s)))
                hidden += other @ x
        if half.any():
            made += s * owed[:, None].astype(kind)
        if hidden is not None:
            made[silent] = hidden[silent]
    return h


def demanded(units: int, patterns: int, cues: int) -> int:
    """Bytes that one worker needs for a memory of these sizes, from above.

    Examples
    --------
    >>> demanded(200_000, 1000, 64) > 2**31
    True
    """
    return 12 * patterns * units + 48 * cues * units + 32 * _TILE * min(_BLOCK, patterns)


@final
class Dense(Engine):
    """The engine of dense memories.

    Examples
    --------
    >>> from hebbsym.families.cues import Exact
    >>> from hebbsym.families.ensembles import Bipolar
    >>> hopfield = DenseNetwork(9, 2, tuple(m * m / 2 for m in range(-9, 10)), Bipolar(), Exact())
    >>> Dense(hopfield).sums(range(3), 0, 2, False, Workspace()).columns["count"].sum(axis=1)
    array([18, 18, 18])
    """

    def __init__(self, network: DenseNetwork) -> None:
        self.network = network
        self.kind: Any = np.float32 if network.exact else np.float64

    @property
    def batch(self) -> int:
        return 1

    @property
    def demand(self) -> int:
        return demanded(self.network.units, self.network.patterns, self.network.cues)

    def sums(
        self, numbers: range, seed: int, moments: int, weights: bool, scratch: Workspace
    ) -> Sums:
        if weights:
            raise NotDerivable("a dense memory has no weights: it keeps the patterns themselves")
        network = self.network
        tally = Tally(network.values, float(network.threshold), moments, scratch)
        found: list[Columns] = []
        for number in numbers:
            drawn = draw(network, seed, number)
            patterns, cues = drawn.pre.astype(self.kind), drawn.cues.astype(self.kind)
            h = dense_fields(patterns, cues, network.tables, self.kind)
            stored = patterns[network.recalled]
            recalls = Recalls(network, tally)
            recalls.add(h[None], stored[None], slice(0, network.cues))
            found.append(recalls.sums().columns)
        return Sums(concatenated(found))


def plain_field(network: DenseNetwork, patterns: Sequence[Any], cue: Sequence[int]) -> list[Number]:
    """The field of every unit from the energies of its two states, or from the slope, in plain Python.

    Examples
    --------
    >>> from hebbsym.families.cues import Exact
    >>> from hebbsym.families.ensembles import Bipolar
    >>> hopfield = DenseNetwork(3, 2, tuple(m * m / 2 for m in range(-3, 4)), Bipolar(), Exact())
    >>> plain_field(hopfield, [[1, -1, 1], [1, 1, -1]], [1, -1, 1])
    [0.0, -4.0, 4.0]
    """
    d = network.units
    made: list[Number] = []
    for i in range(d):
        total: Number = Fraction(0)
        for x in patterns:
            outside = sum(int(x[j]) * int(cue[j]) for j in range(d) if j != i)
            if network.slope is None:
                up, down = outside + int(x[i]), outside - int(x[i])
                total += network.energy[up + d] - network.energy[down + d]
            else:
                own = int(x[i]) * int(cue[i]) if network.inside else 0
                total += int(x[i]) * network.slope[outside + own + d]
        made.append(total)
    return made
