"""Coincidence patterns: which summed units are the same unit, which summed patterns the same.

A product of sums over units and patterns is a sum over set partitions of both kinds of labels.
This module lists them, with their multiplicities, for the engine of :mod:`hebbsym.averages`;
they do not depend on the rule, and are cached.

Main names
----------
Factor, Product
    ``w_(post, pre)`` of one summed pattern, times the cue's entry at ``pre`` if ``cued``;
    and what is to be averaged.
coincidences
    The coincidence patterns of a product, those that differ in the order of factors only once.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from hebbsym.errors import SizeLimit

MOST_FACTORS = 4
"""Bound on the number of factors of a product; the coincidence patterns grow like Bell numbers."""

CUED = 0
"""The label of the cued pattern, and of its block."""


class Factor(NamedTuple):
    """One summed increment g(post, pre) of one pattern; labels are small integers."""

    post: int
    pre: int
    pattern: int
    cued: bool = True


class Product(NamedTuple):
    """What is averaged.

    Parameters
    ----------
    factors : tuple of Factor
    fixed : tuple of int
        Labels of units that are given and distinct; the other units are summed over.
    conditioned : bool
        Whether the value stored at unit 0 in the cued pattern is known (the symbol x).
    auto : bool
        One population without the diagonal (post != pre), or two populations.
    """

    factors: tuple[Factor, ...]
    fixed: tuple[int, ...] = (0,)
    conditioned: bool = True
    auto: bool = True


class Coincidence(NamedTuple):
    """One orbit of coincidence patterns: its factors by blocks, and how often it occurs."""

    factors: tuple[Factor, ...]
    free_posts: int
    free_pres: int
    free_patterns: int


def field_moment(order: int, auto: bool = True) -> Product:
    """The product whose average is E[h**order | x], the field of unit 0.

    Examples
    --------
    >>> len(coincidences(field_moment(2)))
    8
    """
    factors = tuple(Factor(0, s, s) for s in range(1, order + 1))
    return Product(factors, auto=auto)


@lru_cache(maxsize=256)
def coincidences(product: Product) -> Mapping[Coincidence, int]:
    """The coincidence patterns of a product with their multiplicities.

    Raises
    ------
    SizeLimit
        For more than four factors.
    """
    if len(product.factors) > MOST_FACTORS:
        raise SizeLimit(
            f"a product of {len(product.factors)} factors is past the bound of {MOST_FACTORS}"
        )
    counts: Counter[Coincidence] = Counter()
    patterns = sorted({f.pattern for f in product.factors} - {CUED})
    for units in _unit_partitions(product):
        blocks = _free_blocks(product, units)
        for assignment in _partitions(patterns, first_block=CUED if product.conditioned else None):
            merged = [
                Factor(units[f.post], units[f.pre], assignment.get(f.pattern, CUED), f.cued)
                for f in product.factors
            ]
            free = len(set(assignment.values()) - ({CUED} if product.conditioned else set()))
            counts[Coincidence(_canonical(merged, product.fixed), *blocks, free)] += 1
    return dict(counts)


def _unit_partitions(product: Product) -> Iterator[dict[int, int]]:
    """Ways in which the summed units coincide with one another and with the fixed ones."""
    posts = _posts(product)
    labels = sorted({u for f in product.factors for u in (f.post, f.pre)} - set(product.fixed))

    def allowed(assignment: Mapping[int, int]) -> bool:
        return not product.auto or all(
            assignment[f.post] != assignment[f.pre] for f in product.factors
        )

    def extend(assignment: dict[int, int], rest: list[int]) -> Iterator[dict[int, int]]:
        if not rest:
            if allowed(assignment):
                yield assignment
            return
        label, *others = rest
        fresh = label  # a block bears the label of its first member
        for block in dict.fromkeys([*assignment.values(), fresh]):
            same_population = product.auto or (block in posts) == (label in posts)
            if same_population:
                yield from extend({**assignment, label: block}, others)

    return extend({unit: unit for unit in product.fixed}, labels)


def _free_blocks(product: Product, units: Mapping[int, int]) -> tuple[int, int]:
    """Numbers of blocks that range over the postsynaptic and over the presynaptic population."""
    free = set(units.values()) - set(product.fixed)
    if product.auto:
        return 0, len(free)
    posts = _posts(product)
    return len(free & posts), len(free - posts)


def _posts(product: Product) -> set[int]:
    """Postsynaptic labels; a given unit that no factor mentions is the one whose value is known."""
    named = {f.post for f in product.factors}
    return named | (set(product.fixed) - {f.pre for f in product.factors})


def _partitions(labels: list[int], first_block: int | None) -> Iterator[dict[int, int]]:
    """Set partitions as label -> block; ``first_block`` is a block that exists beforehand."""

    def extend(assignment: dict[int, int], rest: list[int]) -> Iterator[dict[int, int]]:
        if not rest:
            yield assignment
            return
        label, *others = rest
        known = [] if first_block is None else [first_block]
        for block in dict.fromkeys([*known, *assignment.values(), label]):
            yield from extend({**assignment, label: block}, others)

    return extend({}, labels)


def _canonical(factors: list[Factor], fixed: tuple[int, ...]) -> tuple[Factor, ...]:
    """The factors with blocks renamed in order of appearance, least over their orders."""
    return min(_renamed(order, fixed) for order in itertools.permutations(factors))


def _renamed(factors: Iterable[Factor], fixed: tuple[int, ...]) -> tuple[Factor, ...]:
    units = {unit: unit for unit in fixed}
    patterns = {CUED: CUED}
    start = 1 + max(fixed, default=0)
    renamed = []
    for f in factors:
        post = units.setdefault(f.post, start + len(units))
        pre = units.setdefault(f.pre, start + len(units))
        renamed.append(Factor(post, pre, patterns.setdefault(f.pattern, len(patterns)), f.cued))
    return tuple(renamed)
