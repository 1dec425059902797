"""The command about universal Hopfield networks: one comparison.

Results and exit statuses are those of :mod:`hebbsym.cli`.
"""

from __future__ import annotations

import click

from hebbsym.commands.running import destination, working


@click.command()
@click.option("--similarity", "similarities", multiple=True, metavar="S",
              help="dot, cosine, euclidean or manhattan; repeat for several (default: all).")  # fmt: skip
@click.option("--separator", "separators", multiple=True, metavar="F",
              help='identity, "power(n=3)", "exponential(beta=1/5)", "softmax(beta=1)", max or '
              '"threshold(overlap=1/2)"; repeat for several (default: these).')  # fmt: skip
@click.option("--projection", "projections", multiple=True, metavar="P",
              help="auto or hetero; repeat for several (default: both).")  # fmt: skip
@click.option("--patterns", default="bipolar", show_default=True, metavar="P",
              help="bipolar, or gaussian and others, which are simulated alone.")  # fmt: skip
@click.option("--cue", default="flip(delta=1/10)", show_default=True, metavar="C",
              help='exact or "flip(delta=...)".')  # fmt: skip
@click.option("--at", multiple=True, metavar="D=20,epsilon=1/50,K=20",
              help="Units; admissible error of a bit; patterns of signal, noise and rho (default: D).")  # fmt: skip
@click.option("--networks", type=click.IntRange(0), default=32, show_default=True, metavar="N",
              help="Networks of 64 recalled patterns for a point; 0 for formulas alone.")  # fmt: skip
@click.option("--most", type=click.IntRange(2), default=4096, show_default=True, metavar="K",
              help="Largest number of patterns that is simulated.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, metavar="S",
              help="The only source of randomness.")  # fmt: skip
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text")
@click.option("-o", "--output", type=click.Path(file_okay=False), metavar="DIR",
              help="Write universal.json and the figure universal.svg, universal.pdf there too.")  # fmt: skip
def universal(
    similarities: tuple[str, ...], separators: tuple[str, ...], projections: tuple[str, ...],
    patterns: str, cue: str, at: tuple[str, ...], networks: int, most: int, seed: int,
    style: str, output: str | None,
) -> None:  # fmt: skip
    """Compare universal Hopfield networks: similarity x separator x projection.

    A row for each composition: signal, noise, rho and the number of patterns at which the error of a bit is
    epsilon, by formula and by simulation. Rows with the same class recall alike on all sign vectors.

    \b
    hebbsym universal --separator max --separator "power(n=3)" --at D=20 -o out
    """
    import json

    from hebbsym import specs, terminal
    from hebbsym.comparison import HEADS
    from hebbsym.files import writable, write

    folder = None if output is None else writable(output)
    asked = specs.comparison(similarities, separators, projections, patterns, cue, at)
    with working("comparing"):
        table = asked(networks=networks, most=most, seed=seed)
    record = json.dumps(table.to_json(), indent=2, allow_nan=False) + "\n"
    if folder is not None:
        from hebbsym.publish.universal import universal_figure

        svg, pdf = universal_figure(table)
        folder.mkdir(parents=True, exist_ok=True)
        write(folder / "universal.json", record.encode())
        write(folder / "universal.svg", svg)
        write(folder / "universal.pdf", pdf)
    with destination(None) as out:
        text = terminal.table(HEADS, (one.text for one in table))
        out.write(record if style == "json" else text)
