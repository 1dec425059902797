r"""How many recent patterns a palimpsest keeps: best rate, largest span, and the price of forgetting slowly.

Hebb's rule with decay on unbiased patterns of unit size (Oja's rule on signs) has one rate q, the factor that one
more pattern puts on the square of a trace: $q = (1-\eta)^2$ for Oja's rule, $q = (1-\lambda)^2$ for decay. A
pattern counts as recalled when rho >= z^2. Ages 0, ..., S - 1 do so exactly when
$q^{S-1} (1-q) \ge \kappa$, with n = D - 1 and $\kappa = z^2/(n + z^2)$. At a given rate S is
$1 + \ln(\kappa/(1-q))/\ln q$, rounded down.

Best rate: the left-hand side is largest at 1 - q = 1/S (inequality of the means): forget one part in S of the
power with every pattern. So S patterns can be kept at some rate if and only if $(1 - 1/S)^{S-1}/S \ge \kappa$;
this side falls with S, and the largest S solves it with equality. In its expansion for small kappa the term of second
order vanishes.

Rates that keep S patterns: with 1 - q small, $(S-1)(1-q) = -W(-(S-1)\kappa)$. The principal branch of Lambert's W
gives the slowest rate (slower ones keep too much noise), the lower branch the fastest (faster ones forget). They meet
where (S - 1) kappa = 1/e.

Price: plain Hebb keeps K = 1 + n/z^2 = 1/kappa of the same patterns, and none of them when many more are shown.
The price for never having to stop, $1/(\kappa S) = (S/(S-1))^{S-1}$, rises with S, from 2 at S = 2, to e.

Criterion: it enters through z alone. A bit that is wrong with probability epsilon asks for
$z^2 = 2\,\mathrm{erfcinv}(2\epsilon)^2$; a pattern without a wrong bit for z^2 close to 2 ln D, so that S is close to
D/(2 e ln D), where plain Hebb keeps D/(2 ln D): a limit with slow, logarithmic corrections.
"""

from itertools import pairwise, product

import sympy as sp

import hebbsym as hs
from hebbsym.notation import D, S, age, epsilon, eta, lam, z

n = D - 1
q, kappa, u, X = sp.symbols("q kappa u X", positive=True)
KAPPA = z**2 / (n + z**2)
SETTLED = n * (1 - q) * q**age / (1 - (1 - q) * q**age)
KEPT = q ** (S - 1) * (1 - q)
MOST = (1 - 1 / S) ** (S - 1) / S
PRICE = (S / (S - 1)) ** (S - 1)
ASYMPTOTIC = 1 / (sp.E * kappa) + sp.S.Half + sp.E * kappa / 24
OJA = hs.rules["oja"]


def span(share: sp.Expr, level: sp.Expr) -> int:
    """The number of ages 0, 1, ... at which q^g (1 - q) >= kappa, counted one by one, exactly."""
    trace, kept = share, 0
    while trace >= level:
        trace, kept = trace * (1 - share), kept + 1
    return kept


def most(level: sp.Expr) -> int:
    """The largest whole S with (1 - 1/S)^(S - 1)/S >= kappa."""
    kept = 0
    while MOST.xreplace({S: sp.Integer(kept + 1)}) >= level:
        kept += 1
    return kept


LEVELS = tuple(sp.Rational(*pair) for pair in ((1, 3), (1, 5), (1, 16), (2, 45), (1, 77)))


# ---- evidence ------------------------------------------------------------------------------


def _settled_ratio() -> bool:
    """Signal n^2 q^g over the crosstalk n sum of q^k, k != g, up to k = infinity; and the claims."""
    k = sp.Symbol("k", integer=True, nonnegative=True)
    half = sp.Symbol("p", positive=True)  # q = 1/(1 + p) lets SymPy sum the series for every p
    for old in range(4):
        noise = sp.Sum((1 / (1 + half)) ** k, (k, 0, sp.oo)).doit() - (1 / (1 + half)) ** old
        direct = n**2 * (1 / (1 + half)) ** old / (n * noise)
        mine = SETTLED.xreplace({q: 1 / (1 + half), age: sp.Integer(old)})
        if sp.cancel(sp.together(sp.piecewise_fold(direct) - mine)) != 0:
            return False
    claims = ((OJA, eta), (hs.rules["decay"], lam))
    return all(
        sp.cancel(
            sp.together(
                (hs.derive(rule)["snr:stationary"].formula - SETTLED.xreplace({q: (1 - s) ** 2}))
                .xreplace({age: sp.Integer(old)})
            )
        )
        == 0
        for (rule, s), old in product(claims, range(4))
    )  # fmt: skip


