r"""Willshaw's memory of binary synapses: its exact error, the product form beside it, and its limits.

A synapse is 1 as soon as both of its units were active in one pattern, w_ij = max over mu of
xi_i^mu xi_j^mu; patterns are 0 and 1, with activity f. A unit answers when all active units of the cue
reach it: its threshold follows the cue. A unit of the stored pattern always answers; another one
answers by mistake with the probability

    P_err(0) = sum over r of Binomial(r; K - 1, f) (1 - f (1 - f)^r)^n,    n = D - 1.

The literature has the product form (1 - f (1 - f^2)^(K-1))^n, which takes the synapses onto one unit
as independent. They share the number r of patterns in which the unit was active: a unit that was active
often has more synapses on. (1 - f g)^n is convex in g, so the product form is always too small, to
leading order by n (n - 1) f^2 (1 - f g)^(n-2) Var(g) / 2, where Var(g) is the covariance of two weights
onto one unit. At D = 100, K = 50, f = 1/10 it is too small by a factor 2.3; it becomes exact when
(f D)^2 f vanishes.

How many bits a synapse stores depends on the criterion. Let f fall with D such that f D grows like ln D:

* Mean number of spurious units in a recalled pattern of at most one. The number of active units of an
  independent cue fluctuates, and cues with few of them make most mistakes. The best share of synapses
  that are off is 1/e, and the limit is 1/(e ln 2) = 0.531 bits per synapse.
* Most patterns recalled without a mistake, or cues with a fixed number of active units. The activity
  concentrates at f D, half of the synapses are on, and the limit is ln 2 = 0.693 bits per synapse.

Both are approached with logarithmic slowness.

Assumptions: independent patterns of activity f; exact cues; each pattern shown once; no diagonal.
References: willshaw1969, palm1980 (the product form and ln 2; equation numbers unverified).
"""

from collections import Counter
from itertools import product

import sympy as sp

import hebbsym as hs
from hebbsym.notation import D, K, f, r

n = D - 1
g, share = sp.symbols("g s", positive=True)
error, plain = (
    sp.Function(r"\operatorname{P}_{\mathrm{err}}"),
    sp.Symbol(r"\operatorname{P}_{\mathrm{prod}}"),
)
BINOMIAL = sp.binomial(K - 1, r) * f**r * (1 - f) ** (K - 1 - r)
MISTAKE = (1 - f * g) ** n
EXACT = sp.Sum(BINOMIAL * MISTAKE.xreplace({g: (1 - f) ** r}), (r, 0, K - 1))
MEAN = (1 - f**2) ** (K - 1)
SQUARE = (1 - 2 * f**2 + f**3) ** (K - 1)
PRODUCT = MISTAKE.xreplace({g: MEAN})
VARIANCE = SQUARE - MEAN**2
CORRECTION = (n * (n - 1) / 2) * f**2 * (1 - f * MEAN) ** (n - 2) * VARIANCE
BITS = -share * sp.log(share) / sp.log(2)


def _theory() -> hs.Theory:
    return hs.derive(hs.rule("willshaw"), hs.Binary(f), threshold=hs.thresholds["active"]())


def _brute_force(units: int, patterns: int) -> dict[int, sp.Expr]:
    """P(unit 0 is wrong | its value) over all sets of patterns, weights by the rule itself."""
    wrong: dict[int, Counter[int]] = {0: Counter(), 1: Counter()}
    for bits in product((0, 1), repeat=units * patterns):
        shown = [bits[k * units : (k + 1) * units] for k in range(patterns)]
        weights = [max(x[0] * x[j] for x in shown) for j in range(units)]
        cue = shown[0]
        heard = sum(weights[j] * cue[j] for j in range(1, units))
        answers = 1 if heard == sum(cue[1:]) else 0
        if answers != cue[0]:
            wrong[cue[0]][sum(bits)] += 1
    total = units * patterns
    chance = {0: 1 - f, 1: f}
    return {
        x: sp.cancel(
            sum(count * f**ones * (1 - f) ** (total - ones) for ones, count in found.items())
            / chance[x]
        )
        for x, found in wrong.items()
    }


def _enumerated() -> bool:
    """Both errors at three sizes, as polynomials in f."""
    for units, patterns in ((3, 2), (3, 3), (4, 2)):
        truth = _brute_force(units, patterns)
        closed = EXACT.xreplace({D: sp.Integer(units), K: sp.Integer(patterns)}).doit()
        if truth[1] != 0 or sp.expand(closed - truth[0]) != 0:
            return False
    return True


