"""The evidence of a sweep under each of its conditions."""

from __future__ import annotations

import pytest
import sympy as sp

from hebbsym.errors import HebbsymError, SizeLimit
from hebbsym.exploration.conditions import confirm_space, optima
from hebbsym.exploration.space import Size, Space, finite
from hebbsym.judgement import Outcome

SIGNS = finite((-1, 0, 1))
TWO = Space(
    {"c_1_post": SIGNS, "c_2_corr": finite((1,))},
    ensembles=("bipolar(mean=1/3)", "binary(activity=1/4)"),
    thresholds=("optimal",),
    criteria=("snr(z=2)", "bit(epsilon=1/100)"),
    sizes=(Size(60, 8),),
)


def test_every_condition_is_judged_at_its_part_of_the_level() -> None:
    rules = [TWO.rule(TWO.point(n)) for n in range(len(TWO))]
    found = confirm_space(TWO, rules, quantities=["snr", "field_variance"], networks=4096, seed=3)
    assert len(found) == 2
    assert {one.verdicts.setting["patterns"] for one in found} == set(TWO.ensembles)
    for one in found:
        assert one.verdicts.significance == pytest.approx(0.005)
        assert set(one.outcomes) == {Outcome.AGREES}
        assert len(one.rules) == 3


def test_the_best_coefficients_of_every_condition_and_criterion() -> None:
    found = optima(TWO, starts=1)
    assert [one.criterion for one in found] == ["snr", "capacity:snr", "capacity:bit"] * 2
    assert all(one.certificate.holds for one in found)
    first, capacity, stored = found[:3]
    assert first.coefficients[0, 1] == -sp.Rational(1, 3)
    assert first.at == {"D": "60", "K": "8"}
    assert capacity.at == {"D": "60", "z": "2"}
    assert stored.at == {"D": "60", "epsilon": "1/100"}
    assert stored.method == "search"
    assert 0.9 < stored.certificate.ratio <= 1


def test_what_is_refused() -> None:
    many = TWO.subspace(sizes=tuple(Size(d, 5) for d in range(10, 80)))
    with pytest.raises(SizeLimit, match="bound of 100"):
        optima(many)
    affine = Space({"c_2_corr": finite((1,)), "d_0": finite((-1,))}, sizes=(Size(30, 4),))
    with pytest.raises(HebbsymError):
        confirm_space(affine, [], networks=8)
