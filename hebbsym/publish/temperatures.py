r"""One step of softmax retrieval against beta: simulation, the Gaussian error, the nearest pattern, and powers.

Main names
----------
temperatures, Temperatures
    The errors of a bit at several beta, at fixed D and K.
temperatures_figure
    The picture.

Conventions
-----------
Bars are two standard errors, clustered by network. Powers have the same update and cue, and are simulated too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import sympy as sp

from hebbsym.errors import NotDerivable
from hebbsym.families.dense import DenseRule
from hebbsym.families.separations import Power
from hebbsym.networks import dense_network
from hebbsym.notation import D, K
from hebbsym.numeric import evaluate
from hebbsym.publish.canvas import COLOURS, blank_panels, drawing, file_bytes
from hebbsym.simulate import simulate
from hebbsym.theories import Theory

if TYPE_CHECKING:
    from hebbsym.theory.setting import Setting

Values = Mapping[sp.Symbol, sp.Expr]

NEAREST = "bit_error:nearest"
MULTIPLES = tuple(sp.Rational(k, 8) for k in (1, 2, 4, 6, 8, 12, 16, 24, 32, 48))
POWERS = (2, 4)
NETWORKS = 400


@dataclass(frozen=True)
class Point:
    """One beta: the simulated error with its standard error, and the Gaussian one."""

    beta: float
    simulated: float
    stderr: float
    gaussian: float


@dataclass(frozen=True)
class Temperatures:
    """The errors against beta, and the marks on the way.

    Parameters
    ----------
    points : tuple of Point
    nearest : float
        The error for beta to infinity, by formula.
    best : float or None
        The best beta; None for exact cues.
    condensed : float or None
        beta above which the noise is that of the nearest few patterns; None where it is always.
    powers : mapping of int to float
        The simulated errors of F_n.
    """

    points: tuple[Point, ...]
    nearest: float
    best: float | None
    condensed: float | None
    powers: Mapping[int, float]


def temperatures(
    theory: Theory, values: Values, *, networks: int = NETWORKS, seed: int = 0
) -> Temperatures:
    """Evaluate and simulate the error of a bit at multiples of the best beta.

    Parameters
    ----------
    theory : Theory
        Of an exponential or log-sum-exp separation.
    values : mapping of symbol to exact number
        A value for D, K and every symbol of the cue.
    networks : int
        Simulated at each beta.
    seed : int

    Raises
    ------
    NotDerivable
        For other separations, or where the limit of a large beta is not derived.

    Examples
    --------
    >>> from hebbsym.families.cues import Flip
    >>> from hebbsym.families.separations import separations
    >>> from hebbsym.theories import dense
    >>> lse = dense(separations["lse"](1), cue=Flip(sp.Rational(1, 5)), quantities=[NEAREST])
    >>> found = temperatures(lse, {D: sp.Integer(12), K: sp.Integer(20)}, networks=4)
    >>> len(found.points), round(found.best, 6)
    (10, 0.693147)
    """
    sizes = {s: values[s] for s in (D, K)}
    known = {s: v for s, v in values.items() if s not in sizes}
    setting = theory.setting.at(known)
    whole = Theory(setting)
    nearest = float(evaluate(whole[NEAREST].formula, sizes))
    best = evaluate(whole["beta:best"].formula) if "beta:best" in whole else None
    unit = sp.S.One if best is None else sp.Rational(round(float(best) * 10**6), 10**6)
    points = [_point(setting, unit * k, sizes, networks, seed) for k in MULTIPLES]
    powers = {n: _simulated(_with(setting, Power(n)), sizes, networks, seed)[0] for n in POWERS}
    return Temperatures(
        tuple(points), nearest, None if best is None else float(best), _condensed(sizes), powers
    )


def _with(setting: Setting, separation: object) -> Setting:
    rule = setting.rule
    assert isinstance(rule, DenseRule)
    return setting.with_rule(replace(rule, separation=separation))  # type: ignore[arg-type]


def _point(setting: Setting, beta: sp.Expr, sizes: Values, networks: int, seed: int) -> Point:
    rule = setting.rule
    assert isinstance(rule, DenseRule)
    here = _with(setting, replace(rule.separation, beta=beta))  # type: ignore[type-var]
    gaussian = float(evaluate(Theory(here)["bit_error"].formula, sizes))
    return Point(float(beta), *_simulated(here, sizes, networks, seed), gaussian)


def _simulated(setting: Setting, sizes: Values, networks: int, seed: int) -> tuple[float, float]:
    found = simulate(dense_network(setting, sizes), networks, seed=seed).estimate("bit_error", None)
    return float(found.value), float(found.stderr)


def _condensed(sizes: Values) -> float | None:
    """The root of 2 beta tanh(2 beta) - ln cosh(2 beta) = ln K / D, by bisection; the left side rises to ln 2."""
    level = math.log(int(sizes[K])) / int(sizes[D])
    if level >= math.log(2):
        return None
    low, high = 0.0, 20.0
    for _ in range(60):
        b = (low + high) / 2
        low, high = (
            (b, high) if 2 * b * math.tanh(2 * b) - math.log(math.cosh(2 * b)) < level else (low, b)
        )
    return low


def shown(theory: Theory) -> bool:
    """Whether the figure belongs to a theory: one that was asked for the nearest pattern or the best beta.

    Examples
    --------
    >>> from hebbsym.families.separations import separations
    >>> from hebbsym.theories import dense
    >>> shown(dense(separations["power"](3))), shown(dense(separations["lse"](1), quantities=[NEAREST]))
    (False, True)
    """
    return bool({NEAREST, "beta:best"} & set(theory)) and NEAREST in theory


def temperatures_figure(found: Temperatures) -> tuple[bytes, bytes]:
    """The error of a bit against beta; SVG and PDF.

    Examples
    --------
    >>> point = Point(1.0, 0.1, 0.01, 0.05)
    >>> temperatures_figure(Temperatures((point,), 0.1, 1.0, None, {2: 0.3}))[0][:5]
    b'<?xml'
    """
    if not found.points:
        raise NotDerivable("there is no beta to draw")
    betas = [p.beta for p in found.points]
    with drawing():
        figure, (panel,) = blank_panels(1, width=5.6)
        panel.plot(
            betas,
            [p.gaussian for p in found.points],
            color=COLOURS[0],
            label="Gaussian, given the flips",
        )
        panel.axhline(
            found.nearest, color=COLOURS[1], label=r"$\beta\to\infty$: the nearest pattern"
        )
        panel.errorbar(
            betas,
            [p.simulated for p in found.points],
            [2 * p.stderr for p in found.points],
            color=COLOURS[2],
            linestyle="none",
            marker="o",
            markersize=3.5,
            label="simulation",
        )
        for place, (n, error) in enumerate(found.powers.items()):
            panel.axhline(
                error, color=COLOURS[3 + place], linestyle="--", label=f"$F_{n}$, simulation"
            )
        for at, style in ((found.best, ":"), (found.condensed, "-.")):
            if at is not None:
                panel.axvline(at, color="0.4", linestyle=style, linewidth=0.9)
        panel.set_xscale("log")
        panel.set_xlabel(r"$\beta$")
        panel.set_ylabel("error of a bit after one step")
        panel.grid(True)
        panel.set_ylim(bottom=0)
        panel.legend(fontsize=8.5)
        return file_bytes(figure, "svg"), file_bytes(figure, "pdf")  # fmt: skip
