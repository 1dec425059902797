r"""The one bridge from exact expressions to numbers.

Main names
----------
evaluate
    The value of an expression to a stated number of digits.
value
    The value of a claim: its formula evaluated, or its equation solved.
quoted
    The same, rounded to the digits that are known of it.
admit, unmet
    Refuses values that a claim does not hold at; what is so there.
numeric_function
    A function on arrays of doubles, for a simulation or a plot.

Implementation notes
--------------------
:func:`evaluate` turns the expression tree into mpmath calls (:mod:`hebbsym.evaluation`) and repeats them with
more digits until two results agree (:mod:`hebbsym.precision`); equations go to :mod:`hebbsym.roots`. A result that
is not real, not finite, or that does not settle is an error, never a number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import mpmath
import sympy as sp

from hebbsym.claim import Claim, Requirement
from hebbsym.errors import InvalidValue
from hebbsym.evaluation import Environment, compiled
from hebbsym.messages import short, shown
from hebbsym.precision import (
    COARSE,
    Unsettled,
    Values,
    as_expression,
    exact_values,
    known_digits,
    settled,
    with_exact_numbers,
)
from hebbsym.roots import root

if TYPE_CHECKING:
    from numpy.typing import NDArray


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
    expr = as_expression(expr)
    at = exact_values(expr, values or {})
    free = sorted(map(str, set(expr.free_symbols) - set(at)))
    if free:
        raise InvalidValue(f"{', '.join(free)} has no value")
    exact = with_exact_numbers(expr, at)
    digits = min(digits, known_digits(exact))
    found = settled(compiled(exact), at, expr, digits)
    if found == 0:
        _require_denominator(expr, at, digits)
    return found


def _require_denominator(expr: sp.Expr, at: Environment, digits: int) -> None:
    """Refuse 0/0: rounding hides a denominator of zero, and 0 over its remainder would be 0."""
    _, below = sp.fraction(expr)
    if below.is_number:
        return
    try:
        nothing = settled(compiled(with_exact_numbers(below, at)), at, below, digits) == 0
    except Unsettled:
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
        return bool(evaluate(formula, values, COARSE) < 1)
    assert isinstance(formula, sp.Eq)
    try:
        first = evaluate(formula.lhs - formula.rhs, {**(values or {}), unknown: sp.S.One}, COARSE)
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
        if off := _missed(one, values):
            raise InvalidValue(f"{claim.name} {one.otherwise or f'needs {one.text}: {off}'}")


def unmet(claim: Claim, values: Values) -> str:
    """What is so of a claim at values that it does not hold at, where it says so; else nothing.

    Examples
    --------
    >>> from hebbsym.claim import Regime
    >>> from hebbsym.notation import K
    >>> two = Requirement("minus K", -K, sp.Integer(-2), False, "needs another pattern")
    >>> unmet(Claim("snr", "", K, Regime.EXACT, requirements=(two,)), {K: 1})
    'snr needs another pattern'
    """
    said = (one for one in claim.requirements if one.otherwise and _missed(one, values))
    return next((f"{claim.name} {one.otherwise}" for one in said), "")


def _missed(one: Requirement, values: Values) -> str:
    """By how much a requirement is missed; nothing where it is met, or a symbol has no value."""
    margin = one.bound - one.quantity
    if margin.free_symbols - set(values):
        return ""
    left = evaluate(margin, values)
    if left > 0 or (left == 0 and not one.strict):
        return ""
    found = mpmath.nstr(evaluate(one.quantity, values), 6).removesuffix(".0")
    excess = mpmath.nstr(-left, 3).removesuffix(".0")
    return f"it is {found}, " + (f"too large by {excess}" if left < 0 else "and must be below")


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
