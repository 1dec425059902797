"""Dense memories run to a fixed point: the fast path against its slow twin, and energies that fall."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

import hebbsym as hs
from hebbsym.families.cues import Exact
from hebbsym.families.dense import DenseRule, updates
from hebbsym.families.separations import (
    Distinct,
    Exponent,
    Given,
    LogSumExp,
    Power,
    RectifiedPower,
)
from hebbsym.networks import dense_network, landscape
from hebbsym.notation import D, K, m
from hebbsym.simulate.dense import plain_field
from hebbsym.simulate.lowering import Landscape, descend, plain_descent
from hebbsym.theory.dense.lyapunov import Rise, rise, whole_pattern
from hebbsym.theory.setting import Setting

SEPARATIONS = (
    *(Power(n) for n in (1, 2, 3, 4, 5)),
    *(Distinct(n) for n in (2, 3, 4)),
    *(RectifiedPower(n) for n in (2, 3)),
    Exponent(sp.Rational(1, 3)),
    Exponent(2),
    LogSumExp(1),
    Given(m**4 / 4 + m**3 / 7 - 2 * m),
)
members = pytest.mark.parametrize("separation", SEPARATIONS, ids=lambda s: s.text)
each_update = pytest.mark.parametrize("update", updates)
SIGNS = np.array([-1, 1])


def setting_of(separation: Any, update: str) -> Setting:
    return Setting(DenseRule(separation, updates[update]), cue=Exact())


def drawn(units: int, patterns: int, cues: int, seed: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    return rng.choice(SIGNS, (patterns, units)), rng.choice(SIGNS, (cues, units))


def energy_of(separation: Any, patterns: Any, state: Any) -> sp.Expr:
    """From F as an expression: whole overlaps of whole patterns."""
    function = separation.energy.xreplace({D: sp.Integer(len(state))})
    overlaps = [int(o) for o in patterns @ np.asarray(state, dtype=int)]
    return -sp.Add(*(function.subs(m, o) for o in overlaps))


@each_update
@members
def test_the_landscape_has_the_fields_of_the_definition(separation: Any, update: str) -> None:
    """The field times the state, from F itself; up to a positive factor where F is exponential."""
    setting = setting_of(separation, update)
    x, states = drawn(6, 4, 8, seed=1)
    network = dense_network(setting, {D: sp.Integer(6), K: sp.Integer(4)})
    found = landscape(setting, 6)
    ratios = set()
    for s in states:
        overlaps = x @ s
        lowest = int(overlaps.max()) - 12 if found.rate else -6
        for i, h in enumerate(plain_field(network, x, s)):
            field = sum(
                found.agree[o - lowest] if a == s[i] else -found.differ[o - lowest]
                for a, o in zip(x[:, i], overlaps, strict=True)
            )
            truth = int(s[i]) * h
            if found.rate:
                ratios.add(round(float(truth) / (field * np.exp(found.rate * overlaps.max())), 9))
            else:
                assert field == truth
    assert len(ratios) <= 1
    assert all(r > 0 for r in ratios)


@each_update
@members
def test_the_fast_path_has_the_trajectories_of_its_slow_twin(separation: Any, update: str) -> None:
    """The same flips in the same order, bit by bit, and the same last states."""
    found = landscape(setting_of(separation, update), 11)
    flips = 0
    for patterns in (2, 7, 40):
        x, cues = drawn(11, patterns, 7, seed=patterns)
        run = descend(found, x, cues, np.random.default_rng(5), sweeps=6, recorded=80)
        rng = np.random.default_rng(5)
        orders = [rng.permutation(11) for _ in range(6)]
        for c, cue in enumerate(cues):
            slow = plain_descent(found, x.tolist(), cue.tolist(), orders)
            assert run.path[c][run.path[c] >= 0].tolist() == slow.units.tolist()
            assert run.states[c].tolist() == slow.states[-1].tolist()
            assert run.settled[c] == (slow.period == 1)
            assert run.flips[c] == len(slow.units)
            flips += len(slow.units)
    assert flips > 30


@members
def test_the_energy_never_rises_on_the_energy_difference(separation: Any) -> None:
    """Exact energies along the path that the fast path ran, from F as it is defined."""
    found = landscape(setting_of(separation, "difference"), 9)
    x, cues = drawn(9, 12, 8, seed=3)
    run = descend(found, x, cues, np.random.default_rng(0), recorded=60)
    assert run.settled.all()
    assert not run.rises.any()
    moves = 0
    for cue, path in zip(cues, run.path, strict=True):
        state = cue.copy()
        levels = [energy_of(separation, x, state)]
        for i in path[path >= 0]:
            state[i] *= -1
            levels.append(energy_of(separation, x, state))
        assert all(hs.evaluate(b - a) < 0 for a, b in itertools.pairwise(levels))
        moves += len(levels) - 1
    assert moves > 5


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_descent_ends_at_a_minimum_whatever_f_is(data: st.DataObject) -> None:
    """Any table F: the run settles, no flip raises the energy, and no single flip of the end lowers it."""
    units = data.draw(st.integers(1, 7))
    table = data.draw(
        st.lists(st.integers(-50, 50), min_size=2 * units + 1, max_size=2 * units + 1)
    )
    patterns = data.draw(st.integers(1, 6))
    x, cues = drawn(units, patterns, 3, seed=data.draw(st.integers(0, 99)))
    found = Landscape.of([Fraction(v, 3) for v in table])
    run = descend(found, x, cues, np.random.default_rng(1), sweeps=1000)
    assert run.settled.all()
    assert not run.rises.any()
    energy = {o: Fraction(-table[o + units], 3) for o in range(-units, units + 1)}
    for end, level in zip(run.states, run.energies[1], strict=True):
        here = sum(energy[int(o)] for o in x @ end.astype(int))
        assert float(here) == pytest.approx(level, rel=1e-14, abs=1e-12)
        for i in range(units):
            other = end.astype(int)
            other[i] *= -1
            assert sum(energy[int(o)] for o in x @ other) >= here


@pytest.mark.parametrize(
    ("separation", "units", "minority", "count"),
    [(Power(3), 4, 3, 8), (Power(4), 5, 4, 7), (RectifiedPower(2), 3, 2, 9)],
    ids=lambda v: str(getattr(v, "text", v)),
)
def test_the_gradient_can_raise_the_energy(
    separation: Any, units: int, minority: int, count: int
) -> None:
    """One pattern that agrees with the state everywhere but at unit 0, and several that agree less."""
    rest = units - 1
    outside = {3: (-1, 1, 1), 4: (-1, 1, 1, 1), 2: (-1, 1)}[minority]
    x = np.array([[-1] + [1] * rest] + [[1, *outside]] * count)
    cue = np.array([[1] * units])
    for update, rises in (("gradient", True), ("difference", False)):
        found = landscape(setting_of(separation, update), units)
        rises_anywhere = False
        for start in (cue, cue * np.array([-1] + [1] * rest)):
            for seed in range(6):
                run = descend(found, x, start, np.random.default_rng(seed), recorded=40)
                rises_anywhere |= bool(run.rises.any())
        assert rises_anywhere == rises


@pytest.mark.parametrize("separation", [Power(4), Power(2), RectifiedPower(3), Exponent(1)])
def test_with_the_unit_inside_a_convex_f_never_raises_the_energy(separation: Any) -> None:
    """F(m') >= F(m) + F'(m)(m' - m): the energy falls by the field times the change, at least."""
    found = landscape(setting_of(separation, "gradient-with-self"), 12)
    x, cues = drawn(12, 30, 200, seed=4)
    run = descend(found, x, cues, np.random.default_rng(2))
    assert not run.rises.any()
    assert run.settled.all()


def test_steep_functions_do_not_overflow() -> None:
    """Exponentials at any D; a power whose sums are no doubles is refused with its bound."""
    x, _ = drawn(3000, 5, 2, seed=6)
    near = x[:2].copy()
    near[:, :900] *= -1
    run = descend(
        landscape(setting_of(Exponent(20), "difference"), 3000), x, near, np.random.default_rng(0)
    )
    assert np.array_equal(run.states, x[:2])
    assert run.energies[1].tolist() == [-3000.0, -3000.0]
    assert np.isfinite(run.energies).all()
    huge = Landscape.of([Fraction(10) ** 400 * o for o in range(-2, 3)])
    with pytest.raises(hs.SizeLimit, match="1e\\+300"):
        descend(huge, np.ones((1, 2)), np.ones((1, 2)), np.random.default_rng(0))
    with pytest.raises(hs.SizeLimit, match="200"):
        landscape(setting_of(Exponent(300), "difference"), 5)


def test_powers_past_63_bits_are_doubles() -> None:
    found = landscape(setting_of(Power(20), "difference"), 30)
    assert found.tables(3).dtype == np.float64
    assert landscape(setting_of(Power(4), "difference"), 30).tables(3).dtype == np.int64


@pytest.mark.parametrize(
    ("patterns", "cues"),
    [
        (np.zeros((0, 4)), np.ones((1, 4))),
        (np.ones((2, 4)), np.ones((1, 5))),
        (np.ones((2, 4)), np.ones(4)),
        (np.ones((2, 4)), np.zeros((1, 4))),
        (2 * np.ones((2, 4)), np.ones((1, 4))),
    ],
)
def test_bad_input(patterns: Any, cues: Any) -> None:
    found = landscape(setting_of(Power(2), "difference"), 4)
    with pytest.raises(hs.InvalidValue):
        descend(found, patterns, cues, np.random.default_rng(0))


def test_a_separation_with_a_symbol_is_no_landscape() -> None:
    with pytest.raises(hs.InvalidValue, match="beta"):
        landscape(setting_of(Exponent(sp.Symbol("beta", positive=True)), "difference"), 4)
    with pytest.raises(hs.InvalidValue):
        landscape(setting_of(Power(2), "difference"), 0)


# ---- what the claim of the energy says ----------------------------------------------------------


@each_update
@members
def test_the_energy_says_whether_its_update_raises_it(separation: Any, update: str) -> None:
    """Every member: the step holds, and says what 400 runs of the fast path find: rises, or none."""
    claim = hs.Theory(setting_of(separation, update))["energy"]
    step = claim.derivation.steps[-1]
    assert step.evidence is not None
    assert step.evidence.holds()
    can_rise = "can raise" in step.reason
    assert not (can_rise and update == "difference")
    if can_rise:
        found = rise(DenseRule(separation, updates[update]))
        assert found is not None
        x = np.array(
            [whole_pattern(kind, found.units) for kind, n in found.counts for _ in range(n)]
        )
        start = np.ones((40, found.units), dtype=int)
    else:
        x, start = drawn(8, 17, 400, seed=8)
    units = x.shape[1]
    lands = landscape(setting_of(separation, update), units)
    rises = 0
    for seed in range(40 if can_rise else 3):
        run = descend(lands, x, start, np.random.default_rng(seed), sweeps=3)
        rises += int(run.rises.sum())
    assert (rises > 0) == can_rise


def test_a_false_rise_is_refuted() -> None:
    rule = DenseRule(Power(3), updates["gradient"])
    found = rise(rule)
    assert found is not None
    assert found.replay(rule)
    assert not Rise(found.units, found.counts, found.field, found.gained + 1).replay(rule)
    assert not Rise(found.units, found.counts[:1], found.field, found.gained).replay(rule)
    assert not found.replay(DenseRule(Power(3), updates["difference"]))
