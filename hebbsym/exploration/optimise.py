r"""The best coefficients under a criterion, with a certificate that they are.

Where the criterion is a signal-to-noise ratio the coefficient theorem gives them in closed form, c* = N^{-1} s;
elsewhere they are looked for numerically, from many starts. Both carry the same certificate: the gradient and the
curvature of the criterion at the coefficients, and their distance from c*. A capacity under a criterion of errors is the
largest number of patterns at which some rule meets it (:mod:`hebbsym.exploration.objectives`); its certificate is that of
the error there, and says that no rule was found at the next number.

Main names
----------
optimise
    The best coefficients in a setting, at given sizes: :class:`~hebbsym.exploration.certificates.Optimum`.
OBJECTIVES
    The criteria, each with its route.

Conventions
-----------
A rule and its multiples are one rule. So the criterion is looked at in coordinates y = L^T c with N = L L^T, where
rho = (L^{-1} s . y)^2 / |y|^2 is round, on the sphere |y| = 1 (:mod:`hebbsym.exploration.ascent`), and what is
differentiated is its logarithm: at a maximum of rho every tangent curvature is -2.

What it neglects
----------------
A search finds a local maximum; how many starts ended there is part of the certificate.
"""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp

from hebbsym.capacity.criteria import criteria
from hebbsym.errors import InvalidValue, UnknownName
from hebbsym.exploration.certificates import Optimum
from hebbsym.exploration.landscape import Landscape
from hebbsym.exploration.objectives import (
    AtLoad,
    AtRatio,
    Effort,
    Largest,
    Objective,
    at_ratio,
)
from hebbsym.notation import D, K, z
from hebbsym.theory.setting import Setting

STARTS = 12
"""Random directions that a search is begun from, by default."""

OBJECTIVES: Mapping[str, Objective] = {
    "snr": AtRatio(lambda land, values: values[K], (D, K)),
    "capacity:snr": AtRatio(at_ratio, (D, z)),
    **{f"capacity:{name}": Largest(criterion) for name, criterion in criteria.items()},
    **{name: AtLoad() for name in ("bit_error", "bit_error:high", "bit_error:low")},
}
"""What can be asked for, by the name of the claim."""


def optimise(
    setting: Setting,
    criterion: str = "snr",
    *,
    at: Mapping[sp.Symbol, sp.Expr | int],
    starts: int = STARTS,
    seed: int = 0,
) -> Optimum:
    """The best coefficients of an additive rule for an ensemble, a cue and a threshold.

    Parameters
    ----------
    setting : Setting
        Its rule gives the order only.
    criterion : str
        A name of :data:`OBJECTIVES`.
    at : mapping of symbol to exact number
        D, K (z or epsilon for a capacity) and every parameter of the setting.
    starts, seed : int
        Of the search, which also stands beside a closed form.

    Raises
    ------
    UnknownName
        For a criterion that is none.
    InvalidValue
        When a symbol has no value or an inexact one.
    NotDerivable
        When the criterion depends on the scale of a rule, when some direction has no noise, or when no rule meets the
        criterion of a capacity.

    Examples
    --------
    >>> from hebbsym.families.rules import ExpandedRule
    >>> found = optimise(Setting(ExpandedRule(2)), at={D: 100, K: 10})
    >>> found.coefficients, round(found.value, 9), found.certificate.exact  # (D - 1)/(K - 1)
    ({(0, 0): 0, (1, 0): 0, (0, 1): 0, (1, 1): 1}, 11.0, True)
    """
    if criterion not in OBJECTIVES:
        raise UnknownName("criterion", criterion, OBJECTIVES)
    objective = OBJECTIVES[criterion]
    values = _checked(setting, objective, at)
    land = Landscape(setting, values)
    found = objective.best(land, criterion, values, Effort(starts, seed))
    return Optimum(
        criterion,
        setting.text.partition(" on ")[2],
        found.method,
        {str(symbol): str(v) for symbol, v in values.items()},
        found.coefficients,
        found.value,
        found.certificate,
        land.theory["optimal_rule"].assumptions,
    )


def _checked(
    setting: Setting, objective: Objective, at: Mapping[sp.Symbol, sp.Expr | int]
) -> dict[sp.Symbol, sp.Expr]:
    values = {symbol: sp.Integer(v) if isinstance(v, int) else v for symbol, v in at.items()}
    for symbol, v in values.items():
        if not (v.is_number and v.is_real) or v.has(sp.Float):
            raise InvalidValue(f"{symbol}={v} is no exact real number")
    parameters = setting.free_symbols - setting.rule.free_symbols
    lacking = sorted(map(str, (parameters | set(objective.needs)) - set(values)))
    if lacking:
        raise InvalidValue(f"{', '.join(lacking)} has no value, and an optimum needs one")
    objective.require(values)
    return values
