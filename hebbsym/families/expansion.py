"""Taylor coefficients of a local update f(w; x_i, x_j) about (x_i, x_j) = (0, 0).

Main names
----------
taylor
    The coefficients up to an order, keyed by the powers of ``x_i`` and ``x_j``.
powers
    The coefficients of an update that is a polynomial already.

Conventions
-----------
The coefficient of ``x_i**p * x_j**q`` is the derivative of f by x_i (p times) and x_j (q times)
at the origin, over p! q!. It is found by arithmetic on truncated series, which needs only the
derivatives of the elementary functions of one variable; repeated differentiation of f would
grow without bound. Coefficients may depend on ``w`` and on any other symbol.

References
----------
gerstner2002, the expansion of eq. 1 (equation numbers unverified).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import sympy as sp

from hebbsym.errors import InvalidValue, OutsideClass
from hebbsym.notation import x_i, x_j

Series = dict[tuple[int, int], sp.Expr]
_ANALYTIC = (sp.exp, sp.log, sp.sin, sp.cos, sp.tan, sp.sinh, sp.cosh, sp.tanh, sp.erf, sp.atan)
_T = sp.Dummy("t")


def powers(expression: sp.Expr) -> Series | None:
    """The coefficients of a polynomial in ``x_i`` and ``x_j``; None for any other expression.

    Examples
    --------
    >>> from hebbsym.notation import w
    >>> powers(x_i * (x_j - w))
    {(1, 1): 1, (1, 0): -w}
    """
    if not expression.is_polynomial(x_i, x_j):
        return None
    return {pq: c for pq, c in sp.Poly(expression, x_i, x_j).terms() if c != 0}


def taylor(expression: sp.Expr, order: int) -> Series:
    """The Taylor coefficients of f about the origin, up to total power ``order``.

    Raises
    ------
    InvalidValue
        When f has no Taylor expansion there (log(x_i), 1/x_j, sqrt(x_i)).
    OutsideClass
        When f contains a function that is not analytic or not known (Abs, sign, Max).

    Examples
    --------
    >>> taylor(sp.tanh(x_i) * x_j, 4)
    {(3, 1): -1/3, (1, 1): 1}
    """
    return {pq: c for pq, c in _series(expression, order).items() if c != 0}


def _series(e: sp.Expr, order: int) -> Series:
    """The truncated series of a subexpression, from the series of its parts."""
    if not e.has(x_i, x_j):
        return {(0, 0): e}
    if e in (x_i, x_j):
        return {(1, 0) if e == x_i else (0, 1): sp.S.One} if order else {}
    if e.is_Add:
        return _sum(_series(part, order) for part in e.args)
    if e.is_Mul:
        total: Series = {(0, 0): sp.S.One}
        for part in e.args:
            total = _product(total, _series(part, order), order)
        return total
    if isinstance(e, _ANALYTIC):
        inner = _series(e.args[0], order)
        return _compose(_derivatives(e.func(_T), _at_origin(inner), order, e), inner, order)
    if e.is_Pow and not e.exp.has(x_i, x_j):
        inner = _series(e.base, order)
        if e.exp.is_Integer and e.exp > 0:
            return _power(inner, int(e.exp), order)
        if sp.expand(_at_origin(inner)) == 0:
            raise _singular(e)
        return _compose(_derivatives(_T**e.exp, _at_origin(inner), order, e), inner, order)
    if e.is_Pow:
        return _series(sp.exp(e.exp * sp.log(e.base), evaluate=False), order)
    raise OutsideClass(
        f"{e.func.__name__} has no Taylor expansion that is known here, "
        "so a rule that contains it is not an expanded Hebbian rule"
    )


def _at_origin(series: Mapping[tuple[int, int], sp.Expr]) -> sp.Expr:
    return series.get((0, 0), sp.S.Zero)


def _derivatives(function: sp.Expr, point: sp.Expr, order: int, whole: sp.Expr) -> list[sp.Expr]:
    """The Taylor coefficients of a function of one variable about ``point``."""
    found = []
    for k in range(order + 1):
        value = function.subs(_T, point) / sp.factorial(k)
        if value.has(sp.zoo, sp.nan, sp.oo, -sp.oo, sp.I):
            raise _singular(whole)
        found.append(value)
        function = sp.expand(sp.diff(function, _T))
    return found


def _singular(e: sp.Expr) -> InvalidValue:
    return InvalidValue(
        f"{str(e)[:60]} is singular or not real at x_i = x_j = 0, so it has no Taylor expansion there"
    )


def _compose(coefficients: list[sp.Expr], inner: Series, order: int) -> Series:
    """Sum of ``coefficients[k] * (inner - inner(0))**k``, by Horner's scheme."""
    step = {pq: c for pq, c in inner.items() if pq != (0, 0)}
    total: Series = {}
    for c in reversed(coefficients):
        total = _sum([_product(total, step, order), {(0, 0): c}])
    return total


def _power(series: Series, exponent: int, order: int) -> Series:
    """Powers by repeated squaring."""
    total: Series = {(0, 0): sp.S.One}
    while exponent:
        if exponent & 1:
            total = _product(total, series, order)
        series, exponent = _product(series, series, order), exponent >> 1
    return total


def _sum(parts: Iterator[Series] | list[Series]) -> Series:
    total: Series = {}
    for part in parts:
        for pq, c in part.items():
            total[pq] = total.get(pq, sp.S.Zero) + c
    return {pq: c for pq, c in total.items() if c != 0}


def _product(first: Series, second: Series, order: int) -> Series:
    total: Series = {}
    for (p, q), c in first.items():
        for (r, s), d in second.items():
            if p + q + r + s <= order:
                total[p + r, q + s] = total.get((p + r, q + s), sp.S.Zero) + c * d
    expanded = {pq: sp.expand(c) for pq, c in total.items()}
    return {pq: c for pq, c in expanded.items() if c != 0}
