"""Pattern ensembles: entries that are independent over units and patterns, known by their moments.

Main names
----------
Ensemble
    The contract: moments, alphabet with probabilities where finite, the flip of a cue, a sampler.
Bipolar, Binary, Ternary, Gaussian, Moments
    The ensembles.
Pair
    A hetero-associative memory's content (postsynaptic) and address (presynaptic) ensembles.

Conventions
-----------
State values are {-1, +1} (bipolar), {0, 1} (binary), {-1, 0, +1} (ternary), the real line
(gaussian, mean 0 and variance 1). ``moment(k)`` is E[x**k].
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, final

import sympy as sp

from hebbsym import notation
from hebbsym.errors import InvalidValue, NotDerivable
from hebbsym.families.parameters import Parametric
from hebbsym.registry import Registry

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Ensemble(Parametric, ABC):
    """The law of one entry of a pattern; entries are independent and identically distributed."""

    standard_normal: ClassVar[bool] = False
    """Whether entries are normal with mean 0 and variance 1."""

    @abstractmethod
    def moment(self, k: int) -> sp.Expr:
        """E[x**k], exact."""

    @property
    def alphabet(self) -> tuple[tuple[sp.Expr, sp.Expr], ...]:
        """Pairs (value, probability) in ascending order of value; empty for a continuous law."""
        return ()

    @property
    def domain(self) -> tuple[tuple[sp.Expr, int, int, str], ...]:
        """Constraints (expression, lowest, highest, name) that a numeric ensemble must meet."""
        return ()

    def flipped(self, x: sp.Expr) -> sp.Expr:
        """The value that a flip error puts in the place of ``x``: the sign changes."""
        return -x

    @abstractmethod
    def sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[Any]:
        """Independent entries of the given shape; the ensemble must be free of symbols."""

    @property
    def two_valued(self) -> bool:
        """Whether the alphabet has exactly two values."""
        return len(self.alphabet) == 2

    @property
    def mean(self) -> sp.Expr:
        """E[x]."""
        return self.moment(1)

    @property
    def variance(self) -> sp.Expr:
        """Var(x)."""
        return self.moment(2) - self.moment(1) ** 2

    def _require_domain(self) -> None:
        for expression, low, high, meaning in self.domain:
            inside = not expression.is_number or (expression.is_real and low <= expression <= high)
            if not inside:
                raise InvalidValue(
                    f"{meaning} of {self.name} is {expression}, outside [{low}, {high}]"
                )


@final
@dataclass(frozen=True)
class Bipolar(Ensemble):
    """Entries +1 with probability (1 + mean)/2, else -1.

    Examples
    --------
    >>> a = notation.a
    >>> Bipolar(mean=a).moment(3), Bipolar(mean=a).moment(4)
    (a, 1)
    """

    mean: sp.Expr = sp.S.Zero
    name: ClassVar[str] = "bipolar"

    @property
    def domain(self) -> tuple[tuple[sp.Expr, int, int, str], ...]:
        return ((self.mean, -1, 1, "the mean"),)

    def moment(self, k: int) -> sp.Expr:
        return self.mean if k % 2 else sp.S.One

    @property
    def alphabet(self) -> tuple[tuple[sp.Expr, sp.Expr], ...]:
        return ((sp.S.NegativeOne, (1 - self.mean) / 2), (sp.S.One, (1 + self.mean) / 2))

    def sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[Any]:
        self._require_numbers()
        return _two_values(rng, shape, (1 + self.mean) / 2, -1)


@final
@dataclass(frozen=True)
class Binary(Ensemble):
    """Entries 1 with probability ``activity``, else 0. A flip error exchanges 0 and 1.

    Examples
    --------
    >>> Binary(activity=sp.Rational(1, 10)).moment(7)
    1/10
    """

    activity: sp.Expr = sp.S.Half
    name: ClassVar[str] = "binary"

    @property
    def domain(self) -> tuple[tuple[sp.Expr, int, int, str], ...]:
        return ((self.activity, 0, 1, "the activity"),)

    def moment(self, k: int) -> sp.Expr:
        return self.activity if k else sp.S.One

    @property
    def alphabet(self) -> tuple[tuple[sp.Expr, sp.Expr], ...]:
        return ((sp.S.Zero, 1 - self.activity), (sp.S.One, self.activity))

    def flipped(self, x: sp.Expr) -> sp.Expr:
        return 1 - x

    def sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[Any]:
        self._require_numbers()
        return _two_values(rng, shape, self.activity, 0)


@final
@dataclass(frozen=True)
class Ternary(Ensemble):
    """Entries +1 and -1 with probability ``activity``/2 each, else 0.

    Examples
    --------
    >>> Ternary(activity=notation.f).moment(2), Ternary(activity=notation.f).moment(3)
    (f, 0)
    """

    activity: sp.Expr = sp.S.Half
    name: ClassVar[str] = "ternary"

    @property
    def domain(self) -> tuple[tuple[sp.Expr, int, int, str], ...]:
        return ((self.activity, 0, 1, "the activity"),)

    def moment(self, k: int) -> sp.Expr:
        if k == 0:
            return sp.S.One
        return sp.S.Zero if k % 2 else self.activity

    @property
    def alphabet(self) -> tuple[tuple[sp.Expr, sp.Expr], ...]:
        half = self.activity / 2
        return ((sp.S.NegativeOne, half), (sp.S.Zero, 1 - self.activity), (sp.S.One, half))

    def sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[Any]:
        self._require_numbers()
        return _signed(rng, shape, self.activity / 2)


@final
@dataclass(frozen=True)
class Gaussian(Ensemble):
    """Standard normal entries.

    Examples
    --------
    >>> [Gaussian().moment(k) for k in range(7)]
    [1, 0, 1, 0, 3, 0, 15]
    """

    name: ClassVar[str] = "gaussian"
    standard_normal: ClassVar[bool] = True

    def moment(self, k: int) -> sp.Expr:
        return sp.S.Zero if k % 2 else sp.factorial2(k - 1)

    def sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[Any]:
        return rng.standard_normal(shape)


@final
@dataclass(frozen=True)
class Moments(Ensemble):
    """Any ensemble, through its symbolic moments m_1, m_2, ...; it cannot be sampled.

    Examples
    --------
    >>> Moments().moment(3)
    m_3
    """

    name: ClassVar[str] = "moments"

    def moment(self, k: int) -> sp.Expr:
        return notation.moment(k) if k else sp.S.One

    def sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[Any]:
        raise NotDerivable(
            "the ensemble 'moments' stands for any law and cannot be sampled; name one to simulate"
        )


@final
@dataclass(frozen=True)
class Pair:
    """Content and address of a hetero-associative memory; W is M x D and has no excluded diagonal.

    Examples
    --------
    >>> Pair(content=Bipolar(), address=Binary()).text
    'pair(content=bipolar(mean=0), address=binary(activity=1/2))'
    """

    content: Ensemble
    address: Ensemble

    def __post_init__(self) -> None:
        for side in (self.content, self.address):
            if not isinstance(side, Ensemble):
                raise InvalidValue(f"a pair is made of two ensembles, and {side!r} is none")

    @property
    def text(self) -> str:
        """The spec that gives this pair again."""
        return f"pair(content={self.content.text}, address={self.address.text})"

    @property
    def free_symbols(self) -> frozenset[sp.Basic]:
        """Symbols that are left open."""
        return self.content.free_symbols | self.address.free_symbols

    def at(self, values: Mapping[sp.Symbol, sp.Expr]) -> Pair:
        """The pair with symbols replaced."""
        return Pair(self.content.at(values), self.address.at(values))


def _two_values(
    rng: np.random.Generator, shape: tuple[int, ...], probability: sp.Expr, low: int
) -> NDArray[Any]:
    """Entries 1 with the given probability, else ``low`` (0 or -1), as int8.

    Fair bits are unpacked from random bytes and are exact; otherwise the probability is right to
    within 2**-32. Fewer rows are the first rows of more: each entry uses its own bits, in order.
    """
    import numpy as np

    count = math.prod(shape)
    if probability == sp.Rational(1, 2):
        raw = np.frombuffer(rng.bytes((count + 7) // 8), dtype=np.uint8)
        bits = np.unpackbits(raw, count=count).view(np.int8)
    else:
        bits = np.empty(count, dtype=np.int8)
        bound = _bound(probability)
        for part, words in _words(rng, count):
            np.less(words, bound, out=bits[part].view(np.bool_))
    if low:
        bits += bits
        bits -= np.int8(1)
    return bits.reshape(shape)


def _signed(rng: np.random.Generator, shape: tuple[int, ...], tail: sp.Rational) -> NDArray[Any]:
    """Entries -1 and +1 with probability ``tail`` each (to within 2**-32), else 0, as int8."""
    import numpy as np

    entries = np.empty(math.prod(shape), dtype=np.int8)
    bound = _bound(tail)
    for part, words in _words(rng, len(entries)):
        np.greater_equal(words, 2**32 - bound, out=entries[part].view(np.bool_))
        entries[part] -= words < bound
    return entries.reshape(shape)


def _words(rng: np.random.Generator, count: int) -> Iterator[tuple[slice, NDArray[Any]]]:
    """Random 32-bit words, one for each entry, with the slice of the entries they are for."""
    import numpy as np

    for start in range(0, count, _WORDS_AT_ONCE):
        part = slice(start, min(count, start + _WORDS_AT_ONCE))
        yield part, np.frombuffer(rng.bytes(4 * (part.stop - start)), dtype="<u4")


def _bound(probability: sp.Expr) -> int:
    """The number of 32-bit words out of 2**32 that stand for a probability, rounded."""
    return int(sp.floor(probability * 2**32 + sp.Rational(1, 2)))


_WORDS_AT_ONCE = 2**20
"""Words drawn at a time, so that a large draw needs little more memory than its result."""


ensembles: Registry[Callable[..., Any]] = Registry("ensemble")
"""The ensembles by the name that a user types."""
for _law in (Bipolar, Binary, Ternary, Gaussian, Moments):
    ensembles.add(_law.name, _law)
ensembles.add("pair", Pair)
