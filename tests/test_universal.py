"""Universal Hopfield networks: closed forms against every pattern, the nearest pattern, simulation, the comparison."""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import MISSING, fields
from typing import Any

import numpy as np
import pytest
import sympy as sp
from click.testing import CliRunner

import hebbsym as hs
from hebbsym.cli import program
from hebbsym.comparison import Comparison
from hebbsym.crossings import crossing, passage
from hebbsym.families.cues import Exact, Flip, Mask
from hebbsym.families.ensembles import Bipolar, Gaussian
from hebbsym.families.separators import (
    Exponent,
    Identity,
    Max,
    Power,
    Softmax,
    Threshold,
    separators,
)
from hebbsym.families.similarities import Cosine, Dot, Euclidean, Manhattan, similarities
from hebbsym.families.universal import UniversalRule, projections
from hebbsym.networks import universal_network
from hebbsym.notation import D, K, delta, epsilon, m
from hebbsym.publish.universal import universal_figure
from hebbsym.simulate import Estimate, simulate
from hebbsym.simulate.sampling import draw
from hebbsym.simulate.universal import UniversalNetwork, plain_fields, universal_fields
from hebbsym.theory.dense.enumeration import unrolled
from hebbsym.theory.setting import Setting
from hebbsym.theory.universal.bench import UniversalBench
from hebbsym.theory.universal.enumeration import UniversalEnumeration
from hebbsym.theory.universal.nearest import NearestBench

beta = sp.Symbol("beta", positive=True)
TENTH = Flip(sp.Rational(1, 10))


def example(entry: Any) -> Any:
    """A separator with 3 for every parameter that it needs."""
    return entry(**{f.name: sp.Integer(3) for f in fields(entry) if f.default is MISSING})


SEPARATORS = [example(entry) for entry in separators.values()]
ADDITIVE = [s for s in SEPARATORS if not s.competitive]
SIMILARITIES = [entry() for entry in similarities.values()]
PROJECTIONS = [entry() for entry in projections.values()]


def setting_of(similarity: Any, separator: Any, projection: Any, cue: Any = Exact()) -> Setting:  # noqa: B008
    return Setting(UniversalRule(similarity, separator), projection.patterns(Bipolar()), cue)


def same(one: sp.Expr, other: sp.Expr) -> bool:
    return bool(sp.powsimp(sp.expand(sp.expand(one.rewrite(sp.exp)) - sp.expand(other))) == 0)


# ---- closed forms against all vectors ---------------------------------------------------------


@pytest.mark.parametrize("projection", PROJECTIONS, ids=lambda p: p.name)
@pytest.mark.parametrize("separator", [*ADDITIVE, Power(2), Exponent(beta)], ids=lambda s: s.text)
@pytest.mark.parametrize("similarity", SIMILARITIES, ids=lambda s: s.name)
def test_moments_equal_the_enumeration_of_all_vectors(
    similarity: Any, separator: Any, projection: Any
) -> None:
    """Identically in delta (and in beta), entry by entry: nothing of the overlap is in the judge."""
    bench = UniversalBench(setting_of(similarity, separator, projection, Flip(delta)))
    truth = UniversalEnumeration(bench.setting, 3, 2)
    at = {D: sp.Integer(3), K: sp.Integer(2)}
    for formula, other in (
        *((bench.signal(r), truth.signal(r)) for r in (1, 2)),
        *((bench.crosstalk(r), truth.crosstalk(r)) for r in (1, 2)),
        (bench.field_mean, truth.field(1)),
        (bench.field_variance, truth.field(2) - truth.field(1) ** 2),
    ):
        assert same(unrolled(formula.subs(at)), other)


@pytest.mark.parametrize("projection", PROJECTIONS, ids=lambda p: p.name)
@pytest.mark.parametrize("separator", [Power(3), Threshold(sp.S.Zero)], ids=lambda s: s.text)
def test_moments_with_three_patterns(separator: Any, projection: Any) -> None:
    bench = UniversalBench(setting_of(Dot(), separator, projection, Flip(delta)))
    truth = UniversalEnumeration(bench.setting, 2, 3)
    at = {D: sp.Integer(2), K: sp.Integer(3)}
    assert same(unrolled(bench.field_mean.subs(at)), truth.field(1))
    variance = truth.field(2) - truth.field(1) ** 2
    assert same(unrolled(bench.field_variance.subs(at)), variance)


