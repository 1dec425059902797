r"""The box of a space: what lies between the ends of its coefficients, and the highest place in it.

Main names
----------
Box
    The coefficients that have an extent, at one choice of the others: searches, and what certifies their ends.
choices
    The choices.

Conventions
-----------
Places lie between 0 and 1, in every coefficient that is a range or grid: its share of the way between its ends, or of that of
its logarithm. Moves that leave the rule what it is, for its halves A and B stay the same or B is multiplied, are no
directions.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias, final

import numpy as np
import sympy as sp

from hebbsym.errors import SizeLimit
from hebbsym.exploration.ascent import local
from hebbsym.exploration.certificates import DIGITS
from hebbsym.exploration.columns import Evaluate
from hebbsym.exploration.halves import halves
from hebbsym.exploration.space import Condition, Space
from hebbsym.exploration.values import Values

if TYPE_CHECKING:
    from numpy.typing import NDArray

Array: TypeAlias = "NDArray[Any]"

MOST_CHOICES = 256
"""Bound on the choices from finite sets: each is a search of its own."""
_SCANNED = (
    64  # places that are looked at before a search begins, and twice as many for each dimension
)
_STEP = 2.0**-8  # of a first difference, where no end is near
_AT_END = 1e-6  # a place so near to an end is tried there
_NOTHING = -1e6  # the logarithm of a criterion that a rule does not have


@final
@dataclass(frozen=True, eq=False)
class End:
    """Where a search ended.

    Parameters
    ----------
    height : float
        The logarithm of the criterion.
    place : array
    box : Box

    Examples
    --------
    >>> from hebbsym.exploration.space import finite
    >>> space = Space({"d_0": finite((-1,)), "c_2_corr": finite((1,))})
    >>> here = Box(space, space.conditions[0], space.point(0), lambda rows: rows[1])
    >>> here.searched(1, 0)[0].height
    0.0
    """

    height: float
    place: Array
    box: Box


@final
@dataclass(frozen=True, eq=False)
class Box:
    """What lies between the ends of the coefficients that have an extent, at one choice of the others.

    Parameters
    ----------
    space : Space
    condition : Condition
    choice : mapping of str to Rational
        The values of the coefficients without extent.
    column : callable
        The criterion, from coefficients of shape (coefficients, rules).

    Examples
    --------
    >>> from hebbsym.exploration.space import finite
    >>> from hebbsym.exploration.values import Grid
    >>> space = Space({"c_2_corr": finite((1,)), "d_0": Grid(-1, 0, 5)})
    >>> (choice,) = choices(space)
    >>> here = Box(space, space.conditions[0], choice, lambda rows: np.exp(-((rows[1] + 1 / 4) ** 2)))
    >>> end = max(here.searched(2, 0), key=lambda end: end.height)
    >>> place = here.refined(end.place)
    >>> here.coefficients(place[None])[1].round(6).tolist(), here.derivatives(place)[2]
    ([-0.25], {})
    """

    space: Space
    condition: Condition
    choice: Mapping[str, sp.Rational]
    column: Evaluate

    @cached_property
    def free(self) -> dict[int, Values]:
        """The coefficients that have an extent, by their number in the space."""
        values = self.space.coefficients
        return {n: values[name] for n, name in enumerate(values) if name not in self.choice}

    def coefficients(self, places: Array) -> Array:
        """Coefficients, shape (coefficients, places), at places of shape (places, free)."""
        found = np.empty((len(self.space.names), len(places)))
        for n, name in enumerate(self.space.names):
            if name in self.choice:
                found[n] = float(self.choice[name])
        for part, (n, values) in zip(places.T, self.free.items(), strict=True):
            low, high = map(float, values.ends)
            linear = low + (high - low) * part
            found[n] = low * (high / low) ** part if values.logarithmic else linear
        return found

    def heights(self, places: Array) -> Array:
        """The logarithm of the criterion at places."""
        with np.errstate(all="ignore"):
            found = np.log(self.column(self.coefficients(places)))
        return np.where(np.isnan(found) | (found < _NOTHING), _NOTHING, found)

    def height(self, place: Array) -> float:
        """The same at one place."""
        return float(self.heights(place[None])[0])

    # ---- the search -----------------------------------------------------------------------

    def searched(self, starts: int, seed: int) -> list[End]:
        """The ends of local searches from places that have the criterion, the best of a scan among them."""
        from scipy.optimize import minimize

        ends = []
        for start in self._starts(starts, seed):
            found = start
            if self.free:
                found = minimize(
                    lambda place: -self.height(place), start, method="Nelder-Mead",
                    bounds=[(0, 1)] * len(self.free),
                    options={"xatol": 1e-8, "fatol": 1e-13, "maxiter": 2000},
                ).x  # fmt: skip
            ends.append(End(self.height(found), found, self))
        return ends

    def _starts(self, count: int, seed: int) -> Array:
        from scipy.stats import qmc

        if not self.free:
            places = np.empty((1, 0))
            return places[self.heights(places) > _NOTHING]
        cube = qmc.Sobol(len(self.free), rng=np.random.default_rng(seed))
        places = cube.random(_SCANNED * 2 ** len(self.free))
        heights = self.heights(places)
        there = np.flatnonzero(heights > _NOTHING)
        first = there[np.argsort(-heights[there], kind="stable")][:1]
        chosen = [*first, *(n for n in there if n not in first)][:count]
        return np.asarray(places[chosen])

    def refined(self, place: Array) -> Array:
        """The place at the ends that are near, and after a few steps of Newton's method elsewhere."""
        if not math.isfinite(self.height(place)):
            return place
        for n in range(len(place)):
            end = place.copy()
            end[n] = round(float(place[n]))
            if abs(end[n] - place[n]) < _AT_END and self.height(end) >= self.height(place) - 1e-9:
                place = end
        for _ in range(8):
            gradient, second, axes = self._local(place)
            if not len(gradient):
                break
            step = axes @ np.linalg.lstsq(second, -gradient, rcond=None)[0]
            moved = place + step
            inside = bool(np.all((moved >= 0) & (moved <= 1)))
            if not inside or not self.height(moved) >= self.height(place) - 1e-13:
                break
            place = moved
            if np.linalg.norm(step) < 1e-12:
                break
        return place

    # ---- the certificate ------------------------------------------------------------------

    def derivatives(self, place: Array) -> tuple[float, tuple[float, ...], dict[str, float]]:
        """Norm of the projected gradient, curvatures, and the slopes outwards at ends."""
        if not math.isfinite(self.height(place)):
            return math.nan, (), {}
        gradient, second, _ = self._local(place)
        outwards = self._outwards(place)
        inwards = [max(0.0, -slope) for slope in outwards.values()]
        curvature = np.linalg.eigvalsh(second) if len(gradient) else ()
        active = {name: max(0.0, slope) for name, slope in outwards.items()}
        return float(np.linalg.norm([*gradient, *inwards])), tuple(map(float, curvature)), active

    def _local(self, place: Array) -> tuple[Array, Array, Array]:
        """Gradient and second derivatives along the moves that change the rule, and these moves."""
        moves = self._moves(place)
        if not moves.shape[1]:
            return np.empty(0), np.empty((0, 0)), moves
        away = np.minimum(place, 1 - place)[~_at_end(place)].min()
        return local(lambda move: self.height(place + move), moves, min(_STEP, float(away) / 3))

    def _moves(self, place: Array) -> Array:
        """Orthonormal moves of the places that are at no end; those that leave the rule what it is are left out."""
        inner = np.flatnonzero(~_at_end(place))
        columns = [list(self.free)[n] for n in inner]
        c, speed = self.coefficients(place[None])[:, 0], self._speed(place)[inner]
        both = halves(self.space, self.condition)
        left, added = (part.astype(float) for part in (both.left, both.added))
        b = added @ c
        along = np.outer(b, b) / (b @ b) if b.any() else np.zeros((len(b), len(b)))
        changes = np.concatenate([left, (np.eye(len(b)) - along) @ added])[:, columns] * speed
        _, sizes, rows = np.linalg.svd(changes)
        kept = rows[: int((sizes > 1e-9 * max(sizes, default=0.0)).sum())]
        moves = np.zeros((len(place), len(kept)))
        moves[inner] = kept.T
        return moves

    def _speed(self, place: Array) -> Array:
        """How fast each coefficient moves with its place."""
        c = self.coefficients(place[None])[list(self.free), 0]
        ends = [tuple(map(float, values.ends)) for values in self.free.values()]
        return np.array(
            [
                one * math.log(high / low) if values.logarithmic else high - low
                for one, (low, high), values in zip(c, ends, self.free.values(), strict=True)
            ]
        )

    def _outwards(self, place: Array) -> dict[str, float]:
        """The slope of the logarithm of the criterion outwards, of each coefficient at an end."""
        found = {}
        for n in np.flatnonzero(_at_end(place)):
            inwards = np.zeros(len(place))
            inwards[n] = _STEP if place[n] == 0 else -_STEP
            steps = self.heights(place + np.arange(5)[:, None] * inwards)
            # the one-sided difference of fourth order
            slope = float(np.array([25, -48, 36, -16, 3]) @ steps) / (12 * _STEP)
            found[self.space.names[list(self.free)[n]]] = slope
        return found

    def exact(self, place: Array) -> dict[str, sp.Expr]:
        """The coefficients: exact where chosen or at an end, decimals elsewhere."""
        c = self.coefficients(place[None])[:, 0]
        found: dict[str, sp.Expr] = {}
        for n, name in enumerate(self.space.names):
            found[name] = self.choice.get(name, sp.Rational(f"{float(c[n]):.{DIGITS}g}"))
        for part, (n, values) in zip(place, self.free.items(), strict=True):
            if part in (0, 1):
                found[self.space.names[n]] = values.ends[int(part)]
        return found


