"""The commands about one memory: derive, dense, check, report; and the tour.

Results and exit statuses are those of :mod:`hebbsym.cli`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from hebbsym.commands.options import Described, quantity_option, sampling_options, setting_options
from hebbsym.commands.running import destination, theory_at, verdicts_at, working

if TYPE_CHECKING:
    from hebbsym.theory.setting import Setting


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
    (postsynaptic), x_j (presynaptic) and other symbols; after "--" it may begin with a minus.
    In field_mean and field_variance, x is the value stored at the unit.

    \b
    hebbsym derive "c_0 + c_corr*x_i*x_j" --quantity snr --at D=60,K=12,c_0=1/10,c_corr=1
    """
    _write_claims(described, rule, quantities, at, style, output, {})


@click.command()
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
    from hebbsym.files import writable
    from hebbsym.publish import report as typeset

    folder = writable(output)
    theory, values = theory_at(described(), quantities, at)
    verdicts = verdicts_at(theory, values, **sampling) if at else None
    with working("typesetting"):
        made = typeset(theory, verdicts or (), to=folder, pdf=pdf)
    with destination(None) as out:
        print(made.html, file=out)
    return 0 if verdicts is None else verdicts.exit_status


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


def _write_claims(
    described: Described, named: str, quantities: tuple[str, ...], at: tuple[str, ...],
    style: str, output: str | None, also: Mapping[str, str],
) -> None:  # fmt: skip
    """Derive and write the claims of a setting; ``also`` is what its JSON says beside the setting."""
    from hebbsym import terminal

    with destination(output) as out:
        theory, values = theory_at(described(), quantities, at)
        with working("deriving"):
            claims = [theory[name] for name in theory]
            if style == "json":
                about = {**terminal.described(theory.setting, named), **also}
                text = terminal.claims_json(claims, about, values)
            elif style == "latex":
                text = terminal.claims_latex(claims)
            else:
                text = terminal.claims_text(claims, theory.setting, values)
        out.write(text)
