r"""The atlas: what every class of rules does, a row each, as text, Markdown or LaTeX.

Main names
----------
atlas
    Describe classes by formula: :class:`Atlas`.
Row, Entry
    One class; of additive rules.

Conventions
-----------
A class is given by one member, the number of rules in it and the named rules among them. The law of growth is that of the
scaling theorem for the member's own coefficients; rho is at the sizes given, and K_max the number of patterns at which
rho = z^2. Classes without a signal store nothing: they have no law, rho = 0 and no K_max. A K_max below 1 says that
not even one pattern meets the criterion.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, final

import sympy as sp

from hebbsym import notation
from hebbsym.capacity.growth import leading_growth
from hebbsym.errors import InvalidValue, NotDerivable
from hebbsym.exploration.confirm import Confirmation, share
from hebbsym.exploration.ranking import front, ranked
from hebbsym.families.rules import ExpandedRule
from hebbsym.judgement import Outcome
from hebbsym.notation import D, K, z
from hebbsym.numeric import evaluate
from hebbsym.theories import Theory, derive
from hebbsym.theory.setting import Setting
from hebbsym.theory.workbench import Workbench

HEADS = (
    "rank",
    "class",
    "rules",
    "named",
    "K_max grows",
    "drift",
    "post part",
    "rho",
    "K_max",
    "simulated",
)


class Row(ABC):
    """A class of rules as a row of an atlas."""

    member: ExpandedRule
    rules: int
    ratio: float
    outcome: Outcome | None
    subject: str
    """What has a law, in words."""

    @property
    @abstractmethod
    def law(self) -> str:
        """The law of the class, in words."""

    @property
    @abstractmethod
    def heads(self) -> tuple[str, ...]:
        """The headings."""

    @property
    @abstractmethod
    def latex_heads(self) -> tuple[str, ...]:
        """The same in LaTeX."""

    @abstractmethod
    def judged(self, outcome: Outcome | None) -> Row:
        """With what simulation says."""

    @abstractmethod
    def cells(self, spelled: Callable[[sp.Expr], str] = str) -> tuple[str, ...]:
        """The row, with formulas as ``spelled`` writes them."""


@final
@dataclass(frozen=True)
class Entry(Row):
    """One class of additive rules.

    Parameters
    ----------
    member : ExpandedRule
    rules : int
        How many rules it has.
    named : tuple of str
    growth : sympy.Rational or None
        The exponent of D in K_max; None without a signal.
    drift, post : sympy.Expr
        A and B of the scaling theorem.
    ratio, load : float
        rho at the sizes, and K_max.
    rank : int
        By rho.
    outcome : Outcome or None
        What simulation says; None where none was run.
    """

    member: ExpandedRule
    rules: int
    named: tuple[str, ...]
    growth: sp.Rational | None
    drift: sp.Expr
    post: sp.Expr
    ratio: float
    load: float
    rank: int = 0
    outcome: Outcome | None = None

    heads = HEADS
    latex_heads = ("rank", "class", "rules", "named", r"$K_{\max}$ grows", "$A$", "$B$", r"$\rho$",
                   r"$K_{\max}$", "simulated")  # fmt: skip
    subject = "K_max grows"

    @property
    def law(self) -> str:
        """How the capacity grows, in words."""
        if self.growth is None:
            return "no signal"
        return {sp.S.One: "like D", sp.S.Half: "like sqrt(D)", sp.S.Zero: "not"}[self.growth]

    def judged(self, outcome: Outcome | None) -> Entry:
        return replace(self, outcome=outcome)

    def cells(self, spelled: Callable[[sp.Expr], str] = str) -> tuple[str, ...]:
        return (
            str(self.rank),
            spelled(self.member.update),
            str(self.rules),
            ", ".join(self.named),
            self.law,
            spelled(self.drift),
            spelled(self.post),
            f"{self.ratio:.4g}",
            "" if math.isnan(self.load) else f"{self.load:.3g}",
            "" if self.outcome is None else self.outcome.value,
        )


@dataclass(frozen=True)
class Atlas:
    """All classes of a space, the best first.

    Parameters
    ----------
    entries : tuple of Row
    setting, at : str

    Examples
    --------
    >>> from hebbsym.families.ensembles import Bipolar
    >>> classes = [(ExpandedRule(2, {(1, 1): 1}), 2, ("hebb",)), (ExpandedRule(1, {(0, 1): 1}), 2, ())]
    >>> print(atlas(Setting(ExpandedRule(2), Bipolar(sp.Rational(1, 2))), classes, at={D: 101, K: 11, z: 1}).text)
    rank  class    rules  named  K_max grows  drift  post part  rho    K_max  simulated
    1     x_i*x_j  2      hebb   not          1/4    3/16       1.654  16.8
    2     x_j      2             no signal    1/2    0          0
    """

    entries: tuple[Row, ...]
    setting: str
    at: str

    def __len__(self) -> int:
        return len(self.entries)

    @property
    def rules(self) -> int:
        """Number of rules in all classes."""
        return sum(one.rules for one in self.entries)

    def counts(self) -> dict[str, int]:
        """Number of classes by how their capacity grows."""
        laws = [one.law for one in self.entries]
        return {law: laws.count(law) for law in dict.fromkeys(laws)}

    @property
    def heads(self) -> tuple[str, ...]:
        """The headings."""
        return self.entries[0].heads if self.entries else HEADS

    @property
    def subject(self) -> str:
        """What :meth:`counts` is about, in words."""
        return self.entries[0].subject if self.entries else Entry.subject

    def head(self, count: int) -> Atlas:
        """The first entries only."""
        return replace(self, entries=self.entries[:count])

    def share(self, sample: int = 50, seed: int = 0) -> tuple[ExpandedRule, ...]:
        """Members to confirm: the front of K_max and few coefficients, both ends of every law, a random sample.

        Rules without a signal are among them, as the ends of a law of their own.
        """
        few = [-len(entry.member.terms) for entry in self.entries]
        best = front([entry.ratio for entry in self.entries], few)
        laws = [entry.law for entry in self.entries]
        chosen = share([entry.ratio for entry in self.entries], laws, best, sample, seed)
        return tuple(self.entries[n].member for n in chosen)

    def confirmed(self, found: Confirmation) -> Atlas:
        """With the outcome of a simulation for the rules that it ran."""
        outcomes = dict(zip(map(_key, found.rules), found.outcomes, strict=True))
        return replace(
            self,
            entries=tuple(e.judged(outcomes.get(_key(e.member))) for e in self.entries),
        )

    @property
    def text(self) -> str:
        """An aligned table."""
        heads = self.heads
        rows = [heads, *(entry.cells() for entry in self.entries)]
        widths = [max(len(row[k]) for row in rows) for k in range(len(heads))]
        return "\n".join(
            "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip()
            for row in rows
        )

    @property
    def markdown(self) -> str:
        """A table of Markdown, formulas in code."""
        rows = [entry.cells(lambda e: f"`{e}`") for entry in self.entries]
        lines = [self.heads, tuple("---" for _ in self.heads), *rows]
        return "\n".join("| " + " | ".join(row) + " |" for row in lines) + "\n"

    @property
    def latex(self) -> str:
        """A tabular of LaTeX, with rules from booktabs."""
        heads = self.entries[0].latex_heads if self.entries else Entry.latex_heads
        lines = [" & ".join(heads) + r" \\", r"\midrule"]
        for entry in self.entries:
            cells = entry.cells(lambda e: f"${notation.latex(e)}$")
            cells = tuple(_LAWS.get(cell, cell) for cell in cells)
            lines.append(" & ".join(cells) + r" \\")
        body = "\n".join(lines)
        return (
            f"\\begin{{tabular}}{{rlr{'l' * (len(heads) - 3)}}}\n\\toprule\n"
            + body
            + "\n\\bottomrule\n\\end{tabular}\n"
        )


_LAWS = {"like D": "like $D$", "like sqrt(D)": r"like $\sqrt{D}$"}


def _key(rule: ExpandedRule) -> tuple[tuple[tuple[int, int], sp.Expr], ...]:
    return tuple(sorted(rule.terms.items()))


def atlas(
    setting: Setting,
    classes: Iterable[tuple[ExpandedRule, int, Sequence[str]]],
    *,
    at: Mapping[sp.Symbol, Any],
) -> Atlas:
    """Describe classes of additive rules by formula.

    Parameters
    ----------
    setting : Setting
        Patterns, cue and threshold; its rule is not used.
    classes : iterable of (member, number of rules, names)
        The class of the zero rule may be among them.
    at : mapping of symbol to exact number
        D, K, z and the parameters of the setting.

    Examples
    --------
    >>> hebb = ExpandedRule(2, {(1, 1): 1})
    >>> (entry,) = atlas(Setting(hebb), [(hebb, 1, ("hebb",))], at={D: 101, K: 11, z: 2}).entries
    >>> entry.ratio, entry.load, entry.law  # (D - 1)/(K - 1), and 1 + (D - 1)/z^2
    (10.0, 26.0, 'like D')
    """
    values = {symbol: sp.Integer(v) if isinstance(v, int) else v for symbol, v in at.items()}
    lacking = sorted(str(s) for s in (D, K, z) if s not in values)
    if lacking:
        raise InvalidValue(f"{', '.join(lacking)} has no value, and an atlas needs one")
    numeric = setting.at({s: v for s, v in values.items() if s not in (D, K, z)})
    made = [_entry(numeric, *one, values) for one in classes]
    order, rank = ranked([entry.ratio for entry in made])
    entries = tuple(replace(made[n], rank=int(rank[n])) for n in order)
    sizes = ", ".join(f"{symbol}={v}" for symbol, v in values.items())
    return Atlas(entries, numeric.text.partition(" on ")[2], sizes)


def _entry(
    setting: Setting,
    member: ExpandedRule,
    count: int,
    named: Sequence[str],
    values: Mapping[sp.Symbol, sp.Expr],
) -> Entry:
    theory = derive(
        member, setting.patterns, cue=setting.cue, threshold=setting.threshold,
    )  # fmt: skip
    drift, post = (theory[name].formula for name in ("drift", "drift:post"))
    plain = Entry(member, count, tuple(named), None, drift, post, 0.0, math.nan)
    try:
        growth = leading_growth(Workbench(theory.setting)).exponent
    except NotDerivable:  # no signal
        return plain
    exact = theory["snr"].formula.xreplace(dict(values))
    # at K = 1 there is no noise of other patterns, and the denominator may be 0
    ratio = math.inf if exact.has(sp.zoo) else float(evaluate(exact, {}, 15))
    return replace(plain, growth=growth, ratio=ratio, load=_load(theory, values))


def _load(theory: Theory, values: Mapping[sp.Symbol, sp.Expr]) -> float:
    """K_max; not a number where the noise does not grow with K."""
    try:
        formula = theory["capacity:snr"].formula
    except NotDerivable:
        return math.nan
    return float(evaluate(formula.xreplace(dict(values)), {}, 15))
