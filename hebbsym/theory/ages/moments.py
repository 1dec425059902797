r"""Fields under a rule that is affine in the weight, by the age of the recalled pattern.

A pattern with values (u, v) at the two units turns a weight into

.. math:: w \to a(u, v)\, w + B(u, v), \qquad a = 1 + A

so that the mean of a product of weights after one more pattern is a linear combination of that
product and of products of fewer weights: a triangular recurrence, whose powers
:mod:`hebbsym.recurrences` writes as sums of geometric terms. A pattern of age g is recalled:
K - 1 - g patterns came before it (phase one), then the pattern itself, whose values enter the
field through the cue, then g more (phase two).

Main names
----------
AgedMoments
    Moments of the field and of the weights, for every age and number of patterns.

Conventions
-----------
Age 0 is the pattern shown last; ages run up to K - 1. W = 0 before learning; patterns are shown
once each, in order. A *state* is a tuple of exponents, one for each weight of a product. On a
finite alphabet the rule is reduced first. An additive rule is the case A = 0: all rates are 1,
and divided differences of 1**t are binomial coefficients.

References
----------
derived here; nadal1986 and mezard1986 for decaying weights on bipolar patterns (unverified).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, TypeAlias

import sympy as sp
from sympy.polys.rings import PolyElement, PolyRing

from hebbsym import notation
from hebbsym.averages import Averages
from hebbsym.errors import NotDerivable
from hebbsym.families.rules import ExpandedRule
from hebbsym.recurrences import Rates, chains
from hebbsym.theory.ages.parts import reduced_parts
from hebbsym.theory.ages.states import (
    PAIRS,
    Edges,
    Exponents,
    Shown,
    lower,
    onto,
    ordered,
    pair_of,
    partitions,
)
from hebbsym.theory.ages.sums import AgedSum
from hebbsym.theory.fields import law_of
from hebbsym.theory.setting import Setting
from hebbsym.theory.spelling import collected

Rows: TypeAlias = "dict[Exponents, dict[Rates, PolyElement]]"
"""Entries of a power of the recurrence's matrix, by the state that is reached."""

_N, _K = sp.symbols("n_ k_")
LARGEST_FACTORED_ENTRY = 4
"""Number of terms above which the average of one pattern is printed expanded: there are many."""


