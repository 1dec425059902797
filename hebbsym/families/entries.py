"""The contract of a named rule: what an entry states, and how it is proved.

Main names
----------
Named
    The contract.
Inside, Bounded, ManyBody, Outside
    An entry that is an expanded rule, proved by substitution; one of a bounded synapse, proved by
    running it; one of n-body synapses; one that is none of these, with the reason and the class it
    belongs to, proved by a witness.
Rules
    The mapping from names to rules that is built of entries.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import final

import sympy as sp

from hebbsym.claim import Evidence, Method
from hebbsym.errors import InvalidValue, OutsideClass, UnknownName
from hebbsym.families.bounded import BoundedRule
from hebbsym.families.nbody import NBodyRule
from hebbsym.families.parameters import exact
from hebbsym.families.rules import ExpandedRule, Rule
from hebbsym.notation import w, x_i, x_j
from hebbsym.registry import Registry

Values = Mapping[str, sp.Expr]


@dataclass(frozen=True, eq=False)
class Named(ABC):
    """An entry of the registry: a rule under the name that the literature gives it.

    Parameters
    ----------
    name, title : str
    source : str
        Keys of ``references.bib``, separated by semicolons.

    Examples
    --------
    >>> from hebbsym.families.named import rules
    >>> all(isinstance(entry, Named) for entry in rules.entries.values())
    True
    """

    name: str
    title: str
    source: str

    @property
    @abstractmethod
    def in_class(self) -> bool:
        """Whether the rule is an expanded rule at its default parameters."""

    @abstractmethod
    def rule(self, **parameters: sp.Expr) -> Rule:
        """The rule at parameter values; raises OutsideClass where there is none."""

    def expanded(self) -> ExpandedRule:
        """The expanded rule at the default parameters; raises OutsideClass where there is none."""
        return self.rule().require_expanded()

    def general(
        self, symbol: Callable[[str], sp.Symbol]
    ) -> tuple[ExpandedRule, Mapping[str, sp.Symbol]]:
        """The expanded rule with a symbol for every parameter that may be any number, and these.

        Raises OutsideClass where there is no such rule.
        """
        return self.expanded(), {}

    @abstractmethod
    def proof(self) -> Evidence:
        """Evidence that the entry is what it says: a substitution, or a witness against it."""


@final
@dataclass(frozen=True, eq=False)
class Inside(Named):
    """A rule that is an expanded rule.

    Parameters
    ----------
    parameters : mapping of name to default
        A default may be an expression in the symbols of earlier parameters.
    coefficients : callable
        Parameter values to the coefficients by powers (p of x_i, q of x_j).
    printed : callable
        Parameter values to the update as printed, written independently of the coefficients.
    required : str
        For a rule that lies in the class only when its first parameter is given: the reason.
    centres : mapping of name to side
        Parameters that are the mean of the stored patterns unless given: of the post- (0) or
        presynaptic (1) values.

    Examples
    --------
    >>> from hebbsym.families.named import rules
    >>> oja = rules.entries["oja"]
    >>> oja.statement
    eta*x_i*(-w*x_i + x_j)
    >>> oja.proof().holds()
    True
    """

    parameters: Values
    coefficients: Callable[[Values], Mapping[tuple[int, int], sp.Expr]]
    printed: Callable[[Values], sp.Expr]
    required: str = ""
    centres: Mapping[str, int] = field(default_factory=dict)

    @property
    def in_class(self) -> bool:
        return not self.required

    def values(self, **given: sp.Expr) -> dict[str, sp.Expr]:
        """All parameter values: the given ones, and defaults for the others."""
        for parameter, value in given.items():
            _require_parameter(self.name, parameter, self.parameters)
            if exact(value).has(x_i, x_j, w):
                raise InvalidValue(
                    f"parameter {parameter} of rule {self.name!r} depends on {value}"
                )
        return _filled(self.parameters, given)

    def rule(self, **parameters: sp.Expr) -> ExpandedRule:
        if self.required and next(iter(self.parameters)) not in parameters:
            raise OutsideClass(self.required)
        coefficients = self.coefficients(self.values(**parameters))
        inside = ", ".join(f"{p}={v}" for p, v in parameters.items())
        order = max(p + q for p, q in coefficients)
        named = f"{self.name}({inside})" if inside else self.name
        open_means = self.centres and not {"mean", *self.centres} & set(parameters)

        def centring(*means: sp.Expr) -> Mapping[tuple[int, int], sp.Expr]:
            centred = {name: means[side] for name, side in self.centres.items()}
            return self.coefficients(self.values(**parameters, **centred))

        return ExpandedRule(order, coefficients, named, centring if open_means else None)

    def general(
        self, symbol: Callable[[str], sp.Symbol]
    ) -> tuple[ExpandedRule, Mapping[str, sp.Symbol]]:
        symbols = {p: symbol(p) for p in self.parameters if self._takes_any(p)}
        return self.rule(**symbols), symbols

    def _takes_any(self, parameter: str) -> bool:
        """Whether a parameter may stay a symbol; an order or a power is a whole number."""
        try:
            self.coefficients(self.values(**{parameter: sp.Symbol(parameter, real=True)}))
        except InvalidValue:
            return False
        return True

    @property
    def statement(self) -> sp.Expr:
        """The update as printed, at the default parameters."""
        return self.printed(self.values())

    def proof(self) -> Evidence:
        defaults = self.values()

        def holds() -> bool:
            update = self.rule(**defaults).update
            return bool(sp.expand(update - self.printed(defaults)) == 0)

        return Evidence(
            Method.SUBSTITUTION, f"the coefficients of {self.name!r} give {self.statement}", holds
        )


@final
@dataclass(frozen=True, eq=False)
class Bounded(Named):
    """A rule of bounded synapses, which is no expanded rule.

    Parameters
    ----------
    parameters : mapping of name to default
        A default may be an expression in the symbols of earlier parameters.
    build : callable
        The text that names the rule and the parameter values to the rule.
    reason, claim : str
        Why it is no expanded rule; what the witness shows.
    witness : callable
    local : tuple of str
        Parameters that are expressions in the two activities.

    Examples
    --------
    >>> from hebbsym.families.named import rules
    >>> rules.entries["willshaw"].rule().update
    -w + Max(w, x_i*x_j)
    >>> rules["willshaw"]
    Traceback (most recent call last):
    ...
    hebbsym.errors.OutsideClass: rule 'willshaw' is not an expanded Hebbian rule: it is bounded, \
