"""Ring elements as expressions that a reader can take in: quotients in lowest terms, sums collected."""

from __future__ import annotations

import math
from typing import Any

import sympy as sp
from sympy.polys.rings import PolyElement

from hebbsym.notation import D, K, M

LARGEST_GCD = 400
"""Product of term counts above which a quotient is freed of monomial factors only."""
LARGEST_FACTOR = 12
"""Number of terms above which a coefficient is printed expanded instead of factored."""


def cancelled(top: PolyElement, bottom: PolyElement) -> tuple[PolyElement, PolyElement]:
    """Numerator and denominator without their common monomial, and without their gcd if small.

    The denominator is not negative inside the domains of the theory.
    """
    if not top:
        return top, bottom.ring.one
    if len(top) * len(bottom) <= LARGEST_GCD:
        first, second = top.cancel(bottom)
    else:
        first, second = _without_common_monomial((top, bottom))
    return (-first, -second) if _inside(second) < 0 else (first, second)


def without_common_factor(elements: tuple[PolyElement, ...]) -> tuple[PolyElement, ...]:
    """Elements without common monomial and number, and without their gcd when they are short.

    The first element is not negative inside the domains of the theory, and stays so.
    """
    present = tuple(e for e in elements if e)
    reduced = iter(_reduced(present))
    return tuple(next(reduced) if e else e for e in elements)


def _reduced(elements: tuple[PolyElement, ...]) -> tuple[PolyElement, ...]:
    elements = _without_common_monomial(elements)
    if sum(len(e) for e in elements) <= LARGEST_GCD // 5:
        common = elements[0]
        for element in elements[1:]:
            common = common.gcd(element)
        elements = tuple(element.exquo(common) for element in elements)
    numbers = [c for e in elements for c in e.itercoeffs()]
    top = math.gcd(*(int(c.numerator) for c in numbers))
    bottom = math.lcm(*(int(c.denominator) for c in numbers))
    sign = -1 if _inside(elements[0]) < 0 else 1
    return tuple(e * e.ring.domain(sign * bottom) / e.ring.domain(top) for e in elements)


def _inside(element: PolyElement) -> Any:
    """The value at a point inside all domains: sizes above 1, probabilities and means below."""
    ring = element.ring
    point = [
        ring.domain(1009 + place) if str(symbol).endswith("_") else ring.domain(2, 11 + place)
        for place, symbol in enumerate(ring.symbols)
    ]
    return element.evaluate(list(zip(ring.gens, point, strict=True)))


def _without_common_monomial(elements: tuple[PolyElement, ...]) -> tuple[PolyElement, ...]:
    lowest = [
        min(powers) for powers in zip(*(m for e in elements for m in e.itermonoms()), strict=True)
    ]
    return tuple(
        e.ring.from_dict(
            {tuple(p - q for p, q in zip(m, lowest, strict=True)): c for m, c in e.iterterms()}
        )
        for e in elements
    )


def collected(
    element: PolyElement, names: tuple[sp.Symbol, ...], largest: int = LARGEST_FACTOR
) -> sp.Expr:
    """An expression collected by the powers of some generators, short polynomials factored."""
    if not element:
        return sp.S.Zero
    if len(element) > largest:
        return _by_powers(element, names)
    number, factors = element.factor_list()
    parts = (_by_powers(base, names) ** exponent for base, exponent in factors)
    return oriented(sp.Mul(element.ring.domain.to_sympy(number), *parts))


def _by_powers(element: PolyElement, names: tuple[sp.Symbol, ...]) -> sp.Expr:
    """A polynomial in some generators with its coefficients factored."""
    ring = element.ring
    positions = [ring.symbols.index(s) for s in names]
    lowest = [min(powers) for powers in zip(*element.itermonoms(), strict=True)]
    blocks: dict[tuple[int, ...], dict[tuple[int, ...], object]] = {}
    for m, c in element.iterterms():
        outer = tuple(m[p] for p in positions)
        inner = tuple(0 if p in positions else e - lowest[p] for p, e in enumerate(m))
        blocks.setdefault(outer, {})[inner] = c
    total = []
    for outer, terms in blocks.items():
        coefficient = ring.from_dict(terms)
        powers = [s ** (e - lowest[p]) for s, e, p in zip(names, outer, positions, strict=True)]
        spelled = _factored(coefficient) if len(blocks) > 1 else coefficient.as_expr()
        total.append(sp.Mul(*powers, spelled))
    common = sp.Mul(*(s**e for s, e in zip(ring.symbols, lowest, strict=True)))
    return sp.Mul(common, sp.Add(*total))


def _factored(element: PolyElement) -> sp.Expr:
    if len(element) > LARGEST_FACTOR:
        return element.as_expr()
    number, factors = element.factor_list()
    parts = (base.as_expr() ** exponent for base, exponent in factors)
    return oriented(sp.Mul(element.ring.domain.to_sympy(number), *parts))


def oriented(expression: sp.Expr) -> sp.Expr:
    """A product whose sums have the signs that a reader expects: (K - 1), (1 - a).

    In a sum that contains K, D or M the highest of them is made positive, in another one the
    constant term.

    Examples
    --------
    >>> a = sp.Symbol("a")
    >>> oriented(-(a - 1) * (1 - K))
    -(1 - a)*(K - 1)
    """
    if not (expression.is_Mul or expression.is_Pow):
        return expression
    sign = sp.S.One
    factors = []
    for factor in sp.Mul.make_args(expression):
        base, exponent = factor.as_base_exp()
        if base.is_Add and exponent.is_Integer and reads_reversed(base):
            base, sign = sp.Add(*(-t for t in base.args)), sign * (-1) ** exponent
        factors.append(base**exponent)
    return sp.Mul(sign, *factors)


def reads_reversed(total: sp.Expr) -> bool:
    """Whether a sum is better read with its sign changed.

    Examples
    --------
    >>> a = sp.Symbol("a")
    >>> reads_reversed(a - 1), reads_reversed(1 - K), reads_reversed(1 - a)
    (True, True, False)
    """
    if not total.is_Add:
        return False
    for size in (K, D, M):
        if total.has(size):
            leading = [t for t in total.args if t.has(size)]
            return all(t.could_extract_minus_sign() for t in leading)
    constant = total.as_coeff_Add()[0]
    return bool(constant < 0)
