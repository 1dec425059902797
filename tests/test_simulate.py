"""Simulation against its slow twin, its samplers' laws, exact values, and itself under other workers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
import sympy as sp

from hebbsym.errors import HebbsymError, InvalidValue, NotDerivable, SizeLimit, UnknownName
from hebbsym.families.cues import Exact, Flip, Mask
from hebbsym.families.ensembles import Binary, Bipolar, Gaussian, Ternary
from hebbsym.simulate import (
    ESTIMATORS,
    Network,
    Statistics,
    asynchronous,
    pool,
    simulate,
    simulate_loads,
    synchronous,
)
from hebbsym.simulate.dual import Products
from hebbsym.simulate.fields import Fields, fields
from hebbsym.simulate.network import kernel
from hebbsym.simulate.online import online_fields, online_weights, polynomial_update
from hebbsym.simulate.runs import demand
from hebbsym.simulate.sampling import Draw, Stream, draw, generator
from hebbsym.simulate.weights import weight_matrix, weight_sums

R = sp.Rational
HEBB = {(1, 1): 1}
RULES: dict[str, dict[tuple[int, int], Any]] = {
    "hebb": HEBB,
    "second order": {(0, 0): 2, (1, 0): -1, (0, 1): 3, (1, 1): 5, (2, 0): 1, (0, 2): -2},
    "third order": {(1, 1): 1, (2, 1): 2, (1, 2): -1, (3, 0): 1, (0, 3): 2, (0, 0): 1},
    "covariance": {
        (1, 1): 1,
        (1, 0): Fraction(-1, 3),
        (0, 1): Fraction(-1, 3),
        (0, 0): Fraction(1, 9),
    },
    "presynaptic only": {(0, 1): 2},
}
LAWS = {
    law.text: law for law in (Bipolar(), Bipolar(R(1, 2)), Binary(), Binary(R(1, 10)), Ternary())
}
CUES = {
    cue.text: cue
    for cue in (
        Exact(),
        Flip(R(1, 10)),
        Mask(R(1, 4)),
        Exact(centred=sp.S.One),
        Flip(R(1, 10), centred=sp.S.One),
    )
}


def slow_fields(network: Network, drawn: Draw) -> np.ndarray[Any, Any]:
    """The definition: the update pattern by pattern, h = W s, the population mean subtracted."""
    weights = online_weights(
        polynomial_update(network.update), drawn.post, drawn.pre, auto=network.auto
    )
    h = online_fields(weights, drawn.cues - float(network.shift))
    return h - h.mean(axis=1, keepdims=True) if network.inhibition else h


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("cue", CUES)
def test_fields_are_those_of_the_slow_twin(rule: str, law: str, cue: str) -> None:
    memories: tuple[dict[str, Any], ...] = ({}, {"address": Binary(R(1, 3)), "outputs": 9})
    for memory, inhibition, (d, k), probes in product(
        memories, (False, True), ((31, 7), (12, 60)), (None, 4)
    ):
        network = Network(
            d, k, RULES[rule], LAWS[law], CUES[cue],
            inhibition=inhibition, probes=probes, **memory,
        )  # fmt: skip
        drawn = draw(network, 3, 0)
        slow = slow_fields(network, drawn)
        for primal in (False, True):
            made = Fields.of(network, [drawn], primal=primal)
            scaled = made.rows(slice(0, network.cues))[0].astype(float)
            # over the common denominator both are integers, so they must be equal
            assert np.array_equal(scaled, np.rint(slow * made.scale))
            assert np.allclose(slow * made.scale, np.rint(slow * made.scale), atol=1e-6)
            assert np.abs(slow).max() > 0 or rule == "presynaptic only"


@pytest.mark.parametrize("rule", ["hebb", "third order"])
@pytest.mark.parametrize("cue", CUES)
def test_fields_of_real_patterns(rule: str, cue: str) -> None:
    for address, (d, k) in product((None, Gaussian()), ((40, 9), (12, 60))):
        network = Network(d, k, RULES[rule], Gaussian(), CUES[cue], address=address)
        drawn = draw(network, 5, 0)
        slow = slow_fields(network, drawn)
        for primal in (False, True):
            fast = fields(network, drawn, primal=primal)
            assert np.abs(fast - slow).max() <= 1e-4 * np.abs(slow).max()


def test_wide_integers_leave_float32() -> None:
    """Sums past 2**24 are still exact: biased patterns, where float32 would round."""
    rule = {(0, 0): 2003, (1, 1): 1009, (0, 1): -997, (1, 0): 1}
    network = Network(300, 200, rule, Bipolar(R(9, 10)), Exact(), probes=5)
    drawn = draw(network, 1, 0)
    slow = slow_fields(network, drawn)
    assert np.abs(slow).max() > 2**25
    assert not np.array_equal(slow, slow.astype(np.float32))
    for primal in (False, True):
        assert np.array_equal(fields(network, drawn, primal=primal), slow)


def test_overlaps_past_float32_are_centred_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the bound on exact float32 lowered, every route of the products is taken and agrees."""
    network = Network(60, 30, RULES["hebb"], Bipolar(R(3, 4)), Flip(R(1, 10)))
    drawn = draw(network, 2, 0)
    slow = slow_fields(network, drawn)
    for bound in (2**24, 2000, 600, 10):
        monkeypatch.setattr("hebbsym.simulate.dual.EXACT_IN_FLOAT32", bound)
        for primal in (False, True):
            assert np.array_equal(fields(network, drawn, primal=primal), slow)


