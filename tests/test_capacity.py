"""Capacities: roots against their criteria, closed forms against bisection, growth over five sizes."""

import itertools

import mpmath
import pytest
import sympy as sp

from hebbsym.capacity.criteria import Load, criteria
from hebbsym.claim import Regime
from hebbsym.errors import NotDerivable
from hebbsym.families.cues import Exact, Flip, Mask
from hebbsym.families.ensembles import Binary, Bipolar, Gaussian, Pair, Ternary
from hebbsym.families.named import rules
from hebbsym.families.rules import ExpandedRule
from hebbsym.families.thresholds import Fixed, Inhibition, Optimal, Zero
from hebbsym.notation import D, K, M, a, delta, epsilon, f, z
from hebbsym.numeric import evaluate, value
from hebbsym.roots import root
from hebbsym.theories import derive

R = sp.Rational
HEBB = rules["hebb"]


def mp(number):
    """An exact number at the working precision."""
    number = sp.sympify(number)
    return mpmath.mpf(int(number.p)) / int(number.q)


def q(t):
    return mpmath.erfc(t / mpmath.sqrt(2)) / 2


def failures(name, error, units, load):
    """The criteria, written out."""
    return {
        "bit": error,
        "pattern": 1 - (1 - error) ** units,
        "all": 1 - (1 - error) ** (units * load),
    }[name]


# ---- closed forms of plain Hebb, by hand --------------------------------------------------


def hebb_failure(name, d, load, wrong=0):
    """Plain Hebb on fair signs with a share ``wrong`` of flips: M = n g, V = n (K - 1 + 1 - g^2)."""
    n, gain = d - 1, 1 - 2 * mp(wrong)
    ratio = n * gain**2 / (load - 1 + 1 - gain**2)
    return failures(name, q(mpmath.sqrt(ratio)), d, load)


def bisected(function, low, high):
    """Where an increasing function passes zero."""
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if function(middle) < 0 else (low, middle)
    return low


@pytest.mark.parametrize("name", ["bit", "pattern", "all"])
@pytest.mark.parametrize(("d", "share"), [(100, R(1, 100)), (1000, R(1, 1000)), (10**6, R(1, 20))])
def test_plain_hebb_against_bisection(name, d, share):
    claim = derive(HEBB)[f"capacity:{name}"]
    found = value(claim, {D: sp.Integer(d), epsilon: share})
    with mpmath.workdps(60):
        truth = bisected(
            lambda load: hebb_failure(name, d, load) - mp(share), mpmath.mpf(2), mpmath.mpf(d)
        )
        assert abs(found / truth - 1) < mpmath.mpf(10) ** -25


@pytest.mark.parametrize("wrong", [R(0), R(1, 10), R(2, 5)])
def test_perturbed_hebb_against_bisection(wrong):
    claim = derive(HEBB)["capacity:perturbed"]
    at = {D: sp.Integer(1000), epsilon: R(1, 100), delta: wrong}
    found = value(claim, at)
    with mpmath.workdps(60):
        truth = bisected(
            lambda load: hebb_failure("pattern", 1000, load, wrong) - mp(R(1, 100)),
            mpmath.mpf("1.001"),
            mpmath.mpf(1000),
        )
        assert abs(found / truth - 1) < mpmath.mpf(10) ** -25


@pytest.mark.parametrize(
    ("rule", "patterns", "threshold"),
    [("hebb", Bipolar(), Zero()), ("covariance", Bipolar(a), Optimal())],
)
def test_a_perturbation_of_nothing_is_the_pattern_criterion(rule, patterns, threshold):
    theory = derive(rules[rule], patterns, threshold=threshold)
    at = {D: sp.Integer(500), epsilon: R(1, 100), a: R(1, 4), delta: sp.S.Zero}
    perturbed, pattern = (value(theory[f"capacity:{n}"], at) for n in ("perturbed", "pattern"))
    assert abs(perturbed / pattern - 1) < mpmath.mpf(10) ** -14
    assert value(theory["capacity:perturbed"], {**at, delta: R(1, 10)}) < pattern


