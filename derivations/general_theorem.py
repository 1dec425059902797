r"""Capacity counts synapses: the answer to how coefficients set the capacity, and what matches dense memories.

A unit has N = D - 1 inputs and a plastic synapse for each subset S of them that has one of the sizes m in
a set of orders (a synapse of n = m + 1 bodies); W is their number, the sum of C(D - 1, m). Any additive local rule
adds g_m(x_i; x_S), symmetric in the values of S; on signs it is sum_pk c_pk x_i^p e_k(x_S). The
field is the sum over S of w_S times the product of the cue's entries in S. For unbiased bipolar patterns, exact cues,
and every finite D and K > 1:

1. Only the coefficients of the full products, x_i times the product over S, carry signal. Every other coefficient
of every order adds to the noise alone, and none of it is shared with the products: at fixed products each lowers rho
whatever its sign. For pairs these are c_0, c_1^post and c_1^pre (and all higher powers, which reduce to them).

2. With weights c_m of the products rho = (sum_m c_m C(N, m))^2 / ((K - 1) sum_m c_m^2 C(N, m)).

3. rho <= W / (K - 1) for every additive local rule, with equality for equal weights alone. So K_max - 1 = W / z^2
patterns reach rho = z^2: the number of plastic synapses over z^2. The capacities of orders add up.

4. On pairs W = D - 1: no additive local rule on pairwise synapses has more than 1 + (D - 1)/z^2 patterns, and no choice
of pairwise weights whatever, local or not, stores more than 2 (D - 1) at a unit with probability
above 1/2 (Cover). A dense memory with K of order D^(n-1), n > 2, is out of reach of both.

5. A memory with separation function f, x_i = sgn sum_mu xi_i^mu f(q^mu) with q the overlap over the N inputs (the
update by the difference of an energy has f(q) = (F(q + 1) - F(q - 1))/2 there), is the
rule of products with weights c_m, the coefficients of f in Krawtchouk polynomials: every dense memory of this
form is a local Hebbian rule, on synapses of many bodies. Its rho is f(N)^2 / ((K - 1) E f(q)^2).

6. The best rule on synapses of n bodies has as its separation function the Krawtchouk polynomial of degree
n - 1 (Hermite as D grows), and stores more than the plain power q^(n-1) by the factor
(2n - 3)!!/(n - 1)! as D grows.

7. With all orders, the bias m = 0 among them, W = 2^(D-1). For cues with flips, agreement b = 1 - 2 delta, the best
weights tend to b^m as K grows at fixed D: f(q) = (1 + b)^((N + q)/2) (1 - b)^((N - q)/2), an exponential of the overlap
(the likelihood of the pattern given the cue), and rho (K - 1) tends to (1 + b^2)^N. The exponential dense memory is
a local rule on synapses of all orders. This limit is no capacity: the flips of the cued pattern alone give the
field a second moment of (1 + 3 b^2)^N, more than the squared mean (1 + b^2)^(2 N) wherever 0 < b < 1, and rho says little
of the error there. For a fixed number of orders they are of relative order 1/D, and harmless.

8. The bound on both sides of the line: no weights on these synapses, however they are found, store
more than 2 W patterns at a unit with probability above 1/2. Local learning has K_max - 1 = W / z^2 at every n, a
share of it that does not depend on n. (The criteria differ: the bound asks that all patterns be right at the
unit, z^2 that an error be rare; where a share of errors is allowed, the bound is a larger multiple of W: theorem
cover_gardner.)

So locality is not what separates Hebbian from dense memories: the number of synapses is. A dense memory of degree
n has the capacity of D^(n-1)/(n - 1)! synapses per unit because it has them, stored as patterns (K D numbers) or as
weights; a pairwise rule has D - 1.

What is not covered: rho and bit errors are one-step; a rule that depends on the weight or on third factors is
no additive one (Cover's bound still holds for it); cues that are masked or patterns that are biased change the constants.

References: cover1965 (item 8 and half of 4); krotov2016 for memories of plain powers, chen1986 and psaltis1988 for
memories of products (equation numbers unverified).
"""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations, product

