r"""Dense memories run to a fixed point: one unit after the other, many cues at once.

The field times the state of a unit is a sum over the patterns that agree with the state there less one over
those that differ, each by its whole overlap m,

.. math:: \sigma_i h_i = \sum_{\xi_i \sigma_i = 1} g_+(m) - \sum_{\xi_i \sigma_i = -1} g_-(m),

so that overlaps are kept, and the tables are read anew only when a unit has flipped.

Main names
----------
Landscape
    F and the update by overlap, exact where they are rational.
descend
    The fast path.
Descents
    Where the cues went, and how.
plain_descent
    The slow readable twin of one cue.

Conventions
-----------
A unit keeps its state on a tie. Rational tables are brought to whole numbers, so that fields and energies
are exact; where these do not fit 63 bits, and for functions that are not rational, doubles are summed pattern by pattern.
An exponential F is counted from the largest overlap down, which changes no sign and never overflows; its
energy is then -ln(sum)/beta, a monotone function of -sum.

Limits
------
A term below 1e-308 of the largest one is lost beside it. Without the energy difference a run need not end:
``settled`` says which did.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from hebbsym.errors import InvalidValue, SizeLimit
from hebbsym.simulate.descent import Trajectory
from hebbsym.simulate.memory import Number, at_least

Array: TypeAlias = NDArray[Any]

LARGEST_SUM = 1e300
"""Bound on sums over patterns in doubles."""
LARGEST_WHOLE = 2**62
STEEPEST = 200.0
"""Bound on beta."""


@final
@dataclass(frozen=True)
class Landscape:
    """What the energy and the update make of an overlap.

    Parameters
    ----------
    units : int
        D.
    energy, agree, differ : tuple of number
        F, and what a pattern adds to the field times the state where its entry agrees with the state of
        the unit and where it differs, by its whole overlap: at -D, ..., D + 2, or, when ``rate`` is not
        zero, over exp(rate * top) at top - 2D, ..., top + 2.
    rate : float
        beta where F is exponential; else zero.

    Examples
    --------
    >>> hopfield = Landscape.of([Fraction(m * m, 2) for m in range(-3, 4)])
    >>> hopfield.agree[:7] == tuple(2 * (m - 1) if m > -2 else 0 for m in range(-3, 4))
    True
    """

    units: int
    energy: tuple[Number, ...]
    agree: tuple[Number, ...]
    differ: tuple[Number, ...]
    rate: float = 0.0

    def __post_init__(self) -> None:
        for name in ("energy", "agree", "differ"):
            if len(getattr(self, name)) != 2 * self.units + 3:
                raise InvalidValue(
                    f"the table {name!r} has {len(getattr(self, name))} entries, not {2 * self.units + 3}"
                )

    @classmethod
    def of(
        cls, energy: Sequence[Number], slope: Sequence[Number] | None = None, inside: bool = False
    ) -> Landscape:
        """From F at the overlaps -D, ..., D and, for an update by the gradient, F' there.

        ``inside`` says whether the unit is in the overlap whose slope is taken.
        """
        size, nothing = len(energy), [Fraction(0)] * 2
        f = [*energy, *nothing]
        if slope is None:  # F(m) - F(m - 2) and F(m + 2) - F(m)
            steps = [b - a for a, b in zip(energy[:-2], energy[2:], strict=True)]
            agree, differ = [*nothing, *steps], [*steps, *nothing]
        elif inside:
            agree = differ = [*slope]
        else:
            agree, differ = [*nothing[:1], *slope[:-1]], [*slope[1:], *nothing[:1]]
        one, other = ([*table, *nothing][: size + 2] for table in (agree, differ))
        return cls((size - 1) // 2, tuple(f), tuple(one), tuple(other))

    @classmethod
    def exponential(cls, units: int, rate: float, inside: bool = False) -> Landscape:
        """Of F = exp(rate m): all three updates have the signs of sums of exp(rate R) or exp(rate m).

        Raises
        ------
        SizeLimit
            When the rate is above 200: exp(3 rate) is part of the tables.
        """
        if not 0 < rate <= STEEPEST:
            raise SizeLimit(
                f"beta is {rate:g}, and descent is bounded by {STEEPEST:g}: there the nearest pattern "
                "decides alone"
            )
        shift = 0 if inside else 1
        energy, agree, differ = (
            tuple(math.exp(rate * (k + by)) for k in range(-2 * units, 3))
            for by in (0, -shift, shift)
        )
        return cls(units, energy, agree, differ, rate)

    @cached_property
    def _largest(self) -> Number:
        return max(abs(v) for table in (self.energy, self.agree, self.differ) for v in table)

    @cached_property
    def _doubles(self) -> Array:
        return np.array([[float(v) for v in t] for t in (self.energy, self.agree, self.differ)])

    @cached_property
    def _whole(self) -> tuple[Array, int, int] | None:
        """The tables over common denominators, their largest entry, and the denominator of the energy."""
        if not all(isinstance(v, int | Fraction) for v in self.energy + self.agree + self.differ):
            return None
        scales = [
            math.lcm(*(Fraction(v).denominator for v in table))
            for table in (self.energy, self.agree + self.differ)
        ]
        made = [
            [int(v * scale) for v in table]
            for table, scale in zip(
                (self.energy, self.agree, self.differ), (*scales, scales[1]), strict=True
            )
        ]
        largest = max(abs(v) for table in made for v in table)
        if largest >= LARGEST_WHOLE:
            return None
        return np.array(made, dtype=np.int64), largest, scales[0]

    def tables(self, patterns: int) -> Array:
        """The three tables for machine code, shape (3, 2D + 3), for sums of so many patterns.

        Raises
        ------
        SizeLimit
            When a sum of doubles could exceed 1e300.
        """
        if self._whole is not None and 4 * self._whole[1] * patterns < LARGEST_WHOLE:
            return self._whole[0]
        # compared as it is: what is refused may be no double
        if not self._largest * patterns < LARGEST_SUM:
            raise SizeLimit(
                f"a sum over {patterns} patterns of {self.units} units could exceed the bound of "
                f"{LARGEST_SUM:g}: take a smaller D or power"
            )
        return self._doubles

    def energies(self, overlaps: Array) -> Array:
        """The energy of each row of overlaps, shape (cues, K); -ln(sum)/beta where F is exponential.

        Examples
        --------
        >>> Landscape.of([Fraction(m * m, 2) for m in range(-3, 4)]).energies(np.array([[3, -1]]))
        array([-5.])
        """
        if self.rate:
            top = overlaps.max(axis=1)
            sums = np.exp(self.rate * (overlaps - top[:, None])).sum(axis=1)
            made: Array = -(top + np.log(sums) / self.rate)
            return made
        tables = self.tables(overlaps.shape[1])
        scale = self._whole[2] if self._whole is not None and tables is self._whole[0] else 1
        return np.asarray(-tables[0][overlaps + self.units].sum(axis=1) / scale)


@dataclass(frozen=True)
class Descents:
    """Where many cues went.

    Parameters
    ----------
    states : array of int8, shape (cues, units)
        The last states.
    energies : array, shape (2, cues)
        Of the cues and of the last states.
    settled : array of bool, shape (cues,)
        Whether a whole sweep changed nothing.
    sweeps, flips, rises : array of int, shape (cues,)
        ``rises`` counts the flips that raised the energy.
    path : array of int, shape (cues, recorded)
        The units that flipped, in order, as many as were asked for; then -1.
    """

    states: Array
    energies: Array
    settled: Array
    sweeps: Array
    flips: Array
    rises: Array
    path: Array


def descend(
    landscape: Landscape,
    patterns: Array,
    cues: Array,
    rng: np.random.Generator,
    *,
    sweeps: int = 100,
    recorded: int = 0,
) -> Descents:
    """Update units one at a time until none changes; all cues share the order of a sweep.

    Parameters
    ----------
    landscape : Landscape
    patterns : array, shape (K, units)
        Entries -1 and 1.
    cues : array, shape (cues, units)
        Entries -1 and 1.
    rng : numpy.random.Generator
        Gives a fresh order for every sweep.
    sweeps : int
        Bound on the number of sweeps.
    recorded : int
        How many flips of a cue are recorded.

    Raises
    ------
    InvalidValue
        When shapes do not fit, there is no pattern, or an entry is no sign.
    SizeLimit
        When a sum over patterns could overflow.

    Examples
    --------
    >>> x = np.array([[1, 1, 1, -1, -1], [1, -1, 1, -1, 1]])
    >>> cubic = Landscape.of([Fraction(m**3, 3) for m in range(-5, 6)])
    >>> run = descend(cubic, x, np.array([[1, 1, 1, -1, 1]]), np.random.default_rng(0))
    >>> run.states.tolist(), run.settled.tolist(), run.rises.tolist()
    ([[1, 1, 1, -1, -1]], [True], [0])
    """
    from hebbsym.simulate.flipping import swept

    at_least("sweeps", sweeps, 1)
    at_least("recorded", recorded, 0)
    x, states = _signs("patterns", patterns, landscape), _signs("cues", cues, landscape)
    tables = landscape.tables(len(x))
    overlaps = np.rint(states.astype(np.float32) @ x.astype(np.float32).T).astype(np.int64)
    first = landscape.energies(overlaps)
    settled, counts = np.zeros(len(states), dtype=bool), np.zeros((len(states), 3), dtype=np.int64)
    path = np.full((len(states), recorded), -1, dtype=np.int32)
    entries = np.ascontiguousarray(x.T)
    heard = np.empty((2, len(x)), dtype=tables.dtype)
    whole, relative = tables.dtype == np.int64, bool(landscape.rate)
    for _ in range(sweeps):
        order = rng.permutation(landscape.units)
        swept(
            entries, order, tables, whole, relative, states, overlaps, heard, settled, counts, path
        )  # fmt: skip
        if settled.all():
            break
    energies = np.array([first, landscape.energies(overlaps)])
    taken, flips, rises = counts.T
    return Descents(states, energies, settled, taken, flips, rises, path)


def _signs(name: str, entries: Array, landscape: Landscape) -> Array:
    """A copy as int8, once everything fits."""
    given = np.asarray(entries)
    if given.ndim != 2 or len(given) == 0 or given.shape[1] != landscape.units:
        raise InvalidValue(
            f"{name} of shape {given.shape} do not fit {landscape.units} units: (rows, units), one row at least"
        )
    if not (given * given == 1).all():
        raise InvalidValue(f"{name} of a dense memory that descends have entries -1 and 1 only")
    return given.astype(np.int8)


def plain_descent(
    landscape: Landscape,
    patterns: Sequence[Sequence[int]],
    cue: Sequence[int],
    orders: Iterable[Sequence[int]],
) -> Trajectory:
    """The same for one cue in plain Python: every overlap and every field is made anew for every unit.

    Rational tables are added up as fractions; others as doubles, pattern by pattern.

    Examples
    --------
    >>> x = [[1, 1, 1, -1, -1], [1, -1, 1, -1, 1]]
    >>> cubic = Landscape.of([Fraction(m**3, 3) for m in range(-5, 6)])
    >>> run = plain_descent(cubic, x, [-1, 1, 1, -1, -1], [range(5)] * 3)
    >>> run.states.tolist(), run.units.tolist(), run.period
    ([[-1, 1, 1, -1, -1], [1, 1, 1, -1, -1]], [0], 1)
    """
    state = [int(s) for s in cue]
    states, changed = [list(state)], []
    for order in orders:
        quiet = True
        for i in order:
            overlaps = [sum(int(a) * b for a, b in zip(x, state, strict=True)) for x in patterns]
            lowest = max(overlaps) - 2 * len(state) if landscape.rate else -len(state)
            field: Number = 0
            for x, overlap in zip(patterns, overlaps, strict=True):
                if x[i] == state[i]:
                    field += landscape.agree[overlap - lowest]
                else:
                    field -= landscape.differ[overlap - lowest]
            if field < 0:
                state[i], quiet = -state[i], False
                states.append(list(state))
                changed.append(int(i))
        if quiet:
            return Trajectory(np.array(states), np.array(changed, dtype=int), 1)
    return Trajectory(np.array(states), np.array(changed, dtype=int), 0)
