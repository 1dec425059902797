r"""The Markov chain of a bounded synapse, driven by the patterns: laws by age and number of patterns.

Given the history u of the postsynaptic unit, the synapses onto it are independent and identically
distributed: each is a chain whose step is averaged over the presynaptic value,

.. math:: \bar T(u) = \sum_v p(v)\, T(u, v).

So the law of one synapse after K patterns is a power of sum_u p(u) T(u), that of two synapses onto
one unit, *which share its history*, a power of sum_u p(u) T(u) x T(u), and the law of the field is
a mixture over histories of sums of independent terms. With a the cued pattern's age, the term
z = s w of one presynaptic unit has

.. math:: E[z \mid x] = \pi_0 P^{K-1-a} S(x) P^a w, \qquad S(x) = \sum_v p(v)\, E[s \mid v]\, T(x, v).

Main names
----------
Chain
    The chain of a setting, over the rationals or over polynomials in the setting's symbols.
Tensor, Operator
    A law (or a function) of one or several levels; a step of one level.

Conventions
-----------
Levels are numbered in ascending order. Age 0 is the pattern shown last. Two synapses between the
same units flip their own coins.

References
----------
derived here; amit1994, tsodyks1990 for the mean signal of two-valued synapses (unverified).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any, TypeAlias

import sympy as sp
from sympy.polys.constructor import construct_domain
from sympy.polys.matrices import DomainMatrix

from hebbsym.errors import NotDerivable, OutsideClass, SizeLimit
from hebbsym.families.bounded import BoundedRule
from hebbsym.theory.setting import Setting

Element: TypeAlias = Any
"""A rational number, or a polynomial in the symbols of the setting."""

Tensor: TypeAlias = "dict[tuple[int, ...], Element]"
"""Entries by level numbers; zeros are left out."""

Operator: TypeAlias = "dict[int, list[tuple[int, Element]]]"
"""For each level, the levels that it moves to, with their probabilities."""

MOST_LEVELS = 512
"""Bound on the levels of a chain that closes."""

MOST_REACHED = 4096
"""Bound on the levels that a given number of patterns reaches."""

SHARED: dict[str, tuple[int, int] | None] = {"post": (0, 1), "pre": (1, 0), "reciprocal": None}
"""What two weights share: for each kind, the side of the shared unit and the other side."""


class Chain:
    """The chain of one synapse in a setting.

    Parameters
    ----------
    setting : Setting
        With a bounded rule and finite alphabets.
    patterns : int, optional
        K; needed where the levels never close, as under a sum that only its sign is read of.

    Raises
    ------
    OutsideClass
        For a rule that is not bounded.
    NotDerivable
        For real-valued patterns, and for levels that do not close when K is not given.
    SizeLimit
        For more levels than the bounds above.

    Examples
    --------
    >>> from hebbsym.families.ensembles import Binary
    >>> from hebbsym.families.named import rule
    >>> chain = Chain(Setting(rule("willshaw"), Binary(sp.Symbol("f"))))
    >>> chain.expression(chain.mean(chain.law(2)))  # 1 - (1 - f^2)^2
    -f**4 + 2*f**2
    """

    def __init__(self, setting: Setting, patterns: int | None = None) -> None:
        rule = setting.rule
        if not isinstance(rule, BoundedRule):
            raise OutsideClass(f"rule {rule.name!r} is {rule.rule_class.value}, not bounded")
        for law in (setting.post, setting.pre):
            if not law.alphabet:
                raise NotDerivable(
                    f"{law.text} patterns are real-valued, and a bounded synapse needs a finite alphabet"
                )
        self.setting, self.rule = setting, rule
        self.letters = tuple(
            tuple(v for v, _ in law.alphabet) for law in (setting.post, setting.pre)
        )
        self.levels = _closure(rule, self.letters, patterns)
        place = {level: n for n, level in enumerate(self.levels)}
        self.start = place[rule.start]
        self._entries(place)

    def _entries(self, place: Mapping[sp.Expr, int]) -> None:
        """All numbers of the setting as elements of one ring, and the steps made of them."""
        setting, rule, (posts, pres) = self.setting, self.rule, self.letters
        moves = {
            (k, u, v): rule.moves(level, posts[u], pres[v])
            for k, level in enumerate(self.levels)
            for u in range(len(posts))
            for v in range(len(pres))
        }
        cues = [setting.cue.transitions(setting.pre, v) for v in pres]
        wanted = [
            setting.threshold.share,
            *(rule.weight(level) for level in self.levels),
            *(p for law in (setting.post, setting.pre) for _, p in law.alphabet),
            *itertools.chain.from_iterable(itertools.chain(*cues)),
            *(p for some in moves.values() for _, p in some),
        ]
        self.domain, made = construct_domain([sp.Rational(1, 2), *wanted], field=False)
        element = dict(zip(wanted, made[1:], strict=True))
        self.weights = [element[rule.weight(level)] for level in self.levels]
        share = element[setting.threshold.share]
        self.heard = [w - share for w in self.weights]
        """What multiplies the cue: the weight, less the threshold's share where it follows the cue."""
        self.chances = [
            [element[p] for _, p in law.alphabet] for law in (setting.post, setting.pre)
        ]
        self.cues = [[(element[s], element[p]) for s, p in cue] for cue in cues]
        self.steps: dict[tuple[int, int], Operator] = {}
        for (k, u, v), some in moves.items():
            # a level at the edge of what K patterns reach is never left
            reached = [(place[to], element[p]) for to, p in some if to in place]
            self.steps.setdefault((u, v), {})[k] = reached

    # ---- steps ----------------------------------------------------------------------------

    @cached_property
    def one(self) -> Element:
        """The number 1."""
        return self.domain.one

    @cached_property
    def averaged(self) -> list[Operator]:
        """For each postsynaptic value, the step averaged over the presynaptic one."""
        return [self.side_step(0, u) for u in range(len(self.letters[0]))]

    @cached_property
    def mean_step(self) -> Operator:
        """The step averaged over both values."""
        return _mixed(zip(self.chances[0], self.averaged, strict=True))

    def side_step(self, side: int, letter: int) -> Operator:
        """The step at a value of one side, averaged over the other one."""
        others = range(len(self.letters[1 - side]))
        keys = [(letter, v) if side == 0 else (v, letter) for v in others]
        return _mixed(
            (chance, self.steps[key])
            for chance, key in zip(self.chances[1 - side], keys, strict=True)
        )

    def cued(self, letter: int, power: int) -> Operator:
        """S(x), or the same with s**power: the step of the cued pattern times its cue."""
        zero = self.domain.zero
        parts = []
        for v, chance in enumerate(self.chances[1]):
            moment = sum((p * s**power for s, p in self.cues[v]), start=zero)
            parts.append((chance * moment, self.steps[letter, v]))
        return _mixed(parts)

    @cached_property
    def history_free(self) -> bool:
        """Whether the averaged step does not depend on the postsynaptic value."""
        first = _canonical(self.averaged[0])
        return all(_canonical(other) == first for other in self.averaged[1:])

    @cached_property
    def ordered(self) -> bool:
        """Whether the order of the patterns matters: whether two steps do not commute."""
        inner = [k for k in range(len(self.levels)) if self._inner(k)]
        for one, other in itertools.combinations(self.steps.values(), 2):
            for k in inner:
                here: Tensor = {(k,): self.one}
                if moved(moved(here, (one,)), (other,)) != moved(moved(here, (other,)), (one,)):
                    return True
        return False

    def _inner(self, k: int) -> bool:
        """Whether two steps from a level stay inside what was listed."""
        total = self.domain.zero
        reached = [to for step in self.steps.values() for to, _ in step[k]]
        for step in self.steps.values():
            for n in (k, *reached):
                total = sum((p for _, p in step[n]), start=self.domain.zero)
                if total != self.one:
                    return False
        return True

    # ---- laws -----------------------------------------------------------------------------

    def law(self, patterns: int) -> Tensor:
        """The law of the level after a number of patterns."""
        return self._law(patterns, 1)

    @lru_cache(maxsize=4096)  # noqa: B019 - a chain lives as long as its bench
    def _law(self, patterns: int, order: int) -> Tensor:
        """The law of the levels of one synapse, or of two onto the same unit."""
        if patterns == 0:
            return {(self.start,) * order: self.one}
        return self._stepped(self._law(patterns - 1, order), order, moved)

    @lru_cache(maxsize=4096)  # noqa: B019
    def _later(self, age: int, order: int, power: int) -> Tensor:
        """E[heard**power] (or of the product of two) after ``age`` more patterns, by level."""
        if age == 0:
            return _product([w**power for w in self.heard], order)
        return self._stepped(self._later(age - 1, order, power), order, pulled)

    def _stepped(self, tensor: Tensor, order: int, step: Callable[..., Tensor]) -> Tensor:
        """One more pattern, averaged over its values."""
        if order == 1:
            return step(tensor, (self.mean_step,))
        parts = (
            (p, step(tensor, (operator,) * order))
            for p, operator in zip(self.chances[0], self.averaged, strict=True)
        )
        return _added(parts)

    def mean(self, law: Tensor, power: int = 1) -> Element:
        """E[w**power] under a law of one level."""
        return _paired(law, _product([w**power for w in self.weights], 1), self.domain.zero)

    def term(self, letter: int, patterns: int, age: int, power: int = 1) -> Element:
        """E[(s w)**power | x] of one presynaptic unit, exact."""
        law = moved(self._law(patterns - 1 - age, 1), (self.cued(letter, power),))
        return _paired(law, self._later(age, 1, power), self.domain.zero)

    def product(self, letter: int, patterns: int, age: int) -> Element:
        """E[s_j w_ij s_k w_ik | x] of two presynaptic units, which share the unit's history."""
        if self.history_free:
            return self.term(letter, patterns, age) ** 2
        cued = self.cued(letter, 1)
        law = moved(self._law(patterns - 1 - age, 2), (cued, cued))
        return _paired(law, self._later(age, 2, 1), self.domain.zero)

    def shared_product(self, shared: str, patterns: int) -> Element:
        """E[w w'] of two weights that share the ``post`` or the ``pre`` unit, or are ``reciprocal``."""
        sides = SHARED[shared]
        if sides is None:
            steps = [
                (p * q, (self.steps[u, v], self.steps[v, u]))
                for u, p in enumerate(self.chances[0])
                for v, q in enumerate(self.chances[1])
            ]
        else:
            side = sides[0]
            steps = [
                (p, (self.side_step(side, letter),) * 2)
                for letter, p in enumerate(self.chances[side])
            ]
        law: Tensor = {(self.start, self.start): self.one}
        for _ in range(patterns):
            law = _added((p, moved(law, pair)) for p, pair in steps)
        return _paired(law, _product(self.weights, 2), self.domain.zero)

    def stationary(self) -> dict[int, sp.Expr]:
        """The law of the level that one more pattern leaves as it is.

        Raises
        ------
        NotDerivable
            When there are several such laws: what is reached depends on the start.
        """
        size, domain = len(self.levels), self.domain.get_field()
        rows = [[domain.zero] * size for _ in range(size)]
        for k, reached in self.mean_step.items():
            for to, p in reached:
                rows[to][k] = domain.convert_from(p, self.domain)
        for k in range(size):
            rows[k][k] = rows[k][k] - domain.one
        kernel = DomainMatrix(rows, (size, size), domain).to_sparse().nullspace()
        if kernel.shape[0] != 1:
            raise NotDerivable(
                f"rule {self.rule.name!r} has {kernel.shape[0]} stationary laws in this setting: the "
                "one that is reached depends on the start"
            )
        (row,) = kernel.to_list()
        total = sum(row, start=domain.zero)
        return {k: sp.factor(domain.to_sympy(p / total)) for k, p in enumerate(row)}

    def expression(self, element: Element) -> sp.Expr:
        """An element as an expression."""
        return self.domain.to_sympy(element)


