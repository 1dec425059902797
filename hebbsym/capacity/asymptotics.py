r"""Capacity in closed and in leading form: Lambert's W, logarithms, and growth with D.

Main names
----------
QUANTITIES
    capacity:bit:lambert, capacity:pattern:lambert, capacity:all:lambert,
    capacity:pattern:asymptotic, capacity:all:asymptotic, scaling.

References
----------
mceliece1987; corless1996.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import mpmath
import sympy as sp

from hebbsym import notation
from hebbsym.capacity.claims import K_MAX, closed, load_of, upright
from hebbsym.capacity.criteria import criteria
from hebbsym.capacity.growth import leading_growth
from hebbsym.capacity.probing import agrees, probe
from hebbsym.claim import Claim, Derivation, Evidence, Method, Regime, Step
from hebbsym.errors import NotDerivable
from hebbsym.notation import epsilon, equation, rho, z
from hebbsym.numeric import evaluate
from hebbsym.theory.signals import conditions
from hebbsym.theory.workbench import Quantity, Workbench, needs_two_values


def _lambert(name: str) -> Callable[[Workbench], Claim]:
    criterion = criteria[name]

    def build(bench: Workbench) -> Claim:
        sign = _require_closed(bench, name)
        load, units = load_of(bench), bench.setting.units
        ratio = load.lambert(criterion, epsilon, units)
        formula = load.at_ratio(ratio)
        scale, power = load.growth()
        crowd = (scale / rho) ** sp.Rational(criterion.patterns_power, power)
        mills = sp.exp(-rho / 2) / sp.sqrt(2 * sp.pi * rho)
        bound = criterion.bits(units, sp.S.One) * crowd * mills
        steps = (
            Step(
                equation(bound, epsilon),
                "union bound over the bits concerned, and Q(t) < exp(-t^2/2)/(t sqrt(2 pi))",
            ),
            Step(
                equation(rho, ratio),
                "solved by Lambert's function, W e^W = argument",
                Evidence(
                    Method.SUBSTITUTION,
                    "the bound at this ratio is epsilon, 25 digits",
                    lambda: agrees(bound.xreplace({rho: ratio}), epsilon),
                ),
            ),
            Step(equation(K_MAX, formula), "root of rho(K) at that ratio"),
        )
        return Claim(
            f"capacity:{name}:lambert",
            f"closed form by Lambert's W: {criterion.statement}",
            formula,
            Regime.LEADING_ORDER,
            (*conditions(bench.setting), *sign, f"criterion: {criterion.statement}"),
            Derivation(steps),
            "corless1996; mceliece1987",
            symbol=K_MAX,
            dropped="the Mills ratio's relative correction 1/rho and the union bound's epsilon/2"
            + ("; K is taken as G/rho inside the logarithm" if criterion.patterns_power else ""),
        )

    return build


def _require_closed(bench: Workbench, name: str) -> tuple[str, ...]:
    """What is assumed of the sign of the signal; an error where there is no closed form."""
    if not closed(bench):
        raise NotDerivable(
            f"capacity:{name}:lambert and :asymptotic need a bit error Q(sqrt(rho)); here the two "
            "conditional errors differ or the field is a mixture (try the threshold 'optimal', "
            f"or ask for capacity:{name})"
        )
    if not load_of(bench).steady:
        raise NotDerivable(
            f"capacity:{name}:lambert and :asymptotic need a signal that does not depend on K; "
            f"under inhibition a drift acts back on it (ask for capacity:{name})"
        )
    return upright(bench)


def _asymptotic(name: str) -> Callable[[Workbench], Claim]:
    criterion = criteria[name]

    def build(bench: Workbench) -> Claim:
        sign = _require_closed(bench, name)
        growth = leading_growth(bench)
        if growth.exponent == 0:
            raise NotDerivable("the capacity does not grow with D here; ask for 'scaling'")
        units = bench.setting.units
        logs = 2 + 2 * criterion.patterns_power * growth.exponent
        formula = growth.at_ratio(logs * sp.log(units))
        exact = load_of(bench)
        ratio = exact.lambert(criterion, epsilon, units)
        steps = (
            Step(
                equation(rho, logs * sp.log(units)),
                "leading term of Lambert's W at a large argument, W(x) ~ ln x",
            ),
            Step(
                equation(K_MAX, formula),
                "leading term of K(rho) for large D",
                Evidence(
                    Method.LIMIT,
                    "distance from the closed form within (10 + 2 ln ln D)/ln D at D = 1e100, 1e1000, 1e10000",
                    lambda: _approaches(formula, exact.at_ratio(ratio), units),
                ),
            ),
        )
        return Claim(
            f"capacity:{name}:asymptotic",
            f"leading asymptotics: {criterion.statement}",
            formula,
            Regime.LEADING_ORDER,
            (
                *conditions(bench.setting),
                *sign,
                f"criterion: {criterion.statement}",
                "D to infinity",
            ),
            Derivation(steps),
            "mceliece1987",
            symbol=K_MAX,
            dropped="relative corrections of order ln ln D / ln D: tens of per cent at D = 1000",
        )

    return build


def _approaches(leading: sp.Expr, exact: sp.Expr, units: sp.Symbol) -> bool:
    """Whether the ratio tends to 1 as fast as ln ln D / ln D says, over three huge sizes."""
    point = probe(leading, exact)
    near = []
    for power in (100, 1000, 10000):
        large = {s: sp.Integer(10) ** power for s in (notation.D, notation.M) if s in point}
        values = {**point, **large}
        one, other = (evaluate(e, {s: values[s] for s in e.free_symbols}) for e in (leading, exact))
        logarithm = mpmath.log(10) * power
        dropped = 10 + 2 * mpmath.log(logarithm)  # ln(1/(2 pi epsilon^2)) and ln ln D, with room
        near.append(abs(one / other - 1) <= dropped / logarithm)
    return all(near)


def _scaling(bench: Workbench) -> Claim:
    growth = leading_growth(bench)
    exact = load_of(bench).at_ratio(z**2)
    formula = growth.at_ratio(z**2)
    steps = (
        *growth.steps,
        Step(
            equation(K_MAX, formula),
            growth.reason,
            Evidence(
                Method.LIMIT,
                "ratio to the exact root tends to 1 over D = 1e8 ... 1e24",
                lambda: _converges(formula, exact, growth.exponent),
            ),
        ),
    )
    return Claim(
        "scaling",
        "how the capacity grows with the number of units",
        formula,
        Regime.LEADING_ORDER,
        (*conditions(bench.setting), "criterion: rho >= z^2", *growth.conditions),
        Derivation(steps),
        "derived here",
        symbol=K_MAX,
        dropped=f"K_max grows like D^{growth.exponent}; terms of relative order D^(-1/2) or smaller",
    )


def _converges(leading: sp.Expr, exact: sp.Expr, exponent: sp.Rational) -> bool:
    """Ratio of leading and exact root over five sizes: the distance from 1 falls at each."""
    point = probe(leading, exact)
    distances = []
    for power in (8, 12, 16, 20, 24):
        large = {s: sp.Integer(10) ** power for s in (notation.D, notation.M) if s in point}
        values = {**point, **large}
        one, other = (evaluate(e, {s: values[s] for s in e.free_symbols}) for e in (leading, exact))
        distances.append(abs(one / other - 1))
    return bool(
        distances[-1] < 1e-9 and all(b < a or b == 0 for a, b in itertools.pairwise(distances))
    )


QUANTITIES: dict[str, Quantity[Workbench]] = {
    "capacity:bit:lambert": Quantity(_lambert("bit"), needs_two_values, False),
    "capacity:pattern:lambert": Quantity(_lambert("pattern"), needs_two_values, False),
    "capacity:all:lambert": Quantity(_lambert("all"), needs_two_values, False),
    "capacity:pattern:asymptotic": Quantity(_asymptotic("pattern"), needs_two_values, False),
    "capacity:all:asymptotic": Quantity(_asymptotic("all"), needs_two_values, False),
    "scaling": Quantity(_scaling),
}
