r"""A network as numbers: sizes, an additive update, samplers, a threshold.

Main names
----------
Network
    What one simulated network is: everything but the seed.
Law, CueLaw
    What a sampler of patterns and of cues must offer.
Kernel
    The update on the values that occur, with exact integer coefficients over one scale.

Conventions
-----------
``units`` is D, the number of presynaptic units; ``patterns`` is K; ``outputs`` is M, the number
of postsynaptic units of a hetero-associative memory. ``update[p, q]`` multiplies
``x_i**p * x_j**q``. On a two-valued alphabet the entries are recoded as z = -1 (lower) and
z = +1 (higher), on which four coefficients are enough and overlaps are small integers; on an
alphabet of r integers the powers below r are enough. A float coefficient is read as the fraction of
denominator at most 10**6 that rounds to it, where there is one, so that integer arithmetic stays
exact and ties are seen.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hebbsym.errors import InvalidValue

Number: TypeAlias = Any
"""A real number: int, float, Fraction, or anything that converts to one of them exactly."""

LARGEST_DENOMINATOR = 10**6


class Law(Protocol):
    """A sampler of independent pattern entries."""

    @property
    def alphabet(self) -> Sequence[tuple[Number, Number]]:
        """Pairs (value, probability) in ascending order; empty for a continuous law."""

    def sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[Any]:
        """Independent entries of the given shape."""


class CueLaw(Protocol):
    """A sampler of cues given the stored patterns."""

    def sample(self, rng: np.random.Generator, patterns: NDArray[Any], law: Any) -> NDArray[Any]:
        """Cues for patterns of any shape, before centring."""

    def shift(self, law: Any) -> Number:
        """What centring subtracts from every entry of a cue."""


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


@dataclass(frozen=True)
class Kernel:
    """An update on the values that occur: sum of n[p, q] z_i**p z_j**q, over ``scale``.

    Parameters
    ----------
    terms : mapping of (p, q) to int or float
        Integers when ``exact``, floats otherwise; zeros are left out.
    scale : int
        Common denominator.
    exact : bool
        Whether patterns are small integers, so that fields are integers over ``scale``.
    """

    terms: Mapping[tuple[int, int], int | float]
    scale: int
    exact: bool

    @property
    def posts(self) -> tuple[int, ...]:
        """Powers p >= 1 of the postsynaptic value that meet a power q >= 1."""
        return tuple(sorted({p for p, q in self.terms if p and q}))

    @cached_property
    def diagonal(self) -> dict[int, int | float]:
        """Coefficients of z**m in the update at z_i = z_j = z."""
        collected: dict[int, int | float] = {}
        for (p, q), c in self.terms.items():
            collected[p + q] = collected.get(p + q, 0) + c
        return {m: c for m, c in collected.items() if c}


def kernel(
    update: Mapping[tuple[int, int], Number],
    post: Sequence[Number],
    pre: Sequence[Number],
) -> Kernel:
    """The update in the features of the two alphabets.

    Parameters
    ----------
    update : mapping of (p, q) to number
        Coefficient of ``x_i**p * x_j**q``.
    post, pre : sequence of numbers
        The alphabets in ascending order; empty for real values.

    Examples
    --------
    >>> kernel({(1, 1): 1, (0, 1): -0.5}, (0, 1), (0, 1)).terms  # x_i x_j - x_j/2 is z_i (1 + z_j)/4
    {(1, 0): 1, (1, 1): 1}
    """
    given = {pq: fraction(c) for pq, c in update.items() if c != 0}
    exact = all(
        len(values) == 2 or (len(values) > 2 and all(fraction(v).denominator == 1 for v in values))
        for values in (post, pre)
    )
    for axis, values in enumerate((post, pre)):
        given = _reduced(given, axis, [fraction(v) for v in values])
    scale = math.lcm(*(c.denominator for c in given.values())) if given else 1
    if exact and scale <= LARGEST_DENOMINATOR:
        return Kernel({pq: int(c * scale) for pq, c in sorted(given.items())}, scale, True)
    return Kernel({pq: float(c) for pq, c in sorted(given.items())}, 1, False)


def _reduced(
    terms: Mapping[tuple[int, int], Fraction], axis: int, values: Sequence[Fraction]
) -> dict[tuple[int, int], Fraction]:
    """Rewrite the powers of one argument in the features of its alphabet."""
    features = {power: _power(power, values) for power in {pq[axis] for pq in terms}}
    result: dict[tuple[int, int], Fraction] = {}
    for (p, q), c in terms.items():
        for n, f in features[(p, q)[axis]].items():
            key = (n, q) if axis == 0 else (p, n)
            result[key] = result.get(key, Fraction(0)) + c * f
    return {pq: c for pq, c in result.items() if c}


def _power(power: int, values: Sequence[Fraction]) -> dict[int, Fraction]:
    """x**power as a polynomial in z (two values), in powers below r (r values), or itself."""
    if len(values) == 2:
        low, high = values[0] ** power, values[1] ** power
        return {0: (high + low) / 2, 1: (high - low) / 2}
    if power < len(values) or not values:
        return {power: Fraction(1)}
    # the interpolating polynomial by Newton's divided differences, expanded in powers of x
    table = [v**power for v in values]
    coefficients: list[Fraction] = [Fraction(0)] * len(values)
    basis = [Fraction(1)]
    for step in range(len(values)):
        for n, b in enumerate(basis):
            coefficients[n] += table[0] * b
        table = [
            (table[k + 1] - table[k]) / (values[k + 1 + step] - values[k])
            for k in range(len(table) - 1)
        ]
        shifted = [Fraction(0), *basis]
        basis = [s - values[step] * b for s, b in zip(shifted, [*basis, Fraction(0)], strict=True)]
    return {n: c for n, c in enumerate(coefficients) if c}


@dataclass(frozen=True)
class Network:
    """One associative memory under an additive rule, without its seed.

    Parameters
    ----------
    units : int
        D, at least 2.
    patterns : int
        K, at least 1.
    update : mapping of (p, q) to number
        Coefficients of ``x_i**p * x_j**q``; int, Fraction or float.
    law : Law
        Sampler of the patterns, or of the contents of a hetero-associative memory.
    cue : CueLaw
        Sampler of the cues.
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

    Examples
    --------
    >>> from hebbsym.families.cues import Exact
    >>> from hebbsym.families.ensembles import Bipolar
    >>> Network(100, 10, {(1, 1): 1}, Bipolar(), Exact()).kernel.terms
    {(1, 1): 1}
    """

    units: int
    patterns: int
    update: Mapping[tuple[int, int], Number]
    law: Law
    cue: CueLaw
    address: Law | None = None
    outputs: int | None = None
    threshold: Number = 0
    inhibition: bool = False
    probes: int | None = None

    def __post_init__(self) -> None:
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
        if any(p < 0 or q < 0 for p, q in self.update):
            raise InvalidValue("the powers of an update are not negative")

    @property
    def auto(self) -> bool:
        """Whether content and address are the same pattern (and W has no diagonal)."""
        return self.address is None

    @property
    def posts(self) -> int:
        """Number of postsynaptic units."""
        return self.units if self.outputs is None else self.outputs

    @property
    def cues(self) -> int:
        """Number of patterns that are recalled in one network."""
        return self.patterns if self.probes is None else self.probes

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
    def kernel(self) -> Kernel:
        """The update in features."""
        return kernel(
            self.update,
            [v for v, _ in self.law.alphabet],
            [v for v, _ in self.source.alphabet],
        )

    @cached_property
    def shift(self) -> Fraction:
        """What centring subtracts from a cue."""
        return fraction(self.cue.shift(self.source))


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
