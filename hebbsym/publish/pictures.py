"""The pictures of a chapter: theory against simulation, and what else its claims ask for.

Main names
----------
pictures
    All pictures of a theory and its verdicts.
PICTURES
    Their makers, in the order in which they are shown; each gives nothing where it has nothing to show.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import sympy as sp

from hebbsym.errors import NotDerivable
from hebbsym.families.parameters import exact
from hebbsym.formula import number
from hebbsym.notation import D, K, age, named
from hebbsym.publish import departures, figures, orders, sweeps, temperatures
from hebbsym.publish.compose import Picture
from hebbsym.publish.prose import called, sentence
from hebbsym.verdicts import Verdicts

if TYPE_CHECKING:
    from hebbsym.theories import Theory

Values = Mapping[sp.Symbol, sp.Expr]
Maker = Callable[["Theory", Verdicts, Values], "Picture | None"]


def pictures(theory: Theory, verdicts: Verdicts, number: int, curves: bool) -> tuple[Picture, ...]:
    """The pictures of a chapter.

    Parameters
    ----------
    theory : Theory
    verdicts : Verdicts
        Their sizes and parameters are those of the pictures; without any there is no picture.
    number : int
        Of the chapter, for the names of the files.
    curves : bool
        Whether further simulations are run to draw curves.
    """
    if not len(verdicts):
        return ()
    values = {named(name): exact_value(text) for name, text in verdicts.at.items()}
    made = []
    for maker, simulates in PICTURES.items():
        picture = maker(theory, verdicts, values) if curves or not simulates else None
        if picture is not None:
            made.append(picture.numbered(number))
    return tuple(made)


def _picture(kind: str, words: str, files: tuple[bytes, bytes]) -> Picture:
    return Picture(kind, sentence(words), words, *files)


def _curves(theory: Theory, verdicts: Verdicts, values: Values) -> Picture | None:
    """Theory and simulation along the load, or along the age."""
    if K not in values:
        return None
    rule = called(theory.setting.rule.name)
    if any(age in claim.formula.free_symbols for claim in theory.values()):
        found = sweeps.age_sweep(theory, values, seed=verdicts.seed)
        along = f"along the age of the recalled pattern, K = {values[K]}"
    else:
        loads = sweeps.loads_around(int(values[K]))
        found = sweeps.sweep(theory, values, loads, seed=verdicts.seed)
        along = "along the load"
    if not found.curves:
        return None
    titles = " and ".join(curve.title for curve in found.curves)
    words = (
        f"Theory (line) and simulation (points) of the {rule} rule {along}: {titles}. "
        f"D = {found.units}, {found.networks} networks at each point, seed {found.seed}; bars are two "
        "standard errors, clustered by network. Rates that no network showed are left out."
    )
    return _picture("curves", words, figures.curves_figure([found]))


def _departures(theory: Theory, verdicts: Verdicts, values: Values) -> Picture | None:
    """Gaussian, Edgeworth and simulated errors over the exact one, at two loads and many sizes."""
    if not departures.shown(theory) or not {D, K} <= set(values):
        return None
    load = float(values[K] / values[D])
    try:
        found = departures.departures(theory, values, (load, 2 * load), seed=verdicts.seed)
    except NotDerivable:
        return None
    words = (
        "Where the Gaussian error, Edgeworth's series and simulation of the "
        f"{called(theory.setting.rule.name)} rule depart from the exact law, over a grid of sizes at two loads. "
        f"{found.networks} networks at each size, seed {found.seed}; bars are two standard errors, "
        "clustered by network. Points that simulation did not resolve are left out."
    )
    return _picture("departures", words, departures.departures_figure(found))


def _agreement(theory: Theory, verdicts: Verdicts, values: Values) -> Picture | None:
    """The deviation of every verdict."""
    try:
        files = figures.agreement_figure(list(verdicts), verdicts.resolution)
    except NotDerivable:
        return None
    words = (
        f"Deviation of simulation from theory for every verdict on the {called(theory.setting.rule.name)} rule "
        "whose prediction is not zero. Bars are two standard errors; the shaded band is the relative "
        "error that an agreeing claim was tested for."
    )
    return _picture("agreement", words, files)


def _orders(theory: Theory, verdicts: Verdicts, values: Values) -> Picture | None:
    """The error of an expansion in the learning rate, where the theory is one."""
    found = orders.shown(theory, values)
    if not found:
        return None
    slopes = "; ".join(
        f"{one.claim}: " + ", ".join(f"{slope:.2f}" for slope in one.slopes) for one in found
    )
    words = (
        f"Error of the expansion in the learning rate of the {called(theory.setting.rule.name)} rule against all "
        "patterns of a network of three units and three patterns, or against moments followed pattern by "
        "pattern where weights have settled or eta K is fixed. Slopes of the logarithms between the "
        f"five rates, from the largest on: {slopes}. They tend to the first order that was dropped."
    )
    return _picture("orders", words, orders.orders_figure(found))


def _temperatures(theory: Theory, verdicts: Verdicts, values: Values) -> Picture | None:
    """One step of softmax retrieval against beta, where the theory was asked for the nearest pattern."""
    if not temperatures.shown(theory):
        return None
    found = temperatures.temperatures(theory, values, seed=verdicts.seed)
    marks = ["" if found.best is None else f"; dotted, the best beta, {found.best:.3g}"]
    if found.condensed is not None:
        marks.append(
            f"; dashed and dotted, the beta above which the noise is that of the nearest few patterns, {found.condensed:.3g}"
        )
    words = (
        f"Error of a bit after one step against beta, {values[D]} units and {values[K]} patterns, cue "
        f"{theory.setting.cue.text}{''.join(marks)}. Bars are two standard errors."
    )
    return _picture("temperatures", words, temperatures.temperatures_figure(found))


PICTURES: Mapping[Maker, bool] = {
    _curves: True,
    _departures: True,
    _temperatures: True,
    _agreement: False,
    _orders: False,
}
"""The makers, and whether each runs simulations of its own."""


def exact_value(text: str) -> sp.Expr:
    """A number of the verdicts' record, which is written exactly.

    Examples
    --------
    >>> exact_value("1/10")
    1/10
    """
    value: sp.Expr = exact(number(text))
    return value
