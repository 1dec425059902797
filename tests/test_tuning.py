"""The best coefficients of rules affine in the weight, within bounds: against closed forms, and what a certificate catches."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import mpmath
import numpy as np
import pytest
import sympy as sp

import hebbsym as hs
from hebbsym import cli, notation, numeric
from hebbsym.errors import SizeLimit, UnknownName
from hebbsym.exploration.affine import Aged, affine_columns
from hebbsym.exploration.box import Box, choices
from hebbsym.exploration.conditions import optima
from hebbsym.exploration.optimise import Optimum
from hebbsym.exploration.space import Size, Space, finite
from hebbsym.exploration.tuning import Bounded, tune
from hebbsym.exploration.values import Grid, Range, Values

R = sp.Rational
ONE = finite((1,))
RATES = Range(-R(1, 2), -R(1, 1000))
SIZE = {"sizes": (Size(1000, 100),), "criteria": ("snr(z=3)",), "sampling": "sobol", "samples": 32}


def best(coefficients: dict[str, Values], criterion: str = "span", **changes: object) -> Optimum:
    space = Space({"c_2_corr": ONE, **coefficients}, **{**SIZE, **changes})
    return tune(space, space.conditions[0], criterion, starts=4)


def proof_of(found: Optimum) -> Bounded:
    assert isinstance(found.certificate, Bounded)
    return found.certificate


def most_patterns(units: int, ratio: float) -> mpmath.mpf:
    """The largest span of a decay, by hand.

    rho = (D - 1) q^age (1 - q) / (1 - q^age (1 - q)) is z^2 at age S - 1 where q^(S - 1) (1 - q) = 1/(1 + (D - 1)/z^2),
    whose left side is largest at 1 - q = 1/S.
    """
    level = 1 / (1 + (units - 1) / mpmath.mpf(ratio))
    return mpmath.findroot(lambda s: (1 - 1 / s) ** (s - 1) / s - level, 1 / (mpmath.e * level))


def slope_of_span(rate: sp.Rational) -> float:
    """d ln S / d d_0 of a decay at D = 1000, z = 3: S = 1 + ln(kappa/(1 - q))/ln q with q = (1 + d_0)^2."""
    d = sp.Symbol("d")
    whole = 1 + sp.log(R(9, 1008) / (1 - (1 + d) ** 2)) / sp.log((1 + d) ** 2)
    return float(sp.diff(sp.log(whole), d).subs(d, rate))


def test_the_best_decay_is_that_of_the_closed_form() -> None:
    found = best({"d_0": RATES})
    span = most_patterns(1000, 9)
    assert found.value == pytest.approx(float(span), rel=1e-9)
    # (1 + d)^2 = q = 1 - 1/S
    assert float(found.coefficients[0, 0, 1]) == pytest.approx(
        float(mpmath.sqrt(1 - 1 / span) - 1), rel=1e-6
    )
    proof = proof_of(found)
    assert proof.holds
    assert (proof.agreeing, proof.active) == (4, {})
    assert proof.grid <= found.value
    theory = hs.derive(hs.rule("decay(lam=lam)"), quantities=["capacity:span"])
    claim = numeric.value(theory["capacity:span"], {notation.D: sp.Integer(1000), notation.z: 3})
    assert found.value == pytest.approx(float(claim), rel=1e-9)


@pytest.mark.parametrize(
    "more",
    [
        {"c_2_corr": Range(R(1, 3), 2)},
        {"d_2_post": Range(-R(1, 10), R(1, 10))},
        {"c_2_corr": Grid(1, 8, 4, logarithmic=True), "d_22_corr": Grid(-R(1, 10), 0, 3)},
    ],
    ids=["scale", "alphabet", "both"],
)
def test_moves_that_leave_the_rule_what_it_is_are_no_directions(more: dict[str, Values]) -> None:
    """On signs x_i^2 = 1: only the sum of the rates counts, and a multiple of what is added is the same rule."""
    found = best({"d_0": RATES, **more})
    proof = proof_of(found)
    assert found.value == pytest.approx(float(most_patterns(1000, 9)), rel=1e-9)
    assert proof.holds
    assert len(proof.curvature) + len(proof.active) <= 2
    assert len(proof.curvature) == 1


def test_a_bound_that_the_best_rate_lies_beyond_is_active() -> None:
    found = best({"d_0": Grid(-R(1, 2), -R(1, 20), 10)})
    proof = proof_of(found)
    assert found.coefficients == {(1, 1): 1, (0, 0, 1): -R(1, 20)}
    assert proof.holds
    assert proof.curvature == ()
    q, level = R(19, 20) ** 2, R(9, 1008)
    span = 1 + sp.log(level / (1 - q)) / sp.log(q)  # by hand
    assert found.value == pytest.approx(float(span), rel=1e-12)
    assert proof.active["d_0"] == pytest.approx(slope_of_span(-R(1, 20)) * 0.45, rel=1e-6)


def test_finite_sets_are_tried_all() -> None:
    """A drift of the cue's mean on biased patterns costs patterns; the pre term that removes it is found."""
    pre = finite((0, -R(1, 5), R(1, 5)))
    biased = {"ensembles": ("bipolar(mean=1/5)",), "sizes": (Size(200, 40),), "criteria": ("snr(z=2)",)}  # fmt: skip
    found = best({"c_1_pre": pre, "d_0": RATES}, **biased)
    alone = best({"c_1_pre": finite((-R(1, 5),)), "d_0": RATES}, **biased)
    assert found.coefficients[0, 1] == -R(1, 5)
    assert found.value == pytest.approx(alone.value, rel=1e-9)
    assert proof_of(found).choices == 3


