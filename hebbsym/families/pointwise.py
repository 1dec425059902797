r"""Functions of the overlap m at whole numbers: where they have a value, and where a slope.

A separation F is asked at the overlaps that occur and nowhere else. There it must be finite and real; where an update
follows its gradient, F must have a slope, which at a kink of its parts (Abs, sign, Max, Piecewise, a root of zero) it
may have or not: m Abs(m) has one at 0, Abs(m) has none.

Main names
----------
require_parts
    Refuses what is made of other functions than those that are understood here.
value_at, slope_at
    F and F' at an overlap, exactly; or an error that names the overlap.
slope
    F' as an expression, without a value where there is no slope.

Conventions
-----------
Beside a kink every part is replaced by what it is on that side: Abs(g) by g or -g, by the sign of the first derivative
of g that is not zero. There is a slope where F is continuous, the derivatives of both sides are equal and finite, and
the derivative of F, term by term, has the same value.

Limits
------
A slope that exists but is not found so is refused: that of m^2 log(Abs(m)), 0 at 0, for example.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeAlias

import sympy as sp

from hebbsym.errors import InvalidValue, NotDerivable, SizeLimit
from hebbsym.messages import short
from hebbsym.notation import m
from hebbsym.numeric import evaluate

_SMOOTH = (sp.exp, sp.log, sp.sin, sp.cos, sp.tanh, sp.sinh, sp.cosh, sp.atan, sp.erf)
_KINKED = (sp.Abs, sp.sign, sp.Heaviside, sp.Max, sp.Min, sp.Piecewise)
_PARTS = (
    *(*_SMOOTH, *_KINKED, sp.Add, sp.Mul, sp.Pow, sp.functions.elementary.piecewise.ExprCondPair),
    *(sp.StrictLessThan, sp.LessThan, sp.StrictGreaterThan, sp.GreaterThan, sp.Eq, sp.Ne),
    *(sp.And, sp.Or, sp.Not, type(sp.true), type(sp.false), sp.Symbol, sp.Number, sp.NumberSymbol),
)
_UNDEFINED = (sp.zoo, sp.nan, sp.oo, -sp.oo, sp.I)
_MOST_DERIVATIVES = 16
_MARKED = 64
_DIGITS = 25
_away = sp.Dummy(positive=True)


def require_parts(function: sp.Expr) -> None:
    """Refuse a function of something else than m, or one whose parts are not understood.

    Raises
    ------
    InvalidValue
        Names the symbol or the part.

    Examples
    --------
    >>> require_parts(sp.cosh(m / 10))
    >>> require_parts(sp.gamma(m))
    Traceback (most recent call last):
    ...
    hebbsym.errors.InvalidValue: F = gamma(m) holds gamma, which is not understood as a part of F
    """
    text = short(function)
    for symbol in sorted(function.free_symbols - {m}, key=str):
        raise InvalidValue(
            f"F = {text} holds {symbol}: F is a function of the overlap m with exact constants"
        )
    if not function.has(m):
        raise InvalidValue(f"F = {text} does not depend on the overlap m")
    for part in sp.preorder_traversal(function):
        if not isinstance(part, _PARTS):
            raise InvalidValue(
                f"F = {text} holds {type(part).__name__}, which is not understood as a part of F"
            )


@lru_cache(maxsize=2**16)
def value_at(function: sp.Expr, overlap: int) -> sp.Expr:
    """F at an overlap, exactly.

    Raises
    ------
    InvalidValue
        When it is not finite and real there.

    Examples
    --------
    >>> value_at(sp.sqrt(sp.Abs(m)), -4)
    2
    >>> value_at(sp.log(m), 0)
    Traceback (most recent call last):
    ...
    hebbsym.errors.InvalidValue: F = log(m) is not finite at the overlap 0
    """
    found = _number(function, overlap)
    if found is None:
        at = _put_in(function, overlap)
        kind = "finite" if at.has(sp.zoo, sp.nan, sp.oo, -sp.oo) else "a real number"
        raise InvalidValue(f"F = {short(function)} is not {kind} at the overlap {overlap}")
    return found


def _number(function: sp.Expr, overlap: int) -> sp.Expr | None:
    """The exact value, or None where it is no finite real number."""
    found = _put_in(function, overlap)
    if found.is_Rational:
        return found
    if not found.is_number or found.has(*_UNDEFINED):
        return None
    try:
        evaluate(found, {}, _DIGITS)
    except (InvalidValue, NotDerivable, SizeLimit):
        return None
    return found


def _put_in(function: sp.Expr, overlap: int) -> sp.Expr:
    try:
        return function.subs(m, sp.Integer(overlap))
    except (TypeError, ValueError):  # a part compares what is not real there
        return sp.I


@lru_cache(maxsize=256)
def slope(function: sp.Expr) -> sp.Expr:
    """F' as an expression, without a value at overlaps up to 64 where F has no slope.

    Examples
    --------
    >>> slope(m**2 * sp.sign(m)), slope(sp.Abs(m))
    (2*m*sign(m), Piecewise((sign(m), Ne(m, 0))))
    """
    made = _derivative(function)
    if not kinks(function):
        return made
    missing = [o for o in range(-_MARKED, _MARKED + 1) if _slope(function, o) is None]
    return sp.Piecewise((made, sp.And(*(sp.Ne(m, o) for o in missing)))) if missing else made


@lru_cache(maxsize=256)
def _derivative(function: sp.Expr) -> sp.Expr:
    """F' between kinks: a jump has a slope of 0 on both sides."""
    return sp.diff(function, m).replace(sp.DiracDelta, lambda *arguments: sp.S.Zero)