def test_large_matrices_are_converted_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    network = Network(50, 40, RULES["second order"], Ternary(), Mask(R(1, 5)))
    drawn = draw(network, 2, 0)
    monkeypatch.setattr("hebbsym.simulate.dual.HELD_AS_FLOATS", 10)
    monkeypatch.setattr("hebbsym.simulate.dual.CONVERTED_AT_ONCE", 7 * 50)
    for primal in (False, True):
        assert np.array_equal(fields(network, drawn, primal=primal), slow_fields(network, drawn))


def test_kernel_is_the_update_on_the_alphabet() -> None:
    """Every rule, on alphabets of two and three values, entry by entry."""
    alphabets = ((-1, 1), (0, 1), (Fraction(1, 2), 3), (-1, 0, 1), (0, 1, 5))
    for rule, post, pre in product(RULES.values(), alphabets, alphabets):
        made = kernel(rule, post, pre)
        for x, y in product(post, pre):
            u = (-1, 1)[post.index(x)] if len(post) == 2 else x
            v = (-1, 1)[pre.index(y)] if len(pre) == 2 else y
            direct = sum(
                Fraction(c) * Fraction(x) ** p * Fraction(y) ** q for (p, q), c in rule.items()
            )
            assert sum(c * u**p * v**q for (p, q), c in made.terms.items()) == direct * made.scale


# --- samplers -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "law", [*LAWS.values(), Bipolar(R(-1, 3)), Binary(R(1, 1000)), Ternary(R(1, 7))]
)
def test_sampler_has_the_law_of_its_ensemble(law: Any) -> None:
    """Frequencies by chi-square, and neighbours (in both directions) by their correlation."""
    shape = (600, 500)
    x = law.sample(np.random.default_rng(20), shape).astype(float)
    chi = sum(
        (np.count_nonzero(x == float(v)) - x.size * float(p)) ** 2 / (x.size * float(p))
        for v, p in law.alphabet
    )
    assert chi < 13.8  # 0.1 % of two degrees of freedom
    assert np.isin(x, [float(v) for v, _ in law.alphabet]).all()
    z = (x - float(law.mean)) / float(law.variance) ** 0.5
    for pairs in (z[1:] * z[:-1], z[:, 1:] * z[:, :-1]):
        assert abs(pairs.mean()) * pairs.size**0.5 < 4


def test_gaussian_sampler_has_its_moments() -> None:
    x = Gaussian().sample(np.random.default_rng(21), (1000, 300))
    for k in range(1, 5):
        spread = float(Gaussian().moment(2 * k) - Gaussian().moment(k) ** 2) ** 0.5
        assert abs((x**k).mean() - float(Gaussian().moment(k))) < 4 * spread / x.size**0.5


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("cue", CUES)
def test_cue_sampler_has_its_transitions(law: str, cue: str) -> None:
    """P(s | y) for every stored value, by z-scores."""
    ensemble = LAWS[law]
    y = ensemble.sample(np.random.default_rng(22), (500, 400))
    s = CUES[cue].sample(np.random.default_rng(23), y, ensemble)
    assert s.dtype == y.dtype
    for value, _ in ensemble.alphabet:
        given = s[y == int(value)]
        expected: dict[int, float] = {}
        for target, p in CUES[cue].branches(ensemble, value):
            expected[int(target)] = expected.get(int(target), 0.0) + float(p)
        for target, p in expected.items():
            spread = max(given.size * p * (1 - p), 1e-9) ** 0.5
            assert abs(np.count_nonzero(given == target) - given.size * p) <= 4 * spread
        assert np.isin(given, list(expected)).all()