class AgedMoments:
    """Exact moments of field and weights under a rule affine in the weight.

    The averages of one pattern (*entries* of the recurrence) are elements of the engine's ring, in
    the symbols of rule, patterns and cue; what becomes of them over many patterns is worked out in a
    ring whose generators are the entries, so that closed forms stay short.

    Parameters
    ----------
    setting : Setting
    order : int
        The highest moment of the field that will be asked for, 1 to 4.

    Raises
    ------
    OutsideClass
        When the rule is not affine in the weight.
    NotDerivable
        Under inhibition.

    Examples
    --------
    >>> from hebbsym.families.named import rules
    >>> oja = AgedMoments(Setting(rules["oja"]))
    >>> [oja.inserted(part.at(2, 5)).as_expr() for part in oja.product((1,))]  # by powers of x
    [0, eta**3 - 2*eta**2 + eta]
    """

    def __init__(self, setting: Setting, order: int = 2) -> None:
        if setting.threshold.inhibits:
            raise NotDerivable(
                "inhibition couples the fields of all units, and by age that is derived for additive "
                "rules only; take another threshold"
            )
        self.setting = setting
        self.order = order
        self.kept, self.added = reduced_parts(setting)
        self._sums: dict[sp.Symbol, sp.Expr] = {}
        pre = law_of(setting.pre, setting.cue)
        self.engine = Averages(
            self._abbreviated(self.added, "g"),
            pre if setting.auto else law_of(setting.post, setting.cue),
            pre,
            order=max(order, 2),
            x=notation.x,
            sizes={"pres": _N, "posts": _N, "patterns": _K},
            auto=setting.auto,
            kept=self._abbreviated(self.kept, "q"),
        )
        self._averages: dict[Shown, tuple[PolyElement, ...]] = {}
        self._rows: dict[tuple[Edges, Exponents], Rows] = {}
        self._products: dict[Exponents, tuple[AgedSum, ...]] = {}
        self._given: dict[tuple[sp.Expr, int, int, int], sp.Expr] = {}
        distinct = dict.fromkeys(e for shown in self._needed() for e in self._average(shown))
        open_ones = [e for e in distinct if e and not e.is_ground]
        names = [sp.Symbol(f"e_{n}_") for n in range(len(open_ones))]
        self.ring: PolyRing = sp.ring([_N, *names], sp.QQ)[0]
        self.n: PolyElement = self.ring.gens[0]
        self._name = dict(zip(open_ones, self.ring.gens[1:], strict=True))
        self._meaning = dict(zip(names, open_ones, strict=True))

    def _abbreviated(self, part: ExpandedRule, letter: str) -> dict[tuple[int, int], sp.Expr]:
        """Sums of the rule's own symbols as one symbol each: they stay together in the result."""
        others = self.setting.patterns.free_symbols | self.setting.cue.free_symbols
        terms: dict[tuple[int, int], sp.Expr] = {}
        for (p, q), c in part.terms.items():
            terms[p, q] = c
            if c.is_Add and not c.free_symbols & others and len(c.free_symbols) > 1:
                terms[p, q] = sp.Symbol(f"{letter}_{p}_{q}_")
                self._sums[terms[p, q]] = c
        return terms

    # ---- one pattern ----------------------------------------------------------------------

    def _needed(self) -> Iterator[Shown]:
        """The averages that moments up to the order, and those of pairs of weights, ask for."""
        for order in range(1, self.order + 1):
            for powers in partitions(order):
                edges = onto(len(powers))
                cues = tuple(enumerate(powers, 1))
                for state in (powers, *lower(powers)):
                    for after in (state, *lower(state)):
                        yield Shown.of(edges, state, after, (), False)
                        yield Shown.of(edges, state, after, cues, True)
        for edges in PAIRS.values():
            top = (2,) if len(edges) == 1 else (1, 1)
            for state in (top, *lower(top)):
                for after in (state, *lower(state)):
                    yield Shown.of(edges, state, after, (), False)

    def _average(self, shown: Shown) -> tuple[PolyElement, ...]:
        """What one pattern does, by powers of the stored value x."""
        if shown not in self._averages:
            made = self.engine.of_one_pattern(shown.factors, dict(shown.cues), shown.conditioned)
            self._averages[shown] = self._by_powers(made)
        return self._averages[shown]

    def _by_powers(self, element: PolyElement) -> tuple[PolyElement, ...]:
        """Coefficients of the powers of x, which stay below the size of the alphabet."""
        ring, place = self.engine.ring, self.engine.ring.gens.index(self.engine.x)
        values = [v for v, _ in self.setting.post.alphabet]
        if values:
            factors = (self.engine.x - ring.domain.from_sympy(v) for v in values)
            element = element.rem([math.prod(factors, start=ring.one)])
        parts: dict[int, dict[Exponents, object]] = {0: {}}
        for powers, c in element.iterterms():
            rest = (*powers[:place], 0, *powers[place + 1 :])
            parts.setdefault(powers[place], {})[rest] = c
        return tuple(ring.from_dict(parts.get(k, {})) for k in range(max(parts) + 1))

    def _entry(
        self,
        edges: Edges,
        before: Exponents,
        after: Exponents,
        cues: tuple[tuple[int, int], ...] = (),
        conditioned: bool = False,
    ) -> list[PolyElement]:
        """The part of a product of weights that one pattern turns into the product ``after``.

        By powers of the stored value x, on which it depends if ``conditioned``.
        """
        values = self._average(Shown.of(edges, before, after, cues, conditioned))
        ways = math.prod(map(math.comb, before, after))
        return [
            ways * self._name[value]
            if value in self._name
            else self.ring.ground_new(ways * value.coeff(1))
            for value in values
        ]

    def _later(self, edges: Edges, start: Exponents) -> Rows:
        """What t further patterns make of a product of weights, by the products it leads to."""
        if (edges, start) not in self._rows:
            self._rows[edges, start] = chains(
                start, lower, lambda s, t: self._entry(edges, s, t)[0], ordered
            )
        return self._rows[edges, start]

    # ---- given the values of the unit -----------------------------------------------------

    def given_value(self, value: sp.Expr, before: int, after: int, cue_power: int = 0) -> sp.Expr:
        """E[s**cue_power a**after B**(before - after) | x = value]: what a pattern does to a weight.

        Examples
        --------
        >>> from hebbsym.families.named import rules
        >>> oja = AgedMoments(Setting(rules["oja"]))
        >>> oja.given_value(sp.S.One, 1, 1), oja.given_value(sp.S.One, 1, 0, cue_power=1)
        (1 - eta, eta)
        """
        key = (value, before, after, cue_power)
        if key not in self._given:
            shown = Shown.of(onto(1), (before,), (after,), ((1, cue_power),), True)
            parts = enumerate(self._average(shown))
            self._given[key] = sp.Add(*(value**k * self.spelled(part) for k, part in parts))
        return self._given[key]

    def cue_moment(self, power: int) -> sp.Expr:
        """E[s**power] of a cue's entry whose stored value is not known."""
        return self.spelled(self.engine.single_moment(1, 0, power))

    # ---- fields ---------------------------------------------------------------------------

    def product(self, powers: Exponents) -> tuple[AgedSum, ...]:
        """E[prod_b (s_b w_b)**k_b | x] over different presynaptic units b, by powers of x."""
        if powers not in self._products:
            self._products[powers] = self._product(powers)
        return self._products[powers]

    def _product(self, powers: Exponents) -> tuple[AgedSum, ...]:
        edges, cues = onto(len(powers)), tuple(enumerate(powers, 1))
        nothing = (0,) * len(powers)
        total: dict[int, dict[tuple[Rates, ...], PolyElement]] = {0: {}}
        for state, later in self._later(edges, powers).items():
            for left in (state, *lower(state)):
                earlier = self._later(edges, left).get(nothing, {})
                for k, shown in enumerate(self._entry(edges, state, left, cues, True)):
                    part = total.setdefault(k, {})
                    for (two, c), (one, d) in itertools.product(later.items(), earlier.items()):
                        part[two, one] = part.get((two, one), self.ring.zero) + c * shown * d
        return tuple(
            AgedSum(self.ring, {key: c for key, c in total.get(k, {}).items() if c})
            for k in range(max(total) + 1)
        )

    def field_moment(self, order: int) -> tuple[AgedSum, ...]:
        """E[h**order | x] by powers of x: a sum over which of the presynaptic units coincide."""
        total: list[AgedSum] = []
        for powers, multiplicity in partitions(order).items():
            ways = math.prod((self.n - b for b in range(len(powers))), start=self.ring.one)
            for k, part in enumerate(self.product(powers)):
                total += [AgedSum(self.ring, {})] * (k + 1 - len(total))
                total[k] += part.times(multiplicity * ways)
        return tuple(total)

    # ---- at whole numbers -----------------------------------------------------------------

    def iterated(
        self, powers: Exponents, age: int, patterns: int, seen: Callable[[PolyElement], Any]
    ) -> tuple[Any, ...]:
        """The same as :meth:`product` at whole numbers, by the recurrence run pattern by pattern.

        ``seen`` turns an element of the ring of entries into what is calculated with.
        """
        edges, cues = onto(len(powers)), tuple(enumerate(powers, 1))
        states = (powers, *lower(powers))

        turned = self._turned(edges, states, seen)

        def after(now: Mapping[Exponents, Any]) -> dict[Exponents, Any]:
            return {s: sum(entry * now[t] for t, entry in turned[s]) for s in states}

        now: dict[Exponents, Any] = {s: seen(self.ring.ground_new(int(not any(s)))) for s in states}
        for _ in range(patterns - 1 - age):
            now = after(now)
        shown: dict[int, dict[Exponents, Any]] = {}
        for s in states:
            for t in (s, *lower(s)):
                for k, part in enumerate(self._entry(edges, s, t, cues, True)):
                    row = shown.setdefault(k, dict.fromkeys(states, seen(self.ring.zero)))
                    row[s] = row[s] + seen(part) * now[t]
        for _ in range(age):
            shown = {k: after(row) for k, row in shown.items()}
        return tuple(shown[k][powers] for k in sorted(shown))

    def _turned(
        self, edges: Edges, states: Iterable[Exponents], seen: Callable[[PolyElement], Any]
    ) -> dict[Exponents, list[tuple[Exponents, Any]]]:
        """What one pattern turns into each state, by the state before; the same for every pattern."""
        return {s: [(t, seen(self._entry(edges, s, t)[0])) for t in (s, *lower(s))] for s in states}

    def numbers(
        self, values: Mapping[sp.Symbol, sp.Rational]
    ) -> Callable[[PolyElement], sp.Rational]:
        """Elements of the ring of entries as the numbers that they are at values of the symbols."""
        known: dict[PolyElement, sp.Rational] = {}

        def number(element: PolyElement) -> sp.Rational:
            if element not in known:
                spelled = self.named(self.inserted(element).as_expr())
                known[element] = spelled.xreplace(dict(values))
            return known[element]

        return number

    def field_at(self, order: int, age: int, patterns: int) -> PolyElement:
        """E[h**order | x] at whole numbers, a polynomial in x of the engine's ring."""
        total = self.engine.ring.zero
        for k, part in enumerate(self.field_moment(order)):
            total += self.engine.x**k * self.inserted(part.at(age, patterns))
        return total

    def weights_iterated(
        self, shared: str, power: int, patterns: int, seen: Callable[[PolyElement], Any]
    ) -> Any:
        """E[w] or E[w w'] at a whole number of patterns, by the recurrence run pattern by pattern."""
        edges, start = pair_of(shared, power)
        states = (start, *lower(start))
        now: dict[Exponents, Any] = {s: seen(self.ring.ground_new(int(not any(s)))) for s in states}
        turned = self._turned(edges, states, seen)
        for _ in range(patterns):
            now = {s: sum(entry * now[t] for t, entry in turned[s]) for s in states}
        return now[start]

    def lowered(self, element: PolyElement) -> PolyElement:
        """An element of the engine's ring with powers of x below the size of the alphabet."""
        parts = enumerate(self._by_powers(element))
        return sum((self.engine.x**k * part for k, part in parts), start=self.engine.ring.zero)

    # ---- weights --------------------------------------------------------------------------

    def weight_moment(self, shared: str, power: int) -> dict[Rates, PolyElement]:
        """E[w] or E[w w'] after K patterns: coefficients of divided differences in K."""
        edges, start = pair_of(shared, power)
        return self._later(edges, start).get((0,) * len(edges), {})

    def rate(self, shared: str, power: int) -> PolyElement:
        """By what factor one more pattern multiplies E[w] or E[w w']."""
        edges, start = pair_of(shared, power)
        return self._entry(edges, start, start)[0]

    def one_more(self, shared: str, power: int) -> dict[int, PolyElement]:
        """What one more pattern makes of E[w] or E[w w'], by the number of weights that are left."""
        edges, start = pair_of(shared, power)
        made: dict[int, PolyElement] = {}
        for state in (start, *lower(start)):
            entry = self._entry(edges, start, state)[0]
            if entry:
                made[sum(state)] = made.get(sum(state), self.ring.zero) + entry
        return made

    def rates(self) -> Iterator[PolyElement]:
        """The rates of all moments, in the ring of entries; some of them twice."""
        for order in range(1, self.order + 1):
            for powers in partitions(order):
                edges = onto(len(powers))
                for state in (powers, *lower(powers)):
                    yield self._entry(edges, state, state)[0]
        for edges in PAIRS.values():
            yield self._entry(edges, (1,) * len(edges), (1,) * len(edges))[0]

    # ---- print ----------------------------------------------------------------------------

    @cached_property
    def occurring(self) -> frozenset[sp.Symbol]:
        """The symbols of the engine's ring that occur in an entry, with those of n and x."""
        ring = self.engine.ring
        found = {_N, notation.x}
        for element in self._meaning.values():
            for powers in element.itermonoms():
                found.update(s for s, power in zip(ring.symbols, powers, strict=True) if power)
        return frozenset(found)

    def named(self, expression: sp.Expr) -> sp.Expr:
        """An expression in the engine's symbols in those of the theory."""
        return expression.xreplace({_N: self.setting.inputs, **self._sums})

    def spelled(self, element: PolyElement) -> sp.Expr:
        """An element of the engine's ring as an expression in the symbols of the theory."""
        return self.named(collected(element, (), LARGEST_FACTORED_ENTRY))

    def spell(self, element: PolyElement) -> sp.Expr:
        """An element of the ring of entries as an expression in the symbols of the theory."""
        return element.as_expr().xreplace(self._spelled)

    @cached_property
    def _spelled(self) -> dict[sp.Symbol, sp.Expr]:
        spelled = {s: self.spelled(e) for s, e in self._meaning.items()}
        return {_N: self.setting.inputs, **spelled}

    def inserted(self, element: PolyElement) -> PolyElement:
        """An element of the ring of entries as one of the engine's ring."""
        values = [self.engine.pres, *self._meaning.values()]
        total = self.engine.ring.zero
        for powers, c in element.iterterms():
            total += math.prod(
                (v**e for v, e in zip(values, powers, strict=True) if e),
                start=self.engine.ring.ground_new(c),
            )
        return total
