"""Rules affine in the weight, simulated one by one and judged as one family."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sympy as sp

import hebbsym as hs
from hebbsym import cli
from hebbsym.errors import InvalidValue, UnknownName
from hebbsym.exploration import results, singly
from hebbsym.exploration.conditions import confirm_space
from hebbsym.exploration.confirm import Confirmation
from hebbsym.exploration.space import Size, Space, finite
from hebbsym.judgement import Finding, Outcome
from hebbsym.predictions import Prediction, predictions

R = sp.Rational
SPACE = Space(
    {
        "c_1_pre": finite((0, -R(1, 5))),
        "c_2_corr": finite((1,)),
        "d_0": finite((0, -R(1, 10), R(1, 20))),
        "d_2_corr": finite((0, R(1, 10))),
    },
    ensembles=("bipolar(mean=1/5)",),
    sizes=(Size(30, 6),),
)
"""Additive rules, decays, growth, and gates that the activities open."""


RULES = [SPACE.rule(SPACE.point(n)) for n in (0, 2, 9, 4)]
QUARTER = R(1, 4)  # the resolution: coarse, so that few networks are enough


@pytest.fixture(scope="module")
def found() -> Confirmation:
    (one,) = confirm_space(SPACE, RULES, seed=2, resolution=QUARTER)
    return one


def test_every_rule_agrees_at_every_age_that_it_is_asked_for(found: Confirmation) -> None:
    assert [one.name for one in found.outcomes] == ["AGREES"] * 4
    for number, rule in enumerate(found.rules):
        ages = {verdict.at.get("age") for verdict in found.of(number)}
        additive = rule.rule_class is hs.RuleClass.ADDITIVE
        assert ages == ({None} if additive else {"0", "1"})  # ages 0, K/8 and K/4, rounded down
        claims = {verdict.claim for verdict in found.of(number)}
        assert claims == {"field_mean", "field_variance", "snr"}
        assert all(verdict.detectable < 0.25 for verdict in found.of(number))
    assert found.of(1)[0].at["d_0"] == "-1/10"
    last = next(v for v in found.of(1) if v.label == "snr (age=0)")
    assert found.ratios[1] == (last.estimate, last.stderr)


def test_all_findings_are_one_family(found: Confirmation) -> None:
    """What a run could have caught is stated at the level of one finding among all of them."""
    one = found.of(1)[0]
    finding = Finding(one.predicted, one.estimate, one.stderr, one.samples)
    assert len(found.verdicts) == 5 + 3 * 10
    assert one.detectable == pytest.approx(finding.detectable(0.01 / 35), rel=1e-12)
    assert one.detectable > finding.detectable(0.01 / 10)


def test_an_estimate_is_that_of_check() -> None:
    """Networks are numbered by their seed, whoever asks for them; two workers draw the same ones."""
    (condition,) = SPACE.conditions
    theory = hs.Theory(condition.setting(RULES[1]), ["snr"])
    alone = hs.check(theory, D=30, K=6, seed=2, networks=64)
    steps: list[tuple[int, int]] = []
    (one,) = confirm_space(
        SPACE, RULES[1:2], quantities=["snr"], seed=2, networks=64, workers=2,
        progress=lambda *step: steps.append(step),
    )  # fmt: skip
    assert [v.estimate for v in one.of(0)] == [v.estimate for v in alone]
    assert set(steps) == {(1, 1)}


def test_a_wrong_claim_is_refuted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variance that is 40 % off, of one rule among three, and of the older pattern only."""

    def wrong(theory: hs.Theory, values: Any) -> tuple[list[Prediction], dict[str, str]]:
        made, left = predictions(theory, values)
        if theory.setting.rule.update == RULES[2].update:
            off = {(one.claim, one.age): 1.4 for one in made if one.age == 1 and one.x == 1}
            made = [
                replace(one, number=off.get((one.claim, one.age), 1.0) * one.number) for one in made
            ]
        return made, left

    monkeypatch.setattr(singly, "predictions", wrong)
    (one,) = confirm_space(SPACE, RULES[1:], quantities=["field_variance"], resolution=QUARTER)
    assert [outcome.name for outcome in one.outcomes] == ["AGREES", "DISAGREES", "AGREES"]
    labels = {v.label for v in one.verdicts if v.outcome is Outcome.DISAGREES}
    assert labels == {"field_variance (x=-1, age=1)", "field_variance (x=1, age=1)"}


def test_errors_by_age_and_a_rule_without_signal() -> None:
    """An error of bits beside its claim; w + x_j stores nothing, and its means are judged."""
    deaf = SPACE.rule({"c_1_pre": R(1), "d_0": -R(1, 2)})
    crowded = SPACE.subspace(sizes=(Size(20, 16),))
    (one,) = confirm_space(
        crowded, [RULES[1], deaf], quantities=["bit_error", "snr"], resolution=R(1, 2)
    )
    assert {v.claim for v in one.of(0)} == {"bit_error", "snr"}
    assert {v.claim for v in one.of(1)} >= {"field_mean"}
    assert not any(v.outcome is Outcome.DISAGREES for v in one.verdicts)
    assert {v.outcome.name for v in one.of(0) if v.claim == "bit_error"} == {"AGREES"}


def test_ratios_of_real_patterns_are_confirmed_whatever_the_threshold() -> None:
    """No bit can be wrong there, and the best threshold does not exist; nor does a ratio ask for it."""
    gaussian = SPACE.subspace(ensembles=("gaussian",), sizes=(Size(12, 4),))
    (one,) = confirm_space(gaussian, RULES[1:2], resolution=R(1, 2))
    assert [v.outcome.name for v in one.of(0)] == ["AGREES"] * 2  # rho at ages 0 and 1
    assert one.verdicts.setting["threshold"] == "optimal"


def test_what_is_refused() -> None:
    with pytest.raises(InvalidValue, match="no rule was chosen"):
        confirm_space(SPACE, [])
    with pytest.raises(UnknownName, match="snrr"):
        confirm_space(SPACE, RULES, quantities=["snrr"])


SMALL = """
ensembles = ["bipolar(mean=1/5)"]
sizes = [{D = 12, K = 4}]
[coefficients]
c_2_corr = 1
d_0 = ["-1/2", 0, "1/10"]
"""


def test_the_command_confirms_the_front_and_the_borders(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Weights that settle, that keep their variance and that grow are three laws, each with its ends."""
    (tmp_path / "space.toml").write_text(SMALL)
    folder = str(tmp_path / "out")
    words = ["hebbsym", "explore", str(tmp_path / "space.toml"), "-o", folder, "--confirm", "0"]
    monkeypatch.setattr(sys, "argv", [*words[:-1], "1", "--columns", "snr,retention:power"])
    monkeypatch.setattr(results, "confirmed", partial(results.confirmed, resolution=R(1, 2)))
    with pytest.raises(SystemExit) as left:
        cli.main()
    out, err = capsys.readouterr()
    assert (left.value.code, err) == (0, "")
    assert "condition 0: 25 verdicts on 3 rules" in out
    assert out.count("AGREES") == 3
    assert results.chosen(hs.Sweep.read(folder), sample=0) == [0, 1, 2]
