r"""The phase diagram of a memory near saturation: where a retrieval state exists, by load and temperature.

Main names
----------
phases
    The line alpha_c(T) and the loads at T = 0, from the claims of the mean field.
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

TEMPERATURES = tuple(sp.Rational(n, 20) for n in range(2, 20, 2))
_DIGITS = 8


@dataclass(frozen=True)
class Phases:
    """Points of the diagram: loads by temperature, and those at T = 0 by the name of the claim."""

    text: str
    line: tuple[tuple[float, float], ...]
    cold: tuple[tuple[str, float], ...]


def phases(text: str, temperatures: Sequence[sp.Expr] = TEMPERATURES) -> Phases:
    """The loads of a pairwise memory along temperatures between 1/50 and 1.

    Raises
    ------
    NotDerivable
        For a memory without a line alpha_c(T).

    Examples
    --------
    >>> found = phases("hebb", [sp.Rational(1, 2)])
    >>> len(found.line), [name for name, _ in found.cold]
    (3, ['alpha_c', 'alpha_first_order'])
    """
    (warm,) = claims_of(text, ("alpha_c",), warm=True)
    cold = {
        claim.name: float(value(claim, digits=_DIGITS))
        for claim in claims_of(text, ("alpha_c", "alpha_first_order"))
    }
    line = [(0.0, cold["alpha_c"])]
    line += [(float(t), float(value(warm, {T: t}, _DIGITS))) for t in temperatures]
    return Phases(text, (*line, (1.0, 0.0)), tuple(cold.items()))


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
        first = dict(found.cold).get("alpha_first_order")
        if first is not None:
            panel.plot(
                [first], [0], "s", color=COLOURS[1], clip_on=False, label=r"$\alpha_1$ at $T = 0$"
            )
        panel.set_xlim(left=0)
        panel.set_ylim(0, 1)
        panel.set_xlabel(r"load $\alpha$")
        panel.set_ylabel("temperature $T$")
        panel.set_title(f"retrieval states of {found.text}", loc="left")
        panel.grid(True)
        panel.legend(fontsize=9.5)
        return file_bytes(figure, "svg"), file_bytes(figure, "pdf")
