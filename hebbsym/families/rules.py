r"""The expanded Hebbian rule: a local update as a polynomial in the two activities.

.. math:: \Delta w_{ij} = \sum_{p+q \le n} c_{pq}(w_{ij})\, x_i^p x_j^q

Main names
----------
Rule
    What every rule states of itself, whatever its class.
ExpandedRule
    The expanded rule, of any order, with symbolic or given coefficients.
RuleClass
    How its coefficients depend on the weight (additive, affine, polynomial), or that it is bounded
    or of n-body synapses, or keeps the patterns.

References
----------
gerstner2002 (equation numbers unverified); the expansion about (0, 0) of Delta w = f(w; x_i, x_j).
"""

from __future__ import annotations

import enum
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import sympy as sp

from hebbsym.errors import InvalidValue, OutsideClass, SizeLimit
from hebbsym.families.parameters import exact
from hebbsym.notation import coefficient, w, x_i, x_j

HIGHEST_ORDER = 12
"""Bound on the order of a rule: a rule of order n has (n+1)(n+2)/2 coefficients."""


class RuleClass(enum.Enum):
    """Dependence of the coefficients on the weight."""

    ADDITIVE = "additive"
    AFFINE = "affine"
    POLYNOMIAL = "polynomial"
    NONLINEAR = "nonlinear in w"
    BOUNDED = "bounded"
    DENSE = "dense: it keeps the patterns themselves and compares them with the state"
    MANY_BODY = "additive on n-body synapses"
    UNIVERSAL = "universal: it keeps the patterns and projects their separated similarities"


class Rule(ABC):
    """A local rule: what one stored pattern makes of one weight."""

    name: str

    @property
    @abstractmethod
    def update(self) -> sp.Expr:
        """The increment of one weight, for print."""

    @property
    def effect(self) -> tuple[str, sp.Symbol, str]:
        """What a pattern does, in words; what of; and what there is instead of weights, if there are none."""
        return (
            "Each stored pattern changes the weight from unit j to unit i by",
            sp.Symbol(r"\Delta w_{ij}"),
            "",
        )

    @property
    @abstractmethod
    def free_symbols(self) -> frozenset[sp.Basic]:
        """The symbols of the rule, without those of weight and activities."""

    @property
    @abstractmethod
    def rule_class(self) -> RuleClass:
        """The narrowest class that contains the rule."""

    @abstractmethod
    def for_means(self, post_mean: sp.Expr, pre_mean: sp.Expr) -> Rule:
        """The rule as it is applied to patterns of these means."""

    @abstractmethod
    def at(self, values: Mapping[sp.Symbol, sp.Expr]) -> Rule:
        """The rule with symbols replaced, under the same name."""

    def require_expanded(self) -> ExpandedRule:
        """The rule itself when it is an expanded rule; an error that names its class otherwise."""
        raise OutsideClass(
            f"rule {self.name!r} is no expanded Hebbian rule: it is {self.rule_class.value}"
        )

    def require_additive(self) -> ExpandedRule:
        """The rule itself when its coefficients are constant; an error that names its class otherwise."""
        return self.require_expanded().require_additive()


