r"""Universal Hopfield networks on signs: which compositions of similarity, separator and projection are one memory.

Recall is the sign of C^T sep(sim(A, s)).

1. On sign vectors of overlap m = a . s the four similarities are affine in m: dot m, cosine q = m/D,
-|a - s|^2/2 = m - D and -sum |a_j - s_j| = m - D, for Euclid's distance squared is 2 D (1 - q), and
Manhattan's D (1 - q).

2. A separator makes a function g(m) of it, and one positive factor changes no sign. So dot and cosine under the
power n are the dense memory F_(n+1) under its gradient with the unit inside, and dot, Euclidean and Manhattan under
exponential or softmax are exponential separation at the same beta; the cosine is so at beta/D.

3. softmax(-|a - s|^2/2) = softmax(a . s) on real vectors too where all patterns have one norm: the norm of the cue is
common to all. Where norms differ it is not, and even the nearest pattern is another one: of (1, 0) and (3, 4) the
cue (1, 1) is nearer to the first and has the larger inner product with the second.

4. ``max`` sees the order alone, and all four similarities rise with the overlap: on signs it does not
depend on the similarity. With K patterns of D fair signs and an exact cue the right one is taken with
probability (1 - (1 - 2^-D)^K)/(K 2^-D): ties with its equals are all that can go wrong.

5. A distance under identity or a power has no signal: the cued pattern weighs (m - D)^n = 0 for an exact
cue, and -2 delta D in the mean for a flipped one (n = 1), against the others' weights of about -D. It needs
a separator that falls off, as the exponential.

6. Hetero-association has a crosstalk without mean, Var C = E g^2, and rho = g(D)^2/((K - 1) E g^2) for exact
cues: D/(K - 1) for the identity, against (D - 1)/(K - 1) of the Hebb rule without diagonal.

Assumptions: unbiased bipolar patterns but in part 3; the unit inside the overlap.
References: millidge2022 (the three factors; equation numbers unverified), who takes one over the distance.
"""

from itertools import product

import sympy as sp

import hebbsym as hs
from hebbsym.notation import D, K, delta, m

beta = sp.Symbol("beta", positive=True)
a, s, v = sp.IndexedBase("a"), sp.IndexedBase("s"), sp.Symbol("v")
j, mu = sp.symbols("j mu", integer=True, positive=True)
NAMES = ("dot", "cosine", "euclidean", "manhattan")
RECALL = (1 - (1 - 2 ** (-D)) ** K) / (K * 2 ** (-D))


def similar(name: str) -> sp.Expr:
    """A similarity by its name."""
    return hs.similarities[name]()


def separate(name: str, *parameters: sp.Expr) -> sp.Expr:
    """A separator by its name."""
    return hs.separators[name](*parameters)


def _affine() -> bool:
    """Every two sign vectors of four entries against the affine functions of their overlap."""
    laws = {"dot": m, "cosine": m / 4, "euclidean": m - 4, "manhattan": m - 4}
    for one, other in product(product((-1, 1), repeat=4), repeat=2):
        overlap = sum(x * y for x, y in zip(one, other, strict=True))
        for name, law in laws.items():
            if similar(name).score(one, other) != law.subs(m, overlap):
                return False
    return True


def _powers() -> bool:
    """rho and signal over D^n of dot and cosine under the power n against F_(n+1), flipped cues, n = 1 .. 4."""
    for n in range(1, 5):
        cue = hs.Flip(delta)
        dense = hs.dense(
            hs.separations["power"](sp.Integer(n + 1)), update="gradient-with-self", cue=cue
        )
        for name, scale in (("dot", sp.S.One), ("cosine", D**-n)):
            made = hs.universal(similar(name), separate("power", sp.Integer(n)), cue=cue)
            for quantity, power in (
                ("signal", 1),
                ("crosstalk_mean", 1),
                ("crosstalk_variance", 2),
            ):
                gap = made[quantity].formula - scale**power * dense[quantity].formula
                if sp.expand(sp.cancel(gap)) != 0:
                    return False
    return True


def _exponentials() -> bool:
    """The weights are exp(beta m), exp(beta m/D) and exp(beta (m - D)), and those recall alike."""
    rules = [
        hs.UniversalRule(similar(name), separate(kind, beta))
        for kind in ("exponential", "softmax")
        for name in ("dot", "euclidean", "manhattan")
    ]
    scaled = hs.UniversalRule(similar("cosine"), separate("softmax", 6 * beta))
    return len(hs.universal_classes([*rules, scaled], 6)) == 1


