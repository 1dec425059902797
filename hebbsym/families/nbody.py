r"""The expanded Hebbian rule on n-body synapses: one weight for a unit and n - 1 presynaptic units.

.. math:: \Delta w_{i j_1 \dots j_{n-1}} = g_n(x_i; x_{j_1}, \dots, x_{j_{n-1}})
          = \sum_{p \le 1,\; k < n} c^{(n)}_{pk}\, x_i^p\, e_k(x_{j_1}, \dots, x_{j_{n-1}})

The increment is local: it sees the values at the n units that the synapse joins. A synapse knows no
order among its presynaptic units, j_1 < ... < j_(n-1), so that g_n is symmetric in them; on two values
every power is linear in the value, so that the elementary symmetric polynomials e_k are all there is
(2 n coefficients). For n = 2 this is the reduced pairwise rule, for n = 1 a bias of the unit. A memory may
have synapses of several n.

Main names
----------
NBodyRule
    The rule, with given or symbolic coefficients.
nbody_products
    The rule that adds the product of all n values, of one or several n: the activity product.
nbody_power
    The rule whose separation function is the plain power q^(n-1), as a memory of energy F_n has it.

Conventions
-----------
``(n, p, k)`` names a coefficient: bodies n, power p of x_i, degree k of e_k. In text the presynaptic values
x_{j_1}, x_{j_2}, ... are x_j, x_k, ..., x_p (:mod:`hebbsym.families.increments`). The field is
h_i = sum over n and over the (n-1)-subsets S of the other units of w_iS times the product of the cue's entries in S.

References
----------
chen1986; psaltis1988 (higher-order correlation memories, the product rule; equations unverified).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import final

import sympy as sp

from hebbsym.errors import InvalidValue, SizeLimit
from hebbsym.families.parameters import exact
from hebbsym.families.rules import Rule, RuleClass
from hebbsym.notation import D, body_coefficient, elementary_symmetric, latex, x_i

MOST_BODIES = 8
"""Bound on n: an average of two n-body terms is a sum of about n^4 coincidences."""

Place = tuple[int, int, int]
"""(bodies n, power p of x_i, degree k of e_k)."""


@final
@dataclass(frozen=True)
class NBodyRule(Rule):
    """An expanded Hebbian rule on n-body synapses, additive.

    Parameters
    ----------
    bodies : tuple of int
        The numbers n of units that a synapse joins, 1 (a bias) to 8 each.
    coefficients : mapping of (n, p, k) to expression, optional
        The coefficient of ``x_i**p * e_k``, p = 0 or 1 and k < n; missing ones are zero. Without it
        every coefficient is its own symbol.
    name : str
        What the rule is called in print.

    Raises
    ------
    InvalidValue
        For no n, a power out of range, or a floating-point coefficient.
    SizeLimit
        For n above 8.

    Examples
    --------
    >>> NBodyRule((3,)).update
    c_3body_00 + c_3body_01*e_1 + c_3body_02*e_2 + c_3body_10*x_i + c_3body_11*e_1*x_i + c_3body_12*e_2*x_i
    >>> NBodyRule((3,), {(3, 1, 2): 1}).update
    e_2*x_i
    """

    bodies: tuple[int, ...] = (3,)
    coefficients: Mapping[Place, sp.Expr] | None = None
    name: str = "n-body"

    def __post_init__(self) -> None:
        bodies = tuple(sorted(set(self.bodies)))
        if not bodies or bodies[0] < 1:
            raise InvalidValue(f"a synapse joins at least 1 unit; bodies is {self.bodies}")
        if bodies[-1] > MOST_BODIES:
            raise SizeLimit(f"a rule of {bodies[-1]} bodies is past the bound of {MOST_BODIES}")
        places = [(n, p, k) for n in bodies for p in (0, 1) for k in range(n)]
        if self.coefficients is None:
            given = {place: body_coefficient(*place) for place in places}
        else:
            given = {place: sp.expand(exact(c)) for place, c in self.coefficients.items()}
            for place in sorted(set(given) - set(places)):
                raise InvalidValue(
                    f"there is no coefficient (n, p, k) = {place} for bodies {bodies}: p is 0 or 1 "
                    "and k is below n"
                )
        terms = {place: given[place] for place in places if given.get(place, 0) != 0}
        object.__setattr__(self, "bodies", bodies)
        object.__setattr__(self, "coefficients", terms)

    @property
    def terms(self) -> dict[Place, sp.Expr]:
        """The coefficients that are not zero, by (n, p, k)."""
        assert self.coefficients is not None
        return dict(self.coefficients)

    def __hash__(self) -> int:
        return hash((self.bodies, self.name, tuple(self.terms.items())))

    @property
    def update(self) -> sp.Expr:
        """The increment; with several n the sum of the increments of all kinds of synapses.

        ``e_k`` is the elementary symmetric polynomial of the presynaptic values.
        """
        return sp.Add(*map(self._increment, self.bodies))

    def _increment(self, n: int) -> sp.Expr:
        """The increment of one kind of synapses, in x_i and e_k."""
        return sp.Add(
            *(
                c * x_i**p * (elementary_symmetric(k) if k else sp.S.One)
                for (m, p, k), c in self.terms.items()
                if m == n
            )
        )

    @property
    def effect(self) -> tuple[str, sp.Symbol, str]:
        several = len(self.bodies) > 1
        each = (
            f"Of a synapse of {n} {'bodies' if n > 1 else 'body'} that is ${latex(self._increment(n))}$."
            for n in self.bodies
        )
        return (
            "Each stored pattern changes the weights of synapses"
            + (", added up over their kinds, by" if several else " by"),
            sp.Symbol(" + ".join(rf"\Delta w_{{i{_inputs(n)}}}" for n in self.bodies)),
            "x_i is the value of the pattern at the postsynaptic unit, and e_k the elementary symmetric polynomial "
            f"of degree k of its values at the n - 1 presynaptic ones. {' '.join(each) if several else ''} "
            "A unit has a weight for each subset of n - 1 of its inputs, and the field is the sum over subsets of the "
            "weight times the product of the cue's entries in the subset.",
        )

    @property
    def free_symbols(self) -> frozenset[sp.Basic]:
        return frozenset[sp.Basic]().union(*(c.free_symbols for c in self.terms.values()))

    @property
    def rule_class(self) -> RuleClass:
        return RuleClass.MANY_BODY

    def for_means(self, post_mean: sp.Expr, pre_mean: sp.Expr) -> NBodyRule:
        """The rule itself: it does not look at the means of the patterns."""
        return self

    def at(self, values: Mapping[sp.Symbol, sp.Expr]) -> NBodyRule:
        replaced = {place: c.xreplace(dict(values)) for place, c in self.terms.items()}
        return NBodyRule(self.bodies, replaced, self.name)

    def increment(self, n: int, post: sp.Expr, pres: Iterable[sp.Expr]) -> sp.Expr:
        """g_n at given values of the unit and of the n - 1 presynaptic units.

        Examples
        --------
        >>> a, b, c = sp.symbols("a b c")
        >>> NBodyRule((3,), {(3, 1, 2): 1, (3, 0, 1): 5}).increment(3, a, (b, c))
        a*b*c + 5*b + 5*c
        """
        values = tuple(pres)
        return sp.expand(
            sp.Add(
                *(
                    c * post**p * elementary(values, k)
                    for (m, p, k), c in self.terms.items()
                    if m == n
                )
            )
        )


def _inputs(n: int) -> str:
    """The indices of the presynaptic units of a synapse of n bodies, as LaTeX."""
    units = [f" j_{{{place}}}" for place in range(1, n)]
    return "".join(units if n < 5 else (units[0], r" \dots", units[-1]))


def elementary(values: tuple[sp.Expr, ...], degree: int) -> sp.Expr:
    """The elementary symmetric polynomial of some values, by its definition.

    Examples
    --------
    >>> elementary(sp.symbols("a b c"), 2)
    a*b + a*c + b*c
    """
    return sp.Add(*(sp.Mul(*chosen) for chosen in itertools.combinations(values, degree)))


def nbody_products(
    bodies: Iterable[int], weights: Iterable[sp.Expr] | None = None, name: str = "product"
) -> NBodyRule:
    """The rule that adds the product of all n values, of each n with a weight (1 by default).

    Examples
    --------
    >>> nbody_products((2, 4)).terms
    {(2, 1, 1): 1, (4, 1, 3): 1}
    """
    chosen = tuple(bodies)
    if not all(isinstance(n, int) and n >= 1 for n in chosen):
        raise InvalidValue(f"bodies are whole numbers of at least 1, not {chosen}")
    scales = [sp.S.One] * len(chosen) if weights is None else list(weights)
    return NBodyRule(chosen, {(n, 1, n - 1): c for n, c in zip(chosen, scales, strict=True)}, name)


def nbody_power(n: int, name: str = "power") -> NBodyRule:
    """The products with the weights that make the separation function of a sign memory q^(n-1).

    On signs q = sum_j y_j s_j obeys q e_k = (k + 1) e_(k+1) + (N - k + 1) e_(k-1), with N = D - 1
    inputs; so the plain power of the dense memories has synapses of n, n - 2, ... bodies, with
    weights that depend on D.

    Examples
    --------
    >>> nbody_power(3).terms
    {(1, 1, 0): D - 1, (3, 1, 2): 2}
    """
    inputs = D - 1
    if not (isinstance(n, int) and 1 <= n <= MOST_BODIES):
        raise InvalidValue(f"n is {n}; a plain power has 1 to {MOST_BODIES} bodies")
    weights: dict[int, sp.Expr] = {0: sp.S.One}
    for _ in range(n - 1):
        raised: dict[int, sp.Expr] = {}
        for k, c in weights.items():
            raised[k + 1] = raised.get(k + 1, sp.S.Zero) + (k + 1) * c
            if k:
                raised[k - 1] = raised.get(k - 1, sp.S.Zero) + (inputs - k + 1) * c
        weights = raised
    bodies = sorted(k + 1 for k in weights)
    return nbody_products(bodies, [sp.expand(weights[m - 1]) for m in bodies], name)
