r"""The coefficient theorem for synapses of mixed orders: rho is a Rayleigh quotient, c* = N^{-1} s.

.. math:: \rho(c) = \frac{(s \cdot c)^2}{c^{\mathsf T} N c}, \qquad \rho(c^*) = s^{\mathsf T} N^{-1} s

Main names
----------
NBodyOptimum
    s and N over all coefficients of a rule's orders; the best coefficients; the highest rho.

Implementation notes
--------------------
Coefficients that N does not connect with one that carries signal are zero in c*: where N falls into blocks,
only the blocks with a signal are solved. On unbiased signs these are the products alone.
"""

from __future__ import annotations

from functools import cached_property

import sympy as sp
from sympy.polys.matrices import DomainMatrix
from sympy.polys.rings import PolyElement

from hebbsym.errors import NotDerivable, SizeLimit
from hebbsym.families.nbody import NBodyRule, Place
from hebbsym.notation import x_i
from hebbsym.theory.nbody.moments import NBodyMoments

LARGEST_SYMBOLIC, LARGEST = 4, 6
"""Bounds on the coefficients that one elimination is made for; it grows fast with the symbols."""


class NBodyOptimum:
    """s, N and c*, exact in D and K.

    Parameters
    ----------
    moments : NBodyMoments
        Its rule only gives the orders.

    Examples
    --------
    >>> from hebbsym.theory.setting import Setting
    >>> best = NBodyOptimum(NBodyMoments(Setting(NBodyRule((3,)))))
    >>> best.places, best.best_rho
    (((3, 1, 2),), (D - 2)*(D - 1)/(2*K - 2))
    """

    def __init__(self, moments: NBodyMoments) -> None:
        self.moments = moments

    @cached_property
    def signal_vector(self) -> tuple[PolyElement, ...]:
        """s: M(x+) - M(x-) of each unit coefficient."""
        return tuple(self.moments.gap(m) for m in self.moments.mean_vector)

    @cached_property
    def noise_matrix(self) -> tuple[tuple[PolyElement, ...], ...]:
        """N: c^T N c is 4 Vbar."""
        moments = self.moments
        return tuple(tuple(moments.doubled(e) for e in row) for row in moments.covariance)

    @cached_property
    def _block(self) -> tuple[int, ...]:
        """Positions that N connects with a signal."""
        inside = {at for at, s in enumerate(self.signal_vector) if s}
        if not inside:
            raise NotDerivable("no rule of these orders carries a signal in this setting")
        reached: set[int] = set()
        while reached != inside:
            reached = set(inside)
            for at in reached:
                inside |= {to for to, entry in enumerate(self.noise_matrix[at]) if entry}
        return tuple(sorted(inside))

    @property
    def places(self) -> tuple[Place, ...]:
        """The coefficients (n, p, k) that the best rule may have."""
        return tuple(self.moments.places[at] for at in self._block)

    @cached_property
    def _solution(self) -> tuple[list[PolyElement], PolyElement]:
        """Numerators of N^{-1} s in the block, and their denominator."""
        domain, size = self.moments.ring.to_domain(), len(self._block)
        parameters = (
            self.moments.setting.patterns.free_symbols | self.moments.setting.cue.free_symbols
        )
        if size > (LARGEST_SYMBOLIC if parameters else LARGEST):
            names = ", ".join(sorted(map(str, parameters))) or "none"
            raise SizeLimit(
                f"the best rule is sought among {size} coefficients that carry or share noise, past "
                f"the bound of {LARGEST_SYMBOLIC} with symbols in patterns or cue (here: {names}) and "
                f"of {LARGEST} without; give numbers to the symbols, or take fewer orders"
            )
        rows = [[self.noise_matrix[r][c] for c in self._block] for r in self._block]
        matrix = DomainMatrix(rows, (size, size), domain)
        signal = DomainMatrix([[self.signal_vector[r]] for r in self._block], (size, 1), domain)
        if matrix.rank() < size:
            raise NotDerivable(
                "the noise matrix is singular here: some direction of coefficient space has no "
                "noise, and the best rule is not unique"
            )
        numerators, denominator = matrix.solve_den(signal)
        return [row[0] for row in numerators.to_dense().rep.to_list()], denominator

    @cached_property
    def best(self) -> dict[Place, sp.Expr]:
        """c*, scaled so that the product on the smallest synapses has coefficient 1."""
        numerators, _ = self._solution
        first = self.places.index((self.moments.rule.bodies[0], 1, self.moments.rule.bodies[0] - 1))
        return {
            place: self.moments.ratio(top, numerators[first]) if top else sp.S.Zero
            for place, top in zip(self.places, numerators, strict=True)
        }

    @cached_property
    def best_rho(self) -> sp.Expr:
        """rho(c*) = s^T N^{-1} s."""
        numerators, denominator = self._solution
        total = sum(
            (self.signal_vector[at] * c for at, c in zip(self._block, numerators, strict=True)),
            self.moments.ring.zero,
        )
        return self.moments.ratio(total, denominator)

    @property
    def increment(self) -> sp.Expr:
        """The increment of the best rule, in ``x_i`` and the elementary symmetric polynomials e_k."""
        return sp.Add(
            *(
                c * x_i**p * (sp.Symbol(f"e_{k}", real=True) if k else sp.S.One)
                for (_, p, k), c in self.best.items()
            )
        )

    @property
    def best_rule(self) -> NBodyRule:
        """The rule of the best coefficients."""
        return NBodyRule(self.moments.rule.bodies, self.best, f"best of {self.moments.rule.name}")
