"""Bounded synapses: chains against every path, closed forms against chains, errors, simulation."""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from hebbsym.checking import check
from hebbsym.errors import HebbsymError, InvalidValue, NotDerivable, OutsideClass, SizeLimit
from hebbsym.families.bounded import MappedRule
from hebbsym.families.cues import Exact, Flip, Mask
from hebbsym.families.ensembles import Binary, Bipolar, Gaussian, Pair, Ternary
from hebbsym.families.entries import Bounded
from hebbsym.families.named import rule, rules
from hebbsym.families.thresholds import Active, Fixed, Inhibition, Optimal, Zero
from hebbsym.networks import network_of
from hebbsym.notation import D, K, M, a, age, delta, f, q_minus, q_plus, w, x, x_i, x_j, z
from hebbsym.numeric import evaluate
from hebbsym.numeric import value as number
from hebbsym.simulate import simulate
from hebbsym.simulate.sampling import draw
from hebbsym.simulate.synapses import SynapseNetwork, Walking, walked_weights
from hebbsym.theories import derive
from hebbsym.theory.bounded.chains import Chain
from hebbsym.theory.bounded.closed import GeometricMoments, WalkMoments, moments_of
from hebbsym.theory.bounded.mixture import MOST_CLASSES, field_errors
from hebbsym.theory.bounded.paths import PathEnumeration
from hebbsym.theory.bounded.sums import power, sum_tails
from hebbsym.theory.bounded.synapse import SteppedMoments, chain_of
from hebbsym.theory.bounded.twolevels import TwoLevelMoments
from hebbsym.theory.setting import Setting

R = sp.Rational
q = sp.Symbol("q", real=True)
NAMES = [name for name, entry in rules.entries.items() if isinstance(entry, Bounded)]
SETTINGS = [
    Setting(rule("willshaw"), Binary(f), threshold=Active()),
    Setting(rule("willshaw"), Binary(f), Flip(delta), Active()),
    Setting(rule("willshaw"), Binary(f), Mask(delta), Fixed(R(1, 2))),
    Setting(rule("willshaw"), Bipolar(a)),
    Setting(rule("sign-clipped"), Bipolar()),
    Setting(rule("sign-clipped"), Bipolar(a), Flip(delta)),
    Setting(rule("clipped(bound=1)"), Bipolar()),
    Setting(rule("clipped(bound=2)"), Bipolar(a)),
    Setting(rule("clipped(low=0, high=1)"), Binary(f)),
    Setting(rule("clipped(bound=1, increment=x_i*(x_j - 1/2))"), Binary(f)),
    Setting(rule("clipped(bound=1)"), Ternary(f), Mask(delta)),
    Setting(rule("clipped(low=0, high=2)"), Pair(Binary(f), Bipolar())),
    Setting(rule("binary-synapse"), Bipolar()),
    Setting(rule("binary-synapse"), Binary(f)),
    Setting(rule("binary-synapse(low=0)"), Binary(f), threshold=Active(R(1, 2), sp.S.Zero)),
    Setting(rule("multistate-synapse(q_plus=q, q_minus=q)"), Bipolar()),
    Setting(rule("multistate-synapse(levels=4, q_plus=q)"), Bipolar(a)),
]
ids = [setting.text for setting in SETTINGS]
everywhere = pytest.mark.parametrize("setting", SETTINGS, ids=ids)


def pinned(setting):
    """The setting with rational numbers for its symbols: stepped forms are known at numbers."""
    symbols = sorted(setting.free_symbols, key=str)
    return setting.at({s: R(2 * n + 1, 7 + 2 * n) for n, s in enumerate(symbols)})


# ---- the chain against every path -----------------------------------------------------------


@everywhere
@pytest.mark.parametrize("patterns", [1, 2])
def test_moments_of_the_chain_are_those_of_all_paths(setting, patterns):
    chain = chain_of(setting, patterns)
    n = 2 if setting.auto else 3
    for old in range(patterns):
        paths = PathEnumeration(setting, 3, patterns, None if setting.auto else 2, old)
        for letter, (value, _) in enumerate(setting.post.alphabet):
            one, two, both = (
                chain.expression(e)
                for e in (
                    chain.term(letter, patterns, old),
                    chain.term(letter, patterns, old, 2),
                    chain.product(letter, patterns, old),
                )
            )
            variance = n * two + n * (n - 1) * both - n**2 * one**2
            assert sp.expand(n * one - paths.field_mean(value)) == 0
            assert sp.expand(variance - paths.field_variance(value)) == 0
    mean = chain.expression(chain.mean(chain.law(patterns)))
    assert sp.expand(mean - paths.weight_mean()) == 0
    for shared in ("post", "pre", *(["reciprocal"] if setting.auto else [])):
        found = chain.expression(chain.shared_product(shared, patterns)) - mean**2
        assert sp.expand(found - paths.weight_covariance(shared)) == 0