@pytest.mark.parametrize("name", ["signal", "crosstalk_mean", "crosstalk_variance"])
@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_dot_under_a_power_is_the_dense_memory_with_the_unit_inside(n: int, name: str) -> None:
    """A second route: there by exchangeability of the D steps, here by u and y one by one."""
    made = hs.universal(Dot(), Power(n), cue=Flip(delta))[name].formula
    dense = hs.dense(hs.separations["power"](n + 1), update="gradient-with-self", cue=Flip(delta))
    assert sp.expand(made - dense[name].formula) == 0


def test_errors_of_exact_cues_are_those_of_the_dense_memory() -> None:
    """The same Gaussian with the same allowance for what it drops; only flipped cues are averaged otherwise."""
    made = hs.universal(Dot(), Power(3))["bit_error"]
    dense = hs.dense(hs.separations["power"](4), update="gradient-with-self")["bit_error"]
    at = {D: sp.Integer(15), K: sp.Integer(40)}
    for one, other in (
        (made.formula, dense.formula),
        (made.remainder(at), dense.remainder(at)),
    ):
        assert abs(hs.evaluate(one, at) / hs.evaluate(other, at) - 1) < 1e-20


def test_minerva_is_the_cosine_under_a_cube() -> None:
    """Corollary 2.5.2: the same ratio as F_4, and a crosstalk of mean (3D - 2)/D^3."""
    minerva = hs.universal(Cosine(), Power(3), cue=TENTH)
    dense = hs.dense(hs.separations["power"](4), update="gradient-with-self", cue=TENTH)
    assert sp.cancel(minerva["snr"].formula - dense["snr"].formula) == 0
    mean = hs.universal(Cosine(), Power(3))["crosstalk_mean"].formula
    assert sp.cancel(mean - (3 * D - 2) / D**3) == 0


def test_hetero_association_in_closed_form() -> None:
    """rho = D^(2n) / ((K - 1) E m^(2n)) with E m^2 = D, E m^4 = 3D^2 - 2D for exact cues."""
    for n, moment in ((1, D), (2, 3 * D**2 - 2 * D)):
        theory = hs.universal(Dot(), Power(n), projections["hetero"]())
        assert sp.cancel(theory["snr"].formula - D ** (2 * n) / ((K - 1) * moment)) == 0
        z = hs.notation.z
        capacity = 1 + D ** (2 * n) / (moment * z**2)
        assert sp.cancel(theory["capacity:snr"].formula - capacity) == 0


@pytest.mark.parametrize("projection", PROJECTIONS, ids=lambda p: p.name)
@pytest.mark.parametrize("separator", SEPARATORS, ids=lambda s: s.text)
def test_every_step_of_every_claim_holds(separator: Any, projection: Any) -> None:
    theory = hs.universal(Euclidean(), separator, projection, cue=TENTH)
    assert {"separation", "bit_error", "capacity:bit"} <= set(theory)
    for claim in theory.values():
        for step in claim.derivation.verify():
            assert step.holds is not False, (claim.name, step.step.reason)


def test_a_capacity_has_the_ratio_that_it_is_for() -> None:
    theory = hs.universal(Euclidean(), Exponent(sp.Rational(1, 5)), PROJECTIONS[1], cue=TENTH)
    at = {D: sp.Integer(30), hs.notation.z: sp.Integer(2)}
    load = theory["capacity:snr"].formula.xreplace(at)
    ratio = hs.evaluate(theory["snr"].formula.xreplace({**at, K: load}))
    assert abs(ratio - 4) < 1e-20


def test_a_false_moment_is_refuted() -> None:
    right = UniversalBench(setting_of(Dot(), Power(3), PROJECTIONS[0], Flip(delta)))
    other = UniversalBench(setting_of(Dot(), Power(3), PROJECTIONS[1], Flip(delta)))
    truth = UniversalEnumeration(right.setting, 3, 2)
    assert same(right.crosstalk(2).subs(D, 3), truth.crosstalk(2))
    assert not same(right.crosstalk(2).subs(D, 4), truth.crosstalk(2))
    assert not same(other.crosstalk(1).subs(D, 3), truth.crosstalk(1))


# ---- exact errors -------------------------------------------------------------------------------


