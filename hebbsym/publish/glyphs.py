r"""Formulas as SVG: the one place that talks to ziamath.

Main names
----------
drawing
    A formula as glyphs: outlines and places, for the HTML page.

Conventions
-----------
Sizes are in em. ziamath is slow and takes exponentially longer with the depth of a formula, so
a formula is cut into chunks at its outermost spaces, each chunk is set once, and they are put
side by side with the spaces of TeX. Binomials are rewritten because ziamath's own treatment
of them breaks on nested braces.
"""

from __future__ import annotations

import re
import warnings
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from functools import lru_cache

with warnings.catch_warnings():  # ziamath's import uses a deprecated function of the library
    warnings.simplefilter("ignore", DeprecationWarning)
    from ziamath.tex import tex2mml
    from ziamath.zmath import Math

_SIZE = 20.0
_BINOMIAL = r"\binom{"
_SIGN = re.compile(r"((?:\\left)?[(\[]\s*|,\s*)-(?=[\w\\])")
"""A minus that opens an argument: a sign, which ziamath would set as the operation."""


@dataclass(frozen=True)
class Drawing:
    """A formula as SVG: its box in em about the baseline, outlines by name, and the body."""

    width: float
    height: float
    depth: float
    outlines: tuple[tuple[str, str], ...]
    """Pairs (name, ``<symbol>`` element); the same name always has the same outline."""
    viewbox: str
    body: str


@lru_cache(maxsize=4096)
def drawing(latex: str, *, inline: bool = False) -> Drawing:
    r"""The formula as glyphs; ``inline`` keeps the limits of sums beside them, for running text.

    Examples
    --------
    >>> drawing(r"M\left(-1\right)").width < drawing(r"M\left(0 - 1\right)").width - 0.8
    True
    >>> 0.4 < drawing("x").width < drawing("m").width < 1.0
    True
    """
    outlines: dict[str, str] = {}
    parts: list[str] = []
    left = right = height = depth = 0.0
    for place, chunk in _places(latex, inline):
        piece = _piece(chunk, inline)
        outlines.update(piece.outlines)
        parts.append(f'<g transform="translate({place * _SIZE:.2f} 0)">{piece.body}</g>')
        left = min(left, place)
        right = max(right, place + piece.width)
        height, depth = max(height, piece.height), max(depth, piece.depth)
    box = (left * _SIZE, -height * _SIZE, (right - left) * _SIZE, (height + depth) * _SIZE)
    viewbox = " ".join(f"{v:.2f}" for v in box)
    return Drawing(right - left, height, depth, tuple(outlines.items()), viewbox, "".join(parts))


@lru_cache(maxsize=65536)
def _piece(chunk: str, inline: bool) -> Drawing:
    """A chunk set by ziamath; chunks repeat, and ziamath is slow."""
    element = _set(chunk, inline).svgxml()
    outlines: list[tuple[str, str]] = []
    for symbol in element.findall("symbol"):
        outlines.append((_short(symbol.attrib["id"]), _markup(symbol)))
        element.remove(symbol)
    viewbox = element.attrib["viewBox"]
    start, top, wide, high = (float(v) for v in viewbox.split())
    body = "".join(_markup(child) for child in element)
    return Drawing(
        (start + wide) / _SIZE,
        -top / _SIZE,
        (top + high) / _SIZE,
        tuple(outlines),
        viewbox,
        body,
    )


def _places(latex: str, inline: bool) -> list[tuple[float, str]]:
    """The chunks of a formula and where each begins, with the spaces of TeX between them."""
    places: list[tuple[float, str]] = []
    position = 0.0
    before = "open"
    for chunk in _chunks(latex):
        kind = _kind(chunk, before)
        position += _SPACES.get((before, kind), 0.0)
        if chunk != "{}":
            places.append((position, chunk))
            position += _piece(chunk, inline).width
        before = kind
    return places


def _chunks(latex: str) -> list[str]:
    r"""Split at the spaces outside of braces, fences and environments.

    Examples
    --------
    >>> _chunks(r"2 a^{2} \left(D - 1\right) + \frac{a b}{2}")
    ['2', 'a^{2}', '\\left(D - 1\\right)', '+', '\\frac{a b}{2}']
    """
    chunks: list[str] = []
    depth, start = 0, 0
    for match in _TOKEN.finditer(latex):
        token = match.group()
        if token in _OPENING:
            depth += 1
        elif token in _CLOSING:
            depth -= 1
        elif token == " " and depth == 0:
            if match.start() > start:
                chunks.append(latex[start : match.start()])
            start = match.end()
    return [*chunks, latex[start:]] if start < len(latex) else chunks


