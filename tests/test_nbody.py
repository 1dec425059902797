"""n-body synapses: moments against enumeration and the pairwise theory, the best rule, simulation."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

import hebbsym as hs
from hebbsym.capacity.cover import separable
from hebbsym.checking import check
from hebbsym.errors import InvalidValue, NotDerivable, OutsideClass, SizeLimit, UnknownName
from hebbsym.families.cues import Cue, Exact, Flip, Mask
from hebbsym.families.ensembles import Binary, Bipolar, Ensemble, Gaussian, Pair
from hebbsym.families.named import rule, rules
from hebbsym.families.nbody import NBodyRule, nbody_power, nbody_products
from hebbsym.families.rules import ExpandedRule
from hebbsym.families.thresholds import Inhibition
from hebbsym.notation import D, K, a, delta, epsilon, f, x
from hebbsym.publish.synapses import counted, synapses_figure
from hebbsym.simulate.nbody import NBodyNetwork, fields, stored_fields
from hebbsym.synapsecount import RULES as TABLE
from hebbsym.synapsecount import synapse_table
from hebbsym.theories import derive
from hebbsym.theory.nbody.enumeration import NBodyEnumeration
from hebbsym.theory.nbody.moments import NBodyMoments
from hebbsym.theory.nbody.walsh import walsh
from hebbsym.theory.setting import Setting

PAIRWISE = {
    sp.Symbol(f"c_2body_{pk}", real=True): sp.Symbol(name, real=True)
    for pk, name in (("00", "c_0"), ("01", "c_1_pre"), ("10", "c_1_post"), ("11", "c_2_corr"))
}
SETTINGS: list[tuple[tuple[int, ...], Ensemble | Pair, Cue, int, int]] = [
    ((3,), Bipolar(a), Flip(delta), 3, 2),
    ((3,), Bipolar(a), Exact(), 4, 2),
    ((3,), Bipolar(), Exact(), 3, 3),
    ((2, 3), Bipolar(), Mask(delta), 3, 2),
    ((2, 3), Bipolar(a), Exact(centred=sp.S.One), 3, 2),
    ((4,), Bipolar(), Flip(delta), 4, 2),
    ((3,), Binary(f), Exact(), 3, 3),
    ((3,), Pair(Bipolar(a), Binary(f)), Exact(), 3, 2),
]


def _zero(first: sp.Expr, second: sp.Expr) -> bool:
    return bool(sp.expand(first - second) == 0)


@pytest.mark.parametrize(("bodies", "patterns", "cue", "units", "load"), SETTINGS)
def test_moments_equal_the_enumeration_identically_in_all_coefficients(
    bodies: tuple[int, ...], patterns: Ensemble | Pair, cue: Cue, units: int, load: int
) -> None:
    setting = Setting(NBodyRule(bodies), patterns, cue)
    moments, every = NBodyMoments(setting), NBodyEnumeration(setting, units, load)
    sizes = {D: sp.Integer(units), K: sp.Integer(load)}
    for value in moments.values:
        at = {**sizes, x: value}
        assert _zero(moments.expression(moments.mean).xreplace(at), every.field_mean(value))
        assert _zero(moments.expression(moments.variance).xreplace(at), every.field_variance(value))


@pytest.mark.parametrize("cue", [Exact(), Flip(delta), Mask(delta)])
def test_two_bodies_are_the_pairwise_theory(cue: Cue) -> None:
    """An engine that knows nothing of subsets gives the same M and V at n = 2."""
    pairs = {
        (p, q): PAIRWISE[sp.Symbol(f"c_2body_{p}{q}", real=True)] for p in (0, 1) for q in (0, 1)
    }
    known = derive(ExpandedRule(2, pairs), Bipolar(a), cue=cue)
    ours = derive(NBodyRule((2,)), Bipolar(a), cue=cue)
    for name, value in itertools.product(("field_mean", "field_variance"), (-1, 1)):
        at = {x: sp.Integer(value)}
        first = ours[name].formula.xreplace(PAIRWISE).xreplace(at)
        assert _zero(first, known[name].formula.xreplace(at))


def test_a_sabotaged_coincidence_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dropping the subsets that share units makes the variance differ from the enumeration."""
    from hebbsym.theory.nbody import coincidences

    whole = coincidences._tables

    def apart(one: tuple[int, int], other: tuple[int, int]):  # type: ignore[no-untyped-def]
        return (t for t in whole(one, other) if not any(n for r, n in t.items() if "out" not in r))

    monkeypatch.setattr(coincidences, "_tables", apart)
    setting = Setting(nbody_products((3,)))
    found = NBodyMoments(setting)
    truth = NBodyEnumeration(setting, 4, 2).field_variance(sp.S.One)
    at = {D: sp.Integer(4), K: sp.Integer(2), x: sp.S.One}
    assert not _zero(found.expression(found.variance).xreplace(at), truth)


