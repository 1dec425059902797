"""The named rules on n-body synapses, one entry each.

Main names
----------
MANY_BODY
    The entries, which the catalogue of rules takes in.

References
----------
chen1986; psaltis1988 (products; equation numbers unverified); krotov2016 (plain powers, eq. 2).
"""

from __future__ import annotations

import itertools

import sympy as sp

from hebbsym.families.entries import ManyBody
from hebbsym.families.nbody import NBodyRule, elementary, nbody_power, nbody_products

_a, _b, _c = sp.symbols("a b c")
_SIGNS = (sp.S.One, sp.S.NegativeOne)


def _symmetric_increments() -> bool:
    """Six symbols for the increments on three signs, symmetric in two of them: solved for uniquely."""
    rule = NBodyRule((3,))
    states = list(itertools.product(_SIGNS, repeat=3))
    values = {(x, *sorted(ys)): sp.Symbol(f"g_{k}") for k, (x, *ys) in enumerate(states)}
    equations = [rule.increment(3, x, ys) - values[(x, *sorted(ys))] for x, *ys in states]
    return len(sp.solve(equations, list(rule.terms.values()), dict=True)) == 1


def _triple_product() -> bool:
    return bool(nbody_products((3,)).increment(3, _a, (_b, _c)) == _a * _b * _c)


def _mixed_products() -> bool:
    rule = nbody_products((2, 3))
    return bool(
        rule.increment(2, _a, (_b,)) == _a * _b and rule.increment(3, _a, (_b, _c)) == _a * _b * _c
    )


def _plain_power() -> bool:
    """Products over subsets of four signs, with the weights of D = 5, against q^2 and q^3."""
    for n in (3, 4):
        terms = nbody_power(n).terms
        for signs in itertools.product(_SIGNS, repeat=4):
            total = sp.Add(*(c * elementary(signs, k) for (_, _, k), c in terms.items()))
            units = {s: sp.Integer(5) for s in total.free_symbols}
            if total.xreplace(units) != sp.Add(*signs) ** (n - 1):
                return False
    return True


MANY_BODY = (
    ManyBody(
        "nbody",
        "expanded Hebbian rule on n-body synapses, all coefficients symbolic",
        "chen1986; psaltis1988",
        {"n": 3},
        lambda name, v: NBodyRule((v["n"],), name=name),
        "every increment on three signs that is symmetric in two of them is one of it, in one way",
        _symmetric_increments,
    ),
    ManyBody(
        "nbody-product",
        "product of all values at an n-body synapse",
        "chen1986; psaltis1988",
        {"n": 3},
        lambda name, v: nbody_products((v["n"],), name=name),
        "the increment is the product of the three values",
        _triple_product,
    ),
    ManyBody(
        "nbody-products",
        "products at synapses of every number of bodies from the first to the last",
        "chen1986; psaltis1988",
        {"first": 2, "last": 3},
        lambda name, v: nbody_products(range(v["first"], v["last"] + 1), name=name),
        "the increments are the products of two and of three values",
        _mixed_products,
    ),
    ManyBody(
        "nbody-power",
        "products whose separation function is q^(n-1), the plain power of the dense memories",
        "krotov2016",
        {"n": 3},
        lambda name, v: nbody_power(v["n"], name),
        "the products add up to q^2 and q^3 on all signs of four inputs",
        _plain_power,
    ),
)
