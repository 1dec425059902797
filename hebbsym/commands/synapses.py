"""The command about the general theorem: rule, synapses, capacity by theory and simulation, bound, in one table.

Results and exit statuses are those of :mod:`hebbsym.cli`.
"""

from __future__ import annotations

import click

from hebbsym.commands.running import destination, progressing, working


@click.command()
@click.argument("rules", nargs=-1, metavar="[RULE]...")
@click.option("--at", multiple=True, metavar="D=30,epsilon=1/50",
              help="Units; admissible error of a bit; symbols of the rules.")  # fmt: skip
@click.option("--networks", type=click.IntRange(0), default=32, show_default=True, metavar="N",
              help="Networks that are simulated for each rule; 0 for formulas alone.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, metavar="S",
              help="The only source of randomness.")  # fmt: skip
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, metavar="N",
              help="Processes; the result does not depend on it.")  # fmt: skip
@click.option("--pdf/--no-pdf", default=True, help="Run latexmk where it is found.")
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text")
@click.option("-o", "--output", type=click.Path(file_okay=False), metavar="DIR",
              help="Typeset the table and its figure there too, with synapses.json.")  # fmt: skip
def synapses(
    rules: tuple[str, ...], at: tuple[str, ...], networks: int, seed: int, workers: int, pdf: bool,
    style: str, output: str | None,
) -> None:  # fmt: skip
    """Count synapses: capacity of rules on n-body synapses beside what no weights on these exceed.

    RULE adds products of all values at a synapse: "nbody-product(n=3)", "nbody-power(n=4)", or text, a kind of
    synapses each, as "x_i*x_j; x_i*x_j*x_k" (default: pairs, powers and products up to four bodies). K_max is the number of
    patterns at which a bit is wrong with probability epsilon, for exact cues of fair signs.

    \b
    hebbsym synapses "2: x_i*x_j" "x_i*x_j*x_k" --at D=20 --networks 64
    """
    import json

    from hebbsym import specs, terminal
    from hebbsym.files import writable, write
    from hebbsym.synapsecount import HEADS, synapses_json

    folder = None if output is None else writable(output)
    asked = specs.synapse_count(rules, at)
    with progressing("simulating", "networks") as progress:
        found = asked(networks, seed=seed, workers=workers, progress=progress)
    (rows,), (units,) = found.rows, found.sizes
    record = json.dumps(
        synapses_json(rows, units, found.share, networks, seed), indent=2, allow_nan=False
    )
    if folder is not None:
        from hebbsym.publish.synapses import synapses_report

        with working("typesetting"):
            synapses_report(found, folder, pdf=pdf)
        write(folder / "synapses.json", f"{record}\n".encode())
    with destination(None) as out:
        text = terminal.table(HEADS, (row.text for row in rows))
        out.write(f"{record}\n" if style == "json" else text)
