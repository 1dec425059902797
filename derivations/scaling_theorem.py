r"""The scaling theorem: how the capacity of an additive rule grows with the number of units.

With k = K - 1 the noise is N = N_0 + k N_1 + k^2 N_2. On two stored values, without inhibition,

    N_2 = 4 n A^2 Var[s],    N_1 = 4 n^2 E[s]^2 B + (terms of order n),

with the drift A = E[g] and the post part B = Var[E[g | u]]; the signal is of order n and does not
depend on K. So the number K_max of patterns at which rho falls to z^2 grows

    like D        if and only if  A = 0 and B E[s]^2 = 0,
    like sqrt(D)  if A != 0 and B E[s]^2 = 0,
    not at all    if B E[s]^2 != 0,

for a rule with a signal. What repairs which term:

* a threshold, zero, fixed or optimal, moves the means and no variance: rho does not depend on it, and
  neither do N_1 and N_2. It repairs the bias that the pre part gives to every field, not a noise;
* inhibition, the field less the mean field of the population, removes what is common to all units: the
  drift, and the noise of the pre part. The post part differs between units, and stays;
* a centred cue, E[s] = 0, removes B E[s]^2, and leaves the drift;
* on biased patterns x_i (x_j - a) is safe and x_j (x_i - a) is not: both have no drift, but the second
  has the post part a^2 (1 - a^2).

Inhibition has a price that no other threshold has. A unit does not excite itself, so the mean field lacks
in each unit's presence what that unit would receive from itself, and a drift acts back on the signal:

    M(x+) - M(x-) = (2 n / D) (n (a c_post + c_corr) - (c_0 + a c_post) - k A)

on bipolar patterns with a complete cue. The gap depends on K, at K of order D to leading order. A
drift with no other term has rho = (D - 1)/(1 - a^2), whatever K is: it stores nothing and copies the cue.

Assumptions: entries independent over units and patterns; two stored values; additive rule; no diagonal.
"""

from functools import lru_cache
from itertools import pairwise

import sympy as sp

import hebbsym as hs
from derivations.coefficient_theorem import signal_and_noise
from derivations.field_moments import GENERAL, PAIR, A, B, E, Var, cue, k, n, parts
from hebbsym.notation import D, K, a, alpha, coefficient, delta, f, theta, x_i, x_j, z

c_0, c_post, c_pre, c_corr = (coefficient(p, q) for p, q in ((0, 0), (1, 0), (0, 1), (1, 1)))
kappa = sp.Symbol("kappa", positive=True)
THIRD = sp.Rational(1, 3)
DRIFT = sp.Rational(1, 5)
CENTRED = hs.Exact(centred=sp.S.One)
SETTINGS = tuple(
    hs.Setting(GENERAL, patterns, one)
    for patterns in (hs.Bipolar(a), hs.Binary(f), PAIR)
    for one in (hs.Exact(), CENTRED, hs.Flip(delta), hs.Mask(delta))
)
LARGE = tuple(sp.Integer(10) ** power for power in (10, 13, 16, 19, 22))
FIRST = {D: LARGE[0], z: sp.Rational(1, 3)}


def _rule(drift: sp.Expr, u: sp.Expr, v: sp.Expr, scale: sp.Expr = sp.S.One) -> hs.ExpandedRule:
    """drift + (x_i - u)(x_j - v)."""
    return hs.ExpandedRule(
        2, {(1, 1): scale, (1, 0): -v * scale, (0, 1): -u * scale, (0, 0): u * v * scale + drift}
    )


BIASED, FAIR, SPARSE = hs.Bipolar(THIRD), hs.Bipolar(), hs.Binary(THIRD)
ZERO = sp.S.Zero
PLAIN, BOTH = _rule(ZERO, ZERO, ZERO), _rule(ZERO, THIRD, THIRD)
PRE, POST = _rule(ZERO, ZERO, THIRD), _rule(ZERO, THIRD, ZERO)  # x_i (x_j - a), x_j (x_i - a)
DRIFTING = _rule(DRIFT, ZERO, ZERO)
CASES = (
    # rule, patterns, cue, inhibition, exponent of D in K_max
    (PLAIN, FAIR, hs.Exact(), False, 1),
    (_rule(ZERO, DRIFT, DRIFT), FAIR, hs.Exact(), True, 1),
    (hs.ExpandedRule(2, {(1, 1): sp.S.One, (1, 0): DRIFT}), FAIR, hs.Exact(), False, 1),
    (DRIFTING, FAIR, hs.Exact(), False, sp.S.Half),
    (DRIFTING, FAIR, hs.Exact(), True, 1),
    (BOTH, BIASED, hs.Exact(), False, 1),
    (BOTH, BIASED, CENTRED, False, 1),
    (PRE, BIASED, hs.Exact(), False, 1),
    (POST, BIASED, hs.Exact(), False, 0),
    (POST, BIASED, hs.Exact(), True, 0),
    (POST, BIASED, CENTRED, False, 1),
    (PLAIN, BIASED, hs.Exact(), False, 0),
    (PLAIN, BIASED, hs.Exact(), True, 0),
    (PLAIN, BIASED, CENTRED, False, sp.S.Half),
    (PLAIN, BIASED, CENTRED, True, 1),
    (PLAIN, SPARSE, hs.Exact(), False, 0),
    (PRE, SPARSE, hs.Exact(), False, 1),
    (POST, SPARSE, hs.Exact(), False, 0),
    (BOTH, SPARSE, hs.Flip(sp.Rational(1, 10)), False, 1),
)


