"""Claims, verdicts and theorems as text for a terminal and as JSON for other programs.

Main names
----------
claims_text, claims_latex, claims_json
    What ``hebbsym derive`` writes.
limits_text
    What ``hebbsym meanfield`` and ``hebbsym bound`` write.
unrolled
    A formula as text, roots of equations by name.
verdicts_text
    What ``hebbsym check`` writes as text.
theorem_text
    How each step of a theorem was verified.

Conventions
-----------
Plain text, no colour, no width: it reads the same on a terminal, in a pipe and in a file.
A table is drawn by :func:`table` alone.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import mpmath
import sympy as sp

from hebbsym import numeric
from hebbsym.solutions import Solution

if TYPE_CHECKING:
    from hebbsym.claim import Claim, Verified
    from hebbsym.theory.setting import Setting
    from hebbsym.verdicts import Verdicts

Values = Mapping[sp.Symbol, sp.Expr]

_LARGEST = 1e308
_SMALLEST = 1e-300


def value(claim: Claim, values: Values) -> float | None:
    """The claim's number, or None while a symbol is open, the formula is no number or exceeds a double.

    Examples
    --------
    >>> from hebbsym.claim import Claim, Regime
    >>> from hebbsym.notation import D, K
    >>> snr = Claim("snr", "signal-to-noise ratio", (D - 1) / (K - 1), Regime.EXACT)
    >>> value(snr, {D: sp.Integer(61), K: sp.Integer(13)}), value(snr, {D: sp.Integer(61)})
    (5.0, None)
    """
    number = _number(claim, values)
    return None if number is None or abs(number) > _LARGEST else float(number)


def _number(claim: Claim, values: Values) -> Any:
    """The claim's number whatever its size, or None where there is none."""
    if claim.free_symbols - set(values) or not _is_scalar(claim):
        return None
    return numeric.quoted(claim, values)


def _entries(claim: Claim) -> str:
    """The entries of a column of algebraic numbers to 30 digits, or nothing while a symbol is open."""
    if not (claim.formula.is_Matrix and claim.formula.has(sp.CRootOf)) or claim.free_symbols:
        return ""
    return ", ".join(mpmath.nstr(numeric.evaluate(entry), 30) for entry in claim.formula)


def _shown(number: Any) -> str:
    """Twelve digits of a number, which may be larger or smaller than any double."""
    import mpmath

    if abs(number) > _LARGEST:
        return str(mpmath.nstr(number, 12))
    small = number != 0 and abs(number) < _SMALLEST
    return f"below {_SMALLEST} in size" if small else f"{float(number):.12g}"


def _is_scalar(claim: Claim) -> bool:
    """Whether the claim stands for a number: not a matrix, not an indexed sum over patterns."""
    if claim.unknown is not None:
        return True
    formula = claim.formula
    return isinstance(formula, sp.Expr) and not (formula.is_Matrix or formula.has(sp.Indexed))


def claims_json(
    claims: Iterable[Claim], described: Mapping[str, str], values: Values, digits: int = 0
) -> str:
    """Schema ``hebbsym/claims/1``; with ``digits``, the values as text of so many digits too.

    Examples
    --------
    >>> json.loads(claims_json([], {"rule": "hebb"}, {}))
    {'schema': 'hebbsym/claims/1', 'rule': 'hebb', 'claims': []}
    """
    record = {
        "schema": "hebbsym/claims/1",
        **described,
        "claims": [_claim_record(claim, values, digits) for claim in claims],
    }
    return json.dumps(record, indent=2, allow_nan=False) + "\n"


def _claim_record(claim: Claim, values: Values, digits: int) -> dict[str, Any]:
    number = _number(claim, values)
    too_large = number is not None and abs(number) > _LARGEST
    record: dict[str, Any] = {
        "name": claim.name,
        "title": claim.title,
        "regime": claim.regime.name,
        "formula": str(claim.formula),
        "latex": claim.latex,
        "assumptions": list(claim.assumptions),
        "dropped": claim.dropped,
        "source": claim.source,
        "at": {symbol.name: str(number) for symbol, number in values.items()},
        "value": None if number is None or too_large else float(number),
    }
    if too_large:
        record["digits"] = _shown(number)
    if claim.unknown is not None:
        record["unknown"] = claim.unknown.name
    if digits:
        record["digits"] = in_digits(claim, values, digits)
    return record


