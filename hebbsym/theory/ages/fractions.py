r"""Sums of geometric terms in lowest terms: powers of rates as generators of a field of fractions.

Closed forms by age are rational in the parameters, in the two times, and in powers lambda**age,
lambda**K of the rates. With each rate split into its irreducible factors p, the powers p**age and p**K
are independent of each other and of the parameters, so that they can be generators: a sum is then in
lowest terms, and zero is seen to be zero.

Main names
----------
Fractions
    The field of a setting, and how its elements are written.
forms
    What suits a setting: the field for few parameters, expressions for many.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cached_property, reduce
from typing import Any, NamedTuple, TypeAlias, final

import sympy as sp
from sympy.polys.fields import FracElement, FracField
from sympy.polys.rings import PolyElement

from hebbsym import notation
from hebbsym.theory.ages.forms import Assembled, Forms, Geometric
from hebbsym.theory.ages.moments import AgedMoments
from hebbsym.theory.spelling import oriented, reads_reversed

MOST_PARAMETERS = 4
"""Parameters of a setting up to which a closed form is brought to lowest terms."""
MOST_TERMS = 25
"""The same for the products of geometric terms in the highest moment of the field."""
MOST_BASES = 3
"""The same for the irreducible factors of the rates: each brings the generators p**age and p**K."""

Powers: TypeAlias = "tuple[int, ...]"
"""Exponents of x, and of p**age, p**K and p itself for every base p."""
_BEFORE = notation.K - 1 - notation.age
_MOST_EQUAL = 5  # rates of zero in one divided difference


def forms(moments: AgedMoments) -> Forms:
    """The field of fractions for a setting of few parameters; else expressions as they come.

    Examples
    --------
    >>> from hebbsym.families.named import rules
    >>> from hebbsym.theory.setting import Setting
    >>> [type(forms(AgedMoments(Setting(rules[name])))).__name__ for name in ("oja", "affine")]
    ['Fractions', 'Assembled']
    """
    terms = sum(len(part.terms) for part in moments.field_moment(moments.order))
    rates = {base for rate in moments.rates() if rate for base, _ in split(moments.inserted(rate))}
    few = (
        len(moments.setting.free_symbols) <= MOST_PARAMETERS
        and terms <= MOST_TERMS
        and len(rates) <= MOST_BASES
    )
    return Fractions(moments) if few else Assembled(moments)


@final
class Fractions(Forms):
    """Elements are fractions in lowest terms.

    Examples
    --------
    >>> from hebbsym.families.named import rules
    >>> from hebbsym.theory.setting import Setting
    >>> oja = Fractions(AgedMoments(Setting(rules["oja"])))
    >>> oja.expression(oja.weights(oja.moments.weight_moment("", 2)))
    eta*(1 - (1 - eta)**(2*K))/(2 - eta)
    """

    def __init__(self, moments: AgedMoments) -> None:
        super().__init__(moments)
        rates = [moments.inserted(rate) for rate in moments.rates()]
        self.bases = list(dict.fromkeys(base for rate in rates if rate for base, _ in split(rate)))
        powers = [sp.Dummy(f"{v}_{n}") for n in range(len(self.bases)) for v in ("u", "v")]
        zeros = {
            sp.Dummy(f"zero_{m}"): (time, m)
            for time in (notation.age, _BEFORE, notation.K)
            for m in range(_MOST_EQUAL if not all(rates) else 0)
        }
        known = [s for s in moments.engine.ring.symbols if s in moments.occurring]
        gens = [*known, notation.age, notation.K, *powers, *zeros]
        self.field = FracField(gens, sp.QQ, sp.polys.orderings.lex)
        gen = dict(zip(gens, self.field.gens, strict=True))
        self._gen = gen
        self._zeros = {key: gen[name] for name, key in zeros.items()}
        self.spelled_zeros = {
            name: sp.Pow(0, time) if m == 0 else sp.Piecewise((1, sp.Eq(time, m)), (0, True))
            for name, (time, m) in zeros.items()
        }
        self.powers = [(gen[u], gen[v]) for u, v in zip(powers[::2], powers[1::2], strict=True)]
        self._place = {base: n for n, base in enumerate(self.bases)}

    @property
    def age(self) -> FracElement:
        return self._gen[notation.age]

    @property
    def patterns(self) -> FracElement:
        return self._gen[notation.K]

    @property
    def x(self) -> FracElement:
        return self._gen[notation.x]

    @cached_property
    def inputs(self) -> FracElement:
        return self.from_engine(self.moments.engine.pres)

    def lifted(self, element: PolyElement) -> FracElement:
        return self.from_engine(self.moments.inserted(element))

    def from_engine(self, element: PolyElement) -> FracElement:
        """An element of the engine's ring, in the field."""
        ring = self.field.ring
        places = [ring.symbols.index(s) if s in self._gen else -1 for s in element.ring.symbols]
        made = {}
        for powers, c in element.iterterms():
            row = [0] * ring.ngens
            for place, power in zip(places, powers, strict=True):
                if power:
                    row[place] = power
            made[tuple(row)] = c
        return self.field.field_new(ring.from_dict(made))

    def exact(self, expression: sp.Expr) -> FracElement:
        return self.field.from_expr(expression)

    def later(self, rate: PolyElement, m: int) -> FracElement:
        return self._raised(rate, notation.age, m, lambda u, v, p: u / p**m)

    def earlier(self, rate: PolyElement, m: int) -> FracElement:
        return self._raised(rate, _BEFORE, m, lambda u, v, p: v / u / p ** (m + 1))

    def whole(self, rate: PolyElement, m: int) -> FracElement:
        return self._raised(rate, notation.K, m, lambda u, v, p: v / p**m)

    def _raised(
        self, rate: PolyElement, time: sp.Expr, m: int, power: Callable[[Any, Any, Any], Any]
    ) -> FracElement:
        if not rate:
            return self._zeros[time, m]
        made = self.field.one
        for base, exponent in split(self.moments.inserted(rate)):
            u, v = self.powers[self._place[base]]
            made *= power(u, v, self.from_engine(base)) ** exponent
        return made

    def geometric(self, element: FracElement) -> Geometric | None:
        ring = self.field.ring
        places = [ring.gens.index(u.numer) for u, _ in self.powers]
        others = [ring.gens.index(g.numer) for g in (self.age, self.patterns, self.x)]
        others += [ring.gens.index(v.numer) for _, v in self.powers]
        others += [ring.gens.index(g.numer) for g in self._zeros.values()]
        parts: list[dict[tuple[int, ...], dict[tuple[int, ...], Any]]] = []
        for polynomial in (element.numer, element.denom):
            part: dict[tuple[int, ...], dict[tuple[int, ...], Any]] = {}
            for monomial, c in polynomial.iterterms():
                if any(monomial[p] for p in others):
                    return None
                rest = tuple(0 if n in places else e for n, e in enumerate(monomial))
                part.setdefault(tuple(monomial[p] for p in places), {})[rest] = c
            parts.append(part)
        none = (0,) * len(places)
        exponents = {key for part in parts for key in part} - {none}
        if len(exponents) != 1:
            return None
        (power,) = exponents
        rate = sp.Mul(
            *(self.moments.spelled(b) ** e for b, e in zip(self.bases, power, strict=True))
        )
        made = (
            self.expression(self.field.field_new(ring.from_dict(part.get(key, {}))))
            for part in parts
            for key in (none, power)
        )
        return Geometric(rate, *made)

    def expression(self, element: FracElement) -> sp.Expr:
        if not element:
            return sp.S.Zero
        top, bottom = (Written.of(self, part) for part in (element.numer, element.denom))
        shift = bottom.lowest
        top, bottom = top.shifted(shift), bottom.shifted(shift)
        if len(bottom.terms) == 1:  # its sign goes into the sum above
            sign, below = bottom.spelled(self)
            sign, above = top.spelled(self, sign)
        else:
            sign, above = top.spelled(self)
            sign, below = bottom.spelled(self, sign)
        return sp.Mul(sign, above, 1 / below)


