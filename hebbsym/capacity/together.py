r"""What the units of a dense memory hear together: the flips of the cue, and how loud the other patterns are.

With j of the D entries of the cue flipped, the cued pattern has the overlap m = D - 2 j with it, that is R = m - 1
outside a unit whose entry is right and R = m + 1 outside one whose entry is flipped. Given j only the crosstalk of
the other patterns is left:

.. math:: P(\text{right}) = \sum_j \binom{D}{j} \delta^j (1 - \delta)^{D - j} (1 - p(m - 1))^{D - j} (1 - p(m + 1))^j,
          \quad p(R) = Q\!\left( g(R) / \sqrt{(K - 1) \operatorname{Var} C} \right).

That takes the units as independent given j. They are not: the sum of C^2, how loud the others are, is nearly the
same for all units and scatters by the kurtosis of C over K - 1, and the crosstalks of two units have the covariance
E[(g(R' + 1) - g(R' - 1))^2]/4, R' outside both. With t^2 = rho two bits are wrong together more often by

.. math:: p^2 \left( (t^2/2)^2\, \frac{\operatorname{Var} \sum C^2}{(\sum \operatorname{E} C^2)^2}
          + t^2\, \frac{\operatorname{Cov}}{\operatorname{Var} C} \right),

and no bit is wrong more often by D^2/2 times that, in proportion: the size of what is dropped.

Main names
----------
applies
    Whether a memory's cue has flips, and no unit hears itself.
failure
    The probability that a criterion of whole patterns fails.
failure_remainder
    The size of what it drops.
shared
    That of the independence of units.

Neglects
--------
Powers of these terms, and the departure of the crosstalk's law from a Gaussian.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import sympy as sp

from hebbsym.capacity.criteria import Criterion
from hebbsym.capacity.probing import probe
from hebbsym.claim import Evidence, Method, Remainder
from hebbsym.families.profiles import R
from hebbsym.notation import D, K, tail
from hebbsym.numeric import evaluate
from hebbsym.theory.dense.bench import DenseBench
from hebbsym.theory.dense.errors import edgeworth_terms
from hebbsym.theory.dense.overlaps import cumulants, gaussian_error, tidy

_flips = sp.Symbol("j", integer=True, nonnegative=True)
GIVEN_FLIPS = (
    "given the flips of the cue, which all units hear, the bits of a pattern are independent"
)


def applies(bench: DenseBench) -> bool:
    """Whether entries of the cue are flipped, and no unit is in its own overlap.

    Examples
    --------
    >>> from hebbsym.families.cues import Flip
    >>> from hebbsym.families.dense import dense_rule
    >>> from hebbsym.families.separations import Power
    >>> from hebbsym.theory.setting import Setting
    >>> rule = dense_rule(Power(3), "gradient", "power")
    >>> [applies(DenseBench(Setting(rule, cue=cue))) for cue in (Flip(sp.Rational(1, 9)), Flip(0))]
    [True, False]
    """
    return bool(bench.square == 1 and bench.mean != 1 and not bench.rule.coupled)


def failure(bench: DenseBench, criterion: Criterion) -> sp.Expr:
    """The probability that a criterion of whole patterns fails, given the flips and averaged over them.

    Examples
    --------
    >>> from hebbsym.capacity.criteria import criteria
    >>> from hebbsym.families.cues import Flip
    >>> from hebbsym.families.dense import dense_rule
    >>> from hebbsym.families.separations import Power
    >>> from hebbsym.theory.setting import Setting
    >>> bench = DenseBench(Setting(dense_rule(Power(2), "gradient", "power"), cue=Flip(sp.Rational(1, 10))))
    >>> round(float(evaluate(failure(bench, criteria["pattern"]), {D: sp.Integer(40), K: sp.Integer(3)})), 6)
    0.02415
    """
    noise = (K - 1) * tidy(cumulants([bench.crosstalk(r) for r in (1, 2)])[1])
    profile = bench.profile.expression
    return _averaged(
        bench, criterion, lambda at: gaussian_error(profile.xreplace({R: at}), noise)
    )  # fmt: skip


def _averaged(
    bench: DenseBench, criterion: Criterion, wrong: Callable[[sp.Expr], sp.Expr]
) -> sp.Expr:
    chance, overlap = sp.expand((1 - bench.mean) / 2), D - 2 * _flips
    right = (1 - wrong(overlap - 1)) ** (D - _flips) * (1 - wrong(overlap + 1)) ** _flips
    law = sp.binomial(D, _flips) * chance**_flips * (1 - chance) ** (D - _flips)
    return 1 - sp.Sum(law * right, (_flips, 0, D)) ** sp.cancel(criterion.bits(D, K) / D)


def failure_remainder(bench: DenseBench, criterion: Criterion) -> Remainder:
    """How much the failure probability changes when every bit errs more by Edgeworth's terms.

    Examples
    --------
    >>> from hebbsym.capacity.criteria import criteria
    >>> from hebbsym.families.cues import Flip
    >>> from hebbsym.families.dense import dense_rule
    >>> from hebbsym.families.separations import Power
    >>> from hebbsym.theory.setting import Setting
    >>> bench = DenseBench(Setting(dense_rule(Power(3), "gradient", "power"), cue=Flip(sp.Rational(1, 10))))
    >>> size = failure_remainder(bench, criteria["pattern"])({D: sp.Integer(40), K: sp.Integer(20)})
    >>> bool(0 < evaluate(size) < sp.Rational(1, 2))
    True
    """

    def of(values: Mapping[sp.Symbol, sp.Expr]) -> sp.Expr:
        numeric = DenseBench(bench.setting.at(values), values[D])
        at = {s: values[s] for s in (D, K)}
        c = cumulants([numeric.crosstalk(r).xreplace(at) for r in range(1, 7)])
        variance, fourth, sixth = ((at[K] - 1) * c[r - 1] for r in (2, 4, 6))
        profile, units = numeric.profile.expression.xreplace(at), int(at[D])
        means = [profile.subs(R, sp.Integer(units - 2 * j - 1)) for j in range(units + 1)]
        plain = [tail(mean / sp.sqrt(variance)) for mean in means]
        more = [
            sp.Min(1, p + edgeworth_terms(mean, variance, sp.S.Zero, fourth, sixth))
            for p, mean in zip(plain, means, strict=True)
        ]
        chance, patterns = (1 - numeric.mean) / 2, criterion.bits(at[D], at[K]) / units
        size = sp.S.Zero
        for j in range(units + 1):
            law = sp.binomial(units, j) * chance**j * (1 - chance) ** (units - j)
            right, worse = (
                (1 - p[j]) ** (units - j) * ((1 - p[j - 1]) ** j if j else 1) for p in (plain, more)
            )
            size += law * (right - worse + shared(numeric, at, means[j], right))
        return patterns * size

    return of


def shared(
    bench: DenseBench, at: Mapping[sp.Symbol, sp.Expr], mean: sp.Expr, right: sp.Expr
) -> sp.Expr:
    """How much more probable than ``right`` it is that no bit is wrong, for what the units hear together.

    Parameters
    ----------
    bench : DenseBench
        Without symbols.
    at : mapping of symbol to exact number
        D and K.
    mean : sympy.Expr
        The mean of the field, given what is fixed.
    right : sympy.Expr
        The probability that all bits are right, were they independent.

    Examples
    --------
    >>> from hebbsym.families.dense import dense_rule
    >>> from hebbsym.families.separations import Power
    >>> from hebbsym.theory.setting import Setting
    >>> bench = DenseBench(Setting(dense_rule(Power(2), "gradient", "power")))
    >>> at = {D: sp.Integer(60), K: sp.Integer(12)}
    >>> round(float(evaluate(shared(bench, at, sp.Integer(59), sp.S.Half))), 4)
    0.1309
    """
    second, fourth = (bench.crosstalk(r).xreplace(dict(at)) for r in (2, 4))
    loudness = (fourth - second**2) / (second**2 * (at[K] - 1))
    ratio = mean**2 / (second * (at[K] - 1))
    units, profile = int(at[D]), bench.profile.expression.xreplace(dict(at))
    covariance = sp.Add(
        *(
            sp.Rational(sp.binomial(units - 2, k), 2 ** (units - 2))
            * (profile.subs(R, o + 1) - profile.subs(R, o - 1)) ** 2
            / 4
            for k, o in enumerate(range(2 - units, units - 1, 2))
        )
    )
    together = (ratio / 2) ** 2 * loudness + ratio * covariance / second
    return right * units**2 * tail(sp.sqrt(ratio)) ** 2 * together / 2


def splits(bench: DenseBench) -> Evidence:
    """The two kinds of units against one: wrong bits on average, by flips, and by the overlap outside a unit."""

    def holds() -> bool:
        units, profile = 7 if bench.rule.admits(7) else 8, bench.profile.expression
        point = probe(profile, bench.mean)
        chance = ((1 - bench.mean) / 2).xreplace(point)

        def wrong(at: int) -> sp.Expr:
            return tail(
                profile.xreplace({R: sp.Integer(at)}).xreplace({**point, D: sp.Integer(units)}) / 20
            )

        by_flips, outside = sp.S.Zero, sp.S.Zero
        for j in range(units + 1):
            law = sp.binomial(units, j) * chance**j * (1 - chance) ** (units - j)
            m = units - 2 * j
            kept = (units - j) * wrong(m - 1) if j < units else sp.S.Zero
            by_flips += law * (kept + j * wrong(m + 1)) / units
        for j in range(units):
            law = sp.binomial(units - 1, j) * chance**j * (1 - chance) ** (units - 1 - j)
            outside += law * wrong(units - 1 - 2 * j)
        return bool(abs(evaluate(by_flips - outside + 1) - 1) < sp.Rational(1, 10**25))  # fmt: skip

    return Evidence(
        Method.SUBSTITUTION,
        "the mean number of wrong bits by the flips of the whole cue and by the overlap outside one unit, D = 7 (8 where F is not known at its overlaps), 25 digits",
        holds,
    )
