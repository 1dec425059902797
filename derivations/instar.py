r"""Instar and outstar: which rules they are on which alphabet, where they settle, and their ceiling.

On {0, 1}, where x_i^2 = x_i, instar is Oja's rule; and where x_j^2 = x_j, outstar is presynaptic decay with lam = eta.
For all activities outstar is the rule of soft bounds whose depression is as strong as its potentiation. On
{0, 1} the two are cases of no other named rule; on {-1, 1} and on {-1, 0, 1} the first two equalities do not hold.

On signs of mean a, a pattern multiplies the power of an instar weight by $1 - 2a\eta + \eta^2$, so that first and
second moments settle for $0 < \eta < 2a$ only. On unbiased signs the factor is 1 + eta^2 > 1 at every rate, for a
silent unit amplifies its weights by 1 + eta: their mean stays 0 and their power grows without bound, and the same
for outstar by symmetry. Oja's rule on signs keeps its weights below 1.

On {0, 1} with activity f an active unit takes up its input as a weighted average, a silent one keeps its weights, so
that they lie between 0 and 1 for $0 < \eta \le 1$. The power settles for $0 < \eta < 2$, and the mean weight tends to f.

Ceiling: let a unit have been active r times in the g patterns after the recalled one, when all weights have
settled. At x = 1 the mean of w_ij s_j, given r, is $f (f + \eta (1-f) (1-\eta)^r)$, and at x = 0 it is f^2: the
trace of a pattern fades with every active pattern of the unit and with no other, and all inputs of the unit share
r. As D grows rho tends to a limit that no number of units can lift: infinite at g = 0, and finite at every older
age. For small f it is $1/(2 \eta^2 f g)$: sparse activity makes old patterns last, size does not.
"""

from itertools import product

import sympy as sp

import hebbsym as hs
from hebbsym.notation import D, K, a, age, eta, f, i, j, w, x_i, x_j

INSTAR, OUTSTAR, OJA = (hs.rules[name] for name in ("instar", "outstar", "oja"))
GATED = hs.rules.entries["presynaptic-decay"].rule(lam=eta, eta=eta)
POWER = 1 - 2 * a * eta + eta**2
GROWTH = (1 + eta**2) ** K - 1
ONCE, TWICE = 1 - eta * f, 1 - eta * (2 - eta) * f
CEILING = ONCE ** (2 * age) / (2 * (TWICE**age - ONCE ** (2 * age)))
BINARY, SIGNS, TERNARY = (0, 1), (-1, 1), (-1, 0, 1)


def _table(
    first: hs.ExpandedRule, second: hs.ExpandedRule, values: tuple[int, ...]
) -> set[sp.Expr]:
    """The differences of two updates on all pairs of values, for symbolic w."""
    gap = first.update - second.update
    return {
        sp.expand(gap.xreplace({x_i: sp.Integer(u), x_j: sp.Integer(v)}))
        for u, v in product(values, repeat=2)
    }


# ---- evidence ------------------------------------------------------------------------------


def _on_the_alphabet() -> bool:
    """The tables on {0, 1}, {-1, 1} and {-1, 0, 1}."""
    pairs = ((INSTAR, OJA), (OUTSTAR, GATED))
    return all(
        (_table(*pair, values) == {0}) is (values == BINARY)
        for pair in pairs
        for values in (BINARY, SIGNS, TERNARY)
    )


def _found() -> bool:
    """All equalities of instar and outstar with another named rule, as the search finds them."""
    found = {
        values: {
            (e.first, e.second): (dict(e.values), e.everywhere)
            for e in hs.equalities(values)
            if e.first in ("instar", "outstar")
        }
        for values in (BINARY, SIGNS, TERNARY)
    }
    soft = {("outstar", "soft-bounds"): ({"lam": 1, "eta": eta}, True)}
    binary = {
        ("instar", "oja"): ({"eta": eta}, False),
        ("outstar", "presynaptic-decay"): ({"lam": eta, "eta": eta}, False),
    }
    return found == {BINARY: {**binary, **soft}, SIGNS: soft, TERNARY: soft}


