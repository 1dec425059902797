r"""The picture of a comparison of universal Hopfield networks: capacity by formula and by simulation.

Main names
----------
universal_figure
    One panel for each projection, one line for each separator and similarity; SVG and PDF.

Conventions
-----------
A bar is the formula, a point with two standard errors the simulation. A cross at the left edge says that not even two
patterns are stored; an arrow, that more are than were simulated. Formulas that drop more than epsilon are left out.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from hebbsym.comparison import Comparison, Entry
from hebbsym.errors import NotDerivable
from hebbsym.publish.canvas import COLOURS, blank_panels, drawing, file_bytes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LEAST = 1.0
"""The left edge: K_max of a memory that stores no two patterns."""
_TALL = 0.155
"""Inches of one line."""


def universal_figure(table: Comparison) -> tuple[bytes, bytes]:
    """Capacity of every composition of a comparison; SVG and PDF.

    Raises
    ------
    NotDerivable
        For an empty table.

    Examples
    --------
    >>> rows = (Entry("dot", "max", "auto", "A", theory=72.6, dropped=0.0, simulated=70.0, stderr=3.0),)
    >>> table = Comparison(20, 20, "1/50", "bipolar", "flip", 32, 0, 4096, rows)
    >>> universal_figure(table)[0][:5]
    b'<?xml'
    """
    if not table.entries:
        raise NotDerivable("there is no composition to draw")
    projections = list(dict.fromkeys(one.projection for one in table))
    separators = list(dict.fromkeys(one.separator for one in table))
    lines = list(dict.fromkeys((one.separator, one.similarity) for one in table))
    lines.sort(key=lambda line: separators.index(line[0]))
    places = {line: n + separators.index(line[0]) * 0.6 for n, line in enumerate(lines)}
    with drawing():
        height = 1.0 + _TALL * (max(places.values()) + 1)
        figure, panels = blank_panels(len(projections), 3.0 + 2.3 * len(projections), height)
        for panel, projection in zip(panels, projections, strict=True):
            chosen = [one for one in table if one.projection == projection]
            for one in chosen:
                colour = COLOURS[separators.index(one.separator) % len(COLOURS)]
                _draw(panel, one, places[one.separator, one.similarity], colour)
            _finish(panel, chosen, projection)
        first = panels[0]
        first.set_yticks(
            list(places.values()), [similarity for _, similarity in lines], fontsize=8.5
        )
        for panel in panels[1:]:
            panel.set_yticks(list(places.values()), [])
        _name_groups(panels[-1], places, separators)
        figure.suptitle(
            f"D = {table.units}, error of a bit {table.epsilon}, {table.patterns}, cue {table.cue}",
            fontsize=9.5, x=0.02, ha="left",
        )  # fmt: skip
        return file_bytes(figure, "svg"), file_bytes(figure, "pdf")


def _draw(panel: Axes, one: Entry, place: float, colour: str) -> None:
    if one.theory is not None and one.dropped is not None and one.dropped <= 1:
        width = max(one.theory, _LEAST) - _LEAST
        panel.barh(place, width, left=_LEAST, height=0.7, color=colour, alpha=0.35, linewidth=0)
    if one.simulated is None or one.stderr is None:
        return
    if math.isinf(one.simulated):
        panel.plot(one.stderr, place, marker=">", markersize=5, color=colour)
    elif one.simulated == 0:
        panel.plot(_LEAST, place, marker="x", markersize=4.5, color=colour, clip_on=False)
    else:
        low = min(2 * one.stderr, one.simulated - _LEAST)
        panel.errorbar(
            one.simulated, place, xerr=[[low], [2 * one.stderr]], fmt="o", markersize=3.8, capsize=2,
            elinewidth=1.0, color=colour, markerfacecolor="white", markeredgewidth=1.2, zorder=3,
        )  # fmt: skip


def _finish(panel: Axes, chosen: list[Entry], projection: str) -> None:
    reached = [_LEAST * 4]
    for one in chosen:
        if one.theory is not None and one.dropped is not None and one.dropped <= 1:
            reached.append(one.theory)
        if one.simulated is not None and one.stderr is not None:
            reached.append(one.stderr if math.isinf(one.simulated) else one.simulated + one.stderr)
    panel.set_xscale("log")
    panel.set_xlim(_LEAST, 2 * max(reached))
    panel.invert_yaxis()
    panel.grid(True, axis="x")
    panel.tick_params(axis="y", length=0)
    panel.set_xlabel(r"capacity $K_{\max}$")
    panel.set_title(f"{projection}-associative", loc="left")


def _name_groups(panel: Axes, places: dict[tuple[str, str], float], separators: list[str]) -> None:
    """The separators at the right edge, in their colours."""
    for n, separator in enumerate(separators):
        middle = [place for (name, _), place in places.items() if name == separator]
        panel.annotate(
            separator, (1.03, sum(middle) / len(middle)), xycoords=("axes fraction", "data"),
            va="center", fontsize=9, color=COLOURS[n % len(COLOURS)],
        )  # fmt: skip
