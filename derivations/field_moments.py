r"""Mean and variance of the field of an additive rule, exact in D and K, for every cue.

Let the rule add g(u, v) for each pattern, u the value at the post-, v at the presynaptic unit; let n
be the number of presynaptic units of a unit, k = K - 1 that of the patterns that are not cued, s the
cue and y the stored value at one presynaptic unit. Given the value x stored at the unit,

    M(x) = n (E[s g(x, y)] + k A E[s]),
    V(x) = n (Var[s g(x, y)] + 2 k A Cov[s g(x, y), s] + k (E[s^2] Var[g] - E[s]^2 B)
              + k^2 A^2 Var[s]) + n^2 k E[s]^2 B,

with the drift A = E[g] and the post part B = Var[E[g | u]]. The law of total variance gives V: when
the values u of the unit in the other patterns are given, the field is a sum of n terms that are
independent and identically distributed, s (g(x, y) + sum over the other patterns of g(u, v)).

The drift is common to all units. The post part differs between units and does not average out over
the presynaptic ones: it alone puts n^2 into the variance.

Assumptions: entries independent over units and patterns, the same law at each; the cue of a unit
depends on the value stored there only; no diagonal in auto-association (n = D - 1), all entries in
hetero-association (n = D); weights zero at the start; no inhibition.
"""

from functools import lru_cache
from itertools import product
from typing import TypeAlias

import sympy as sp

import hebbsym as hs
from hebbsym.notation import D, K, a, coefficient, delta, f, field_mean, field_variance, x, x_i, x_j

BASIS = ((0, 0), (1, 0), (0, 1), (1, 1))
GENERAL = hs.ExpandedRule(2, {pq: coefficient(*pq) for pq in BASIS})
MEAN_OF_CONTENT = sp.Symbol("b", real=True)
PAIR = hs.Pair(content=hs.Bipolar(MEAN_OF_CONTENT), address=hs.Bipolar(a))
y, cue = sp.symbols("y s", real=True)  # stored value and cue at a presynaptic unit
n, k = sp.symbols("n k", positive=True)  # presynaptic units; other patterns
A, B = sp.symbols("A B", real=True)
SIZES = ((2, 2), (3, 2), (4, 2), (3, 3), (4, 3))
OTHERS = (
    hs.Setting(hs.ExpandedRule(2), hs.Ternary(sp.Rational(2, 5))),
    *(
        hs.Setting(GENERAL, patterns, one)
        for patterns in (hs.Bipolar(a), hs.Binary(f), PAIR)
        for one in (hs.Exact(centred=sp.S.One), hs.Flip(delta), hs.Mask(delta))
    ),
    hs.Setting(GENERAL, hs.Bipolar(a), hs.Flip(delta, centred=sp.S.One)),
)
Law: TypeAlias = "list[tuple[tuple[sp.Expr, ...], sp.Expr]]"


def _average(expression: sp.Expr, symbols: tuple[sp.Symbol, ...], law: Law) -> sp.Expr:
    """The average of a polynomial over the entries of one unit."""
    return sp.expand(
        sum(p * expression.xreplace(dict(zip(symbols, values, strict=True))) for values, p in law)
    )


@lru_cache(maxsize=64)
def moments(setting: hs.Setting) -> tuple[sp.Expr, sp.Expr]:
    """M(x) and V(x) of the theorem, its averages taken over the alphabets, in n and k."""
    stored: Law = [((value,), p) for value, p in setting.post.alphabet]
    asked: Law = [
        ((value, state), p * q)
        for value, p in setting.pre.alphabet
        for state, q in setting.cue.transitions(setting.pre, value)
    ]

    def pre(expression: sp.Expr) -> sp.Expr:
        return _average(expression, (y, cue), asked)

    g = setting.rule.update.xreplace({x_j: y})
    response = pre(g)
    drift, square = (_average(e, (x_i,), stored) for e in (response, pre(g**2)))
    part = _average(response**2, (x_i,), stored) - drift**2
    activity, strength = pre(cue), pre(cue**2)
    own = g.xreplace({x_i: x}) * cue
    signal = pre(own)
    noise, crossing = pre(own**2) - signal**2, pre(own * cue) - activity * signal
    crosstalk = strength * (square - drift**2) - activity**2 * part
    drifting = k**2 * drift**2 * (strength - activity**2)
    each = noise + 2 * k * drift * crossing + k * crosstalk + drifting
    mean = n * (signal + k * drift * activity)
    return sp.expand(mean), sp.expand(n * each + n**2 * k * activity**2 * part)


def parts(setting: hs.Setting) -> tuple[sp.Expr, sp.Expr]:
    """The drift A and the post part B."""
    g = setting.rule.update
    stored: Law = [((value,), p) for value, p in setting.post.alphabet]
    response = _average(g, (x_j,), [((value,), p) for value, p in setting.pre.alphabet])
    drift = _average(response, (x_i,), stored)
    return drift, sp.expand(_average(response**2, (x_i,), stored) - drift**2)


# ---- evidence ------------------------------------------------------------------------------


def _agree(setting: hs.Setting, units: int, patterns: int) -> bool:
    """M and V against all patterns and cues, at every stored value, as polynomials."""
    truth = hs.enumerate_fields(setting, units, patterns)
    at = {n: setting.inputs.xreplace({D: sp.Integer(units)}), k: sp.Integer(patterns - 1)}
    mean, variance = (part.xreplace(at) for part in moments(setting))
    return all(
        sp.expand(mean.xreplace({x: value}) - truth.field_mean(value)) == 0
        and sp.expand(variance.xreplace({x: value}) - truth.field_variance(value)) == 0
        for value, _ in setting.post.alphabet
    )


