"""The signal-to-noise ratio from the mean and the variance of a field, whatever they were derived from.

Main names
----------
ratio
    Of two stored values, or of real ones.
regression
    Of real ones: explained over residual variance of the field.
"""

from __future__ import annotations

import sympy as sp

from hebbsym.notation import x
from hebbsym.theory.setting import Setting


def ratio(setting: Setting, mean: sp.Expr, variance: sp.Expr) -> sp.Expr:
    """rho from M(x) and V(x): by two values, or by regression of the field on real ones.

    Examples
    --------
    >>> from hebbsym.families.rules import ExpandedRule
    >>> ratio(Setting(ExpandedRule(2)), 3 * x, sp.Integer(2))
    9/2
    """
    letters = [v for v, _ in setting.post.alphabet]
    if len(letters) != 2:
        return regression(setting, mean, variance)
    low, high = ([part.xreplace({x: v}) for part in (mean, variance)] for v in letters)
    return (high[0] - low[0]) ** 2 / (2 * (low[1] + high[1]))


def regression(setting: Setting, mean: sp.Expr, variance: sp.Expr) -> sp.Expr:
    """rho of real-valued patterns, by the linear regression of the field on the stored value.

    Parameters
    ----------
    setting : Setting
    mean, variance : Expr
        M(x) and V(x), polynomials in x.

    Examples
    --------
    >>> from hebbsym.families.rules import ExpandedRule
    >>> regression(Setting(ExpandedRule(2)), 3 * x, sp.Integer(2))
    9/2
    """

    def average(expression: sp.Expr) -> sp.Expr:
        terms = sp.Poly(expression, x).terms()
        return sp.Add(*(c * setting.post.moment(k) for (k,), c in terms))

    centre, spread = average(mean), setting.post.variance
    shared = average(sp.expand(x * mean)) - centre * setting.post.mean
    power = average(sp.expand(variance + mean**2)) - centre**2
    return shared**2 / sp.factor(power * spread - shared**2)
