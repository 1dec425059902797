r"""Tensor weights (a memory tesseract) equal separate storage, n = 2 .. 5, and how many weights that takes.

A memory that stores W_(i j1 .. j(n-1)) = sum over mu of xi_i xi_j1 ... xi_j(n-1) and reads the field
h_i = sum over j1 .. j(n-1) of W_(i j1 ..) s_j1 ... s_j(n-1) has the field of one that keeps the patterns:

    h_i = sum over mu of xi_i (xi . s)^(n-1),

for any real patterns and any real cue: the sums over the indices of one pattern are independent. The unit is inside
the overlap: this is the gradient-with-self of F_n.

With distinct indices only, also distinct from i, the sum is (n-1)! times the elementary symmetric polynomial of the
products xi_j s_j at the other units. On signs that depends on the overlap R outside the unit alone, and is the
slope of the normalisation ``distinct`` of F_n, a Krawtchouk polynomial; it is the rule that adds products on n-body
synapses, times (n-1)!.

The tensor has D^n entries, of which C(D + n - 1, n) are different, for it is symmetric. With distinct indices a
unit has C(D - 1, n - 1) synapses, D C(D - 1, n - 1) in all, where both ends own their weight; C(D, n) of them are
different. The patterns are K D numbers. At capacity that is of the same order: with distinct indices K_max D over
the number of synapses tends to 1/z^2, for the plain power to (n-1)!/((2n-3)!! z^2). Storing patterns
or weights is the same memory at the same cost.

Assumptions: as said in each part; the ratio is that of the gradient on unbiased signs, exact cues, for large D.
References: krotov2016 (F_n, eq. 2). The word memory tesseract is that of the prospectus.
"""

from itertools import combinations, combinations_with_replacement, permutations, product

import sympy as sp
from sympy.polys.rings import ring

import hebbsym as hs
from hebbsym.notation import D, K, z

i, j, mu = sp.symbols("i j mu", integer=True, positive=True)
n = sp.Symbol("n", integer=True, positive=True)
xi, s, w, h = (sp.IndexedBase(name) for name in ("xi", "s", "w", "h"))
ORDERS = range(2, 6)
UNITS, PATTERNS = 3, 2
_names = [f"x_{mu}_{j}" for mu in range(PATTERNS) for j in range(UNITS)]
RING, *_symbols = ring([*_names, *(f"s_{j}" for j in range(UNITS))], sp.ZZ)
X = [_symbols[mu * UNITS : (mu + 1) * UNITS] for mu in range(PATTERNS)]
S = _symbols[PATTERNS * UNITS :]


def _product(factors: list) -> sp.Expr:
    made = RING.one
    for factor in factors:
        made *= factor
    return made


def stored(indices: list[tuple[int, ...]], patterns: list, cue: list) -> list:
    """Fields of all units from weights that are stored under their indices, and then read."""
    weights = {
        at: sum((_product([x[k] for k in at]) for x in patterns), RING.zero) for at in indices
    }
    fields = [RING.zero for _ in cue]
    for (unit, *others), weight in weights.items():
        fields[unit] += weight * _product([cue[k] for k in others])
    return fields


def _raw() -> bool:
    """All indices, entries of patterns and cue as symbols: D = 3, K = 2, n = 2 .. 5."""
    for order in ORDERS:
        found = stored(list(product(range(UNITS), repeat=order)), X, S)
        overlaps = [sum((a * b for a, b in zip(x, S, strict=True)), RING.zero) for x in X]
        for unit in range(UNITS):
            apart = sum(
                (x[unit] * m ** (order - 1) for x, m in zip(X, overlaps, strict=True)), RING.zero
            )
            if found[unit] != apart:
                return False
    return True


def _distinct() -> bool:
    """Distinct indices at D = 5, n = 2 .. 5, symbols: against products over subsets of the other units."""
    entries = ring([f"y_{k}" for k in range(5)] + [f"s_{k}" for k in range(5)], sp.ZZ)[1:]
    x, cue = list(entries[:5]), list(entries[5:])
    for order in ORDERS:
        indices = list(permutations(range(5), order))
        for unit in range(5):
            found = sum(
                (
                    x[at[0]] * sp.prod(x[k] * cue[k] for k in at[1:])
                    for at in indices
                    if at[0] == unit
                ),
                0 * x[0],
            )
            others = [x[k] * cue[k] for k in range(5) if k != unit]
            elementary = sum((sp.prod(c) for c in combinations(others, order - 1)), 0 * x[0])
            if found != sp.factorial(order - 1) * x[unit] * elementary:
                return False
    return True


def _krawtchouk() -> bool:
    """On signs, D = 6: the distinct sum, the slope of ``distinct``, and the products' separation function."""
    for order in ORDERS:
        slope = hs.separations["distinct"](sp.Integer(order)).slope().expression
        (overlap,) = {v for v in slope.free_symbols if v != D} or {sp.Symbol("R", real=True)}
        nbody = hs.derive(hs.nbody_products((order,)))["separation"].formula
        (q,) = {v for v in nbody.free_symbols if v.name == "q"}
        for signs in product((1, -1), repeat=5):
            direct = sum(sp.prod(c) for c in permutations(signs, order - 1))
            at = {D: sp.Integer(6), overlap: sp.Integer(sum(signs)), q: sp.Integer(sum(signs))}
            if direct != slope.subs(at) or direct != sp.factorial(order - 1) * nbody.subs(at):
                return False
    return True


