r"""The interaction order of an energy is its Walsh degree; pairwise means at most 2.

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

3. The statement is one about visible units. With a hidden unit for each pattern the energy of the same memory has
pairwise couplings alone, and a pairwise Hebbian rule trains it: theorem hidden_units, with the price.

Assumptions: states and patterns of signs.

References: krotov2016 (the energy, eq. 2); the Walsh expansion is classical.
"""

from __future__ import annotations

from itertools import combinations, product

import sympy as sp

import hebbsym as hs
from hebbsym.notation import D

E, _E = sp.Function("E"), sp.Symbol("E")
A = sp.Symbol("A")
size, n, m = sp.symbols("|A| n m", integer=True, positive=True)
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


def eq(left: sp.Expr, right: sp.Expr) -> sp.Eq:
    """left = right, as it stands."""
    return sp.Eq(left, right, evaluate=False)


def derivation() -> hs.Derivation:
    """The expansion, and its degree for pairs and for dense memories."""
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
        )
    )


THEOREM = hs.Theorem(
    name="interaction_order",
    title="The interaction order of an energy is its Walsh degree, and pairwise energies have degree 2",
    statement=(
        sp.Eq(ORDER(_E), sp.Symbol(r"\max\{|A| : c_A \ne 0\}"), evaluate=False),
        sp.Eq(ORDER(sp.Symbol(r"{\sum_\mu F_n(\xi^\mu \cdot \sigma)}")), n, evaluate=False),
    ),
    derive=derivation,
    prose=__doc__,
    assumptions=(
        "states and patterns of signs",
        "F_n = x^n/n with n <= D, and the sum over patterns of the product over A does not vanish for every A "
        "of n units",
    ),
    source="krotov2016 (the energy, eq. 2)",
)