import sympy as sp

import hebbsym as hs
from hebbsym.notation import D, K, body_coefficient, delta, rho, z

W, N, b, q, t = sp.symbols("W N b q t", positive=True)
m, n = sp.symbols("m n", integer=True, positive=True)
c_m, u_m = sp.Function("c")(m), sp.Function("u")(m)  # u is 1 for the orders that are there, else 0
f = sp.Function("f")
K_MAX = sp.Symbol(r"K_{\max}")
ORDERS = (1, 2, 3)

ALL = (m, 0, D - 1)
SUM = sp.Sum(c_m * sp.binomial(D - 1, m), ALL)
SQUARES = sp.Sum(c_m**2 * sp.binomial(D - 1, m), ALL)
RHO = SUM**2 / ((K - 1) * SQUARES)
GAIN = sp.factorial2(2 * n - 3) / sp.factorial(n - 1)
EXPONENTIAL = (1 + b) ** ((N + q) / 2) * (1 - b) ** ((N - q) / 2)
BEST = sp.Eq(sp.Symbol(r"\rho^{*}"), W / (K - 1), evaluate=False)
LOAD = sp.Eq(K_MAX - 1, W / z**2, evaluate=False)
PAIRS = sp.Le(K_MAX - 1, (D - 1) / z**2, evaluate=False)
BOUND = sp.Le(K_MAX, 2 * W, evaluate=False)
SHARE_OF_POWER = sp.Eq(
    sp.Symbol(r"\lim \rho_{\mathrm{best}}/\rho_{\mathrm{power}}"), GAIN, evaluate=False
)


def krawtchouk(degree: int, size: sp.Expr, overlap: sp.Expr) -> sp.Expr:
    """The coefficient of t^m in (1 + t)^((N + q)/2) (1 - t)^((N - q)/2)."""
    log = sp.Add(
        *(-((-t) ** k) * (size if k % 2 == 0 else overlap) / k for k in range(1, degree + 1))
    )
    series = sp.Add(*(log**k / sp.factorial(k) for k in range(degree + 1)))
    return sp.expand(sp.expand(series).coeff(t, degree))


@lru_cache(maxsize=8)
def theory(bodies: tuple[int, ...], flipped: bool = False) -> hs.Theory:
    """The claims of the general rule on synapses of given bodies."""
    return hs.derive(hs.NBodyRule(bodies), cue=hs.Flip(delta) if flipped else hs.Exact())


# ---- evidence ------------------------------------------------------------------------------


def _only_products() -> bool:
    """s has one entry an order, and N no entry between a product and another coefficient."""
    for bodies in ((2,), (3,), (2, 3), (4,)):
        places = [(k, p, j) for k in bodies for p in (0, 1) for j in range(k)]
        full = [place[1:] == (1, place[0] - 1) for place in places]
        signal, noise = (theory(bodies)[name].formula for name in ("signal_vector", "noise_matrix"))
        if any((sp.expand(s) != 0) != whole for s, whole in zip(signal, full, strict=True)):
            return False
        pairs = product(range(len(places)), repeat=2)
        if any(full[r] != full[c] and sp.expand(noise[r, c]) != 0 for r, c in pairs):
            return False
        others = [r for r, whole in enumerate(full) if not whole]
        block = noise.extract(others, others).xreplace({D: sp.Integer(9), K: sp.Integer(4)})
        if not block.is_positive_definite:
            return False
    return True


