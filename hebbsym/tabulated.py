"""From a setting with a dense rule to the network that a simulation runs: tables of F and of its slope.

Main names
----------
dense_network
    The network of a setting at sizes, in numbers.
landscape
    The energy and the update of a setting, for descent to a fixed point.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import sympy as sp

from hebbsym import notation
from hebbsym.errors import InvalidValue, SizeLimit
from hebbsym.families.dense import DenseRule
from hebbsym.numeric import evaluate
from hebbsym.simulate.dense import DenseNetwork
from hebbsym.simulate.lowering import Landscape
from hebbsym.simulate.memory import at_least
from hebbsym.theory.setting import Setting

Values = Mapping[sp.Symbol, sp.Expr]
Table = tuple[Fraction | float, ...]

MOST_RECALLED = 64
"""How many of a network's patterns are recalled: its fields share their patterns anyway."""
_DIGITS = 20


def dense_network(setting: Setting, at: Values, ages: tuple[int, ...] = ()) -> DenseNetwork:
    """The network of a setting with a dense rule.

    Parameters
    ----------
    setting : Setting
        Free of symbols, but for the sizes.
    at : mapping of symbol to exact number
        The sizes D and K.
    ages : tuple of int
        Not used: a dense memory does not forget.

    Examples
    --------
    >>> from hebbsym.families.dense import dense_rule
    >>> from hebbsym.families.separations import Power
    >>> sizes = {notation.D: sp.Integer(3), notation.K: sp.Integer(2)}
    >>> network = dense_network(Setting(dense_rule(Power(4), "gradient", "power")), sizes)
    >>> [str(value) for value in network.energy]
    ['81/4', '4', '1/4', '0', '1/4', '4', '81/4']
    """
    rule = _rule(setting)
    units, patterns = int(at[notation.D]), int(at[notation.K])
    table, slope = _tables(rule, units)
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
    >>> [int(v) for v in made.agree[1:5]]  # (m - 1)^2 for m = -1 .. 2, which occur at m = 0 and 2
    [4, 1, 0, 1]
    """
    rule = _rule(setting)
    at_least("D", units, 1)
    if rule.free_symbols:
        raise InvalidValue(
            f"{min(map(str, rule.free_symbols))} has no value: descent is run on numbers"
        )
    rate = rule.separation.rate
    if rate is not None:
        return Landscape.exponential(units, float(rate), rule.coupled)
    return Landscape.of(*_tables(rule, units), rule.coupled)


def _rule(setting: Setting) -> DenseRule:
    assert isinstance(setting.rule, DenseRule)
    return setting.rule


def _tables(rule: DenseRule, units: int) -> tuple[Table, Table | None]:
    """F at the overlaps -D, ..., D, and its slope where the update follows it."""
    energy = rule.separation.energy.xreplace({notation.D: sp.Integer(units)})
    table = _table(energy, units)
    if rule.step.by_energy:
        return table, None
    if rule.separation.sees_itself:
        return table, _table(sp.diff(energy, notation.m), units)
    # linear in sigma_i: half the difference of the energies
    inner = [(b - a) / 2 for a, b in zip(table[:-2], table[2:], strict=True)]
    return table, (Fraction(0), *inner, Fraction(0))


def _table(function: sp.Expr, units: int) -> Table:
    """The function at the overlaps -D, ..., D: fractions where it is rational."""
    made: list[Fraction | float] = []
    for overlap in range(-units, units + 1):
        value = function.subs(notation.m, sp.Integer(overlap))
        if value.is_Rational:
            made.append(Fraction(int(value.p), int(value.q)))
            continue
        number = evaluate(value, {}, _DIGITS)
        if abs(number) > 1e300:
            raise SizeLimit(
                f"F is above 1e300 at the overlap {overlap}: take a smaller D or beta to simulate it"
            )
        made.append(float(number))
    return tuple(made)
