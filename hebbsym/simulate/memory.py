r"""What every simulated memory is: sizes, samplers, a threshold, and the engine that runs it.

Main names
----------
Memory
    The contract of a kind of network: its sizes, what is recalled, and :meth:`Memory.engine`.
Engine
    The contract of what simulates it: sums of a few networks, and what they cost.
Law, CueLaw
    What a sampler of patterns and of cues must offer.

Conventions
-----------
``units`` is D, the number of presynaptic units; ``patterns`` is K; ``outputs`` is M, the number
of postsynaptic units of a hetero-associative memory. Patterns are shown once each in the order of
their index to W = 0: the pattern of age g has index K - 1 - g. Postsynaptic units are
exchangeable, so the first ``rows`` of them stand for all; a sum over whole patterns or over the
population does not exist then.
"""

from __future__ import annotations

import math
import numbers
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hebbsym.errors import InvalidValue, NotDerivable
from hebbsym.simulate.statistics import Columns
from hebbsym.simulate.workspace import Workspace

if TYPE_CHECKING:
    from hebbsym.simulate.estimates import Estimate

Number: TypeAlias = Any
"""A real number: int, float, Fraction, or anything that converts to one of them exactly."""

LARGEST_DENOMINATOR = 10**6


class Law(Protocol):
    """A sampler of independent pattern entries."""

    @property
    def alphabet(self) -> Sequence[tuple[Number, Number]]:
        """Pairs (value, probability) in ascending order; empty for a continuous law."""

    @property
    def standard_normal(self) -> bool:
        """Whether entries are normal with mean 0 and variance 1."""

    def sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[Any]:
        """Independent entries of the given shape."""


class CueLaw(Protocol):
    """A sampler of cues given the stored patterns."""

    def sample(self, rng: np.random.Generator, patterns: NDArray[Any], law: Any) -> NDArray[Any]:
        """Cues for patterns of any shape, before centring."""

    def shift(self, law: Any) -> Number:
        """What centring subtracts from every entry of a cue."""

    def transitions(self, law: Any, y: Any) -> Sequence[tuple[Number, Number]]:
        """Pairs (value after centring, probability) of a cue's entry given the stored one."""


@dataclass(frozen=True)
class Sums:
    """Sums of some networks, one row a network.

    Parameters
    ----------
    columns : mapping of str to array
        Over all recalled patterns together; see :data:`hebbsym.simulate.statistics.COLUMNS`.
    aged : mapping of int to columns
        The same for the recalled pattern of each age, where ages were asked for.
    """

    columns: Columns
    aged: Mapping[int, Columns] = field(default_factory=dict)