@pytest.mark.parametrize("law", [*LAWS.values(), Gaussian()])
def test_fewer_patterns_are_the_first_of_more(law: Any) -> None:
    few, many = (draw(Network(37, k, HEBB, law, Flip(R(1, 5))), 4, 2) for k in (5, 11))
    assert np.array_equal(few.pre, many.pre[:5])
    assert np.array_equal(few.cues, many.cues[:5])


def test_streams_are_independent() -> None:
    first = {
        (seed, n, stream): generator(seed, n, stream).integers(2**62)
        for seed, n, stream in product(range(3), range(20), Stream)
    }
    assert len(set(first.values())) == len(first)


# --- estimates ------------------------------------------------------------------------------------


def test_statistics_are_the_definitions() -> None:
    """Every count and sum of a small run, from the slow fields, ties included."""
    network = Network(10, 6, HEBB, Bipolar(R(1, 5)), Flip(R(1, 5)), threshold=2)
    run = simulate(network, 40, seed=8)
    for n in range(40):
        drawn = draw(network, 8, n)
        h, x = slow_fields(network, drawn), drawn.post
        for k, value in enumerate((-1, 1)):
            mine = h[x == value]
            assert run.columns["count"][n, k] == mine.size
            assert run.columns["sum"][n, k] == mine.sum()
            assert run.columns["square"][n, k] == (mine**2).sum()
            wrong = mine > 2 if value < 0 else mine < 2
            assert run.columns["errors"][n, k] == wrong.sum()
            assert run.columns["ties"][n, k] == (mine == 2).sum()
        bad = ((h - 2) * x < 0).any(axis=1)
        tied = (h == 2).sum(axis=1)
        assert run.columns["wrong_patterns"][n] == bad.sum()
        assert run.columns["tied_patterns"][n] == (1 - 0.5 ** tied[~bad]).sum()
    assert run.columns["ties"].sum() > 0
    wrong = run.columns["errors"].sum() + run.columns["ties"].sum() / 2
    rate = run.estimate("bit_error")
    assert rate.value == pytest.approx(wrong / run.columns["count"].sum(), rel=1e-12)
    assert run.estimate("ties").value == pytest.approx(run.columns["ties"].sum() / 2400, rel=1e-12)


def test_regression_of_real_patterns() -> None:
    network = Network(30, 8, HEBB, Gaussian(), Exact())
    run = simulate(network, 30, seed=2)
    h = np.concatenate([slow_fields(network, draw(network, 2, n)).ravel() for n in range(30)])
    x = np.concatenate([draw(network, 2, n).post.ravel() for n in range(30)])
    gain, level = np.polyfit(x, h, 1)
    residual = (h - gain * x - level).var()
    # the estimates are corrected for a bias of order 1/networks, hence the tolerance
    assert run.estimate("gain").value == pytest.approx(gain, abs=run.estimate("gain").stderr / 2)
    assert run.estimate("residual_variance").value == pytest.approx(residual, rel=0.02)
    assert run.estimate("snr").value == pytest.approx(gain**2 * x.var() / residual, rel=0.02)
    with pytest.raises(NotDerivable):
        run.estimate("bit_error")
    with pytest.raises(InvalidValue):
        run.estimate("field_mean", x=1)


def test_weight_sums_are_the_definitions() -> None:
    rule = RULES["second order"]
    network = Network(6, 3, rule, Bipolar(R(1, 2)), Exact())
    x = draw(network, 0, 0).pre
    w = online_weights(polynomial_update(rule), x, x, auto=True)
    pairs = [(i, j) for i in range(6) for j in range(6) if i != j]
    expected = [len(pairs), sum(w[p] for p in pairs), sum(w[p] ** 2 for p in pairs)]
    for same in (
        lambda a, b: a[0] == b[0] and a[1] != b[1],
        lambda a, b: a[1] == b[1] and a[0] != b[0],
        lambda a, b: a == b[::-1],
    ):
        both = [w[a] * w[b] for a in pairs for b in pairs if same(a, b)]
        expected += [len(both), sum(both)]
    assert weight_sums(weight_matrix(network.kernel, x, x), auto=True).tolist() == expected


