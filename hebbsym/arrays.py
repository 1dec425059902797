r"""The value of an expression in patterns and states, on whole arrays of them.

Main names
----------
on_arrays
    Indexed names become arrays, an index an axis, and a sum over an index a sum over its axis.

Conventions
-----------
A sum runs over its whole axis: from 1 to the length, which its upper limit must be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, TypeAlias

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from hebbsym.errors import InvalidValue, NotDerivable
from hebbsym.messages import short

Array: TypeAlias = NDArray[Any]


def on_arrays(
    expr: sp.Expr,
    numbers: Mapping[sp.Symbol, sp.Expr],
    arrays: Mapping[sp.IndexedBase, Array],
    axes: Sequence[sp.Symbol],
) -> Array:
    """An expression with indices as an array with one axis for each of ``axes``, of length 1 if summed.

    Parameters
    ----------
    expr : sympy.Expr
        Sums, products and powers of numbers, symbols and indexed names.
    numbers : mapping of symbol to number
        The symbols that are no index.
    arrays : mapping of sympy.IndexedBase to array
        An axis for each index; the entry with index 1 comes first.
    axes : sequence of symbol
        Every index that occurs, in the order of the result's axes.

    Raises
    ------
    NotDerivable
        For another kind of expression.
    InvalidValue
        When a symbol has no value, or a sum does not run over its whole axis.

    Examples
    --------
    >>> from hebbsym.notation import K, i, j, mu, xi
    >>> x = np.array([[1, -1, 1], [1, 1, 1]])
    >>> w = sp.Sum(xi[mu, i] * xi[mu, j], (mu, 1, K))
    >>> on_arrays(w, {K: sp.Integer(2)}, {xi: x}, (mu, i, j))[0].tolist()
    [[2.0, 0.0, 2.0], [0.0, 2.0, 0.0], [2.0, 0.0, 2.0]]
    """
    return _value(expr, _Context(numbers, arrays, tuple(axes)))


@dataclass(frozen=True)
class _Context:
    """What names stand for, and the axis of each index."""

    numbers: Mapping[sp.Symbol, sp.Expr]
    arrays: Mapping[sp.IndexedBase, Array]
    axes: tuple[sp.Symbol, ...]

    def number(self, expr: sp.Expr) -> float:
        found = expr.xreplace(dict(self.numbers))
        if found.free_symbols:
            names = ", ".join(sorted(map(str, found.free_symbols)))
            raise InvalidValue(f"{names} has no value")
        return float(found)


def _value(expr: sp.Expr, at: _Context) -> Array:
    if not expr.has(sp.Indexed, sp.Sum):
        return np.full((1,) * len(at.axes), at.number(expr))
    for kind, build in _KINDS.items():
        if isinstance(expr, kind):
            return build(expr, at)
    raise NotDerivable(f"{type(expr).__name__} in {short(expr)} has no value on arrays")


def _combined(combine: Callable[[Array, Array], Array]) -> Callable[[sp.Expr, _Context], Array]:
    return lambda expr, at: reduce(combine, (_value(part, at) for part in expr.args))


def _power(expr: sp.Expr, at: _Context) -> Array:
    base, exponent = expr.args
    return np.asarray(_value(base, at) ** at.number(exponent))


def _indexed(expr: sp.Indexed, at: _Context) -> Array:
    array = np.asarray(at.arrays[expr.base], dtype=np.float64)
    places = [at.axes.index(index) for index in expr.indices]
    shape = [1] * len(at.axes)
    for place, length in zip(places, array.shape, strict=True):
        shape[place] = length
    return array.transpose(np.argsort(places)).reshape(shape)


def _sum(expr: sp.Sum, at: _Context) -> Array:
    total = _value(expr.function, at)
    for index, first, last in expr.limits:
        place, length = at.axes.index(index), int(at.number(last))
        if first != 1 or total.shape[place] not in (1, length):
            raise InvalidValue(
                f"{short(expr)} does not run over all of its {total.shape[place]} terms"
            )
        repeated = length if total.shape[place] == 1 else 1
        total = repeated * total.sum(axis=place, keepdims=True)
    return np.asarray(total)


_KINDS: dict[type, Callable[[Any, _Context], Array]] = {
    sp.Add: _combined(np.add),
    sp.Mul: _combined(np.multiply),
    sp.Pow: _power,
    sp.Indexed: _indexed,
    sp.Sum: _sum,
}
