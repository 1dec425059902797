"""The command explore: all rules of a space, into a folder.

Results and exit statuses are those of :mod:`hebbsym.cli`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hebbsym.commands.running import progressing, working
from hebbsym.errors import HebbsymError, InvalidValue, NotDerivable, UnknownName

if TYPE_CHECKING:
    import pandas as pd

    from hebbsym.exploration.sweeping import Sweep


@click.command()
@click.argument("space", metavar="SPACE.toml", type=click.Path(dir_okay=False))
@click.option("-o", "--output", required=True, type=click.Path(file_okay=False), metavar="DIR",
              help="A new or empty folder, or that of the same sweep, which is taken up where it was.")  # fmt: skip
@click.option("--columns", metavar="snr,capacity:bit,...",
              help="What is computed and written, coefficients among it (default: the usual ones).")  # fmt: skip
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, metavar="N",
              help="Processes; the result does not depend on it.")  # fmt: skip
@click.option("--scheduler", metavar="ADDRESS",
              help="Of a Dask cluster that does the work: tcp://host:8786.")  # fmt: skip
@click.option("--all", "every", is_flag=True, help="Compute equivalent rules too.")
@click.option("--yes", is_flag=True, help="Compute more than 100 million rows.")
@click.option("--top", type=click.IntRange(0), default=10, show_default=True, metavar="N",
              help="Rows of the ranking.")  # fmt: skip
@click.option("--by", metavar="COLUMN", help="What is ranked (default: the first capacity).")
@click.option("--front", "front", multiple=True, metavar="capacity:snr,robustness",
              help="The rules that none passes in these merits, columns or terms (the number of coefficients that are "
              "not zero), under each condition; again for another front.")  # fmt: skip
@click.option(
    "--optimise",
    is_flag=True,
    help="The best coefficients for each condition and criterion, with a certificate.",
)
@click.option("--confirm", type=click.IntRange(0), default=0, metavar="N",
              help="Simulate the fronts, the borders and N further rules; exit status as of check.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, metavar="S")
@click.option(
    "--atlas", is_flag=True, help="Write the table of classes: DIR/atlas.txt, .md and .tex."
)
@click.option(
    "--figures", is_flag=True, help="Write figures: front, phases, prices (SVG and PDF in DIR)."
)
@click.option("--page", is_flag=True,
              help="Write DIR/page.html: the rule's coefficients as sliders, beside the rules of the sweep.")  # fmt: skip
@click.pass_context
def explore(
    context: click.Context, space: str, output: str, columns: str | None, workers: int,
    scheduler: str | None, every: bool, yes: bool, top: int, by: str | None,
    front: tuple[str, ...], optimise: bool,
    confirm: int, seed: int, atlas: bool, figures: bool, page: bool,
) -> None:  # fmt: skip
    """Every rule of a space under every condition, by formula, into Parquet files in DIR.

    SPACE.toml declares coefficients (a set, a grid, a range), ensembles, cues, thresholds, criteria and
    sizes; docs/explore.md says how. Equivalent rules are divided out first. A sweep that was stopped is
    taken up by the same command.

    \b
    hebbsym explore space.toml -o sweep --columns c_1_pre,c_2_corr,snr,capacity:bit --top 5
    """
    from hebbsym.exploration.blocks import left_out, resolved
    from hebbsym.exploration.fronts import compared
    from hebbsym.exploration.space import Space
    from hebbsym.exploration.sweeping import explore as sweep

    declared = Space.from_toml(space)
    asked = None if columns is None else _names(columns)
    merits = [_names(text) for text in front]
    for names in merits:
        compared(declared, names)
    if by is not None and by not in (written := resolved(declared, asked)):
        raise UnknownName("column", by, written)
    with progressing("exploring") as advance:
        made = sweep(
            declared, to=output, columns=asked, workers=workers, scheduler=scheduler,
            divide=not every, yes=yes, progress=advance,
        )  # fmt: skip
    with working("ranking"):
        ranking = made.top(top, by)
    click.echo(_counts(made))
    if asked is None:
        for name, reason in left_out(declared).items():
            click.echo(f"column {name} is left out: {reason}")
    if top:
        click.echo(_ranked(made, ranking))
        if _other_law(ranking):
            click.echo(_OTHER_LAW)
    click.echo(f"hash {made.hash}")
    for names in merits:
        _show_fronts(made, names)
    if atlas:
        _write_atlas(made)
    if figures:
        _write_figures(made, merits)
    if page:
        _write_page(made)
    if optimise:
        _show_optima(made, seed)
    if confirm:
        context.exit(_show_verdicts(made, confirm, seed, workers, merits))


_OTHER_LAW = (
    "bit_error:gaussian is no number where gaussian is 0: the field is a mixture there, and the claim is bit_error "
    "(--columns bit_error)"
)


def _other_law(ranking: pd.DataFrame) -> bool:
    """Whether a row has no Gaussian error, and the right one was not asked for."""
    wanted = "bit_error:gaussian" in ranking and "bit_error" not in ranking
    return wanted and bool(ranking["bit_error:gaussian"].isna().any())


def _write_atlas(made: Sweep) -> None:
    from hebbsym import files
    from hebbsym.exploration.results import atlas_of

    with working("deriving the atlas"):
        found = atlas_of(made.space)
    for kind, text in (("txt", found.text), ("md", found.markdown), ("tex", found.latex)):
        files.write(made.path / f"atlas.{kind}", f"{text.rstrip()}\n".encode())
    laws = ", ".join(f"{law}: {count}" for law, count in found.counts().items())
    click.echo(f"atlas of {len(found)} classes at {found.at}; {found.subject} {laws}")


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")]


def _show_fronts(made: Sweep, names: list[str]) -> None:
    from hebbsym.exploration.fronts import fronts
    from hebbsym.terminal import table

    with working("comparing"):
        found = fronts(made, names)
    for one in found:
        heads, *rows = one.table(made.space)
        rules = f"{len(rows)} rule{'s' * (len(rows) != 1)}"
        click.echo(f"\nfront of {', '.join(names)}, condition {one.condition}: {rules}")
        if rows:
            click.echo(table(list(heads), rows).rstrip("\n"))


def _write_figures(made: Sweep, merits: list[list[str]]) -> None:
    from hebbsym.exploration.results import draw

    with working("drawing"):
        paths = draw(made, made.path, by=merits)
    click.echo("figures: " + ", ".join(path.name for path in paths))


def _write_page(made: Sweep) -> None:
    from hebbsym.exploration.sweeppage import sweep_page

    with working("writing the page"):
        path = sweep_page(made, made.path / "page.html")
    click.echo(f"page: {path}")


def _show_optima(made: Sweep, seed: int) -> None:
    """Every optimum that there is; then the first reason why one is not, which ends the command."""
    from hebbsym.exploration.results import questions_of

    missing: list[HebbsymError] = []
    for question in questions_of(made):
        try:
            with working("optimising"):
                rows = question.answer(seed=seed).table()
        except (NotDerivable, InvalidValue) as reason:
            missing.append(reason)
            rows = [("criterion", question.criterion), ("no optimum", str(reason))]
        click.echo()
        for name, entry in rows:
            click.echo(f"{name:14} {entry}")
    if missing:
        raise missing[0]


def _show_verdicts(
    made: Sweep, sample: int, seed: int, workers: int, merits: list[list[str]]
) -> int:
    """The exit status: 1 when a verdict disagrees, 3 when one is undecided and none disagrees, else 0."""
    from hebbsym.exploration.results import confirmed
    from hebbsym.terminal import table

    with progressing("simulating", "rules") as advance:
        found = confirmed(
            made, sample=sample, seed=seed, by=merits, workers=workers, progress=advance
        )
    for number, one in enumerate(found):
        heads, *rows = one.table()
        click.echo(f"\ncondition {number}: {len(one.verdicts)} verdicts on {len(one.rules)} rules")
        click.echo(table(list(heads), rows).rstrip("\n"))
    statuses = {one.verdicts.exit_status for one in found}
    return next(status for status in (1, 3, 0) if status in statuses)


def _counts(made: Sweep) -> str:
    rules, conditions = len(made.space), len(made.space.conditions)
    lines = [f"{made.space.name}: {rules} rules, {conditions} condition{'s' * (conditions != 1)}"]
    lines.append(
        "equivalent rules were not divided out"
        if made.classes is None
        else f"{made.classes} classes of equivalent rules"
    )
    lines += [f"condition {n}: {c.text}" for n, c in enumerate(made.space.conditions)]
    return "\n".join(lines)


def _ranked(made: Sweep, ranking: pd.DataFrame) -> str:
    from hebbsym.terminal import table

    head, rows = list(ranking.columns), [list(row) for row in ranking.itertuples(index=False)]
    cells = [[f"{value:.6g}" for value in row] for row in rows]
    if made.classes is not None:
        classes = made.classes_frame().set_index("rule")["named"]
        head.append("named")
        cells = [[*row, classes[int(row[0])]] for row in cells]
    return table(head, cells).rstrip("\n")
