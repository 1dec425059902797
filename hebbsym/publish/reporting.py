"""Reports: the document of theories and verdicts, written as HTML, LaTeX, PDF and figures.

Main names
----------
report
    Writes a report.
Report
    Where its files are.
summary, Summary
    The same in one table, for a terminal.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hebbsym.claim import Verified
from hebbsym.errors import InvalidValue, NotDerivable
from hebbsym.families.parameters import exact
from hebbsym.files import writable, write
from hebbsym.notation import D, K, named
from hebbsym.publish import departures, figures, orders, page, tex
from hebbsym.publish.compilation import Compilation, compiled
from hebbsym.publish.compose import Chapter, Picture, compose
from hebbsym.publish.document import Document
from hebbsym.publish.prose import sentence
from hebbsym.verdicts import Verdict, Verdicts

if TYPE_CHECKING:
    from hebbsym.theories import Theory

    Pairs = Sequence[tuple[Theory, Sequence[Verdict]]]


@dataclass(frozen=True)
class Report:
    """The files of a report.

    Parameters
    ----------
    folder, tex, html : Path
    pdf : Path or None
        None when there is no PDF; ``note`` then says why.
    figures : tuple of Path
        Each figure as SVG and as PDF.
    note : str
    """

    folder: Path
    tex: Path
    html: Path
    pdf: Path | None
    figures: tuple[Path, ...]
    note: str = ""


@dataclass(frozen=True)
class Summary:
    """A table of text: headings, and rows of equal length.

    Examples
    --------
    >>> Summary(("rule",), (("hebb",),)).rows[0]
    ('hebb',)
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def report(
    theory: Theory | Pairs,
    verdicts: Sequence[Verdict] = (),
    to: str | os.PathLike[str] = "out/",
    *,
    pdf: bool = True,
    title: str = "",
    curves: bool = True,
) -> Report:
    """Write a report that a referee can follow.

    Every step of every derivation is verified while the report is made, and the outcome is
    printed beside it.

    Parameters
    ----------
    theory : Theory, or pairs of a theory and its verdicts
        Pairs give one document on several theories; ``verdicts`` is then left out.
    verdicts : Verdicts
        What :func:`hebbsym.check` found; without any nothing is said of simulation.
    to : path
        The folder, made if need be.
    pdf : bool
        Whether latexmk is run, where it is found.
    title : str
        The title of the document.
    curves : bool
        Whether quantities are simulated at several loads around the one that was checked, for
        the figures.

    Raises
    ------
    UnwritableOutput
        Before any work when the folder cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from hebbsym.families.rules import ExpandedRule
    >>> from hebbsym.theories import derive
    >>> hebb = derive(ExpandedRule(2, {(1, 1): 1}, "hebb"), quantities=["snr"])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     report(hebb, to=folder, pdf=False).html.name
    'report.html'
    """
    pairs = _pairs(theory, verdicts)
    folder = writable(to)
    chapters = [_chapter(t, v, n, curves) for n, (t, v) in enumerate(pairs, 1)]
    document = compose(chapters, title or _title(chapters), _colophon(chapters))
    return written(document, folder, pdf)


def written(document: Document, folder: Path, pdf: bool) -> Report:
    """Render a document and write all its files whole."""
    pictures = {f"{f.name}.pdf": f.pdf for f in document.figures}
    source = tex.render(document)
    made = compiled(source, pictures) if pdf else Compilation(None, reason="no PDF was asked for")
    files: dict[str, bytes] = {
        "report.tex": source.encode(),
        "report.html": page.render(document).encode(),
    }
    for figure in document.figures:
        files |= {f"{figure.name}.svg": figure.svg, f"{figure.name}.pdf": figure.pdf}
    folder.mkdir(parents=True, exist_ok=True)
    if made.pdf is not None:
        files["report.pdf"] = made.pdf
    else:
        (folder / "report.pdf").unlink(missing_ok=True)
    for name, data in files.items():
        write(folder / name, data)
    return Report(
        folder,
        folder / "report.tex",
        folder / "report.html",
        folder / "report.pdf" if made.pdf is not None else None,
        tuple(folder / f"{f.name}.{kind}" for f in document.figures for kind in ("svg", "pdf")),
        made.reason,
    )


def summary(theory: Theory | Pairs, verdicts: Sequence[Verdict] = ()) -> Summary:
    """One row a claim: its rule, regime, steps with evidence, prediction, estimate, verdict.

    Examples
    --------
    >>> from hebbsym.families.rules import ExpandedRule
    >>> from hebbsym.theories import derive
    >>> hebb = derive(ExpandedRule(2, {(1, 1): 1}, "hebb"), quantities=["snr"])
    >>> summary(hebb).rows[0][:3]
    ('hebb', 'snr', 'exact')
    """
    rows: list[tuple[str, ...]] = []
    for one, found in _pairs(theory, verdicts):
        for name, claim in one.items():
            evidence = sum(step.evidence is not None for step in claim.derivation.steps)
            head = (one.setting.rule.name, name, claim.regime.value, str(evidence))
            about = [v for v in found if v.claim == name]
            rows += [(*head, *_found(v)) for v in about] or [(*head, "", "", "", "", "")]
    columns = ("rule", "quantity", "regime", "steps", "at", "predicted", "estimate", "z", "verdict")
    return Summary(columns, tuple(rows))


def _found(verdict: Verdict) -> tuple[str, ...]:
    where = f"x={verdict.at['x']}" if "x" in verdict.at else f"K={verdict.at.get('K', '')}"
    return (
        where,
        f"{verdict.predicted:.6g}",
        f"{verdict.estimate:.6g} ± {verdict.stderr:.2g}",
        f"{verdict.z:+.2f}",
        verdict.outcome.name,
    )


