r"""The coefficient theorem: the signal is linear and the noise quadratic in the coefficients.

Let c be the vector of a rule's coefficients, reduced to (c_0, c_post, c_pre, c_corr) on two-valued
patterns. The means M(x) are linear in c and the variances V(x) quadratic, for every D and K, so

    rho(c) = (s.c)^2 / (c^T N c),    s.c = M(x+) - M(x-),    c^T N c = 2 V(x+) + 2 V(x-).

This is a Rayleigh quotient of rank one. Where N is positive definite, the best rule is c* = N^-1 s,
unique up to a factor, and rho(c*) = s^T N^-1 s. Each coefficient has a price, the relative change of
the capacity K_max at which a given rho is met,

    d ln K_max / d c_pq = 2 (s_pq / s.c - (N c)_pq / c^T N c) (c^T N c) / (K c^T N' c),  N' = dN/dK,

taken at K = K_max. All prices vanish at c*, and their sum weighted with c vanishes for every rule.

N is positive definite if and only if K > 1 and both values occur. With one pattern some rules have
no noise; in an unreduced basis, rules that agree on the stored values differ by a null vector.

Assumptions: entries independent over units and patterns, the same law at each; two-valued content;
the cue is the stored pattern; no diagonal in auto-association, all entries in hetero-association;
the population's mean field is not subtracted.

References: dayan1991 for the limit of large D and K; the finite sizes are derived here.
"""

from functools import lru_cache
from itertools import product

import sympy as sp

import hebbsym as hs
from derivations.field_moments import BASIS, GENERAL, MEAN, PAIR, VARIANCE, k, moments, n
from derivations.field_moments import MEAN_OF_CONTENT as b
from hebbsym.notation import D, K, a, coefficient, coefficient_name, f, rho, x, x_i, x_j, z

c_0, c_post, c_pre, c_corr = (coefficient(*pq) for pq in BASIS)
c = sp.Matrix([c_0, c_post, c_pre, c_corr])
SETTINGS = tuple(hs.Setting(GENERAL, patterns) for patterns in (hs.Bipolar(a), hs.Binary(f), PAIR))
SIZES = ((3, 2), (4, 3))
POINTS = ((3, 2, 3, -5), (5, 4, 7, 2), (17, 9, 11, -3))  # D, K, and 1/a, 1/b; 1/f is the third


def signal_and_noise(setting: hs.Setting) -> tuple[sp.Expr, sp.Expr]:
    """s.c and c^T N c in n and k."""
    mean, variance = moments(setting)
    low, high = (value for value, _ in setting.post.alphabet)
    signal = mean.xreplace({x: high}) - mean.xreplace({x: low})
    return sp.expand(signal), sp.expand(
        2 * variance.xreplace({x: high}) + 2 * variance.xreplace({x: low})
    )


@lru_cache(maxsize=8)
def theory(setting: hs.Setting) -> hs.Theory:
    """The claims of the package in a setting."""
    return hs.derive(setting.rule, setting.patterns)


@lru_cache(maxsize=8)
def vector_and_matrix(setting: hs.Setting) -> tuple[sp.Matrix, sp.Matrix]:
    """s and N in n and k."""
    signal, noise = signal_and_noise(setting)
    vector = sp.Matrix([sp.diff(signal, c_pq) for c_pq in c])
    return vector, (sp.hessian(noise, list(c)) / 2).expand()


def sizes(setting: hs.Setting) -> dict[sp.Symbol, sp.Expr]:
    """n and k in D and K."""
    return {n: setting.inputs, k: K - 1}


def _squares(setting: hs.Setting) -> tuple[sp.Expr, tuple[tuple[sp.Expr, sp.Expr], ...]]:
    """The factor of the noise, and its squares, each with its weight."""
    if setting.post.name == "binary":
        w = f * (1 - f)
        drift = c_0 + (c_post + c_pre) * f + c_corr * f**2
        post, pre = c_post + c_corr * f, c_pre + c_corr * f
        return 2 * n * w, (
            (sp.S.One, c_0 + c_pre + k * drift),
            (sp.S.One, c_0 + c_pre + c_post + c_corr + k * drift),
            (2 * k * f * (1 + (n - 1) * f), post),
            (2 * k * f, pre),
            (2 * k * f * w, c_corr),
        )
    content = a if setting.auto else b
    w, v = 1 - content**2, 1 - a**2
    drift = c_0 + c_post * content + c_pre * a + c_corr * a * content
    post, pre = c_post + c_corr * a, c_pre + c_corr * content
    return 4 * n, (
        (v, c_0 + k * drift),
        (v, c_post),
        (k * w * (1 + (n - 1) * a**2), post),
        (k * v, pre),
        (k * v * w, c_corr),
    )


