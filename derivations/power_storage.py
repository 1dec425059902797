r"""Theorem 2.6.1 with its constants: a dense memory of power n stores a number of patterns like D^(n-1).

For F_n(m) = m^n/n and the gradient update without the unit in the overlap, a stored pattern adds (D - 1)^(n-1) to
the field times its value, and each of the K - 1 others a fair sign times R^(n-1), R being a sum of D - 1 fair
signs. Hence, for every D and K,

    rho = (D - 1)^(2n-2) / ((K - 1) E[R^(2n-2)]),    E[R^(2n-2)] = (2n - 3)!! D^(n-1) (1 + O(1/D)),

and rho >= z^2 as long as K <= 1 + (D - 1)^(2n-2) / (z^2 E[R^(2n-2)]), which grows like D^(n-1) / ((2n - 3)!! z^2).

That the number itself grows so, not only rho, is proved on both sides. Cantelli's inequality gives an error of at
most 1/(1 + rho) per bit: for a given epsilon, K_max is at least a constant times D^(n-1). Paley and Zygmund's gives at
least (1 - rho)^2 / (2 (3 + kappa)) for rho < 1, kappa being the kurtosis of one crosstalk over K - 1, which
tends to zero as K grows like D^(n-1): for epsilon below 1/6 it is at most a constant times D^(n-1).

Two words of the prospectus are corrected. D^(n-1) is a power law: it "scales exponentially" in n only, and in D for
F = exp. And under the prospectus's own criterion, equation 15, a whole pattern of D bits must be right: there

    K_max ~ D^(n-1) / (2 (2n - 3)!! ln D),

smaller by a logarithm, so that N_max is not proportional to D^(n-1) but to D^(n-1)/ln D.

Assumptions: unbiased bipolar patterns, exact cues, one step; n a whole number of at least 2.
References: the prospectus of 9 October 2025, theorem 2.6.1 and equation 15; krotov2016, eq. 6; bao2022 (equation
numbers unverified).
"""

from itertools import pairwise

import sympy as sp

import hebbsym as hs
from hebbsym.notation import D, K, epsilon, z

n, k = sp.symbols("n k", integer=True, positive=True)
kappa, rho = sp.symbols("kappa rho", positive=True)
POWERS = range(2, 7)
_average, _probability = sp.Function(r"\operatorname{E}"), sp.Function("P")
_R, _wrong, _most = sp.Symbol("R"), sp.Symbol("wrong"), sp.Symbol(r"K_{\max}")


def _theory(power: int) -> hs.Theory:
    return hs.dense(hs.separations["power"](sp.Integer(power)), update="gradient")


def _moment(power: int, units: int) -> sp.Expr:
    """E[R^(2n-2)] over all sums of D - 1 signs, counted."""
    steps = units - 1
    return sp.Add(
        *(
            sp.Rational(sp.binomial(steps, j), 2**steps)
            * sp.Integer(steps - 2 * j) ** (2 * power - 2)
            for j in range(steps + 1)
        )
    )


def _ratio() -> bool:
    """The engine's rho against the count, D = 2 .. 9, K = 2, 7, n = 2 .. 6."""
    for power in POWERS:
        formula = _theory(power)["snr"].formula
        for units in range(2, 10):
            for patterns in (2, 7):
                truth = sp.Integer(units - 1) ** (2 * power - 2) / (
                    (patterns - 1) * _moment(power, units)
                )
                if formula.subs({D: units, K: patterns}) != truth:
                    return False
    return True


def _leading() -> bool:
    """E[R^(2n-2)] / D^(n-1) tends to (2n - 3)!!, as a limit of the engine's polynomial in D."""
    return all(
        sp.limit(_theory(power)["crosstalk_variance"].formula / D ** (power - 1), D, sp.oo)
        == sp.factorial2(2 * power - 3)
        for power in POWERS
    )


def _grows() -> bool:
    """Log-slopes of the exact K_max at z = 3 between five sizes fall to n - 1."""
    for power in POWERS:
        formula = _theory(power)["capacity:snr"].formula.subs(z, 3)
        loads = [hs.evaluate(sp.log(formula), {D: sp.Integer(4) ** j}) for j in range(4, 9)]
        slopes = [(b - a) / hs.evaluate(sp.log(4)) for a, b in pairwise(loads)]
        gaps = [abs(s - (power - 1)) for s in slopes]
        if not all(b < a / 3 for a, b in pairwise(gaps)) or gaps[-1] > sp.Rational(1, 1000):
            return False
    return True


def _certain() -> bool:
    """The proved lower bound over D^(n-1): its limit is epsilon / (1 - epsilon) over (2n - 3)!!."""
    for power in POWERS:
        bound = _theory(power)["capacity:bit:lower"].formula
        constant = sp.limit(bound / D ** (power - 1), D, sp.oo)
        if sp.cancel(constant * sp.factorial2(2 * power - 3) - epsilon / (1 - epsilon)) != 0:
            return False
    return True


