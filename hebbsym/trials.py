r"""Claims that are tried on single networks: a formula in patterns and states, on those that are drawn.

Main names
----------
TRIALS
    What is tried, by the name that a claim gives as its ``observable``; each is predicted to be 0.
Trial
    One number from a network of a seed.

Conventions
-----------
``weights``: the largest deviation of the closed form from the weights that the rule leaves when it is
applied pattern by pattern, relative to the largest weight among the first units.
``energy``: the share of the changes of state that raise the energy, in runs of the asynchronous update
from random states to the end; the weights are those that the rule leaves, in a network of 100 units
and 20 patterns where the given one is larger.
A float is taken as raised by more than 1e-9 of the largest energy of the run only.
``descent``: the same for a dense memory, with the update that is run and the energy that is printed, from random states
of all its units, with at most 100 of its patterns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from hebbsym import notation
from hebbsym.arrays import on_arrays
from hebbsym.claim import Claim
from hebbsym.notation import i, j, mu, sigma, xi
from hebbsym.numeric import evaluate
from hebbsym.simulate import Network, asynchronous
from hebbsym.simulate.lowering import Landscape, descend
from hebbsym.simulate.online import online_weights, polynomial_update
from hebbsym.simulate.sampling import Stream, draw, generator

Values: TypeAlias = Mapping[sp.Symbol, sp.Expr]
Trial: TypeAlias = Callable[[Any, int, int], float]
"""From a network, a seed and the number of the draw to what is predicted to be 0."""

WEIGHT_UNITS = 16
"""Units, post- and presynaptic, whose weights are compared."""

ENERGY_UNITS, ENERGY_PATTERNS = 100, 20
"""The largest network whose energy is followed."""

DESCENT_PATTERNS = 100
"""The most patterns of a dense memory whose energy is followed."""

_RUNS = 4
_MOST_FLIPS = 4
_ROUNDING = 1e-9
_DIGITS = 20
_step = sp.Symbol("t", integer=True)
_VISITED = sp.IndexedBase("visited", real=True)
_ADDRESS = sp.IndexedBase("zeta", real=True)


def weights_off(claim: Claim, at: Values) -> Trial:
    """How far the closed form of the weights is from the weights of the rule itself.

    Examples
    --------
    >>> import hebbsym as hs
    >>> from hebbsym.networks import network_of
    >>> theory, at = hs.derive(hs.rules["hebb"]), {notation.D: sp.Integer(20), notation.K: sp.Integer(5)}
    >>> weights_off(theory["weights"], at)(network_of(theory.setting, at), 1, 0)
    0.0
    """
    formula = claim.formula.xreplace({xi[mu, j]: _ADDRESS[mu, j]})

    def off(network: Network, seed: int, number: int) -> float:
        drawn, few = draw(network, seed, number), slice(0, WEIGHT_UNITS)
        post, pre = drawn.post[:, few], drawn.pre[:, few]
        update = polynomial_update(network.update)
        learned = online_weights(update, post, pre, auto=network.auto)
        closed = on_arrays(formula, at, {xi: post, _ADDRESS: pre}, (mu, i, j))[0]
        difference = np.abs(closed - learned)
        if network.auto:
            np.fill_diagonal(difference, 0.0)
        return float(difference.max() / (np.abs(learned).max() or 1.0))

    return off


def energy_raised(claim: Claim, at: Values) -> Trial:
    """The share of the asynchronous update's steps that raise the energy.

    Examples
    --------
    >>> import hebbsym as hs
    >>> from hebbsym.networks import network_of
    >>> theory, at = hs.derive(hs.rules["hebb"]), {notation.D: sp.Integer(20), notation.K: sp.Integer(5)}
    >>> energy_raised(theory["energy"], at)(network_of(theory.setting, at), 1, 0)
    0.0
    """

    formula = claim.formula.xreplace({sigma[i]: _VISITED[_step, i]})

    def raised(network: Network, seed: int, number: int) -> float:
        # fewer units and patterns are a smaller network of the same rule, with the same formula
        units, shown = min(ENERGY_UNITS, network.units), min(ENERGY_PATTERNS, network.patterns)
        small = replace(network, units=units, patterns=shown, outputs=None)
        level = float(small.threshold)
        sizes = {notation.D: sp.Integer(units), notation.K: sp.Integer(shown)}
        numbers = {notation.theta: sp.Float(level), **at, **sizes}
        patterns = draw(small, seed, number).pre
        weights = online_weights(polynomial_update(small.update), patterns, patterns, auto=True)
        low, high = (int(v) for v in small.values) if len(small.values) == 2 else (-1, 1)
        rng = generator(seed, number, Stream.CONTENT)
        up = steps = 0
        for _ in range(_RUNS):
            start = rng.choice((low, high), size=small.units)
            run = asynchronous(weights, start, rng, threshold=level, values=(low, high))
            arrays = {xi: patterns, _VISITED: run.states}
            energies = on_arrays(formula, numbers, arrays, (_step, mu, i)).ravel()
            up += int(np.count_nonzero(np.diff(energies) > _ROUNDING * np.abs(energies).max()))
            steps += len(run.units)
        return up / max(1, steps)

    return raised


def descent_raised(claim: Claim, at: Values) -> Trial:
    """The share of the flips of a dense memory's update that raise the energy of the claim.

    Examples
    --------
    >>> import hebbsym as hs
    >>> from hebbsym.networks import network_of
    >>> theory = hs.dense(hs.separations["power"](3))
    >>> at = {notation.D: sp.Integer(20), notation.K: sp.Integer(5)}
    >>> descent_raised(theory["energy"], at)(network_of(theory.setting, at), 1, 0)
    0.0
    """
    overlap = sp.Sum(xi[mu, i] * sigma[i], (i, 1, notation.D))
    printed = (-claim.formula).function.xreplace({overlap: notation.m}).xreplace(dict(at))

    def raised(network: Any, seed: int, number: int) -> float:
        patterns = draw(network, seed, number).pre[:DESCENT_PATTERNS]
        rng = generator(seed, number, Stream.CONTENT)
        starts = rng.choice((-1, 1), size=(_RUNS, network.units))
        update = Landscape.of(network.energy, network.slope, network.inside)
        runs = descend(update, patterns, starts, rng, recorded=_MOST_FLIPS * network.units)
        worth: dict[int, float] = {}
        up = steps = 0
        for state, path in zip(starts, runs.path, strict=True):
            flipped = path[path >= 0]
            overlaps = patterns.astype(np.int64) @ state + np.zeros(
                (len(flipped) + 1, 1), dtype=int
            )
            signs = state[flipped] * np.where(_seen_before(flipped), -1, 1)
            overlaps[1:] -= 2 * np.cumsum(
                signs[:, None] * patterns.T[flipped].astype(np.int64), axis=0
            )
            for o in set(overlaps.ravel().tolist()) - worth.keys():
                worth[o] = float(evaluate(printed, {notation.m: sp.Integer(o)}, _DIGITS))
            energies = -np.vectorize(worth.__getitem__, otypes=[float])(overlaps).sum(axis=1)
            up += int(np.count_nonzero(np.diff(energies) > _ROUNDING * np.abs(energies).max()))
            steps += len(flipped)
        return up / max(1, steps)

    return raised


def _seen_before(units: NDArray[Any]) -> NDArray[Any]:
    """Whether a unit occurs an odd number of times before each place of a sequence."""
    odd: dict[int, bool] = {}
    seen = []
    for unit in units.tolist():
        seen.append(odd.get(unit, False))
        odd[unit] = not seen[-1]
    return np.array(seen, dtype=bool)


TRIALS: Mapping[str, Callable[[Claim, Values], Trial]] = {
    "weights": weights_off,
    "energy": energy_raised,
    "descent": descent_raised,
}
"""What is tried, from a claim and the values that it is tried at."""
