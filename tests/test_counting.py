"""The compiled loops against their slow twins, exactly, and curves of real-valued memories."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
import sympy as sp

from hebbsym.families.cues import Exact, Flip, Mask
from hebbsym.families.ensembles import Binary, Bipolar, Gaussian
from hebbsym.simulate import Network, simulate, simulate_loads
from hebbsym.simulate import counting as loops
from hebbsym.simulate.additive import tally_of
from hebbsym.simulate.fields import Fields
from hebbsym.simulate.sampling import draw
from hebbsym.simulate.statistics import Tally

R = sp.Rational
RULES: dict[str, dict[tuple[int, int], Any]] = {
    "hebb": {(1, 1): 1},
    "second order": {(0, 0): 2, (1, 0): -1, (0, 1): 3, (1, 1): 5, (2, 0): 1, (0, 2): -2},
    "covariance": {
        (1, 1): 1,
        (1, 0): Fraction(-1, 3),
        (0, 1): Fraction(-1, 3),
        (0, 0): Fraction(1, 9),
    },
    "irrational": {(1, 1): 2**0.5, (1, 0): -(3**0.5)},
}
LAWS = {law.text: law for law in (Bipolar(), Bipolar(R(1, 2)), Binary(), Binary(R(1, 10)))}
CUES = {
    cue.text: cue
    for cue in (Exact(), Flip(R(1, 10)), Mask(R(1, 4)), Flip(R(1, 5), centred=sp.S.One))
}
THRESHOLDS = (0, 2, -3, Fraction(1, 3), 0.1)


def slow(tally: Tally, h: np.ndarray[Any, Any], stored: np.ndarray[Any, Any]) -> dict[str, Any]:
    """The columns of a tally of two-valued patterns from the twins."""
    low = tally.features[0]
    counts, recalls = loops.plainly_counted(h, stored, low, tally.threshold)
    sums = loops.plainly_added_up(h, stored, low)
    return {
        "count": counts[:, 0],
        "errors": counts[:, 1],
        "ties": counts[:, 2],
        "patterns": np.full(len(h), h.shape[1]),
        "wrong_patterns": recalls[:, 0],
        "tied_patterns": recalls[:, 1],
        "sum": sums[:, 0],
        "square": sums[:, 1],
    }


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("cue", CUES)
def test_marks_and_sums_are_those_of_the_twins(rule: str, law: str, cue: str) -> None:
    memories: tuple[dict[str, Any], ...] = (
        {},
        {"address": Binary(R(1, 3)), "outputs": 9},
        {"address": Gaussian(), "outputs": 17},
        {"inhibition": True},
        {"probes": 4},
    )
    seen = dict.fromkeys(("errors", "ties", "wrong_patterns", "tied_patterns"), 0.0)
    for memory, threshold in product(memories, THRESHOLDS):
        if "address" in memory and CUES[cue].text != "exact":
            continue  # some cues do not exist for real addresses; the fields are what is tested
        network = Network(13, 9, RULES[rule], LAWS[law], CUES[cue], threshold=threshold, **memory)
        made = Fields.of(network, [draw(network, 3, n) for n in range(6)])
        h = made.rows(slice(0, network.cues)).copy()
        stored = made.block.post[:, : network.cues]
        tally = tally_of(made, moments=True)
        fast, expected = tally.of(h, stored), slow(tally, h, stored)
        assert set(fast) == set(expected)
        real = not made.block.exact
        for name, column in expected.items():
            assert fast[name].shape == column.shape
            if real and name in {"sum", "square"}:
                scale = np.abs(h.astype(float) ** 2).sum()
                assert np.abs(fast[name] - column).max() <= 1e-12 * scale
            else:
                assert np.array_equal(fast[name], column), name
        for name in seen:
            seen[name] += fast[name].sum()
    assert seen["errors"] > 0
    assert seen["wrong_patterns"] > 0
    assert rule != "hebb" or seen["ties"] > 0


def test_tied_patterns_are_those_without_a_wrong_bit() -> None:
    h = np.array([[[1.0, 0, 0, 2], [0, 0, 0, 0], [-1, 0, 3, 4], [1, 1, 1, 1]]], dtype=np.float32)
    found = Tally((-1.0, 1.0), 0.0).of(h, np.ones_like(h))
    assert found["tied_patterns"].tolist() == [0.75 + 0.9375]
    assert found["wrong_patterns"].tolist() == [1]
    assert found["ties"].tolist() == [[0, 7]]


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("threshold", [0.0, 0.1, -0.1, 1 / 3, 16777217.0, -16777217.0, 2.5])
def test_a_threshold_between_two_fields_ties_with_none(kind: Any, threshold: float) -> None:
    """Fields just below, at and just above the threshold as the type has it."""
    near = kind(threshold)
    h = np.array(
        [[[np.nextafter(near, kind(side)) for side in (-np.inf, near, np.inf)]]], dtype=kind
    )
    for stored in (np.ones_like(h), -np.ones_like(h), np.ones(h.shape, dtype=np.int8)):
        tally = Tally((-1.0, 1.0), threshold)
        fast, expected = tally.of(h, stored), slow(tally, h, stored)
        for name in ("count", "errors", "ties", "wrong_patterns", "tied_patterns"):
            assert np.array_equal(fast[name], expected[name])
        assert fast["ties"].sum() == (float(near) == threshold)


def test_rows_may_be_handed_in_as_they_come() -> None:
    """Slices of several networks, and one row at a time, give the same bits for real fields."""
    rng = np.random.default_rng(1)
    h = rng.standard_normal((3, 8, 37))
    stored = np.where(rng.random(h.shape) < 0.5, -1.0, 1.0).astype(np.float32)
    tally = Tally((-1.0, 1.0), 0.0)
    part = tally.of(h[:, 2:7], stored[:, 2:7])
    each = [tally.of(h[n : n + 1, 2:7].copy(), stored[n : n + 1, 2:7].copy()) for n in range(3)]
    for name, column in part.items():
        assert np.array_equal(column, np.concatenate([e[name] for e in each]))


@pytest.mark.parametrize("memory", [{}, {"address": Gaussian(), "outputs": 20}])
def test_a_curve_of_real_values_is_its_loads(memory: dict[str, Any]) -> None:
    """Sums run on in another order than at each load alone, so they agree to rounding only."""
    for law, rule, inhibition in product((Gaussian(), Bipolar()), RULES.values(), (False, True)):
        network = Network(31, 7, rule, law, Exact(), inhibition=inhibition, **memory)
        for load, there in zip(
            (4, 9, 20), simulate_loads(network, (4, 9, 20), 4, seed=3), strict=True
        ):
            fresh = simulate(replace(network, patterns=load), 4, seed=3)
            assert set(fresh.columns) == set(there.columns)
            # where real coefficients meet signs, rounding decides what a tie is
            for name in {"count", "sum", "square", "regression"} & set(fresh.columns):
                column = fresh.columns[name]
                size = np.abs(column).max()
                assert np.abs(column - there.columns[name]).max() <= 1e-4 * size, name


def test_a_folder_that_cannot_be_written_is_no_obstacle(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    def njit(cache: bool = False, **options: Any) -> Any:
        tried.append(cache)
        if cache:
            raise RuntimeError("cannot cache function")
        return lambda function: function

    monkeypatch.setattr(loops, "njit", njit)
    total = np.ones((1, 2))
    loops.compiled(lambda x: x.fill(3.0))(total)
    assert tried == [True, False]
    assert total.tolist() == [[3.0, 3.0]]


def test_numba_is_imported_by_the_first_simulation_only() -> None:
    script = "import sys, hebbsym.cli, hebbsym.simulate; print('numba' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    assert done.stdout == "False\n"
