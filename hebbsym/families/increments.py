r"""n-body rules from formulas: what one pattern makes of a synapse, for one kind of synapses or several.

``"x_i*x_j*x_k + c*x_i"`` is the increment of a synapse that joins unit i with two presynaptic units, j and k;
further ones are l, m, n, o, p. A synapse knows no order among its presynaptic units, so that an
increment is symmetric in them; on two values every power is linear in the value, so that each unit comes in
once at most. Instead of sums over units the text may have e_1, e_2, ..., their elementary symmetric
polynomials.

Main names
----------
nbody_text, is_nbody_text
    The rule that text stands for, and whether text stands for one by its form.
nbody_increments
    The rule with given increments, kind by kind.
bodies_of
    How many units the synapses of an increment join.

Conventions
-----------
A synapse joins as many units as the last letter says, and two at least; ``3:`` before an increment says another
number. Kinds are separated by semicolons: ``"x_i*x_j; x_i*x_j*x_k"``, ``"1: x_i; 3: c*x_i*e_2"``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import combinations

import sympy as sp

from hebbsym.errors import InvalidValue, OutsideClass
from hebbsym.families.nbody import MOST_BODIES, NBodyRule, Place
from hebbsym.formula import parse, shown
from hebbsym.notation import PRESYNAPTIC, elementary_symmetric, w, x_i

_SUM = re.compile(r"e_[0-9]+")
_KIND = re.compile(r"\s*([0-9]{1,4})\s*:(.*)", re.DOTALL)


def is_nbody_text(text: str) -> bool:
    """Whether text names kinds of synapses, or has several of them.

    Examples
    --------
    >>> is_nbody_text("3: x_i*e_2"), is_nbody_text("x_i*x_j; x_i*x_j*x_k"), is_nbody_text("x_i*x_j")
    (True, True, False)
    """
    return ";" in text or _KIND.match(text) is not None


def bodies_of(increment: sp.Expr) -> int:
    """How many units the synapses of an increment join, by its last letter; two at least.

    Examples
    --------
    >>> x_j, x_k = PRESYNAPTIC[:2]
    >>> bodies_of(x_i * x_j * x_k), bodies_of(x_i)
    (3, 2)
    """
    return max((place + 2 for place, s in enumerate(PRESYNAPTIC) if increment.has(s)), default=2)


def nbody_text(text: str, name: str | None = None) -> NBodyRule:
    """The rule that text stands for.

    Parameters
    ----------
    text : str
    name : str, optional
        What the rule is called in print; the text by default.

    Raises
    ------
    FormulaError
        For malformed text.
    InvalidValue, OutsideClass
        For an increment that no synapse of that kind has, or a kind that is given twice.

    Examples
    --------
    >>> nbody_text("x_i*x_j*x_k + c*x_i; x_i*x_j").terms
    {(2, 1, 1): 1, (3, 1, 0): c, (3, 1, 2): 1}
    >>> nbody_text("4: x_i*e_3").terms
    {(4, 1, 3): 1}
    """
    increments: dict[int, sp.Expr] = {}
    for part in text.split(";"):
        kind = _KIND.fullmatch(part)
        increment = parse(part if kind is None else kind[2])
        n = bodies_of(increment) if kind is None else int(kind[1])
        if n in increments:
            raise InvalidValue(
                f"synapses of {n} bodies have two increments in {shown(text)}; add them up"
            )
        increments[n] = increment
    return nbody_increments(increments, name or " ".join(text.split())[:60])


def nbody_increments(increments: Mapping[int, sp.Expr], name: str) -> NBodyRule:
    """The rule with given increments.

    Parameters
    ----------
    increments : mapping of int to expression
        By the number n of units that a synapse joins: in x_i, the first n - 1 of x_j, x_k, ..., x_p and e_k.
    name : str

    Raises
    ------
    InvalidValue
        For an increment that is not symmetric in the presynaptic values, not linear in each value, or has
        more units than the synapse joins.
    OutsideClass
        For one that depends on the weight.

    Examples
    --------
    >>> x_j, x_k = PRESYNAPTIC[:2]
    >>> nbody_increments({3: x_i * (x_j + x_k)}, "pairs").terms
    {(3, 1, 1): 1}
    >>> nbody_increments({3: x_i * x_j}, "one-sided")
    Traceback (most recent call last):
    ...
    hebbsym.errors.InvalidValue: a synapse knows no order among its presynaptic units, and x_i*x_j is not symmetric in x_j, x_k: the coefficient of x_i*x_j is 1, that of x_i*x_k is 0
    """
    terms: dict[Place, sp.Expr] = {}
    for n, increment in increments.items():
        if 1 <= n <= MOST_BODIES:
            terms |= _terms(n, increment)
    return NBodyRule(tuple(increments), terms, name)


def _terms(n: int, increment: sp.Expr) -> dict[Place, sp.Expr]:
    """The coefficients of x_i^p e_k in the increment of synapses of n bodies."""
    units, sums = PRESYNAPTIC[: n - 1], [elementary_symmetric(k) for k in range(1, n)]
    text = str(increment)[:60]
    _require_known(text, increment, (x_i, *units), sums)
    found: dict[Place, sp.Expr] = {}
    products: dict[tuple[int, int], dict[tuple[int, ...], sp.Expr]] = {}
    for (p, *powers), c in sp.Poly(increment, x_i, *units, *sums).terms():
        subset, of_sums = tuple(powers[: n - 1]), powers[n - 1 :]
        if max(p, *powers, 0) > 1:
            raise InvalidValue(
                f"{text} has a value to a power above 1: on two values every power is linear in the value "
                "(x_i**2 is 1 on signs, and x_i on 0 and 1); write it so"
            )
        if sum(of_sums) + any(subset) > 1:
            raise InvalidValue(
                f"in {text} a sum e_k is multiplied by more than x_i: it stands alone"
            )
        if any(of_sums):
            found[n, p, 1 + of_sums.index(1)] = c
        else:
            products.setdefault((p, sum(subset)), {})[subset] = c
    for (p, k), given in products.items():
        place = n, p, k
        found[place] = found.get(place, sp.S.Zero) + _common(text, units, p, k, given)
    return found


def _require_known(
    text: str, increment: sp.Expr, units: tuple[sp.Symbol, ...], sums: list[sp.Symbol]
) -> None:
    """Refuse what an increment of these units cannot have."""
    if increment.has(w):
        raise OutsideClass(f"{text} depends on w, and n-body rules are additive")
    known, joined = {*units, *sums}, ", ".join(map(str, units))
    for symbol in sorted(increment.free_symbols - known, key=str):
        if symbol in PRESYNAPTIC or _SUM.fullmatch(symbol.name):
            raise InvalidValue(
                f"{text} has {symbol}, and a synapse of {len(units)} bodies joins {joined} only"
                + (f", with the sums {', '.join(map(str, sums))}" if sums else "")
            )
    if not increment.is_polynomial(*units, *sums):
        raise InvalidValue(f"{text} is not a polynomial in the values at the synapse ({joined})")


def _common(
    text: str,
    units: tuple[sp.Symbol, ...],
    p: int,
    k: int,
    given: Mapping[tuple[int, ...], sp.Expr],
) -> sp.Expr:
    """The coefficient that all products of k presynaptic values have in common."""

    def product(subset: tuple[int, ...]) -> sp.Expr:
        return x_i**p * sp.Mul(*(unit**power for unit, power in zip(units, subset, strict=True)))

    first, wanted = next(iter(given.items()))
    for chosen in combinations(range(len(units)), k):
        subset = tuple(int(place in chosen) for place in range(len(units)))
        c = given.get(subset, sp.S.Zero)
        if sp.expand(c - wanted) != 0:
            raise InvalidValue(
                f"a synapse knows no order among its presynaptic units, and {text} is not symmetric in "
                f"{', '.join(map(str, units))}: the coefficient of {product(first)} is {wanted}, that of "
                f"{product(subset)} is {c}"
            )
    return wanted
