r"""How many rules with coefficients -1, 0 and 1 there are, up to what changes no memory.

A rule of order 2 has six coefficients, so there are 3^6 = 729 rules with coefficients in {-1, 0, 1}.
On a two-valued alphabet a rule acts through the four coefficients of its reduction only. Each is a sum
of m of the six, no two of which share one, so that the reduced rules fill the box of all integer points
with |c_pq| <= m_pq: m = (3, 1, 1, 1) on {-1, 1} and (1, 2, 2, 1) on {0, 1}, over (c_0, c_post, c_pre, c_corr).

Up to a positive factor (scale) a rule is a ray. A box holds with an integer point also the point that is left when its
common divisor is taken out, so that rays are the points whose coordinates have none, and Moebius' inversion counts them: the
sum over d of mu(d) times the number of points other than zero in the box with the sides floor(m/d).

The change of sign (the inverted pattern is recalled) pairs the rays, and only the rule that is zero is its own
opposite: by Burnside's lemma half of the rays and one remain, 93 classes on {-1, 1} and 109 on {0, 1}.

The gauge, c_0 and c_pre, is taken up by a population threshold: the box has the sides of c_post and c_corr then, and
5 and 7 classes remain. This is exact in hetero-association under inhibition, where rho contains neither
coefficient; without the diagonal each unit's own term is left, and with it all the classes above.

Rho is the same throughout a class, for every D, K and mean. Do different classes differ in rho? On biased
signs 1 class is zero, 8 have no signal, so that rho = 0 whatever else they are, and the other 84
have 81 different rho: c_0 + x_i - x_j and c_0 - x_i + x_j have the same one, for c_0 = 1, 2, 3, because each
has the drift c_0 and rho does not know the sign of the rest. On {0, 1} 21 classes have no signal and the other
87 differ. On unbiased signs N is diagonal, so that rho knows the squares of the coefficients only: 63
classes with a signal have 16 different rho.

None of these rules lets the capacity grow with D on biased signs of generic mean under a complete cue:
the post part vanishes where c_post + a c_corr does, and that has no solution in {-1, 0, 1} with a signal.
The covariance rule has c_post = -a. On unbiased signs 9 classes grow like D and 54 like sqrt(D).

Assumptions: those of the coefficient theorem; symbolic mean, so that -1 < a < 1 is generic.
"""

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import product
from math import gcd, prod
from typing import TypeAlias

import sympy as sp

import hebbsym as hs
from hebbsym.notation import D, K, a, coefficient, f

Point: TypeAlias = tuple[int, ...]

POWERS = ((0, 0), (1, 0), (0, 1), (2, 0), (1, 1), (0, 2))
BASIS = ((0, 0), (1, 0), (0, 1), (1, 1))
VALUES = (-1, 0, 1)
SIGNS, BITS = (-1, 1), (0, 1)
SIDES = {SIGNS: (3, 1, 1, 1), BITS: (1, 2, 2, 1)}
CLASSES = {SIGNS: 93, BITS: 109}
DIFFERENT = (  # patterns: classes without a signal, with one, and the different rho of these
    ("biased signs", hs.Bipolar(a), SIGNS, (8, 84, 81)),
    ("0 and 1", hs.Binary(f), BITS, (21, 87, 87)),
    ("unbiased signs", hs.Bipolar(), SIGNS, (29, 63, 16)),
)
MODULO_GAUGE = {SIGNS: 5, BITS: 7}
GENERAL = hs.ExpandedRule(2, {pq: coefficient(*pq) for pq in BASIS})
BIASED, SPARSE, FAIR = hs.Bipolar(a), hs.Binary(f), hs.Bipolar()
b = sp.Symbol("b", real=True)
PAIR = hs.Pair(content=hs.Bipolar(b), address=hs.Bipolar(a))
# D, K and one over the mean or the activity
PLACES = ((13, 5, 4), (23, 11, 5), (47, 17, 7))


