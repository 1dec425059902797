"""From the text that a user types to the objects of a setting.

Main names
----------
setting, dense_setting
    RULE, PATTERNS, CUE and THRESHOLD as text to a :class:`~hebbsym.theory.setting.Setting`.
comparison, synapse_count
    A comparison of universal networks, and the table of the general theorem, to be run.
built
    One registry entry with its parameters.
require_stored
    That x is a value which units store.
occurring
    The symbols of a setting and of claims.
is_warm
    Whether values give a temperature.
values, limit_values
    ``"D=60,K=12"`` to exact values of symbols that occur.

Conventions
-----------
A spec is a registry name with optional parameters, ``binary(activity=1/10)``. The entry's
own fields say which parameters there are, and whether one is a formula or a spec itself
(``pair(content=bipolar, address=gaussian)``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, fields
from functools import partial
from typing import TYPE_CHECKING, Any, get_type_hints

import sympy as sp

from hebbsym import formula
from hebbsym.claim import Claim
from hebbsym.errors import InvalidValue, OutsideClass, UnknownName
from hebbsym.families.cues import cues
from hebbsym.families.dense import dense_rule
from hebbsym.families.ensembles import Ensemble, Pair, ensembles
from hebbsym.families.named import rule
from hebbsym.families.nbody import NBodyRule
from hebbsym.families.recalls import recalls
from hebbsym.families.separations import separations
from hebbsym.families.separators import separators
from hebbsym.families.similarities import similarities
from hebbsym.families.thresholds import thresholds
from hebbsym.families.universal import projections
from hebbsym.functions import ELEMENTARY, Vocabulary
from hebbsym.notation import STANDARD, D, K, T, epsilon, x
from hebbsym.numeric import admit
from hebbsym.registry import Registry, parse_spec
from hebbsym.theory.setting import Setting

if TYPE_CHECKING:
    from hebbsym.comparison import Comparison
    from hebbsym.publish.synapses import Counted

SMALLEST = {D: 2, K: 1}
"""Least values: a unit needs another one, and a memory a pattern."""


def setting(
    rule_text: str,
    patterns: str,
    cue: str,
    threshold: str,
    recall: str | None = None,
    order: int | None = None,
) -> Setting:
    """The setting that texts describe; ``order`` truncates the rule, or expands it.

    Raises
    ------
    HebbsymError
        For an unknown name, a parameter that is not one, malformed formula text, or a value
        outside its domain.

    Examples
    --------
    >>> setting("hebb", "bipolar(mean=a)", "flip(delta=1/10)", "zero").text
    'hebb on bipolar(mean=a), cue flip(delta=1/10), threshold zero'
    """
    return Setting(
        rule(rule_text, order),
        built(ensembles, patterns),
        built(cues, cue),
        built(thresholds, threshold),
        None if recall is None else built(recalls, recall),
    )


def dense_setting(separation: str, update: str, normalisation: str, cue: str) -> Setting:
    """The setting of a dense memory that texts describe.

    Examples
    --------
    >>> dense_setting("power(n=4)", "gradient", "power", "exact").rule.name
    'power(n=4), gradient'
    """
    made = dense_rule(built(separations, separation), update, normalisation)
    return Setting(made, cue=built(cues, cue))


def comparison(
    similar: Iterable[str],
    separating: Iterable[str],
    projecting: Iterable[str],
    patterns: str,
    cue: str,
    at: Iterable[str],
) -> Callable[..., Comparison]:
    """The comparison of universal networks that texts describe, to be called with what a simulation needs.

    Examples
    --------
    >>> asked = comparison(["dot"], ["max"], ["hetero"], "bipolar", "exact", ["D=10"])
    >>> [round(row.theory, 1) for row in asked()]
    [85.2]
    """
    from hebbsym.comparison import universal_table  # it simulates, which other commands do not

    given = values(",".join(at), {D, K, epsilon})
    for symbol in given:
        if symbol not in (D, K, epsilon):
            raise UnknownName("size of a comparison", symbol.name, ("D", "K", "epsilon"))
    for symbol in (D, K):
        if not given.get(symbol, sp.S.One).is_Integer:
            raise InvalidValue(f"{symbol} = {given[symbol]}, but {symbol} is a whole number")
    ensemble = built(ensembles, patterns)
    if isinstance(ensemble, Pair):
        raise InvalidValue("the projection says whether contents are others: give one ensemble")
    chosen: dict[str, Any] = {"patterns": ensemble, "cue": built(cues, cue)}
    for name, registry, texts in (
        ("similarities", similarities, similar),
        ("separators", separators, separating),
        ("projections", projections, projecting),
    ):
        if found := tuple(built(registry, text) for text in texts):
            chosen[name] = found
    if D in given:
        chosen["units"] = int(given[D])
    if K in given:
        chosen["load"] = int(given[K])
    if epsilon in given:
        chosen["epsilon"] = given[epsilon]
    return partial(universal_table, **chosen)


def synapse_count(texts: Iterable[str], at: Iterable[str]) -> Callable[..., Counted]:
    """The table of synapses, capacity and bounds that texts describe, to be called with what a simulation needs.

    Examples
    --------
    >>> asked = synapse_count(["x_i*x_j; c*x_i*x_j*x_k"], ["D=30,c=2"])
    >>> asked().rows[0][0].synapses
    435
    """
    from hebbsym.publish.synapses import Counted
    from hebbsym.synapsecount import EPSILON, RULES, synapse_table  # it simulates

    rules = tuple(_nbody(text) for text in texts) or RULES
    known = {D, epsilon}.union(*(rule.free_symbols for rule in rules))
    given = values(",".join(at), known)
    for symbol in given:
        if symbol not in known:
            raise UnknownName("symbol of a table of synapses", symbol.name, map(str, known))
    units, share = given.get(D, sp.Integer(30)), given.get(epsilon, EPSILON)
    asked = tuple(rule.at(given) for rule in rules)

    def counted(networks: int = 0, **options: Any) -> Counted:
        rows = synapse_table(int(units), share, networks, rules=asked, **options)
        return Counted((int(units),), (rows,), share)

    return counted


def _nbody(text: str) -> NBodyRule:
    made = rule(text)
    if not isinstance(made, NBodyRule):
        raise OutsideClass(
            f"rule {made.name!r} is {made.rule_class.value}, and the table counts n-body synapses: write a rule of "
            "pairs as '2: x_i*x_j'"
        )
    return made


def built(registry: Registry[Any], text: str) -> Any:
    """The registry's entry of a spec, called with the spec's parameters.

    Examples
    --------
    >>> built(ensembles, "pair(content=bipolar, address=binary(activity=f))").text
    'pair(content=bipolar(mean=0), address=binary(activity=f))'
    >>> built(cues, "flip(dleta=1/10)")
    Traceback (most recent call last):
    ...
    hebbsym.errors.UnknownName: no parameter of cue flip 'dleta'; did you mean 'delta'?
    """
    spec = parse_spec(text, registry.kind)
    entry = registry[spec.name]
    known = {field.name: field for field in fields(entry)}
    hints = get_type_hints(entry)
    given = dict(spec.parameters)
    for parameter in given:
        if parameter not in known:
            raise UnknownName(f"parameter of {registry.kind} {spec.name}", parameter, known)
    missing = [name for name in known if name not in given and _required(known[name])]
    if missing:
        example = ", ".join(f"{name}=..." for name in missing)
        raise InvalidValue(f"{registry.kind} {spec.name!r} needs {spec.name}({example})")
    words = {name: known[name].metadata.get("vocabulary", ELEMENTARY) for name in given}
    return entry(**{name: _value(hints[name], given[name], words[name]) for name in given})


def values(text: str, known: Iterable[sp.Basic]) -> dict[sp.Symbol, sp.Expr]:
    """Exact values by symbol; every symbol must be one that occurs, or a standard one.

    Examples
    --------
    >>> values("D=60,K=12", {D, K})
    {D: 60, K: 12}
    >>> values("D=60,k=12", {D, K})
    Traceback (most recent call last):
    ...
    hebbsym.errors.UnknownName: no symbol 'k'; did you mean 'K'?
    """
    if not text.strip():
        return {}
    given = formula.assignments(text)
    known = set(known)
    for symbol, value in given.items():
        if symbol not in known and symbol not in STANDARD:
            raise UnknownName("symbol", symbol.name, map(str, known))
        if symbol in SMALLEST and value < SMALLEST[symbol]:
            raise InvalidValue(f"{symbol} = {value}, but {symbol} is at least {SMALLEST[symbol]}")
    return given


def limit_values(texts: Iterable[str], claims: Iterable[Claim]) -> dict[sp.Symbol, sp.Expr]:
    """Exact values of symbols that claims hold; bounds share no standard symbol with a setting.

    Examples
    --------
    >>> from hebbsym.capacity.bounds import bound
    >>> limit_values(["kappa=1/2"], [bound("gardner")])
    {kappa: 1/2}
    """
    given = formula.assignments(",".join(texts)) if any(text.strip() for text in texts) else {}
    asked = tuple(claims)
    known = {symbol.name: symbol for claim in asked for symbol in claim.free_symbols}
    if not is_warm(texts):
        known.setdefault(T.name, T)  # T = 0 is asked for
    for symbol, value in given.items():
        if symbol.name not in known:
            raise UnknownName("symbol", symbol.name, known)
        meant = known[symbol.name]
        if (meant.is_nonnegative and value < 0) or (meant.is_positive and value <= 0):
            raise InvalidValue(f"{meant} = {value}, but {meant} is not negative here")
        if meant.is_integer and not value.is_Integer:
            raise InvalidValue(f"{meant} = {value}, but {meant} is a whole number")
    values = {known[symbol.name]: value for symbol, value in given.items()}
    for claim in asked:
        admit(claim, values)
    return values


def is_warm(texts: Iterable[str]) -> bool:
    """Whether values give a temperature other than zero.

    Examples
    --------
    >>> is_warm(["T=1/10"]), is_warm(["T=0"]), is_warm([])
    (True, False, False)
    """
    given = formula.assignments(",".join(texts)) if any(text.strip() for text in texts) else {}
    return any(symbol.name == T.name and value != 0 for symbol, value in given.items())


def require_stored(setting: Setting, given: Mapping[sp.Symbol, sp.Expr]) -> None:
    """Refuse a value of x that no unit stores.

    Examples
    --------
    >>> from hebbsym.families.rules import ExpandedRule
    >>> require_stored(Setting(ExpandedRule()), {x: sp.Integer(7)})
    Traceback (most recent call last):
    ...
    hebbsym.errors.InvalidValue: x = 7, and the stored values of bipolar(mean=0) are -1, 1
    """
    stored = [value for value, _ in setting.post.alphabet]
    if stored and x in given and given[x] not in stored:
        values_ = ", ".join(map(str, stored))
        raise InvalidValue(
            f"x = {given[x]}, and the stored values of {setting.post.text} are {values_}"
        )


def occurring(setting: Setting, claims: Iterable[Claim]) -> set[sp.Basic]:
    """The symbols that a value may be given for: the sizes, and all that occurs.

    Examples
    --------
    >>> from hebbsym.families.rules import ExpandedRule
    >>> sorted(map(str, occurring(Setting(ExpandedRule(0)), [])))
    ['D', 'K', 'c_0']
    """
    found: set[sp.Basic] = {D, K, setting.units, *setting.free_symbols}
    for claim in claims:
        labels = {base.label for base in claim.formula.atoms(sp.IndexedBase)}
        found |= {s for s in claim.formula.free_symbols if isinstance(s, sp.Symbol)} - labels
    return found


def _required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _value(hint: Any, text: str, vocabulary: Vocabulary) -> Any:
    """A parameter's value: a nested ensemble where the entry asks for one, else an expression."""
    if not (isinstance(hint, type) and issubclass(hint, Ensemble)):
        return formula.parse(text, vocabulary=vocabulary)
    nested = built(ensembles, text)
    if isinstance(nested, Pair):
        raise InvalidValue(f"a pair is made of two ensembles, and {text[:60]!r} is a pair itself")
    return nested
