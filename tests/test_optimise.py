"""The best coefficients: in closed form, by search, and what their certificate would catch."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
import sympy as sp

import hebbsym as hs
from hebbsym.errors import InvalidValue, NotDerivable, UnknownName
from hebbsym.exploration import objectives
from hebbsym.exploration.ascent import Frame, derivatives, search
from hebbsym.exploration.certificates import Optimum
from hebbsym.exploration.landscape import Landscape
from hebbsym.exploration.optimise import optimise
from hebbsym.families.cues import Exact, Flip
from hebbsym.families.ensembles import Binary, Bipolar, Gaussian, Ternary
from hebbsym.families.rules import ExpandedRule, Rule
from hebbsym.families.thresholds import Fixed, Optimal, Zero
from hebbsym.networks import network_of
from hebbsym.notation import D, K, a, coefficient, delta, epsilon, f, z
from hebbsym.numeric import evaluate, value
from hebbsym.simulate import simulate_bank
from hebbsym.theories import derive
from hebbsym.theory.enumeration import enumerate_fields
from hebbsym.theory.setting import Setting

HALF, THIRD, TENTH = sp.Rational(1, 2), sp.Rational(1, 3), sp.Rational(1, 10)
RULE = ExpandedRule(2)
BIASED = Setting(RULE, Bipolar(a))
SIZES: dict[sp.Symbol, Any] = {D: 100, K: 10, a: HALF}
SETTINGS = {
    "biased": (BIASED, SIZES),
    "sparse, flipped": (
        Setting(RULE, Binary(f), Flip(delta)),
        {D: 300, K: 40, f: TENTH, delta: sp.Rational(1, 20)},
    ),
    "centred cue": (Setting(RULE, Bipolar(a), Exact(centred=sp.S.One)), SIZES),
    "ternary": (Setting(RULE, Ternary(HALF)), {D: 100, K: 10}),
    "gaussian": (Setting(RULE, Gaussian()), {D: 100, K: 10}),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_search_that_is_told_nothing_ends_at_the_closed_form(name: str) -> None:
    setting, at = SETTINGS[name]
    found = optimise(setting, at=at, starts=4)
    proof = found.certificate
    assert found.method == "closed form"
    assert proof.exact
    assert proof.holds
    assert proof.searched == pytest.approx(found.value, rel=1e-9)
    assert proof.curvature == pytest.approx([-2.0] * len(proof.curvature), abs=1e-4)
    assert proof.angle < 1e-7


def test_no_rule_nearby_has_a_higher_ratio_over_all_patterns() -> None:
    """rho from every pattern set and cue at D = 3, K = 2, exact: c* against 24 other rules."""
    found = optimise(Setting(RULE, Bipolar(THIRD)), at={D: 3, K: 2})
    best = {pq: sp.Rational(c) for pq, c in found.coefficients.items()}
    terms = {pq: coefficient(*pq) for pq in best}
    truth = enumerate_fields(Setting(ExpandedRule(2, terms), Bipolar(THIRD)), 3, 2)

    def ratio(c: dict[tuple[int, int], sp.Expr]) -> sp.Expr:
        values = {coefficient(*pq): one for pq, one in c.items()}
        gap = truth.field_mean(1) - truth.field_mean(-1)
        spread = 2 * truth.field_variance(1) + 2 * truth.field_variance(-1)
        return gap.xreplace(values) ** 2 / spread.xreplace(values)

    top = ratio(best)
    assert float(top) == pytest.approx(found.value, rel=1e-12)
    moves = [sp.Rational(n, 1000) for n in (-300, -30, -1, 1, 30, 300)]
    for pq in best:
        for move in moves:
            assert ratio({**best, pq: best[pq] + move}) < top


def test_the_covariance_rule_is_found_in_large_networks() -> None:
    """(x_i - a)(x_j - a), up to corrections of order 1/D + 1/K; nothing names it."""
    errors = []
    for size in (10**2, 10**3, 10**4):
        found = optimise(BIASED, at={D: 10 * size, K: size, a: THIRD}, starts=1).coefficients
        covariance = {(0, 0): THIRD**2, (1, 0): -THIRD, (0, 1): -THIRD, (1, 1): sp.S.One}
        errors.append(max(abs(float(found[pq] - covariance[pq])) for pq in covariance))
    assert errors[0] < 5e-3
    assert errors[1] == pytest.approx(errors[0] / 10, rel=0.05)
    assert errors[2] == pytest.approx(errors[1] / 10, rel=0.05)


def test_the_capacity_is_best_where_the_best_ratio_has_fallen_to_the_bound() -> None:
    found = optimise(BIASED, "capacity:snr", at={D: 100, z: 3, a: HALF}, starts=3)
    assert found.certificate.holds
    assert found.certificate.searched == pytest.approx(found.value, rel=1e-9)
    at_load = optimise(BIASED, at={D: 100, K: sp.Rational(str(found.value)), a: HALF}, starts=1)
    assert at_load.value == pytest.approx(9.0, rel=1e-9)


def test_the_lowest_error_is_lower_than_that_of_the_highest_ratio() -> None:
    """Both by formula and counted on the same patterns: an error is no function of rho alone."""
    setting, sizes = Setting(RULE, Bipolar(HALF)), {D: 100, K: 10}
    error = optimise(setting, "bit_error", at=sizes, starts=6)
    ratio = optimise(setting, "snr", at=sizes, starts=1)
    assert error.method == "search"
    assert error.certificate.holds
    assert error.certificate.ratio < 0.95
    at = {s: sp.Integer(v) for s, v in sizes.items()}
    networks = [
        network_of(replace(setting, rule=_rational(one), threshold=Zero()), at)
        for one in (error, ratio)
    ]
    bank = simulate_bank(networks[0], 400, counted=networks, seed=1)
    lower, higher = (bank.counted(n).estimate("bit_error") for n in (0, 1))
    assert higher.value - lower.value > 4 * (higher.stderr + lower.stderr)
    assert abs(lower.value - error.value) < 4 * lower.stderr + 2e-4  # its own allowance: 1.98e-4


def _rational(found: Optimum) -> ExpandedRule:
    terms = {pq: sp.Rational(round(1000 * float(c)), 1000) for pq, c in found.coefficients.items()}
    return ExpandedRule(2, terms)


def test_a_certificate_fails_for_coefficients_that_are_not_best() -> None:
    s, noise = np.array([0.0, 1.0, 2.0]), np.diag([1.0, 2.0, 3.0]) + 0.3
    frame = Frame(s, noise)

    def height(c: np.ndarray[Any, Any]) -> float:
        return float(np.log((s @ c) ** 2 / (c @ noise @ c)))

    best = np.linalg.solve(noise, s)
    gradient, curvature = derivatives(height, frame, frame.to_sphere(best))
    assert gradient < 1e-9
    assert curvature == pytest.approx([-2.0, -2.0], abs=1e-6)
    off, _ = derivatives(height, frame, frame.to_sphere(best + np.array([0.01, 0.0, 0.0])))
    assert off > 1e-4
    found, agreeing = search(height, frame, 3, seed=2)
    assert abs(found @ frame.best) == pytest.approx(1.0, abs=1e-12)
    assert agreeing == 3


def test_a_wrong_closed_form_loses_its_certificate(monkeypatch: pytest.MonkeyPatch) -> None:
    true = Landscape.closed

    def wrong(*given: Any) -> dict[tuple[int, int], sp.Expr]:
        return {**true(*given), (1, 0): -THIRD}

    monkeypatch.setattr(Landscape, "closed", wrong)
    proof = optimise(BIASED, at=SIZES, starts=2).certificate
    assert not proof.exact
    assert not proof.holds
    assert proof.ratio < 1 - 1e-3


# ---- capacities under criteria of errors --------------------------------------------------------

PERCENT = sp.Rational(1, 100)
STORING = {
    "bit": (Setting(RULE, Bipolar(HALF)), 40),
    "pattern": (Setting(RULE, Bipolar(THIRD), Flip(sp.Rational(1, 20)), Optimal()), 60),
    "all": (Setting(RULE, Binary(sp.Rational(1, 4)), threshold=Optimal()), 150),
}


@lru_cache(maxsize=8)
def storing(name: str) -> Optimum:
    setting, size = STORING[name]
    return optimise(setting, f"capacity:{name}", at={D: size, epsilon: PERCENT}, starts=2)


def claimed(name: str, rule: Rule) -> float:
    """What the claim about one rule says: the number that ``hebbsym derive`` prints."""
    setting, size = STORING[name]
    theory = derive(rule, setting.patterns, cue=setting.cue, threshold=setting.threshold)
    return float(value(theory[f"capacity:{name}"], {D: size, epsilon: PERCENT}, 12))


@pytest.mark.parametrize("name", STORING)
def test_the_largest_capacity_is_that_of_the_claim_of_its_rule(name: str) -> None:
    """With the coefficients as they are printed; one pattern more is too many for whatever was tried."""
    found = storing(name)
    assert found.certificate.holds
    assert found.value == claimed(name, found.rule)
    assert claimed(name, hs.rule(dict(found.table())["rule"])) == found.value
    passage = found.certificate.passage
    assert passage is not None
    assert passage.load == found.value
    assert passage.within <= 0.01 < passage.beyond


@pytest.mark.parametrize("name", STORING)
def test_no_other_rule_stores_more(name: str) -> None:
    """The covariance rule, the pre-centred one, that of the highest ratio, and rules nearby all fail at one more."""
    found = storing(name)
    setting, size = STORING[name]
    terms = {pq: coefficient(*pq) for pq in found.coefficients}
    theory = derive(
        ExpandedRule(2, terms), setting.patterns, cue=setting.cue, threshold=setting.threshold
    )
    failure = theory[f"capacity:{name}"].prediction
    mean = setting.post.moment(1)
    ratio = optimise(setting, at={D: size, K: int(found.value)}, starts=1).coefficients
    pre = {(0, 0): 0, (1, 0): 0, (0, 1): -mean, (1, 1): 1}
    others = [ratio, pre, {**pre, (0, 0): mean**2, (1, 0): -mean}]
    for pq, c in found.coefficients.items():
        others += [{**found.coefficients, pq: c + n * PERCENT} for n in (-2, 2)]
    sizes = {D: sp.Integer(size), K: sp.Integer(int(found.value) + 1)}
    for one in others:
        at = {terms[pq]: sp.S.One * c for pq, c in one.items()}
        assert evaluate(failure, {**sizes, **at}, 12) > PERCENT


def test_a_search_that_ends_early_loses_its_certificate(monkeypatch: pytest.MonkeyPatch) -> None:
    """One pattern too few: the next load is met as well, and the passage says so."""
    true = objectives._Passing.last

    def early(self: Any) -> tuple[Any, Any]:
        peak, _ = true(self)
        return self.searched(peak.load - 1), peak

    monkeypatch.setattr(objectives._Passing, "last", early)
    setting, size = STORING["bit"]
    found = optimise(setting, "capacity:bit", at={D: size, epsilon: PERCENT}, starts=1)
    assert not found.certificate.holds


def test_where_the_best_rule_has_a_gaussian_field_the_largest_capacity_is_a_closed_form() -> None:
    """Unbiased signs: x_i x_j, at the ratio 2 erfcinv(2 epsilon)^2, and no mixture does better."""
    found = optimise(Setting(RULE), "capacity:bit", at={D: 100, epsilon: PERCENT}, starts=3)
    assert found.method == "closed form"
    assert found.certificate.exact
    assert found.certificate.holds
    assert found.coefficients == {(0, 0): 0, (1, 0): 0, (0, 1): 0, (1, 1): 1}
    assert found.value == pytest.approx(
        1 + 99 / 2.3263478740408408**2, rel=1e-12
    )  # the 99th percentile
    assert found.certificate.searched == 19


def test_capacities_that_no_rule_has() -> None:
    with pytest.raises(NotDerivable, match="stores two patterns"):
        optimise(Setting(RULE), "capacity:all", at={D: 4, epsilon: sp.Rational(1, 10**9)}, starts=1)
    with pytest.raises(InvalidValue, match="epsilon has no value"):
        optimise(Setting(RULE), "capacity:bit", at={D: 100, K: 10})


@pytest.mark.parametrize("load", [12, 300, 1500])
def test_a_height_is_the_logarithm_of_its_claim(load: int) -> None:
    """In doubles against 20 digits, where binomial coefficients are no doubles any more, and where errors are rare."""
    setting = Setting(RULE, Bipolar(HALF), threshold=Optimal())
    land = Landscape(setting, {D: sp.Integer(20 * load)})
    c = [HALF**2, -HALF, -HALF, sp.S.One]
    at = dict(zip((coefficient(*pq) for pq in land.basis), c, strict=True))
    function = land.height("bit_error", -1, load).at(load)
    formula = land.theory["bit_error"].formula.xreplace({**at, D: sp.Integer(20 * load), K: load})
    truth = -float(sp.log(sp.Float(str(evaluate(formula, {}, 15)))))
    assert function(np.array(c, dtype=float)) == pytest.approx(truth, rel=1e-11)


def test_what_an_optimum_refuses() -> None:
    with pytest.raises(UnknownName, match="did you mean 'snr'"):
        optimise(BIASED, "sn", at=SIZES)
    with pytest.raises(InvalidValue, match="a has no value"):
        optimise(BIASED, at={D: 100, K: 10})
    with pytest.raises(InvalidValue, match="z has no value"):
        optimise(BIASED, "capacity:snr", at={D: 100, a: HALF})
    with pytest.raises(InvalidValue, match="no exact real number"):
        optimise(BIASED, at={**SIZES, a: sp.Float(0.5)})
    with pytest.raises(NotDerivable, match="scale of a rule"):
        optimise(Setting(RULE, Bipolar(HALF), threshold=Fixed(sp.Integer(3))), "bit_error",
                 at={D: 100, K: 10})  # fmt: skip
    with pytest.raises(InvalidValue, match="up to K = 10000"):
        optimise(BIASED, "bit_error", at={**SIZES, K: 20000})


def test_an_optimum_is_recorded_as_text_and_as_data() -> None:
    found = optimise(Setting(RULE, Bipolar(a), threshold=Optimal()), at=SIZES, starts=2)
    rows = dict(found.table())
    assert rows["c_1_pre"] == "-1/2"
    assert rows["certificate"] == "holds"
    data = found.to_json()
    assert data["schema"] == "hebbsym/optimum/1"
    assert data["coefficients"]["c_1_post"]["formula"] == "-1323/2770"
    assert data["at"] == {"D": "100", "K": "10", "a": "1/2"}
    assert found.rule.terms[0, 1] == -HALF
