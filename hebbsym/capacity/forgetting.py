r"""The rate at which to forget: the best one, the two between which patterns are kept, and the price.

Where the stationary ratio is linear in one power y = q**age and y (1 - q) = kappa does not depend on the
rate, the rate that keeps S patterns with the largest margin is 1 - q = 1/S, and no rate keeps more than
the S that solves

.. math:: \frac{1}{S} \Big(1 - \frac{1}{S}\Big)^{S - 1} = \kappa, \qquad
          S = \frac{1}{e \kappa} + \frac12 + \frac{e \kappa}{24} + \dots

Main names
----------
QUANTITIES
    rate:best, rate:lowest, rate:highest, capacity:span, capacity:span:asymptotic, price:palimpsest.

References
----------
nadal1986 and mezard1986 for the factor e on unbiased signs (equations unverified); corless1996 for
the two branches of Lambert's W.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import mpmath
import sympy as sp

from hebbsym.claim import Claim, Derivation, Evidence, Method, Regime, Requirement, Step
from hebbsym.errors import NotDerivable
from hebbsym.notation import S, equation, z
from hebbsym.numeric import evaluate
from hebbsym.roots import root
from hebbsym.theory.ages.bench import AgedBench
from hebbsym.theory.ages.claims import assumed
from hebbsym.theory.spelling import oriented
from hebbsym.theory.workbench import Quantity

_kappa = sp.Symbol("kappa", positive=True)
_q = sp.Symbol("q", positive=True)


class _Forgetting:
    """A palimpsest with one rate: the ratio is z^2 where q**(S - 1) (1 - q) = kappa.

    Parameters
    ----------
    bench : AgedBench

    Raises
    ------
    NotDerivable
        When the stationary ratio is not of this form, or the rate is no free symbol.
    """

    def __init__(self, bench: AgedBench) -> None:
        self.bench = bench
        field = bench.stationary
        geometric = field.forms.geometric(field.ratio)
        if geometric is None:
            raise NotDerivable(
                "the best rate is derived where the stationary ratio is linear in one power of a rate; "
                "here several decay side by side (span is derived for given rates)"
            )
        symbols = geometric.rate.free_symbols & bench.setting.rule.free_symbols
        if len(symbols) != 1:
            raise NotDerivable("the best rate needs a rule in which one symbol sets the rate")
        (self.symbol,) = symbols
        self.rate = geometric.rate
        self.kappa = oriented(sp.factor(sp.cancel(geometric.power_at(z**2) * (1 - self.rate))))
        if self.symbol in self.kappa.free_symbols:
            raise NotDerivable(
                "the best rate is derived where the rate only sets how fast patterns fade; here it also "
                f"changes the rest of the ratio ({self.symbol} remains in {self.kappa})"
            )

    def at_forgetting(self, share: sp.Expr) -> sp.Expr:
        """The rule's symbol for which a pattern leaves q = 1 - share."""
        base, power = self.rate.as_base_exp()
        polynomial = sp.Poly(base, self.symbol)
        if polynomial.degree() != 1:
            raise NotDerivable(
                f"the rate {self.rate} is not solved for {self.symbol} in closed form"
            )
        slope, constant = polynomial.all_coeffs()
        return ((1 - share) ** (1 / power) - constant) / slope


def _claim(
    bench: AgedBench,
    name: str,
    title: str,
    formula: sp.Basic,
    steps: tuple[Step, ...],
    **more: object,
) -> Claim:
    return Claim(
        name,
        title,
        formula,
        more.pop("regime", Regime.LEADING_ORDER),  # type: ignore[arg-type]
        (*assumed(bench.setting), "after many patterns; recalled means rho >= z^2"),
        Derivation(steps),
        "derived here; nadal1986 and mezard1986 on unbiased signs (equations unverified)",
        **more,  # type: ignore[arg-type]
    )


def _definition(memory: _Forgetting) -> Step:
    condition = equation(_q ** (S - 1) * (1 - _q), _kappa)

    def holds() -> bool:
        geometric = memory.bench.stationary.forms.geometric(memory.bench.stationary.ratio)
        assert geometric is not None
        y = memory.kappa / (1 - memory.rate)
        ratio = (geometric.top + geometric.gain * y) / (geometric.bottom + geometric.loss * y)
        return bool(sp.cancel(ratio - z**2) == 0)

    return Step(
        condition,
        f"S patterns are recalled with q = {memory.rate} when the oldest just has the ratio z^2; "
        f"kappa = {memory.kappa} does not depend on the rate",
        Evidence(Method.SUBSTITUTION, "y = kappa / (1 - q) put into the stationary ratio", holds),
    )