# ---- every root meets its criterion -------------------------------------------------------

SETTINGS = {
    "plain Hebb": (HEBB, Bipolar(), Exact(), Zero()),
    "flipped": (HEBB, Bipolar(), Flip(R(1, 10)), Zero()),
    "masked": (HEBB, Bipolar(), Mask(R(1, 4)), Zero()),
    "covariance": (rules["covariance"], Bipolar(R(1, 4)), Exact(), Optimal()),
    "covariance, rare": (rules["covariance"], Binary(R(1, 10)), Exact(), Optimal()),
    "centred cue": (rules["covariance"], Binary(R(1, 4)), Exact(centred=sp.S.One), Optimal()),
    "inhibited": (HEBB, Bipolar(), Exact(), Inhibition()),
    "inhibited drift": (ExpandedRule(2, {(0, 0): R(1, 5), (1, 1): 1}), Bipolar(), Exact(), Inhibition()),
    "drift": (ExpandedRule(2, {(0, 0): R(1, 5), (1, 1): 1}), Bipolar(), Exact(), Zero()),
    "pair": (rules["covariance"], Pair(Bipolar(R(1, 4)), Binary(R(1, 4))), Exact(), Optimal()),
}  # fmt: skip
AT = {D: sp.Integer(400), M: sp.Integer(300), epsilon: R(1, 50), z: R(3)}


def theory_of(name):
    rule, patterns, cue, threshold = SETTINGS[name]
    return derive(rule, patterns, cue=cue, threshold=threshold)


@pytest.mark.parametrize("name", SETTINGS)
def test_ratio_at_the_capacity_is_the_one_asked_for(name):
    theory = theory_of(name)
    load = evaluate(theory["capacity:snr"].formula, AT, 40)
    with mpmath.workdps(40):
        rho = sp.lambdify(K, theory["snr"].formula.xreplace(AT), modules="mpmath")
        assert abs(rho(load) / 9 - 1) < mpmath.mpf(10) ** -25
        # from K = 2 up to there the ratio is above it: nothing is lost before
        assert all(rho(2 + (load - 2) * step / 50) > 9 for step in range(50))
        assert rho(load * mpmath.mpf("1.01")) < 9


@pytest.mark.parametrize("criterion", ["bit", "pattern", "all"])
@pytest.mark.parametrize("name", SETTINGS)
def test_failure_at_the_capacity_is_epsilon(name, criterion):
    """With the exact M, V at the root, in a formula of its own; all settings have Q(sqrt(rho))."""
    theory = theory_of(name)
    claim = theory[f"capacity:{criterion}"]
    load = value(claim, AT, 40)
    with mpmath.workdps(40):
        rho = sp.lambdify(K, theory["snr"].formula.xreplace(AT), modules="mpmath")
        units = int(AT[theory.setting.units])
        failed = failures(criterion, q(mpmath.sqrt(rho(load))), units, load)
        assert abs(failed / mp(AT[epsilon]) - 1) < mpmath.mpf(10) ** -25
    assert claim.regime in (Regime.LEADING_ORDER, Regime.HEURISTIC)
    assert claim.dropped


@pytest.mark.parametrize(
    ("rule", "patterns", "threshold"),
    [
        (ExpandedRule(2, {(1, 1): 1, (1, 0): R(1, 3)}), Bipolar(), Zero()),  # a mixture
        (HEBB, Bipolar(R(1, 5)), Zero()),  # two different errors
        (HEBB, Binary(R(1, 10)), Fixed(5)),  # silent histories
    ],
)
@pytest.mark.parametrize("criterion", ["bit", "pattern"])
def test_roots_over_a_sum_are_the_last_load_that_meets_the_criterion(
    rule, patterns, threshold, criterion
):
    theory = derive(rule, patterns, threshold=threshold)
    at = {D: sp.Integer(200), epsilon: R(1, 10) if criterion == "bit" else R(1, 2)}
    load = value(theory[f"capacity:{criterion}"], at)
    assert load == int(load) >= 1
    error = theory["bit_error"].formula
    failed = []
    for k in (load, load + 1):
        p = evaluate(error, {D: at[D], K: sp.Integer(int(k))})
        failed.append(failures(criterion, p, 200, k))
    assert failed[0] <= mp(at[epsilon]) < failed[1]


