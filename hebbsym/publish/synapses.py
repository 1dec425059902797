"""Capacity against the number of synapses: the one table, and the picture of it.

Main names
----------
synapse_exhibits
    Both as blocks of a document, for a theorem to show.
Counted, counted
    The rows at several sizes.
synapses_figure
    The picture; SVG and PDF.
synapses_report
    Both as a document of their own.

Conventions
-----------
Sizes, seeds and numbers of networks of a theorem's page are fixed here, so that it can be had again byte by byte.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp

from hebbsym.capacity.cover import load_with_errors
from hebbsym.files import writable
from hebbsym.numeric import evaluate
from hebbsym.publish import document as doc
from hebbsym.publish.canvas import (
    COLOURS,
    MARKERS,
    blank_panels,
    drawing,
    file_bytes,
    plain_ticks,
)
from hebbsym.publish.document import Block, Code, Math, Number, Text
from hebbsym.publish.references import bibliography
from hebbsym.publish.reporting import Report, made_by, written
from hebbsym.publish.steps import Counts, reference_list
from hebbsym.synapsecount import EPSILON, Row, synapse_table

SIZES = (15, 30, 60)
NETWORKS = (120, 60, 16)
_SEED = 1
_COUNTS = {3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight"}


@dataclass(frozen=True)
class Counted:
    """The rows of the table at several sizes, for one share of errors."""

    sizes: tuple[int, ...]
    rows: tuple[tuple[Row, ...], ...]
    share: sp.Expr = EPSILON

    @property
    def ratio(self) -> float:
        """The z^2 that the criterion demands."""
        return float(evaluate(2 * sp.erfcinv(2 * self.share) ** 2))

    @property
    def limit(self) -> float:
        """Patterns for each synapse that no weights exceed at that share of errors."""
        return float(evaluate(load_with_errors(self.share)))


def counted(sizes: Sequence[int] = SIZES, networks: Sequence[int] = NETWORKS) -> Counted:
    """Capacity, synapses and bounds at several sizes; nothing is simulated where networks are 0.

    Examples
    --------
    >>> found = counted((30,), (0,))
    >>> len(found.rows[0]), round(found.ratio, 3), round(found.limit, 3)
    (7, 4.218, 3.542)
    """
    rows = (synapse_table(d, EPSILON, n, seed=_SEED) for d, n in zip(sizes, networks, strict=True))
    return Counted(tuple(sizes), tuple(rows))


def synapse_exhibits(counts: Counts) -> tuple[Block, ...]:
    """The table at the largest size and the picture of all sizes, simulated anew.

    Parameters
    ----------
    counts : Counts
        The running numbers of the document.

    Examples
    --------
    >>> synapse_exhibits.__name__
    'synapse_exhibits'
    """
    found = counted()
    return (_table(found, counts), _figure(found, counts))


def _table(found: Counted, counts: Counts) -> doc.Table:
    units, rows = found.sizes[-1], found.rows[-1]
    share = Math(rf"\epsilon = {found.share}")
    caption: Text = (
        "Capacity at ", Math(f"D = {units}"), ", with a bit wrong with probability ", share, " in one step from a "
        "stored pattern of fair signs. Theory against simulation (after ± one standard error, clustered by "
        "network), beside what no weights on these synapses exceed, however they are found: "
        "without an error, and with the same share of errors.",
    )  # fmt: skip
    heads: tuple[Text, ...] = (
        ("rule",), ("bodies",), ("synapses per unit, ", Math("W")), (Math(r"K_{\max}"), ", theory"),
        (Math(r"K_{\max}"), ", simulation"), ("bound ", Math("2W")), ("bound at ", Math(r"\epsilon")),
    )  # fmt: skip
    lines: tuple[tuple[Text, ...], ...] = tuple(
        (
            (row.rule,),
            (", ".join(map(str, row.bodies)),),
            (str(row.synapses),),
            (Number(row.theory),),
            _measured(row),
            (str(row.bound),),
            (f"{row.bound_with_errors:.0f}",),
        )
        for row in rows
    )
    weights = (1.8, 1.1, 1.1, 1.0, 1.5, 0.9, 1.0)
    return doc.Table("table-synapses", counts.table(), caption, heads, "llrrrrr", lines, weights)


def _measured(row: Row) -> Text:
    """What was simulated, and whether it says anything."""
    if not row.run:
        return ("–",)
    if row.determined:
        return (Number(row.simulated, row.stderr),)
    if not math.isfinite(row.stderr):
        return ("undetermined",)
    return ("undetermined (", Number(row.simulated, row.stderr), ")")


def _above(found: Counted) -> str:
    """Which memories are above the bound on pairs at the largest size, as the end of a sentence."""
    pairs = found.limit * (found.sizes[-1] - 1)
    most = {max(r.bodies) for r in found.rows[-1]}
    bodies = [
        n
        for n in sorted(most)
        if all(r.theory > pairs for r in found.rows[-1] if max(r.bodies) == n)
    ]
    names = " and ".join(_COUNTS.get(n, str(n)) for n in bodies)
    return f": the memories of {names} bodies are above it" if names else ""


def _figure(found: Counted, counts: Counts) -> doc.Figure:
    svg, pdf = synapses_figure(found)
    sizes = ", ".join(map(str, found.sizes))
    caption: Text = (
        "Capacity against the number of plastic synapses of a unit, ", Math(f"D = {sizes}"), ". Open signs: theory; "
        "bars: simulation, two standard errors. The best local rules of all orders lie on one line, ",
        Math("1 + W/z^2"), "; plain powers lie below it. The grey region is what no weights on ", Math("W"), " synapses reach "
        "with the share ", Math(rf"\epsilon = {found.share}"), " of errors, and the broken line is "
        "that bound for all pairwise weights at ", Math(f"D = {found.sizes[-1]}"), f"{_above(found)}.",
    )  # fmt: skip
    alt = (
        "Logarithmic plot of the number of stored patterns against synapses per unit: points on a line of slope "
        "one, below two parallel lines that are the bounds."
    )
    return doc.Figure("figure-synapses", counts.figure(), "synapses", caption, alt, svg, pdf)


def synapses_figure(found: Counted) -> tuple[bytes, bytes]:
    """Number of patterns against synapses for each unit, both on logarithmic axes; SVG and PDF.

    Examples
    --------
    >>> synapses_figure(counted((15,), (0,)))[0][:5]
    b'<?xml'
    """
    every = [row for rows in found.rows for row in rows]
    low, high = min(r.synapses for r in every) * 0.6, max(r.synapses for r in every) * 1.8
    ends = [low * (high / low) ** (k / 80) for k in range(81)]
    pairs = found.limit * (found.sizes[-1] - 1)
    with drawing():
        figure, (panel,) = blank_panels(1, width=7.2, height=3.6)
        limit = [found.limit * w for w in ends]
        panel.fill_between(ends, limit, [limit[-1] * 3] * len(ends), color="#ECEEF0", linewidth=0)
        panel.plot(
            ends, limit, color="#444444", linewidth=1.0, label=r"bound, share $\epsilon$ wrong"
        )
        panel.plot(ends, [2 * w for w in ends], color="#444444", linestyle=":", linewidth=1.2,
                   label=r"bound $2W$, no error")  # fmt: skip
        panel.plot(ends, [1 + w / found.ratio for w in ends], color=COLOURS[0], linewidth=1.2,
                   label=r"$1 + W/z^2$")  # fmt: skip
        panel.axhline(pairs, color=COLOURS[1], linestyle="--", linewidth=1.0,
                      label=f"all pairwise weights, D = {found.sizes[-1]}")  # fmt: skip
        for place, name in enumerate(dict.fromkeys(row.rule for row in every)):
            rows = [row for row in every if row.rule == name]
            place %= len(MARKERS)
            colour, mark = COLOURS[place], MARKERS[place]
            panel.plot([r.synapses for r in rows], [r.theory for r in rows], linestyle="none", marker=mark,
                       markersize=7.5, markerfacecolor="none", color=colour, label=name)  # fmt: skip
            run = [r for r in rows if r.determined]
            panel.errorbar([r.synapses for r in run], [r.simulated for r in run], [2 * r.stderr for r in run],
                           linestyle="none", marker=".", markersize=3, color=colour, capsize=2.5,
                           linewidth=1.0)  # fmt: skip
        panel.set_xscale("log")
        panel.set_yscale("log")
        panel.set_xlim(low, high)
        if high < 100 * low:
            plain_ticks(panel.xaxis)
        panel.set_ylim(2, limit[-1] * 2)
        panel.set_xlabel("plastic synapses of a unit, $W$")
        panel.set_ylabel(r"patterns, $K_{\max}$")
        panel.grid(True)
        panel.legend(fontsize=8.5, loc="center left", bbox_to_anchor=(1.01, 0.5))
        return file_bytes(figure, "svg"), file_bytes(figure, "pdf")


def synapses_report(
    found: Counted, to: str | os.PathLike[str] = "out/", *, pdf: bool = True
) -> Report:
    """Write the table and the picture as a document: HTML, LaTeX, PDF.

    Parameters
    ----------
    found : Counted
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
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     synapses_report(counted((12,), (0,)), folder, pdf=False).html.name
    'report.html'
    """
    counts = Counts()
    abstract: tuple[Block, ...] = (
        doc.Paragraph(
            ("Capacity counts synapses: the best local rule on ", Math("W"), " synapses of a unit stores ",
             Math("1 + W/z^{2}"), " patterns, ", Math(f"z^{{2}} = {found.ratio:.4g}"), " at ", Math(rf"\epsilon = {found.share}"),
             ", and no weights on them store more than the bound, however they are found. ",
             Code("hebbsym theorems build answer"), " writes the derivation.")
        ),
    )  # fmt: skip
    section = doc.Section(
        ("Rules, synapses, capacity, bound",), "synapses", (_table(found, counts), _figure(found, counts))
    )  # fmt: skip
    references = reference_list(["cover1965"], bibliography())
    document = doc.Document(
        "Capacity against the number of synapses", "", abstract, (section,), references, made_by()
    )
    return written(document, writable(to), pdf)
