r"""The probability of a wrong bit, however rare: by its exact law, else by importance sampling.

Main names
----------
rare_error
    The probability, by whichever way there is, and which one it was.
RareError, RareMethod
    The answer.

Conventions
-----------
The exact law is asked first. It is refused where the increments have no common lattice, where the lattice
is too long or its rounding error too large, and for real-valued addresses; the reason is part of the
answer. Importance sampling is for additive rules, see :mod:`hebbsym.simulate.rare`.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sympy as sp

from hebbsym import notation
from hebbsym.errors import InvalidValue, NotDerivable, SizeLimit, UnknownName
from hebbsym.families.parameters import exact
from hebbsym.networks import network_of
from hebbsym.numeric import value

if TYPE_CHECKING:
    from hebbsym.theories import Theory


class RareMethod(enum.Enum):
    """How a rare error was found."""

    EXACT_LAW = "exact law"
    """Right to 12 digits."""
    IMPORTANCE_SAMPLING = "importance sampling"
    """An estimate with a standard error."""


@dataclass(frozen=True)
class RareError:
    """The probability of a wrong bit, ties counted half.

    Parameters
    ----------
    probability : float
    stderr : float
        0 for the exact law.
    method : RareMethod
    reason : str
        Why the exact law was refused; empty where it was not.
    draws : int
        Independent draws for each stored value; 0 for the exact law.
    """

    probability: float
    stderr: float
    method: RareMethod
    reason: str = ""
    draws: int = 0

    def __str__(self) -> str:
        if self.method is RareMethod.EXACT_LAW:
            return f"{self.probability:.6g} ({self.method.value})"
        return f"{self.probability:.3g} +- {self.stderr:.1g} ({self.method.value}: {self.reason})"


SIDES = ("", "high", "low")


def rare_error(
    theory: Theory, *, seed: int = 0, relative: float = 0.02, side: str = "", **at: Any
) -> RareError:
    """The probability that a bit is wrong, at given sizes and parameters.

    Parameters
    ----------
    theory : Theory
        What :func:`hebbsym.derive` made of a rule on two-valued patterns.
    seed : int
        Of the draws, where there are any.
    relative : float
        Relative standard error at which drawing ends (it ends at 2**21 draws in any case).
    side : {"", "high", "low"}
        Given that the higher or the lower value is stored; the average over both without it.
    **at : exact numbers
        D, K, M and the parameters, by name.

    Raises
    ------
    NotDerivable
        When neither way exists, with both reasons.
    InvalidValue
        When a symbol has no value.

    Examples
    --------
    >>> import hebbsym as hs
    >>> print(rare_error(hs.derive(hs.rules["hebb"]), D=1000, K=28))
    5.88571e-10 (exact law)
    >>> odd = hs.ExpandedRule(2, {(1, 0): sp.sqrt(2) / 9, (1, 1): 1})  # no common lattice
    >>> found = rare_error(hs.derive(odd), D=1000, K=20, seed=1)
    >>> found.method.value, found.stderr < 0.02 * found.probability
    ('importance sampling', True)
    """
    if side not in SIDES:
        raise UnknownName("side", side, SIDES)
    if not isinstance(seed, int) or seed < 0:
        raise InvalidValue(f"seed is an integer of at least 0, not {seed}")
    values = {notation.named(name): exact(number) for name, number in at.items()}
    _require_values(theory, values)
    end = f":{side}" if side else ""
    try:
        law = value(theory[f"bit_error:exact{end}"], values)
        return RareError(float(law), 0.0, RareMethod.EXACT_LAW)
    except (NotDerivable, SizeLimit) as refused:
        reason = str(refused)
    except UnknownName:
        reason = f"none is derived for a rule that is {theory.setting.rule.rule_class.value}"
    try:
        # the error of a unit does not depend on how many others there are
        sizes = {notation.M: sp.S.One, **values}
        network = network_of(theory.setting.at(values), sizes)
        found = network.rare_errors(seed=seed, relative=relative, side=side)
    except NotDerivable as refused:
        raise NotDerivable(f"no exact law: {reason}; no sampling: {refused}") from None
    return RareError(
        found.value, found.stderr, RareMethod.IMPORTANCE_SAMPLING, reason, found.networks
    )


def _require_values(theory: Theory, values: dict[sp.Symbol, sp.Expr]) -> None:
    needed = {notation.D, notation.K, *theory.setting.free_symbols}
    missing = ", ".join(sorted(str(symbol) for symbol in needed - set(values)))
    if missing:
        raise InvalidValue(f"{missing} has no value, and a probability needs all")
    for symbol, least in ((notation.D, 2), (notation.K, 1)):
        if not (values[symbol].is_Integer and values[symbol] >= least):
            raise InvalidValue(f"{symbol} is an integer of at least {least}, not {values[symbol]}")
