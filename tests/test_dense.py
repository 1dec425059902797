"""Dense memories: exact moments against every pattern, constants, capacities, bad input."""

from __future__ import annotations

import itertools
import json
import math
from typing import Any

import numpy as np
import pytest
import sympy as sp
from click.testing import CliRunner

import hebbsym as hs
from hebbsym.cli import program
from hebbsym.families.cues import Exact, Flip, Mask
from hebbsym.families.dense import DenseRule, dense_rule, normalisations, updates
from hebbsym.families.profiles import R, Walk
from hebbsym.families.separations import (
    Distinct,
    Exponent,
    Given,
    LogSumExp,
    Power,
    RectifiedPower,
    odd_factorial,
    separations,
)
from hebbsym.networks import dense_network
from hebbsym.notation import D, K, delta, epsilon, m, z
from hebbsym.simulate import simulate
from hebbsym.simulate.dense import DenseNetwork, dense_fields, plain_field
from hebbsym.simulate.sampling import draw
from hebbsym.theory.dense.bench import DenseBench
from hebbsym.theory.dense.enumeration import DenseEnumeration, unrolled
from hebbsym.theory.setting import Setting

beta = sp.Symbol("beta", positive=True)
SEPARATIONS = (
    *(Power(n) for n in (1, 2, 3, 4, 5)),
    *(Distinct(n) for n in (2, 3, 4)),
    *(RectifiedPower(n) for n in (2, 3, 4)),
    Exponent(beta),
    LogSumExp(2),
    Given(m**4 / 4 + m**3 + 2 * m),
)


def bench_of(separation: Any, update: str, cue: Any = Exact()) -> DenseBench:  # noqa: B008
    return DenseBench(Setting(DenseRule(separation, updates[update]), cue=cue))


def exact_moments_hold(bench: DenseBench, units: int, patterns: int) -> None:
    truth = DenseEnumeration(bench.setting, units, patterns)
    at = {D: sp.Integer(units), K: sp.Integer(patterns)}
    pairs = [
        *((bench.signal(r), truth.signal(r)) for r in (1, 2, 3)),
        *((bench.crosstalk(r), truth.crosstalk(r)) for r in (1, 2, 3, 4)),
        (bench.field_mean, truth.field(1)),
        (bench.field_variance, truth.field(2) - truth.field(1) ** 2),
    ]
    for formula, other in pairs:
        gap = sp.expand(unrolled(formula.subs(at)) - other)
        assert gap == 0 or sp.expand(gap.rewrite(sp.exp)) == 0


@pytest.mark.parametrize("update", updates)
@pytest.mark.parametrize("separation", SEPARATIONS, ids=lambda s: s.text)
def test_moments_equal_the_enumeration_of_all_patterns(separation: Any, update: str) -> None:
    bench = bench_of(separation, update)
    for units, patterns in ((3, 2), (3, 3), (4, 2)):
        exact_moments_hold(bench, units, patterns)


@pytest.mark.parametrize("update", updates)
@pytest.mark.parametrize("name", normalisations)
@pytest.mark.parametrize("n", [2, 3, 4])
def test_flipped_cues_equal_the_enumeration_identically_in_delta(
    n: int, name: str, update: str
) -> None:
    exact_moments_hold(bench_of(normalisations[name](Power(n)), update, Flip(delta)), 3, 3)


@pytest.mark.parametrize("separation", [Power(3), Power(4), Exponent(1)], ids=lambda s: s.text)
@pytest.mark.parametrize("update", ["difference", "gradient"])
def test_masked_cues_equal_the_enumeration(separation: Any, update: str) -> None:
    exact_moments_hold(bench_of(separation, update, Mask(delta)), 3, 2)


def test_moments_of_fair_signs_are_those_in_print() -> None:
    """E[R^4] = 3n^2 - 2n, E[R^6] = 15n^3 - 30n^2 + 16n for n signs."""
    n = D - 1
    assert sp.expand(Walk(1).moment(4) - (3 * n**2 - 2 * n)) == 0
    assert sp.expand(Walk(1).moment(6) - (15 * n**3 - 30 * n**2 + 16 * n)) == 0


