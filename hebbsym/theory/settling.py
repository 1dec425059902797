r"""Claims about where slow learning leads: the flow, its fixed points, and the law around them.

For a rule polynomial in the weight, at fixed tau = eta K (``:flow``) and as K -> infinity
(``:stationary``): around the mean-field flow, and around the fixed point that it reaches from W = 0.
What is dropped is small when eta is, whatever K; its size is worked out at the numbers that are asked
for, by other means than the claim's own formula.

Main names
----------
QUANTITIES
    flow, fixed_points, stability, weight_mean:flow, weight_variance:flow, weight_mean:stationary,
    weight_variance:stationary.

References
----------
derived here; kampen2007 for the expansion about a flow (unverified).
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import sympy as sp

from hebbsym import notation
from hebbsym.claim import Claim, Cut, Derivation, Evidence, Method, Regime, Requirement, Step
from hebbsym.errors import NotDerivable, SizeLimit
from hebbsym.notation import K, equation, eta, w
from hebbsym.theory.flow import Flow, brackets
from hebbsym.theory.fluctuations import Stationary, Transient, closure
from hebbsym.theory.followed import beyond_first, bound, cut
from hebbsym.theory.pairs import one_weight
from hebbsym.theory.ratebench import SLOW, RateBench, Values
from hebbsym.theory.signals import INDEPENDENT
from hebbsym.theory.workbench import Quantity, same

LONGEST_CLOSURE = 20000
"""Bound on the number of patterns whose moments are followed numerically for a remainder."""

_SHORT = 20  # patterns at the largest of the rates that the order of a claim is judged at

_tau = sp.Symbol("tau", positive=True)
_E, _Var = (sp.Function(rf"\operatorname{{{name}}}") for name in ("E", "Var"))
_FIXED = sp.Symbol("w^*")
_F, _slope, _f = sp.Function("F"), sp.Function("F'"), sp.Function("f")
_average, _delta = sp.Symbol(r"\langle w\rangle"), sp.Symbol("delta")

# ---- the flow -----------------------------------------------------------------------------


def _flow(bench: RateBench) -> Claim:
    flow = bench.flow
    steps = (
        Step(
            equation(sp.Derivative(sp.Function("w")(_tau), _tau), _F(w)),
            "one pattern moves the mean by eta E[f(w)], and the spread of w about it is of order eta",
        ),
        Step(
            equation(_F(w), flow.mean),
            "average of f over both stored values",
            _flow_evidence(bench),
        ),
    )
    return Claim(
        "flow",
        "mean-field flow of a weight in tau = eta K",
        flow.mean,
        Regime.LEADING_ORDER,
        (INDEPENDENT, SLOW, *flow.notes()),
        Derivation(steps),
        "derived here; kampen2007 for the expansion (unverified)",
        symbol=sp.Symbol(r"{d\langle w\rangle/d\tau}"),
        dropped="fluctuations, which move the mean by order eta",
    )


def _flow_evidence(bench: RateBench) -> Evidence | None:
    if not bench.finite:
        return None
    setting, rate = bench.setting, bench.flow.rate

    def holds() -> bool:
        average = sp.Add(
            *(
                p * q * setting.rule.update.xreplace({notation.x_i: u, notation.x_j: v})
                for u, p in setting.post.alphabet
                for v, q in setting.pre.alphabet
            )
        )
        return same(average / rate, bench.flow.mean)

    return Evidence(Method.SECOND_ROUTE, "the update itself over both alphabets", holds)


def _fixed_points(bench: RateBench) -> Claim:
    flow = bench.flow
    points = flow.fixed_points
    if not points:
        raise NotDerivable(f"the flow {flow.mean} has no zero: the weights run away")
    values = sp.ImmutableMatrix([point.value for point in points])

    def holds() -> bool:
        return all(_vanishes(flow.mean.xreplace({w: v})) for v in values)

    steps = (
        Step(
            equation(_F(_FIXED), 0),
            "zeros of the flow, factor by factor",
            Evidence(Method.SUBSTITUTION, "each value inserted into F", holds),
        ),
        *_digits(flow.mean, values),
    )
    return Claim(
        "fixed_points",
        "fixed points of the mean-field flow",
        values,
        Regime.LEADING_ORDER,
        (
            SLOW,
            "zeros under a root are real where it is; a leading coefficient is not zero",
            *flow.notes(values),
        ),
        Derivation(steps),
        symbol=_FIXED,
        dropped="fluctuations, which move the mean by order eta",
    )


def _vanishes(gap: sp.Expr) -> bool:
    """Whether an expression in roots is zero; one in algebraic numbers, to 40 digits."""
    if gap.has(sp.CRootOf):
        return bool(abs(gap.n(50)) < sp.Rational(1, 10**40))
    return bool(sp.radsimp(sp.expand(gap)) == 0) or same(gap, sp.S.Zero)


def _digits(flow: sp.Expr, values: sp.ImmutableMatrix) -> tuple[Step, ...]:
    """Algebraic numbers to 30 digits, each in a bracket where the exact flow changes its sign."""
    if not values.has(sp.CRootOf):
        return ()
    found = brackets(flow, 30)
    texts = ", ".join(
        f"{point.value(30)} ({'stable' if point.stable else 'not stable'})" for point in found
    )

    def holds() -> bool:
        pairs = zip(found, values, strict=True)
        return all(bool(point.low <= v.n(50) <= point.high) for point, v in pairs)

    step = Step(
        equation(_FIXED, values),
        f"real zeros isolated by exact arithmetic: {texts}",
        Evidence(Method.NUMERIC, "each lies in its bracket of width 10^-31", holds),
    )
    return (step,)


def _stability(bench: RateBench) -> Claim:
    flow = bench.flow
    points = flow.fixed_points
    slopes = sp.ImmutableMatrix([point.slope for point in points])

    def holds() -> bool:
        return all(
            _vanishes(sp.diff(flow.mean, w).xreplace({w: point.value}) - point.slope)
            for point in points
        )

    step = Step(
        equation(_slope(_FIXED), slopes),
        "slope of the flow at each fixed point, in their order: stable where it is negative",
        Evidence(Method.SUBSTITUTION, "F' at each fixed point", holds),
    )
    return Claim(
        "stability",
        "slope of the flow at its fixed points, negative at a stable one",
        slopes,
        Regime.LEADING_ORDER,
        (
            SLOW,
            "stable in the flow; at a finite rate also eta < -2 F'/E[f'(w*)^2], else the variance of the "
            "weights grows",
            *flow.notes(slopes),
        ),
        Derivation((step,)),
        symbol=_slope(_FIXED),
        dropped="fluctuations, which move the mean by order eta",
    )


def _settled(name: str, power: int) -> Callable[[RateBench], Claim]:
    """The stationary mean (power 1) or variance (power 2) of a weight, two orders."""
    title = ("mean", "variance")[power - 1]
    of = (Stationary.mean, Stationary.variance)[power - 1]

    def build(bench: RateBench) -> Claim:
        flow, law = bench.flow, Stationary(bench.flow)
        rate, first = flow.rate, power - 1
        flow.require_stable(rate)
        formula = sp.Add(*(rate**m * of(law, m) for m in (first, first + 1)))

        step = Step(
            equation(
                _E((_delta + eta * _f(w)) ** power),
                _E(_delta**power),
            ),
            "one pattern more changes no moment of the stationary law; sorted by powers of eta this is a "
            "triangular system, divided by F' at the fixed point",
            _settled_evidence(bench, of),
        )
        return Claim(
            name,
            f"{title} of a weight that has settled",
            formula,
            Regime.LEADING_ORDER,
            (
                INDEPENDENT,
                SLOW,
                *flow.notes(formula),
                f"the weights settle around {law.point.value}, the fixed point that they reach from 0; "
                "eta*K is large",
            ),
            Derivation((step,)),
            symbol=(_E, _Var)[power - 1](w),
            dropped=f"order {first + 2} in eta, and exp(F' eta K)",
            remainder=lambda values: _beyond_settled(bench, of, first, values),
            observable=name.partition(":")[0],
            requirements=(Requirement("the rate", rate, flow.largest_rate),),
            cut=cut(
                bench.setting,
                first + 2,
                lambda followed, here, pair: one_weight(pair)[first],
                aged=False,
            ),
        )

    return build


def _beyond_settled(
    bench: RateBench, of: Callable[[Stationary, int], sp.Expr], first: int, values: Values
) -> sp.Expr:
    """The size of the two orders after those that are kept, and of what K patterns have not settled."""
    flow = Flow(bench.setting.at(values))
    law = Stationary(flow)
    flow.require_stable(flow.rate)
    sizes = [flow.rate**m * sp.Abs(of(law, m)) for m in (first + 2, first + 3)]
    return sp.Add(*sizes, _unsettled(flow, int(values[K]), first))


def _unsettled(flow: Flow, patterns: int, part: int) -> sp.Expr:
    """How far mean (part 0) or variance (part 1) still are from where they settle.

    Followed pattern by pattern for eight more relaxation times; after more than twelve of them nothing
    is left that matters.
    """
    pace = float(-flow.rate * flow.destination.slope)
    if pace * patterns > 12 or patterns > LONGEST_CLOSURE:
        return sp.S.Zero
    now, later = (closure(flow, flow.rate, n)[part] for n in (patterns, patterns + int(8 / pace)))
    return sp.Abs(later - now)


def _settled_evidence(
    bench: RateBench, of: Callable[[Stationary, int], sp.Expr]
) -> Evidence | None:
    """The moments of the weight followed pattern by pattern, where the flow has numbers only."""
    law = Stationary(bench.flow)
    if bench.flow.mean.free_symbols - {w} or bench.flow.noise.free_symbols - {w}:
        return None

    def holds() -> bool:
        first = 0 if of is Stationary.mean else 1
        gaps = []
        slowest = int(sp.ceiling(20 / bench.flow.largest_rate))
        for inverse in (slowest, 2 * slowest, 4 * slowest):
            rate = sp.Rational(1, inverse)
            patterns = int(sp.ceiling(-30 * inverse / law.point.slope))
            if patterns > 10 * LONGEST_CLOSURE:
                return False
            found = closure(bench.flow, rate, patterns)[first]
            claimed = sp.Add(*(rate**m * of(law, m) for m in (first, first + 1)))
            gaps.append(abs(float(found - claimed)))
        fall, tiny = 0.75 * 2 ** (first + 2), 1e-11  # doubles carry no more
        return all(later * fall < earlier or later < tiny for earlier, later in pairwise(gaps))

    return Evidence(
        Method.NUMERIC,
        "moments followed pattern by pattern until they settle, at three rates: the gap falls as the "
        "order that was dropped says",
        holds,
    )


def _on_the_way(name: str, power: int) -> Callable[[RateBench], Claim]:
    """Mean or variance of a weight at tau = eta K."""

    def build(bench: RateBench) -> Claim:
        flow = bench.flow
        way, rate = Transient(flow), flow.rate
        formula = (way.mean + rate * way.shift) if power == 1 else rate * way.variance

        def beyond(values: Values) -> sp.Expr:
            numeric = Flow(bench.setting.at(values))
            return _second_order(numeric, int(values[K]), power)

        target = _average if power == 1 else sp.Symbol("sigma") ** 2
        right = _F(_average) if power == 1 else 2 * sp.Symbol("F'") * target + sp.Symbol("G")
        step = Step(
            equation(sp.Derivative(target, _tau), right),
            "mean and variance of one pattern more, to the first order in eta; G is the variance of f",
            _way_evidence(bench, way),
        )
        return Claim(
            name,
            f"{('mean', 'variance')[power - 1]} of a weight at tau = eta K",
            formula,
            Regime.LEADING_ORDER,
            (INDEPENDENT, SLOW, *flow.notes(formula)),
            Derivation((step,)),
            "derived here; kampen2007 for the linear noise approximation (unverified)",
            symbol=(_E, _Var)[power - 1](w),
            dropped="order eta^2 at fixed eta*K",
            remainder=beyond,
            observable=name.partition(":")[0],
            cut=_cut_on_the_way(bench, power),
        )

    return build


def _cut_on_the_way(bench: RateBench, power: int) -> Cut | None:
    """Moments of one weight followed pattern by pattern, at a given eta*K."""
    if bench.flow.rate != eta:
        return None

    def exactly(values: Values) -> sp.Expr:
        numeric = Flow(bench.setting.at({s: v for s, v in values.items() if s != eta}))
        return closure(numeric, values[eta], int(values[K]))[power - 1]

    against = "moments followed pattern by pattern, those above the fourth dropped"
    return Cut(eta, 2, exactly, against, {K: sp.Integer(_SHORT)}, (K,), noise=1e-11)


def _second_order(flow: Flow, patterns: int, power: int) -> sp.Expr:
    """The size of the orders eta**2 and eta**3 at fixed tau, by several rates in simple ratios."""
    if patterns > LONGEST_CLOSURE:
        raise SizeLimit(
            f"the size of what was dropped is followed over {LONGEST_CLOSURE} patterns at most, not "
            f"{patterns}; ask for the stationary law instead"
        )
    parts = (1, 2, 4) if power == 2 else (1, 2, 3, 4)  # a variance is zero at rate 0
    found = [float(closure(flow, flow.rate / n, n * patterns)[power - 1]) for n in parts]
    rates = [float(flow.rate / n) for n in parts]
    if power == 2:
        rates, found = [*rates, 0.0], [*found, 0.0]
    more = float(closure(flow, flow.rate, patterns, 6)[power - 1])
    # two orders of moments more, and as much again for all after them
    return sp.Float(bound(beyond_first(rates, found)) + 2 * abs(more - found[0]))


def _way_evidence(bench: RateBench, way: Transient) -> Evidence:
    """The closed forms are derivatives of themselves."""
    flow = bench.flow

    def holds() -> bool:
        tau = sp.Symbol("tau_", positive=True)
        m, shift, spread = (
            e.xreplace({K: tau / flow.rate}) for e in (way.mean, way.shift, way.variance)
        )
        at = {w: m}
        F, G = (sp.expand(e.xreplace(at)) for e in (flow.mean, flow.noise))
        first, second = (sp.diff(flow.mean, w, k).xreplace(at) for k in (1, 2))
        gaps = (
            sp.diff(m, tau) - F,
            sp.diff(spread, tau) - 2 * first * spread - G,
            sp.diff(shift, tau) - first * shift - second * spread / 2 + first * F / 2,
        )
        zero = {tau: sp.S.Zero}
        return all(same(sp.expand(gap), sp.S.Zero) for gap in gaps) and all(
            same(e.xreplace(zero), sp.S.Zero) for e in (m, shift, spread)
        )

    return Evidence(
        Method.SUBSTITUTION, "the three differential equations, and zero at the start", holds
    )


QUANTITIES: dict[str, Quantity[RateBench]] = {
    "flow": Quantity(_flow),
    "fixed_points": Quantity(_fixed_points),
    "stability": Quantity(_stability),
    "weight_mean:flow": Quantity(_on_the_way("weight_mean:flow", 1)),
    "weight_variance:flow": Quantity(_on_the_way("weight_variance:flow", 2)),
    "weight_mean:stationary": Quantity(_settled("weight_mean:stationary", 1)),
    "weight_variance:stationary": Quantity(_settled("weight_variance:stationary", 2)),
}
