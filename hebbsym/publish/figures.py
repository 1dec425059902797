r"""Figures: theory as lines, simulation as points with error bars.

Main names
----------
curves_figure, agreement_figure
    The pictures of a report, as SVG and PDF.
hero
    Several rules in one picture, as PNG.

Conventions
-----------
Bars are two standard errors, clustered by network. See :mod:`hebbsym.publish.canvas` for the style.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hebbsym.errors import InvalidValue, NotDerivable
from hebbsym.publish.canvas import (
    COLOURS,
    MARKERS,
    blank_panels,
    drawing,
    file_bytes,
    plain_ticks,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from hebbsym.publish.sweeps import Curve, Sweep
    from hebbsym.verdicts import Verdict

_TONES = {"AGREES": "#009E73", "DISAGREES": "#D55E00", "UNDECIDED": "#7F7F7F"}


def curves_figure(sweeps: Sequence[Sweep]) -> tuple[bytes, bytes]:
    """One panel a quantity, theory and simulation along the load or the age; SVG and PDF.

    Raises
    ------
    NotDerivable
        When there is no curve to draw.
    """
    quantities = list(dict.fromkeys(c.quantity for s in sweeps for c in s.curves))
    if not quantities:
        raise NotDerivable("none of the quantities of the figure exists in this setting")
    with drawing():
        figure, panels = blank_panels(len(quantities))
        for panel, quantity in zip(panels, quantities, strict=True):
            for n, one in enumerate(sweeps):
                for curve in one.curves:
                    if curve.quantity == quantity:
                        _draw(panel, curve, n, one.label if len(sweeps) > 1 else "")
                        panel.set_title(curve.title, loc="left")
            panel.set_xlabel(sweeps[0].along)
            panel.legend(loc="best", fontsize=9.5)
        return file_bytes(figure, "svg"), file_bytes(figure, "pdf")


def agreement_figure(verdicts: Sequence[Verdict], resolution: float) -> tuple[bytes, bytes]:
    """Estimate over prediction, one line a verdict; predictions of zero, and orders, are left out.

    Raises
    ------
    NotDerivable
        When every prediction is zero or missing.
    """
    shown = [v for v in verdicts if v.predicted and math.isfinite(v.estimate / v.predicted)]
    shown = [v for v in shown if math.isfinite(v.stderr) and v.stderr > 0]
    if not shown:
        raise NotDerivable("no prediction differs from zero, so there is no ratio to draw")
    with drawing():
        figure, (panel,) = blank_panels(1, height=0.55 + 0.27 * len(shown))
        panel.axvspan(-100 * resolution, 100 * resolution, color="#EEF3F8", zorder=0)
        panel.axvline(0.0, color="#444444", linewidth=0.8)
        reach = 100 * resolution
        for n, v in enumerate(shown):
            off, bar = 100 * (v.estimate / v.predicted - 1), abs(200 * v.stderr / v.predicted)
            colour = _TONES[v.outcome.name]
            panel.errorbar(off, n, xerr=bar, fmt="o", markersize=4.5, color=colour, capsize=2.5)
            reach = max(reach, abs(off) + bar)
        if reach > 600 * resolution:
            panel.set_xscale("symlog", linthresh=100 * resolution)
            panel.xaxis.set_major_formatter("{x:g}")
        panel.set_xlim(-1.08 * reach, 1.08 * reach)
        panel.set_yticks(range(len(shown)), [v.label for v in shown], fontsize=9.5)
        panel.set_ylim(len(shown) - 0.4, -0.6)
        panel.grid(axis="x")
        panel.set_xlabel("estimate / prediction − 1, in per cent")
        return file_bytes(figure, "svg"), file_bytes(figure, "pdf")


def hero(
    sweeps: Sequence[Sweep], to: str | Path, *, title: str = "", quantity: str = "bit_error"
) -> Path:
    """Several rules in one picture, 1600 pixels wide: lines are theory, points are simulation.

    Raises
    ------
    InvalidValue
        When no sweep holds the quantity.
    """
    chosen = [(s, c) for s in sweeps for c in s.curves if c.quantity == quantity]
    if not chosen:
        raise InvalidValue(f"none of the sweeps holds {quantity!r}")
    with drawing({"font.size": 12.5, "lines.linewidth": 2.1}):
        figure, (panel,) = blank_panels(1, width=8.0, height=4.5)
        for n, (_, curve) in enumerate(chosen):
            _draw(panel, curve, n, "", size=6.5)
        panel.set_ylim(bottom=max(panel.get_ylim()[0], 1e-6))
        panel.set_xlabel(r"load $K/D$")
        panel.set_ylabel(chosen[0][1].title)
        panel.set_title(title, loc="left", fontsize=14.5, pad=12)
        _names_at_the_ends(panel, [(one.label, curve.line[-1]) for one, curve in chosen])
        line = panel.plot([], [], color="#444444", label="theory")[0]
        bar = panel.errorbar([], [], yerr=[], fmt="o", color="#444444", capsize=2.5,
                             markerfacecolor="white", label="simulation, ± 2 standard errors")  # fmt: skip
        panel.legend(handles=[line, bar], loc="lower right", fontsize=11.5)
        data = file_bytes(figure, "png", dpi=200)
    path = Path(to)
    path.write_bytes(data)
    return path


def _names_at_the_ends(panel: Axes, ends: Sequence[tuple[str, tuple[float, float]]]) -> None:
    """Each curve's name at its end, in its colour, moved apart where they would overlap."""
    low, high = (math.log(v) for v in panel.get_ylim())
    step = 0.055 * (high - low)
    order = sorted(range(len(ends)), key=lambda n: -ends[n][1][1])
    places = [math.log(ends[n][1][1]) for n in order]
    for _ in range(20):
        for upper in range(len(places) - 1):
            lacking = step - (places[upper] - places[upper + 1])
            if lacking > 0:
                places[upper] += lacking / 2
                places[upper + 1] -= lacking / 2
    for n, place in zip(order, places, strict=True):
        label, (load, _) = ends[n]
        panel.annotate(
            label, (load, math.exp(place)), xytext=(10, 0), textcoords="offset points", va="center",
            color=COLOURS[n % len(COLOURS)], fontsize=12.5, annotation_clip=False,
        )  # fmt: skip


