r"""Ascent on the sphere of rules: searches from many starts, and derivatives that certify where they end.

Main names
----------
Frame
    Coordinates in which rho is round.
search, climb
    The highest of many local maxima, and that of one start.
derivatives, local
    Tangent gradient and curvatures; those of any function.

Conventions
-----------
A function of the coefficients does not change when all of them are multiplied by a positive number. It is looked at in
y = L^T c with N = L L^T, on the sphere |y| = 1. Derivatives are central differences of fourth order, taken twice: the
second time along the axes of curvature, with steps that fit each.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import TypeAlias, final

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
Function: TypeAlias = Callable[[Array], float]

_STEP = 2.0**-8  # of a difference, where the curvature is -2
_NOTHING = -1e6  # the logarithm of a criterion that a rule does not have
_TRIES = 100
_SAME = 1e-6  # relative difference of two values of the same maximum


@final
class Frame:
    """Coordinates in which rho is round: y = L^T c, N = L L^T.

    Parameters
    ----------
    s : array, shape (m,)
    noise : array, shape (m, m)
        N, positive definite.

    Examples
    --------
    >>> frame = Frame(np.array([2.0, 0.0]), np.diag([4.0, 9.0]))
    >>> frame.best, frame.compared(np.array([0.0, 1.0]))[1]
    (array([1., 0.]), 0.0)
    """

    def __init__(self, s: Array, noise: Array) -> None:
        # coefficients of unlike sizes are brought to one, so that N is well conditioned
        self.scale = 1 / np.sqrt(np.diag(noise))
        self.factor = np.linalg.cholesky(noise * np.outer(self.scale, self.scale))
        towards = np.linalg.solve(self.factor, self.scale * s)
        self.length = float(np.linalg.norm(towards))
        self.best = towards / self.length

    def to_sphere(self, c: Array) -> Array:
        """The point of the sphere that stands for coefficients."""
        y = self.factor.T @ (c / self.scale)
        return np.asarray(y / np.linalg.norm(y))

    def to_coefficients(self, y: Array) -> Array:
        """Coefficients of a point."""
        return np.asarray(self.scale * np.linalg.solve(self.factor.T, y))

    def compared(self, y: Array) -> tuple[float, float]:
        """Angle to c*, and rho over that of c*."""
        cosine = float(self.best @ y) / float(np.linalg.norm(y))
        off = y / np.linalg.norm(y) - cosine * self.best
        sine = float(np.linalg.norm(off))
        return math.atan2(sine, abs(cosine)), 1 - sine**2


def search(
    function: Function, frame: Frame, starts: int, seed: int, known: Array | None = None
) -> tuple[Array, int]:
    """The best of many local searches, and how many ended as high; one more begins at a point that is known."""
    rng = np.random.default_rng(seed)
    depth = _depth(function, frame)
    tops = [climb(function, frame, _start(depth, rng, len(frame.best))) for _ in range(starts)]
    ends = [(function(frame.to_coefficients(y)), y) for y in tops]
    begun = [] if known is None else [climb(function, frame, known)]
    others = [(function(frame.to_coefficients(y)), y) for y in begun]
    top, best = max([*ends, *others], key=lambda end: end[0])
    agreeing = sum(value >= top - _SAME * max(1.0, abs(top)) for value, _ in ends)
    return _newton(function, frame, best), agreeing


def climb(function: Function, frame: Frame, y: Array) -> Array:
    """Where a quasi-Newton search from one point ends; a simplex runs off along rays, on which nothing changes.

    Examples
    --------
    >>> frame = Frame(np.array([2.0, 1.0]), np.eye(2))
    >>> top = climb(lambda c: float(c[0] / np.linalg.norm(c)), frame, frame.best)
    >>> top.round(3).tolist()
    [1.0, 0.0]
    """
    from scipy.optimize import minimize

    found = minimize(_depth(function, frame), y, method="BFGS")
    return np.asarray(found.x / np.linalg.norm(found.x))


def _depth(function: Function, frame: Frame) -> Callable[[Array], float]:
    """The function on the sphere, to be made small."""
    return lambda y: -max(function(frame.to_coefficients(y)), _NOTHING)


def _start(depth: Callable[[Array], float], rng: np.random.Generator, count: int) -> Array:
    """A random direction, one with a criterion where a few tries find any: some rules store nothing."""
    for _ in range(_TRIES):
        y = rng.standard_normal(count)
        if depth(y) < -_NOTHING:
            break
    return np.asarray(y / np.linalg.norm(y))


def _newton(function: Function, frame: Frame, y: Array) -> Array:
    """A few steps of Newton's method on the sphere, each only where it leads higher."""
    for _ in range(8):
        gradient, second, tangent = _local(function, frame, y)
        if not np.isfinite(second).all():
            break
        step = tangent @ np.linalg.lstsq(second, -gradient, rcond=None)[0]
        moved = (y + step) / np.linalg.norm(y + step)
        higher = function(frame.to_coefficients(moved)) - function(frame.to_coefficients(y))
        if not higher >= -1e-13:
            break
        y = moved
        if np.linalg.norm(step) < 1e-12:
            break
    return y


