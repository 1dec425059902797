r"""Moments of signal and crosstalk of a universal network on signs, exact at finite D and K.

On signs every similarity is an affine function of the overlap m of pattern and cue, so that a pattern adds
x_i g(m) with g = sep(sim(m)). With y the unit's own entry of the cue times its stored value and u a fair sign,

.. math:: S = g(R_1 + y), \quad C = u\, g(R + u y) \qquad \text{(auto-associative)}

.. math:: S = g(m_1), \quad C = u\, g(m) \qquad \text{(hetero-associative)}

where R_1, R are walks of D - 1 steps and m_1, m of D.

Main names
----------
UniversalBench
    Moments of S and C, and through its base those of the field; the error of a bit.
require_signs
    Refuses what the closed forms do not hold for.

Neglects
--------
Nothing at finite D and K for unbiased signs. Masked cues are refused: their similarity depends on the number of
entries that are kept.
"""

from __future__ import annotations

from functools import cached_property
from typing import final

import sympy as sp

from hebbsym.errors import NotDerivable
from hebbsym.families.profiles import Profile, Walk
from hebbsym.families.thresholds import Zero
from hebbsym.families.universal import UniversalRule
from hebbsym.notation import D, K, m, tail
from hebbsym.theory.dense.overlaps import Branches, OverlapBench, plain, tidy
from hebbsym.theory.setting import Setting
from hebbsym.theory.universal.enumeration import UniversalEnumeration

_flips = sp.Symbol("l", integer=True, nonnegative=True)
"""How many entries of the cue are wrong outside the unit."""
_active, _against = sp.symbols("n j", integer=True, nonnegative=True)
"""How many other patterns weigh 1, and how many of them have the wrong content."""


def require_signs(setting: Setting) -> UniversalRule:
    """The rule of a setting of unbiased signs, cues of signs and threshold zero.

    Raises
    ------
    NotDerivable
        For any other setting.

    Examples
    --------
    >>> from hebbsym.families.separators import Identity
    >>> from hebbsym.families.similarities import Dot
    >>> require_signs(Setting(UniversalRule(Dot(), Identity()))).name
    'dot, identity'
    """
    rule = setting.rule
    assert isinstance(rule, UniversalRule)
    for law in (setting.post, setting.pre):
        if {v for v, _ in law.alphabet} != {-1, 1} or law.moment(1) != 0:
            raise NotDerivable(
                f"closed forms of a universal network are those of unbiased bipolar patterns, and here "
                f"are {law.text} ones, whose lengths or overlaps differ; it can be simulated (universal_table)"
            )
    if not isinstance(setting.threshold, Zero):
        raise NotDerivable(f"a universal network has threshold zero, not {setting.threshold.text}")
    if any(v not in (-1, 1) for v, _ in setting.cue.transitions(setting.pre, sp.S.One)):
        raise NotDerivable(
            "with masked cues the similarity depends on the number of entries that are kept; take flipped cues"
        )
    return rule


def wrong_entries(setting: Setting) -> sp.Expr:
    """The probability that an entry of the cue is wrong.

    Examples
    --------
    >>> from hebbsym.families.cues import Flip
    >>> from hebbsym.families.separators import Identity
    >>> from hebbsym.families.similarities import Dot
    >>> wrong_entries(Setting(UniversalRule(Dot(), Identity()), cue=Flip(sp.Rational(1, 10))))
    1/10
    """
    return sp.Add(*(p for v, p in setting.cue.transitions(setting.pre, sp.S.One) if v == -1))


