r"""The one bridge from exact expressions to numbers.

Main names
----------
evaluate
    The value of an expression to a stated number of digits.
root
    The solution of an equation for one unknown, by a bracket whose ends have opposite signs.
value
    The value of a claim: its formula evaluated, or its equation solved.
quoted
    The same, rounded to the digits that are known of it.
admit
    Refuses values that a claim does not hold at.
numeric_function
    A function on arrays of doubles, for a simulation or a plot.

Implementation notes
--------------------
:func:`evaluate` turns the expression tree into mpmath calls and repeats them with more
digits until two results agree, so that cancellation is noticed and paid for. A result that
is not real, not finite, or that does not settle is an error, never a number.
"""

from __future__ import annotations

import itertools
import numbers
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import mpmath
import sympy as sp

from hebbsym.claim import Claim
from hebbsym.errors import InvalidValue, SizeLimit
from hebbsym.evaluation import (
    Compiled,
    Environment,
    compiled,
    known_digits,
    short,
    shown,
    with_exact_numbers,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

_GUARD = 12
_DOUBLINGS = 5
_LARGEST = 400  # the largest power of two that a bracket is looked for

Values = Mapping[sp.Symbol, sp.Expr | int]


def evaluate(expr: sp.Expr, values: Values | None = None, digits: int = 30) -> mpmath.mpf:
    """The value of an expression, right to ``digits`` decimal digits.

    Parameters
    ----------
    expr : sympy.Expr
        Arithmetic, powers, elementary and error functions, Lambert's W, factorials and
        binomials, finite sums, integrals, maxima and piecewise expressions.
    values : mapping of symbol to exact number
        A value for every free symbol.
    digits : int
        An expression that holds a probability on the lattice is right to 12 digits, one with an
        average over histories to 6, and rounded to them, whatever is asked for.

    Raises
    ------
    InvalidValue
        When a symbol has no value, when a value is a float, and when the result is not a
        finite real number.
    NotDerivable
        When the tree holds a function that has no numerical counterpart here.
    SizeLimit
        When a sum has more than a million terms.

    Examples
    --------
    >>> n = sp.Symbol("n")
    >>> print(mpmath.nstr(evaluate(sp.erfc(sp.sqrt(n)) / 2, {n: sp.Rational(1, 2)}), 30))
    0.158655253931457051414767454368
    >>> evaluate(sp.log(n), {n: -1})
    Traceback (most recent call last):
    ...
    hebbsym.errors.InvalidValue: log(n) is not real at n=-1
    """
    expr = _expression(expr)
    at = _exact(expr, values or {})
    free = sorted(map(str, set(expr.free_symbols) - set(at)))
    if free:
        raise InvalidValue(f"{', '.join(free)} has no value")
    exact = with_exact_numbers(expr, at)
    digits = min(digits, known_digits(exact))
    found = _settled(compiled(exact), at, expr, digits)
    if found == 0:
        _require_denominator(expr, at, digits)
    return found


def _require_denominator(expr: sp.Expr, at: Environment, digits: int) -> None:
    """Refuse 0/0: rounding hides a denominator of zero, and 0 over its remainder would be 0."""
    _, below = sp.fraction(expr)
    if below.is_number:
        return
    try:
        nothing = _settled(compiled(with_exact_numbers(below, at)), at, below, digits) == 0
    except _Unsettled:
        nothing = True
    except InvalidValue:  # complex, say: a denominator all the same
        return
    if nothing:
        raise InvalidValue(f"{short(expr)} is 0/0 at {shown(at)}")


def value(claim: Claim, values: Values | None = None, digits: int = 30) -> mpmath.mpf:
    """The value of a claim: of its formula, or the solution of its equation for its unknown.

    Examples
    --------
    >>> from hebbsym.claim import Regime
    >>> from hebbsym.notation import D, K
    >>> load = Claim("load", "load at ratio 4", sp.Eq((D - 1) / (K - 1), 4), Regime.EXACT, unknown=K)
    >>> print(value(load, {D: 101}))
    26.0
    """
    admit(claim, values or {})

    def of(formula: sp.Basic) -> mpmath.mpf:
        unknown = claim.unknown
        if claim.nothing and _below_one(formula, unknown, values):
            return mpmath.mpf(0)
        if unknown is None or (
            isinstance(formula, sp.Expr) and unknown not in formula.free_symbols
        ):
            return evaluate(formula, values, digits)
        return root(formula, unknown, values, digits)

    try:
        return of(claim.formula)
    except InvalidValue:
        if claim.anew is None:
            raise
        return of(claim.anew(values or {}))


def quoted(claim: Claim, values: Values | None = None, digits: int = 30) -> mpmath.mpf:
    """The value of a claim, rounded in decimals to the digits that are known of it.

    Examples
    --------
    >>> from hebbsym.claim import Regime
    >>> print(quoted(Claim("third", "a third", sp.Rational(1, 3), Regime.EXACT), digits=5))
    0.33333
    """
    found, formula = value(claim, values, digits), claim.formula
    if isinstance(formula, sp.Expr):
        digits = min(digits, known_digits(with_exact_numbers(formula, values or {})))
    with mpmath.workdps(max(digits, 30)):
        return mpmath.mpf(mpmath.nstr(found, digits))


def _below_one(formula: sp.Basic, unknown: sp.Symbol | None, values: Values | None) -> bool:
    """Whether a number of patterns is below 1: its equation's left side, which falls with it, is too low."""
    if unknown is None or unknown not in formula.free_symbols:
        assert isinstance(formula, sp.Expr)
        return bool(evaluate(formula, values, _COARSE) < 1)
    assert isinstance(formula, sp.Eq)
    try:
        first = evaluate(formula.lhs - formula.rhs, {**(values or {}), unknown: sp.S.One}, _COARSE)
    except InvalidValue:  # without bound there, or 0/0, which the solution meets as well
        return False
    return bool(first < 0)


def admit(claim: Claim, values: Values) -> None:
    """Refuse values that a claim does not hold at.

    Raises
    ------
    InvalidValue
        Says which requirement fails, and by how much.

    Examples
    --------
    >>> from hebbsym.claim import Regime, Requirement
    >>> from hebbsym.notation import K, age
    >>> old = Requirement("the age", age, K - 1, strict=False)
    >>> admit(Claim("snr", "", age, Regime.EXACT, requirements=(old,)), {K: 3, age: 4})
    Traceback (most recent call last):
    ...
    hebbsym.errors.InvalidValue: snr needs the age <= K - 1: it is 4, too large by 2
    """
    for one in claim.requirements:
        margin = one.bound - one.quantity
        if margin.free_symbols - set(values):
            continue
        left = evaluate(margin, values)
        if left < 0 or (one.strict and left == 0):
            found = mpmath.nstr(evaluate(one.quantity, values), 6).removesuffix(".0")
            excess = mpmath.nstr(-left, 3).removesuffix(".0")
            off = f"too large by {excess}" if left < 0 else "and must be below"
            raise InvalidValue(f"{claim.name} needs {one.text}: it is {found}, {off}")


def root(
    equation: sp.Basic,
    unknown: sp.Symbol,
    values: Values | None = None,
    digits: int = 30,
    *,
    start: sp.Expr | int | None = None,
) -> mpmath.mpf:
    """The first solution of an equation above ``start``, certified by a change of sign.

    An unknown that stands in the limits of a sum exists at integers only: the result is
    then the last integer before the sign changes (with the equation "error = epsilon", the
    largest load at which the error has not passed epsilon).

    Parameters
    ----------
    equation : sympy.Eq or sympy.Expr
        An expression stands for its being zero.
    unknown : sympy.Symbol
        Looked for from 1 upwards if it is a positive integer (a number of units or of
        patterns; the solution may still be real), from 2**-400 if positive.
    start : exact number, optional
        Where to begin instead.

    Raises
    ------
    InvalidValue
        When no change of sign is found, or when it is that of a pole.

    Examples
    --------
    >>> x = sp.Symbol("x", positive=True)
    >>> print(mpmath.nstr(root(sp.Eq(x**2, 2), x), 30))
    1.41421356237309504880168872421
    >>> n, k = sp.symbols("n k", integer=True, positive=True)
    >>> print(root(sp.Eq(sp.Sum(k, (k, 1, n)), 50), n))
    9.0
    """
    if isinstance(equation, sp.logic.boolalg.BooleanAtom):
        raise InvalidValue(
            f"the equation is {equation}: it holds for no value of {unknown} or for all"
        )
    function = equation.lhs - equation.rhs if isinstance(equation, sp.Eq) else equation
    at = _exact(function, {s: v for s, v in (values or {}).items() if s != unknown})
    free = sorted(map(str, set(function.free_symbols) - set(at) - {unknown}))
    if free:
        raise InvalidValue(f"{', '.join(free)} has no value")
    if unknown not in function.free_symbols:
        raise InvalidValue(f"{unknown} does not occur in the equation")
    tree = compiled(function)
    discrete = any(
        unknown in limit.free_symbols for s in function.atoms(sp.Sum) for limit in s.limits
    )

    def at_point(point: Any, precision: int) -> mpmath.mpf:
        try:
            return _settled(tree, {**at, unknown: point}, function, precision)
        except _Unsettled:  # below every precision: the point is the root
            return mpmath.mpf(0)

    low, high = _bracket(at_point, unknown, start, discrete)
    if discrete:
        return _last_integer(at_point, low, high)
    return _refined(at_point, low, high, digits)


def numeric_function(expr: sp.Expr, symbols: Sequence[sp.Symbol]) -> Callable[..., NDArray[Any]]:
    """The expression as a function of arrays, in doubles, broadcast over its arguments.

    Raises
    ------
    InvalidValue
        When the expression holds a symbol that is not an argument.

    Examples
    --------
    >>> x, y = sp.symbols("x y")
    >>> numeric_function(x * y + 1, (x, y))([1.0, 2.0], 3.0)
    array([4., 7.])
    """
    import numpy as np

    free = sorted(map(str, set(expr.free_symbols) - set(symbols)))
    if free:
        raise InvalidValue(f"{', '.join(free)} is not among the arguments")
    function = sp.lambdify(list(symbols), expr, modules=["scipy", "numpy"], dummify=True, cse=True)

    def on_arrays(*arguments: Any) -> NDArray[Any]:
        arrays = [np.asarray(argument) for argument in arguments]
        result = np.asarray(function(*arrays))
        if np.iscomplexobj(result):  # Lambert's W is complex in SciPy, whatever its argument
            if np.any(result.imag != 0):
                raise InvalidValue(f"{short(expr)} is not real everywhere")
            result = result.real
        return np.broadcast_to(
            result, np.broadcast_shapes(result.shape, *(a.shape for a in arrays))
        )

    return on_arrays


# ---- a value ------------------------------------------------------------------------------


def _expression(value: sp.Expr | numbers.Rational) -> sp.Expr:
    """A Python integer or fraction as an expression; expressions stay as they are."""
    if isinstance(value, numbers.Rational):
        return sp.Rational(int(value.numerator), int(value.denominator))
    return value


def _exact(expr: sp.Basic, values: Values) -> Environment:
    """The values of the symbols that occur, each an exact real number."""
    at: Environment = {}
    for symbol in expr.free_symbols & set(values):
        number = values[symbol]
        if isinstance(number, float) or (isinstance(number, sp.Basic) and number.has(sp.Float)):
            raise InvalidValue(f"{symbol}={number} is a float; give an exact number")
        number = _expression(number)
        if not number.is_number:
            raise InvalidValue(f"{symbol}={number} is not a number")
        at[symbol] = number
    return at


class _Unsettled(InvalidValue):
    """Results at growing precision do not agree: there is nothing left after cancellation."""


def _settled(function: Compiled, at: Environment, expr: sp.Basic, digits: int) -> mpmath.mpf:
    """The value with as many digits as are needed for two results to agree."""
    before, vanished = None, False
    for doubling in range(_DOUBLINGS):
        with mpmath.workdps((digits + _GUARD) << doubling):
            try:
                now = _finite_real(function, at, expr, digits)
            except InvalidValue:
                if vanished:  # 0/0, which the caller looks at
                    break
                raise
            if now == before == 0:  # or what is left of 1 - (1 - 1e-100), which more digits show
                vanished = True
            elif before is not None and abs(now - before) <= abs(now) * mpmath.mpf(10) ** -(
                digits + 1
            ):
                with mpmath.workdps(digits):
                    return +now
            before = now
    if vanished or before == 0:
        return mpmath.mpf(0)
    raise _Unsettled(f"{short(expr)} does not settle to {digits} digits at {shown(at)}")


def _finite_real(function: Compiled, at: Environment, expr: sp.Basic, digits: int) -> mpmath.mpf:
    numbers = {s: _number(v) for s, v in at.items()}
    try:
        result = mpmath.mpmathify(function(numbers))
    except ZeroDivisionError:
        why = _divisor(expr, at)
        raise InvalidValue(f"{short(expr)} is not finite at {shown(at)}{why}") from None
    except OverflowError:
        raise SizeLimit(
            f"{short(expr)} is past the range of numbers at {shown(at)}; smaller sizes are needed"
        ) from None
    if isinstance(result, mpmath.mpc):
        if abs(result.imag) > abs(result.real) * mpmath.mpf(10) ** -(digits + 1):
            raise InvalidValue(f"{short(expr)} is not real at {shown(at)}")
        result = result.real
    if not mpmath.isfinite(result):
        raise InvalidValue(f"{short(expr)} is not finite at {shown(at)}{_divisor(expr, at)}")
    return result


def _divisor(expr: sp.Basic, at: Environment) -> str:
    """What is divided by and is zero at a point, in words; no words where nothing is found."""
    for power in sorted(expr.atoms(sp.Pow), key=sp.count_ops):
        if power.exp.is_negative and power.base.xreplace(dict(at)).is_zero:
            return f": it divides by {short(power.base)}, which is 0 there"
    return ""


def _number(number: Any) -> Any:
    """An exact number at the working precision."""
    return compiled(number)({}) if isinstance(number, sp.Basic) else mpmath.mpf(number)


# ---- a root -------------------------------------------------------------------------------

_Function = Callable[[Any, int], Any]
_COARSE = 12  # digits at which a sign is looked at first


def _grid(unknown: sp.Symbol, start: sp.Expr | int | None, discrete: bool) -> list[sp.Expr]:
    """Points from ``start`` upwards whose distances from it double."""
    powers = range(0 if discrete else -_LARGEST, _LARGEST)
    steps = [sp.Integer(2) ** n for n in powers]
    if start is None and not unknown.is_positive:
        return [*(-step for step in reversed(steps)), sp.S.Zero, *steps]
    lowest = sp.S.One if unknown.is_integer else sp.S.Zero
    origin = lowest if start is None else _expression(start)
    return [origin, *(origin + step for step in steps)]


def _bracket(
    function: _Function, unknown: sp.Symbol, start: sp.Expr | int | None, discrete: bool
) -> tuple[sp.Expr, sp.Expr]:
    """The first two neighbouring points of the grid with values of opposite sign.

    Points at which the function is not a real number are passed over.
    """
    before: tuple[sp.Expr, Any] | None = None
    for point in _grid(unknown, start, discrete):
        try:
            now = function(point, _COARSE)
        except InvalidValue:
            continue
        except SizeLimit:
            break
        if now == 0:
            return point, point
        if before is not None and (now > 0) != (before[1] > 0):
            return before[0], point
        before = point, now
    raise InvalidValue(f"no change of sign was found: the equation has no solution for {unknown}")


def _last_integer(function: _Function, low: sp.Expr, high: sp.Expr) -> mpmath.mpf:
    """The last integer before the sign changes."""
    a, b = int(low), int(high)
    positive = function(a, _COARSE) > 0
    while b - a > 1:
        middle = (a + b) // 2
        if (function(middle, _COARSE) > 0) == positive:
            a = middle
        else:
            b = middle
    return mpmath.mpf(a)


def _refined(function: _Function, low: sp.Expr, high: sp.Expr, digits: int) -> mpmath.mpf:
    """The root in the bracket: Ridders' steps, then the signs on both sides of the result."""
    with mpmath.workdps(digits + _GUARD):
        a, b = _number(low), _number(high)
        if a == b:
            return a
        fa, fb = function(a, digits), function(b, digits)
        height, tolerance = max(abs(fa), abs(fb)), mpmath.mpf(10) ** -(digits + 1)
        last = None
        for _ in range(4 * digits + 2 * _LARGEST):
            middle = (a + b) / 2
            fm = function(middle, digits)
            slope = mpmath.sqrt(fm**2 - fa * fb)
            point = middle + (middle - a) * (1 if fa > fb else -1) * fm / slope
            fp = function(point, digits)
            if fp == 0 or (last is not None and abs(point - last) <= tolerance * abs(point)):
                return _certified(function, point, tolerance, height)
            last = point
            ends = sorted(((a, fa), (middle, fm), (point, fp), (b, fb)))
            (a, fa), (b, fb) = next(
                (s, t) for s, t in itertools.pairwise(ends) if (s[1] > 0) != (t[1] > 0)
            )
    raise InvalidValue(f"the root between {low} and {high} does not settle to {digits} digits")


def _certified(function: _Function, point: Any, tolerance: Any, height: Any) -> mpmath.mpf:
    """The point itself, after the function was seen to pass zero within the tolerance."""
    around = [function(point * (1 + side * tolerance), _COARSE) for side in (-1, 1)]
    if (around[0] > 0) == (around[1] > 0):
        raise InvalidValue(f"no change of sign at {mpmath.nstr(point, 15)}")
    if max(map(abs, around)) > height:
        raise InvalidValue(f"the sign changes at a pole, {mpmath.nstr(point, 15)}, not at a root")
    return point