# ---- Lambert and asymptotics --------------------------------------------------------------


@pytest.mark.parametrize("name", ["bit", "pattern", "all"])
def test_lambert_is_within_what_it_drops(name):
    """Relative distance at most 2/rho (Mills) plus epsilon, and falling with D."""
    theory = derive(HEBB)
    distances = []
    for d in (10**2, 10**4, 10**6, 10**8, 10**12):
        at = {D: sp.Integer(d), epsilon: R(1, 100 * d) if name == "bit" else R(1, 100)}
        closed = value(theory[f"capacity:{name}:lambert"], at)
        exact = value(theory[f"capacity:{name}"], at)
        rho = (d - 1) / (exact - 1)
        assert abs(closed / exact - 1) < 2 / rho + 0.01
        distances.append(abs(closed / exact - 1) * rho)
    assert distances[-1] < 1
    # the Mills bound is above the tail, so that the closed form is on the safe side
    assert closed < exact


def test_lambert_solves_its_own_equation():
    # y e^y = D^2 / (2 pi epsilon^2) by hand for one whole pattern
    at = {D: sp.Integer(1000), epsilon: R(1, 100)}
    load = value(derive(HEBB)["capacity:pattern:lambert"], at, 40)
    with mpmath.workdps(40):
        rho = 999 / (load - 1)
        right = mpmath.mpf(1000) ** 2 / (2 * mpmath.pi) * 10**4
        assert abs(rho * mpmath.exp(rho) / right - 1) < mpmath.mpf(10) ** -25


@pytest.mark.parametrize(("name", "factor"), [("pattern", 2), ("all", 4)])
def test_leading_asymptotics_of_plain_hebb(name, factor):
    """D/(2 ln D) and D/(4 ln D), with tens of per cent still missing at D = 1000."""
    theory = derive(HEBB)
    formula = theory[f"capacity:{name}:asymptotic"].formula
    assert sp.limit(formula * factor * sp.log(D) / D, D, sp.oo) == 1
    distances = []
    for power in (3, 30, 300, 3000, 30000):
        at = {D: sp.Integer(10) ** power, epsilon: R(1, 100)}
        exact = value(theory[f"capacity:{name}:lambert"], at)
        distances.append(abs(evaluate(formula, at) / exact - 1))
        # rho = 2 ln(bits) + ln(1/(2 pi epsilon^2)) - ln rho: the last two are what is dropped
        logs = factor * power * mpmath.log(10)
        assert distances[-1] < (8 + 2 * mpmath.log(logs)) / logs
    assert distances[0] > 0.1
    assert distances[-1] < 1e-3


# ---- information per synapse --------------------------------------------------------------


def entropy(p):
    return -(p * mpmath.log(p) + (1 - p) * mpmath.log(1 - p)) / mpmath.log(2)


def test_information_per_synapse_of_plain_hebb():
    formula = derive(HEBB)["capacity:synapse"].formula
    limit = 1 / (mpmath.pi * mpmath.log(2))
    distances = []
    for load in (10, 100, 1000, 10**4, 10**5):
        n = 1000
        found = evaluate(formula, {D: sp.Integer(n + 1), K: sp.Integer(load * n)})
        with mpmath.workdps(30):
            error = q(mpmath.sqrt(mpmath.mpf(n) / (load * n - 1)))
            assert abs(found / (load * (1 - entropy(error))) - 1) < mpmath.mpf(10) ** -20
        distances.append(limit - found)
    assert all(later < earlier for earlier, later in itertools.pairwise(distances))
    assert 0 < distances[-1] < 1e-5 * limit
    # at small loads each pattern gives all its bits
    with mpmath.workdps(30):
        few = evaluate(formula, {D: sp.Integer(1001), K: sp.Integer(10)})
        assert abs(few - mpmath.mpf(10) / 1000) < 1e-18


