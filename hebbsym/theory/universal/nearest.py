r"""The separator ``max`` on signs: the law of the nearest pattern, exact at finite D and K.

The recalled pattern differs from its cue in a entries, binomially distributed; any other pattern in b entries, with
chances q_b = C(D, b)/2^D, independently. All similarities fall with the number of entries that differ, so that
the nearest pattern is the most similar one whatever the similarity. Those that tie are taken with the same
chance, and E[1/(J + 1)] of a binomial number J of ties is closed:

.. math:: P(\text{recall}) = \sum_a P(a)\, \frac{Q_a^K - Q_{a+1}^K}{K q_a}, \qquad Q_a = \sum_{b \ge a} q_b.

Main names
----------
NearestBench
    The probability of recall and the error of a bit.
QUANTITIES
    separation, recall, bit_error.

Neglects
--------
Nothing: the formulas are finite sums.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import final

import sympy as sp

from hebbsym.claim import Claim, Derivation, Evidence, Method, Regime, Step
from hebbsym.families.thresholds import FieldLaw
from hebbsym.notation import D, K, equation
from hebbsym.theory.dense.enumeration import unrolled
from hebbsym.theory.setting import Setting
from hebbsym.theory.universal.bench import binomial_law, require_signs, wrong_entries
from hebbsym.theory.universal.claims import ERROR, assumed, separation
from hebbsym.theory.universal.enumeration import UniversalEnumeration
from hebbsym.theory.workbench import Bench, Quantity

_a, _b = sp.symbols("a b", integer=True, nonnegative=True)
RECALL = sp.Symbol(r"\operatorname{P}_{\mathrm{recall}}")
_SIZES = ((3, 2), (2, 3), (3, 3))


@final
class NearestBench(Bench):
    """The nearest pattern of a setting of signs.

    Parameters
    ----------
    setting : Setting

    Examples
    --------
    >>> from hebbsym.families.separators import Max
    >>> from hebbsym.families.similarities import Dot
    >>> from hebbsym.families.universal import UniversalRule
    >>> NearestBench(Setting(UniversalRule(Dot(), Max()))).recall
    2**D*(1 - (1 - 1/2**D)**K)/K
    """

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.rule = require_signs(setting)
        self.wrong = wrong_entries(setting)

    @property
    def laws(self) -> tuple[FieldLaw, FieldLaw]:
        """The field is an entry of one pattern."""
        mean = 1 - 2 * self.error
        return tuple(FieldLaw(s * mean, 1 - mean**2, sp.S.Half) for s in (-1, 1))  # type: ignore[return-value]

    @cached_property
    def recall(self) -> sp.Expr:
        """The probability that the recalled pattern is the cued one."""
        if self.wrong == 0:
            none = 1 / sp.Integer(2) ** D  # of the other patterns' chances to be the same
            return (1 - (1 - none) ** K) / (K * none)
        won = (_from(_a) ** K - _from(_a + 1) ** K) / (K * _chance(_a))
        return sp.Sum(binomial_law(D, _a, self.wrong) * won, (_a, 0, D))

    @cached_property
    def error(self) -> sp.Expr:
        """The probability that a bit of the recalled pattern, or of its content, is wrong."""
        if not self.setting.auto:
            return (1 - self.recall) / 2
        wrong = self.wrong
        right = self._taken(sp.S.One, sp.S.Zero)
        return (1 - wrong) * right + (wrong * self._taken(sp.S.Zero, sp.S.One) if wrong != 0 else 0)

    def _taken(self, other: sp.Expr, own: sp.Expr) -> sp.Expr:
        """The chance that a pattern with the other entry at the unit is taken.

        At the unit it differs from the cue in ``other`` entries, and the cued pattern in ``own``; outside of
        it they differ in b and a entries.
        """
        b = _b + other
        below = _b + other - own  # the number a of the cued pattern's differences where both tie
        nearer, tied = _shares(b)
        n = D - 1
        if self.wrong == 0:
            farther, same = sp.S.Zero, sp.Piecewise((sp.S.One, sp.Eq(below, 0)), (sp.S.Zero, True))
        else:
            farther = sp.Sum(binomial_law(n, _a, self.wrong), (_a, below + 1, n))
            same = binomial_law(n, below, self.wrong)
        term = binomial_law(n, _b, sp.S.Half) * (farther * nearer + same * tied)
        return (K - 1) * sp.Sum(term, (_b, 0, n)) / 2

    @cached_property
    def enumeration(self) -> UniversalEnumeration:  # type: ignore[override]
        """All patterns and cues of three units and two patterns."""
        return UniversalEnumeration(self.setting, 3, 2)


def _shares(b: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """The chance that one pattern at distance b is taken: with the cued one farther away, and as near.

    None of the K - 2 others is nearer; J of them tie: E[1/(J + 1)] and E[1/(J + 2)].
    """
    q, here, past = _chance(b), _from(b), _from(b + 1)
    nearer = (here ** (K - 1) - past ** (K - 1)) / ((K - 1) * q)
    tied = (here ** (K - 1) / (K - 1) - (here**K - past**K) / (q * K * (K - 1))) / q
    return nearer, tied


def _chance(b: sp.Expr) -> sp.Expr:
    """q_b: another pattern differs from the cue in b entries."""
    return sp.binomial(D, b) / sp.Integer(2) ** D


def _from(b: sp.Expr) -> sp.Expr:
    """Q_b: it differs in b entries or more."""
    index = sp.Symbol("c", integer=True, nonnegative=True)
    return sp.Sum(_chance(index), (index, b, D))


def judged(
    bench: NearestBench,
    what: str,
    formula: sp.Expr,
    truth: Callable[[UniversalEnumeration], sp.Expr],
) -> Evidence:
    """Evidence that a formula equals the enumeration of all patterns, cues and ties."""

    def holds() -> bool:
        for units, patterns in _SIZES:
            at = {D: sp.Integer(units), K: sp.Integer(patterns)}
            found = sp.expand(unrolled(formula.subs(at)).doit())
            if sp.expand(found - truth(UniversalEnumeration(bench.setting, units, patterns))) != 0:
                return False
        return True

    where = "; ".join(f"D = {units}, K = {patterns}" for units, patterns in _SIZES)
    return Evidence(
        Method.ENUMERATION,
        f"{what} from vectors, over all patterns, cues and ties at {where}, zero tolerance",
        holds,
    )


def _recall(bench: NearestBench) -> Claim:
    return Claim(
        "recall",
        "probability that the pattern that is taken is the cued one",
        bench.recall,
        Regime.EXACT,
        (*assumed(bench.setting), "of the patterns that tie each is taken with the same chance"),
        Derivation(
            (
                Step(
                    equation(RECALL, bench.recall),
                    "given the number of entries in which the cued pattern differs from the cue, none of the "
                    "other patterns differs in fewer, and J in as many: E[1/(J + 1)] over the binomial J",
                    judged(bench, "the probability of recall", bench.recall, lambda e: e.recall()),
                ),
            )
        ),
        symbol=RECALL,
    )


def _bit_error(bench: NearestBench) -> Claim:
    reason = (
        "K - 1 patterns may be taken instead, each of them with the wrong entry at the unit with "
        "probability 1/2; that entry is one of those that count for how near it is"
        if bench.setting.auto
        else "the content of another pattern is wrong at a unit with probability 1/2"
    )
    return Claim(
        "bit_error",
        "probability that one bit is wrong after one step",
        bench.error,
        Regime.EXACT,
        (*assumed(bench.setting), "of the patterns that tie each is taken with the same chance"),
        Derivation(
            (
                Step(
                    equation(ERROR, bench.error),
                    reason,
                    judged(bench, "the error of a bit", bench.error, lambda e: e.bit_error()),
                ),
            )
        ),
        symbol=ERROR,
        observable="bit_error",
    )


QUANTITIES: dict[str, Quantity[NearestBench]] = {
    "separation": Quantity(separation),
    "recall": Quantity(_recall),
    "bit_error": Quantity(_bit_error),
}