@dataclass(frozen=True)
class ExpandedRule(Rule):
    """An expanded Hebbian rule.

    Parameters
    ----------
    order : int
        The highest total power p + q; at most 12.
    coefficients : mapping of (p, q) to expression, optional
        The coefficient of ``x_i**p * x_j**q``; missing ones are zero. Without it every
        coefficient is its own symbol. A coefficient may depend on ``w``.
    name : str
        What the rule is called in print.
    centring : callable, optional
        For a rule that subtracts the means of the patterns, whatever they are:
        ``centring(post_mean, pre_mean)`` gives the coefficients for patterns of these means.

    Raises
    ------
    InvalidValue
        For an order below 0, a power above the order, or a floating-point coefficient.
    SizeLimit
        For an order above 12.

    Examples
    --------
    >>> ExpandedRule(order=1).update
    c_0 + c_1_post*x_i + c_1_pre*x_j
    >>> ExpandedRule(order=2, coefficients={(1, 1): 1}).update
    x_i*x_j
    """

    order: int = 2
    coefficients: Mapping[tuple[int, int], sp.Expr] | None = None
    name: str = "expanded"
    centring: Callable[[sp.Expr, sp.Expr], Mapping[tuple[int, int], sp.Expr]] | None = field(
        default=None, compare=False, repr=False
    )

    def __post_init__(self) -> None:
        if self.order < 0:
            raise InvalidValue(f"the order of a rule is at least 0, not {self.order}")
        if self.order > HIGHEST_ORDER:
            raise SizeLimit(f"a rule of order {self.order} is past the bound of {HIGHEST_ORDER}")
        powers = [(p, n - p) for n in range(self.order + 1) for p in range(n, -1, -1)]
        if self.coefficients is None:
            given = {pq: coefficient(*pq) for pq in powers}
        else:
            given = {pq: sp.expand(exact(c)) for pq, c in self.coefficients.items()}
            beyond = sorted(set(given) - set(powers))
            if beyond:
                raise InvalidValue(f"powers {beyond[0]} exceed the order {self.order} of the rule")
        terms = {pq: given[pq] for pq in powers if pq in given and given[pq] != 0}
        object.__setattr__(self, "coefficients", terms)

    @property
    def terms(self) -> dict[tuple[int, int], sp.Expr]:
        """The coefficients that are not zero, by their powers (p of x_i, q of x_j)."""
        assert self.coefficients is not None
        return dict(self.coefficients)

    def __hash__(self) -> int:
        return hash((self.order, self.name, tuple(self.terms.items())))

    @property
    def update(self) -> sp.Expr:
        """The increment of one weight, an expression in ``x_i``, ``x_j``, ``w``."""
        return sp.Add(*(c * x_i**p * x_j**q for (p, q), c in self.terms.items()))

    @property
    def free_symbols(self) -> frozenset[sp.Basic]:
        """The symbols of the coefficients, without those of weight and activities.

        Examples
        --------
        >>> sorted(map(str, ExpandedRule(1, {(1, 0): sp.Symbol("eta") * w}).free_symbols))
        ['eta']
        """
        found = frozenset[sp.Basic]().union(*(c.free_symbols for c in self.terms.values()))
        return found - {w, x_i, x_j}

    @property
    def rule_class(self) -> RuleClass:
        """The narrowest class that contains the rule.

        Examples
        --------
        >>> ExpandedRule(2, {(1, 1): 1, (2, 0): -w}).rule_class
        <RuleClass.AFFINE: 'affine'>
        """
        degree = 0
        for c in self.terms.values():
            if not c.is_polynomial(w):
                return RuleClass.NONLINEAR
            degree = max(degree, int(sp.degree(c, w)) if c.has(w) else 0)
        return (RuleClass.ADDITIVE, RuleClass.AFFINE, RuleClass.POLYNOMIAL)[min(degree, 2)]

    @property
    def by_weight(self) -> tuple[dict[tuple[int, int], sp.Expr], ...]:
        """The coefficients of w**0, w**1, ... up to the highest power of the weight.

        Raises
        ------
        OutsideClass
            When the update is no polynomial in the weight.

        Examples
        --------
        >>> ExpandedRule(2, {(1, 1): 1, (2, 0): -w}).by_weight
        ({(1, 1): 1}, {(2, 0): -1})
        """
        found: list[dict[tuple[int, int], sp.Expr]] = [{}]
        for pq, c in self.terms.items():
            if not c.is_polynomial(w):
                raise OutsideClass(f"rule {self.name!r} is no polynomial in w: it contains {c}")
            for (power,), part in sp.Poly(c, w).terms():
                found += [{} for _ in range(power + 1 - len(found))]
                if part != 0:
                    found[power][pq] = part
        return tuple(found)

    def require_expanded(self) -> ExpandedRule:
        return self

    def require_additive(self) -> ExpandedRule:
        if self.rule_class is not RuleClass.ADDITIVE:
            raise OutsideClass(
                f"rule {self.name!r} is {self.rule_class.value} (its update depends on w), "
                "and closed forms are derived for additive rules only"
            )
        return self

    def for_means(self, post_mean: sp.Expr, pre_mean: sp.Expr) -> ExpandedRule:
        """The rule as it is applied to patterns of these means; most rules do not look at them."""
        if self.centring is None:
            return self
        return ExpandedRule(self.order, self.centring(post_mean, pre_mean), self.name)

    def at(self, values: Mapping[sp.Symbol, sp.Expr]) -> ExpandedRule:
        """The rule with symbols replaced, under the same name."""
        replaced = {pq: c.xreplace(dict(values)) for pq, c in self.terms.items()}
        return ExpandedRule(self.order, replaced, self.name)