def _condition() -> bool:
    """rho - z^2 at the oldest kept pattern has the sign of q^(S - 1) (1 - q) - kappa."""
    y = sp.Symbol("y", positive=True)  # y = q^(S - 1) (1 - q), between 0 and 1
    gap = n / (1 / y - 1) - z**2
    return bool(sp.cancel(gap - (n + z**2) * (y - KAPPA) / (1 - y)) == 0)


def _given_rate() -> bool:
    """The closed form, rounded down, against counting, and against the claim."""
    claim = hs.derive(OJA)["span"].formula
    for level, rate in product(LEVELS, (sp.Rational(1, 7), sp.Rational(1, 20), sp.Rational(1, 50))):
        share = 1 - (1 - rate) ** 2
        if share < level:
            continue
        closed = 1 + sp.log(level / share) / sp.log(1 - share)
        units = 1 + z**2 * (1 / level - 1)  # the D of this kappa
        claimed = claim.xreplace({D: units, eta: rate})
        if int(sp.floor(closed.n(40))) != span(share, level):
            return False
        if abs(hs.evaluate(claimed, {z: sp.Integer(2)}) - hs.evaluate(closed)) > 1e-20:
            return False
    return True


def _best_rate() -> bool:
    """The inequality of the means: concave logarithm; every rate on a grid is worse; and the claim."""
    logarithm = (S - 1) * sp.log(q) + sp.log(1 - q)
    slope, bend = sp.diff(logarithm, q), sp.diff(logarithm, q, 2)
    if sp.cancel(slope.xreplace({q: 1 - 1 / S})) != 0:
        return False
    if sp.cancel(bend + (S - 1) / q**2 + 1 / (1 - q) ** 2) != 0:  # negative everywhere
        return False
    for kept in (2, 5, 11):
        grid = [sp.Rational(m, 200) for m in range(1, 200)]
        values = [KEPT.xreplace({S: sp.Integer(kept), q: 1 - share}) for share in grid]
        if max(values) > MOST.xreplace({S: sp.Integer(kept)}):
            return False
    claim = hs.derive(OJA)["rate:best"].formula
    return bool(sp.expand((1 - claim) ** 2 - (1 - 1 / S)) == 0)


def _most_patterns() -> bool:
    """Spans counted at 1999 rates beside 1/S: the largest is what the closed form allows, never more."""
    for level in LEVELS:
        best = most(level)
        grid = {sp.Rational(m, 2000) for m in range(1, 2000)} | {sp.Rational(1, best)}
        found = max(span(share, level) for share in grid)
        if found != best or span(sp.Rational(1, best), level) != best:
            return False
    return True


def _falls() -> bool:
    """d ln/dS of (1 - 1/S)^(S - 1)/S is ln(1 - 1/S), negative."""
    real = sp.Symbol("S", positive=True)
    logarithm = (real - 1) * sp.log(1 - 1 / real) - sp.log(real)
    slope = sp.diff(logarithm, real) - sp.log(1 - 1 / real)
    return bool(sp.cancel(sp.together(slope)) == 0)


def _asymptotic() -> bool:
    """Series of 1/(e kappa) in u = 1/S inverted by comparison of coefficients; and six exact roots."""
    inverse = sp.exp(-1 - (1 / u - 1) * sp.log(1 - u)) / u  # X = 1/(e kappa), at S = 1/u
    at = sp.series(inverse, u, 0, 4).removeO()
    rest = sp.series(1 / u - (at + sp.S.Half + 1 / (24 * at)), u, 0, 4)
    if rest.removeO().coeff(u, 1) != 0 or rest.removeO().coeff(u, 2) != 0:
        return False
    if rest.removeO().coeff(u, 0) != 0 or rest.removeO().coeff(u, -1) != 0:
        return False
    gaps = []
    for kept in (10, 20, 40):
        level = MOST.xreplace({S: sp.Integer(kept)})
        gaps.append(abs(hs.evaluate(ASYMPTOTIC.xreplace({kappa: level}) - kept)))
    return all(7 < above / below < 9 for above, below in pairwise(gaps))  # order 3: a factor 8


def _claimed_capacity() -> bool:
    """The claims hold the same equation, and the same two leading terms."""
    theory = hs.derive(OJA)
    equation = theory["capacity:span"].formula
    leading = theory["capacity:span:asymptotic"].formula
    mine = (1 / (sp.E * kappa) + sp.S.Half).xreplace({kappa: KAPPA})
    return (
        sp.cancel(sp.together((equation.lhs - equation.rhs) - (MOST - KAPPA))) == 0
        and sp.expand(leading - mine) == 0
    )


