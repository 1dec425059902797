r"""How the error of an expansion in the learning rate shrinks with the rate, as a figure.

Main names
----------
shown
    The gaps of each claim that is an expansion, at five rates: what ``check`` judges.
orders_figure
    The gaps on logarithmic axes, as SVG and PDF.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import sympy as sp

from hebbsym.errors import HebbsymError, NotDerivable
from hebbsym.notation import eta, x
from hebbsym.orders import Shrinking, shrinking
from hebbsym.publish.canvas import COLOURS, MARKERS, blank_panels, drawing, file_bytes

if TYPE_CHECKING:
    from hebbsym.theories import Theory

LARGEST = sp.Rational(1, 10)
"""The largest rate, where none is given."""


def shown(theory: Theory, values: Mapping[sp.Symbol, sp.Expr]) -> tuple[Shrinking, ...]:
    """The gaps of a theory's claims that were cut from a series; the highest stored value where x is open.

    Claims without a gap, and without an exact value to compare with, are left out: of an additive rule
    nothing is left.

    Parameters
    ----------
    theory : Theory
    values : mapping of symbol to exact number
        Values for the symbols of the setting, and for the sizes where a claim is compared at them.

    Examples
    --------
    >>> from hebbsym.families.rules import ExpandedRule
    >>> from hebbsym.notation import w
    >>> from hebbsym.theories import derive
    >>> rule = ExpandedRule(2, {(1, 1): eta, (0, 0): -eta * w**2 - eta * w}, "squared decay")
    >>> (found,) = shown(derive(rule, quantities=["weight_variance"]), {})
    >>> [round(slope, 1) for slope in found.slopes]
    [4.8, 4.9, 4.9, 5.0]
    """
    letters = [v for v, p in theory.setting.post.alphabet if p != 0]
    at = {eta: LARGEST, **({x: letters[-1]} if letters else {}), **values}
    found = []
    for claim in theory.values():
        try:
            if claim.cut is not None and not theory.setting.at(at).free_symbols:
                found.append(shrinking(claim, at))
        except HebbsymError:
            continue
    return tuple(found)


def orders_figure(found: Sequence[Shrinking]) -> tuple[bytes, bytes]:
    """Gap against rate for each claim, with the slope that they tend to; SVG and PDF.

    Raises
    ------
    NotDerivable
        When there is nothing to draw.
    """
    if not found:
        raise NotDerivable("no claim of this theory is an expansion in eta that was cut")
    with drawing():
        figure, (panel,) = blank_panels(1)
        for n, one in enumerate(found):
            panel.loglog(
                [float(rate) for rate in one.rates],
                one.gaps,
                marker=MARKERS[n % len(MARKERS)],
                color=COLOURS[n % len(COLOURS)],
                label=f"{one.claim.replace('_', ' ')}: slope {one.slope:.2f}",
            )
        panel.set_xlabel(r"learning rate $\eta$")
        panel.set_ylabel("error of the expansion")
        panel.grid(True)
        panel.legend(loc="best", fontsize=9.5)
        return file_bytes(figure, "svg"), file_bytes(figure, "pdf")
