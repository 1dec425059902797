"""Formula text to exact expressions, against a whitelist: what a user types is never executed.

Main names
----------
parse
    Formula text to an expression.
number
    Text of one exact real number, such as ``1/2``.
assignments
    ``"D=60,K=12,a=1/2"`` to symbols with values.

Conventions
-----------
The grammar is whole numbers, names, ``+ - * /``, powers as ``**`` or ``^``, parentheses, the
constant ``pi`` and the functions of a :class:`~hebbsym.functions.Vocabulary`. Decimals are
refused, because they are not exact. An exponent is a number: ``2``, ``-1``, ``(1/2)``.

The text is cut into tokens first; only numbers, names, operators and parentheses in a
well-formed order reach :func:`ast.parse`, and its tree is translated node by node. No SymPy
function ever sees the text. All work is bounded before it is done, by the constants below.
"""

from __future__ import annotations

import ast
import difflib
import keyword
import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy as sp

from hebbsym.errors import FormulaError, InvalidValue, SizeLimit
from hebbsym.functions import COMPARISONS, ELEMENTARY, EQUALITIES, Vocabulary
from hebbsym.notation import named

LONGEST = 2000
"""Bound on the characters of a formula."""
MOST_TOKENS = 800
"""Bound on its numbers, names, operators and parentheses together."""
DEEPEST = 40
"""Bound on nested parentheses, and on signs in a row."""
MOST_DIGITS = 40
"""Bound on the digits of a whole number."""
LONGEST_NAME = 40
"""Bound on the characters of a name."""
HIGHEST_EXPONENT = 64
"""Bound on the numerator and the denominator of an exponent."""
MOST_TERMS = 5000
"""Bound on the terms that the formula would have when multiplied out."""
MOST_BITS = 1 << 15
"""Bound on the bits of a coefficient of the multiplied-out formula."""

_NO_SYMBOLS = frozenset({"nan", "inf", "infinity", "oo", "zoo", "I", "E"})
"""Names that mean a number elsewhere: in SymPy, which reads what is printed here, or in Python."""
_CONSTANTS: dict[str, sp.Expr] = {"pi": sp.pi}

_TOKEN = re.compile(
    r" *(?:(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<operator>\*\*|[-+*/^()])|(?P<case>,|[<>]=?))"
)
_SIGNS = frozenset("+-")


def parse(
    text: str,
    *,
    variables: Iterable[sp.Symbol] | None = None,
    longest: int = LONGEST,
    vocabulary: Vocabulary = ELEMENTARY,
) -> sp.Expr:
    """The expression that formula text stands for.

    Parameters
    ----------
    text : str
    variables : iterable of sympy.Symbol, optional
        The symbols that may occur; without it every name is a symbol.
    longest : int
        Bound on the characters of ``text``.
    vocabulary : Vocabulary
        The functions that may occur.

    Raises
    ------
    FormulaError
        When the text is malformed, leaves the whitelist, or is not a finite real expression.
    SizeLimit
        When the text, or what it stands for, is past a bound.

    Examples
    --------
    >>> parse("c_0 + x_i^2/3")
    c_0 + x_i**2/3
    >>> parse("0.1*x_i")
    Traceback (most recent call last):
    ...
    hebbsym.errors.FormulaError: 0.1 is a decimal number in '0.1*x_i'; write 1/10
    >>> parse("9**9**9")
    Traceback (most recent call last):
    ...
    hebbsym.errors.FormulaError: an exponent in '9**9**9' is not a number; write it out, or use exp
    """
    if len(text) > longest:
        raise SizeLimit(
            f"the formula {shown(text)} has {len(text)} characters, past the bound of {longest}"
        )
    tokens = _tokens(text, vocabulary)
    try:
        tree = ast.parse(" ".join(t.replace("^", "**") for _, t in tokens), mode="eval")
    except SyntaxError:
        raise FormulaError(f"{shown(text)} is not a formula") from None
    allowed = None if variables is None else {s.name: s for s in variables}
    names = len({t for kind, t in tokens if kind == "name"})
    builder = _Builder(text, allowed, names, vocabulary)
    expression = builder.build(tree.body).expression
    if expression.has(sp.zoo, sp.nan, sp.oo, -sp.oo, sp.I):
        raise FormulaError(f"{shown(text)} is not a finite real expression")
    return expression


def number(text: str) -> sp.Expr:
    """The exact real number that text stands for.

    Examples
    --------
    >>> number("1/2"), number("-1"), number("sqrt(2)/4")
    (1/2, -1, sqrt(2)/4)
    """
    return parse(text, variables=())


