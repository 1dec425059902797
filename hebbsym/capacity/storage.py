r"""What a dense memory stores for certain, and exponential storage.

Main names
----------
QUANTITIES
    capacity:bit:lower, capacity:pattern:lower (proved lower bounds); capacity:all:upper (what no memory
    without self-coupling exceeds); exponent:pattern, exponent:all.
certified
    Numbers of patterns between which a capacity lies, proved, at given D.

Conventions
-----------
Exponents are those of ln K / D.

Notes
-----
The other patterns are a random energy model: where there are patterns of overlap tanh(2 beta) D, their sum is
made of many terms of about that overlap, else of its largest ones, and then rho does not see what limits
the memory. Both sides of exponent:pattern are proved by the bounds of :mod:`hebbsym.theory.dense.tails`.

All K patterns are another matter: among K cues some have so many flips that another pattern is nearer. With
independent flips K^2 pairs fail like (1/2 + sqrt(delta (1 - delta)))^D; were every cue to have delta D flips
exactly, it would be exp(-D I(1 - 2 delta)).

References
----------
demircigil2017 (exponential, I(1 - 2 delta)/2 at beta = 1, cues of delta D flips; theorem number unverified).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import mpmath
import sympy as sp

from hebbsym.capacity.claims import K_MAX
from hebbsym.capacity.criteria import criteria
from hebbsym.capacity.dense import load_of
from hebbsym.capacity.probing import agrees
from hebbsym.claim import Claim, Derivation, Evidence, Method, Regime, Requirement, Step
from hebbsym.errors import NotDerivable
from hebbsym.notation import D, K, delta, epsilon, equation, rho
from hebbsym.numeric import evaluate
from hebbsym.theory.dense.bench import DenseBench
from hebbsym.theory.dense.claims import assumed, rule_of
from hebbsym.theory.dense.enumeration import DenseEnumeration
from hebbsym.theory.dense.tails import OneStep, largest
from hebbsym.theory.setting import Setting
from hebbsym.theory.workbench import Quantity

_P = sp.Function("P")
_wrong, _right, _pairs = sp.Symbol("wrong"), sp.Symbol("right"), sp.Symbol("N_1")
_limit = sp.Symbol(r"\lim \ln K_{\max} / D")
_SMALL, _LARGE = 25, 100
_SIGNS = "the exponents are derived for cues of signs, exact or flipped"


# ---- proved at finite D -------------------------------------------------------------------------


def _lower(name: str) -> Callable[[DenseBench], Claim]:
    criterion = criteria[name]

    def build(bench: DenseBench) -> Claim:
        load, bits = load_of(bench), criterion.bits(D, K)
        demanded = bits / epsilon - 1
        formula = load.at_ratio(demanded)
        return Claim(
            f"capacity:{name}:lower",
            f"number of patterns up to which it is certain that {criterion.statement}",
            formula,
            Regime.EXACT,
            (*assumed(bench.setting), "a bound: the capacity is at least this, and where it is below 1 nothing is certain; a tie counts as an error"),
            Derivation(
                (
                    Step(
                        sp.Le(_P(_wrong), bits / (1 + rho), evaluate=False),
                        "Cantelli's inequality for the field, whose mean and variance are exact"
                        + ("" if bits == 1 else ", and the union bound over the bits of the pattern"),
                    ),
                    Step(
                        equation(K_MAX, formula),
                        "root of the bound at epsilon: rho falls with K",
                        Evidence(
                            Method.SUBSTITUTION,
                            "rho(K) against the ratio demanded, 25 digits",
                            lambda: agrees(load.ratio_at(formula), demanded),
                        ),
                    ),
                )
            ),
            symbol=K_MAX,
        )  # fmt: skip

    return build


def _needs_outside(setting: Setting) -> str:
    if setting.cue.transitions(setting.post, sp.S.One) != ((sp.S.One, sp.S.One),):
        return "the bound is that of exact cues"
    if rule_of(setting).coupled:
        return "with the own unit in the overlap two patterns that differ in it are told apart"
    return ""


def _twins(bench: DenseBench) -> Claim:
    formula = (1 + sp.sqrt(1 + sp.Integer(2) ** (D + 3) / (D * (1 - 4 * epsilon / 3)))) / 2
    return Claim(
        "capacity:all:upper",
        f"number of patterns beyond which it is certainly not so that {criteria['all'].statement}",
        formula,
        Regime.EXACT,
        (
            *assumed(bench.setting),
            "a bound: the capacity is at most this, whatever the separation",
            "a tie is decided by a fair coin, anew for every recall",
        ),
        Derivation(_twin_steps(bench, formula)),
        symbol=K_MAX,
        requirements=(Requirement("epsilon", epsilon, sp.Rational(3, 4)),),
    )  # fmt: skip


def _twin_steps(bench: DenseBench, formula: sp.Expr) -> tuple[Step, ...]:
    """Pairs of patterns that differ in one unit, of which one is recalled wrongly."""
    expected = K * (K - 1) / 2 * D / sp.Integer(2) ** D
    return (
        Step(
            equation(sp.Function(r"\operatorname{E}")(_pairs), expected),
            "pairs of patterns that differ in one unit only: K(K - 1)/2 pairs, each with probability "
            "D 2^(-D)",
            Evidence(
                Method.ENUMERATION,
                "the expected number of such pairs over all sets of patterns, D <= 4, K <= 3",
                lambda: _pairs_counted(expected),
            ),
        ),
        Step(
            sp.Le(_P(_right), 1 - sp.Rational(3, 4) * (1 - 1 / expected), evaluate=False),
            "cues of such a pair agree outside that unit, so that its field is the same for both: one "
            "of the two is wrong, and a coin is right for both once in four times; the pairs are pairwise "
            "independent, so that by Chebyshev's inequality there is none with probability 1/E[N_1] at most",
            Evidence(
                Method.ENUMERATION,
                "fields of the memory at all pairs of patterns that differ in one unit, D = 3, 4, with "
                "a third pattern",
                lambda: _fields_agree(bench),
            ),
        ),
        Step(
            equation(K_MAX, formula),
            "root of the bound at 1 - epsilon",
            Evidence(
                Method.SUBSTITUTION,
                "the bound at this K, 25 digits",
                lambda: agrees(
                    sp.Rational(3, 4) * (1 - 1 / expected.xreplace({K: formula})), epsilon
                ),
            ),
        ),
    )


def _pairs_counted(expected: sp.Expr) -> bool:
    for units, patterns in ((2, 2), (3, 2), (3, 3), (4, 3)):
        found = 0
        for chosen in itertools.product(range(2**units), repeat=patterns):
            found += sum((a ^ b).bit_count() == 1 for a, b in itertools.combinations(chosen, 2))
        truth = sp.Rational(found, 2 ** (units * patterns))
        if expected.subs({D: units, K: patterns}) != truth:
            return False
    return True


def _fields_agree(bench: DenseBench) -> bool:
    numeric = DenseBench(bench.setting.at(_pinned(bench)))
    for units in filter(bench.rule.admits, (3, 4)):
        judge = DenseEnumeration(numeric.setting, units, 1)
        for third in itertools.product((-1, 1), repeat=units):
            one, other = (1,) * units, (-1, *(1,) * (units - 1))
            seen = [
                sp.Add(
                    *(
                        judge.heard((sum(a * b for a, b in zip(x[1:], cue[1:], strict=True)), x[0]), cue[0])
                        for x in (one, other, third)
                    )
                )
                for cue in (one, other)
            ]  # fmt: skip
            if sp.expand(seen[0] - seen[1]) != 0:
                return False
    return True


def _pinned(bench: DenseBench) -> dict[sp.Symbol, sp.Expr]:
    """Values for the symbols of a rule and a cue: an open power, beta, delta."""
    rate = bench.rule.separation.rate
    at: dict[Any, sp.Expr] = dict.fromkeys(
        bench.rule.free_symbols, sp.Integer(3) if rate is None else sp.S.One
    )
    return {**at, **dict.fromkeys(bench.mean.free_symbols, sp.Rational(1, 10))}


def certified(
    setting: Setting, units: int, allowed: sp.Expr, name: str = "pattern"
) -> tuple[int, int | None]:
    """Numbers of patterns between which the capacity lies, by proved bounds at this D.

    Parameters
    ----------
    setting : Setting
        With a dense rule, no symbol left, a cue of signs and no unit in its own overlap.
    units : int
    allowed : exact number
        epsilon, below 1/6.
    name : str
        The criterion: bit, pattern or all.

    Returns
    -------
    pair
        Up to the first the criterion holds (for the union of the bits); from the second on it does not, or
        None where no bound was found.

    Examples
    --------
    >>> from hebbsym.families.dense import dense_rule
    >>> from hebbsym.families.separations import Exponent
    >>> exponential = Setting(dense_rule(Exponent(), "difference", "power"))
    >>> lower, upper = certified(exponential, 30, sp.Rational(1, 10))
    >>> 10**5 < lower < upper < 10**10
    True
    """
    bench, criterion = DenseBench(setting), criteria[name]
    one = OneStep.of(bench, units)
    at = {D: sp.Integer(units)}
    lower = largest(
        lambda k: one.ceiling(k, int(criterion.bits(D, K).xreplace({**at, K: sp.Integer(k)}))) <= allowed
    )  # fmt: skip
    upper = largest(lambda k: one.floor(k) <= allowed) + 1
    if criterion.patterns_power and not _needs_outside(setting):
        twins = _twins(bench).formula.xreplace({**at, epsilon: allowed})
        upper = min(upper, int(evaluate(twins)) + 1)
    return lower, upper


# ---- exponents ------------------------------------------------------------------------------------


def rate_function(r: sp.Expr) -> sp.Expr:
    """I(r): the probability that two patterns have overlap r D or more falls like exp(-D I(r)).

    Examples
    --------
    >>> rate_function(sp.S.One)
    log(2)
    """
    if r == 1:
        return sp.log(2)
    return ((1 + r) * sp.log(1 + r) + (1 - r) * sp.log(1 - r)) / 2


def _needs_exponential(setting: Setting) -> str:
    separation = rule_of(setting).separation
    if separation.rate is not None:
        return ""
    if separation.growth is None:
        return separation.grows
    return "the capacity grows like a power of D here (ask for scaling)"


def _exponent_of_one(bench: DenseBench) -> sp.Expr:
    beta, r = bench.rule.separation.rate, bench.mean
    assert beta is not None
    typical = 2 * beta * r - sp.log(sp.cosh(2 * beta))
    if r == 1:
        return typical
    return sp.Piecewise((typical, r > sp.tanh(2 * beta)), (rate_function(r), True))


def pair_exponent(r: sp.Expr) -> sp.Expr:
    """The probability that another pattern is nearer to a cue than its own falls like exp(-D times this).

    Each of D entries moves the difference of the two overlaps with probability 1/2, up with probability
    (1 + r)/2: Chernoff's bound is the Dth power of 1/2 + sqrt(1 - r^2)/2.

    Examples
    --------
    >>> pair_exponent(sp.S.One), pair_exponent(sp.Rational(4, 5))
    (log(2), -log(4/5))
    """
    return -sp.log((1 + sp.sqrt(sp.expand(1 - r**2))) / 2)


def _bracketed(bench: DenseBench, formula: sp.Expr, name: str, above: bool) -> Evidence:
    """The proved capacities at two sizes, against the exponent: how far they are from it."""

    def holds() -> bool:
        pinned = _pinned(bench)
        setting, truth = bench.setting.at(pinned), evaluate(formula.xreplace(pinned))
        gaps = []
        for units in (_SMALL, _LARGE):
            found = certified(setting, units, sp.Rational(1, 10), name)[1 if above else 0]
            gaps.append(abs(mpmath.log(max(found or 1, 1)) / units - truth))
        return bool(gaps[1] < gaps[0] / sp.Rational(7, 5))

    return Evidence(
        Method.NUMERIC,
        f"ln K / D of the proved {'upper' if above else 'lower'} bound at D = {_SMALL} and {_LARGE}, epsilon = 1/10"
        + "".join(f", {s} = {v}" for s, v in _pinned(bench).items())
        + ": the distance from the exponent falls by 1.4 at least",
        holds,
    )


_SEEN = (
    "given their sizes the crosstalks have fair signs, so that the sum exceeds its standard deviation times any "
    "constant below 1 with fixed probability (Paley and Zygmund): many patterns at overlap t D do, and "
    "K exp(-D I(t)) exp(2 beta t D) is largest at t = tanh(2 beta)"
)
_TWINS = "of two patterns that differ in one unit only, one is recalled wrongly there: K^2 exp(-D ln 2) of them exist"
_NEARER = (
    "K^2 pairs of a cue and another pattern, each nearer than the cue is to its own with that exponent; the worst "
    "cues have more flips than the typical one"
)


def _exponent_of_pattern(bench: DenseBench) -> Claim:
    return _exponent(bench, "pattern", _exponent_of_one(bench), _SEEN)


def _exponent_of_all(bench: DenseBench) -> Claim:
    half = pair_exponent(bench.mean) / 2
    if bench.mean == 1:
        return _exponent(bench, "all", sp.Min(_exponent_of_one(bench), half), _TWINS)
    # the overlap of the cues that fail first lies below where the noise is dominated by typical patterns
    r, beta = bench.mean, bench.rule.separation.rate
    assert beta is not None
    failing = (sp.sqrt(1 + r) - sp.sqrt(1 - r)) / (sp.sqrt(1 + r) + sp.sqrt(1 - r))
    condition = Requirement(
        "the overlap of the cues that fail first",
        failing,
        sp.tanh(2 * beta),
        strict=False,
    )
    return _exponent(bench, "all", half, _NEARER, condition)


def _exponent(
    bench: DenseBench, name: str, formula: sp.Expr, upper: str, *conditions: Requirement
) -> Claim:
    if bench.square != 1:
        raise NotDerivable(_SIGNS)
    load_of(bench)
    proved = not conditions
    lower = (
        "where no other pattern is nearer than the cue's own, the others' sum has exponentially small terms against "
        "the signal, and Chernoff's bound makes its failure smaller than any exponential"
    )
    return Claim(
        f"exponent:{name}",
        f"lim ln K_max / D: {criteria[name].statement}",
        formula,
        Regime.LEADING_ORDER if proved else Regime.HEURISTIC,
        (
            *assumed(bench.setting),
            f"{delta} < 1/2",
            *(
                ()
                if proved
                else ("independent pairs: that some cue fails beyond is not proved, only expected",)
            ),
        ),
        Derivation(
            (
                Step(
                    sp.Ge(_limit, formula, evaluate=False),
                    lower,
                    _bracketed(bench, formula, name, False),
                ),
                Step(
                    sp.Le(_limit, formula, evaluate=False),
                    upper,
                    _bracketed(bench, formula, name, True) if proved else None,
                ),
            )
        ),
        "derived here; demircigil2017 proves I(1 - 2 delta)/2 for all patterns at beta = 1 where every cue has delta D "
        "flips exactly (theorem number unverified)",
        symbol=_limit,
        dropped="powers of D in K_max: ln K_max / D differs by terms of order ln D / D, of order 1/sqrt(D) "
        "for flipped cues",
        requirements=conditions,
    )


QUANTITIES: dict[str, Quantity[DenseBench]] = {
    "capacity:bit:lower": Quantity(_lower("bit"), by_default=False),
    "capacity:pattern:lower": Quantity(_lower("pattern"), by_default=False),
    "capacity:all:upper": Quantity(_twins, _needs_outside, by_default=False),
    "exponent:pattern": Quantity(_exponent_of_pattern, _needs_exponential),
    "exponent:all": Quantity(_exponent_of_all, _needs_exponential),
}