def _best_rate(bench: AgedBench) -> Claim:
    memory = _Forgetting(bench)
    formula = memory.at_forgetting(1 / S)

    def stationary() -> bool:
        margin = (S - 1) * sp.log(_q) + sp.log(1 - _q)
        first = sp.cancel(sp.diff(margin, _q).xreplace({_q: 1 - 1 / S}))
        second = sp.factor(sp.diff(margin, _q, 2).xreplace({_q: 1 - 1 / S}))
        here = second.xreplace({S: sp.Integer(7)})
        return bool(
            first == 0 and here < 0 and sp.cancel(memory.rate.xreplace({memory.symbol: formula})
            .xreplace({S: sp.Integer(7)}) - sp.Rational(6, 7)) == 0
        )  # fmt: skip

    return _claim(
        bench,
        "rate:best",
        f"the {memory.symbol} that keeps S recent patterns with the largest ratio",
        formula,
        (
            _definition(memory),
            Step(
                equation(_q, 1 - 1 / S),
                "q^(S - 1) (1 - q) is largest there, and its logarithm is concave",
                Evidence(
                    Method.SUBSTITUTION, "first and second derivative of the logarithm", stationary
                ),
            ),
            Step(equation(memory.symbol, formula), "solved for the rule's own symbol"),
        ),
        regime=Regime.EXACT,
        symbol=memory.symbol,
    )


def _edge(branch: int) -> Callable[[AgedBench], Claim]:
    side = "lowest" if branch == 0 else "highest"

    def build(bench: AgedBench) -> Claim:
        memory = _Forgetting(bench)
        share = -sp.LambertW(-(S - 1) * memory.kappa, branch) / (S - 1)
        formula = memory.at_forgetting(share)

        def dropped(values: Mapping[sp.Symbol, sp.Expr]) -> sp.Expr:
            exact = memory.at_forgetting(_share(memory, branch, values))
            return sp.Abs(formula - exact).xreplace(dict(values))

        return _claim(
            bench,
            f"rate:{side}",
            f"the {side} {memory.symbol} that keeps S recent patterns",
            formula,
            (
                _definition(memory),
                Step(
                    equation(sp.exp(-(S - 1) * (1 - _q)) * (1 - _q), _kappa),
                    "q^(S - 1) = exp((S - 1) ln q) with ln q = -(1 - q) to leading order",
                ),
                Step(
                    equation(1 - _q, -sp.LambertW(-(S - 1) * _kappa, branch) / (S - 1)),
                    "y e^y = -(S - 1) kappa with y = -(S - 1)(1 - q): the two real branches of "
                    "Lambert's W are the two rates between which S patterns are kept",
                    Evidence(
                        Method.LIMIT,
                        "against the exact root at kappa = 1e-2, 1e-3, 1e-4 with (S - 1) kappa = 1/4: the "
                        "relative distance falls with kappa",
                        lambda: _edges_tend(branch),
                    ),
                ),
            ),
            symbol=memory.symbol,
            dropped="(S - 1)(1 - q)^2 / 2 in the exponent",
            remainder=dropped,
            requirements=(
                Requirement(
                    "(S - 1) e kappa, above which S exceeds capacity:span,",
                    sp.E * (S - 1) * memory.kappa,
                    strict=False,
                ),
            ),
        )

    return build


def _share(memory: _Forgetting, branch: int, at: Mapping[sp.Symbol, sp.Expr]) -> sp.Expr:
    """The exact 1 - q on one side of 1/S."""
    return sp.Float(str(_exact_share(memory.kappa.xreplace(dict(at)), at[S], branch)), 30)


def _exact_share(kappa: sp.Expr, kept: sp.Expr, branch: int) -> mpmath.mpf:
    """The root of (1 - s)^(S - 1) s = kappa below (branch 0) or above 1/S."""
    level, older = evaluate(kappa), int(kept) - 1
    ends = (mpmath.mpf(0), mpmath.mpf(1) / (older + 1))
    if branch:
        ends = (ends[1], mpmath.mpf(1))
    with mpmath.workdps(40):
        low, high = ends
        for _ in range(120):
            middle = (low + high) / 2
            rising = (1 - middle) ** older * middle < level
            low, high = (middle, high) if rising == (branch == 0) else (low, middle)
        return +low