@everywhere
def test_every_claim_has_evidence_that_holds(setting):
    """At D = 3, K = 2 and 3, every age: in all symbols, or at numbers where the chain is stepped."""
    theory = derive(setting.rule, setting.patterns, cue=setting.cue, threshold=setting.threshold)
    assert {"weights", "weight_variance", "field_mean", "field_variance", "snr"} <= set(theory)
    for claim in theory.values():
        assert all(step.holds is not False for step in claim.derivation.verify()), claim.name
    assert all("\n" not in reason for reason in theory.absent.values())


def test_a_whole_network_agrees_with_its_mixture_over_histories():
    """Nothing is factored here: all patterns, all weights, all coins of one network at once."""
    setting = Setting(rule("binary-synapse(q_plus=1/2, q_minus=1/3)"), Binary(R(1, 4)))
    D_, K_ = 3, 2
    law = {0: R(3, 4), 1: R(1, 4)}
    mean = {0: sp.S.Zero, 1: sp.S.Zero}
    wrong = {0: sp.S.Zero, 1: sp.S.Zero}
    for bits in itertools.product((0, 1), repeat=D_ * K_):
        shown = [bits[:D_], bits[D_:]]  # the last is cued: age 0
        chance = sp.prod(law[b] for b in bits)
        paths = [(chance, (-1,) * D_)]
        for pattern in shown:
            for j in range(1, D_):
                split = []
                for p, weights in paths:
                    for to, coin in setting.rule.moves(
                        sp.Integer(weights[j]), sp.Integer(pattern[0]), sp.Integer(pattern[j])
                    ):
                        split.append((p * coin, (*weights[:j], int(to), *weights[j + 1 :])))
                paths = split
        cue = shown[-1]
        for p, weights in paths:
            heard = sum(weights[j] * cue[j] for j in range(1, D_))
            given = p / law[cue[0]]
            mean[cue[0]] += given * heard
            wrong[cue[0]] += given * (R(1, 2) if heard == 0 else int((heard > 0) != cue[0]))
    chain = Chain(setting)
    for letter in (0, 1):
        assert chain.expression(2 * chain.term(letter, K_, 0)) == mean[letter]
        error, _ = field_errors(chain, letter, 2, K_, 0, sp.S.Zero)
        assert chain.expression(error) == wrong[letter]


def test_weights_onto_a_unit_are_not_independent():
    """The trap: their covariance is the variance of what the history leaves, and it is not zero."""
    claim = derive(rule("willshaw"), Binary(f))["weight_covariance:post"].formula
    assert sp.expand(claim.xreplace({K: sp.S.One}) - (f**3 - f**4)) == 0
    unbiased = derive(rule("clipped(bound=2)"), Bipolar())["weight_covariance:post"].formula
    assert unbiased.xreplace({K: sp.Integer(7)}) == 0


# ---- closed forms ---------------------------------------------------------------------------


@everywhere
def test_closed_forms_are_what_stepping_gives(setting):
    closed, numbers = moments_of(setting), pinned(setting)
    if not closed.closed:
        pytest.skip("this chain has no closed form: it is stepped itself")
    values = {s: v for s, v in zip(
        sorted(setting.free_symbols, key=str),
        (R(2 * n + 1, 7 + 2 * n) for n in range(9)), strict=False)}  # fmt: skip
    stepped = SteppedMoments(numbers)
    for load, old in ((1, 0), (2, 1), (5, 0), (5, 3), (12, 7)):
        at = {**values, K: sp.Integer(load), age: sp.Integer(old)}
        pairs = [(closed.weight(p), stepped.weight(p)) for p in (1, 2)]
        pairs += [(closed.term(p), stepped.term(p)) for p in (1, 2)]
        pairs += [(closed.product(), stepped.product())]
        pairs += [(closed.shared(kind), stepped.shared(kind)) for kind in ("post", "pre")]
        for one, other in pairs:
            for value, _ in numbers.post.alphabet:
                found, truth = (e.xreplace({**at, x: value}).doit() for e in (one, other))
                assert sp.expand(found - truth) == 0