# ---- evidence ------------------------------------------------------------------------------


def _cue_moments(setting: hs.Setting) -> tuple[sp.Expr, sp.Expr]:
    """E[s] and Var[s]."""
    mean = setting.cue.moment(setting.pre, 0, 1)
    return mean, sp.expand(setting.cue.moment(setting.pre, 0, 2) - mean**2)


def _powers_of_the_load() -> bool:
    """N_2 and the n^2 term of N_1 for the general rule, three ensembles, four cues; none higher."""
    for setting in SETTINGS:
        signal, noise = signal_and_noise(setting)
        drift, post = parts(setting)
        mean, variance = _cue_moments(setting)
        by_size = sp.Poly(noise, n, k).as_dict()
        expected = {(1, 2): 4 * drift**2 * variance, (2, 1): 4 * mean**2 * post}
        if set(by_size) - {(1, 0), (1, 1), *expected}:
            return False
        if any(sp.expand(by_size.get(key, ZERO) - e) != 0 for key, e in expected.items()):
            return False
        if sp.degree(signal, n) != 1 or signal.has(k):
            return False
    return True


def _leading_noise() -> bool:
    """N / n^2 in the three regimes, for the general rule on bipolar patterns, as n grows."""
    noise = signal_and_noise(SETTINGS[0])[1]
    drift, post = parts(SETTINGS[0])
    v = 1 - a**2
    safe = {c_post: -a * c_corr, c_0: -c_pre * a}  # B = 0 and A = 0
    linear = 4 * kappa * v * ((c_pre + a * c_corr) ** 2 + v * c_corr**2)
    tests = (
        (noise.xreplace({k: kappa * n}).subs(safe), linear),
        (
            noise.xreplace({k: kappa * sp.sqrt(n)}).subs(c_post, -a * c_corr),
            4 * kappa**2 * v * drift.subs(c_post, -a * c_corr) ** 2,
        ),
        (noise, 4 * k * a**2 * post),
    )
    return all(
        sp.expand(sp.limit(sp.expand(found / n**2), n, sp.oo) - expected) == 0
        for found, expected in tests
    )


_v, _gap = 1 - a**2, c_corr + a * c_post
LAWS = (
    _gap**2 / (z**2 * _v * ((c_pre + a * c_corr) ** 2 + _v * c_corr**2)),
    sp.Abs(_gap) / (z * sp.sqrt(_v) * sp.Abs(A)),
    1 + _gap**2 / (z**2 * a**2 * B),
)


@lru_cache(maxsize=64)
def _load(rule: hs.ExpandedRule, patterns: hs.Bipolar, one: hs.Exact, inhibits: bool) -> sp.Expr:
    """The exact K_max of the package, for symbolic D and z."""
    threshold = hs.Inhibition() if inhibits else hs.Zero()
    return hs.derive(rule, patterns, cue=one, threshold=threshold)["capacity:snr"].formula


def _exponents() -> bool:
    """Slopes of ln K_max between five sizes approach the exponent, for every case."""
    for rule, patterns, one, inhibits, exponent in CASES:
        load = _load(rule, patterns, one, inhibits)
        logs = [hs.evaluate(sp.log(load).xreplace({**FIRST, D: size})) for size in LARGE]
        step = hs.evaluate(sp.log(LARGE[1] / LARGE[0]))
        miss = [abs((high - low) / step - exponent) for low, high in pairwise(logs)]
        if miss[-1] > 1e-6 or any(later > earlier for earlier, later in pairwise(miss)):
            return False
    return True


