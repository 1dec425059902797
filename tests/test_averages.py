"""The engine of averages against explicit sums over small index ranges, entry by entry."""

import itertools
import math
from collections import Counter

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st
from sympy.polys.rings import ring

from hebbsym.averages import Averages, Law, cumulants_of, moments_of
from hebbsym.coincidences import (
    CUED,
    MOST_FACTORS,
    Factor,
    Product,
    coincidences,
    field_moment,
)
from hebbsym.errors import SizeLimit

N, K1, M1, X = sp.symbols("N K1 M1 X")
TERMS = {pq: sp.Symbol(f"c{pq[0]}{pq[1]}") for pq in ((0, 0), (1, 0), (0, 1), (1, 1), (2, 1))}


def bell(n):
    """Bell numbers by their recurrence."""
    numbers = [1]
    for m in range(n):
        numbers.append(sum(math.comb(m, k) * numbers[k] for k in range(m + 1)))
    return numbers[n]


def fields(own, others):
    """The product of ``own`` fields of unit 0 and ``others`` fields of units that are summed over."""
    posts = [0] * own + [10 + s for s in range(others)]
    return tuple(Factor(post, s, s) for s, post in enumerate(posts, start=1))


def weights(*ends):
    return tuple(Factor(post, pre, s, False) for s, (post, pre) in enumerate(ends, start=1))


# ---- counting -----------------------------------------------------------------------------


@pytest.mark.parametrize("order", range(1, MOST_FACTORS + 1))
@pytest.mark.parametrize("auto", [True, False])
def test_coincidence_patterns_are_counted_by_bell_numbers(order, auto):
    # presynaptic units coincide in Bell(r) ways; patterns, one of them given, in Bell(r + 1)
    found = coincidences(field_moment(order, auto))
    assert sum(found.values()) == bell(order) * bell(order + 1)
    # without a given pattern it is Bell(r) of either
    free = Product(field_moment(order, auto).factors, conditioned=False, auto=auto)
    assert sum(coincidences(free).values()) == bell(order) ** 2


def falling(n, b):
    return math.prod(n - step for step in range(b))


@pytest.mark.parametrize(("own", "others"), [(1, 0), (4, 0), (0, 1), (1, 1), (0, 2), (2, 1)])
@pytest.mark.parametrize("auto", [True, False])
@pytest.mark.parametrize("conditioned", [True, False])
def test_coincidence_patterns_exhaust_the_index_tuples(own, others, auto, conditioned):
    """Also where no factor has unit 0, which is given nevertheless (the mean of all fields)."""
    product = Product(fields(own, others), conditioned=conditioned, auto=auto)
    for pres, posts, patterns in itertools.product((1, 2, 5), (1, 3), (1, 2, 4)):
        posts = pres if auto else posts  # the other units of the one population
        counted = sum(
            times
            * falling(pres, c.free_pres)
            * falling(posts, c.free_posts)
            * falling(patterns, c.free_patterns)
            for c, times in coincidences(product).items()
        )
        # any post unit, any pre unit (another one in one population), any pattern
        expected = (pres * (patterns + conditioned)) ** (own + others) * (posts + 1) ** others
        assert counted == expected


def test_labels_of_patterns_and_units_do_not_matter():
    first = Product((Factor(0, 1, 1), Factor(0, 2, 2)))
    second = Product((Factor(0, 7, 5), Factor(0, 3, 4)))
    assert coincidences(first) == coincidences(second)


def test_a_product_of_five_factors_is_refused():
    with pytest.raises(SizeLimit, match="5 factors is past the bound of 4") as caught:
        coincidences(field_moment(5))
    assert "\n" not in str(caught.value)


# ---- explicit sums ------------------------------------------------------------------------


