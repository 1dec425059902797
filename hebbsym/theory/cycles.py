r"""Limit cycles of the asynchronous dynamics: the witness that a rule has no energy.

A function that falls at every move of a unit exists exactly when no sequence of moves leads
back to its start. One closed sequence of moves, each a legal update that changes one
unit, therefore refutes every energy, of whatever form.

Main names
----------
witness
    Construct, or else search for, patterns and a closed sequence of moves.
Witness
    What was found; :meth:`Witness.replay` runs it again from the rule's own update.

Where it fails
--------------
``None`` means that the search found nothing within its bounds, not that an energy exists.
For units {-1, +1} it cannot come back empty when the rule, on its values, is asymmetric and
takes both signs: a cycle of two units is then constructed (:func:`_two_units`), unless that
needs more than 10,000 patterns. An asymmetric rule of one sign may have a cycle with four units or more, or none at all; which of them
have one is open. For units {0, 1} at zero threshold a rule of one sign has none, since
every move then goes in one direction.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations_with_replacement, product
from math import comb, lcm
from typing import TypeAlias

from hebbsym.errors import SizeLimit
from hebbsym.families.rules import ExpandedRule
from hebbsym.theory.lyapunov import MOST_UNITS, Network, State, coefficients, fraction

_Patterns: TypeAlias = tuple[tuple[Fraction, ...], ...]
_Table: TypeAlias = dict[tuple[Fraction, Fraction], Fraction]
_EXHAUSTIVE = 4000
"""Sets of patterns that are tried in order before the seeded search."""
_COPIES = 10_000
"""Bound on the number of patterns of a constructed witness."""


@dataclass(frozen=True)
class Witness:
    """A limit cycle of the asynchronous dynamics.

    Parameters
    ----------
    rule : ExpandedRule
    patterns : K x D tuple of tuples
        The stored patterns.
    network : Network
        The trained network, exact.
    states : tuple of states
        The cycle; the state after the last one is the first.
    moves : tuple of int
        ``moves[t]`` is the unit whose update leads from ``states[t]`` to the next state.
    """

    rule: ExpandedRule
    patterns: tuple[tuple[Fraction, ...], ...]
    network: Network
    states: tuple[State, ...]
    moves: tuple[int, ...]

    def replay(self) -> bool:
        """Train afresh, pattern by pattern, and run the cycle: True when every move is legal.

        Examples
        --------
        >>> found = witness(ExpandedRule(1, {(1, 0): 1}))
        >>> found.replay()
        True
        """
        units, threshold = self.network.units, self.network.threshold
        network = Network.trained(self.rule, self.patterns, units, threshold)
        if network != self.network or not self.moves or len(self.moves) != len(self.states):
            return False
        state = self.states[0]
        for following, i in zip((*self.states[1:], self.states[0]), self.moves, strict=True):
            new = network.updated(state, i)
            if new == state[i] or (*state[:i], new, *state[i + 1 :]) != following:
                return False
            state = following
        return True

    @property
    def text(self) -> str:
        """One line that shows the cycle.

        Examples
        --------
        >>> print(witness(ExpandedRule(1, {(1, 0): 1})).text)
        K = 1, D = 2: (-1, -1) -> (-1, 1) -> (1, 1) -> (1, -1) -> (-1, -1)
        """
        shown = ["(" + ", ".join(map(str, s)) + ")" for s in (*self.states, self.states[0])]
        return f"K = {len(self.patterns)}, D = {len(self.states[0])}: " + " -> ".join(shown)


def witness(
    rule: ExpandedRule,
    values: Sequence[Fraction | int] = (-1, 1),
    *,
    units: tuple[Fraction | int, Fraction | int] = (-1, 1),
    threshold: Fraction | int = 0,
    patterns: Sequence[Sequence[Fraction | int]] | None = None,
    tries: int = 4000,
    seed: int = 0,
) -> Witness | None:
    """A limit cycle of the asynchronous dynamics, or None where none was found.

    Parameters
    ----------
    rule : ExpandedRule
        Additive, with rational coefficients.
    values : sequence of numbers
        The values that a pattern's entries can have.
    units : (low, high)
        The two states of a unit: (-1, 1) or (0, 1).
    threshold : number
        The threshold of every unit.
    patterns : K x D, optional
        Look at this set of patterns only.
    tries, seed : int
        Sets of patterns that are drawn at random, and the seed of the draws.

    Returns
    -------
    Witness or None
        None says that nothing was found, not that there is nothing.

    Raises
    ------
    OutsideClass, InvalidValue
        For a rule that depends on w, or whose coefficients are not rational numbers.
    SizeLimit
        For patterns of more than 12 units.

    Examples
    --------
    >>> found = witness(ExpandedRule(2, {(1, 1): 1, (1, 0): 1}))  # x_i*(x_j + 1)
    >>> found.moves
    (1, 0, 1, 0)
    >>> witness(ExpandedRule(2, {(1, 1): 1}), tries=100) is None
    True
    """
    stored = tuple(fraction(v) for v in values)
    low, high = fraction(units[0]), fraction(units[1])
    level = fraction(threshold)
    if patterns is not None:
        candidates: Iterator[_Patterns] = iter((_exact(patterns),))
        stored = tuple(sorted({v for p in patterns for v in _exact((p,))[0]}))
    else:
        candidates = _candidates(_table(rule, stored), stored, (low, high), level, tries, seed)
    search = _Search(_table(rule, stored), (low, high), level)
    for chosen in candidates:
        cycle = search.cycle(chosen)
        if cycle is not None:
            network = Network.trained(rule, chosen, (low, high), level)
            states = tuple(tuple(network.units[b] for b in bits) for bits in cycle[0])
            return Witness(rule, chosen, network, states, cycle[1])
    return None


def _exact(patterns: Sequence[Sequence[Fraction | int]]) -> _Patterns:
    return tuple(tuple(fraction(v) for v in pattern) for pattern in patterns)


def _table(rule: ExpandedRule, values: Sequence[Fraction]) -> _Table:
    """The increment of a weight for every pair (post, pre) of stored values."""
    terms = coefficients(rule).items()
    return {
        (u, v): sum((c * u**p * v**q for (p, q), c in terms), Fraction(0))
        for u, v in product(values, repeat=2)
    }


def _candidates(
    table: _Table,
    values: tuple[Fraction, ...],
    units: tuple[Fraction, Fraction],
    threshold: Fraction,
    tries: int,
    seed: int,
) -> Iterator[_Patterns]:
    """Sets of patterns in the order in which they are tried; none where no cycle can exist."""
    if all(table[u, v] == table[v, u] for u, v in table):
        return  # the weights are symmetric: the energy forbids a cycle
    one_sign = max(table.values()) <= 0 or min(table.values()) >= 0
    if units[0] == 0 and threshold == 0 and one_sign:
        return  # every move goes in one direction
    if units[0] == -1 and units[1] == 1:
        constructed = _two_units(table, values, threshold)
        if constructed is not None:
            yield tuple(constructed)
    yield from _searched(values, tries, seed)


def _two_units(
    table: _Table, values: Sequence[Fraction], threshold: Fraction
) -> list[tuple[Fraction, Fraction]] | None:
    """Patterns on two units {-1, +1} with w_12 w_21 < 0 and both beyond the threshold.

    Then one unit copies the other while the other flees from it, for ever. Let (u, v) have
    g(u, v) != g(v, u), with sum s. Shown n times it gives w_12 + w_21 = n s and a difference
    w_12 - w_21 proportional to n; pairs (a, b) of the opposite sign of g(a, b) + g(b, a), shown
    in both orders, cancel the sum and leave the difference alone. When the table has both
    signs, either such pairs exist or g(u, v) g(v, u) < 0 for some pair.
    """
    for u, v in product(values, repeat=2):
        total, difference = table[u, v] + table[v, u], table[u, v] - table[v, u]
        if difference <= 0:
            continue
        if abs(total) < difference:
            return _beyond([(u, v)], table, threshold)
        for a, b in product(values, repeat=2):
            against = table[a, b] + table[b, a]
            if against * total >= 0:
                continue
            for n in range(1, _COPIES):
                m = round(-n * total / against / 2)
                if abs(n * total + 2 * m * against) < n * difference:
                    return _beyond([(u, v)] * n + [(a, b), (b, a)] * m, table, threshold)
    return None


def _beyond(
    patterns: list[tuple[Fraction, Fraction]], table: _Table, threshold: Fraction
) -> list[tuple[Fraction, Fraction]] | None:
    """The patterns repeated until both weights exceed the threshold in size."""
    forth = sum((table[u, v] for u, v in patterns), Fraction(0))
    back = sum((table[v, u] for u, v in patterns), Fraction(0))
    copies = int(abs(threshold) / min(abs(forth), abs(back))) + 1
    return patterns * copies if len(patterns) * copies <= _COPIES else None


def _searched(values: Sequence[Fraction], tries: int, seed: int) -> Iterator[_Patterns]:
    """Small sets of patterns: all of them while they are few, then seeded draws with repetition."""
    for size, load in ((3, 1), (3, 2), (3, 3), (4, 1), (4, 2), (4, 3)):
        kinds = len(values) ** size
        if comb(kinds + load - 1, load) <= _EXHAUSTIVE:
            yield from combinations_with_replacement(tuple(product(values, repeat=size)), load)
    draw = random.Random(seed)
    for _ in range(tries):
        size = draw.randint(3, 5)
        drawn = [tuple(draw.choices(values, k=size)) for _ in range(draw.randint(2, 6))]
        yield tuple(p for p in drawn for _ in range(draw.randint(1, 6)))


class _Search:
    """Depth-first search for a cycle, on integers: all quantities over one denominator."""

    def __init__(
        self, table: _Table, units: tuple[Fraction, Fraction], threshold: Fraction
    ) -> None:
        low, high = units
        over = lcm(*(v.denominator for v in (*table.values(), low, high, threshold)))
        self.table = {pair: int(v * over) for pair, v in table.items()}
        self.low, self.gap = int(low * over), int((high - low) * over)
        self.threshold = int(threshold * over**2)

    def cycle(
        self, patterns: _Patterns
    ) -> tuple[tuple[tuple[int, ...], ...], tuple[int, ...]] | None:
        """A closed sequence of moves: the states as bits (1 is high) and the moved units."""
        size = len(patterns[0])
        if size > MOST_UNITS:
            raise SizeLimit(
                f"{size} units are past the bound of {MOST_UNITS} for visiting all states"
            )
        moves = self._moves(patterns)
        finished: set[int] = set()
        for start in range(2**size):
            path, moved, waiting, place = [start], list[int](), [iter(moves(start))], {start: 0}
            while path and start not in finished:
                unit, following = next(waiting[-1], (-1, -1))
                if unit < 0:
                    finished.add(path[-1])
                    del place[path.pop()], waiting[-1], moved[-1:]
                elif following in place:
                    first = place[following]
                    bits = tuple(tuple(s >> j & 1 for j in range(size)) for s in path[first:])
                    return bits, (*moved[first:], unit)
                elif following not in finished:
                    place[following] = len(path)
                    path.append(following)
                    moved.append(unit)
                    waiting.append(iter(moves(following)))
        return None

    def _moves(self, patterns: _Patterns) -> Callable[[int], list[tuple[int, int]]]:
        """The legal moves from a state: pairs (unit, next state); a state's bit j is unit j."""
        size = len(patterns[0])
        rows = [
            [sum(self.table[p[i], p[j]] for p in patterns) if i != j else 0 for j in range(size)]
            for i in range(size)
        ]
        if all(rows[i][j] == rows[j][i] for i in range(size) for j in range(i)):
            return lambda state: []  # symmetric weights: no cycle, and not worth the states
        step = [[w * self.gap for w in row] for row in rows]
        rest = [sum(row) * self.low - self.threshold for row in rows]

        def moves(state: int) -> list[tuple[int, int]]:
            legal = []
            for i in range(size):
                drive = rest[i] + sum(w for j, w in enumerate(step[i]) if state >> j & 1)
                if drive and (drive > 0) != (state >> i & 1):
                    legal.append((i, state ^ 1 << i))
            return legal

        return moves
