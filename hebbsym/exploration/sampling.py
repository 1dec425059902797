r"""Which points of a space are visited, and in what order.

Main names
----------
samplings
    The ways by name: ``grid``, ``permutations``, ``latin``, ``sobol``.
Sampling
    The contract: how many points there are, and any stretch of them without the others.

Conventions
-----------
``grid`` visits every combination, the last coefficient fastest (mixed radix). ``permutations``
visits every distinct order of the values that the coefficients hold, in lexicographic order of the
sorted values. ``latin`` and ``sobol`` are the seeded designs of :mod:`scipy.stats.qmc` on the unit
cube: coordinate u picks the cell floor(u * count) of a finite set and floor(u * 2**30) of a range.
"""

from __future__ import annotations

import math
import threading
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, final

import numpy as np
import sympy as sp

from hebbsym.errors import InvalidValue, SizeLimit
from hebbsym.exploration.values import CELLS, Finite, Values, texts
from hebbsym.registry import Registry

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_POINTS = 1 << 62
"""Bound on the points of a space: their indices are 64-bit integers."""
MOST_LATIN = 10_000_000
"""Bound on the points of a Latin hypercube, which is drawn as a whole and held in memory."""


class Sampling(ABC):
    """How points are taken from the values of the coefficients."""

    needs_samples: bool = False
    """Whether the number of points is asked for, and not implied by the values."""

    @abstractmethod
    def count(self, values: Sequence[Values], samples: int | None) -> int:
        """The number of points.

        Raises
        ------
        InvalidValue, SizeLimit
            When these values cannot be visited in this way.
        """

    @abstractmethod
    def doubles(
        self, values: Sequence[Values], samples: int, seed: int, index: NDArray[Any]
    ) -> NDArray[Any]:
        """The points of ascending indices, as doubles, of shape (points, coefficients)."""

    @abstractmethod
    def exact(
        self, values: Sequence[Values], samples: int, seed: int, index: int
    ) -> tuple[sp.Rational, ...]:
        """One point, exact."""


@final
class _Grid(Sampling):
    """Every combination of the values."""

    def count(self, values: Sequence[Values], samples: int | None) -> int:
        for one in values:
            if one.count is None:
                low, high = one.ends
                raise InvalidValue(
                    f"the range from {low} to {high} has no end of values: give a grid (points), "
                    "or sampling = 'sobol' or 'latin'"
                )
        return math.prod(one.count or 1 for one in values)

    def _cells(self, values: Sequence[Values], index: Any) -> list[Any]:
        cells = []
        for one in reversed(values):
            radix = one.count or 1
            cells.append(index % radix)
            index = index // radix
        return cells[::-1]

    def doubles(
        self, values: Sequence[Values], samples: int, seed: int, index: NDArray[Any]
    ) -> NDArray[Any]:
        cells = self._cells(values, index)
        return np.stack([v.doubles(c) for v, c in zip(values, cells, strict=True)]).T

    def exact(
        self, values: Sequence[Values], samples: int, seed: int, index: int
    ) -> tuple[sp.Rational, ...]:
        cells = self._cells(values, index)
        return tuple(v.at(c) for v, c in zip(values, cells, strict=True))


@final
class _Permutations(Sampling):
    """Every distinct order of the values that the coefficients hold."""

    def count(self, values: Sequence[Values], samples: int | None) -> int:
        for one in values:
            if not one.fixed:
                raise InvalidValue(
                    "permutations exchange the values of the coefficients, one value each; "
                    f"one of them has {one.count or 'a range of'} values"
                )
        return _arrangements(Counter(self._held(values)).values())

    def _held(self, values: Sequence[Values]) -> list[sp.Rational]:
        return sorted(one.at(0) for one in values)

    def _orders(self, values: Sequence[Values], index: NDArray[Any]) -> NDArray[Any]:
        """Positions in the sorted distinct values, of shape (points, coefficients)."""
        held = Counter(self._held(values))
        left = np.tile(np.array(list(held.values()), dtype=np.int64), (len(index), 1))
        rank = index
        # how many orders the values that are left have, whatever comes first
        total = np.full(len(index), _arrangements(held.values()), dtype=np.int64)
        rows = np.arange(len(index))
        found = np.empty((len(index), len(values)), dtype=np.int64)
        for place in range(len(values)):
            remaining = len(values) - place
            # total * left never exceeds len(values)!, which is below 2**62 for 20 coefficients
            each = total[:, None] * left // remaining
            passed = np.cumsum(each, axis=1)
            chosen = (rank[:, None] >= passed).sum(axis=1)
            rank = rank - (passed[rows, chosen] - each[rows, chosen])
            total = each[rows, chosen]
            left[rows, chosen] -= 1
            found[:, place] = chosen
        return found

    def doubles(
        self, values: Sequence[Values], samples: int, seed: int, index: NDArray[Any]
    ) -> NDArray[Any]:
        distinct = np.array([float(v) for v in sorted(set(self._held(values)))])
        return np.asarray(distinct[self._orders(values, index)])

    def exact(
        self, values: Sequence[Values], samples: int, seed: int, index: int
    ) -> tuple[sp.Rational, ...]:
        distinct = sorted(set(self._held(values)))
        (order,) = self._orders(values, np.array([index]))
        return tuple(distinct[n] for n in order)


