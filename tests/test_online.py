"""Rules that depend on the weight: fast paths against the slow twin, by age, by rows, by workers."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from dataclasses import replace
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
import sympy as sp

from hebbsym.errors import InvalidValue, NotDerivable, SizeLimit
from hebbsym.families.cues import Exact, Flip, Mask
from hebbsym.families.ensembles import Binary, Bipolar, Gaussian, Ternary
from hebbsym.simulate import Network, Statistics, pool, simulate, simulate_loads
from hebbsym.simulate.additive import Additive
from hebbsym.simulate.decaying import Decaying
from hebbsym.simulate.online import online_fields, online_weights, polynomial_update
from hebbsym.simulate.rows import Rows
from hebbsym.simulate.runs import demand
from hebbsym.simulate.sampling import Draw, draw
from hebbsym.simulate.weights import weight_sums

R = sp.Rational
F = Fraction
Rule = dict[str, dict[tuple[int, ...], Any]]


def affine(order: int, size: Fraction, step: Fraction) -> Rule:
    """A general affine rule: every coefficient of A and B is there and none equals another."""
    powers = [(p, q) for p, q in product(range(order + 1), repeat=2) if p + q <= order]
    return {
        "update": {pq: size * (2 + n) * (-1) ** n for n, pq in enumerate(powers)},
        "on_weight": {(*pq, 1): step * (n - 3) for n, pq in enumerate(powers)},
    }


RULES: dict[str, tuple[Rule, type]] = {
    "additive": ({"update": {(1, 1): 1, (1, 0): F(-1, 3)}, "on_weight": {(1, 0, 1): 0}}, Additive),
    "decay": ({"update": {(1, 1): F(1, 5)}, "on_weight": {(0, 0, 1): F(-1, 10)}}, Decaying),
    "oja": ({"update": {(1, 1): F(1, 5)}, "on_weight": {(2, 0, 1): F(-1, 5)}}, Decaying),
    "instar": (
        {"update": {(1, 1): F(1, 4), (1, 0): F(1, 8)}, "on_weight": {(1, 0, 1): F(-1, 4)}},
        Decaying,
    ),
    "presynaptic decay": (
        {"update": affine(2, F(1, 7), F(0))["update"], "on_weight": {(0, 1, 1): F(-1, 3)}},
        Decaying,
    ),
    "product decay": (
        {
            "update": affine(2, F(1, 7), F(0))["update"],
            # (1 + x_i/2)(1 - x_j/3) - 1
            "on_weight": {(1, 0, 1): F(1, 2), (0, 1, 1): F(-1, 3), (1, 1, 1): F(-1, 6)},
        },
        Decaying,
    ),
    "forgets all": ({"update": {(1, 1): 2, (0, 1): 1}, "on_weight": {(0, 0, 1): -1}}, Decaying),
    "gated": ({"update": {(1, 1): F(1, 3)}, "on_weight": {(1, 1, 1): F(1, 10)}}, Rows),
    "affine": (affine(2, F(1, 9), F(1, 40)), Rows),
    "third order": (affine(3, F(1, 9), F(1, 90)), Rows),
    "soft bounds": (
        {
            "update": {(1, 1): F(1, 4), (0, 1): F(1, 9)},
            "on_weight": {(1, 0, 1): F(1, 20), (1, 1, 2): F(-1, 30), (0, 0, 3): F(-1, 50)},
        },
        Rows,
    ),
}  # fmt: skip
LAWS = {law.text: law for law in (Bipolar(), Bipolar(R(1, 3)), Binary(R(1, 4)), Ternary())}
MEMORIES: dict[str, dict[str, Any]] = {
    "auto": {},
    "hetero": {"address": Binary(R(1, 3)), "outputs": 9},
    "real addresses": {"address": Gaussian(), "outputs": 70},
}


def slow_weights(network: Network, drawn: Draw) -> np.ndarray[Any, Any]:
    """The definition: the update pattern by pattern."""
    update = polynomial_update(network.update, network.on_weight)
    return online_weights(update, drawn.post, drawn.pre, auto=network.auto)


def slow_fields(network: Network, drawn: Draw) -> np.ndarray[Any, Any]:
    """h = W s, the population mean subtracted."""
    h = online_fields(slow_weights(network, drawn), drawn.cues - float(network.shift))
    return h - h.mean(axis=1, keepdims=True) if network.inhibition else h


def slow_sums(network: Network, h: Any, x: Any) -> dict[str, Any]:
    """The columns of fields h at stored values x, shape (patterns, units), by their definitions."""
    theta = float(network.threshold)
    tied = np.abs(h - theta) < 1e-9 * np.abs(h).max(initial=1.0)
    low, high = network.values
    wrong = np.where(x == high, h < theta, h > theta) & ~tied
    each = [x == low, x == high]
    return {
        "count": [np.count_nonzero(m) for m in each],
        "sum": [h[m].sum() for m in each],
        "square": [(h[m] ** 2).sum() for m in each],
        "errors": [np.count_nonzero(wrong & m) for m in each],
        "ties": [np.count_nonzero(tied & m) for m in each],
        "patterns": len(h),
        "wrong_patterns": np.count_nonzero(wrong.any(axis=1)),
        "tied_patterns": (1 - 0.5 ** tied[~wrong.any(axis=1)].sum(axis=1)).sum(),
    }


def agree(
    columns: Any, n: int, expected: dict[str, Any], but: frozenset[str] = frozenset()
) -> None:
    """Row n of the columns has the expected entries: counts exactly, sums as float32 fields do."""
    root = np.sqrt(np.multiply(expected["count"], expected["square"]))  # bounds the sum of abs(h)
    for name, value in expected.items():
        if name in but:
            assert name not in columns
        elif name == "sum":
            assert (np.abs(columns[name][n] - value) <= 2e-6 * root).all()
        elif name == "square":
            assert columns[name][n] == pytest.approx(value, rel=4e-6, abs=1e-12)
        else:
            assert np.array_equal(columns[name][n], value), name


def bit_equal(first: Statistics, second: Statistics) -> bool:
    """Whether two runs agree in every bit, by age too."""
    pairs = [(first.columns, second.columns)]
    pairs += [(c, second.aged[age]) for age, c in first.aged.items()]
    return set(first.aged) == set(second.aged) and all(
        set(a) == set(b) and all(np.array_equal(a[name], b[name]) for name in a) for a, b in pairs
    )


@pytest.mark.parametrize("memory", MEMORIES)
@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("rule", RULES)
def test_sums_are_those_of_the_slow_twin(rule: str, law: str, memory: str) -> None:
    """Two-valued patterns count for count; every rule, cue, threshold, and age; and the weights."""
    terms, engine = RULES[rule]
    # weights are float64, but for additive rules on real addresses
    single = engine is Additive and memory == "real addresses" and law == Ternary().text
    wide = 1e-5 if single else 1e-9
    options: tuple[dict[str, Any], ...] = (
        {"cue": Exact()},
        {"cue": Flip(R(1, 10)), "inhibition": True, "probes": 3},
        {"cue": Mask(R(1, 4), centred=sp.S.One), "threshold": F(1, 7), "ages": (0, 6, 3)},
    )
    for option in options:
        network = Network(21, 7, law=LAWS[law], **terms, **MEMORIES[memory], **option)
        run = simulate(network, 2, seed=3, weights=True)
        for n in range(2):
            drawn = draw(network, 3, n)
            h, x = slow_fields(network, drawn), drawn.post[network.recalled]
            w = slow_weights(network, drawn)[:64, :64]
            sums = weight_sums(w, auto=network.auto)
            assert run.columns["weights"][n] == pytest.approx(sums, rel=wide, abs=wide)
            if len(network.values) > 2:
                mine = [h[x == v].sum() for v in network.values]
                assert run.columns["sum"][n] == pytest.approx(mine, rel=1e-5, abs=1e-4)
                assert "errors" not in run.columns
                continue
            agree(run.columns, n, slow_sums(network, h, x))
            for row, age in enumerate(network.ages or ()):
                expected = slow_sums(network, h[row : row + 1], x[row : row + 1])
                agree(run.at_age(age).columns, n, expected)


@pytest.mark.parametrize("rule", RULES)
def test_real_patterns(rule: str) -> None:
    """Gain and residual variance from the slow fields, by age."""
    terms, _ = RULES[rule]
    small = {name: {k: F(c) / 4 for k, c in part.items()} for name, part in terms.items()}
    network = Network(30, 5, law=Gaussian(), cue=Mask(R(1, 5)), ages=(1, 4), **small)
    run = simulate(network, 3, seed=2, weights=True)
    for n in range(3):
        drawn = draw(network, 2, n)
        h, x = slow_fields(network, drawn), drawn.post[network.recalled]
        for row, age in enumerate((1, 4)):
            y, z = h[row], x[row]
            sums = [30, z.sum(), z @ z, y.sum(), y @ y, z @ y]
            assert run.at_age(age).columns["regression"][n] == pytest.approx(sums, rel=1e-4)
        w = weight_sums(slow_weights(network, drawn), auto=True)
        assert run.columns["weights"][n] == pytest.approx(w, rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("law", [Bipolar(R(1, 3)), Ternary(), Gaussian()])
@pytest.mark.parametrize("rule", ["decay", "presynaptic decay", "affine", "soft bounds"])
def test_wide_networks(rule: str, law: Any) -> None:
    """Several tiles, whole groups of patterns and a rest, several blocks of rows: every weight."""
    terms = {name: {k: F(c) / 9 for k, c in part.items()} for name, part in RULES[rule][0].items()}
    network = Network(1100, 19, law=law, cue=Exact(), rows=140, ages=(0, 18), **terms)
    drawn = draw(network, 5, 0)
    w = slow_weights(network, drawn)
    engine = network.engine()
    if isinstance(engine, Rows):
        prepared = engine.learner.prepared(drawn.pre)
        made = engine.learner.weights(drawn.post[:, :140], prepared, np.random.default_rng(0))
        own = np.arange(140)
        made[own, own] = 0.0
        assert np.abs(made - w[:140]).max() <= 1e-12 * np.abs(w).max()
    h = online_fields(w, drawn.cues)[:, :140]
    run = simulate(network, 1, seed=5)
    for row, age in enumerate((0, 18)):
        columns = run.at_age(age).columns
        squares = columns["square"].sum() if network.values else columns["regression"][0, 4]
        assert squares == pytest.approx((h[row] ** 2).sum(), rel=1e-5)


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_takes_its_path(rule: str) -> None:
    terms, engine = RULES[rule]
    assert type(Network(10, 3, law=Ternary(), cue=Exact(), **terms).engine()) is engine


def test_on_an_alphabet_a_rule_takes_the_path_of_its_reduction() -> None:
    """x_i**2 is 1 on signs, x_i itself on {0, 1}; x_i**2 - 1 vanishes on signs."""
    oja = RULES["oja"][0]
    assert Network(9, 3, law=Bipolar(), cue=Exact(), **oja).transition.factors == (
        {0: 1},
        {0: F(4, 5)},
    )
    lost = Network(9, 3, {(1, 1): 1}, Bipolar(), Exact(), on_weight={(2, 0, 2): 1, (0, 0, 2): -1})
    assert type(lost.engine()) is Additive
    plain = Network(9, 3, {(1, 1): 1}, Bipolar(), Exact())
    assert bit_equal(simulate(lost, 3), simulate(plain, 3))


@pytest.mark.parametrize("path", [Decaying, Rows])
def test_integer_rules_are_exact(path: type) -> None:
    """Integer weights: the very same sums, ties included."""
    on_weight = {(0, 1, 1): 1} if path is Decaying else {(1, 1, 1): 1}
    network = Network(40, 12, {(1, 1): 1, (0, 1): 1}, Bipolar(), Exact(), on_weight=on_weight)
    assert type(network.engine()) is path
    run = simulate(network, 5, seed=4, weights=True)
    for n in range(5):
        drawn = draw(network, 4, n)
        h, x = slow_fields(network, drawn), drawn.post
        assert np.array_equal(h, np.rint(h))
        assert run.columns["sum"][n].tolist() == [h[x == v].sum() for v in (-1, 1)]
        assert run.columns["ties"][n].tolist() == [np.sum((h == 0) & (x == v)) for v in (-1, 1)]
        w = weight_sums(slow_weights(network, drawn), auto=True)
        assert run.columns["weights"][n].tolist() == w.tolist()


def test_ties_are_seen_through_rounding() -> None:
    """D = 5, two patterns, decay 3/10: fields vanish where both overlaps do, not in floats."""
    for on_weight in ({(0, 0, 1): F(-3, 10)}, {(0, 0, 1): F(-3, 10), (1, 1, 2): F(0)}):
        network = Network(5, 2, {(1, 1): F(1, 10)}, Binary(), Exact(), on_weight=on_weight)
        run = simulate(network, 50, seed=1)
        ties = 0
        for n in range(50):
            drawn = draw(network, 1, n)
            x = [[int(v) for v in row] for row in drawn.pre]
            w = {
                (i, j): F(7, 10) * F(1, 10) * x[0][i] * x[0][j] + F(1, 10) * x[1][i] * x[1][j]
                for i, j in product(range(5), repeat=2)
                if i != j
            }
            h = [[sum(w[i, j] * s[j] for j in range(5) if j != i) for i in range(5)] for s in x]
            ties += sum(value == 0 for row in h for value in row)
        assert run.columns["ties"].sum() == ties > 0


# --- closed forms ---------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", ["decay", "oja"])
def test_a_palimpsest_forgets_geometrically(rule: str) -> None:
    """On unbiased signs: mean (D - 1) eta (1 - lam)**g x, variance by the other ages."""
    eta, lam, d, k = 0.2, {"decay": 0.1, "oja": 0.2}[rule], 60, 12
    network = Network(d, k, law=Bipolar(), cue=Exact(), ages=tuple(range(k)), **RULES[rule][0])
    run = simulate(network, 1500, seed=5, weights=True)
    powers = [(eta * (1 - lam) ** g) ** 2 for g in range(k)]
    for age, x in product(range(k), (-1, 1)):
        mean = run.at_age(age).estimate("field_mean", x)
        assert abs(mean.value - (d - 1) * eta * (1 - lam) ** age * x) < 4.5 * mean.stderr
        variance = run.at_age(age).estimate("field_variance", x)
        exact = (d - 1) * (sum(powers) - powers[age])
        assert abs(variance.value - exact) < 4.5 * variance.stderr
    for name, value in {"weight_variance": sum(powers), "weight_covariance:reciprocal": sum(powers),
                        "weight_covariance:post": 0, "weight_mean": 0}.items():  # fmt: skip
        estimate = run.estimate(name)
        assert abs(estimate.value - value) < 4.5 * estimate.stderr
        assert run.at_age(3).estimate(name) == estimate


def test_a_gated_rule_has_its_mean_weight() -> None:
    """w -> (1 + c x_i x_j) w + x_i x_j on biased signs: m' = (1 + c a^2) m + a^2."""
    c, a, k = 0.1, 0.5, 9
    network = Network(80, k, {(1, 1): 1}, Bipolar(R(1, 2)), Exact(), on_weight={(1, 1, 1): c})
    run = simulate(network, 800, seed=6, weights=True)
    exact = a**2 * sum((1 + c * a**2) ** n for n in range(k))
    estimate = run.estimate("weight_mean")
    assert abs(estimate.value - exact) < 4 * estimate.stderr
    assert estimate.stderr < 0.05 * exact