def _edges_tend(branch: int) -> bool:
    distances = []
    for power in (2, 3, 4):
        kappa = sp.Rational(1, 10**power)
        kept = sp.Integer(1 + 10**power // 4)
        exact = _exact_share(kappa, kept, branch)
        leading = -mpmath.lambertw(-mpmath.mpf(1) / 4, branch).real / (kept - 1)
        distances.append(abs(leading / exact - 1))
    return bool(distances[2] < distances[1] / 5 < distances[0] / 25)


# ---- the most patterns that any rate keeps ------------------------------------------------


def _capacity(bench: AgedBench) -> Claim:
    memory = _Forgetting(bench)
    formula = equation((1 - 1 / S) ** (S - 1) / S, memory.kappa)
    return _claim(
        bench,
        "capacity:span",
        f"largest number of recent patterns that any {memory.symbol} keeps",
        formula,
        (
            _definition(memory),
            Step(formula, "the best rate 1 - q = 1/S inserted: for a larger S no rate is left"),
        ),
        regime=Regime.EXACT,
        symbol=S,
        unknown=S,
    )


def _asymptotic(bench: AgedBench) -> Claim:
    memory = _Forgetting(bench)
    formula = 1 / (sp.E * memory.kappa) + sp.Rational(1, 2)

    def tends() -> bool:
        distances = []
        for power in (2, 3, 4):
            kappa = sp.Rational(1, 10**power)
            kept = root(equation((1 - 1 / S) ** (S - 1) / S, kappa), S)
            leading = evaluate(1 / (sp.E * kappa) + sp.Rational(1, 2))
            distances.append((kept - leading) / evaluate(sp.E * kappa / 24))
        return bool(all(abs(d - 1) < mpmath.mpf(10) ** -n for n, d in enumerate(distances)))

    return _claim(
        bench,
        "capacity:span:asymptotic",
        "largest number of recent patterns that any rate keeps, in large networks",
        formula,
        (
            _definition(memory),
            Step(
                equation(S, 1 / (sp.E * _kappa) + sp.Rational(1, 2)),
                "(1 - 1/S)^(S - 1) = exp(-1 + 1/(2 S) + 1/(6 S^2) + ...) for large S",
                Evidence(
                    Method.LIMIT,
                    "what is left over e kappa / 24, at kappa = 1e-2, 1e-3, 1e-4",
                    tends,
                ),
            ),
            Step(equation(S, formula), "kappa inserted"),
        ),
        symbol=S,
        dropped="e kappa / 24 and smaller",
        remainder=lambda values: (sp.E * memory.kappa / 24).xreplace(dict(values)),
    )


def _price(bench: AgedBench) -> Claim:
    memory = _Forgetting(bench)
    formula = (S / (S - 1)) ** (S - 1)
    plain = 1 + bench.setting.inputs / z**2

    def equals() -> bool:
        return bool(sp.cancel(memory.kappa * plain - 1) == 0)

    if not equals():
        raise NotDerivable(
            "the price is stated where plain Hebb keeps 1 + n/z^2 patterns of this ensemble, on "
            "unbiased patterns of unit size"
        )
    return _claim(
        bench,
        "price:palimpsest",
        "how many times more patterns plain Hebb keeps, before it forgets them all",
        formula,
        (
            Step(
                equation(_kappa, 1 / plain),
                "plain Hebb has rho = n/(K - 1) on the same patterns: it keeps 1 + n/z^2 = 1/kappa",
                Evidence(Method.SUBSTITUTION, "kappa against 1/(1 + n/z^2)", equals),
            ),
            Step(
                equation(1 / (_kappa * S), formula),
                "the largest S solves (1 - 1/S)^(S - 1)/S = kappa; the price tends to e from below",
                Evidence(
                    Method.LIMIT,
                    "the limit S to infinity is e",
                    lambda: sp.limit(formula, S, sp.oo) == sp.E,
                ),
            ),
        ),
        regime=Regime.EXACT,
        symbol=sp.Symbol(r"K_{\mathrm{Hebb}}/S"),
    )


QUANTITIES: dict[str, Quantity[AgedBench]] = {
    "rate:best": Quantity(_best_rate, by_default=False),
    "rate:lowest": Quantity(_edge(0), by_default=False),
    "rate:highest": Quantity(_edge(-1), by_default=False),
    "capacity:span": Quantity(_capacity, by_default=False),
    "capacity:span:asymptotic": Quantity(_asymptotic, by_default=False),
    "price:palimpsest": Quantity(_price, by_default=False),
}
