r"""A theory's quantities along the load, or by the age of a pattern: predicted and simulated.

Main names
----------
sweep, age_sweep
    Along the load, and by age in the same networks.
Sweep, Curve, Point
    What they give.
loads_around, ages_up_to
    Where to look.

Conventions
-----------
Standard errors are clustered by network.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import sympy as sp

from hebbsym.families.thresholds import Zero
from hebbsym.networks import network_of
from hebbsym.notation import D, K, age
from hebbsym.numeric import evaluate, value
from hebbsym.simulate import simulate

if TYPE_CHECKING:
    from hebbsym.theories import Theory

_LINE_POINTS = 33
_WORK = 4 * 10**7
"""Square of D times the number of networks of one point of a figure."""


@dataclass(frozen=True)
class Point:
    """A simulated quantity at one load or age."""

    place: float
    value: float
    stderr: float


@dataclass(frozen=True)
class Curve:
    """One quantity along the load or the age: the claim's values, and what simulation found."""

    quantity: str
    title: str
    line: tuple[tuple[float, float], ...]
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Sweep:
    """The curves of one theory, and what it takes to have them again."""

    label: str
    curves: tuple[Curve, ...]
    units: int
    networks: int
    seed: int
    along: str = r"load $K/D$"


def sweep(
    theory: Theory,
    values: Mapping[sp.Symbol, sp.Expr],
    loads: Iterable[int],
    *,
    quantities: Sequence[str] = ("snr", "bit_error"),
    networks: int | None = None,
    seed: int = 0,
    label: str = "",
) -> Sweep:
    """Predict and simulate quantities of a theory at several loads.

    Parameters
    ----------
    theory : Theory
    values : mapping of symbol to exact number
        A value for D and every symbol of the setting; K is replaced by the loads.
    loads : iterable of int
        The numbers of patterns to simulate.
    quantities : sequence of str
        Claims with an observable that does not depend on the stored value; those that the
        theory lacks are left out.
    networks : int, optional
        Networks at each load; by default at most 64, fewer where D is large.

    Raises
    ------
    InvalidValue
        When a symbol is left without a value.
    """
    size = int(values[D])
    count = networks or max(8, min(64, _WORK // size**2))
    there = set(theory)
    claims = [theory[q] for q in quantities if q in there and theory[q].observable]
    simulated: dict[str, list[Point]] = {claim.name: [] for claim in claims}
    numbers = sorted(set(loads))
    for load in numbers:
        at = {**values, K: sp.Integer(load)}
        run = simulate(network_of(theory.setting.at(at), at), count, seed=seed)
        for claim in claims:
            found = run.estimate(str(claim.observable))
            simulated[claim.name].append(Point(load / size, found.value, found.stderr))
    curves = []
    for claim in claims:
        formula = claim.formula if claim.prediction is None else claim.prediction
        line = _line(formula, values, numbers[0], numbers[-1], size)
        curves.append(Curve(claim.name, claim.title, line, tuple(simulated[claim.name])))
    return Sweep(label or theory.setting.rule.name, tuple(curves), size, count, seed)


def age_sweep(
    theory: Theory,
    values: Mapping[sp.Symbol, sp.Expr],
    *,
    quantities: Sequence[str] = ("snr", "bit_error"),
    networks: int | None = None,
    seed: int = 0,
) -> Sweep:
    """Predict and simulate quantities of patterns of several ages, in the same networks.

    Parameters
    ----------
    theory : Theory
        Of a rule that depends on the weight.
    values : mapping of symbol to exact number
        A value for D, K and every symbol of the setting.
    quantities : sequence of str
        Claims with an observable that does not depend on the stored value; those that the
        theory lacks are left out, and so are those whose threshold changes with the age.
    networks : int, optional
        By default at most 256, fewer where D is large.

    Raises
    ------
    InvalidValue
        When a symbol is left without a value.
    """
    size, load = int(values[D]), int(values[K])
    count = networks or max(16, min(256, 4 * _WORK // size**2))
    there = set(theory)
    claims = [theory[q] for q in quantities if q in there and theory[q].observable]
    ages = ages_up_to(load)
    setting = theory.setting.at(values)
    if setting.threshold.depends_on_load:
        claims = [claim for claim in claims if claim.observable == "snr"]
        setting = replace(setting, threshold=Zero())
    run = simulate(network_of(setting, values, ages), count, seed=seed)
    curves = []
    for claim in claims:
        points = []
        for old in ages:
            found = run.at_age(old).estimate(str(claim.observable))
            points.append(Point(old, found.value, found.stderr))
        line = tuple(
            (float(old), float(value(claim, {**values, age: sp.Integer(old)}, 12)))
            for old in ages_up_to(load, _LINE_POINTS)
        )
        curves.append(Curve(claim.name, claim.title, line, tuple(points)))
    label = theory.setting.rule.name
    return Sweep(label, tuple(curves), size, count, seed, "age of the pattern")


def ages_up_to(load: int, count: int = 9) -> tuple[int, ...]:
    """Ages from 0 to half of the patterns, evenly.

    Examples
    --------
    >>> ages_up_to(40)
    (0, 2, 5, 8, 10, 12, 15, 18, 20)
    """
    last = min(load - 1, load // 2)
    return tuple(sorted({round(last * n / (count - 1)) for n in range(count)}))


def loads_around(load: int, points: int = 9) -> tuple[int, ...]:
    """Numbers of patterns from a quarter of ``load`` to three times it, evenly in the logarithm.

    Examples
    --------
    >>> loads_around(40)
    (10, 14, 19, 25, 35, 47, 64, 88, 120)
    """
    lowest, highest = max(2.0, load / 4), max(4.0, 3.0 * load)
    ratio = (highest / lowest) ** (1 / (points - 1))
    return tuple(sorted({round(lowest * ratio**n) for n in range(points)}))


def _line(
    formula: sp.Basic, values: Mapping[sp.Symbol, sp.Expr], low: int, high: int, size: int
) -> tuple[tuple[float, float], ...]:
    """The formula at integer loads between the lowest and the highest one."""
    ratio = (high / low) ** (1 / (_LINE_POINTS - 1)) if high > low else 1.0
    loads = sorted({round(low * ratio**n) for n in range(_LINE_POINTS)})
    return tuple(
        (load / size, float(evaluate(formula, {**values, K: sp.Integer(load)}, 12)))
        for load in loads
    )
