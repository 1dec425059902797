"""The evidence of a sweep under each of its conditions: rules confirmed, and the best coefficients.

Main names
----------
confirm_space
    Some rules of a space confirmed under every condition, at one level for the whole sweep.
questions, optima
    What is made best under every condition, and the best coefficients.

Conventions
-----------
A sweep with several conditions (patterns, cue, threshold, size) is one family: every condition gets an equal part of
the significance, and Holm's procedure runs within it. The best coefficients are those among all additive rules of the
order of the space, whatever values the space names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sympy as sp

from hebbsym.errors import SizeLimit
from hebbsym.exploration.certificates import Optimum
from hebbsym.exploration.confirm import SIGNIFICANCE, Confirmation, confirm
from hebbsym.exploration.optimise import STARTS, optimise
from hebbsym.exploration.space import Condition, Space
from hebbsym.families.ensembles import Pair
from hebbsym.families.rules import ExpandedRule
from hebbsym.notation import D, K, M
from hebbsym.theory.setting import Setting

MOST_OPTIMA = 100
"""Bound on the optima of one space: each takes seconds."""


def confirm_space(
    space: Space,
    rules: Iterable[ExpandedRule],
    *,
    significance: sp.Rational = SIGNIFICANCE,
    **options: Any,
) -> tuple[Confirmation, ...]:
    """Confirm rules under every condition of a space; false alarms are bounded over all of them.

    Parameters
    ----------
    space : Space
    rules : iterable of ExpandedRule
        Rules of the space with numbers for coefficients, see :meth:`Space.rule`.
    significance : exact number
        The probability that one true claim of the whole sweep disagrees.
    **options
        As in :func:`hebbsym.exploration.confirm.confirm`.

    Examples
    --------
    >>> from hebbsym.exploration.space import Size, finite
    >>> space = Space({"c_2_corr": finite((1,))}, cues=("exact", "flip(delta=1/10)"), sizes=(Size(50, 8),))
    >>> found = confirm_space(space, [space.rule(space.point(0))], quantities=["snr"], networks=512)
    >>> [one.verdicts.outcome.name for one in found], found[0].verdicts.significance
    (['AGREES', 'AGREES'], 0.005)
    """
    chosen = tuple(rules)
    conditions = tuple(space.conditions)
    part = significance / len(conditions)
    return tuple(
        confirm(
            condition.setting(space.general), chosen, at=_sizes(condition), significance=part,
            **options,
        )
        for condition in conditions
    )  # fmt: skip


@dataclass(frozen=True)
class Question:
    """What is asked for the best coefficients of: a setting, a criterion, and numbers."""

    setting: Setting
    criterion: str
    at: Mapping[sp.Symbol, sp.Expr]

    def answer(self, *, starts: int = STARTS, seed: int = 0) -> Optimum:
        """The best coefficients."""
        return optimise(self.setting, self.criterion, at=self.at, starts=starts, seed=seed)


def questions(space: Space) -> tuple[Question, ...]:
    """Under every condition rho at its size, and the capacity under each criterion.

    Raises
    ------
    SizeLimit
        When there are more than :data:`MOST_OPTIMA`.

    Examples
    --------
    >>> from hebbsym.exploration.space import finite
    >>> space = Space({"c_2_corr": finite((1,))}, criteria=("bit(epsilon=1/20)", "bit(epsilon=1/50)"))
    >>> [(one.criterion, one.at) for one in questions(space)][1:]
    [('capacity:bit', {D: 1000, epsilon: 1/20}), ('capacity:bit', {D: 1000, epsilon: 1/50})]
    """
    conditions = tuple(space.conditions)
    asked = 1 + len(space.demands)
    if len(conditions) * asked > MOST_OPTIMA:
        raise SizeLimit(
            f"{len(conditions)} conditions and {asked} criteria are past the bound of {MOST_OPTIMA} optima; "
            "name fewer conditions"
        )
    made: list[Question] = []
    for condition in conditions:
        setting, sizes = condition.setting(space.general), _sizes(condition)
        # the number of patterns of a condition is none of a capacity
        of_capacity = {symbol: v for symbol, v in sizes.items() if symbol != K}
        made.append(Question(setting, "snr", sizes))
        made += [
            Question(setting, one.claim, {**of_capacity, one.symbol: one.level})
            for one in space.demands
        ]
    return tuple(made)


def optima(space: Space, *, starts: int = STARTS, seed: int = 0) -> tuple[Optimum, ...]:
    """The best coefficients under every condition: for rho at its size, and for the capacity under each criterion.

    Raises
    ------
    SizeLimit
        When there are more than :data:`MOST_OPTIMA`.
    OutsideClass
        When a coefficient of the space multiplies the weight.

    Examples
    --------
    >>> from hebbsym.exploration.space import Size, finite
    >>> space = Space({"c_2_corr": finite((1,))}, sizes=(Size(101, 11),), criteria=("snr(z=2)", "bit(epsilon=1/50)"))
    >>> [(one.criterion, round(one.value, 9)) for one in optima(space, starts=2)]
    [('snr', 10.0), ('capacity:snr', 26.0), ('capacity:bit', 24.708567154)]
    """
    return tuple(one.answer(starts=starts, seed=seed) for one in questions(space))


def _sizes(condition: Condition) -> dict[sp.Symbol, sp.Expr]:
    patterns, _, _ = condition.parts
    kept = {D, K, M} if isinstance(patterns, Pair) else {D, K}
    return {symbol: v for symbol, v in condition.size.values.items() if symbol in kept}
