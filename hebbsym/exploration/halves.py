r"""The two halves of a rule affine in the weight, as numbers: what a pattern leaves of a weight, and what it adds.

.. math:: \Delta w = A(x_i, x_j)\, w + B(x_i, x_j)

Main names
----------
Halves
    A and B reduced on the alphabets, linear in the coefficients of a space.
halves
    Those of a space under a condition.
HalvesDivision
    How rules are compared by their halves: :mod:`hebbsym.exploration.classes`.

Conventions
-----------
Two rules with equal A and equal B take the same steps on the patterns, whatever their names: they are one rule. A
multiple of B with the same A multiplies every weight, and with it every field, by that number, from W = 0 on: by induction
over the patterns, for w' = (1 + A) w + B is linear in w and B together. Where the threshold moves with the field
(it is proved to, for each condition) such rules recall alike, at every age; a negative multiple recalls the mirror image.
Rules that add nothing store nothing, whatever A is. Of two rules that differ by a sign that one is upright by whose
B the unit's own stored value is raised.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias, final

import numpy as np
import sympy as sp

from hebbsym.errors import HebbsymError, NotDerivable
from hebbsym.exploration.classes import (
    Division,
    kinds,
    normalised,
    reverses,
    scales,
    whole_numbers,
)
from hebbsym.exploration.space import Condition, Space
from hebbsym.families.named import rules
from hebbsym.families.rules import ExpandedRule, Rule
from hebbsym.theory.ages.parts import reduced_parts

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


@final
class HalvesDivision(Division):
    """How rules of a space with coefficients of w are compared: by whole numbers for A, and for B up to a multiple.

    Parameters
    ----------
    space : Space

    Raises
    ------
    SizeLimit
        When the coefficients have too many digits.

    Examples
    --------
    >>> from hebbsym.exploration.space import finite
    >>> space = Space({"c_2_corr": finite((1, 2)), "d_0": finite((-1,)), "d_2_post": finite((0, 1))})
    >>> keys, _, _ = HalvesDivision(space).block(0, 4)
    >>> keys.tolist()  # A by 1 and x_i x_j, then B: with d_2_post = 1 nothing fades
    [[-1, 0, 0, 1], [0, 0, 0, 1], [-1, 0, 0, 1], [0, 0, 0, 1]]
    """

    def __init__(self, space: Space) -> None:
        self.space = space
        self.conditions = kinds(space)
        parts = [halves(space, condition) for condition in self.conditions]
        self._bases = [part.basis for part in parts]
        found = [condition.parts[2] for condition in self.conditions]
        self._scale = all(scales(threshold) for threshold in found)
        self._sign = all(reverses(threshold) for threshold in found)
        self._left = sum(map(len, self._bases))
        both = np.concatenate([*(part.left for part in parts), *(part.added for part in parts)])
        self._rows, self._common, self._unit = whole_numbers(space, both)
        self._raise = _raised(self.conditions[0], parts[0])

    def block(self, start: int, stop: int) -> tuple[Array, Array, Array]:
        block = self.space.block(start, stop)
        whole = np.rint(block * float(self._unit)).astype(np.int64)
        keys = whole @ self._rows.T
        left, added = keys[:, : self._left], keys[:, self._left :]
        left = left * np.any(added != 0, axis=1)[:, None]
        added = normalised(added, self._scale, self._sign)
        return np.concatenate([left, added], axis=1), whole, block @ self._raise > 0

    def named(self, name: str, keys: Array) -> Array:
        """Also those of a rule with a rate, at any positive value of it."""
        nowhere = np.zeros(len(keys), dtype=bool)
        try:
            key, rated = self._key_of(rules[name])
        except HebbsymError:
            return nowhere
        if rated and not self._scale:
            return nowhere
        return np.asarray(np.all(self._compared(keys, rated) == self._compared(key, rated), axis=1))

    def _compared(self, keys: Array, rated: bool) -> Array:
        """Keys with A up to a positive multiple, where a rate is free."""
        left, added = keys[:, : self._left], keys[:, self._left :]
        return np.concatenate([normalised(left, rated, False), added], axis=1)

    def _key_of(self, rule: Rule) -> tuple[Array, bool]:
        """The key of a named rule at the rate 1, and whether it has a rate that A is proportional to."""
        once, twice = (self._entries(rule, rate) for rate in (1, 2))
        rated = once != twice
        left, added = once[: self._left], once[self._left :]
        moved = [2 * e for e in left] == twice[: self._left]
        alike = twice[self._left :] in (added, [2 * e for e in added])
        if rated and not (moved and alike):
            raise NotDerivable(f"rule {rule.name!r} is not proportional to its rate")
        common = math.lcm(*(e.denominator for e in once))
        # what no multiple is divided out of counts in the units of the space
        units = (
            common if rated else self._common * self._unit,
            common if self._scale else self._common * self._unit,
        )
        whole = [e * unit for part, unit in zip((left, added), units, strict=True) for e in part]
        if any(e.denominator != 1 or abs(e) >= 2**62 for e in whole):
            raise NotDerivable(f"rule {rule.name!r} has finer coefficients than the space")
        key = np.array([[int(e) for e in whole]], np.int64)
        key[:, self._left :] = normalised(key[:, self._left :], self._scale, self._sign)
        return key, rated

    def _entries(self, rule: Rule, rate: int) -> list[Fraction]:
        """A, then B, under all conditions, at a value of the one symbol that the rule may have."""
        met = [condition.setting(rule).rule.require_expanded() for condition in self.conditions]
        made = []
        for one, condition, basis in zip(met, self.conditions, self._bases, strict=True):
            if len(one.free_symbols) > 1:
                raise NotDerivable(f"rule {rule.name!r} has more than one rate")
            rates = dict.fromkeys(one.free_symbols, sp.Integer(rate))
            made.append(of_rule(one.at(rates) if rates else one, condition, basis))
        sides = [(part[: len(part) // 2], part[len(part) // 2 :]) for part in made]
        return [e for left, _ in sides for e in left] + [e for _, added in sides for e in added]


def _raised(condition: Condition, part: Halves) -> Array:
    """How much what is added raises the field of the pattern itself, linear in the coefficients; up to a factor."""
    setting = condition.setting(ExpandedRule(0, {(0, 0): 1}))
    post, pre = setting.post.moment, setting.pre.moment
    covariances = [_fraction((post(p + 1) - post(1) * post(p)) * pre(q + 1)) for p, q in part.basis]
    return np.asarray((np.array(covariances, dtype=object) @ part.added).astype(float))


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
