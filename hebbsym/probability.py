r"""The exact law of a field in numbers: an average over histories of tails of sums.

Main names
----------
field_tails
    P(h < theta), P(h = theta), P(h > theta) of a :class:`hebbsym.fieldlaw.Field`.
values_of
    The same as numbers of mpmath, right to 12 digits, or an error.

Conventions
-----------
Histories are taken in the order of their probability. What is left of them is dropped when it is
below 1e-16 of every result; it is part of the bound on the error. Probabilities below 1e-4900
are zero.
"""

from __future__ import annotations

import itertools
from typing import Any, TypeAlias

import mpmath
import numpy as np
from numpy.typing import NDArray

from hebbsym.convolution import ACCURACY, MOST_POINTS, Real, Tails, sum_tails
from hebbsym.errors import SizeLimit
from hebbsym.fieldlaw import Field, Pairs, Term
from hebbsym.lattice import common_span

Array: TypeAlias = NDArray[Any]

MOST_ENTRIES = 2**25
"""Bound on the probabilities that are held for the other patterns."""

_U = float(np.finfo(np.longdouble).eps) / 2
_DROPPED = 1e-16


def real(number: Any) -> Real:
    """A number with all the digits of ``numpy.longdouble``.

    Examples
    --------
    >>> bool(abs(real(mpmath.mpf(1) / 3) * 3 - 1) < 1e-15)
    True
    """
    return np.longdouble(mpmath.nstr(number, 25))


def field_tails(field: Field) -> Tails:
    """Where the field lies relative to theta; ``below`` and ``above`` do not contain the tie.

    Parameters
    ----------
    field : Field
        Its weights are numbers of mpmath.

    Raises
    ------
    SizeLimit
        When the lattice or the number of patterns is past its bound, and when the arithmetic of
        the machine is too short for a relative error of 1e-12.

    Examples
    --------
    >>> from fractions import Fraction
    >>> one, half = Fraction(1), mpmath.mpf(1) / 2
    >>> coin = ((-one, half), (one, half))
    >>> tails = field_tails(Field(0 * one, True, 2, 1, half, ((one, one, mpmath.mpf(1)),), coin, coin))
    >>> float(tails.below), float(tails.at), float(tails.above)
    (0.0, 0.25, 0.75)
    """
    build = _Terms(field)  # refuses what is too large
    chances = _histories(field)
    total = [np.longdouble(0)] * 3
    errors, left = [0.0, 0.0], 1.0
    for r, chance in chances:
        term, law = build.law(r)
        point, tied = field.point(term)
        found = sum_tails(law, field.n, point, relative=build.relative)
        if tied:
            parts = (found.below, found.at, found.above)
        else:  # theta lies between two points
            parts = (found.below + found.at, np.longdouble(0), found.above)
        total = [t + chance * p for t, p in zip(total, parts, strict=True)]
        errors[0] = max(errors[0], found.error + (0.0 if tied else found.error_at))
        errors[1] = max(errors[1], found.error_at if tied else 0.0)
        _require_accurate(max(errors))  # before the other histories are gone through
        left -= float(chance)
        if left < _DROPPED * float(min(total[0] + total[1], total[2] + total[1])):
            break
    more = build.relative + 4 * _U * len(chances) + _DROPPED
    _require_accurate(max(errors) + more)
    return Tails(total[0], total[1], total[2], errors[0] + more, errors[1] + more)


def _require_accurate(error: float) -> None:
    if error > ACCURACY:
        raise SizeLimit(
            f"the relative error is bounded by {error:.1e} only, past the bound of {ACCURACY:.0e}; "
            "smaller sizes, or a machine with longer floating-point numbers"
        )


def _histories(field: Field) -> list[tuple[int, Real]]:
    """Each r with its probability, the likeliest first; one of them where it does not matter."""
    if not field.histories:
        return [(0, np.longdouble(1))]
    p = real(field.p)
    row = _powers(np.array([1 - p, p]), field.k)
    order = sorted(range(field.k + 1), key=lambda r: -row[field.k][r])
    return [(r, row[field.k][r]) for r in order if row[field.k][r] > 0]


