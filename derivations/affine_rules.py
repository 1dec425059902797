r"""Rules affine in the weight: every moment in closed form, by pattern age, and when it settles.

One pattern turns w into L(x_i, x_j) w + B(x_i, x_j), with L = 1 + A. It is independent of the weights so far, acts
linearly on the vector of their moments and never raises a degree: that vector goes to P times itself, with P
triangular. The entries on its diagonal are the rates. Powers of P are sums over chains of states, with the
divided difference $[\ell_0, \dots, \ell_m]_t$ of the power t over the rates of the chain: a sum of geometric terms
$\ell^t$ when the rates differ, $\binom{t}{m} \ell^{t-m}$ when they are equal, and at a whole t always the sum of all
monomials of degree t - m in the rates, so that nothing is divided by zero. An additive rule is the case of rates 1,
$[1, 1]_K = K$.

For E[w w'], w and w' are a weight with itself, or two that share a unit, or both; $r = \mathrm{E}[LL']$ and
$\ell = \mathrm{E}[L]$. In the mean of the field of a pattern of age g: what was there, the recalled pattern
seen by its own cue, and what came later. The mean square of a term s w, and the mean product of two, follow from
the same P, applied K - 1 - g times, once with the pattern known, and g times.

Stability: first and second moments settle as K grows if the mean of (1 + A)^2 is below 1. All other rates are
smaller in size, by Jensen and by Cauchy and Schwarz (L and L' have one law); the differences are averages of squares.
A moment of order r asks for the mean of $|1 + A|^r$ to be below 1.

Ceiling: rho = n s/(p + (n - 1) c), where c is the variance, over the history of the unit, of the mean of one term:
inputs that share the unit share this noise. If c > 0 then rho tends to s/c as D grows, and the number of patterns that
are kept does not grow with D.
"""

from collections.abc import Callable
from itertools import combinations, combinations_with_replacement, pairwise, product

import sympy as sp

import hebbsym as hs
from hebbsym.notation import D, K, a, age, coefficient, i, j, mu, nu, rho, slope, w, x, x_i, x_j, xi

POWERS = ((0, 0), (1, 0), (0, 1), (1, 1))
GENERAL = hs.ExpandedRule(
    2, {pq: coefficient(*pq) + slope(*pq) * w for pq in POWERS}, "bilinear, affine in w"
)
"""Eight symbols: on two-valued patterns every affine rule of any order is one of these."""
ADDED, SLOPES = (
    sp.Add(*(name(*pq) * x_i ** pq[0] * x_j ** pq[1] for pq in POWERS))
    for name in (coefficient, slope)
)
LEFT = 1 + SLOPES
THIRD = sp.Rational(1, 3)
Rates = tuple[sp.Expr, ...]


def divided(rates: Rates, whole: int) -> sp.Expr:
    """[rates]_whole as the sum of all monomials of degree whole - m: without a division."""
    degree = whole - len(rates) + 1
    if degree < 0:
        return sp.S.Zero
    return sp.expand(sp.Add(*(sp.Mul(*c) for c in combinations_with_replacement(rates, degree))))


def _at(expression: sp.Expr, u: sp.Expr, v: sp.Expr) -> sp.Expr:
    return expression.xreplace({x_i: u, x_j: v})


def _signs(count: int, mean: sp.Expr = a) -> list[tuple[tuple[sp.Expr, ...], sp.Expr]]:
    """All values of some independent signs of this mean, each with its probability."""
    law = ((sp.S.One, (1 + mean) / 2), (sp.S.NegativeOne, (1 - mean) / 2))
    return [
        (tuple(v for v, _ in some), sp.Mul(*(p for _, p in some)))
        for some in product(law, repeat=count)
    ]


def _average(form: Callable[..., sp.Expr], count: int, mean: sp.Expr = a) -> sp.Expr:
    return sp.expand(sp.Add(*(p * form(*values) for values, p in _signs(count, mean))))


# ---- evidence: chains and divided differences ------------------------------------------------


