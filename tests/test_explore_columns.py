"""Every column against the claims of each single rule, derived one by one with exact numbers."""

from __future__ import annotations

import itertools
import math
import re
from functools import lru_cache

import mpmath
import numpy as np
import pytest
import sympy as sp

import hebbsym as hs
from hebbsym import notation, numeric
from hebbsym.capacity.criteria import criteria
from hebbsym.exploration.blocks import Order, table_of
from hebbsym.exploration.columns import columns_of
from hebbsym.exploration.kernels import kernels
from hebbsym.exploration.space import Condition, Size, Space, finite
from hebbsym.families.thresholds import FieldLaw

SIGNS = finite((-1, 0, 1))
PLAIN = ("c_0", "c_1_post", "c_1_pre", "c_2_corr")
MEAN = sp.Rational(1, 5)
RULES = Space(
    {
        "c_0": finite((0, MEAN**2, MEAN**2 / 4)),
        "c_1_post": finite((-1, 0, -MEAN, -MEAN / 2)),
        "c_1_pre": finite((0, 2, -MEAN, -MEAN / 2)),
        "c_2_post": finite((0, 1)),
        "c_2_corr": finite((-1, 0, 1)),
    },
    ensembles=("bipolar(mean=1/5)",),
    cues=("flip(delta=1/10)",),
    thresholds=("zero", "optimal", "inhibition"),
    criteria=("snr(z=1/2)", "bit(epsilon=1/20)", "pattern", "all"),
    sizes=(Size(60, 7),),
)
SPACES = (
    RULES,
    RULES.subspace(
        ensembles=("binary(activity=1/10)",), cues=("exact",), thresholds=("optimal", "bayes")
    ),
)
CONDITIONS = {condition.text: condition for space in SPACES for condition in space.conditions}
POINTS = [RULES.point(index) for index in range(len(RULES))]
SAMPLE = [
    index
    for index, point in enumerate(POINTS)
    if index % 17 == 0  # and all that have no post part, where errors are Gaussian
    or (
        point["c_2_corr"] == 1 and point["c_1_post"] in (-MEAN, -MEAN / 2) and not point["c_2_post"]
    )
]


def theory_of(condition: Condition, point: dict[str, sp.Rational]) -> hs.Theory:
    return _theory_of(condition, tuple(point.items()))


@lru_cache(maxsize=512)
def _theory_of(condition: Condition, point: tuple[tuple[str, sp.Rational], ...]) -> hs.Theory:
    return hs.Theory(condition.setting(RULES.rule(dict(point))))


def value(claim: hs.Claim, condition: Condition, levels: dict[sp.Symbol, sp.Expr]) -> float:
    sizes = {k: v for k, v in condition.size.values.items() if k != claim.unknown}
    return float(numeric.value(claim, {**sizes, **levels}, digits=20))


@pytest.fixture(scope="module")
def found() -> dict[str, dict[str, np.ndarray]]:
    names = [n for n in columns_of(RULES) if not n.startswith("price")]
    block = RULES.block(0, len(RULES))
    return {
        condition.text: kernel(block)
        for space in SPACES
        for condition, kernel in zip(space.conditions, kernels(space, names), strict=True)
    }


every_condition = pytest.mark.parametrize("text", CONDITIONS)


@every_condition
def test_the_ratio_is_that_of_the_claim(text: str, found) -> None:
    condition = CONDITIONS[text]
    for index in SAMPLE:
        theory = theory_of(condition, RULES.point(index))
        try:
            expected = value(theory["snr"], condition, {})
        except hs.NotDerivable:
            expected = 0.0
        assert found[text]["snr"][index] == pytest.approx(expected, rel=1e-11), index


def test_the_drift_is_that_of_the_claim(found) -> None:
    text = next(iter(CONDITIONS))
    for index in SAMPLE:
        theory = theory_of(CONDITIONS[text], POINTS[index])
        expected = value(theory["drift"], CONDITIONS[text], {})
        assert found[text]["drift"][index] == pytest.approx(expected, abs=1e-15)
        assert (found[text]["drift"][index] == 0) == (expected == 0)


