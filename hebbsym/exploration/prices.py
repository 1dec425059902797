r"""What each coefficient costs: d ln K_max / d c at the rule itself, and over a range of the coefficient.

Main names
----------
prices
    The price of each coefficient of some rules: :class:`Prices`.

Conventions
-----------
The criterion is rho >= z^2, and prices are taken at the load K_max at which it is met, from the claims ``price:NAME``
of the coefficient theorem. They vanish at the best rule. Coefficients are those of the rule reduced on its alphabet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp

from hebbsym import notation
from hebbsym.families.rules import ExpandedRule
from hebbsym.notation import K, z
from hebbsym.numeric import value
from hebbsym.theories import derive
from hebbsym.theory.fields import on_alphabet
from hebbsym.theory.setting import Setting


@dataclass(frozen=True)
class Prices:
    """The prices of one rule.

    Parameters
    ----------
    rule : str
    load : float
        K_max under the criterion.
    price : mapping of (p, q) to float
        Relative change of K_max for a unit of each coefficient.
    """

    rule: str
    load: float
    price: Mapping[tuple[int, int], float]


def prices(
    setting: Setting, rules: Sequence[ExpandedRule], *, at: Mapping[sp.Symbol, Any]
) -> tuple[Prices, ...]:
    """The price of each coefficient of some rules, where each rule's own capacity is reached.

    Parameters
    ----------
    setting : Setting
        Patterns, cue and threshold; its rule is not used.
    rules : sequence of ExpandedRule
        Additive, with numbers for coefficients.
    at : mapping of symbol to exact number
        D, z and the parameters of the setting.

    Raises
    ------
    NotDerivable
        For a rule without a capacity.

    Examples
    --------
    >>> from hebbsym.notation import D
    >>> hebb = ExpandedRule(2, {(1, 1): 1}, "hebb")
    >>> found = prices(Setting(hebb), [hebb], at={D: 101, z: 2})[0]
    >>> found.load, found.price[1, 0]  # (D - 1)/z^2 + 1; at c_post = 0 the price is 0
    (26.0, 0.0)
    """
    values = {symbol: sp.Integer(v) if isinstance(v, int) else v for symbol, v in at.items()}
    numeric = setting.at({s: v for s, v in values.items() if s not in (notation.D, z)})
    basis = tuple(on_alphabet(numeric.with_rule(ExpandedRule(2))).terms)
    found = []
    for rule in rules:
        theory = derive(rule, numeric.patterns, cue=numeric.cue, threshold=numeric.threshold)
        load = value(theory["capacity:snr"], values, 20)
        here = {**values, K: sp.Rational(str(load))}
        price = {
            pq: float(value(theory[f"price:{notation.coefficient_name(*pq)}"], here, 12))
            for pq in basis
        }
        found.append(Prices(rule.name, float(load), price))
    return tuple(found)
