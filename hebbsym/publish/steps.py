"""What every document of derivations shares: steps, sources, references, running numbers.

Main names
----------
derivation_step
    A verified step with its reason and its outcome.
source_line, reference_list
    A source with citations, and what is cited.
Counts
    Running numbers of equations, tables and figures.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sympy as sp

from hebbsym.claim import Verified
from hebbsym.publish import document as doc
from hebbsym.publish.document import Cite, Text
from hebbsym.publish.equations import Equations
from hebbsym.publish.prose import full_stop, sentence
from hebbsym.publish.references import Entry, keys_in


class Counts:
    """Running numbers of equations, tables and figures over the whole document."""

    def __init__(self) -> None:
        self.equations = self.tables = self.figures = 0

    def table(self) -> int:
        """The number of the next table."""
        self.tables += 1
        return self.tables

    def figure(self) -> int:
        """The number of the next figure."""
        self.figures += 1
        return self.figures

    def equation(self) -> int:
        """The number of the next equation."""
        self.equations += 1
        return self.equations


def source_line(source: str, known: Mapping[str, Entry]) -> Text:
    """The source, with a citation after each key that it names."""
    parts: list[doc.Inline] = ["Source: "]
    rest = source
    for key in keys_in(source, known):
        before, _, rest = rest.partition(key)
        parts += [*sentence(before), Cite(key)]
    return (*parts, *sentence(rest), ".")


def derivation_step(verified: Verified, equations: Equations) -> doc.Step:
    """A step: its reason, its equation, and what verifying it gave."""
    step = verified.step
    evidence: Text = ("Stated; nothing is checked here.",)
    if step.evidence is not None:
        evidence = (step.evidence.method.value, ": ", *sentence(full_stop(step.evidence.statement)))
    shown = (
        ()
        if isinstance(step.equation, sp.logic.boolalg.BooleanAtom)
        else equations.shown(step.equation)
    )
    return doc.Step(sentence(full_stop(step.reason)), tuple(shown), verified.holds, evidence)


def reference_list(sources: Iterable[str], known: Mapping[str, Entry]) -> tuple[doc.Reference, ...]:
    """The references that sources name, numbered in the order of their first mention."""
    cited: dict[str, int] = {}
    for source in sources:
        for key in keys_in(source, known):
            cited.setdefault(key, len(cited) + 1)
    return tuple(
        doc.Reference(key, n, known[key].text, known[key].link) for key, n in cited.items()
    )
