"""Expansions in the rate: ``check`` sees the error shrink at the stated order, and broken ones do not pass."""

import json
from dataclasses import replace

import pytest
import sympy as sp
from click.testing import CliRunner

from hebbsym.checking import check
from hebbsym.claim import Claim, Cut, Regime
from hebbsym.cli import program
from hebbsym.errors import NotDerivable
from hebbsym.families.cues import Exact, Flip, Mask
from hebbsym.families.ensembles import Binary, Bipolar, Gaussian, Pair
from hebbsym.families.named import rules
from hebbsym.families.rules import ExpandedRule
from hebbsym.judgement import Outcome, judge
from hebbsym.notation import D, K, age, eta, f, w, x
from hebbsym.orders import HALVES, Shrinking, orders, shrinking
from hebbsym.publish.orders import shown
from hebbsym.theories import derive
from hebbsym.theory.conditioned import Conditioned
from hebbsym.theory.enumeration import enumerate_fields
from hebbsym.theory.ratebench import RateBench
from hebbsym.theory.setting import Setting

R = sp.Rational
BOUNDS = rules.entries["power-bounds"].rule(lam=R(1, 2))
SATURATING = ExpandedRule(2, {(1, 1): eta, (0, 0): -eta * w**3}, "saturating")
CASCADE = ExpandedRule(
    2, {(1, 1): eta * (1 - w / 2), (1, 0): eta * w**2, (0, 0): eta * (R(1, 3) - w)}, "cascade"
)
CUBIC = ExpandedRule(
    2, {(1, 1): eta * (1 - w / 2), (1, 0): eta * w**2 / 3, (0, 0): eta * (R(1, 3) - w**3)}, "cubic"
)
THEORIES = {
    "bounds": derive(BOUNDS, Binary(R(1, 4)), cue=Flip(R(1, 10))),
    "cascade": derive(CASCADE, Bipolar(R(1, 3))),
    "cubic": derive(CUBIC, Bipolar(R(1, 3))),
    "saturating": derive(SATURATING, Bipolar()),
    "pair": derive(BOUNDS, Pair(Binary(R(1, 4)), Binary(R(1, 3)))),
    "gaussian": derive(CUBIC, Gaussian(), cue=Mask(R(1, 5))),
    "real and signs": derive(CASCADE, Pair(Bipolar(R(1, 3)), Gaussian())),
}
AT = {D: sp.Integer(30), K: sp.Integer(500), eta: R(1, 100), age: sp.Integer(3)}


def outcomes(found: list[Shrinking]) -> list[Outcome]:
    return [one.outcome for one in judge([s.finding for s in found], 0.05, 0.01)]


@pytest.mark.parametrize("name", THEORIES)
def test_every_expansion_shrinks_as_it_says(name):
    """All claims that were cut: the order that was stated or a higher one, at five rates, and no doubt."""
    theory = THEORIES[name]
    assert all(claim.cut is not None for claim in theory.values() if claim.observable)
    made, left = orders(theory, AT)
    assert len(made) >= (4 if name == "saturating" else 10)
    for one in made:
        assert one.found.networks == HALVES == 5
        assert one.number >= theory[one.claim.removesuffix(":order")].cut.first
        assert one.note.count(",") >= 4
    judged = judge([one.found for one in made], 0.05, 0.01)
    assert {one.outcome for one in judged} == {Outcome.AGREES}
    words = ("no error", "rounding", "ratio of real-valued")
    assert all(any(word in reason for word in words) for reason in left.values())


AVERAGED = [
    (CASCADE, Bipolar(R(1, 3)), Flip(R(1, 10))),
    (CUBIC, Binary(R(1, 4)), Exact()),
    (BOUNDS, Pair(Binary(R(1, 4)), Bipolar(R(1, 3))), Mask(R(1, 5))),
]


@pytest.mark.parametrize(("rule", "patterns", "cue"), AVERAGED)
@pytest.mark.parametrize("old", [0, 1, 2])
def test_averages_given_the_history_equal_the_enumeration(rule, patterns, cue, old):
    """The reference of real-valued patterns, where all patterns can be counted: identical polynomials."""
    setting = Setting(rule, patterns, cue)
    truth = enumerate_fields(setting, 3, 3, None if setting.auto else 2, age=old)
    mine = Conditioned(setting, 2 if setting.auto else 3, 3, old)
    pairs = [
        (mine.weight_mean(), truth.weight_mean()),
        (mine.weight_variance(), truth.weight_variance()),
        (mine.weight_covariance("post"), truth.weight_covariance("post")),
    ]
    for value, _ in setting.post.alphabet:
        pairs.append((mine.field_mean(value), truth.field_mean(value)))
        pairs.append((mine.field_variance(value), truth.field_variance(value)))
    assert all(sp.expand(one - other) == 0 for one, other in pairs)
    at = {eta: R(1, 7)}
    assert mine.snr().xreplace(at) == truth.snr().xreplace(at)
    with pytest.raises(NotDerivable, match="not independent"):
        mine.weight_covariance("pre")


