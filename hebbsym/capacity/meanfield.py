r"""Mean field near saturation: the load at which recall, run to its end, breaks down.

Main names
----------
meanfield
    The claims of a model: alpha_c, overlap_c, alpha_first_order.
models
    hebb, sign-clipped, diluted, nbody, two-step; any other text is an additive rule.
Model
    A closure of the saddle-point equations with the conditions under which it holds.

Conventions
-----------
The load is K/D; K (n-1)!/D^(n-1) for n-body synapses; K/(c D), patterns for each synapse of a unit, for
diluted weights of connectivity c. alpha_c is where the retrieval state ceases to exist, and
alpha_first_order where it ceases to be the state of least free energy. Both are criteria of their own: one
step from a stored pattern leaves 0.36 % of the bits wrong at alpha_c.

Neglected
---------
Replica symmetry is assumed throughout. See :mod:`hebbsym.capacity.saddle`.

References
----------
amit1985, amit1987 (plain Hebb); sompolinsky1986 (clipped and diluted weights); derrida1987 (extreme
dilution); gardner1987 (n-body); amari1988 (two steps).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import mpmath
import sympy as sp

from hebbsym.capacity import saddle
from hebbsym.capacity.saddle import Closure, Saddle, TwoStep
from hebbsym.claim import Claim, Derivation, Evidence, Method, Regime, Step
from hebbsym.errors import InvalidValue, NotDerivable, UnknownName
from hebbsym.families.named import rule, rules
from hebbsym.families.rules import Rule
from hebbsym.families.thresholds import Inhibition
from hebbsym.formula import parse
from hebbsym.notation import D, K, alpha, equation, x, y
from hebbsym.numeric import evaluate
from hebbsym.registry import Registry, parse_spec
from hebbsym.solutions import Solution
from hebbsym.theories import derive

c = sp.Symbol("c", positive=True)
u = sp.Symbol("u", positive=True)
"""C/(1 - C) of the state without overlap."""
_UP, _DOWN = (sp.Rational(1, 100), sp.Rational(5, 4)), (sp.Integer(8), sp.Rational(7, 8))
_RECALL = "recall is asynchronous and runs to its end; D and K grow at a fixed load"
_SIGNS = "patterns are fair, independent signs; weights without diagonal"
_SYMMETRIC = "replica symmetry: the crosstalk is Gaussian with one response"


@dataclass(frozen=True)
class Model:
    """A memory whose saddle-point equations are known.

    Parameters
    ----------
    text : str
    closure : Closure
    assumptions : tuple of str
    source : str
    load : sympy.Expr
        What alpha stands for.
    regime : Regime
    free_energy : Saddle or None
        The closure again where it follows from a free energy that decides between states.
    limit : sympy.Expr or None
        alpha_c where the overlap vanishes there: the load has no maximum at a positive overlap.

    Examples
    --------
    >>> models["hebb"]().load
    K/D
    """

    text: str
    closure: Closure
    assumptions: tuple[str, ...]
    source: str
    load: sp.Expr = K / D
    regime: Regime = Regime.LEADING_ORDER
    free_energy: Saddle | None = None
    limit: sp.Expr | None = None

    @property
    def conditions(self) -> tuple[str, ...]:
        """All sentences that the claims of the model rest on."""
        return (*self.assumptions, _RECALL, _SYMMETRIC, f"alpha = {self.load}")


models: Registry[Callable[..., Model]] = Registry("model")
"""The models by name, each a function of its parameters."""


def pairwise(text: str, closure: Saddle, assumptions: tuple[str, ...], source: str) -> Model:
    """A model of pairwise weights at the load K/D.

    Examples
    --------
    >>> pairwise("hebb", Saddle(), (), "amit1985").free_energy
    Saddle(amplified=1, static=0, order=2)
    """
    return Model(text, closure, assumptions, source, free_energy=closure)


@models.register("hebb")
def _hebb() -> Model:
    """Delta w_ij = x_i x_j."""
    return pairwise("hebb", Saddle(), (_SIGNS,), "amit1985, amit1987 (equations unverified)")


@models.register("sign-clipped")
def _sign_clipped() -> Model:
    """w_ij = sgn(sum_mu xi_i^mu xi_j^mu)."""
    return pairwise(
        "sign-clipped",
        Saddle(sp.S.One, sp.pi / 2 - 1),
        (
            _SIGNS,
            "the sign of a Gaussian weight of variance K is sqrt(2/pi) times the weight over sqrt(K), plus "
            "a rest that is uncorrelated with it: relative to the signal the rest has the static variance "
            "pi/2 - 1 for each pattern",
        ),
        "sompolinsky1986 (equations unverified)",
    )


@models.register("diluted")
def _diluted(connectivity: sp.Expr = sp.S.Zero) -> Model:
    """Symmetric dilution; connectivity 0 is the limit of few synapses, after that of many units."""
    if connectivity.is_number and not 0 <= connectivity <= 1:
        raise InvalidValue(f"connectivity = {connectivity}, but a share is between 0 and 1")
    conditions: tuple[str, ...] = (
        _SIGNS,
        "each pair of units keeps its two synapses with probability c, or none, whatever the patterns",
        "a synapse that is kept or lost adds the static variance (1 - c)/c for each pattern of K/D",
    )
    extreme = connectivity == 0
    closure = Saddle(connectivity, 1 - connectivity)
    if extreme:
        conditions += ("c -> 0 with many synapses left for each unit: the noise is static",)
    return Model(
        f"diluted(connectivity={connectivity})",
        closure,
        conditions,
        "sompolinsky1986 (symmetric dilution), derrida1987 (extreme dilution) (equations unverified)",
        K / (c * D),
        free_energy=None if extreme else closure,
        limit=2 / sp.pi if extreme else None,
    )


@models.register("nbody")
def _nbody(n: sp.Expr) -> Model:
    """w_{i j1 .. j(n-1)} = sum_mu xi_i^mu xi_j1^mu ..., all indices distinct."""
    if not (n.is_Integer and n >= 2):
        raise InvalidValue(f"n = {n}, but a synapse joins a whole number of units, at least 2")
    if n > 200:
        raise InvalidValue(f"n = {n} is past the bound of 200 units for each synapse")
    amplified = (
        sp.S.One if n == 2 else sp.S.Zero
    )  # an overlap of order 1/sqrt(D) acts back for n = 2 only
    closure = Saddle(amplified, 1 - amplified, n)
    return Model(
        f"nbody(n={n})",
        closure,
        (
            _SIGNS,
            "one synapse for each set of n distinct units",
            "for n > 2 the small overlaps with other patterns act back to higher order in 1/D only: their "
            "noise is static",
        ),
        "gardner1987 (equations unverified)",
        K * sp.factorial(n - 1) / D ** (n - 1),
        free_energy=closure if n == 2 else None,
    )


@models.register("two-step")
def _two_step() -> Model:
    """Amari and Maginu's neurodynamics of plain Hebb weights."""
    return Model(
        "two-step",
        TwoStep(),
        (
            _SIGNS,
            "all units are updated together; given the pattern, states two steps apart are independent",
        ),
        "amari1988 (equations unverified)",
        regime=Regime.HEURISTIC,
    )


