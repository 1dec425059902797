r"""The atlas of rules affine in the weight: whether weights settle, and what is kept.

Main names
----------
affine_atlas
    Describe the classes of a space with coefficients of w: :class:`~hebbsym.exploration.atlas.Atlas`.
AffineEntry
    One class.

Conventions
-----------
The retention of power E[(1 + A)^2] is exact. Below 1 the moments of the weights settle (a plateau: recent patterns are
kept, old ones forgotten), at 1 the mean square of a weight grows at most like K (like K^2 under a drift that nothing
takes back), above 1 at most like its power K. rho is that of the pattern shown last at the sizes given, the ceiling what
rho cannot exceed at any D, and a span the number of recent patterns that meet a criterion; both exist where weights
settle. The best come first: by the first span, then by rho. Classes that add nothing store nothing and are left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias, final

import numpy as np
import sympy as sp

from hebbsym.errors import NotDerivable
from hebbsym.exploration.affine import Aged, affine_columns
from hebbsym.exploration.atlas import Atlas, Row
from hebbsym.exploration.classes import Classes
from hebbsym.exploration.halves import halves
from hebbsym.exploration.ranking import ranked
from hebbsym.exploration.space import Condition
from hebbsym.families.rules import ExpandedRule
from hebbsym.judgement import Outcome

if TYPE_CHECKING:
    from numpy.typing import NDArray

Array: TypeAlias = "NDArray[Any]"


@final
@dataclass(frozen=True)
class AffineEntry(Row):
    """One class of rules affine in the weight.

    Parameters
    ----------
    member : ExpandedRule
    rules : int
        How many rules it has.
    named : tuple of str
    power : sympy.Rational
        E[(1 + A)^2].
    mean : sympy.Rational
        E[1 + A].
    ratio, ceiling : float
        rho of the pattern shown last, and what it cannot exceed; not a number where there is no ceiling.
    spans : mapping of str to float
        By the names of the columns; not a number where weights do not settle.
    rank : int
    outcome : Outcome or None
        What simulation says; None where none was run.

    Examples
    --------
    >>> from hebbsym.notation import w
    >>> decay = ExpandedRule(2, {(1, 1): 1, (0, 0): -w / 2})
    >>> one = AffineEntry(decay, 1, ("decay",), sp.Rational(1, 4), sp.S.Half, 12.0, math.nan, {"span": 2.5})
    >>> one.law, one.cells()
    ('settle', ('0', '-w/2 + x_i*x_j', '1', 'decay', '1/4', 'settle', '12', 'none', '2.5', ''))
    """

    member: ExpandedRule
    rules: int
    named: tuple[str, ...]
    power: sp.Rational
    mean: sp.Rational
    ratio: float
    ceiling: float
    spans: Mapping[str, float]
    rank: int = 0
    outcome: Outcome | None = None

    subject = "weights"

    @property
    def law(self) -> str:
        """What becomes of the weights, in words."""
        if self.power < 1:
            return "settle"
        if self.power > 1:
            return "grow like a power"
        return "grow like K" if self.mean != 1 else "add up"

    @property
    def heads(self) -> tuple[str, ...]:
        spans = (name.replace("span:", "span, ") for name in self.spans)
        return ("rank", "class", "rules", "named", "E(1+A)^2", "weights", "rho", "ceiling", *spans,
                "simulated")  # fmt: skip

    @property
    def latex_heads(self) -> tuple[str, ...]:
        special = {"E(1+A)^2": r"$E[(1+A)^2]$", "rho": r"$\rho$"}
        return tuple(special.get(head, head) for head in self.heads)

    def judged(self, outcome: Outcome | None) -> AffineEntry:
        return replace(self, outcome=outcome)

    def cells(self, spelled: Callable[[sp.Expr], str] = str) -> tuple[str, ...]:
        power = str(self.power)
        return (
            str(self.rank),
            spelled(self.member.update),
            str(self.rules),
            ", ".join(self.named),
            power if len(power) < 12 else f"{float(self.power):.6g}",
            self.law,
            _number(self.ratio),
            _number(self.ceiling) or ("none" if self.power < 1 else ""),
            *map(_number, self.spans.values()),
            "" if self.outcome is None else self.outcome.value,
        )


def affine_atlas(found: Classes, condition: Condition) -> Atlas:
    """Describe the classes of a space with coefficients of w under a condition.

    Examples
    --------
    >>> from hebbsym.exploration.classes import classes
    >>> from hebbsym.exploration.space import Size, Space, finite
    >>> rates = finite((-sp.Rational(1, 10), 0, sp.Rational(1, 10)))
    >>> space = Space({"c_2_corr": finite((1, 2)), "d_0": rates}, sizes=(Size(101, 11),), criteria=("snr(z=2)",))
    >>> for one in affine_atlas(classes(space), space.conditions[0]).entries:
    ...     print(one.member.update, one.rules, one.power, one.law, f"{one.ratio:.4g} {one.spans['span']:.3g}")
    -w/10 + x_i*x_j 2 81/100 settle 26.7 8.58
    x_i*x_j 2 1 add up 10 nan
    w/10 + x_i*x_j 2 121/100 grow like a power 3.03 nan
    """
    space = found.space
    rows = np.ascontiguousarray(space.rows(found.canonical).T)
    both = halves(space, condition)
    storing = np.any(both.added.astype(float) @ rows != 0, axis=0)
    columns = affine_columns(space)
    spans = [name for name in columns if name.startswith("span")]
    here = Aged(space, condition)
    values = {
        name: _column(columns[name].build, here, rows) for name in ("snr", "snr:ceiling", *spans)
    }
    retentions = [here.theory[name].formula for name in ("retention", "retention:power")]
    made = []
    for place in np.flatnonzero(storing):
        number = int(found.canonical[place])
        point = space.point(number)
        exact = dict(zip(space.symbols, point.values(), strict=True))
        mean, power = (formula.xreplace(exact) for formula in retentions)
        made.append(
            AffineEntry(
                space.rule(point, f"rule {number}"), int(found.counts[place]),
                found.named.get(number, ()), power, mean, float(values["snr"][place]),
                float(values["snr:ceiling"][place]),
                {name: float(values[name][place]) for name in spans},
            )
        )  # fmt: skip
    setting = condition.setting(space.general).text.partition(" on ")[2]
    size = ", ".join(f"{symbol}={v}" for symbol, v in condition.size.values.items())
    levels = ", ".join(space.criteria)
    return Atlas(_ranked(made), setting, f"{size}; {levels}")


def _column(build: Callable[[Any], Any], here: Aged, rows: Array) -> Array:
    """A column; not a number anywhere where it does not exist."""
    try:
        return np.asarray(build(here)(rows))
    except NotDerivable:
        return np.full(rows.shape[1], np.nan)


def _ranked(made: list[AffineEntry]) -> tuple[AffineEntry, ...]:
    """By the first span, then by rho; who does not settle comes after who does."""
    first = [next(iter(one.spans.values()), math.nan) for one in made]
    places = [ranked(merit)[1] for merit in (first, [one.ratio for one in made])]
    order, rank = ranked([-(len(made) + 1) * int(a) - int(b) for a, b in zip(*places, strict=True)])
    return tuple(replace(made[n], rank=int(rank[n])) for n in order)


def _number(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.4g}"
