"""LaTeX to PDF by latexmk, where it is found.

Main names
----------
compiled
    The PDF, or the reason why there is none.

Conventions
-----------
The work is done in a temporary folder, with shell escape off, no configuration file of the
user's, no clock and no question asked. The bytes depend on the source, the pictures and the
TeX installation only.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SECONDS = 300
"""Longest time that latexmk may take."""
_COMMAND = (
    "latexmk", "-norc", "-pdf", "-interaction=nonstopmode", "-halt-on-error", "-file-line-error",
    "-latexoption=-no-shell-escape", "report.tex",
)  # fmt: skip
# latexmk sees a change by size and whole second, so that it can miss one between two quick passes
_UNSETTLED = "Rerun to get cross-references right"
_MORE_PASSES = 3
_ERROR = re.compile(r"^(?:!|[^\s:]+:\d+:)\s*(.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Compilation:
    """A PDF with the log of its making, or the reason why there is none."""

    pdf: bytes | None
    log: str = ""
    reason: str = ""


def compiled(source: str, pictures: Mapping[str, bytes]) -> Compilation:
    """Compile a document.

    Parameters
    ----------
    source : str
        LaTeX source.
    pictures : mapping of file name to bytes
        What it includes.
    """
    program = shutil.which(_COMMAND[0])
    if program is None:
        return Compilation(None, reason="latexmk is not installed; the LaTeX source was written")
    with tempfile.TemporaryDirectory(prefix="hebbsym-") as folder:
        place = Path(folder)
        (place / "report.tex").write_text(source, encoding="utf-8")
        for name, data in pictures.items():
            (place / name).write_bytes(data)
        try:
            run = _run(program, place)
            log = _text(place / "report.log")
            for _ in range(_MORE_PASSES):
                if run.returncode != 0 or _UNSETTLED not in log:
                    break
                run = _run(program, place, "-g")
                log = _text(place / "report.log")
        except subprocess.TimeoutExpired:
            return Compilation(None, reason=f"latexmk took more than {SECONDS} s and was stopped")
        if run.returncode != 0 or not (place / "report.pdf").is_file():
            found = _ERROR.search(log) or _ERROR.search(run.stdout.decode("utf-8", "replace"))
            why = found.group(1) if found else f"exit status {run.returncode}"
            return Compilation(None, log, f"latexmk failed: {why}")
        return Compilation((place / "report.pdf").read_bytes(), log)


def _run(program: str, place: Path, *options: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [program, *options, *_COMMAND[1:]], cwd=place, env=_environment(), capture_output=True,
        stdin=subprocess.DEVNULL, timeout=SECONDS, check=False,
    )  # fmt: skip


def _environment() -> dict[str, str]:
    """The user's environment with TeX's clock stopped and its log lines unbroken."""
    return {
        **os.environ,
        "SOURCE_DATE_EPOCH": "0",
        "FORCE_SOURCE_DATE": "1",
        "TZ": "UTC",
        "LC_ALL": "C",
        "max_print_line": "10000",
    }


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
