"""Recall: what a unit makes of its field, h - theta to an output.

Main names
----------
Recall
    The contract: the two outputs it decides between (none for the identity), and its ties.
Identity, Sign, Step
    Kohonen's linear recall; sgn for {-1, +1}; the step function for {0, 1}.
natural
    The recall whose outputs are the values of an alphabet.

Conventions
-----------
A decision is the higher output when h > theta and the lower one when h < theta. At a tie,
h = theta, sgn gives 0 and so does the step function; neither says which value was stored, so
that a tie is counted as half an error, and is reported apart in simulation.

References
----------
kohonen1972 (identity); amari1972, nakano1972, hopfield1982 (threshold units).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, final

import sympy as sp

from hebbsym.registry import Registry


class Recall(ABC):
    """The output function g of g(h - theta)."""

    name: ClassVar[str]
    outputs: ClassVar[tuple[sp.Expr, ...]]
    """The two outputs, ascending; empty where the output is the field itself."""

    @property
    @abstractmethod
    def statement(self) -> str:
        """The function and its tie convention, for a claim's assumptions."""

    def objection(self, values: Sequence[sp.Expr]) -> str:
        """Why a bit error does not exist for stored values, or nothing.

        Examples
        --------
        >>> Step().objection((-1, 1))
        'recall by step gives 0 or 1, and the stored values are -1, 1'
        """
        if not self.outputs:
            return "linear recall gives a real number and decides nothing (snr measures it)"
        if tuple(values) != self.outputs:
            given, stored = (", ".join(map(str, v)) for v in (self.outputs, values))
            return (
                f"recall by {self.name} gives {given.replace(', ', ' or ')}, "
                f"and the stored values are {stored or 'real'}"
            )
        return ""


@final
@dataclass(frozen=True)
class Identity(Recall):
    """g(h) = h."""

    name: ClassVar[str] = "identity"
    outputs: ClassVar[tuple[sp.Expr, ...]] = ()

    @property
    def statement(self) -> str:
        return "linear recall: the output is the field itself"


@final
@dataclass(frozen=True)
class Sign(Recall):
    """g(h) = sgn(h) with sgn 0 = 0, for units of values -1 and +1."""

    name: ClassVar[str] = "sgn"
    outputs: ClassVar[tuple[sp.Expr, ...]] = (sp.S.NegativeOne, sp.S.One)

    @property
    def statement(self) -> str:
        return (
            "recall is sgn(h - theta) with sgn 0 = 0: a tie counts as half an error "
            "(it is reported apart in simulation)"
        )


@final
@dataclass(frozen=True)
class Step(Recall):
    """g(h) = 1 for h > 0, else 0, for units of values 0 and 1."""

    name: ClassVar[str] = "step"
    outputs: ClassVar[tuple[sp.Expr, ...]] = (sp.S.Zero, sp.S.One)

    @property
    def statement(self) -> str:
        return (
            "recall is 1 for h > theta, else 0: a tie says nothing of the stored value and counts "
            "as half an error (it is reported apart in simulation)"
        )


def natural(values: Sequence[sp.Expr]) -> Recall:
    """The recall whose outputs are these values; linear where there is none.

    Examples
    --------
    >>> natural((0, 1)).name, natural((-1, 0, 1)).name
    ('step', 'identity')
    """
    found = (entry() for entry in recalls.values() if entry.outputs == tuple(values))
    return next((recall for recall in found if recall.outputs), Identity())


recalls: Registry[type[Any]] = Registry("recall")
"""The recall functions by the name that a user types."""
for _recall in (Identity, Sign, Step):
    recalls.add(_recall.name, _recall)
