"""Errors that say what was asked, what was found and what to try.

Every error of the package derives from :class:`HebbsymError`; the command line
prints its message in one line and leaves with exit status 2.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class HebbsymError(Exception):
    """Base of all errors that hebbsym raises on purpose.

    Examples
    --------
    >>> issubclass(UnknownName, HebbsymError)
    True
    """


class FormulaError(HebbsymError):
    """Formula text is malformed or leaves the whitelist."""


class InvalidValue(HebbsymError, ValueError):
    """A value is outside its domain (a probability above 1, K < 1, a float in theory)."""


class OutsideClass(HebbsymError):
    """A rule does not belong to the class that was asked for; the message names its own."""


class NotDerivable(HebbsymError):
    """A quantity does not exist in this setting; the message gives the reason."""


class SizeLimit(HebbsymError):
    """A size is past its bound; the message names the bound and the option that lifts it."""


class UnwritableOutput(HebbsymError, OSError):
    """A folder or file cannot be written; nothing was left behind."""


class UnknownName(HebbsymError, KeyError):
    """A registry has no entry of that name.

    Parameters
    ----------
    kind : str
        What was looked for, in the singular ("rule", "ensemble").
    name : str
        The name that was asked for.
    known : iterable of str
        The names there are; close ones are suggested.

    Examples
    --------
    >>> print(UnknownName("rule", "covarience", ["covariance", "hebb"]))
    no rule 'covarience'; did you mean 'covariance'?
    """

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        close = [n for n in names if n.lower() == name.lower()]
        close = close or difflib.get_close_matches(name, names, n=2, cutoff=0.6)
        hint = (
            "did you mean " + " or ".join(repr(c) for c in close) + "?"
            if close
            else "known: " + (", ".join(names) or "none")
        )
        self.message = f"no {kind} {name[:60]!r}; {hint}"
        super().__init__(self.message)

    def __str__(self) -> str:
        return self.message