# --- ages, rows, workers --------------------------------------------------------------------------


@pytest.mark.parametrize("rule", ["additive", "decay", "affine", "soft bounds"])
def test_ages_are_the_patterns_in_reverse(rule: str) -> None:
    """Sums over all ages are those of all patterns; one age alone is the same as among others."""
    network = Network(25, 6, law=Bipolar(R(1, 4)), cue=Exact(), **RULES[rule][0])
    rtol = 1e-12 if rule == "additive" else 1e-5  # float32 products of other shapes
    whole = simulate(network, 8, seed=1)
    every = simulate(replace(network, ages=tuple(range(6))), 8, seed=1)
    for name, column in whole.columns.items():
        total = sum(c[name] for c in every.aged.values())
        assert np.allclose(column, total, rtol=rtol)
        assert np.allclose(column, every.columns[name], rtol=rtol)
    first = simulate(replace(network, probes=1), 8, seed=1)
    alone = simulate(replace(network, ages=(5,)), 8, seed=1)
    for name, column in first.columns.items():
        assert np.allclose(column, alone.at_age(5).columns[name], rtol=rtol)
        assert np.allclose(column, every.at_age(5).columns[name], rtol=rtol)
    joined = simulate(replace(network, ages=(2, 4)), range(3), seed=1).joined(
        simulate(replace(network, ages=(2, 4)), range(3, 8), seed=1)
    )
    assert bit_equal(joined, simulate(replace(network, ages=(2, 4)), 8, seed=1))