def _fourth() -> bool:
    """E[N^4] <= 3 V^2 + (K - 1) kappa_4, an equality, over all signs and overlaps at D = 3, 4, K = 3."""
    for power in (2, 3, 4):
        theory = _theory(power)
        variance, fourth = (
            theory[q].formula for q in ("crosstalk_variance", "crosstalk_cumulant:4")
        )
        for units in (3, 4):
            law: dict[sp.Expr, sp.Expr] = {}
            for j in range(units):
                value = sp.Integer(units - 1 - 2 * j) ** (power - 1)
                for sign in (-1, 1):
                    p = sp.Rational(sp.binomial(units - 1, j), 2**units)
                    law[sign * value] = law.get(sign * value, sp.S.Zero) + p
            truth = sp.Add(*(p * q * (a + b) ** 4 for a, p in law.items() for b, q in law.items()))
            at = {D: units}
            if truth != 3 * (2 * variance.subs(at)) ** 2 + 2 * fourth.subs(at):
                return False
    return True


def _kurtosis_vanishes() -> bool:
    """kappa_4 / ((K - 1) V_1^2) at K = D^(n-1) tends to 0."""
    for power in POWERS:
        theory = _theory(power)
        ratio = theory["crosstalk_cumulant:4"].formula / theory["crosstalk_variance"].formula ** 2
        if sp.limit(ratio / D ** (power - 1), D, sp.oo) != 0:
            return False
    return True


def _logarithm() -> bool:
    """The claim's asymptotics for one pattern are this, n = 2 .. 6."""
    return all(
        sp.cancel(
            _theory(power)["capacity:pattern:asymptotic"].formula
            - D ** (power - 1) / (2 * sp.factorial2(2 * power - 3) * sp.log(D))
        )
        == 0
        for power in POWERS
    )


def derivation() -> hs.Derivation:
    """rho; its leading constant; the bound from below; the bound from above; whole patterns."""
    evidence, method = hs.Evidence, hs.Method
    moment = _average(_R ** (2 * n - 2))
    leading = D ** (n - 1) / (sp.factorial2(2 * n - 3) * z**2)
    return hs.Derivation(
        (
            hs.Step(
                sp.Eq(rho, (D - 1) ** (2 * n - 2) / ((K - 1) * moment), evaluate=False),
                "one signal, and K - 1 independent crosstalks of mean zero",
                evidence(method.SECOND_ROUTE, "the engine's rho against a count of all overlaps, n = 2 .. 6, D <= 9", _ratio),
            ),
            hs.Step(
                sp.Eq(moment, sp.factorial2(2 * n - 3) * D ** (n - 1) * (1 + sp.Order(1 / D, (D, sp.oo))), evaluate=False),
                "R / sqrt(D) is a normal variable to leading order, and its even moments converge",
                evidence(method.LIMIT, "of the exact polynomial in D, n = 2 .. 6", _leading),
            ),
            hs.Step(
                sp.Eq(_most, 1 + (D - 1) ** (2 * n - 2) / (z**2 * moment), evaluate=False),
                "root of rho = z^2; it grows like D^(n-1) over (2n - 3)!! z^2",
                evidence(method.LIMIT, "log-slopes between D = 4^4, ..., 4^8, n = 2 .. 6: to n - 1", _grows),
            ),
            hs.Step(
                sp.Ge(_most, leading.subs(z**2, 1) * epsilon / (1 - epsilon), evaluate=False),
                "Cantelli's inequality: a bit is wrong with probability 1/(1 + rho) at most; to leading order in D",
                evidence(method.LIMIT, "the proved bound over D^(n-1), n = 2 .. 6", _certain),
            ),
            hs.Step(
                sp.Ge(_probability(_wrong), (1 - rho) ** 2 / (2 * (3 + kappa)), evaluate=False),
                "Paley and Zygmund's inequality for the squared crosstalk, which is symmetric: it exceeds the fraction "
                "rho < 1 of its mean with that probability",
                evidence(method.ENUMERATION, "its fourth moment is (3 + kappa) V^2: all overlaps and signs, D = 3, 4, K = 3", _fourth),
            ),
            hs.Step(
                sp.Eq(sp.Limit(kappa, D, sp.oo), 0, evaluate=False),
                "at K = D^(n-1), so that for epsilon < 1/6 no larger power of D is stored",
                evidence(method.LIMIT, "of the exact fourth cumulant and variance, n = 2 .. 6", _kurtosis_vanishes),
            ),
            hs.Step(
                sp.Eq(sp.Symbol(r"K_{\max}^{\mathrm{pattern}}"), D ** (n - 1) / (2 * sp.factorial2(2 * n - 3) * sp.log(D)), evaluate=False),
                "all D bits are right when the error of one falls below 1/D: rho = 2 ln D, to leading order, with "
                "Gaussian errors",
                evidence(method.SECOND_ROUTE, "the claim of the engine, n = 2 .. 6", _logarithm),
            ),
        )
    )  # fmt: skip


THEOREM = hs.Theorem(
    name="power_storage",
    title="Theorem 2.6.1 with its constants: dense memories of power n store a number like D^(n-1)",
    statement=(
        sp.Eq(
            _most,
            D ** (n - 1) / (sp.factorial2(2 * n - 3) * z**2) * (1 + sp.Order(1 / D, (D, sp.oo))),
            evaluate=False,
        ),
    ),
    derive=derivation,
    prose=__doc__,
    assumptions=(
        "unbiased bipolar patterns, exact cues, one step of the gradient without the unit in the overlap",
        "criterion: rho >= z^2; for a bit of given error the power is proved, the constant is Gaussian",
    ),
    source="the prospectus of 9 October 2025, theorem 2.6.1; krotov2016, eq. 6; bao2022 (equation numbers unverified)",
)
