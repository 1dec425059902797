r"""The rules of a sweep that no other passes in several merits at once (Pareto).

Main names
----------
Merit
    What a rule is to have much of, or little.
merits
    What a space can be judged by: its columns, and how few coefficients are not zero.
fronts, Front
    The fronts of a sweep under each of its conditions.
frames
    The rows of one condition, file by file.

Conventions
-----------
A merit that the sweep has as a column is read; any other is worked out for its rows. A sweep is read file by file, and
only the front so far is kept: whoever is passed by a rule of one file is passed by a rule of the front of all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hebbsym.errors import InvalidValue, NotDerivable, UnknownName
from hebbsym.exploration.columns import columns_of
from hebbsym.exploration.kernels import kernels
from hebbsym.exploration.ranking import front
from hebbsym.exploration.space import Space
from hebbsym.exploration.sweeping import Sweep

if TYPE_CHECKING:
    import pandas as pd

Array: TypeAlias = NDArray[Any]

TERMS = "terms"


@dataclass(frozen=True)
class Merit:
    """What rules are compared in.

    Parameters
    ----------
    name, title : str
    sense : int
        1 where a large value is good, -1 where a small one is.
    of : callable
        ``of(condition)``: from coefficients, shape (rules, coefficients), to one double for each rule.
    """

    name: str
    title: str
    sense: int
    of: Callable[[int], Callable[[Array], Array]]


def merits(space: Space) -> dict[str, Merit]:
    """What the rules of a space can be compared in, by name.

    Examples
    --------
    >>> from hebbsym.exploration.space import finite
    >>> found = merits(Space({"c_1_post": finite((0, 1)), "c_2_corr": finite((1,))}))
    >>> found["terms"].of(0)(np.array([[0.0, 1.0], [1.0, 1.0]])).tolist(), found["robustness"].sense
    ([1.0, 2.0], 1)
    """

    def computed(name: str) -> Callable[[int], Callable[[Array], Array]]:
        def of(condition: int) -> Callable[[Array], Array]:
            kernel = kernels(space, [name])[condition]
            if name in kernel.absent:
                raise NotDerivable(f"column {name} does not exist here: {kernel.absent[name]}")
            return lambda block: kernel(block)[name]

        return of

    found = {
        name: Merit(name, column.title, column.sense, computed(name))
        for name, column in columns_of(space).items()
    }
    count = Merit(TERMS, "coefficients that are not zero", -1, lambda condition: _terms)
    return {**found, TERMS: count}


def _terms(block: Array) -> Array:
    return np.asarray(np.count_nonzero(block, axis=1), dtype=float)


def compared(space: Space, names: Sequence[str]) -> tuple[Merit, ...]:
    """The merits of these names.

    Raises
    ------
    InvalidValue
        When there are fewer than two, or one occurs twice.
    UnknownName
        When there is no such merit.
    """
    table = merits(space)
    for number, name in enumerate(names):
        if name not in table:
            raise UnknownName("merit", name, table)
        if name in names[:number]:
            raise InvalidValue(f"merit {name} is asked for twice")
    if len(names) < 2:
        raise InvalidValue(
            f"a front compares at least two merits, and only {', '.join(names) or 'none'} is asked for; for example capacity:snr,robustness"
        )
    return tuple(table[name] for name in names)


@dataclass(frozen=True, eq=False)
class Front:
    """The rules of a sweep that no other passes, under one condition.

    Parameters
    ----------
    merits : tuple of Merit
    condition : int
    rules : array of int
        Numbers of rules of the space, best in the first merit first.
    values : array
        The merits of each, shape (rules, merits), as they are: none has its sign changed.
    """

    merits: tuple[Merit, ...]
    condition: int
    rules: Array
    values: Array

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the merits."""
        return tuple(merit.name for merit in self.merits)

    def table(self, space: Space) -> list[tuple[str, ...]]:
        """Rows of text, the first of them the headings: one rule a row."""
        rows = [("rule", *self.names, "update")]
        for number, values in zip(self.rules, self.values, strict=True):
            update = str(space.rule(space.point(int(number))).update)
            rows.append((str(number), *(f"{value:.6g}" for value in values), update))
        return rows


def fronts(sweep: Sweep, names: Sequence[str]) -> tuple[Front, ...]:
    """The front of the rules of a sweep in some merits, under each condition.

    Parameters
    ----------
    sweep : Sweep
    names : sequence of str
        Columns, whether the sweep has them or not, or ``terms``, the number of coefficients that are not zero.

    Raises
    ------
    InvalidValue, UnknownName
        See :func:`compared`.
    NotDerivable
        When a merit does not exist under a condition.

    Examples
    --------
    >>> import tempfile
    >>> from hebbsym.exploration.space import finite
    >>> from hebbsym.exploration.sweeping import explore
    >>> post = {"c_1_post": finite((-1, 0)), "c_2_corr": finite((1,))}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = explore(Space(post), to=folder, columns=["snr"])
    ...     fronts(made, ["capacity:snr", "terms"])[0].table(made.space)[1:]
    [('1', '112', '1', 'x_i*x_j')]
    """
    chosen = compared(sweep.space, names)
    return tuple(_front(sweep, chosen, n) for n in range(len(sweep.space.conditions)))


def _front(sweep: Sweep, chosen: tuple[Merit, ...], condition: int) -> Front:
    senses = np.array([merit.sense for merit in chosen])
    rules, values = np.empty(0, dtype=np.int64), np.empty((0, len(chosen)))
    for some, found in judged(sweep, chosen, condition):
        rules, values = np.concatenate([rules, some]), np.concatenate([values, found])
        kept = front(*(values * senses).T)
        rules, values = rules[kept], values[kept]
    return Front(chosen, condition, rules, values)


def judged(sweep: Sweep, chosen: Sequence[Merit], condition: int) -> Iterator[tuple[Array, Array]]:
    """Numbers of rules and their merits, shape (rules, merits), file by file."""
    computed = {m.name: m.of(condition) for m in chosen if m.name not in sweep.columns}
    for frame in frames(sweep, condition):
        rules = frame["rule"].to_numpy()
        block = sweep.space.rows(rules)
        columns = [
            computed[m.name](block) if m.name in computed else frame[m.name].to_numpy()
            for m in chosen
        ]
        yield rules, np.stack(columns, axis=1).astype(float)


def frames(sweep: Sweep, condition: int) -> Iterator[pd.DataFrame]:
    """The rows of one condition, file by file.

    Raises
    ------
    InvalidValue
        When the sweep has no such condition.
    """
    import pyarrow.parquet as pq

    if not 0 <= condition < len(sweep.space.conditions):
        raise InvalidValue(
            f"condition {condition} does not exist; the sweep has {len(sweep.space.conditions)}"
        )
    for file in sweep.files:
        frame = pq.read_table(file).to_pandas()
        some = frame[frame["condition"] == condition]
        if len(some):
            yield some.reset_index(drop=True)
