r"""Functions that stand in a formula for what has no closed form, and that need exact arguments.

Main names
----------
ExactFunction
    The contract: its value comes from its arguments as they are, not from rounded ones.
WholeFunction, whole_function
    A function that is known at exact numbers only, worked out as soon as all of its arguments are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import sympy as sp


class ExactFunction(sp.Expr):  # type: ignore[misc]
    """An expression whose value needs exact arguments, not rounded ones."""

    is_commutative = True
    is_real = True
    symbol: ClassVar[str]
    """How it is printed."""
    digits: ClassVar[int] = 10**6
    """How many digits of its value are right at most, whatever is asked for."""
    rounded: ClassVar[tuple[int, ...]] = ()
    """Places of the arguments for which 30 digits will do."""

    def _sympystr(self, printer: Any) -> str:
        return f"{type(self).__name__}({', '.join(map(printer._print, self.args))})"


class WholeFunction(sp.Function):  # type: ignore[misc]
    """A real function that is worked out, exactly, when all arguments are exact numbers.

    It stands in a formula for what has no closed form: the law of a chain after K patterns.
    """

    law: Callable[..., sp.Expr]

    @classmethod
    def eval(cls, *arguments: sp.Expr) -> sp.Expr | None:
        """The value where every argument is a number."""
        if all(argument.is_number for argument in arguments):
            return cls.law(*arguments)
        return None

    def _eval_is_real(self) -> bool:
        return True


def whole_function(name: str, law: Callable[..., sp.Expr]) -> type[WholeFunction]:
    """The function of a name that ``law`` works out.

    Examples
    --------
    >>> n = sp.Symbol("n")
    >>> prime = whole_function("prime", lambda k: sp.Integer(sp.prime(k)))
    >>> prime(n) + 1, prime(n).xreplace({n: sp.Integer(3)})
    (prime(n) + 1, 5)
    """
    metaclass: Any = type(WholeFunction)
    made: type[WholeFunction] = metaclass(name, (WholeFunction,), {"law": staticmethod(law)})
    return made
