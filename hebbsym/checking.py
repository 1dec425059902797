r"""Check a theory by simulation: each claim agrees, disagrees, or is undecided.

Main names
----------
check
    Simulates what a theory predicts and judges it; gives :class:`hebbsym.verdicts.Verdicts`.
measured
    Predictions beside their estimates, whatever family they are of.

Conventions
-----------
See :mod:`hebbsym.predictions` for what is tested, :mod:`hebbsym.measurement` for how long is
sampled, :mod:`hebbsym.orders` for expansions, and :mod:`hebbsym.judgement` for the three outcomes.

Limits
------
A rate is not resolved before it was seen: an error far below one in the number of simulated
bits or patterns stays undecided, with the number of networks that it would take. A bit's error of an
additive rule is then sampled from the tilted law of a unit's field instead.
"""

from __future__ import annotations

import numbers
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import sympy as sp

from hebbsym import notation
from hebbsym.errors import InvalidValue
from hebbsym.families.parameters import exact
from hebbsym.measurement import Measured, Plan, measure
from hebbsym.networks import require_sizes
from hebbsym.orders import orders
from hebbsym.predictions import Prediction, predictions
from hebbsym.simulate import Memory, pool
from hebbsym.simulate.runs import require_memory
from hebbsym.theory.setting import Setting
from hebbsym.verdicts import Verdicts, texts, verdicts_of, versions

if TYPE_CHECKING:
    from hebbsym.theories import Theory

RESOLUTION = sp.Rational(1, 20)
"""The relative error that every agreeing claim was tested for, by default."""

SIGNIFICANCE = sp.Rational(1, 100)
"""The probability of a false alarm in a whole theory, by default."""


