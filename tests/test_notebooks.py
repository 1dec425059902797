"""The notebooks run from top to bottom and show again what was committed with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def shown(notebook: Any) -> list[tuple[str, list[str]]]:
    """Each code cell with what a reader sees of its outputs."""
    return [
        (cell.source, [seen(o) for o in whole_streams(cell.outputs)]) for cell in code(notebook)
    ]


def whole_streams(outputs: list[Any]) -> list[Any]:
    """The outputs with the pieces of one stream joined: a kernel flushes it when it likes."""
    joined: list[Any] = []
    for output in outputs:
        last = joined[-1] if joined else None
        if last and output.output_type == last.output_type == "stream" and output.name == last.name:
            joined[-1] = nbformat.from_dict({**last, "text": last.text + output.text})
        else:
            joined.append(output)
    return joined


def code(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def seen(output: Any) -> str:
    """The LaTeX of an output where there is one, else its text."""
    if output.output_type == "stream":
        return f"{output.name}: {output.text}"
    return str(output.data.get("text/latex", output.data.get("text/plain")))


@pytest.mark.filterwarnings("ignore::DeprecationWarning:jupyter_client")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.name)
def test_a_notebook_shows_again_what_was_committed(path: Path) -> None:
    committed = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    fresh = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    for cell in code(fresh):
        cell.outputs = []
    resources = {"metadata": {"path": str(path.parent)}}
    NotebookClient(fresh, timeout=300, kernel_name="python3", resources=resources).execute()
    assert shown(fresh) == shown(committed)


def test_the_quickstart_has_ten_cells_and_ends_in_a_verdict() -> None:
    notebook = nbformat.read(ROOT / "notebooks" / "quickstart.ipynb", as_version=4)  # type: ignore[no-untyped-call]
    assert len(notebook.cells) == 10
    *_, (_, outputs) = shown(notebook)
    assert outputs == ["'AGREES'"]