class _Design(Sampling):
    """A design on the unit cube."""

    needs_samples = True
    most: int

    def count(self, values: Sequence[Values], samples: int | None) -> int:
        if samples is None or samples < 1:
            raise InvalidValue(f"a sample needs its size: samples = ..., not {samples}")
        if samples > self.most:
            raise SizeLimit(f"{samples} samples are past the bound of {self.most} of this design")
        return samples

    @abstractmethod
    def cube(self, dimensions: int, samples: int, seed: int, start: int, stop: int) -> NDArray[Any]:
        """Points of the unit cube, of shape (points, dimensions)."""

    def _cells(
        self, values: Sequence[Values], samples: int, seed: int, index: NDArray[Any]
    ) -> NDArray[Any]:
        start, stop = int(index[0]), int(index[-1]) + 1
        counts = np.array([v.count or CELLS for v in values], dtype=np.int64)
        cube = self.cube(len(values), samples, seed, start, stop)
        if stop - start != len(index):
            cube = cube[index - start]
        return np.asarray((cube * counts).astype(np.int64))

    def doubles(
        self, values: Sequence[Values], samples: int, seed: int, index: NDArray[Any]
    ) -> NDArray[Any]:
        cells = self._cells(values, samples, seed, index)
        return np.stack([v.doubles(cells[:, n]) for n, v in enumerate(values)]).T

    def exact(
        self, values: Sequence[Values], samples: int, seed: int, index: int
    ) -> tuple[sp.Rational, ...]:
        (cells,) = self._cells(values, samples, seed, np.array([index]))
        return tuple(v.at(int(c)) for v, c in zip(values, cells, strict=True))


@final
class _Sobol(_Design):
    """A scrambled Sobol sequence: any stretch of it without the points before."""

    most = CELLS

    def cube(self, dimensions: int, samples: int, seed: int, start: int, stop: int) -> NDArray[Any]:
        key = dimensions, seed
        if _HELD.key != key or _HELD.place > start:
            _HELD.key, _HELD.place = key, 0
            _HELD.sequence = _sequence(dimensions, seed)
        # to go on from the last stretch spares the steps through all points before
        if start > _HELD.place:
            _HELD.sequence.fast_forward(start - _HELD.place)
        # a first draw of another length than a power of two is warned of
        count = stop - start if start else 1 << (stop - 1).bit_length()
        _HELD.place = start + count
        return np.asarray(_HELD.sequence.random(count)[: stop - start])


class _Held(threading.local):
    """The sequence that a thread drew from last, and how far it went."""

    key: tuple[int, int] | None = None
    place: int = 0
    sequence: Any = None


_HELD = _Held()


def _sequence(dimensions: int, seed: int) -> Any:
    from scipy.stats import qmc

    return qmc.Sobol(dimensions, scramble=True, rng=np.random.default_rng(seed))


@final
class _Latin(_Design):
    """A Latin hypercube: every coefficient visits each of its strata once."""

    most = MOST_LATIN

    def cube(self, dimensions: int, samples: int, seed: int, start: int, stop: int) -> NDArray[Any]:
        return _hypercube(dimensions, samples, seed)[start:stop]


@lru_cache(maxsize=1)
def _hypercube(dimensions: int, samples: int, seed: int) -> NDArray[Any]:
    from scipy.stats import qmc

    return np.asarray(
        qmc.LatinHypercube(dimensions, rng=np.random.default_rng(seed)).random(samples)
    )


def _arrangements(multiplicities: Any) -> int:
    counts = list(multiplicities)
    return math.factorial(sum(counts)) // math.prod(map(math.factorial, counts))


samplings: Registry[Sampling] = Registry("sampling")
"""The ways to visit a space, by name."""
samplings.add("grid", _Grid())
samplings.add("permutations", _Permutations())
samplings.add("latin", _Latin())
samplings.add("sobol", _Sobol())


def points(values: Sequence[Values], sampling: str, samples: int | None) -> int:
    """How many points a sampling visits, after its demands were checked.

    Examples
    --------
    >>> points((Finite((0, 1)), Finite((0, 1, 2))), "grid", None)
    6
    >>> points((Finite((0,)), Finite((1,)), Finite((1,))), "permutations", None)
    3
    """
    way = samplings[sampling]
    if samples is not None and not way.needs_samples:
        raise InvalidValue(
            f"samples = {samples}, but sampling '{sampling}' visits every point; "
            "leave it out, or ask for 'sobol' or 'latin'"
        )
    for one in values:
        if isinstance(one, Finite) and not one.distinct:
            raise InvalidValue(f"the set {texts(one.members)} holds a value twice")
    count = way.count(values, samples)
    if count > MOST_POINTS:
        raise SizeLimit(f"the space has {count} points, past the bound of 2**62: sample it")
    return count
