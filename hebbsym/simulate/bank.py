r"""One simulated bank of field moments for every additive rule at once.

Fields are linear in the coefficients of an additive rule, so the fields F_k of the features z_i^p z_j^q,
each with coefficient 1, are simulated once, and

.. math:: h = \sum_k c_k F_k, \qquad
          \sum h = c \cdot \sum F, \qquad \sum h^2 = c^{\mathsf T} \Big(\sum F F^{\mathsf T}\Big) c

give mean, variance and signal-to-noise ratio of any rule as a linear and a quadratic form. Errors
are no such forms: they are counted, for some rules, on the product of coefficients and fields.

Main names
----------
simulate_bank
    Draw networks and sum up.
Bank
    What was summed; the statistics of any rule.

Conventions
-----------
All rules see the same patterns and cues, those that :func:`simulate` draws from the same seed: its counts
are the same integers, its sums the same up to rounding, and so :func:`simulate` is the slow twin. Sums
are kept network by network, and slices follow from the sizes of one network, so that nothing depends on
the number of workers or of rules that are counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, final

import numpy as np

from hebbsym.errors import InvalidValue, OutsideClass, SizeLimit
from hebbsym.simulate.dual import EXACT_IN_FLOAT32, Array, Products, block, primal_is_cheaper
from hebbsym.simulate.estimates import Estimate, Statistics
from hebbsym.simulate.fields import Fields
from hebbsym.simulate.memory import Number, at_least
from hebbsym.simulate.network import Kernel, Network, features, kernel
from hebbsym.simulate.pools import pool
from hebbsym.simulate.runs import MEMORY, demand, one_thread, ranges
from hebbsym.simulate.sampling import draw
from hebbsym.simulate.statistics import Columns, Tally, add, concatenated
from hebbsym.simulate.workspace import Workspace

_SLICE = 2**17
"""Fields of one feature that are held at a time: with those of the rules they fit into a cache."""
_AT_ONCE = 2**21
"""Fields of rules that are held at a time."""

Feature = tuple[int, int]


def simulate_bank(
    network: Network,
    networks: int | range = 20,
    *,
    counted: Sequence[Network] = (),
    order: int = 2,
    seed: int = 0,
    workers: int = 1,
    memory: int = MEMORY,
    executor: Executor | None = None,
) -> Bank:
    """Field moments for all additive rules of an order, and error counts for some.

    Parameters
    ----------
    network : Network
        Sizes, patterns, cue and inhibition; its update and its threshold are not used.
    networks : int or range
        How many networks, or which ones.
    counted : sequence of Network
        Rules whose errors are counted; they differ from ``network`` in update and threshold only.
    order : int
        The highest order p + q of a rule that the bank serves.
    seed, workers, memory, executor
        As in :func:`hebbsym.simulate.simulate`.

    Raises
    ------
    InvalidValue
        When a counted network differs in anything else, or stores more or less than two values.
    OutsideClass
        When a rule depends on the weight.
    SizeLimit
        When one network does not fit into ``memory``.

    Examples
    --------
    >>> from hebbsym.families.cues import Exact
    >>> from hebbsym.families.ensembles import Bipolar
    >>> hebb = Network(50, 5, {(1, 1): 1}, Bipolar(), Exact())
    >>> drifting = Network(50, 5, {(1, 1): 1, (0, 0): 0.5}, Bipolar(), Exact())
    >>> bank = simulate_bank(hebb, 8, counted=[drifting], seed=1)
    >>> bank.features, len(bank)
    (((0, 0), (0, 1), (1, 0), (1, 1)), 8)
    >>> bank.estimate(hebb, "snr").value > bank.estimate(drifting, "snr").value
    True
    >>> bank.counted(0).estimate("bit_error").value > 0
    True
    """
    numbers = range(networks) if isinstance(networks, int) else networks
    at_least("workers", workers, 1)
    at_least("order", order, 0)
    if len(numbers) < 1 or numbers[0] < 0 or numbers.step != 1:
        raise InvalidValue(f"networks is {networks}; give at least one network, numbered from 0 on")
    base = replace(network, update={}, threshold=0)
    _require(base, counted)
    basis = _features(base, order)
    kernels = [(one.kernel, float(one.threshold)) for one in counted]
    _require_memory(base, len(basis), memory // workers)
    tasks = [(base, basis, kernels, part, seed) for part in ranges(base, numbers, workers)]
    if executor is None and workers == 1:
        parts = [_task(t) for t in tasks]
    else:
        own: AbstractContextManager[Executor] = nullcontext(executor) if executor else pool(workers)
        with own as running:
            parts = list(running.map(_task, tasks))
    grams, columns = zip(*parts, strict=True)
    return Bank(
        base,
        basis,
        np.concatenate(grams),
        tuple(counted),
        tuple(concatenated(some) for some in zip(*columns, strict=True)),
    )


@final
@dataclass(frozen=True, eq=False)
class Bank:
    """Sums over the fields of every feature, and the errors of the rules that were counted.

    Parameters
    ----------
    network : Network
        Sizes, patterns and cue.
    features : tuple of (p, q)
        The features z_i**p z_j**q, in order; z is -1 and +1 on two values, else the value itself.
    gram : array, shape (networks, values, m, m)
        For each stored value the sums of products of (1, F_1, F_2, ...); of real-valued patterns, in
        one matrix, those of (1, x, F_1, F_2, ...).
    rules : tuple of Network
        The rules whose errors were counted.
    columns : tuple of columns
        Their counts.
    """

    network: Network
    features: tuple[Feature, ...]
    gram: Array
    rules: tuple[Network, ...] = ()
    columns: tuple[Mapping[str, Array], ...] = ()

    def __len__(self) -> int:
        """Number of networks."""
        return len(self.gram)

    def joined(self, other: Bank) -> Bank:
        """These networks followed by those of another bank of the same kind."""
        if (self.network, self.features, self.rules) != (
            other.network,
            other.features,
            other.rules,
        ):
            raise InvalidValue("only banks of the same network and rules can be joined")
        pairs = zip(self.columns, other.columns, strict=True)
        grams = np.concatenate([self.gram, other.gram])
        columns = tuple(concatenated(pair) for pair in pairs)
        return Bank(self.network, self.features, grams, self.rules, columns)

    def coefficients(self, update: Mapping[Feature, Number]) -> Array:
        """The coefficients of the features in an update, shape (features,)."""
        made = _kernel_of(self.network, update)
        lacking = [pq for pq in made.terms if pq not in self.features]
        if lacking:
            raise InvalidValue(
                f"the bank has no feature {lacking[0]}: simulate it with order={sum(lacking[0])} or higher"
            )
        return np.array([made.terms.get(pq, 0) / made.scale for pq in self.features])

    def statistics(self, update: Mapping[Feature, Number]) -> Statistics:
        """Sums of the fields of any additive rule, network by network.

        Parameters
        ----------
        update : mapping of (p, q) to number
            Coefficients of ``x_i**p * x_j**q``.

        Examples
        --------
        >>> from hebbsym.families.cues import Exact
        >>> from hebbsym.families.ensembles import Bipolar
        >>> bank = simulate_bank(Network(30, 4, {}, Bipolar(), Exact()), 3, seed=1)
        >>> bank.statistics({(1, 1): 1}).columns["count"].sum(axis=1)
        array([120, 120, 120])
        """
        c = self.coefficients(update)
        first = self.gram.shape[-1] - len(c)  # columns of 1, and of x where values are real
        linear = self.gram[..., :first, first:] @ c
        square = (self.gram[..., first:, first:] @ c) @ c
        columns: Columns
        if self.network.values:
            count = np.rint(self.gram[..., 0, 0]).astype(np.int64)
            columns = {"count": count, "sum": linear[..., 0], "square": square}
        else:
            n, x, xx = (self.gram[:, 0, row, place] for row, place in ((0, 0), (0, 1), (1, 1)))
            h, xh = linear[:, 0, 0], linear[:, 0, 1]
            columns = {"regression": np.stack([n, x, xx, h, square[:, 0], xh], axis=1)}
        return Statistics(self.network.values, columns, len(self))

    def counted(self, place: int) -> Statistics:
        """The statistics of one of the rules that were counted, its errors included."""
        plain = self.statistics(self.rules[place].update)
        return Statistics(plain.values, {**plain.columns, **self.columns[place]}, plain.networks)

    def estimate(self, network: Network, quantity: str, x: Any = None) -> Estimate:
        """The estimate of a quantity of the field for the rule of a network.

        Parameters
        ----------
        network : Network
            Its update is used; it need not have been counted.
        quantity : str
            ``field_mean``, ``field_variance``, ``snr``, ``gain`` or ``residual_variance``.
        x : number, optional
            The stored value, for a quantity that is conditional on it.
        """
        return self.statistics(network.update).estimate(quantity, x)


# ---- what a bank is made for --------------------------------------------------------------


def _require(base: Network, counted: Sequence[Network]) -> None:
    for one in (base, *counted):
        if not one.transition.additive:
            raise OutsideClass("a bank serves additive rules; this one depends on the weight")
        if replace(one, update={}, threshold=0) != base:
            raise InvalidValue(
                "the rules that are counted share sizes, patterns, cue and inhibition with the bank"
            )
    if base.ages is not None:
        raise InvalidValue("a bank recalls patterns of all ages; leave out ages")
    if counted and len(base.values) != 2:
        raise InvalidValue("errors are counted where two values are stored")


def _kernel_of(network: Network, update: Mapping[Feature, Number]) -> Kernel:
    values = [[v for v, _ in law.alphabet] for law in (network.law, network.source)]
    return kernel(update, values[0], values[1])


def _features(network: Network, order: int) -> tuple[Feature, ...]:
    """The features that rules up to an order consist of on the alphabets."""
    post, pre = ([v for v, _ in law.alphabet] for law in (network.law, network.source))
    powers = [(p, q) for p in range(order + 1) for q in range(order + 1 - p)]
    return tuple(sorted({f for pq in powers for f in features({pq: Fraction(1)}, post, pre)}))


def _require_memory(network: Network, count: int, memory: int) -> None:
    held = 8 * (count + 2) * max(_SLICE, network.posts) + 16 * max(_AT_ONCE, _SLICE, network.posts)
    needed = demand(network) + held
    if needed > memory:
        raise SizeLimit(
            f"a bank of D = {network.units}, K = {network.patterns} needs about {needed / 2**20:.0f} MiB "
            f"in each worker, past the bound of {memory / 2**20:.0f} MiB; raise memory, or recall fewer "
            "patterns with probes"
        )


# ---- some networks ------------------------------------------------------------------------

_Rules = list[tuple[Kernel, float]]


def _task(
    task: tuple[Network, tuple[Feature, ...], _Rules, range, int],
) -> tuple[Array, list[Columns]]:
    network, basis, rules, numbers, seed = task
    scratch = Workspace()
    at_once = max(1, _SLICE // (network.patterns * max(network.units, network.posts)))
    parts = [numbers[start : start + at_once] for start in range(0, len(numbers), at_once)]
    with one_thread():
        rows = [_some_networks(network, basis, rules, seed, some, scratch) for some in parts]
    grams = np.concatenate([gram for gram, _ in rows])
    return grams, [concatenated([columns[r] for _, columns in rows]) for r in range(len(rules))]


def _some_networks(
    network: Network,
    basis: tuple[Feature, ...],
    rules: _Rules,
    seed: int,
    numbers: range,
    scratch: Workspace,
) -> tuple[Array, list[Columns]]:
    """Sums of products of the feature fields of some networks, and the counts of every rule."""
    made = _made(network, basis, seed, numbers, scratch)
    counts: list[Columns] = [{} for _ in rules]
    total: Array | None = None
    for part in _slices(network):
        stored = np.ascontiguousarray(made[0].stored(part))
        f = _stacked(made, part, scratch)
        gram = _products(f, stored, _letters(made[0]))
        total = gram if total is None else total + gram
        _count(f, stored, basis, rules, made[0], counts)
    assert total is not None
    if network.width < network.posts:
        for columns in counts:
            for name in ("wrong_patterns", "tied_patterns"):
                columns.pop(name, None)
    return _unscaled(total, len(basis), made[0].scale), counts


def _made(
    network: Network, basis: tuple[Feature, ...], seed: int, numbers: range, scratch: Workspace
) -> list[Fields]:
    """The fields of every feature of some networks; they share patterns and cues."""
    stacked = block(network, [draw(network, seed, n) for n in numbers], scratch)
    primal = primal_is_cheaper(network)
    return [
        Fields(network, Products(Kernel({pq: 1}, 1, stacked.exact), stacked, primal, scratch))
        for pq in basis
    ]


def _letters(made: Fields) -> tuple[float, ...]:
    """The stored values as they stand in the features; empty when they are real."""
    return (-1.0, 1.0) if made.block.signs else made.network.values


def _slices(network: Network) -> list[slice]:
    """Slices of the cues; they depend on the sizes alone."""
    step = max(1, _SLICE // network.width)
    return [slice(a, min(a + step, network.cues)) for a in range(0, network.cues, step)]


def _stacked(made: Sequence[Fields], part: slice, scratch: Workspace) -> Array:
    """The scaled fields of all features in a slice of the cues, shape (networks, features, fields)."""
    f: Array | None = None
    for place, one in enumerate(made):
        h = one.rows(part)
        if f is None:
            f = scratch.take("features", (len(h), len(made), h[0].size), np.float64)
        f[:, place] = h.reshape(len(h), -1)
    assert f is not None
    return f


def _products(f: Array, stored: Array, letters: Sequence[float]) -> Array:
    """Sums of products of 1 and all fields by stored value, or of 1, x and all fields."""
    from hebbsym.simulate.grams import gram  # numba is slow to import

    flat = stored.reshape(len(f), -1)
    if letters:
        return gram(f, flat, np.array(letters))
    every = np.concatenate([np.ones((len(f), 1, f.shape[2])), flat[:, None], f], axis=1)
    return np.asarray((every @ every.transpose(0, 2, 1))[:, None])


def _unscaled(gram: Array, features: int, scale: float) -> Array:
    """Sums of scaled fields as sums of fields."""
    units = np.ones(gram.shape[-1])
    units[-features:] = scale
    return np.asarray(gram / np.outer(units, units))


def _count(
    f: Array,
    stored: Array,
    basis: tuple[Feature, ...],
    rules: _Rules,
    made: Fields,
    counts: list[Columns],
) -> None:
    """Add the counts of every rule on the fields of a slice."""
    if not rules:
        return
    largest = np.abs(f).max(axis=(0, 2), initial=0.0)
    step = max(1, _AT_ONCE // (len(f) * f.shape[2]))
    for start in range(0, len(rules), step):
        some = rules[start : start + step]
        c = np.array([[k.terms.get(pq, 0) for pq in basis] for k, _ in some], dtype=np.float64)
        fields_ = _combined(c, f, largest, all(k.exact for k, _ in some))
        for place, (one, threshold) in enumerate(some):
            tally = Tally(_letters(made), threshold * made.scale * one.scale, moments=0)
            h = fields_[:, place].reshape(stored.shape)
            add(counts[start + place], tally.of(h, stored))


def _combined(c: Array, f: Array, largest: Array, exact: bool) -> Array:
    """The fields of rules from those of the features, in float32 where that is exact."""
    if not exact:  # in a fixed order, so that rounding does not depend on the other rules
        rows = [sum(a * f[:, n] for n, a in enumerate(one)) for one in c]
        return np.stack(rows, axis=1)
    if float((np.abs(c) @ largest).max(initial=0.0)) < EXACT_IN_FLOAT32:
        return np.asarray(c.astype(np.float32) @ f.astype(np.float32))
    return np.asarray(c @ f)
