r"""Exact averages over pairs of subsets of units: the only place where n-body synapses share units.

A stored pattern y enters the field of a unit through terms e_k(y_S) prod_(j in S) s_j, summed over the
m-subsets S of its N inputs (m = n - 1). Written out, this is a sum over disjoint T and U, k and
m - k units,

.. math:: H_{m,k} = \sum_{T \cap U = \emptyset} \prod_{j \in T} y_j s_j \prod_{j \in U} s_j .

A product of two such sums is a sum over how the two pairs (T, U) and (T', U') coincide: each unit is in one of
3 x 3 roles, units are independent, so that an average is a product of single-unit moments, and a
pattern of coincidences with t units in all occurs N (N - 1) ... (N - t + 1) / prod(numbers!) times.

Main names
----------
SubsetAverages
    E[H] and E[H H'] for the cued pattern, another one, and two different ones, as ring elements.

Implementation notes
--------------------
Everything is an element of one sparse polynomial ring over the sizes N and K - 1, the stored value x and the
parameters of ensemble and cue.
"""

from __future__ import annotations

import enum
import itertools
import math
from collections.abc import Iterable, Iterator
from functools import cache

import sympy as sp
from sympy.polys.rings import PolyElement, sring

from hebbsym.notation import x
from hebbsym.theory.setting import Setting

INPUTS, OTHERS = sp.symbols("N k")
"""The number of inputs of a unit, and K - 1."""

Shape = tuple[int, int]
"""(m, k): the size of the subsets, and how many of their units bring the stored value."""


class Pairing(enum.Enum):
    """Which two patterns a product of two terms comes from."""

    CUED = (True, True)
    CROSSED = (True, False)
    SAME = (False, False)
    DIFFERENT = (False, None)


class SubsetAverages:
    """Averages over subsets of the inputs of a unit, for the patterns and the cue of a setting.

    Parameters
    ----------
    setting : Setting
        Its rule is not looked at.
    extra : iterable of expressions
        What else is wanted as elements of the ring.

    Examples
    --------
    >>> from hebbsym.families.nbody import NBodyRule
    >>> averages = SubsetAverages(Setting(NBodyRule((3,))))
    >>> averages.second((2, 2), (2, 2), Pairing.SAME).as_expr()  # pairs of inputs
    N**2/2 - N/2
    """

    def __init__(self, setting: Setting, extra: Iterable[sp.Expr] = ()) -> None:
        pre, post, cue = setting.pre, setting.post, setting.cue
        keys = list(itertools.product(range(3), range(3)))
        joint = [cue.moment(pre, power, cued) for power, cued in keys]
        stored = [pre.moment(power) for power in range(3)]
        values = [post.moment(power) for power in range(3)]
        self.ring, elements = sring(
            [INPUTS, OTHERS, x, *joint, *stored, *values, *extra], expand=True
        )
        self.ring = self.ring.clone(domain=sp.QQ)
        taken = iter([e.set_ring(self.ring) for e in elements])
        self.inputs, self.others, self.x = next(taken), next(taken), next(taken)
        self._joint = {key: next(taken) for key in keys}
        self._stored = [next(taken) for _ in stored]
        self.post = [next(taken) for _ in values]
        self.extra = list(taken)
        self.second = cache(self._second)

    def first(self, shape: Shape, cued: bool) -> PolyElement:
        """E[H] of the cued pattern, or of another one."""
        return self.second(shape, (0, 0), Pairing.CUED if cued else Pairing.SAME)

    def _second(self, one: Shape, other: Shape, pairing: Pairing) -> PolyElement:
        """E[H H'] of two terms."""
        total = self.ring.zero
        for roles in _tables(one, other):
            units = sum(roles.values())
            weight = self._falling(units)
            for (first, second), number in roles.items():
                if not number:  # also where the average is zero
                    continue
                weight *= self._unit(first, second, pairing) ** number
                weight *= sp.QQ(1, math.factorial(number))
            total += weight
        return total

    def _falling(self, units: int) -> PolyElement:
        """N (N - 1) ... (N - units + 1)."""
        value = self.ring.one
        for step in range(units):
            value *= self.inputs - step
        return value

    def _unit(self, first: str, second: str, pairing: Pairing) -> PolyElement:
        """The average over one unit that has these roles in the two terms."""
        cue = (first != "out") + (second != "out")
        one, other = int(first == "T"), int(second == "T")
        cued, again = pairing.value
        if again is None:  # two patterns, neither of them cued
            return self._stored[one] * self._stored[other] * self._joint[0, cue]
        if cued and again:
            return self._joint[one + other, cue]
        if cued:
            return self._joint[one, cue] * self._stored[other]
        return self._stored[one + other] * self._joint[0, cue]


def _tables(one: Shape, other: Shape) -> Iterator[dict[tuple[str, str], int]]:
    """All ways in which (T, U) of one term and (T', U') of another can share units."""
    marks, rest = {"T": one[1], "U": one[0] - one[1]}, {"T": other[1], "U": other[0] - other[1]}
    shared = [(a, b) for a in "TU" for b in "TU"]
    for numbers in itertools.product(*(range(min(marks[a], rest[b]) + 1) for a, b in shared)):
        roles = dict(zip(shared, numbers, strict=True))
        for role in "TU":
            roles[role, "out"] = marks[role] - sum(roles[role, b] for b in "TU")
            roles["out", role] = rest[role] - sum(roles[a, role] for a in "TU")
        if min(roles.values()) >= 0:
            yield roles
