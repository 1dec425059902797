r"""Claims about one recalled bit by the age of its pattern: the threshold and the error.

The field is a sum of many terms; the error is that of a Gaussian with the exact M and V of that age.
How far the field is from a Gaussian is told by its exact third and fourth cumulants (Edgeworth), which a
check allows for. Where the mean of a term depends on the history of the unit, as it does under a post
part, the terms share a random factor: no number of inputs makes the field Gaussian then, and only a long
history may.

Main names
----------
QUANTITIES
    threshold, bit_error, bit_error:high, bit_error:low.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache

import sympy as sp

from hebbsym import notation
from hebbsym.claim import Claim, Derivation, Regime, Remainder, Step
from hebbsym.errors import NotDerivable
from hebbsym.notation import equation, field_mean, field_variance, tail
from hebbsym.theory.ages.bench import OF_AGE, AgedBench, renewed
from hebbsym.theory.ages.claims import assumed
from hebbsym.theory.bits import threshold, threshold_absent
from hebbsym.theory.mixture import distance, dropped_terms
from hebbsym.theory.setting import Setting
from hebbsym.theory.workbench import Quantity, needs_two_values

_error = sp.Function(r"\operatorname{P}_{\mathrm{err}}")
_SIDES = {"": (False, True), ":high": (True,), ":low": (False,)}


def _threshold(bench: AgedBench) -> Claim:
    return replace(threshold(bench), assumptions=assumed(bench.setting), requirements=(OF_AGE,))


def conditional_error(bench: AgedBench, high: bool) -> sp.Expr:
    """The probability that a bit is wrong given that the higher (or lower) value is stored.

    Raises
    ------
    NotDerivable
        When the field has no noise: every bit is right, or wrong, or tied.

    Examples
    --------
    >>> from hebbsym.families.named import rules
    >>> oja = AgedBench(Setting(rules["oja"]))
    >>> conditional_error(oja, True).has(sp.erfc)
    True
    """
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


@lru_cache(maxsize=32)
def _cumulants(setting: Setting) -> tuple[sp.Expr, ...]:
    """Cumulants 1 to 4 of the field, by age; of a setting with numbers for its symbols."""
    field = AgedBench(setting).higher
    return tuple(field.cumulant(order) for order in (1, 2, 3, 4))


def _remainder(bench: AgedBench, sides: tuple[bool, ...]) -> Remainder:
    """The sizes of the first Edgeworth terms, at values of the symbols."""

    def size(values: Mapping[sp.Symbol, sp.Expr]) -> sp.Expr:
        setting = bench.setting.at(values)
        theta = AgedBench(setting).theta
        total = sp.S.Zero
        for high in sides:
            value, probability = setting.post.alphabet[1 if high else 0]
            at = {**values, notation.x: value}
            cumulants = tuple(c.xreplace(at) for c in _cumulants(setting))
            weight = probability if len(sides) > 1 else sp.S.One
            total += weight * dropped_terms(cumulants, theta.xreplace(dict(values)), high)
        return total

    return size


def _regime(bench: AgedBench) -> tuple[Regime, str]:
    if bench.field.history:
        return (
            Regime.HEURISTIC,
            "the field is taken as Gaussian, although the mean of its terms depends on the history of the "
            "unit that they share; its distance from a Gaussian is sized by the exact cumulants of order "
            "3 and 4",
        )
    return (
        Regime.LEADING_ORDER,
        "the distance of the field from a Gaussian with the exact M and V is dropped: it is given by the "
        "cumulants of order 3 and 4 (Edgeworth), of relative order 1/sqrt(D)",
    )


def _steps(bench: AgedBench, sides: tuple[bool, ...]) -> tuple[Step, ...]:
    steps = []
    for high in sides:
        value = bench.setting.post.alphabet[1 if high else 0][0]
        away = distance(field_mean(value), field_variance(value), notation.theta, high)
        steps.append(
            Step(
                equation(_error(value), sp.Function("Q")(away)),
                "the field is a sum of many terms with mean M and variance V; the bit is wrong when it "
                "falls on the other side of the threshold",
            )
        )
    if len(sides) > 1:
        (low, _), (high_value, _) = bench.setting.post.alphabet
        total = sp.Symbol("p_-") * _error(low) + sp.Symbol("p_+") * _error(high_value)
        steps.append(
            Step(
                equation(sp.Symbol(r"\operatorname{P}_{\mathrm{err}}"), total),
                "average over the stored value, with the probabilities of the two values",
            )
        )
    return tuple(steps)


def _claim(suffix: str) -> Callable[[AgedBench], Claim]:
    sides = _SIDES[suffix]

    def build(bench: AgedBench) -> Claim:
        regime, dropped = _regime(bench)
        errors = [conditional_error(bench, high) for high in sides]
        formula = errors[0]
        if len(sides) > 1 and errors[0] != errors[1]:
            low, high = bench.laws
            formula = low.probability * errors[0] + high.probability * errors[1]
        value = bench.setting.post.alphabet[1 if sides[-1] else 0][0]
        where = f" where {value} is stored" if len(sides) == 1 else ""
        symbol = _error(value) if where else sp.Symbol(r"\operatorname{P}_{\mathrm{err}}")
        steps = _steps(bench, sides)
        shape = steps[-1].equation
        assert isinstance(shape, sp.Eq)
        return Claim(
            f"bit_error{suffix}",
            f"probability that a bit is wrong{where}, by age",
            formula,
            regime,
            (*assumed(bench.setting), bench.setting.output.statement),
            Derivation(steps),
            symbol=symbol,
            dropped=dropped,
            remainder=_remainder(bench, sides),
            observable=f"bit_error{suffix}",
            display=shape.rhs,
            requirements=(OF_AGE,),
        )

    return renewed(build)


QUANTITIES: dict[str, Quantity[AgedBench]] = {
    "threshold": Quantity(renewed(_threshold), threshold_absent),
    **{f"bit_error{suffix}": Quantity(_claim(suffix), needs_two_values) for suffix in _SIDES},
}
