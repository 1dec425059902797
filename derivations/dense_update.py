r"""Theorem 2.3.1 with its error term: energy difference and gradient of a dense memory, for every power n.

For the energy E(sigma) = - sum over mu of F_n(xi^mu . sigma), F_n(m) = m^n/n, let R be the overlap of a pattern
with the state outside unit i. Keeping sigma_i = +1 instead of -1 gains, from one pattern,

    F_n(R + xi_i) - F_n(R - xi_i) = 2 xi_i sum over odd k <= n of C(n, k)/n R^(n-k),

for odd powers of a sign are the sign itself. The term k = 1 is 2 xi_i R^(n-1), twice the gradient update
xi_i F_n'(R) with unit i left out of the overlap. All others, k = 3, 5, ..., are the exact difference of the
two updates:

    2 xi_i sum over odd k >= 3 of C(n, k)/n R^(n-k),    of relative size (n-1)(n-2)/(6 R^2) to leading order.

It vanishes identically for n = 1 and n = 2 and for no other n: the theorem's "approximately equivalent" is an
equality for the Hopfield energy F_2, update by update, when no unit is in its own overlap. With the unit in
the overlap the gradient is xi_i (R + xi_i sigma_i) for n = 2: it differs by K sigma_i, which holds up the state
whatever it is. Beyond, the signs themselves can differ: a witness is found by search for n = 3 (D = 4, K = 9)
and for n = 4 (D = 5, K = 8), the smallest powers of either parity. There the gradient update raises the energy,
which the energy difference never does.

Where distinct indices are summed only, the energy is linear in every unit and the difference is twice the
gradient for every n, with nothing dropped.

Assumptions: bipolar patterns and states; one unit is updated, the others are held.
References: the prospectus of 9 October 2025, theorem 2.3.1 and equations 6 to 10, which prints the statement for
F_2 with an approximate sign; krotov2016 (energy eq. 2, update eq. 4).
"""

from itertools import combinations, product

import sympy as sp

import hebbsym as hs
from hebbsym.notation import D, m

R, sign = sp.symbols("R xi_i", real=True)
sigma_i = sp.Symbol("sigma_i", real=True)
n = sp.Symbol("n", integer=True, positive=True)
k = sp.Symbol("k", integer=True, nonnegative=True)
F = sp.Function("F_n")
HIGHEST = 12


def _gap(power: int) -> sp.Expr:
    """The difference of the two updates over xi_i, from the binomial theorem: k = 3, 5, ..."""
    odd = range(3, power + 1, 2)
    return sp.Add(*(sp.Rational(2 * sp.binomial(power, j), power) * R ** (power - j) for j in odd))


def _expands() -> bool:
    """F(R + xi) - F(R - xi) - 2 xi F'(R) - xi gap = 0 at xi = -1 and 1, as polynomials in R."""
    for power in range(1, HIGHEST + 1):
        energy = m**power / power
        for xi in (-1, 1):
            flip = energy.xreplace({m: R + xi}) - energy.xreplace({m: R - xi})
            slope = 2 * xi * sp.diff(energy, m).xreplace({m: R})
            if sp.expand(flip - slope - xi * _gap(power)) != 0:
                return False
    return True


def _vanishes() -> bool:
    """The gap is zero at n = 1, 2 and at no other n up to 12."""
    return all((_gap(power) == 0) == (power <= 2) for power in range(1, HIGHEST + 1))


def _engine() -> bool:
    """Half the difference of the engine's signals is that of the theorem at R = D - 1, n = 1 .. 8."""
    for power in range(1, 9):
        separation = hs.separations["power"](sp.Integer(power))
        by_energy, by_slope = (
            hs.dense(separation, update=u)["signal"].formula for u in ("difference", "gradient")
        )
        if sp.expand(by_energy - 2 * by_slope - _gap(power).xreplace({R: D - 1})) != 0:
            return False
    return True


def _leading() -> bool:
    """The gap over 2 R^(n-1), times R^2, tends to (n-1)(n-2)/6 for large R."""
    return all(
        sp.limit(_gap(power) / (2 * R ** (power - 1)) * R**2, R, sp.oo)
        == sp.Rational((power - 1) * (power - 2), 6)
        for power in range(3, HIGHEST + 1)
    )


def _fields(power: int, patterns: tuple[tuple[int, ...], ...], state: tuple[int, ...]) -> list[int]:
    """n times: energy difference, twice the gradient without, and twice the gradient with unit 0."""
    heard = [0, 0, 0]
    for xi in patterns:
        rest = sum(x * s for x, s in zip(xi[1:], state[1:], strict=True))
        heard[0] += (rest + xi[0]) ** power - (rest - xi[0]) ** power
        heard[1] += 2 * power * xi[0] * rest ** (power - 1)
        heard[2] += 2 * power * xi[0] * (rest + xi[0] * state[0]) ** (power - 1)
    return heard


def _hopfield() -> bool:
    """F_2 on every set of 3 patterns of 3 units and every state: equal without the unit, K sigma_i with it."""
    for bits in product((-1, 1), repeat=12):
        patterns, state = (bits[:3], bits[3:6], bits[6:9]), bits[9:]
        by_energy, without, with_unit = _fields(2, patterns, state)
        if by_energy != without or with_unit - without != 4 * 3 * state[0]:
            return False
    return True


