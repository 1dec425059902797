"""Dense memories whose weights are stored: the fields of separate storage, and sizes past the memory."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

import hebbsym as hs
from hebbsym.simulate.tensor import separate_fields, tensor_fields, tensor_weights


@pytest.mark.parametrize("distinct", [False, True])
@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_stored_weights_have_the_fields_of_stored_patterns(n: int, distinct: bool) -> None:
    """Real patterns and cues, at the largest D whose tensor is small."""
    rng = np.random.default_rng(n)
    units = {2: 60, 3: 40, 4: 20, 5: 11}[n]
    patterns, cues = rng.normal(size=(7, units)), rng.normal(size=(3, units))
    weights = tensor_weights(patterns, n, distinct=distinct)
    assert weights.shape == (units,) * n
    found = tensor_fields(weights, cues)
    apart = separate_fields(patterns, cues, n, distinct=distinct)
    assert np.allclose(found, apart, rtol=1e-9, atol=1e-9 * np.abs(apart).max())


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_signs_give_whole_numbers_and_equal_ones(n: int) -> None:
    rng = np.random.default_rng(10 + n)
    x = rng.choice([-1.0, 1.0], size=(5, 9))
    for distinct in (False, True):
        one = tensor_fields(tensor_weights(x, n, distinct=distinct), x)
        assert np.array_equal(one, np.rint(separate_fields(x, x, n, distinct=distinct)))


@pytest.mark.parametrize("n", [2, 3, 4])
def test_distinct_weights_are_those_of_subsets(n: int) -> None:
    """Counted by hand: D (D-1) ... (D-n+1) weights of one pattern are not zero."""
    x = np.ones((1, 6))
    weights = tensor_weights(x, n, distinct=True)
    assert np.count_nonzero(weights) == math.perm(6, n)
    for at in itertools.product(range(6), repeat=n):
        assert weights[at] == (len(set(at)) == n)
    assert np.count_nonzero(tensor_weights(x, n)) == 6**n


@pytest.mark.parametrize("n", [3, 4])
def test_without_the_distinct_condition_fields_differ(n: int) -> None:
    x = np.random.default_rng(0).choice([-1.0, 1.0], size=(4, 8))
    weights = tensor_weights(x, n)
    assert not np.array_equal(tensor_fields(weights, x), separate_fields(x, x, n, distinct=True))


def test_sizes_past_memory_are_refused_before_work_begins() -> None:
    with pytest.raises(hs.SizeLimit, match=r"1000\^4 weights take 8e\+12 bytes"):
        tensor_weights(np.ones((1, 1000)), 4)
    with pytest.raises(hs.SizeLimit, match="separate_fields"):
        tensor_weights(np.ones((1, 10)), 2, memory=1599)
    assert tensor_weights(np.ones((1, 10)), 2, memory=1600).shape == (10, 10)
    with pytest.raises(hs.InvalidValue):
        tensor_weights(np.ones((1, 10)), 1)