def _same_memory() -> bool:
    """Mean and variance of the field over all patterns, symbolic f and eta, and M, V, rho claimed."""
    for first, second in ((INSTAR, OJA), (OUTSTAR, GATED)):
        one, other = (hs.Setting(rule, hs.Binary(f)) for rule in (first, second))
        for stored, old in product((0, 1), (0, 1)):
            fields = [hs.enumerate_fields(s, 3, 2, age=old) for s in (one, other)]
            for name in ("field_mean", "field_variance"):
                values = [getattr(e, name)(stored) for e in fields]
                if sp.expand(values[0] - values[1]) != 0:
                    return False
        theories = [hs.derive(s.rule, s.patterns) for s in (one, other)]
        if theories[0]["snr"].formula != theories[1]["snr"].formula:
            return False
    return True


def _power() -> bool:
    """The average over signs of mean a, the claim, and where it is below 1."""
    average = (1 + a) / 2 * (1 - eta) ** 2 + (1 - a) / 2 * (1 + eta) ** 2
    claims = [hs.derive(r, hs.Bipolar(a))["retention:power"].formula for r in (INSTAR, OUTSTAR)]
    return (
        sp.expand(average - POWER) == 0
        and all(sp.expand(claim - POWER) == 0 for claim in claims)
        and sp.expand(1 - POWER - eta * (2 * a - eta)) == 0
    )


def _diverges() -> bool:
    """E[w] and E[w^2] over all signs at K = 1 .. 5, the recurrence, and the refusal of a stationary law."""
    for rule in (INSTAR, OUTSTAR):
        for load in range(1, 6):
            truth = hs.enumerate_fields(hs.Setting(rule), 2, load)
            closed = GROWTH.xreplace({K: sp.Integer(load)})
            if truth.weight_mean() != 0 or sp.expand(truth.weight_variance() - closed) != 0:
                return False
        try:
            _ = hs.derive(rule)["snr:stationary"]
        except hs.HebbsymError:
            continue
        return False
    step = (1 + eta**2) * GROWTH + eta**2
    return bool(sp.expand(sp.powsimp(sp.expand(step - GROWTH.xreplace({K: K + 1})))) == 0)


def _bounded() -> bool:
    """Instar's own update on all {0, 1} patterns, K = 4, against the weighted average."""
    load = 4
    for bits in product((0, 1), repeat=2 * load):
        post, pre = bits[:load], bits[load:]
        weight = sp.S.Zero
        for u, v in zip(post, pre, strict=True):
            here = {x_i: sp.Integer(u), x_j: sp.Integer(v), w: weight}
            weight += INSTAR.update.xreplace(here)
        later = [sum(post[m + 1 :]) for m in range(load)]
        closed = sp.Add(*(eta * (1 - eta) ** later[m] * pre[m] for m in range(load) if post[m]))
        total = sp.Add(*(eta * (1 - eta) ** later[m] for m in range(load) if post[m]))
        if sp.expand(weight - closed) != 0:
            return False
        if sp.expand(total - (1 - (1 - eta) ** sum(post))) != 0:
            return False
    return True


def _settles() -> bool:
    """E[(1 - eta u)^2] on {0, 1}, below 1 for 0 < eta < 2; and the mean weight."""
    theory = hs.derive(INSTAR, hs.Binary(f))
    mean = f * (1 - ONCE**K)
    for load in (1, 2, 3):
        truth = hs.enumerate_fields(hs.Setting(INSTAR, hs.Binary(f)), 2, load).weight_mean()
        if sp.expand(truth - mean.xreplace({K: sp.Integer(load)})) != 0:
            return False
    return (
        sp.expand(theory["retention:power"].formula - TWICE) == 0
        and sp.expand((1 - f) + f * (1 - eta) ** 2 - TWICE) == 0
    )


