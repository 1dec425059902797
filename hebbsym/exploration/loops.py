r"""Compiled loops over the rules of a block.

Main names
----------
compiled
    A Python function of numbers as machine code.
scalar
    A formula as a compiled function of doubles, common subexpressions computed once.
reduction, ratio, formula_loop, error_loop, load_loop, root_loop
    What is done for every rule of a block.

Conventions
-----------
Numba is slow to import: import this module where it is used. Reduced coefficients have the shape
(basis, rules), so that neighbouring rules share a vector register; the size of the basis is a
constant of the loop, which is unrolled. No liberty is given to the compiler: equal rules give equal
bits in blocks of any size. A division by zero is infinite or not a number, never an error.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np  # noqa: F401 - for the examples
import sympy as sp
from numba import njit
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Loop: TypeAlias = Callable[..., None]

ROUNDING = 1e-12
"""A sum that is smaller than this share of its terms' sizes is zero: what is left is rounding."""
HIGHEST = 2.0**60
"""A number of other patterns that is past this is infinite."""


def compiled(function: Callable[..., Any], cache: bool = False) -> Any:
    """Machine code that follows IEEE arithmetic to the letter.

    Examples
    --------
    >>> compiled(lambda x: 1.0 / x)(0.0)
    inf
    """
    code = njit(error_model="numpy", fastmath=False, nogil=True, cache=cache)
    try:
        return code(function)
    except RuntimeError:  # numba finds no folder that can be written
        return njit(error_model="numpy", fastmath=False, nogil=True)(function)


@lru_cache(maxsize=256)
def scalar(arguments: tuple[sp.Symbol, ...], formula: sp.Expr) -> Any:
    """A formula as a compiled function of doubles; what occurs twice in it is computed once.

    Examples
    --------
    >>> x, y = sp.symbols("x y")
    >>> scalar((x, y), sp.sqrt(x + y) * (x + y))(1.0, 3.0)
    8.0
    """
    return compiled(sp.lambdify(arguments, formula, modules="math", cse=True, dummify=True))


@lru_cache(maxsize=64)
def reduction(size: int, coefficients: int) -> Loop:
    """The loop from coefficients, shape (coefficients, rules), to reduced ones; rounding is taken for zero.

    Examples
    --------
    >>> found = np.empty((1, 2))
    >>> reduction(1, 2)(np.array([[0.3, 1.0], [-0.1, 1.0]]), np.array([[1.0, 3.0]]), found)
    >>> found.tolist()
    [[0.0, 4.0]]
    """

    def loop(block: Array, matrix: Array, found: Array) -> None:
        for row in range(size):
            for i in range(block.shape[1]):
                total, terms = 0.0, 0.0
                for n in range(coefficients):
                    term = matrix[row, n] * block[n, i]
                    total += term
                    terms += abs(term)
                found[row, i] = total if abs(total) > ROUNDING * terms else 0.0

    made: Loop = compiled(loop, cache=True)
    return made


@lru_cache(maxsize=64)
def ratio(size: int) -> Loop:
    """The loop for (s.c)^2 / (c^T N c): reduced coefficients, s, N and what is filled.

    Examples
    --------
    >>> found = np.empty(2)
    >>> ratio(2)(np.array([[1.0, 0.0], [1.0, 2.0]]), np.array([0.0, 3.0]), np.eye(2), found)
    >>> found.tolist()
    [4.5, 9.0]
    """

    def loop(reduced: Array, signal: Array, noise: Array, found: Array) -> None:
        for i in range(reduced.shape[1]):
            gap, below = 0.0, 0.0
            for p in range(size):
                here = reduced[p, i]
                gap += signal[p] * here
                row = noise[p, p] * here
                for q in range(p + 1, size):
                    row += 2.0 * noise[p, q] * reduced[q, i]
                below += here * row
            found[i] = gap * gap / below if gap != 0.0 else 0.0

    made: Loop = compiled(loop, cache=True)
    return made


@lru_cache(maxsize=64)
def linear(size: int) -> Loop:
    """The loop for several linear forms at once: (forms, rules) from (forms, basis).

    Examples
    --------
    >>> found = np.empty((1, 2))
    >>> linear(2)(np.array([[1.0, 0.0], [1.0, 2.0]]), np.array([[2.0, 3.0]]), found)
    >>> found.tolist()
    [[5.0, 6.0]]
    """

    def loop(reduced: Array, forms: Array, found: Array) -> None:
        for form in range(forms.shape[0]):
            for i in range(reduced.shape[1]):
                total = 0.0
                for p in range(size):
                    total += forms[form, p] * reduced[p, i]
                found[form, i] = total

    made: Loop = compiled(loop, cache=True)
    return made


@lru_cache(maxsize=64)
def quadratic(size: int) -> Loop:
    """The loop for several quadratic forms at once: (forms, rules) from (forms, basis, basis).

    Examples
    --------
    >>> found = np.empty((1, 2))
    >>> quadratic(2)(np.array([[1.0, 0.0], [1.0, 2.0]]), np.array([[[1.0, 1.0], [1.0, 1.0]]]), found)
    >>> found.tolist()
    [[4.0, 4.0]]
    """

    def loop(reduced: Array, forms: Array, found: Array) -> None:
        for form in range(forms.shape[0]):
            for i in range(reduced.shape[1]):
                total = 0.0
                for p in range(size):
                    here = reduced[p, i]
                    row = forms[form, p, p] * here
                    for q in range(p + 1, size):
                        row += 2.0 * forms[form, p, q] * reduced[q, i]
                    total += here * row
                found[form, i] = total

    made: Loop = compiled(loop, cache=True)
    return made


