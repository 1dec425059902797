"""Theorems as a document: statement, assumptions, every step with how it was verified.

Main names
----------
theorem_report
    HTML, LaTeX and PDF of theorems.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import sympy as sp

from hebbsym.claim import Verified
from hebbsym.errors import InvalidValue
from hebbsym.files import writable
from hebbsym.publish import document as doc
from hebbsym.publish.document import Block, Code, Document, Emph, Section
from hebbsym.publish.equations import Equations
from hebbsym.publish.prose import capital, full_stop, sentence
from hebbsym.publish.references import Entry, bibliography
from hebbsym.publish.reporting import Report, made_by, written
from hebbsym.publish.steps import Counts, derivation_step, reference_list, source_line

if TYPE_CHECKING:
    from hebbsym.theorems import Theorem


def theorem_report(
    theorems: Sequence[tuple[Theorem, Sequence[Verified]]],
    to: str | os.PathLike[str] = "out/",
    *,
    pdf: bool = True,
) -> Report:
    """Write theorems that were verified.

    Parameters
    ----------
    theorems : sequence of (theorem, its verified steps)
    to : path
        The folder, made if need be.
    pdf : bool
        Whether latexmk is run, where it is found.

    Raises
    ------
    UnwritableOutput
        When the folder cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from hebbsym.theorems import load, verify
    >>> one = load()["activity_product"]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     theorem_report([(one, verify(one))], folder, pdf=False).tex.name
    'report.tex'
    """
    if not theorems:
        raise InvalidValue("there is no theorem to typeset")
    known = bibliography()
    counts = Counts()
    sections = tuple(
        _section(theorem, steps, number, counts, known, alone=len(theorems) == 1)
        for number, (theorem, steps) in enumerate(theorems, 1)
    )
    holds = [v.holds for _, steps in theorems for v in steps if v.holds is not None]
    tone = "good" if all(holds) else "bad"
    steps = sum(len(proof) for _, proof in theorems)
    opening = f"{len(theorems)} theorems. " if len(theorems) > 1 else ""
    abstract = (
        doc.Paragraph(
            (
                f"{opening}Of {steps} steps {len(holds)} carry evidence that was run when this was made: ",
                Emph(f"{sum(holds)} held", tone),
                ".",
            )
        ),
    )
    title = doc.plain(sentence(theorems[0][0].title)) if len(theorems) == 1 else "Theorems"
    references = reference_list([theorem.source for theorem, _ in theorems], known)
    document = Document(capital(title), "", abstract, sections, references, made_by())
    return written(document, writable(to), pdf)


def _section(
    theorem: Theorem,
    steps: Sequence[Verified],
    number: int,
    counts: Counts,
    known: Mapping[str, Entry],
    alone: bool,
) -> Section:
    """``alone``: the document bears the theorem's title, and is not told it again."""
    prefix = f"theorem{number}"
    formulas = [*theorem.statement, *(v.step.equation for v in steps)]
    taken = {str(s) for formula in formulas for s in formula.atoms(sp.Symbol)}
    equations = Equations(prefix, counts.equation, taken)
    boxed: list[doc.Equation | doc.Paragraph] = []
    for paragraph in theorem.prose.split("\n\n"):
        if paragraph.strip():
            boxed.append(doc.Paragraph(sentence(" ".join(paragraph.split()))))
    for statement in theorem.statement:
        boxed += equations.shown(statement, None, numbered=True)
    title = sentence(capital(theorem.title))
    name = (Code(theorem.name),) if alone else (*title, "  ", Code(theorem.name))
    blocks: list[Block] = [doc.Result(name, "theorem", tuple(boxed))]
    if theorem.assumptions:
        blocks.append(doc.Paragraph(("Assumed:",)))
        blocks.append(doc.Bullets(tuple(sentence(full_stop(a)) for a in theorem.assumptions)))
    blocks.append(doc.Paragraph(source_line(theorem.source, known), quiet=True))
    if theorem.exhibits is not None:
        blocks += theorem.exhibits(counts)
    shown = tuple(derivation_step(v, equations) for v in steps)
    blocks += [doc.Paragraph((Emph("Derivation."),)), doc.Steps(shown)]
    return Section(("Statement and derivation",) if alone else title, prefix, tuple(blocks))