def _draw(panel: Axes, curve: Curve, n: int, label: str, size: float = 4.8) -> None:
    """One curve: a line through the predictions, bars of two standard errors on the points."""
    colour = COLOURS[n % len(COLOURS)]
    name = f"{label}: " if label else ""
    panel.plot(*zip(*curve.line, strict=True), color=colour, label=f"{name}theory", zorder=2)
    seen = [p for p in curve.points if p.value > 0 and math.isfinite(p.stderr)]
    panel.errorbar(
        [p.place for p in seen],
        [p.value for p in seen],
        yerr=[[min(2 * p.stderr, 0.999 * p.value) for p in seen], [2 * p.stderr for p in seen]],
        fmt=MARKERS[n % len(MARKERS)], markersize=size, capsize=2.5, elinewidth=1.1,
        color=colour, markerfacecolor="white", markeredgewidth=1.3,
        label=f"{name}simulation", zorder=3,
    )  # fmt: skip
    loads = min(place for place, _ in curve.line) > 0  # ages begin at 0
    if loads:
        panel.set_xscale("log")
    panel.set_yscale("log")
    panel.grid(True)
    shown = [value for _, value in curve.line if value > 0] + [p.value for p in seen]
    before = panel.get_ylim() if n else (math.inf, 0.0)
    panel.set_ylim(min(before[0], 0.6 * min(shown)), max(before[1], 1.6 * max(shown)))
    if loads:
        plain_ticks(panel.xaxis)
    low, high = panel.get_ylim()
    if high < 1000 * low:
        plain_ticks(panel.yaxis)