def test_claims_hold_and_the_product_rule_counts_synapses() -> None:
    for n in (2, 3, 4, 5):
        theory = derive(nbody_products((n,)))
        count = sp.expand_func(theory["synapses"].formula)
        assert sp.cancel(count / (K - 1) - theory["snr"].formula) == 0
        for claim in theory.values():
            assert all(step.holds in (True, None) for step in claim.derivation.verify()), claim.name


def test_plain_powers_are_worse_by_a_double_factorial() -> None:
    """rho of q^(n-1) by its definition, and the gain (2n-3)!!/(n-1)! of the best rule as D grows."""
    for n in (2, 3, 4, 5):
        plain = derive(nbody_power(n))["snr"].formula * (K - 1)
        for units in (4, 6, 9):
            size = units - 1
            square = (
                sum(
                    sp.binomial(size, d) * sp.Integer(size - 2 * d) ** (2 * n - 2)
                    for d in range(size + 1)
                )
                / sp.Integer(2) ** size
            )
            assert (
                sp.cancel(plain.xreplace({D: sp.Integer(units)}) - size ** (2 * n - 2) / square)
                == 0
            )
        best = derive(nbody_products((n,)))["snr"].formula * (K - 1)
        gain = sp.factorial2(2 * n - 3) / sp.factorial(n - 1)
        assert sp.limit(sp.cancel(best / plain), D, sp.oo) == gain


def test_best_rule_of_mixed_orders() -> None:
    """Exact cues: all products with equal weight; rho adds up over the orders."""
    theory = derive(NBodyRule((2, 3)))
    e_1, e_2, x_i = (sp.Symbol(s, real=True) for s in ("e_1", "e_2", "x_i"))
    assert _zero(theory["optimal_rule"].formula, x_i * (e_1 + e_2))
    apart = [derive(nbody_products((n,)))["snr"].formula for n in (2, 3)]
    assert sp.cancel(theory["optimal_snr"].formula - sum(apart)) == 0
    assert theory["optimal_snr"].derivation.verify()[-1].holds
    flipped = derive(NBodyRule((2, 3)), cue=Flip(delta))
    assert all(s.holds for s in flipped["optimal_rule"].derivation.verify())
    # with many patterns the weight of an order falls like the agreement to its power
    ratio = sp.limit(flipped["optimal_rule"].formula.coeff(e_2).coeff(x_i), K, sp.oo)
    assert sp.cancel(ratio - (1 - 2 * delta)) == 0


def test_what_is_not_derived_says_why() -> None:
    with pytest.raises(NotDerivable, match="two-valued"):
        derive(nbody_products((3,)), Gaussian(), quantities=["snr"])
    with pytest.raises(NotDerivable, match="inhibition"):
        derive(nbody_products((3,)), threshold=Inhibition(), quantities=["snr"])
    with pytest.raises(NotDerivable, match="no signal"):
        derive(NBodyRule((3,), {(3, 0, 2): 1}), quantities=["snr"])
    with pytest.raises(InvalidValue, match="k is below n"):
        NBodyRule((3,), {(3, 1, 3): 1})
    with pytest.raises(InvalidValue, match="at least 1"):
        NBodyRule((0,))
    with pytest.raises(SizeLimit, match="bound of 8"):
        NBodyRule((9,))
    with pytest.raises(SizeLimit, match="give numbers"):
        derive(NBodyRule((3,)), Bipolar(a), quantities=["optimal_rule"])
    with pytest.raises(SizeLimit, match="past the bound"):
        NBodyEnumeration(Setting(nbody_products((3,))), 9, 5)


RULES = {
    "product": {(3, 1, 2): 1},
    "mixed products": {(1, 1, 0): 7, (2, 1, 1): 2, (3, 1, 2): 1, (4, 0, 3): 3},
    "general": {(3, p, k): 2 * p + k - 1 for p in (0, 1) for k in range(3)} | {(2, 1, 0): 5},
}


