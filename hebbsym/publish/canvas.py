r"""What all figures share: colours, markers, the style, panels, and files that repeat byte by byte.

Main names
----------
drawing, blank_panels
    The style while a context lasts, and a figure with panels side by side.
plain_ticks
    Decimal numbers on an axis.
file_bytes
    The file of a figure.
COLOURS, MARKERS
    In the order in which they are used.

Conventions
-----------
Colours are those of Okabe and Ito, told apart by colour-blind readers and in grey. The same data give the
same bytes: no date, no random identifier. No setting of matplotlib is changed outside of the drawing.

References
----------
okabe2008 (the colours).
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
MARKERS = ("o", "s", "D", "^", "v", "P", "X")
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
