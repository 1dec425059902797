r"""Claims about n-body memories: M(x), V(x), rho, the best rule, the number of synapses.

Main names
----------
QUANTITIES
    synapses, field_mean, field_variance, snr, signal_vector, noise_matrix, optimal_rule, optimal_snr.
"""

from __future__ import annotations

import itertools

import sympy as sp

from hebbsym import notation
from hebbsym.claim import Claim, Derivation, Evidence, Method, Regime, Step
from hebbsym.notation import K, equation, field_mean, field_variance, x
from hebbsym.theory.nbody.bench import NBodyBench, assumed
from hebbsym.theory.nbody.enumeration import NBodyEnumeration
from hebbsym.theory.workbench import Quantity, same

_s, _N, _W = sp.symbols("s N W")
_own, _other = sp.symbols("M_{own} M_{other}")


def _synapses(bench: NBodyBench) -> Claim:
    formula = bench.synapses
    inputs = bench.setting.inputs
    bodies = bench.moments.rule.bodies
    step = Step(
        equation(_W, formula),
        "a synapse of n bodies onto a unit is a choice of n - 1 of its inputs",
        Evidence(
            Method.ENUMERATION,
            "subsets counted one by one at D = 9",
            lambda: _counted(inputs, bodies) == formula.xreplace({notation.D: sp.Integer(9)}),
        ),
    )
    return Claim(
        "synapses",
        "number of plastic synapses of one unit",
        formula,
        Regime.EXACT,
        (),
        Derivation((step,)),
        symbol=_W,
    )


def _counted(inputs: sp.Expr, bodies: tuple[int, ...]) -> int:
    """Subsets of the inputs of a unit at D = 9, one by one."""
    units = range(int(inputs.xreplace({notation.D: sp.Integer(9)})))
    return sum(1 for n in bodies for _ in itertools.combinations(units, n - 1))


def _field_mean(bench: NBodyBench) -> Claim:
    moments = bench.moments
    formula = moments.expression(moments.mean)
    steps = (
        Step(
            equation(field_mean(x), _own + (K - 1) * _other),
            "the field is a sum over patterns and over disjoint subsets T and U of the inputs: in T "
            "the pattern's value meets the cue's, in U the cue's stands alone; the cued pattern and "
            "K - 1 others",
        ),
        Step(
            equation(field_mean(x), formula),
            "units are independent, and (T, U) is chosen in N!/(k! (m - k)! (N - m)!) ways",
            bench.at_letters("mean of the field", formula, NBodyEnumeration.field_mean),
        ),
    )
    return Claim(
        "field_mean",
        "mean of the field at a unit that stores x",
        formula,
        Regime.EXACT,
        assumed(bench),
        Derivation(steps),
        symbol=field_mean(x),
        observable="field_mean",
    )


def _field_variance(bench: NBodyBench) -> Claim:
    moments = bench.moments
    formula = moments.expression(moments.variance)
    step = Step(
        equation(field_variance(x), formula),
        "a product of two terms is a sum over the ways in which their subsets share units; the two "
        "patterns are the cued one twice, the cued one and another, another twice, or two others",
        bench.at_letters("variance of the field", formula, NBodyEnumeration.field_variance),
    )
    return Claim(
        "field_variance",
        "variance of the field at a unit that stores x",
        formula,
        Regime.EXACT,
        assumed(bench),
        Derivation((step,)),
        symbol=field_variance(x),
        observable="field_variance",
    )


def _snr(bench: NBodyBench) -> Claim:
    formula = bench.moments.rho
    low, high = bench.moments.values
    shape = (field_mean(high) - field_mean(low)) ** 2 / (
        2 * (field_variance(high) + field_variance(low))
    )
    steps = (
        Step(equation(notation.rho, shape), "definition for a two-valued ensemble"),
        Step(
            equation(notation.rho, formula),
            "M and V inserted, common factors removed",
            bench.walked("snr", formula, NBodyEnumeration.snr),
        ),
    )
    return Claim(
        "snr",
        "signal-to-noise ratio",
        formula,
        Regime.EXACT,
        assumed(bench),
        Derivation(steps),
        symbol=notation.rho,
        observable="snr",
        display=shape,
    )


def _names(bench: NBodyBench) -> str:
    return ", ".join(str(notation.body_coefficient(*place)) for place in bench.moments.places)


def _signal_vector(bench: NBodyBench) -> Claim:
    moments, best = bench.moments, bench.optimum
    formula = sp.ImmutableMatrix([moments.expression(s) for s in best.signal_vector])
    step = Step(
        formula,
        "the means are linear in the coefficients",
        Evidence(
            Method.SUBSTITUTION,
            "s.c against the signal of the rule",
            lambda: _linear(bench),
        ),
    )
    return Claim(
        "signal_vector",
        f"signal vector s, over {_names(bench)}",
        formula,
        Regime.EXACT,
        assumed(bench),
        Derivation((step,)),
        symbol=_s,
    )


