r"""The activity product rule, and the single-pass recall of the memory that it trains.

Of the coefficients of the expanded rule only c_corr = c_2_corr = c is not zero:
Delta w_ij = c x_i x_j. On bipolar patterns, with the diagonal left out, the weights are

    W = c Xi^T Xi - c K 1,

Xi the K x D matrix of the patterns. From a state sigma the single-pass recall is

    sgn(W sigma) = sgn(Xi^T Xi sigma - K sigma)    for c > 0:

the rule of the complete matrix Xi^T Xi less the term by which each unit drives itself. The two
recalls agree at unit i unless |sum_mu xi_i^mu m_mu| <= K, m_mu the overlap with pattern mu.

Assumptions: bipolar patterns and states; weights zero at the start; each pattern shown once.
References: hopfield1982; prospectus, corollary 2.8.1.
"""

from itertools import product

import sympy as sp

import hebbsym as hs
from hebbsym.notation import D, K, coefficient, i, j, mu, sigma, x_i, x_j, xi

c = coefficient(1, 1)
UNITS, LOAD = 3, 2
SITES, LABELS = range(1, UNITS + 1), range(1, LOAD + 1)
ACTIVITY_PRODUCT = hs.ExpandedRule(2, {(1, 1): c}, "activity product")
w = sp.IndexedBase("w", real=True)
h = sp.IndexedBase("h", real=True)
m = sp.Sum(xi[mu, j] * sigma[j], (j, 1, D))
FIELD = c * (sp.Sum(xi[mu, i] * m, (mu, 1, K)) - K * sigma[i])
W, Xi = sp.MatrixSymbol("W", D, D), sp.MatrixSymbol("Xi", K, D)
WEIGHTS = sp.Eq(W + c * K * sp.Identity(D), c * (Xi.T * Xi), evaluate=False)


def _only_one_coefficient() -> bool:
    """The general second-order rule with the other coefficients zero is the activity product."""
    others = {s: sp.Integer(0) for pq, s in hs.ExpandedRule(2).terms.items() if pq != (1, 1)}
    named = hs.rules["hebb"].update
    special = hs.ExpandedRule(2).at(others).update
    return (
        sp.expand(special - c * x_i * x_j) == 0 and sp.expand(special.xreplace({c: 1}) - named) == 0
    )


def _trained(numbers: tuple[int, ...], strength: sp.Expr) -> list[list[sp.Expr]]:
    """Weights by the rule's own update, pattern by pattern, without diagonal."""
    weights = [[sp.Integer(0)] * UNITS for _ in range(UNITS)]
    for k in range(LOAD):
        pattern = numbers[k * UNITS : (k + 1) * UNITS]
        for a, b in product(range(UNITS), repeat=2):
            if a != b:
                at = {x_i: sp.Integer(pattern[a]), x_j: sp.Integer(pattern[b]), c: strength}
                weights[a][b] += ACTIVITY_PRODUCT.update.xreplace(at)
    return weights


def _all_patterns() -> list[tuple[int, ...]]:
    return list(product((-1, 1), repeat=UNITS * LOAD))


def _weights_agree() -> bool:
    """c Xi^T Xi - c K 1 against the weights trained pattern by pattern, for every set of patterns."""
    for numbers in _all_patterns():
        matrix = sp.Matrix(LOAD, UNITS, numbers)
        closed = c * matrix.T * matrix - c * LOAD * sp.eye(UNITS)
        if (closed - sp.Matrix(_trained(numbers, c))).expand() != sp.zeros(UNITS, UNITS):
            return False
    return True


def _field_agrees() -> bool:
    """The field in overlap form, as a polynomial in patterns and states with xi**2 = 1."""
    form = FIELD.xreplace({D: sp.Integer(UNITS), K: sp.Integer(LOAD)})
    for n in SITES:
        closed = form.xreplace({i: sp.Integer(n)}).doit()
        direct = sum(
            c * xi[k, n] * xi[k, o] * sigma[o] for k, o in product(LABELS, SITES) if o != n
        )
        squares = {xi[k, n] ** 2: sp.Integer(1) for k in LABELS}
        if sp.expand(sp.expand(closed - direct).xreplace(squares)) != 0:
            return False
    return True


def _recall_agrees() -> bool:
    """The two recalls over all patterns and states: equal off the band, and the band is sharp."""
    differ = 0
    for numbers in _all_patterns():
        weights = _trained(numbers, sp.Integer(2))
        patterns = [numbers[k * UNITS : (k + 1) * UNITS] for k in range(LOAD)]
        for state in product((-1, 1), repeat=UNITS):
            overlaps = [sum(a * b for a, b in zip(p, state, strict=True)) for p in patterns]
            for n in range(UNITS):
                complete = sum(p[n] * o for p, o in zip(patterns, overlaps, strict=True))
                field = sum(weights[n][o] * state[o] for o in range(UNITS))
                if sp.sign(field) != sp.sign(complete - LOAD * state[n]):
                    return False
                if sp.sign(field) != sp.sign(complete):
                    differ += 1
                    if abs(complete) > LOAD:
                        return False
    return differ > 0


def derivation() -> hs.Derivation:
    """The rule in the class; its weights; its field; its single-pass recall."""
    evidence, method = hs.Evidence, hs.Method
    field = sp.Sum(w[i, j] * sigma[j], (j, 1, D))
    complete = sp.Sum(xi[mu, i] * m, (mu, 1, K))
    return hs.Derivation(
        (
            hs.Step(
                sp.Eq(sp.Function("Delta")(w[i, j]), c * x_i * x_j),
                "all coefficients of the expanded rule but c_2_corr are zero",
                evidence(
                    method.SUBSTITUTION,
                    "the general rule, and the named rule at c = 1",
                    _only_one_coefficient,
                ),
            ),
            hs.Step(
                WEIGHTS,
                "each pattern adds c times its outer product with itself, whose diagonal is c, and "
                "the diagonal is left out",
                evidence(
                    method.ENUMERATION,
                    f"all sets of patterns at D = {UNITS}, K = {LOAD}, trained pattern by pattern",
                    _weights_agree,
                ),
            ),
            hs.Step(
                sp.Eq(h[i], field, evaluate=False),
                "definition of the local field, with w_ii = 0",
            ),
            hs.Step(
                sp.Eq(h[i], FIELD, evaluate=False),
                "the sum over j is the overlap m_mu; the terms j = i are K sigma_i, since xi**2 = 1",
                evidence(
                    method.SUBSTITUTION,
                    f"as polynomials at D = {UNITS}, K = {LOAD}, modulo xi**2 = 1",
                    _field_agrees,
                ),
            ),
            hs.Step(
                sp.Eq(sp.sign(h[i]), sp.sign(complete - K * sigma[i]), evaluate=False),
                "c > 0 does not change a sign; the self term K sigma_i has size K, so it matters "
                "only where the sum over patterns is at most K in size",
                evidence(
                    method.ENUMERATION,
                    f"all patterns, states and units at D = {UNITS}, K = {LOAD}, c = 2",
                    _recall_agrees,
                ),
            ),
        )
    )


THEOREM = hs.Theorem(
    name="activity_product",
    title="The activity product rule and its single-pass recall",
    statement=(
        WEIGHTS,
        sp.Eq(h[i], FIELD, evaluate=False),
    ),
    derive=derivation,
    prose=__doc__,
    assumptions=(
        "bipolar patterns and states",
        "weights zero at the start, each pattern shown once; no diagonal",
        "c_2_corr > 0 for the recall",
    ),
    source="hopfield1982; the prospectus, corollary 2.8.1",
)
