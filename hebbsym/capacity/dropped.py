r"""What a capacity claim drops at finite size, as a number that a check allows for.

A capacity is claimed for Gaussian fields and, where whole patterns are asked for, for units
that err independently. At finite D and K two things are off, and their sizes are added:

* the law of the field: the spread of the unit's history, and Edgeworth's terms given it;
* the independence of the units: two units whose histories are alike have correlated fields, and
  through the post part all units hear how loud the cue is, so that errors come in clusters and
  fewer patterns are hit.

Main names
----------
remainder
    The size, as a function of values for the symbols.
"""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp

from hebbsym.capacity.criteria import Criterion
from hebbsym.claim import Remainder
from hebbsym.notation import K, tail
from hebbsym.numeric import evaluate
from hebbsym.theory.bits import bit_error
from hebbsym.theory.mixture import edgeworth
from hebbsym.theory.workbench import Workbench

Values = Mapping[sp.Symbol, sp.Expr]


def remainder(bench: Workbench, criterion: Criterion, error: sp.Expr) -> Remainder:
    """What the failure probability of a criterion drops, when a bit errs with ``error``."""
    setting, units = bench.setting, bench.setting.units
    higher = edgeworth(setting, (False, True))

    def size(values: Values) -> sp.Expr:
        numeric = Workbench(setting.at(values))
        finite = bit_error(numeric)
        claimed = criterion.failure(error.xreplace(dict(values)), units, K)
        truer, bound = (criterion.failure(p, units, K) for p in (finite, finite + higher(values)))
        law = sp.Abs(truer - claimed) + bound - truer
        if criterion.bits(units, K) == 1:
            return law
        patterns = K**criterion.patterns_power
        # pairs of different patterns are correlated by 1/K where one unit errs twice, else not on average:
        # their number is smaller than that within the patterns by the power of the error that this costs
        return law + patterns * _pairs(numeric, values)

    return size


def _pairs(bench: Workbench, values: Values) -> sp.Expr:
    r"""The expected number of pairs of units that err together beyond independent ones.

    Given the histories of two units their fields are jointly Gaussian; the correlation r is
    that of the histories, of mean r_0 (noise common to all units, relative to V) and variance
    omega^2/k, with omega the share of V that the correlation part of the rule causes. With t
    the distance to the threshold in standard deviations,
    d P(both err)/dr = exp(-t^2/(1 + r)) / (2 pi sqrt(1 - r^2)). By Bonferroni's inequality a
    failure is less probable than for independent units by this number at most. (With a post
    part the number itself is an estimate: the histories of units that err are not typical.)
    """
    fields, units = bench.fields, bench.setting.units
    anatomy, sizes = fields.anatomy, fields.sizes
    # inhibition removes what is common to all units but for the cued pattern's own noise
    inhibited = bench.setting.threshold.inhibits
    common = sizes[0] * anatomy.own_noise if inhibited else anatomy.common_variance(*sizes)
    shares: list[sp.Expr] = []
    for part in (common, anatomy.overlap_variance(*sizes)):
        low, high = (
            fields.expression(fields.at_value(fields.reduce(part), v)) for v in fields.values
        )
        below, above = bench.laws
        shares.append((low / below.variance + high / above.variance) / 2)
    shares[0] += _loudness(bench, values)
    angle = sp.Dummy("angle", real=True)  # r = sin(angle) takes the square root out
    demand = evaluate(2 * sp.erfcinv(2 * bit_error(bench)) ** 2, values)
    square = sp.Rational(int(demand * 10**15), 10**15)
    density = sp.exp(-square / (1 + sp.sin(angle))) / (2 * sp.pi)
    exceeded = tail((sp.sin(angle) - shares[0]) * sp.sqrt(K - 1) / shares[1])
    return sp.binomial(units, 2) * sp.Integral(density * exceeded, (angle, 0, sp.pi / 2))


def _loudness(bench: Workbench, values: Values) -> sp.Expr:
    r"""What the post part adds to the correlation of two units that are about to err.

    With S = sum_j s_j the drift and the post part make (k A + b) S of a field, b being the unit's own.
    Of a unit that errs, t standard deviations off, b is the share t sqrt(V) beta / (n E[s]) on
    average, with beta the post part's share of V; so that all such units hear S alike.
    """
    anatomy, sizes, units = bench.fields.anatomy, bench.fields.sizes, bench.setting.inputs
    if not bench.post_part or not anatomy.cue_mean or bench.setting.threshold.inhibits:
        return sp.S.Zero
    n, k = sizes
    beta, drift, mean, spread = (
        bench.fields.expression(part)
        for part in (
            n**2 * k * anatomy.cue_mean**2 * anatomy.post,
            k * anatomy.drift,
            anatomy.cue_mean,
            n * anatomy.cue_variance,
        )
    )
    variance = sum(law.probability * law.variance for law in bench.laws)
    t = evaluate(sp.sqrt(2) * sp.erfcinv(2 * bit_error(bench)), values)
    distance = sp.Rational(int(t * 10**15), 10**15)
    own = distance * beta / (sp.sqrt(variance) * units * sp.Abs(mean))
    return ((sp.Abs(drift) + own) ** 2 - drift**2) * spread / variance
