r"""What a finished sweep shows beside its ranking: the rules to confirm, its atlas, its figures.

Main names
----------
chosen
    The rules to confirm: the front, the borders of each law of growth, a random sample.
confirmed
    Those rules simulated under every condition.
questions_of
    What is asked for the best coefficients of, beside the best rules of the sweep.
atlas_of
    The table of the classes of a space.
draw
    Figures of a sweep, written beside it.

Conventions
-----------
A sweep is read file by file and only a handful of rows is kept, so that its size does not matter. ``condition`` is the
number of one of the conditions of its space.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp

from hebbsym import files
from hebbsym.errors import NotDerivable, SizeLimit, UnknownName
from hebbsym.exploration.affine_atlas import affine_atlas
from hebbsym.exploration.atlas import Atlas, atlas
from hebbsym.exploration.classes import classes
from hebbsym.exploration.conditions import Question, confirm_space, questions
from hebbsym.exploration.confirm import ERRORS, Confirmation, share
from hebbsym.exploration.fronts import compared, frames, fronts, judged
from hebbsym.exploration.phases import phase_diagram
from hebbsym.exploration.pictures import front_figure, phase_figure, price_figure
from hebbsym.exploration.prices import prices
from hebbsym.exploration.ranking import front
from hebbsym.exploration.space import POWERS, Space
from hebbsym.exploration.sweeping import Sweep
from hebbsym.exploration.tuning import criteria_of
from hebbsym.families.rules import ExpandedRule
from hebbsym.notation import D, K, z

if TYPE_CHECKING:
    import pandas as pd

MOST_ENTRIES = 2000
"""Bound on the rows of an atlas: each is derived by itself, in about a tenth of a second."""

_ROUNDING = 1e-12  # of a share that is 1
_DRAWN = 2000  # points of a figure of the front, beside the front itself


def chosen(
    sweep: Sweep,
    *,
    sample: int = 50,
    seed: int = 0,
    condition: int = 0,
    by: Sequence[Sequence[str]] = (),
) -> list[int]:
    """The rules to confirm: front of rho and simplicity, both ends of every law of growth, a random sample.

    In a space with coefficients of w the laws are three: weights that settle, that keep their variance, that grow.
    ``by`` names the merits of further fronts (:mod:`hebbsym.exploration.fronts`), which are taken under every condition.

    Returns
    -------
    list of int
        Numbers of rules of the space, ascending.

    Raises
    ------
    UnknownName
        When the sweep has no column ``snr``.
    """
    _require(sweep, "snr")
    rng = np.random.default_rng(seed)
    kept: set[int] = set()
    drawn: list[tuple[float, int]] = []
    merits: dict[int, tuple[float, float, float]] = {}
    for frame in frames(sweep, condition):
        ratio, growth = frame["snr"].to_numpy(), _growth(frame)
        few = -_terms(sweep.space, frame)
        some = share(ratio, growth, front(ratio, few), sample=0)
        numbers = frame["rule"].to_numpy()
        merits |= {
            int(numbers[n]): (float(ratio[n]), float(growth[n]), float(few[n])) for n in some
        }
        lots = zip(rng.random(len(frame)), numbers, np.isfinite(ratio), strict=True)
        drawn = sorted([*drawn, *((float(u), int(n)) for u, n, there in lots if there)])[:sample]
    numbers = list(merits)
    table = np.array([merits[n] for n in numbers]).reshape(-1, 3)
    ends = share(table[:, 0], table[:, 1], front(table[:, 0], table[:, 2]), sample=0)
    kept |= {numbers[n] for n in ends} | {n for _, n in drawn}
    for names in by:
        kept |= {int(n) for one in fronts(sweep, names) for n in one.rules}
    return sorted(kept)


def confirmed(
    sweep: Sweep,
    *,
    sample: int = 50,
    seed: int = 0,
    by: Sequence[Sequence[str]] = (),
    **options: Any,
) -> tuple[Confirmation, ...]:
    """A share of the rules of a sweep simulated under every condition, at one level for the whole sweep.

    Of a sweep with columns for the errors of bits these claims are confirmed, too, unless quantities are named.

    Parameters
    ----------
    sweep : Sweep
    sample, seed : int
        Rules that are drawn beside the front and the borders.
    by : sequence of merits
        Further fronts whose rules are simulated.
    **options
        As in :func:`hebbsym.exploration.confirm.confirm`.
    """
    space = sweep.space
    rules = [space.rule(space.point(n)) for n in chosen(sweep, sample=sample, seed=seed, by=by)]
    if "quantities" not in options:
        options["errors"] = [name for name in ERRORS if name in sweep.columns]
    return confirm_space(space, [rule for rule in rules if rule.terms], seed=seed, **options)


def questions_of(sweep: Sweep) -> tuple[Question, ...]:
    """What is asked for the best coefficients of, beside the best rules of the sweep.

    Parameters
    ----------
    sweep : Sweep
    """
    best: dict[tuple[int, str], tuple[float, int]] = {}
    asked = [name for name in _tunable(sweep.space) if name in sweep.columns]
    for condition in range(len(sweep.space.conditions)):
        for frame in frames(sweep, condition):
            for name in (name for name in asked if frame[name].notna().any()):
                row = frame.loc[frame[name].idxmax()]
                found = float(row[name]), int(row["rule"])
                best[condition, name] = max(
                    found, best.get((condition, name), found), key=lambda one: one[0]
                )
    return questions(sweep.space, {k: rule for k, (_, rule) in best.items()})


def _tunable(space: Space) -> tuple[str, ...]:
    return criteria_of(space) if space.affine else ()


def atlas_of(space: Space, condition: int = 0) -> Atlas:
    """The classes of a space under one condition, each with its law of growth, rho and K_max.

    K_max is at the ratio z^2 of the space's criterion, or at 1 where it has none by the ratio. A space with coefficients of w
    has another table: :mod:`hebbsym.exploration.affine_atlas`.

    Raises
    ------
    SizeLimit
        When there are more than :data:`MOST_ENTRIES` classes.

    Examples
    --------
    >>> from hebbsym.exploration.space import Size, finite
    >>> signs = finite((-1, 0, 1))
    >>> space = Space({"c_1_post": signs, "c_2_corr": signs}, sizes=(Size(101, 11),), criteria=("snr(z=2)",))
    >>> made = atlas_of(space)
    >>> first, *_ = made.entries
    >>> first.law, first.rules, first.named  # on unbiased patterns there is nothing to centre
    ('like D', 2, ('hebb', 'anti-hebb', 'covariance', 'pre-centred', 'post-centred'))
    """
    found = classes(space)
    if found.after > MOST_ENTRIES:
        raise SizeLimit(
            f"the space has {found.after} classes, and an atlas lists at most {MOST_ENTRIES}; the ranking of the "
            "sweep has the best of them"
        )
    here = space.conditions[condition]
    if space.affine:
        return affine_atlas(found, here)
    members = [space.rule(space.point(int(n)), f"rule {n}") for n in found.canonical]
    rows = [
        (member, int(count), found.named.get(int(n), ()))
        for member, count, n in zip(members, found.counts, found.canonical, strict=True)
        if any(c != 0 for c in member.terms.values())
    ]
    sizes = here.size.values
    at = {D: sizes[D], K: sizes[K], z: _level(space)}
    return atlas(here.setting(space.general), rows, at=at)


def draw(
    sweep: Sweep,
    to: str | os.PathLike[str],
    condition: int = 0,
    by: Sequence[Sequence[str]] = (),
) -> list[Path]:
    """Write the figures of a sweep, as SVG and PDF: front, another cue, phases of two coefficients, prices.

    Parameters
    ----------
    sweep : Sweep
        Of additive rules, with a column ``snr``.
    to : path
        A folder that exists.
    condition : int
    by : sequence of merits
        Further fronts of two merits, the first upwards against the second.

    Returns
    -------
    list of Path
        The files; a figure that does not exist for the sweep is left out.
    """
    made: list[Path] = []
    pictures = {"front": _front, "cues": _cues, "phases": _phases, "prices": _prices}
    pictures |= {_named(names): partial(_front_by, names) for names in by}
    for name, picture in pictures.items():
        try:
            svg, pdf = picture(sweep, condition)
        except NotDerivable:
            continue
        for kind, data in (("svg", svg), ("pdf", pdf)):
            path = Path(to) / f"{name}.{kind}"
            files.write(path, data)
            made.append(path)
    return made


# ---- rows ---------------------------------------------------------------------------------


def _require(sweep: Sweep, column: str) -> None:
    if column not in sweep.columns:
        raise UnknownName("column of this sweep", column, sweep.columns)


def _growth(frame: pd.DataFrame) -> Any:
    """The law of growth of each rule; one label where the sweep does not know it, -1 for no signal."""
    if "retention:power" in frame:
        over = frame["retention:power"].to_numpy() - 1
        return np.nan_to_num(np.where(np.abs(over) < _ROUNDING, 0.0, np.sign(over)))
    if "exponent" not in frame:
        return np.zeros(len(frame))
    return np.nan_to_num(frame["exponent"].to_numpy(), nan=-1.0, posinf=2.0)


def _terms(space: Space, frame: pd.DataFrame) -> Any:
    """How many coefficients of each rule are not zero, whether the sweep wrote them or not."""
    return np.count_nonzero(space.rows(frame["rule"].to_numpy()), axis=1)


# ---- figures ------------------------------------------------------------------------------


_GROWTHS = {-1.0: "no signal", 0.0: "not with D", 0.5: r"like $\sqrt{D}$", 1.0: "like $D$"}


def _groups(frame: pd.DataFrame) -> Any:
    """The law of growth of each rule in words; None where the sweep does not know it."""
    if "exponent" not in frame:
        return None
    return np.array([_GROWTHS.get(float(e), "without bound") for e in _growth(frame)])


def _front(sweep: Sweep, condition: int) -> tuple[bytes, bytes]:
    """rho against the number of coefficients that are not zero."""
    import pandas as pd

    numbers = set(chosen(sweep, sample=_DRAWN, condition=condition))
    kept = [f[f["rule"].isin(numbers)] for f in frames(sweep, condition)]
    frame = pd.concat(kept, ignore_index=True)
    terms, ratio = _terms(sweep.space, frame), frame["snr"].to_numpy()
    return front_figure(
        (terms, ratio), front(ratio, -terms),
        ("coefficients that are not zero", r"signal-to-noise ratio $\rho$"),
        groups=_groups(frame), title=sweep.space.conditions[condition].text,
    )  # fmt: skip


def _named(names: Sequence[str]) -> str:
    return "front-" + "-".join(re.sub(r"[^0-9A-Za-z]+", "-", name).strip("-") for name in names)


def _front_by(names: Sequence[str], sweep: Sweep, condition: int) -> tuple[bytes, bytes]:
    """One merit of a drawn share of the rules against another, and their front."""
    chosen = compared(sweep.space, names)
    if len(chosen) != 2:
        raise NotDerivable("a plane has two merits")
    up, across = chosen
    found = fronts(sweep, names)[condition]
    rng = np.random.default_rng(0)
    kept = [found.values]
    for _, values in judged(sweep, chosen, condition):
        kept.append(values[rng.permutation(len(values))[: max(1, _DRAWN // len(sweep.files))]])
    points = np.concatenate(kept)
    drawn = [n for n in range(len(found.rules)) if np.isfinite(points[n]).all()]
    return front_figure(
        (points[:, 1], points[:, 0]), drawn, (across.title, up.title),
        title=sweep.space.conditions[condition].text,
    )  # fmt: skip


def _cues(sweep: Sweep, condition: int) -> tuple[bytes, bytes]:
    """Capacity (rho, where there is none) with the cue of the condition against that with another cue."""
    import pandas as pd

    conditions = sweep.space.conditions
    here = conditions[condition]
    others = [n for n, one in enumerate(conditions) if replace(one, cue=here.cue) == here]
    other = next((n for n in others if n != condition), None)
    if other is None:
        raise NotDerivable("no other condition differs in the cue alone")
    merit = next((c for c in sweep.columns if c.startswith("capacity:")), "snr")
    kept: list[pd.DataFrame] = []
    rng = np.random.default_rng(0)
    # both conditions of a rule stand in one file
    for one, two in zip(frames(sweep, condition), frames(sweep, other), strict=True):
        both = one.assign(other=two[merit]).replace([np.inf, -np.inf], np.nan)
        some = front(both[merit], both["other"])
        drawn = rng.permutation(len(both))[: max(1, _DRAWN // len(sweep.files))]
        kept.append(both.iloc[sorted({*some, *drawn.tolist()})])
    frame = pd.concat(kept, ignore_index=True)
    merits = frame[merit].to_numpy(), frame["other"].to_numpy()
    cues = (here.parts[1].text, conditions[other].parts[1].text)
    label = r"$\rho$" if merit == "snr" else r"$K_{\max}$"
    return front_figure(
        merits, front(*merits), (f"{label}, cue {cues[0]}", f"{label}, cue {cues[1]}"),
        groups=_groups(frame), title=f"{merit}: {here.text}",
    )  # fmt: skip


def _best_rule(sweep: Sweep, condition: int) -> ExpandedRule:
    """The rule of the highest ratio under a condition."""
    with_ratio = [frame.dropna(subset=["snr"]) for frame in frames(sweep, condition)]
    rows = [frame.loc[frame["snr"].idxmax()] for frame in with_ratio if len(frame)]
    if not rows:
        raise NotDerivable("no rule of the sweep has a ratio")
    number = int(max(rows, key=lambda row: float(row["snr"]))["rule"])
    return sweep.space.rule(sweep.space.point(number), "best of the sweep")


def _level(space: Space) -> sp.Expr:
    """z of the criterion by the ratio, or 1."""
    return next((d.level for d in space.demands if d.symbol == z), sp.S.One)


def _phases(sweep: Sweep, condition: int) -> tuple[bytes, bytes]:
    """The plane of the first two coefficients that vary, through the best rule."""
    space, here = sweep.space, sweep.space.conditions[condition]
    varying = [name for name, values in space.coefficients.items() if not values.fixed][:2]
    if len(varying) < 2 or space.affine:
        raise NotDerivable("a plane needs two coefficients that vary")
    rule = _best_rule(sweep, condition)
    axes = [(p, q) for _, p, q in (POWERS[name] for name in varying)]
    found = phase_diagram(
        here.setting(rule), (axes[0], axes[1]), at=_sizes(sweep, condition),
        spans=[space.coefficients[name].ends for name in varying],
    )  # fmt: skip
    return phase_figure(found, here.text)


def _prices(sweep: Sweep, condition: int) -> tuple[bytes, bytes]:
    """What the coefficients of the best rule cost, at the ratio that its capacity demands."""
    here, space = sweep.space.conditions[condition], sweep.space
    if space.affine:
        raise NotDerivable("prices are those of additive rules")
    level = _level(space)
    rule = _best_rule(sweep, condition)
    sizes = {s: v for s, v in _sizes(sweep, condition).items() if s != K}
    return price_figure(prices(here.setting(rule), [rule], at={**sizes, z: level}), here.text)


def _sizes(sweep: Sweep, condition: int) -> dict[sp.Symbol, sp.Expr]:
    values: dict[sp.Symbol, sp.Expr] = sweep.space.conditions[condition].size.values
    return {symbol: values[symbol] for symbol in (D, K)}
