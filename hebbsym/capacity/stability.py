r"""Whether a retrieval state keeps replica symmetry: the line of de Almeida and Thouless, by two copies.

Two copies of the state under the same patterns have the overlap q. If it deviates a little, the
correlation of their noises deviates by alpha times the derivative of the noise by q, and the
mean of t t' with that: d<t t'>/dc = nu^2 <(1 - t^2)^2> at equal fields (Price's theorem). The copies drift apart, and
replica symmetry is broken, where

.. math:: \frac{\alpha}{T^2} \Big( \frac{g}{(1-C)^2} + s (n-1) q^{n-2} \Big) \langle (1 - t^2)^2 \rangle > 1.

At T -> 0 only fields near zero count, <(1 - t^2)^2> = (2/3) T C, so that plain Hebb breaks below the
temperature (2/3) alpha C/(1 - C)^2: at every load at T = 0, and for few units only.

Main names
----------
stability
    The condition as a step of a derivation.

References
----------
almeida1978; amit1987 (T_R of the retrieval states, small alpha) (equations unverified).
"""

from __future__ import annotations

import mpmath
import sympy as sp

from hebbsym.capacity import saddle
from hebbsym.capacity.states import Memory, at_temperature, averages, grid, walked
from hebbsym.claim import Evidence, Method, Step
from hebbsym.notation import T, alpha, equation


def stability() -> Step:
    """Where the two copies begin to drift apart.

    Examples
    --------
    >>> stability().equation.rhs
    1
    """
    q, t = sp.symbols("q t", positive=True)
    n = saddle.n
    by_q = saddle.g / (1 - saddle.C) ** 2 + saddle.s * (n - 1) * q ** (n - 2)
    return Step(
        equation(alpha / T**2 * by_q * sp.Function("E")((1 - t**2) ** 2), sp.S.One),
        "two copies of the state under the same patterns: a small deviation of their overlap from q changes "
        "the correlation of their noises by alpha times the derivative of the noise by q, and that changes "
        "the mean of t t' by nu^2 E (1 - t^2)^2 (Price's theorem); where the factor exceeds one the copies "
        "drift apart, and replica symmetry is broken",
        Evidence(
            Method.SECOND_ROUTE,
            "the derivative at full correlation by quadrature over two copies; plain Hebb as T -> 0 against "
            "(2/3) alpha C/(1 - C)^2",
            lambda: _copies_drift_apart() and _breaks_at_low_temperature(),
        ),
    )


def _together(mu: float, nu: float, distance: float) -> float:
    """The mean of t t' of two copies whose noises have the correlation 1 - distance."""
    fp = mpmath.fp
    step, count = grid(nu, fp)
    nodes = [(k * step, fp.exp(-((k * step) ** 2) / 2)) for k in range(-count, count + 1)]
    norm, common, apart = sum(w for _, w in nodes), fp.sqrt(1 - distance), fp.sqrt(distance)
    total = 0.0
    for z, w in nodes:
        own = sum(v * fp.tanh(mu + nu * (common * z + apart * x)) for x, v in nodes)
        total += w * (own / norm) ** 2
    return float(total / norm)


def _copies_drift_apart() -> bool:
    """The difference quotient, extrapolated to full correlation, at two states."""
    for mu, nu in ((1.5, 0.7), (0.4, 1.1)):
        _, t2, _, t4 = averages(mu, nu, mpmath.fp)
        coarse, fine = ((t2 - _together(mu, nu, h)) / h for h in (2e-3, 1e-3))
        if abs((2 * fine - coarse) / (nu**2 * (1 - 2 * t2 + t4)) - 1) > 1e-4:
            return False
    return True


def _breaks_at_low_temperature() -> bool:
    """Growth times T at alpha_c falls in proportion to T onto (2/3) alpha C/(1 - C)^2."""
    gaps = []
    for heat in (0.04, 0.02):
        mu, nu = walked(heat, Memory(1.0, 0.0, 2), lambda point: point.determinant)
        _, point = at_temperature(heat, mu, nu, Memory(1.0, 0.0, 2), mpmath.fp)
        C = (1 - point.order) / heat
        gaps.append(point.growth * heat / (2 * point.load * C / (3 * (1 - C) ** 2)) - 1)
    return bool(abs(gaps[1]) < 0.02 and 2 < gaps[0] / gaps[1] < 6)
