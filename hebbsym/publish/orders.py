r"""How the error of an expansion in the learning rate shrinks with the rate.

Main names
----------
Orders, orders
    The error of each claim that is a polynomial in eta against all patterns, at five rates.
orders_figure
    The errors on logarithmic axes, as SVG and PDF.

Conventions
-----------
The reference is the exact enumeration of a network of three units and three patterns, the recalled one
shown before one other; the slope is that of ln error against ln eta between neighbouring rates, and tends to
the first order that was dropped.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import sympy as sp

from hebbsym.claim import Regime
from hebbsym.errors import NotDerivable
from hebbsym.notation import D, K, M, age, eta, x
from hebbsym.numeric import evaluate
from hebbsym.publish.figures import COLOURS, MARKERS, blank_panels, drawing, file_bytes
from hebbsym.theory.enumeration import Enumeration, enumerate_fields

if TYPE_CHECKING:
    from hebbsym.theories import Theory

RATES = tuple(sp.Rational(1, 10 * 2**n) for n in range(5))
_UNITS, _PATTERNS, _SHOWN = 3, 3, 1

TRUTHS: Mapping[str, Callable[[Enumeration, sp.Expr], sp.Expr]] = {
    "weight_mean": lambda truth, value: truth.weight_mean(),
    "weight_variance": lambda truth, value: truth.weight_variance(),
    "field_mean": Enumeration.field_mean,
    "field_variance": Enumeration.field_variance,
}
"""What the enumeration calls the quantity of a claim."""


@dataclass(frozen=True)
class Orders:
    """The errors of one claim at the rates, and the slopes between them.

    Parameters
    ----------
    claim : str
    errors : tuple of float
        One for each of ``RATES``.
    """

    claim: str
    errors: tuple[float, ...]

    @property
    def slopes(self) -> tuple[float, ...]:
        """d ln error / d ln eta between neighbouring rates, the last one the nearest to the limit."""
        return tuple(
            math.log(above / below) / math.log(2) for above, below in pairwise(self.errors)
        )


def orders(theory: Theory, values: Mapping[sp.Symbol, sp.Expr]) -> tuple[Orders, ...]:
    """The errors of a theory's claims that are cut polynomials in eta.

    Claims without an error (the polynomial ends before it is cut) and settings that cannot be enumerated
    are left out: of an additive rule nothing is left.

    Parameters
    ----------
    theory : Theory
    values : mapping of symbol to exact number
        Values for all symbols but eta, sizes and age.

    Examples
    --------
    >>> from hebbsym.families.rules import ExpandedRule
    >>> from hebbsym.notation import w
    >>> from hebbsym.theories import derive
    >>> rule = ExpandedRule(2, {(1, 1): eta, (0, 0): -eta * w**2 - eta * w}, "squared decay")
    >>> (found,) = orders(derive(rule, quantities=["weight_variance"]), {})
    >>> [round(slope, 1) for slope in found.slopes]
    [4.8, 4.9, 4.9, 5.0]
    """
    at = {s: v for s, v in values.items() if s not in (eta, D, K, M, age, x)}
    there = set(theory)
    cut = {
        name: theory[name]
        for name in TRUTHS
        if name in there
        and theory[name].regime is Regime.LEADING_ORDER
        and eta in theory[name].free_symbols
    }
    setting = theory.setting.at(at)
    if not cut or setting.free_symbols - {eta}:
        return ()
    sizes = {D: _UNITS, K: _PATTERNS, M: 2, age: _SHOWN}
    here = {**at, **{s: sp.Integer(n) for s, n in sizes.items()}}
    found = []
    try:
        truth = enumerate_fields(
            setting, _UNITS, _PATTERNS, None if setting.auto else 2, age=_SHOWN
        )
    except NotDerivable:
        return ()
    value = setting.post.alphabet[-1][0]
    for name, claim in cut.items():
        gap = claim.formula.xreplace({**here, x: value}) - TRUTHS[name](truth, value)
        gap = sp.expand(gap)
        if gap != 0 and gap.free_symbols == {eta}:
            sizes_of = [float(abs(evaluate(gap, {eta: rate}, 12))) for rate in RATES]
            found.append(Orders(name, tuple(sizes_of)))
    return tuple(found)


def orders_figure(found: Sequence[Orders]) -> tuple[bytes, bytes]:
    """Error against rate for each claim, with the slope at the smallest rates; SVG and PDF.

    Raises
    ------
    NotDerivable
        When there is nothing to draw.
    """
    if not found:
        raise NotDerivable("no claim of this theory is a polynomial in eta that was cut")
    with drawing():
        figure, (panel,) = blank_panels(1)
        for n, one in enumerate(found):
            panel.loglog(
                [float(rate) for rate in RATES],
                one.errors,
                marker=MARKERS[n % len(MARKERS)],
                color=COLOURS[n % len(COLOURS)],
                label=f"{one.claim.replace('_', ' ')}: slope {one.slopes[-1]:.2f}",
            )
        panel.set_xlabel(r"learning rate $\eta$")
        panel.set_ylabel("error of the expansion")
        panel.grid(True)
        panel.legend(loc="best", fontsize=9.5)
        return file_bytes(figure, "svg"), file_bytes(figure, "pdf")
