"""A space from a TOML file.

Main names
----------
read
    The space that a file declares.
declared
    The space that the tables of such a file declare.

Conventions
-----------
Numbers are exact: integers, decimals as they are written, or texts such as ``"1/5"``::

    name = "second order"
    ensembles = ["bipolar(mean=1/5)"]
    thresholds = ["optimal"]
    criteria = ["snr(z=3)", "bit(epsilon=1/100)"]
    sizes = [{D = 1000, K = 100}, {D = 1000, alpha = "1/20"}]

    [coefficients]
    c_0 = 0                                       # one value
    c_1_post = [-1, 0, 1]                         # a finite set
    c_1_pre = {start = -1, stop = 1, points = 21} # a grid; logarithmic = true for its logarithms
    c_2_corr = {low = 0, high = 1}                # a range: sampling = "sobol" or "latin"
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import sympy as sp

from hebbsym import formula
from hebbsym.errors import InvalidValue, SizeLimit, UnknownName
from hebbsym.exploration.space import Size, Space
from hebbsym.exploration.values import Finite, Grid, Range, Values, rational

LARGEST = 1 << 20
"""Bound on the bytes of a file."""
_TEXTS = ("ensembles", "cues", "thresholds", "criteria")
_WORDS = ("name", "sampling")
_WHOLE = ("samples", "seed")
_KNOWN = ("coefficients", "sizes", *_TEXTS, *_WORDS, *_WHOLE)


def read(path: str | os.PathLike[str]) -> Space:
    """The space that a TOML file declares.

    Raises
    ------
    InvalidValue
        When the file cannot be read, is no TOML, or declares no space; the message names the key.
    UnknownName
        When a key is not one; near ones are suggested.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "space.toml")
    ...     _ = file.write_text("sizes = [{D = 100, K = 10}]\\n[coefficients]\\nc_2_corr = [-1, 1]")
    ...     len(read(file))
    2
    """
    try:
        with Path(path).open("rb") as file:
            data = file.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise SizeLimit(f"{path} is longer than {LARGEST} bytes: it declares no space")
        tables = tomllib.loads(data.decode(), parse_float=_decimal)
    except OSError as error:
        raise InvalidValue(f"cannot read {path}: {error.strerror or error}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidValue(f"{path} is no TOML: {error}") from None
    return declared(tables)


def declared(tables: Mapping[str, Any]) -> Space:
    """The space that the tables of a TOML file declare.

    Examples
    --------
    >>> declared({"coefficients": {"c_2_corr": 1}, "ensembels": ["bipolar"]})
    Traceback (most recent call last):
    ...
    hebbsym.errors.UnknownName: no key of a space 'ensembels'; did you mean 'ensembles'?
    """
    _require_known(tables, _KNOWN, "key of a space")
    found: dict[str, Any] = {}
    for key in _TEXTS:
        if key in tables:
            found[key] = tuple(_each(tables[key], str, key, "texts"))
    for key in _WORDS:
        if key in tables:
            found[key] = _one(tables[key], str, key, "text")
    for key in _WHOLE:
        if key in tables:
            found[key] = _one(tables[key], int, key, "a whole number")
    if "sizes" in tables:
        found["sizes"] = tuple(_size(s) for s in _each(tables["sizes"], dict, "sizes", "tables"))
    given = _one(tables.get("coefficients", {}), dict, "coefficients", "a table")
    coefficients = {name: _values(name, value) for name, value in given.items()}
    return Space(coefficients, **found)


def _values(name: str, given: Any) -> Values:
    """What one coefficient may be."""
    try:
        if isinstance(given, dict):
            return _interval(given)
        members = given if isinstance(given, list) else [given]
        return Finite(tuple(_number(member) for member in members))
    except InvalidValue as error:
        raise InvalidValue(f"coefficient {name}: {error}") from None


def _interval(given: Mapping[str, Any]) -> Values:
    """A grid where it says how many points, else a range."""
    grid = bool({"points", "start", "stop"} & set(given))
    ends = ("start", "stop", "points") if grid else ("low", "high")
    _require_known(given, (*ends, "logarithmic"), f"key of a {'grid' if grid else 'range'}")
    missing = [end for end in ends if end not in given]
    if missing:
        raise InvalidValue(f"{missing[0]} is missing: it needs {', '.join(ends)}")
    scale = _one(given.get("logarithmic", False), bool, "logarithmic", "true or false")
    first, last = (_number(given[end]) for end in ends[:2])
    if not grid:
        return Range(first, last, scale)
    count = _one(given["points"], int, "points", "a whole number")
    return Grid(first, last, count, scale)


def _size(given: Mapping[str, Any]) -> Size:
    _require_known(given, ("D", "K", "alpha"), "key of a size")
    if "D" not in given:
        raise InvalidValue("a size needs D, the number of units")
    whole = {
        key: _one(given[key], int, key, "a whole number") for key in ("D", "K") if key in given
    }
    load = {"alpha": _number(given["alpha"])} if "alpha" in given else {}
    return Size(**whole, **load)


def _number(given: Any) -> sp.Rational:
    """An exact number: whole, a decimal as it was written, or text."""
    if isinstance(given, str):
        return rational(formula.number(given))
    if isinstance(given, Fraction):
        return sp.Rational(given.numerator, given.denominator)
    return rational(given)


def _decimal(text: str) -> Fraction:
    """A decimal number of the file, exactly as it was written."""
    try:
        return Fraction(text.replace("_", ""))
    except ValueError:
        raise InvalidValue(f"{text} is not a finite number") from None


def _one(given: Any, kind: type, key: str, what: str) -> Any:
    """A value, of one kind; a truth value is no number here."""
    if type(given) is not kind:
        raise InvalidValue(f"{key} = {str(given)[:60]} is not {what}")
    return given


def _each(given: Any, kind: type, key: str, what: str) -> list[Any]:
    """The members of a list, all of one kind."""
    if not isinstance(given, list) or not all(type(member) is kind for member in given):
        raise InvalidValue(f"{key} = {str(given)[:60]} is not {what}")
    return given


def _require_known(given: Iterable[str], known: Iterable[str], what: str) -> None:
    for key in given:
        if key not in known:
            raise UnknownName(what, key, known)