def quadratic(setting: hs.Setting) -> sp.Expr:
    """The noise as a sum of squares."""
    factor, squares = _squares(setting)
    return factor * sp.Add(*(weight * form**2 for weight, form in squares))


# ---- evidence ------------------------------------------------------------------------------


def _ratios_agree() -> bool:
    """s.c and c^T N c against all patterns, for the general rule on three ensembles."""
    for setting, (units, patterns) in product(SETTINGS, SIZES):
        truth = hs.enumerate_fields(setting, units, patterns)
        low, high = (value for value, _ in setting.post.alphabet)
        at = {n: setting.inputs.xreplace({D: sp.Integer(units)}), k: sp.Integer(patterns - 1)}
        signal, noise = (part.xreplace(at) for part in signal_and_noise(setting))
        gap = truth.field_mean(high) - truth.field_mean(low)
        spread = 2 * truth.field_variance(high) + 2 * truth.field_variance(low)
        if sp.expand(signal - gap) != 0 or sp.expand(noise - spread) != 0:
            return False
    return True


def _squares_agree(place: int) -> bool:
    """The sum of squares against M and V, and s, N against the engine of set partitions."""
    setting = SETTINGS[place]
    noise = signal_and_noise(setting)[1]
    claims = theory(setting)
    s, N = (m.xreplace(sizes(setting)) for m in vector_and_matrix(setting))
    return (
        sp.expand(quadratic(setting) - noise) == 0
        and (claims["signal_vector"].formula - s).expand() == sp.zeros(4, 1)
        and (claims["noise_matrix"].formula - N).expand() == sp.zeros(4, 4)
    )


def _forms_are_independent() -> bool:
    """Four of the five linear forms have determinant +-(1 + k), and the weights of all are positive."""
    for setting in SETTINGS:
        _, squares = _squares(setting)
        rows = [squares[place][1] for place in (0, 2, 3, 4)]
        matrix = sp.Matrix([[sp.diff(form, c_pq) for c_pq in c] for form in rows])
        if sp.expand(matrix.det() ** 2 - (1 + k) ** 2) != 0:
            return False
        if not all(_at(weight, setting, point) > 0 for weight, _ in squares for point in POINTS):
            return False
    return True


def _at(expression: sp.Basic, setting: hs.Setting, point: tuple[int, ...]) -> sp.Basic:
    """The value at a rational point."""
    units, load, first, second = map(sp.Integer, point)
    values = {D: units, K: load, k: load - 1, n: setting.inputs.xreplace({D: units})}
    return expression.xreplace({**values, a: 1 / first, f: 1 / first, b: 1 / second})


def _minors_are_positive() -> bool:
    """Sylvester: all leading principal minors of N at nine rational points."""
    for setting, point in product(SETTINGS, POINTS):
        N = _at(vector_and_matrix(setting)[1], setting, point)
        if not all(N[:size, :size].det() > 0 for size in range(1, 5)):
            return False
    return True


def _one_pattern_is_singular() -> bool:
    """At K = 1 the rank is 2, and x_j alone has a signal-free and noise-free field on bipolar patterns."""
    for setting in SETTINGS:
        N = vector_and_matrix(setting)[1].xreplace({k: sp.S.Zero})
        if any(_at(N, setting, point).rank() != 2 for point in POINTS):
            return False
    N = vector_and_matrix(SETTINGS[0])[1].xreplace({k: sp.S.Zero})
    return N * sp.Matrix([0, 0, 1, 0]) == sp.zeros(4, 1)


