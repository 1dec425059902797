r"""What no pairwise rule can exceed, however it learned: Cover's count and Gardner's load.

One unit with N free weights and threshold zero can store, of the 2^P labellings of P points in general
position,

    C(P, N) = 2 sum_{k < N} binom(P - 1, k),

half of them at P = 2 N exactly, almost all below and almost none above as N grows. With margin kappa,
points and labels of mean m and a free threshold, the largest number of labels for each weight is

    1/alpha = min_b sum_{s = -1, 1} (1 + s m)/2 < (t + kappa/sqrt(1 - m^2) - s b)_+^2 >,

t standard normal; two at kappa = m = 0, the same as Cover's.

Where a share epsilon < 1/2 of the labels may be wrong, a labelling that is stored so lies within epsilon P changes
of one that is stored whole. By the union over those, with H_2 the entropy of a coin in bits,

    log_2 Pr <= P (H_2(N/P) + H_2(epsilon) - 1) + 1:

more labels than N times the root of H_2(1/alpha) + H_2(epsilon) = 1 are stored with a probability that falls
exponentially in N. That is 2 at epsilon = 0 and 3.54 at epsilon = 1/50: errors buy a factor, and no power of N.

Every unit of a memory is bound alike, so that K <= 2 D for fair signs, whatever the rule. The bound is on
the labels of one unit; that all units can be stored at once is a stronger demand, with the same limit as
long as their weights are independent. Symmetric weights are a further constraint.

Assumptions: points in general position (Cover), independent entries (Gardner), D -> infinity (Gardner).
Where it fails: signs of few units are dependent, and fewer labellings can be stored: of the 256 labellings
of the 8 corners of a cube 104 can, and Cover's count is 128.
References: cover1965; gardner1988.
"""

from itertools import product

import sympy as sp

import hebbsym as hs
from hebbsym.notation import N, P, kappa, m

COVER, ERRORS, GARDNER = map(hs.bound, ("cover", "cover:errors", "gardner"))
C = sp.Function("C")
k = sp.Symbol("k", integer=True, nonnegative=True)
COUNT = sp.Eq(C(P, N), 2 * sp.Sum(sp.binomial(P - 1, k), (k, 0, N - 1)), evaluate=False)
HALF = sp.Eq(C(2 * N, N), sp.Integer(2) ** (2 * N - 1), evaluate=False)
LOAD = sp.Eq(sp.Symbol("alpha"), GARDNER.formula, evaluate=False)
WITH_ERRORS = sp.Eq(sp.Symbol("alpha_epsilon"), ERRORS.formula, evaluate=False)


def _separated(points: list[tuple[int, int]]) -> int:
    """Labellings of points of the plane by a line through the origin: by every cut between angles."""
    normals = [(-b, a) for a, b in points] + [(b, -a) for a, b in points]
    found = set()
    for a, b in normals:  # turned a little, so that the point on the line goes to either side
        for turn in (sp.Rational(1, 10**6), -sp.Rational(1, 10**6)):
            fields = [p * (a - turn * b) + q * (b + turn * a) for p, q in points]
            found.add(tuple(field > 0 for field in fields))
    return len(found)


def _plane_is_counted() -> bool:
    """Two weights: every labelling of 1 to 6 points of the plane that a line through the origin makes."""
    points = [(1, 2), (3, -1), (-2, 5), (4, 7), (-5, -3), (2, -9)]
    return all(
        _separated(points[:count]) == COUNT.rhs.subs({P: count, N: 2}).doit()
        for count in range(1, 7)
    )


def _half_exactly() -> bool:
    """The binomial coefficients of P - 1 = 2 N - 1 are symmetric: half of them stand below N."""
    return all(
        COUNT.rhs.subs({P: 2 * size, N: size}).doit() == HALF.rhs.subs({N: size})
        for size in range(1, 15)
    )


def _corners_of_a_cube() -> bool:
    """Threshold functions of three signs, found by all small whole weights: 104 of 256."""
    corners = list(product((-1, 1), repeat=3))
    found = {
        tuple(
            sum(w * x for w, x in zip(weights, corner, strict=True)) + b > 0 for corner in corners
        )
        for *weights, b in product(
            range(-2, 3), (-2, -1, 0, 1, 2), range(-2, 3), (-5, -3, -1, 1, 3, 5)
        )
    }
    return len(found) == 104 and int(COUNT.rhs.subs({P: 8, N: 4}).doit()) == 128


def _same_limit() -> bool:
    at = {kappa: sp.Integer(0), m: sp.Integer(0)}
    return GARDNER.anew is not None and GARDNER.anew(at) == COVER.formula == 2


def derivation() -> hs.Derivation:
    """Cover's recurrence and count, its half point; Gardner's load, and that the two agree."""
    evidence, method = hs.Evidence, hs.Method
    recurrence, count, half = COVER.derivation.steps
    counted = evidence(
        method.ENUMERATION,
        "all labellings by a line, up to six points of the plane",
        _plane_is_counted,
    )
    exactly = evidence(method.SUBSTITUTION, "N = 1 .. 14, exactly", _half_exactly)
    dependent = evidence(
        method.ENUMERATION,
        "the corners of a cube: 104 threshold functions, below 128",
        _corners_of_a_cube,
    )
    agree = evidence(method.LIMIT, "kappa = m = 0: the load is 2", _same_limit)
    return hs.Derivation(
        (
            recurrence,
            hs.Step(COUNT, count.reason, counted),
            hs.Step(HALF, half.reason, exactly),
            hs.Step(
                sp.Le(sp.Symbol("n_labels"), C(P, N)),
                "points that are not in general position leave fewer cells",
                dependent,
            ),
            *ERRORS.derivation.steps[3:],
            *GARDNER.derivation.steps,
            hs.Step(sp.Eq(sp.Symbol("alpha"), COVER.formula), "without margin and bias", agree),
        )
    )


THEOREM = hs.Theorem(
    name="cover_gardner",
    title="Cover's and Gardner's bounds for pairwise weights",
    statement=(COUNT, HALF, WITH_ERRORS, LOAD),
    derive=derivation,
    prose=__doc__,
    assumptions=tuple(
        dict.fromkeys((*COVER.assumptions, *ERRORS.assumptions, *GARDNER.assumptions))
    ),
    source="cover1965; gardner1988 (equations unverified)",
)
