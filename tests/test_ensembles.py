"""Ensembles: moments against alphabets, samplers against their laws, and what is refused."""

import dataclasses
import math
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2, kstest

from hebbsym.errors import InvalidValue, NotDerivable, UnknownName
from hebbsym.families.ensembles import (
    Binary,
    Bipolar,
    Ensemble,
    Gaussian,
    Moments,
    Pair,
    Ternary,
    ensembles,
)
from hebbsym.families.parameters import exact
from hebbsym.notation import a, f, moment

R = sp.Rational
SIMPLE = [name for name in ensembles if name != "pair"]
CASES = [
    Bipolar(),
    Bipolar(R(-3, 5)),
    Bipolar(R(1, 7)),
    Binary(),
    Binary(R(1, 10)),
    Binary(1 / sp.sqrt(2)),
    Ternary(),
    Ternary(R(1, 5)),
]


def symbolic(name):
    """The entry with every parameter an open symbol of its own name."""
    entry = ensembles[name]
    return entry(**{p.name: sp.Symbol(p.name, real=True) for p in dataclasses.fields(entry)})


# ---- laws ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SIMPLE)
def test_moments_are_those_of_the_alphabet(name):
    law = symbolic(name)
    assert law.moment(0) == 1
    if law.alphabet:
        assert [v for v, _ in law.alphabet] == sorted(v for v, _ in law.alphabet)
        for k in range(9):
            expected = sum(p * v**k for v, p in law.alphabet)
            assert sp.expand(law.moment(k) - expected) == 0


def test_gaussian_moments_are_the_integrals():
    t = sp.Symbol("t", real=True)
    density = sp.exp(-(t**2) / 2) / sp.sqrt(2 * sp.pi)
    for k in range(7):
        assert Gaussian().moment(k) == sp.integrate(t**k * density, (t, -sp.oo, sp.oo))


def test_symbolic_moments_are_symbols_of_the_notation():
    assert [Moments().moment(k) for k in range(4)] == [1, *(moment(k) for k in (1, 2, 3))]


@pytest.mark.parametrize("name", SIMPLE)
def test_mean_and_variance(name):
    law = symbolic(name)
    assert law.mean == law.moment(1)
    assert sp.expand(law.variance - law.moment(2) + law.moment(1) ** 2) == 0
    assert law.two_valued == (len(law.alphabet) == 2)


@pytest.mark.parametrize("name", SIMPLE)
def test_a_flip_is_its_own_inverse_and_stays_in_the_alphabet(name):
    law, y = symbolic(name), sp.Symbol("y")
    assert sp.expand(law.flipped(law.flipped(y)) - y) == 0
    values = {v for v, _ in law.alphabet}
    assert {law.flipped(v) for v in values} == values


# ---- samplers -----------------------------------------------------------------------------


def chi_square(observed, expected):
    """The probability of a larger distance, for counts with known probabilities."""
    distance = sum((o - e) ** 2 / e for o, e in zip(observed, expected, strict=True))
    return chi2.sf(distance, len(observed) - 1)


@pytest.mark.parametrize("law", CASES, ids=lambda e: e.text)
def test_sampler_follows_its_alphabet(law):
    count = 400_000
    drawn = law.sample(np.random.default_rng(20240501), (count,))
    assert drawn.dtype == np.int8
    values = [int(v) for v, _ in law.alphabet]
    observed = [int((drawn == v).sum()) for v in values]
    assert sum(observed) == count  # nothing outside the alphabet
    expected = [count * float(p) for _, p in law.alphabet]
    assert chi_square(observed, expected) > 1e-4  # eight comparisons


@pytest.mark.parametrize("law", CASES, ids=lambda e: e.text)
def test_entries_are_independent_of_their_neighbours(law):
    """Pairs along the rows and along the columns follow the product of the laws."""
    drawn = law.sample(np.random.default_rng(77), (500, 400)).astype(int)
    count = drawn.size // 2
    pairs = {
        "columns": (drawn[:, ::2], drawn[:, 1::2]),
        "rows": (drawn[::2], drawn[1::2]),
    }
    for first, second in pairs.values():
        observed, expected = [], []
        for u, p in law.alphabet:
            for v, q in law.alphabet:
                observed.append(int(((first == int(u)) & (second == int(v))).sum()))
                expected.append(count * float(p * q))
        assert chi_square(observed, expected) > 1e-4


def test_the_chi_square_would_notice_a_wrong_law():
    """The same test refutes a probability that is off by half a per cent."""
    count = 400_000
    drawn = Binary(R(1, 10)).sample(np.random.default_rng(20240501), (count,))
    ones = int(drawn.sum())
    assert chi_square([count - ones, ones], [count * 0.895, count * 0.105]) < 1e-9


def test_gaussian_sampler():
    drawn = Gaussian().sample(np.random.default_rng(5), (200, 500)).ravel()
    assert kstest(drawn, "norm").pvalue > 1e-3
    assert kstest(drawn * 1.03, "norm").pvalue < 1e-3


