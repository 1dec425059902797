r"""The scaling theorem: how the number of stored patterns grows with the number of units.

With n inputs of a unit, k = K - 1 other patterns, A = E[g] the drift and B the post part:

.. math:: \rho = \frac{n^2 G'}{n N_0' + k\,(n N_1' + n^2 B') + k^2\, n\, N_2'}

where N_2' is proportional to A^2 Var(s) and B' to B E[s]^2. Hence K_max grows like D exactly
when both vanish, like sqrt(D) when only A does not, and not at all when B E[s]^2 does not.

* Inhibition subtracts what is common to all units: it removes A (and the noise of the pre part,
  which changes no exponent); in return a drift acts back on the signal.
* Centring the cue makes E[s] = 0: it removes B E[s]^2, and leaves A.
* A threshold, fixed or optimal, moves the means and no variance: it removes neither; it
  repairs the bias that the pre part gives to every field.

Main names
----------
leading_growth
    The leading law of K_max for a setting, found from the exact rho.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp
from sympy.polys.rings import PolyElement

from hebbsym.capacity.criteria import Load
from hebbsym.claim import Evidence, Method, Step
from hebbsym.errors import NotDerivable
from hebbsym.notation import D, M, equation
from hebbsym.theory.workbench import Workbench

_A, _B = sp.symbols("A B")


@dataclass(frozen=True)
class Growth:
    """The leading law: K_max is D**exponent times the root of ``law`` at a ratio.

    ``steps`` shows what decides, ``conditions`` says under which conditions on the
    coefficients the law is another one.
    """

    law: Load
    exponent: sp.Rational
    reason: str
    steps: tuple[Step, ...]
    conditions: tuple[str, ...]

    def at_ratio(self, ratio: sp.Expr) -> sp.Expr:
        """The leading term of K_max at a signal-to-noise ratio."""
        root = self.law.at_ratio(ratio)
        return root if self.exponent == 0 else sp.factor_terms(root - 1)


def leading_growth(bench: Workbench) -> Growth:
    """The leading law of K_max as D grows, for the coefficients of the setting as they stand.

    Of K = kappa D^e with e = 1, 1/2, 0 the one is taken for which signal and noise are of the
    same order; only their terms of highest order are kept.
    """
    for size in sorted(bench.setting.free_symbols & {D, M}, key=str):
        raise NotDerivable(
            f"a parameter of the setting contains {size}, and growth with {size} is stated for "
            "parameters that do not change; leave out a common factor of the rule, or ask for capacity:snr"
        )
    signal, fields = bench.signal, bench.fields
    if not signal.gap:
        raise NotDerivable(f"rule {bench.setting.rule.name!r} carries no signal: its capacity is 0")
    top, noise = signal.by_load
    n = fields.sizes[0]
    for exponent in (sp.S.One, sp.S.Half, sp.S.Zero):
        orders = [_orders(n, parts, exponent) for parts in (top, noise)]
        if max(orders[0]) == max(orders[1]):
            law = Load(
                *(
                    tuple(
                        fields.expression(_leading(n, part)) if order == max(found) else sp.S.Zero
                        for part, order in zip(parts, found, strict=True)
                    )
                    for parts, found in zip((top, noise), orders, strict=True)
                )
            )
            return Growth(law, exponent, _REASONS[exponent], _steps(bench), _conditions(bench))
    raise NotDerivable("the noise does not grow with K in this setting")


def _orders(n: PolyElement, parts: tuple[PolyElement, ...], e: sp.Rational) -> list[sp.Expr]:
    """The order in D of each power of k, if k is of order D**e."""
    return [_degree(n, part) + e * m if part else -sp.oo for m, part in enumerate(parts)]


_REASONS = {
    sp.S.One: "neither the drift nor the post part adds to the leading noise: K_max grows like D",
    sp.S.Half: "the drift adds a noise of order K sqrt(D), common to all units: K_max grows like sqrt(D)",
    sp.S.Zero: "the post part adds a noise of order D sqrt(K): K_max does not grow with D",
}


def _steps(bench: Workbench) -> tuple[Step, ...]:
    anatomy, fields = bench.fields.anatomy, bench.fields
    drift, post = fields.expression(anatomy.drift), fields.expression(anatomy.post)
    cue = fields.expression(anatomy.cue_mean)
    n = fields.sizes[0]
    inhibited = bench.setting.threshold.inhibits

    def decides() -> bool:
        _, linear, square = signal.noise_parts
        return bool(square) == bool(anatomy.drift**2 * anatomy.cue_variance) and (
            _degree(n, linear) == 2
        ) == bool(anatomy.post * anatomy.cue_mean**2)

    signal = bench.signal
    evidence = (
        None
        if inhibited
        else Evidence(
            Method.SECOND_ROUTE,
            "degrees of the exact noise in n and k against A^2 Var(s) and B E[s]^2",
            decides,
        )
    )
    return (
        Step(
            equation(_A, drift),
            "the drift: it puts K^2 D A^2 Var(s) into the noise, common to all units",
        ),
        Step(
            equation(_B, post),
            "the post part: it puts K D^2 B E[s]^2 into the noise",
        ),
        Step(equation(sp.Symbol(r"\operatorname{E}[s]"), cue), "mean of the cue", evidence),
    )


def _conditions(bench: Workbench) -> tuple[str, ...]:
    anatomy = bench.fields.anatomy
    inhibited = bench.setting.threshold.inhibits
    lines = []
    if anatomy.drift and not inhibited:
        lines.append("generic coefficients: K_max grows faster where the drift A vanishes")
    if anatomy.drift and inhibited:
        lines.append("the drift A is removed by inhibition")
    if anatomy.post and anatomy.cue_mean:
        lines.append(
            "generic coefficients: K_max grows with D only where the post part B vanishes or the cue is centred"
        )
    return tuple(lines)


def _degree(n: PolyElement, element: PolyElement) -> int:
    place = element.ring.gens.index(n)
    return max((m[place] for m in element.itermonoms()), default=-1)


def _leading(n: PolyElement, element: PolyElement) -> PolyElement:
    """The terms of the highest degree in n."""
    place, top = element.ring.gens.index(n), _degree(n, element)
    return element.ring.from_dict({m: c for m, c in element.iterterms() if m[place] == top})
