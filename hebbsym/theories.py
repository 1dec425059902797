"""From a setting to its claims: the entry point of the theory.

Main names
----------
derive
    A rule, an ensemble, a cue and a threshold to a Theory.
dense
    A separation function, an update and a cue to a Theory.
universal
    A similarity, a separator, a projection and a cue to a Theory.
Theory
    A read-only mapping from the names of quantities to claims, each derived when asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from hebbsym.claim import Claim
from hebbsym.errors import NotDerivable, UnknownName
from hebbsym.families.cues import Cue, Exact
from hebbsym.families.dense import dense_rule
from hebbsym.families.ensembles import Bipolar, Ensemble, Pair
from hebbsym.families.recalls import Recall
from hebbsym.families.rules import Rule
from hebbsym.families.separations import Separation
from hebbsym.families.separators import Separator
from hebbsym.families.similarities import Similarity
from hebbsym.families.thresholds import Threshold, Zero
from hebbsym.families.universal import Auto, Projection, UniversalRule
from hebbsym.tables import bench_of, quantities
from hebbsym.theory.setting import Setting


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
    >>> from hebbsym.families.rules import ExpandedRule
    >>> theory = derive(ExpandedRule(2, {(1, 1): 1}), quantities=["snr", "capacity:snr"])
    >>> theory["capacity:snr"].formula
    1 + (D - 1)/z**2
    >>> list(theory)
    ['snr', 'capacity:snr']
    """

    def __init__(self, setting: Setting, names: Iterable[str] | None = None) -> None:
        self.setting = setting
        self._table = quantities(setting)
        self._bench = bench_of(setting)
        self._claims: dict[str, Claim] = {}
        self._asked = names is not None
        by_default = (name for name, q in self._table.items() if q.by_default)
        self._names = tuple(dict.fromkeys(by_default if names is None else names))
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
    rule: Rule,
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
    rule : Rule
        Of a class that has a table; its coefficients may be symbols.
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
    >>> from hebbsym.families.rules import ExpandedRule
    >>> from hebbsym.notation import a
    >>> rule = ExpandedRule(2, {(1, 1): 1, (0, 1): -a})  # x_i*x_j - a*x_j
    >>> derive(rule, Bipolar(mean=a))["drift"].formula
    0
    """
    return Theory(Setting(rule, patterns, cue, threshold, recall), quantities)


def dense(
    separation: Separation,
    *,
    update: str = "difference",
    normalisation: str = "power",
    cue: Cue = Exact(),  # noqa: B008 - frozen
    quantities: Iterable[str] | None = None,
) -> Theory:
    """Derive signal, crosstalk and capacity of a dense associative memory, exact in D and K.

    Parameters
    ----------
    separation : Separation
        F, by which the patterns' overlaps with the state enter the energy.
    update : str
        ``difference`` of the energies of both states of a unit, ``gradient`` without the unit in the
        overlap, or ``gradient-with-self``.
    normalisation : str
        ``power`` as it is, ``distinct`` indices, or ``rectified``.
    cue : Cue
    quantities : iterable of str, optional

    Raises
    ------
    InvalidValue, SizeLimit
        When a parameter of the separation is outside its domain.
    NotDerivable, UnknownName
        When a named quantity, update or normalisation does not exist, here or at all.

    Examples
    --------
    >>> from hebbsym.families.separations import separations
    >>> theory = dense(separations["power"](4), update="gradient")
    >>> theory["crosstalk_variance"].formula
    (D - 1)*(15*D**2 - 60*D + 61)
    >>> theory["scaling"].formula
    D**3/(15*z**2)
    """
    return derive(dense_rule(separation, update, normalisation), cue=cue, quantities=quantities)


def universal(
    similarity: Similarity,
    separator: Separator,
    projection: Projection = Auto(),  # noqa: B008 - frozen
    *,
    cue: Cue = Exact(),  # noqa: B008 - frozen
    quantities: Iterable[str] | None = None,
) -> Theory:
    """Derive signal, crosstalk, error and capacity of a universal Hopfield network on signs.

    Recall is projection(separator(similarity(patterns, cue))), followed by the sign.

    Parameters
    ----------
    similarity : Similarity
    separator : Separator
    projection : Projection
        ``Auto()``: the stored patterns, the unit inside the overlap; ``Hetero()``: other contents.
    cue : Cue
        Exact or flipped.
    quantities : iterable of str, optional

    Raises
    ------
    InvalidValue, SizeLimit
        When a parameter of the separator is outside its domain.
    NotDerivable, UnknownName
        When a named quantity does not exist, here or at all.

    Examples
    --------
    >>> from hebbsym.families.separators import Max, Power
    >>> from hebbsym.families.similarities import Cosine, Dot
    >>> from hebbsym.families.universal import Hetero
    >>> theory = universal(Cosine(), Power(3), Hetero())
    >>> theory["snr"].formula == universal(Dot(), Power(3), Hetero())["snr"].formula
    True
    >>> universal(Cosine(), Max())["recall"].formula
    2**D*(1 - (1 - 1/2**D)**K)/K
    """
    rule = UniversalRule(similarity, separator)
    return derive(rule, projection.patterns(Bipolar()), cue=cue, quantities=quantities)
