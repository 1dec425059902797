r"""A network as numbers: sizes, an update, samplers, a threshold.

Main names
----------
Network
    What one simulated network is: everything but the seed.
Kernel
    An additive update on the values that occur, with exact integer coefficients over one scale.
Transition
    What a pattern makes of a weight, for updates that depend on it.

Conventions
-----------
``update[p, q]`` multiplies ``x_i**p * x_j**q`` and ``on_weight[p, q, k]`` multiplies
``x_i**p * x_j**q * w**k``. On a two-valued alphabet the entries are recoded as z = -1 (lower) and
z = +1 (higher), on which four coefficients are enough and overlaps are small integers; on an
alphabet of r integers the powers below r are enough. A float coefficient is read as the fraction of
denominator at most 10**6 that rounds to it, where there is one, so that integer arithmetic stays
exact and ties are seen.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, final

import numpy as np
from numpy.typing import NDArray

from hebbsym.errors import InvalidValue
from hebbsym.simulate.memory import (
    LARGEST_DENOMINATOR,
    CueLaw,
    Engine,
    Law,
    Memory,
    Number,
    fraction,
)

if TYPE_CHECKING:
    from hebbsym.simulate.estimates import Estimate


@dataclass(frozen=True)
class Kernel:
    """An update on the values that occur: sum of n[p, q] z_i**p z_j**q, over ``scale``.

    Parameters
    ----------
    terms : mapping of (p, q) to int or float
        Integers when ``exact``, floats otherwise; zeros are left out.
    scale : int
        Common denominator.
    exact : bool
        Whether patterns are small integers, so that fields are integers over ``scale``.
    """

    terms: Mapping[tuple[int, int], int | float]
    scale: int
    exact: bool

    @property
    def posts(self) -> tuple[int, ...]:
        """Powers p >= 1 of the postsynaptic value that meet a power q >= 1."""
        return tuple(sorted({p for p, q in self.terms if p and q}))

    @cached_property
    def diagonal(self) -> dict[int, int | float]:
        """Coefficients of z**m in the update at z_i = z_j = z."""
        collected: dict[int, int | float] = {}
        for (p, q), c in self.terms.items():
            collected[p + q] = collected.get(p + q, 0) + c
        return {m: c for m, c in collected.items() if c}


def kernel(
    update: Mapping[tuple[int, int], Number],
    post: Sequence[Number],
    pre: Sequence[Number],
) -> Kernel:
    """The update in the features of the two alphabets.

    Parameters
    ----------
    update : mapping of (p, q) to number
        Coefficient of ``x_i**p * x_j**q``.
    post, pre : sequence of numbers
        The alphabets in ascending order; empty for real values.

    Examples
    --------
    >>> kernel({(1, 1): 1, (0, 1): -0.5}, (0, 1), (0, 1)).terms  # x_i x_j - x_j/2 is z_i (1 + z_j)/4
    {(1, 0): 1, (1, 1): 1}
    """
    given = features({pq: fraction(c) for pq, c in update.items()}, post, pre)
    exact = all(
        len(values) == 2 or (len(values) > 2 and all(fraction(v).denominator == 1 for v in values))
        for values in (post, pre)
    )
    scale = math.lcm(*(c.denominator for c in given.values())) if given else 1
    if exact and scale <= LARGEST_DENOMINATOR:
        return Kernel({pq: int(c * scale) for pq, c in sorted(given.items())}, scale, True)
    return Kernel({pq: float(c) for pq, c in sorted(given.items())}, 1, False)


def features(
    terms: Mapping[tuple[int, int], Fraction], post: Sequence[Number], pre: Sequence[Number]
) -> dict[tuple[int, int], Fraction]:
    """A polynomial in the values of two alphabets as one in their features; zeros are left out.

    Examples
    --------
    >>> features({(0, 2): Fraction(1)}, (-1, 1), (0, 1))  # x_j**2 is (1 + z_j)/2
    {(0, 0): Fraction(1, 2), (0, 1): Fraction(1, 2)}
    """
    given = {pq: c for pq, c in terms.items() if c}
    for axis, values in enumerate((post, pre)):
        given = _reduced(given, axis, [fraction(v) for v in values])
    return given


def _reduced(
    terms: Mapping[tuple[int, int], Fraction], axis: int, values: Sequence[Fraction]
) -> dict[tuple[int, int], Fraction]:
    """Rewrite the powers of one argument in the features of its alphabet."""
    features = {power: _power(power, values) for power in {pq[axis] for pq in terms}}
    result: dict[tuple[int, int], Fraction] = {}
    for (p, q), c in terms.items():
        for n, f in features[(p, q)[axis]].items():
            key = (n, q) if axis == 0 else (p, n)
            result[key] = result.get(key, Fraction(0)) + c * f
    return {pq: c for pq, c in result.items() if c}


def _power(power: int, values: Sequence[Fraction]) -> dict[int, Fraction]:
    """x**power as a polynomial in z (two values), in powers below r (r values), or itself."""
    if len(values) == 2:
        low, high = values[0] ** power, values[1] ** power
        return {0: (high + low) / 2, 1: (high - low) / 2}
    if power < len(values) or not values:
        return {power: Fraction(1)}
    # the interpolating polynomial by Newton's divided differences, expanded in powers of x
    table = [v**power for v in values]
    coefficients: list[Fraction] = [Fraction(0)] * len(values)
    basis = [Fraction(1)]
    for step in range(len(values)):
        for n, b in enumerate(basis):
            coefficients[n] += table[0] * b
        table = [
            (table[k + 1] - table[k]) / (values[k + 1 + step] - values[k])
            for k in range(len(table) - 1)
        ]
        shifted = [Fraction(0), *basis]
        basis = [s - values[step] * b for s, b in zip(shifted, [*basis, Fraction(0)], strict=True)]
    return {n: c for n, c in enumerate(coefficients) if c}


@dataclass(frozen=True)
class Transition:
    """What a pattern makes of a weight: w becomes sum_k T_k(z_i, z_j) w**k.

    Parameters
    ----------
    powers : tuple of mapping of (p, q) to Fraction
        The coefficients T_k in features, by k; zeros are left out.

    Examples
    --------
    >>> Transition(({}, {(0, 0): Fraction(1), (1, 0): Fraction(-1, 2)})).factors
    ({0: Fraction(1, 1), 1: Fraction(-1, 2)}, {0: Fraction(1, 1)})
    """

    powers: tuple[Mapping[tuple[int, int], Fraction], ...]

    @property
    def degree(self) -> int:
        """The highest power of the old weight, at least 1."""
        return max((k for k, terms in enumerate(self.powers) if terms and k), default=1)

    @property
    def additive(self) -> bool:
        """Whether w becomes w plus something that does not depend on it."""
        return self.degree == 1 and dict(self.powers[1]) == {(0, 0): 1}

    @cached_property
    def factors(self) -> tuple[dict[int, Fraction], dict[int, Fraction]] | None:
        """alpha and beta with T_1 = alpha(z_i) beta(z_j) in an affine rule, where they exist.

        W is a sum over patterns then: what a pattern added, times what later ones left of it.
        """
        terms = self.powers[1]
        if self.degree > 1:
            return None
        if not terms:
            return {}, {}
        (p0, q0), pivot = next(iter(terms.items()))
        alpha = {p: c / pivot for (p, q), c in terms.items() if q == q0}
        beta = {q: c for (p, q), c in terms.items() if p == p0}
        product = {(p, q): a * b for p, a in alpha.items() for q, b in beta.items()}
        return (alpha, beta) if product == dict(terms) else None

    def array(self) -> NDArray[np.float64]:
        """The coefficients as an array, shape (degree + 1, p + 1, q + 1) of the largest p and q."""
        used = [pq for terms in self.powers for pq in terms]
        p, q = (max((pq[axis] for pq in used), default=0) for axis in (0, 1))
        made = np.zeros((self.degree + 1, p + 1, q + 1))
        for k, terms in enumerate(self.powers[: self.degree + 1]):
            for pq, c in terms.items():
                made[k, *pq] = float(c)
        return made


@final
@dataclass(frozen=True)
class Network(Memory):
    """One associative memory under a rule that is polynomial in the weight, without its seed.

    Parameters
    ----------
    units, patterns : int
        D and K.
    update : mapping of (p, q) to number
        Coefficients of ``x_i**p * x_j**q``; int, Fraction or float.
    law, cue
        As for :class:`hebbsym.simulate.memory.Memory`; the options are those of all memories.
    on_weight : mapping of (p, q, k) to number
        Coefficients of ``x_i**p * x_j**q * w**k`` with k >= 1, beside those of ``update``.

    Examples
    --------
    >>> from hebbsym.families.cues import Exact
    >>> from hebbsym.families.ensembles import Bipolar
    >>> Network(100, 10, {(1, 1): 1}, Bipolar(), Exact()).kernel.terms
    {(1, 1): 1}
    >>> decay = Network(100, 10, {(1, 1): 1}, Bipolar(), Exact(), on_weight={(0, 0, 1): -0.25})
    >>> decay.transition.factors
    ({0: Fraction(1, 1)}, {0: Fraction(3, 4)})
    """

    units: int
    patterns: int
    update: Mapping[tuple[int, int], Number]
    law: Law
    cue: CueLaw
    on_weight: Mapping[tuple[int, int, int], Number] = field(default_factory=dict, kw_only=True)

    def __post_init__(self) -> None:
        self.check_sizes()
        if any(p < 0 or q < 0 for p, q in self.update):
            raise InvalidValue("the powers of an update are not negative")
        if any(p < 0 or q < 0 or k < 1 for p, q, k in self.on_weight):
            raise InvalidValue(
                "the powers of x_i and x_j are not negative, and that of w is at least 1 in "
                "on_weight (what does not depend on w belongs into update)"
            )

    def engine(self) -> Engine:
        """Overlaps where W is a sum over patterns, compiled updates of W otherwise."""
        from hebbsym.simulate.additive import Additive
        from hebbsym.simulate.decaying import Decaying
        from hebbsym.simulate.rows import Rows
        from hebbsym.simulate.transitions import learner

        if self.nested:
            return Additive(self)
        if self.transition.factors is not None:
            return Decaying(self)
        return Rows(self, learner(self))

    def rare_errors(self, *, seed: int, relative: float, side: str = "") -> Estimate:
        from hebbsym.simulate.rare import rare_errors

        return rare_errors(self, seed=seed, relative=relative, side=side)

    @property
    def nested(self) -> bool:
        """Whether fields are sums over patterns in which ties cannot be lost, or do not matter.

        Two-valued contents with real addresses, or with coefficients that are no fractions, are not
        of this kind: their products in float32 would miss the fields that vanish.
        """
        return self.transition.additive and (self.kernel.exact or len(self.values) != 2)

    @property
    def default_rows(self) -> int:
        if self.inhibition or self.transition.factors is not None:
            return self.posts
        fitting = UPDATES // (self.units * self.patterns)
        return min(self.posts, max(FEWEST_ROWS, fitting - fitting % FEWEST_ROWS))

    @cached_property
    def integral(self) -> bool:
        """Whether all coefficients are integers, and with integer patterns all weights too."""
        given = [*self.update.values(), *self.on_weight.values()]
        return all(fraction(c).denominator == 1 for c in given)

    @cached_property
    def kernel(self) -> Kernel:
        """The additive part of the update in features."""
        return kernel(
            self.update,
            [v for v, _ in self.law.alphabet],
            [v for v, _ in self.source.alphabet],
        )

    @cached_property
    def transition(self) -> Transition:
        """What a pattern makes of a weight, in features."""
        given: dict[int, dict[tuple[int, int], Fraction]] = {0: {}, 1: {(0, 0): Fraction(1)}}
        for (p, q, k), c in [
            *(((*pq, 0), c) for pq, c in self.update.items()),
            *self.on_weight.items(),
        ]:
            power = given.setdefault(k, {})
            power[p, q] = power.get((p, q), Fraction(0)) + fraction(c)
        return Transition(
            tuple(
                features(
                    given.get(k, {}),
                    [v for v, _ in self.law.alphabet],
                    [v for v, _ in self.source.alphabet],
                )
                for k in range(max(given) + 1)
            )
        )


UPDATES = 2**28
"""Updates of single weights in one network up to which all rows are simulated by default."""
FEWEST_ROWS = 64
"""Rows that are simulated by default at least: drawing the patterns costs as much as these."""
