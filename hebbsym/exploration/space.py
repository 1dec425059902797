"""What is explored: coefficients, patterns, cues, thresholds, criteria and sizes.

Main names
----------
Space
    The rules that are compared, and the conditions under which they are.
Condition
    One choice of patterns, cue, threshold and size.
Size
    The number of units, and the number of patterns or the load.
Demand
    A criterion of storage with its level.

Conventions
-----------
Coefficients bear the names of :mod:`hebbsym.notation`: ``c_2_corr`` multiplies x_i x_j, and
``d_2_post`` multiplies w x_i**2. What is not named is zero. Patterns, cues and thresholds are the
texts of the registries (``"bipolar(mean=1/5)"``), and all their parameters are numbers. Criteria
are ``snr(z=3)`` (a signal-to-noise ratio of at least z^2), ``bit(epsilon=1/100)``, ``pattern`` and
``all``. A point is a rule; its index alone gives it, in any process, without the others.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp

from hebbsym import formula, notation
from hebbsym.capacity.criteria import criteria as criteria_registry
from hebbsym.errors import InvalidValue, SizeLimit, UnknownName
from hebbsym.exploration.sampling import points, samplings
from hebbsym.exploration.values import Finite, Values, rational
from hebbsym.families.cues import Cue, cues
from hebbsym.families.ensembles import Ensemble, Pair, ensembles
from hebbsym.families.rules import ExpandedRule, Rule
from hebbsym.families.thresholds import Threshold, thresholds
from hebbsym.registry import parse_spec
from hebbsym.specs import built
from hebbsym.theory.setting import Setting

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_CONDITIONS = 10_000
"""Bound on the combinations of patterns, cue, threshold and size."""
HIGHEST = 9
"""Bound on the powers of a coefficient that is explored."""
_SNR = "snr"
_LEVELS = {_SNR: ("z", sp.Integer(3))} | {
    name: ("epsilon", sp.Rational(1, 100)) for name in criteria_registry
}
POWERS = {
    prefix + notation.coefficient_name(p, q)[1:]: (prefix == "d", p, q)
    for prefix in "cd"
    for p in range(HIGHEST + 1)
    for q in range(HIGHEST + 1 - p)
}
"""What each name of a coefficient stands for: whether it multiplies w, and the powers of x_i and x_j."""


@dataclass(frozen=True)
class Size:
    """The number of units, and either the number of patterns or the load alpha = K/D.

    Raises
    ------
    InvalidValue
        When both or neither of K and alpha are given, or one is out of its domain.

    Examples
    --------
    >>> Size(1000, alpha=sp.Rational(1, 16)).patterns
    62
    """

    D: int
    K: int | None = None
    alpha: sp.Rational | None = None

    def __post_init__(self) -> None:
        if self.D < 2:
            raise InvalidValue(f"D = {self.D}, but a unit needs another one: D is at least 2")
        if (self.K is None) == (self.alpha is None):
            both = "both" if self.K is not None else "neither"
            raise InvalidValue(f"a size is D with K or with alpha; {both} of them given")
        if self.alpha is not None:
            object.__setattr__(self, "alpha", rational(self.alpha))
            if self.alpha <= 0:
                raise InvalidValue(f"alpha = {self.alpha}, but a load is positive")
        if self.K is not None and self.K < 1:
            raise InvalidValue(f"K = {self.K}, but K is at least 1")

    @property
    def patterns(self) -> int:
        """K: as given, or the integer part of alpha D (at least 1)."""
        if self.K is not None:
            return self.K
        assert self.alpha is not None
        return max(1, int(self.alpha * self.D))

    @property
    def values(self) -> dict[sp.Symbol, sp.Expr]:
        """D and K by symbol; M too, which is D where contents and addresses differ."""
        return {
            notation.D: sp.Integer(self.D),
            notation.K: sp.Integer(self.patterns),
            notation.M: sp.Integer(self.D),
        }

    @property
    def record(self) -> dict[str, Any]:
        """What gives the size again."""
        load = {"K": self.K} if self.alpha is None else {"alpha": str(self.alpha)}
        return {"D": self.D, **load}


@dataclass(frozen=True)
class Demand:
    """A criterion of storage, and the level at which it is met.

    Examples
    --------
    >>> Demand.parse("bit(epsilon=1/50)")
    Demand(criterion='bit', level=1/50)
    >>> Demand.parse("snr").claim, Demand.parse("snr").symbol
    ('capacity:snr', z)
    """

    criterion: str
    level: sp.Rational

    @classmethod
    def parse(cls, text: str) -> Demand:
        """A demand from its text."""
        spec = parse_spec(text, "criterion")
        if spec.name not in _LEVELS:
            raise UnknownName("criterion", spec.name, _LEVELS)
        symbol, level = _LEVELS[spec.name]
        for parameter, given in spec.parameters:
            if parameter != symbol:
                raise UnknownName(f"parameter of criterion {spec.name}", parameter, [symbol])
            level = rational(formula.number(given))
        if level <= 0 or (symbol == "epsilon" and 2 * level >= 1):
            allowed = "positive" if symbol == "z" else "between 0 and 1/2"
            raise InvalidValue(f"{symbol} = {level} of criterion {spec.name!r} is not {allowed}")
        return cls(spec.name, level)

    @property
    def claim(self) -> str:
        """The name of the claim that it leads to."""
        return f"capacity:{self.criterion}"

    @property
    def symbol(self) -> sp.Symbol:
        """What its level stands for: z or epsilon."""
        return notation.named(_LEVELS[self.criterion][0])

    @property
    def text(self) -> str:
        """The text that gives it again."""
        return f"{self.criterion}({_LEVELS[self.criterion][0]}={self.level})"


@dataclass(frozen=True)
class Condition:
    """Patterns, cue, threshold and size under which rules are compared; all but the size are texts.

    Examples
    --------
    >>> here = Condition("bipolar", "flip(delta=1/10)", "optimal", Size(100, 10))
    >>> here.text
    'bipolar(mean=0), cue flip(delta=1/10), threshold optimal, D=100, K=10'
    """

    ensemble: str
    cue: str
    threshold: str
    size: Size

    @cached_property
    def parts(self) -> tuple[Ensemble | Pair, Cue, Threshold]:
        """What the texts stand for."""
        return (
            built(ensembles, self.ensemble),
            built(cues, self.cue),
            built(thresholds, self.threshold),
        )

    def setting(self, rule: Rule) -> Setting:
        """The setting of a rule under this condition."""
        return Setting(rule, *self.parts)

    @property
    def text(self) -> str:
        """One line that names the condition."""
        ensemble, cue, threshold = (part.text for part in self.parts)
        size = f"D={self.size.D}, K={self.size.patterns}"
        return f"{ensemble}, cue {cue}, threshold {threshold}, {size}"


@dataclass(frozen=True)
class Space:
    """The rules that are compared, and the conditions under which they are.

    Parameters
    ----------
    coefficients : mapping of name to Values
        The order is that of the columns; what is not named is zero.
    ensembles, cues, thresholds, criteria : tuples of str
    sizes : tuple of Size
    sampling : str
        ``grid``, ``permutations``, ``latin`` or ``sobol``.
    samples : int, optional
        The number of points, for ``latin`` and ``sobol``.
    seed : int
    name : str

    Raises
    ------
    InvalidValue, UnknownName, SizeLimit
        When the space is empty, contradicts itself, or names something that there is not.

    Examples
    --------
    >>> signs = Finite((-1, 0, 1))
    >>> space = Space({"c_1_post": signs, "c_2_corr": signs}, sizes=(Size(100, 10),))
    >>> len(space), space.point(5)
    (9, {'c_1_post': 0, 'c_2_corr': 1})
    >>> space.block(4, 6).tolist()
    [[0.0, 0.0], [0.0, 1.0]]
    """

    coefficients: Mapping[str, Values]
    ensembles: tuple[str, ...] = ("bipolar",)
    cues: tuple[str, ...] = ("exact",)
    thresholds: tuple[str, ...] = ("optimal",)
    criteria: tuple[str, ...] = (_SNR,)
    sizes: tuple[Size, ...] = field(default_factory=lambda: (Size(1000, 100),))
    sampling: str = "grid"
    samples: int | None = None
    seed: int = 0
    name: str = "space"

    def __post_init__(self) -> None:
        object.__setattr__(self, "coefficients", dict(self.coefficients))
        for parts in ("ensembles", "cues", "thresholds", "criteria", "sizes"):
            given = tuple(getattr(self, parts))
            object.__setattr__(self, parts, given)
            if not given:
                raise InvalidValue(f"the space has no {parts}: nothing can be explored")
        if not self.coefficients:
            raise InvalidValue("the space has no coefficients: nothing can be explored")
        for name in self.coefficients:
            if name not in POWERS:
                raise UnknownName("coefficient", name, POWERS)
        if all(v.ends == (0, 0) for v in self.coefficients.values()):
            raise InvalidValue("every coefficient is 0: the space holds no rule but the empty one")
        points(tuple(self.coefficients.values()), self.sampling, self.samples)
        self._spell_alike()
        self._require_conditions()

    def _spell_alike(self) -> None:
        """Every text as its object spells it, so that equal spaces are equal."""
        spelled = {
            "ensembles": tuple(built(ensembles, text).text for text in self.ensembles),
            "cues": tuple(built(cues, text).text for text in self.cues),
            "thresholds": tuple(built(thresholds, text).text for text in self.thresholds),
            "criteria": tuple(demand.text for demand in self.demands),
        }
        for name, texts in spelled.items():
            object.__setattr__(self, name, texts)

    def _require_conditions(self) -> None:
        """Everything under which rules are compared exists, once, and is made of numbers."""
        combined = math.prod(map(len, (self.ensembles, self.cues, self.thresholds, self.sizes)))
        if combined > MOST_CONDITIONS:
            raise SizeLimit(
                f"{combined} combinations of patterns, cue, threshold and size are past the bound "
                f"of {MOST_CONDITIONS}; explore them in several sweeps"
            )
        for condition in self.conditions:
            setting = condition.setting(ExpandedRule(0, {(0, 0): 1}))
            if setting.free_symbols:
                free = ", ".join(sorted(map(str, setting.free_symbols)))
                raise InvalidValue(f"{free} has no value in {setting.text!r}; give it a number")
        named = {
            "criteria": self.criteria,
            "ensembles": self.ensembles,
            "cues": self.cues,
            "thresholds": self.thresholds,
            "sizes": [(size.D, size.patterns) for size in self.sizes],
        }
        for what, found in named.items():
            twice = [one for n, one in enumerate(found) if one in found[:n]]
            if twice:
                raise InvalidValue(f"{what} name {twice[0]} twice")

    @classmethod
    def from_toml(cls, path: str | os.PathLike[str]) -> Space:
        """The space that a TOML file declares; see :mod:`hebbsym.exploration.reading`."""
        from hebbsym.exploration.reading import read

        return read(path)

    def __len__(self) -> int:
        """The number of rules, before equivalent ones are divided out."""
        return points(self._values, self.sampling, self.samples)

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the coefficients."""
        return tuple(self.coefficients)

    @property
    def _values(self) -> tuple[Values, ...]:
        return tuple(self.coefficients.values())

    @property
    def affine(self) -> bool:
        """Whether a coefficient multiplies the weight."""
        return any(POWERS[name][0] for name in self.coefficients)

    @property
    def order(self) -> int:
        """The highest total power of the activities."""
        return max(p + q for _, p, q in (POWERS[name] for name in self.coefficients))

    @cached_property
    def demands(self) -> tuple[Demand, ...]:
        """The criteria with their levels."""
        return tuple(Demand.parse(text) for text in self.criteria)

    @cached_property
    def levels(self) -> dict[str, Demand]:
        """The demands by the names that end their columns: the criterion, with its level where there are several.

        Examples
        --------
        >>> space = Space({"c_2_corr": Finite((1,))}, criteria=("snr", "bit", "bit(epsilon=1/50)"))
        >>> list(space.levels)
        ['snr', 'bit(epsilon=1/100)', 'bit(epsilon=1/50)']
        """
        kinds = [demand.criterion for demand in self.demands]
        return {
            demand.criterion if kinds.count(demand.criterion) == 1 else demand.text: demand
            for demand in self.demands
        }

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        """Every combination of patterns, cue, threshold and size, the size fastest."""
        parts = (self.ensembles, self.cues, self.thresholds, self.sizes)
        return tuple(Condition(*chosen) for chosen in itertools.product(*parts))

    def point(self, index: int) -> dict[str, sp.Rational]:
        """The exact coefficients of one rule.

        Raises
        ------
        InvalidValue
            When there is no such point.
        """
        self._require(index, index + 1)
        way = samplings[self.sampling]
        found = way.exact(self._values, self.samples or 0, self.seed, index)
        return dict(zip(self.names, found, strict=True))

    def block(self, start: int, stop: int) -> NDArray[Any]:
        """Coefficients of points ``start`` to ``stop - 1`` as doubles, of shape (points, coefficients)."""
        return self.rows(np.arange(start, stop, dtype=np.int64))

    def rows(self, index: NDArray[Any]) -> NDArray[Any]:
        """Coefficients of the points of ascending indices as doubles, of shape (points, coefficients)."""
        if not len(index):
            raise InvalidValue("no points are asked for")
        self._require(int(index[0]), int(index[-1]) + 1)
        way = samplings[self.sampling]
        return way.doubles(self._values, self.samples or 0, self.seed, index)

    def _require(self, start: int, stop: int) -> None:
        if not 0 <= start < stop <= len(self):
            raise InvalidValue(
                f"points {start} to {stop - 1}, but the space has points 0 to {len(self) - 1}"
            )

    def rule(self, point: Mapping[str, Any], name: str = "explored") -> ExpandedRule:
        """The rule that has these coefficients: numbers, or symbols.

        Examples
        --------
        >>> space = Space({"c_2_corr": Finite((1,)), "d_0": Finite((-1, 0))})
        >>> space.rule(space.point(0)).update
        -w + x_i*x_j
        """
        terms: dict[tuple[int, int], sp.Expr] = {}
        for one, value in point.items():
            slope, p, q = POWERS[one]
            part = value * (notation.w if slope else sp.S.One)
            terms[p, q] = terms.get((p, q), sp.S.Zero) + part
        return ExpandedRule(self.order, terms, name)

    @property
    def symbols(self) -> tuple[sp.Symbol, ...]:
        """A symbol for each coefficient, in the order of the columns."""
        made = (POWERS[name] for name in self.names)
        return tuple(
            (notation.slope if slope else notation.coefficient)(p, q) for slope, p, q in made
        )

    @property
    def general(self) -> ExpandedRule:
        """The rule whose coefficients are the symbols."""
        return self.rule(dict(zip(self.names, self.symbols, strict=True)), "general")

    def subspace(self, **changes: Any) -> Space:
        """The space with some of its fields replaced."""
        return replace(self, **changes)

    @property
    def record(self) -> dict[str, Any]:
        """What gives the space again, in the form of a TOML file."""
        sampled = {} if self.samples is None else {"samples": self.samples}
        return {
            "name": self.name,
            "sampling": self.sampling,
            **sampled,
            "seed": self.seed,
            "ensembles": list(self.ensembles),
            "cues": list(self.cues),
            "thresholds": list(self.thresholds),
            "criteria": list(self.criteria),
            "sizes": [size.record for size in self.sizes],
            "coefficients": {name: v.record for name, v in self.coefficients.items()},
        }

    @cached_property
    def fingerprint(self) -> str:
        """A hash of everything that the result depends on."""
        return _digest(self.record)


def _digest(record: Mapping[str, Any]) -> str:
    text = json.dumps(record, sort_keys=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def finite(values: Iterable[Any]) -> Finite:
    """A finite set of exact numbers.

    Examples
    --------
    >>> finite([-1, 0, 1]).count
    3
    """
    return Finite(tuple(values))
