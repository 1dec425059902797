r"""The exact law of the field of a bounded rule: a mixture over the history of the unit.

Given the values u that the postsynaptic unit holds in all patterns, the terms z_j = s_j w_ij of the
field are independent and identically distributed. Histories that leave the same law of z are one
class; if the order of the patterns does not matter, a class is a number of patterns.

Main names
----------
History, histories
    A class of histories: its probability and the law of one term.
field_errors
    Probability of a wrong bit, and of a tie, at whole numbers.

Conventions
-----------
``share`` subtracts share * s_j from every term: a threshold that follows the cue.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple, TypeAlias

import sympy as sp

from hebbsym.errors import InvalidValue, NotDerivable, SizeLimit
from hebbsym.theory.bounded.chains import Chain, moved
from hebbsym.theory.bounded.sums import power, sum_tails

Element: TypeAlias = Any
Law: TypeAlias = "dict[Fraction, Element]"

MOST_CLASSES = 2**13
"""Bound on the classes of histories."""


class History(NamedTuple):
    """The probability of a class of histories, and the law of one term of the field given it."""

    probability: Element
    law: Law


def histories(
    chain: Chain, letter: int, patterns: int, age: int, share: sp.Expr = sp.S.Zero
) -> list[History]:
    """The classes of histories of a unit that stores a letter in the cued pattern.

    Examples
    --------
    >>> from hebbsym.families.ensembles import Binary
    >>> from hebbsym.families.named import rule
    >>> from hebbsym.theory.setting import Setting
    >>> f = sp.Symbol("f")
    >>> chain = Chain(Setting(rule("willshaw"), Binary(f)))
    >>> [chain.expression(one.probability) for one in histories(chain, 0, 2, 0)]
    [1 - f, f]
    """
    if not chain.ordered:
        age = 0
    before: dict[Any, Element] = {(((chain.start,), chain.one),): chain.one}
    for _ in range(patterns - 1 - age):
        before = _stepped(chain, before, lambda law, u: _frozen(moved(dict(law), (u,))))
    cued: dict[Any, Element] = {}
    for law, p in before.items():
        joint = _cued(chain, letter, dict(law))
        cued[joint] = cued.get(joint, chain.domain.zero) + p
    for _ in range(age):
        cued = _stepped(chain, cued, _joint_step)
    merged: dict[Any, Element] = {}
    for joint, p in cued.items():
        key = _frozen(_terms(chain, joint, share))
        merged[key] = merged.get(key, chain.domain.zero) + p
    return [History(p, dict(law)) for law, p in merged.items()]


def _stepped(
    chain: Chain, classes: dict[Any, Element], step: Callable[[Any, Any], Any]
) -> dict[Any, Element]:
    """One more pattern: each class splits by the value that the unit holds; equal ones are merged."""
    made: dict[Any, Element] = {}
    steps = [chain.averaged[0]] if chain.history_free else chain.averaged
    chances = [chain.one] if chain.history_free else chain.chances[0]
    for law, p in classes.items():
        for chance, operator in zip(chances, steps, strict=True):
            after = step(law, operator)
            made[after] = made[after] + p * chance if after in made else p * chance
    if len(made) > MOST_CLASSES:
        raise SizeLimit(
            f"the histories of a unit fall into more than {MOST_CLASSES} classes: take fewer patterns, "
            "or a more recent one"
        )
    return made


def _cued(chain: Chain, letter: int, law: dict[tuple[int, ...], Element]) -> Any:
    """The joint law of cue and level after the cued pattern: for each cue value, a part of a law."""
    parts: dict[Element, dict[tuple[int, ...], Element]] = {}
    for v, chance in enumerate(chain.chances[1]):
        after = moved(law, (chain.steps[letter, v],))
        for s, p in chain.cues[v]:
            part = parts.setdefault(s, {})
            for key, value in after.items():
                more = chance * p * value
                part[key] = part[key] + more if key in part else more
    return tuple((s, _frozen(part)) for s, part in parts.items())


def _joint_step(joint: Any, operator: Any) -> Any:
    return tuple((s, _frozen(moved(dict(part), (operator,)))) for s, part in joint)


def _frozen(law: dict[Any, Element]) -> tuple[tuple[Any, Element], ...]:
    return tuple(sorted((item for item in law.items() if item[1]), key=lambda item: item[0]))


def _terms(chain: Chain, joint: Any, share: sp.Expr) -> Law:
    """The law of s (w - share)."""
    law: Law = {}
    for s, part in joint:
        cue = _rational(chain.expression(s), "a value of the cue")
        for (k,), p in part:
            weight = _rational(chain.expression(chain.weights[k]) - share, "a weight")
            z = cue * weight
            law[z] = law[z] + p if z in law else p
    return law


def _rational(value: sp.Expr, what: str) -> Fraction:
    if not value.is_Rational:
        raise NotDerivable(f"{what} is {value}, and the exact law of errors needs rational numbers")
    return Fraction(int(value.p), int(value.q))


def field_errors(
    chain: Chain,
    letter: int,
    inputs: int,
    patterns: int,
    age: int,
    theta: sp.Expr,
    share: sp.Expr = sp.S.Zero,
) -> tuple[Element, Element]:
    """Probability that the bit of a two-valued pattern is wrong, a tie counted half; and of a tie.

    Parameters
    ----------
    chain : Chain
    letter : int
        0 for the lower stored value, 1 for the higher one.
    inputs, patterns, age : int
    theta : real number
        What the field, less share times the cue's sum, is compared with.

    Examples
    --------
    >>> from hebbsym.families.ensembles import Bipolar
    >>> from hebbsym.families.named import rule
    >>> from hebbsym.theory.setting import Setting
    >>> chain = Chain(Setting(rule("sign-clipped"), Bipolar()), patterns=3)
    >>> [chain.expression(p) for p in field_errors(chain, 1, 4, 3, 0, sp.S.Zero)]  # 3/4 of w are right
    [5/32, 27/128]
    """
    if not (0 <= age < patterns):
        raise InvalidValue(f"an age lies between 0 and K - 1 = {patterns - 1}, not at {age}")
    point, tie = _point(theta)
    zero = chain.domain.zero
    wrong = tied = zero
    for history in histories(chain, letter, patterns, age, share):
        below, at = _tails(chain, history.law, inputs, point)
        at = at if tie else zero
        beyond = below if letter == 1 else chain.one - below - at
        wrong += history.probability * (beyond + at / 2)
        tied += history.probability * at
    return wrong, tied


def _point(theta: sp.Expr) -> tuple[Fraction, bool]:
    """The threshold as a fraction, and whether it can be met exactly."""
    if theta.is_Rational:
        return Fraction(int(theta.p), int(theta.q)), True
    near = sp.Rational(theta.evalf(60))
    return Fraction(int(near.p), int(near.q)), False


def _tails(chain: Chain, law: Law, inputs: int, point: Fraction) -> tuple[Element, Element]:
    """P(h < point) and P(h = point)."""
    domain = chain.domain
    if domain.is_Composite:
        total = power(law, inputs, domain.one)
        below = sum((p for z, p in total.items() if z < point), start=domain.zero)
        return below, total.get(point, domain.zero)
    numbers = {z: Fraction(int(p.numerator), int(p.denominator)) for z, p in law.items()}
    below, tied = sum_tails(numbers, inputs, point)
    return domain(below.numerator, below.denominator), domain(tied.numerator, tied.denominator)
