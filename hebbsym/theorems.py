"""Theorems: one file each in the package ``derivations``, found by looking, verified by running.

Main names
----------
Theorem
    Statement, assumptions, derivation and source.
load
    All theorems, by name.
verify
    Run the evidence of every step.

A theorem file is a module of ``derivations`` with a module-level ``THEOREM``, whose name is
the file's, and a docstring that says it in words. It uses only public names.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

import sympy as sp

from hebbsym.claim import Derivation, Verified
from hebbsym.errors import InvalidValue

if TYPE_CHECKING:
    from hebbsym.publish.document import Block
    from hebbsym.publish.steps import Counts


@dataclass(frozen=True, eq=False)
class Theorem:
    """A statement with a derivation that a machine can run.

    Parameters
    ----------
    name : str
        The name of its file in ``derivations``.
    title : str
        One line, in the words of the field.
    statement : tuple of sympy.Basic
        The equations that are proved.
    derive : callable
        Gives the derivation; it is called when the theorem is verified or printed.
    prose : str
        The statement in words.
    assumptions : tuple of str
    source : str
        Keys of ``references.bib``, or "derived here".
    exhibits : callable or None
        Makes tables and figures to show between statement and derivation, from a document's running numbers.

    Examples
    --------
    >>> one = Theorem("one", "unity", (sp.Eq(sp.Symbol("n"), 1),), lambda: Derivation())
    >>> verify(one)
    ()
    """

    name: str
    title: str
    statement: tuple[sp.Basic, ...]
    derive: Callable[[], Derivation]
    prose: str = ""
    assumptions: tuple[str, ...] = ()
    source: str = "derived here"
    exhibits: Callable[[Counts], Sequence[Block]] | None = None


def load() -> dict[str, Theorem]:
    """The theorems of the package ``derivations``, by name, in alphabetical order.

    Raises
    ------
    InvalidValue
        For a file without ``THEOREM``, or one whose theorem bears another name.

    Examples
    --------
    >>> load()["energy"].title
    'Energy of an additive rule, and the rules that have one'
    """
    package = import_module("derivations")
    found = {}
    for file in sorted(pkgutil.iter_modules(package.__path__), key=lambda module: module.name):
        theorem = getattr(import_module(f"derivations.{file.name}"), "THEOREM", None)
        if not isinstance(theorem, Theorem) or theorem.name != file.name:
            raise InvalidValue(f"derivations/{file.name}.py has no THEOREM named {file.name!r}")
        found[file.name] = theorem
    return found


def verify(theorem: Theorem) -> tuple[Verified, ...]:
    """Derive the theorem afresh and run the evidence of every step.

    Examples
    --------
    >>> {step.holds for step in verify(load()["activity_product"])} == {True, None}
    True
    """
    return theorem.derive().verify()
