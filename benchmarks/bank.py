"""One bank of fields for many rules, against a run of each rule.

Both see the same patterns and give the same counts; the rules are all those with four coefficients -1, 0 and 1.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from benchmarks import Case, in_turns

D, K, NETWORKS, ROUNDS = 200, 20, 40, 3


def _measure(counted: bool) -> Mapping[str, Any]:
    import sympy as sp

    from hebbsym.families.cues import Exact
    from hebbsym.families.ensembles import Bipolar
    from hebbsym.simulate import Network, simulate, simulate_bank

    powers = ((0, 0), (1, 0), (0, 1), (1, 1))
    law = Bipolar(sp.Rational(2, 5))
    rules = [
        Network(D, K, dict(zip(powers, c, strict=True)), law, Exact())
        for c in itertools.product((-1, 0, 1), repeat=4)
    ]

    def bank() -> None:
        made = simulate_bank(rules[0], NETWORKS, counted=rules if counted else (), seed=1)
        for n, rule in enumerate(rules):
            (made.counted(n) if counted else made.statistics(rule.update)).estimate("snr")

    def runs() -> None:
        for rule in rules:
            simulate(rule, NETWORKS, seed=1, moments=2).estimate("snr")

    bank(), runs()  # compiled before the clock runs
    seconds = in_turns({"bank": bank, "runs": runs}, ROUNDS)
    best = {name: min(some) for name, some in seconds.items()}
    return {
        "ratio": best["runs"] / best["bank"],
        "seconds": best,
        "rules": len(rules),
        "networks": NETWORKS,
    }


CASES = [
    Case(
        "bank-moments",
        f"a run of each of 81 rules over one bank of their fields, D = {D}, K = {K}: rho of all",
        8.0,
        lambda: _measure(False),
    ),
    Case(
        "bank-counts",
        "the same with the errors of every rule counted",
        3.0,
        lambda: _measure(True),
    ),
]
