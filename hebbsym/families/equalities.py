r"""Which named rules are one rule on an alphabet: found by solving for their parameters.

Main names
----------
equalities
    All pairs of named rules of which the first is a case of the second: :class:`Equality`.

Conventions
-----------
Every parameter that may be any number is a symbol. The first rule is a case of the second when values
of the second's parameters, expressions in the first's, make the two tables f(w; u, v) equal for
every w, perhaps up to a factor of the weights: f(s w) = s g(w) for all weights, s != 0, so that from
W = 0 the weights of the first are s times those of the second, pattern by pattern, and so are all
fields. A general rule whose coefficients are all symbols (``expanded``, ``affine``) has no parameters
in this sense: that it contains the others is its definition.

What is neglected: the bounded rules, which are no polynomials in w, and gauges, which
:func:`~hebbsym.families.alphabet.equivalent` finds for additive rules.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import sympy as sp

from hebbsym import notation
from hebbsym.errors import OutsideClass
from hebbsym.families.alphabet import Value, reduced
from hebbsym.families.catalogue import rules
from hebbsym.families.rules import ExpandedRule

Powers: TypeAlias = "dict[tuple[int, int, int], sp.Expr]"
"""The coefficients of a rule by the powers of w, x_i and x_j."""

_SCALE = sp.Dummy("s", nonzero=True)


@dataclass(frozen=True)
class _Family:
    """A named rule with symbolic parameters: as it is, and reduced on the alphabets."""

    name: str
    symbols: Mapping[str, sp.Symbol]
    everywhere: Powers
    on_alphabet: Powers


@dataclass(frozen=True)
class Equality:
    """The first rule is the second at these parameter values.

    Parameters
    ----------
    first, second : str
        Names of the registry.
    values : tuple of (name, expression)
        The parameters of the second in those of the first, which bear their own names.
    scale : expression
        The weights of the first over those of the second.
    everywhere : bool
        Whether it holds for all real activities, and not only on the alphabet.

    Examples
    --------
    >>> Equality("oja", "decay", (("eta", notation.eta), ("lam", notation.eta))).text
    'oja is decay(eta=eta, lam=eta) on the alphabet'
    """

    first: str
    second: str
    values: tuple[tuple[str, sp.Expr], ...]
    scale: sp.Expr = sp.S.One
    everywhere: bool = False

    @property
    def condition(self) -> sp.Expr:
        """What must not vanish: denominators of the values, and the factor of the weights."""
        top, bottom = sp.fraction(sp.together(self.scale))
        bottoms = (sp.fraction(sp.together(value))[1] for _, value in self.values)
        return sp.lcm_list([top, bottom, *bottoms])

    @property
    def text(self) -> str:
        """One sentence that says which equality it is."""
        inside = ", ".join(f"{name}={value}" for name, value in self.values)
        words = f"{self.first} is {self.second}" + (f"({inside})" if inside else "")
        if self.scale != 1:
            words += f" with weights times {self.scale}"
        words += "" if self.everywhere else " on the alphabet"
        return words + (f", where {self.condition} != 0" if self.condition.free_symbols else "")


def equalities(
    post_values: Iterable[Value], pre_values: Iterable[Value] | None = None
) -> tuple[Equality, ...]:
    """All pairs of named rules of which the first is a case of the second on the alphabets.

    Parameters
    ----------
    post_values, pre_values : iterable of exact numbers or symbols
        The values of the post- and of the presynaptic unit; the same ones unless both are given.

    Returns
    -------
    tuple of Equality
        Both directions are listed where two rules are cases of each other. One without a factor of
        the weights is preferred, and one that holds everywhere to one on the alphabet.

    Raises
    ------
    InvalidValue
        When an alphabet is empty or has equal values.

    Examples
    --------
    >>> for found in equalities((0, 1)):
    ...     if found.first == "instar":
    ...         print(found.text)
    instar is oja(eta=eta) on the alphabet
    """
    post = tuple(post_values)
    pre = post if pre_values is None else tuple(pre_values)
    firsts, seconds = (_general(symbol, post, pre) for symbol in (notation.named, _unknown))
    return tuple(
        found
        for one, other in itertools.product(firsts, seconds)
        if one.name != other.name and (found := _case(one, other)) is not None
    )


def _general(
    symbol: Callable[[str], sp.Symbol], post: tuple[Value, ...], pre: tuple[Value, ...]
) -> list[_Family]:
    """The named rules that are expanded ones, with a symbol for every parameter."""
    found = []
    for name, entry in rules.entries.items():
        try:
            rule, symbols = entry.general(symbol)
        except OutsideClass:
            continue
        found.append(_Family(name, symbols, _by_powers(rule), _by_powers(reduced(rule, post, pre))))
    return found


def _unknown(parameter: str) -> sp.Symbol:
    return sp.Symbol(f"{parameter}'", real=True)


def _case(first: _Family, second: _Family) -> Equality | None:
    """The simplest way in which the first rule is a case of the second."""
    for scale, everywhere in itertools.product((sp.S.One, _SCALE), (True, False)):
        f, g = (one.everywhere if everywhere else one.on_alphabet for one in (first, second))
        named = {p: s for p, s in second.symbols.items() if any(c.has(s) for c in g.values())}
        equations = _equations(f, g, scale, list(named.values()))
        if equations is None:
            continue
        solution = _solution(equations, [*named.values(), *({scale} & {_SCALE})])
        if solution is not None:
            values = tuple((p, solution[s]) for p, s in named.items())
            factor = solution.get(_SCALE, sp.S.One)
            return Equality(first.name, second.name, values, factor, everywhere)
    return None


def _equations(
    f: Powers, g: Powers, scale: sp.Expr, unknowns: list[sp.Symbol]
) -> list[sp.Expr] | None:
    """The coefficients of f(s w) - s g(w) that must vanish; None where one of them cannot."""
    found = []
    for place in sorted({*f, *g}):
        one, other = f.get(place, sp.S.Zero), g.get(place, sp.S.Zero)
        equation = sp.expand(scale ** place[0] * one - scale * other)
        # s is not 0, so that a lone coefficient vanishes only by what the unknowns make of it
        if 0 in (one, other) and not other.has(*unknowns):
            return None
        if equation != 0:
            if not equation.has(_SCALE, *unknowns):
                return None
            found.append(equation)
    return found


def _by_powers(rule: ExpandedRule) -> Powers:
    return {(k, *pq): c for k, part in enumerate(rule.by_weight) for pq, c in part.items()}


def _solution(
    equations: list[sp.Expr], unknowns: list[sp.Symbol]
) -> dict[sp.Symbol, sp.Expr] | None:
    """Values of the unknowns at which all equations hold; those left free are 0, or else 1.

    What SymPy returns is a proposal: every value is put back here.
    """
    for solution in sp.solve(equations, unknowns, dict=True, check=False):
        free = [s for s in unknowns if s not in solution]
        for number in (sp.S.Zero, sp.S.One):
            here = dict.fromkeys(free, number)
            values = {s: sp.cancel(solution.get(s, s).xreplace(here)) for s in unknowns}
            if values.get(_SCALE) != 0 and all(
                sp.cancel(e.xreplace(values)) == 0 for e in equations
            ):
                return values
    return None
