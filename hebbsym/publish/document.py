"""The document that every output format is rendered from: a tree of frozen records.

Main names
----------
Document, Section
    The whole, and its parts.
Paragraph, Bullets, Equation, Step, Result, Table, Figure
    The blocks of a section.
Math, Code, Emph, Cite, Ref, Number
    What a sentence may contain beside plain text.

Conventions
-----------
No markup of any format is in here, except formulas: LaTeX strings that
:func:`hebbsym.notation.latex` made. Widths of formulas are decided before (see
:mod:`hebbsym.publish.layout`), so that all formats break a formula at the same places.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Math:
    """A short formula inside a sentence."""

    latex: str


@dataclass(frozen=True)
class Code:
    """A name as a user types it."""

    text: str


@dataclass(frozen=True)
class Emph:
    """Words that are set apart: ``strong`` for the outcome of a check."""

    text: str
    tone: str = "strong"
    """``strong``, ``good``, ``bad`` or ``open``."""


@dataclass(frozen=True)
class Cite:
    """A reference to the bibliography, by its key."""

    key: str


@dataclass(frozen=True)
class Ref:
    """A reference to a numbered equation, table or figure, by its anchor."""

    anchor: str


@dataclass(frozen=True)
class Number:
    """A decimal number with its standard error, where it has one.

    Examples
    --------
    >>> Number(0.0123456, 0.00012).parts()
    ('0.01235', '0.00012', 0)
    >>> Number(12.5).parts()
    ('12.50', '', 0)
    """

    value: float
    stderr: float | None = None
    digits: int = 4

    def parts(self) -> tuple[str, str, int]:
        """Mantissa, standard error in the same unit, and the power of ten (0 for plain numbers)."""
        size = max(abs(self.value), self.stderr or 0.0)
        if size != size or size in (float("inf"), 0.0):
            return (f"{self.value:g}", "", 0)
        power = int(f"{size:e}".partition("e")[2])
        shown = 0 if -3 < power < self.digits + 1 else power
        mantissa, error = self.value / 10.0**shown, (self.stderr or 0.0) / 10.0**shown
        decimals = max(0, self.digits - 1 - (power - shown))
        if self.stderr:
            finest = int(f"{error:e}".partition("e")[2])
            decimals = min(9, max(decimals, 1 - finest))
        return (f"{mantissa:.{decimals}f}", f"{error:.{decimals}f}" if self.stderr else "", shown)


Inline = str | Math | Code | Emph | Cite | Ref | Number
Text = tuple[Inline, ...]


@dataclass(frozen=True)
class Row:
    """One equation over one or several lines: ``left`` stands before the first one only."""

    left: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Equation:
    """Equations that belong together, with one number when there is an anchor."""

    rows: tuple[Row, ...]
    anchor: str = ""
    number: int = 0

    @property
    def latex(self) -> str:
        """The whole in one line, for those who cannot see it set."""
        rows = (f"{row.left} {' '.join(row.lines)}".strip() for row in self.rows)
        return ",\\quad ".join(rows)


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; ``quiet`` for remarks."""

    text: Text
    quiet: bool = False


@dataclass(frozen=True)
class Bullets:
    """An unordered list."""

    items: tuple[Text, ...]


@dataclass(frozen=True)
class Step:
    """A numbered line of a derivation: why it holds, the equation, and what verified it."""

    reason: Text
    equations: tuple[Equation | Paragraph, ...]
    holds: bool | None
    evidence: Text


@dataclass(frozen=True)
class Steps:
    """The numbered lines of one derivation."""

    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Result:
    """A result set in a box: its title and what stands in it."""

    title: Text
    badge: str
    blocks: tuple[Equation | Paragraph, ...]


@dataclass(frozen=True)
class Table:
    """A table: ``align`` has one of ``l r c`` for each column; ``wide`` ones hold running text."""

    anchor: str
    number: int
    caption: Text
    columns: tuple[Text, ...]
    align: str
    rows: tuple[tuple[Text, ...], ...]
    weights: tuple[float, ...] = ()
    """Relative widths of the columns, for formats that need them; all equal when empty."""


@dataclass(frozen=True)
class Figure:
    """A picture as SVG and as PDF; ``alt`` says in words what it shows."""

    anchor: str
    number: int
    name: str
    caption: Text
    alt: str
    svg: bytes = field(repr=False)
    pdf: bytes = field(repr=False)


Block = Paragraph | Bullets | Equation | Steps | Result | Table | Figure


@dataclass(frozen=True)
class Section:
    """A section (level 1) or a part of one (level 2)."""

    title: Text
    anchor: str
    blocks: tuple[Block, ...] = ()
    parts: tuple[Section, ...] = ()
    level: int = 1


@dataclass(frozen=True)
class Reference:
    """An entry of the bibliography as it is printed."""

    key: str
    number: int
    text: Text
    link: str = ""


@dataclass(frozen=True)
class Document:
    """A whole document.

    Examples
    --------
    >>> empty = Document("On nothing", "", (Paragraph(("Nothing.",)),), (), ())
    >>> list(empty.figures)
    []
    """

    title: str
    subtitle: str
    abstract: tuple[Block, ...]
    sections: tuple[Section, ...]
    references: tuple[Reference, ...]
    colophon: str = ""

    @property
    def blocks(self) -> Iterator[Block]:
        """All blocks in the order in which they are read."""
        yield from self.abstract
        waiting = list(reversed(self.sections))
        while waiting:
            section = waiting.pop()
            yield from section.blocks
            waiting.extend(reversed(section.parts))

    @property
    def figures(self) -> Iterator[Figure]:
        """All figures in the order in which they are read."""
        return (block for block in self.blocks if isinstance(block, Figure))


def short_link(link: str) -> str:
    """An address as it is printed.

    Examples
    --------
    >>> short_link("https://doi.org/10.1000/182"), short_link("https://example.org/a")
    ('doi:10.1000/182', 'example.org/a')
    """
    return link.replace("https://doi.org/", "doi:").removeprefix("https://")


def plain(text: Text) -> str:
    """A sentence without any setting, for titles and for those who cannot see it.

    Examples
    --------
    >>> plain(("Only ", Code("c_0"), ", ", Math(r"z^{2}"), " and ", Number(1.5)))
    'Only c_0, z^2 and 1.500'
    """
    return "".join(_plain(part) for part in text)


def _plain(part: Inline) -> str:
    match part:
        case str():
            return part
        case Math(latex):
            return re.sub(r"\\mathrm|[\\{}]", "", latex)
        case Code(words) | Emph(words):
            return words
        case Cite(name) | Ref(name):
            return f"[{name}]"
        case Number():
            mantissa, error, power = part.parts()
            shown = f"{mantissa} ± {error}" if error else mantissa
            return shown if power == 0 else f"({shown}) × 10^{power}"