def _by_all_patterns() -> bool:
    """Mean and variance of the field of mixed products at D = 4, K = 2 and 3, weights stored by subset."""
    weights = dict(zip(ORDERS, sp.symbols("c_1:4"), strict=True))
    inputs = range(3)
    subsets = [s for order in ORDERS for s in combinations(inputs, order)]
    for patterns in (2, 3):
        total = square = sp.S.Zero
        sets = list(product((1, -1), repeat=3 * patterns + patterns - 1))
        for signs in sets:
            posts = (1, *signs[: patterns - 1])
            flat = signs[patterns - 1 :]
            rows = [flat[3 * k : 3 * k + 3] for k in range(patterns)]
            heard = dict.fromkeys(ORDERS, 0)
            for s in subsets:
                stored = sum(x * sp.prod(y[j] for j in s) for x, y in zip(posts, rows, strict=True))
                heard[len(s)] += stored * sp.prod(rows[0][j] for j in s)
            h = sp.Add(*(weights[order] * value for order, value in heard.items()))
            total, square = total + h, square + sp.expand(h**2)
        mean, power = total / len(sets), square / len(sets)
        signal = sp.Add(*(c * sp.binomial(3, order) for order, c in weights.items()))
        noise = (patterns - 1) * sp.Add(*(c**2 * sp.binomial(3, j) for j, c in weights.items()))
        if sp.expand(mean - signal) != 0 or sp.expand(power - mean**2 - noise) != 0:
            return False
    return True


def _engine_agrees() -> bool:
    """rho of the engine for products of mixed orders with symbolic weights."""
    weights = sp.symbols("c_1:4")
    rule = hs.nbody_products((2, 3, 4), weights)
    terms = list(zip(weights, (sp.ff(D - 1, j) / sp.factorial(j) for j in ORDERS), strict=True))
    form = sum(c * count for c, count in terms) ** 2 / sum(c**2 * count for c, count in terms)
    return bool(sp.cancel(sp.expand_func(form) / (K - 1) - hs.derive(rule)["snr"].formula) == 0)


def _gap_is_a_square() -> bool:
    """W sum c^2 C - (sum c C)^2 is a sum of squares with positive weights (Lagrange)."""
    counts, weights = sp.symbols("W_1:4", positive=True), sp.symbols("c_1:4")
    square = sum(c**2 * k for c, k in zip(weights, counts, strict=True))
    line = sum(c * k for c, k in zip(weights, counts, strict=True))
    lagrange = sum(
        counts[i] * counts[j] * (weights[i] - weights[j]) ** 2 for i, j in combinations(range(3), 2)
    )
    return bool(sp.expand(sum(counts) * square - line**2 - lagrange) == 0)


def _best_of_all() -> bool:
    """s^T N^-1 s over all coefficients against W/(K - 1)."""
    for bodies in ((2,), (3,), (2, 3), (4,), (5,)):
        count = sp.expand_func(theory(bodies)["synapses"].formula)
        if sp.cancel(count / (K - 1) - theory(bodies)["optimal_snr"].formula) != 0:
            return False
    return True


def _pairs_have_least() -> bool:
    """The bound on pairs by the pairwise theory of any order, which knows no subsets."""
    best = hs.derive(hs.ExpandedRule(4))["optimal_snr"].formula
    cover = theory((2,))["capacity:cover"].formula
    return bool(sp.cancel(best - (D - 1) / (K - 1)) == 0 and sp.expand(cover - 2 * (D - 1)) == 0)


def _any_separation() -> bool:
    """f of seven symbolic values at N = 6: f = sum c_m K_m, and E f^2 = sum c_m^2 C(N, m)."""
    size = 6
    values = sp.symbols(f"f_0:{size + 1}")
    basis = [
        [krawtchouk(k, sp.Integer(size), sp.Integer(size - 2 * d)) for d in range(7)]
        for k in range(7)
    ]
    chance = [sp.binomial(size, d) / sp.Integer(2) ** size for d in range(7)]
    weights = [
        sum(p * v * e for p, v, e in zip(chance, values, row, strict=True)) / sp.binomial(size, k)
        for k, row in enumerate(basis)
    ]
    whole = [sum(c * row[d] for c, row in zip(weights, basis, strict=True)) for d in range(7)]
    power = sum(p * v**2 for p, v in zip(chance, values, strict=True))
    parts = sum(c**2 * sp.binomial(size, k) for k, c in enumerate(weights))
    restored = all(sp.expand(one - v) == 0 for one, v in zip(whole, values, strict=True))
    return bool(restored and sp.expand(power - parts) == 0)


