"""Ranks, fronts, critical lines, prices and the atlas of classes."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from hebbsym.errors import InvalidValue, NotDerivable
from hebbsym.exploration.atlas import HEADS, atlas
from hebbsym.exploration.confirm import confirm
from hebbsym.exploration.phases import critical_lines, phase_diagram
from hebbsym.exploration.pictures import front_figure, phase_figure, price_figure
from hebbsym.exploration.prices import prices
from hebbsym.exploration.ranking import front, ranked, robustness
from hebbsym.families.cues import Exact, Flip
from hebbsym.families.ensembles import Binary, Bipolar, Gaussian
from hebbsym.families.rules import ExpandedRule
from hebbsym.families.thresholds import Inhibition
from hebbsym.judgement import Outcome
from hebbsym.notation import D, K, a, coefficient, delta, f, z
from hebbsym.theories import derive
from hebbsym.theory.setting import Setting

HALF, THIRD = sp.Rational(1, 2), sp.Rational(1, 3)
POST, PRE, CORR = (1, 0), (0, 1), (1, 1)
SYMBOLS = {pq: coefficient(*pq) for pq in ((0, 0), POST, PRE, CORR)}
GENERAL = ExpandedRule(2, SYMBOLS)
RULES = [
    ExpandedRule(2, {pq: sp.Integer(c) for pq, c in zip(SYMBOLS, point, strict=True) if c})
    for point in product((-1, 0, 1), repeat=4)
    if point[1] or point[3]
]

numbers = st.integers(-4, 4) | st.just(float("nan"))


@given(st.lists(st.tuples(numbers, numbers, numbers), min_size=1, max_size=30))
def test_a_front_is_what_no_other_rule_dominates(points: list[tuple[float, ...]]) -> None:
    """Against the definition, pair by pair."""

    def dominates(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
        return one != other and all(u >= v for u, v in zip(one, other, strict=True))

    clean = [p for p in points if not any(np.isnan(p))]
    expected = {p for p in clean if not any(dominates(q, p) for q in clean)}
    found = front(*zip(*points, strict=True))
    assert len(found) == len(set(found))
    assert [points[n] for n in found] == sorted(expected, reverse=True)


def test_merits_that_differ_by_rounding_share_a_rank_and_a_place_in_the_front() -> None:
    tiny = 1.0 + 1e-13
    order, rank = ranked([1.0, 3.0, tiny, 2.0])
    assert order.tolist() == [1, 3, 2, 0]
    assert rank.tolist() == [3, 1, 3, 2]
    assert len(front([1.0, tiny], [tiny, 1.0])) == 1
    with pytest.raises(InvalidValue, match="at least one merit"):
        front()


def test_robustness_is_the_root_of_the_exact_ratio_and_the_ratio_falls() -> None:
    """Against rho of each rule by itself, on both sides of the root; over all classes of signs."""
    at = {D: sp.Integer(200), K: sp.Integer(5)}
    setting = Setting(GENERAL, Bipolar(THIRD))
    found = robustness(setting, RULES, at=at, ratio=0.5)
    flipped = derive(GENERAL, Bipolar(THIRD), cue=Flip(delta))["snr"].formula.xreplace(at)
    grid = [sp.Rational(n, 40) for n in range(20)]
    assert 5 < np.isfinite(found).sum() < len(RULES)
    for rule, share in zip(RULES, found, strict=True):
        rho = flipped.xreplace({SYMBOLS[pq]: rule.terms.get(pq, sp.S.Zero) for pq in SYMBOLS})
        values = [float(rho.xreplace({delta: share})) for share in grid]
        assert all(later <= earlier for earlier, later in pairwise(values))
        if np.isnan(share):
            assert values[0] < 0.5
        else:
            around = [float(rho.subs(delta, float(share) + step)) for step in (-1e-9, 1e-9)]
            assert around[0] >= 0.5 - 1e-12 > around[1] - 1e-7


def test_lines_are_those_of_the_scaling_theorem() -> None:
    """By hand: drift E[g], post part (c_post + m c_corr)^2 Var, signal of signs and of bits."""
    signs = critical_lines(Setting(GENERAL, Bipolar(HALF)))
    c_0, c_post, c_pre, c_corr = SYMBOLS.values()
    expected = {
        "drift": c_0 + c_post / 2 + c_pre / 2 + c_corr / 4,
        "post part": c_post + c_corr / 2,
        "signal": c_corr + c_post / 2,
    }
    for line in signs:
        ratio = sp.cancel(line.form / expected.pop(line.name))
        assert ratio.is_number
        assert "= 0" in line.text
    assert not expected
    bits = {line.name: line.form for line in critical_lines(Setting(GENERAL, Binary(THIRD)))}
    assert sp.cancel(bits["signal"] / (c_post + c_corr)).is_number
    assert sp.cancel(bits["post part"] / (3 * c_post + c_corr)).is_number


def test_lines_go_with_what_repairs_them() -> None:
    def names(setting: Setting) -> list[str]:
        return [line.name for line in critical_lines(setting)]

    biased = Setting(GENERAL, Bipolar(HALF))
    assert names(replace(biased, cue=Exact(centred=sp.S.One))) == ["drift", "signal"]
    assert names(replace(biased, patterns=Bipolar())) == ["drift", "signal"]
    inhibited = replace(biased, threshold=Inhibition())
    assert names(inhibited) == ["post part"]  # the signal depends on D and K
    sizes = {D: sp.Integer(50), K: sp.Integer(5)}
    assert [line.name for line in critical_lines(inhibited, sizes)] == ["post part", "signal"]
    with pytest.raises(InvalidValue, match="two values"):
        critical_lines(Setting(GENERAL, Gaussian()))


def test_a_phase_diagram_is_simulated_at_its_points_and_largest_where_the_lines_meet() -> None:
    found = phase_diagram(
        Setting(ExpandedRule(2, {CORR: sp.S.One}), Bipolar(HALF)),
        at={D: 100, K: 20}, points=9, networks=400, seed=2,
    )  # fmt: skip
    assert found.ratio.shape == (len(found.y), len(found.x))
    assert len(found.points) == 81
    assert np.abs(found.deviations).max() < 4.5  # 81 comparisons, one in 2000 by chance
    assert np.abs(found.deviations).std() > 0.2  # they are no copies of the formula
    _, column = np.unravel_index(np.argmax(found.ratio), found.ratio.shape)
    assert abs(found.x[column] + 0.5) < 0.1  # c_post = -a
    svg, pdf = phase_figure(found, "plane")
    assert svg.startswith(b"<?xml")
    assert pdf.startswith(b"%PDF")
    assert phase_figure(found, "plane") == (svg, pdf)
    with pytest.raises(InvalidValue, match="at least 2"):
        phase_diagram(
            Setting(GENERAL.at({s: sp.S.One for s in SYMBOLS.values()})), at={D: 9, K: 2}, points=1
        )


def test_prices_are_slopes_of_the_capacity() -> None:
    """Against the capacity of the rule with one coefficient moved, by the exact root of rho = z^2."""
    rule = ExpandedRule(2, {CORR: sp.S.One, POST: -THIRD, PRE: HALF}, "some")
    setting, step = Setting(rule, Bipolar(a)), sp.Rational(1, 10**6)
    at = {D: 200, z: 1, a: HALF}
    (found,) = prices(setting, [rule], at=at)
    for pq in SYMBOLS:
        loads = []
        for side in (-1, 1):
            moved = {**rule.terms, pq: rule.terms.get(pq, sp.S.Zero) + side * step}
            loads.append(prices(setting, [ExpandedRule(2, moved)], at=at)[0].load)
        slope = (loads[1] - loads[0]) / (2 * float(step) * found.load)
        assert found.price[pq] == pytest.approx(slope, rel=1e-5)
    assert price_figure([found])[0].startswith(b"<?xml")
    with pytest.raises(NotDerivable, match="no rule"):
        price_figure([])


CLASSES: list[tuple[ExpandedRule, int, tuple[str, ...]]] = [
    (ExpandedRule(1, {PRE: sp.S.One}), 3, ()),
    (ExpandedRule(2, {CORR: sp.S.One}), 14, ("hebb", "anti-hebb")),
    (ExpandedRule(2, {CORR: sp.S.One, POST: -HALF}), 5, ("pre-centred",)),
    (ExpandedRule(2, {CORR: sp.S.One, POST: -HALF, (0, 0): HALF}), 1, ()),
]


def test_an_atlas_says_how_each_class_grows_and_what_was_simulated() -> None:
    setting = Setting(GENERAL, Bipolar(a))
    made = atlas(setting, CLASSES, at={D: 60, K: 8, z: 2, a: HALF})
    assert [entry.law for entry in made.entries] == ["like D", "not", "like sqrt(D)", "no signal"]
    assert [entry.rank for entry in made.entries] == [1, 2, 3, 4]
    assert made.entries[1].post == sp.Rational(3, 16)  # a^2 (1 - a^2)
    assert made.rules == 23
    assert made.counts() == {"like D": 1, "not": 1, "like sqrt(D)": 1, "no signal": 1}
    members = [entry.member for entry in made.entries[:2]]
    found = confirm(setting, members, at={D: 60, K: 8, a: HALF}, networks=1024,
                    quantities=["snr"])  # fmt: skip
    seen = made.confirmed(found)
    assert [e.outcome for e in seen.entries] == [Outcome.AGREES, Outcome.AGREES, None, None]
    assert {rule.terms[CORR] for rule in made.share(sample=0) if CORR in rule.terms} == {1}
    assert len(made.share(sample=0)) == 4  # both ends of four laws of one class each
    for table, mark in ((seen.text, "  "), (seen.markdown, "|"), (seen.latex, "&")):
        rows = table.strip().split("\n")
        assert sum("agrees" in row and mark in row for row in rows) == 2
    assert seen.text.split("\n")[0].split() == " ".join(HEADS).split()
    assert seen.latex.count(r"\\") == len(made) + 1
    assert r"like $\sqrt{D}$" in seen.latex
    with pytest.raises(InvalidValue, match="z has no value"):
        atlas(setting, CLASSES, at={D: 60, K: 8, a: HALF})


def test_a_front_is_drawn_with_its_groups_and_names() -> None:
    merits: tuple[Any, Any] = ([1.0, 2.0, 3.0, np.nan], [3.0, 2.0, 1.0, 5.0])
    svg, pdf = front_figure(merits, front(*merits), ("capacity", "robustness"),
                            groups=["a", "b", "a", "b"], names={1: "middle"})  # fmt: skip
    assert svg.startswith(b"<?xml")
    assert pdf.startswith(b"%PDF")
    with pytest.raises(NotDerivable, match="nothing to draw"):
        front_figure(([np.nan], [1.0]), [], ("x", "y"))


def test_a_signal_of_bits_vanishes_where_both_coefficients_cancel() -> None:
    rule = ExpandedRule(2, {CORR: sp.S.One, POST: -sp.S.One})
    (entry,) = atlas(
        Setting(rule, Binary(f)), [(rule, 1, ())], at={D: 60, K: 8, z: 2, f: HALF}
    ).entries
    assert entry.law == "no signal"
    assert entry.ratio == 0