def _given_activity() -> bool:
    """E[w s | x, history] by averages over the inputs alone: three patterns, every history of the unit."""
    for old, history in product((0, 1, 2), product((0, 1), repeat=3)):
        recalled = 2 - old
        total = sp.S.Zero
        for inputs in product((0, 1), repeat=3):
            weight = f  # the settled mean of a weight, whatever the history before
            for u, v in zip(history, inputs, strict=True):
                weight += INSTAR.update.xreplace(
                    {x_i: sp.Integer(u), x_j: sp.Integer(v), w: weight}
                )
            chance = sp.Mul(*(f if v else 1 - f for v in inputs))
            total += chance * inputs[recalled] * weight
        after = sum(history[recalled + 1 :])
        trace = eta * (1 - f) * (1 - eta) ** after if history[recalled] else sp.S.Zero
        if sp.expand(total - f * (f + trace)) != 0:
            return False
    return True


def _ceiling() -> bool:
    """The ratio from the two conditional means, r binomial, at ages 0 .. 4; and the claim, as a limit too."""
    theory = hs.derive(INSTAR, hs.Binary(f))
    claim, settled = (theory[name].formula for name in ("snr:ceiling", "snr:stationary"))
    for old in range(1, 5):
        at = {age: sp.Integer(old)}
        means = [
            (
                f * (f + eta * (1 - f) * (1 - eta) ** r),
                sp.binomial(old, r) * f**r * (1 - f) ** (old - r),
            )
            for r in range(old + 1)
        ]
        active = sp.Add(*(m * p for m, p in means))
        noise = sp.Add(*(m**2 * p for m, p in means)) - active**2  # a silent unit has none
        direct = sp.cancel((active - f**2) ** 2 / (2 * noise))
        for form in (CEILING, claim):
            if sp.cancel(sp.cancel(form.xreplace(at)) - direct) != 0:
                return False
    numbers = {eta: sp.Rational(1, 3), f: sp.Rational(1, 4), age: sp.Integer(3)}
    limit = sp.limit(settled.xreplace(numbers), D, sp.oo)
    first = sp.limit(settled.xreplace({**numbers, age: sp.S.Zero}), D, sp.oo)
    return bool(limit == CEILING.xreplace(numbers)) and first == sp.oo


def _sparse() -> bool:
    """f times the ceiling, f to 0, at five ages."""
    return all(
        sp.cancel(
            sp.limit(sp.cancel(f * CEILING.xreplace({age: sp.Integer(g)})), f, 0)
            - 1 / (2 * eta**2 * g)
        )
        == 0
        for g in range(1, 6)
    )


# ---- the derivation ------------------------------------------------------------------------

_E = sp.Function(r"\operatorname{E}")
_W = sp.IndexedBase("w", real=True)
_update = sp.Symbol(r"{\Delta w_{ij}}")
_limit = sp.Symbol(r"\rho_{D\to\infty}")
_r = sp.Symbol("r", integer=True, nonnegative=True)
_given = sp.Symbol(r"{\operatorname{E}[w_{ij}s_j\,|\,x=1,r]}")
SECOND = sp.Eq(_E(_W[i, j] ** 2), GROWTH, evaluate=False)
PINNED = sp.Eq(_limit, CEILING)


def _shown(rule: hs.ExpandedRule, printed: sp.Expr) -> sp.Eq:
    assert sp.expand(rule.update - printed) == 0
    return sp.Eq(_update, printed, evaluate=False)


def _equal_steps() -> tuple[hs.Step, ...]:
    evidence, method = hs.Evidence, hs.Method
    return (
        hs.Step(
            sp.Eq(eta * x_i * (x_j - w), eta * x_i * (x_j - w * x_i), evaluate=False),
            "x_i^2 = x_i on {0, 1}: instar is Oja's rule; they differ on {-1, 1} and on {-1, 0, 1}",
            evidence(method.ENUMERATION, "tables on three alphabets, symbolic w", _on_the_alphabet),
        ),
        hs.Step(
            sp.Eq(eta * x_j * (x_i - w), x_j * (eta * x_i - eta * w * x_j), evaluate=False),
            "x_j^2 = x_j: outstar is presynaptic decay with lam = eta, and soft bounds with lam = 1 everywhere; "
            "no other named rule equals one of them",
            evidence(method.SECOND_ROUTE, "hs.equalities on three alphabets", _found),
        ),
        hs.Step(
            sp.Eq(sp.Symbol(r"\rho_{\mathrm{instar}}"), sp.Symbol(r"\rho_{\mathrm{Oja}}")),
            "so all laws of weights and fields are the same",
            evidence(
                method.ENUMERATION,
                "M and V, D = 3, K = 2, both ages and values, symbolic f; rho claimed",
                _same_memory,
            ),
        ),
    )


