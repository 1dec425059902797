r"""Energy of an additive rule, and the rules that have one.

Reduced to bipolar patterns an additive rule adds g(u, v) = c_0 + c_post u + c_pre v + c_corr u v
for each pattern. Its memory has the energy

    E(sigma) = -1/2 sum_{i != j} w_ij sigma_i sigma_j + theta sum_i sigma_i,

a function of the overlaps with the patterns and of the total activity, which every asynchronous
move lowers, if and only if c_post = c_pre. With site factors, d_i w_ij = d_j w_ji, an energy
exists for every set of patterns if and only if c_post = c_pre, or the rule depends on one
activity only and keeps one sign. A rule that is asymmetric and takes both signs has no energy of
whatever form: two units of it go round for ever.

What stays open: an asymmetric rule of one sign that depends on both activities. Three units
never go round then; with more units some such rules do, and for others none was found.

Assumptions: units {-1, +1}, no diagonal, weights zero at the start, one unit updated at a time
and unchanged on a tie; zero threshold where a limit cycle is exhibited.

References: hopfield1982; goles1985.
"""

from itertools import product

import sympy as sp

import hebbsym as hs
from hebbsym.notation import D, coefficient, theta, x_i, x_j

c_0, c_corr = coefficient(0, 0), coefficient(1, 1)
c_post, c_pre = coefficient(1, 0), coefficient(0, 1)
GENERAL = hs.ExpandedRule(2, {(0, 0): c_0, (1, 0): c_post, (0, 1): c_pre, (1, 1): c_corr})
VALUES = (sp.Integer(-1), sp.Integer(1))
w = sp.IndexedBase("w", real=True)
d = sp.IndexedBase("d", positive=True)
E = sp.Function("E")
TRIANGLE = sp.Eq(w[1, 2] * w[2, 3] * w[3, 1], w[2, 1] * w[3, 2] * w[1, 3])
SYMMETRISABLE = sp.And(
    sp.Eq(c_corr**2 * (c_post - c_pre), 0), sp.Eq(c_post * c_pre * (c_post - c_pre), 0)
)


def _rule(table: tuple[int, int, int, int]) -> hs.ExpandedRule:
    """The rule with the values g(+,+), g(+,-), g(-,+), g(-,-)."""
    pp, pm, mp, mm = map(sp.Integer, table)
    return hs.ExpandedRule(
        2,
        {
            (0, 0): (pp + pm + mp + mm) / 4,
            (1, 0): (pp + pm - mp - mm) / 4,
            (0, 1): (pp - pm + mp - mm) / 4,
            (1, 1): (pp - pm - mp + mm) / 4,
        },
    )


def _triangle_follows() -> bool:
    """d_i w_ij symmetric makes both products around the triangle equal."""
    s = {
        frozenset(pair): sp.Symbol(f"s{min(pair)}{max(pair)}") for pair in ((1, 2), (2, 3), (1, 3))
    }
    at = {w[m, n]: s[frozenset((m, n))] / d[m] for m, n in product((1, 2, 3), repeat=2) if m != n}
    return sp.cancel(TRIANGLE.lhs.xreplace(at) - TRIANGLE.rhs.xreplace(at)) == 0


def _triangle_conditions() -> list[sp.Expr]:
    """What each coefficient of the triangle condition, a polynomial in pattern counts, demands."""
    columns = list(product(VALUES, repeat=3))
    counts = sp.symbols(f"n:{len(columns)}")

    def weight(m: int, n: int) -> sp.Expr:
        shown = (GENERAL.update.xreplace({x_i: t[m - 1], x_j: t[n - 1]}) for t in columns)
        return sum(c * g for c, g in zip(counts, shown, strict=True))

    at = {w[m, n]: weight(m, n) for m, n in product((1, 2, 3), repeat=2) if m != n}
    difference = sp.expand((TRIANGLE.lhs - TRIANGLE.rhs).xreplace(at))
    return sp.Poly(difference, *counts).coeffs()


def _triangle_classifies() -> bool:
    """The conditions imply SYMMETRISABLE, and hold where c_post = c_pre or the rule is one-sided."""
    conditions = _triangle_conditions()
    basis = sp.groebner(conditions, c_0, c_post, c_pre, c_corr, order="grevlex")
    implied = all(basis.contains(equation.lhs) for equation in SYMMETRISABLE.args)
    solutions = ({c_post: c_pre}, {c_corr: 0, c_post: 0}, {c_corr: 0, c_pre: 0})
    return implied and all(sp.expand(c.subs(at)) == 0 for c in conditions for at in solutions)


def _one_sided_descends() -> bool:
    """A rule in one activity and of one sign has the energy with site factors: run it."""
    rules = (
        hs.ExpandedRule(1, {(0, 0): c_0, (1, 0): c_post}),
        hs.ExpandedRule(1, {(0, 0): c_0, (0, 1): c_pre}),
    )
    steps = [s for rule in rules for s in hs.energy_claim(rule, VALUES).derivation.verify()]
    return all(s.holds is not False for s in steps) and any(s.holds for s in steps)


def _both_signs_cycle() -> bool:
    """Every asymmetric rule with values in {-2, ..., 2} of both signs has a cycle of two units."""
    for table in product(range(-2, 3), repeat=4):
        if table[1] != table[2] and min(table) < 0 < max(table):
            found = hs.witness(_rule(table), tries=0)
            if found is None or len(found.states[0]) != 2 or not found.replay():
                return False
    return True


