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

from collections.abc import Iterable, Sequence
from typing import Any

import sympy as sp

from hebbsym.errors import SizeLimit
from hebbsym.exploration.confirm import QUANTITIES, SIGNIFICANCE, Confirmation, confirm
from hebbsym.exploration.optimise import STARTS, Optimum, optimise
from hebbsym.exploration.space import Condition, Space
from hebbsym.families.ensembles import Pair
from hebbsym.families.rules import ExpandedRule
from hebbsym.notation import D, K, M, z
from hebbsym.theory.workbench import needs_two_values

MOST_OPTIMA = 100
"""Bound on the optima of one space: each takes seconds."""


def confirm_space(
    space: Space,
    rules: Iterable[ExpandedRule],
    *,
    significance: sp.Rational = SIGNIFICANCE,
    quantities: Sequence[str] = QUANTITIES,
    errors: Sequence[str] = (),
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
    settings = [condition.setting(space.general) for condition in conditions]
    part = significance / len(conditions)
    return tuple(
        confirm(
            setting, chosen, at=_sizes(condition), significance=part,
            quantities=[*quantities, *(() if needs_two_values(setting) else errors)], **options,
        )
        for condition, setting in zip(conditions, settings, strict=True)
    )  # fmt: skip


def optima(space: Space, *, starts: int = STARTS, seed: int = 0) -> tuple[Optimum, ...]:
    """The best coefficients under every condition, for rho at its size and for each criterion of the space.

    A criterion by rho gives the best capacity; one by errors the lowest error of a bit at the size of the condition.

    Raises
    ------
    SizeLimit
        When there are more than :data:`MOST_OPTIMA`.
    OutsideClass
        When a coefficient of the space multiplies the weight.

    Examples
    --------
    >>> from hebbsym.exploration.space import Size, finite
    >>> space = Space({"c_2_corr": finite((1,))}, sizes=(Size(101, 11),), criteria=("snr(z=2)",))
    >>> [(one.criterion, round(one.value, 9)) for one in optima(space, starts=2)]
    [('snr', 10.0), ('capacity:snr', 26.0)]
    """
    conditions = tuple(space.conditions)
    wanted: dict[str, dict[sp.Symbol, sp.Expr]] = {"snr": {}}
    for demand in space.demands:
        by_ratio = demand.column == "capacity:snr"
        wanted["capacity:snr" if by_ratio else "bit_error"] = {z: demand.level} if by_ratio else {}
    if len(conditions) * len(wanted) > MOST_OPTIMA:
        raise SizeLimit(
            f"{len(conditions)} conditions and {len(wanted)} criteria are past the bound of {MOST_OPTIMA} optima; "
            "name fewer conditions"
        )
    return tuple(
        optimise(
            condition.setting(space.general), criterion, at={**_sizes(condition), **level},
            starts=starts, seed=seed,
        )
        for condition in conditions
        for criterion, level in wanted.items()
    )  # fmt: skip


def _sizes(condition: Condition) -> dict[sp.Symbol, sp.Expr]:
    patterns, _, _ = condition.parts
    kept = {D, K, M} if isinstance(patterns, Pair) else {D, K}
    return {symbol: v for symbol, v in condition.size.values.items() if symbol in kept}
