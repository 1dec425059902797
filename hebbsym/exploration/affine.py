r"""Columns of rules whose coefficients are affine in the weight: what is known by the age of a pattern.

Main names
----------
affine_columns
    The columns that an affine space can have.
Aged
    The claims of the general rule of an affine space under one condition.

Conventions
-----------
``snr`` and ``bit_error:gaussian`` are those of the pattern shown last (age 0) after all K patterns,
``snr:oldest`` is that of the first one (age K - 1), ``snr:ceiling`` what age 0 cannot exceed at any D; a
span is the number of recent patterns that meet a criterion once the weights have settled.

The closed forms are quotients in which rates that nearly coincide cancel. They are evaluated in extended
and in double precision; where the two differ, and where a form is 0/0, the claim of that rule itself
is derived anew. Rules of the space that do not depend on the weight are evaluated as additive ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import sympy as sp

from hebbsym import numeric
from hebbsym.capacity.palimpsest import QUANTITIES as PALIMPSEST
from hebbsym.claim import Claim, Regime
from hebbsym.errors import HebbsymError, NotDerivable
from hebbsym.exploration.columns import Column, Evaluate, law_values, snr_of, whole_error
from hebbsym.exploration.forms import Forms, forms
from hebbsym.exploration.space import POWERS, Condition, Demand, Space
from hebbsym.notation import age, epsilon, x, z
from hebbsym.registry import Registry
from hebbsym.theories import Theory

if TYPE_CHECKING:
    from numpy.typing import NDArray

Array: TypeAlias = "NDArray[Any]"

_AGREEMENT = 1e-10
"""Relative difference of double and extended precision up to which a value is believed."""


_LOOSE = 1e-6
"""The same where a rule is not derived anew: extended precision has three digits more."""


@dataclass(frozen=True, eq=False)
class Aged:
    """The claims of the general rule of an affine space under one condition.

    Parameters
    ----------
    space : Space
    condition : Condition
    renewing : bool
        Whether the claim of a rule is derived anew where doubles do not give it; without it there is no
        number, except where a looser agreement still stands for nine digits.
    """

    space: Space
    condition: Condition
    renewing: bool = True

    @cached_property
    def theory(self) -> Theory:
        """The claims of the general rule."""
        return Theory(self.condition.setting(self.space.general))

    @cached_property
    def additive(self) -> Forms | None:
        """The forms of the rules that do not depend on the weight; None where all do."""
        constant = {n: v for n, v in self.space.coefficients.items() if not POWERS[n][0]}
        if not constant or all(v.ends == (0, 0) for v in constant.values()):
            return None
        # the sampling is of no matter here, only the names are
        return forms(_named_as(self.space, tuple(constant)), self.condition)

    @cached_property
    def slopes(self) -> list[int]:
        """The places of the coefficients that multiply the weight."""
        return [n for n, name in enumerate(self.space.names) if POWERS[name][0]]

    @cached_property
    def constants(self) -> list[int]:
        """The places of the others."""
        return [n for n in range(len(self.space.names)) if n not in self.slopes]

    def law(self, name: str, at: Mapping[sp.Symbol, sp.Expr]) -> Evaluate:
        """A claim of each rule at given values of the symbols that are no coefficients."""
        claim = self.theory[name]
        given = {**self.condition.size.values, **at}
        agreement = _AGREEMENT if self.renewing else _LOOSE
        formula = _numbers(claim.formula.xreplace(given))
        if formula.has(sp.zoo, sp.nan):
            raise NotDerivable(f"{name} has no number for any rule of the space at these sizes")
        if claim.unknown is None:
            both = _two_precisions(formula, self.space.symbols, agreement)
        else:
            both = _solutions(formula, claim.unknown, self.space.symbols)
        admitted = _admitted(claim, given, self.space.symbols)

        def values(rows: Array) -> Array:
            found, sure = both(rows)
            found[~admitted(rows)] = np.nan
            moving = np.any(rows[self.slopes] != 0, axis=0)
            if not self.renewing:
                return np.where(sure | ~moving, found, np.nan)
            for place in np.flatnonzero(~sure & moving & admitted(rows)):
                found[place] = self._anew(name, rows[:, place], given)
            return found

        return values

    def _anew(self, name: str, row: Array, given: Mapping[sp.Symbol, sp.Expr]) -> float:
        """The claim of one rule, derived at its own coefficients."""
        exact = [sp.Rational(Fraction(float(v)).limit_denominator(10**12)) for v in row]
        rule = self.space.rule(dict(zip(self.space.names, exact, strict=True)))
        try:
            claim = Theory(self.condition.setting(rule))[name]
            free = claim.free_symbols
            return float(numeric.value(claim, {s: v for s, v in given.items() if s in free}))
        except HebbsymError:
            return float("nan")

    def with_additive(self, aged: Evaluate, additive: Callable[[Forms], Evaluate]) -> Evaluate:
        """The values of all rules, those that do not depend on the weight by their own claims."""
        here = self.additive
        still = None if here is None else additive(here)

        def values(rows: Array) -> Array:
            found = aged(rows)
            fixed = ~np.any(rows[self.slopes] != 0, axis=0)
            if fixed.any():
                found[fixed] = np.nan
                if here is not None and still is not None:
                    found[fixed] = still(_centred(here, rows[self.constants][:, fixed]))
            return found

        return values


def affine_columns(space: Space) -> Registry[Column]:
    """The columns that an affine space can have, by name.

    Examples
    --------
    >>> from hebbsym.exploration.space import finite
    >>> space = Space({"c_2_corr": finite((1,)), "d_0": finite((-1,))}, criteria=("snr", "bit"))
    >>> list(affine_columns(space))
    ['snr', 'snr:oldest', 'snr:ceiling', 'retention:power', 'bit_error:gaussian', 'span', 'span:bit']
    """
    found: Registry[Column] = Registry("column")
    for column in _FIXED:
        found.add(column.name, column)
    for level, demand in space.levels.items():
        claim = "span" if demand.criterion == "snr" else f"span:{demand.criterion}"
        name = "span" if level == "snr" else f"span:{level}"
        title = f"recent patterns that meet {demand.text} once the weights have settled"
        regime = Regime.LEADING_ORDER if claim == "span" else Regime.HEURISTIC
        found.add(name, Column(name, title, regime, partial(_span, demand, claim)))
    return found


def _snr(last: bool, here: Aged) -> Evaluate:
    when = sp.S.Zero if last else sp.Integer(here.condition.size.patterns - 1)
    return here.with_additive(here.law("snr", {age: when}), snr_of)


def _ceiling(here: Aged) -> Evaluate:
    return here.law("snr:ceiling", {age: sp.S.Zero})


def _power(here: Aged) -> Evaluate:
    """The share of the weights' variance that one more pattern leaves: below 1 where they settle."""
    law = here.law("retention:power", {})
    still: Callable[[Forms], Evaluate] = lambda _: lambda reduced: np.ones(reduced.shape[1])  # noqa: E731
    return here.with_additive(law, still)


