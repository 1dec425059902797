r"""What a search for the best coefficients hands back: them, the criterion there, and why it is a maximum.

Main names
----------
Optimum
    The best coefficients, where they hold, and why.
Proof, Certificate
    What tells a maximum from a place where a search stopped; that of an additive rule.
Passage
    Where a largest number of patterns lies: it meets the criterion, and one more does not.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, final

import sympy as sp

from hebbsym import notation
from hebbsym.families.rules import ExpandedRule

Powers = tuple[int, int]

DIGITS = 12
"""Of a coefficient that was searched, in decimals: what is printed is the rule itself."""

_LONGEST = 200  # characters of a rule that is printed as `hebbsym derive` takes it

FLAT = 1e-7
"""Gradients below are zero, by the accuracy of the differences."""


class Proof(ABC):
    """What tells a maximum from a place where a search stopped."""

    @property
    @abstractmethod
    def holds(self) -> bool:
        """Whether it does."""

    @property
    @abstractmethod
    def method(self) -> str:
        """What is said beside the name of the method."""

    @abstractmethod
    def rows(self) -> list[tuple[str, str]]:
        """Rows of text."""

    @abstractmethod
    def record(self) -> dict[str, Any]:
        """JSON data."""


@dataclass(frozen=True)
class Passage:
    """The last number of patterns at which some rule meets a criterion of storage.

    Parameters
    ----------
    load : int
        K.
    within : float
        The probability of failure of the best rule at K.
    beyond : float
        The lowest probability of failure that was found at K + 1.
    level : float
        epsilon, which it must not exceed.

    Examples
    --------
    >>> Passage(22, 0.0097, 0.0104, 0.01).holds
    True
    """

    load: int
    within: float
    beyond: float
    level: float

    @property
    def holds(self) -> bool:
        """Whether the criterion is met at K, and no rule was found that meets it at K + 1."""
        return self.within <= self.level < self.beyond


@final
@dataclass(frozen=True)
class Certificate(Proof):
    """Why these coefficients are a maximum.

    Parameters
    ----------
    gradient : float
        Norm of the tangent gradient of the logarithm of the criterion.
    curvature : tuple of float
        Eigenvalues of its tangent second derivatives, ascending; all are negative at a maximum.
    angle : float
        Angle to c* in the inner product N, in radians.
    ratio : float
        rho of these coefficients over that of c*, at most 1.
    searched : float
        The best value that the search found; where the coefficients are known in closed form it cannot be better.
    starts, agreeing : int
        Searches that were begun, and those that ended at the best value found.
    exact : bool
        Whether N c = s times a number was seen to hold in exact arithmetic.
    passage : Passage, optional
        For a largest number of patterns. Gradient and curvature are then those of the error of a bit there.

    Examples
    --------
    >>> Certificate(1e-11, (-2.0, -2.0, -2.0), 0.0, 1.0, 5.4, 12, 12, True).holds
    True
    """

    gradient: float
    curvature: tuple[float, ...]
    angle: float
    ratio: float
    searched: float
    starts: int
    agreeing: int
    exact: bool
    passage: Passage | None = None

    @property
    def holds(self) -> bool:
        """Whether the gradient vanishes, every curvature is negative, and a largest load is one."""
        passes = self.passage is None or self.passage.holds
        return self.gradient < FLAT and all(one < 0 for one in self.curvature) and passes

    @property
    def method(self) -> str:
        return ", exact" if self.exact else ""

    def rows(self) -> list[tuple[str, str]]:
        return [
            ("gradient", small(self.gradient)),
            ("curvature", ", ".join(f"{one:.6g}" for one in self.curvature)),
            ("angle to c*", small(self.angle)),
            ("rho / rho(c*)", f"{self.ratio:.10g}"),
            ("search", f"{self.searched:.10g} ({self.agreeing} of {self.starts} starts)"),
            *_passed(self.passage),
        ]

    def record(self) -> dict[str, Any]:
        passage = None if self.passage is None else asdict(self.passage)
        return {**asdict(self), "curvature": list(self.curvature), "passage": passage}


@dataclass(frozen=True)
class Optimum:
    """The best coefficients, where they hold, and why.

    Parameters
    ----------
    criterion, setting, method : str
        ``method`` is "closed form" or "search".
    at : mapping of str to str
        The values of the symbols.
    coefficients : mapping of (p, q) to expression
        (p, q, 1) for one that multiplies w. Of an additive rule: of the reduced rule, scaled so that the coefficient of
        x_i x_j is 1 where it is not 0; exact in closed form, decimals of twelve digits where they were searched.
    value : float
        The criterion there.
    certificate : Certificate
    assumptions : tuple of str

    Examples
    --------
    >>> from hebbsym.families.ensembles import Bipolar
    >>> from hebbsym.exploration.optimise import optimise
    >>> from hebbsym.notation import D, K
    >>> from hebbsym.theory.setting import Setting
    >>> half = sp.Rational(1, 2)
    >>> found = optimise(Setting(ExpandedRule(2), Bipolar(half)), at={D: 100, K: 10})
    >>> found.coefficients[0, 1], found.method, found.certificate.holds  # the pre part is -a x_j
    (-1/2, 'closed form', True)
    """

    criterion: str
    setting: str
    method: str
    at: Mapping[str, str]
    coefficients: Mapping[Powers, sp.Expr] | Mapping[tuple[int, ...], sp.Expr]
    value: float
    certificate: Proof
    assumptions: tuple[str, ...] = ()

    @property
    def rule(self) -> ExpandedRule:
        """The rule with these coefficients."""
        terms: dict[Powers, sp.Expr] = {}
        for (p, q, *on_weight), c in self.coefficients.items():
            terms[p, q] = terms.get((p, q), sp.S.Zero) + c * notation.w ** sum(on_weight)
        order = max((p + q for (p, q), c in terms.items() if c != 0), default=0)
        return ExpandedRule(order, {pq: c for pq, c in terms.items() if c != 0}, "optimum")

    def table(self) -> list[tuple[str, str]]:
        """Rows of text: what was asked, what is best, and the certificate."""
        proof = self.certificate
        rows = [("criterion", self.criterion), ("setting", self.setting)]
        rows += [("at", ", ".join(f"{s}={v}" for s, v in self.at.items()))]
        rows += [(name_of(powers), _text(c)) for powers, c in self.coefficients.items()]
        update = str(self.rule.update)
        rows += [("rule", update)] if len(update) < _LONGEST else []
        rows += [("value", f"{self.value:.10g}"), ("method", self.method + proof.method)]
        return [*rows, *proof.rows(), ("certificate", "holds" if proof.holds else "does not hold")]

    def to_json(self) -> dict[str, Any]:
        """JSON data of schema ``hebbsym/optimum/1``."""
        return {
            "schema": "hebbsym/optimum/1",
            "criterion": self.criterion,
            "setting": self.setting,
            "method": self.method,
            "at": dict(self.at),
            "coefficients": {
                name_of(powers): {"formula": str(c), "value": float(c)}
                for powers, c in self.coefficients.items()
            },
            "value": self.value,
            "certificate": {"holds": self.certificate.holds, **self.certificate.record()},
            "assumptions": list(self.assumptions),
        }


def name_of(powers: tuple[int, ...]) -> str:
    """The name of the coefficient of x_i^p x_j^q, or of w x_i^p x_j^q where the power 1 of w stands behind.

    Examples
    --------
    >>> name_of((1, 1)), name_of((2, 0, 1))
    ('c_2_corr', 'd_2_post')
    """
    p, q, *on_weight = powers
    return notation.slope(p, q).name if on_weight else notation.coefficient_name(p, q)


def _passed(passage: Passage | None) -> list[tuple[str, str]]:
    """The probabilities of failure at the largest load and at the next."""
    if passage is None:
        return []
    text = f"{passage.within:.6g} at K = {passage.load}, {passage.beyond:.6g} at the next"
    return [("failure", f"{text}; at most {passage.level:.6g} is allowed")]


def small(number: float) -> str:
    """A number that is zero to the accuracy of the differences is not spelled out: it is rounding.

    Examples
    --------
    >>> small(1e-9), small(0.25)
    ('below 1e-07', '0.25')
    """
    return f"below {FLAT:.0e}" if number < FLAT else f"{number:.3g}"


def _text(c: sp.Expr) -> str:
    exact = str(c)
    return exact if c.is_Rational and len(exact) < 24 else f"{float(c):.{DIGITS}g}"
