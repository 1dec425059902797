r"""Saddle-point equations of a memory near saturation, at zero temperature, by two routes.

One pattern is recalled with overlap m; the others make the field of a unit Gaussian. With the field
of the pattern m^(n-1) and the noise of variance Sigma,

.. math:: m = \mathrm{erf}\,y, \quad y = \frac{m^{n-1}}{\sqrt{2\Sigma}}, \quad
          C = \sqrt{\frac{2}{\pi\Sigma}}\, e^{-y^2}, \quad
          \Sigma = \alpha \Big( \frac{g}{(1-C)^2} + s \Big).

C is the response of the mean state to a field. Pairwise weights let each other pattern's small
overlap m_mu act back on itself, m_mu = eta_mu + C m_mu: the share g of the noise is amplified. What is
not along a pattern (clipping, dilution, n-body terms) is static: s. All four quantities are explicit in
y, so that the load is a function alpha(y), and the largest load with a retrieval state is its maximum.

Main names
----------
Closure
    The noise per load as a function of overlap and response: what tells the models apart.
Saddle, TwoStep, ManySteps
    The stationary closure, that of Amari and Maginu, and stationary states of theories that look back some steps.
energy
    The free energy at T = 0, whose stationary points are the same equations: the second route.

Neglected
---------
Replica symmetry (or, the same, Gaussian crosstalk with one response). At T = 0 it breaks for a
small share of the units, and alpha_c moves in the fourth digit (0.138186 with symmetry broken once, steffan1994; the
0.144 of crisanti1986 is not confirmed there). For n-body memories near alpha_c it breaks for many units.

References
----------
amit1985, amit1987 (plain Hebb); sompolinsky1986 (static noise); amari1988 (two steps).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, final

import sympy as sp

from hebbsym.notation import alpha, y

C = sp.Symbol("C", positive=True)
"""Response of the mean state to a field."""
m, r, Sigma = sp.symbols("m r Sigma", positive=True)
n = sp.Symbol("n", integer=True, positive=True)
g, s = sp.symbols("g s", nonnegative=True)
"""Shares of the load whose noise is amplified, and whose noise is static."""
OVERLAP = sp.erf(y)


_PAIR = sp.Integer(2)


class Closure(Protocol):
    """How the variance of the noise follows from the load."""

    @property
    def order(self) -> sp.Expr:
        """Number of units that a synapse joins, n."""

    def noise(self, overlap: sp.Expr, response: sp.Expr) -> sp.Expr:
        """Sigma/alpha."""


@final
@dataclass(frozen=True)
class Saddle:
    """The stationary closure: a share of the noise is amplified, a share is static.

    Examples
    --------
    >>> Saddle().noise(m, C)
    (1 - C)**(-2)
    """

    amplified: sp.Expr = sp.S.One
    static: sp.Expr = sp.S.Zero
    order: sp.Expr = _PAIR

    def noise(self, overlap: sp.Expr, response: sp.Expr) -> sp.Expr:
        """g/(1 - C)^2 + s."""
        return self.amplified / (1 - response) ** 2 + self.static


@final
@dataclass(frozen=True)
class TwoStep:
    """The closure of two steps: successive states are independent, given the pattern.

    The noise of the next state is that of fresh patterns, plus the echo of the present noise C^2 Sigma,
    plus twice their covariance alpha C m m'.

    Examples
    --------
    >>> TwoStep().noise(sp.S.One, sp.S.Zero)
    1
    """

    order: sp.Expr = _PAIR

    def noise(self, overlap: sp.Expr, response: sp.Expr) -> sp.Expr:
        """Sigma/alpha of Sigma = alpha + C^2 Sigma + 2 alpha C m^2."""
        return (1 + 2 * response * overlap**2) / (1 - response**2)


@final
@dataclass(frozen=True)
class ManySteps:
    """The stationary state of a neurodynamics that looks back some steps.

    An overlap with another pattern is fresh at each step and carries on C of the one before,
    N_t = e_t + C N_(t-1). In a stationary state all fresh parts have the covariance 1 (in units of 1/D), and
    E[e_t N_(t-1)] = 1 + C + C^2 + ...; a theory of p steps keeps p - 1 terms of that sum.

    Examples
    --------
    >>> ManySteps(1).noise(m, C)
    1/(1 - C**2)
    >>> sp.limit(ManySteps(60).noise(m, sp.Rational(1, 4)), m, 0).evalf(12) == sp.Rational(16, 9).evalf(12)
    True
    """

    steps: int
    order: sp.Expr = _PAIR

    def noise(self, overlap: sp.Expr, response: sp.Expr) -> sp.Expr:
        """Sigma/alpha of Sigma = alpha + C^2 Sigma + 2 alpha C (1 + C + ... + C^(p-2))."""
        kept = sp.Add(*(response**k for k in range(self.steps - 1)))
        return (1 + 2 * response * kept) / (1 - response**2)


def response_at(closure: Closure) -> sp.Expr:
    """C as a function of y.

    Examples
    --------
    >>> response_at(Saddle())
    2*y*exp(-y**2)/(sqrt(pi)*erf(y))
    """
    return 2 * y * sp.exp(-(y**2)) / (sp.sqrt(sp.pi) * OVERLAP ** (closure.order - 1))


def load_at(closure: Closure) -> sp.Expr:
    """alpha as a function of y: the load at which a state of that signal over noise is stationary.

    Examples
    --------
    >>> load_at(Saddle(sp.S.Zero, sp.S.One))
    erf(y)**2/(2*y**2)
    """
    variance = OVERLAP ** (2 * closure.order - 2) / (2 * y**2)
    return variance / closure.noise(OVERLAP, response_at(closure))


def energy(closure: Saddle) -> sp.Expr:
    """Free energy of a unit at T = 0, a function of m, C, r and the load; Sigma = alpha (g r + s).

    The last term is -<|m^(n-1) + sqrt(Sigma) z|> over a standard normal z.

    Examples
    --------
    >>> sp.diff(energy(Saddle()), C).factor()
    alpha*(C**2*r - 2*C*r + r - 1)/(2*(C - 1)**2)
    """
    body, field = closure.order, m ** (closure.order - 1)
    variance = alpha * (closure.amplified * r + closure.static)
    signal = field / sp.sqrt(2 * variance)
    strength = field * sp.erf(signal) + sp.sqrt(2 * variance / sp.pi) * sp.exp(-(signal**2))
    patterns = alpha * closure.amplified / 2 * (1 - 1 / (1 - C) + r * C)
    return (body - 1) * m**body / body + patterns - strength


def annealed(closure: Saddle, load: sp.Expr) -> sp.Expr:
    """What the energy of states that are correlated with no pattern does not fall below at T = 0, n > 2.

    Such energies are Gaussian, of variance load/n for each unit; the mean number of states below is one there.

    Examples
    --------
    >>> annealed(Saddle(sp.S.Zero, sp.S.One, sp.Integer(3)), sp.Rational(3, 2))
    -sqrt(log(2))
    """
    return -sp.sqrt(2 * load * closure.static * sp.log(2) / closure.order)


def glass(closure: Saddle, load: sp.Expr, u: sp.Expr) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    """The state without overlap: its energy, response and the equation for u = C/(1 - C).

    Examples
    --------
    >>> load, u = sp.symbols("load u", positive=True)
    >>> glass(Saddle(), load, u)[2]
    load*u**2 - 2/pi
    """
    response = u / (1 + u)
    equation = (
        load * (closure.amplified * u**2 + closure.static * response**2) - 2 / sp.pi
    )  # Sigma C^2 = 2/pi
    at = {m: sp.S.Zero, C: response, r: (1 + u) ** 2, alpha: load}
    return energy(closure).subs(at), response, equation
