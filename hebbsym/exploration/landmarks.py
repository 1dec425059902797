r"""The rules that a page shows beside the one that its sliders make: named ones, and classes of a sweep.

Main names
----------
Coordinates
    The coefficients of a rule, and the coordinates in which it is compared with others.
coordinates
    Those of a setting whose rule is additive and can be moved, or affine in the weight.
named_rules
    The named rules of the same class.
classes
    The rows of a table of rules as numbers.

Conventions
-----------
A coefficient is that of w^k x_i^p x_j^q, written (k, p, q). Rules are compared by the angle between their
coefficient vectors, after powers that the alphabet makes equal were put together (on two values x^2 is a
constant or x). What does not multiply the weight is scaled to length 1 first: the scale of the weights is
free, and with it that part, but a rate of decay is not. For additive rules this is the angle
itself, and 180 degrees is the rule of the other sign. A named rule with a rate that is no number is a
family: it stands at the member whose decay is the nearest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, TypeAlias

import sympy as sp

from hebbsym.claim import Claim
from hebbsym.errors import InvalidValue, OutsideClass, SizeLimit
from hebbsym.exploration.sliders import slider
from hebbsym.families.alphabet import reduced
from hebbsym.families.named import rules
from hebbsym.families.rules import ExpandedRule, RuleClass
from hebbsym.theory.setting import Setting

Power: TypeAlias = tuple[int, int, int]
"""The powers of w, x_i and x_j."""

MOST_CLASSES = 5000
"""Bound on the rows of a table on a page."""
LARGEST_DENOMINATOR = 10**6
"""Doubles of a table become fractions with at most this denominator."""
RATE = sp.Dummy("rate", positive=True)
"""The rate of a family of named rules, whatever it is called there."""
_COMPARED = (RuleClass.ADDITIVE, RuleClass.AFFINE)


def coefficients(rule: ExpandedRule) -> dict[Power, sp.Expr]:
    """The coefficients of a rule that is a polynomial in the weight.

    Examples
    --------
    >>> coefficients(rules["oja"])
    {(0, 1, 1): eta, (1, 2, 0): -eta}
    """
    return {(k, p, q): c for k, part in enumerate(rule.by_weight) for (p, q), c in part.items()}


@dataclass(frozen=True)
class Landmark:
    """A named rule.

    Parameters
    ----------
    name : str
    rule : ExpandedRule
        As it is applied to the patterns of the setting.
    rate : Symbol, optional
        What is open in it: a rate.
    fixed : str
        Parameters that stand at a number, as text.
    """

    name: str
    rule: ExpandedRule
    rate: sp.Symbol | None = None
    fixed: str = ""

    @property
    def coefficients(self) -> dict[Power, sp.Expr]:
        """By the powers of weight and activities, in the common symbol of a rate."""
        return {power: c.xreplace(self._named) for power, c in coefficients(self.rule).items()}

    def claim(self, claim: Claim) -> Claim:
        """A claim about the rule, in the common symbol of a rate."""
        requirements = (
            replace(r, quantity=r.quantity.xreplace(self._named), bound=r.bound.xreplace(self._named))
            for r in claim.requirements
        )  # fmt: skip
        return replace(
            claim, formula=claim.formula.xreplace(self._named), requirements=tuple(requirements)
        )

    @property
    def _named(self) -> dict[sp.Symbol, sp.Symbol]:
        return {} if self.rate is None else {self.rate: RATE}


@dataclass(frozen=True)
class Coordinates:
    """The coefficients of a rule, and what rules are compared by.

    Parameters
    ----------
    powers : tuple of (k, p, q)
        Of the rule first, then those that only other rules have.
    coefficients : tuple of expressions
        Of the rule, in the order of the powers.
    symbols : mapping of power to symbol
        The coefficients, where each is a symbol of its own; else empty.
    compared : tuple of (k, row)
        Each coordinate: the power of the weight that it multiplies, and its dependence on the coefficients.
    """

    powers: tuple[Power, ...]
    coefficients: tuple[sp.Expr, ...]
    symbols: Mapping[Power, sp.Symbol]
    compared: tuple[tuple[int, tuple[sp.Expr, ...]], ...]

    def vector(self, found: Mapping[Power, sp.Expr]) -> tuple[sp.Expr, ...]:
        """Coefficients by power in the order of the powers."""
        return tuple(found.get(power, sp.S.Zero) for power in self.powers)

    def reached(self, mark: Landmark) -> bool:
        """Whether the coefficients can be moved to a named rule."""
        return set(mark.coefficients) <= set(self.symbols)


def coordinates(setting: Setting, marks: Sequence[Landmark] = ()) -> Coordinates | None:
    """The coordinates of an additive rule with an open coefficient, or of an affine one; else None.

    Examples
    --------
    >>> where = coordinates(Setting(ExpandedRule(2)))
    >>> [power for power, row in zip(where.powers, where.compared[0][1]) if row]
    [(0, 0, 0), (0, 2, 0), (0, 0, 2)]
    >>> coordinates(Setting(rules["hebb"])) is None
    True
    """
    if setting.rule.rule_class not in _COMPARED:
        return None
    rule = setting.rule.require_expanded()
    others = setting.with_rule(ExpandedRule(0, {})).free_symbols
    if setting.rule.rule_class is RuleClass.ADDITIVE and not rule.free_symbols - others:
        return None
    own = coefficients(rule)
    powers = tuple(dict.fromkeys([*own, *(power for mark in marks for power in mark.coefficients)]))
    symbols = {power: c for power, c in own.items() if isinstance(c, sp.Symbol)}
    if len(own) < 2 or not len(own) == len(symbols) == len(set(symbols.values()) - others):
        symbols = {}
    vector = tuple(own.get(power, sp.S.Zero) for power in powers)
    return Coordinates(powers, vector, symbols, _compared(setting, powers))


def _compared(
    setting: Setting, powers: tuple[Power, ...]
) -> tuple[tuple[int, tuple[sp.Expr, ...]], ...]:
    """The rows of the reduction on the alphabet, for each power of the weight."""
    marked = {power: sp.Dummy() for power in powers}
    post, pre = ([value for value, _ in side.alphabet] for side in (setting.post, setting.pre))
    found = []
    for k in sorted({power[0] for power in powers}):
        terms = {(p, q): c for (n, p, q), c in marked.items() if n == k}
        rule = ExpandedRule(max(p + q for p, q in terms), terms)
        shown = reduced(rule, post, pre).terms if post and pre else rule.terms
        for pq in sorted(shown, key=lambda pq: (sum(pq), -pq[0])):
            found.append((k, tuple(shown[pq].coeff(marked[power]) for power in powers)))
    return tuple(found)


def named_rules(setting: Setting) -> tuple[Landmark, ...]:
    """The named rules of the class of the setting's rule, of no higher order, applied to its patterns.

    Examples
    --------
    >>> from hebbsym.families.ensembles import Bipolar
    >>> setting = Setting(ExpandedRule(2), Bipolar(mean=sp.Symbol("a")))
    >>> [mark.name for mark in named_rules(setting)]
    ['hebb', 'anti-hebb', 'covariance', 'pre-centred', 'post-centred']
    >>> [mark.name for mark in named_rules(Setting(rules["decay"]))]
    ['oja', 'presynaptic-decay', 'decay', 'instar', 'outstar', 'soft-bounds']
    """
    order = max(2, setting.rule.require_expanded().order)
    patterns = setting.with_rule(ExpandedRule(0, {})).free_symbols
    found: dict[tuple[Any, ...], Landmark] = {}
    for name in rules.entries:
        try:
            rule = setting.with_rule(rules[name]).rule.require_expanded()
        except OutsideClass:
            continue
        if rule.rule_class is not setting.rule.rule_class or rule.order > order:
            continue
        mark = _landmark(name, rule, patterns)
        if mark is not None:
            found.setdefault(tuple(mark.coefficients.items()), mark)
    return tuple(found.values())


def _landmark(name: str, rule: ExpandedRule, patterns: frozenset[sp.Basic]) -> Landmark | None:
    """A named rule whose only open parameter is a rate; what else is open stands where its slider starts."""
    opened = sorted((s for s in rule.free_symbols - patterns), key=str)
    if not opened:
        return Landmark(name, rule)
    rate, *others = opened
    start = {symbol: slider(symbol).start for symbol in others}
    made = rule.at(start)
    if not _is_rate(made, rate):
        return None
    return Landmark(name, made, rate, ", ".join(f"{s}={v}" for s, v in start.items()))


def _is_rate(rule: ExpandedRule, symbol: sp.Basic) -> bool:
    """Whether a symbol multiplies all that multiplies the weight, and all of the rest or nothing of it."""
    constant, *others = ([*part.values()] for part in rule.by_weight)
    decays = [c for part in others for c in part]

    def scales(part: list[sp.Expr]) -> bool:
        return not any(sp.cancel(c / symbol).has(symbol) for c in part)

    untouched = not any(c.has(symbol) for c in constant)
    return bool(decays) and scales(decays) and (untouched or scales(constant))


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
        if column not in known and any(_is_number(row.get(column)) for row in table)
    ]
    return {
        "columns": extra,
        "rows": [
            [
                str(row.get("name") or ""),
                [_fraction(name, row.get(name, 0)) for name in names],
                [float(row[column]) if _is_number(row.get(column)) else None for column in extra],
            ]
            for row in table
        ]
        if names
        else [],
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
