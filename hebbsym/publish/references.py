r"""The bibliography: a strict reader of ``references.bib``, and entries as they are printed.

Main names
----------
bibliography
    All entries of the package's bibliography, by key.
parse
    The reader. It knows what our own file needs: entries, fields in braces or quotes or
    digits, accents. What it does not know is an error, never skipped.
keys_in
    The keys that a claim's source names.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hebbsym.errors import InvalidValue, UnknownName
from hebbsym.publish.document import Emph, Text

_ENTRY = re.compile(r"@([A-Za-z]+)\s*\{\s*([^\s,{}]+)\s*,")
_FIELD = re.compile(r"\s*([A-Za-z]+)\s*=\s*")
_KEY = re.compile(r"\b[a-z]+(?:-[a-z]+)*[0-9]{4}[a-z]?\b")
_ACCENTS = {
    "'": "\u0301", "`": "\u0300", '"': "\u0308", "^": "\u0302", "~": "\u0303", "c": "\u0327",
    "v": "\u030c", "=": "\u0304", "u": "\u0306", "H": "\u030b", "r": "\u030a", ".": "\u0307",
}  # fmt: skip
_ACCENT = re.compile(r"""\\(?:(['`"^~=.])|([cvuHr])(?=[\s{]))\s*\{?\s*(\\?[A-Za-z])\s*\}?""")
_LETTERS = {r"\o": "ø", r"\O": "Ø", r"\l": "ł", r"\ss": "ß", r"\ae": "æ", r"\aa": "å", r"\i": "i"}


@dataclass(frozen=True)
class Entry:
    """One entry, its fields with all markup resolved."""

    kind: str
    key: str
    fields: Mapping[str, str]

    @property
    def text(self) -> Text:
        """The entry as it is printed: authors, title, where, when.

        Examples
        --------
        >>> entry = parse("@book{a1, author={Goles, Eric}, title={Nets}, year=1990}")["a1"]
        >>> entry.text
        ('E. Goles. Nets. 1990.',)
        """
        get = self.fields.get
        where = get("journal") or get("booktitle") or get("publisher") or get("school") or ""
        place = ""
        if volume := get("volume"):
            place += f" {volume}"
        if number := get("number"):
            place += f"({number})"
        if pages := get("pages"):
            place += f":{pages}" if place else f", {pages}"
        head = f"{_authors(get('author') or get('editor') or '')} {get('title', '')}. "
        tail = f"{place}, {get('year', '')}." if where else f"{get('year', '')}."
        return (head.lstrip() + tail,) if not where else (head.lstrip(), Emph(where, "title"), tail)

    @property
    def link(self) -> str:
        """Where it can be found."""
        doi = self.fields.get("doi", "")
        return f"https://doi.org/{doi}" if doi else self.fields.get("url", "")


def parse(text: str) -> dict[str, Entry]:
    r"""Read a bibliography.

    Raises
    ------
    InvalidValue
        For anything that is not an entry or a comment line, unmatched braces, or a key
        that occurs twice.

    Examples
    --------
    >>> parse('@article{x1, title = {On {H}opfield}, author = "Erd{\\H o}s, P."}')["x1"].fields
    {'title': 'On Hopfield', 'author': 'Erdős, P.'}
    """
    entries: dict[str, Entry] = {}
    at = 0
    while True:
        gap = re.compile(r"(?:\s|%[^\n]*)*").match(text, at)
        at = gap.end() if gap else at
        if at >= len(text):
            return entries
        match = _ENTRY.match(text, at)
        if match is None:
            raise InvalidValue(f"not an entry of a bibliography: {text[at : at + 40]!r}")
        kind, key = match.group(1).lower(), match.group(2)
        if key in entries:
            raise InvalidValue(f"the bibliography has two entries {key!r}")
        fields, at = _fields(text, match.end(), key)
        entries[key] = Entry(kind, key, fields)


def _fields(text: str, at: int, key: str) -> tuple[dict[str, str], int]:
    """The fields up to the closing brace of the entry, and the position after it."""
    fields: dict[str, str] = {}
    while True:
        closing = re.compile(r"[\s,]*\}").match(text, at)
        if closing:
            return fields, closing.end()
        comma = re.compile(r"[\s,]*").match(text, at)
        match = _FIELD.match(text, comma.end() if comma else at)
        if match is None:
            raise InvalidValue(f"entry {key!r}: no field at {text[at : at + 40]!r}")
        value, at = _value(text, match.end(), key)
        fields[match.group(1).lower()] = plain_text(value)


def _value(text: str, at: int, key: str) -> tuple[str, int]:
    """A field's value in braces, quotes or digits, and the position after it."""
    digits = re.compile(r"\d+").match(text, at)
    if digits:
        return digits.group(), digits.end()
    closer = {"{": "}", '"': '"'}.get(text[at : at + 1])
    depth = 0
    for match in re.compile(r"\\.|[{}\"]", re.DOTALL).finditer(
        text, at + 1 if closer else len(text)
    ):
        mark = match.group()
        if mark == closer and depth == 0:
            return text[at + 1 : match.start()], match.end()
        depth += {"{": 1, "}": -1}.get(mark, 0)
    raise InvalidValue(f"entry {key!r}: the value at {text[at : at + 40]!r} does not end")


def plain_text(value: str) -> str:
    r"""A field without TeX: accents as letters, dashes, no braces.

    Examples
    --------
    >>> plain_text(r"Fogelman-Souli{\'e}, G{\"o}del and M\"uller, 1--{2}")
    'Fogelman-Soulié, Gödel and Müller, 1–2'
    """

    def accented(match: re.Match[str]) -> str:
        letter = match[3].lstrip("\\")
        return unicodedata.normalize("NFC", letter + _ACCENTS[match[1] or match[2]])

    text = _ACCENT.sub(accented, value)
    for command, letter in _LETTERS.items():
        text = re.sub(rf"{re.escape(command)}(?![A-Za-z])\s*", letter, text)
    text = text.replace("---", "—").replace("--", "–").replace("~", " ").replace(r"\&", "&")
    return re.sub(r"\s+", " ", text.replace("{", "").replace("}", "")).strip()


def _authors(names: str) -> str:
    """Initials and family names, the last one joined by "and"."""
    shown = []
    for name in filter(None, re.split(r"\s+and\s+", names)):
        family, comma, given = (part.strip() for part in name.partition(","))
        if not comma:
            given, _, family = name.rpartition(" ")
        initials = " ".join(f"{part[0]}." for part in re.split(r"[\s.]+", given) if part)
        shown.append(f"{initials} {family}".strip())
    joined = ", ".join(shown[:-1]) + " and " + shown[-1] if len(shown) > 1 else "".join(shown)
    return joined if joined.endswith(".") or not joined else joined + "."


@cache
def bibliography() -> Mapping[str, Entry]:
    """The package's own bibliography, by key.

    Examples
    --------
    >>> bibliography()["hopfield1982"].fields["year"]
    '1982'
    """
    package = Path(__file__).resolve().parents[1]
    for place in (package / "references.bib", package.parent / "references.bib"):
        if place.is_file():
            return parse(place.read_text(encoding="utf-8"))
    raise InvalidValue("the bibliography references.bib is missing from the installation")


def keys_in(source: str, known: Mapping[str, Entry]) -> tuple[str, ...]:
    """The keys that a source names, in order.

    Raises
    ------
    UnknownName
        When something of the form of a key is not in the bibliography.

    Examples
    --------
    >>> keys_in("derived here; descent as hopfield1982, eq. 7", bibliography())
    ('hopfield1982',)
    """
    keys = tuple(dict.fromkeys(_KEY.findall(source)))
    for key in keys:
        if key not in known:
            raise UnknownName("reference", key, known)
    return keys
