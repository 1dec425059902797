r"""Long formulas over several lines, and named parts where a line cannot be broken.

A general rule's variance is a polynomial of hundreds of terms under a root inside an error
function. Sums and products are broken into lines; what cannot be broken (a fraction, a root,
an argument) has its widest sum replaced by a name, ``A_1``, which is defined below it.

Main names
----------
Layout
    Breaks formulas; remembers the names that it gave, so that one part has one name.

Conventions
-----------
A relation is broken before its sign, a sum before + and -, a product before a cross. A name
that stands inside a sum over k depends on k, and is written ``A_1(k)``. Putting the definitions
back gives the formula that was asked for: names never change a value.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sympy as sp
from sympy.core.relational import Relational

from hebbsym.notation import latex
from hebbsym.publish.document import Row
from hebbsym.publish.measure import width

WIDTH = 35.0
"""Width of a line of formulas, in em of the formulas' size."""
LETTERS = "ATSLHYZ"
_SIGNS = {"==": "=", "!=": r"\neq", "<": "<", "<=": r"\leq", ">": ">", ">=": r"\geq"}
_HEAVY = 200
"""A formula of more symbols and numbers than this is not printed to see whether it fits."""
_LONGEST = 400
"""A formula with more spaces than this is not measured as a whole: it cannot fit."""


@dataclass(frozen=True)
class Definition:
    """A named part: ``name`` stands for ``meaning``."""

    name: sp.Basic
    meaning: sp.Basic


class Layout:
    r"""Breaks formulas to a width.

    Parameters
    ----------
    line : float
        Width of a line in em.
    letters : str
        The names' letter is the first of them that opens no symbol of the document.
    taken : iterable of symbols or names
        What occurs in the document; none of them is used as a name.

    Examples
    --------
    >>> x = sp.Symbol("x")
    >>> layout = Layout(line=10.0)
    >>> for row in layout.rows(sp.sqrt(sum(n * x**n for n in range(1, 6))), sp.Symbol("y")):
    ...     print(row)
    Row(left='y', lines=('{} = \\sqrt{A_{1}}',))
    Row(left='A_{1}', lines=('{} = 5 x^{5} + 4 x^{4} + 3 x^{3}', '{} + 2 x^{2} + x'))
    """

    def __init__(
        self, line: float = WIDTH, letters: str = LETTERS, taken: Iterable[object] = ()
    ) -> None:
        self.line = line
        self._taken = {str(symbol) for symbol in taken}
        self.letter = next((c for c in letters if not self._occurs(c)), letters[0])
        self._count = 0
        self._names: dict[sp.Basic, sp.Basic] = {}
        self._open: list[Definition] = []
        self.used: list[sp.Basic] = []
        """Names met by the last call of :meth:`rows` that an earlier call defined."""
        self.printed: list[sp.Basic] = []
        """What each row of the last call says, as an expression with the names in it."""

    def rows(self, formula: sp.Basic, left: sp.Basic | None = None) -> tuple[Row, ...]:
        """The formula, then the definitions of the names that it needed."""
        self.used, self.printed = [], []
        rows = [self._row(formula, left)]
        while self._open:
            definition = self._open.pop(0)
            rows.append(self._row(definition.meaning, definition.name))
        return tuple(rows)

    def _occurs(self, letter: str) -> bool:
        return any(name == letter or name.startswith(f"{letter}_") for name in self._taken)

    def remember(self, formula: sp.Basic, symbol: sp.Basic) -> None:
        """From now on ``symbol`` is the name of this formula, where a part needs one."""
        if formula.args and symbol not in formula.free_symbols:
            self._names.setdefault(formula, symbol)

    def _row(self, formula: sp.Basic, left: sp.Basic | None) -> Row:
        sign = "="
        if left is None and isinstance(formula, Relational) and formula.rel_op in _SIGNS:
            left, formula, sign = formula.lhs, formula.rhs, _SIGNS[formula.rel_op]
        elif left is not None and isinstance(formula, Relational):
            room = self.line - width(latex(left)) - 1
            return Row(rf"{latex(left)}:", self._printed(formula, room))
        if left is None:
            return Row("", self._printed(formula, self.line))
        head = latex(left)
        short = leaves(formula, _HEAVY) <= _HEAVY
        if self._fits(head, self.line / 3) or (
            short and self._fits(f"{head} = {latex(formula)}", self.line)
        ):
            lines = self._printed(formula, self.line - width(head) - 1.7)
            return Row(head, (rf"{{}} {sign} {lines[0]}", *lines[1:]))
        above = self._printed(left, self.line)
        below = self._printed(formula, self.line - 1.7)
        return Row("", (*above, rf"{{}} {sign} {below[0]}", *below[1:]))

    def _printed(self, formula: sp.Basic, room: float) -> tuple[str, ...]:
        lines, said = self._lines(formula, room)
        self.printed.append(said)
        return lines

    def _lines(self, formula: sp.Basic, room: float) -> tuple[tuple[str, ...], sp.Basic]:
        """The formula as lines, none wider than ``room`` where that can be had, and what they say."""
        while True:
            text = "" if leaves(formula, _HEAVY) > _HEAVY else latex(formula)
            if text and self._fits(text, room):
                return (text,), formula
            if isinstance(formula, sp.Add):
                return self._sum(formula, room)
            smaller = self._name_widest(formula, room)
            if smaller is None:
                text = text or latex(formula)
                lines = self._product(formula, room) if isinstance(formula, sp.Mul) else (text,)
                return lines, formula
            formula = smaller

    def _sum(self, total: sp.Add, room: float) -> tuple[tuple[str, ...], sp.Basic]:
        lines: list[str] = []
        said: list[sp.Basic] = []
        filled = room + 1
        for term in total.as_ordered_terms():
            negative = term.could_extract_minus_sign()
            parts, meaning = self._lines(-term if negative else term, room - 1.6)
            said.append(-meaning if negative else meaning)
            signed = _signed(parts[0], negative, first=not lines)
            size = width(signed)
            if filled + size > room or len(parts) > 1:
                lines.append(signed)
                filled = size
            else:
                lines[-1] += signed.removeprefix("{}")
                filled += size
            if len(parts) > 1:
                lines.extend(parts[1:])
                filled = room + 1
        return tuple(lines), sp.Add(*said)

    def _product(self, product: sp.Mul, room: float) -> tuple[str, ...]:
        """A product of narrow factors, broken before crosses."""
        lines: list[str] = []
        packed: list[sp.Basic] = []
        for factor in sp.Mul.make_args(product):
            if packed and not self._fits(latex(sp.Mul(*packed, factor)), room - 1.7):
                lines.append(latex(sp.Mul(*packed)))
                packed = []
            packed.append(factor)
        lines.append(latex(sp.Mul(*packed)))
        return tuple(
            line if n == 0 else rf"{{}} \times {_bracketed(line)}" for n, line in enumerate(lines)
        )

    def _name_widest(self, formula: sp.Basic, room: float) -> sp.Basic | None:
        """The formula with its widest inner sum named; None when there is none worth a name."""
        if isinstance(formula, sp.MatrixBase):
            return self._entries_named(formula, room)
        found = _widest_part(formula)
        if found is None or width_of(found[0]) < min(4.0, room / 4):
            return None
        part, bound = found
        return _replaced(formula, part, self._name(part, bound))

    def _entries_named(self, matrix: sp.MatrixBase, room: float) -> sp.Basic | None:
        """The matrix with every entry named that is wider than its share of the line."""
        share = max(2.0, room / matrix.cols - 1.5)
        wide = [bool(e.args) and width_of(e) > share for e in matrix]
        if not any(wide):
            return None
        entries = [self._name(e, ()) if named else e for e, named in zip(matrix, wide, strict=True)]
        return sp.ImmutableMatrix(matrix.rows, matrix.cols, entries)

    def _name(self, part: sp.Basic, bound: tuple[sp.Symbol, ...]) -> sp.Basic:
        if part in self._names:
            name = self._names[part]
            if all(part != waiting.meaning for waiting in self._open) and name not in self.used:
                self.used.append(name)
            return name
        self._count += 1
        while f"{self.letter}_{self._count}" in self._taken:
            self._count += 1
        symbol = f"{self.letter}_{self._count}"
        name = sp.Function(symbol)(*bound) if bound else sp.Symbol(symbol)
        self._names[part] = name
        self._open.append(Definition(name, part))
        return name

    @property
    def definitions(self) -> dict[sp.Basic, sp.Basic]:
        """Every name that was given, and what it stands for."""
        return {name: meaning for meaning, name in self._names.items()}

    @staticmethod
    def _fits(text: str, room: float) -> bool:
        return text.count(" ") < _LONGEST and width(text) <= room


