r"""Universal Hopfield networks compared: similarity x separator x projection, by formula and by simulation.

Main names
----------
universal_table
    A row for each composition, at one D and one admissible error of a bit.
Comparison, Entry
    The table, and one row of it.

Conventions
-----------
K_max is the first number of patterns at which the error of a bit is epsilon, between whole numbers by a straight line.
For signs the error is that of sgn(h), a tie counted half. For real patterns the output is the field itself, and
the error stands for its signal-to-noise ratio rho by Q(sqrt(rho)), so that epsilon demands the same ratio.

Signal, noise and rho are those of the field at K = ``load``; the noise is its standard deviation. Rows with the
same letter recall alike on all sign vectors, draw by draw, so that one of them is simulated; in the place of the
exponential that is the softmax, whose signs are the same and whose weights never overflow. An estimate whose standard
error is as large as itself is printed as undetermined, and has no ratio.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from string import ascii_uppercase
from typing import Any

import sympy as sp

from hebbsym import notation
from hebbsym.crossings import between, crossing, passage
from hebbsym.errors import InvalidValue, NotDerivable, SizeLimit
from hebbsym.families.cues import Cue, Flip
from hebbsym.families.ensembles import Bipolar, Ensemble
from hebbsym.families.parameters import exact
from hebbsym.families.separators import (
    Exponent,
    Identity,
    Max,
    Power,
    Separator,
    Softmax,
    Threshold,
)
from hebbsym.families.similarities import Similarity, similarities
from hebbsym.families.universal import Projection, UniversalRule, projections
from hebbsym.networks import universal_network
from hebbsym.numeric import evaluate
from hebbsym.simulate import Estimate, simulate
from hebbsym.synapsecount import estimate
from hebbsym.theories import Theory, derive
from hebbsym.theory.setting import Setting
from hebbsym.theory.universal.classes import universal_classes

SIMILARITIES: tuple[Similarity, ...] = tuple(entry() for entry in similarities.values())
PROJECTIONS: tuple[Projection, ...] = tuple(entry() for entry in projections.values())
SEPARATORS: tuple[Separator, ...] = (
    Identity(),
    Power(sp.Integer(3)),
    Exponent(sp.Rational(1, 5)),
    Softmax(sp.S.One),
    Max(),
    Threshold(sp.S.Half),
)
EPSILON = sp.Rational(1, 50)
CUE = Flip(sp.Rational(1, 10))
MOST_UNITS = 80
"""Bound on D: exact loads of steep separators grow exponentially with it, and so does the search for them."""

MOST = 2**12
"""The largest number of patterns that is simulated."""
_LARGEST = 2**200
_DIGITS = 10
_RECALLED = 64
_MOST_TIMES = 8
_NOTHING = 1e-9
"""A share of the variance that is rounding."""
HEADS = (
    *("similarity", "separator", "projection", "class", "signal", "noise", "rho"),
    *("K_max, formula", "dropped/eps", "K_max, simulation", "ratio"),
)


@dataclass(frozen=True)
class Entry:
    """One composition. A number is None where there is none.

    Parameters
    ----------
    similarity, separator, projection : str
    alike : str
        The letter of its class; empty for real patterns.
    signal, noise, rho : float or None
        Of the field at the comparison's load, by formula.
    theory : float or None
        K_max by formula; 0 where not even two patterns can be told apart.
    dropped : float or None
        The size of what the formula drops from the error there, in units of epsilon: 0 for an exact one. Where it is
        of order 1, the field is no Gaussian and the number means little.
    simulated, stderr : float or None
        K_max by simulation; infinite where it is past what was simulated.

    Examples
    --------
    >>> Entry("dot", "identity", "hetero", "A", 20, 14, 2, 7.5, 0.1, 7.4, 0.2).text[-4:]
    ('7.5', '0.1', '7.4 ± 0.2', '0.987')
    """

    similarity: str
    separator: str
    projection: str
    alike: str = ""
    signal: float | None = None
    noise: float | None = None
    rho: float | None = None
    theory: float | None = None
    dropped: float | None = None
    simulated: float | None = None
    stderr: float | None = None

    @property
    def determined(self) -> bool:
        """Whether the simulation says anything of K_max: the standard error is smaller than the estimate.

        Examples
        --------
        >>> Entry("dot", "identity", "auto", simulated=6.485, stderr=11.0).determined
        False
        """
        if self.simulated is None or self.stderr is None:
            return False
        return self.simulated in (0, math.inf) or self.stderr < self.simulated

    @property
    def ratio(self) -> float | None:
        """K_max by simulation over that by formula; None where either says nothing."""
        if not self.theory or not self.simulated or math.isinf(self.simulated):
            return None
        if not self.determined:
            return None
        return self.simulated / self.theory

    @property
    def text(self) -> tuple[str, ...]:
        """The row as text."""
        names = (self.similarity, self.separator, self.projection, self.alike or "-")
        parts = (_shown(v) for v in (self.signal, self.noise, self.rho))
        if self.simulated is None or self.stderr is None:
            run = "-"
        elif math.isinf(self.simulated):
            run = f"> {self.stderr:.4g}"
        else:
            run = estimate(self.simulated, self.stderr) if self.simulated else _load(0)
        formula = _load(self.theory), _shown(self.dropped, 2)
        return *names, *parts, *formula, run, _shown(self.ratio, 3)


@dataclass(frozen=True)
class Comparison:
    """The table, and what it takes to have it again.

    Parameters
    ----------
    units : int
        D.
    load : int
        K of signal, noise and rho.
    epsilon, patterns, cue : str
    networks, seed, most : int
    entries : tuple of Entry
    """

    units: int
    load: int
    epsilon: str
    patterns: str
    cue: str
    networks: int
    seed: int
    most: int
    entries: tuple[Entry, ...]

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def to_json(self) -> dict[str, Any]:
        """Schema ``hebbsym/universal/1``.

        Examples
        --------
        >>> Comparison(20, 9, "1/50", "bipolar", "exact", 0, 0, 9, ()).to_json()["schema"]
        'hebbsym/universal/1'
        """
        rows = [
            {
                **asdict(one),
                "ratio": one.ratio,
                "determined": one.determined,
                **_finite(one.simulated, one.stderr),
            }
            for one in self.entries
        ]
        about = {name: value for name, value in vars(self).items() if name != "entries"}
        return {"schema": "hebbsym/universal/1", **about, "rows": rows}


def universal_table(
    units: int = 20,
    *,
    similarities: Iterable[Similarity] = SIMILARITIES,
    separators: Iterable[Separator] = SEPARATORS,
    projections: Iterable[Projection] = PROJECTIONS,
    patterns: Ensemble = Bipolar(),  # noqa: B008 - frozen
    cue: Cue = CUE,
    epsilon: sp.Expr = EPSILON,
    load: int | None = None,
    networks: int = 0,
    seed: int = 0,
    most: int = MOST,
) -> Comparison:
    """Signal, noise and capacity of universal Hopfield networks, composition by composition.

    Parameters
    ----------
    units : int
        D.
    similarities, separators, projections : iterables
        Every one of each kind is combined with every one of the others.
    patterns : Ensemble
        Unbiased signs for formulas; any other is simulated alone.
    cue : Cue
        The first tenth of the entries is wrong by default, in the mean. With exact cues an auto-associative
        network holds up its own cue, and the error may never reach epsilon.
    epsilon : exact number
        The admissible error of a bit, below that of the cue.
    load : int, optional
        K of signal, noise and rho; D by default.
    networks : int
        How many networks of 64 recalled patterns are simulated for a point; none by default.
    seed : int
    most : int
        The largest number of patterns that is simulated.

    Raises
    ------
    InvalidValue
        For an epsilon outside (0, 1/2), sizes that are none, or a parameter without a value.
    SizeLimit
        For more than :data:`MOST_UNITS` units.

    Examples
    --------
    >>> from hebbsym.families.similarities import Cosine, Dot
    >>> from hebbsym.families.universal import Hetero
    >>> table = universal_table(
    ...     20, similarities=[Dot(), Cosine()], separators=[Identity(), Max()], projections=[Hetero()]
    ... )
    >>> for row in table:
    ...     print(*row.text[:4], row.text[7])
    dot identity hetero A 3.606
    dot max hetero B 39.59
    cosine identity hetero A 3.606
    cosine max hetero B 39.59
    """
    bound = _admissible(epsilon)
    k = units if load is None else load
    _require_sizes(units, k, most)
    chosen = tuple(separators)
    rules = [UniversalRule(a, b) for a in similarities for b in chosen]
    signs = {v for v, _ in patterns.alphabet} == {-1, 1}
    open_symbols = {s for rule in rules for s in rule.free_symbols}
    for symbol in sorted({*open_symbols, *patterns.free_symbols, *cue.free_symbols}, key=str):
        raise InvalidValue(f"{symbol} has no value, and a comparison needs numbers")
    alike = universal_classes(rules, units) if signs else tuple((rule,) for rule in rules)
    letters = _letters(alike) if signs else {}
    found: dict[UniversalRule, Entry] = {}
    made: list[Entry] = []
    for projection in projections:
        for first, *others in alike:
            setting = Setting(first, projection.patterns(patterns), cue)
            run = _by_simulation(setting, units, float(bound), networks, seed, most, signs)
            for rule in (first, *others):
                formula = _by_formula(setting.with_rule(rule), units, k, bound)
                names = rule.similarity.text, rule.separator.text, projection.text
                found[rule] = Entry(*names, letters.get(rule, ""), *formula, *run)
        made += [found[rule] for rule in rules]
    texts = str(bound), patterns.text, cue.text
    return Comparison(units, k, *texts, networks, seed, most, tuple(made))


def _admissible(epsilon: sp.Expr) -> sp.Expr:
    bound = exact(epsilon)
    if not bound.is_number or not 0 < bound < sp.S.Half:
        raise InvalidValue(
            f"epsilon is {bound}; the admissible error of a bit is between 0 and 1/2"
        )
    return bound


def _require_sizes(units: int, load: int, most: int) -> None:
    for name, size, least in (("D", units, 2), ("K", load, 2), ("most", most, 2)):
        if size < least:
            raise InvalidValue(f"{name} is {size}; it is at least {least}")
    if units > MOST_UNITS:
        raise SizeLimit(
            f"D is {units}, past the bound of {MOST_UNITS} units of a comparison: the loads of steep separators grow "
            "exponentially with D (one composition is derived at any D by hs.universal)"
        )


# ---- by formula -----------------------------------------------------------------------------


_Numbers = tuple[float | None, float | None, float | None, float | None, float | None]


def _by_formula(setting: Setting, units: int, load: int, epsilon: sp.Expr) -> _Numbers:
    """Signal, noise and rho at a load, K_max, and what it drops; None where they are not derived."""
    try:
        theory = derive(setting.rule, setting.patterns, cue=setting.cue)
        claim = theory["bit_error"]
    except NotDerivable:
        return None, None, None, None, None
    at = {notation.D: sp.Integer(units), notation.M: sp.Integer(units)}
    here = {**at, notation.K: sp.Integer(load)}
    signal, spread, rho = (
        _value(theory, name, here) for name in ("signal", "field_variance", "snr")
    )
    noise = None if spread is None else math.sqrt(spread)
    found, dropped = _solved(claim.formula.xreplace(at), epsilon), 0.0
    if claim.remainder is not None:
        nearest = {**at, notation.K: sp.Integer(max(2, round(found)))}
        dropped = abs(float(evaluate(claim.remainder(nearest) / epsilon, {}, _DIGITS)))
    return signal, noise, rho, found, dropped


def _value(theory: Theory, name: str, at: dict[sp.Symbol, sp.Expr]) -> float | None:
    if name not in theory:
        return None
    formula = theory[name].formula
    return float(evaluate(formula, {s: at[s] for s in formula.free_symbols if s in at}, _DIGITS))


@cache
def _solved(error: sp.Expr, epsilon: sp.Expr) -> float:
    """The load at which the error of a formula in K is epsilon."""

    def at(patterns: int) -> float:
        return float(evaluate(error, {notation.K: sp.Integer(patterns)}, _DIGITS))

    low, high = crossing(at, float(epsilon), _LARGEST, 1e-5)
    return low if low == high else between(low, at(int(low)), high, at(int(high)), float(epsilon))


# ---- by simulation ----------------------------------------------------------------------------


def _by_simulation(
    setting: Setting, units: int, epsilon: float, networks: int, seed: int, most: int, signs: bool
) -> tuple[float | None, float | None]:
    """K_max and its standard error; (inf, the largest number that was simulated) where it is beyond."""
    if not networks:
        return None, None
    rule = setting.rule
    assert isinstance(rule, UniversalRule)
    asked = setting.with_rule(rule.stable()) if signs else setting

    @cache
    def run(patterns: int, times: float) -> Estimate:
        # about as many recalls whatever K is, and the same patterns for every rule
        more = min(_MOST_TIMES, max(1.0, _RECALLED / patterns))
        drawn = max(4, round(times * networks * more))
        at = {s: sp.Integer(units) for s in (notation.D, notation.M)}
        network = universal_network(asked, {**at, notation.K: sp.Integer(patterns)})
        made = simulate(network, drawn, seed=seed, moments=0 if signs else 2)
        return made.estimate("bit_error") if signs else _as_error(made.estimate("explained"))

    return passage(run, epsilon, most)


def _as_error(explained: Estimate) -> Estimate:
    """Q(sqrt(rho)) with its standard error, from rho/(1 + rho); 1/2 where no field differs from another."""
    share = explained.value
    if math.isnan(share):
        return Estimate(0.5, 0.0, explained.networks)
    left = 1 - share
    if left <= _NOTHING:
        return Estimate(0.0, 0.0, explained.networks)
    rho = max(share, 0.0) / left
    value = math.erfc(math.sqrt(rho / 2)) / 2
    slope = math.exp(-rho / 2) / math.sqrt(8 * math.pi * rho) / left**2 if rho else 0.0
    return Estimate(value, slope * explained.stderr, explained.networks)


# ---- print --------------------------------------------------------------------------------------


def _letters(alike: Sequence[Sequence[UniversalRule]]) -> dict[UniversalRule, str]:
    """The letter of the class of each rule: A to Z, then AA, AB, ..."""
    named = {}
    for n, rules in enumerate(alike):
        letter = ("" if n < 26 else ascii_uppercase[n // 26 - 1]) + ascii_uppercase[n % 26]
        named.update(dict.fromkeys(rules, letter))
    return named


def _shown(value: float | None, digits: int = 4) -> str:
    return "-" if value is None else f"{value:.{digits}g}"


def _load(value: float | None) -> str:
    return "none" if value == 0 else _shown(value)


def _finite(simulated: float | None, stderr: float | None) -> dict[str, float | None]:
    """Numbers that JSON has: a load past the largest that was simulated is null, with that load beside it."""
    beyond = simulated is not None and math.isinf(simulated)
    return {
        "simulated": None if beyond else simulated,
        "stderr": None if beyond else stderr,
        "above": stderr if beyond else None,
    }
