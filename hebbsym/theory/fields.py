r"""The field of one unit: exact mean, variance and cumulants, signal and noise.

.. math:: h_i = \sum_{j \ne i} w_{ij} s_j, \qquad M(x) = E[h_i \mid x], \quad V(x) = Var[h_i \mid x]

where x is the value stored at unit i in the cued pattern, over patterns and cue.

Main names
----------
FieldMoments
    M(x), V(x) and the higher cumulants as exact polynomials in D, K, the coefficients and
    the parameters of ensemble and cue; with or without inhibition by the population's mean.

Conventions
-----------
n is the number of presynaptic units (D - 1 for auto-association, D for hetero), k = K - 1
the number of other patterns. On a finite alphabet the rule is reduced first.
"""

from __future__ import annotations

from functools import cached_property, lru_cache

import sympy as sp
from sympy.polys.rings import PolyElement

from hebbsym import notation
from hebbsym.averages import Averages, Law, cumulants_of
from hebbsym.coincidences import Factor, Product, field_moment
from hebbsym.families.alphabet import reduced, remainders
from hebbsym.families.cues import Cue
from hebbsym.families.ensembles import Ensemble
from hebbsym.families.rules import ExpandedRule
from hebbsym.theory.anatomy import Anatomy
from hebbsym.theory.setting import Setting
from hebbsym.theory.spelling import (
    LARGEST_FACTOR,
    cancelled,
    collected,
    oriented,
    without_common_factor,
)

_N, _K1, _M1, _SHARE, _J = sp.symbols("n_ k_ m_ r_ j_")


@lru_cache(maxsize=64)
def law_of(ensemble: Ensemble, cue: Cue) -> Law:
    """The engine's view of an ensemble that is asked for by a cue."""
    x = notation.x

    def conditional(power: int) -> sp.Expr:
        branches = cue.transitions(ensemble, x)
        return sp.expand(sum(p * value**power for value, p in branches))

    return Law(lru_cache(lambda k, r: cue.moment(ensemble, k, r)), lru_cache(conditional))


def on_alphabet(setting: Setting) -> ExpandedRule:
    """The setting's rule, reduced where an alphabet is finite.

    Examples
    --------
    >>> on_alphabet(Setting(ExpandedRule(2))).terms[0, 0]
    c_0 + c_2_post + c_2_pre
    """
    rule = setting.rule.require_additive()
    if not setting.post.alphabet and not setting.pre.alphabet:
        return rule
    # a continuous side keeps all its powers, as an alphabet of order + 1 values does
    every_power = tuple(range(rule.order + 1))
    post, pre = (
        tuple(v for v, _ in law.alphabet) or every_power for law in (setting.post, setting.pre)
    )
    return reduced(rule, post, pre)


