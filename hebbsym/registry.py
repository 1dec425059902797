"""Registries of named entries, and the text by which a user picks one.

A *spec* is a name with optional parameters, ``"binary(activity=1/10)"``; a parameter's
value is formula text or another spec (``"pair(content=bipolar, address=gaussian)"``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from hebbsym.errors import InvalidValue, UnknownName

T = TypeVar("T")
_SPEC = re.compile(r"\s*([A-Za-z][A-Za-z0-9_-]*)\s*(?:\((.*)\))?\s*", re.DOTALL)
_LONGEST = 2000


class Registry(Mapping[str, T], Generic[T]):
    """A read-mostly mapping whose misses suggest near names.

    Parameters
    ----------
    kind : str
        What an entry is, in the singular; it opens the error message.

    Examples
    --------
    >>> colours = Registry[int]("colour")
    >>> colours.add("red", 1)
    1
    >>> colours["read"]
    Traceback (most recent call last):
    ...
    hebbsym.errors.UnknownName: no colour 'read'; did you mean 'red'?
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._entries: dict[str, T] = {}

    def add(self, name: str, entry: T) -> T:
        """Enter ``entry`` under ``name``; a second entry of one name is an error."""
        if name in self._entries:
            raise InvalidValue(f"{self.kind} {name!r} is registered twice")
        self._entries[name] = entry
        return entry

    def register(self, name: str) -> Callable[[T], T]:
        """Decorator form of :meth:`add`."""
        return lambda entry: self.add(name, entry)

    def __getitem__(self, name: str) -> T:
        try:
            return self._entries[name]
        except KeyError:
            raise UnknownName(self.kind, name, self._entries) from None

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


@dataclass(frozen=True)
class Spec:
    """A name with its parameters, both still text."""

    name: str
    parameters: tuple[tuple[str, str], ...] = ()


def parse_spec(text: str, kind: str = "name") -> Spec:
    """Split ``"name(key=value, ...)"`` without evaluating anything.

    Raises
    ------
    InvalidValue
        When the text is not of that form.

    Examples
    --------
    >>> parse_spec("flip(delta=1/10)")
    Spec(name='flip', parameters=(('delta', '1/10'),))
    """
    match = _SPEC.fullmatch(text[: _LONGEST + 1]) if len(text) <= _LONGEST else None
    if match is None:
        raise InvalidValue(f"{kind} {text[:60]!r} is not of the form name(key=value, ...)")
    name, inside = match.groups()
    pairs: list[tuple[str, str]] = []
    for part in _split(inside or "", kind, text):
        key, equals, value = part.partition("=")
        if not equals or not key.strip().isidentifier() or not value.strip():
            raise InvalidValue(
                f"parameter {part.strip()[:60]!r} of {kind} {name!r} is not key=value"
            )
        if key.strip() in dict(pairs):
            raise InvalidValue(f"parameter {key.strip()!r} of {kind} {name!r} is given twice")
        pairs.append((key.strip(), value.strip()))
    return Spec(name, tuple(pairs))


def _split(inside: str, kind: str, text: str) -> list[str]:
    """Split at the commas that stand outside parentheses."""
    parts, depth, start = [], 0, 0
    for position, character in enumerate(inside):
        depth += (character == "(") - (character == ")")
        if depth < 0:
            break
        if character == "," and depth == 0:
            parts.append(inside[start:position])
            start = position + 1
    if depth != 0:
        raise InvalidValue(f"parentheses of {kind} {text[:60]!r} do not match")
    return [*parts, inside[start:]] if inside.strip() else []
