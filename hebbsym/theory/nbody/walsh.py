r"""The interaction order of an energy: the degree of its Walsh expansion.

Every function of D signs is a sum over subsets A of c_A prod_(i in A) sigma_i, in one way only, with
c_A = 2^-D sum over sigma of E(sigma) prod_(i in A) sigma_i. An n-body synapse carries a term of degree n, so that
an energy is made of synapses of at most n bodies if and only if its Walsh degree is at most n.

Main names
----------
walsh
    All coefficients c_A that are not zero, by the fast Walsh-Hadamard transform.

References
----------
odonnell2014 (Fourier expansion of functions on the cube; equations unverified).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import sympy as sp

from hebbsym.errors import InvalidValue, SizeLimit

MOST_UNITS = 12
"""Bound on D: the transform takes D 2^D additions of expressions."""


def walsh(
    function: Callable[[tuple[sp.Expr, ...]], sp.Expr], units: int
) -> dict[frozenset[int], sp.Expr]:
    """The Walsh coefficients of a function of signs, by subsets of units 0 .. D - 1.

    Parameters
    ----------
    function : callable
        From a tuple of D signs to an exact value, which may contain symbols.
    units : int
        D, at most 12.

    Raises
    ------
    SizeLimit
        For more units.
    InvalidValue
        For a number of units that is none, and for values that are floats.

    Examples
    --------
    >>> found = walsh(lambda s: (s[0] + s[1] + s[2]) ** 3, 3)
    >>> max(map(len, found)), found[frozenset({0, 1, 2})]
    (3, 6)
    """
    if not (isinstance(units, int) and units >= 0):
        raise InvalidValue(f"units is a whole number, not {units}")
    if units > MOST_UNITS:
        raise SizeLimit(
            f"a Walsh expansion over {units} units has 2^{units} coefficients, past the bound of "
            f"{MOST_UNITS} units"
        )
    signs = itertools.product((sp.S.One, sp.S.NegativeOne), repeat=units)
    values = [sp.expand(function(s)) for s in signs]
    if any(value.has(sp.Float) for value in values):
        raise InvalidValue("the function has floats; a Walsh expansion is exact")
    step = 1
    while step < len(values):  # butterflies: bit by bit, from the last unit on
        for start in range(0, len(values), 2 * step):
            for at in range(start, start + step):
                up, down = values[at], values[at + step]
                values[at], values[at + step] = up + down, up - down
        step *= 2
    found = {}
    for place, total in enumerate(values):
        coefficient = sp.expand(total / 2**units)
        if coefficient != 0:
            chosen = frozenset(i for i in range(units) if place >> (units - 1 - i) & 1)
            found[chosen] = coefficient
    return found
