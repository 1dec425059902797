"""Exact laws on the lattice: fractions, enumeration, binomial laws, and errors however rare."""

import itertools
from fractions import Fraction
from math import comb

import mpmath
import numpy as np
import pytest
import sympy as sp

import hebbsym as hs
from hebbsym.convolution import ACCURACY, Tails, sum_tails
from hebbsym.errors import InvalidValue, NotDerivable, SizeLimit
from hebbsym.fieldlaw import Field, tails_by_fractions
from hebbsym.lattice import Above, Below, Tied, common_span, fraction
from hebbsym.laws import probabilities
from hebbsym.notation import D, K, M, a, coefficient, delta, f
from hebbsym.numeric import evaluate
from hebbsym.probability import field_tails, values_of
from hebbsym.publish.departures import departures, departures_figure, shown
from hebbsym.tables import quantities
from hebbsym.theory.exact_errors import probability
from hebbsym.theory.workbench import Workbench

R = sp.Rational
GENERAL = hs.ExpandedRule(2, {pq: coefficient(*pq) for pq in ((0, 0), (1, 0), (0, 1), (1, 1))})
ODD = {
    coefficient(0, 0): R(1, 2),
    coefficient(1, 0): R(-1, 3),
    coefficient(0, 1): R(1, 4),
    coefficient(1, 1): R(1),
}
POINT = {**ODD, a: R(1, 3), f: R(2, 7), delta: R(1, 5)}
SIDES = ("", ":high", ":low")


def exact(value):
    """A fraction or rational as a number of mpmath with 40 digits."""
    with mpmath.workdps(40):
        return mpmath.mpf(int(value.numerator)) / int(value.denominator)


def digits(number):
    """A long double with all its digits."""
    return mpmath.mpf(np.format_float_scientific(number, precision=25))


def close(found, truth, bound=ACCURACY):
    """Relative distance; both zero counts as equal."""
    with mpmath.workdps(40):
        one, other = (digits(v) if isinstance(v, np.longdouble) else v for v in (found, truth))
        return one == other == 0 or (other != 0 and abs(one / other - 1) <= bound)