@pytest.mark.parametrize("memory", ["auto", "real addresses"])
@pytest.mark.parametrize("rule", ["additive", "decay", "affine"])
def test_some_rows_are_the_first_of_all(rule: str, memory: str) -> None:
    network = Network(
        70, 9, law=Bipolar(R(1, 4)), cue=Flip(R(1, 10)), ages=(0, 8), rows=66,
        **MEMORIES[memory], **RULES[rule][0],
    )  # fmt: skip
    run = simulate(network, 3, seed=2, weights=True)
    whole = simulate(replace(network, rows=None), 3, seed=2, weights=True)
    assert np.allclose(run.columns["weights"], whole.columns["weights"], rtol=1e-9)
    for n in range(3):
        drawn = draw(network, 2, n)
        h, x = slow_fields(network, drawn)[:, :66], drawn.post[network.recalled, :66]
        for row, age in enumerate((0, 8)):
            expected = slow_sums(network, h[row : row + 1], x[row : row + 1])
            but = frozenset({"wrong_patterns", "tied_patterns"})
            agree(run.at_age(age).columns, n, expected, but)
    for statistics in (run, run.at_age(8)):
        assert statistics.estimate("bit_error").value >= 0
        with pytest.raises(NotDerivable, match="rows"):
            statistics.estimate("pattern_error")
    assert 0 <= whole.at_age(8).estimate("pattern_error").value <= 1


