"""What several commands do: build a theory, simulate it, show that work goes on, write results.

Main names
----------
theory_at, verdicts_at
    The theory of a setting, and its verdicts, at the values that the user gave.
write_claims, write_verdicts, write_report
    What ``derive``, ``check`` and ``report`` write, of whatever memory.
working, progressing, destination
    A sign of life on a terminal, a bar; where results go.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import IO, TYPE_CHECKING, Any

from hebbsym.errors import InvalidValue, UnwritableOutput

if TYPE_CHECKING:
    import sympy as sp

    from hebbsym.claim import Claim
    from hebbsym.commands.options import Described
    from hebbsym.theories import Theory
    from hebbsym.theory.setting import Setting
    from hebbsym.verdicts import Verdicts


def theory_at(
    setting: Setting, quantities: tuple[str, ...], at: tuple[str, ...]
) -> tuple[Theory, dict[sp.Symbol, sp.Expr]]:
    """The theory of a setting, and the values that the user gave.

    Parameters
    ----------
    setting : Setting
    quantities : tuple of str
        Names of claims; none for all, and then the reasons of those that there are not are written to
        standard error.
    at : tuple of str
        Assignments such as ``"D=60,K=12"``.

    Examples
    --------
    >>> from hebbsym.specs import setting
    >>> asked = setting("hebb", "bipolar", "exact", "zero", None, None)
    >>> theory, values = theory_at(asked, ("snr",), ("D=60,K=12",))
    >>> theory["snr"].formula, list(values.values())
    ((D - 1)/(K - 1), [60, 12])
    """
    from hebbsym import specs
    from hebbsym.theories import derive as theory_of

    with working("deriving"):
        theory = theory_of(
            setting.rule, setting.patterns, cue=setting.cue, threshold=setting.threshold,
            recall=setting.recall, quantities=quantities or None,
        )  # fmt: skip
        known = specs.occurring(setting, theory.values())
        values = specs.values(",".join(at), known)
        specs.require_stored(setting, values)
        setting.at(values)  # raises when a value leaves its domain
        absent = {} if quantities else theory.absent
    for reason in dict.fromkeys(absent.values()):
        names = ", ".join(name for name, why in absent.items() if why == reason)
        print(f"hebbsym: note: {names}: {reason}", file=sys.stderr)
    return theory, values


def verdicts_at(
    theory: Theory, values: Mapping[sp.Symbol, sp.Expr], memory: int, **options: Any
) -> Verdicts:
    """The verdicts of a theory at the values that the user gave; ``memory`` is in MiB.

    Examples
    --------
    >>> from hebbsym.specs import setting
    >>> asked = setting("hebb", "bipolar", "exact", "zero", None, None)
    >>> theory, values = theory_at(asked, ("field_mean",), ("D=20,K=3,x=1",))
    >>> verdicts_at(theory, values, memory=100, seed=1).exit_status
    0
    """
    import inspect

    from hebbsym.checking import check as simulate

    at = {symbol.name: number for symbol, number in values.items()}
    for name in sorted(set(at) & set(inspect.signature(simulate).parameters)):
        raise InvalidValue(f"the symbol {name!r} has the name of an option; rename it to check")
    with working("simulating"):
        return simulate(theory, memory=memory * 2**20, **options, **at)


def write_claims(
    described: Described, named: str, quantities: tuple[str, ...], at: tuple[str, ...],
    style: str, output: str | None, also: Mapping[str, str],
) -> None:  # fmt: skip
    """Derive and write the claims of a setting; ``also`` is what its JSON says beside the setting.

    Examples
    --------
    >>> from hebbsym.specs import setting
    >>> asked = lambda: setting("hebb", "bipolar", "exact", "zero", None, None)
    >>> write_claims(asked, "hebb", ("snr",), (), "latex", None, {})  # doctest: +ELLIPSIS
    %...
    """
    from hebbsym import terminal

    with destination(output) as out:
        theory, values = theory_at(described(), quantities, at)
        with working("deriving"):
            claims = _valued([theory[name] for name in theory], values, bool(quantities))
            if style == "json":
                about = {**terminal.described(theory.setting, named), **also}
                text = terminal.claims_json(claims, about, values)
            elif style == "latex":
                text = terminal.claims_latex(claims)
            else:
                text = terminal.claims_text(claims, theory.setting, values)
        out.write(text)


def _valued(claims: list[Claim], values: Mapping[sp.Symbol, sp.Expr], asked: bool) -> list[Claim]:
    """The claims that hold at the values; of the others it is said why not, in an error where they were asked for."""
    from hebbsym.numeric import unmet

    reasons = [unmet(claim, values) for claim in claims]
    for reason in filter(None, reasons):
        if asked:
            raise InvalidValue(reason)
        print(f"hebbsym: note: {reason}", file=sys.stderr)
    return [claim for claim, reason in zip(claims, reasons, strict=True) if not reason]


def write_verdicts(
    described: Described, quantities: tuple[str, ...], at: tuple[str, ...],
    style: str, output: str | None, sampling: Mapping[str, Any],
) -> int:  # fmt: skip
    """Simulate a setting and write what is found of its claims; the exit status.

    Examples
    --------
    >>> from hebbsym.specs import setting
    >>> asked = lambda: setting("hebb", "bipolar", "exact", "zero", None, None)
    >>> options = {"memory": 100, "seed": 1}
    >>> write_verdicts(asked, ("snr",), ("D=50,K=10",), "text", None, options)  # doctest: +ELLIPSIS
    claim ...
    0
    """
    import json

    from hebbsym import terminal

    with destination(output) as out:
        theory, values = theory_at(described(), quantities, at)
        verdicts = verdicts_at(theory, values, **sampling)
        if style == "json":
            out.write(json.dumps(verdicts.to_json(), indent=2, allow_nan=False) + "\n")
        else:
            out.write(terminal.verdicts_text(verdicts))
    return verdicts.exit_status


def write_report(
    described: Described, quantities: tuple[str, ...], at: tuple[str, ...],
    folder: str, pdf: bool, sampling: Mapping[str, Any],
) -> int:  # fmt: skip
    """Typeset the theory of a setting, checked where values are given; the exit status.

    Examples
    --------
    >>> import tempfile
    >>> from hebbsym.specs import setting
    >>> asked = lambda: setting("hebb", "bipolar", "exact", "zero", None, None)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_report(asked, ("snr",), (), folder, False, {})  # doctest: +ELLIPSIS
    /...report.html
    0
    """
    from hebbsym.files import writable
    from hebbsym.publish import report as typeset

    room = writable(folder)
    theory, values = theory_at(described(), quantities, at)
    verdicts = verdicts_at(theory, values, **sampling) if at else None
    with working("typesetting"):
        made = typeset(theory, verdicts or (), to=room, pdf=pdf)
    with destination(None) as out:
        print(made.html, file=out)
    return 0 if verdicts is None else verdicts.exit_status


@contextlib.contextmanager
def working(what: str) -> Iterator[None]:
    """A sign of life on a terminal; nothing in a pipe.

    Examples
    --------
    >>> with working("counting"):
    ...     print(1 + 1)
    2
    """
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(what):
        yield


@contextlib.contextmanager
def progressing(what: str, unit: str = "rows") -> Iterator[Callable[[int, int], None] | None]:
    """A bar with rate and time left on a terminal; nothing in a pipe.

    Yields what is called with the work that is done and its total, in units of a name, or None.

    Examples
    --------
    >>> with progressing("exploring") as advance:
    ...     print(advance)
    None
    """
    if not sys.stderr.isatty():
        yield None
        return
    import time

    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn(what), BarColumn(), TextColumn("{task.percentage:.0f} %"),
        TextColumn("{task.fields[rate]}"), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None, rate="")
        start: list[tuple[float, int]] = []

        def advance(done: int, total: int) -> None:
            now = time.monotonic()
            start[:] = start or [(now, done)]  # what an earlier run did is no speed of this one
            passed = now - start[0][0]
            rate = f"{(done - start[0][1]) / passed:.3g} {unit}/s" if passed else ""
            bar.update(task, completed=done, total=total, rate=rate)

        yield advance


@contextlib.contextmanager
def destination(output: str | None) -> Iterator[IO[str]]:
    """Where results go: a file that is written whole, or standard output.

    Raises
    ------
    UnwritableOutput
        Neither is there, or the file cannot be written.

    Examples
    --------
    >>> with destination(None) as out:
    ...     print("0.25", file=out)
    0.25
    """
    if output is None:
        if sys.stdout is None:
            raise UnwritableOutput("standard output is closed; give a file with -o")
        yield sys.stdout
        return
    from hebbsym.files import whole

    with whole(output) as file:
        yield file
