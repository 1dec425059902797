"""Equalities between named rules: each found one holds on its alphabet, and the known ones are found."""

from __future__ import annotations

import itertools

import pytest
import sympy as sp

import hebbsym as hs
from hebbsym.families.entries import Inside
from hebbsym.notation import eta, lam, w, x_i, x_j

ALPHABETS = ((0, 1), (-1, 1), (-1, 0, 1))
FOUND = {alphabet: hs.equalities(alphabet) for alphabet in ALPHABETS}


def pairs(alphabet: tuple[int, ...], everywhere: bool | None = None) -> set[tuple[str, str]]:
    return {(e.first, e.second) for e in FOUND[alphabet] if everywhere in (None, e.everywhere)}


def gap(found: hs.Equality) -> sp.Expr:
    """f(s w) - s g(w), from the updates as printed, not from the coefficients that were compared."""
    first, second = hs.rules.entries[found.first], hs.rules.entries[found.second]
    assert isinstance(first, Inside)
    assert isinstance(second, Inside)
    mine = {p: sp.Symbol(p, real=True) for p in first.parameters if p not in ("order", "power")}
    f = first.printed(first.values(**mine))
    g = second.printed(second.values(**dict(found.values)))
    return f.xreplace({w: found.scale * w}) - found.scale * g


@pytest.mark.parametrize(
    ("alphabet", "found"),
    [(alphabet, e) for alphabet, some in FOUND.items() for e in some],
    ids=lambda value: value.text if isinstance(value, hs.Equality) else str(value),
)
def test_every_equality_holds_and_says_where(alphabet: tuple[int, ...], found: hs.Equality) -> None:
    here = gap(found)
    table = [
        sp.cancel(here.xreplace({x_i: sp.Integer(u), x_j: sp.Integer(v)}))
        for u, v in itertools.product(alphabet, repeat=2)
    ]
    assert set(table) == {0}
    assert (sp.cancel(here) == 0) is found.everywhere


def test_the_known_ones_are_found() -> None:
    signs, binary, ternary = pairs((-1, 1)), pairs((0, 1)), pairs((-1, 0, 1))
    assert {("oja", "decay"), ("decay", "oja"), ("oja", "presynaptic-decay")} <= signs
    assert {("instar", "oja"), ("oja", "instar"), ("outstar", "presynaptic-decay")} <= binary
    assert {("hebb", "decay"), ("outstar", "soft-bounds")} <= signs & binary & ternary


def test_what_is_no_equality_is_not_listed() -> None:
    """Each has a table in which the two differ for every choice of parameters."""
    assert ("instar", "oja") not in pairs((-1, 1)) | pairs((-1, 0, 1))
    assert ("oja", "decay") not in pairs((0, 1)) | pairs((-1, 0, 1))
    assert ("instar", "outstar") not in pairs((0, 1)) | pairs((-1, 1))
    assert ("decay", "hebb") not in pairs((0, 1))  # hebb is decay(lam=0), not the other way round


def test_equal_everywhere_does_not_depend_on_the_alphabet() -> None:
    assert len({frozenset(pairs(alphabet, everywhere=True)) for alphabet in ALPHABETS}) == 1
    assert pairs((-1, 0, 1)) == pairs((-1, 0, 1), everywhere=True)


def test_parameters_scale_and_condition() -> None:
    (oja,) = (e for e in FOUND[-1, 1] if (e.first, e.second) == ("oja", "decay"))
    assert dict(oja.values) == {"lam": eta, "eta": eta}
    assert oja.scale == oja.condition == 1
    (decay,) = (e for e in FOUND[-1, 1] if (e.first, e.second) == ("decay", "oja"))
    assert dict(decay.values) == {"eta": lam}
    assert decay.scale == eta / lam
    assert decay.condition == eta * lam
    assert decay.text == (
        "decay is oja(eta=lam) with weights times eta/lam on the alphabet, where eta*lam != 0"
    )


def test_a_factor_of_the_weights_is_a_factor_of_the_field() -> None:
    """Enumerated: the field of decay is eta/lam times that of oja(eta=lam), M and so V."""
    both = [
        hs.enumerate_fields(hs.Setting(hs.rules.entries[name].rule(**given)), 3, 2, age=1)
        for name, given in (("decay", {"eta": eta}), ("oja", {"eta": lam}))
    ]
    for moment, power in (("field_mean", 1), ("field_variance", 2)):
        decay, oja = (getattr(one, moment)(1) for one in both)
        assert sp.cancel(decay - (eta / lam) ** power * oja) == 0


def test_two_alphabets() -> None:
    """The post values alone decide whether x_i**2 is x_i, the pre values whether x_j**2 is x_j."""
    found = {(e.first, e.second) for e in hs.equalities((0, 1), (-1, 1))}
    assert ("instar", "oja") in found
    assert ("outstar", "presynaptic-decay") not in found
    assert ("presynaptic-decay", "decay") in found
    assert ("oja", "decay") not in found


@pytest.mark.parametrize("values", [(), (1, 1)])
def test_a_bad_alphabet_is_an_error(values: tuple[int, ...]) -> None:
    with pytest.raises(hs.InvalidValue):
        hs.equalities(values)
