"""A document as one HTML file: no script, no font to load, no network, everything inside.

Main names
----------
render
    The whole document.
Fragments
    Blocks and sentences for another page.

Conventions
-----------
Formulas are SVG outlines that share one sprite of glyphs; each bears its LaTeX as a label.
Figures are SVG in ``img`` elements with a description. A formula shrinks with a narrow window
down to three quarters of its size and then scrolls inside its own box; the page never does.
"""

from __future__ import annotations

import base64
from html import escape

from hebbsym.publish import document as doc
from hebbsym.publish.document import Block, Document, Inline, Section, Text
from hebbsym.publish.glyphs import Drawing, drawing
from hebbsym.publish.style import STYLE

_SMALLEST = 0.72
"""A formula is shrunk on narrow screens to this part of its size at most."""
_MARKS = {True: ("held", "✓ held"), False: ("failed", "✗ failed"), None: ("given", "")}


def render(document: Document) -> str:
    """The page.

    Examples
    --------
    >>> page = render(Document("On nothing", "", (), (), ()))
    >>> page.startswith("<!DOCTYPE html>"), "<script" in page
    (True, False)
    """
    return _Writer(document).page()


class Fragments:
    """Blocks and sentences as HTML for another page, and the glyphs that they share.

    Examples
    --------
    >>> fragments = Fragments()
    >>> fragments.text(("at most ", doc.Code("a<b")))
    'at most <code>a&lt;b</code>'
    >>> fragments.sprite
    ''
    """

    def __init__(self) -> None:
        self._writer = _Writer(Document("", "", (), (), ()))

    def block(self, block: Block) -> str:
        """A block, without references to others."""
        return self._writer.block(block)

    def text(self, text: Text) -> str:
        """A sentence."""
        return self._writer.text(text)

    @property
    def sprite(self) -> str:
        """The outlines of all glyphs used so far; they stand once in the page, in a hidden svg."""
        return "".join(self._writer.glyphs.values())


