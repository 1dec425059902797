"""Rules affine in the weight: columns against the claims of each single rule, degenerate ones too."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

import hebbsym as hs
from hebbsym import notation, numeric
from hebbsym.exploration.affine import affine_columns
from hebbsym.exploration.kernels import kernels
from hebbsym.exploration.space import finite

R = sp.Rational
SPACE = hs.Space(
    {
        "c_1_pre": finite((0, -R(1, 5), 1)),
        "c_2_corr": finite((1,)),
        "d_0": finite((0, -R(1, 20), -R(1, 10**7))),
        "d_2_post": finite((0, R(1, 20), -R(1, 10))),
    },
    ensembles=("bipolar(mean=1/5)",),
    criteria=("snr(z=1)", "bit(epsilon=1/10)"),
    sizes=(hs.Size(200, 12),),
)
(CONDITION,) = SPACE.conditions
AGES = {"snr": 0, "snr:oldest": 11, "snr:ceiling": 0, "retention:power": 0}


@pytest.fixture(scope="module")
def found() -> dict[str, np.ndarray]:
    (kernel,) = kernels(SPACE, list(affine_columns(SPACE)))
    return kernel(SPACE.block(0, len(SPACE)))


def theory(index: int) -> hs.Theory:
    return hs.Theory(CONDITION.setting(SPACE.rule(SPACE.point(index))))


@pytest.mark.parametrize("name", AGES)
def test_a_column_by_age_is_that_of_the_claim(name: str, found) -> None:
    """Also where a rate is zero or 1e-7, where doubles lose every digit, and where the rule is additive."""
    claim_name, checked = name.replace(":oldest", ""), 0
    for index in range(len(SPACE)):
        one, column = theory(index), found[name][index]
        if claim_name not in one:
            assert column == 1 if name == "retention:power" else np.isnan(column)
            continue
        at = {**CONDITION.size.values, notation.age: sp.Integer(AGES[name])}
        try:
            expected = float(numeric.value(one[claim_name], at))
        except hs.InvalidValue:  # outside what the claim requires
            assert np.isnan(column), index
            continue
        assert column == pytest.approx(expected, rel=1e-9), index
        checked += 1
    assert checked >= 6


def test_a_span_is_the_root_of_the_claim(found) -> None:
    checked = 0
    levels = {"span": {notation.z: sp.S.One}, "span:bit": {notation.epsilon: R(1, 10)}}
    for index in range(0, len(SPACE), 2):
        one = theory(index)
        for name, level in levels.items():
            column = found[name][index]
            if name not in one:
                assert np.isnan(column)
                continue
            try:
                values = {notation.D: sp.Integer(200), **level}
                expected = float(numeric.value(one[name], values))
            except hs.InvalidValue:
                assert np.isnan(column) or column in (0, np.inf), (index, name)
                continue
            assert column == pytest.approx(expected, rel=1e-6), index
            checked += 1
    assert checked >= 6


ONE_RATE = hs.Space(
    {"c_2_corr": finite((1,)), "d_0": finite((0, -R(1, 20), -R(1, 100), -R(999, 1000)))},
    thresholds=("zero",),
    criteria=("snr(z=2)", "bit(epsilon=1/20)", "pattern(epsilon=1/1000)"),
    sizes=(hs.Size(200, 5),),
)
LEVELS = {
    "span": (notation.z, sp.Integer(2)),
    "span:bit": (notation.epsilon, R(1, 20)),
    "span:pattern": (notation.epsilon, R(1, 1000)),
}


def test_a_span_in_closed_form_is_that_of_the_claim_and_0_where_no_pattern_is_recalled() -> None:
    """One rate: the span needs no search. Where the claim says that there is nothing, so does the column."""
    (here,), (kernel,) = ONE_RATE.conditions, kernels(ONE_RATE, list(LEVELS))
    found = kernel(ONE_RATE.block(0, len(ONE_RATE)))
    none, some = 0, 0
    for index in range(len(ONE_RATE)):
        one = hs.Theory(here.setting(ONE_RATE.rule(ONE_RATE.point(index))))
        for name, (symbol, level) in LEVELS.items():
            if name not in one:
                assert np.isnan(found[name][index])
                continue
            expected = float(
                numeric.value(one[name], {notation.D: sp.Integer(here.size.D), symbol: level})
            )
            assert found[name][index] == pytest.approx(expected, rel=1e-9), (index, name)
            none, some = none + (expected == 0), some + (expected >= 1)
    assert none >= 1
    assert some >= 6


def test_an_error_by_age_is_that_of_the_claims(found) -> None:
    """From M and V of each rule at age 0, with the threshold's own value."""
    threshold = CONDITION.parts[2]
    for index in range(0, len(SPACE), 4):
        one, error = theory(index), 0
        laws = []
        for stored, probability in one.setting.post.alphabet:
            at = {**CONDITION.size.values, notation.age: sp.S.Zero, notation.x: stored}
            mean, variance = (
                sp.Float(numeric.value(one[name], at), 30)
                for name in ("field_mean", "field_variance")
            )
            laws.append((mean, variance, probability))
        from hebbsym.families.thresholds import FieldLaw

        low, high = (FieldLaw(*law) for law in laws)
        theta = threshold.value(low, high)
        error = low.probability * notation.tail((theta - low.mean) / sp.sqrt(low.variance))
        error += high.probability * notation.tail((high.mean - theta) / sp.sqrt(high.variance))
        assert found["bit_error:gaussian"][index] == pytest.approx(float(error), rel=1e-8), index


def test_a_span_in_closed_form_is_that_of_the_claim() -> None:
    """Of a plain decay the claim is solved for S: rho of age S - 1 is z^2, and below 1 no pattern is kept."""
    rates = finite((-R(1, 20), -R(1, 10), -R(1, 10**5), 0))
    space = hs.Space(
        {"c_2_corr": finite((2,)), "d_0": rates}, sizes=(hs.Size(200, 40),),
        criteria=("snr(z=3)", "bit(epsilon=1/100)", "pattern"),
    )  # fmt: skip
    (kernel,) = kernels(space, ["span", "span:bit", "span:pattern"])
    found = kernel(space.block(0, 4))
    for rate, column in zip((0.05, 0.1), found["span"], strict=False):
        q = (
            1 - rate
        ) ** 2  # rho = n q^age (1 - q) / (1 - q^age (1 - q)) has fallen to z^2 at age S - 1
        share = q ** (column - 1) * (1 - q)
        assert 199 * share / (1 - share) == pytest.approx(9, rel=1e-12)
    for column in found.values():
        assert column[2] == 0  # too slow: the noise of all patterns is as large as the last one
        assert np.isnan(column[3])  # additive: no weights that settle
    rule = hs.Theory(space.conditions[0].setting(space.rule(space.point(1))))
    for name, level in {"span:bit": R(1, 100), "span:pattern": R(1, 100)}.items():
        at = {notation.D: sp.Integer(200), notation.epsilon: level}
        assert found[name][1] == pytest.approx(float(numeric.value(rule[name], at)), rel=1e-12)


def test_an_affine_space_is_swept(tmp_path) -> None:
    made = hs.explore(SPACE, to=tmp_path / "s")
    assert (
        made.classes == 24
    )  # on signs d_0 and d_2_post are one rate: 8 sums of 9 differ, for 3 pre terms
    frame = made.frame()
    assert len(frame) == 24
    assert frame["snr"].notna().sum() >= 20
