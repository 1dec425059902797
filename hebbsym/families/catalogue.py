"""The named rules of the literature, one entry each; a new rule is one more entry.

Main names
----------
rules
    The rules by name, built of the entries below and of those of bounded and of n-body synapses.

Conventions
-----------
``eta`` is 1 where it only sets the scale of the weights, and a symbol where it sets a rate
beside a decay. The symbol ``a`` stands for the mean
of the stored patterns, whose value a setting puts in unless another mean is given. ``presynaptic-decay`` decays with
``x_j**2``, which on {0, 1} patterns is the same as ``x_j``. Soft bounds are written for {0, 1} patterns:
an active input is potentiated at an active unit and depressed at a silent one.

References
----------
gerstner2002 writes most of these rules as coefficients of the expansion. The updates are those of
the sources named; their equation numbers were not opened.
"""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp

from hebbsym import notation
from hebbsym.errors import InvalidValue
from hebbsym.families.boundedrules import BOUNDED
from hebbsym.families.entries import Inside, Outside, Rules, Values
from hebbsym.families.manybody import MANY_BODY
from hebbsym.families.rules import HIGHEST_ORDER, ExpandedRule
from hebbsym.notation import a, coefficient, eta, lam, slope, w, x_i, x_j


def _whole_order(v: Values) -> int:
    """The order of the general rule."""
    if not v["order"].is_Integer or v["order"] < 0:
        raise InvalidValue(f"the order of a rule is a whole number, not {v['order']}")
    return int(v["order"])


def _general(v: Values) -> sp.Expr:
    """Sum over n of the terms of total power n, post terms first."""
    return sp.Add(
        *(
            coefficient(n - q, q) * x_i ** (n - q) * x_j**q
            for n in range(_whole_order(v) + 1)
            for q in range(n + 1)
        )
    )


def _slopes(v: Values) -> dict[sp.Symbol, sp.Symbol]:
    """c_pq to d_pq."""
    order = range(_whole_order(v) + 1)
    return {coefficient(p, n - p): slope(p, n - p) for n in order for p in range(n + 1)}


def _affine(v: Values) -> dict[tuple[int, int], sp.Expr]:
    """Every coefficient affine in the weight: c_pq + d_pq w."""
    powers = ExpandedRule(_whole_order(v)).terms
    return {pq: coefficient(*pq) + slope(*pq) * w for pq in powers}


def _bounded(v: Values) -> dict[tuple[int, int], sp.Expr]:
    """Potentiation slows down like (1 - w)**power, depression like w**power."""
    power = v["power"]
    if not (power.is_Integer and 1 <= power <= HIGHEST_ORDER):
        raise InvalidValue(
            f"the power of soft bounds is a whole number from 1 to {HIGHEST_ORDER}, not {power}"
        )
    up, down = v["eta"] * (1 - w) ** power, v["eta"] * v["lam"] * w**power
    return {(1, 1): up + down, (0, 1): -down}


def _printed_bounds(v: Values) -> sp.Expr:
    return v["eta"] * x_j * (x_i * (1 - w) ** v["power"] - v["lam"] * (1 - x_i) * w ** v["power"])


def _moving_threshold_witness() -> bool:
    """Equal w, x_i, x_j after two histories of the unit; the threshold <x_i**2> tells them apart."""
    histories = ((1, 1, 2), (2, 2, 2))
    thresholds = [sp.Rational(sum(u**2 for u in h), len(h)) for h in histories]
    present, weight_input = 2, 1
    first, second = (weight_input * present * (present - t) for t in thresholds)
    return histories[0][-1] == histories[1][-1] and bool(first != second)


def _own_output_witness() -> bool:
    """Equal w_01 and x_1, but another weight from another unit: Oja's increment of w_01 differs."""
    stored = {1: 1, 2: 1}

    def increment(weights: Mapping[int, int]) -> int:
        output = sum(weights.get(k, 0) * stored[k] for k in stored)
        return output * (stored[1] - output * weights[1])

    return increment({1: 1}) != increment({1: 1, 2: 1})


def _storkey_witness() -> bool:
    """Equal w_01, xi_0, xi_1, but another w_02: Storkey's increment of w_01 differs (n = 4)."""
    pattern = (1, 1, 1, 1)

    def increment(weights: Mapping[tuple[int, int], int]) -> sp.Expr:
        def field(i: int, j: int) -> int:
            return sum(
                weights.get((min(i, k), max(i, k)), 0) * pattern[k]
                for k in range(4)
                if k not in (i, j)
            )

        return sp.Rational(
            pattern[0] * pattern[1] - pattern[0] * field(1, 0) - pattern[1] * field(0, 1), 4
        )

    return bool(increment({}) != increment({(0, 2): 1}))


