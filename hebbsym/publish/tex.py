r"""A document as LaTeX for pdflatex.

Main names
----------
render
    The whole document.
escape
    Plain text with the characters that TeX gives a meaning, and those its fonts lack.
equation
    One group of equations; ``claim_latex`` uses it for a snippet.

Conventions
-----------
No date, no path and no name of a machine is in the source, and the PDF's own identifiers are
switched off, so that the same document gives the same bytes. Lines of formulas are broken
before they come here; ``\fit`` shrinks one that is too wide all the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from hebbsym.publish import document as doc
from hebbsym.publish.document import Block, Document, Inline, Section, Text

_PREAMBLE = r"""\documentclass[11pt,a4paper]{article}
\pdfinfoomitdate=1 \pdftrailerid{} \pdfsuppressptexinfo=-1
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{lmodern}
\usepackage[margin=2.4cm,top=2.6cm,bottom=2.6cm]{geometry}
\usepackage{amsmath,amssymb}
\usepackage{graphicx,xcolor,booktabs,longtable,array,microtype}
\usepackage[hidelinks,pdfcreator={hebbsym},pdfproducer={pdfTeX}]{hyperref}
\definecolor{accent}{HTML}{1F4E79}\definecolor{tint}{HTML}{F3F7FB}
\definecolor{edge}{HTML}{C9D8E6}\definecolor{good}{HTML}{1B6E3C}
\definecolor{bad}{HTML}{A61C28}\definecolor{open}{HTML}{8A5A00}\definecolor{quiet}{HTML}{555555}
\allowdisplaybreaks
\emergencystretch=3em
\setlength{\parindent}{0pt}\setlength{\parskip}{0.55em plus 0.2em minus 0.1em}
\setlength{\jot}{5pt}\setlength{\LTcapwidth}{\textwidth}\raggedbottom
\newsavebox{\fitbox}\newlength{\fitleft}
% \fit{line}: a line of a display, shrunk when it is wider than the room beside its left side
\newcommand{\fit}[1]{\savebox{\fitbox}{$\displaystyle #1$}%
\ifdim\wd\fitbox>\dimexpr\linewidth-\fitleft-3.4em\relax
\resizebox{\dimexpr\linewidth-\fitleft-3.4em\relax}{!}{\usebox{\fitbox}}\else\usebox{\fitbox}\fi}
\makeatletter\setlength{\@fptop}{0pt}\setlength{\@fpsep}{2em}\makeatother
\newsavebox{\resultbox}
\newenvironment{result}{\par\begin{lrbox}{\resultbox}%
\begin{minipage}{\dimexpr\linewidth-20pt\relax}\setlength{\parskip}{0.4em}}%
{\end{minipage}\end{lrbox}{\fboxsep=9pt\noindent\fcolorbox{edge}{tint}{\usebox{\resultbox}}\par}}
\newcolumntype{L}[1]{>{\raggedright\arraybackslash\hspace{0pt}}p{#1}}
\newcolumntype{R}[1]{>{\raggedleft\arraybackslash\hspace{0pt}}p{#1}}
\newcolumntype{C}[1]{>{\centering\arraybackslash\hspace{0pt}}p{#1}}
"""
_BOXED = 42
"""Lines of text that are set in a box, which no page break may cut; a formula takes three."""
_LINE = 95
"""Characters of prose on a line."""
_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
    "%": r"\%", "_": r"\_", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\ensuremath{<}", ">": r"\ensuremath{>}", "|": r"\ensuremath{|}",
    "−": r"\ensuremath{-}", "≠": r"\ensuremath{\neq}", "≤": r"\ensuremath{\leq}",
    "≥": r"\ensuremath{\geq}", "→": r"\ensuremath{\to}", "×": r"\ensuremath{\times}",
    "±": r"\ensuremath{\pm}", "·": r"\ensuremath{\cdot}", "∞": r"\ensuremath{\infty}",
    "≈": r"\ensuremath{\approx}", "√": r"\ensuremath{\surd}", "∈": r"\ensuremath{\in}",
    "✓": r"\ensuremath{\checkmark}", "✗": r"\ensuremath{\times}", "∑": r"\ensuremath{\sum}",
    "²": r"\textsuperscript{2}", "³": r"\textsuperscript{3}", "½": r"\textonehalf{}",
    "\u00a0": "~", "\u2009": r"\,",
}  # fmt: skip
_GREEK = {
    unicodedata.lookup(f"GREEK {case} LETTER {name.upper().replace('LAMBDA', 'LAMDA')}"): (
        name.capitalize() if case == "CAPITAL" else name
    )
    for case, names in {
        "SMALL": (
            "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "kappa", "lambda",
            "mu", "nu", "xi", "pi", "rho", "sigma", "tau", "phi", "chi", "psi", "omega",
        ),
        "CAPITAL": (
            "gamma", "delta", "theta", "lambda", "xi", "pi", "sigma", "phi", "psi", "omega",
        ),
    }.items()
    for name in names
}  # fmt: skip
_TONES = {"good": "good", "bad": "bad", "open": "open"}


def render(document: Document) -> str:
    """The LaTeX source of a document.

    Examples
    --------
    >>> source = render(Document("On nothing", "", (), (), ()))
    >>> source.splitlines()[-1]
    '\\\\end{document}'
    """
    write = _Writer()
    lines = [
        _PREAMBLE,
        rf"\hypersetup{{pdftitle={{{escape(document.title)}}}}}",
        r"\begin{document}",
        rf"{{\raggedright\LARGE\bfseries\color{{accent}}{escape(document.title)}\par}}",
        rf"{{\raggedright\color{{quiet}}{escape(document.subtitle)}\par}}\bigskip",
        *map(write.block, document.abstract),
        r"\tableofcontents" if len(document.sections) > 1 else "",
        *map(write.section, document.sections),
        write.references(document.references),
        rf"\bigskip{{\footnotesize\color{{quiet}}{escape(document.colophon)}\par}}",
        r"\end{document}",
    ]
    return "\n".join(line for line in lines if line) + "\n"


def escape(text: str) -> str:
    r"""Plain text for TeX.

    Examples
    --------
    >>> escape("50 % of a_b, Σ ≥ é")
    '50 \\% of a\\_b, \\ensuremath{\\Sigma} \\ensuremath{\\geq} é'
    """
    return "".join(map(_character, text))


def _character(character: str) -> str:
    if character in _SPECIAL:
        return _SPECIAL[character]
    if character in _GREEK:
        return rf"\ensuremath{{\{_GREEK[character]}}}"
    if character.isprintable() and (ord(character) < 0x180 or character in "–—‘’“”…"):
        return character
    return " " if character.isspace() else f"[U+{ord(character):04X}]"


def equation(block: doc.Equation, line: Callable[[str], str] = r"\fit{{{}}}".format) -> str:
    r"""A group of equations as one ``align``; its number stands at the first line.

    Examples
    --------
    >>> print(equation(doc.Equation((doc.Row("y", ("{} = x",)),)), line="{}".format))
    \begin{align*}
    y & {} = x
    \end{align*}
    """
    star = "" if block.anchor else "*"
    lines: list[str] = []
    for row in block.rows:
        for n, text in enumerate(row.lines):
            indent = r"\quad " if n and row.left else ""
            tag = "" if not block.anchor or not lines else r" \notag"
            label = rf" \label{{{block.anchor}}}" if block.anchor and not lines else ""
            left = row.left if n == 0 else ""
            lines.append(f"{left} & {indent}{line(text)}{label}{tag}".strip())
    body = " \\\\\n".join(lines)
    return f"\\begin{{align{star}}}\n{body}\n\\end{{align{star}}}"


def words(text: Text) -> str:
    r"""A sentence as LaTeX.

    Examples
    --------
    >>> words(("50 % of ", doc.Math("x_{i}")))
    '50 \\% of \\ensuremath{x_{i}}'
    """
    return _Writer().text(text)


class _Writer:
    """Blocks and sentences as LaTeX."""

    def section(self, section: Section) -> str:
        command = ("section", "subsection", "subsubsection")[section.level - 1]
        plain = escape(doc.plain(section.title).replace("^", ""))
        title = rf"\texorpdfstring{{{self.text(section.title)}}}{{{plain}}}"
        head = rf"\{command}{{{title}}}\label{{{section.anchor}}}"
        body = [self.block(b) for b in section.blocks]
        return "\n\n".join([head, *body, *map(self.section, section.parts)])

    def block(self, block: Block) -> str:
        match block:
            case doc.Paragraph(text, quiet):
                words = self.text(text)
                return rf"{{\small\color{{quiet}}{words}\par}}" if quiet else words + r"\par"
            case doc.Bullets(items):
                lines = "\n".join(rf"\item {self.text(item)}" for item in items)
                return (
                    f"\\begin{{itemize}}\\setlength{{\\itemsep}}{{0pt}}\n{lines}\n\\end{{itemize}}"
                )
            case doc.Equation():
                return self.equation(block)
            case doc.Steps(steps):
                return self.steps(steps)
            case doc.Result():
                return self.result(block)
            case doc.Table():
                return self.table(block)
            case doc.Figure():
                return self.figure(block)

    def equation(self, block: doc.Equation) -> str:
        """The display, told before how much room its widest left side takes."""
        lefts = {row.left for row in block.rows if row.left}
        room = [r"\setlength{\fitleft}{0pt}"]
        room += [
            rf"\settowidth{{\dimen0}}{{$\displaystyle {left}$}}"
            r"\ifdim\dimen0>\fitleft\setlength{\fitleft}{\dimen0}\fi"
            for left in sorted(lefts)
        ]
        return "%\n".join(room) + "\n" + equation(block)

    def result(self, block: doc.Result) -> str:
        """A box that stays on one page; what is longer than that stands between rules."""
        title = rf"\textbf{{\color{{accent}}{self.text(block.title)}}}"
        badge = rf"\hspace{{0.8em}}\null\hfill{{\small\scshape\color{{quiet}}{escape(block.badge)}}}\par"
        body = "\n".join(self.block(b) for b in block.blocks)
        formulas = sum(
            len(r.lines) for b in block.blocks if isinstance(b, doc.Equation) for r in b.rows
        )
        prose = sum(
            1 + len(doc.plain(b.text)) // _LINE
            for b in block.blocks
            if isinstance(b, doc.Paragraph)
        )
        if 3 * formulas + prose <= _BOXED:
            return f"\\begin{{result}}\n{title}{badge}\n{body}\n\\end{{result}}"
        rule = r"{\color{edge}\hrule}\par"
        return f"\\begin{{result}}\n{title}{badge}\n\\end{{result}}\n{body}\n{rule}"

    def steps(self, steps: tuple[doc.Step, ...]) -> str:
        items = []
        for step in steps:
            mark = _MARKS[step.holds]
            body = "\n".join(self.block(e) for e in step.equations)
            evidence = rf"{{\small {mark} \color{{quiet}}{self.text(step.evidence)}\par}}"
            items.append(f"\\item {self.text(step.reason)}\n{body}\n{evidence}")
        inside = "\n".join(items)
        return f"\\begin{{enumerate}}\n{inside}\n\\end{{enumerate}}"

    def table(self, table: doc.Table) -> str:
        weights = table.weights or (1.0,) * len(table.columns)
        share = 1 / sum(weights)
        spec = "".join(
            rf"{kind.upper()}{{\dimexpr {weight * share:.4f}\linewidth-2\tabcolsep\relax}}"
            for kind, weight in zip(table.align, weights, strict=True)
        )
        head = " & ".join(rf"\textbf{{{self.text(c)}}}" for c in table.columns)
        rows = "\n".join(" & ".join(map(self.text, row)) + r" \\" for row in table.rows)
        return (
            rf"{{\footnotesize\setlength{{\tabcolsep}}{{3pt}}\begin{{longtable}}{{@{{}}{spec}@{{}}}}"
            f"\n\\caption{{{self.text(table.caption)}}}\\label{{{table.anchor}}}\\\\\n\\toprule {head} "
            "\\\\ \\midrule \\endfirsthead\n"
            f"\\toprule {head} \\\\ \\midrule \\endhead\n{rows}\n\\bottomrule\n\\end{{longtable}}}}"
        )

    def figure(self, figure: doc.Figure) -> str:
        return (
            "\\begin{figure}[!htbp]\\centering\n"
            rf"\includegraphics[width=\linewidth]{{{figure.name}.pdf}}"
            f"\n\\caption{{{self.text(figure.caption)}}}\\label{{{figure.anchor}}}\n\\end{{figure}}"
        )

    def references(self, references: tuple[doc.Reference, ...]) -> str:
        if not references:
            return ""
        items = []
        for r in references:
            link = (
                rf" \href{{{_url(r.link)}}}{{{_breakable(doc.short_link(r.link))}}}"
                if r.link
                else ""
            )
            items.append(rf"\bibitem{{{r.key}}} {self.text(r.text)}{link}")
        return (
            "\\begin{thebibliography}{99}\\raggedright\n"
            + "\n".join(items)
            + "\n\\end{thebibliography}"
        )

    def text(self, text: Text) -> str:
        return "".join(map(self.inline, text))

    def inline(self, part: Inline) -> str:
        match part:
            case str():
                return escape(part)
            case doc.Math(latex):
                return rf"\ensuremath{{{latex}}}"
            case doc.Code(words):
                return rf"\texttt{{{_breakable(words)}}}"
            case doc.Emph(words, "title"):
                return rf"\emph{{{escape(words)}}}"
            case doc.Emph(words, tone):
                colour = rf"\color{{{_TONES[tone]}}}" if tone in _TONES else ""
                return rf"\textbf{{{colour}{escape(words)}}}"
            case doc.Cite(key):
                return rf"\cite{{{key}}}"
            case doc.Ref(anchor):
                return (
                    rf"\ref{{{anchor}}}" if not anchor.startswith("eq-") else rf"(\ref{{{anchor}}})"
                )
            case doc.Number():
                mantissa, error, power = part.parts()
                shown = rf"{mantissa} \pm {error}" if error else mantissa
                if power and error:
                    shown = rf"({shown})"
                unit = rf" \times 10^{{{power}}}" if power else ""
                return rf"\ensuremath{{{shown}{unit}}}"


_MARKS = {
    True: r"\textcolor{good}{\ensuremath{\checkmark}\ held}:",
    False: r"\textcolor{bad}{\ensuremath{\times}\ failed}:",
    None: r"",
}


def _breakable(words: str) -> str:
    """A name that may be broken after its marks."""
    return re.sub(r"(\\_|[:/.,(=-])", r"\1\\allowbreak{}", escape(words))


def _url(link: str) -> str:
    """An address inside ``href``: only the characters that TeX reads itself are escaped."""
    return re.sub(r"([%#&_{}~^\\])", r"\\\1", link)
