r"""The phase diagram of a memory near saturation: where a retrieval state exists, by load and temperature.

Main names
----------
phases
    The lines alpha_c(T), alpha_1(T) and alpha_symmetric(T), from the claims of the mean field.
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
from hebbsym.capacity.models import model
from hebbsym.capacity.states import hottest
from hebbsym.claim import Claim
from hebbsym.errors import InvalidValue
from hebbsym.notation import T
from hebbsym.numeric import value
from hebbsym.publish.canvas import COLOURS, blank_panels, drawing, file_bytes

SHARES = tuple(sp.Rational(n, 10) for n in range(2, 10))
"""Temperatures over the one at which an empty memory ceases to recall."""
_COLDER = (sp.Rational(1, 50), sp.Rational(1, 25))
_DIGITS = 5

Line = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Phases:
    """Points of the diagram: (temperature, load) on alpha_c(T), on alpha_1(T), and where symmetry breaks."""

    text: str
    line: Line
    first: Line
    symmetric: Line


def phases(text: str, temperatures: Sequence[sp.Expr] = ()) -> Phases:
    """The loads of a memory along temperatures from 1/50 on.

    Raises
    ------
    NotDerivable
        For a memory without a line alpha_c(T).

    Examples
    --------
    >>> found = phases("hebb", [sp.Rational(1, 2)])
    >>> len(found.line), len(found.first), len(found.symmetric)
    (3, 3, 2)
    """
    names = ("alpha_c", "alpha_first_order", "alpha_symmetric")
    critical, first, symmetric = (claims_of(text, (name,), warm=True)[0] for name in names)
    top = sp.Rational(round(hottest(int(model(text).closure.order)) * 100), 100)
    heats = tuple(temperatures) or tuple(share * top for share in SHARES)
    cold = {claim.name: claim for claim in claims_of(text, names[:2])}

    def along(claim: Claim, heats: Sequence[sp.Expr] = heats) -> Line:
        return tuple((float(t), float(value(claim, {T: t}, _DIGITS))) for t in heats)

    def from_zero(claim: Claim) -> tuple[float, float]:
        return 0.0, float(value(cold[claim.name], digits=_DIGITS))

    gone, broken = along(critical), along(symmetric)
    cold_part = along(symmetric, _COLDER) if broken[0] != gone[0] else ()  # else out of sight
    return Phases(
        text,
        (from_zero(critical), *gone, (float(top), 0.0)),
        (from_zero(first), *_while_there(first, heats)),
        ((0.0, 0.0), *cold_part, *broken),
    )


def _while_there(claim: Claim, heats: Sequence[sp.Expr]) -> Line:
    """The first-order line up to the temperature above which the retrieval state is never the lowest."""
    found = []
    for t in heats:
        try:
            found.append((float(t), float(value(claim, {T: t}, _DIGITS))))
        except InvalidValue:
            return tuple(found)
    return (*found, (1.0, 0.0))


def phases_figure(found: Phases) -> tuple[bytes, bytes]:
    """Load against temperature: retrieval states exist below the line; SVG and PDF.

    Examples
    --------
    >>> phases_figure(phases("hebb", [sp.Rational(1, 2)]))[0][:5]
    b'<?xml'
    """
    heats, loads = zip(*found.line, strict=True)
    breaking = [point for point in found.symmetric if point not in found.line]
    lines = (
        (found.line, "o", r"$\alpha_c(T)$"),
        (found.first, "s", r"$\alpha_1(T)$"),
        # one point more: where the line ends on alpha_c
        (found.symmetric[: len(breaking) + 1], "^", "replica symmetry breaks above"),
    )
    with drawing():
        figure, (panel,) = blank_panels(1, width=5.2)
        panel.fill_betweenx(heats, 0, loads, color=COLOURS[0], alpha=0.12, linewidth=0)
        for place, (line, mark, label) in enumerate(lines):
            if len(line) > 2:
                heats, loads = zip(*line, strict=True)
                panel.plot(
                    loads, heats, color=COLOURS[place], marker=mark, markersize=3.5, label=label
                )
        panel.set_xlim(left=0)
        panel.set_ylim(0, found.line[-1][0])
        panel.set_xlabel(r"load $\alpha$")
        panel.set_ylabel("temperature $T$")
        panel.set_title(f"retrieval states of {found.text}", loc="left")
        panel.grid(True)
        panel.legend(fontsize=9.5)
        return file_bytes(figure, "svg"), file_bytes(figure, "pdf")