def _unreduced_is_singular() -> bool:
    """All six coefficients of order 2 on {-1, 1}: rank 4, with the two null vectors x_i^2 - 1, x_j^2 - 1."""
    names = [coefficient(p, q) for p, q in ((0, 0), (1, 0), (0, 1), (2, 0), (1, 1), (0, 2))]
    setting = hs.Setting(hs.ExpandedRule(2), hs.Bipolar(a))
    N = sp.hessian(signal_and_noise(setting)[1], names)
    null = sp.Matrix([[1, 0, 0, -1, 0, 0], [1, 0, 0, 0, 0, -1]]).T
    ranks = {_at(N, setting, point).rank() for point in POINTS}
    return (N * null).expand() == sp.zeros(6, 2) and ranks == {4}


def best(setting: hs.Setting) -> sp.Matrix:
    """The coefficients of the claim ``optimal_rule``, with their common denominator removed."""
    rule = theory(setting)["optimal_rule"].formula
    top, _ = sp.fraction(sp.together(rule))
    by_power = sp.Poly(top, x_i, x_j)
    return sp.Matrix([by_power.coeff_monomial(x_i**p * x_j**q) for p, q in BASIS])


def _best_rule_solves() -> bool:
    """N c* is parallel to s for the claimed best rule; symbolic on two ensembles."""
    for setting in SETTINGS[:2]:
        s, N = (m.xreplace(sizes(setting)) for m in vector_and_matrix(setting))
        star = best(setting)
        image = N * star
        if any(sp.expand(image[row] * s[3] - image[3] * s[row]) != 0 for row in range(4)):
            return False
        if sp.expand(image[3]) == 0:
            return False
    return True


def _is_the_maximum() -> bool:
    """rho* N - s s^T annihilates c* and is positive on a complement, at rational points."""
    for setting, point in product(SETTINGS, POINTS):
        s, N = (_at(m, setting, point) for m in vector_and_matrix(setting))
        star = N.LUsolve(s)
        highest = (s.T * star)[0]
        gap = highest * N - s * s.T
        if gap * star != sp.zeros(4, 1) or star[3] == 0:
            return False
        if not all(gap[:size, :size].det() > 0 for size in (1, 2, 3)):
            return False
        claim = theory(setting)["optimal_snr"].formula
        if _at(claim, setting, point) != highest:
            return False
    return True


def prices(setting: hs.Setting, rule: sp.Matrix) -> sp.Matrix:
    """d ln K_max / d c_pq of a rule, in D and K, by the quotient rule."""
    s, N = (m.xreplace(sizes(setting)) for m in vector_and_matrix(setting))
    level, slope = (rule.T * N * rule)[0], (rule.T * N.diff(K) * rule)[0]
    each = 2 * (s / (s.T * rule)[0] - N * rule / level) * level / (K * slope)
    return each.applyfunc(lambda e: sp.cancel(sp.together(e)))


def _prices_cost_nothing_along_the_rule() -> bool:
    """rho does not depend on the scale of c: the weighted sum of prices vanishes, for symbolic c."""
    s, N = vector_and_matrix(SETTINGS[0])
    level = (c.T * N * c)[0]
    # (s.c) c^T N c times the bracket of the price, contracted with c
    return sp.expand((c.T * (s * level - N * c * (s.T * c)[0]))[0]) == 0


def _prices_vanish_at_the_best() -> bool:
    point = POINTS[1]
    for setting in SETTINGS:
        s, N = (_at(m, setting, point) for m in vector_and_matrix(setting))
        star = N.LUsolve(s)
        bracket = s / (s.T * star)[0] - N * star / (star.T * N * star)[0]
        if bracket != sp.zeros(4, 1):
            return False
    return True


def _prices_are_derivatives() -> bool:
    """Against the derivative of the exact root of rho(K) = z^2, and against the package's claims."""
    mean, step = sp.Rational(1, 3), sp.Symbol("step", real=True)
    setting = hs.Setting(GENERAL, hs.Bipolar(mean))
    at = {D: sp.Integer(41), z: sp.Rational(1, 2)}
    for centre in (sp.S.Zero, mean):  # plain Hebb and covariance
        rule = {(1, 1): sp.S.One, (1, 0): -centre, (0, 1): -centre, (0, 0): centre**2}
        claims = hs.derive(hs.ExpandedRule(2, rule), setting.patterns)
        found = prices(setting, sp.Matrix([rule[pq] for pq in BASIS]))
        root = claims["capacity:snr"].formula.xreplace(at)
        for price, pq in zip(found, BASIS, strict=True):
            claimed = claims[f"price:{coefficient_name(*pq)}"].formula
            if sp.cancel(sp.together(price - claimed)) != 0:
                return False
            moved = hs.ExpandedRule(2, {**rule, pq: rule[pq] + step})
            load = hs.derive(moved, setting.patterns)["capacity:snr"].formula.xreplace(at)
            slope = hs.evaluate(sp.diff(sp.log(load), step).subs(step, 0))
            expected = hs.evaluate(price.xreplace({**at, K: root}))
            if abs(slope - expected) > abs(expected) * sp.Rational(1, 10**25):
                return False
    return True


