"""Classes of rules affine in the weight: counted by hand, equal in every claim, and named."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

import hebbsym as hs
from hebbsym import notation
from hebbsym.exploration.classes import classes
from hebbsym.exploration.halves import HalvesDivision
from hebbsym.exploration.space import Size, Space, finite
from hebbsym.theory.enumeration import enumerate_fields

R = sp.Rational
SPACE = Space(
    {
        "c_1_pre": finite((-1, 0, 1)),
        "c_2_corr": finite((-2, 0, 1, 2)),
        "d_0": finite((0, -R(1, 20), R(1, 20))),
        "d_2_post": finite((0, R(1, 20), -R(1, 10))),
        "d_1_pre": finite((0, R(1, 10))),
    },
    ensembles=("bipolar(mean=1/5)",),
    sizes=(Size(20, 5),),
)
LETTERS = list(itertools.product((-1, 1), repeat=2))


def values_of(rule: hs.ExpandedRule, letters: list[tuple[int, int]]) -> tuple[list, list]:
    """A and B on every pair of letters, from the update itself."""
    steps = [rule.update.subs({notation.x_i: u, notation.x_j: v}) for u, v in letters]
    left = [sp.diff(step, notation.w) for step in steps]
    added = [step.subs(notation.w, 0) for step in steps]
    return [Fraction(int(e.p), int(e.q)) for e in left], [Fraction(int(e.p), int(e.q)) for e in added]  # fmt: skip


def by_hand(space: Space, letters: list[tuple[int, int]], scale: bool, sign: bool) -> dict:
    """The members of each class: equal A, and B that are multiples of each other where that is allowed."""
    found: dict = {}
    for n in range(len(space)):
        left, added = values_of(space.rule(space.point(n)), letters)
        first = next((e for e in added if e), None)
        if first is None:
            left = [Fraction(0)] * len(left)  # nothing is stored, whatever fades
        elif scale:
            added = [e / (first if sign else abs(first)) for e in added]
        elif sign:
            added = [e * (1 if first > 0 else -1) for e in added]
        found.setdefault((tuple(left), tuple(added)), []).append(n)
    return found


@pytest.mark.parametrize(
    ("patterns", "threshold", "letters", "scale", "sign"),
    [
        ("bipolar(mean=1/5)", "optimal", LETTERS, True, True),
        ("binary(activity=1/4)", "zero", list(itertools.product((0, 1), repeat=2)), True, True),
        ("bipolar(mean=1/5)", "fixed(theta=1)", LETTERS, False, False),
    ],
)
def test_the_classes_are_those_counted_by_hand(
    patterns: str, threshold: str, letters: list[tuple[int, int]], scale: bool, sign: bool
) -> None:
    space = SPACE.subspace(ensembles=(patterns,), thresholds=(threshold,))
    found, hand = classes(space), by_hand(space, letters, scale, sign)
    assert (found.before, found.after) == (len(space), len(hand))
    sizes = {n: len(members) for members in hand.values() for n in members}
    assert [sizes[int(n)] for n in found.canonical] == found.counts.tolist()
    assert found.counts.sum() == len(space)


def test_members_of_a_class_have_equal_claims() -> None:
    """Exactly, at every age, D and K: a multiple of what is added, and another name on the alphabet."""
    (condition,) = SPACE.conditions
    one = {"c_1_pre": 1, "c_2_corr": 2, "d_0": R(0), "d_2_post": -R(1, 10), "d_1_pre": R(1, 10)}
    other = {"c_1_pre": -R(1, 2), "c_2_corr": -1, "d_0": -R(1, 10), "d_2_post": 0, "d_1_pre": R(1, 10)}  # fmt: skip
    theories = [hs.Theory(condition.setting(SPACE.rule(point))) for point in (one, other)]
    first, second = (theory["snr"].formula for theory in theories)
    assert sp.cancel(first - second) == 0
    means = [theory["field_mean"].formula for theory in theories]
    assert sp.cancel(means[0] + 2 * means[1]) == 0
    truth = [
        enumerate_fields(condition.setting(SPACE.rule(point)), D=3, K=2, age=1)
        for point in (one, other)
    ]
    for x in (-1, 1):
        assert truth[0].field_mean(x) == -2 * truth[1].field_mean(x)
        assert truth[0].field_variance(x) == 4 * truth[1].field_variance(x)


def test_a_multiple_of_what_is_added_multiplies_the_field_of_the_general_rule() -> None:
    """M is of degree 1 and V of degree 2 in the coefficients of B, those of A being symbols: at every age and K."""
    space = Space({"c_1_pre": finite((1,)), "c_2_corr": finite((1,)), "d_0": finite((1,))}, ensembles=("bipolar(mean=1/5)",))  # fmt: skip
    (condition,) = space.conditions
    theory, t = hs.Theory(condition.setting(space.general)), sp.Symbol("t")
    times = {s: t * s for s in space.symbols[:2]}
    for name, degree in {"field_mean": 1, "field_variance": 2, "snr": 0}.items():
        formula = theory[name].formula
        assert sp.cancel(formula.xreplace(times) - t**degree * formula) == 0


def test_the_canonical_member_is_upright_and_small() -> None:
    found = classes(SPACE)
    for n in found.canonical:
        point = SPACE.point(int(n))
        # E[B x_i x_j] of a biased cue: what the last pattern raises its own field by
        assert point["c_2_corr"] >= 0
    division = HalvesDivision(SPACE)
    keys, _, upright = division.block(0, len(SPACE))
    assert len(np.unique(keys, axis=0)) == found.after
    assert upright.any()
    assert not upright.all()


def test_named_rules_are_found_at_any_rate() -> None:
    """On signs Oja's rule is a plain decay, and on {0, 1} it is not."""
    space = Space(
        {"c_2_corr": finite((1, 3)), "c_1_post": finite((0, 1)), "d_0": finite((0, -R(1, 7))), "d_2_post": finite((0, -R(1, 9)))},
    )  # fmt: skip
    found = classes(space)
    names = {tuple(space.point(n).values()): set(named) for n, named in found.named.items()}
    decays = {point: named for point, named in names.items() if "decay" in named}
    assert set(decays) == {(1, 0, -R(1, 7), 0), (1, 0, 0, -R(1, 9)), (1, 0, -R(1, 7), -R(1, 9))}
    assert all("oja" in named for named in decays.values())
    assert "hebb" in names[1, 0, 0, 0]
    assert "oja" not in names[1, 0, 0, 0]
    binary = classes(space.subspace(ensembles=("binary(activity=1/4)",)))
    named = {tuple(space.point(n).values()): set(named) for n, named in binary.named.items()}
    assert "oja" not in named[1, 0, -R(1, 7), 0]
    assert "decay" in named[1, 0, -R(1, 7), 0]
    assert "oja" in named[1, 0, 0, -R(1, 9)]


def test_a_sweep_computes_one_member_of_each_class(tmp_path) -> None:
    made = hs.explore(SPACE, to=tmp_path / "s", columns=["snr"])
    assert made.classes == made.rows == classes(SPACE).after
    whole = hs.explore(SPACE, to=tmp_path / "all", columns=["snr"], divide=False).frame()
    of = by_hand(SPACE, LETTERS, True, True)
    ratios = np.nan_to_num(whole["snr"].to_numpy())  # without a signal it is 0, or there is none
    for members in of.values():
        assert ratios[members] == pytest.approx(ratios[members[0]], rel=1e-9)