def _all_sizes_agree() -> bool:
    settings = [hs.Setting(GENERAL, patterns) for patterns in (hs.Bipolar(a), hs.Binary(f), PAIR)]
    return all(_agree(s, units, load) for s, (units, load) in product(settings, SIZES))


def _all_cues_agree() -> bool:
    return all(_agree(setting, 3, 2) for setting in OTHERS)


def _is_linear() -> bool:
    """The mean is linear and homogeneous in the coefficients, the variance quadratic."""
    scale = sp.Symbol("scale")
    scaled = {coefficient(*pq): scale * coefficient(*pq) for pq in BASIS}
    for setting in (hs.Setting(GENERAL, hs.Bipolar(a)), *OTHERS[1:]):
        for power, part in enumerate(moments(setting), start=1):
            if sp.expand(part.xreplace(scaled) - scale**power * part) != 0:
                return False
    return True


def _engine_agrees() -> bool:
    """Against the sum over coinciding units and patterns, as polynomials in D and K as well."""
    for setting in (
        *(hs.Setting(GENERAL, p) for p in (hs.Bipolar(a), PAIR)),
        OTHERS[2],
        OTHERS[-1],
    ):
        claims = hs.derive(setting.rule, setting.patterns, cue=setting.cue)
        names = ("field_mean", "field_variance")
        for name, part in zip(names, moments(setting), strict=True):
            here = part.xreplace({n: setting.inputs, k: K - 1})
            for value, _ in setting.post.alphabet:
                if sp.expand((claims[name].formula - here).xreplace({x: value})) != 0:
                    return False
    return True


# ---- the derivation ------------------------------------------------------------------------

E, Var, Cov = (sp.Function(rf"\operatorname{{{name}}}") for name in ("E", "Var", "Cov"))
_g = sp.Function("g")
_u, _v = sp.symbols("u v")
_own = cue * _g(x, y)
FIELD = sp.Eq(sp.Symbol("h_i"), sp.Symbol(r"\sum_{j}\sum_{\mu} g(\xi^\mu_i, \xi^\mu_j)\, s_j"))
MEAN = sp.Eq(field_mean(x), n * (E(_own) + k * A * E(cue)))
VARIANCE = sp.Eq(
    field_variance(x),
    n
    * (
        Var(_own)
        + 2 * k * A * Cov(_own, cue)
        + k * (E(cue**2) * Var(_g(_u, _v)) - E(cue) ** 2 * B)
        + k**2 * A**2 * Var(cue)
    )
    + n**2 * k * E(cue) ** 2 * B,
)


def derivation() -> hs.Derivation:
    """The field; its mean; its variance by conditioning; linear and quadratic in the coefficients."""
    evidence, method = hs.Evidence, hs.Method
    given = sp.Symbol(r"\operatorname{Var}[\operatorname{E}[h_i\mid u]]")
    return hs.Derivation(
        (
            hs.Step(
                FIELD,
                "the field is linear in the weights, and the weights are sums over patterns; j runs over "
                "the n presynaptic units",
            ),
            hs.Step(
                MEAN,
                "the cued pattern meets its own cue; each of the k other patterns is independent of the "
                "cue and adds A E[s]; units and patterns are independent",
            ),
            hs.Step(
                sp.Eq(given, n**2 * k * E(cue) ** 2 * B),
                "law of total variance, first part: given the unit's values u in the other patterns the "
                "mean of the field is n (E[s g(x, y)] + E[s] sum E[g | u]), a sum over k independent u",
            ),
            hs.Step(
                VARIANCE,
                "second part: given u the field is a sum of n independent terms; the variance of one, "
                "averaged over u, is the bracket",
                evidence(
                    method.ENUMERATION,
                    f"M and V, general rule, three ensembles, (D, K) in {SIZES}, zero tolerance",
                    _all_sizes_agree,
                ),
            ),
            hs.Step(
                sp.Eq(E(cue), sp.Symbol(r"\operatorname{E}[\operatorname{E}[s\mid y]]")),
                "nothing else was used of the cue: complete, flipped, masked and centred cues, and "
                "patterns of three values",
                evidence(
                    method.ENUMERATION,
                    f"M and V at D = 3, K = 2, {len(OTHERS)} settings, zero tolerance",
                    _all_cues_agree,
                ),
            ),
            hs.Step(
                sp.Eq(n, D - 1),
                "auto-association without diagonal; n = D for a pair; k = K - 1",
                evidence(
                    method.SECOND_ROUTE,
                    "sum over coinciding units and patterns (set partitions), four settings",
                    _engine_agrees,
                ),
            ),
            hs.Step(
                sp.Eq(sp.Symbol(r"{M_{tg}(x)}"), sp.Symbol("t") * sp.Symbol(r"{M_g(x)}")),
                "g is linear in the coefficients: so is M, and V is quadratic in them",
                evidence(method.SUBSTITUTION, "coefficients scaled, eleven settings", _is_linear),
            ),
        )
    )


THEOREM = hs.Theorem(
    name="field_moments",
    title="Mean and variance of the field of an additive rule, exact in D and K",
    statement=(MEAN, VARIANCE),
    derive=derivation,
    prose=__doc__,
    assumptions=(
        "entries independent over units and patterns, with the same law for each",
        "the cue of a unit depends on the value stored there only",
        "no diagonal (auto-association) or all entries (hetero-association)",
        "additive rule; weights zero at the start; the population's mean field is not subtracted",
    ),
    source="derived here",
)
