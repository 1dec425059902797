r"""Which rules are best: one merit, or several that cannot all be had.

Main names
----------
ranked
    Rules by one merit.
front
    The rules that no other beats in one merit without losing in another (Pareto).
robustness, borne
    How many errors of the cue a rule bears; the same for arrays of coefficients.

Conventions
-----------
A merit is better when it is larger; something that is to be small is handed in with its sign changed.
Merits that do not exist are not a number: they come last, and are in no front. Merits that are equal up to
``SAME`` are equal: two members of a class differ by rounding only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from hebbsym import notation
from hebbsym.errors import InvalidValue
from hebbsym.families.cues import Flip
from hebbsym.families.rules import ExpandedRule
from hebbsym.notation import delta
from hebbsym.numeric import numeric_function
from hebbsym.theories import derive
from hebbsym.theory.setting import Setting

Array: TypeAlias = NDArray[Any]

SAME = 1e-9
"""Relative difference below which two merits are one."""

_HALVINGS = 60


def ranked(merit: Any) -> tuple[Array, Array]:
    """The order of rules by a merit, best first, and the rank of each.

    Returns
    -------
    order : array of int
        Indices, best first; equal ones in the order given, those that are not a number last.
    rank : array of int
        The rank of each rule in the order given: 1 for the best, equal merits share one, and the next has the number
        of rules before it plus 1.

    Examples
    --------
    >>> order, rank = ranked([2.0, 5.0, float("nan"), 5.0])
    >>> order.tolist(), rank.tolist()
    ([1, 3, 0, 2], [3, 1, 4, 1])
    """
    values = np.asarray(merit, dtype=np.float64)
    order = np.argsort(np.where(np.isnan(values), np.inf, -values), kind="stable")
    rank = np.empty(len(values), dtype=np.int64)
    shared = 0
    for place, index in enumerate(order):
        before = values[order[place - 1]] if place else np.nan
        alike = place > 0 and (
            _same(values[index], before) or (np.isnan(values[index]) and np.isnan(before))
        )
        shared = shared if alike else place + 1
        rank[index] = shared
    return order, rank


def _same(one: float, other: float) -> bool:
    return bool(one == other or abs(one - other) <= SAME * max(abs(one), abs(other)))


def front(*merits: Any) -> list[int]:
    """The rules that are not dominated: none is at least as good in every merit and better in one.

    Parameters
    ----------
    *merits : arrays of equal length
        To be large. Of rules that are equal in all of them the first stands for all.

    Returns
    -------
    list of int
        Indices, best in the first merit first.

    Examples
    --------
    >>> capacity, few = [9.0, 5.0, 7.0, 5.0], [-4, -1, -4, -2]
    >>> front(capacity, few)
    [0, 1]
    """
    if not merits:
        raise InvalidValue("a front needs at least one merit")
    table = np.stack([np.asarray(m, dtype=np.float64) for m in merits], axis=1)
    usable = np.flatnonzero(~np.isnan(table).any(axis=1))
    order = sorted(usable.tolist(), key=lambda n: (*(-table[n]), n))
    kept: list[int] = []
    for n in order:  # whoever dominates n comes before it
        better = table[kept]
        slack = SAME * np.maximum(np.abs(better), np.abs(table[n]))
        if not (better >= table[n] - np.nan_to_num(slack)).all(axis=1).any():
            kept.append(n)
    return kept


def robustness(
    setting: Setting,
    rules: Sequence[ExpandedRule],
    *,
    at: Mapping[sp.Symbol, sp.Expr],
    ratio: float,
) -> Array:
    """The largest share of flipped entries of a cue at which rho is still at least ``ratio``.

    Parameters
    ----------
    setting : Setting
        Its cue and rule are not used.
    rules : sequence of ExpandedRule
        Additive, with numbers for coefficients.
    at : mapping of symbol to exact number
        D, K and the parameters of the patterns.
    ratio : float
        z^2.

    Returns
    -------
    array
        Between 0 and 1/2; not a number where even the exact cue does not reach the ratio.

    Examples
    --------
    >>> from hebbsym.notation import D, K
    >>> hebb = ExpandedRule(2, {(1, 1): 1})
    >>> at = {D: sp.Integer(101), K: sp.Integer(11)}
    >>> borne = robustness(Setting(hebb), [hebb], at=at, ratio=5.0)
    >>> q = 1 - 2 * borne[0]  # rho = (D - 1) q^2 / (K - q^2)
    >>> round(float(100 * q**2 / (11 - q**2)), 9)
    5.0
    """
    powers = sorted({pq for rule in rules for pq in rule.require_additive().terms})
    symbols = tuple(notation.coefficient(*pq) for pq in powers)
    order = max((p + q for p, q in powers), default=0)
    general = ExpandedRule(order, dict(zip(powers, symbols, strict=True)), "general")
    shares = borne(setting.with_rule(general), symbols, at, ratio)
    return shares(*(np.array([float(rule.terms.get(pq, 0)) for rule in rules]) for pq in powers))


def borne(
    setting: Setting, symbols: Sequence[sp.Symbol], at: Mapping[sp.Symbol, sp.Expr], ratio: float
) -> Callable[..., Array]:
    """The same as a function of arrays of coefficients, for the general rule of a setting.

    Examples
    --------
    >>> from hebbsym.notation import D, K, coefficient
    >>> hebb = Setting(ExpandedRule(2, {(1, 1): coefficient(1, 1)}))
    >>> at = {D: sp.Integer(101), K: sp.Integer(11)}
    >>> borne(hebb, [coefficient(1, 1)], at, 11.0)(np.array([1.0, -2.0])).tolist()
    [nan, nan]
    """
    theory = derive(
        setting.rule, setting.patterns, cue=Flip(delta), threshold=setting.threshold, quantities=["snr"]
    )  # fmt: skip
    formula = theory["snr"].formula.xreplace(dict(at))
    compiled = numeric_function(formula, [delta, *symbols])

    def shares(*c: Array) -> Array:
        count = len(c[0]) if c else 0
        low, high = np.zeros(count), np.full(count, 0.5)
        with np.errstate(all="ignore"):
            reached = compiled(low, *c) >= ratio
            for _ in range(_HALVINGS):  # rho falls with delta; a test looks at every class
                middle = (low + high) / 2
                above = compiled(middle, *c) >= ratio
                low, high = np.where(above, middle, low), np.where(above, high, middle)
        return np.where(reached, low, np.nan)

    return shares
