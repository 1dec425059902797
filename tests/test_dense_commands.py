"""``hebbsym dense`` with --check and --report: the contract of check and report for dense memories."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path
from typing import Any

import pytest
import sympy as sp
from click.testing import CliRunner

import hebbsym as hs
from hebbsym import checking, networks
from hebbsym.cli import program
from hebbsym.families.separations import Given
from hebbsym.judgement import Finding
from hebbsym.notation import m
from hebbsym.theory.dense.bench import DenseBench

AT = ("--at", "D=30,K=60")


def run(*arguments: str) -> Any:
    return CliRunner().invoke(program, ["dense", *arguments], standalone_mode=False)


def test_check_gives_the_verdicts_that_python_gives() -> None:
    made = run(
        "power(n=3)", "--update", "gradient", "--cue", "flip(delta=1/10)", "-q", "snr",
        "-q", "field_mean", *AT, "--check", "--seed", "4", "--networks", "64", "--format", "json",
    )  # fmt: skip
    record = json.loads(made.stdout)
    assert record["schema"] == "hebbsym/verdicts/1"
    assert record["rule"] == "power(n=3), gradient"
    assert record["cue"] == "flip(delta=1/10)"
    theory = hs.dense(
        hs.separations["power"](3), update="gradient", cue=hs.Flip(sp.Rational(1, 10)),
        quantities=["snr", "field_mean"],
    )  # fmt: skip
    verdicts = hs.check(theory, D=30, K=60, seed=4, networks=64)
    assert record["verdicts"] == verdicts.to_json()["verdicts"]
    assert made.return_value == verdicts.exit_status


@pytest.mark.parametrize(("networks", "status"), [("400", 0), ("2", 3)])
def test_exit_status_is_that_of_check(networks: str, status: int) -> None:
    made = run("power(n=2)", "-q", "field_mean", *AT, "--check", "--networks", networks)
    assert made.return_value == status, made.output
    assert ("AGREES" in made.stdout) == (status == 0)


def test_a_false_claim_is_refuted_with_status_1(monkeypatch: pytest.MonkeyPatch) -> None:
    from hebbsym.theory.dense.bench import DenseBench

    right = DenseBench.field_mean.fget
    assert right is not None
    monkeypatch.setattr(DenseBench, "field_mean", property(lambda bench: 2 * right(bench)))
    made = run("power(n=2)", "-q", "field_mean", *AT, "--check", "--networks", "64")
    assert made.return_value == 1, made.output


@pytest.mark.parametrize(
    "options",
    [
        ("-q", "snr", "--check"),
        ("-q", "snr", "--at", "D=30", "--check"),
        ("-q", "snr", *AT, "--check", "--format", "latex"),
        ("-q", "snr", *AT, "--check", "--report", "somewhere"),
        ("-q", "snr", *AT, "--report", "somewhere", "--format", "json"),
    ],
)
def test_wrong_usage_is_one_of_our_errors(options: tuple[str, ...]) -> None:
    made = run("power(n=2)", *options)
    assert isinstance(made.exception, hs.HebbsymError), made.output
    assert "\n" not in str(made.exception)


def test_report_typesets_a_dense_memory(tmp_path: Path) -> None:
    made = run(
        "power(n=3)", "-q", "snr", "-q", "crosstalk_variance", "--report", str(tmp_path), "--no-pdf"
    )
    assert made.return_value == 0, made.output
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "power(n=3)" in page
    assert "crosstalk" in page
    assert "changes the weight" not in page
    assert "the patterns themselves are kept" in page
    assert (tmp_path / "report.tex").is_file()


# ---- sizes, and what has no value -----------------------------------------------------------------


def test_a_high_power_is_worked_out_on_polynomials() -> None:
    """n = 64 at D = 12 against sums over the binomial law in fractions; roots of long polynomials are not asked for signs."""
    theory = hs.dense(hs.separations["power"](64), quantities=["bit_error", "snr"])
    at = {hs.notation.D: sp.Integer(12), hs.notation.K: sp.Integer(5)}
    steps = [
        sp.Rational((o + 1) ** 64 - (o - 1) ** 64, 64) for o in range(-11, 12, 2)
    ]  # fmt: skip
    second = sum(math.comb(11, k) * v**2 for k, v in enumerate(steps)) / sp.Integer(2) ** 11
    ratio = steps[-1] ** 2 / (4 * second)
    assert hs.evaluate(theory["snr"].formula - ratio + 1, at) == 1
    error = sp.erfc(sp.sqrt(ratio / 2)) / 2
    assert abs(hs.evaluate(theory["bit_error"].formula, at) / hs.evaluate(error) - 1) < 1e-25


@pytest.mark.parametrize("update", ["difference", "gradient-with-self"])
@pytest.mark.parametrize("cue", [hs.Exact(), hs.Flip(sp.Rational(1, 10))], ids=lambda c: c.text)
def test_moments_at_a_number_of_units_are_those_in_d(update: str, cue: Any) -> None:
    for separation in (
        hs.separations["power"](5),
        hs.separations["distinct"](3),
        hs.separations["exponential"](1),
    ):
        rule = hs.dense(separation, update=update, cue=cue).setting
        general, numbers = DenseBench(rule), DenseBench(rule, sp.Integer(9))
        for power, (y, _) in itertools.product((1, 2, 4), general.branches):
            for of in ("signal_given", "crosstalk_given"):
                one = getattr(general, of)(y, power).subs(hs.notation.D, 9)
                other = getattr(numbers, of)(y, power).subs(hs.notation.D, 9)
                assert hs.evaluate(one - other + 1) == 1


def test_sizes_past_memory_are_refused_before_anything_is_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def made(*arguments: Any) -> Any:
        raise AssertionError("a table was made")

    monkeypatch.setattr(networks, "_table", made)
    monkeypatch.setattr(checking, "predictions", made)
    refused = run("power(n=3)", "-q", "snr", "--at", "D=200000,K=1000", "--check")
    assert isinstance(refused.exception, hs.SizeLimit)
    assert "D = 200000, K = 1000 needs about 2883 MiB" in str(refused.exception)
    assert "bound of 1024 MiB" in str(refused.exception)


def test_what_is_too_large_for_doubles_is_so_at_the_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """The largest overlap is looked at first: exp(200000) is refused after one value."""
    seen: list[Any] = []
    evaluated = networks.evaluate

    def counted(*arguments: Any) -> Any:
        seen.append(arguments)
        return evaluated(*arguments)

    monkeypatch.setattr(networks, "evaluate", counted)
    setting = hs.dense(hs.separations["exponential"](1), quantities=["signal"]).setting
    at = {hs.notation.D: sp.Integer(200_000), hs.notation.K: sp.Integer(2)}
    with pytest.raises(hs.SizeLimit, match=r"above 1e300 at the overlap 200000"):
        networks.network_of(setting, at)
    assert len(seen) <= 2


@pytest.mark.parametrize("at", ["K=1", "D=20,K=1"])
@pytest.mark.parametrize("quantity", ["snr", "bit_error"])
def test_one_pattern_alone_has_no_noise(quantity: str, at: str) -> None:
    refused = run("power(n=3)", "-q", quantity, "--at", at)
    assert isinstance(refused.exception, hs.InvalidValue)
    assert str(refused.exception).startswith(
        f"{quantity} has no value for K = 1: there is no other"
    )
    made = run("power(n=3)", "--at", at)
    assert made.exception is None
    assert f"{quantity} has no value for K = 1" in made.stderr
    assert f"\n{quantity}:" not in made.stdout


def test_one_pattern_alone_is_noisy_where_its_cue_is() -> None:
    made = run("power(n=3)", "--cue", "flip(delta=1/10)", "-q", "snr", "--at", "D=20,K=1")
    assert made.exception is None
    assert "at D=20, K=1" in made.stdout


@pytest.mark.parametrize(
    ("separation", "message"),
    [
        ("power(n=3)", "'power' has none; take 'exponential'"),
        ("given(F=cosh(m/10))", "'given' has none"),
        ("exponential", "an exact cue has no best beta: .* take a flipped one"),
    ],
)
def test_why_there_is_no_best_beta(separation: str, message: str) -> None:
    refused = run(separation, "-q", "beta:best")
    with pytest.raises(hs.NotDerivable, match=message):
        raise refused.exception


def test_a_capacity_of_finite_sums_keeps_each_of_them_whole() -> None:
    """Factoring tore a sum of squares into three, and took minutes for long polynomials."""
    theory = hs.dense(Given(sp.cosh(m / 10)), quantities=["capacity:snr", "crosstalk_variance"])
    (total,) = theory["capacity:snr"].formula.atoms(sp.Sum)
    assert total == theory["crosstalk_variance"].formula
    at = {hs.notation.D: sp.Integer(9), hs.notation.z: sp.Integer(2)}
    load = hs.evaluate(theory["capacity:snr"].formula, at)
    rho = hs.dense(Given(sp.cosh(m / 10)))["snr"].formula
    assert (
        abs(
            hs.evaluate(rho * (hs.notation.K - 1), {**at, hs.notation.K: sp.Integer(7)})
            / (load - 1)
            - 4
        )
        < 1e-25
    )


def test_no_number_of_networks_decides_what_is_lost_beside_its_noise() -> None:
    finding = Finding(1.0, 1.0, 1e200, 10)
    assert math.isinf(finding.needed(0.05, 0.01))
