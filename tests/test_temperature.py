"""Softmax retrieval against beta: the best beta, the limit of a large one, and the figure."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import mpmath
import numpy as np
import pytest
import sympy as sp

import hebbsym as hs
from hebbsym.families.separations import Exponent, LogSumExp, Power
from hebbsym.notation import D, K, delta
from hebbsym.publish.temperatures import NEAREST, temperatures
from hebbsym.theory.dense.temperature import NearestError, exact_nearest
from tests.test_storage import crowd_error

beta = sp.Symbol("beta", positive=True)


def nearest_by_walk(units: int, patterns: int, chance: float) -> float:
    """All overlaps and signs of all patterns: the highest overlap at which the signs do not cancel decides."""
    n = units - 1
    kinds = [(k, u, math.comb(n, k) / 2**units) for k in range(n + 1) for u in (-1, 1)]
    total = 0.0
    for own in range(n + 1):
        p = math.comb(n, own) * (1 - chance) ** own * chance ** (n - own)
        for others in itertools.product(kinds, repeat=patterns - 1):
            says = [0] * (n + 1)
            says[own] += 1
            for k, u, _ in others:
                says[k] += u
            verdict = next((s for s in reversed(says) if s), 0)
            total += p * math.prod(w for *_, w in others) * (0.5 if verdict == 0 else verdict < 0)
    return total


@pytest.mark.parametrize("chance", [0.0, 0.1, 0.3])
def test_the_multinomial_law_equals_a_walk_over_all_patterns(chance: float) -> None:
    for units, patterns in ((3, 4), (4, 3), (5, 3)):
        found = exact_nearest(units, patterns, mpmath.mpf(1) - 2 * mpmath.mpf(chance))
        assert float(found) == pytest.approx(nearest_by_walk(units, patterns, chance), abs=1e-14)


@pytest.mark.parametrize(
    ("units", "patterns", "chance"), [(20, 500, 0.1), (24, 100, 0.2), (16, 2000, 0.0)]
)
def test_the_nearest_pattern_decides_in_simulation(
    units: int, patterns: int, chance: float
) -> None:
    """At beta = 8 an overlap outweighs e^16 patterns of the next: counts of patterns, exact in law."""
    formula = hs.dense(Exponent(8), cue=hs.Flip(delta), quantities=[NEAREST])[NEAREST].formula
    at = {D: sp.Integer(units), K: sp.Integer(patterns), delta: sp.Rational(str(chance))}
    claimed = float(hs.evaluate(formula, at))
    found = crowd_error(units, patterns, 8.0, chance, 60_000, seed=units)
    assert abs(found - claimed) < 4 * math.sqrt(claimed / 60_000) + claimed / 500


def test_the_best_beta_errs_least_in_simulation() -> None:
    """Common random numbers: at a quarter and at four times the best beta more bits are wrong."""
    claim = hs.dense(LogSumExp(beta), cue=hs.Flip(delta))["beta:best"]
    assert sp.simplify(claim.formula - sp.log((1 - delta) / delta) / 2) == 0
    best = float(claim.formula.subs(delta, sp.Rational(1, 4)))
    errors = [
        crowd_error(20, 60, best * times, 0.25, 60_000, seed=5) for times in (1 / 4, 1 / 2, 1, 2, 8)
    ]
    assert min(errors) == errors[2]
    assert errors[0] > errors[2] + 0.02
    assert errors[4] > errors[2] + 0.002


@pytest.mark.parametrize("name", ["beta:best", NEAREST, "condensation"])
def test_every_step_holds(name: str) -> None:
    claim = hs.dense(LogSumExp(1), cue=hs.Flip(sp.Rational(1, 10)), quantities=[name])[name]
    verified = claim.derivation.verify()
    assert any(step.holds for step in verified)
    assert all(step.holds is not False for step in verified)


@pytest.mark.parametrize(("strength", "units"), [(0.25, 120), (0.4, 60)])
def test_the_noise_condenses_where_the_claim_says(strength: float, units: int) -> None:
    """The median of the others' sum of squares over its mean: one far above the load, little far below it.

    At a ten-thousandth and at ten thousand times the load, for powers of D are dropped; counts by overlap.
    """
    theory = hs.dense(Exponent(sp.Rational(str(strength))), cue=hs.Exact())
    middle = float(hs.evaluate(theory["condensation"].formula, {D: sp.Integer(units)}))
    n = units - 1
    overlaps = np.arange(-n, units, 2)
    law = np.array([math.comb(n, k) / 2**n for k in range(units)])
    worth = np.exp(2 * strength * overlaps)
    shares = []
    for patterns in (round(middle / 10**4), round(middle), round(middle * 10**4)):
        counts = np.random.default_rng(0).multinomial(patterns, law, size=4000)
        shares.append(float(np.median(counts @ worth) / (patterns * (law @ worth))))
    assert shares[0] < 0.15
    assert 0.15 < shares[1] < 0.9
    assert shares[2] > 0.9


def test_the_figure_shows_where_each_formula_holds() -> None:
    cue = hs.Flip(sp.Rational(1, 5))
    lse = hs.dense(LogSumExp(1), cue=cue, quantities=[NEAREST])
    found = temperatures(lse, {D: sp.Integer(24), K: sp.Integer(60)}, networks=200, seed=2)
    first, last = found.points[0], found.points[-1]
    assert abs(last.simulated - found.nearest) < 4 * last.stderr + found.nearest / 50
    assert abs(first.simulated / first.gaussian - 1) < 0.05
    assert last.gaussian > 2 * last.simulated
    assert found.best == pytest.approx(math.log(4) / 2, abs=1e-9)
    least = min(found.points, key=lambda p: p.simulated)
    assert least.simulated < found.powers[4] < found.powers[2]
    assert found.condensed is not None
    level = 2 * found.condensed * math.tanh(2 * found.condensed)
    assert level - math.log(math.cosh(2 * found.condensed)) == pytest.approx(math.log(60) / 24)


def test_a_report_draws_it_when_it_was_asked_for(tmp_path: Path) -> None:
    theory = hs.dense(
        LogSumExp(sp.Rational(1, 2)), cue=hs.Flip(sp.Rational(1, 5)), quantities=["snr", NEAREST]
    )
    verdicts = hs.check(theory, D=12, K=20, networks=8)
    made = hs.report(theory, verdicts, to=tmp_path, pdf=False)
    assert any("temperatures" in path.name for path in made.figures)


def test_bad_input() -> None:
    for theory, name in (
        (hs.dense(Power(3)), NEAREST),
        (hs.dense(Exponent(), update="gradient-with-self"), NEAREST),
        (hs.dense(Exponent(), cue=hs.Mask(delta)), NEAREST),
        (hs.dense(Exponent()), "beta:best"),
    ):
        with pytest.raises(hs.NotDerivable):
            theory[name]
    assert isinstance(NearestError(D, K, sp.S.One), sp.Function)
    assert np.isfinite(float(NearestError.law(400, mpmath.mpf(10) ** 30, mpmath.mpf("0.8"))))
