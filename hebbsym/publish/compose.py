"""From theories and verdicts to a document: what is said, and in which order.

Main names
----------
compose
    The document of one theory or of several.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import sympy as sp

from hebbsym.claim import Claim, Verified
from hebbsym.notation import latex
from hebbsym.publish import document as doc
from hebbsym.publish.document import (
    Block,
    Code,
    Document,
    Emph,
    Math,
    Number,
    Ref,
    Section,
    Text,
)
from hebbsym.publish.equations import Equations
from hebbsym.publish.layout import leaves
from hebbsym.publish.prose import called, capital, full_stop, sentence
from hebbsym.publish.references import Entry, bibliography
from hebbsym.publish.steps import Counts, derivation_step, reference_list, source_line
from hebbsym.verdicts import Outcome, Verdict, Verdicts

if TYPE_CHECKING:
    from hebbsym.families.ensembles import Ensemble
    from hebbsym.theories import Theory
    from hebbsym.theory.setting import Setting

_TONES = {Outcome.AGREES: "good", Outcome.DISAGREES: "bad", Outcome.UNDECIDED: "open"}
_WRITTEN_OUT = 700
"""Symbols and numbers in a formula that is printed in full beside its short form, some 30 lines."""


@dataclass(frozen=True)
class Picture:
    """A figure before it has its number."""

    name: str
    caption: Text
    alt: str
    svg: bytes
    pdf: bytes

    def numbered(self, number: int) -> Picture:
        """The same under a name that no other chapter has."""
        return replace(self, name=f"{self.name}-{number}")


@dataclass(frozen=True)
class Chapter:
    """One theory with its claims' derivations verified, its verdicts and its pictures."""

    theory: Theory
    verdicts: Verdicts
    verified: Mapping[str, tuple[Verified, ...]]
    pictures: tuple[Picture, ...] = ()

    @property
    def setting(self) -> Setting:
        """Rule, patterns, cue and threshold."""
        return self.theory.setting

    @property
    def shared(self) -> Mapping[str, str]:
        """The values at which all verdicts were reached."""
        if not len(self.verdicts):
            return {}
        each = (set(v.at.items()) for v in self.verdicts)
        return dict(self.verdicts.at) or dict(set.intersection(*each))

    @property
    def title(self) -> str:
        """What the chapter is called."""
        return f"The {called(self.setting.rule.name)} rule"


def compose(chapters: Sequence[Chapter], title: str, colophon: str = "") -> Document:
    """The document of one or several theories.

    Raises
    ------
    UnknownName
        When a claim's source names a reference that the bibliography does not have.
    """
    known = bibliography()
    sources = [claim.source for chapter in chapters for claim in chapter.theory.values()]
    counts = Counts()
    abstract = _abstract(chapters, counts)
    sections = tuple(_chapter(c, n, counts, known) for n, c in enumerate(chapters, 1))
    subtitle = "; ".join(chapter.setting.text for chapter in chapters)
    return Document(title, subtitle, abstract, sections, reference_list(sources, known), colophon)


