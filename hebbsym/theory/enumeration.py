r"""Exact averages by brute force: every pattern, every cue, each with its probability.

This is the judge of the closed forms, so it shares nothing with the engine that derives
them: no moments, no set partitions, no formula in D or K. The weights of each configuration
are built by applying the rule's terms pattern by pattern, the field is their sum with the
cue, and an average is the sum over configurations of probability times value. Coefficients,
the ensemble's parameters and the cue's probability may stay symbols: an average is then a
polynomial in them, and a closed form must equal it identically.

Main names
----------
enumerate_fields
    Opens the enumeration of a setting at given numbers of units and patterns.
Enumeration
    Moments, cumulants and law of the field, moments of the weights, signal-to-noise ratio,
    and the probabilities of wrong bits and wrong patterns.

Conventions
-----------
Unit 0 is looked at, pattern 0 is cued. An auto-associative network has no diagonal. A tie
(h = theta) counts as half a wrong bit, in a pattern as a fair coin.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import sympy as sp
from sympy.polys.rings import PolyElement

from hebbsym import notation
from hebbsym.errors import InvalidValue, NotDerivable
from hebbsym.families.parameters import exact
from hebbsym.families.thresholds import FieldLaw
from hebbsym.theory.configurations import (
    Configurations,
    Number,
    Vector,
    Weighted,
    added,
    inhibited,
)
from hebbsym.theory.setting import Setting

MOST_CONFIGURATIONS = 2**20
"""Default bound on the number of configurations that are visited."""

PAIRS = {
    "": (("i", "j"), ("i", "j")),
    "post": (("i", "j"), ("i", "k")),
    "pre": (("i", "j"), ("k", "j")),
    "reciprocal": (("i", "j"), ("j", "i")),
}
"""Two weights, each as (post unit, pre unit), by what they share."""


class BitError(NamedTuple):
    """Probability that a bit is wrong, ties counted half; and of a tie alone."""

    wrong: sp.Expr
    ties: sp.Expr


def enumerate_fields(
    setting: Setting,
    D: int = 3,
    K: int = 2,
    M: int | None = None,
    *,
    age: int = 0,
    limit: int = MOST_CONFIGURATIONS,
) -> Enumeration:
    """The exact averages of a setting with D units, K patterns (and M recalling units of a pair).

    The cued pattern is shown last but ``age`` patterns, which matters for rules that depend on the
    weight.

    Raises
    ------
    InvalidValue
        For fewer than 2 units or 1 pattern, and for an age outside 0 .. K - 1.
    NotDerivable
        When the ensemble has no finite alphabet of rational values.
    OutsideClass
        When the rule is no polynomial in the weight.
    SizeLimit
        When an average is asked for that has more configurations than ``limit``.

    Examples
    --------
    >>> from hebbsym.families.rules import ExpandedRule
    >>> enumerate_fields(Setting(ExpandedRule(1)), D=3, K=2).field_mean(1)
    2*c_1_pre
    """
    return Enumeration(setting, D, K, D if M is None else M, limit, age)


@dataclass(frozen=True)
class Enumeration:
    """Exact averages of one setting at one size; see :func:`enumerate_fields`.

    ``inhibited`` asks for the field less the population's mean field (1/D) sum_k h_k of the
    same network; when it is None the setting's threshold decides.

    Examples
    --------
    >>> from hebbsym.families.rules import ExpandedRule
    >>> hebb = enumerate_fields(Setting(ExpandedRule(2, {(1, 1): 1})), D=4, K=3)
    >>> hebb.field_variance(1), hebb.snr()
    (6, 3/2)
    """

    setting: Setting
    D: int
    K: int
    M: int
    limit: int = MOST_CONFIGURATIONS
    age: int = 0

    def __post_init__(self) -> None:
        for name, number, least in (("D", self.D, 2), ("K", self.K, 1), ("M", self.M, 1)):
            if number < least:
                raise InvalidValue(f"{name} is at least {least}, not {number}")
        if not 0 <= self.age < self.K:
            raise InvalidValue(f"an age lies between 0 and K - 1 = {self.K - 1}, not at {self.age}")
        for law in (self.setting.post, self.setting.pre):
            if not law.alphabet or not all(v.is_Rational for v, _ in law.alphabet):
                raise NotDerivable(
                    f"{law.text} has no finite alphabet, and only a finite one can be enumerated"
                )

    # ---- fields ---------------------------------------------------------------------------

    def field_moment(self, r: int, x: sp.Expr | int, inhibited: bool | None = None) -> sp.Expr:
        """E[h**r | x], an expanded polynomial."""
        return _expanded(self._moment(self._letter(x), inhibited, r))

    def field_mean(self, x: sp.Expr | int, inhibited: bool | None = None) -> sp.Expr:
        """M(x)."""
        return self.field_moment(1, x, inhibited)

    def field_variance(self, x: sp.Expr | int, inhibited: bool | None = None) -> sp.Expr:
        """V(x)."""
        return self.field_cumulant(2, x, inhibited)

    def field_cumulant(self, r: int, x: sp.Expr | int, inhibited: bool | None = None) -> sp.Expr:
        """The cumulant of order r >= 1 of the field given x, an expanded polynomial."""
        letter, ring = self._letter(x), self._all.ring
        m = [self._moment(letter, inhibited, n) for n in range(r + 1)]
        cumulants = [ring.zero]
        for n in range(1, r + 1):
            lower = (cumulants[k] * m[n - k] * math.comb(n - 1, k - 1) for k in range(1, n))
            cumulants.append(m[n] - sum(lower, start=ring.zero))
        return _expanded(cumulants[r])

    def field_law(self, x: sp.Expr | int, inhibited: bool | None = None) -> dict[sp.Expr, sp.Expr]:
        """The law of the field given x: its values, each with its probability.

        Values that differ as polynomials in the coefficients are different keys.

        Examples
        --------
        >>> from hebbsym.families.rules import ExpandedRule
        >>> hebb = enumerate_fields(Setting(ExpandedRule(2, {(1, 1): 1})), D=3, K=2)
        >>> hebb.field_law(1)
        {0: 1/4, 2: 1/2, 4: 1/4}
        """
        law: dict[sp.Expr, sp.Expr] = {}
        for (form, exponents), count in self._fields(self._letter(x), inhibited).items():
            value = self._value(form)
            probability = count * self._all.probability(exponents)
            law[value] = law.get(value, sp.S.Zero) + probability.as_expr()
        return {value: sp.expand(p) for value, p in law.items()}

    def snr(self, inhibited: bool | None = None) -> sp.Expr:
        """The signal-to-noise ratio.

        For two values (M(x+) - M(x-))**2 / (4 Vbar) with Vbar the mean of the two variances;
        for more, gain**2 Var(x) / residual variance of the linear regression of h on x.
        """
        letters = self.setting.post.alphabet
        mean = [self.field_mean(x, inhibited) for x, _ in letters]
        if len(letters) == 2:
            spread = sp.Add(*(self.field_variance(x, inhibited) for x, _ in letters))
            return sp.cancel((mean[1] - mean[0]) ** 2 / (2 * spread))
        law = [(x, p, m) for (x, p), m in zip(letters, mean, strict=True)]
        centre, height = sp.Add(*(p * x for x, p, _ in law)), sp.Add(*(p * m for _, p, m in law))
        variance = sp.Add(*(p * x**2 for x, p, _ in law)) - centre**2
        covariance = sp.Add(*(p * x * m for x, p, m in law)) - centre * height
        power = sp.Add(*(p * self.field_moment(2, x, inhibited) for x, p, _ in law)) - height**2
        return sp.cancel(covariance**2 / (power * variance - covariance**2))

    # ---- weights --------------------------------------------------------------------------

    def weight_mean(self) -> sp.Expr:
        """E[w_ij], i != j."""
        return _expanded(self._weights("", 1))

    def weight_variance(self) -> sp.Expr:
        """Var(w_ij), i != j."""
        return self.weight_covariance("")

    def weight_covariance(self, shared: str) -> sp.Expr:
        """Covariance of two weights: ``post`` w_ij, w_ik; ``pre`` w_ij, w_kj; ``reciprocal`` w_ij, w_ji."""
        return _expanded(self._weights(shared, 2) - self._weights("", 1) ** 2)

    def _weights(self, shared: str, power: int) -> PolyElement:
        """E[w_ij], or E[w w'] of the two weights that share what is named."""
        if shared not in PAIRS:
            raise InvalidValue(f"weights share 'post', 'pre' or are 'reciprocal', not {shared!r}")
        if shared == "reciprocal" and not self.setting.auto:
            raise NotDerivable("a hetero-associative memory has no reciprocal weights")
        model, pairs = self._all, PAIRS[shared][:power]
        # in an auto-associative network both ends of a weight are units of one population
        ends = [
            [(0 if self.setting.auto else side, unit) for side, unit in enumerate(p)] for p in pairs
        ]
        units = sorted({unit for pair in ends for unit in pair})
        model.bound(math.prod(len(model.letters[side]) ** self.K for side, _ in units))
        laws: Counter[tuple[tuple[Vector, ...], Vector]] = Counter()
        for columns in itertools.product(*(model.columns(side, self.K) for side, _ in units)):
            entries = dict(zip(units, columns, strict=True))
            forms = tuple(model.weight(entries[post], entries[pre]) for post, pre in ends)
            laws[forms, added(model.exponents(unit[0], entries[unit]) for unit in units)] += 1
        result = model.ring.zero
        for (forms, exponents), count in laws.items():
            weights = (model.element(form, model.rule_basis) for form in forms)
            result += math.prod(weights, start=model.probability(exponents) * count)
        return result

    # ---- errors ---------------------------------------------------------------------------

    def threshold(self) -> sp.Expr:
        """Theta of the setting, from the exact laws of the field where it depends on them."""
        law = self.setting.threshold
        if not law.depends_on_load:
            unused = FieldLaw(sp.S.Zero, sp.S.One, sp.S.Half)
            return law.value(unused, unused)
        low, high = (
            FieldLaw(self.field_mean(x), self.field_variance(x), p) for x, p in self._bits()
        )
        return law.value(low, high)

    def bit_error(self, x: sp.Expr | int, theta: sp.Expr | None = None) -> BitError:
        """Probability that the bit is wrong given its stored value x, of a two-valued ensemble.

        The ensemble's parameter and the cue's may stay symbols; whatever the field and theta
        depend on must be a number.

        Examples
        --------
        >>> from hebbsym.families.rules import ExpandedRule
        >>> enumerate_fields(Setting(ExpandedRule(2, {(1, 1): 1})), D=3, K=2).bit_error(1)
        BitError(wrong=1/8, ties=1/4)
        """
        self._bits()
        letter, side = self._letter(x), self._side(theta)
        wrong = tied = self._all.ring.zero
        for (form, exponents), count in self._fields(letter, None).items():
            lies = side(form)
            if lies == 0:
                tied += count * self._all.probability(exponents)
            elif (lies > 0) != (letter == 1):
                wrong += count * self._all.probability(exponents)
        half = sp.expand(tied.as_expr() / 2)
        return BitError(sp.expand(wrong.as_expr() + half), 2 * half)

    def total_bit_error(self, theta: sp.Expr | None = None) -> BitError:
        """Probability that a bit is wrong, averaged over its stored value."""
        errors = [(p, self.bit_error(x, theta)) for x, p in self._bits()]
        return BitError(
            sp.expand(sp.Add(*(p * error.wrong for p, error in errors))),
            sp.expand(sp.Add(*(p * error.ties for p, error in errors))),
        )

    def pattern_error(self, theta: sp.Expr | None = None) -> sp.Expr:
        """Probability that at least one bit of the recalled pattern is wrong; a tie is a fair coin."""
        self._bits()
        side, model = self._side(theta), self._all
        right: Counter[tuple[Vector, int]] = Counter()
        for network in model.networks(self.D, self.M, self.K):
            shift = self.setting.threshold.inhibits
            fields = inhibited(network.fields) if shift else network.fields
            lies = [side(form) for form in fields]
            if all(
                s == 0 or (s > 0) == (y == 1) for s, y in zip(lies, network.stored, strict=True)
            ):
                right[network.exponents, lies.count(0)] += 1
        total = model.ring.zero
        for (exponents, ties), count in right.items():
            total += model.probability(exponents) * count / 2**ties
        return sp.expand(1 - total.as_expr())

    def _side(self, theta: sp.Expr | None) -> Callable[[Vector], int]:
        """The sign of h - theta, each distinct field decided once."""
        bound = self.threshold() if theta is None else exact(theta)
        basis = (b.as_expr().free_symbols for b in self._all.basis)
        free = sorted(map(str, frozenset(bound.free_symbols).union(*basis)))
        if free:
            raise InvalidValue(f"an exact law of errors needs a number for {', '.join(free)}")
        known: dict[Vector, int] = {}

        def side(form: Vector) -> int:
            if form not in known:
                known[form] = _sign(self._value(form) - bound)
            return known[form]

        return side

    # ---- inside ---------------------------------------------------------------------------

    @cached_property
    def _all(self) -> Configurations:
        sizes = {notation.D: self.D, notation.K: self.K, notation.M: self.M}
        return Configurations(self.setting, sizes, self.limit, self.age)

    @cached_property
    def _known(self) -> dict[tuple[int, bool], Weighted]:
        return {}

    @cached_property
    def _moments(self) -> dict[tuple[int, bool | None, int], PolyElement]:
        return {}

    def _moment(self, letter: int, inhibits: bool | None, r: int) -> PolyElement:
        key = (letter, inhibits, r)
        if key not in self._moments:
            self._moments[key] = self._average(self._fields(letter, inhibits), r)
        return self._moments[key]

    def _fields(self, letter: int, inhibits: bool | None) -> Weighted:
        """The law of h_0 given its stored value."""
        shifted = self.setting.threshold.inhibits if inhibits is None else inhibits
        if (letter, shifted) not in self._known:
            if shifted:
                law: Weighted = Counter()
                for network in self._all.networks(self.D, self.M, self.K, letter):
                    law[inhibited(network.fields)[0], network.exponents] += 1
            else:
                inputs = self.D - 1 if self.setting.auto else self.D
                law = self._all.field(letter, inputs, self.K)
            self._known[letter, shifted] = law
        return self._known[letter, shifted]

    def _average(self, law: Weighted, r: int) -> PolyElement:
        """E[(form . basis)**r]: rational sums first, polynomials only at the end."""
        model = self._all
        powers = list(itertools.combinations_with_replacement(range(len(model.basis)), r))
        sums: dict[Vector, list[Number]] = {}
        for (form, exponents), count in law.items():
            row = sums.setdefault(exponents, [0] * len(powers))
            for n, power in enumerate(powers):
                row[n] += count * math.prod(form[k] for k in power)
        result = model.ring.zero
        for n, power in enumerate(powers):
            terms = (
                model.probability(p) * model.scalar(row[n]) for p, row in sums.items() if row[n]
            )
            orders = math.factorial(r) // math.prod(map(math.factorial, Counter(power).values()))
            coefficient = sum(terms, start=model.ring.zero) * orders
            result += math.prod((model.basis[k] for k in power), start=coefficient)
        return result

    def _value(self, form: Vector) -> sp.Expr:
        return sp.expand(self._all.element(form, self._all.basis).as_expr())

    def _letter(self, x: sp.Expr | int) -> int:
        letters = [v for v, _ in self.setting.post.alphabet]
        if x not in letters:
            raise InvalidValue(f"{x} is not among the stored values {letters}")
        return letters.index(x)

    def _bits(self) -> tuple[tuple[sp.Expr, sp.Expr], ...]:
        if not self.setting.post.two_valued:
            raise NotDerivable(f"{self.setting.post.text} is not two-valued, so it has no bits")
        return self.setting.post.alphabet


def _expanded(element: PolyElement) -> sp.Expr:
    """The expression, whose powers of symbols need no expanding: a ring may have other generators."""
    made: sp.Expr = element.as_expr()
    return made if all(s.is_Symbol for s in element.ring.symbols) else sp.expand(made)


def _sign(gap: sp.Expr) -> int:
    """The sign of an exact real number."""
    gap = sp.expand(gap)
    if gap.is_zero:
        return 0
    if gap.is_positive or gap.is_negative:
        return 1 if gap.is_positive else -1
    raise InvalidValue(f"the sign of {gap} cannot be decided")