def row_of(n):
    """The row of Pascal's triangle."""
    row = [1]
    for heads in range(n):
        row.append(row[-1] * (n - heads) // (heads + 1))
    return row


def long(number):
    return np.longdouble(mpmath.nstr(number, 25))


# ---- sums of independent terms -------------------------------------------------------------


def powers(weights, n):
    """The law of the sum as integers over a power of the common denominator."""
    total = [1]
    for _ in range(n):
        longer = [0] * (len(total) + len(weights) - 1)
        for i, u in enumerate(total):
            for j, v in enumerate(weights):
                longer[i + j] += u * v
        total = longer
    return total


LAWS = {
    "coin": [1, 1],
    "biased": [1, 9],
    "lazy": [5, 0, 1, 3, 0, 0, 2],
    "far": [1000, 1, *[0] * 40, 1],
    "wide": [comb(30, k) for k in range(31)],
}


@pytest.mark.parametrize("n", [1, 2, 7, 60, 130])
@pytest.mark.parametrize("name", LAWS)
def test_sums_against_integers(name, n):
    """At points in the middle, near the ends, at them and beyond: every digit that is promised."""
    weights = LAWS[name]
    size, whole = n * (len(weights) - 1), sum(weights) ** n
    row = powers(weights, n)
    with mpmath.workdps(40):
        law = [long(mpmath.mpf(w) / sum(weights)) for w in weights]
    middle = n * sum(k * w for k, w in enumerate(weights)) // sum(weights)
    asked = {-1, 0, 1, size // 3, middle, middle + 1, size // 2, size - 1, size, size + 1}
    for point in sorted(asked):
        found = sum_tails(law, n, point)
        inside = row[point] if 0 <= point <= size else 0
        truth = (sum(row[: max(point, 0)]), inside, sum(row[max(point + 1, 0) :]))
        beside = exact(Fraction(inside + min(truth[0], truth[2]), whole))
        for part, wanted in ((found.below, truth[0]), (found.above, truth[2])):
            if found.error < ACCURACY:
                value = exact(Fraction(wanted, whole))
                assert close(part, value, max(found.error, 1e-18)), (point, part, wanted)
        if found.error_at < ACCURACY:
            with mpmath.workdps(40):
                off = abs(digits(found.at) - exact(Fraction(inside, whole)))
            assert off <= max(found.error_at, 1e-18) * beside, (point, found.at, inside)
        # beyond a gap of 41 steps a transform does not see what it is asked for, and says so
        assert max(found.error, found.error_at) < ACCURACY or name == "far"


def test_the_transform_and_the_direct_sum_agree(monkeypatch):
    weights = [0.125, 0.5, 0.25, 0.125]
    direct = [sum_tails(weights, 120, point) for point in (40, 130, 190, 300)]
    monkeypatch.setattr("hebbsym.convolution._few", lambda law, n: False)
    for point, one in zip((40, 130, 190, 300), direct, strict=True):
        other = sum_tails(weights, 120, point)
        assert isinstance(other, Tails)
        assert other.error != one.error
        assert close(one.below, other.below, 1e-16)
        assert close(one.at, other.at, 1e-16)
        assert close(one.above, other.above, 1e-16)


def test_the_bound_is_a_bound_and_grows_with_the_errors_of_the_weights():
    coin = np.array([0.5, 0.5], dtype=np.longdouble)
    tails = sum_tails(coin, 4000, 1500)
    with mpmath.workdps(40):
        truth = exact(Fraction(sum(row_of(4000)[:1500]), 2**4000))
        off = abs(digits(tails.below) / truth - 1)
    assert 0 < off < tails.error < 1e-12
    assert sum_tails(coin, 4000, 1500, relative=1e-14).error > 4e-11
    wrong = sum_tails(coin * (1 + np.longdouble(1e-13) * np.array([1, -1])), 4000, 1500)
    assert 1e-12 < abs(wrong.below / tails.below - 1) < 4000 * 1.1e-13


def test_no_law():
    for weights in ([0.5, 0.6], [1.5, -0.5], [[1.0]]):
        with pytest.raises(InvalidValue, match="sum 1"):
            sum_tails(weights, 3, 1)
    with pytest.raises(SizeLimit, match="past the bound of 8388608"):
        sum_tails([0.25, 0.5, *[0.0] * 2_000_000, 0.125, 0.0, 0.125], 1000, 10**9)


# ---- the field in fractions: enumeration, transform ----------------------------------------


SETTINGS = [
    hs.Setting(GENERAL, patterns, cue, threshold)
    for patterns in (
        hs.Bipolar(a),
        hs.Binary(f),
        hs.Pair(hs.Bipolar(a), hs.Binary(f)),
        hs.Pair(hs.Binary(f), hs.Ternary(R(2, 5))),
    )
    for cue in (hs.Exact(), hs.Flip(delta), hs.Mask(delta), hs.Mask(delta, sp.S.One))
    for threshold in (hs.Zero(), hs.Fixed(R(1, 2)), hs.Optimal())
]


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda s: s.text)
def test_fractions_and_transform_against_the_enumeration(setting):
    """Every pattern and cue at D = 3, K = 2 with odd coefficients; fractions at zero tolerance."""
    there = Workbench(setting.at(POINT))
    at = {D: sp.Integer(3), K: sp.Integer(2), M: sp.Integer(2)}
    theta = sp.radsimp(there.theta.xreplace(at))
    theory = hs.derive(setting.rule, setting.patterns, cue=setting.cue, threshold=setting.threshold)
    for high, side in ((True, ":high"), (False, ":low")):
        truth = there.enumeration.bit_error(there.fields.values[int(high)], theta)
        expression = probability(Tied, there, high).xreplace(at)
        near = lambda b: fraction(R(int(sp.floor(b * 10**60)), 10**60))  # noqa: E731
        below, tied, above = tails_by_fractions(Field.of(expression, fraction, near))
        assert below + tied + above == 1
        assert (below if high else above) + tied / 2 == fraction(truth.wrong)
        assert tied == fraction(truth.ties)
        for name, wanted in (("bit_error:exact", truth.wrong), ("ties", truth.ties)):
            formula = theory[name + side].formula
            found = hs.evaluate(formula, {s: v for s, v in {**POINT, **at}.items()})
            assert close(found, exact(fraction(wanted))), name


@pytest.mark.parametrize(
    ("d", "k", "cue", "theta"),
    [
        (9, 4, hs.Flip(R(1, 5)), R(0)),
        (12, 3, hs.Mask(R(1, 4), sp.S.One), R(7, 3)),
        (6, 7, hs.Exact(), R(-5, 4)),
    ],
)
def test_transform_against_fractions_where_histories_matter(d, k, cue, theta):
    setting = hs.Setting(GENERAL, hs.Bipolar(a), cue, hs.Fixed(theta)).at(POINT)
    for high in (False, True):
        expression = probability(Below, Workbench(setting), high).xreplace(
            {D: sp.Integer(d), K: sp.Integer(k)}
        )
        truth = tails_by_fractions(Field.of(expression, fraction, fraction))
        for kind, wanted in zip((Below, Tied, Above), truth, strict=True):
            assert close(hs.evaluate(kind(*expression.args)), exact(wanted))


# ---- known laws, however rare --------------------------------------------------------------


@pytest.mark.parametrize(("d", "k"), [(11, 2), (101, 40), (200, 61), (1000, 3)])
def test_plain_hebb_on_fair_signs_is_binomial(d, k):
    """h = n + T with T a sum of n (k - 1) fair signs: exact integers, down to 1e-100 and below."""
    count = (d - 1) * (k - 1)
    heads = Fraction(count - (d - 1), 2)  # T = 2 heads - count = -n
    row = row_of(count)
    below = sum(row[: -(-heads.numerator // heads.denominator)])
    tied = row[int(heads)] if heads.denominator == 1 else 0
    theory = hs.derive(hs.rules["hebb"])
    at = {D: sp.Integer(d), K: sp.Integer(k)}
    wrong = exact(Fraction(2 * below + tied, 2 ** (count + 1)))
    for side in SIDES:
        assert close(hs.evaluate(theory["bit_error:exact" + side].formula, at), wrong)
        ties = hs.evaluate(theory["ties" + side].formula, at)
        assert close(ties, exact(Fraction(tied, 2**count)))


def test_rare_errors_keep_their_digits():
    """K falls, and the error of D = 1001 goes from 2e-13 to below 1e-100; against integers."""
    formula = hs.derive(hs.rules["hebb"])["bit_error:exact"].formula
    seen = []
    for k in (20, 10, 4, 3):
        count = 1000 * (k - 1)
        row = row_of(count)
        below, tied = sum(row[: (count - 1000) // 2]), row[(count - 1000) // 2]
        truth = exact(Fraction(2 * below + tied, 2 ** (count + 1)))
        seen.append(hs.evaluate(formula, {D: sp.Integer(1001), K: sp.Integer(k)}))
        assert close(seen[-1], truth)
    assert 1e-13 < seen[0] < 1e-12
    assert seen[-1] < 1e-100


def test_a_silent_history_is_certain():
    """Plain Hebb on {0, 1} with one pattern: no crosstalk, h = x A with A active inputs."""
    theory = hs.derive(hs.rules["hebb"], hs.Binary(R(1, 4)), threshold=hs.Fixed(3))
    at = {D: sp.Integer(9), K: sp.Integer(1)}
    row = [comb(8, k) * 3 ** (8 - k) for k in range(9)]
    assert hs.evaluate(theory["bit_error:exact:low"].formula, at) == 0
    found = hs.evaluate(theory["bit_error:exact:high"].formula, at)
    assert close(found, exact(Fraction(2 * sum(row[:3]) + row[3], 2 * 4**8)))
    assert close(hs.evaluate(theory["ties:high"].formula, at), exact(Fraction(row[3], 4**8)))


def test_scale_and_sign_change_nothing():
    """Coefficients may have a common irrational factor; a negative one inverts the recall."""
    at = {D: sp.Integer(40), K: sp.Integer(7)}
    plain = hs.ExpandedRule(2, {(1, 1): 1, (1, 0): R(1, 3)})
    scaled = hs.ExpandedRule(2, {pq: sp.sqrt(2) * c for pq, c in plain.terms.items()})
    inverted = hs.ExpandedRule(2, {pq: -c for pq, c in plain.terms.items()})
    one, same, other = (
        hs.evaluate(hs.derive(rule)["bit_error:exact"].formula, at)
        for rule in (plain, scaled, inverted)
    )
    assert close(same, one)
    assert close(1 - other, one, 1e-11)


def test_the_average_over_values_is_that_of_the_sides():
    theory = hs.derive(hs.rules["hebb"], hs.Bipolar(a), threshold=hs.Fixed(2))
    at = {D: sp.Integer(61), K: sp.Integer(8), a: R(1, 3)}
    for name in ("bit_error:exact", "ties"):
        whole, high, low = (hs.evaluate(theory[name + s].formula, at) for s in SIDES)
        assert close(whole, 2 * high / 3 + low / 3)
        assert high != low


# ---- what is refused -----------------------------------------------------------------------


def test_incommensurable_coefficients_are_refused_in_one_line():
    rule = hs.ExpandedRule(2, {(1, 1): 1, (1, 0): sp.sqrt(2)})
    formula = hs.derive(rule)["bit_error:exact"].formula
    with pytest.raises(NotDerivable, match="no lattice") as caught:
        hs.evaluate(formula, {D: sp.Integer(9), K: sp.Integer(2)})
    assert "\n" not in str(caught.value)


def test_sizes_past_the_bounds_are_refused_in_one_line():
    fine = hs.ExpandedRule(2, {(1, 1): 1, (1, 0): R(1, 10**7 + 19), (0, 1): R(1, 10**7 + 79)})
    formula = hs.derive(fine)["bit_error:exact"].formula
    with pytest.raises(SizeLimit, match="past the bound of 8388608") as caught:
        hs.evaluate(formula, {D: sp.Integer(100), K: sp.Integer(20)})
    assert "\n" not in str(caught.value)
    many = hs.derive(hs.rules["covariance"], hs.Bipolar(R(1, 2)))["bit_error:exact"].formula
    with pytest.raises(SizeLimit, match="past the bound of 33554432"):
        hs.evaluate(many, {D: sp.Integer(100), K: sp.Integer(20_000)})


def test_an_exact_law_is_not_solved_for_a_load():
    formula = hs.derive(hs.rules["hebb"])["bit_error:exact"].formula
    with pytest.raises(InvalidValue, match="K has no value"):
        hs.evaluate(formula, {D: sp.Integer(9)})


@pytest.mark.parametrize("name", ["bit_error:exact", "ties", "bit_error:exact:low", "ties:high"])
def test_settings_without_a_lattice_say_why(name):
    hebb = hs.rules["hebb"]
    assert name in quantities(hs.Setting(hebb))
    with pytest.raises(NotDerivable, match="couples the presynaptic units"):
        hs.derive(hebb, threshold=hs.Inhibition())[name]
    with pytest.raises(NotDerivable, match="continuum"):
        hs.derive(hebb, hs.Pair(hs.Bipolar(), hs.Gaussian()))[name]
    with pytest.raises(NotDerivable, match="two-valued"):
        hs.derive(hebb, hs.Ternary())[name]


def test_the_machine_may_be_too_short(monkeypatch):
    """Where long doubles are doubles the bound is not met, and the value is refused."""
    theory = hs.derive(hs.rules["hebb"])
    expression = next(iter(theory["ties"].formula.atoms(Tied)))
    expression = expression.xreplace({D: sp.Integer(1001), K: sp.Integer(200)})
    field = Field.of(expression, lambda w: exact(fraction(w)), fraction)
    assert field_tails(field).error < ACCURACY
    monkeypatch.setattr("hebbsym.convolution._U", 1.1e-16)
    with pytest.raises(SizeLimit, match="past the bound of 1e-12"):
        values_of(field)


# ---- the claims ----------------------------------------------------------------------------


@pytest.mark.parametrize("patterns", [hs.Bipolar(a), hs.Pair(hs.Binary(f), hs.Bipolar())])
def test_every_step_of_the_claims_holds(patterns):
    theory = hs.derive(GENERAL, patterns, cue=hs.Flip(delta), threshold=hs.Fixed(R(1, 2)))
    for name, side in itertools.product(("bit_error:exact", "ties"), SIDES):
        held = [v.holds for v in theory[name + side].derivation.verify()]
        assert True in held
        assert False not in held


def test_the_formula_is_printable():
    claim = hs.derive(GENERAL, hs.Bipolar(a))["bit_error:exact"]
    assert str(claim.formula).startswith("(1/2 - a/2)*(Above(0, D - 1, K - 1, ")
    assert r"\operatorname{P}\left(h < 0\right)" in claim.latex
    assert claim.free_symbols == {D, K, a, *ODD}


def test_simulation_agrees_with_the_exact_law():
    theory = hs.derive(
        hs.rules["covariance"],
        hs.Bipolar(R(1, 2)),
        cue=hs.Flip(R(1, 10)),
        threshold=hs.Optimal(),
        quantities=["bit_error:exact", "bit_error:exact:high", "bit_error:exact:low"],
    )
    assert [v.outcome.name for v in hs.check(theory, D=30, K=5, seed=3)] == ["AGREES"] * 3
    ties = hs.derive(hs.rules["hebb"], quantities=["ties", "ties:high", "ties:low"])
    assert [v.outcome.name for v in hs.check(ties, D=20, K=6, seed=3)] == ["AGREES"] * 3


def test_spans():
    assert common_span([]) == 0
    assert common_span([Fraction(0)]) == 0
    assert common_span([Fraction(2, 3), Fraction(5, 7)]) == Fraction(1, 21)


# ---- the figure ----------------------------------------------------------------------------


def test_departures_are_those_of_the_claims():
    """The grid holds what the claims say, and simulation agrees with the exact law, not the Gaussian."""
    names = ["bit_error", "bit_error:edgeworth", "bit_error:exact"]
    theory = hs.derive(hs.rules["hebb"], quantities=names)
    assert shown(theory)
    assert not shown(hs.derive(hs.rules["hebb"], quantities=["bit_error"]))
    found = departures(theory, {}, (0.5,), sizes=(8, 12, 20), networks=1500, seed=4)
    for place in found.by_load[0.5]:
        at = {D: sp.Integer(place.units), K: sp.Integer(place.patterns)}
        gauss, series, truth = (float(hs.evaluate(theory[n].formula, at, 12)) for n in names)
        assert place.patterns == place.units // 2
        assert place.exact == pytest.approx(truth, rel=1e-11)
        assert place.others["bit_error"] == pytest.approx(gauss / truth - 1, rel=1e-6)
        assert abs(place.others["bit_error:edgeworth"]) < abs(place.others["bit_error"]) / 5
        assert place.others["bit_error:edgeworth"] == pytest.approx(series / truth - 1, rel=1e-6)
        assert abs(place.simulated) < 4 * place.stderr < 0.2
    svg, pdf = departures_figure(found)
    assert svg.startswith(b"<?xml")
    assert pdf.startswith(b"%PDF")
    assert (svg, pdf) == departures_figure(found)
    lost = hs.derive(hs.ExpandedRule(2, {(1, 1): 1, (1, 0): sp.sqrt(2)}))
    with pytest.raises(NotDerivable, match="no size"):
        departures(lost, {}, (0.5,), sizes=(8,), networks=2)


def test_a_report_shows_where_the_errors_part(tmp_path, monkeypatch):
    monkeypatch.setattr("hebbsym.publish.departures.SIZES", (8, 12))
    theory = hs.derive(hs.rules["hebb"], quantities=["bit_error:edgeworth", "bit_error:exact"])
    verdicts = hs.check(theory, D=20, K=8, seed=1, networks=64)
    made = hs.report(theory, verdicts, to=tmp_path, pdf=False)
    assert "departures-1.svg" in {path.name for path in made.figures}
    text = made.html.read_text(encoding="utf-8")
    assert "depart from the exact law" in text.replace("\n", " ")
    assert r"\operatorname{P}\left(h < 0\right)" in made.tex.read_text(encoding="utf-8")


def test_a_tie_far_rarer_than_the_error_is_no_reason_to_refuse(monkeypatch) -> None:
    """On a fine lattice a tie has no right digits of its own; the error has, and nearly all is found at once."""
    odd = hs.ExpandedRule(2, {(0, 0): R(1, 50), (1, 0): R(1, 41), (0, 1): R(1, 30), (1, 1): 1})
    theory = hs.derive(
        odd, hs.Bipolar(R(1, 5)), cue=hs.Flip(R(1, 20)), quantities=["bit_error:exact"]
    )
    sizes = {D: sp.Integer(24), K: sp.Integer(5)}
    followed = evaluate(theory["bit_error:exact"].formula, sizes)
    monkeypatch.setattr("hebbsym.convolution._FOLLOWED", 0)
    monkeypatch.setattr("hebbsym.convolution._few", lambda law, n: False)
    probabilities.cache_clear()
    assert abs(evaluate(theory["bit_error:exact"].formula, sizes) / followed - 1) < 1e-12