@lru_cache(maxsize=2**16)
def slope_at(function: sp.Expr, overlap: int) -> sp.Expr:
    """F' at an overlap, exactly.

    Raises
    ------
    InvalidValue
        When F has no slope there, or none is found.

    Examples
    --------
    >>> slope_at(m * sp.Abs(m), 0), slope_at(sp.Abs(m), -3)
    (0, -1)
    >>> slope_at(sp.Abs(m), 0)
    Traceback (most recent call last):
    ...
    hebbsym.errors.InvalidValue: F = Abs(m) has no slope at the overlap 0
    """
    found = _slope(function, overlap)
    if found is None:
        raise InvalidValue(f"F = {short(function)} has no slope at the overlap {overlap}")
    return found


def _slope(function: sp.Expr, overlap: int) -> sp.Expr | None:
    """The same, or None where there is none."""
    found = _number(_derivative(function), overlap)
    if found is not None and any(_vanishes(g, overlap) for g in kinks(function)):
        sides = [_one_sided(function, overlap, side) for side in (-1, 1)]
        if any(side is None or _sign(side - found) for side in sides):
            return None
    return found


@lru_cache(maxsize=256)
def kinks(function: sp.Expr) -> tuple[sp.Expr, ...]:
    """What is zero where a part of F has a kink or a jump.

    Examples
    --------
    >>> kinks(sp.Abs(m - 3)), kinks(sp.cosh(m))
    ((m - 3,), ())
    """
    found: dict[sp.Expr, None] = {}
    for part in sp.preorder_traversal(function):
        for kind, zeros in _ZEROS.items():
            if isinstance(part, kind):
                found.update(dict.fromkeys(zeros(part)))
    return tuple(g for g in found if g.has(m))


def _differences(part: sp.Basic) -> list[sp.Expr]:
    return [a - b for a, b in itertools.combinations(part.args, 2)]


_ZEROS: dict[Any, Callable[[Any], list[sp.Expr]]] = {
    sp.Rel: lambda part: [part.lhs - part.rhs],
    sp.Max: _differences,
    sp.Min: _differences,
    sp.Abs: lambda part: [part.args[0]],
    sp.sign: lambda part: [part.args[0]],
    sp.Heaviside: lambda part: [part.args[0]],
    sp.Pow: lambda part: [] if part.exp.is_Integer else [part.base],
}
"""What is zero at a kink, by the kind of a part."""


