r"""What is computed for each rule of a sweep: one entry for each column.

Main names
----------
Column
    The contract: what it is, its regime, and how it is computed under a condition.
columns_of
    The columns that a space can have, by name.

Conventions
-----------
A column bears the name of the claim that it evaluates. ``snr`` and ``capacity:snr`` are exact. Errors and the other
capacities are of leading order: given what the unit stored in other patterns the field is Gaussian, and ``bit_error`` is
the average over that (:mod:`hebbsym.exploration.mixtures`). Where ``gaussian`` is 1 it tends to ``bit_error:gaussian``,
which is not a number elsewhere. A capacity is 0 where not even one pattern is stored, and infinite where the noise
does not grow with K. A column that does not exist under a condition is empty there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import sympy as sp

from hebbsym import numeric
from hebbsym.capacity.criteria import Load, criteria
from hebbsym.claim import Regime
from hebbsym.errors import NotDerivable
from hebbsym.exploration.forms import Forms, Parts, basis_of, numbers
from hebbsym.exploration.mixtures import Mixture, histories
from hebbsym.exploration.ranking import borne
from hebbsym.exploration.space import Demand, Space
from hebbsym.families.rules import ExpandedRule
from hebbsym.families.thresholds import FieldLaw
from hebbsym.notation import D, K, coefficient_name, tail
from hebbsym.registry import Registry
from hebbsym.theory.mixture import distance, has_gaussian_limit
from hebbsym.theory.setting import Setting
from hebbsym.theory.workbench import Workbench

if TYPE_CHECKING:
    from numpy.typing import NDArray

Array: TypeAlias = "NDArray[Any]"
Evaluate: TypeAlias = Callable[[Array], Array]
"""From reduced coefficients, shape (basis, rules), to one double for each rule."""

_LOW, _HIGH = sp.symbols("M_- M_+", real=True)
_BELOW, _ABOVE = sp.symbols("V_- V_+", positive=True)
_LAWS = (_LOW, _HIGH, _BELOW, _ABOVE)
_BIT = sp.Symbol("p", positive=True)
_NOTHING = 1e-9
"""A form that is smaller than this share of its terms' sizes vanishes on the rule."""


@dataclass(frozen=True)
class Column:
    """One column of a sweep.

    Parameters
    ----------
    name, title : str
    regime : Regime
        That of the claim behind it.
    build : callable
        ``build(here)``: how it is computed under a condition, from the forms of an additive space or
        the claims of an affine one; raises NotDerivable where it does not exist.
    by_default : bool
        Whether it is computed when no columns are named.
    sense : int
        1 where a large value is good, -1 where a small one is.

    Examples
    --------
    >>> from hebbsym.exploration.space import Space, finite
    >>> columns_of(Space({"c_2_corr": finite((1,))}))["snr"].regime.name
    'EXACT'
    """

    name: str
    title: str
    regime: Regime
    build: Callable[[Any], Evaluate]
    by_default: bool = True
    sense: int = 1


def columns_of(space: Space) -> Registry[Column]:
    """The columns that a space can have, by name.

    For additive rules: those of every rule, a capacity for each criterion, a robustness for each criterion by the
    ratio, and a price for each coefficient of the reduced rules. For rules affine in the weight: see :mod:`hebbsym.exploration.affine`.

    Examples
    --------
    >>> from hebbsym.exploration.space import Space, finite
    >>> space = Space({"c_2_corr": finite((1,))}, criteria=("bit",))
    >>> [name for name, column in columns_of(space).items() if column.by_default]
    ['snr', 'exponent', 'energy', 'drift', 'gaussian', 'bit_error:gaussian', 'capacity:bit']
    """
    if space.affine:
        from hebbsym.exploration.affine import affine_columns

        return affine_columns(space)
    found: Registry[Column] = Registry("column")
    for column in _FIXED:
        found.add(column.name, column)
    for level, demand in space.levels.items():
        name = f"capacity:{level}"
        found.add(name, _capacity_column(name, demand))
    for name, z in robust_levels(space).items():
        title = f"largest share of flipped entries of a cue at which the signal-to-noise ratio is {z**2}"
        found.add(name, Column(name, title, Regime.EXACT, partial(_robustness, z), False))
    for condition in space.conditions:
        for pq in basis_of(space, condition):
            name = f"price:{coefficient_name(*pq)}"
            if name not in found:
                title = f"price of {name[6:]} in the reduced rule: d ln K_max / d {name[6:]}"
                found.add(name, Column(name, title, Regime.EXACT, partial(_price, name), False))
    return found