def _error(here: Aged) -> Evaluate:
    setting = here.theory.setting
    if not setting.post.two_valued:
        raise NotDerivable(f"an error needs two-valued patterns, not {here.condition.ensemble}")
    values = [value for value, _ in setting.post.alphabet]
    laws = [
        here.law(name, {age: sp.S.Zero, x: value})
        for name in ("field_mean", "field_variance")
        for value in values
    ]
    error = whole_error(setting)

    def aged(rows: Array) -> Array:
        return error(np.stack([law(rows) for law in laws]))

    def additive(here: Forms) -> Evaluate:
        values = law_values(here)
        return lambda reduced: error(values(reduced))

    return here.with_additive(aged, additive)


def _span(demand: Demand, name: str, here: Aged) -> Evaluate:
    if name not in PALIMPSEST:
        raise NotDerivable(f"a memory that forgets has no number of patterns under {demand.text}")
    law = here.law(name, {z: demand.level, epsilon: demand.level})

    def values(rows: Array) -> Array:
        found = law(rows)
        found[~np.any(rows[here.slopes] != 0, axis=0)] = np.nan
        found[found < 1] = 0.0  # no pattern is recalled: see Claim.nothing
        return found

    return values


def _solutions(
    equation: sp.Eq, unknown: sp.Symbol, symbols: tuple[sp.Symbol, ...]
) -> Callable[[Array], tuple[Array, Array]]:
    """The first solution of an equation for each rule, and whether it could be looked for."""
    from hebbsym.exploration import loops

    loop = loops.span_loop(symbols, unknown, equation.lhs - equation.rhs)

    def values(rows: Array) -> tuple[Array, Array]:
        found = np.empty(rows.shape[1])
        loop(rows, found)
        return found, ~np.isnan(found)

    return values


