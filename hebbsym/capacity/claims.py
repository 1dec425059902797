r"""Claims about capacity, each under its criterion; and the scaling theorem.

Main names
----------
QUANTITIES
    capacity:snr, capacity:bit, capacity:pattern, capacity:all, their forms by Lambert's W
    and their asymptotics, capacity:perturbed (C_delta), capacity:synapse, scaling.

Conventions
-----------
K_max is the real number at which the criterion holds with equality; the number of patterns
is its integer part. epsilon bounds the failure probability, z^2 the signal-to-noise ratio.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import mpmath
import sympy as sp

from hebbsym import notation
from hebbsym.capacity.criteria import Criterion, Load, criteria
from hebbsym.capacity.growth import leading_growth
from hebbsym.claim import Claim, Derivation, Evidence, Method, Regime, Step
from hebbsym.errors import NotDerivable
from hebbsym.families.cues import Exact, Flip
from hebbsym.notation import K, epsilon, rho, tail, z
from hebbsym.numeric import evaluate
from hebbsym.theory.bits import TIES, bit_error, conditional_error, needs_mixture
from hebbsym.theory.setting import Setting
from hebbsym.theory.signals import conditions
from hebbsym.theory.workbench import Quantity, Workbench, needs_two_values

GAUSSIAN = "the field is taken as Gaussian with its exact mean and variance"
INDEPENDENT_BITS = "the errors of different units are taken as independent"
_P = sp.Symbol(r"\operatorname{P}_{\mathrm{err}}")
_K_MAX = sp.Symbol(r"K_{\max}")


@lru_cache(maxsize=32)
def load_of(bench: Workbench) -> Load:
    """rho as a function of K, its parts free of common factors."""
    signal = bench.signal
    if not signal.gap:
        raise NotDerivable(f"rule {bench.setting.rule.name!r} carries no signal: its capacity is 0")
    load = Load(
        *(tuple(bench.fields.expression(part) for part in parts) for parts in signal.by_load)
    )
    if not load.noisy:
        raise NotDerivable(
            f"the noise does not grow with K in this setting ({bench.setting.text}): "
            "every number of patterns meets the criterion or none does"
        )
    return load


def closed(bench: Workbench) -> bool:
    """Whether the error of a bit is Q(sqrt(rho)), so that a criterion demands a ratio."""
    if needs_mixture(bench):
        return False
    return bench.symmetric or bench.setting.threshold.balances


def _snr(bench: Workbench) -> Claim:
    load = load_of(bench)
    formula = load.at_ratio(z**2)
    shape = Load(
        sp.symbols("G_0:3") if not load.steady else (sp.Symbol("G_0"), sp.S.Zero, sp.S.Zero),
        tuple(sp.Symbol(f"N_{m}") if part != 0 else part for m, part in enumerate(load.noise)),
    )
    steps = (
        Step(
            sp.Eq(rho, shape.ratio_at(K)),
            "signal and noise are polynomials in the number of other patterns; without inhibition "
            "the signal comes from the cued pattern alone",
            Evidence(Method.SECOND_ROUTE, "the quotient of polynomials against rho, at rational values",
                     lambda: _agrees(load.ratio_at(K), bench.signal.rho)),
        ),
        Step(
            sp.Eq(_K_MAX, formula),
            "root of rho(K) = z^2",
            Evidence(Method.SUBSTITUTION, "rho(K_max) = z^2, at rational values, 30 digits",
                     lambda: _agrees(load.ratio_at(formula), z**2)),
        ),
    )
    return Claim(
        "capacity:snr",
        "number of patterns at which the signal-to-noise ratio is z^2",
        formula,
        Regime.EXACT,
        (*conditions(bench.setting), "criterion: rho >= z^2; K_max is real"),
        Derivation(steps),
        symbol=_K_MAX,
        display=shape.at_ratio(z**2) if load.noise[2] != 0 else None,
    )


def _probe(*expressions: sp.Expr) -> dict[sp.Symbol, sp.Expr]:
    """Rational values for all symbols, inside the domains of the theory."""
    free = sorted(set().union(*(e.free_symbols for e in expressions)), key=str)
    sizes = {notation.D: 1009, notation.M: 499, K: 23, z: sp.Rational(5, 2)}
    small = {notation.epsilon: sp.Rational(1, 200), notation.delta: sp.Rational(1, 11)}
    known = {**sizes, **small, notation.a: sp.Rational(1, 3), notation.f: sp.Rational(2, 7)}
    return {
        s: sp.Integer(1) * known[s] if s in known else sp.Rational(5 + 2 * place, 11 + place)
        for place, s in enumerate(free)
    }


def _agrees(first: sp.Expr, second: sp.Expr, digits: int = 25) -> bool:
    """Whether two expressions agree at a rational point to many digits."""
    point = _probe(first, second)
    one, other = (evaluate(e, {s: point[s] for s in e.free_symbols}) for e in (first, second))
    return bool(abs(one - other) <= abs(other) * sp.Rational(1, 10**digits))


def _by_criterion(name: str) -> Callable[[Workbench], Claim]:
    criterion = criteria[name]

    def build(bench: Workbench) -> Claim:
        return capacity(bench, criterion, f"capacity:{name}")

    return build


def capacity(bench: Workbench, criterion: Criterion, name: str) -> Claim:
    """The capacity under a criterion: closed where it can be, else the root of an equation."""
    units = bench.setting.units
    ratio = criterion.ratio(epsilon, units)
    error = bit_error(bench)
    regime, note = _regime(bench, criterion)
    assumptions = [*conditions(bench.setting), f"criterion: {criterion.statement}", TIES]
    if ratio is not None and closed(bench):
        load = load_of(bench)
        formula: sp.Basic = load.at_ratio(ratio)
        unknown, at = None, formula
        steps = _closed_steps(bench, criterion, load, ratio, formula)
        assumptions.append("K_max is real; the number of patterns is its integer part")
    else:
        if closed(bench):
            error = tail(sp.sqrt(load_of(bench).ratio_at(K)))
        formula = sp.Eq(criterion.failure(error, units, K), epsilon, evaluate=False)
        unknown, at = K, None
        steps = (_equation_step(bench, criterion),)
        assumptions.append("K_max is the root of the equation in K")
    return Claim(
        name,
        f"capacity: {criterion.statement}",
        formula,
        regime,
        tuple(assumptions),
        Derivation(steps),
        "mceliece1987" if criterion.bits(units, K) != 1 else "derived here",
        symbol=_K_MAX,
        unknown=unknown,
        dropped=note,
        observable={"bit": "bit_error", "pattern": "pattern_error"}.get(criterion.name),
        load=at,
        prediction=criterion.failure(error, units, K),
        display=sp.Eq(criterion.failure(_P, units, K), epsilon, evaluate=False) if unknown else None,
    )


def _closed_steps(
    bench: Workbench, criterion: Criterion, load: Load, ratio: sp.Expr, formula: sp.Expr
) -> tuple[Step, ...]:
    units = bench.setting.units
    failure = criterion.failure(tail(sp.sqrt(rho)), units, K)
    return (
        _equation_step(bench, criterion),
        Step(
            sp.Eq(rho, ratio),
            "the admissible error of one bit is Q(sqrt(rho)), inverted",
            Evidence(Method.SUBSTITUTION, "the failure probability at this ratio is epsilon",
                     lambda: _agrees(failure.xreplace({rho: ratio}), epsilon)),
        ),
        Step(
            sp.Eq(_K_MAX, formula),
            "root of rho(K) = z^2 at that ratio",
            Evidence(Method.SUBSTITUTION, "rho(K_max) against the ratio demanded, 25 digits",
                     lambda: _agrees(load.ratio_at(formula), ratio)),
        ),
    )


def _equation_step(bench: Workbench, criterion: Criterion) -> Step:
    reason = "the criterion at equality"
    if criterion.bits(bench.setting.units, K) != 1:
        reason += "; all the bits concerned must be right, and err independently"
    shape = criterion.failure(_P, bench.setting.units, K)
    return Step(sp.Eq(shape, epsilon, evaluate=False), reason)


def _regime(bench: Workbench, criterion: Criterion) -> tuple[Regime, str]:
    whole = criterion.bits(bench.setting.units, K) != 1
    common = bool(bench.fields.anatomy.drift) and not bench.setting.threshold.inhibits
    notes = [GAUSSIAN if not needs_mixture(bench) else "given its history the field is taken as Gaussian"]
    if whole:
        notes.append(INDEPENDENT_BITS)
    if bench.setting.threshold.balances and not bench.symmetric:
        notes.append("the difference of the two variances enters in second order, and is dropped")
    heuristic = (whole and (common or bench.post_part)) or (
        bench.setting.threshold.inhibits and bench.post_part
    )
    if whole and common:
        notes.append("here they are not: the drift adds a noise common to all units")
    if whole and bench.post_part:
        notes.append("here they are not: the post part's noise shares the factor sum_j s_j")
    return (Regime.HEURISTIC if heuristic else Regime.LEADING_ORDER), "; ".join(notes)


def _lambert(name: str) -> Callable[[Workbench], Claim]:
    criterion = criteria[name]

    def build(bench: Workbench) -> Claim:
        _require_closed(bench, name)
        load, units = load_of(bench), bench.setting.units
        ratio = load.lambert(criterion, epsilon, units)
        formula = load.at_ratio(ratio)
        scale, power = load.growth()
        crowd = (scale / rho) ** sp.Rational(criterion.patterns_power, power)
        mills = sp.exp(-rho / 2) / sp.sqrt(2 * sp.pi * rho)
        bound = criterion.bits(units, sp.S.One) * crowd * mills
        steps = (
            Step(
                sp.Eq(bound, epsilon, evaluate=False),
                "union bound over the bits concerned, and Q(t) < exp(-t^2/2)/(t sqrt(2 pi))",
            ),
            Step(
                sp.Eq(rho, ratio),
                "solved by Lambert's function, W e^W = argument",
                Evidence(Method.SUBSTITUTION, "the bound at this ratio is epsilon, 25 digits",
                         lambda: _agrees(bound.xreplace({rho: ratio}), epsilon)),
            ),
            Step(sp.Eq(_K_MAX, formula), "root of rho(K) at that ratio"),
        )
        return Claim(
            f"capacity:{name}:lambert",
            f"closed form by Lambert's W: {criterion.statement}",
            formula,
            Regime.LEADING_ORDER,
            (*conditions(bench.setting), f"criterion: {criterion.statement}"),
            Derivation(steps),
            "corless1996; mceliece1987",
            symbol=_K_MAX,
            dropped="the Mills ratio's relative correction 1/rho and the union bound's epsilon/2"
            + ("; K is taken as G/rho inside the logarithm" if criterion.patterns_power else ""),
        )

    return build


def _require_closed(bench: Workbench, name: str) -> None:
    if not closed(bench):
        raise NotDerivable(
            f"capacity:{name}:lambert and :asymptotic need a bit error Q(sqrt(rho)); here the two "
            "conditional errors differ or the field is a mixture (try the threshold 'optimal', "
            f"or ask for capacity:{name})"
        )
    if not load_of(bench).steady:
        raise NotDerivable(
            f"capacity:{name}:lambert and :asymptotic need a signal that does not depend on K; "
            f"under inhibition a drift acts back on it (ask for capacity:{name})"
        )


def _asymptotic(name: str) -> Callable[[Workbench], Claim]:
    criterion = criteria[name]

    def build(bench: Workbench) -> Claim:
        _require_closed(bench, name)
        growth = leading_growth(bench)
        if growth.exponent == 0:
            raise NotDerivable("the capacity does not grow with D here; ask for 'scaling'")
        units = bench.setting.units
        logs = 2 + 2 * criterion.patterns_power * growth.exponent
        formula = growth.at_ratio(logs * sp.log(units))
        exact = load_of(bench)
        ratio = exact.lambert(criterion, epsilon, units)
        steps = (
            Step(
                sp.Eq(rho, logs * sp.log(units)),
                "leading term of Lambert's W at a large argument, W(x) ~ ln x",
            ),
            Step(
                sp.Eq(_K_MAX, formula),
                "leading term of K(rho) for large D",
                Evidence(Method.LIMIT, "distance from the closed form within (10 + 2 ln ln D)/ln D at D = 1e100, 1e1000, 1e10000",
                         lambda: _approaches(formula, exact.at_ratio(ratio), units)),
            ),
        )
        return Claim(
            f"capacity:{name}:asymptotic",
            f"leading asymptotics: {criterion.statement}",
            formula,
            Regime.LEADING_ORDER,
            (*conditions(bench.setting), f"criterion: {criterion.statement}", "D to infinity"),
            Derivation(steps),
            "mceliece1987",
            symbol=_K_MAX,
            dropped="relative corrections of order ln ln D / ln D: tens of per cent at D = 1000",
        )

    return build


def _approaches(leading: sp.Expr, exact: sp.Expr, units: sp.Symbol) -> bool:
    """Whether the ratio tends to 1 as fast as ln ln D / ln D says, over three huge sizes."""
    point = _probe(leading, exact)
    near = []
    for power in (100, 1000, 10000):
        large = {s: sp.Integer(10) ** power for s in (notation.D, notation.M) if s in point}
        values = {**point, **large}
        one, other = (
            evaluate(e, {s: values[s] for s in e.free_symbols}) for e in (leading, exact)
        )
        logarithm = mpmath.log(10) * power
        dropped = 10 + 2 * mpmath.log(logarithm)  # ln(1/(2 pi epsilon^2)) and ln ln D, with room
        near.append(abs(one / other - 1) <= dropped / logarithm)
    return all(near)


def _perturbed(bench: Workbench) -> Claim:
    setting = bench.setting
    cue = Flip(notation.delta, setting.cue.centred) if isinstance(setting.cue, Exact) else setting.cue
    other = Workbench(Setting(setting.rule, setting.patterns, cue, setting.threshold))
    claim = capacity(other, criteria["pattern"], "capacity:perturbed")
    return claim.named(
        "capacity:perturbed",
        "C_delta: the perturbed cue is mapped onto the stored pattern in one step with "
        "probability above 1 - epsilon",
        setting=other.setting,
    )


def _synapse(bench: Workbench) -> Claim:
    setting = bench.setting
    low, high = bench.laws
    wrong_low, wrong_high = (conditional_error(bench, side) for side in (False, True))
    e_low, e_high = sp.symbols("e_- e_+")
    information = _information(high.probability, e_low, e_high)
    inputs = setting.inputs
    shape = K / inputs * information
    formula = shape.xreplace({e_low: wrong_low, e_high: wrong_high})
    regime, note = _regime(bench, criteria["bit"])
    steps = (
        Step(
            sp.Eq(sp.Symbol("I"), information),
            "mutual information in bits between a stored bit and the recalled one",
            Evidence(Method.LIMIT, "no errors give the entropy of a bit; useless recall gives 0",
                     lambda: _information_limits(information, high.probability, e_low, e_high)),
        ),
        Step(
            sp.Eq(sp.Symbol("C"), shape),
            "K patterns of as many bits as there are units, over n synapses for each unit",
        ),
    )
    return Claim(
        "capacity:synapse",
        "information that one recall step gives back, in bits per synapse, at load K",
        formula,
        regime,
        (*conditions(setting), "recalled bits are counted one by one (no coding across bits)"),
        Derivation(steps),
        "derived here",
        symbol=sp.Symbol("C"),
        dropped=note,
        display=shape,
    )


def _entropy(p: sp.Expr) -> sp.Expr:
    return -(p * sp.log(p) + (1 - p) * sp.log(1 - p)) / sp.log(2)


def _information(p: sp.Expr, low: sp.Expr, high: sp.Expr) -> sp.Expr:
    """I(stored; recalled) of a binary channel with error probabilities ``low`` and ``high``."""
    recalled = p * (1 - high) + (1 - p) * low
    return _entropy(recalled) - p * _entropy(high) - (1 - p) * _entropy(low)


def _information_limits(
    information: sp.Expr, p: sp.Expr, low: sp.Symbol, high: sp.Symbol
) -> bool:
    value = {s: sp.Rational(1, 3) for s in p.free_symbols}
    at = information.xreplace(value)
    share = p.xreplace(value)
    useless = at.xreplace({low: sp.Rational(1, 4), high: sp.Rational(3, 4)})
    tiny = sp.Rational(1, 10**40)
    nearly = evaluate(at.xreplace({low: tiny, high: tiny}) - _entropy(share), {})
    return bool(abs(evaluate(useless, {}, 30)) < 1e-25 and abs(nearly) < 1e-30)


def _scaling(bench: Workbench) -> Claim:
    growth = leading_growth(bench)
    exact = load_of(bench).at_ratio(z**2)
    formula = growth.at_ratio(z**2)
    steps = (
        *growth.steps,
        Step(
            sp.Eq(_K_MAX, formula),
            growth.reason,
            Evidence(Method.LIMIT, "ratio to the exact root tends to 1 over D = 1e8 ... 1e24",
                     lambda: _converges(formula, exact, growth.exponent)),
        ),
    )
    return Claim(
        "scaling",
        "how the capacity grows with the number of units",
        formula,
        Regime.LEADING_ORDER,
        (*conditions(bench.setting), "criterion: rho >= z^2", *growth.conditions),
        Derivation(steps),
        "derived here",
        symbol=_K_MAX,
        dropped=f"K_max grows like D^{growth.exponent}; terms of relative order D^(-1/2) or smaller",
    )


def _converges(leading: sp.Expr, exact: sp.Expr, exponent: sp.Rational) -> bool:
    """Ratio of leading and exact root over five sizes: the distance from 1 falls at each."""
    point = _probe(leading, exact)
    distances = []
    for power in (8, 12, 16, 20, 24):
        large = {s: sp.Integer(10) ** power for s in (notation.D, notation.M) if s in point}
        values = {**point, **large}
        one, other = (
            evaluate(e, {s: values[s] for s in e.free_symbols}) for e in (leading, exact)
        )
        distances.append(abs(one / other - 1))
    return bool(
        distances[-1] < 1e-9
        and all(b < a or b == 0 for a, b in zip(distances, distances[1:], strict=False))
    )


QUANTITIES: dict[str, Quantity] = {
    "capacity:snr": Quantity(_snr),
    "capacity:bit": Quantity(_by_criterion("bit"), needs_two_values),
    "capacity:pattern": Quantity(_by_criterion("pattern"), needs_two_values),
    "capacity:all": Quantity(_by_criterion("all"), needs_two_values),
    "capacity:perturbed": Quantity(_perturbed, needs_two_values),
    "capacity:synapse": Quantity(_synapse, needs_two_values),
    "capacity:bit:lambert": Quantity(_lambert("bit"), needs_two_values, False),
    "capacity:pattern:lambert": Quantity(_lambert("pattern"), needs_two_values, False),
    "capacity:all:lambert": Quantity(_lambert("all"), needs_two_values, False),
    "capacity:pattern:asymptotic": Quantity(_asymptotic("pattern"), needs_two_values, False),
    "capacity:all:asymptotic": Quantity(_asymptotic("all"), needs_two_values, False),
    "scaling": Quantity(_scaling),
}
