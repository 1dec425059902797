r"""Expressions as JavaScript functions of doubles.

Main names
----------
Program
    Functions that share their finite sums.
KINDS
    What each kind of node becomes; a new function is one entry.
special_functions
    The source of the special functions that the printed code calls.

Conventions
-----------
The text of an expression never reaches the code: a symbol becomes ``v[n]``, n its place, and a
name that a user chose occurs nowhere. A part that occurs twice is computed once; a part of a sum
that does not depend on its index stands before the loop. Numbers are the doubles nearest to the
exact ones.

Implementation notes
--------------------
Forms that lose digits in doubles are rewritten first (:func:`careful`): 1 - erfc(u)/2 is
erfc(-u)/2, 1 - (1 + u)**n is -expm1(n log1p(u)), and a binomial probability is the exponential
of a sum of logarithms, so that it neither overflows nor vanishes too early.

What is lost: the claims of additive rules are right to about 1e-12 at ordinary points. Laws by age are
quotients of differences of powers, and where several slow rates nearly cancel doubles lose digits (instar at
a rate of 1/100: rho is right to 2e-11, and an error of 1e-39, which has 88 times its relative error, to 2e-9).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files

import sympy as sp
from sympy.codegen.cfunctions import expm1, log1p

from hebbsym.errors import NotDerivable
from hebbsym.histories import HistoryFunction
from hebbsym.lattice import FieldProbability
from hebbsym.messages import short

MOST_TERMS = 20_000
"""Bound on the number of terms of a sum on a page; the printed loop gives NaN beyond it."""


class UpperErfc(sp.Function):  # type: ignore[misc]
    """erfc(u), left as it is: SymPy turns erfc(-u) into 2 - erfc(u), which loses small values."""

    nargs = 1


class PowerLessOne(sp.Function):  # type: ignore[misc]
    """(1 + u)**n - 1 as a function of u and n, exact for small u."""

    nargs = 2


class Weight(sp.Function):  # type: ignore[misc]
    """The product of a binomial coefficient (n, k) and of powers: ``Weight(n, k, b, e, b, e, ...)``."""


def special_functions() -> str:
    """The JavaScript of what the printed code calls under ``special.``.

    Examples
    --------
    >>> "function erfc(" in special_functions()
    True
    """
    return files("hebbsym.exploration").joinpath("static", "special.js").read_text(encoding="utf-8")


@lru_cache(maxsize=65536)
def careful(expr: sp.Basic) -> sp.Basic:
    """The expression in forms that keep their digits in doubles.

    Examples
    --------
    >>> u, n = sp.symbols("u n")
    >>> careful(1 - sp.erfc(u) / 2)
    UpperErfc(-u)/2
    >>> careful(1 - (1 - u) ** n)
    -PowerLessOne(-u, n)
    """
    if expr.is_Atom:
        return expr
    if isinstance(expr, sp.Add):
        return _careful_sum(expr)
    if isinstance(expr, sp.Mul) and expr.has(sp.binomial):
        return _careful_product(expr)
    if isinstance(expr, sp.log) and _less_one(expr.args[0]) is not None:
        return log1p(careful(_less_one(expr.args[0])))
    parts = [careful(part) for part in expr.args]
    if isinstance(expr, sp.erfc):
        return UpperErfc(*parts)
    return expr.func(*parts)


def _less_one(expr: sp.Basic) -> sp.Expr | None:
    """u where the expression is a sum 1 + u that shows its 1."""
    if not isinstance(expr, sp.Add) or expr.as_coeff_Add()[0] != 1:
        return None
    return sp.Add(*(term for term in expr.args if term != 1))


def _careful_sum(total: sp.Add) -> sp.Expr:
    """A sum whose number is taken together with the term that nearly cancels it."""
    number, terms = total.as_coeff_add()
    for term in terms if number else ():
        factor, rest = term.as_coeff_Mul()
        others = [careful(t) for t in terms if t is not term]
        if isinstance(rest, sp.erfc) and number == -2 * factor:
            return sp.Add(-factor * UpperErfc(-careful(rest.args[0])), *others)
        small = _less_one(rest.base) if isinstance(rest, sp.Pow) else None
        if small is not None and number == -factor:
            less = PowerLessOne(careful(small), careful(rest.exp))
            return sp.Add(factor * less, *others)
    return sp.Add(*(careful(term) for term in total.args))


def _careful_product(product: sp.Mul) -> sp.Expr:
    """A product that holds binomial coefficients, with its powers of symbolic exponent beside them."""
    chosen = [f for f in product.args if isinstance(f, sp.binomial)]
    raised = [f for f in product.args if isinstance(f, sp.Pow) and not f.exp.is_number]
    if len(chosen) != 1:
        return sp.Mul(*(careful(factor) for factor in product.args))
    rest = [careful(f) for f in product.args if f not in chosen and f not in raised]
    pairs = [careful(part) for power in raised for part in (power.base, power.exp)]
    return sp.Mul(Weight(*(careful(part) for part in chosen[0].args), *pairs), *rest)


# ---- printing -----------------------------------------------------------------------------


@dataclass
class Scope:
    """A block of code: its symbols, its lines, and the parts that have a name in it."""

    symbols: Mapping[sp.Basic, str]
    above: Scope | None = None
    lines: list[str] = field(default_factory=list)
    names: dict[sp.Basic, str] = field(default_factory=dict)

    def home(self, expr: sp.Basic) -> Scope:
        """The outermost block in which every symbol of the expression has a value."""
        inside = self.above is None or bool(expr.free_symbols & set(self.symbols))
        return self if inside or self.above is None else self.above.home(expr)

    def place(self, symbol: sp.Basic) -> str:
        """The code of a symbol."""
        if symbol in self.symbols:
            return self.symbols[symbol]
        if self.above is None:
            raise NotDerivable(f"{symbol} has no place among the arguments of a function on a page")
        return self.above.place(symbol)


class Program:
    """JavaScript functions of one vector ``v``; the sums that occur in them are functions too.

    Parameters
    ----------
    symbols : sequence of symbol
        What ``v[0]``, ``v[1]``, ... stand for.

    Examples
    --------
    >>> from hebbsym.notation import D, K
    >>> program = Program([D, K])
    >>> print(program.function((D - 1) / (K - 1)))
    function (v) { return (1 / ((-1) + v[1])) * ((-1) + v[0]); }
    """

    def __init__(self, symbols: Sequence[sp.Symbol]) -> None:
        self._places = {symbol: f"v[{n}]" for n, symbol in enumerate(symbols)}
        self._sums: dict[sp.Basic, str] = {}
        self.sums: list[str] = []
        """The shared sums: declarations that stand before the functions."""

    def function(self, expr: sp.Basic) -> str:
        """An expression as a function expression.

        Raises
        ------
        NotDerivable
            When a node has no counterpart, or a symbol no place.
        """
        return "function " + self._body(careful(expr), top=True)

    def _body(self, expr: sp.Basic, *, top: bool) -> str:
        writer = Writer(expr, self if top else None)
        scope = Scope(self._places)
        result = _bare(writer.text(expr, scope))
        return "(v) { " + " ".join([*scope.lines, f"return {result};"]) + " }"

    def shared(self, total: sp.Sum) -> str | None:
        """The call of a sum of its own; None when it depends on the index of another one."""
        if total.free_symbols - set(self._places):
            return None
        if total not in self._sums:
            body = self._body(total, top=False)
            self._sums[total] = f"sum{len(self._sums)}"
            self.sums.append(f"function {self._sums[total]}{body}")
        return f"{self._sums[total]}(v)"


class Writer:
    """Prints one expression; parts that it meets more than once get a name."""

    def __init__(self, expr: sp.Basic, program: Program | None) -> None:
        self._program = program
        self._count = 0
        seen: set[sp.Basic] = set()
        self._uses: Counter[sp.Basic] = Counter()
        stack = [expr]
        while stack:
            node = stack.pop()
            if node not in seen:
                seen.add(node)
                self._uses.update(node.args)
                stack.extend(node.args)

    def fresh(self, letter: str) -> str:
        """A name that occurs nowhere else in this function."""
        self._count += 1
        return f"{letter}{self._count}"

    def text(self, expr: sp.Basic, scope: Scope) -> str:
        """The code of an expression, in brackets where it needs them."""
        if isinstance(expr, sp.Symbol):
            return scope.place(expr)
        if isinstance(expr, sp.Rational):
            return number(expr)
        home = scope.home(expr)
        if expr in home.names:
            return home.names[expr]
        code = self._printed(expr, home)
        if not expr.args or (home is scope and self._uses[expr] < 2):
            return code
        name = self.fresh("t")
        home.lines.append(f"const {name} = {_bare(code)};")
        home.names[expr] = name
        return name

    def _printed(self, expr: sp.Expr, scope: Scope) -> str:
        if isinstance(expr, sp.Sum):
            call = self._program.shared(expr) if self._program is not None else None
            return call or self._loop(expr, scope)
        parts = expr.args
        for kind, form in KINDS.items():
            if isinstance(expr, kind):
                return form([self.text(part, scope) for part in parts])
        if isinstance(expr, sp.Piecewise):
            return self._chosen(expr, scope)
        said = next((words for kind, words in _SAID.items() if isinstance(expr, kind)), None)
        what = said or f"{type(expr).__name__} in {short(expr)}"
        raise NotDerivable(f"{what} has no counterpart in JavaScript")

    def _loop(self, total: sp.Sum, scope: Scope) -> str:
        """A sum as a loop in front of the line that uses it."""
        *inside, (index, first, last) = (tuple(limit) for limit in total.limits)
        term = sp.Sum(total.function, *inside) if inside else total.function
        low, high = self.text(first, scope), self.text(last, scope)
        start, stop, n, sum_ = (self.fresh(letter) for letter in ("a", "b", "n", "s"))
        block = Scope({index: n}, scope)
        value = self.text(term, block)
        scope.lines += [
            f"const {start} = {_bare(low)}, {stop} = {_bare(high)};",
            f"let {sum_} = special.countable({start}, {stop}, {MOST_TERMS});",
            f"for (let {n} = {start}; {n} <= {stop} && {sum_} === {sum_}; {n}++) {{",
            *block.lines,
            f"{sum_} += {_bare(value)}; }}",
        ]
        return sum_

    def _chosen(self, expr: sp.Piecewise, scope: Scope) -> str:
        code = "NaN"
        for part, test in reversed(expr.args):
            code = f"({self._condition(test, scope)} ? {self.text(part, scope)} : {code})"
        return code

    def _condition(self, test: sp.Basic, scope: Scope) -> str:
        if test in (sp.true, sp.false):
            return "true" if test == sp.true else "false"
        if type(test) in _LOGIC:
            joined = f" {_LOGIC[type(test)]} ".join(self._condition(t, scope) for t in test.args)
            return f"({joined})"
        if isinstance(test, sp.Not):
            return f"!({self._condition(test.args[0], scope)})"
        if type(test) in _RELATIONS:
            left, right = (self.text(part, scope) for part in test.args)
            return f"({left} {_RELATIONS[type(test)]} {right})"
        raise NotDerivable(f"the condition {short(test)} has no counterpart in JavaScript")


def number(value: sp.Rational) -> str:
    """The double that is nearest to an exact number.

    Examples
    --------
    >>> number(sp.Rational(-1, 3)), number(sp.Integer(7))
    ('(-0.3333333333333333)', '7')

    Raises
    ------
    NotDerivable
        When it is larger than any double.
    """
    try:
        nearest = int(value.p) / int(value.q)
    except OverflowError:
        raise NotDerivable(f"the number {short(value)} is larger than any double") from None
    text = repr(nearest).removesuffix(".0")
    return f"({text})" if text.startswith("-") else text


def _bare(code: str) -> str:
    """The code without brackets around the whole of it."""
    if not (code.startswith("(") and code.endswith(")")):
        return code
    depth = 0
    for place, sign in enumerate(code):
        depth += (sign == "(") - (sign == ")")
        if depth == 0 and place < len(code) - 1:
            return code
    return code[1:-1]


def _joined(sign: str) -> Callable[[list[str]], str]:
    return lambda parts: f"({f' {sign} '.join(parts)})"


def _call(name: str) -> Callable[[list[str]], str]:
    return lambda parts: f"{name}({', '.join(_bare(part) for part in parts)})"


def _power(parts: list[str]) -> str:
    base, exponent = parts
    if exponent in _ROOTS:
        return _ROOTS[exponent].format(_bare(base), base)
    return f"Math.pow({_bare(base)}, {_bare(exponent)})"


_ROOTS = {"0.5": "Math.sqrt({0})", "(-0.5)": "(1 / Math.sqrt({0}))", "(-1)": "(1 / {1})"}
_SAID: dict[type, str] = {
    HistoryFunction: "an average over the histories of a unit",
    FieldProbability: "an exact probability on the lattice of the field",
}
"""What nodes without a counterpart are, in words; others are named by their type."""
_LOGIC = {sp.And: "&&", sp.Or: "||"}
_RELATIONS: dict[type, str] = {
    sp.Eq: "===",
    sp.Ne: "!==",
    sp.StrictLessThan: "<",
    sp.LessThan: "<=",
    sp.StrictGreaterThan: ">",
    sp.GreaterThan: ">=",
}

KINDS: dict[type, Callable[[list[str]], str]] = {
    sp.Add: _joined("+"),
    sp.Mul: _joined("*"),
    sp.Pow: _power,
    type(sp.pi): lambda parts: "Math.PI",
    type(sp.E): lambda parts: "Math.E",
    sp.exp: _call("Math.exp"),
    sp.log: _call("Math.log"),
    log1p: _call("Math.log1p"),
    expm1: _call("Math.expm1"),
    sp.sin: _call("Math.sin"),
    sp.cos: _call("Math.cos"),
    sp.tanh: _call("Math.tanh"),
    sp.sinh: _call("Math.sinh"),
    sp.cosh: _call("Math.cosh"),
    sp.atan: _call("Math.atan"),
    sp.Abs: _call("Math.abs"),
    sp.sign: _call("Math.sign"),
    sp.floor: _call("Math.floor"),
    sp.ceiling: _call("Math.ceil"),
    sp.Max: _call("Math.max"),
    sp.Min: _call("Math.min"),
    sp.erf: _call("special.erf"),
    UpperErfc: _call("special.erfc"),
    sp.erfinv: _call("special.erfinv"),
    sp.erfcinv: _call("special.erfcinv"),
    sp.LambertW: _call("special.lambertw"),
    sp.gamma: _call("special.gamma"),
    sp.loggamma: _call("special.lgamma"),
    sp.factorial: lambda parts: f"special.gamma({parts[0]} + 1)",
    sp.binomial: _call("special.binomial"),
    PowerLessOne: _call("special.powerLessOne"),
    Weight: _call("special.weight"),
}
