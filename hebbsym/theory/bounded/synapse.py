r"""Averages over a bounded synapse as expressions in x, K and age.

Main names
----------
SynapseMoments
    The contract: E[z], E[z**2], E[z z'] of the field's terms, and moments of the weights.
SteppedMoments
    At whole numbers, by stepping the chain: for chains without a closed form.

Conventions
-----------
z = s w is what one presynaptic unit contributes to the field; z and z' belong to two of them. Closed
forms are in :mod:`hebbsym.theory.bounded.closed`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import Any, final

import sympy as sp

from hebbsym.errors import InvalidValue, NotDerivable
from hebbsym.exactfunctions import whole_function
from hebbsym.notation import K, age, w, x
from hebbsym.theory.bounded.chains import Chain
from hebbsym.theory.setting import Setting


class SynapseMoments(ABC):
    """Averages over one synapse, or over two that share a unit.

    Parameters
    ----------
    setting : Setting

    Examples
    --------
    >>> from hebbsym.families.ensembles import Binary
    >>> from hebbsym.families.named import rule
    >>> f = sp.Symbol("f")
    >>> willshaw = SteppedMoments(Setting(rule("willshaw"), Binary(f)))
    >>> willshaw.weight(1), sp.expand(willshaw.weight(1).xreplace({K: sp.Integer(1), f: sp.Rational(1, 2)}))
    (E_w(1, K, f), 1/4)
    """

    def __init__(self, setting: Setting) -> None:
        self.setting = setting

    @cached_property
    def age(self) -> sp.Expr:
        """The age of the recalled pattern; 0 stands for all of them where their order does not matter."""
        return age if chain_of(self.setting, 3).ordered else sp.S.Zero

    @property
    @abstractmethod
    def closed(self) -> str:
        """How the closed form comes about; empty where the chain is stepped."""

    @abstractmethod
    def _term(self, letter: int, power: int) -> sp.Expr:
        """E[z**power | x] at a stored value."""

    @abstractmethod
    def _product(self, letter: int) -> sp.Expr:
        """E[z z' | x] at a stored value."""

    @abstractmethod
    def weight(self, power: int) -> sp.Expr:
        """E[w**power] after K patterns."""

    @abstractmethod
    def shared(self, kind: str) -> sp.Expr:
        """E[w w'] of two weights that share the post or pre unit, or are reciprocal."""

    @final
    def term(self, power: int) -> sp.Expr:
        """E[z**power | x] as a polynomial in x."""
        return self.interpolated(lambda letter: self._term(letter, power))

    @final
    def product(self) -> sp.Expr:
        """E[z z' | x] as a polynomial in x."""
        return self.interpolated(self._product)

    @cached_property
    def values(self) -> tuple[sp.Expr, ...]:
        """The weights that occur, ascending."""
        chain = chain_of(self.setting, 3)
        return tuple(sorted({chain.expression(v) for v in chain.weights}))

    @final
    def law(self) -> tuple[tuple[sp.Expr, sp.Expr], ...]:
        """Pairs (weight, its probability after K patterns), from the moments of the weight."""
        moments = [sp.S.One, *(self.weight(power) for power in range(1, len(self.values)))]
        pairs = []
        for value in self.values:
            others = [(w - v) / (value - v) for v in self.values if v != value]
            powers = reversed(sp.Poly(sp.Mul(*others), w).all_coeffs())
            pairs.append((value, sp.Add(*(c * m for c, m in zip(powers, moments, strict=True)))))
        return tuple(pairs)

    @final
    def at_value(self, letter: int) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
        """E[z], E[z**2] and E[z z'] at one stored value."""
        return self._term(letter, 1), self._term(letter, 2), self._product(letter)

    @final
    def interpolated(self, value: Callable[[int], sp.Expr]) -> sp.Expr:
        """The polynomial in x of least degree that takes given values at the stored ones."""
        letters = [v for v, _ in self.setting.post.alphabet]
        values = [value(n) for n in range(len(letters))]
        if all(v == values[0] for v in values):
            return values[0]
        if tuple(letters) == (-1, 1) and values[0] == -values[1]:
            return x * values[1]
        total = sp.S.Zero
        for n, v in enumerate(values):
            others = letters[:n] + letters[n + 1 :]
            basis = sp.Mul(*((x - u) / (letters[n] - u) for u in others))
            total += sp.expand(basis) * v
        return total if total.atoms(sp.Function) else sp.factor_terms(total)


@final
class SteppedMoments(SynapseMoments):
    """Functions of whole numbers, worked out by stepping the chain through K patterns."""

    closed = ""

    @cached_property
    def _symbols(self) -> tuple[sp.Symbol, ...]:
        return tuple(sorted(self.setting.free_symbols, key=str))

    @cached_property
    def _functions(self) -> dict[str, Any]:
        """For each quantity, the function of (kind, K, age, symbols of the setting)."""
        return {
            "E_z": whole_function("E_z", lambda n, k, g, *v: self._of(k, g, v).term(n, k, g)),
            "E_z2": whole_function("E_z2", lambda n, k, g, *v: self._of(k, g, v).term(n, k, g, 2)),
            "E_zz": whole_function("E_zz", lambda n, k, g, *v: self._of(k, g, v).product(n, k, g)),
            "E_w": whole_function("E_w", lambda n, k, *v: self._of(k, sp.S.Zero, v).weight(k, n)),
            **{
                f"E_ww_{kind}": whole_function(
                    f"E_ww_{kind}",
                    lambda k, *v, kind=kind: self._of(k, sp.S.Zero, v).shared(kind, k),
                )
                for kind in ("post", "pre", "reciprocal")
            },
        }

    def _of(self, patterns: sp.Expr, age: sp.Expr, values: tuple[sp.Expr, ...]) -> Numbers:
        """The chain at numbers."""
        if not (patterns.is_Integer and age.is_Integer and 0 <= age < patterns):
            raise InvalidValue(
                f"a chain is stepped through a whole number K of patterns to an age from 0 to K - 1, "
                f"not K = {patterns}, age = {age}"
            )
        return _numbers(self.setting.at(dict(zip(self._symbols, values, strict=True))), patterns)

    def _term(self, letter: int, power: int) -> sp.Expr:
        name = "E_z" if power == 1 else "E_z2"
        return self._functions[name](letter, K, self.age, *self._symbols)

    def _product(self, letter: int) -> sp.Expr:
        if chain_of(self.setting, 3).history_free:
            return self._term(letter, 1) ** 2
        return self._functions["E_zz"](letter, K, self.age, *self._symbols)

    def weight(self, power: int) -> sp.Expr:
        return self._functions["E_w"](power, K, *self._symbols)

    def shared(self, kind: str) -> sp.Expr:
        return self._functions[f"E_ww_{kind}"](K, *self._symbols)


class Numbers:
    """A chain at numbers, with exact numbers as results."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain

    def term(self, letter: sp.Expr, patterns: sp.Expr, age: sp.Expr, power: int = 1) -> sp.Expr:
        """E[z**power | x]."""
        chain = self.chain
        return chain.expression(chain.term(int(letter), int(patterns), int(age), power))

    def product(self, letter: sp.Expr, patterns: sp.Expr, age: sp.Expr) -> sp.Expr:
        """E[z z' | x]."""
        return self.chain.expression(self.chain.product(int(letter), int(patterns), int(age)))

    def weight(self, patterns: sp.Expr, power: sp.Expr) -> sp.Expr:
        """E[w**power]."""
        law = self.chain.law(int(patterns))
        return self.chain.expression(self.chain.mean(law, int(power)))

    def shared(self, kind: str, patterns: sp.Expr) -> sp.Expr:
        """E[w w']."""
        return self.chain.expression(self.chain.shared_product(kind, int(patterns)))


@lru_cache(maxsize=64)
def _numbers(setting: Setting, patterns: sp.Integer) -> Numbers:
    return Numbers(chain_of(setting, int(patterns)))


def chain_of(setting: Setting, patterns: int) -> Chain:
    """The chain of a setting, whose levels are those of K patterns where they never close.

    Examples
    --------
    >>> from hebbsym.families.named import rule
    >>> len(chain_of(Setting(rule("sign-clipped")), 4).levels)
    9
    """
    try:
        return _whole_chain(setting)
    except NotDerivable:
        return Chain(setting, patterns)


@lru_cache(maxsize=64)
def _whole_chain(setting: Setting) -> Chain:
    return Chain(setting)
