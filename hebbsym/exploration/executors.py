"""Who does the blocks of a sweep: this process, a pool, a Dask cluster, or any executor.

Main names
----------
crew
    An executor for a number of workers or the address of a scheduler.
results
    Blocks done, as they come, with a bounded number under way.

Conventions
-----------
A block is a function of its order alone, so the result does not depend on who does it, on how
many do, or on the order in which they end.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from typing import Any, TypeVar

from hebbsym.errors import InvalidValue, NotDerivable
from hebbsym.simulate import pool

Asked = TypeVar("Asked")
Done = TypeVar("Done")

AHEAD = 3
"""Blocks under way for each worker: memory stays bounded whatever the number of blocks."""
_PATIENCE = "20s"


class _Here(Executor):
    """This process: what is submitted is done at once."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


@contextlib.contextmanager
def crew(workers: int = 1, scheduler: str | None = None) -> Iterator[tuple[Executor, int]]:
    """An executor and the number of its workers.

    Parameters
    ----------
    workers : int
        Processes; with one the work is done in this process.
    scheduler : str, optional
        The address of a Dask scheduler, ``tcp://host:8786``; its workers do the blocks.

    Raises
    ------
    InvalidValue
        When no scheduler answers there, or it has no workers.
    NotDerivable
        When dask.distributed is not installed.

    Examples
    --------
    >>> with crew() as (executor, workers):
    ...     executor.submit(abs, -3).result(), workers
    (3, 1)
    """
    if scheduler is not None:
        with _cluster(scheduler) as found:
            yield found
    elif workers == 1:
        yield _Here(), 1
    else:
        with pool(workers) as executor:
            yield executor, workers


def results(
    executor: Executor, work: Callable[[Asked], Done], orders: Iterable[Asked], ahead: int
) -> Iterator[Done]:
    """The results of ``work`` on each order, as they come; at most ``ahead`` are under way.

    Examples
    --------
    >>> with crew() as (executor, _):
    ...     sorted(results(executor, abs, [-1, 2, -3], 2))
    [1, 2, 3]
    """
    pending: set[Future[Done]] = set()
    waiting = iter(orders)
    try:
        while True:
            for order in waiting:
                pending.add(executor.submit(work, order))
                if len(pending) >= ahead:
                    break
            if not pending:
                return
            done, pending = wait(pending, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
    finally:
        for future in pending:
            future.cancel()


@contextlib.contextmanager
def _cluster(address: str) -> Iterator[tuple[Executor, int]]:
    try:
        from distributed import CancelledError, Client, KilledWorker
        from distributed.comm import CommClosedError
    except ImportError:
        raise NotDerivable(
            "a scheduler needs dask.distributed: pip install 'hebbsym[cluster]'"
        ) from None
    try:
        client = Client(address, timeout=_PATIENCE, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        reason = " ".join(str(error).split())[:120]
        raise InvalidValue(f"no scheduler answers at {address}: {reason}") from None
    try:
        workers = sum(client.nthreads().values())
        if not workers:
            raise InvalidValue(
                f"the scheduler at {address} has no workers; start dask workers first"
            )
        # an identical block may be asked for again, by a sweep that is taken up
        yield client.get_executor(pure=False), workers
    except (KilledWorker, CancelledError, CommClosedError) as error:
        reason = " ".join(str(error).split())[:120]
        raise InvalidValue(
            f"the cluster at {address} gave the work back ({reason}); the same command takes the sweep "
            "up where it was"
        ) from None
    finally:
        client.close()
