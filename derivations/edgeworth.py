r"""The error of a bit beyond the Gaussian: Edgeworth's series from exact cumulants, on a lattice.

Given the values that a unit holds in the other patterns its field is a sum of n independent terms with
one law: cumulants add up, and kappa_3, kappa_4 of the field are exact polynomials in n, K, the
coefficients and the moments of the ensemble. In standardised form the logarithm of the
characteristic function is

    w^2/2 + eps k_3 w^3/6 + eps^2 k_4 w^4/24 + ...,    eps = n^(-1/2),

with k_3, k_4 free of n. Exponentiated to the order eps^2 and integrated term by term, the
probability beyond a distance t is

    P = Q(t) + phi(t) (zeta s He_2(t)/6 + e He_3(t)/24 + s^2 He_5(t)/72),

s = kappa_3/V^(3/2) the skewness, e = kappa_4/V^2 the excess, zeta = +1 where the lower value is stored
and -1 where the higher one is, He_k Hermite's polynomials. What is dropped is of order n^(-3/2).

On a lattice of span b the masses, not the density, are summed beyond the threshold. If theta is a value
of the field and its mass counts half, the sum is the integral of (b d/2) coth(b d/2) = 1 + b^2 d^2/12;
if it is none, the integral from the middle of its cell of (b d/2)/sinh(b d/2) = 1 - b^2 d^2/24,
d the derivative. The correction phi(t) t b^2 c/(24 V), c = 2 or -1, is of the order 1/n as well, so that
the series needs it: without it, and without the middle, the distance to the exact error falls
like 1/sqrt(n) only.

Assumptions: entries independent over units and patterns; two values at the recalling unit; a distance t
that stays fixed as n grows; no inhibition.
References: feller1971, section XVI.4; kolassa1990.
"""

import sympy as sp

import hebbsym as hs
from hebbsym.notation import D, K, coefficient, x

BASIS = ((0, 0), (1, 0), (0, 1), (1, 1))
GENERAL = hs.ExpandedRule(2, {pq: coefficient(*pq) for pq in BASIS})
MIXED = hs.ExpandedRule(2, {(1, 1): 1, (1, 0): sp.Rational(1, 2), (0, 1): sp.Rational(-1, 3)})
HALF, THIRD, TENTH = (sp.Rational(1, q) for q in (2, 3, 10))
t, w, eps, b, y = sp.symbols("t omega epsilon_n b y")
V, n = sp.symbols("V n", positive=True)
skew, excess, third, fourth, zeta, phi, c = sp.symbols("s e kappa_3 kappa_4 zeta varphi c")
Q = sp.Function("Q")
LOADS = (6, 8, 12, 16, 24)


def hermite(order: int, at: sp.Expr = t) -> sp.Expr:
    """He_k, from the derivatives of the normal density."""
    density = sp.exp(-(y**2) / 2)
    derived = (-1) ** order * sp.diff(density, y, order) if order else density
    return sp.expand(sp.cancel(derived / density)).xreplace({y: at})


SERIES = zeta * skew * hermite(2) / 6 + excess * hermite(3) / 24 + skew**2 * hermite(5) / 72
SMOOTH = sp.Eq(sp.Symbol("P_0"), Q(t) + phi * SERIES)
ERROR = sp.Eq(sp.Symbol("P"), Q(t) + phi * (SERIES + b**2 * c * t / (24 * V)))


# ---- evidence ------------------------------------------------------------------------------


def _cumulants_are_exact() -> bool:
    """Third and fourth cumulant of the general rule against all patterns and cues, D = 3, K = 2."""
    for patterns, cue in ((hs.Bipolar(THIRD), hs.Flip(TENTH)), (hs.Binary(THIRD), hs.Mask(HALF))):
        theory = hs.derive(GENERAL, patterns, cue=cue)
        truth = hs.enumerate_fields(hs.Setting(GENERAL, patterns, cue), 3, 2)
        at = {D: sp.Integer(3), K: sp.Integer(2)}
        for order in (3, 4):
            formula = theory[f"field_cumulant:{order}"].formula.xreplace(at)
            for value, _ in patterns.alphabet:
                found = formula.xreplace({x: value})
                if sp.expand(found - truth.field_cumulant(order, value)) != 0:
                    return False
    return True


