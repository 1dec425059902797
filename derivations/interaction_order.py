r"""The interaction order of an energy is its Walsh degree; pairwise means at most 2; hidden units change what is pairwise.

Every energy of D signs is E(sigma) = sum over subsets A of c_A prod_(i in A) sigma_i in exactly one way, with
c_A = 2^-D sum_sigma E(sigma) prod_(i in A) sigma_i. Its interaction order is the size of the largest A with c_A not 0.

1. An energy is that of pairwise weights and fields, up to a constant, if and only if its order is at most 2. An
energy of order n needs synapses of n bodies, and those of n bodies and fewer suffice.

2. A dense memory E = -sum_mu F(xi^mu . sigma) has, whatever patterns are
stored, c_A = -phi_|A| sum_mu prod_(i in A) xi_i^mu, where phi_m is the coefficient of F in Krawtchouk
polynomials of the D units. For F = x^n/n, n <= D, phi_n = (n - 1)!, phi_m = 0 for m > n or n - m odd: the order is n
unless sum_mu prod_A xi^mu vanishes for all A of n units. So a memory of degree n > 2 is no pairwise one, and a Hopfield
network, F = x^2/2, is (Theorem 2.5.1 of the prospectus). For F = exp, phi_m = sinh(1)^m cosh(1)^(D - m): every order is
there.

3. Hidden units change the count. With one hidden unit h_mu for each pattern and
E(sigma, h) = sum_mu (F*(h_mu) - h_mu xi^mu . sigma), F* the convex conjugate of F, every coupling joins one sigma_i and
one h_mu; at the best h the energy is that of the dense memory, and h_mu = F'(xi^mu . sigma) there. The couplings are
learned by the pairwise activity product, Delta w_(mu i) = h_mu x_i, when storing a pattern sets a fresh hidden unit to
1 and the others to 0. The price: K hidden units, and K synapses at each visible unit, one more with every pattern.

So "not Hebbian" is a statement about visible units alone. With hidden units the learning is pairwise and local; what
cannot be had is the capacity without the synapses.

Assumptions: states and patterns of signs; in 3 F is convex and differentiable (even n, or the exponential).

References: krotov2016; krotov2021 for the two-layer form (equation numbers unverified); the Walsh expansion is classical.
"""

from __future__ import annotations

from itertools import combinations, product

import sympy as sp

import hebbsym as hs
from hebbsym.notation import D

E, F, _E = sp.Function("E"), sp.Function("F"), sp.Symbol("E")
A = sp.Symbol("A")
size, n, m = sp.symbols("|A| n m", integer=True, positive=True)
h, y = sp.symbols("h y", positive=True)
ORDER = sp.Function(r"\operatorname{ord}")
UNITS = 5
PATTERNS = ((1, 1, -1, 1, -1), (1, -1, -1, -1, 1), (-1, 1, 1, -1, -1))


def overlaps(sigma: tuple[sp.Expr, ...]) -> list[sp.Expr]:
    """xi^mu . sigma of the three patterns."""
    return [sum(x * s for x, s in zip(xi, sigma, strict=True)) for xi in PATTERNS]


def correlation(chosen: frozenset[int]) -> int:
    """sum_mu prod_(i in A) xi_i^mu."""
    return sum(int(sp.prod(xi[i] for i in chosen)) for xi in PATTERNS)


def order(expansion: dict[frozenset[int], sp.Expr]) -> int:
    """The size of the largest subset with a coefficient."""
    return max(map(len, expansion), default=0)


# ---- evidence ------------------------------------------------------------------------------


def _expansion_is_unique() -> bool:
    """Any function of three signs, by eight symbols: restored from its coefficients, by the sum itself."""
    states = list(product((1, -1), repeat=3))
    values = dict(zip(states, sp.symbols("E_0:8"), strict=True))
    found = hs.walsh(lambda s: values[tuple(map(int, s))], 3)
    for chosen, c in found.items():
        direct = sum(v * sp.prod(s[i] for i in chosen) for s, v in values.items()) / 8
        if sp.expand(direct - c) != 0:
            return False
    return all(
        sp.expand(sum(c * sp.prod(s[i] for i in chosen) for chosen, c in found.items()) - v) == 0
        for s, v in values.items()
    )


