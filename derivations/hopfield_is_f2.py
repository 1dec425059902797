r"""Corollaries 2.5.1 and 2.5.2: the Hopfield network is F_2, and Minerva2 is the gradient update of F_4.

2.5.1. With F_2(m) = m^2/2 the energy is that of the weights W = sum over mu of xi^mu (xi^mu)^T, with its diagonal:

    - sum over mu of (xi^mu . sigma)^2 / 2 = - sum over i < j of w_ij sigma_i sigma_j - K D / 2.

The diagonal adds a constant on bipolar states, so that both have the same differences, and the claims of
the dense memory F_2 (gradient, the unit left out) are those of the plain Hebb rule for every D, K and cue.

2.5.2. Minerva2 sums the patterns weighted by the cube of their cosine with the cue. On bipolar vectors every
norm is sqrt(D), so that cosine^3 = (xi . sigma)^3 / D^3 and

    sum over mu of xi^mu_i cos^3(xi^mu, sigma) = D^(-3) sum over mu of xi^mu_i F_4'(xi^mu . sigma):

the signs are equal, exactly and not only for vectors of norm 1. The unit is in its own overlap here: it is the
update gradient-with-self, whose crosstalk has the mean 3D - 2, and not the energy difference of F_4.

On real vectors the norms of the cue and of the patterns differ. That of the cue is one positive factor and
cannot change a sign; those of the patterns can: in the plane, xi^1 = (1, 0) and xi^2 = (-3, 4), the cue (1, 1)
is answered + by Minerva2 and - by F_4 at the first unit. Patterns of one common norm bring the equality back.

Assumptions: as said in each part.
References: the prospectus of 9 October 2025, corollaries 2.5.1 and 2.5.2, equations 5, 8, 13, 14; hintzman1984.
The prospectus asks for "vectors of magnitude 1"; one common norm is enough.
"""

from itertools import product

import sympy as sp

import hebbsym as hs
from hebbsym.notation import D, K, delta

i, j, mu = sp.symbols("i j mu", integer=True, positive=True)
xi, sigma, w = sp.IndexedBase("xi"), sp.IndexedBase("sigma"), sp.IndexedBase("w")
PATTERNS = ((1, 0), (-3, 4))
CUE = (sp.S.One, sp.S.One)


def _overlap(x: tuple[int, ...], s: tuple[sp.Expr, ...]) -> sp.Expr:
    return sp.Add(*(a * b for a, b in zip(x, s, strict=True)))


def _cube(patterns: tuple[tuple[int, ...], ...], cue: tuple[sp.Expr, ...]) -> list[sp.Expr]:
    """sum over mu of xi_i F_4'(m), the unit in the overlap."""
    weights = [_overlap(x, cue) ** 3 for x in patterns]
    return [
        sp.Add(*(c * x[u] for c, x in zip(weights, patterns, strict=True))) for u in range(len(cue))
    ]


def minerva(patterns: tuple[tuple[int, ...], ...], cue: tuple[sp.Expr, ...]) -> list[sp.Expr]:
    """The echo of Minerva2: patterns weighted by the cube of their cosine with the cue."""
    length = sp.sqrt(_overlap(cue, cue))
    weights = [(_overlap(x, cue) / (sp.sqrt(_overlap(x, x)) * length)) ** 3 for x in patterns]
    return [
        sp.Add(*(c * x[u] for c, x in zip(weights, patterns, strict=True))) for u in range(len(cue))
    ]


def _energies() -> bool:
    """F_2 against the weights without diagonal less K D/2: every 2 patterns of 4 units, every state."""
    for bits in product((-1, 1), repeat=12):
        patterns, state = (bits[:4], bits[4:8]), bits[8:]
        dense = -sp.Rational(sum(int(_overlap(x, state)) ** 2 for x in patterns), 2)
        pairs = sum(
            x[a] * x[b] * state[a] * state[b] for x in patterns for a in range(4) for b in range(a)
        )
        if dense != -pairs - sp.Rational(2 * 4, 2):
            return False
    return True


def _claims() -> bool:
    """Mean, variance, ratio, error and capacity of F_2 and of the Hebb rule, flipped cues, identically."""
    cue = hs.Flip(delta)
    dense = hs.dense(hs.separations["power"](sp.Integer(2)), update="gradient", cue=cue)
    hebb = hs.derive(hs.rules["hebb"], cue=cue)
    for name in ("field_mean", "field_variance", "snr", "capacity:snr"):
        gap = sp.together(dense[name].formula - hebb[name].formula)
        if sp.expand(sp.numer(gap)) != 0:
            return False
    return bool(sp.cancel(dense["bit_error"].formula / hebb["bit_error"].formula) == 1)


def _bipolar() -> bool:
    """Minerva2 times D^3 against F_4' on every 3 patterns of 3 units and every cue, zero tolerance."""
    for bits in product((-1, 1), repeat=12):
        patterns = (bits[:3], bits[3:6], bits[6:9])
        cue = tuple(map(sp.Integer, bits[9:]))
        if [27 * e for e in minerva(patterns, cue)] != _cube(patterns, cue):
            return False
    return True


def _mean() -> bool:
    """The mean crosstalk 3 D - 2 of the update that Minerva2 is, from the engine."""
    theory = hs.dense(hs.separations["power"](sp.Integer(4)), update="gradient-with-self")
    return bool(sp.expand(theory["crosstalk_mean"].formula - (3 * D - 2)) == 0)


