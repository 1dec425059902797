r"""Figures: theory as lines, simulation as points with error bars.

Main names
----------
Sweep, sweep
    A theory's quantities along the load, predicted and simulated.
curves_figure, agreement_figure
    The pictures of a report, as SVG and PDF.
hero
    Several rules in one picture, as PNG.

Conventions
-----------
Colours are those of Okabe and Ito, told apart by colour-blind readers and in grey. Bars are two
standard errors, clustered by network. The same data give the same bytes: no date, no random
identifier. No setting of matplotlib is changed outside of the drawing.

References
----------
okabe2008 (the colours).
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sympy as sp

from hebbsym.errors import InvalidValue, NotDerivable
from hebbsym.families.thresholds import Zero
from hebbsym.networks import network_of
from hebbsym.notation import D, K, age
from hebbsym.numeric import evaluate, value
from hebbsym.simulate import simulate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

    from hebbsym.theories import Theory
    from hebbsym.verdicts import Verdict

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
MARKERS = ("o", "s", "D", "^", "v", "P", "X")
_TONES = {"AGREES": "#009E73", "DISAGREES": "#D55E00", "UNDECIDED": "#7F7F7F"}
_STYLE: Any = {
    "font.family": "serif",
    "font.serif": ["STIXGeneral"],
    "mathtext.fontset": "stix",
    "font.size": 11.0,
    "axes.titlesize": 11.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "axes.edgecolor": "#444444",
    "axes.axisbelow": True,
    "grid.color": "#E3E6E9",
    "grid.linewidth": 0.7,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "svg.fonttype": "path",
    "svg.hashsalt": "hebbsym",
    "path.simplify": False,
}
_LINE_POINTS = 33
_WORK = 4 * 10**7
"""Square of D times the number of networks of one point of a figure."""


@dataclass(frozen=True)
class Point:
    """A simulated quantity at one load or age."""

    place: float
    value: float
    stderr: float


@dataclass(frozen=True)
class Curve:
    """One quantity along the load or the age: the claim's values, and what simulation found."""

    quantity: str
    title: str
    line: tuple[tuple[float, float], ...]
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Sweep:
    """The curves of one theory, and what it takes to have them again."""

    label: str
    curves: tuple[Curve, ...]
    units: int
    networks: int
    seed: int
    along: str = r"load $K/D$"