def test_rows_are_chosen_by_their_cost() -> None:
    gated = RULES["gated"][0]
    small = Network(100, 50, law=Bipolar(), cue=Exact(), **gated)
    large = Network(4000, 2000, law=Bipolar(), cue=Exact(), **gated)
    assert small.width == 100
    assert large.width == 64
    assert replace(large, inhibition=True).width == 4000
    assert Network(4000, 2000, law=Bipolar(), cue=Exact(), **RULES["decay"][0]).width == 4000


def test_rows_estimate_the_same() -> None:
    """Few rows and all rows: other weights of the sums, the same field mean and variance."""
    network = Network(100, 20, law=Bipolar(), cue=Exact(), ages=(0, 10), **RULES["affine"][0])
    few, whole = (
        simulate(replace(network, rows=rows), range(a, a + 600), seed=9)
        for rows, a in ((16, 0), (None, 600))
    )
    for age, name, x in product((0, 10), ("field_mean", "field_variance", "bit_error"), (-1, 1)):
        one, two = few.at_age(age).estimate(name, x), whole.at_age(age).estimate(name, x)
        assert abs(one.value - two.value) < 4.5 * np.hypot(one.stderr, two.stderr)
        assert one.stderr > two.stderr > 0


def test_workers_and_blocks_change_no_bit() -> None:
    settings: tuple[dict[str, Any], ...] = (
        {"law": Bipolar(R(1, 4)), "ages": (0, 7), "rows": 70},
        {"law": Gaussian(), "address": Ternary(), "outputs": 80},
    )
    with pool(2) as executor:
        for setting, rule in product(settings, ("decay", "affine", "soft bounds")):
            terms = {n: {k: F(c) / 9 for k, c in p.items()} for n, p in RULES[rule][0].items()}
            network = Network(90, 8, cue=Mask(R(1, 5)), **setting, **terms)
            alone = simulate(network, 11, seed=6, weights=True)
            for workers in (2, 5):
                shared = simulate(
                    network, 11, seed=6, weights=True, workers=workers, executor=executor
                )
                assert bit_equal(alone, shared)
            parts = [simulate(network, r, seed=6, weights=True) for r in (range(4), range(4, 11))]
            assert bit_equal(alone, parts[0].joined(parts[1]))


