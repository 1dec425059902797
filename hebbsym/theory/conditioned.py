r"""Small networks of patterns of any law, exactly: averages given the history of the postsynaptic unit.

Given what one unit stored, u_1, ..., u_K, the weights onto it are independent. The moments of one of them
obey a recurrence in the patterns,

.. math:: E[w_t^k \mid u] = \sum_r c_{kr}(u_t)\, E[w_{t-1}^r \mid u], \qquad
    \sum_r c_{kr} w^r = E_v[(w + \Delta w(w; u_t, v))^k]

which calls for powers up to k d**(K - 1) of a rule of degree d, and ends, for W = 0 at the start. Moments of
entries are all that is needed, so that it holds for real-valued patterns, which cannot be enumerated.

Main names
----------
Conditioned
    Mean, variance and ratio of the field, and moments of the weights, as polynomials in the rate.

References
----------
derived here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import sympy as sp
from sympy.polys.rings import PolyElement, PolyRing

from hebbsym import notation
from hebbsym.errors import NotDerivable
from hebbsym.notation import eta, x
from hebbsym.theory.fields import law_of
from hebbsym.theory.ratios import ratio
from hebbsym.theory.setting import Setting


@dataclass(frozen=True)
class Conditioned:
    """A network with a number of inputs and patterns, the weights onto one of its units.

    Parameters
    ----------
    setting : Setting
        In numbers, but for the rate.
    inputs, patterns, age : int
        Presynaptic units; patterns shown; how many of them after the recalled one.

    Examples
    --------
    The plain Hebb rule on Gaussian patterns: V(x) = n (2 x**2 + K - 1) at n = 2, K = 3:

    >>> from hebbsym.families.ensembles import Gaussian
    >>> from hebbsym.families.rules import ExpandedRule
    >>> hebb = Conditioned(Setting(ExpandedRule(2, {(1, 1): eta}), Gaussian()), 2, 3, 1)
    >>> hebb.field_mean(x), sp.factor(hebb.field_variance(x))
    (2*eta*x, 4*eta**2*(x**2 + 1))
    >>> hebb.weight_variance(), hebb.weight_covariance("post")
    (3*eta**2, 0)
    """

    setting: Setting
    inputs: int
    patterns: int
    age: int

    @cached_property
    def _ring(self) -> PolyRing:
        """Polynomials in w, in what the unit stored and the input stored, in x and in the rate."""
        names = [notation.w, x, eta, sp.Symbol("v_"), sp.Symbol("u_")]
        histories = list(sp.symbols(f"u_1:{self.patterns + 1}"))
        return PolyRing([*names, *histories], sp.QQ)

    @cached_property
    def _update(self) -> PolyElement:
        """Delta w as an element of the ring."""
        post, pre = sp.Symbol("u_"), sp.Symbol("v_")
        update = self.setting.rule.update.xreplace({notation.x_i: post, notation.x_j: pre})
        if update.free_symbols - set(self._ring.symbols):
            names = ", ".join(sorted(str(s) for s in update.free_symbols - {*self._ring.symbols}))
            raise NotDerivable(f"{names} has no value, and averages of small networks need one")
        found: PolyElement = self._ring.from_expr(sp.expand(update))
        return found

    def _given_input(self, element: PolyElement, cue: int) -> PolyElement:
        """The average over the input's entry, times a power of the cue's."""
        law, place = law_of(self.setting.pre, self.setting.cue), 3
        total = self._ring.zero
        for powers, c in element.iterterms():
            mean = self._ring.domain.from_sympy(law.moment(powers[place], cue))
            total += self._ring.from_dict({(*powers[:place], 0, *powers[place + 1 :]): c * mean})
        return total

    def _moment(self, power: int, cue: int) -> PolyElement:
        """E[s**cue w**power | u] after all patterns, s of the recalled one."""
        w = self._ring.gens[0]
        known: dict[int, PolyElement] = {
            power: self._ring.one
        }  # of powers of w still to be replaced
        for shown in range(self.patterns, 0, -1):
            recalled = shown == self.patterns - self.age
            after = w + self._update if shown > 1 else self._update.compose(w, self._ring.zero)
            before: dict[int, PolyElement] = {}
            for k, factor in known.items():
                made = self._given_input(after**k, cue if recalled else 0)
                made = made.compose(self._ring.gens[4], self._ring.gens[4 + shown]) * factor
                for powers, c in made.iterterms():
                    part = self._ring.from_dict({(0, *powers[1:]): c})
                    before[powers[0]] = before.get(powers[0], self._ring.zero) + part
            known = before
        return known.get(0, self._ring.zero)

    def _average(self, element: PolyElement, conditioned: bool) -> sp.Expr:
        """Over what the unit stored; the recalled value is x where it is given."""
        recalled = 4 + self.patterns - self.age
        total = self._ring.zero
        for powers, c in element.iterterms():
            left = list(powers)
            for place in range(5, 5 + self.patterns):
                if conditioned and place == recalled:
                    left[1] += left[place]
                else:
                    c *= self._ring.domain.from_sympy(self.setting.post.moment(left[place]))
                left[place] = 0
            total += self._ring.from_dict({tuple(left): c})
        return total.as_expr()

    # ---- what is asked for ----------------------------------------------------------------

    def weight_mean(self) -> sp.Expr:
        """E[w]."""
        return self._average(self._moment(1, 0), False)

    def weight_variance(self) -> sp.Expr:
        """Var(w)."""
        return sp.expand(self._average(self._moment(2, 0), False) - self.weight_mean() ** 2)

    def weight_covariance(self, shared: str) -> sp.Expr:
        """The covariance of two weights onto one unit.

        Raises
        ------
        NotDerivable
            For weights that share another unit.
        """
        if shared != "post":
            raise NotDerivable(f"weights that share {shared} are not independent given the unit")
        product = self._average(self._moment(1, 0) ** 2, False)
        return sp.expand(product - self.weight_mean() ** 2)

    def field_mean(self, value: sp.Expr) -> sp.Expr:
        """M(x)."""
        return self.inputs * self._average(self._moment(1, 1), True).xreplace({x: value})

    def field_variance(self, value: sp.Expr) -> sp.Expr:
        """V(x)."""
        n, mean = self.inputs, self._moment(1, 1)
        own, both = (self._average(e, True) for e in (self._moment(2, 2), mean**2))
        first = self._average(mean, True)
        total = n * (own - first**2) + n * (n - 1) * (both - first**2)
        return sp.expand(total).xreplace({x: value})

    def snr(self) -> sp.Expr:
        """rho."""
        return ratio(self.setting, sp.expand(self.field_mean(x)), self.field_variance(x))
