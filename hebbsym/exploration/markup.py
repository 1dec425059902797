r"""The markup of a page: sliders, empty panels with their legends, formulas.

Main names
----------
Markup
    Parts of the page as HTML, and the glyphs that its formulas share.

Conventions
-----------
All text is escaped here or by the writer of reports, which sets words and symbols of a claim.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import sympy as sp

from hebbsym.claim import Claim, Regime
from hebbsym.exploration.content import Content
from hebbsym.exploration.sliders import Slider
from hebbsym.notation import latex
from hebbsym.publish import document as doc
from hebbsym.publish.layout import Layout, leaves
from hebbsym.publish.page import Fragments
from hebbsym.publish.prose import capital, full_stop, sentence

_LINE = 34.0
"""Width of a line of formulas in em."""
_WRITTEN_OUT = 700
"""Symbols and numbers in a formula that is written out beside its short form."""
_BESIDE = 2
"""Lines of it that are not folded away."""
_PARTS = ("field_mean", "field_variance", "threshold")
"""What the short forms of other claims are stated in."""


class Markup:
    """Parts of the page as HTML.

    Examples
    --------
    >>> import hebbsym as hs
    >>> from hebbsym.exploration.content import content, symbols_of
    >>> from hebbsym.exploration.javascript import Program
    >>> theory = hs.derive(hs.rules["hebb"])
    >>> made = Markup([content(theory, Program(symbols_of([theory])))], ())
    >>> made.choice()
    '<p class="subtitle">hebb on bipolar(mean=0), cue exact, threshold zero</p>'
    """

    def __init__(self, contents: Sequence[Content], sliders: Sequence[Slider]) -> None:
        self.contents = contents
        self.sliders = sliders
        self.fragments = Fragments()

    def choice(self) -> str:
        """The choice among several theories."""
        texts = [escape(one.theory.setting.text) for one in self.contents]
        if len(texts) == 1:
            return f'<p class="subtitle">{texts[0]}</p>'
        options = "".join(f'<option value="{n}">{text}</option>' for n, text in enumerate(texts))
        return (
            '<p class="subtitle"><label for="setting">Setting</label> '
            f'<select id="setting">{options}</select></p>'
        )

    def controls(self, *, network: bool) -> str:
        """The sliders, each with a field for an exact number."""
        rows = []
        for n, one in enumerate(self.sliders):
            if one.network is not network:
                continue
            name = escape(one.symbol.name, quote=True)
            symbol = self.fragments.text((doc.Math(latex(one.symbol)),))
            meaning = self.fragments.text(sentence(one.factor or one.meaning))
            if one.factor:
                said = escape(one.meaning)
                meaning = (
                    f'<span class="hidden">{said}</span><span aria-hidden="true">{meaning}</span>'
                )
            rows.append(
                f'<div class="slider{" brief" if one.factor else ""}" id="row-{n}">'
                f'<label for="range-{n}">'
                f'<span class="symbol">{symbol}</span> <span class="meaning">{meaning}</span></label>'
                f'<input type="text" id="field-{n}" inputmode="decimal" autocomplete="off" '
                f'spellcheck="false" aria-label="{name}, exact value" aria-describedby="note-{n}">'
                f'<input type="range" id="range-{n}" min="0" step="1">'
                f'<p class="note" id="note-{n}" hidden></p></div>'
            )
        return "".join(rows)

    def panels(self, number: int, one: Content) -> str:
        """The panels of a theory: legend with values, and an empty picture."""
        made = []
        count = 0
        for m, drawn in enumerate(one.drawn):
            legend = []
            for place, curve in enumerate(drawn.curves):
                symbol = self.fragments.text((doc.Math(_left(curve.claim)),))
                legend.append(
                    f'<li><svg class="key curve-{place}" width="34" height="12" aria-hidden="true">'
                    '<path d="M1 6H33"/></svg>'
                    f'<span class="what">{symbol} <a href="#formula-{number}-{count}">'
                    f"{self.fragments.text(sentence(curve.claim.title))}</a> {_badge(curve.claim)}</span>"
                    f'<span class="value" id="value-{number}-{count}"></span></li>'
                )
                count += 1
            made.append(
                f'<section class="panel" id="panel-{number}-{m}"><h2>{escape(drawn.panel.title)}</h2>'
                f'<p class="axes"><label>along <select id="along-{number}-{m}"></select></label> '
                f'<label><input type="checkbox" id="log-{number}-{m}" checked> logarithmic</label></p>'
                f'<ul class="legend">{"".join(legend)}</ul>'
                f'<svg class="chart" id="chart-{number}-{m}" role="img"></svg></section>'
            )
        return f'<div class="setting" data-setting="{number}">{"".join(made)}</div>'

    def formulas(self, number: int, one: Content) -> str:
        """The formulas of a theory with their regimes."""
        made = [
            self.formula(curve.claim, f"formula-{number}-{n}") for n, curve in enumerate(one.curves)
        ]
        names = {curve.claim.name for curve in one.curves}
        made += [
            self.formula(one.theory[name], f"part-{number}-{name.replace('_', '-')}")
            for name in _PARTS
            if name in one.theory.names and name not in names and name in one.theory
        ]
        if one.absent:
            items = "".join(
                f"<li>{self.fragments.text((doc.Code(name), ': ', *sentence(reason)))}</li>"
                for name, reason in one.absent
            )
            made.append(f'<div class="absent"><h3>Not on this page</h3><ul>{items}</ul></div>')
        return f'<div class="setting" data-setting="{number}">{"".join(made)}</div>'

    def formula(self, claim: Claim, anchor: str) -> str:
        """One claim: its title, its regime, its formula, what it rests on."""
        title = self.fragments.text((*sentence(capital(claim.title)), " ", doc.Code(claim.name)))
        shown = claim.formula if claim.display is None else claim.display
        body = [self.display(_equation(claim, shown))]
        if claim.unknown is not None:
            left, unknown = doc.Math(_left(claim)), doc.Math(latex(claim.unknown))
            words = (
                (left, " solves")
                if left == unknown
                else (left, " is the ", unknown, " that solves")
            )
            body.insert(0, f"<p>{self.fragments.text(words)}</p>")
        told = claim.display in (None, claim.formula)
        if not told and leaves(claim.formula, _WRITTEN_OUT) <= _WRITTEN_OUT:
            body.append(self.display(_equation(claim, claim.formula), most=_BESIDE))
        if claim.dropped:
            dropped = sentence(f"Dropped: {claim.dropped}".rstrip(".") + ".")
            body.append(f'<p class="quiet">{self.fragments.text(dropped)}</p>')
        given = "".join(
            f"<li>{self.fragments.text(sentence(full_stop(text)))}</li>"
            for text in claim.assumptions
        )
        if given:
            body.append(f"<details><summary>Assumptions</summary><ul>{given}</ul></details>")
        return (
            f'<article class="formula" id="{anchor}"><h3>{title} {_badge(claim)}</h3>'
            f"{''.join(body)}</article>"
        )

    def display(self, equation: doc.Equation, most: int = 6) -> str:
        """A formula; one of more lines than ``most`` is folded away."""
        lines = sum(len(row.lines) for row in equation.rows)
        shown = self.fragments.block(equation)
        if lines <= most:
            return shown
        return f"<details><summary>Written out ({lines} lines)</summary>{shown}</details>"


def _equation(claim: Claim, formula: sp.Basic) -> doc.Equation:
    left = None if claim.unknown is not None else claim.symbol
    taken = formula.free_symbols
    return doc.Equation(Layout(_LINE, taken=taken).rows(formula, left))


def _left(claim: Claim) -> str:
    """The symbol under which a claim is printed, as LaTeX."""
    return latex(claim.symbol if claim.symbol is not None else sp.Symbol(claim.name))


def _badge(claim: Claim) -> str:
    kind = claim.regime.value
    return (
        f'<span class="badge {kind.replace(" ", "-")}" title="{_TRUST[claim.regime]}">{kind}</span>'
    )


_TRUST = {
    Regime.EXACT: "holds for every finite D and K under its assumptions",
    Regime.LEADING_ORDER: "holds in a limit; what is dropped is stated with the formula",
    Regime.HEURISTIC: "rests on an assumption that is not proved; it is stated with the formula",
    Regime.QUOTED: "taken from print, not derived here",
}