@pytest.mark.parametrize("projection", PROJECTIONS, ids=lambda p: p.name)
@pytest.mark.parametrize("similarity", SIMILARITIES, ids=lambda s: s.name)
def test_the_law_of_the_nearest_pattern_is_exact(similarity: Any, projection: Any) -> None:
    bench = NearestBench(setting_of(similarity, Max(), projection, Flip(delta)))
    for units, patterns in ((3, 2), (2, 3)):
        truth = UniversalEnumeration(bench.setting, units, patterns)
        at = {D: sp.Integer(units), K: sp.Integer(patterns)}
        assert same(unrolled(bench.recall.subs(at)).doit(), truth.recall())
        assert same(unrolled(bench.error.subs(at)).doit(), truth.bit_error())


def test_the_nearest_pattern_by_hand() -> None:
    """Two patterns, an exact cue: only an equal pattern, 2^-D, is taken instead, every second time."""
    made = hs.universal(Dot(), Max())
    assert sp.expand(made["recall"].formula.subs(K, 2) - (1 - sp.Integer(2) ** (-D) / 2)) == 0
    # an equal pattern has no wrong bit
    assert made["bit_error"].formula.subs({D: 4, K: 2}).doit() == 0
    # D = 1: the cue is wrong with probability d; the nearest of K patterns is one that equals it
    flipped = hs.universal(Dot(), Max(), cue=Flip(delta))["bit_error"].formula
    found = sp.expand(unrolled(flipped.subs({D: 1, K: 2})).doit())
    assert sp.expand(found - delta / 2) == 0  # the other one equals the cue in half the cases


@pytest.mark.parametrize("projection", PROJECTIONS, ids=lambda p: p.name)
@pytest.mark.parametrize("share", [sp.S.Half, sp.S.Zero])
def test_the_error_of_counted_patterns_is_exact(projection: Any, share: sp.Expr) -> None:
    bench = UniversalBench(setting_of(Manhattan(), Threshold(share), projection, Flip(delta)))
    for units, patterns in ((3, 2), (2, 3)):
        truth = UniversalEnumeration(bench.setting, units, patterns)
        at = {D: sp.Integer(units), K: sp.Integer(patterns)}
        assert same(unrolled(bench.error.subs(at)), truth.bit_error())


def test_one_step_errors_over_all_patterns() -> None:
    """Exact fractions; by hand for hetero-association of two patterns with exact cues."""
    cosine = hs.enumerate_universal(setting_of(Cosine(), Power(3), PROJECTIONS[0]), 3, 3)
    dot = hs.enumerate_universal(setting_of(Dot(), Power(3), PROJECTIONS[0]), 3, 3)
    assert cosine.bit_error() == dot.bit_error()
    # the other content is heard as loud at an address that is equal or opposite, 2^-D each: a tie with
    # probability 1/2, half an error
    hetero = hs.enumerate_universal(setting_of(Dot(), Identity(), PROJECTIONS[1]), 3, 2)
    assert hetero.bit_error() == sp.Rational(2, 8) / 4
    nearest = hs.enumerate_universal(setting_of(Dot(), Max(), PROJECTIONS[1]), 3, 2)
    assert nearest.bit_error() == sp.Rational(1, 8) / 4


def test_enumeration_refuses_what_is_too_large() -> None:
    with pytest.raises(hs.SizeLimit, match="262144"):
        hs.enumerate_universal(setting_of(Dot(), Identity(), PROJECTIONS[0]), 5, 4)


# ---- what recalls alike -------------------------------------------------------------------------


def test_compositions_that_recall_alike() -> None:
    rules = [UniversalRule(a, b) for a, b in itertools.product(SIMILARITIES, SEPARATORS)]
    found = {frozenset(r.name for r in alike) for alike in hs.universal_classes(rules, 6)}
    for name in ("max", "threshold(overlap=1/2)"):
        assert {f"{s.name}, {name}" for s in SIMILARITIES} in found
    soft = {f"{s}, {t}(beta=1)" for s in ("dot", "euclidean", "manhattan") for t in ("softmax", "exponential")}  # fmt: skip
    assert soft in found
    assert {"dot, identity", "cosine, identity"} in found
    assert {"euclidean, identity", "manhattan, identity"} in found


