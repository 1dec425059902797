"""Rules from what a user has: a name, formula text, an expression, or coefficients.

Main names
----------
rule
    A rule from any of these.
rules
    The named rules: ``rules["oja"]``; ``rules.entries["oja"]`` is the entry with source and proof.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import singledispatch

import sympy as sp

from hebbsym import notation
from hebbsym.errors import FormulaError, InvalidValue, OutsideClass, UnknownName
from hebbsym.families.bounded import BoundedRule
from hebbsym.families.catalogue import rules
from hebbsym.families.entries import Named
from hebbsym.families.expansion import powers, taylor
from hebbsym.families.increments import bodies_of, is_nbody_text, nbody_increments, nbody_text
from hebbsym.families.nbody import NBodyRule
from hebbsym.families.rules import ExpandedRule, Rule
from hebbsym.formula import parse
from hebbsym.functions import FUNCTIONS
from hebbsym.notation import PRESYNAPTIC, w, x_i, x_j
from hebbsym.registry import parse_spec

__all__ = ["rule", "rules"]


@singledispatch
def rule(source: object, order: int | None = None, name: str | None = None) -> Rule:
    """A rule from what a user has: an expanded rule, a bounded one where a name stands for one, or one of n-body synapses.

    Parameters
    ----------
    source : str, sympy.Expr, sympy.Lambda, mapping, Rule, Named
        A registry name with optional parameters (``"decay(lam=1/10)"``); formula text in ``x_i``,
        ``x_j``, ``w``; an expression in these symbols; a ``Lambda`` of (w, x_i, x_j); or the
        coefficients by powers (p of x_i, q of x_j). A registry name always wins. With further presynaptic
        values x_k, x_l, ... it is a rule on n-body synapses (:mod:`hebbsym.families.increments`).
    order : int, optional
        Keep powers up to this total. It is needed when the update is not a polynomial in x_i and
        x_j, which is then Taylor-expanded about (0, 0).
    name : str, optional
        What the rule is called in print.

    Raises
    ------
    FormulaError, UnknownName
        For text that is neither a formula nor the name of a rule.
    OutsideClass
        For a named rule that is no expanded rule, or a function without a Taylor expansion.
    InvalidValue
        When an order is missing, or the update is singular at the origin.

    Examples
    --------
    >>> rule("eta*x_i*(x_j - w*x_i)").terms == rules["oja"].terms
    True
    >>> rule("tanh(x_i)*x_j", order=4).update
    -x_i**3*x_j/3 + x_i*x_j
    >>> rule({(1, 1): 1, (0, 1): -3}).update
    x_i*x_j - 3*x_j
    >>> rule("x_i*x_j*x_k + c*x_i").terms
    {(3, 1, 0): c, (3, 1, 2): 1}
    """
    raise InvalidValue(
        f"a rule is text, an expression, or a mapping of powers, not {type(source).__name__}"
    )


@rule.register
def _(source: BoundedRule, order: int | None = None, name: str | None = None) -> BoundedRule:
    if order is not None:
        raise OutsideClass(f"rule {source.name!r} is bounded: it has no order to be cut at")
    return source


@rule.register
def _(source: NBodyRule, order: int | None = None, name: str | None = None) -> NBodyRule:
    if order is not None:
        raise OutsideClass(f"rule {source.name!r} is cut by its bodies, not by an order")
    return replace(source, name=name or source.name)


@rule.register
def _(source: ExpandedRule, order: int | None = None, name: str | None = None) -> ExpandedRule:
    if order is None:
        return replace(source, name=name or source.name)
    kept = {(p, q): c for (p, q), c in source.terms.items() if p + q <= order}
    return ExpandedRule(order, kept, name or source.name)


@rule.register
def _(source: Named, order: int | None = None, name: str | None = None) -> Rule:
    return rule(source.rule(), order, name)


@rule.register
def _(source: Mapping, order: int | None = None, name: str | None = None) -> ExpandedRule:  # type: ignore[type-arg]
    for key in source:
        if not (isinstance(key, tuple) and len(key) == 2 and all(isinstance(n, int) for n in key)):
            raise InvalidValue(f"{str(key)[:60]} is not a pair (power of x_i, power of x_j)")
    highest = max((p + q for p, q in source), default=0)
    return ExpandedRule(highest if order is None else order, source, name or "coefficients")


@rule.register
def _(source: sp.Lambda, order: int | None = None, name: str | None = None) -> Rule:
    if len(source.variables) != 3:
        raise InvalidValue("a rule given as a Lambda has the three variables (w, x_i, x_j)")
    return _from_expression(source(w, x_i, x_j), order, name)


@rule.register
def _(source: sp.Expr, order: int | None = None, name: str | None = None) -> Rule:
    return _from_expression(source, order, name)


_VARIABLES = frozenset(symbol.name for symbol in (x_i, w, *PRESYNAPTIC))


def _from_expression(source: sp.Expr, order: int | None, name: str | None) -> Rule:
    for symbol in source.free_symbols:
        if symbol.name in _VARIABLES and symbol != notation.named(symbol.name):
            raise InvalidValue(
                f"{symbol.name} is not the {symbol.name} of hebbsym.notation (its assumptions differ)"
            )
    shown = name or str(source)[:60]
    if source.has(sp.Float):
        raise InvalidValue(f"{shown} has a float; give exact numbers, such as Rational(1, 2)")
    if (n := bodies_of(source)) > 2:
        return rule(nbody_increments({n: source}, shown), order)
    terms = powers(source)
    if terms is None and order is None:
        raise InvalidValue(
            f"{shown} is not a polynomial in x_i and x_j; give an order to expand it about (0, 0)"
        )
    if order is None:
        return ExpandedRule(max((p + q for p, q in terms or {}), default=0), terms, shown)
    if terms is None:
        kept, whole = taylor(source, ExpandedRule(order).order), False
    else:
        kept = {(p, q): c for (p, q), c in terms.items() if p + q <= order}
        whole = len(kept) == len(terms)
    return ExpandedRule(order, kept, shown if whole else f"{shown} to order {order}")


@rule.register
def _(source: str, order: int | None = None, name: str | None = None) -> Rule:
    head = re.fullmatch(r"\s*([A-Za-z][A-Za-z0-9_-]*)\s*(\(.*\))?\s*", source)
    if head is not None and head[1] in rules.entries:
        return rule(_from_spec(source), order, name)
    if is_nbody_text(source):
        return rule(nbody_text(source, name), order)
    try:
        expression = parse(source)
    except FormulaError:
        if head is not None and head[1] not in FUNCTIONS:
            raise UnknownName("rule", head[1], rules.entries) from None
        raise
    if head is not None and head[2] is None and not expression.has(x_i, w, *PRESYNAPTIC):
        raise UnknownName("rule", head[1], rules.entries)
    return _from_expression(expression, order, name or " ".join(source.split())[:60])


def _from_spec(text: str) -> Rule:
    spec = parse_spec(text, "rule")
    given = {p: parse(v) for p, v in spec.parameters}
    return rules.entries[spec.name].rule(**given)