def test_information_of_rare_bits_is_that_of_the_channel():
    theory = derive(rules["covariance"], Binary(R(1, 10)), threshold=Zero())
    at = {D: sp.Integer(501), K: sp.Integer(20)}
    low, high = (evaluate(theory[f"bit_error:{s}"].formula, at) for s in ("low", "high"))
    with mpmath.workdps(30):
        p = mpmath.mpf(1) / 10
        joint = {
            (0, 0): (1 - p) * (1 - low), (0, 1): (1 - p) * low,
            (1, 0): p * high, (1, 1): p * (1 - high),
        }  # fmt: skip
        stored, recalled = ({s: sum(v for k, v in joint.items() if k[n] == s) for s in (0, 1)} for n in (0, 1))  # fmt: skip
        information = sum(
            v * mpmath.log(v / stored[s] / recalled[r], 2) for (s, r), v in joint.items()
        )
        found = evaluate(theory["capacity:synapse"].formula, at)
        assert abs(found / (mpmath.mpf(20) / 500 * information) - 1) < mpmath.mpf(10) ** -15


# ---- how it grows -------------------------------------------------------------------------

CLASSES = {
    # neither drift nor post part: K ~ D
    "plain Hebb": (HEBB, Bipolar(), Exact(), Zero(), 1),
    "plain Hebb, gaussian": (HEBB, Gaussian(), Exact(), Zero(), 1),
    "covariance": (rules["covariance"], Bipolar(R(1, 2)), Exact(), Optimal(), 1),
    "x_i (x_j - a)": (rules["pre-centred"], Bipolar(R(1, 2)), Exact(), Optimal(), 1),
    "pre part": (ExpandedRule(2, {(1, 1): 1, (0, 1): 1}), Bipolar(), Exact(), Optimal(), 1),
    "post part, balanced cue": (ExpandedRule(2, {(1, 1): 1, (1, 0): 1}), Bipolar(), Exact(), Zero(), 1),
    # a drift: K ~ sqrt(D), unless inhibition removes it
    "drift": (ExpandedRule(2, {(1, 1): 1, (0, 0): 1}), Bipolar(), Exact(), Zero(), R(1, 2)),
    "drift, best threshold": (ExpandedRule(2, {(1, 1): 1, (0, 0): 1}), Bipolar(), Exact(), Optimal(), R(1, 2)),
    "drift, inhibited": (ExpandedRule(2, {(1, 1): 1, (0, 0): 1}), Bipolar(), Exact(), Inhibition(), 1),
    # a post part and a cue with a mean: no growth at all, unless the cue is centred
    "x_j (x_i - a)": (rules["post-centred"], Bipolar(R(1, 2)), Exact(), Optimal(), 0),
    "x_j (x_i - a), inhibited": (rules["post-centred"], Bipolar(R(1, 2)), Exact(), Inhibition(), 0),
    "x_j (x_i - a), centred": (rules["post-centred"], Bipolar(R(1, 2)), Exact(centred=sp.S.One), Optimal(), 1),
    "plain Hebb, biased": (HEBB, Bipolar(R(1, 2)), Exact(), Optimal(), 0),
    "plain Hebb, biased, centred": (HEBB, Bipolar(R(1, 2)), Exact(centred=sp.S.One), Optimal(), R(1, 2)),
    "plain Hebb, ternary": (HEBB, Ternary(R(1, 3)), Exact(), Zero(), 1),
}  # fmt: skip