def assignments(text: str) -> dict[sp.Symbol, sp.Expr]:
    """Values by symbol, from ``"name=number,name=number"``.

    Raises
    ------
    FormulaError
        When the text is malformed or gives a name twice.
    InvalidValue
        When a value contradicts its symbol: D, K, M and age are whole numbers.

    Examples
    --------
    >>> assignments("D=60, a=1/2, x=-1")
    {D: 60, a: 1/2, x: -1}
    """
    if len(text) > LONGEST:
        raise SizeLimit(f"the values have {len(text)} characters, past the bound of {LONGEST}")
    values: dict[sp.Symbol, sp.Expr] = {}
    for part in text.split(","):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or not value or not _is_name(name):
            raise FormulaError(f"{shown(part.strip())} is not of the form name=number")
        symbol = named(name)
        if symbol in values:
            raise FormulaError(f"{name} is given twice in {shown(text)}")
        values[symbol] = number(value)
        for assumption in ("integer", "positive", "nonnegative"):
            demanded = getattr(symbol, f"is_{assumption}")
            if demanded and getattr(values[symbol], f"is_{assumption}") is False:
                raise InvalidValue(f"{name} = {shown(value)[1:-1]}, but {name} is {assumption}")
    return values


def shown(text: str) -> str:
    """User text as it may appear in a message: one line, ASCII, shortened.

    Examples
    --------
    >>> shown("two" + chr(10) + "lines")
    "'two\\\\nlines'"
    """
    return ascii(text if len(text) <= 60 else text[:57] + "...")


def _is_name(name: str, vocabulary: Vocabulary = ELEMENTARY) -> bool:
    """Whether a user may call a symbol so."""
    return (
        re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name) is not None
        and len(name) <= LONGEST_NAME
        and name not in vocabulary.words
        and name not in _CONSTANTS
        and name not in _NO_SYMBOLS
        and name.lower() not in _NO_SYMBOLS
        and not keyword.iskeyword(name)
    )


def _tokens(text: str, vocabulary: Vocabulary) -> list[tuple[str, str]]:
    """The tokens (kind, text); operands and operators alternate and parentheses match."""
    found: list[tuple[str, str]] = []
    position, depth, signs = 0, 0, 0
    operand_next, end = True, len(text.rstrip(" "))
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None or (match["case"] and not (vocabulary.cases and depth)):
            bad = text[position:].lstrip(" ")[0]
            raise FormulaError(f"{bad!a} does not belong in a formula: {shown(text)}")
        kind, token = str(match.lastgroup), str(match[match.lastgroup or 0])
        position = match.end()
        if kind == "case" or (kind == "operator" and token not in "()"):
            signs = signs + 1 if operand_next else 1
            if operand_next and token not in _SIGNS:
                raise FormulaError(f"an operand is missing before {token} in {shown(text)}")
            operand_next = True
        elif token == ")":
            depth -= 1
            if depth < 0 or operand_next:
                raise FormulaError(f"a ) in {shown(text)} stands where none can")
        else:
            call = token == "(" and not operand_next and found[-1][0] == "name"
            if not operand_next and not call:
                raise FormulaError(
                    f"an operator is missing before {shown(token)[1:-1]} in {shown(text)}; "
                    "products are written with *"
                )
            _check_word(kind, token, text, vocabulary)
            depth += token == "("
            operand_next = token == "("
        found.append((kind, token))
        if depth > DEEPEST or signs > DEEPEST:
            raise SizeLimit(f"{shown(text)} is nested past the bound of {DEEPEST} levels")
        if len(found) > MOST_TOKENS:
            raise SizeLimit(f"{shown(text)} has more than {MOST_TOKENS} numbers, names and signs")
    if operand_next:
        raise FormulaError(
            f"{shown(text)} ends too early" if found else "the formula is empty; write one"
        )
    if depth:
        raise FormulaError(f"a ( in {shown(text)} is never closed")
    return found


def _check_word(kind: str, token: str, text: str, vocabulary: Vocabulary) -> None:
    """Refuse decimals, overlong numbers, and words that cannot be a name."""
    if kind == "number" and not token.isdigit():
        raise FormulaError(f"{token[:60]} is a decimal number in {shown(text)}; {_exact(token)}")
    if kind == "number" and len(token) > MOST_DIGITS:
        raise SizeLimit(f"a number in {shown(text)} has more than {MOST_DIGITS} digits")
    if kind == "number" and token[0] == "0" and token != "0":
        raise FormulaError(f"the number {token} in {shown(text)} begins with 0")
    known = vocabulary.words.union(_CONSTANTS)
    if kind == "name" and not (token in known or _is_name(token, vocabulary)):
        hint = "; write lam" if token == "lambda" else ""
        raise FormulaError(f"{shown(token)} cannot be a name in a formula{hint}")


