r"""The field of one unit: exact mean, variance and cumulants, signal and noise.

.. math:: h_i = \sum_{j \ne i} w_{ij} s_j, \qquad M(x) = E[h_i \mid x], \quad V(x) = Var[h_i \mid x]

where x is the value stored at unit i in the cued pattern, over patterns and cue.

Main names
----------
FieldMoments
    M(x), V(x) and the higher cumulants as exact polynomials in D, K, the coefficients and
    the parameters of ensemble and cue; with or without inhibition by the population's mean.
Anatomy
    The rule split into drift, post, pre and correlation parts, and V(x) in these terms: the
    second route to V, by conditioning on the history of the postsynaptic unit.

Conventions
-----------
n is the number of presynaptic units (D - 1 for auto-association, D for hetero), k = K - 1
the number of other patterns. On a finite alphabet the rule is reduced first.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import sympy as sp
from sympy.polys.rings import PolyElement

from hebbsym import notation
from hebbsym.averages import CUED, Averages, Factor, Law, Product, field_moment
from hebbsym.families.alphabet import reduced
from hebbsym.families.cues import Cue
from hebbsym.families.ensembles import Ensemble
from hebbsym.families.rules import ExpandedRule
from hebbsym.theory.setting import Setting

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
    values = [tuple(v for v, _ in law.alphabet) or None for law in (setting.post, setting.pre)]
    return reduced(setting.rule.require_additive(), *values)


class FieldMoments:
    """Exact moments of the field in a setting.

    Parameters
    ----------
    setting : Setting
        Its rule must be additive.
    order : int
        The highest moment that will be asked for, 1 to 4 (2 with inhibition).

    Examples
    --------
    >>> hebb = ExpandedRule(2, {(1, 1): sp.S.One}, "hebb")
    >>> fields = FieldMoments(Setting(hebb))
    >>> fields.expression(fields.mean), fields.expression(fields.variance)
    (x*(D - 1), (D - 1)*(K - 1))
    """

    def __init__(self, setting: Setting, order: int = 2) -> None:
        self.setting = setting
        self.order = order
        self.rule = on_alphabet(setting)
        self._abbreviations: dict[sp.Symbol, sp.Expr] = {}
        pre = law_of(setting.pre, setting.cue)
        post = pre if setting.auto else law_of(setting.post, setting.cue)
        self.engine = Averages(
            self._abbreviated(),
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
        own = self._reduce(self.engine.average(field_moment(1, self.setting.auto)))
        if not self.setting.threshold.inhibits:
            return own
        return self._reduce(own - self._share * self.engine.average(self._population(1)))

    @cached_property
    def variance(self) -> PolyElement:
        """V(x); with inhibition of the field relative to the population's mean."""
        second = self.engine.average(field_moment(2, self.setting.auto))
        if self.setting.threshold.inhibits:
            second += self._share * (
                self._share * self.engine.average(self._population(2))
                - 2 * self.engine.average(self._population(1, own=1))
            )
        return self._reduce(second - self.mean**2)

    def raw_moment(self, order: int) -> PolyElement:
        """E[h**order | x] without inhibition."""
        return self._reduce(self.engine.average(field_moment(order, self.setting.auto)))

    def cumulant(self, order: int) -> PolyElement:
        """The cumulant of the field of order 1 to 4, without inhibition."""
        raw = [self.raw_moment(r) for r in range(1, order + 1)]
        first = raw[0]
        if order == 1:
            return first
        if order == 2:
            return self._reduce(raw[1] - first**2)
        if order == 3:
            return self._reduce(raw[2] - 3 * first * raw[1] + 2 * first**3)
        return self._reduce(
            raw[3]
            - 4 * first * raw[2]
            - 3 * raw[1] ** 2
            + 12 * first**2 * raw[1]
            - 6 * first**4
        )

    @cached_property
    def _share(self) -> PolyElement:
        """1/D (or 1/M): the weight of one unit in the population's mean."""
        return self.engine.extra[0]

    def _population(self, fields: int, own: int = 0) -> Product:
        """Products of ``own`` fields of unit 0 and ``fields`` fields of any unit, summed over it."""
        factors = [Factor(0, s, s) for s in range(1, own + 1)]
        for s in range(own + 1, own + fields + 1):
            factors.append(Factor(10 + s, s, s))
        return Product(tuple(factors), auto=self.setting.auto)

    def _reduce(self, element: PolyElement) -> PolyElement:
        """Powers of x brought below the size of the postsynaptic alphabet."""
        values = [v for v, _ in self.setting.post.alphabet]
        if not values:
            return element
        powers = _remainders(tuple(values), max((m[0] for m in element.itermonoms()), default=0))
        total = self.ring.zero
        for power, row in enumerate(powers):
            slice_ = _coefficient_of_x(element, power)
            if slice_:
                total += slice_ * sum(
                    (self.ring.domain.convert(c) * self.engine.x**r for r, c in enumerate(row) if c),
                    self.ring.zero,
                )
        return total

    def at_value(self, element: PolyElement, value: sp.Expr) -> PolyElement:
        """An element with x replaced by a value of the alphabet."""
        total = self.ring.zero
        for power in range(max((m[0] for m in element.itermonoms()), default=0) + 1):
            total += _coefficient_of_x(element, power) * self.ring.domain.convert(value) ** power
        return total

    def expression(self, element: PolyElement) -> sp.Expr:
        """An element as an expression in D, K and the setting's symbols, collected by n and k."""
        return self.spell(collected(element, (_N, _K1)))

    def ratio(self, numerator: PolyElement, denominator: PolyElement) -> sp.Expr:
        """A quotient as an expression, common factors removed."""
        top, bottom = cancelled(numerator, denominator)
        return self.spell(collected(top, (_N, _K1)) / collected(bottom, (_N, _K1)))

    def spell(self, expression: sp.Expr) -> sp.Expr:
        """The ring's own names replaced by those of the theory."""
        return expression.xreplace(
            {
                _N: self.setting.inputs,
                _K1: notation.K - 1,
                _M1: notation.M - 1,
                _SHARE: 1 / self.setting.units,
                **self._abbreviations,
            }
        )

    @property
    def sizes(self) -> tuple[PolyElement, PolyElement]:
        """The ring elements n and k."""
        return self.engine.pres, self.engine.patterns

    @property
    def history(self) -> PolyElement:
        """The ring element j: how many of the other patterns hold the higher value at the unit."""
        return self.engine.extra[1]

    @property
    def probabilities(self) -> tuple[PolyElement, ...]:
        """The probabilities of the postsynaptic alphabet, as ring elements."""
        return tuple(self.engine.extra[2:])

    @cached_property
    def anatomy(self) -> Anatomy:
        """The rule's parts and the single-unit averages that M and V are made of."""
        return Anatomy.of(self)