def test_curves_of_rules_that_depend_on_the_weight() -> None:
    for rule in ("decay", "affine"):
        network = Network(30, 3, law=Bipolar(), cue=Exact(), **RULES[rule][0])
        for load, there in zip((3, 8), simulate_loads(network, (3, 8), 4, seed=3), strict=True):
            assert bit_equal(there, simulate(replace(network, patterns=load), 4, seed=3))


# --- bad input, cost ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"ages": ()},
        {"ages": (1, 1)},
        {"ages": (-1,)},
        {"ages": (5,)},
        {"ages": (0,), "probes": 2},
        {"rows": 0},
        {"rows": 11},
        {"rows": 5, "inhibition": True},
        {"on_weight": {(0, 0, 0): 1}},
        {"on_weight": {(-1, 0, 1): 1}},
    ],
)
def test_sizes_are_checked(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue):
        replace(Network(10, 5, {(1, 1): 1}, Bipolar(), Exact()), **change)


def test_an_age_that_was_not_recalled_is_refused() -> None:
    network = Network(10, 5, {(1, 1): 1}, Bipolar(), Exact(), ages=(0, 3))
    with pytest.raises(InvalidValue, match="0, 3"):
        simulate(network, 2).at_age(1)
    with pytest.raises(InvalidValue, match="none"):
        simulate(replace(network, ages=None), 2).at_age(1)


