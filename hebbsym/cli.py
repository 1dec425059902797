"""The command line: derive, dense, check, report, meanfield, bound, theorems, tour.

Main names
----------
main
    The entry point: runs a command, and turns every expected error into one line.
program
    The click group.

Conventions
-----------
Results go to standard output, everything else to standard error. Exit status: 0 when all is
well, 1 when a verdict disagrees or a theorem fails, 3 when a verdict is undecided and none
disagrees, 2 for wrong usage or bad input, 130 after an interrupt. SymPy and NumPy are
imported inside the commands, so that ``--help`` is there at once.
"""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any, TypeVar, cast

import click

from hebbsym import __version__
from hebbsym.errors import HebbsymError, InvalidValue, UnwritableOutput

if TYPE_CHECKING:
    import sympy as sp

    from hebbsym.claim import Claim
    from hebbsym.theorems import Theorem
    from hebbsym.theories import Theory
    from hebbsym.theory.setting import Setting
    from hebbsym.verdicts import Verdicts

Command = TypeVar("Command", bound=Callable[..., Any])
Described = Callable[[], "Setting"]
CLOSED_PIPE = 141
"""Exit status when the reader of standard output is gone, as after the signal."""


def main() -> None:
    """Run the command line and leave with its exit status.

    Examples
    --------
    >>> from unittest.mock import patch
    >>> with patch("sys.argv", ["hebbsym", "derive", "covarience"]):
    ...     main()
    Traceback (most recent call last):
    ...
    SystemExit: 2
    """
    try:
        with program.make_context("hebbsym", sys.argv[1:]) as context:
            status = program.invoke(context) or 0
        sys.stdout.flush()
    except click.exceptions.Exit as leaving:
        status = leaving.exit_code
    except (click.Abort, KeyboardInterrupt):
        status = _complaint("interrupted", 130)
    except click.ClickException as error:
        status = _complaint(error.format_message(), error.exit_code)
    except HebbsymError as error:
        status = _complaint(str(error), 2)
    except BrokenPipeError:
        _forget_output()
        status = CLOSED_PIPE
    except OSError as error:
        _forget_output()
        where = f"{error.filename}: " if error.filename else ""
        status = _complaint(f"{where}{error.strerror or error}", 2)
    sys.exit(status)


def _forget_output() -> None:
    """Let what standard output still holds go nowhere, so that leaving does not fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _complaint(message: str, status: int) -> int:
    """One line on standard error."""
    print("hebbsym: " + " ".join(message.split()), file=sys.stderr)
    return status


@click.group(invoke_without_command=True)
@click.version_option(__version__, message="hebbsym %(version)s")
@click.pass_context
def program(context: click.Context) -> None:
    """Closed forms for Hebbian associative memories: derived, checked, typeset.

    \b
    hebbsym derive covariance --patterns "bipolar(mean=a)" --quantity snr
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def _setting(command: Command) -> Command:
    """RULE and the options that describe a setting, which the command builds when it is ready."""

    @functools.wraps(command)
    def bundled(
        rule: str, patterns: str, cue: str, threshold: str, recall: str | None,
        order: int | None, **options: Any,
    ) -> Any:  # fmt: skip
        from hebbsym.specs import setting

        return command(
            rule=rule,
            described=lambda: setting(rule, patterns, cue, threshold, recall, order),
            **options,
        )

    for decorate in (
        click.option("--order", type=click.IntRange(0), metavar="N",
                     help="Highest power kept; RULE text that is no polynomial needs it."),
        click.option("--recall", metavar="G",
                     help="sgn, step or identity (default: by the patterns)."),
        click.option("--at", multiple=True, metavar="D=60,K=12,a=1/2", help="Exact values of symbols; for rules that depend on the weight, age=0 is the pattern shown last."),
        click.option(
            "--threshold", default="zero", show_default=True, metavar="T",
            help='zero, "fixed(theta=...)", optimal, bayes, inhibition or active.',
        ),
        click.option(
            "--cue", default="exact", show_default=True, metavar="C",
            help='exact, "flip(delta=1/10)" or "mask(delta=...)".',
        ),
        click.option(
            "--patterns", default="bipolar", show_default=True, metavar="P",
            help='bipolar(mean=...), binary(activity=...), ternary(activity=...), gaussian, moments '
            'or "pair(content=..., address=...)".',
        ),
        click.argument("rule", metavar="RULE"),
    ):  # fmt: skip
        bundled = decorate(bundled)
    return cast(Command, bundled)