def _unrolled() -> bool:
    """Three patterns of symbols one by one, the general rule, against the sum over patterns."""
    shown = [sp.symbols(f"u_{m} v_{m}") for m in range(3)]
    weight = sp.S.Zero
    for u, v in shown:
        weight += GENERAL.update.xreplace({x_i: u, x_j: v, w: weight})
    closed = sp.Add(
        *(
            _at(ADDED, *shown[m]) * sp.Mul(*(_at(LEFT, *later) for later in shown[m + 1 :]))
            for m in range(3)
        )
    )
    return bool(sp.expand(weight - closed) == 0)


def _chains() -> bool:
    """A triangular matrix of ten symbols, powers 0 .. 6, against the sum over chains."""
    size = 4
    P = sp.Matrix(size, size, lambda r, c: sp.Symbol(f"P_{r}{c}") if c <= r else sp.S.Zero)
    power = sp.eye(size)
    for whole in range(7):
        for r, c in product(range(size), repeat=2):
            inner = [k for k in range(c + 1, r)]
            total = divided((P[r, r],), whole) if r == c else sp.S.Zero
            for count in range(len(inner) + 1) if r > c else ():
                for between in combinations(inner, count):
                    chain = (r, *reversed(between), c)
                    steps = sp.Mul(*(P[s, t] for s, t in pairwise(chain)))
                    total += steps * divided(tuple(P[s, s] for s in chain), whole)
            if sp.expand(total - power[r, c]) != 0:
                return False
        power = (power * P).applyfunc(sp.expand)
    return True


def _geometric() -> bool:
    """Different rates: sum of l_k^t / product of (l_k - l_m); equal ones, zero, and one as limits."""
    three = sp.symbols("l_0:3")
    l_0, t = three[0], sp.Symbol("t", integer=True, positive=True)
    for whole in range(6):
        residues = sp.Add(
            *(one**whole / sp.Mul(*(one - m for m in three if m != one)) for one in three)
        )
        if sp.cancel(sp.together(residues) - divided(three, whole)) != 0:
            return False
        equal = sp.binomial(whole, 2) * l_0 ** (whole - 2) if whole > 1 else sp.S.Zero
        if sp.expand(divided((l_0,) * 3, whole) - equal) != 0:
            return False
        zeros = divided((sp.S.Zero,) * 3, whole)
        if zeros != int(whole == 2) or divided((sp.S.One,) * 2, whole) != whole:
            return False
    return bool(sp.limit((1 - l_0**t) / (1 - l_0), l_0, 1) == t)


# ---- evidence: weights and fields ------------------------------------------------------------

PAIRS: dict[str, tuple[int, tuple[int, int], tuple[int, int]]] = {
    "": (2, (0, 1), (0, 1)),
    "post": (3, (0, 1), (0, 2)),
    "pre": (3, (0, 1), (2, 1)),
    "reciprocal": (2, (0, 1), (1, 0)),
}
"""Two weights by the units they share: number of units, and each as (post, pre)."""


def _joint(first: sp.Expr, second: sp.Expr, shared: str, mean: sp.Expr = a) -> sp.Expr:
    """The average of a form at one weight times a form at the other."""
    count, one, other = PAIRS[shared]
    return _average(
        lambda *u: _at(first, *(u[k] for k in one)) * _at(second, *(u[k] for k in other)),
        count,
        mean,
    )


def weight_moments(shared: str, load: int, at: dict[sp.Symbol, sp.Expr]) -> tuple[sp.Expr, sp.Expr]:
    """E[w] and E[w w'] after a whole number of patterns, by the two closed forms."""
    left, added, mean = (e.xreplace(at) for e in (LEFT, ADDED, a))
    kept, b = (_average(lambda u, v, e=e: _at(e, u, v), 2, mean) for e in (left, added))
    r = _joint(left, left, shared, mean)
    mixed = _joint(left, added, shared, mean) + _joint(added, left, shared, mean)
    first = b * divided((sp.S.One, kept), load)
    second = _joint(added, added, shared, mean) * divided((sp.S.One, r), load)
    return first, second + mixed * b * divided((sp.S.One, kept, r), load)