# ---- signal and noise -------------------------------------------------------------------------


def snr_of(here: Forms) -> Evaluate:
    """The signal-to-noise ratio of additive rules."""
    from hebbsym.exploration import loops

    loop = loops.ratio(len(here.basis))
    signal, noise = here.at_load(here.gap)[0], here.at_load(here.noise)

    def values(reduced: Array) -> Array:
        found = np.empty(reduced.shape[1])
        loop(reduced, signal, noise, found)
        return found

    return values


def _linear(forms_: Array) -> Evaluate:
    """Several linear forms of the rules: (forms, rules)."""
    from hebbsym.exploration import loops

    loop = loops.linear(forms_.shape[1])

    def values(reduced: Array) -> Array:
        found = np.empty((len(forms_), reduced.shape[1]))
        loop(reduced, forms_, found)
        return found

    return values


def _quadratic(forms_: Array) -> Evaluate:
    """Several quadratic forms of the rules: (forms, rules)."""
    from hebbsym.exploration import loops

    loop = loops.quadratic(forms_.shape[1])

    def values(reduced: Array) -> Array:
        found = np.empty((len(forms_), reduced.shape[1]))
        loop(reduced, forms_, found)
        return found

    return values


def _orientation(here: Forms) -> Evaluate:
    gap = _linear(here.at_load(here.gap))
    return lambda reduced: np.sign(gap(reduced)[0])


def _drift(here: Forms) -> Evaluate:
    place = here.basis.index((0, 0))
    return lambda reduced: reduced[place].copy()


def _post_part(here: Forms) -> Evaluate:
    """Which rules have a part of the postsynaptic unit alone: centred powers (p, 0)."""
    places = [n for n, (p, q) in enumerate(here.basis) if p and not q]
    return lambda reduced: np.any(reduced[places] != 0, axis=0)


def _gaussian(here: Forms) -> Evaluate:
    here.require_two_values()
    post, drift = _post_part(here), _drift(here)
    only = ExpandedRule(0, {(0, 0): sp.Symbol("A", real=True)})
    harmless = has_gaussian_limit(Workbench(here.condition.setting(only)))

    def values(reduced: Array) -> Array:
        limit = ~post(reduced)
        return np.asarray(limit if harmless else limit & (drift(reduced) == 0), dtype=float)

    return values


# ---- errors -----------------------------------------------------------------------------------


def _laws(setting: Setting) -> tuple[FieldLaw, FieldLaw]:
    """The laws of the field, in symbols."""
    (_, rest), (_, share) = setting.post.alphabet
    return FieldLaw(_LOW, _BELOW, rest), FieldLaw(_HIGH, _ABOVE, share)


def _whole(setting: Setting) -> sp.Expr:
    """The probability that a bit is wrong, for a Gaussian field."""
    low, high = laws = _laws(setting)
    theta = setting.threshold.value(low, high)
    return sum(
        law.probability * tail(distance(law.mean, law.variance, theta, number == 1))
        for number, law in enumerate(laws)
    )


def _mixture(here: Forms) -> Mixture:
    """The errors averaged over the history; theta lies in the middle where there is no noise to follow."""
    from hebbsym.exploration import loops

    here.require_two_values()
    theta, follows = here.setting.threshold.value(*_laws(here.setting)), False
    if here.setting.threshold.depends_on_load:
        theta, follows = (
            sp.Piecewise(((_LOW + _HIGH) / 2, _BELOW + _ABOVE <= 0), (theta, True)),
            True,
        )
    return Mixture(histories(here), loops.formula_loop(_LAWS, theta), follows)


def whole_error(setting: Setting) -> Evaluate:
    """The error of a bit from M-, M+, V-, V+ of each rule, shape (4, rules); the field is Gaussian."""
    from hebbsym.exploration import loops

    loop = loops.formula_loop(_LAWS, _whole(setting))

    def values(laws: Array) -> Array:
        found = np.empty(laws.shape[1])
        loop(np.concatenate([laws[:2], np.maximum(laws[2:], 0)]), found)
        return found

    return values


def law_values(here: Forms) -> Evaluate:
    """M-, M+, V-, V+ of each additive rule, shape (4, rules)."""
    means = _linear(np.concatenate([here.at_load(parts) for parts in here.means]))
    variances = _quadratic(np.stack([here.at_load(parts) for parts in here.variances]))
    return lambda reduced: np.concatenate([means(reduced), variances(reduced)])