def test_weights_of_plain_hebb() -> None:
    """Mean 0, variance K, covariances 0, and w_ij = w_ji."""
    run = simulate(Network(30, 7, HEBB, Bipolar(), Exact()), 400, seed=3, weights=True)
    exact = {"weight_mean": 0, "weight_variance": 7, "weight_covariance:post": 0,
             "weight_covariance:pre": 0, "weight_covariance:reciprocal": 7}  # fmt: skip
    for name, value in exact.items():
        estimate = run.estimate(name)
        assert abs(estimate.value - value) < 4 * estimate.stderr
        assert estimate.stderr < 0.1


def test_intervals_cover_the_exact_value() -> None:
    """95 % intervals of the field's mean and variance, (D - 1) and (D - 1)(K - 1), 400 times."""
    d, k, each = 20, 5, 60
    network = Network(d, k, HEBB, Bipolar(), Exact())
    run = simulate(network, 400 * each, seed=11)
    hits = {"field_mean": 0, "field_variance": 0}
    exact = {"field_mean": d - 1, "field_variance": (d - 1) * (k - 1)}
    naive = 0
    for repeat in range(400):
        part = slice(repeat * each, (repeat + 1) * each)
        some = Statistics(run.values, {n: c[part] for n, c in run.columns.items()}, each)
        for name in hits:
            low, high = some.estimate(name, x=1).interval(0.95)
            hits[name] += low <= exact[name] <= high
        # bits taken for independent: far too sure
        count = some.columns["count"][:, 1].sum()
        variance = some.estimate("field_variance", x=1).value
        naive += abs(variance - exact["field_variance"]) <= 1.96 * variance * (2 / count) ** 0.5
    for name, covered in hits.items():
        assert 0.92 <= covered / 400 <= 0.97, name
    assert naive / 400 < 0.85


def test_estimates_are_unbiased_for_few_networks() -> None:
    """A variance from three networks, over many triples: the jackknife's correction is at work."""
    network = Network(12, 4, HEBB, Bipolar(), Exact())
    run = simulate(network, 6000, seed=12)
    values = []
    for start in range(0, 6000, 3):
        columns = {n: c[start : start + 3] for n, c in run.columns.items()}
        values.append(Statistics(run.values, columns, 3).estimate("field_variance", x=-1).value)
    error = np.std(values) / len(values) ** 0.5
    assert abs(np.mean(values) - 11 * 3) < 4 * error


# --- workers, blocks, memory ----------------------------------------------------------------------


def equal(first: Statistics, second: Statistics) -> bool:
    """Whether two runs agree in every bit."""
    return set(first.columns) == set(second.columns) and all(
        np.array_equal(column, second.columns[name]) for name, column in first.columns.items()
    )


@pytest.mark.parametrize("law", [Bipolar(), Gaussian(), Ternary()])
@pytest.mark.parametrize("rule", ["hebb", "covariance", "third order"])
def test_blocks_and_memory_change_no_bit(law: Any, rule: str, monkeypatch: Any) -> None:
    network = Network(25, 6, RULES[rule], law, Flip(R(1, 8)), inhibition=rule == "covariance")
    whole = simulate(network, 50, seed=5, weights=True)
    assert equal(whole, simulate(network, 50, seed=5, weights=True, memory=2**40))
    parts = [
        simulate(network, range(a, b), seed=5, weights=True) for a, b in ((0, 1), (1, 17), (17, 50))
    ]
    assert equal(whole, parts[0].joined(parts[1]).joined(parts[2]))
    monkeypatch.setattr("hebbsym.simulate.runs.batch", lambda _: 3)
    assert equal(whole, simulate(network, 50, seed=5, weights=True))


def test_workers_change_no_bit() -> None:
    networks = [
        Network(40, 9, RULES["second order"], Binary(R(1, 4)), Mask(R(1, 5))),
        Network(30, 50, HEBB, Gaussian(), Exact()),
    ]
    with pool(2) as executor:
        for network in networks:
            alone = simulate(network, 37, seed=6)
            for workers in (2, 5):
                assert equal(
                    alone, simulate(network, 37, seed=6, workers=workers, executor=executor)
                )
            curve = simulate_loads(network, (3, 9), 7, seed=6)
            shared = simulate_loads(network, (3, 9), 7, seed=6, workers=2, executor=executor)
            assert all(equal(a, b) for a, b in zip(curve, shared, strict=True))