def _sign_steps() -> tuple[hs.Step, ...]:
    evidence, method = hs.Evidence, hs.Method
    return (
        hs.Step(
            sp.Eq(_E((1 - eta * x_i) ** 2), POWER, evaluate=False),
            "average over a sign of mean a; below 1 for 0 < eta < 2 a",
            evidence(method.SECOND_ROUTE, "both signs, and the claims of both rules", _power),
        ),
        hs.Step(
            SECOND,
            "unbiased: E[w] = 0, and E[w^2] becomes (1 + eta^2) E[w^2] + eta^2",
            evidence(
                method.ENUMERATION,
                "all signs at K = 1 .. 5, both rules; no stationary law is offered",
                _diverges,
            ),
        ),
    )


def _binary_steps() -> tuple[hs.Step, ...]:
    evidence, method = hs.Evidence, hs.Method
    return (
        hs.Step(
            sp.Le(_W[i, j], 1),
            "on {0, 1} w is a sum with the weights eta (1 - eta)^r over active patterns, which add up to "
            "1 - (1 - eta)^(number of them)",
            evidence(method.ENUMERATION, "all patterns, K = 4, symbolic eta", _bounded),
        ),
        hs.Step(
            sp.Eq(_E((1 - eta * x_i) ** 2), TWICE, evaluate=False),
            "average over activity f; E[w] = f (1 - (1 - eta f)^K) tends to f",
            evidence(method.ENUMERATION, "E[w] at K = 1 .. 3, and the claim", _settles),
        ),
        hs.Step(
            sp.Eq(_given, f * (f + eta * (1 - f) * (1 - eta) ** _r), evaluate=False),
            "settled weights have the mean f; what the pattern adds on a cued input is eta (1 - f) above it, "
            "and only active patterns of the unit make it fade; at x = 0 nothing is added",
            evidence(
                method.ENUMERATION,
                "every history of the unit over three patterns, every age",
                _given_activity,
            ),
        ),
        hs.Step(
            PINNED,
            "r is binomial: E[(1 - eta)^r] = (1 - eta f)^g; the squared difference of the two means over "
            "2 Var(E[w s | r]), for at x = 0 nothing depends on r",
            evidence(
                method.SECOND_ROUTE,
                "sums over r at ages 1 .. 4, the claim, and its limit from rho at finite D",
                _ceiling,
            ),
        ),
        hs.Step(
            sp.Eq(sp.Limit(f * _limit, f, 0), 1 / (2 * eta**2 * age), evaluate=False),
            "to leading order in f: L^g - l^(2 g) = g eta^2 f",
            evidence(method.LIMIT, "ages 1 .. 5", _sparse),
        ),
    )


def derivation() -> hs.Derivation:
    """Equalities on alphabets; signs, where the power diverges; {0, 1}, with the ceiling by age."""
    return hs.Derivation((*_equal_steps(), *_sign_steps(), *_binary_steps()))


THEOREM = hs.Theorem(
    name="instar",
    title="Instar is Oja's rule on {0, 1}; on unbiased signs its weights diverge, and on {0, 1} rho has a ceiling",
    statement=(
        sp.Eq(eta * x_i * (x_j - w), eta * x_i * (x_j - w * x_i), evaluate=False),
        sp.Eq(eta * x_j * (x_i - w), x_j * (eta * x_i - eta * w * x_j), evaluate=False),
        SECOND,
        PINNED,
    ),
    derive=derivation,
    prose=__doc__,
    assumptions=(
        "the equalities: values 0 and 1 (of the post unit for the first, of the pre unit for the second)",
        "the power of the weights: unbiased independent signs, W = 0 before learning, K patterns",
        "the bound on w: values 0 and 1, 0 < eta <= 1",
        "the ceiling: instar on {0, 1} with activity f, 0 < eta < 2, the cue is the stored pattern, age at "
        "least 1, after many patterns",
    ),
    source="grossberg1976 (equation unverified); derived here",
)
