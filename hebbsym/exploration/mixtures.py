r"""Errors and capacities where the field is a mixture over what the unit itself stored in other patterns.

The claim ``bit_error`` is an average over r, the number of other patterns that hold the higher value at the unit
(:mod:`hebbsym.theory.mixture`). Given r the field is Gaussian with a mean linear and a variance quadratic in the
coefficients of the rule: their numbers are read off the general rule of a space, once for each condition, and the
sum is made in a compiled loop (:mod:`hebbsym.exploration.mixtureloops`). Nothing is derived here.

Main names
----------
Histories
    The laws of the field given r, as linear and quadratic forms.
histories
    Those of a condition.
Mixture
    The error of a bit of each rule, and the last number of patterns at which it meets a criterion.

Conventions
-----------
Forms are over the centred reduced coefficients, and by powers of k = K - 1 and of t = r - k p, exact before they
are rounded: the deviation of r from its mean, not r, so that large terms do not cancel.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import sympy as sp

from hebbsym import notation
from hebbsym.errors import NotDerivable
from hebbsym.exploration.forms import Forms, fraction, numbers
from hebbsym.notation import D, K, M
from hebbsym.theory.mixture import expressions
from hebbsym.theory.relative import laws_given_history
from hebbsym.theory.setting import Setting
from hebbsym.theory.workbench import Workbench

if TYPE_CHECKING:
    from numpy.typing import NDArray

Array: TypeAlias = "NDArray[Any]"
Slots: TypeAlias = "tuple[tuple[int, int], ...]"

MOST_PATTERNS = 2.0**20
"""A capacity that is past this is not looked for."""

OF_MEAN: Slots = ((0, 0), (1, 0), (0, 1))
"""The powers of k and of t in a mean."""
OF_VARIANCE: Slots = ((0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (0, 2))
"""The powers of k and of t in a variance."""

_k, _t = sp.symbols("k_ t_", real=True)
_SAME = 1e-12
"""Relative difference below which two laws are one."""


@dataclass(frozen=True, eq=False)
class Histories:
    """The laws of the field given r: one for each stored value, and for each entry of the cue where that counts.

    Parameters
    ----------
    high : array of bool
        Whether the higher value is stored; (laws,).
    chances : array
        The probability of the law given the stored value; (laws,).
    means : array
        (laws, 3, basis); see :data:`OF_MEAN`.
    variances : array
        (laws, 6, basis, basis); see :data:`OF_VARIANCE`.
    shares : tuple of float
        The probabilities of the lower and of the higher value.

    Examples
    --------
    >>> from hebbsym.exploration.forms import forms
    >>> from hebbsym.exploration.space import Size, Space, finite
    >>> space = Space({"c_1_post": finite((1,)), "c_2_corr": finite((1,))}, sizes=(Size(11, 3),))
    >>> laws = histories(forms(space, space.conditions[0]))
    >>> laws.means[:, 2].tolist()  # on unbiased signs no mean depends on r
    [[0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]
    >>> laws.variances[1, 5].diagonal().tolist()  # the post part meets the sum of the unit's values, 2 t, squared
    [0.0, 40.0, 0.0, 0.0]
    """

    high: Array
    chances: Array
    means: Array
    variances: Array
    shares: tuple[float, float]

    def of_rules(self, reduced: Array) -> tuple[Array, Array]:
        """The numbers of each rule, (laws, 3, rules) and (laws, 6, rules); rounding is taken for zero."""
        from hebbsym.exploration import loops

        size, rules = reduced.shape
        found = []
        for forms_, loop in ((self.means, loops.linear), (self.variances, loops.quadratic)):
            flat = forms_.reshape(-1, *forms_.shape[2:])
            values, sizes = np.empty((len(flat), rules)), np.empty((len(flat), rules))
            loop(size)(reduced, flat, values)
            loop(size)(np.abs(reduced), np.abs(flat), sizes)
            values[np.abs(values) <= loops.ROUNDING * sizes] = 0.0
            found.append(values.reshape(*forms_.shape[:2], rules))
        return found[0], found[1]

    def matter(self, reduced: Array) -> Array:
        """Which rules have a law that depends on r, or on the cue's entry at the unit."""
        means, variances = self.of_rules(reduced)
        found = np.any(means[:, 2] != 0, axis=0) | np.any(variances[:, 3:] != 0, axis=(0, 1))
        for side in (False, True):
            first, *others = np.flatnonzero(self.high == side)
            for law in others:
                for parts in (means, variances):
                    same = np.isclose(parts[law], parts[first], rtol=_SAME, atol=0)
                    found |= ~np.all(same, axis=0)
        return np.asarray(found)

    def moments(self, means: Array, variances: Array, k: Array) -> Array:
        """M-, M+, V-, V+ of rules, each at its own load, from what :meth:`of_rules` gives: (4, rules)."""
        one, nothing = np.ones_like(k), np.zeros_like(k)
        deviation = k * self.shares[0] * self.shares[1]  # E[t^2]
        powers = np.stack([one, k, k**2, nothing, nothing, deviation])
        at_load = (means * np.stack([one, k, nothing])).sum(axis=1)
        noise = (variances * powers).sum(axis=1) + means[:, 2] ** 2 * deviation
        found = np.empty((4, len(k)))
        for side in (0, 1):
            chosen, weights = self.part(side)
            mean = found[side] = weights @ at_load[chosen]
            apart = (at_load[chosen] - mean) ** 2 if len(chosen) > 1 else 0.0
            found[2 + side] = np.maximum(weights @ (noise[chosen] + apart), 0)
        return found

    def part(self, side: int | None) -> tuple[Array, Array]:
        """Which laws count given that the lower (0) or the higher value (1) is stored, or any; their weights."""
        weights = self.chances * np.where(self.high, self.shares[1], self.shares[0])
        if side is None:
            return np.arange(len(self.high)), weights
        chosen = np.flatnonzero(self.high == bool(side))
        return chosen, self.chances[chosen]


def histories(here: Forms) -> Histories:
    """The laws given the history under a condition.

    Raises
    ------
    NotDerivable
        Where no bit can be wrong, or where the laws are no polynomials of second degree in k and r.
    """
    here.require_two_values()
    shares = tuple(probability for _, probability in here.alphabet)
    units = sp.Integer(here.units)
    at = {D: units, M: units, K: _k + 1, notation.r: _t + shares[1] * _k}
    high, chances, means, variances = [], [], [], []
    for side, chance, mean, variance in _laws(here.setting):
        high.append(bool(side))
        chances.append(float(fraction(chance)))
        means.append(_by_powers(here, mean.xreplace(at), OF_MEAN, square=False)[:, 0])
        variances.append(_by_powers(here, variance.xreplace(at), OF_VARIANCE, square=True))
    return Histories(
        np.array(high),
        np.array(chances),
        np.stack(means),
        np.stack(variances),
        (float(fraction(shares[0])), float(fraction(shares[1]))),
    )


@lru_cache(maxsize=32)
def _laws(setting: Setting) -> tuple[tuple[int, sp.Expr, sp.Expr, sp.Expr], ...]:
    """Stored value (0 or 1), probability given it, mean and variance, in D, K, r and the coefficients."""
    fields = Workbench(setting).fields
    return tuple(
        (side, law.probability, *expressions(fields, law))
        for side, value in enumerate(fields.values)
        for law in laws_given_history(fields, value, 2)
    )


def _by_powers(here: Forms, formula: sp.Expr, slots: Slots, square: bool) -> Array:
    """The forms of an expression by powers of k and t, as doubles: (slots, 1 or basis, basis)."""
    size = len(here.basis)
    exact = [
        np.full((size if square else 1, size), Fraction(0), dtype=object) for _ in range(len(slots))
    ]
    for powers, number in sp.Poly(formula, *here.symbols, _k, _t).terms():
        if number == 0:
            continue
        if powers[size:] not in slots:
            raise NotDerivable(
                "given the history, mean or variance are no polynomials of second degree"
            )
        part = exact[slots.index(powers[size:])]
        places = [n for n, power in enumerate(powers[:size]) for _ in range(power)]
        row, column = places if square else (0, *places)
        share = fraction(number) / (1 if row == column or not square else 2)
        part[row, column] += share
        if square and row != column:
            part[column, row] += share
    left = here.plain.T if square else np.array([[Fraction(1)]], dtype=object)
    return np.stack([numbers(left @ part @ here.plain) for part in exact])


@dataclass(frozen=True, eq=False)
class Mixture:
    """The errors of a condition, averaged over the history.

    Parameters
    ----------
    laws : Histories
    threshold : callable
        A loop that fills theta from M-, M+, V-, V+, (4, rules).
    follows : bool
        Whether theta follows from these at all.
    """

    laws: Histories
    threshold: Callable[[Array, Array], None]
    follows: bool

    def error(self, reduced: Array, k: Array, side: int | None = None) -> Array:
        """The error of a bit of each rule at its own load, over both stored values or where one is stored."""
        return self._at(*self.laws.of_rules(reduced), k, side)

    def _at(self, means: Array, variances: Array, k: Array, side: int | None = None) -> Array:
        from hebbsym.exploration.mixtureloops import error_loop

        theta, found = np.empty(len(k)), np.empty(len(k))
        self.threshold(self.laws.moments(means, variances, k), theta)
        chosen, weights = self.laws.part(side)
        error_loop(
            theta, means[chosen], variances[chosen], self.laws.high[chosen], weights, k,
            self.laws.shares[1], found,
        )  # fmt: skip
        return found

    def capacity(self, reduced: Array, within: Callable[[Array, Array], Array]) -> Array:
        """The last whole number of patterns before the error of a bit is too large.

        The first passage from below is taken, as that of a claim is: the number of other patterns is doubled,
        then halved in. One pattern is passed over where a threshold that follows the field finds a side without
        noise: it ties with all the other bits, and without any noise there is no threshold.

        Parameters
        ----------
        reduced : array
            Rules whose law depends on the history; (basis, rules).
        within : callable
            Of errors and numbers of other patterns: whether the criterion is met.

        Returns
        -------
        array
            0 where one pattern fails already; not a number where none up to :data:`MOST_PATTERNS` does: a claim has
            none there.
        """
        means, variances = self.laws.of_rules(reduced)

        def met(k: Array, some: Array) -> Array:
            return within(self._at(means[..., some], variances[..., some], k[some]), k[some])

        every = np.arange(reduced.shape[1])
        low = np.zeros(len(every))
        if self.follows:
            low += self.laws.moments(means, variances, low)[2:].min(axis=0) <= 0
        top = low + 1
        good = met(low, every)
        found = np.where(good, np.nan, 0.0)
        some = every[good]
        while len(some):
            some = some[met(top, some)]
            low[some], top[some] = top[some], 2 * top[some]
            some = some[top[some] < MOST_PATTERNS]
        halved = every[good & (top < MOST_PATTERNS)]
        some = halved
        while len(some := some[top[some] - low[some] > 1]):
            middle = np.floor((low + top) / 2)
            good = met(middle, some)
            low[some[good]], top[some[~good]] = middle[some[good]], middle[some[~good]]
        found[halved] = 1 + low[halved]
        return found