def average_by_hand(product, pres, posts, patterns):
    """Expand the sums with one symbol for each entry, then put a moment for each entry's power.

    Units of one population are 0..pres with unit 0 given; with two populations the post units
    are 0..posts and the pre units -1..-pres (fixed pre units come first). Pattern 0 is cued.
    """
    auto = product.auto
    all_posts = range(pres + 1) if auto else range(posts + 1)
    everyone = set(all_posts) | ({*range(100, 100 + pres)} if not auto else set())
    fixed = {}
    for label in product.fixed:
        is_post = auto or any(f.post == label for f in product.factors)
        fixed[label] = label if is_post else 100 + len([v for v in fixed.values() if v >= 100])
    all_pres = all_posts if auto else range(100, 100 + pres)
    entries = {(i, m): f"y{i}_{m}" for i in everyone for m in range(patterns + 1)}
    cue = {j: f"s{j}" for j in all_pres}
    names = [*map(str, TERMS.values()), *entries.values(), *cue.values()]
    polynomials, *gens = ring(names, sp.QQ)
    generator = dict(zip(names, gens, strict=True))

    def increment(i, j, m):
        u, v = generator[entries[i, m]], generator[entries[j, m]]
        return sum(generator[str(c)] * u**p * v**q for (p, q), c in TERMS.items())

    total = polynomials.zero
    labels = sorted({u for f in product.factors for u in (f.post, f.pre)} - set(product.fixed))
    is_post = {label: any(f.post == label for f in product.factors) for label in labels}
    ranges = [all_posts if is_post[label] else all_pres for label in labels]
    for units in itertools.product(*ranges):
        place = {**fixed, **dict(zip(labels, units, strict=True))}
        if auto and any(place[f.post] == place[f.pre] for f in product.factors):
            continue
        term = polynomials.one
        for f in product.factors:
            w = sum(increment(place[f.post], place[f.pre], m) for m in range(patterns + 1))
            term *= w * (generator[cue[place[f.pre]]] if f.cued else 1)
        total += term
    return moments_put_in(total, names, entries, cue, product, auto)


def moments_put_in(total, names, entries, cue, product, auto):
    position = {name: k for k, name in enumerate(names)}
    result = Counter()
    for powers, c in total.iterterms():
        value = sp.Rational(c.numerator, c.denominator) if hasattr(c, "numerator") else c
        value = sp.sympify(value)
        for symbol in TERMS.values():
            value *= symbol ** powers[position[str(symbol)]]
        for (unit, m), name in entries.items():
            k = powers[position[name]]
            s = powers[position[cue[unit]]] if m == CUED and unit in cue else 0
            if product.conditioned and (unit, m) == (0, CUED):
                value *= X**k * (GIVEN[s] if unit in cue else 1)
            elif k or s:
                side = "pre" if auto or unit >= 100 else "post"
                value *= sp.Symbol(f"{side}_{k}_{s}")
        result[value] += 1
    return sp.Add(*(value * times for value, times in result.items()))


GIVEN = [sp.S.One, *(sp.Symbol(f"t{r}") for r in range(1, 5))]


def law(side):
    """Every moment its own symbol: nothing is zero, no two are equal."""

    def moment(k, r):
        return sp.S.One if k == r == 0 else sp.Symbol(f"{side}_{k}_{r}")

    return Law(moment, lambda r: GIVEN[r])


def engine(order, auto):
    return Averages(
        TERMS,
        law("pre" if auto else "post"),
        law("pre"),
        order=order,
        x=X,
        sizes={"pres": N, "posts": N if auto else M1, "patterns": K1},
        auto=auto,
    )


CASES = {
    "E[h]": (field_moment(1), 1),
    "E[h^2]": (field_moment(2), 2),
    "E[h^3]": (field_moment(3), 3),
    "E[sum h]": (Product(fields(0, 1)), 1),
    "E[h sum h]": (Product(fields(1, 1)), 2),
    "E[(sum h)^2]": (Product(fields(0, 2)), 2),
    "E[w]": (Product(weights((0, 1)), (0, 1), False), 1),
    "E[w_ij^2]": (Product(weights((0, 1), (0, 1)), (0, 1), False), 2),
    "E[w_ij w_ik]": (Product(weights((0, 1), (0, 2)), (0, 1, 2), False), 2),
    "E[w_ij w_kj]": (Product(weights((0, 2), (1, 2)), (0, 1, 2), False), 2),
    "E[w_ij w_ji]": (Product(weights((0, 1), (1, 0)), (0, 1), False), 2),
    "E[w_ij w_kl]": (Product(weights((0, 1), (2, 3)), (0, 1, 2, 3), False), 2),
}
SIZES = [(1, 1), (2, 1), (2, 2)]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("auto", [True, False])
def test_averages_are_the_explicit_sums(name, auto):
    case, order = CASES[name]
    if not auto and name == "E[w_ij w_ji]":
        case = Product(weights((0, 1), (2, 3)), (0, 1, 2, 3), False)  # no reciprocal weight
    product = Product(case.factors, case.fixed, case.conditioned, auto)
    averages = engine(order, auto)
    found = averages.expression(averages.average(product))
    given = len(product.fixed) - 1  # units that are named besides unit 0
    sizes = [(pres, patterns) for pres, patterns in SIZES if order < 3 or patterns == 1]
    for pres, patterns in dict.fromkeys((max(pres, given), k) for pres, k in sizes):
        at = {N: sp.Integer(pres), K1: sp.Integer(patterns), M1: sp.Integer(2)}
        assert sp.expand(found.xreplace(at) - average_by_hand(product, pres, 2, patterns)) == 0


