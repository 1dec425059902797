r"""Recall that is run to its end: asynchronous and synchronous updates of given weights.

Main names
----------
asynchronous
    Units are updated one at a time in a given order until none changes.
synchronous
    All units are updated together until a state returns.
Trajectory
    The states that were visited.

Conventions
-----------
A unit takes the higher of its two values when h_i > theta_i, the lower one when h_i < theta_i, and
keeps its state on a tie. Weights are taken as they are, diagonal included. With integer weights and
thresholds all arithmetic is exact. The energy along a run is the caller's to compute.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hebbsym.errors import InvalidValue
from hebbsym.simulate.memory import at_least

Array: TypeAlias = NDArray[Any]


@dataclass(frozen=True)
class Trajectory:
    """The states of one recall.

    Parameters
    ----------
    states : array, shape (steps + 1, units)
        The first state and the state after every change (asynchronous) or step (synchronous).
    units : array of int, shape (steps,)
        The unit that changed; empty for synchronous updates.
    period : int
        1 when the last state is a fixed point, the length of the cycle when an earlier state
        returned, 0 when the bound on the work was reached first.
    """

    states: Array
    units: Array
    period: int


def asynchronous(
    weights: Array,
    state: Array,
    rng: np.random.Generator,
    *,
    threshold: Any = 0,
    values: tuple[int, int] = (-1, 1),
    sweeps: int = 1000,
) -> Trajectory:
    """Update units one at a time, each sweep in a fresh random order, until none changes.

    The fields are kept, and a column of W is read only when its unit changes.

    Parameters
    ----------
    weights : array, shape (units, units)
    state : array of int, shape (units,)
    rng : numpy.random.Generator
        Gives the order of the updates.
    threshold : number or array of shape (units,)
    values : pair of int
        The lower and the higher state.
    sweeps : int
        Bound on the number of sweeps.

    Returns
    -------
    Trajectory
        Its period is 1 at a fixed point and 0 when the sweeps were used up.

    Raises
    ------
    InvalidValue
        When shapes do not fit or the state holds other values.

    Examples
    --------
    >>> x = np.array([1, -1, 1, 1])
    >>> w = np.outer(x, x) - np.eye(4, dtype=int)
    >>> run = asynchronous(w, np.array([1, 1, 1, 1]), np.random.default_rng(0))
    >>> run.states[-1].tolist(), run.units.tolist(), run.period
    ([1, -1, 1, 1], [1], 1)
    """
    current = _checked(weights, state, values)
    at_least("sweeps", sweeps, 1)
    low, high = values
    h = weights @ current - threshold
    states, changed = [current.copy()], []
    for _ in range(sweeps):
        quiet = True
        for i in rng.permutation(len(current)):
            new = high if h[i] > 0 else low if h[i] < 0 else current[i]
            if new != current[i]:
                h = h + weights[:, i] * (new - current[i])
                current[i] = new
                states.append(current.copy())
                changed.append(int(i))
                quiet = False
        if quiet:
            return Trajectory(np.array(states), np.array(changed, dtype=int), 1)
    return Trajectory(np.array(states), np.array(changed, dtype=int), 0)


def synchronous(
    weights: Array,
    state: Array,
    *,
    threshold: Any = 0,
    values: tuple[int, int] = (-1, 1),
    steps: int = 1000,
) -> Trajectory:
    """Update all units together until a state returns.

    Parameters
    ----------
    weights, state, threshold, values
        As in :func:`asynchronous`.
    steps : int
        Bound on the number of steps.

    Examples
    --------
    >>> run = synchronous(np.array([[0, 1], [1, 0]]), np.array([1, -1]))
    >>> run.states.tolist(), run.period
    ([[1, -1], [-1, 1], [1, -1]], 2)
    """
    current = _checked(weights, state, values)
    at_least("steps", steps, 1)
    low, high = values
    states = [current]
    seen = {current.tobytes(): 0}
    for step in range(1, steps + 1):
        h = weights @ current - threshold
        current = np.where(h > 0, high, np.where(h < 0, low, current)).astype(current.dtype)
        states.append(current)
        first = seen.setdefault(current.tobytes(), step)
        if first < step:
            return Trajectory(np.array(states), np.array([], dtype=int), step - first)
    return Trajectory(np.array(states), np.array([], dtype=int), 0)


def _checked(weights: Array, state: Array, values: tuple[int, int]) -> Array:
    """A copy of the state, once everything fits."""
    current = np.array(state, dtype=np.int64)
    if current.ndim != 1 or weights.shape != (len(current), len(current)):
        raise InvalidValue(
            f"weights of shape {weights.shape} do not fit a state of shape {np.shape(state)}"
        )
    if not np.isin(current, values).all():
        raise InvalidValue(f"a state has the values {values[0]} and {values[1]} only")
    return current