def _laws_are_limits() -> bool:
    """K_max over D, sqrt(D) and 1 against the three laws at five sizes: the distance falls to nothing."""
    both = _rule(DRIFT, ZERO, THIRD)  # x_i (x_j - a) + 1/5
    for law, exponent, rule in zip(LAWS, (1, sp.S.Half, 0), (PRE, both, PLAIN), strict=True):
        drift, post = parts(hs.Setting(rule, BIASED))
        at = {coefficient(*pq): rule.terms.get(pq, ZERO) for pq in ((1, 0), (0, 1), (1, 1))}
        limit = hs.evaluate(law.xreplace({**at, A: drift, B: post, a: THIRD, z: FIRST[z]}))
        load = _load(rule, BIASED, hs.Exact(), False) / D**exponent
        misses = [abs(hs.evaluate(load, {**FIRST, D: size}) / limit - 1) for size in LARGE]
        if misses[-1] > 1e-9 or any(later > earlier for earlier, later in pairwise(misses)):
            return False
    return True


def _roots_are_roots() -> bool:
    """Without inhibition: rho from the averages of the definition, at K_max, is z^2 (25 digits)."""
    for rule, patterns, one, inhibits, _ in CASES:
        if inhibits:
            continue
        signal, noise = signal_and_noise(hs.Setting(rule, patterns, one))
        at = {n: D - 1, k: _load(rule, patterns, one, False) - 1}
        ratio = (signal**2 / (noise * z**2)).xreplace(at).xreplace({**FIRST, D: sp.Integer(1001)})
        if abs(hs.evaluate(ratio) - 1) > sp.Rational(1, 10**25):
            return False
    return True


def _thresholds_leave_rho() -> bool:
    """rho, exact, under zero, fixed, optimal and Bayes thresholds: one and the same expression."""
    found = {
        hs.derive(GENERAL, hs.Bipolar(a), threshold=one)["snr"].formula
        for one in (hs.Zero(), hs.Fixed(theta), hs.Optimal(), hs.Bayes())
    }
    return len(found) == 1


GAP = (2 * (D - 1) / D) * (
    (D - 1) * (a * c_post + c_corr) - (c_0 + a * c_post) - (K - 1) * parts(SETTINGS[0])[0]
)
INHIBITED = hs.Setting(GENERAL, hs.Bipolar(a), hs.Exact(), hs.Inhibition())


def _gap_depends_on_load() -> bool:
    """The gap under inhibition against all patterns, and against the package's signal vector."""
    for units, patterns in ((2, 2), (3, 2), (4, 2), (3, 3)):
        truth = hs.enumerate_fields(INHIBITED, units, patterns)
        at = {D: sp.Integer(units), K: sp.Integer(patterns)}
        if sp.expand(GAP.xreplace(at) - truth.field_mean(1) + truth.field_mean(-1)) != 0:
            return False
    s = hs.derive(GENERAL, hs.Bipolar(a), threshold=hs.Inhibition())["signal_vector"].formula
    c = sp.Matrix([c_0, c_post, c_pre, c_corr])
    return sp.expand(sp.expand(D * GAP) - sp.expand(D * (s.T * c)[0])) == 0


def _inhibition_removes_the_common_part() -> bool:
    """The exact inhibited noise: at K of order D neither A nor the pre part is left; B is."""
    claims = hs.derive(GENERAL, hs.Bipolar(a), threshold=hs.Inhibition())
    c = sp.Matrix([c_0, c_post, c_pre, c_corr])
    noise = sp.expand(D**2 * (c.T * claims["noise_matrix"].formula * c)[0])
    for units, patterns in ((3, 2), (3, 3)):
        truth = hs.enumerate_fields(INHIBITED, units, patterns)
        spread = 2 * truth.field_variance(1) + 2 * truth.field_variance(-1)
        here = noise.xreplace({D: sp.Integer(units), K: sp.Integer(patterns)})
        if sp.expand(here - units**2 * spread) != 0:
            return False
    drift, post = parts(SETTINGS[0])
    safe = {c_post: -a * c_corr}  # B = 0
    by_size = {m: sp.expand(part) for m, part in sp.Poly(noise, D, K).terms()}
    crowd = by_size[4, 1] - 4 * a**2 * post  # n^2 k, divided by D^2
    leading = by_size[3, 1].subs(safe) - 4 * (1 - a**2) ** 2 * c_corr**2
    highest = max(units for units, patterns in by_size if patterns == 2)
    square = by_size[1, 2] - 4 * (1 - a**2) * drift**2
    return sp.expand(crowd) == 0 == sp.expand(leading) and highest == 1 and sp.expand(square) == 0