GATED = {"c_1_post": finite((-R(1, 5),)), "d_0": Grid(-R(1, 2), -R(1, 100), 8),
         "d_2_corr": Grid(-R(1, 2), R(1, 2), 8)}  # fmt: skip


def test_no_rule_nearby_keeps_more_patterns() -> None:
    """A gate that the activities open: two directions, and rules beside the best by their own claims."""
    biased = {"ensembles": ("bipolar(mean=1/5)",), "sizes": (Size(200, 40),), "criteria": ("snr(z=2)",)}  # fmt: skip
    found = best(GATED, sampling="grid", samples=None, **biased)
    proof = proof_of(found)
    assert proof.holds
    assert len(proof.curvature) == 2
    assert proof.value > proof.grid > 0.5 * proof.value
    space = Space(
        {"c_2_corr": ONE, **GATED}, **{**SIZE, **biased, "sampling": "grid", "samples": None}
    )
    at = {**space.conditions[0].size.values, notation.z: sp.Integer(2)}
    near = {name: R(round(10**6 * float(c)), 10**6) for name, c in zip(space.names, found.coefficients.values(), strict=True)}  # fmt: skip
    for name in ("d_0", "d_2_corr"):
        for move in (-R(1, 1000), R(1, 1000)):
            rule = space.rule({**near, name: near[name] + move})
            claim = hs.Theory(space.conditions[0].setting(rule))["span"]
            span = numeric.value(claim, {s: at[s] for s in claim.free_symbols})
            assert float(span) < found.value * (1 - 1e-7)


def test_a_certificate_fails_where_the_coefficients_are_not_best() -> None:
    space = Space({"c_2_corr": ONE, "d_0": RATES}, **SIZE)
    (choice,) = choices(space)
    column = affine_columns(space)["span"].build(Aged(space, space.conditions[0]))
    box = Box(space, space.conditions[0], choice, column)
    low, high = map(float, RATES.ends)
    right = (-0.012062146560362401 - low) / (high - low)
    assert box.derivatives(np.array([right]))[0] < 1e-6
    for off in (-1e-4, 1e-4):
        gradient, (curvature,), _ = box.derivatives(np.array([right + off]))
        assert gradient == pytest.approx(abs(off * curvature), rel=0.1)
    gradient, _, active = box.derivatives(np.array([0.0]))  # the fastest decay: spans rise inwards
    assert gradient == pytest.approx(slope_of_span(-R(1, 2)) * (high - low), rel=1e-6)
    assert active == {"d_0": 0.0}
    proof = proof_of(best({"d_0": RATES}))
    for wrong in ({"gradient": 1e-3}, {"curvature": (1e-3,)}, {"claimed": 40.0}, {"grid": 42.0}):
        assert not replace(proof, **wrong).holds


def test_a_criterion_that_no_rule_meets_has_no_optimum() -> None:
    found = best({"d_0": RATES}, criteria=("snr(z=60)",))
    assert (found.value, found.coefficients, found.certificate.holds) == (0.0, {}, False)
    assert ("method", "search: no rule of the space that was tried meets it") in found.table()
    assert found.to_json()["certificate"]["holds"] is False


def test_what_is_refused() -> None:
    with pytest.raises(UnknownName, match="did you mean 'span'"):
        best({"d_0": RATES}, "spam")
    many = finite(range(1, 18))
    with pytest.raises(SizeLimit, match="289 choices"):
        best({"c_0": many, "c_1_pre": many, "d_0": RATES})


def test_every_condition_and_criterion_that_exists_has_its_optimum() -> None:
    """Gaussian patterns have no wrong bits; an optimum in JSON names the coefficients of w."""
    space = Space(
        {"c_2_corr": ONE, "d_0": Grid(-R(1, 2), -R(1, 10), 5)},
        ensembles=("bipolar", "gaussian"), criteria=("bit(epsilon=1/10)", "all"), sizes=(Size(60, 12),),
    )  # fmt: skip
    found = optima(space, starts=2)
    assert [one.criterion for one in found] == ["snr", "snr:oldest", "span:bit", "snr", "snr:oldest"]  # fmt: skip
    assert all(one.certificate.holds for one in found)
    record = found[2].to_json()
    assert record["schema"] == "hebbsym/optimum/1"
    assert set(record["coefficients"]) == {"c_2_corr", "d_0"}
    assert (
        found[0].rule.terms[0, 0] == -notation.w / 2
    )  # at age 0 the fastest decay has the least noise


SMALL = """
sizes = [{D = 100, K = 20}]
criteria = ["snr(z=2)"]
[coefficients]
c_2_corr = 1
d_0 = {start = "-1/2", stop = "-1/100", points = 15}
"""


def test_the_command_compares_with_the_best_rule_of_the_sweep(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "space.toml").write_text(SMALL)
    words = ["hebbsym", "explore", str(tmp_path / "space.toml"), "-o", str(tmp_path / "out")]
    monkeypatch.setattr(
        sys, "argv", [*words, "--optimise", "--columns", "span,snr", "--by", "span"]
    )
    with pytest.raises(SystemExit) as left:
        cli.main()
    out, err = capsys.readouterr()
    assert (left.value.code or 0, err) == (0, "")
    assert out.count("certificate    holds") == 3
    frame = hs.Sweep.read(tmp_path / "out").frame()
    best_of = frame.loc[frame["span"].idxmax()]
    assert f"best of sweep  {best_of['span']:.10g} (rule {best_of['rule']:.0f}, of 15)" in out
    assert f"value          {float(most_patterns(100, 4)):.10g}" in out