def _cases() -> list[tuple[int, dict[sp.Symbol, sp.Expr], hs.Setting]]:
    """Two patterns with all symbols; three with a rational number for each."""
    numbers = _primes(sp.S.One, 13, 4)
    return [
        (load, at, hs.Setting(GENERAL.at(at), hs.Bipolar(a.xreplace(at))))
        for load, at in ((1, {}), (2, {}), (3, numbers))
    ]


def _weights() -> bool:
    """Eight symbols and the bias at K = 1, 2, numbers at K = 3, all pairs of weights, all patterns."""
    for load, at, setting in _cases():
        truth = hs.enumerate_fields(setting, 3, load)
        for shared in PAIRS:
            first, second = weight_moments(shared, load, at)
            if sp.expand(first - truth.weight_mean()) != 0:
                return False
            if sp.expand(second - first**2 - truth.weight_covariance(shared)) != 0:
                return False
    return True


def field_mean(load: int, old: int, stored: sp.Expr, at: dict[sp.Symbol, sp.Expr]) -> sp.Expr:
    """M(x)/n by the closed form, at whole K and age; signs of mean a, the cue the stored pattern."""
    left, added, mean = (e.xreplace(at) for e in (LEFT, ADDED, a))
    kept, b = (_average(lambda u, v, e=e: _at(e, u, v), 2, mean) for e in (left, added))
    own, put = (_average(lambda v, e=e: v * _at(e, stored, v), 1, mean) for e in (left, added))
    before = b * divided((sp.S.One, kept), load - 1 - old)
    return kept**old * (own * before + put) + mean * b * divided((sp.S.One, kept), old)


def _field_mean() -> bool:
    """All symbols at K = 1, 2, numbers at K = 3, D = 3, every age; the claim at primes."""
    for load, at, setting in _cases():
        for old in range(load):
            truth = hs.enumerate_fields(setting, 3, load, age=old).field_mean(1)
            if sp.expand(2 * field_mean(load, old, sp.S.One, at) - truth) != 0:
                return False
    claim = hs.derive(GENERAL, hs.Bipolar(a))["field_mean"].formula
    at = _primes(claim, 13, 4) | {x: sp.S.NegativeOne, K: sp.Integer(9)}
    return bool(12 * field_mean(9, 4, sp.S.NegativeOne, at) == claim.xreplace(at))


def _primes(expression: sp.Expr, units: int, old: int) -> dict[sp.Symbol, sp.Expr]:
    """A small rational for every coefficient, and sizes."""
    names = sorted(
        {*expression.free_symbols, a, *(n(*pq) for n in (coefficient, slope) for pq in POWERS)}
        - {D, K, age, x},
        key=str,
    )
    rationals = {s: sp.Rational(1, sp.prime(k + 2)) for k, s in enumerate(names)}
    return {**rationals, D: sp.Integer(units), age: sp.Integer(old)}


def variance_by_recursion(
    at: dict[sp.Symbol, sp.Expr], load: int, old: int, stored: sp.Expr
) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    """m, P and C of the terms s w, pattern by pattern, at rational values of all coefficients."""
    left, added, mean = (e.xreplace(at) for e in (LEFT, ADDED, a))
    one, two = ([_joint(*forms, s, mean) for forms in ((left, left), (left, added), (added, added))]
                for s in ("", "post"))  # fmt: skip
    kept, b = (_average(lambda u, v, e=e: _at(e, u, v), 2, mean) for e in (left, added))
    m = square = pair = sp.S.Zero
    for _ in range(load - 1 - old):  # E[w], E[w^2], E[w w'] of the weights so far
        square = one[0] * square + 2 * one[1] * m + one[2]
        pair = two[0] * pair + 2 * two[1] * m + two[2]
        m = kept * m + b
    seen = [(v, _at(left, stored, v), _at(added, stored, v), p) for (v,), p in _signs(1, mean)]
    square = sp.Add(*(p * (g**2 * square + 2 * g * h * m + h**2) for _, g, h, p in seen))
    own, put = (sp.Add(*(row[3] * row[0] * row[k] for row in seen)) for k in (1, 2))
    pair = own**2 * pair + 2 * own * put * m + put**2  # given x the two inputs are independent
    bare = sp.Add(*(p * (g * m + h) for _, g, h, p in seen))  # E[w | x], without s
    m = own * m + put
    for _ in range(old):  # s and s' stay what they were: s^2 = 1, and E[s w s'] = E[s'] E[s w]
        square = one[0] * square + 2 * one[1] * bare + one[2]
        pair = two[0] * pair + 2 * two[1] * mean * m + mean**2 * two[2]
        bare, m = kept * bare + b, kept * m + mean * b
    return m, square, pair


