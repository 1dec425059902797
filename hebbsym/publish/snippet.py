r"""The LaTeX of a single claim, ready to be pasted into a paper.

Main names
----------
claim_latex
    A statement with its equation and its assumptions; it needs amsmath only.
"""

from __future__ import annotations

import sympy as sp

from hebbsym.claim import Claim
from hebbsym.notation import latex
from hebbsym.publish import document as doc
from hebbsym.publish.layout import Layout
from hebbsym.publish.prose import capital, full_stop, sentence
from hebbsym.publish.tex import equation, words

PAPER_WIDTH = 30.0
"""Width of a line in em: that of the standard article class, with room for the number."""

MOST_LINES = 12
"""Lines of a closed form beyond which only the form in terms of other claims is printed."""


def claim_latex(claim: Claim, width: float = PAPER_WIDTH) -> str:
    r"""A claim as a paragraph of a paper: title, regime, equation, assumptions.

    Parameters
    ----------
    claim : Claim
    width : float
        Width of a line of formulas, in em; longer formulas are broken.

    Returns
    -------
    str
        LaTeX that needs ``amsmath`` and nothing else. The source is named in a comment.

    Examples
    --------
    >>> from hebbsym.claim import Regime
    >>> from hebbsym.notation import D, K, rho
    >>> one = Claim("snr", "signal-to-noise ratio", (D - 1) / (K - 1), Regime.EXACT,
    ...             ("patterns are independent",), symbol=rho)
    >>> print(claim_latex(one))
    % hebbsym: snr (exact), derived here
    \begin{trivlist}
    \item[\hskip\labelsep\textbf{Signal-to-noise ratio} (exact).]
    Patterns are independent.
    \begin{align}
    \rho & {} = \frac{D - 1}{K - 1} \label{eq:snr}
    \end{align}
    \end{trivlist}
    <BLANKLINE>
    """
    left = claim.symbol if claim.unknown is None else None
    rows = _rows(claim, left, width)
    anchor = "eq:" + claim.name.replace(":", "-").replace("_", "-")
    body = [
        f"% hebbsym: {claim.name} ({claim.regime.value}), {_one_line(claim.source)}",
        r"\begin{trivlist}",
        rf"\item[\hskip\labelsep\textbf{{{words(sentence(capital(claim.title)))}}} ({claim.regime.value}).]",
        *(words(sentence(full_stop(a))) for a in claim.assumptions),
    ]
    if claim.unknown is not None:
        name = f"${latex(claim.symbol)}$ is the" if claim.symbol is not None else "The"
        body.append(f"{name} ${latex(claim.unknown)}$ that solves")
    body.append(equation(doc.Equation(rows, anchor, 1), line="{}".format))
    if claim.dropped:
        body.append(f"Dropped: {words(sentence(full_stop(claim.dropped)))}")
    return "\n".join([*body, r"\end{trivlist}", ""])


def _rows(claim: Claim, left: sp.Basic | None, width: float) -> tuple[doc.Row, ...]:
    """The formula in terms of other claims, where it has such a form, then the closed form.

    A closed form that would fill a page is left to the report.
    """
    closed = Layout(width, taken=claim.formula.free_symbols).rows(claim.formula, left)
    if claim.display is None:
        return closed
    short = Layout(width, taken=claim.display.free_symbols).rows(claim.display, left)
    return (*short, *closed) if sum(len(row.lines) for row in closed) <= MOST_LINES else short


def _one_line(text: str) -> str:
    return " ".join(text.split())