def _composed() -> bool:
    """Minerva2 as cosine, third power and stored patterns: the moments of F_4 over D^3, its ratio, flipped cues."""
    cue = hs.Flip(delta)
    dense = hs.dense(hs.separations["power"](sp.Integer(4)), update="gradient-with-self", cue=cue)
    cube = hs.separators["power"](sp.Integer(3))
    made = hs.universal(hs.similarities["cosine"](), cube, cue=cue)
    for name, power in (
        ("signal", 1),
        ("crosstalk_mean", 1),
        ("crosstalk_variance", 2),
        ("snr", 0),
    ):
        if sp.cancel(made[name].formula * D ** (3 * power) - dense[name].formula) != 0:
            return False
    return True


def _departs() -> bool:
    """The witness in the plane: opposite signs at the first unit."""
    return bool(minerva(PATTERNS, CUE)[0] > 0 > _cube(PATTERNS, CUE)[0])


def _common_norm() -> bool:
    """Real patterns of one norm 5, cues of any: the echo is the F_4 update over one positive number."""
    patterns = ((3, 4), (-5, 0), (4, -3), (0, 5))
    for cue in product((sp.Rational(1, 3), sp.Integer(-2), sp.Integer(7)), repeat=2):
        scale = (5 * sp.sqrt(_overlap(cue, cue))) ** 3
        pairs = zip(minerva(patterns, cue), _cube(patterns, cue), strict=True)
        if any(sp.expand(e * scale - c) != 0 for e, c in pairs):
            return False
    return True


def derivation() -> hs.Derivation:
    """The energies; the claims; the echo on signs; the witness on real vectors."""
    evidence, method = hs.Evidence, hs.Method
    inner = sp.Sum(xi[mu, i] * sigma[i], (i, 1, D))
    square = -sp.Sum(inner**2 / 2, (mu, 1, K))
    pairs = -sp.Sum(w[i, j] * sigma[i] * sigma[j], (j, 1, i - 1), (i, 1, D)) - K * D / 2
    echo, cube = sp.Symbol("e_i"), sp.Sum(xi[mu, i] * sp.Symbol("m_mu") ** 3, (mu, 1, K))
    return hs.Derivation(
        (
            hs.Step(
                sp.Eq(square, pairs, evaluate=False),
                "the square of the sum is a sum over pairs; equal indices give 1 each on bipolar vectors",
                evidence(
                    method.ENUMERATION, "every 2 patterns of 4 units and every state", _energies
                ),
            ),
            hs.Step(
                sp.Eq(sp.Symbol("h_i"), sp.Sum(w[i, j] * sigma[j], (j, 1, D)), evaluate=False),
                "so that the update without the unit is that of the Hebb rule with zero diagonal",
                evidence(
                    method.SECOND_ROUTE,
                    "claims of the dense memory against those of the rule, flipped cues, identically",
                    _claims,
                ),
            ),
            hs.Step(
                sp.Eq(echo, cube / D**3, evaluate=False),
                "the norm of a bipolar vector is sqrt(D), whatever its entries",
                evidence(
                    method.ENUMERATION, "every 3 patterns of 3 units and every cue, exactly", _bipolar
                ),
            ),
            hs.Step(
                sp.Eq(sp.Symbol(r"\operatorname{E}[C_i]"), 3 * D - 2, evaluate=False),
                "the unit is in its own overlap: the crosstalk of every pattern has a mean",
                evidence(method.SECOND_ROUTE, "the engine's claim", _mean),
            ),
            hs.Step(
                sp.Eq(sp.Symbol(r"\rho_{\cos^3}"), sp.Symbol("rho_{F_4}"), evaluate=False),
                "so that signal, crosstalk and ratio are those of F_4, whatever is flipped in the cue",
                evidence(
                    method.SECOND_ROUTE,
                    "the universal network of cosine and cube against the dense memory, identically in D, K, delta",
                    _composed,
                ),
            ),
            hs.Step(
                sp.Ne(sp.sign(minerva(PATTERNS, CUE)[0]), sp.sign(_cube(PATTERNS, CUE)[0]), evaluate=False),
                "patterns of norms 1 and 5: the cube of the norm outweighs that of the cosine",
                evidence(method.SUBSTITUTION, "both echoes in exact numbers", _departs),
            ),
            hs.Step(
                sp.Eq(echo * sp.Symbol("c") ** 3, cube, evaluate=False),
                "one norm common to all patterns is a positive factor, as is that of the cue",
                evidence(
                    method.SUBSTITUTION, "four patterns of norm 5, nine cues of other norms", _common_norm
                ),
            ),
        )
    )  # fmt: skip


THEOREM = hs.Theorem(
    name="hopfield_is_f2",
    title="Corollaries 2.5.1 and 2.5.2: Hopfield is F_2, and Minerva2 is F_4 on bipolar vectors",
    statement=(
        sp.Eq(
            -sp.Sum(sp.Sum(xi[mu, i] * sigma[i], (i, 1, D)) ** 2 / 2, (mu, 1, K)),
            -sp.Sum(w[i, j] * sigma[i] * sigma[j], (j, 1, i - 1), (i, 1, D)) - K * D / 2,
            evaluate=False,
        ),
        sp.Eq(
            sp.Symbol("e_i"),
            sp.Sum(xi[mu, i] * sp.Symbol("m_mu") ** 3, (mu, 1, K)) / D**3,
            evaluate=False,
        ),
    ),
    derive=derivation,
    prose=__doc__,
    assumptions=(
        "2.5.1: bipolar patterns and states, w_ij the sum of xi_i xi_j over the patterns",
        "2.5.2: bipolar patterns and cue, the unit in the overlap; on real vectors one common norm",
    ),
    source="the prospectus of 9 October 2025, corollaries 2.5.1 and 2.5.2; hintzman1984 (unverified)",
)
