r"""Averages over the history of a unit, as expressions: what a conditional error by age is.

Given the values u that a two-valued unit holds in all patterns, its weights are independent and have one
law, so that a field is a sum of n i.i.d. terms s w. A pattern of value u turns w into a w + B, and the
moments of a term, given the history, obey

.. math:: E[s^k w^l]' = \sum_m \binom{l}{m} E[a^m B^{l-m} \mid u] \, E[s^k w^m],
          \qquad E[s^k w^0] = E[s^k]

one pattern after the other; the recalled pattern, whose values the cue knows, has E[s^k a^m B^(l-m) | x]
in the place of the product. In contrast to an additive rule the order of the values matters: the average
is over 2^(K-1) histories, and stands in a formula as a function of the tables of these moments.

Main names
----------
HistoryFunction
    The contract; its arguments are the numbers that the recurrence needs.
HistoryError, HistorySeries
    The average of a Gaussian tail, and of Edgeworth's series.
HistoryTerms, HistoryLast
    The average of the sizes of the first terms of that series, and of those of the order 1/n.
terms_given_history
    The moments of one term for every history, exactly: the readable twin of :mod:`hebbsym.clusters`.

Conventions
-----------
``given`` has a table for the lower and one for the higher value, ``shown`` one for the recalled pattern.
Their entries are multiplied by the binomial already. Rows are those of :func:`columns`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar, NamedTuple, final

import sympy as sp
from sympy.polys.rings import sring

from hebbsym.exactfunctions import ExactFunction


def columns(order: int) -> list[tuple[int, int]]:
    """The moments (k, l), E[s**k w**l], that are followed: 1 <= l <= k <= order.

    Examples
    --------
    >>> columns(2)
    [(1, 1), (2, 1), (2, 2)]
    """
    return [(k, power) for k in range(1, order + 1) for power in range(1, k + 1)]


class HistoryFunction(ExactFunction):
    """An average over the history of a two-valued unit.

    Arguments: ``theta`` and ``side`` (+1 where the higher value is stored, -1 where the lower one is);
    ``inputs``, the number n of terms; ``later`` and ``earlier``, the numbers of patterns after and before
    the recalled one; ``chance``, the probability of the higher value; ``given``, a table for each value,
    with rows l = 1 .. order and entries m = 0 .. l; ``shown``, a table with a row for each of
    :func:`columns`; ``cue``, the moments E[s**k], k = 1 .. order.

    Its number has the digits to which the average settles: 6 as a rule, and 4 at least.
    """

    digits = 6
    rounded = (0,)  # an exact threshold after many patterns is a root of huge fractions
    part: ClassVar[str]
    """What is averaged, by its name in :data:`hebbsym.noise.PARTS`."""
    order: ClassVar[int]
    """The highest moment of a term that it needs."""

    def _latex(self, printer: Any) -> str:
        return (
            rf"\operatorname{{E}}_{{u}}\left[{self.symbol}\left(u; \theta = "
            rf"{printer._print(self.args[0])}\right)\right]"
        )


@final
class HistoryError(HistoryFunction):
    """The average of Q(t): the error of a field that is Gaussian given the history.

    Examples
    --------
    A rule without memory, w' = u v + u on fair signs, whose field of one term is 0 or 2 u: the error is
    that of a Gaussian of mean 1 and variance 1.

    >>> from hebbsym.numeric import evaluate
    >>> one, none = sp.S.One, sp.S.Zero
    >>> sides = [sp.Tuple(sp.Tuple(u, none), sp.Tuple(2 * one, none, none)) for u in (-one, one)]
    >>> shown = sp.Tuple(sp.Tuple(one, none), sp.Tuple(one, none), sp.Tuple(2 * one, none, none))
    >>> law = (none, one, one, none, none, one / 2, sp.Tuple(*sides), shown, sp.Tuple(none, one))
    >>> round(float(evaluate(HistoryError(*law))), 6)
    0.158655
    """

    is_nonnegative = True
    symbol = "Q"
    part = "error"
    order = 2


@final
class HistorySeries(HistoryFunction):
    """The average of Edgeworth's series to the order 1/n, without corrections for a lattice."""

    symbol = "P_n"
    part = "series"
    order = 4


