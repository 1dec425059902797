r"""The one table of the general theorem: rule, synapses, capacity by theory and simulation, bound.

Main names
----------
synapse_table
    A row for each rule, at one D and one admissible error of a bit.
Row
    One row.
synapses_json
    The table as data.

Conventions
-----------
The criterion is the error of one bit, epsilon, for exact cues of unbiased signs. The simulation runs at the claimed
number of patterns and measures the error p there; with t = Q^-1(p) the number at which the error is epsilon
is 1 + (K - 1) t^2 / Q^-1(epsilon)^2, since rho falls like 1/(K - 1). Two bounds hold for any weights on these
synapses, however they are found: 2 W where no pattern may be wrong at a unit, and a larger multiple of W where
the share epsilon of the patterns may be (:mod:`hebbsym.capacity.cover`), which is the criterion of the table.

An estimate whose standard error is as large as itself says nothing: it is printed as undetermined. Where no error or
an error of 1/2 was seen there is no t at all, and the standard error is infinite.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from typing import Any

import mpmath
import sympy as sp

from hebbsym import notation
from hebbsym.errors import InvalidValue
from hebbsym.families.nbody import NBodyRule, nbody_power, nbody_products
from hebbsym.families.parameters import exact
from hebbsym.networks import nbody_network
from hebbsym.numeric import evaluate
from hebbsym.simulate import Estimate, simulate
from hebbsym.simulate.nbody import NBodyNetwork
from hebbsym.simulate.pools import pool
from hebbsym.simulate.runs import joined
from hebbsym.theories import derive
from hebbsym.theory.setting import Setting

Values = Mapping[sp.Symbol, sp.Expr]


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
        K_max by the formula and by simulation with its standard error; no number (nan) where none was run.
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
    def run(self) -> bool:
        """Whether the rule was simulated."""
        return self.simulated == self.simulated

    @property
    def determined(self) -> bool:
        """Whether the simulation says anything of K_max.

        Examples
        --------
        >>> Row("product", (3,), 36, 7.6, 6.485, 11, 72, 127.5).determined
        False
        """
        return self.run and self.stderr < self.simulated

    @property
    def text(self) -> tuple[str, ...]:
        """The row as text."""
        measured = estimate(self.simulated, self.stderr) if self.run else "not simulated"
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


def estimate(value: float, stderr: float) -> str:
    """A number of patterns with its standard error, as text; undetermined where that is as large as itself.

    Examples
    --------
    >>> estimate(7.5, 0.2), estimate(6.485, 11.0), estimate(7.0, float("inf"))
    ('7.5 ± 0.2', 'undetermined (6.485 ± 11)', 'undetermined')
    """
    if not math.isfinite(stderr):
        return "undetermined"
    text = f"{value:.4g} ± {stderr:.2g}"
    return text if stderr < value else f"undetermined ({text})"


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
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
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
    workers : int
        Processes that simulate; the result does not depend on it.
    progress : callable, optional
        Called with the number of networks that are simulated, and that of all.

    Raises
    ------
    InvalidValue
        For fewer than two units, an epsilon outside of (0, 1/2), and a coefficient without a value.
    NotDerivable
        For a rule that adds other terms than products.

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
    chosen = tuple(rules)
    for symbol in sorted({s for rule in chosen for s in rule.at(at).free_symbols}, key=str):
        raise InvalidValue(f"{symbol} has no value, and a table needs numbers")
    claimed = [_claimed(rule, at) for rule in chosen]
    with pool(workers) if networks and workers > 1 else nullcontext() as executor:
        found = []
        for place, (rule, row) in enumerate(zip(chosen, claimed, strict=True)):
            done = place * networks, len(chosen) * networks
            run = _Run(networks, seed, workers, executor, progress, *done)
            found.append(run.simulated(rule, row, at) if networks else row)
    return tuple(found)


def _claimed(rule: NBodyRule, at: Values) -> Row:
    """What is derived of a rule."""
    names = ("capacity:bit", "synapses", "capacity:cover", "capacity:cover:errors")
    theory = derive(rule, quantities=names)
    load, count, bound, with_errors = (
        evaluate(theory[name].formula, {s: at[s] for s in theory[name].free_symbols})
        for name in names
    )
    none = float("nan")
    bounds = int(bound), float(with_errors)
    return Row(rule.name, rule.bodies, int(count), float(load), none, none, *bounds)


@dataclass(frozen=True)
class _Run:
    """The simulation of one rule, and how much of that of all rules is done before it."""

    networks: int
    seed: int
    workers: int
    executor: Executor | None
    progress: Callable[[int, int], None] | None
    before: int
    total: int

    def simulated(self, rule: NBodyRule, row: Row, at: Values) -> Row:
        """The row with what is simulated at the claimed load; as it is where that is below two patterns."""
        load = int(row.theory)
        if load > 1:
            sizes = {**at, notation.K: sp.Integer(load)}
            network = nbody_network(Setting(rule.at(at)), sizes)
            error = self._error(replace(network, probes=min(load, RECALLED)))
            value, stderr = _load_at(error.value, error.stderr, load, float(at[notation.epsilon]))
            row = replace(row, simulated=value, stderr=stderr)
        if self.progress is not None:
            self.progress(self.before + self.networks, self.total)
        return row

    def _error(self, network: NBodyNetwork) -> Estimate:
        """The error of a bit, from blocks of networks."""
        step = max(8 * self.workers, -(-self.networks // 20))
        parts = []
        for start in range(0, self.networks, step):
            block = range(start, min(start + step, self.networks))
            parts.append(
                simulate(
                    network, block, seed=self.seed, moments=0, workers=self.workers,
                    executor=self.executor,
                )
            )  # fmt: skip
            if self.progress is not None:
                self.progress(self.before + block.stop, self.total)
        return joined(parts).estimate("bit_error")


def _load_at(error: float, stderr: float, load: int, epsilon: float) -> tuple[float, float]:
    """The load at which the error is epsilon, from the error at a load nearby.

    An infinite standard error where the error has no t = Q^-1 or nothing tells how sure it is.
    """
    if not (0 < error < 0.5 and stderr == stderr):
        return float(load), float("inf")
    t, wanted = (mpmath.sqrt(2) * mpmath.erfinv(1 - 2 * p) for p in (error, epsilon))
    found = 1 + (load - 1) * (t / wanted) ** 2
    # d K / d p = 2 (K - 1) / t * dt/dp, and dt/dp = -1 / density
    slope = 2 * (found - 1) / t * mpmath.sqrt(2 * mpmath.pi) * mpmath.exp(t**2 / 2)
    return float(found), float(abs(slope) * stderr)


def synapses_json(
    rows: Iterable[Row], units: int, epsilon: sp.Expr, networks: int, seed: int
) -> dict[str, Any]:
    """The table and what it takes to have it again, schema ``hebbsym/synapses/1``.

    Examples
    --------
    >>> row = Row("product", (3,), 36, 7.6, float("nan"), float("nan"), 72, 127.5)
    >>> synapses_json([row], 10, EPSILON, 0, 0)["rows"][0]["simulated"]
    """
    made = []
    for row in rows:
        numbers = {
            name: value if math.isfinite(value) else None
            for name, value in (("simulated", row.simulated), ("stderr", row.stderr))
        }
        made.append(
            {**asdict(row), "bodies": list(row.bodies), **numbers, "determined": row.determined}
        )
    sizes = {"units": units, "epsilon": str(epsilon), "networks": networks, "seed": seed}
    return {"schema": "hebbsym/synapses/1", **sizes, "rows": made}
