r"""Softmax retrieval of the log-sum-exp memory is attention, and its signs are those of exponential separation.

With E(sigma) = -(1/beta) ln sum over mu of exp(beta xi^mu . sigma) + sigma . sigma / 2 on real states:

1. the derivative of the logarithm is a softmax average of the patterns, so that E is stationary where
   sigma = sum over mu of p_mu xi^mu with p = softmax(beta Xi sigma);
2. one step sigma' = Xi^T softmax(beta Xi sigma) is attention with the query sigma, keys and values Xi, and
   beta = 1/sqrt(d);
3. a step never raises the energy: the logarithm of a sum of exponentials is convex, so that
   E(sigma') - E(sigma) <= -|sigma' - sigma|^2 / 2;
4. on bipolar states the signs of sigma' are those of sum over mu of xi^mu exp(beta xi^mu . sigma), for the
   denominator of the softmax is positive: the error of a bit after one step is that of the exponential
   separation at the same beta, with the unit in the overlap.

The signal-to-noise ratio of that sum without the unit is (e^(2 beta)/cosh(2 beta))^(D-1)/(K - 1), which rises
with beta towards 2^(D-1)/(K - 1): by this measure a larger beta is better. It is no Gaussian error: where beta
is large, few of the other patterns make up the noise.

What beta does to the error itself: where entries of the cue are flipped with probability delta,

    beta* = ln((1 - delta)/delta) / 2

errs least, and no function of the patterns and of the cue outside the unit errs less: pattern mu is the cued one with
probability proportional to exp(beta* R_mu), so that the sum has the sign of the more probable state. Exact cues
want the largest beta. For beta to infinity the nearest pattern decides, with an error of its own closed form.

Assumptions: as said in each part; patterns are unbiased signs in the ratio.
References: ramsauer2021 (energy eq. 2, update rule eq. 3, attention eq. 10), whose constants of the energy are
left out here; demircigil2017 (equation numbers unverified).
"""

from itertools import pairwise, product

import sympy as sp

import hebbsym as hs
from hebbsym.notation import D, K, delta

beta = sp.Symbol("beta", positive=True)
i, mu, nu = sp.symbols("i mu nu", integer=True, positive=True)
m, p, xi = sp.IndexedBase("m"), sp.IndexedBase("p"), sp.IndexedBase("xi")
s = sp.symbols("s_1:4", real=True)
ENTRIES = sp.Matrix(2, 3, sp.symbols("x_1:7", real=True))
PATTERNS = sp.Matrix(((1, -1, 2), (0, 3, -1)))


def _energy(patterns: sp.Matrix, state: sp.Matrix) -> sp.Expr:
    overlaps = patterns * state
    return -sp.log(sp.Add(*(sp.exp(beta * o) for o in overlaps))) / beta + state.dot(state) / 2


def softmax(numbers: sp.Matrix) -> sp.Matrix:
    """The softmax of a column."""
    total = sp.Add(*(sp.exp(v) for v in numbers))
    return numbers.applyfunc(lambda v: sp.exp(v) / total)


def attention(query: sp.Matrix, keys: sp.Matrix, values: sp.Matrix, scale: sp.Expr) -> sp.Matrix:
    """softmax(query keys^T / scale) values, for one query as a row."""
    return softmax((query * keys.T / scale).T).T * values


def _step(patterns: sp.Matrix, state: sp.Matrix) -> sp.Matrix:
    return patterns.T * softmax(beta * (patterns * state))


def _gradient() -> bool:
    """sigma - dE/d sigma is the softmax average: two patterns of three units, symbols throughout."""
    state = sp.Matrix(s)
    energy = _energy(ENTRIES, state)
    return all(
        sp.cancel(sp.together(s[u] - sp.diff(energy, s[u]) - _step(ENTRIES, state)[u])) == 0
        for u in range(3)
    )


def _attention() -> bool:
    """The same step as attention at beta = 1/sqrt(d), as expressions in all symbols."""
    d = sp.Symbol("d", positive=True)
    state = sp.Matrix(s)
    step = _step(ENTRIES, state).subs(beta, 1 / sp.sqrt(d))
    made = attention(state.T, ENTRIES, ENTRIES, sp.sqrt(d)).T
    return all(sp.expand(one - other) == 0 for one, other in zip(step, made, strict=True))


