"""What a finished sweep shows, read file by file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import sympy as sp

from hebbsym.errors import InvalidValue, SizeLimit, UnknownName
from hebbsym.exploration import sweeping
from hebbsym.exploration.ranking import front
from hebbsym.exploration.results import atlas_of, chosen, confirmed, draw
from hebbsym.exploration.space import Size, Space, finite
from hebbsym.exploration.sweeping import Sweep, explore
from hebbsym.judgement import Outcome
from hebbsym.notation import x_i, x_j

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


def test_figures_of_a_sweep(sweep: Sweep, tmp_path: Path) -> None:
    made = draw(sweep, tmp_path)
    names = {"front", "phases", "prices"}
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