@dataclass(frozen=True)
class Anatomy:
    r"""The rule under an ensemble: g = A + b(u) + c(v) + d(u, v), all parts but A centred.

    With s the cue's entry and y the stored value of a presynaptic unit, and with
    phi_1(u) = E_v[g(u, v)] and phi_2(u) = E_v[g(u, v)^2]:

    Attributes
    ----------
    drift : A = E[g], the mean increment of a weight.
    post : B = Var(phi_1(u)), the strength of the part that depends on the post unit alone.
    power : E[phi_2] = E[g^2].
    cue_mean, cue_power : E[s] and E[s^2].
    signal, crossed, own : E[s g(x, y)], E[s^2 g(x, y)], E[s^2 g(x, y)^2], polynomials in x.
    response : phi_1 as (power, coefficient) pairs.
    """

    drift: PolyElement
    post: PolyElement
    power: PolyElement
    cue_mean: PolyElement
    cue_power: PolyElement
    signal: PolyElement
    crossed: PolyElement
    own: PolyElement
    response: tuple[tuple[int, PolyElement], ...]
    response_power: tuple[tuple[int, PolyElement], ...]

    @classmethod
    def of(cls, fields: FieldMoments) -> Anatomy:
        """Read the parts off the rule and the single-unit moments."""
        engine, ring = fields.engine, fields.ring
        side = 1 if fields.setting.auto else 0
        moment, terms, x = engine.single_moment, engine.terms, engine.x
        response: dict[int, PolyElement] = {}
        squared: dict[int, PolyElement] = {}
        signal = crossed = own = ring.zero
        for p, q, c in terms:
            response[p] = response.get(p, ring.zero) + c * moment(1, q, 0)
            signal += c * x**p * moment(1, q, 1)
            crossed += c * x**p * moment(1, q, 2)
            for p2, q2, c2 in terms:
                product = c * c2
                squared[p + p2] = squared.get(p + p2, ring.zero) + product * moment(1, q + q2, 0)
                own += product * x ** (p + p2) * moment(1, q + q2, 2)
        drift = sum((c * moment(side, p, 0) for p, c in response.items()), ring.zero)
        spread = sum(
            (
                c * c2 * moment(side, p + p2, 0)
                for p, c in response.items()
                for p2, c2 in response.items()
            ),
            ring.zero,
        )
        power = sum((c * moment(side, p, 0) for p, c in squared.items()), ring.zero)
        return cls(
            drift=drift,
            post=spread - drift**2,
            power=power,
            cue_mean=moment(1, 0, 1),
            cue_power=moment(1, 0, 2),
            signal=signal,
            crossed=crossed,
            own=own,
            response=tuple(response.items()),
            response_power=tuple(squared.items()),
        )

    def mean(self, n: PolyElement, k: PolyElement) -> PolyElement:
        """M(x) = n (E[s g(x, y)] + k A E[s])."""
        return n * (self.signal + k * self.drift * self.cue_mean)

    def variance(self, n: PolyElement, k: PolyElement) -> PolyElement:
        """V(x) by the law of total variance, given the history of the postsynaptic unit."""
        drift, mean, power = self.drift, self.cue_mean, self.cue_power
        own = self.own - self.signal**2
        crossing = 2 * k * drift * (self.crossed - mean * self.signal)
        crosstalk = k * (power * (self.power - drift**2) - mean**2 * self.post)
        drifting = k**2 * drift**2 * (power - mean**2)
        return n * (own + crossing + crosstalk + drifting) + n**2 * k * mean**2 * self.post


