r"""Figures of a sweep, in the style of the reports.

Main names
----------
phase_figure
    rho over the plane of two coefficients: formula, simulation, critical lines.
front_figure
    Two merits of all rules, and their Pareto front.
price_figure
    What each coefficient of some rules costs.

Conventions
-----------
Each gives SVG and PDF, the same bytes for the same data. Colours are those of :mod:`hebbsym.publish.canvas`; a ratio
has the scale cividis, which is even in lightness and the same to colour-blind readers.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from hebbsym import notation
from hebbsym.errors import NotDerivable
from hebbsym.exploration.phases import CriticalLine, PhaseDiagram
from hebbsym.exploration.prices import Prices
from hebbsym.numeric import numeric_function
from hebbsym.publish.canvas import COLOURS, MARKERS, blank_panels, drawing, file_bytes, plain_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SCALE = "cividis"
LineStyle: TypeAlias = 'Literal["-", "--", ":"]'
_STYLES: dict[str, tuple[str, LineStyle]] = {
    "drift": ("#000000", "-"),
    "post part": (COLOURS[1], "--"),
    "signal": (COLOURS[3], ":"),
}
_DECADES = 3.0  # of rho that are told apart in a phase diagram
_LINE, _COLUMN = 70, 42  # characters of a label along the axes of a figure


def phase_figure(found: PhaseDiagram, title: str = "") -> tuple[bytes, bytes]:
    """The plane of two coefficients: colour is rho, by formula behind and simulated in the circles.

    Examples
    --------
    >>> import sympy as sp
    >>> from hebbsym.exploration.phases import phase_diagram
    >>> from hebbsym.families.rules import ExpandedRule
    >>> from hebbsym.notation import D, K
    >>> from hebbsym.theory.setting import Setting
    >>> plane = phase_diagram(Setting(ExpandedRule(2, {(1, 1): 1})), at={D: 20, K: 3}, points=3)
    >>> phase_figure(plane)[1][:5]
    b'%PDF-'
    """
    with drawing():
        figure, (panel,) = blank_panels(1, width=6.4, height=4.6)
        _plane(figure, panel, found)
        panel.set_title(title or found.setting, loc="left")
        return _files(figure)


def _plane(figure: Figure, panel: Axes, found: PhaseDiagram) -> None:
    from matplotlib.colors import LogNorm
    from matplotlib.lines import Line2D

    finite = found.ratio[np.isfinite(found.ratio)]
    top = float(finite.max(initial=0.0))
    if not top > 0:
        raise NotDerivable("no rule of the plane has a signal-to-noise ratio above 0 and finite")
    least = max(float(finite.min()), top / 10**_DECADES)
    norm = LogNorm(least, top)
    mesh = panel.pcolormesh(
        found.x, found.y, np.clip(found.ratio, least, top), norm=norm, cmap=SCALE,
        shading="nearest", rasterized=True,
    )  # fmt: skip
    panel.scatter(
        found.points[:, 0], found.points[:, 1], c=np.clip(found.points[:, 2], least, None),
        norm=norm, cmap=SCALE, s=34, edgecolors="white", linewidths=0.7, zorder=3, clip_on=False,
    )  # fmt: skip
    handles: list[Any] = []
    for line in found.lines:
        colour, style = _STYLES[line.name]
        if _draw_line(panel, found, line, colour, style):
            label = f"{line.name}: ${notation.latex(line.equation)}$"
            handles.append(Line2D([], [], color=colour, linestyle=style, label=label))
    handles.append(
        Line2D([], [], marker="o", linestyle="", markerfacecolor="#BBBBBB", markeredgecolor="#444444",
               label=f"simulation, {found.networks} networks")
    )  # fmt: skip
    panel.set_xlabel(f"${notation.latex(notation.coefficient(*found.axes[0]))}$")
    panel.set_ylabel(f"${notation.latex(notation.coefficient(*found.axes[1]))}$")
    bar = figure.colorbar(mesh, ax=panel, pad=0.02)
    plain_ticks(bar.ax.yaxis)
    bar.set_label(rf"signal-to-noise ratio $\rho$ at {found.at}")
    panel.legend(
        handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2, fontsize=9.5
    )


def _draw_line(
    panel: Axes, found: PhaseDiagram, line: CriticalLine, colour: str, style: LineStyle
) -> bool:
    """Draw the zeros of a form; whether there are any in the plane."""
    from matplotlib.patheffects import Normal, Stroke

    symbols = [notation.coefficient(*pq) for pq in found.axes]
    form = numeric_function(line.form, symbols)
    heights = np.broadcast_to(form(found.x[None, :], found.y[:, None]), found.ratio.shape)
    if not heights.min() < 0 < heights.max():
        return False
    drawn = panel.contour(
        found.x, found.y, heights, levels=[0.0], colors=[colour], linestyles=[style],
        linewidths=1.8, zorder=2,
    )  # fmt: skip
    drawn.set_path_effects([Stroke(linewidth=3.6, foreground="white", alpha=0.9), Normal()])
    return True


def front_figure(
    merits: tuple[Any, Any],
    front: Sequence[int],
    labels: tuple[str, str],
    groups: Any = None,
    names: dict[int, str] | None = None,
    title: str = "",
) -> tuple[bytes, bytes]:
    """Two merits of all rules, each a point, and the front that no rule passes.

    Parameters
    ----------
    merits : pair of arrays
        As they are drawn along x and y: what is to be small, such as a number of terms, with its own sign.
    front : sequence of int
        Indices, see :func:`hebbsym.exploration.ranking.front`.
    labels : pair of str
    groups : array, optional
        A label for each rule, such as the law of growth; one colour and marker each.
    names : mapping of index to str, optional
        Rules that are named beside their points.

    Raises
    ------
    NotDerivable
        When no rule has both merits.

    Examples
    --------
    >>> front_figure(([1.0, 2.0, 1.5], [3.0, 1.0, 1.0]), [1, 0], ("capacity", "robustness"))[0][:5]
    b'<?xml'
    """
    from matplotlib.ticker import MaxNLocator

    across, up = (np.asarray(m, dtype=np.float64) for m in merits)
    usable = np.isfinite(across) & np.isfinite(up)
    if not usable.any():
        raise NotDerivable("no rule has both merits, and there is nothing to draw")
    kinds = np.asarray(["rules"] * len(across) if groups is None else groups)
    with drawing():
        figure, (panel,) = blank_panels(1, width=6.4, height=4.0)
        for n, kind in enumerate(dict.fromkeys(kinds[usable].tolist())):
            some = usable & (kinds == kind)
            panel.plot(
                across[some], up[some], linestyle="", marker=MARKERS[n % len(MARKERS)],
                color=COLOURS[n % len(COLOURS)], markersize=4.5, markerfacecolor="white",
                markeredgewidth=1.1, label=str(kind),
            )  # fmt: skip
        steps = sorted(front, key=lambda n: (across[n], -up[n]))
        falls = up[steps[-1]] <= up[steps[0]] if steps else True
        panel.plot(
            across[steps], up[steps], color="#444444", linewidth=1.2, marker="o", markersize=9.5,
            markerfacecolor="none", drawstyle="steps-pre" if falls else "steps-post",
            label="front", zorder=1,
        )  # fmt: skip
        for index, name in (names or {}).items():
            panel.annotate(
                name, (across[index], up[index]), xytext=(6, 5), textcoords="offset points",
                fontsize=9.5,
            )  # fmt: skip
        panel.set_xlabel(textwrap.fill(labels[0], _LINE))
        panel.set_ylabel(textwrap.fill(labels[1], _COLUMN))
        panel.set_title(title, loc="left")
        panel.grid(True)
        panel.margins(0.08)
        if np.array_equal(across[usable], np.rint(across[usable])):  # a number of something
            panel.xaxis.set_major_locator(MaxNLocator(integer=True))
        panel.legend(fontsize=9.5)
        return _files(figure)


def price_figure(found: Sequence[Prices], title: str = "") -> tuple[bytes, bytes]:
    """The price of each coefficient as bars, one colour a rule.

    Raises
    ------
    NotDerivable
        When there is no rule.

    Examples
    --------
    >>> price_figure([Prices("hebb", 26.0, {(0, 0): -1.0, (1, 1): 0.0})])[0][:5]
    b'<?xml'
    """
    if not found:
        raise NotDerivable("no rule was given, and there is no price to draw")
    basis = list(found[0].price)
    with drawing():
        figure, (panel,) = blank_panels(1, width=6.4, height=0.9 + 0.62 * len(basis))
        thick = 0.8 / len(found)
        for n, one in enumerate(found):
            places = np.arange(len(basis)) + (n - (len(found) - 1) / 2) * thick
            panel.barh(
                places, [one.price[pq] for pq in basis], height=0.92 * thick,
                color=COLOURS[n % len(COLOURS)], label=f"{one.rule}, $K_{{\\max}}$ = {one.load:.3g}",
            )  # fmt: skip
        panel.axvline(0.0, color="#444444", linewidth=0.8)
        names = [f"${notation.latex(notation.coefficient(*pq))}$" for pq in basis]
        panel.set_yticks(range(len(basis)), names)
        panel.invert_yaxis()
        widest = max(abs(p) for one in found for p in one.price.values())
        if widest > 30:
            panel.set_xscale("symlog", linthresh=1.0)
        panel.set_xlabel(r"price $\partial \ln K_{\max} / \partial c$")
        panel.set_title(title, loc="left")
        panel.grid(axis="x")
        panel.legend(fontsize=9.5, loc="best")
        return _files(figure)


def _files(figure: Figure) -> tuple[bytes, bytes]:
    return file_bytes(figure, "svg"), file_bytes(figure, "pdf")
