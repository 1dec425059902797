r"""The law of a sum of n independent terms of one finite law, exactly.

Main names
----------
lattice_law
    A law over whole numbers of one step, from the least value upwards.
sum_tails
    P(sum < point) and P(sum = point) of rational laws.
power
    The law of the sum for weights in any ring.

Conventions
-----------
A law on a lattice is a polynomial whose coefficients are whole numbers over one denominator; its power
is that of one large whole number whose digits are the coefficients. Where these digits would grow past
:data:`MOST_BITS`, each product is rounded down to :data:`KEPT_BITS` bits: all terms are positive, so the
probabilities are below the true ones by less than n times the number of values times 2**-KEPT_BITS.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, NamedTuple

Element = Any

KEPT_BITS = 512
MOST_BITS = 2**16
"""Bits of a power that is worked out without rounding."""


class Lattice(NamedTuple):
    """weights[k] / denominator is the probability of origin + k * span."""

    origin: Fraction
    span: Fraction
    weights: tuple[int, ...]
    denominator: int


def lattice_law(law: Mapping[Fraction, Fraction]) -> Lattice:
    """A finite rational law on its lattice.

    Examples
    --------
    >>> lattice_law({Fraction(-1): Fraction(1, 4), Fraction(3): Fraction(3, 4)})
    Lattice(origin=Fraction(-1, 1), span=Fraction(4, 1), weights=(1, 3), denominator=4)
    """
    origin = min(law)
    steps = [value - origin for value in law]
    below = math.lcm(*(step.denominator for step in steps))
    common = math.gcd(*(int(step * below) for step in steps)) or 1
    denominator = math.lcm(*(p.denominator for p in law.values()))
    weights = [0] * (max(int(step * below) for step in steps) // common + 1)
    for value, p in law.items():
        weights[int((value - origin) * below) // common] = int(p * denominator)
    return Lattice(origin, Fraction(common, below), tuple(weights), denominator)


def sum_tails(
    law: Mapping[Fraction, Fraction], n: int, point: Fraction
) -> tuple[Fraction, Fraction]:
    """P(sum < point) and P(sum = point) of n terms.

    Examples
    --------
    >>> coin = {Fraction(-1): Fraction(1, 2), Fraction(1): Fraction(1, 2)}
    >>> sum_tails(coin, 4, Fraction(0))
    (Fraction(5, 16), Fraction(3, 8))
    """
    origin, span, weights, denominator = lattice_law(law)
    place = (point - n * origin) / span
    count = n * (len(weights) - 1) + 1
    if place > count - 1:
        return Fraction(1), Fraction(0)
    if place < 0:
        return Fraction(0), Fraction(0)
    bits = n * denominator.bit_length()
    if bits * count <= MOST_BITS:
        made, total = _exact(weights, n, bits), denominator**n
    else:
        made, total = _rounded(weights, denominator, n), 1 << KEPT_BITS
    # what rounding took away is given back in proportion: the probabilities add up to 1
    total = sum(made) if sum(made) else total
    below = sum(made[: math.ceil(place)])
    tied = made[int(place)] if place.denominator == 1 else 0
    return Fraction(below, total), Fraction(tied, total)


def _exact(weights: tuple[int, ...], n: int, bits: int) -> list[int]:
    """The coefficients of a power, read off one large whole number."""
    return _digits(_number(weights, bits) ** n, bits, n * (len(weights) - 1) + 1)


def _rounded(weights: tuple[int, ...], denominator: int, n: int) -> list[int]:
    """The same by repeated squaring, every product rounded down to KEPT_BITS bits."""
    base = [(w << KEPT_BITS) // denominator for w in weights]
    result = [1 << KEPT_BITS]
    for digit in bin(n)[2:]:
        result = _product(result, result)
        if digit == "1":
            result = _product(result, base)
    return result


def _product(first: list[int], second: list[int]) -> list[int]:
    count = len(first) + len(second) - 1
    bits = 2 * KEPT_BITS + count.bit_length() + 2
    whole = _number(first, bits) * _number(second, bits)
    return [digit >> KEPT_BITS for digit in _digits(whole, bits, count)]


def _number(coefficients: tuple[int, ...] | list[int], bits: int) -> int:
    """Digits to base 2**bits; whole bytes make this a join."""
    size = -(-bits // 8)
    return int.from_bytes(b"".join(c.to_bytes(size, "little") for c in coefficients), "little")


def _digits(number: int, bits: int, count: int) -> list[int]:
    size = -(-bits // 8)
    raw = number.to_bytes(size * count + 1, "little")
    return [int.from_bytes(raw[k * size : (k + 1) * size], "little") for k in range(count)]


def power(law: Mapping[Any, Element], n: int, one: Element) -> dict[Any, Element]:
    """The law of the sum of n terms, term by term, for weights in any ring.

    Examples
    --------
    >>> power({0: 1, 1: 2}, 2, 1)
    {0: 1, 1: 4, 2: 4}
    """
    total: dict[Any, Element] = {0: one}
    for _ in range(n):
        made: dict[Any, Element] = {}
        for (z, p), (y, q) in itertools.product(total.items(), law.items()):
            made[z + y] = made[z + y] + p * q if z + y in made else p * q
        total = made
    return total