@pytest.mark.parametrize("law", [*CASES, Gaussian()], ids=lambda e: e.text)
def test_sampling_is_a_function_of_the_seed(law):
    one, again, other = (law.sample(np.random.default_rng(s), (6, 50)) for s in (3, 3, 4))
    assert one.shape == (6, 50)
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("law", [*CASES, Gaussian()], ids=lambda e: e.text)
def test_fewer_rows_are_the_first_rows_of_more(law):
    """Also where a row does not fill the random bytes."""
    few, many = (law.sample(np.random.default_rng(9), (rows, 13)) for rows in (3, 10))
    assert np.array_equal(few, many[:3])


def test_certain_values_are_drawn_with_certainty():
    rng = np.random.default_rng(1)
    assert (Bipolar(1).sample(rng, (1000,)) == 1).all()
    assert (Bipolar(-1).sample(rng, (1000,)) == -1).all()
    assert (Binary(0).sample(rng, (1000,)) == 0).all()
    assert (Ternary(1).sample(rng, (1000,)) != 0).all()
    assert Binary().sample(rng, (0, 5)).shape == (0, 5)


# ---- refusals -----------------------------------------------------------------------------


@pytest.mark.parametrize("make", [Bipolar, Binary, Ternary])
@pytest.mark.parametrize("value", [2, R(-11, 10), sp.I, sp.nan, sp.oo, sp.zoo, sp.sqrt(2)])
def test_values_outside_the_domain_are_refused(make, value):
    with pytest.raises(InvalidValue, match="outside") as caught:
        make(value)
    assert "\n" not in str(caught.value)
    assert make.name in str(caught.value)


@pytest.mark.parametrize("make", [Bipolar, Binary, Ternary])
@pytest.mark.parametrize(
    "value",
    [0.5, sp.Float("0.5"), sp.Float(1) * a, np.float64(0.5), "1/2", None, True, [1], np.int64(1)],
    ids=repr,
)
def test_what_is_not_exact_is_refused(make, value):
    with pytest.raises(InvalidValue) as caught:
        make(value)
    assert "\n" not in str(caught.value)


def test_the_ends_of_the_domain_are_inside():
    assert Bipolar(-1).alphabet[1][1] == 0
    assert Binary(1).moment(5) == 1
    assert Ternary(0).moment(2) == 0


@pytest.mark.parametrize("law", [Bipolar(a), Binary(f), Ternary(2 * f)])
def test_open_symbols_cannot_be_sampled(law):
    (symbol,) = law.free_symbols
    with pytest.raises(InvalidValue, match=f"{symbol} has no value"):
        law.sample(np.random.default_rng(0), (2, 2))
    assert law.at({symbol: R(1, 4)}).sample(np.random.default_rng(0), (2, 2)).shape == (2, 2)


def test_symbolic_moments_cannot_be_sampled():
    with pytest.raises(NotDerivable, match="moments"):
        Moments().sample(np.random.default_rng(0), (2, 2))


def test_substitution_is_checked_like_a_new_ensemble():
    assert Binary(f).at({f: R(1, 3)}) == Binary(R(1, 3))
    for value in (sp.Integer(2), sp.Float("0.5"), 0.5, sp.I):
        with pytest.raises(InvalidValue):
            Binary(f).at({f: value})


def test_pairs():
    pair = Pair(Bipolar(a), Binary(f))
    assert pair.free_symbols == {a, f}
    assert pair.at({a: sp.S.Zero}) == Pair(Bipolar(0), Binary(f))
    assert pair.text == "pair(content=bipolar(mean=a), address=binary(activity=f))"
    with pytest.raises(InvalidValue, match="two ensembles"):
        Pair(pair, Bipolar())
    with pytest.raises(InvalidValue, match="two ensembles"):
        Pair(Bipolar(), "binary")


def test_the_registry_suggests():
    assert all(issubclass(ensembles[name], Ensemble) for name in SIMPLE)
    with pytest.raises(UnknownName, match="did you mean 'bipolar'"):
        ensembles["bipolr"]
    with pytest.raises(UnknownName) as caught:
        ensembles["nothing\nlike it"]
    assert "\n" not in str(caught.value)


@given(st.fractions(min_value=-1, max_value=1))
def test_bipolar_of_any_mean(mean):
    law = Bipolar(R(mean.numerator, mean.denominator))
    (low, p), (high, q) = law.alphabet
    assert (low, high) == (-1, 1)
    assert p + q == 1
    assert p >= 0
    assert q - p == law.mean
    assert exact(law.mean) == R(mean.numerator, mean.denominator)


@given(st.integers(0, 2**32))
def test_probabilities_on_the_sampler_s_lattice_are_exact(words):
    """A probability of words / 2^32 is met exactly: that many of the 2^32 words are below it."""
    share = Fraction(words, 2**32)

    class Words:
        """The three words around the bound, in place of a generator."""

        def bytes(self, count):
            near = [max(words - 1, 0), min(words, 2**32 - 1), min(words + 1, 2**32 - 1)]
            return b"".join(n.to_bytes(4, "little") for n in near)[:count]

    drawn = Binary(R(share.numerator, share.denominator)).sample(Words(), (3,))
    if share == Fraction(1, 2):
        return  # fair bits are unpacked, not compared
    expected = [int(n < words) for n in (max(words - 1, 0), min(words, 2**32 - 1), min(words + 1, 2**32 - 1))]  # fmt: skip
    assert drawn.tolist() == expected
    assert math.isclose(float(share), words / 2**32)