# ---- the derivation ------------------------------------------------------------------------

_sc, _cNc = sp.symbols(r"{(s\cdot{}c)} {c^{\mathsf{T}}Nc}")
M, V = sp.Function("M"), sp.Function("V")
QUOTIENT = sp.Eq(rho, _sc**2 / _cNc)
BEST = sp.Eq(sp.Symbol("c^{*}"), sp.Symbol(r"N^{-1}s"))
PRICE = sp.Eq(
    sp.Symbol(r"\frac{\partial \ln K_{\max}}{\partial c_{pq}}"),
    sp.Symbol(
        r"2\left(\frac{s_{pq}}{s\cdot c}-\frac{(Nc)_{pq}}{c^{\mathsf{T}}Nc}\right)"
        r"\frac{c^{\mathsf{T}}Nc}{K\,c^{\mathsf{T}}N'c}"
    ),
)


def _form(place: int) -> sp.Eq:
    return sp.Eq(_cNc, quadratic(SETTINGS[place]), evaluate=False)


def _moment_steps() -> tuple[hs.Step, ...]:
    low, high = sp.symbols("x_- x_+")
    shape = (M(high) - M(low)) ** 2 / (2 * (V(high) + V(low)))
    return (
        hs.Step(sp.Eq(rho, shape), "definition of the signal-to-noise ratio for two stored values"),
        hs.Step(MEAN, "theorem field_moments; linear in the coefficients"),
        hs.Step(VARIANCE, "theorem field_moments; quadratic in the coefficients"),
        hs.Step(
            QUOTIENT,
            "both together: a quotient of quadratic forms, the numerator of rank one",
            hs.Evidence(
                hs.Method.ENUMERATION,
                f"signal and noise, general rule, three ensembles, (D, K) in {SIZES}, zero tolerance",
                _ratios_agree,
            ),
        ),
    )


def _explicit_steps() -> tuple[hs.Step, ...]:
    evidence, method = hs.Evidence, hs.Method
    route = "the averages of the definition; and s and N by coinciding units and patterns"
    reasons = (
        "bipolar patterns of mean a, n = D - 1: averages inserted, and squares completed",
        "binary patterns of activity f, n = D - 1: averages inserted, and squares completed",
        "content of mean b, address of mean a, both bipolar, n = D: as before, with the two means apart",
    )
    steps = []
    for place, reason in enumerate(reasons):
        s, _ = vector_and_matrix(SETTINGS[place])
        steps.append(hs.Step(sp.Eq(_sc, sp.factor((s.T * c)[0])), "M(x+) - M(x-): " + reason))
        steps.append(
            hs.Step(
                _form(place),
                reason,
                evidence(method.SECOND_ROUTE, route, lambda place=place: _squares_agree(place)),
            )
        )
    N = vector_and_matrix(SETTINGS[0])[1]
    parts = [N.applyfunc(lambda e, m=m: sp.factor(sp.expand(e).coeff(k, m))) for m in (0, 1, 2)]
    steps.extend(
        hs.Step(
            sp.Eq(sp.Symbol(f"N_{m}"), sp.ImmutableMatrix(part), evaluate=False),
            f"the matrix of k^{m} in N = N_0 + k N_1 + k^2 N_2, over (c_0, c_post, c_pre, c_corr), bipolar",
        )
        for m, part in enumerate(parts)
    )
    return tuple(steps)


