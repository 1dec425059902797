r"""Fields and weights under a rule polynomial in the weight: expansion in the learning rate.

For Delta w = eta f(w; x_i, x_j) with f = f_0 + f_1 w + ... + f_d w**d and W = 0 at the start, the
weight is of order eta. The scaled weight omega = w/eta obeys

.. math:: \omega \to \omega + \sum_r \eta^r f_r(u, v)\, \omega^r

so that the mean of a product of weights calls for higher products, but each further power of omega
brings a power of eta: at a given order in eta the moments close. A *state* is a tuple of exponents,
one for each weight, with the order in eta that is still to be had; one more pattern turns it into
itself and into states whose sum of exponents and order is smaller. All rates of this triangular
recurrence are 1, so the coefficient of each power of eta is a polynomial in the numbers of patterns
before and after the recalled one.

Main names
----------
RateExpansion
    Moments of field and weights to a given order in eta, for every age and number of patterns.

Conventions
-----------
Age 0 is the pattern shown last. The expansion is a Taylor polynomial at fixed K: the exact moment is
a polynomial in eta, of which the low orders are kept, and what is dropped is small when eta K is. A
rule that does not mention eta is expanded in the number of its updates that a term contains, as if
it had a rate in front, which is 1.

References
----------
derived here.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeAlias

import sympy as sp
from sympy.polys.rings import PolyElement

from hebbsym import notation
from hebbsym.errors import InvalidValue, NotDerivable, SizeLimit
from hebbsym.families.rules import ExpandedRule
from hebbsym.recurrences import chains
from hebbsym.theory.ages.states import PAIRS, Edges, Exponents
from hebbsym.theory.drives import INPUTS, PATTERNS, drive, engine_of
from hebbsym.theory.setting import Setting
from hebbsym.theory.spelling import collected, oriented

Series: TypeAlias = "tuple[PolyElement, ...]"
"""Coefficients of increasing powers of the rate, elements of the engine's ring."""

HIGHEST_EXPANSION = 24
"""Bound on the order of an expansion plus the order of the moment that is expanded."""

_BEFORE, _AFTER = sp.symbols("t_ g_")
_FIELD: dict[int, dict[Exponents, int]] = {1: {(1,): 1}, 2: {(2,): 1, (1, 1): 1}}
"""Which presynaptic units of a moment of the field coincide, with the number of ways."""


class _State(NamedTuple):
    """Exponents of a product of scaled weights, and the order in the rate still to be had."""

    exponents: Exponents
    order: int