@pytest.mark.parametrize("name", CLASSES)
def test_exponent_over_five_sizes(name):
    """The slope of ln K_max against ln D from the exact roots, found by bisection of rho itself."""
    rule, patterns, cue, threshold, exponent = CLASSES[name]
    theory = derive(rule, patterns, cue=cue, threshold=threshold)
    rho, claim = theory["snr"].formula, theory["scaling"]
    loads = []
    # a noise below the signal for one pattern, so that a load that does not grow is above 1
    ratio = R(1, 100)
    for power in (8, 10, 12, 14, 16):
        at = {D: sp.Integer(10) ** power}
        ratio_at = sp.lambdify(K, rho.xreplace(at), modules="mpmath")
        with mpmath.workdps(40):
            high = mpmath.mpf(2)
            while ratio_at(high) > mp(ratio):  # the first crossing: a drift can turn rho up again
                high *= mpmath.mpf("1.05")
            load = bisected(lambda k, r=ratio_at: mp(ratio) - r(k), high / 2, high)
            loads.append(mpmath.log(load) / mpmath.log(10))
            leading = evaluate(claim.formula, {**at, z: R(1, 10)})
            assert abs(leading / load - 1) < 100 / mpmath.sqrt(mpmath.mpf(10) ** power) + 1e-12
    slopes = [(v - u) / 2 for u, v in itertools.pairwise(loads)]
    assert all(abs(slope - mp(exponent)) < 0.01 for slope in slopes)


def test_the_wrong_term_is_named():
    drift = derive(ExpandedRule(2, {(1, 1): 1, (0, 0): 1}))["scaling"]
    assert any("drift" in text for text in drift.assumptions)
    post = derive(rules["post-centred"], Bipolar(R(1, 2)))["scaling"]
    assert any("post part" in text for text in post.assumptions)


def test_bits_with_a_common_noise_are_not_independent():
    """A pre part or a drift gives all units the same noise: whole patterns are then a heuristic."""
    for terms, patterns, regime in (
        ({}, Bipolar(), Regime.LEADING_ORDER),
        ({(0, 1): 1}, Bipolar(), Regime.HEURISTIC),
        ({(0, 0): 1}, Bipolar(), Regime.HEURISTIC),
        ({(1, 0): 1}, Bipolar(), Regime.HEURISTIC),
    ):
        theory = derive(ExpandedRule(2, {(1, 1): 1, **terms}), patterns, threshold=Optimal())
        for name in ("pattern", "all", "perturbed"):
            assert theory[f"capacity:{name}"].regime is regime
        assert theory["capacity:bit"].regime is Regime.LEADING_ORDER
    inhibited = derive(ExpandedRule(2, {(1, 1): 1, (0, 1): 1}), threshold=Inhibition())
    assert inhibited["capacity:pattern"].regime is Regime.LEADING_ORDER


# ---- signs and refusals -------------------------------------------------------------------


def test_the_inverted_pattern_is_no_capacity():
    theory = derive(rules["anti-hebb"])
    for name in ("bit", "pattern", "all", "perturbed", "pattern:lambert", "all:asymptotic"):
        with pytest.raises(NotDerivable, match="inverted pattern"):
            theory[f"capacity:{name}"]
    # the ratio is blind to the sign, and says no more than it is
    assert theory["capacity:snr"].formula == derive(HEBB)["capacity:snr"].formula


def test_an_open_sign_is_an_assumption():
    c = sp.Symbol("c", real=True)
    claim = derive(ExpandedRule(2, {(1, 1): c}))["capacity:bit"]
    assert any("M(x+) > M(x-)" in text for text in claim.assumptions)
    assert not any("M(x+) > M(x-)" in t for t in derive(HEBB)["capacity:bit"].assumptions)
    biased = derive(rules["covariance"], Binary(f), threshold=Optimal())["capacity:bit"]
    assert not any("M(x+) > M(x-)" in text for text in biased.assumptions)
    flipped = derive(HEBB, cue=Flip(delta))["capacity:bit"]
    assert any("delta <= 1/2" in text for text in flipped.assumptions)
    masked = derive(HEBB, cue=Mask(delta))["capacity:bit"]
    assert not any("inverted" in text for text in masked.assumptions)
    with pytest.raises(NotDerivable, match="inverted pattern"):
        derive(HEBB, cue=Flip(R(3, 5)))["capacity:bit"]
    assert value(derive(rules["anti-hebb"], cue=Flip(R(3, 5)))["capacity:bit"], AT) > 1


