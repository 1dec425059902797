"""Classes of equivalent rules: equal by the engine itself, and counted a second way."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

import hebbsym as hs
from hebbsym import notation
from hebbsym.exploration.classes import Classes, absorbs, classes, reverses, scales, symmetry
from hebbsym.exploration.forms import forms
from hebbsym.exploration.kernels import kernels
from hebbsym.exploration.space import finite
from hebbsym.families.thresholds import FieldLaw

R = sp.Rational
SIGNS = finite((-1, 0, 1))
NAMES = ("c_0", "c_1_post", "c_1_pre", "c_2_post", "c_2_pre", "c_2_corr")
THRESHOLDS = ("zero", "optimal", "inhibition", "bayes", "fixed(theta=1)")


def space(
    threshold: str = "optimal", ensemble: str = "bipolar(mean=1/5)", **more: object
) -> hs.Space:
    return hs.Space(
        {name: SIGNS for name in NAMES},
        ensembles=(ensemble,),
        thresholds=(threshold,),
        sizes=(hs.Size(60, 7),),
        **more,  # type: ignore[arg-type]
    )


def members(found: Classes) -> dict[int, list[int]]:
    """Every rule by the canonical member of its class, by brute force in fractions.

    A second route: reduced coefficients on signs by hand, divided by the first that is not zero.
    """
    by_key: dict[tuple[Fraction, ...], list[int]] = {}
    for index in range(found.before):
        point = {name: Fraction(int(v)) for name, v in found.space.point(index).items()}
        constant = point["c_0"] + point["c_2_post"] + point["c_2_pre"]  # x_i^2 = x_j^2 = 1
        key = (point["c_2_corr"], point["c_1_post"], point["c_1_pre"], constant)
        pivot = next((k for k in key if k), Fraction(1))
        by_key.setdefault(tuple(k / pivot for k in key), []).append(index)
    canonical = set(found.canonical.tolist())
    return {min(canonical & set(rules)): rules for rules in by_key.values()}


@pytest.mark.parametrize("threshold", ["zero", "optimal", "inhibition"])
def test_the_count_of_classes_on_signs_is_that_of_fractions(threshold: str) -> None:
    found = classes(space(threshold))
    by_hand = members(found)
    assert found.before == 729
    assert found.after == len(by_hand) == 93
    counts = dict(zip(found.canonical.tolist(), found.counts.tolist(), strict=True))
    assert counts == {canonical: len(rules) for canonical, rules in by_hand.items()}
    assert found.counts.sum() == found.before


def test_the_count_on_signs_is_that_of_directions() -> None:
    """Points of the projective space: (c', post, pre, corr) with |c'| <= 3, primitive, and zero."""
    primitive = {
        v
        for v in itertools.product(range(-3, 4), (-1, 0, 1), (-1, 0, 1), (-1, 0, 1))
        if math.gcd(*v) == 1 and next(k for k in v if k) > 0
    }
    assert classes(space()).after == len(primitive) + 1


@pytest.mark.parametrize("threshold", ["optimal", "inhibition"])
def test_all_members_of_a_class_have_the_same_ratio_exactly(threshold: str) -> None:
    """By the engine, at symbolic D and K, for the members of every tenth class."""
    found = classes(space(threshold))
    (condition,) = found.space.conditions
    for canonical, rules in list(members(found).items())[::10]:
        formulas = set()
        for index in [*rules[:3], canonical]:
            theory = hs.Theory(condition.setting(found.space.rule(found.space.point(index))))
            formulas.add(sp.factor(theory["snr"].formula) if "snr" in theory else None)
        assert len(formulas) == 1, (canonical, formulas)


@pytest.mark.parametrize("threshold", ["zero", "optimal", "inhibition", "bayes"])
def test_different_classes_differ_in_some_number(threshold: str) -> None:
    """Nothing is left undivided by scale and sign: no two classes agree in M, V and orientation."""
    found = classes(space(threshold))
    (kernel,) = kernels(found.space, ["snr"])
    reduced = kernel.reduced(found.space.rows(found.canonical))
    norm = np.linalg.norm(reduced, axis=0)
    unit = np.round(reduced[:, norm > 0] / norm[norm > 0], 9) + 0.0
    if threshold != "bayes":
        place = np.argmax(unit != 0, axis=0)
        unit = unit * np.sign(unit[place, np.arange(unit.shape[1])]) + 0.0
    assert len({tuple(column) for column in unit.T}) == unit.shape[1]


def test_bayes_has_no_mirror_image_and_a_fixed_threshold_no_scale() -> None:
    counts = {name: classes(space(name)).after for name in THRESHOLDS}
    assert counts["zero"] == counts["optimal"] == counts["inhibition"] == 93
    assert counts["bayes"] == 2 * 92 + 1  # both signs of every class but that of zero
    assert counts["fixed(theta=1)"] == 7 * 27  # reduced rules, neither scaled nor reversed


@pytest.mark.parametrize("name", THRESHOLDS)
def test_what_is_proved_of_a_threshold_holds_at_numbers(name: str) -> None:
    """The identities, and where there is none a counterexample, at rational numbers."""
    threshold = space(name).conditions[0].parts[2]

    def theta(factor: sp.Expr, shift: sp.Expr = sp.S.Zero) -> sp.Expr:
        low = FieldLaw(factor * R(-3, 7) + shift, factor**2 * R(5, 3), R(3, 4))
        high = FieldLaw(factor * R(11, 5) + shift, factor**2 * R(8, 9), R(1, 4))
        return sp.N(threshold.value(low, high), 30)

    def close(first: sp.Expr, second: sp.Expr) -> bool:
        return bool(abs(first - second) < R(1, 10**20))

    assert scales(threshold) == close(theta(sp.Integer(3)), 3 * theta(sp.S.One))
    assert reverses(threshold) == close(theta(-sp.S.One), -theta(sp.S.One))
    assert absorbs(threshold) == close(theta(sp.S.One, R(1, 2)), theta(sp.S.One) + R(1, 2))


def test_without_the_diagonal_no_gauge_is_exact() -> None:
    """A function of x_j is moved into the threshold to order 1/D only: rho itself changes."""
    for threshold in ("optimal", "inhibition"):
        one = space(threshold)
        found = symmetry(forms(one, one.conditions[0]))
        assert len(found.invariant) == 4
    plain = hs.derive(hs.rule("x_i*x_j"), hs.Bipolar(R(1, 5)), threshold=hs.Inhibition())
    gauged = hs.derive(hs.rule("x_i*x_j + x_j"), hs.Bipolar(R(1, 5)), threshold=hs.Inhibition())
    assert sp.cancel(plain["snr"].formula - gauged["snr"].formula) != 0


def test_with_all_weights_inhibition_takes_the_gauge_up_exactly() -> None:
    """Hetero-association: x_j and constants vanish, and the post part is left; on unbiased signs."""
    one = space("inhibition", "pair(content=bipolar, address=bipolar)")
    found = classes(one)
    # corr, post in {-1, 0, 1} up to scale and sign: (1, 0), (0, 1), (1, 1), (1, -1), and none
    assert found.after == 5
    (condition,) = one.conditions
    point = dict.fromkeys(NAMES, sp.S.Zero)
    plain = hs.Theory(condition.setting(one.rule({**point, "c_2_corr": sp.S.One})))
    general = {"c_0": notation.coefficient(0, 0), "c_1_pre": notation.coefficient(0, 1)}
    gauged = hs.Theory(condition.setting(one.rule({**point, **general, "c_2_corr": sp.S.One})))
    assert sp.cancel(plain["snr"].formula - gauged["snr"].formula) == 0
    optimal = classes(space("optimal", "pair(content=bipolar, address=bipolar)"))
    assert optimal.after == 93  # one threshold for all networks does not follow the cue


def test_the_canonical_member_is_upright_and_sparse() -> None:
    found = classes(space())
    (kernel,) = kernels(found.space, ["orientation"])
    upright = kernel(found.space.rows(found.canonical))["orientation"]
    assert (upright >= 0).all()
    for canonical, rules in members(found).items():
        filled = [sum(v != 0 for v in found.space.point(rule).values()) for rule in rules]
        mine = sum(v != 0 for v in found.space.point(canonical).values())
        assert mine == min(filled)


def test_named_rules_are_found_in_their_classes() -> None:
    a = R(1, 5)
    one = hs.Space(
        {
            "c_0": finite((0, a**2)),
            "c_1_post": finite((-a, 0)),
            "c_1_pre": finite((-a, 0)),
            "c_2_corr": finite((1, 2)),
        },
        ensembles=("bipolar(mean=1/5)",),
    )
    found = classes(one)
    named = {name: one.point(index) for index, names in found.named.items() for name in names}
    assert list(named["hebb"].values()) == [0, 0, 0, 1]
    assert list(named["covariance"].values()) == [a**2, -a, -a, 1]
    assert list(named["post-centred"].values()) == [0, 0, -a, 1]  # x_j (x_i - a)
    assert list(named["pre-centred"].values()) == [0, -a, 0, 1]  # x_i (x_j - a)
    for name, point in named.items():
        rule = hs.rules[name].for_means(a, a)
        difference = hs.equivalent(one.rule(point), rule.require_additive(), (-1, 1))
        assert difference is not None
        assert difference.gauge == 0, name
    assert {"hebb", "covariance", "pre-centred", "post-centred", "anti-hebb"} <= set(named)


def test_fractions_are_compared_exactly() -> None:
    """1/3 and 2/6, and multiples by 1/7, which no double holds."""
    one = hs.Space(
        {"c_1_post": finite((R(1, 3), R(1, 7), R(2, 7))), "c_2_corr": finite((1, R(3, 7), R(6, 7)))}
    )
    found = classes(one)
    ratios = {
        R(p) / R(c)
        for p, c in itertools.product((R(1, 3), R(1, 7), R(2, 7)), (1, R(3, 7), R(6, 7)))
    }
    assert found.after == len(ratios) == 7  # nine quotients, 1/3 three times


def test_what_cannot_be_compared_exactly_is_not_divided_out(tmp_path) -> None:
    logarithmic = hs.Space({"c_2_corr": hs.Range(1, 2, True)}, sampling="sobol", samples=8)
    with pytest.raises(hs.SizeLimit, match="digits"):
        classes(logarithmic)
    assert hs.explore(logarithmic, to=tmp_path / "s", columns=["snr"]).rows == 8
    large = hs.Space({name: hs.Grid(0, 1, 20) for name in NAMES})
    with pytest.raises(hs.SizeLimit, match="classes are found among at most"):
        classes(large)
