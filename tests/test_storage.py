"""Proved bounds and exponents of storage: against exact errors, and against simulation over five sizes."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sympy as sp

import hebbsym as hs
from hebbsym.capacity.storage import certified, pair_exponent
from hebbsym.families.dense import dense_rule
from hebbsym.families.separations import Exponent, LogSumExp, Power, RectifiedPower
from hebbsym.networks import dense_network
from hebbsym.notation import D, K, delta, epsilon
from hebbsym.simulate import simulate
from hebbsym.simulate.dense import plain_field
from hebbsym.theory.dense.bench import DenseBench
from hebbsym.theory.dense.tails import OneStep
from hebbsym.theory.setting import Setting

TENTH = sp.Rational(1, 10)


def setting_of(separation: Any, cue: Any = None, update: str = "difference") -> Setting:
    return Setting(dense_rule(separation, update, "power"), cue=cue or hs.Exact())


def exact_error(separation: Any, chance: float, units: int, patterns: int) -> tuple[float, float]:
    """P(field < 0) and P(field <= 0) from F, over overlaps and signs of all patterns."""
    n, function = units - 1, separation.energy
    f = {o: float(function.subs(sp.Symbol("m", real=True), o)) for o in range(-units, units + 1)}
    kinds = [
        (u * (f[o + 1] - f[o - 1]), math.comb(n, k) / 2 ** (n + 1))
        for k, o in enumerate(range(-n, n + 1, 2))
        for u in (-1, 1)
    ]
    below = level = 0.0
    for k, own in enumerate(range(-n, n + 1, 2)):
        p = math.comb(n, k) * (1 - chance) ** k * chance ** (n - k)
        for others in itertools.product(kinds, repeat=patterns - 1):
            field = f[own + 1] - f[own - 1] + sum(v for v, _ in others)
            weight = p * math.prod(w for _, w in others)
            tie = abs(field) < 1e-9
            below += weight * (field < 0 and not tie)
            level += weight * tie
    return below, below + level


@pytest.mark.parametrize("chance", [sp.S.Zero, TENTH])
@pytest.mark.parametrize(
    "separation", [Exponent(1), Exponent(sp.Rational(1, 4)), Power(3), Power(4), RectifiedPower(3)],
    ids=lambda s: s.text,
)  # fmt: skip
def test_bounds_enclose_the_exact_error(separation: Any, chance: sp.Expr) -> None:
    cue = hs.Flip(chance) if chance else hs.Exact()
    for units, patterns in ((3, 4), (4, 4), (5, 3)):
        one = OneStep.of(DenseBench(setting_of(separation, cue)), units)
        strict, weak = exact_error(separation, float(chance), units, patterns)
        assert float(one.floor(patterns)) <= strict + 1e-12
        assert weak - 1e-12 <= float(one.ceiling(patterns))


def test_near_patterns_are_in_the_ceiling() -> None:
    """F = exp(4 m), D = 8, K = 2: the error is that of one near pattern, and nothing else is left of it."""
    strict, weak = exact_error(Exponent(4), 0.0, 8, 2)
    one = OneStep.of(DenseBench(setting_of(Exponent(4))), 8)
    assert strict == 0
    assert weak == pytest.approx(2**-8)
    assert weak <= float(one.ceiling(2)) <= 4 * weak


@pytest.mark.parametrize(("patterns", "sharp"), [(10**4, False), (10**6, False), (10**8, True)])
def test_the_floor_is_that_of_its_docstring(patterns: int, sharp: bool) -> None:
    """In doubles, for exact cues: over all overlaps, with the number of patterns at or above each."""
    n = 23
    law = np.array([math.comb(n, k) / 2**n for k in range(n + 1)])
    worth = np.exp(0.5 * np.arange(-n, n + 1, 2))
    seen = (patterns - 1) * law[::-1].cumsum()[::-1]
    ratio = 2 * worth[-1] ** 2 / (seen * worth**2)
    usable = (seen > 4) & (ratio < 1)
    bounds = ((1 - 4 / seen) * (1 - ratio) ** 2 / 6)[usable]
    one = OneStep.of(DenseBench(setting_of(Exponent(sp.S.Half))), n + 1)
    assert float(one.floor(patterns)) == pytest.approx(max(bounds, default=0.0), rel=1e-9)
    assert (float(one.floor(patterns)) > 0) == sharp


def crowd_error(
    units: int, patterns: int, beta: float, chance: float, draws: int, seed: int
) -> float:
    """The error of a bit of exponential storage, from the counts of patterns by overlap: exact in law."""
    n, rng = units - 1, np.random.default_rng(seed)
    overlaps = np.arange(-n, n + 1, 2)
    law = np.array([math.comb(n, k) / 2**n for k in range(n + 1)])
    counts = rng.multinomial(patterns - 1, np.concatenate((law, law)) / 2, size=draws)
    signed = counts[:, : n + 1] - counts[:, n + 1 :]
    own = n - 2 * rng.binomial(n, chance, size=draws)
    field = np.exp(beta * (own - n)) + signed @ np.exp(beta * (overlaps - n))
    return float((field < 0).mean() + (field == 0).mean() / 2)  # fmt: skip


def test_the_sampler_of_crowds_has_the_exact_error() -> None:
    strict, weak = exact_error(Exponent(1), 0.1, 5, 4)
    found = crowd_error(5, 4, 1.0, 0.1, 200_000, seed=1)
    assert abs(found - (strict + weak) / 2) < 4 * math.sqrt(found / 200_000)


@pytest.mark.parametrize(("beta", "chance"), [(1, 0), (sp.Rational(1, 4), 0), (1, TENTH)])
def test_bounds_enclose_the_simulated_error_where_they_are_sharp(beta: Any, chance: Any) -> None:
    """At the proved numbers of patterns: below epsilon at one, above it at the other."""
    setting = setting_of(Exponent(beta), hs.Flip(chance) if chance else hs.Exact())
    lower, upper = certified(setting, 40, TENTH, "bit")
    assert 1 < lower < upper
    at = (float(beta), float(chance), 20_000)
    assert crowd_error(40, lower, *at, seed=2) < 0.1
    assert crowd_error(40, upper, *at, seed=3) > 0.1
    one = OneStep.of(DenseBench(setting), 40)
    for patterns in (lower, int(math.sqrt(lower * upper)), upper, 8 * upper):
        found = crowd_error(40, patterns, *at, seed=4)
        slack = 4 * math.sqrt(max(found, 1e-3) / 20_000)
        assert float(one.floor(patterns)) - slack < found < float(one.ceiling(patterns)) + slack


def slope(sizes: tuple[int, ...], loads: list[float]) -> float:
    return float(np.polyfit(sizes, np.log(loads), 1)[0])


def crossing(error: Callable[[int], float], level: float, start: int) -> float:
    """The load at which an error that rises with K crosses a level, by bisection of its logarithm."""
    low, high = start, start
    while error(high) < level:
        low, high = high, 2 * high
    for _ in range(6):
        middle = round(math.sqrt(low * high))
        low, high = (middle, high) if error(middle) < level else (low, middle)
    return math.sqrt(low * high)


@pytest.mark.parametrize(
    ("beta", "chance", "tolerance"),
    [(0.25, 0.0, 0.03), (0.5, 0.0, 0.03), (0.1, 0.1, 0.03), (2.0, 0.1, 0.12)],
)
def test_the_exponent_of_a_pattern_over_six_sizes(
    beta: float, chance: float, tolerance: float
) -> None:
    """ln K at an error of 1/4 per bit, D = 16 .. 56: the slope is that of the claim, not that of rho.

    With beta = 2 and flips rho alone gives 2 beta (1 - 2 delta) - ln cosh(2 beta) = -0.107: no storage at all.
    """
    sizes = (16, 24, 32, 40, 48, 56)
    exact_beta, cue = sp.Rational(str(beta)), hs.Flip(sp.Rational(str(chance)))
    theory = hs.dense(Exponent(exact_beta), cue=cue if chance else hs.Exact())
    claimed = float(hs.evaluate(theory["exponent:pattern"].formula))
    loads = [
        crossing(lambda k, d=d: crowd_error(d, k, beta, chance, 4000, seed=d), 0.25, 2)
        for d in sizes
    ]
    assert slope(sizes, loads) == pytest.approx(claimed, abs=tolerance)


def all_fail(units: int, patterns: int, chance: float, draws: int, seed: int) -> float:
    """How often some bit of some pattern is wrong, F = exp, from the fields of all cues."""
    rng, bad = np.random.default_rng(seed), 0
    for _ in range(draws):
        x = 2.0 * rng.integers(0, 2, (patterns, units)) - 1
        s = np.where(rng.random(x.shape) < chance, -x, x)
        overlaps = s @ x.T
        weight = np.exp(overlaps - overlaps.max(axis=1, keepdims=True))
        # sum of xi exp(m - xi s) = cosh(1) sum of xi exp(m) - s sinh(1) sum of exp(m)
        h = np.cosh(1) * (weight @ x) - np.sinh(1) * s * weight.sum(axis=1, keepdims=True)
        bad += bool((h * x < 0).any())
    return bad / draws


@pytest.mark.parametrize(
    ("chance", "sizes", "power"),
    [(0.0, (8, 10, 12, 14, 16), -1 / 2), (0.1, (20, 26, 32, 38, 44), 1 / 4)],
)
def test_the_exponent_of_all_patterns_over_five_sizes(
    chance: float, sizes: Any, power: float
) -> None:
    """Half of the networks fail at K ~ exp(exponent D): ln 2 / 2, and with flips -ln(1/2 + sqrt(d(1 - d)))/2.

    With independent flips I(1 - 2 delta)/2 = 0.184 would be refuted: the worst of K cues has more flips.
    The power of D is that of the expected number of pairs: K^2 D 2^(-D), and K^2 D^(-1/2) exp(-D ...).
    """
    theory = hs.dense(Exponent(), cue=hs.Flip(TENTH) if chance else hs.Exact())
    claimed = float(hs.evaluate(theory["exponent:all"].formula))
    loads = [
        crossing(lambda k, d=d: all_fail(d, k, chance, 60, seed=d), 0.5, 2) / d**power
        for d in sizes
    ]
    assert slope(sizes, loads) == pytest.approx(claimed, abs=0.02)
    assert claimed == pytest.approx(0.11157 if chance else 0.34657, abs=1e-5)


def test_the_exponent_of_pairs_is_that_of_the_exact_probability() -> None:
    """Another pattern is nearer: a walk of steps 0, +2 and -2 ends at 0 or above, summed exactly."""
    exponent = pair_exponent(1 - 2 * delta).subs(delta, TENTH)
    rates = []
    for units in (100, 400):
        step = {-1: sp.Rational(9, 20), 0: sp.Rational(1, 2), 1: sp.Rational(1, 20)}
        law = np.array([1.0])
        for _ in range(units):
            law = np.convolve(law, [float(step[k]) for k in (-1, 0, 1)])
        rates.append(-math.log(law[units:].sum()) / units)
    gaps = [abs(r - float(exponent)) for r in rates]
    assert gaps[1] < gaps[0] / 2.5
    assert gaps[1] < 0.01


@pytest.mark.parametrize("separation", [Exponent(), Power(3), LogSumExp(2)], ids=lambda s: s.text)
def test_no_memory_exceeds_the_bound_of_twins(separation: Any) -> None:
    """Sets of patterns with a pair that differs in one unit are never all recalled, ties apart."""
    units, patterns, right, twins = 6, 12, 0, 0
    rng = np.random.default_rng(0)
    network = dense_network(setting_of(separation), {D: sp.Integer(units), K: sp.Integer(patterns)})
    for _ in range(60):
        x = rng.choice(np.array([-1, 1]), (patterns, units))
        fields = np.array([[float(h) for h in plain_field(network, x, s)] for s in x])
        has_twins = bool((x @ x.T == units - 2).any())
        twins += has_twins
        all_right = bool((fields * x > 0).all())
        assert not (has_twins and all_right)
        right += all_right
    expected = math.comb(patterns, 2) * units / 2**units
    assert right / 60 <= 1 - 0.75 * (1 - 1 / expected) + 0.1
    assert twins > 50


@pytest.mark.parametrize(
    ("separation", "cue", "name"),
    [
        (Power(2), hs.Exact(), "bit"),
        (Power(2), hs.Flip(TENTH), "bit"),
        (Power(3), hs.Exact(), "pattern"),
        (Exponent(sp.Rational(1, 6)), hs.Exact(), "pattern"),
    ],
    ids=lambda part: getattr(part, "text", part),
)
def test_the_proved_lower_bound_holds_in_simulation(separation: Any, cue: Any, name: str) -> None:
    quantity, allowed = f"capacity:{name}:lower", sp.Rational(1, 5)
    formula = hs.dense(separation, cue=cue, quantities=[quantity])[quantity].formula
    sizes = {D: sp.Integer(60)}
    load = int(hs.evaluate(formula, {**sizes, epsilon: allowed}))
    assert load >= 3
    network = dense_network(setting_of(separation, cue), {**sizes, K: sp.Integer(load)})
    found = simulate(network, 200, seed=1).estimate(f"{name}_error", None)
    assert found.value - 3 * found.stderr <= float(allowed)


def test_bad_input() -> None:
    with pytest.raises(hs.NotDerivable, match="overlap"):
        certified(setting_of(Exponent(), update="gradient-with-self"), 20, TENTH)
    with pytest.raises(hs.NotDerivable):
        certified(setting_of(Exponent(), hs.Mask(TENTH)), 20, TENTH)
    with pytest.raises(hs.InvalidValue, match="beta"):
        certified(setting_of(Exponent(sp.Symbol("beta", positive=True))), 20, TENTH)
    theory = hs.dense(Exponent(), update="gradient-with-self")
    assert "capacity:all:upper" not in theory
    assert "capacity:all:upper" not in hs.dense(Exponent(), cue=hs.Flip(TENTH))


@pytest.mark.parametrize(
    ("n", "sizes"), [(2, (20, 30, 45, 67, 100)), (3, (12, 18, 27, 40, 60)), (4, (10, 14, 20, 28, 40))]
)  # fmt: skip
def test_powers_store_like_a_power_of_the_units_over_five_sizes(n: int, sizes: Any) -> None:
    """The load at which simulation finds 5 % of the bits wrong: its log-slope is n - 1 and a term of order 1/D.

    Formulas are used for the term of order 1/D only: what the exact root of rho = z^2 adds to the slope.
    """

    def wrong(units: int, load: int) -> float:
        network = dense_network(
            setting_of(Power(n), update="gradient"),
            {D: sp.Integer(units), K: sp.Integer(load)},
        )
        networks = max(8, 6000 // (units * min(load, 64)))
        return float(simulate(network, networks, seed=units).estimate("bit_error", None).value)

    logs = [math.log(d) for d in sizes]
    loads = [math.log(crossing(lambda k, d=d: wrong(d, k), 0.05, 2)) for d in sizes]
    found = float(np.polyfit(logs, loads, 1)[0])
    root = hs.dense(Power(n), update="gradient")["capacity:snr"].formula.subs(
        sp.Symbol("z", positive=True), 2
    )
    exact = [float(hs.evaluate(sp.log(root), {D: sp.Integer(d)})) for d in sizes]
    finite = float(np.polyfit(logs, exact, 1)[0]) - (n - 1)
    assert abs(finite) < 0.35
    assert found - finite == pytest.approx(n - 1, abs=0.12)