def _pairs_are_degree_two() -> bool:
    """Symbolic weights and fields at D = 4: no coefficient above size 2, and each weight read off."""
    pairs = list(combinations(range(4), 2))
    weights, fields = dict(zip(pairs, sp.symbols("w_0:6"), strict=True)), sp.symbols("b_0:4")

    def energy(s: tuple[sp.Expr, ...]) -> sp.Expr:
        coupled = sum(w * s[i] * s[j] for (i, j), w in weights.items())
        return -coupled - sum(b * x for b, x in zip(fields, s, strict=True))

    found = hs.walsh(energy, 4)
    read = all(found[frozenset(pair)] == -w for pair, w in weights.items())
    triple = hs.walsh(lambda s: energy(s) - sp.Symbol("u") * s[0] * s[1] * s[2], 4)
    return read and order(found) == 2 and order(triple) == 3


def _powers_have_their_degree() -> bool:
    """F = x^n/n at D = 5, K = 3: order n, top coefficients, parity; one order at n = 2."""
    for power in (2, 3, 4, 5):
        found = hs.walsh(
            lambda s, power=power: -sum(q**power for q in overlaps(s)) / sp.Integer(power), UNITS
        )
        if order(found) != power or any((power - len(chosen)) % 2 for chosen in found):
            return False
        for chosen in map(frozenset, combinations(range(UNITS), power)):
            top = -sp.factorial(power - 1) * correlation(chosen)
            if found.get(chosen, 0) != top:
                return False
    return True


def _exponential_has_all() -> bool:
    """exp at D = 5, K = 3, e as a symbol: sinh^m cosh^(D - m) times the correlation."""
    e = sp.Symbol("e", positive=True)
    found = hs.walsh(lambda s: -sum(e ** sp.Integer(q) for q in overlaps(s)), UNITS)
    up, down = (e - 1 / e) / 2, (e + 1 / e) / 2
    subsets = [frozenset(c) for k in range(UNITS + 1) for c in combinations(range(UNITS), k)]
    return all(
        sp.expand(
            found.get(chosen, sp.S.Zero)
            + correlation(chosen) * up ** len(chosen) * down ** (UNITS - len(chosen))
        )
        == 0
        for chosen in subsets
    )


def _conjugates() -> bool:
    """F*(F'(x)) = x F'(x) - F(x), and F*' inverts F', for x^n/n at n = 2, 4, 6 and for exp."""
    for power in (2, 4, 6):
        top = sp.Rational(power - 1, power) * h ** sp.Rational(power, power - 1)
        slope = y ** (power - 1)
        if sp.powdenest(top.xreplace({h: slope}), force=True) - (y * slope - y**power / power) != 0:
            return False
        if sp.powdenest(sp.diff(top, h).xreplace({h: slope}), force=True) - y != 0:
            return False
        if not sp.diff(top, h, 2).is_positive:
            return False
    top = h * sp.log(h) - h
    back = sp.expand(top.xreplace({h: sp.exp(y)}) - (y * sp.exp(y) - sp.exp(y)))
    return bool(back == 0 and sp.diff(top, h, 2).is_positive)


def _learned_by_pairs() -> bool:
    """W after the activity product with one fresh hidden unit a pattern; recall of all 32 states."""
    rule = hs.rules["hebb"].update
    post, pre = (next(s for s in rule.free_symbols if s.name == name) for name in ("x_i", "x_j"))
    weights = [[0] * UNITS for _ in PATTERNS]
    for shown, xi in enumerate(PATTERNS):
        for mu in range(len(PATTERNS)):
            for i in range(UNITS):
                active = sp.Integer(int(mu == shown))
                weights[mu][i] += rule.xreplace({post: active, pre: sp.Integer(xi[i])})
    if [tuple(row) for row in weights] != list(PATTERNS):
        return False
    for power in (2, 4):
        for s in product((1, -1), repeat=UNITS):
            hidden = [
                sum(w * x for w, x in zip(row, s, strict=True)) ** (power - 1) for row in weights
            ]
            heard = [
                sum(row[i] * x for row, x in zip(weights, hidden, strict=True)) for i in range(5)
            ]
            slope = [
                sum(xi[i] * q ** (power - 1) for xi, q in zip(PATTERNS, overlaps(s), strict=True))
                for i in range(5)
            ]
            if heard != slope:
                return False
    return True