def count(sides: Sequence[int]) -> int:
    """Classes of integer points with |c| <= side up to a factor of either sign, zero among them."""
    rays = sum(
        sp.mobius(d) * (prod(2 * (m // d) + 1 for m in sides) - 1) for d in range(1, max(sides) + 1)
    )
    return int(rays) // 2 + 1


def sides_of(values: tuple[int, int], order: int) -> Point:
    """How many powers of an order are reduced to each of 1, x_i, x_j and x_i x_j."""
    found = Counter(
        (p % 2, q % 2) if values == SIGNS else (min(p, 1), min(q, 1))
        for p, q in product(range(order + 1), repeat=2)
        if p + q <= order
    )
    return tuple(found[pq] for pq in BASIS)


@lru_cache(maxsize=4)
def reduced_rules(values: tuple[int, int]) -> Counter[Point]:
    """The reduced coefficients of all 729 rules, with the number of rules that have them."""
    general = hs.reduced(hs.ExpandedRule(2), values)
    forms = [general.terms.get(pq, sp.S.Zero) for pq in BASIS]
    rows = [[int(sp.diff(form, coefficient(*pq))) for pq in POWERS] for form in forms]
    return Counter(
        tuple(sum(r * c for r, c in zip(row, rule, strict=True)) for row in rows)
        for rule in product(VALUES, repeat=len(POWERS))
    )


def member(point: Point) -> Point:
    """The one member of a class without a common divisor whose first coordinate is positive."""
    divisor = gcd(*point)
    if divisor == 0:
        return point
    sign = next(c // abs(c) for c in point if c)
    return tuple(sign * c // divisor for c in point)


@lru_cache(maxsize=4)
def classes(values: tuple[int, int]) -> tuple[Point, ...]:
    """One member of each class, from the enumeration of the 729 rules."""
    return tuple(sorted({member(point) for point in reduced_rules(values)}))


@lru_cache(maxsize=8)
def theory(patterns: hs.Bipolar | hs.Binary | hs.Pair, inhibits: bool = False) -> hs.Theory:
    """The claims about the general reduced rule."""
    return hs.derive(GENERAL, patterns, threshold=hs.Inhibition() if inhibits else hs.Zero())


def at_point(expression: sp.Expr, point: Point) -> sp.Expr:
    """The expression at the coefficients of a rule."""
    given = zip(BASIS, point, strict=True)
    return expression.xreplace({coefficient(*pq): sp.Integer(c) for pq, c in given})


@lru_cache(maxsize=1024)
def ratio_at_places(patterns: hs.Bipolar | hs.Binary, point: Point) -> tuple[sp.Rational, ...]:
    """rho of a rule, exact, at three rational places."""
    rho = at_point(theory(patterns)["snr"].formula, point)
    return tuple(
        rho.xreplace({D: sp.Integer(d), K: sp.Integer(k), a: 1 / sp.Integer(m), f: 1 / sp.Integer(m)})
        for d, k, m in PLACES
    )  # fmt: skip


def has_signal(patterns: hs.Bipolar | hs.Binary, point: Point) -> bool:
    """Whether rho is not identically zero; the rule that is zero has none."""
    signal = (theory(patterns)["signal_vector"].formula.T * sp.Matrix(point))[0]
    return bool(sp.expand(signal) != 0)


# ---- evidence ------------------------------------------------------------------------------


def _boxes() -> bool:
    """The 729 rules against the box, point by point; and the sides against a count of powers."""
    for values, sides in SIDES.items():
        box = set(product(*(range(-m, m + 1) for m in sides)))
        found = reduced_rules(values)
        if set(found) != box or found.total() != 729 or sides_of(values, 2) != sides:
            return False
    return True


def _divisors_stay_in_the_box() -> bool:
    """Every point, divided by its common divisor, is the reduction of one of the rules."""
    return all(
        tuple(c // gcd(*point) for c in point) in reduced_rules(values)
        for values in SIDES
        for point in reduced_rules(values)
        if any(point)
    )


def _counted_twice() -> bool:
    """The formula against the points of the boxes of orders 1 and 2, and the 729 rules; two alphabets."""
    for values, order in product(SIDES, (1, 2)):
        sides = sides_of(values, order)
        box = product(*(range(-m, m + 1) for m in sides))
        if len({member(point) for point in box}) != count(sides):
            return False
    return all(len(classes(v)) == count(SIDES[v]) == CLASSES[v] for v in SIDES)


def _equivalent_exactly_within() -> bool:
    """Every pair of classes modulo gauge, and a member against its multiples, by ``equivalent``."""
    for values, expected in MODULO_GAUGE.items():
        carried = {member((point[1], point[3])) for point in reduced_rules(values)}
        if len(carried) != expected or count((SIDES[values][1], SIDES[values][3])) != expected:
            return False
        rules = [hs.ExpandedRule(2, {(1, 0): p, (1, 1): q}) for p, q in sorted(carried)]
        for one, other in product(range(len(rules)), repeat=2):
            found = hs.equivalent(rules[one], rules[other], values)
            if (found is None) != (one != other):
                return False
    return True


def _invariants_count_the_same() -> bool:
    """The invariants of all reduced rules: as many ratios as classes modulo gauge and sign."""
    for values, expected in MODULO_GAUGE.items():
        ratios = set()
        for point in reduced_rules(values):
            terms = {pq: sp.Integer(c) for pq, c in zip(BASIS, point, strict=True) if c}
            ratios.add(hs.invariants(hs.ExpandedRule(2, terms), values).ratios)
        if len(ratios) != expected:
            return False
    return True


def _rho_has_degree_zero() -> bool:
    """rho at a multiple of the general rule, symbolic; and for six coefficients against four."""
    factor = sp.Symbol("lambda", real=True, nonzero=True)
    scaled = {coefficient(*pq): factor * coefficient(*pq) for pq in BASIS}
    for patterns, values in ((BIASED, SIGNS), (SPARSE, BITS)):
        rho = theory(patterns)["snr"].formula
        if sp.cancel(rho.xreplace(scaled) - rho) != 0:
            return False
        four = hs.reduced(hs.ExpandedRule(2), values).terms
        put_in = {coefficient(*pq): four[pq] for pq in BASIS}
        six = hs.derive(hs.ExpandedRule(2), patterns)["snr"].formula
        if sp.cancel(rho.xreplace(put_in) - six) != 0:
            return False
    return True


def _constant_on_every_class() -> bool:
    """rho of all reduced rules at three rational places against that of their class."""
    for patterns, values in ((BIASED, SIGNS), (SPARSE, BITS)):
        for point in reduced_rules(values):
            if ratio_at_places(patterns, point) != ratio_at_places(patterns, member(point)):
                return False
    return True


def _different_ratios(patterns: hs.Bipolar | hs.Binary, values: tuple[int, int]) -> Point:
    """Classes without a signal (zero left out), with one, and the different rho of these."""
    seen = [point for point in classes(values) if has_signal(patterns, point)]
    ratios = {ratio_at_places(patterns, point) for point in seen}
    return len(classes(values)) - 1 - len(seen), len(seen), len(ratios)


def _coincidences_are_equalities() -> bool:
    """The three pairs on biased signs, symbolic in D, K and a; N is diagonal on unbiased ones."""
    rho = theory(BIASED)["snr"].formula
    pairs = (
        at_point(rho, (level, 1, -1, 0)) - at_point(rho, (level, -1, 1, 0)) for level in (1, 2, 3)
    )
    N = theory(FAIR)["noise_matrix"].formula
    return all(sp.cancel(pair) == 0 for pair in pairs) and bool(sp.Matrix(N).is_diagonal())


def _gauge_is_exact() -> bool:
    """Under inhibition rho of a pair contains neither c_0 nor c_pre; without the diagonal it does."""
    taken = {coefficient(0, 0), coefficient(0, 1)}
    pair = theory(PAIR, inhibits=True)["snr"].formula
    auto = theory(BIASED, inhibits=True)["snr"].formula
    at = {D: sp.Integer(29), K: sp.Integer(7), a: sp.Rational(1, 3), b: sp.Rational(-1, 5)}
    ratios = {
        at_point(pair, (0, p, 0, q)).xreplace(at) for p, q in ((1, 0), (0, 1), (1, 1), (-1, 1))
    }
    return not taken & pair.free_symbols and taken <= auto.free_symbols and len(ratios) == 4


def _growth() -> bool:
    """Drift and post part of every class with a signal, symbolic mean; and the numbers on unbiased signs."""
    post, drift = (theory(BIASED)[name].formula for name in ("drift:post", "drift"))
    with_signal = [p for p in classes(SIGNS) if has_signal(BIASED, p)]
    if any(sp.expand(at_point(post, point)) == 0 for point in with_signal):
        return False
    fair = [p for p in classes(SIGNS) if has_signal(FAIR, p)]
    linear = [p for p in fair if at_point(drift, p).xreplace({a: sp.S.Zero}) == 0]
    return (len(linear), len(fair) - len(linear)) == (9, 54)


# ---- the derivation ------------------------------------------------------------------------

_d, _i, _r = sp.symbols("d i r", integer=True, positive=True)
_m, _mu = sp.Function("m"), sp.Function("mu")
RAYS = sp.Sum(
    _mu(_d) * (sp.Product(2 * sp.floor(_m(_i) / _d) + 1, (_i, 1, _r)) - 1), (_d, 1, sp.oo)
)
COUNT = sp.Eq(sp.Function("C")(sp.Symbol("m")), 1 + RAYS / 2, evaluate=False)
_c = {pq: coefficient(*pq) for pq in POWERS}
_C = sp.Function("C")
_c = {pq: coefficient(*pq) for pq in POWERS}
_signs, _bits, _gauge = map(sp.Symbol, ("C_{signs}", "C_{bits}", "C_{gauge}"))


def _counting_steps() -> tuple[hs.Step, ...]:
    evidence, method = hs.Evidence, hs.Method
    reduced = sp.Tuple(_c[0, 0] + _c[2, 0] + _c[0, 2], _c[1, 0], _c[0, 1], _c[1, 1])
    return (
        hs.Step(
            reduced,
            "theorem reduction, on -1 and 1: a sum of 3, 1, 1 and 1 coefficients, none of them in two; "
            "on 0 and 1 the sums are of 1, 2, 2 and 1. Each is any integer up to that number in size",
            evidence(method.ENUMERATION, "all 729 rules, two alphabets", _boxes),
        ),
        hs.Step(
            RAYS,
            "a positive factor is taken out with the common divisor, and the point stays in the box: rays are "
            "points without one, counted by Moebius' inversion",
            evidence(method.ENUMERATION, "every point of both boxes", _divisors_stay_in_the_box),
        ),
        hs.Step(
            COUNT,
            "Burnside's lemma for the change of sign: it leaves no ray in its place, and zero is a class too",
            evidence(
                method.ENUMERATION,
                "all points of the boxes of orders 1 and 2, two alphabets",
                _counted_twice,
            ),
        ),
        *(
            hs.Step(
                sp.Eq(_C(*SIDES[values]), CLASSES[values], evaluate=False),
                reason,
                evidence(
                    method.ENUMERATION,
                    "classes of the reductions of all 729 rules",
                    lambda values=values: len(classes(values)) == CLASSES[values],
                ),
            )
            for values, reason in (
                (SIGNS, "on -1 and 1: 7 * 27 - 1 points, less those whose divisor is 2 or 3, two of each"),
                (BITS, "on 0 and 1: 9 * 25 - 1 points, less the 8 whose divisor is 2"),
            )
        ),
        hs.Step(
            sp.Eq(sp.Tuple(_C(1, 1), _C(2, 1)), sp.Tuple(5, 7), evaluate=False),
            "a population threshold takes up c_0 and c_pre: sides 1, 1 and 2, 1 are left",
            evidence(
                method.ENUMERATION,
                "every pair of classes, by the equivalence of rules",
                _equivalent_exactly_within,
            ),
        ),
        hs.Step(
            sp.Eq(sp.Symbol("n_{ratios}"), _C(sp.Symbol("m_post"), sp.Symbol("m_corr"))),
            "the ratios of what is left are complete invariants up to sign",
            evidence(
                method.SECOND_ROUTE, "invariants of all reduced rules", _invariants_count_the_same
            ),
        ),
    )  # fmt: skip


def _ratio_steps() -> tuple[hs.Step, ...]:
    evidence, method = hs.Evidence, hs.Method
    rho, factor = sp.Function("rho"), sp.Symbol("lambda")
    c = sp.Symbol("c")
    taken = sp.Function("rho")(_c[1, 0], _c[1, 1])
    return (
        hs.Step(
            sp.Eq(rho(factor * c), rho(c)),
            "rho is a quotient of two quadratic forms, and depends on reduced coefficients only",
            evidence(method.SUBSTITUTION, "general rule, two ensembles", _rho_has_degree_zero),
        ),
        hs.Step(
            sp.Eq(rho(factor * c) - rho(c), 0),
            "hence it is constant on each class",
            evidence(
                method.ENUMERATION, "all rules, three rational places", _constant_on_every_class
            ),
        ),
        *(
            hs.Step(
                sp.Eq(sp.Tuple(*sp.symbols("C_0 C_1 n_rho")), sp.Tuple(*numbers)),
                f"on {name}: classes without a signal, with one, and the different rho of these; rules whose rho "
                "differ at one place have different functions",
                evidence(
                    method.ENUMERATION,
                    "exact rho of every class at three rational places",
                    lambda patterns=patterns, values=values, numbers=numbers: (
                        _different_ratios(patterns, values) == numbers
                    ),
                ),
            )
            for name, patterns, values, numbers in DIFFERENT
        ),
        hs.Step(
            sp.Eq(rho(_c[0, 0], 1, -1, 0), rho(_c[0, 0], -1, 1, 0)),
            "the coincidences hold as functions: the drift is c_0 in both; and the noise matrix is diagonal at a = 0",
            evidence(method.SUBSTITUTION, "symbolic D, K and a", _coincidences_are_equalities),
        ),
        hs.Step(
            sp.Eq(sp.Function("rho")(c), taken, evaluate=False),
            "under inhibition, hetero-association: no c_0 and no c_pre is left, and four classes have four rho; "
            "without the diagonal both stay",
            evidence(method.SUBSTITUTION, "two symbolic means", _gauge_is_exact),
        ),
        hs.Step(
            sp.Ne(_c[1, 0] + a * _c[1, 1], 0),
            "scaling theorem: with a signal the post part vanishes for no coefficients in -1, 0, 1 and generic a, "
            "so that no capacity grows; at a = 0 it is the drift c_0 alone that decides",
            evidence(method.ENUMERATION, "all classes with a signal", _growth),
        ),
    )


def derivation() -> hs.Derivation:
    """Reduced rules fill a box; its rays are counted; rho is constant on them; which rho coincide."""
    return hs.Derivation((*_counting_steps(), *_ratio_steps()))


THEOREM = hs.Theorem(
    name="count_of_classes",
    title="The 729 rules of order 2 with coefficients -1, 0, 1 are 93 on signs and 109 on {0, 1}",
    statement=(COUNT, *(sp.Eq(_C(*SIDES[v]), CLASSES[v]) for v in SIDES)),
    derive=derivation,
    prose=__doc__,
    assumptions=(
        "entries independent over units and patterns, with the same law for each; two stored values",
        "additive rule of order 2 with coefficients -1, 0 and 1; complete cue",
        "no inhibition, except where the gauge is divided out; a mean that is generic where it is called biased",
    ),
)
