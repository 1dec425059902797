r"""The phase diagram of a memory near saturation: where a retrieval state exists, by load and temperature.

Main names
----------
phases
    The lines alpha_c(T) and alpha_1(T), from the claims of the mean field.
phases_figure
    The diagram; SVG and PDF.

References
----------
amit1987. Above T = 1 + sqrt(alpha) (plain Hebb) a state without any order is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp

from hebbsym.capacity.meanfield import claims_of
from hebbsym.notation import T
from hebbsym.numeric import value
from hebbsym.publish.figures import COLOURS, blank_panels, drawing, file_bytes

TEMPERATURES = tuple(sp.Rational(n, 10) for n in range(2, 10))
_DIGITS = 5


@dataclass(frozen=True)
class Phases:
    """Points of the diagram: (temperature, load) on alpha_c(T) and on alpha_1(T)."""

    text: str
    line: tuple[tuple[float, float], ...]
    first: tuple[tuple[float, float], ...]


def phases(text: str, temperatures: Sequence[sp.Expr] = TEMPERATURES) -> Phases:
    """The loads of a pairwise memory along temperatures between 1/50 and 1.

    Raises
    ------
    NotDerivable
        For a memory without a line alpha_c(T).

    Examples
    --------
    >>> found = phases("hebb", [sp.Rational(1, 2)])
    >>> len(found.line), len(found.first)
    (3, 3)
    """
    lines = [
        tuple(
            (float(t), float(value(warm, {T: t}, _DIGITS) if t else value(cold, digits=_DIGITS)))
            for t in (sp.S.Zero, *temperatures)
        )
        for cold, warm in (
            (claims_of(text, (name,))[0], claims_of(text, (name,), warm=True)[0])
            for name in ("alpha_c", "alpha_first_order")
        )
    ]
    critical, first = ((*line, (1.0, 0.0)) for line in lines)
    return Phases(text, critical, first)


def phases_figure(found: Phases) -> tuple[bytes, bytes]:
    """Load against temperature: retrieval states exist below the line; SVG and PDF.

    Examples
    --------
    >>> phases_figure(phases("hebb", [sp.Rational(1, 2)]))[0][:5]
    b'<?xml'
    """
    heats, loads = zip(*found.line, strict=True)
    with drawing():
        figure, (panel,) = blank_panels(1, width=5.2)
        panel.plot(
            loads, heats, color=COLOURS[0], marker="o", markersize=3.5, label=r"$\alpha_c(T)$"
        )
        panel.fill_betweenx(heats, 0, loads, color=COLOURS[0], alpha=0.12, linewidth=0)
        heats, loads = zip(*found.first, strict=True)
        panel.plot(
            loads, heats, color=COLOURS[1], marker="s", markersize=3.5, label=r"$\alpha_1(T)$"
        )
        panel.set_xlim(left=0)
        panel.set_ylim(0, 1)
        panel.set_xlabel(r"load $\alpha$")
        panel.set_ylabel("temperature $T$")
        panel.set_title(f"retrieval states of {found.text}", loc="left")
        panel.grid(True)
        panel.legend(fontsize=9.5)
        return file_bytes(figure, "svg"), file_bytes(figure, "pdf")
