"""What a finished sweep shows, read file by file."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import sympy as sp

from hebbsym import cli
from hebbsym.errors import InvalidValue, SizeLimit, UnknownName
from hebbsym.exploration import sweeping
from hebbsym.exploration.classes import classes
from hebbsym.exploration.ranking import front
from hebbsym.exploration.results import atlas_of, chosen, confirmed, draw
from hebbsym.exploration.space import Size, Space, finite
from hebbsym.exploration.sweeping import Sweep, explore
from hebbsym.families.ensembles import Bipolar
from hebbsym.judgement import Outcome
from hebbsym.notation import D, K, x_i, x_j
from hebbsym.theories import derive

HALF = sp.Rational(1, 2)
VALUES = finite((-1, -HALF, -(HALF**2), 0, HALF**2, HALF, 1))
SPACE = Space(
    {"c_0": VALUES, "c_1_post": VALUES, "c_1_pre": VALUES, "c_2_corr": finite((1,))},
    ensembles=("bipolar(mean=1/2)",),
    cues=("exact", "flip(delta=1/10)"),
    criteria=("snr(z=1)",),
    sizes=(Size(60, 8),),
)


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    """The sweep in many files."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sweeping, "ROWS", 100)
        return explore(SPACE, to=tmp_path_factory.mktemp("sweep"))


def test_an_atlas_lists_every_class_with_its_names() -> None:
    """The count of the theorem; the ranking is that of the sweep, and rules without a number are no row."""
    signs = finite((-1, 0, 1))
    names = ("c_0", "c_1_post", "c_1_pre", "c_2_corr")
    space = Space(
        dict.fromkeys(names, signs), ensembles=("bipolar(mean=2/5)",), thresholds=("zero",),
        sizes=(Size(60, 8),), criteria=("snr(z=1)",),
    )  # fmt: skip
    found = atlas_of(space)
    assert len(found) == 40  # (81 - 1) / 2: no two of these points have a common divisor
    assert found.rules == 80
    assert found.entries[0].member.terms == {(1, 1): 1}
    assert {"hebb", "anti-hebb"} <= set(found.entries[0].named)
    assert found.counts() == {"not": 36, "no signal": 4}
    rho = derive(found.entries[0].member, Bipolar(sp.Rational(2, 5)))["snr"].formula
    load = sp.Rational(found.entries[0].load)
    assert float(rho.xreplace({D: sp.Integer(60), K: load})) == pytest.approx(1, rel=1e-12)  # z^2


@pytest.mark.parametrize(
    ("patterns", "count"), [("bipolar(mean=2/5)", 93), ("binary(activity=1/5)", 109)]
)
def test_a_sweep_divides_into_the_classes_of_the_theorem(patterns: str, count: int) -> None:
    names = ("c_0", "c_1_post", "c_1_pre", "c_2_post", "c_2_pre", "c_2_corr")
    space = Space(
        dict.fromkeys(names, finite((-1, 0, 1))), ensembles=(patterns,), thresholds=("zero",)
    )
    found = classes(space)
    assert (found.before, found.after) == (729, count)


def test_rules_that_centre_patterns_are_named_by_the_means_of_the_space() -> None:
    few = {
        "c_0": finite((0, HALF**2)),
        "c_1_post": finite((-HALF, 0)),
        "c_1_pre": finite((-HALF, 0)),
    }
    made = atlas_of(SPACE.subspace(coefficients={**few, "c_2_corr": finite((1,))}))
    names = {
        name: entry.member.update.xreplace({x_i: 3, x_j: 7})
        for entry in made.entries
        for name in entry.named
    }
    assert names["covariance"] == (3 - HALF) * (7 - HALF)
    assert names["pre-centred"] == 3 * (7 - HALF)
    assert names["post-centred"] == (3 - HALF) * 7


def test_the_chosen_rules_hold_front_and_borders_of_the_whole_table(sweep: Sweep) -> None:
    frame = sweep.frame()
    frame = frame[frame["condition"] == 0].reset_index(drop=True)
    few = -np.count_nonzero(frame[list(SPACE.names)], axis=1)
    found = chosen(sweep, sample=20, seed=1)
    assert set(front(frame["snr"], few)) <= set(found)
    for exponent, some in frame.groupby("exponent"):
        assert int(some["rule"].loc[some["snr"].idxmax()]) in found, exponent
        assert int(some["rule"].loc[some["snr"].idxmin()]) in found, exponent
    assert set(frame["exponent"]) == {0.0, 0.5, 1.0}
    assert 20 <= len(found) <= 32
    assert found == chosen(sweep, sample=20, seed=1) != chosen(sweep, sample=20, seed=2)


def test_chosen_rules_are_confirmed_under_every_condition(sweep: Sweep) -> None:
    found = confirmed(sweep, sample=3, seed=1, quantities=["snr"], networks=4096)
    assert len(found) == 2
    for one in found:
        assert set(one.outcomes) == {Outcome.AGREES}
        assert one.verdicts.significance == pytest.approx(0.005)