def test_reciprocal_weights_see_the_values_change_places():
    """A step that asks the unit it leads to: weights onto one unit move alike, reciprocal ones apart."""
    setting = Setting(rule("clipped(bound=1, increment=x_i)"), Bipolar())
    closed = moments_of(setting)
    assert isinstance(closed, GeometricMoments)
    for load, variance in ((1, 1), (2, R(1, 2))):
        paths, at = PathEnumeration(setting, 3, load, None, 0), {K: sp.Integer(load)}
        for shared, expected in (("post", variance), ("pre", 0), ("reciprocal", 0)):
            assert closed.shared(shared).xreplace(at) == expected
            assert paths.weight_covariance(shared) == expected


@pytest.mark.parametrize(
    ("spec", "patterns", "form"),
    [
        ("willshaw", Binary(f), TwoLevelMoments),
        ("binary-synapse", Binary(f), TwoLevelMoments),
        ("clipped(bound=1)", Bipolar(), GeometricMoments),
        ("multistate-synapse(q_plus=q, q_minus=q)", Bipolar(), GeometricMoments),
        ("sign-clipped", Bipolar(), WalkMoments),
        ("clipped(bound=3)", Bipolar(), SteppedMoments),
        ("binary-synapse(q_plus=1, q_minus=1)", Bipolar(), GeometricMoments),
    ],
)
def test_the_first_form_that_exists_is_taken(spec, patterns, form):
    assert type(moments_of(Setting(rule(spec), patterns))) is form


def test_a_two_valued_synapse_has_the_mean_of_an_affine_rule():
    """One weight in {-1, 1} decays by the rate of the affine rule of the same drift."""
    theory = derive(rule("binary-synapse(q_plus=q, q_minus=q)"), Bipolar())
    assert sp.expand(theory["field_mean"].formula - q * x * (1 - q) ** age * (D - 1)) == 0
    rho = theory["snr"].formula
    signal = q**2 * (1 - q) ** (2 * age)
    assert sp.cancel(rho - (D - 1) * signal / (1 - signal)) == 0


def test_clipping_far_away_gives_the_plain_hebb_rule():
    """A bound that K patterns cannot reach."""
    load = 6
    clipped = derive(rule("clipped(bound=6)"), Bipolar())["snr"].formula
    hebb = derive(rules["hebb"], quantities=["snr"])["snr"].formula
    for old in range(load):
        at = {D: sp.Integer(40), K: sp.Integer(load), age: sp.Integer(old)}
        assert clipped.xreplace(at) == hebb.xreplace(at)


def test_the_order_of_patterns_matters_where_steps_do_not_commute():
    ordered = {name: chain_of(Setting(rule(name), Bipolar()), 3).ordered for name in NAMES}
    assert ordered == {
        "willshaw": False,
        "sign-clipped": False,
        "clipped": True,
        "binary-synapse": True,
        "multistate-synapse": True,
    }


# ---- many patterns --------------------------------------------------------------------------


def test_stationary_laws():
    theory = derive(rule("binary-synapse"), Bipolar())
    up = q_plus / (q_plus + q_minus)
    (_, (high, p)) = theory["stationary"].formula
    assert high == 1
    assert sp.cancel(p - up) == 0
    level = derive(rule("clipped(bound=3)"), Bipolar())["stationary"].formula
    assert all(p == R(1, 7) for _, p in level)  # a doubly stochastic walk
    full = derive(rule("willshaw"), Binary(f))["stationary"].formula
    assert dict(tuple(pair) for pair in full) == {0: 0, 1: 1}  # it forgets nothing and saturates


def test_several_stationary_laws_are_refused():
    first = MappedRule("first", w + x_i * x_j * (1 - w**2), "the first pattern is kept for ever")
    with pytest.raises(NotDerivable, match="2 stationary laws"):
        derive(first)["stationary"]


@pytest.mark.parametrize("spec", ["binary-synapse(q_plus=q, q_minus=q)", "clipped(bound=1)"])
def test_the_span_is_what_counting_gives(spec):
    theory = derive(rule(spec), Bipolar())
    for size, demand, rate in ((50, 1, R(1, 3)), (400, 2, R(1, 10)), (30, 3, R(1, 2))):
        at = {D: sp.Integer(size), z: sp.Integer(demand), q: rate, K: sp.Integer(60)}
        rho = theory["snr"].formula.xreplace(at)
        ages = sum(bool(rho.xreplace({age: sp.Integer(g)}) > demand**2) for g in range(60))
        assert evaluate(theory["span"].formula, at) == ages
        late = theory["span:stationary"].formula
        assert evaluate(late, {s: at[s] for s in late.free_symbols}) == ages