def _derived() -> bool:
    """The engine's own claim, and its product form."""
    theory = _theory()
    values = {D: sp.Integer(5), K: sp.Integer(4)}
    pairs = ((EXACT * (1 - f), "bit_error"), (PRODUCT * (1 - f), "bit_error:product"))
    return all(
        sp.expand((form - theory[name].formula).xreplace(values).doit()) == 0
        for form, name in pairs
    )


def _moments_of_g() -> bool:
    """E[(1 - f)^r] and E[(1 - f)^(2 r)] by the binomial theorem, at K = 1 .. 6."""
    for load in range(1, 7):
        for power, closed in ((1, MEAN), (2, SQUARE)):
            average = sp.Sum(BINOMIAL * (1 - f) ** (power * r), (r, 0, K - 1))
            if sp.expand((average - closed).xreplace({K: sp.Integer(load)}).doit()) != 0:
                return False
    return True


def _covariance() -> bool:
    """Var(g) after K - 1 patterns is the covariance of two weights onto one unit."""
    claim = _theory()["weight_covariance:post"].formula
    for load in range(2, 6):
        here = {K: sp.Integer(load)}
        before = claim.xreplace({K: sp.Integer(load - 1)})
        if sp.expand(VARIANCE.xreplace(here) - before) != 0:
            return False
    return True


def _convex() -> bool:
    """The second derivative in g, and the order of the two forms at 24 sizes."""
    second = n * (n - 1) * f**2 / (1 - f * g) ** 2  # over the power itself; not negative
    if sp.cancel(sp.diff(MISTAKE, g, 2) / MISTAKE - second) != 0:
        return False
    sizes = product((10, 40, 160), (2, 8, 32, 64), (sp.Rational(1, 20), sp.Rational(1, 4)))
    for units, load, activity in sizes:
        at = {D: sp.Integer(units), K: sp.Integer(load), f: activity}
        if not hs.evaluate(EXACT, at) > hs.evaluate(PRODUCT, at):
            return False
    return True


def _correction() -> bool:
    """(exact - product) / correction tends to 1 as f falls, K f^2 and f D being kept."""
    distances = []
    for k in (1, 2, 3):
        activity = sp.Rational(1, 40 * 8**k)
        at = {
            f: activity,
            K: sp.Integer(int(1 / (2 * activity**2))),
            D: sp.Integer(int(6 / activity)),
        }
        exact = hs.evaluate(_narrow(at), at, 40)
        gap = exact - hs.evaluate(PRODUCT, at, 40)
        distances.append(abs(gap / hs.evaluate(CORRECTION, at, 40) - 1))
    return bool(distances[0] > 3 * distances[1] > 9 * distances[2] and distances[2] < 0.01)


def _narrow(at: dict[sp.Symbol, sp.Expr]) -> sp.Sum:
    """The sum without the terms 12 standard deviations from its middle, which are below 1e-30."""
    middle = (at[K] - 1) * at[f]
    reach = 12 * sp.sqrt(middle)
    low, high = (int(sp.floor(middle - reach)), int(sp.ceiling(middle + reach)))
    return sp.Sum(EXACT.function, (r, max(0, low), min(int(at[K]) - 1, high)))


def _mean_criterion() -> bool:
    """One spurious unit on average: f D s = ln D; bits K h(f) / D then tend to -s ln s / ln 2."""
    spurious = D * (1 - share * sp.log(D) / (share * D)) ** (D - 1)
    if sp.limit(sp.log(D) + (D - 1) * sp.log(1 - sp.log(D) / D), D, sp.oo) != 0:
        return False
    activity = sp.log(D) / (share * D)
    stored = -sp.log(share) / activity**2 * activity * sp.log(1 / activity, 2) / D
    best = sp.solve(sp.diff(BITS, share), share)
    return bool(
        sp.cancel(sp.limit(stored, D, sp.oo) - BITS) == 0
        and best == [sp.exp(-1)]
        and sp.expand(BITS.xreplace({share: sp.exp(-1)}) - 1 / (sp.E * sp.log(2))) == 0
        and spurious.has(D)
    )