def test_errors_that_a_sweep_has_are_confirmed_where_a_bit_can_be_wrong(tmp_path: Path) -> None:
    """One family with the moments of the field, under each condition that has these claims."""
    space = Space(
        {"c_1_post": finite((0, 1)), "c_2_corr": finite((1,))},
        ensembles=("bipolar", "gaussian"), thresholds=("zero",), sizes=(Size(60, 8),),
    )  # fmt: skip
    made = explore(space, to=tmp_path / "errors", columns=["snr", "bit_error:high"])
    signs, real = confirmed(made, sample=0, networks=16)
    claims = {one.claim for one in signs.of(0)}
    assert claims == {"field_mean", "field_variance", "snr", "bit_error:high"}
    assert "bit_error:high" not in {one.claim for one in real.verdicts}
    plain = confirmed(made, sample=0, networks=16, quantities=["snr"])
    assert {one.claim for found in plain for one in found.verdicts} == {"snr"}


def test_figures_of_a_sweep(sweep: Sweep, tmp_path: Path) -> None:
    made = draw(sweep, tmp_path)
    names = {"front", "cues", "phases", "prices"}
    assert {path.name for path in made} == {f"{n}.{k}" for n in names for k in ("svg", "pdf")}
    assert all(path.stat().st_size > 1000 for path in made)


def test_what_is_refused(sweep: Sweep) -> None:
    with pytest.raises(InvalidValue, match="condition 2 does not exist"):
        chosen(sweep, condition=2)
    with pytest.raises(SizeLimit, match="an atlas lists at most 2000"):
        atlas_of(
            SPACE.subspace(coefficients={**SPACE.coefficients, "c_2_corr": finite(range(1, 30))})
        )


def test_a_sweep_without_ratios_has_nothing_to_choose_by(tmp_path: Path) -> None:
    made = explore(SPACE, to=tmp_path, columns=["exponent"])
    with pytest.raises(UnknownName, match="column of this sweep"):
        chosen(made)


SMALL = """
ensembles = ["bipolar(mean=1/2)"]
criteria = ["snr(z=1)"]
sizes = [{D = 60, K = 8}]
[coefficients]
c_1_post = ["-1/2", 0, 1]
c_1_pre = ["-1/2", 0]
c_2_corr = 1
"""


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Callable[..., tuple[int, str, str]]:
    """The command ``explore`` on a small space, with further arguments: status, output, errors."""

    def ran(*arguments: str, space: str = SMALL) -> tuple[int, str, str]:
        file = tmp_path / "space.toml"
        file.write_text(space, encoding="utf-8")
        words = ["hebbsym", "explore", str(file), "-o", str(tmp_path / "out"), *arguments]
        monkeypatch.setattr(sys, "argv", words)
        with pytest.raises(SystemExit) as left:
            cli.main()
        captured = capsys.readouterr()
        return int(left.value.code or 0), captured.out, captured.err

    return ran


def test_the_command_gives_evidence(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    status, out, _ = run("--optimise", "--confirm", "1", "--seed", "1", "--atlas", "--figures")
    assert status == 0
    assert "certificate    holds" in out
    assert "criterion      capacity:snr" in out
    assert "condition 0: " in out
    assert "AGREES" in out
    assert "K_max grows like D: 1" in out  # x_i (x_j - a)
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert {
        "atlas.txt",
        "atlas.md",
        "atlas.tex",
        "front.svg",
        "phases.pdf",
        "prices.svg",
    } <= written
    assert run("--top", "0")[0] == 0  # the folder is still that of the sweep


def test_what_the_command_refuses(run: Callable[..., tuple[int, str, str]]) -> None:
    status, _, err = run("--confirm", "3", "--columns", "exponent")
    assert status == 2
    assert "no column of this sweep 'snr'" in err


ONE_PATTERN = """
ensembles = ["bipolar(mean=1/5)"]
sizes = [{D = 100, K = 1}]
criteria = ["snr", "bit"]
[coefficients]
c_1_post = [0, -1]
c_2_corr = [0, 1]
"""


def test_one_pattern_has_no_noise_of_others(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    """x_i x_j alone recalls one exact cue without noise: an infinite ratio, and no best rule."""
    status, out, err = run("--figures", "--atlas", space=ONE_PATTERN)
    assert (status, err) == (0, "")
    assert "phases.svg" in out
    first, *_ = (tmp_path / "out" / "atlas.txt").read_text().splitlines()[1:]
    assert first.split()[1] == "x_i*x_j"
    assert "inf" in first
    status, out, err = run("--optimise", space=ONE_PATTERN)
    assert (status, err.count("\n")) == (2, 1)
    assert "at K = 1 some rules have no noise" in err
    # capacities do not ask for the K of the condition, and are shown all the same
    assert out.count("certificate    holds") == 2
    assert "criterion      capacity:bit" in out
    status, _, err = run("--columns", "efficiency", space=ONE_PATTERN)
    assert (status, err.count("\n")) == (2, 1)
    assert "column efficiency exists under no condition" in err
