r"""Capacity in bits: the information that one recall step gives back, for each synapse.

Main names
----------
QUANTITIES
    capacity:synapse.
"""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp

from hebbsym.capacity.claims import trust
from hebbsym.capacity.criteria import criteria
from hebbsym.claim import Claim, Derivation, Evidence, Method, Remainder, Step
from hebbsym.notation import K, equation
from hebbsym.numeric import evaluate
from hebbsym.theory.bits import conditional_error
from hebbsym.theory.mixture import edgeworth
from hebbsym.theory.signals import conditions
from hebbsym.theory.workbench import Quantity, Workbench, needs_two_values


def _synapse(bench: Workbench) -> Claim:
    setting = bench.setting
    high = bench.laws[1]
    wrong_low, wrong_high = (conditional_error(bench, side) for side in (False, True))
    e_low, e_high = sp.symbols("e_- e_+")
    information = _information(high.probability, e_low, e_high)
    inputs = setting.inputs
    shape = K / inputs * information
    formula = shape.xreplace({e_low: wrong_low, e_high: wrong_high})
    regime, note = trust(bench, criteria["bit"])
    steps = (
        Step(
            equation(sp.Symbol("I"), information),
            "mutual information in bits between a stored bit and the recalled one",
            Evidence(
                Method.LIMIT,
                "no errors give the entropy of a bit; useless recall gives 0",
                lambda: _information_limits(information, high.probability, e_low, e_high),
            ),
        ),
        Step(
            equation(sp.Symbol("C"), shape),
            "K patterns of as many bits as there are units, over n synapses for each unit",
        ),
    )
    return Claim(
        "capacity:synapse",
        "information that one recall step gives back, in bits per synapse, at load K",
        formula,
        regime,
        (*conditions(setting), "recalled bits are counted one by one (no coding across bits)"),
        Derivation(steps),
        "derived here",
        symbol=sp.Symbol("C"),
        dropped=note,
        observable="information",
        prediction=information.xreplace({e_low: wrong_low, e_high: wrong_high}),
        remainder=_remainder(bench),
        display=shape,
    )


def _remainder(bench: Workbench) -> Remainder:
    """What the information drops: its slope in each error times what that error drops."""
    wrong = [conditional_error(bench, side) for side in (False, True)]
    errors = sp.symbols("e_- e_+")
    shape = _information(bench.laws[1].probability, *errors)
    dropped = [edgeworth(bench.setting, (side,)) for side in (False, True)]

    def size(values: Mapping[sp.Symbol, sp.Expr]) -> sp.Expr:
        at = dict(zip(errors, wrong, strict=True))
        # unevaluated: SymPy would split the modulus of a sum that it does not know to be real
        slopes = [sp.Abs(shape.diff(error).xreplace(at), evaluate=False) for error in errors]
        return sum((s * d(values) for s, d in zip(slopes, dropped, strict=True)), sp.S.Zero)

    return size


def _entropy(p: sp.Expr) -> sp.Expr:
    return -(p * sp.log(p) + (1 - p) * sp.log(1 - p)) / sp.log(2)


def _information(p: sp.Expr, low: sp.Expr, high: sp.Expr) -> sp.Expr:
    """I(stored; recalled) of a binary channel with error probabilities ``low`` and ``high``."""
    recalled = p * (1 - high) + (1 - p) * low
    return _entropy(recalled) - p * _entropy(high) - (1 - p) * _entropy(low)


def _information_limits(information: sp.Expr, p: sp.Expr, low: sp.Symbol, high: sp.Symbol) -> bool:
    value = {s: sp.Rational(1, 3) for s in p.free_symbols}
    at = information.xreplace(value)
    share = p.xreplace(value)
    useless = at.xreplace({low: sp.Rational(1, 4), high: sp.Rational(3, 4)})
    tiny = sp.Rational(1, 10**40)
    nearly = evaluate(at.xreplace({low: tiny, high: tiny}) - _entropy(share), {})
    return bool(abs(evaluate(useless, {}, 30)) < 1e-25 and abs(nearly) < 1e-30)


QUANTITIES: dict[str, Quantity[Workbench]] = {
    "capacity:synapse": Quantity(_synapse, needs_two_values)
}