for its binary synapses are clipped, and max(w, x_i*x_j) is no polynomial; on {0, 1} patterns it \
equals x_i*x_j*(1 - w) (rule('willshaw') gives it as what it is)
    """

    parameters: Values
    build: Callable[[str, Values], BoundedRule]
    reason: str
    claim: str
    witness: Callable[[], bool]
    local: tuple[str, ...] = ()

    @property
    def in_class(self) -> bool:
        return False

    def rule(self, **parameters: sp.Expr) -> BoundedRule:
        for parameter, value in parameters.items():
            _require_parameter(self.name, parameter, self.parameters)
            own = (w,) if parameter in self.local else (x_i, x_j, w)
            if exact(value).has(*own):
                raise InvalidValue(
                    f"parameter {parameter} of rule {self.name!r} depends on {value}"
                )
        inside = ", ".join(f"{p}={v}" for p, v in parameters.items())
        named = f"{self.name}({inside})" if inside else self.name
        return self.build(named, _filled(self.parameters, parameters))

    def expanded(self) -> ExpandedRule:
        raise OutsideClass(
            f"rule {self.name!r} is not an expanded Hebbian rule: it is bounded, {self.reason} "
            f"(rule({self.name!r}) gives it as what it is)"
        )

    def proof(self) -> Evidence:
        return Evidence(Method.ENUMERATION, self.claim, self.witness)


@final
@dataclass(frozen=True, eq=False)
class ManyBody(Named):
    """A rule on n-body synapses.

    Parameters
    ----------
    parameters : mapping of name to default
        Whole numbers.
    build : callable
        The text that names the rule and the parameter values to the rule.
    claim : str
        What the witness shows.
    witness : callable

    Examples
    --------
    >>> from hebbsym.families.named import rules
    >>> rules.entries["nbody-product"].rule(n=sp.Integer(4)).terms
    {(4, 1, 3): 1}
    """

    parameters: Mapping[str, int]
    build: Callable[[str, Mapping[str, int]], NBodyRule]
    claim: str
    witness: Callable[[], bool]

    @property
    def in_class(self) -> bool:
        return False

    def rule(self, **parameters: sp.Expr) -> NBodyRule:
        found = dict(self.parameters)
        for parameter, value in parameters.items():
            if parameter not in found:
                raise UnknownName(f"parameter of rule {self.name!r}", parameter, found)
            if not exact(value).is_Integer:
                raise InvalidValue(
                    f"parameter {parameter} of rule {self.name!r} is a whole number, not {value}"
                )
            found[parameter] = int(value)
        inside = ", ".join(f"{p}={v}" for p, v in parameters.items())
        return self.build(f"{self.name}({inside})" if inside else self.name, found)

    def expanded(self) -> ExpandedRule:
        raise OutsideClass(
            f"rule {self.name!r} is not an expanded Hebbian rule on pairs: its synapses join more "
            f"units (rule({self.name!r}) gives it as what it is)"
        )

    def proof(self) -> Evidence:
        return Evidence(Method.SUBSTITUTION, self.claim, self.witness)


def _require_parameter(rule: str, parameter: str, known: Values) -> None:
    if parameter not in known:
        raise UnknownName(f"parameter of rule {rule!r}", parameter, known)


def _filled(defaults: Values, given: Values) -> dict[str, sp.Expr]:
    """The given values, and defaults for the others."""
    found: dict[str, sp.Expr] = {}
    for parameter, default in defaults.items():
        earlier = {sp.Symbol(p): v for p, v in found.items()}
        value = given.get(parameter, default)
        found[parameter] = exact(value).xreplace({} if parameter in given else earlier)
    return found


@final
@dataclass(frozen=True, eq=False)
class Outside(Named):
    """A rule that is no expanded rule: which class it belongs to, and a witness.

    Examples
    --------
    >>> from hebbsym.families.named import rules
    >>> rules["storkey"]
    Traceback (most recent call last):
    ...
    hebbsym.errors.OutsideClass: rule 'storkey' is not an expanded Hebbian rule: it is not local, \
