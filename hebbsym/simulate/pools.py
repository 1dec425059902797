r"""Processes for simulations: BLAS at one thread, and none outlives a killed parent.

Main names
----------
pool
    A process pool.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager

_ONE_THREAD = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "BLIS_NUM_THREADS")
_PR_SET_PDEATHSIG = 1


@contextmanager
def pool(workers: int) -> Iterator[Executor]:
    """A pool of fresh processes whose BLAS has one thread, set before they import NumPy.

    Parameters
    ----------
    workers : int

    Examples
    --------
    >>> with pool(1) as executor:
    ...     executor.submit(abs, -3).result()
    3
    """
    context = multiprocessing.get_context("spawn")
    saved = {name: os.environ.get(name) for name in _ONE_THREAD}
    executor = ProcessPoolExecutor(workers, context, _die_with, (os.getpid(),))
    try:
        # children take their environment at the start, which the first tasks bring about
        os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
        started = [executor.submit(os.getpid) for _ in range(workers)]
        for one in started:
            one.result()
    finally:
        for name, value in saved.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
    with executor:
        yield executor


def _die_with(parent: int) -> None:
    """Ask the kernel to end this process when its parent ends, however that happens (Linux)."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # the parent was gone before the request
        os.kill(os.getpid(), signal.SIGKILL)
