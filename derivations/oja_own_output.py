r"""Oja's rule with its own output is not local in one weight; its flow finds the principal component.

With the output y = w.x instead of a clamped x_i,

    Delta w_j = eta y (x_j - y w_j),    y = sum over k of w_k x_k,

the increment of w_j holds every weight onto the unit: at equal w_j and x_j it differs with the others, so
it is no function f(w; x_i, x_j) and the moments of one weight do not close by themselves. Averaged over
inputs with second moments C = E[x x^T] it is the flow

    dw/dtau = C w - (w.C w) w,

for which d|w|^2/dtau = 2 (w.C w)(1 - |w|^2): the norm tends to 1. Its fixed points are 0 and the unit
eigenvectors of C, and linearised at e_k it has the rates lambda_j - lambda_k for j != k and
-2 lambda_k: only the eigenvector of the largest eigenvalue is stable. Along the flow w.C w/|w|^2 never falls.

With x_i clamped to the pattern y is no function of the weights: that is the rule 'oja' of the class,
whose flow E[x_i x_j] - E[x_i^2] w has no norm to keep.

Assumptions: small rate; C positive definite with a simple largest eigenvalue; w_0 not orthogonal to its
eigenvector.
"""

import itertools

import sympy as sp

import hebbsym as hs
from hebbsym.notation import eta

SIZES = (2, 3)


def _symbols(size: int) -> tuple[sp.Matrix, sp.Matrix]:
    """A general symmetric C and a general w."""
    c = sp.Matrix(size, size, lambda i, j: sp.Symbol(f"C_{min(i, j)}{max(i, j)}", real=True))
    return c, sp.Matrix(size, 1, lambda i, _: sp.Symbol(f"w_{i}", real=True))


def _flow(c: sp.Matrix, vector: sp.Matrix) -> sp.Matrix:
    return c * vector - (vector.T * c * vector)[0] * vector


def _averages() -> bool:
    """E[y (x - y w)] over all signs with given correlations, against C w - (w.C w) w."""
    for size in SIZES:
        _, vector = _symbols(size)
        total, second = sp.zeros(size, 1), sp.zeros(size, size)
        weights = [sp.Symbol(f"p_{n}") for n in range(2**size)]
        for p, signs in zip(weights, itertools.product((-1, 1), repeat=size), strict=True):
            inputs = sp.Matrix(signs)
            output = (vector.T * inputs)[0]
            total += p * output * (inputs - output * vector)
            second += p * inputs * inputs.T
        if sp.expand(total - _flow(second, vector)) != sp.zeros(size, 1):
            return False
    return True


def _norm() -> bool:
    for size in SIZES:
        c, vector = _symbols(size)
        change = 2 * (vector.T * _flow(c, vector))[0]
        power = (vector.T * c * vector)[0]
        if sp.expand(change - 2 * power * (1 - (vector.T * vector)[0])) != 0:
            return False
    return True


def _rates() -> bool:
    """The Jacobian at a unit eigenvector, in the basis of eigenvectors: diagonal, with these entries."""
    for size in SIZES:
        values = sp.symbols(f"lambda_0:{size}", positive=True)
        _, vector = _symbols(size)
        c = sp.diag(*values)
        slope = _flow(c, vector).jacobian(vector)
        for k in range(size):
            at = {vector[n]: sp.Integer(n == k) for n in range(size)}
            expected = sp.diag(
                *(-2 * values[k] if n == k else values[n] - values[k] for n in range(size))
            )
            if sp.expand(slope.xreplace(at) - expected) != sp.zeros(size, size):
                return False
    return True


def _quotient_rises() -> bool:
    """d(w.Cw/|w|^2)/dtau times |w|^4/2 is |Cw|^2 |w|^2 - (w.Cw)^2, a sum of squares (Lagrange)."""
    for size in SIZES:
        c, vector = _symbols(size)
        power, norm = (vector.T * c * vector)[0], (vector.T * vector)[0]
        pushed = c * vector
        change = 2 * (pushed.T * _flow(c, vector))[0] * norm
        change -= power * 2 * (vector.T * _flow(c, vector))[0]
        pairs = itertools.combinations(range(size), 2)
        squares = sum((pushed[m] * vector[n] - pushed[n] * vector[m]) ** 2 for m, n in pairs)
        if sp.expand(change - 2 * squares) != 0:
            return False
    return True


