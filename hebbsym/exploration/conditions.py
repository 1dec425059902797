"""The evidence of a sweep under each of its conditions: rules confirmed, and the best coefficients.

Main names
----------
confirm_space
    Some rules of a space confirmed under every condition, at one level for the whole sweep.
optima
    The best coefficients under every condition and criterion.

Conventions
-----------
A sweep with several conditions (patterns, cue, threshold, size) is one family: every condition gets an equal part of
the significance, and Holm's procedure runs within it. The best coefficients are those among all additive rules of the
order of the space, whatever values the space names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

import sympy as sp

from hebbsym.errors import SizeLimit
from hebbsym.exploration.confirm import QUANTITIES, SIGNIFICANCE, Confirmation, confirm
from hebbsym.exploration.kernels import absent, kernels
from hebbsym.exploration.optimise import STARTS, Optimum, optimise
from hebbsym.exploration.singly import confirm_singly
from hebbsym.exploration.space import Condition, Space
from hebbsym.exploration.tuning import criteria_of, tune
from hebbsym.families.ensembles import Pair
from hebbsym.families.rules import ExpandedRule
from hebbsym.notation import D, K, M, z
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


def optima(
    space: Space,
    *,
    starts: int = STARTS,
    seed: int = 0,
    best: Mapping[tuple[int, str], int] | None = None,
) -> tuple[Optimum, ...]:
    """The best coefficients under every condition, for rho at its size and for each criterion of the space.

    A criterion by rho gives the best capacity; one by errors the lowest error of a bit at the size of the condition.
    In a space with coefficients of w: the coefficients of the space, within its bounds, that are best for the ratio of the last
    and of the first pattern, and for every span (:mod:`hebbsym.exploration.tuning`); a criterion that does not exist under a
    condition is left out.

    Parameters
    ----------
    space : Space
    starts, seed : int
        Of the searches.
    best : mapping of (condition, criterion) to int, optional
        The best rules of a sweep, which the coefficients of a space with coefficients of w are compared with.

    Raises
    ------
    SizeLimit
        When there are more than :data:`MOST_OPTIMA`.

    Examples
    --------
    >>> from hebbsym.exploration.space import Size, finite
    >>> space = Space({"c_2_corr": finite((1,))}, sizes=(Size(101, 11),), criteria=("snr(z=2)",))
    >>> [(one.criterion, round(one.value, 9)) for one in optima(space, starts=2)]
    [('snr', 10.0), ('capacity:snr', 26.0)]
    """
    if space.affine:
        return _tuned(space, starts, seed, best or {})
    conditions = tuple(space.conditions)
    wanted: dict[str, dict[sp.Symbol, sp.Expr]] = {"snr": {}}
    for demand in space.demands:
        by_ratio = demand.column == "capacity:snr"
        wanted["capacity:snr" if by_ratio else "bit_error"] = {z: demand.level} if by_ratio else {}
    _require_few(len(conditions), len(wanted))
    return tuple(
        optimise(
            condition.setting(space.general), criterion, at={**_sizes(condition), **level},
            starts=starts, seed=seed,
        )
        for condition in conditions
        for criterion, level in wanted.items()
    )  # fmt: skip


def _tuned(
    space: Space, starts: int, seed: int, best: Mapping[tuple[int, str], int]
) -> tuple[Optimum, ...]:
    """Those of a space with coefficients of w, of the criteria that exist."""
    missing = absent(space, criteria_of(space))
    conditions = tuple(space.conditions)
    criteria = [name for name in criteria_of(space) if name not in missing]
    _require_few(len(conditions), len(criteria))
    return tuple(
        tune(space, condition, criterion, best=best.get((number, criterion)), starts=starts, seed=seed)
        for number, (condition, kernel) in enumerate(
            zip(conditions, kernels(space, criteria), strict=True)
        )
        for criterion in kernel.evaluations
    )  # fmt: skip


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
