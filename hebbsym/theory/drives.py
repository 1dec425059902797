r"""A rule polynomial in the weight as a learning rate times what drives the weight.

.. math:: \Delta w = \eta\, (f_0 + f_1 w + f_2 w^2 + \dots)

Main names
----------
Drive, drive
    The learning rate and f_0, f_1, ... of a rule, reduced on the alphabets.
engine_of
    The averages of products of them over one pattern.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sympy as sp

from hebbsym import notation
from hebbsym.averages import Averages
from hebbsym.errors import NotDerivable, OutsideClass
from hebbsym.families.alphabet import reduced
from hebbsym.families.rules import ExpandedRule, RuleClass
from hebbsym.theory.fields import law_of
from hebbsym.theory.setting import Setting

INPUTS, PATTERNS = sp.symbols("n_ k_")
"""What the engine calls the numbers of presynaptic units and of patterns."""


@dataclass(frozen=True)
class Drive:
    """A rule as Delta w = rate * (f_0 + f_1 w + f_2 w**2 + ...).

    Parameters
    ----------
    rate : expression
        eta, or 1 for a rule that does not mention it.
    parts : tuple of ExpandedRule
        f_0, f_1, ...; on finite alphabets the fewest coefficients.
    """

    rate: sp.Expr
    parts: tuple[ExpandedRule, ...]

    @property
    def stride(self) -> int:
        """The orders in the rate that occur are multiples of this number."""
        return math.gcd(*(r for r, part in enumerate(self.parts) if part.terms and r)) or 1


def drive(setting: Setting) -> Drive:
    """The learning rate of a setting's rule, and what it multiplies by powers of the weight.

    Raises
    ------
    OutsideClass
        When the update is no polynomial in the weight.
    NotDerivable
        When the update mentions eta and is not eta times something without it.

    Examples
    --------
    >>> w, x_i, x_j, eta = notation.w, notation.x_i, notation.x_j, notation.eta
    >>> saturating = ExpandedRule(2, {(1, 1): eta, (0, 0): -eta * w**3}, "saturating")
    >>> [part.terms for part in drive(Setting(saturating)).parts]
    [{(1, 1): 1}, {}, {}, {(0, 0): -1}]
    """
    rule, eta = setting.rule.require_expanded(), notation.eta
    if rule.rule_class is RuleClass.NONLINEAR:
        raise OutsideClass(
            f"rule {rule.name!r} is {rule.rule_class.value}: its moments do not close at any order in "
            "the rate; expand its update in powers of w first"
        )
    rate = eta if eta in rule.free_symbols else sp.S.One
    parts = []
    for part in rule.by_weight:
        divided = {pq: sp.expand(c / rate) for pq, c in part.items()}
        wrong = next((c for c in divided.values() if c.has(eta)), None)
        if wrong is not None:
            raise NotDerivable(
                f"the moments of rule {rule.name!r} do not close order by order: an expansion in eta "
                f"needs Delta w = eta*f(w; x_i, x_j) with f free of eta, and its part "
                f"{sp.expand(wrong * eta)} is not of this form; name one rate eta"
            )
        parts.append(_on_alphabets(ExpandedRule(rule.order, divided, rule.name), setting))
    return Drive(rate, tuple(parts))


def _on_alphabets(part: ExpandedRule, setting: Setting) -> ExpandedRule:
    """Powers of stored values as low as the alphabets allow; a continuous side keeps its powers."""
    if not (setting.post.alphabet or setting.pre.alphabet):
        return part
    every = tuple(range(part.order + 1))
    post, pre = (tuple(v for v, _ in law.alphabet) or every for law in (setting.post, setting.pre))
    return reduced(part, post, pre)


def engine_of(
    setting: Setting,
    parts: Sequence[Mapping[tuple[int, int], sp.Expr]],
    order: int,
    extra: tuple[sp.Symbol, ...] = (),
) -> Averages:
    """The averages of one pattern for f_0, f_1, ..., products of up to ``order`` factors.

    Examples
    --------
    >>> from hebbsym.families.named import rules
    >>> oja = Setting(rules["oja"])
    >>> engine = engine_of(oja, [part.terms for part in drive(oja).parts], 2)
    >>> engine.of_one_pattern(((0, 1, 1), (0, 1, 1)), {})  # E[f_1**2]
    1
    """
    pre = law_of(setting.pre, setting.cue)
    return Averages(
        parts[0],
        pre if setting.auto else law_of(setting.post, setting.cue),
        pre,
        order=order,
        x=notation.x,
        sizes={"pres": INPUTS, "posts": INPUTS, "patterns": PATTERNS},
        auto=setting.auto,
        extra=extra,
        kept=parts[1] if len(parts) > 1 else {},
        further=parts[2:],
    )
