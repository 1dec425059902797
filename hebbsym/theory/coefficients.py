r"""Claims about coefficient space: s, N, the best rule and what each coefficient costs.

Main names
----------
QUANTITIES
    signal_vector, noise_matrix, optimal_rule, optimal_snr.
price
    The quantity ``price:NAME`` of one coefficient of the reduced rule.

References
----------
dayan1991 finds the covariance rule in the limit; the exact optimum is derived here.
"""

from __future__ import annotations

import sympy as sp

from hebbsym import notation
from hebbsym.claim import Claim, Derivation, Evidence, Method, Regime, Step
from hebbsym.notation import x_i, x_j
from hebbsym.theory.optimum import CoefficientTheorem
from hebbsym.theory.setting import Setting
from hebbsym.theory.signals import conditions
from hebbsym.theory.workbench import Quantity, Workbench, same

_c, _s = sp.Symbol("c"), sp.Symbol("s")


def _names(theorem: CoefficientTheorem) -> str:
    return ", ".join(notation.coefficient_name(*pq) for pq in theorem.basis)


def _vector(theorem: CoefficientTheorem) -> sp.ImmutableMatrix:
    return sp.ImmutableMatrix([theorem.fields.expression(e) for e in theorem.signal_vector])


def _matrix(theorem: CoefficientTheorem) -> sp.ImmutableMatrix:
    rows = [[theorem.fields.expression(e) for e in row] for row in theorem.noise_matrix]
    return sp.ImmutableMatrix(rows)


def _signal_vector(bench: Workbench) -> Claim:
    theorem = bench.coefficients
    formula = _vector(theorem)
    step = Step(
        formula,
        "the means are linear in the coefficients: the coefficient of each in the signal",
        Evidence(
            Method.SUBSTITUTION,
            "s.c against the signal of the general rule",
            lambda: _linear(theorem),
        ),
    )
    return Claim(
        "signal_vector",
        f"signal vector s, over {_names(theorem)}",
        formula,
        Regime.EXACT,
        conditions(bench.setting),
        Derivation((step,)),
        symbol=_s,
    )


def _linear(theorem: CoefficientTheorem) -> bool:
    total = sum(
        (s * c for s, c in zip(theorem.signal_vector, theorem.generators, strict=True)),
        theorem.fields.ring.zero,
    )
    return bool(total == theorem.general.gap)


def _quadratic(theorem: CoefficientTheorem) -> bool:
    total = theorem.fields.ring.zero
    for row, c in zip(theorem.noise_matrix, theorem.generators, strict=True):
        for entry, d in zip(row, theorem.generators, strict=True):
            total += entry * c * d
    return bool(total == theorem.general.noise)


def _noise_matrix(bench: Workbench) -> Claim:
    theorem = bench.coefficients
    formula = _matrix(theorem)
    step = Step(
        formula,
        "the variances are quadratic in the coefficients: the coefficient of each pair",
        Evidence(
            Method.SUBSTITUTION,
            "c^T N c against the noise of the general rule",
            lambda: _quadratic(theorem),
        ),
    )
    return Claim(
        "noise_matrix",
        f"noise matrix N, over {_names(theorem)}",
        formula,
        Regime.EXACT,
        conditions(bench.setting),
        Derivation((step,)),
        symbol=sp.Symbol("N"),
    )


def _optimal_rule(bench: Workbench) -> Claim:
    theorem = bench.centred_coefficients
    best = theorem.best
    setting = bench.setting
    formula = sp.Add(*(c * _basis(setting, pq) for pq, c in best.items() if c != 0))
    steps = [
        Step(
            sp.Symbol(r"\rho(c) = (s \cdot c)^2 / (c^{\mathsf T} N c)"),
            "the means are linear and the variances quadratic in the coefficients",
            Evidence(
                Method.SUBSTITUTION,
                "s.c and c^T N c against the general rule",
                lambda: _linear(theorem) and _quadratic(theorem),
            ),
        ),
        Step(
            sp.Symbol(r"N c^{*} = s"),
            "a Rayleigh quotient with one numerator direction is largest at N^{-1} s "
            "(Cauchy-Schwarz in the inner product N)",
            Evidence(
                Method.SUBSTITUTION,
                "N c* is parallel to s, as polynomials",
                lambda: _solves(theorem),
            ),
        ),
        Step(formula, "c* in the basis of centred powers, scaled to coefficient 1 of the last"),
    ]
    if not setting.threshold.inhibits:
        steps.append(_limit_step(theorem, setting))
    return Claim(
        "optimal_rule",
        "best rule, exact at finite D and K",
        formula,
        Regime.EXACT,
        (
            *conditions(setting),
            "best in signal-to-noise ratio; unique up to a factor",
            *_caution(setting),
        ),
        Derivation(tuple(steps)),
        "dayan1991 (its limit D, K to infinity)",
        symbol=sp.Symbol(r"\Delta w^{*}_{ij}"),
    )