def _krawtchouk_by_subsets() -> bool:
    """The separation function of the engine, and products over subsets one by one."""
    for order in ORDERS:
        found = hs.derive(hs.nbody_products((order + 1,)))["separation"].formula
        (symbol,) = {s for s in found.free_symbols if s.name == "q"}
        if sp.expand(found - krawtchouk(order, D - 1, symbol)) != 0:
            return False
        for signs in product((1, -1), repeat=5):
            direct = sum(sp.prod(chosen) for chosen in combinations(signs, order))
            if krawtchouk(order, sp.Integer(5), sp.Integer(sum(signs))) != direct:
                return False
    return True


def _hermite() -> bool:
    """K_m(t sqrt(N))/N^(m/2) tends to He_m(t)/m!, m to 6."""
    y = sp.Symbol("y")
    for degree in range(1, 7):
        found = sp.expand(krawtchouk(degree, N, y * sp.sqrt(N)) / N ** sp.Rational(degree, 2))
        hermite = sp.expand(sp.hermite(degree, y / sp.sqrt(2)) / sp.sqrt(2) ** degree)
        if sp.expand(sp.limit(found, N, sp.oo) - hermite / sp.factorial(degree)) != 0:
            return False
    return True


def _gain() -> bool:
    """The limit of the quotient of the two exact ratios, n = 2 .. 6."""
    for bodies in range(2, 7):
        best, plain = (
            hs.derive(rule)["snr"].formula
            for rule in (hs.nbody_products((bodies,)), hs.nbody_power(bodies))
        )
        if sp.limit(sp.cancel(best / plain), D, sp.oo) != GAIN.xreplace({n: sp.Integer(bodies)}):
            return False
    return True


def _all_orders() -> bool:
    """W, the separation function, rho and the own second moment by their sums at N = 1 .. 5."""
    for size in range(1, 6):
        counts = [sp.binomial(size, k) for k in range(size + 1)]
        if sum(counts) != 2**size:
            return False
        for d in range(size + 1):
            overlap = sp.Integer(size - 2 * d)
            f_q = sum(b**k * krawtchouk(k, sp.Integer(size), overlap) for k in range(size + 1))
            if sp.expand(f_q - (1 + b) ** (size - d) * (1 - b) ** d) != 0:
                return False
        weights = [b**k for k in range(size + 1)]
        signal = sum(
            c * b**k * count for k, (c, count) in enumerate(zip(weights, counts, strict=True))
        )
        noise = sum(c**2 * count for c, count in zip(weights, counts, strict=True))
        if sp.expand(signal**2 - noise * (1 + b**2) ** size) != 0:
            return False
        own = sum(
            sp.binomial(size, d)
            * ((1 + b) / 2) ** (size - d)
            * ((1 - b) / 2) ** d
            * ((1 + b) ** (size - d) * (1 - b) ** d) ** 2
            for d in range(size + 1)
        )
        if sp.expand(own - (1 + 3 * b**2) ** size) != 0:
            return False
    return True


def _best_weights_of_flips() -> bool:
    """c* of the engine at symbolic delta, orders 2 and 3, as K grows: ratio 1 - 2 delta."""
    best = theory((2, 3), flipped=True)["optimal_rule"].formula
    e_1, e_2, x_i = (
        next(s for s in best.free_symbols if s.name == name) for name in ("e_1", "e_2", "x_i")
    )
    ratio = best.coeff(e_2).coeff(x_i) / best.coeff(e_1).coeff(x_i)
    return bool(sp.cancel(sp.limit(ratio, K, sp.oo) - (1 - 2 * delta)) == 0)


