r"""Mean field near saturation: the load at which recall, run to its end, breaks down.

Main names
----------
meanfield
    The claims of a model: alpha_c, overlap_c, alpha_first_order, and at a temperature alpha_symmetric.
claims_of
    All of them, or those that are named; at a temperature T where it is asked for.

Conventions
-----------
The load is that of :mod:`hebbsym.capacity.models`. alpha_c is where the retrieval state ceases to exist, and
alpha_first_order where it ceases to be the state of least free energy. Both are criteria of their own: one
step from a stored pattern leaves 0.36 % of the bits wrong at alpha_c.

Neglected
---------
Replica symmetry is assumed throughout. alpha_symmetric says up to which load a retrieval state keeps it at a
temperature (:mod:`hebbsym.capacity.stability`); at T = 0 it is broken at every load, for few units where the overlap is
near one, and for n-body memories near alpha_c for many.

References
----------
amit1985, amit1987.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import mpmath
import sympy as sp

from hebbsym.capacity import saddle
from hebbsym.capacity.models import Model, model
from hebbsym.capacity.saddle import Closure, Saddle
from hebbsym.capacity.stability import stability
from hebbsym.capacity.states import Memory, Point, at_fields, walked
from hebbsym.capacity.thermal import CriticalLoad, CriticalOverlap, SymmetricLoad
from hebbsym.capacity.transition import FirstOrderLoad
from hebbsym.claim import Claim, Derivation, Evidence, Method, Step
from hebbsym.errors import NotDerivable
from hebbsym.notation import T, alpha, equation, y
from hebbsym.numeric import evaluate
from hebbsym.registry import Registry
from hebbsym.solutions import NumericFunction, Solution

u = sp.Symbol("u", positive=True)
"""C/(1 - C) of the state without overlap."""
_UP, _DOWN = (sp.Rational(1, 100), sp.Rational(5, 4)), (sp.Integer(8), sp.Rational(7, 8))


# ---- claims -------------------------------------------------------------------------------------


def _stationary(closure: Closure, body: sp.Expr) -> sp.Expr:
    """An expression in y at the maximum of the load."""
    return Solution(body, sp.diff(sp.log(saddle.load_at(closure)), y), y, *_UP)


def _alpha_c(given: Model) -> Claim:
    found = given.limit
    if found is None:
        found = _stationary(given.closure, saddle.load_at(given.closure))
    return _claim(
        given, "alpha_c", "load at which the retrieval state ceases to exist, T = 0", found
    )


def _overlap_c(given: Model) -> Claim:
    found = sp.S.Zero if given.limit is not None else _stationary(given.closure, saddle.OVERLAP)
    return _claim(given, "overlap_c", "overlap of the retrieval state at alpha_c, T = 0", found)


def _alpha_first_order(given: Model) -> Claim:
    closure = given.free_energy
    if closure is None:
        raise NotDerivable(
            f"alpha_first_order does not exist for {given.text}: its states are not compared by a "
            "free energy (a dynamics has none; under extreme dilution the overlap vanishes continuously)"
        )
    load, response = saddle.load_at(closure), saddle.response_at(closure)
    at = {
        saddle.m: saddle.OVERLAP,
        saddle.C: response,
        saddle.r: 1 / (1 - response) ** 2,
        alpha: load,
    }
    gap = saddle.energy(closure).xreplace(at) - _others(closure, load)
    found = Solution(load, gap, y, *_DOWN)
    if closure.order > 2 and evaluate(_stationary(closure, gap), digits=15) < 0:
        found = _stationary(closure, load)  # the least free energy as long as it exists
    return _claim(given, "alpha_first_order", _title(closure) + ", T = 0", found)


def _others(closure: Saddle, load: sp.Expr) -> sp.Expr:
    """The energy that the retrieval state is compared with, at T = 0."""
    if closure.order > 2:
        return saddle.annealed(closure, load)
    level, _, condition = saddle.glass(closure, load, u)
    return Solution(level, condition, u, sp.Rational(1, 1024), sp.Integer(2))


def _title(closure: Closure) -> str:
    """What alpha_first_order is."""
    if closure.order > 2:
        return (
            "load up to which the retrieval state certainly has the least free energy: below the annealed "
            "bound on all states that are correlated with no pattern"
        )
    return "load at which retrieval state and spin glass have the same free energy"


_SYMBOLS = {
    "alpha_c": sp.Symbol(r"\alpha_c"),
    "overlap_c": saddle.m,
    "alpha_first_order": sp.Symbol(r"\alpha_1"),
    "alpha_symmetric": sp.Symbol(r"\alpha_{\mathrm{sym}}"),
}


def _claim(given: Model, name: str, title: str, formula: sp.Expr) -> Claim:
    return Claim(
        name,
        title,
        formula,
        given.regime,
        given.conditions,
        _derivation(given),
        given.source,
        symbol=_SYMBOLS[name],
        dropped="fluctuations of relative size 1/sqrt(D); replica-symmetry breaking",
    )


def _warm(
    function: type[NumericFunction], title: Callable[[Saddle], str], name: str, *more: Step
) -> Callable[[Model], Claim]:
    """A quantity at the temperature T."""

    def build(given: Model) -> Claim:
        closure = given.free_energy
        if closure is None:
            raise NotDerivable(
                f"{name} at a temperature is derived for memories whose states are compared by a free energy, "
                f"and {given.text} has none"
            )
        shares = (closure.amplified, closure.static, closure.order)
        cold = _claim(given, name, f"{title(closure)}, temperature T", function(T, *shares))
        q, n = sp.Symbol("q", positive=True), closure.order
        noise = closure.amplified * q / (1 - saddle.C) ** 2 + closure.static * q ** (n - 1)
        step = Step(
            equation(saddle.Sigma, alpha * noise),
            "m and q are the means of tanh and tanh^2 of (m^(n-1) + sqrt(Sigma) z)/T, and C = (1 - q)/T; "
            "explicit in the field's mean and width over T, so that the load's maximum along a temperature is "
            "where the two gradients are parallel",
            Evidence(
                Method.LIMIT,
                f"alpha_c at T = {_near_zero(closure)} and, for n > 2, on the line from twice that, within one per "
                "cent of T = 0",
                lambda: _cold_limit(closure),
            ),
        )
        return replace(cold, derivation=Derivation((*cold.derivation.steps, step, *more)))

    return build


def _near_zero(closure: Saddle) -> sp.Rational:
    """A temperature that is low enough to see the limit."""
    return sp.Rational(1, 20 if closure.order == 2 else 50)


def _cold_limit(closure: Saddle) -> bool:
    """The largest load along a low temperature, in doubles, against that at T = 0."""
    at = {symbol: sp.Rational(1, 3) for symbol in saddle.load_at(closure).free_symbols - {y}}
    cold = evaluate(_stationary(closure, saddle.load_at(closure)), at, 10)
    g, s = (float(evaluate(share, at)) for share in (closure.amplified, closure.static))
    memory = Memory(g, s, int(closure.order))
    warm, warmer = (
        at_fields(*walked(k * float(_near_zero(closure)), memory, _turning), memory, mpmath.fp).load
        for k in (1, 2)
    )
    straight = 2 * warm - warmer if closure.order > 2 else warm  # in proportion to T for n > 2
    return bool(abs(straight / cold - 1) < 0.01)


def _turning(point: Point) -> float:
    return float(point.determinant)


def _derivation(given: Model) -> Derivation:
    closure = given.closure
    Sigma, m, C = saddle.Sigma, saddle.m, saddle.C
    field = m ** (closure.order - 1)
    steps = (
        Step(
            equation(m, sp.erf(field / sp.sqrt(2 * Sigma))),
            "the field of a unit is Gaussian, with mean m^(n-1) times the stored value",
        ),
        Step(
            equation(C, sp.sqrt(2 / (sp.pi * Sigma)) * sp.exp(-(field**2) / (2 * Sigma))),
            "response of the mean state to a field: the derivative of the overlap by the signal",
            Evidence(
                Method.SUBSTITUTION,
                "the derivative of erf(h/sqrt(2 Sigma)) by h",
                _response_is_the_derivative,
            ),
        ),
        Step(
            equation(Sigma, alpha * closure.noise(m, C)),
            "variance of the crosstalk, self-consistently: a small overlap acts back through the response",
        ),
        Step(
            equation(alpha, saddle.load_at(closure)),
            "all of it in terms of y = m^(n-1)/sqrt(2 Sigma)",
            Evidence(
                Method.NUMERIC,
                "the three equations hold at this load, at y = 1/2, 3/2, 5/2",
                lambda: _solves(closure),
            ),
        ),
    )
    return Derivation(steps + _second_route(given))


def _second_route(given: Model) -> tuple[Step, ...]:
    closure = given.free_energy
    if closure is None:
        return ()
    f = sp.Function("f")(saddle.m, saddle.C, saddle.r)
    return (
        Step(
            equation(f, saddle.energy(closure)),
            "replica-symmetric free energy at T = 0; it is stationary at the solutions",
            Evidence(
                Method.SECOND_ROUTE,
                "its derivatives by m, C and r vanish exactly where the equations hold",
                lambda: stationary_points_agree(closure),
            ),
        ),
    )


def _response_is_the_derivative() -> bool:
    h, Sigma = saddle.m, saddle.Sigma
    derived = sp.diff(sp.erf(h / sp.sqrt(2 * Sigma)), h)
    return bool(
        sp.expand(derived - sp.sqrt(2 / (sp.pi * Sigma)) * sp.exp(-(h**2) / (2 * Sigma))) == 0
    )


def _solves(closure: Closure) -> bool:
    """Overlap, response and noise from the load alpha(y) satisfy the equations they came from."""
    response_of, load_of = saddle.response_at(closure), saddle.load_at(closure)
    noise_of = closure.noise(saddle.OVERLAP, response_of)
    for point in (sp.S.Half, sp.Rational(3, 2), sp.Rational(5, 2)):
        at = {y: point, **{symbol: sp.Rational(1, 3) for symbol in load_of.free_symbols - {y}}}
        overlap, response, load, ratio = (
            evaluate(e, at) for e in (saddle.OVERLAP, response_of, load_of, noise_of)
        )
        with mpmath.workdps(30):
            noise = load * ratio
            signal = overlap ** int(closure.order - 1) / mpmath.sqrt(2 * noise)
            slope = mpmath.sqrt(2 / (mpmath.pi * noise)) * mpmath.exp(-(signal**2))
            if (
                max(abs(mpmath.erf(signal) - overlap), abs(slope - response))
                > mpmath.mpf(10) ** -25
            ):
                return False
    return True


def stationary_points_agree(closure: Saddle) -> bool:
    """The gradient of the free energy, symbolically, against the saddle-point equations.

    Examples
    --------
    >>> stationary_points_agree(Saddle(sp.S.One, sp.pi / 2 - 1))
    True
    """
    m, C, r = saddle.m, saddle.C, saddle.r
    f, n = saddle.energy(closure), closure.order
    Sigma = alpha * (closure.amplified * r + closure.static)
    field = m ** (n - 1)
    overlap = sp.erf(field / sp.sqrt(2 * Sigma))
    response = sp.sqrt(2 / (sp.pi * Sigma)) * sp.exp(-(field**2) / (2 * Sigma))
    share = alpha * closure.amplified / 2
    gradient = {
        m: (n - 1) * m ** (n - 2) * (m - overlap),
        C: share * (r - 1 / (1 - C) ** 2),
        r: share * (C - response),
    }
    values = {
        m: sp.Rational(4, 5),
        C: sp.Rational(1, 7),
        r: sp.Rational(9, 7),
        alpha: sp.Rational(1, 9),
    }
    values |= {symbol: sp.Rational(1, 3) for symbol in f.free_symbols - set(values)}
    return all(
        abs(evaluate(sp.diff(f, symbol) - expected + 1, values) - 1) < mpmath.mpf(10) ** -25
        for symbol, expected in gradient.items()
    )


QUANTITIES: Registry[Callable[[Model], Claim]] = Registry("quantity")
"""What can be asked of a model at T = 0."""
QUANTITIES.add("alpha_c", _alpha_c)
QUANTITIES.add("overlap_c", _overlap_c)
QUANTITIES.add("alpha_first_order", _alpha_first_order)

WARM: Registry[Callable[[Model], Claim]] = Registry("quantity at a temperature")
"""What can be asked of a model at a temperature."""


def _gone(closure: Closure) -> str:
    return "load at which the retrieval state ceases to exist"


def _left(closure: Closure) -> str:
    return "overlap of the retrieval state at alpha_c"


def _symmetric(closure: Closure) -> str:
    return "load up to which the retrieval state exists and keeps replica symmetry"


WARM.add("alpha_c", _warm(CriticalLoad, _gone, "alpha_c"))
WARM.add("overlap_c", _warm(CriticalOverlap, _left, "overlap_c"))
WARM.add("alpha_first_order", _warm(FirstOrderLoad, _title, "alpha_first_order"))
WARM.add("alpha_symmetric", _warm(SymmetricLoad, _symmetric, "alpha_symmetric", stability()))


def claims_of(
    source: str, quantities: Iterable[str] = (), *, warm: bool = False
) -> tuple[Claim, ...]:
    """The claims of a model: those that are named, or all there are; at the temperature T if warm.

    Examples
    --------
    >>> [claim.name for claim in claims_of("diluted")]
    ['alpha_c', 'overlap_c']
    """
    given, found = model(source), []
    wanted, table = tuple(dict.fromkeys(quantities)), WARM if warm else QUANTITIES
    for name in wanted or table:
        try:
            found.append(table[name](given))
        except NotDerivable:
            if wanted:
                raise
    return tuple(found)


def meanfield(source: str, quantity: str = "alpha_c", *, warm: bool = False) -> Claim:
    """A claim of the mean field of a memory near saturation.

    Parameters
    ----------
    source : str
        "hebb", "sign-clipped", "diluted", "diluted(connectivity=1/10)", "nbody(n=3)", "two-step",
        "neurodynamics(steps=4)", or an additive rule by name or formula text.
    quantity : str
        "alpha_c", "overlap_c", "alpha_first_order" or, at a temperature, "alpha_symmetric".
    warm : bool
        At a temperature, the symbol T of the formula, from 1/50 to 1 (less for n > 2) in units of a recalled
        pattern's field; at T = 0 without it.

    Raises
    ------
    UnknownName, InvalidValue
        For a model, rule or quantity that does not exist, or a parameter outside its domain.
    NotDerivable
        Where the quantity does not exist for the model, with the reason.

    Examples
    --------
    >>> claim = meanfield("hebb")
    >>> print(mpmath.nstr(evaluate(claim.formula), 4))
    0.1379
    """
    return claims_of(source, (quantity,), warm=warm)[0]
