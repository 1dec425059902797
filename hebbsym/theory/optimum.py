r"""The coefficient theorem: rho is a Rayleigh quotient, so the best rule is c* = N^{-1} s.

.. math:: \rho(c) = \frac{(s \cdot c)^2}{c^{\mathsf T} N c}, \qquad
          c^* = N^{-1} s, \qquad \rho(c^*) = s^{\mathsf T} N^{-1} s

Main names
----------
CoefficientTheorem
    s and N as explicit arrays for one ensemble, cue and threshold; the best coefficients,
    exact at finite D and K; the price of each coefficient.

Conventions
-----------
On a finite alphabet the basis is the reduced one (four coefficients for two values), because
otherwise N is singular: two rules that agree on the alphabet have the same rho. The price of
a coefficient is d ln K_max / d c_pq at fixed rho, taken at the load K at which rho is met.

References
----------
dayan1991 (best linear rule in the limit D, K large); the finite-size form is derived here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import sympy as sp
from sympy.polys.matrices import DomainMatrix
from sympy.polys.rings import PolyElement

from hebbsym import notation
from hebbsym.errors import NotDerivable
from hebbsym.families.rules import ExpandedRule
from hebbsym.theory.fields import FieldMoments, on_alphabet
from hebbsym.theory.setting import Setting
from hebbsym.theory.signal import Signal

_FEW = 5
"""Coefficients up to which minors are expanded; their number doubles with each."""


class CoefficientTheorem:
    """s, N and c* for the ensemble, cue and threshold of a setting, at the order of its rule.

    Parameters
    ----------
    setting : Setting
        The rule only gives the order (and, for the price, the point of evaluation).

    Examples
    --------
    >>> theorem = CoefficientTheorem(Setting(ExpandedRule(2)))
    >>> theorem.basis
    ((0, 0), (1, 0), (0, 1), (1, 1))
    >>> theorem.best
    {(0, 0): 0, (1, 0): 0, (0, 1): 0, (1, 1): 1}
    >>> from hebbsym.families.ensembles import Bipolar
    >>> biased = Setting(ExpandedRule(2), Bipolar(sp.Rational(1, 2)))
    >>> CoefficientTheorem(biased, centred=True).best[0, 1]
    0
    """

    def __init__(self, setting: Setting, centred: bool = False) -> None:
        order = max(setting.rule.require_additive().order, 2)
        free = setting.with_rule(ExpandedRule(order))
        self.basis = tuple(on_alphabet(free).terms)
        self._symbols = {pq: sp.Symbol(f"c{pq[0]}_{pq[1]}_") for pq in self.basis}
        self.setting = setting
        self._centred = centred
        # every basis coefficient must stay a symbol of its own
        general = setting.with_rule(self._expanded(self._symbols))
        self.fields = FieldMoments(general, abbreviate=False)
        self.general = Signal(self.fields)

    def _expanded(self, coefficients: Mapping[tuple[int, int], sp.Expr]) -> ExpandedRule:
        """The rule with these coefficients in the theorem's basis."""
        post, pre = self.setting.post, self.setting.pre
        if not self._centred:
            return ExpandedRule(max(p + q for p, q in self.basis), coefficients, "general")
        total: dict[tuple[int, int], sp.Expr] = {}
        for (p, q), c in coefficients.items():
            for r, up in ((p, sp.S.One), (0, -post.moment(p)))[: 2 if p else 1]:
                for s, down in ((q, sp.S.One), (0, -pre.moment(q)))[: 2 if q else 1]:
                    total[r, s] = total.get((r, s), sp.S.Zero) + c * up * down
        return ExpandedRule(max(p + q for p, q in total), total, "general")

    def _coefficient(self, element: PolyElement, *pairs: tuple[int, int]) -> PolyElement:
        """The part of an element that belongs to a product of basis coefficients."""
        ring = element.ring
        positions = {pq: ring.symbols.index(self._symbols[pq]) for pq in self.basis}
        wanted = {positions[pq]: pairs.count(pq) for pq in self.basis}
        terms = {}
        for powers, c in element.iterterms():
            if all(powers[position] == power for position, power in wanted.items()):
                terms[tuple(0 if p in wanted else e for p, e in enumerate(powers))] = c
        return ring.from_dict(terms)

    @property
    def generators(self) -> tuple[PolyElement, ...]:
        """The basis coefficients as ring elements."""
        ring = self.fields.ring
        return tuple(ring.gens[ring.symbols.index(self._symbols[pq])] for pq in self.basis)

    def perturbed(self, pq: tuple[int, int], step: sp.Symbol) -> Setting:
        """The setting with ``step`` added to one coefficient of its reduced rule."""
        terms = on_alphabet(self.setting).terms
        terms[pq] = terms.get(pq, sp.S.Zero) + step
        rule = ExpandedRule(max(p + q for p, q in terms), terms, self.setting.rule.name)
        return self.setting.with_rule(rule)

    @cached_property
    def signal_vector(self) -> tuple[PolyElement, ...]:
        """s: M(x+) - M(x-) (or Cov(h, x)) for each unit coefficient."""
        return tuple(self._coefficient(self.general.gap, pq) for pq in self.basis)

    @cached_property
    def noise_matrix(self) -> tuple[tuple[PolyElement, ...], ...]:
        """N, symmetric: c^T N c is what (s.c)^2 is divided by."""
        half = sp.QQ(1, 2)
        return tuple(
            tuple(
                self._coefficient(self.general.noise, p, q) * (1 if p == q else half)
                for q in self.basis
            )
            for p in self.basis
        )

    @cached_property
    def _solution(self) -> tuple[list[PolyElement], PolyElement]:
        """Numerators and the common denominator of N^{-1} s, without a fraction on the way."""
        rows = [[self.fields.cleared(entry, 2) for entry in row] for row in self.noise_matrix]
        column = [self.fields.cleared(entry, 1) for entry in self.signal_vector]
        solve = by_minors if len(rows) <= _FEW else _by_elimination
        numerators, denominator = solve(rows, column)
        if not denominator:
            raise NotDerivable(
                "the noise matrix is singular here: some direction of coefficient space has no "
                "noise, and the best rule is not unique"
            )
        return numerators, denominator

    @cached_property
    def best(self) -> dict[tuple[int, int], sp.Expr]:
        """c*, scaled so that the coefficient of x_i x_j is 1 unless it is 0; exact in D and K."""
        numerators, _ = self._solution
        # under inhibition only the drift may be left: then its coefficient is 1
        scale = numerators[self.basis.index((1, 1))] or next(filter(None, numerators))
        return {
            pq: self.fields.ratio(top, scale, lowest_terms=True)
            for pq, top in zip(self.basis, numerators, strict=True)
        }

    @cached_property
    def best_rho(self) -> sp.Expr:
        """rho(c*) = s^T N^{-1} s, the highest ratio that any rule of this order reaches."""
        numerators, denominator = self._solution
        top = sum(
            (
                self.fields.cleared(s, 1) * c
                for s, c in zip(self.signal_vector, numerators, strict=True)
            ),
            self.fields.ring.zero,
        )
        return self.fields.ratio(top, denominator, lowest_terms=True)

    @cached_property
    def limit(self) -> dict[tuple[int, int], sp.Expr]:
        """c* as D and K grow in proportion: the ratios of the terms of highest degree in n and k."""
        if self.setting.threshold.inhibits:
            raise NotDerivable("the limit of c* is derived without inhibition")
        numerators, _ = self._solution
        leading = [self._leading(c) for c in numerators]
        degree = max(d for d, _ in leading)
        scale = leading[self.basis.index((1, 1))][1]
        zero = self.fields.ring.zero
        return {
            pq: self.fields.ratio(top if d == degree else zero, scale, lowest_terms=True)
            for pq, (d, top) in zip(self.basis, leading, strict=True)
        }

    def _leading(self, element: PolyElement) -> tuple[int, PolyElement]:
        """The degree in n and k together, and the terms of that degree."""
        ring = element.ring
        places = [ring.gens.index(size) for size in self.fields.sizes]
        degrees = [sum(m[p] for p in places) for m in element.itermonoms()]
        top = max(degrees, default=-1)
        terms = {m: c for (m, c), d in zip(element.iterterms(), degrees, strict=True) if d == top}
        return top, ring.from_dict(terms)

    def price(self, pq: tuple[int, int]) -> sp.Expr:
        """d ln K_max / d c_pq of the setting's rule, at fixed rho, as a function of the load K.

        With gap(c, K)^2 = rho noise(c, K) at K = K_max, implicit differentiation gives dK/dc as
        (2 gap_c noise - gap noise_c) / (gap noise_K - 2 gap_K noise); gap_K is zero except under
        inhibition, where a drift acts back on the signal.
        """
        gap, noise = self.general.gap, self.general.noise
        symbol = self.fields.ring.gens[self.fields.ring.symbols.index(self._symbols[pq])]
        k = self.fields.sizes[1]
        point = {
            self._symbols[key]: on_alphabet(self.setting).terms.get(key, sp.S.Zero)
            for key in self.basis
        }
        slope = gap * noise.diff(k) - 2 * gap.diff(k) * noise
        parts = (gap, gap.diff(symbol), noise, noise.diff(symbol), slope)
        at = [sp.factor(self.fields.expression(part).xreplace(point)) for part in parts]
        value, value_slope, level, level_slope, growth = at
        if value == 0 or growth == 0:
            raise NotDerivable(
                "this rule has no capacity to price: "
                + ("its signal is zero" if value == 0 else "its ratio does not depend on K")
            )
        top = 2 * value_slope * level - value * level_slope
        return sp.factor(top) / (growth * notation.K)


