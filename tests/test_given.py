"""Dense memories of any F: exact moments, the same F by another name, simulation, what is refused."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np
import pytest
import sympy as sp
from click.testing import CliRunner

import hebbsym as hs
from hebbsym import specs
from hebbsym.cli import program
from hebbsym.families import pointwise
from hebbsym.families.cues import Exact, Flip
from hebbsym.families.dense import DenseRule, updates
from hebbsym.families.profiles import General, Profile, R
from hebbsym.families.separations import Given, Separation, separations
from hebbsym.networks import dense_network, landscape
from hebbsym.notation import D, K, delta, m
from hebbsym.numeric import value
from hebbsym.simulate import simulate
from hebbsym.simulate.dense import dense_fields, plain_field
from hebbsym.simulate.lowering import descend, plain_descent
from hebbsym.simulate.sampling import draw
from hebbsym.theory.dense.bench import DenseBench
from hebbsym.theory.dense.lyapunov import descends
from hebbsym.theory.setting import Setting
from hebbsym.trials import descent_raised
from tests.test_dense import exact_moments_hold

each_update = pytest.mark.parametrize("update", updates)
TEXTS = (
    "cosh(m/10)",
    "tanh(m/3) + m^2/9",
    "log(1 + m^2)",
    "m*abs(m)",
    "max(0, m)^3/3",
    "Piecewise((m^2/2, m > 0), (0, True))",
    "exp(m/2)*m",
)


def given(text: str) -> Given:
    made = specs.built(separations, f"given(F={text})")
    assert isinstance(made, Given)
    return made


def setting_of(separation: Any, update: str, cue: Any = Exact()) -> Setting:  # noqa: B008
    return Setting(DenseRule(separation, updates[update]), cue=cue)


# ---- exact moments ----------------------------------------------------------------------------


class slope_of_any(sp.Function):  # type: ignore[misc]
    """A number of its own at every overlap."""


class any_function(sp.Function):  # type: ignore[misc]
    """The same, with that for its slope."""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return slope_of_any(self.args[0])


@final
@dataclass(frozen=True)
class AnyF(Separation):
    """F whose values and slopes are symbols: what holds for it holds for every F."""

    name: ClassVar[str] = "any"

    @property
    def energy(self) -> sp.Expr:
        return any_function(m)

    def difference(self) -> Profile:
        return General(any_function(R + 1) - any_function(R - 1))

    def slope(self, shift: int = 0) -> Profile:
        return General(slope_of_any(R + shift))


@each_update
@pytest.mark.parametrize("cue", [Exact(), Flip(delta)], ids=lambda c: c.text)
def test_moments_hold_for_every_function(update: str, cue: Any) -> None:
    """All values and slopes of F are symbols, delta is one: zero tolerance against all patterns and cues."""
    bench = DenseBench(setting_of(AnyF(), update, cue))
    exact_moments_hold(bench, 3, 2)
    if cue == Exact():
        exact_moments_hold(bench, 2, 3)


@each_update
@pytest.mark.parametrize("text", TEXTS)
def test_every_step_of_the_claims_holds(text: str, update: str) -> None:
    theory = hs.dense(
        given(text), update=update, quantities=["signal", "crosstalk_mean", "field_variance"]
    )
    for claim in theory.values():
        assert all(step.holds is not False for step in claim.derivation.verify())


SAME = {
    "power(n=4)": "m^4/4 + 0*cosh(m)",
    "power(n=3)": "m^2*abs(m)*sign(m)/3",
    "rectified(n=2)": "Piecewise((m^2/2, m > 0), (0, True))",
    "rectified(n=3)": "max(0, m)^3/3",
    "rectified(n=4)": "step(m)*m^4/4",
    "exponential(beta=1/2)": "exp(m/2)",
    "lse(beta=1/2)": "2*(cosh(m/2) + sinh(m/2))",
}


@each_update
@pytest.mark.parametrize("name", SAME)
def test_the_same_function_as_text_has_the_same_theory(name: str, update: str) -> None:
    """Closed forms of the members of the family against finite sums, at several D, to 25 digits."""
    known = specs.built(separations, name)
    names = ["signal", "crosstalk_mean", "crosstalk_variance", "crosstalk_cumulant:4", "snr"]
    one = hs.dense(known, update=update, quantities=names)
    other = hs.dense(given(SAME[name]), update=update, quantities=names)
    for claim, units in itertools.product(names, (6, 7)):
        at = {D: sp.Integer(units), K: sp.Integer(5)}
        first, second = (value(t[claim], at) for t in (one, other))
        assert abs(first - second) <= abs(first) * sp.Rational(1, 10**25), (claim, units)


def test_a_wrong_slope_is_refuted() -> None:
    """F'(R + 1) where F'(R) is meant: the symbols tell one overlap from another."""
    wrong = DenseBench(setting_of(AnyF(), "gradient"))
    wrong.__dict__["profile"] = wrong.rule.separation.slope(1)
    with pytest.raises(AssertionError):
        exact_moments_hold(wrong, 3, 2)


def test_a_sum_that_vanishes_is_seen_to() -> None:
    """An even slope has no mean crosstalk with the own unit inside: there is a capacity."""
    theory = hs.dense(given("sinh(m/10)"), update="gradient-with-self")
    assert theory["crosstalk_mean"].formula == 0
    assert theory["capacity:snr"].formula.has(sp.Sum)


# ---- where F has a value and a slope ------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "overlap", "found"),
    [
        (m * sp.Abs(m), 0, 0),
        (sp.Max(0, m) ** 2, 0, 0),
        (sp.Abs(m) ** sp.Rational(3, 2), 0, 0),
        (sp.Max(m, m + m**3), 0, 1),
        (m**2 * sp.sign(m), 0, 0),
        (sp.Piecewise((m**2 - 4, m > 2), (4 * m - 8, True)), 2, 4),
        (sp.Min(3, m, -m) ** 2, -2, -4),
        (sp.Abs(sp.Abs(m) - 2), -3, -1),
        (sp.Heaviside(m - 1) * m, 3, 1),
        (sp.cosh(m / 10), 5, sp.sinh(sp.S.Half) / 10),
    ],
)
def test_slopes_at_and_beside_kinks(function: sp.Expr, overlap: int, found: Any) -> None:
    assert sp.expand(pointwise.slope_at(function, overlap) - found) == 0


@pytest.mark.parametrize(
    ("function", "overlap"),
    [
        (sp.Abs(m), 0),
        (sp.Max(0, m), 0),
        (sp.sign(m), 0),
        (m * sp.Heaviside(m), 0),
        (sp.sqrt(sp.Abs(m)), 0),
        (sp.Abs(m - 2) + m, 2),
        (sp.Abs(sp.Abs(m) - 2), -2),
        (sp.Piecewise((m**2, m > 3), (0, True)), 3),
        (sp.Piecewise((m + m**2, m > 0), (m - m**2, m < 0), (0, True)), 0),
        (sp.Piecewise((m, sp.sinh(m) > 0), (0, sp.sinh(m) < 0), (m, True)), 0),
        (sp.log(m), 0),
    ],
)
def test_where_there_is_no_slope_it_is_refused(function: sp.Expr, overlap: int) -> None:
    """Piecewise(m + m^2, m - m^2, 0) has a slope of 1 that its own derivative, 0 at 0, does not show."""
    with pytest.raises(hs.InvalidValue, match=f"no slope at the overlap {overlap}$"):
        pointwise.slope_at(function, overlap)


@pytest.mark.parametrize(
    ("text", "update", "units", "message"),
    [
        ("abs(m)", "gradient", 21, "no slope at the overlap 0, which occurs for D = 21"),
        ("abs(m)", "gradient-with-self", 20, "no slope at the overlap 0, which occurs for D = 20"),
        ("1/m", "difference", 20, "not finite at the overlap 0, which occurs for D = 20"),
        ("sqrt(m + 9)", "difference", 11, "not a real number at the overlap -11"),
        ("log(abs(m - 5))", "difference", 7, "not finite at the overlap 5"),
    ],
)
def test_an_overlap_that_occurs_is_named(text: str, update: str, units: int, message: str) -> None:
    """Wherever a number of units is given: a claim's value, a setting, a check, a descent."""
    theory = hs.dense(given(text), update=update, quantities=["field_mean", "signal"])
    at = {D: sp.Integer(units), K: sp.Integer(3)}
    with pytest.raises(hs.InvalidValue, match=message):
        value(theory["signal"], at)
    with pytest.raises(hs.InvalidValue, match=message):
        theory.setting.at(at)
    with pytest.raises(hs.InvalidValue, match=message):
        hs.check(theory, D=units, K=3)
    with pytest.raises(hs.InvalidValue, match=message):
        landscape(theory.setting, units)
    other = units + 1 if units in (20, 21) else 4
    assert value(theory["signal"], {**at, D: sp.Integer(other)}) != 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("log(m)", "there is no D for it: F = log.m. is not finite at the overlap 0"),
        ("m^(1/2)", "not a real number at the overlap -1"),
        ("m*x", "holds x: F is a function of the overlap m"),
        ("2", "does not depend on the overlap m"),
        ("gamma(m)", "gamma is not a function"),
        ("Piecewise((m, m > 0))", "there is no D for it"),
        ("0.5*m", "write 1/2"),
        ("max(m)", "max takes 2 to 8 arguments, and has 1"),
    ],
)
def test_a_function_without_any_d_is_refused_in_one_line(text: str, message: str) -> None:
    made = CliRunner().invoke(program, ["dense", f"given(F={text})"], standalone_mode=False)
    assert isinstance(made.exception, hs.HebbsymError)
    assert "\n" not in str(made.exception)
    with pytest.raises(type(made.exception), match=message):
        raise made.exception