def _field_variance() -> bool:
    """Symbolic at K = 2, with numbers at K = 3, every age, D = 3; and the claim at D = 13, K = 9."""
    for load, at, setting in _cases():
        for old in range(load):
            truth = hs.enumerate_fields(setting, 3, load, age=old).field_variance(1)
            m, square, pair = variance_by_recursion(at, load, old, sp.S.One)
            if sp.expand(2 * (square - m**2) + 2 * (pair - m**2) - truth) != 0:
                return False
    numbers = _primes(sp.S.One, 13, 4)
    claim = hs.derive(GENERAL, hs.Bipolar(a))["field_variance"].formula
    m, square, pair = variance_by_recursion(numbers, 9, 4, sp.S.One)
    mine = 12 * (square - m**2) + 132 * (pair - m**2)
    return bool(mine == claim.xreplace({**numbers, x: sp.S.One, K: sp.Integer(9)}))


# ---- evidence: stability and ceiling ---------------------------------------------------------


def _squares() -> bool:
    """E[L^2] less each other rate as an average of squares, symbolic slopes and bias."""
    power = _joint(LEFT, LEFT, "")
    left = {s: _joint(LEFT, LEFT, s) for s in ("post", "pre", "reciprocal")}

    def spread(side: int) -> sp.Expr:
        """The variance in one unit's value, averaged over the other's."""
        half = sp.diff(LEFT, (x_j, x_i)[side])
        return (1 - a**2) * _average(lambda u, v: _at(half, u, v) ** 2, 2)

    gaps = (
        power - left["post"] - spread(0),
        power - left["pre"] - spread(1),
        power - left["reciprocal"] - _average(lambda u, v: (_at(LEFT, u, v) - _at(LEFT, v, u)) ** 2, 2) / 2,
        power - _average(lambda u, v: _at(LEFT, u, v), 2) ** 2
        - _average(lambda u, v: (_at(LEFT, u, v) - _average(lambda *t: _at(LEFT, *t), 2)) ** 2, 2),
    )  # fmt: skip
    return all(sp.expand(gap) == 0 for gap in gaps)


def _settling() -> bool:
    """Decay at E[L^2] just below and just above 1: E[w^2] at K = 4000 settles, or grows past 10^3."""
    found = []
    for lam in (sp.Rational(1, 50), sp.Rational(-1, 50)):
        rule = hs.rules.entries["decay"].rule(lam=lam)
        theory = hs.derive(rule)
        power = theory["retention:power"].formula
        size = theory["weight_variance"].formula.xreplace({K: sp.Integer(4000)})
        fixed = 1 / (1 - (1 - lam) ** 2)
        found.append((power < 1, abs(hs.evaluate(size) - hs.evaluate(fixed)) < 1, size > 1000))
    return found == [(True, True, False), (False, False, True)]


def _unit_history() -> bool:
    """C - m^2 as the variance of E[s w | history], numbers and a symbolic bias, K = 2, both ages."""
    at = _primes(sp.S.One, 13, 4)
    del at[a]
    left, added = LEFT.xreplace(at), ADDED.xreplace(at)
    for old in (0, 1):
        means, weights = [], []
        for (other,), p in _signs(1):
            history = [other, sp.S.One] if old == 0 else [sp.S.One, other]
            total = sp.S.Zero
            for values, chance in _signs(2):
                weight = sp.S.Zero
                for u, v in zip(history, values, strict=True):
                    weight = _at(left, u, v) * weight + _at(added, u, v)
                total += chance * values[1 - old] * weight
            means.append(sp.expand(total))
            weights.append(p)
        centre = sp.Add(*(p * e for p, e in zip(weights, means, strict=True)))
        variance = sp.Add(*(p * (e - centre) ** 2 for p, e in zip(weights, means, strict=True)))
        m, _, pair = variance_by_recursion(at, 2, old, sp.S.One)
        if sp.expand(pair - m**2 - variance) != 0 or sp.expand(centre - m) != 0:
            return False
    return True