def _error(side: int | None, here: Forms) -> Evaluate:
    mixture, load = _mixture(here), float(here.others)
    return lambda reduced: mixture.error(reduced, np.full(reduced.shape[1], load), side)


def _gaussian_error(here: Forms) -> Evaluate:
    """Not a number where another law is the limit: the claim does not exist there."""
    limit, laws, whole = _gaussian(here), law_values(here), whole_error(here.setting)
    return lambda reduced: np.where(limit(reduced) == 1, whole(laws(reduced)), np.nan)


# ---- capacity ---------------------------------------------------------------------------------


def _capacity_column(name: str, demand: Demand) -> Column:
    if demand.criterion not in criteria:
        title = f"number of patterns at which the signal-to-noise ratio is {demand.level**2}"
        return Column(name, title, Regime.EXACT, partial(_at_ratio, demand.level**2, False))
    criterion = criteria[demand.criterion]
    title = f"{criterion.statement}, epsilon = {demand.level}"
    return Column(name, title, Regime.LEADING_ORDER, partial(_by_criterion, demand))


def _by_criterion(demand: Demand, here: Forms) -> Evaluate:
    """As the claim has it: by Q(sqrt(rho)) where that is the limiting error of both values, else by the mixture.

    A ratio gives a closed form, but for a criterion that depends on K; an error that is no average over the
    history, the root of an equation; the mixture, a last whole number of patterns.
    """
    here.require_two_values()
    ratio = criteria[demand.criterion].ratio(demand.level, sp.Integer(here.units))
    by_ratio = here.setting.threshold.balances and ratio is not None
    plain = _at_ratio(ratio, True, here) if by_ratio else _at_failure(demand, here)
    mixture, one = _mixture(here), _one_error(here)
    within = _within(demand, here)

    def values(reduced: Array) -> Array:
        found = plain(reduced)
        mixed = np.flatnonzero(mixture.laws.matter(reduced) & ~one(reduced))
        if len(mixed):
            found[mixed] = mixture.capacity(np.ascontiguousarray(reduced[:, mixed]), within)
        return found

    return values


def _within(demand: Demand, here: Forms) -> Callable[[Array, Array], Array]:
    """Whether errors of bits meet a criterion at numbers of other patterns."""
    from hebbsym.exploration import loops

    failure = loops.formula_loop((_BIT, D, K), criteria[demand.criterion].failure(_BIT, D, K))
    units, bound = float(here.units), float(demand.level)

    def values(errors: Array, k: Array) -> Array:
        found = np.empty(len(k))
        failure(np.stack([errors, np.full(len(k), units), k + 1]), found)
        return np.asarray(found <= bound)

    return values


def _one_error(here: Forms) -> Evaluate:
    """Where a claim takes Q(sqrt(rho)) for both errors: a Gaussian limit, and errors that are equal at every load."""
    limit = _gaussian(here)
    if here.setting.threshold.balances:
        return lambda reduced: limit(reduced) == 1
    from hebbsym.exploration import loops

    theta = loops.formula_loop(_LAWS, here.setting.threshold.value(*_laws(here.setting)))
    moments = _moments_by_load(here)

    def values(reduced: Array) -> Array:
        means, variances = moments(reduced)
        same = np.all(_same(*variances), axis=0)
        for load in (here.others, 2 * here.others + 1):  # means are linear in the load
            powers = np.array([1.0, load, load**2])[:, None]
            (low, high), (below, above) = (
                (part * powers).sum(axis=1) for part in (means, variances)
            )
            found = np.empty(reduced.shape[1])
            theta(np.stack([low, high, below, above]), found)
            same &= np.abs(low + high - 2 * found) <= _NOTHING * (np.abs(low) + np.abs(high))
        return np.asarray(same & (limit(reduced) == 1))

    return values


def _moments_by_load(here: Forms) -> Callable[[Array], tuple[Array, Array]]:
    """Means and variances by powers of k, each (2, 3, rules)."""
    means = _linear(np.concatenate([here.by_load(parts)[:, 0] for parts in here.means]))
    variances = _quadratic(np.concatenate([here.by_load(parts) for parts in here.variances]))

    def values(reduced: Array) -> tuple[Array, Array]:
        shape = (2, 3, reduced.shape[1])
        return means(reduced).reshape(shape), variances(reduced).reshape(shape)

    return values


