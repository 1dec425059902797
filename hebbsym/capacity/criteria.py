r"""Criteria: what must hold for K patterns to count as stored. They see signal and noise only.

============  ============================================================================
snr           rho >= z^2
bit           one bit is wrong with probability at most epsilon
pattern       a whole pattern of D bits is recalled without error with probability 1 - epsilon
all           all K patterns are, with probability 1 - epsilon
============  ============================================================================

Main names
----------
Criterion
    The probability that a criterion bounds, and the ratio z^2 that it demands.
Load
    The number of patterns at which a ratio is met, solved from rho(K) = z^2.

Notes
-----
``pattern`` and ``all`` take the units' errors as independent, which they are as D grows if
the noise has no part common to all units. By the union bound the failure probability is at
most D (or D K) times that of a bit whether they are independent or not.

References
----------
mceliece1987 (D/(2 ln D), D/(4 ln D)); corless1996 (the Lambert W function).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sympy as sp

from hebbsym.notation import K, equation
from hebbsym.registry import Registry
from hebbsym.theory.dense.overlaps import MOST_FACTORED
from hebbsym.theory.spelling import oriented


@dataclass(frozen=True)
class Criterion:
    """A criterion of storage.

    Parameters
    ----------
    name, statement : str
    failure : callable
        ``failure(p, units, load)``: the probability to be kept at epsilon, from that of one bit.
    bit_bound : callable or None
        ``bit_bound(epsilon, units)``: the admissible error of one bit; None if it depends on K.
    bits : callable
        ``bits(units, load)``: how many bits must be right, for the union bound.
    observable : str
        The simulated observable that is the failure probability.
    patterns_power : int
        1 when the number of bits is proportional to K, else 0.

    Examples
    --------
    >>> e = sp.Symbol("e")
    >>> criteria["bit"].ratio(e, sp.Symbol("D"))
    2*erfcinv(2*e)**2
    """

    name: str
    statement: str
    failure: Callable[[sp.Expr, sp.Expr, sp.Expr], sp.Expr]
    bit_bound: Callable[[sp.Expr, sp.Expr], sp.Expr] | None
    bits: Callable[[sp.Expr, sp.Expr], sp.Expr]
    observable: str
    patterns_power: int = 0

    def ratio(self, epsilon: sp.Expr, units: sp.Expr) -> sp.Expr | None:
        """The signal-to-noise ratio demanded when the error of a bit is Q(sqrt(rho))."""
        if self.bit_bound is None:
            return None
        return 2 * sp.erfcinv(2 * self.bit_bound(epsilon, units)) ** 2


criteria: Registry[Criterion] = Registry("criterion")
"""The criteria by name."""
criteria.add(
    "bit",
    Criterion(
        "bit",
        "the probability that a bit is wrong is at most epsilon",
        lambda p, units, load: p,
        lambda epsilon, units: epsilon,
        lambda units, load: sp.S.One,
        "bit_error",
    ),
)
criteria.add(
    "pattern",
    Criterion(
        "pattern",
        "a stored pattern is recalled without any error with probability at least 1 - epsilon",
        lambda p, units, load: 1 - (1 - p) ** units,
        lambda epsilon, units: 1 - (1 - epsilon) ** (1 / units),
        lambda units, load: units,
        "pattern_error",
    ),
)
criteria.add(
    "all",
    Criterion(
        "all",
        "all K patterns are recalled without any error with probability at least 1 - epsilon",
        lambda p, units, load: 1 - (1 - p) ** (units * load),
        None,
        lambda units, load: units * load,
        "network_error",
        patterns_power=1,
    ),
)


def _factored(ratio: sp.Expr) -> sp.Expr:
    """In factors, but for finite sums, which would be torn apart, and long polynomials in one size, which take minutes."""
    long = any(len(part.args) > MOST_FACTORED for part in ratio.atoms(sp.Add))
    return (
        ratio if ratio.has(sp.Sum) or (long and len(ratio.free_symbols) < 2) else sp.factor(ratio)
    )


@dataclass(frozen=True)
class Load:
    """rho(K) = (G_0 + k G_1 + k^2 G_2) / (N_0 + k N_1 + k^2 N_2) with k = K - 1.

    G_1 and G_2 are zero except under inhibition, where a drift acts back on the signal
    because no unit excites itself.

    Examples
    --------
    >>> n, z = sp.symbols("n z")
    >>> Load((n, 0, 0), (0, 1, 0)).at_ratio(z**2)
    n/z**2 + 1
    """

    signal: tuple[sp.Expr, ...]
    noise: tuple[sp.Expr, ...]

    @property
    def steady(self) -> bool:
        """Whether the signal does not depend on the load."""
        return bool(self.signal[1] == 0 and self.signal[2] == 0)

    @property
    def noisy(self) -> bool:
        """Whether the noise grows with K at all."""
        return bool(self.noise[1] != 0 or self.noise[2] != 0)

    def at_ratio(self, ratio: sp.Expr) -> sp.Expr:
        """The real K at which rho first falls to a ratio, in a form that is regular throughout."""
        if self.steady and self.noise[2] == 0:
            constant, linear = self.noise[0] * sp.S.One, self.noise[1] * sp.S.One
            shift, growth = _factored(constant / linear), _factored(self.signal[0] / linear)
            return 1 - oriented(shift) + oriented(growth) / ratio
        excess, first, second = (
            g - ratio * n for g, n in zip(self.signal, self.noise, strict=True)
        )
        if first == 0:
            return 1 + sp.sqrt(-excess / second)
        return 1 + 2 * excess / (-first + sp.sqrt(first**2 - 4 * second * excess))

    def ratio_at(self, load: sp.Expr) -> sp.Expr:
        """rho at a number of patterns."""
        k = load - 1
        top, bottom = (
            sp.Add(*(k**power * part for power, part in enumerate(parts)))
            for parts in (self.signal, self.noise)
        )
        return top / bottom

    def growth(self) -> tuple[sp.Expr, int]:
        """(G, m) of the leading law K = (G / rho)^(1/m) for large K and a steady signal."""
        power = 2 if self.noise[2] != 0 else 1
        return self.signal[0] / self.noise[power], power

    def lambert(self, criterion: Criterion, epsilon: sp.Expr, units: sp.Expr) -> sp.Expr:
        r"""rho demanded by a criterion through the Mills ratio and the union bound, by Lambert's W.

        With Q(t) < exp(-t^2/2) / (t sqrt(2 pi)) and y = t^2 the condition
        bits * Q(sqrt(y)) = epsilon becomes y^p e^y = B, hence y = p W(B^(1/p) / p).
        """
        scale, power = self.growth()
        exponent = 1 + sp.Rational(2 * criterion.patterns_power, power)
        bits = criterion.bits(units, sp.S.One) ** 2
        crowd = scale ** sp.Rational(2 * criterion.patterns_power, power)
        bound = bits * crowd / (2 * sp.pi * epsilon**2)
        if exponent == 1:
            return sp.LambertW(bound)
        return exponent * sp.LambertW(bound ** (1 / exponent) / exponent)

    def equation(
        self, criterion: Criterion, error: sp.Expr, epsilon: sp.Expr, units: sp.Expr
    ) -> sp.Eq:
        """The criterion at equality, an equation for K."""
        return equation(criterion.failure(error, units, K), epsilon)