def _abstract(chapters: Sequence[Chapter], counts: Counts) -> tuple[Block, ...]:
    steps = [v.holds for c in chapters for one in c.verified.values() for v in one]
    checked = [held for held in steps if held is not None]
    verdicts = [v.outcome for c in chapters for v in c.verdicts]
    claims = sum(len(c.theory) for c in chapters)
    words: list[doc.Inline] = [
        f"{_counted(claims, 'closed form')} derived for {_counted(len(chapters), 'setting')}. "
        f"Of {_counted(len(steps), 'step')} of the derivations {len(checked)} carry evidence that "
        "was run when this report was made: "
    ]
    words.append(Emph(f"{sum(checked)} held", "good"))
    if failed := len(checked) - sum(checked):
        words += [", ", Emph(f"{failed} failed", "bad")]
    words.append(". ")
    if verdicts:
        words.append(f"Checks gave {_counted(len(verdicts), 'verdict')}: ")
        for outcome in (o for o in Outcome if o in verdicts):
            words += [Emph(f"{outcome.name} {verdicts.count(outcome)}", _TONES[outcome]), ", "]
        words[-1] = "."
    else:
        words.append("Nothing was simulated.")
    return (doc.Paragraph(tuple(words)), _overview(chapters, counts))


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _overview(chapters: Sequence[Chapter], counts: Counts) -> doc.Table:
    rows: list[tuple[Text, ...]] = []
    for chapter in chapters:
        for name, claim in chapter.theory.items():
            holds = [v.holds for v in chapter.verified[name] if v.holds is not None]
            steps: Text = (f"{sum(holds)} of {len(holds)}",) if holds else ("–",)
            if holds and not all(holds):
                steps = (Emph(steps[0] if isinstance(steps[0], str) else "", "bad"),)
            outcomes = [v.outcome for v in chapter.verdicts if v.claim == name]
            rows.append(
                ((called(chapter.setting.rule.name),), (Code(name),), (claim.regime.value,), steps,
                 _outcomes(outcomes))
            )  # fmt: skip
    return doc.Table(
        "table-overview", counts.table(),
        ("What was derived, how far each formula may be trusted, how many of its steps' checks "
         "held, and what simulation says of it.",),
        (("Rule",), ("Quantity",), ("Regime",), ("Steps held",), ("Simulation",)),
        "lllll", tuple(rows), (1.5, 2.5, 1.4, 1.1, 1.8),
    )  # fmt: skip


def _outcomes(outcomes: Sequence[Outcome]) -> Text:
    parts: list[doc.Inline] = []
    for outcome in (o for o in Outcome if o in outcomes):
        count = outcomes.count(outcome)
        shown = outcome.name if count == 1 else f"{outcome.name} {count}"
        parts += [", " if parts else "", Emph(shown, _TONES[outcome])]
    return tuple(p for p in parts if p) or ("–",)


def _chapter(chapter: Chapter, number: int, counts: Counts, known: Mapping[str, Entry]) -> Section:
    prefix = f"t{number}"
    claims = list(chapter.theory.values())
    taken = {s for claim in claims for s in _letters(claim)}
    equations = Equations(prefix, counts.equation, taken)
    common = _common(claims)
    parts = [_setting(chapter, prefix, equations, common)]
    parts += [_claim(c, chapter, prefix, equations, common, known) for c in claims]
    if len(chapter.verdicts):
        parts.append(_simulation(chapter, prefix, counts))
    return Section((capital(chapter.title),), prefix, (), tuple(parts))


def _letters(claim: Claim) -> set[str]:
    """Every symbol and function that the print of a claim holds."""
    printed = (
        claim.formula,
        claim.display,
        claim.symbol,
        *(s.equation for s in claim.derivation.steps),
    )
    kinds = (sp.Symbol, sp.core.function.AppliedUndef)
    return {
        getattr(atom.func, "__name__", "") if atom.args else str(atom)
        for part in printed
        if part is not None
        for atom in part.atoms(*kinds)
    }


def _common(claims: Sequence[Claim]) -> tuple[str, ...]:
    """Assumptions that all claims share."""
    if len(claims) < 2:
        return ()
    return tuple(a for a in claims[0].assumptions if all(a in c.assumptions for c in claims))


def _setting(
    chapter: Chapter, prefix: str, equations: Equations, common: tuple[str, ...]
) -> Section:
    setting = chapter.setting
    words, increment, unweighted = setting.rule.effect
    blocks: list[Block] = [
        doc.Paragraph(sentence(words)),
        *equations.shown(setting.rule.update, increment, numbered=True),
        doc.Paragraph(sentence(unweighted or _shape(setting.auto))),
        doc.Bullets(tuple(_described(setting))),
    ]
    if common:
        blocks.append(doc.Paragraph(("Assumed throughout:",)))
        blocks.append(doc.Bullets(tuple(sentence(full_stop(a)) for a in common)))
    if chapter.theory.absent:
        blocks.append(doc.Paragraph(("What does not exist in this setting, and why:",)))
        reasons = [
            (Code(n), ": ", *sentence(full_stop(r))) for n, r in chapter.theory.absent.items()
        ]
        blocks.append(doc.Bullets(tuple(reasons)))
    return Section(("Setting and assumptions",), f"{prefix}-setting", tuple(blocks), (), 2)


