r"""How an expression at exact numbers is evaluated to a stated number of digits.

Main names
----------
settled
    A value right to the digits that are asked for: results at growing precision agree.
exact_values
    The exact numbers that symbols stand for.
with_exact_numbers, known_digits
    What must be put in before anything is rounded, and how many digits the result has at most.

Conventions
-----------
Working precision is doubled until two results agree, so that cancellation is noticed and paid for. Where two
results are 0 the value is 0; where no two results agree nothing is left after cancellation, an error.
"""

from __future__ import annotations

import itertools
import numbers
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeAlias

import mpmath
import sympy as sp

from hebbsym.errors import InvalidValue, SizeLimit
from hebbsym.evaluation import Compiled, Environment, compiled, number_of
from hebbsym.exactfunctions import ExactFunction, WholeFunction
from hebbsym.histories import HistoryFunction
from hebbsym.laws import history_average
from hebbsym.messages import short, shown

Values: TypeAlias = "Mapping[sp.Symbol, sp.Expr | int]"

GUARD = 12
"""Digits that are calculated with beyond those that are asked for."""
COARSE = 12
"""Digits at which a sign is looked at."""
_DOUBLINGS = 5
_LONG_SUM = 40
_ROUNDED = 80
"""Digits of arguments that need not be exact, many more than are needed: differences lose some."""
_NODES_READ = 20  # a longer divisor tells a reader nothing
_NOTHING = 1e-60  # what differences leave of a 0


def as_expression(value: sp.Expr | numbers.Rational) -> sp.Expr:
    """A Python integer or fraction as an expression; expressions stay as they are.

    Examples
    --------
    >>> as_expression(3)
    3
    """
    if isinstance(value, numbers.Rational):
        return sp.Rational(int(value.numerator), int(value.denominator))
    return value


def exact_values(expr: sp.Basic, values: Values) -> Environment:
    """The values of the symbols that occur, each an exact real number.

    Raises
    ------
    InvalidValue
        For a float, and for a value that is no number.

    Examples
    --------
    >>> x, y = sp.symbols("x y")
    >>> exact_values(x + 1, {x: 2, y: 3})
    {x: 2}
    """
    at: Environment = {}
    for symbol in expr.free_symbols & set(values):
        number = values[symbol]
        if isinstance(number, float) or (isinstance(number, sp.Basic) and number.has(sp.Float)):
            raise InvalidValue(f"{symbol}={number} is a float; give an exact number")
        number = as_expression(number)
        if not number.is_number:
            raise InvalidValue(f"{symbol}={number} is not a number")
        at[symbol] = number
    return at


class Unsettled(InvalidValue):
    """Results at growing precision do not agree: there is nothing left after cancellation."""


def settled(function: Compiled, at: Environment, expr: sp.Basic, digits: int) -> mpmath.mpf:
    """The value with as many digits as are needed for two results to agree.

    ``expr`` is what ``function`` calculates, for messages.

    Raises
    ------
    Unsettled
        When nothing is left after cancellation, at every precision.
    InvalidValue
        When the value is not a finite real number.

    Examples
    --------
    >>> x = sp.Symbol("x")
    >>> print(mpmath.nstr(settled(compiled(x / 3), {x: sp.S.One}, x / 3, 20), 20))
    0.33333333333333333333
    """
    before, vanished = None, False
    for doubling in range(_DOUBLINGS):
        with mpmath.workdps((digits + GUARD) << doubling):
            try:
                now = _finite_real(function, at, expr, digits)
            except _NotReal as reason:  # the sign beneath a root may be that of rounding
                if doubling + 1 == _DOUBLINGS or not _may_cancel(expr):
                    raise InvalidValue(str(reason)) from None
                continue
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
    raise Unsettled(f"{short(expr)} does not settle to {digits} digits at {shown(at)}")


class _NotReal(InvalidValue):
    """A value has an imaginary part."""


