r"""How a simulation looks at the quantities that claims are about.

Main names
----------
OBSERVABLES
    What can be simulated, by the name that a claim gives as its ``observable``.
Observable
    One of them: its scale, what it is conditional on, and what has to be counted.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import sympy as sp

from hebbsym.claim import Claim
from hebbsym.registry import Registry
from hebbsym.simulate import Statistics
from hebbsym.trials import TRIALS, Trial

Values: TypeAlias = Mapping[sp.Symbol, sp.Expr]


@dataclass(frozen=True)
class Observable:
    """How a simulation looks at a quantity.

    Parameters
    ----------
    spread : callable
        The observable's own scale, for the controls of a prediction of zero.
    by_value : bool
        Whether it is conditional on the stored value x.
    weights : bool
        Whether the weights have to be looked at.
    cumulants : bool
        Whether third and fourth powers of the field have to be summed.
    trials : callable, optional
        For a rate: how many bits or patterns were counted.
    ties : str
        For a rate: the observable that counts ties apart.
    side : str, optional
        For a rate that can be sampled where it is too rare to be counted: the stored value that it
        is conditional on, "" for both.
    trial : callable, optional
        For a formula in patterns and states, which is tried on single networks and predicts 0: see
        :mod:`hebbsym.trials`.
    root : str
        For the square of a difference: the observable that it is the square of, which is judged in its place. The
        estimate of a square has no normal law where the difference is a few standard errors.
    """

    spread: Callable[[Statistics, Any], float] = lambda statistics, x: 1.0
    by_value: bool = False
    weights: bool = False
    cumulants: bool = False
    trials: Callable[[Statistics], float] | None = None
    ties: str = ""
    side: str | None = None
    trial: Callable[[Claim, Values], Trial] | None = None
    root: str = ""


def _root(name: str) -> Callable[[Statistics, Any], float]:
    return lambda s, x: math.sqrt(max(0.0, s.estimate(name, x).value))


def _weight_spread(s: Statistics, x: Any) -> float:
    return s.estimate("weight_variance").value or s.estimate("weight_mean").value ** 2


def _square(s: Statistics, x: Any) -> float:
    return s.estimate("field_mean", x).value ** 2


def _power_of_spread(order: int) -> Callable[[Statistics, Any], float]:
    return lambda s, x: _root("field_variance")(s, x) ** order


def _bits(values: slice) -> Callable[[Statistics], float]:
    return lambda s: float(s.columns["count"][:, values].sum())


OBSERVABLES: Registry[Observable] = Registry("observable")
"""What can be simulated."""
OBSERVABLES.add("weight_mean", Observable(_root("weight_variance"), weights=True))
OBSERVABLES.add("weight_variance", Observable(_weight_spread, weights=True))
for _shared in ("post", "pre", "reciprocal"):
    OBSERVABLES.add(f"weight_covariance:{_shared}", Observable(_weight_spread, weights=True))
OBSERVABLES.add("field_mean", Observable(_root("field_variance"), by_value=True))
OBSERVABLES.add("field_variance", Observable(_square, by_value=True))
for _order in (3, 4):
    OBSERVABLES.add(
        f"field_cumulant:{_order}",
        Observable(_power_of_spread(_order), by_value=True, cumulants=True),
    )
OBSERVABLES.add("snr", Observable(root="snr:root"))
for _side, _values in {"": slice(0, 2), ":low": slice(0, 1), ":high": slice(1, 2)}.items():
    OBSERVABLES.add(
        "bit_error" + _side,
        Observable(trials=_bits(_values), ties="ties" + _side, side=_side.removeprefix(":")),
    )
    OBSERVABLES.add("ties" + _side, Observable(trials=_bits(_values)))
OBSERVABLES.add(
    "pattern_error", Observable(trials=lambda s: float(s.columns["patterns"].sum()), ties="ties")
)

OBSERVABLES.add(
    "threshold:balanced",
    Observable(lambda s, x: math.sqrt(s.estimate("field_variance", s.values[0]).value)),
)
OBSERVABLES.add("information", Observable())
OBSERVABLES.add("network_error", Observable(trials=lambda s: float(s.networks), ties="ties"))

for _tried, _trial in TRIALS.items():
    OBSERVABLES.add(_tried, Observable(trial=_trial))