def exact_share(level: sp.Expr, kept: int, fast: bool) -> sp.Expr:
    """The root 1 - q below (or above) 1/S of q^(S - 1) (1 - q) = kappa, by halving rationals."""
    low, high = (sp.Rational(1, kept), sp.S.One) if fast else (sp.S.Zero, sp.Rational(1, kept))
    for _ in range(60):
        middle = (low + high) / 2
        enough = (1 - middle) ** (kept - 1) * middle >= level
        inward = not fast if enough else fast
        low, high = (low, middle) if inward else (middle, high)
        low, high = (sp.Rational(int(e * 2**70), 2**70) for e in (low, high))
    return (low + high) / 2


def _branches() -> bool:
    """Both rates against the exact roots, kappa = 1/100, 1/400, 1/1600 with (S - 1) kappa = 1/4 kept.

    The distance is that of the first term dropped: with s = 1 - q it moves ln s by (S - 1) s^2/2 over
    1 - (S - 1) s.
    """
    for branch, fast in ((0, False), (-1, True)):
        misses = []
        for inverse in (100, 400, 1600):
            level, older = sp.Rational(1, inverse), sp.Integer(inverse // 4)
            leading = -sp.LambertW(-older * level, branch) / older
            found = hs.evaluate(leading / exact_share(level, older + 1, fast) - 1)
            expected = hs.evaluate(-older * leading**2 / (2 * (1 - older * leading)))
            misses.append(abs(found / expected - 1))
        if not all(3 < above / below < 5 for above, below in pairwise(misses)):
            return False
    return bool(sp.LambertW(-sp.exp(-1)) == sp.LambertW(-sp.exp(-1), -1) == -1)


def _price() -> bool:
    """1/(kappa S) at the best S; plain Hebb's own number; limit e, from below and rising."""
    plain = hs.derive(hs.rules["hebb"])["capacity:snr"].formula
    at_best = [(1 / (MOST * S) - PRICE).xreplace({S: sp.Integer(m)}) for m in range(2, 30)]
    if sp.cancel(plain - 1 / KAPPA) != 0 or set(at_best) != {0}:
        return False
    values = [PRICE.xreplace({S: sp.Integer(m)}) for m in (2, 3, 10, 100, 1000)]
    rising = all(below < above for below, above in pairwise(values))
    claim = hs.derive(OJA)["price:palimpsest"].formula
    return bool(
        rising
        and values[0] == 2
        and values[-1] < sp.E
        and sp.limit(PRICE, S, sp.oo) == sp.E
        and sp.cancel(claim - PRICE) == 0
    )


def _pattern_criterion() -> bool:
    """n Q(z) = 1 has z^2/(2 ln D) = 1 - ln(4 pi ln D)/(2 ln D) + ...: seen at four sizes, and rising."""
    shares = []
    for power in (4, 16, 64, 256):
        size = sp.Integer(10) ** power
        level = sp.nsolve(
            sp.log(size) + sp.log(sp.erfc(sp.sqrt(u) / sp.sqrt(2)) / 2),
            u,
            (2 * sp.log(size)).n(20) * sp.Rational(9, 10),
            prec=20,
        )
        expected = 1 - sp.log(4 * sp.pi * sp.log(size)) / (2 * sp.log(size))
        shares.append((level / (2 * sp.log(size)), abs(level / (2 * sp.log(size)) / expected - 1)))
    return bool(
        all(one[0] < two[0] < 1 and one[1] > two[1] for one, two in pairwise(shares))
        and shares[-1][1] < 1e-4
    )


# ---- the derivation ------------------------------------------------------------------------

_W = sp.LambertW
_limit = sp.Symbol(r"\rho_{\infty}")
LARGEST = sp.Eq(MOST, kappa)


def _span_steps() -> tuple[hs.Step, ...]:
    evidence, method = hs.Evidence, hs.Method
    return (
        hs.Step(
            sp.Eq(_limit, SETTLED),
            "signal n^2 q^g over the crosstalk of all other ages, a geometric series (theorem oja_palimpsest)",
            evidence(
                method.SECOND_ROUTE,
                "the series summed by age; the claims for Oja's rule and decay, ages 0 .. 3",
                _settled_ratio,
            ),
        ),
        hs.Step(
            sp.Ge(KEPT, kappa),
            "rho >= z^2 at the age S - 1, the oldest that counts, with kappa = z^2/(n + z^2)",
            evidence(method.SUBSTITUTION, "the difference, factored", _condition),
        ),
        hs.Step(
            sp.Eq(S, 1 + sp.log(kappa / (1 - q)) / sp.log(q)),
            "solved for S; a whole number of patterns is this rounded down",
            evidence(
                method.ENUMERATION,
                "counted age by age, five kappa, three rates; and the claim",
                _given_rate,
            ),
        ),
        hs.Step(
            sp.Eq(1 - q, 1 / S),
            "(S - 1) ln q + ln(1 - q) is concave in q, and stationary there",
            evidence(
                method.SUBSTITUTION, "two derivatives; 199 rates at three S; the claim", _best_rate
            ),
        ),
        hs.Step(
            sp.Ge(MOST, kappa),
            "the best rate inserted: S patterns can be kept at some rate if and only if this holds",
            evidence(
                method.ENUMERATION,
                "spans counted exactly at 2000 rates, five kappa, the largest of them",
                _most_patterns,
            ),
        ),
        hs.Step(
            LARGEST,
            "the left-hand side falls: its logarithm has the slope ln(1 - 1/S)",
            evidence(method.SUBSTITUTION, "the derivative, S real", _falls),
        ),
    )


def _limit_steps() -> tuple[hs.Step, ...]:
    evidence, method = hs.Evidence, hs.Method
    return (
        hs.Step(
            sp.Eq(S, ASYMPTOTIC + sp.Function("O")(kappa**3), evaluate=False),
            "with u = 1/S: 1/(e kappa) = S exp(-u/2 - u^2/6 - u^3/12 - ...) = S - 1/2 - u/24 - u^2/48 - ..., "
            "turned round; the two terms of order kappa^2 cancel",
            evidence(
                method.LIMIT,
                "coefficients of the inverted series; the error falls by 8 when S doubles",
                _asymptotic,
            ),
        ),
        hs.Step(
            sp.Eq(S, (1 / (sp.E * kappa) + sp.S.Half).xreplace({kappa: KAPPA}), evaluate=False),
            "kappa inserted, to the second term",
            evidence(method.SECOND_ROUTE, "the claims of the engine", _claimed_capacity),
        ),
        hs.Step(
            sp.Eq((S - 1) * (1 - q), -_W(-(S - 1) * kappa, evaluate=False), evaluate=False),
            "1 - q small: y e^y = -(S - 1) kappa with y = -(S - 1)(1 - q). The two real branches are the "
            "slowest and the fastest rate that keep S patterns; they exist up to (S - 1) kappa = 1/e",
            evidence(
                method.LIMIT,
                "both against exact roots, with the first term that was dropped, at three kappa",
                _branches,
            ),
        ),
        hs.Step(
            sp.Eq(1 / (kappa * S), PRICE, evaluate=False),
            "plain Hebb, rho = n/(K - 1), keeps 1 + n/z^2 = 1/kappa; rises with S, to e",
            evidence(method.LIMIT, "claims of both rules; monotone; the limit", _price),
        ),
        hs.Step(
            sp.Eq(z**2, 2 * sp.erfcinv(2 * epsilon) ** 2, evaluate=False),
            "a Gaussian field: the error of a bit is erfc(z/sqrt 2)/2; for a whole pattern epsilon is "
            "about 1/D, and z^2 about 2 ln D",
            evidence(
                method.LIMIT,
                "z^2/(2 ln D) at D = 10^4 .. 10^256 tends to 1, with its first correction",
                _pattern_criterion,
            ),
        ),
    )


def derivation() -> hs.Derivation:
    """The span at a rate, the best rate, the most patterns; asymptotics, the two rates, price, criteria."""
    return hs.Derivation((*_span_steps(), *_limit_steps()))


THEOREM = hs.Theorem(
    name="palimpsest_capacity",
    title="Span of a palimpsest: its best rate, the most patterns kept, and the price e against plain Hebb",
    statement=(
        sp.Eq(kappa, KAPPA),
        sp.Eq(1 - q, 1 / S),
        LARGEST,
        sp.Eq(S, ASYMPTOTIC + sp.Function("O")(kappa**3), evaluate=False),
        sp.Eq(1 / (kappa * S), PRICE, evaluate=False),
        sp.Eq(sp.Limit(PRICE, S, sp.oo), sp.E, evaluate=False),
    ),
    derive=derivation,
    prose=__doc__,
    assumptions=(
        "independent unbiased patterns of unit size; the cue is the stored pattern; no diagonal",
        "Hebb's rule with a decay that is the same for all synapses: one rate",
        "so many patterns were shown that the law of the weights has settled",
        "recalled means rho >= z^2",
    ),
    source="derived here; nadal1986 and mezard1986 for the factor e (equations unverified); corless1996 for W",
)