def test_workers_have_one_blas_thread() -> None:
    before = dict(os.environ)
    with pool(1) as executor:
        assert executor.submit(os.getenv, "OPENBLAS_NUM_THREADS").result() == "1"
    assert dict(os.environ) == before


@pytest.mark.skipif(
    sys.platform != "linux", reason="the request to the kernel exists on Linux only"
)
def test_workers_die_with_a_killed_parent() -> None:
    script = textwrap.dedent(
        """
        import os, time
        from hebbsym.simulate import pool
        if __name__ == "__main__":
            with pool(2) as executor:
                pids = {executor.submit(os.getpid).result() for _ in range(40)}
                print(*pids, flush=True)
                time.sleep(60)
        """
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    workers = [int(pid) for pid in parent.stdout.readline().split()]
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    assert workers
    deadline = time.monotonic() + 10
    while any(alive(pid) for pid in workers) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(alive(pid) for pid in workers)


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
def test_memory_stays_within_the_bound() -> None:
    """The peak of a process, less what it has before the run, at sizes where blocks matter."""
    script = textwrap.dedent(
        """
        import re
        from hebbsym.families.cues import Exact
        from hebbsym.families.ensembles import Bipolar
        from hebbsym.simulate import Network, simulate
        from hebbsym.simulate.runs import demand
        def peak():  # not ru_maxrss, which begins at the peak of the process that started this one
            with open("/proc/self/status") as status:
                return 1024 * int(re.search("VmHWM:\\s*(\\d+)", status.read())[1])
        simulate(Network(20, 3, {(1, 1): 1}, Bipolar(), Exact()), 1)
        before = peak()
        network = Network(20_000, 1_500, {(1, 1): 1}, Bipolar(), Exact(), probes=20)
        simulate(network, 1, memory=demand(network))
        print(peak() - before, demand(network))
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    used, bound = map(int, done.stdout.split())
    assert 30_000_000 < used < bound < 4 * used


def test_a_network_past_the_memory_is_refused() -> None:
    network = Network(50_000, 5_000, HEBB, Bipolar(), Exact(), probes=64)
    assert demand(network) < 4 * 2**30
    with pytest.raises(SizeLimit, match="memory"):
        simulate(network, 1, memory=2**28)


# --- curves ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", ["hebb", "second order", "third order"])
@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("exact", [2**24, 10])
@pytest.mark.parametrize("few", [0, 20])
def test_a_curve_is_its_loads(
    rule: str, law: str, exact: int, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bit by bit: one pass or matrix products, in float32 or float64, in one tile or several."""
    monkeypatch.setattr("hebbsym.simulate.curve.EXACT_IN_FLOAT32", exact)
    monkeypatch.setattr("hebbsym.simulate.curve._FEW", few)
    if exact == 10:
        monkeypatch.setattr("hebbsym.simulate.additive._LONGEST_TILE", 7)
    loads = (4, 9, 15, 22)  # steps with every remainder of the compiled loop's four at a time
    settings: tuple[dict[str, Any], ...] = (
        {"cue": Exact()},
        {"cue": Flip(R(1, 10), centred=sp.S.One), "inhibition": True},
        {"cue": Exact(), "address": Bipolar(), "outputs": 9},
        {"cue": Mask(R(1, 5)), "probes": 6},
        {"cue": Exact(), "threshold": 3},
        {"cue": Flip(R(1, 10), centred=sp.S.One), "threshold": Fraction(-1, 3)},
    )
    for setting in settings:
        network = Network(31, 7, RULES[rule], LAWS[law], **setting)
        curve = simulate_loads(network, loads, 4, seed=3)
        for load, there in zip(loads, curve, strict=True):
            probes = setting.get("probes") and min(setting["probes"], load)
            fresh = replace(network, patterns=load, probes=probes)
            assert equal(there, simulate(fresh, 4, seed=3))


@pytest.mark.parametrize("few", [0, 200])
def test_wide_integers_of_a_curve_leave_float32(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hebbsym.simulate.curve._FEW", few)
    rule = {(0, 0): 2003, (1, 1): 1009, (0, 1): -997, (1, 0): 1}
    network = Network(300, 1, rule, Bipolar(R(9, 10)), Exact(), threshold=10**7)
    loads = (150, 200)
    for load, there in zip(loads, simulate_loads(network, loads, 1, seed=1), strict=True):
        fresh = simulate(replace(network, patterns=load), 1, seed=1)
        assert fresh.estimate("field_mean", x=1).value > 2**26
        for name in set(fresh.columns) - {"square"}:  # past what float64 sums exactly
            assert np.array_equal(there.columns[name], fresh.columns[name]), name


def test_loads_must_ascend() -> None:
    network = Network(31, 7, HEBB, Bipolar(), Exact())
    for loads in ((), (3, 3), (5, 2), (0, 4)):
        with pytest.raises(InvalidValue):
            simulate_loads(network, loads, 2)


# --- descent --------------------------------------------------------------------------------------


@pytest.mark.parametrize("values", [(-1, 1), (0, 1)])
def test_asynchronous_updates_descend(values: tuple[int, int]) -> None:
    """Every change follows the field from scratch, lowers the energy, and the last state is fixed."""
    rng = np.random.default_rng(30)
    for _ in range(40):
        x = rng.choice(values, size=(4, 15))
        w = x.T @ x
        np.fill_diagonal(w, 0)
        theta = rng.integers(-3, 4, size=15)
        run = asynchronous(w, rng.choice(values, size=15), rng, threshold=theta, values=values)
        assert run.period == 1
        for before, after, i in zip(run.states, run.states[1:], run.units, strict=False):
            h = w[i] @ before - theta[i]
            assert after[i] == (values[1] if h > 0 else values[0])
            assert np.flatnonzero(before != after).tolist() == [i]
            change = (after - before) @ (theta - w @ (after + before) / 2)
            assert change < 0
        h = w @ run.states[-1] - theta
        settled = np.where(h > 0, values[1], np.where(h < 0, values[0], run.states[-1]))
        assert np.array_equal(settled, run.states[-1])


def test_an_asymmetric_network_can_cycle() -> None:
    w = np.array([[0, 1], [-1, 0]])
    run = asynchronous(w, np.array([1, 1]), np.random.default_rng(1), sweeps=20)
    assert run.period == 0
    assert len(run.units) > 15
    assert synchronous(w, np.array([1, 1])).period == 4


def test_a_tie_keeps_the_state() -> None:
    w = np.zeros((3, 3), dtype=int)
    start = np.array([1, -1, 1])
    assert asynchronous(w, start, np.random.default_rng(0)).states.tolist() == [start.tolist()]
    assert synchronous(w, start).period == 1


# --- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"units": 1},
        {"patterns": 0},
        {"patterns": 2.0},
        {"probes": 8},
        {"probes": 0},
        {"outputs": 5},
        {"update": {(-1, 0): 1}},
    ],
)
def test_sizes_are_checked(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue):
        replace(Network(10, 5, HEBB, Bipolar(), Exact()), **change)


def test_runs_are_checked() -> None:
    network = Network(10, 5, HEBB, Bipolar(), Exact())
    for networks in (0, range(0), range(-1, 3), range(0, 9, 2)):
        with pytest.raises(InvalidValue):
            simulate(network, networks)
    with pytest.raises(InvalidValue):
        simulate(network, 2, workers=0)
    run = simulate(network, 2)
    with pytest.raises(UnknownName, match="field_mean"):
        run.estimate("field_means", x=1)
    with pytest.raises(InvalidValue):
        run.estimate("field_mean", x=2)
    with pytest.raises(HebbsymError):
        asynchronous(np.zeros((2, 3)), np.array([1, 1]), np.random.default_rng(0))


def test_every_estimator_estimates() -> None:
    network = Network(12, 6, RULES["second order"], Bipolar(R(1, 5)), Flip(R(1, 10)))
    run = simulate(network, 30, weights=True, moments=4)
    for name in ESTIMATORS:
        estimate = run.estimate(name, x=1)
        assert np.isfinite(estimate.value)
        assert 0 <= estimate.stderr < np.inf


def test_products_fold_the_diagonal_only_where_it_is_a_pattern() -> None:
    def folds(rule: str, law: Any, cue: Any) -> bool:
        network = Network(12, 6, RULES[rule], law, cue)
        made: Products = Fields.of(network, [draw(network, 0, 0)]).products
        return made.folds_diagonal

    assert folds("hebb", Bipolar(), Exact())
    assert not folds("hebb", Bipolar(), Flip(R(1, 2)))
    assert not folds("hebb", Ternary(), Exact())
    assert not folds("covariance", Bipolar(), Exact())
