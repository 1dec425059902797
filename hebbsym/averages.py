r"""Exact averages of products of weights and cues: the only place where indices may coincide.

A field or a weight is a sum, over units and patterns, of local increments
``g(u, v) = sum_pq c_pq u**p v**q``. The average of a product of such sums is a sum over
*coincidence patterns*: which of the summed units are the same unit, and which of the
summed patterns are the same pattern (set partitions of the two sets of labels). In one
coincidence pattern the entries are independent cells (unit, pattern), so that its average
is a product of single-cell moments, and it occurs ``falling(n, b)`` times if ``b`` blocks
of labels range over ``n`` units. This is exact for every finite number of units and
patterns, and for symbolic coefficients and moments.

Main names
----------
Averages
    The engine for one rule and one ensemble: it keeps everything as elements of one sparse
    polynomial ring and turns them into expressions only to be printed.
Law
    What the engine needs to know of a population: single-cell moments.
cumulants_of, moments_of
    From raw moments to cumulants and back.

Implementation notes
--------------------
Within one coincidence pattern the cells are summed out one at a time (variable elimination),
and the average of a connected component is kept for the next pattern that contains it.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import sympy as sp
from sympy.polys.rings import PolyElement, sring

from hebbsym.coincidences import CUED, Coincidence, Factor, Product, coincidences

Terms: TypeAlias = "list[tuple[int, int, PolyElement]]"
"""A polynomial in the two activities: powers p, q and the coefficient."""


@dataclass(frozen=True)
class Law:
    """The law of one cell of a population.

    Parameters
    ----------
    moment : callable
        ``moment(k, l)`` is E[y**k s**l] of the stored value y and the cue s.
    conditional : callable
        ``conditional(l)`` is E[s**l | y = x], an expression in the symbol x.
    """

    moment: Callable[[int, int], sp.Expr]
    conditional: Callable[[int], sp.Expr]


class Averages:
    """The engine: exact averages for one rule, ensemble and cue, as ring elements.

    Parameters
    ----------
    terms : mapping of (p, q) to expression
        The rule's coefficients; they must not depend on the weight.
    post, pre : Law
        The laws of the two populations (the same one for auto-association).
    order : int
        The highest number of factors of the products that will be averaged.
    x : Symbol
        The value stored at unit 0.
    sizes : mapping of {"posts", "pres", "patterns"} to symbols
        What the numbers of *other* post units, *other* pre units and *other* patterns are
        called in the result.
    auto : bool
        One population without the diagonal, or two.
    extra : iterable of expressions
        What else is wanted as elements of the ring.
    kept : mapping of (p, q) to expression
        What one pattern leaves of a weight, 1 + A, for a rule Delta w = A w + B whose ``terms``
        are B: the factor that :meth:`of_one_pattern` puts on a weight.
    further : sequence of mappings of (p, q) to expression
        For a rule of higher degree in w: what multiplies w**2, w**3, ...

    Examples
    --------
    The variance of a weight's cousin, E[h | x] of the plain Hebb rule on fair signs:

    >>> from hebbsym.coincidences import field_moment
    >>> n, k, x = sp.symbols("n k x")
    >>> law = Law(lambda i, j: sp.Integer(1 - (i + j) % 2), lambda l: x**l)
    >>> engine = Averages({(1, 1): sp.S.One}, law, law, order=2, x=x,
    ...                   sizes={"posts": n, "pres": n, "patterns": k})
    >>> engine.expression(engine.average(field_moment(1)))
    n*x
    >>> sp.factor(engine.expression(engine.average(field_moment(2))))
    n*(k + n*x**2)
    """

    def __init__(
        self,
        terms: Mapping[tuple[int, int], sp.Expr],
        post: Law,
        pre: Law,
        *,
        order: int,
        x: sp.Symbol,
        sizes: Mapping[str, sp.Symbol],
        auto: bool = True,
        extra: Iterable[sp.Expr] = (),
        kept: Mapping[tuple[int, int], sp.Expr] = {(0, 0): sp.S.One},
        further: Sequence[Mapping[tuple[int, int], sp.Expr]] = (),
    ) -> None:
        self._laws = (post, pre)
        self._auto = auto
        by_weight = (terms, kept, *further)
        powers = list(itertools.chain.from_iterable(by_weight))
        expressions = [c for part in by_weight for c in part.values()]
        moments = list(self._needed(powers, order))
        values = [self._laws[side].moment(k, r) for side, k, r in moments]
        given = [pre.conditional(r) for r in range(order + 1)]
        names = [x, *dict.fromkeys(sizes.values())]
        self.ring, elements = sring([*names, *expressions, *values, *given, *extra], expand=True)
        self.ring = self.ring.clone(domain=sp.QQ)
        elements = [e.set_ring(self.ring) if e.ring != self.ring else e for e in elements]
        taken = iter(elements)
        self._name = {s: next(taken) for s in names}
        self.by_weight: list[Terms] = [[(*pq, next(taken)) for pq in part] for part in by_weight]
        self.terms: Terms = self.by_weight[0]
        self._moments = {key: next(taken) for key in moments}
        self._given = [next(taken) for _ in given]
        self.extra: list[PolyElement] = list(taken)
        self.x: PolyElement = self._name[x]
        self.pres: PolyElement = self._name[sizes["pres"]]
        self.posts: PolyElement = self._name[sizes["posts"]]
        self.patterns: PolyElement = self._name[sizes["patterns"]]
        self._components: dict[Any, PolyElement] = {}

    def _needed(self, powers: list[tuple[int, int]], order: int) -> Iterator[tuple[int, int, int]]:
        """Keys (population, k, l) of all moments that products up to ``order`` can ask for."""
        p = order * max([1, *(p for p, _ in powers)])  # at least those of Var(x)
        q = order * max((q for _, q in powers), default=0)
        if self._auto:
            yield from ((1, k, r) for k in range(p + q + 1) for r in range(order + 1))
        else:
            yield from ((0, k, 0) for k in range(p + 1))
            yield from ((1, k, r) for k in range(q + 1) for r in range(order + 1))

    def single_moment(self, side: int, k: int, cue_power: int) -> PolyElement:
        """E[y**k s**cue_power] of one cell of the post (0) or pre (1) population."""
        return self._moments[side, k, cue_power]

    def average(self, product: Product) -> PolyElement:
        """The exact average of a product, an element of :attr:`ring`."""
        total = self.ring.zero
        patterns = self.patterns if product.conditioned else self.patterns + 1
        for orbit, multiplicity in coincidences(product).items():
            total += (
                multiplicity
                * _falling(self.pres, orbit.free_pres)
                * _falling(self.posts, orbit.free_posts)
                * _falling(patterns, orbit.free_patterns)
                * self._orbit(orbit, product.conditioned)
            )
        return total

    def expression(self, element: PolyElement) -> sp.Expr:
        """A ring element as an expression."""
        return element.as_expr()

    def _orbit(self, orbit: Coincidence, conditioned: bool) -> PolyElement:
        """The average in one coincidence pattern: connected components are independent."""
        cues = Counter(f.pre for f in orbit.factors if f.cued)
        posts = {f.post for f in orbit.factors}
        value = self.ring.one
        touched: set[tuple[int, int]] = set()
        for component in _connected(orbit.factors):
            value *= self._component(component, cues, posts, conditioned)
            touched |= {(u, f.pattern) for f in component for u in (f.post, f.pre)}
        for unit, power in cues.items():
            if (unit, CUED) not in touched:
                known = conditioned and unit == 0 and self._auto
                value *= self._given[power] if known else self._moments[1, 0, power]
        return value

    def _component(
        self,
        component: list[Factor],
        cues: Mapping[int, int],
        posts: set[int],
        conditioned: bool,
    ) -> PolyElement:
        cells: dict[tuple[int, int], int] = {}
        kinds: list[tuple[int, int, bool]] = []
        edges = []
        for f in component:
            ends = []
            for unit in (f.post, f.pre):
                cell = (unit, f.pattern)
                if cell not in cells:
                    cells[cell] = len(cells)
                    side = 0 if not self._auto and unit in posts else 1
                    power = cues.get(unit, 0) if f.pattern == CUED and side == 1 else 0
                    kinds.append((side, power, conditioned and cell == (0, CUED)))
                ends.append(cells[cell])
            edges.append((ends[0], ends[1]))
        key = (tuple(edges), tuple(kinds))
        if key not in self._components:
            self._components[key] = self._eliminate(edges, kinds, [self.terms] * len(edges))
        return self._components[key]

    def of_one_pattern(
        self,
        factors: Sequence[tuple[int, int, int]],
        cues: Mapping[int, int],
        conditioned: bool = False,
    ) -> PolyElement:
        """The average, over one pattern, of what it does to a product of weights, times a cue.

        Parameters
        ----------
        factors : sequence of (post, pre, power)
            One for each weight: the power of what it was that the pattern's factor multiplies. With
            1 it is kept, by the factor 1 + A; with 0 the new part B of the pattern takes its place.
            Labels of post and pre units differ without ``auto``.
        cues : mapping of unit to power
            The cue's entries that the product is multiplied by.
        conditioned : bool
            Whether the value stored at unit 0 is known (the symbol x).

        Returns
        -------
        element of :attr:`ring`
        """
        posts = {post for post, _, _ in factors}
        units = list(dict.fromkeys([*(u for f in factors for u in f[:2]), *cues]))
        place = {unit: n for n, unit in enumerate(units)}
        kinds = [
            (
                0 if not self._auto and unit in posts else 1,
                cues.get(unit, 0),
                conditioned and unit == 0,
            )
            for unit in units
        ]
        edges = [(place[post], place[pre]) for post, pre, _ in factors]
        value = self._eliminate(edges, kinds, [self.by_weight[power] for *_, power in factors])
        for cell in range(len({u for f in factors for u in f[:2]}), len(units)):
            value *= self._moments[1, 0, kinds[cell][1]]
        return value

    def _eliminate(
        self,
        edges: list[tuple[int, int]],
        kinds: list[tuple[int, int, bool]],
        polynomials: list[Terms],
    ) -> PolyElement:
        """Multiply the factors in turn; sum a cell out after the last factor that touches it."""
        last = {cell: n for n, edge in enumerate(edges) for cell in edge}
        open_cells: list[int] = []
        polynomial: dict[tuple[int, ...], PolyElement] = {(): self.ring.one}
        for n, (post, pre) in enumerate(edges):
            for cell in (post, pre):
                if cell not in open_cells:
                    open_cells.append(cell)
                    polynomial = {(*powers, 0): c for powers, c in polynomial.items()}
            at_post, at_pre = open_cells.index(post), open_cells.index(pre)
            product: dict[tuple[int, ...], PolyElement] = {}
            for powers, c in polynomial.items():
                for p, q, t in polynomials[n]:
                    raised = list(powers)
                    raised[at_post] += p
                    raised[at_pre] += q
                    _accumulate(product, tuple(raised), c * t)
            polynomial = product
            for cell in [cell for cell in open_cells if last[cell] == n]:
                polynomial = self._sum_out(polynomial, open_cells.index(cell), kinds[cell])
                open_cells.remove(cell)
        return polynomial.get((), self.ring.zero)

    def _sum_out(
        self,
        polynomial: Mapping[tuple[int, ...], PolyElement],
        position: int,
        kind: tuple[int, int, bool],
    ) -> dict[tuple[int, ...], PolyElement]:
        side, cue_power, known = kind
        summed: dict[tuple[int, ...], PolyElement] = {}
        for powers, c in polynomial.items():
            k = powers[position]
            weight = (
                self.x**k * self._given[cue_power] if known else self._moments[side, k, cue_power]
            )
            if weight:
                _accumulate(summed, powers[:position] + powers[position + 1 :], c * weight)
        return summed


def _accumulate(
    sums: dict[tuple[int, ...], PolyElement], key: tuple[int, ...], value: PolyElement
) -> None:
    sums[key] = sums[key] + value if key in sums else value


def _falling(n: PolyElement, b: int) -> PolyElement:
    """n (n - 1) ... (n - b + 1)."""
    value = n.ring.one
    for step in range(b):
        value *= n - step
    return value


def _connected(factors: tuple[Factor, ...]) -> list[list[Factor]]:
    """Factors grouped by shared cells (unit, pattern)."""
    groups: list[tuple[set[tuple[int, int]], list[Factor]]] = []
    for f in factors:
        cells = {(f.post, f.pattern), (f.pre, f.pattern)}
        members = [f]
        apart = []
        for others, group in groups:
            if others & cells:
                cells |= others
                members = [*group, *members]
            else:
                apart.append((others, group))
        groups = [*apart, (cells, members)]
    return [group for _, group in groups]


def cumulants_of(raw: list[PolyElement]) -> list[PolyElement]:
    """Cumulants from raw moments 1..m.

    Examples
    --------
    >>> cumulants_of([2, 5, 14, 41])  # 2 plus a fair sign, whose cumulants are 0, 1, 0, -2
    [2, 1, 0, -2]
    """
    found: list[PolyElement] = []
    for m, moment in enumerate(raw, start=1):
        for r in range(1, m):
            moment = moment - math.comb(m - 1, r - 1) * found[r - 1] * raw[m - r - 1]
        found.append(moment)
    return found


def moments_of(cumulants: list[PolyElement], one: PolyElement) -> list[PolyElement]:
    """Raw moments 0..m from cumulants 1..m.

    Examples
    --------
    >>> moments_of([2, 1, 0, -2], 1)
    [1, 2, 5, 14, 41]
    """
    raw = [one]
    for m in range(1, len(cumulants) + 1):
        terms = (math.comb(m - 1, r - 1) * cumulants[r - 1] * raw[m - r] for r in range(1, m + 1))
        raw.append(sum(terms))
    return raw
