"""A sweep: all rules of a space, block by block, into a folder that can be taken up again.

Main names
----------
explore
    Compute the columns of every rule of a space.
Sweep
    The result: a folder of Parquet files with a hash, and a data frame.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hebbsym import files
from hebbsym.errors import InvalidValue, NotDerivable, OutsideClass, SizeLimit, UnknownName
from hebbsym.exploration.blocks import SCHEMA, Order, part, resolved
from hebbsym.exploration.classes import Classes, classes
from hebbsym.exploration.executors import AHEAD, crew, results
from hebbsym.exploration.journal import PARTS, Journal, opened, require_free
from hebbsym.exploration.reading import declared
from hebbsym.exploration.space import Space

if TYPE_CHECKING:
    import pandas as pd

ROWS = 1 << 18
"""Rows of a block, about: a block is whole rules."""
LARGEST = 10**8
"""Rows of a sweep that are computed without being asked twice."""
MANIFEST = "sweep.json"
CLASSES = "classes.parquet"
_ATTEMPTS = 3
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Sweep:
    """The result of a sweep.

    Parameters
    ----------
    path : Path
        The folder: ``sweep.json`` says what it holds, ``parts/`` has the rows.
    space : Space
    columns : tuple of str
    rows : int
    hash : str
        Of all rows: equal for equal results, whoever computed them.
    classes : int or None
        How many classes the rules fall into; None where equivalent rules were not divided out.

    Examples
    --------
    >>> import tempfile
    >>> from hebbsym.exploration.space import finite
    >>> space = Space({"c_2_corr": finite((1, 2, 3))})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = explore(space, to=folder, columns=["snr"])
    ...     made == Sweep.read(folder), made.classes, made.rows
    (True, 1, 1)
    """

    path: Path
    space: Space
    columns: tuple[str, ...]
    rows: int
    hash: str
    classes: int | None = None

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Sweep:
        """The sweep that a folder holds.

        Raises
        ------
        InvalidValue
            When it holds none, or one that is not finished.
        """
        folder = Path(path)
        try:
            record = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            if record["schema"] != SCHEMA:
                raise InvalidValue(f"{folder} has schema {record['schema']}, and this is {SCHEMA}")
            space = declared(record["space"])
            return cls(
                folder,
                space,
                tuple(record["columns"]),
                record["rows"],
                record["hash"],
                record["classes"],
            )
        except (OSError, KeyError, TypeError, json.JSONDecodeError) as error:
            raise InvalidValue(f"{folder} holds no finished sweep: {error}") from None

    @cached_property
    def files(self) -> tuple[Path, ...]:
        """The Parquet files, in the order of the rows."""
        return tuple(sorted((self.path / PARTS).glob("*.parquet")))

    def frame(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """The rows as a data frame, in the order of (rule, condition); all columns, or some."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        wanted = None if columns is None else list(columns)
        return pa.concat_tables(
            [pq.read_table(file, columns=wanted) for file in self.files]
        ).to_pandas()

    def classes_frame(self) -> pd.DataFrame:
        """The classes: canonical member (``rule``), number of ``members``, and the ``named`` rules in each.

        Raises
        ------
        InvalidValue
            When equivalent rules were not divided out.
        """
        import pandas as pd

        if self.classes is None:
            raise InvalidValue(f"in {self.path} equivalent rules were not divided out")
        return pd.read_parquet(self.path / CLASSES)

    def top(self, count: int = 10, by: str | None = None) -> pd.DataFrame:
        """The rows with the largest values of a column; the first capacity when none is named.

        Equal values stand in the order of the rows. The files are read one by one.
        """
        import pandas as pd
        import pyarrow.parquet as pq

        if by is None:
            ranked = [name for name in self.columns if name.startswith("capacity")]
            by = (
                ranked or [name for name in self.columns if name not in self.space.names] or [""]
            )[0]
        if by not in self.columns:
            raise UnknownName("column", by, self.columns)
        best = pd.DataFrame()
        for file in self.files:
            rows = pq.read_table(file).to_pandas().dropna(subset=[by])
            best = pd.concat([best, rows.nlargest(count, by, keep="first")], ignore_index=True)
            best = best.sort_values(by, ascending=False, kind="stable").head(count)
        return best.reset_index(drop=True)


def explore(
    space: Space,
    *,
    to: str | os.PathLike[str],
    columns: Sequence[str] | None = None,
    workers: int = 1,
    executor: Executor | None = None,
    scheduler: str | None = None,
    divide: bool = True,
    yes: bool = False,
    progress: Progress | None = None,
) -> Sweep:
    """Compute the columns of every rule of a space under every condition, by formula.

    A sweep that was stopped, however that happened, is taken up where it was.

    Parameters
    ----------
    space : Space
    to : path
        A new or empty folder, or one that holds the same sweep.
    columns : sequence of str, optional
        Names of columns and of coefficients; without it the coefficients and the default columns.
    workers : int
        Processes. The result does not depend on it.
    executor : concurrent.futures.Executor, optional
        Does the blocks instead; it stays open.
    scheduler : str, optional
        The address of a Dask scheduler, whose workers do the blocks instead.
    divide : bool
        Compute one member of each class of equivalent rules, where classes are found
        (:mod:`hebbsym.exploration.classes`).
    yes : bool
        Compute more than 100 million rows.
    progress : callable, optional
        Called with the rows that are done and their total.

    Raises
    ------
    InvalidValue
        When the folder holds something else, or its journal is damaged; nothing is changed then.
    SizeLimit
        When the sweep is past the bound and ``yes`` is not given.
    UnwritableOutput
        When the folder cannot be written, or the disk is full; what is done stays.

    Examples
    --------
    >>> import tempfile
    >>> from hebbsym.exploration.space import Size, finite
    >>> space = Space({"c_1_post": finite((0, 1)), "c_2_corr": finite((1,))}, sizes=(Size(11, 3),))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     sweep = explore(space, to=folder, columns=["c_1_post", "snr"])
    ...     sweep.frame()
       rule  condition  c_1_post  snr
    0     0          0       0.0  5.0
    1     1          0       1.0  2.0
    """
    folder = Path(to)
    require_free(folder)
    names = resolved(space, columns)
    plan = Plan(space, names, _divided(space) if divide else None)
    if plan.rows > LARGEST and not yes:
        raise SizeLimit(
            f"the sweep has {plan.rows} rows, past the bound of {LARGEST}; say yes (--yes) to compute "
            "them all, or sample the space"
        )
    with opened(folder, plan.identity) as journal:
        _fill(journal, plan, workers, executor, scheduler, progress)
        digests = {number: digest for number, _, _, digest in journal.entries()}
    whole = hashlib.sha256("".join(digests[n] for n in range(plan.blocks)).encode()).hexdigest()
    _write_classes(folder, plan)
    _write_manifest(folder, plan, whole)
    return Sweep(
        folder, space, names, plan.rows, whole, None if plan.classes is None else plan.classes.after
    )


