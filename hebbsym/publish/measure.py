r"""Widths of formulas, estimated in one pass over their LaTeX.

Setting a formula to learn its width takes ziamath tens of milliseconds, and much longer when it
is nested; breaking a long formula asks for thousands of widths. This module adds up the
widths of the glyphs by the rules of TeX that matter (scripts are smaller, a fraction is as wide
as its wider part) and leaves out kerning. Estimates are within a few per cent of what TeX makes
of them, and on the wide side.

Main names
----------
width
    Width of a formula in em, as Latin Modern needs it.
"""

from __future__ import annotations

import re
from functools import lru_cache

from hebbsym.publish.glyphs import drawing

MARGIN = 1.02
"""Latin Modern over STIX Two, whose glyphs are measured; scripts and brackets are wide already."""
_TOKEN = re.compile(r"\\[a-zA-Z]+\*?|\\.|\s+|.", re.DOTALL)
_SPACES = {r"\,": 1 / 6, r"\:": 2 / 9, r"\;": 5 / 18, r"\quad": 1.0, r"\!": -1 / 6, r"\ ": 1 / 3}
_BINARY = frozenset(("+", "-", r"\times", r"\cdot", r"\pm", r"\wedge", r"\vee"))
_RELATION = frozenset(
    ("=", "<", ">", r"\neq", r"\leq", r"\geq", r"\sim", r"\approx", r"\to", r"\propto", r"\in")
)
_NAMED = frozenset(
    (r"\log", r"\exp", r"\sin", r"\cos", r"\tan", r"\tanh", r"\max", r"\min", r"\lim", r"\atop")
)
_WORDS = frozenset((r"\operatorname", r"\mathrm", r"\mathsf", r"\mathbf", r"\text", r"\textrm"))
_NOTHING = frozenset(
    (
        r"\limits", r"\nolimits", r"\displaystyle", r"\textstyle", r"\left", r"\right", "{", "}", "&",
        r"\hat", r"\bar", r"\tilde", r"\dot", r"\vec", r"\overline", r"\underline", r"\widehat",
        r"\mathcal", r"\mathbb", r"\mathbf", r"\mathit", r"\boldsymbol", r"\not",
    )
)  # fmt: skip
"""Commands that are as wide as what follows them."""
_SCRIPT = 0.73
_LETTER = 0.5
_THIN = 1 / 6
_TALL = re.compile(r"\\(?:frac|sum|int|binom|prod|begin)")


def width(latex: str) -> float:
    r"""Width of a formula in em of its own size.

    Examples
    --------
    >>> width("a") < width("a + b") < width(r"\sum_{k=0}^{K - 1} {\binom{K - 1}{k}} a^{k}")
    True
    >>> width(r"\frac{a b c}{2}") < width("a b c a")
    True
    """
    return MARGIN * _Reader(latex).row("")


class _Reader:
    """One pass over the tokens of a formula, adding up widths."""

    def __init__(self, latex: str) -> None:
        self.tokens = _TOKEN.findall(latex)
        self.at = 0

    def row(self, end: str) -> float:
        """Width of everything up to the token ``end`` (or the end of the text)."""
        total = 0.0
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            if token == end:
                break
            total += self.scripts() if token in "^_" else self.atom()
        self.at += 1
        return total

    def scripts(self) -> float:
        """A superscript and a subscript stand above each other."""
        widest = 0.0
        while self.at < len(self.tokens) and self.tokens[self.at] in ("^", "_"):
            self.at += 1
            widest = max(widest, _SCRIPT * self.atom())
        return widest + 0.05

    def atom(self) -> float:
        """One token with its arguments."""
        token = self.tokens[self.at]
        self.at += 1
        if token == "{":
            return self.row("}")
        if token in (r"\frac", r"\tfrac", r"\binom"):
            return max(self.atom(), self.atom()) + (1.5 if token == r"\binom" else 0.4)
        if token == r"\sqrt":
            return self.atom() + 1.0
        if token == r"\left":
            return self.fenced()
        if token == r"\begin":
            return self.environment()
        if token in _WORDS:
            return self.words() + (_THIN if token == r"\operatorname" else 0.0)
        return _glyph(token)

    def words(self) -> float:
        """Upright letters in braces, about half an em each."""
        start = self.at
        while self.at < len(self.tokens) and self.tokens[self.at] != "}":
            self.at += 1
        self.at += 1
        return _LETTER * max(0, sum(map(len, self.tokens[start : self.at])) - 2)

    def fenced(self) -> float:
        """Brackets that grow with what is inside."""
        start = self.at
        self.at += 1  # the opening delimiter
        inside = self.row(r"\right")
        self.at += 1  # the closing delimiter
        tall = _TALL.search("".join(self.tokens[start : self.at])) is not None
        return inside + (1.5 if tall else 0.95)

    def environment(self) -> float:
        """A matrix or cases: the widest cells of its columns, and the spaces between them."""
        self.words()
        columns: dict[int, float] = {}
        cell, filled = 0, 0.0
        while self.at < len(self.tokens) and self.tokens[self.at] != r"\end":
            token = self.tokens[self.at]
            if token in ("&", r"\\"):
                self.at += 1
                cell, filled = (cell + 1 if token == "&" else 0), 0.0
            else:
                filled += self.scripts() if token in "^_" else self.atom()
                columns[cell] = max(columns.get(cell, 0.0), filled)
        self.at += 1
        self.words()
        return sum(columns.values()) + 1.1 * len(columns)


@lru_cache(maxsize=4096)
def _glyph(token: str) -> float:
    if token.isspace() or token in _NOTHING:
        return 0.0
    if token in _SPACES:
        return _SPACES[token]
    if token in _BINARY or token in _RELATION:
        return drawing(token).width + (4 / 9 if token in _BINARY else 5 / 9)
    if token in _NAMED:
        return _LETTER * (len(token) - 1) + _THIN
    return drawing(token).width + (_THIN if token in (r"\sum", r"\int", r"\prod") else 0.0)
