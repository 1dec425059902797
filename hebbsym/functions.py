"""The functions that a formula may use, by the kind of formula.

Main names
----------
Vocabulary
    Functions by name, and what distinguishes cases.
ELEMENTARY
    For rules and numbers: analytic functions of one argument, which a rule is expanded in.
OF_OVERLAPS
    For separations, which are looked at on whole numbers only: kinks, jumps and cases as well.

Conventions
-----------
Names are those of SymPy, so that what is printed is read again; ``abs``, ``max``, ``min`` and ``step`` stand for
``Abs``, ``Max``, ``Min`` and ``Heaviside``, which is 1/2 at 0 unless its second argument says otherwise. Cases are
``Piecewise((value, condition), ..., (value, True))``, a condition being one comparison.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from hebbsym.errors import SizeLimit

MOST_ARGUMENTS = 8
"""Bound on the arguments of one function: the largest of n takes n^2 comparisons."""


@dataclass(frozen=True)
class Function:
    """A function with the numbers of arguments that it takes.

    Examples
    --------
    >>> FUNCTIONS["sqrt"].make(sp.Integer(4))
    2
    """

    make: Callable[..., sp.Expr]
    least: int = 1
    most: int = 1

    @property
    def takes(self) -> str:
        """How many arguments, in words."""
        if self.least == self.most:
            return f"{self.least} argument{'s' if self.least > 1 else ''}"
        return f"{self.least} to {self.most} arguments"


FUNCTIONS: dict[str, Function] = {
    "exp": Function(sp.exp),
    "log": Function(sp.log),
    "sqrt": Function(sp.sqrt),
    "sin": Function(sp.sin),
    "cos": Function(sp.cos),
    "tanh": Function(sp.tanh),
}
"""Those that every formula may use."""

COMPARISONS: Mapping[type[ast.cmpop], Any] = {
    ast.Lt: sp.StrictLessThan,
    ast.LtE: sp.LessThan,
    ast.Gt: sp.StrictGreaterThan,
    ast.GtE: sp.GreaterThan,
}
"""Comparisons by their sign."""
EQUALITIES: Mapping[str, Any] = {"Eq": sp.Eq, "Ne": sp.Ne}
"""Comparisons by name."""


@dataclass(frozen=True)
class Vocabulary:
    """What a kind of formula may use.

    Parameters
    ----------
    functions : mapping of str to Function
    cases : str
        The name of what distinguishes cases; empty where nothing does. Comparisons are read with it only.

    Examples
    --------
    >>> "Max" in OF_OVERLAPS.words, "Max" in ELEMENTARY.words
    (True, False)
    """

    functions: Mapping[str, Function] = field(default_factory=lambda: FUNCTIONS)
    cases: str = ""

    @property
    def words(self) -> frozenset[str]:
        """All names that stand for no symbol."""
        more = {self.cases, "True", *EQUALITIES} if self.cases else set()
        return frozenset({*self.functions, *more})


def _extreme(kind: Any) -> Function:
    """The largest or the least of several; those that stand inside one another are one."""

    def make(*parts: sp.Expr) -> sp.Expr:
        if sum(len(kind.make_args(part)) for part in parts) > MOST_ARGUMENTS:
            raise SizeLimit(f"a {kind.__name__} inside others is past {MOST_ARGUMENTS} arguments")
        return kind(*parts)

    return Function(make, 2, MOST_ARGUMENTS)


_LARGEST, _LEAST = _extreme(sp.Max), _extreme(sp.Min)
_SIZE = Function(sp.Abs)
_STEP = Function(sp.Heaviside, 1, 2)

ELEMENTARY = Vocabulary()
OF_OVERLAPS = Vocabulary(
    {
        **FUNCTIONS,
        "sinh": Function(sp.sinh),
        "cosh": Function(sp.cosh),
        "atan": Function(sp.atan),
        "erf": Function(sp.erf),
        "Abs": _SIZE,
        "abs": _SIZE,
        "sign": Function(sp.sign),
        "Heaviside": _STEP,
        "step": _STEP,
        "Max": _LARGEST,
        "max": _LARGEST,
        "Min": _LEAST,
        "min": _LEAST,
    },
    "Piecewise",
)