def in_digits(claim: Claim, values: Values, digits: int) -> str | None:
    """The claim's number as text of so many digits, or None while it is none.

    Examples
    --------
    >>> from hebbsym.claim import Claim, Regime
    >>> in_digits(Claim("half", "a half", sp.S.Half, Regime.EXACT), {}, 30)
    '0.5'
    """
    if claim.free_symbols - set(values) or not _is_scalar(claim):
        return None
    found = numeric.quoted(claim, values, digits)
    with mpmath.workdps(digits):
        return str(mpmath.nstr(found, digits))


def limits_text(claims: Iterable[Claim], values: Values, digits: int) -> str:
    """Claims whose numbers are wanted in many digits.

    Examples
    --------
    >>> from hebbsym.claim import Claim, Regime
    >>> print(limits_text([Claim("half", "a half", sp.S.Half, Regime.EXACT)], {}, 30), end="")
    half: a half [exact]
        half = 1/2
        = 0.5
        source: derived here
        digits: 0.5
    """
    blocks = []
    for claim in claims:
        lines = [*_claim_lines(claim, values, ())]
        number = in_digits(claim, values, digits)
        blocks.append("\n".join(lines if number is None else [*lines, f"    digits: {number}"]))
    return "\n\n".join(blocks) + "\n"


def claims_text(claims: Iterable[Claim], setting: Setting, values: Values) -> str:
    """Each claim as a few lines: what it is, the formula, what it rests on, its value.

    Examples
    --------
    >>> from hebbsym.claim import Claim, Regime
    >>> from hebbsym.families.rules import ExpandedRule
    >>> from hebbsym.notation import D
    >>> from hebbsym.theory.setting import Setting
    >>> inputs = Claim("inputs", "inputs of a unit", D - 1, Regime.EXACT)
    >>> print(claims_text([inputs], Setting(ExpandedRule(1)), {D: sp.Integer(9)}), end="")
    expanded on bipolar(mean=0), cue exact, threshold zero
    <BLANKLINE>
    inputs: inputs of a unit [exact]
        inputs = D - 1
        = 8 at D=9
        source: derived here
    """
    given = list(claims)
    shared = [
        assumption
        for assumption in (given[0].assumptions if len(given) > 1 else ())
        if all(assumption in claim.assumptions for claim in given)
    ]
    head = "\n".join([setting.text, *(f"given: {assumption}" for assumption in shared)])
    blocks = ["\n".join(_claim_lines(claim, values, shared)) for claim in given]
    return "\n\n".join([head, *blocks]) + "\n"


def _claim_lines(claim: Claim, values: Values, shared: Sequence[str]) -> Iterable[str]:
    yield f"{claim.name}: {claim.title} [{claim.regime.value}]"
    if claim.unknown is not None:
        yield f"    {claim.unknown} solves {claim.formula}"
    else:
        plain = claim.symbol is not None and "\\" not in str(claim.symbol)
        first, *roots = unrolled(claim.formula)
        yield f"    {claim.symbol if plain else claim.name} = {first}"
        yield from (f"        where {root}" for root in roots)
    number = _number(claim, values)
    if number is not None:
        where = ", ".join(f"{symbol}={exact}" for symbol, exact in values.items())
        none = f": {claim.nothing}" if claim.nothing and number == 0 else ""
        yield f"    = {_shown(number)}" + (f" at {where}" if where else "") + none
    elif entries := _entries(claim):
        yield f"    = {entries}"
    if claim.dropped:
        yield f"    dropped: {claim.dropped}"
    yield from (f"    given: {text}" for text in claim.assumptions if text not in shared)
    yield f"    source: {claim.source}"


def unrolled(formula: sp.Basic) -> list[str]:
    """A formula as text in which roots of equations have names, and a line for each equation.

    Examples
    --------
    >>> from hebbsym.solutions import Solution
    >>> y, u = sp.symbols("y u", positive=True)
    >>> inner = Solution(u + 1, u**2 - y, u, sp.S.Half, sp.S(2))
    >>> unrolled(Solution(2 * y, inner - y, y, sp.S.Half, sp.S(2)))
    ['2*y', 'y solves 0 = r_1 - y', 'r_1 = u + 1', 'u solves 0 = u**2 - y']
    """
    names: dict[sp.Basic, sp.Symbol] = {}
    fresh = (sp.Symbol(f"r_{n}") for n in itertools.count(1))

    def spelled(part: sp.Basic) -> tuple[str, list[str]]:
        """The text of a part whose own roots have names, and what is to be said of these."""
        if isinstance(part, Solution):
            body, equation, unknown, *_ = part.args
            (first, before), (zero, after) = spelled(body), spelled(equation)
            return first, [*before, f"{unknown} solves 0 = {zero}", *after]
        roots = [root for root in _outermost(part) if root not in names]
        names.update(zip(roots, fresh))  # noqa: B905 - there is no end of names
        said = []
        for root in roots:
            first, rest = spelled(root)
            said += [f"{names[root]} = {first}", *rest]
        return str(part.xreplace(names)), said

    first, lines = spelled(formula)
    return [first, *lines]


