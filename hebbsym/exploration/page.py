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
from hebbsym.errors import InvalidValue, OutsideClass, UnknownName
from hebbsym.exploration import landmarks
from hebbsym.exploration.content import Content, content, symbols_of
from hebbsym.exploration.javascript import Program, special_functions
from hebbsym.exploration.markup import Markup
from hebbsym.exploration.neighbours import Drawn, increment, neighbours
from hebbsym.exploration.sliders import Slider, forgetting, level_slider, shares_of, slider
from hebbsym.families.parameters import exact
from hebbsym.families.rules import RuleClass
from hebbsym.files import whole
from hebbsym.notation import epsilon, level

if TYPE_CHECKING:
    from hebbsym.theories import Theory

Rows = Iterable[Mapping[str, Any]]


def page(
    theory: Theory | Sequence[Theory],
    to: str | os.PathLike[str] = "page.html",
    *,
    atlas: Rows = (),
    at: Mapping[sp.Symbol, sp.Expr | int] | None = None,
    levels: Mapping[str, sp.Expr | int] | None = None,
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
    levels : mapping of str to exact number
        Criteria (``bit``, ``pattern``, ``all``) that have an admissible probability of failure of their
        own, with a slider that starts there. The others share epsilon.
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
        file.write(html(theory, atlas=atlas, at=at, levels=levels, title=title))
    return Path(to)


def html(
    theory: Theory | Sequence[Theory],
    *,
    atlas: Rows = (),
    at: Mapping[sp.Symbol, sp.Expr | int] | None = None,
    levels: Mapping[str, sp.Expr | int] | None = None,
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
    own = {criterion: level(criterion) for criterion in levels or {}}
    starts = {own[criterion]: found for criterion, found in (levels or {}).items()}
    sliders = _sliders(theories, own, {**starts, **(at or {})})
    symbols = [one.symbol for one in sliders]
    program = Program([*symbols, landmarks.RATE])
    contents = [content(one, program, own) for one in theories]
    rows = list(atlas)
    beside = [neighbours(one, program, symbols, rows) for one in theories]
    return _Page(contents, beside, _shared(sliders, contents), program, title).text()


def _sliders(
    theories: Sequence[Theory],
    own: Mapping[str, sp.Symbol],
    at: Mapping[sp.Symbol, sp.Expr | int],
) -> tuple[Slider, ...]:
    """Those of the rule, then those of network and patterns, by name."""
    found = symbols_of(theories, own)
    unknown = sorted(str(symbol) for symbol in set(at) - set(found))
    if unknown:
        raise UnknownName("slider", unknown[0], map(str, found))
    known = {symbol: level_slider(symbol, [criterion]) for criterion, symbol in own.items()}
    for theory in theories:
        known.update(shares_of(theory.setting))
        affine = theory.setting.rule.rule_class is RuleClass.AFFINE
        decay = forgetting(found) if affine else None
        if decay is not None:
            known[decay] = slider(decay).starting(-sp.Rational(1, 10))
    made = [known.get(symbol) or slider(symbol) for symbol in found]
    made = [one.starting(exact(at[one.symbol])) if one.symbol in at else one for one in made]
    return tuple(sorted(made, key=lambda one: (one.network, one.symbol.name)))


def _shared(sliders: Sequence[Slider], contents: Sequence[Content]) -> tuple[Slider, ...]:
    """The slider of epsilon says which criteria share it."""
    curves = [curve for one in contents for curve in one.curves if epsilon in curve.symbols]
    criteria = list(dict.fromkeys(curve.claim.name.rpartition(":")[2] for curve in curves))
    return tuple(
        level_slider(epsilon, criteria).starting(one.start) if one.symbol == epsilon else one
        for one in sliders
    )


class _Page:
    """The data, the code and the text of the page."""

    def __init__(
        self, contents: list[Content], beside: list[Drawn | None], sliders: tuple[Slider, ...],
        program: Program, title: str,
    ) -> None:  # fmt: skip
        self.contents = contents
        self.beside = beside
        self.sliders = sliders
        self.symbols = [one.symbol for one in sliders]
        self.program = program
        self.title = title or "How the coefficients of a Hebbian rule act"
        self.increments = [increment(one.theory.setting, program, self.symbols) for one in contents]

    def text(self) -> str:
        settings = [self.setting(n, one) for n, one in enumerate(self.contents)]
        code = self.script()
        markup = Markup(self.contents, self.sliders)
        numbered = list(enumerate(self.contents))
        parts = {
            "title": escape(self.title),
            "policy": _policy(code),
            "style": _static("page.css"),
            "settings": markup.choice(),
            "rule-sliders": markup.controls(network=False),
            "network-sliders": markup.controls(network=True),
            "panels": "".join(markup.panels(n, one) for n, one in numbered),
            "formulas": "".join(markup.formulas(n, one) for n, one in numbered),
            "version": escape(hebbsym.__version__),
            "data": _data({"sliders": [s.record() for s in self.sliders], "settings": settings}),
            "code": code,
        }
        parts["sprite"] = markup.fragments.sprite
        pieces = _static("page.html").split("@@")
        return "".join(parts[piece] if n % 2 else piece for n, piece in enumerate(pieces))

    def setting(self, number: int, one: Content) -> dict[str, Any]:
        """One theory as data: its curves, the commands that reproduce a point, rules beside it."""
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
        parts = {"rule": self.increments[number], "place": self.beside[number]}
        return {
            "text": one.theory.setting.text,
            "commands": _commands(one),
            "symbols": [n for n, symbol in enumerate(self.symbols) if symbol in used],
            "curves": [curve.record(self.symbols) for curve in one.curves],
            "panels": panels,
            **{name: part.data for name, part in parts.items() if part is not None},
        }

    def script(self) -> str:
        """All code of the page."""
        functions = []
        for one, rule, place in zip(self.contents, self.increments, self.beside, strict=True):
            curves = ",\n".join(
                f"{{ f: {c.code}, margins: [{', '.join(code for _, code in c.margins)}] }}"
                for c in one.curves
            )
            functions.append(
                f"{{ curves: [{curves}],\nrule: {rule.code if rule else '[]'},\n"
                f"place: {place.code if place else 'null'} }}"
            )
        formulas = (
            'const formulas = (() => {\n"use strict";\n'
            + "\n".join(self.program.sums)
            + f"\nreturn [{', '.join(functions)}];\n}})();"
        )
        return "\n".join(
            [
                special_functions(),
                _static("claims.js"),
                formulas,
                *map(_static, ("numbers.js", "chart.js", "place.js", "page.js")),
            ]
        )


def _commands(one: Content) -> list[dict[str, Any]]:
    """The commands that give a point's values, one for each level of a criterion that stands by itself.

    Quantities and ``--at`` stand between the two parts. Only an expanded rule is given by the text of
    its update; others have no command.
    """
    setting = one.theory.setting
    try:
        rule = str(setting.rule.require_expanded().update)
    except OutsideClass:
        return []
    options = [
        f"--patterns {shlex.quote(setting.patterns.text)}",
        f"--cue {shlex.quote(setting.cue.text)}",
        f"--threshold {shlex.quote(setting.threshold.text)}",
    ]
    if setting.recall is not None:
        options.append(f"--recall {shlex.quote(setting.recall.name)}")
    parts = [f"hebbsym derive {' '.join(options)}", f"-- {shlex.quote(rule)}"]
    own = [level(curve.claim.name.rpartition(":")[2]) in curve.symbols for curve in one.curves]
    common = [n for n, levelled in enumerate(own) if not levelled]
    groups = [[n] for n, levelled in enumerate(own) if levelled]
    if not groups or any(epsilon in one.curves[n].symbols for n in common):
        groups.insert(0, common)
    else:  # one command has one epsilon
        groups[0] = [*common, *groups[0]]
    return [{"parts": parts, "curves": group} for group in groups]


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