def _quantity(command: Command) -> Command:
    decorate = click.option(
        "--quantity", "-q", "quantities", multiple=True, metavar="Q",
        help="weights, energy, field_mean, field_variance, snr, bit_error, capacity:bit, ...; "
        "repeat for several (default: all).",
    )  # fmt: skip
    return decorate(command)


def _sampling(command: Command) -> Command:
    """The options of a simulation."""
    for decorate in (
        click.option("--memory", type=click.IntRange(1), default=1024, show_default=True,
                     metavar="MIB", help="Bound on the memory of one process."),
        click.option("--workers", type=click.IntRange(1), default=1, show_default=True,
                     metavar="N", help="Processes; the result does not depend on it."),
        click.option("--budget", type=click.FloatRange(0, min_open=True), metavar="SECONDS",
                     help="Stop sampling after this time; what is open then is UNDECIDED."),
        click.option("--networks", type=click.IntRange(2), metavar="N",
                     help="Largest number of networks (default: by a fixed amount of work)."),
        click.option("--seed", type=click.IntRange(0), default=0, show_default=True, metavar="S",
                     help="The only source of randomness."),
    ):  # fmt: skip
        command = decorate(command)
    return command


@program.command()
@_setting
@_quantity
@click.option("--format", "style", type=click.Choice(["text", "latex", "json"]), default="text")
@click.option("-o", "--output", type=click.Path(dir_okay=False), metavar="FILE")
def derive(
    rule: str, described: Described, at: tuple[str, ...],
    quantities: tuple[str, ...], style: str, output: str | None,
) -> None:  # fmt: skip
    """Derive closed forms for RULE, exact in D and K.

    RULE is a name (hebb, covariance, "decay(lam=1/10)", expanded, ...) or formula text in x_i
    (postsynaptic), x_j (presynaptic) and other symbols; after "--" it may begin with a minus.
    In field_mean and field_variance, x is the value stored at the unit.

    \b
    hebbsym derive "c_0 + c_corr*x_i*x_j" --quantity snr --at D=60,K=12,c_0=1/10,c_corr=1
    """
    _write_claims(described, rule, quantities, at, style, output, {})


@program.command()
@click.argument("separation", metavar="SEPARATION")
@click.option(
    "--update",
    default="difference",
    show_default=True,
    metavar="U",
    help="difference, gradient or gradient-with-self.",
)
@click.option(
    "--normalisation",
    default="power",
    show_default=True,
    metavar="N",
    help="power, distinct or rectified.",
)
@click.option(
    "--cue",
    default="exact",
    show_default=True,
    metavar="C",
    help='exact, "flip(delta=1/10)" or "mask(delta=...)".',
)
@click.option(
    "--quantity",
    "-q",
    "quantities",
    multiple=True,
    metavar="Q",
    help="signal, crosstalk_mean, crosstalk_variance, snr, bit_error, capacity:bit, ...; "
    "repeat for several (default: all).",
)
@click.option("--at", multiple=True, metavar="D=50,K=1000", help="Exact values of symbols.")
@click.option("--format", "style", type=click.Choice(["text", "latex", "json"]), default="text")
@click.option("-o", "--output", type=click.Path(dir_okay=False), metavar="FILE")
def dense(
    separation: str, update: str, normalisation: str, cue: str,
    quantities: tuple[str, ...], at: tuple[str, ...], style: str, output: str | None,
) -> None:  # fmt: skip
    """Derive signal, crosstalk and capacity of the dense memory with energy - sum_mu F(xi^mu . sigma).

    SEPARATION is "power(n=4)" (F = m^n/n), distinct, rectified, exponential, "lse(beta=1)" or
    "given(F=m^4/4+m^2)". Signal and crosstalk are times the stored value; the crosstalk is that of
    one other pattern; an energy difference is E(sigma_i = -1) - E(sigma_i = +1).

    \b
    hebbsym dense "power(n=4)" --update gradient --quantity crosstalk_variance --at D=50
    """
    from hebbsym import specs

    def described() -> Setting:
        return specs.dense_setting(separation, update, normalisation, cue)

    also = {"update": update, "normalisation": normalisation}
    _write_claims(described, separation, quantities, at, style, output, also)