def derivatives(function: Function, frame: Frame, y: Array) -> tuple[float, tuple[float, ...]]:
    """Norm of the tangent gradient, and tangent curvatures; infinite where rules nearby have no criterion."""
    gradient, second, _ = _local(function, frame, y)
    if not np.isfinite(second).all():
        return math.inf, (math.inf,) * len(second)
    return float(np.linalg.norm(gradient)), tuple(map(float, np.linalg.eigvalsh(second)))


def _local(function: Function, frame: Frame, y: Array) -> tuple[Array, Array, Array]:
    """Gradient and second derivatives in an orthonormal basis of the tangent space, and that basis."""
    tangent = np.linalg.svd(y[None])[2][1:].T
    return local(lambda move: function(frame.to_coefficients(y + move)), tangent)


def local(along: Function, tangent: Array, step: float = _STEP) -> tuple[Array, Array, Array]:
    """Gradient and second derivatives of a function of a move, and the axes that they are along.

    Differences are taken twice: the second time along the axes of curvature, with steps that fit each.

    Parameters
    ----------
    along : callable
    tangent : array, shape (m, n)
        Orthonormal directions in which to move.
    step : float
        Of the first differences, and the largest of the second.

    Examples
    --------
    >>> gradient, second, _ = local(lambda move: 1 - 3 * float(move @ move), np.eye(2))
    >>> bool(abs(gradient).max() < 1e-9), np.diag(second).round(6).tolist()
    (True, [-6.0, -6.0])
    """
    slopes, rough = _differences(along, tangent, np.full(tangent.shape[1], step))
    if not np.isfinite(rough).all():
        return slopes, rough, tangent
    curvature, axes = np.linalg.eigh(rough)
    tangent = tangent @ axes
    steps = step * np.sqrt(2 / np.clip(np.abs(curvature), 2, 1e8))
    return (*_differences(along, tangent, steps), tangent)


def _differences(along: Function, tangent: Array, steps: Array) -> tuple[Array, Array]:
    """First and second differences along the columns of ``tangent``."""
    moves = tangent * steps
    n = len(steps)
    gradient = np.array([_slope(partial(_along, along, move)) for move in moves.T])
    second = np.empty((n, n))
    for m in range(n):
        for k in range(m, n):
            twice = partial(_twice, along, moves[:, m], moves[:, k])
            second[m, k] = second[k, m] = _slope(twice)
    return gradient / steps, second / np.outer(steps, steps)


def _along(function: Function, move: Array, h: float) -> float:
    return function(h * move)


def _twice(function: Function, one: Array, other: Array, h: float) -> float:
    """The slope along one move at h times another."""
    return _slope(lambda g: function(h * one + g * other))


def _slope(f: Callable[[float], float]) -> float:
    """The central difference of fourth order over unit steps."""
    return (f(-2.0) - 8 * f(-1.0) + 8 * f(1.0) - f(2.0)) / 12
