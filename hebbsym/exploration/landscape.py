r"""All additive rules of one order in one setting, as a landscape over their coefficients.

Main names
----------
Landscape
    The claims of the general rule at numbers: signal and noise, c*, and a criterion as a height.

Conventions
-----------
The basis is that of the reduced rules, as the coefficient theorem has it. Only the number of patterns is left open.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import final

import numpy as np
import sympy as sp

from hebbsym import notation
from hebbsym.errors import NotDerivable
from hebbsym.exploration.ascent import Array, Frame
from hebbsym.exploration.certificates import DIGITS, Powers
from hebbsym.exploration.heights import Height
from hebbsym.families.rules import ExpandedRule
from hebbsym.notation import D, K, epsilon, x_i, x_j, z
from hebbsym.numeric import evaluate
from hebbsym.theories import Theory
from hebbsym.theory.fields import on_alphabet
from hebbsym.theory.setting import Setting

Values = Mapping[sp.Symbol, sp.Expr]


@final
class Landscape:
    """The general rule of the order of a setting, at values of all symbols but K.

    Parameters
    ----------
    setting : Setting
        Its rule gives the order only.
    values : mapping of symbol to exact number
        D, the parameters of the setting, and the level of a criterion.

    Examples
    --------
    >>> land = Landscape(Setting(ExpandedRule(2)), {D: sp.Integer(100)})
    >>> land.closed(10)
    {(0, 0): 0, (1, 0): 0, (0, 1): 0, (1, 1): 1}
    """

    def __init__(self, setting: Setting, values: Values) -> None:
        self.values = {s: v for s, v in values.items() if s != K}
        open_ = {D, z, epsilon}
        self.setting = _general(
            setting.at({s: v for s, v in self.values.items() if s not in open_})
        )
        self.theory = Theory(self.setting)
        self.basis: tuple[Powers, ...] = tuple(self.setting.rule.require_additive().terms)
        self.frame = lru_cache(maxsize=64)(self._frame)

    def exact(self, name: str, load: sp.Expr | int) -> sp.Matrix:
        """A claim that is a matrix, at a number of patterns."""
        return sp.Matrix(self.theory[name].formula.xreplace({**self.values, K: sp.S.One * load}))

    def _frame(self, load: sp.Expr | int) -> Frame:
        """Coordinates in which rho is round at a number of patterns.

        Raises
        ------
        NotDerivable
            When some rules have no noise there.
        """
        s, noise = self.exact("signal_vector", load), self.exact("noise_matrix", load)
        if all(entry.is_Rational for entry in noise) and noise.rank() < noise.rows:
            raise NotDerivable(
                f"at K = {load} some rules have no noise, and their ratio has no bound: there is no best rule; take a "
                "larger K"
            )
        return Frame(_floats(s).ravel(), _floats(noise))

    def closed(self, load: sp.Expr | int) -> dict[Powers, sp.Expr]:
        """c* from the claim of the coefficient theorem, which is spelled in centred powers."""
        formula = self.theory["optimal_rule"].formula
        at = {**self.values, K: sp.S.One * load}
        by_power = sp.Poly(sp.expand(formula.xreplace(at)), x_i, x_j)
        return {(p, q): by_power.coeff_monomial(x_i**p * x_j**q) for p, q in self.basis}

    def numbers(self, coefficients: Mapping[Powers, sp.Expr]) -> Array:
        """Coefficients as doubles, in the order of the basis."""
        return _floats(sp.Matrix([coefficients[pq] for pq in self.basis])).ravel()

    def is_closed(self, coefficients: Mapping[Powers, sp.Expr], load: sp.Expr | int) -> bool:
        """Whether N c is a multiple of s, by cross products of exact numbers."""
        s = self.exact("signal_vector", load)
        image = self.exact("noise_matrix", load) * sp.Matrix(
            [coefficients[pq] for pq in self.basis]
        )
        if any(not entry.is_Rational for entry in (*image, *s)):
            return False
        pairs = [(m, n) for m in range(len(s)) for n in range(m)]
        return all(image[m] * s[n] == image[n] * s[m] for m, n in pairs) and any(image)

    def height(self, name: str, sense: int, load: sp.Expr | int) -> Height:
        """A claim as something to climb, after it was seen not to depend on the scale of a rule.

        Raises
        ------
        NotDerivable
            When it does.
        """
        symbols = [notation.coefficient(*pq) for pq in self.basis]
        made = Height(self.theory[name].formula.xreplace(self.values), symbols, sense)
        function, probe = made.at(load), np.linspace(0.3, 1.1, len(symbols))
        if not np.isclose(function(probe), function(2 * probe), rtol=1e-9, atol=1e-9):
            raise NotDerivable(
                f"{name} depends on the scale of a rule here (a fixed threshold does that): there is no best "
                "direction; take the threshold zero or optimal"
            )
        return made

    def decimals(self, c: Array, load: sp.Expr | int) -> dict[Powers, sp.Expr]:
        """Coefficients as decimals, that of x_i x_j at 1 where it is not 0; what is lost in the noise is 0."""
        pivot = abs(c[self.basis.index((1, 1))]) if (1, 1) in self.basis else 0.0
        scale = pivot if pivot > 1e-9 * np.abs(c).max() else np.abs(c).max()
        share = np.abs(c / self.frame(load).scale)
        kept = np.where(share > 1e-12 * share.max(), c, 0.0)
        # the sign is part of a rule: an error tells it from its inverse
        texts = (f"{one / scale:.{DIGITS}g}" for one in kept)
        return {pq: sp.Rational(text) for pq, text in zip(self.basis, texts, strict=True)}


def _general(setting: Setting) -> Setting:
    """The setting with the general rule of its order, reduced on the alphabet."""
    order = max(setting.rule.require_additive().order, 2)
    basis = on_alphabet(setting.with_rule(ExpandedRule(order))).terms
    terms = {pq: notation.coefficient(*pq) for pq in basis}
    return setting.with_rule(ExpandedRule(max(p + q for p, q in terms), terms, "general"))


def _floats(matrix: sp.Matrix) -> Array:
    numbers = [[float(evaluate(matrix[m, n], {}, 20)) for n in range(matrix.cols)]
               for m in range(matrix.rows)]  # fmt: skip
    return np.array(numbers)