def witness(power: int, units: int, most: int = 9) -> tuple[tuple[int, ...], ...] | None:
    """Patterns, seen from the state (1, ..., 1), for which the two updates differ in sign.

    One pattern of a larger overlap outside unit 0 stands against several of a smaller one; a pattern
    enters by its entry at unit 0 and that overlap alone.
    """
    rest = units - 1
    outside = [[-1] * minus + [1] * (rest - minus) for minus in range(rest // 2 + 1)]
    for large, small in combinations(outside, 2):
        for count in range(1, most):
            chosen = ((-1, *large), *[(1, *small)] * count)
            by_energy, without, _ = _fields(power, chosen, (1,) * units)
            if by_energy * without < 0:
                return chosen
    return None


def _differ() -> bool:
    """Opposite signs for n = 3 (D = 4) and n = 4 (D = 5) with at most 9 patterns; none for n = 1 and 2."""
    found = witness(3, 4) is not None and witness(4, 5) is not None
    return found and all(witness(n_, d) is None for n_ in (1, 2) for d in (4, 5))


def _multilinear() -> bool:
    """Distinct indices: signals and variances of the engine, difference against twice the gradient, n = 1 .. 8."""
    for power in range(1, 9):
        separation = hs.separations["distinct"](sp.Integer(power))
        one, two = (
            hs.dense(separation, update=update, cue=hs.Flip(sp.Symbol("delta")))
            for update in ("difference", "gradient")
        )
        for name, factor in (("signal", 2), ("crosstalk_variance", 4)):
            if sp.expand(one[name].formula - factor * two[name].formula) != 0:
                return False
    return True


def derivation() -> hs.Derivation:
    """Binomial theorem; the gap; equality for F_2; a witness beyond; distinct indices."""
    evidence, method = hs.Evidence, hs.Method
    difference = F(R + sign) - F(R - sign)
    odd = sp.Sum(
        sp.binomial(n, 2 * k + 1) / n * R ** (n - 2 * k - 1), (k, 0, sp.floor((n - 1) / 2))
    )
    rest = sp.Sum(
        sp.binomial(n, 2 * k + 1) / n * R ** (n - 2 * k - 1), (k, 1, sp.floor((n - 1) / 2))
    )
    return hs.Derivation(
        (
            hs.Step(
                sp.Eq(difference, 2 * sign * odd, evaluate=False),
                "binomial theorem: even powers of xi_i cancel, odd powers of a sign are the sign",
            ),
            hs.Step(
                sp.Eq(difference, 2 * sign * R ** (n - 1) + 2 * sign * rest, evaluate=False),
                "the term of first order is twice xi_i F'(R); the rest is the exact difference",
                evidence(
                    method.SUBSTITUTION,
                    "both sides as polynomials in R at xi_i = -1 and 1, n = 1 .. 12",
                    _expands,
                ),
            ),
            hs.Step(
                sp.Eq(rest.xreplace({n: sp.Integer(2)}), 0, evaluate=False),
                "no odd k from 3 to n exists for n = 1 and n = 2, and one exists for every other n",
                evidence(method.SUBSTITUTION, "the rest at n = 1 .. 12", _vanishes),
            ),
            hs.Step(
                sp.Eq(difference, 2 * sign * R, evaluate=False),
                "n = 2 without self-coupling: the update of a correlation matrix memory with zero diagonal; "
                "with the unit in the overlap K sigma_i is added",
                evidence(
                    method.ENUMERATION,
                    "every set of 3 patterns of 3 units and every state, zero tolerance",
                    _hopfield,
                ),
            ),
            hs.Step(
                sp.Eq(
                    rest / R ** (n - 1),
                    (n - 1) * (n - 2) / (6 * R**2) + sp.Order(R**-4, (R, sp.oo)),
                    evaluate=False,
                ),
                "the term k = 3 leads for large overlaps",
                evidence(method.LIMIT, "limit for R to infinity, n = 3 .. 12", _leading),
            ),
            hs.Step(
                sp.Ne(sp.Symbol("h_difference"), sp.Symbol("h_gradient"), evaluate=False),
                "for n = 3 and 4 some patterns make the two updates choose opposite states",
                evidence(
                    method.ENUMERATION,
                    "a search over at most 9 patterns of 4 and of 5 units; none is found for n = 1 and 2",
                    _differ,
                ),
            ),
            hs.Step(
                sp.Eq(
                    sp.Symbol("S_difference"),
                    2 * sp.Symbol("S_gradient") + 2 * rest.xreplace({R: D - 1}),
                    evaluate=False,
                ),
                "a stored pattern has the overlap D - 1 with itself outside the unit",
                evidence(method.SECOND_ROUTE, "the engine's signals, n = 1 .. 8", _engine),
            ),
            hs.Step(
                sp.Eq(sp.Symbol("h_difference"), 2 * sp.Symbol("h_gradient"), evaluate=False),
                "with distinct indices the energy is linear in every unit",
                evidence(
                    method.SECOND_ROUTE,
                    "the engine's signal and variance with flipped cues, n = 1 .. 8",
                    _multilinear,
                ),
            ),
        )
    )


THEOREM = hs.Theorem(
    name="dense_update",
    title="Theorem 2.3.1 with its error term: energy difference and gradient for every power",
    statement=(
        sp.Eq(
            F(R + sign) - F(R - sign),
            2
            * sign
            * sp.Sum(
                sp.binomial(n, 2 * k + 1) / n * R ** (n - 2 * k - 1), (k, 0, sp.floor((n - 1) / 2))
            ),
            evaluate=False,
        ),
    ),
    derive=derivation,
    prose=__doc__,
    assumptions=(
        "bipolar patterns and states; one unit is updated, the others are held",
        "the gradient leaves the unit out of the overlap",
    ),
    source="the prospectus of 9 October 2025, theorem 2.3.1; krotov2016, eqs. 2 and 4",
)
