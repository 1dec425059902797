r"""The error of one bit of a dense memory, and the size of what a Gaussian drops.

Main names
----------
QUANTITIES
    bit_error.
error_of_bit
    Gaussian, or a mixture of Gaussians over what scatters as no Gaussian does: flipped or masked entries of the cue.
edgeworth_size, edgeworth_terms
    Sizes of what is dropped.

Neglects
--------
Edgeworth's terms of the crosstalk of the other patterns, whose sizes are given.
"""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp

from hebbsym.claim import Claim, Derivation, Regime, Remainder, Step
from hebbsym.families.cues import Exact
from hebbsym.families.profiles import Polynomial, R
from hebbsym.notation import D, K, equation
from hebbsym.theory.dense.bench import DenseBench
from hebbsym.theory.dense.claims import ANOTHER, assumed, require_noise
from hebbsym.theory.dense.overlaps import cumulants, gaussian_error, tidy
from hebbsym.theory.workbench import Quantity

_error = sp.Symbol(r"\operatorname{P}_{\mathrm{err}}")
_kept = sp.Symbol("k", integer=True, positive=True)
_flipped = sp.Symbol("k", integer=True, nonnegative=True)


def error_of_bit(bench: DenseBench) -> sp.Expr:
    """The Gaussian error of one bit, a mixture over the unit's own entry of the cue where it matters.

    Examples
    --------
    >>> from hebbsym.families.dense import dense_rule
    >>> from hebbsym.families.separations import Power
    >>> from hebbsym.theory.setting import Setting
    >>> bench = DenseBench(Setting(dense_rule(Power(2), "gradient", "power")))
    >>> error_of_bit(bench).subs({D: 9, K: 3})
    erfc(sqrt(2))/2
    """
    if bench.square != 1:
        return _error_of_masked(bench)
    if mixed_by_flips(bench):
        return _error_of_flipped(bench)
    parts = [bench.field_given(y) for y, _ in bench.branches]
    if all(part == parts[0] for part in parts):
        mean, variance = parts[0]
        return gaussian_error(tidy(mean), tidy(variance))
    return sp.Add(
        *(
            p * gaussian_error(tidy(mean), tidy(variance))
            for (mean, variance), (_, p) in zip(parts, bench.branches, strict=True)
        )
    )


def mixed_by_flips(bench: DenseBench) -> bool:
    """Whether the signal scatters with the flips of the cue as no Gaussian does: F' is not linear.

    Examples
    --------
    >>> from hebbsym.families.cues import Flip
    >>> from hebbsym.families.dense import dense_rule
    >>> from hebbsym.families.separations import Power
    >>> from hebbsym.theory.setting import Setting
    >>> flips = Flip(sp.Rational(1, 10))
    >>> [mixed_by_flips(DenseBench(Setting(dense_rule(Power(n), "gradient", "power"), cue=flips))) for n in (2, 3)]
    [False, True]
    """
    linear = isinstance(bench.profile, Polynomial) and len(bench.profile.coefficients) <= 2
    return bool(bench.square == 1 and bench.mean != 1 and not bench.rule.coupled and not linear)


def _error_of_flipped(bench: DenseBench) -> sp.Expr:
    """The average over the number k of entries that are flipped outside the unit.

    Given it the signal is fixed, and what is left is the crosstalk of the others, which is independent of the cue.
    """
    noise = (K - 1) * tidy(cumulants([bench.crosstalk(r) for r in (1, 2)])[1])
    error = gaussian_error(bench.profile.expression.xreplace({R: D - 1 - 2 * _flipped}), noise)
    n, p = D - 1, sp.expand((1 - bench.mean) / 2)
    law = sp.binomial(n, _flipped) * p**_flipped * (1 - p) ** (n - _flipped)
    return sp.Sum(law * error, (_flipped, 0, n))


def _error_of_masked(bench: DenseBench) -> sp.Expr:
    """The average over the number k of entries that are kept outside the unit.

    It scales signal and noise alike, so that the field is no Gaussian however many patterns there are.
    With k entries the memory is one of k + 1 units with an exact cue.
    """
    whole = DenseBench(bench.setting.with_cue(Exact()))
    mean, variance = whole.field_given(sp.S.One)
    error = gaussian_error(tidy(mean), tidy(variance)).xreplace({D: _kept + 1})
    n, p = D - 1, bench.mean
    law = sp.binomial(n, _kept) * p**_kept * (1 - p) ** (n - _kept)
    return (1 - p) ** n / 2 + sp.Sum(law * error, (_kept, 1, n))