def _drift_acts_back() -> bool:
    """K_max/D of x_i (x_j - a) + A under inhibition tends to the root of (v - alpha A)^2 = z^2 alpha v^2."""
    v = 1 - THIRD**2
    for sign in (1, -1):
        load = _load(_rule(sign * DRIFT, ZERO, THIRD), BIASED, hs.Exact(), True)
        roots = sp.roots((v - alpha * sign * DRIFT) ** 2 - 4 * alpha * v**2, alpha)
        first = min(roots, key=hs.evaluate)
        misses = [
            abs(hs.evaluate((load / D).xreplace({D: size, z: sp.Integer(2)}) / first) - 1)
            for size in LARGE
        ]
        if misses[-1] > 1e-15 or any(later > earlier for earlier, later in pairwise(misses)):
            return False
    return True


def _drift_copies() -> bool:
    """rho of the drift alone under inhibition: (D - 1)/(1 - a^2), against all patterns too."""
    rule = hs.ExpandedRule(0, {(0, 0): c_0})
    claim = hs.derive(rule, hs.Bipolar(a), threshold=hs.Inhibition())["snr"].formula
    setting = hs.Setting(rule, hs.Bipolar(a), hs.Exact(), hs.Inhibition())
    closed = (D - 1) / (1 - a**2)
    return sp.cancel(claim - closed) == 0 and all(
        sp.cancel(hs.enumerate_fields(setting, units, load).snr() - closed.xreplace({D: units}))
        == 0
        for units, load in ((3, 1), (3, 2), (3, 3), (4, 2))
    )


def _safe_and_unsafe() -> bool:
    """A and B of x_i (x_j - a) and of x_j (x_i - a), symbolic bias, bipolar and binary."""
    found = []
    for patterns, mean, spread in ((hs.Bipolar(a), a, 1 - a**2), (hs.Binary(f), f, f * (1 - f))):
        safe, unsafe = (
            parts(hs.Setting(_rule(ZERO, *centres), patterns))
            for centres in ((ZERO, mean), (mean, ZERO))
        )
        found.append(tuple(map(sp.expand, safe)) == (0, 0))
        found.append(sp.expand(unsafe[0]) == 0 == sp.expand(unsafe[1] - mean**2 * spread))
    return all(found)


# ---- the derivation ------------------------------------------------------------------------

rho, big = sp.Symbol("rho"), sp.Symbol(r"K_{\max}")
N_0, N_1, N_2, G = sp.symbols("N_0 N_1 N_2 G")
SECOND = sp.Eq(N_2, 4 * n * A**2 * Var(cue))
LINEAR = sp.Eq(N_1, 4 * n**2 * E(cue) ** 2 * B + sp.Function("O")(n))
SAFE = sp.And(sp.Eq(A, 0), sp.Eq(B * E(cue), 0))
EXPONENTS = sp.Eq(sp.Symbol(r"d\ln K_{\max}/d\ln D"), sp.Symbol(r"{1,\ \tfrac12,\ 0}"))
GROWTH = sp.Equivalent(sp.Eq(sp.Symbol(r"\lim K_{\max}/D"), 0), sp.Not(SAFE))


def _growth_steps() -> tuple[hs.Step, ...]:
    evidence, method = hs.Evidence, hs.Method
    return (
        hs.Step(
            sp.Eq(rho, (n * G) ** 2 / (N_0 + k * N_1 + k**2 * N_2)),
            "theorem field_moments: without inhibition the cued pattern alone carries the signal n G",
        ),
        hs.Step(
            sp.And(SECOND, LINEAR),
            "the two terms of V that grow faster than n k: the drift, common to all units, and the post "
            "part, common to all presynaptic units of one unit",
            evidence(
                method.SUBSTITUTION,
                "general rule, three ensembles, four cues, as polynomials in n and k",
                _powers_of_the_load,
            ),
        ),
        hs.Step(
            sp.Eq(sp.Symbol(r"{\lim K_{\max}/D}"), LAWS[0]),
            "A = 0 = B E[s]^2: the noise is n k times a constant; bipolar patterns with a complete cue, "
            "a != 0; what is dropped is of relative order 1/D",
        ),
        hs.Step(
            sp.Eq(sp.Symbol(r"{\lim K_{\max}/\sqrt{D}}"), LAWS[1]),
            "A != 0, B E[s]^2 = 0: k^2 n A^2 Var[s] overtakes n k at k of order sqrt(n)",
            evidence(
                method.LIMIT,
                "leading noise of the general rule in the three regimes, symbolic",
                _leading_noise,
            ),
        ),
        hs.Step(
            sp.Eq(sp.Symbol(r"{\lim K_{\max}}"), LAWS[2]),
            "B E[s]^2 != 0: signal squared and noise are both of order n^2 at a finite k",
            evidence(
                method.LIMIT, "the three laws against exact roots, five sizes", _laws_are_limits
            ),
        ),
        hs.Step(
            EXPONENTS,
            "the three cases, and no other, since the orders of the terms are 1, 1/2 and 0",
            evidence(
                method.LIMIT,
                f"slopes of the exact root between five sizes, {len(CASES)} cases",
                _exponents,
            ),
        ),
        hs.Step(
            sp.Eq(sp.Function("rho")(big), z**2),
            "the exact roots are roots of rho from the averages of the definition",
            evidence(
                method.SUBSTITUTION, "25 digits, the cases without inhibition", _roots_are_roots
            ),
        ),
    )