def test_the_best_rate_of_a_binary_synapse_spans_the_root_of_the_size():
    """Exponent over five sizes: the span grows like sqrt(D) when q is best, by search over q."""
    span = derive(rule("binary-synapse(q_plus=q, q_minus=q)"))["span:stationary"].formula
    best = []
    for size in (10**2, 10**3, 10**4, 10**5, 10**6):
        rates = [R(n, 100) * 3 / sp.sqrt(size).evalf() for n in range(40, 180, 5)]
        best.append(
            max(
                evaluate(span, {D: sp.Integer(size), z: sp.S.One, q: R(str(rate.round(9)))})
                for rate in rates
            )
        )
    growth = [float(later / earlier) for earlier, later in itertools.pairwise(best)]
    assert all(abs(g / 10**0.5 - 1) < 0.12 for g in growth), growth
    assert abs(growth[-1] / 10**0.5 - 1) < 0.01


# ---- errors ---------------------------------------------------------------------------------


@everywhere
@pytest.mark.parametrize("patterns", [1, 2, 3])
def test_exact_errors_are_those_of_all_paths(setting, patterns):
    if not setting.post.two_valued:
        pytest.skip("a bit error needs two-valued patterns")
    chain = chain_of(setting, patterns)
    theta = setting.threshold.offset
    n = 2 if setting.auto else 3
    for old in range(patterns):
        paths = PathEnumeration(setting, 3, patterns, None if setting.auto else 2, old)
        if setting.threshold.share == 0:
            theta = paths.threshold()
        for letter, (value, _) in enumerate(setting.post.alphabet):
            wrong, tied = field_errors(
                chain, letter, n, patterns, old, theta, setting.threshold.share
            )
            truth = paths.bit_error(value)
            assert sp.expand(chain.expression(wrong) - truth.wrong) == 0
            assert sp.expand(chain.expression(tied) - truth.ties) == 0


@pytest.mark.parametrize("cue", [Exact(), Flip(R(1, 8)), Mask(R(1, 5))])
@pytest.mark.parametrize("threshold", [Active(), Fixed(R(3, 2)), Fixed(sp.Integer(2)), Zero()])
def test_the_closed_error_of_willshaw_is_the_mixture_at_whole_numbers(cue, threshold):
    setting = Setting(rule("willshaw"), Binary(R(1, 6)), cue, threshold)
    theory = derive(setting.rule, setting.patterns, cue=cue, threshold=threshold)
    chain = Chain(setting)
    for letter, name in ((0, "bit_error:low"), (1, "bit_error:high")):
        theta = threshold.offset if threshold.share else threshold.value(None, None)
        for size, load in ((4, 3), (12, 9)):
            at = {D: sp.Integer(size), K: sp.Integer(load)}
            wrong, _ = field_errors(chain, letter, size - 1, load, 0, theta, threshold.share)
            closed = evaluate(theory[name].formula, at)
            assert abs(closed - evaluate(chain.expression(wrong))) < 1e-28


def test_the_product_form_is_too_small_and_by_how_much():
    theory = derive(rule("willshaw"), Binary(f), threshold=Active())
    at = {D: sp.Integer(100), K: sp.Integer(50), f: R(1, 10)}
    exact, product = (
        evaluate(theory[name].formula, at) for name in ("bit_error:exact", "bit_error:product")
    )
    assert 2.2 < exact / product < 2.4
    size = theory["bit_error:product"].remainder(at)
    assert abs(evaluate(size) + exact - product) < 1e-15


@pytest.mark.parametrize("seed", range(6))
def test_tails_of_sums_by_two_routes(seed):
    """One large whole number, rounded or not, against term by term."""
    draw_ = np.random.default_rng(seed)
    values = [Fraction(int(v), 6) for v in draw_.choice(np.arange(-9, 10), 4, replace=False)]
    counts = draw_.integers(1, 50, 4)
    law = {v: Fraction(int(c), int(counts.sum())) for v, c in zip(values, counts, strict=True)}
    for n in (1, 3, 8):
        whole = power(law, n, Fraction(1))
        for point in (*list(whole)[:4], Fraction(1, 7), min(whole) - 1, max(whole) + 1):
            below, tied = sum_tails(law, n, point)
            assert below == sum(p for z_, p in whole.items() if z_ < point)
            assert tied == whole.get(point, 0)