def _basis(setting: Setting, pq: tuple[int, int]) -> sp.Expr:
    p, q = pq
    up = x_i**p - setting.post.moment(p) if p else sp.S.One
    down = x_j**q - setting.pre.moment(q) if q else sp.S.One
    return up * down


def _solves(theorem: CoefficientTheorem) -> bool:
    """N c* against s, entry by entry, cross-multiplied."""
    best = sp.Matrix(list(theorem.best.values()))
    image = _matrix(theorem) * best
    signal = _vector(theorem)
    pivot = theorem.basis.index((1, 1))
    return all(
        same(image[row] * signal[pivot], image[pivot] * signal[row])
        for row in range(len(theorem.basis))
    )


def _limit_step(theorem: CoefficientTheorem, setting: Setting) -> Step:
    limit = theorem.limit
    formula = sp.Add(*(c * _basis(setting, pq) for pq, c in limit.items() if c != 0))
    return Step(
        formula,
        "limit D, K to infinity at fixed K/D; what is dropped is of relative order 1/D + 1/K",
        Evidence(
            Method.LIMIT,
            "terms of highest degree in D and K together",
            lambda: all(c == 0 or pq == (1, 1) for pq, c in limit.items()),
        )
        if setting.post.two_valued
        else None,
    )


def _optimal_snr(bench: Workbench) -> Claim:
    theorem = bench.centred_coefficients
    formula = theorem.best_rho
    step = Step(
        formula,
        "rho at c* = N^{-1} s is s^T N^{-1} s",
        Evidence(
            Method.SECOND_ROUTE,
            "rho of the rule c* by the quotient itself",
            lambda: _attained(theorem),
        ),
    )
    return Claim(
        "optimal_snr",
        "highest signal-to-noise ratio that a rule of this order reaches",
        formula,
        Regime.EXACT,
        (*conditions(bench.setting), *_caution(bench.setting)),
        Derivation((step,)),
        symbol=sp.Symbol(r"\rho^{*}"),
    )


def _attained(theorem: CoefficientTheorem) -> bool:
    best = sp.Matrix(list(theorem.best.values()))
    top = (_vector(theorem).T * best)[0] ** 2
    bottom = (best.T * _matrix(theorem) * best)[0]
    return same(top / bottom, theorem.best_rho)


def price(pq: tuple[int, int]) -> Quantity[Workbench]:
    """The quantity ``price:NAME`` of the coefficient of ``x_i**p * x_j**q``.

    Examples
    --------
    >>> price((1, 1)).by_default
    False
    """

    def build(bench: Workbench) -> Claim:
        theorem = bench.coefficients
        formula = theorem.price(pq)
        name = notation.coefficient_name(*pq)
        step = Step(
            formula,
            "implicit differentiation of rho(c, K) = const at the load K at which it is met",
            Evidence(
                Method.SECOND_ROUTE,
                "derivative of rho itself, in c and in K",
                lambda: _implicit(bench, theorem, pq, formula),
            ),
        )
        return Claim(
            f"price:{name}",
            f"price of {name}: d ln K_max / d {name} at fixed signal-to-noise ratio",
            formula,
            Regime.EXACT,
            (*conditions(bench.setting), "K stands for K_max, the load at which the ratio is met"),
            Derivation((step,)),
            symbol=sp.Symbol(
                rf"\partial \ln K_{{\max}} / \partial {notation.latex(notation.coefficient(*pq))}"
            ),
        )

    return Quantity(build, by_default=False)


def _implicit(
    bench: Workbench, theorem: CoefficientTheorem, pq: tuple[int, int], formula: sp.Expr
) -> bool:
    """-(d rho/dc) / (K d rho/dK) by differentiating rho of the perturbed rule."""
    step = sp.Dummy("step", real=True)
    perturbed = theorem.perturbed(pq, step)
    rho = Workbench(perturbed).signal.rho
    load = notation.K
    slope = sp.diff(rho, step).xreplace({step: sp.S.Zero})
    growth = sp.diff(rho, load).xreplace({step: sp.S.Zero})
    return same(-slope, formula * load * growth)


def _caution(setting: Setting) -> tuple[str, ...]:
    """What must be known of the best rule under inhibition."""
    if not setting.threshold.inhibits:
        return ()
    return (
        "no memory follows from it: under inhibition a drift copies the cue through the missing "
        "diagonal, at a ratio that does not depend on what was stored",
    )


QUANTITIES: dict[str, Quantity[Workbench]] = {
    "signal_vector": Quantity(_signal_vector, by_default=False),
    "noise_matrix": Quantity(_noise_matrix, by_default=False),
    "optimal_rule": Quantity(_optimal_rule, by_default=False),
    "optimal_snr": Quantity(_optimal_snr, by_default=False),
}
