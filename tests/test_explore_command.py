"""The command explore: what it prints, and one line for every mistake."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

import hebbsym as hs
from hebbsym import cli

SPACE = """
name = "second order"
ensembles = ["bipolar(mean=1/5)"]
criteria = ["snr(z=3)", "bit(epsilon=1/100)"]
sizes = [{D = 1000, K = 100}]

[coefficients]
c_0 = [-1, 0, "1/25"]
c_1_post = [-1, "-1/5", 0]
c_1_pre = [-1, "-1/5", 0]
c_2_corr = [0, 1]
"""


@pytest.fixture
def space(tmp_path: Path) -> Path:
    path = tmp_path / "space.toml"
    path.write_text(SPACE)
    return path


class Ran:
    """What one run of the command line printed, and its status."""

    def __init__(self, words: list[str], monkeypatch, capsys) -> None:
        monkeypatch.setattr(sys, "argv", ["hebbsym", "explore", *words])
        with pytest.raises(SystemExit) as left:
            cli.main()
        self.status = left.value.code or 0
        self.out, self.err = capsys.readouterr()


@pytest.fixture
def run(monkeypatch, capsys):
    return lambda *words: Ran([str(word) for word in words], monkeypatch, capsys)


def test_it_counts_divides_and_ranks(run, space: Path, tmp_path: Path) -> None:
    """The covariance rule, c_0 = a^2 and both means taken off, leads without being told."""
    ran = run(space, "-o", tmp_path / "out", "--top", 3, "--columns", "c_0,c_1_post,c_1_pre,c_2_corr,capacity:bit")  # fmt: skip
    assert (ran.status, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0] == "second order: 54 rules, 1 condition"
    assert lines[1].endswith("classes of equivalent rules")
    assert lines[2] == (
        "condition 0: bipolar(mean=1/5), cue exact, threshold optimal, D=1000, K=100"
    )
    assert lines[3].split()[-2:] == ["capacity:bit", "named"]
    first = lines[5].split()
    assert first[2:6] == ["0.04", "-0.2", "-0.2", "1"]
    assert first[7].startswith("covariance")
    assert len(lines) == 3 + 2 + 3 + 1
    assert lines[-1] == f"hash {hs.Sweep.read(tmp_path / 'out').hash}"


def test_the_same_command_takes_it_up_and_ends_with_the_same_hash(run, space, tmp_path) -> None:
    words = (space, "-o", tmp_path / "out", "--columns", "snr", "--all")
    assert run(*words).out == run(*words).out
    assert "not divided out" in run(*words).out


def test_another_column_may_rank(run, space: Path, tmp_path: Path) -> None:
    ran = run(space, "-o", tmp_path / "out", "--columns", "snr,drift", "--by", "drift", "--top", 1)
    assert ran.status == 0
    # c_0 = 1/25, and x_i x_j has the mean 1/25
    assert ran.out.splitlines()[-2].split()[-1] == "0.08"


MISTAKES = {
    "an unknown key": ("[coefficients]\nc_2_corr = 1\n[sizs]\n", [], "did you mean 'sizes'"),
    "no TOML": ("coefficients", [], "is no TOML"),
    "an empty space": ("[coefficients]\n", [], "no coefficients"),
    "an unknown column": (SPACE, ["--columns", "snrr"], "did you mean 'snr'"),
    "an unknown rank": (SPACE, ["--columns", "snr", "--by", "drift"], "no column 'drift'"),
    "too many rows": (
        "[coefficients]\n" + "\n".join(
            f"{n} = {{start = 0, stop = 1, points = 30}}"
            for n in ("c_0", "c_1_post", "c_1_pre", "c_2_post", "c_2_pre", "c_2_corr")
        ),
        ["--columns", "snr"],
        "--yes",
    ),
    "no scheduler": (SPACE, ["--scheduler", "nowhere"], "no scheduler answers at nowhere"),
}  # fmt: skip


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_one_line_and_status_2(run, tmp_path: Path, monkeypatch, case: str) -> None:
    from hebbsym.exploration import executors

    monkeypatch.setattr(executors, "_PATIENCE", "1s")
    text, more, message = MISTAKES[case]
    path = tmp_path / "space.toml"
    path.write_text(text)
    ran = run(path, "-o", tmp_path / "out", *more)
    assert ran.status == 2
    assert message in ran.err
    assert (ran.out, ran.err.count("\n")) == ("", 1)


def test_a_folder_of_another_sweep_is_one_line(run, space: Path, tmp_path: Path) -> None:
    assert run(space, "-o", tmp_path / "out", "--columns", "snr").status == 0
    ran = run(space, "-o", tmp_path / "out", "--columns", "drift")
    assert ran.status == 2
    assert "another sweep" in ran.err
    assert ran.err.count("\n") == 1
    assert run(space, "-o", tmp_path / "out", "--columns", "snr").status == 0


def test_a_file_that_is_missing_is_one_line(run, tmp_path: Path) -> None:
    ran = run(tmp_path / "none.toml", "-o", tmp_path / "out")
    assert ran.status == 2
    assert "cannot read" in ran.err


def test_a_terminal_sees_a_bar_and_a_pipe_does_not(space: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hebbsym", "explore", str(space), "-o", str(tmp_path / "a")]
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(hs.__file__).parents[1]),
        "COLUMNS": "100",
        "TERM": "xterm",
    }
    ours, theirs = os.openpty()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs, env=environment)
    os.close(theirs)
    terminal = read_all(ours)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "exploring" in terminal
    assert "%" in terminal
    quiet = subprocess.run(command, capture_output=True, env=environment)
    assert (quiet.stdout, quiet.stderr) == (out, b"")


def read_all(terminal: int) -> str:
    """What is written to a terminal until its other end is closed; a full one would stop the writer."""
    found = b""
    with contextlib.suppress(OSError):  # the end of a terminal is an error
        while piece := os.read(terminal, 1 << 12):
            found += piece
    os.close(terminal)
    return found.decode()


@pytest.mark.parametrize(
    ("condition", "column"),
    [
        ('ensembles = ["ternary(activity=1/2)"]', "gaussian"),
        ('ensembles = ["gaussian"]', "bit_error:gaussian"),
        ('thresholds = ["inhibition"]\nensembles = ["bipolar(mean=1/5)"]', "energy"),
    ],
)
def test_a_default_column_that_exists_nowhere_is_left_out(
    run, tmp_path: Path, condition: str, column: str
) -> None:
    """Asked for by name it is an error, before there is a folder."""
    path, out = tmp_path / "space.toml", tmp_path / "out"
    path.write_text(f"{condition}\n[coefficients]\nc_2_corr = [1]\n")
    ran = run(path, "-o", out, "--columns", f"snr,{column}")
    assert (ran.status, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert f"column {column} exists under no condition" in ran.err
    assert not out.exists()
    ran = run(path, "-o", out)
    assert (ran.status, ran.err) == (0, "")
    assert f"column {column} is left out: " in ran.out
    assert column not in hs.Sweep.read(out).columns


def test_a_ranking_has_a_gaussian_error_only_where_it_is_the_limit(run, tmp_path: Path) -> None:
    """A post part makes the field a mixture over what the unit itself stored."""
    path = tmp_path / "space.toml"
    text = 'ensembles = ["bipolar(mean=1/5)"]\n[coefficients]\nc_2_corr = 1\nc_1_post = '
    # x_i (x_j - 1/5) has no post part, x_i x_j has x_i/5
    for number, (post, said) in enumerate((('"-1/5"', False), ('["-1/5", 0]', True), ("0", True))):
        path.write_text(text + post)
        ran = run(path, "-o", tmp_path / str(number), "--columns", "gaussian,bit_error:gaussian")
        frame = hs.Sweep.read(tmp_path / str(number)).frame()
        assert frame["bit_error:gaussian"].isna().equals(frame["gaussian"].eq(0))
        assert ("the claim is bit_error" in ran.out) == frame["gaussian"].eq(0).any() == said
        ran = run(path, "-o", tmp_path / f"{number} all", "--columns", "bit_error:gaussian,bit_error")  # fmt: skip
        assert "mixture" not in ran.out
        assert hs.Sweep.read(tmp_path / f"{number} all").frame()["bit_error"].between(0, 0.5).all()