@every_condition
def test_the_capacity_by_ratio_is_that_of_the_claim(text: str, found) -> None:
    condition, checked = CONDITIONS[text], 0
    for index in SAMPLE:
        theory = theory_of(condition, RULES.point(index))
        column = found[text]["capacity:snr"][index]
        if "snr" not in theory:
            assert column in (0.0, math.inf), index
            continue
        try:
            expected = value(theory["capacity:snr"], condition, {notation.z: sp.S.Half})
        except (hs.InvalidValue, hs.NotDerivable):  # no load has that ratio
            expected = 0.0
        if expected < 1:  # no load or every load
            many = {**condition.size.values, notation.K: sp.Integer(10**9)}
            expected = math.inf if hs.evaluate(theory["snr"].formula, many) >= 0.25 else 0.0
        assert column == pytest.approx(expected, rel=1e-10), index
        checked += 0 < expected < math.inf
    assert checked >= 5


@every_condition
def test_a_gaussian_error_is_that_of_the_claim(text: str, found) -> None:
    condition, checked = CONDITIONS[text], 0
    for index in SAMPLE:
        theory = theory_of(condition, RULES.point(index))
        there = "bit_error:gaussian" in theory
        if not there:
            continue
        expected = value(theory["bit_error:gaussian"], condition, {})
        assert found[text]["gaussian"][index] == 1
        assert found[text]["bit_error:gaussian"][index] == pytest.approx(expected, rel=1e-9), index
        checked += 1
    assert checked >= 1


@every_condition
@pytest.mark.parametrize("criterion", ["bit", "pattern", "all"])
def test_a_capacity_under_a_criterion_is_that_of_the_claim(
    text: str, criterion: str, found
) -> None:
    condition, checked = CONDITIONS[text], 0
    (level,) = [demand.level for demand in RULES.demands if demand.criterion == criterion]
    name = f"capacity:{criterion}"
    for index in SAMPLE:
        column = found[text][name][index]
        if not found[text]["gaussian"][index] or found[text]["orientation"][index] <= 0:
            continue
        theory = theory_of(condition, RULES.point(index))
        if "bit_error:gaussian" not in theory or name not in theory:
            continue
        claim = theory[name]
        if claim.formula.has(sp.Sum):  # averaged over histories: see test_explore_mixtures
            continue
        try:
            expected = value(claim, condition, {notation.epsilon: level})
        except hs.InvalidValue:
            assert column in (0.0, math.inf), index
            continue
        assert column == pytest.approx(expected if expected >= 1 else 0.0, rel=1e-8), index
        checked += 1
    assert checked or "optimal" not in text or "binary" in text


@every_condition
@pytest.mark.parametrize("criterion", ["bit", "pattern", "all"])
def test_at_the_capacity_the_criterion_just_holds(text: str, criterion: str, found) -> None:
    """A second route: M, V and theta from the claims of the single rule at that load, 30 digits."""
    condition, checked = CONDITIONS[text], 0
    threshold = condition.parts[2]
    if threshold.balances and criterion != "all":
        return  # a closed form, compared with the claim above
    (level,) = [demand.level for demand in RULES.demands if demand.criterion == criterion]
    for index in SAMPLE[::3]:
        load = found[text][f"capacity:{criterion}"][index]
        if not 1 < load < 1e6:
            continue
        if load == int(load):  # averaged over histories: see test_explore_mixtures
            continue
        theory, at = theory_of(condition, POINTS[index]), {**condition.size.values}
        at[notation.K] = sp.Rational(float(load))
        laws = []
        for stored, probability in theory.setting.post.alphabet:
            values = {**at, notation.x: stored}
            mean = sp.Float(hs.evaluate(theory["field_mean"].formula, values), 30)
            variance = sp.Float(hs.evaluate(theory["field_variance"].formula, values), 30)
            laws.append(FieldLaw(mean, variance, probability))
        low, high = laws
        theta = threshold.value(low, high)
        error = low.probability * notation.tail((theta - low.mean) / sp.sqrt(low.variance))
        error += high.probability * notation.tail((high.mean - theta) / sp.sqrt(high.variance))
        if threshold.balances:  # as the claim has it, Q(sqrt(rho))
            ratio = (high.mean - low.mean) ** 2 / (2 * (high.variance + low.variance))
            error = notation.tail(sp.sqrt(ratio))
        failure = criteria[criterion].failure(error, at[notation.D], at[notation.K])
        assert float(failure) == pytest.approx(float(level), rel=1e-9), index
        checked += 1
    assert checked or threshold.inhibits or "binary" in text


@every_condition
def test_the_exponent_is_that_of_the_scaling_theorem(text: str, found) -> None:
    condition, seen = CONDITIONS[text], set()
    for index in SAMPLE:
        theory = theory_of(condition, RULES.point(index))
        column = found[text]["exponent"][index]
        if "scaling" not in theory:
            assert not math.isfinite(column), index
            continue
        exponent = re.search(r"D\^([0-9/]+);", str(theory["scaling"].dropped))
        assert exponent is not None
        assert column == float(sp.Rational(exponent[1])), index
        seen.add(column)
    assert seen


