"""Pareto fronts of a sweep, file by file: against every rule compared with every other, and the command."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy as sp

from hebbsym import cli
from hebbsym.errors import InvalidValue, NotDerivable, UnknownName
from hebbsym.exploration import results, sweeping
from hebbsym.exploration.fronts import compared, fronts, merits
from hebbsym.exploration.ranking import robustness
from hebbsym.exploration.results import chosen, draw
from hebbsym.exploration.space import Size, Space, finite
from hebbsym.exploration.sweeping import Sweep, explore
from hebbsym.notation import D, K

HALF = sp.Rational(1, 2)
VALUES = finite((-HALF, -(HALF**2), 0, HALF**2, 1))
SPACE = Space(
    {"c_0": VALUES, "c_1_post": VALUES, "c_1_pre": VALUES, "c_2_corr": finite((1,))},
    ensembles=("bipolar(mean=1/2)",),
    cues=("exact", "flip(delta=1/10)"),
    criteria=("snr(z=1)", "snr(z=3/2)"),
    sizes=(Size(60, 8),),
)
AGAINST = ("capacity:snr(z=1)", "robustness(z=1)")


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    """The sweep in many files, which hold neither a coefficient nor a robustness."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sweeping, "ROWS", 60)
        made = explore(
            SPACE, to=tmp_path_factory.mktemp("sweep"), columns=["snr", "capacity:snr(z=1)"]
        )
    assert len(made.files) > 4
    return made


def compared_with_all(table: Any) -> set[int]:
    """Rules that no other equals in all merits and passes in one, up to 1e-9."""
    kept = set()
    for n, one in enumerate(table):
        near = 1e-9 * np.abs(one)
        at_least, more = (table >= one - near).all(axis=1), (table > one + near).any(axis=1)
        if np.isfinite(one).all() and not (at_least & more).any():
            kept.add(n)
    return kept


def values_of(sweep: Sweep, condition: int) -> tuple[Any, Any, Any, Any]:
    """Rules, K_max as it was written, robustness by its own function, and a count of exact coefficients."""
    frame = sweep.frame()
    frame = frame[frame["condition"] == condition].reset_index(drop=True)
    numbers = frame["rule"].to_numpy()
    rules = [SPACE.rule(SPACE.point(int(n))) for n in numbers]
    at = {D: sp.Integer(60), K: sp.Integer(8)}
    setting = SPACE.conditions[condition].setting(rules[0])
    share = robustness(setting, rules, at=at, ratio=1.0)
    return (
        numbers,
        frame["capacity:snr(z=1)"].to_numpy(),
        share,
        [len(rule.terms) for rule in rules],
    )


@pytest.mark.parametrize("condition", [0, 1])
def test_a_front_holds_whom_no_other_rule_passes(sweep: Sweep, condition: int) -> None:
    """Three merits, one of them to be small, two of them not among the columns that were written."""
    numbers, capacity, share, count = values_of(sweep, condition)
    found = fronts(sweep, (*AGAINST, "terms"))[condition]
    table = np.stack([capacity, share, -np.array(count, dtype=float)], axis=1)
    assert {int(n) for n in found.rules} == {int(numbers[n]) for n in compared_with_all(table)}
    assert len(found.rules) > 2
    place = {int(n): row for n, row in zip(numbers, table, strict=True)}
    for number, values in zip(found.rules, found.values, strict=True):
        assert values * [1, 1, -1] == pytest.approx(place[int(number)], rel=1e-9)
    assert (np.diff(found.values[:, 0]) <= 0).all()


def test_robustness_is_where_flips_bring_the_ratio_down_to_its_bound() -> None:
    """x_i x_j on unbiased signs: rho = (D - 1) q^2 / (K - q^2) at q = 1 - 2 delta, by hand."""
    space = Space({"c_2_corr": finite((1,))}, criteria=("snr(z=2)",), sizes=(Size(101, 11),))
    (share,) = merits(space)["robustness"].of(0)(np.array([[1.0]]))
    q = 1 - 2 * share
    assert 100 * q**2 / (11 - q**2) == pytest.approx(4, rel=1e-12)
    bits = space.subspace(criteria=("bit",))  # without a criterion by the ratio: z = 1
    (share,) = merits(bits)["robustness"].of(0)(np.array([[1.0]]))
    q = 1 - 2 * share
    assert 100 * q**2 / (11 - q**2) == pytest.approx(1, rel=1e-12)


def test_fronts_are_confirmed_and_drawn(
    sweep: Sweep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = set(chosen(sweep, sample=0))
    both = {int(n) for one in fronts(sweep, AGAINST) for n in one.rules}
    assert both - plain
    assert set(chosen(sweep, sample=0, by=[AGAINST])) == plain | both

    def nothing(*_: Any) -> Any:
        raise NotDerivable("the other figures are simulated, and tested elsewhere")

    for other in ("_front", "_cues", "_phases", "_prices"):
        monkeypatch.setattr(results, other, nothing)
    names = {path.name for path in draw(sweep, tmp_path, by=[AGAINST, (*AGAINST, "terms")])}
    stem = "front-capacity-snr-z-1-robustness-z-1"
    assert names == {f"{stem}.svg", f"{stem}.pdf"}  # three merits have no plane


def test_what_is_refused() -> None:
    with pytest.raises(UnknownName, match="did you mean 'terms'"):
        compared(SPACE, ("snr", "term"))
    with pytest.raises(InvalidValue, match="snr is asked for twice"):
        compared(SPACE, ("snr", "terms", "snr"))
    with pytest.raises(InvalidValue, match="at least two merits"):
        compared(SPACE, ("snr",))
    real = SPACE.subspace(ensembles=("gaussian",))
    with pytest.raises(NotDerivable, match="bit_error:gaussian"):
        merits(real)["bit_error:gaussian"].of(0)


TOML = """
ensembles = ["bipolar(mean=1/2)"]
criteria = ["snr(z=1)"]
sizes = [{D = 60, K = 8}]
[coefficients]
c_0 = [0, "1/4"]
c_1_post = ["-1/2", 0]
c_1_pre = ["-1/2", 0]
c_2_corr = 1
"""


def test_the_command_prints_fronts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The covariance rule stores most and x_i x_j has one term; a mistake is one line, before there is a folder."""
    path, out = tmp_path / "space.toml", tmp_path / "out"
    path.write_text(TOML)

    def ran(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(
            sys, "argv", ["hebbsym", "explore", str(path), "-o", str(out), "--top", "0", *words]
        )
        with pytest.raises(SystemExit) as left:
            cli.main()
        return int(left.value.code or 0), *capsys.readouterr()

    for wrong, message in (("snr,robust", "no merit 'robust'"), ("snr", "at least two merits")):
        status, printed, err = ran("--front", wrong)
        assert (status, printed, err.count("\n")) == (2, "", 1)
        assert message in err
        assert not out.exists()
    status, printed, _ = ran("--front", "capacity:snr,terms", "--front", "capacity:snr, robustness")
    assert status == 0
    first, second = printed.split("\nfront of ")[1:]
    lines = first.splitlines()
    assert lines[0] == "capacity:snr, terms, condition 0: 3 rules"
    assert lines[3].endswith("x_i*x_j - x_i/2 - x_j/2 + 1/4")
    assert lines[-1].split()[2:] == ["1", "x_i*x_j"]
    assert second.startswith("capacity:snr, robustness, condition 0: ")
    assert ran("--top", "1")[0] == 0  # the folder is still that of the sweep
