"""The atlas of rules affine in the weight: retention, laws, ceilings and spans against the claims, and by hand."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import pytest
import sympy as sp

from hebbsym import cli, notation, numeric
from hebbsym.exploration.affine_atlas import AffineEntry
from hebbsym.exploration.atlas import Atlas
from hebbsym.exploration.conditions import confirm_space
from hebbsym.exploration.results import atlas_of
from hebbsym.exploration.space import Size, Space, finite
from hebbsym.judgement import Outcome
from hebbsym.notation import w, x_i, x_j
from hebbsym.theories import Theory

R = sp.Rational
SPACE = Space(
    {
        "c_1_pre": finite((0, -R(1, 5))),
        "c_2_corr": finite((0, -1, 1, 2)),
        "d_0": finite((0, -R(1, 10), R(1, 10), -2)),
        "d_2_post": finite((0, -R(1, 10))),
    },
    ensembles=("bipolar(mean=1/5)",),
    criteria=("snr(z=2)", "bit(epsilon=1/20)"),
    sizes=(Size(101, 11),),
)
(HERE,) = SPACE.conditions


@pytest.fixture(scope="module")
def found() -> Atlas:
    return atlas_of(SPACE)


def entry(found: Atlas, update: sp.Expr) -> AffineEntry:
    """The class of a rule, whose member may have another name: on signs x_i^2 = 1."""
    gaps = {
        n: sp.expand(one.member.update - update).xreplace({x_i**2: 1})
        for n, one in enumerate(found.entries)
    }
    (one,) = (found.entries[n] for n, gap in gaps.items() if sp.expand(gap) == 0)
    assert isinstance(one, AffineEntry)
    return one


def test_every_class_that_stores_something_is_a_row(found: Atlas) -> None:
    """7 rates (-2, -21/10, -1/5, -1/10, 0, 1/10 and 0 = 1/10 - 1/10) are 6, on signs; B up to a multiple."""
    # directions of (pre, corr): (0, 1); (-1/5, 0); (-1/5, 1), (-1/5, -1), (-1/5, 2)
    assert len(found) == 6 * 5
    assert found.rules == 64 - 8  # less those that add nothing
    # of 8 pairs of d_0 and d_2_post: 2 sum to 0, 2 to -1/10
    assert entry(found, x_i * x_j).rules == 2 * 3


LAWS = {sp.S.Zero: "add up", -R(1, 10): "settle", R(1, 10): "grow like a power",
        -sp.Integer(2): "grow like K", -R(21, 10): "grow like a power"}  # fmt: skip


@pytest.mark.parametrize("rate", LAWS)
def test_the_law_is_that_of_the_mean_square(found: Atlas, rate: sp.Rational) -> None:
    """E[w^2] takes the factor (1 + rate)^2 and E[B^2] = 1 with every pattern; w changes its sign at -2."""
    one = entry(found, x_i * x_j + rate * w)
    assert one.power == (1 + rate) ** 2
    assert one.law == LAWS[rate]


def test_numbers_are_those_of_the_claims(found: Atlas) -> None:
    """rho, ceiling and spans of each rule by itself; a rule whose history is heard alike has a ceiling."""
    levels = {"span": {notation.z: sp.Integer(2)}, "span:bit": {notation.epsilon: R(1, 20)}}
    for update in (x_i * x_j - w / 10, x_i * x_j - x_j / 5 - w / 5, x_i * x_j + w / 10):
        one = entry(found, update)
        theory = Theory(HERE.setting(one.member))
        at = {**HERE.size.values, notation.age: sp.S.Zero}
        assert one.ratio == pytest.approx(float(numeric.value(theory["snr"], at)), rel=1e-9)
        for name, level in levels.items():
            if one.power >= 1:
                assert math.isnan(one.spans[name])
                continue
            expected = float(numeric.value(theory[name], {**HERE.size.values, **level}))
            assert one.spans[name] == pytest.approx(expected if expected >= 1 else 0, rel=1e-6)
        if "snr:ceiling" in theory and one.power < 1:
            ceiling = numeric.value(theory["snr:ceiling"], at)
            assert one.ceiling == pytest.approx(float(ceiling), rel=1e-9)
        else:
            assert math.isnan(one.ceiling)


def test_the_best_span_comes_first_and_names_are_there(found: Atlas) -> None:
    spans = [one.spans["span"] for one in found.entries]
    settled = [s for s in spans if not math.isnan(s)]
    assert spans[: len(settled)] == sorted(settled, reverse=True)
    assert [one.rank for one in found.entries] == sorted(one.rank for one in found.entries)
    assert {"oja", "decay"} <= set(entry(found, x_i * x_j - w / 10).named)
    assert sum(found.counts().values()) == len(found)
    assert found.counts()["settle"] == 2 * 5


def test_a_table_is_a_table_in_every_form(found: Atlas) -> None:
    few = found.head(4)
    assert len(few.text.splitlines()) == 5
    assert {line.count("|") for line in few.markdown.splitlines()} == {len(few.heads) + 1}
    body = [line for line in few.latex.splitlines() if line.endswith(r"\\")]
    assert {line.count("&") for line in body} == {len(few.heads) - 1}
    assert r"\begin{tabular}{rlr" + "l" * (len(few.heads) - 3) + "}" in few.latex


def test_what_simulation_says_goes_into_the_row(found: Atlas) -> None:
    small = SPACE.subspace(sizes=(Size(30, 6),))
    rule = entry(found, x_i * x_j - w / 10).member
    (one,) = confirm_space(small, [rule], quantities=["snr"], resolution=R(1, 4))
    judged = found.confirmed(one)
    assert [e.outcome for e in judged.entries if e.outcome is not None] == [Outcome.AGREES]
    assert judged.entries[found.entries.index(entry(found, x_i * x_j - w / 10))].cells()[-1] == "agrees"  # fmt: skip


SMALL = """
sizes = [{D = 40, K = 8}]
criteria = ["snr(z=2)"]
[coefficients]
c_2_corr = [1, 2]
d_0 = ["-1/2", "-1/5", 0]
d_2_post = [0, "1/5"]
"""


def test_the_command_writes_the_table(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "space.toml").write_text(SMALL)
    words = ["hebbsym", "explore", str(tmp_path / "space.toml"), "-o", str(tmp_path / "out")]
    monkeypatch.setattr(sys, "argv", [*words, "--atlas", "--columns", "snr"])
    with pytest.raises(SystemExit) as left:
        cli.main()
    out, err = capsys.readouterr()
    assert (left.value.code or 0, err) == (0, "")
    # rates -1/2, -3/10, -1/5, 0 (twice), 1/5
    assert "12 rules, 1 condition\n5 classes of equivalent rules" in out
    assert "atlas of 5 classes at D=40, K=8, M=40; snr(z=2); weights settle: 3, " in out
    rows = (tmp_path / "out" / "atlas.txt").read_text().splitlines()
    assert len(rows) == 6
    assert rows[0].split()[:4] == ["rank", "class", "rules", "named"]