class Written(NamedTuple):
    """A polynomial of the field's ring as a sum of powers, each with a coefficient.

    Parameters
    ----------
    terms : mapping of powers to polynomial
        The coefficients hold parameters and times only, and no factor that is a base.
    """

    terms: dict[Powers, PolyElement]

    @classmethod
    def of(cls, forms: Fractions, polynomial: PolyElement) -> Written:
        """The sum of a polynomial."""
        ring = polynomial.ring
        x = ring.symbols.index(notation.x) if notation.x in ring.symbols else None
        pairs = [tuple(ring.gens.index(g.numer) for g in pair) for pair in forms.powers]
        groups: dict[Powers, dict[tuple[int, ...], Any]] = {}
        special = {p for pair in pairs for p in pair} | {x}
        for monomial, c in polynomial.iterterms():
            key = (0 if x is None else monomial[x], *(monomial[p] for pair in pairs for p in pair))
            rest = tuple(0 if p in special else e for p, e in enumerate(monomial))
            groups.setdefault(key, {})[rest] = c
        bases = [forms.from_engine(base).numer for base in forms.bases]
        found: dict[Powers, PolyElement] = {}
        for key, part in groups.items():
            coefficient, own = ring.from_dict(part), []
            for base in bases:
                count = 0
                while not base.is_ground and not coefficient.rem(base):
                    coefficient, count = coefficient.exquo(base), count + 1
                own.append(count)
            triples = zip(key[1::2], key[2::2], own, strict=True)
            found[key[0], *(e for triple in triples for e in triple)] = coefficient
        return cls(found)

    @property
    def lowest(self) -> Powers:
        """The smallest exponents that occur; x stays where it is."""
        columns = zip(*self.terms, strict=True)
        return (0, *(min(column) for column in list(columns)[1:]))

    def shifted(self, shift: Powers) -> Written:
        """Divided by powers."""
        return Written(
            {
                tuple(e - s for e, s in zip(powers, shift, strict=True)): c
                for powers, c in self.terms.items()
            }
        )

    def spelled(self, forms: Fractions, sign: int = 1) -> tuple[int, sp.Expr]:
        """A sign, and the sum as an expression: common factors first."""
        common = reduce(lambda a, b: a.gcd(b), self.terms.values())
        lowest = self.lowest if len(self.terms) > 1 else next(iter(self.terms))
        own, factor = _factored(forms, common)
        sign *= own
        parts = []
        for powers, c in self.shifted(lowest).terms.items():
            part_sign, part = _factored(forms, c.exquo(common))
            parts.append((part_sign, part, _spelled_powers(forms, powers)))
        if len(parts) > 1:  # a sum takes the sign in
            parts, sign = [(sign * s, *rest) for s, *rest in parts], 1
        total = sp.Add(*(sp.Mul(*part) for part in parts))
        return sign, sp.Mul(factor, _spelled_powers(forms, lowest), total)