def _outermost(part: sp.Basic) -> list[Solution]:
    """The roots in an expression that are in no other root, from left to right."""
    if isinstance(part, Solution):
        return [part]
    found = [root for inner in part.args for root in _outermost(inner)]
    return list(dict.fromkeys(found))


def claims_latex(claims: Iterable[Claim]) -> str:
    r"""Each claim as LaTeX that can be pasted into a paper.

    Examples
    --------
    >>> from hebbsym.claim import Claim, Regime
    >>> from hebbsym.notation import D
    >>> inputs = Claim("inputs", "inputs of a unit", D - 1, Regime.EXACT)
    >>> "D - 1" in claims_latex([inputs])
    True
    """
    from hebbsym.publish import claim_latex

    return "\n\n".join(claim_latex(claim).rstrip("\n") for claim in claims) + "\n"


def verdicts_text(verdicts: Verdicts) -> str:
    """The table of verdicts, their notes, and the claims that were not checked, with the reason.

    Examples
    --------
    >>> from hebbsym.verdicts import Outcome, Verdict, Verdicts
    >>> good = Verdict("snr", {"D": "9"}, 4.0, 4.01, 0.02, 0.5, Outcome.AGREES, 0.02, 64)
    >>> print(verdicts_text(Verdicts((good,))), end="")
    claim  predicted  estimate     z      detectable  networks  verdict
    -----  ---------  -----------  -----  ----------  --------  -------
    snr    4          4.01 ± 0.02  +0.50  2.00%       64        AGREES
    """
    head, *rows = verdicts.table()
    lines = [f"{verdict.label}: {verdict.note}" for verdict in verdicts if verdict.note]
    lines += [f"{claim}: not checked: {reason}" for claim, reason in verdicts.unchecked.items()]
    return table(head, rows) + "".join(f"{line}\n" for line in lines)


def theorem_text(name: str, steps: Sequence[Verified]) -> str:
    """One line a step: whether it holds, and how that was verified.

    Examples
    --------
    >>> from hebbsym.claim import Evidence, Method, Step, Verified
    >>> evidence = Evidence(Method.SUBSTITUTION, "1 + 1 = 2", lambda: 1 + 1 == 2)
    >>> step = Step(sp.true, "counting", evidence)
    >>> print(theorem_text("sum", [Verified(step, True)]), end="")
    sum: holds
      1. held [substitution] 1 + 1 = 2
    """
    lines = [f"{name}: {'FAILS' if any(s.holds is False for s in steps) else 'holds'}"]
    for number, step in enumerate(steps, start=1):
        evidence = step.step.evidence
        outcome = {True: "held", False: "FAILED", None: "stated"}[step.holds]
        how = step.step.reason
        if evidence is not None:
            how = f"[{evidence.method.value}] {evidence.statement}"
        lines.append(f"  {number}. {outcome} {how}")
    return "\n".join(lines) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A plain table: columns as wide as their widest cell.

    Examples
    --------
    >>> print(table(("claim", "z"), [("snr", "+0.31")]), end="")
    claim  z
    -----  -----
    snr    +0.31
    """
    body = [tuple(row) for row in rows]
    widths = [max(len(row[column]) for row in [tuple(head), *body]) for column in range(len(head))]
    rule = tuple("-" * width for width in widths)
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        + "\n"
        for row in [tuple(head), rule, *body]
    )


def described(setting: Setting, rule: str) -> dict[str, str]:
    """The texts that give a setting again.

    Examples
    --------
    >>> from hebbsym.families.rules import ExpandedRule
    >>> from hebbsym.theory.setting import Setting
    >>> described(Setting(ExpandedRule(1)), "expanded(order=1)")["patterns"]
    'bipolar(mean=0)'
    """
    return {
        "rule": rule,
        "patterns": setting.patterns.text,
        "cue": setting.cue.text,
        "threshold": setting.threshold.text,
    }