def _repair_steps() -> tuple[hs.Step, ...]:
    evidence, method = hs.Evidence, hs.Method
    h, mean = sp.symbols(r"h \bar{h}")
    return (
        hs.Step(
            sp.Eq(Var(h - theta), Var(h)),
            "a threshold that is the same for all draws moves the means by the same amount and changes no "
            "variance: rho does not depend on it",
            evidence(
                method.SUBSTITUTION,
                "zero, fixed, optimal and Bayes, general rule",
                _thresholds_leave_rho,
            ),
        ),
        hs.Step(
            sp.Eq(mean, sp.Symbol(r"{\tfrac1D\sum_k h_k}")),
            "the subtracted mean field holds the parts A and c(v) of g, which give every unit the same "
            "field but for its missing diagonal; the post part b(u) differs between units and stays",
            evidence(
                method.ENUMERATION,
                "leading terms of the exact inhibited noise; the noise against all patterns, D = 3, K = 2, 3",
                _inhibition_removes_the_common_part,
            ),
        ),
        hs.Step(
            sp.Eq(sp.Symbol("{M(x_+) - M(x_-)}"), GAP, evaluate=False),
            "unit i is an input of every other unit and not of itself: the mean field holds "
            "(1/D) sum_k w_ki s_i, whose average is (n/D) (E[g(u, x)] + k A) x",
            evidence(
                method.ENUMERATION, "general rule, four sizes, and the claim", _gap_depends_on_load
            ),
        ),
        hs.Step(
            sp.Eq((1 - a**2 - alpha * A) ** 2, z**2 * alpha * (1 - a**2) ** 2),
            "leading order at K = alpha D for x_i (x_j - a) + A: the drift acts back on the signal, a "
            "positive one lowers the capacity, a negative one raises rho, which for small z^2 then never "
            "falls to z^2",
            evidence(method.LIMIT, "exact root over five sizes, drifts +-1/5", _drift_acts_back),
        ),
        hs.Step(
            sp.Eq(rho, (D - 1) / (1 - a**2)),
            "drift alone under inhibition: h_i - mean = -K c_0 (s_i - mean of s), a copy of the cue; such a "
            "ratio is no memory, and a best rule under inhibition is not to be read as one",
            evidence(method.ENUMERATION, "four sizes, and the claim", _drift_copies),
        ),
        hs.Step(
            sp.Eq(E(cue), 0),
            "a centred cue removes B E[s]^2 from N_1 and leaves A^2 Var[s] in N_2: the cases above",
        ),
        hs.Step(
            sp.And(
                sp.Eq(sp.Function("B")(x_i * (x_j - a)), 0),
                sp.Eq(sp.Function("B")(x_j * (x_i - a)), a**2 * (1 - a**2)),
            ),
            "both rules have A = 0; centring the presynaptic factor makes E[g | u] = 0, centring the "
            "postsynaptic one does not",
            evidence(method.SUBSTITUTION, "symbolic bias, bipolar and binary", _safe_and_unsafe),
        ),
    )


def derivation() -> hs.Derivation:
    """The powers of the load in the noise; the three laws of growth; what repairs which term."""
    return hs.Derivation((*_growth_steps(), *_repair_steps()))


THEOREM = hs.Theorem(
    name="scaling_theorem",
    title="The capacity grows like D exactly when the drift and the post part met by the cue vanish",
    statement=(
        SECOND,
        LINEAR,
        GROWTH,
    ),
    derive=derivation,
    prose=__doc__,
    assumptions=(
        "entries independent over units and patterns, with the same law for each; two stored values",
        "additive rule that does not depend on D, with a signal; weights zero at the start; no diagonal",
        "criterion: rho >= z^2 with z fixed as D grows",
        "no inhibition for N_1 and N_2; complete cue for the explicit laws",
    ),
)