class RateExpansion:
    """Moments of field and weights as polynomials in the learning rate, low orders kept.

    Parameters
    ----------
    setting : Setting
        Its rule is polynomial in the weight, of any degree (0 and 1 too, as limits).
    order : int
        How many orders beyond the leading one are kept.

    Raises
    ------
    OutsideClass, NotDerivable
        Where the moments do not close (see :func:`~hebbsym.theory.drives.drive`), and under inhibition.
    SizeLimit
        For an order past the bound.

    Examples
    --------
    A weight that saturates keeps less and less of the plain Hebb rule's variance K eta**2:

    >>> w, eta = notation.w, notation.eta
    >>> saturating = ExpandedRule(2, {(1, 1): eta, (0, 0): -eta * w**3}, "saturating")
    >>> expansion = RateExpansion(Setting(saturating), order=3)
    >>> expansion.weight_expression(expansion.weight_moment("", 2), 2)
    -K*eta**5*(K - 1)*(2*K - 3) + K*eta**2
    """

    def __init__(self, setting: Setting, order: int = 2) -> None:
        refuse_inhibition(setting)
        if order < 0:
            raise InvalidValue(f"the order of an expansion is at least 0, not {order}")
        if order + 2 > HIGHEST_EXPANSION:
            raise SizeLimit(
                f"an expansion to order {order} calls for moments of order {order + 2}, past the bound "
                f"of {HIGHEST_EXPANSION}; a power r of w enters at order r: lower it, or take a smaller order="
            )
        self.setting = setting
        self.order = order
        self.drive = drive(setting)
        self._sums: dict[sp.Symbol, sp.Expr] = {}
        parts = [self._abbreviated(part, r) for r, part in enumerate(self.drive.parts)]
        self.engine = engine_of(setting, parts, order + 2, (_BEFORE, _AFTER))
        self.ring = self.engine.ring
        self.before, self.after = self.engine.extra
        self._shown: dict[object, dict[_State, PolyElement]] = {}
        self._moments: dict[int, Series] = {}
        self._rows: dict[tuple[Edges, _State], dict[_State, list[PolyElement]]] = {}

    def _abbreviated(self, part: ExpandedRule, power: int) -> dict[tuple[int, int], sp.Expr]:
        """Sums of the rule's own symbols as one symbol each: they stay together in the result."""
        others = self.setting.patterns.free_symbols | self.setting.cue.free_symbols
        terms: dict[tuple[int, int], sp.Expr] = {}
        for (p, q), c in part.terms.items():
            terms[p, q] = c
            if c.is_Add and not c.free_symbols & others and len(c.free_symbols) > 1:
                terms[p, q] = sp.Symbol(f"f_{power}_{p}_{q}_")
                self._sums[terms[p, q]] = c
        return terms

    # ---- one pattern ----------------------------------------------------------------------

    def _one_pattern(
        self,
        edges: Edges,
        exponents: Exponents,
        cues: tuple[tuple[int, int], ...] = (),
        conditioned: bool = False,
    ) -> dict[_State, PolyElement]:
        """What one pattern makes of a product of scaled weights: powers of the rate, and products.

        The order of a state is here the power of the rate that it comes with.
        """
        key = (edges, exponents, cues, conditioned)
        if key not in self._shown:
            powers = [r for r, part in enumerate(self.drive.parts) if part.terms]
            made: dict[_State, PolyElement] = {}
            for chosen in itertools.product(*(_choices(k, powers, self.order) for k in exponents)):
                order = sum(map(sum, chosen))
                if order > self.order:
                    continue
                after = tuple(
                    k - len(rs) + sum(rs) for k, rs in zip(exponents, chosen, strict=True)
                )
                factors = [(*edge, r) for edge, rs in zip(edges, chosen, strict=True) for r in rs]
                ways = math.prod(map(_ways, exponents, chosen))
                state = _State(after, order)
                average = self.engine.of_one_pattern(factors, dict(cues), conditioned)
                made[state] = made.get(state, self.ring.zero) + ways * average
            self._shown[key] = {state: c for state, c in made.items() if c}
        return self._shown[key]

    def _later(self, edges: Edges, start: _State) -> dict[_State, list[PolyElement]]:
        """The row of P**t that begins at a state: coefficients of binomial(t, 0), (t, 1), ..."""
        if (edges, start) not in self._rows:

            def entry(before: _State, after: _State) -> PolyElement:
                if before == after:
                    return self.ring.one
                return self._one_pattern(edges, before.exponents)[
                    _State(after.exponents, before.order - after.order)
                ]

            def lower(state: _State) -> Iterator[_State]:
                for (exponents, order), _ in self._one_pattern(edges, state.exponents).items():
                    below = _State(exponents, state.order - order)
                    if below.order >= 0 and below != state:
                        yield below

            rows = chains(start, lower, entry, tuple)
            self._rows[edges, start] = {
                state: [
                    next(
                        (c for rates, c in by_rates.items() if len(rates) == j + 1), self.ring.zero
                    )
                    for j in range(max(map(len, by_rates)))
                ]
                for state, by_rates in rows.items()
            }
        return self._rows[edges, start]

    def _value(self, edges: Edges, start: _State, times: PolyElement) -> PolyElement:
        """The coefficient of rate**order in the mean of a product, after patterns shown from W = 0."""
        nothing = _State((0,) * len(edges), 0)
        return _newton(self._later(edges, start).get(nothing, []), times)

    # ---- fields ---------------------------------------------------------------------------

    def product(self, powers: Exponents) -> Series:
        """E[prod_b (s_b omega_b)**k_b | x] over different presynaptic units b, by powers of the rate."""
        edges = tuple((0, unit) for unit in range(1, len(powers) + 1))
        cues = tuple(enumerate(powers, 1))
        found = []
        for order in range(self.order + 1):
            total = self.ring.zero
            for (reached, left), later in self._later(edges, _State(powers, order)).items():
                seen = self.ring.zero
                shown = self._one_pattern(edges, reached, cues, True)
                for (exponents, spent), c in shown.items():
                    if spent <= left:
                        rest = _State(exponents, left - spent)
                        seen += c * self._value(edges, rest, self.before)
                total += _newton(later, self.after) * seen
            found.append(self._reduced(total))
        return tuple(found)

    def field_moment(self, power: int) -> Series:
        """E[h**power | x] / rate**power by powers of the rate, for power 1 or 2."""
        if power not in self._moments:
            self._moments[power] = self._field_moment(power)
        return self._moments[power]

    def _field_moment(self, power: int) -> Series:
        total = [self.ring.zero] * (self.order + 1)
        for powers, multiplicity in _FIELD[power].items():
            ways = math.prod(
                (self.engine.pres - b for b in range(len(powers))), start=self.ring.one
            )
            for m, part in enumerate(self.product(powers)):
                total[m] += multiplicity * ways * part
        return tuple(total)

    def field_variance(self) -> Series:
        """V(x) / rate**2 by powers of the rate."""
        mean = self.field_moment(1)
        return tuple(map(self._reduced, _less_product(self.field_moment(2), mean, mean)))

    # ---- weights --------------------------------------------------------------------------

    def weight_moment(self, shared: str, power: int) -> Series:
        """E[w], or E[w w'] of two weights that share a unit, over its power of the rate."""
        edges = PAIRS[shared][:power]
        exponents = (power,) if len(edges) == 1 else (1, 1)
        return tuple(
            self._value(edges, _State(exponents, m), self.before) for m in range(self.order + 1)
        )

    def weight_covariance(self, shared: str) -> Series:
        """The covariance of two weights, or a weight's variance, over the rate squared."""
        mean = self.weight_moment("", 1)
        return _less_product(self.weight_moment(shared, 2), mean, mean)

    # ---- print ----------------------------------------------------------------------------

    def at(self, element: PolyElement, age: int, patterns: int) -> PolyElement:
        """A coefficient of the field's moments at a whole age and number of patterns."""
        return element.compose([(self.before, patterns - 1 - age), (self.after, age)])

    def at_value(self, element: PolyElement, value: sp.Expr) -> PolyElement:
        """A coefficient of the field's moments at a stored value."""
        return element.compose(self.engine.x, self.ring.domain.from_sympy(value))

    def field_expression(self, series: Series, power: int) -> sp.Expr:
        """A sum over powers of the rate, from rate**power on, in age and K."""
        before = self.engine.patterns - 1 - self.after
        return self._expression([part.compose(self.before, before) for part in series], power)

    def weight_expression(self, series: Series, power: int) -> sp.Expr:
        """A sum over powers of the rate, from rate**power on, in K.

        Examples
        --------
        >>> from hebbsym.families.named import rules
        >>> decaying = RateExpansion(Setting(rules["oja"]))
        >>> decaying.weight_expression(decaying.weight_moment("", 2)[:2], 2)
        -K*eta**3*(K - 1) + K*eta**2
        """
        patterns = self.engine.patterns
        return self._expression([part.compose(self.before, patterns) for part in series], power)

    def _expression(self, series: Sequence[PolyElement], power: int) -> sp.Expr:
        names = {
            INPUTS: self.setting.inputs,
            PATTERNS: notation.K,
            _AFTER: notation.age,
            **self._sums,
        }
        return sp.Add(
            *(
                self.drive.rate ** (power + m) * oriented(collected(part, ()).xreplace(names))
                for m, part in enumerate(series)
            )
        )

    def _reduced(self, element: PolyElement) -> PolyElement:
        """Powers of the stored value x below the size of its alphabet."""
        values = [v for v, _ in self.setting.post.alphabet]
        if not values:
            return element
        factors = (self.engine.x - self.ring.domain.from_sympy(v) for v in values)
        return element.rem([math.prod(factors, start=self.ring.one)])