@final
class UniversalBench(OverlapBench):
    """Everything that is derived once for a universal network in a setting.

    Parameters
    ----------
    setting : Setting

    Raises
    ------
    NotDerivable
        For patterns or cues that are no unbiased signs, and a threshold other than zero.

    Examples
    --------
    >>> from hebbsym.families.separators import Power
    >>> from hebbsym.families.similarities import Cosine
    >>> minerva = UniversalBench(Setting(UniversalRule(Cosine(), Power(3))))
    >>> sp.factor(minerva.signal(1)), sp.factor(minerva.crosstalk(1))
    (1, (3*D - 2)/D**3)
    """

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.rule = require_signs(setting)
        self.wrong = wrong_entries(setting)

    @cached_property
    def branches(self) -> Branches:
        """y and its probability; the content of another pattern knows nothing of the cue's entries."""
        if not self.setting.auto:
            return ((sp.S.Zero, sp.S.One),)
        return self.setting.cue.transitions(self.setting.pre, sp.S.One)

    @property
    def _less(self) -> int:
        """How many of the D units are not in the walks."""
        return int(self.setting.auto)

    @cached_property
    def cued(self) -> Walk:
        """The overlap of the cued pattern, outside the unit where the unit is in it."""
        return Walk(self._less, sp.expand(1 - 2 * self.wrong))

    @cached_property
    def other(self) -> Walk:
        """The same of another pattern."""
        return Walk(self._less)

    def weight(self, overlap: sp.Expr) -> sp.Expr:
        """g at an overlap."""
        return self.rule.weight.xreplace({m: overlap})

    def signal_given(self, y: sp.Expr, power: int) -> sp.Expr:
        """E[S**power | y]."""
        scale, profile = self._profile(int(y))
        if self.wrong == 0:
            return plain(self.weight(D) ** power)
        return plain(scale**power * _power(profile, power).average(self.cued))

    def crosstalk_given(self, y: sp.Expr, power: int) -> sp.Expr:
        """E[C**power | y]."""
        if y == 0:
            if power % 2:
                return sp.S.Zero
            scale, profile = self._profile(0)
            return plain(scale**power * _power(profile, power).average(self.other))
        total = sp.S.Zero
        for u in (1, -1):
            scale, profile = self._profile(u * int(y))
            total += u**power * scale**power * _power(profile, power).average(self.other) / 2
        return plain(total)

    def weight_given(self, y: sp.Expr) -> sp.Expr:
        """E of another pattern's weight, whatever its content is."""
        shifts = (int(y), -int(y)) if y != 0 else (0,)
        parts = [self._profile(shift) for shift in shifts]
        total = sp.Add(*(scale * profile.average(self.other) for scale, profile in parts))
        return plain(total / len(parts))

    def _profile(self, shift: int) -> tuple[sp.Expr, Profile]:
        return self.rule.separator.profile(self.rule.similarity, shift)

    @property
    def exact(self) -> bool:
        """Whether :attr:`error` is exact."""
        return self.rule.separator.counts

    @cached_property
    def error(self) -> sp.Expr:
        """The error of a bit: exact where the field counts patterns, else Gaussian given the cue."""
        return self._counted if self.exact else self._gaussian

    @property
    def _counted(self) -> sp.Expr:
        """Of n other patterns that weigh 1, j have the wrong content; a tie is half an error."""
        total = sp.S.Zero
        for y, chance in self.branches:
            heard, lean = self.crosstalk_given(y, 2), self.crosstalk_given(y, 1)
            wrong = (heard - lean) / (2 * heard)
            own = self.signal_given(y, 1)
            for count, p in ((1, own), (0, 1 - own)):
                verdict = (1 - sp.sign(_active + count - 2 * _against)) / 2
                inner = sp.Sum(
                    binomial_law(_active, _against, wrong) * verdict, (_against, 0, _active)
                )
                outer = binomial_law(K - 1, _active, heard)
                total += chance * p * sp.Sum(outer * inner, (_active, 0, K - 1))
        return total

    @property
    def _gaussian(self) -> sp.Expr:
        """An average over the wrong entries of the cue."""
        total = sp.S.Zero
        for y, chance in self.branches:
            mean = tidy(self.crosstalk_given(y, 1))
            spread = tidy(plain(self.crosstalk_given(y, 2) - mean**2))
            rest = (K - 1) * mean, sp.sqrt((K - 1) * spread)
            if self.wrong == 0:
                total += chance * tail((self.weight(D) + rest[0]) / rest[1])
                continue
            n = self.cued.steps
            law = binomial_law(n, _flips, self.wrong)
            signal = self.weight(n + y - 2 * _flips)
            total += chance * sp.Sum(law * tail((signal + rest[0]) / rest[1]), (_flips, 0, n))
        return total

    @cached_property
    def enumeration(self) -> UniversalEnumeration:  # type: ignore[override]
        """All patterns and cues of three units and two patterns."""
        return UniversalEnumeration(self.setting, 3, 2)


def binomial_law(n: sp.Expr, k: sp.Expr, p: sp.Expr) -> sp.Expr:
    """The probability of k successes in n trials.

    Examples
    --------
    >>> binomial_law(sp.Integer(3), sp.Integer(1), sp.Rational(1, 2))
    3/8
    """
    return sp.binomial(n, k) * p**k * (1 - p) ** (n - k)


def _power(profile: Profile, power: int) -> Profile:
    made: Profile = profile.power(power)
    return made
