"""What ensembles, cues and thresholds have in common: exact parameters that may be symbols.

Main names
----------
exact
    An exact number or expression; a float is an error.
Parametric
    The base of a frozen dataclass whose fields are such parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, ClassVar, TypeVar, final

import sympy as sp

from hebbsym.errors import InvalidValue

Self = TypeVar("Self", bound="Parametric")


def exact(value: Any) -> sp.Expr:
    """``value`` as an exact expression; a float is an error.

    Raises
    ------
    InvalidValue
        For a float, or for what is no number and no expression.

    Examples
    --------
    >>> exact(2)
    2
    >>> exact(0.5)
    Traceback (most recent call last):
    ...
    hebbsym.errors.InvalidValue: 0.5 is a float; give an exact number, such as Rational(1, 2)
    """
    if isinstance(value, float) or (isinstance(value, sp.Basic) and value.has(sp.Float)):
        raise InvalidValue(f"{value} is a float; give an exact number, such as Rational(1, 2)")
    if isinstance(value, int) and not isinstance(value, bool):
        return sp.Integer(value)
    if isinstance(value, sp.Expr):
        return value
    raise InvalidValue(f"{str(value)[:60]!r} is not an exact number or an expression")


class Parametric:
    """A frozen dataclass of exact parameters, with the name by which a user picks it.

    The text of a parameter is a formula of elementary functions; its field may name another ``vocabulary``.
    """

    name: ClassVar[str]

    def __post_init__(self) -> None:
        for parameter, value in self.parameters.items():
            object.__setattr__(self, parameter, exact(value))
        self._require_domain()

    def _require_domain(self) -> None:
        """Raise when a parameter that is a number leaves its domain."""

    @final
    def at(self: Self, values: Mapping[sp.Symbol, sp.Expr]) -> Self:
        """The same with symbols replaced; raises when a value leaves its domain."""
        return replace(  # type: ignore[type-var]
            self, **{p: v.xreplace(dict(values)) for p, v in self.parameters.items()}
        )

    @property
    def parameters(self) -> dict[str, sp.Expr]:
        """The parameters by name."""
        return {p.name: getattr(self, p.name) for p in fields(self)}  # type: ignore[arg-type]

    @property
    def free_symbols(self) -> frozenset[sp.Basic]:
        """Symbols that are left open."""
        return frozenset().union(*(v.free_symbols for v in self.parameters.values()))

    @property
    def text(self) -> str:
        """The spec that gives this again."""
        inside = ", ".join(f"{p}={v}" for p, v in self._shown().items())
        return f"{self.name}({inside})" if inside else self.name

    def _shown(self) -> Mapping[str, sp.Expr]:
        """The parameters that the spec names."""
        return self.parameters

    def _require_numbers(self) -> None:
        """Raise when a symbol is left open: only numbers can be sampled."""
        if self.free_symbols:
            free = ", ".join(sorted(map(str, self.free_symbols)))
            raise InvalidValue(f"cannot sample {self.text}: {free} has no value")
