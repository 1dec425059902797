"""The command about dense memories: their claims, or the same checked, or typeset.

Results and exit statuses are those of :mod:`hebbsym.cli`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from hebbsym.commands.options import sampling_options
from hebbsym.commands.running import write_claims, write_report, write_verdicts
from hebbsym.errors import InvalidValue

if TYPE_CHECKING:
    from hebbsym.theory.setting import Setting


@click.command()
@click.argument("separation", metavar="SEPARATION")
@click.option("--update", default="difference", show_default=True, metavar="U",
              help="difference, gradient or gradient-with-self.")  # fmt: skip
@click.option("--normalisation", default="power", show_default=True, metavar="N",
              help="power, distinct or rectified.")  # fmt: skip
@click.option("--cue", default="exact", show_default=True, metavar="C",
              help='exact, "flip(delta=1/10)" or "mask(delta=...)".')  # fmt: skip
@click.option("--quantity", "-q", "quantities", multiple=True, metavar="Q",
              help="signal, crosstalk_mean, crosstalk_variance, snr, bit_error, capacity:bit, ...; "
              "repeat for several (default: all).")  # fmt: skip
@click.option("--at", multiple=True, metavar="D=50,K=1000", help="Exact values of symbols.")
@click.option("--check", "checked", is_flag=True,
              help="Simulate, and write verdicts instead of claims.")  # fmt: skip
@click.option("--report", "folder", metavar="DIR",
              help="Typeset into this folder instead: HTML, LaTeX, PDF and figures, checked when --at is given.")  # fmt: skip
@sampling_options
@click.option("--pdf/--no-pdf", default=True, help="Run latexmk where it is found.")
@click.option("--format", "style", type=click.Choice(["text", "latex", "json"]), default="text")
@click.option("-o", "--output", type=click.Path(dir_okay=False), metavar="FILE")
def dense(
    separation: str, update: str, normalisation: str, cue: str, quantities: tuple[str, ...],
    at: tuple[str, ...], checked: bool, folder: str | None, pdf: bool, style: str,
    output: str | None, **sampling: Any,
) -> int:  # fmt: skip
    """Derive signal, crosstalk and capacity of the dense memory with energy - sum_mu F(xi^mu . sigma).

    SEPARATION is "power(n=4)" (F = m^n/n), distinct, rectified, exponential, "lse(beta=1)" or
    "given(F=cosh(m/10))": any F of the overlap m that is finite and real at the overlaps that occur, made of
    arithmetic, rational powers, exp, log, sin, cos, sinh, cosh, tanh, atan, erf, abs, sign, step, max, min and
    Piecewise((m^2, m > 0), (0, True)). Signal and crosstalk are times the stored value; the crosstalk is that of
    one other pattern; an energy difference is E(sigma_i = -1) - E(sigma_i = +1).

    With --check the exit status is that of check: 0 when all agree, 1 when one disagrees, 3 when one is
    undecided and none disagrees, 2 for wrong usage or bad input.

    \b
    hebbsym dense "power(n=4)" --update gradient --quantity crosstalk_variance --at D=50
    hebbsym dense "power(n=4)" --quantity snr --at D=30,K=200 --check --seed 1
    hebbsym dense "given(F=cosh(m/10))" --quantity snr --at D=30,K=50
    """
    from hebbsym import specs

    def described() -> Setting:
        return specs.dense_setting(separation, update, normalisation, cue)

    if checked and folder is not None:
        raise InvalidValue("--check writes verdicts and --report a folder: give one of them")
    if folder is not None:
        if output is not None or style != "text":
            raise InvalidValue("--report writes into its folder: leave out -o and --format")
        return write_report(described, quantities, at, folder, pdf, sampling)
    if checked:
        if style == "latex":
            raise InvalidValue("verdicts are written as text or json, not as latex")
        return write_verdicts(described, quantities, at, style, output, sampling)
    also = {"update": update, "normalisation": normalisation}
    write_claims(described, separation, quantities, at, style, output, also)
    return 0
