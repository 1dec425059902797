r"""How many labellings the weights of one unit can store, however they are found: Cover's count, also with errors.

Of the 2^P labellings of P points in general position N weights store

.. math:: C(P, N) = 2 \sum_{k=0}^{N-1} \binom{P-1}{k},

half of them at P = 2 N. Where a share of errors is allowed, each of these serves all labellings that
differ from it at few points, so that

.. math:: \Pr[\text{at most } e \text{ of } P \text{ wrong}] \le 2^{-P} C(P, N) \sum_{j \le e} \binom{P}{j},

which vanishes as N grows when N/P lies below the root of H_2(N/P) + H_2(epsilon) = 1, with H_2 the binary
entropy: whatever share below 1/2 is allowed, the number of patterns is bounded by a multiple of the
number of weights.

Main names
----------
dichotomies, separable
    Cover's count, and the probability that a random labelling can be stored.
nearly_separable
    The bound on the probability that it can be stored but for a number of errors.
BinaryEntropy, load_with_errors
    H_2, and the labels for each weight that are not exceeded at a share of errors.
steps_of_count, steps_with_errors
    Their derivations, for every claim that rests on them.

Conventions
-----------
The points may be any fixed features of the presynaptic values: those values themselves for pairwise
synapses, products over subsets for synapses of n bodies. Labels are fair and independent of the points.

Where it does not hold
----------------------
Points that are not in general position have fewer labellings: the count is then an upper bound, and so
is all that follows from it. Weights that are not free (symmetric ones) are bound alike. The load with
errors comes from a union bound: it need not be reached.

References
----------
cover1965 (the count; equation unverified). The bound with errors is derived here.
"""

from __future__ import annotations

import itertools
import math
from typing import Any, final

import mpmath
import sympy as sp

from hebbsym.claim import Evidence, Method, Step
from hebbsym.notation import N, P, alpha, epsilon, equation
from hebbsym.numeric import evaluate
from hebbsym.solutions import NumericFunction, Solution

k = sp.Symbol("k", integer=True, nonnegative=True)
e = sp.Symbol("e", integer=True, nonnegative=True)
"""Number of wrong labels."""
u = sp.Symbol("u", positive=True)
"""Weights for each label."""
_C = sp.Function("C")
_FEWER = sp.Rational(7, 8)


def dichotomies(points: sp.Expr, weights: sp.Expr) -> sp.Expr:
    """How many labellings of points in general position a unit without threshold can store.

    Examples
    --------
    >>> dichotomies(sp.Integer(4), sp.Integer(2)).doit()
    8
    """
    return 2 * sp.Sum(sp.binomial(points - 1, k), (k, 0, weights - 1))


def separable(points: sp.Expr, weights: sp.Expr) -> sp.Expr:
    """The probability that random labels of points in general position can be stored.

    Examples
    --------
    >>> separable(sp.Integer(6), sp.Integer(3)).doit()
    1/2
    """
    return dichotomies(points, weights) / sp.Integer(2) ** points


def nearly_separable(points: sp.Expr, weights: sp.Expr, errors: sp.Expr) -> sp.Expr:
    """A bound on the probability that random labels can be stored but for some errors.

    Examples
    --------
    >>> nearly_separable(sp.Integer(8), sp.Integer(2), sp.Integer(1)).doit()
    9/16
    """
    ball = sp.Sum(sp.binomial(points, k), (k, 0, errors))
    return separable(points, weights) * ball


@final
class BinaryEntropy(NumericFunction):
    """H_2(p), the entropy of a coin in bits.

    Examples
    --------
    >>> print(mpmath.nstr(evaluate(BinaryEntropy(sp.Rational(1, 4))), 6))
    0.811278
    """

    @staticmethod
    def law(p: Any) -> Any:
        """At mpmath's current precision."""
        return -sum(x * mpmath.log(x, 2) for x in (p, 1 - p) if x != 0)

    def _latex(self, printer: Any) -> str:
        return rf"H_2\left({printer._print(self.args[0])}\right)"


def load_with_errors(share: sp.Expr) -> sp.Expr:
    """Labels for each weight that are not exceeded where a share of errors is allowed.

    Examples
    --------
    >>> load_with_errors(sp.S.Zero)
    2
    >>> print(mpmath.nstr(evaluate(load_with_errors(sp.Rational(1, 50))), 6))
    3.54239
    """
    if share == 0:  # H_2 is flat at 1/2: the root is there, and no sign changes
        return sp.Integer(2)
    return Solution(1 / u, BinaryEntropy(u) + BinaryEntropy(share) - 1, u, sp.S.Half, _FEWER)


# ---- evidence ----------------------------------------------------------------------------------


def _recurrence_holds() -> bool:
    """C(P + 1, N) = C(P, N) + C(P, N - 1), from C(1, N) = 2 and C(P, 0) = 0."""
    count = {(p, 0): 0 for p in range(1, 10)} | {(1, n): 2 for n in range(1, 7)}
    for p in range(1, 9):
        for n in range(1, 7):
            count[p + 1, n] = count[p, n] + count[p, n - 1]
    return all(
        dichotomies(sp.Integer(p), sp.Integer(n)).doit() == number
        for (p, n), number in count.items()
        if n
    )


