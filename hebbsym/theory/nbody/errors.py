r"""Claims about the recalled bit of a memory of products on unbiased signs.

Given the cue, x_i h_i = f(q) + the terms of K - 1 other patterns, which are independent, have mean zero and
variance sum_n c_n^2 C(N, n - 1), whatever the cue is. The overlap q = N - 2 r is N for an exact cue; for a
flipped one r is binomial. As K grows the terms add up to a Gaussian; no limit in D is needed.

Main names
----------
QUANTITIES
    separation, bit_error, bit_error:high, bit_error:low.
error_at_load, pairs_of_units, proved_bound
    The error of a bit; how far two units err together; what the error does not exceed.

Conventions
-----------
A tie counts as half an error.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping

import mpmath
import sympy as sp

from hebbsym.claim import Claim, Derivation, Evidence, Method, Regime, Step
from hebbsym.errors import NotDerivable
from hebbsym.families.nbody import elementary
from hebbsym.notation import D, K, equation, r, tail
from hebbsym.numeric import evaluate
from hebbsym.theory.dense.tails import DIGITS, OneStep
from hebbsym.theory.nbody.bench import NBodyBench, assumed
from hebbsym.theory.nbody.krawtchouk import OVERLAP, krawtchouk, spread
from hebbsym.theory.workbench import Quantity

_f = sp.Function("f")
_Q = sp.Function("Q")
_P = sp.Symbol(r"\operatorname{P}_{\mathrm{err}}")
_u = sp.Symbol("sigma", positive=True)


def require_decoupled(bench: NBodyBench) -> None:
    """Refuse a setting in which the terms of other patterns depend on the cue."""
    if not bench.decoupled:
        raise NotDerivable(
            "separation functions and errors are derived for rules that add products only, x_i times "
            "e_(n-1), on bipolar patterns of mean 0 with cues of signs (exact or flipped), where the "
            "terms of other patterns do not depend on the cue (snr is derived for every rule)"
        )


def degrees(bench: NBodyBench) -> dict[int, sp.Expr]:
    """The coefficients of the products by the number n - 1 of presynaptic units."""
    return {n - 1: c for (n, _, _), c in bench.moments.rule.terms.items()}


def separation(bench: NBodyBench, overlap: sp.Expr = OVERLAP) -> sp.Expr:
    """f at an overlap."""
    inputs = bench.setting.inputs
    return sp.Add(*(c * krawtchouk(m, inputs, overlap) for m, c in degrees(bench).items()))


def _separation(bench: NBodyBench) -> Claim:
    require_decoupled(bench)
    formula = sp.collect(sp.expand(separation(bench)), OVERLAP, sp.factor)
    top = max(degrees(bench))
    steps = (
        Step(
            equation(_f(OVERLAP), formula),
            "an elementary symmetric polynomial of signs depends on their sum alone: the Krawtchouk "
            "polynomial of the overlap, by its recurrence",
            Evidence(
                Method.ENUMERATION,
                "subset by subset over all signs at N = 1 .. 5",
                lambda: _holds_over_signs(bench),
            ),
        ),
        Step(
            sp.Symbol(rf"f \to N^{{{top}/2}} \mathrm{{He}}_{{{top}}}(q/\sqrt{{N}})/{top}!"),
            "limit of many inputs at q of order sqrt(N): Hermite polynomial of the highest order",
            Evidence(
                Method.LIMIT,
                "q = t sqrt(N), N to infinity, identically in t",
                lambda: _becomes_hermite(top),
            ),
        ),
    )
    return Claim(
        "separation",
        "separation function: what the overlap of a pattern with the cue contributes",
        formula,
        Regime.EXACT,
        (*assumed(bench), "q is the overlap over the inputs of the unit"),
        Derivation(steps),
        symbol=_f(OVERLAP),
    )


def _holds_over_signs(bench: NBodyBench) -> bool:
    """The separation function at the sum of signs against the elementary symmetric polynomials."""
    inputs, terms = bench.setting.inputs, degrees(bench)
    for n in range(1, 6):
        for signs in itertools.product((sp.S.One, sp.S.NegativeOne), repeat=n):
            direct = sp.Add(*(c * elementary(signs, m) for m, c in terms.items()))
            here = separation(bench, sum(signs)).xreplace({D: sp.Integer(n) + D - inputs})
            if sp.expand(here - direct) != 0:
                return False
    return True


def _becomes_hermite(m: int) -> bool:
    """The order m at q = t sqrt(N), over N^(m/2), as N grows."""
    t, size = sp.Symbol("t", real=True), sp.Symbol("N", positive=True)
    top = krawtchouk(m, size, t * sp.sqrt(size)) / size ** sp.Rational(m, 2)
    limit = sp.Poly(_hermite(m, t), t) / sp.factorial(m)
    found = sp.limit(sp.expand(top), size, sp.oo)
    return bool(sp.expand(found - limit.as_expr()) == 0)


def _hermite(degree: int, t: sp.Expr) -> sp.Expr:
    """He_m by (m + 1)-term recurrence He_(m+1) = t He_m - m He_(m-1)."""
    before, here = sp.S.Zero, sp.S.One
    for m in range(degree):
        before, here = here, sp.expand(t * here - m * before)
    return here


def noise_per_pattern(bench: NBodyBench) -> sp.Expr:
    """The variance of the term of one other pattern."""
    return spread(degrees(bench), bench.setting.inputs)


def error_at_load(bench: NBodyBench, high: bool = True) -> sp.Expr:
    """The probability that a bit is wrong where the higher (lower) value is stored."""
    require_decoupled(bench)
    inputs, theta = bench.setting.inputs, bench.theta
    deviation = sp.sqrt((K - 1) * noise_per_pattern(bench))
    side = -theta if high else theta
    flipped = sp.expand((1 - bench.agreement) / 2)
    if flipped == 0:
        signal = sp.Add(*(c * sp.binomial(inputs, m) for m, c in degrees(bench).items()))
        return tail((signal + side) / deviation)
    overlap = separation(bench, inputs - 2 * r)
    chance = sp.binomial(inputs, r) * flipped**r * (1 - flipped) ** (inputs - r)
    return sp.Sum(chance * tail((overlap + side) / deviation), (r, 0, inputs))


def even_cumulants(bench: NBodyBench, inputs: int) -> tuple[sp.Expr, sp.Expr]:
    """Fourth and sixth cumulant of the term of one other pattern, odd ones being zero, at a number of inputs."""
    n, terms = sp.Integer(inputs), degrees(bench)
    moments = [sp.S.Zero] * 3
    for d in range(inputs + 1):
        value = sp.Add(*(c * krawtchouk(m, n, n - 2 * d) for m, c in terms.items()))
        weight = sp.binomial(n, d) / sp.Integer(2) ** n
        moments = [total + weight * value**p for total, p in zip(moments, (2, 4, 6), strict=True)]
    second, fourth, sixth = moments
    return fourth - 3 * second**2, sixth - 15 * fourth * second + 30 * second**3


def remainder_of_bit(bench: NBodyBench) -> Callable[[Mapping[sp.Symbol, sp.Expr]], sp.Expr]:
    """What the Gaussian drops: Edgeworth's terms of orders 1/K and 1/K^2, and the lattice's second term.

    With few patterns or far in the tail that term exceeds the error itself, and the series says nothing. The error
    is then below its proved bound (:mod:`hebbsym.theory.dense.tails`), and so is what is dropped.
    """

    def size(values: Mapping[sp.Symbol, sp.Expr]) -> sp.Expr:
        setting = bench.setting.at(values)
        numeric = NBodyBench(setting)
        inputs = int(setting.inputs.xreplace(dict(values)))
        variance = (K - 1) * noise_per_pattern(numeric).xreplace(dict(values)).doit()
        fourth, sixth = ((K - 1) * kappa for kappa in even_cumulants(numeric, inputs))
        excess, higher = fourth / variance**2, sixth / variance**3
        signal = separation(numeric, sp.Integer(inputs) * numeric.agreement).xreplace(dict(values))
        t = (sp.Abs(signal) - sp.Abs(numeric.theta)) / sp.sqrt(variance)
        density = sp.exp(-(t**2) / 2) / sp.sqrt(2 * sp.pi)
        # the first may vanish (t^2 = 3) where the second does not
        first = excess / 24 * (t**3 - 3 * t)
        second = higher / 720 * (t**5 - 10 * t**3 + 15 * t)
        second += excess**2 / 1152 * (t**7 - 21 * t**5 + 105 * t**3 - 105 * t)
        series = (sp.Abs(first) + sp.Abs(second)) * density
        # whole coefficients put the field on a lattice of spacing at most 2
        law = (series + sp.Rational(4, 24) * sp.Abs(t) * density / variance).xreplace(dict(values))
        if numeric.theta == 0 and evaluate(law, {}, DIGITS) > evaluate(
            tail(t).xreplace(dict(values)), {}, DIGITS
        ):
            bound = proved_bound(numeric, inputs).ceiling(int(values[K]))
            return sp.Max(law, sp.Integer(int(bound.man)) * sp.Integer(2) ** int(bound.exp))
        return law

    return size


def proved_bound(bench: NBodyBench, inputs: int) -> OneStep:
    """What patterns add to the field of a unit with a number of inputs; coefficients and cue are numbers.

    Examples
    --------
    >>> from hebbsym.families.nbody import nbody_products
    >>> from hebbsym.theory.setting import Setting
    >>> one = proved_bound(NBodyBench(Setting(nbody_products((3,)))), 14)
    >>> bool(one.ceiling(6) < 0.01)
    True
    """
    n, values = sp.Integer(inputs), {D: sp.Integer(inputs) + D - bench.setting.inputs}
    with mpmath.workdps(DIGITS):
        worth = tuple(
            mpmath.mpf(evaluate(separation(bench, n - 2 * d).xreplace(values), {}, DIGITS))
            for d in range(inputs, -1, -1)
        )
        up = mpmath.mpf(evaluate((1 + bench.agreement) / 2, {}, DIGITS))
        ways = [math.comb(inputs, k) for k in range(inputs + 1)]
        other = tuple(mpmath.mpf(w) / 2**inputs for w in ways)
        own = tuple(w * up**k * (1 - up) ** (inputs - k) for k, w in enumerate(ways))
    return OneStep(worth, other, own)


def pairs_of_units(bench: NBodyBench) -> sp.Expr:
    """The correlation of the noises of two units: C(N - 1, m - 1) over C(N, m) for one order."""
    inputs, terms = bench.setting.inputs, degrees(bench)
    shared = sp.Add(*(c**2 * sp.binomial(inputs - 1, m - 1) for m, c in terms.items()))
    return shared / noise_per_pattern(bench)


def _steps(bench: NBodyBench) -> tuple[Step, ...]:
    variance = noise_per_pattern(bench)
    inputs = bench.setting.inputs
    n = sp.Symbol("N")

    def from_signs() -> bool:
        """E[f^2] over fair signs by enumeration of the overlap, against the sum over orders."""
        for size in range(1, 7):
            terms = degrees(bench)
            total = sp.Add(
                *(
                    sp.binomial(size, d)
                    * sp.Add(
                        *(
                            c * krawtchouk(m, sp.Integer(size), sp.Integer(size - 2 * d))
                            for m, c in terms.items()
                        )
                    )
                    ** 2
                    for d in range(size + 1)
                )
            )
            if sp.expand(total / 2**size - spread(terms, sp.Integer(size))) != 0:
                return False
        return True

    return (
        Step(
            equation(
                sp.Symbol("x_i h_i"), _f(OVERLAP) + sp.Symbol(r"\sum_{\mu \ne \nu} \zeta^\mu")
            ),
            "each other pattern contributes a sign times f of its overlap with the cue, whose signs "
            "y_j s_j are fair whatever the cue is",
        ),
        Step(
            equation(sp.Function(r"\operatorname{Var}")(sp.Symbol("zeta")), variance),
            "products over different subsets are uncorrelated, so that orders add up",
            Evidence(Method.ENUMERATION, "over all overlaps at N = 1 .. 6", from_signs),
        ),
        Step(
            equation(_P, sp.Function(r"\operatorname{E}")(_Q(_f(OVERLAP) / _u))),
            f"K - 1 independent terms: Gaussian as K grows, given the overlap; q = N - 2 r with r of "
            f"the {str(inputs).replace(' ', '')} = {n} inputs flipped",
        ),
    )


def _one_sided(high: bool) -> Callable[[NBodyBench], Claim]:
    name = "bit_error:high" if high else "bit_error:low"

    def build(bench: NBodyBench) -> Claim:
        formula = error_at_load(bench, high)
        value = bench.moments.values[1 if high else 0]
        return _claim(
            bench, name, f"probability that a bit is wrong where {value} is stored", formula
        )

    return build


def _bit_error(bench: NBodyBench) -> Claim:
    both = [error_at_load(bench, high) for high in (False, True)]
    formula = both[0] if both[0] == both[1] else (both[0] + both[1]) / 2
    return _claim(bench, "bit_error", "probability that a bit is wrong", formula)


def _claim(bench: NBodyBench, name: str, title: str, formula: sp.Expr) -> Claim:
    return Claim(
        name,
        title,
        formula,
        Regime.LEADING_ORDER,
        (*assumed(bench), bench.setting.output.statement),
        Derivation(_steps(bench)),
        symbol=_P,
        dropped="the distance of a sum of K - 1 independent terms from the Gaussian, of order "
        "kappa_4/K, their third cumulant being zero",
        remainder=remainder_of_bit(bench),
        observable=name,
    )


QUANTITIES: dict[str, Quantity[NBodyBench]] = {
    "separation": Quantity(_separation),
    "bit_error": Quantity(_bit_error),
    "bit_error:high": Quantity(_one_sided(True)),
    "bit_error:low": Quantity(_one_sided(False)),
}
"""A setting that is not decoupled has none of them; the error says why."""