@final
class HistoryTerms(HistoryFunction):
    """The average of the sizes of the first terms that a Gaussian given the history drops."""

    is_nonnegative = True
    digits = 2
    symbol = r"\Delta"
    part = "terms"
    order = 4


@final
class HistoryLast(HistoryFunction):
    """The average of the sizes of the terms of the order 1/n, the last ones of the series."""

    is_nonnegative = True
    digits = 2
    symbol = r"\Delta_2"
    part = "last"
    order = 4


class GivenHistory(NamedTuple):
    """One history: its probability, the moments (k, l) of a term, and the values by time."""

    probability: sp.Expr
    moments: dict[tuple[int, int], sp.Expr]
    values: tuple[int, ...]


def terms_given_history(function: HistoryFunction) -> Iterator[GivenHistory]:
    """Every history with the exact moments of a term, in expressions that may hold symbols.

    ``values`` are 0 and 1 for the lower and the higher value, without the recalled pattern.

    Examples
    --------
    >>> none, q = sp.S.Zero, sp.Symbol("q")
    >>> rows = [sp.Tuple(sp.Tuple(u, q), sp.Tuple(1, 2 * q * u, q**2)) for u in (-1, 1)]
    >>> shown = sp.Tuple(sp.Tuple(1, q), sp.Tuple(1, q), sp.Tuple(1, 2 * q, q**2))
    >>> law = HistoryError(none, 1, 5, 1, 0, sp.S.Half, sp.Tuple(*rows), shown, sp.Tuple(1, 1))
    >>> [sp.expand(one.moments[1, 1]) for one in terms_given_history(law)]
    [q - 1, q + 1]
    """
    _, _, _, later, earlier, chance, *tables = function.args
    kept = columns(function.order)
    given, shown, cue = _lifted(tables)
    one = cue[0].ring.one
    nothing, known = (one,) * (function.order + 1), (one, *cue)
    for values in itertools.product((0, 1), repeat=int(later) + int(earlier)):
        now = dict.fromkeys(kept, one - one)
        for u in values[: int(earlier)]:
            now = _after(now, {kl: given[u][kl[1] - 1] for kl in kept}, nothing)
        now = _after(now, dict(zip(kept, shown, strict=True)), nothing)
        for u in values[int(earlier) :]:
            now = _after(now, {kl: given[u][kl[1] - 1] for kl in kept}, known)
        probability = sp.Mul(*(chance if u else 1 - chance for u in values))
        yield GivenHistory(probability, {kl: e.as_expr() for kl, e in now.items()}, values)


def _lifted(tables: Sequence[sp.Tuple]) -> list[Any]:
    """Nested tuples of polynomials as nested lists of elements of one ring."""
    ring, _ = sring([sp.Dummy(), *(part for part in _leaves(tables))], expand=True)

    def lift(part: Any) -> Any:
        if isinstance(part, sp.Tuple | list):
            return [lift(one) for one in part]
        return ring.from_expr(sp.expand(part))

    lifted: list[Any] = lift(list(tables))
    return lifted


def _leaves(tables: Iterable[Any]) -> Iterator[sp.Expr]:
    for part in tables:
        if isinstance(part, sp.Tuple):
            yield from _leaves(part)
        else:
            yield part


def _after(
    now: dict[tuple[int, int], Any], rows: dict[tuple[int, int], Any], cue: tuple[Any, ...]
) -> dict[tuple[int, int], Any]:
    """The moments after one more pattern."""
    return {
        (k, power): sum((row[m] * now[k, m] for m in range(1, power + 1)), start=row[0] * cue[k])
        for (k, power), row in rows.items()
    }
