r"""The tree of an expression as calls of mpmath, at whatever precision is current.

Main names
----------
compiled
    The expression as a function of an environment: numbers by symbol.
KINDS
    What each kind of node becomes; a new function is one entry.
number_of
    The value of an expression without symbols.

Conventions
-----------
Nothing is converted through text or doubles. 0**0 is 1. A sum runs over integers, and a
part that does not depend on its index is evaluated once.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import mpmath
import sympy as sp

from hebbsym.errors import InvalidValue, NotDerivable, SizeLimit
from hebbsym.exactfunctions import ExactFunction, WholeFunction
from hebbsym.histories import HistoryFunction
from hebbsym.lattice import FieldProbability, Middle, OnLattice, Span
from hebbsym.laws import history_average, probabilities
from hebbsym.messages import short, shown
from hebbsym.solutions import NumericFunction, Solution, solved

MOST_TERMS = 10**6
"""Bound on the number of terms of a sum."""
_SUMS_KEPT = 2**14
"""Values of sums that are remembered."""
_known_sums: dict[tuple[Any, ...], Any] = {}
_COUNTED = 2**12
"""Binomials of whole numbers up to this one are counted."""

_GUARD = 12
_ENDS = 6

Environment = dict[sp.Basic, Any]
Compiled = Callable[[Environment], Any]


def compiled(expr: sp.Basic) -> Compiled:
    """The expression as a function of an environment, at mpmath's current precision.

    Raises
    ------
    NotDerivable
        When the tree holds a node that has no numerical counterpart here.

    Examples
    --------
    >>> x = sp.Symbol("x")
    >>> print(compiled(x**2 + 1)({x: mpmath.mpf(3)}))
    10.0
    """
    if isinstance(expr, sp.Symbol):
        return lambda at: at[expr]
    if isinstance(expr, sp.Integer):
        integer = int(expr)
        return lambda at: mpmath.mpf(integer)
    if isinstance(expr, sp.Rational):
        above, below = int(expr.p), int(expr.q)
        return lambda at: mpmath.mpf(above) / below
    for kind, build in KINDS.items():
        if isinstance(expr, kind):
            return build(expr)
    raise NotDerivable(f"{type(expr).__name__} in {short(expr)} has no numerical counterpart")


def number_of(expr: sp.Expr) -> Any:
    """The value of an expression without symbols, at mpmath's current precision.

    Examples
    --------
    >>> print(number_of(sp.sqrt(4) + sp.Rational(1, 2)))
    2.5
    """
    return compiled(expr)({})


def _reduce(combine: Callable[[list[Any]], Any]) -> Callable[[sp.Basic], Compiled]:
    def build(expr: sp.Basic) -> Compiled:
        parts = [compiled(part) for part in expr.args]
        return lambda at: combine([part(at) for part in parts])

    return build


def _call(function: Callable[..., Any]) -> Callable[[sp.Basic], Compiled]:
    return _reduce(lambda parts: function(*parts))


def _constant(make: Callable[[], Any]) -> Callable[[sp.Basic], Compiled]:
    return lambda expr: lambda at: make()


def _power(expr: sp.Basic) -> Compiled:
    base, exponent = (compiled(part) for part in expr.args)
    if expr.args[1] == sp.S.Half:
        return lambda at: mpmath.sqrt(base(at))
    if isinstance(expr.args[1], sp.Integer):
        power = int(expr.args[1])
        return lambda at: base(at) ** power

    def raised(at: Environment) -> Any:
        number, by = base(at), exponent(at)
        if mpmath.isint(by):
            return number ** int(by)  # 0**0 = 1, and no logarithm of a negative number
        return mpmath.power(number, by)

    return raised


def _lambertw(expr: sp.Basic) -> Compiled:
    parts = [compiled(part) for part in expr.args]

    def branch(at: Environment) -> Any:
        argument, *which = (part(at) for part in parts)
        return mpmath.lambertw(argument, int(which[0]) if which else 0)

    return branch


def _hoisted(body: sp.Basic, bound: sp.Symbol) -> tuple[sp.Basic, dict[sp.Symbol, Compiled]]:
    """The body with every largest part that is free of the bound symbol replaced by a symbol."""
    kept: dict[sp.Basic, sp.Symbol] = {}

    def visit(part: sp.Basic) -> sp.Basic:
        if part.is_Atom:
            return part
        if bound not in part.free_symbols:
            return kept.setdefault(part, sp.Dummy())
        if isinstance(part, sp.Sum | sp.Integral | sp.Piecewise | ExactFunction | Solution):
            return part
        arithmetic = isinstance(part, sp.Add | sp.Mul | sp.Pow)
        return part.func(*map(visit, part.args), **({"evaluate": False} if arithmetic else {}))

    body = visit(body)
    return body, {symbol: compiled(part) for part, symbol in kept.items()}


def _sum(expr: sp.Basic) -> Compiled:
    *inside, (bound, first, last) = (tuple(limit) for limit in expr.limits)  # the last is outermost
    inner = sp.Sum(expr.function, *inside) if inside else expr.function
    body, outside = _hoisted(inner, bound)
    term, low, high = compiled(body), compiled(first), compiled(last)
    free = sorted(expr.free_symbols, key=str)

    def remembered(at: Environment) -> Any:
        """An inner sum is asked for again and again with the same values: by sums around it, by a root."""
        key = (expr, mpmath.mp.prec, *(at.get(symbol) for symbol in free))
        if key not in _known_sums:
            if len(_known_sums) >= _SUMS_KEPT:
                _known_sums.clear()
            _known_sums[key] = summed(at)
        return _known_sums[key]

    def summed(at: Environment) -> Any:
        start, stop = low(at), high(at)
        if not (mpmath.isint(start) and mpmath.isint(stop)):
            raise InvalidValue(f"the limits of {short(expr)} are not integers at {shown(at)}")
        if stop - start >= MOST_TERMS:
            raise SizeLimit(
                f"a sum of {int(stop - start + 1)} terms is past the bound of {MOST_TERMS}"
            )
        inside = {**at, **{symbol: part(at) for symbol, part in outside.items()}}
        terms = []
        for n in range(int(start), int(stop) + 1):
            inside[bound] = mpmath.mpf(n)
            terms.append(term(inside))
        return mpmath.fsum(terms)

    return remembered


def _integral(expr: sp.Basic) -> Compiled:
    *inside, (bound, first, last) = (tuple(limit) for limit in expr.limits)
    inner = sp.Integral(expr.function, *inside) if inside else expr.function
    body, outside = _hoisted(inner, bound)
    integrand, low, high = compiled(body), compiled(first), compiled(last)

    def integrated(at: Environment) -> Any:
        inside = {**at, **{symbol: part(at) for symbol, part in outside.items()}}

        def at_point(point: Any) -> Any:
            inside[bound] = point
            return integrand(inside)

        ends = [low(at), high(at)]
        if mpmath.isinf(ends[0]) and mpmath.isinf(ends[1]):
            ends.insert(1, mpmath.mpf(0))
        wanted = mpmath.mp.dps
        with mpmath.extradps(_GUARD):
            result, error = mpmath.quad(at_point, ends, error=True, maxdegree=12)
        if error > abs(result) * mpmath.mpf(10) ** -(wanted - _ENDS):
            raise InvalidValue(f"the quadrature of {short(expr)} does not converge at {shown(at)}")
        return +result

    return integrated


def _piecewise(expr: sp.Basic) -> Compiled:
    branches = [(compiled(part), _condition(test)) for part, test in expr.args]

    def chosen(at: Environment) -> Any:
        for part, test in branches:
            if test(at):
                return part(at)
        raise InvalidValue(f"no branch of {short(expr)} holds at {shown(at)}")

    return chosen


def _condition(test: sp.Basic) -> Callable[[Environment], bool]:
    if isinstance(test, sp.logic.boolalg.BooleanAtom):
        verdict = test is sp.true
        return lambda at: verdict
    if isinstance(test, sp.And | sp.Or):
        parts = [_condition(part) for part in test.args]
        quantifier = all if isinstance(test, sp.And) else any
        return lambda at: quantifier(part(at) for part in parts)
    if isinstance(test, sp.Not):
        inner = _condition(test.args[0])
        return lambda at: not inner(at)
    if type(test) in _RELATIONS:
        compare = _RELATIONS[type(test)]
        left, right = (compiled(part) for part in test.args)
        return lambda at: bool(compare(left(at), right(at)))
    raise NotDerivable(f"the condition {short(test)} has no numerical counterpart")


_RELATIONS: dict[type, Callable[[Any, Any], Any]] = {
    sp.Eq: lambda a, b: a == b,
    sp.Ne: lambda a, b: a != b,
    sp.StrictLessThan: lambda a, b: a < b,
    sp.LessThan: lambda a, b: a <= b,
    sp.StrictGreaterThan: lambda a, b: a > b,
    sp.GreaterThan: lambda a, b: a >= b,
}


def _probability(expr: FieldProbability) -> Compiled:
    """Known to 12 digits, whatever the precision is."""
    free = ", ".join(sorted(map(str, expr.free_symbols)))
    if free:
        raise NotDerivable(f"an exact law is known at numbers only, and {free} is none")
    return lambda at: probabilities(number_of, *expr.args)[expr.part]


def _over_histories(expr: HistoryFunction) -> Compiled:
    """Known to the digits that it settles to, whatever the precision is."""
    free = ", ".join(sorted(map(str, expr.free_symbols)))
    if free:
        raise NotDerivable(
            f"an average over histories is known at numbers only, and {free} is none"
        )
    return lambda at: history_average(number_of, expr)[0]


def _exactly(expr: Span | OnLattice | Middle) -> Compiled:
    """Evaluated by its own method; a bound symbol inside of it is an integer."""
    free = expr.free_symbols

    def found(at: Environment) -> Any:
        values = {symbol: sp.Integer(int(at[symbol])) for symbol in free}
        return number_of(_exact_number(expr.xreplace(values)))

    return found


@lru_cache(maxsize=4096)
def _exact_number(expr: Span | OnLattice | Middle) -> sp.Expr:
    return expr.number()


def _whole(expr: sp.Basic) -> Compiled:
    parts = [compiled(part) for part in expr.args]

    def worked_out(at: Environment) -> Any:
        numbers = [part(at) for part in parts]
        if not all(mpmath.isint(number) for number in numbers):
            raise InvalidValue(f"{short(expr)} is known at exact numbers only, not at {shown(at)}")
        found = expr.func(*(sp.Integer(int(number)) for number in numbers))
        return compiled(found)({})

    return worked_out


def _solution(expr: Solution) -> Compiled:
    body, equation, unknown, start, ratio = expr.args
    result, sides, first, factor = map(compiled, (body, equation, start, ratio))

    def found(at: Environment) -> Any:
        inside = dict(at)

        def difference(point: Any) -> Any:
            inside[unknown] = point
            return sides(inside)

        root = solved(difference, first(at), factor(at), short(equation))
        return result({**at, unknown: root})

    return found


def _worked_out(expr: NumericFunction) -> Compiled:
    parts = [compiled(part) for part in expr.args]
    return lambda at: type(expr).law(*(part(at) for part in parts))


KINDS: dict[type, Callable[[Any], Compiled]] = {
    Solution: _solution,
    NumericFunction: _worked_out,
    FieldProbability: _probability,
    HistoryFunction: _over_histories,
    Span: _exactly,
    OnLattice: _exactly,
    Middle: _exactly,
    sp.Add: _reduce(mpmath.fsum),
    sp.Mul: _reduce(mpmath.fprod),
    sp.Pow: _power,
    type(sp.pi): _constant(lambda: +mpmath.pi),
    type(sp.E): _constant(lambda: +mpmath.e),
    type(sp.EulerGamma): _constant(lambda: +mpmath.euler),
    type(sp.I): _constant(lambda: mpmath.mpc(0, 1)),
    type(sp.oo): _constant(lambda: mpmath.inf),
    type(-sp.oo): _constant(lambda: -mpmath.inf),
    sp.exp: _call(mpmath.exp),
    sp.log: _call(mpmath.log),
    sp.sin: _call(mpmath.sin),
    sp.cos: _call(mpmath.cos),
    sp.tanh: _call(mpmath.tanh),
    sp.sinh: _call(mpmath.sinh),
    sp.cosh: _call(mpmath.cosh),
    sp.atan: _call(mpmath.atan),
    sp.erf: _call(mpmath.erf),
    sp.erfc: _call(mpmath.erfc),
    sp.erfinv: _call(mpmath.erfinv),
    sp.erfcinv: _call(lambda y: _erfcinv(y)),
    sp.LambertW: _lambertw,
    sp.gamma: _call(mpmath.gamma),
    sp.loggamma: _call(mpmath.loggamma),
    sp.factorial: _call(mpmath.factorial),
    sp.binomial: _call(lambda n, k: _binomial(n, k)),
    sp.Abs: _call(abs),
    sp.sign: _call(mpmath.sign),
    sp.Heaviside: _call(lambda y, at_zero: at_zero if y == 0 else mpmath.mpf(int(y > 0))),
    sp.floor: _call(mpmath.floor),
    sp.ceiling: _call(mpmath.ceil),
    sp.Max: _call(max),
    sp.Min: _call(min),
    sp.Sum: _sum,
    sp.Integral: _integral,
    sp.Piecewise: _piecewise,
    sp.CRootOf: lambda root: lambda at: _algebraic(root),
    WholeFunction: _whole,
}


def _binomial(n: Any, k: Any) -> Any:
    """Of whole numbers exactly, which is faster than by gamma functions."""
    if mpmath.isint(n) and mpmath.isint(k) and 0 <= k <= n <= _COUNTED:
        return mpmath.mpf(math.comb(int(n), int(k)))
    return mpmath.binomial(n, k)


def _algebraic(root: sp.CRootOf) -> Any:
    """A zero of a polynomial, refined in its isolating interval to the working precision."""
    return mpmath.mpmathify(root.evalf(mpmath.mp.dps + 2))


def _erfcinv(y: Any) -> Any:
    """Inverse of erfc; Newton's steps keep the digits that 1 - y would lose for small y."""
    if isinstance(y, mpmath.mpc) or not 0 < y < 2:
        return mpmath.nan
    if y > mpmath.mpf(1) / 4:
        return mpmath.erfinv(1 - y)
    with mpmath.extradps(10):
        guess = mpmath.sqrt(-mpmath.log(y * mpmath.sqrt(mpmath.pi)))
        for _ in range(200):
            ratio = (mpmath.erfc(guess) - y) * mpmath.sqrt(mpmath.pi) / 2 * mpmath.exp(guess**2)
            step = ratio / (1 - guess * ratio)  # Halley
            guess += step
            if abs(step) <= abs(guess) * mpmath.eps * 2**8:
                return +guess
    return mpmath.nan