def _numbers() -> bool:
    """Indices counted one by one for D to 6, and the synapses of the n-body rule."""
    for order, units in product(ORDERS, range(2, 7)):
        every = list(product(range(units), repeat=order))
        different = {tuple(sorted(at)) for at in every}
        owned = {(at[0], frozenset(at[1:])) for at in every if len(set(at)) == order}
        shared = {frozenset(at) for at in every if len(set(at)) == order}
        synapses = hs.derive(hs.nbody_products((order,)))["synapses"].formula
        counts = (
            (len(every), units**order),
            (len(different), sp.binomial(units + order - 1, order)),
            (len(list(combinations_with_replacement(range(units), order))), len(different)),
            (len(owned), units * sp.binomial(units - 1, order - 1)),
            (len(owned), units * sp.expand_func(synapses).subs(D, units)),
            (len(shared), sp.binomial(units, order)),
        )
        if any(found != claimed for found, claimed in counts):
            return False
    return True


def _ratio() -> bool:
    """K_max D over the number of synapses for large D, from the claims of capacity, n = 2 .. 5."""
    for order in ORDERS:
        synapses = D * sp.ff(D - 1, order - 1) / sp.factorial(order - 1)
        odd = sp.factorial2(2 * order - 3)
        for normalisation, limit in (
            ("distinct", 1 / z**2),
            ("power", sp.factorial(order - 1) / (odd * z**2)),
        ):
            theory = hs.dense(
                hs.separations["power"](sp.Integer(order)),
                update="gradient",
                normalisation=normalisation,
            )
            load = theory["capacity:snr"].formula
            ratio = sp.cancel(sp.expand_func(load * D / synapses))
            if sp.cancel(sp.limit(ratio, D, sp.oo) - limit) != 0:
                return False
    return True


def derivation() -> hs.Derivation:
    """All indices; distinct ones; on signs; the numbers; the cost at capacity."""
    evidence, method = hs.Evidence, hs.Method
    inner = sp.Sum(xi[mu, j] * s[j], (j, 1, D))
    symmetric = sp.Function("e")(n - 1)
    return hs.Derivation(
        (
            hs.Step(
                sp.Eq(h[i], sp.Sum(xi[mu, i] * inner ** (n - 1), (mu, 1, K)), evaluate=False),
                "of one pattern the sum over n - 1 indices is a product of n - 1 equal sums",
                evidence(
                    method.SUBSTITUTION,
                    "all entries of patterns and cue as symbols, D = 3, K = 2, n = 2 .. 5",
                    _raw,
                ),
            ),
            hs.Step(
                sp.Eq(
                    h[i],
                    sp.Sum(xi[mu, i] * sp.factorial(n - 1) * symmetric, (mu, 1, K)),
                    evaluate=False,
                ),
                "distinct indices: every subset of n - 1 other units in each of its (n-1)! orders",
                evidence(method.SUBSTITUTION, "symbols, D = 5, n = 2 .. 5, every unit", _distinct),
            ),
            hs.Step(
                sp.Eq(
                    sp.factorial(n - 1) * symmetric,
                    sp.factorial(n - 1) * sp.Symbol(r"\mathcal{K}_{n-1}(R; D - 1)"),
                    evaluate=False,
                ),
                "on signs: the slope of the distinct normalisation, and the rule of products on n-body synapses",
                evidence(method.ENUMERATION, "all signs at D = 6, both engines, n = 2 .. 5", _krawtchouk),
            ),
            hs.Step(
                sp.Eq(sp.Symbol("W"), D * sp.binomial(D - 1, n - 1), evaluate=False),
                "a unit and a subset of n - 1 others; D^n indices in all, C(D + n - 1, n) up to their order",
                evidence(method.ENUMERATION, "indices one by one, D = 2 .. 6, n = 2 .. 5", _numbers),
            ),
            hs.Step(
                sp.Eq(sp.Symbol(r"\lim K_{\max} D / W"), 1 / z**2, evaluate=False),
                "K_max = C(D - 1, n - 1)/z^2 + 1 with distinct indices; the plain power's constant is (2n-3)!!",
                evidence(method.LIMIT, "from the claims of capacity, n = 2 .. 5", _ratio),
            ),
        )
    )  # fmt: skip


THEOREM = hs.Theorem(
    name="tensor_storage",
    title="Tensor weights equal separate storage, and cost as much at capacity",
    statement=(
        sp.Eq(
            h[i],
            sp.Sum(xi[mu, i] * sp.Sum(xi[mu, j] * s[j], (j, 1, D)) ** (n - 1), (mu, 1, K)),
            evaluate=False,
        ),
        sp.Eq(sp.Symbol("W"), D * sp.binomial(D - 1, n - 1), evaluate=False),
    ),
    derive=derivation,
    prose=__doc__,
    assumptions=(
        "any real patterns and cues for all indices and for distinct ones; signs where the overlap alone counts",
        "n = 2, 3, 4, 5; W is the number of weights with distinct indices, of all units together",
        "the cost at capacity: unbiased signs, exact cues, gradient without the unit, rho = z^2, large D",
    ),
    source="derived here; krotov2016, eq. 2, for F_n",
)