class _Writer:
    """Blocks and sentences as HTML; collects the glyphs that the formulas use."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.cited = {r.key: r.number for r in document.references}
        self.numbers = _numbers(document)
        self.glyphs: dict[str, str] = {}

    def page(self) -> str:
        document = self.document
        body = [
            f"<header><h1>{escape(document.title)}</h1>",
            f'<p class="subtitle">{escape(document.subtitle)}</p></header>',
            *map(self.block, document.abstract),
            self.contents(),
            *(self.section(s, str(n)) for n, s in enumerate(document.sections, 1)),
            self.references(),
            f"<footer>{escape(document.colophon)}</footer>",
        ]
        sprite = "".join(self.glyphs.values())
        return (
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            '<link rel="icon" href="data:,">\n'
            f"<title>{escape(document.title)}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n"
            f'<svg class="sprite" aria-hidden="true" focusable="false">{sprite}</svg>\n<main>\n'
            + "\n".join(part for part in body if part)
            + "\n</main>\n</body>\n</html>\n"
        )

    def contents(self) -> str:
        if len(self.document.sections) < 2:
            return ""
        lines = []
        for n, section in enumerate(self.document.sections, 1):
            parts = "".join(
                f'<li><a href="#{p.anchor}">{n}.{m} {self.text(p.title)}</a></li>'
                for m, p in enumerate(section.parts, 1)
            )
            inner = f"<ul>{parts}</ul>" if parts else ""
            lines.append(
                f'<li><a href="#{section.anchor}">{n} {self.text(section.title)}</a>{inner}</li>'
            )
        return f'<nav aria-label="Contents"><h2>Contents</h2><ul>{"".join(lines)}</ul></nav>'

    def section(self, section: Section, number: str) -> str:
        tag = f"h{section.level + 1}"
        head = (
            f'<{tag} id="{section.anchor}"><span class="number">{number}</span> '
            f'{self.text(section.title)} <a class="anchor" href="#{section.anchor}" '
            f'aria-label="Link to this section">¶</a></{tag}>'
        )
        body = [self.block(b) for b in section.blocks]
        parts = [self.section(p, f"{number}.{n}") for n, p in enumerate(section.parts, 1)]
        return "\n".join(["<section>", head, *body, *parts, "</section>"])

    def block(self, block: Block) -> str:
        match block:
            case doc.Paragraph(text, quiet):
                kind = ' class="quiet"' if quiet else ""
                return f"<p{kind}>{self.text(text)}</p>"
            case doc.Bullets(items):
                return "<ul>" + "".join(f"<li>{self.text(item)}</li>" for item in items) + "</ul>"
            case doc.Equation():
                return self.equation(block)
            case doc.Steps(steps):
                return '<ol class="steps">' + "".join(map(self.step, steps)) + "</ol>"
            case doc.Result():
                body = "".join(self.block(b) for b in block.blocks)
                return (
                    f'<div class="result"><p class="title"><span>{self.text(block.title)}</span>'
                    f'<span class="badge">{escape(block.badge)}</span></p>{body}</div>'
                )
            case doc.Table():
                return self.table(block)
            case doc.Figure():
                return self.figure(block)

    def step(self, step: doc.Step) -> str:
        kind, mark = _MARKS[step.holds]
        body = "".join(self.block(e) for e in step.equations)
        shown = f'<b class="{kind}">{mark}</b> ' if mark else ""
        evidence = f'<p class="evidence">{shown}{self.text(step.evidence)}</p>'
        return f"<li><p>{self.text(step.reason)}</p>{body}{evidence}</li>"

    def equation(self, block: doc.Equation) -> str:
        lines = []
        for row in block.rows:
            indent = min(drawing(row.left).width, 12.0) + 1.5 if row.left else 1.5
            for n, text in enumerate(row.lines):
                whole = f"{row.left} {text}" if row.left and n == 0 else text
                style = f' style="--indent:{indent:.2f}em"' if n else ""
                kind = "line continued" if n else "line"
                lines.append(f'<div class="{kind}"{style}>{self.formula(whole, "display")}</div>')
        number = f'<span class="eqno">({block.number})</span>' if block.number else ""
        anchor = f' id="{block.anchor}"' if block.anchor else ""
        return (
            f'<div class="equation"{anchor}><div class="lines">{"".join(lines)}</div>{number}</div>'
        )

    def formula(self, latex: str, kind: str) -> str:
        """A formula as SVG on the baseline of its line."""
        art: Drawing = drawing(latex, inline=kind == "inline")
        self.glyphs.update(art.outlines)
        size = f"width:{art.width:.3f}em;vertical-align:{-art.depth:.3f}em"
        if kind == "display":
            size = f"--w:{art.width:.3f}em;--least:{art.width * _SMALLEST:.3f}em"
        label = escape(latex, quote=True)
        return (
            f'<svg class="{kind}" role="img" aria-label="{label}" viewBox="{art.viewbox}" '
            f'style="{size}">{art.body}</svg>'
        )

    def table(self, table: doc.Table) -> str:
        def cells(tag: str, row: tuple[Text, ...]) -> str:
            return "".join(
                f'<{tag} class="{kind}">{self.text(cell)}</{tag}>'
                for kind, cell in zip(table.align, row, strict=True)
            )

        rows = "".join(f"<tr>{cells('td', row)}</tr>" for row in table.rows)
        return (
            f'<figure class="tabular" id="{table.anchor}">'
            f"<figcaption><b>Table {table.number}.</b> {self.text(table.caption)}</figcaption>"
            '<div class="table" role="region" tabindex="0" '
            f'aria-label="{escape(doc.plain(table.caption), quote=True)}"><table>'
            f"<thead><tr>{cells('th', table.columns)}</tr></thead><tbody>{rows}</tbody></table></div>"
            "</figure>"
        )

    def figure(self, figure: doc.Figure) -> str:
        data = base64.b64encode(figure.svg).decode("ascii")
        return (
            f'<figure id="{figure.anchor}"><img alt="{escape(figure.alt, quote=True)}" '
            f'src="data:image/svg+xml;base64,{data}">'
            f"<figcaption><b>Figure {figure.number}.</b> {self.text(figure.caption)}</figcaption></figure>"
        )

    def references(self) -> str:
        if not self.document.references:
            return ""
        items = []
        for r in self.document.references:
            shown = escape(doc.short_link(r.link))
            link = f' <a href="{escape(r.link, quote=True)}">{shown}</a>' if r.link else ""
            items.append(f'<li id="ref-{r.key}">{self.text(r.text)}{link}</li>')
        return (
            '<section><h2 id="references">References</h2><ol class="references">'
            + "".join(items)
            + "</ol></section>"
        )

    def text(self, text: Text) -> str:
        return "".join(map(self.inline, text))

    def inline(self, part: Inline) -> str:
        match part:
            case str():
                return escape(part, quote=False)
            case doc.Math(latex):
                return self.formula(latex, "inline")
            case doc.Code(words):
                return f"<code>{escape(words).replace(':', ':<wbr>').replace('_', '_<wbr>')}</code>"
            case doc.Emph(words, "title"):
                return f"<i>{escape(words)}</i>"
            case doc.Emph(words, tone):
                return f'<b class="{tone}">{escape(words)}</b>'
            case doc.Cite(key):
                return f'<a class="cite" href="#ref-{key}">[{self.cited[key]}]</a>'
            case doc.Ref(anchor):
                shown = str(self.numbers[anchor])
                shown = f"({shown})" if anchor.startswith("eq-") else shown
                return f'<a href="#{anchor}">{shown}</a>'
            case doc.Number():
                return _number(part)


def _number(number: doc.Number) -> str:
    mantissa, error, power = number.parts()
    shown = f"{mantissa} ± {error}" if error else mantissa
    if power:
        shown = (f"({shown})" if error else shown) + f" × 10<sup>{power}</sup>"
    return f'<span class="num">{shown.replace("-", "−")}</span>'


def _numbers(document: Document) -> dict[str, int]:
    """The number of every equation, table and figure, by its anchor."""
    numbers: dict[str, int] = {}
    for block in document.blocks:
        inner: tuple[object, ...] = (block,)
        if isinstance(block, doc.Result):
            inner = block.blocks
        elif isinstance(block, doc.Steps):
            inner = tuple(e for step in block.steps for e in step.equations)
        for part in inner:
            if isinstance(part, (doc.Equation, doc.Table, doc.Figure)) and part.anchor:
                numbers[part.anchor] = part.number
    return numbers