@pytest.mark.parametrize("coefficients", RULES.values(), ids=RULES)
@pytest.mark.parametrize(
    ("law", "cue", "address"),
    [
        (Bipolar(), Exact(), None),
        (Bipolar(sp.Rational(1, 3)), Flip(sp.Rational(1, 4)), None),
        (Bipolar(), Mask(sp.Rational(1, 4)), None),
        (Binary(sp.Rational(1, 3)), Exact(), None),
        (Bipolar(), Exact(), Bipolar(sp.Rational(1, 2))),
    ],
)
def test_fields_without_weights_are_those_of_stored_weights(
    coefficients: dict[tuple[int, int, int], int], law: Ensemble, cue: Cue, address: Ensemble | None
) -> None:
    rng = np.random.default_rng(5)
    posts = 4 if address else 6
    outputs = 4 if address else None
    network = NBodyNetwork(6, 5, coefficients, law, cue, address=address, outputs=outputs)
    pre = (address or law).sample(rng, (5, 6)).astype(float)
    post = law.sample(rng, (5, posts)).astype(float) if address else pre
    cues = cue.sample(rng, pre, address or law).astype(float)
    fast, slow = fields(network, post, pre, cues), stored_fields(network, post, pre, cues)
    assert np.array_equal(fast, slow)


CHECKED = [
    (nbody_products((3,)), Bipolar(), Exact(), 60, 400),
    (nbody_products((2, 3)), Bipolar(), Flip(sp.Rational(1, 10)), 24, 60),
    (nbody_products((4,)), Bipolar(), Exact(), 16, 90),
    (
        NBodyRule((3,), {(3, 1, 2): 1, (3, 0, 1): 2, (3, 1, 0): 1}, "general"),
        Bipolar(),
        Exact(),
        12,
        8,
    ),
]


@pytest.mark.parametrize(("rule", "law", "cue", "units", "load"), CHECKED)
def test_simulation_agrees(rule: NBodyRule, law: Ensemble, cue: Cue, units: int, load: int) -> None:
    """Errors are Gaussian for many patterns only: they are judged where kappa_4/K is small."""
    wanted = ["field_mean", "field_variance", "snr"]
    wanted += ["bit_error"] if rule.bodies[-1] == 3 and "general" not in rule.name else []
    # the general rule has noise common to all units, and takes many networks
    resolution = sp.Rational(1, 10 if rule.name == "general" else 20)
    theory = derive(rule, law, cue=cue, quantities=wanted)
    found = check(theory, D=units, K=load, seed=3, resolution=resolution)
    assert [v.outcome.name for v in found] == ["AGREES"] * len(found), found.table()


def test_a_wrong_claim_is_refuted() -> None:
    """The plain power of the same degree, claimed for the product rule, disagrees."""
    theory = derive(nbody_products((3,)), quantities=["snr"])
    claim = theory["snr"]
    theory._claims["snr"] = replace(claim, formula=claim.formula * sp.Rational(2, 3))
    (verdict,) = check(theory, D=40, K=150, seed=3)
    assert verdict.outcome.name == "DISAGREES"


def test_capacities_meet_their_criteria_and_refuse_what_they_cannot_say() -> None:
    theory = derive(nbody_products((3,)))
    ratio = 2 * sp.erfcinv(2 * epsilon) ** 2
    assert sp.cancel(theory["capacity:bit"].formula - 1 - (D - 1) * (D - 2) / 2 / ratio) == 0
    assert theory["capacity:cover"].formula == 2 * sp.binomial(D - 1, 2)
    with pytest.raises(NotDerivable, match="inverted"):
        derive(nbody_products((3,), (-sp.S.One,)), quantities=["capacity:bit"])
    with pytest.raises(NotDerivable, match="independently"):
        derive(nbody_products((3,)), cue=Flip(delta), quantities=["capacity:pattern"])
    with pytest.raises(NotDerivable, match="products only"):
        derive(NBodyRule((3,)), quantities=["bit_error"])
    with pytest.raises(NotDerivable, match="equally frequent"):
        derive(nbody_products((3,)), Bipolar(a), quantities=["capacity:cover"])


def test_cover_bounds_every_weight_at_tiny_size() -> None:
    """D = 3, n = 3: one synapse a unit. Of the labellings of K patterns at most a share 2^(1 - K) is stored."""
    (label,) = {separable(sp.Integer(4), sp.S.One).doit()}
    features = list(
        itertools.product((1, -1), repeat=4)
    )  # the product of two inputs, pattern by pattern
    for signs in features:
        stored = {tuple(w * s for s in signs) for w in (1, -1)}
        assert sp.Rational(len(stored), 2**4) <= label