def refuse_inhibition(setting: Setting) -> None:
    """Raise where a threshold couples the fields of all units.

    Examples
    --------
    >>> from hebbsym.families.thresholds import Inhibition
    >>> refuse_inhibition(Setting(ExpandedRule(2), threshold=Inhibition()))
    Traceback (most recent call last):
    ...
    hebbsym.errors.NotDerivable: inhibition couples the fields of all units, and by age that is derived for \
additive rules only; take another threshold
    """
    if setting.threshold.inhibits:
        raise NotDerivable(
            "inhibition couples the fields of all units, and by age that is derived for additive "
            "rules only; take another threshold"
        )


def _choices(exponent: int, powers: list[int], most: int) -> Iterator[tuple[int, ...]]:
    """Which powers of the weight some of the factors of omega**exponent are replaced by."""
    for replaced in range(exponent + 1):
        for chosen in itertools.combinations_with_replacement(powers, replaced):
            if sum(chosen) <= most:
                yield chosen


def _ways(exponent: int, chosen: tuple[int, ...]) -> int:
    """In how many ways the factors of omega**exponent can be replaced so."""
    counts = [len(list(same)) for _, same in itertools.groupby(chosen)]
    kept = exponent - len(chosen)
    return math.factorial(exponent) // math.prod(map(math.factorial, [kept, *counts]))


def _newton(coefficients: list[PolyElement], times: PolyElement) -> PolyElement:
    """The sum of coefficients times binomial(times, 0), binomial(times, 1), ..."""
    total, binomial = times.ring.zero, times.ring.one
    for j, c in enumerate(coefficients):
        total += c * binomial
        binomial = binomial * (times - j) * times.ring.domain(1, j + 1)
    return total


def _less_product(series: Series, first: Series, second: Series) -> Series:
    """A series less the product of two, to the order of all."""
    return tuple(
        part - sum((first[k] * second[m - k] for k in range(m + 1)), start=part.ring.zero)
        for m, part in enumerate(series)
    )
