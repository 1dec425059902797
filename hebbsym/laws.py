r"""Laws without a closed form, at numbers: from an expression's arguments to the numerical work.

Main names
----------
probabilities
    Where the field of a :class:`hebbsym.lattice.FieldProbability` lies relative to its threshold.
history_average
    The value of a :class:`hebbsym.histories.HistoryFunction`.

Conventions
-----------
``number`` gives the value of an expression without symbols, at mpmath's current precision. The modules
that do the work need NumPy, and are imported when a law is asked for.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import Any

import mpmath
import sympy as sp

from hebbsym.errors import InvalidValue
from hebbsym.fieldlaw import Field, Numbers
from hebbsym.histories import HistoryFunction
from hebbsym.lattice import FieldProbability


@lru_cache(maxsize=256)
def probabilities(number: Numbers, *arguments: sp.Basic) -> tuple[Any, Any, Any]:
    """P(h < theta), P(h = theta), P(h > theta) for the arguments of a :class:`FieldProbability`."""
    from hebbsym.probability import values_of  # NumPy, only when a law is asked for

    def near(bound: sp.Expr) -> Fraction:
        with mpmath.workdps(80):
            value = number(bound)
            return Fraction(int(mpmath.floor(value * mpmath.mpf(10) ** 60)), 10**60)

    with mpmath.workdps(30):
        return values_of(Field.of(FieldProbability(*arguments), number, near))


@lru_cache(maxsize=1024)
def history_average(number: Numbers, expr: HistoryFunction) -> tuple[Any, int]:
    """The average, and how many digits of it have settled."""
    from hebbsym.clusters import Histories, average  # NumPy, only when an average is asked for

    theta, side, inputs, later, earlier, chance, given, shown, cue = expr.args
    if not all(count.is_Integer and count >= 0 for count in (inputs, later, earlier)):
        raise InvalidValue(
            f"an average over histories needs whole numbers of inputs and of patterns, not {inputs}, "
            f"{later} and {earlier}"
        )

    def real(entry: sp.Expr) -> float:
        return float(number(entry))

    def rows(table: sp.Tuple) -> tuple[tuple[float, ...], ...]:
        return tuple(tuple(map(real, row)) for row in table)

    with mpmath.workdps(30):
        case = Histories(
            real(theta), int(side), int(inputs), int(later), int(earlier), real(chance),
            (rows(given[0]), rows(given[1])), rows(shown), tuple(map(real, cue)),
        )  # fmt: skip
        found = average(case, expr.part)
        return mpmath.mpf(found.value), found.digits
