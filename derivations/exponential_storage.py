r"""Exponential storage: how many patterns F = exp(beta m) recalls in one step, and what limits it.

The cued pattern adds exp(beta R_1) to the field times its value, every other one a fair sign times exp(beta R), R
being a sum of D - 1 fair signs. With r = 1 - 2 delta, R_1 is about r D. Let
I(t) = ((1 + t) ln(1 + t) + (1 - t) ln(1 - t))/2, so that a pattern has an overlap above t D with probability
exp(-D I(t)).

1. One pattern. lim ln K_max / D is 2 beta r - ln cosh(2 beta) where r > tanh(2 beta), and I(r) else. In the first case
   the noise consists of many patterns, those of overlap about tanh(2 beta) D, and rho says it; in the second none
   of them is so near, the noise is that of the nearest patterns, and rho, an average over nearer ones that are not
   there, is far too small.
2. All K patterns from exact cues: min(2 beta - ln cosh(2 beta), (ln 2)/2). Of two patterns that differ in one unit
   only, one is recalled wrongly, whatever the separation: no memory without self-coupling recalls more than about
   2^(D/2) patterns.
3. All K patterns from cues with independent flips: -ln(1/2 + sqrt(delta (1 - delta)))/2 (expected, not proved, from above).
   It is smaller than I(r)/2, which holds where every cue has delta D flips: among K cues some have more.

Parts 1 and 2 are proved on both sides by bounds at finite D: Chernoff's with the near patterns set apart, and Paley
and Zygmund's inequality, for crosstalks of given sizes have fair signs.

Assumptions: unbiased bipolar patterns; update by the energy difference or the gradient, the unit left out of the
overlap, which have the same signs; delta < 1/2.
References: demircigil2017 (beta = 1, all patterns, delta D flips; theorem number unverified).
"""

from itertools import pairwise

import sympy as sp

import hebbsym as hs
from hebbsym.notation import D, K, delta

beta = sp.Symbol("beta", positive=True)
r, t = sp.symbols("r t", positive=True)
_rate = sp.Function("I")
_R = sp.Symbol("R")
_average, _probability = sp.Function(r"\operatorname{E}"), sp.Function("P")
_one, _all = sp.Symbol(r"\kappa_1"), sp.Symbol(r"\kappa_{\mathrm{all}}")
TENTH = sp.Rational(1, 10)


def rate(at: sp.Expr) -> sp.Expr:
    """I of an overlap below 1."""
    return ((1 + at) * sp.log(1 + at) + (1 - at) * sp.log(1 - at)) / 2


def _memory(strength: sp.Expr, cue: object = None) -> hs.Theory:
    return hs.dense(hs.separations["exponential"](strength), cue=cue or hs.Exact())


def _second_moment() -> bool:
    """E[exp(2 beta R)] = cosh(2 beta)^(D-1), all overlaps, D = 2 .. 7; and the engine's variance."""
    variance = _memory(beta)["crosstalk_variance"].formula
    for units in range(2, 8):
        steps = units - 1
        found = sp.Add(
            *(
                sp.Rational(sp.binomial(steps, j), 2**steps) * sp.exp(2 * beta * (steps - 2 * j))
                for j in range(steps + 1)
            )
        )
        form = sp.cosh(2 * beta) ** steps
        if sp.expand(found - form.rewrite(sp.exp)) != 0:
            return False
        scaled = 4 * sp.sinh(beta) ** 2 * form - variance.subs(D, units)
        if sp.expand(scaled.rewrite(sp.exp)) != 0:
            return False
    return True


def _tail(steps: int, level: sp.Rational) -> sp.Rational:
    """P(R >= level * steps), counted."""
    least = sp.ceiling(steps * (1 + level) / 2)
    ways = sum(int(sp.binomial(steps, j)) for j in range(int(least), steps + 1))
    return sp.Rational(ways, 2**steps)


def _overlaps() -> bool:
    """-ln P(R >= t n)/n lies above I(t), and its distance falls by 2 at least from n = 60 to 240."""
    for level in (sp.Rational(1, 5), sp.Rational(3, 5), sp.Rational(4, 5)):
        truth = hs.evaluate(rate(level))
        gaps = [-hs.evaluate(sp.log(_tail(n, level))) / n - truth for n in (60, 240)]
        if not 0 < gaps[1] < gaps[0] / 2:
            return False
    return True