def sweep(
    theory: Theory,
    values: Mapping[sp.Symbol, sp.Expr],
    loads: Iterable[int],
    *,
    quantities: Sequence[str] = ("snr", "bit_error"),
    networks: int | None = None,
    seed: int = 0,
    label: str = "",
) -> Sweep:
    """Predict and simulate quantities of a theory at several loads.

    Parameters
    ----------
    theory : Theory
    values : mapping of symbol to exact number
        A value for D and every symbol of the setting; K is replaced by the loads.
    loads : iterable of int
        The numbers of patterns to simulate.
    quantities : sequence of str
        Claims with an observable that does not depend on the stored value; those that the
        theory lacks are left out.
    networks : int, optional
        Networks at each load; by default at most 64, fewer where D is large.

    Raises
    ------
    InvalidValue
        When a symbol is left without a value.
    """
    size = int(values[D])
    count = networks or max(8, min(64, _WORK // size**2))
    there = set(theory)
    claims = [theory[q] for q in quantities if q in there and theory[q].observable]
    simulated: dict[str, list[Point]] = {claim.name: [] for claim in claims}
    numbers = sorted(set(loads))
    for load in numbers:
        at = {**values, K: sp.Integer(load)}
        run = simulate(network_of(theory.setting.at(at), at), count, seed=seed)
        for claim in claims:
            found = run.estimate(str(claim.observable))
            simulated[claim.name].append(Point(load / size, found.value, found.stderr))
    curves = []
    for claim in claims:
        formula = claim.formula if claim.prediction is None else claim.prediction
        line = _line(formula, values, numbers[0], numbers[-1], size)
        curves.append(Curve(claim.name, claim.title, line, tuple(simulated[claim.name])))
    return Sweep(label or theory.setting.rule.name, tuple(curves), size, count, seed)


def age_sweep(
    theory: Theory,
    values: Mapping[sp.Symbol, sp.Expr],
    *,
    quantities: Sequence[str] = ("snr", "bit_error"),
    networks: int | None = None,
    seed: int = 0,
) -> Sweep:
    """Predict and simulate quantities of patterns of several ages, in the same networks.

    Parameters
    ----------
    theory : Theory
        Of a rule that depends on the weight.
    values : mapping of symbol to exact number
        A value for D, K and every symbol of the setting.
    quantities : sequence of str
        Claims with an observable that does not depend on the stored value; those that the
        theory lacks are left out, and so are those whose threshold changes with the age.
    networks : int, optional
        By default at most 256, fewer where D is large.

    Raises
    ------
    InvalidValue
        When a symbol is left without a value.
    """
    size, load = int(values[D]), int(values[K])
    count = networks or max(16, min(256, 4 * _WORK // size**2))
    there = set(theory)
    claims = [theory[q] for q in quantities if q in there and theory[q].observable]
    ages = ages_up_to(load)
    setting = theory.setting.at(values)
    if setting.threshold.depends_on_load:
        claims = [claim for claim in claims if claim.observable == "snr"]
        setting = replace(setting, threshold=Zero())
    run = simulate(network_of(setting, values, ages), count, seed=seed)
    curves = []
    for claim in claims:
        points = []
        for old in ages:
            found = run.at_age(old).estimate(str(claim.observable))
            points.append(Point(old, found.value, found.stderr))
        line = tuple(
            (float(old), float(value(claim, {**values, age: sp.Integer(old)}, 12)))
            for old in ages_up_to(load, _LINE_POINTS)
        )
        curves.append(Curve(claim.name, claim.title, line, tuple(points)))
    label = theory.setting.rule.name
    return Sweep(label, tuple(curves), size, count, seed, "age of the pattern")


def ages_up_to(load: int, count: int = 9) -> tuple[int, ...]:
    """Ages from 0 to half of the patterns, evenly.

    Examples
    --------
    >>> ages_up_to(40)
    (0, 2, 5, 8, 10, 12, 15, 18, 20)
    """
    last = min(load - 1, load // 2)
    return tuple(sorted({round(last * n / (count - 1)) for n in range(count)}))


def loads_around(load: int, points: int = 9) -> tuple[int, ...]:
    """Numbers of patterns from a quarter of ``load`` to three times it, evenly in the logarithm.

    Examples
    --------
    >>> loads_around(40)
    (10, 14, 19, 25, 35, 47, 64, 88, 120)
    """
    lowest, highest = max(2.0, load / 4), max(4.0, 3.0 * load)
    ratio = (highest / lowest) ** (1 / (points - 1))
    return tuple(sorted({round(lowest * ratio**n) for n in range(points)}))


def _line(
    formula: sp.Basic, values: Mapping[sp.Symbol, sp.Expr], low: int, high: int, size: int
) -> tuple[tuple[float, float], ...]:
    """The formula at integer loads between the lowest and the highest one."""
    ratio = (high / low) ** (1 / (_LINE_POINTS - 1)) if high > low else 1.0
    loads = sorted({round(low * ratio**n) for n in range(_LINE_POINTS)})
    return tuple(
        (load / size, float(evaluate(formula, {**values, K: sp.Integer(load)}, 12)))
        for load in loads
    )


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


def drawing(more: Any = None) -> Any:
    """The style of all figures while a context lasts; nothing outside of it changes.

    Examples
    --------
    >>> with drawing():
    ...     figure, panels = blank_panels(2)
    >>> len(panels)
    2
    """
    from matplotlib import rc_context

    return rc_context({**_STYLE, **(more or {})})


def blank_panels(count: int, width: float = 7.2, height: float = 3.1) -> tuple[Figure, list[Axes]]:
    """A figure with panels side by side."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    panels = figure.subplots(1, count, squeeze=False)[0]
    return figure, list(panels)


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


def plain_ticks(axis: Axis) -> None:
    """Decimal numbers at 1, 2 and 5, not powers of ten.

    Examples
    --------
    >>> with drawing():
    ...     figure, (panel,) = blank_panels(1)
    ...     panel.set_xscale("log")
    ...     plain_ticks(panel.xaxis)
    >>> panel.xaxis.get_major_formatter()(20.0)
    '20'
    """
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axis.set_major_locator(LogLocator(base=10, subs=(1.0, 2.0, 5.0)))
    axis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:g}"))
    axis.set_minor_formatter(NullFormatter())


def file_bytes(figure: Figure, kind: str, dpi: int = 100) -> bytes:
    """The file of a figure: the same bytes for the same picture."""
    out = io.BytesIO()
    nothing: dict[str, dict[str, None]] = {
        "svg": {"Date": None, "Creator": None},
        "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
        "png": {"Software": None},
    }
    figure.savefig(out, format=kind, dpi=dpi, metadata=nothing[kind])
    return out.getvalue()