def additive(given: Rule) -> Model:
    """An additive rule through its effective load: that of its exact noise over its squared signal.

    Raises
    ------
    OutsideClass, NotDerivable
        For a rule that is not additive, has a mean drift, or no correlation part.

    Examples
    --------
    >>> additive(rule("2*x_i*x_j + x_i")).closure
    Saddle(amplified=5/4, static=0, order=2)
    """
    plain = derive(given.require_additive())
    if sp.expand(plain["drift"].formula) != 0:
        raise NotDerivable(
            f"rule {given.name!r} has the drift {plain['drift'].formula} for each pattern: the sum over "
            "the other units then grows like K D, past the signal, and there is no retrieval state at K/D > 0"
        )
    ratio = derive(given, threshold=Inhibition(), quantities=["snr"])["snr"].formula
    mean = plain["field_mean"].formula
    gain = sp.expand(mean.xreplace({x: sp.S.One}) - mean.xreplace({x: sp.S.NegativeOne}))
    if ratio == 0 or gain.subs({D: 2, K: 1}).is_nonpositive:
        raise NotDerivable(
            f"rule {given.name!r} gives the stored values no positive signal: no pattern is a retrieval state"
        )
    factor = _effective(ratio)
    exact = factor == 1
    return Model(
        given.name,
        Saddle(factor),
        (
            _SIGNS,
            "no mean drift; the part of the field that is common to all units is removed (inhibition), and "
            "with it the presynaptic part",
            "the coefficient of x_i x_j is positive",
            f"effective load: {factor} patterns of plain Hebb for each pattern, the limit of D/(K rho)",
            *(() if exact else (
                "the postsynaptic part adds X to every small overlap m_mu sqrt(D), X = sum_j s_j/sqrt(D): "
                "a common factor 1 + (c_post/c_corr)^2 X^2 of the amplified noise; X^2 is taken at its "
                "mean 1, while a pattern keeps its own X",
            )),
        ),
        "derived here",
        regime=Regime.LEADING_ORDER if exact else Regime.HEURISTIC,
        free_energy=Saddle(factor) if exact else None,
    )  # fmt: skip