@pytest.mark.parametrize(
    "ensemble", ["bipolar(mean=1/5)", "binary(activity=1/10)", "ternary(activity=1/2)", "gaussian"]
)
def test_an_energy_exists_where_the_claim_does(ensemble: str) -> None:
    space = Space({name: SIGNS for name in PLAIN}, ensembles=(ensemble,), thresholds=("zero",))
    (kernel,) = kernels(space, ["energy"])
    column = kernel(space.block(0, len(space)))["energy"]
    condition = space.conditions[0]
    for index in range(len(space)):
        theory = hs.Theory(condition.setting(space.rule(space.point(index))))
        assert column[index] == ("energy" in theory), space.point(index)
    assert 0 < column.sum() < len(space)


def test_the_price_is_that_of_the_claim() -> None:
    space = Space(
        {name: finite((1, 2)) for name in PLAIN},
        ensembles=("bipolar(mean=1/5)",),
        sizes=(Size(60, 7),),
    )
    names = [name for name in columns_of(space) if name.startswith("price")]
    assert len(names) == 4
    (kernel,) = kernels(space, names)
    columns = kernel(space.block(0, len(space)))
    condition = space.conditions[0]
    for index, name in itertools.product((0, 5, 15), names):
        theory = hs.Theory(condition.setting(space.rule(space.point(index))))
        expected = value(theory[name], condition, {})
        assert columns[name][index] == pytest.approx(expected, rel=1e-9)


def test_the_best_rule_is_at_distance_zero_and_no_rule_is_better(found) -> None:
    for text, columns in found.items():
        condition = CONDITIONS[text]
        theory = hs.Theory(condition.setting(hs.ExpandedRule(2)))
        best = value(theory["optimal_snr"], condition, {})
        assert np.nanmax(columns["efficiency"]) <= 1 + 1e-12
        assert columns["efficiency"] * best == pytest.approx(columns["snr"])
        assert np.allclose(columns["distance"] ** 2 + columns["efficiency"], 1)


def test_the_covariance_rule_is_nearly_best() -> None:
    """In the limit of large D and K it is best; here both are large."""
    space = Space(
        {
            "c_1_pre": finite((-MEAN, 0)),
            "c_1_post": finite((-MEAN, 0)),
            "c_2_corr": finite((1,)),
            "c_0": finite((0, MEAN**2)),
        },
        ensembles=("bipolar(mean=1/5)",),
        sizes=(Size(10**6, 10**5),),
    )
    (kernel,) = kernels(space, ["distance", "drift", "exponent"])
    columns = kernel(space.block(0, len(space)))
    best = int(np.argmin(columns["distance"]))
    assert set(space.point(best).values()) == {-MEAN, 1, MEAN**2}
    assert columns["distance"][best] < 1e-2 < np.sort(columns["distance"])[1]
    assert columns["drift"][best] == 0
    assert columns["exponent"][best] == 1


def test_rules_of_higher_order_are_reduced_on_the_alphabet() -> None:
    """On signs x_i^3 x_j is x_i x_j, and x_j^4 is 1."""
    space = Space(
        {"c_31_corr": finite((1,)), "c_2_corr": finite((0, 1)), "c_4_pre": finite((0, 1))},
        ensembles=("bipolar(mean=1/5)",),
    )
    other = Space(
        {"c_2_corr": finite((1, 2)), "c_0": finite((0, 1))}, ensembles=("bipolar(mean=1/5)",)
    )
    columns = [kernels(s, ["snr", "capacity:snr"])[0](s.block(0, 4)) for s in (space, other)]
    for name in columns[0]:
        assert np.array_equal(columns[0][name], columns[1][name])


def test_real_valued_patterns_have_a_ratio_and_no_error() -> None:
    space = Space(
        {"c_2_corr": finite((1,)), "c_1_pre": finite((0, 1)), "c_3_post": finite((0, 1))},
        ensembles=("gaussian", "bipolar"),
        sizes=(Size(60, 7),),
    )
    real, signs = kernels(space, ["snr", "bit_error:gaussian"])
    assert set(real.absent) == {"bit_error:gaussian"}
    assert not signs.absent
    found = real(space.block(0, 4))["snr"]
    for index in range(4):
        theory = hs.derive(space.rule(space.point(index)), hs.Gaussian())
        expected = hs.evaluate(theory["snr"].formula, {notation.D: 60, notation.K: 7})
        assert found[index] == pytest.approx(float(expected), rel=1e-12)