def _typical_criterion() -> bool:
    """A cue of k = f D active units: D s'^k = 1 with s' = 1 - s; bits -ln s ln(1 - s)/ln 2 per synapse."""
    active = sp.log(D) / -sp.log(1 - share)
    activity = active / D
    stored = -sp.log(share) / activity**2 * activity * sp.log(1 / activity, 2) / D
    limit = sp.log(share) * sp.log(1 - share) / sp.log(2)
    half = limit.xreplace({share: sp.S.Half})
    slope = sp.diff(limit, share).xreplace({share: sp.S.Half})
    curved = sp.diff(limit, share, 2).xreplace({share: sp.S.Half})
    return bool(
        sp.expand_log(sp.limit(stored, D, sp.oo) - limit, force=True).equals(0)
        and sp.expand_log(half, force=True).equals(sp.log(2))
        and sp.expand_log(slope, force=True) == 0
        and curved < 0
    )


def derivation() -> hs.Derivation:
    """The mixture over the history; the product form; the correction; both limits."""
    evidence, method = hs.Evidence, hs.Method
    return hs.Derivation(
        (
            hs.Step(
                sp.Eq(error(0), EXACT, evaluate=False),
                "given that the unit was active in r of the K - 1 other patterns, a synapse from an "
                "active unit of the cue is off with probability g = (1 - f)^r, independently of the "
                "others; a mistake needs each of the n units to be silent in the cue or to reach the unit",
                evidence(
                    method.ENUMERATION,
                    "all sets of patterns at D, K = 3, 2; 3, 3; 4, 2, weights by the rule, "
                    "symbolic f, zero tolerance; the errors at active units are zero there",
                    _enumerated,
                ),
            ),
            hs.Step(
                sp.Eq(plain, PRODUCT, evaluate=False),
                "the product form: E[g] = (1 - f^2)^(K - 1) in the place of g",
                evidence(
                    method.SECOND_ROUTE, "both forms against the claims of the engine", _derived
                ),
            ),
            hs.Step(
                sp.Eq(sp.Function(r"\operatorname{Var}")(g), VARIANCE, evaluate=False),
                "r is binomial; the variance of g is the covariance of two weights onto one unit",
                evidence(method.SUBSTITUTION, "moments of g at K = 1 .. 6", _moments_of_g),
            ),
            hs.Step(
                sp.Eq(
                    sp.Function(r"\operatorname{Cov}")(sp.Symbol("w_{ij}"), sp.Symbol("w_{ik}")),
                    VARIANCE,
                    evaluate=False,
                ),
                "after K - 1 patterns",
                evidence(method.SECOND_ROUTE, "the engine's pair chain at K = 2 .. 5", _covariance),
            ),
            hs.Step(
                sp.Ge(error(0), plain, evaluate=False),
                "(1 - f g)^n is convex in g (Jensen's inequality)",
                evidence(method.SUBSTITUTION, "second derivative; both forms at 24 sizes", _convex),
            ),
            hs.Step(
                sp.Eq(error(0) - plain, CORRECTION, evaluate=False),
                "second-order expansion about E[g]; the rest is smaller by a factor of order (f D)^2 f",
                evidence(
                    method.LIMIT,
                    "ratio at f = 1/320, 1/2560, 1/20480 with K f^2 = 1/2 and f D = 6",
                    _correction,
                ),
            ),
            hs.Step(
                BITS,
                "a share s of the synapses is off, K f^2 = -ln s; one spurious unit on average means "
                "f D s = ln D; a pattern of the content has about f log2(1/f) bits a unit",
                evidence(
                    method.LIMIT, "limits D to infinity, and the best s = 1/e", _mean_criterion
                ),
            ),
            hs.Step(
                sp.log(2),
                "a cue of k active units meets them all on with (1 - s)^k = 1/D; the best s is 1/2",
                evidence(
                    method.LIMIT,
                    "limit D to infinity; stationary and a maximum at 1/2",
                    _typical_criterion,
                ),
            ),
        )
    )


THEOREM = hs.Theorem(
    name="willshaw",
    title="Willshaw's memory: exact one-step error, product form, bits per synapse",
    statement=(
        sp.Eq(error(0), EXACT, evaluate=False),
        sp.Eq(error(1), 0, evaluate=False),
        sp.Ge(error(0), PRODUCT, evaluate=False),
    ),
    derive=derivation,
    prose=__doc__,
    assumptions=(
        "independent binary patterns of activity f, exact cues, no diagonal",
        "the threshold is half a unit below the number of active units of the cue that the unit hears",
        "the limits: f D grows like ln D, so that (f D)^2 f vanishes",
    ),
    source="willshaw1969; palm1980 (product form and ln 2, equation numbers unverified)",
)