def _claims_of_exponential() -> bool:
    """rho of dot under the exponential against the dense memory's, 30 digits."""
    cue = hs.Flip(sp.Rational(1, 10))
    dense = hs.dense(hs.separations["exponential"](beta), update="gradient-with-self", cue=cue)
    made = hs.universal(similar("dot"), separate("exponential", beta), cue=cue)
    at = {beta: sp.Rational(1, 4), D: 15, K: 40}
    one, other = (hs.evaluate(theory["snr"].formula, at) for theory in (dense, made))
    return abs(one / other - 1) < sp.Rational(1, 10**25)


def _one_norm() -> bool:
    """Three patterns of norm 5 and a cue of symbols: both softmaxes, identically."""
    cue = sp.symbols("s_1:3", real=True)
    patterns = ((3, 4), (-5, 0), (4, -3))
    soft = separate("softmax", sp.S.One)
    weights = []
    for name in ("dot", "euclidean"):
        scores = [similar(name).score(one, cue) for one in patterns]
        ((found, _),) = soft.draws(scores, similar(name), 2)
        weights.append(found)
    for one, other in zip(*weights, strict=True):
        (top, below), (upper, lower) = sp.fraction(one), sp.fraction(other)
        if sp.powsimp(sp.expand(sp.expand(top * lower) - sp.expand(upper * below))) != 0:
            return False
    return True


def _other_norms() -> bool:
    """The witness: the nearest of two patterns is not that of the larger inner product."""
    patterns, cue = ((1, 0), (3, 4)), (1, 1)
    dot, near = ([similar(n).score(x, cue) for x in patterns] for n in ("dot", "euclidean"))
    return bool(dot[0] < dot[1] and near[0] > near[1])


def _nearest() -> bool:
    """One class of all four similarities; and the same errors on every set of patterns."""
    rules = [hs.UniversalRule(similar(name), separate("max")) for name in NAMES]
    if len(hs.universal_classes(rules, 7)) != 1:
        return False
    cue = hs.Flip(delta)
    errors = {hs.enumerate_universal(hs.Setting(rule, cue=cue), 3, 2).bit_error() for rule in rules}
    return len(errors) == 1


def _recall() -> bool:
    """The probability over all patterns, ties by their chances: D = 2, 3 and K = 2, 3."""
    for units, patterns in product((2, 3), repeat=2):
        rule = hs.UniversalRule(similar("cosine"), separate("max"))
        truth = hs.enumerate_universal(hs.Setting(rule), units, patterns).recall()
        if sp.expand(RECALL.subs({D: units, K: patterns}) - truth) != 0:
            return False
    return hs.universal(similar("dot"), separate("max"))["recall"].formula.equals(RECALL)


def _distances() -> bool:
    """Signal and crosstalk of both distances from the engine, and over all patterns."""
    for name in ("euclidean", "manhattan"):
        exact = hs.universal(similar(name), separate("power", sp.Integer(3)))
        made = hs.universal(similar(name), separate("identity"), cue=hs.Flip(delta))
        if exact["signal"].formula != 0 or sp.expand(made["signal"].formula + 2 * delta * D) != 0:
            return False
        rule = hs.UniversalRule(similar(name), separate("identity"))
        truth = hs.enumerate_universal(hs.Setting(rule, cue=hs.Flip(delta)), 3, 2).signal(1)
        if sp.expand(truth + 6 * delta) != 0:
            return False
    return True


def _hetero() -> bool:
    """rho of hetero-association for identity and square, by moments of a sum of D signs."""
    pair = hs.projections["hetero"]()
    for n, square in ((1, D), (2, 3 * D**2 - 2 * D)):
        made = hs.universal(similar("dot"), separate("power", sp.Integer(n)), pair)["snr"].formula
        if sp.cancel(made - D ** (2 * n) / ((K - 1) * square)) != 0:
            return False
    return True


