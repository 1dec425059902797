"""The command line: derive, dense, check, report, page, meanfield, bound, universal, synapses, explore, theorems, tour.

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

import os
import sys

import click

from hebbsym import __version__
from hebbsym.commands import claims, dense, exploring, limits, synapses, theorems, universal
from hebbsym.errors import HebbsymError

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


for _command in (
    claims.derive,
    dense.dense,
    claims.check,
    claims.report,
    claims.page,
    claims.tour,
    limits.meanfield,
    limits.bound,
    universal.universal,
    synapses.synapses,
    exploring.explore,
    theorems.theorems,
):
    program.add_command(_command)