def test_fourth_moment_of_two_inputs():
    """Order four with three coefficients on one population, one other pattern."""
    terms = {pq: TERMS[pq] for pq in ((0, 0), (1, 1))}
    averages = Averages(
        terms, law("pre"), law("pre"), order=4, x=X, sizes={"pres": N, "posts": N, "patterns": K1}
    )
    found = averages.expression(averages.average(field_moment(4)))
    at = found.xreplace({N: sp.Integer(2), K1: sp.Integer(1)})
    c0, c11 = terms[0, 0], terms[1, 1]
    names = ["y1_0", "y2_0", "u", "v1", "v2", "s1", "s2"]
    y1, y2, u, v1, v2, s1, s2 = gens = sp.symbols(names)
    h = (2 * c0 + c11 * (X * y1 + u * v1)) * s1 + (2 * c0 + c11 * (X * y2 + u * v2)) * s2
    expected = sp.S.Zero
    for powers, c in sp.Poly(sp.expand(h**4), *gens).terms():
        k = dict(zip(names, powers, strict=True))
        cells = [
            (k["y1_0"], k["s1"]),
            (k["y2_0"], k["s2"]),
            (k["u"], 0),
            (k["v1"], 0),
            (k["v2"], 0),
        ]
        expected += c * sp.prod([law("pre").moment(*cell) for cell in cells])
    assert sp.expand(at - expected) == 0


# ---- the law protocol and the cumulants ---------------------------------------------------


def test_the_law_is_asked_for_whole_powers_only():
    asked, known = [], []

    def moment(k, r):
        asked.append((k, r))
        return sp.Symbol(f"m{k}_{r}")

    def conditional(r):
        known.append(r)
        return X**r

    Averages(
        {(2, 1): sp.S.One},
        Law(moment, conditional),
        Law(moment, conditional),
        order=2,
        x=X,
        sizes={"pres": N, "posts": N, "patterns": K1},
    )
    assert all(isinstance(k, int) and isinstance(r, int) and 0 <= r <= 2 for k, r in asked)
    assert max(k for k, _ in asked) == 2 * (2 + 1)  # one cell may be post and pre of every factor
    assert sorted(known) == [0, 1, 2]


def test_moments_that_vanish_and_coefficients_of_zero_do_no_harm():
    zero = Law(lambda k, r: sp.Integer(k == r == 0), lambda r: sp.Integer(r == 0))
    averages = Averages(
        TERMS, zero, zero, order=2, x=X, sizes={"pres": N, "posts": N, "patterns": K1}
    )
    assert averages.expression(averages.average(field_moment(2))) == 0
    nothing = Averages({}, zero, zero, order=2, x=X, sizes={"pres": N, "posts": N, "patterns": K1})
    assert nothing.expression(nothing.average(field_moment(1))) == 0


numbers = st.fractions(min_value=-3, max_value=3, max_denominator=6)


@given(st.lists(numbers, min_size=4, max_size=4))
def test_cumulants_and_moments_are_inverse(cumulants):
    raw = moments_of(cumulants, 1)
    assert raw[0] == 1
    assert cumulants_of(raw[1:]) == cumulants


@given(st.lists(st.tuples(numbers, st.integers(1, 5)), min_size=1, max_size=5))
def test_cumulants_of_a_law_are_its_central_moments(law_):
    total = sum(p for _, p in law_)
    mean = sum(v * p for v, p in law_) / total

    def central(n):
        return sum((v - mean) ** n * p for v, p in law_) / total

    raw = [sum(v**n * p for v, p in law_) / total for n in (1, 2, 3, 4)]
    expected = [mean, central(2), central(3), central(4) - 3 * central(2) ** 2]
    assert cumulants_of(raw) == expected
