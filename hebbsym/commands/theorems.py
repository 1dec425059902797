"""The commands about the theorems of derivations/: list, check, build.

Results and exit statuses are those of :mod:`hebbsym.cli`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hebbsym.commands.running import destination, working

if TYPE_CHECKING:
    from hebbsym.theorems import Theorem


@click.group(invoke_without_command=True)
@click.pass_context
def theorems(context: click.Context) -> None:
    """The theorems of derivations/: list them, verify them, typeset them.

    \b
    hebbsym theorems check energy
    """
    if context.invoked_subcommand is None:
        context.invoke(list_theorems)


@theorems.command("list")
def list_theorems() -> None:
    """Name and title of every theorem.

    \b
    hebbsym theorems list
    """
    from hebbsym import terminal

    rows = [(name, theorem.title) for name, theorem in _theorems(()).items()]
    with destination(None) as out:
        out.write(terminal.table(("name", "title"), rows))


@theorems.command("check")
@click.argument("names", nargs=-1, metavar="[NAME]...")
def check_theorems(names: tuple[str, ...]) -> int:
    """Verify every step of the theorems, and say how; exit status 1 when one fails.

    \b
    hebbsym theorems check reduction
    """
    from hebbsym import terminal
    from hebbsym.theorems import verify

    chosen, holds = _theorems(names), True
    with destination(None) as out:
        for name, theorem in chosen.items():
            with working(f"verifying {name}"):
                steps = verify(theorem)
            holds = holds and all(step.holds is not False for step in steps)
            out.write(terminal.theorem_text(name, steps))
            out.flush()
    return 0 if holds else 1


@theorems.command("build")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("-o", "--output", default="out/theorems", show_default=True, metavar="DIR")
@click.option("--pdf/--no-pdf", default=True, help="Run latexmk where it is found.")
def build_theorems(names: tuple[str, ...], output: str, pdf: bool) -> int:
    """Verify the theorems and typeset them: HTML, LaTeX, PDF; exit status 1 when a step fails.

    \b
    hebbsym theorems build energy -o out/theorems
    """
    from hebbsym.files import writable
    from hebbsym.publish.theorems import theorem_report
    from hebbsym.theorems import verify

    folder = writable(output)
    proofs = []
    for name, theorem in _theorems(names).items():
        with working(f"verifying {name}"):
            proofs.append((theorem, verify(theorem)))
    with working("typesetting"):
        made = theorem_report(proofs, folder, pdf=pdf)
    with destination(None) as out:
        print(made.html, file=out)
    return 1 if any(step.holds is False for _, steps in proofs for step in steps) else 0


def _theorems(names: tuple[str, ...]) -> dict[str, Theorem]:
    """The theorems of the given names; all of them without a name."""
    from hebbsym.errors import UnknownName
    from hebbsym.theorems import load

    found = load()
    for name in names:
        if name not in found:
            raise UnknownName("theorem", name, found)
    return {name: found[name] for name in names or found}