class Engine(ABC):
    """What simulates one kind of memory."""

    @property
    @abstractmethod
    def batch(self) -> int:
        """How many networks are worked on together; from the sizes of the memory alone."""

    @property
    @abstractmethod
    def demand(self) -> int:
        """Bytes that one worker needs, from above."""

    @abstractmethod
    def sums(
        self, numbers: range, seed: int, moments: int, weights: bool, scratch: Workspace
    ) -> Sums:
        """Sums of the networks ``numbers``, at most :attr:`batch` of them.

        The sums of a network depend on the memory, the seed and its number, and on nothing else.
        """


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a memory of any kind may be given besides its sizes, its rule and its laws.

    Parameters
    ----------
    address : Law, optional
        Sampler of the addresses; its presence makes the memory hetero-associative.
    outputs : int, optional
        M, number of content units; D unless given.
    threshold : number
        What a field is compared with, after inhibition where there is any.
    inhibition : bool
        Whether the mean field of the population under the same cue is subtracted.
    probes : int, optional
        Only the first so many patterns are recalled (all K are stored); all of them unless given.
    ages : tuple of int, optional
        Only the patterns of these ages (0 = shown last) are recalled, with statistics for each.
    rows : int, optional
        How many postsynaptic units are simulated; unless given, all of them, or fewer where W
        changes pattern by pattern at a high cost.
    """

    address: Law | None = None
    outputs: int | None = None
    threshold: Number = 0
    inhibition: bool = False
    probes: int | None = None
    ages: tuple[int, ...] | None = None
    rows: int | None = None


class Memory(Options, ABC):
    """One associative memory without its seed; a subclass is a frozen dataclass that has these fields, too.

    Attributes
    ----------
    units, patterns : int
        D, at least 2, and K, at least 1.
    law : Law
        Sampler of the patterns, or of the contents of a hetero-associative memory.
    cue : CueLaw
        Sampler of the cues.
    """

    units: int
    patterns: int
    law: Law
    cue: CueLaw

    @abstractmethod
    def engine(self) -> Engine:
        """What simulates this memory."""

    def rare_errors(self, *, seed: int, relative: float, side: str = "") -> Estimate:
        """The probability of a wrong bit by importance sampling, see :mod:`hebbsym.simulate.rare`.

        Raises
        ------
        NotDerivable
            When this kind of memory has no such scheme.
        """
        raise NotDerivable("importance sampling is for additive rules")

    @property
    def default_rows(self) -> int:
        """Number of postsynaptic units that are simulated unless told otherwise."""
        return self.posts

    def check_sizes(self) -> None:
        """Refuse sizes that contradict each other; a subclass calls it when it is made."""
        at_least("D", self.units, 2)
        at_least("K", self.patterns, 1)
        if self.address is None and self.outputs not in (None, self.units):
            raise InvalidValue("outputs M differ from D only when an address ensemble is given")
        if self.outputs is not None:
            at_least("M", self.outputs, 1)
        if self.probes is not None and not 1 <= self.probes <= self.patterns:
            raise InvalidValue(
                f"probes is {self.probes}; it lies between 1 and K = {self.patterns}"
            )
        self._check_ages()
        if self.rows is not None:
            at_least("rows", self.rows, 1)
            if self.rows > self.posts:
                raise InvalidValue(
                    f"rows is {self.rows}; there are {self.posts} postsynaptic units"
                )
            if self.inhibition and self.rows < self.posts:
                raise InvalidValue("inhibition needs the fields of all units; leave out rows")

    def _check_ages(self) -> None:
        if self.ages is None:
            return
        if self.probes is not None:
            raise InvalidValue("give probes (the first patterns) or ages, not both")
        for age in self.ages:
            at_least("an age", age, 0)
        if not self.ages or len(set(self.ages)) < len(self.ages):
            raise InvalidValue(f"ages is {self.ages}; give different ages, at least one")
        if max(self.ages) >= self.patterns:
            raise InvalidValue(
                f"age {max(self.ages)} does not exist: the first of K = {self.patterns} patterns "
                f"has age {self.patterns - 1}"
            )

    @property
    def auto(self) -> bool:
        """Whether content and address are the same pattern (and W has no diagonal)."""
        return self.address is None

    @property
    def posts(self) -> int:
        """Number of postsynaptic units."""
        return self.units if self.outputs is None else self.outputs

    @property
    def width(self) -> int:
        """Number of postsynaptic units that are simulated."""
        return self.default_rows if self.rows is None else self.rows

    @property
    def cues(self) -> int:
        """Number of patterns that are recalled in one network."""
        if self.ages is not None:
            return len(self.ages)
        return self.patterns if self.probes is None else self.probes

    @property
    def recalled(self) -> Any:
        """Index of the recalled patterns: a slice, or an array in the order of the ages."""
        if self.ages is None:
            return slice(0, self.cues)
        return self.patterns - 1 - np.array(self.ages)

    @property
    def source(self) -> Law:
        """Law of the presynaptic values."""
        return self.law if self.address is None else self.address

    @cached_property
    def values(self) -> tuple[float, ...]:
        """The values that a postsynaptic unit stores; empty when they are real."""
        return tuple(float(v) for v, _ in self.law.alphabet)

    @cached_property
    def sources(self) -> tuple[float, ...]:
        """The values that a presynaptic unit stores; empty when they are real."""
        return tuple(float(v) for v, _ in self.source.alphabet)

    @cached_property
    def shift(self) -> Fraction:
        """What centring subtracts from a cue."""
        return fraction(self.cue.shift(self.source))


def fraction(value: Number) -> Fraction:
    """``value`` as a fraction; a float becomes the simplest fraction that rounds to it.

    Examples
    --------
    >>> fraction(1 / 3), fraction(-2), fraction(0.1)
    (Fraction(1, 3), Fraction(-2, 1), Fraction(1, 10))
    """
    if isinstance(value, numbers.Rational):
        return Fraction(int(value.numerator), int(value.denominator))
    number = float(value)
    if not math.isfinite(number):
        raise InvalidValue(f"{number} is not a finite number")
    near = Fraction(number).limit_denominator(LARGEST_DENOMINATOR)
    return near if float(near) == number else Fraction(number)


def at_least(symbol: str, value: object, bound: int) -> None:
    """Refuse a size that is not an integer of at least ``bound``.

    Examples
    --------
    >>> at_least("K", 0, 1)
    Traceback (most recent call last):
    ...
    hebbsym.errors.InvalidValue: K is 0; it is an integer of at least 1
    """
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < bound:
        raise InvalidValue(f"{symbol} is {value}; it is an integer of at least {bound}")
