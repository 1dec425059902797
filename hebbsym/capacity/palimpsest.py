r"""How many of the most recent patterns are recalled: the span of a palimpsest.

A memory whose weights settle keeps recent patterns and forgets old ones (a palimpsest). Its span S
is the number of ages 0, 1, ..., S - 1 at which the stationary ratio reaches what a criterion
demands. Where the ratio is linear in one power y = q**age,

.. math:: S = 1 + \frac{\ln y}{\ln q}, \qquad \rho_\infty(y) = z^2

Where that is below 1 the last pattern itself misses the criterion, and the number is 0.

Main names
----------
QUANTITIES
    span, span:bit, span:pattern, span:ceiling.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from functools import cache, lru_cache

import sympy as sp
from sympy.polys.rings import PolyElement

from hebbsym import notation
from hebbsym.capacity.criteria import criteria
from hebbsym.claim import Claim, Derivation, Evidence, Method, Regime, Step
from hebbsym.errors import NotDerivable
from hebbsym.notation import S, equation, z
from hebbsym.numeric import evaluate
from hebbsym.theory.ages.bench import AgedBench, renewed
from hebbsym.theory.ages.claims import assumed, run
from hebbsym.theory.ages.forms import Geometric
from hebbsym.theory.ages.histories import history_matters
from hebbsym.theory.setting import Setting
from hebbsym.theory.workbench import Quantity, needs_two_values

_rho_limit = sp.Symbol(r"\rho_\infty")
_kappa = sp.Symbol("kappa", positive=True)
_q = sp.Symbol("q", positive=True)
_level = sp.Symbol("level", positive=True)
_TRIED, _NEAR = 2, sp.Rational(1, 50)
_NOTHING = "no pattern is recalled at this criterion, not even the last one"
_SETTLED, _DIGITS, _COARSE = 14, 40, 12


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
    demanded = _ratio(name)

    def build(bench: AgedBench) -> Claim:
        setting = bench.setting
        formula, solved, steps = _oldest_recalled(bench, demanded(setting))
        return Claim(
            f"span:{name}" if name else "span",
            f"number of recent patterns that are recalled ({_statement(name)})",
            formula,
            Regime.HEURISTIC if name else Regime.LEADING_ORDER,
            (
                *assumed(setting),
                f"{bench.settling.text}: the moments of the weights settle",
                *(_by_error(bench) if name else ()),
            ),
            Derivation(steps),
            symbol=S,
            unknown=None if solved else S,
            dropped=_dropped(name),
            observable=None if name else "snr",
            prediction=None if name else bench.field.snr,
            predicted_anew=None if name else lambda values: AgedBench(setting.at(values)).field.snr,
            requirements=(bench.settling,),
            recent=not name,
            nothing=_NOTHING,
        )

    return renewed(build)


def _statement(name: str) -> str:
    return criteria[name].statement if name else "the signal-to-noise ratio is at least z^2"


def _dropped(name: str) -> str:
    unsettled = "what K patterns have not yet settled: it falls like a power K of the retention"
    gaussian = "the distance of the field from a Gaussian, and of the error from Q(sqrt(rho))"
    return f"{unsettled}; {gaussian}" if name else unsettled


def _oldest_recalled(bench: AgedBench, ratio: sp.Expr) -> tuple[sp.Basic, bool, tuple[Step, ...]]:
    """Where the ratio has fallen to what is demanded: formula or equation, whether it is solved, its steps."""
    field = bench.stationary
    geometric = field.forms.geometric(field.ratio)
    falling = Step(
        equation(_rho_limit, field.snr),
        "the ratio after many patterns, which falls with the age",
        _bracketed(bench, geometric),
    )
    if geometric is None:
        met = equation(field.snr.xreplace({notation.age: S - 1}), ratio)
        last = Step(met, "the oldest pattern that is recalled just meets the criterion")
        return met, False, (falling, last)
    formula = 1 + geometric.age_at(ratio)
    return formula, True, (falling, _solved(bench, geometric, ratio, formula))


def _by_error(bench: AgedBench) -> tuple[str, ...]:
    """What a criterion on errors takes for granted when it is turned into one on rho."""
    taken = "a bit is wrong with probability Q(sqrt(rho)), as for a Gaussian field with the exact M and V"
    if not history_matters(bench):
        return (taken,)
    return (
        taken
        + ", although the law of the field depends on the unit's history here: the right error at an "
        "age is bit_error, the average over the history",
    )


def _bracketed(bench: AgedBench, geometric: Geometric | None) -> Evidence:
    """The span that is solved for lies between the ages at which the recurrence passes the criterion."""
    stationary = bench.stationary.snr

    def keeps_two(level: sp.Expr, values: Mapping[sp.Symbol, sp.Expr]) -> bool:
        if geometric is not None:
            return int(evaluate(1 + geometric.age_at(level), values, _COARSE)) == 2
        kept, lost = (
            evaluate(stationary.xreplace({notation.age: sp.Integer(old)}), values, _COARSE)
            for old in (1, 2)
        )
        return bool(kept > evaluate(level, {}, _COARSE) > lost)

    def brackets() -> bool:
        for values in itertools.islice(bench.settling_points(stationary), _TRIED):
            ratios = [settled_ratio(bench, old, values) for old in range(4)]
            if all(one > other for one, other in itertools.pairwise(ratios)):
                _, kept, lost, _ = ratios
                ends = (kept + (lost - kept) * share for share in (_NEAR, 1 - _NEAR))
                return all(keeps_two(level, values) for level in ends)
        return False  # a ratio that does not fall has no one span

    return Evidence(
        Method.SECOND_ROUTE,
        "with z^2 just below the ratio at age 1, and just above that at age 2, two patterns meet the "
        "criterion: the ratios by the recurrence, run pattern by pattern until it settles, at rational values of all "
        "symbols at which the ratio falls",
        brackets,
    )


def settled_ratio(bench: AgedBench, old: int, values: Mapping[sp.Symbol, sp.Expr]) -> sp.Rational:
    """rho at an age by the recurrence alone, after as many patterns as settle it to 6 digits.

    Examples
    --------
    >>> from hebbsym.families.named import rules
    >>> oja = AgedBench(Setting(rules["oja"]))  # share q**(2 age)/(1 - share) with share = 1 - q**2
    >>> at = {notation.D: sp.Integer(9), notation.eta: sp.Rational(1, 2)}
    >>> round(float(settled_ratio(oja, 1, at)), 10)
    1.8461538462
    """
    return _settled_ratio(bench, old, frozenset(values.items()))


@lru_cache(maxsize=64)  # the spans under all criteria rest on the same ratios
def _settled_ratio(
    bench: AgedBench, old: int, items: frozenset[tuple[sp.Symbol, sp.Expr]]
) -> sp.Rational:
    x = notation.x
    values = {symbol: v for symbol, v in items if symbol != x}
    exact = bench.moments.numbers(values)
    # the mean may settle more slowly than the square
    settling = min(1 - abs(bench.retention(order).xreplace(values)) for order in (1, 2))
    patterns = old + 2 + int(sp.ceiling(_SETTLED / settling))

    @cache
    def seen(element: PolyElement) -> sp.Float:
        return sp.Float(exact(element), _DIGITS)

    mean, variance = (run(bench, order, old, patterns, seen).xreplace(values) for order in (1, 2))
    post = bench.setting.at(values).post
    if post.two_valued:
        (low, _), (high, _) = post.alphabet
        gap = mean.xreplace({x: high}) - mean.xreplace({x: low})
        noise = variance.xreplace({x: high}) + variance.xreplace({x: low})
        return sp.Rational(gap**2 / (2 * noise))

    def average(polynomial: sp.Expr) -> sp.Expr:
        terms = sp.Poly(polynomial, x).terms()
        return sp.Add(*(c * post.moment(k).xreplace(values) for (k,), c in terms))

    covariance = average(x * mean) - average(x) * average(mean)
    spread = average(x**2) - average(x) ** 2
    whole = average(variance + mean**2) - average(mean) ** 2
    return sp.Rational(covariance**2 / (spread * whole - covariance**2))


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
        nothing=_NOTHING,
        dropped="the noise that differs between inputs, of relative order 1/D",
        requirements=(bench.settling,),
    )


QUANTITIES: dict[str, Quantity[AgedBench]] = {
    "span": Quantity(_span("")),
    "span:bit": Quantity(_span("bit"), needs_two_values, by_default=False),
    "span:pattern": Quantity(_span("pattern"), needs_two_values, by_default=False),
    "span:ceiling": Quantity(renewed(_span_ceiling), by_default=False),
}