@pytest.mark.parametrize("rule", ["decay", "affine"])
def test_a_network_past_the_memory_is_refused(rule: str) -> None:
    network = Network(2000, 500, law=Bipolar(), cue=Exact(), ages=(0,), **RULES[rule][0])
    simulate(network, 1, memory=demand(network))
    with pytest.raises(SizeLimit, match="rows"):
        simulate(network, 1, memory=demand(network) - 1)


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
@pytest.mark.parametrize("rule", ["presynaptic decay", "affine", "soft bounds"])
def test_memory_stays_within_the_bound(rule: str) -> None:
    """The peak of a process, less what it has before the run."""
    script = textwrap.dedent(
        f"""
        import re
        from fractions import Fraction
        from hebbsym.families.cues import Exact
        from hebbsym.families.ensembles import Bipolar
        from hebbsym.simulate import Network, simulate
        from hebbsym.simulate.runs import demand
        def peak():
            with open("/proc/self/status") as status:
                return 1024 * int(re.search("VmHWM:\\s*(\\d+)", status.read())[1])
        terms = {RULES[rule][0]!r}
        simulate(Network(20, 3, law=Bipolar(), cue=Exact(), **terms), 1, weights=True)
        before = peak()
        network = Network(4000, 1000, law=Bipolar(), cue=Exact(), ages=(0, 7), rows=256, **terms)
        simulate(network, 1, weights=True, memory=demand(network))
        print(peak() - before, demand(network))
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    used, bound = map(int, done.stdout.split())
    assert 8_000_000 < used < bound < 5 * used


def test_numba_is_imported_where_a_network_is_run_only() -> None:
    code = (
        "import sys, hebbsym.cli, hebbsym.checking, hebbsym.simulate;"
        "sys.exit('numba' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
