r"""Bounded rules: synapses with finitely many levels, on which a pattern acts by a random move.

.. math:: P(k \to l \mid x_i, x_j), \qquad w = w(k)

A synapse has an inner level k, and the weight is read off it. What a pattern does to the level depends
on the level and on the two activities alone, so that the level is a Markov chain driven by the
patterns. Clipped learning, Willshaw's rule and the sign of a Hebb sum move with certainty;
switching synapses move with a probability.

Main names
----------
BoundedRule
    The contract: where a level starts, where a pattern moves it, and the weight that it stands for.
MappedRule
    A level that each pattern maps to another one with certainty.
SwitchingRule
    Equidistant weights, a step up or down with given probabilities.

Conventions
-----------
Levels are exact numbers. Two directed synapses between the same units flip their own coins. The
level starts at 0 where 0 is a level, else at the lowest one.

References
----------
willshaw1969; sompolinsky1986; parisi1986; amit1994 (equation numbers unverified).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import final

import sympy as sp

from hebbsym.errors import InvalidValue
from hebbsym.families.parameters import exact
from hebbsym.families.rules import Rule, RuleClass
from hebbsym.notation import w, x_i, x_j

_LEVEL = sp.Symbol("k_{ij}", real=True)

Moves = tuple[tuple[sp.Expr, sp.Expr], ...]
"""Pairs (next level, probability)."""


class BoundedRule(Rule):
    """The chain of one synapse, level by level."""

    @property
    @abstractmethod
    def start(self) -> sp.Expr:
        """The level before learning."""

    @abstractmethod
    def moves(self, level: sp.Expr, post: sp.Expr, pre: sp.Expr) -> Moves:
        """Where a pattern with these two values moves the level; probability 0 is left out."""

    @abstractmethod
    def weight(self, level: sp.Expr) -> sp.Expr:
        """The weight that a level stands for."""

    @property
    @abstractmethod
    def statement(self) -> str:
        """The rule in words, for the assumptions of a claim."""

    @final
    @property
    def rule_class(self) -> RuleClass:
        return RuleClass.BOUNDED

    @final
    def for_means(self, post_mean: sp.Expr, pre_mean: sp.Expr) -> BoundedRule:
        return self


@final
@dataclass(frozen=True)
class MappedRule(BoundedRule):
    """A level that each pattern maps to another one.

    Parameters
    ----------
    name : str
    following : sympy.Expr
        The next level as an expression in the present one, ``w``, and in ``x_i``, ``x_j``.
    words : str
        The rule in words.
    read : sympy.Expr
        The weight as an expression in the level ``w``; the level itself by default.

    Examples
    --------
    >>> willshaw = MappedRule("willshaw", sp.Max(w, x_i * x_j), "w becomes max(w, x_i x_j)")
    >>> willshaw.moves(sp.S.Zero, sp.S.One, sp.S.One)
    ((1, 1),)
    """

    name: str
    following: sp.Expr
    words: str
    read: sp.Expr = w

    @property
    def start(self) -> sp.Expr:
        return sp.S.Zero

    @property
    def statement(self) -> str:
        return self.words

    def moves(self, level: sp.Expr, post: sp.Expr, pre: sp.Expr) -> Moves:
        reached = self.following.xreplace({w: level, x_i: post, x_j: pre})
        if not reached.is_Rational:
            raise InvalidValue(
                f"rule {self.name!r} moves the level {level} to {reached}, and a level is a "
                "rational number: give a value to every symbol of the rule"
            )
        return ((reached, sp.S.One),)

    def weight(self, level: sp.Expr) -> sp.Expr:
        return self.read.xreplace({w: level})

    @property
    def update(self) -> sp.Expr:
        """The increment of the weight, in the level ``k_ij`` where that is another thing."""
        if self.read == w:
            return self.following - w
        reached = self.read.xreplace({w: self.following})
        return (reached - self.read).xreplace({w: _LEVEL})

    @property
    def free_symbols(self) -> frozenset[sp.Basic]:
        return frozenset(self.following.free_symbols - {w, x_i, x_j})

    def at(self, values: Mapping[sp.Symbol, sp.Expr]) -> MappedRule:
        return replace(self, following=self.following.xreplace(dict(values)))


@final
@dataclass(frozen=True)
class SwitchingRule(BoundedRule):
    """Equidistant weights; where a pattern drives up (down), a step with probability q_+ (q_-).

    Parameters
    ----------
    name : str
    low, high : exact numbers
        The lowest and the highest weight.
    levels : int
        At least 2.
    up, down : expressions
        q_+ and q_-.
    drive : expression in ``x_i``, ``x_j``
        A pattern drives up where it is positive and down where it is negative.

    Examples
    --------
    >>> q = sp.Symbol("q")
    >>> synapse = SwitchingRule("binary-synapse", sp.S.NegativeOne, sp.S.One, 2, q, q)
    >>> synapse.moves(sp.S.NegativeOne, sp.S.One, sp.S.One)
    ((-1, 1 - q), (1, q))
    """

    name: str
    low: sp.Expr
    high: sp.Expr
    levels: int
    up: sp.Expr
    down: sp.Expr
    drive: sp.Expr = x_i * x_j - (x_i - x_j) ** 2

    def __post_init__(self) -> None:
        if not (self.low.is_Rational and self.high.is_Rational and self.low < self.high):
            raise InvalidValue(
                f"the weights of {self.name!r} lie between two rational numbers, the lower one "
                f"first, not between {self.low} and {self.high}"
            )
        if self.levels < 2:
            raise InvalidValue(f"a synapse has at least 2 levels, not {self.levels}")
        for meaning, q in (("up", self.up), ("down", self.down)):
            if exact(q).is_number and not (q.is_real and 0 <= q <= 1):
                raise InvalidValue(
                    f"the probability of a step {meaning} of {self.name!r} is {q}, outside [0, 1]"
                )
        if self.drive.free_symbols - {x_i, x_j}:
            raise InvalidValue(f"the drive of {self.name!r} is an expression in x_i and x_j alone")

    @property
    def step(self) -> sp.Expr:
        """The distance of two neighbouring weights."""
        return (self.high - self.low) / (self.levels - 1)

    @property
    def start(self) -> sp.Expr:
        places = (-self.low / self.step, -self.high / self.step)
        return sp.S.Zero if places[0].is_Integer and places[0] * places[1] <= 0 else self.low

    def moves(self, level: sp.Expr, post: sp.Expr, pre: sp.Expr) -> Moves:
        drive = self.drive.xreplace({x_i: post, x_j: pre})
        if drive > 0:
            reached, q = sp.Min(self.high, level + self.step), self.up
        elif drive < 0:
            reached, q = sp.Max(self.low, level - self.step), self.down
        else:
            reached, q = level, sp.S.Zero
        if reached == level:
            return ((level, sp.S.One),)
        return tuple((to, p) for to, p in ((level, 1 - q), (reached, q)) if p != 0)

    def weight(self, level: sp.Expr) -> sp.Expr:
        return level

    @property
    def statement(self) -> str:
        return (
            f"each synapse has {self.levels} weights from {self.low} to {self.high}; a pattern with "
            f"{self.drive} > 0 moves it a step up with probability {self.up}, one with "
            f"{self.drive} < 0 a step down with probability {self.down}, independently"
        )

    @property
    def update(self) -> sp.Expr:
        coin = sp.Function("B")
        return sp.Piecewise(
            (coin(self.up) * sp.Min(self.step, self.high - w), self.drive > 0),
            (-coin(self.down) * sp.Min(self.step, w - self.low), self.drive < 0),
            (0, True),
        )

    @property
    def free_symbols(self) -> frozenset[sp.Basic]:
        return frozenset(self.up.free_symbols | self.down.free_symbols)

    def at(self, values: Mapping[sp.Symbol, sp.Expr]) -> SwitchingRule:
        given = dict(values)
        return replace(self, up=self.up.xreplace(given), down=self.down.xreplace(given))