def last_kept(claim: Claim) -> sp.Expr:
    """The terms of a formula of the highest power of the rate that was kept; for a ratio, its own size."""
    if claim.cut.relative:
        return claim.formula * eta ** (claim.cut.first - 1)
    power = claim.cut.first - 1
    gathered = sp.series(sp.expand(claim.formula), eta, 0, claim.cut.first).removeO()
    return sp.expand(gathered).coeff(eta, power) * eta**power


BROKEN = [
    (theory, name)
    for theory, names in {
        "cascade": (
            *("weight_mean", "weight_variance", "weight_covariance:post", "field_mean", "snr"),
            *("field_variance", "weight_variance:stationary"),
            *("field_variance:stationary", "snr:stationary", "weight_covariance:post:stationary"),
        ),
        "bounds": ("field_mean:stationary", "weight_mean:stationary", "field_mean", "snr"),
    }.items()
    for name in names
]


@pytest.mark.parametrize("share", [R(1, 20), R(-1, 20), R(1, 1)])
@pytest.mark.parametrize(("theory", "name"), BROKEN)
def test_a_broken_coefficient_of_the_last_order_disagrees(theory, name, share):
    """Off by 5 % or by itself: the slope falls short by one, and the right claim passes."""
    claim = THEORIES[theory][name]
    at = {**AT, x: THEORIES[theory].setting.post.alphabet[-1][0]}
    error = last_kept(claim).xreplace({age: at[age]} if "stationary" in name else {})
    assert error != 0
    wrong = replace(claim, formula=claim.formula + share * error)
    right, broken = shrinking(claim, at), shrinking(wrong, at)
    assert outcomes([right, broken]) == [Outcome.AGREES, Outcome.DISAGREES]
    assert broken.slope < right.first - right.allowance


def test_a_wrong_decay_of_the_trace_disagrees():
    """q is tested too, for the age grows as the rate falls: 1 + 1.1 eta F' leaves a gap of first order."""
    claim = THEORIES["bounds"]["field_mean:stationary"]
    slope = derive(BOUNDS, Binary(R(1, 4)))["stability"].formula[1]
    wrong = claim.formula.subs(
        (1 + eta * sp.radsimp(slope)) ** age, (1 + R(11, 10) * eta * sp.radsimp(slope)) ** age
    )
    assert wrong != claim.formula
    at = {**AT, x: sp.S.One}
    found = [shrinking(claim, at), shrinking(replace(claim, formula=wrong), at)]
    assert outcomes(found) == [Outcome.AGREES, Outcome.DISAGREES]


def test_a_broken_expansion_is_refuted_by_the_check(monkeypatch):
    """The engine's own highest coefficient off by a tenth, through hs.check."""
    right = RateBench.expansion.func

    def broken(bench):
        expansion = right(bench)
        moment = expansion.weight_moment

        def wrong(shared, power):
            *kept, last = moment(shared, power)
            return (*kept, last * expansion.ring.domain(11, 10))

        monkeypatch.setattr(expansion, "weight_moment", wrong)
        return expansion

    for change, outcome in ((False, Outcome.AGREES), (True, Outcome.DISAGREES)):
        if change:
            monkeypatch.setattr(RateBench, "expansion", property(broken))
        theory = derive(CASCADE, Bipolar(R(1, 3)), quantities=["weight_mean"])
        verdicts = check(theory, seed=1, networks=64, D=20, K=8, eta=R(1, 40))
        (order,) = (v for v in verdicts if v.claim == "weight_mean:order")
        assert order.outcome is outcome
        assert order.samples == 5
        assert abs(order.z) <= 1 or change
        assert verdicts.exit_status == (1 if change else 3)  # 64 networks are too few for the mean


