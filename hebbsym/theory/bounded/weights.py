r"""Claims about the weights of bounded synapses: their law, its limit, moments and covariances.

Main names
----------
QUANTITIES
    weights, stationary, weight_mean, weight_variance, and the covariances of weights.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp

from hebbsym.claim import Claim, Derivation, Evidence, Method, Regime, Step
from hebbsym.theory.bounded.bench import SynapseBench, assumed, renewed
from hebbsym.theory.bounded.chains import Chain
from hebbsym.theory.bounded.paths import PathEnumeration
from hebbsym.theory.bounded.synapse import SynapseMoments
from hebbsym.theory.setting import Setting
from hebbsym.theory.workbench import Quantity, same


def _weights(bench: SynapseBench) -> Claim:
    pairs = bench.moments.law()

    def truth(n: int) -> Callable[[PathEnumeration], sp.Expr]:
        return lambda paths: paths.weight_probability(pairs[n][0])

    tests = [bench.walked("", p, truth(n), False) for n, (_, p) in enumerate(pairs)]
    evidence = Evidence(
        Method.ENUMERATION,
        tests[0].statement.lstrip(),
        lambda: all(test.holds() for test in tests),
    )
    formula = sp.Tuple(*(sp.Tuple(value, p) for value, p in pairs))
    step = Step(formula, "the level is a Markov chain, driven by independent patterns", evidence)
    return Claim(
        "weights",
        "law of a weight after K patterns: pairs (value, probability)",
        formula,
        Regime.EXACT,
        assumed(bench.setting),
        Derivation((step,)),
        symbol=sp.Symbol(r"(w,\ \operatorname{P}(w_{ij} = w))"),
    )


def _stationary(bench: SynapseBench) -> Claim:
    chain = Chain(bench.setting)
    law = chain.stationary()
    pairs: dict[sp.Expr, sp.Expr] = {}
    for k, p in law.items():
        w = chain.expression(chain.weights[k])
        pairs[w] = pairs.get(w, sp.S.Zero) + p

    def invariant() -> bool:
        step = chain.mean_step
        total = sp.Add(*law.values())
        for k in range(len(chain.levels)):
            arriving = sp.Add(
                *(
                    law[m] * chain.expression(p)
                    for m, reached in step.items()
                    for to, p in reached
                    if to == k
                )
            )
            if not same(arriving, law[k]):
                return False
        return same(total, sp.S.One)

    formula = sp.Tuple(*(sp.Tuple(value, p) for value, p in sorted(pairs.items())))
    step = Step(
        formula,
        "one more pattern leaves this law as it is, and no other one",
        Evidence(Method.SUBSTITUTION, "pi P = pi, and the probabilities add up to 1", invariant),
    )
    return Claim(
        "stationary",
        "stationary law of a weight: pairs (value, probability)",
        formula,
        Regime.EXACT,
        assumed(bench.setting),
        Derivation((step,)),
        symbol=sp.Symbol(r"(w,\ \operatorname{P}_\infty(w_{ij} = w))"),
    )


def _moment(
    name: str,
    title: str,
    symbol: str,
    formula_of: Callable[[SynapseMoments], sp.Expr],
    truth: Callable[[PathEnumeration], sp.Expr],
) -> Callable[[SynapseBench], Claim]:
    def build(bench: SynapseBench) -> Claim:
        formula = formula_of(bench.moments)
        how = bench.moments.closed or "the chain is stepped through K patterns, in exact numbers"
        return Claim(
            name,
            title,
            formula,
            Regime.EXACT,
            assumed(bench.setting),
            Derivation((Step(formula, how, bench.walked(title, formula, truth, False)),)),
            symbol=sp.Symbol(symbol),
            observable=name,
        )

    return build


def _covariance(kind: str, title: str, symbol: str) -> Quantity[SynapseBench]:
    build = _moment(
        f"weight_covariance:{kind}",
        title,
        symbol,
        lambda m: m.shared(kind) - m.weight(1) ** 2,
        lambda paths: paths.weight_covariance(kind),
    )
    return Quantity(renewed(build), _auto_only if kind == "reciprocal" else _always)


def _always(setting: Setting) -> str:
    return ""


def _auto_only(setting: Setting) -> str:
    return "" if setting.auto else "a hetero-associative memory has no reciprocal weights"


QUANTITIES: dict[str, Quantity[SynapseBench]] = {
    "weights": Quantity(_weights),
    "stationary": Quantity(_stationary),
    "weight_mean": Quantity(
        renewed(
            _moment(
                "weight_mean",
                "mean of a weight",
                r"\operatorname{E}[w_{ij}]",
                lambda m: m.weight(1),
                PathEnumeration.weight_mean,
            )
        )
    ),
    "weight_variance": Quantity(
        renewed(
            _moment(
                "weight_variance",
                "variance of a weight",
                r"\operatorname{Var}[w_{ij}]",
                lambda m: m.weight(2) - m.weight(1) ** 2,
                lambda paths: paths.weight_covariance(""),
            )
        )
    ),
    "weight_covariance:post": _covariance(
        "post",
        "covariance of two weights onto the same unit",
        r"\operatorname{Cov}[w_{ij}, w_{ik}]",
    ),
    "weight_covariance:pre": _covariance(
        "pre", "covariance of two weights from the same unit", r"\operatorname{Cov}[w_{ij}, w_{kj}]"
    ),
    "weight_covariance:reciprocal": _covariance(
        "reciprocal",
        "covariance of the two weights between a pair of units",
        r"\operatorname{Cov}[w_{ij}, w_{ji}]",
    ),
}
