"""Reports: what theories say and what simulation says of it, for people to read.

Contents
--------
document
    The one model that all formats are rendered from.
layout, measure, glyphs
    Formulas: broken into lines, measured, drawn.
prose, references, equations
    Sentences, the bibliography, displays.
compose
    From theories and verdicts to a document.
tex, page, style, compilation
    LaTeX, HTML, PDF.
canvas
    What all figures share: colours, style, files.
sweeps
    Theory and simulation along the load or the age.
figures
    Pictures of theory against simulation.
showcase
    The picture of the README.
snippet
    One claim, for a paper.
synapses
    Capacity against the number of synapses: table and picture.
reporting
    :func:`report` and :func:`summary`.
"""

from hebbsym.publish.figures import hero
from hebbsym.publish.reporting import Report, Summary, report, summary
from hebbsym.publish.snippet import claim_latex
from hebbsym.publish.sweeps import Curve, Point, Sweep, loads_around, sweep
from hebbsym.publish.synapses import synapse_exhibits

__all__ = [
    "Curve",
    "Point",
    "Report",
    "Summary",
    "Sweep",
    "claim_latex",
    "hero",
    "loads_around",
    "report",
    "summary",
    "sweep",
    "synapse_exhibits",
]