def _shape(auto: bool) -> str:
    if auto:
        return (
            "x_i is the value of the pattern at the postsynaptic unit, x_j at the presynaptic one. "
            "The memory is auto-associative: K patterns, D units, W has no diagonal, and the field "
            "is h_i = $\\sum_{j \\neq i} w_{ij} s_{j}$ for the cue s."
        )
    return (
        "x_i is the value of the content at the postsynaptic unit, x_j that of the address at the "
        "presynaptic one. The memory is hetero-associative: K pairs, D presynaptic and M "
        "postsynaptic units, W is complete, and the field is h_i = $\\sum_{j} w_{ij} s_{j}$."
    )


def _described(setting: Setting) -> list[Text]:
    """Rule, patterns, cue and threshold: the spec that a user types, and what it means."""
    items = [_item("Content", setting.post), _item("Address", setting.pre)]
    if setting.auto:
        items = [_item("Patterns", setting.post)]
    items.append(_item("Cue", setting.cue))
    items.append(_item("Threshold", setting.threshold))
    if setting.post.two_valued:
        (low, _), (high, _) = setting.post.alphabet
        items.append(
            (Emph("Recall"), ": the unit takes the value ", Math(latex(high)), " when ",
             Math(r"h_{i} > \theta"), " and ", Math(latex(low)), " when ", Math(r"h_{i} < \theta"),
             ". A tie, ", Math(r"h_{i} = \theta"), ", counts as half an error and is reported apart.")
        )  # fmt: skip
    return items


def _item(what: str, family: Ensemble | object) -> Text:
    meaning = (inspect.getdoc(type(family)) or "").partition("\n")[0]
    spec = str(getattr(family, "text", ""))
    return (Emph(what), ": ", Code(spec), ". ", *sentence(full_stop(meaning)))


def _claim(
    claim: Claim, chapter: Chapter, prefix: str, equations: Equations,
    common: tuple[str, ...], known: Mapping[str, Entry],
) -> Section:  # fmt: skip
    anchor = f"{prefix}-{claim.name.replace(':', '-').replace('_', '-')}"
    boxed = _boxed(claim, equations)
    if claim.dropped:
        boxed.append(doc.Paragraph(("Dropped: ", *sentence(full_stop(claim.dropped))), quiet=True))
    blocks: list[Block] = [
        doc.Result(
            (*sentence(capital(claim.title)), "  ", Code(claim.name)),
            claim.regime.value,
            tuple(boxed),
        )
    ]
    own = [a for a in claim.assumptions if a not in common]
    if own:
        blocks.append(doc.Paragraph(("Assumed:",) if not common else ("Assumed besides:",)))
        blocks.append(doc.Bullets(tuple(sentence(full_stop(a)) for a in own)))
    blocks.append(doc.Paragraph(source_line(claim.source, known), quiet=True))
    steps = tuple(derivation_step(v, equations) for v in chapter.verified[claim.name])
    if steps:
        blocks += [doc.Paragraph((Emph("Derivation."),)), doc.Steps(steps)]
    about = [v for v in chapter.verdicts if v.claim == claim.name]
    blocks += [doc.Paragraph(_verdict_line(v, prefix, chapter.shared)) for v in about]
    return Section(sentence(capital(claim.title)), anchor, tuple(blocks), (), 2)


def _boxed(claim: Claim, equations: Equations) -> list[doc.Equation | doc.Paragraph]:
    """The formula; in other claims' symbols first where it is long."""
    blocks: list[doc.Equation | doc.Paragraph] = []
    left = claim.symbol if claim.unknown is None else None
    if claim.unknown is not None:
        name: Text = (
            (Math(latex(claim.symbol)), " is the ") if claim.symbol is not None else ("The ",)
        )
        blocks.append(doc.Paragraph((*name, Math(latex(claim.unknown)), " that solves")))
    if claim.display is None or claim.display == claim.formula:
        return blocks + equations.shown(claim.formula, left, numbered=True)
    blocks += equations.shown(claim.display, left, numbered=True)
    size = leaves(claim.formula)
    if size <= _WRITTEN_OUT:
        return [
            *blocks,
            doc.Paragraph(("Written out:",), quiet=True),
            *equations.shown(claim.formula, left),
        ]
    return [*blocks, doc.Paragraph(_too_long(size), quiet=True)]


_MOST_REPEATED = 6
"""Symbols of a verdict that are all named with it; of more only those that it does not share."""