def _at_ratio(ratio: sp.Expr, upright: bool, here: Forms) -> Evaluate:
    from hebbsym.exploration import loops

    parts = sp.symbols("G_0:3 N_0:3 r", real=True)
    formula = Load(parts[:3], parts[3:6]).at_ratio(parts[6])
    loop = loops.load_loop(loops.scalar(parts, formula))
    gaps = _linear(here.by_load(here.gap)[:, 0])
    noises = _quadratic(here.by_load(here.noise))
    level = float(numeric.evaluate(ratio))

    def values(reduced: Array) -> Array:
        found = np.empty(reduced.shape[1])
        loop(gaps(reduced), noises(reduced), level, upright, found)
        return found

    return values


def _at_failure(demand: Demand, here: Forms) -> Evaluate:
    from hebbsym.exploration import loops

    balanced = tail((_HIGH - _LOW) / sp.sqrt(2 * (_BELOW + _ABOVE)))  # Q(sqrt(rho))
    error = balanced if here.setting.threshold.balances else _whole(here.setting)
    failure = criteria[demand.criterion].failure(_BIT, D, K)
    loop = loops.root_loop(loops.scalar(_LAWS, error), loops.scalar((_BIT, D, K), failure))
    moments = _moments_by_load(here)
    units, bound = float(here.units), float(demand.level)

    def values(reduced: Array) -> Array:
        found = np.empty(reduced.shape[1])
        loop(*moments(reduced), units, bound, found)
        return found

    return values


def _exponent(here: Forms) -> Evaluate:
    """e of K_max ~ D^e: 1, 1/2 or 0, the one for which signal and noise are of the same order."""
    signal = [_degrees(here.gap, load, False) for load in (0, 1)]
    noise = [_degrees(here.noise, load, True) for load in (0, 1, 2)]

    def values(reduced: Array) -> Array:
        first, second = signal[0](reduced), signal[1](reduced)
        top = (2 * first, first + second, 2 * second)
        bottom = tuple(degree(reduced) for degree in noise)
        found = np.full(reduced.shape[1], np.inf)
        for exponent in (0.0, 0.5, 1.0):
            orders = [
                np.maximum.reduce([part + exponent * m for m, part in enumerate(parts)])
                for parts in (top, bottom)
            ]
            found = np.where(orders[0] == orders[1], exponent, found)
        return np.where(np.isneginf(np.maximum.reduce(top)), np.nan, found)

    return values


def _degrees(parts: Parts, load: int, square: bool) -> Evaluate:
    """The degree in D of what multiplies a power of k, on each rule; minus infinity where it vanishes."""
    both = _quadratic if square else _linear
    by_degree = {degree: numbers(part) for (power, degree), part in parts.items() if power == load}
    forms_ = {
        degree: (both(rows), both(np.abs(rows)))
        for degree, part in by_degree.items()
        for rows in [part[None] if square else part]
    }

    def values(reduced: Array) -> Array:
        found = np.full(reduced.shape[1], -np.inf)
        for degree, (form, sizes) in forms_.items():
            there = np.abs(form(reduced)[0]) > _NOTHING * sizes(np.abs(reduced))[0]
            found = np.where(there, np.maximum(found, degree), found)
        return found

    return values


# ---- energy, optimum, prices ------------------------------------------------------------------


def _energy(here: Forms) -> Evaluate:
    """1 where an energy exists: symmetric weights, or a rule in one activity that keeps one sign."""
    here.theory["energy"]  # raises with the reason where there is none for any rule
    place = {pq: n for n, pq in enumerate(here.basis)}
    swapped = [place[q, p] for p, q in here.basis]
    plain = numbers(here.plain)

    def values(reduced: Array) -> Array:
        symmetric = np.all(_same(reduced, reduced[swapped]), axis=0)
        sides = _in_plain(plain, reduced)
        found = symmetric
        for side in (0, 1):  # the rule depends on the post-, or on the presynaptic unit alone
            alone = [n for n, pq in enumerate(here.basis) if pq[1 - side] == 0]
            rest = [n for n in range(len(here.basis)) if n not in alone]
            powers = [here.basis[n][side] for n in alone]
            steps = [
                sum(float(v) ** p * sides[n] for p, n in zip(powers, alone, strict=True))
                for v, _ in here.setting.post.alphabet
            ]
            if steps:
                size = np.max(np.abs(steps), axis=0)
                one_sign = np.min(steps, axis=0) * np.max(steps, axis=0) >= -_NOTHING * size**2
                found = found | (one_sign & np.all(sides[rest] == 0, axis=0))
        return np.asarray(found, dtype=float)

    return values


