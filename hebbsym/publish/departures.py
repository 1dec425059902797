r"""Where the Gaussian error, Edgeworth's series, the exact law and simulation part, over a grid of sizes.

Main names
----------
departures, Departures
    The relative distance of each from the exact law, at several D and loads.
departures_figure
    The picture: one panel a load.

Conventions
-----------
All are shown as P / P_exact - 1 in per cent; the exact law is the line at zero. Bars are two standard
errors, clustered by network. Points of simulation with a standard error above
10 % are left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sympy as sp

from hebbsym.errors import HebbsymError, NotDerivable
from hebbsym.networks import network_of
from hebbsym.notation import D, K
from hebbsym.numeric import evaluate
from hebbsym.publish.canvas import COLOURS, MARKERS, blank_panels, drawing, file_bytes
from hebbsym.simulate import simulate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from hebbsym.theories import Theory

EXACT = "bit_error:exact"
SERIES = {"bit_error": "Gaussian", "bit_error:edgeworth": "Edgeworth"}
SIZES = (8, 12, 18, 27, 40, 60)
NETWORKS = 2000
_RESOLVED = 0.1


@dataclass(frozen=True)
class Place:
    """One size: the exact error, the others over it less 1, and simulation with its standard error."""

    units: int
    patterns: int
    exact: float
    others: Mapping[str, float]
    simulated: float
    stderr: float


@dataclass(frozen=True)
class Departures:
    """Places by the load that they share, and what it takes to have them again."""

    by_load: Mapping[float, tuple[Place, ...]]
    networks: int
    seed: int


def shown(theory: Theory) -> bool:
    """Whether the figure belongs to a theory: one that was asked for an error beyond the Gaussian.

    Examples
    --------
    >>> from hebbsym.families.rules import ExpandedRule
    >>> from hebbsym.theories import derive
    >>> hebb = ExpandedRule(2, {(1, 1): 1})
    >>> shown(derive(hebb, quantities=["snr"])), shown(derive(hebb, quantities=[EXACT]))
    (False, True)
    """
    asked = set(theory)
    return bool(asked & {EXACT, "bit_error:edgeworth"}) and EXACT in theory


def departures(
    theory: Theory,
    values: Mapping[sp.Symbol, sp.Expr],
    loads: Iterable[float],
    *,
    sizes: Iterable[int] | None = None,
    networks: int = NETWORKS,
    seed: int = 0,
) -> Departures:
    """Evaluate and simulate the error of a bit at each size and load.

    Parameters
    ----------
    theory : Theory
    values : mapping of symbol to exact number
        A value for every symbol of the setting; D and K are replaced.
    loads : iterable of float
        K/D; at each size K is the nearest integer, at least 2.
    sizes : iterable of int, optional
        Values of D; :data:`SIZES` unless given.
    networks : int
        Simulated at each place.
    seed : int

    Raises
    ------
    NotDerivable
        When no size has an exact law.

    Examples
    --------
    >>> from hebbsym.families.rules import ExpandedRule
    >>> from hebbsym.theories import derive
    >>> hebb = derive(ExpandedRule(2, {(1, 1): 1}))
    >>> found = departures(hebb, {}, [0.25], sizes=[20, 40], networks=8)
    >>> [(p.units, p.patterns, round(p.others["bit_error"], 3)) for p in found.by_load[0.25]]
    [(20, 5, 0.023), (40, 10, -0.003)]
    """
    units = SIZES if sizes is None else tuple(sizes)
    found = {}
    for load in loads:
        places = []
        for size in units:
            at = {**values, D: sp.Integer(size), K: sp.Integer(max(2, round(load * size)))}
            try:
                places.append(_place(theory, at, networks, seed))
            except HebbsymError:
                continue  # no lattice at these values, or one past its bound: another size may do
        if places:
            found[load] = tuple(places)
    if not found:
        raise NotDerivable("no size of the figure has an exact law")
    return Departures(found, networks, seed)


def _place(theory: Theory, at: Mapping[sp.Symbol, sp.Expr], networks: int, seed: int) -> Place:
    truth = float(evaluate(theory[EXACT].formula, at, 12))
    if truth <= 0:
        raise NotDerivable("without errors nothing can depart from them")
    others = {
        name: float(evaluate(theory[name].formula, at, 12)) / truth - 1
        for name in SERIES
        if name in theory
    }
    run = simulate(network_of(theory.setting.at(at), at), networks, seed=seed, moments=False)
    seen = run.estimate("bit_error")
    return Place(int(at[D]), int(at[K]), truth, others, seen.value / truth - 1, seen.stderr / truth)


def departures_figure(found: Departures) -> tuple[bytes, bytes]:
    """One panel a load: per cent from the exact error along D; SVG and PDF."""
    with drawing():
        figure, panels = blank_panels(len(found.by_load), width=3.0 + 2.1 * len(found.by_load))
        for panel, (load, places) in zip(panels, found.by_load.items(), strict=True):
            _draw(panel, places)
            panel.set_title(rf"load $K/D \approx {load:.2g}$", loc="left")
        panels[0].set_ylabel("per cent from the exact error")
        handles, labels = panels[-1].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=9.5)
        return file_bytes(figure, "svg"), file_bytes(figure, "pdf")


def _draw(panel: Axes, places: tuple[Place, ...]) -> None:
    panel.axhline(0.0, color=COLOURS[2], label="exact law", zorder=1)
    units = [place.units for place in places]
    for n, (name, label) in enumerate(SERIES.items()):
        heights = [100 * place.others.get(name, math.nan) for place in places]
        panel.plot(
            units, heights, marker=MARKERS[n + 1], markersize=4, color=COLOURS[n], label=label
        )
    seen = [p for p in places if 0 < p.stderr < _RESOLVED]
    panel.errorbar(
        [p.units for p in seen],
        [100 * p.simulated for p in seen],
        yerr=[200 * p.stderr for p in seen],
        fmt="o", markersize=4.8, capsize=2.5, elinewidth=1.1, color="#444444",
        markerfacecolor="white", markeredgewidth=1.3, label="simulation", zorder=3,
    )  # fmt: skip
    panel.set_xscale("log")
    panel.set_yscale("symlog", linthresh=1.0)
    panel.set_xticks(units, [str(size) for size in units])
    panel.set_xticks([], minor=True)
    panel.yaxis.set_major_formatter("{x:g}")
    panel.grid(True)
    panel.set_xlabel("units $D$")
