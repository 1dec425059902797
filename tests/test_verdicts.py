"""Judgement against known answers, and checks of theories whose truth is known otherwise."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import sympy as sp

import hebbsym as hs
from hebbsym.checking import check
from hebbsym.claim import Claim, Regime
from hebbsym.errors import InvalidValue, SizeLimit
from hebbsym.families.cues import Flip, Mask
from hebbsym.families.ensembles import Binary, Bipolar, Gaussian, Pair, Ternary
from hebbsym.families.rules import ExpandedRule
from hebbsym.families.thresholds import Fixed, Inhibition, Optimal
from hebbsym.judgement import Finding, Outcome, holm, judge
from hebbsym.measurement import estimated
from hebbsym.notation import D, K, a, delta, epsilon, tail, x
from hebbsym.predictions import Prediction
from hebbsym.simulate import Statistics
from hebbsym.theories import derive
from hebbsym.theory.enumeration import enumerate_fields
from hebbsym.theory.setting import Setting
from hebbsym.verdicts import Verdict, Verdicts

R = sp.Rational
HEBB = ExpandedRule(2, {(1, 1): sp.S.One}, "hebb")
AGREES, DISAGREES, UNDECIDED = Outcome.AGREES, Outcome.DISAGREES, Outcome.UNDECIDED


class Stated(dict):
    """A theory with claims that are written down, not derived."""

    def __init__(self, setting, *claims):
        super().__init__({claim.name: claim for claim in claims})
        self.setting = setting


def stated(name, formula, regime=Regime.EXACT, **more):
    more.setdefault("observable", name)
    return Claim(name, name, sp.sympify(formula), regime, **more)


RHO = (D - 1) / (K - 1)
CLASSICAL = (  # plain Hebb on unbiased bipolar patterns
    stated("weight_mean", 0),
    stated("weight_variance", K),
    stated("weight_covariance:post", 0),
    stated("weight_covariance:reciprocal", K),
    stated("field_mean", (D - 1) * x),
    stated("field_variance", (D - 1) * (K - 1)),
    stated("snr", RHO),
)
CLASSICAL_THEORY = Stated(Setting(HEBB), *CLASSICAL)


# ---- judgement ----------------------------------------------------------------------------


def sharp(predicted, networks, level, resolution=0.05):
    """The standard error at which the resolution is just detectable at a level."""
    low, high = 0.0, abs(predicted) or 1.0
    for _ in range(100):
        middle = (low + high) / 2
        fine = Finding(predicted, predicted, middle, networks).detectable(level) <= resolution
        low, high = (middle, high) if fine else (low, middle)
    return low


def outcomes(truth, finding, repeats, significance=0.01, family=1):
    rng = np.random.default_rng(20240607)
    drawn = truth + finding.stderr * rng.standard_t(finding.networks - 1, (repeats, family))
    return [
        judge([replace(finding, estimate=e) for e in row], significance=significance)
        for row in drawn
    ]


@pytest.mark.parametrize("family", [1, 8])
def test_true_claims_are_refuted_at_the_nominal_rate(family):
    finding = Finding(2.0, 2.0, sharp(2.0, 200, 0.05 / family), 200)
    repeats = 4000
    alarms = sum(
        any(one.outcome is DISAGREES for one in judged)
        for judged in outcomes(2.0, finding, repeats, 0.05, family)
    )
    assert abs(alarms / repeats - 0.05) < 4 * math.sqrt(0.05 * 0.95 / repeats)


def test_true_claims_agree_when_the_run_is_sharp():
    finding = Finding(2.0, 2.0, sharp(2.0, 200, 0.01) / 1.5, 200)
    agreed = sum(judged[0].outcome is AGREES for judged in outcomes(2.0, finding, 2000))
    assert agreed / 2000 > 0.98


@pytest.mark.parametrize(("factor", "nearest"), [(1 / 1.05, True), (1.05, False)])
def test_a_claim_off_by_the_resolution_is_caught_with_the_stated_power(factor, nearest):
    """The truth is the claim times the factor; the stated power is that of the nearer one."""
    finding = Finding(2.0, 2.0, sharp(2.0, 200, 0.01), 200)
    repeats = 4000
    caught = sum(
        judged[0].outcome is DISAGREES for judged in outcomes(2.0 * factor, finding, repeats)
    )
    spread = 4 * math.sqrt(0.9 * 0.1 / repeats)
    assert caught / repeats > 0.9 - spread
    if nearest:
        assert caught / repeats < 0.9 + spread


def test_low_power_is_never_agreement():
    blunt = Finding(2.0, 2.0, 1.1 * sharp(2.0, 200, 0.01), 200)
    assert judge([blunt])[0].outcome is UNDECIDED
    assert judge([blunt], resolution=0.2)[0].outcome is AGREES
    assert all(j[0].outcome is not AGREES for j in outcomes(2.0, blunt, 500))


def test_unrefuted_control_is_never_agreement():
    """Sharp enough on paper, but the estimate lies beside a control."""
    stderr = sharp(1.0, 10**6, 0.01)
    near = Finding(1.0, 1.0 + 2.3 * stderr, stderr, 10**6)
    judged = judge([near])[0]
    assert judged.p > 0.01
    assert judged.detectable <= 0.05
    assert (judged.refuted_controls, judged.outcome) == (1, UNDECIDED)


def test_a_claim_of_zero_has_additive_controls():
    sharp_zero = Finding(0.0, 0.001, 0.002, 500, spread=1.0)
    assert judge([sharp_zero])[0].outcome is AGREES
    assert judge([replace(sharp_zero, spread=0.01)])[0].outcome is UNDECIDED
    assert judge([replace(sharp_zero, estimate=0.02)])[0].outcome is DISAGREES


def test_an_allowance_moves_the_boundary_and_costs_power():
    off = Finding(1.0, 1.02, 0.001, 500)
    assert judge([off])[0].outcome is DISAGREES
    assert judge([replace(off, allowance=0.02)])[0].outcome is AGREES
    assert judge([replace(off, allowance=0.01)])[0].outcome is DISAGREES
    assert judge([replace(off, allowance=0.06)])[0].outcome is UNDECIDED
    assert math.isinf(replace(off, allowance=0.06).needed(0.05, 0.01))


def test_no_spread_at_all():
    assert judge([Finding(7.0, 7.0, 0.0, 64)])[0].outcome is AGREES
    assert judge([Finding(7.0, 7.1, 0.0, 64)])[0].outcome is DISAGREES
    for nothing in (Finding(math.nan, 1.0, 0.1, 64), Finding(1.0, math.nan, 0.1, 64)):
        assert judge([nothing])[0].outcome is UNDECIDED


def test_number_of_networks_that_is_asked_for_is_enough():
    blunt = Finding(1.0, 1.0, 0.1, 400)
    needed = blunt.needed(0.05, 0.001)
    better = replace(blunt, stderr=0.1 * math.sqrt(400 / needed), networks=int(needed))
    assert better.suffices(0.05, 0.001)
    assert not replace(better, stderr=1.05 * better.stderr).suffices(0.05, 0.001)


def test_holm_is_the_closed_bonferroni_procedure():
    """Corrected p = the largest Bonferroni p over all subfamilies that hold the hypothesis."""
    rng = np.random.default_rng(5)
    for _ in range(20):
        p = list(rng.random(5) ** 3)
        closed = []
        for n in range(5):
            families = [
                [k for k in range(5) if mask >> k & 1] for mask in range(32) if mask >> n & 1
            ]
            closed.append(max(min(1.0, len(s) * min(p[k] for k in s)) for s in families))
        assert np.allclose(holm(p), closed)


# ---- checks -------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_the_classical_theory_agrees(seed):
    verdicts = check(CLASSICAL_THEORY, D=60, K=12, seed=seed)
    assert [v.outcome for v in verdicts] == [AGREES] * 9  # two stored values for the fields
    assert (verdicts.outcome, verdicts.exit_status) == (AGREES, 0)
    assert all(v.detectable <= 0.05 for v in verdicts)


@pytest.mark.parametrize("factor", [R(107, 100), R(100, 107)])
def test_wrong_claims_are_refuted_one_by_one(factor):
    wrong = [
        replace(claim, formula=claim.formula * factor) for claim in CLASSICAL if claim.formula != 0
    ]
    verdicts = check(Stated(Setting(HEBB), *wrong), D=60, K=12, seed=1)
    assert {v.outcome for v in verdicts} == {DISAGREES}
    assert verdicts.exit_status == 1


def test_a_claim_of_zero_is_refuted_where_it_is_not_zero():
    biased = Setting(HEBB, Bipolar(a))
    claim = stated("weight_covariance:post", 0)
    verdicts = check(Stated(biased, claim), D=30, K=5, a=R(1, 2), seed=1)
    # per pattern the covariance is a**2 (1 - a**2)
    assert verdicts[0].outcome is DISAGREES
    assert abs(verdicts[0].estimate - 5 * 3 / 16) < 5 * verdicts[0].stderr


def exact_theory(setting, units, patterns):
    """Claims from the enumeration; a polynomial in x through the values at the alphabet."""
    sizes = {"M": units - 1} if not setting.auto else {}
    exact = enumerate_fields(setting, D=units, K=patterns, **sizes)
    letters = [letter for letter, _ in setting.post.alphabet]

    def through(value):
        return sp.interpolate([(letter, value(letter)) for letter in letters], x)

    claims = [
        stated("weight_mean", exact.weight_mean()),
        stated("weight_variance", exact.weight_variance()),
        stated("weight_covariance:post", exact.weight_covariance("post")),
        stated("weight_covariance:pre", exact.weight_covariance("pre")),
        stated("field_mean", through(exact.field_mean)),
        stated("field_variance", through(exact.field_variance)),
        stated("snr", exact.snr()),
    ]
    if setting.post.two_valued:
        claims += [
            stated("bit_error", exact.total_bit_error().wrong),
            stated("bit_error:low", exact.bit_error(letters[0]).wrong),
            stated("bit_error:high", exact.bit_error(letters[1]).wrong),
            stated("pattern_error", exact.pattern_error()),
        ]
    return Stated(setting, *claims), sizes


MIXED = ExpandedRule(
    2, {(0, 0): R(1, 5), (1, 0): R(1, 3), (0, 1): R(-1, 2), (1, 1): R(2), (0, 2): R(1, 7)}
)


@pytest.mark.parametrize(
    "setting",
    [
        Setting(HEBB),
        Setting(MIXED, Bipolar(R(1, 3)), Flip(R(1, 5))),
        Setting(MIXED, Bipolar(R(1, 3)), Mask(R(1, 4), centred=sp.S.One), Fixed(R(1, 2))),
        Setting(MIXED, Binary(R(2, 5)), threshold=Optimal()),
        Setting(MIXED, Binary(R(2, 5)), threshold=Inhibition()),
        Setting(MIXED, Ternary(R(1, 2)), Flip(R(1, 5))),
        Setting(MIXED, Pair(Bipolar(R(1, 3)), Binary(R(2, 5))), Flip(R(1, 5))),
    ],
    ids=lambda setting: setting.text,
)
def test_simulation_and_enumeration_agree(setting):
    """Neither knows a closed form: sizes, samplers, cues, thresholds, ties and errors must match."""
    theory, sizes = exact_theory(setting, 3, 2)
    verdicts = check(theory, D=3, K=2, seed=3, resolution=R(1, 5), networks=2**13, **sizes)
    assert [v.label for v in verdicts if v.outcome is DISAGREES] == []
    decided = sum(v.outcome is AGREES for v in verdicts)
    assert decided >= len(verdicts) - 2


def test_a_capacity_is_tested_at_its_own_load():
    load = 1 + (D - 1) / (2 * sp.erfcinv(2 * epsilon) ** 2)
    capacity = stated(
        "capacity:bit", load, Regime.LEADING_ORDER,
        observable="bit_error", load=load, prediction=tail(sp.sqrt(RHO)),
    )  # fmt: skip
    equation = stated(
        "capacity:root", sp.Eq(tail(sp.sqrt(RHO)), epsilon), Regime.LEADING_ORDER,
        unknown=K, observable="bit_error", prediction=tail(sp.sqrt(RHO)),
    )  # fmt: skip
    theory = Stated(Setting(HEBB), capacity, equation)
    verdicts = check(theory, D=300, epsilon=R(1, 20), seed=1)
    # Q(t) = 1/20 at t = 1.6449: K = 1 + 299/2.7055 = 111.5
    assert [v.at["K"] for v in verdicts] == ["111", "111"]
    assert [v.outcome for v in verdicts] == [AGREES, AGREES]
    too_many = replace(capacity, prediction=tail(sp.sqrt(RHO)) / 2)
    assert check(Stated(Setting(HEBB), too_many), D=300, epsilon=R(1, 20))[0].outcome is DISAGREES


def test_a_claim_may_bring_its_own_setting():
    flipped = Setting(HEBB, cue=Flip(delta))
    claim = replace(
        stated("perturbed", (1 - 2 * delta) * (D - 1) * x, observable="field_mean"), setting=flipped
    )
    theory = Stated(Setting(HEBB), claim, stated("snr", RHO))
    verdicts = check(theory, D=50, K=10, delta=R(1, 5), seed=1)
    assert {v.outcome for v in verdicts} == {AGREES}
    assert len(verdicts) == 3
    assert check(theory, D=50, K=10).unchecked == {"perturbed": "delta has no value"}


def test_only_an_inexact_claim_is_allowed_what_it_dropped():
    off = (D - 1) * (K - 1) * R(102, 100)
    size = (D - 1) * (K - 1) * R(2, 100)
    at = {"D": 60, "K": 12, "seed": 1, "networks": 2**15, "resolution": R(1, 10)}
    exact = stated("field_variance", off, Regime.EXACT, remainder=lambda at: size)
    limit = stated("field_variance", off, Regime.LEADING_ORDER, remainder=lambda at: size)
    sharp_at = {**at, "resolution": R(1, 60)}
    assert check(Stated(Setting(HEBB), exact), **sharp_at)[0].outcome is DISAGREES
    verdict = check(Stated(Setting(HEBB), limit), **at)[0]
    assert verdict.outcome is AGREES
    assert "allowed for what was dropped: 13" in verdict.note


def test_a_rate_that_was_not_seen_is_undecided():
    """100 Q(sqrt(99)) = 1e-21: no error is seen, and that is neither agreement nor refutation."""
    claim = stated("pattern_error", D * tail(sp.sqrt(RHO)), Regime.LEADING_ORDER)
    verdict = check(Stated(Setting(HEBB), claim), D=100, K=2, seed=1, networks=256)[0]
    assert (verdict.estimate, verdict.outcome) == (0.0, UNDECIDED)
    assert "would decide" in verdict.note


def test_a_bit_error_that_cannot_be_counted_is_sampled():
    """Two patterns of 100 fair signs: the error is half the tie of 99 equal signs, 2**-100."""
    gauss = stated("bit_error", tail(sp.sqrt(RHO)), Regime.LEADING_ORDER)
    verdict = check(Stated(Setting(HEBB), gauss), D=100, K=2, seed=1, networks=256)[0]
    assert verdict.outcome is DISAGREES
    assert verdict.estimate == pytest.approx(2.0**-100, rel=0.05)
    exact = stated("bit_error", R(1, 2**100))
    assert check(Stated(Setting(HEBB), exact), D=100, K=2, seed=1)[0].outcome is AGREES
    frequent = stated("bit_error", R(1, 100))
    assert check(Stated(Setting(HEBB), frequent), D=100, K=2, networks=64)[0].outcome is DISAGREES


def test_ties_are_reported_apart():
    verdict = check(
        Stated(Setting(HEBB), stated("bit_error", R(1, 8))), D=3, K=2, seed=1, resolution=R(1, 10)
    )[0]
    assert verdict.outcome is AGREES
    assert "ties, counted half" in verdict.note


def test_sampling_stops_by_standard_errors_alone():
    """A claim of the opposite sign is as wrong as can be, and costs as many networks."""
    opposite = stated("field_mean", -(D - 1) * x)
    true, false = (
        check(Stated(Setting(HEBB), claim), D=10, K=30, seed=2)
        for claim in (stated("field_mean", (D - 1) * x), opposite)
    )
    assert true[0].samples == false[0].samples > 64
    assert (true[0].outcome, false[0].outcome) == (AGREES, DISAGREES)
    assert true[0].estimate == false[0].estimate


def test_workers_and_repetition_change_nothing():
    one = check(CLASSICAL_THEORY, D=40, K=8, seed=5)
    two = check(CLASSICAL_THEORY, D=40, K=8, seed=5, workers=2)
    again = check(CLASSICAL_THEORY, D=40, K=8, seed=5, networks=max(v.samples for v in one))
    assert one.to_json() == two.to_json() == again.to_json()
    other = check(CLASSICAL_THEORY, D=40, K=8, seed=6)
    assert other[0].estimate != one[0].estimate


def test_budget_ends_the_sampling_early():
    verdicts = check(CLASSICAL_THEORY, D=40, K=30, seed=5, resolution=R(1, 1000), budget=1e-6)
    assert {v.samples for v in verdicts} == {64}
    assert UNDECIDED in {v.outcome for v in verdicts}


def test_real_patterns_are_checked_through_the_regression():
    theory = Stated(
        Setting(HEBB, Gaussian()), stated("weight_variance", K), stated("field_mean", x)
    )
    verdicts = check(theory, D=30, K=5, seed=1)
    assert [v.claim for v in verdicts] == ["weight_variance"]
    assert "real" in verdicts.unchecked["field_mean"]


def test_a_given_stored_value_narrows_the_check():
    verdicts = check(CLASSICAL_THEORY, D=40, K=8, x=-1)
    assert [v.label for v in verdicts if "field" in v.claim] == ["field_mean (x=-1)", "field_variance (x=-1)"]  # fmt: skip
    with pytest.raises(InvalidValue, match="stored values"):
        check(CLASSICAL_THEORY, D=40, K=8, x=2)


# ---- records ------------------------------------------------------------------------------


def test_json_is_the_schema():
    record = check(CLASSICAL_THEORY, D=40, K=8, seed=1).to_json()
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert record["schema"] == "hebbsym/verdicts/1"
    wanted = {"claim", "predicted", "estimate", "stderr", "z", "verdict", "detectable", "samples"}
    assert all(wanted <= set(entry) for entry in record["verdicts"])
    assert {entry["verdict"] for entry in record["verdicts"]} == {"AGREES"}
    assert (record["seed"], record["at"]) == (1, {"D": "40", "K": "8"})


def test_numbers_that_do_not_exist_are_null():
    verdict = check(Stated(Setting(HEBB), stated("snr", RHO), stated("weight_mean", 0)), D=9, K=1)[
        0
    ]
    assert verdict.outcome is UNDECIDED
    assert "not finite" in verdict.note
    assert verdict.to_json()["predicted"] is None


@pytest.mark.parametrize(
    ("found", "status"),
    [([AGREES], 0), ([AGREES, UNDECIDED], 3), ([UNDECIDED, DISAGREES, AGREES], 1)],
)
def test_exit_status(found, status):
    verdicts = Verdicts(tuple(Verdict("snr", {}, 1.0, 1.0, 0.1, 0.0, o, 0.1, 9) for o in found))
    assert verdicts.exit_status == status
    assert len(verdicts.table()) == len(found) + 1


# ---- what is refused ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "message"),
    [
        ({"D": 40}, "K has no value"),
        ({"K": 4}, "D has no value"),
        ({"D": 1, "K": 4}, "D is an integer of at least 2"),
        ({"D": 40, "K": 0}, "K is an integer of at least 1"),
        ({"D": 40, "K": R(5, 2)}, "K is an integer"),
        ({"D": 40, "K": 4.0}, "float"),
        ({"D": 40, "K": 4, "g": 1}, "g does not occur; the symbols are D, K"),
        ({"D": 40, "K": sp.Symbol("n")}, "not a real number"),
        ({"D": 40, "K": 4, "resolution": 0}, "resolution"),
        ({"D": 40, "K": 4, "workers": 0}, "workers"),
        ({"D": 40, "K": 4, "seed": -1}, "seed"),
        ({"D": 40, "K": 4, "budget": 0}, "budget"),
        ({"D": 40, "K": 4, "networks": 1}, "networks"),
    ],
)
def test_bad_input_is_refused_in_one_line(at, message):
    with pytest.raises(InvalidValue, match=message) as caught:
        check(CLASSICAL_THEORY, **at)
    assert "\n" not in str(caught.value)


def test_free_and_impossible_parameters_are_refused():
    theory = Stated(Setting(HEBB, Bipolar(a), Flip(delta)), stated("snr", RHO))
    with pytest.raises(InvalidValue, match="delta has no value"):
        check(theory, D=40, K=4, a=R(1, 2))
    with pytest.raises(InvalidValue, match="outside"):
        check(theory, D=40, K=4, a=R(1, 2), delta=2)
    with pytest.raises(InvalidValue, match="nothing of this theory"):
        check(Stated(Setting(HEBB), stated("energy", 1, observable=None)), D=40, K=4)


def test_memory_is_bounded_before_work():
    with pytest.raises(SizeLimit, match="raise memory"):
        check(CLASSICAL_THEORY, D=10**5, K=10**5, memory=2**20)


def test_a_capacity_is_judged_in_units_of_its_load() -> None:
    """An error rate that is allowed 29 % is a capacity known to 8 % where the rate goes like K^6."""
    rate = Finding(0.010, 0.013, 0.0001, 400)
    assert judge([rate])[0].outcome is Outcome.DISAGREES
    load = Finding(0.010, 0.0101, 0.0001, 400, allowance=0.0029, sensitivity=6.0)
    judged = judge([load], resolution=0.1)[0]
    assert judged.outcome is Outcome.AGREES
    # by hand: d = 0.0029 + 3.9 * 0.0001 = 0.0033, and d / (0.0100 - d) / 6 = 0.082
    assert judged.detectable == pytest.approx(0.082, rel=0.02)
    assert judge([load], resolution=0.05)[0].outcome is Outcome.UNDECIDED
    blunt = replace(load, sensitivity=1.0)
    assert judge([blunt], resolution=0.1)[0].outcome is Outcome.UNDECIDED


def test_the_drift_and_the_post_part_can_be_refuted():
    """K times the drift is the mean weight, K times the post part a covariance of weights."""
    rule = ExpandedRule(2, {(0, 0): R(1, 5), (1, 0): R(1, 3), (1, 1): 1})
    theory = derive(rule, Bipolar(R(1, 5)), quantities=["drift", "drift:post"])
    verdicts = check(theory, D=60, K=8, seed=1)
    # 8 (1/5 + 1/15 + 1/25), and 8 (1/3 + 1/5)^2 (1 - 1/25), by hand
    assert [v.predicted for v in verdicts] == [pytest.approx(184 / 75), pytest.approx(2.18453333)]
    assert {v.outcome for v in verdicts} == {Outcome.AGREES}


# ---- what double precision and rare networks cannot decide ----------------------------------


def dense_verdict(separation: str, quantity: str, **at: int) -> hs.Verdict:
    """One verdict on a dense memory, few networks."""
    memory = hs.dense(hs.separations[separation](), quantities=[quantity])
    return hs.check(memory, networks=200, **at)[0]


def test_noise_that_rounding_has_eaten_refutes_nothing() -> None:
    """rho is 3e10 at D = 40: the difference of squares has no digit left."""
    one = dense_verdict("exponential", "snr", D=40, K=10)
    assert one.outcome is hs.Outcome.UNDECIDED
    assert "lost in rounding" in one.note


def test_tails_that_were_not_drawn_refute_nothing() -> None:
    """At D = 24 rare near-duplicates are the noise: 4096 networks give 25 times rho, and no error bar."""
    memory = hs.dense(hs.separations["exponential"](), quantities=["snr"])
    one = hs.check(memory, D=24, K=10, networks=4096)[0]
    assert one.estimate > 2 * one.predicted
    assert one.outcome is hs.Outcome.UNDECIDED
    assert "heavy tails" in one.note


def test_a_rate_below_the_range_of_numbers_is_not_agreed_with() -> None:
    one = dense_verdict("exponential", "bit_error", D=300, K=10)
    assert one.estimate == 0
    assert one.outcome is hs.Outcome.UNDECIDED
    assert "below 1e-290" in one.note


def test_a_formula_past_the_range_of_numbers_says_so() -> None:
    memory = hs.dense(hs.separations["exponential"](), quantities=["bit_error"])
    with pytest.raises(hs.SizeLimit, match="past the range of numbers"):
        hs.evaluate(memory["bit_error"].formula, {D: sp.Integer(1200), K: sp.Integer(10)})


def test_heavy_tails_shield_no_wrong_claim_of_an_ordinary_memory() -> None:
    """Kurtosis over networks is 4 to 28 for means, variances and ratios."""
    names = ["field_variance", "snr"]
    theory = hs.derive(hs.rules["hebb"], Bipolar(), quantities=names)
    at = {"D": 20, "K": 5}
    right = hs.check(theory, **at, seed=2)
    assert hs.Outcome.DISAGREES not in {v.outcome for v in right}
    for v in right:
        finding = Finding(1.5 * v.predicted, v.estimate, v.stderr, v.samples)
        assert judge([finding])[0].outcome is hs.Outcome.DISAGREES, v.label
        assert "heavy tails" not in v.note


def test_what_few_networks_make_up_is_not_refuted() -> None:
    light, heavy = (Finding(1.0, 2.0, 0.1, 500, heavy=few) for few in (False, True))
    assert [judged.outcome.name for judged in judge([light, heavy])] == ["DISAGREES", "UNDECIDED"]


@pytest.mark.parametrize("gap", [0.0, 0.01, 0.1, 3.0])
def test_a_ratio_near_0_raises_no_more_false_alarms_than_are_promised(gap: float) -> None:
    """The root has a normal law there; the square, with a standard error by its derivative, has not."""
    rng, runs, level = np.random.default_rng(7), 1500, 0.02
    claim = Prediction("snr", "snr", {}, None, gap**2 / 4)
    by_root = by_square = 0
    for _ in range(runs):
        h = rng.standard_normal((64, 2, 12)) + gap * np.array([[[-0.5], [0.5]]])
        columns = {
            "count": np.full((64, 2), 12),
            "sum": h.sum(axis=2),
            "square": (h**2).sum(axis=2),
        }
        found = estimated(claim, Statistics((-1.0, 1.0), columns, 64))
        assert found.shown is not None
        by_root += found.finding.probability() <= level
        by_square += found.shown.probability() <= level
    assert by_root <= level * runs + 3.5 * math.sqrt(
        level * runs
    )  # 1 in 4000 that it is passed by chance
    assert (by_square > 3 * level * runs) == (gap < 1)


def test_far_from_0_a_ratio_and_its_root_are_judged_alike() -> None:
    """Their deviations in standard errors are equal to first order, and so is what would have been caught."""
    rng = np.random.default_rng(3)
    h = rng.standard_normal((400, 2, 50)) + np.array([[[-1.5], [1.5]]])
    columns = {"count": np.full((400, 2), 50), "sum": h.sum(axis=2), "square": (h**2).sum(axis=2)}
    found = estimated(
        Prediction("snr", "snr", {}, None, 2.3), Statistics((-1.0, 1.0), columns, 400)
    )
    assert found.shown is not None
    assert found.finding.predicted == math.sqrt(found.shown.predicted)
    assert found.finding.z == pytest.approx(found.shown.z, rel=0.03)
    assert found.finding.detectable(0.01) == pytest.approx(found.shown.detectable(0.01), rel=0.05)
