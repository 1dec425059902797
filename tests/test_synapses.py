"""The one table of the general theorem as a command, and what is said where a simulation tells nothing."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sympy as sp

import hebbsym as hs
from hebbsym import cli, synapsecount
from hebbsym.comparison import Comparison, Entry
from hebbsym.publish.steps import Counts
from hebbsym.publish.synapses import Counted, _table, synapses_figure
from hebbsym.publish.universal import universal_figure
from hebbsym.synapsecount import HEADS, Row, synapses_json

PAIRS, TRIPLES = hs.nbody_products((2,)), hs.nbody_products((3,))
Ran = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ran:
    """The entry point in this process: status, output, complaints."""

    def ran(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["hebbsym", *words])
        with pytest.raises(SystemExit) as left:
            cli.main()
        captured = capsys.readouterr()
        return int(left.value.code or 0), captured.out, captured.err

    return ran


def test_the_command_writes_what_the_table_holds(run: Ran, tmp_path: Path) -> None:
    texts, at = ("2: x_i*x_j", "c*x_i*x_j*x_k"), ("--at", "D=14,epsilon=1/20,c=3")
    words = ("synapses", *texts, *at, "--networks", "16", "--seed", "3")
    status, out, _ = run(*words, "--no-pdf", "-o", str(tmp_path))
    assert status == 0
    rows = hs.synapse_table(14, sp.Rational(1, 20), 16, seed=3, rules=(PAIRS, TRIPLES))
    head, _, *lines = out.splitlines()
    assert all(name in head for name in HEADS)
    # a factor of a rule changes no capacity
    for text, line, row in zip(texts, lines, rows, strict=True):
        assert line.split() == [*text.split(), *" ".join(row.text[1:]).split()]
    record = json.loads((tmp_path / "synapses.json").read_text())
    assert record["schema"] == "hebbsym/synapses/1"
    assert (record["units"], record["epsilon"], record["seed"]) == (14, "1/20", 3)
    assert [one["simulated"] for one in record["rows"]] == [row.simulated for row in rows]
    page = (tmp_path / "report.html").read_text()
    assert "c*x_i*x_j*x_k" in page
    assert (tmp_path / "synapses.svg").exists()


def test_formulas_alone_and_the_rules_by_default(run: Ran) -> None:
    _, out, _ = run("synapses", "--networks", "0", "--at", "D=20")
    assert out.count("not simulated") == 7
    record = json.loads(run("synapses", "--networks", "0", "--format", "json")[1])
    best = {row["rule"]: row for row in record["rows"]}["best, n = 3"]
    assert best["synapses"] == math.comb(29, 2)
    # z = Q^-1(1/50) = 2.0537489: K_max = 1 + W/z^2
    assert best["theory"] == pytest.approx(1 + 406 / 2.0537489106318225**2, rel=1e-12)
    assert best["simulated"] is None
    assert best["determined"] is False


def test_the_table_is_the_same_for_any_number_of_workers_and_says_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Threads for processes, which take seconds to start; two workers cut the networks into other blocks."""
    seen: list[tuple[int, int]] = []
    options: dict[str, Any] = {"networks": 20, "seed": 2, "rules": (PAIRS, TRIPLES)}
    alone = hs.synapse_table(12, progress=lambda *done: seen.append(done), **options)
    assert seen == sorted(seen)
    assert seen[-1] == (40, 40)
    assert len(seen) > 4
    monkeypatch.setattr(synapsecount, "pool", ThreadPoolExecutor)
    assert alone == hs.synapse_table(12, workers=2, **options)


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["hebb"], "write a rule of pairs as '2: x_i*x_j'"),
        (["x_i*x_j*x_k + x_i"], "rules that add products only"),
        (["c*x_i*x_j*x_k"], "c has no value"),
        (["x_i*x_k"], "not symmetric"),
        (["--at", "K=9"], "known: D, epsilon"),
        (["--at", "D=1"], "at least 2"),
        (["--at", "D=5/2"], "integer"),
        (["--at", "epsilon=2/3"], "between 0 and 1/2"),
        (["--workers", "0"], "workers"),
    ],
)
def test_bad_input_is_one_line(run: Ran, words: list[str], hint: str) -> None:
    status, out, err = run("synapses", *words)
    assert (status, out) == (2, "")
    assert err.startswith("hebbsym: ")
    assert err.count("\n") == 1
    assert hint in err


# ---- an estimate whose error is as large as itself -----------------------------------------------


def row(simulated: float, stderr: float) -> Row:
    return Row("product", (3,), 36, 7.6, simulated, stderr, 72, 127.5)


def test_what_a_simulation_does_not_determine_is_said() -> None:
    nothing = (row(6.485, 11.0), row(7.0, math.inf), row(7.0, math.nan))
    assert [one.text[4] for one in nothing] == [
        "undetermined (6.485 ± 11)", "undetermined", "undetermined",
    ]  # fmt: skip
    assert not any(one.determined for one in nothing)
    assert row(7.5, 0.2).determined
    assert row(math.nan, math.nan).text[4] == "not simulated"
    record = synapses_json(nothing, 10, sp.Rational(1, 50), 4, 0)
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert [one["stderr"] for one in record["rows"]] == [11.0, None, None]
    counted = Counted((10,), (nothing,))
    table = _table(counted, Counts())
    assert ["undetermined" in str(line[4]) for line in table.rows] == [True] * 3
    assert synapses_figure(counted)[0].startswith(b"<?xml")


def test_few_networks_determine_nothing() -> None:
    """One network has no standard error; where no bit was wrong, or half were, Q^-1 is infinite or 0."""
    (one,) = hs.synapse_table(8, networks=1, rules=(PAIRS,))
    assert one.text[4] == "undetermined"
    (none,) = hs.synapse_table(12, sp.Rational(1, 10**6), 2, rules=(TRIPLES,))
    assert none.text[4] == "undetermined"


def test_the_comparison_says_it_too() -> None:
    wide = Entry("dot", "max", "auto", "A", theory=7.0, dropped=0.0, simulated=6.485, stderr=11.0)
    sure = Entry("cosine", "max", "auto", "A", theory=7.0, dropped=0.0, simulated=6.485, stderr=0.1)
    assert wide.text[-2:] == ("undetermined (6.485 ± 11)", "-")
    assert sure.text[-2:] == ("6.485 ± 0.1", "0.926")
    never = Entry("euclidean", "max", "auto", theory=0.0, simulated=0.0, stderr=0.0)
    beyond = Entry("manhattan", "max", "auto", theory=9.0, simulated=math.inf, stderr=4096.0)
    assert (never.text[-2], beyond.text[-2]) == ("none", "> 4096")
    table = Comparison(20, 20, "1/50", "bipolar", "exact", 8, 0, 4096, (wide, sure, never, beyond))
    assert [one["determined"] for one in table.to_json()["rows"]] == [False, True, True, True]
    assert universal_figure(table)[0].startswith(b"<?xml")
