"""The command explore: all rules of a space, into a folder.

Results and exit statuses are those of :mod:`hebbsym.cli`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hebbsym.commands.running import progressing, working
from hebbsym.errors import UnknownName

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
def explore(
    space: str, output: str, columns: str | None, workers: int, scheduler: str | None, every: bool,
    yes: bool, top: int, by: str | None,
) -> None:  # fmt: skip
    """Every rule of a space under every condition, by formula, into Parquet files in DIR.

    SPACE.toml declares coefficients (a set, a grid, a range), ensembles, cues, thresholds, criteria and
    sizes; docs/explore.md says how. Equivalent rules are divided out first. A sweep that was stopped is
    taken up by the same command.

    \b
    hebbsym explore space.toml -o sweep --columns c_1_pre,c_2_corr,snr,capacity:bit --top 5
    """
    from hebbsym.exploration.blocks import resolved
    from hebbsym.exploration.space import Space
    from hebbsym.exploration.sweeping import explore as sweep

    declared = Space.from_toml(space)
    asked = None if columns is None else [name.strip() for name in columns.split(",")]
    if by is not None and by not in (names := resolved(declared, asked)):
        raise UnknownName("column", by, names)
    with progressing("exploring") as advance:
        made = sweep(
            declared, to=output, columns=asked, workers=workers, scheduler=scheduler,
            divide=not every, yes=yes, progress=advance,
        )  # fmt: skip
    with working("ranking"):
        ranking = made.top(top, by)
    click.echo(_counts(made))
    if top:
        click.echo(_ranked(made, ranking))
    click.echo(f"hash {made.hash}")


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
