r"""The rules that a page shows beside the one that its sliders make: named ones, and classes of a sweep.

Main names
----------
Coordinates
    The coefficients that the sliders move, and the coordinates in which rules are compared.
coordinates
    Those of a setting whose rule leaves every coefficient open.
named_rules
    The named rules that the sliders reach.
classes
    The rows of a table of rules as numbers.

Conventions
-----------
Rules are compared by the angle between their coefficient vectors, after powers that the alphabet
makes equal were put together (on two values x^2 is a constant or x): scale drops out, and 180
degrees is the rule of the other sign.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy as sp

from hebbsym.errors import InvalidValue, OutsideClass, SizeLimit
from hebbsym.families.alphabet import reduced
from hebbsym.families.named import rules
from hebbsym.families.rules import ExpandedRule, RuleClass
from hebbsym.theory.setting import Setting

MOST_CLASSES = 5000
"""Bound on the rows of a table on a page."""
LARGEST_DENOMINATOR = 10**6
"""Doubles of a table become fractions with at most this denominator."""


@dataclass(frozen=True)
class Coordinates:
    """Which symbols are the coefficients of which powers, and what rules are compared by.

    Parameters
    ----------
    symbols : mapping of (p, q) to symbol
    compared : tuple of expressions
        In these symbols.
    """

    symbols: Mapping[tuple[int, int], sp.Symbol]
    compared: tuple[sp.Expr, ...]


@dataclass(frozen=True)
class Landmark:
    """A named rule: its coefficients in the order of the coordinates' symbols."""

    name: str
    coefficients: tuple[sp.Expr, ...]


def coordinates(setting: Setting) -> Coordinates | None:
    """The coordinates of an additive rule whose coefficients are symbols of their own, else None.

    Examples
    --------
    >>> coordinates(Setting(ExpandedRule(2))).compared
    (c_0 + c_2_post + c_2_pre, c_1_post, c_1_pre, c_2_corr)
    >>> coordinates(Setting(rules["hebb"])) is None
    True
    """
    rule = setting.rule
    if rule.rule_class is not RuleClass.ADDITIVE:
        return None
    terms = rule.require_additive().terms
    symbols = {pq: c for pq, c in terms.items() if isinstance(c, sp.Symbol)}
    others = setting.with_rule(ExpandedRule(0, {})).free_symbols
    distinct = len(set(symbols.values()) - others)
    if len(terms) < 2 or not len(terms) == len(symbols) == distinct:
        return None
    post, pre = ([value for value, _ in side.alphabet] for side in (setting.post, setting.pre))
    shown = reduced(rule.require_additive(), post, pre).terms if post and pre else terms
    return Coordinates(
        symbols, tuple(shown[pq] for pq in sorted(shown, key=lambda pq: (sum(pq), -pq[0])))
    )


def named_rules(setting: Setting, where: Coordinates) -> tuple[Landmark, ...]:
    """The named additive rules that have no other coefficients, applied to the setting's patterns.

    Examples
    --------
    >>> from hebbsym.families.ensembles import Bipolar
    >>> setting = Setting(ExpandedRule(2), Bipolar(mean=sp.Symbol("a")))
    >>> [mark.name for mark in named_rules(setting, coordinates(setting))]
    ['hebb', 'anti-hebb', 'covariance', 'pre-centred', 'post-centred']
    """
    free = setting.with_rule(ExpandedRule(0, {})).free_symbols
    found: dict[tuple[sp.Expr, ...], Landmark] = {}
    for name in rules.entries:
        try:
            rule = setting.with_rule(rules[name]).rule.require_additive()
        except OutsideClass:
            continue
        reached = set(rule.terms) <= set(where.symbols)
        if not reached or rule.free_symbols - free:
            continue
        vector = tuple(rule.terms.get(pq, sp.S.Zero) for pq in where.symbols)
        found.setdefault(vector, Landmark(name, vector))
    return tuple(found.values())


def classes(rows: Iterable[Mapping[str, Any]], where: Coordinates) -> dict[str, Any]:
    """A table of rules as data for the page: names, coefficients as fractions, other numbers.

    Parameters
    ----------
    rows : iterable of mappings
        One rule each: ``name`` (may be missing), coefficients by the names of their symbols (missing
        ones are zero), and any other columns; those that hold numbers in every row can be axes.

    Raises
    ------
    InvalidValue
        When a coefficient is no finite number.
    SizeLimit
        When there are more than 5000 rows.

    Examples
    --------
    >>> table = classes([{"c_2_corr": 1, "c_1_pre": "-1/5", "energy": 1}],
    ...                 coordinates(Setting(ExpandedRule(2))))
    >>> table["rows"], table["columns"]
    ([['', [[0, 1], [0, 1], [-1, 5], [0, 1], [1, 1], [0, 1]], [1.0]]], ['energy'])
    """
    table = [dict(row) for row in rows]
    if len(table) > MOST_CLASSES:
        raise SizeLimit(
            f"a table of {len(table)} classes is past the bound of {MOST_CLASSES} of a page: "
            "choose some, such as the Pareto front"
        )
    names = [symbol.name for symbol in where.symbols.values()]
    known = {*names, "name"}
    extra = [
        column
        for column in (table[0] if table else ())
        if column not in known and all(_is_number(row.get(column)) for row in table)
    ]
    return {
        "columns": extra,
        "rows": [
            [
                str(row.get("name") or ""),
                [_fraction(name, row.get(name, 0)) for name in names],
                [float(row[column]) for column in extra],
            ]
            for row in table
        ],
    }


def _is_number(value: Any) -> bool:
    try:
        return abs(float(value)) < float("inf")
    except (TypeError, ValueError):
        return False


def _fraction(name: str, value: Any) -> list[int]:
    try:
        exact = Fraction(value)
    except (TypeError, ValueError, OverflowError, ZeroDivisionError):
        raise InvalidValue(
            f"{name} = {str(value)[:40]!r} in a table of classes is no number"
        ) from None
    near = exact.limit_denominator(LARGEST_DENOMINATOR)
    if abs(near.numerator) > 2**53:
        raise InvalidValue(
            f"{name} = {float(exact):g} in a table of classes is too large for a page"
        )
    return [near.numerator, near.denominator]