def _definite_steps() -> tuple[hs.Step, ...]:
    evidence, method = hs.Evidence, hs.Method
    return (
        hs.Step(
            sp.Gt(_cNc, 0),
            "a sum of squares with positive weights if K > 1 and both values occur; it vanishes only "
            "where all five forms do, and four of them are independent, with determinant K",
            evidence(
                method.SUBSTITUTION, "determinant of the forms, symbolic", _forms_are_independent
            ),
        ),
        hs.Step(
            sp.Gt(sp.Symbol(r"\det N_{[m]}"), 0),
            "so N is positive definite; the same by Sylvester's leading principal minors, m = 1, ..., 4",
            evidence(method.ENUMERATION, "nine rational points", _minors_are_positive),
        ),
        hs.Step(
            sp.Eq(sp.Symbol(r"\operatorname{rank}N"), 2),
            "with one pattern, K = 1, only the pattern's own noise is left: N is singular, and some "
            "rules have an infinite rho",
            evidence(method.SUBSTITUTION, "rank and a null vector", _one_pattern_is_singular),
        ),
        hs.Step(
            sp.Eq(x_i**2, 1),
            "in an unreduced basis N is singular: rules that agree on the stored values are one rule, "
            "and of six coefficients of order 2 on bipolar patterns four remain",
            evidence(
                method.SUBSTITUTION, "rank 4 of 6 and both null vectors", _unreduced_is_singular
            ),
        ),
    )


def _best_steps() -> tuple[hs.Step, ...]:
    evidence, method = hs.Evidence, hs.Method
    return (
        hs.Step(
            BEST,
            "Cauchy-Schwarz in the inner product of N: $(s\\cdot c)^2\\le(s^{\\mathsf T}N^{-1}s)(c^{\\mathsf T}Nc)$, with "
            "equality only for c parallel to $N^{-1}s$",
            evidence(
                method.SUBSTITUTION,
                "N c* parallel to s, two ensembles, symbolic",
                _best_rule_solves,
            ),
        ),
        hs.Step(
            sp.Eq(sp.Symbol(r"\rho^{*}"), sp.Symbol(r"s^{\mathsf{T}}N^{-1}s")),
            "the value at c*; the difference rho* N - s s^T is positive semidefinite with the one null "
            "direction c*",
            evidence(
                method.SECOND_ROUTE,
                "minors, null vector and the claimed rho*, nine rational points",
                _is_the_maximum,
            ),
        ),
        hs.Step(
            PRICE,
            "implicit differentiation of rho(c, K) = z^2 at K = K_max(c)",
            evidence(
                method.SECOND_ROUTE,
                "derivative of the exact root, 25 digits, and the claims, two rules",
                _prices_are_derivatives,
            ),
        ),
        hs.Step(
            sp.Eq(sp.Symbol(r"\sum_{pq}c_{pq}\,\partial\ln K_{\max}/\partial c_{pq}"), 0),
            "Euler: rho does not change when c is scaled",
            evidence(
                method.SUBSTITUTION,
                "general rule, symbolic",
                _prices_cost_nothing_along_the_rule,
            ),
        ),
        hs.Step(
            sp.Eq(sp.Symbol(r"\partial\ln K_{\max}/\partial c_{pq}|_{c^{*}}"), 0),
            "c* is the maximum at its load, so no coefficient can be changed with profit",
            evidence(
                method.SUBSTITUTION, "three ensembles, rational point", _prices_vanish_at_the_best
            ),
        ),
    )


def derivation() -> hs.Derivation:
    """Moments, explicit s and N, definiteness, the best rule and the prices."""
    return hs.Derivation((*_moment_steps(), *_explicit_steps(), *_definite_steps(), *_best_steps()))


THEOREM = hs.Theorem(
    name="coefficient_theorem",
    title="The signal-to-noise ratio is a Rayleigh quotient in the coefficients, with the best rule N^-1 s",
    statement=(QUOTIENT, BEST),
    derive=derivation,
    prose=__doc__,
    assumptions=(
        "entries independent over units and patterns, with the same law for each",
        "content of two values, both of which occur; rule additive, reduced to four coefficients",
        "the cue is the stored pattern; no diagonal (auto) or all entries (hetero)",
        "zero, fixed or optimal threshold: the population's mean field is not subtracted",
        "K > 1",
    ),
    source="dayan1991 for large D and K; derived here at finite D and K",
)
