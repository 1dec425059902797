r"""Signal and noise of a memory: the ratio rho, exact in D, K and all coefficients.

For a two-valued ensemble with values x+ > x-:

.. math:: \rho = \frac{(M(x_+) - M(x_-))^2}{4 \bar V}, \qquad \bar V = \tfrac12 (V(x_+) + V(x_-))

For any other ensemble rho is the gain of the linear regression of h on x, squared, times
Var(x), over the residual variance; both agree on unbiased bipolar patterns.

Main names
----------
Signal
    Numerator and denominator of rho as ring elements, rho as an expression, and the noise
    by powers of K - 1, which is what a capacity is solved from.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import sympy as sp
from sympy.polys.rings import PolyElement

from hebbsym.errors import NotDerivable
from hebbsym.theory.fields import FieldMoments
from hebbsym.theory.spelling import LARGEST_GCD


class Signal:
    """Signal and noise in a setting.

    Parameters
    ----------
    fields : FieldMoments

    Examples
    --------
    >>> from hebbsym.families.rules import ExpandedRule
    >>> from hebbsym.theory.setting import Setting
    >>> hebb = ExpandedRule(2, {(1, 1): sp.S.One}, "hebb")
    >>> Signal(FieldMoments(Setting(hebb))).rho
    (D - 1)/(K - 1)
    """

    def __init__(self, fields: FieldMoments) -> None:
        self.fields = fields

    @property
    def two_valued(self) -> bool:
        """Whether the recalled value is one of two."""
        return self.fields.setting.post.two_valued

    @cached_property
    def gap(self) -> PolyElement:
        """M(x+) - M(x-) for two values; Cov(h, x) otherwise. Without inhibition it does not depend on K."""
        fields = self.fields
        if self.two_valued:
            low, high = fields.values
            return fields.at_value(fields.mean, high) - fields.at_value(fields.mean, low)
        mean_x = self._moment(1)
        return fields.averaged(fields.mean, 1) - mean_x * fields.averaged(fields.mean)

    @cached_property
    def noise(self) -> PolyElement:
        """What gap**2 is divided by to give rho: 4 Vbar, or Var(x) Var(h) - Cov(h, x)**2."""
        fields = self.fields
        if self.two_valued:
            return 2 * sum(
                (fields.at_value(fields.variance, v) for v in fields.values), fields.ring.zero
            )
        mean_x = self._moment(1)
        spread_x = self._moment(2) - mean_x**2
        total = (
            fields.averaged(fields.variance)
            + fields.averaged(fields.mean**2)
            - fields.averaged(fields.mean) ** 2
        )
        return spread_x * total - self.gap**2

    @cached_property
    def orientation(self) -> int | None:
        """The sign of the gap wherever the parameters may lie; None where it is open.

        It is -1 for a rule that recalls the inverted pattern, such as the anti-Hebbian one.
        """
        return self._orientation(sp.S.One)

    @cached_property
    def useful_orientation(self) -> int | None:
        """The same for cues that point to the stored pattern: at most half of their entries flipped."""
        return self._orientation(self.fields.setting.cue.reach)

    def _orientation(self, most: sp.Rational) -> int | None:
        """The sign of the gap for cues with a delta of at most ``most``."""
        fields, setting = self.fields, self.fields.setting
        if not self.gap:
            return 0
        sizes = {*fields.sizes, fields.engine.posts}
        domains: dict[sp.Expr, tuple[sp.Expr | int, sp.Expr | int]] = {
            parameter: (low, high)
            for law in (setting.post, setting.pre)
            for parameter, low, high, _ in law.domain
        }
        domains[setting.cue.parameters.get("delta", sp.S.Zero)] = (0, most)
        number, factors = fields.cleared(self.gap, 1).factor_list()
        orientation = 1 if number > 0 else -1
        for base, exponent in factors:
            side = _side(base, sizes, domains)
            if side is None:
                return None
            orientation *= side**exponent
        return orientation

    def _moment(self, k: int) -> PolyElement:
        side = 1 if self.fields.setting.auto else 0
        return self.fields.engine.single_moment(side, k, 0)

    @cached_property
    def by_load(self) -> tuple[tuple[PolyElement, ...], tuple[PolyElement, ...]]:
        """gap**2 and the noise by powers 0, 1, 2 of K - 1, without common factors.

        The gap does not depend on K except under inhibition, where a drift acts back on it.
        """
        parts = (*self._by_load(self.gap**2, 2), *self._by_load(self.noise, 2))
        reduced = self.fields.in_lowest_terms(*parts)
        return reduced[:3], reduced[3:]

    @property
    def noise_parts(self) -> tuple[PolyElement, ...]:
        """The noise as it is, by powers 0, 1, 2 of K - 1."""
        return self._by_load(self.noise, 2)

    def _by_load(self, element: PolyElement, degree: int) -> tuple[PolyElement, ...]:
        ring = self.fields.ring
        position = ring.gens.index(self.fields.sizes[1])
        parts: list[dict[tuple[int, ...], object]] = [{} for _ in range(degree + 1)]
        for powers, c in element.iterterms():
            rest = tuple(0 if p == position else e for p, e in enumerate(powers))
            parts[powers[position]][rest] = c
        return tuple(ring.from_dict(part) for part in parts)

    @cached_property
    def rho(self) -> sp.Expr:
        """The signal-to-noise ratio, exact."""
        if not self.gap:
            return sp.S.Zero
        if not self.noise:
            raise NotDerivable(
                f"the field has no noise in this setting ({self.fields.setting.text}): "
                "rho is infinite"
            )
        fields = self.fields
        top, bottom = self.gap**2, self.noise
        short = len(top) * len(bottom) <= LARGEST_GCD
        if short or fields.setting.threshold.inhibits or not self.two_valued:
            return fields.ratio(top, bottom)
        return self._rho_by_parts()

    def _rho_by_parts(self) -> sp.Expr:
        """rho with the noise spelled by the parts of the rule; for two values."""
        fields = self.fields
        n = fields.sizes[0]
        own, crossing = (
            sum((fields.at_value(part, v) for v in fields.values), fields.ring.zero)
            for part in (fields.anatomy.own_noise, fields.anatomy.crossing)
        )
        per_input = fields.by_parts(own * sp.QQ(1, 2), crossing * sp.QQ(1, 2))
        signal = fields.expression(self.gap.exquo(n))
        return fields.setting.inputs * signal**2 / (4 * per_input)


def _side(
    base: PolyElement,
    sizes: set[PolyElement],
    domains: Mapping[sp.Expr, tuple[sp.Expr | int, sp.Expr | int]],
) -> int | None:
    """The sign of a factor: of sizes with equal signs, or linear in one parameter."""
    ring = base.ring
    present = [
        g
        for g, powers in zip(ring.gens, zip(*base.itermonoms(), strict=True), strict=True)
        if any(powers)
    ]
    if sizes.issuperset(present):
        values = list(base.itercoeffs())
    elif len(present) == 1 and base.degree(present[0]) == 1 and present[0].as_expr() in domains:
        ends = map(ring.domain.from_sympy, map(sp.sympify, domains[present[0].as_expr()]))
        values = [base.evaluate(present[0], end) for end in ends]
        values = [v.coeff(1) for v in values]
    else:
        return None
    if all(v >= 0 for v in values):
        return 1
    return -1 if all(v <= 0 for v in values) else None
