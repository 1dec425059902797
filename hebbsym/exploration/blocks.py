"""One block of a sweep: its rules, their columns, and the Parquet file that holds them.

Main names
----------
Order
    What a worker is asked for: a space, columns and which rules.
Part
    What it gives back: the bytes of a Parquet file, and their hash.
part
    Does it.
resolved, left_out
    The names of the columns that are written, and the default ones that exist nowhere.
SCHEMA
    The version of the columns and of the metadata; see docs/explore.md.

Conventions
-----------
A row is a rule under a condition; rows are in the order of (rule, condition). ``rule`` is the index
of the rule in the space, ``condition`` that of the condition; coefficients follow under their
names, then the columns. A value that does not exist is null. The bytes are a function of the order
alone, so that their hash is that of the result.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from hebbsym.errors import InvalidValue, NotDerivable, UnknownName
from hebbsym.exploration.columns import columns_of
from hebbsym.exploration.kernels import Kernel, absent, kernels
from hebbsym.exploration.space import Space

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

Array: TypeAlias = "NDArray[Any]"

SCHEMA = "hebbsym/explore/2"


@dataclass(frozen=True, eq=False)
class Order:
    """A block that is asked for.

    Parameters
    ----------
    space : Space
    columns : tuple of str
        Names of coefficients and of columns.
    number : int
        Of the block.
    start, stop : int
        The stretch of the space that the rules lie in.
    chosen : array of int, optional
        Which of these; all of them without it.
    """

    space: Space
    columns: tuple[str, ...]
    number: int
    start: int
    stop: int
    chosen: Array | None = None


@dataclass(frozen=True)
class Part:
    """A block that is done."""

    number: int
    rows: int
    data: bytes
    digest: str


def part(order: Order) -> Part:
    """The Parquet file of a block.

    Examples
    --------
    >>> from hebbsym.exploration.space import Size, finite
    >>> space = Space({"c_2_corr": finite((1, 2))}, sizes=(Size(11, 3),))
    >>> made = part(Order(space, ("c_2_corr", "snr"), 0, 0, 2))
    >>> made.number, made.rows, made.data[:4]
    (0, 2, b'PAR1')
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = table_of(order)
    coefficients = [name for name in order.space.names if name in order.columns]
    sink = pa.BufferOutputStream()
    pq.write_table(
        table,
        sink,
        row_group_size=table.num_rows,
        compression={name: "none" for name in table.column_names},
        use_dictionary=coefficients or False,
        column_encoding={
            name: "PLAIN" if name not in _WHOLE else "DELTA_BINARY_PACKED"
            for name in table.column_names
            if name not in coefficients
        },
        write_statistics=False,
        store_schema=True,
    )
    data = sink.getvalue().to_pybytes()
    return Part(order.number, table.num_rows, data, hashlib.sha256(data).hexdigest())


def table_of(order: Order) -> pa.Table:
    """The rows of a block.

    Examples
    --------
    >>> from hebbsym.exploration.space import Size, finite
    >>> space = Space({"c_2_corr": finite((1, 2))}, sizes=(Size(11, 3), Size(11, 6)))
    >>> table_of(Order(space, ("snr",), 0, 1, 2)).to_pylist()
    [{'rule': 1, 'condition': 0, 'snr': 5.0}, {'rule': 1, 'condition': 1, 'snr': 2.0}]
    """
    import pyarrow as pa

    space, count = order.space, len(order.space.conditions)
    rules = np.arange(order.start, order.stop) if order.chosen is None else order.chosen
    prepared = _prepared(space, tuple(n for n in order.columns if n not in space.names))
    filled = {name: np.full((len(rules), count), np.nan) for name in order.columns}
    for first in range(0, len(rules), _TOGETHER):
        here = slice(first, first + _TOGETHER)
        _fill(filled, here, rules[here], space, prepared)
    data: dict[str, Any] = {
        "rule": np.repeat(rules.astype(np.int64), count),
        "condition": np.tile(np.arange(count, dtype=np.int32), len(rules)),
    }
    for name, values in filled.items():
        absent = np.array([name in kernel.absent for kernel in prepared])
        missing = np.tile(absent, len(rules)) if absent.any() else None
        data[name] = pa.array(values.ravel(), mask=missing)
    return pa.table(data).replace_schema_metadata(_metadata(order))


def _fill(
    filled: Mapping[str, Array],
    here: slice,
    rules: Array,
    space: Space,
    prepared: Sequence[Kernel],
) -> None:
    """The columns of rules that fit into the cache, in their place."""
    block = space.rows(rules)
    for number, name in enumerate(space.names):
        if name in filled:
            filled[name][here] = block[:, number, None]
    for condition, kernel in enumerate(prepared):
        for name, values in kernel(block).items():
            filled[name][here, condition] = values


def resolved(space: Space, columns: Sequence[str] | None) -> tuple[str, ...]:
    """The names of coefficients and columns that are asked for, each once; the default ones without.

    A default column that exists under no condition is left out, see :func:`left_out`.

    Raises
    ------
    InvalidValue, UnknownName
        When a name occurs twice, or is none.
    NotDerivable
        When a column that is asked for exists under no condition.

    Examples
    --------
    >>> from hebbsym.exploration.space import finite
    >>> resolved(Space({"c_2_corr": finite((1, 2))}), None)
    ('c_2_corr', 'snr', 'exponent', 'energy', 'drift', 'gaussian', 'bit_error:gaussian', 'capacity:snr')
    """
    table = columns_of(space)
    if columns is None:
        missing = left_out(space)
        return (*space.names, *(name for name in _default(space) if name not in missing))
    if not columns:
        raise InvalidValue("no columns are asked for: nothing would be written")
    for number, name in enumerate(columns):
        if name not in table and name not in space.names:
            raise UnknownName("column", name, [*space.names, *table])
        if name in columns[:number]:
            raise InvalidValue(f"column {name} is asked for twice")
    asked = tuple(name for name in columns if name not in space.names)
    for name, reason in absent(space, asked).items():
        raise NotDerivable(f"column {name} exists under no condition of the space: {reason}")
    return tuple(columns)


def left_out(space: Space) -> Mapping[str, str]:
    """Default columns that exist under no condition of a space, each with the reason.

    Examples
    --------
    >>> from hebbsym.exploration.space import finite
    >>> list(left_out(Space({"c_2_corr": finite((1, 2))}, ensembles=("ternary(activity=1/2)",))))
    ['gaussian', 'bit_error:gaussian']
    """
    return absent(space, _default(space))


def _default(space: Space) -> tuple[str, ...]:
    return tuple(name for name, column in columns_of(space).items() if column.by_default)


_WHOLE = ("rule", "condition")
_TOGETHER = 1 << 14
"""Rules that are computed together: few enough to stay in the cache."""


@lru_cache(maxsize=4)
def _prepared(space: Space, columns: tuple[str, ...]) -> tuple[Kernel, ...]:
    """The kernels, derived and compiled once in each process."""
    return kernels(space, columns)


def _metadata(order: Order) -> dict[str, str]:
    return {
        "schema": SCHEMA,
        "space": json.dumps(order.space.record),
        "fingerprint": order.space.fingerprint,
        "block": str(order.number),
    }
