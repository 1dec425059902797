r"""What can be moved on a page: a slider for each symbol, and between which ends.

Main names
----------
Slider
    A symbol with the exact values that its slider passes through.
slider
    The slider of a symbol.
level_slider
    That of the level of one criterion, or of several.
shares_of
    Those of the parameters of patterns and cue.

Conventions
-----------
Values are exact rationals, so that a point of the page is a point of the command line too. A
logarithmic slider passes through the numbers of two significant digits.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp

from hebbsym import notation
from hebbsym.errors import InvalidValue
from hebbsym.families.rules import HIGHEST_ORDER
from hebbsym.notation import coefficient, latex, slope
from hebbsym.theory.setting import Setting

_UNLIMITED = sp.Integer(10) ** 9
_NAME = re.compile(
    r"(?P<base>[A-Za-z]|\\[a-z]+)(?:_\{(?P<sub>\w+)\})?(?:\^\{\\mathrm\{(?P<sup>\w+)\}\})?$"
)


@dataclass(frozen=True)
class Slider:
    """A symbol, the values of its slider, and the numbers that may be typed beside it.

    Parameters
    ----------
    symbol : sympy.Symbol
    meaning : str
        What it is, in the words of the field.
    values : tuple of rational numbers
        In ascending order.
    start : rational number
    domain : pair of rational numbers
        The ends of what may be typed.
    logarithmic : bool
        How an axis of this symbol is divided.
    network : bool
        Whether it belongs to network, patterns and criterion rather than to the rule.
    asked : str
        What the command line calls it, where that is not the name of the symbol.
    factor : str
        For a coefficient: what it multiplies.

    Examples
    --------
    >>> slider(notation.D).values[:3], slider(notation.D).start
    ((2, 3, 4), 1000)
    """

    symbol: sp.Symbol
    meaning: str
    values: tuple[sp.Rational, ...]
    start: sp.Rational
    domain: tuple[sp.Rational, sp.Rational]
    logarithmic: bool = False
    network: bool = True
    asked: str = ""
    factor: str = ""

    def starting(self, value: sp.Expr) -> Slider:
        """The same slider with another start.

        Raises
        ------
        InvalidValue
            When the value is outside the domain, not rational, or not whole where it must be.
        """
        low, high = self.domain
        if not value.is_Rational or not low <= value <= high:
            raise InvalidValue(
                f"{self.symbol} = {value}: a page starts at rational values from {low} to {high}"
            )
        if self.symbol.is_integer and not value.is_Integer:
            raise InvalidValue(f"{self.symbol} = {value}, but {self.symbol} is a whole number")
        return replace(self, start=value)

    def record(self) -> dict[str, Any]:
        """The slider as data for the page."""
        return {
            "name": self.symbol.name,
            "asked": self.asked or self.symbol.name,
            "label": label(self.symbol),
            "meaning": self.meaning,
            "values": _even(self.values) or [_pair(v) for v in self.values],
            "start": _pair(self.start),
            "domain": [float(end) for end in self.domain],
            "whole": bool(self.symbol.is_integer),
            "log": self.logarithmic,
        }


def slider(symbol: sp.Symbol) -> Slider:
    """The slider of a symbol: by its meaning where it has one, else from -2 to 2.

    A parameter without a meaning starts at 1/2: at 0 and 1 terms of a rule often cancel or meet.

    Examples
    --------
    >>> [slider(symbol).start for symbol in (coefficient(1, 1), coefficient(0, 1), sp.Symbol("c"))]
    [1, 0, 1/2]
    >>> slider(sp.Symbol("gain")).meaning
    'parameter gain'
    """
    if symbol in _KNOWN:
        return _KNOWN[symbol]
    ends = (-_UNLIMITED, _UNLIMITED)
    steps, factor = _steps(-200, 200, 100), _FACTORS.get(symbol, "")
    if not factor:
        return Slider(symbol, f"parameter {symbol}", steps, sp.S.Half, ends, network=False)
    meaning = "coefficient of " + factor.replace("constant", "1")
    start = sp.Integer(symbol == coefficient(1, 1))
    return Slider(symbol, meaning, steps, start, ends, network=False, factor=factor)


def level_slider(symbol: sp.Symbol, criteria: Sequence[str]) -> Slider:
    """The slider of an admissible probability of failure, which says whose it is.

    Examples
    --------
    >>> level_slider(notation.epsilon, ["bit", "pattern", "all"]).meaning
    'admissible probability of failure: bit, pattern and all alike'
    >>> level_slider(notation.level("bit"), ["bit"]).asked
    'epsilon'
    """
    common = _KNOWN[notation.epsilon]
    *before, last = criteria
    whose = f"{', '.join(before)} and {last} alike" if before else last
    return replace(
        common, symbol=symbol, meaning=f"{common.meaning}: {whose}", asked=common.symbol.name
    )


def forgetting(symbols: Iterable[sp.Symbol]) -> sp.Symbol | None:
    """The coefficient of w that makes weights decay on every pattern, where there is one.

    A rule affine in the weight begins with it below 0: without decay there is nothing that settles.

    Examples
    --------
    >>> forgetting([slope(1, 0), slope(2, 0), slope(0, 0)])
    d_0
    """
    found = set(symbols)
    even = (slope(p, q) for p, q in sorted(_ORDERS, key=sum) if p % 2 == q % 2 == 0)
    return next((symbol for symbol in even if symbol in found), None)


def shares_of(setting: Setting) -> dict[sp.Symbol, Slider]:
    """The sliders of symbols that are a parameter of patterns or cue, within its domain.

    Examples
    --------
    >>> from hebbsym.families.ensembles import Binary
    >>> from hebbsym.families.rules import ExpandedRule
    >>> found = shares_of(Setting(ExpandedRule(2), Binary(activity=sp.Symbol("p"))))
    >>> [(str(one.symbol), one.meaning, one.values[0]) for one in found.values()]
    [('p', 'activity of binary patterns', 1/100)]
    """
    found = {}
    for side in {setting.post, setting.pre}:
        for expression, low, high, meaning in side.domain:
            if isinstance(expression, sp.Symbol):
                title = f"{meaning.removeprefix('the ')} of {side.name} patterns"
                start = 50 if low == 0 else 0
                found[expression] = _share(
                    expression, title, (100 * low + 1, 100 * high - 1), start
                )
    errors = setting.cue.parameters.get("delta")
    if isinstance(errors, sp.Symbol):
        found[errors] = _share(errors, f"errors in the cue ({setting.cue.name})", (0, 99), 0)
    return found


def label(symbol: sp.Symbol) -> dict[str, str]:
    """How a symbol is written on an axis: a letter, with what stands below and above it.

    Examples
    --------
    >>> label(coefficient(1, 0))
    {'base': 'c', 'sub': '1', 'sup': 'post'}
    >>> label(notation.delta)
    {'base': 'δ', 'sub': '', 'sup': ''}
    """
    match = _NAME.match(latex(symbol))
    if match is None:
        return {"base": symbol.name, "sub": "", "sup": ""}
    base = match["base"]
    return {
        "base": _GREEK.get(base, base.removeprefix("\\")),
        "sub": match["sub"] or "",
        "sup": match["sup"] or "",
    }


def _pair(value: sp.Rational) -> list[int]:
    return [int(value.p), int(value.q)]


def _even(values: tuple[sp.Rational, ...]) -> dict[str, int] | None:
    """Equally spaced values n/per, n = low..high, in short; None for others."""
    step = values[1] - values[0]
    if step.p != 1 or any(b - a != step for a, b in itertools.pairwise(values)):
        return None
    return {"low": int(values[0] / step), "high": int(values[-1] / step), "per": int(step.q)}


def _steps(low: int, high: int, per: int) -> tuple[sp.Rational, ...]:
    return tuple(sp.Rational(n, per) for n in range(low, high + 1))


def _two_digits(low: int, high: int) -> tuple[sp.Rational, ...]:
    """The whole numbers of at most two significant digits."""
    found = {d * 10**k for k in range(len(str(high))) for d in range(100)}
    return tuple(sp.Integer(n) for n in sorted(found) if low <= n <= high)


def _sizes(symbol: sp.Symbol, meaning: str, ends: tuple[int, int], start: int) -> Slider:
    return Slider(
        symbol, meaning, _two_digits(*ends), sp.Integer(start),
        (sp.Integer(ends[0]), _UNLIMITED), logarithmic=True,
    )  # fmt: skip


def _share(
    symbol: sp.Symbol, meaning: str, ends: tuple[int, int], start: int, *, network: bool = True
) -> Slider:
    """Hundredths; what may be typed lies within the whole numbers around them."""
    domain = (sp.floor(sp.Rational(ends[0], 100)), sp.ceiling(sp.Rational(ends[1], 100)))
    steps = _steps(*ends, 100)
    return Slider(symbol, meaning, steps, sp.Rational(start, 100), domain, network=network)


_GREEK = {
    r"\alpha": "α",
    r"\delta": "δ",
    r"\epsilon": "ε",
    r"\eta": "η",
    r"\lambda": "λ",
    r"\theta": "θ",
    r"\kappa": "κ",
    r"\rho": "ρ",
}
_SMALL = tuple(
    sp.Rational(1, n * 10**k) for k in range(9, -1, -1) for n in (10, 5, 2)
)  # 1e-10, 2e-10, 5e-10, ..., 1/2

_ORDERS = [(p, n - p) for n in range(HIGHEST_ORDER + 1) for p in range(n + 1)]


def _term(symbol: sp.Symbol, p: int, q: int, weight: str = "") -> tuple[sp.Symbol, str]:
    powers = [f"x_{side}" + (f"^{n}" if n > 1 else "") for side, n in (("i", p), ("j", q)) if n]
    return symbol, " ".join([*([weight] if weight else []), *powers]) or "constant"


_FACTORS: Mapping[sp.Symbol, str] = dict(
    [_term(coefficient(*pq), *pq) for pq in _ORDERS]
    + [_term(slope(*pq), *pq, "w") for pq in _ORDERS]
)

_KNOWN: Mapping[sp.Symbol, Slider] = {
    one.symbol: one
    for one in (
        _sizes(notation.D, "number of units", (2, 10_000), 1000),
        _sizes(notation.K, "number of stored patterns", (2, 2000), 50),
        _sizes(notation.M, "number of units that recall", (1, 10_000), 1000),
        _sizes(notation.S, "number of recent patterns recalled", (1, 2000), 20),
        _share(notation.a, "mean of the patterns", (-99, 99), 0),
        _share(notation.f, "activity of the patterns", (1, 99), 50),
        _share(notation.delta, "errors in the cue", (0, 50), 0),
        _share(notation.eta, "learning rate", (1, 99), 10, network=False),
        _share(notation.lam, "rate of decay", (1, 99), 10, network=False),
        _share(notation.q_plus, "probability of a step up", (1, 100), 50, network=False),
        _share(notation.q_minus, "probability of a step down", (1, 100), 50, network=False),
        Slider(
            notation.age, "patterns shown since (0: shown last)",
            (sp.S.Zero, *_two_digits(1, 2000)), sp.S.Zero, (sp.S.Zero, _UNLIMITED),
        ),
        Slider(
            notation.epsilon, "admissible probability of failure", _SMALL, sp.Rational(1, 100),
            (sp.Rational(1, 10**12), sp.S.Half), logarithmic=True,
        ),
        Slider(
            notation.z, "required signal over noise", _steps(5, 100, 10), sp.Integer(2),
            (sp.Rational(1, 1000), sp.Integer(1000)),
        ),
        Slider(
            notation.theta, "threshold", _steps(-200, 200, 1), sp.S.Zero,
            (-_UNLIMITED, _UNLIMITED),
        ),
    )
}  # fmt: skip