def test_rare_tails_keep_their_digits_where_products_are_rounded(monkeypatch):
    law = {Fraction(0): Fraction(9, 10), Fraction(1): Fraction(1, 10)}
    exact = sum_tails(law, 40, Fraction(38))
    monkeypatch.setattr("hebbsym.theory.bounded.sums.MOST_BITS", 0)
    rounded = sum_tails(law, 40, Fraction(38))
    for one, other in zip(exact, rounded, strict=True):
        assert abs(float(other / one - 1)) < 1e-60


# ---- refusals -------------------------------------------------------------------------------

REFUSED = [
    (lambda: rule("binary-synapse(q_plus=3/2)"), InvalidValue, r"outside \[0, 1\]"),
    (lambda: rule("binary-synapse(q_plus=x_i)"), InvalidValue, "depends on x_i"),
    (lambda: rule("binary-synapse(drive=w)"), InvalidValue, "depends on w"),
    (lambda: rule("binary-synapse(low=1)"), InvalidValue, "the lower one"),
    (lambda: rule("binary-synapse(q=1)"), HebbsymError, "no parameter"),
    (lambda: rule("multistate-synapse(levels=1)"), InvalidValue, "at least 2"),
    (lambda: rule("multistate-synapse(levels=5/2)"), InvalidValue, "whole number"),
    (lambda: rule("clipped(bound=0)"), InvalidValue, "around it"),
    (lambda: rule("clipped(bound=b)"), InvalidValue, "rational bounds"),
    (lambda: derive(rule("willshaw"), Gaussian())["snr"], NotDerivable, "real-valued"),
    (lambda: derive(rule("willshaw"), threshold=Inhibition()), NotDerivable, "active"),
    (lambda: derive(rules["hebb"], threshold=Active())["bit_error"], NotDerivable, "follows the cue"),
    (lambda: derive(rule("sign-clipped"))["stationary"], NotDerivable, "do not close"),
    (lambda: derive(rule("willshaw"), Binary(f))["span:stationary"], NotDerivable, "forgets nothing"),
    (lambda: derive(rule("clipped(bound=1)"), Ternary())["bit_error"], NotDerivable, "two-valued"),
    (lambda: Chain(Setting(rules["hebb"])), OutsideClass, "additive"),
    (lambda: Chain(Setting(rule("sign-clipped")), 3000), SizeLimit, "levels"),
    (lambda: derive(rule("clipped(increment=x_i*x_j*theta)"))["snr"], InvalidValue, "every symbol"),
    (lambda: PathEnumeration(Setting(rule("willshaw")), 3, 2, age=2), InvalidValue, "age"),
]  # fmt: skip


@pytest.mark.parametrize(("ask", "error", "reason"), REFUSED)
def test_what_is_refused_says_why_in_one_line(ask, error, reason):
    with pytest.raises(error, match=reason) as caught:
        ask()
    assert "\n" not in str(caught.value)


def test_too_many_histories_are_refused_with_a_way_out():
    chain = Chain(Setting(rule("binary-synapse(q_plus=1/2, q_minus=1/3)"), Binary(R(1, 4))))
    with pytest.raises(SizeLimit, match=str(MOST_CLASSES)):
        field_errors(chain, 0, 9, 20, 2, sp.S.Zero)


@pytest.mark.parametrize("spec", ["clipped(bound=1)", "clipped(bound=3)"])
def test_an_age_outside_the_stored_patterns_is_refused(spec):
    claim = derive(rule(spec))["field_mean"]
    at = {D: sp.Integer(9), K: sp.Integer(4), age: sp.Integer(4), x: sp.S.One}
    with pytest.raises(InvalidValue, match="age"):
        number(claim, at)


def test_rates_that_agree_at_numbers_are_derived_anew():
    """q = 1 on fair bits: every pattern is taken, and rates of the pair of synapses agree."""
    symbolic = derive(rule("binary-synapse(q_plus=q, q_minus=q)"), Binary(f))["field_variance"]
    at = {D: sp.Integer(9), K: sp.Integer(4), age: sp.S.One, x: sp.S.One, q: sp.S.One, f: R(1, 2)}
    setting = Setting(rule("binary-synapse(q_plus=1, q_minus=1)"), Binary(R(1, 2)))
    stepped = derive(setting.rule, setting.patterns)["field_variance"]
    here = {s: v for s, v in at.items() if s not in (q, f)}
    assert abs(number(symbolic, at) - number(stepped, here)) < 1e-12


