"""The engine of exact averages: against bounds in seconds, and against expansion of expressions."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import Any

import sympy as sp

from benchmarks import Case, in_turns, quotient
from hebbsym import notation
from hebbsym.averages import Averages
from hebbsym.coincidences import CUED, Coincidence, coincidences, field_moment
from hebbsym.families.cues import Exact
from hebbsym.families.ensembles import Bipolar
from hebbsym.families.rules import ExpandedRule
from hebbsym.theory.fields import law_of, on_alphabet
from hebbsym.theory.setting import Setting

_FRESH = """
import sys, time
import sympy as sp
import hebbsym as hs
from hebbsym.notation import a, delta
hs.derive, hs.ExpandedRule, hs.Bipolar, hs.Flip, hs.Moments
sp.expand((sp.Symbol("t") + 1) ** 2)
start = time.perf_counter()
{work}
print(time.perf_counter() - start)
"""
_SECOND = 'hs.derive(hs.ExpandedRule(order=2), hs.Bipolar(mean=a), cue=hs.Flip(delta))["snr"]'
_FOURTH = 'hs.derive(hs.ExpandedRule(order=4), hs.Moments())["snr"]'
_AFFINE = """
theory = hs.derive(hs.rules["affine"], hs.Bipolar(mean=a))
theory["field_mean"], theory["field_variance"], theory["snr"]
"""


def _fresh_seconds(work: str, times: int) -> list[float]:
    """Seconds of a piece of work, each time in a new process that has imported SymPy and hebbsym."""
    command = [sys.executable, "-c", _FRESH.format(work=work)]
    return [
        float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        for _ in range(times)
    ]


def _within(bound: float, seconds: list[float]) -> Mapping[str, Any]:
    median = statistics.median(seconds)
    return {"ratio": bound / median, "rounds": len(seconds), "seconds": {"median": median}}


def _help() -> Mapping[str, Any]:
    command = [sys.executable, "-m", "hebbsym", "--help"]

    seconds = []
    for _ in range(7):
        start = time.perf_counter()  # of another process: its processor time is not ours
        subprocess.run(command, check=True, capture_output=True)
        seconds.append(time.perf_counter() - start)
    return _within(0.2, seconds)


class ByExpansion:
    """The same averages by ``sympy.expand`` on expressions: the slow readable twin of the engine."""

    def __init__(self, setting: Setting, n: sp.Symbol, k: sp.Symbol) -> None:
        self.setting = setting
        self.rule = on_alphabet(setting)
        self.law = law_of(setting.pre, setting.cue)
        self.n, self.k = n, k

    def moment(self, order: int) -> sp.Expr:
        """E[h**order | x]."""
        total = sp.S.Zero
        for orbit, multiplicity in coincidences(field_moment(order)).items():
            ways = sp.ff(self.n, orbit.free_pres) * sp.ff(self.k, orbit.free_patterns)
            total += multiplicity * ways * self._average(orbit)
        return sp.expand(sp.expand_func(total))

    def _average(self, orbit: Coincidence) -> sp.Expr:
        cells = {(unit, f.pattern): sp.Dummy() for f in orbit.factors for unit in (f.post, f.pre)}
        cues = {f.pre: sp.Dummy() for f in orbit.factors}
        product = sp.Mul(
            *(
                self.rule.update.xreplace(
                    {
                        notation.x_i: cells[f.post, f.pattern],
                        notation.x_j: cells[f.pre, f.pattern],
                    }
                )
                * cues[f.pre]
                for f in orbit.factors
            )
        )
        expanded = sp.expand(product)
        return sp.Add(*(self._term(t, cells, cues) for t in sp.Add.make_args(expanded)))

    def _term(
        self,
        term: sp.Expr,
        cells: Mapping[tuple[int, int], sp.Dummy],
        cues: Mapping[int, sp.Dummy],
    ) -> sp.Expr:
        powers = term.as_powers_dict()
        value = term
        for (unit, pattern), cell in cells.items():
            exponent = powers.get(cell, 0)
            value = value / cell**exponent
            if (unit, pattern) == (0, CUED):
                value = value * notation.x**exponent
            elif pattern != CUED or unit not in cues:
                value = value * self.law.moment(int(exponent), 0)
        for unit, cue in cues.items():
            exponent = powers.get(cue, 0)
            stored = powers.get(cells[unit, CUED], 0) if (unit, CUED) in cells else 0
            value = value / cue**exponent * self.law.moment(int(stored), int(exponent))
        return value


def _against_expansion(order: int, repeats: int) -> Mapping[str, Any]:
    n, k = sp.symbols("n k")
    setting = Setting(ExpandedRule(2), Bipolar(notation.a), Exact())
    law = law_of(setting.pre, setting.cue)
    found: dict[str, sp.Expr] = {}

    def engine() -> None:
        sizes = {"pres": n, "posts": n, "patterns": k}
        averages = Averages(
            on_alphabet(setting).terms, law, law, order=order, x=notation.x, sizes=sizes
        )
        found["engine"] = averages.average(field_moment(order))

    def expansion() -> None:
        found["expansion"] = ByExpansion(setting, n, k).moment(order)

    coincidences(field_moment(order))  # cached once for both
    seconds = in_turns(
        {"engine": engine, "expand": expansion}, rounds=1, repeats={"engine": repeats}
    )
    difference = sp.expand(found["engine"].as_expr() - found["expansion"])
    if difference != 0:
        raise AssertionError("the engine and its twin disagree")
    return quotient(seconds, "expand", "engine")


CASES = [
    Case(
        "rho-second-order",
        "0.1 s over the time for the exact rho of the symbolic second-order rule, flipped cues",
        1.0,
        lambda: _within(0.1, _fresh_seconds(_SECOND, 5)),
    ),
    Case(
        "rho-fourth-order",
        "3 s over the time for the exact rho of the symbolic fourth-order rule, symbolic moments",
        1.0,
        lambda: _within(3.0, _fresh_seconds(_FOURTH, 3)),
    ),
    Case(
        "affine-twelve",
        "0.2 s over the time for M, V and rho by age of the rule of twelve coefficients, biased signs",
        1.0,
        lambda: _within(0.2, _fresh_seconds(_AFFINE, 5)),
    ),
    Case(
        "engine-second-moment",
        "expand on expressions over the engine, second moment of the field",
        30.0,
        lambda: _against_expansion(2, 9),
    ),
    Case(
        "engine-fourth-moment",
        "expand on expressions over the engine, fourth moment of the field",
        40.0,
        lambda: _against_expansion(4, 3),
    ),
    Case("help", "0.2 s over the time of hebbsym --help as a whole process", 1.0, _help),
]
