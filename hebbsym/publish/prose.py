"""Sentences of claims, cut into words, names and symbols.

Claims say their assumptions and reasons in plain words, with symbols as one types them
("E[d_i w_ij] = 0 when c_1_post = -a c_2_corr"). Here the symbols are told from the words, by
their form alone, so that every format sets them as mathematics.

Main names
----------
sentence
    Plain text as the inlines of a document.
capital
    The same text with its first letter capital.
called
    What a rule is called in a sentence.
"""

from __future__ import annotations

import re

import sympy as sp

from hebbsym.families.catalogue import rules
from hebbsym.notation import latex
from hebbsym.publish.document import Code, Inline, Math, Text

_GREEK = (
    "alpha|beta|gamma|delta|epsilon|zeta|eta|theta|kappa|lambda|lam|mu|nu|xi|rho|sigma|tau|phi|chi|psi|omega|"
    "Delta|Xi|Pi|Sigma|Lambda|Theta|Phi|Psi|Omega"
)
_TOKEN = re.compile(
    rf"""
    \$(?P<formula>[^$]+)\$
    | ``(?P<code>[^`]+)``
    | sqrt\((?P<root>\w+)\)
    | \b(?P<base>\d+)(?:\*\*|\^)(?P<exponent>\d+|\b[A-Za-z]\b)
    | (?P<symbol>(?<![A-Za-z]\.)(?<!['’])\b(?!i\.[a-z])(?:{_GREEK}|[A-Za-z])(?:_[A-Za-z0-9]+)*\b(?!['’]))(?:(?:\*\*|\^)(?P<power>\d+|\b[A-Za-z]\b))?
    | (?P<name>\b[A-Za-z]\w*(?:[_:]\w+)+\b)
    | (?<=[\])])(?P<raised>(?:\*\*|\^)[23])(?![0-9])
    | (?P<sign>\boo\b|!=|<=|>=|->|(?<=[\w)\]])\s-\s(?=[\w(\[])|(?<![\w)])-(?=\d|[a-z]_))
    """,
    re.VERBOSE,
)
_PLAIN = re.compile(r"(?![xw]_?[ij]*$)[A-Za-z][\w -]*")
_GREEK_FIRST = re.compile(rf"(?:{_GREEK})(?:_|\b)")
_SIGNS = {"oo": "∞", "!=": "≠", "<=": "≤", ">=": "≥", "->": "→", "-": "−"}
_WORDS = frozenset(("a", "A", "I"))
_OPERATOR_BEFORE = re.compile(r"[=<>+*/(,|\[-]\s*$")
_OPERATOR_AFTER = re.compile(r"\s*(?:[=<>+*/^)|\]]|-\s)")


def called(name: str) -> str:
    """What a rule is called in a sentence: its name, and ``given`` when its name is a formula.

    Examples
    --------
    >>> called("decay(lam=1/10)"), called("c_0 + c_corr*x_i*x_j")
    ('decay(lam=1/10)', 'given')
    """
    head = name.partition("(")[0]
    return name if head in rules or _PLAIN.fullmatch(name) else "given"


def sentence(text: str) -> Text:
    """Cut plain text into words and symbols.

    Examples
    --------
    >>> sentence("d_i w_ij = 0 in a pattern")
    (Math(latex='d_{i}'), ' ', Math(latex='w_{ij}'), ' = 0 in a pattern')
    >>> sentence("Oja's rule at q = 1")
    ("Oja's rule at ", Math(latex='q'), ' = 1')
    >>> sentence("recalled (a pattern with probability (a + 1)/2)")
    ('recalled (a pattern with probability (', Math(latex='a'), ' + 1)/2)')
    >>> sentence("the name weight_mean:post, and m**2 != 1")
    ('the name ', Code(text='weight_mean:post'), ', and ', Math(latex='m^{2}'), ' ≠ 1')
    """
    parts: list[Inline] = []
    end = 0
    for match in _TOKEN.finditer(text):
        found = _inline(match, text)
        if found is None:
            continue
        _push(parts, text[end : match.start()])
        _push(parts, found)
        end = match.end()
    _push(parts, text[end:])
    return tuple(parts)


def capital(text: str) -> str:
    """The text with its first letter capital, unless it begins with a symbol.

    Examples
    --------
    >>> capital("patterns are independent"), capital("w_ij is fixed")
    ('Patterns are independent', 'w_ij is fixed')
    >>> capital("theta = 0"), capital("a unit")
    ('theta = 0', 'A unit')
    """
    word = text.startswith("a ") or (text[1:2].isalpha() and not _GREEK_FIRST.match(text))
    return text[:1].upper() + text[1:] if word else text


def full_stop(text: str) -> str:
    """The text with its first letter capital and a full stop.

    Examples
    --------
    >>> full_stop("patterns are independent")
    'Patterns are independent.'
    """
    return capital(text) if text.endswith((".", "!", "?")) else capital(text) + "."


def symbol(name: str) -> str:
    r"""LaTeX of a name that a sentence uses.

    Examples
    --------
    >>> symbol("c_2_corr"), symbol("sigma_i"), symbol("W")
    ('c_{2}^{\\mathrm{corr}}', '\\sigma_{i}', 'W')
    """
    return latex(sp.Symbol(name))


def _push(parts: list[Inline], part: Inline) -> None:
    if isinstance(part, str) and parts and isinstance(parts[-1], str):
        parts[-1] += part
    elif part:
        parts.append(part)


def _inline(match: re.Match[str], text: str) -> Inline | None:
    if match["formula"]:
        return Math(match["formula"])
    if match["code"]:
        code = match["code"]
        return (
            Math(symbol(code))
            if re.fullmatch(rf"(?:{_GREEK})(?:_\w+)?|[a-zA-Z]_\w+", code)
            else Code(code)
        )
    if match["root"]:
        return Math(rf"\sqrt{{{symbol(match['root'])}}}")
    if match["base"]:
        return Math(f"{match['base']}^{{{match['exponent']}}}")
    if match["raised"]:
        return {"2": "²", "3": "³"}[match["raised"][-1]]
    if match["sign"]:
        return _SIGNS.get(match["sign"], " − ")
    if match["name"]:
        return Code(match["name"])
    name, power = match["symbol"], match["power"]
    if name in _WORDS and not power and not _is_symbol(match, text):
        return None
    return Math(f"{symbol(name)}^{{{power}}}" if power else symbol(name))


def _is_symbol(match: re.Match[str], text: str) -> bool:
    """Whether a letter that is also an English word stands beside an operator."""
    if _OPERATOR_AFTER.match(text, match.end()) is not None:
        return True
    before = text[: match.start()]
    article = before.rstrip().endswith((",", "(")) and re.match(r" [a-z]{2}", text[match.end() :])
    return not article and _OPERATOR_BEFORE.search(before) is not None
