r"""One static HTML page: sliders, live curves, formulas, the place among other rules.

Main names
----------
page
    Writes the page of one theory or of several.
html
    The page as text.

Conventions
-----------
The page opens from disk and asks nobody for anything: style, code, glyphs and data are inside, and
a content security policy forbids every request and every script but its own. Its functions are
printed from the formulas of the claims (:mod:`~hebbsym.exploration.javascript`). Names that a user
chose stand in it as escaped text or as data, never as code.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shlex
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sympy as sp

import hebbsym
from hebbsym.claim import Claim, Regime
from hebbsym.errors import InvalidValue, OutsideClass, UnknownName
from hebbsym.exploration import landmarks
from hebbsym.exploration.content import Content, content, symbols_of
from hebbsym.exploration.javascript import Program, special_functions
from hebbsym.exploration.sliders import Slider, shares_of, slider
from hebbsym.families.parameters import exact
from hebbsym.files import whole
from hebbsym.notation import latex
from hebbsym.publish import document as doc
from hebbsym.publish.layout import Layout, leaves
from hebbsym.publish.page import Fragments
from hebbsym.publish.prose import capital, full_stop, sentence

if TYPE_CHECKING:
    from hebbsym.theories import Theory

_LINE = 34.0
"""Width of a line of formulas in em."""
_WRITTEN_OUT = 700
"""Symbols and numbers in a formula that is written out beside its short form."""
_PARTS = ("field_mean", "field_variance", "threshold")
"""What the short forms of other claims are stated in."""

Rows = Iterable[Mapping[str, Any]]


def page(
    theory: Theory | Sequence[Theory],
    to: str | os.PathLike[str] = "page.html",
    *,
    atlas: Rows = (),
    at: Mapping[sp.Symbol, sp.Expr | int] | None = None,
    title: str = "",
) -> Path:
    """Write a page on which the coefficients of a rule can be moved.

    Parameters
    ----------
    theory : Theory or sequence of Theory
        Symbols that are left open become sliders; several theories (other patterns, thresholds)
        become a choice on the page.
    to : path
        The HTML file.
    atlas : iterable of mappings
        Classes of rules that are shown beside the point of the sliders, one row each: ``name``,
        coefficients by the names of their symbols, and other columns, which can be axes.
    at : mapping of symbol to exact number
        Where the sliders stand at first.
    title : str

    Returns
    -------
    Path
        The file, written whole.

    Raises
    ------
    NotDerivable
        When nothing of a theory can be drawn.
    InvalidValue, UnknownName
        For a start that no slider can take, or a symbol that has none.
    SizeLimit
        When the atlas has more than 5000 rows.
    UnwritableOutput
        When the file cannot be written.

    Examples
    --------
    >>> import hebbsym as hs, tempfile
    >>> from hebbsym.notation import a
    >>> theory = hs.derive(hs.ExpandedRule(2, {(1, 1): 1, (0, 1): -a}), hs.Bipolar(mean=a))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     page(theory, Path(folder, "page.html")).stat().st_size > 10_000
    True
    """
    with whole(Path(to)) as file:
        file.write(html(theory, atlas=atlas, at=at, title=title))
    return Path(to)


def html(
    theory: Theory | Sequence[Theory],
    *,
    atlas: Rows = (),
    at: Mapping[sp.Symbol, sp.Expr | int] | None = None,
    title: str = "",
) -> str:
    """The page as text; see :func:`page`.

    Examples
    --------
    >>> import hebbsym as hs
    >>> text = html(hs.derive(hs.rules["hebb"]), title="a < b")
    >>> "<title>a &lt; b</title>" in text, "https:" in text
    (True, False)
    """
    theories = theory if isinstance(theory, Sequence) else (theory,)
    if not theories:
        raise InvalidValue("a page needs at least one theory")
    sliders = _sliders(theories, at or {})
    program = Program([one.symbol for one in sliders])
    contents = [content(one, program) for one in theories]
    return _Page(contents, sliders, program, list(atlas), title).text()


def _sliders(
    theories: Sequence[Theory], at: Mapping[sp.Symbol, sp.Expr | int]
) -> tuple[Slider, ...]:
    """Those of the rule, then those of network and patterns, by name."""
    found = symbols_of(theories)
    unknown = sorted(str(symbol) for symbol in set(at) - set(found))
    if unknown:
        raise UnknownName("slider", unknown[0], map(str, found))
    shares = {
        symbol: one for theory in theories for symbol, one in shares_of(theory.setting).items()
    }
    made = [shares.get(symbol) or slider(symbol) for symbol in found]
    made = [one.starting(exact(at[one.symbol])) if one.symbol in at else one for one in made]
    return tuple(sorted(made, key=lambda one: (one.network, one.symbol.name)))


class _Page:
    """The parts of the page, and the glyphs that its formulas share."""

    def __init__(
        self, contents: list[Content], sliders: tuple[Slider, ...], program: Program,
        atlas: list[Mapping[str, Any]], title: str,
    ) -> None:  # fmt: skip
        self.contents = contents
        self.sliders = sliders
        self.symbols = [one.symbol for one in sliders]
        self.program = program
        self.atlas = atlas
        self.title = title or "How the coefficients of a Hebbian rule act"
        self.fragments = Fragments()

    def text(self) -> str:
        settings = [self.setting(one) for one in self.contents]
        code = self.script(settings)
        parts = {
            "title": escape(self.title),
            "policy": _policy(code),
            "style": _static("page.css"),
            "settings": self.choice(),
            "rule-sliders": self.controls(network=False),
            "network-sliders": self.controls(network=True),
            "panels": "".join(self.panels(n, one) for n, one in enumerate(self.contents)),
            "formulas": "".join(self.formulas(n, one) for n, one in enumerate(self.contents)),
            "version": escape(hebbsym.__version__),
            "data": _data({"sliders": [s.record() for s in self.sliders], "settings": settings}),
            "code": code,
        }
        parts["sprite"] = self.fragments.sprite
        pieces = _static("page.html").split("@@")
        return "".join(parts[piece] if n % 2 else piece for n, piece in enumerate(pieces))

    # ---- data and code --------------------------------------------------------------------

    def setting(self, one: Content) -> dict[str, Any]:
        """One theory as data: its curves, the command that reproduces a point, rules beside it."""
        curves = [curve.record(self.symbols) for curve in one.curves]
        panels, count = [], 0
        for drawn in one.drawn:
            mine = list(range(count, count + len(drawn.curves)))
            count += len(mine)
            along = self.symbols.index(drawn.along)
            panels.append(
                {
                    "title": drawn.panel.title,
                    "unit": drawn.panel.unit,
                    "curves": mine,
                    "along": along,
                }
            )
        used = {s for curve in one.curves for s in curve.symbols}
        record: dict[str, Any] = {
            "text": one.theory.setting.text,
            "command": _command(one.theory, [c.claim.name for c in one.curves]),
            "symbols": [n for n, symbol in enumerate(self.symbols) if symbol in used],
            "curves": curves,
            "panels": panels,
        }
        where = landmarks.coordinates(one.theory.setting)
        if where is not None and set(where.symbols.values()) <= set(self.symbols):
            record["place"] = self.place(one, where)
        return record

    def place(self, one: Content, where: landmarks.Coordinates) -> dict[str, Any]:
        """The rules that are shown beside the point of the sliders."""
        marks = landmarks.named_rules(one.theory.setting, where)
        marks = tuple(
            m for m in marks if all(c.free_symbols <= set(self.symbols) for c in m.coefficients)
        )
        return {
            "coefficients": [self.symbols.index(symbol) for symbol in where.symbols.values()],
            "powers": [list(pq) for pq in where.symbols],
            "landmarks": [mark.name for mark in marks],
            "classes": landmarks.classes(self.atlas, where),
            "code": [
                [self.program.function(c) for c in where.compared],
                [[self.program.function(c) for c in mark.coefficients] for mark in marks],
            ],
        }

    def script(self, settings: list[dict[str, Any]]) -> str:
        """All code of the page; takes the code of landmarks out of the data."""
        functions = []
        for one, record in zip(self.contents, settings, strict=True):
            curves = ",\n".join(
                f"{{ f: {c.code}, margins: [{', '.join(code for _, code in c.margins)}] }}"
                for c in one.curves
            )
            compared, marks = record["place"].pop("code") if "place" in record else ([], [])
            rules = ", ".join(f"[{', '.join(mark)}]" for mark in marks)
            functions.append(
                f"{{ curves: [{curves}],\ncompared: [{', '.join(compared)}],\nlandmarks: [{rules}] }}"
            )
        formulas = (
            'const formulas = (() => {\n"use strict";\n'
            + "\n".join(self.program.sums)
            + f"\nreturn [{', '.join(functions)}];\n}})();"
        )
        return "\n".join(
            [special_functions(), formulas, *map(_static, ("numbers.js", "chart.js", "page.js"))]
        )

    # ---- markup ---------------------------------------------------------------------------

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
            meaning = self.fragments.text(sentence(one.meaning))
            name = escape(one.symbol.name, quote=True)
            symbol = self.fragments.text((doc.Math(latex(one.symbol)),))
            rows.append(
                f'<div class="slider" id="row-{n}"><label for="range-{n}">'
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
            words = (
                doc.Math(_left(claim)),
                " is the ",
                doc.Math(latex(claim.unknown)),
                " that solves",
            )
            body.insert(0, f"<p>{self.fragments.text(words)}</p>")
        if claim.display is not None and leaves(claim.formula, _WRITTEN_OUT) <= _WRITTEN_OUT:
            body.append(self.display(_equation(claim, claim.formula), most=0))
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


def _command(theory: Theory, names: Sequence[str]) -> str:
    """The command that gives a point's values, in two parts that ``--at`` stands between.

    Only an expanded rule is given by the text of its update; others have no command.
    """
    setting = theory.setting
    try:
        rule = str(setting.rule.require_expanded().update)
    except OutsideClass:
        return ""
    options = [
        f"--patterns {shlex.quote(setting.patterns.text)}",
        f"--cue {shlex.quote(setting.cue.text)}",
        f"--threshold {shlex.quote(setting.threshold.text)}",
        *(f"--quantity {name}" for name in names),
    ]
    if setting.recall is not None:
        options.insert(3, f"--recall {shlex.quote(setting.recall.name)}")
    return "\n".join([f"hebbsym derive {' '.join(options)}", f"-- {shlex.quote(rule)}"])


def _static(name: str) -> str:
    return files("hebbsym.exploration").joinpath("static", name).read_text(encoding="utf-8")


def _policy(code: str) -> str:
    """Nothing may be loaded, and no script may run but the page's own."""
    digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode("ascii")
    return (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _data(record: Mapping[str, Any]) -> str:
    """JSON that no text in it can break out of."""
    text = json.dumps(record, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