@pytest.mark.parametrize("bodies", [(3,), (2, 3)])
@pytest.mark.parametrize("load", [3, 6, 10, 30])
def test_the_error_is_within_what_is_said_to_be_dropped(bodies: tuple[int, ...], load: int) -> None:
    """Against the exact law of a sum of K - 1 terms, each a fair sign times f of 14 fair signs; D = 15."""
    terms: Counter[int] = Counter()
    for ups in range(15):
        overlap = 2 * ups - 14
        value = sum({2: overlap, 3: (overlap**2 - 14) // 2}[n] for n in bodies)
        for side in (-1, 1):
            terms[side * value] += math.comb(14, ups)
    law = Counter({sum({2: 14, 3: 91}[n] for n in bodies): 1})
    for _ in range(load - 1):
        added: Counter[int] = Counter()
        for h, ways in law.items():
            for value, more in terms.items():
                added[h + value] += ways * more
        law = added
    wrong = sum(ways * (2 if h < 0 else 1) for h, ways in law.items() if h <= 0)
    exact = Fraction(wrong, 2 * sum(law.values()))
    at = {D: sp.Integer(15), K: sp.Integer(load)}
    claim = derive(nbody_products(bodies), quantities=["bit_error"])["bit_error"]
    assert claim.remainder is not None
    dropped = float(hs.evaluate(claim.remainder(at), at))
    assert abs(float(exact) - float(hs.evaluate(claim.formula, at))) < dropped
    assert dropped < 0.05  # the bound is no empty one


def bits(p: float) -> float:
    """The entropy of a coin."""
    return -p * math.log2(p) - (1 - p) * math.log2(1 - p)


def test_three_bodies_are_past_what_pairs_can_store() -> None:
    """D = 40, one bit in fifty wrong: simulated at a load above the bound on all pairwise weights."""
    pairs, triples = synapse_table(
        40, sp.Rational(1, 50), 40, seed=6, rules=(nbody_products((2,)), nbody_products((3,)))
    )
    assert triples.simulated - 4 * triples.stderr > pairs.bound_with_errors > pairs.bound
    assert pairs.simulated < pairs.bound


def test_table_and_picture_hold_every_rule() -> None:
    found = counted((12, 20), (0, 0))
    assert [len(rows) for rows in found.rows] == [len(TABLE)] * 2
    svg, pdf = synapses_figure(found)
    assert svg == synapses_figure(found)[0]
    assert pdf.startswith(b"%PDF")


def test_the_table_counts_synapses_and_simulation_meets_theory() -> None:
    rules = (nbody_products((2,)), nbody_power(3), nbody_products((3,)), nbody_products((2, 3)))
    rows = synapse_table(30, sp.Rational(1, 20), 200, seed=4, rules=rules)
    assert [row.synapses for row in rows] == [29, 407, 406, 435]
    assert [row.bound for row in rows] == [58, 814, 812, 870]
    # H_2(1/load) + H_2(1/20) = 1 at a load of 5.1 for each synapse
    share = [row.bound_with_errors / row.synapses for row in rows]
    assert max(share) - min(share) < 1e-12
    assert abs(bits(1 / share[0]) + bits(0.05) - 1) < 1e-12
    for row in rows[1:]:
        # the correction of the Gaussian is of order 1/K, and K is above 90
        assert abs(row.simulated - row.theory) < 4 * row.stderr + 0.02 * row.theory
    assert rows[1].theory < rows[2].theory < rows[3].theory < rows[3].bound


def test_rules_by_name() -> None:
    assert rule("nbody-product(n=4)").free_symbols == frozenset()
    assert rule("nbody(n=3)").rule_class.name == "MANY_BODY"
    with pytest.raises(UnknownName, match="did you mean"):
        rule("nbody-produkt")
    with pytest.raises(InvalidValue, match="whole number"):
        rule("nbody(n=x)")
    with pytest.raises(OutsideClass, match="join more"):
        _ = rules["nbody"]


def test_walsh_expansion_is_bounded_and_finds_the_order() -> None:
    assert max(map(len, walsh(lambda s: sp.Add(*s) ** 4, 6))) == 4
    with pytest.raises(SizeLimit, match="12 units"):
        walsh(lambda s: s[0], 13)


def test_bad_sizes_of_tables_and_rules_are_refused_in_words() -> None:
    with pytest.raises(InvalidValue, match="whole number of at least 2"):
        hs.synapse_table(0)
    with pytest.raises(InvalidValue, match="whole number of at least 2"):
        hs.synapse_table(2.5)  # type: ignore[arg-type]
    with pytest.raises(InvalidValue, match="between 0 and 1/2"):
        hs.synapse_table(20, sp.Rational(3, 4))
    with pytest.raises(InvalidValue, match="whole numbers of at least 1"):
        hs.nbody_products((2.5,))  # type: ignore[arg-type]
    with pytest.raises(InvalidValue, match="1 to"):
        hs.nbody_power(2.5)  # type: ignore[arg-type]
    with pytest.raises(InvalidValue, match="whole number"):
        hs.walsh(lambda s: sp.S.One, -1)
    with pytest.raises(InvalidValue, match="floats"):
        hs.walsh(lambda s: 0.5 * s[0], 1)