def _vanishes(g: sp.Expr, overlap: int) -> bool:
    """Whether a kink may be at an overlap: also where g has no value, which a case may leave out."""
    found = _number(g, overlap)
    return found is None or _sign(found) == 0


def _sign(number: sp.Expr) -> int:
    """The sign of a real number that is exact."""
    if number.is_Rational:
        return int(sp.sign(number))
    if abs(evaluate(number + 1, {}, _DIGITS) - 1) < 10.0 ** (2 - _DIGITS):
        return 0  # no digit is left of it: asked by itself it would not settle
    found = evaluate(number, {}, _DIGITS)
    return int(found > 0) - int(found < 0)


def _one_sided(function: sp.Expr, overlap: int, side: int) -> sp.Expr | None:
    """The derivative on one side, where F reaches its value at the overlap from there; else None."""
    try:
        # by the distance from the overlap: powers of it are collected, those of -m are not
        beside = _beside(function, overlap, side).subs(m, overlap + side * _away)
        grows = side * sp.diff(beside, _away)
        limit, found = (_number(part.subs(_away, m), 0) for part in (beside, grows))
        here = _number(function, overlap)
        if limit is None or here is None or _sign(limit - here):
            return None
    except (InvalidValue, NotDerivable, TypeError):
        return None
    return found


def _beside(part: Any, overlap: int, side: int) -> Any:
    """The part as it is on one side of an overlap, without kinks."""
    if not part.has(m) or not part.args:
        return part
    if isinstance(part, sp.Piecewise):
        cases = (value for value, test in part.args if _holds_beside(test, overlap, side))
        return _beside(next(cases, sp.nan), overlap, side)
    made = [_beside(inner, overlap, side) for inner in part.args]
    if part.func in _RESOLVED:
        return _RESOLVED[part.func](made, lambda g: _sign_beside(g, overlap, side))
    return part.func(*made)


Towards: TypeAlias = Callable[[sp.Expr], int]


def _largest(parts: list[sp.Expr], towards: Towards) -> sp.Expr:
    best = parts[0]
    for other in parts[1:]:
        if towards(other - best) > 0:
            best = other
    return best


_RESOLVED: dict[Any, Callable[[list[sp.Expr], Towards], sp.Expr]] = {
    sp.Abs: lambda parts, towards: towards(parts[0]) * parts[0],
    sp.sign: lambda parts, towards: sp.Integer(towards(parts[0])),
    sp.Heaviside: lambda parts, towards: (sp.S.Zero, parts[1], sp.S.One)[towards(parts[0]) + 1],
    sp.Max: _largest,
    sp.Min: lambda parts, towards: -_largest([-part for part in parts], towards),
}
"""What a part with a kink is on one side, from the signs there."""


def _holds_beside(condition: Any, overlap: int, side: int) -> bool:
    if not condition.has(m):
        return bool(condition)
    if condition.is_Relational:
        difference = _beside(condition.lhs - condition.rhs, overlap, side)
        towards = sp.Integer(_sign_beside(difference, overlap, side))
        return bool(condition.func(towards, sp.S.Zero))
    inner = [sp.true if _holds_beside(part, overlap, side) else sp.false for part in condition.args]
    return bool(condition.func(*inner))


def _sign_beside(g: sp.Expr, overlap: int, side: int) -> int:
    """The sign of a smooth g on one side: that of its first derivative that is not zero there."""
    for order in range(_MOST_DERIVATIVES):
        if not g.has(m):
            return _sign(g) * (side if order % 2 else 1)
        found = _number(g, overlap)
        if found is None:
            raise NotDerivable(f"{short(g)} has no sign beside {overlap}")
        if towards := _sign(found):
            return towards * (side if order % 2 else 1)
        g = sp.expand(sp.diff(g, m))
    raise NotDerivable(f"{short(g)} has no sign beside {overlap}")
