r"""What beta does to one step of softmax retrieval: the best beta, and the limit of a large one.

With flipped cues the entries of the cue outside a unit are those of pattern mu with probability proportional to
((1 - delta)/delta)^(R_mu / 2), so that the more probable state of the unit given the cue and all patterns is

.. math:: \operatorname{sgn} \sum_\mu \xi_i^\mu e^{\beta R_\mu},
          \qquad \beta = \tfrac12 \ln \frac{1 - \delta}{\delta}:

at this beta no function of the cue outside the unit errs less often. For beta to infinity the highest overlap at
which the signs do not cancel decides.

Main names
----------
QUANTITIES
    beta:best, bit_error:nearest, condensation.

References
----------
Derived here. The numbers of other patterns of each overlap are multinomial, and nearly independent Poisson numbers.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any, final

import mpmath
import sympy as sp

from hebbsym.claim import Claim, Derivation, Evidence, Method, Regime, Step
from hebbsym.notation import D, K, equation
from hebbsym.numeric import evaluate
from hebbsym.solutions import NumericFunction
from hebbsym.theory.dense.bench import DenseBench
from hebbsym.theory.dense.claims import assumed, rule_of
from hebbsym.theory.setting import Setting
from hebbsym.theory.workbench import Quantity

_best = sp.Symbol(r"\beta^*")
_limit = sp.Symbol(r"\lim_{\beta\to\infty} \operatorname{P}_{\mathrm{err}}")
_given = sp.Function(r"\operatorname{P}")


def _needs_outside(setting: Setting) -> str:
    rule = rule_of(setting)
    if rule.separation.rate is None:
        return (
            "it is about the beta of exponential and log-sum-exp separations, and "
            f"{rule.separation.name!r} has none; take 'exponential' or \"lse(beta=1)\""
        )
    if rule.coupled:
        return "the unit itself is in the overlap here"
    if any(value**2 != 1 for value, _ in setting.cue.transitions(setting.post, sp.S.One)):
        return "it is derived for cues of signs, exact or flipped"
    return ""


def _needs_flips(setting: Setting) -> str:
    reason = _needs_outside(setting)
    if not reason and len(setting.cue.transitions(setting.post, sp.S.One)) < 2:
        return 'an exact cue has no best beta: the larger, the better; take a flipped one, --cue "flip(delta=1/10)"'
    return reason


# ---- the best beta --------------------------------------------------------------------------------


def _beta_best(bench: DenseBench) -> Claim:
    odds = sp.expand((1 + bench.mean) / 2) / sp.expand((1 - bench.mean) / 2)
    formula = sp.log(odds) / 2
    state, overlap = sp.Symbol(r"\sigma_i"), sp.Symbol("R_mu")
    return Claim(
        "beta:best",
        "the beta at which a bit is wrong least often after one step",
        formula,
        Regime.EXACT,
        (
            *assumed(bench.setting),
            "no function of the patterns and of the cue outside the unit errs less often, of whatever kind",
        ),
        Derivation(
            (
                Step(
                    equation(_given(sp.Symbol("mu")), odds ** (overlap / 2)),
                    "up to a common factor: (D - 1 + R)/2 entries of the cue agree with pattern mu, the others "
                    "were flipped, and all patterns are equally probable",
                ),
                Step(
                    equation(_best, formula),
                    f"the sum of xi_i exp(beta R) is then in proportion to P({state} = 1) - P({state} = -1), given the "
                    "cue, and the more probable state errs least",
                    Evidence(
                        Method.ENUMERATION,
                        "the error over all patterns and cues, D = 3 and 4, K = 3, flips of 1/10 and 1/4: not below it at "
                        "nine other beta, nor for F_2, F_3 and F_4",
                        _errs_least,
                    ),
                ),
            )
        ),
        symbol=_best,
    )  # fmt: skip


def _errs_least() -> bool:
    for units, chance in itertools.product((3, 4), (sp.Rational(1, 10), sp.Rational(1, 4))):
        best = sp.log((1 - chance) / chance) / 2
        n = units - 1
        overlaps = range(-n, n + 1, 2)

        def powers(rate: sp.Expr, n: int = n) -> list[Any]:
            return [mpmath.exp(evaluate(rate) * o) for o in range(-n, n + 1, 2)]

        least = _error(units, powers(best), chance)
        others = [
            powers(best * sp.Rational(k, 4)) for k in (1, 2, 3, 5, 6, 8, 12, 20, 40)
        ]  # fmt: skip
        others += [[mpmath.mpf(o) ** k for o in overlaps] for k in (1, 2, 3)]
        errors = [_error(units, worth, chance) for worth in others]
        if min(errors) < least - mpmath.mpf(10) ** -20 or max(errors) == least:
            return False
    return True


def _error(units: int, worth: Sequence[Any], chance: sp.Expr) -> Any:
    """The error of a bit with three patterns, from what a pattern adds by its overlap; ties are half."""
    n = units - 1
    up = mpmath.mpf(1) - mpmath.mpf(chance.p) / int(chance.q)
    kinds = [(k, u, mpmath.mpf(math.comb(n, k)) / 2**units) for k in range(n + 1) for u in (-1, 1)]
    total = mpmath.mpf(0)
    for own in range(n + 1):
        p = math.comb(n, own) * up**own * (1 - up) ** (n - own)
        for (j, u, one), (k, v, other) in itertools.product(kinds, repeat=2):
            field = worth[own] + u * worth[j] + v * worth[k]
            wrong = 0 if field > mpmath.mpf(10) ** -20 else 1
            if abs(field) <= mpmath.mpf(10) ** -20:
                wrong = mpmath.mpf(1) / 2
            total += p * one * other * wrong
    return total


# ---- a large beta ---------------------------------------------------------------------------------


@final
class NearestError(NumericFunction):
    """The error of a bit where the highest overlap decides: arguments D, K, and the mean entry of the cue.

    Examples
    --------
    >>> print(mpmath.nstr(evaluate(NearestError(sp.Integer(9), sp.Integer(2), sp.S.One)), 8))
    0.00097465825
    """

    nargs = 3

    @staticmethod
    def law(units: Any, patterns: Any, mean: Any) -> Any:
        """1/2 less half the probability, by the overlap of the own pattern, that it has its say."""
        n = int(units) - 1
        up = (1 + mean) / 2
        undecided, total = mpmath.mpf(1), mpmath.mpf(0)
        for down in range(n + 1):
            ways = mpmath.binomial(n, down)
            crowd = (patterns - 1) * ways / mpmath.mpf(2) ** n
            none, single = (mpmath.exp(-crowd) * mpmath.besseli(k, crowd) for k in (0, 1))
            total += ways * up ** (n - down) * (1 - up) ** down * undecided * (none + single)
            undecided *= none
        return (1 - total) / 2


def _nearest(bench: DenseBench) -> Claim:
    formula = NearestError(D, K, bench.mean)
    crowd = sp.Symbol(r"\lambda_R")
    return Claim(
        "bit_error:nearest",
        "error of a bit for beta to infinity, where the nearest pattern decides",
        formula,
        Regime.LEADING_ORDER,
        (
            *assumed(bench.setting),
            "beta to infinity at fixed D and K; a tie counts as half an error",
            "other patterns of overlap R are Poisson numbers of mean (K - 1) P(R), independent of one another",
        ),
        Derivation(
            (
                Step(
                    equation(_given(sp.Symbol("cancel")), sp.exp(-crowd) * sp.besseli(0, crowd)),
                    "patterns of one overlap say plus and minus equally often: the difference of two Poisson numbers "
                    "of mean lambda/2 is zero",
                ),
                Step(
                    equation(_limit, formula),
                    "half an error where patterns above the own one decide, none where nothing is above and the own "
                    "entry is not outvoted: exp(-lambda)(I_0 + I_1) is the mean sign of 1 plus such a difference",
                    Evidence(
                        Method.NUMERIC,
                        "the exact multinomial law at D = 8 and 11, K = 2^(D-4), delta = 0 and 1/10: the distance falls by 2 at "
                        "least",
                        _poisson_is_near,
                    ),
                ),
            )
        ),
        symbol=_limit,
        dropped="terms of relative order P(R) for the overlaps that decide: the numbers are multinomial",
    )  # fmt: skip


def exact_nearest(units: int, patterns: int, mean: Any) -> Any:
    """The same for multinomial numbers: N! times coefficients of z^N, N = K - 1, in products of I_0(p z).

    Examples
    --------
    >>> print(mpmath.nstr(exact_nearest(9, 2, mpmath.mpf(1)), 8))
    0.0009765625
    """
    n, others = units - 1, patterns - 1
    up = (1 + mean) / 2
    above, below = [mpmath.mpf(1)] + [mpmath.mpf(0)] * others, mpmath.mpf(1)
    total = mpmath.mpf(0)
    for down in range(n + 1):
        p = mpmath.mpf(math.comb(n, down)) / 2**n
        below -= p
        terms = [(p / 2) ** j / mpmath.factorial(j // 2) / mpmath.factorial(j - j // 2) for j in range(others + 1)]  # fmt: skip
        says = _times(above, terms)
        above = _times(above, [t if j % 2 == 0 else mpmath.mpf(0) for j, t in enumerate(terms)])
        chance = mpmath.fsum(
            c * mpmath.ff(others, j) * max(below, mpmath.mpf(0)) ** (others - j)
            for j, c in enumerate(says)
        )
        total += math.comb(n, down) * up ** (n - down) * (1 - up) ** down * chance
    return (1 - total) / 2


def _times(one: Sequence[Any], other: Sequence[Any]) -> list[Any]:
    """The product of two truncated series."""
    return [
        mpmath.fsum(one[j] * other[k - j] for j in range(k + 1) if one[j] and other[k - j])
        for k in range(len(one))
    ]


def _poisson_is_near() -> bool:
    for mean in (mpmath.mpf(1), mpmath.mpf(4) / 5):
        gaps = [
            abs(NearestError.law(units, 2 ** (units - 4), mean) / exact_nearest(units, 2 ** (units - 4), mean) - 1)
            for units in (8, 11)
        ]  # fmt: skip
        if not gaps[1] < gaps[0] / 2:
            return False
    return True


# ---- what the noise is made of ----------------------------------------------------------------------


def _condensation(bench: DenseBench) -> Claim:
    beta = bench.rule.separation.rate
    assert beta is not None
    at = sp.tanh(2 * beta)
    formula = sp.exp(D * (2 * beta * at - sp.log(sp.cosh(2 * beta))))
    return Claim(
        "condensation",
        "number of patterns below which the noise is that of the nearest few, and rho does not see it",
        formula,
        Regime.HEURISTIC,
        (
            *assumed(bench.setting),
            "random energy model: what is expected to exist once is there, what is expected less often is not",
        ),
        Derivation(
            (
                Step(
                    equation(sp.Symbol("t"), at),
                    "the patterns of overlap t D make up E[exp(2 beta R)]: the largest term of P(R) exp(2 beta R)",
                    Evidence(
                        Method.NUMERIC,
                        "the overlap of the largest of all terms, D = 401, beta = 1/10, 1/2, 1",
                        _largest_term,
                    ),
                ),
                Step(
                    equation(K, formula),
                    "K exp(-D I(t)) = 1: one such pattern is expected, I(tanh(2 beta)) = 2 beta tanh(2 beta) - ln cosh(2 beta)",
                ),
            )
        ),
        symbol=K,
        dropped="powers of D",
    )  # fmt: skip


def _largest_term() -> bool:
    n = 400
    for beta in (sp.Rational(1, 10), sp.S.Half, sp.S.One):
        rate = evaluate(2 * beta)
        terms = [mpmath.log(math.comb(n, k)) + rate * o for k, o in enumerate(range(-n, n + 1, 2))]
        overlap = 2 * terms.index(max(terms)) - n
        if abs(mpmath.mpf(overlap) / n - mpmath.tanh(rate)) > mpmath.mpf(2) / n:
            return False
    return True


QUANTITIES: dict[str, Quantity[DenseBench]] = {
    "beta:best": Quantity(_beta_best, _needs_flips, by_default=False),
    "bit_error:nearest": Quantity(_nearest, _needs_outside, by_default=False),
    "condensation": Quantity(_condensation, _needs_outside, by_default=False),
}
