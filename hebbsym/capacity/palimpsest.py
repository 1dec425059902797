r"""How many of the most recent patterns are recalled: the span of a palimpsest.

A memory whose weights settle keeps recent patterns and forgets old ones (a palimpsest). Its span S
is the number of ages 0, 1, ..., S - 1 at which the stationary ratio reaches what a criterion
demands. Where the ratio is linear in one power y = q**age,

.. math:: S = 1 + \frac{\ln y}{\ln q}, \qquad \rho_\infty(y) = z^2

Main names
----------
QUANTITIES
    span, span:bit, span:pattern, span:ceiling.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp

from hebbsym import notation
from hebbsym.capacity.criteria import criteria
from hebbsym.claim import Claim, Derivation, Evidence, Method, Regime, Step
from hebbsym.errors import NotDerivable
from hebbsym.notation import S, equation, z
from hebbsym.theory.ages.bench import AgedBench, renewed
from hebbsym.theory.ages.claims import assumed
from hebbsym.theory.ages.forms import Geometric
from hebbsym.theory.setting import Setting
from hebbsym.theory.workbench import Quantity, needs_two_values

_rho_limit = sp.Symbol(r"\rho_\infty")
_kappa = sp.Symbol("kappa", positive=True)
_q = sp.Symbol("q", positive=True)
_level = sp.Symbol("level", positive=True)


# ---- the span -----------------------------------------------------------------------------


def _ratio(name: str) -> Callable[[Setting], sp.Expr]:
    """What a criterion demands of the ratio; by the Gaussian error Q(sqrt(rho)) where it needs one."""

    def demanded(setting: Setting) -> sp.Expr:
        if not name:
            return z**2
        ratio = criteria[name].ratio(notation.epsilon, setting.units)
        assert ratio is not None
        return ratio

    return demanded


def _span(name: str) -> Callable[[AgedBench], Claim]:
    title = "number of recent patterns that are recalled"
    demanded = _ratio(name)

    def build(bench: AgedBench) -> Claim:
        setting, field = bench.setting, bench.stationary
        ratio = demanded(setting)
        geometric = field.forms.geometric(field.ratio)
        statement = (
            criteria[name].statement if name else "the signal-to-noise ratio is at least z^2"
        )
        dropped = (
            "what K patterns have not yet settled: it falls like a power K of the retention"
            + (
                "; the distance of the field from a Gaussian, and of the error from Q(sqrt(rho))"
                if name
                else ""
            )
        )
        steps = [
            Step(
                equation(_rho_limit, field.snr),
                "the ratio after many patterns, which falls with the age",
            )
        ]
        if geometric is None:
            older = field.snr.xreplace({notation.age: S - 1})
            formula: sp.Basic = equation(older, ratio)
            steps.append(
                Step(formula, "the oldest pattern that is recalled just meets the criterion")
            )
        else:
            formula = 1 + geometric.age_at(ratio)
            steps.append(_solved(bench, geometric, ratio, formula))
        return Claim(
            f"span:{name}" if name else "span",
            f"{title} ({statement})",
            formula,
            Regime.HEURISTIC if name else Regime.LEADING_ORDER,
            (*assumed(setting), f"{bench.settling.text}: the moments of the weights settle"),
            Derivation(tuple(steps)),
            symbol=S,
            unknown=S if geometric is None else None,
            dropped=dropped,
            observable=None if name else "snr",
            prediction=None if name else bench.field.snr,
            requirements=(bench.settling,),
            recent=not name,
        )

    return renewed(build)


def _solved(bench: AgedBench, geometric: Geometric, ratio: sp.Expr, formula: sp.Expr) -> Step:
    """The span solves the equation that defines it."""
    stationary, y = bench.stationary.snr, sp.Symbol("y")
    form = (geometric.top + geometric.gain * y) / (geometric.bottom + geometric.loss * y)

    def solves() -> bool:
        if sp.cancel(form.xreplace({y: geometric.power_at(_level)}) - _level) != 0:
            return False
        return all(
            stationary.xreplace({**values, notation.age: sp.Integer(age)})
            == form.xreplace({**values, y: geometric.rate.xreplace(values) ** age})
            for values in bench.points(stationary)
            for age in (0, 1, 5)
        )

    return Step(
        equation(S, formula),
        "the ratio is linear in one power of a rate: solved for the age, and one more, since the last "
        "pattern has age 0",
        Evidence(
            Method.SUBSTITUTION,
            "the power put back into the quotient; the quotient against the ratio at ages 0, 1, 5, "
            "exactly, at rational values of all symbols",
            solves,
        ),
    )


def _span_ceiling(bench: AgedBench) -> Claim:
    ceiling = bench.stationary.ceiling
    if ceiling == sp.oo:
        raise NotDerivable(
            "the span has no ceiling in this setting: rho grows with D without bound at every age"
        )
    formula = equation(ceiling.xreplace({notation.age: S - 1}), z**2)
    return Claim(
        "span:ceiling",
        "number of recent patterns that are recalled however many units there are",
        formula,
        Regime.LEADING_ORDER,
        (*assumed(bench.setting), f"{bench.settling.text}: the moments of the weights settle"),
        Derivation(
            (
                Step(
                    formula,
                    "as D goes to infinity the noise that the unit's history puts into all its inputs "
                    "alike remains: the ratio has a ceiling at every age",
                ),
            )
        ),
        symbol=S,
        unknown=S,
        dropped="the noise that differs between inputs, of relative order 1/D",
        requirements=(bench.settling,),
    )


QUANTITIES: dict[str, Quantity[AgedBench]] = {
    "span": Quantity(_span("")),
    "span:bit": Quantity(_span("bit"), needs_two_values, by_default=False),
    "span:pattern": Quantity(_span("pattern"), needs_two_values, by_default=False),
    "span:ceiling": Quantity(renewed(_span_ceiling), by_default=False),
}