def check(
    theory: Theory,
    *,
    seed: int = 0,
    budget: float | None = None,
    resolution: sp.Rational = RESOLUTION,
    workers: int = 1,
    memory: int = 2**30,
    networks: int | None = None,
    significance: sp.Rational = SIGNIFICANCE,
    **at: Any,
) -> Verdicts:
    """Simulate what a theory predicts and judge every claim that has an observable.

    Of an expansion in a rate it is judged, besides, whether its error shrinks at the stated order: the verdict
    ``NAME:order`` (see :mod:`hebbsym.orders`).

    Parameters
    ----------
    theory : Theory
    seed : int
        Literal seed; networks 0, 1, 2, ... of a seed are always the same.
    budget : float, optional
        Seconds after which no further block is begun. A run that was stopped by it is had
        again with ``networks`` set to the largest number that it reports.
    resolution : exact number
        The relative error that every agreeing claim must have been tested for.
    workers : int
        Processes; they change nothing but the time.
    memory : int
        Bytes that the simulation may use.
    networks : int, optional
        The largest number of networks; by default what a fixed amount of work allows.
    significance : exact number
        The probability that a theory whose claims are all true has one that disagrees.
    **at : exact numbers
        A value for each symbol: ``D=400, K=60``.

    Raises
    ------
    InvalidValue
        When a symbol is left free, or a value is out of its domain or not exact.
    SizeLimit
        When one network does not fit into ``memory``.

    Examples
    --------
    >>> from hebbsym.families.rules import ExpandedRule
    >>> from hebbsym.theories import derive
    >>> hebb = derive(ExpandedRule(2, {(1, 1): 1}), quantities=["snr"])
    >>> check(hebb, D=50, K=10, seed=1)[0].outcome.name
    'AGREES'
    """
    _require(seed, workers, resolution, significance, networks, budget)
    values = {notation.named(name): _exact(name, number) for name, number in at.items()}
    _require_known(theory, values)
    require_sizes(theory.setting, values, memory // workers)
    expected, unchecked = predictions(theory, values)
    shrinking, unseen = orders(theory, values)
    expected, unchecked = [*expected, *shrinking], {**unchecked, **unseen}
    level = float(significance) / len(expected)
    running: AbstractContextManager[Executor | None] = (
        nullcontext(None) if workers == 1 else pool(workers)
    )
    plan = Plan(seed, float(resolution), level, networks, workers, memory)
    _require_memory(expected, values, memory // workers)
    with running as executor:
        found = measured(expected, plan, executor, budget)
    return Verdicts(
        verdicts_of(expected, found, plan, significance), described(theory.setting), texts(values),
        seed, float(resolution), float(significance), unchecked, versions(),
    )  # fmt: skip


def measured(
    expected: Sequence[Prediction],
    plan: Plan,
    executor: Executor | None = None,
    budget: float | None = None,
) -> list[Measured]:
    """Every prediction beside its estimate, each network being simulated once.

    Parameters
    ----------
    expected : sequence of Prediction
    plan : Plan
    executor : concurrent.futures.Executor, optional
    budget : float, optional
        Seconds, of which every network that is left gets an equal part.

    Examples
    --------
    >>> from hebbsym.families.rules import ExpandedRule
    >>> from hebbsym.theories import derive
    >>> hebb = derive(ExpandedRule(2, {(1, 1): 1}), quantities=["snr"])
    >>> expected, _ = predictions(hebb, {notation.D: sp.Integer(50), notation.K: sp.Integer(10)})
    >>> found = measured(expected, Plan(1, 0.05, 0.01))[0].finding
    >>> found.predicted == 7 / 3, abs(found.z) < 4  # the root of rho = 49/9
    (True, True)
    """
    ends = None if budget is None else time.monotonic() + budget
    groups = _grouped(expected)
    found: dict[int, Measured] = {}
    for number, (network, places) in enumerate(groups):
        share = None if ends is None else (ends - time.monotonic()) / (len(groups) - number)
        wanted = [expected[n] for n in places]
        found |= zip(places, measure(network, wanted, plan, executor, share), strict=True)
    return [found[n] for n in range(len(expected))]


# ---- what is asked for --------------------------------------------------------------------


def _require(
    seed: int, workers: int, resolution: Any, significance: Any, networks: int | None,
    budget: float | None,
) -> None:  # fmt: skip
    for name, number, least in (
        ("seed", seed, 0),
        ("workers", workers, 1),
        ("networks", networks, 2),
    ):
        if number is not None and (not isinstance(number, int) or number < least):
            raise InvalidValue(f"{name} is an integer of at least {least}, not {number}")
    for name, share in (("resolution", resolution), ("significance", significance)):
        if not 0 < share < 1:
            raise InvalidValue(f"{name} lies between 0 and 1, not at {share}")
    if budget is not None and not budget > 0:
        raise InvalidValue(f"budget is a positive number of seconds, not {budget}")


def _exact(name: str, number: Any) -> sp.Expr:
    if isinstance(number, numbers.Rational):
        return sp.Rational(int(number.numerator), int(number.denominator))
    value: sp.Expr = exact(number)
    if not (value.is_number and value.is_real):
        raise InvalidValue(f"{name}={value} is not a real number")
    return value


def _require_known(theory: Theory, values: Mapping[sp.Symbol, sp.Expr]) -> None:
    known = {notation.D, notation.K, *theory.setting.free_symbols}
    known = known.union(*(claim.free_symbols for claim in theory.values()))
    for symbol in values:
        if symbol not in known and symbol not in notation.STANDARD:
            names = ", ".join(sorted(map(str, known)))
            raise InvalidValue(f"{symbol} does not occur; the symbols are {names}")


def _grouped(expected: Sequence[Prediction]) -> list[tuple[Memory | None, list[int]]]:
    """The networks to simulate, each with the places of its predictions in the family."""
    groups: list[tuple[Memory | None, list[int]]] = []
    for place, prediction in enumerate(expected):
        for network, places in groups:
            if network == prediction.network:
                places.append(place)
                break
        else:
            groups.append((prediction.network, [place]))
    return groups


def _require_memory(
    expected: Sequence[Prediction], values: Mapping[sp.Symbol, sp.Expr], memory: int
) -> None:
    """Refuse the given sizes before any work; a capacity's own load may turn out too large later."""
    for network in (one.network for one in expected):
        if network is not None and values.get(notation.K) == network.patterns:
            require_memory(network, memory)


def described(setting: Setting) -> dict[str, str]:
    """Rule, patterns, cue and threshold as text.

    Examples
    --------
    >>> from hebbsym.families.rules import ExpandedRule
    >>> described(Setting(ExpandedRule(2, {(1, 1): 1}, "hebb")))["rule"]
    'hebb'
    """
    return {
        "rule": setting.rule.name,
        "patterns": setting.patterns.text,
        "cue": setting.cue.text,
        "threshold": setting.threshold.text,
    }
