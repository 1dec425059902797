r"""Exact averages of a bounded rule by brute force: every pattern, every cue, every toss of a synapse.

The judge of what :mod:`hebbsym.theory.bounded.chains` derives. It knows no transition matrix, no power and no
average over histories: a synapse is walked through the patterns that its two units hold, one after
the other, along every path of its level, each with its probability.

Main names
----------
PathEnumeration
    Moments and law of the field, moments of the weights, errors.

Conventions
-----------
Unit 0 is looked at, pattern 0 is cued and shown last but ``age`` patterns. A tie counts half.
Probabilities may have symbols; weights, thresholds and values of the cue are rational.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import cached_property
from typing import Any, TypeAlias

import sympy as sp
from sympy.polys.constructor import construct_domain

from hebbsym import notation
from hebbsym.errors import InvalidValue, NotDerivable, OutsideClass, SizeLimit
from hebbsym.families.bounded import BoundedRule
from hebbsym.families.thresholds import FieldLaw
from hebbsym.theory.configurations import rational, shown
from hebbsym.theory.enumeration import MOST_CONFIGURATIONS, PAIRS, BitError
from hebbsym.theory.setting import Setting

Element: TypeAlias = Any
Column: TypeAlias = "tuple[int, ...]"
Law: TypeAlias = "dict[Fraction | int, Element]"


class PathEnumeration:
    """Exact averages of one setting at one size.

    Parameters
    ----------
    setting : Setting
        With a bounded rule and finite alphabets.
    D, K, M, age, limit : int
        As for :func:`hebbsym.theory.enumeration.enumerate_fields`.

    Examples
    --------
    >>> from hebbsym.families.ensembles import Binary
    >>> from hebbsym.families.named import rule
    >>> willshaw = PathEnumeration(Setting(rule("willshaw"), Binary(sp.Rational(1, 2))), D=3, K=2)
    >>> willshaw.field_mean(1), willshaw.weight_mean()
    (1, 7/16)
    """

    def __init__(
        self,
        setting: Setting,
        D: int = 3,
        K: int = 2,
        M: int | None = None,
        age: int = 0,
        limit: int = MOST_CONFIGURATIONS,
    ) -> None:
        rule = setting.rule
        if not isinstance(rule, BoundedRule):
            raise OutsideClass(f"rule {rule.name!r} is {rule.rule_class.value}, not bounded")
        if not 0 <= age < K:
            raise InvalidValue(f"an age lies between 0 and K - 1 = {K - 1}, not at {age}")
        if not (setting.post.alphabet and setting.pre.alphabet):
            raise NotDerivable("only patterns of a finite alphabet can be enumerated")
        self.setting, self.rule, self.limit = setting, rule, limit
        self.units, self.patterns, self.age = D, K, age
        self.posts = D if M is None else M
        self.inputs = D - 1 if setting.auto else D
        laws = (setting.post, setting.pre)
        self.letters = [[v for v, _ in law.alphabet] for law in laws]
        cues = [setting.cue.transitions(setting.pre, v) for v in self.letters[1]]
        chances = [p for law in laws for _, p in law.alphabet]
        chances += [p for cue in cues for _, p in cue]
        symbols = sorted(setting.free_symbols, key=str)
        self.domain, _ = construct_domain([sp.Rational(1, 2), *chances, *symbols], field=False)
        read = self.domain.from_sympy
        self.chances = [[read(p) for _, p in law.alphabet] for law in laws]
        self.cues = [[(rational(s), read(p)) for s, p in cue] for cue in cues]
        self._walked: dict[tuple[Column, Column], dict[sp.Expr, Element]] = {}

    # ---- one synapse ----------------------------------------------------------------------

    def levels(self, post: Column, pre: Column) -> dict[sp.Expr, Element]:
        """The law of the level after the patterns that the two units hold, shown one by one."""
        if (post, pre) not in self._walked:
            law = {self.rule.start: self.domain.one}
            for mu in shown(self.patterns, self.age):
                u, v = self.letters[0][post[mu]], self.letters[1][pre[mu]]
                after: dict[sp.Expr, Element] = {}
                for level, chance in law.items():
                    for reached, p in self.rule.moves(level, u, v):
                        more = chance * self.domain.from_sympy(p)
                        after[reached] = after.get(reached, self.domain.zero) + more
                law = after
            self._walked[post, pre] = law
        return self._walked[post, pre]

    def weights(self, post: Column, pre: Column) -> Law:
        """The law of the weight itself."""
        law: Law = {}
        for level, p in self.levels(post, pre).items():
            w = rational(self.rule.weight(level))
            law[w] = law.get(w, self.domain.zero) + p
        return law

    def columns(self, side: int) -> Iterator[tuple[Column, Element]]:
        """Every sequence of values that one unit stores, with its probability."""
        for column in itertools.product(range(len(self.letters[side])), repeat=self.patterns):
            yield column, math.prod((self.chances[side][k] for k in column), start=self.domain.one)

    # ---- the field ------------------------------------------------------------------------

    def field_law(self, x: sp.Expr | int) -> Law:
        """The law of h_0 given x, less its share of the cue where the threshold follows the cue."""
        letter = self._letter(x)
        if letter not in self._laws:
            self._laws[letter] = self._field_law(letter, rational(self.setting.threshold.share))
        return self._laws[letter]

    @cached_property
    def _laws(self) -> dict[int, Law]:
        return {}

    def _field_law(self, letter: int, share: Fraction | int) -> Law:
        total: Law = {}
        visited = 0
        for history, chance in self.columns(0):
            if history[0] != letter:
                continue
            terms: Law = {}
            for column, p in self.columns(1):
                for w, q in self.weights(history, column).items():
                    for s, c in self.cues[column[0]]:
                        z = s * (w - share)
                        terms[z] = terms.get(z, self.domain.zero) + p * q * c
            partial: Law = {0: self.domain.one}
            for _ in range(self.inputs):
                visited += len(partial) * len(terms)
                if visited > self.limit:
                    raise SizeLimit(f"more than {self.limit} partial sums are to be visited")
                partial = _convolved(partial, terms)
            given = chance.exquo(self.chances[0][letter]) if self.domain.is_Composite else (
                chance / self.chances[0][letter]
            )  # fmt: skip
            for z, p in partial.items():
                total[z] = total.get(z, self.domain.zero) + given * p
        return total

    def field_moment(self, r: int, x: sp.Expr | int) -> sp.Expr:
        """E[h**r | x]."""
        values = self.field_law(x).items()
        return self._expression(sum((self._number(z**r) * p for z, p in values), self.domain.zero))

    def field_mean(self, x: sp.Expr | int) -> sp.Expr:
        """M(x)."""
        return self.field_moment(1, x)

    def field_variance(self, x: sp.Expr | int) -> sp.Expr:
        """V(x)."""
        return sp.expand(self.field_moment(2, x) - self.field_moment(1, x) ** 2)

    def snr(self) -> sp.Expr:
        """(M(x+) - M(x-))**2 / (4 Vbar); of more values that of the linear regression of h on x."""
        law = self.setting.post.alphabet
        if len(law) > 2:
            mean = {v: self.field_mean(v) for v, _ in law}
            centre, height = (
                sp.Add(*(p * m for m, p in some)) for some in (law, [(mean[v], p) for v, p in law])
            )
            spread = sp.Add(*(p * v**2 for v, p in law)) - centre**2
            along = sp.Add(*(p * v * mean[v] for v, p in law)) - centre * height
            power = sp.Add(*(p * self.field_moment(2, v) for v, p in law)) - height**2
            return sp.cancel(along**2 / (power * spread - along**2))
        low, high = self._bits()
        spread = self.field_variance(low) + self.field_variance(high)
        return sp.cancel((self.field_mean(high) - self.field_mean(low)) ** 2 / (2 * spread))

    # ---- weights --------------------------------------------------------------------------

    def weight_moment(self, power: int) -> sp.Expr:
        """E[w_ij**power]."""
        total = self.domain.zero
        for (u, p), (v, q) in itertools.product(self.columns(0), self.columns(1)):
            for w, c in self.weights(u, v).items():
                total += p * q * c * self._number(w**power)
        return self._expression(total)

    def weight_mean(self) -> sp.Expr:
        """E[w_ij]."""
        return self.weight_moment(1)

    def weight_probability(self, value: sp.Expr) -> sp.Expr:
        """P(w_ij = value)."""
        total, wanted = self.domain.zero, rational(value)
        for (u, p), (v, q) in itertools.product(self.columns(0), self.columns(1)):
            total += p * q * self.weights(u, v).get(wanted, self.domain.zero)
        return self._expression(total)

    def weight_covariance(self, shared: str) -> sp.Expr:
        """The covariance of two weights that share what is named; "" is the variance."""
        if not shared:
            return sp.expand(self.weight_moment(2) - self.weight_moment(1) ** 2)
        ends = [
            [(0 if self.setting.auto else side, unit) for side, unit in enumerate(pair)]
            for pair in PAIRS[shared]
        ]
        units = sorted({unit for pair in ends for unit in pair})
        total = self.domain.zero
        for chosen in itertools.product(*(self.columns(side) for side, _ in units)):
            held = dict(zip(units, chosen, strict=True))
            chance = math.prod((p for _, p in held.values()), start=self.domain.one)
            laws = [self.weights(held[post][0], held[pre][0]) for post, pre in ends]
            for (w, p), (v, q) in itertools.product(*(law.items() for law in laws)):
                total += chance * p * q * self._number(w * v)
        return sp.expand(self._expression(total) - self.weight_moment(1) ** 2)

    # ---- errors ---------------------------------------------------------------------------

    def threshold(self) -> sp.Expr:
        """Theta, or what the field less the followed cue is compared with."""
        law = self.setting.threshold
        if law.share != 0:
            return law.offset
        laws = [
            FieldLaw(self.field_mean(x), self.field_variance(x), p)
            for x, p in self.setting.post.alphabet
        ]
        return law.value(*laws) if law.depends_on_load else law.value(*_UNUSED)

    def bit_error(self, x: sp.Expr | int) -> BitError:
        """Probability that the bit is wrong given its stored value, and of a tie alone."""
        theta = self.threshold()
        if not theta.is_Rational:
            raise NotDerivable(
                f"an enumeration compares fields with a rational number, not {theta}"
            )
        _, high = self._bits()
        bound, law = rational(theta), self.field_law(x)
        zero = self.domain.zero
        tied = law.get(bound, zero)
        wrong = sum((p for z, p in law.items() if z != bound and (z > bound) != (x == high)), zero)
        return BitError(
            sp.expand(self._expression(wrong) + self._expression(tied) / 2), self._expression(tied)
        )

    def total_bit_error(self) -> BitError:
        """The same averaged over the stored value."""
        errors = [(p, self.bit_error(x)) for x, p in self.setting.post.alphabet]
        return BitError(
            sp.expand(sp.Add(*(p * error.wrong for p, error in errors))),
            sp.expand(sp.Add(*(p * error.ties for p, error in errors))),
        )

    # ---- inside ---------------------------------------------------------------------------

    def _bits(self) -> tuple[sp.Expr, sp.Expr]:
        if not self.setting.post.two_valued:
            raise NotDerivable(f"{self.setting.post.text} is not two-valued, so it has no bits")
        low, high = self.letters[0]
        return low, high

    def _letter(self, x: sp.Expr | int) -> int:
        if x not in self.letters[0]:
            raise InvalidValue(f"{x} is not among the stored values {self.letters[0]}")
        return self.letters[0].index(x)

    def _number(self, value: Fraction | int) -> Element:
        return self.domain.from_sympy(sp.Rational(value.numerator, value.denominator))

    def _expression(self, element: Element) -> sp.Expr:
        return sp.expand(self.domain.to_sympy(element))


_UNUSED = (FieldLaw(sp.S.Zero, sp.S.One, sp.S.Half),) * 2


def _convolved(first: Mapping[Any, Element], second: Mapping[Any, Element]) -> Law:
    """The law of a sum of two independent terms."""
    law: Law = {}
    for (z, p), (y, q) in itertools.product(first.items(), second.items()):
        law[z + y] = law[z + y] + p * q if z + y in law else p * q
    return law


SIZES = {notation.D: 3, notation.K: 3, notation.M: 2}
"""Sizes at which the claims about chains are compared with this enumeration."""