def _exact(decimal: str) -> str:
    """What to write in the place of a decimal number."""
    exponent = re.search(r"[eE]([+-]?[0-9]+)$", decimal)
    if len(decimal) > MOST_DIGITS or (exponent and abs(int(exponent[1])) > MOST_DIGITS):
        return "write a fraction"
    return f"write {Fraction(decimal)}"


@dataclass(frozen=True)
class _Built:
    """An expression with bounds on what multiplying it out would give."""

    expression: sp.Expr
    terms: int = 1
    bits: int = 1
    degree: int = 0
    polynomial: bool = True


@dataclass(frozen=True)
class _Builder:
    """Translates the tree of one formula; sizes are checked before each operation."""

    text: str
    allowed: dict[str, sp.Symbol] | None
    names: int
    vocabulary: Vocabulary

    def build(self, node: ast.expr) -> _Built:
        """The expression of a node."""
        match node:
            case ast.Compare() | ast.Tuple() | ast.Constant(value=True):
                raise FormulaError(
                    f"a comma or a comparison in {shown(self.text)} stands where none can: cases are "
                    f"{self.vocabulary.cases}((value, condition), ..., (value, True))"
                )
            case ast.Constant(value=int(whole)):
                return _Built(sp.Integer(whole), bits=max(1, whole.bit_length()))
            case ast.Name(id=name):
                return self._symbol(name)
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return self._call(name, arguments)
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self.build(operand)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self._minus(self.build(operand))
            case ast.BinOp(left=base, op=ast.Pow(), right=exponent):
                return self._power(self.build(base), self._exponent(exponent))
            case ast.BinOp(op=ast.Add() | ast.Sub()):
                first, rest = self._spine(node, (ast.Add, ast.Sub))
                parts = [b if isinstance(op, ast.Add) else self._minus(b) for op, b in rest]
                return self._sum([first, *parts])
            case ast.BinOp(op=ast.Mult() | ast.Div()):
                first, rest = self._spine(node, (ast.Mult, ast.Div))
                over = [b for op, b in rest if isinstance(op, ast.Mult)]
                under = [b for op, b in rest if isinstance(op, ast.Div)]
                return self._product([first, *over], under)
        raise FormulaError(f"{shown(self.text)} is not a formula")

    def _spine(
        self, node: ast.BinOp, operators: tuple[type[ast.operator], ...]
    ) -> tuple[_Built, list[tuple[ast.operator, _Built]]]:
        """A chain of left-associative operators, without recursion along the chain."""
        rest: list[tuple[ast.operator, _Built]] = []
        left: ast.expr = node
        while isinstance(left, ast.BinOp) and isinstance(left.op, operators):
            rest.append((left.op, self.build(left.right)))
            left = left.left
        return self.build(left), rest[::-1]

    def _symbol(self, name: str) -> _Built:
        if name in _CONSTANTS:
            return _Built(_CONSTANTS[name], degree=1)
        if name in self.vocabulary.words:
            raise FormulaError(f"the function {name} lacks its argument in {shown(self.text)}")
        if self.allowed is None:
            return _Built(named(name), degree=1)
        if name not in self.allowed:
            close = difflib.get_close_matches(name, self.allowed, n=1)
            known = ", ".join(sorted(self.allowed))
            hint = f"did you mean {close[0]}?" if close else f"known: {known}" if known else ""
            raise FormulaError(
                f"{name} in {shown(self.text)} is no known symbol; {hint}"
                if hint
                else f"{shown(self.text)} is not a number: {name} has no value"
            )
        return _Built(self.allowed[name], degree=1)

    def _call(self, name: str, arguments: list[ast.expr]) -> _Built:
        functions, cases = self.vocabulary.functions, self.vocabulary.cases
        if cases and name == cases:
            return self._cases(arguments)
        if name not in functions:
            raise FormulaError(
                f"{name} is not a function in {shown(self.text)}; the functions are "
                f"{', '.join([*functions, cases] if cases else functions)}, and products are written with *"
            )
        function = functions[name]
        if not function.least <= len(arguments) <= function.most:
            raise FormulaError(
                f"{name} takes {function.takes}, and has {len(arguments)} in {shown(self.text)}"
            )
        inner = [self.build(argument) for argument in arguments]
        return self._made(self._real(function.make, [part.expression for part in inner]), inner)

    def _real(self, make: Callable[..., Any], parts: Iterable[Any]) -> Any:
        """What is made of the parts, which SymPy cannot compare where one is not real."""
        try:
            return make(*parts)
        except (TypeError, ValueError):
            raise FormulaError(f"{shown(self.text)} compares what is not real") from None

    def _made(self, value: sp.Expr, inner: list[_Built]) -> _Built:
        """What no polynomial makes of its parts."""
        return _Built(
            value,
            sum(part.terms for part in inner),
            max(part.bits for part in inner),
            max(part.degree for part in inner) + 1,
            polynomial=False,
        )

    def _cases(self, arguments: list[ast.expr]) -> _Built:
        """Pairs (value, condition); the first whose condition holds counts."""
        pairs, parts = [], []
        for argument in arguments:
            match argument:
                case ast.Tuple(elts=[value, condition]):
                    built, (test, sides) = self.build(value), self._condition(condition)
                    pairs.append((built.expression, test))
                    parts += [built, *sides]
                case _:
                    raise FormulaError(
                        f"{self.vocabulary.cases} in {shown(self.text)} takes pairs (value, condition)"
                    )
        if not pairs:
            raise FormulaError(f"{self.vocabulary.cases} has no case in {shown(self.text)}")
        return self._made(self._real(sp.Piecewise, pairs), parts)

    def _condition(self, node: ast.expr) -> tuple[sp.Basic, list[_Built]]:
        """One comparison, or True, and the sides of it."""
        match node:
            case ast.Constant(value=True):
                return sp.true, []
            case ast.Compare(left=left, ops=[sign], comparators=[right]):
                relation = COMPARISONS[type(sign)]
            case ast.Call(func=ast.Name(id=name), args=[left, right]) if name in EQUALITIES:
                relation = EQUALITIES[name]
            case _:
                raise FormulaError(
                    f"a condition in {shown(self.text)} is one comparison, with <, <=, >, >=, Eq or Ne, or True"
                )
        sides = [self.build(left), self.build(right)]
        return self._real(relation, [side.expression for side in sides]), sides

    def _minus(self, part: _Built) -> _Built:
        return _Built(-part.expression, part.terms, part.bits, part.degree, part.polynomial)

    def _sum(self, parts: list[_Built]) -> _Built:
        return self._bounded(
            lambda: sp.Add(*(p.expression for p in parts)),
            sum(p.terms for p in parts),
            sum(p.bits for p in parts),
            max(p.degree for p in parts),
            all(p.polynomial for p in parts),
        )

    def _product(self, over: list[_Built], under: list[_Built]) -> _Built:
        if any(p.expression.is_zero for p in under):
            raise FormulaError(f"{shown(self.text)} divides by zero")
        return self._bounded(
            lambda: sp.Mul(*(p.expression for p in over), *(1 / p.expression for p in under)),
            math.prod(p.terms for p in (*over, *under)),
            sum(p.bits for p in (*over, *under)),
            sum(p.degree for p in (*over, *under)),
            all(p.polynomial for p in over) and all(p.expression.is_number for p in under),
        )

    def _power(self, base: _Built, exponent: sp.Rational) -> _Built:
        if base.expression.is_zero and exponent <= 0:
            raise FormulaError(f"{shown(self.text)} raises zero to the power {exponent}")
        times = max(1, math.ceil(abs(exponent)))
        return self._bounded(
            lambda: base.expression**exponent,
            math.comb(times + base.terms - 1, times),
            times * (base.bits + base.terms.bit_length()),
            times * base.degree,
            base.polynomial and exponent.is_integer and exponent >= 0,
        )

    def _exponent(self, node: ast.expr) -> sp.Rational:
        """A whole number or a quotient of whole numbers, with a sign; each is within its bound."""
        match node:
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self._exponent(operand)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -self._exponent(operand)
            case ast.Constant(value=int(whole)):
                found = sp.Integer(whole)
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                over, under = self._exponent(left), self._exponent(right)
                if under == 0:
                    raise FormulaError(f"{shown(self.text)} divides by zero")
                found = over / under
            case _:
                raise FormulaError(
                    f"an exponent in {shown(self.text)} is not a number; write it out, or use exp"
                )
        if max(abs(found.p), found.q) > HIGHEST_EXPONENT:
            raise SizeLimit(f"an exponent in {shown(self.text)} is past {HIGHEST_EXPONENT}")
        return found

    def _bounded(
        self, make: Callable[[], sp.Expr], terms: int, bits: int, degree: int, polynomial: bool
    ) -> _Built:
        """The made expression, unless its multiplied-out form would be past a bound."""
        if polynomial:
            terms = min(terms, math.comb(degree + self.names, self.names))
        if terms > MOST_TERMS or bits > MOST_BITS:
            what = f"{MOST_TERMS} terms" if terms > MOST_TERMS else f"{MOST_BITS} bits a number"
            raise SizeLimit(f"{shown(self.text)}, multiplied out, is past the bound of {what}")
        return _Built(make(), terms, bits, degree, polynomial)
