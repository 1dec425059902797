"""Beyond the Gaussian: cumulants against simulation, Edgeworth's series against the exact law."""

from dataclasses import replace

import mpmath
import numpy as np
import pytest
import sympy as sp

import hebbsym as hs
from hebbsym.errors import NotDerivable
from hebbsym.families.cues import Exact
from hebbsym.families.ensembles import Bipolar, Ternary
from hebbsym.notation import D, K, coefficient
from hebbsym.simulate import Network, simulate
from hebbsym.simulate.fields import fields
from hebbsym.simulate.sampling import draw
from hebbsym.theory.edgeworth import lattice, series
from hebbsym.theory.workbench import Workbench

R = sp.Rational
MIXED = hs.ExpandedRule(2, {(1, 1): 1, (1, 0): R(1, 2), (0, 1): R(-1, 3)})
GENERAL = hs.ExpandedRule(2, {pq: coefficient(*pq) for pq in ((0, 0), (1, 0), (0, 1), (1, 1))})
SIDES = ("", ":high", ":low")


# ---- cumulants of the field ----------------------------------------------------------------


@pytest.mark.parametrize("law", [Bipolar(R(1, 2)), Ternary(R(2, 5))], ids=lambda p: p.text)
def test_sums_of_powers_are_those_of_the_fields(law):
    """Against the fields themselves, value by value; only when asked for."""
    network = Network(9, 4, {(1, 1): R(1, 3), (1, 0): R(1, 2)}, law, Exact())
    run = simulate(network, 3, seed=5, moments=4)
    for n in range(3):
        made = draw(network, 5, n)
        h = fields(network, made)
        for place, value in enumerate(run.values):
            chosen = h[made.post == value]
            assert run.columns["cube"][n, place] == pytest.approx((chosen**3).sum(), rel=1e-12)
            assert run.columns["fourth"][n, place] == pytest.approx((chosen**4).sum(), rel=1e-12)
    plain = simulate(network, 3, seed=5)
    assert "cube" not in plain.columns
    with pytest.raises(NotDerivable, match="moments=4"):
        plain.estimate("field_cumulant:3", x=1)


def test_estimated_cumulants_are_unbiased():
    """Averages over many small runs against the enumeration: no bias of order 1/networks is left."""
    network = Network(3, 2, {(1, 1): 1, (1, 0): R(1, 2)}, Bipolar(R(1, 2)), Exact())
    truth = hs.enumerate_fields(
        hs.Setting(hs.ExpandedRule(2, {(1, 1): 1, (1, 0): R(1, 2)}), Bipolar(R(1, 2))), D=3, K=2
    )
    for order in (3, 4):
        found = [
            simulate(network, range(40 * n, 40 * n + 40), seed=1, moments=4).estimate(
                f"field_cumulant:{order}", x=1
            )
            for n in range(400)
        ]
        values = np.array([e.value for e in found])
        mean, stderr = values.mean(), values.std(ddof=1) / 20
        wanted = float(truth.field_cumulant(order, 1))
        assert abs(mean - wanted) < 4 * stderr < 0.5 * abs(wanted)
        # clustered by network: the jackknife's standard error is the spread of the estimates
        assert 0.7 < np.mean([e.stderr for e in found]) / values.std(ddof=1) < 1.3


def test_check_judges_the_cumulants(monkeypatch):
    names = ["field_cumulant:3", "field_cumulant:4"]
    theory = hs.derive(MIXED, Bipolar(R(1, 2)), cue=hs.Flip(R(1, 10)), quantities=names)
    verdicts = hs.check(theory, D=12, K=4, seed=2, resolution=R(2, 5), networks=16000)
    assert [(v.label, v.outcome.name) for v in verdicts] == [
        (f"{name} (x={x})", "AGREES") for name in names for x in (-1, 1)
    ]
    # few networks make up a cumulant, by its nature: a wrong one is refuted all the same
    for name in names:
        wrong = replace(theory[name], formula=theory[name].formula * R(5, 2))
        monkeypatch.setitem(theory._claims, name, wrong)
    refuted = hs.check(theory, D=12, K=4, seed=2, resolution=R(2, 5), networks=16000)
    assert {v.outcome.name for v in refuted} == {"DISAGREES"}
    none = hs.derive(hs.rules["hebb"], quantities=["field_cumulant:3"])  # zero by symmetry
    verdicts = hs.check(none, D=8, K=3, seed=2, resolution=R(1, 4), networks=4000)
    assert [v.predicted for v in verdicts] == [0.0, 0.0]
    assert [v.outcome.name for v in verdicts] == ["AGREES", "AGREES"]


# ---- the series against the exact law ------------------------------------------------------


