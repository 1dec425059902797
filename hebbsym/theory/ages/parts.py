r"""A rule affine in the weight as its two parts: what a pattern leaves of a weight, and what it adds.

.. math:: w \to (1 + A(u, v))\, w + B(u, v)

Main names
----------
reduced_parts
    The polynomials 1 + A and B, reduced on the alphabets.
"""

from __future__ import annotations

import sympy as sp

from hebbsym import notation
from hebbsym.errors import OutsideClass
from hebbsym.families.alphabet import reduced
from hebbsym.families.rules import ExpandedRule, RuleClass
from hebbsym.theory.setting import Setting


def reduced_parts(setting: Setting) -> tuple[ExpandedRule, ExpandedRule]:
    """What a pattern leaves of a weight, 1 + A, and what it adds, B, reduced on the alphabets.

    Raises
    ------
    OutsideClass
        When the rule is not affine in the weight.

    Examples
    --------
    >>> from hebbsym.families.named import rules
    >>> kept, added = reduced_parts(Setting(rules["oja"]))
    >>> kept.terms, added.terms
    ({(0, 0): 1 - eta}, {(1, 1): eta})
    """
    rule = setting.rule.require_expanded()
    if rule.rule_class not in (RuleClass.ADDITIVE, RuleClass.AFFINE):
        raise OutsideClass(
            f"rule {rule.name!r} is {rule.rule_class.value}: its moments do not close, for those of "
            "a weight call for higher ones; only rules affine in w have exact ages"
        )
    kept: dict[tuple[int, int], sp.Expr] = {(0, 0): sp.S.One}
    added: dict[tuple[int, int], sp.Expr] = {}
    for pq, c in rule.terms.items():
        slope = sp.expand(c).coeff(notation.w, 1)
        kept[pq] = kept.get(pq, sp.S.Zero) + slope
        added[pq] = sp.expand(c).coeff(notation.w, 0)
    every = tuple(range(rule.order + 1))
    post, pre = (tuple(v for v, _ in law.alphabet) or every for law in (setting.post, setting.pre))
    finite = setting.post.alphabet or setting.pre.alphabet
    parts = (ExpandedRule(rule.order, part, rule.name) for part in (kept, added))
    one, two = (reduced(part, post, pre) if finite else part for part in parts)
    return one, two