def _typical() -> bool:
    """With E = exp(2 beta) and t = tanh(2 beta): I'(t) = ln((1 + t)/(1 - t))/2 = 2 beta, as (1 + t)/(1 - t) = E^2.

    Then 2 beta t - I(t) = -2 beta - ln(1 - t), and that is ln cosh(2 beta), for (1 - t) E cosh(2 beta) = 1.
    """
    slope = sp.diff(rate(t), t) - (sp.log(1 + t) - sp.log(1 - t)) / 2
    left = 2 * beta * t - rate(t).xreplace({sp.log(1 + t): sp.log(1 - t) + 4 * beta})
    E = sp.Symbol("E", positive=True)
    at, half = (E - 1 / E) / (E + 1 / E), (E + 1 / E) / 2
    return (
        sp.expand(slope) == 0
        and sp.expand(left + 2 * beta + sp.log(1 - t)) == 0
        and sp.cancel((1 + at) / (1 - at) - E**2) == 0
        and sp.cancel((1 - at) * E * half - 1) == 0
    )


def _holds(theory: hs.Theory, name: str) -> bool:
    """All evidence of a claim."""
    steps = theory[name].derivation.verify()
    return any(s.holds for s in steps) and all(s.holds is not False for s in steps)


def _one_pattern() -> bool:
    """Both proved bounds close in: exact cues at beta = 1 and 1/4, flipped ones on either side of tanh(2 beta)."""
    cases = (
        (sp.S.One, hs.Exact()),
        (sp.Rational(1, 4), hs.Exact()),
        (sp.Rational(1, 4), hs.Flip(TENTH)),
        (sp.S.One, hs.Flip(TENTH)),
    )
    return all(_holds(_memory(b, cue), "exponent:pattern") for b, cue in cases)


def _rho_misses() -> bool:
    """beta = 2, delta = 1/10, D = 60: rho is below 1/100 at a million patterns whose bits are proved to be right."""
    theory = _memory(sp.Integer(2), hs.Flip(TENTH))
    lower, _ = hs.certified(theory.setting, 60, TENTH, "bit")
    ratio = hs.evaluate(theory["snr"].formula, {D: sp.Integer(60), K: sp.Integer(lower)})
    return lower > 10**6 and ratio < sp.Rational(1, 100)


def _every_pattern() -> bool:
    """The claim for all patterns, and the bound that holds for every separation, from the fields of such pairs."""
    powers = hs.dense(hs.separations["power"](sp.Integer(3)))
    exact = _memory(sp.S.One)
    return (
        _holds(exact, "exponent:all")
        and _holds(exact, "capacity:all:upper")
        and _holds(powers, "capacity:all:upper")
    )


def _nearer(units: int) -> sp.Rational:
    """The probability that another pattern is as near to a cue as its own, delta = 1/10: all steps of the difference."""
    law = {0: sp.S.One}
    for _ in range(units):
        following: dict[int, sp.Rational] = {}
        for place, p in law.items():
            for step, q in ((0, sp.S.Half), (1, TENTH / 2), (-1, (1 - TENTH) / 2)):
                following[place + step] = following.get(place + step, sp.S.Zero) + p * q
        law = following
    return sp.Add(*(p for place, p in law.items() if place >= 0))


def _pairs() -> bool:
    """The exact probability lies below (1/2 + sqrt(delta(1 - delta)))^D, with the same exponent: D = 10, 20, 40."""
    base = hs.evaluate(sp.log(sp.S.Half + sp.sqrt(TENTH * (1 - TENTH))))
    rates = [hs.evaluate(sp.log(_nearer(n))) / n - base for n in (10, 20, 40)]
    return all(v < 0 for v in rates) and all(abs(b) < abs(a) / sp.Rational(3, 2) for a, b in pairwise(rates))  # fmt: skip


def _flipped() -> bool:
    """The lower side of the claim; and that it is smaller than I(1 - 2 delta)/2 at four delta."""
    claim = _memory(beta, hs.Flip(delta))["exponent:all"].formula
    smaller = all(
        hs.evaluate(claim, {delta: d}) < hs.evaluate(rate(1 - 2 * d) / 2)
        for d in (sp.Rational(1, 100), TENTH, sp.Rational(1, 4), sp.Rational(2, 5))
    )
    return smaller and _holds(_memory(sp.S.One, hs.Flip(TENTH)), "exponent:all")


