r"""Capacities of universal networks on signs: closed where the crosstalk has no mean, equations elsewhere.

Main names
----------
QUANTITIES
    capacity:snr and capacity:bit of separators whose field is a sum over patterns.
NEAREST
    capacity:bit and exponent:recall of the nearest pattern.

Conventions
-----------
capacity:bit is the first number of patterns at which the error of a bit is epsilon. In an auto-associative
network the unit is inside the overlap, so that the crosstalk holds up the cue's own entry, right or wrong: with
ever more patterns the error tends to that of the cue, which epsilon has to be below.

References
----------
demircigil2017 (the exponent for exponential separation; theorem number unverified); krotov2016 (eq. 6, for powers).
"""

from __future__ import annotations

import sympy as sp

from hebbsym.capacity.claims import K_MAX, ratio_capacity
from hebbsym.capacity.criteria import Load, criteria
from hebbsym.capacity.storage import rate_function
from hebbsym.claim import Claim, Derivation, Evidence, Method, Regime, Step
from hebbsym.errors import NotDerivable
from hebbsym.notation import K, delta, epsilon, equation
from hebbsym.numeric import evaluate
from hebbsym.theory.universal.bench import UniversalBench
from hebbsym.theory.universal.claims import (
    DROPPED,
    ERROR,
    GAUSSIAN,
    assumed,
    dropped_by_gauss,
    require_noise,
)
from hebbsym.theory.universal.nearest import NearestBench
from hebbsym.theory.workbench import Quantity

_BIT = criteria["bit"]
_EXPONENT = sp.Symbol(r"\lim \ln K_{\max} / D")


def load_of(bench: UniversalBench) -> Load:
    """rho as a function of K.

    Raises
    ------
    NotDerivable
        Where the crosstalk has a mean given the unit's own entry of the cue.

    Examples
    --------
    >>> from hebbsym.notation import z
    >>> from hebbsym.families.ensembles import Bipolar, Pair
    >>> from hebbsym.families.separators import Identity
    >>> from hebbsym.families.similarities import Dot
    >>> from hebbsym.families.universal import UniversalRule
    >>> from hebbsym.theory.setting import Setting
    >>> pair = Pair(Bipolar(), Bipolar())
    >>> load_of(UniversalBench(Setting(UniversalRule(Dot(), Identity()), pair))).at_ratio(z**2)
    D/z**2 + 1
    """
    if any(bench.crosstalk_given(y, 1) != 0 for y, _ in bench.branches):
        raise NotDerivable(
            "the crosstalk has a mean that holds up the cue's own entry, right or wrong, so that rho does not "
            "tell what is retrieved: ask for capacity:bit with flipped cues, or for hetero-association"
        )
    return Load(*bench.by_load)


def _snr(bench: UniversalBench) -> Claim:
    require_noise(bench)
    return ratio_capacity(
        load_of(bench), bench.rho, assumed(bench.setting), "linear in the number of other patterns"
    )


def _bit(bench: UniversalBench) -> Claim:
    require_noise(bench)
    return Claim(
        "capacity:bit",
        f"number of patterns: {_BIT.statement}",
        equation(bench.error, epsilon),
        Regime.EXACT if bench.exact else Regime.LEADING_ORDER,
        (
            *assumed(bench.setting),
            f"criterion: {_BIT.statement}",
            *(() if bench.exact else (GAUSSIAN,)),
        ),
        Derivation(
            (Step(equation(bench.error, epsilon), "the criterion at equality, an equation for K"),)
        ),
        symbol=K_MAX,
        unknown=K,
        dropped="" if bench.exact else DROPPED,
        remainder=None if bench.exact else dropped_by_gauss(bench),
        observable="bit_error",
        prediction=bench.error,
        display=equation(ERROR, epsilon),
    )


def _nearest_bit(bench: NearestBench) -> Claim:
    return Claim(
        "capacity:bit",
        f"number of patterns: {_BIT.statement}",
        equation(bench.error, epsilon),
        Regime.EXACT,
        (*assumed(bench.setting), f"criterion: {_BIT.statement}; K_max is real"),
        Derivation(
            (
                Step(
                    equation(ERROR, epsilon),
                    "the criterion at equality, an equation for K; the error is exact",
                ),
            )
        ),
        symbol=K_MAX,
        unknown=K,
        observable="bit_error",
        prediction=bench.error,
        display=equation(ERROR, epsilon),
    )


def _exponent(bench: NearestBench) -> Claim:
    formula = rate_function(sp.expand(1 - 2 * bench.wrong))

    def holds() -> bool:
        """ln K / D at which recall is 1/2, against the exponent, for growing D."""
        wrong = bench.wrong if bench.wrong.is_number else sp.Rational(1, 8)
        limit = evaluate(formula.subs(bench.wrong, wrong))
        gaps = []
        for units in (16, 64, 256):
            most = int(wrong * units)
            nearer = sum(sp.binomial(units, b) for b in range(most + 1)) / sp.Integer(2) ** units
            load = sp.log(2) / nearer  # (1 - nearer)^K = 1/2 for small ``nearer``
            gaps.append(abs(evaluate(sp.log(load) / units) - limit))
        return bool(gaps[2] < gaps[1] < gaps[0] and gaps[2] < gaps[0] / 4)

    return Claim(
        "exponent:recall",
        "lim ln K_max / D: the cued pattern is taken with probability 1/2",
        formula,
        Regime.LEADING_ORDER,
        (*assumed(bench.setting), f"{delta} < 1/2", "D to infinity"),
        Derivation(
            (
                Step(
                    equation(_EXPONENT, formula),
                    "the cue differs from the cued pattern in delta D entries, and another pattern in so few "
                    "with probability exp(-D I(1 - 2 delta)): Cramer's theorem for D fair signs",
                    Evidence(
                        Method.LIMIT,
                        "ln K / D at D = 16, 64, 256 from exact binomials: the distance falls, by 4 at least",
                        holds,
                    ),
                ),
            )
        ),
        "derived here; demircigil2017 for exponential separation (theorem number unverified)",
        symbol=_EXPONENT,
        dropped="powers of D in K_max",
    )


QUANTITIES: dict[str, Quantity[UniversalBench]] = {
    "capacity:snr": Quantity(_snr),
    "capacity:bit": Quantity(_bit),
}
NEAREST: dict[str, Quantity[NearestBench]] = {
    "capacity:bit": Quantity(_nearest_bit),
    "exponent:recall": Quantity(_exponent),
}
