r"""What no rule can exceed: Cover's count and Gardner's volume, for the weights of one unit.

A unit with N free weights stores P labelled points when its field is on the right side of every one of
them. However the weights were learned, no more than 2 N random labels are stored with a probability above
1/2 (Cover: :mod:`hebbsym.capacity.cover`), and a bounded multiple of N where a share of errors is allowed.
With a margin kappa, and points and labels of mean m, the largest load is Gardner's,

.. math:: \alpha^{-1} = \min_b \sum_{s = \pm 1} \frac{1 + s m}{2} \int Dt\,
          \Big(t + \frac{\kappa}{\sqrt{1 - m^2}} - s b\Big)_+^2 .

Main names
----------
bound
    The claim of a bound, by name.
violation
    Gardner's integral: the mean squared violation at offset b.

Conventions
-----------
With zero diagonal and threshold zero a unit has N = D - 1 weights, with a free threshold N = D. The
margin is that of the field over sqrt(D), the weights of a unit having squared length D, and the points
are taken as they are: values -1 and +1, not centred.

Where it does not hold
----------------------
Points of few units are not in general position (signs at small D coincide or are dependent): then fewer
labellings can be stored, and Cover's count is an upper bound. Symmetric weights are a further
constraint: the bound holds, and need not be reached.

References
----------
cover1965; gardner1988.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import mpmath
import sympy as sp

from hebbsym.capacity import cover
from hebbsym.claim import Claim, Derivation, Evidence, Method, Regime, Requirement, Step
from hebbsym.errors import UnknownName
from hebbsym.notation import N, P, alpha, epsilon, equation, kappa, m, tail
from hebbsym.numeric import evaluate
from hebbsym.registry import Registry
from hebbsym.solutions import Solution

b = sp.Symbol("b", real=True)
t = sp.Symbol("t", real=True)


def hinge(offset: sp.Expr) -> sp.Expr:
    """The mean of (t + offset)_+^2 over a standard normal t, in closed form.

    Examples
    --------
    >>> hinge(sp.S.Zero)
    1/2
    """
    density = sp.exp(-(offset**2) / 2) / sp.sqrt(2 * sp.pi)
    return (1 + offset**2) * tail(-offset) + offset * density


def violation(margin: sp.Expr, mean: sp.Expr, offset: sp.Expr) -> sp.Expr:
    """The mean squared violation of labels of a given mean: one over the load, at the best offset.

    Examples
    --------
    >>> violation(sp.S.Zero, sp.S.Zero, sp.S.Zero)
    1/2
    """
    scaled = margin / sp.sqrt(1 - mean**2)
    return (1 + mean) / 2 * hinge(scaled - offset) + (1 - mean) / 2 * hinge(scaled + offset)


def gardner_load(margin: sp.Expr, mean: sp.Expr) -> sp.Expr:
    """The largest number of labels for each weight: the offset is the threshold's, at its best.

    Examples
    --------
    >>> gardner_load(sp.S.Zero, sp.S.Zero)
    2
    >>> bool(evaluate(gardner_load(sp.S.Half, sp.S.Zero)) < 1)  # a margin is dear
    True
    """
    if mean == 0:  # the two labels are alike: the best offset is zero
        return 1 / violation(margin, mean, sp.S.Zero)
    size = sp.Abs(mean)
    slope = sp.diff(violation(margin, size, b), b)
    return Solution(1 / violation(margin, size, b), slope, b, size / 64, sp.Rational(5, 4))


def _anew(values: Mapping[sp.Symbol, sp.Expr]) -> sp.Expr:
    """The bound at values, for the mean zero, whose best offset no walk meets."""
    margin, mean = (sp.S.One * values.get(symbol, symbol) for symbol in (kappa, m))
    return gardner_load(margin, mean)


def _hinge_is_the_integral() -> bool:
    points = [sp.S.Zero, sp.Rational(1, 3), sp.Rational(-3, 4), sp.Integer(2)]
    density = sp.exp(-(t**2) / 2) / sp.sqrt(2 * sp.pi)
    integrals = [
        evaluate(sp.Integral((t + c) ** 2 * density, (t, -c, sp.oo)), digits=25) for c in points
    ]
    return all(
        abs(evaluate(hinge(c)) - found) < mpmath.mpf(10) ** -24
        for c, found in zip(points, integrals, strict=True)
    )


def _convex_in_the_offset() -> bool:
    """The second derivative is a mean of two probabilities, doubled: positive."""
    scaled = kappa / sp.sqrt(1 - m**2)
    second = (1 + m) * tail(b - scaled) + (1 - m) * tail(-b - scaled)
    curvature = sp.diff(violation(kappa, m, b), b, 2)
    points = ({kappa: sp.S.Half, m: sp.Rational(1, 5), b: sp.Rational(c, 3)} for c in (-4, 0, 2))
    return all(abs(evaluate(curvature, at) - evaluate(second, at)) < 1e-25 for at in points)


def _cover_meets_gardner() -> bool:
    """As the unit grows, labels are stored almost surely below two per weight, hardly ever above."""
    n, share = sp.Integer(400), sp.Rational(1, 5)
    below, above = (evaluate(cover.separable(2 * n * (1 + s * share), n)) for s in (-1, 1))
    return bool(below > 1 - mpmath.mpf(10) ** -6 and above < mpmath.mpf(10) ** -6)


_SPHERE = (
    "the mean squared violation of P labels by weights of length sqrt(D) is least at "
    "sqrt(P <(t + kappa')_+^2>) = sqrt(N): Gordon's comparison of Gaussian processes, exact as D grows "
    "because the problem is convex; the same as the replica-symmetric volume"
)


def _gardner() -> Claim:
    formula = gardner_load(kappa, m)
    return Claim(
        "bound:gardner",
        "largest number of labels for each weight of a unit, with margin kappa and labels of mean m",
        formula,
        Regime.LEADING_ORDER,
        (
            "one unit, whatever its learning; every other unit is bound alike",
            "points and labels are independent, of values -1 and +1 and of mean m; points are not centred",
            "free threshold; no diagonal; weights may be asymmetric",
            "the weights of a unit have squared length D, and the margin is that of the field over sqrt(D)",
            "0 <= kappa, |m| < 1",
        ),
        Derivation(_gardner_steps(formula)),
        "gardner1988 (the load at margin kappa; equation unverified); derived here by the comparison",
        symbol=alpha,
        dropped="fluctuations of the largest load, of relative size 1/sqrt(D)",
        requirements=(
            Requirement("|m|", sp.Abs(m)),
            Requirement("minus kappa", -kappa, sp.S.Zero, False),
        ),
        anew=_anew,
    )


def _gardner_steps(formula: sp.Expr) -> tuple[Step, ...]:
    """From raw points to centred ones, the violation of labels on a sphere, and its best offset."""
    return (
        Step(
            equation(sp.Symbol("kappa'"), kappa / sp.sqrt(1 - m**2)),
            "a point of mean m is m + sqrt(1 - m^2) times a centred one; the mean's part of the field is "
            "constant, and the free threshold takes it up as the offset b",
        ),
        Step(
            equation(1 / alpha, violation(kappa, m, b)),
            _SPHERE,
            Evidence(
                Method.SECOND_ROUTE,
                "the closed form of <(t + c)_+^2> against quadrature; at kappa = m = 0 the load 2 against "
                "Cover's exact count",
                lambda: _hinge_is_the_integral() and _cover_meets_gardner(),
            ),
        ),
        Step(
            equation(alpha, formula),
            "the best offset: the violation is convex in b, so that its slope vanishes once",
            Evidence(
                Method.NUMERIC,
                "the second derivative in b is (1 + m) P(t > b - kappa') + (1 - m) P(t > -b - kappa') > 0",
                _convex_in_the_offset,
            ),
        ),
    )


_COUNTED = (
    "one unit, whatever its learning; N free weights: D - 1 without diagonal, D with a free threshold",
    "labels are fair and independent of the points",
)
_GENERAL = (
    "points in general position; otherwise fewer labellings can be stored, and it is an upper bound"
)


def _cover() -> Claim:
    return Claim(
        "bound:cover",
        "number of random labels for each weight of a unit at which half of all labellings can be stored",
        sp.Integer(2),
        Regime.EXACT,
        (*_COUNTED, _GENERAL),
        Derivation(cover.steps_of_count()),
        "cover1965 (equation unverified)",
        symbol=alpha,
    )


def _separable() -> Claim:
    return Claim(
        "bound:cover:probability",
        "probability that P random labels can be stored with N weights, at any finite size",
        cover.separable(P, N),
        Regime.EXACT,
        (*_COUNTED, _GENERAL),
        Derivation(cover.steps_of_count()),
        "cover1965 (equation unverified)",
        symbol=sp.Symbol("p"),
    )


def _with_errors() -> Claim:
    return Claim(
        "bound:cover:errors",
        "number of random labels for each weight that is not exceeded where a share epsilon may be wrong",
        cover.load_with_errors(epsilon),
        Regime.LEADING_ORDER,
        (
            *_COUNTED,
            "any points",
            "0 < epsilon < 1/2 is the share of the labels of the unit that are wrong",
        ),
        Derivation((*cover.steps_of_count(), *cover.steps_with_errors())),
        "derived here from the count of cover1965",
        symbol=alpha,
        dropped="sizes at which the probability of more labels, exponentially small in N, is not small yet",
        requirements=(Requirement("2 epsilon", 2 * epsilon),),
    )


bounds: Registry[tuple[Callable[[], Claim], ...]] = Registry("bound")
"""The claims of a bound, the bound itself first."""
bounds.add("gardner", (_gardner,))
bounds.add("cover", (_cover, _separable, _with_errors))


def claims_of(name: str) -> tuple[Claim, ...]:
    """All claims of a bound, the bound itself first.

    Examples
    --------
    >>> [claim.name for claim in claims_of("cover")]
    ['bound:cover', 'bound:cover:probability', 'bound:cover:errors']
    """
    return tuple(build() for build in bounds[name])


def bound(name: str) -> Claim:
    """What no pairwise rule can exceed, as a claim.

    Parameters
    ----------
    name : str
        "gardner" (margin kappa, labels of mean m), "cover", "cover:probability" (at P points and N
        weights) or "cover:errors" (a share epsilon of the labels may be wrong).

    Raises
    ------
    UnknownName
        For another name.

    Examples
    --------
    >>> bound("cover").formula
    2
    >>> from hebbsym.numeric import value
    >>> print(value(bound("gardner"), {kappa: 0, m: 0}))
    2.0
    """
    claims = {claim.name: claim for claim in claims_of(name.partition(":")[0])}
    if f"bound:{name}" not in claims:
        raise UnknownName("bound", name, [known.removeprefix("bound:") for known in claims])
    return claims[f"bound:{name}"]