def _exponential_gives_hermite() -> bool:
    """The terms of order eps and eps^2 of the exponential, each power w^k as the tail of He_k."""
    exponent = eps * third * w**3 / 6 + eps**2 * fourth * w**4 / 24
    expanded = sp.expand(sp.series(sp.exp(exponent), eps, 0, 3).removeO())
    kept = sum(
        factor * zeta**power * hermite(power - 1)
        for (power,), factor in sp.Poly(expanded - 1, w).terms()
    )
    wanted = (
        eps * zeta**3 * third * hermite(2) / 6
        + eps**2 * zeta**4 * fourth * hermite(3) / 24
        + eps**2 * zeta**6 * third**2 * hermite(5) / 72
    )
    signs = all(sp.expand((kept - wanted).xreplace({zeta: sp.Integer(v)})) == 0 for v in (-1, 1))
    # d/dt of -phi He_(k-1) is phi He_k: the tail of phi He_k is phi He_(k-1)
    density = sp.exp(-(t**2) / 2)
    tails = all(
        sp.expand(sp.cancel(sp.diff(-density * hermite(k - 1), t) / density) - hermite(k)) == 0
        for k in range(1, 7)
    )
    return signs and tails


def _operators_hold() -> bool:
    """On densities e^(-y m): the masses b e^(-b m k) beyond 0, exactly, for both conventions."""
    masses = b / (1 - sp.exp(-b))  # k = 0, 1, ...; the density e^(-y) has the integral 1
    half = sp.series(masses - b / 2, b, 0, 4).removeO()
    middle = sp.series(masses * sp.exp(-b / 2), b, 0, 4).removeO()
    return sp.expand(half - (1 + b**2 / 12)) == 0 and sp.expand(middle - (1 - b**2 / 24)) == 0


def _distances(theory: hs.Theory, name: str, loads: tuple[int, ...]) -> list[sp.Expr]:
    """Relative distance to the exact error, D = 4 K + 1."""
    found = []
    for load in loads:
        at = {D: sp.Integer(4 * load + 1), K: sp.Integer(load)}
        one, truth = (hs.evaluate(theory[q].formula, at, 12) for q in (name, "bit_error:exact"))
        found.append(abs(one / truth - 1))
    return found


def _falls_like(theory: hs.Theory, name: str, lowest: sp.Expr, highest: sp.Expr) -> bool:
    distances = _distances(theory, name, LOADS)
    slope = hs.evaluate(sp.log(_rational(distances[-1] / distances[0])) / sp.log(4), {}, 12)
    return bool(lowest < slope < highest)


def _rational(number: object) -> sp.Rational:
    return sp.Rational(str(number))


def _signs_fall_fast() -> bool:
    """Fair signs: a sum of n K of them, whose third cumulant is zero, so that (n K)^(-2) is left."""
    return _falls_like(hs.derive(hs.rules["hebb"]), "bit_error:edgeworth", -5, -sp.Rational(7, 2))


def _mixed_rule_falls() -> bool:
    """A post part, a pre part, biased patterns, flipped cues: at least n^(-3/2)."""
    theory = hs.derive(MIXED, hs.Bipolar(HALF), cue=hs.Flip(TENTH))
    return _falls_like(theory, "bit_error:edgeworth", -6, -sp.Rational(3, 2))


