"""The named rules on bounded synapses, one entry each.

Main names
----------
BOUNDED
    The entries, which the catalogue of rules takes in.

Conventions
-----------
Weights start at 0 where that is a level. A synapse switches up where two values agree and are not 0, and down
where they differ, unless another drive is given.

References
----------
The updates are those of the sources named; their equation numbers were not opened.
"""

from __future__ import annotations

import sympy as sp

from hebbsym.errors import InvalidValue
from hebbsym.families.bounded import MappedRule, SwitchingRule
from hebbsym.families.entries import Bounded, Values
from hebbsym.notation import q_minus, q_plus, w, x_i, x_j

_BOUND = sp.Symbol("bound")
_ZERO, _ONE = sp.S.Zero, sp.S.One
_AGREEMENT = x_i * x_j - (x_i - x_j) ** 2
"""Positive where two values agree and are not 0, negative where they differ."""


def _willshaw_witness() -> bool:
    """On v = 1 the increment at w = 0 is zero at 13 points, but not at u = 1: no polynomial."""
    increment = [sp.Max(0, -k) for k in range(13)]
    return all(value == 0 for value in increment) and sp.Max(0, 1) == 1


def _clipped_witness() -> bool:
    """Two histories of products with the same clipped weight; the next product separates them."""
    histories = ((1,), (1, 1, 1))
    before = {sp.sign(sum(h)) for h in histories}
    after = {sp.sign(sum(h) - 1) for h in histories}
    return len(before) == 1 and len(after) == 2


def _clipped(name: str, v: Values) -> MappedRule:
    """The additive increment, clipped to [low, high] after every pattern."""
    low, high = v["low"], v["high"]
    if not (low.is_Rational and high.is_Rational and low <= 0 <= high and low < high):
        raise InvalidValue(
            f"the weights of {name!r} start at 0 and are clipped to rational bounds around it, "
            f"not to [{low}, {high}]"
        )
    return MappedRule(
        name,
        sp.Max(low, sp.Min(high, w + v["increment"])),
        f"each pattern adds {v['increment']} to a weight, which is then clipped to [{low}, {high}]",
    )


def _clipped_run(products: tuple[int, ...]) -> sp.Expr:
    """The weight after increments one by one, clipped to [-1, 1]."""
    clipped, level = (
        _clipped("clipped", {"low": -_ONE, "high": _ONE, "increment": x_i * x_j}),
        _ZERO,
    )
    for product in products:
        ((level, _),) = clipped.moves(level, sp.Integer(product), _ONE)
    return level


def _switching(name: str, v: Values) -> SwitchingRule:
    """A ladder of equidistant weights."""
    if not v["levels"].is_Integer:
        raise InvalidValue(f"a synapse has a whole number of levels, not {v['levels']}")
    return SwitchingRule(
        name, v["low"], v["high"], int(v["levels"]), v["q_plus"], v["q_minus"], v["drive"]
    )


def _switching_witness(levels: int) -> bool:
    """The moves on {0, 1} patterns from the lowest and the highest of m weights in [0, 1]."""
    values = {"low": _ZERO, "high": _ONE, "levels": sp.Integer(levels), "drive": _AGREEMENT}
    synapse = _switching("", {**values, "q_plus": q_plus, "q_minus": q_minus})
    up, down = synapse.moves(_ZERO, _ONE, _ONE), synapse.moves(_ONE, _ZERO, _ONE)
    step = sp.Rational(1, levels - 1)
    return (
        up == ((_ZERO, 1 - q_plus), (step, q_plus))
        and down == ((_ONE, 1 - q_minus), (1 - step, q_minus))
        and synapse.moves(step, _ZERO, _ZERO) == ((step, _ONE),)
    )


BOUNDED = (
    Bounded(
        "willshaw",
        "Willshaw's clipped rule, w <- max(w, x_i x_j)",
        "willshaw1969",
        {},
        lambda name, v: MappedRule(
            name, sp.Max(w, x_i * x_j), "a weight becomes max(w, x_i x_j), from w = 0"
        ),
        "for its binary synapses are clipped, and max(w, x_i*x_j) is no polynomial; "
        "on {0, 1} patterns it equals x_i*x_j*(1 - w)",
        "the increment max(0, u) is zero at u = 0, -1, ..., -12 and 1 at u = 1: "
        "no polynomial of order 12 or less",
        _willshaw_witness,
    ),
    Bounded(
        "sign-clipped",
        "clipped Hebb rule, w = sgn(sum over patterns of x_i x_j)",
        "sompolinsky1986",
        {},
        lambda name, v: MappedRule(
            name,
            w + x_i * x_j,
            "a weight is the sign of the Hebb sum over all patterns, with sgn 0 = 0",
            sp.sign(w),
        ),
        "for the weight is the sign of a sum that the weight itself does not remember",
        "after the products (1) and (1, 1, 1) the weight is 1; a product -1 then gives 0 and 1",
        _clipped_witness,
    ),
    Bounded(
        "clipped",
        "Hebb rule with weights that are clipped after every pattern",
        "parisi1986; nadal1986",
        {
            "bound": sp.Integer(1),
            "low": -_BOUND,
            "high": _BOUND,
            "increment": x_i * x_j,
        },
        _clipped,
        "for its weights are clipped, and a clipped increment is no polynomial in w",
        "three patterns 1 and three patterns -1, in two orders, leave 1 - 3 and -1 + 3 at bound 1",
        lambda: _clipped_run((1, 1, 1, -1)) != _clipped_run((-1, 1, 1, 1)),
        ("increment",),
    ),
    Bounded(
        "binary-synapse",
        "two weights, switched by a pattern with a probability",
        "amit1994; tsodyks1990",
        {
            "q_plus": q_plus,
            "q_minus": q_minus,
            "low": sp.S.NegativeOne,
            "high": _ONE,
            "drive": _AGREEMENT,
        },
        lambda name, v: _switching(name, {**v, "levels": sp.Integer(2)}),
        "for a step is taken by chance",
        "up with q_+ when both values are 1, down with q_- when one is",
        lambda: _switching_witness(2),
        ("drive",),
    ),
    Bounded(
        "multistate-synapse",
        "equidistant weights; a pattern moves a synapse to the next one with a probability",
        "amit1994",
        {
            "levels": sp.Integer(3),
            "q_plus": _ONE,
            "q_minus": _ONE,
            "low": sp.S.NegativeOne,
            "high": _ONE,
            "drive": _AGREEMENT,
        },
        _switching,
        "for a step is taken by chance",
        "up with q_+ when both values are 1, down with q_- when one is",
        lambda: _switching_witness(3),
        ("drive",),
    ),
)
"""The entries."""