def _pairs(theory: Theory | Pairs, verdicts: Sequence[Verdict]) -> list[tuple[Theory, Verdicts]]:
    """Theories with their verdicts, whether one theory was given or several."""
    given = [(theory, verdicts)] if isinstance(theory, Mapping) else list(theory)
    if not given:
        raise InvalidValue("a report needs at least one theory")
    if not isinstance(theory, Mapping) and len(verdicts):
        raise InvalidValue("verdicts are given with each theory, in pairs, or with the only one")
    return [(t, v if isinstance(v, Verdicts) else Verdicts(tuple(v))) for t, v in given]


def _chapter(theory: Theory, verdicts: Verdicts, number: int, curves: bool) -> Chapter:
    verified: dict[str, tuple[Verified, ...]] = {
        name: claim.derivation.verify() for name, claim in theory.items()
    }
    return Chapter(theory, verdicts, verified, _pictures(theory, verdicts, number, curves))


def _pictures(theory: Theory, verdicts: Verdicts, number: int, curves: bool) -> tuple[Picture, ...]:
    """The curves along the load, errors beyond the Gaussian, then each verdict's deviation."""
    made = []
    rule = theory.setting.rule.name
    if curves and len(verdicts) and "K" in verdicts.at:
        values = {named(name): exact_value(text) for name, text in verdicts.at.items()}
        loads = figures.loads_around(int(values[K]))
        found = figures.sweep(theory, values, loads, seed=verdicts.seed)
        if found.curves:
            svg, pdf = figures.loads_figure([found])
            titles = " and ".join(curve.title for curve in found.curves)
            words = (
                f"Theory (line) and simulation (points) of the {rule} rule along the load: {titles}. "
                f"D = {found.units}, {found.networks} networks at each of {len(loads)} loads, seed "
                f"{found.seed}; bars are two standard errors, clustered by network. Rates that no "
                "network showed are left out."
            )
            made.append(Picture(f"loads-{number}", sentence(words), words, svg, pdf))
    if curves and departures.shown(theory) and {"D", "K"} <= set(verdicts.at):
        made += _departures(theory, verdicts, number, rule)
    return (*made, *_agreement(verdicts, number, rule), *_rates(theory, verdicts, number, rule))


def _rates(theory: Theory, verdicts: Verdicts, number: int, rule: str) -> tuple[Picture, ...]:
    """The error of an expansion in the learning rate, where the theory is one."""
    found = orders.orders(theory, {named(s): exact_value(v) for s, v in verdicts.at.items()})
    if not found:
        return ()
    svg, pdf = orders.orders_figure(found)
    slopes = "; ".join(
        f"{one.claim}: " + ", ".join(f"{slope:.2f}" for slope in one.slopes) for one in found
    )
    words = (
        f"Error of the expansion in the learning rate of the {rule} rule against all patterns of a network of "
        "three units and three patterns. Slopes of the logarithms between the five rates, from the "
        f"largest on: {slopes}. They tend to the first order that was dropped."
    )
    return (Picture(f"orders-{number}", sentence(words), words, svg, pdf),)


def _departures(theory: Theory, verdicts: Verdicts, number: int, rule: str) -> list[Picture]:
    """Gaussian, Edgeworth and simulated errors over the exact one, at two loads and many sizes."""
    values = {named(name): exact_value(text) for name, text in verdicts.at.items()}
    load = float(values[K] / values[D])
    try:
        found = departures.departures(theory, values, (load, 2 * load), seed=verdicts.seed)
    except NotDerivable:
        return []
    svg, pdf = departures.departures_figure(found)
    words = (
        f"Where the Gaussian error, Edgeworth's series and simulation of the {rule} rule depart from the "
        f"exact law, over a grid of sizes at two loads. {found.networks} networks at each size, seed "
        f"{found.seed}; bars are two standard errors, clustered by network. Points that simulation did not "
        "resolve are left out."
    )
    return [Picture(f"departures-{number}", sentence(words), words, svg, pdf)]


def _agreement(verdicts: Verdicts, number: int, rule: str) -> tuple[Picture, ...]:
    if not len(verdicts):
        return ()
    try:
        svg, pdf = figures.agreement_figure(list(verdicts), verdicts.resolution)
    except NotDerivable:
        return ()
    words = (
        f"Deviation of simulation from theory for every verdict on the {rule} rule whose prediction is "
        "not zero. Bars are two standard errors; the shaded band is the relative error that an "
        "agreeing claim was tested for."
    )
    return (Picture(f"agreement-{number}", sentence(words), words, svg, pdf),)


def exact_value(text: str) -> Any:
    """A number of the verdicts' record, which is written exactly.

    Examples
    --------
    >>> exact_value("1/10")
    1/10
    """
    from hebbsym.formula import number

    return exact(number(text))


def _title(chapters: Sequence[Chapter]) -> str:
    names = [chapter.title.removeprefix("The ").removesuffix(" rule") for chapter in chapters]
    if len(names) == 1:
        return f"The {names[0]} rule, from coefficients to capacity"
    return f"The {', '.join(names[:-1])} and {names[-1]} rules, from coefficients to capacity"


def made_by() -> str:
    """What it takes to have a document again."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("hebbsym", "sympy", "numpy"))
    return f"Made by {packages}, Python {platform.python_version()}."


def _colophon(chapters: Sequence[Chapter]) -> str:
    """What it takes to have the report again, seeds among it."""
    seeds = ", ".join(str(c.verdicts.seed) for c in chapters if len(c.verdicts))
    seeded = f" Seeds: {seeds}." if seeds else ""
    return made_by() + seeded
