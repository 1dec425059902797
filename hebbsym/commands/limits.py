"""The commands about limits: meanfield and bound.

Results and exit statuses are those of :mod:`hebbsym.cli`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from hebbsym.commands.options import limit_options
from hebbsym.commands.running import destination, working

if TYPE_CHECKING:
    import sympy as sp

    from hebbsym.claim import Claim

_FAIR = {"patterns": "bipolar(mean=0)", "cue": "exact", "threshold": "zero"}


@click.command()
@click.argument("model", metavar="MODEL")
@click.option("--quantity", "-q", "quantities", multiple=True, metavar="Q",
              help="alpha_c, overlap_c, alpha_first_order or, at a temperature, alpha_symmetric; repeat for "
                   "several (default: all there are).")  # fmt: skip
@click.option("--figure", type=click.Path(dir_okay=False), metavar="FILE.svg",
              help="Draw the phase diagram too, loads along the temperature.")  # fmt: skip
@limit_options
def meanfield(
    model: str, quantities: tuple[str, ...], figure: str | None, at: tuple[str, ...], digits: int,
    style: str, output: str | None,
) -> None:  # fmt: skip
    """The load at which recall breaks down, from the saddle-point equations of MODEL.

    MODEL is hebb, sign-clipped, diluted, "diluted(connectivity=1/10)", "nbody(n=3)", two-step,
    "neurodynamics(steps=4)", or an additive rule as for derive. The load of n-body models is
    K (n-1)!/D^(n-1), that of diluted ones the number of patterns for each synapse of a unit. T in --at is
    the temperature.

    \b
    hebbsym meanfield hebb --quantity alpha_c --digits 30 --format json
    """
    from hebbsym import specs
    from hebbsym.capacity.meanfield import claims_of

    with working("deriving"):
        claims = claims_of(model, quantities, warm=specs.is_warm(at))
    values = specs.limit_values(at, claims)
    if figure is not None:
        from hebbsym.files import whole
        from hebbsym.publish.phases import phases, phases_figure

        with working("drawing"), whole(figure) as file:
            file.write(phases_figure(phases(model))[0].decode())
    _write_limits(claims, {"rule": model, **_FAIR}, values, digits, style, output)


@click.command()
@click.argument("name", metavar="gardner|cover")
@limit_options
def bound(name: str, at: tuple[str, ...], digits: int, style: str, output: str | None) -> None:
    """What no pairwise rule can exceed, however it learned: labels for each weight of a unit.

    The points have values -1 and +1 and are not centred; points and labels have the mean m; the threshold
    is free; kappa is the margin. For cover epsilon is the share of labels that may be wrong.

    \b
    hebbsym bound gardner --at kappa=1/2,m=1/5 --format json
    """
    from hebbsym import specs
    from hebbsym.capacity.bounds import claims_of

    claims = claims_of(name)
    _write_limits(
        claims, {"rule": name, **_FAIR}, specs.limit_values(at, claims), digits, style, output
    )


def _write_limits(
    claims: Sequence[Claim], described: Mapping[str, str], values: Mapping[sp.Symbol, sp.Expr],
    digits: int, style: str, output: str | None,
) -> None:  # fmt: skip
    from hebbsym import terminal

    with destination(output) as out, working("solving"):
        if style == "json":
            text = terminal.claims_json(claims, described, values, digits)
        elif style == "latex":
            text = terminal.claims_latex(claims)
        else:
            text = terminal.limits_text(claims, values, digits)
        out.write(text)
