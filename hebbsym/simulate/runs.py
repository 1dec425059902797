r"""Runs over many networks, in one process or several, within a bound on the memory.

Main names
----------
simulate
    Statistics of the fields of many networks.
pool
    A process pool with BLAS at one thread, for several runs.

Conventions
-----------
Networks are independent and have their own seeds, sums are kept network by network, and the shapes
of all products follow from the sizes of one network: results are the same, bit by bit, for any
number of workers, any blocks and any bound on the memory. BLAS runs at one thread; parallel work
is over networks.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from typing import Any

import numpy as np

from hebbsym.errors import InvalidValue, SizeLimit
from hebbsym.simulate.dual import CONVERTED_AT_ONCE, HELD_AS_FLOATS, primal_is_cheaper
from hebbsym.simulate.estimates import Statistics
from hebbsym.simulate.fields import Fields
from hebbsym.simulate.network import Network, at_least
from hebbsym.simulate.pools import pool
from hebbsym.simulate.sampling import Draw, draw
from hebbsym.simulate.statistics import ENTRIES_AT_ONCE, Columns, Tally, add
from hebbsym.simulate.weights import WEIGHT_UNITS, weight_sums
from hebbsym.simulate.workspace import Workspace

MEMORY = 2**30
"""Bytes that a run may use unless told otherwise."""

_TILE = 2**22
"""Fields that are held at a time."""
_LONGEST_TILE = 512


def simulate(
    network: Network,
    networks: int | range = 20,
    *,
    seed: int = 0,
    workers: int = 1,
    memory: int = MEMORY,
    executor: Executor | None = None,
    moments: bool = True,
    weights: bool = False,
) -> Statistics:
    """Statistics of the one-step recall of many independent networks.

    Parameters
    ----------
    network : Network
    networks : int or range
        How many networks, or which ones: ``range(20, 40)`` continues ``range(20)``.
    seed : int
    workers : int
        Number of processes; a script that asks for more than one needs the usual
        ``if __name__ == "__main__"`` guard.
    memory : int
        Bound in bytes on the arrays of all workers together.
    executor : concurrent.futures.Executor, optional
        Where to run; its processes should have BLAS at one thread, as those of :func:`pool` do.
    moments : bool
        Whether mean and variance of the fields are kept; errors alone are faster.
    weights : bool
        Whether the weights are looked at as well.

    Returns
    -------
    Statistics
        One row a network, in order.

    Raises
    ------
    SizeLimit
        When one network does not fit into ``memory``.

    Examples
    --------
    >>> from hebbsym.families.cues import Exact
    >>> from hebbsym.families.ensembles import Bipolar
    >>> run = simulate(Network(50, 5, {(1, 1): 1}, Bipolar(), Exact()), 4, seed=1)
    >>> run.networks, abs(run.estimate("field_mean", x=1).value - 49) < 5  # D - 1 = 49
    (4, True)
    """
    numbers = range(networks) if isinstance(networks, int) else networks
    at_least("workers", workers, 1)
    if len(numbers) < 1 or numbers[0] < 0 or numbers.step != 1:
        raise InvalidValue(f"networks is {networks}; give at least one network, numbered from 0 on")
    require_memory(network, memory // workers)
    blocks = ranges(network, numbers, workers)
    tasks = [(network, part, seed, moments, weights) for part in blocks]
    if executor is None and workers == 1:
        return joined([_task(t) for t in tasks])
    own: AbstractContextManager[Executor] = nullcontext(executor) if executor else pool(workers)
    with own as running:
        return joined(list(running.map(_task, tasks)))


def _task(task: tuple[Network, range, int, bool, bool]) -> Statistics:
    with one_thread():
        return run(*task)


def run(
    network: Network, numbers: range, seed: int, moments: bool = True, weights: bool = False
) -> Statistics:
    """The networks ``numbers`` of a run, in this process.

    Examples
    --------
    >>> from hebbsym.families.cues import Exact
    >>> from hebbsym.families.ensembles import Bipolar
    >>> run(Network(9, 2, {(1, 1): 1}, Bipolar(), Exact()), range(3), seed=0).networks
    3
    """
    at_once = batch(network)
    scratch = Workspace()
    rows: list[Columns] = []
    for start in range(numbers.start, numbers.stop, at_once):
        draws = [draw(network, seed, n) for n in range(start, min(start + at_once, numbers.stop))]
        rows.append(statistics(network, draws, moments, weights, scratch))
    columns = {name: np.concatenate([r[name] for r in rows]) for name in rows[0]}
    return Statistics(network.values, columns, len(numbers))


def statistics(
    network: Network,
    draws: Sequence[Draw],
    moments: bool,
    weights: bool,
    scratch: Workspace,
) -> Columns:
    """Sums of the networks of a block, in the units of the rule."""
    made = Fields.of(network, draws, scratch=scratch)
    tally = tally_of(made, moments)
    total: Columns = {}
    for part in tiles(network):
        add(total, tally.of(made.rows(part), made.block.post[:, part]))
    unscale(total, made.scale)
    if weights:
        total["weights"] = np.stack(
            [
                weight_sums(made.kernel, post, pre, auto=network.auto)
                for post, pre in zip(made.block.post, made.block.pre, strict=True)
            ]
        )
    return total


def tally_of(made: Fields, moments: bool) -> Tally:
    """What is summed over given fields."""
    features = (-1.0, 1.0) if made.block.signs else made.network.values
    return Tally(features, float(made.network.threshold) * made.scale, moments, made.scratch)


def unscale(total: Columns, scale: float) -> None:
    """Turn sums of scaled fields into sums of fields, in place."""
    if "sum" in total:
        total["sum"] = total["sum"] / scale
        total["square"] = total["square"] / scale**2
    if "regression" in total:
        total["regression"] = total["regression"] / np.array(
            [1, 1, 1, scale, scale**2, scale], dtype=np.float64
        )


def tiles(network: Network) -> list[slice]:
    """Slices of the cues whose fields are held at a time; they depend on the sizes alone.

    Examples
    --------
    >>> from hebbsym.families.cues import Exact
    >>> from hebbsym.families.ensembles import Bipolar
    >>> tiles(Network(10, 600, {(1, 1): 1}, Bipolar(), Exact()))
    [slice(0, 512, None), slice(512, 600, None)]
    """
    step = max(1, min(_LONGEST_TILE, _TILE // max(network.units, network.posts)))
    return [slice(a, min(a + step, network.cues)) for a in range(0, network.cues, step)]


def batch(network: Network) -> int:
    """How many networks are worked on together: small ones share the cost of a call."""
    return max(1, ENTRIES_AT_ONCE // (network.patterns * max(network.units, network.posts)))


def demand(network: Network) -> int:
    """Bytes that one worker needs, from above.

    Examples
    --------
    >>> from hebbsym.families.cues import Exact
    >>> from hebbsym.families.ensembles import Bipolar
    >>> demand(Network(50_000, 5_000, {(1, 1): 1}, Bipolar(), Exact(), probes=64)) < 2**32
    True
    """
    d, m, k = network.units, network.posts, network.patterns
    longest = max(d, m)
    entries = k * d if network.auto else k * (d + m)
    entry = 1 if network.kernel.exact else 8
    small = k * longest <= HELD_AS_FLOATS
    held = entries * (entry + (4 if small else 0) + 2 * entry)  # two more while they are drawn
    tile = min(_LONGEST_TILE, max(1, _TILE // longest), network.cues)
    fields_ = tile * longest * 28 + tile * k * 16
    if network.kernel.exact and len(network.values) != 2:
        fields_ += tile * longest * 8
    converted = 0 if small else 8 * min(CONVERTED_AT_ONCE, k * longest) + 8 * longest
    if primal_is_cheaper(network):
        held += 12 * m * d
    cues = network.cues * d * (entry + 9)
    summed = 30 * min(ENTRIES_AT_ONCE, max(longest, tile * longest))
    return batch(network) * (held + cues + fields_) + converted + summed + 8 * WEIGHT_UNITS * k


def require_memory(network: Network, memory: int) -> None:
    """Refuse a network that does not fit into ``memory`` bytes."""
    needed = demand(network)
    if needed > memory:
        raise SizeLimit(
            f"one network of D = {network.units}, K = {network.patterns} needs about "
            f"{needed / 2**20:.0f} MiB in each worker, past the bound of {memory / 2**20:.0f} MiB; "
            "raise memory, or recall fewer patterns with probes"
        )


def ranges(network: Network, numbers: range, workers: int) -> list[range]:
    """Ranges of networks, about eight for each worker."""
    at_once = batch(network)
    step = -(-len(numbers) // (8 * workers))
    step = -(-step // at_once) * at_once if workers > 1 else len(numbers)
    return [range(a, min(a + step, numbers.stop)) for a in range(numbers.start, numbers.stop, step)]


def joined(parts: Sequence[Statistics]) -> Statistics:
    """The networks of several statistics, one after the other."""
    columns = {name: np.concatenate([p.columns[name] for p in parts]) for name in parts[0].columns}
    return Statistics(parts[0].values, columns, sum(p.networks for p in parts))


@lru_cache(maxsize=1)
def _controller() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def one_thread() -> AbstractContextManager[Any]:
    """BLAS at one thread while the context lasts."""
    context: AbstractContextManager[Any] = _controller().limit(limits=1, user_api="blas")
    return context