@program.command()
@_setting
@_quantity
@_sampling
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text")
@click.option("-o", "--output", type=click.Path(dir_okay=False), metavar="FILE")
def check(
    rule: str, described: Described, at: tuple[str, ...],
    quantities: tuple[str, ...], style: str, output: str | None, **sampling: Any,
) -> int:  # fmt: skip
    """Simulate RULE and say whether the closed forms agree.

    Exit status: 0 when all agree, 1 when one disagrees, 3 when one is undecided and none
    disagrees, 2 for wrong usage or bad input.

    \b
    hebbsym check covariance --patterns "bipolar(mean=1/5)" --at D=100,K=10,a=1/5 --seed 1
    """
    import json

    from hebbsym import terminal

    with _destination(output) as out:
        theory, values = _theory(described(), quantities, at)
        verdicts = _verdicts(theory, values, **sampling)
        if style == "json":
            out.write(json.dumps(verdicts.to_json(), indent=2, allow_nan=False) + "\n")
        else:
            out.write(terminal.verdicts_text(verdicts))
    return verdicts.exit_status


@program.command()
@_setting
@_quantity
@_sampling
@click.option("-o", "--output", default="out", show_default=True, metavar="DIR")
@click.option("--pdf/--no-pdf", default=True, help="Run latexmk where it is found.")
def report(
    rule: str, described: Described, at: tuple[str, ...],
    quantities: tuple[str, ...], output: str, pdf: bool, **sampling: Any,
) -> int:  # fmt: skip
    """Typeset the derivation of RULE: HTML, LaTeX, PDF and figures, checked when --at is given.

    \b
    hebbsym report hebb --at D=100,K=10 -o out
    """
    from hebbsym.files import writable
    from hebbsym.publish import report as typeset

    folder = writable(output)
    theory, values = _theory(described(), quantities, at)
    verdicts = _verdicts(theory, values, **sampling) if at else None
    with _working("typesetting"):
        made = typeset(theory, verdicts or (), to=folder, pdf=pdf)
    with _destination(None) as out:
        print(made.html, file=out)
    return 0 if verdicts is None else verdicts.exit_status


@program.command()
@click.option("-o", "--output", default="out", show_default=True, metavar="DIR")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, metavar="S")
@click.option("--workers", type=click.IntRange(1), default=os.cpu_count() or 1, metavar="N",
              help="Processes (default: one a core); the result does not depend on it.")  # fmt: skip
@click.option("--pdf/--no-pdf", default=True, help="Run latexmk where it is found.")
def tour(output: str, seed: int, workers: int, pdf: bool) -> int:
    """The main job: derive, check and typeset the general second-order and the covariance rule.

    \b
    hebbsym tour -o out
    """
    from hebbsym import terminal
    from hebbsym.tour import tour as toured

    made = toured(output, seed=seed, workers=workers, pdf=pdf, working=_working)
    with _destination(None) as out:
        out.write(terminal.table(made.summary.columns, made.summary.rows))
        print(f"\nreport:  {made.report.html}", file=out)
        print(f"PDF:     {made.report.pdf or made.report.note}", file=out)
        print(f"picture: {made.picture}", file=out)
    return made.exit_status


def _limits(command: Command) -> Command:
    """The options of numbers that are wanted in many digits."""
    for decorate in (
        click.option("-o", "--output", type=click.Path(dir_okay=False), metavar="FILE"),
        click.option("--format", "style", type=click.Choice(["text", "latex", "json"]), default="text"),
        click.option("--digits", type=click.IntRange(1, 200), default=30, show_default=True,
                     metavar="N", help="Right digits of the value."),
        click.option("--at", multiple=True, metavar="T=1/10,c=1/2", help="Exact values of symbols."),
    ):  # fmt: skip
        command = decorate(command)
    return command