def _may_cancel(expr: sp.Basic) -> bool:
    """Whether a sum is so long that all digits of its terms may cancel, as those of a polynomial of high degree."""
    return any(len(part.args) > _LONG_SUM for part in expr.atoms(sp.Add))


def _finite_real(function: Compiled, at: Environment, expr: sp.Basic, digits: int) -> mpmath.mpf:
    numbers = {s: as_number(v) for s, v in at.items()}
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
            raise _NotReal(f"{short(expr)} is not real at {shown(at)}")
        result = result.real
    if not mpmath.isfinite(result):
        raise InvalidValue(f"{short(expr)} is not finite at {shown(at)}{_divisor(expr, at)}")
    return result


def _divisor(expr: sp.Basic, at: Environment) -> str:
    """What is divided by and is zero at a point, in words; no words where nothing is found."""
    for base in _divisors(expr):
        if base.xreplace(dict(at)).is_zero:
            return f": it divides by {short(base)}, which is 0 there"
    return ""


@lru_cache(maxsize=32)  # a search for a root comes by at every point that is refused
def _divisors(expr: sp.Basic) -> tuple[sp.Expr, ...]:
    """What is divided by and can be read in a message, the shortest first."""
    bases = {power.base for power in expr.atoms(sp.Pow) if power.exp.is_negative}
    sizes = {
        base: len([*itertools.islice(sp.preorder_traversal(base), _NODES_READ)]) for base in bases
    }
    read = (base for base, size in sizes.items() if size < _NODES_READ)
    return tuple(sorted(read, key=lambda base: (sizes[base], str(base))))


def as_number(number: Any) -> Any:
    """An exact number at the working precision.

    Examples
    --------
    >>> print(as_number(sp.S.Half), as_number(2))
    0.5 2.0
    """
    return compiled(number)({}) if isinstance(number, sp.Basic) else mpmath.mpf(number)


# ---- what is exact --------------------------------------------------------------------------


def with_exact_numbers(expr: sp.Expr, at: Mapping[sp.Basic, Any]) -> sp.Expr:
    """The expression with the symbols replaced inside of functions that need exact arguments.

    Examples
    --------
    >>> from hebbsym.lattice import Span
    >>> n = sp.Symbol("n")
    >>> with_exact_numbers(n + Span(n), {n: sp.Integer(2)})
    n + Span(2)
    """
    exact, inside = expr.atoms(ExactFunction), expr.atoms(WholeFunction)
    made = {
        **{part: part.xreplace(dict(at)) for part in inside},
        **{part: _with_rounded(part, at) for part in exact},
    }
    return expr.xreplace(made) if made else expr


def _with_rounded(function: ExactFunction, at: Mapping[sp.Basic, Any]) -> sp.Expr:
    """The function at exact numbers, those of its arguments rounded that need not be exact."""
    arguments = list(function.args)
    for place in function.rounded:
        argument = with_exact_numbers(arguments[place], at)
        if not argument.is_number and argument.free_symbols <= set(at):
            with mpmath.workdps(_ROUNDED):
                symbols = argument.free_symbols
                found = compiled(argument)({s: compiled(at[s])({}) for s in symbols})
                arguments[place] = sp.Rational(sp.Float(mpmath.chop(found, _NOTHING), _ROUNDED))
    return function.func(*arguments).xreplace(dict(at))


def known_digits(expr: sp.Expr) -> int:
    """How many digits of an expression at numbers are known at most: those of its least known part.

    Examples
    --------
    >>> from hebbsym.lattice import Span
    >>> known_digits(sp.pi + Span(sp.S.One)) == ExactFunction.digits
    True
    """
    return min(map(_digits, expr.atoms(ExactFunction)), default=ExactFunction.digits)


def _digits(part: ExactFunction) -> int:
    if isinstance(part, HistoryFunction) and not part.free_symbols:
        return min(part.digits, history_average(number_of, part)[1])
    return part.digits