def eq(left: sp.Expr, right: sp.Expr) -> sp.Eq:
    """left = right, as it stands."""
    return sp.Eq(left, right, evaluate=False)


def derivation() -> hs.Derivation:
    """The expansion, its degree for pairs and for dense memories, and the two-layer form."""
    evidence, method = hs.Evidence, hs.Method
    sigma_A = sp.Symbol(r"\prod_{i \in A} \sigma_i")
    c_A, phi = sp.Function("c")(A), sp.Symbol(r"\varphi_{|A|}")
    return hs.Derivation(
        (
            hs.Step(
                eq(E(sp.Symbol("sigma")), sp.Sum(c_A * sigma_A, (A, 0, 2**D - 1))),
                "the 2^D products are orthogonal over the cube: a basis (A runs over the subsets)",
                evidence(
                    method.SUBSTITUTION,
                    "any function at D = 3, eight symbols",
                    _expansion_is_unique,
                ),
            ),
            hs.Step(
                sp.Le(ORDER(_E), 2, evaluate=False),
                "a pairwise energy has the products of one and two units alone; the expansion being "
                "unique, nothing else is pairwise",
                evidence(
                    method.SUBSTITUTION,
                    "symbolic weights and fields at D = 4; with one triple the order is 3",
                    _pairs_are_degree_two,
                ),
            ),
            hs.Step(
                eq(c_A, -phi * sp.Symbol(r"\sum_\mu \prod_{i \in A} \xi_i^\mu")),
                "F of a sum of signs is a sum of elementary symmetric polynomials of these signs",
                evidence(
                    method.ENUMERATION,
                    "x^n/n at D = 5, K = 3, n = 2 .. 5: order, top coefficients and parity",
                    _powers_have_their_degree,
                ),
            ),
            hs.Step(
                eq(phi, sp.sinh(1) ** size * sp.cosh(1) ** (D - size)),
                "exp of a sum is a product over units of cosh + sinh times the sign",
                evidence(
                    method.ENUMERATION, "all coefficients at D = 5, K = 3", _exponential_has_all
                ),
            ),
            hs.Step(
                eq(
                    F(y),
                    sp.Symbol(r"\max_h \left(h y - F^{*}(h)\right)"),
                ),
                "the conjugate of a convex function: the hidden units at their best",
                evidence(
                    method.SUBSTITUTION,
                    "x^n/n for n = 2, 4, 6 on y > 0 (even), and exp: value, slope, convexity",
                    _conjugates,
                ),
            ),
            hs.Step(
                eq(sp.Symbol(r"\Delta w_{\mu i}"), sp.Symbol(r"h_\mu x_i")),
                "the activity product between a visible and a hidden unit",
                evidence(
                    method.ENUMERATION,
                    "W and the fields of all 32 states at D = 5, K = 3, n = 2 and 4",
                    _learned_by_pairs,
                ),
            ),
        )
    )


THEOREM = hs.Theorem(
    name="interaction_order",
    title="The interaction order of an energy, and the two-layer form that is pairwise",
    statement=(
        sp.Eq(ORDER(_E), sp.Symbol(r"\max\{|A| : c_A \ne 0\}"), evaluate=False),
        sp.Eq(ORDER(sp.Symbol(r"\sum_\mu F_n(\xi^\mu \cdot \sigma)")), n, evaluate=False),
        sp.Eq(
            sp.Symbol(r"\min_h E(\sigma, h)"),
            -sp.Symbol(r"\sum_\mu F(\xi^\mu \cdot \sigma)"),
            evaluate=False,
        ),
    ),
    derive=derivation,
    prose=__doc__,
    assumptions=(
        "states and patterns of signs",
        "F_n = x^n/n with n <= D, and the sum over patterns of the product over A does not vanish for every A "
        "of n units",
        "two layers: F convex and differentiable; a fresh hidden unit for every pattern",
    ),
    source="krotov2016; krotov2021 (equation numbers unverified)",
)