def _bit_error(bench: DenseBench) -> Claim:
    require_noise(bench)
    formula, masked, flipped = error_of_bit(bench), bench.square != 1, mixed_by_flips(bench)
    return Claim(
        "bit_error",
        "probability that one bit is wrong after one step",
        formula,
        Regime.LEADING_ORDER,
        (
            *assumed(bench.setting),
            "the field is taken as Gaussian with its exact mean and variance"
            + (", given how many entries are kept" if masked else "")
            + (", given how many entries are flipped" if flipped else "")
            + ": K large at fixed D",
            "a tie counts as half an error",
            *(
                ("a cue without any entry outside the unit counts as half an error",)
                if masked
                else ()
            ),
        ),
        Derivation(
            (
                Step(
                    equation(_error, formula),
                    "central limit theorem over the other patterns, which are independent given the cue",
                ),
            )
        ),
        symbol=_error,
        observable="bit_error",
        dropped=(
            "Edgeworth's terms: skewness and kurtosis of the field. The steeper F is, the heavier are the "
            "tails of one crosstalk; where K is not far above its kurtosis, the true error is larger"
        ),
        remainder=edgeworth_size(bench),
        requirements=(ANOTHER,) if masked or flipped or bench.by_load[1][0] == 0 else (),
    )


def edgeworth_size(bench: DenseBench) -> Remainder:
    """The size of Edgeworth's terms that a Gaussian error drops: the first order and the second."""

    def size(values: Mapping[sp.Symbol, sp.Expr]) -> sp.Expr:
        numeric = DenseBench(bench.setting.at(values), values.get(D, D))
        at = {s: values[s] for s in (D, K) if s in values}
        if mixed_by_flips(numeric):
            return _size_of_flipped(numeric, at)
        if numeric.square == 1:
            return sp.Add(*(p * _size_given(numeric, y, at) for y, p in numeric.branches))
        whole, n, p = DenseBench(numeric.setting.with_cue(Exact())), int(at[D]) - 1, numeric.mean
        return sp.Add(
            *(
                sp.binomial(n, k) * p**k * (1 - p) ** (n - k)
                * _size_given(whole, sp.S.One, {**at, D: sp.Integer(k + 1)})
                for k in range(1, n + 1)
            )
        )  # fmt: skip

    return size


def _size_of_flipped(bench: DenseBench, at: Mapping[sp.Symbol, sp.Expr]) -> sp.Expr:
    """The size averaged over the number of flips outside the unit, given which the signal is fixed."""
    c = cumulants([bench.crosstalk(r).xreplace(dict(at)) for r in range(1, 7)])
    variance, fourth, sixth = ((at[K] - 1) * c[r - 1] for r in (2, 4, 6))
    n, p = int(at[D]) - 1, (1 - bench.mean) / 2
    profile = bench.profile.expression.xreplace(dict(at))
    return sp.Add(
        *(
            sp.binomial(n, k) * p**k * (1 - p) ** (n - k)
            * edgeworth_terms(
                profile.subs(R, sp.Integer(n - 2 * k)), variance, sp.S.Zero, fourth, sixth
            )
            for k in range(n + 1)
        )
    )  # fmt: skip


def _size_given(bench: DenseBench, y: sp.Expr, at: Mapping[sp.Symbol, sp.Expr]) -> sp.Expr:
    """The size at one value of the unit's own entry of the cue."""
    s = cumulants([bench.signal_given(y, r).xreplace(dict(at)) for r in range(1, 5)])
    c = cumulants([bench.crosstalk_given(y, r).xreplace(dict(at)) for r in range(1, 7)])
    k = K.xreplace(dict(at)) - 1
    mean, variance, third, fourth = (a + k * b for a, b in zip(s, c[:4], strict=True))
    return edgeworth_terms(mean, variance, third, fourth, k * c[5])


def edgeworth_terms(
    mean: sp.Expr, variance: sp.Expr, third: sp.Expr, fourth: sp.Expr, sixth: sp.Expr
) -> sp.Expr:
    """Sizes of the first and second order of Edgeworth's series at zero, from cumulants.

    Examples
    --------
    >>> edgeworth_terms(sp.S.One, sp.S.One, sp.S.Zero, sp.S.Zero, sp.S.Zero)
    0
    """
    if variance == 0:
        return sp.S.Zero
    t = mean / sp.sqrt(variance)
    skew, kurtosis, higher = (
        part / variance**power
        for part, power in ((third, sp.Rational(3, 2)), (fourth, 2), (sixth, 3))
    )
    h2, h3 = t**2 - 1, t**3 - 3 * t
    h5 = t**5 - 10 * t**3 + 15 * t
    h7 = t**7 - 21 * t**5 + 105 * t**3 - 105 * t
    first = sp.Abs(skew * h2) / 6 + sp.Abs(kurtosis * h3 / 24 + skew**2 * h5 / 72)
    second = sp.Abs(higher * h5) / 720 + kurtosis**2 * sp.Abs(h7) / 1152
    return (first + second) * sp.exp(-(t**2) / 2) / sp.sqrt(2 * sp.pi)


QUANTITIES: dict[str, Quantity[DenseBench]] = {"bit_error": Quantity(_bit_error)}
