r"""Signal and noise of one condition as numbers: what the claims say, ready for millions of rules.

.. math:: \rho(c) = \frac{(s \cdot c)^2}{c^{\mathsf T} N c}

Nothing is derived here. The claims of the general rule are linear (means, s) or quadratic (variances,
N) in its coefficients; their numbers at the sizes of a condition are read off.

Main names
----------
Forms
    The linear and quadratic forms of one condition, by powers of k = K - 1.
forms
    The forms of an additive space under a condition.

Conventions
-----------
A rule is first reduced on the alphabet and written in centred powers,
(x_i^p - m_p)(x_j^q - m_q'), which is exact linear algebra. There the drift is a coefficient itself,
N is nearly diagonal, and no large numbers cancel. A centred coefficient that is zero up to the
rounding of its sum is set to zero.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import sympy as sp

from hebbsym.errors import NotDerivable
from hebbsym.exploration.space import Condition, Size, Space
from hebbsym.families.rules import ExpandedRule
from hebbsym.notation import D, K, M, coefficient, x
from hebbsym.theories import Theory
from hebbsym.theory.fields import on_alphabet
from hebbsym.theory.setting import Setting

if TYPE_CHECKING:
    from numpy.typing import NDArray

Array: TypeAlias = "NDArray[Any]"
Powers: TypeAlias = tuple[int, int]
Rows: TypeAlias = list[list[sp.Expr]]
Parts: TypeAlias = "dict[tuple[int, int], Array]"
"""Exact matrices (of fractions) by powers of k = K - 1 and of D."""


@dataclass(frozen=True, eq=False)
class Forms:
    """The linear and quadratic forms of one condition.

    Parameters
    ----------
    condition : Condition
    theory : Theory
        The claims of the general rule on the reduced basis.
    basis : tuple of (p, q)
        The powers of the reduced basis.
    exact : array of fractions
        What makes centred reduced coefficients of those of the space; (basis, coefficients).
    plain : array of fractions
        What makes plain reduced coefficients of centred ones; (basis, basis).
    """

    condition: Condition
    theory: Theory
    basis: tuple[Powers, ...]
    exact: Array
    plain: Array

    @property
    def setting(self) -> Setting:
        """The setting of the general rule on the reduced basis."""
        return self.theory.setting

    @property
    def units(self) -> int:
        """D."""
        return self.condition.size.D

    @property
    def others(self) -> int:
        """k = K - 1, the number of other patterns."""
        return self.condition.size.patterns - 1

    @cached_property
    def symbols(self) -> tuple[sp.Symbol, ...]:
        """The coefficients of the reduced basis."""
        return tuple(coefficient(p, q) for p, q in self.basis)

    @cached_property
    def gap(self) -> Parts:
        """s over the centred basis: matrices of one row."""
        return self._centred([list(self.theory["signal_vector"].formula)], square=False)

    @cached_property
    def noise(self) -> Parts:
        """N over the centred basis."""
        return self._centred(self.theory["noise_matrix"].formula.tolist(), square=True)

    @property
    def two_valued(self) -> bool:
        """Whether the recalled value is one of two."""
        return self.setting.post.two_valued

    @property
    def alphabet(self) -> tuple[tuple[sp.Expr, sp.Expr], ...]:
        """The lower and the higher stored value, with their probabilities."""
        self.require_two_values()
        return self.setting.post.alphabet

    def require_two_values(self) -> None:
        """Refuse ensembles in which no bit can be wrong."""
        if not self.two_valued:
            raise NotDerivable(
                f"an error needs two-valued patterns; {self.condition.ensemble} has another "
                "number of values (snr and capacity:snr are defined for it)"
            )

    @cached_property
    def means(self) -> list[Parts]:
        """M(x) for the lower and the higher value, as :attr:`gap` is, at the D of the condition."""
        return [self._law("field_mean", value, self._linear) for value, _ in self.alphabet]

    @cached_property
    def variances(self) -> list[Parts]:
        """V(x) for both values, as :attr:`noise` is, at the D of the condition."""
        return [self._law("field_variance", value, self._quadratic) for value, _ in self.alphabet]

    def by_load(self, parts: Parts) -> Array:
        """Parts at the D of the condition, as doubles: (powers 0, 1, 2 of k, rows, basis)."""
        return np.stack([numbers(part) for part in self._at_units(parts)])

    def at_load(self, parts: Parts) -> Array:
        """Parts summed at the D and K of the condition, then rounded: (rows, basis)."""
        powers = enumerate(self._at_units(parts))
        return numbers(sum(self.others**power * part for power, part in powers))

    def _at_units(self, parts: Parts) -> list[Array]:
        zero = 0 * next(iter(parts.values()))
        found = [zero, zero, zero]
        for (load, degree), part in parts.items():
            found[load] = found[load] + Fraction(self.units) ** degree * part
        return found

    def _law(self, name: str, value: sp.Expr, terms: Callable[[sp.Poly], Rows]) -> Parts:
        """The form of a claim about the field at one stored value."""
        units = sp.Integer(self.units)
        formula = self.theory[name].formula.xreplace({x: value, D: units, M: units})
        rows = terms(sp.Poly(formula, *self.symbols))
        return self._centred(rows, square=len(rows) > 1)

    def _linear(self, polynomial: sp.Poly) -> Rows:
        return [[polynomial.coeff_monomial(symbol) for symbol in self.symbols]]

    def _quadratic(self, polynomial: sp.Poly) -> Rows:
        return [
            [
                polynomial.coeff_monomial(one * other) / (1 if one == other else 2)
                for other in self.symbols
            ]
            for one in self.symbols
        ]

    def _centred(self, rows: Rows, square: bool) -> Parts:
        """A matrix over the plain basis as matrices over the centred one."""
        found: Parts = {}
        zero = np.full((len(rows), len(self.basis)), Fraction(0), dtype=object)
        for row, entries in enumerate(rows):
            for column, entry in enumerate(entries):
                for powers, number in _powers(entry).items():
                    part = found.setdefault(powers, zero.copy())
                    part[row, column] += number
        found = found or {(0, 0): zero}
        left = self.plain.T if square else np.array([[Fraction(1)]], dtype=object)
        return {powers: left @ part @ self.plain for powers, part in found.items()}


def forms(space: Space, condition: Condition) -> Forms:
    """The forms of an additive space under a condition.

    Raises
    ------
    OutsideClass
        When a coefficient of the space multiplies the weight.

    Examples
    --------
    >>> from hebbsym.exploration.space import Size, finite
    >>> space = Space({"c_0": finite((0, 1)), "c_2_corr": finite((1,))}, sizes=(Size(11, 3),))
    >>> here = forms(space, space.conditions[0])
    >>> here.basis
    ((0, 0), (1, 0), (0, 1), (1, 1))
    >>> here.at_load(here.gap).tolist()
    [[0.0, 0.0, 0.0, 20.0]]
    """
    general = condition.setting(space.general.require_additive())
    reduced = on_alphabet(general)
    basis = _basis(general)
    rows = [
        [
            fraction(sp.expand(reduced.terms.get(pq, sp.S.Zero)).coeff(symbol))
            for symbol in space.symbols
        ]
        for pq in basis
    ]
    centre, plain = _centring(general, basis, 1), _centring(general, basis, -1)
    exact = centre @ np.array(rows, dtype=object)
    return Forms(condition, _theory(condition, basis), basis, exact, plain)


def basis_of(space: Space, condition: Condition) -> tuple[Powers, ...]:
    """The powers that reduced rules of the order of a space need under a condition.

    Examples
    --------
    >>> from hebbsym.exploration.space import finite
    >>> space = Space({"c_31_corr": finite((1,))}, ensembles=("bipolar",))
    >>> basis_of(space, space.conditions[0])
    ((0, 0), (1, 0), (0, 1), (1, 1))
    """
    return _basis(condition.setting(space.general.require_additive()))


def centre_of(here: Forms, rule: ExpandedRule) -> Array:
    """The centred reduced coefficients of any additive rule of numbers, exact.

    Raises
    ------
    NotDerivable
        When a coefficient is no rational number, or the basis does not hold the rule.

    Examples
    --------
    >>> from hebbsym.exploration.space import finite
    >>> from hebbsym.families.named import rules
    >>> space = Space({"c_2_corr": finite((1,))}, ensembles=("bipolar(mean=1/5)",))
    >>> [str(e) for e in centre_of(forms(space, space.conditions[0]), rules["covariance"])]
    ['0', '0', '0', '1']
    """
    setting = here.condition.setting(rule)
    reduced = on_alphabet(setting).terms
    beyond = [pq for pq in reduced if pq not in here.basis]
    if beyond:
        raise NotDerivable(f"powers {beyond[0]} of rule {rule.name!r} are outside the basis")
    plain = np.array([fraction(reduced.get(pq, sp.S.Zero)) for pq in here.basis], dtype=object)
    return np.asarray(_centring(setting, here.basis, 1) @ plain)


def numbers(matrix: Array) -> Array:
    """Exact entries as the doubles nearest to them.

    Examples
    --------
    >>> numbers(np.array([[Fraction(1, 4)]], dtype=object)).tolist()
    [[0.25]]
    """
    return np.asarray(matrix.astype(float))


def _theory(condition: Condition, basis: tuple[Powers, ...]) -> Theory:
    """The claims of the general rule on a basis: the same for every size."""
    return _theory_of(condition.ensemble, condition.cue, condition.threshold, basis)


@lru_cache(maxsize=32)
def _theory_of(ensemble: str, cue: str, threshold: str, basis: tuple[Powers, ...]) -> Theory:
    order = max(p + q for p, q in basis)
    rule = ExpandedRule(order, {pq: coefficient(*pq) for pq in basis}, "general")
    return Theory(Condition(ensemble, cue, threshold, Size(2, 1)).setting(rule))


def _centring(setting: Setting, basis: Sequence[Powers], sign: int) -> Array:
    """Column (p, q) holds x_i^p x_j^q in centred powers (sign 1), or the reverse (sign -1).

    x^p = (x^p - m_p) + m_p, so the way there and the way back differ in the sign of m_p.
    """
    made = np.full((len(basis), len(basis)), Fraction(0), dtype=object)
    place = {pq: n for n, pq in enumerate(basis)}
    for (p, q), column in place.items():
        up, down = (
            [(power, Fraction(1))] + ([(0, sign * fraction(law.moment(power)))] if power else [])
            for power, law in ((p, setting.post), (q, setting.pre))
        )
        for r, left in up:
            for s, right in down:
                made[place[r, s], column] += left * right
    return made


def _basis(general: Setting) -> tuple[Powers, ...]:
    """The powers that the reduced general rule of the order needs, as the coefficient theorem has them."""
    order = max(general.rule.require_additive().order, 2)
    return tuple(on_alphabet(general.with_rule(ExpandedRule(order))).terms)


def _powers(entry: sp.Expr) -> dict[tuple[int, int], Fraction]:
    """A polynomial in K = k + 1, 1/D and D by powers of k and of D."""
    above, below = sp.fraction(sp.together(entry.xreplace({M: D})))
    shift = int(sp.degree(below, D)) if below.has(D) else 0
    scale = sp.cancel(below / D**shift)
    if not scale.is_number:
        raise NotDerivable(f"signal or noise are no polynomials here: they hold 1/({below})")
    found: dict[tuple[int, int], Fraction] = {}
    for (degree, load), number in sp.Poly(above, D, K).terms():
        share = fraction(number / scale)
        for power in range(load + 1):
            powers = power, degree - shift
            found[powers] = found.get(powers, Fraction(0)) + math.comb(load, power) * share
    if any(power > 2 for power, _ in found):
        raise NotDerivable("signal or noise grow faster than K**2: no forms are known for them")
    return {powers: number for powers, number in found.items() if number}


def fraction(number: sp.Expr) -> Fraction:
    """A rational number, exactly.

    Raises
    ------
    NotDerivable
        When it is none.

    Examples
    --------
    >>> fraction(sp.Rational(1, 3))
    Fraction(1, 3)
    """
    if not number.is_Rational:
        raise NotDerivable(f"a moment of the patterns is {number}, and no rational number")
    return Fraction(int(number.p), int(number.q))
