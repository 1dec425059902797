r"""Which universal networks recall alike on signs: their weights differ by one positive factor, or in nothing.

The field is a sum of weights times contents, and one positive factor of all weights changes no sign. Two networks
whose weights, as functions of the overlap, have a constant positive ratio therefore give the same recall on every
set of sign vectors; and a separator that takes the most similar pattern sees the order of similarities alone.

Main names
----------
universal_classes
    A partition of rules.
"""

from __future__ import annotations

from collections.abc import Iterable

import sympy as sp

from hebbsym.families.universal import UniversalRule
from hebbsym.notation import D, m


def universal_classes(
    rules: Iterable[UniversalRule], units: int
) -> tuple[tuple[UniversalRule, ...], ...]:
    """Rules whose recall is the same on all sign vectors of D entries, in the order in which they come.

    Parameters
    ----------
    rules : iterable of UniversalRule
        Free of symbols, or with beta left open.
    units : int
        D.

    Examples
    --------
    >>> from hebbsym.families.separators import Identity, Softmax
    >>> from hebbsym.families.similarities import Cosine, Dot, Euclidean
    >>> rules = [UniversalRule(s(), t) for s in (Dot, Cosine, Euclidean) for t in (Identity(), Softmax(1))]
    >>> for alike in universal_classes(rules, 6):
    ...     print(*(rule.name for rule in alike), sep=" = ")
    dot, identity = cosine, identity
    dot, softmax(beta=1) = euclidean, softmax(beta=1)
    cosine, softmax(beta=1)
    euclidean, identity
    """
    found: dict[tuple[object, ...], list[UniversalRule]] = {}
    for rule in rules:
        found.setdefault(_key(rule, units), []).append(rule)
    return tuple(map(tuple, found.values()))


def _key(rule: UniversalRule, units: int) -> tuple[object, ...]:
    """The same for rules that recall alike."""
    overlaps = [sp.Integer(o) for o in range(units, -units - 1, -2)]
    if rule.separator.competitive:
        scores = [rule.similarity.of_overlap(o).subs(D, units) for o in overlaps]
        return rule.separator.text, tuple(sorted(range(len(scores)), key=lambda k: scores[k]))
    weights = [rule.weight.subs({m: o, D: sp.Integer(units)}) for o in overlaps]
    unit = next((sp.Abs(w) for w in weights if w != 0), sp.S.One)
    return tuple(sp.powsimp(sp.expand(w / unit)) for w in weights)
