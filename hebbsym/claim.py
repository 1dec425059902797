"""The product of hebbsym: a closed form with everything needed to believe or to refute it.

Main names
----------
Claim
    A formula, its assumptions, its regime, its derivation, its source, and the observable
    whose simulation could refute it.
Derivation, Step, Evidence
    A derivation is data: equations, each with a reason that a referee accepts and with
    evidence that a machine can run.
Requirement
    What values must meet for a claim to hold at them.
Cut
    Where an expansion in a rate ends, and the exact value that it was cut from.
Regime
    EXACT, LEADING_ORDER, HEURISTIC or QUOTED; never left implicit.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import sympy as sp

from hebbsym import notation

Remainder = Callable[[Mapping[sp.Symbol, sp.Expr]], sp.Expr]


class Regime(enum.Enum):
    """How far a formula may be trusted."""

    EXACT = "exact"
    """Holds for every finite D and K under the stated assumptions."""
    LEADING_ORDER = "leading order"
    """Holds in a limit; the claim says which, and what was dropped."""
    HEURISTIC = "heuristic"
    """Rests on an assumption that is not proved here; the claim says which."""
    QUOTED = "quoted"
    """Taken from print and not derived here."""


class Method(enum.Enum):
    """How a step was verified."""

    DEFINITION = "definition"
    SUBSTITUTION = "substitution"
    SECOND_ROUTE = "second route"
    ENUMERATION = "exact enumeration"
    LIMIT = "limit"
    NUMERIC = "numeric, 30 digits"


@dataclass(frozen=True)
class Evidence:
    """A test that can fail: the method, what it compares, and the test itself.

    Examples
    --------
    >>> Evidence(Method.SUBSTITUTION, "1 + 1 = 2", lambda: 1 + 1 == 2).holds()
    True
    """

    method: Method
    statement: str
    test: Callable[[], bool] = field(compare=False, repr=False)

    def holds(self) -> bool:
        """Run the test; only ``True`` itself counts."""
        return self.test() is True


@dataclass(frozen=True)
class Step:
    """One line of a derivation: an equation (or a named expression) and why it holds.

    Examples
    --------
    >>> n = sp.Symbol("n")
    >>> Step(sp.Eq(n, 1), "definition").evidence is None
    True
    """

    equation: sp.Basic
    reason: str
    evidence: Evidence | None = None


@dataclass(frozen=True)
class Requirement:
    """What values must meet for a claim to hold at them: quantity < bound, or <= bound.

    ``otherwise`` says what is so where they do not, if that is more than by how much they miss it.

    Examples
    --------
    >>> Requirement("the age", notation.age, notation.K - 1, strict=False).text
    'the age <= K - 1'
    """

    name: str
    quantity: sp.Expr
    bound: sp.Expr = sp.S.One
    strict: bool = True
    otherwise: str = ""

    @property
    def text(self) -> str:
        """The condition in words."""
        return f"{self.name} {'<' if self.strict else '<='} {self.bound}"


@dataclass(frozen=True)
class Cut:
    """Where an expansion in a rate ends, and the value that it was cut from.

    The gap between a claim and this value must shrink like the first power that was dropped.

    Parameters
    ----------
    rate : Symbol
    first : int
        The first power of the rate that is missing: of the value itself, or of the gap over the value.
    exactly : callable
        The value, from values of all symbols, the rate among them; it knows nothing of the formula.
    against : str
        What this value is, in words.
    at : mapping of symbol to number
        Values that both are compared at, whatever else is asked for.
    scaled : tuple of Symbol
        What grows as the rate falls, so that its product with the rate stays.
    relative : bool
        Whether the gap over the value is meant.
    noise : float
        The part of the value below which a gap may be rounding; 0 where the value is exact.

    Examples
    --------
    >>> eta = notation.eta
    >>> cut = Cut(eta, 2, lambda values: sp.exp(values[eta]), "the exponential function")
    >>> cut.exactly({eta: sp.S.One}) - (1 + eta).xreplace({eta: sp.S.One})
    -2 + E
    """

    rate: sp.Symbol
    first: int
    exactly: Callable[[Mapping[sp.Symbol, sp.Expr]], sp.Expr] = field(compare=False, repr=False)
    against: str
    at: Mapping[sp.Symbol, sp.Expr] = field(default_factory=dict)
    scaled: tuple[sp.Symbol, ...] = ()
    relative: bool = False
    noise: float = 0


@dataclass(frozen=True)
class Verified:
    """A step after its evidence was run; ``holds`` is None for a step that has none.

    Examples
    --------
    >>> print(Verified(Step(sp.true, "definition"), None).holds)
    None
    """

    step: Step
    holds: bool | None


@dataclass(frozen=True)
class Derivation:
    """Ordered steps. :meth:`verify` runs every step's evidence.

    Examples
    --------
    >>> evidence = Evidence(Method.SUBSTITUTION, "1 + 1 = 2", lambda: 1 + 1 == 2)
    >>> [v.holds for v in Derivation((Step(sp.true, "counting", evidence),)).verify()]
    [True]
    """

    steps: tuple[Step, ...] = ()

    def verify(self) -> tuple[Verified, ...]:
        """Run the evidence of every step, in order."""
        return tuple(
            Verified(step, None if step.evidence is None else step.evidence.holds())
            for step in self.steps
        )


@dataclass(frozen=True, eq=False)
class Claim:
    r"""A closed form and what it rests on.

    Parameters
    ----------
    name : str
        The quantity ("snr", "capacity:bit").
    title : str
        What it is, in the words of the field.
    formula : sympy.Basic
        The closed form; an equation (``sympy.Eq``) when ``unknown`` is given.
    regime : Regime
    assumptions : tuple of str
        Sentences; each is needed.
    derivation : Derivation
    source : str
        Keys of ``references.bib`` with equation numbers, or "derived here".
    symbol : sympy.Basic
        The left-hand side under which the formula is printed.
    unknown : sympy.Symbol, optional
        When the formula is an equation: the symbol it is to be solved for.
    dropped : str
        For LEADING_ORDER: what was neglected, and its size.
    remainder : callable, optional
        The size of what was dropped, for the check: from values of the symbols to an expression
        in what is left of them; worked out only when asked for.
    observable : str, optional
        The name of the simulated observable that could refute the claim.
    load : sympy.Expr, optional
        The number of patterns at which to simulate, rounded down, when it is not the K that
        is given: a capacity claim is tested at its own capacity.
    prediction : sympy.Expr, optional
        What the observable is predicted to be (in the symbol K), when it is not the formula.
    setting : object, optional
        The setting to simulate when it differs from the theory's (another cue).
    display : sympy.Basic, optional
        The formula in terms of the symbols of other claims, for print where it is long.
    requirements : tuple of Requirement
        What values must meet.
    anew : callable, optional
        The formula derived anew with values put in first, for values at which the general one is a
        quotient 0/0.
    predicted_anew : callable, optional
        The prediction derived anew in the same way, when it is not the formula.
    recent : bool
        Whether the value is a number of recent patterns: it is tested on the oldest of them.
    nothing : str
        For a number of patterns: what it means that the formula falls below 1, where the value is 0.
    cut : Cut, optional
        For an expansion in a rate: what it was cut from, and where.

    Examples
    --------
    >>> from hebbsym.notation import D, K
    >>> claim = Claim("snr", "signal-to-noise ratio", (D - 1) / (K - 1), Regime.EXACT,
    ...               symbol=sp.Symbol("rho"))
    >>> claim.latex
    '\\rho = \\frac{D - 1}{K - 1}'
    """

    name: str
    title: str
    formula: sp.Basic
    regime: Regime
    assumptions: tuple[str, ...] = ()
    derivation: Derivation = Derivation()
    source: str = "derived here"
    symbol: sp.Basic | None = None
    unknown: sp.Symbol | None = None
    dropped: str = ""
    remainder: Remainder | None = None
    observable: str | None = None
    load: sp.Expr | None = None
    prediction: sp.Expr | None = None
    display: sp.Basic | None = None
    setting: object | None = None
    requirements: tuple[Requirement, ...] = ()
    anew: Callable[[Mapping[sp.Symbol, sp.Expr]], sp.Basic] | None = None
    predicted_anew: Callable[[Mapping[sp.Symbol, sp.Expr]], sp.Expr] | None = None
    recent: bool = False
    nothing: str = ""
    cut: Cut | None = None

    @property
    def latex(self) -> str:
        """LaTeX of the claim, ready for a paper's equation environment."""
        body = notation.latex(self.formula)
        if self.symbol is None or self.unknown is not None:
            return body
        return f"{notation.latex(self.symbol)} = {body}"

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle {self.latex}$"

    @property
    def free_symbols(self) -> frozenset[sp.Symbol]:
        """The symbols that a value needs; the unknown of an equation is not one of them."""
        free: set[sp.Symbol] = {s for s in self.formula.free_symbols if isinstance(s, sp.Symbol)}
        return frozenset(free - {self.unknown})

    def named(self, name: str, title: str, setting: object | None = None) -> Claim:
        """The same claim under another name and title, and perhaps of another setting."""
        return replace(self, name=name, title=title, setting=setting)

    def at(self, values: Mapping[sp.Symbol, sp.Expr]) -> sp.Basic:
        """The formula with symbols replaced; nothing is evaluated to a float."""
        return self.formula.xreplace(dict(values))
