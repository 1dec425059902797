r"""Every configuration of patterns and cue of a small network, each with its probability.

The weights are built by applying the rule's terms pattern by pattern from W = 0, whatever power of
the weight they contain; nothing is known here of moments or of formulas in D and K.

Main names
----------
Configurations
    The configurations of one setting, and the law of the field over them.
Network
    One configuration.

Conventions
-----------
Unit 0 is looked at, pattern 0 is cued; it is shown last but ``age`` patterns. A random variable (a weight, a field) is the vector
of its coordinates over ``rule_basis`` or ``basis``, rational numbers; a probability is the
vector of exponents of the elementary probabilities (of one stored value, of one cue entry).
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from operator import add, sub
from typing import Any, NamedTuple

import sympy as sp
from sympy.polys.rings import PolyElement, sring

from hebbsym import notation
from hebbsym.errors import SizeLimit
from hebbsym.theory.setting import Setting

Number = int | Fraction
Vector = tuple[Number, ...]
Weighted = Counter[tuple[Vector, Vector]]
"""Number of configurations by (random variable, probability)."""


class Network(NamedTuple):
    """One configuration: indices of the stored values, the fields of all units, its probability."""

    stored: tuple[int, ...]
    fields: tuple[Vector, ...]
    exponents: Vector


class Configurations:
    """The setting in exact coordinates.

    Parameters
    ----------
    setting : Setting
        With a rule polynomial in the weight, and finite alphabets of rational values.
    sizes : mapping of symbol to int
        What stands for K, and for D and M should a coefficient depend on them.
    limit : int
        The largest number of configurations, or of merged partial sums, that is visited.
    age : int
        How many patterns are shown after the cued one.

    Examples
    --------
    >>> from hebbsym.families.rules import ExpandedRule
    >>> hebb = Configurations(Setting(ExpandedRule(2, {(1, 1): 1})), {}, limit=100)
    >>> hebb.weight((0, 1), (0, 0))  # two patterns: (-1)(-1) + (+1)(-1)
    (0,)
    """

    def __init__(
        self, setting: Setting, sizes: Mapping[sp.Symbol, int], limit: int, age: int = 0
    ) -> None:
        self.auto, self.limit, self.age = setting.auto, limit, age
        at = {symbol: sp.Integer(n) for symbol, n in sizes.items()}
        by_power = [
            {pq: c.xreplace(at) for pq, c in part.items()}
            for part in setting.rule.require_expanded().by_weight
        ]
        laws = (setting.post, setting.pre)
        self.letters = [tuple(rational(v) for v, _ in law.alphabet) for law in laws]
        shift = _mean_cue(setting) if setting.cue.centred != 0 else sp.S.Zero
        every = itertools.chain.from_iterable(part.values() for part in by_power)
        open_terms = [c for c in dict.fromkeys(every) if not c.is_Rational]
        offsets = [sp.S.One] if shift.is_Rational else [sp.S.One, -shift]
        chances = [[p for _, p in law.alphabet] for law in laws]
        cues = [setting.cue.branches(setting.pre, v) for v, _ in setting.pre.alphabet]
        elementary = list(
            dict.fromkeys([*itertools.chain(*chances), *(p for cue in cues for _, p in cue)])
        )
        # 1/2 makes the coefficients of the ring a field
        self.ring, elements = sring(
            [sp.Rational(1, 2), *elementary, sp.S.One, *open_terms, *offsets]
        )
        self._elementary = elements[1 : 1 + len(elementary)]
        rest = elements[1 + len(elementary) :]
        terms: list[PolyElement] = rest[: 1 + len(open_terms)]
        self._certain: Vector = (0,) * len(elementary)
        one = [_one_hot(n, len(elementary)) for n in range(len(elementary))]
        self._chance = [[one[elementary.index(p)] for p in ps] for ps in chances]
        self._probability: dict[Vector, PolyElement] = {}
        increments = [
            [[_increment(part, open_terms, u, v) for v in self.letters[1]] for u in self.letters[0]]
            for part in by_power
        ]
        self._increments = increments[0]
        self._grown: dict[tuple[tuple[int, ...], tuple[int, ...]], Vector] = {}
        self.rule_basis: list[PolyElement] = terms
        if len(by_power) > 1:
            self._grow(increments, sizes[notation.K])
        offset_terms = rest[1 + len(open_terms) :]
        self.basis: list[PolyElement] = [c * o for c in self.rule_basis for o in offset_terms]
        known = rational(shift) if shift.is_Rational else 0
        tail: Vector = () if shift.is_Rational else (1,)
        self._cues: list[list[tuple[Vector, Vector]]] = [
            [((rational(s) - known, *tail), one[elementary.index(p)]) for s, p in cue if p != 0]
            for cue in cues
        ]

    # ---- one configuration ----------------------------------------------------------------

    def columns(self, side: int, patterns: int) -> Iterator[tuple[int, ...]]:
        """Every sequence of stored values of one unit (side 0 post, 1 pre), as indices."""
        return itertools.product(range(len(self.letters[side])), repeat=patterns)

    def weight(self, post: tuple[int, ...], pre: tuple[int, ...]) -> Vector:
        """The weight after the patterns were shown one by one, from 0."""
        if self._grown:
            return self._grown[post, pre]
        w: Vector = (0,) * len(self.rule_basis)
        for u, v in zip(post, pre, strict=True):
            w = tuple(map(add, w, self._increments[u][v]))
        return w

    def _grow(self, increments: list[list[list[Vector]]], patterns: int) -> None:
        """Every weight of a rule that depends on it, over the monomials that occur in one of them."""
        elements = [
            [[self.element(form, self.rule_basis) for form in row] for row in part]
            for part in increments
        ]
        order = shown(patterns, self.age)
        pairs = len(self.letters[0]) ** patterns * len(self.letters[1]) ** patterns
        self.bound(pairs)
        weights = {}
        for post, pre in itertools.product(self.columns(0, patterns), self.columns(1, patterns)):
            w = self.ring.zero
            for mu in order:
                w += sum(
                    (
                        g[post[mu]][pre[mu]] * w**k if k else g[post[mu]][pre[mu]]
                        for k, g in enumerate(elements)
                    ),
                    start=self.ring.zero,
                )
            weights[post, pre] = w
        monomials = list(dict.fromkeys(m for w in weights.values() for m in w.itermonoms()))
        self.rule_basis = [self.ring.from_dict({m: self.ring.domain.one}) for m in monomials]
        self._grown = {
            pair: tuple(_cheapest(Fraction(*_ratio(w.get(m, 0)))) for m in monomials)
            for pair, w in weights.items()
        }

    def exponents(self, side: int, column: tuple[int, ...]) -> Vector:
        """The probability of one unit's stored values."""
        return added((self._certain, *(self._chance[side][letter] for letter in column)))

    def probability(self, exponents: Vector) -> PolyElement:
        """The probability that the exponents stand for, as a polynomial."""
        if exponents not in self._probability:
            self._probability[exponents] = math.prod(
                (p**n for p, n in zip(self._elementary, exponents, strict=True) if n),
                start=self.ring.one,
            )
        return self._probability[exponents]

    def element(self, form: Vector, basis: list[PolyElement]) -> PolyElement:
        """The polynomial with the given coordinates."""
        pairs = zip(basis, form, strict=True)
        return sum((b * self.scalar(n) for b, n in pairs if n), start=self.ring.zero)

    def scalar(self, number: Number) -> Any:
        """A rational number as a coefficient of the ring."""
        return self.ring.domain_new(sp.Rational(number.numerator, number.denominator))

    def bound(self, configurations: int) -> None:
        """Raise when there are more configurations than the limit."""
        if configurations > self.limit:
            raise SizeLimit(
                f"at least {configurations} configurations are to be visited, past the bound of "
                f"{self.limit}; take fewer units or patterns, or raise limit="
            )

    # ---- all of them ----------------------------------------------------------------------

    def field(self, letter: int, inputs: int, patterns: int) -> Weighted:
        """The law of h_0 given its stored value.

        The presynaptic units are added one after the other, and equal partial sums of equal
        probability are merged after each: the same sum in another order.
        """
        columns = len(self.letters[1]) ** patterns * max(map(len, self._cues))
        visited = len(self.letters[0]) ** (patterns - 1) * columns
        self.bound(visited)
        histories = [(letter, *rest) for rest in self.columns(0, patterns - 1)]
        law: Weighted = Counter()
        for u in histories:
            terms: Weighted = Counter()
            for v in self.columns(1, patterns):
                weight, stored = self.weight(u, v), self.exponents(1, v)
                for s, p in self._cues[v[0]]:
                    terms[_outer(weight, s), added((stored, p))] += 1
            nothing: Vector = (0,) * len(self.basis)
            partial: Weighted = Counter({(nothing, self.exponents(0, u[1:])): 1})
            for _ in range(inputs):
                visited += len(partial) * len(terms)
                self.bound(visited)
                partial = _convolved(partial, terms)
            law.update(partial)
        return law

    def networks(
        self, pres: int, posts: int, patterns: int, letter: int | None = None
    ) -> Iterator[Network]:
        """Every configuration of all patterns and of the cue, one by one, nothing merged.

        With ``letter``, unit 0 stores that value in pattern 0, and probabilities are given it.
        """
        sizes = [len(letters) ** patterns for letters in self.letters]
        cues = (sizes[1] * max(map(len, self._cues))) ** pres
        self.bound(cues if self.auto else cues * sizes[0] ** posts)
        contents = [()] if self.auto else itertools.product(self.columns(0, patterns), repeat=posts)
        for content in contents:
            for pre in itertools.product(self.columns(1, patterns), repeat=pres):
                post = pre if self.auto else content
                if letter is None or post[0][0] == letter:
                    yield from self._cued(post, pre, letter)

    def _cued(
        self,
        post: tuple[tuple[int, ...], ...],
        pre: tuple[tuple[int, ...], ...],
        letter: int | None,
    ) -> Iterator[Network]:
        """The networks that store given patterns, for every cue."""
        weights = [
            [None if self.auto and i == j else self.weight(u, v) for j, v in enumerate(pre)]
            for i, u in enumerate(post)
        ]
        stored = added(self.exponents(1, v) for v in pre)
        if not self.auto:
            stored = added((stored, *(self.exponents(0, u) for u in post)))
        if letter is not None:
            stored = tuple(map(sub, stored, self._chance[0][letter]))
        for cue in itertools.product(*(self._cues[v[0]] for v in pre)):
            fields = tuple(
                added(_outer(w, s) for w, (s, _) in zip(row, cue, strict=True) if w is not None)
                for row in weights
            )
            exponents = added((stored, *(p for _, p in cue)))
            yield Network(tuple(u[0] for u in post), fields, exponents)


