r"""What a theory says about simulations that can be run: numbers, each with its network.

Main names
----------
Prediction
    One number that an observable of a simulated network must have.
predictions
    All of a theory's claims that have an observable, at given sizes and parameters.

Conventions
-----------
A claim about the field given the stored value x is one prediction for each value of the
alphabet, unless x is given; a claim about a pattern of some age is one for each of three ages (the
last pattern, one shown K/8 patterns ago and one shown K/4 ago), unless age is given. A capacity is
tested at itself: the network stores the claimed number of patterns, rounded down, and the criterion's
own error is what is predicted there. A number of recent patterns is tested on the oldest of them.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

import mpmath
import sympy as sp

from hebbsym import notation
from hebbsym.claim import Claim, Regime
from hebbsym.errors import HebbsymError, InvalidValue, NotDerivable
from hebbsym.judgement import Finding
from hebbsym.networks import network_of
from hebbsym.numeric import admit, evaluate, value
from hebbsym.observables import OBSERVABLES, Values
from hebbsym.simulate import Memory
from hebbsym.theory.setting import Setting
from hebbsym.trials import Trial

if TYPE_CHECKING:
    from hebbsym.theories import Theory

_DIGITS = 20
_TINY = 1e-290


@dataclass(frozen=True)
class Prediction:
    """One number that a simulation can refute.

    Parameters
    ----------
    claim, observable : str
    at : mapping of symbol to number
        Everything that the number was evaluated at.
    network : Network or None
        What is to be simulated; None when it cannot be.
    number, allowance : float
        The prediction, and the size of what the claim says that it dropped.
    x : sympy.Expr or None
        The stored value that the observable is conditional on.
    age : int or None
        The age of the recalled pattern; None where all patterns are looked at.
    note : str
        What a reader must know: the size of what was dropped, or why there is no number.
    sensitivity : float
        Relative change of the number for a relative change of what is claimed: 1, except for a
        capacity, which is a claim about K and is tested through an error rate.
    trial : callable or None
        What is tried on each network, where that is not a statistic of its fields.
    found : Finding or None
        What was found without a network.
    """

    claim: str
    observable: str
    at: Values
    network: Memory | None
    number: float
    allowance: float = 0.0
    x: sp.Expr | None = None
    age: int | None = None
    note: str = ""
    sensitivity: float = 1.0
    trial: Trial | None = None
    found: Finding | None = None


def predictions(theory: Theory, values: Values) -> tuple[list[Prediction], dict[str, str]]:
    """The predictions of a theory, and the reason for each claim that makes none.

    Raises
    ------
    InvalidValue
        When a symbol of the setting or a size has no value, when sizes are not integers of at
        least D = 2, K = 1, M = 1, or when no claim is left to test.
    """
    _require_sizes(values)
    made: list[Prediction] = []
    left: dict[str, str] = {}
    indispensable = theory.setting.free_symbols | {notation.D, notation.K, notation.M}
    ages = _ages(values) if any(_aged(claim) for claim in theory.values()) else ()
    for name, claim in theory.items():
        if claim.observable is None:
            left[name] = "it has no observable that a simulation could refute it by"
            continue
        setting = theory.setting if claim.setting is None else cast(Setting, claim.setting)
        missing = _missing(claim, setting, values)
        names = ", ".join(sorted(map(str, missing)))
        if missing & indispensable:
            raise InvalidValue(f"{names} has no value, and a simulation needs one ({name})")
        if missing:
            left[name] = f"{names} has no value"
            continue
        refused = _refused(claim, values)
        if refused:
            left[name] = refused
            continue
        numeric = setting.at(values)
        letters, reason = letters_of(claim, numeric, values)
        if reason:
            left[name] = reason
        for x, age in itertools.product(letters, ages if _aged(claim) else [None]):
            made.append(_prediction(claim, numeric, values, Recalled(x, age, ages)))
    if not made:
        reasons = "; ".join(f"{name}: {why}" for name, why in left.items()) or "it has no claims"
        raise InvalidValue(f"nothing of this theory can be simulated: {reasons}")
    return made, left


def _require_sizes(values: Values) -> None:
    for symbol, least in ((notation.D, 2), (notation.K, 1), (notation.M, 1)):
        size = values.get(symbol)
        if size is not None and not (size.is_Integer and size >= least):
            raise InvalidValue(f"{symbol} is an integer of at least {least}, not {size}")


def _aged(claim: Claim) -> bool:
    """Whether a claim is about a pattern of some age."""
    conditions = (one.quantity for one in claim.requirements)
    return any(notation.age in part.free_symbols for part in (claim.formula, *conditions))


def _ages(values: Values) -> tuple[int, ...]:
    """The age that is given, or three of them.

    Raises
    ------
    InvalidValue
        For an age that is no whole number from 0 to K - 1.
    """
    load, given = values.get(notation.K), values.get(notation.age)
    if given is None:
        return tuple(sorted({int(load) * part // 8 for part in range(3)})) if load else (0,)
    if not (given.is_Integer and given >= 0 and (load is None or given < load)):
        last = "" if load is None else f" to K - 1 = {load - 1}"
        raise InvalidValue(f"age is a whole number from 0{last}, not {given}")
    return (int(given),)


def _missing(claim: Claim, setting: Setting, values: Values) -> set[sp.Basic]:
    """Symbols that the simulation or the prediction needs and that have no value."""
    needed: set[sp.Basic] = set(setting.free_symbols) | {notation.D}
    needed |= set() if setting.auto else {notation.M}
    tried = claim.observable is not None and OBSERVABLES[claim.observable].trial is not None
    parts = (claim.prediction,) if tried else (claim.formula, claim.load, claim.prediction)
    for part in parts:
        needed |= set() if part is None else set(part.free_symbols)
    needed -= {notation.x, notation.age, claim.unknown}
    own_load = claim.load is not None or (claim.unknown is not None and not claim.recent)
    needed = needed - {notation.K} if own_load else needed | {notation.K}
    return needed - set(values)


def _refused(claim: Claim, values: Values) -> str:
    """Why a formula in patterns and states does not hold at the values, or nothing."""
    assert claim.observable is not None
    if OBSERVABLES[claim.observable].trial is None:
        return ""
    try:
        admit(claim, values)
    except InvalidValue as error:
        return str(error)
    return ""


def letters_of(claim: Claim, setting: Setting, values: Values) -> tuple[list[sp.Expr | None], str]:
    """The stored values that the claim is tested at, or the reason why there is none.

    Examples
    --------
    >>> from hebbsym.families.rules import ExpandedRule
    >>> from hebbsym.theories import derive
    >>> theory = derive(ExpandedRule(2, {(1, 1): 1}), quantities=["field_mean"])
    >>> letters_of(theory["field_mean"], theory.setting, {})
    ([-1, 1], '')
    """
    assert claim.observable is not None
    if not OBSERVABLES[claim.observable].by_value:
        return [None], ""
    possible = [x for x, p in setting.post.alphabet if p != 0]
    if not possible:
        return [], "stored values are real, and a field cannot be conditioned on one of them"
    given = values.get(notation.x)
    if given is not None and given not in possible:
        raise InvalidValue(f"x is {given}, and the stored values are {possible}")
    return list(possible) if given is None else [given], ""


@dataclass(frozen=True)
class Recalled:
    """What is recalled: the stored value, the age, and the ages that one network is asked for."""

    x: sp.Expr | None = None
    age: int | None = None
    ages: tuple[int, ...] = ()

    @property
    def at(self) -> dict[sp.Symbol, sp.Expr]:
        """What the symbols x and age stand for."""
        age = None if self.age is None else sp.Integer(self.age)
        known = {notation.x: self.x, notation.age: age}
        return {symbol: v for symbol, v in known.items() if v is not None}


def _prediction(claim: Claim, setting: Setting, values: Values, recalled: Recalled) -> Prediction:
    """One prediction; what stands in the way of a number becomes its note."""
    assert claim.observable is not None
    at = {**values, **recalled.at}
    sensitivity = 1.0
    try:
        admit(claim, at)
        if claim.load is not None or (claim.unknown is not None and not claim.recent):
            at[notation.K] = _load(claim, at)
            sensitivity = _sensitivity(_predicted(claim, at), at)
        if claim.recent:
            at[notation.age] = _oldest(claim, at)
            sensitivity = _sensitivity(_predicted(claim, at), at, notation.age)
            recalled = replace(recalled, age=int(at[notation.age]), ages=(int(at[notation.age]),))
        number = float(_number_of(claim, at))
        if (
            number == 0
            and claim.regime is not Regime.EXACT
            and OBSERVABLES[claim.observable].trials
        ):
            number = _TINY  # a rate below the range of doubles is no zero, and cannot be seen
        allowance, note = _allowance(claim, at)
        if number == _TINY:
            note = "; ".join(part for part in (f"it is below {_TINY:g}", note) if part)
        network = network_of(setting, at, recalled.ages)
        make = OBSERVABLES[claim.observable].trial
        trial = None if make is None else make(claim, at)
    except HebbsymError as error:
        return Prediction(
            claim.name, claim.observable, at, None, math.nan, x=recalled.x, age=recalled.age,
            note=str(error),
        )  # fmt: skip
    return Prediction(
        claim.name, claim.observable, at, network, number, allowance, recalled.x, recalled.age,
        note, sensitivity, trial,
    )  # fmt: skip


def _predicted(claim: Claim, at: Values) -> sp.Basic:
    """What is predicted, derived anew where the general expression has no value."""
    general = claim.formula if claim.prediction is None else claim.prediction
    anew = claim.anew if claim.prediction is None else claim.predicted_anew
    if anew is None:
        return general
    try:
        evaluate(general, at, _DIGITS)
    except InvalidValue:
        return anew(at)
    return general


def _number_of(claim: Claim, at: Values) -> mpmath.mpf:
    """The value of what is predicted."""
    if claim.prediction is None and claim.unknown is None:
        return value(claim, at, _DIGITS)
    return evaluate(_predicted(claim, at), at, _DIGITS)


def _sensitivity(rate: sp.Basic, at: Values, symbol: sp.Symbol = notation.K) -> float:
    """d ln(rate) / d ln(count) between a load (or a number of recent patterns) and the next one."""
    place = at[symbol]
    count = place + (symbol == notation.age)  # of patterns, the last one being of age 0
    here, there = (evaluate(rate, {**at, symbol: n}, _DIGITS) for n in (place, place + 1))
    return abs(float(mpmath.log(there / here) / mpmath.log((count + 1) / mpmath.mpf(int(count)))))


def _oldest(claim: Claim, at: Values) -> sp.Integer:
    """The age of the oldest of the patterns that are counted."""
    counted = value(claim, at, _DIGITS)
    if not 1 <= counted < at[notation.K]:
        raise NotDerivable(
            f"{float(counted):.3g} recent patterns are claimed: that can be tested where it is at "
            f"least 1 and below K = {at[notation.K]}"
        )
    return sp.Integer(int(counted) - 1)


def _load(claim: Claim, at: Values) -> sp.Integer:
    """The claimed capacity, rounded down."""
    claimed = value(claim, at) if claim.load is None else evaluate(claim.load, at, _DIGITS)
    if claimed < 1:
        raise NotDerivable(f"the claimed capacity is {float(claimed):.3g}, below one pattern")
    return sp.Integer(int(claimed))


def _allowance(claim: Claim, at: Values) -> tuple[float, str]:
    """The size of what was dropped, which an exact claim has none of."""
    if claim.regime is Regime.EXACT or claim.remainder is None:
        return 0.0, ""
    size = abs(float(evaluate(claim.remainder(at), at, _DIGITS)))
    return size, f"allowed for what was dropped: {size:.3g}"
