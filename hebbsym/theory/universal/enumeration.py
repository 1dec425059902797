r"""Every set of patterns and every cue of a small universal network: the judge of its closed forms.

Similarities are worked out entry by entry on vectors and weights by the separator's definition; nothing is said of
overlaps. Where chance decides a tie, every outcome is counted with its probability.

Main names
----------
UniversalEnumeration
    Moments of signal, crosstalk and field, and the error of a bit, exact, with symbols for delta and beta.
enumerate_universal
    The same, from a setting.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import final

import sympy as sp

from hebbsym.errors import InvalidValue, SizeLimit
from hebbsym.families.universal import UniversalRule
from hebbsym.notation import D
from hebbsym.numeric import evaluate
from hebbsym.theory.setting import Setting

MOST = 2**18
"""Largest number of combinations of patterns, contents and cues."""

Case = tuple[tuple[int, ...], int, tuple[tuple[sp.Expr, int], ...]]
"""Branches of the cue; stored value; the cued pattern's score and content, then those of the others, sorted."""


@final
class UniversalEnumeration:
    """All patterns and cues at given sizes, seen from one unit and pattern 0.

    Parameters
    ----------
    setting : Setting
        Patterns of signs.
    units, patterns : int

    Raises
    ------
    SizeLimit
        When there are more than 2**18 combinations.

    Examples
    --------
    >>> from hebbsym.families.separators import Identity
    >>> from hebbsym.families.similarities import Dot
    >>> hopfield = UniversalEnumeration(Setting(UniversalRule(Dot(), Identity())), 3, 2)
    >>> hopfield.field(1), hopfield.bit_error()  # D + (K - 1): the diagonal is in
    (4, 0)
    """

    def __init__(self, setting: Setting, units: int, patterns: int) -> None:
        assert isinstance(setting.rule, UniversalRule)
        if any({v for v, _ in law.alphabet} != {-1, 1} for law in (setting.post, setting.pre)):
            raise InvalidValue("signs are enumerated, and the patterns are none")
        self.setting, self.rule = setting, setting.rule
        self.units, self.patterns = units, patterns
        self.entries = setting.cue.transitions(setting.pre, sp.S.One)
        count = 2 ** (units * patterns) * len(self.entries) ** units
        count *= 1 if setting.auto else 2**patterns
        if count > MOST:
            raise SizeLimit(
                f"{count} combinations of patterns and cues are more than {MOST}: take a smaller D or K"
            )

    @cached_property
    def cases(self) -> Counter[Case]:
        """How often each case occurs."""
        found: Counter[Case] = Counter()
        score = lru_cache(maxsize=None)(self.rule.similarity.score)
        signs = list(itertools.product((-1, 1), repeat=self.units))
        values = [int(v) for v, _ in self.entries]
        contents = (
            [()] if self.setting.auto else list(itertools.product((-1, 1), repeat=self.patterns))
        )
        for shown in itertools.product(signs, repeat=self.patterns):
            for chosen in itertools.product(range(len(values)), repeat=self.units):
                cue = tuple(values[c] * x for c, x in zip(chosen, shown[0], strict=True))
                counts = tuple(chosen.count(c) for c in range(len(values)))
                scores = [score(one, cue).subs(D, self.units) for one in shown]
                for stored in contents:
                    own = stored or tuple(one[0] for one in shown)
                    (first, *rest) = zip(scores, own, strict=True)
                    found[counts, own[0], (first, *sorted(rest, key=str))] += 1
        return found

    def signal(self, power: int) -> sp.Expr:
        """E[S**power]."""
        return self._average(lambda stored, heard: (stored * self._one(heard[0])) ** power)

    def crosstalk(self, power: int) -> sp.Expr:
        """E[C**power] of another pattern."""
        return self._average(
            lambda stored, heard: (
                sp.Add(*((stored * self._one(one)) ** power for one in heard[1:]))
                / (len(heard) - 1)
            )
        )

    def field(self, power: int) -> sp.Expr:
        """E of a power of the field times the stored value, before weights are divided by a common number."""
        return self._average(
            lambda stored, heard: (stored * sp.Add(*map(self._one, heard))) ** power
        )

    def bit_error(self) -> sp.Expr:
        """The probability that a bit is wrong; a field of 0 counts as half an error."""
        return self._average(self._wrong)

    def recall(self) -> sp.Expr:
        """The probability that the cued pattern alone has a weight, of a separator that takes one pattern."""
        return self._average(
            lambda stored, heard: sp.Add(
                *(chance for weights, chance in self._draws(heard) if weights[0] == 1)
            )
        )

    def _one(self, heard: tuple[sp.Expr, int]) -> sp.Expr:
        """What a pattern adds to the field."""
        score, content = heard
        return self._weight(score) * content

    @cached_property
    def _weight(self) -> Callable[[sp.Expr], sp.Expr]:
        rule, size = self.rule, sp.Integer(self.units)
        return lru_cache(maxsize=None)(
            lambda score: rule.separator.of_score(score, rule.similarity).subs(D, size)
        )

    def _draws(
        self, heard: tuple[tuple[sp.Expr, int], ...]
    ) -> tuple[tuple[tuple[sp.Expr, ...], sp.Expr], ...]:
        scores = [score for score, _ in heard]
        return self.rule.separator.draws(scores, self.rule.similarity, self.units)

    def _wrong(self, stored: int, heard: tuple[tuple[sp.Expr, int], ...]) -> sp.Expr:
        total = sp.S.Zero
        for weights, chance in self._draws(heard):
            h = sp.Add(*(w * x for w, (_, x) in zip(weights, heard, strict=True)))
            total += chance * (1 - sp.sign(_decided(stored * h))) / 2
        return total

    def _average(self, of: object) -> sp.Expr:
        assert callable(of)
        total, count = sp.S.Zero, 0
        for (counts, stored, heard), times in self.cases.items():
            weight = sp.Mul(*(p**n for (_, p), n in zip(self.entries, counts, strict=True)))
            total += times * weight * of(stored, heard)
            count += times
        return sp.expand(total * len(self.entries) ** self.units / count)


def enumerate_universal(setting: Setting, units: int, patterns: int) -> UniversalEnumeration:
    """Every set of patterns and every cue of a universal network at small sizes.

    Parameters
    ----------
    setting : Setting
        Of a :class:`UniversalRule` on signs; delta may be a symbol, and beta too but for errors.
    units, patterns : int
        D and K: at most 2**18 combinations of patterns and cues.

    Examples
    --------
    >>> from hebbsym.families.separators import Max
    >>> from hebbsym.families.similarities import Cosine
    >>> network = enumerate_universal(Setting(UniversalRule(Cosine(), Max())), 3, 2)
    >>> network.recall()  # unless both patterns are the same, 1/8, and chance takes the other
    15/16
    """
    return UniversalEnumeration(setting, units, patterns)


def _decided(number: sp.Expr) -> sp.Expr:
    """A number whose sign is told: 0 where it is 0 to 30 digits."""
    if number.is_Rational:
        return number
    value = evaluate(sp.expand(number))
    return sp.S.Zero if abs(value) < sp.Rational(1, 10**25) else sp.Integer(1 if value > 0 else -1)
