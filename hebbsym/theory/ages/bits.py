r"""Claims about one recalled bit by the age of its pattern: the threshold and the error.

The exact M and V do not yet give an error. Given the history of the unit the field is a sum of n i.i.d.
terms, and Gaussian as D grows; the claim is the average of that Gaussian error over the histories
(:mod:`hebbsym.theory.ages.histories`). Where the law given the history does not depend on it, as under
Oja's rule on unbiased signs, the average is one closed tail with the exact M and V.

Main names
----------
QUANTITIES
    threshold, bit_error, bit_error:high, bit_error:low, bit_error:gaussian, and bit_error:edgeworth with
    its two sides.

Conventions
-----------
A tie (h = theta) counts as half an error; a Gaussian field has none.

What it neglects
----------------
Given the history, the distance of a sum of n terms from a Gaussian; the sizes of its first terms
(Edgeworth), averaged over the histories, are the remainder. Many histories are averaged over in clusters:
a number has 6 digits, or as many as have settled, at least 4, and the remainder counts 1e-4 of it for
that. ``bit_error:edgeworth`` has these terms; it
takes the field as continuous, without the corrections for a lattice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import sympy as sp

from hebbsym import notation
from hebbsym.claim import Claim, Derivation, Regime, Step
from hebbsym.errors import NotDerivable
from hebbsym.histories import (
    HistoryError,
    HistoryFunction,
    HistoryLast,
    HistorySeries,
    HistoryTerms,
)
from hebbsym.notation import equation, field_mean, field_variance, tail
from hebbsym.precision import with_exact_numbers
from hebbsym.theory.ages.bench import OF_AGE, AgedBench, renewed
from hebbsym.theory.ages.claims import assumed
from hebbsym.theory.ages.histories import (
    conditional_steps,
    history_matters,
    over_histories,
    series_step,
)
from hebbsym.theory.bits import threshold, threshold_absent
from hebbsym.theory.mixture import distance
from hebbsym.theory.workbench import Quantity, needs_two_values

_error = sp.Function(r"\operatorname{P}_{\mathrm{err}}")
_SIDES = {"": (False, True), ":high": (True,), ":low": (False,)}

Side = Callable[[AgedBench, bool], sp.Expr]
"""A part of an error given that the higher (or lower) value is stored."""


def _threshold(bench: AgedBench) -> Claim:
    return replace(threshold(bench), assumptions=assumed(bench.setting), requirements=(OF_AGE,))


def conditional_error(bench: AgedBench, high: bool) -> sp.Expr:
    """The probability that a bit is wrong given that the higher (or lower) value is stored.

    A closed tail where the law of the field does not depend on the unit's history, and else the
    average over the history.

    Raises
    ------
    NotDerivable
        When the field has no noise: every bit is right, or wrong, or tied.

    Examples
    --------
    >>> from hebbsym.families.named import rules
    >>> from hebbsym.theory.setting import Setting
    >>> oja = AgedBench(Setting(rules["oja"]))
    >>> conditional_error(oja, True).has(sp.erfc)
    True
    """
    if history_matters(bench):
        return over_histories(HistoryError, bench, high)
    return gaussian_error(bench, high)


def gaussian_error(bench: AgedBench, high: bool) -> sp.Expr:
    """The same probability for a Gaussian field with the exact M and V."""
    low_law, high_law = bench.laws
    if low_law.variance == 0 or high_law.variance == 0:
        raise NotDerivable(
            f"the field has no noise in this setting ({bench.setting.text}): every bit is right, or "
            "wrong, or tied"
        )
    if bench.setting.threshold.balances:
        spread = sp.sqrt(low_law.variance) + sp.sqrt(high_law.variance)
        return tail((high_law.mean - low_law.mean) / spread)
    law = high_law if high else low_law
    return tail(distance(law.mean, law.variance, bench.theta, high))


# ---- what is dropped -----------------------------------------------------------------------


_UNSETTLED = sp.Rational(1, 10**4)
"""How much of an average over histories may not have settled; see :mod:`hebbsym.clusters`."""


def _dropped(kind: type[HistoryFunction], error: Side) -> Side:
    """The terms that are dropped, and the share of an average that may not have settled."""

    def side(bench: AgedBench, high: bool) -> sp.Expr:
        terms = over_histories(kind, bench, high)
        if not history_matters(bench):
            return terms
        return terms + _UNSETTLED * sp.Abs(error(bench, high))

    return side


def _averaged(kind: type[HistoryFunction]) -> Side:
    return lambda bench, high: over_histories(kind, bench, high)


def _beside_mixture(bench: AgedBench, high: bool) -> sp.Expr:
    """How far a Gaussian error is from the average over histories, and what that one drops."""
    here, average = gaussian_error(bench, high), conditional_error(bench, high)
    return sp.Abs(here - average) + over_histories(HistoryTerms, bench, high)


def _over_values(bench: AgedBench, sides: tuple[bool, ...], side: Side) -> sp.Expr:
    """The average over the stored values that a claim is about; one of them where they are equal."""
    parts = [side(bench, high) for high in sides]
    if len(parts) == 1 or parts[0] == parts[1]:
        return parts[0]
    (_, low), (_, high) = bench.setting.post.alphabet
    return low * parts[0] + high * parts[1]


_CLUSTERED = "; numbers average over many histories in clusters, to the digits that are quoted: 6, or at least 4"


def _history_regime(bench: AgedBench) -> tuple[Regime, str]:
    if history_matters(bench):
        return (
            Regime.LEADING_ORDER,
            "given the unit's history the field is a sum of n i.i.d. terms; its distance from the "
            "Gaussian, of order 1/sqrt(D), is dropped" + _CLUSTERED,
        )
    return _gaussian_regime(bench)


def _gaussian_regime(bench: AgedBench) -> tuple[Regime, str]:
    if not history_matters(bench):
        return (
            Regime.LEADING_ORDER,
            "the distance of the field from a Gaussian with the exact M and V is dropped: it is given by "
            "the cumulants of order 3 and 4 (Edgeworth), of relative order 1/sqrt(D)",
        )
    return (
        Regime.HEURISTIC,
        "the field is taken as Gaussian with the exact M and V, although its law given the history of the "
        "unit depends on it, at any number of inputs: its distance from bit_error, the right average, and "
        "what that one drops",
    )


def _series_regime(bench: AgedBench) -> tuple[Regime, str]:
    return (
        Regime.LEADING_ORDER,
        "given the unit's history, terms of relative order n^(-3/2) at a fixed distance from the "
        "threshold, and corrections for a lattice; taken to be smaller than the last terms kept"
        + (_CLUSTERED if history_matters(bench) else ""),
    )


# ---- claims --------------------------------------------------------------------------------


def _gaussian_steps(bench: AgedBench, high: bool) -> tuple[Step, ...]:
    value = bench.setting.post.alphabet[1 if high else 0][0]
    away = distance(field_mean(value), field_variance(value), notation.theta, high)
    return (
        Step(
            equation(_error(value), sp.Function("Q")(away)),
            "the field is a sum of many terms with mean M and variance V; the bit is wrong when it "
            "falls on the other side of the threshold",
        ),
    )


def _history_steps(bench: AgedBench, high: bool) -> tuple[Step, ...]:
    return (conditional_steps if history_matters(bench) else _gaussian_steps)(bench, high)


def _series_steps(bench: AgedBench, high: bool) -> tuple[Step, ...]:
    return (*conditional_steps(bench, high, HistorySeries)[:-1], series_step(bench, high))


@dataclass(frozen=True)
class _Kind:
    """One way to an error: what it is, what it drops, and how it is derived, by the stored value."""

    name: str
    title: str
    error: Side
    dropped: Side
    regime: Callable[[AgedBench], tuple[Regime, str]]
    steps: Callable[[AgedBench, bool], tuple[Step, ...]]


_HISTORY = _Kind(
    "bit_error",
    "probability that a bit is wrong",
    conditional_error,
    _dropped(HistoryTerms, conditional_error),
    _history_regime,
    _history_steps,
)
_GAUSSIAN = _Kind(
    "bit_error:gaussian",
    "probability that a bit is wrong, for a Gaussian field",
    gaussian_error,
    _beside_mixture,
    _gaussian_regime,
    _gaussian_steps,
)
_SERIES = _Kind(
    "bit_error:edgeworth",
    "probability that a bit is wrong, with Edgeworth's corrections",
    _averaged(HistorySeries),
    _dropped(HistoryLast, _averaged(HistorySeries)),
    _series_regime,
    _series_steps,
)


def _claim(kind: _Kind, suffix: str) -> Callable[[AgedBench], Claim]:
    sides = _SIDES[suffix]

    def build(bench: AgedBench) -> Claim:
        regime, dropped = kind.regime(bench)
        (low, _), (high, _) = bench.setting.post.alphabet
        value = high if sides[-1] else low
        steps = tuple(step for side in sides for step in kind.steps(bench, side))
        if len(sides) > 1:
            total = sp.Symbol("p_-") * _error(low) + sp.Symbol("p_+") * _error(high)
            steps += (
                Step(
                    equation(sp.Symbol(r"\operatorname{P}_{\mathrm{err}}"), total),
                    "average over the stored value, with the probabilities of the two values",
                ),
            )
        shape = steps[-1].equation
        assert isinstance(shape, sp.Eq)

        def remainder(values: Mapping[sp.Symbol, sp.Expr]) -> sp.Expr:
            given = AgedBench(bench.setting.at(values))
            dropped = _over_values(given, sides, kind.dropped)
            return with_exact_numbers(dropped, values).xreplace(dict(values))

        return Claim(
            f"{kind.name}{suffix}",
            f"{kind.title}{'' if len(sides) > 1 else f' where {value} is stored'}, by age",
            _over_values(bench, sides, kind.error),
            regime,
            (*assumed(bench.setting), bench.setting.output.statement),
            Derivation(steps),
            symbol=shape.lhs,
            dropped=dropped,
            remainder=remainder,
            observable=f"bit_error{suffix}",
            display=shape.rhs,
            requirements=(OF_AGE,),
        )

    return renewed(build)


QUANTITIES: dict[str, Quantity[AgedBench]] = {
    "threshold": Quantity(renewed(_threshold), threshold_absent),
    **{f"bit_error{end}": Quantity(_claim(_HISTORY, end), needs_two_values) for end in _SIDES},
    "bit_error:gaussian": Quantity(_claim(_GAUSSIAN, ""), needs_two_values, by_default=False),
    **{
        f"bit_error:edgeworth{end}": Quantity(
            _claim(_SERIES, end), needs_two_values, by_default=False
        )
        for end in _SIDES
    },
}