@pytest.mark.parametrize("mean", [sp.S.Zero, sp.Rational(3, 5)])
def test_moments_of_a_walk_against_its_law(mean: sp.Expr) -> None:
    walk = Walk(1, mean)
    for k in range(9):
        for units in (2, 5, 6):
            direct = unrolled(walk.average(R**k).subs(D, units))
            assert walk.moment(k).subs(D, units) == direct


@pytest.mark.parametrize("n", range(2, 9))
def test_leading_constants(n: int) -> None:
    """S^2 / Var C over D^(n-1): 1/(2n-3)!!, 1/(n-1)!, 2/(2n-3)!! for every n and update."""
    double = math.prod(range(1, 2 * n - 2, 2))
    assert odd_factorial(sp.Integer(n)) == double
    constants = {
        "power": sp.Rational(1, double),
        "distinct": sp.Rational(1, math.factorial(n - 1)),
        "rectified": sp.Rational(2, double),
    }
    for name, update in itertools.product(constants, ("difference", "gradient")):
        bench = bench_of(normalisations[name](Power(n)), update)
        units = 10**9 + 1
        quality = bench.signal(1) ** 2 / bench.crosstalk(2) / D ** (n - 1)
        found = hs.evaluate(quality, {D: sp.Integer(units)})
        assert abs(found / constants[name] - 1) < 1e-6
        scaling = hs.dense(Power(n), update=update, normalisation=name)["scaling"].formula
        assert sp.simplify(scaling - constants[name] * D ** (n - 1) / z**2) == 0


@pytest.mark.parametrize("n", range(1, 6))
def test_distinct_indices_are_what_they_say(n: int) -> None:
    """The energy over permutations, at every overlap of 5 signs."""
    for minus in range(6):
        signs = [-1] * minus + [1] * (5 - minus)
        total = sum(math.prod(signs[j] for j in js) for js in itertools.permutations(range(5), n))
        energy = Distinct(n).energy.subs({D: 5, m: sum(signs)})
        assert energy == sp.Rational(total, n)


@pytest.mark.parametrize("n", range(2, 9))
def test_distinct_indices_in_closed_form(n: int) -> None:
    """Signal (D-1)...(D-n+1), with flips times (1-2 delta)^(n-1); variance (n-1)! times that signal."""
    theory = hs.dense(Power(n), update="gradient", normalisation="distinct", cue=Flip(delta))
    falling = sp.expand(sp.ff(D - 1, n - 1))
    assert sp.expand(theory["signal"].formula - (1 - 2 * delta) ** (n - 1) * falling) == 0
    variance = theory["crosstalk_variance"].formula
    assert sp.expand(variance - math.factorial(n - 1) * falling) == 0


def test_the_own_unit_in_the_overlap_gives_even_powers_a_mean() -> None:
    for n in range(1, 9):
        mean = bench_of(Power(n), "gradient-with-self").crosstalk(1)
        assert (mean != 0) == (n % 2 == 0)
    assert sp.expand(bench_of(Power(4), "gradient-with-self").crosstalk(1) - (3 * D - 2)) == 0
    theory = hs.dense(Power(4), update="gradient-with-self")
    with pytest.raises(hs.NotDerivable, match="holds up the cue"):
        theory["capacity:snr"]


def test_f2_without_self_coupling_is_the_hebb_rule() -> None:
    dense = hs.dense(Power(2), update="gradient", cue=Flip(delta))
    hebb = hs.derive(hs.rules["hebb"], cue=hs.Flip(delta))
    for name in ("field_mean", "field_variance", "snr", "bit_error", "capacity:snr"):
        assert sp.simplify(dense[name].formula - hebb[name].formula) == 0, name


def test_difference_is_twice_the_gradient_for_f2_only() -> None:
    for n in range(2, 9):
        gap = Power(n).difference().expression - 2 * Power(n).slope().expression
        assert (sp.expand(gap) == 0) == (n == 2)


@pytest.mark.parametrize("update", updates)
@pytest.mark.parametrize(
    ("separation", "cue"),
    [
        (Power(4), Exact()),
        (Exponent(1), Exact()),
        (RectifiedPower(3), Exact()),
        (Distinct(3), Exact()),
        (Power(3), Flip(sp.Rational(1, 10))),
    ],
    ids=lambda part: part.text,
)
def test_every_step_of_every_claim_holds(separation: Any, update: str, cue: Any) -> None:
    theory = hs.dense(separation, update=update, cue=cue)
    assert {"signal", "crosstalk_variance", "snr", "bit_error"} <= set(theory)
    for claim in theory.values():
        for step in claim.derivation.verify():
            assert step.holds is not False, (claim.name, step.step.reason)


