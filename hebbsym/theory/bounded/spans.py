r"""Claims about many patterns in bounded synapses: the limit of rho by age, and the memory span.

Main names
----------
settled
    A closed form as the number of patterns grows.
QUANTITIES
    snr:stationary, span, span:stationary.

Conventions
-----------
A span is a number of patterns: those ages whose rho exceeds z**2.
"""

from __future__ import annotations

import sympy as sp

from hebbsym import notation
from hebbsym.claim import Claim, Derivation, Evidence, Method, Regime, Step
from hebbsym.errors import NotDerivable
from hebbsym.notation import K, age, equation, z
from hebbsym.theory.bounded.bench import SynapseBench, assumed
from hebbsym.theory.bounded.chains import Chain
from hebbsym.theory.bounded.field import snr
from hebbsym.theory.bounded.synapse import SteppedMoments
from hebbsym.theory.workbench import Quantity, same


def settled(bench: SynapseBench, formula: sp.Expr) -> sp.Expr:
    """A closed form as K grows: rates to a power that grows with K vanish.

    Raises
    ------
    NotDerivable
        When the chain is stepped, or nothing of the pattern is left in the limit.
    """
    if not bench.moments.closed or isinstance(bench.moments, SteppedMoments):
        raise NotDerivable(
            "the limit of many patterns is taken of a closed form, and there is none"
        )
    limit = formula.replace(
        lambda part: part.is_Pow and part.exp.has(K) and not part.base.has(K),
        lambda part: sp.S.Zero,
    )
    if limit.has(K) or limit in (0, sp.nan, sp.zoo):
        raise NotDerivable("nothing of a pattern is left when many patterns are stored")
    return limit


def _settled_snr(bench: SynapseBench) -> Claim:
    if not Chain(bench.setting).ordered:
        raise NotDerivable("the rule forgets nothing: its memory has no stationary signal")
    whole = snr(bench)
    formula = settled(bench, whole)

    def tends() -> bool:
        symbols = sorted(formula.free_symbols - {age, notation.D}, key=str)
        at = {s: sp.Rational(2 * n + 1, 7) for n, s in enumerate(symbols)}
        at |= {notation.D: sp.Integer(50), age: sp.Integer(1)}
        last = formula.xreplace(at)
        gaps = [
            abs((whole.xreplace({**at, K: sp.Integer(k)}) / last - 1).evalf(30)) for k in (20, 200)
        ]
        return bool(gaps[1] <= gaps[0] / 10 + sp.Float(10) ** -25)

    step = Step(
        equation(notation.rho, formula),
        "K to infinity: the rates of forgetting lie below 1, and their powers vanish",
        Evidence(
            Method.LIMIT, "relative distance at K = 20 and 200, at rational parameters", tends
        ),
    )
    return Claim(
        "snr:stationary",
        "signal-to-noise ratio by age, when many patterns are stored",
        formula,
        Regime.LEADING_ORDER,
        assumed(bench.setting),
        Derivation((step,)),
        symbol=notation.rho,
        dropped="terms that decay geometrically in K",
    )


def _span(bench: SynapseBench) -> Claim:
    rho = snr(bench)
    beyond = sp.StrictGreaterThan(rho, z**2, evaluate=False)
    formula = sp.Sum(sp.Piecewise((1, beyond), (0, True)), (age, 0, K - 1))
    shape = sp.Sum(
        sp.Piecewise(
            (1, sp.StrictGreaterThan(sp.Function("rho")(age), z**2, evaluate=False)), (0, True)
        ),
        (age, 0, K - 1),
    )
    return Claim(
        "span",
        "memory span: the number of stored patterns whose signal-to-noise ratio exceeds z^2",
        formula,
        Regime.EXACT,
        assumed(bench.setting),
        Derivation((Step(shape, "definition: rho of every age is compared with z^2"),)),
        symbol=sp.Symbol("T_{z}"),
        display=shape,
    )


def _settled_span(bench: SynapseBench) -> Claim:
    """rho = n S / (W - S) with S = A lambda^(2 age): solved for the age."""
    setting = bench.setting
    if not Chain(setting).ordered:
        raise NotDerivable("the rule forgets nothing: its memory has no stationary span")
    if not Chain(setting).history_free:
        raise NotDerivable(
            "the signal has a closed span where weights onto one unit are independent (unbiased signs)"
        )
    one, two, _ = (settled(bench, e) for e in bench.moments.at_value(1))
    first = one.xreplace({age: sp.S.Zero})
    rate = sp.cancel(one.xreplace({age: sp.S.One}) / first)
    if age in two.free_symbols or not same(sp.powsimp(sp.expand(one / first)), rate**age):
        raise NotDerivable("the signal decays by more than one rate: ask for span at a given K")
    n = bench.inputs
    at = sp.log(first**2 * (n + z**2) / (two * z**2)) / (-2 * sp.log(rate))
    formula = sp.Max(0, sp.ceiling(at))
    rho = settled(bench, snr(bench))

    def counts() -> bool:
        symbols = sorted(formula.free_symbols - {notation.D, z}, key=str)
        values = {s: sp.Rational(2 * k + 1, 7 + 4 * k) for k, s in enumerate(symbols)}
        for size, demand in ((100, 1), (1000, 2), (10000, 3), (20, 4)):
            given = {**values, notation.D: sp.Integer(size), z: sp.Integer(demand)}
            claimed, ages = formula.xreplace(given), 0
            while rho.xreplace({**given, age: sp.Integer(ages)}) > demand**2:
                ages += 1
            if sp.Integer(ages) != claimed:
                return False
        return True

    step = Step(
        equation(sp.Symbol("T_{z}"), formula),
        "rho > z^2 solved for the age: the squared signal decays by the squared rate of one chain",
        Evidence(Method.SUBSTITUTION, "ages counted one by one at four sizes and demands", counts),
    )
    return Claim(
        "span:stationary",
        "memory span when many patterns are stored",
        formula,
        Regime.LEADING_ORDER,
        assumed(setting),
        Derivation((step,)),
        symbol=sp.Symbol("T_{z}"),
        dropped="terms that decay geometrically in K",
    )


QUANTITIES: dict[str, Quantity[SynapseBench]] = {
    "snr:stationary": Quantity(_settled_snr),
    "span": Quantity(_span),
    "span:stationary": Quantity(_settled_span),
}
