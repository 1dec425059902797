"""The command line is a contract: names, schemas, exit statuses, streams, whole files."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

from hebbsym import cli

CHECK = ["--at", "D=40,K=4"]


@dataclass(frozen=True)
class Ran:
    """What a run of the command line left behind."""

    status: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The entry point in this process, with its arguments."""

    def ran(*arguments: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["hebbsym", *arguments])
        with pytest.raises(SystemExit) as left:
            cli.main()
        captured = capsys.readouterr()
        return Ran(int(left.value.code or 0), captured.out, captured.err)

    return ran


def process(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    """The command line as a process of its own."""
    command = [sys.executable, "-m", "hebbsym", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, **options)  # type: ignore[call-overload, no-any-return]


def commands() -> dict[str, click.Command]:
    """Every command by the words that reach it."""
    found: dict[str, click.Command] = {}
    pending: list[tuple[tuple[str, ...], click.Command]] = [((), cli.program)]
    while pending:
        words, command = pending.pop()
        found[" ".join(words)] = command
        if isinstance(command, click.Group):
            pending += [((*words, name), inner) for name, inner in command.commands.items()]
    return found


BAD_INPUT = {
    "unknown rule": (["derive", "covarience"], "did you mean 'covariance'?"),
    "unknown ensemble": (["derive", "hebb", "--patterns", "bipoler"], "did you mean 'bipolar'?"),
    "unknown cue": (["derive", "hebb", "--cue", "flop(delta=1/10)"], "did you mean 'flip'?"),
    "unknown threshold": (["derive", "hebb", "--threshold", "nul"], "zero"),
    "unknown parameter": (["derive", "hebb", "--cue", "flip(dleta=1/10)"], "did you mean 'delta'?"),
    "missing parameter": (["derive", "hebb", "--cue", "flip"], "flip(delta=...)"),
    "unknown quantity": (["derive", "hebb", "--quantity", "snrr"], "'snr'"),
    "unknown symbol": (["derive", "hebb", "--at", "D=60,k=12"], "did you mean 'K'?"),
    "unknown command": (["derivx", "hebb"], "Did you mean 'derive'?"),
    "unknown option": (["derive", "hebb", "--quantty", "snr"], "--quantity"),
    "unknown format": (["derive", "hebb", "--format", "yaml"], "yaml"),
    "no rule at all": (["derive"], "RULE"),
    "malformed formula": (["derive", "x_i*(x_j"], "x_i*(x_j"),
    "hostile formula": (["derive", "__import__('os').system('true')"], "hebbsym: "),
    "hostile value": (["derive", "hebb", "--at", "D=__import__('os')"], "hebbsym: "),
    "hostile parameter": (["derive", "hebb", "--cue", "flip(delta=9**9**9)"], "exponent"),
    "line breaks": (["derive", "x_i\n*x_j)"], "hebbsym: "),
    "older than the memory": (
        ["derive", "oja", "--quantity", "snr", "--at", "D=9,K=3,age=3,eta=1/2"],
        "too large by 1",
    ),
    "outside the class": (["derive", "storkey"], "storkey"),
    "probability above 1": (["derive", "hebb", "--cue", "flip(delta=3/2)"], "outside [0, 1]"),
    "probability below 0": (["derive", "hebb", "--patterns", "binary(activity=-1/2)"], "[0, 1]"),
    "mean above 1": (
        ["derive", "hebb", "--patterns", "bipolar(mean=a)", "--at", "a=2"],
        "outside [-1, 1]",
    ),
    "no pattern": (["derive", "hebb", "--at", "K=0"], "K"),
    "one unit": (["derive", "hebb", "--at", "D=1"], "at least 2"),
    "half a unit": (["derive", "hebb", "--at", "D=5/2"], "D"),
    "float value": (["derive", "hebb", "--at", "D=60.0"], "decimal"),
    "float in a rule": (["derive", "0.1*x_i*x_j"], "1/10"),
    "float in a parameter": (["derive", "hebb", "--cue", "flip(delta=0.1)"], "1/10"),
    "value given twice": (["derive", "hebb", "--at", "D=60,D=61"], "twice"),
    "value without a name": (["derive", "hebb", "--at", "60"], "name=number"),
    "free symbol in check": (["check", "c_corr*x_i*x_j", *CHECK], "c_corr"),
    "no sizes in check": (["check", "hebb"], "D"),
    "order past its bound": (["derive", "expanded(order=13)"], "12"),
    "size past its bound": (["check", "hebb", "--at", "D=10**12,K=10**12"], "hebbsym: "),
    "seed below 0": (["check", "hebb", *CHECK, "--seed", "-1"], "seed"),
    "budget 0": (["check", "hebb", *CHECK, "--budget", "0"], "budget"),
    "no worker": (["check", "hebb", *CHECK, "--workers", "0"], "workers"),
    "unwritable file": (["derive", "hebb", "-o", "/nowhere/at/all.json"], "/nowhere/at/all.json"),
    "unwritable folder": (["report", "hebb", "-o", "/proc/hebbsym/out"], "/proc/hebbsym/out"),
    "not a number": (["derive", "hebb", "--patterns", "bipolar(mean=nan)"], "'nan' cannot be"),
    "infinite threshold": (["derive", "hebb", "--threshold", "fixed(theta=inf)"], "'inf' cannot"),
    "imaginary unit": (["derive", "I*x_i*x_j"], "'I' cannot be a name"),
    "activity of itself": (["derive", "hebb", "--patterns", "binary(activity=x_i)"], "activity"),
    "threshold of itself": (["derive", "hebb", "--threshold", "fixed(theta=x)"], "stored"),
    "weight in a cue": (["derive", "hebb", "--cue", "flip(delta=w)"], "the weight"),
    "stored value in a rule": (["derive", "x*x_i*x_j", "-q", "snr"], "the value stored"),
    "no such stored value": (["derive", "hebb", "-q", "field_mean", "--at", "x=7"], "-1, 1"),
    "load in a coefficient": (["derive", "x_i*x_j + K*x_i", "-q", "capacity:snr"], "contains K"),
    "ratio in a coefficient": (["derive", "x_i*x_j + z*x_i", "-q", "capacity:snr"], "contains z"),
    "rate in a coefficient": (
        ["derive", "x_i*x_j + epsilon*x_i", "-q", "capacity:bit"],
        "contains epsilon",
    ),
    "size in a coefficient": (["derive", "x_i*x_j + x_i/D", "-q", "scaling"], "contains D"),
    "size in an activity": (
        ["derive", "hebb", "--patterns", "binary(activity=1/D)", "-q", "scaling"],
        "contains D",
    ),
    "no parameter at all": (["derive", "hebb", "--patterns", "gaussian(mean=0)"], "known: none"),
    "noise of no other pattern": (
        ["derive", "hebb", "-q", "snr", "--at", "D=9,K=1"],
        "(D - 1)/(K - 1) is not finite at D=9, K=1: it divides by K - 1, which is 0 there",
    ),
    "error beside no other pattern": (
        ["derive", "nbody-product(n=3)", "-q", "bit_error", "--at", "D=9,K=1"],
        "divides by K - 1, which is 0",
    ),
    "dense and alone": (
        ["dense", "power(n=3)", "-q", "snr", "--at", "D=9,K=1"],
        "there is no other pattern, and no noise",
    ),
    "another case": (["derive", "hebb", "-q", "SNR"], "did you mean 'snr'?"),
    "unknown theorem": (["theorems", "check", "energie"], "did you mean 'energy'?"),
}


@pytest.mark.parametrize(("arguments", "hint"), BAD_INPUT.values(), ids=list(BAD_INPUT))
def test_bad_input_is_one_line_and_status_2(run: Run, arguments: list[str], hint: str) -> None:
    ran = run(*arguments)
    assert ran.status == 2
    assert ran.out == ""
    assert ran.err.startswith("hebbsym: ")
    assert ran.err.count("\n") == 1
    assert ran.err.endswith("\n")
    assert hint in ran.err


def test_bad_input_leaves_no_file_behind(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "claims.json"
    target.write_text("kept")
    ran = run("derive", "hebb", "--at", "b=1", "-o", str(target))
    assert ran.status == 2
    assert os.listdir(tmp_path) == ["claims.json"]
    assert target.read_text() == "kept"


def test_a_bad_report_leaves_no_folder_behind(run: Run, tmp_path: Path) -> None:
    assert run("report", "hebb", "--at", "D=50", "-o", str(tmp_path / "new" / "out")).status == 2
    assert run("theorems", "build", "energie", "-o", str(tmp_path / "new")).status == 2
    assert os.listdir(tmp_path) == []


def test_a_file_that_is_replaced_keeps_its_permissions_and_its_links(
    run: Run, tmp_path: Path
) -> None:
    target, link = tmp_path / "private.txt", tmp_path / "link.txt"
    target.write_text("old")
    target.chmod(0o600)
    link.symlink_to(target)
    assert run("derive", "hebb", "-q", "snr", "-o", str(link)).status == 0
    assert "rho = (D - 1)/(K - 1)" in target.read_text()
    assert link.is_symlink()
    assert target.stat().st_mode & 0o777 == 0o600


def test_a_pipe_is_written_to_and_not_replaced(run: Run, tmp_path: Path) -> None:
    """Neither is a device: as root, ``-o /dev/null`` would turn it into a file."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    assert run("derive", "hebb", "-q", "snr", "-o", str(pipe)).status == 0
    assert b"rho = (D - 1)/(K - 1)" in os.read(reader, 10**5)
    os.close(reader)
    assert pipe.is_fifo()
    assert os.listdir(tmp_path) == ["pipe"]


def test_a_name_that_is_too_long_is_an_error_in_one_line(run: Run, tmp_path: Path) -> None:
    ran = run("derive", "hebb", "-q", "snr", "-o", str(tmp_path / ("a" * 300)))
    assert ran.status == 2
    assert ran.err.count("\n") == 1
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="the system has no full device")
def test_an_output_that_takes_nothing_is_an_error_in_one_line() -> None:
    """Status 1 would say that a verdict disagrees."""
    command = [sys.executable, "-m", "hebbsym", "derive", "hebb", "-q", "snr"]
    with open("/dev/full", "w") as full:
        ran = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=120)
    assert (ran.returncode, ran.stderr) == (2, "hebbsym: No space left on device\n")


def test_a_closed_output_is_an_error_in_one_line() -> None:
    words = f"{sys.executable} -m hebbsym derive hebb -q snr >&-"
    ran = subprocess.run(["sh", "-c", words], stderr=subprocess.PIPE, text=True, timeout=120)
    assert ran.returncode == 2
    assert ran.stderr == "hebbsym: standard output is closed; give a file with -o\n"


def test_unwritable_output_is_noticed_before_the_work(run: Run, tmp_path: Path) -> None:
    """An output that cannot be written is reported rather than the bad rule behind it."""
    ran = run("derive", "covarience", "-o", str(tmp_path / "no" / "such" / "folder.txt"))
    assert "cannot write" in ran.err
    ran = run("derive", "covarience", "-o", str(tmp_path))
    assert "is a directory" in ran.err


@pytest.mark.parametrize("words", sorted(commands()))
def test_help_of_every_command_shows_an_example_that_runs(run: Run, words: str) -> None:
    ran = run(*words.split(), "--help")
    assert ran.status == 0
    assert ran.err == ""
    lines = [line.strip() for line in ran.out.splitlines()]
    assert any(line.startswith("hebbsym " + words) for line in lines), "no example"


def test_no_argument_shows_the_help(run: Run) -> None:
    assert run().out == run("--help").out


def test_derive_json(run: Run) -> None:
    """Plain Hebb: rho = (D - 1)/(K - 1), hence 59/11 at D = 60, K = 12."""
    ran = run("derive", "hebb", "-q", "snr", "--at", "D=60,K=12", "--format", "json")
    assert (ran.status, ran.err) == (0, "")
    record = json.loads(ran.out)
    assert list(record) == ["schema", "rule", "patterns", "cue", "threshold", "claims"]
    assert record["schema"] == "hebbsym/claims/1"
    assert (record["rule"], record["cue"], record["threshold"]) == ("hebb", "exact", "zero")
    assert record["patterns"] == "bipolar(mean=0)"
    (claim,) = record["claims"]
    assert {"name", "regime", "formula", "latex", "assumptions", "source", "at", "value"} <= set(
        claim
    )
    assert (claim["name"], claim["regime"]) == ("snr", "EXACT")
    assert claim["formula"] == "(D - 1)/(K - 1)"
    assert claim["at"] == {"D": "60", "K": "12"}
    assert claim["value"] == pytest.approx(59 / 11, rel=1e-15)


def test_derive_json_has_a_value_only_when_every_symbol_is_fixed(run: Run) -> None:
    arguments = ["derive", "hebb", "-q", "field_mean", "--format", "json", "--at"]
    (half,) = json.loads(run(*arguments, "D=60").out)["claims"]
    (whole,) = json.loads(run(*arguments, "D=60,x=-1").out)["claims"]
    assert half["value"] is None
    assert whole["value"] == -59  # x (D - 1)


def test_derive_all_quantities(run: Run) -> None:
    ran = run("derive", "covariance", "--patterns", "bipolar(mean=a)", "--format", "json")
    names = {claim["name"] for claim in json.loads(ran.out)["claims"]}
    assert {"weights", "energy", "field_mean", "field_variance", "snr", "capacity:bit"} <= names


def test_derive_text_names_regime_formula_and_value(run: Run) -> None:
    ran = run("derive", "hebb", "-q", "snr", "--at", "D=61,K=13")
    assert "[exact]" in ran.out
    assert "(D - 1)/(K - 1)" in ran.out
    assert "= 5 at D=61, K=13" in ran.out
    assert "\x1b" not in ran.out


def test_a_quantity_that_is_asked_for_twice_is_derived_once(run: Run) -> None:
    """A second verdict on the same claim would count it twice in the family."""
    assert run("derive", "hebb", "-q", "snr", "-q", "snr").out.count("snr:") == 1


def test_derive_latex(run: Run) -> None:
    ran = run("derive", "hebb", "-q", "snr", "--format", "latex")
    assert r"\frac{D - 1}{K - 1}" in ran.out


def test_rule_text_with_a_leading_minus_follows_two_dashes(run: Run) -> None:
    ran = run("derive", "-q", "weight_mean", "--format", "json", "--", "-x_i*x_j")
    assert json.loads(ran.out)["rule"] == "-x_i*x_j"


def test_output_file_is_what_standard_output_would_be(run: Run, tmp_path: Path) -> None:
    arguments = ["derive", "hebb", "-q", "snr", "--format", "json"]
    target = tmp_path / "claims.json"
    ran = run(*arguments, "-o", str(target))
    assert (ran.status, ran.out, ran.err) == (0, "", "")
    assert target.read_text() == run(*arguments).out
    assert os.listdir(tmp_path) == ["claims.json"]


def test_check_json(run: Run) -> None:
    ran = run(
        "check", "hebb", "-q", "field_mean", "-q", "field_variance", *CHECK,
        "--seed", "1", "--format", "json",
    )  # fmt: skip
    record = json.loads(ran.out)
    assert record["schema"] == "hebbsym/verdicts/1"
    fields = {
        "claim", "predicted", "estimate", "stderr", "z", "verdict", "detectable", "samples",
    }  # fmt: skip
    assert record["verdicts"]
    for verdict in record["verdicts"]:
        assert fields <= set(verdict)
        assert verdict["verdict"] == "AGREES"
    assert (ran.status, ran.err) == (0, "")


def test_check_is_the_same_for_any_number_of_workers(run: Run) -> None:
    arguments = ["check", "hebb", "-q", "field_variance", *CHECK, "--format", "json"]
    assert run(*arguments).out == run(*arguments, "--workers", "2").out


def test_check_text_is_a_table(run: Run) -> None:
    ran = run("check", "hebb", "-q", "field_variance", *CHECK)
    assert ran.out.splitlines()[0].split()[0] == "claim"
    assert "AGREES" in ran.out


def test_check_with_too_small_a_budget_is_undecided(run: Run) -> None:
    ran = run("check", "hebb", "-q", "bit_error", "--at", "D=400,K=40", "--budget", "1/1000")
    assert ran.status == 2  # a budget is a decimal number of seconds
    ran = run("check", "hebb", "-q", "bit_error", "--at", "D=400,K=40", "--budget", "0.000001")
    assert ran.status == 3
    assert "UNDECIDED" in ran.out


def test_report_leaves_its_files_and_prints_where(run: Run, tmp_path: Path) -> None:
    ran = run("report", "hebb", "-q", "snr", "-o", str(tmp_path / "out"), "--no-pdf")
    assert ran.status == 0
    page = Path(ran.out.strip())
    assert page.parent == tmp_path / "out"
    assert page.suffix == ".html"
    assert page.read_text(encoding="utf-8").startswith("<!")


def test_theorems_are_listed_with_their_titles(run: Run) -> None:
    ran = run("theorems", "list")
    assert ran.out == run("theorems").out
    assert "energy" in ran.out.split()


def test_theorems_check_says_how_each_step_was_verified(run: Run) -> None:
    ran = run("theorems", "check", "activity_product")
    assert ran.status == 0
    assert "activity_product: holds" in ran.out
    assert "[" in ran.out


def test_a_process_of_its_own_answers_alike() -> None:
    assert process("--version").stdout.startswith("hebbsym ")
    bad = process("derive", "covarience")
    assert (bad.returncode, bad.stdout) == (2, "")
    assert bad.stderr == "hebbsym: no rule 'covarience'; did you mean 'covariance'?\n"


def test_a_closed_pipe_ends_the_program_quietly() -> None:
    command = [sys.executable, "-m", "hebbsym", "derive", "hebb", "-q", "snr"]
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, timeout=120)
    os.close(writer)
    assert done.stderr == b""
    assert done.returncode == cli.CLOSED_PIPE


def test_an_interrupt_ends_the_program_in_one_line(tmp_path: Path) -> None:
    """The check takes minutes on any machine: its error is too rare to be counted.

    Under inhibition the inputs of a field are coupled, so that it cannot be sampled either.
    """
    target = tmp_path / "verdicts.json"
    command = [
        sys.executable, "-m", "hebbsym", "check", "hebb", "-q", "bit_error", "--threshold", "inhibition",
        "--at", "D=3000,K=60", "--networks", "1000000", "-o", str(target),
    ]  # fmt: skip
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for _ in range(600):
        if os.listdir(tmp_path):
            break
        time.sleep(0.05)
    time.sleep(1)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=60)
    # an interrupt inside text that Python runs for an import ends it by the signal: 130 to a shell
    assert running.returncode in (130, -signal.SIGINT)
    assert (out, err) == ("", "hebbsym: interrupted\n")
    assert os.listdir(tmp_path) == []


def test_help_needs_neither_sympy_nor_numpy() -> None:
    """What makes the help fast: nothing heavy is imported for it."""
    code = (
        "import sys; from hebbsym.cli import program; program.main(['--help'], 'hebbsym', "
        "standalone_mode=False); sys.exit(bool({'sympy', 'numpy', 'rich'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


def test_recall_and_order_are_part_of_the_setting(run: Run) -> None:
    """The identity decides nothing; a function is expanded only with an order."""
    refused = run("derive", "hebb", "--recall", "identity", "-q", "bit_error")
    assert refused.status == 2
    assert "linear recall" in refused.err
    wrong = run("derive", "hebb", "--recall", "step", "-q", "bit_error")
    assert wrong.status == 2
    assert "step gives 0 or 1" in wrong.err
    assert run("derive", "tanh(x_i)*x_j", "-q", "drift").status == 2
    expanded = run("derive", "tanh(x_i)*x_j", "--order", "4", "-q", "weights")
    assert expanded.status == 0
    assert "xi[mu, i]**3*xi[mu, j]/3" in expanded.out


# ---- limits -------------------------------------------------------------------------------------


def limits(run: Run, *arguments: str) -> dict[str, dict[str, object]]:
    """The claims that a command writes as JSON, by name."""
    ran = run(*arguments, "--format", "json")
    assert ran.status == 0, ran.err
    record = json.loads(ran.out)
    assert record["schema"] == "hebbsym/claims/1"
    assert {"rule", "patterns", "cue", "threshold"} <= set(record)
    return {claim["name"]: claim for claim in record["claims"]}


def test_meanfield_gives_thirty_digits(run: Run) -> None:
    """alpha_c = 0.1379, the load of print, as a number and as text of as many digits as asked for."""
    claims = limits(run, "meanfield", "hebb", "--quantity", "alpha_c", "--digits", "30")
    assert list(claims) == ["alpha_c"]
    digits = str(claims["alpha_c"]["digits"])
    assert digits.startswith("0.1379")
    assert len(digits) == 32
    assert float(digits) == claims["alpha_c"]["value"]
    (short,) = limits(run, "meanfield", "hebb", "--quantity", "alpha_c", "--digits", "5").values()
    assert short["digits"] == "0.13791"


@pytest.mark.parametrize(
    "model", ["sign-clipped", "diluted", "nbody(n=3)", "covariance", "x_i*x_j"]
)
def test_meanfield_answers_for_every_kind_of_model(run: Run, model: str) -> None:
    claim = limits(run, "meanfield", model, "--quantity", "alpha_c")["alpha_c"]
    assert 0 < float(str(claim["digits"])) < 1
    assert claim["assumptions"]


def test_roots_are_printed_as_the_equations_that_they_solve(run: Run) -> None:
    out = run("meanfield", "hebb", "-q", "alpha_first_order", "--digits", "5").out
    assert "Solution" not in out
    # the noise of the spin glass, by name, in the equation for y
    assert "where y solves 0 = -r_1 - erf(y)**2/2" in out
    assert "where r_1 = " in out
    assert "where u solves 0 = " in out


def test_meanfield_at_a_temperature(run: Run) -> None:
    warm = limits(run, "meanfield", "hebb", "--at", "T=1/2", "--digits", "10")
    assert set(warm) == {"alpha_c", "overlap_c", "alpha_first_order", "alpha_symmetric"}
    assert warm["alpha_c"]["at"] == {"T": "1/2"}
    assert float(str(warm["alpha_c"]["digits"])) < 0.1
    cold = limits(run, "meanfield", "hebb", "--at", "T=0", "--quantity", "alpha_c")
    assert float(str(cold["alpha_c"]["digits"])) > 0.137


def test_bounds_on_the_command_line(run: Run) -> None:
    cover = limits(run, "bound", "cover")
    assert cover["bound:cover"]["value"] == 2
    assert cover["bound:cover:probability"]["value"] is None
    half = limits(run, "bound", "cover", "--at", "P=20,N=10")
    assert half["bound:cover:probability"]["value"] == 0.5
    open_ = limits(run, "bound", "gardner")["bound:gardner"]
    assert open_["value"] is None
    assert open_["digits"] is None
    fair = limits(run, "bound", "gardner", "--at", "kappa=0,m=0")["bound:gardner"]
    assert fair["value"] == 2
    assert "digits: " in run("bound", "gardner", "--at", "kappa=1/2,m=1/5").out


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["bound", "gardener"], "gardner"),
        (["bound", "gardner", "--at", "kappa=-1,m=0"], "not negative"),
        (["bound", "gardner", "--at", "kappa=1,m=1"], "needs"),
        (["bound", "gardner", "--at", "kapa=1"], "kappa"),
        (["bound", "cover", "--at", "P=1/2,N=1"], "whole number"),
        (["meanfield", "covarience"], "covariance"),
        (["meanfield", "nbody(n=0)"], "at least 2"),
        (["meanfield", "two-step", "--quantity", "alpha_first_order"], "free energy"),
        (["meanfield", "nbody(n=3)", "--at", "T=3/5"], "T < 0.58"),
        (["meanfield", "neurodynamics(steps=0)"], "1 to 100"),
        (["bound", "cover", "--at", "epsilon=1/2"], "needs"),
        (["meanfield", "hebb", "--quantity", "alpha"], "alpha_c"),
        (["meanfield", "hebb", "--at", "T=2"], "T < 1"),
        (["meanfield", "hebb", "--digits", "0"], "digits"),
    ],
)
def test_bad_limits_are_one_line(run: Run, words: list[str], complaint: str) -> None:
    ran = run(*words)
    assert ran.status == 2
    assert ran.out == ""
    assert complaint in ran.err
    assert ran.err.count("\n") == 1


def test_phase_diagram_is_drawn(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "phases.svg"
    words = ("meanfield", "sign-clipped", "-q", "alpha_c", "--digits", "5")
    assert run(*words, "--figure", str(path)).status == 0
    assert path.read_text(encoding="utf-8").startswith("<?xml")