def _descends() -> bool:
    """E(sigma') - E(sigma) + |sigma' - sigma|^2/2 <= 0 at 24 states and temperatures, 30 digits."""
    for b in (sp.Rational(1, 5), sp.S.One, sp.Integer(4)):
        for point in product((sp.Integer(-2), sp.Rational(1, 3)), repeat=3):
            state = sp.Matrix(point)
            step = _step(PATTERNS, state)
            moved = (step - state).dot(step - state) / 2
            fall = _energy(PATTERNS, step) - _energy(PATTERNS, state) + moved
            if not hs.evaluate(fall.subs(beta, b)) <= 0:
                return False
    return True


def _signs() -> bool:
    """Signs of the softmax step and of the exponential sum: every 2 patterns of 3 units and every cue."""
    for bits in product((-1, 1), repeat=9):
        patterns, cue = sp.Matrix(2, 3, bits[:6]), sp.Matrix(bits[6:])
        weights = [sp.exp(o) for o in patterns * cue]
        plain = [
            sp.Add(*(w * x for w, x in zip(weights, patterns[:, u], strict=True))) for u in range(3)
        ]
        step = _step(patterns, cue).subs(beta, 1)
        if any(sp.sign(one) != sp.sign(other) for one, other in zip(plain, step, strict=True)):
            return False
    return True


def _claims() -> bool:
    """rho of lse and of exponential separation, identically in beta, D, K, for every update."""
    for update in ("difference", "gradient", "gradient-with-self"):
        one, two = (
            hs.dense(hs.separations[name](beta), update=update)["snr"].formula
            for name in ("lse", "exponential")
        )
        if hs.evaluate(one / two, {beta: sp.Rational(2, 3), D: 21, K: 9}) != 1:
            return False
    return True


def _rises() -> bool:
    """rho (K - 1) at D = 11: larger at each of five temperatures, and 2^10 in the limit."""
    formula = hs.dense(hs.separations["lse"](beta), update="gradient")["snr"].formula * (K - 1)
    temperatures = (sp.Rational(1, 10), sp.Rational(1, 2), sp.S.One, sp.Integer(3), sp.Integer(40))
    found = [hs.evaluate(formula, {beta: b, D: 11, K: 5}) for b in temperatures]
    return all(a < b for a, b in pairwise(found)) and abs(found[-1] - 2**10) < sp.Rational(
        1, 10**20
    )


def _best_beta() -> bool:
    """The claim and its enumeration: nine other beta and three powers err no less, D = 3 and 4, K = 3."""
    claim = hs.dense(hs.separations["lse"](beta), cue=hs.Flip(delta))["beta:best"]
    odds = hs.evaluate(claim.formula - sp.log(1 / delta - 1) / 2 + 1, {delta: sp.Rational(1, 7)})
    return odds == 1 and all(step.holds is not False for step in claim.derivation.verify())


def _nearest() -> bool:
    """The claim against the exact multinomial law; and a retrieval that fails as K grows."""
    claim = hs.dense(hs.separations["lse"](beta), cue=hs.Flip(delta))["bit_error:nearest"]
    at = {D: sp.Integer(20), delta: sp.Rational(1, 10)}
    errors = [hs.evaluate(claim.formula, {**at, K: sp.Integer(10) ** k}) for k in (1, 2, 4, 8)]
    rises = all(a < b for a, b in pairwise(errors)) and errors[-1] > sp.Rational(49, 100)
    return rises and all(step.holds is not False for step in claim.derivation.verify())


