"""Rules of a sweep confirmed one by one: those that no bank of fields serves, all in one family.

A field is not linear in the coefficients that multiply the weight, so that every such rule is learned pattern by
pattern by networks of its own, as :func:`hebbsym.check` does it.

Main names
----------
confirm_singly
    Simulate rules one by one and judge them together: :class:`~hebbsym.exploration.confirm.Confirmation`.

Conventions
-----------
A rule that depends on the weight is judged on patterns of three ages (see :mod:`hebbsym.predictions`); the ratio that
the table shows is that of the pattern shown last. A rule of the space that does not depend on the weight is judged
on all patterns together. Networks of one number share their patterns, whatever the rule, so that findings depend on
one another; Holm's procedure holds whatever the dependence.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import numpy as np
import sympy as sp

from hebbsym.checking import described, measured
from hebbsym.errors import InvalidValue, NotDerivable
from hebbsym.exploration.confirm import QUANTITIES, RESOLUTION, SIGNIFICANCE, Confirmation
from hebbsym.families.rules import ExpandedRule
from hebbsym.families.thresholds import Zero
from hebbsym.measurement import Plan
from hebbsym.notation import coefficient, slope
from hebbsym.predictions import Prediction, predictions
from hebbsym.simulate import pool
from hebbsym.tables import quantities as quantities_of
from hebbsym.theories import Theory
from hebbsym.theory.setting import Setting
from hebbsym.verdicts import Verdict, Verdicts, texts, verdicts_of, versions

_INSTEAD = "field_mean"  # what is judged of a rule without signal, in place of its ratio


def confirm_singly(
    setting: Setting,
    rules: Iterable[ExpandedRule],
    *,
    at: Mapping[sp.Symbol, Any],
    quantities: Sequence[str] = QUANTITIES,
    seed: int = 0,
    networks: int | None = None,
    resolution: sp.Rational = RESOLUTION,
    significance: sp.Rational = SIGNIFICANCE,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Confirmation:
    """Simulate rules that are additive or affine in the weight, each by itself, and judge the claims about all.

    Parameters
    ----------
    setting : Setting
        Patterns, cue and threshold; its rule only lends its name.
    rules : iterable of ExpandedRule
        With exact numbers for coefficients.
    at : mapping of symbol to exact number
        D, K and the parameters of the setting.
    quantities : sequence of str
        Claims that have an observable; what a rule does not have is left out. ``bit_error`` gives errors by age.
    seed : int
    networks : int, optional
        The largest number of networks of a rule; by default what a fixed amount of work allows.
    resolution, significance : exact number
        As in :func:`hebbsym.check`, for all rules together.
    workers : int
        Processes; they change nothing but the time.
    progress : callable, optional
        Called with the number of rules that are done, and of all.

    Raises
    ------
    InvalidValue
        When there is no rule, or a symbol has no value.

    Examples
    --------
    >>> from hebbsym.notation import D, K, w
    >>> decay = ExpandedRule(2, {(1, 1): 1, (0, 0): -w / 4})
    >>> found = confirm_singly(Setting(decay), [decay], at={D: 40, K: 8}, quantities=["snr"], seed=1)
    >>> [(one.label, one.outcome.name) for one in found.of(0)]
    [('snr (age=0)', 'AGREES'), ('snr (age=1)', 'AGREES'), ('snr (age=2)', 'AGREES')]
    """
    chosen = tuple(rules)
    if not chosen:
        raise InvalidValue("no rule was chosen, and there is nothing to confirm")
    values = {symbol: sp.Integer(v) if isinstance(v, int) else v for symbol, v in at.items()}
    settings = [_fields_of(setting.with_rule(rule), quantities) for rule in chosen]
    _require_known(settings, quantities)
    expected = [_expected(one, values, quantities) for one in settings]
    flat = [one for some in expected for one in some]
    plan = Plan(seed, float(resolution), float(significance) / len(flat), networks, workers)
    found = []
    with nullcontext(None) if workers == 1 else pool(workers) as executor:
        for number, some in enumerate(expected, 1):
            found += measured(some, plan, executor)
            if progress is not None:
                progress(number, len(chosen))
    verdicts = verdicts_of(flat, found, plan, significance)
    ends = np.cumsum([0, *(len(some) for some in expected)])
    places = tuple(slice(int(a), int(b)) for a, b in itertools.pairwise(ends))
    return Confirmation(
        chosen,
        Verdicts(
            verdicts, described(setting), texts(values), seed, float(resolution),
            float(significance), {}, versions(),
        ),
        places,
        tuple(_ratio(verdicts[place]) for place in places),
    )  # fmt: skip


def _require_known(settings: Sequence[Setting], names: Sequence[str]) -> None:
    """Every quantity is one of at least one rule."""
    tables = [quantities_of(setting) for setting in settings]
    for name in names:
        if not any(name in table for table in tables):
            tables[0][name]  # raises with what there is


def _expected(
    setting: Setting, values: Mapping[sp.Symbol, sp.Expr], quantities: Sequence[str]
) -> list[Prediction]:
    """The predictions about one rule; about its means where it has no ratio."""
    known = quantities_of(setting)
    names = [name for name in dict.fromkeys([*quantities, _INSTEAD]) if name in known]
    try:
        theory = Theory(setting, names)
    except NotDerivable:  # one of them: the others are judged
        there = Theory(setting)
        theory = Theory(setting, [name for name in names if name in there])
    made, left = predictions(theory, values)
    whole = set(theory) >= set(names) and not left.keys() & set(quantities)
    if _INSTEAD not in quantities and whole:
        made = [one for one in made if one.claim != _INSTEAD]
    coefficients = _coefficients(setting.rule.require_expanded())
    return [replace(one, at={**one.at, **coefficients}) for one in made]


def _fields_of(setting: Setting, quantities: Sequence[str]) -> Setting:
    """The setting without its threshold, where nothing depends on it: fields of all ages are then seen on one network.

    A threshold moves with the age, and may not exist where a ratio does.
    """
    if setting.threshold.inhibits or not set(quantities) <= set(QUANTITIES):
        return setting
    return replace(setting, threshold=Zero())


def _coefficients(rule: ExpandedRule) -> dict[sp.Symbol, sp.Expr]:
    """The coefficients by their symbols."""
    constant, *on_weight = rule.by_weight
    found = {coefficient(*pq): c for pq, c in constant.items()}
    return found | {slope(*pq): c for part in on_weight for pq, c in part.items()}


def _ratio(verdicts: Sequence[Verdict]) -> tuple[float, float]:
    """The simulated ratio of the pattern shown last, and its standard error; not a number where it was not asked for."""
    found = (v for v in verdicts if v.claim == "snr" and v.at.get("age", "0") == "0")
    one = next(found, None)
    return (np.nan, np.nan) if one is None else (one.estimate, one.stderr)