def shown(patterns: int, age: int) -> list[int]:
    """The order in which the patterns are shown: pattern 0 last but ``age``.

    Examples
    --------
    >>> shown(4, 1)
    [1, 2, 0, 3]
    """
    others = list(range(1, patterns))
    before = patterns - 1 - age
    return [*others[:before], 0, *others[before:]]


def added(vectors: Iterable[Vector]) -> Vector:
    """The sum of at least one vector.

    Examples
    --------
    >>> added([(1, 2), (3, 4)])
    (4, 6)
    """
    return tuple(map(sum, zip(*vectors, strict=True)))


def inhibited(fields: tuple[Vector, ...]) -> tuple[Vector, ...]:
    """Every field less the mean field of the population.

    Examples
    --------
    >>> inhibited(((3,), (1,)))
    ((1,), (-1,))
    """
    mean = tuple(Fraction(h) / len(fields) for h in added(fields))
    return tuple(
        tuple(_cheapest(h - m) for h, m in zip(field, mean, strict=True)) for field in fields
    )


def rational(value: sp.Expr) -> Number:
    """A rational SymPy number as the cheapest exact Python number.

    Examples
    --------
    >>> rational(sp.Integer(2)), rational(sp.Rational(1, 2))
    (2, Fraction(1, 2))
    """
    return _cheapest(Fraction(int(value.p), int(value.q)))


