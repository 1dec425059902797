"""From a setting to the network that a simulation runs, in numbers.

Main names
----------
network_of
    The network of a setting, whatever its rule.
expanded_network, synapse_network, dense_network, nbody_network, universal_network
    Those of rules of one class each.
landscape
    The energy and the update of a dense memory, for descent to a fixed point.
require_sizes
    Refuses sizes past memory before there is a network.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache, reduce
from typing import Any

import sympy as sp

from hebbsym import notation
from hebbsym.errors import InvalidValue, SizeLimit
from hebbsym.families.dense import DenseRule
from hebbsym.families.rules import RuleClass
from hebbsym.families.thresholds import FieldLaw
from hebbsym.families.universal import UniversalRule
from hebbsym.numeric import evaluate
from hebbsym.simulate import Memory, Network
from hebbsym.simulate.dense import DenseNetwork, demanded
from hebbsym.simulate.lowering import Landscape
from hebbsym.simulate.memory import at_least
from hebbsym.simulate.nbody import NBodyNetwork
from hebbsym.simulate.runs import require_room
from hebbsym.simulate.synapses import SynapseNetwork
from hebbsym.simulate.universal import UniversalNetwork
from hebbsym.tables import bench_of
from hebbsym.theory.bounded.bench import SynapseBench
from hebbsym.theory.bounded.synapse import chain_of
from hebbsym.theory.nbody.bench import NBodyBench
from hebbsym.theory.nbody.moments import require_nbody
from hebbsym.theory.setting import Setting

Values = Mapping[sp.Symbol, sp.Expr]
Table = tuple[Fraction | float, ...]

MOST_RECALLED = 64
"""How many patterns of a memory that keeps them are recalled: its fields share their patterns anyway."""
_DIGITS = 20


def network_of(setting: Setting, at: Values, ages: tuple[int, ...] = ()) -> Memory:
    """The network that a setting stands for, in numbers.

    Parameters
    ----------
    setting : Setting
        Free of symbols, but for the sizes.
    at : mapping of symbol to exact number
        The sizes D, K and M, and the age where the threshold depends on it.
    ages : tuple of int
        The ages of the patterns that are recalled; all patterns together when there are none.

    Raises
    ------
    InvalidValue
        When a coefficient or the threshold has no real value there.

    Examples
    --------
    >>> from hebbsym.families.rules import ExpandedRule
    >>> hebb = Setting(ExpandedRule(2, {(1, 1): 1}))
    >>> network = network_of(hebb, {notation.D: sp.Integer(50), notation.K: sp.Integer(10)})
    >>> network.units, network.patterns, network.update
    (50, 10, {(1, 1): 1})
    """
    return NETWORKS.get(setting.rule.rule_class, expanded_network)(setting, at, ages)


def expanded_network(setting: Setting, at: Values, ages: tuple[int, ...] = ()) -> Network:
    """The network of an expanded rule, whatever the power of the weight in it.

    Parameters
    ----------
    setting, at, ages
        As for :func:`network_of`.

    Examples
    --------
    >>> from hebbsym.families.named import rule
    >>> sizes = {notation.D: sp.Integer(50), notation.K: sp.Integer(10)}
    >>> expanded_network(Setting(rule("decay(lam=1/4)")), sizes).on_weight
    {(0, 0, 1): Fraction(-1, 4)}
    """
    theta = _threshold(setting)
    if notation.age in theta.free_symbols:  # a claim about weights has no age, nor a use for theta
        at = {notation.age: sp.S.Zero, **at}
        ages = (int(at[notation.age]),)
    added, *on_weight = setting.rule.require_expanded().by_weight
    return Network(
        **_shared(setting, at, ages),
        update={pq: _number(c, at) for pq, c in added.items()},
        threshold=_number(theta, at),
        inhibition=setting.threshold.inhibits,
        on_weight={
            (*pq, k): _number(c, at)
            for k, part in enumerate(on_weight, 1)
            for pq, c in part.items()
        },
    )


def synapse_network(setting: Setting, at: Values, ages: tuple[int, ...] = ()) -> SynapseNetwork:
    """The network of a setting with a bounded rule.

    Parameters
    ----------
    setting, at, ages
        As for :func:`network_of`.

    Examples
    --------
    >>> from hebbsym.families.named import rule
    >>> sizes = {notation.D: sp.Integer(50), notation.K: sp.Integer(10)}
    >>> network = synapse_network(Setting(rule("clipped(bound=2)")), sizes, ages=(3,))
    >>> network.weights, network.start, network.ages
    ((-2, -1, 0, 1, 2), 2, (3,))
    """
    chain = chain_of(setting, int(at[notation.K]))
    theta = SynapseBench(setting).theta
    if notation.age in theta.free_symbols:
        ages = (int(at[notation.age]),)
    moves = {
        (u, v, k): [(to, _number(chain.expression(p), at)) for to, p in reached]
        for (u, v), step in chain.steps.items()
        for k, reached in step.items()
    }
    return SynapseNetwork(
        **_shared(setting, at, ages),
        weights=tuple(_number(chain.expression(w), at) for w in chain.weights),
        start=chain.start,
        moves={key: reached or [(key[2], 1)] for key, reached in moves.items()},
        threshold=_number(theta, at),
        share=_number(setting.threshold.share, at),
    )


def nbody_network(setting: Setting, at: Values, ages: tuple[int, ...] = ()) -> NBodyNetwork:
    """The network of a setting with an n-body rule.

    Parameters
    ----------
    setting, at, ages
        As for :func:`network_of`.

    Examples
    --------
    >>> from hebbsym.families.nbody import nbody_products
    >>> sizes = {notation.D: sp.Integer(50), notation.K: sp.Integer(10)}
    >>> nbody_network(Setting(nbody_products((3,))), sizes).coefficients
    {(3, 1, 2): 1}
    """
    rule = require_nbody(setting.rule)
    return NBodyNetwork(
        **_shared(setting, at, ages),
        coefficients={place: _number(c, at) for place, c in rule.terms.items()},
        threshold=_number(NBodyBench(setting).theta, at),
    )


def dense_network(setting: Setting, at: Values, ages: tuple[int, ...] = ()) -> DenseNetwork:
    """The network of a setting with a dense rule.

    Parameters
    ----------
    setting, at, ages
        As for :func:`network_of`; ages play no part, for such a memory does not forget.

    Examples
    --------
    >>> from hebbsym.families.dense import dense_rule
    >>> from hebbsym.families.separations import Power
    >>> sizes = {notation.D: sp.Integer(3), notation.K: sp.Integer(2)}
    >>> network = dense_network(Setting(dense_rule(Power(4), "gradient", "power")), sizes)
    >>> [str(value) for value in network.energy]  # overlaps of three signs are odd
    ['81/4', '0', '1/4', '0', '1/4', '0', '81/4']
    """
    rule = _dense(setting)
    units, patterns = int(at[notation.D]), int(at[notation.K])
    signs = all(value != 0 for value, _ in setting.cue.transitions(setting.post, sp.S.One))
    table, slope = _tables(rule, units, step=2 if signs else 1)
    return DenseNetwork(
        units=units,
        patterns=patterns,
        energy=table,
        law=setting.post,
        cue=setting.cue,
        slope=slope,
        inside=rule.coupled,
        probes=min(patterns, MOST_RECALLED),
    )


def universal_network(setting: Setting, at: Values, ages: tuple[int, ...] = ()) -> UniversalNetwork:
    """The network of a setting with the rule of a universal network.

    Parameters
    ----------
    setting, at, ages
        As for :func:`network_of`; ages play no part, for such a memory does not forget.

    Examples
    --------
    >>> from hebbsym.families.separators import Max
    >>> from hebbsym.families.similarities import Cosine
    >>> sizes = {notation.D: sp.Integer(50), notation.K: sp.Integer(100)}
    >>> network = universal_network(Setting(UniversalRule(Cosine(), Max())), sizes)
    >>> network.units, network.probes
    (50, 64)
    """
    rule = setting.rule
    assert isinstance(rule, UniversalRule)
    return UniversalNetwork(
        **_shared(setting, at, ()),
        similarity=rule.similarity,
        separator=rule.separator,
        probes=min(int(at[notation.K]), MOST_RECALLED),
    )


def landscape(setting: Setting, units: int) -> Landscape:
    """The energy and the update of a setting with a dense rule.

    Parameters
    ----------
    setting : Setting
        Free of symbols; its cue plays no part.
    units : int

    Examples
    --------
    >>> from hebbsym.families.dense import dense_rule
    >>> from hebbsym.families.separations import Power
    >>> made = landscape(Setting(dense_rule(Power(3), "gradient", "power")), 2)
    >>> [int(v) for v in made.agree[2:5:2]]  # (m - 1)^2 at the overlaps m = 0 and 2
    [1, 1]
    """
    rule = _dense(setting)
    at_least("D", units, 1)
    rule.require_units(units)
    if rule.free_symbols:
        raise InvalidValue(
            f"{min(map(str, rule.free_symbols))} has no value: descent is run on numbers"
        )
    rate = rule.separation.rate
    if rate is not None:
        return Landscape.exponential(units, float(rate), rule.coupled)
    return Landscape.of(*_tables(rule, units), rule.coupled)


def _dense(setting: Setting) -> DenseRule:
    assert isinstance(setting.rule, DenseRule)
    return setting.rule


def _tables(rule: DenseRule, units: int, step: int = 2) -> tuple[Table, Table | None]:
    """F at the overlaps -D, ..., D, and its slope where the update follows it.

    The overlaps of signs differ by 2; where others lie between them, F need have no value and the entry is 0.
    """
    energy = rule.separation.energy.xreplace({notation.D: sp.Integer(units)})
    table = _table(energy, units, range(-units, units + 1, step))
    if rule.step.by_energy:
        return table, None
    if rule.separation.sees_itself:
        first = -units if rule.coupled or step == 1 else 1 - units
        return table, _table(sp.diff(energy, notation.m), units, range(first, 1 - first, step))
    # linear in sigma_i: half the difference of the energies
    inner = [(b - a) / 2 for a, b in zip(table[:-2], table[2:], strict=True)]
    return table, (Fraction(0), *inner, Fraction(0))


def _table(function: sp.Expr, units: int, overlaps: range) -> Table:
    """The function at the overlaps -D, ..., D, and 0 where it is not asked: fractions where it is rational."""
    made: list[Fraction | float] = [Fraction(0)] * (2 * units + 1)
    polynomial = _rational(function)
    if polynomial is not None:
        for overlap in overlaps:
            made[overlap + units] = reduce(lambda found, c: found * overlap + c, polynomial)
        return tuple(made)
    for overlap in sorted(overlaps, key=abs, reverse=True):  # what is too large is so at the ends
        value = function.subs(notation.m, sp.Integer(overlap))
        if value.is_Rational:
            made[overlap + units] = Fraction(int(value.p), int(value.q))
            continue
        number = evaluate(value, {}, _DIGITS)
        if abs(number) > 1e300:
            raise SizeLimit(
                f"F is above 1e300 at the overlap {overlap}: take a smaller D or beta to simulate it"
            )
        made[overlap + units] = float(number)
    return tuple(made)


def _rational(function: sp.Expr) -> list[Fraction] | None:
    """The coefficients of a polynomial in m, the highest first, where they are rational."""
    if not function.is_polynomial(notation.m):
        return None
    found = sp.Poly(function, notation.m).all_coeffs()
    if not all(c.is_Rational for c in found):
        return None
    return [Fraction(int(c.p), int(c.q)) for c in found]


NETWORKS: Mapping[RuleClass, Callable[[Setting, Values, tuple[int, ...]], Memory]] = {
    RuleClass.BOUNDED: synapse_network,
    RuleClass.DENSE: dense_network,
    RuleClass.MANY_BODY: nbody_network,
    RuleClass.UNIVERSAL: universal_network,
}
"""What makes the network of a setting, by the class of its rule; expanded rules are left out."""


DEMANDS: Mapping[RuleClass, Callable[[int, int], int]] = {
    RuleClass.DENSE: lambda units, patterns: demanded(
        units, patterns, min(patterns, MOST_RECALLED)
    ),
}
"""The bytes that a network of D and K needs, where that is known before it is made."""


def require_sizes(setting: Setting, at: Values, memory: int) -> None:
    """Refuse sizes past ``memory`` bytes before a network of them is made, if its class can say so.

    Examples
    --------
    >>> from hebbsym.families.dense import dense_rule
    >>> from hebbsym.families.separations import Power
    >>> sizes = {notation.D: sp.Integer(20), notation.K: sp.Integer(9)}
    >>> require_sizes(Setting(dense_rule(Power(3), "gradient", "power")), sizes, 2**20)
    """
    sizes = [at[s] for s in (notation.D, notation.K) if s in at and at[s].is_Integer]
    if setting.rule.rule_class in DEMANDS and len(sizes) == 2:
        units, patterns = map(int, sizes)
        require_room(units, patterns, DEMANDS[setting.rule.rule_class](units, patterns), memory)


def _shared(setting: Setting, at: Values, ages: tuple[int, ...]) -> dict[str, Any]:
    """What every memory with synapses has: sizes, patterns, cue, and the ages that are recalled."""
    return {
        "units": int(at[notation.D]),
        "patterns": int(at[notation.K]),
        "law": setting.post,
        "cue": setting.cue,
        "address": None if setting.auto else setting.pre,
        "outputs": None if setting.auto else int(at[notation.M]),
        "ages": ages or None,
    }


@lru_cache(maxsize=32)
def _threshold(setting: Setting) -> sp.Expr:
    """Theta as an expression in the sizes, from the laws of the field where it depends on them."""
    if setting.threshold.depends_on_load:
        return bench_of(setting).theta
    unused = FieldLaw(sp.S.Zero, sp.S.One, sp.S.Half)
    return setting.threshold.value(unused, unused)


def _number(expression: sp.Expr, at: Values) -> Fraction | int | float:
    """A whole number or a fraction where the value is rational, so that ties are seen; else a float."""
    exact = expression.xreplace(dict(at))
    if exact.is_Integer:
        return int(exact)
    if exact.is_Rational:
        return Fraction(int(exact.p), int(exact.q))
    return float(evaluate(expression, at, _DIGITS))