@dataclass(frozen=True)
class Plan:
    """How a sweep is cut into blocks: the same whoever does them.

    Examples
    --------
    >>> from hebbsym.exploration.space import finite
    >>> plan = Plan(Space({"c_2_corr": finite(range(1, 1001))}), ("snr",))
    >>> plan.blocks, plan.rows
    (1, 1000)
    """

    space: Space
    columns: tuple[str, ...]
    classes: Classes | None = None

    @cached_property
    def rules(self) -> int:
        """How many rules are computed."""
        return len(self.space) if self.classes is None else self.classes.after

    @property
    def rows(self) -> int:
        """Rules times conditions."""
        return self.rules * len(self.space.conditions)

    @property
    def step(self) -> int:
        """Rules of a block."""
        return max(1, ROWS // len(self.space.conditions))

    @property
    def blocks(self) -> int:
        """Number of blocks."""
        return -(-self.rules // self.step)

    @property
    def identity(self) -> dict[str, Any]:
        """What makes two sweeps the same."""
        return {
            "space": self.space.record,
            "columns": self.columns,
            "step": self.step,
            "divided": self.classes is not None,
        }

    def order(self, number: int) -> Order:
        """The block of a number."""
        start = number * self.step
        stop = min(start + self.step, self.rules)
        chosen = None if self.classes is None else self.classes.canonical[start:stop]
        return Order(self.space, self.columns, number, start, stop, chosen)

    def rows_of(self, number: int) -> int:
        """Rows of a block."""
        rules = min((number + 1) * self.step, self.rules) - number * self.step
        return rules * len(self.space.conditions)


def _divided(space: Space) -> Classes | None:
    """The classes of a space; None where they are not found, and each rule stands for itself."""
    try:
        return classes(space)
    except (SizeLimit, OutsideClass, NotDerivable):
        return None


def _fill(
    journal: Journal,
    plan: Plan,
    workers: int,
    executor: Executor | None,
    scheduler: str | None,
    progress: Progress | None,
) -> None:
    """Do the blocks that are not done."""
    done = journal.done()
    rows = sum(entered for entered, _ in done.values())
    for attempt in range(_ATTEMPTS):
        left = [number for number in range(plan.blocks) if number not in done]
        if not left:
            break
        try:
            for number, count in _do(journal, plan, left, workers, executor, scheduler):
                done[number] = count, ""
                rows += count
                if progress is not None:
                    progress(rows, plan.rows)
        except BrokenExecutor:  # a worker was killed: what is entered stays, the rest is done again
            if executor is not None or attempt == _ATTEMPTS - 1:
                raise InvalidValue(
                    "worker processes ended again and again: they had too little memory, or the script that asked "
                    'for workers lacks its guard, if __name__ == "__main__":; the same command takes the sweep up '
                    "where it was"
                ) from None


def _do(
    journal: Journal,
    plan: Plan,
    left: list[int],
    workers: int,
    executor: Executor | None,
    scheduler: str | None,
) -> Iterator[tuple[int, int]]:
    """Number and rows of each block, after it was entered."""
    if executor is not None:
        yield from _entered(journal, plan, left, executor, workers)
        return
    few = min(workers, len(left))
    with crew(few, scheduler) as (found, count):
        yield from _entered(journal, plan, left, found, count)


def _entered(
    journal: Journal, plan: Plan, left: list[int], executor: Executor, workers: int
) -> Iterator[tuple[int, int]]:
    orders = (plan.order(number) for number in left)
    for made in results(executor, part, orders, AHEAD * workers):
        journal.enter(made)
        yield made.number, made.rows


def _write_classes(folder: Path, plan: Plan) -> None:
    if plan.classes is None:
        return
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    table = pa.table(plan.classes.table).replace_schema_metadata({"schema": SCHEMA})
    pq.write_table(table, sink)
    files.write(folder / CLASSES, sink.getvalue().to_pybytes())


def _write_manifest(folder: Path, plan: Plan, whole: str) -> None:
    from hebbsym import __version__

    record = {
        "schema": SCHEMA,
        "hebbsym": __version__,
        "space": plan.space.record,
        "conditions": [condition.text for condition in plan.space.conditions],
        "columns": list(plan.columns),
        "rules": len(plan.space),
        "classes": None if plan.classes is None else plan.classes.after,
        "rows": plan.rows,
        "blocks": plan.blocks,
        "hash": whole,
    }
    with files.whole(folder / MANIFEST) as file:
        file.write(json.dumps(record, indent=2) + "\n")