def _too_long(size: int) -> Text:
    return (
        f"Written out in the coefficients it holds {size} symbols and numbers; ",
        Code("hebbsym derive"),
        " prints it.",
    )


def _verdict_line(verdict: Verdict, prefix: str, shared: Mapping[str, str]) -> Text:
    own = {s: n for s, n in verdict.at.items() if shared.get(s) != n}
    few = len(verdict.at) <= _MOST_REPEATED
    where = ", ".join(f"{s} = {n}" for s, n in (verdict.at if few else own).items())
    if not few:
        where = f"the values of the table{', ' if where else ''}{where}"
    return (
        Emph(verdict.outcome.value.capitalize(), _TONES[verdict.outcome]),
        *sentence(f" with simulation at {where}: predicted "),
        Number(verdict.predicted), ", found ", Number(verdict.estimate, verdict.stderr),
        f" (z = {verdict.z:+.2f}, {verdict.samples} networks; Table ".replace("-", "−"),
        Ref(f"table-{prefix}"), ").",
    )  # fmt: skip


def _simulation(chapter: Chapter, prefix: str, counts: Counts) -> Section:
    verdicts = chapter.verdicts
    shared = chapter.shared
    rows = tuple(_verdict_row(v, shared) for v in verdicts)
    where = ", ".join(f"{symbol} = {shared[symbol]}" for symbol in sorted(shared))
    caption = (
        f"Theory against simulation at {where}; seed {verdicts.seed}. Standard errors are clustered "
        "by network. AGREES means: not refuted at a family-wise level of "
        f"{verdicts.significance:g} (Holm), while a relative error of {verdicts.resolution:g} "
        "would have been. Detectable is the smallest relative error that would have been caught "
        "with 90 per cent power; of a prediction of zero, in units of the observable's spread."
    )
    blocks: list[Block] = [
        doc.Table(
            f"table-{prefix}", counts.table(), sentence(caption),
            (("Claim",), ("Predicted",), ("Estimate ± s.e.",), ("z",), ("Verdict",),
             ("Detectable",), ("Networks",)),
            "lrrrcrr", tuple(rows), (2.4, 1.3, 2.3, 0.85, 1.65, 1.35, 1.25),
        )
    ]  # fmt: skip
    notes = tuple(
        (*sentence(f"{v.label}: "), *sentence(full_stop(v.note))) for v in verdicts if v.note
    )
    notes += _unchecked(verdicts.unchecked)
    if notes:
        blocks += [doc.Paragraph(("Notes:",)), doc.Bullets(tuple(dict.fromkeys(notes)))]
    for picture in chapter.pictures:
        number = counts.figure()
        blocks.append(
            doc.Figure(f"figure-{number}", number, picture.name, picture.caption, picture.alt,
                       picture.svg, picture.pdf)
        )  # fmt: skip
    return Section(("Theory against simulation",), f"{prefix}-simulation", tuple(blocks), (), 2)


def _verdict_row(verdict: Verdict, shared: Mapping[str, str]) -> tuple[Text, ...]:
    """A row of the table; what the claim was tested at is named where it is its own."""
    own = ", ".join(f"{s} = {n}" for s, n in verdict.at.items() if shared.get(s) != n)
    return (
        (Code(verdict.claim), *sentence(f", {own}" if own else "")),
        (Number(verdict.predicted),),
        (Number(verdict.estimate, verdict.stderr),),
        (f"{verdict.z:+.2f}".replace("-", "−") if math.isfinite(verdict.z) else "",),
        (Emph(verdict.outcome.name, _TONES[verdict.outcome]),),
        (f"{100 * verdict.detectable:.2g} %" if math.isfinite(verdict.detectable) else "∞",),
        (str(verdict.samples),),
    )


def _unchecked(reasons: Mapping[str, str]) -> tuple[Text, ...]:
    """One note for all claims that were not simulated for the same reason."""
    notes: list[Text] = []
    for reason in dict.fromkeys(reasons.values()):
        names = [name for name, why in reasons.items() if why == reason]
        listed = [part for name in names for part in (", ", Code(name))][1:]
        notes.append((*listed, " not simulated: ", *sentence(full_stop(reason))))
    return tuple(notes)