def _at_end(place: Array) -> Array:
    return np.asarray((place == 0) | (place == 1))


def choices(space: Space) -> list[Mapping[str, sp.Rational]]:
    """Every choice of the coefficients that are no ranges or grids.

    Raises
    ------
    SizeLimit
        When there are more of them than :data:`MOST_CHOICES`.

    Examples
    --------
    >>> from hebbsym.exploration.space import finite
    >>> from hebbsym.exploration.values import Grid
    >>> choices(Space({"c_2_corr": finite((1, 2)), "d_0": Grid(-1, 0, 5)}))
    [{'c_2_corr': 1}, {'c_2_corr': 2}]
    """
    coefficients = space.coefficients
    if all(values.fixed for values in coefficients.values()):  # permuted, perhaps
        return [space.point(n) for n in range(_few(len(space)))]
    sets = {name: values for name, values in coefficients.items() if not values.between}
    counts = [values.count or 1 for values in sets.values()]
    _few(math.prod(counts))
    return [
        {name: values.at(n) for n, (name, values) in zip(cells, sets.items(), strict=True)}
        for cells in itertools.product(*map(range, counts))
    ]


def _few(count: int) -> int:
    if count > MOST_CHOICES:
        raise SizeLimit(
            f"the finite sets of the space leave {count} choices, past the bound of {MOST_CHOICES} searches; give "
            "coefficients as grids or ranges, or fewer values"
        )
    return count