# ---- simulation -----------------------------------------------------------------------------


@everywhere
def test_the_compiled_walk_and_its_slow_twin_agree_bit_by_bit(setting):
    sizes = {D: sp.Integer(7), K: sp.Integer(5), M: sp.Integer(3)}
    network = network_of(pinned(setting), sizes)
    drawn = draw(network, 3, 0)
    learner = Walking(network)
    fast = learner.weights(drawn.post, learner.prepared(drawn.pre), np.random.default_rng(5))
    slow = walked_weights(network, drawn.post, drawn.pre, np.random.default_rng(5))
    assert np.array_equal(fast + float(network.share), slow)
    assert set(np.unique(slow)) <= {float(v) for v in network.weights}


def test_the_run_does_not_depend_on_workers_or_on_what_else_is_run():
    setting = Setting(rule("binary-synapse(q_plus=1/2, q_minus=1/3)"), Binary(R(1, 4)))
    network = network_of(setting, {D: sp.Integer(90), K: sp.Integer(6)}, (1,))
    whole = simulate(network, 6, seed=2, weights=True)
    again = simulate(network, 6, seed=2, weights=True, workers=2)
    part = simulate(network, range(3, 6), seed=2, weights=True)
    for name, column in whole.columns.items():
        assert np.array_equal(column, again.columns[name])
        assert np.array_equal(column[3:], part.columns[name])


def test_coins_have_the_stated_probabilities():
    """One step of many synapses from each level, against the moves; six standard deviations."""
    made = rule("multistate-synapse(levels=3, q_plus=1/5, q_minus=3/4)")
    network = network_of(Setting(made, Binary()), {D: sp.Integer(400), K: sp.S.One})
    learner = Walking(network)
    ones = np.ones((1, 400), dtype=np.int8)
    w_ = learner.weights(ones, learner.prepared(ones), np.random.default_rng(1))
    share = float((w_ == float(network.weights[network.start + 1])).mean())
    assert abs(share - 0.2) < 6 * (0.2 * 0.8 / w_.size) ** 0.5


def test_bad_networks_are_refused():
    moves = {(u, v, k): [(k, 1)] for u in (0, 1) for v in (0, 1) for k in (0, 1)}
    good = {"units": 3, "patterns": 2, "weights": (0, 1), "start": 0, "moves": moves}
    laws = {"law": Binary(), "cue": Exact()}
    assert SynapseNetwork(**good, **laws).certain
    for change, reason in (
        ({"start": 2}, "no level 2"),
        ({"moves": {**moves, (0, 0, 0): [(0, Fraction(1, 2))]}}, "add up"),
        ({"law": Gaussian()}, "finite alphabet"),
    ):
        with pytest.raises(InvalidValue, match=reason):
            SynapseNetwork(**{**good, **laws, **change})


CHECKED = [
    ("willshaw", Binary(R(1, 8)), {"threshold": Active()}, {"K": 20}),
    ("sign-clipped", Bipolar(), {}, {}),
    ("clipped(bound=2)", Bipolar(), {"cue": Flip(R(1, 10))}, {"age": 2}),
    ("binary-synapse(q_plus=1/2, q_minus=1/2)", Bipolar(R(1, 5)), {"threshold": Optimal()}, {"age": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("spec", "patterns", "options", "at"), CHECKED)
def test_simulation_agrees(spec, patterns, options, at):
    quantities = ["field_mean", "field_variance", "snr", "weight_variance", "bit_error"]
    theory = derive(rule(spec), patterns, quantities=quantities, **options)
    verdicts = check(theory, seed=11, networks=4096, resolution=R(1, 6), **{"D": 40, "K": 8, **at})
    assert {v.outcome.name for v in verdicts} == {"AGREES"}, verdicts.table()


def test_a_wrong_claim_is_caught_by_simulation():
    """The product form of Willshaw's error, stated as if it were exact, is refuted."""
    theory = derive(rule("willshaw"), Binary(R(1, 8)), threshold=Active(), quantities=["bit_error"])
    claim = theory["bit_error"]
    product = derive(
        rule("willshaw"), Binary(R(1, 8)), threshold=Active(), quantities=["bit_error:product"]
    )["bit_error:product"]
    theory._claims["bit_error"] = replace(claim, formula=product.formula)
    verdicts = check(theory, seed=11, networks=2048, D=60, K=20)
    assert verdicts[0].outcome.name == "DISAGREES"
