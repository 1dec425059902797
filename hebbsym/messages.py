"""How expressions and values are called in a message.

Main names
----------
short
    An expression.
shown
    The values of symbols.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import mpmath
import sympy as sp


@lru_cache(maxsize=64)  # a search may refuse one long expression thousands of times
def short(expr: sp.Basic) -> str:
    """The expression's text for a message, at most 60 characters.

    Examples
    --------
    >>> short(sp.Symbol("x") + 1)
    'x + 1'
    """
    text = str(expr)
    return text if len(text) <= 60 else text[:57] + "..."


def shown(at: Mapping[Any, Any]) -> str:
    """The values of an environment for a message.

    Examples
    --------
    >>> shown({sp.Symbol("K"): sp.Integer(3), sp.Symbol("D"): mpmath.mpf(9)})
    'D=9.0, K=3'
    """
    pairs = sorted(
        (str(s), mpmath.nstr(v, 8) if isinstance(v, mpmath.mpf) else str(v)) for s, v in at.items()
    )
    return ", ".join(f"{s}={v}" for s, v in pairs) or "no symbol"