def _three_units_rest() -> bool:
    """No rule with values in {0, 1, 2} has a cycle of three units, for K <= 3; nor its negative."""
    patterns = list(product((-1, 1), repeat=3))
    sets = [(p,) for p in patterns] + [(p, q) for p in patterns for q in patterns if p <= q]
    sets += [(p, q, q) for p in patterns for q in patterns]
    tables = [t for t in product(range(3), repeat=4) if t[1] > t[2]]
    for number, table in enumerate(tables):
        signed = tuple(v * (-1) ** number for v in table)
        rule = _rule(signed)  # type: ignore[arg-type]
        if any(hs.witness(rule, patterns=chosen) is not None for chosen in sets):
            return False
    return True


def _dominance_cancels() -> bool:
    """The three differences that decide whom each of three units follows add up to zero."""
    total = (w[1, 2] - w[1, 3]) + (w[2, 3] - w[2, 1]) + (w[3, 1] - w[3, 2])
    for column in product(VALUES, repeat=3):
        at = {
            w[m, n]: GENERAL.update.xreplace({x_i: column[m - 1], x_j: column[n - 1]})
            for m, n in product((1, 2, 3), repeat=2)
            if m != n
        }
        if sp.expand(total.xreplace(at)) != 0:
            return False
    return True


def _more_units_may_cycle() -> bool:
    """The rule that counts patterns with post +1 and pre -1 has one sign and a limit cycle."""
    found = hs.witness(_rule((0, 1, 0, 0)))
    return found is not None and len(found.states[0]) > 3 and found.replay()


def derivation() -> hs.Derivation:
    """The energy with its descent, then which coefficients admit one."""
    energy = hs.energy_claim(GENERAL, VALUES, theta).derivation.steps
    evidence, method = hs.Evidence, hs.Method
    return hs.Derivation(
        (
            *energy,
            hs.Step(
                TRIANGLE,
                "if d_i w_ij = d_j w_ji with d_i > 0, multiply around a triangle of units: the "
                "factors cancel",
                evidence(
                    method.SUBSTITUTION, "w_ij = s_ij/d_i with s symmetric", _triangle_follows
                ),
            ),
            hs.Step(
                SYMMETRISABLE,
                "for every set of patterns: the condition is a polynomial in the eight numbers of "
                "patterns of each kind on three units, so each of its coefficients vanishes; "
                "this leaves c_post = c_pre, or c_corr = 0 with c_post = 0 or c_pre = 0",
                evidence(
                    method.SUBSTITUTION,
                    "Groebner basis of all coefficients; both ways",
                    _triangle_classifies,
                ),
            ),
            hs.Step(
                sp.Eq(d[1] * w[1, 2], d[2] * w[2, 1]),
                "a rule in one activity gives every synapse onto (from) a unit one weight R_i; if it "
                "keeps one sign, d_i = 1/|R_i| (post) or |R_i| (pre) makes d_i w_ij symmetric "
                "and the energy with these factors falls",
                evidence(
                    method.ENUMERATION, "symbolic one-sided rules, every state", _one_sided_descends
                ),
            ),
            hs.Step(
                sp.Lt(w[1, 2] * w[2, 1], 0),
                "an asymmetric rule that takes both signs: patterns on two units balance w_12 + w_21 "
                "and leave w_12 - w_21, so one unit copies and the other flees, and no "
                "function of the state can fall for ever",
                evidence(
                    method.ENUMERATION,
                    "a cycle of two units, replayed, for every such rule with values in {-2, ..., 2}",
                    _both_signs_cycle,
                ),
            ),
            hs.Step(
                sp.Eq((w[1, 2] - w[1, 3]) + (w[2, 3] - w[2, 1]) + (w[3, 1] - w[3, 2]), 0),
                "for every rule: in w_ij - w_ik the terms in the postsynaptic value cancel, and the "
                "rest cancels around the triangle",
                evidence(method.SUBSTITUTION, "all eight columns, symbolic", _dominance_cancels),
            ),
            hs.Step(
                sp.Ge(w[1, 2] * w[2, 1], 0),
                "a rule of one sign on three units: a unit follows (flees) the stronger of its two "
                "partners, and the signs of the three differences cannot agree, so two "
                "units follow each other and come to rest",
                evidence(
                    method.ENUMERATION,
                    "no cycle for rules with values in {0, 1, 2} and their negatives, K <= 3",
                    _three_units_rest,
                ),
            ),
            hs.Step(
                sp.Gt(D, 3),
                "more units may go round although the rule has one sign; which of these rules "
                "have a cycle is open",
                evidence(
                    method.ENUMERATION,
                    "g(+1, -1) = 1 and 0 elsewhere: a cycle, replayed",
                    _more_units_may_cycle,
                ),
            ),
        )
    )


THEOREM = hs.Theorem(
    name="energy",
    title="Energy of an additive rule, and the rules that have one",
    statement=(
        sp.Eq(
            E(sp.Symbol("sigma")),
            hs.energy_claim(GENERAL, VALUES, theta).formula,
            evaluate=False,
        ),
        sp.Eq(c_post, c_pre),
    ),
    derive=derivation,
    prose=__doc__,
    assumptions=(
        "bipolar patterns; additive rule, reduced to c_0, c_post, c_pre, c_corr",
        "units {-1, +1}; no diagonal; weights zero at the start",
        "one unit is updated at a time and keeps its state on a tie",
        "zero threshold where a limit cycle is exhibited",
    ),
    source="hopfield1982; goles1985; the classification is derived here",
)