class _Terms:
    """The laws of one term, by r; sums of the other patterns are made once for all r."""

    def __init__(self, field: Field) -> None:
        self.field = field
        counts = range(field.k + 1) if field.histories else (0, field.k)
        size = sum(
            (1 + (field.k * (_length(law) - 1)) // 2) * len(counts)
            for law in (field.low, field.high)
        )
        if size > MOST_ENTRIES:
            raise SizeLimit(
                f"{field.k + 1} patterns give {size} probabilities, past the bound of {MOST_ENTRIES}; "
                "fewer patterns, or coefficients of a smaller common denominator"
            )
        self.high, self.low = (
            _powers(_on_lattice(law), field.k) for law in (field.high, field.low)
        )
        self.relative = 3 * (field.k + 2) * _U * max(len(field.low), len(field.high), 2)

    def law(self, r: int) -> tuple[Term, Array]:
        """One term's lattice, and its weights there."""
        term = self.field.term(r)
        if term.length > MOST_POINTS:
            raise SizeLimit(
                f"a term takes {term.length} values, past the bound of {MOST_POINTS}; "
                "give coefficients of a smaller common denominator"
            )
        others = _joined(self.high[r], self.low[self.field.k - r], term.strides)
        law = np.zeros(term.length, dtype=np.longdouble)
        for start, jump, weight in term.places:
            if jump:
                law[start + jump * np.arange(len(others))] += real(weight) * others
            else:
                law[start] += real(weight) * others.sum()
        return term, law


def _length(law: Pairs) -> int:
    places = _places(law)
    return max(places) + 1


def _places(law: Pairs) -> list[int]:
    """The values on their own lattice, from 0."""
    least = min(v for v, _ in law)
    span = common_span([v - law[0][0] for v, _ in law])
    return [int((v - least) / span) if span else 0 for v, _ in law]


def _on_lattice(law: Pairs) -> Array:
    weights = np.zeros(_length(law), dtype=np.longdouble)
    for place, (_, w) in zip(_places(law), law, strict=True):
        weights[place] += real(w)
    return weights


def _powers(law: Array, k: int) -> list[Array]:
    """The laws of 0 .. k terms, one term more at a time: sums of positive products."""
    if len(law) == 1:
        return [np.ones(1, dtype=np.longdouble)] * (k + 1)
    rows = [np.ones(1, dtype=np.longdouble)]
    for _ in range(k):
        last = rows[-1]
        longer = np.zeros(len(last) + len(law) - 1, dtype=np.longdouble)
        for place, weight in enumerate(law):
            if weight:
                longer[place : place + len(last)] += weight * last
        rows.append(longer)
    return rows


def _joined(high: Array, low: Array, strides: tuple[int, int]) -> Array:
    """The law of the sum of two independent ones with the given steps on a common lattice."""
    (short, few), (long, many) = sorted(
        ((high, strides[0]), (low, strides[1])), key=lambda s: len(s[0])
    )
    law = np.zeros((len(short) - 1) * few + (len(long) - 1) * many + 1, dtype=np.longdouble)
    end = (len(long) - 1) * many + 1
    for place, weight in zip(itertools.count(0, few), short, strict=False):
        law[place : place + end : many or 1] += weight * long
    return law


# ---- values of expressions -----------------------------------------------------------------


def values_of(field: Field) -> tuple[Any, Any, Any]:
    """The three probabilities as numbers of mpmath, right to :data:`ACCURACY`.

    That of the tie has this accuracy together with the rarer of its sides, as errors are counted.

    Raises
    ------
    SizeLimit
        When a relative error below 1e-12 cannot be had.

    Examples
    --------
    >>> from fractions import Fraction
    >>> one, half = Fraction(1), mpmath.mpf(1) / 2
    >>> coin = ((-one, half), (one, half))
    >>> field = Field(0 * one, True, 2, 1, half, ((one, one, mpmath.mpf(1)),), coin, coin)
    >>> [float(p) for p in values_of(field)]
    [0.0, 0.25, 0.75]
    """
    found = field_tails(field)
    parts = (found.below, found.at, found.above)
    below, at, above = (mpmath.mpf(np.format_float_scientific(p, precision=25)) for p in parts)
    return below, at, above