@pytest.mark.parametrize("projection", PROJECTIONS, ids=lambda p: p.name)
def test_equal_compositions_have_equal_signs_draw_by_draw(projection: Any) -> None:
    rules = [UniversalRule(a, b) for a, b in itertools.product(SIMILARITIES, SEPARATORS)]
    at = {D: sp.Integer(12), K: sp.Integer(20), hs.notation.M: sp.Integer(12)}
    counts = {}
    for rule in rules:
        network = universal_network(Setting(rule, projection.patterns(Bipolar()), TENTH), at)
        sums = simulate(network, 6, seed=3, moments=0).columns
        counts[rule] = sums["errors"].tolist(), sums["ties"].tolist()
    alike = hs.universal_classes(rules, 12)
    assert all(len({str(counts[rule]) for rule in members}) == 1 for members in alike)
    assert len({str(counts[members[0]]) for members in alike}) == len(
        alike
    )  # and the others differ


def test_the_nearest_real_pattern_depends_on_the_similarity() -> None:
    """The witness of the theorem, and the same through the simulation's arrays."""
    patterns, cue = np.array([[1.0, 0.0], [3.0, 4.0]]), np.array([[1.0, 1.0]])
    taken = {
        s.name: int(s.scores(patterns, cue, False).argmax()) for s in (Dot(), Cosine(), Euclidean())
    }
    assert taken == {"dot": 1, "cosine": 1, "euclidean": 0}


# ---- simulation ---------------------------------------------------------------------------------


def network_at(rule: UniversalRule, ensemble: Any, cue: Any, projection: Any) -> UniversalNetwork:
    at = {D: sp.Integer(7), K: sp.Integer(9), hs.notation.M: sp.Integer(7)}
    return universal_network(Setting(rule, projection.patterns(ensemble), cue), at)


@pytest.mark.parametrize("projection", PROJECTIONS, ids=lambda p: p.name)
@pytest.mark.parametrize("separator", SEPARATORS, ids=lambda s: s.text)
@pytest.mark.parametrize("similarity", SIMILARITIES, ids=lambda s: s.name)
def test_the_fast_path_has_the_fields_of_its_slow_twin(
    similarity: Any, separator: Any, projection: Any
) -> None:
    rule = UniversalRule(similarity, separator)
    for ensemble, cue in (
        (Bipolar(), TENTH),
        (Bipolar(), Mask(sp.Rational(1, 3))),
        (Gaussian(), TENTH),
    ):
        network = network_at(rule, ensemble, cue, projection)
        drawn = draw(network, seed=2, number=0)
        fast = universal_fields(
            network, *(x.astype(float) for x in (drawn.pre, drawn.post, drawn.cues))
        )
        for row, one in zip(fast[:3], drawn.cues[:3], strict=True):
            slow = plain_fields(network, drawn.pre.tolist(), drawn.post.tolist(), one.tolist())
            assert np.allclose(row, [float(h) for h in slow], rtol=1e-9, atol=1e-9)


def test_whole_numbers_are_exact_in_float32() -> None:
    network = network_at(UniversalRule(Euclidean(), Power(3)), Bipolar(), TENTH, PROJECTIONS[0])
    assert network.kind is np.float32
    drawn = draw(network, seed=1, number=0)
    one, two = (
        universal_fields(network, *(x.astype(t) for x in (drawn.pre, drawn.post, drawn.cues)))
        for t in (np.float32, np.float64)
    )
    assert np.array_equal(one, two)


def test_sums_past_the_whole_numbers_of_float32_are_made_in_float64() -> None:
    def kind(units: int, patterns: int) -> Any:
        at = {D: sp.Integer(units), K: sp.Integer(patterns)}
        return universal_network(Setting(UniversalRule(Dot(), Power(3))), at).kind

    assert kind(40, 262) is np.float32  # 64000 * 262 < 2^24
    assert kind(40, 263) is np.float64


def test_a_field_that_is_zero_but_for_rounding_is_a_tie() -> None:
    rule = UniversalRule(Cosine(), Power(3))
    network = network_at(rule, Bipolar(), Exact(), PROJECTIONS[1])
    x = np.array([[1.0] * 7, [-1.0] * 3 + [1.0] * 4, [-1.0] * 5 + [1.0] * 2])
    contents = np.array([[1.0] * 7, [-1.0] * 7, [0.0] * 7])
    cue = np.array([[1.0, 1, 1, 1, 1, 1, -1]])
    assert universal_fields(network, x[[0, 0]], contents[:2], cue).tolist() == [[0.0] * 7]