def test_python_gives_no_other_parts_and_no_floats() -> None:
    for function in (sp.gamma(m), sp.Integral(m, (m, 0, 1)) * m, m * sp.Symbol("x"), 0.5 * m):
        with pytest.raises(hs.InvalidValue):
            Given(function)
    both = Given(sp.Piecewise((m, (m > 0) & (m < 3)), (0, True)))
    assert both.difference().at(sp.Integer(3)) == -2


# ---- what is known of how it grows ----------------------------------------------------------------


def test_growth_is_that_of_polynomials_and_said_not_to_be_known_else() -> None:
    assert (
        hs.dense(given("m^3/3 + m^2"))["scaling"].formula
        == hs.dense(given("m^3"))["scaling"].formula
    )
    for name in ("scaling", "exponent:pattern", "capacity:all:asymptotic"):
        with pytest.raises(hs.NotDerivable, match="not derived for a given F"):
            hs.dense(given("cosh(m/10)"))[name]


@pytest.mark.parametrize(
    ("text", "convex"),
    [
        ("m^2 - m^4/1000", False),
        ("m^4/4 + m^3/7 - 2*m", True),
        ("m^6 - m^5", True),
        ("m", True),
        ("m^4 - 9*m^2", False),
        ("m^4 + 3*m^3 + m^2", False),
        ("m^4 - 3*m^3 + m^2", False),
        ("cosh(m)", None),
    ],
)
def test_tangents_are_below_a_polynomial_at_all_overlaps(text: str, convex: bool | None) -> None:
    """m^2 - m^4/1000 bends down from overlap 13 on only; m^4/4 + ... between two whole numbers only."""
    function = given(text)
    assert function.convex is convex
    values = [sp.lambdify(m, part) for part in (function.F, sp.diff(function.F, m))]
    if convex is not None:
        gaps = [
            values[0](o + step) - values[0](o) - step * values[1](o)
            for o in range(-40, 41)
            for step in (-2, 2)
        ]
        assert (min(gaps) >= 0) == convex


