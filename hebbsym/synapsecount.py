r"""The one table of the general theorem: rule, synapses, capacity by theory and simulation, bound.

Main names
----------
synapse_table
    A row for each rule, at one D and one admissible error of a bit.
Row
    One row.

Conventions
-----------
The criterion is the error of one bit, epsilon, for exact cues of unbiased signs. The simulation runs at the claimed
number of patterns and measures the error p there; with t = Q^-1(p) the number at which the error is epsilon
is 1 + (K - 1) t^2 / Q^-1(epsilon)^2, since rho falls like 1/(K - 1). Two bounds hold for any weights on these
synapses, however they are found: 2 W where no pattern may be wrong at a unit, and a larger multiple of W where
the share epsilon of the patterns may be (:mod:`hebbsym.capacity.cover`), which is the criterion of the table.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import mpmath
import sympy as sp

from hebbsym import notation
from hebbsym.errors import InvalidValue
from hebbsym.families.nbody import NBodyRule, nbody_power, nbody_products
from hebbsym.families.parameters import exact
from hebbsym.networks import nbody_network
from hebbsym.numeric import evaluate
from hebbsym.simulate import simulate
from hebbsym.theories import derive
from hebbsym.theory.setting import Setting


@dataclass(frozen=True)
class Row:
    """One rule of the table.

    Parameters
    ----------
    rule : str
    bodies : tuple of int
    synapses : int
        Plastic synapses of one unit.
    theory, simulated, stderr : float
        K_max by the formula and by simulation; no number (nan) where none was run.
    bound : int
        Cover's 2 W, for any weights on these synapses, without an error.
    bound_with_errors : float
        The same where the share epsilon of the patterns may be wrong at a unit.

    Examples
    --------
    >>> Row("product", (3,), 36, 7.6, 7.5, 0.2, 72, 127.5).text
    ('product', '3', '36', '7.6', '7.5 ± 0.2', '72', '127.5')
    """

    rule: str
    bodies: tuple[int, ...]
    synapses: int
    theory: float
    simulated: float
    stderr: float
    bound: int
    bound_with_errors: float

    @property
    def text(self) -> tuple[str, ...]:
        """The row as text."""
        run = self.simulated == self.simulated
        measured = f"{self.simulated:.4g} ± {self.stderr:.2g}" if run else "not simulated"
        bodies = ", ".join(map(str, self.bodies))
        return (
            self.rule,
            bodies,
            str(self.synapses),
            f"{self.theory:.4g}",
            measured,
            str(self.bound),
            f"{self.bound_with_errors:.4g}",
        )


EPSILON = sp.Rational(1, 50)
RECALLED = 256
"""Patterns that each simulated network recalls at most; patterns are exchangeable."""

HEADS = (
    *("rule", "bodies", "synapses per unit", "K_max, theory", "K_max, simulation"),
    *("bound, no error", "bound, share epsilon wrong"),
)

RULES: tuple[NBodyRule, ...] = (
    nbody_products((2,), name="hebb"),
    nbody_power(3, "power, n = 3"),
    nbody_products((3,), name="best, n = 3"),
    nbody_products((2, 3), name="best, n = 2 and 3"),
    nbody_power(4, "power, n = 4"),
    nbody_products((4,), name="best, n = 4"),
    nbody_products((1, 2, 3, 4), name="best, n = 1 .. 4"),
)


def synapse_table(
    units: int,
    epsilon: sp.Expr = EPSILON,
    networks: int = 0,
    *,
    seed: int = 0,
    rules: Iterable[NBodyRule] = RULES,
) -> tuple[Row, ...]:
    """Capacity beside the number of synapses and the bound, rule by rule.

    Parameters
    ----------
    units : int
        D.
    epsilon : exact number
        The admissible error of a bit.
    networks : int
        How many networks are simulated for each rule; none by default.
    seed : int
    rules : iterable of NBodyRule
        Rules that add products.

    Raises
    ------
    InvalidValue
        For fewer than two units, and for an epsilon outside of (0, 1/2).

    Examples
    --------
    >>> for row in synapse_table(30, rules=(nbody_products((2,)), nbody_products((3,)))):
    ...     print(row.text)
    ('product', '2', '29', '7.875', 'not simulated', '58', '102.7')
    ('product', '3', '406', '97.26', 'not simulated', '812', '1438')
    """
    if not (isinstance(units, int) and units >= 2):
        raise InvalidValue(f"units is a whole number of at least 2, not {units}")
    share = exact(epsilon)
    if not 0 < share < sp.Rational(1, 2):
        raise InvalidValue(f"epsilon lies between 0 and 1/2, not at {share}")
    at = {notation.D: sp.Integer(units), notation.epsilon: share}
    return tuple(_row(rule, at, networks, seed) for rule in rules)


def _row(rule: NBodyRule, at: dict[sp.Symbol, sp.Expr], networks: int, seed: int) -> Row:
    names = ("capacity:bit", "synapses", "capacity:cover", "capacity:cover:errors")
    theory = derive(rule, quantities=names)
    claimed, count, bound, with_errors = (
        evaluate(theory[name].formula, {s: at[s] for s in theory[name].free_symbols})
        for name in names
    )
    simulated = stderr = float("nan")
    load = int(claimed)
    if networks and load > 1:
        sizes = {**at, notation.K: sp.Integer(load)}
        network = nbody_network(Setting(rule.at(at)), sizes)
        network = replace(network, probes=min(load, RECALLED))
        error = simulate(network, networks, seed=seed, moments=0).estimate("bit_error")
        simulated, stderr = _load_at(error.value, error.stderr, load, float(at[notation.epsilon]))
    found = (float(claimed), simulated, stderr, int(bound), float(with_errors))
    return Row(rule.name, rule.bodies, int(count), *found)


def _load_at(error: float, stderr: float, load: int, epsilon: float) -> tuple[float, float]:
    """The load at which the error is epsilon, from the error at a load nearby."""
    t, wanted = (mpmath.sqrt(2) * mpmath.erfinv(1 - 2 * p) for p in (error, epsilon))
    found = 1 + (load - 1) * (t / wanted) ** 2
    # d K / d p = 2 (K - 1) / t * dt/dp, and dt/dp = -1 / density
    slope = 2 * (found - 1) / t * mpmath.sqrt(2 * mpmath.pi) * mpmath.exp(t**2 / 2)
    return float(found), float(abs(slope) * stderr)