def by_minors(
    rows: Sequence[Sequence[PolyElement]], column: Sequence[PolyElement]
) -> tuple[list[PolyElement], PolyElement]:
    """Numerators and denominator of A^{-1} b for a symmetric A, by Cramer's rule; 0 below if singular.

    A minor is expanded along its first row, and each is worked out once: sums of products only, where
    elimination would divide polynomials of twice the degree.

    Examples
    --------
    >>> ring, x = sp.ring("x", sp.QQ)
    >>> by_minors([[x, ring.one], [ring.one, x]], [ring.one, ring.zero])
    ([x, -1], x**2 - 1)
    """
    size, ring = len(rows), column[0].ring
    known: dict[tuple[tuple[int, ...], tuple[int, ...]], PolyElement] = {}

    def minor(chosen: tuple[int, ...], places: tuple[int, ...]) -> PolyElement:
        if not chosen:
            return ring.one
        key = (chosen, places) if chosen <= places else (places, chosen)  # A is symmetric
        if key not in known:
            first, rest = key
            known[key] = sum(
                (
                    (-1) ** n * rows[first[0]][place] * minor(first[1:], rest[:n] + rest[n + 1 :])
                    for n, place in enumerate(rest)
                    if rows[first[0]][place]
                ),
                ring.zero,
            )
        return known[key]

    def cofactor(row: int, place: int) -> PolyElement:
        others = [tuple(n for n in range(size) if n != left) for left in (row, place)]
        return (-1) ** (row + place) * minor(others[0], others[1])

    numerators = [
        sum((cofactor(n, place) * b for n, b in enumerate(column) if b), ring.zero)
        for place in range(size)
    ]
    whole = sum((rows[0][n] * cofactor(0, n) for n in range(size) if rows[0][n]), ring.zero)
    return numerators, whole


def _by_elimination(
    rows: Sequence[Sequence[PolyElement]], column: Sequence[PolyElement]
) -> tuple[list[PolyElement], PolyElement]:
    """The same by fraction-free elimination, for many coefficients."""
    size, domain = len(rows), column[0].ring.to_domain()
    matrix = DomainMatrix([list(row) for row in rows], (size, size), domain)
    if matrix.rank() < size:
        return [domain.zero] * size, domain.zero
    numerators, denominator = matrix.solve_den(
        DomainMatrix([[b] for b in column], (size, 1), domain)
    )
    return [row[0] for row in numerators.to_dense().rep.to_list()], denominator
