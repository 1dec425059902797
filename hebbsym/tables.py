"""What can be derived, by the class of the rule: the quantities of every room, in one table.

Main names
----------
TABLES
    By the class of the rule: what is derived once for a setting, and the quantities.
table, bench_of, quantities
    The table, the bench and the quantities of a setting.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hebbsym import notation
from hebbsym.capacity import asymptotics, claims, forgetting, information, palimpsest
from hebbsym.capacity import dense as dense_capacities
from hebbsym.capacity import nbody as nbody_capacity
from hebbsym.capacity import storage as dense_storage
from hebbsym.capacity import universal as universal_capacities
from hebbsym.errors import OutsideClass
from hebbsym.families.rules import ExpandedRule, RuleClass
from hebbsym.families.universal import UniversalRule
from hebbsym.registry import Registry
from hebbsym.theory import (
    bits,
    coefficients,
    dynamics,
    edgeworth,
    exact_errors,
    nonlinear,
    settling,
    signals,
    traces,
    weights,
)
from hebbsym.theory.ages import bits as aged_bits
from hebbsym.theory.ages import claims as aged_claims
from hebbsym.theory.ages import weights as aged_weights
from hebbsym.theory.ages.bench import AgedBench
from hebbsym.theory.bounded import errors as bounded_errors
from hebbsym.theory.bounded import field as bounded_field
from hebbsym.theory.bounded import spans as bounded_spans
from hebbsym.theory.bounded import weights as bounded_weights
from hebbsym.theory.bounded.bench import SynapseBench
from hebbsym.theory.dense import claims as dense_claims
from hebbsym.theory.dense import errors as dense_errors
from hebbsym.theory.dense import temperature as dense_temperature
from hebbsym.theory.dense.bench import DenseBench
from hebbsym.theory.fields import on_alphabet
from hebbsym.theory.nbody import claims as nbody_claims
from hebbsym.theory.nbody import errors as nbody_errors
from hebbsym.theory.nbody.bench import NBodyBench
from hebbsym.theory.ratebench import RateBench
from hebbsym.theory.setting import Setting
from hebbsym.theory.universal import claims as universal_claims
from hebbsym.theory.universal import nearest
from hebbsym.theory.universal.bench import UniversalBench
from hebbsym.theory.workbench import Bench, Quantity, Table, Workbench

_ADDITIVE: dict[str, Quantity[Workbench]] = {
    **weights.QUANTITIES,
    **dynamics.QUANTITIES,
    **signals.QUANTITIES,
    **bits.QUANTITIES,
    **edgeworth.QUANTITIES,
    **exact_errors.QUANTITIES,
    **claims.QUANTITIES,
    **information.QUANTITIES,
    **asymptotics.QUANTITIES,
    **coefficients.QUANTITIES,
}

_POLYNOMIAL: dict[str, Quantity[RateBench]] = {
    **settling.QUANTITIES,
    **traces.QUANTITIES,
    **nonlinear.QUANTITIES,
}


_BOUNDED: dict[str, Quantity[SynapseBench]] = {
    **bounded_weights.QUANTITIES,
    **bounded_field.QUANTITIES,
    **bounded_spans.QUANTITIES,
    **bounded_errors.QUANTITIES,
}


def _admitted(quantity: Quantity[DenseBench]) -> Quantity[DenseBench]:
    """The quantity with what D must meet for F to be known at all overlaps."""
    return replace(quantity, build=lambda bench: bench.admitted(quantity.build(bench)))


_DENSE: dict[str, Quantity[DenseBench]] = {
    name: _admitted(quantity)
    for name, quantity in {
        **dense_claims.QUANTITIES,
        **dense_errors.QUANTITIES,
        **dense_temperature.QUANTITIES,
        **dense_capacities.QUANTITIES,
        **dense_storage.QUANTITIES,
    }.items()
}


def _additive(setting: Setting) -> dict[str, Quantity[Workbench]]:
    """The quantities of an additive rule: the fixed ones, and a price for each coefficient."""
    order = max(setting.rule.require_additive().order, 2)
    prices = {
        f"price:{notation.coefficient_name(*pq)}": coefficients.price(pq)
        for pq in on_alphabet(setting.with_rule(ExpandedRule(order))).terms
    }
    return {**_ADDITIVE, **prices}


_AFFINE: dict[str, Quantity[AgedBench]] = {
    **aged_weights.QUANTITIES,
    **aged_claims.QUANTITIES,
    **aged_bits.QUANTITIES,
    **palimpsest.QUANTITIES,
    **forgetting.QUANTITIES,
}

_MANY_BODY: dict[str, Quantity[NBodyBench]] = {
    **nbody_claims.QUANTITIES,
    **nbody_errors.QUANTITIES,
    **nbody_capacity.QUANTITIES,
}

_UNIVERSAL: dict[str, Quantity[UniversalBench]] = {
    **universal_claims.QUANTITIES,
    **universal_capacities.QUANTITIES,
}

_NEAREST: dict[str, Quantity[nearest.NearestBench]] = {
    **nearest.QUANTITIES,
    **universal_capacities.NEAREST,
}


def _competes(setting: Setting) -> bool:
    """Whether one pattern is taken, so that the field is no sum over patterns."""
    assert isinstance(setting.rule, UniversalRule)
    return setting.rule.separator.competitive


TABLES: Mapping[RuleClass, Table[Any]] = {
    RuleClass.ADDITIVE: Table(Workbench, _additive),
    RuleClass.AFFINE: Table(AgedBench, lambda setting: _AFFINE),
    RuleClass.POLYNOMIAL: Table(RateBench, lambda setting: _POLYNOMIAL),
    RuleClass.BOUNDED: Table(SynapseBench, lambda setting: _BOUNDED),
    RuleClass.DENSE: Table(DenseBench, lambda setting: _DENSE),
    RuleClass.MANY_BODY: Table(NBodyBench, lambda setting: _MANY_BODY),
    RuleClass.UNIVERSAL: Table[Any](
        lambda setting: (nearest.NearestBench if _competes(setting) else UniversalBench)(setting),
        lambda setting: _NEAREST if _competes(setting) else _UNIVERSAL,
    ),
}
"""What can be derived, by the class of the rule."""


def table(setting: Setting) -> Table[Any]:
    """What can be asked of the class of a setting's rule.

    Raises
    ------
    OutsideClass
        When nothing is derived for the class.

    Examples
    --------
    >>> table(Setting(ExpandedRule())).bench.__name__
    'Workbench'
    """
    rule = setting.rule
    if rule.rule_class not in TABLES:
        raise OutsideClass(
            f"rule {rule.name!r} is {rule.rule_class.value}: its moments do not close, neither exactly nor "
            "at any order in the rate; expand its update in powers of w first"
        )
    return TABLES[rule.rule_class]


def bench_of(setting: Setting) -> Bench:
    """What is derived once for a setting, by the class of its rule.

    Examples
    --------
    >>> type(bench_of(Setting(ExpandedRule()))).__name__
    'Workbench'
    """
    made: Bench = table(setting).bench(setting)
    return made


def quantities(setting: Setting) -> Registry[Quantity[Any]]:
    """All quantities that can be asked for in a setting, by name.

    Examples
    --------
    >>> "price:c_2_corr" in quantities(Setting(ExpandedRule()))
    True
    """
    found: Registry[Quantity[Any]] = Registry("quantity")
    for name, quantity in table(setting).quantities(setting).items():
        found.add(name, quantity)
    return found