def test_the_command_line_shows_orders():
    words = ["check", "power-bounds(lam=1/2)", "--patterns", "binary(activity=1/4)", "-q", "weight_mean", "-q",
             "field_mean", "--at", "D=30,K=10,eta=1/40,age=2", "--seed", "1"]  # fmt: skip
    text = CliRunner().invoke(program, words)
    assert text.exit_code == 0, text.output
    assert "weight_mean:order" in text.output
    assert "d ln(error)/d ln(eta) against all patterns at D = 3, K = 3" in text.output
    data = json.loads(CliRunner().invoke(program, [*words, "--format", "json"]).output)
    found = {v["claim"]: v for v in data["verdicts"] if v["claim"].endswith(":order")}
    assert found["weight_mean:order"]["predicted"] == 4.0
    assert abs(found["weight_mean:order"]["estimate"] - 4) < 0.01
    assert {v["verdict"] for v in found.values()} == {"AGREES"}
    assert {v["at"]["K"] for v in found.values()} == {"3"}


@pytest.mark.parametrize("name", ["bounds", "cascade", "cubic"])
def test_large_rates_are_no_reason_to_refute(name):
    """The next order is as large as the first one: little agreement, and no refutation."""
    unsure = 0
    for rate in (R(1, 10), R(1, 3), R(3, 2)):
        made, _ = orders(THEORIES[name], {**AT, eta: rate})
        found = {one.outcome for one in judge([one.found for one in made], 0.05, 0.01)}
        assert Outcome.DISAGREES not in found
        unsure += Outcome.UNDECIDED in found
    assert unsure >= 2


def test_what_has_no_order_says_why():
    for theory, words in (
        (derive(SATURATING, Bipolar(), quantities=["weight_mean"]), "no error is left"),
    ):
        made, left = orders(theory, {eta: R(1, 10)})
        assert made == []
        assert words in left["weight_mean:order"]
        assert "\n" not in left["weight_mean:order"]
    hebb = derive(rules["hebb"], quantities=["field_mean"])
    assert orders(hebb, {eta: R(1, 10)}) == ([], {})
    without = derive(ExpandedRule(2, {(1, 1): 1, (0, 0): -(w**2) / 9}), quantities=["weight_mean"])
    assert without["weight_mean"].cut is None
    with pytest.raises(NotDerivable, match="no expansion"):
        shrinking(hebb["field_mean"], AT)


def test_slopes_that_were_made_by_hand():
    """1/(1 - eta) to second order: the gap is eta^3/(1 - eta); off by 2 % in eta^2, to either side, it is refuted."""
    cut = Cut(eta, 3, lambda values: 1 / (1 - values[eta]), "the geometric series")
    claim = Claim("series", "", 1 + eta + eta**2, Regime.LEADING_ORDER, cut=cut)
    found = shrinking(claim, {eta: R(1, 10)})
    assert found.slopes[0] == pytest.approx(3 + 0.0780, abs=1e-3)  # log2((1 - 1/20)/(1 - 1/10))
    assert outcomes([found]) == [Outcome.AGREES]
    for share in (R(98, 100), R(102, 100)):
        off = replace(claim, formula=1 + eta + share * eta**2)
        assert outcomes([shrinking(off, {eta: R(1, 100)})]) == [Outcome.DISAGREES]
    assert outcomes([replace(found, first=4)]) == [Outcome.DISAGREES]
    faster = replace(found, first=2)
    assert faster.expected == 3
    assert "vanishes" in faster.note
    assert outcomes([faster]) == [Outcome.AGREES]


def test_the_figure_of_a_report_shows_what_the_check_judges():
    found = {one.claim: one for one in shown(THEORIES["cascade"], {D: AT[D], K: AT[K]})}
    assert {"weight_mean", "field_variance", "snr", "field_mean:stationary"} <= set(found)
    for name, first in (
        ("weight_mean", 4),
        ("weight_variance", 5),
        ("field_mean", 4),
        ("field_variance", 5),
    ):
        slopes = found[name].slopes
        assert slopes[-1] == pytest.approx(first, abs=0.1)
        misses = [abs(slope - first) for slope in slopes]
        assert misses[-1] < misses[0]
    assert shown(derive(rules["hebb"], quantities=["weight_variance"]), {}) == ()
    unbound = derive(rules.entries["power-bounds"].rule(), Binary(f), quantities=["weight_mean"])
    assert shown(unbound, {}) == ()


def test_the_enumeration_is_that_of_the_numbers_asked_for():
    """One bench, two values of a symbol: each is compared with its own enumeration."""
    rule = rules.entries["power-bounds"].rule()
    theory = derive(rule, Binary(f), quantities=["weight_mean"])
    lam = next(s for s in rule.free_symbols if s.name == "lam")
    for share, decay in ((R(1, 4), R(1, 2)), (R(1, 3), R(1, 5))):
        found = shrinking(theory["weight_mean"], {**AT, f: share, lam: decay})
        assert outcomes([found]) == [Outcome.AGREES]
    assert Setting(rule, Binary(f)).free_symbols >= {f, lam}
