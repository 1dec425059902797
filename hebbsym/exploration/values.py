r"""What one coefficient of an explored rule may be.

Main names
----------
Values
    The contract: exact rational numbers by position, and the doubles that a sweep works with.
Finite, Grid, Range
    A finite set; equally spaced numbers (or their logarithms); everything between two ends.

Conventions
-----------
Every number is an exact rational. A logarithmic grid has irrational members: they are rounded to
twelve significant decimal digits, which are exact from then on. A range is sampled at multiples of
2**-30 of its length (of its ratio, where it is logarithmic), which is how finely a Sobol sequence
divides it.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, final

import mpmath
import numpy as np
import sympy as sp

from hebbsym.errors import InvalidValue, SizeLimit
from hebbsym.families.parameters import exact

if TYPE_CHECKING:
    from numpy.typing import NDArray

CELLS = 1 << 30
"""A range is divided into so many cells; a sample is the lower end of one."""
MOST_VALUES = 1_000_000
"""Bound on the members of a finite set or grid: they are held in memory."""
LARGEST = 10**100
"""Bound on the size of a coefficient, and on that of its inverse: squares of them are doubles."""
_DIGITS = 12


class Values(ABC):
    """What a coefficient may be."""

    between: bool = True
    """Whether what lies between the ends is meant, too, and not the members alone."""
    logarithmic: bool = False
    """Whether values are spread evenly by their logarithms."""

    @property
    @abstractmethod
    def count(self) -> int | None:
        """How many values there are; None for a range, which can only be sampled."""

    @property
    @abstractmethod
    def ends(self) -> tuple[sp.Rational, sp.Rational]:
        """The lowest and the highest value."""

    @abstractmethod
    def at(self, cell: int) -> sp.Rational:
        """The exact value at a position: 0 .. count - 1, or one of the :data:`CELLS` of a range."""

    @abstractmethod
    def doubles(self, cells: NDArray[Any]) -> NDArray[Any]:
        """The values at many positions, as the doubles nearest to them."""

    @property
    @abstractmethod
    def record(self) -> dict[str, Any] | list[str]:
        """What gives the values again, in the form of a TOML file."""

    @property
    @abstractmethod
    def common(self) -> int:
        """The least common denominator of all values, or a larger one."""

    @property
    def fixed(self) -> bool:
        """Whether there is one value only."""
        return self.count == 1


@final
@dataclass(frozen=True)
class Finite(Values):
    """A finite set of exact numbers, in the order given.

    Raises
    ------
    InvalidValue
        When it is empty, or a member is no rational number or has a size that doubles cannot square.

    Examples
    --------
    >>> Finite((-1, 0, sp.Rational(1, 2))).at(2)
    1/2
    """

    members: tuple[sp.Rational, ...]
    between = False

    def __post_init__(self) -> None:
        if not self.members:
            raise InvalidValue("a set of values is empty: nothing can be explored")
        object.__setattr__(self, "members", tuple(_coefficient(v) for v in self.members))
        _require_few(len(self.members))

    @property
    def count(self) -> int:
        return len(self.members)

    @property
    def ends(self) -> tuple[sp.Rational, sp.Rational]:
        return min(self.members), max(self.members)

    @property
    def common(self) -> int:
        return math.lcm(*(int(v.q) for v in self.members))

    @property
    def distinct(self) -> bool:
        """Whether no value occurs twice."""
        return len(set(self.members)) == len(self.members)

    def at(self, cell: int) -> sp.Rational:
        return self.members[cell]

    def doubles(self, cells: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(self._table[cells])

    @cached_property
    def _table(self) -> NDArray[Any]:
        return np.array([float(v) for v in self.members])

    @property
    def record(self) -> list[str]:
        return [str(v) for v in self.members]


@final
@dataclass(frozen=True)
class Grid(Values):
    """``points`` numbers from ``start`` to ``stop``, both among them; equally spaced, or their logarithms.

    Raises
    ------
    InvalidValue
        When start is not below stop, there are fewer than two points, or a logarithmic grid
        touches zero.

    Examples
    --------
    >>> [Grid(0, 1, 5).at(n) for n in range(5)]
    [0, 1/4, 1/2, 3/4, 1]
    >>> [Grid(1, 100, 3, logarithmic=True).at(n) for n in range(3)]
    [1, 10, 100]
    """

    start: sp.Rational
    stop: sp.Rational
    points: int
    logarithmic: bool = False

    def __post_init__(self) -> None:
        _settle_ends(self, "start", "stop", self.logarithmic)
        if self.points < 2:
            raise InvalidValue(f"a grid has at least 2 points, not {self.points}")
        _require_few(self.points)

    @property
    def count(self) -> int:
        return self.points

    @property
    def common(self) -> int:
        return math.lcm(*(int(self.at(n).q) for n in range(self.points)))

    @property
    def ends(self) -> tuple[sp.Rational, sp.Rational]:
        return self.start, self.stop

    def at(self, cell: int) -> sp.Rational:
        return _between(self.start, self.stop, sp.Rational(cell, self.points - 1), self.logarithmic)

    def doubles(self, cells: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(self._table[cells])

    @cached_property
    def _table(self) -> NDArray[Any]:
        return np.array([float(self.at(n)) for n in range(self.points)])

    @property
    def record(self) -> dict[str, Any]:
        ends = {"start": str(self.start), "stop": str(self.stop), "points": self.points}
        return {**ends, "logarithmic": self.logarithmic}


@final
@dataclass(frozen=True)
class Range(Values):
    """Every number from ``low`` to ``high``: it can only be sampled.

    Examples
    --------
    >>> Range(-1, 1).at(CELLS // 4)
    -1/2
    """

    low: sp.Rational
    high: sp.Rational
    logarithmic: bool = False

    def __post_init__(self) -> None:
        _settle_ends(self, "low", "high", self.logarithmic)

    @property
    def count(self) -> None:
        return None

    @property
    def common(self) -> int:
        if self.logarithmic:  # powers have no common denominator
            return 1 << 62
        return math.lcm(int(self.low.q), int((self.high - self.low).q) * CELLS)

    @property
    def ends(self) -> tuple[sp.Rational, sp.Rational]:
        return self.low, self.high

    def at(self, cell: int) -> sp.Rational:
        return _between(self.low, self.high, sp.Rational(cell, CELLS), self.logarithmic)

    def doubles(self, cells: NDArray[Any]) -> NDArray[Any]:
        share = cells / CELLS
        low, high = float(self.low), float(self.high)
        if self.logarithmic:
            return np.asarray(low * (high / low) ** share)
        return np.asarray(low + (high - low) * share)

    @property
    def record(self) -> dict[str, Any]:
        return {"low": str(self.low), "high": str(self.high), "logarithmic": self.logarithmic}


def denominator(values: Values) -> int:
    """The least whole number that makes every value whole; 2**62 where there is no small one.

    Examples
    --------
    >>> denominator(Grid(0, 1, 4)), denominator(Range(0, 1)) == CELLS
    (3, True)
    """
    return min(values.common, 1 << 62)


def rational(value: Any) -> sp.Rational:
    """``value`` as an exact rational number.

    Raises
    ------
    InvalidValue
        For a float, and for a number that is not rational.

    Examples
    --------
    >>> rational(3), rational(sp.sqrt(4) / 4)
    (3, 1/2)
    """
    number = exact(value)
    if not number.is_Rational:
        raise InvalidValue(f"{str(number)[:60]} is not a rational number, such as -1 or 1/2")
    return number


def _coefficient(value: Any) -> sp.Rational:
    """``value`` exact, and of a size that doubles can square."""
    number = rational(value)
    if number != 0 and not sp.Rational(1, LARGEST) <= abs(number) <= LARGEST:
        raise InvalidValue(
            f"a coefficient is 0 or of a size from 1e-100 to 1e100, not {sp.N(number, 3)}: rules are compared in doubles"
        )
    return number


def texts(values: Iterable[Any]) -> str:
    """Numbers in one line, for a message.

    Examples
    --------
    >>> texts([1, sp.S.Half])
    '1, 1/2'
    """
    return ", ".join(str(v)[:40] for v in values)


def _settle_ends(values: Any, low: str, high: str, logarithmic: bool) -> None:
    """Both ends exact, in order, and of one sign where logarithms are taken."""
    for name in (low, high):
        object.__setattr__(values, name, _coefficient(getattr(values, name)))
    bottom, top = getattr(values, low), getattr(values, high)
    if bottom >= top:
        raise InvalidValue(f"{low} = {bottom} is not below {high} = {top}")
    if logarithmic and bottom * top <= 0:
        raise InvalidValue(
            f"logarithms need both ends on one side of zero, not {low} = {bottom} and {high} = {top}"
        )


def _between(
    low: sp.Rational, high: sp.Rational, share: sp.Rational, logarithmic: bool
) -> sp.Rational:
    """The value at a share of the way, exact; rounded to twelve digits on a logarithmic scale."""
    if not logarithmic:
        return low + (high - low) * share
    if share in (0, 1):
        return high if share else low
    with mpmath.workdps(3 * _DIGITS):
        ratio = mpmath.mpf(high.p * low.q) / (high.q * low.p)
        power = mpmath.power(ratio, mpmath.mpf(share.p) / share.q)
        value = power * low.p / low.q
        return sp.Rational(mpmath.nstr(value, _DIGITS))


def _require_few(count: int) -> None:
    if count > MOST_VALUES:
        raise SizeLimit(
            f"{count} values of one coefficient are past the bound of {MOST_VALUES}; "
            "sample a range instead"
        )
