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

from hebbsym.errors import InvalidValue, SizeLimit
from hebbsym.simulate.estimates import Statistics
from hebbsym.simulate.memory import Memory, at_least
from hebbsym.simulate.pools import pool
from hebbsym.simulate.statistics import concatenated
from hebbsym.simulate.workspace import Workspace

MEMORY = 2**30
"""Bytes that a run may use unless told otherwise."""


def simulate(
    network: Memory,
    networks: int | range = 20,
    *,
    seed: int = 0,
    workers: int = 1,
    memory: int = MEMORY,
    executor: Executor | None = None,
    moments: int = 2,
    weights: bool = False,
) -> Statistics:
    """Statistics of the one-step recall of many independent networks.

    Parameters
    ----------
    network : Memory
        A :class:`Network`, or another kind that has an engine.
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
    moments : int
        The highest power of the fields that is summed: 2 for mean and variance, 4 for the third and
        fourth cumulants as well, 0 for errors alone, which is faster.
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
    >>> from hebbsym.simulate.network import Network
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


def _task(task: tuple[Memory, range, int, int, bool]) -> Statistics:
    with one_thread():
        return run(*task)


def run(
    network: Memory, numbers: range, seed: int, moments: int = 2, weights: bool = False
) -> Statistics:
    """The networks ``numbers`` of a run, in this process.

    Examples
    --------
    >>> from hebbsym.families.cues import Exact
    >>> from hebbsym.families.ensembles import Bipolar
    >>> from hebbsym.simulate.network import Network
    >>> run(Network(9, 2, {(1, 1): 1}, Bipolar(), Exact()), range(3), seed=0).networks
    3
    """
    at_once = batch(network)
    engine, scratch = network.engine(), Workspace()
    parts: list[Statistics] = []
    for start in range(numbers.start, numbers.stop, at_once):
        some = range(start, min(start + at_once, numbers.stop))
        sums = engine.sums(some, seed, moments, weights, scratch)
        parts.append(Statistics(network.values, sums.columns, len(some), sums.aged))
    return joined(parts)


def demand(network: Memory) -> int:
    """Bytes that one worker needs, from above.

    Examples
    --------
    >>> from hebbsym.families.cues import Exact
    >>> from hebbsym.families.ensembles import Bipolar
    >>> from hebbsym.simulate.network import Network
    >>> demand(Network(50_000, 5_000, {(1, 1): 1}, Bipolar(), Exact(), probes=64)) < 2**32
    True
    """
    return network.engine().demand


def batch(network: Memory) -> int:
    """How many networks are worked on together: small ones share the cost of a call."""
    return network.engine().batch


def require_memory(network: Memory, memory: int) -> None:
    """Refuse a network that does not fit into ``memory`` bytes."""
    require_room(network.units, network.patterns, demand(network), memory)


def require_room(units: int, patterns: int, needed: int, memory: int) -> None:
    """Refuse sizes that need more than ``memory`` bytes.

    Examples
    --------
    >>> require_room(10, 10, 2**20, 2**30)
    """
    if needed > memory:
        raise SizeLimit(
            f"one network of D = {units}, K = {patterns} needs about "
            f"{needed / 2**20:.0f} MiB in each worker, past the bound of {memory / 2**20:.0f} MiB; "
            "raise memory, or recall fewer patterns with probes or ages, or simulate fewer rows"
        )


def ranges(network: Memory, numbers: range, workers: int) -> list[range]:
    """Ranges of networks, about eight for each worker."""
    at_once = batch(network)
    step = -(-len(numbers) // (8 * workers))
    step = -(-step // at_once) * at_once if workers > 1 else len(numbers)
    return [range(a, min(a + step, numbers.stop)) for a in range(numbers.start, numbers.stop, step)]


def joined(parts: Sequence[Statistics]) -> Statistics:
    """The networks of several statistics, one after the other."""
    return Statistics(
        parts[0].values,
        concatenated([p.columns for p in parts]),
        sum(p.networks for p in parts),
        {age: concatenated([p.aged[age] for p in parts]) for age in parts[0].aged},
    )


@lru_cache(maxsize=1)
def _controller() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def one_thread() -> AbstractContextManager[Any]:
    """BLAS at one thread while the context lasts."""
    context: AbstractContextManager[Any] = _controller().limit(limits=1, user_api="blas")
    return context
