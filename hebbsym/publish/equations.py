"""The displays of a chapter: numbered, broken into lines, none of them printed twice.

Main names
----------
Equations
    Makes displays; refers back to a long one that was shown before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import sympy as sp

from hebbsym.notation import latex
from hebbsym.publish.document import Equation, Math, Paragraph, Ref, Text
from hebbsym.publish.layout import WIDTH, Layout

_LONG = 5
"""A display of more lines than this is not repeated."""


class Equations:
    """The displays of one chapter.

    Parameters
    ----------
    prefix : str
        Opens the anchors.
    next_number : callable
        Gives the number of the next numbered equation of the document.
    taken : iterable of symbols or names
        What no abbreviation may be named like.
    """

    def __init__(
        self, prefix: str, next_number: Callable[[], int], taken: Iterable[object] = (),
        width: float = WIDTH,
    ) -> None:  # fmt: skip
        self._prefix = prefix
        self._next = next_number
        self._layout = Layout(width, taken=taken)
        self._numbered: dict[tuple[sp.Basic, sp.Basic | None], str] = {}
        self._homes: dict[sp.Basic, str] = {}

    def shown(
        self, formula: sp.Basic, left: sp.Basic | None = None, *, numbered: bool = False
    ) -> list[Equation | Paragraph]:
        """The display of a formula, and where the abbreviations in it were defined."""
        key = _sides(formula, left)
        if not numbered and key in self._numbered:
            return [Paragraph(("This is equation ", Ref(self._numbered[key]), "."))]
        rows = self._layout.rows(formula, left)
        defined = [n for n in self._layout.definitions if n not in self._homes]
        length = sum(len(row.lines) for row in rows)
        anchored = numbered or defined or length > _LONG
        number = self._next() if anchored else 0
        anchor = f"eq-{self._prefix}-{number}" if anchored else ""
        if anchored and (length > _LONG or numbered):
            self._numbered.setdefault(key, anchor)
        self._homes |= dict.fromkeys(defined, anchor)
        if numbered and left is not None and length > _LONG:
            self._layout.remember(formula, left)
            self._homes.setdefault(left, anchor)
        blocks: list[Equation | Paragraph] = [Equation(rows, anchor, number)]
        if self._layout.used:
            blocks.append(Paragraph(self._with(), quiet=True))
        return blocks

    def _with(self) -> Text:
        parts: list[object] = ["Here "]
        homes: dict[str, list[sp.Basic]] = {}
        for name in self._layout.used:
            homes.setdefault(self._homes[name], []).append(name)
        for n, (anchor, names) in enumerate(homes.items()):
            parts.append("; " if n else "")
            for m, name in enumerate(names):
                parts += [", " if m else "", Math(latex(name))]
            parts += [" is that of " if len(names) == 1 else " are those of ", Ref(anchor)]
        return tuple(p for p in (*parts, ".") if p)  # type: ignore[misc]


def _sides(formula: sp.Basic, left: sp.Basic | None) -> tuple[sp.Basic, sp.Basic | None]:
    """The two sides of what is displayed, so that ``y = x`` is recognised however it is given."""
    if left is None and isinstance(formula, sp.Eq):
        return formula.rhs, formula.lhs
    return formula, left
