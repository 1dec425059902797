r"""The two halves of a rule affine in the weight, as numbers: what a pattern leaves of a weight, and what it adds.

.. math:: \Delta w = A(x_i, x_j)\, w + B(x_i, x_j)

Main names
----------
Halves
    A and B reduced on the alphabets, linear in the coefficients of a space.
halves
    Those of a space under a condition.

Conventions
-----------
Two rules with equal A and equal B take the same steps on the patterns, whatever their names: they are one rule. A
multiple of B with the same A multiplies every weight, and with it every field, by that number, from W = 0 on: by induction
over the patterns, for w' = (1 + A) w + B is linear in w and B together.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import sympy as sp

from hebbsym.errors import NotDerivable
from hebbsym.exploration.space import Condition, Space
from hebbsym.families.rules import ExpandedRule
from hebbsym.theory.ages.moments import reduced_parts

if TYPE_CHECKING:
    from numpy.typing import NDArray

Array: TypeAlias = "NDArray[Any]"
Powers: TypeAlias = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Halves:
    """A and B of a space under a condition, linear in its coefficients.

    Parameters
    ----------
    left : array of fractions
        What makes the reduced coefficients of A of those of the space; (basis, coefficients).
    added : array of fractions
        The same for B.
    basis : tuple of (p, q)
        The powers of the reduced basis, of both.
    """

    left: Array
    added: Array
    basis: tuple[Powers, ...]


def halves(space: Space, condition: Condition) -> Halves:
    """Both halves under a condition.

    Raises
    ------
    NotDerivable
        When the values of the patterns are no rational numbers.

    Examples
    --------
    >>> from hebbsym.exploration.space import finite
    >>> space = Space({"c_2_corr": finite((1,)), "d_0": finite((-1,)), "d_2_post": finite((-1,))})
    >>> made = halves(space, space.conditions[0])
    >>> made.basis, made.left.astype(int).tolist()  # on signs x_i^2 = 1
    (((0, 0), (1, 1)), [[0, 1, 1], [0, 0, 0]])
    """
    kept, added = reduced_parts(condition.setting(space.general))
    basis = tuple(dict.fromkeys([*kept.terms, *added.terms]))
    return Halves(_rows(space, kept, basis), _rows(space, added, basis), basis)


def of_rule(rule: ExpandedRule, condition: Condition, basis: tuple[Powers, ...]) -> list[Fraction]:
    """The reduced coefficients of A, then those of B, of a rule of numbers.

    Raises
    ------
    OutsideClass
        When it is not affine in the weight.
    NotDerivable
        When a coefficient is no rational number, or the basis does not hold it.

    Examples
    --------
    >>> from hebbsym.exploration.space import finite
    >>> from hebbsym.families.named import rule
    >>> space = Space({"c_2_corr": finite((1,))})
    >>> [str(c) for c in of_rule(rule("oja(eta=1/4)"), space.conditions[0], ((0, 0), (1, 1)))]
    ['-1/4', '0', '0', '1/4']
    """
    kept, added = reduced_parts(condition.setting(rule))
    beyond = [pq for part in (kept, added) for pq in part.terms if pq not in basis]
    if beyond:
        raise NotDerivable(f"powers {beyond[0]} of rule {rule.name!r} are outside the basis")
    left = [kept.terms.get(pq, sp.S.Zero) - int(pq == (0, 0)) for pq in basis]
    return [_fraction(c) for c in (*left, *(added.terms.get(pq, sp.S.Zero) for pq in basis))]


def _rows(space: Space, part: ExpandedRule, basis: tuple[Powers, ...]) -> Array:
    rows = [
        [
            _fraction(sp.expand(part.terms.get(pq, sp.S.Zero)).coeff(symbol))
            for symbol in space.symbols
        ]
        for pq in basis
    ]
    return np.array(rows, dtype=object).reshape(len(basis), len(space.symbols))


def _fraction(number: sp.Expr) -> Fraction:
    if not number.is_Rational:
        raise NotDerivable(f"a value of the patterns gives {number}, which is no rational number")
    return Fraction(int(number.p), int(number.q))