def derivation() -> hs.Derivation:
    """Gradient; attention; descent; signs; what beta buys; the best beta, and a large one."""
    evidence, method = hs.Evidence, hs.Method
    average = sp.Sum(p[mu] * xi[mu, i], (mu, 1, K))
    weight = sp.exp(beta * m[mu]) / sp.Sum(sp.exp(beta * m[nu]), (nu, 1, K))
    change = sp.Symbol(r"E(\sigma') - E(\sigma)")
    length = sp.Symbol(r"|\sigma' - \sigma|")
    ratio = (sp.exp(2 * beta) / sp.cosh(2 * beta)) ** (D - 1) / (K - 1)
    return hs.Derivation(
        (
            hs.Step(sp.Eq(p[mu], weight, evaluate=False), "definition of the softmax, m the overlaps"),
            hs.Step(
                sp.Eq(sp.Symbol(r"{\sigma_i - \partial E / \partial\sigma_i}"), average, evaluate=False),
                "the derivative of the logarithm of a sum is the average with these weights",
                evidence(method.SUBSTITUTION, "two patterns of three units, all entries symbols", _gradient),
            ),
            hs.Step(
                sp.Eq(sp.Symbol(r"{\sigma'_i}"), average, evaluate=False),
                "attention with keys and values Xi and the query sigma, at beta = 1/sqrt(d)",
                evidence(method.SUBSTITUTION, "both as expressions in all symbols", _attention),
            ),
            hs.Step(
                sp.Le(change, -(length**2) / 2, evaluate=False),
                "the logarithm of a sum of exponentials lies above its tangents",
                evidence(method.NUMERIC, "24 states and temperatures, 30 digits", _descends),
            ),
            hs.Step(
                sp.Eq(
                    sp.Symbol(r"\operatorname{sgn}\sigma'_i"),
                    sp.sign(sp.Sum(xi[mu, i] * sp.exp(beta * m[mu]), (mu, 1, K))),
                    evaluate=False,
                ),
                "the denominator of the softmax is positive",
                evidence(method.ENUMERATION, "every 2 patterns of 3 units and every cue", _signs),
            ),
            hs.Step(
                sp.Eq(sp.Symbol("rho"), ratio, evaluate=False),
                "so that errors and ratios are those of exponential separation",
                evidence(method.SECOND_ROUTE, "rho of both separations under every update", _claims),
            ),
            hs.Step(
                sp.Eq(sp.Symbol(r"\lim_{\beta\to\infty} \rho"), 2 ** (D - 1) / (K - 1), evaluate=False),
                "e^(2 beta)/cosh(2 beta) = 2/(1 + e^(-4 beta)) rises with beta to 2",
                evidence(method.LIMIT, "five temperatures at D = 11", _rises),
            ),
            hs.Step(
                sp.Eq(sp.Symbol(r"\beta^{*}"), sp.log((1 - delta) / delta) / 2, evaluate=False),
                "each entry of the cue that agrees with a pattern multiplies its probability by (1 - delta)/delta, and "
                "the more probable state errs least",
                evidence(method.ENUMERATION, "errors over all patterns and cues at nine other beta and of F_2, F_3, F_4", _best_beta),
            ),
            hs.Step(
                sp.Eq(sp.Symbol(r"\lim_{\beta\to\infty} P_{\mathrm{err}}"), sp.Symbol(r"P_{\mathrm{nearest}}"), evaluate=False),
                "the highest overlap at which the signs do not cancel decides; numbers of patterns by overlap are "
                "nearly Poisson",
                evidence(method.NUMERIC, "against the exact multinomial law, and to 1/2 for K to infinity", _nearest),
            ),
        )
    )  # fmt: skip


THEOREM = hs.Theorem(
    name="softmax_is_attention",
    title="Softmax retrieval is attention, with the signs of exponential separation",
    statement=(
        sp.Eq(
            sp.Symbol(r"{\sigma'_i}"),
            sp.Sum(
                xi[mu, i] * sp.exp(beta * m[mu]) / sp.Sum(sp.exp(beta * m[nu]), (nu, 1, K)),
                (mu, 1, K),
            ),
            evaluate=False,
        ),
    ),
    derive=derivation,
    prose=__doc__,
    assumptions=(
        "parts 1 to 3: real states and patterns, the quadratic term in the energy",
        "part 4: bipolar states and patterns; the ratio leaves the unit out of the overlap",
        "the best beta and the limit of a large one: flipped cues, all patterns equally probable, the unit left out",
    ),
    source="ramsauer2021, eqs. 2, 3 and 10; demircigil2017 (equation numbers unverified)",
)
