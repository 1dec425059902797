r"""The plane of two coefficients: rho by formula and by simulation, and the lines at which its law changes.

Main names
----------
phase_diagram
    The plane: :class:`PhaseDiagram`.
critical_lines
    Where the drift, the post part or the signal vanishes, in closed form.
CriticalLine
    One of them.

Conventions
-----------
The lines are read off the claims: drift A and post part B from the steps of the scaling theorem, which says that the
capacity grows like D where A = 0 and B E[s]^2 = 0; the signal M(x+) - M(x-) from the mean of the field. A square is
drawn where its root vanishes. Every simulated point of a diagram is a rule on the same bank of fields.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from hebbsym import notation
from hebbsym.errors import InvalidValue
from hebbsym.families.rules import ExpandedRule
from hebbsym.networks import network_of
from hebbsym.notation import x
from hebbsym.numeric import numeric_function
from hebbsym.simulate import Network, simulate_bank
from hebbsym.theories import Theory, derive
from hebbsym.theory.setting import Setting

Array: TypeAlias = NDArray[Any]
Powers: TypeAlias = tuple[int, int]

_FINE = 161  # points of the formula along each axis


@dataclass(frozen=True)
class CriticalLine:
    """Where something vanishes.

    Parameters
    ----------
    name : str
        What vanishes: "drift", "post part" or "signal".
    form : sympy.Expr
        A form in the coefficients that changes its sign there.
    meaning : str

    Examples
    --------
    >>> from hebbsym.families.ensembles import Bipolar
    >>> rule = ExpandedRule(2, {(1, 1): 1, (1, 0): notation.coefficient(1, 0)})
    >>> [line.text for line in critical_lines(Setting(rule, Bipolar(sp.Rational(1, 2))))]
    ['drift: 2*c_1_post + 1 = 0', 'post part: 2*c_1_post + 1 = 0', 'signal: c_1_post + 2 = 0']
    """

    name: str
    form: sp.Expr
    meaning: str

    @property
    def text(self) -> str:
        """The line as text."""
        return f"{self.name}: {self.form} = 0"

    @property
    def equation(self) -> sp.Eq:
        """The line as an equation."""
        return sp.Eq(self.form, 0, evaluate=False)


_MEANINGS = {
    "drift": "off it a noise common to all units: K_max grows at most like sqrt(D)",
    "post part": "off it K_max does not grow with D",
    "signal": "on it nothing is stored, beyond it the inverted pattern",
}


def critical_lines(
    setting: Setting, at: Mapping[sp.Symbol, sp.Expr] | None = None
) -> tuple[CriticalLine, ...]:
    """The lines on which a rule with symbols for coefficients loses drift, post part or signal.

    Parameters
    ----------
    setting : Setting
        Two-valued patterns; numbers for its parameters and for all but some coefficients.
    at : mapping of symbol to exact number, optional
        Sizes, which the signal depends on under inhibition.

    Returns
    -------
    tuple of CriticalLine
        Those that the setting has: without the post part where the mean cue is 0, without the drift under inhibition.
    """
    theory = _theory(setting)
    free = setting.rule.free_symbols
    found = []
    for name, expression in _forms(setting, theory).items():
        top, _ = sp.fraction(sp.together(expression.xreplace(dict(at or {}))))
        factors = sp.factor_list(top)[1]
        for base, _ in factors:
            if base.free_symbols & free and not base.free_symbols - free:
                found.append(CriticalLine(name, base, _MEANINGS[name]))
    return tuple(found)


def _theory(setting: Setting) -> Theory:
    return derive(
        setting.rule, setting.patterns, cue=setting.cue, threshold=setting.threshold
    )  # fmt: skip


def _forms(setting: Setting, theory: Theory) -> dict[str, sp.Expr]:
    """What may vanish, from the claims."""
    post_values = [v for v, _ in setting.post.alphabet]
    if len(post_values) != 2:
        raise InvalidValue("critical lines are drawn for patterns of two values")
    drift, post, cue = (step.equation.rhs for step in theory["scaling"].derivation.steps[:3])
    mean = theory["field_mean"].formula
    forms = {}
    if not setting.threshold.inhibits:
        forms["drift"] = drift
    if sp.expand(cue) != 0:
        forms["post part"] = post
    forms["signal"] = mean.xreplace({x: post_values[1]}) - mean.xreplace({x: post_values[0]})
    return forms


@dataclass(frozen=True, eq=False)
class PhaseDiagram:
    """The plane of two coefficients.

    Parameters
    ----------
    axes : pair of (p, q)
        Which coefficients.
    x, y : array
        Where the formula was evaluated.
    ratio : array, shape (y, x)
        rho by the formula.
    points : array, shape (points, 4)
        Both coefficients, the simulated rho and its standard error.
    expected : array, shape (points,)
        rho by the formula at the simulated points.
    lines : tuple of CriticalLine
    setting : str
    at : str
    networks, seed : int
    """

    axes: tuple[Powers, Powers]
    x: Array
    y: Array
    ratio: Array
    points: Array
    expected: Array
    lines: tuple[CriticalLine, ...]
    setting: str
    at: str
    networks: int
    seed: int

    @property
    def deviations(self) -> Array:
        """Simulation less formula at each point, in standard errors."""
        return np.asarray((self.points[:, 2] - self.expected) / self.points[:, 3])


def phase_diagram(
    setting: Setting,
    axes: tuple[Powers, Powers] = ((1, 0), (0, 1)),
    *,
    at: Mapping[sp.Symbol, Any],
    spans: Sequence[tuple[Any, Any]] = ((-1, 1), (-1, 1)),
    points: int = 13,
    networks: int = 200,
    seed: int = 0,
    workers: int = 1,
) -> PhaseDiagram:
    """rho over the plane of two coefficients, by formula everywhere and by simulation on a lattice of points.

    Parameters
    ----------
    setting : Setting
        Its rule gives the other coefficients; two-valued patterns.
    axes : pair of (p, q)
        The coefficients that vary.
    at : mapping of symbol to exact number
        D, K and the parameters of the setting.
    spans : pair of (low, high)
        Exact numbers.
    points : int
        Simulated points along each axis.
    networks, seed, workers : int
        Of the bank.

    Examples
    --------
    >>> from hebbsym.families.ensembles import Bipolar
    >>> from hebbsym.notation import D, K
    >>> hebb = ExpandedRule(2, {(1, 1): 1})
    >>> found = phase_diagram(Setting(hebb, Bipolar(sp.Rational(1, 2))), at={D: 30, K: 4}, points=3)
    >>> len(found.points), len(found.lines), bool((abs(found.deviations) < 4).all())
    (9, 3, True)
    """
    values = {symbol: sp.Integer(v) if isinstance(v, int) else v for symbol, v in at.items()}
    numeric = setting.at(values)
    symbols = tuple(notation.coefficient(*pq) for pq in axes)
    terms = {**numeric.rule.require_additive().terms, **dict(zip(axes, symbols, strict=True))}
    plane = numeric.with_rule(ExpandedRule(max(p + q for p, q in terms), terms, "general"))
    formula = _theory(plane)["snr"].formula.xreplace(values)
    compiled = numeric_function(formula, symbols)
    fine = [np.linspace(float(low), float(high), _FINE) for low, high in spans]
    lattice = [_between(low, high, points) for low, high in spans]
    network = network_of(numeric.with_rule(numeric.rule), values)
    assert isinstance(network, Network)
    order = max(p + q for p, q in terms)
    bank = simulate_bank(network, networks, order=order, seed=seed, workers=workers)
    rows = []
    for v in lattice[1]:
        for u in lattice[0]:
            update = {**network.update, axes[0]: u, axes[1]: v}
            with np.errstate(all="ignore"):  # a rule without noise has an infinite ratio
                found = bank.statistics(update).estimate("snr")
            rows.append((float(u), float(v), found.value, found.stderr))
    made = np.array(rows)
    with np.errstate(all="ignore"):
        ratio = compiled(fine[0][None, :], fine[1][:, None])
        expected = compiled(made[:, 0], made[:, 1])
    return PhaseDiagram(
        axes, fine[0], fine[1], np.asarray(ratio), made, np.asarray(expected), critical_lines(plane, values),
        setting.text.partition(" on ")[2], ", ".join(f"{s}={v}" for s, v in values.items()),
        networks, seed,
    )  # fmt: skip


def _between(low: Any, high: Any, count: int) -> list[Fraction]:
    """Equally spaced fractions from ``low`` to ``high``."""
    if count < 2:
        raise InvalidValue(f"{count} points along an axis; give at least 2")
    ends = [Fraction(int(sp.Rational(e).p), int(sp.Rational(e).q)) for e in (low, high)]
    return [ends[0] + (ends[1] - ends[0]) * Fraction(n, count - 1) for n in range(count)]
