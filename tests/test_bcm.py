"""BCM with a moving threshold: the theorem's numbers against the stochastic rule itself."""

import math

import numpy as np
import pytest
import sympy as sp

from derivations import bcm_moving_threshold as bcm

PATTERNS = np.array([[2.0, 1.0], [0.0, 1.5]])
SHARES = (0.4, 0.6)
GRAM = sp.Matrix([[5, sp.Rational(3, 2)], [sp.Rational(3, 2), sp.Rational(9, 4)]])
EXACT = (sp.Rational(2, 5), sp.Rational(3, 5))


def outputs_of(
    patterns: np.ndarray, pace: float, start: np.ndarray, rate: float, steps: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Outputs of many units to all patterns under the rule as it is printed: (steps kept, units, patterns).

    Nothing of the theory: every unit is shown a pattern of its own at each step. ``start`` holds the
    outputs at the start. Of the second half every tenth step is kept; thresholds beside the outputs.
    """
    draw = np.random.default_rng(seed)
    tau = 1 / (rate * pace)
    weights = np.linalg.solve(patterns, start.T).T
    threshold = ((patterns @ weights.T) ** 2 * np.array(SHARES)[:, None]).sum(axis=0)
    kept, levels = [], []
    for step in range(steps):
        shown = patterns[draw.choice(len(patterns), p=SHARES, size=len(weights))]
        y = (weights * shown).sum(axis=1)
        weights = weights + rate * (y * (y - threshold))[:, None] * shown
        threshold = threshold + (y**2 - threshold) / tau
        if 2 * step >= steps and step % 10 == 0:
            kept.append(weights @ patterns.T)
            levels.append(threshold)
    return np.array(kept), np.array(levels)


def selective(chosen: int) -> list[float]:
    return [float(v) for v in bcm.point(EXACT, (chosen,))[:-1]]


def test_the_patterns_are_those_of_the_theorem() -> None:
    assert np.allclose(PATTERNS @ PATTERNS.T, np.array(GRAM.tolist(), dtype=float))


@pytest.mark.parametrize("chosen", [0, 1])
def test_a_fast_threshold_selects_a_pattern(chosen: int) -> None:
    """From beside the unselective point, towards each pattern: outputs 1/p_k and 0, theta 1/p_k."""
    both = np.array([float(v) for v in bcm.point(EXACT, (0, 1))[:-1]])
    start = np.tile(both, (100, 1)) + 0.3 * (np.arange(2) == chosen)
    pace = 4 * max(float(bcm.critical(GRAM[:: s or 1, :: s or 1], EXACT[::s])) for s in (1, -1))
    means, errors = [], []
    for rate in (0.0005, 0.00025):
        outputs, levels = outputs_of(PATTERNS, pace, start, rate, int(10 / rate), 3)
        seen = np.concatenate([outputs.mean(axis=0), levels.mean(axis=0)[:, None]], axis=1)
        means.append(seen.mean(axis=0))
        errors.append(seen.std(axis=0) / math.sqrt(len(start)))
    limit = 2 * means[1] - means[0]  # the bias of order eta removed
    error = np.sqrt(4 * errors[1] ** 2 + errors[0] ** 2)
    expected = np.array([*selective(chosen), 1 / SHARES[chosen]])
    assert np.all(np.abs(limit - expected) < 4 * error + 1e-3)
    assert np.all(4 * error + 1e-3 < 0.02 * expected.max())  # an error of 2 % would be seen


def test_a_slow_threshold_does_not_hold_the_selective_point() -> None:
    """On both sides of kappa_c, from the selective point: small fluctuations, or wide circles."""
    border = float(bcm.critical(GRAM, EXACT))
    start = np.tile(np.array(selective(0)), (50, 1))
    spread = {}
    for factor in (0.8, 1.25):
        outputs, _ = outputs_of(PATTERNS, factor * border, start, 0.0005, 20000, 5)
        spread[factor] = outputs[..., 0].std()
    assert spread[1.25] < 0.1 * selective(0)[0]
    assert spread[0.8] > 5 * spread[1.25]


def test_orthogonal_patterns_lose_stability_where_eta_tau_n_is_one() -> None:
    """The closed form against the rule: |x|^2 = 4, so that tau = 1/(4 eta) is the border."""
    patterns = np.array([[2.0, 0.0], [0.0, 1.0]])
    start = np.tile(np.array(selective(0)), (50, 1))
    spread = {}
    for factor in (0.8, 1.25):
        outputs, _ = outputs_of(patterns, factor * 4, start, 0.0005, 20000, 5)
        spread[factor] = outputs[..., 0].std()
    assert spread[1.25] < 0.1 * selective(0)[0]
    assert spread[0.8] > 5 * spread[1.25]


def test_two_patterns_together_are_left() -> None:
    """y = theta = 1 has no noise of its own; from beside it each unit ends in one of the two."""
    both = np.array([float(v) for v in bcm.point(EXACT, (0, 1))[:-1]])
    start = both + 0.02 * np.random.default_rng(1).standard_normal((100, 2))
    outputs, _ = outputs_of(PATTERNS, 20.0, start, 0.001, 20000, 9)
    ends = outputs[-200:].mean(axis=0)
    near = [np.abs(ends - np.array(selective(k))).max(axis=1) < 0.2 for k in (0, 1)]
    assert np.mean(near[0] | near[1]) > 0.95
    assert min(np.mean(side) for side in near) > 0.2


def test_symmetric_inputs_select_nothing() -> None:
    """Independent signs: all weights shrink, and no faster than the flow says."""
    draw = np.random.default_rng(2)
    rate, pace, steps = 0.001, 20.0, 5000
    weights, threshold = np.full((200, 3), 0.6), np.full(200, 1.08)
    for _ in range(steps):
        shown = np.sign(draw.random((200, 3)) - 0.5)
        y = (weights * shown).sum(axis=1)
        weights = weights + rate * (y * (y - threshold))[:, None] * shown
        threshold = threshold + (y**2 - threshold) * rate * pace
    size = (weights**2).sum(axis=1).mean()
    # d|w|^2/ds = -2 theta |w|^2 with theta = |w|^2: 1/|w|^2 grows by 2 s
    assert size == pytest.approx(1 / (1 / 1.08 + 2 * rate * steps), rel=0.1)


def test_wrong_formulas_are_refuted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The theorem's evidence can fail: a sign, a factor, a set of fixed points."""
    wrong = bcm.CUBIC - 2 * bcm.rho * bcm.TWO[1, 1] * bcm.lam**2
    monkeypatch.setattr(bcm, "CUBIC", wrong)
    assert not bcm._two_patterns()
    monkeypatch.setattr(bcm, "HOPF", bcm.HOPF - bcm.TWO[0, 0] ** 2 * bcm.kappa)
    assert not bcm._both_sides()
    right = bcm.linearised
    monkeypatch.setattr(bcm, "linearised", lambda g, p, s: right(g, p, s).xreplace({bcm.kappa: 2 * bcm.kappa}))  # fmt: skip
    assert not bcm._jacobian()
    assert not bcm._orthogonal()
    monkeypatch.setattr(bcm, "point", lambda p, s: 2 * bcm.sp.ones(len(p) + 1, 1))
    assert not bcm._fixed_points()
