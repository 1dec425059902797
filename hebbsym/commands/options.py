"""What several commands ask for: options bundled as decorators.

Main names
----------
setting_options
    RULE, patterns, cue, threshold, recall: handed to the command as a setting to be built.
quantity_option, sampling_options, limit_options
    Which claims; how to simulate; numbers in many digits.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

if TYPE_CHECKING:
    from hebbsym.theory.setting import Setting

Command = TypeVar("Command", bound=Callable[..., Any])
Described = Callable[[], "Setting"]


def setting_options(command: Command) -> Command:
    """RULE and the options that describe a setting, which the command builds when it is ready.

    Examples
    --------
    >>> command = setting_options(lambda rule, described, at: print(described().cue.text))
    >>> click.command()(command).main(["hebb", "--cue", "flip(delta=1/10)"], standalone_mode=False)
    flip(delta=1/10)
    """

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


def quantity_option(command: Command) -> Command:
    """The names of the claims that are wanted.

    Examples
    --------
    >>> command = click.command()(quantity_option(lambda quantities: print(quantities)))
    >>> command.main(["-q", "snr", "-q", "weights"], standalone_mode=False)
    ('snr', 'weights')
    """
    decorate = click.option(
        "--quantity", "-q", "quantities", multiple=True, metavar="Q",
        help="weights, energy, field_mean, field_variance, snr, bit_error, capacity:bit, ...; "
        "repeat for several (default: all).",
    )  # fmt: skip
    return decorate(command)


def sampling_options(command: Command) -> Command:
    """The options of a simulation.

    Examples
    --------
    >>> command = click.command()(sampling_options(lambda **options: print(options["seed"])))
    >>> command.main(["--seed", "7"], standalone_mode=False)
    7
    """
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


def limit_options(command: Command) -> Command:
    """The options of numbers that are wanted in many digits.

    Examples
    --------
    >>> command = click.command()(limit_options(lambda **options: print(options["digits"])))
    >>> command.main([], standalone_mode=False)
    30
    """
    for decorate in (
        click.option("-o", "--output", type=click.Path(dir_okay=False), metavar="FILE"),
        click.option("--format", "style", type=click.Choice(["text", "latex", "json"]), default="text"),
        click.option("--digits", type=click.IntRange(1, 200), default=30, show_default=True,
                     metavar="N", help="Right digits of the value."),
        click.option("--at", multiple=True, metavar="T=1/10,c=1/2", help="Exact values of symbols."),
    ):  # fmt: skip
        command = decorate(command)
    return command
