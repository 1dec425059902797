r"""One network in exact rational arithmetic, and the functions that its dynamics never raises.

Main names
----------
Network
    Weights trained by the rule's own update, pattern by pattern; its fields, its flips, its energy.
descends
    The asynchronous update changes E by -(sigma_i' - sigma_i)(h_i - theta) <= 0, on every state.
two_step_descends
    The synchronous update never raises the two-step function F, and its period is 1 or 2.

Conventions
-----------
A unit has two states, low < high ({-1, +1} or {0, 1}). It takes the high one when
h_i > theta, the low one when h_i < theta, and keeps its state on a tie. No diagonal.

.. math::
    E(\sigma) = -\tfrac12 \sum_{i \ne j} w_{ij} \sigma_i \sigma_j + \theta \sum_i \sigma_i,
    \qquad
    F(t) = -\sum_{i \ne j} \sigma_i(t+1) w_{ij} \sigma_j(t)
           + \theta \sum_i [\sigma_i(t) + \sigma_i(t+1)]

This is plain Python on ``fractions.Fraction``: it shares no code with the derivations that
it judges. All 2**D states are visited, so D is bounded.

References
----------
hopfield1982 (energy of the asynchronous dynamics); goles1985 (two-step function).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise, product
from typing import TypeAlias

import sympy as sp

from hebbsym.errors import InvalidValue, SizeLimit
from hebbsym.families.rules import ExpandedRule

State: TypeAlias = tuple[Fraction, ...]
Pattern: TypeAlias = Sequence[Fraction | int]
MOST_UNITS = 12
"""Bound on D where all 2**D states are visited."""


def fraction(value: sp.Expr | Fraction | int) -> Fraction:
    """An exact rational number as a ``Fraction``.

    Raises
    ------
    InvalidValue
        For a float, an irrational number or an expression with free symbols.

    Examples
    --------
    >>> fraction(sp.Rational(1, 3))
    Fraction(1, 3)
    """
    if isinstance(value, (int, Fraction)):
        return Fraction(value)
    if not (isinstance(value, sp.Basic) and value.is_Rational):
        raise InvalidValue(f"{value} is not an exact rational number")
    return Fraction(int(value.p), int(value.q))


def coefficients(rule: ExpandedRule) -> dict[tuple[int, int], Fraction]:
    """The coefficients of an additive rule as exact rational numbers, by their powers.

    Examples
    --------
    >>> coefficients(ExpandedRule(2, {(1, 1): sp.Rational(1, 2)}))
    {(1, 1): Fraction(1, 2)}
    """
    return {pq: fraction(c) for pq, c in rule.require_additive().terms.items()}


@dataclass(frozen=True)
class Network:
    """A trained network without diagonal.

    Parameters
    ----------
    weights : D x D tuple of tuples of Fraction
        ``weights[i][j]`` leads from unit j to unit i.
    units : (low, high)
        The two states of a unit.
    threshold : Fraction
        The threshold of every unit.

    Examples
    --------
    >>> hebb = ExpandedRule(2, {(1, 1): 1})
    >>> network = Network.trained(hebb, [(1, 1, -1)])
    >>> network.updated((1, 1, 1), 2)
    Fraction(-1, 1)
    """

    weights: tuple[tuple[Fraction, ...], ...]
    units: tuple[Fraction, Fraction] = (Fraction(-1), Fraction(1))
    threshold: Fraction = Fraction(0)

    @classmethod
    def trained(
        cls,
        rule: ExpandedRule,
        patterns: Sequence[Pattern],
        units: tuple[Fraction | int, Fraction | int] = (-1, 1),
        threshold: Fraction | int = 0,
    ) -> Network:
        """Show the patterns once each, in order, to weights that start at zero."""
        terms = coefficients(rule)
        size = len(patterns[0])
        rows = [[Fraction(0)] * size for _ in range(size)]
        for pattern in patterns:
            for i, u in enumerate(pattern):
                for j, v in enumerate(pattern):
                    if i != j:
                        rows[i][j] += sum(c * u**p * v**q for (p, q), c in terms.items())
        low, high = map(Fraction, units)
        return cls(tuple(map(tuple, rows)), (low, high), Fraction(threshold))

    def field(self, state: Pattern, i: int) -> Fraction:
        """The local field h_i."""
        return sum((w * s for w, s in zip(self.weights[i], state, strict=True)), Fraction(0))

    def updated(self, state: Pattern, i: int) -> Fraction:
        """The state that unit i takes when it is updated."""
        drive = self.field(state, i) - self.threshold
        if drive == 0:
            return Fraction(state[i])
        return self.units[drive > 0]

    def energy(self, state: Pattern) -> Fraction:
        """E of a state."""
        interaction = sum(
            (s * self.field(state, i) for i, s in enumerate(state)), Fraction(0)
        )  # the diagonal is zero
        return -interaction / 2 + self.threshold * sum(state)

    def synchronous(self, state: State) -> State:
        """The next state when all units are updated at once."""
        return tuple(self.updated(state, i) for i in range(len(state)))

    def two_step(self, state: State, following: State) -> Fraction:
        """F of two successive states."""
        interaction = sum((s * self.field(state, i) for i, s in enumerate(following)), Fraction(0))
        return -interaction + self.threshold * (sum(state) + sum(following))

    def states(self) -> Iterator[State]:
        """All 2**D states; raises SizeLimit past D = 12."""
        size = len(self.weights)
        if size > MOST_UNITS:
            raise SizeLimit(
                f"{size} units are past the bound of {MOST_UNITS} for visiting all states"
            )
        return product(self.units, repeat=size)


def descends(network: Network) -> bool:
    """Whether each asynchronous update, from every state, changes E as the theorem says.

    The energy is evaluated afresh before and after the update that is run; the change must
    equal -(sigma_i' - sigma_i)(h_i - theta), be negative when the unit moves, and else zero.

    Examples
    --------
    >>> descends(Network.trained(ExpandedRule(2, {(1, 1): 1}), [(1, 1, -1), (1, -1, 1)]))
    True
    >>> descends(Network.trained(ExpandedRule(1, {(1, 0): 1}), [(1, -1)]))
    False
    """
    for state in network.states():
        before = network.energy(state)
        for i, old in enumerate(state):
            new = network.updated(state, i)
            change = network.energy((*state[:i], new, *state[i + 1 :])) - before
            if change != -(new - old) * (network.field(state, i) - network.threshold):
                return False
            if (change < 0) != (new != old):
                return False
    return True


def two_step_descends(network: Network) -> bool:
    """Whether F never rises from any start, and every start ends in a period of 1 or 2.

    Examples
    --------
    >>> anti = ExpandedRule(2, {(1, 1): -1})
    >>> two_step_descends(Network.trained(anti, [(1, 1, -1)]))
    True
    """
    for start in network.states():
        orbit = [start]
        while orbit[-1] not in orbit[:-1]:
            orbit.append(network.synchronous(orbit[-1]))
        if len(orbit) - 1 - orbit.index(orbit[-1]) > 2:
            return False
        orbit.append(network.synchronous(orbit[-1]))
        values = [network.two_step(s, t) for s, t in pairwise(orbit)]
        if any(after > before for before, after in pairwise(values)):
            return False
    return True