def _converges() -> bool:
    """The flow by small exact steps from a general start: norm 1 and the principal direction."""
    c = sp.Matrix([[2, 1], [1, 2]])
    point = sp.Matrix([sp.Rational(9, 10), sp.Rational(-1, 5)])
    for _ in range(400):
        point = (point + _flow(c, point) / 20).applyfunc(
            lambda e: sp.Rational(sp.floor(e * 10**20), 10**20)
        )
    tiny = sp.Rational(1, 10**12)
    return bool(abs((point.T * point)[0] - 1) < tiny and abs(point[0] - point[1]) < tiny)


def _not_local() -> bool:
    """The entry of the registry refuses, with a witness that holds; the clamped rule is in the class."""
    entry = hs.rules.entries["oja-output"]
    try:
        entry.rule()
    except hs.OutsideClass as refused:
        placed = "not local" in str(refused)
    else:
        placed = False
    return placed and entry.proof().holds() and hs.rules["oja"].rule_class is hs.RuleClass.AFFINE


norm, power = sp.Symbol(r"{|w|^2}"), sp.Symbol(r"{w^T C w}")
_W = sp.Symbol("w")
FLOW = sp.Eq(sp.Symbol(r"{dw/d\tau}"), sp.Symbol("C") * _W - power * _W)
NORM = sp.Eq(sp.Symbol(r"{d|w|^2/d\tau}"), 2 * power * (1 - norm))
_k, _j = sp.symbols("lambda_k lambda_j")
RATES = sp.And(sp.Eq(sp.Symbol("{rate_j}"), _j - _k), sp.Eq(sp.Symbol("{rate_k}"), -2 * _k))


def derivation() -> hs.Derivation:
    """Not local; the average; norm; fixed points and their rates; what rises; an instance."""
    evidence, method = hs.Evidence, hs.Method
    y, x_j, w_j = sp.symbols("y x_j w_j")
    return hs.Derivation(
        (
            hs.Step(
                sp.Eq(sp.Symbol(r"{\Delta w_j}"), eta * y * (x_j - y * w_j), evaluate=False),
                "y holds every weight onto the unit: the rule is not local in one weight, and the moments "
                "of one weight involve those of the others",
                evidence(method.ENUMERATION, "two networks that tell it apart", _not_local),
            ),
            hs.Step(
                FLOW,
                "average over the inputs at given weights",
                evidence(method.ENUMERATION, "every law on signs, 2 and 3 inputs", _averages),
            ),
            hs.Step(
                NORM,
                "scalar product with 2 w",
                evidence(method.SUBSTITUTION, "general symmetric C, 2 and 3 inputs", _norm),
            ),
            hs.Step(
                RATES,
                "linearised at the unit eigenvector e_k, in the basis of eigenvectors",
                evidence(method.SUBSTITUTION, "symbolic eigenvalues, 2 and 3 inputs", _rates),
            ),
            hs.Step(
                sp.Ge(sp.Symbol(r"{d(w^T C w/|w|^2)/d\tau}"), 0),
                "Lagrange's identity: |Cw|^2 |w|^2 - (w.Cw)^2 is a sum of squares, zero at eigenvectors only",
                evidence(method.SUBSTITUTION, "general symmetric C", _quotient_rises),
            ),
            hs.Step(
                sp.Eq(sp.Symbol(r"{\lim |w|^2}"), 1),
                "so a start that is not orthogonal to the principal eigenvector ends in it",
                evidence(method.NUMERIC, "C = [[2, 1], [1, 2]], 400 small steps", _converges),
            ),
        )
    )


THEOREM = hs.Theorem(
    name="oja_own_output",
    title="Oja's rule with its own output: not local in one weight, and a principal component of norm 1",
    statement=(FLOW, NORM, RATES),
    derive=derivation,
    prose=__doc__,
    assumptions=(
        "the rate is small, so that weights follow the average",
        "C is positive definite, with a simple largest eigenvalue",
        "the start is not orthogonal to the principal eigenvector",
    ),
    source="oja1982 (equation unverified); derived here",
)