def test_the_terms_are_those_of_the_exponential():
    """Powers of omega of exp(cumulants), each the tail of a Hermite polynomial: He_k as a derivative."""
    w, e, t, third, fourth = sp.symbols("w e t k3 k4")
    v = sp.Symbol("v", positive=True)
    s, x = third / v ** R(3, 2), fourth / v**2
    expanded = sp.series(sp.exp(e * s * w**3 / 6 + e**2 * x * w**4 / 24), e, 0, 3).removeO()
    wanted = {0: [], 1: [], 2: []}
    for (order, power), factor in sp.Poly(sp.expand(expanded), e, w).terms():
        if power:
            tail_of = sp.diff(sp.exp(-(t**2) / 2), t, power - 1) * (-1) ** (power - 1)
            wanted[order].append(factor * sp.expand(tail_of * sp.exp(t**2 / 2)))
    first, *second = series(t, v, third, fourth)
    assert sp.expand(first - sp.Add(*wanted[1])) == 0
    assert sp.expand(sp.Add(*second) - sp.Add(*wanted[2])) == 0


THEORIES = {
    "hebb": hs.derive(hs.rules["hebb"]),
    "biased": hs.derive(hs.rules["hebb"], Bipolar(R(1, 4))),
    "covariance": hs.derive(
        hs.rules["covariance"], Bipolar(R(1, 2)), cue=hs.Mask(R(1, 5)), threshold=hs.Optimal()
    ),
    "post part": hs.derive(MIXED, Bipolar(R(1, 2)), cue=hs.Flip(R(1, 10))),
    "hetero": hs.derive(
        hs.rules["hebb"], hs.Pair(Bipolar(), hs.Binary(R(1, 3))), threshold=hs.Fixed(R(1, 3))
    ),
}


def errors(theory, side, d, k):
    """Gaussian, Edgeworth and exact error, and the size that is called dropped."""
    at = {D: sp.Integer(d), K: sp.Integer(k)}
    names = ("bit_error", "bit_error:edgeworth", "bit_error:exact")
    values = [hs.evaluate(theory[name + side].formula, at, 12) for name in names]
    remainder = theory["bit_error:edgeworth" + side].remainder(at)
    return (*values, hs.evaluate(remainder, {s: at[s] for s in (D, K)}, 12))


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("name", THEORIES)
def test_the_series_is_nearer_to_the_exact_law(name, side):
    """Ten times nearer than the Gaussian of the same cumulants, and within what is called dropped."""
    gauss, series, truth, dropped = errors(THEORIES[name], side, 42, 11)
    assert abs(series - truth) < dropped < truth / 50
    assert abs(series - truth) < max(abs(gauss - truth) / 10, truth / 2000)


@pytest.mark.parametrize(("name", "slope"), [("hebb", -3.5), ("biased", -1.5), ("post part", -1.5)])
def test_the_distance_falls_with_the_size(name, slope):
    """Over five sizes at one load at least like D^(-3/2); for fair signs, a sum of n K, like D^(-4)."""
    distances = []
    for k in (6, 8, 12, 16, 24):
        _, series, truth, _ = errors(THEORIES[name], "", 4 * k + 1, k)
        distances.append(abs(series / truth - 1))
    assert mpmath.log(distances[-1] / distances[0]) / mpmath.log(4) < slope


def test_a_tie_counts_half_on_the_lattice_and_the_cell_has_a_middle():
    """n K even: theta = 0 is a value of the field; odd: the field is odd. Both to 1e-3."""
    for d, k in ((10, 5), (10, 6), (11, 5), (12, 7), (12, 8)):
        _, series, truth, _ = errors(THEORIES["hebb"], "", d, k)
        assert abs(series / truth - 1) < 1e-3
    for theta in (R(1, 10), R(1), R(19, 10), R(2), R(33, 10)):  # one cell ends at each even number
        theory = hs.derive(hs.rules["hebb"], threshold=hs.Fixed(theta))
        for side in (":high", ":low"):
            gauss, series, truth, _ = errors(theory, side, 21, 6)
            assert abs(series / truth - 1) < 1e-3
            assert abs(gauss / truth - 1) > 5e-3


