"""Scratch arrays that one thread of work uses again and again.

Main names
----------
Workspace
    Arrays by name, grown when needed.

Conventions
-----------
Fresh large arrays cost more than the arithmetic done in them: the system hands out every page anew.
An array of a workspace is valid until the same name is taken again.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Workspace:
    """Scratch arrays by name.

    Examples
    --------
    >>> scratch = Workspace()
    >>> scratch.take("h", (2, 3), np.float32).shape
    (2, 3)
    """

    def __init__(self) -> None:
        self._held: dict[tuple[str, Any], NDArray[Any]] = {}

    def take(self, name: str, shape: tuple[int, ...], kind: Any) -> NDArray[Any]:
        """An uninitialised array; its former contents under the same name and type are lost."""
        size = math.prod(shape)
        held = self._held.get((name, kind))
        if held is None or held.size < size:
            held = self._held[name, kind] = np.empty(size, dtype=kind)
        return held[:size].reshape(shape)

    def cast(self, name: str, x: NDArray[Any], kind: Any) -> NDArray[Any]:
        """``x`` in another type; itself where it has it already."""
        if x.dtype == kind:
            return x
        made = self.take(name, x.shape, kind)
        np.copyto(made, x, casting="unsafe")
        return made

    def multiply(self, name: str, x: NDArray[Any], y: Any) -> NDArray[Any]:
        """``x * y`` in the shape and type of ``x``."""
        made = self.take(name, x.shape, x.dtype)
        np.multiply(x, y, out=made)
        return made

    def matmul(self, name: str, x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
        """``x @ y`` of stacked matrices."""
        made = self.take(name, (x.shape[0], x.shape[1], y.shape[2]), x.dtype)
        np.matmul(x, y, out=made)
        return made
