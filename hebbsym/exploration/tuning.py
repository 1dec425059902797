r"""The best coefficients of a space with coefficients of w, within the bounds that it declares.

A field is not linear in what multiplies the weight, and there is no closed form. So a criterion, which is a column of the
sweep, is made large numerically: over the box of the coefficients that are ranges or grids, for every choice from
the finite sets.

Main names
----------
tune
    The best coefficients under a condition: :class:`~hebbsym.exploration.optimise.Optimum`.
Bounded, Nothing
    Its certificate; what stands in its place where no rule has the criterion.
criteria_of
    What can be made large in a space.

Conventions
-----------
A coefficient of a range or grid is looked at as its place between its ends, from 0 to 1 (of its logarithm, where the
values are logarithmic, :mod:`hebbsym.exploration.box`). What is differentiated is the logarithm of the criterion, at places that are not at an end; at an
end it must not rise inwards. Moves that leave the rule what it is, for its halves A and B stay the same or B
is multiplied, are no directions (:mod:`hebbsym.exploration.halves`). A span is the real number at which the claim solves
for it, as everywhere.

What it neglects
----------------
A search finds a local maximum; how many starts ended as high is part of the certificate. Rules at which rates
coincide, so that the general formula is 0/0, are not met on the way, except at the end of a search.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, final

import numpy as np
import sympy as sp

from hebbsym import numeric
from hebbsym.claim import Claim
from hebbsym.errors import HebbsymError, UnknownName
from hebbsym.exploration.affine import Aged, affine_columns
from hebbsym.exploration.box import Box, choices
from hebbsym.exploration.certificates import FLAT, Optimum, Proof, small
from hebbsym.exploration.columns import Evaluate
from hebbsym.exploration.optimise import STARTS
from hebbsym.exploration.space import POWERS, Condition, Space
from hebbsym.notation import D, K, age, epsilon, z
from hebbsym.theories import Theory

if TYPE_CHECKING:
    from numpy.typing import NDArray

Array: TypeAlias = "NDArray[Any]"

MOST_COMPARED = 1000
"""Rules of a space that an optimum is compared with, where the best of them is not known."""
_SAME = 1e-6  # relative difference of two values of the same maximum


@final
@dataclass(frozen=True)
class Bounded(Proof):
    """Why these coefficients are a maximum between bounds.

    Parameters
    ----------
    gradient : float
        Norm of the projected gradient: along places that are free, and inwards at ends.
    curvature : tuple of float
        Eigenvalues of the second derivatives over the free directions, ascending.
    active : mapping of str to float
        The coefficients that are at an end, each with the slope outwards, at least 0.
    claimed : float
        The criterion by the claim of this rule itself, derived anew.
    value : float
        The criterion as the search saw it.
    starts, agreeing : int
        Searches that were begun at the best choice, and those that ended at the best value found.
    choices : int
        Choices from the finite sets, each of which was searched.
    grid : float
        The criterion of the best rule of the sweep.
    rule : int
        Its number in the space; -1 where no rule has the criterion.
    compared : int
        Of how many rules it is the best.

    Examples
    --------
    >>> Bounded(1e-9, (-3.0,), {}, 41.7, 41.7, 12, 12, 1, 41.5, 7, 50).holds
    True
    >>> Bounded(1e-9, (-3.0,), {}, 41.7, 41.7, 12, 12, 1, 41.9, 7, 50).holds  # the sweep has a better one
    False
    """

    gradient: float
    curvature: tuple[float, ...]
    active: Mapping[str, float]
    claimed: float
    value: float
    starts: int
    agreeing: int
    choices: int
    grid: float
    rule: int
    compared: int

    @property
    def holds(self) -> bool:
        """Gradient zero, curvatures negative, the claim agrees, and no rule of the sweep is better."""
        return (
            self.gradient < FLAT
            and all(one < 0 for one in self.curvature)
            and math.isclose(self.claimed, self.value, rel_tol=_SAME)
            and not self.grid > self.value * (1 + _SAME)
        )

    @property
    def method(self) -> str:
        return f", {self.choices} choices" if self.choices > 1 else ""

    def rows(self) -> list[tuple[str, str]]:
        ends = ", ".join(f"{name} (slope outwards {one:.3g})" for name, one in self.active.items())
        curvature = ", ".join(f"{one:.6g}" for one in self.curvature)
        best = f"{self.grid:.10g} (rule {self.rule}, of {self.compared})"
        return [
            ("gradient", small(self.gradient)),
            ("curvature", curvature or "no free direction"),
            ("at a bound", ends or "none"),
            ("by its claim", f"{self.claimed:.10g}"),
            ("best of sweep", best if self.rule >= 0 else f"none of {self.compared}"),
            ("search", f"{self.agreeing} of {self.starts} starts"),
        ]

    def record(self) -> dict[str, Any]:
        return {**asdict(self), "curvature": list(self.curvature)}


@final
@dataclass(frozen=True)
class Nothing(Proof):
    """No rule that was tried has the criterion.

    Parameters
    ----------
    choices : int
        Choices from the finite sets, in each of which places were tried.
    """

    choices: int
    holds = False

    @property
    def method(self) -> str:
        return ": no rule of the space that was tried meets it"

    def rows(self) -> list[tuple[str, str]]:
        return []

    def record(self) -> dict[str, Any]:
        return asdict(self)


def criteria_of(space: Space) -> tuple[str, ...]:
    """The columns that can be made large: ratios of the last and the first pattern, spans.

    Examples
    --------
    >>> from hebbsym.exploration.space import finite
    >>> criteria_of(Space({"c_2_corr": finite((1,)), "d_0": finite((-1,))}, criteria=("snr", "bit")))
    ('snr', 'snr:oldest', 'span', 'span:bit')
    """
    names = affine_columns(space)
    return ("snr", "snr:oldest", *(name for name in names if name.startswith("span")))


def tune(
    space: Space,
    condition: Condition,
    criterion: str,
    *,
    best: int | None = None,
    starts: int = STARTS,
    seed: int = 0,
) -> Optimum:
    """The coefficients of a space that make a criterion largest under a condition.

    Parameters
    ----------
    space : Space
        With coefficients of w. Ranges and grids are searched between their ends, finite sets are tried all.
    condition : Condition
    criterion : str
        One of :func:`criteria_of`.
    best : int, optional
        The best rule of a sweep of the space, to be compared with; without it rules of the space are computed, at
        most :data:`MOST_COMPARED` of them.
    starts, seed : int
        Of the search.

    Raises
    ------
    UnknownName
        For a criterion that is none.
    NotDerivable
        When the criterion does not exist under the condition.
    SizeLimit
        When there are too many choices from the finite sets.

    Examples
    --------
    >>> from hebbsym.exploration.space import Size, finite
    >>> from hebbsym.exploration.values import Range
    >>> rates = Range(-sp.Rational(1, 2), -sp.Rational(1, 1000))
    >>> space = Space({"c_2_corr": finite((1,)), "d_0": rates}, sizes=(Size(1000, 100),),
    ...               sampling="sobol", samples=64)
    >>> found = tune(space, space.conditions[0], "span", starts=3)
    >>> round(found.value, 6), found.certificate.holds  # (1 - 1/S)^(S - 1)/S = 9/1008
    (41.703509, True)
    """
    if criterion not in criteria_of(space):
        raise UnknownName("criterion", criterion, criteria_of(space))
    column = affine_columns(space)[criterion]
    quick = column.build(Aged(space, condition, renewing=False))
    boxes = [Box(space, condition, choice, quick) for choice in choices(space)]
    each = starts if len(boxes) == 1 else max(2, starts // len(boxes))
    ends = [end for box in boxes for end in box.searched(each, seed)]
    said = criterion, condition.setting(space.general).text.partition(" on ")[2]
    if not ends:
        at = {symbol: condition.size.values[symbol] for symbol in (D, K)}
        return Optimum(*said, "search", _texts(at), {}, 0.0, Nothing(len(boxes)))
    box, place = (end := max(ends, key=lambda end: end.height)).box, end.place
    place = box.refined(place)
    height = box.height(place)
    with np.errstate(over="ignore"):
        value = float(np.exp(height))
    alike = [one.height for one in ends if one.box is box]
    agreeing = sum(one >= height - _SAME * max(1.0, abs(height)) for one in alike)
    exact = box.exact(place)
    claim, at = _claimed(space, condition, criterion, exact)
    known = quick if best is None else column.build(Aged(space, condition))
    certificate = Bounded(
        *box.derivatives(place), _value(claim, at), value, len(alike), agreeing, len(boxes),
        *_of_sweep(space, known, best),
    )  # fmt: skip
    coefficients = {_powers(name): c for name, c in exact.items()}
    method = "search" if box.free else "all tried"
    return Optimum(*said, method, _texts(at), coefficients, value, certificate, claim.assumptions)


def _texts(at: Mapping[sp.Symbol, sp.Expr]) -> dict[str, str]:
    return {str(symbol): str(v) for symbol, v in at.items() if symbol != age}


# ---- what it is compared with -------------------------------------------------------------


def _of_sweep(space: Space, column: Evaluate, best: int | None) -> tuple[float, int, int]:
    """The criterion of the best rule of the space, its number, and of how many rules it is the best."""
    count = min(len(space), MOST_COMPARED)
    index = np.unique(np.linspace(0, len(space) - 1, count).astype(np.int64))
    if best is not None:
        index = np.array([best])
    values = column(np.ascontiguousarray(space.rows(index).T))
    compared = len(index) if best is None else len(space)
    if np.isnan(values).all():
        return math.nan, -1, compared
    place = int(np.nanargmax(values))
    return float(values[place]), int(index[place]), compared


def _claimed(
    space: Space, condition: Condition, criterion: str, exact: Mapping[str, sp.Expr]
) -> tuple[Any, dict[sp.Symbol, sp.Expr]]:
    """The claim of a rule itself, and what it is to be evaluated at."""
    claim = Theory(condition.setting(space.rule(exact)))[criterion.removesuffix(":oldest")]
    sizes = condition.size.values
    at = {**sizes, age: sizes[K] - 1 if criterion == "snr:oldest" else sp.S.Zero}
    for demand in space.demands:
        if criterion == ("span" if demand.criterion == "snr" else f"span:{demand.criterion}"):
            at |= {z: demand.level, epsilon: demand.level}
    return claim, {symbol: v for symbol, v in at.items() if symbol in {*claim.free_symbols, D, K}}


def _value(claim: Claim, at: Mapping[sp.Symbol, sp.Expr]) -> float:
    try:
        return float(numeric.value(claim, at))
    except HebbsymError:
        return math.nan


def _powers(name: str) -> tuple[int, ...]:
    slope, p, q = POWERS[name]
    return (p, q, 1) if slope else (p, q)