def _linear(bench: NBodyBench) -> bool:
    moments = bench.moments
    pairs = zip(bench.optimum.signal_vector, moments.coefficients, strict=True)
    return bool(sum((s * c for s, c in pairs), moments.ring.zero) == moments.signal)


def _noise_matrix(bench: NBodyBench) -> Claim:
    moments, best = bench.moments, bench.optimum
    rows = [[moments.expression(e) for e in row] for row in best.noise_matrix]
    step = Step(
        sp.ImmutableMatrix(rows),
        "the variances are quadratic in the coefficients, across the orders too",
        Evidence(
            Method.SUBSTITUTION,
            "c^T N c against the noise of the rule",
            lambda: _quadratic(bench),
        ),
    )
    return Claim(
        "noise_matrix",
        f"noise matrix N, over {_names(bench)}",
        sp.ImmutableMatrix(rows),
        Regime.EXACT,
        assumed(bench),
        Derivation((step,)),
        symbol=_N,
    )


def _quadratic(bench: NBodyBench) -> bool:
    moments = bench.moments
    total = moments.ring.zero
    for row, c in zip(bench.optimum.noise_matrix, moments.coefficients, strict=True):
        for entry, d in zip(row, moments.coefficients, strict=True):
            total += entry * c * d
    return bool(total == moments.noise)


def _optimal_rule(bench: NBodyBench) -> Claim:
    best = bench.optimum
    formula = best.increment
    steps = (
        Step(
            sp.Symbol(r"\rho(c) = (s \cdot c)^2 / (c^{\mathsf T} N c)"),
            "the means are linear and the variances quadratic in the coefficients of all orders",
            Evidence(
                Method.SUBSTITUTION,
                "s.c and c^T N c against the rule",
                lambda: _linear(bench) and _quadratic(bench),
            ),
        ),
        Step(
            formula,
            "a Rayleigh quotient with one direction in its numerator is largest at N^{-1} s "
            "(Cauchy-Schwarz in the inner product N)",
            Evidence(Method.SUBSTITUTION, "N c* is parallel to s", lambda: _solves(bench)),
        ),
    )
    return Claim(
        "optimal_rule",
        "best local rule on these synapses, exact at finite D and K",
        formula,
        Regime.EXACT,
        (*assumed(bench), "best in signal-to-noise ratio; unique up to a factor"),
        Derivation(steps),
        symbol=sp.Symbol(r"\Delta w^{*}"),
    )


def _solves(bench: NBodyBench) -> bool:
    """N c* against s over all coefficients, cross-multiplied."""
    moments, best = bench.moments, bench.optimum
    image = [
        sp.Add(
            *(
                moments.expression(entry) * best.best.get(place, sp.S.Zero)
                for entry, place in zip(row, moments.places, strict=True)
            )
        )
        for row in best.noise_matrix
    ]
    signal = [moments.expression(s) for s in best.signal_vector]
    pivot = moments.places.index(best.places[0])
    pivot = next(at for at, s in enumerate(signal) if s != 0) if signal[pivot] == 0 else pivot
    return all(
        same(one * signal[pivot], image[pivot] * s) for one, s in zip(image, signal, strict=True)
    )


def _optimal_snr(bench: NBodyBench) -> Claim:
    formula = bench.optimum.best_rho

    def attained() -> bool:
        setting = bench.setting.with_rule(bench.optimum.best_rule)
        return same(NBodyBench(setting).moments.rho, formula)

    step = Step(
        formula,
        "rho at c* = N^{-1} s is s^T N^{-1} s",
        Evidence(Method.SECOND_ROUTE, "rho of the rule c* derived as that of any rule", attained),
    )
    return Claim(
        "optimal_snr",
        "highest signal-to-noise ratio that a local rule on these synapses reaches",
        formula,
        Regime.EXACT,
        assumed(bench),
        Derivation((step,)),
        symbol=sp.Symbol(r"\rho^{*}"),
    )


QUANTITIES: dict[str, Quantity[NBodyBench]] = {
    "synapses": Quantity(_synapses),
    "field_mean": Quantity(_field_mean),
    "field_variance": Quantity(_field_variance),
    "snr": Quantity(_snr),
    "signal_vector": Quantity(_signal_vector, by_default=False),
    "noise_matrix": Quantity(_noise_matrix, by_default=False),
    "optimal_rule": Quantity(_optimal_rule, by_default=False),
    "optimal_snr": Quantity(_optimal_snr, by_default=False),
}