def _effective(ratio: sp.Expr) -> sp.Expr:
    """The limit of D/(K rho) as D and K = alpha D grow."""
    above, below = sp.fraction(sp.cancel((D / (K * ratio)).xreplace({K: alpha * D})))
    above, below = sp.Poly(above, D), sp.Poly(below, D)
    if above.degree() > below.degree():
        raise NotDerivable(
            "the noise grows faster than the load: there is no retrieval state at K/D > 0"
        )
    return sp.factor(sp.cancel(above.coeff_monomial(D ** below.degree()) / below.LC()))


def model(text: str) -> Model:
    """A model from its text: a name with parameters, or a rule.

    Examples
    --------
    >>> model("nbody(n=3)").load
    2*K/D**2
    >>> model("x_i*x_j").closure == model("hebb").closure
    True
    """
    name = text.partition("(")[0].strip()
    if name not in models:
        try:
            return additive(rule(text))
        except UnknownName as unknown:
            raise UnknownName("model or rule", name, [*models, *rules.entries]) from unknown
    parameters = {key: parse(value) for key, value in parse_spec(text, "model").parameters}
    try:
        return models[name](**parameters)
    except TypeError:
        known = models[name].__code__.co_varnames[: models[name].__code__.co_argcount]
        wanted = ", ".join(f"{key}=..." for key in known)
        raise InvalidValue(
            f"model {name!r} is written {name}({wanted})"
            if wanted
            else f"model {name!r} has no parameter"
        ) from None


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
            "replica-symmetric free energy (n-body glasses break the symmetry; a dynamics has no free energy; "
            "under extreme dilution the overlap vanishes continuously)"
        )
    load, response = saddle.load_at(closure), saddle.response_at(closure)
    at = {
        saddle.m: saddle.OVERLAP,
        saddle.C: response,
        saddle.r: 1 / (1 - response) ** 2,
        alpha: load,
    }
    level, _, condition = saddle.glass(closure, load, u)
    glass = Solution(level, condition, u, sp.Rational(1, 1024), sp.Integer(2))
    found = Solution(load, saddle.energy(closure).xreplace(at) - glass, y, *_DOWN)
    title = "load at which retrieval state and spin glass have the same free energy, T = 0"
    return _claim(given, "alpha_first_order", title, found)


def _claim(given: Model, name: str, title: str, formula: sp.Expr) -> Claim:
    return Claim(
        name,
        title,
        formula,
        given.regime,
        given.conditions,
        _derivation(given),
        given.source,
        symbol=saddle.m
        if name == "overlap_c"
        else sp.Symbol(r"\alpha_c" if name == "alpha_c" else r"\alpha_1"),
        dropped="fluctuations of relative size 1/sqrt(D); replica-symmetry breaking",
    )


QUANTITIES: Registry[Callable[[Model], Claim]] = Registry("quantity")
"""What can be asked of a model at T = 0."""
QUANTITIES.add("alpha_c", _alpha_c)
QUANTITIES.add("overlap_c", _overlap_c)
QUANTITIES.add("alpha_first_order", _alpha_first_order)


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


def claims_of(source: str, quantities: Iterable[str] = ()) -> tuple[Claim, ...]:
    """The claims of a model: those that are named, or all there are.

    Examples
    --------
    >>> [claim.name for claim in claims_of("diluted")]
    ['alpha_c', 'overlap_c']
    """
    given, found = model(source), []
    wanted = tuple(dict.fromkeys(quantities))
    for name in wanted or QUANTITIES:
        try:
            found.append(QUANTITIES[name](given))
        except NotDerivable:
            if wanted:
                raise
    return tuple(found)


def meanfield(source: str, quantity: str = "alpha_c") -> Claim:
    """A claim of the mean field of a memory near saturation.

    Parameters
    ----------
    source : str
        "hebb", "sign-clipped", "diluted", "diluted(connectivity=1/10)", "nbody(n=3)", "two-step", or an
        additive rule by name or formula text.
    quantity : str
        "alpha_c", "overlap_c" or "alpha_first_order".

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
    return claims_of(source, (quantity,))[0]