def _ceiling() -> bool:
    """Decay on biased signs: the claim is the limit of rho; on unbiased ones there is none."""
    decay = hs.rules.entries["decay"].rule(lam=sp.Rational(1, 10))
    theory = hs.derive(decay, hs.Bipolar(THIRD))
    ceiling, finite = (theory[name].formula for name in ("snr:ceiling", "snr:stationary"))
    for old in (0, 2, 7):
        at = {age: sp.Integer(old)}
        if sp.cancel(sp.limit(finite.xreplace(at), D, sp.oo) - ceiling.xreplace(at)) != 0:
            return False
    unbiased = hs.derive(decay)["snr:stationary"].formula
    return sp.limit(unbiased.xreplace({age: sp.Integer(2)}), D, sp.oo) == sp.oo


# ---- the derivation ------------------------------------------------------------------------

_E, _V = sp.Function(r"\operatorname{E}"), sp.Function(r"\operatorname{V}")
_A, _B, _L, _m, _C = (sp.Function(name) for name in "ABLmC")
_W = sp.IndexedBase("w", real=True)


def _text(latex: str) -> sp.Symbol:
    return sp.Symbol("{" + latex + "}")


UNROLLED = sp.Eq(
    _W[i, j],
    sp.Sum(
        _B(xi[mu, i], xi[mu, j]) * sp.Product(_L(xi[nu, i], xi[nu, j]), (nu, mu + 1, K)),
        (mu, 1, K),
    ),
)
CHAINS = sp.Eq(
    _text(r"(P^t)_{ST}"),
    _text(
        r"\sum_{S=T_0>\dots>T_m=T}P_{T_0T_1}\cdots P_{T_{m-1}T_m}"
        r"\,[\ell_{T_0},\dots,\ell_{T_m}]_t"
    ),
)
FIRST = sp.Eq(_text(r"\operatorname{E}[w]"), _text(r"\operatorname{E}[B]\,[1,\ell]_K"))
SECOND = sp.Eq(
    _text(r"\operatorname{E}[ww^{\prime}]"),
    _text(
        r"\operatorname{E}[BB^{\prime}]\,[1,r]_K+\operatorname{E}[LB^{\prime}+L^{\prime}B]\operatorname{E}[B]\,[1,\ell,r]_K"
    ),
)
FIELD = sp.Eq(
    _text(r"M(x)/n"),
    _text(
        r"\ell^{g}\left(\operatorname{E}[sL\,|\,x]\operatorname{E}[B]\,[1,\ell]_{K-1-g}"
        r"+\operatorname{E}[sB\,|\,x]\right)+\operatorname{E}[s]\operatorname{E}[B]\,[1,\ell]_g"
    ),
)
STABLE = sp.Lt(_text(r"\operatorname{E}[(1+A)^2]"), 1)
CEILING = sp.Eq(_text(r"\lim_{D\to\infty}\rho"), _text("s/c"))