def _remainders(values: tuple[sp.Expr, ...], highest: int) -> list[list[sp.Rational]]:
    """Row p holds the coefficients of x**p modulo prod (x - value)."""
    size = len(values)
    x = sp.Symbol("x")
    monic = sp.Poly(sp.prod([x - v for v in values]), x).all_coeffs()[::-1]
    rows = [[sp.S.One if r == p else sp.S.Zero for r in range(size)] for p in range(size)]
    while len(rows) <= highest:
        last = rows[-1]
        raised = [sp.S.Zero, *last[:-1]]
        rows.append([c - last[-1] * monic[r] for r, c in enumerate(raised)])
    return rows


def _coefficient_of_x(element: PolyElement, power: int) -> PolyElement:
    """The coefficient of x**power; x is the ring's first generator."""
    terms = {(0, *m[1:]): c for m, c in element.iterterms() if m[0] == power}
    return element.ring.from_dict(terms)


LARGEST_GCD = 400
"""Product of term counts above which a quotient is freed of monomial factors only."""
LARGEST_FACTOR = 40
"""Number of terms above which a coefficient is printed expanded instead of factored."""


def cancelled(top: PolyElement, bottom: PolyElement) -> tuple[PolyElement, PolyElement]:
    """Numerator and denominator without their common monomial, and without their gcd if small."""
    if not top:
        return top, bottom.ring.one
    if len(top) * len(bottom) <= LARGEST_GCD:
        return top.cancel(bottom)
    lowest = [min(powers) for powers in zip(*top.itermonoms(), *bottom.itermonoms(), strict=True)]

    def lowered(element: PolyElement) -> PolyElement:
        return element.ring.from_dict(
            {tuple(p - q for p, q in zip(m, lowest, strict=True)): c for m, c in element.iterterms()}
        )

    return lowered(top), lowered(bottom)


def collected(element: PolyElement, names: tuple[sp.Symbol, ...]) -> sp.Expr:
    """An expression collected by the powers of some generators, small coefficients factored."""
    ring = element.ring
    if len(element) <= LARGEST_FACTOR:
        return sp.factor(element.as_expr())
    positions = [ring.symbols.index(s) for s in names]
    lowest = [min(powers) for powers in zip(*element.itermonoms(), strict=True)]
    blocks: dict[tuple[int, ...], dict[tuple[int, ...], object]] = {}
    for m, c in element.iterterms():
        outer = tuple(m[p] for p in positions)
        inner = tuple(
            0 if p in positions else e - lowest[p] for p, e in enumerate(m)
        )
        blocks.setdefault(outer, {})[inner] = c
    common = sp.prod([s**e for s, e in zip(ring.symbols, lowest, strict=True)])
    total = sp.S.Zero
    for outer, terms in blocks.items():
        inner_expression = ring.from_dict(terms).as_expr()
        if len(terms) <= LARGEST_FACTOR:
            inner_expression = sp.factor(inner_expression)
        powers = [s ** (e - lowest[p]) for s, e, p in zip(names, outer, positions, strict=True)]
        total += sp.Mul(*powers, inner_expression)
    return sp.Mul(common, total)
