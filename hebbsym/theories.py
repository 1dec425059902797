"""From a setting to its claims: the entry point of the theory.

Main names
----------
derive
    A rule, an ensemble, a cue and a threshold to a Theory.
Theory
    A read-only mapping from the names of quantities to claims, each derived when asked for.
quantities
    The table of quantities; prices of coefficients are added for each rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from hebbsym import notation
from hebbsym.capacity import asymptotics, claims, information
from hebbsym.claim import Claim
from hebbsym.errors import NotDerivable, UnknownName
from hebbsym.families.cues import Cue, Exact
from hebbsym.families.ensembles import Bipolar, Ensemble, Pair
from hebbsym.families.recalls import Recall
from hebbsym.families.rules import ExpandedRule
from hebbsym.families.thresholds import Threshold, Zero
from hebbsym.registry import Registry
from hebbsym.theory import bits, coefficients, dynamics, signals, weights
from hebbsym.theory.fields import on_alphabet
from hebbsym.theory.setting import Setting
from hebbsym.theory.workbench import Quantity, Workbench

_TABLE: dict[str, Quantity] = {
    **weights.QUANTITIES,
    **dynamics.QUANTITIES,
    **signals.QUANTITIES,
    **bits.QUANTITIES,
    **claims.QUANTITIES,
    **information.QUANTITIES,
    **asymptotics.QUANTITIES,
    **coefficients.QUANTITIES,
}


def quantities(setting: Setting) -> Registry[Quantity]:
    """All quantities that can be asked for in a setting, by name.

    Examples
    --------
    >>> "price:c_2_corr" in quantities(Setting(ExpandedRule()))
    True
    """
    table: Registry[Quantity] = Registry("quantity")
    for name, quantity in _TABLE.items():
        table.add(name, quantity)
    order = max(setting.rule.order, 2)
    for pq in on_alphabet(setting.with_rule(ExpandedRule(order))).terms:
        table.add(f"price:{notation.coefficient_name(*pq)}", coefficients.price(pq))
    return table


class Theory(Mapping[str, Claim]):
    """The claims of one setting.

    ``theory["snr"]`` derives a claim, or raises with the reason why it does not exist in this
    setting. Iteration goes over the default quantities that exist; :attr:`absent` has the
    reasons of the others.

    Parameters
    ----------
    setting : Setting
    names : iterable of str, optional
        The quantities to iterate over; the default ones without it.

    Examples
    --------
    >>> theory = derive(ExpandedRule(2, {(1, 1): 1}), quantities=["snr", "capacity:snr"])
    >>> theory["capacity:snr"].formula
    1 + (D - 1)/z**2
    >>> list(theory)
    ['snr', 'capacity:snr']
    """

    def __init__(self, setting: Setting, names: Iterable[str] | None = None) -> None:
        setting.rule.require_additive()
        self.setting = setting
        self._table = quantities(setting)
        self._bench = Workbench(setting)
        self._claims: dict[str, Claim] = {}
        self._asked = names is not None
        self._names = tuple(
            (name for name, q in self._table.items() if q.by_default) if names is None else names
        )
        if self._asked:
            for name in self._names:
                self[name]

    def __getitem__(self, name: str) -> Claim:
        if name not in self._claims:
            quantity = self._table[name]
            reason = quantity.absent(self.setting)
            if reason:
                raise NotDerivable(f"{name} does not exist here: {reason}")
            self._claims[name] = quantity.build(self._bench)
        return self._claims[name]

    def __contains__(self, name: object) -> bool:
        """Whether the quantity exists in this setting."""
        if not isinstance(name, str):
            return False
        try:
            self[name]
        except (NotDerivable, UnknownName):
            return False
        return True

    def __iter__(self) -> Iterator[str]:
        absent = {} if self._asked else self.absent
        return (name for name in self._names if name not in absent)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    @property
    def absent(self) -> dict[str, str]:
        """Default quantities that do not exist in this setting, with the reason."""
        reasons = {}
        for name in self._names:
            try:
                self[name]
            except NotDerivable as reason:
                reasons[name] = str(reason)
        return reasons

    @property
    def names(self) -> tuple[str, ...]:
        """All names that may be asked for, whether by default or not."""
        return tuple(self._table)


def derive(
    rule: ExpandedRule,
    patterns: Ensemble | Pair = Bipolar(),  # noqa: B008 - frozen
    *,
    cue: Cue = Exact(),  # noqa: B008 - frozen
    threshold: Threshold = Zero(),  # noqa: B008 - frozen
    recall: Recall | None = None,
    quantities: Iterable[str] | None = None,
) -> Theory:
    """Derive the closed forms of an additive rule, exact in D and K.

    Parameters
    ----------
    rule : ExpandedRule
        Additive; its coefficients may be symbols.
    patterns : Ensemble or Pair
        The law of the stored patterns (unbiased signs by default), or content and address.
    cue : Cue
        What is presented: the stored pattern by default.
    threshold : Threshold
        What the field is compared with: zero by default.
    recall : Recall, optional
        The output function: by default the one whose outputs are the stored values.
    quantities : iterable of str, optional
        Names of the claims that are wanted; derived at once, so that errors come here.

    Raises
    ------
    OutsideClass
        When the rule's update depends on the weight.
    NotDerivable, UnknownName
        When a named quantity does not exist in this setting, or not at all.

    Examples
    --------
    >>> a = notation.a
    >>> rule = ExpandedRule(2, {(1, 1): 1, (0, 1): -a})  # x_i*x_j - a*x_j
    >>> derive(rule, Bipolar(mean=a))["drift"].formula
    0
    """
    return Theory(Setting(rule, patterns, cue, threshold, recall), quantities)