def _cover() -> bool:
    """The bound of every order is twice the number of synapses, and its derivation holds."""
    for bodies in ((2,), (3,), (2, 3, 4)):
        claims = theory(bodies)
        bound = claims["capacity:cover"]
        if sp.expand(bound.formula - 2 * claims["synapses"].formula) != 0:
            return False
        if not all(step.holds in (True, None) for step in bound.derivation.verify()):
            return False
    return True


def eq(left: sp.Expr, right: sp.Expr) -> sp.Eq:
    """left = right, as it stands."""
    return sp.Eq(left, right, evaluate=False)


def derivation() -> hs.Derivation:
    """Which coefficients count, the quotient, its maximum, and what follows for pairs and for dense memories."""
    evidence, method = hs.Evidence, hs.Method
    other = body_coefficient(3, 1, 1)
    return hs.Derivation(
        (
            hs.Step(
                eq(sp.Function("s")(other), sp.S.Zero),
                "flip the sign of a unit in all patterns and in the cue: the ensemble stays as it is, a "
                "product over S that meets the cue over S does too, and any other term, in which a cue's "
                "sign stands alone, changes sign; turning all stored values of the unit in the other patterns "
                "does the same for terms without x_i. So neither signal nor noise mixes the products "
                "with other coefficients",
                evidence(
                    method.SUBSTITUTION,
                    "s and N of the general rule for bodies 2; 3; 2 and 3; 4, identically in D and K; the "
                    "rest of N positive definite at D = 9, K = 4",
                    _only_products,
                ),
            ),
            hs.Step(
                eq(rho, RHO),
                "given the cue the products y_S s_S of another pattern are signs of mean zero, uncorrelated "
                "over subsets and independent over patterns; of the cued pattern they are all 1",
                evidence(
                    method.ENUMERATION,
                    "all patterns at D = 4, K = 2 and 3, weights stored subset by subset, symbolic c",
                    _by_all_patterns,
                ),
            ),
            hs.Step(
                eq(rho, RHO),
                "the same from the sum over coinciding subsets",
                evidence(method.SECOND_ROUTE, "the engine at orders 1, 2, 3", _engine_agrees),
            ),
            hs.Step(
                sp.Le(rho, W / (K - 1), evaluate=False),
                "Cauchy-Schwarz with weights C(N, m); what is left is Lagrange's sum of squares of "
                "differences of the weights",
                evidence(method.SUBSTITUTION, "Lagrange's identity", _gap_is_a_square),
            ),
            hs.Step(
                BEST,
                "the maximum over all coefficients of all orders, $s^{\\mathsf T}N^{-1}s$",
                evidence(method.SECOND_ROUTE, "bodies 2; 3; 2 and 3; 4; 5", _best_of_all),
            ),
            hs.Step(LOAD, "solved for K at rho = z^2"),
            hs.Step(
                PAIRS,
                "pairs have W = D - 1 synapses a unit, whatever the order of the rule",
                evidence(
                    method.SECOND_ROUTE,
                    "the pairwise theory at order 4, which reduces to four coefficients",
                    _pairs_have_least,
                ),
            ),
            hs.Step(
                eq(f(q), sp.Sum(c_m * sp.Function(r"\mathcal{K}_m")(q), ALL)),
                "functions of the overlap of N signs have N + 1 values, and the Krawtchouk polynomials "
                "are an orthogonal basis of them with E K_m^2 = C(N, m)",
                evidence(method.SUBSTITUTION, "any f at N = 6, symbolic values", _any_separation),
            ),
            hs.Step(
                eq(f(q), sp.Symbol(r"\mathcal{K}_{n-1}(q; D - 1)")),
                "one order: the elementary symmetric polynomial of signs, by its generating function",
                evidence(
                    method.ENUMERATION,
                    "subset by subset over all signs at N = 5, and the engine's claim",
                    _krawtchouk_by_subsets,
                ),
            ),
            hs.Step(
                eq(
                    sp.Symbol(r"\lim_N N^{-m/2} \mathcal{K}_m(t \sqrt{N})"),
                    sp.Symbol(r"\mathrm{He}_m(t)/m!"),
                ),
                "as D grows at overlaps of order sqrt(D)",
                evidence(method.LIMIT, "m = 1 .. 6, identically in t", _hermite),
            ),
            hs.Step(
                SHARE_OF_POWER,
                "the plain power puts weight on the orders n - 1, n - 3, ... and more noise on the top "
                "one: $\\mathrm{E}q^{2n-2}$ is $(2n-3)!!\\,N^{n-1}$, against $(n-1)!^2\\binom{N}{n-1}$",
                evidence(method.LIMIT, "quotient of exact ratios, n = 2 .. 6", _gain),
            ),
            hs.Step(
                eq(f(q), EXPONENTIAL),
                "weights b^m of all orders: the generating function itself; rho (K - 1) and the second moment "
                "of the cued pattern's own term as sums over orders and flips",
                evidence(
                    method.SUBSTITUTION, "all overlaps at N = 1 .. 5, symbolic b", _all_orders
                ),
            ),
            hs.Step(
                eq(c_m, b**m),
                "flipped cues: the signal of an order is b^m C(N, m), and for many patterns the noise is "
                "that of the other patterns, diagonal: c* = N^-1 s",
                evidence(
                    method.LIMIT,
                    "exact c* of orders 1 and 2 at symbolic delta, K to infinity",
                    _best_weights_of_flips,
                ),
            ),
            hs.Step(
                BOUND,
                "Cover: W weights on fixed features realise at most half of the labellings of 2 W patterns",
                evidence(method.SUBSTITUTION, "bodies 2; 3; 2, 3 and 4", _cover),
            ),
        )
    )


