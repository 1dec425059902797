r"""Sums over recalled patterns: all together, or each age for itself.

Main names
----------
Recalls
    Adds up fields, a slice of the cues at a time.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from numpy.typing import NDArray

from hebbsym.simulate.memory import Memory, Sums
from hebbsym.simulate.statistics import Columns, Tally, add

Array: TypeAlias = NDArray[Any]

_WHOLE_PATTERNS = ("wrong_patterns", "tied_patterns")


class Recalls:
    """Sums over the fields of recalled patterns.

    Parameters
    ----------
    memory : Memory
        Its ages say whether each recalled pattern has sums of its own.
    tally : Tally
        What is summed.

    Examples
    --------
    >>> import numpy as np
    >>> from hebbsym.families.cues import Exact
    >>> from hebbsym.families.ensembles import Bipolar
    >>> from hebbsym.simulate.network import Network
    >>> network = Network(2, 3, {(1, 1): 1}, Bipolar(), Exact(), ages=(0, 2))
    >>> recalls = Recalls(network, Tally((-1.0, 1.0), 0.0))
    >>> h, x = np.array([[[1.0, -1.0], [1.0, 2.0]]]), np.array([[[1.0, 1.0], [1.0, -1.0]]])
    >>> recalls.add(h, x, slice(0, 2))
    >>> {age: c["errors"].tolist() for age, c in recalls.sums().aged.items()}
    {0: [[0, 1]], 2: [[1, 0]]}
    """

    def __init__(self, memory: Memory, tally: Tally) -> None:
        self.memory = memory
        self.tally = tally
        self.columns: Columns = {}
        self.aged: dict[int, Columns] = {}

    def add(self, h: Array, stored: Array, part: slice) -> None:
        """Add the fields of a slice of the cues, shape (networks, rows, units), and what is stored."""
        if self.memory.ages is None:
            add(self.columns, self.tally.of(h, stored))
            return
        n, rows, units = h.shape
        # every recalled pattern takes the place of a network
        each = self.tally.of(h.reshape(n * rows, 1, units), stored.reshape(n * rows, 1, units))
        apart = {name: c.reshape(n, rows, *c.shape[1:]) for name, c in each.items()}
        add(self.columns, {name: c.sum(axis=1) for name, c in apart.items()})
        for row, age in enumerate(self.memory.ages[part]):
            self.aged[age] = {name: c[:, row] for name, c in apart.items()}

    def sums(self) -> Sums:
        """What was added up; nothing about whole patterns where only some units were simulated."""
        if self.memory.width < self.memory.posts:
            for columns in (self.columns, *self.aged.values()):
                for name in _WHOLE_PATTERNS:
                    columns.pop(name, None)
        return Sums(self.columns, self.aged)
