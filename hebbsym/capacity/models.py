r"""The memories whose saddle-point equations are known: a closure, and the conditions under which it holds.

Main names
----------
models
    hebb, sign-clipped, diluted, nbody, two-step, neurodynamics, each a function of its parameters.
additive
    Any additive rule on fair signs, through its effective load.
model
    A model from its text: a name with parameters, or a rule.

Conventions
-----------
The load is K/D; K (n-1)!/D^(n-1) for n-body synapses; K/(c D), patterns for each synapse of a unit, for
diluted weights of connectivity c.

References
----------
amit1985, amit1987 (plain Hebb); sompolinsky1986 (clipped and diluted weights); derrida1987 (extreme
dilution); gardner1987 (n-body); amari1988 (two steps).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sympy as sp

from hebbsym.capacity.saddle import Closure, ManySteps, Saddle, TwoStep
from hebbsym.claim import Regime
from hebbsym.errors import InvalidValue, NotDerivable, UnknownName
from hebbsym.families.named import rule, rules
from hebbsym.families.rules import Rule
from hebbsym.families.thresholds import Inhibition
from hebbsym.formula import parse
from hebbsym.notation import D, K, alpha, x
from hebbsym.registry import Registry, parse_spec
from hebbsym.theories import derive

c = sp.Symbol("c", positive=True)
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
            "first order: for n > 2 the energies of states that are correlated with no pattern are Gaussian, of "
            "variance alpha/n for each unit",
        ),
        "gardner1987 (equations unverified)",
        K * sp.factorial(n - 1) / D ** (n - 1),
        free_energy=closure,
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


@models.register("neurodynamics")
def _neurodynamics(steps: sp.Expr) -> Model:
    """The stationary state of a theory that keeps the correlations of some successive steps."""
    if not (steps.is_Integer and 1 <= steps <= 100):
        raise InvalidValue(
            f"steps = {steps}, but a theory looks back a whole number of steps, 1 to 100"
        )
    return Model(
        f"neurodynamics(steps={steps})",
        ManySteps(int(steps)),
        (
            _SIGNS,
            "all units are updated together and the state is stationary; of the correlations between the "
            "crosstalk of a step and that of earlier ones those of the last steps - 1 are kept: none for one "
            "step, all of them (hebb) as the number grows",
        ),
        "derived here; amari1988 takes two steps and the states as independent given the pattern (two-step)",
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