for its increment depends on the local fields, that is on the weights of other synapses
    """

    belongs: str
    reason: str
    claim: str
    witness: Callable[[], bool]

    @property
    def in_class(self) -> bool:
        return False

    def rule(self, **parameters: sp.Expr) -> ExpandedRule:
        raise OutsideClass(
            f"rule {self.name!r} is not an expanded Hebbian rule: it is {self.belongs}, {self.reason}"
        )

    def proof(self) -> Evidence:
        return Evidence(Method.ENUMERATION, self.claim, self.witness)


@final
class Rules(Mapping[str, ExpandedRule]):
    """The rules by name, at their default parameters.

    Iteration runs over the rules of the class; a look-up of one outside raises OutsideClass
    with the reason. ``entries`` holds the entries of both kinds.

    Examples
    --------
    >>> from hebbsym.families.named import rules
    >>> rules["covariance"].update
    a**2 - a*x_i - a*x_j + x_i*x_j
    >>> "willshaw" in rules, "willshaw" in rules.entries
    (False, True)
    """

    def __init__(self) -> None:
        self.entries: Registry[Named] = Registry("rule")

    def __getitem__(self, name: str) -> ExpandedRule:
        return self.entries[name].expanded()

    def __contains__(self, name: object) -> bool:
        return name in set(self)

    def __iter__(self) -> Iterator[str]:
        return (n for n, e in self.entries.items() if e.in_class)

    def __len__(self) -> int:
        return sum(1 for _ in self)