def _kind(chunk: str, before: str) -> str:
    """The class of a chunk, which decides on the space beside it, as in TeX."""
    if chunk in _RELATIONS:
        return "relation"
    if chunk in _OPERATIONS:
        return "ordinary" if before in ("open", "relation", "binary") else "binary"
    return "inner" if chunk.startswith(_INNER) else "ordinary"


_TOKEN = re.compile(r"\\(?:left|right|begin|end)(?![a-z])|\\[a-zA-Z]+|\\.|[{} ]")
_OPENING = frozenset(("{", "\\left", "\\begin"))
_CLOSING = frozenset(("}", "\\right", "\\end"))
_RELATIONS = frozenset(
    ("=", "<", ">", r"\neq", r"\leq", r"\geq", r"\sim", r"\approx", r"\to", r"\propto", r"\in")
)
_OPERATIONS = frozenset(("+", "-", r"\times", r"\cdot", r"\pm", r"\wedge", r"\vee"))
_INNER = (
    r"\left", r"\frac", r"\operatorname", r"\sum", r"\prod", r"\int", r"\log", r"\exp", r"\sin",
    r"\cos", r"\tan", r"\tanh", r"\lim", r"\max", r"\min", r"{\left", r"{\binom", r"\begin",
)  # fmt: skip
_THIN, _MEDIUM, _THICK = 3 / 18, 4 / 18, 5 / 18
_SPACES = {
    **{(one, "relation"): _THICK for one in ("ordinary", "inner")},
    **{("relation", one): _THICK for one in ("ordinary", "inner")},
    **{(one, "binary"): _MEDIUM for one in ("ordinary", "inner")},
    **{("binary", one): _MEDIUM for one in ("ordinary", "inner")},
    ("ordinary", "inner"): _THIN,
    ("inner", "ordinary"): _THIN,
    ("inner", "inner"): _THIN,
}


def _markup(element: ET.Element) -> str:
    """The element as text, with short names of glyphs and in the colour of the text around it."""
    text = ET.tostring(element, encoding="unicode")
    return _short(text).replace(' fill="black"', ' fill="currentColor"').replace(" />", "/>")


def _short(text: str) -> str:
    return text.replace("STIXTwoMathRegular_", "m")


def _set(latex: str, inline: bool) -> Math:
    latex = _SIGN.sub(r"\g<1>{-}", _without_binomials(latex))
    element = ET.fromstring(tex2mml(latex, inline=inline))
    _unwrap(element)
    return Math(element, size=_SIZE, margin=0.0)


def _unwrap(element: ET.Element) -> None:
    """Take single elements out of rows of their own, in each of which ziamath sets them twice."""
    for n, child in enumerate(element):
        while (
            _tag(child) == "mrow"
            and len(child) == 1
            and not child.attrib
            and _tag(child[0]) != "mo"
        ):
            element[n] = child = child[0]
        _unwrap(child)
    if _tag(element) in ("math", "mrow") and len(element) == 1 and _tag(element[0]) == "mrow":
        inner = element[0]
        if not inner.attrib:
            element[:] = list(inner)


def _tag(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _without_binomials(latex: str) -> str:
    r"""Binomials as ``\left(n \atop k\right)``, with braces matched.

    Examples
    --------
    >>> _without_binomials(r"\binom{\frac{a}{2}}{k}")
    '{\\left({\\frac{a}{2}} \\atop {k}\\right)}'
    """
    start = latex.find(_BINOMIAL)
    if start < 0:
        return latex
    upper_end = _closing(latex, start + len(_BINOMIAL) - 1)
    lower_start = latex.index("{", upper_end + 1)
    lower_end = _closing(latex, lower_start)
    upper = _without_binomials(latex[start + len(_BINOMIAL) : upper_end])
    lower = _without_binomials(latex[lower_start + 1 : lower_end])
    rest = _without_binomials(latex[lower_end + 1 :])
    return rf"{latex[:start]}{{\left({{{upper}}} \atop {{{lower}}}\right)}}{rest}"


def _closing(latex: str, opening: int) -> int:
    """Position of the brace that closes the one at ``opening``."""
    depth = 0
    for match in re.compile(r"\\.|[{}]").finditer(latex, opening):
        depth += {"{": 1, "}": -1}.get(match.group(), 0)
        if depth == 0:
            return match.start()
    raise ValueError(f"braces of {latex[:60]!r} do not match")
