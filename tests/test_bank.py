"""One bank of fields for every additive rule: the same counts as a run of each rule by itself."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
import sympy as sp

from hebbsym.errors import InvalidValue, OutsideClass, SizeLimit
from hebbsym.families.cues import Exact, Flip, Mask
from hebbsym.families.ensembles import Binary, Bipolar, Gaussian, Ternary
from hebbsym.simulate import Network, bank, simulate, simulate_bank
from hebbsym.simulate.grams import gram, plain_gram
from hebbsym.simulate.sampling import draw

THIRD, TENTH = sp.Rational(1, 3), sp.Rational(1, 10)
UPDATES: tuple[dict[tuple[int, int], Any], ...] = (
    {(1, 1): 1},
    {(1, 1): 1, (1, 0): Fraction(-1, 3), (0, 1): Fraction(-1, 3), (0, 0): Fraction(1, 9)},
    {(2, 0): 1, (0, 1): -2, (1, 1): Fraction(1, 7), (0, 2): 3},
    {(0, 0): 1, (1, 0): 0.123456789123, (1, 1): 2},
    # two fields of about 10**8 over one scale that nearly cancel: not to be added in single precision
    {(1, 1): 1, (1, 0): Fraction(-249988, 249989)},
)
KINDS: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "bipolar": (Bipolar(THIRD), Exact(), {}),
    "binary, flipped": (Binary(THIRD), Flip(TENTH), {}),
    "centred cue": (Bipolar(THIRD), Exact(centred=sp.S.One), {}),
    "inhibited": (Bipolar(THIRD), Flip(TENTH), {"inhibition": True}),
    "probes and rows": (Bipolar(THIRD), Exact(), {"probes": 3, "rows": 5}),
    "pair": (Bipolar(THIRD), Mask(TENTH), {"address": Binary(THIRD), "outputs": 17}),
    "ternary": (Ternary(THIRD), Exact(), {}),
    "gaussian": (Gaussian(), Exact(), {}),
}


def networks(kind: str, **sizes: int) -> list[Network]:
    law, cue, more = KINDS[kind]
    thresholds = (0, 1, 0.37)
    return [
        Network(30, 7, update, law, cue, threshold=theta, **more, **sizes)
        for update, theta in product(UPDATES, thresholds)
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_every_rule_has_what_its_own_run_gives(kind: str) -> None:
    """The slow twin is a run of each rule: equal integers, and sums equal up to their rounding."""
    rules = networks(kind)
    two = len(rules[0].values) == 2
    made = simulate_bank(rules[0], 5, counted=rules if two else (), seed=3)
    for place, rule in enumerate(rules):
        alone = simulate(rule, 5, seed=3)
        found = made.counted(place) if two else made.statistics(rule.update)
        assert set(found.columns) == set(alone.columns)
        single = not rule.kernel.exact  # a run by itself is then in single precision
        for name, column in alone.columns.items():
            if column.dtype.kind == "i":
                assert np.array_equal(found.columns[name], column), (rule.update, name)
            else:
                scale = np.abs(column).max() + 1
                off = np.abs(found.columns[name] - column).max() / scale
                assert off < (1e-5 if single else 1e-12), (rule.update, name)


def test_the_sums_are_those_of_fields_added_up_by_hand() -> None:
    """Loops over patterns and units, with no matrix product and no feature."""
    update = {(1, 1): 2, (1, 0): -1, (0, 2): 3, (0, 1): 1}
    network = Network(5, 3, update, Ternary(THIRD), Flip(TENTH), probes=2)
    made = simulate_bank(network, 2, seed=4).statistics(update)
    for number in range(2):
        patterns = draw(network, 4, number)
        sums = np.zeros((3, 3))
        for mu, i in product(range(2), range(5)):
            h = 0.0
            for j in range(5):
                w = sum(
                    2 * x[i] * x[j] - x[i] + 3 * x[j] ** 2 + x[j] for x in patterns.pre.tolist()
                )
                h += (w if i != j else 0) * float(patterns.cues[mu, j])
            sums[int(patterns.post[mu, i]) + 1] += (1, h, h * h)
        for place, name in enumerate(("count", "sum", "square")):
            assert np.allclose(made.columns[name][number], sums[:, place], rtol=1e-12, atol=1e-9)


def test_compiled_sums_are_those_of_matrix_products() -> None:
    rng = np.random.default_rng(8)
    f, stored = rng.integers(-9, 9, (3, 4, 70)).astype(float), rng.integers(-1, 2, (3, 70))
    letters = np.array([-1.0, 0.0, 1.0])
    assert np.array_equal(gram(f, stored, letters), plain_gram(f, stored, letters))


def test_slices_and_other_rules_change_no_count(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = networks("binary, flipped")
    whole = simulate_bank(rules[0], 4, counted=rules, seed=5)
    monkeypatch.setattr(bank, "_SLICE", 61)
    monkeypatch.setattr(bank, "_AT_ONCE", 100)
    sliced = simulate_bank(rules[0], 4, counted=rules[::-1], seed=5)
    for one, other in zip(whole.columns, sliced.columns[::-1], strict=True):
        assert all(np.array_equal(one[name], other[name]) for name in one)
    assert np.allclose(whole.gram, sliced.gram, rtol=1e-13)


def test_workers_and_joined_ranges_change_no_bit() -> None:
    rules = networks("bipolar")[:4]
    one = simulate_bank(rules[0], 6, counted=rules, seed=6)
    two = simulate_bank(rules[0], 6, counted=rules, seed=6, workers=2)
    later = simulate_bank(rules[0], range(2, 6), counted=rules, seed=6)
    assert np.array_equal(one.gram, two.gram)
    assert np.array_equal(one.gram[2:], later.gram)
    for a, b, c in zip(one.columns, two.columns, later.columns, strict=True):
        for name in a:
            assert np.array_equal(a[name], b[name])
            assert np.array_equal(a[name][2:], c[name])


def test_what_a_bank_refuses() -> None:
    hebb = Network(10, 3, {(1, 1): 1}, Bipolar(), Exact())
    with pytest.raises(InvalidValue, match="share sizes"):
        simulate_bank(hebb, 2, counted=[Network(10, 4, {(1, 1): 1}, Bipolar(), Exact())])
    decay = Network(10, 3, {(1, 1): 1}, Bipolar(), Exact(), on_weight={(0, 0, 1): -1})
    ternary = Network(10, 3, {(1, 1): 1}, Ternary(THIRD), Exact())
    with pytest.raises(OutsideClass, match="depends on the weight"):
        simulate_bank(decay, 2)
    with pytest.raises(InvalidValue, match="two values"):
        simulate_bank(ternary, 2, counted=[ternary])
    with pytest.raises(InvalidValue, match="order=4"):
        simulate_bank(Network(10, 3, {}, Gaussian(), Exact()), 2).statistics({(2, 2): 1})
    with pytest.raises(SizeLimit, match="bank of D = 10"):
        simulate_bank(hebb, 2, memory=10**6)
    with pytest.raises(InvalidValue, match="leave out ages"):
        simulate_bank(Network(10, 3, {(1, 1): 1}, Bipolar(), Exact(), ages=(0,)), 2)
    with pytest.raises(InvalidValue, match="at least one network"):
        simulate_bank(hebb, 0)