@pytest.mark.parametrize(
    ("separator", "sizes"),
    [(Softmax(1000), (200, 50)), (Softmax(1), (300, 50)), (Max(), (300, 50))],
    ids=["steep", "wide", "max"],
)
def test_nothing_overflows(separator: Any, sizes: Any) -> None:
    at = {D: sp.Integer(sizes[0]), K: sp.Integer(sizes[1])}
    network = universal_network(Setting(UniversalRule(Dot(), separator), cue=TENTH), at)
    found = simulate(network, 2, seed=0, moments=0).estimate("bit_error")  # warnings are errors
    assert found.value == 0  # 50 patterns of 200 units: the nearest one is the right one


def test_what_would_overflow_is_refused() -> None:
    at = {D: sp.Integer(400), K: sp.Integer(50)}
    with pytest.raises(hs.SizeLimit, match="softmax"):
        universal_network(Setting(UniversalRule(Dot(), Exponent(1))), at)
    real = universal_network(Setting(UniversalRule(Dot(), Exponent(1)), Gaussian()), {**at, D: sp.Integer(330)})  # fmt: skip
    with pytest.raises(hs.SizeLimit, match="1e\\+150"):
        simulate(real, 4)


@pytest.mark.parametrize(
    ("similarity", "separator", "projection", "sizes", "names"),
    [
        (Dot(), Identity(), 0, {"D": 20, "K": 12}, "field_mean field_variance snr bit_error"),
        (Cosine(), Power(3), 0, {"D": 20, "K": 60}, "field_mean field_variance snr"),
        (Euclidean(), Exponent(sp.Rational(1, 5)), 1, {"D": 20, "K": 40, "M": 20}, "field_mean field_variance snr"),
        (Manhattan(), Threshold(sp.S.Half), 0, {"D": 20, "K": 30}, "field_mean snr bit_error"),
        (Manhattan(), Max(), 0, {"D": 12, "K": 60}, "bit_error"),
        (Euclidean(), Max(), 1, {"D": 6, "K": 200, "M": 6}, "bit_error"),  # mostly ties
    ],
    ids=lambda v: str(getattr(v, "text", v)),
)  # fmt: skip
def test_simulation_agrees(
    similarity: Any, separator: Any, projection: int, sizes: Any, names: str
) -> None:
    theory = hs.universal(
        similarity, separator, PROJECTIONS[projection], cue=TENTH, quantities=names.split()
    )
    verdicts = hs.check(theory, seed=4, networks=1024, **sizes)
    outcomes = {v.label: v.outcome.name for v in verdicts}
    assert set(outcomes.values()) == {"AGREES"}, [(v.label, v.predicted, v.estimate, v.z) for v in verdicts]  # fmt: skip


@pytest.mark.parametrize("patterns", [4, 10, 11])
def test_weights_that_are_nearly_alike_make_no_gaussian_and_the_claim_allows_for_it(
    patterns: int,
) -> None:
    """The field is near the multiples of 2: even and odd K err differently, by far more than Edgeworth's terms."""
    theory = hs.universal(
        Cosine(), Softmax(sp.Rational(1, 5)), PROJECTIONS[1], cue=TENTH, quantities=["bit_error"]
    )
    (verdict,) = hs.check(theory, seed=1, networks=512, D=12, K=patterns, M=12)
    assert verdict.outcome.name == "UNDECIDED"
    assert abs(verdict.z) > 3


def test_simulation_refutes_the_wrong_projection() -> None:
    theory = hs.universal(Dot(), Max(), PROJECTIONS[1], cue=TENTH)
    at = {D: sp.Integer(12), K: sp.Integer(60)}
    other = universal_network(setting_of(Dot(), Max(), PROJECTIONS[0], TENTH), at)
    found = simulate(other, 512, seed=1, moments=0).estimate("bit_error")
    predicted = float(hs.evaluate(theory["bit_error"].formula, at))
    assert abs(found.value - predicted) > 8 * found.stderr


# ---- the comparison -----------------------------------------------------------------------------