def _closed_steps() -> tuple[hs.Step, ...]:
    evidence, method = hs.Evidence, hs.Method
    return (
        hs.Step(
            UNROLLED,
            "each later pattern multiplies what an earlier one added by L = 1 + A",
            evidence(method.SUBSTITUTION, "three patterns of symbols one by one", _unrolled),
        ),
        hs.Step(
            CHAINS,
            "the resolvent of a triangular matrix is a finite sum over chains, each a product of "
            "1/(z - l); against z^t its residues are the divided difference",
            evidence(method.SUBSTITUTION, "ten symbols, powers 0 .. 6", _chains),
        ),
        hs.Step(
            sp.Eq(
                _text(r"[\ell_0,\dots,\ell_m]_t"),
                _text(r"\sum_k \ell_k^t\prod_{j\neq k}(\ell_k-\ell_j)^{-1}"),
            ),
            "residues at different rates; at equal ones the same polynomial, (t over m) l^(t - m), and for "
            "a rate of zero what t = m leaves of it",
            evidence(
                method.SUBSTITUTION,
                "three rates, t = 0 .. 5: different, equal, zero, one",
                _geometric,
            ),
        ),
        hs.Step(FIRST, "E[w'] = E[L] E[w] + E[B]: a chain of one step, from w to 1"),
        hs.Step(
            SECOND,
            "w w' goes to L L' w w' + L B' w + L' B w' + B B': chains by way of one weight, and directly",
            evidence(
                method.ENUMERATION,
                "general rule, bias a: all pairs, symbolic at K = 1, 2, with numbers at K = 3",
                _weights,
            ),
        ),
        hs.Step(
            FIELD,
            "E[s w] before, at and after the recalled pattern; entries of the cue are independent of all "
            "later patterns",
            evidence(
                method.ENUMERATION,
                "every age, D = 3, symbolic at K = 1, 2, with numbers at K = 3; the claim at D = 13, K = 9",
                _field_mean,
            ),
        ),
        hs.Step(
            sp.Eq(_text("V(x)"), _text("n(P-m^2)+n(n-1)(C-m^2)")),
            "n terms s w that are exchangeable given x: P = E[(s w)^2 | x], C = E[s w s' w' | x], each by "
            "the same recurrence",
            evidence(
                method.ENUMERATION,
                "every age, D = 3, symbolic at K = 1, 2, with numbers at K = 3; the claim at D = 13, K = 9",
                _field_variance,
            ),
        ),
    )


def _settling_steps() -> tuple[hs.Step, ...]:
    evidence, method = hs.Evidence, hs.Method
    return (
        hs.Step(
            sp.Le(
                _text(r"|\operatorname{E}[LL^{\prime}]|,\ \operatorname{E}[L]^2"),
                _text(r"\operatorname{E}[L^2]"),
            ),
            "Cauchy and Schwarz, for L and L' have one law; Jensen. The gaps are a variance in the unit that "
            "is not shared, E[(L - L')^2]/2 for a reciprocal pair, and Var(L)",
            evidence(method.SUBSTITUTION, "symbolic slopes and bias, four gaps", _squares),
        ),
        hs.Step(
            STABLE,
            "then all rates but the 1 of the constant are below 1 in size, and every geometric term of first "
            "and second moments vanishes as K grows",
            evidence(method.NUMERIC, "decay at two rates beside 1, K = 4000", _settling),
        ),
        hs.Step(
            sp.Eq(
                _text("C-m^2"),
                _text(r"\operatorname{Var}(\operatorname{E}[sw\,|\,\mathrm{history}])"),
            ),
            "given the history of the unit its inputs are independent (law of total covariance)",
            evidence(method.ENUMERATION, "symbolic bias, K = 2, both ages", _unit_history),
        ),
        hs.Step(
            sp.Eq(rho, _text("n s/(p+(n-1)c)")),
            "signal s, own noise p and common noise c of one term, averaged over both stored values",
        ),
        hs.Step(
            CEILING,
            "n to infinity; no ceiling where the history does not change the mean of a term, c = 0",
            evidence(
                method.LIMIT, "decay on signs of mean 1/3, three ages, and of mean 0", _ceiling
            ),
        ),
    )


def derivation() -> hs.Derivation:
    """Chains and divided differences, weights, fields by age; stability; the ceiling."""
    return hs.Derivation((*_closed_steps(), *_settling_steps()))


THEOREM = hs.Theorem(
    name="affine_rules",
    title="Rules affine in the weight: moments by age in closed form, their stability, and the ceiling of rho",
    statement=(UNROLLED, CHAINS, FIRST, SECOND, FIELD, STABLE, CEILING),
    derive=derivation,
    prose=__doc__,
    assumptions=(
        "Delta w = A(x_i, x_j) w + B(x_i, x_j), A and B polynomials; L = 1 + A",
        "entries independent over units and patterns, with the same law for each",
        "W = 0 at the start, patterns shown once each, no diagonal",
        "g patterns were shown after the recalled one",
        "E[(1 + A)^2] < 1 is enough for first and second moments of weights and fields to settle; it is not "
        "claimed to be needed where a term is never driven",
    ),
    source="derived here; deboor2005 for divided differences (equation unverified)",
)