def derivation() -> hs.Derivation:
    """Similarities; reductions; equalities; the nearest pattern; what has no signal; hetero-association."""
    evidence, method = hs.Evidence, hs.Method
    g, sep = sp.Function("g"), sp.Function("sep")
    length = sp.Sum((a[j] - s[j]) ** 2, (j, 1, D))
    return hs.Derivation(
        (
            hs.Step(
                sp.Eq(-length / 2, m - D, evaluate=False),
                "entries of signs that differ do so by 2, and their number is (D - m)/2",
                evidence(method.ENUMERATION, "every two sign vectors of 4 entries, four similarities", _affine),
            ),
            hs.Step(sp.Eq(g(m), sep(v), evaluate=False), "so that every weight is a function of the overlap"),
            hs.Step(
                sp.Eq(g(m), m**sp.Symbol("n"), evaluate=False),
                "dot and cosine under a power: F_(n+1)' with the unit in the overlap, the cosine times D^-n",
                evidence(
                    method.SECOND_ROUTE,
                    "signal, mean and variance of the crosstalk against those of the dense memory, n = 1 .. 4, "
                    "identically in D and delta",
                    _powers,
                ),
            ),
            hs.Step(
                sp.Eq(sp.exp(beta * (m - D)), sp.exp(-beta * D) * sp.exp(beta * m), evaluate=False),
                "a shift of the similarity is a positive factor of the exponential, and the softmax divides by "
                "a positive number",
                evidence(method.SUBSTITUTION, "all overlaps of 6 signs, identically in beta", _exponentials),
            ),
            hs.Step(
                sp.Eq(sp.Symbol("rho"), sp.Symbol(r"\rho_{\exp}"), evaluate=False),
                "so that its ratio is that of the exponential dense memory",
                evidence(method.SECOND_ROUTE, "both claims at D = 15, K = 40, 30 digits", _claims_of_exponential),
            ),
            hs.Step(
                sp.Eq(-length / 2, sp.Symbol("a.s") - sp.Symbol("|a|^2") / 2 - sp.Symbol("|s|^2") / 2, evaluate=False),
                "one norm of all patterns is a common factor of the exponentials, as is that of the cue",
                evidence(method.SUBSTITUTION, "three real patterns of norm 5, a cue of symbols", _one_norm),
            ),
            hs.Step(
                sp.Ne(sp.Symbol("argmax a.s"), sp.Symbol("argmin |a-s|"), evaluate=False),
                "patterns of norms 1 and 5: the longer one has the larger inner product, the shorter one is nearer",
                evidence(method.SUBSTITUTION, "the witness in exact numbers", _other_norms),
            ),
            hs.Step(
                sp.Gt(sp.Derivative(sp.Function("sim")(m), m), 0, evaluate=False),
                "slopes 1, 1/D, 1, 1: the most similar pattern is the same",
                evidence(
                    method.ENUMERATION,
                    "the order of all overlaps of 7 signs; errors over all patterns and cues at D = 3, K = 2",
                    _nearest,
                ),
            ),
            hs.Step(
                sp.Eq(sp.Symbol(r"\operatorname{P}_{\mathrm{recall}}"), RECALL, evaluate=False),
                "the cued pattern has the largest similarity there is; of J others that are the same each is taken "
                "as often: E[1/(J + 1)] of a binomial number",
                evidence(method.ENUMERATION, "all patterns and ties at D = 2, 3 and K = 2, 3", _recall),
            ),
            hs.Step(
                sp.Eq(sp.Symbol(r"\operatorname{E}[S_i]"), -2 * delta * D, evaluate=False),
                "a distance counts from the cued pattern, where it is 0",
                evidence(method.ENUMERATION, "the engine, and all patterns and cues at D = 3, K = 2", _distances),
            ),
            hs.Step(
                sp.Eq(sp.Symbol("rho"), g(D) ** 2 / ((K - 1) * sp.Function(r"\operatorname{E}")(g(m) ** 2)), evaluate=False),
                "contents are fair signs, independent of the addresses",
                evidence(method.SUBSTITUTION, "identity and square, by the moments of a sum of signs", _hetero),
            ),
        )
    )  # fmt: skip


THEOREM = hs.Theorem(
    name="universal_hopfield",
    title="Universal Hopfield networks on signs: reductions, equalities, and the law of the nearest pattern",
    statement=(
        sp.Eq(-sp.Sum((a[j] - s[j]) ** 2, (j, 1, D)) / 2, m - D, evaluate=False),
        sp.Eq(-sp.Sum(sp.Abs(a[j] - s[j]), (j, 1, D)), m - D, evaluate=False),
        sp.Eq(sp.Symbol(r"\operatorname{P}_{\mathrm{recall}}"), RECALL, evaluate=False),
    ),
    derive=derivation,
    prose=__doc__,
    assumptions=(
        "independent unbiased bipolar patterns, but for real vectors where it is said",
        "auto-association has the unit in the overlap; recall is the sign of the projection",
        "the nearest of several patterns that tie is each of them with the same chance; an exact cue in P_recall",
    ),
    source="derived here; millidge2022 (equation numbers unverified)",
)