def test_without_noise_that_grows_there_is_no_capacity():
    with pytest.raises(NotDerivable, match=r"no signal|does not grow"):
        derive(ExpandedRule(2, {(0, 1): 1}))["capacity:snr"]
    with pytest.raises(NotDerivable, match="two-valued"):
        derive(HEBB, Gaussian())["capacity:pattern"]


# ---- the parts ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", criteria)
def test_a_criterion_is_consistent(name):
    """Failure at the admissible error is epsilon; the union bound is above the failure."""
    criterion, p, units, load = criteria[name], R(1, 1000), sp.Integer(50), sp.Integer(7)
    failed = criterion.failure(p, units, load)
    assert 0 < failed <= criterion.bits(units, load) * p
    with mpmath.workdps(30):
        truth = failures(name, mp(p), 50, 7)
        assert abs(evaluate(failed) - truth) < mpmath.mpf(10) ** -25
        if criterion.bit_bound is not None:
            bound = evaluate(criterion.bit_bound(R(1, 20), units))
            assert abs(failures(name, bound, 50, 7) - mp(R(1, 20))) < mpmath.mpf(10) ** -25
            ratio = evaluate(criterion.ratio(R(1, 20), units))
            assert abs(q(mpmath.sqrt(ratio)) - bound) < mpmath.mpf(10) ** -25


@pytest.mark.parametrize(
    ("signal", "noise"),
    [
        ((9, 0, 0), (2, 3, 0)),
        ((9, 0, 0), (2, 3, 5)),
        ((9, 0, 0), (2, 0, 5)),
        ((9, 2, 1), (2, 3, 7)),
    ],
)
def test_a_load_is_where_the_ratio_first_falls_to_the_demand(signal, noise):
    load = Load(*(tuple(map(sp.Integer, part)) for part in (signal, noise)))
    for ratio in (R(1, 2), R(2), R(4)):
        found = evaluate(load.at_ratio(ratio))
        with mpmath.workdps(30):
            k = found - 1
            top, bottom = (sum(c * k**n for n, c in enumerate(part)) for part in (signal, noise))
            assert abs(top / bottom - mp(ratio)) < mpmath.mpf(10) ** -20
            before = [
                sum(c * t**n for n, c in enumerate(signal)) / sum(c * t**n for n, c in enumerate(noise))
                for t in (k * s / 20 for s in range(20))
            ]  # fmt: skip
            assert all(r > mp(ratio) for r in before)
    assert load.steady == (signal[1:] == (0, 0))


def test_roots_are_found_whatever_the_size():
    claim = derive(HEBB)["capacity:all"]
    for d in (10, 10**3, 10**9, 10**15):
        at = {D: sp.Integer(d), epsilon: R(1, 10)}
        load = root(claim.formula, K, at)
        with mpmath.workdps(60):
            assert abs(hebb_failure("all", d, load) / mp(R(1, 10)) - 1) < mpmath.mpf(10) ** -20


def test_the_allowance_covers_units_that_hear_a_loud_cue_alike():
    """A drift and a post part: 0.01326 +- 0.0006 of the patterns failed in 1024 simulated networks.

    Independent units would fail in 0.0171; what was allowed for was 0.0018 without the post part.
    """
    rule = ExpandedRule(
        2,
        {
            (0, 0): R(1, 50), (1, 0): R(1, 40), (0, 1): R(1, 30),
            (2, 0): R(-1, 60), (1, 1): R(1), (0, 2): R(1, 70),
        },
    )  # fmt: skip
    claim = derive(rule, Bipolar(R(1, 10)), cue=Flip(R(1, 20)))["capacity:pattern"]
    at = {D: sp.Integer(2000), K: sp.Integer(45), epsilon: R(1, 50)}
    claimed, dropped = (float(evaluate(e, at, 20)) for e in (claim.prediction, claim.remainder(at)))
    assert claimed - dropped < 0.01326 < claimed
    assert dropped < claimed
