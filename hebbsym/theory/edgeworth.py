r"""The error of a bit beyond the Gaussian: Edgeworth's series from the exact cumulants.

Given the unit's history the field is a sum of n i.i.d. terms with the exact cumulants M, V, k_3, k_4.
With t the distance of mean and threshold in standard deviations, and z the side (+1 where the lower
value is stored, -1 where the higher one is),

.. math:: P = Q(t) + \varphi(t) \Big( z \frac{k_3}{6 V^{3/2}} He_2(t) + \frac{k_4}{24 V^2} He_3(t)
          + \frac{k_3^2}{72 V^3} He_5(t) + \frac{b^2 c}{24 V} t \Big)

where the last term is that of a lattice of span b. A probability mass is span times density plus
nothing (Poisson's summation formula: what is left is exponentially small), so that by Euler and
Maclaurin the sum over the points beyond the threshold is the integral of the density

* from the threshold itself, if it is a point of the lattice and its mass counts half, and
  c = 2: the operator is (b/2) d coth((b/2) d) = 1 + (b^2/12) d^2 + ...;
* from the middle of the cell that holds the threshold otherwise, and c = -1: the operator is
  (b/2) d / sinh((b/2) d) = 1 - (b^2/24) d^2 + ....

Main names
----------
QUANTITIES
    bit_error:edgeworth, bit_error:edgeworth:high, bit_error:edgeworth:low.
edgeworth_error
    The series, averaged over the unit's history where the law of the field depends on it.

Conventions
-----------
He_k are Hermite's polynomials. The lattice is found from the increments at their values; where
they are incommensurable, and for addresses with a continuum of values, b = 0.

What it neglects
----------------
Terms of relative order n^(-3/2). It is a series about the centre: for t of the order of n^(1/6) and
more its terms are no longer small, and an error of 1e-9 asks for the exact law.

References
----------
feller1971, section XVI.4 (the series); kolassa1990 (the corrections on a lattice).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import sympy as sp

from hebbsym.claim import Claim, Derivation, Evidence, Method, Regime, Remainder, Step
from hebbsym.lattice import Middle, OnLattice
from hebbsym.notation import equation, r, tail
from hebbsym.theory.bits import gaussian_error
from hebbsym.theory.exact_errors import lattice, over_values
from hebbsym.theory.history import binomial_average, given_history
from hebbsym.theory.mixture import distance, history_matters, over_history
from hebbsym.theory.setting import Setting
from hebbsym.theory.signals import conditions
from hebbsym.theory.workbench import Quantity, Workbench, needs_two_values

_t, _phi, _b, _c = sp.symbols("t varphi b c")
_V = sp.Symbol("V", positive=True)
_k3, _k4, _z = sp.symbols("kappa_3 kappa_4 zeta")


def series(t: sp.Expr, variance: sp.Expr, third: sp.Expr, fourth: sp.Expr) -> tuple[sp.Expr, ...]:
    """The terms of the bracket by their order: that of n^(-1/2), and the two of 1/n.

    The first is that of the lower value; the higher one has the opposite sign.

    Examples
    --------
    >>> series(sp.Symbol("t"), sp.S.One, sp.Integer(6), sp.S.Zero)[0]
    t**2 - 1
    """
    skew, excess = third / variance ** sp.Rational(3, 2), fourth / variance**2
    return (
        skew / 6 * (t**2 - 1),
        excess / 24 * (t**3 - 3 * t),
        skew**2 / 72 * (t**5 - 10 * t**3 + 15 * t),
    )


def _corrected(
    bench: Workbench, high: bool, cumulants: list[sp.Expr], history: sp.Expr
) -> tuple[sp.Expr, sp.Expr]:
    """The error, and the sizes of its terms of the order 1/n, for a field with these cumulants."""
    mean, variance, third, fourth = cumulants
    span, origin = lattice(bench, high, history)
    point = sp.expand(bench.theta - origin)
    cell: sp.Expr = sp.S.Zero
    if span != 0:
        cell = span**2 * (3 * OnLattice(point, span) - 1) / (24 * variance)
    theta = bench.theta + (Middle(point, span) if span != 0 else 0)
    t = distance(mean, variance, theta, high)
    density = sp.exp(-(t**2) / 2) / sp.sqrt(2 * sp.pi)
    first, *second = series(t, variance, third, fourth)
    second.append(cell * t)
    error = tail(t) + density * sp.Add(-first if high else first, *second)
    return error, density * sp.Add(*(sp.Abs(term) for term in second))


def _of(bench: Workbench, high: bool, part: int) -> sp.Expr:
    """The error given the stored value (part 0), or the size of its last terms (part 1)."""
    fields = bench.higher
    if not history_matters(bench):
        gaussian_error(bench, high)  # refuses a field without noise
        value = fields.values[1 if high else 0]
        cumulants = [
            fields.expression(fields.at_value(fields.cumulant(order), value))
            for order in (1, 2, 3, 4)
        ]
        return _corrected(bench, high, cumulants, sp.S.Zero)[part]

    def given(*cumulants: sp.Expr) -> sp.Expr:
        return _corrected(bench, high, list(cumulants), r)[part]

    def certain(mean: sp.Expr, *_: sp.Expr) -> sp.Expr:
        side = sp.sign(mean - bench.theta if high else bench.theta - mean)
        return (1 - side) / 2 if part == 0 else sp.S.Zero

    return over_history(bench.setting, fields, high, given, certain, order=4)


def edgeworth_error(bench: Workbench, high: bool) -> sp.Expr:
    """The probability that a bit is wrong given its stored value, to the order 1/n.

    Examples
    --------
    >>> from hebbsym.families.rules import ExpandedRule
    >>> from hebbsym.notation import D, K
    >>> from hebbsym.numeric import evaluate
    >>> hebb = Workbench(Setting(ExpandedRule(2, {(1, 1): 1})))
    >>> found = evaluate(edgeworth_error(hebb, True), {D: 21, K: 11})
    >>> round(float(found), 5)  # the exact error is 0.0790827
    0.07908
    """
    return _of(bench, high, 0)


def _dropped(setting: Setting, sides: tuple[bool, ...]) -> Remainder:
    """The size of the last terms that are kept, at values of the symbols."""

    def size(values: Mapping[sp.Symbol, sp.Expr]) -> sp.Expr:
        bench = Workbench(setting.at(values))
        if len(sides) == 1:
            return _of(bench, sides[0], 1)
        return over_values(bench, lambda b, high: _of(b, high, 1))

    return size


# ---- claims --------------------------------------------------------------------------------


def _cumulants_hold(bench: Workbench, sides: tuple[bool, ...]) -> Evidence:
    """Third and fourth moment of the mixture over histories against the sum over coincidences."""

    def holds() -> bool:
        fields = bench.higher
        for high in sides:
            value = fields.values[1 if high else 0]
            m, v, third, fourth = given_history(fields, value, 4)
            cube = third + 3 * v * m + m**3
            power = fourth + 4 * third * m + 3 * v**2 + 6 * v * m**2 + m**4
            for order, moment in ((3, cube), (4, power)):
                truth = fields.at_value(fields.raw_moment(order), value)
                if binomial_average(fields, moment) != truth:
                    return False
        return True

    return Evidence(
        Method.SECOND_ROUTE,
        "third and fourth moment from the cumulants given the history, averaged, against the sum over "
        "coinciding units and patterns, as polynomials in all symbols",
        holds,
    )


def _operators_hold() -> bool:
    """The masses beyond a threshold of a lattice, for the density exp(y): both operators, exactly."""
    b = _b
    on = sp.series(b / 2 * sp.coth(b / 2), b, 0, 4).removeO()
    off = sp.series(b / 2 / sp.sinh(b / 2), b, 0, 4).removeO()
    beyond = b / (1 - sp.exp(-b))  # sum of b exp(-b m), m = 0, 1, ...
    half, middle = beyond - b / 2, beyond * sp.exp(-b / 2)
    return all(
        sp.expand(sp.series(found, b, 0, 4).removeO() - wanted) == 0
        for found, wanted in ((half, on), (middle, off))
    ) and (on, off) == (1 + b**2 / 12, 1 - b**2 / 24)


def _steps(bench: Workbench, sides: tuple[bool, ...]) -> tuple[Step, ...]:
    q = sp.Function("Q")
    first, *second = series(_t, _V, _k3, _k4)
    smooth = q(_t) + _phi * sp.Add(_z * first, *second)
    when = "given the unit's history the" if history_matters(bench) else "the"
    return (
        Step(
            equation(sp.Symbol(r"\log\operatorname{E}[e^{\omega h}]"), _log_of_sum()),
            f"{when} field is a sum of n i.i.d. terms: all its cumulants are n times those of one term",
            _cumulants_hold(bench, sides),
        ),
        Step(
            equation(sp.Symbol("P_b"), smooth),
            "the logarithm of the standardised characteristic function beyond order 2, exponentiated and "
            "kept to the order 1/n, integrated term by term; zeta = +1 for the lower, -1 for the higher "
            "value",
        ),
        Step(
            equation(sp.Symbol("P"), smooth + _phi * _b**2 * _c * _t / (24 * _V)),
            "the masses beyond the threshold, added by Euler and Maclaurin: c = 2 where the threshold is a "
            "value of the field, which then counts half, and c = -1 where t is measured from the middle of "
            "the cell that holds it",
            Evidence(
                Method.SECOND_ROUTE, "both operators on an exponential density", _operators_hold
            ),
        ),
    )


def _log_of_sum() -> sp.Expr:
    m, v, w = sp.Symbol("M"), _V, sp.Symbol("omega")
    return m * w + v * w**2 / 2 + _k3 * w**3 / 6 + _k4 * w**4 / 24


def _claim(end: str, sides: tuple[bool, ...]) -> Callable[[Workbench], Claim]:
    def build(bench: Workbench) -> Claim:
        both = len(sides) == 2
        value = bench.fields.values[1 if sides[-1] else 0]
        formula = over_values(bench, edgeworth_error) if both else edgeworth_error(bench, sides[0])
        steps = _steps(bench, sides)
        label = r"\operatorname{P}_{\mathrm{err}}"
        title = "probability that a bit is wrong, with Edgeworth's corrections"
        return Claim(
            f"bit_error:edgeworth{end}",
            title if both else f"{title}, where {value} is stored",
            formula,
            Regime.LEADING_ORDER,
            (*conditions(bench.setting), bench.setting.output.statement),
            Derivation(steps),
            "derived here; feller1971 has the series (section unverified)",
            symbol=sp.Symbol(label) if both else sp.Function(label)(value),
            dropped="terms of relative order n^(-3/2), where n is the number of presynaptic units, at a "
            "fixed distance t from the threshold; they are taken to be smaller than the last terms kept",
            remainder=_dropped(bench.setting, sides),
            observable=f"bit_error{end}",
            display=steps[-1].equation.args[1],
        )

    return build


def absent(setting: Setting) -> str:
    """The reason why a setting has no such series, or nothing."""
    if setting.threshold.inhibits:
        return "cumulants of order 3 and 4 are derived for the field without inhibition"
    return needs_two_values(setting)


QUANTITIES: dict[str, Quantity[Workbench]] = {
    f"bit_error:edgeworth{end}": Quantity(_claim(end, sides), absent, by_default=False)
    for end, sides in {"": (False, True), ":high": (True,), ":low": (False,)}.items()
}