def width_of(part: sp.Basic) -> float:
    """Width in em of an expression; the number of its symbols when it is long.

    Examples
    --------
    >>> width_of(sp.Symbol("x")) < width_of(sp.Symbol("x") + 1)
    True
    """
    count = leaves(part, _HEAVY)
    return width(latex(part)) if count <= _HEAVY else float(count)


def _widest_part(
    formula: sp.Basic, bound: tuple[sp.Symbol, ...] = ()
) -> tuple[sp.Basic, tuple[sp.Symbol, ...]] | None:
    """The sum to name, with the summation variables that it depends on.

    The way down follows the widest child and ends at the first sum below the top.
    """
    children = [child for child in _children(formula) if child.args]
    if not children:
        return None
    widest = max(children, key=leaves)
    inside = bound + tuple(v for v in getattr(formula, "variables", ()) if v not in bound)
    if isinstance(widest, (sp.Add, sp.MatrixBase)):
        return widest, tuple(v for v in inside if v in widest.free_symbols)
    deeper = _widest_part(widest, inside)
    if deeper is None and isinstance(widest, sp.Expr) and not isinstance(widest, sp.Pow):
        return widest, tuple(v for v in inside if v in widest.free_symbols)
    return deeper


def _children(formula: sp.Basic) -> tuple[sp.Basic, ...]:
    """Parts that may be named: a sum's limits and a condition stay as they are."""
    if isinstance(formula, sp.MatrixBase):
        return tuple(formula)
    if isinstance(formula, sp.concrete.expr_with_limits.ExprWithLimits):
        return (formula.function,)
    if isinstance(formula, sp.Piecewise):
        return tuple(branch.expr for branch in formula.args)
    return tuple(formula.args)


def leaves(part: sp.Basic, most: int = 10**9) -> int:
    """How many symbols and numbers an expression holds; counted no further than past ``most``.

    Examples
    --------
    >>> leaves(sp.Symbol("x") + 1)
    2
    """
    count = 0
    for node in sp.preorder_traversal(part):
        count += not node.args
        if count > most:
            break
    return count


def _replaced(formula: sp.Basic, part: sp.Basic, name: sp.Basic) -> sp.Basic:
    return formula.xreplace({part: name})


def _signed(text: str, negative: bool, *, first: bool) -> str:
    """A term with its sign."""
    if negative:
        return f"{{}} - {text}"
    return text if first else f"{{}} + {text}"


def _bracketed(line: str) -> str:
    return rf"\left({line}\right)" if line.startswith("-") else line