def _in_plain(plain: Array, reduced: Array) -> Array:
    """Plain reduced coefficients of centred ones, rounding taken for zero."""
    from hebbsym.exploration import loops

    found = np.empty_like(reduced)
    loops.reduction(*plain.shape)(reduced, plain, found)
    return found


def _same(first: Array, second: Array) -> Array:
    sizes = np.abs(first) + np.abs(second)
    return np.asarray(np.abs(first - second) <= _NOTHING * sizes)


def _efficiency(here: Forms) -> Evaluate:
    sizes = dict(here.condition.size.values)
    formula = here.theory["optimal_snr"].formula.xreplace(sizes)
    if formula.has(sp.zoo, sp.nan):
        raise NotDerivable(f"at K = {sizes[K]} some rule has no noise, and the best ratio no bound")
    best = float(numeric.evaluate(formula))
    snr = snr_of(here)
    return lambda reduced: snr(reduced) / best


def _distance(here: Forms) -> Evaluate:
    """The sine of the angle between c and c* in the inner product N: sqrt(1 - rho/rho*)."""
    efficiency = _efficiency(here)
    return lambda reduced: np.sqrt(np.maximum(1 - efficiency(reduced), 0))


def _price(name: str, here: Forms) -> Evaluate:
    from hebbsym.exploration import loops

    formula = here.theory[name].formula.xreplace(dict(here.condition.size.values))
    loop = loops.formula_loop(here.symbols, formula)
    plain = numbers(here.plain)

    def values(reduced: Array) -> Array:
        found = np.empty(reduced.shape[1])
        loop(_in_plain(plain, reduced), found)
        return found

    return values


def robust_levels(space: Space) -> dict[str, sp.Expr]:
    """The names of the columns of robustness, each with its z: that of the criteria by the ratio, or 1 without any.

    Examples
    --------
    >>> from hebbsym.exploration.space import Space, finite
    >>> robust_levels(Space({"c_2_corr": finite((1,))}, criteria=("snr(z=2)", "snr(z=3)", "bit")))
    {'robustness(z=2)': 2, 'robustness(z=3)': 3}
    """
    levels = {
        "robustness" + level.removeprefix(demand.criterion): demand.level
        for level, demand in space.levels.items()
        if demand.criterion not in criteria
    }
    return levels or {"robustness": sp.S.One}


def _robustness(level: sp.Expr, here: Forms) -> Evaluate:
    shares = borne(here.setting, here.symbols, here.condition.size.values, float(level**2))
    plain = numbers(here.plain)
    return lambda reduced: shares(*_in_plain(plain, reduced))


_FIXED = (
    Column("snr", "signal-to-noise ratio", Regime.EXACT, snr_of),
    Column("exponent", "e of K_max ~ D^e as D grows", Regime.EXACT, _exponent),
    Column("energy", "1 where the asynchronous dynamics has an energy", Regime.EXACT, _energy),
    Column("drift", "mean increment of a weight", Regime.EXACT, _drift),
    Column("gaussian", "1 where the Gaussian error is the limiting one", Regime.EXACT, _gaussian),
    Column(
        "bit_error:gaussian",
        "probability that a bit is wrong, for a Gaussian field",
        Regime.LEADING_ORDER,
        _gaussian_error,
        sense=-1,
    ),
    Column(
        "bit_error",
        "probability that a bit is wrong, averaged over what the unit itself stored",
        Regime.LEADING_ORDER,
        partial(_error, None),
        False,  # a hundred times slower than all default columns together
        -1,
    ),
    Column(
        "bit_error:high",
        "the same given that the higher value is stored",
        Regime.LEADING_ORDER,
        partial(_error, 1),
        False,
        -1,
    ),
    Column(
        "bit_error:low",
        "the same given that the lower value is stored",
        Regime.LEADING_ORDER,
        partial(_error, 0),
        False,
        -1,
    ),
    Column(
        "orientation",
        "sign of M(x+) - M(x-): -1 recalls the inverted pattern",
        Regime.EXACT,
        _orientation,
        False,
    ),
    Column("efficiency", "rho as a share of the best rule's", Regime.EXACT, _efficiency, False),
    Column(
        "distance",
        "distance to the best rule, sqrt(1 - rho/rho*)",
        Regime.EXACT,
        _distance,
        False,
        -1,
    ),
)