def _projection_witness() -> bool:
    """Equal w_01, xi_0, xi_1, but another fourth unit: the projection gives another w_01."""

    def weight(*patterns: tuple[int, ...]) -> sp.Expr:
        rows = sp.Matrix(patterns)
        return (rows.T * (rows * rows.T).inv() * rows)[0, 1]

    stored, one, other = (1, 1, 1, 1), (1, 1, -1, 1), (1, 1, -1, -1)
    return bool(weight(stored, one) != weight(stored, other))


rules = Rules()
"""The named rules: ``rules["oja"]`` is the rule, ``rules.entries["oja"]`` its entry."""

_MEAN = sp.Symbol("mean")
_ONE = sp.S.One

for _entry in (
    Inside(
        "hebb",
        "activity product (plain Hebb) rule",
        "hebb1949; hopfield1982; haykin2009",
        {"eta": _ONE},
        lambda v: {(1, 1): v["eta"]},
        lambda v: v["eta"] * x_i * x_j,
    ),
    Inside(
        "anti-hebb",
        "anti-Hebbian rule",
        "gerstner2002",
        {"eta": _ONE},
        lambda v: {(1, 1): -v["eta"]},
        lambda v: -v["eta"] * x_i * x_j,
    ),
    Inside(
        "covariance",
        "covariance rule, both activities centred",
        "sejnowski1977; dayan1991",
        {"mean": a, "post": _MEAN, "pre": _MEAN, "eta": _ONE},
        lambda v: {
            (1, 1): v["eta"],
            (1, 0): -v["eta"] * v["pre"],
            (0, 1): -v["eta"] * v["post"],
            (0, 0): v["eta"] * v["post"] * v["pre"],
        },
        lambda v: v["eta"] * (x_i - v["post"]) * (x_j - v["pre"]),
        centres={"post": 0, "pre": 1},
    ),
    Inside(
        "pre-centred",
        "Hebb rule with centred presynaptic activity (heterosynaptic depression)",
        "dayan1991; gerstner2002",
        {"mean": a, "eta": _ONE},
        lambda v: {(1, 1): v["eta"], (1, 0): -v["eta"] * v["mean"]},
        lambda v: v["eta"] * x_i * (x_j - v["mean"]),
        centres={"mean": 1},
    ),
    Inside(
        "post-centred",
        "Hebb rule with centred postsynaptic activity (homosynaptic depression)",
        "dayan1991; gerstner2002",
        {"mean": a, "eta": _ONE},
        lambda v: {(1, 1): v["eta"], (0, 1): -v["eta"] * v["mean"]},
        lambda v: v["eta"] * (x_i - v["mean"]) * x_j,
        centres={"mean": 0},
    ),
    Inside(
        "homeostatic",
        "Hebb rule with first-order terms that stabilise the output rate",
        "kempter2001; gerstner2002",
        {"post": coefficient(1, 0), "pre": coefficient(0, 1), "eta": _ONE},
        lambda v: {(1, 0): v["post"], (0, 1): v["pre"], (1, 1): v["eta"]},
        lambda v: v["pre"] * x_j + (v["post"] + v["eta"] * x_j) * x_i,
    ),
    Inside(
        "oja",
        "Oja's rule",
        "oja1982",
        {"eta": eta},
        lambda v: {(1, 1): v["eta"], (2, 0): -v["eta"] * w},
        lambda v: v["eta"] * x_i * (x_j - w * x_i),
    ),
    Inside(
        "presynaptic-decay",
        "Hebb rule with a decay gated by the squared presynaptic activity, Oja's mirror image",
        "gerstner2002",
        {"lam": lam, "eta": _ONE},
        lambda v: {(1, 1): v["eta"], (0, 2): -v["lam"] * w},
        lambda v: x_j * (v["eta"] * x_i - v["lam"] * w * x_j),
    ),
    Inside(
        "decay",
        "Hebb rule with weight decay",
        "gerstner2002",
        {"lam": lam, "eta": _ONE},
        lambda v: {(1, 1): v["eta"], (0, 0): -v["lam"] * w},
        lambda v: v["eta"] * x_i * x_j - v["lam"] * w,
    ),
    Inside(
        "instar",
        "instar rule: weights of an active postsynaptic unit move towards its input",
        "grossberg1976; gerstner2002",
        {"eta": eta},
        lambda v: {(1, 1): v["eta"], (1, 0): -v["eta"] * w},
        lambda v: v["eta"] * x_i * (x_j - w),
    ),
    Inside(
        "outstar",
        "outstar rule: weights of an active presynaptic unit move towards its output",
        "grossberg1976; gerstner2002",
        {"eta": eta},
        lambda v: {(1, 1): v["eta"], (0, 1): -v["eta"] * w},
        lambda v: v["eta"] * x_j * (x_i - w),
    ),
    Inside(
        "bcm",
        "Bienenstock-Cooper-Munro rule",
        "bienenstock1982",
        {"theta": notation.theta, "eta": _ONE},
        lambda v: {(2, 1): v["eta"], (1, 1): -v["eta"] * v["theta"]},
        lambda v: v["eta"] * x_j * x_i * (x_i - v["theta"]),
        "rule 'bcm' is not an expanded Hebbian rule: it has a third factor, for its modification "
        "threshold follows the recent activity of the unit; with a constant one it is: bcm(theta=...)",
    ),
    Inside(
        "soft-bounds",
        "soft bounds: potentiation in proportion to 1 - w, depression in proportion to w",
        "gerstner2002; gutig2003",
        {"lam": lam, "eta": eta, "power": _ONE},
        _bounded,
        _printed_bounds,
    ),
    Inside(
        "power-bounds",
        "soft bounds with a power: potentiation like (1 - w)**power, depression like w**power",
        "gutig2003",
        {"power": sp.Integer(2), "lam": lam, "eta": eta},
        _bounded,
        _printed_bounds,
    ),
    Outside(
        "bcm-moving",
        "Bienenstock-Cooper-Munro rule with a moving threshold, the running average of x_i**2",
        "bienenstock1982; intrator1992",
        "of three factors",
        "for its threshold <x_i**2> is a state of the unit besides w, x_i and x_j; where activities are "
        "clamped to patterns it settles at E[x_i**2], and bcm(theta=...) with this number is the rule; with "
        "its own output w.x a unit selects one of its patterns, whose output is then 1/p, while the "
        "threshold is fast enough: eta*tau*|x|^2 < 1 for orthogonal ones (theorem bcm_moving_threshold)",
        "two histories of the unit with equal w, x_i, x_j and different averages of x_i**2",
        _moving_threshold_witness,
    ),
    Outside(
        "oja-output",
        "Oja's rule with its own output, x_i = sum over k of w_ik x_k",
        "oja1982",
        "not local in a single weight",
        "for the moments of w_ij involve those of all w_ik; its mean-field flow is C w - (w.C w) w with "
        "the inputs' second moments C, and leads to a principal eigenvector of norm 1; with x_i clamped "
        "to the pattern it is the rule 'oja'",
        "two networks with equal w_01 and x_1 and different w_02 get different increments of w_01",
        _own_output_witness,
    ),
    *BOUNDED,
    Outside(
        "storkey",
        "Storkey's rule",
        "storkey1997",
        "not local",
        "for its increment depends on the local fields, that is on the weights of other synapses",
        "two networks with equal w_01, x_0, x_1 and different w_02 get different increments of w_01",
        _storkey_witness,
    ),
    Outside(
        "pseudo-inverse",
        "pseudo-inverse (projection) rule",
        "kohonen1973; personnaz1985",
        "not local",
        "for it inverts the overlap matrix of all patterns",
        "the increment of w_01 at equal w_01, x_0, x_1 depends on the value at a fourth unit",
        _projection_witness,
    ),
    Inside(
        "expanded",
        "expanded Hebbian rule with all coefficients symbolic",
        "gerstner2002",
        {"order": sp.Integer(2)},
        lambda v: ExpandedRule(_whole_order(v)).terms,
        _general,
    ),
    Inside(
        "affine",
        "general rule affine in the weight, all coefficients symbolic",
        "gerstner2002",
        {"order": sp.Integer(2)},
        _affine,
        lambda v: _general(v) + w * _general(v).xreplace(_slopes(v)),
    ),
    *MANY_BODY,
):
    rules.entries.add(_entry.name, _entry)