@program.command()
@click.argument("model", metavar="MODEL")
@click.option("--quantity", "-q", "quantities", multiple=True, metavar="Q",
              help="alpha_c, overlap_c or alpha_first_order; repeat for several (default: all there are).")  # fmt: skip
@click.option("--figure", type=click.Path(dir_okay=False), metavar="FILE.svg",
              help="Draw the phase diagram too, loads along the temperature.")  # fmt: skip
@_limits
def meanfield(
    model: str, quantities: tuple[str, ...], figure: str | None, at: tuple[str, ...], digits: int,
    style: str, output: str | None,
) -> None:  # fmt: skip
    """The load at which recall breaks down, from the saddle-point equations of MODEL.

    MODEL is hebb, sign-clipped, diluted, "diluted(connectivity=1/10)", "nbody(n=3)", two-step, or an
    additive rule as for derive. The load of n-body models is K (n-1)!/D^(n-1), that of diluted ones the
    number of patterns for each synapse of a unit. T in --at is the temperature.

    \b
    hebbsym meanfield hebb --quantity alpha_c --digits 30 --format json
    """
    from hebbsym import specs
    from hebbsym.capacity.meanfield import claims_of

    with _working("deriving"):
        claims = claims_of(model, quantities, warm=specs.is_warm(at))
    values = specs.limit_values(at, claims)
    if figure is not None:
        from hebbsym.files import whole
        from hebbsym.publish.phases import phases, phases_figure

        with _working("drawing"), whole(figure) as file:
            file.write(phases_figure(phases(model))[0].decode())
    _write_limits(claims, {"rule": model, **_FAIR}, values, digits, style, output)


@program.command()
@click.argument("name", metavar="gardner|cover")
@_limits
def bound(name: str, at: tuple[str, ...], digits: int, style: str, output: str | None) -> None:
    """What no pairwise rule can exceed, however it learned: labels for each weight of a unit.

    The points have values -1 and +1 and are not centred; points and labels have the mean m; the threshold
    is free; kappa is the margin.

    \b
    hebbsym bound gardner --at kappa=1/2,m=1/5 --format json
    """
    from hebbsym import specs
    from hebbsym.capacity.bounds import claims_of

    claims = claims_of(name)
    _write_limits(
        claims, {"rule": name, **_FAIR}, specs.limit_values(at, claims), digits, style, output
    )


_FAIR = {"patterns": "bipolar(mean=0)", "cue": "exact", "threshold": "zero"}


def _write_limits(
    claims: Sequence[Claim], described: Mapping[str, str], values: Mapping[sp.Symbol, sp.Expr],
    digits: int, style: str, output: str | None,
) -> None:  # fmt: skip
    from hebbsym import terminal

    with _destination(output) as out, _working("solving"):
        if style == "json":
            text = terminal.claims_json(claims, described, values, digits)
        elif style == "latex":
            text = terminal.claims_latex(claims)
        else:
            text = terminal.limits_text(claims, values, digits)
        out.write(text)


@program.group(invoke_without_command=True)
@click.pass_context
def theorems(context: click.Context) -> None:
    """The theorems of derivations/: list them, verify them, typeset them.

    \b
    hebbsym theorems check energy
    """
    if context.invoked_subcommand is None:
        context.invoke(list_theorems)


@theorems.command("list")
def list_theorems() -> None:
    """Name and title of every theorem.

    \b
    hebbsym theorems list
    """
    from hebbsym import terminal

    rows = [(name, theorem.title) for name, theorem in _theorems(()).items()]
    with _destination(None) as out:
        out.write(terminal.table(("name", "title"), rows))


@theorems.command("check")
@click.argument("names", nargs=-1, metavar="[NAME]...")
def check_theorems(names: tuple[str, ...]) -> int:
    """Verify every step of the theorems, and say how; exit status 1 when one fails.

    \b
    hebbsym theorems check reduction
    """
    from hebbsym import terminal
    from hebbsym.theorems import verify

    chosen, holds = _theorems(names), True
    with _destination(None) as out:
        for name, theorem in chosen.items():
            with _working(f"verifying {name}"):
                steps = verify(theorem)
            holds = holds and all(step.holds is not False for step in steps)
            out.write(terminal.theorem_text(name, steps))
            out.flush()
    return 0 if holds else 1