def _is_nearer() -> bool:
    """Each of the corrections is needed: the Gaussian error is at least ten times farther."""
    settings = (
        (hs.rules["hebb"], hs.Bipolar(), hs.Zero()),
        (hs.rules["hebb"], hs.Bipolar(sp.Rational(1, 4)), hs.Zero()),
        (hs.rules["hebb"], hs.Bipolar(), hs.Fixed(sp.Rational(19, 10))),
        (hs.rules["covariance"], hs.Bipolar(HALF), hs.Optimal()),
    )
    for rule, patterns, threshold in settings:
        theory = hs.derive(rule, patterns, threshold=threshold)
        (near,), (far,) = (
            _distances(theory, name, (10,)) for name in ("bit_error:edgeworth", "bit_error")
        )
        if not 10 * near < far:
            return False
    return True


# ---- the derivation ------------------------------------------------------------------------


def derivation() -> hs.Derivation:
    """Cumulants; the series; the lattice; how fast the distance to the exact error falls."""
    evidence, method = hs.Evidence, hs.Method
    kappa = sp.Function("kappa_r")
    distance = sp.Symbol(r"P / P_{\mathrm{exact}} - 1")
    return hs.Derivation(
        (
            hs.Step(
                sp.Eq(kappa(sp.Symbol("h")), n * kappa(sp.Symbol("z"))),
                "cumulants of independent numbers add up; without the unit's history given, they are "
                "those of the mixture",
                evidence(
                    method.ENUMERATION,
                    "cumulants 3 and 4 of the general rule, two ensembles and cues, D = 3, K = 2",
                    _cumulants_are_exact,
                ),
            ),
            hs.Step(
                SMOOTH,
                "exponential of the cumulants beyond the second, kept to the order 1/n; each power of "
                "omega is a derivative of the normal density, hence a Hermite polynomial",
                evidence(
                    method.SUBSTITUTION,
                    "series of the exponential; the tail of phi He_k is phi He_(k-1), k up to 6",
                    _exponential_gives_hermite,
                ),
            ),
            hs.Step(
                ERROR,
                "masses of a lattice summed by Euler and Maclaurin: c = 2 for a threshold on the lattice, "
                "whose mass counts half; c = -1 for t measured from the middle of the cell",
                evidence(
                    method.SECOND_ROUTE, "both sums for exponential densities", _operators_hold
                ),
            ),
            hs.Step(
                sp.Eq(distance, sp.Order(sp.Symbol("n") ** sp.Rational(-3, 2))),
                "the next terms of the series have cumulants of order 5, and products of lower ones",
                evidence(
                    method.NUMERIC,
                    f"distance to the exact lattice law over K in {LOADS}, D = 4 K + 1, general rule",
                    _mixed_rule_falls,
                ),
            ),
            hs.Step(
                sp.Eq(distance, sp.Order((n * K) ** sp.Integer(-2))),
                "plain Hebb rule on fair signs: the field is a sum of n K independent signs and symmetric "
                "about its mean",
                evidence(method.NUMERIC, f"the same distance over K in {LOADS}", _signs_fall_fast),
            ),
            hs.Step(
                sp.Eq(
                    sp.Symbol(r"P_{\mathrm{Gauss}} / P_{\mathrm{exact}} - 1"),
                    sp.Order(1 / sp.sqrt(n)),
                ),
                "a Gaussian error with the exact mean and variance lacks skewness and lattice",
                evidence(
                    method.NUMERIC,
                    "four settings at D = 41, K = 10: the series is at least ten times nearer",
                    _is_nearer,
                ),
            ),
        )
    )


THEOREM = hs.Theorem(
    name="edgeworth",
    title="Edgeworth's series for the error of a bit, with the corrections of the lattice",
    statement=(SMOOTH, ERROR),
    derive=derivation,
    prose=__doc__,
    assumptions=(
        "entries independent over units and patterns, with the same law for each",
        "two values at the recalling unit; the population's mean field is not subtracted",
        "the distance t from the threshold, in standard deviations, stays fixed as n grows",
        "one lattice for the field; without one (incommensurable increments) b = 0",
    ),
    source="derived here; feller1971 has the series without the lattice (section unverified)",
)
