"""A space made ready for blocks of rules: reduce, then evaluate each column.

Main names
----------
Kernel
    The columns of a space under one condition, compiled.
kernels
    One kernel for each condition of a space.
absent
    Columns that exist under no condition.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from hebbsym.errors import NotDerivable
from hebbsym.exploration.affine import Aged
from hebbsym.exploration.columns import Evaluate, columns_of
from hebbsym.exploration.forms import forms, numbers
from hebbsym.exploration.space import Condition, Space

if TYPE_CHECKING:
    from numpy.typing import NDArray

Array: TypeAlias = "NDArray[Any]"


@dataclass(frozen=True, eq=False)
class Kernel:
    """The columns of a space under one condition.

    Parameters
    ----------
    evaluations : mapping of column to callable
        Those that exist under the condition, in the order asked for.
    absent : mapping of column to str
        Why the others do not exist.
    reduction : array
        From the coefficients of the space to what the columns are functions of: centred reduced ones, or
        themselves; (basis, coefficients).

    Examples
    --------
    >>> from hebbsym.exploration.space import Size, finite
    >>> space = Space({"c_2_corr": finite((1, 2))}, sizes=(Size(11, 3),))
    >>> (kernel,) = kernels(space, ["snr"])
    >>> kernel(space.block(0, 2))["snr"].tolist()
    [5.0, 5.0]
    """

    evaluations: Mapping[str, Evaluate]
    absent: Mapping[str, str]
    reduction: Array

    def reduced(self, block: Array) -> Array:
        """Centred reduced coefficients, shape (basis, rules), of a block (rules, coefficients)."""
        from hebbsym.exploration import loops

        found = np.empty((len(self.reduction), len(block)))
        loops.reduction(*self.reduction.shape)(np.ascontiguousarray(block.T), self.reduction, found)
        return found

    def __call__(self, block: Array) -> dict[str, Array]:
        """The columns of a block, those that exist."""
        reduced = self.reduced(block)
        return {name: evaluate(reduced) for name, evaluate in self.evaluations.items()}


def kernels(space: Space, columns: Sequence[str] | None = None) -> tuple[Kernel, ...]:
    """One kernel for each condition of a space; the default columns when none are named.

    Raises
    ------
    UnknownName
        When there is no such column.
    NotDerivable
        When a column that was asked for exists under no condition.

    Examples
    --------
    >>> from hebbsym.exploration.space import finite
    >>> space = Space({"c_2_corr": finite((1,))}, ensembles=("gaussian",))
    >>> kernels(space, ["bit_error:gaussian"])
    Traceback (most recent call last):
    ...
    hebbsym.errors.NotDerivable: column bit_error:gaussian exists under no condition of the space: \
an error needs two-valued patterns; gaussian has another number of values (snr and capacity:snr are \
defined for it)
    """
    table = columns_of(space)
    by_default = [name for name, column in table.items() if column.by_default]
    wanted = [table[name] for name in (by_default if columns is None else columns)]
    made = []
    for condition in space.conditions:
        here, matrix = _source(space, condition)
        evaluations: dict[str, Evaluate] = {}
        absent: dict[str, str] = {}
        for column in wanted:
            try:
                evaluations[column.name] = column.build(here)
            except NotDerivable as reason:
                absent[column.name] = str(reason)
        made.append(Kernel(evaluations, absent, matrix))
    for column in wanted:
        if columns is not None and all(column.name in kernel.absent for kernel in made):
            raise NotDerivable(
                f"column {column.name} exists under no condition of the space: "
                f"{made[0].absent[column.name]}"
            )
    return tuple(made)


@lru_cache(maxsize=16)
def absent(space: Space, columns: tuple[str, ...]) -> Mapping[str, str]:
    """Which columns exist under no condition of a space, each with the reason under the first.

    Examples
    --------
    >>> from hebbsym.exploration.space import finite
    >>> space = Space({"c_2_corr": finite((1,))}, ensembles=("gaussian",))
    >>> list(absent(space, ("snr", "gaussian")))
    ['gaussian']
    """
    table = columns_of(space)
    missing: dict[str, str] = {}
    left = list(columns)
    for condition in space.conditions:
        if not left:
            break
        here, _ = _source(space, condition)
        for name in tuple(left):
            try:
                table[name].build(here)
            except NotDerivable as reason:
                missing.setdefault(name, str(reason))
            else:
                left.remove(name)
    return {name: missing[name] for name in left}


def _source(space: Space, condition: Condition) -> tuple[Any, Array]:
    """What columns are built from, and the matrix that makes their arguments of a block's coefficients."""
    if space.affine:
        return Aged(space, condition), np.eye(len(space.names))
    here = forms(space, condition)
    return here, numbers(here.exact)