def test_ratio_and_exponent_on_other_alphabets() -> None:
    """Three values, two alphabets, real addresses; masks; a rule of third order."""
    space = Space(
        {n: finite((-1, 0, 2)) for n in (*PLAIN, "c_21_corr")},
        ensembles=(
            "ternary(activity=1/2)",
            "pair(content=binary(activity=1/5), address=bipolar(mean=1/3))",
            "pair(content=bipolar, address=gaussian)",
        ),
        cues=("mask(delta=1/10)",),
        thresholds=("fixed(theta=3)", "inhibition"),
        sizes=(Size(50, 9),),
    )
    block, finite_exponents = space.block(0, len(space)), set()
    for condition, kernel in zip(
        space.conditions, kernels(space, ["snr", "exponent"]), strict=True
    ):
        columns = kernel(block)
        for index in range(7, len(space), 41):
            theory = hs.Theory(condition.setting(space.rule(space.point(index))))
            expected = value(theory["snr"], condition, {}) if "snr" in theory else 0.0
            assert columns["snr"][index] == pytest.approx(expected, rel=1e-10)
            exponent = columns["exponent"][index]
            assert ("scaling" in theory) == math.isfinite(exponent)
            if "scaling" in theory:
                found = re.search(r"D\^([0-9/]+);", str(theory["scaling"].dropped))
                assert found is not None
                assert exponent == float(sp.Rational(found[1]))
                finite_exponents.add(exponent)
    assert finite_exponents == {0.0, 0.5, 1.0}


def test_compiled_blocks_do_not_depend_on_how_they_are_cut() -> None:
    block = RULES.block(0, len(RULES))
    for kernel in kernels(RULES):
        whole = kernel(block)
        parts = [kernel(block[a : a + 7]) for a in range(0, len(block), 7)]
        for name, column in whole.items():
            joined = np.concatenate([part[name] for part in parts])
            assert np.array_equal(column, joined, equal_nan=True), name


def test_several_levels_of_one_criterion_are_columns_of_their_own() -> None:
    """Each as in a space that has this level alone, where it keeps the plain name."""
    values = {"c_1_post": finite((0, 1)), "c_2_corr": finite((1,))}
    levels = ("snr(z=2)", "bit(epsilon=1/50)", "bit(epsilon=1/20)", "snr(z=3)")
    names = ["capacity:snr(z=2)", "capacity:bit(epsilon=1/50)", "capacity:bit(epsilon=1/20)"]
    names += ["capacity:snr(z=3)"]
    together = Space(values, criteria=levels, ensembles=("bipolar(mean=1/5)",))
    assert [name for name in columns_of(together) if name.startswith("capacity:")] == names
    found = table_of(Order(together, tuple(names), 0, 0, 2)).to_pandas()
    assert len({tuple(found[name]) for name in names}) == len(names)
    for level, name in zip(levels, names, strict=True):
        plain = f"capacity:{level.partition('(')[0]}"
        alone = table_of(Order(together.subspace(criteria=(level,)), (plain,), 0, 0, 2)).to_pandas()
        assert found[name].tolist() == alone[plain].tolist()
    decaying = together.subspace(coefficients={**values, "d_0": finite((0, -1))})
    spans = [name for name in columns_of(decaying) if name.startswith("span")]
    assert spans == [name.replace("capacity", "span") for name in names]


def test_an_unknown_column_is_refused() -> None:
    with pytest.raises(hs.UnknownName, match="did you mean 'snr'"):
        kernels(RULES, ["snrr"])


def test_small_sizes_against_the_enumeration_of_all_patterns() -> None:
    """The second route that shares nothing with the claims: every pattern set at D = 3, K = 2."""
    space = Space(
        {name: finite((1, -2)) for name in PLAIN},
        ensembles=("bipolar(mean=1/5)",),
        cues=("flip(delta=1/10)",),
        sizes=(Size(3, 2),),
    )
    (kernel,) = kernels(space, ["snr"])
    column = kernel(space.block(0, len(space)))["snr"]
    for index in range(0, len(space), 3):
        setting = space.conditions[0].setting(space.rule(space.point(index)))
        exact = hs.enumerate_fields(setting, D=3, K=2).snr()
        assert column[index] == pytest.approx(float(exact), rel=1e-13)
        assert mpmath.isfinite(exact)