def moved(tensor: Tensor, operators: Sequence[Operator]) -> Tensor:
    """A law after one step of every level.

    Examples
    --------
    >>> moved({(0,): 1}, [{0: [(0, 2), (1, 3)]}])
    {(0,): 2, (1,): 3}
    """
    for axis, operator in enumerate(operators):
        made: Tensor = {}
        for key, value in tensor.items():
            for to, p in operator[key[axis]]:
                reached = (*key[:axis], to, *key[axis + 1 :])
                made[reached] = made[reached] + value * p if reached in made else value * p
        tensor = made
    return {key: value for key, value in tensor.items() if value}


def pulled(tensor: Tensor, operators: Sequence[Operator]) -> Tensor:
    """A function of the levels, averaged over one step of every level.

    Examples
    --------
    >>> pulled({(0,): 5, (1,): 7}, [{0: [(0, 2), (1, 3)], 1: [(1, 1)]}])
    {(0,): 31, (1,): 7}
    """
    for axis, operator in enumerate(operators):
        by_place: dict[int, list[tuple[tuple[int, ...], Element]]] = {}
        for key, value in tensor.items():
            by_place.setdefault(key[axis], []).append((key, value))
        made: Tensor = {}
        for start, reached in operator.items():
            for to, p in reached:
                for key, value in by_place.get(to, ()):
                    here = (*key[:axis], start, *key[axis + 1 :])
                    made[here] = made[here] + p * value if here in made else p * value
        tensor = made
    return {key: value for key, value in tensor.items() if value}


