r"""The increment of a rule on a page, and the rules beside it: as data, and as functions of the sliders.

Main names
----------
Drawn
    A part of a page: its data, and the code of its functions.
increment
    The coefficients of a rule at the sliders.
neighbours
    The named rules and the classes of a sweep beside it, with what they are compared by.
PLACED
    The claims by which rules are compared.

Conventions
-----------
A named rule that the sliders can be set to has its values from the formulas of the page, at its own
coefficients, where these are forms in the coefficients (additive rules). All others have those of their own claims:
of rules affine in the weight the general formula is 0/0 wherever rates coincide, as they do at most named rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sympy as sp

from hebbsym.errors import NotDerivable, OutsideClass
from hebbsym.exploration import landmarks
from hebbsym.exploration.content import Curve, curve
from hebbsym.exploration.javascript import Program
from hebbsym.families.rules import RuleClass
from hebbsym.theories import Theory

if TYPE_CHECKING:
    from hebbsym.theory.setting import Setting

PLACED: Mapping[str, str] = {
    "snr": "signal-to-noise ratio",
    "snr:stationary": "signal-to-noise ratio after many patterns",
    "capacity:snr": "number of patterns",
    "retention:power": "variance left by one more pattern",
}
"""Quantities with a closed form, and what their axes say."""
_SHARES = ("retention:power",)
"""Those whose axis is not logarithmic."""
_AXES = {
    RuleClass.ADDITIVE: ("", "capacity:snr"),
    RuleClass.AFFINE: ("retention:power", "snr"),
}
"""What is across and up at first; empty for the number of coefficients."""


@dataclass(frozen=True)
class Drawn:
    """A part of a page.

    Parameters
    ----------
    data : mapping
        As JSON.
    code : str
        An object of functions of the sliders.
    """

    data: Mapping[str, Any]
    code: str


def increment(setting: Setting, program: Program, symbols: Sequence[sp.Symbol]) -> Drawn | None:
    """The coefficients of an expanded rule at the sliders; None for a rule that is no polynomial.

    Examples
    --------
    >>> from hebbsym.families.named import rules
    >>> from hebbsym.notation import lam
    >>> from hebbsym.theory.setting import Setting
    >>> found = increment(Setting(rules["decay"]), Program([lam]), [lam])
    >>> found.data["powers"], found.code
    ([[0, 1, 1], [1, 0, 0]], '[function (v) { return 1; }, function (v) { return (-1) * v[0]; }]')
    """
    try:
        found = landmarks.coefficients(setting.rule.require_expanded())
        code = [program.function(c) for c in found.values()]
    except (OutsideClass, NotDerivable):
        return None
    # a coefficient that is a slider is shown as it was typed
    sliders = [symbols.index(c) if c in symbols else -1 for c in found.values()]
    return Drawn({"powers": [*map(list, found)], "sliders": sliders}, f"[{', '.join(code)}]")


def neighbours(
    theory: Theory,
    program: Program,
    symbols: Sequence[sp.Symbol],
    atlas: Iterable[Mapping[str, Any]] = (),
) -> Drawn | None:
    """The rules beside that of a theory; None where there are none to compare with.

    Parameters
    ----------
    theory : Theory
    program : Program
        Of these symbols, and of the rate of a family.
    symbols : sequence of symbol
        The sliders.
    atlas : iterable of mappings
        Rows of a table of rules.
    """
    setting = theory.setting
    if setting.rule.rule_class not in _AXES:
        return None
    known = {*symbols, landmarks.RATE}
    marks = [
        mark
        for mark in landmarks.named_rules(setting)
        if all(c.free_symbols <= known for c in mark.coefficients.values())
    ]
    where = landmarks.coordinates(setting, marks)
    if where is None or not {s for c in where.coefficients for s in c.free_symbols} <= known:
        return None
    own = {name: found for name in PLACED if (found := _closed(theory, name, program, None))}
    columns = [*own, ""]
    data = {
        "powers": [*map(list, where.powers)],
        "moved": [symbols.index(symbol) for symbol in where.symbols.values()],
        "compared": [[k, [[n, float(x)] for n, x in enumerate(row) if x]] for k, row in where.compared],
        "quantities": [[name, PLACED[name]] for name in own],
        "shares": [n for n, name in enumerate(own) if name in _SHARES],
        "axes": [
            columns.index(name) if name in columns else 0
            for name in _AXES[setting.rule.rule_class]
        ],
        "landmarks": [
            {
                "name": mark.name,
                "rate": "" if mark.rate is None else mark.rate.name,
                "fixed": mark.fixed,
                "reached": where.reached(mark),
            }
            for mark in marks
        ],
        "classes": landmarks.classes(atlas, where),
    }  # fmt: skip
    coefficients = [_listed(map(program.function, where.vector(m.coefficients))) for m in marks]
    values = [_listed(_values(theory, mark, where, own, program)) for mark in marks]
    code = (
        f"{{ own: {_listed(map(program.function, where.coefficients))},\n"
        f"quantities: {_listed(map(_code, own.values()))},\n"
        f"landmarks: {_listed(coefficients)},\nvalues: {_listed(values)} }}"
    )
    return Drawn(data, code)


def _values(
    theory: Theory,
    mark: landmarks.Landmark,
    where: landmarks.Coordinates,
    own: Mapping[str, Curve],
    program: Program,
) -> list[str]:
    """The functions of a named rule's own claims; null where the page's formulas have the value, or none exists."""
    additive = theory.setting.rule.rule_class is RuleClass.ADDITIVE
    if additive and where.reached(mark):
        return ["null"] * len(own)
    claims = Theory(theory.setting.with_rule(mark.rule))
    found = (_closed(claims, name, program, mark) for name in own)
    return ["null" if one is None else _code(one) for one in found]


def _closed(
    theory: Theory, name: str, program: Program, mark: landmarks.Landmark | None
) -> Curve | None:
    """A claim as a function, where it exists in closed form."""
    if name not in theory.names or name not in theory:
        return None
    claim = theory[name] if mark is None else mark.claim(theory[name])
    try:
        made = curve(claim, program)
    except NotDerivable:
        return None
    return None if made.slow else made


def _code(one: Curve) -> str:
    return f"{{ f: {one.code}, margins: {_listed(code for _, code in one.margins)} }}"


def _listed(parts: Iterable[str]) -> str:
    return f"[{', '.join(parts)}]"
