r"""Equivalent rules of a space, divided out before work is done.

Two rules are put into one class only where the claims themselves are equal, exactly, at every D and K:

* *alphabet*: they take the same values on the patterns, so their reduced coefficients are equal;
* *gauge*: they differ by a direction that no form sees: N g = 0 and s.g = 0, and M moves by what
  the threshold takes up, if at all. (With a missing diagonal a function of the presynaptic value
  alone is no such direction: it is one only to relative order 1/D, and is not divided out.);
* *scale*: one is a positive multiple of the other, and theta(lambda M, lambda^2 V) = lambda theta;
* *sign*: one is a negative multiple, and theta(-M, V) = -theta: it recalls the mirror image, with the
  same ratio.

Each is proved for the threshold of each condition, as an identity; a fixed threshold allows neither
scale nor sign. Of rules with coefficients of w see :mod:`hebbsym.exploration.halves`. What a class shares is the ratio, the errors and the capacities (of the upright
member); the drift and the prices are those of the member.

Main names
----------
Symmetry
    What is proved under one condition.
Classes
    The members of a space by class, with one canonical member each.
classes
    The classes of a space.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import sympy as sp

from hebbsym.errors import HebbsymError, SizeLimit
from hebbsym.exploration.forms import Forms, centre_of, forms
from hebbsym.exploration.space import Condition, Space
from hebbsym.exploration.values import denominator
from hebbsym.families.named import rules
from hebbsym.families.rules import ExpandedRule
from hebbsym.families.thresholds import FieldLaw, Threshold

if TYPE_CHECKING:
    from numpy.typing import NDArray

Array: TypeAlias = "NDArray[Any]"

MOST = 4_000_000
"""Rules whose classes are found: all of them are compared in memory."""
_EXACT = 2.0**50
_TOGETHER = 1 << 16


@dataclass(frozen=True)
class Symmetry:
    """What is proved of the rules under one condition.

    Parameters
    ----------
    scale, sign : bool
        Whether a positive, and a negative, multiple of a rule is equivalent to it.
    invariant : array of fractions
        Linear functions of the centred reduced coefficients: those that are the same for rules that
        differ by a gauge only.
    """

    scale: bool
    sign: bool
    invariant: Array


def symmetry(here: Forms) -> Symmetry:
    """What is proved under a condition.

    Examples
    --------
    >>> from hebbsym.exploration.space import Size, finite
    >>> space = Space({"c_2_corr": finite((1,))}, thresholds=("optimal", "fixed(theta=1)"))
    >>> [(s.scale, s.sign) for s in (symmetry(forms(space, c)) for c in space.conditions)]
    [(True, True), (False, False)]
    """
    threshold = here.setting.threshold
    rows = [row for parts in (here.gap, here.noise) for part in parts.values() for row in part]
    if here.two_valued and not absorbs(threshold):
        rows += [row for law in here.means for part in law.values() for row in part]
    gauges = _nullspace(rows)
    invariant = _nullspace(gauges) if gauges else list(_identity(len(here.basis)))
    return Symmetry(scales(threshold), reverses(threshold), np.array(invariant, dtype=object))


def scales(threshold: Threshold) -> bool:
    """Whether theta(lambda M, lambda^2 V) = lambda theta(M, V), proved as an identity.

    Examples
    --------
    >>> from hebbsym.families.thresholds import Fixed, Optimal
    >>> scales(Optimal()), scales(Fixed(sp.Integer(1)))
    (True, False)
    """
    step = sp.Symbol("s", positive=True)
    return _identical(
        threshold.value(_law(0, step, step**2), _law(1, step, step**2)),
        step * threshold.value(_law(0), _law(1)),
    )


def reverses(threshold: Threshold) -> bool:
    """Whether theta(-M, V) = -theta(M, V), proved as an identity.

    Examples
    --------
    >>> from hebbsym.families.thresholds import Optimal
    >>> reverses(Optimal())
    True
    """
    minus = sp.Integer(-1)
    return _identical(
        threshold.value(_law(0, minus), _law(1, minus)), -threshold.value(_law(0), _law(1))
    )


def absorbs(threshold: Threshold) -> bool:
    """Whether theta moves with the means: theta(M + t, V) = theta(M, V) + t.

    Examples
    --------
    >>> from hebbsym.families.thresholds import Optimal, Zero
    >>> absorbs(Optimal()), absorbs(Zero())
    (True, False)
    """
    step = sp.Symbol("t", real=True)
    return _identical(
        threshold.value(_law(0, shift=step), _law(1, shift=step)),
        threshold.value(_law(0), _law(1)) + step,
    )


def _law(
    number: int, factor: sp.Expr = sp.S.One, square: sp.Expr = sp.S.One, shift: sp.Expr = sp.S.Zero
) -> FieldLaw:
    mean = sp.Symbol(f"M_{number}", real=True)
    variance = sp.Symbol(f"V_{number}", positive=True)
    share = sp.Symbol("p", positive=True)
    return FieldLaw(factor * mean + shift, square * variance, share if number else 1 - share)


def _identical(first: sp.Expr, second: sp.Expr) -> bool:
    """Whether two expressions are equal in all their symbols; False where that is not proved."""
    difference = sp.factor(first - second, deep=True)
    return bool(sp.cancel(sp.together(difference)) == 0)


def _identity(size: int) -> Array:
    return np.array(
        [[Fraction(int(row == place)) for place in range(size)] for row in range(size)],
        dtype=object,
    )


def _nullspace(rows: Sequence[Any]) -> list[list[Fraction]]:
    """The vectors that all rows send to zero, exact."""
    matrix = sp.Matrix([[sp.Rational(e.numerator, e.denominator) for e in row] for row in rows])
    return [[Fraction(int(e.p), int(e.q)) for e in vector] for vector in matrix.nullspace()]


@dataclass(frozen=True, eq=False)
class Classes:
    """The rules of a space by class.

    Parameters
    ----------
    space : Space
    canonical : array of int
        The index of the canonical member of each class, ascending: of the members that recall the
        pattern and not its mirror image the one with the fewest non-zero coefficients, then with the
        smallest ones, then with the lowest index.
    counts : array of int
        The number of members of each class.
    keys : array of int
        What is equal for equivalent rules, of shape (classes, functions).

    Examples
    --------
    >>> from hebbsym.exploration.space import finite
    >>> signs = finite((-1, 0, 1))
    >>> found = classes(Space({"c_1_post": signs, "c_2_corr": signs}))
    >>> found.before, found.after
    (9, 5)
    """

    space: Space
    canonical: Array
    counts: Array
    keys: Array

    @property
    def before(self) -> int:
        """The number of rules."""
        return len(self.space)

    @property
    def after(self) -> int:
        """The number of classes."""
        return len(self.canonical)

    @cached_property
    def named(self) -> dict[int, tuple[str, ...]]:
        """The named rules in a class, by its canonical member; those that are in none are left out."""
        found: dict[int, tuple[str, ...]] = {}
        division = _division(self.space)
        for name in rules:
            for place in np.flatnonzero(division.named(name, self.keys)):
                rule = int(self.canonical[place])
                found[rule] = (*found.get(rule, ()), name)
        return found

    @property
    def table(self) -> dict[str, Any]:
        """Columns ``rule`` (the canonical member), ``members`` (their number) and ``named``."""
        named = [", ".join(self.named.get(int(rule), ())) for rule in self.canonical]
        return {"rule": self.canonical, "members": self.counts, "named": named}


def classes(space: Space) -> Classes:
    """The classes of a space.

    Raises
    ------
    SizeLimit
        When the space has too many rules, or their coefficients too many digits, to compare them all.
    """
    if len(space) > MOST:
        raise SizeLimit(
            f"the space has {len(space)} rules, and classes are found among at most {MOST}; "
            "equivalent rules are then computed as often as they occur"
        )
    division = _division(space)
    blocks = [
        division.block(first, min(first + _TOGETHER, len(space)))
        for first in range(0, len(space), _TOGETHER)
    ]
    keys, whole, upright = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
    index = np.arange(len(space))
    sizes, filled = np.abs(whole).sum(axis=1), (whole != 0).sum(axis=1)
    order = np.lexsort((index, sizes, filled, ~upright, *keys.T[::-1]))
    ordered = keys[order]
    first = np.concatenate([[True], np.any(ordered[1:] != ordered[:-1], axis=1)])
    starts = np.flatnonzero(first)
    counts = np.diff([*starts, len(space)])
    back = np.argsort(order[starts])
    return Classes(space, order[starts][back], counts[back], ordered[starts][back])


class Division(ABC):
    """How rules of a space are compared: exact whole numbers that are equal for equivalent rules."""

    @abstractmethod
    def block(self, start: int, stop: int) -> tuple[Array, Array, Array]:
        """Keys, whole coefficients and whether each rule recalls the pattern itself."""

    @abstractmethod
    def named(self, name: str, keys: Array) -> Array:
        """Which keys are those of a named rule."""


def _division(space: Space) -> Division:
    if space.affine:
        from hebbsym.exploration.halves import HalvesDivision

        return HalvesDivision(space)
    return _Division(space)


class _Division(Division):
    """Of additive rules."""

    def __init__(self, space: Space) -> None:
        self.space = space
        self._forms = [forms(space, condition) for condition in kinds(space)]
        symmetries = [symmetry(here) for here in self._forms]
        self._scale = all(one.scale for one in symmetries)
        self._sign = all(one.sign for one in symmetries)
        self._invariants = [one.invariant for one in symmetries]
        rows = np.concatenate(
            [i @ here.exact for i, here in zip(self._invariants, self._forms, strict=True)]
        )
        self._rows, self._common, self._unit = whole_numbers(space, rows)
        self._gap = np.asarray(self._forms[0].at_load(self._forms[0].gap)[0], dtype=float)
        self._reduction = self._forms[0].exact.astype(float)

    def block(self, start: int, stop: int) -> tuple[Array, Array, Array]:
        block = self.space.block(start, stop)
        whole = np.rint(block * float(self._unit)).astype(np.int64)
        gap = block @ (self._gap @ self._reduction)
        return normalised(whole @ self._rows.T, self._scale, self._sign), whole, gap > 0

    def named(self, name: str, keys: Array) -> Array:
        key = self._key_of_named(name)
        if key is None:
            return np.zeros(len(keys), dtype=bool)
        return np.asarray(np.all(keys == np.array(key), axis=1))

    def _key_of_named(self, name: str) -> tuple[int, ...] | None:
        """The key of a named rule; None where it is no rule of numbers under these conditions."""
        entries: list[Fraction] = []
        try:
            rule = rules[name].require_additive()
            for invariant, here in zip(self._invariants, self._forms, strict=True):
                entries += list(invariant @ centre_of(here, _of_numbers(rule, here)))
        except HebbsymError:
            return None
        common = math.lcm(self._common * self._unit, *(e.denominator for e in entries))
        # without scale a key counts in units of 1/(common * unit)
        factor = common if self._scale else self._common * self._unit
        whole = [e * factor for e in entries]
        if any(e.denominator != 1 or abs(e) >= 2**62 for e in whole):
            return None
        row = np.array([[int(e) for e in whole]], np.int64)
        (key,) = normalised(row, self._scale, self._sign).tolist()
        return tuple(key)


def whole_numbers(space: Space, rows: Array) -> tuple[Array, int, int]:
    """Linear functions of the coefficients (fractions) as whole numbers of those times ``unit``, times ``common``.

    Raises
    ------
    SizeLimit
        When the coefficients have too many digits.

    Examples
    --------
    >>> from hebbsym.exploration.space import finite
    >>> space = Space({"c_2_corr": finite((sp.Rational(1, 6),))})
    >>> whole_numbers(space, np.array([[Fraction(1, 2)]], dtype=object))
    (array([[1]]), 2, 6)
    """
    common = math.lcm(*(int(e.denominator) for e in rows.ravel()))
    unit = math.lcm(*(denominator(v) for v in space.coefficients.values()))
    largest = max(abs(e) for v in space.coefficients.values() for e in v.ends)
    bound = float(largest) * unit
    weight = max(sum(abs(e) for e in row) for row in rows) * common
    if bound >= _EXACT or bound * float(weight) >= 2.0**62:
        raise SizeLimit(
            "the coefficients have too many digits to find equivalent rules exactly; "
            "they are computed as often as they occur"
        )
    return np.array([[int(e * common) for e in row] for row in rows], np.int64), common, unit


def normalised(keys: Array, scale: bool, sign: bool) -> Array:
    """Divided by the greatest common divisor, the first entry positive, where that is allowed.

    Examples
    --------
    >>> normalised(np.array([[0, -2, 4]]), True, True).tolist()
    [[0, 1, -2]]
    """
    if scale:
        divisor = np.gcd.reduce(keys, axis=1)
        keys = keys // np.maximum(divisor, 1)[:, None]
    if sign:
        place = np.argmax(keys != 0, axis=1)
        keys = keys * np.where(keys[np.arange(len(keys)), place] < 0, -1, 1)[:, None]
    return keys


def _of_numbers(rule: ExpandedRule, here: Forms) -> ExpandedRule:
    """The rule at the means of the patterns; a learning rate only scales it: it is positive, and 1 here."""
    setting = here.condition.setting(rule)
    met = setting.rule.require_additive()
    rates = {symbol: sp.S.One for symbol in met.free_symbols if symbol.is_positive}
    return met.at(rates) if rates else met


def kinds(space: Space) -> list[Condition]:
    """One condition for each choice of patterns, cue and threshold: sizes do not matter.

    Examples
    --------
    >>> from hebbsym.exploration.space import Size, finite
    >>> len(kinds(Space({"c_2_corr": finite((1,))}, sizes=(Size(9, 2), Size(9, 3)))))
    1
    """
    found: dict[tuple[str, str, str], Condition] = {}
    for condition in space.conditions:
        found.setdefault((condition.ensemble, condition.cue, condition.threshold), condition)
    return list(found.values())
