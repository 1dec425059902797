"""Files that are written whole: a temporary file beside the target, then a rename.

Main names
----------
whole
    A context in which text is written that appears under its name only when all went well.
write
    The same for bytes that are there already.
writable
    A folder that takes files, found out before the work that fills it.

Conventions
-----------
A link is followed, and a file that is replaced hands its permissions on. A target that is no
file, such as a pipe or a device, is never replaced: it is opened before the work and written
to after it.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from hebbsym.errors import UnwritableOutput


@contextlib.contextmanager
def whole(path: str | Path) -> Iterator[IO[str]]:
    """Write a text file whole, or not at all; opened before the work that fills it.

    Raises
    ------
    UnwritableOutput
        On entry, when nothing can be written there; on exit, when writing fails.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with whole(Path(folder, "claim.tex")) as file:
    ...         print("E = mc^2", end="", file=file)
    ...     Path(folder, "claim.tex").read_text(), os.listdir(folder)
    ('E = mc^2', ['claim.tex'])
    """
    with _opened(Path(path)) as put:
        text = io.StringIO()
        yield text
        put(text.getvalue().encode())


def write(path: str | Path, data: bytes) -> None:
    """Write bytes whole, or not at all.

    Raises
    ------
    UnwritableOutput
        When that fails.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write(Path(folder, "one.svg"), b"<svg/>")
    ...     os.listdir(folder)
    ['one.svg']
    """
    with _opened(Path(path)) as put:
        put(data)


def writable(folder: str | os.PathLike[str]) -> Path:
    """The folder, after it was made, a file was written into it, and both were removed again.

    Raises
    ------
    UnwritableOutput
        When it cannot be made or written.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as parent:
    ...     writable(Path(parent, "out", "new")).name, os.listdir(parent)
    ('new', [])
    """
    folder = Path(folder)
    with _explained(f"cannot write into {folder}"), contextlib.ExitStack() as undo:
        missing = [part for part in (folder, *folder.parents) if not part.exists()]
        for part in reversed(missing):
            part.mkdir(exist_ok=True)
            undo.callback(_removed_if_empty, part)
        with tempfile.TemporaryFile(dir=folder):
            return folder


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Callable[[bytes], None]]:
    """What puts bytes in the place of ``path``; nothing is left behind unless it was called."""
    refused = f"cannot write {path}"
    with contextlib.ExitStack() as undo:
        with _explained(refused):
            if path.is_dir():
                raise IsADirectoryError(0, "it is a folder")
            if path.exists() and not path.is_file():
                file, replace = undo.enter_context(path.open("wb", buffering=0)), None
            else:
                target = Path(os.path.realpath(path))
                part = target.with_name(f".{target.name[:40]}.{os.getpid()}.part")
                file, replace = undo.enter_context(part.open("xb", buffering=0)), target
                undo.callback(part.unlink, missing_ok=True)

        def put(data: bytes) -> None:
            with _explained(refused):
                rest = memoryview(data)
                while rest:
                    rest = rest[file.write(rest) :]
                file.close()
                if replace is not None:
                    if replace.exists():
                        shutil.copymode(replace, file.name)
                    os.replace(file.name, replace)

        yield put


@contextlib.contextmanager
def _explained(what: str) -> Iterator[None]:
    """An error of the system as one of ours."""
    try:
        yield
    except OSError as error:
        raise UnwritableOutput(f"{what}: {error.strerror or error}") from None


def _removed_if_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rmdir()