class FieldMoments:
    """Exact moments of the field in a setting.

    Parameters
    ----------
    setting : Setting
        Its rule must be additive.
    order : int
        The highest moment that will be asked for, 1 to 4 (2 with inhibition).
    abbreviate : bool
        Whether a sum of the rule's symbols in one coefficient is kept together as one generator.

    Examples
    --------
    >>> hebb = ExpandedRule(2, {(1, 1): sp.S.One}, "hebb")
    >>> fields = FieldMoments(Setting(hebb))
    >>> fields.expression(fields.mean), fields.expression(fields.variance)
    (x*(D - 1), (D - 1)*(K - 1))
    """

    def __init__(self, setting: Setting, order: int = 2, abbreviate: bool = True) -> None:
        self.setting = setting
        self.order = order
        self.rule = on_alphabet(setting)
        self._abbreviations: dict[sp.Symbol, sp.Expr] = {}
        pre = law_of(setting.pre, setting.cue)
        post = pre if setting.auto else law_of(setting.post, setting.cue)
        self.engine = Averages(
            self._abbreviated() if abbreviate else self.rule.terms,
            post,
            pre,
            order=order,
            x=notation.x,
            sizes={"pres": _N, "posts": _N if setting.auto else _M1, "patterns": _K1},
            auto=setting.auto,
            extra=(_SHARE, _J, *self._alphabet_probabilities()),
        )
        self.ring = self.engine.ring

    def _alphabet_probabilities(self) -> tuple[sp.Expr, ...]:
        return tuple(p for _, p in self.setting.post.alphabet)

    def _abbreviated(self) -> dict[tuple[int, int], sp.Expr]:
        """Sums of the rule's own symbols as one symbol each: they stay together in the result."""
        others = self.setting.patterns.free_symbols | self.setting.cue.free_symbols
        terms = {}
        for (p, q), c in self.rule.terms.items():
            if c.is_Add and not c.free_symbols & others:
                symbol = sp.Symbol(f"g_{p}_{q}_")
                self._abbreviations[symbol] = c
                terms[p, q] = symbol
            else:
                terms[p, q] = c
        return terms

    @cached_property
    def mean(self) -> PolyElement:
        """M(x); with inhibition the mean of the population is subtracted."""
        own = self.reduce(self.engine.average(field_moment(1, self.setting.auto)))
        if not self.setting.threshold.inhibits:
            return own
        return self.reduce(own - self.share * self.engine.average(self._population(1)))

    @cached_property
    def variance(self) -> PolyElement:
        """V(x); with inhibition of the field relative to the population's mean."""
        second = self.engine.average(field_moment(2, self.setting.auto))
        if self.setting.threshold.inhibits:
            second += self.share * (
                self.share * self.engine.average(self._population(2))
                - 2 * self.engine.average(self._population(1, own=1))
            )
        return self.reduce(second - self.mean**2)

    def raw_moment(self, order: int) -> PolyElement:
        """E[h**order | x] without inhibition."""
        return self.reduce(self.engine.average(field_moment(order, self.setting.auto)))

    def cumulant(self, order: int) -> PolyElement:
        """The cumulant of the field of order 1 to 4, without inhibition."""
        raw = [self.raw_moment(r) for r in range(1, order + 1)]
        return self.reduce(cumulants_of(raw)[-1])

    def _population(self, fields: int, own: int = 0) -> Product:
        """Products of ``own`` fields of unit 0 and ``fields`` fields of any unit, summed over it."""
        factors = [Factor(0, s, s) for s in range(1, own + 1)]
        for s in range(own + 1, own + fields + 1):
            factors.append(Factor(10 + s, s, s))
        return Product(tuple(factors), auto=self.setting.auto)

    def reduce(self, element: PolyElement) -> PolyElement:
        """Powers of x brought below the size of the postsynaptic alphabet."""
        values = [v for v, _ in self.setting.post.alphabet]
        if not values:
            return element
        powers = remainders(values, self._degree(element))
        total = self.ring.zero
        for power, row in enumerate(powers):
            slice_ = _coefficient_of_x(element, power)
            if slice_:
                total += slice_ * sum(
                    (
                        self.ring.domain.from_sympy(c) * self.engine.x**r
                        for r, c in enumerate(row)
                        if c
                    ),
                    self.ring.zero,
                )
        return total

    def at_value(self, element: PolyElement, value: sp.Expr) -> PolyElement:
        """An element with x replaced by a value of the alphabet."""
        total = self.ring.zero
        for power in range(self._degree(element) + 1):
            total += _coefficient_of_x(element, power) * self.ring.domain.from_sympy(value) ** power
        return total

    def expression(self, element: PolyElement) -> sp.Expr:
        """An element as an expression in D, K and the setting's symbols, collected by n and k."""
        power = self.shares(element)
        if power:
            return self.expression(self.cleared(element, power)) / self.setting.units**power
        return oriented(self.spell(collected(element, (_N, _K1))))

    def shares(self, element: PolyElement) -> int:
        """The highest power of 1/D in an element."""
        place = self.ring.gens.index(self.share)
        return max((m[place] for m in element.itermonoms()), default=0)

    def cleared(self, element: PolyElement, power: int) -> PolyElement:
        """D**power times the element, free of the symbol for 1/D; the element itself without inhibition."""
        if not self.setting.threshold.inhibits:
            return element
        place = self.ring.gens.index(self.share)
        units = self.engine.posts + 1
        total = self.ring.zero
        for exponent in range(power + 1):
            terms = {
                tuple(0 if p == place else e for p, e in enumerate(m)): c
                for m, c in element.iterterms()
                if m[place] == exponent
            }
            total += self.ring.from_dict(terms) * units ** (power - exponent)
        return total

    def equal(self, first: PolyElement, second: PolyElement) -> bool:
        """Whether two elements are the same number for every D, 1/D being what it is."""
        difference = first - second
        return not self.cleared(difference, self.shares(difference))

    @property
    def variance_expression(self) -> sp.Expr:
        """V(x): collected when short or inhibited, else by the parts of the rule."""
        if len(self.variance) <= LARGEST_FACTOR or self.setting.threshold.inhibits:
            return self.expression(self.variance)
        parts = self.anatomy
        return self.setting.inputs * self.by_parts(
            self.reduce(parts.own_noise), self.reduce(parts.crossing)
        )

    def by_parts(self, own_noise: PolyElement, crossing: PolyElement) -> sp.Expr:
        """A variance for each presynaptic unit, spelled by the parts of the rule."""
        return self.anatomy.variance_expression(
            self.setting.inputs, notation.K - 1, own_noise, crossing, self.expression
        )

    def ratio(
        self, numerator: PolyElement, denominator: PolyElement, lowest_terms: bool = False
    ) -> sp.Expr:
        """A quotient as an expression, common factors removed (all of them, or the cheap ones)."""
        power = max(self.shares(numerator), self.shares(denominator))
        if power:
            numerator = self.cleared(numerator, power)
            denominator = self.cleared(denominator, power)
        if lowest_terms:
            top, bottom = numerator.cancel(denominator)
        else:
            top, bottom = cancelled(numerator, denominator)
        return oriented(self.expression(top) / self.expression(bottom))

    def in_lowest_terms(self, *elements: PolyElement) -> tuple[PolyElement, ...]:
        """Elements without their common factor (or common monomial, when they are long)."""
        power = max(self.shares(element) for element in elements)
        return without_common_factor(tuple(self.cleared(e, power) for e in elements))

    def spell(self, expression: sp.Expr) -> sp.Expr:
        """The ring's own names replaced by those of the theory."""
        return expression.xreplace(
            {
                _N: self.setting.inputs,
                _K1: notation.K - 1,
                _M1: notation.M - 1,
                **self._abbreviations,
            }
        )

    @property
    def sizes(self) -> tuple[PolyElement, PolyElement]:
        """The ring elements n and k."""
        return self.engine.pres, self.engine.patterns

    @property
    def share(self) -> PolyElement:
        """The ring element 1/D (or 1/M): the weight of one unit in the population's mean."""
        return self.engine.extra[0]

    @property
    def history(self) -> PolyElement:
        """The ring element j: how many of the other patterns hold the higher value at the unit."""
        return self.engine.extra[1]

    @property
    def history_name(self) -> sp.Symbol:
        """The symbol that stands for j in expressions."""
        return _J

    @property
    def probabilities(self) -> tuple[PolyElement, ...]:
        """The probabilities of the postsynaptic alphabet, as ring elements."""
        return tuple(self.engine.extra[2:])

    @property
    def values(self) -> tuple[sp.Expr, ...]:
        """The values of the postsynaptic alphabet, ascending; empty for a continuous law."""
        return tuple(v for v, _ in self.setting.post.alphabet)

    def averaged(self, element: PolyElement, times_x: int = 0) -> PolyElement:
        """E[x**times_x * element] over the stored value x."""
        side = 1 if self.setting.auto else 0
        total = self.ring.zero
        for power in range(self._degree(element) + 1):
            slice_ = _coefficient_of_x(element, power)
            if slice_:
                total += slice_ * self.engine.single_moment(side, power + times_x, 0)
        return total

    @staticmethod
    def _degree(element: PolyElement) -> int:
        return max((m[0] for m in element.itermonoms()), default=0)

    @cached_property
    def anatomy(self) -> Anatomy:
        """The rule's parts and the single-unit averages that M and V are made of."""
        return Anatomy.of(self.engine, self.setting.auto)


def _coefficient_of_x(element: PolyElement, power: int) -> PolyElement:
    """The coefficient of x**power; x is the ring's first generator."""
    terms = {(0, *m[1:]): c for m, c in element.iterterms() if m[0] == power}
    return element.ring.from_dict(terms)
