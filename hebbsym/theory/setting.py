"""The setting of a derivation: which rule stores which patterns, and how they are asked for.

Main names
----------
Setting
    Rule, patterns, cue, threshold and recall, with the population sizes that they imply.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import sympy as sp

from hebbsym import notation
from hebbsym.errors import InvalidValue
from hebbsym.families.cues import Cue, Exact
from hebbsym.families.ensembles import Bipolar, Ensemble, Pair
from hebbsym.families.recalls import Recall, natural
from hebbsym.families.rules import Rule
from hebbsym.families.thresholds import Threshold, Zero

_TAKEN = {
    notation.x: "the value stored at the unit",
    notation.x_i: "the postsynaptic activity",
    notation.x_j: "the presynaptic activity",
    notation.w: "the weight",
}
"""Symbols that a claim or a rule uses for something else than a parameter."""


@dataclass(frozen=True)
class Setting:
    """What a theory is about.

    Parameters
    ----------
    rule : Rule
        A rule that subtracts the means of the patterns, such as the covariance rule, takes
        them from ``patterns``.
    patterns : Ensemble or Pair
        An ensemble for auto-association (W is D x D, no diagonal); a pair for
        hetero-association (W is M x D, complete).
    cue : Cue
    threshold : Threshold
    recall : Recall, optional
        What a unit makes of its field; by default the function whose outputs are the stored
        values (sgn, step), or the identity.

    Raises
    ------
    InvalidValue
        When a parameter contains a symbol that stands for something else: x, x_i, x_j or w.

    Examples
    --------
    >>> from hebbsym.families.rules import ExpandedRule
    >>> Setting(ExpandedRule(1)).text
    'expanded on bipolar(mean=0), cue exact, threshold zero'
    """

    rule: Rule
    patterns: Ensemble | Pair = field(default_factory=Bipolar)
    cue: Cue = field(default_factory=Exact)
    threshold: Threshold = field(default_factory=Zero)
    recall: Recall | None = None

    def __post_init__(self) -> None:
        post, pre = self.post.moment(1), self.pre.moment(1)
        object.__setattr__(self, "rule", self.rule.for_means(post, pre))
        for symbol in sorted(self.free_symbols & _TAKEN.keys(), key=str):
            raise InvalidValue(
                f"{symbol} is {_TAKEN[symbol]}, and cannot be a parameter of the setting as well"
            )

    @property
    def auto(self) -> bool:
        """Whether content and address are the same pattern."""
        return not isinstance(self.patterns, Pair)

    @property
    def post(self) -> Ensemble:
        """The law of the value stored at a postsynaptic unit."""
        return self.patterns.content if isinstance(self.patterns, Pair) else self.patterns

    @property
    def pre(self) -> Ensemble:
        """The law of the value stored at a presynaptic unit."""
        return self.patterns.address if isinstance(self.patterns, Pair) else self.patterns

    @property
    def inputs(self) -> sp.Expr:
        """Number of presynaptic units of one unit: D - 1 without the diagonal, else D."""
        return notation.D - 1 if self.auto else notation.D

    @property
    def units(self) -> sp.Symbol:
        """Number of units that recall: D, or M of a hetero-associative memory."""
        return notation.D if self.auto else notation.M

    @property
    def output(self) -> Recall:
        """The recall function, the natural one unless another was given."""
        return self.recall or natural(tuple(v for v, _ in self.post.alphabet))

    def with_rule(self, rule: Rule) -> Setting:
        """The same setting for another rule."""
        return replace(self, rule=rule)

    def with_cue(self, cue: Cue) -> Setting:
        """The same setting for another cue."""
        return replace(self, cue=cue)

    def at(self, values: Mapping[sp.Symbol, sp.Expr]) -> Setting:
        """The setting with symbols replaced; raises when a value leaves its domain."""
        return Setting(
            self.rule.at(values),
            self.patterns.at(values),
            self.cue.at(values),
            self.threshold.at(values),
            self.recall,
        )

    @property
    def free_symbols(self) -> frozenset[sp.Basic]:
        """Symbols of the rule, the patterns, the cue and the threshold that are left open."""
        return (
            self.rule.free_symbols
            | self.patterns.free_symbols
            | self.cue.free_symbols
            | self.threshold.free_symbols
        )

    @property
    def text(self) -> str:
        """One line that names the setting."""
        return (
            f"{self.rule.name} on {self.patterns.text}, "
            f"cue {self.cue.text}, threshold {self.threshold.text}"
        )