@lru_cache(maxsize=256)
def formula_loop(arguments: tuple[sp.Symbol, ...], formula: sp.Expr) -> Loop:
    """The loop for a formula whose arguments are rows of an array: (arguments, rules).

    Examples
    --------
    >>> x, y = sp.symbols("x y")
    >>> found = np.empty(2)
    >>> formula_loop((x, y), x * y)(np.array([[1.0, 2.0], [3.0, 4.0]]), found)
    >>> found.tolist()
    [3.0, 8.0]
    """
    rows = sp.IndexedBase("rows")
    places = {symbol: rows[n] for n, symbol in enumerate(arguments)}
    function = compiled(sp.lambdify([rows], formula.xreplace(places), modules="math", cse=True))

    def loop(values: Array, found: Array) -> None:
        for i in range(values.shape[1]):
            found[i] = function(values[:, i])

    made: Loop = compiled(loop)
    return made


@lru_cache(maxsize=64)
def load_loop(at_ratio: Any) -> Loop:
    """The loop for the number of patterns at which a ratio is met, from signal and noise by load.

    ``at_ratio`` is a compiled function of the six parts of :class:`~hebbsym.capacity.criteria.Load`
    and the ratio. Where not even one pattern meets it the number is 0; where every load meets it, infinite.
    """

    def loop(gaps: Array, noises: Array, ratio: float, upright: bool, found: Array) -> None:
        for i in range(gaps.shape[1]):
            a, b, c = gaps[0, i], gaps[1, i], gaps[2, i]
            first, second, third = a * a, 2.0 * a * b, b * b + 2.0 * a * c
            if first <= ratio * noises[0, i] or (upright and a <= 0.0):
                found[i] = 0.0
                continue
            load = at_ratio(first, second, third, noises[0, i], noises[1, i], noises[2, i], ratio)
            # one pattern meets it: where no larger load is at the ratio, every load meets it
            found[i] = load if load >= 1.0 else math.inf

    made: Loop = compiled(loop)
    return made


@lru_cache(maxsize=64)
def root_loop(error: Any, failure: Any) -> Loop:
    """The loop for the number of patterns at which a failure probability passes its bound.

    ``error`` is a compiled function of M-, M+, V-, V+; ``failure`` one of the error of a bit, D and
    K. The first passage from below is taken, as that of a claim is: the number of other
    patterns is doubled, then halved in. 0 where one pattern fails already; infinite past 2**60.
    """

    def failing(
        k: float, i: int, means: Array, variances: Array, units: float, bound: float
    ) -> bool:
        square = k * k
        low = means[0, 0, i] + k * means[0, 1, i] + square * means[0, 2, i]
        high = means[1, 0, i] + k * means[1, 1, i] + square * means[1, 2, i]
        below = variances[0, 0, i] + k * variances[0, 1, i] + square * variances[0, 2, i]
        above = variances[1, 0, i] + k * variances[1, 1, i] + square * variances[1, 2, i]
        p = error(low, high, max(below, 0.0), max(above, 0.0))
        return not failure(p, units, k + 1.0) <= bound

    test = compiled(failing)

    def loop(means: Array, variances: Array, units: float, bound: float, found: Array) -> None:
        for i in range(found.shape[0]):
            low, high = 0.0, 1.0
            if test(low, i, means, variances, units, bound):
                found[i] = 0.0
                continue
            while high < HIGHEST and not test(high, i, means, variances, units, bound):
                low, high = high, 2.0 * high
            if high >= HIGHEST:
                found[i] = math.inf
                continue
            while high - low > 4e-15 * high:
                middle = 0.5 * (low + high)
                if middle in (low, high):
                    break
                if test(middle, i, means, variances, units, bound):
                    high = middle
                else:
                    low = middle
            found[i] = 1.0 + 0.5 * (low + high)

    made: Loop = compiled(loop)
    return made


@lru_cache(maxsize=64)
def span_loop(arguments: tuple[sp.Symbol, ...], unknown: sp.Symbol, margin: sp.Expr) -> Loop:
    """The loop for the largest span at which a margin is not negative: (coefficients, rules).

    The first passage through zero above 1 is taken; 0 where the margin is negative at 1, infinite
    past 2**60, not a number where the margin at 1 is none.

    Examples
    --------
    >>> c, S = sp.symbols("c S")
    >>> found = np.empty(3)
    >>> span_loop((c,), S, c - S)(np.array([[3.5, 0.5, np.nan]]), found)
    >>> found.round(9).tolist()
    [3.5, 0.0, nan]
    """
    rows, point = sp.IndexedBase("rows"), sp.Symbol("point")
    places = {symbol: rows[n] for n, symbol in enumerate(arguments)}
    formula = margin.xreplace({**places, unknown: point})
    function = compiled(sp.lambdify([rows, point], formula, modules="math", cse=True))

    def loop(values: Array, found: Array) -> None:
        for i in range(values.shape[1]):
            here = values[:, i]
            low, high = 1.0, 2.0
            first = function(here, low)
            if not first >= 0.0:
                found[i] = 0.0 if first < 0.0 else math.nan
                continue
            while high < HIGHEST and function(here, high) >= 0.0:
                low, high = high, 2.0 * high
            if high >= HIGHEST:
                found[i] = math.inf
                continue
            while high - low > 4e-15 * high:
                middle = 0.5 * (low + high)
                if middle in (low, high):
                    break
                if function(here, middle) >= 0.0:
                    low = middle
                else:
                    high = middle
            found[i] = 0.5 * (low + high)

    made: Loop = compiled(loop)
    return made