@theorems.command("build")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("-o", "--output", default="out/theorems", show_default=True, metavar="DIR")
@click.option("--pdf/--no-pdf", default=True, help="Run latexmk where it is found.")
def build_theorems(names: tuple[str, ...], output: str, pdf: bool) -> int:
    """Verify the theorems and typeset them: HTML, LaTeX, PDF; exit status 1 when a step fails.

    \b
    hebbsym theorems build energy -o out/theorems
    """
    from hebbsym.files import writable
    from hebbsym.publish.theorems import theorem_report
    from hebbsym.theorems import verify

    folder = writable(output)
    proofs = []
    for name, theorem in _theorems(names).items():
        with _working(f"verifying {name}"):
            proofs.append((theorem, verify(theorem)))
    with _working("typesetting"):
        made = theorem_report(proofs, folder, pdf=pdf)
    with _destination(None) as out:
        print(made.html, file=out)
    return 1 if any(step.holds is False for _, steps in proofs for step in steps) else 0


def _theorems(names: tuple[str, ...]) -> dict[str, Theorem]:
    """The theorems of the given names; all of them without a name."""
    from hebbsym.errors import UnknownName
    from hebbsym.theorems import load

    found = load()
    for name in names:
        if name not in found:
            raise UnknownName("theorem", name, found)
    return {name: found[name] for name in names or found}


def _write_claims(
    described: Described, named: str, quantities: tuple[str, ...], at: tuple[str, ...],
    style: str, output: str | None, also: Mapping[str, str],
) -> None:  # fmt: skip
    """Derive and write the claims of a setting; ``also`` is what its JSON says beside the setting."""
    from hebbsym import terminal

    with _destination(output) as out:
        theory, values = _theory(described(), quantities, at)
        with _working("deriving"):
            claims = [theory[name] for name in theory]
            if style == "json":
                about = {**terminal.described(theory.setting, named), **also}
                text = terminal.claims_json(claims, about, values)
            elif style == "latex":
                text = terminal.claims_latex(claims)
            else:
                text = terminal.claims_text(claims, theory.setting, values)
        out.write(text)


def _theory(
    setting: Setting, quantities: tuple[str, ...], at: tuple[str, ...]
) -> tuple[Theory, dict[sp.Symbol, sp.Expr]]:
    """The theory of a setting, and the values that the user gave."""
    from hebbsym import specs
    from hebbsym.theories import derive as theory_of

    with _working("deriving"):
        theory = theory_of(
            setting.rule, setting.patterns, cue=setting.cue, threshold=setting.threshold,
            recall=setting.recall, quantities=quantities or None,
        )  # fmt: skip
        known = specs.occurring(setting, theory.values())
        values = specs.values(",".join(at), known)
        specs.require_stored(setting, values)
        setting.at(values)  # raises when a value leaves its domain
        absent = {} if quantities else theory.absent
    for reason in absent.values():
        print(f"hebbsym: note: {reason}", file=sys.stderr)
    return theory, values


def _verdicts(
    theory: Theory, values: Mapping[sp.Symbol, sp.Expr], memory: int, **options: Any
) -> Verdicts:
    """The verdicts of a theory at the values that the user gave; ``memory`` is in MiB."""
    import inspect

    from hebbsym.verdicts import check as simulate

    at = {symbol.name: number for symbol, number in values.items()}
    for name in sorted(set(at) & set(inspect.signature(simulate).parameters)):
        raise InvalidValue(f"the symbol {name!r} has the name of an option; rename it to check")
    with _working("simulating"):
        return simulate(theory, memory=memory * 2**20, **options, **at)


@contextlib.contextmanager
def _working(what: str) -> Iterator[None]:
    """A sign of life on a terminal; nothing in a pipe."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(what):
        yield


@contextlib.contextmanager
def _destination(output: str | None) -> Iterator[IO[str]]:
    """Where results go: a file that is written whole, or standard output."""
    if output is None:
        if sys.stdout is None:
            raise UnwritableOutput("standard output is closed; give a file with -o")
        yield sys.stdout
        return
    from hebbsym.files import whole

    with whole(output) as file:
        yield file
