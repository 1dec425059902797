"""``hebbsym dense`` with --check and --report: the contract of check and report for dense memories."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sympy as sp
from click.testing import CliRunner

import hebbsym as hs
from hebbsym.cli import program

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
