r"""Claims about capacity, each under its criterion.

Main names
----------
QUANTITIES
    capacity:snr, capacity:bit, capacity:pattern, capacity:all, capacity:perturbed (C_delta).
ratio_capacity
    The claim capacity:snr of memories whose signal does not depend on K.

Conventions
-----------
K_max is the real number at which the criterion holds with equality; the number of patterns
is its integer part. epsilon bounds the failure probability, z^2 the signal-to-noise ratio.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import sympy as sp

from hebbsym import notation
from hebbsym.capacity.criteria import Criterion, Load, criteria
from hebbsym.capacity.dropped import remainder
from hebbsym.capacity.probing import agrees
from hebbsym.claim import Claim, Derivation, Evidence, Method, Regime, Step
from hebbsym.errors import NotDerivable
from hebbsym.families.cues import Exact, Flip
from hebbsym.notation import K, epsilon, equation, rho, tail, z
from hebbsym.theory.bits import bit_error
from hebbsym.theory.mixture import has_gaussian_limit, history_matters
from hebbsym.theory.signals import conditions
from hebbsym.theory.workbench import Quantity, Workbench, needs_two_values

GAUSSIAN = "the field is taken as Gaussian with its exact mean and variance"
INDEPENDENT_BITS = "the errors of different units are taken as independent"
_P = sp.Symbol(r"\operatorname{P}_{\mathrm{err}}")
K_MAX = sp.Symbol(r"K_{\max}")


def ratio_capacity(load: Load, ratio: sp.Expr, given: tuple[str, ...], noise: str) -> Claim:
    """The claim ``capacity:snr`` of a memory whose signal does not depend on K.

    Parameters
    ----------
    load : Load
        The ratio as a quotient of polynomials in the number of other patterns.
    ratio : sympy.Expr
        The ratio as it is claimed, which the root is put back into.
    given : tuple of str
        What is assumed besides the criterion.
    noise : str
        How the noise depends on the number of other patterns.

    Examples
    --------
    >>> from hebbsym.notation import D
    >>> claim = ratio_capacity(Load((D - 1, 0, 0), (0, 1, 0)), (D - 1) / (K - 1), (), "linear in K - 1")
    >>> claim.formula, claim.derivation.verify()[0].holds
    (1 + (D - 1)/z**2, True)
    """
    formula = load.at_ratio(z**2)
    step = Step(
        equation(K_MAX, formula),
        f"root of rho(K) = z^2: the noise is {noise}",
        Evidence(
            Method.SUBSTITUTION,
            "rho(K_max) = z^2 by the claim about rho, at rational values, 25 digits",
            lambda: agrees(ratio.xreplace({K: formula}), z**2),
        ),
    )
    return Claim(
        "capacity:snr",
        "number of patterns at which the signal-to-noise ratio is z^2",
        formula,
        Regime.EXACT,
        (*given, "criterion: rho >= z^2; K_max is real"),
        Derivation((step,)),
        symbol=K_MAX,
    )


@lru_cache(maxsize=32)
def load_of(bench: Workbench) -> Load:
    """rho as a function of K, its parts free of common factors."""
    require_free_of(bench, K, z, epsilon)
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


def require_free_of(bench: Workbench, *symbols: sp.Symbol) -> None:
    """Refuse a setting whose parameters contain a symbol that the claim uses itself.

    A rule with a coefficient K would meet rho(K) = z^2 at another K than the one it is solved at.
    """
    for symbol in sorted(bench.setting.free_symbols.intersection(symbols), key=str):
        raise NotDerivable(
            f"a parameter of the setting contains {symbol}, which a capacity is solved or stated "
            f"for; give it another name, or leave out a common factor of the rule ({bench.setting.text})"
        )


def closed(bench: Workbench) -> bool:
    """Whether the error of a bit is Q(sqrt(rho)), so that a criterion demands a ratio."""
    if not has_gaussian_limit(bench):
        return False
    return bench.symmetric or bench.setting.threshold.balances


def upright(bench: Workbench) -> tuple[str, ...]:
    """The condition that the stored pattern is recalled and not its inverse, where it is open."""
    signal = bench.signal
    if signal.useful_orientation == 0:
        raise NotDerivable(f"rule {bench.setting.rule.name!r} carries no signal: its capacity is 0")
    if signal.useful_orientation == -1:
        raise NotDerivable(
            f"rule {bench.setting.rule.name!r} stores no patterns here: M(x+) < M(x-), so that it "
            "recalls the inverted pattern (capacity:snr is blind to the sign)"
        )
    if signal.useful_orientation is None:
        return ("M(x+) > M(x-): with the other sign the inverted pattern is recalled",)
    if signal.orientation is None:
        cue = bench.setting.cue
        limit = f"{cue.parameters['delta']} <= {cue.reach}"
        return (f"{limit}: a cue with more errors recalls the inverted pattern",)
    return ()


def _snr(bench: Workbench) -> Claim:
    load = load_of(bench)
    formula = load.at_ratio(z**2)
    shape = Load(
        sp.symbols("G_0:3") if not load.steady else (sp.Symbol("G_0"), sp.S.Zero, sp.S.Zero),
        tuple(sp.Symbol(f"N_{m}") if part != 0 else part for m, part in enumerate(load.noise)),
    )
    steps = (
        Step(
            equation(rho, shape.ratio_at(K)),
            "signal and noise are polynomials in the number of other patterns; without inhibition "
            "the signal comes from the cued pattern alone",
            Evidence(
                Method.SECOND_ROUTE,
                "the quotient of polynomials against rho, at rational values",
                lambda: agrees(load.ratio_at(K), bench.signal.rho),
            ),
        ),
        Step(
            equation(K_MAX, formula),
            "root of rho(K) = z^2",
            Evidence(
                Method.SUBSTITUTION,
                "rho(K_max) = z^2, at rational values, 30 digits",
                lambda: agrees(load.ratio_at(formula), z**2),
            ),
        ),
    )
    return Claim(
        "capacity:snr",
        "number of patterns at which the signal-to-noise ratio is z^2",
        formula,
        Regime.EXACT,
        (*conditions(bench.setting), "criterion: rho >= z^2; K_max is real"),
        Derivation(steps),
        symbol=K_MAX,
        observable="snr",
        load=formula,
        prediction=load.ratio_at(K),
        display=shape.at_ratio(z**2) if load.noise[2] != 0 else None,
    )


def _by_criterion(name: str) -> Callable[[Workbench], Claim]:
    criterion = criteria[name]

    def build(bench: Workbench) -> Claim:
        return capacity(bench, criterion, f"capacity:{name}")

    return build


def capacity(bench: Workbench, criterion: Criterion, name: str) -> Claim:
    """The capacity under a criterion: closed where it can be, else the root of an equation."""
    require_free_of(bench, K, epsilon)
    units = bench.setting.units
    ratio = criterion.ratio(epsilon, units)
    regime, note = trust(bench, criterion)
    assumptions = [
        *conditions(bench.setting),
        *upright(bench),
        f"criterion: {criterion.statement}",
        bench.setting.output.statement,
    ]
    at: sp.Basic | None = None
    exact = closed(bench)
    error = tail(sp.sqrt(load_of(bench).ratio_at(K))) if exact else bit_error(bench)
    if ratio is not None and exact:
        load = load_of(bench)
        formula: sp.Basic = load.at_ratio(ratio)
        unknown, at = None, formula
        steps = _closed_steps(bench, criterion, load, ratio, formula)
        assumptions.append("K_max is real; the number of patterns is its integer part")
    else:
        formula, unknown = equation(criterion.failure(error, units, K), epsilon), K
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
        symbol=K_MAX,
        unknown=unknown,
        dropped=note,
        observable=criterion.observable,
        remainder=remainder(bench, criterion, error),
        load=at,
        prediction=criterion.failure(error, units, K),
        display=equation(criterion.failure(_P, units, K), epsilon) if unknown else None,
    )


def _closed_steps(
    bench: Workbench, criterion: Criterion, load: Load, ratio: sp.Expr, formula: sp.Expr
) -> tuple[Step, ...]:
    units = bench.setting.units
    failure = criterion.failure(tail(sp.sqrt(rho)), units, K)
    return (
        _equation_step(bench, criterion),
        Step(
            equation(rho, ratio),
            "the admissible error of one bit is Q(sqrt(rho)), inverted",
            Evidence(
                Method.SUBSTITUTION,
                "the failure probability at this ratio is epsilon",
                lambda: agrees(failure.xreplace({rho: ratio}), epsilon),
            ),
        ),
        Step(
            equation(K_MAX, formula),
            "root of rho(K) = z^2 at that ratio",
            Evidence(
                Method.SUBSTITUTION,
                "rho(K_max) against the ratio demanded, 25 digits",
                lambda: agrees(load.ratio_at(formula), ratio),
            ),
        ),
    )


def _equation_step(bench: Workbench, criterion: Criterion) -> Step:
    reason = "the criterion at equality"
    if criterion.bits(bench.setting.units, K) != 1:
        reason += "; all the bits concerned must be right, and err independently"
    shape = criterion.failure(_P, bench.setting.units, K)
    return Step(equation(shape, epsilon), reason)


def trust(bench: Workbench, criterion: Criterion) -> tuple[Regime, str]:
    """The regime of a capacity under a criterion, and what it neglects."""
    whole = criterion.bits(bench.setting.units, K) != 1
    anatomy = bench.fields.anatomy
    common = bool(anatomy.drift or anatomy.pre) and not bench.setting.threshold.inhibits
    notes = [
        GAUSSIAN
        if closed(bench) or not history_matters(bench)
        else "given its history the field is taken as Gaussian"
    ]
    causes = []
    if whole and common:
        causes.append("the drift and the pre part add a noise common to all units")
    if whole and bench.post_part:
        causes.append("the noise of the post part is a multiple of the sum of the cue")
    if whole:
        notes.append(INDEPENDENT_BITS)
    if causes:
        notes.append(f"here they are not: {', and '.join(causes)}")
    if bench.setting.threshold.balances and not bench.symmetric:
        notes.append("the difference of the two variances enters in second order, and is dropped")
    return (Regime.HEURISTIC if causes else Regime.LEADING_ORDER), "; ".join(notes)


def _perturbed(bench: Workbench) -> Claim:
    setting = bench.setting
    cue = (
        Flip(notation.delta, setting.cue.centred) if isinstance(setting.cue, Exact) else setting.cue
    )
    other = Workbench(setting.with_cue(cue))
    claim = capacity(other, criteria["pattern"], "capacity:perturbed")
    return claim.named(
        "capacity:perturbed",
        "C_delta: the perturbed cue is mapped onto the stored pattern in one step with "
        "probability above 1 - epsilon",
        setting=other.setting,
    )


QUANTITIES: dict[str, Quantity[Workbench]] = {
    "capacity:snr": Quantity(_snr),
    "capacity:bit": Quantity(_by_criterion("bit"), needs_two_values),
    "capacity:pattern": Quantity(_by_criterion("pattern"), needs_two_values),
    "capacity:all": Quantity(_by_criterion("all"), needs_two_values),
    "capacity:perturbed": Quantity(_perturbed, needs_two_values),
}
