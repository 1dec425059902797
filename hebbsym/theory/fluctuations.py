r"""Fluctuations about the mean-field flow: on the way from W = 0, and once the weights have settled.

With w = m + delta, m the flow's solution, the moments of delta close order by order in eta, since
E[delta**k] is of order eta**(k/2):

.. math:: \frac{dm}{d\tau} = F, \quad
   \frac{d\sigma^2}{d\tau} = 2 F' \sigma^2 + G, \quad
   \frac{dm_1}{d\tau} = F' m_1 + \tfrac12 F'' \sigma^2 - \tfrac12 F' F

where F = E[f] and G = Var(f) are taken at m, E[w] = m + eta m_1 + O(eta**2) and
Var(w) = eta sigma**2 + O(eta**2). The last term is what whole steps of size eta differ by from a flow.

Main names
----------
Stationary
    Moments of the weights as K -> infinity, to any order in eta.
Transient
    m, m_1 and sigma**2 at a given tau = eta K, where they have a closed form.
closure
    Mean and variance after K patterns, from the moments of delta cut at a given one: a number.

Where it fails
--------------
Where F' is not negative at the fixed point there is no stationary law; near a zero of F' fluctuations
are no longer of order eta.

References
----------
derived here; kampen2007 for the linear noise approximation (unverified).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import sympy as sp

from hebbsym.errors import NotDerivable
from hebbsym.notation import K, w
from hebbsym.theory.flow import FixedPoint, Flow

_CUT = 4
"""The highest moment of delta that a numeric closure keeps."""


@dataclass(frozen=True)
class Stationary:
    """The law of a weight that has settled around the fixed point that it reaches from W = 0.

    Parameters
    ----------
    flow : Flow

    Examples
    --------
    Oja's rule on fair signs, an affine rule whose stationary variance eta/(2 - eta) is known:

    >>> from hebbsym.families.named import rules
    >>> from hebbsym.theory.setting import Setting
    >>> settled = Stationary(Flow(Setting(rules["oja"])))
    >>> [settled.variance(m) for m in (1, 2, 3)]
    [1/2, 1/4, 1/8]
    """

    flow: Flow

    @property
    def point(self) -> FixedPoint:
        """The fixed point."""
        return self.flow.destination

    @cached_property
    def _known(self) -> dict[tuple[int, int], sp.Expr]:
        return {}

    def moment(self, k: int, m: int) -> sp.Expr:
        """The coefficient of eta**m in E[delta**k], delta the distance from the fixed point.

        In the stationary law E[(delta + eta f)**k] = E[delta**k]; sorted by powers of eta this gives
        each coefficient by those of smaller 2 m - k, or of equal ones and smaller m.
        """
        if k == 0:
            return sp.S.One if m == 0 else sp.S.Zero
        if 2 * m < k:
            return sp.S.Zero
        if (k, m) not in self._known:
            total = sp.S.Zero
            for factors in range(1, min(k, m + 1) + 1):
                ways = math.comb(k, factors)
                for j, c in enumerate(self._taylor(factors)):
                    if c != 0 and (factors, j) not in ((1, 0), (1, 1)):
                        total += ways * c * self.moment(k - factors + j, m + 1 - factors)
            self._known[k, m] = tidy(-total / (k * self.point.slope))
        return self._known[k, m]

    def _taylor(self, factors: int) -> list[sp.Expr]:
        """Coefficients of E[f(w* + delta)**factors] by powers of delta."""
        power = self.flow.power(factors)
        found = []
        for j in range(sp.degree(power, w) + 1 if power.has(w) else 1):
            found.append(power.xreplace({w: self.point.value}) / math.factorial(j))
            power = sp.diff(power, w)
        return found

    def mean(self, m: int) -> sp.Expr:
        """The coefficient of eta**m in the stationary mean."""
        return self.point.value if m == 0 else self.moment(1, m)

    def variance(self, m: int) -> sp.Expr:
        """The coefficient of eta**m in the stationary variance."""
        squared = (self.moment(1, k) * self.moment(1, m - k) for k in range(1, m))
        return tidy(self.moment(2, m) - sp.Add(*squared))


@dataclass(frozen=True)
class Transient:
    """Mean and variance of a weight at tau = eta K, to first order in eta, in closed form.

    The closed forms exist where F(0) = 0, so that the flow rests, and where F is affine in w.

    Parameters
    ----------
    flow : Flow

    Raises
    ------
    NotDerivable
        When the flow is of another kind; it is then given by the integral of dw/F(w).

    Examples
    --------
    >>> from hebbsym.families.rules import ExpandedRule
    >>> from hebbsym.notation import eta
    >>> from hebbsym.theory.setting import Setting
    >>> saturating = ExpandedRule(2, {(1, 1): eta, (0, 0): -eta * w**3 - eta * w}, "saturating")
    >>> way = Transient(Flow(Setting(saturating)))
    >>> way.mean, way.variance
    (0, 1/2 - exp(-2*K*eta)/2)
    """

    flow: Flow

    def __post_init__(self) -> None:
        degree = sp.degree(self.flow.mean, w) if self.flow.mean.has(w) else 0
        if self._start != 0 and degree > 1:
            raise NotDerivable(
                f"the flow dw/dtau = {self.flow.mean} from w = 0 is the solution of "
                "tau = Integral(dw/F(w)), which is given in closed form only for F(0) = 0 and for F affine in "
                "w; ask for the expansion in the rate (weight_mean) or for the stationary law"
            )

    @property
    def _start(self) -> sp.Expr:
        return self.flow.mean.xreplace({w: sp.S.Zero})

    @property
    def _slope(self) -> sp.Expr:
        return self.flow.slope.xreplace({w: sp.S.Zero})

    @property
    def tau(self) -> sp.Expr:
        """eta K."""
        return self.flow.rate * K

    @property
    def mean(self) -> sp.Expr:
        """m: the flow itself."""
        start, c, tau = self._start, self._slope, self.tau
        return start * tau if c == 0 else start / c * (sp.exp(c * tau) - 1)

    @property
    def shift(self) -> sp.Expr:
        """m_1: by how much eta times the mean differs from the flow, over eta."""
        start, c, tau = self._start, self._slope, self.tau
        if start != 0:
            return -c * start * tau * sp.exp(c * tau) / 2
        bend = sp.diff(self.flow.mean, w, 2).xreplace({w: sp.S.Zero}) / 2
        noise = self.flow.noise.xreplace({w: sp.S.Zero})
        growth = tau**2 / 2 if c == 0 else (sp.exp(c * tau) - 1) ** 2 / (2 * c**2)
        return bend * noise * growth

    @property
    def variance(self) -> sp.Expr:
        """sigma**2: the variance over eta."""
        c, tau, total = self._slope, self.tau, sp.S.Zero
        for (j,), g in sp.Poly(self.flow.noise, w).terms():
            if self._start == 0 and j > 0:
                continue
            if c == 0:
                total += g * self._start**j * tau ** (j + 1) / (j + 1)
                continue
            for k in range(j + 1):
                sign = (-1) ** (j - k) * math.comb(j, k)
                total += sign * g * (self._start / c) ** j * self._driven(k)
        return sp.expand(total)

    def _driven(self, k: int) -> sp.Expr:
        """The integral over s from 0 to tau of exp(2 c (tau - s)) exp(k c s)."""
        c, tau = self._slope, self.tau
        if k == 2:
            return tau * sp.exp(2 * c * tau)
        return (sp.exp(k * c * tau) - sp.exp(2 * c * tau)) / ((k - 2) * c)


def closure(
    flow: Flow, rate: sp.Rational, patterns: int, cut: int = _CUT
) -> tuple[sp.Rational, sp.Rational]:
    """Mean and variance of a weight after K patterns, moments of delta above the fourth dropped.

    What is dropped is of order eta**3. This is a number, for the size of remainders and for tests; it is
    worked out in doubles and shares nothing with the closed forms but the averages of powers of f.

    Parameters
    ----------
    flow : Flow
        Free of symbols.
    rate : Rational
        What each f is multiplied by.
    patterns : int
    cut : int
        The highest moment that is kept.

    Examples
    --------
    >>> from hebbsym.families.named import rules
    >>> from hebbsym.notation import eta
    >>> from hebbsym.theory.setting import Setting
    >>> mean, variance = closure(Flow(Setting(rules["oja"])), sp.Rational(1, 10), 2)
    >>> round(float(variance), 6)  # 1/100 (1 + 81/100)
    0.0181
    """
    step = float(rate)
    powers = [
        [float(c) for c in reversed(sp.Poly(flow.power(k), w).all_coeffs())] for k in range(cut + 1)
    ]
    centre, moments = 0.0, [1.0] + [0.0] * cut
    for _ in range(patterns):
        around = [_around(p, centre) for p in powers]
        drift = around[1][0]
        changed = [1.0]
        for k in range(1, cut + 1):
            total = 0.0
            for factors in range(k + 1):
                scale = math.comb(k, factors) * step**factors
                for inner in range(factors + 1):
                    weight = scale * math.comb(factors, inner) * (-drift) ** (factors - inner)
                    kept = moments[k - factors : cut + 1]
                    total += weight * sum(map(float.__mul__, around[inner], kept))
            changed.append(total)
        centre, moments = centre + step * drift, changed
    return (
        sp.Rational(centre + moments[1]),
        sp.Rational(moments[2] - moments[1] ** 2),
    )


def _around(polynomial: list[float], centre: float) -> list[float]:
    """Coefficients, lowest first, of a polynomial in the distance from a centre (Horner)."""
    shifted = list(polynomial)
    for k in range(len(shifted) - 1):
        for j in range(len(shifted) - 2, k - 1, -1):
            shifted[j] += centre * shifted[j + 1]
    return shifted


def tidy(expression: sp.Expr) -> sp.Expr:
    """Common factors removed; roots in numbers kept out of denominators.

    Examples
    --------
    >>> tidy(1 / (1 + sp.sqrt(2)))
    -1 + sqrt(2)
    """
    if expression.has(sp.CRootOf):
        return expression
    if expression.is_number:
        return sp.radsimp(sp.expand(expression))
    return sp.factor(sp.cancel(expression))