def derivation() -> hs.Derivation:
    """Moments and tails of an overlap; one pattern; what rho misses; all patterns."""
    evidence, method = hs.Evidence, hs.Method
    typical = 2 * beta * r - sp.log(sp.cosh(2 * beta))
    pair = (sp.S.Half + sp.sqrt(delta * (1 - delta))) ** D
    return hs.Derivation(
        (
            hs.Step(
                sp.Eq(_average(sp.exp(2 * beta * _R)), sp.cosh(2 * beta) ** (D - 1), evaluate=False),
                "R is a sum of D - 1 fair signs",
                evidence(method.ENUMERATION, "all overlaps at D = 2 .. 7, identically in beta, and the engine's variance", _second_moment),
            ),
            hs.Step(
                sp.Le(_probability(sp.Ge(_R, t * D)), sp.exp(-D * _rate(t)), evaluate=False),
                "Chernoff's bound, sharp but for powers of D",
                evidence(method.NUMERIC, "counted tails of 60 and 240 signs at three levels", _overlaps),
            ),
            hs.Step(
                sp.Eq(sp.Symbol(r"\max_t\,(2\beta t - I(t))"), sp.log(sp.cosh(2 * beta)), evaluate=False),
                "attained at t = tanh(2 beta): the overlap of the patterns that make up the noise",
                evidence(method.SUBSTITUTION, "slope and value, as expressions in t and exp(2 beta)", _typical),
            ),
            hs.Step(
                sp.Eq(_one, sp.Piecewise((typical, r > sp.tanh(2 * beta)), (_rate(r), True)), evaluate=False),
                "below, no pattern is as near as the cue's own and Chernoff's bound is smaller than any exponential; above, "
                "Paley and Zygmund's inequality bounds the error from below",
                evidence(method.NUMERIC, "proved bounds at D = 25 and 100 close in on it, four memories", _one_pattern),
            ),
            hs.Step(
                sp.Ne(_one, sp.Symbol(r"\kappa_\rho"), evaluate=False),
                "for r < tanh(2 beta) rho counts patterns so near that there are none",
                evidence(method.NUMERIC, "beta = 2, delta = 1/10, D = 60: rho < 1/100 at more than a million patterns, of which a bit is proved to be wrong with probability 1/10 at most", _rho_misses),
            ),
            hs.Step(
                sp.Eq(_all, sp.Min(typical.subs(r, 1), sp.log(2) / 2), evaluate=False),
                "exact cues: of two patterns that differ in one unit only, one is recalled wrongly",
                evidence(method.ENUMERATION, "fields of such pairs, exponential and cubic; their number over all sets of patterns; bounds at two sizes", _every_pattern),
            ),
            hs.Step(
                sp.Le(sp.Symbol(r"P(\mathrm{nearer})"), pair, evaluate=False),
                "another pattern is nearer to a cue than its own: each entry moves the difference of the overlaps by 0, "
                "+2 or -2; Chernoff's bound",
                evidence(method.ENUMERATION, "the exact law of the difference, delta = 1/10, D = 10, 20, 40", _pairs),
            ),
            hs.Step(
                sp.Eq(_all, -sp.log(sp.S.Half + sp.sqrt(delta * (1 - delta))) / 2, evaluate=False),
                "flipped cues: K^2 such pairs; smaller than I(1 - 2 delta)/2, that of cues with delta D flips",
                evidence(method.NUMERIC, "proved lower bounds at D = 25 and 100; four delta", _flipped),
            ),
        )
    )  # fmt: skip


THEOREM = hs.Theorem(
    name="exponential_storage",
    title="Exponential storage: how many patterns, and what limits it",
    statement=(
        sp.Eq(
            _one,
            sp.Piecewise(
                (2 * beta * r - sp.log(sp.cosh(2 * beta)), r > sp.tanh(2 * beta)),
                (_rate(r), True),
            ),
            evaluate=False,
        ),
        sp.Eq(_all, sp.Min(2 * beta - sp.log(sp.cosh(2 * beta)), sp.log(2) / 2), evaluate=False),
    ),
    derive=derivation,
    prose=__doc__,
    assumptions=(
        "unbiased bipolar patterns, one step, the unit left out of the overlap",
        "kappa_1 and kappa_all are the limits of ln K_max / D for one pattern and for all from exact cues",
    ),
    source="derived here; demircigil2017 for beta = 1 and delta D flips (theorem number unverified)",
)