def _ratio(number: Any) -> tuple[int, int]:
    """Numerator and denominator of a coefficient, whatever the integers beneath it."""
    return int(number.numerator), int(number.denominator)


def _cheapest(number: Fraction) -> Number:
    return number.numerator if number.denominator == 1 else number


def _increment(
    coefficients: Mapping[tuple[int, int], sp.Expr], open_terms: list[sp.Expr], u: Number, v: Number
) -> Vector:
    """Coordinates of g(u, v): its number, then the factor of each symbolic coefficient."""
    g: list[Number] = [0] * (1 + len(open_terms))
    for (p, q), c in coefficients.items():
        if c.is_Rational:
            g[0] += rational(c) * u**p * v**q
        else:
            g[1 + open_terms.index(c)] += u**p * v**q
    return tuple(g)


def _mean_cue(setting: Setting) -> sp.Expr:
    """E[s] before centring, by the alphabet."""
    law = setting.pre
    branches = ((p, q, s) for y, p in law.alphabet for s, q in setting.cue.branches(law, y))
    return sp.expand(sp.Add(*(p * q * s for p, q, s in branches)))


def _convolved(first: Weighted, second: Weighted) -> Weighted:
    """The law of a sum of independent terms."""
    law: Weighted = Counter()
    for (form, p), m in first.items():
        for (term, q), n in second.items():
            law[tuple(map(add, form, term)), tuple(map(add, p, q))] += m * n
    return law


def _outer(w: Vector, s: Vector) -> Vector:
    return tuple(a * b for a in w for b in s)


def _one_hot(n: int, size: int) -> Vector:
    return tuple(int(k == n) for k in range(size))
