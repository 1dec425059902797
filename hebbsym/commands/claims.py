"""The commands about one rule: derive, check, report, page; and the tour.

Results and exit statuses are those of :mod:`hebbsym.cli`.
"""

from __future__ import annotations

import os
from typing import Any

import click

from hebbsym.commands.options import Described, quantity_option, sampling_options, setting_options
from hebbsym.commands.running import (
    destination,
    working,
    write_claims,
    write_report,
    write_verdicts,
)


@click.command()
@setting_options
@quantity_option
@click.option("--format", "style", type=click.Choice(["text", "latex", "json"]), default="text")
@click.option("-o", "--output", type=click.Path(dir_okay=False), metavar="FILE")
def derive(
    rule: str, described: Described, at: tuple[str, ...],
    quantities: tuple[str, ...], style: str, output: str | None,
) -> None:  # fmt: skip
    """Derive closed forms for RULE, exact in D and K.

    RULE is a name (hebb, covariance, "decay(lam=1/10)", expanded, ...) or formula text in x_i
    (postsynaptic), x_j (presynaptic) and other symbols; after "--" it may begin with a minus. Text with
    further presynaptic values x_k, x_l, ... is a rule on n-body synapses: "x_i*x_j*x_k + c*x_i", several kinds of
    synapses as "x_i*x_j; x_i*x_j*x_k", by number and elementary symmetric polynomials as "3: x_i*e_2 + c*x_i".
    In field_mean and field_variance, x is the value stored at the unit.

    \b
    hebbsym derive "c_0 + c_corr*x_i*x_j" --quantity snr --at D=60,K=12,c_0=1/10,c_corr=1
    """
    write_claims(described, rule, quantities, at, style, output, {})


@click.command()
@setting_options
@quantity_option
@sampling_options
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text")
@click.option("-o", "--output", type=click.Path(dir_okay=False), metavar="FILE")
def check(
    rule: str, described: Described, at: tuple[str, ...],
    quantities: tuple[str, ...], style: str, output: str | None, **sampling: Any,
) -> int:  # fmt: skip
    """Simulate RULE and say whether the closed forms agree.

    Of an expansion in eta, NAME:order tells whether its error shrinks at the stated order, at eta, eta/2, ...,
    eta/16.

    Exit status: 0 when all agree, 1 when one disagrees, 3 when one is undecided and none
    disagrees, 2 for wrong usage or bad input.

    \b
    hebbsym check covariance --patterns "bipolar(mean=1/5)" --at D=100,K=10,a=1/5 --seed 1
    """
    return write_verdicts(described, quantities, at, style, output, sampling)


@click.command()
@setting_options
@quantity_option
@sampling_options
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
    return write_report(described, quantities, at, output, pdf, sampling)


@click.command()
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

    made = toured(output, seed=seed, workers=workers, pdf=pdf, working=working)
    with destination(None) as out:
        out.write(terminal.table(made.summary.columns, made.summary.rows))
        print(f"\nreport:  {made.report.html}", file=out)
        print(f"PDF:     {made.report.pdf or made.report.note}", file=out)
        print(f"picture: {made.picture}", file=out)
    return made.exit_status


@click.command()
@setting_options
@click.option("-o", "--output", type=click.Path(dir_okay=False), default="page.html",
              show_default=True, metavar="FILE.html")  # fmt: skip
def page(rule: str, described: Described, at: tuple[str, ...], output: str) -> None:
    """Write one HTML page on which the open symbols of RULE are sliders, with live curves.

    The page opens from disk and loads nothing. --at says where the sliders stand at first.

    \b
    hebbsym page expanded --patterns "bipolar(mean=a)" --cue "flip(delta=delta)" -o page.html
    """
    from hebbsym import specs
    from hebbsym.exploration.page import html
    from hebbsym.theories import Theory

    with destination(output) as file:
        setting = described()
        values = specs.values(",".join(at), specs.occurring(setting, ()))
        setting.at(values)  # raises when a value leaves its domain
        with working("deriving"):
            file.write(html(Theory(setting), at=values))
    with destination(None) as out:
        print(output, file=out)