def small_table(**more: Any) -> Comparison:
    chosen: dict[str, Any] = {
        "similarities": [Dot(), Euclidean()],
        "separators": [Identity(), Max()],
        "projections": PROJECTIONS[1:],
    }
    return hs.universal_table(16, **{**chosen, **more})


def test_the_table_has_formula_and_simulation_that_agree() -> None:
    table = small_table(networks=64, seed=2)
    rows = {(row.similarity, row.separator): row for row in table}
    for key in (("dot", "identity"), ("dot", "max"), ("euclidean", "max")):
        row = rows[key]
        assert row.simulated is not None
        assert row.theory is not None
        assert row.stderr is not None
        allowed = 0.1 * row.theory if key[1] == "identity" else 0.0  # a Gaussian error at K near 3
        assert abs(row.simulated - row.theory) < 4 * row.stderr + allowed, row
    assert rows["euclidean", "identity"].theory == rows["euclidean", "identity"].simulated == 0
    assert rows["dot", "max"].alike == rows["euclidean", "max"].alike
    assert rows["dot", "max"].simulated == rows["euclidean", "max"].simulated


def test_capacity_of_the_table_is_the_root_of_the_claim() -> None:
    (row,) = small_table(similarities=[Dot()], separators=[Threshold(sp.S.Half)])
    claim = hs.universal(Dot(), Threshold(sp.S.Half), PROJECTIONS[1], cue=TENTH)["capacity:bit"]
    error = claim.formula.lhs
    below, above = (
        hs.evaluate(error, {D: 16, K: k}) for k in (math.floor(row.theory), math.ceil(row.theory))
    )
    assert below <= sp.Rational(1, 50) < above


def test_real_patterns_are_told_apart_by_the_distance_that_fits_them() -> None:
    """Flipped entries are few and large: Manhattan's distance is hurt least, the inner product by norms most."""
    table = hs.universal_table(
        16, separators=[Max()], projections=PROJECTIONS[:1], patterns=Gaussian(), networks=32, most=256
    )  # fmt: skip
    found = {row.similarity: row.simulated for row in table}
    assert found["dot"] < found["cosine"]
    assert found["dot"] < found["euclidean"] < found["manhattan"]
    assert {row.theory for row in table} == {None}
    assert {row.alike for row in table} == {""}


def test_the_search_finds_the_first_passage_from_wherever_it_begins() -> None:
    for start in (2, 7, 100, 3000):
        assert crossing(lambda k: k / 1000, 0.1234, 4096, 0, start) == (123, 124)
    assert crossing(lambda k: 1.0, 0.1, 50, 0, 50) == (0, 0)
    assert crossing(lambda k: 0.0, 0.1, 50, 0, 50) == (math.inf, math.inf)


def test_a_simulated_passage_lies_between_whole_numbers() -> None:
    """Of a straight line exactly; one third of the way from 45 to 48 and so on, whatever is drawn coarsely."""
    for bound in (0.0305, 0.046, 0.7001):
        load, stderr = passage(lambda k, share: Estimate(k / 1000, 0.004, 9), bound, 4096)
        assert load == pytest.approx(1000 * bound, rel=1e-12)
        assert stderr == pytest.approx(4.0)
    assert passage(lambda k, share: Estimate(0.5, 0.1, 9), 0.1, 64) == (0.0, 0.0)
    assert passage(lambda k, share: Estimate(0.01, 0.1, 9), 0.1, 64) == (math.inf, 64.0)


def test_json_has_finite_numbers_only() -> None:
    table = small_table(networks=4, most=8)
    record = json.loads(json.dumps(table.to_json(), allow_nan=False))
    assert record["schema"] == "hebbsym/universal/1"
    beyond = [row for row in record["rows"] if row["above"] is not None]
    assert {row["separator"] for row in beyond} == {"max"}
    assert all(row["simulated"] is None and row["above"] == 8 for row in beyond)
    assert "> 8" in next(row for row in table if row.separator == "max").text


def test_the_figure_is_the_same_for_the_same_table() -> None:
    table = small_table()
    one, two = universal_figure(table), universal_figure(small_table())
    assert one == two
    assert one[1].startswith(b"%PDF")
    with pytest.raises(hs.NotDerivable):
        universal_figure(Comparison(20, 20, "1/50", "bipolar", "exact", 0, 0, 8, ()))