def _half_at_twice() -> bool:
    """Half of all labellings at P = 2N, exactly."""
    sizes = map(sp.Integer, range(1, 12))
    return all(separable(2 * n, n).doit() == sp.S.Half for n in sizes)


def _stored_by_two(points: int) -> set[tuple[int, ...]]:
    """All labellings of points of a half plane by a line through the origin: at most one change of sign."""
    return {
        tuple(s if j < cut else -s for j in range(points)) for cut in range(points) for s in (1, -1)
    }


def _errors_are_bounded() -> bool:
    """Labellings within e errors of a stored one, counted: one weight reaches the bound, two keep below."""
    for points in range(2, 8):
        every = list(itertools.product((1, -1), repeat=points))
        one = {(1,) * points, (-1,) * points}
        for weights, stored in ((1, one), (2, _stored_by_two(points))):
            if len(stored) != dichotomies(sp.Integer(points), sp.Integer(weights)).doit():
                return False
            for errors in range((points + 1) // 2):
                near = sum(
                    any(sum(a != b for a, b in zip(s, t, strict=True)) <= errors for t in stored)
                    for s in every
                )
                limit = nearly_separable(
                    sp.Integer(points), sp.Integer(weights), sp.Integer(errors)
                ).doit()
                share = sp.Rational(near, 2**points)
                if share > limit or (weights == 1 and share != limit):
                    return False
    return True


def _entropy_bounds_sums() -> bool:
    """The sum of binomials up to e <= P/2 is below 2^(P H_2(e/P)); both sides to 30 digits."""
    for points in (3, 10, 41):
        total = 1
        for errors in range(1, points // 2 + 1):
            total += math.comb(points, errors)
            power = evaluate(points * BinaryEntropy(sp.Rational(errors, points)))
            if mpmath.log(total, 2) > power + mpmath.mpf(10) ** -25:
                return False
    return True


def _vanishes_above() -> bool:
    """A tenth above the load the exact finite bound falls with N, at four shares of errors."""
    for share in (sp.Rational(1, 1000), sp.Rational(1, 50), sp.Rational(1, 10), sp.Rational(1, 4)):
        load = evaluate(load_with_errors(share))
        bounds = []
        for weights in (40, 80, 160):
            points = int(mpmath.ceil(load * weights * mpmath.mpf(11) / 10))
            sizes = (sp.Integer(points), sp.Integer(weights), sp.floor(points * share))
            bounds.append(evaluate(nearly_separable(*sizes), digits=15))
        if not bounds[0] > 10 * bounds[1] > 100 * bounds[2]:
            return False
    return True


# ---- derivations ---------------------------------------------------------------------------------


def steps_of_count(points: sp.Expr = P, weights: sp.Expr = N) -> tuple[Step, ...]:
    """The recurrence, the count, and the half at twice as many points as weights."""
    here, less = _C(points, weights), _C(points, weights - 1)
    return (
        Step(
            equation(_C(points + 1, weights), here + less),
            "a further point splits the labellings whose separating hyperplane can pass through it: those of "
            "its projection, in one dimension less; points that are not in general position have fewer",
            Evidence(
                Method.SECOND_ROUTE,
                "the closed form satisfies the recurrence, P < 10",
                _recurrence_holds,
            ),
        ),
        Step(
            equation(here, dichotomies(points, weights)),
            "solution of the recurrence from C(1, N) = 2, C(P, 0) = 0",
        ),
        Step(
            equation(_C(2 * weights, weights) / sp.Integer(2) ** (2 * weights), sp.S.Half),
            "C/2^P is the probability that P - 1 fair coins show heads fewer than N times",
            Evidence(Method.SUBSTITUTION, "exactly 1/2 at P = 2N, N < 12", _half_at_twice),
        ),
    )


def steps_with_errors(points: sp.Expr = P, weights: sp.Expr = N) -> tuple[Step, ...]:
    """The union bound, its exponent, and the load at which that vanishes."""
    chance = sp.Symbol("p")
    return (
        Step(
            sp.Le(chance, nearly_separable(points, weights, e), evaluate=False),
            "union bound: a labelling that is stored but for e errors lies within e changes of one of the "
            "C(P, N) that are stored whole",
            Evidence(
                Method.ENUMERATION,
                "every labelling of 2 to 7 points: equality for one weight and e < P/2, below for two",
                _errors_are_bounded,
            ),
        ),
        Step(
            sp.Le(
                sp.log(chance, 2) / points,
                BinaryEntropy(weights / points) + BinaryEntropy(epsilon) - 1 + 1 / points,
                evaluate=False,
            ),
            "a sum of binomials up to a share s <= 1/2 of n is at most $2^{n H_2(s)}$, H_2 the entropy of a coin in bits; here with s = N/P and "
            "s = epsilon = e/P; the last term is the factor 2 of the count",
            Evidence(
                Method.NUMERIC,
                "every sum at n = 3, 10, 41",
                _entropy_bounds_sums,
            ),
        ),
        Step(
            equation(
                alpha,
                Solution(
                    1 / u, BinaryEntropy(u) + BinaryEntropy(epsilon) - 1, u, sp.S.Half, _FEWER
                ),
            ),
            "above it the exponent is negative: the probability falls exponentially in the number of weights",
            Evidence(
                Method.NUMERIC,
                "the exact finite bound a tenth above the load, N = 40, 80, 160, four shares",
                _vanishes_above,
            ),
        ),
    )
