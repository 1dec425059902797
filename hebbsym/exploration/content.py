r"""What stands on a page: which claims, drawn together, each as JavaScript and as a formula.

Main names
----------
Panel, PANELS
    Claims that share a pair of axes.
Content
    One theory on a page: its curves, its formulas, what is left out and why.
content
    The content of a theory.
own_level
    A claim at the level of its own criterion.

Conventions
-----------
The criteria of errors share one level, epsilon, unless levels of their own are given, by the names of
criteria: the part behind the colon in the name of a claim.

A claim that a page cannot show (a function without a counterpart in JavaScript, a quantity that
does not exist in the setting) is left out with its reason, which the page states.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import sympy as sp

from hebbsym.claim import Claim, Requirement
from hebbsym.errors import InvalidValue, NotDerivable
from hebbsym.exploration.javascript import Program
from hebbsym.notation import D, K, age, epsilon, lam

if TYPE_CHECKING:
    from hebbsym.theories import Theory

MOST_PATTERNS = 10**7
"""How far the load that solves an equation is looked for."""
MOST_SUMMED = 20_000
"""The same where the equation holds a sum over patterns."""


@dataclass(frozen=True)
class Panel:
    """Claims in one pair of axes.

    Parameters
    ----------
    title : str
    unit : str
        Of the vertical axis.
    quantities : tuple of str
        Names of claims; those that exist are drawn.
    along : tuple of symbol
        The horizontal axis: the first of these that the claims depend on.
    instead : tuple of str
        Quantities that are drawn where none of the others can be: an average over histories cannot.
    """

    title: str
    unit: str
    quantities: tuple[str, ...]
    along: tuple[sp.Symbol, ...]
    instead: tuple[str, ...] = ()


PANELS = (
    Panel(
        "Signal-to-noise ratio",
        "ρ, signal-to-noise ratio",
        ("snr", "optimal_snr", "snr:stationary"),
        (age, K, D),
    ),
    Panel(
        "Errors after one step",
        "probability that a bit is wrong",
        ("bit_error", "bit_error:high", "bit_error:low"),
        (age, K, D),
        instead=("bit_error:gaussian",),
    ),
    Panel(
        "Capacity",
        "number of patterns",
        ("capacity:snr", "capacity:bit", "capacity:pattern", "capacity:all"),
        (D,),
    ),
    Panel(
        "Span: recent patterns that are recalled",
        "number of patterns",
        ("span", "span:bit", "span:pattern", "capacity:span"),
        (lam, D),
    ),
)
"""What a page shows, in this order."""


@dataclass(frozen=True)
class Curve:
    """A claim with its code.

    ``margins`` are functions that are negative where a requirement of the claim fails.
    """

    claim: Claim
    symbols: tuple[sp.Symbol, ...]
    code: str
    margins: tuple[tuple[str, str], ...]

    @property
    def discrete(self) -> bool:
        """Whether the equation exists at whole numbers of its unknown only."""
        unknown = self.claim.unknown
        sums = self.claim.formula.atoms(sp.Sum)
        return any(unknown in limit.free_symbols for s in sums for limit in s.limits)

    @property
    def slow(self) -> bool:
        """Whether a value takes a sum or a search."""
        return self.claim.unknown is not None or bool(self.claim.formula.atoms(sp.Sum))

    def record(self, symbols: Sequence[sp.Symbol]) -> dict[str, Any]:
        """The curve as data for the page, without its code."""
        claim = self.claim
        found: dict[str, Any] = {
            "quantity": claim.name,
            "title": claim.title,
            "regime": claim.regime.value,
            "symbols": [symbols.index(s) for s in self.symbols],
            "slow": self.slow,
            "needs": [_typeset(text) for text, _ in self.margins],
            "nothing": claim.nothing,
            "anew": claim.anew is not None and claim.unknown is None,
        }
        if claim.unknown is not None:
            most = MOST_SUMMED if self.discrete else MOST_PATTERNS
            found["unknown"] = [symbols.index(claim.unknown), self.discrete, most]
        return found


def _typeset(condition: str) -> str:
    """The text of a requirement with the signs of print."""
    for written, printed in (("<=", "≤"), (">=", "≥"), (" - ", " − "), ("^2", "²")):
        condition = condition.replace(written, printed)
    return condition


@dataclass(frozen=True)
class Drawn:
    """A panel with the curves that exist."""

    panel: Panel
    curves: tuple[Curve, ...]

    @property
    def along(self) -> sp.Symbol:
        """The symbol of the horizontal axis to begin with."""
        symbols = [s for curve in self.curves for s in curve.symbols]
        return next((s for s in self.panel.along if s in symbols), symbols[0])


@dataclass(frozen=True)
class Content:
    """One theory on a page.

    Parameters
    ----------
    theory : Theory
    drawn : tuple of Drawn
    absent : mapping of quantity to reason
    """

    theory: Theory
    drawn: tuple[Drawn, ...]
    absent: tuple[tuple[str, str], ...]

    @property
    def curves(self) -> tuple[Curve, ...]:
        """All curves in the order of the panels."""
        return tuple(curve for drawn in self.drawn for curve in drawn.curves)


def content(
    theory: Theory, program: Program, levels: Mapping[str, sp.Symbol] | None = None
) -> Content:
    """The curves of a theory, as functions of a program; ``levels`` are those of single criteria.

    Raises
    ------
    NotDerivable
        When nothing of it can be drawn.

    Examples
    --------
    >>> import hebbsym as hs
    >>> from hebbsym.notation import D, K, epsilon, z
    >>> found = content(hs.derive(hs.rules["hebb"]), Program([D, K, epsilon, z]))
    >>> [curve.claim.name for curve in found.curves]
    ['snr', 'bit_error', 'capacity:snr', 'capacity:bit', 'capacity:pattern', 'capacity:all']
    """
    drawn, absent = [], []
    for panel in PANELS:
        curves: dict[sp.Basic, Curve] = {}
        for name in (*panel.quantities, *panel.instead):
            if name not in theory.names or (name in panel.instead and curves):
                continue
            try:
                claim = own_level(theory[name], levels or {})
                if claim.free_symbols:
                    curves.setdefault(claim.formula, curve(claim, program))
            except NotDerivable as reason:
                absent.append((name, str(reason)))
        if curves:
            drawn.append(Drawn(panel, tuple(curves.values())))
    if not drawn:
        reasons = (
            "; ".join(reason for _, reason in absent) or "no quantity of it depends on a symbol"
        )
        raise NotDerivable(f"nothing can be drawn for {theory.setting.text}: {reasons}")
    return Content(theory, tuple(drawn), tuple(absent))


def own_level(claim: Claim, levels: Mapping[str, sp.Symbol]) -> Claim:
    """The claim with the level of its criterion in the place of the common one.

    Examples
    --------
    >>> import hebbsym as hs
    >>> from hebbsym.notation import level
    >>> claim = hs.derive(hs.rule("decay"))["span:bit"]
    >>> sorted(map(str, own_level(claim, {"bit": level("bit")}).free_symbols))
    ['D', 'epsilon_bit', 'lam']
    """
    criterion = claim.name.rpartition(":")[2]
    if criterion not in levels:
        return claim
    own = {epsilon: levels[criterion]}
    shown = None if claim.display is None else claim.display.xreplace(own)
    title = claim.title.replace(epsilon.name, levels[criterion].name)
    return replace(claim, title=title, formula=claim.formula.xreplace(own), display=shown)


def curve(claim: Claim, program: Program) -> Curve:
    """A claim as a function of a program.

    Examples
    --------
    >>> import hebbsym as hs
    >>> from hebbsym.notation import D, K
    >>> curve(hs.derive(hs.rules["hebb"])["snr"], Program([D, K])).symbols
    (D, K)
    """
    formula = claim.formula
    if isinstance(formula, sp.Eq):
        formula = formula.lhs - formula.rhs
    margins = tuple((one.text, _margin(one, program)) for one in claim.requirements)
    symbols = tuple(sorted(claim.free_symbols, key=lambda s: s.name))
    return Curve(claim, symbols, program.function(formula), margins)


def _margin(requirement: Requirement, program: Program) -> str:
    """A function that is negative where a requirement fails."""
    code = program.function(requirement.bound - requirement.quantity)
    return f"claims.strictly({code})" if requirement.strict else code


def symbols_of(
    theories: Iterable[Theory], levels: Mapping[str, sp.Symbol] | None = None
) -> tuple[sp.Symbol, ...]:
    """The symbols that the curves of theories depend on.

    Raises
    ------
    InvalidValue
        When two of them have the same name.
    """
    found: dict[sp.Symbol, None] = {}
    for theory in theories:
        for panel in PANELS:
            for name in panel.quantities:
                if name in theory.names and name in theory:
                    claim = own_level(theory[name], levels or {})
                    unknown = () if claim.unknown is None else (claim.unknown,)
                    ordered = sorted((*claim.free_symbols, *unknown), key=lambda s: s.name)
                    found |= dict.fromkeys(ordered)
    names = [symbol.name for symbol in found]
    for name in names:
        if names.count(name) > 1:
            raise InvalidValue(f"two different symbols are called {name!r}; a page needs one each")
    return tuple(found)