PROSE = """Let W be the number of plastic synapses of a unit, one for each subset of its D - 1 inputs of the sizes that occur.

On unbiased signs only the coefficients of the full products carry signal; every other coefficient of a local rule adds
noise alone, and lowers rho whatever its sign. The best rule adds the products with equal weights, of all orders.

No additive local rule has rho above $W/(K-1)$, so that $K_{\\max}-1=W/z^2$: the capacity counts synapses. A pairwise
rule has W = D - 1 and cannot match a dense memory; with any pairwise weights whatever no more than
$2(D-1)$ patterns are stored at a unit with probability above 1/2.

A dense memory is a local rule of products on synapses of many bodies; that of n bodies with the Krawtchouk polynomial
as its separation function is better than the plain power of the same degree by the factor
$(2n-3)!!/(n-1)!$ as D grows. What it takes is the synapses: order $D^{n-1}/(n-1)!$ a unit.

No weights on these synapses, however found, store more than $2W$ patterns at a unit with probability above 1/2."""

THEOREM = hs.Theorem(
    name="general_theorem",
    title="Capacity counts synapses: the best local rule, pairwise and dense memories, and the bound on both",
    statement=(
        sp.Le(rho, W / (K - 1), evaluate=False),
        LOAD,
        sp.Eq(W, sp.Sum(u_m * sp.binomial(D - 1, m), ALL), evaluate=False),
        BOUND,
    ),
    derive=derivation,
    prose=PROSE,
    assumptions=(
        "independent unbiased bipolar patterns; exact cues (flipped ones where it is said); K > 1",
        "additive local rules: the increment of a synapse is a function of the values at the units it joins, "
        "symmetric in the presynaptic ones, and does not depend on the weight",
        "the field is the sum over synapses of weight times product of the cue's entries; no "
        "self-coupling; threshold zero",
        "u_m is 1 for the orders m = n - 1 that the memory has synapses of and 0 for the others, where "
        "c_m = 0 too",
        "the criterion is rho >= z^2 in one step; Cover's bound: every pattern right at one unit",
    ),
    source="derived here; cover1965",
)
