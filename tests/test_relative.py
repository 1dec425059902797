"""The law of what a unit decides by under inhibition, given its history: against every network."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import pytest
import sympy as sp

import hebbsym as hs
from hebbsym import notation
from hebbsym.capacity.claims import closed
from hebbsym.notation import D, K, r
from hebbsym.theory.fields import FieldMoments
from hebbsym.theory.mixture import expressions, has_gaussian_limit
from hebbsym.theory.relative import laws_given_history, remainder_variance
from hebbsym.theory.setting import Setting
from hebbsym.theory.workbench import Workbench

INHIBITED = hs.Inhibition()
GENERAL = {(0, 0): "1/5", (1, 0): "1/2", (0, 1): "-1/3", (1, 1): "1"}
RULE = hs.ExpandedRule(2, {pq: sp.Rational(c) for pq, c in GENERAL.items()})
MEAN, WRONG = Fraction(1, 3), Fraction(1, 5)


def increment(u: int, v: int) -> Fraction:
    """The same rule, written out."""
    return Fraction(1, 5) + Fraction(u, 2) - Fraction(v, 3) + u * v


def decided_by(units: int, history: tuple[int, ...], wrong: bool) -> tuple[Fraction, Fraction]:
    """Mean and variance of h_0 - (1/D) sum_k h_k over the other units, whose entry may be wrong.

    ``history`` is what unit 0 holds, the cued pattern first; ``wrong`` flips its own entry.
    """
    chances = {1: (1 + MEAN) / 2, -1: (1 - MEAN) / 2}
    columns = list(product(chances, repeat=len(history)))
    first = second = Fraction(0)
    for rest in product(columns, repeat=units - 1):
        patterns = (history, *rest)
        weight = [
            [sum(increment(u, v) for u, v in zip(p, q, strict=True)) for q in patterns]
            for p in patterns
        ]
        chance = Fraction(1)
        for column in rest:
            for letter in column:
                chance *= chances[letter]
        for flips in product((0, 1), repeat=units - 1):
            cue = [p[0] * (1 - 2 * f) for p, f in zip(patterns, (wrong, *flips), strict=True)]
            h = [sum(weight[i][j] * cue[j] for j in range(units) if j != i) for i in range(units)]
            relative = h[0] - Fraction(sum(h)) / units
            seen = chance
            for f in flips:
                seen *= WRONG if f else 1 - WRONG
            first += seen * relative
            second += seen * relative**2
    return first, second - first**2


@pytest.mark.parametrize(("units", "history"), [(3, (1, -1)), (4, (-1, 1)), (3, (-1, 1, 1))])
def test_mean_and_variance_given_the_history_are_those_of_every_network(
    units: int, history: tuple[int, ...]
) -> None:
    wrong = sp.Rational(WRONG.numerator, WRONG.denominator)
    setting = Setting(RULE, hs.Bipolar(sp.Rational(1, 3)), hs.Flip(wrong), INHIBITED)
    fields = FieldMoments(setting)
    laws = laws_given_history(fields, sp.Integer(history[0]), 2)
    assert {law.entry: law.probability for law in laws} == {
        sp.Integer(history[0]): 1 - wrong,
        sp.Integer(-history[0]): wrong,
    }
    at = {D: units, K: len(history), r: history[1:].count(1)}
    for law in laws:
        truth = decided_by(units, history, wrong=law.entry != history[0])
        found = [e.subs(at) for e in expressions(fields, law)]
        assert found == [sp.Rational(t.numerator, t.denominator) for t in truth]


@pytest.mark.parametrize(
    "setting",
    [
        Setting(hs.ExpandedRule(2), hs.Bipolar(notation.a), hs.Exact(), INHIBITED),
        Setting(
            hs.ExpandedRule(2), hs.Pair(hs.Binary(notation.f), hs.Bipolar(notation.a)),
            hs.Mask(notation.delta), INHIBITED,
        ),
        Setting(hs.rules["covariance"], hs.Binary(notation.f), hs.Exact(sp.S.One), INHIBITED),
    ],
    ids=["bipolar", "pair", "centred"],
)  # fmt: skip
def test_what_pairs_of_other_units_add_knows_nothing_of_the_unit(setting: Setting) -> None:
    """V(x) depends on x, and so does the sum over units: their difference must not."""
    fields = FieldMoments(setting)
    assert fields.equal(*(remainder_variance(fields, value) for value in fields.values))


def test_the_errors_of_a_rule_with_a_post_part_are_a_mixture() -> None:
    """Plain Hebb on biased patterns: by Q at the exact M and V they were off by a factor of three."""
    hebb, biased = hs.ExpandedRule(2, {(1, 1): 1}), hs.Bipolar(sp.Rational(1, 4))
    theory = hs.derive(
        hebb, biased, threshold=INHIBITED, quantities=["bit_error:high", "bit_error:low"]
    )
    assert theory["bit_error:low"].formula.has(sp.Sum)
    verdicts = hs.check(theory, D=400, K=60, seed=1, networks=1024)
    assert [v.outcome.name for v in verdicts] == ["AGREES", "AGREES"]


def test_a_drift_counts_where_the_entry_at_the_unit_is_uncertain() -> None:
    """The drift times the cue's entry at the unit stands in every field of the population."""
    drifting = hs.ExpandedRule(2, {(1, 1): 1, (0, 0): sp.Rational(1, 5)})
    certain = Workbench(Setting(drifting, threshold=INHIBITED))
    uncertain = Workbench(Setting(drifting, cue=hs.Flip(sp.Rational(1, 10)), threshold=INHIBITED))
    assert has_gaussian_limit(certain)
    assert closed(certain)
    assert not has_gaussian_limit(uncertain)
    assert not closed(uncertain)
    verdicts = hs.check(
        hs.derive(
            drifting, cue=hs.Flip(sp.Rational(1, 10)), threshold=INHIBITED,
            quantities=["bit_error"],
        ),
        D=100, K=15, seed=2,
    )  # fmt: skip
    assert verdicts[0].outcome.name == "AGREES"
