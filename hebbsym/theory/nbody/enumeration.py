r"""Exact enumeration of n-body memories: every pattern and cue of a tiny network, weights really stored.

Main names
----------
NBodyEnumeration
    Mean and variance of the field over all patterns and cues, symbolic in all coefficients.
number_of_sets
    How many sets of patterns and cues that takes.

Conventions
-----------
The increment of every synapse is made by the rule's definition and stored under its subset; the field
is read from these weights. Nothing of :mod:`hebbsym.theory.nbody.moments` is used.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from functools import cached_property

import sympy as sp
from sympy.polys.rings import PolyElement, sring

from hebbsym.errors import SizeLimit
from hebbsym.families.nbody import Place, elementary
from hebbsym.notation import D
from hebbsym.theory.nbody.moments import require_nbody
from hebbsym.theory.setting import Setting

LARGEST = 2**21
"""Bound on the number of sets of patterns and cues."""

Powers = tuple[sp.Expr, ...]


def number_of_sets(setting: Setting, units: int, patterns: int) -> int:
    """How many sets of patterns and cues there are, given the stored value at the unit.

    Examples
    --------
    >>> from hebbsym.families.nbody import nbody_products
    >>> number_of_sets(Setting(nbody_products((3,))), 4, 2)
    128
    """
    pairs = sum(len(setting.cue.transitions(setting.pre, v)) for v, _ in setting.pre.alphabet)
    others, inputs = patterns - 1, _inputs(setting, units)
    values = len(setting.post.alphabet) * len(setting.pre.alphabet) ** inputs
    return int(pairs**inputs * values**others)


def _inputs(setting: Setting, units: int) -> int:
    return int(setting.inputs.xreplace({D: sp.Integer(units)}))


class NBodyEnumeration:
    """All sets of patterns and cues of a tiny network.

    Parameters
    ----------
    setting : Setting
    units, patterns : int
        D and K.

    Raises
    ------
    SizeLimit
        Past 2**21 sets.

    Examples
    --------
    >>> from hebbsym.families.nbody import nbody_products
    >>> every = NBodyEnumeration(Setting(nbody_products((3,))), 4, 2)
    >>> every.field_mean(sp.S.One), every.field_variance(sp.S.One)
    (3, 3)
    """

    def __init__(self, setting: Setting, units: int, patterns: int) -> None:
        self.setting = setting
        self.rule = require_nbody(setting.rule)
        self.inputs = _inputs(setting, units)
        self.patterns = patterns
        size = number_of_sets(setting, units, patterns)
        if size > LARGEST:
            raise SizeLimit(
                f"D = {units}, K = {patterns} has {size} sets of patterns and cues, past the bound "
                f"of {LARGEST}"
            )
        self.places: tuple[Place, ...] = tuple(self.rule.terms)

    def field_mean(self, value: sp.Expr) -> sp.Expr:
        """E[h | x = value]."""
        ring_mean, _ = self._moments(value)
        return ring_mean.as_expr()

    def field_variance(self, value: sp.Expr) -> sp.Expr:
        """Var(h | x = value)."""
        mean, square = self._moments(value)
        return (square - mean**2).as_expr()

    def snr(self) -> sp.Expr:
        """rho."""
        low, high = (v for v, _ in self.setting.post.alphabet)
        gap = self.field_mean(high) - self.field_mean(low)
        return gap**2 / (2 * (self.field_variance(high) + self.field_variance(low)))

    def _moments(self, value: sp.Expr) -> tuple[PolyElement, PolyElement]:
        """E[h] and E[h^2], elements of one ring."""
        fields = self._fields[value]
        coefficients = [self.rule.terms[place] for place in self.places]
        chances = [dict(self._chances[n])[v] for n, v in self._keys]
        heard = list(dict.fromkeys(v for group in fields.values() for h in group for v in h))
        ring, elements = sring([*coefficients, *chances, *heard], expand=True)
        ring = ring.clone(domain=sp.QQ)
        parts = [e.set_ring(ring) for e in elements]
        cut = len(coefficients)
        terms, weights = parts[:cut], parts[cut : cut + len(chances)]
        known = dict(zip(heard, parts[cut + len(chances) :], strict=True))
        mean, square = ring.zero, ring.zero
        for numbers, group in fields.items():
            weight = ring.one
            for w, number in zip(weights, numbers, strict=True):
                if number:
                    weight *= w**number
            first, second = ring.zero, ring.zero
            for vector, count in group.items():
                h = sum((c * known[v] for c, v in zip(terms, vector, strict=True)), ring.zero)
                first += count * h
                second += count * h**2
            mean += weight * first
            square += weight * second
        return mean, square

    @cached_property
    def _chances(self) -> tuple[tuple[tuple[object, sp.Expr], ...], ...]:
        """Chances of a post value, of a pre value, and of a pair (stored value, cue)."""
        setting = self.setting
        pairs = tuple(
            ((v, s), p * q)
            for v, p in setting.pre.alphabet
            for s, q in setting.cue.transitions(setting.pre, v)
        )
        return setting.post.alphabet, setting.pre.alphabet, pairs

    @cached_property
    def _keys(self) -> tuple[tuple[int, object], ...]:
        return tuple((n, v) for n, law in enumerate(self._chances) for v, _ in law)

    @cached_property
    def _fields(self) -> dict[sp.Expr, dict[tuple[int, ...], Counter[tuple[sp.Expr, ...]]]]:
        """For each stored value: fields of the unit coefficients, by how often each value occurs."""
        found: dict[sp.Expr, dict[tuple[int, ...], Counter[tuple[sp.Expr, ...]]]] = {
            v: {} for v, _ in self.setting.post.alphabet
        }
        for numbers, cued, posts, pres in self._sets():
            for value in found:
                vector = self._field((value, *posts), pres, cued)
                found[value].setdefault(numbers, Counter())[vector] += 1
        return found

    def _sets(
        self,
    ) -> Iterator[tuple[tuple[int, ...], tuple[sp.Expr, ...], tuple[sp.Expr, ...], list[Powers]]]:
        """All cues, post values of the other patterns, and pre values of all patterns."""
        post, pre, pairs = ([v for v, _ in law] for law in self._chances)
        others = self.patterns - 1
        for joint in itertools.product(pairs, repeat=self.inputs):
            stored, cue = zip(*joint, strict=True)
            for posts in itertools.product(post, repeat=others):
                for flat in itertools.product(pre, repeat=others * self.inputs):
                    shown = Counter(
                        [
                            *((0, v) for v in posts),
                            *((1, v) for v in flat),
                            *((2, v) for v in joint),
                        ]
                    )
                    rows = [flat[k * self.inputs : (k + 1) * self.inputs] for k in range(others)]
                    yield tuple(shown[key] for key in self._keys), cue, posts, [stored, *rows]

    def _field(
        self, posts: tuple[sp.Expr, ...], pres: list[Powers], cue: tuple[sp.Expr, ...]
    ) -> tuple[sp.Expr, ...]:
        """The field of each unit coefficient: weights stored subset by subset, then read."""
        made = []
        for n, p, k in self.places:
            total = sp.S.Zero
            for subset in itertools.combinations(range(self.inputs), n - 1):
                weight = sum(
                    post**p * elementary(tuple(row[j] for j in subset), k)
                    for post, row in zip(posts, pres, strict=True)
                )
                total += weight * sp.Mul(*(cue[j] for j in subset))
            made.append(total)
        return tuple(made)
