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

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias, final

import sympy as sp

from hebbsym.errors import SizeLimit
from hebbsym.exploration.certificates import Optimum
from hebbsym.exploration.confirm import QUANTITIES, SIGNIFICANCE, Confirmation, confirm
from hebbsym.exploration.kernels import absent, kernels
from hebbsym.exploration.optimise import STARTS, optimise
from hebbsym.exploration.singly import confirm_singly
from hebbsym.exploration.space import Condition, Space
from hebbsym.exploration.tuning import criteria_of, tune
from hebbsym.families.ensembles import Pair
from hebbsym.families.rules import ExpandedRule
from hebbsym.notation import D, K, M
from hebbsym.theory.setting import Setting
from hebbsym.theory.workbench import needs_two_values

Progress: TypeAlias = Callable[[int, int], None]

MOST_OPTIMA = 100
"""Bound on the optima of one space: each takes seconds."""


def confirm_space(
    space: Space,
    rules: Iterable[ExpandedRule],
    *,
    significance: sp.Rational = SIGNIFICANCE,
    progress: Progress | None = None,
    quantities: Sequence[str] = QUANTITIES,
    errors: Sequence[str] = (),
    **options: Any,
) -> tuple[Confirmation, ...]:
    """Confirm rules under every condition of a space; false alarms are bounded over all of them.

    Additive rules share one bank of fields (:func:`~hebbsym.exploration.confirm.confirm`); those of a space with
    coefficients of w are simulated one by one (:func:`~hebbsym.exploration.singly.confirm_singly`).

    Parameters
    ----------
    space : Space
    rules : iterable of ExpandedRule
        Rules of the space with numbers for coefficients, see :meth:`Space.rule`.
    significance : exact number
        The probability that one true claim of the whole sweep disagrees.
    progress : callable, optional
        Called with how many confirmations, of a rule under a condition, are done, and of how many.
    quantities : sequence of str
    errors : sequence of str
        Claims about errors of bits, confirmed besides under the conditions that have them.
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
    shown: Progress = progress or (lambda done, whole: None)
    whole = len(chosen) * len(conditions)
    found = []
    for number, condition in enumerate(conditions):
        before = number * len(chosen)
        setting = condition.setting(space.general)
        given = {
            "at": _sizes(condition),
            "significance": significance / len(conditions),
            "quantities": [*quantities, *(() if needs_two_values(setting) else errors)],
            **options,
        }
        if space.affine:
            step = partial(_after, shown, before, whole)
            found.append(confirm_singly(setting, chosen, progress=step, **given))
        else:
            found.append(confirm(setting, chosen, **given))
        shown(before + len(chosen), whole)
    return tuple(found)


def _after(shown: Progress, before: int, whole: int, done: int, _: int) -> None:
    shown(before + done, whole)


class Question(ABC):
    """What is asked for the best coefficients of."""

    criterion: str

    @abstractmethod
    def answer(self, *, starts: int = STARTS, seed: int = 0) -> Optimum:
        """The best coefficients."""


@final
@dataclass(frozen=True)
class Best(Question):
    """The best additive rule in a setting at numbers, under a criterion."""

    setting: Setting
    criterion: str
    at: Mapping[sp.Symbol, sp.Expr]

    def answer(self, *, starts: int = STARTS, seed: int = 0) -> Optimum:
        return optimise(self.setting, self.criterion, at=self.at, starts=starts, seed=seed)


@final
@dataclass(frozen=True)
class Tuned(Question):
    """The best rule of a space with coefficients of w, within its bounds; ``best`` is that of a sweep."""

    space: Space
    condition: Condition
    criterion: str
    best: int | None

    def answer(self, *, starts: int = STARTS, seed: int = 0) -> Optimum:
        return tune(
            self.space, self.condition, self.criterion, best=self.best, starts=starts, seed=seed
        )


def questions(
    space: Space, best: Mapping[tuple[int, str], int] | None = None
) -> tuple[Question, ...]:
    """Under every condition rho at its size, and the capacity under each criterion.

    In a space with coefficients of w: the ratio of the last and of the first pattern, and every span
    (:mod:`hebbsym.exploration.tuning`); a criterion that does not exist under a condition is left out.

    Parameters
    ----------
    space : Space
    best : mapping of (condition, criterion) to int, optional
        The best rules of a sweep, which the coefficients of a space with coefficients of w are compared with.

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
    if space.affine:
        return _tuned(space, best or {})
    conditions = tuple(space.conditions)
    _require_few(len(conditions), 1 + len(space.demands))
    made: list[Question] = []
    for condition in conditions:
        setting, sizes = condition.setting(space.general), _sizes(condition)
        # the number of patterns of a condition is none of a capacity
        of_capacity = {symbol: v for symbol, v in sizes.items() if symbol != K}
        made.append(Best(setting, "snr", sizes))
        made += [
            Best(setting, one.claim, {**of_capacity, one.symbol: one.level})
            for one in space.demands
        ]
    return tuple(made)


def optima(
    space: Space,
    *,
    starts: int = STARTS,
    seed: int = 0,
    best: Mapping[tuple[int, str], int] | None = None,
) -> tuple[Optimum, ...]:
    """The answers to all :func:`questions` about a space.

    Parameters
    ----------
    space : Space
    starts, seed : int
        Of the searches.
    best : mapping of (condition, criterion) to int, optional
        As for the questions.

    Raises
    ------
    SizeLimit
        When there are more than :data:`MOST_OPTIMA`.

    Examples
    --------
    >>> from hebbsym.exploration.space import Size, finite
    >>> space = Space({"c_2_corr": finite((1,))}, sizes=(Size(101, 11),), criteria=("snr(z=2)", "bit(epsilon=1/50)"))
    >>> [(one.criterion, round(one.value, 9)) for one in optima(space, starts=2)]
    [('snr', 10.0), ('capacity:snr', 26.0), ('capacity:bit', 24.708567154)]
    """
    return tuple(one.answer(starts=starts, seed=seed) for one in questions(space, best))


def _tuned(space: Space, best: Mapping[tuple[int, str], int]) -> tuple[Question, ...]:
    """Those about a space with coefficients of w, of the criteria that exist."""
    missing = absent(space, criteria_of(space))
    conditions = tuple(space.conditions)
    criteria = [name for name in criteria_of(space) if name not in missing]
    _require_few(len(conditions), len(criteria))
    return tuple(
        Tuned(space, condition, criterion, best.get((number, criterion)))
        for number, (condition, kernel) in enumerate(
            zip(conditions, kernels(space, criteria), strict=True)
        )
        for criterion in kernel.evaluations
    )


def _require_few(conditions: int, criteria: int) -> None:
    if conditions * criteria > MOST_OPTIMA:
        raise SizeLimit(
            f"{conditions} conditions and {criteria} criteria are past the bound of {MOST_OPTIMA} optima; "
            "name fewer conditions"
        )


def _sizes(condition: Condition) -> dict[sp.Symbol, sp.Expr]:
    patterns, _, _ = condition.parts
    kept = {D, K, M} if isinstance(patterns, Pair) else {D, K}
    return {symbol: v for symbol, v in condition.size.values.items() if symbol in kept}
