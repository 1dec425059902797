"""Files that are written whole: a temporary file beside the target, then a rename.

Main names
----------
whole
    A context in which text is written that appears under its name only when all went well.
writable
    A folder that exists and takes files, found out before the work that fills it.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from hebbsym.errors import UnwritableOutput


@contextlib.contextmanager
def whole(path: str | Path) -> Iterator[IO[str]]:
    """Write a text file whole, or not at all; opened before the work that fills it.

    Raises
    ------
    UnwritableOutput
        On entry, when nothing can be written there.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with whole(Path(folder, "claim.tex")) as file:
    ...         print("E = mc^2", end="", file=file)
    ...     Path(folder, "claim.tex").read_text(), os.listdir(folder)
    ('E = mc^2', ['claim.tex'])
    """
    path = Path(path)
    if path.is_dir():
        raise UnwritableOutput(f"cannot write {path}: it is a folder")
    temporary = path.with_name(f".{path.name[:40]}.{os.getpid()}.part")
    try:
        file = open(temporary, "x", encoding="utf-8")  # noqa: SIM115 (closed below)
    except OSError as error:
        raise UnwritableOutput(f"cannot write {path}: {error.strerror}") from None
    with contextlib.ExitStack() as undo:
        undo.callback(temporary.unlink)
        with file:
            yield file
        os.replace(temporary, path)
        undo.pop_all()


def writable(folder: str | Path) -> Path:
    """The folder, made if need be, after a file was written into it and removed again.

    Raises
    ------
    UnwritableOutput
        When it cannot be made or written.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as parent:
    ...     os.listdir(writable(Path(parent, "out")))
    []
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        raise UnwritableOutput(f"cannot write into {folder}: {error.strerror}") from None