def _spelled_powers(forms: Fractions, powers: Powers) -> sp.Expr:
    """x**k times the bases, each to a power linear in age and K."""
    made = [notation.x ** powers[0]]
    for n, base in enumerate(forms.bases):
        later, whole, own = powers[1 + 3 * n : 4 + 3 * n]
        exponent = later * notation.age + whole * notation.K + own
        made.append(forms.moments.spelled(base) ** exponent)
    return sp.Mul(*made)


def _factored(forms: Fractions, polynomial: PolyElement) -> tuple[int, sp.Expr]:
    """A sign, and a polynomial as a product of factors with the signs that a reader expects."""
    number, factors = polynomial.factor_list()
    value = polynomial.ring.domain.to_sympy(number)
    sign = -1 if value < 0 else 1
    made = [abs(value)]
    for base, exponent in factors:
        spelled = forms.moments.named(base.as_expr()).xreplace(forms.spelled_zeros)
        if reads_reversed(spelled):
            spelled, sign = -spelled, sign * (-1) ** exponent
        made.append(oriented(spelled) ** exponent)
    return sign, sp.Mul(*made)


def split(rate: PolyElement) -> tuple[tuple[PolyElement, int], ...]:
    """A rate as a product of powers of irreducible polynomials, of -1, and of one number.

    Examples
    --------
    >>> from sympy.polys.rings import ring
    >>> R, q = ring("q", sp.QQ)
    >>> split(4 * (q - 1) ** 2)
    ((-q + 1, 2), (2, 2))
    >>> split(q.ring.ground_new(sp.QQ(81, 100)))
    ((9/10, 2),)
    """
    ring = rate.ring
    number, factors = rate.factor_list()
    found: list[tuple[PolyElement, int]] = []
    for base, exponent in factors:
        if reads_reversed(base.as_expr()):
            base, number = -base, number * (-1) ** exponent
        found.append((base, exponent))
    value = ring.domain.to_sympy(number)
    if value < 0:
        found.append((ring.ground_new(-1), 1))
    if abs(value) != 1:
        root, exponent = _root(abs(value))
        found.append((ring.ground_new(ring.domain.from_sympy(root)), exponent))
    return tuple(found)


def _root(number: sp.Rational) -> tuple[sp.Rational, int]:
    """A number as a power of one that is no power."""
    primes = sp.factorrat(number)
    exponent = math.gcd(*primes.values())
    # a Python integer to a negative power would be a float
    return sp.Mul(*(sp.Integer(p) ** (e // exponent) for p, e in primes.items())), exponent