def _numbers(formula: sp.Expr) -> sp.Expr:
    """The formula with special functions of numbers as numbers."""
    special = {part for part in formula.atoms(sp.Function) if part.is_number}
    return formula.xreplace({part: sp.Float(str(numeric.evaluate(part)), 30) for part in special})


def _admitted(
    claim: Claim, given: Mapping[sp.Symbol, sp.Expr], symbols: tuple[sp.Symbol, ...]
) -> Callable[[Array], Array]:
    """Which rules meet what a claim requires of the coefficients."""
    tests = [
        (_lambdified(one.bound - one.quantity, given, symbols), one.strict)
        for one in claim.requirements
        if (one.bound - one.quantity).xreplace(dict(given)).free_symbols & set(symbols)
    ]

    def admitted(rows: Array) -> Array:
        fine = np.ones(rows.shape[1], dtype=bool)
        for margin, strict in tests:
            value = margin(*rows)
            fine &= value > 0 if strict else value >= 0
        return fine

    return admitted


def _lambdified(
    formula: sp.Expr, given: Mapping[sp.Symbol, sp.Expr], symbols: tuple[sp.Symbol, ...]
) -> Callable[..., Array]:
    return numeric.numeric_function(formula.xreplace(dict(given)), symbols)


def _two_precisions(
    formula: sp.Expr, symbols: tuple[sp.Symbol, ...], agreement: float
) -> Callable[[Array], tuple[Array, Array]]:
    """The values of a formula in extended precision, and whether double precision agrees."""
    exact = sorted((n for n in formula.atoms(sp.Rational) if not _is_small(n)), key=str)
    names = {number: sp.Dummy() for number in exact}
    function = sp.lambdify(
        [*symbols, *names.values()], formula.xreplace(names), modules="numpy", cse=True
    )

    def at(rows: Array, kind: Any) -> Array:
        numbers = [kind(str(n.p)) / kind(str(n.q)) for n in exact]
        with np.errstate(all="ignore"):
            return np.broadcast_to(function(*rows.astype(kind), *numbers), rows.shape[1])

    def values(rows: Array) -> tuple[Array, Array]:
        fine, plain = at(rows, np.longdouble), at(rows, np.float64)
        with np.errstate(all="ignore"):
            sure = np.isfinite(fine) & (np.abs(fine - plain) <= agreement * np.abs(fine))
        return fine.astype(float), sure

    return values


def _is_small(number: sp.Rational) -> bool:
    return bool(number.q == 1 and abs(number.p) < 2**31)


def _centred(here: Forms, rows: Array) -> Array:
    from hebbsym.exploration import loops
    from hebbsym.exploration.forms import numbers

    matrix = numbers(here.exact)
    found = np.empty((len(matrix), rows.shape[1]))
    loops.reduction(*matrix.shape)(np.ascontiguousarray(rows), matrix, found)
    return found


def _named_as(space: Space, names: tuple[str, ...]) -> Space:
    """A space of these coefficients under the same conditions, each of value 1."""
    from hebbsym.exploration.values import Finite

    ones = {name: Finite((sp.S.One,)) for name in names}
    return space.subspace(coefficients=ones, sampling="grid", samples=None)


_FIXED = (
    Column(
        "snr", "signal-to-noise ratio of the pattern shown last", Regime.EXACT, partial(_snr, True)
    ),
    Column(
        "snr:oldest",
        "signal-to-noise ratio of the pattern shown first",
        Regime.EXACT,
        partial(_snr, False),
    ),
    Column(
        "snr:ceiling",
        "what the ratio of age 0 cannot exceed at any D",
        Regime.LEADING_ORDER,
        _ceiling,
    ),
    Column(
        "retention:power",
        "share of the weights' variance that one more pattern leaves",
        Regime.EXACT,
        _power,
    ),
    Column(
        "bit_error:gaussian",
        "probability that a bit of the pattern shown last is wrong, for a Gaussian field",
        Regime.HEURISTIC,
        _error,
        sense=-1,
    ),
)
