r"""The page of a sweep: its space with open coefficients and parameters, and its rules as landmarks.

Main names
----------
sweep_page
    Write the page of a sweep.

Conventions
-----------
Numbers of the conditions (mean, activity, errors of the cue, sizes, levels) become sliders that stand at
those of the first condition; conditions that differ in such numbers only are one choice on the page. The
sliders of the coefficients stand at the best rule. Pairs of ensembles keep their numbers. Criteria whose levels
differ have a slider each.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import sympy as sp

from hebbsym import notation
from hebbsym.errors import SizeLimit
from hebbsym.exploration.content import symbols_of
from hebbsym.exploration.landmarks import MOST_CLASSES
from hebbsym.exploration.page import page
from hebbsym.exploration.space import Condition, Space
from hebbsym.exploration.sweeping import Sweep
from hebbsym.families.ensembles import Pair
from hebbsym.families.parameters import Parametric
from hebbsym.notation import epsilon, level, z
from hebbsym.theories import Theory, derive

if TYPE_CHECKING:
    import pandas as pd

Part = TypeVar("Part", bound=Parametric)

OPENED: Mapping[str, sp.Symbol] = {
    "mean": notation.a,
    "activity": notation.f,
    "delta": notation.delta,
    "theta": notation.theta,
}
"""The parameters that become sliders, and their symbols."""
MOST_SETTINGS = 6
"""Bound on the choices of a page: each is derived by itself, in seconds."""


def sweep_page(sweep: Sweep, to: str | os.PathLike[str]) -> Path:
    """Write the page of a sweep; see :func:`hebbsym.exploration.page.page`.

    Raises
    ------
    SizeLimit
        When the conditions leave more than six choices of patterns, cue and threshold.
    UnwritableOutput
        When the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from hebbsym.exploration.space import Size, finite
    >>> from hebbsym.exploration.sweeping import explore
    >>> space = Space({"c_0": finite((0, 1)), "c_2_corr": finite((1,))}, sizes=(Size(11, 3),))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = explore(space, to=Path(folder, "sweep"))
    ...     '"start":[11,1]' in sweep_page(made, Path(folder, "page.html")).read_text()
    True
    """
    theories = _theories(sweep.space)
    frame = _rows(sweep)
    start = _start(sweep, frame)
    levels = _levels(sweep.space)
    own = {criterion: level(criterion) for criterion in levels}
    known = {symbol.name: symbol for symbol in symbols_of(theories, own)}
    at = {known[symbol.name]: value for symbol, value in start.items() if symbol.name in known}
    title = f"Rules of the sweep “{sweep.space.name}”"
    return page(theories, to, atlas=_classes(sweep, frame), at=at, levels=levels, title=title)


def _theories(space: Space) -> list[Theory]:
    """The general rule of the space under every choice of patterns, cue and threshold."""
    found: dict[str, Theory] = {}
    for condition in space.conditions:
        patterns, cue, threshold = condition.parts
        law = patterns if isinstance(patterns, Pair) else _opened(patterns)
        made = derive(space.general, law, cue=_opened(cue), threshold=_opened(threshold))
        found.setdefault(made.setting.text, made)
    if len(found) > MOST_SETTINGS:
        raise SizeLimit(
            f"{len(found)} choices of patterns, cue and threshold are past the bound of {MOST_SETTINGS} "
            "of a page; explore them in several sweeps"
        )
    return list(found.values())


def _opened(part: Part) -> Part:
    """The same with a symbol for every parameter that a slider can move."""
    symbols = {name: OPENED[name] for name in part.parameters if name in OPENED}
    return type(part)(**{**part.parameters, **symbols})


def _start(sweep: Sweep, frame: pd.DataFrame) -> dict[sp.Symbol, sp.Expr]:
    """The numbers of the first condition, and the coefficients of the best rule."""
    space, here = sweep.space, sweep.space.conditions[0]
    values: dict[sp.Symbol, sp.Expr] = {**here.size.values, **_common(space), **_numbers(here)}
    best = space.point(int(frame["rule"].iloc[0])) if len(frame) else {}
    of = dict(zip(space.names, space.symbols, strict=True))
    return {**values, **{of[name]: value for name, value in best.items()}}


def _levels(space: Space) -> dict[str, sp.Expr]:
    """The levels of the criteria of errors, where they are not the same."""
    found: dict[str, sp.Expr] = {}
    for one in space.demands:
        if one.symbol == epsilon:  # of several levels of a criterion the first
            found.setdefault(one.criterion, one.level)
    return found if len(set(found.values())) > 1 else {}


def _common(space: Space) -> dict[sp.Symbol, sp.Expr]:
    """z, and the level of the criteria of errors where it is the same."""
    found: dict[sp.Symbol, sp.Expr] = {}
    for one in space.demands:
        if one.symbol == z or not _levels(space):
            found.setdefault(one.symbol, one.level)
    return found


def _numbers(condition: Condition) -> dict[sp.Symbol, sp.Expr]:
    patterns, cue, threshold = condition.parts
    parts = (cue, threshold) if isinstance(patterns, Pair) else (patterns, cue, threshold)
    return {
        OPENED[name]: value
        for part in parts
        for name, value in part.parameters.items()
        if name in OPENED
    }


def _rows(sweep: Sweep) -> pd.DataFrame:
    """The best rows of the first condition, at most as many as a page holds."""
    import pandas as pd
    import pyarrow.parquet as pq

    by = next(
        (c for c in ("snr", *sweep.columns) if c in sweep.columns and c not in sweep.space.names),
        None,
    )
    kept = pd.DataFrame({"rule": []})
    for file in sweep.files:
        rows = pq.read_table(file).to_pandas()
        kept = pd.concat([kept, rows[rows["condition"] == 0]], ignore_index=True)
        if by is not None:
            kept = kept.sort_values(by, ascending=False, kind="stable")
        kept = kept.head(MOST_CLASSES)
    return kept.reset_index(drop=True)


def _classes(sweep: Sweep, frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a sweep as classes: exact coefficients, and what the sweep computed.

    They bear no names: which named rule a class holds changes with the mean of the patterns, which the
    page moves; it follows the named rules itself.
    """
    space = sweep.space
    computed = [name for name in sweep.columns if name not in space.names]
    made = []
    for n, row in enumerate(frame.to_dict("records")):
        rule = int(frame["rule"].iloc[n])
        values = {f"sweep {name}": row[name] for name in computed}
        made.append({**space.point(rule), **values})
    return made
