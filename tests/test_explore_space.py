"""Spaces of rules: any stretch alone, exact numbers, and every contradiction refused."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from hebbsym.errors import HebbsymError, InvalidValue, SizeLimit, UnknownName
from hebbsym.exploration.reading import declared, read
from hebbsym.exploration.sampling import samplings
from hebbsym.exploration.space import POWERS, Demand, Size, Space, finite
from hebbsym.exploration.values import CELLS, Finite, Grid, Range
from hebbsym.families.named import rules
from hebbsym.families.rules import ExpandedRule
from hebbsym.notation import w, x_i, x_j

SIGNS = finite((-1, 0, 1))
HALF = sp.Rational(1, 2)


def space(sampling: str) -> Space:
    """A small space for each sampling; loops over the registry, so a new one needs an entry."""
    values = {
        "grid": {"c_0": SIGNS, "c_2_corr": Grid(0, 1, 5), "d_0": Grid(1, 100, 4, True)},
        "permutations": {
            "c_0": finite((0,)),
            "c_1_pre": finite((0,)),
            "c_1_post": finite((-1,)),
            "c_2_corr": finite((2,)),
        },
        "latin": {"c_0": SIGNS, "c_2_corr": Range(-1, 2), "c_1_pre": Range(1, 16, True)},
        "sobol": {"c_0": SIGNS, "c_2_corr": Range(-1, 2), "c_1_pre": Range(1, 16, True)},
    }[sampling]
    samples = 37 if samplings[sampling].needs_samples else None
    return Space(values, sampling=sampling, samples=samples, seed=5)


@pytest.mark.parametrize("sampling", samplings)
def test_any_stretch_can_be_made_without_the_others(sampling: str) -> None:
    one = space(sampling)
    whole = one.block(0, len(one))
    assert whole.shape == (len(one), len(one.names))
    for start, stop in itertools.combinations(range(0, len(one) + 1, 4), 2):
        assert np.array_equal(one.block(start, stop), whole[start:stop])


@pytest.mark.parametrize("sampling", samplings)
def test_a_point_is_the_exact_number_of_its_row(sampling: str) -> None:
    one = space(sampling)
    block = one.block(0, len(one))
    for index in range(len(one)):
        point = one.point(index)
        assert all(isinstance(value, sp.Rational) for value in point.values())
        assert np.allclose(block[index], [float(v) for v in point.values()], rtol=1e-11, atol=0)


def test_a_grid_visits_every_combination_once_the_last_fastest() -> None:
    one = Space({"c_0": finite((5, 7)), "c_2_corr": SIGNS, "c_1_pre": finite((2,))})
    found = [tuple(one.point(n).values()) for n in range(len(one))]
    assert found == list(itertools.product((5, 7), (-1, 0, 1), (2,)))


def test_permutations_are_the_distinct_orders() -> None:
    one = space("permutations")
    found = [tuple(one.point(n).values()) for n in range(len(one))]
    assert found == sorted(set(itertools.permutations((0, 0, -1, 2))))
    assert len(one) == math.factorial(4) // 2


def test_a_latin_hypercube_visits_each_stratum_once() -> None:
    one = Space({"c_0": Range(0, 1), "c_2_corr": Range(0, 1)}, sampling="latin", samples=50)
    strata = np.floor(50 * one.block(0, 50))
    assert (np.sort(strata, axis=0) == np.arange(50)[:, None]).all()


def test_a_sobol_sequence_is_the_one_of_scipy() -> None:
    from scipy.stats import qmc

    one = Space({"c_0": Range(0, 1), "c_2_corr": Range(0, 1)}, sampling="sobol", samples=64, seed=3)
    sequence = qmc.Sobol(2, scramble=True, rng=np.random.default_rng(3)).random(64)
    assert np.array_equal(one.block(0, 64), sequence)
    exact = (sp.Rational(Fraction(u)) for u in sequence[9])
    assert one.point(9) == dict(zip(one.names, exact, strict=True))


def test_stretches_of_a_sobol_sequence_are_the_same_in_any_order() -> None:
    """The sequence is held between draws: forwards, backwards, another seed in between."""
    one = Space({"c_0": Range(0, 1)}, sampling="sobol", samples=1000, seed=3)
    other = one.subspace(seed=4)
    whole = one.block(0, 1000)
    for start, stop in ((0, 7), (7, 100), (100, 101), (500, 1000), (3, 5), (0, 1000), (999, 1000)):
        assert np.array_equal(one.block(start, stop), whole[start:stop])
        assert not np.array_equal(other.block(start, stop), whole[start:stop])


def test_seeds_differ_and_repeat() -> None:
    first, again, other = (space("sobol").subspace(seed=s) for s in (5, 5, 6))
    assert np.array_equal(first.block(0, 37), again.block(0, 37))
    assert not np.array_equal(first.block(0, 37), other.block(0, 37))
    assert first.fingerprint == again.fingerprint != other.fingerprint
    assert hash(first) == hash(again)


def test_logarithmic_values_have_equal_ratios() -> None:
    grid = Grid(HALF, 8, 9, True)
    values = [float(grid.at(n)) for n in range(9)]
    assert np.allclose(np.diff(np.log(values)), np.log(16) / 8, rtol=1e-11)
    assert (grid.at(0), grid.at(8)) == (HALF, 8)
    assert float(Range(-100, -1, True).at(CELLS // 2)) == pytest.approx(-10)


@given(st.integers(0, CELLS - 1))
@settings(max_examples=30)
def test_a_range_stays_inside_its_ends(cell: int) -> None:
    assert sp.Rational(-1, 3) <= Range(sp.Rational(-1, 3), 2).at(cell) < 2


def test_names_are_those_of_the_expanded_rule() -> None:
    rule = ExpandedRule(4)
    for (p, q), symbol in rule.terms.items():
        assert POWERS[symbol.name] == (False, p, q)
    one = Space({str(c): finite((1,)) for c in rule.terms.values()})
    assert one.general.terms == rule.terms


def test_coefficients_of_the_weight_make_affine_rules() -> None:
    one = Space({"c_2_corr": finite((1,)), "d_2_post": finite((-1, 0))})
    assert one.affine
    assert one.rule(one.point(0)).update == x_i * x_j - w * x_i**2
    oja = rules["oja"].at({sp.Symbol("eta", positive=True): sp.S.One})
    assert one.rule(one.point(0)).terms == {
        pq: c.subs({s: 1 for s in c.free_symbols - {w}}) for pq, c in oja.terms.items()
    }
    assert not Space({"c_2_corr": finite((1,))}).affine


def test_conditions_are_every_combination() -> None:
    one = Space(
        {"c_2_corr": SIGNS},
        ensembles=("bipolar", "binary(activity=1/10)"),
        thresholds=("zero", "optimal"),
        sizes=(Size(10, 3), Size(20, alpha=sp.Rational(1, 3)), Size(20, 3)),
    )
    assert len(one.conditions) == 12
    assert [c.size.patterns for c in one.conditions[:3]] == [3, 6, 3]
    assert one.conditions[-1].text == (
        "binary(activity=1/10), cue exact, threshold optimal, D=20, K=3"
    )


FILE = """
name = "atlas"
ensembles = ["bipolar(mean=1/5)"]
thresholds = ["optimal", "zero"]
criteria = ["snr(z=2)", "bit"]
sizes = [{D = 100, K = 10}, {D = 100, alpha = 0.05}]
sampling = "sobol"
samples = 16
seed = 9