def test_a_false_moment_is_refuted() -> None:
    """The enumeration tells D from D - 1, and the own unit inside from outside."""
    right, wrong = bench_of(Power(4), "gradient"), bench_of(Power(4), "gradient-with-self")
    truth = DenseEnumeration(right.setting, 3, 2)
    assert right.crosstalk(2).subs(D, 3) == truth.crosstalk(2)
    assert right.crosstalk(2).subs(D, 4) != truth.crosstalk(2)
    assert wrong.crosstalk(2).subs(D, 3) != truth.crosstalk(2)


def test_a_symbolic_power_is_the_power_at_every_number() -> None:
    n = sp.Symbol("n", integer=True, positive=True)
    for update in ("difference", "gradient"):
        theory = hs.dense(Power(n), update=update)
        for number in (2, 3, 5):
            other = hs.dense(Power(number), update=update)
            for name in ("signal", "crosstalk_variance", "scaling"):
                values = {n: sp.Integer(number), D: sp.Integer(9), z: sp.Integer(2)}
                found = unrolled(theory[name].formula.subs(values))
                assert sp.simplify(found - other[name].formula.subs(values)) == 0


def test_exponential_storage() -> None:
    theory = hs.dense(Exponent())
    assert sp.simplify(theory["exponent:all"].formula - sp.log(2) / 2) == 0
    one = theory["exponent:pattern"].formula
    capacity = theory["capacity:snr"].formula.subs(z, 1)
    rate = [float(hs.evaluate(sp.log(capacity) / D, {D: sp.Integer(d)})) for d in (100, 10000)]
    gaps = [abs(r - float(one)) for r in rate]
    assert gaps[1] < gaps[0] / 50
    assert one < sp.log(2)


