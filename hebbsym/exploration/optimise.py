r"""The best coefficients under a criterion, with a certificate that they are.

Where the criterion is a signal-to-noise ratio the coefficient theorem gives them in closed form, c* = N^{-1} s;
elsewhere they are looked for numerically, from many starts. Both carry the same certificate: the gradient and the
curvature of the criterion at the coefficients, and their distance from c*.

Main names
----------
optimise
    The best coefficients in a setting, at given sizes: :class:`Optimum`.
Proof, Certificate
    What tells a maximum from a place where a search stopped; that of an additive rule.
OBJECTIVES
    The criteria, each with its sense and its route.

Conventions
-----------
A rule and its multiples are one rule. So the criterion is looked at in coordinates y = L^T c with N = L L^T, where
rho = (L^{-1} s . y)^2 / |y|^2 is round, on the sphere |y| = 1 (:mod:`hebbsym.exploration.ascent`), and what is
differentiated is its logarithm: at a maximum of rho every tangent curvature is -2.

What it neglects
----------------
A search finds a local maximum; how many starts ended there is part of the certificate. A capacity that is a whole number
of patterns has no gradient: ask for capacity:snr, or for bit_error at a load.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, final

import numpy as np
import sympy as sp

from hebbsym import notation
from hebbsym.errors import InvalidValue, NotDerivable, UnknownName
from hebbsym.exploration.ascent import Array, Frame, Function, derivatives, search
from hebbsym.families.rules import ExpandedRule
from hebbsym.notation import D, K, equation, x_i, x_j, z
from hebbsym.numeric import evaluate, numeric_function
from hebbsym.roots import root
from hebbsym.theories import Theory, derive
from hebbsym.theory.fields import on_alphabet
from hebbsym.theory.setting import Setting

Values = Mapping[sp.Symbol, sp.Expr]
Powers = tuple[int, int]

STARTS = 12
"""Random directions that a search is begun from, by default."""

_LARGEST_LOAD = 1000  # binomial coefficients beyond are no doubles
FLAT = 1e-7
"""Gradients below are zero, by the accuracy of the differences."""


@dataclass(frozen=True)
class Objective:
    """A criterion as something to be made large or small.

    Parameters
    ----------
    sense : int
        1 to be made large, -1 to be made small.
    load : callable, optional
        Where the criterion is a function of the ratio alone: the load K at which c* is the best rule, from the
        theory and the values. None where a search is needed.
    needs : tuple of symbol
        What has to have a value.
    """

    sense: int
    load: Callable[[Theory, Values], sp.Expr] | None
    needs: tuple[sp.Symbol, ...]


def _load_at_ratio(theory: Theory, values: Values) -> sp.Expr:
    """The load at which the best ratio has fallen to z^2: no rule of this order stores more."""
    best = theory["optimal_snr"].formula.xreplace({s: v for s, v in values.items() if s != K})
    found = root(equation(best, values[z] ** 2), K, {}, 20)
    return sp.Rational(str(found))


OBJECTIVES: Mapping[str, Objective] = {
    "snr": Objective(1, lambda theory, values: values[K], (D, K)),
    "capacity:snr": Objective(1, _load_at_ratio, (D, z)),
    "bit_error": Objective(-1, None, (D, K)),
    "bit_error:high": Objective(-1, None, (D, K)),
    "bit_error:low": Objective(-1, None, (D, K)),
}
"""What can be asked for, by the name of the claim."""


class Proof(ABC):
    """What tells a maximum from a place where a search stopped."""

    @property
    @abstractmethod
    def holds(self) -> bool:
        """Whether it does."""

    @property
    @abstractmethod
    def method(self) -> str:
        """What is said beside the name of the method."""

    @abstractmethod
    def rows(self) -> list[tuple[str, str]]:
        """Rows of text."""

    @abstractmethod
    def record(self) -> dict[str, Any]:
        """JSON data."""


@final
@dataclass(frozen=True)
class Certificate(Proof):
    """Why these coefficients are a maximum.

    Parameters
    ----------
    gradient : float
        Norm of the tangent gradient of the logarithm of the criterion.
    curvature : tuple of float
        Eigenvalues of its tangent second derivatives, ascending; all are negative at a maximum.
    angle : float
        Angle to c* in the inner product N, in radians.
    ratio : float
        rho of these coefficients over that of c*, at most 1.
    searched : float
        The best value that the search found; where the coefficients are known in closed form it cannot be better.
    starts, agreeing : int
        Searches that were begun, and those that ended at the best value found.
    exact : bool
        Whether N c = s times a number was seen to hold in exact arithmetic.

    Examples
    --------
    >>> Certificate(1e-11, (-2.0, -2.0, -2.0), 0.0, 1.0, 5.4, 12, 12, True).holds
    True
    """

    gradient: float
    curvature: tuple[float, ...]
    angle: float
    ratio: float
    searched: float
    starts: int
    agreeing: int
    exact: bool

    @property
    def holds(self) -> bool:
        """Whether the gradient vanishes and every curvature is negative."""
        return self.gradient < FLAT and all(one < 0 for one in self.curvature)

    @property
    def method(self) -> str:
        return ", exact" if self.exact else ""

    def rows(self) -> list[tuple[str, str]]:
        return [
            ("gradient", small(self.gradient)),
            ("curvature", ", ".join(f"{one:.6g}" for one in self.curvature)),
            ("angle to c*", small(self.angle)),
            ("rho / rho(c*)", f"{self.ratio:.10g}"),
            ("search", f"{self.searched:.10g} ({self.agreeing} of {self.starts} starts)"),
        ]

    def record(self) -> dict[str, Any]:
        return {**asdict(self), "curvature": list(self.curvature)}


@dataclass(frozen=True)
class Optimum:
    """The best coefficients, where they hold, and why.

    Parameters
    ----------
    criterion, setting, method : str
        ``method`` is "closed form" or "search".
    at : mapping of str to str
        The values of the symbols.
    coefficients : mapping of (p, q) to expression
        (p, q, 1) for one that multiplies w. Of an additive rule: of the reduced rule, scaled so that the coefficient of x_i x_j is 1 where it is not 0; exact in closed form.
    value : float
        The criterion there.
    certificate : Certificate
    assumptions : tuple of str

    Examples
    --------
    >>> from hebbsym.families.ensembles import Bipolar
    >>> half = sp.Rational(1, 2)
    >>> found = optimise(Setting(ExpandedRule(2), Bipolar(half)), at={D: 100, K: 10})
    >>> found.coefficients[0, 1], found.method, found.certificate.holds  # the pre part is -a x_j
    (-1/2, 'closed form', True)
    """

    criterion: str
    setting: str
    method: str
    at: Mapping[str, str]
    coefficients: Mapping[Powers, sp.Expr] | Mapping[tuple[int, ...], sp.Expr]
    value: float
    certificate: Proof
    assumptions: tuple[str, ...] = ()

    @property
    def rule(self) -> ExpandedRule:
        """The rule with these coefficients."""
        terms: dict[Powers, sp.Expr] = {}
        for (p, q, *on_weight), c in self.coefficients.items():
            terms[p, q] = terms.get((p, q), sp.S.Zero) + c * notation.w ** sum(on_weight)
        order = max((p + q for (p, q), c in terms.items() if c != 0), default=0)
        return ExpandedRule(order, {pq: c for pq, c in terms.items() if c != 0}, "optimum")

    def table(self) -> list[tuple[str, str]]:
        """Rows of text: what was asked, what is best, and the certificate."""
        proof = self.certificate
        rows = [("criterion", self.criterion), ("setting", self.setting)]
        rows += [("at", ", ".join(f"{s}={v}" for s, v in self.at.items()))]
        rows += [(name_of(powers), _text(c)) for powers, c in self.coefficients.items()]
        rows += [("value", f"{self.value:.10g}"), ("method", self.method + proof.method)]
        return [*rows, *proof.rows(), ("certificate", "holds" if proof.holds else "does not hold")]

    def to_json(self) -> dict[str, Any]:
        """JSON data of schema ``hebbsym/optimum/1``."""
        return {
            "schema": "hebbsym/optimum/1",
            "criterion": self.criterion,
            "setting": self.setting,
            "method": self.method,
            "at": dict(self.at),
            "coefficients": {
                name_of(powers): {"formula": str(c), "value": float(c)}
                for powers, c in self.coefficients.items()
            },
            "value": self.value,
            "certificate": {"holds": self.certificate.holds, **self.certificate.record()},
            "assumptions": list(self.assumptions),
        }


def name_of(powers: tuple[int, ...]) -> str:
    """The name of the coefficient of x_i^p x_j^q, or of w x_i^p x_j^q where the power 1 of w stands behind.

    Examples
    --------
    >>> name_of((1, 1)), name_of((2, 0, 1))
    ('c_2_corr', 'd_2_post')
    """
    p, q, *on_weight = powers
    return notation.slope(p, q).name if on_weight else notation.coefficient_name(p, q)


def small(number: float) -> str:
    """A number that is zero to the accuracy of the differences is not spelled out: it is rounding.

    Examples
    --------
    >>> small(1e-9), small(0.25)
    ('below 1e-07', '0.25')
    """
    return f"below {FLAT:.0e}" if number < FLAT else f"{number:.3g}"


def _text(c: sp.Expr) -> str:
    exact = str(c)
    return exact if c.is_Rational and len(exact) < 24 else f"{float(c):.10g}"


def optimise(
    setting: Setting,
    criterion: str = "snr",
    *,
    at: Mapping[sp.Symbol, sp.Expr | int],
    starts: int = STARTS,
    seed: int = 0,
) -> Optimum:
    """The best coefficients of an additive rule for an ensemble, a cue and a threshold.

    Parameters
    ----------
    setting : Setting
        Its rule gives the order only.
    criterion : str
        A name of :data:`OBJECTIVES`.
    at : mapping of symbol to exact number
        D, K (or z for capacity:snr) and every parameter of the setting.
    starts, seed : int
        Of the search, which also stands beside a closed form.

    Raises
    ------
    UnknownName
        For a criterion that is none.
    InvalidValue
        When a symbol has no value or an inexact one.
    NotDerivable
        When the criterion depends on the scale of a rule, or when some direction has no noise.

    Examples
    --------
    >>> from hebbsym.families.ensembles import Bipolar
    >>> found = optimise(Setting(ExpandedRule(2)), at={D: 100, K: 10})
    >>> found.coefficients, round(found.value, 9), found.certificate.exact  # (D - 1)/(K - 1)
    ({(0, 0): 0, (1, 0): 0, (0, 1): 0, (1, 1): 1}, 11.0, True)
    """
    if criterion not in OBJECTIVES:
        raise UnknownName("criterion", criterion, OBJECTIVES)
    objective = OBJECTIVES[criterion]
    values = _checked(setting, objective, at)
    general = _general(setting.at({s: v for s, v in values.items() if s not in (D, K, z)}))
    theory = derive(
        general.rule, general.patterns, cue=general.cue, threshold=general.threshold,
    )  # fmt: skip
    load = values[K] if objective.load is None else objective.load(theory, values)
    here = {**values, K: load}
    s, noise = (
        sp.Matrix(theory[name].formula.xreplace(here)) for name in ("signal_vector", "noise_matrix")
    )
    basis = tuple(general.rule.require_additive().terms)
    if all(entry.is_Rational for entry in noise) and noise.rank() < noise.rows:
        raise NotDerivable(
            f"at K = {load} some rules have no noise, and their ratio has no bound: there is no best rule; take a "
            "larger K"
        )
    best = _best(theory, basis, here)
    frame = Frame(_floats(s).ravel(), _floats(noise))
    function = _function(theory, criterion, basis, {**values, K: load}, objective.sense)
    found, agreeing = search(function, frame, starts, seed)
    closed = objective.load is not None
    chosen = frame.to_sphere(_floats(sp.Matrix([best[pq] for pq in basis])).ravel())
    point = chosen if closed else found
    certificate = Certificate(
        *derivatives(function, frame, point),
        *frame.compared(point),
        _value(function, frame, found, objective.sense),
        starts,
        agreeing,
        closed and _parallel(noise * sp.Matrix([best[pq] for pq in basis]), s),
    )
    return Optimum(
        criterion,
        setting.text.partition(" on ")[2],
        "closed form" if closed else "search",
        {str(symbol): str(v) for symbol, v in values.items()},
        best if closed else _scaled(basis, frame.to_coefficients(point)),
        _value(function, frame, point, objective.sense),
        certificate,
        theory["optimal_rule"].assumptions,
    )


# ---- what is asked ------------------------------------------------------------------------


def _checked(
    setting: Setting, objective: Objective, at: Mapping[sp.Symbol, sp.Expr | int]
) -> dict[sp.Symbol, sp.Expr]:
    values = {symbol: sp.Integer(v) if isinstance(v, int) else v for symbol, v in at.items()}
    for symbol, v in values.items():
        if not (v.is_number and v.is_real) or v.has(sp.Float):
            raise InvalidValue(f"{symbol}={v} is no exact real number")
    parameters = setting.free_symbols - setting.rule.free_symbols
    lacking = sorted(map(str, (parameters | set(objective.needs)) - set(values)))
    if lacking:
        raise InvalidValue(f"{', '.join(lacking)} has no value, and an optimum needs one")
    if K in objective.needs and objective.load is None and values[K] > _LARGEST_LOAD:
        raise InvalidValue(f"K is {values[K]}; an error is optimised up to K = {_LARGEST_LOAD}")
    return values


def _general(setting: Setting) -> Setting:
    """The setting with the general rule of its order, reduced on the alphabet."""
    order = max(setting.rule.require_additive().order, 2)
    basis = on_alphabet(setting.with_rule(ExpandedRule(order))).terms
    terms = {pq: notation.coefficient(*pq) for pq in basis}
    return setting.with_rule(ExpandedRule(max(p + q for p, q in terms), terms, "general"))


def _best(theory: Theory, basis: tuple[Powers, ...], at: Values) -> dict[Powers, sp.Expr]:
    """c* from the claim of the coefficient theorem, which is spelled in centred powers."""
    formula = sp.expand(theory["optimal_rule"].formula.xreplace(dict(at)))
    by_power = sp.Poly(formula, x_i, x_j)
    return {(p, q): by_power.coeff_monomial(x_i**p * x_j**q) for p, q in basis}


def _parallel(image: sp.Matrix, s: sp.Matrix) -> bool:
    """Whether N c is a multiple of s, by cross products of exact numbers."""
    if any(not entry.is_Rational for entry in (*image, *s)):
        return False
    return all(image[m] * s[n] == image[n] * s[m] for m in range(len(s)) for n in range(m)) and any(
        image
    )


def _scaled(basis: tuple[Powers, ...], c: Array) -> dict[Powers, sp.Expr]:
    """The coefficients with that of x_i x_j at 1 where it is not 0."""
    pivot = c[basis.index((1, 1))] if (1, 1) in basis else 0.0
    scale = pivot if abs(pivot) > 1e-9 * np.abs(c).max() else np.abs(c).max()
    # the sign is part of a rule: an error tells it from its inverse
    return {pq: sp.Float(float(one / abs(scale)), 15) for pq, one in zip(basis, c, strict=True)}


def _floats(matrix: sp.Matrix) -> Array:
    numbers = [[float(evaluate(matrix[m, n], {}, 20)) for n in range(matrix.cols)]
               for m in range(matrix.rows)]  # fmt: skip
    return np.array(numbers)


# ---- the criterion as a function ----------------------------------------------------------


def _function(
    theory: Theory, criterion: str, basis: tuple[Powers, ...], at: Values, sense: int
) -> Function:
    """The logarithm of the criterion at coefficients, to be made large."""
    claim = theory[criterion]
    symbols = [notation.coefficient(*pq) for pq in basis]
    compiled = _compiled(claim.formula.xreplace(dict(at)), symbols)

    def function(c: Array) -> float:
        with np.errstate(all="ignore"):
            found = float(compiled(*c))
        return sense * math.log(found) if found > 0 and math.isfinite(found) else -math.inf

    probe = np.linspace(0.3, 1.1, len(basis))
    if not math.isclose(function(probe), function(2 * probe), rel_tol=1e-9, abs_tol=1e-9):
        raise NotDerivable(
            f"{criterion} depends on the scale of a rule here (a fixed threshold does that): there is no best "
            "direction; take the threshold zero or optimal"
        )
    return function


def _compiled(expression: sp.Expr, symbols: list[sp.Symbol]) -> Callable[..., Any]:
    """A function of doubles; a finite sum is made over an array of its index."""
    sums = sorted(expression.atoms(sp.Sum), key=str)
    stand_ins = [sp.Dummy() for _ in sums]
    outer = numeric_function(
        expression.xreplace(dict(zip(sums, stand_ins, strict=True))), [*symbols, *stand_ins]
    )
    inner = []
    for one in sums:
        ((index, low, high),) = one.limits
        places = np.arange(int(low), int(high) + 1, dtype=np.float64)
        inner.append((numeric_function(one.function, [*symbols, index]), places))

    def function(*c: float) -> Any:
        return outer(*c, *(term(*c, places).sum() for term, places in inner))

    return function


def _value(function: Function, frame: Frame, y: Array, sense: int) -> float:
    return math.exp(sense * function(frame.to_coefficients(y)))