[coefficients]
c_0 = 0
c_1_post = [-1, "1/3", 0.25]
c_1_pre = {start = -1, stop = 1, points = 5}
c_2_corr = {low = "1/100", high = 1, logarithmic = true}
"""


def test_a_file_declares_exact_numbers(tmp_path: Path) -> None:
    file = tmp_path / "space.toml"
    file.write_text(FILE)
    one = read(file)
    assert one == Space.from_toml(file)
    assert one.coefficients["c_1_post"] == Finite((-1, sp.Rational(1, 3), sp.Rational(1, 4)))
    assert one.coefficients["c_1_pre"] == Grid(-1, 1, 5)
    assert one.coefficients["c_2_corr"] == Range(sp.Rational(1, 100), 1, True)
    assert one.sizes[1].patterns == 5
    assert one.demands == (Demand("snr", sp.Integer(2)), Demand("bit", sp.Rational(1, 100)))
    assert declared(one.record) == one


ONE = {"coefficients": {"c_2_corr": [1, 2]}}
BAD = {
    "no coefficients": ({}, InvalidValue, "no coefficients"),
    "an unknown key": ({**ONE, "size": []}, UnknownName, "did you mean 'sizes'"),
    "an unknown coefficient": (
        {"coefficients": {"c_2_cor": 1}},
        UnknownName,
        "did you mean 'c_2_corr'",
    ),
    "an unknown key of a grid": (
        {"coefficients": {"c_0": {"start": 0, "stop": 1, "point": 3}}},
        UnknownName,
        "did you mean 'points'",
    ),
    "an unknown key of a range": (
        {"coefficients": {"c_0": {"low": 0, "hihg": 1}}},
        UnknownName,
        "did you mean 'high'",
    ),
    "an unknown key of a size": ({**ONE, "sizes": [{"D": 9, "k": 3}]}, UnknownName, "'K'"),
    "an empty set": ({"coefficients": {"c_0": []}}, InvalidValue, "c_0: a set of values is empty"),
    "nothing but zero": ({"coefficients": {"c_0": 0}}, InvalidValue, "the empty one"),
    "a value twice": ({"coefficients": {"c_0": [1, "2/2"]}}, InvalidValue, "twice"),
    "ends in the wrong order": (
        {"coefficients": {"c_0": {"low": 1, "high": 0}}},
        InvalidValue,
        "c_0: low = 1 is not below",
    ),
    "a logarithm of zero": (
        {"coefficients": {"c_0": {"start": 0, "stop": 1, "points": 3, "logarithmic": True}}},
        InvalidValue,
        "logarithms",
    ),
    "one point": (
        {"coefficients": {"c_0": {"start": 0, "stop": 1, "points": 1}}},
        InvalidValue,
        "at least 2",
    ),
    "a grid without end": (
        {"coefficients": {"c_0": {"start": 0, "points": 3}}},
        InvalidValue,
        "stop is missing",
    ),
    "an irrational number": ({"coefficients": {"c_0": "sqrt(2)"}}, InvalidValue, "not a rational"),
    "a float": ({"coefficients": {"c_0": 0.5}}, InvalidValue, "is a float"),
    "a range on a grid": (
        {"coefficients": {"c_0": {"low": 0, "high": 1}}},
        InvalidValue,
        "sampling = 'sobol'",
    ),
    "a tiny coefficient": (
        {"coefficients": {"c_2_corr": [sp.Rational(1, 10**200), 1]}},
        InvalidValue,
        "from 1e-100 to 1e100, not 1.00E-200",
    ),
    "a huge coefficient": (
        {"coefficients": {"c_2_corr": {"low": -(10**400), "high": 1}}},
        InvalidValue,
        "not -1.00E+400",
    ),
    "samples on a grid": ({**ONE, "samples": 10}, InvalidValue, "leave it out"),
    "no samples": ({**ONE, "sampling": "sobol"}, InvalidValue, "samples = ..."),
    "too many samples": (
        {**ONE, "sampling": "latin", "samples": 10**9},
        SizeLimit,
        "10000000",
    ),
    "an unknown sampling": ({**ONE, "sampling": "sobel"}, UnknownName, "did you mean 'sobol'"),
    "permutations of sets": ({**ONE, "sampling": "permutations"}, InvalidValue, "one value each"),
    "too many points": (
        {
            "coefficients": {
                f"c_{n}_pre": {"start": 0, "stop": 1, "points": 10**6} for n in range(1, 5)
            }
        },
        SizeLimit,
        "2**62",
    ),
    "no ensembles": ({**ONE, "ensembles": []}, InvalidValue, "no ensembles"),
    "an unknown ensemble": ({**ONE, "ensembles": ["bipolr"]}, UnknownName, "'bipolar'"),
    "an open symbol": ({**ONE, "ensembles": ["bipolar(mean=a)"]}, InvalidValue, "a has no value"),
    "a bias past 1": ({**ONE, "ensembles": ["bipolar(mean=2)"]}, InvalidValue, "2"),
    "an ensemble twice": (
        {**ONE, "ensembles": ["bipolar", "bipolar(mean=0)"]},
        InvalidValue,
        "twice",
    ),
    "a size twice": (
        {**ONE, "sizes": [{"D": 10, "K": 1}, {"D": 10, "alpha": "1/10"}]},
        InvalidValue,
        "twice",
    ),
    "a size without D": ({**ONE, "sizes": [{"K": 1}]}, InvalidValue, "needs D"),
    "a size without K": ({**ONE, "sizes": [{"D": 10}]}, InvalidValue, "neither"),
    "a size with both": ({**ONE, "sizes": [{"D": 10, "K": 1, "alpha": 1}]}, InvalidValue, "both"),
    "one unit": ({**ONE, "sizes": [{"D": 1, "K": 1}]}, InvalidValue, "at least 2"),
    "no patterns": ({**ONE, "sizes": [{"D": 2, "K": 0}]}, InvalidValue, "at least 1"),
    "no load": ({**ONE, "sizes": [{"D": 2, "alpha": 0}]}, InvalidValue, "positive"),
    "an unknown criterion": ({**ONE, "criteria": ["bits"]}, UnknownName, "'bit'"),
    "a wrong parameter": ({**ONE, "criteria": ["bit(z=1)"]}, UnknownName, "epsilon"),
    "a certain error": ({**ONE, "criteria": ["bit(epsilon=1/2)"]}, InvalidValue, "between"),
    "a criterion twice": (
        {**ONE, "criteria": ["bit", "all", "bit(epsilon=1/100)"]},
        InvalidValue,
        "twice",
    ),
    "a name that is a number": ({**ONE, "name": 3}, InvalidValue, "name = 3"),
    "a seed that is a text": ({**ONE, "seed": "3"}, InvalidValue, "seed = 3"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_contradictory_space_is_refused_in_one_line(case: str) -> None:
    tables, kind, message = BAD[case]
    with pytest.raises(kind) as found:
        declared(tables)
    assert message in str(found.value)
    assert "\n" not in str(found.value)


@pytest.mark.parametrize(
    "text", ["coefficients = ", "[coefficients]\nc_0 = inf", "\xff", "[coefficients]\nc_0 = nan"]
)
def test_a_malformed_file_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "space.toml"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(HebbsymError):
        read(file)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="cannot read"):
        read(tmp_path / "none.toml")


def test_a_point_outside_is_refused() -> None:
    with pytest.raises(InvalidValue, match="points 0 to 2"):
        Space({"c_2_corr": SIGNS}).point(3)