def run(*arguments: str) -> Any:
    return CliRunner().invoke(program, ["universal", *arguments], catch_exceptions=True)


def test_command_line(tmp_path: Any) -> None:
    asked = ("--similarity", "cosine", "--separator", "max", "--projection", "auto", "--at", "D=12,epsilon=1/20")  # fmt: skip
    made = run(*asked, "--networks", "0", "--format", "json", "-o", str(tmp_path / "new"))
    assert made.exit_code == 0, made.output
    record = json.loads(made.stdout)
    (row,) = record["rows"]
    assert (record["units"], record["epsilon"], row["simulated"]) == (12, "1/20", None)
    claim = hs.universal(Cosine(), Max(), cue=TENTH)["bit_error"].formula
    low, high = (
        hs.evaluate(claim, {D: 12, K: k}) for k in (math.floor(row["theory"]), math.ceil(row["theory"]))
    )  # fmt: skip
    assert low <= sp.Rational(1, 20) < high
    files = {path.name for path in (tmp_path / "new").iterdir()}
    assert files == {"universal.json", "universal.svg", "universal.pdf"}
    assert json.loads((tmp_path / "new" / "universal.json").read_text()) == record
    assert "cosine" in run(*asked, "--networks", "0").stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("--similarity", "dto"),
        ("--separator", "power"),
        ("--separator", "power(n=0)"),
        ("--separator", "power(n=1/2)"),
        ("--separator", "power(n=33)"),
        ("--separator", "power(n=q)"),
        ("--separator", "softmax(beta=-1)"),
        ("--separator", "threshold(overlap=2)"),
        ("--projection", "both"),
        ("--cue", "flip(delta=2)"),
        ("--cue", "flip(delta=q)"),
        ("--patterns", "pair(content=bipolar, address=bipolar)"),
        ("--at", "D=1"),
        ("--at", "K=1"),
        ("--at", "epsilon=1/2"),
        ("--at", "epsilon=0"),
        ("--at", "a=1/2"),
    ],
)
def test_command_line_refuses(arguments: tuple[str, ...]) -> None:
    assert isinstance(run(*arguments).exception, hs.HebbsymError)


def test_settings_without_a_closed_form_say_why() -> None:
    rule = UniversalRule(Dot(), Identity())
    for patterns, cue, threshold, reason in (
        (Gaussian(), Exact(), hs.Zero(), "lengths or overlaps differ"),
        (hs.Bipolar(mean=sp.S.Half), Exact(), hs.Zero(), "lengths or overlaps differ"),
        (Bipolar(), Mask(delta), hs.Zero(), "number of entries that are kept"),
        (Bipolar(), Exact(), hs.Fixed(sp.S.One), "threshold zero"),
    ):
        with pytest.raises(hs.NotDerivable, match=reason):
            hs.derive(rule, patterns, cue=cue, threshold=threshold)
    with pytest.raises(hs.NotDerivable, match="holds up the cue"):
        hs.universal(Dot(), Identity(), cue=TENTH)["capacity:snr"]
    with pytest.raises(hs.UnknownName):
        hs.universal(Dot(), Max())["snr"]
    with pytest.raises(hs.InvalidValue, match="no similarity"):
        UniversalRule(Identity(), Identity())  # type: ignore[arg-type]


def test_symbols_may_be_left_open() -> None:
    n = sp.Symbol("n", integer=True, positive=True)
    theory = hs.universal(Dot(), Power(n), PROJECTIONS[1])
    closed = hs.universal(Dot(), Power(2), PROJECTIONS[1])
    for name in ("signal", "crosstalk_variance"):
        found = unrolled(theory[name].formula.subs({n: 2, D: 5}))
        assert found == closed[name].formula.subs(D, 5)
        assert all(step.holds is not False for step in theory[name].derivation.verify())
    weight = hs.universal(Euclidean(), Softmax(beta))["separation"].formula
    assert weight == sp.exp(beta * (m - D))
    assert epsilon in hs.universal(Dot(), Softmax(beta))["capacity:bit"].formula.free_symbols


def test_sizes_past_the_bound_of_the_comparison_are_refused() -> None:
    with pytest.raises(hs.SizeLimit, match="past the bound of 80 units"):
        hs.universal_table(1_000_000, networks=0)
