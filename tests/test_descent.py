"""The energy that is claimed never rises along the update that the simulator runs."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import sympy as sp

import hebbsym as hs
from hebbsym.notation import D, K, sigma, theta, xi
from hebbsym.simulate import asynchronous
from hebbsym.simulate.online import online_weights, polynomial_update

UNITS, PATTERNS = 9, 3
CASES = {
    "hebb": (hs.rule("hebb"), hs.Bipolar(), hs.Zero()),
    "first-order terms": (hs.rule("1 + x_i + x_j - 2*x_i*x_j"), hs.Bipolar(), hs.Zero()),
    "covariance": (
        hs.rules["covariance"],
        hs.Binary(sp.Rational(1, 3)),
        hs.Fixed(sp.Rational(1, 2)),
    ),
}


def energies(formula: sp.Expr, patterns: np.ndarray, states: np.ndarray, at: sp.Expr) -> list:
    """The claimed formula at every state, in exact arithmetic."""
    sized = formula.subs({D: UNITS, K: PATTERNS, theta: at}).doit()
    stored = {xi[m + 1, i + 1]: sp.Integer(int(v)) for (m, i), v in np.ndenumerate(patterns)}
    return [
        sized.xreplace(
            {**stored, **{sigma[i + 1]: sp.Integer(int(s)) for i, s in enumerate(state)}}
        )
        for state in states
    ]


@pytest.mark.parametrize("name", CASES)
def test_the_claimed_energy_never_rises_on_the_simulated_update(name: str) -> None:
    rule, ensemble, threshold = CASES[name]
    theory = hs.derive(rule, ensemble, threshold=threshold)
    formula = theory["energy"].formula
    rng = np.random.default_rng(7)
    update = polynomial_update({pq: float(c) for pq, c in theory.setting.rule.terms.items()})
    at = threshold.parameters.get("theta", sp.S.Zero)
    values = tuple(int(v) for v, _ in ensemble.alphabet)
    moves = 0
    for _ in range(6):
        patterns = ensemble.sample(rng, (PATTERNS, UNITS))
        weights = online_weights(update, patterns, patterns, auto=True)
        start = rng.choice(values, size=UNITS)
        run = asynchronous(weights, start, rng, threshold=float(at), values=values)
        found = energies(formula, patterns, run.states, at)
        assert all(later <= earlier for earlier, later in itertools.pairwise(found))
        moves += len(found) - 1
    assert moves > 6  # otherwise nothing was tested


def test_a_rule_without_energy_has_a_cycle_that_the_simulator_runs() -> None:
    """x_i alone is asymmetric: the witness is replayed, and its weights never settle."""
    found = hs.witness(hs.rule("x_i*x_j + 3*x_i"), (-1, 1))
    assert found is not None
    assert found.replay()
    with pytest.raises(hs.NotDerivable, match="witness"):
        hs.derive(hs.rule("x_i*x_j + 3*x_i"))["energy"]