# ---- simulation -------------------------------------------------------------------------------


@each_update
@pytest.mark.parametrize("text", [*TEXTS, "sqrt(m + 9)"])
def test_simulation_runs_the_function_that_is_given(text: str, update: str) -> None:
    """Fields by two products against energies of both states, and both against F as an expression."""
    function = given(text)
    setting = setting_of(function, update, Flip(sp.Rational(1, 4)))
    network = dense_network(setting, {D: sp.Integer(7), K: sp.Integer(6)})
    drawn = draw(network, seed=2, number=0)
    slow = [[float(h) for h in plain_field(network, drawn.pre, one)] for one in drawn.cues]
    patterns, cues = drawn.pre.astype(np.float64), drawn.cues.astype(np.float64)
    fast = dense_fields(patterns, cues, network.tables, np.float64, 4)
    assert np.allclose(fast, slow, rtol=1e-12, atol=1e-12)
    one, field = drawn.cues[0].astype(int), 0.0
    for x in drawn.pre.astype(int):
        outside = int(x @ one - x[0] * one[0])
        own = x[0] * one[0] if update == "gradient-with-self" else 0
        above, below = (function.F.subs(m, outside + x[0] * s) for s in (1, -1))
        slope = sp.diff(function.F, m).subs(m, outside + own)
        field += float(above - below if update == "difference" else int(x[0]) * slope)
    assert slow[0][0] == pytest.approx(field, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("text", ["cosh(m/4)", "log(1 + m^2)", "m*abs(m)", "sqrt(m + 11)"])
def test_descent_of_the_fast_path_is_that_of_its_slow_twin(text: str) -> None:
    found = landscape(setting_of(given(text), "difference"), 11)
    rng = np.random.default_rng(3)
    x, cues = rng.choice([-1, 1], (9, 11)), rng.choice([-1, 1], (6, 11))
    run = descend(found, x, cues, np.random.default_rng(5), sweeps=9, recorded=80)
    again = np.random.default_rng(5)
    orders = [again.permutation(11) for _ in range(9)]
    for c, cue in enumerate(cues):
        slow = plain_descent(found, x.tolist(), cue.tolist(), orders)
        assert run.states[c].tolist() == slow.states[-1].tolist()
        assert run.path[c][run.path[c] >= 0].tolist() == slow.units.tolist()
        levels = [
            -sum(float(given(text).F.subs(m, int(o))) for o in x @ state) for state in slow.states
        ]
        assert all(b < a for a, b in itertools.pairwise(levels))
    assert run.settled.all()


@pytest.mark.parametrize(
    ("text", "update", "cue"),
    [
        ("cosh(m/4)", "difference", Flip(sp.Rational(1, 10))),
        ("m*abs(m)", "gradient", Exact()),
        ("log(1 + m^2)", "gradient-with-self", Exact()),
    ],
)
def test_simulation_agrees(text: str, update: str, cue: Any) -> None:
    theory = hs.dense(
        given(text), update=update, cue=cue, quantities=["field_mean", "field_variance", "snr"]
    )
    verdicts = hs.check(theory, D=20, K=25, seed=4, networks=512)
    assert {v.outcome.name for v in verdicts} == {"AGREES"}


def test_simulation_refutes_another_function() -> None:
    """The moments of cosh(m/4) against a network that runs m^2/32, its leading term."""
    theory = hs.dense(given("cosh(m/4)"), quantities=["field_variance"])
    at = {D: sp.Integer(20), K: sp.Integer(25)}
    other = dense_network(setting_of(given("m^2/32"), "difference"), at)
    found = simulate(other, 256, seed=1).estimate("field_variance", 1)
    assert abs(found.value - float(value(theory["field_variance"], at))) > 8 * found.stderr


@pytest.mark.parametrize(
    ("text", "update"),
    [("m*abs(m)", "difference"), ("cosh(m/10)", "gradient"), ("m^4/4 + m^2", "gradient-with-self")],
)
def test_check_runs_the_update_and_follows_the_energy_that_is_printed(
    text: str, update: str
) -> None:
    """The claim agrees where it is proved; the energy of another function is raised by the same runs."""
    theory = hs.dense(given(text), update=update, quantities=["energy"])
    (verdict,) = hs.check(theory, D=14, K=12, seed=3)
    assert verdict.outcome.name == "AGREES"
    assert verdict.estimate == 0
    at = {D: sp.Integer(14), K: sp.Integer(12)}
    network = dense_network(theory.setting, at)
    upside_down = hs.dense(given(f"-({text})"), quantities=["energy"])["energy"]
    assert descent_raised(upside_down, at)(network, 3, 0) == 1
    other = hs.dense(given("cos(m)"), quantities=["energy"])["energy"]
    assert 0 < descent_raised(other, at)(network, 3, 0) < 1


def test_nothing_is_checked_where_the_update_may_raise_the_energy() -> None:
    for text, update in (
        ("m^3", "gradient"),
        ("tanh(m)", "gradient"),
        ("cosh(m)", "gradient-with-self"),
    ):
        assert hs.dense(given(text), update=update)["energy"].observable is None


@pytest.mark.parametrize(
    ("text", "ratio"),
    [
        ("cosh(m/10)", 20 * sp.sinh(sp.S.One / 10)),
        ("sin(m/10)", 20 * sp.sin(sp.S.One / 10)),
        ("sin(5*m)", None),
        ("tanh(m)", None),
    ],
)
def test_where_energy_difference_and_gradient_have_one_ratio(text: str, ratio: Any) -> None:
    """2 sinh(beta)/beta for all exponents beta of one size; a negative one, sin(5)/5, flips the wrong way."""
    rule = setting_of(given(text), "gradient").rule
    assert descends(rule) == (ratio is not None)
    if ratio is not None:
        step = hs.dense(given(text), update="gradient")["energy"].derivation.steps[-1]
        found = -step.equation.rhs.subs(sp.Abs(sp.Symbol("h_i")), 1)
        assert abs(hs.evaluate(found) - hs.evaluate(ratio)) < 1e-20
        assert step.evidence.holds()


def test_what_is_past_doubles_is_refused_with_the_bound() -> None:
    theory = hs.dense(given("cosh(m)"), quantities=["field_mean"])
    assert math.isfinite(
        float(
            hs.evaluate(
                sp.log(theory["field_mean"].formula.subs(hs.notation.x, 1)), {D: sp.Integer(1000)}
            )
        )
    )
    with pytest.raises(hs.SizeLimit, match=r"1e.?300"):
        landscape(theory.setting, 1000)