def _mixed(parts: Iterable[tuple[Element, Operator]]) -> Operator:
    """A weighted sum of steps."""
    total: dict[int, dict[int, Element]] = {}
    for weight, operator in parts:
        for start, reached in operator.items():
            row = total.setdefault(start, {})
            for to, p in reached:
                row[to] = row[to] + weight * p if to in row else weight * p
    return {k: [(to, p) for to, p in row.items() if p] for k, row in total.items()}


def _added(parts: Iterable[tuple[Element, Tensor]]) -> Tensor:
    """A weighted sum of laws."""
    total: Tensor = {}
    for weight, tensor in parts:
        for key, value in tensor.items():
            total[key] = total[key] + weight * value if key in total else weight * value
    return {key: value for key, value in total.items() if value}


def _product(values: Sequence[Element], order: int) -> Tensor:
    """A function of one level, or its product over two."""
    one: Tensor = {(k,): v for k, v in enumerate(values) if v}
    if order == 1:
        return one
    return {(k, m): a * b for (k,), a in one.items() for (m,), b in one.items()}


def _paired(law: Tensor, values: Tensor, zero: Element) -> Element:
    """The average of a function under a law."""
    return sum((p * values[k] for k, p in law.items() if k in values), start=zero)


def _canonical(operator: Operator) -> dict[int, dict[int, Element]]:
    return {k: dict(row) for k, row in operator.items()}


def _closure(
    rule: BoundedRule, letters: Sequence[Sequence[sp.Expr]], patterns: int | None
) -> tuple[sp.Expr, ...]:
    """The levels that can be reached, or those that K patterns reach, in ascending order."""
    found, fresh, shown = {rule.start}, {rule.start}, 0
    while fresh and (patterns is None or shown < patterns):
        reached = {
            to
            for level in fresh
            for u, v in itertools.product(*letters)
            for to, _ in rule.moves(level, u, v)
        }
        fresh, shown = reached - found, shown + 1
        found |= reached
        if patterns is None and len(found) > MOST_LEVELS:
            raise NotDerivable(
                f"the levels of rule {rule.name!r} do not close within {MOST_LEVELS}; those that a "
                "whole number K of patterns reaches are finite"
            )
        if len(found) > MOST_REACHED:
            raise SizeLimit(
                f"rule {rule.name!r} has more than {MOST_REACHED} levels after {patterns} patterns"
            )
    return tuple(sorted(found))