def test_symbolic_coefficients_keep_their_lattice():
    """One formula for all coefficients: the span is found from their values."""
    cue = hs.Flip(R(1, 10))
    symbolic = hs.derive(GENERAL, Bipolar(R(1, 2)), cue=cue)["bit_error:edgeworth:high"]
    values = {coefficient(0, 0): 0, coefficient(1, 0): R(1, 2), coefficient(0, 1): R(-1, 3)}
    at = {D: 41, K: 11, coefficient(1, 1): 1, **values}
    at = {s: sp.Integer(1) * v for s, v in at.items()}
    one = hs.evaluate(symbolic.formula, at, 12)
    other = hs.evaluate(
        THEORIES["post part"]["bit_error:edgeworth:high"].formula, {D: at[D], K: at[K]}, 12
    )
    assert abs(one / other - 1) < 1e-10
    irrational = hs.evaluate(symbolic.formula, {**at, coefficient(0, 1): -1 / sp.sqrt(10)}, 12)
    assert 1e-4 < abs(irrational / one - 1) < 1  # another rule, and no lattice


def test_where_there_is_no_lattice():
    bench = Workbench(hs.Setting(hs.rules["hebb"], hs.Pair(Bipolar(), hs.Gaussian())))
    assert lattice(bench, True, sp.S.Zero) == (0, 0)
    theory = hs.derive(hs.rules["hebb"], hs.Pair(Bipolar(), hs.Gaussian()))
    assert theory["bit_error:edgeworth"].formula.free_symbols == {D, K}
    with pytest.raises(NotDerivable, match="without inhibition"):
        hs.derive(hs.rules["hebb"], threshold=hs.Inhibition())["bit_error:edgeworth"]
    with pytest.raises(NotDerivable, match="no noise"):
        hs.derive(hs.ExpandedRule(2, {}), Bipolar())["bit_error:edgeworth"]


@pytest.mark.parametrize("name", ["hebb", "covariance", "post part"])
def test_every_step_holds(name):
    for side in SIDES:
        steps = THEORIES[name]["bit_error:edgeworth" + side].derivation.verify()
        assert [v.holds for v in steps] == [True, None, True]


def test_simulation_agrees_with_the_series():
    theory = hs.derive(
        hs.rules["hebb"], Bipolar(R(1, 4)), quantities=[f"bit_error:edgeworth{s}" for s in SIDES]
    )
    verdicts = hs.check(theory, D=40, K=12, seed=1)
    assert [v.outcome.name for v in verdicts] == ["AGREES"] * 3


# ---- what a Gaussian drops on a lattice --------------------------------------------------------

# a function of the presynaptic unit alone: the field is the same whatever the unit stores
SILENT = hs.derive(
    hs.rule("1/25 - x_j/5"), Bipolar(R(1, 5)), cue=hs.Flip(R(1, 10)), threshold=hs.Optimal(),
    quantities=["bit_error", "bit_error:high", "bit_error:low"],
)  # fmt: skip


@pytest.mark.parametrize(("d", "k"), [(3, 2), (4, 2)])
def test_a_rule_without_signal_errs_in_one_half_only_on_average(d, k):
    """Over all patterns and cues: the threshold is the mean, which is no median; the two errors add up to 1."""
    truth = hs.enumerate_fields(SILENT.setting, D=d, K=k)
    theta = SILENT["threshold"].formula.xreplace({D: sp.Integer(d)})
    high, low = (truth.bit_error(x, theta) for x in (1, -1))
    assert high.wrong + low.wrong == 1
    assert high.ties == low.ties == 0
    assert abs(high.wrong - R(1, 2)) > R(1, 100)
    exact = hs.evaluate(SILENT["bit_error:exact:high"].formula, {D: d, K: k}, 12)
    assert abs(exact - hs.evaluate(high.wrong)) < 1e-11


def gap(theory, side, d, k):
    """How far the Gaussian error is from the exact one, in units of what it says that it drops."""
    at = {D: sp.Integer(d), K: sp.Integer(k)}
    claim, exact = theory["bit_error" + side], theory["bit_error:exact" + side]
    off = hs.evaluate(claim.formula, at, 12) - hs.evaluate(exact.formula, at, 12)
    return abs(off) / hs.evaluate(claim.remainder(at), at, 12)


@pytest.mark.parametrize("side", SIDES[1:])
def test_what_a_gaussian_drops_counts_the_lattice(side):
    """Cumulants alone were 50 times too small for the first, whose threshold stands beside a value."""
    between = hs.derive(hs.rules["hebb"], threshold=hs.Fixed(R(19, 10)))
    for d, k in ((20, 5), (42, 11), (100, 10)):
        assert gap(SILENT, side, d, k) < 1.01
        assert gap(between, side, d, k) < 1.01
    assert gap(THEORIES["covariance"], side, 42, 11) < 1.01
    assert gap(THEORIES["post part"], side, 42, 11) < 1.01


def test_simulation_no_longer_refutes_a_rule_without_signal():
    verdicts = hs.check(SILENT, D=100, K=10, networks=2048)
    assert "DISAGREES" not in [v.outcome.name for v in verdicts]
    assert all(v.predicted == 0.5 for v in verdicts)