def test_error_free_capacities_approach_their_asymptotics() -> None:
    theory = hs.dense(Power(3), update="gradient")
    values = {D: sp.Integer(10) ** 40, epsilon: sp.Rational(1, 10)}
    exact = hs.evaluate(theory["capacity:pattern"].formula, values)
    leading = hs.evaluate(theory["capacity:pattern:asymptotic"].formula, {D: values[D]})
    assert abs(exact / leading - 1) < 0.05


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: Power(0), hs.InvalidValue),
        (lambda: Power(-2), hs.InvalidValue),
        (lambda: Power(sp.Rational(5, 2)), hs.InvalidValue),
        (lambda: Power(2.0), hs.InvalidValue),
        (lambda: Power(65), hs.SizeLimit),
        (lambda: RectifiedPower(1), hs.InvalidValue),
        (lambda: Exponent(0), hs.InvalidValue),
        (lambda: Exponent(-1), hs.InvalidValue),
        (lambda: Given(sp.S.One), hs.InvalidValue),
        (lambda: dense_rule(Power(2), "gradeint", "power"), hs.UnknownName),
        (lambda: dense_rule(Power(2), "gradient", "plain"), hs.UnknownName),
        (lambda: dense_rule(Exponent(), "gradient", "distinct"), hs.NotDerivable),
        (lambda: hs.dense(Power(2), quantities=["srn"]), hs.UnknownName),
        (lambda: hs.dense(Power(1), quantities=["scaling"]), hs.NotDerivable),
        (lambda: hs.dense(Exponent(), quantities=["scaling"]), hs.NotDerivable),
        (lambda: hs.dense(Power(2), cue=hs.Flip(2)), hs.InvalidValue),
        (lambda: hs.derive(dense_rule(Power(2), "gradient", "power"), hs.Binary()), hs.NotDerivable),
        (
            lambda: hs.derive(
                dense_rule(Power(2), "gradient", "power"), hs.Bipolar(mean=sp.Rational(1, 2))
            ),
            hs.NotDerivable,
        ),
        (
            lambda: hs.derive(
                dense_rule(Power(2), "gradient", "power"), threshold=hs.Fixed(sp.S.One)
            ),
            hs.NotDerivable,
        ),
    ],
)  # fmt: skip
def test_bad_input(make: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        make()


def test_masked_cues_are_refused_where_they_correlate() -> None:
    for separation, update in ((Power(4), "gradient-with-self"), (Distinct(3), "gradient")):
        with pytest.raises(hs.NotDerivable):
            bench_of(separation, update, Mask(delta))


def run(*arguments: str) -> Any:
    return CliRunner().invoke(program, ["dense", *arguments], catch_exceptions=True)


def test_command_line_gives_the_schema_of_derive() -> None:
    made = run(
        "power(n=4)", "--update", "gradient", "--quantity", "crosstalk_variance",
        "--quantity", "snr", "--at", "D=50,K=101", "--format", "json",
    )  # fmt: skip
    record = json.loads(made.stdout)
    assert record["schema"] == "hebbsym/claims/1"
    assert record["rule"] == "power(n=4)"
    assert record["update"] == "gradient"
    n = 49
    variance = 15 * n**3 - 30 * n**2 + 16 * n
    values = {claim["name"]: claim["value"] for claim in record["claims"]}
    assert values["crosstalk_variance"] == variance
    assert values["snr"] == pytest.approx(n**6 / (100 * variance), rel=1e-14)


def test_numbers_beyond_a_double_are_texts() -> None:
    """exp(999) 2 sinh(1) = 10^434.2...: null in JSON, with its digits; never inf."""
    arguments = ("exponential", "--quantity", "signal", "--at", "D=1000")
    (claim,) = json.loads(run(*arguments, "--format", "json").stdout)["claims"]
    assert claim["value"] is None
    exponent = 999 / math.log(10) + math.log10(2 * math.sinh(1))
    assert claim["digits"].endswith(f"e+{int(exponent)}")
    assert float(claim["digits"].split("e")[0]) == pytest.approx(10 ** (exponent % 1), rel=1e-9)
    assert claim["digits"] in run(*arguments).stdout
    assert "inf" not in run(*arguments).stdout


@pytest.mark.parametrize("name", separations)
def test_every_separation_can_be_typed(name: str) -> None:
    inside = {"given": "(F=m^3/3)", "exponential": "", "lse": "(beta=1)"}.get(name, "(n=3)")
    made = run(f"{name}{inside}", "--quantity", "signal", "--at", "D=9")
    assert made.exit_code == 0, made.output
    assert "signal" in made.output


@pytest.mark.parametrize("text", ["power", "power(n=0)", "power(n=x)", "pow(n=2)", "power(n=2", ""])
def test_command_line_refuses(text: str) -> None:
    made = run(text, "--quantity", "signal")
    if text == "power(n=x)":
        assert isinstance(made.exception, hs.HebbsymError)
    assert isinstance(made.exception, hs.HebbsymError), made.output


# ---- simulation -------------------------------------------------------------------------------


def network_at(separation: Any, update: str, cue: Any, units: int, patterns: int) -> DenseNetwork:
    setting = Setting(DenseRule(separation, updates[update]), cue=cue)
    return dense_network(setting, {D: sp.Integer(units), K: sp.Integer(patterns)})


@pytest.mark.parametrize("update", updates)
@pytest.mark.parametrize("separation", [Power(3), Power(4), Distinct(3), RectifiedPower(3)])
@pytest.mark.parametrize("cue", ["exact", "flip", "mask"])
def test_the_fast_path_has_the_fields_of_its_slow_twin(
    separation: Any, update: str, cue: str
) -> None:
    laws = {"exact": Exact(), "flip": Flip(sp.Rational(1, 4)), "mask": Mask(sp.Rational(1, 3))}
    network = network_at(separation, update, laws[cue], 6, 7)
    drawn = draw(network, seed=3, number=0)
    slow = [[float(h) for h in plain_field(network, drawn.pre, one)] for one in drawn.cues]
    for kind, block in ((np.float64, 3), (np.float64, 100), (np.float32, 2)):
        patterns, cues = drawn.pre.astype(kind), drawn.cues.astype(kind)
        fast = dense_fields(patterns, cues, network.tables, kind, block)
        assert np.allclose(fast, slow, rtol=1e-5 if kind is np.float32 else 1e-13, atol=1e-9)


def test_the_slow_twin_compares_the_energies_of_both_states() -> None:
    network = network_at(Power(4), "difference", Exact(), 5, 3)
    drawn = draw(network, seed=0, number=0)
    for cue in drawn.cues:
        for i, h in enumerate(plain_field(network, drawn.pre, cue)):
            energies = []
            for state in (-1, 1):
                sigma = np.array(cue, dtype=int)
                sigma[i] = state
                overlaps = drawn.pre.astype(int) @ sigma
                energies.append(-sum(int(o) ** 4 for o in overlaps) / 4)
            assert float(h) == energies[0] - energies[1]


def test_whole_numbers_are_exact_in_float32() -> None:
    network = network_at(Power(2), "gradient", Exact(), 30, 100)
    assert network.exact
    x = draw(network, seed=1, number=0).pre
    one, two = (dense_fields(x.astype(t), x.astype(t), network.tables, t) for t in ("f4", "f8"))
    assert np.array_equal(one, two)


@pytest.mark.parametrize(
    ("separation", "update", "cue", "sizes"),
    [
        (Power(4), "difference", Exact(), {"D": 30, "K": 200}),
        (Power(3), "gradient", Flip(sp.Rational(1, 10)), {"D": 30, "K": 60}),
        (Power(4), "gradient-with-self", Flip(sp.Rational(1, 10)), {"D": 20, "K": 40}),
        (RectifiedPower(3), "difference", Exact(), {"D": 25, "K": 60}),
        (Exponent(sp.Rational(1, 10)), "gradient", Mask(sp.Rational(1, 5)), {"D": 30, "K": 60}),
    ],
    ids=lambda v: str(getattr(v, "text", v)),
)
def test_simulation_agrees(separation: Any, update: str, cue: Any, sizes: Any) -> None:
    theory = hs.dense(
        separation, update=update, cue=cue,
        quantities=["field_mean", "field_variance", "snr", "bit_error"],
    )  # fmt: skip
    verdicts = hs.check(theory, seed=2, networks=1024, **sizes)
    outcomes = {v.label: v.outcome.name for v in verdicts}
    assert "DISAGREES" not in outcomes.values(), outcomes
    assert outcomes["field_mean (x=1)"] == outcomes["snr"] == "AGREES"


def test_simulation_refutes_the_wrong_update() -> None:
    """The moments of one update against a network that runs another."""
    theory = hs.dense(Power(4), update="gradient", quantities=["field_variance"])
    other = network_at(Power(4), "gradient-with-self", Exact(), 20, 40)
    statistics = simulate(other, 512, seed=1)
    predicted = hs.evaluate(
        theory["field_variance"].formula, {D: sp.Integer(20), K: sp.Integer(40)}
    )
    found = statistics.estimate("field_variance", 1)
    assert abs(found.value - float(predicted)) > 8 * found.stderr


def test_a_bit_error_of_masked_cues_averages_over_the_number_kept() -> None:
    """At delta = 0 it is the error of the exact cue; it is no Gaussian of the total variance."""
    masked = hs.dense(Power(3), cue=Mask(delta))["bit_error"].formula
    exact = hs.dense(Power(3))["bit_error"].formula
    at = {D: sp.Integer(40), K: sp.Integer(100)}
    small = hs.evaluate(masked, {**at, delta: sp.Rational(1, 10**12)})
    assert abs(small / hs.evaluate(exact, at) - 1) < 1e-9


def test_simulation_refuses_what_it_cannot_hold() -> None:
    with pytest.raises(hs.SizeLimit):
        network_at(Exponent(1), "gradient", Exact(), 400, 3)
    with pytest.raises(hs.SizeLimit):
        network_at(Power(64), "gradient", Exact(), 300, 3)
    good = network_at(Power(2), "gradient", Exact(), 4, 3)
    with pytest.raises(hs.InvalidValue):
        DenseNetwork(4, 3, good.energy[1:], good.law, good.cue)
    with pytest.raises(hs.InvalidValue):
        DenseNetwork(4, 3, good.energy, hs.Binary(), good.cue)
    with pytest.raises(hs.NotDerivable):
        simulate(good, 2, weights=True)
